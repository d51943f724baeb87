//! A recording in place of the session: opened, scrubbed, played, verified and compared.

mod bars;
mod differences;
mod drops;
mod files;
mod overlays;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use directories::UserDirs;

use super::command::Tab;
use super::state::{Overlay, Shown, State};
use super::waker::Waker;
use crate::model::{Moment, ReportId, SafeText};
use crate::replay::{Playback, Verification};
use crate::settings::recordings;
pub use bars::{banner, line_id, transport};
pub use differences::{Comparison, Side, comparison};
pub use drops::{hover, take_drops};
use files::{Kept, Opened, Reading};
pub use overlays::choose;

/// How often a playing recording is drawn.
pub const FRAME: Duration = Duration::from_millis(33);

/// A recording that is not longer is in view as a whole once it is opened.
const SHORT: Duration = Duration::from_secs(60);

/// What a file is opened for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To be shown.
    #[default]
    Show,
    /// To be compared with the recording that is shown.
    Compare,
}

/// How fast a recording plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Speed {
    /// As it was.
    #[default]
    Normal,
    /// Four times as fast.
    Four,
    /// Sixteen times as fast.
    Sixteen,
    /// An entry with each picture.
    EachFrame,
}

impl Speed {
    /// What the choice says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Normal => "1×",
            Self::Four => "4×",
            Self::Sixteen => "16×",
            Self::EachFrame => "every entry",
        }
    }

    const fn factor(self) -> Option<u32> {
        match self {
            Self::Normal => Some(1),
            Self::Four => Some(4),
            Self::Sixteen => Some(16),
            Self::EachFrame => None,
        }
    }
}

/// What the window knows of recordings.
#[derive(Default)]
pub struct Player {
    tape: Option<Box<TrafficIndex>>,
    speed: Speed,
    /// What the file to be chosen next is for.
    purpose: Purpose,
    path: String,
    /// The file that the one to be shown is compared with then.
    then: Option<PathBuf>,
    /// The recordings that this computer kept, newest first; `None` until they were looked for.
    kept: Option<Vec<Kept>>,
    listing: Option<Receiver<Vec<Kept>>>,
    reading: Option<Reading>,
    /// What the last comparison found.
    comparison: Option<Comparison>,
    /// The entry to be shown of the recording that is being read.
    jump: Option<u64>,
    /// Why the last file could not be used.
    problem: Option<String>,
}

/// The recording that is shown.
struct TrafficIndex {
    playback: Arc<Playback>,
    name: SafeText,
    path: PathBuf,
    /// Entries that have happened.
    entries: usize,
    /// All that are of interest to people.
    events: u64,
    now: Moment,
    /// The moment whose rates are shown, or were last.
    rates_of: Option<Moment>,
    /// When the last picture of a playing recording was drawn.
    playing: Option<tokio::time::Instant>,
    verifying: Option<Receiver<Verification>>,
    verification: Option<Verification>,
    /// What is shown of the session meanwhile.
    live: Shown,
}

impl Player {
    /// Whether a recording is shown.
    pub fn has_recording(&self) -> bool {
        self.tape.is_some()
    }

    /// What the session of the recording is called.
    pub fn report_id(&self) -> Option<ReportId> {
        self.tape.as_ref().map(|tape| tape.playback.recording().header().report_id())
    }

    /// Whether it moves on.
    pub fn is_playing(&self) -> bool {
        self.tape.as_ref().is_some_and(|tape| tape.playing.is_some())
    }

    /// Whether nothing has happened yet.
    pub fn is_at_start(&self) -> bool {
        self.tape.as_ref().is_some_and(|tape| tape.entries == 0)
    }

    /// Whether nothing more happens.
    pub fn is_at_end(&self) -> bool {
        self.tape.as_ref().is_some_and(|tape| tape.playback.next(tape.entries).is_none())
    }

    /// Whether it is fed to the client's rules.
    pub fn is_verifying(&self) -> bool {
        self.tape.as_ref().is_some_and(|tape| tape.verifying.is_some())
    }

    /// What the last comparison found.
    pub fn comparison(&self) -> Option<&Comparison> {
        self.comparison.as_ref()
    }

    /// The recording that is shown, and how many of its entries have happened.
    pub fn so_far(&self) -> Option<(Arc<Playback>, usize)> {
        self.tape.as_ref().map(|tape| (Arc::clone(&tape.playback), tape.entries))
    }

    /// How fast recordings play.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Plays at `speed` from now on.
    pub fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
    }
}

/// Offers the recordings that this computer kept, and a field for any other file.
pub fn ask_for(state: &mut State, purpose: Purpose, waker: &Waker) {
    let player = &mut state.player;
    (player.purpose, player.problem, player.jump) = (purpose, None, None);
    player.path.clear();
    player.listing = recordings().and_then(|folder| files::list(folder, waker));
    state.overlay = Some(match purpose {
        Purpose::Show => Overlay::Recordings,
        Purpose::Compare => Overlay::CompareWith,
    });
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
    let player = &mut state.player;
    let with = match (player.purpose, &player.tape) {
        (Purpose::Compare, Some(tape)) => Some(Arc::clone(&tape.playback)),
        _ => None,
    };
    // A file that is being read already is of no interest any more.
    player.reading = Reading::start(path, with, waker);
    player.problem = player.reading.is_none().then(|| "No thread can be started: close other programs".to_owned());
}

/// Takes in what the threads found, and moves a playing recording on. Returns whether a recording is shown.
pub fn apply(state: &mut State, waker: &Waker) -> bool {
    let player = &mut state.player;
    if let Some(kept) = player.listing.as_ref().and_then(|listing| listing.try_recv().ok()) {
        (player.kept, player.listing) = (Some(kept), None);
    }
    if let Some(tape) = &mut player.tape
        && let Some(result) = tape.verifying.as_ref().map(Receiver::try_recv)
        && result != Err(TryRecvError::Empty)
    {
        (tape.verification, tape.verifying) = (result.ok(), None);
    }
    if !matches!(state.overlay, Some(Overlay::Recordings | Overlay::CompareWith)) {
        // Whoever closes the dialog has changed their mind.
        (player.reading, player.then) = (None, None);
    }
    match player.reading.as_ref().and_then(Reading::result).zip(player.reading.as_ref()) {
        None => {}
        Some((result, reading)) => {
            let (path, other) = (reading.path.clone(), reading.name.clone());
            player.reading = None;
            match result {
                Ok(Opened::Recording { playback, name, views }) => {
                    close(state);
                    let shown = Shown::new(&playback, state.calendar, *views);
                    show(state, playback, (name, path), shown);
                    drops::compare(state, waker);
                }
                Ok(Opened::Comparison(diff)) => {
                    if let Some(tape) = &player.tape {
                        let ours = (tape.name.clone(), tape.path.clone());
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
    if let Some(tape) = &mut state.player.tape
        && state.tab == Tab::Rates
        && tape.rates_of.replace(tape.now) != Some(tape.now)
    {
        state.rates = tape.playback.rates(tape.now);
    }
    state.player.has_recording()
}

fn show(state: &mut State, playback: Arc<Playback>, (name, path): (SafeText, PathBuf), mut shown: Shown) {
    state.exchange(&mut shown);
    let (end, entries) = (playback.end(), playback.recording().len());
    let tape = TrafficIndex {
        playback,
        name,
        path,
        entries,
        events: 0,
        now: end,
        rates_of: None,
        playing: None,
        verifying: None,
        verification: None,
        live: shown,
    };
    state.player.tape = Some(Box::new(tape));
    state.overlay = None;
    go_to(state, entries, end);
    let events = state.entries;
    if let Some(tape) = &mut state.player.tape {
        tape.events = events;
    }
    if end.since_start() <= SHORT {
        state.timeline.show(Moment::START, end);
    }
    if let Some(seq) = state.player.jump.take() {
        reveal(state, seq);
    }
}

/// Shows the session again.
pub fn close(state: &mut State) {
    if let Some(mut tape) = state.player.tape.take() {
        state.exchange(&mut tape.live);
    }
}

/// Shows the moment at which `entries` entries had happened and the session's clock showed `now`.
fn go_to(state: &mut State, entries: usize, now: Moment) {
    let Some(tape) = &mut state.player.tape else { return };
    (tape.entries, tape.now) = (entries, now);
    let point = tape.playback.point_in_time(entries, now);
    state.show_point_in_time(point, now);
}

/// Shows the moment `at`, and the newest lines of its log.
pub fn scrub(state: &mut State, at: Moment) {
    let Some(tape) = &mut state.player.tape else { return };
    let at = at.min(tape.playback.end());
    tape.playing = tape.playing.map(|_| tokio::time::Instant::now());
    let entries = tape.playback.recording().entries_until(at);
    go_to(state, entries, at);
}

/// Shows the moment of the entry numbered `seq`, and its line in the log.
pub fn reveal(state: &mut State, seq: u64) {
    jump_to(state, seq);
    state.tab = Tab::Log;
    state.log.reveal(&[seq]);
}

/// The same in one of the two recordings that were compared, which is opened if the other one is shown.
pub fn reveal_in(state: &mut State, side: Side, seq: u64, waker: &Waker) {
    let player = &mut state.player;
    let Some((_, path)) = player.comparison.as_ref().map(|comparison| comparison.side(side)) else { return };
    if player.tape.as_ref().is_some_and(|tape| tape.path == *path) {
        return reveal(state, seq);
    }
    let path = path.clone();
    (player.purpose, player.jump) = (Purpose::Show, Some(seq));
    player.path = path.to_string_lossy().into_owned();
    state.overlay = Some(Overlay::Recordings);
    open(state, &path, waker);
}

fn jump_to(state: &mut State, seq: u64) {
    let Some(tape) = &state.player.tape else { return };
    let recording = tape.playback.recording();
    let index = recording.index_of(seq).min(recording.len().saturating_sub(1));
    if let Some(entry) = recording.entry(index) {
        go_to(state, index + 1, entry.elapsed);
    }
    state.overlay = None;
}

/// Shows the moment of the next entry.
pub fn next(state: &mut State) {
    let next = state.player.tape.as_ref().and_then(|tape| tape.playback.next(tape.entries));
    if let Some((entries, at)) = next {
        go_to(state, entries, at);
    }
}

/// Shows the moment of the entry before, or the beginning.
pub fn previous(state: &mut State) {
    let Some(tape) = &state.player.tape else { return };
    let (entries, at) = tape.playback.previous(tape.entries).unwrap_or((0, Moment::START));
    go_to(state, entries, at);
}

/// Plays or stops; at the end, from the beginning.
pub fn toggle(state: &mut State) {
    let Some(tape) = &mut state.player.tape else { return };
    tape.playing = tape.playing.is_none().then(tokio::time::Instant::now);
    if tape.playing.is_some() && tape.now >= tape.playback.end() {
        go_to(state, 0, Moment::START);
    }
}

fn play_on(state: &mut State) {
    let speed = state.player.speed;
    let Some(tape) = &mut state.player.tape else { return };
    let (Some(before), present) = (tape.playing, tokio::time::Instant::now()) else { return };
    let target = match speed.factor() {
        None => tape.playback.next(tape.entries),
        Some(factor) => {
            let at = (tape.now + (present - before) * factor).min(tape.playback.end());
            (tape.now < tape.playback.end()).then(|| (tape.playback.recording().entries_until(at), at))
        }
    };
    tape.playing = target.map(|_| present);
    if let Some((entries, at)) = target {
        go_to(state, entries, at);
    }
}

/// Feeds the recording to the client's rules, on a thread of its own.
pub fn verify(state: &mut State, waker: &Waker) {
    let Some(tape) = &mut state.player.tape else { return };
    let playback = Arc::clone(&tape.playback);
    let work = move || crate::replay::verify(playback.recording());
    (tape.verification, tape.verifying) = (None, waker.in_background("verify", work));
    state.notice = tape.verifying.is_none().then_some("The recording cannot be verified: close other programs");
}
