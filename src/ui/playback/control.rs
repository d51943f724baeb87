//! Opens recordings in place of the session, and moves through them, plays, verifies and compares them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use directories::UserDirs;

use super::super::page::Page;
use super::super::pane::Pane;
use super::super::state::{Overlay, State, no_thread};
use super::super::tab::TabId;
use super::super::waker::Waker;
use super::files::{self, Opened, ReadRequest, Reading};
use super::{Comparison, CurrentRecording, Edit, Purpose, Side};
use crate::clock::utc_now;
use crate::evidence::{self, Input};
use crate::model::{Moment, Profile, RecordingState, SafeText};
use crate::private_file::save;
use crate::replay::Playback;
use crate::settings::{RecentFile, recordings};

/// A recording that is not longer is in view as a whole once it is opened.
const SHORT: Duration = Duration::from_secs(60);

/// Offers the recordings that this computer kept, and a field for any other file.
pub fn ask_for(state: &mut State, purpose: Purpose, waker: &Waker) {
    let player = &mut state.player;
    (player.purpose, player.problem, player.jump) = (purpose, None, None);
    player.path.clear();
    (player.edit, player.is_asked) = (None, false);
    state.dialog.forget_outcome();
    list(state, waker);
    state.overlay = Some(match purpose {
        Purpose::Show => Overlay::Recordings,
        Purpose::Compare => Overlay::CompareWith,
    });
}

/// Looks for the recordings that this computer kept.
pub fn list(state: &mut State, waker: &Waker) {
    state.player.listing = recordings().and_then(|folder| files::list(folder, utc_now(), waker));
}

/// The same if nothing is offered yet, for what was chosen last.
pub fn keep_asking(state: &mut State, waker: &Waker) {
    if !is_asking(state) {
        ask_for(state, Purpose::Show, waker);
    }
}

/// Whether a file is asked for.
fn is_asking(state: &State) -> bool {
    matches!(state.overlay, Some(Overlay::Recordings | Overlay::CompareWith))
}

/// Opens the file at `path`, which was chosen in a dialog.
pub fn open_chosen(state: &mut State, path: &Path, waker: &Waker) {
    // The dialog lies over the window's own, which may have been closed meanwhile.
    keep_asking(state, waker);
    state.player.path = path.to_string_lossy().into_owned();
    open(state, path, waker);
}

/// Opens the file whose path was entered; `~/` is the home folder.
pub fn open_path(state: &mut State, waker: &Waker) {
    let path = state.player.path.trim();
    let in_home = path.strip_prefix("~/").and_then(|rest| Some(UserDirs::new()?.home_dir().join(rest)));
    let path = in_home.unwrap_or_else(|| PathBuf::from(path));
    open(state, &path, waker);
}

/// Opens the recording in this row of the list.
pub fn open_kept(state: &mut State, row: usize, waker: &Waker) {
    if let Some(path) = state.player.kept.iter().flatten().nth(row).map(|kept| kept.path.clone()) {
        open(state, &path, waker);
    }
}

fn open(state: &mut State, path: &Path, waker: &Waker) {
    let mut paths = vec![path.to_owned()];
    paths.append(&mut state.player.together);
    read(state, ReadRequest::Files(paths), waker);
}

/// Opens the files with which the program was started.
pub fn open_files(state: &mut State, files: Vec<PathBuf>, waker: &Waker) {
    ask_for(state, Purpose::Show, waker);
    read(state, ReadRequest::Files(files), waker);
}

/// Opens a text that was pasted: the lines of a console, the code of a probe.
pub fn open_pasted(state: &mut State, waker: &Waker) {
    let Some(text) = state.player.pasted.take() else { return };
    keep_asking(state, waker);
    state.player.purpose = Purpose::Show;
    read(state, ReadRequest::Text(text), waker);
}

fn read(state: &mut State, wanted: ReadRequest, waker: &Waker) {
    let player = &mut state.player;
    let with = match (player.purpose, &player.current) {
        (Purpose::Compare, Some(current)) => Some(Arc::clone(&current.playback)),
        _ => None,
    };
    // A file that is being read already is of no interest any more.
    player.reading = Reading::start(wanted, with, state.profiles.all.clone(), waker);
    player.problem = player.reading.is_none().then(|| no_thread("The file cannot be read"));
}

/// Whether a session is being recorded into the recording in this row: the one of this window, or another one's when
/// the recordings were listed.
pub fn is_written(state: &State, row: usize) -> bool {
    let live = state.player.current.as_ref().map_or(&state.pane, |current| &current.live);
    let Some(kept) = state.player.kept.iter().flatten().nth(row) else { return false };
    let is_ours = match &live.view.snapshot().recording {
        RecordingState::On { file } => {
            kept.path.file_name().is_some_and(|name| name.to_string_lossy() == file.as_str())
        }
        RecordingState::Off | RecordingState::Full { .. } | RecordingState::Failed { .. } => false,
    };
    is_ours || kept.is_in_use
}

/// Lets a person write another name for the recording in this row.
pub fn begin_to_rename(state: &mut State, row: usize) {
    if let Some(kept) = state.player.kept.iter().flatten().nth(row) {
        state.player.edit = Some(Edit::Rename { path: kept.path.clone(), name: kept.name.clone(), is_shown: false });
    }
}

/// Asks whether the recording in this row is to be deleted.
pub fn begin_to_delete(state: &mut State, row: usize) {
    if let Some(kept) = state.player.kept.iter().flatten().nth(row) {
        state.player.edit = Some(Edit::Delete { path: kept.path.clone(), name: kept.name.clone() });
    }
}

/// Gives the recording the name that was written.
pub fn rename(state: &mut State, waker: &Waker) {
    if let Some(Edit::Rename { name, .. }) = &state.player.edit
        && let Some(problem) = files::name_problem(name)
    {
        // What was typed stays to be mended.
        state.player.problem = Some(problem.to_owned());
        return;
    }
    if let Some(Edit::Rename { path, name, .. }) = state.player.edit.take() {
        state.player.problem = None;
        state.player.changing = files::rename(path, &name, waker);
    }
}

/// Deletes the recording that was asked about.
pub fn delete(state: &mut State, waker: &Waker) {
    if let Some(Edit::Delete { path, .. }) = state.player.edit.take() {
        state.player.changing = files::delete(path, waker);
    }
}

/// Saves what was read from files as a recording.
pub fn save_timeline(state: &mut State, path: PathBuf, waker: &Waker) {
    let Some(current) = &state.player.current else { return };
    let playback = Arc::clone(&current.playback);
    write_copy(state, waker, "The timeline is saved", move || {
        let lines: String = playback.recording().upgraded_lines().map(|line| format!("{line}\n")).collect();
        save(&path, lines.as_bytes()).is_ok()
    });
}

/// Writes a copy of the file that was opened that is safe to pass on.
pub fn write_clean_copy(state: &mut State, path: PathBuf, waker: &Waker) {
    let Some(current) = &state.player.current else { return };
    let input = Input::File(current.path.clone());
    write_copy(state, waker, "The clean copy is written", move || {
        evidence::clean(&input).is_ok_and(|copy| save(&path, &copy.bytes).is_ok())
    });
}

fn write_copy(state: &mut State, waker: &Waker, done: &'static str, write: impl FnOnce() -> bool + Send + 'static) {
    let Some(current) = &mut state.player.current else { return };
    current.saved = None;
    current.saving = waker.in_background("copy", move || write().then_some(done));
    let is_started = current.saving.is_some();
    state.note_start(is_started, "It cannot be written");
}

/// Takes in what the threads found, and moves a playing recording on. Returns whether a recording is shown.
pub fn apply(state: &mut State, waker: &Waker) -> bool {
    if let Some(result) = state.player.changing.as_ref().and_then(|changing| changing.try_recv().ok()) {
        (state.player.changing, state.player.problem) = (None, result.err());
        list(state, waker);
    }
    let player = &mut state.player;
    if let Some(kept) = player.listing.as_ref().and_then(|listing| listing.try_recv().ok()) {
        (player.kept, player.listing) = (Some(kept), None);
    }
    if let Some(current) = &mut player.current
        && let Some(saved) = current.saving.as_ref().and_then(|saving| saving.try_recv().ok())
    {
        (current.saving, current.saved) = (None, saved);
        let failed = "It could not be written: choose another place, and a name that no file has";
        state.note(saved.is_some(), failed);
    }
    if let Some(current) = &mut state.player.current
        && let Some(result) = current.verifying.as_ref().map(Receiver::try_recv)
        && result != Err(TryRecvError::Empty)
    {
        (current.verification, current.verifying) = (result.ok(), None);
    }
    if !is_asking(state) {
        // Closing the dialog cancels what is being read for it.
        (state.player.reading, state.player.then) = (None, None);
    }
    let live = live_recording(state);
    let player = &mut state.player;
    match player.reading.as_ref().and_then(Reading::result).zip(player.reading.as_ref()) {
        None => {}
        Some((result, reading)) => {
            let (path, other) = (reading.path.clone(), reading.name.clone());
            player.reading = None;
            match result {
                Ok(Opened::Recording { playback, name, views, notes }) => {
                    close(state);
                    let pane = Pane::recorded(&playback, state.pane.calendar, *views);
                    show(state, playback, (name, path), pane);
                    state.player.current.iter_mut().for_each(|current| current.notes.clone_from(&notes));
                    compare_with_second(state, waker);
                }
                Ok(Opened::Comparison(diff)) => {
                    let is_live = live.as_ref() == Some(&path);
                    let other = if is_live { "the session here".into() } else { other };
                    if let Some(current) = &player.current {
                        let ours = (current.name.clone(), current.path.clone());
                        player.comparison = Some(Comparison { sides: [ours, (other, path)], diff: *diff });
                        state.overlay = Some(Overlay::Comparison);
                    }
                }
                Err(problem) => state.player.problem = Some(problem),
            }
        }
    }
    if state.player.reading.is_some() {
        waker.wake(crate::journal::Change::Traffic);
    }
    play_on(state);
    if let (Some(tab), Some(current)) = (state.shown_tab(), &mut state.player.current)
        && current.taken_in.replace((tab.id, current.now)) != Some((tab.id, current.now))
    {
        let (playback, now) = (Arc::clone(&current.playback), current.now);
        (tab.apply_recorded)(state, &playback, now);
    }
    state.player.has_recording()
}

/// Compares the files that are shown with the session that runs here, as far as it is recorded.
pub fn compare_with_live(state: &mut State, waker: &Waker) {
    let Some(path) = live_recording(state) else { return };
    state.player.path = path.to_string_lossy().into_owned();
    (state.player.purpose, state.player.problem) = (Purpose::Compare, None);
    state.overlay = Some(Overlay::CompareWith);
    open(state, &path, waker);
}

/// The file that the session is recorded into.
fn live_recording(state: &State) -> Option<PathBuf> {
    let live = &state.player.current.as_ref()?.live;
    let RecordingState::On { file } = &live.view.snapshot().recording else { return None };
    Some(recordings()?.join(file.as_str()))
}

/// Why the files that are shown cannot be compared with the session.
pub fn no_live(state: &State) -> Option<&'static str> {
    let Some(current) = state.player.current.as_ref().filter(|_| state.player.has_files()) else {
        return Some("No files are shown: open them first");
    };
    let live = current.live.view.snapshot();
    let host = |profile: &Profile| profile.websocket.url().host_str().map(str::to_owned);
    if live.attempt.is_none() {
        return Some("The session here has not tried to connect yet");
    }
    if host(&live.profile) != host(&current.playback.recording().header().profile) {
        return Some("The session here is one of another service: choose its profile first");
    }
    live_recording(state).is_none().then_some("The session here is not being recorded")
}

/// Compares the recording that is shown now with the one that was dropped beside it.
fn compare_with_second(state: &mut State, waker: &Waker) {
    let Some(path) = state.player.then.take() else { return };
    state.player.path = path.to_string_lossy().into_owned();
    state.player.purpose = Purpose::Compare;
    state.overlay = Some(Overlay::CompareWith);
    open(state, &path, waker);
}

fn show(state: &mut State, playback: Arc<Playback>, (name, path): (SafeText, PathBuf), pane: Pane) {
    let live = std::mem::replace(&mut state.pane, pane);
    let (end, all) = (playback.end(), playback.recording().len());
    // Of files the whole is what counts, and the verdict on it; in a recording, where it went wrong first.
    let is_of_files = !playback.recording().header().files.is_empty();
    let first = playback.first_trouble().filter(|_| !is_of_files).unwrap_or((all, end));
    let current = CurrentRecording {
        playback,
        name,
        path,
        entries: all,
        events: 0,
        now: end,
        taken_in: None,
        playing: None,
        verifying: None,
        verification: None,
        saving: None,
        saved: None,
        notes: Vec::new(),
        live,
    };
    state.player.current = Some(Box::new(current));
    (state.overlay, state.page) = (None, Page::Session);
    go_to(state, all, end);
    remember(state);
    let events = state.pane.view.counts().events;
    if let Some(current) = &mut state.player.current {
        current.events = events;
    }
    if end.since_start() <= SHORT {
        state.pane.timeline.show(Moment::START, end);
    }
    go_to(state, first.0, first.1);
    if let Some(seq) = state.player.jump.take() {
        reveal(state, seq);
    }
}

/// Keeps the recording that is shown as one that was looked at, with what it came to.
fn remember(state: &mut State) {
    let Some(current) = &state.player.current else { return };
    // The settings are text.
    let path = std::path::absolute(&current.path).ok().filter(|path| path.to_str().is_some());
    let (outcome, tone) = (SafeText::new(&state.pane.verdict.title), state.pane.verdict.tone);
    if let Some(path) = path {
        state.settings.window.remember(RecentFile { path, opened: utc_now(), outcome, tone });
    }
}

/// Shows the session again.
pub fn close(state: &mut State) {
    if let Some(current) = state.player.current.take() {
        state.pane = current.live;
    }
}

/// Shows the moment at which `entries` entries had happened and the session's clock showed `now`.
fn go_to(state: &mut State, entries: usize, now: Moment) {
    let Some(current) = &mut state.player.current else { return };
    (current.entries, current.now) = (entries, now);
    let point = current.playback.point_in_time(entries, now);
    let is_end = entries >= current.playback.recording().len();
    state.pane.show_point_in_time(point, now, is_end);
}

/// Shows the moment `at`, and the newest lines of its log.
pub fn scrub(state: &mut State, at: Moment) {
    let Some(current) = &mut state.player.current else { return };
    let at = at.min(current.playback.end());
    current.playing = current.playing.map(|_| tokio::time::Instant::now());
    let entries = current.playback.recording().entries_until(at);
    go_to(state, entries, at);
}

/// Shows the moment of the entry numbered `seq`, and its line in the log.
pub fn reveal(state: &mut State, seq: u64) {
    jump_to(state, seq);
    state.tab = TabId::LOG;
    state.pane.log.reveal(&[seq]);
}

/// The same in one of the two recordings that were compared, which is opened if the other one is shown.
pub fn reveal_in(state: &mut State, side: Side, seq: u64, waker: &Waker) {
    let player = &mut state.player;
    let Some((_, path)) = player.comparison.as_ref().map(|comparison| comparison.side(side)) else { return };
    if player.current.as_ref().is_some_and(|current| current.path == *path) {
        return reveal(state, seq);
    }
    let path = path.clone();
    (player.purpose, player.jump) = (Purpose::Show, Some(seq));
    player.path = path.to_string_lossy().into_owned();
    state.overlay = Some(Overlay::Recordings);
    open(state, &path, waker);
}

fn jump_to(state: &mut State, seq: u64) {
    let Some(current) = &state.player.current else { return };
    let recording = current.playback.recording();
    let index = recording.index_of(seq).min(recording.len().saturating_sub(1));
    if let Some(entry) = recording.entry(index) {
        go_to(state, index + 1, entry.elapsed);
    }
    state.overlay = None;
}

/// Shows the moment of the next entry.
pub fn next(state: &mut State) {
    let next = state.player.current.as_ref().and_then(|current| current.playback.next(current.entries));
    if let Some((entries, at)) = next {
        go_to(state, entries, at);
    }
}

/// Shows the moment of the entry before, or the beginning.
pub fn previous(state: &mut State) {
    let Some(current) = &state.player.current else { return };
    let (entries, at) = current.playback.previous(current.entries).unwrap_or((0, Moment::START));
    go_to(state, entries, at);
}

/// Plays or stops; at the end, from the beginning.
pub fn toggle(state: &mut State) {
    let Some(current) = &mut state.player.current else { return };
    current.playing = current.playing.is_none().then(tokio::time::Instant::now);
    if current.playing.is_some() && current.now >= current.playback.end() {
        go_to(state, 0, Moment::START);
    }
}

fn play_on(state: &mut State) {
    let speed = state.player.speed;
    let Some(current) = &mut state.player.current else { return };
    let (Some(before), present) = (current.playing, tokio::time::Instant::now()) else { return };
    let target = match speed.factor() {
        None => current.playback.next(current.entries),
        Some(factor) => {
            let at = (current.now + (present - before) * factor).min(current.playback.end());
            (current.now < current.playback.end()).then(|| (current.playback.recording().entries_until(at), at))
        }
    };
    current.playing = target.map(|_| present);
    if let Some((entries, at)) = target {
        go_to(state, entries, at);
    }
}

/// Feeds the recording to the client's rules, on a thread of its own.
pub fn verify(state: &mut State, waker: &Waker) {
    let Some(current) = &mut state.player.current else { return };
    let playback = Arc::clone(&current.playback);
    let work = move || crate::replay::verify(playback.recording());
    (current.verification, current.verifying) = (None, waker.in_background("verify", work));
    let is_started = current.verifying.is_some();
    state.note_start(is_started, "The recording cannot be verified");
}
