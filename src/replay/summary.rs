//! A recording in numbers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::journal::recording::{MessageRecord, Recording};
use crate::journal::{Direction, MessageKind};
use crate::model::{Close, Event, EventKind, Failure, RequestFailure, RequestFailureKind};

/// What a recording holds, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// How often each kind of event came.
    pub events: BTreeMap<String, u64>,
    /// How often each status, close code and reason came.
    pub codes: BTreeMap<String, u64>,
    /// How long each part of the attempts took.
    pub phases: BTreeMap<String, PhaseTimes>,
    /// The waits between attempts before jitter, in milliseconds.
    pub delays: Vec<f64>,
    /// Text and binary messages from and to the server, and whatever was counted only.
    pub messages: (u64, u64),
    /// From the first entry to the last, in milliseconds.
    pub duration: f64,
}

/// How long a part of the attempts took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct PhaseTimes {
    /// How often it went well.
    pub ok: u64,
    /// How often it failed.
    pub failed: u64,
    /// The median, in milliseconds.
    pub median: f64,
    /// The longest, in milliseconds.
    pub longest: f64,
}

impl Summary {
    /// The numbers of `recording`.
    pub fn of(recording: &Recording) -> Self {
        let mut summary = Self::default();
        let mut times: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
        for entry in recording.entries() {
            *summary.events.entry(EventKind::from(&entry.event).to_string()).or_default() += 1;
            match &entry.event {
                Event::PhaseFinished { phase, took, ok, .. } => {
                    let counts = summary.phases.entry(phase.to_string()).or_default();
                    *if *ok { &mut counts.ok } else { &mut counts.failed } += 1;
                    times.entry(phase.to_string()).or_default().push(*took);
                }
                Event::AttemptFailed { failure, .. } => summary.count(failure_code(failure)),
                Event::Disconnected { close, .. } => summary.count(close_code(close)),
                Event::RefreshingToken { status, code } => summary.count(format!("{status} {code}")),
                Event::BackoffScheduled { delay } => summary.delays.push(millis(delay.nominal)),
                _ => {}
            }
            summary.duration = millis(entry.elapsed.since_start());
        }
        for (phase, mut times) in times {
            times.sort_unstable();
            if let (Some(phase), Some(longest)) = (summary.phases.get_mut(&phase), times.last()) {
                phase.longest = millis(*longest);
                phase.median = times.get(times.len() / 2).copied().map_or(0.0, millis);
            }
        }
        let unlisted = recording.losses().messages;
        let is_data = |message: &&MessageRecord| matches!(message.kind, MessageKind::Text | MessageKind::Binary);
        let data = recording.messages().iter().filter(is_data);
        summary.messages =
            data.fold((unlisted.received, unlisted.sent), |(received, sent), message| match message.direction {
                Direction::In => (received.saturating_add(1), sent),
                Direction::Out => (received, sent.saturating_add(1)),
            });
        summary
    }

    fn count(&mut self, code: String) {
        *self.codes.entry(code).or_default() += 1;
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn close_code(close: &Close) -> String {
    format!("{} {}", close.code, close.reason).trim_end().to_owned()
}

fn failure_code(failure: &Failure) -> String {
    let request = |RequestFailure { kind, .. }: &RequestFailure, what: &str| match kind {
        RequestFailureKind::Status { status, code: Some(code), .. } => format!("{what} {status} {code}"),
        RequestFailureKind::Status { status, code: None, .. } => format!("{what} {status}"),
        RequestFailureKind::Malformed { .. } => format!("{what} malformed"),
        RequestFailureKind::Timeout { .. } => format!("{what} timeout"),
        RequestFailureKind::Transport(_) => format!("{what} network error"),
    };
    match failure {
        Failure::Setup(_) => "setup".to_owned(),
        Failure::Token(failure) => request(failure, "token"),
        Failure::Ticket(failure) => request(failure, "ticket"),
        Failure::TicketExpired { .. } => "ticket expired".to_owned(),
        Failure::Dial(_) => "dial".to_owned(),
        Failure::UpgradeRefused(refusal) => format!("upgrade {}", refusal.status),
        Failure::Closed(close) => close_code(close),
    }
}
