//! Files are read on threads of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};

use chrono::{DateTime, Utc};

use super::super::log::LogView;
use super::super::messages::Messages;
use super::super::pane::Views;
use super::super::waker::Waker;
use crate::journal::recording::Recording;
use crate::model::{Event, SafeText, ServerEvent, Source, date_of};
use crate::replay::{Diff, Playback, diff};

/// A recording that this computer kept.
pub struct Kept {
    pub path: PathBuf,
    pub name: String,
    pub bytes: u64,
    pub modified: DateTime<Utc>,
}

/// What became of a file.
pub enum Opened {
    Recording { playback: Arc<Playback>, name: SafeText, views: Box<Views> },
    Comparison(Box<Diff>),
}

/// A file that is being read.
pub struct Reading {
    pub name: SafeText,
    pub path: PathBuf,
    entries: Arc<AtomicUsize>,
    result: Receiver<Result<Opened, String>>,
}

impl Reading {
    /// Begins to read the file at `path`, to compare it `with` a recording or else to show it.
    pub fn start(path: &Path, with: Option<Arc<Playback>>, waker: &Waker) -> Option<Self> {
        let entries = Arc::new(AtomicUsize::new(0));
        let name = SafeText::of_path(path.file_name().map_or(path, Path::new));
        let path = path.to_owned();
        let (counter, file, title) = (Arc::clone(&entries), path.clone(), name.clone());
        let result = waker.in_background("recording", move || {
            let opened = match with {
                Some(ours) => Recording::open_and(&file, |_, _| {
                    counter.fetch_add(1, Ordering::Relaxed);
                })
                .map(|theirs| Opened::Comparison(Box::new(diff(ours.recording(), &theirs, false)))),
                None => open(&file, title, &counter),
            };
            opened.map_err(|error| format!("{}: {error}", SafeText::of_path(&file)))
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

fn open(path: &Path, name: SafeText, count: &AtomicUsize) -> Result<Opened, crate::journal::recording::RecordingError> {
    let (mut log, mut server_log) = (LogView::of_recording(false), LogView::of_recording(true));
    let playback = Playback::open(path, |entries, entry| {
        count.store(entries, Ordering::Relaxed);
        log.append(entry);
        if entry.source == Source::Server || matches!(entry.event, Event::Server(ServerEvent::Log { .. })) {
            server_log.append(entry);
        }
    })?;
    let recording = playback.recording();
    let messages = Messages::of_recording(recording.messages(), recording.losses().messages);
    let views = Box::new(Views { log, server_log, messages });
    Ok(Opened::Recording { playback: Arc::new(playback), name, views })
}

/// Looks for the recordings in `folder`.
pub fn list(folder: PathBuf, waker: &Waker) -> Option<Receiver<Vec<Kept>>> {
    waker.in_background("recordings", move || {
        // A folder that is not there holds none.
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut kept: Vec<Kept> = files
            .filter_map(|file| {
                let (path, data) = (file.path(), file.metadata().ok()?);
                let name = SafeText::of_path(path.file_stem()?.as_ref()).to_string();
                let is_recording = data.is_file() && path.extension().is_some_and(|end| end == "jsonl");
                let modified = date_of(data.modified().ok()?);
                is_recording.then_some(Kept { path, name, bytes: data.len(), modified })
            })
            .collect();
        kept.sort_by(|a, b| (b.modified, &b.name).cmp(&(a.modified, &a.name)));
        kept
    })
}
