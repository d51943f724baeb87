//! When something was found wrong, so that it can be marked where it began.

use std::collections::{HashSet, VecDeque};

use super::Code;
use super::diagnoser::Diagnoser;
use super::finding::Finding;
use super::problem::Severity;
use crate::model::{DriverEvent, Entry, Event, FlowEvent, Moment};

/// The moments at which something was found wrong: once, and again only if it was gone meanwhile.
#[derive(Clone, Debug)]
pub struct FindingMarks {
    kept: VecDeque<FindingMark>,
    most: usize,
    /// What was wrong by the last entry.
    wrong: HashSet<Code>,
}

/// One of them.
#[derive(Clone, Debug)]
pub struct FindingMark {
    /// When.
    pub at: Moment,
    /// The entry that made it known.
    pub seq: u64,
    /// What.
    pub title: String,
    /// How bad it was.
    pub severity: Severity,
}

impl Default for FindingMarks {
    fn default() -> Self {
        Self { kept: VecDeque::new(), most: Self::MAX, wrong: HashSet::new() }
    }
}

impl FindingMarks {
    /// How many are kept of a session that goes on; older ones are dropped.
    pub const MAX: usize = 5_000;

    /// None yet, of a recording: all will be kept.
    pub fn of_recording() -> Self {
        Self { most: usize::MAX, ..Self::default() }
    }

    /// Takes in what is wrong after `entry`, which `judge` has taken in.
    pub fn apply(&mut self, entry: &Entry, diagnoser: &Diagnoser) {
        if !may_change_findings(&entry.event) {
            return;
        }
        let findings = diagnoser.findings();
        let found = || findings.iter().flat_map(Finding::with_symptoms).map(|(_, finding)| finding);
        for finding in found().filter(|finding| !self.wrong.contains(&finding.problem.code)) {
            if self.kept.len() == self.most {
                self.kept.pop_front();
            }
            let (title, severity) = (finding.problem.title.clone(), finding.problem.severity);
            self.kept.push_back(FindingMark { at: entry.elapsed, seq: entry.seq, title, severity });
        }
        self.wrong = found().map(|finding| finding.problem.code).collect();
    }

    /// Those between `from` and `to`, oldest first.
    pub fn between(&self, from: Moment, to: Moment) -> impl Iterator<Item = &FindingMark> {
        let first = self.kept.partition_point(|mark| mark.at < from);
        self.kept.range(first..).take_while(move |mark| mark.at <= to)
    }
}

/// Whether anything can begin or cease to be wrong with it.
const fn may_change_findings(event: &Event) -> bool {
    match event {
        Event::Flow(event) => matches!(
            event,
            FlowEvent::AttemptFailed { .. }
                | FlowEvent::Disconnected { .. }
                | FlowEvent::BackoffScheduled { .. }
                | FlowEvent::Connected
                | FlowEvent::Stopped
                | FlowEvent::RefreshingToken { .. }
                | FlowEvent::TicketSpent { .. }
                | FlowEvent::SessionDropped
        ),
        Event::Driver(event) => matches!(
            event,
            DriverEvent::Crashed { .. }
                | DriverEvent::Restarted
                | DriverEvent::ClockCompared { .. }
                | DriverEvent::HealthAnswered { .. }
                | DriverEvent::CertificateAccepted { .. }
                | DriverEvent::AddressesLost { .. }
        ),
        Event::Replay(_) | Event::Server(_) | Event::Fault(_) => false,
    }
}
