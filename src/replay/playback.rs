//! Any moment of a recording, at once: there are checkpoints along the way.

use std::path::Path;

use super::traffic::TrafficIndex;
use crate::journal::Rates;
use crate::journal::recording::{Header, Recording, RecordingError};
use crate::model::{Entry, Moment};
use crate::view::{Checkpoint, Marks, SessionView, Status};

/// Entries between two checkpoints.
const CHECKPOINT_EVERY: usize = 512;

/// A recording that can be scrubbed.
pub struct Playback {
    recording: Recording,
    checkpoints: Vec<Checkpoint>,
    /// After the last entry.
    whole: SessionView,
    end: Moment,
    traffic: TrafficIndex,
}

/// What is made of the entries while they are read.
#[derive(Default)]
struct Reading {
    view: Option<SessionView>,
    count: usize,
    checkpoints: Vec<Checkpoint>,
    traffic: TrafficIndex,
    end: Moment,
}

impl Reading {
    /// Takes in the next entry; returns how many there are so far.
    fn apply(&mut self, header: &Header, entry: &Entry) -> usize {
        let view = self.view.get_or_insert_with(|| beginning(header));
        if self.count.is_multiple_of(CHECKPOINT_EVERY) {
            self.checkpoints.push(view.checkpoint());
        }
        view.apply(entry);
        self.traffic.apply(entry);
        self.end = self.end.max(entry.elapsed);
        self.count += 1;
        self.count
    }

    fn finish(self, recording: Recording) -> Playback {
        let Self { view, checkpoints, mut traffic, end, .. } = self;
        let end = recording.messages().iter().map(|message| message.at).fold(end, Moment::max);
        traffic.finish(&recording);
        let whole = view.unwrap_or_else(|| beginning(recording.header())).finished();
        Playback { recording, checkpoints, whole, end, traffic }
    }
}

/// A moment of a recording.
pub struct PointInTime {
    /// What the entries until then tell.
    pub view: SessionView,
    /// Messages received and sent until then.
    pub messages: (u64, u64),
}

impl Playback {
    /// Reads the file at `path`; `visit` is shown every entry, in order, with how many there are so far.
    ///
    /// # Errors
    /// See [`RecordingError`].
    pub fn open(path: &Path, mut visit: impl FnMut(usize, &Entry)) -> Result<Self, RecordingError> {
        let mut reading = Reading::default();
        let recording = Recording::open_and(path, |header, entry| visit(reading.apply(header, entry), entry))?;
        Ok(reading.finish(recording))
    }

    /// The same of a recording that is at hand.
    pub fn of(recording: Recording, mut visit: impl FnMut(usize, &Entry)) -> Self {
        let mut reading = Reading::default();
        for entry in recording.entries() {
            visit(reading.apply(recording.header(), &entry), &entry);
        }
        reading.finish(recording)
    }

    /// The recording.
    pub fn recording(&self) -> &Recording {
        &self.recording
    }

    /// When it ends.
    pub fn end(&self) -> Moment {
        self.end
    }

    /// What is worth a mark.
    pub fn marks(&self) -> &Marks {
        self.whole.marks()
    }

    /// The first moment at which it is plain that something went wrong, and how many entries had happened: once the client
    /// says what it does about it.
    pub fn first_trouble(&self) -> Option<(usize, Moment)> {
        /// The client says so at once.
        const AT_MOST: usize = 16;
        let at = self.marks().first_trouble()?;
        let found = self.recording.entries_until(at);
        let is_plain = |view: &SessionView| matches!(view.snapshot().status, Status::Waiting(_) | Status::Stopped);
        let mut view = self.point_in_time(found, at).view;
        if is_plain(&view) {
            return Some((found, at));
        }
        for index in found..found + AT_MOST {
            let Some(entry) = self.recording.entry(index) else { break };
            view.apply(&entry);
            if is_plain(&view) {
                return Some((index + 1, entry.elapsed));
            }
        }
        Some((found, at))
    }

    /// The memory that finding entries, messages and states takes, in bytes, about: the file's own bytes not counted.
    pub fn index_bytes(&self) -> usize {
        self.recording.index_bytes() + self.checkpoints.iter().map(Checkpoint::bytes).sum::<usize>()
    }

    /// What there was to see when the first `entries` entries had happened and the session's clock showed `now`.
    pub fn point_in_time(&self, entries: usize, now: Moment) -> PointInTime {
        let recording = &self.recording;
        let entries = entries.min(recording.len());
        let place = entries / CHECKPOINT_EVERY;
        // Behind a last checkpoint that would be due there is none.
        let place = place.min(self.checkpoints.len().saturating_sub(1));
        let mut view = match self.checkpoints.get(place) {
            Some(checkpoint) => self.whole.back_at(checkpoint),
            None => beginning(recording.header()),
        };
        for entry in (place * CHECKPOINT_EVERY..entries).filter_map(|index| recording.entry(index)) {
            view.apply(&entry);
        }
        PointInTime { view, messages: self.traffic.messages(now) }
    }

    /// Round trips and rates until the session's clock showed `now`.
    pub fn rates(&self, now: Moment) -> Rates {
        self.traffic.rates(now)
    }

    /// The first entry after the first `entries` that is of interest to people: how many have happened with it,
    /// and when.
    pub fn next(&self, entries: usize) -> Option<(usize, Moment)> {
        (entries..self.recording.len()).find_map(|index| self.of_interest(index))
    }

    /// The last one before the newest of the first `entries`.
    pub fn previous(&self, entries: usize) -> Option<(usize, Moment)> {
        (0..entries.saturating_sub(1)).rev().find_map(|index| self.of_interest(index))
    }

    fn of_interest(&self, index: usize) -> Option<(usize, Moment)> {
        let entry = self.recording.entry(index).filter(|entry| !entry.event.is_for_replay())?;
        Some((index + 1, entry.elapsed))
    }
}

fn beginning(header: &Header) -> SessionView {
    SessionView::recorded(header.profile.clone())
}
