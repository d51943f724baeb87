//! The course of a session: what the client was told, decided and did, step by step.

use serde::Serialize;

use super::words::of_entry;
use crate::model::{AttemptId, DriverEvent, Entry, Event, FaultName, FlowEvent, Moment, ReplayEvent, SafeText};

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum StepKind {
    /// An attempt begins.
    Attempt,
    /// A part of an attempt took its time, well or badly.
    Phase,
    /// The machine is told something.
    Input,
    /// The machine decides something.
    Decision,
    /// A fault is armed, acts or is cleared.
    Fault,
    /// The client crashes or begins.
    Client,
}

/// A step of a session.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The number of its entry.
    pub seq: u64,
    /// When it happened.
    pub elapsed: Moment,
    /// The attempt that it belongs to.
    pub attempt: Option<AttemptId>,
    /// What it is.
    pub kind: StepKind,
    /// The fault that brought it about: if set, this is a simulated result.
    pub simulated: Option<FaultName>,
    /// The fact.
    pub fact: Event,
    /// The fact in words.
    pub words: SafeText,
}

impl Step {
    /// The step that `entry` is, if it is one.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let kind = kind(&entry.event)?;
        let Entry { seq, elapsed, attempt, simulated, event, .. } = entry.clone();
        Some(Self { seq, elapsed, attempt, kind, simulated, fact: event, words: of_entry(entry).into() })
    }

    /// Which entry it is, when it happened, and what it says.
    pub fn title(&self) -> String {
        let attempt = self.attempt.map_or_else(String::new, |attempt| format!(", attempt {attempt}"));
        let seconds = self.elapsed.since_start().as_secs_f64();
        format!("entry {} at +{seconds:.3} s{attempt}: {}", self.seq, self.words)
    }
}

/// `None` for what comes from elsewhere and at any time.
pub(super) fn kind(event: &Event) -> Option<StepKind> {
    Some(match event {
        Event::Flow(FlowEvent::AttemptStarted { .. }) => StepKind::Attempt,
        Event::Flow(FlowEvent::Command { .. }) | Event::Replay(ReplayEvent::Input { .. }) => StepKind::Input,
        Event::Flow(_) => StepKind::Decision,
        Event::Driver(DriverEvent::PhaseFinished { .. } | DriverEvent::RequestSent { .. }) => StepKind::Phase,
        Event::Replay(ReplayEvent::MachineStarted { .. })
        | Event::Driver(DriverEvent::Crashed { .. } | DriverEvent::Restarted | DriverEvent::ThreadCrashed { .. }) => {
            StepKind::Client
        }
        Event::Fault(_) => StepKind::Fault,
        Event::Driver(_) | Event::Server(_) | Event::File(_) => return None,
    })
}
