//! The entry itself, and the thread that owns it.

use std::collections::BTreeMap;
use std::sync::mpsc;

use chrono::{DateTime, Utc};
use keyring_core::api::CredentialStoreApi as _;
use keyring_core::{Entry, Error, mock};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use super::interceptor::Interception;
use crate::clock::utc_now;
use crate::faults::FaultKind;
use crate::model::{Credential, FaultName, Jwt, KeychainState, SafeText, SessionId, ValueName, Values, without_number};
use crate::watchdog;

/// The name under which the entries stand in the keychain.
const SERVICE: &str = "ticketscope";

/// Something to do with the entry.
pub enum Job {
    /// Read it.
    Read,
    /// Make it hold this; nothing at all means no entry.
    Replace(Box<Credential>),
}

/// What the entry holds now, or why that cannot be had.
pub type Answer = Result<Credential, KeychainState>;

/// An answer, and who met the call or brought the answer about.
pub type Reply = (Answer, Option<FaultName>);

/// A job and where its answer goes.
pub type JobRequest = (Job, oneshot::Sender<Reply>);

type Open = Box<dyn Fn() -> Result<Entry, KeychainState> + Send>;

/// A keychain, and which entry of it.
pub struct Store {
    open: Open,
    limit: Option<usize>,
    interception: Interception,
}

impl Store {
    /// The entry called `account` in this system's keychain.
    pub fn os(account: String) -> Self {
        let open = move || open(&account);
        Self { open: Box::new(open), limit: limit_for(std::env::consts::OS), interception: Interception::default() }
    }

    /// An entry in this process, which ends with it.
    pub fn in_process() -> Self {
        let store = mock::Store::new();
        let open = move || {
            let store =
                store.as_ref().map_err(|error| KeychainState::Refused { error: SafeText::new(&error.to_string()) })?;
            store.build(SERVICE, SERVICE, None).map_err(refused)
        };
        Self { open: Box::new(open), limit: None, interception: Interception::default() }
    }

    /// Where its calls can be intercepted.
    pub fn interception(&self) -> Interception {
        self.interception.clone()
    }

    /// A made-up keychain.
    #[cfg(test)]
    pub fn made_up(open: impl Fn() -> Result<Entry, KeychainState> + Send + 'static, limit: Option<usize>) -> Self {
        Self { open: Box::new(open), limit, interception: Interception::default() }
    }

    /// Starts the thread. Nothing joins it, so that a call that hangs cannot hold up the program's end. It
    /// stops when nobody can send jobs any more; if it cannot start, jobs are dropped unanswered.
    pub fn work(self) -> mpsc::SyncSender<JobRequest> {
        let (jobs, inbox) = mpsc::sync_channel::<JobRequest>(1);
        let work = move || {
            for (job, reply) in &inbox {
                let _ = reply.send(self.answer(job));
            }
        };
        // Whoever waits for the answer to what crashed it hears that there is none.
        let _ = watchdog::spawn("keychain", work, |_, _| {});
        jobs
    }

    fn answer(&self, job: Job) -> Reply {
        let (met, outcome) = self.interception.call();
        let narrowed = self.interception.limit().filter(|_| self.limit.is_none());
        let limit = narrowed.as_ref().map(|(bytes, _)| *bytes).or(self.limit);
        let answer = outcome.and_then(|()| self.carry_out(job, limit));
        match (narrowed, &answer) {
            (Some((_, by)), Err(KeychainState::TooLarge { .. })) => (answer, Some(by)),
            _ => (answer, met),
        }
    }

    fn carry_out(&self, job: Job, limit: Option<usize>) -> Answer {
        let entry = (self.open)()?;
        match job {
            Job::Read => read(&entry),
            Job::Replace(credential) => {
                delete(&entry)?;
                if *credential != Credential::default() {
                    write(&entry, &credential, limit)?;
                }
                Ok(*credential)
            }
        }
    }
}

/// The entry called `account` in this system's keychain.
pub fn open(account: &str) -> Result<Entry, KeychainState> {
    match keyring::Entry::store_status() {
        Ok(()) => keyring::Entry::new(SERVICE, account).map(|entry| entry.inner).map_err(refused),
        Err(error) => {
            tracing::info!("no keychain service: {error}");
            Err(KeychainState::NoService)
        }
    }
}

/// The text that `entry` holds, if there is one.
pub fn read_text(entry: &Entry) -> Result<Option<Zeroizing<String>>, KeychainState> {
    match entry.get_secret().map(Zeroizing::new) {
        Ok(bytes) => Ok(std::str::from_utf8(&bytes).ok().map(|text| Zeroizing::new(text.to_owned()))),
        Err(Error::NoEntry | Error::Ambiguous(_)) => Ok(None),
        Err(error) => Err(refused(error)),
    }
}

/// Makes `entry` hold `text`.
pub fn write_text(entry: &Entry, text: &str) -> Result<(), KeychainState> {
    let limit = limit_for(std::env::consts::OS);
    if let Some(limit) = limit.filter(|&limit| text.len() > limit) {
        return Err(KeychainState::TooLarge { bytes: text.len(), limit });
    }
    delete(entry)?;
    entry.set_secret(text.as_bytes()).map_err(refused)
}

/// The largest entry in bytes that Windows' keychain takes (`CRED_MAX_CREDENTIAL_BLOB_SIZE`).
pub const WINDOWS_LIMIT: usize = 5 * 512;

/// The largest entry in bytes that the keychain of `os` (as [`std::env::consts::OS`] has it) takes, where
/// there is a limit.
fn limit_for(os: &str) -> Option<usize> {
    (os == "windows").then_some(WINDOWS_LIMIT)
}

fn read(entry: &Entry) -> Answer {
    match entry.get_secret().map(Zeroizing::new) {
        Ok(bytes) => Ok(decode(&bytes)),
        // Several entries are no better than none; the next store replaces them all.
        Err(Error::NoEntry | Error::Ambiguous(_)) => Ok(Credential::default()),
        Err(Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _)) => Ok(decode(&Zeroizing::new(bytes))),
        Err(error) => Err(refused(error)),
    }
}

fn write(entry: &Entry, credential: &Credential, limit: Option<usize>) -> Result<(), KeychainState> {
    let bytes = encode(credential).map_err(|error| KeychainState::Refused { error: SafeText::new(&error) })?;
    if let Some(limit) = limit.filter(|&limit| bytes.len() > limit) {
        return Err(KeychainState::TooLarge { bytes: bytes.len(), limit });
    }
    entry.set_secret(&bytes).map_err(|error| match error {
        Error::TooLong(_, limit) => KeychainState::TooLarge { bytes: bytes.len(), limit: limit as usize },
        error => refused(error),
    })
}

/// Deletes `entry`, if it is there.
pub fn delete(entry: &Entry) -> Result<(), KeychainState> {
    match entry.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(Error::Ambiguous(entries)) => entries.iter().try_for_each(delete),
        Err(error) => Err(refused(error)),
    }
}

/// What `error` means. Data that it carries is not quoted.
fn refused(error: Error) -> KeychainState {
    let error = match error {
        Error::NoStorageAccess(_) => return KeychainState::Locked,
        Error::NoDefaultStore => return KeychainState::NoService,
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            "the entry is damaged".to_owned()
        }
        Error::Ambiguous(entries) => format!("{} entries for one profile", entries.len()),
        Error::PlatformFailure(error) => without_number(&error.to_string()),
        // The enum may grow. What remains here, and what is yet to come, is best told in its own words.
        error => error.to_string(),
    };
    KeychainState::Refused { error: SafeText::new(&error) }
}

#[derive(Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    jwt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    simulated: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Found {
    jwt: Option<String>,
    session_id: Option<String>,
    simulated: Option<FaultName>,
    #[serde(default)]
    values: BTreeMap<ValueName, String>,
    until: Option<DateTime<Utc>>,
}

/// Compact JSON.
fn encode(credential: &Credential) -> Result<Zeroizing<Vec<u8>>, String> {
    let written = Written {
        jwt: credential.jwt.as_ref().map(Jwt::expose),
        session_id: credential.session_id.as_ref().map(SessionId::expose),
        simulated: credential.simulated.as_ref().map(FaultName::as_str),
        values: credential.values.expose_all().map(|(name, value)| (name.as_str(), value)).collect(),
        until: credential.until,
    };
    let values = written.values.iter().map(|(name, value)| name.len() + value.len() + 8).sum::<usize>();
    let secrets =
        [written.jwt, written.session_id, written.simulated].into_iter().flatten().map(str::len).sum::<usize>()
            + values;
    // Room for all of it even if escaped, because a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(64 + 6 * secrets));
    serde_json::to_writer(&mut *bytes, &written).map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// What is not ours, and a JWT that no `Authorization` header can carry, counts as nothing; the next store
/// overwrites it.
fn decode(bytes: &[u8]) -> Credential {
    match serde_json::from_slice(bytes) {
        // What has expired is as good as nothing; the session it belongs to is not.
        Ok(Found { session_id, until: Some(until), .. }) if until <= utc_now() => {
            Credential { session_id: session_id.map(SessionId::new), ..Credential::default() }
        }
        Ok(Found { jwt, session_id, simulated, values, until }) => {
            let jwt = jwt.map(Zeroizing::new).filter(|jwt| jwt.bytes().all(|byte| byte.is_ascii_graphic()));
            Credential {
                jwt: jwt.map(|jwt| Jwt::new(&**jwt)),
                session_id: session_id.map(SessionId::new),
                simulated: simulated.filter(|fault| FaultKind::named(fault).is_some()),
                values: values.into_iter().fold(Values::default(), |mut values, (name, value)| {
                    values.set(name, value);
                    values
                }),
                until,
            }
        }
        Err(_) => Credential::default(),
    }
}

#[cfg(test)]
mod tests {
    use keyring_core::CredentialStore;

    use super::*;

    #[test]
    fn several_entries_for_one_account_count_as_none_and_a_store_deletes_them_all() {
        let store: std::sync::Arc<CredentialStore> = mock::Store::new().unwrap();
        let entry = |name| store.build(SERVICE, name, None).unwrap();
        let found_several = |by: &Entry| {
            let several = Error::Ambiguous(vec![entry("first"), entry("second")]);
            by.as_any().downcast_ref::<mock::Cred>().unwrap().set_error(several);
        };
        let wanted = entry("wanted");
        entry("first").set_secret(b"1").unwrap();
        entry("second").set_secret(b"2").unwrap();
        found_several(&wanted);
        assert_eq!(read(&wanted), Ok(Credential::default()));
        found_several(&wanted);
        assert_eq!(delete(&wanted), Ok(()));
        for name in ["first", "second"] {
            assert!(matches!(entry(name).get_secret(), Err(Error::NoEntry)), "{name}");
        }
    }

    #[test]
    fn only_windows_has_a_limit() {
        let known = ["windows", "linux", "macos", "freebsd"].map(limit_for);
        assert_eq!(known, [Some(2_560), None, None, None]);
    }

    #[test]
    fn any_credential_survives_and_the_buffer_never_moves() {
        for text in ["", "plain", "quoted \" \\ \u{0}", &"\u{1}".repeat(5_000)] {
            let (jwt, session_id) = (Some(Jwt::new(r#"e\.e".s"#)), Some(SessionId::new(text)));
            let simulated = Some(FaultKind::CorruptJwt.name());
            let credential = Credential { jwt, session_id, simulated, ..Credential::default() };
            let bytes = encode(&credential).unwrap();
            assert_eq!(decode(&bytes), credential);
            assert_eq!(bytes.capacity(), 64 + 6 * (r#"e\.e".s"#.len() + text.len() + "corrupt-jwt".len()));
        }
    }
}
