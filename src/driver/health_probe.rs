//! Asking the server's health beside the attempts, after a failure whose causes it tells apart (contract §6).
//!
//! It changes nothing that the client does: the answer is for the diagnosis.

use std::time::Duration;

use super::net::Net;
use super::recorder::Recorder;
use crate::model::{AttemptId, DriverEvent, Failure, FlowEvent, HealthEndpoint, Moment, Source, TraceId};

/// Health is not asked again any sooner.
const AGAIN_AFTER: Duration = Duration::from_secs(30);

/// When health was asked last.
#[derive(Clone, Copy, Debug, Default)]
pub struct HealthProbe(Option<Moment>);

impl HealthProbe {
    /// Whether to ask because of `event`, which happened `now`; if so, that is taken to be done.
    pub fn is_due(&mut self, event: &FlowEvent, now: Moment) -> bool {
        let is_told = match event {
            FlowEvent::AttemptFailed { failure, .. } => failure.is_told_by_health(),
            FlowEvent::Disconnected { close, class: Some(_) } => Failure::Closed(close.clone()).is_told_by_health(),
            _ => false,
        };
        let is_due = is_told && self.0.is_none_or(|last| now.since(last) >= AGAIN_AFTER);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

/// Asks `endpoint` after a failure of `attempt`, and writes down what it answers.
pub async fn ask(net: Net, endpoint: HealthEndpoint, trace: TraceId, recorder: Recorder, attempt: Option<AttemptId>) {
    let event = match net.health(&endpoint, &trace).await {
        Ok(answer) => answer.event(),
        Err(failure) => Some(DriverEvent::HealthUnanswered { failure }),
    };
    event.into_iter().for_each(|event| recorder.record(Source::Driver, attempt, event));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::TcpFailure;
    use crate::model::{Class, Close, DialFailure, RequestFailure, RequestFailureKind, TraceId, Transport};

    fn failed(failure: Failure) -> FlowEvent {
        FlowEvent::AttemptFailed { failure, class: Class::Soft }
    }

    fn answered(status: u16) -> FlowEvent {
        let kind = RequestFailureKind::of_status(status);
        failed(Failure::Ticket(RequestFailure { trace: TraceId::new(7, 1), kind }))
    }

    fn closed(reason: &str, class: Option<Class>) -> FlowEvent {
        FlowEvent::Disconnected { close: Close::received(Some(1008), reason), class }
    }

    #[test]
    fn health_is_asked_once_in_30_s_and_only_where_it_tells() {
        let at = |seconds: u64| Moment::from_millis(seconds * 1_000);
        let is_asked = |event: FlowEvent| HealthProbe::default().is_due(&event, at(1));
        assert!(is_asked(answered(503)) && is_asked(answered(500)) && is_asked(answered(302)));
        assert!(!is_asked(answered(401)) && !is_asked(answered(404)) && !is_asked(answered(429)));
        let unreachable = Transport::Tcp(TcpFailure::Addresses(Vec::new()));
        assert!(!is_asked(failed(Failure::Dial(DialFailure::Transport(unreachable)))));
        assert!(is_asked(closed("NOT_AUTHORIZED", Some(Class::Hard))));
        assert!(!is_asked(closed("NOT_AUTHORIZED", None)), "a person ended it");
        assert!(!is_asked(closed("ORIGIN_BLOCKED", Some(Class::Hard))) && !is_asked(FlowEvent::Connected));

        let mut health_probe = HealthProbe::default();
        let asked: Vec<_> = (0..100).filter(|second| health_probe.is_due(&answered(503), at(*second))).collect();
        assert_eq!(asked, [0, 30, 60, 90]);
    }
}
