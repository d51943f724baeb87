//! Every request of the attempts: when it was sent, how long it took, and what was answered.

use std::collections::VecDeque;
use std::time::Duration;

use crate::model::{
    Answer, AttemptId, DriverEvent, Entry, Event, Failure, FaultName, FileEvent, FlowEvent, Moment, Phase, RequestHead,
    SafeText, Timing, TraceId,
};

/// One request and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The attempt that it belongs to.
    pub attempt: Option<AttemptId>,
    /// What was asked for: token, ticket, upgrade, or a part of the greeting.
    pub phase: Phase,
    /// What finds it in the server's log.
    pub trace: TraceId,
    /// What a file tells of it; `None` if it is our own, which is made of the profile.
    pub head: Option<Box<RequestHead>>,
    /// Whether it left this computer: some faults answer in its place.
    pub is_sent: bool,
    /// The entry that says that it was sent, or else what was answered in its place.
    pub seq: u64,
    /// When that was.
    pub at: Moment,
    /// How long it took, once it is over.
    pub took: Option<Duration>,
    /// How long its parts took, as far as that is known.
    pub times: ExchangeTimes,
    /// What came of it.
    pub outcome: ExchangeOutcome,
    /// The fault that brought that about.
    pub simulated: Option<FaultName>,
}

/// How long the parts of a request took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeTimes {
    /// What its connection took before it was sent: DNS, TCP and so on. Empty if it went over one that was there.
    pub connecting: Vec<(Phase, Duration)>,
    /// From its being sent to the head of the answer.
    pub first_byte: Option<Duration>,
    /// From there to the end of the answer.
    pub body: Option<Duration>,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum ExchangeOutcome {
    /// Nothing yet.
    Running,
    /// The answer was a good one. Of its body nothing is kept but what it brought; its head, if that was recorded.
    Worked(Option<Box<Answer>>),
    /// An answer that is not what was asked for.
    Answered(Box<Answer>),
    /// There was no answer that can be read.
    Failed(SafeText),
}

/// The requests of a session, the oldest first.
#[derive(Clone, Debug)]
pub struct Exchanges {
    kept: VecDeque<Exchange>,
    most: usize,
    /// What the connection took for the socket that no upgrade was sent over yet, and in which attempt.
    connecting: (Option<AttemptId>, Vec<(Phase, Duration)>),
    /// Whether the distance of two entries is a time that has passed.
    is_timed: bool,
}

impl Exchanges {
    /// Those of a session that goes on: the newest.
    pub fn live() -> Self {
        Self::of_at_most(500)
    }

    /// Those of a recording.
    pub fn of_recording() -> Self {
        Self::of_at_most(5_000)
    }

    fn of_at_most(most: usize) -> Self {
        Self { kept: VecDeque::new(), most, connecting: (None, Vec::new()), is_timed: true }
    }

    /// Those that were sent before the entry numbered `seq`, the oldest first.
    pub fn before(&self, seq: u64) -> impl DoubleEndedIterator<Item = &Exchange> {
        self.kept.range(..self.kept.partition_point(|exchange| exchange.seq < seq))
    }

    /// The one that was sent with the entry numbered `seq`, or the last before it.
    pub fn at(&self, seq: u64) -> Option<&Exchange> {
        self.before(seq.saturating_add(1)).next_back()
    }

    /// Takes in the next entry of the journal.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.event {
            Event::File(FileEvent::Begins { timing, .. }) => self.is_timed = *timing != Timing::Order,
            Event::Driver(DriverEvent::RequestSent { phase, trace, head }) => {
                self.begin(entry, *phase, trace.clone(), true);
                if let Some(exchange) = self.kept.back_mut() {
                    exchange.head.clone_from(head);
                }
            }
            Event::Driver(DriverEvent::PhaseFinished {
                phase: phase @ (Phase::Dns | Phase::Tcp | Phase::Proxy | Phase::Tls),
                took,
                ..
            }) => {
                if self.connecting.0 != entry.attempt {
                    self.connecting = (entry.attempt, Vec::new());
                }
                self.connecting.1.push((*phase, *took));
            }
            Event::Driver(DriverEvent::PhaseFinished { phase, took, ok, detail, .. }) => {
                let Some(exchange) = self.newest(entry.attempt, *phase) else { return };
                exchange.took = Some(*took);
                exchange.simulated = entry.simulated.clone();
                exchange.outcome = match (ok, std::mem::replace(&mut exchange.outcome, ExchangeOutcome::Running)) {
                    // A request of the greeting is answered before the greeting is over.
                    (true, ExchangeOutcome::Worked(head)) => ExchangeOutcome::Worked(head),
                    (true, _) => ExchangeOutcome::Worked(None),
                    (false, _) => ExchangeOutcome::Failed(detail.clone()),
                };
            }
            Event::Driver(DriverEvent::Answered { phase, answer, first_byte, body }) => {
                let Some(exchange) = self.newest(entry.attempt, *phase) else { return };
                (exchange.times.first_byte, exchange.times.body) = (*first_byte, *body);
                exchange.outcome = ExchangeOutcome::Worked(Some(answer.clone()));
            }
            Event::Flow(FlowEvent::RefreshingToken { status, code }) => {
                let answer = Answer::of_status(*status).with_code(code.as_str());
                self.answered(entry, Phase::Ticket, answer);
            }
            Event::Flow(FlowEvent::AttemptFailed { failure, .. }) => {
                if let Some((phase, answer)) = phase(failure).zip(failure.answer()) {
                    self.answered(entry, phase, answer.clone());
                }
            }
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::Replay(_)
            | Event::File(FileEvent::Told { .. } | FileEvent::NotSeen { .. } | FileEvent::Ends) => {}
        }
    }

    fn begin(&mut self, entry: &Entry, phase: Phase, trace: TraceId, is_sent: bool) {
        if self.kept.len() >= self.most {
            self.kept.pop_front();
        }
        let (attempt, seq, at) = (entry.attempt, entry.seq, entry.elapsed);
        let (took, outcome, simulated) = (None, ExchangeOutcome::Running, None);
        let mut times = ExchangeTimes::default();
        if phase == Phase::Upgrade && self.connecting.0 == attempt {
            times.connecting = std::mem::take(&mut self.connecting.1);
        }
        let head = None;
        self.kept.push_back(Exchange {
            attempt,
            phase,
            trace,
            head,
            is_sent,
            seq,
            at,
            took,
            times,
            outcome,
            simulated,
        });
    }

    fn answered(&mut self, entry: &Entry, phase: Phase, answer: Answer) {
        if entry.simulated.is_some() && self.newest(entry.attempt, phase).is_none() {
            self.begin(entry, phase, TraceId::unseen(), false);
        }
        let is_timed = self.is_timed;
        if let Some(exchange) = self.newest(entry.attempt, phase) {
            let since = entry.elapsed.since(exchange.at);
            if is_timed && exchange.is_sent && !since.is_zero() {
                exchange.took.get_or_insert(since);
            }
            exchange.outcome = ExchangeOutcome::Answered(Box::new(answer));
            exchange.simulated = entry.simulated.clone().or(exchange.simulated.take());
        }
    }

    fn newest(&mut self, attempt: Option<AttemptId>, phase: Phase) -> Option<&mut Exchange> {
        let mut newest = self.kept.iter_mut().rev().take_while(|exchange| exchange.attempt == attempt);
        newest.find(|exchange| exchange.phase == phase)
    }
}

/// Which request a failure is about.
fn phase(failure: &Failure) -> Option<Phase> {
    match failure {
        Failure::Token(_) => Some(Phase::Token),
        Failure::Ticket(_) => Some(Phase::Ticket),
        Failure::UpgradeRefused(_) => Some(Phase::Upgrade),
        Failure::Greeting(_) => Some(Phase::Greeting),
        Failure::Setup(_) | Failure::TicketExpired { .. } | Failure::Dial(_) | Failure::Closed(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{Class, Source};

    fn entry(seq: u64, event: impl Into<Event>) -> Entry {
        let (elapsed, time) = (Moment::from_millis(seq), DateTime::UNIX_EPOCH);
        let attempt = Some(AttemptId(0));
        Entry { seq, elapsed, time, attempt, source: Source::Driver, simulated: None, event: event.into() }
    }

    #[test]
    fn a_refused_upgrade_keeps_its_answer_and_the_requests_before_it_worked() {
        let mut exchanges = Exchanges::live();
        let sent = |phase, request| DriverEvent::RequestSent { phase, trace: TraceId::new(7, request), head: None };
        let took = Duration::from_millis(3);
        let done = |phase, ok| DriverEvent::PhaseFinished { phase, took, ok, detail: "".into(), lookup: None };
        exchanges.apply(&entry(0, sent(Phase::Ticket, 1)));
        exchanges.apply(&entry(1, done(Phase::Ticket, true)));
        exchanges.apply(&entry(2, sent(Phase::Upgrade, 2)));
        exchanges.apply(&entry(3, done(Phase::Upgrade, false)));
        let answer = Answer::of_status(401).with_header("server", "nginx");
        let failure = Failure::UpgradeRefused(Box::new(answer.clone()));
        exchanges.apply(&entry(4, FlowEvent::AttemptFailed { failure, class: Class::Soft }));
        let all: Vec<_> = exchanges.before(u64::MAX).collect();
        assert_eq!((all.len(), &all[0].outcome, all[0].took), (2, &ExchangeOutcome::Worked(None), Some(took)));
        assert_eq!(all[1].outcome, ExchangeOutcome::Answered(Box::new(answer)));
        assert_eq!(exchanges.before(2).count(), 1, "the second was not sent yet");
        assert_eq!(exchanges.at(4).map(|exchange| exchange.seq), Some(2));
    }

    #[test]
    fn a_request_that_a_fault_answers_is_listed_as_not_sent_and_others_are_not_made_up() {
        let fail = |simulated: Option<FaultName>| {
            let failure = Failure::UpgradeRefused(Box::new(Answer::of_status(503)));
            let failed = FlowEvent::AttemptFailed { failure, class: Class::Soft };
            let mut exchanges = Exchanges::live();
            exchanges.apply(&Entry { simulated, ..entry(4, failed) });
            exchanges.before(u64::MAX).map(|exchange| (exchange.is_sent, exchange.took)).collect::<Vec<_>>()
        };
        assert_eq!(fail(Some(crate::faults::FaultKind::Simulate503.name())), [(false, None)]);
        assert_eq!(fail(None), []);
    }

    #[test]
    fn a_files_refusal_took_until_its_answer_unless_the_file_has_no_times() {
        let took = |timing| {
            let mut exchanges = Exchanges::of_recording();
            exchanges.apply(&entry(0, FileEvent::Begins { timing, browser: None }));
            exchanges.apply(&entry(
                2,
                DriverEvent::RequestSent { phase: Phase::Upgrade, trace: TraceId::unseen(), head: None },
            ));
            let failure = Failure::UpgradeRefused(Box::new(Answer::of_status(401)));
            exchanges.apply(&entry(5, FlowEvent::AttemptFailed { failure, class: Class::Soft }));
            exchanges.at(5).unwrap().took
        };
        assert_eq!(took(Timing::Dated), Some(Duration::from_millis(3)));
        assert_eq!(took(Timing::Order), None);
    }

    #[test]
    fn a_good_answer_keeps_its_head_and_an_upgrade_what_its_connection_took() {
        let mut exchanges = Exchanges::live();
        let took = Duration::from_millis(3);
        let done = |phase| DriverEvent::PhaseFinished { phase, took, ok: true, detail: "".into(), lookup: None };
        let answer = Box::new(Answer::of_status(101).with_header("server", "nginx"));
        let (phase, body) = (Phase::Upgrade, None);
        exchanges.apply(&entry(0, done(Phase::Dns)));
        exchanges.apply(&entry(1, done(Phase::Tcp)));
        exchanges.apply(&entry(2, DriverEvent::RequestSent { phase, trace: TraceId::new(7, 1), head: None }));
        exchanges.apply(&entry(3, done(phase)));
        exchanges
            .apply(&entry(4, DriverEvent::Answered { phase, answer: answer.clone(), first_byte: Some(took), body }));
        let upgrade = exchanges.at(4).unwrap();
        assert_eq!(upgrade.outcome, ExchangeOutcome::Worked(Some(answer)));
        let connecting = vec![(Phase::Dns, took), (Phase::Tcp, took)];
        assert_eq!(upgrade.times, ExchangeTimes { connecting, first_byte: Some(took), body });
    }
}
