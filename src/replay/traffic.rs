//! Messages and round trips of a recording: how many had passed at a moment, and at what rate.

use crate::journal::recording::Recording;
use crate::journal::{Direction, MessageKind, Openness, OpennessChange, Rates};
use crate::model::{DriverEvent, Entry, Event, Moment};
use std::time::Duration;

/// Facts between two checkpoints.
const CHECKPOINT_EVERY: usize = 32_768;

/// Everything that rates are computed from, in order of time.
#[derive(Default)]
pub(super) struct TrafficIndex {
    facts: Vec<(Moment, Fact)>,
    checkpoints: Vec<Rates>,
    /// Text and binary messages received and sent by then.
    counts: Vec<(Moment, (u64, u64))>,
    openness: Openness,
}

enum Fact {
    Open,
    Close,
    RoundTrip(Duration),
    Received(u64),
    Sent(u64),
    /// Messages received and sent that are counted only, and their bytes.
    Unlisted(Box<[u64; 4]>),
}

impl TrafficIndex {
    /// Takes in the next entry.
    pub fn apply(&mut self, entry: &Entry) {
        let fact = match (self.openness.apply(&entry.event), &entry.event) {
            (Some(OpennessChange::Opened), _) => Fact::Open,
            (Some(OpennessChange::Closed), _) => Fact::Close,
            (_, Event::Driver(DriverEvent::Pong { rtt })) => Fact::RoundTrip(*rtt),
            _ => return,
        };
        self.facts.push((entry.elapsed, fact));
    }

    /// Takes in the messages of `recording`, whose entries have been taken in.
    pub fn finish(&mut self, recording: &Recording) {
        let mut passed = Vec::new();
        for message in recording.messages() {
            let len = message.len as u64;
            let (fact, count) = match message.direction {
                Direction::In => (Fact::Received(len), (1, 0)),
                Direction::Out => (Fact::Sent(len), (0, 1)),
            };
            if matches!(message.kind, MessageKind::Text | MessageKind::Binary) {
                self.facts.push((message.at, fact));
                passed.push((message.at, count));
            }
        }
        for unlisted in recording.unlisted() {
            // Before format 1.2 nobody wrote down when they passed.
            let Some(at) = unlisted.at else { continue };
            let counts = [unlisted.received, unlisted.sent, unlisted.received_bytes, unlisted.sent_bytes];
            self.facts.push((at, Fact::Unlisted(Box::new(counts))));
            passed.push((at, (unlisted.received, unlisted.sent)));
        }
        passed.sort_by_key(|(at, _)| *at);
        let mut sum = (0_u64, 0_u64);
        for (_, count) in &mut passed {
            sum = (sum.0.saturating_add(count.0), sum.1.saturating_add(count.1));
            *count = sum;
        }
        self.counts = passed;
        self.facts.sort_by_key(|(at, _)| *at);
        let mut rates = Rates::default();
        for (index, (at, fact)) in self.facts.iter().enumerate() {
            if index.is_multiple_of(CHECKPOINT_EVERY) {
                self.checkpoints.push(rates.clone());
            }
            fact.apply(*at, &mut rates);
        }
    }

    /// Text and binary messages received and sent when the session's clock showed `now`.
    pub fn messages(&self, now: Moment) -> (u64, u64) {
        let passed = self.counts.partition_point(|(at, _)| *at <= now);
        passed.checked_sub(1).and_then(|last| self.counts.get(last)).map_or((0, 0), |(_, counts)| *counts)
    }

    /// Round trips and rates until `now`.
    pub fn rates(&self, now: Moment) -> Rates {
        let until = self.facts.partition_point(|(at, _)| *at <= now);
        let place = (until / CHECKPOINT_EVERY).min(self.checkpoints.len().saturating_sub(1));
        let mut rates = self.checkpoints.get(place).cloned().unwrap_or_default();
        for (at, fact) in self.facts.get(place * CHECKPOINT_EVERY..until).into_iter().flatten() {
            fact.apply(*at, &mut rates);
        }
        rates.advance(now);
        rates
    }
}

impl Fact {
    fn apply(&self, at: Moment, rates: &mut Rates) {
        match self {
            Self::Open => rates.open(at),
            Self::Close => rates.close(at),
            Self::RoundTrip(rtt) => rates.round_trip(at, *rtt),
            Self::Received(bytes) => rates.messages(at, [1, 0, *bytes, 0]),
            Self::Sent(bytes) => rates.messages(at, [0, 1, 0, *bytes]),
            Self::Unlisted(counts) => rates.messages(at, **counts),
        }
    }
}
