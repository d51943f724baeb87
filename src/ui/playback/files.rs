//! Files are read on threads of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::super::log::LogView;
use super::super::messages;
use super::super::messages::Messages;
use super::super::pane::Views;
use super::super::waker::Waker;
use crate::evidence::{self, Input};
use crate::journal::recording::{Header, Recording, RecordingError, is_in_use, is_usual_name};
use crate::model::{DisplayDuration, Entry, Event, Profile, SafeText, ServerEvent, Source, date_of, io_words};
use crate::replay::{Diff, Playback, diff};
use crate::view::{Exchanges, SessionView, Standpoint, Tone, Verdict};

/// A recording that this computer kept.
pub struct Kept {
    pub path: PathBuf,
    pub name: String,
    pub bytes: u64,
    pub modified: DateTime<Utc>,
    /// Whether a session is being recorded into it, in whichever window.
    pub is_in_use: bool,
    /// What is in it; `None` if it cannot be read.
    pub summary: Option<Summary>,
}

/// What a recording holds, in short.
pub struct Summary {
    /// Whether it is of the server inside this program.
    pub is_demo: bool,
    pub profile: SafeText,
    pub start: DateTime<Utc>,
    /// How long it lasted; `None` of one that is too long to be read for this.
    pub took: Option<Duration>,
    /// What it came to, and how that should feel; nothing in words of one that is too long to be read for this.
    pub outcome: String,
    pub tone: Tone,
}

impl Kept {
    /// Whether `query`, in lower case, is in its name, its profile or its outcome.
    pub fn has(&self, query: &str) -> bool {
        let summary = self.summary.as_ref().map(|summary| format!("{} {}", summary.profile, summary.outcome));
        format!("{} {}", self.name, summary.unwrap_or_default()).to_lowercase().contains(query)
    }

    /// When the session began; of a file that cannot be read, when it was written.
    pub fn began(&self) -> DateTime<Utc> {
        self.summary.as_ref().map_or(self.modified, |summary| summary.start)
    }

    /// What people call it if they have given it a name of its own.
    pub fn own_name(&self) -> Option<&str> {
        (!is_usual_name(&format!("{}.jsonl", self.name))).then_some(&*self.name)
    }

    /// How long it is: its time, as far as the file's tells, and its size.
    pub fn length(&self) -> String {
        let size = messages::size(usize::try_from(self.bytes).unwrap_or(usize::MAX));
        let written = |summary: &Summary| (self.modified - summary.start).to_std().ok();
        let took = self.summary.as_ref().and_then(|summary| summary.took.or_else(|| written(summary)));
        took.map_or(size.clone(), |took| format!("{} · {size}", DisplayDuration(took)))
    }
}

/// Larger recordings are not read to tell what they came to …
const MAX_SUMMED: u64 = 2 << 20;
/// … nor are more than this many, the newest.
const MAX_SUMMARIES: usize = 40;

/// What the recording at `path` holds.
fn summary(path: &Path, bytes: u64) -> Option<Summary> {
    if bytes > MAX_SUMMED {
        let Header { profile, start, .. } = Recording::header_of(path).ok()?;
        let is_demo = profile.is_local_demo();
        return Some(Summary {
            is_demo,
            profile: profile.name,
            start,
            took: None,
            outcome: String::new(),
            tone: Tone::Neutral,
        });
    }
    let (mut view, mut took): (Option<SessionView>, Duration) = Default::default();
    let recording = Recording::open_and(path, |header, entry| {
        took = entry.elapsed.since_start();
        view.get_or_insert_with(|| SessionView::live(header.profile.clone())).apply(entry);
    });
    let header = recording.ok()?.header().clone();
    let (outcome, tone) = view.map_or((String::new(), Tone::Neutral), |view| came_to(&view));
    let is_demo = header.profile.is_local_demo();
    Some(Summary { is_demo, profile: header.profile.name, start: header.start, took: Some(took), outcome, tone })
}

/// What a session came to, and how that should feel. One that was well in the end and failed before is not simply well.
fn came_to(view: &SessionView) -> (String, Tone) {
    let Verdict { title, tone, .. } = view.verdict(Standpoint::Report);
    let attempts = view.attempts();
    let outcomes = (0..attempts.len()).filter_map(|row| attempts.lane(row)?.outcome.as_ref());
    let failures = outcomes.filter(|outcome| outcome.class.is_some()).count();
    match (tone, failures) {
        (Tone::Good, 1) => ("Connected in the end, failed once before".to_owned(), Tone::Warning),
        (Tone::Good, 2..) => (format!("Connected in the end, failed {failures} times before"), Tone::Warning),
        (Tone::Good | Tone::Neutral | Tone::Busy | Tone::Warning | Tone::Bad, _) => (title, tone),
    }
}

/// The result of reading files.
pub enum Opened {
    Recording { playback: Arc<Playback>, name: SafeText, views: Box<Views>, notes: Vec<SafeText> },
    Comparison(Box<Diff>),
}

/// A file that is being read.
pub struct Reading {
    pub name: SafeText,
    pub path: PathBuf,
    entries: Arc<AtomicUsize>,
    result: Receiver<Result<Opened, String>>,
}

/// What is to be read.
pub enum ReadRequest {
    /// Files, which are put together if there are several.
    Files(Vec<PathBuf>),
    /// A text that was pasted.
    Text(String),
}

impl ReadRequest {
    /// What it is called, and where it is.
    fn place(&self) -> (SafeText, PathBuf) {
        match self {
            Self::Text(_) => ("pasted text".into(), PathBuf::new()),
            Self::Files(paths) => {
                let name = |path: &PathBuf| SafeText::of_path(path.file_name().map_or(path, Path::new)).to_string();
                let names: Vec<_> = paths.iter().map(name).collect();
                (SafeText::new(&names.join(" + ")), paths.first().cloned().unwrap_or_default())
            }
        }
    }

    fn inputs(self) -> Vec<Input> {
        match self {
            Self::Text(text) => vec![Input::Bytes("pasted text".into(), text.into_bytes())],
            Self::Files(paths) => paths.into_iter().map(Input::File).collect(),
        }
    }
}

impl Reading {
    /// Begins to read what is `wanted`, to compare it `with` a recording or else to show it.
    ///
    /// A server's log of another form is read as one of `profiles` says.
    pub fn start(
        wanted: ReadRequest,
        with: Option<Arc<Playback>>,
        profiles: Vec<Profile>,
        waker: &Waker,
    ) -> Option<Self> {
        let entries = Arc::new(AtomicUsize::new(0));
        let (name, path) = wanted.place();
        let (counter, title) = (Arc::clone(&entries), name.clone());
        let result = waker.in_background("recording", move || {
            let counter = &counter;
            let count = |entries: usize| counter.store(entries, Ordering::Relaxed);
            match with {
                Some(ours) => {
                    let (theirs, _) = playback(wanted, &profiles, |entries, _| count(entries))?;
                    Ok(Opened::Comparison(Box::new(diff(ours.recording(), theirs.recording(), false))))
                }
                None => open(wanted, &profiles, title, &count),
            }
        })?;
        Some(Self { name, path, entries, result })
    }

    /// How many entries have been read.
    pub fn entries(&self) -> usize {
        self.entries.load(Ordering::Relaxed)
    }

    /// What came of it, once it is over.
    pub fn result(&self) -> Option<Result<Opened, String>> {
        match self.result.try_recv() {
            Ok(result) => Some(result),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(Err(format!("{}: reading it failed", self.name))),
        }
    }
}

/// Reads a recording as it is, and whatever else users send as one.
fn playback(
    wanted: ReadRequest,
    profiles: &[Profile],
    mut visit: impl FnMut(usize, &Entry),
) -> Result<(Playback, Vec<SafeText>), String> {
    if let ReadRequest::Files(paths) = &wanted
        && let [path] = paths.as_slice()
    {
        match Playback::open(path, &mut visit) {
            Err(RecordingError::NotARecording(_) | RecordingError::Line { line: 1, .. }) => {}
            Ok(playback) => return Ok((playback, Vec::new())),
            Err(error) => return Err(format!("{}: {error}", SafeText::of_path(path))),
        }
    }
    let opened = evidence::open_of_any(wanted.inputs(), profiles).map_err(|error| error.to_string())?;
    Ok((Playback::of(opened.recording, visit), opened.notes))
}

fn open(wanted: ReadRequest, profiles: &[Profile], name: SafeText, count: &dyn Fn(usize)) -> Result<Opened, String> {
    let (mut log, mut server_log) = (LogView::of_recording(false), LogView::of_recording(true));
    let mut exchanges = Exchanges::of_recording();
    let (playback, notes) = playback(wanted, profiles, |entries, entry| {
        count(entries);
        log.append(entry);
        exchanges.apply(entry);
        if entry.source == Source::Server || matches!(entry.event, Event::Server(ServerEvent::Log { .. })) {
            server_log.append(entry);
        }
    })?;
    let recording = playback.recording();
    let messages = Messages::of_recording(recording.messages(), recording.losses().messages);
    let views = Box::new(Views { log, server_log, messages, exchanges });
    Ok(Opened::Recording { playback: Arc::new(playback), name, views, notes })
}

/// Why a recording cannot be called that, whatever else is in its folder.
pub fn name_problem(name: &str) -> Option<&'static str> {
    let name = name.trim().trim_end_matches(".jsonl");
    let is_name = !name.is_empty() && !name.contains(['/', '\\', ':', '\0']) && !name.starts_with('.');
    (!is_name).then_some("A name has no slash or colon in it, and does not begin with a dot")
}

/// Gives the file at `path` the name `name` in the same folder, unless there is such a file.
pub fn rename(path: PathBuf, name: &str, waker: &Waker) -> Option<Receiver<Result<(), String>>> {
    let name = name.trim().trim_end_matches(".jsonl").to_owned();
    waker.in_background("rename", move || {
        if let Some(problem) = name_problem(&name) {
            return Err(problem.to_owned());
        }
        let new = path.with_file_name(format!("{name}.jsonl"));
        if fs::symlink_metadata(&new).is_ok() {
            return Err(format!("There is a recording called {} already", SafeText::new(&name)));
        }
        fs::rename(&path, &new).map_err(|error| format!("It cannot be renamed: {}", io_words(&error)))
    })
}

/// Deletes the file at `path`.
pub fn delete(path: PathBuf, waker: &Waker) -> Option<Receiver<Result<(), String>>> {
    waker.in_background("delete", move || {
        fs::remove_file(&path).map_err(|error| format!("It cannot be deleted: {}", io_words(&error)))
    })
}

/// Looks for the recordings in `folder`, as they are `now`.
pub fn list(folder: PathBuf, now: DateTime<Utc>, waker: &Waker) -> Option<Receiver<Vec<Kept>>> {
    waker.in_background("recordings", move || {
        // A folder that is not there holds none.
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut kept: Vec<Kept> = files
            .filter_map(|file| {
                let (path, data) = (file.path(), file.metadata().ok()?);
                let name = SafeText::of_path(path.file_stem()?.as_ref()).to_string();
                let is_recording = data.is_file() && path.extension().is_some_and(|end| end == "jsonl");
                let modified = date_of(data.modified().ok()?);
                is_recording.then(|| {
                    let is_in_use = is_in_use(&path, now - modified);
                    Kept { path, name, bytes: data.len(), modified, is_in_use, summary: None }
                })
            })
            .collect();
        kept.sort_by(|a, b| (b.modified, &b.name).cmp(&(a.modified, &a.name)));
        for kept in kept.iter_mut().take(MAX_SUMMARIES) {
            kept.summary = summary(&kept.path, kept.bytes);
        }
        kept.sort_by(|a, b| (b.began(), &b.name).cmp(&(a.began(), &a.name)));
        kept
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::pace::Pace;

    #[test]
    fn a_recording_gets_another_name_unless_that_is_none_or_taken() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(format!("{name}.jsonl"));
        fs::write(place("one"), "1").unwrap();
        fs::write(place("two"), "2").unwrap();
        let waker = Waker::new(egui::Context::default(), Pace::HARDWARE);
        let said = |name: &str| rename(place("one"), name, &waker).unwrap().recv().unwrap();
        for name in ["", ".hidden", "a/b", "..", "C:x", "a\\b", "two", "two.jsonl"] {
            assert!(said(name).is_err(), "{name}");
        }
        assert_eq!(fs::read_to_string(place("two")).unwrap(), "2");
        assert_eq!(said(" Mrs. Weber "), Ok(()));
        assert_eq!(fs::read_to_string(place("Mrs. Weber")).unwrap(), "1");
        assert!(said("again").unwrap_err().starts_with("It cannot be renamed"), "it is not there any more");
        assert_eq!(delete(place("two"), &waker).unwrap().recv().unwrap(), Ok(()));
        assert!(!place("two").exists());
    }
}
