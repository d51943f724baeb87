//! Where tickets are until they are spent: this process's memory, or a Redis that several servers share.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lc_rs::digest;
use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisError};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::core::TicketRecord;
use crate::model::{Moment, SafeText};

/// The longest that Redis may take, connecting included.
const REDIS_LIMIT: Duration = Duration::from_millis(500);

/// Where tickets are kept.
#[derive(Clone, Debug)]
pub enum StoreConfig {
    /// In this process.
    Memory,
    /// In a Redis, which other servers can share.
    Redis(RedisUrl),
}

/// The address of a Redis: `redis://host:port/db` or, where there is such a thing, `unix:///path`. It may hold a password, so it is
/// shown without one.
#[derive(Clone)]
pub struct RedisUrl(redis::Client);

/// An address that is not one of a Redis. It is not quoted, because it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a Redis; expected one such as redis://127.0.0.1:6379{}", if cfg!(unix) { " or unix:///run/redis.sock" } else { "" })]
pub struct RedisUrlError;

impl FromStr for RedisUrl {
    type Err = RedisUrlError;

    fn from_str(url: &str) -> Result<Self, RedisUrlError> {
        redis::Client::open(url).map(Self).map_err(|_| RedisUrlError)
    }
}

impl RedisUrl {
    /// The same with this password, which takes the place of one in the address.
    ///
    /// # Errors
    /// None is expected: only the password changes.
    pub fn with_password(self, password: &str) -> Result<Self, RedisUrlError> {
        let info = self.0.get_connection_info().clone();
        let settings = info.redis_settings().clone().set_password(password);
        redis::Client::open(info.set_redis_settings(settings)).map(Self).map_err(|_| RedisUrlError)
    }

    /// Whether a Redis answers there.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        RedisStore { url: self.clone(), link: Mutex::default() }.ask(&redis::cmd("PING")).await
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.get_connection_info().addr(), f)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({self})")
    }
}

/// The store cannot keep or give a ticket now. `Display` goes to the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum StoreError {
    /// Redis is down or does not do what it is asked.
    #[error("Redis at {address}: {problem}; start it, or check the address")]
    Redis { address: SafeText, problem: SafeText },
    /// Redis answers, and refuses.
    #[error("Redis at {address} says {refusal}")]
    Refused { address: SafeText, refusal: RedisRefusal },
    /// The link broke while a ticket was taken away, and the ticket is gone.
    #[error("Redis at {address}: the link broke while the ticket was taken; whether it was good is not known")]
    AnswerLost { address: SafeText },
    /// There are too many unspent tickets in memory.
    #[error("{} tickets are unspent; the oldest expires soon", MemoryStore::CAPACITY)]
    Full,
    /// A server that acts as deployed has had no store since it started.
    #[error("there was no connection to Redis when the server started; restart the server")]
    Never,
    /// Somebody has stopped the store.
    #[error("stopped on purpose")]
    Stopped,
}

/// Why a Redis that answers does not do what it is asked, by the word with which its error begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter, thiserror::Error)]
pub(super) enum RedisRefusal {
    #[error("READONLY: it is a replica; write to the primary")]
    ReadOnly,
    #[error("OOM: it is out of memory; raise maxmemory or choose a maxmemory-policy that evicts")]
    OutOfMemory,
    #[error(
        "NOAUTH: it wants a password; put that into a file (--redis-password-file) or into TICKETSCOPE_REDIS_PASSWORD"
    )]
    NoPassword,
    #[error("WRONGPASS: it does not take this password")]
    WrongPassword,
    #[error("NOPERM: this user has no right to the command or key; extend its ACL")]
    NoRight,
    #[error("MISCONF: it cannot save to its disk and takes no writes; make room there")]
    CannotSave,
    #[error("LOADING: it is still loading its data; wait until it has")]
    Loading,
    #[error("MOVED: it is a cluster, which this server does not speak to")]
    Moved,
    #[error("CLUSTERDOWN: a part of its cluster is gone; bring the nodes back")]
    ClusterDown,
}

impl RedisRefusal {
    /// The refusal whose error begins with `code`.
    fn of(code: &str) -> Option<Self> {
        Some(match code {
            "READONLY" => Self::ReadOnly,
            "OOM" => Self::OutOfMemory,
            "NOAUTH" => Self::NoPassword,
            "WRONGPASS" => Self::WrongPassword,
            "NOPERM" => Self::NoRight,
            "MISCONF" => Self::CannotSave,
            "LOADING" => Self::Loading,
            "MOVED" | "ASK" | "CROSSSLOT" => Self::Moved,
            "CLUSTERDOWN" | "MASTERDOWN" => Self::ClusterDown,
            _ => return None,
        })
    }

    /// The refusal that `error` is.
    fn in_error(error: &RedisError) -> Option<Self> {
        let known = error.code().and_then(Self::of);
        // Without a password the handshake is refused before there is a command.
        known.or_else(|| (error.kind() == ErrorKind::AuthenticationFailed).then_some(Self::WrongPassword))
    }
}

/// A memory or Redis store, behind one face. It can be stopped on purpose and started again: stopping loses the
/// tickets in memory, and breaks the link to Redis, which keeps them.
pub(super) struct TicketStore {
    place: Place,
    is_stopped: AtomicBool,
}

enum Place {
    Memory { tickets: Mutex<MemoryStore>, started: Instant },
    Redis(RedisStore),
}

impl TicketStore {
    /// Neither memory nor Redis is used while it `is_stopped`.
    pub fn new(config: &StoreConfig, is_stopped: bool) -> Self {
        let place = match config {
            StoreConfig::Memory => Place::Memory { tickets: Mutex::default(), started: Instant::now() },
            StoreConfig::Redis(url) => Place::Redis(RedisStore { url: url.clone(), link: Mutex::default() }),
        };
        Self { place, is_stopped: AtomicBool::new(is_stopped) }
    }

    /// Stops or starts it; tells whether that changed anything.
    pub async fn set_stopped(&self, is_stopped: bool) -> bool {
        if self.is_stopped.swap(is_stopped, Ordering::Relaxed) == is_stopped {
            return false;
        }
        if is_stopped {
            match &self.place {
                Place::Memory { tickets, .. } => *tickets.lock().await = MemoryStore::default(),
                Place::Redis(redis) => redis.link.lock().await.connection = None,
            }
        }
        true
    }

    fn place(&self) -> Result<&Place, StoreError> {
        if self.is_stopped.load(Ordering::Relaxed) { Err(StoreError::Stopped) } else { Ok(&self.place) }
    }

    /// Keeps `record` for `ticket` for `lifetime`, in whole seconds.
    pub async fn put(&self, ticket: &str, record: &TicketRecord, seconds: u64) -> Result<(), StoreError> {
        match self.place()? {
            Place::Memory { tickets, started } => {
                let lifetime = Duration::from_secs(seconds);
                tickets.lock().await.put(ticket, record.clone(), lifetime, moment(*started))
            }
            Place::Redis(redis) => {
                let json = record.to_json();
                redis.ask(redis::cmd("SET").arg(key(ticket)).arg(json.as_str()).arg("EX").arg(seconds)).await
            }
        }
    }

    /// Takes the record of `ticket` away, so that nobody else can; `None` if it is spent, expired or unknown.
    pub async fn take(&self, ticket: &str) -> Result<Option<TicketRecord>, StoreError> {
        match self.place()? {
            Place::Memory { tickets, started } => Ok(tickets.lock().await.take(ticket, moment(*started))),
            Place::Redis(redis) => {
                let command = redis::cmd("GETDEL").arg(key(ticket)).clone();
                match redis.ask_again::<Option<Vec<u8>>>(&command).await? {
                    // The first time it may have been there.
                    Answer { value: None, is_repeated: true } => {
                        Err(StoreError::AnswerLost { address: SafeText::new(&redis.url.to_string()) })
                    }
                    Answer { value, .. } => Ok(value.and_then(|json| TicketRecord::from_json(&json))),
                }
            }
        }
    }

    /// Whether the store answers.
    pub async fn check(&self) -> Result<(), StoreError> {
        match self.place()? {
            Place::Memory { .. } => Ok(()),
            Place::Redis(redis) => redis.ask(&redis::cmd("PING")).await,
        }
    }
}

fn moment(started: Instant) -> Moment {
    Moment::START + started.elapsed()
}

fn key(ticket: &str) -> String {
    format!("ws_ticket:{ticket}")
}

/// Tickets in memory. Only their SHA-256 is kept.
#[derive(Default)]
pub(super) struct MemoryStore(HashMap<[u8; 32], (TicketRecord, Moment)>);

impl MemoryStore {
    /// How many unspent tickets it holds at most.
    const CAPACITY: usize = 10_000;

    fn put(&mut self, ticket: &str, record: TicketRecord, lifetime: Duration, now: Moment) -> Result<(), StoreError> {
        if self.0.len() >= Self::CAPACITY {
            self.0.retain(|_, (_, expires)| now < *expires);
        }
        if self.0.len() >= Self::CAPACITY {
            return Err(StoreError::Full);
        }
        self.0.insert(sha256(ticket), (record, now + lifetime));
        Ok(())
    }

    fn take(&mut self, ticket: &str, now: Moment) -> Option<TicketRecord> {
        let (record, expires) = self.0.remove(&sha256(ticket))?;
        (now < expires).then_some(record)
    }
}

fn sha256(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    hash
}

/// A Redis that is connected to when it is first asked, and again after every failure.
pub(super) struct RedisStore {
    url: RedisUrl,
    link: Mutex<Link>,
}

/// The connection of the moment. `number` tells whether a failed one is still the current one.
#[derive(Default)]
struct Link {
    connection: Option<MultiplexedConnection>,
    number: u64,
}

/// What Redis answered.
struct Answer<T> {
    value: T,
    /// Whether the command had been sent before, over a link that broke: it may have been carried out twice.
    is_repeated: bool,
}

impl RedisStore {
    /// Sends `command`.
    async fn ask<T: FromRedisValue>(&self, command: &Cmd) -> Result<T, StoreError> {
        self.ask_again(command).await.map(|answer| answer.value)
    }

    /// Sends `command`. If a connection from an earlier request turns out to be broken, a new one is tried at
    /// once: Redis may have been restarted since.
    async fn ask_again<T: FromRedisValue>(&self, command: &Cmd) -> Result<Answer<T>, StoreError> {
        let mut used = None;
        let mut is_repeated = false;
        let answer = timeout(REDIS_LIMIT, async {
            loop {
                let (mut connection, number, is_new) = self.connect().await?;
                used = Some(number);
                match command.query_async(&mut connection).await {
                    Err(error) if error.is_unrecoverable_error() && !is_new => {
                        is_repeated = true;
                        self.forget(number).await;
                    }
                    answer => return answer,
                }
            }
        })
        .await;
        let problem = match answer {
            Ok(Ok(value)) => return Ok(Answer { value, is_repeated }),
            Ok(Err(error)) => match RedisRefusal::in_error(&error) {
                // The connection is well: Redis answered.
                Some(refusal) => {
                    let address = SafeText::new(&self.url.to_string());
                    return Err(StoreError::Refused { address, refusal });
                }
                None => describe(&error),
            },
            Err(_) => SafeText::new(&format!("no answer within {} ms", REDIS_LIMIT.as_millis())),
        };
        if let Some(number) = used {
            self.forget(number).await;
        }
        Err(StoreError::Redis { address: SafeText::new(&self.url.to_string()), problem })
    }

    /// The current connection and its number, and whether it was made just now.
    async fn connect(&self) -> Result<(MultiplexedConnection, u64, bool), RedisError> {
        let mut link = self.link.lock().await;
        if let Some(connection) = &link.connection {
            return Ok((connection.clone(), link.number, false));
        }
        let connection = self.url.0.get_multiplexed_async_connection().await?;
        link.connection = Some(connection.clone());
        link.number += 1;
        Ok((connection, link.number, true))
    }

    async fn forget(&self, number: u64) {
        let mut link = self.link.lock().await;
        if link.number == number {
            link.connection = None;
        }
    }
}

/// What went wrong, without Redis' own words: they can quote the command, and so the ticket.
fn describe(error: &RedisError) -> SafeText {
    if error.is_io_error() {
        return SafeText::new(&error.to_string());
    }
    let code = error.code().unwrap_or("no code");
    // GETDEL is the only command here that old versions do not know.
    let advice = if code == "ERR" { "; version 6.2 or newer is needed" } else { "" };
    SafeText::new(&format!("{} ({code}){advice}", error.category()))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::SessionId;

    const LIFETIME: Duration = Duration::from_secs(30);

    fn record() -> TicketRecord {
        TicketRecord::new(SessionId::new("sess_1"), DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_ticket_is_good_once_and_for_its_lifetime() {
        let mut store = MemoryStore::default();
        store.put("one", record(), LIFETIME, Moment::START).unwrap();
        store.put("two", record(), LIFETIME, Moment::START).unwrap();
        assert_eq!(store.take("three", Moment::START), None);
        assert_eq!(store.take("one", Moment::from_millis(29_999)), Some(record()));
        assert_eq!(store.take("one", Moment::from_millis(29_999)), None);
        assert_eq!(store.take("two", Moment::from_millis(30_000)), None);
    }

    #[test]
    fn memory_is_bounded_and_expired_tickets_make_room() {
        let mut store = MemoryStore::default();
        for number in 0..MemoryStore::CAPACITY {
            store.put(&number.to_string(), record(), LIFETIME, Moment::START).unwrap();
        }
        let late = Moment::START + LIFETIME;
        assert_eq!(store.put("more", record(), LIFETIME, Moment::START), Err(StoreError::Full));
        store.put("more", record(), LIFETIME, late).unwrap();
        assert_eq!(store.take("more", late), Some(record()));
    }

    #[test]
    fn a_redis_address_is_checked_and_shown_without_its_password() {
        let url: RedisUrl = "redis://user:hunter2@127.0.0.1:6399/1".parse().unwrap();
        assert_eq!(format!("{url} {url:?}"), "127.0.0.1:6399 RedisUrl(127.0.0.1:6399)");
        assert_eq!("unix:///run/redis.sock".parse::<RedisUrl>().is_ok(), cfg!(unix));
        assert_eq!(RedisUrlError.to_string().contains("unix:"), cfg!(unix), "what is offered works");
        for bad in ["", "127.0.0.1:6379", "http://127.0.0.1"] {
            assert_eq!(bad.parse::<RedisUrl>().unwrap_err(), RedisUrlError, "{bad}");
        }
    }

    /// A Redis that answers whatever it is asked with `OK`, and the first `GETDEL` by hanging up, as if the link had broken
    /// when the ticket was gone; to the next there is none.
    async fn forgetful() -> RedisUrl {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            let mut is_first = true;
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut buffer = [0; 4_096];
                while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                    let heard = String::from_utf8_lossy(&buffer[..length]).into_owned();
                    let commands = heard.lines().filter(|line| line.starts_with('*')).count();
                    if heard.contains("GETDEL") {
                        if std::mem::take(&mut is_first) {
                            break;
                        }
                        stream.write_all(b"$-1\r\n").await.unwrap();
                    } else {
                        stream.write_all("+OK\r\n".repeat(commands).as_bytes()).await.unwrap();
                    }
                }
            }
        });
        url
    }

    #[tokio::test]
    async fn a_ticket_whose_answer_was_lost_is_no_bad_ticket() {
        let store = TicketStore::new(&StoreConfig::Redis(forgetful().await), false);
        store.put("one", &record(), 30).await.unwrap();
        let lost = store.take("one").await.unwrap_err();
        assert!(matches!(lost, StoreError::AnswerLost { .. }), "{lost}");
        assert!(lost.to_string().ends_with("whether it was good is not known"), "{lost}");
        assert_eq!(store.take("two").await, Ok(None), "over a link that holds");
    }

    #[test]
    fn a_password_from_elsewhere_takes_the_place_of_the_addresss() {
        let url: RedisUrl = "redis://user:hunter2@127.0.0.1:6399/1".parse().unwrap();
        let url = url.with_password("correct horse").unwrap();
        assert_eq!(url.0.get_connection_info().redis_settings().password(), Some("correct horse"));
        assert_eq!(url.to_string(), "127.0.0.1:6399");
    }

    #[test]
    fn an_error_of_redis_does_not_quote_the_command() {
        let words = "ERR unknown command 'GETDEL', with args beginning with: 'ws_ticket:0123456789abcdef'";
        let error: RedisError = redis::make_extension_error("ERR".to_owned(), Some(words.to_owned()));
        let shown = describe(&error);
        assert!(error.to_string().contains("0123456789abcdef"), "the control");
        assert!(!shown.as_str().contains("0123456789abcdef") && shown.as_str().contains("ERR"), "{shown}");
    }
}
