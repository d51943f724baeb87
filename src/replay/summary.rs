//! A recording in numbers.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use serde::Serialize;

use super::changed::Changed;
use super::units::{durations, millis as lists};
use super::values::Tolerance;
use crate::journal::EventKind;
use crate::journal::recording::{Losses, MessageRecord, Recording};
use crate::journal::{Direction, MessageKind};
use crate::model::{
    Close, DriverEvent, Entry, Event, Failure, FlowEvent, GreetingFailure, Moment, RequestFailure, RequestFailureKind,
};

/// What a recording holds, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// How often each kind of event came.
    pub events: BTreeMap<String, u64>,
    /// How often each status, close code and reason came.
    pub codes: BTreeMap<String, u64>,
    /// How long each part of the attempts took, and the round trips.
    pub phases: BTreeMap<String, PhaseTimes>,
    /// The waits between attempts as they were, in milliseconds.
    pub delays: Vec<f64>,
    /// The same before jitter and `Retry-After`.
    pub nominal_delays: Vec<f64>,
    /// How long each connection was open, in milliseconds.
    pub open: Vec<f64>,
    /// Text and binary messages from and to the server, and whatever was counted only.
    pub messages: (u64, u64),
    /// Their bytes, as far as they are known.
    pub bytes: (u64, u64),
    /// By how much this computer's clock was set, in milliseconds, and the number of the entry before which it was.
    pub clock_set: Vec<(u64, f64)>,
    /// What is missing.
    #[serde(skip)]
    pub losses: Losses,
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
    /// All together, in milliseconds.
    pub sum: f64,
}

/// What [`Summary::phases`] calls the time from a ping to its pong.
const ROUND_TRIP: &str = "round trip";

impl Summary {
    /// The numbers of `recording`.
    pub fn of(recording: &Recording) -> Self {
        let losses = recording.losses();
        let mut summary = Self { losses, ..Self::default() };
        let mut times: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
        let (mut opened, mut ahead) = (None, 0.0);
        for entry in recording.entries() {
            *summary.events.entry(EventKind::from(&entry.event).to_string()).or_default() += 1;
            match &entry.event {
                Event::Driver(DriverEvent::PhaseFinished { phase, took, ok, .. }) => {
                    let counts = summary.phases.entry(phase.to_string()).or_default();
                    *if *ok { &mut counts.ok } else { &mut counts.failed } += 1;
                    times.entry(phase.to_string()).or_default().push(*took);
                }
                Event::Driver(DriverEvent::Pong { rtt }) => {
                    summary.phases.entry(ROUND_TRIP.to_owned()).or_default().ok += 1;
                    times.entry(ROUND_TRIP.to_owned()).or_default().push(*rtt);
                }
                Event::Flow(FlowEvent::Connected) => opened = Some(entry.elapsed),
                Event::Flow(FlowEvent::AttemptFailed { failure, .. }) => summary.count(failure_code(failure)),
                Event::Flow(FlowEvent::Disconnected { close, .. }) => {
                    summary.count(close_code(close));
                    summary.was_open(&mut opened, entry.elapsed);
                }
                Event::Flow(FlowEvent::RefreshingToken { status, code }) => summary.count(format!("{status} {code}")),
                Event::Flow(FlowEvent::BackoffScheduled { delay }) => {
                    summary.delays.push(millis(delay.wait));
                    summary.nominal_delays.push(millis(delay.nominal));
                }
                Event::Flow(_)
                | Event::Driver(_)
                | Event::Replay(_)
                | Event::Server(_)
                | Event::Fault(_)
                | Event::File(_) => {}
            }
            let now = clock_ahead(recording, &entry);
            if !Tolerance::CLOCK.allows(ahead, now) {
                summary.clock_set.push((entry.seq, now - ahead));
            }
            ahead = now;
            summary.duration = millis(entry.elapsed.since_start());
        }
        let end = Moment::START + Duration::from_secs_f64(summary.duration / 1_000.0);
        summary.was_open(&mut opened, end);
        for (phase, mut times) in times {
            times.sort_unstable();
            if let (Some(phase), Some(longest)) = (summary.phases.get_mut(&phase), times.last()) {
                phase.longest = millis(*longest);
                phase.median = times.get(times.len() / 2).copied().map_or(0.0, millis);
                phase.sum = millis(times.iter().sum());
            }
        }
        let unlisted = losses.messages;
        summary.messages = (unlisted.received, unlisted.sent);
        summary.bytes = (unlisted.received_bytes, unlisted.sent_bytes);
        let is_data = |message: &&MessageRecord| matches!(message.kind, MessageKind::Text | MessageKind::Binary);
        for message in recording.messages().iter().filter(is_data) {
            let (count, bytes) = match message.direction {
                Direction::In => (&mut summary.messages.0, &mut summary.bytes.0),
                Direction::Out => (&mut summary.messages.1, &mut summary.bytes.1),
            };
            *count = count.saturating_add(1);
            *bytes = bytes.saturating_add(message.len as u64);
        }
        summary
    }

    fn was_open(&mut self, opened: &mut Option<Moment>, until: Moment) {
        self.open.extend(opened.take().map(|at| millis(until.since(at))));
    }

    fn count(&mut self, code: String) {
        *self.codes.entry(code).or_default() += 1;
    }
}

/// By how much this computer's clock was ahead of where the session's clock would have it, in milliseconds.
fn clock_ahead(recording: &Recording, entry: &Entry) -> f64 {
    let by_clock = entry.time.signed_duration_since(recording.header().start);
    by_clock.num_milliseconds() as f64 - millis(entry.elapsed.since_start())
}

/// The numbers that differ, beyond their tolerance unless it `is_exact`.
pub(super) fn numbers(a: &Summary, b: &Summary, is_exact: bool) -> Vec<Changed> {
    let once = |a: f64, b: f64| a == b || !is_exact && Tolerance::ONCE.allows(a, b);
    let is_open_as_long = a.open.len() == b.open.len() && a.open.iter().zip(&b.open).all(|(a, b)| once(*a, *b));
    let list = |what: &str, a: &[f64], b: &[f64]| Changed::new(what, lists(a, b));
    let events = |summary: &Summary| {
        let events = summary.events.iter();
        events.map(|(kind, count)| (kind.replace('_', " "), *count)).collect::<BTreeMap<_, _>>()
    };
    counts("events", &events(a), &events(b))
        .into_iter()
        .chain(counts("codes", &a.codes, &b.codes))
        .chain(phases(a, b, is_exact))
        .chain((a.delays != b.delays).then(|| list("waits", &a.delays, &b.delays)))
        .chain(
            (a.nominal_delays != b.nominal_delays)
                .then(|| list("waits before jitter", &a.nominal_delays, &b.nominal_delays)),
        )
        .chain((!is_open_as_long).then(|| list("time open, each connection", &a.open, &b.open)))
        .chain((!once(a.duration, b.duration)).then(|| times("duration", a.duration, b.duration)))
        .chain(changed("messages received", &a.messages.0, &b.messages.0))
        .chain(changed("messages sent", &a.messages.1, &b.messages.1))
        .chain(changed("bytes received", &a.bytes.0, &b.bytes.0))
        .chain(changed("bytes sent", &a.bytes.1, &b.bytes.1))
        .chain(changed("this computer's clock was set", &clock_set(a), &clock_set(b)))
        .chain(changed("entries dropped while recording", &a.losses.entries, &b.losses.entries))
        .chain(changed("lines of a newer version", &a.losses.unknown, &b.losses.unknown))
        .chain(changed("end of the recording", &end(&a.losses), &end(&b.losses)))
        .collect()
}

fn changed(what: &str, a: &dyn Display, b: &dyn Display) -> Option<Changed> {
    let (a, b) = (a.to_string(), b.to_string());
    (a != b).then(|| Changed::new(what, (a, b)))
}

fn times(what: &str, a: f64, b: f64) -> Changed {
    let [ours, theirs] = [a, b].map(|millis| (millis * 1e6) as i128);
    Changed::new(what, durations(ours, theirs))
}

fn clock_set(summary: &Summary) -> String {
    let set = |(seq, by): &(u64, f64)| format!("by {:+.1} s before entry {seq}", by / 1_000.0);
    match &*summary.clock_set {
        [] => "never".to_owned(),
        [some @ .., last] if some.len() > 2 => format!("{} times, last {}", some.len() + 1, set(last)),
        all => all.iter().map(set).collect::<Vec<_>>().join(", "),
    }
}

fn end(losses: &Losses) -> String {
    match losses {
        Losses { cut: 1.., .. } => format!("{} bytes of a last line that was cut off", losses.cut),
        Losses { is_full: true, .. } => "it had its largest size".to_owned(),
        Losses { is_ended: true, .. } => "whole".to_owned(),
        _ => "not ended".to_owned(),
    }
}

fn counts(what: &str, a: &BTreeMap<String, u64>, b: &BTreeMap<String, u64>) -> Vec<Changed> {
    let count = |counts: &BTreeMap<String, u64>, key: &String| counts.get(key).copied().unwrap_or_default();
    keys(a, b).filter_map(|key| changed(&format!("{what}: {key}"), &count(a, key), &count(b, key))).collect()
}

fn keys<'a, T>(a: &'a BTreeMap<String, T>, b: &'a BTreeMap<String, T>) -> impl Iterator<Item = &'a String> {
    a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)))
}

fn phases<'a>(a: &'a Summary, b: &'a Summary, is_exact: bool) -> impl Iterator<Item = Changed> + 'a {
    keys(&a.phases, &b.phases).flat_map(move |phase| {
        let [ours, theirs] = [a, b].map(|summary| summary.phases.get(phase).copied().unwrap_or_default());
        let values = [
            ("median", ours.median, theirs.median, Tolerance::MEDIAN),
            ("longest", ours.longest, theirs.longest, Tolerance::ONCE),
            ("in all", ours.sum, theirs.sum, Tolerance { factor: Tolerance::MEDIAN.factor, ..Tolerance::ONCE }),
        ];
        let differs = move |a: f64, b: f64, tolerance: Tolerance| a != b && (is_exact || !tolerance.allows(a, b));
        let values = values.into_iter().filter(move |(_, a, b, tolerance)| differs(*a, *b, *tolerance));
        changed(&format!("{phase}: succeeded"), &ours.ok, &theirs.ok)
            .into_iter()
            .chain(changed(&format!("{phase}: failed"), &ours.failed, &theirs.failed))
            .chain(values.map(move |(what, a, b, _)| times(&format!("{phase}: {what}"), a, b)))
    })
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

fn close_code(close: &Close) -> String {
    format!("{} {}", close.code, close.reason).trim_end().to_owned()
}

fn failure_code(failure: &Failure) -> String {
    let request = |RequestFailure { kind, .. }: &RequestFailure, what: &str| match kind {
        RequestFailureKind::Status(answer) => match answer.code() {
            Some(code) => format!("{what} {} {code}", answer.status),
            None => format!("{what} {}", answer.status),
        },
        RequestFailureKind::Malformed(_) => format!("{what} malformed"),
        RequestFailureKind::Refused(answer) => {
            format!("{what} refused {}", answer.code().unwrap_or_default()).trim_end().to_owned()
        }
        RequestFailureKind::SecretMissing { .. } => format!("{what} secret missing"),
        RequestFailureKind::OtherHost { .. } => format!("{what} not sent to another host"),
        RequestFailureKind::SignIn(_) => format!("{what} not signed in"),
        RequestFailureKind::Identity { .. } => format!("{what} client certificate"),
        RequestFailureKind::Unusable { .. } => format!("{what} unusable answer"),
        RequestFailureKind::NotSendable => format!("{what} not sendable"),
        RequestFailureKind::Timeout { .. } => format!("{what} timeout"),
        RequestFailureKind::Transport(_) => format!("{what} network error"),
        RequestFailureKind::Hidden(_) => format!("{what} hidden"),
    };
    match failure {
        Failure::Setup(_) => "setup".to_owned(),
        Failure::Token(failure) => request(failure, "token"),
        Failure::Ticket(failure) => request(failure, "ticket"),
        Failure::TicketExpired { .. } => "ticket expired".to_owned(),
        Failure::Dial(_) => "dial".to_owned(),
        Failure::UpgradeRefused(refusal) => format!("upgrade {}", refusal.status),
        Failure::Greeting(failure) => match failure {
            GreetingFailure::Missing { .. } => "greeting missing".to_owned(),
            GreetingFailure::Refused { .. } => "greeting refused".to_owned(),
            GreetingFailure::Closed { close, .. } => format!("greeting {}", close_code(close)),
            GreetingFailure::Request { request: failure, .. } => request(failure, "greeting"),
            GreetingFailure::Profile { .. } => "greeting does not fit".to_owned(),
        },
        Failure::Closed(close) => close_code(close),
    }
}
