//! Moments that are worth a mark on a time line.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::diagnosis::{Code, Finding, Problem, Severity};
use crate::model::{DriverEvent, Entry, Event, FaultEvent, FlowEvent, Moment};

/// What is worth a mark, each kind in order of time.
#[derive(Clone, Debug)]
pub struct Marks {
    /// Kept by all that share them, once they are complete.
    kept: Arc<Kept>,
    /// How many of a kind are kept; older ones are dropped.
    most: usize,
    /// What was wrong by the last entry.
    wrong: HashSet<Code>,
    is_complete: bool,
}

#[derive(Clone, Debug, Default)]
struct Kept {
    faults: Moments,
    failures: Moments,
    closes: Moments,
    gaps: Moments,
    findings: VecDeque<FindingMark>,
}

/// Moments in order of time.
pub type Moments = VecDeque<Moment>;

/// When something was found wrong: once, and again only if it was gone meanwhile.
#[derive(Clone, Debug)]
pub struct FindingMark {
    /// When.
    pub at: Moment,
    /// The entry that made it known.
    pub seq: u64,
    /// What.
    pub code: Code,
    /// The same in words.
    pub title: String,
    /// How bad it was.
    pub severity: Severity,
}

impl Default for Marks {
    fn default() -> Self {
        Self { kept: Arc::default(), most: Self::MAX, wrong: HashSet::new(), is_complete: false }
    }
}

impl Marks {
    /// How many of a kind are kept of a session that goes on.
    pub const MAX: usize = 5_000;

    /// None yet, of a recording: all will be kept.
    pub(super) fn of_recording() -> Self {
        Self { most: usize::MAX, ..Self::default() }
    }

    /// The same, with nothing to be added: those of a whole recording, shown at every moment of it.
    pub(super) fn finished(self) -> Self {
        Self { is_complete: true, wrong: HashSet::new(), ..self }
    }

    /// Takes in an entry, and how many are missing before it.
    pub(super) fn apply(&mut self, entry: &Entry, missing: u64) {
        if self.is_complete {
            return;
        }
        let kept = Arc::make_mut(&mut self.kept);
        if missing > 0 {
            push(&mut kept.gaps, entry.elapsed, self.most);
        }
        let kind = match &entry.event {
            Event::Fault(FaultEvent::Fired { .. }) => Some(&mut kept.faults),
            Event::Flow(FlowEvent::AttemptFailed { .. }) | Event::Driver(DriverEvent::Crashed { .. }) => {
                Some(&mut kept.failures)
            }
            Event::Flow(FlowEvent::Disconnected { .. }) => Some(&mut kept.closes),
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => None,
        };
        if let Some(kind) = kind {
            push(kind, entry.elapsed, self.most);
        }
    }

    /// Takes in what is wrong after an entry.
    pub(super) fn apply_findings(&mut self, entry: &Entry, findings: &[Finding]) {
        if self.is_complete {
            return;
        }
        let kept = Arc::make_mut(&mut self.kept);
        let found = || findings.iter().flat_map(Finding::with_symptoms).map(|(_, finding)| &finding.problem);
        for problem in found().filter(|problem| !self.wrong.contains(&problem.code)) {
            let Problem { code, ref title, severity, .. } = *problem;
            let mark = FindingMark { at: entry.elapsed, seq: entry.seq, code, title: title.clone(), severity };
            push(&mut kept.findings, mark, self.most);
        }
        self.wrong = found().map(|problem| problem.code).collect();
    }

    /// When faults acted.
    pub fn faults(&self) -> &Moments {
        &self.kept.faults
    }

    /// When attempts failed or the client crashed.
    pub fn failures(&self) -> &Moments {
        &self.kept.failures
    }

    /// When open connections ended.
    pub fn closes(&self) -> &Moments {
        &self.kept.closes
    }

    /// Where entries are missing.
    pub fn gaps(&self) -> &Moments {
        &self.kept.gaps
    }

    /// When something was found wrong between `from` and `to`, oldest first.
    pub fn findings(&self, from: Moment, to: Moment) -> impl Iterator<Item = &FindingMark> {
        let findings = &self.kept.findings;
        let first = findings.partition_point(|mark| mark.at < from);
        findings.range(first..).take_while(move |mark| mark.at <= to)
    }

    /// The first moment at which something went wrong: a finding that is more than a notice, a failure, or a close
    /// that nobody asked for.
    pub fn first_trouble(&self) -> Option<Moment> {
        let finding = self.kept.findings.iter().find(|mark| mark.severity != Severity::Notice).map(|mark| mark.at);
        [finding, self.kept.failures.front().copied()].into_iter().flatten().min()
    }
}

fn push<T>(kept: &mut VecDeque<T>, new: T, most: usize) {
    if kept.len() >= most {
        kept.pop_front();
    }
    kept.push_back(new);
}
