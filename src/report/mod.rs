//! A report: one file for the engineers that is safe to send.
//!
//! It is made from a recording, and from a check if there was one: that of the session, or the check's own. Whatever is
//! in it is [`Clean`].

mod address;
mod clean;
mod content;
mod facts;
mod file;
mod markdown;
mod own;
mod page;
mod save;
mod spelling;

use std::collections::HashSet;
use std::net::IpAddr;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::check::Outcome;
use crate::export::{Format, Session};
use crate::journal::recording::Recording;
use crate::model::{DriverEvent, Event, Phase, ReportId};
pub use crate::private_file::SaveError;
pub use clean::{Clean, Cleaner};
use facts::Facts;
pub use file::File;
pub use own::Own;

/// A report, ready to be looked at and saved.
#[derive(Clone, Debug)]
pub struct Report {
    id: ReportId,
    made: DateTime<Utc>,
    files: Vec<File>,
}

impl Report {
    /// The report on the session in `recording`, made at `made`, with the last `check`, whose own journal it may be.
    /// What belongs to the user is `own`.
    pub fn new(recording: &Recording, check: Option<&Outcome>, own: Own, made: DateTime<Utc>) -> Self {
        let cleaner = cleaner(recording, check, own);
        let facts = Facts::of(recording, check);
        // The recording has every address; what is found first has the first stand-in.
        let copy = copy(&cleaner, recording);
        let session = cleaner.json(&Format::Har.write(Session::recorded(recording)));
        let json = cleaner.json(&facts.json(made));
        let document = content::document(&cleaner, &facts, made);
        let mut files = vec![
            File { name: "summary.md", text: markdown::text(&document) },
            File { name: "report.html", text: page::text(&document) },
            File { name: "report.json", text: json },
            File { name: "recording.jsonl", text: copy },
            File { name: "session.har", text: session },
        ];
        let own_entries = check.filter(|check| !facts::is_of(check, recording));
        if let Some(entries) = own_entries.and_then(|check| Recording::from_bytes(check.recording().ok()?).ok()) {
            files.push(File { name: facts::CHECK_ENTRIES, text: self::copy(&cleaner, &entries) });
        }
        Self { id: facts.id, made, files }
    }

    /// What it is called by people, and by the server's log, where every `x-trace-id` of the session begins with it.
    pub fn id(&self) -> ReportId {
        self.id
    }

    /// What is in it.
    pub fn files(&self) -> &[File] {
        &self.files
    }

    /// What the file is usually called: `ticketscope-report-20260122T140211Z.zip`.
    pub fn file_name(&self) -> String {
        format!("ticketscope-report-{}.zip", self.made.format("%Y%m%dT%H%M%SZ"))
    }

    /// Writes all of it or nothing into a zip archive at `path`, which only its owner may read.
    ///
    /// # Errors
    /// If there is such a file already, or it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), SaveError> {
        save::save(&self.files, self.made, path)
    }
}

/// What cleans everything about this session.
fn cleaner(recording: &Recording, check: Option<&Outcome>, mut own: Own) -> Cleaner {
    let profile = &recording.header().profile;
    let hosts = [profile.api.url().host_str(), profile.websocket.url().host_str()];
    let checked = check.into_iter().flat_map(|check| check.entries.iter().map(|entry| (**entry).clone()));
    let (mut service, mut has_proxy) = (HashSet::<IpAddr>::new(), false);
    for entry in recording.entries().chain(checked) {
        match entry.event {
            Event::Driver(DriverEvent::PhaseFinished { phase: Phase::Proxy, .. }) => has_proxy = true,
            Event::Driver(DriverEvent::PhaseFinished { phase: Phase::Dns, detail, .. }) => {
                let name = detail.as_str().split(':').next().unwrap_or_default();
                if hosts.contains(&Some(name)) {
                    let words = detail.as_str().split([' ', ',']);
                    service.extend(words.filter_map(|word| word.parse::<IpAddr>().ok()));
                } else {
                    own.add_host(name);
                }
            }
            Event::Driver(DriverEvent::AddressesLost { lost, connected }) => {
                service.extend(lost.iter().map(|lost| lost.address.ip()).chain(connected.map(|address| address.ip())));
            }
            _ => {}
        }
    }
    // Then the addresses are the proxy's, who is the user's neighbour.
    if has_proxy {
        service.clear();
    }
    Cleaner::new(own, service)
}

/// The recording once more, as this version writes it, so that what is hidden now is hidden in old ones too. A last line
/// that was cut off is left out.
fn copy(cleaner: &Cleaner, recording: &Recording) -> Clean {
    let mut copy = Clean::default();
    for line in recording.upgraded_lines() {
        copy.push(cleaner.json(&line));
        copy.push("\n");
    }
    if Recording::from_bytes(copy.as_str().as_bytes()).is_err() {
        let why = " is left out: without the user's own names it cannot be read any more\n";
        return Clean::concat(["The recording of ".into(), recording.header().report_id().into(), why.into()]);
    }
    copy
}
