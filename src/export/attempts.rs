//! The attempts of a session, for the formats that list them.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::{
    AttemptId, Close, DriverEvent, Entry, Event, Failure, FaultName, FlowEvent, Moment, Phase, Trigger,
};

/// One attempt, from its beginning to the wait after it.
#[derive(Debug, Serialize)]
pub(super) struct Attempt {
    pub attempt: AttemptId,
    pub started: DateTime<Utc>,
    pub trigger: Trigger,
    pub phases: Vec<PhaseTime>,
    pub connected_after_ms: Option<f64>,
    /// What became of it, in words.
    pub outcome: String,
    pub failure: Option<Failure>,
    pub close: Option<Close>,
    pub next_wait_ms: Option<f64>,
    /// The fault that brought its end about.
    pub simulated: Option<FaultName>,
    #[serde(skip)]
    began: Moment,
    /// How long it took until the socket was open, or until it had failed; `None` if neither is known.
    #[serde(skip)]
    pub took: Option<Duration>,
}

#[derive(Debug, Serialize)]
pub(super) struct PhaseTime {
    pub phase: Phase,
    pub took_ms: f64,
    pub ok: bool,
}

/// The outcome of an attempt whose end is not in the entries.
const NOT_OVER: &str = "not over";

impl Attempt {
    fn end(&mut self, at: Moment, outcome: String) {
        self.outcome = outcome;
        self.took.get_or_insert(at.since(self.began));
    }

    /// Ends it, unless it has ended before.
    fn give_up(&mut self, outcome: &str) {
        if self.outcome == NOT_OVER {
            outcome.clone_into(&mut self.outcome);
        }
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The attempts that `entries` tell of.
pub(super) fn attempts(entries: impl Iterator<Item = Arc<Entry>>) -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = Vec::new();
    for entry in entries {
        if let (Event::Flow(FlowEvent::AttemptStarted { trigger }), Some(attempt)) = (&entry.event, entry.attempt) {
            attempts.iter_mut().next_back().into_iter().for_each(|last| last.give_up("another attempt took its place"));
            attempts.push(Attempt {
                attempt,
                started: entry.time,
                trigger: *trigger,
                phases: Vec::new(),
                connected_after_ms: None,
                outcome: NOT_OVER.to_owned(),
                failure: None,
                close: None,
                next_wait_ms: None,
                simulated: None,
                began: entry.elapsed,
                took: None,
            });
        }
        let is_of = |attempt: &&mut Attempt| entry.attempt.is_none_or(|number| number == attempt.attempt);
        let Some(attempt) = attempts.iter_mut().rev().take(2).find(is_of) else { continue };
        match &entry.event {
            Event::Driver(DriverEvent::PhaseFinished { phase, took, ok, .. }) => {
                attempt.phases.push(PhaseTime { phase: *phase, took_ms: millis(*took), ok: *ok });
            }
            Event::Flow(FlowEvent::Connected) => {
                attempt.connected_after_ms = Some(millis(entry.elapsed.since(attempt.began)));
                attempt.end(entry.elapsed, "connected".to_owned());
            }
            Event::Flow(FlowEvent::AttemptFailed { failure, .. }) => {
                attempt.end(entry.elapsed, format!("failed: {failure}"));
                attempt.failure = Some(failure.clone());
                attempt.simulated = entry.simulated.clone();
            }
            Event::Flow(FlowEvent::Disconnected { close, .. }) => {
                attempt.end(entry.elapsed, format!("closed: {close}"));
                attempt.close = Some(close.clone());
                attempt.simulated = entry.simulated.clone();
            }
            Event::Flow(FlowEvent::BackoffScheduled { delay }) => attempt.next_wait_ms = Some(millis(delay.wait)),
            Event::Flow(FlowEvent::Stopped) => attempt.give_up("ended by a person"),
            Event::Driver(DriverEvent::Crashed { .. }) => {
                attempt.give_up("the client crashed");
                attempt.simulated = attempt.simulated.take().or(entry.simulated.clone());
            }
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => {}
        }
    }
    attempts
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::export::Session;
    use crate::journal::recording::Header;
    use crate::model::{Class, Profile, Source};

    /// Two attempts: one connects and is closed, the other is not over.
    pub fn entries() -> Vec<Arc<Entry>> {
        let mut entries = Vec::new();
        let mut say = |attempt, millis: u64, simulated: Option<&str>, event| {
            let (seq, elapsed) = (entries.len() as u64, Moment::from_millis(millis));
            let time = DateTime::UNIX_EPOCH + elapsed.since_start();
            let simulated = simulated.map(FaultName::new);
            let (attempt, source) = (Some(AttemptId(attempt)), Source::Flow);
            entries.push(Arc::new(Entry { seq, elapsed, time, attempt, source, simulated, event }));
        };
        say(0, 1_000, None, Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Person }));
        let (took, detail) = (std::time::Duration::from_millis(12), "200, \"OK\"".into());
        say(
            0,
            1_012,
            None,
            Event::Driver(DriverEvent::PhaseFinished { phase: Phase::Ticket, took, ok: true, detail, lookup: None }),
        );
        say(0, 1_020, None, Event::Flow(FlowEvent::Connected));
        let close = Close::received(Some(4001), "=cmd(\"a\"),\nb");
        say(0, 9_000, Some("close"), Event::Flow(FlowEvent::Disconnected { close, class: Some(Class::Soft) }));
        say(1, 9_300, None, Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Backoff }));
        entries
    }

    /// A session with `entries`.
    pub fn session(entries: Vec<Arc<Entry>>) -> Session<'static> {
        Session::new(Header::new(&Profile::production(), 7, DateTime::UNIX_EPOCH), entries, Vec::new())
    }

    #[test]
    fn what_became_of_an_attempt_that_nothing_ended_is_said() {
        let mut all = entries();
        let number = |entry: &Entry, seq, attempt| Entry { seq, attempt: Some(AttemptId(attempt)), ..entry.clone() };
        all.push(Arc::new(number(&all[4], 5, 2)));
        all.push(Arc::new(Entry { event: Event::Flow(FlowEvent::Stopped), ..number(&all[4], 6, 2) }));
        let outcomes: Vec<_> = attempts(all.into_iter()).into_iter().map(|attempt| attempt.outcome).collect();
        assert!(outcomes[0].starts_with("closed: "), "{outcomes:?}");
        assert_eq!(outcomes[1..], ["another attempt took its place", "ended by a person"]);
        assert_eq!(attempts(entries().into_iter())[1].outcome, NOT_OVER);
    }
}
