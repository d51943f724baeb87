//! The session's clock, and writing into its journal with it.

use std::future::pending;

use tokio::time::{Instant, sleep_until};

use super::net::{GoodAnswer, Net, PhaseReport, Taken, UselessVariable};
use crate::clock::utc_now;
use crate::flow::Input;
use crate::journal::{Journal, Message, Stamp};
use crate::model::{AttemptId, DriverEvent, Event, FaultName, Moment, Phase, ReplayEvent, SafeText, Source};

/// The monotonic clock of a session.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A session begins now.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// The time since then.
    pub fn now(self) -> Moment {
        Moment::START + self.start.elapsed()
    }

    /// Waits until `deadline`, or for ever without one.
    pub async fn until(self, deadline: Option<Moment>) {
        match deadline.and_then(|at| self.start.checked_add(at.since_start())) {
            Some(at) => sleep_until(at).await,
            None => pending().await,
        }
    }
}

/// Writes into a session's journal, with the time of the session's clock. Cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    journal: Journal,
    clock: Clock,
}

impl Recorder {
    /// Writes into `journal` by `clock`.
    pub fn new(journal: Journal, clock: Clock) -> Self {
        Self { journal, clock }
    }

    /// The session's clock.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Writes down a fact.
    pub fn record(&self, source: Source, attempt: Option<AttemptId>, event: impl Into<Event>) {
        self.record_marked(source, attempt, None, event);
    }

    /// Writes down which variables should name a proxy for the profile's servers, and do not.
    pub fn record_useless_variables(&self, net: &Net) {
        for UselessVariable { name, mistake, .. } in
            net.useless_variables().iter().filter(|variable| variable.is_missed)
        {
            let (variable, mistake) = (SafeText::new(name), mistake.clone());
            self.record(Source::Driver, None, DriverEvent::ProxyVariableIgnored { variable, mistake });
        }
    }

    /// Writes down a fact that the fault `simulated`, if any, brought about.
    pub fn record_marked(
        &self,
        source: Source,
        attempt: Option<AttemptId>,
        simulated: Option<FaultName>,
        event: impl Into<Event>,
    ) {
        self.record_at(self.clock.now(), source, attempt, simulated, event.into());
    }

    /// Records an input; pass the returned time to the flow so that replay computes equal deadlines.
    pub fn input(&self, input: &Input) -> Moment {
        let source = match input {
            Input::Command(_) | Input::SetBackoff(_) => Source::Person,
            Input::ReplaceJwt(_) => Source::Fault,
            Input::Resume
            | Input::CredentialLoaded(..)
            | Input::TokenAnswered(..)
            | Input::TicketAnswered(..)
            | Input::Dialled(..)
            | Input::Upgraded(..)
            | Input::Greeted(..)
            | Input::Closed(..)
            | Input::Timeout => Source::Driver,
        };
        self.input_by(source, input)
    }

    /// The same for one that came from `source`.
    pub fn input_by(&self, source: Source, input: &Input) -> Moment {
        let (attempt, record) = input.record();
        self.record_at(self.clock.now(), source, attempt, None, ReplayEvent::Input { input: record }.into())
    }

    fn record_at(
        &self,
        now: Moment,
        source: Source,
        attempt: Option<AttemptId>,
        simulated: Option<FaultName>,
        event: Event,
    ) -> Moment {
        let stamp = Stamp { elapsed: now, time: utc_now() };
        self.journal.append(stamp, source, attempt, simulated, event)
    }

    /// Writes down that a phase that began at `since` is over.
    pub fn phase(&self, attempt: AttemptId, phase: Phase, since: Moment, ok: bool, detail: &str) {
        let took = self.clock.now().since(since);
        self.report(
            attempt,
            PhaseReport { phase, took, ok, detail: SafeText::new(detail), lookup: None, observed: None },
        );
    }

    /// Writes down what may be known of the answer that `taken` is from.
    pub fn answered(&self, attempt: AttemptId, phase: Phase, taken: &Taken) {
        if let Some(GoodAnswer { head, first_byte, body }) = &taken.answer {
            let (answer, first_byte, body) = (head.clone(), Some(*first_byte), Some(*body));
            let event = DriverEvent::Answered { phase, answer, first_byte, body };
            self.record(Source::Driver, Some(attempt), event);
        }
    }

    /// Writes down a phase that the network layer reports.
    pub fn report(&self, attempt: AttemptId, report: PhaseReport) {
        self.report_marked(attempt, None, report);
    }

    /// Writes down a phase that the fault `simulated`, if any, had a part in.
    pub fn report_marked(&self, attempt: AttemptId, simulated: Option<FaultName>, report: PhaseReport) {
        let PhaseReport { phase, took, ok, detail, lookup, observed } = report;
        let event = DriverEvent::PhaseFinished { phase, took, ok, detail, lookup };
        self.record_marked(Source::Driver, Some(attempt), simulated.clone(), event);
        if let Some(observed) = observed {
            self.record_marked(Source::Driver, Some(attempt), simulated, observed);
        }
    }

    /// Takes in messages, leaving `batch` empty.
    pub fn messages(&self, batch: &mut Vec<Message>) {
        self.journal.append_messages(batch);
    }
}
