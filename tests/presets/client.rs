//! A preset at work against a stand-in.

use std::net::SocketAddr;

use support::watcher::Watcher;
use tempfile::TempDir;
use ticketscope::diagnosis::Code;
use ticketscope::model::{Entry, Event, FlowEvent, Profile};
use ticketscope::presets;
use ticketscope::view::SessionView;

/// Waits that cost a test no time.
const FAST: &str = "\n[backoff]\nbase = '10ms'\ncap = '20ms'\n";

/// A session with a preset, and the files that hold its secrets.
pub struct Client {
    watcher: Watcher,
    profile: Profile,
    _secrets: TempDir,
}

impl Client {
    /// Connects to the stand-in at `address` with `preset`, of which each of `changes` is replaced, and which has to be
    /// there, and these `secrets`.
    pub fn connect(preset: &str, address: SocketAddr, changes: &[(&str, &str)], secrets: &[(&str, &str)]) -> Self {
        let (profile, folder) = profile(preset, address, changes, secrets);
        Self { _secrets: folder, ..Self::with(profile) }
    }

    /// Connects with `profile`, whose secrets are in `folder`.
    pub fn keeping(profile: Profile, folder: TempDir) -> Self {
        Self { _secrets: folder, ..Self::with(profile) }
    }

    /// Connects with `profile`.
    pub fn with(profile: Profile) -> Self {
        let watcher = Watcher::start(profile.clone());
        watcher.connect();
        Self { watcher, profile, _secrets: tempfile::tempdir().unwrap() }
    }

    /// It connects, outlives the server's limit, and comes back when the server ends the connection.
    pub fn comes_back(self) {
        self.watcher.connected(0);
        self.watcher.disconnected(0);
        let back = self.watcher.connected(1);
        let found: Vec<_> = self.view_at(&back).findings().iter().map(|finding| finding.to_string()).collect();
        assert!(found.is_empty(), "all is well: {found:#?}");
        self.finish();
    }

    /// Its first connection sends it elsewhere, where it stays.
    pub fn moves_on(self) {
        self.watcher.disconnected(0);
        self.watcher.connected(1);
        self.finish();
    }

    /// It comes back, and with the ticket that it had.
    pub fn repeats_its_ticket(self) {
        self.watcher.connected(0);
        self.watcher.disconnected(0);
        let back = self.watcher.connected(1);
        self.first_finding(&back, Code::TicketRepeated);
        self.finish();
    }

    /// It never gets as far as CONNECTED, because of `code`.
    pub fn refused_as(self, code: Code) -> String {
        let failed = self.watcher.failed(0);
        let title = self.first_finding(&failed, code);
        for entry in self.finish() {
            assert_ne!(entry.event, Event::Flow(FlowEvent::Connected), "this says CONNECTED");
        }
        title
    }

    /// It connects, and is disconnected because of `code`.
    pub fn loses_it(self, code: Code) -> String {
        self.watcher.connected(0);
        let ended = self.watcher.disconnected(0);
        let words = self.first_finding(&ended, code);
        self.finish();
        words
    }

    /// It stops by itself.
    pub fn stops(&self) {
        self.watcher.stopped();
    }

    fn finish(self) -> Vec<std::sync::Arc<Entry>> {
        self.watcher.close()
    }

    /// What is known when `last` has happened.
    fn view_at(&self, last: &Entry) -> SessionView {
        let entries = self.watcher.entries().into_iter().filter(|entry| entry.seq <= last.seq);
        SessionView::of(self.profile.clone(), entries)
    }

    /// Title, cause and next step of what was found when `last` had happened.
    fn first_finding(&self, last: &Entry, code: Code) -> String {
        let view = self.view_at(last);
        let first = view.findings().first().unwrap_or_else(|| panic!("nothing was found: {last:?}"));
        let problem = &first.problem;
        let words = format!("{} | {} | {:?}: {}", problem.title, problem.cause, problem.owner, problem.next);
        println!("{words}");
        assert_eq!(problem.code, code, "{words}\n{last:?}");
        words
    }
}

/// The profile of [`Client::connect`], and the files that hold its secrets.
pub fn profile(
    preset: &str,
    address: SocketAddr,
    changes: &[(&str, &str)],
    secrets: &[(&str, &str)],
) -> (Profile, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut text = at(presets::named(preset).unwrap().text, address);
    for (before, after) in changes {
        assert!(text.contains(before), "{preset} has no {before}");
        text = text.replace(before, after);
    }
    for (name, value) in secrets {
        let file = folder.path().join(name);
        std::fs::write(&file, value).unwrap();
        let table = format!("[secret.{name}]\n");
        assert!(text.contains(&table), "{preset} has no {table}");
        text = text.replacen(&table, &format!("{table}file = '{}'\n", file.display()), 1);
    }
    (Profile::from_toml(&(text + FAST)).unwrap(), folder)
}

/// A preset's `text` for a server at `address`.
pub fn at(text: &str, address: SocketAddr) -> String {
    let lines = text.lines().map(|line| match line.split_once(" = ") {
        Some(("api", _)) => format!("api = 'http://{address}'"),
        Some(("websocket", _)) => format!("websocket = 'ws://{address}'"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}
