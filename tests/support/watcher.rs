//! A session and somebody who watches it: waits are ended by the session's own news, never by the clock.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use ticketscope::faults::{Arming, Fault};
use ticketscope::journal::{Journal, Level, Message, Traffic, lines};
use ticketscope::model::{AttemptId, Entry, Event, FlowCommand, FlowEvent, Profile, ServerEvent};
use ticketscope::session::{Command, Engine, KeychainChoice, Options, Session};
use ticketscope::view::{SessionView, Snapshot, Status};
use tokio::time::Instant;

use super::replayed::assert_replayed;

/// Longer than anything takes, on any machine.
pub const LIMIT: Duration = Duration::from_secs(20);
/// The origin that the local server allows.
pub const ORIGIN: &str = "http://localhost:4200";

/// The state that a journal tells of; what depends on the profile is that of production.
pub fn snapshot_of(journal: &Journal) -> Snapshot {
    SessionView::of(Profile::production(), journal.all().entries).snapshot().clone()
}

/// A session with the keychain in memory and a seed of its own.
pub struct Watcher {
    session: Option<Session>,
    profile: Profile,
    news: Arc<(Mutex<u64>, Condvar)>,
}

impl Watcher {
    pub fn start(profile: Profile) -> Self {
        Self::seeded(profile, 7)
    }

    pub fn seeded(profile: Profile, seed: u64) -> Self {
        Self::keeping(profile, seed, KeychainChoice::Memory)
    }

    pub fn keeping(profile: Profile, seed: u64, keychain: KeychainChoice) -> Self {
        let news = Arc::new((Mutex::new(0), Condvar::new()));
        let tell = Arc::clone(&news);
        let options = Options { keychain, seed: Some(seed), ..Options::default() };
        let session = Session::start(profile.clone(), options, move |_| {
            *tell.0.lock().unwrap() += 1;
            tell.1.notify_all();
        });
        Self { session: Some(session.unwrap()), profile, news }
    }

    /// The local demo, with its own server.
    pub fn demo() -> Self {
        Self::start(Profile::local_demo(([127, 0, 0, 1], 0).into()))
    }

    /// The local demo, connected as attempt 0.
    pub fn connected_demo() -> Self {
        let watcher = Self::demo();
        watcher.connect();
        watcher.connected(0);
        watcher
    }

    pub fn send(&self, command: Command) {
        assert!(self.session.as_ref().unwrap().send(command), "the session takes no commands");
    }

    pub fn connect(&self) {
        self.send(Command::Flow(FlowCommand::Connect));
    }

    pub fn retry_now(&self) {
        self.send(Command::Flow(FlowCommand::RetryNow));
    }

    pub fn disconnect(&self) {
        self.send(Command::Flow(FlowCommand::Disconnect));
    }

    pub fn arm(&self, fault: Fault, times: Option<u32>) {
        self.send(Command::Arm(Arming::new(fault, times)));
    }

    pub fn entries(&self) -> Vec<Arc<Entry>> {
        self.journal().since(0).entries
    }

    pub fn snapshot(&self) -> Snapshot {
        SessionView::of(self.profile.clone(), self.journal().all().entries).snapshot().clone()
    }

    /// Looks at the messages.
    pub fn with_traffic<T>(&self, look: impl FnOnce(&Traffic) -> T) -> T {
        self.journal().with_traffic(look)
    }

    /// The beginnings of the messages that are kept, as text.
    pub fn messages(&self) -> Vec<String> {
        let text = |message: &Message| String::from_utf8_lossy(&message.head).into_owned();
        self.journal().with_traffic(|traffic| traffic.kept().iter().map(text).collect())
    }

    /// The messages that have arrived so far.
    pub fn received(&self) -> u64 {
        self.journal().with_traffic(|traffic| traffic.received())
    }

    /// Ends the session and gives back everything that happened.
    pub fn close(mut self) -> Vec<Arc<Entry>> {
        let journal = self.journal().clone();
        let session = self.session.take().unwrap();
        let seed = session.seed();
        session.close();
        let entries = journal.since(0).entries;
        assert_replayed((&self.profile, seed, &entries[..]));
        entries
    }

    fn journal(&self) -> &Journal {
        self.session.as_ref().unwrap().journal()
    }

    /// Looks for something now and after each change, until it is there.
    pub fn wait<T>(&self, what: &str, mut look: impl FnMut(&[Arc<Entry>], &Snapshot) -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        let mut view = SessionView::live(self.profile.clone());
        loop {
            let seen = *self.news.0.lock().unwrap();
            let news = self.journal().since(0);
            let seen_before = view.next_seq();
            news.entries.iter().filter(|entry| entry.seq >= seen_before).for_each(|entry| view.apply(entry));
            if let Some(found) = look(&news.entries, view.snapshot()) {
                return found;
            }
            let unchanged = |count: &mut u64| *count == seen;
            let left = deadline - Instant::now();
            let waited = self.news.1.wait_timeout_while(self.news.0.lock().unwrap(), left, unchanged).unwrap().1;
            if waited.timed_out() {
                let all: Vec<_> = news.entries.iter().flat_map(|entry| lines(entry)).map(|l| l.to_string()).collect();
                panic!("{what}: not within {LIMIT:?}; status {:?}\n{}", view.snapshot().status, all.join("\n"));
            }
        }
    }

    /// The first entry that `is` what is looked for.
    pub fn wait_entry(&self, what: &str, is: impl Fn(&Entry) -> bool) -> Arc<Entry> {
        self.wait(what, |entries, _| entries.iter().find(|entry| is(entry)).cloned())
    }

    /// Waits until attempt `number` has opened its socket.
    pub fn connected(&self, number: u64) -> Arc<Entry> {
        self.wait_entry(&format!("attempt {number} connects"), |entry| {
            is_of(entry, number, &Event::Flow(FlowEvent::Connected))
        })
    }

    /// Waits until the socket of attempt `number` has ended.
    pub fn disconnected(&self, number: u64) -> Arc<Entry> {
        self.wait_entry(&format!("the socket of attempt {number} ends"), |entry| {
            entry.attempt == Some(AttemptId(number))
                && matches!(entry.event, Event::Flow(FlowEvent::Disconnected { .. }))
        })
    }

    /// Waits until attempt `number` has failed before its socket was open.
    pub fn failed(&self, number: u64) -> Arc<Entry> {
        self.wait_entry(&format!("attempt {number} fails"), |entry| {
            entry.attempt == Some(AttemptId(number))
                && matches!(entry.event, Event::Flow(FlowEvent::AttemptFailed { .. }))
        })
    }

    pub fn stopped(&self) {
        self.wait("stopped", |_, snapshot| matches!(snapshot.status, Status::Stopped).then_some(()));
    }

    /// Waits until a person has ended connection or attempt for the first time.
    pub fn idle(&self) {
        self.wait_entry("stopped by a person", |entry| entry.event == Event::Flow(FlowEvent::Stopped));
    }

    /// The `[WS]` and `[Auth]` lines that a person sees, of attempt `number` alone.
    pub fn lines_of(&self, number: u64) -> Vec<String> {
        console(self.entries().iter().filter(|entry| entry.attempt == Some(AttemptId(number))))
    }

    /// What the local server has said.
    pub fn server_log(&self) -> Vec<String> {
        let said = |entry: &Arc<Entry>| match &entry.event {
            Event::Server(ServerEvent::Log { line }) => Some(line.to_string()),
            _ => None,
        };
        self.entries().iter().filter_map(said).collect()
    }

    /// Waits for `count` lines of the local server that begin with `start`.
    pub fn server_lines(&self, start: &str, count: usize) -> Vec<String> {
        self.wait(&format!("{count} server lines {start:?}"), |entries, _| {
            let said = entries.iter().filter_map(|entry| match &entry.event {
                Event::Server(ServerEvent::Log { line }) if line.as_str().starts_with(start) => Some(line.to_string()),
                _ => None,
            });
            let found: Vec<_> = said.collect();
            (found.len() >= count).then_some(found)
        })
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(session) = self.session.take()
            && !std::thread::panicking()
        {
            assert_replayed((&self.profile, session.seed(), &session.journal().since(0).entries[..]));
        }
    }
}

fn is_of(entry: &Entry, attempt: u64, event: &Event) -> bool {
    entry.attempt == Some(AttemptId(attempt)) && entry.event == *event
}

/// The `[WS]` and `[Auth]` lines that a person sees.
pub fn console<'a>(entries: impl IntoIterator<Item = &'a Arc<Entry>>) -> Vec<String> {
    let all = entries.into_iter().flat_map(|entry| lines(entry));
    let seen = all.filter(|line| line.level >= Level::Info && matches!(line.tag, "[WS]" | "[Auth]"));
    seen.map(|line| line.to_string()).collect()
}

/// A profile of the contract's service at `address`, with further TOML.
pub fn profile(address: impl std::fmt::Display, more: &str) -> Profile {
    Profile::from_toml(&profile_text(address, more)).unwrap()
}

/// The same as a file holds it.
pub fn profile_text(address: impl std::fmt::Display, more: &str) -> String {
    format!("name = 'Bench'\napi = 'http://{address}'\nwebsocket = 'ws://{address}'\norigin = '{ORIGIN}'\n{more}\n")
}
