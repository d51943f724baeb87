//! What came of a fault: the steps from where it acted to where things are well again, or the client has stopped.

use std::fmt;
use std::time::Duration;

use crate::model::{
    Answer, Class, CloseCode, CloseReason, DialFailure, DisplayDuration, Entry, Event, Failure, FaultEvent, FaultName,
    FlowCommand, FlowEvent, Moment, Phase, RequestFailureKind, SafeText,
};

/// The fault that acted last, and what followed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultResults {
    newest: Option<FaultResult>,
}

/// What followed from a fault.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultResult {
    /// Which.
    pub fault: FaultName,
    /// When it acted first.
    pub since: Moment,
    /// What happened, in order, each with how often in a row; at most [`Self::MAX_STEPS`]. Of the waits between only the one
    /// that goes on is told.
    pub steps: Vec<(ResultStep, u32)>,
    /// When it was over, and how.
    pub end: Option<(Moment, FaultEnd)>,
}

/// How what followed from a fault came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultEnd {
    /// The client got over it.
    Recovered,
    /// The client has given up.
    GaveUp,
    /// A person ended the connection or the attempts at it.
    ByPerson,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultStep {
    /// A request was answered with a refusal.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The server's own word for it; empty if it has none.
        code: SafeText,
    },
    /// The refused JWT was exchanged for a new one.
    NewToken,
    /// Nothing answered in time, or the connection failed, in this phase.
    NoAnswer(Phase),
    /// The answer was not what the contract says, in this phase.
    Unexpected(Phase),
    /// The ticket had expired before it could be used.
    TicketExpired,
    /// Nothing could be sent.
    NotSent,
    /// The open socket was closed.
    Closed(CloseCode, CloseReason),
    /// A new attempt was planned after so long.
    Waits(Duration),
    /// The socket is open and of use.
    Connected,
    /// The client has given up.
    Stopped,
    /// A person ended it.
    StoppedByPerson,
}

impl FaultResults {
    /// The fault that acted last, if one has.
    pub fn newest(&self) -> Option<&FaultResult> {
        self.newest.as_ref()
    }

    /// Takes in the next entry of the journal.
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.event {
            Event::Fault(FaultEvent::Fired { fault, .. }) => {
                let goes_on = self.newest.as_ref().is_some_and(|newest| newest.fault == *fault && newest.end.is_none());
                if !goes_on {
                    let (fault, since) = (fault.clone(), entry.elapsed);
                    self.newest = Some(FaultResult { fault, since, steps: Vec::new(), end: None });
                }
            }
            // What was made undone before anything followed is over.
            Event::Fault(FaultEvent::Cleared { fault }) => {
                let newest = self.newest.as_mut().filter(|newest| newest.fault == *fault && newest.steps.is_empty());
                if let Some(newest) = newest {
                    newest.end.get_or_insert((entry.elapsed, FaultEnd::Recovered));
                }
            }
            Event::Flow(event) => {
                if let Some(newest) = &mut self.newest
                    && newest.end.is_none()
                {
                    newest.apply(event, entry.elapsed);
                }
            }
            Event::Driver(_) | Event::Server(_) | Event::Fault(_) | Event::Replay(_) | Event::File(_) => {}
        }
    }
}

impl FaultResult {
    /// Steps that are kept.
    pub const MAX_STEPS: usize = 8;

    /// The steps in words: `503 REDIS_UNAVAILABLE ×7 → connected`.
    pub fn in_words(&self) -> String {
        let step = |(step, times): &(ResultStep, u32)| match times {
            1 => step.to_string(),
            times => format!("{step}\u{a0}×{times}"),
        };
        self.steps.iter().map(step).collect::<Vec<_>>().join(" → ")
    }

    fn apply(&mut self, event: &FlowEvent, at: Moment) {
        if let FlowEvent::Command { command: FlowCommand::Disconnect } = event {
            self.push(Some(ResultStep::StoppedByPerson), at);
            return;
        }
        let is_hard = matches!(
            event,
            FlowEvent::AttemptFailed { class: Class::Hard, .. }
                | FlowEvent::Disconnected { class: Some(Class::Hard), .. }
        );
        self.push(step(event), at);
        if is_hard {
            self.push(Some(ResultStep::Stopped), at);
        }
    }

    fn push(&mut self, step: Option<ResultStep>, at: Moment) {
        let Some(step) = step else { return };
        self.end = end(&step).map(|end| (at, end));
        if let Some((ResultStep::Waits(_), _)) = self.steps.last() {
            self.steps.pop();
        }
        match self.steps.last_mut() {
            Some((last, times)) if *last == step => *times += 1,
            // What happens in the end is told in any case.
            _ => {
                self.steps.truncate(Self::MAX_STEPS - 1);
                self.steps.push((step, 1));
            }
        }
    }
}

/// How this step ends what followed from a fault, if it does.
fn end(step: &ResultStep) -> Option<FaultEnd> {
    match step {
        ResultStep::Connected => Some(FaultEnd::Recovered),
        ResultStep::Stopped => Some(FaultEnd::GaveUp),
        ResultStep::StoppedByPerson => Some(FaultEnd::ByPerson),
        ResultStep::Refused { .. }
        | ResultStep::NewToken
        | ResultStep::NoAnswer(_)
        | ResultStep::Unexpected(_)
        | ResultStep::TicketExpired
        | ResultStep::NotSent
        | ResultStep::Closed(..)
        | ResultStep::Waits(_) => None,
    }
}

/// What an event adds to the steps, if anything.
fn step(event: &FlowEvent) -> Option<ResultStep> {
    Some(match event {
            FlowEvent::RefreshingToken { status, code } => ResultStep::Refused { status: *status, code: code.clone() },
            FlowEvent::TokenAcquired { .. } => ResultStep::NewToken,
            FlowEvent::AttemptFailed { failure, .. } => of_failure(failure),
            FlowEvent::Disconnected { close, .. } => ResultStep::Closed(close.code, close.reason.clone()),
            FlowEvent::BackoffScheduled { delay } => ResultStep::Waits(delay.wait),
            FlowEvent::Connected => ResultStep::Connected,
            FlowEvent::Command { .. }
            | FlowEvent::BackoffChanged { .. }
            | FlowEvent::AttemptStarted { .. }
            | FlowEvent::EnsuringToken
            | FlowEvent::FetchingToken
            | FlowEvent::TokenReady { .. }
            | FlowEvent::RequestingTicket
            | FlowEvent::RetryingTicket
            | FlowEvent::TicketObtained { .. }
            | FlowEvent::TicketSpent { .. }
            | FlowEvent::Dialling
            | FlowEvent::Upgrading
            | FlowEvent::Greeting
            | FlowEvent::BackoffReset
            | FlowEvent::CredentialReplaced { .. }
            | FlowEvent::SessionDropped
            // A person asked for it.
            | FlowEvent::Stopped
            | FlowEvent::LateAnswer { .. } => return None,
    })
}

fn of_failure(failure: &Failure) -> ResultStep {
    let refused = |answer: &Answer| ResultStep::Refused {
        status: answer.status,
        code: answer.body.code.clone().unwrap_or_else(|| "".into()),
    };
    let request = |phase: Phase, kind: &RequestFailureKind| match kind {
        RequestFailureKind::Status(answer) | RequestFailureKind::Refused(answer) => refused(answer),
        RequestFailureKind::Malformed(_) | RequestFailureKind::Unusable { .. } => ResultStep::Unexpected(phase),
        RequestFailureKind::NotSendable
        | RequestFailureKind::SecretMissing { .. }
        | RequestFailureKind::OtherHost { .. }
        | RequestFailureKind::SignIn(_)
        | RequestFailureKind::Identity { .. } => ResultStep::NotSent,
        RequestFailureKind::Timeout { .. } | RequestFailureKind::Transport(_) | RequestFailureKind::Hidden(_) => {
            ResultStep::NoAnswer(phase)
        }
    };
    match failure {
        Failure::Token(failed) => request(Phase::Token, &failed.kind),
        Failure::Ticket(failed) => request(Phase::Ticket, &failed.kind),
        Failure::TicketExpired { .. } => ResultStep::TicketExpired,
        Failure::Setup(_) | Failure::Dial(DialFailure::Identity { .. }) => ResultStep::NotSent,
        Failure::Dial(DialFailure::Timeout { phase, .. }) => ResultStep::NoAnswer(*phase),
        Failure::Dial(DialFailure::Transport(_) | DialFailure::Unusable { .. } | DialFailure::Hidden(_)) => {
            ResultStep::NoAnswer(Phase::Tcp)
        }
        Failure::Dial(DialFailure::BadHandshake(_)) => ResultStep::Unexpected(Phase::Upgrade),
        Failure::UpgradeRefused(answer) => refused(answer),
        Failure::Greeting(_) => ResultStep::Unexpected(Phase::Greeting),
        Failure::Closed(close) => ResultStep::Closed(close.code, close.reason.clone()),
    }
}

impl fmt::Display for ResultStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused { status, code } if code.is_empty() => write!(f, "{status}"),
            Self::Refused { status, code } => write!(f, "{status} {code}"),
            Self::NewToken => f.write_str("new JWT"),
            Self::NoAnswer(phase) => write!(f, "no answer, {phase}"),
            Self::Unexpected(phase) => write!(f, "unexpected answer, {phase}"),
            Self::TicketExpired => f.write_str("ticket expired"),
            Self::NotSent => f.write_str("nothing sent"),
            Self::Closed(code, reason) if reason.is_empty() => write!(f, "closed {code}"),
            Self::Closed(code, reason) => write!(f, "closed {code} {reason}"),
            Self::Waits(wait) => write!(f, "waits {}", DisplayDuration(*wait)),
            Self::Connected => f.write_str("connected"),
            Self::Stopped => f.write_str("stopped"),
            Self::StoppedByPerson => f.write_str("stopped by you"),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::faults::FaultKind;
    use crate::model::{ClaimsError, Close, CloseCause, Delay, Fingerprint, Source, TokenFacts, Trigger};

    fn entry(seq: u64, millis: u64, event: impl Into<Event>) -> Entry {
        let (elapsed, time) = (Moment::from_millis(millis), DateTime::UNIX_EPOCH);
        Entry { seq, elapsed, time, attempt: None, source: Source::Flow, simulated: None, event: event.into() }
    }

    fn fired(fault: FaultKind) -> Event {
        Event::Fault(FaultEvent::Fired { fault: fault.name(), left: None })
    }

    fn told(events: Vec<Event>) -> (String, Option<FaultEnd>) {
        let mut results = FaultResults::default();
        for (seq, event) in (0..).zip(events) {
            results.apply(&entry(seq, seq, event));
        }
        let newest = results.newest().unwrap();
        (newest.in_words(), newest.end.map(|(_, end)| end))
    }

    #[test]
    fn a_refused_token_is_told_from_the_refusal_to_the_open_socket() {
        let token = TokenFacts { fingerprint: Fingerprint::of("x"), claims: Err(ClaimsError::Parts) };
        let events = vec![
            fired(FaultKind::CorruptJwt),
            FlowEvent::AttemptStarted { trigger: Trigger::Person }.into(),
            FlowEvent::RefreshingToken { status: 401, code: "INVALID_TOKEN".into() }.into(),
            FlowEvent::TokenAcquired { token, session_id: None }.into(),
            FlowEvent::Connected.into(),
            // What happens later is not the fault's.
            FlowEvent::RefreshingToken { status: 403, code: "".into() }.into(),
        ];
        assert_eq!(told(events), ("401 INVALID_TOKEN → new JWT → connected".to_owned(), Some(FaultEnd::Recovered)));
    }

    #[test]
    fn a_hard_failure_is_the_end() {
        let close = Close::received(Some(1008), "ORIGIN_BLOCKED");
        let events =
            vec![fired(FaultKind::BlockOrigin), FlowEvent::Disconnected { close, class: Some(Class::Hard) }.into()];
        assert_eq!(told(events), ("closed 1008 ORIGIN_BLOCKED → stopped".to_owned(), Some(FaultEnd::GaveUp)));
    }

    #[test]
    fn what_is_not_over_has_no_end_and_a_fault_that_acts_again_goes_on() {
        let close = Close::abnormal(CloseCause::EndOfStream);
        let lost = || FlowEvent::Disconnected { close: close.clone(), class: Some(Class::Soft) }.into();
        let events = vec![fired(FaultKind::DropConnection), lost(), fired(FaultKind::DropConnection), lost()];
        assert_eq!(told(events), ("closed 1006\u{a0}×2".to_owned(), None));
    }

    #[test]
    fn what_a_person_ends_is_over_and_a_later_connection_is_not_the_fault_s() {
        let close = Close::abnormal(CloseCause::EndOfStream);
        let mut events = vec![
            fired(FaultKind::DropConnection),
            FlowEvent::Disconnected { close, class: Some(Class::Soft) }.into(),
            FlowEvent::Command { command: FlowCommand::RetryNow }.into(),
        ];
        assert_eq!(told(events.clone()), ("closed 1006".to_owned(), None), "who retries has not ended it");
        events.push(FlowEvent::Command { command: FlowCommand::Disconnect }.into());
        events.push(FlowEvent::Stopped.into());
        events.push(FlowEvent::Connected.into());
        assert_eq!(told(events), ("closed 1006 → stopped by you".to_owned(), Some(FaultEnd::ByPerson)));
    }

    #[test]
    fn a_long_outage_is_told_in_short_and_to_its_end() {
        let wait = |millis| {
            let wait = Duration::from_millis(millis);
            let until = Moment::from_millis(millis);
            FlowEvent::BackoffScheduled {
                delay: Delay { retry: 1, nominal: wait, drawn: wait, floor: None, wait, until },
            }
            .into()
        };
        let lost = || {
            let close = Close::abnormal(CloseCause::EndOfStream);
            FlowEvent::Disconnected { close, class: Some(Class::Soft) }.into()
        };
        let mut events = vec![fired(FaultKind::DropConnection)];
        (1..=20).for_each(|millis| events.extend([lost(), wait(millis)]));
        assert_eq!(told(events.clone()), ("closed 1006\u{a0}×20 → waits 20 ms".to_owned(), None));
        events.push(FlowEvent::Connected.into());
        assert_eq!(told(events), ("closed 1006\u{a0}×20 → connected".to_owned(), Some(FaultEnd::Recovered)));
    }
}
