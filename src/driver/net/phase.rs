//! Reports on the parts of an attempt.

use std::net::IpAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::model::{DriverEvent, Lookup, Phase, SafeText};

/// Addresses of a name that are told; nobody waits for more to be tried.
const MAX_ADDRESSES: usize = 64;

/// How a part of an attempt went.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseReport {
    /// Which part.
    pub phase: Phase,
    /// How long it took; it ended now.
    pub took: Duration,
    /// Whether it succeeded.
    pub ok: bool,
    /// What is worth knowing, for people: addresses, TLS version and issuer, or what went wrong.
    pub detail: SafeText,
    /// What was looked up, if it was DNS.
    pub lookup: Option<Lookup>,
    /// What was learnt beside, as a fact for the journal.
    pub observed: Option<DriverEvent>,
}

/// Where a [`PhaseReport`] goes as soon as the phase is over.
pub type Report<'a> = &'a mut (dyn FnMut(PhaseReport) + Send);

/// A phase that is going on.
pub struct Running {
    phase: Phase,
    since: Instant,
    lookup: Option<Lookup>,
}

impl Running {
    /// `phase` begins now.
    pub fn begin(phase: Phase) -> Self {
        Self { phase, since: Instant::now(), lookup: None }
    }

    /// The addresses of `host` begin to be looked up.
    pub fn begin_lookup(host: &str) -> Self {
        let lookup = Lookup { host: SafeText::new(host), addresses: Vec::new() };
        Self { lookup: Some(lookup), ..Self::begin(Phase::Dns) }
    }

    /// These were found.
    pub fn found(&mut self, addresses: impl Iterator<Item = IpAddr>) {
        if let Some(lookup) = &mut self.lookup {
            lookup.addresses = addresses.take(MAX_ADDRESSES).collect();
        }
    }

    /// It is over, and `report` is told.
    pub fn end(self, ok: bool, detail: &str, report: Report<'_>) {
        self.end_observing(ok, detail, None, report);
    }

    /// The same, with what was learnt beside.
    pub fn end_observing(self, ok: bool, detail: &str, observed: Option<DriverEvent>, report: Report<'_>) {
        let detail = SafeText::new(detail);
        let Self { phase, since, lookup } = self;
        report(PhaseReport { phase, took: since.elapsed(), ok, detail, lookup, observed });
    }
}
