//! A session as a person looks at it: one fold over the entries of a journal, the same for a live session, a recorded
//! one and a one-shot check.

#![warn(clippy::wildcard_enum_match_arm)]

mod attempts;
mod checkpoint;
mod ended;
mod exchanges;
mod fault_results;
mod machine;
mod marks;
mod parts;
mod snapshot;
mod support;
#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a test fails on what it does not expect")]
mod tests;
mod validity;
mod verdict;

use std::borrow::Borrow;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::diagnosis::{Diagnoser, Finding};
use crate::model::{Entry, Event, FlowCommand, FlowEvent, Moment, Profile};
pub use attempts::{Attempts, FaultMark, Lane, Outcome, Part, RequestOutcome, Segment, SegmentState, Wait};
pub use checkpoint::Checkpoint;
pub use ended::Ended;
pub use exchanges::{Exchange, ExchangeOutcome, ExchangeTimes, Exchanges};
pub use fault_results::{FaultEnd, FaultResult, FaultResults, ResultStep};
pub use machine::{Edge, EdgeCount, FlowState, Machine};
pub use marks::{FindingMark, Marks, Moments};
pub use parts::{
    AfterClose, ArmedFault, CloseRecord, Failed, FilesView, LastSeen, PhaseView, SocketView, Status, Step, StepState,
    TicketLife, TicketView, TokenView,
};
pub use snapshot::Snapshot;
pub use support::{Ask, Fact, Support, request};
pub use validity::Validity;
pub use verdict::{Standpoint, Tone, Verdict};
pub(crate) use verdict::{fault_label, simulated_by};

/// What the entries so far tell of a session.
#[derive(Clone, Debug)]
pub struct SessionView {
    state: State,
    attempts: Attempts,
    marks: Marks,
    /// What is wrong now.
    findings: Vec<Finding>,
}

/// The part of a view that a checkpoint keeps whole.
#[derive(Clone, Debug)]
struct State {
    snapshot: Snapshot,
    diagnoser: Diagnoser,
    machine: Machine,
    counts: Counts,
    newest: Option<(Moment, DateTime<Utc>)>,
    next_seq: u64,
    ended: Option<Arc<Ended>>,
}

/// How much has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries that are of interest to people, those included that are missing.
    pub events: u64,
    /// Entries that are missing.
    pub missing: u64,
}

impl SessionView {
    /// A session with `profile` that goes on and in which nothing has happened: what is old is dropped.
    pub fn live(profile: impl Into<Arc<Profile>>) -> Self {
        Self::new(profile.into(), Attempts::default(), Marks::default())
    }

    /// The beginning of a recorded session with `profile`: all of it will be kept.
    pub fn recorded(profile: impl Into<Arc<Profile>>) -> Self {
        Self::new(profile.into(), Attempts::of_recording(), Marks::of_recording())
    }

    /// A session with `profile` from all of its relevant entries; gaps in their numbers are not losses.
    pub fn of<E: Borrow<Entry>>(profile: impl Into<Arc<Profile>>, entries: impl IntoIterator<Item = E>) -> Self {
        let mut view = Self::recorded(profile);
        entries.into_iter().for_each(|entry| view.fold(entry.borrow(), 0));
        view
    }

    fn new(profile: Arc<Profile>, attempts: Attempts, marks: Marks) -> Self {
        let state = State {
            diagnoser: Diagnoser::new(Arc::clone(&profile)),
            snapshot: Snapshot::new(profile),
            machine: Machine::default(),
            counts: Counts::default(),
            newest: None,
            next_seq: 0,
            ended: None,
        };
        Self { state, attempts, marks, findings: Vec::new() }
    }

    /// Takes in the next entry. Entries before it that are missing are counted, and what was concluded from those
    /// before them is forgotten.
    pub fn apply(&mut self, entry: &Entry) {
        self.fold(entry, entry.seq.saturating_sub(self.state.next_seq));
    }

    fn fold(&mut self, entry: &Entry, missing: u64) {
        let state = &mut self.state;
        if missing > 0 {
            state.diagnoser.forget();
        }
        match entry.event {
            Event::Flow(FlowEvent::Command { command: FlowCommand::Disconnect }) => {
                let (snapshot, findings) = (state.snapshot.clone(), state.diagnoser.findings());
                state.ended = Some(Arc::new(Ended { snapshot, findings }));
            }
            Event::Flow(FlowEvent::AttemptStarted { .. }) => state.ended = None,
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => {}
        }
        state.snapshot.apply(entry);
        let is_news = state.diagnoser.apply(entry);
        state.machine.apply(entry);
        state.newest = Some((entry.elapsed, entry.time));
        state.next_seq = entry.seq.saturating_add(1);
        state.counts.missing += missing;
        state.counts.events += missing + u64::from(!entry.event.is_for_replay());
        self.attempts.apply(entry);
        self.marks.apply(entry, missing);
        // What is wrong may be over by the mere passing of time.
        if missing > 0 || is_news || !self.findings.is_empty() && !entry.event.is_for_replay() {
            self.findings = state.diagnoser.findings();
            self.marks.apply_findings(entry, &self.findings);
        }
    }

    /// The state after the newest entry.
    pub fn snapshot(&self) -> &Snapshot {
        &self.state.snapshot
    }

    /// What the session connects to.
    pub fn profile(&self) -> &Arc<Profile> {
        &self.state.snapshot.profile
    }

    /// What is wrong now, the cause of the rest first; empty if all is well.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The attempts, with their parts.
    pub fn attempts(&self) -> &Attempts {
        &self.attempts
    }

    /// Where the client's state machine is, and how it came there.
    pub fn machine(&self) -> &Machine {
        &self.state.machine
    }

    /// What is worth a mark on a time line.
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// How much has happened.
    pub fn counts(&self) -> Counts {
        self.state.counts
    }

    /// The newest entry, by the session's clock and by this computer's.
    pub fn newest(&self) -> Option<(Moment, DateTime<Utc>)> {
        self.state.newest
    }

    /// The number that the next entry will have.
    pub fn next_seq(&self) -> u64 {
        self.state.next_seq
    }

    /// How it was when a person ended it, until the next attempt begins.
    pub fn ended(&self) -> Option<&Ended> {
        self.state.ended.as_deref()
    }

    /// What it means, for somebody who looks at it from `standpoint`.
    pub fn verdict(&self, standpoint: Standpoint) -> Verdict {
        Verdict::new(self.snapshot(), self.findings(), self.ended(), standpoint)
    }
}
