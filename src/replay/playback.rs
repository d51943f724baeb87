//! Any moment of a recording, at once: every fold has checkpoints along the way.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::traffic::TrafficIndex;
use crate::diagnosis::{Diagnoser, Finding, FindingMarks};
use crate::journal::recording::{Header, Recording, RecordingError};
use crate::journal::{Attempts, Bookmark, Machine, Rates, Snapshot};
use crate::model::{DriverEvent, Entry, Event, FaultEvent, FlowEvent, Moment};

/// Entries between two checkpoints.
const CHECKPOINT_EVERY: usize = 512;

/// A recording that can be scrubbed.
pub struct Playback {
    recording: Recording,
    checkpoints: Vec<Checkpoint>,
    /// All of it; what it was before, its bookmarks tell.
    attempts: Attempts,
    marks: Marks,
    end: Moment,
    traffic: TrafficIndex,
}

/// What is worth a mark, each in order of time.
pub struct Marks {
    /// A fault acted.
    pub faults: Vec<Moment>,
    /// An attempt failed.
    pub failures: Vec<Moment>,
    /// An open connection ended.
    pub closes: Vec<Moment>,
    /// Entries are missing here.
    pub gaps: Vec<Moment>,
    /// Something was found wrong here.
    pub finding_marks: Arc<FindingMarks>,
}

/// A moment of a recording.
pub struct PointInTime {
    /// The state.
    pub snapshot: Arc<Snapshot>,
    /// What was wrong.
    pub findings: Vec<Finding>,
    /// Every attempt until then.
    pub attempts: Attempts,
    /// Where the machine was, and how it had come there.
    pub machine: Machine,
    /// The newest entry, by both clocks.
    pub newest: Option<(Moment, DateTime<Utc>)>,
    /// Messages received and sent until then.
    pub messages: (u64, u64),
    /// Entries until then that are of interest to people, those included that are missing.
    pub events: u64,
    /// The number that the next entry would have had.
    pub next_seq: u64,
}

#[derive(Clone)]
struct Fold {
    diagnoser: Diagnoser,
    machine: Machine,
    newest: Option<(Moment, DateTime<Utc>)>,
    events: u64,
    next_seq: u64,
}

struct Checkpoint {
    fold: Fold,
    attempts: Bookmark,
}

impl Fold {
    fn new(header: &Header) -> Self {
        let diagnoser = Diagnoser::new(header.profile.clone());
        Self { diagnoser, machine: Machine::default(), newest: None, events: 0, next_seq: 0 }
    }

    /// Returns how many entries are missing before this one.
    fn apply(&mut self, entry: &Entry, attempts: &mut Attempts) -> u64 {
        let missing = entry.seq.saturating_sub(self.next_seq);
        if missing > 0 {
            self.diagnoser.forget();
        }
        self.diagnoser.apply(entry);
        self.machine.apply(entry);
        attempts.apply(entry);
        self.newest = Some((entry.elapsed, entry.time));
        self.events += missing + u64::from(!entry.event.is_for_replay());
        self.next_seq = entry.seq.saturating_add(1);
        missing
    }
}

impl Playback {
    /// Reads the file at `path`; `visit` is shown every entry, in order, with how many there are so far.
    ///
    /// # Errors
    /// See [`RecordingError`].
    pub fn open(path: &Path, mut visit: impl FnMut(usize, &Entry)) -> Result<Self, RecordingError> {
        let (mut fold, mut count) = (None, 0_usize);
        let (mut checkpoints, mut attempts) = (Vec::new(), Attempts::of_recording());
        let (mut failures, mut closes, mut faults, mut gaps) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut finding_marks, mut traffic, mut end) =
            (FindingMarks::of_recording(), TrafficIndex::default(), Moment::START);
        let recording = Recording::open_and(path, |header, entry| {
            let fold = fold.get_or_insert_with(|| Fold::new(header));
            if count.is_multiple_of(CHECKPOINT_EVERY) {
                checkpoints.push(Checkpoint { fold: fold.clone(), attempts: attempts.bookmark() });
            }
            let missing = fold.apply(entry, &mut attempts);
            if missing > 0 {
                gaps.push(entry.elapsed);
            }
            match &entry.event {
                Event::Fault(FaultEvent::Fired { .. }) => faults.push(entry.elapsed),
                Event::Flow(FlowEvent::AttemptFailed { .. }) | Event::Driver(DriverEvent::Crashed { .. }) => {
                    failures.push(entry.elapsed)
                }
                Event::Flow(FlowEvent::Disconnected { .. }) => closes.push(entry.elapsed),
                _ => {}
            }
            finding_marks.apply(entry, &fold.diagnoser);
            traffic.apply(entry);
            end = end.max(entry.elapsed);
            count += 1;
            visit(count, entry);
        })?;
        end = recording.messages().iter().map(|message| message.at).fold(end, Moment::max);
        traffic.finish(&recording);
        let marks = Marks { faults, failures, closes, gaps, finding_marks: Arc::new(finding_marks) };
        Ok(Self { recording, checkpoints, attempts: attempts.finished(), marks, end, traffic })
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
        &self.marks
    }

    /// What there was to see when the first `entries` entries had happened and the session's clock showed `now`.
    pub fn point_in_time(&self, entries: usize, now: Moment) -> PointInTime {
        let recording = &self.recording;
        let entries = entries.min(recording.len());
        let place = entries / CHECKPOINT_EVERY;
        // Behind a last checkpoint that would be due there is none.
        let place = place.min(self.checkpoints.len().saturating_sub(1));
        let (mut fold, mut attempts) = match self.checkpoints.get(place) {
            Some(checkpoint) => (checkpoint.fold.clone(), self.attempts.back_at(&checkpoint.attempts)),
            None => (Fold::new(recording.header()), Attempts::of_recording()),
        };
        for entry in (place * CHECKPOINT_EVERY..entries).filter_map(|index| recording.entry(index)) {
            fold.apply(&entry, &mut attempts);
        }
        let last = entries.checked_sub(1).and_then(|last| recording.snapshot_at(last));
        PointInTime {
            snapshot: last.unwrap_or_else(|| recording.beginning()),
            findings: fold.diagnoser.findings(),
            attempts,
            machine: fold.machine,
            newest: fold.newest,
            messages: self.traffic.messages(now),
            events: fold.events,
            next_seq: fold.next_seq,
        }
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
