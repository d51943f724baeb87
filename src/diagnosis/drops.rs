//! Connections that do not stay open: their rhythm, flapping, and a client that comes back too fast.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::time::Duration;

use super::diagnoser::Evidence;
use super::finding::Finding;
use super::problem::{Problem, TypicalCause};
use crate::model::{Class, Close, CloseCause, Delay, Entry, Event, FaultName, Moment};

/// Drops remembered.
const MAX_DROPS: usize = 8;

/// Drops in a row after the same time are a rhythm.
const RHYTHM: usize = 4;

/// Times of a rhythm differ from their mean by at most this share.
const RHYTHM_TOLERANCE: f64 = 0.1;

/// A shorter period is no time limit of anything.
const SHORTEST_PERIOD: Duration = Duration::from_secs(2);

/// Drops in a row within [`FLAPPING_WINDOW`] are flapping.
const FLAPPING: usize = 3;
const FLAPPING_WINDOW: Duration = Duration::from_secs(300);

/// A connection that has been open for this long has stopped flapping.
const STEADY: Duration = Duration::from_secs(60);

/// Connections in a row after which the wait was the shortest, or retries in a row with a wait that has not grown, are a
/// storm.
const STORM: u32 = 3;

/// A connection that lives shorter is ended by the server at once.
const AT_ONCE: Duration = Duration::from_secs(5);

/// The contract's third wait is twice as long at least.
const NOT_GROWN: Duration = Duration::from_millis(375);

#[derive(Clone, Debug, Default)]
pub(super) struct Drops {
    open_since: Option<Moment>,
    /// How long the connection that ended last had been open.
    last_open_for: Duration,
    drops: VecDeque<Drop>,
    storm: Storm,
    /// The time of the newest entry.
    now: Moment,
}

#[derive(Clone, Debug)]
struct Drop {
    seq: u64,
    at: Moment,
    open_for: Duration,
    close: Close,
    simulated: Option<FaultName>,
}

#[derive(Clone, Debug, Default)]
struct Storm {
    since: Moment,
    connections: u32,
    /// Whether it is of connections that ended, not of attempts that failed.
    is_of_drops: bool,
    evidence: Evidence,
    simulated: Option<FaultName>,
}

impl Drops {
    /// How long the connection that ended last had been open.
    pub fn last_open_for(&self) -> Duration {
        self.last_open_for
    }

    /// How many short connections in a row have ended like `close`, the newest of them just now.
    pub fn repeats(&self, close: &Close) -> u32 {
        let alike = self.short().take_while(|drop| are_alike(&drop.close, close)).count();
        u32::try_from(alike).unwrap_or(u32::MAX)
    }

    /// The newest drops, newest first, as far back as connections were short.
    fn short(&self) -> impl Iterator<Item = &Drop> {
        self.drops.iter().rev().take_while(|drop| drop.open_for < STEADY * 2)
    }

    pub fn apply(&mut self, entry: &Entry) {
        self.now = entry.elapsed;
        match &entry.event {
            Event::Connected => self.open_since = Some(entry.elapsed),
            Event::Disconnected { close, class } => {
                self.last_open_for = self.open_since.take().map_or(Duration::ZERO, |since| entry.elapsed.since(since));
                if *class != Some(Class::Soft) {
                    return;
                }
                if self.drops.len() == MAX_DROPS {
                    self.drops.pop_front();
                }
                self.drops.push_back(Drop {
                    seq: entry.seq,
                    at: entry.elapsed,
                    open_for: self.last_open_for,
                    close: close.clone(),
                    simulated: entry.simulated.clone(),
                });
            }
            Event::BackoffScheduled { delay } => self.wait(entry, delay),
            Event::Stopped => *self = Self { now: self.now, ..Self::default() },
            _ => {}
        }
        if self.open_for().is_some_and(|open_for| open_for >= AT_ONCE) {
            self.storm = Storm::default();
        }
    }

    /// A storm is a wait that stays the shortest: because the count begins anew with each connection, or because the rule
    /// does not let it grow.
    fn wait(&mut self, entry: &Entry, delay: &Delay) {
        let came_back = delay.retry == 1 && self.last_open_for < AT_ONCE && self.drops.back().is_some();
        let has_not_grown = delay.retry >= STORM && delay.wait < NOT_GROWN;
        if !came_back && !has_not_grown {
            if delay.retry == 1 {
                self.storm = Storm::default();
            }
            return;
        }
        if self.storm.connections == 0 {
            self.storm.since = self.drops.back().map_or(entry.elapsed, |drop| drop.at - drop.open_for);
        }
        self.storm.is_of_drops = came_back;
        self.storm.connections = if has_not_grown { delay.retry } else { self.storm.connections + 1 };
        self.storm.evidence.push(entry.seq);
        self.storm.simulated = self.drops.back().and_then(|drop| drop.simulated.clone());
    }

    /// How long the open connection, if any, has been open.
    fn open_for(&self) -> Option<Duration> {
        self.open_since.map(|since| self.now.since(since))
    }

    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        [self.storm(), self.rhythm(), self.flapping()].into_iter().flatten()
    }

    fn storm(&self) -> Option<Finding> {
        let Storm { since, connections, is_of_drops, evidence, simulated } = &self.storm;
        let newest: Vec<_> = self.drops.iter().rev().take(STORM as usize).filter(|_| *is_of_drops).collect();
        let (within, close) = (self.now.since(*since), said_by_all(&newest));
        let problem = Problem::ReconnectStorm { connections: *connections, within, close };
        let finding = Finding::new(problem, evidence.to_vec());
        (*connections >= STORM).then(|| Finding { simulated: simulated.clone(), ..finding })
    }

    fn rhythm(&self) -> Option<Finding> {
        let newest: Vec<_> = self.drops.iter().rev().take(RHYTHM).collect();
        let mean = newest.iter().map(|drop| drop.open_for.as_secs_f64()).sum::<f64>() / RHYTHM as f64;
        let is_near = |time: Duration, of: f64| (time.as_secs_f64() - of).abs() <= of * RHYTHM_TOLERANCE;
        let is_regular = newest.iter().all(|drop| is_near(drop.open_for, mean));
        if newest.len() < RHYTHM || !is_regular || mean < SHORTEST_PERIOD.as_secs_f64() {
            return None;
        }
        let period = Duration::from_secs_f64(mean);
        if self.open_for().is_some_and(|open_for| open_for > period + period / 2) {
            return None;
        }
        let in_a_row = self.drops.iter().rev().take_while(|drop| is_near(drop.open_for, mean));
        let typical = if newest.iter().all(|drop| drop.close.reason.as_str() == "IDLE_TIMEOUT") {
            TypicalCause::ApiIdle
        } else {
            let known = [
                (60.0, TypicalCause::ProxyIdle),
                (100.0, TypicalCause::Cdn),
                (900.0, TypicalCause::ApiIdle),
                (3600.0, TypicalCause::Balancer),
            ];
            known.into_iter().find(|(time, _)| is_near(period, *time)).map_or(TypicalCause::Unknown, |(_, usual)| usual)
        };
        let drops = u32::try_from(in_a_row.count()).unwrap_or(u32::MAX);
        let close = said_by_all(&newest);
        Some(proved(Problem::DropRhythm { period, drops, typical, close }, &newest))
    }

    fn flapping(&self) -> Option<Finding> {
        let newest: Vec<_> = self.short().collect();
        let [last, .., first] = newest[..] else { return None };
        let within = last.at.since(first.at - first.open_for);
        let is_steady = self.open_for().is_some_and(|open_for| open_for >= STEADY);
        let recent = newest.iter().filter(|drop| last.at.since(drop.at) <= FLAPPING_WINDOW).count();
        let is_over = is_steady || self.now.since(last.at) > FLAPPING_WINDOW;
        let drops = u32::try_from(newest.len()).unwrap_or(u32::MAX);
        let close = said_by_all(&newest[..recent]);
        (recent >= FLAPPING && !is_over).then(|| proved(Problem::Flapping { drops, within, close }, &newest))
    }
}

/// How each of `drops` ended, if there is more to say of it than that it did, and they say it alike.
fn said_by_all(drops: &[&Drop]) -> Option<Close> {
    let close = &drops.first()?.close;
    let says_something = match close.cause {
        CloseCause::PeerFrame | CloseCause::OwnFrame | CloseCause::NoPong { .. } | CloseCause::Protocol(_) => true,
        CloseCause::EndOfStream | CloseCause::Io(_) => false,
    };
    let is_shared = says_something && drops.iter().all(|drop| are_alike(&drop.close, close));
    is_shared.then(|| close.clone())
}

fn are_alike(one: &Close, other: &Close) -> bool {
    discriminant(&one.cause) == discriminant(&other.cause) && (one.code, &one.reason) == (other.code, &other.reason)
}

/// `drops` are newest first. All of them must have been simulated for the finding to be.
fn proved(problem: Problem, drops: &[&Drop]) -> Finding {
    let simulated = drops.first().and_then(|drop| drop.simulated.clone());
    let simulated = simulated.filter(|_| drops.iter().all(|drop| drop.simulated.is_some()));
    Finding { simulated, ..Finding::new(problem, drops.iter().rev().map(|drop| drop.seq).collect()) }
}
