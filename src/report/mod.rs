//! A report: one file for the engineers that is safe to send.
//!
//! It is made from a recording, and from a check if there was one: that of the session, or the check's own. Whatever is
//! in it is [`Clean`].

#![warn(clippy::wildcard_enum_match_arm)]

mod address;
mod annotation;
mod clean;
mod content;
mod facts;
mod file;
mod markdown;
mod own;
mod page;
mod plain;
mod save;
mod spelling;

use std::collections::HashSet;
use std::io;
use std::net::IpAddr;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use chrono::{DateTime, Utc};

use crate::check::Outcome;
use crate::export::{Session, write_har};
use crate::journal::recording::{Recording, is_line};
use crate::model::{DriverEvent, Event, Lookup, Phase, ReportId};
pub use crate::private_file::SaveError;
pub use annotation::Annotation;
pub use clean::{Clean, Cleaner};
pub use content::{Body, Document, Section};
use facts::Facts;
pub use file::File;
use file::Output;
pub use own::Own;
pub use plain::plain_text;
use save::Archive;

/// A report, ready to be looked at and saved.
#[derive(Clone)]
pub struct Report {
    id: ReportId,
    made: DateTime<Utc>,
    cleaner: Arc<Cleaner>,
    document: Document,
    /// What `report.json` says besides a person's words.
    facts: Clean,
    /// The three that say what a person adds come first.
    files: Vec<File>,
}

impl Report {
    /// The report on the session in `recording`, made at `made`, with the last `check`, whose own journal it may be.
    /// What belongs to the user is `own`.
    pub fn new(recording: &Recording, check: Option<&Outcome>, own: Own, made: DateTime<Utc>) -> Self {
        let mut files = Vec::new();
        let (composed, written) = compose(recording, check, own, made, &mut files);
        debug_assert!(written.is_ok(), "nothing keeps memory from taking it");
        files.extend(annotated_files(&composed.document, &composed.facts, &composed.cleaner, &Annotation::default()));
        files.sort_by_key(|file: &File| place(file.name));
        let Composed { id, cleaner, document, facts } = composed;
        Self { id, made, cleaner: Arc::new(cleaner), document, facts, files }
    }

    /// Says in summary, page and `report.json` what a person adds, instead of what was added before. Returns these
    /// files, which come first.
    pub fn annotate(&mut self, annotation: &Annotation) -> &[File] {
        self.document.annotate(&self.cleaner, annotation);
        let files = annotated_files(&self.document, &self.facts, &self.cleaner, annotation);
        let count = files.len();
        for (file, annotated) in self.files.iter_mut().zip(files) {
            *file = annotated;
        }
        &self.files[..count]
    }

    /// What its page and its summary say.
    pub fn document(&self) -> &Document {
        &self.document
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
        file_name(self.made)
    }

    /// Writes all of it or nothing into a zip archive at `path`, which only its owner may read.
    ///
    /// # Errors
    /// If there is such a file already, or it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), SaveError> {
        save::save(&self.files, self.made, path)
    }
}

/// A report that has been written.
#[derive(Clone, Debug)]
pub struct Written {
    /// What it is called.
    pub id: ReportId,
    /// Where it is.
    pub path: PathBuf,
    /// The names and lengths of its files, in bytes.
    pub files: Vec<(&'static str, u64)>,
}

/// Writes the report on `recording`, made at `made`, as a zip archive to `path` or, without one, under its usual name: as
/// [`Report::new`] and [`Report::save`] would, without ever holding the whole of it, and with what a person adds.
///
/// # Errors
/// As [`Report::save`].
pub fn write(
    recording: &Recording,
    own: Own,
    annotation: &Annotation,
    made: DateTime<Utc>,
    path: Option<&Path>,
) -> Result<Written, SaveError> {
    let path = path.map_or_else(|| file_name(made).into(), Path::to_owned);
    let mut archive = Archive::new(made);
    let (mut composed, written) = compose(recording, None, own, made, &mut archive);
    written?;
    composed.document.annotate(&composed.cleaner, annotation);
    for file in annotated_files(&composed.document, &composed.facts, &composed.cleaner, annotation) {
        archive.begin(file.name)?;
        Output::write(&mut archive, &file.text)?;
    }
    let id = composed.id;
    let mut files = archive.save(&path)?;
    files.sort_by_key(|(name, _)| place(name));
    Ok(Written { id, path, files })
}

/// What the file is usually called: `ticketscope-report-20260122T140211Z.zip`.
fn file_name(made: DateTime<Utc>) -> String {
    format!("ticketscope-report-{}.zip", made.format("%Y%m%dT%H%M%SZ"))
}

/// The files in the order in which people look at them.
const ORDER: [&str; 6] = [SUMMARY, PAGE, JSON, RECORDING, HAR, facts::CHECK_ENTRIES];
const SUMMARY: &str = "summary.md";
const PAGE: &str = "report.html";
const JSON: &str = "report.json";
const RECORDING: &str = "recording.jsonl";
const HAR: &str = "session.har";

fn place(name: &str) -> usize {
    ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len())
}

/// What is known of a report besides the files that were given out.
struct Composed {
    id: ReportId,
    cleaner: Cleaner,
    document: Document,
    /// `report.json` without a person's words.
    facts: Clean,
}

/// Gives those files of the report to `out` that say nothing of a person's own, and returns what the others are made of.
fn compose(
    recording: &Recording,
    check: Option<&Outcome>,
    own: Own,
    made: DateTime<Utc>,
    out: &mut impl Output,
) -> (Composed, io::Result<()>) {
    // Both read the whole of it, and neither needs the other.
    let (cleaner, written, facts) = thread::scope(|scope| {
        let facts = scope.spawn(|| Facts::of(recording, check));
        let cleaner = cleaner(recording, check, own);
        // The recording has every address; what is found first has the first stand-in.
        let written = copies(&cleaner, recording, check, out);
        (cleaner, written, facts.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    let json = cleaner.json(&facts.json(made));
    let document = content::document(&cleaner, &facts, made);
    (Composed { id: facts.id, cleaner, document, facts: json }, written)
}

/// Gives the recordings and the session's requests to `out`.
fn copies(cleaner: &Cleaner, recording: &Recording, check: Option<&Outcome>, out: &mut impl Output) -> io::Result<()> {
    out.begin(RECORDING)?;
    copy(cleaner, recording, out)?;
    out.begin(HAR)?;
    let mut lines = CleanLines { cleaner, line: Vec::new(), out };
    write_har(Session::recorded(recording), &mut lines)?;
    lines.finish()?;
    let own_entries = check.filter(|check| !facts::is_of(check, recording));
    if let Some(entries) = own_entries.and_then(|check| Recording::from_bytes(check.recording().ok()?).ok()) {
        out.begin(facts::CHECK_ENTRIES)?;
        copy(cleaner, &entries, out)?;
    }
    Ok(())
}

/// Cleans JSON whose texts end in the lines in which they begin.
struct CleanLines<'a, O> {
    cleaner: &'a Cleaner,
    line: Vec<u8>,
    out: &'a mut O,
}

impl<O: Output> CleanLines<'_, O> {
    fn finish(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.line);
        self.out.write(&self.cleaner.json(&String::from_utf8_lossy(&line)))
    }
}

impl<O: Output> io::Write for CleanLines<'_, O> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.finish()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The files that say what a person adds: for a ticket, for a browser, for a program.
fn annotated_files(document: &Document, facts: &Clean, cleaner: &Cleaner, annotation: &Annotation) -> [File; 3] {
    const END: &str = "\n}";
    let value = |text: &str| match text.trim() {
        "" => "null".into(),
        text => cleaner.json(&serde_json::Value::from(text).to_string()),
    };
    let json = Clean::concat([
        facts.without_end(END),
        ",\n  \"ticket\": ".into(),
        value(&annotation.ticket),
        ",\n  \"note\": ".into(),
        value(&annotation.note),
        END.into(),
    ]);
    [
        File { name: SUMMARY, text: markdown::text(document) },
        File { name: PAGE, text: page::text(document) },
        File { name: JSON, text: json },
    ]
}

/// What cleans everything about this session.
fn cleaner(recording: &Recording, check: Option<&Outcome>, mut own: Own) -> Cleaner {
    let profile = &recording.header().profile;
    let hosts = [profile.api.url().host_str(), profile.websocket.url().host_str()];
    let checked = check.into_iter().flat_map(|check| check.entries.iter().map(|entry| (**entry).clone()));
    let (mut service, mut traces, mut has_proxy) = (HashSet::<IpAddr>::new(), HashSet::new(), false);
    for entry in recording.entries().chain(checked) {
        match entry.event {
            Event::Driver(DriverEvent::RequestSent { trace, .. }) if trace.is_known() => {
                _ = traces.insert(trace.to_string())
            }
            Event::Driver(DriverEvent::PhaseFinished { phase: Phase::Proxy, .. }) => has_proxy = true,
            Event::Driver(DriverEvent::PhaseFinished { lookup: Some(Lookup { host, addresses }), .. }) => {
                if hosts.contains(&Some(host.as_str())) {
                    service.extend(addresses);
                } else {
                    own.add_host(host.as_str());
                }
            }
            Event::Driver(DriverEvent::AddressesLost { lost, connected }) => {
                service.extend(lost.iter().map(|lost| lost.address.ip()).chain(connected.map(|address| address.ip())));
            }
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => {}
        }
    }
    // Then the addresses are the proxy's, who is the user's neighbour.
    if has_proxy {
        service.clear();
    }
    Cleaner::new(own, service).leaving(traces)
}

/// The recording once more, as this version writes it, so that what is hidden now is hidden in old ones too. A last line
/// that was cut off is left out.
fn copy(cleaner: &Cleaner, recording: &Recording, out: &mut impl Output) -> io::Result<()> {
    for line in recording.upgraded_lines() {
        let mut clean = cleaner.json(&line);
        if clean.as_str() != line && !is_line(clean.as_str()) {
            out.restart()?;
            let why = " is left out: without the user's own names it cannot be read any more\n";
            return out.write(&Clean::concat([
                "The recording of ".into(),
                recording.header().report_id().into(),
                why.into(),
            ]));
        }
        clean.push("\n");
        out.write(&clean)?;
    }
    Ok(())
}
