//! Reports on the parts of an attempt.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::{DriverEvent, Phase, SafeText};

/// How a part of an attempt went.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseReport {
    /// Which part.
    pub phase: Phase,
    /// How long it took; it ended now.
    pub took: Duration,
    /// Whether it succeeded.
    pub ok: bool,
    /// What is worth knowing: addresses, TLS version and issuer, or what went wrong.
    pub detail: SafeText,
    /// What was learnt beside, as a fact for the journal.
    pub observed: Option<DriverEvent>,
}

/// Where a [`PhaseReport`] goes as soon as the phase is over.
pub type Report<'a> = &'a mut (dyn FnMut(PhaseReport) + Send);

/// A phase that is going on.
pub struct Running {
    phase: Phase,
    since: Instant,
}

impl Running {
    /// `phase` begins now.
    pub fn begin(phase: Phase) -> Self {
        Self { phase, since: Instant::now() }
    }

    /// It is over, and `report` is told.
    pub fn end(self, ok: bool, detail: &str, report: Report<'_>) {
        self.end_observing(ok, detail, None, report);
    }

    /// The same, with what was learnt beside.
    pub fn end_observing(self, ok: bool, detail: &str, observed: Option<DriverEvent>, report: Report<'_>) {
        let detail = SafeText::new(detail);
        report(PhaseReport { phase: self.phase, took: self.since.elapsed(), ok, detail, observed });
    }
}
