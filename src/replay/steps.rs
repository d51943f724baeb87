//! The course of a session: what the client was told, decided and did, step by step.

use serde::Serialize;

use crate::model::{AttemptId, Entry, Event, FaultName, Moment};

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
    pub words: String,
}

impl Step {
    /// The step that `entry` is, if it is one.
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let kind = kind(&entry.event)?;
        let Entry { seq, elapsed, attempt, simulated, event, .. } = entry.clone();
        Some(Self { seq, elapsed, attempt, kind, simulated, fact: event, words: super::words::of_entry(entry) })
    }
}

/// `None` for what comes from elsewhere and at any time.
pub(super) fn kind(event: &Event) -> Option<StepKind> {
    Some(match event {
        Event::AttemptStarted { .. } => StepKind::Attempt,
        Event::PhaseFinished { .. } | Event::RequestSent { .. } => StepKind::Phase,
        Event::Command { .. } | Event::Input { .. } => StepKind::Input,
        Event::EnsuringToken
        | Event::FetchingToken
        | Event::TokenAcquired { .. }
        | Event::TokenReady { .. }
        | Event::RequestingTicket
        | Event::RefreshingToken { .. }
        | Event::RetryingTicket
        | Event::TicketObtained { .. }
        | Event::TicketSpent { .. }
        | Event::Connected
        | Event::BackoffReset
        | Event::BackoffChanged { .. }
        | Event::AttemptFailed { .. }
        | Event::Disconnected { .. }
        | Event::BackoffScheduled { .. }
        | Event::Stopped
        | Event::CredentialReplaced { .. }
        | Event::SessionDropped
        | Event::LateAnswer { .. } => StepKind::Decision,
        Event::FaultArmed { .. }
        | Event::FaultFired { .. }
        | Event::FaultCleared { .. }
        | Event::FaultRefused { .. } => StepKind::Fault,
        Event::MachineStarted { .. } | Event::DriverCrashed { .. } | Event::DriverRestarted => StepKind::Client,
        Event::Keychain { .. }
        | Event::Pong { .. }
        | Event::MessageRefused { .. }
        | Event::Recording { .. }
        | Event::ServerStarted { .. }
        | Event::ServerStopped
        | Event::ServerLog { .. }
        | Event::ClockCompared { .. }
        | Event::HealthAnswered { .. }
        | Event::CertificateAccepted { .. }
        | Event::AddressesLost { .. } => return None,
    })
}
