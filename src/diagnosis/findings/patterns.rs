//! Connections that do not stay open: their rhythm, flapping, and a client that comes back too fast.

use std::collections::VecDeque;
use std::mem::discriminant;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::diagnosis::Code;
use crate::diagnosis::finding::{Evidence, Finding};
use crate::diagnosis::findings::remedy::{End, remedy};
use crate::diagnosis::findings::socket;
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::diagnosis::words::{closed, closed_each_time};
use crate::model::failure::LastWord;
use crate::model::{
    Class, Close, CloseCause, ContractReason, Delay, DisplayDuration, DriverEvent, Entry, Event, FaultName, FlowEvent,
    Moment,
};

/// Drops remembered.
const MAX_DROPS: usize = 8;

/// Drops in a row after the same time are a rhythm.
const RHYTHM: usize = 4;

/// So many are one already whose times are the same almost to the moment.
const STRICT_RHYTHM: usize = 3;

/// A shorter period has to come oftener: by chance too, times that are short are near each other.
const STRICT_PERIOD: Duration = Duration::from_secs(10);

/// How far those may be from their mean: timers and networks are no more exact.
const STRICT_TOLERANCE: Duration = Duration::from_millis(300);

/// Times of a rhythm differ from their mean by at most this share.
const RHYTHM_TOLERANCE: f64 = 0.1;

/// A connection that ends no further from the end of the JWT ends because of it.
const AT_JWT_END: TimeDelta = TimeDelta::seconds(2);

/// A shorter period is no time limit of anything.
const SHORTEST_PERIOD: Duration = Duration::from_secs(2);

/// No API means to close an idle connection sooner.
const SHORTEST_IDLE: Duration = Duration::from_secs(60);

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

/// The newest connections that did not stay open.
#[derive(Clone, Debug, Default)]
pub struct Drops {
    open_since: Option<Moment>,
    /// What the server said last of the connection that is open.
    word: Option<LastWord>,
    /// How long the connection that ended last had been open.
    last_open_for: Duration,
    drops: VecDeque<Drop>,
    storm: Storm,
    /// When the JWT in use expires, by the server's clock.
    jwt_ends: Option<DateTime<Utc>>,
    /// How far this computer's clock is ahead of the server's.
    ahead: TimeDelta,
    /// The time of the newest entry.
    now: Moment,
}

#[derive(Clone, Debug)]
struct Drop {
    seq: u64,
    at: Moment,
    open_for: Duration,
    close: Close,
    /// What the server said just before.
    word: Option<LastWord>,
    /// Whether the JWT expired at that moment.
    at_jwt_end: bool,
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

    /// Whether connections have ended twice in a row with the same words of the server's, and the one that is open is not
    /// open for longer than they were: nothing shows that it will fare better.
    pub fn is_told_again(&self, close: &Close) -> bool {
        const TWICE: u32 = 2;
        let is_outlived = self.open_for().is_none_or(|open_for| open_for > self.last_open_for + self.last_open_for / 2);
        let is_restart = matches!(close.code.0, 1001 | 1012);
        // What ends sooner ends often, and is found as that.
        let is_long = self.last_open_for >= SHORTEST_PERIOD;
        says_why(close) && is_long && !is_restart && !is_outlived && self.repeats(close) >= TWICE
    }

    /// The newest drops, newest first, as far back as connections were short.
    fn short(&self) -> impl Iterator<Item = &Drop> {
        self.drops.iter().rev().take_while(|drop| drop.open_for < STEADY * 2)
    }

    /// Takes in the next entry. Returns whether it was of use.
    pub fn apply(&mut self, entry: &Entry) -> bool {
        self.now = entry.elapsed;
        if self.open_for().is_some_and(|open_for| open_for >= AT_ONCE) {
            self.storm = Storm::default();
        }
        match &entry.event {
            Event::Flow(FlowEvent::TokenAcquired { token, .. } | FlowEvent::TokenReady { token, .. }) => {
                self.jwt_ends = token.claims.as_ref().ok().and_then(|claims| claims.expires_at);
                return false;
            }
            Event::Driver(DriverEvent::ClockCompared { offset }) => {
                self.ahead = TimeDelta::milliseconds(offset.ahead_millis);
                return false;
            }
            Event::Driver(DriverEvent::LastWordHeard { word }) => {
                self.word = Some(word.clone());
                return false;
            }
            Event::Flow(FlowEvent::Connected) => (self.open_since, self.word) = (Some(entry.elapsed), None),
            Event::Flow(FlowEvent::Disconnected { close, class }) => {
                self.last_open_for = self.open_since.take().map_or(Duration::ZERO, |since| entry.elapsed.since(since));
                let word = self.word.take();
                if *class != Some(Class::Soft) {
                    return true;
                }
                if self.drops.len() == MAX_DROPS {
                    self.drops.pop_front();
                }
                self.drops.push_back(Drop {
                    seq: entry.seq,
                    at: entry.elapsed,
                    open_for: self.last_open_for,
                    close: close.clone(),
                    word,
                    at_jwt_end: self.jwt_ends.is_some_and(|end| (entry.time - self.ahead - end).abs() <= AT_JWT_END),
                    simulated: entry.simulated.clone(),
                });
            }
            Event::Flow(FlowEvent::BackoffScheduled { delay }) => self.wait(entry, delay),
            Event::Flow(FlowEvent::Stopped) => {
                *self = Self { now: self.now, jwt_ends: self.jwt_ends, ahead: self.ahead, ..Self::default() };
            }
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => return false,
        }
        true
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

    /// What they have in common.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        [self.storm(), self.ends_with_jwt(), self.rhythm(), self.flapping()].into_iter().flatten()
    }

    /// The client comes back at once, again and again: its wait does not grow.
    fn storm(&self) -> Option<Finding> {
        let Storm { since, connections, is_of_drops, evidence, simulated } = &self.storm;
        if *connections < STORM {
            return None;
        }
        let newest: Vec<_> = self.drops.iter().rev().take(STORM as usize).filter(|_| *is_of_drops).collect();
        let said = said_by_all(&newest);
        let word = last_word_of_all(&newest);
        let fixed_by = said
            .as_ref()
            .filter(|close| says_why(close))
            .or_else(|| word.and(said.as_ref()))
            .and_then(|close| remedy(&End { close, word, is_jwt_fresh: true, was_in_use: false, protocol: None }));
        // What is nobody's once is not again and again.
        let fixed_by = fixed_by.filter(|(owner, _)| *owner != Owner::Nobody);
        let word = word.map_or_else(String::new, |word| format!(" {}", socket::explained(word)));
        let within = DisplayDuration(self.now.since(*since));
        let title = format!("Reconnect storm: {connections} connections in {within}, and the wait does not grow");
        let problem = Problem {
            code: Code::ReconnectStorm,
            severity: Severity::Warning,
            owner: fixed_by.map_or(Owner::ProfileAuthor, |(owner, _)| owner),
            title: closed_each_time(&title, said.as_ref()),
            cause: format!(
                "The server takes each connection and ends it at once, and the client's count of retries begins anew each time.{word}"
            ),
            next: fixed_by
                .map_or(
                    "Whoever wrote the profile can raise backoff.reset_after; operations can see why the server hangs up.",
                    |(_, next)| next,
                )
                .into(),
            explains: &[
                Code::ConnectionLost,
                Code::ServerClosed,
                Code::IdleTimeout,
                Code::HalfOpenLink,
                Code::ServerRestarting,
                Code::NotWebSocket,
                Code::Flapping,
                Code::RateLimited,
            ],
            ..Problem::ALONE
        };
        Some(Finding { simulated: simulated.clone(), ..Finding::new(problem, evidence.to_vec()) })
    }

    /// The connection that ended last did so when the JWT expired.
    fn ends_with_jwt(&self) -> Option<Finding> {
        let newest: Vec<_> = self.drops.iter().rev().take_while(|drop| drop.at_jwt_end).collect();
        let last = newest.first()?;
        // A cut without a word may be by chance, once.
        if last.close.cause != CloseCause::PeerFrame && newest.len() < 2 {
            return None;
        }
        let times = if newest.len() > 1 { format!(", {} times in a row", newest.len()) } else { String::new() };
        let problem = Problem {
            code: Code::EndsWithJwt,
            severity: Severity::Warning,
            owner: Owner::Developers,
            title: closed("The connection ends when the JWT expires", &last.close),
            cause: format!(
                "It was open for {} and ended in the very second in which the JWT expires (exp){times}: the server lets a \
                 connection live no longer than the login that opened it.",
                DisplayDuration(last.open_for)
            ),
            next: "The developers can let the client fetch a new JWT before, or let the JWT live longer; the client comes \
                   back with a new one by itself."
                .into(),
            explains: SAME_END,
            ..Problem::ALONE
        };
        Some(proved(problem, &newest))
    }

    /// Connections end after the same time, again and again.
    fn rhythm(&self) -> Option<Finding> {
        let taken = if self.has_strict_rhythm() { STRICT_RHYTHM } else { RHYTHM };
        let newest: Vec<_> = self.drops.iter().rev().take(taken).collect();
        // What our own ping timer ends has our rhythm.
        if newest.iter().any(|drop| matches!(drop.close.cause, CloseCause::NoPong { .. })) {
            return None;
        }
        let mean = mean_of(&newest);
        let is_regular = newest.iter().all(|drop| is_near(drop.open_for, mean));
        if newest.len() < taken || !is_regular || mean < SHORTEST_PERIOD.as_secs_f64() {
            return None;
        }
        // A limit is a number of whole seconds, and a cut is noticed a moment later or sooner.
        let period = Duration::from_secs_f64(if mean < 10.0 { mean } else { mean.round() });
        if self.open_for().is_some_and(|open_for| open_for > period + period / 2) {
            return None;
        }
        let drops = self.drops.iter().rev().take_while(|drop| is_near(drop.open_for, mean)).count();
        let is_idle = newest.iter().all(|drop| drop.close.reason.contract() == Some(ContractReason::IdleTimeout));
        let said = said_by_all(&newest).filter(says_why);
        let word = last_word_of_all(&newest);
        let fixed_by = said.as_ref().and_then(|close| remedy(&End { close, ..end_of(newest[0]) }));
        let fixed_by = fixed_by.or_else(|| word.and_then(|_| remedy(&end_of(newest[0]))));
        // What is nobody's once is not after the same time again and again.
        let fixed_by = fixed_by.filter(|(owner, _)| *owner != Owner::Nobody && !is_idle);
        let cause = match said {
            _ if is_idle => TypicalCause::ApiIdle { is_too_short: period < SHORTEST_IDLE },
            Some(ref close) if socket::says_restart(close) => TypicalCause::Restarts,
            Some(_) => TypicalCause::OwnClose,
            None if word.is_some() => TypicalCause::OwnWord,
            None if newest.iter().all(|drop| drop.close.cause == CloseCause::PeerFrame) => {
                TypicalCause::Wordless(known_limit(period))
            }
            None => known_limit(period).map_or(TypicalCause::Unknown, TypicalCause::Known),
        };
        let word = word.map_or_else(String::new, |word| format!(" {}", socket::explained(word)));
        let title = format!("The connection is cut after {} each time", DisplayDuration(period));
        let problem = Problem {
            code: Code::DropRhythm,
            severity: Severity::Warning,
            owner: fixed_by.map_or_else(|| cause.owner(), |(owner, _)| owner),
            title: closed_each_time(&title, said_by_all(&newest).as_ref()),
            cause: format!("{drops} drops in a row came after the same time (± 10 %): {}.{word}", cause.sentence()),
            next: fixed_by.map_or_else(|| cause.next(), |(_, next)| next).into(),
            explains: SAME_END,
            ..Problem::ALONE
        };
        Some(proved(problem, &newest))
    }

    /// Whether the newest drops are too much alike in time to be so by chance.
    fn has_strict_rhythm(&self) -> bool {
        let newest: Vec<_> = self.drops.iter().rev().take(STRICT_RHYTHM).collect();
        let mean = mean_of(&newest);
        let is_exact = |drop: &&Drop| (drop.open_for.as_secs_f64() - mean).abs() <= STRICT_TOLERANCE.as_secs_f64();
        // What is restarted by a plan keeps its time too.
        let is_restart = |drop: &&Drop| matches!(drop.close.code.0, 1001 | 1012);
        newest.len() == STRICT_RHYTHM
            && mean >= STRICT_PERIOD.as_secs_f64()
            && newest.iter().all(is_exact)
            && !newest.iter().any(is_restart)
    }

    /// The connection opens and breaks, again and again.
    fn flapping(&self) -> Option<Finding> {
        let newest: Vec<_> = self.short().collect();
        let [last, .., first] = newest[..] else { return None };
        let within = DisplayDuration(last.at.since(first.at - first.open_for));
        let is_steady = self.open_for().is_some_and(|open_for| open_for >= STEADY);
        let recent = newest.iter().filter(|drop| last.at.since(drop.at) <= FLAPPING_WINDOW).count();
        if recent < FLAPPING || is_steady || self.now.since(last.at) > FLAPPING_WINDOW {
            return None;
        }
        let says_the_same = said_by_all(&newest[..recent]).is_some();
        let word = last_word_of_all(&newest[..recent]);
        let word = word.map_or_else(String::new, |word| format!(" {}", socket::explained(word)));
        let problem = Problem {
            code: Code::Flapping,
            severity: Severity::Warning,
            owner: Owner::Operations,
            title: format!("The connection opens and breaks again — {} times in {within}", newest.len()),
            cause: format!("Login and ticket work each time; what is open does not stay open.{word}"),
            next:
                "Operations can look why the server or a proxy hangs up; the user's IT, if only this user is affected."
                    .into(),
            explains: if says_the_same { &[] } else { Code::DROPS },
            // Each of the drops says the same: that is the matter, and not that there are several.
            follows_from: if says_the_same { SAYS_WHY } else { &[] },
            ..Problem::ALONE
        };
        Some(proved(problem, &newest))
    }
}

/// Ends of connections that say why.
const SAYS_WHY: &[Code] =
    &[Code::ServerRestarting, Code::ServerClosed, Code::IdleTimeout, Code::HalfOpenLink, Code::NotWebSocket];

/// An end of a connection that had been in use each time, after as long as the others.
fn end_of(drop: &Drop) -> End<'_> {
    // The client was let in with the same JWT, or with one that was issued for it.
    End { close: &drop.close, word: drop.word.as_ref(), is_jwt_fresh: true, was_in_use: true, protocol: None }
}

/// How long `drops` had been open on average; zero if there are none.
fn mean_of(drops: &[&Drop]) -> f64 {
    let all: f64 = drops.iter().map(|drop| drop.open_for.as_secs_f64()).sum();
    if drops.is_empty() { 0.0 } else { all / drops.len() as f64 }
}

fn is_near(time: Duration, of: f64) -> bool {
    (time.as_secs_f64() - of).abs() <= of * RHYTHM_TOLERANCE
}

/// What connections that end after the same time explain.
const SAME_END: &[Code] = &[
    Code::ConnectionLost,
    Code::ServerClosed,
    Code::IdleTimeout,
    Code::HalfOpenLink,
    Code::ServerRestarting,
    Code::NotWebSocket,
    Code::Flapping,
    Code::DropRhythm,
];

/// What usually ends connections after a certain time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TypicalCause {
    /// The server closes it and says why.
    OwnClose,
    /// The server says why in its last message.
    OwnWord,
    /// A close frame without a reason comes each time, perhaps after a known limit.
    Wordless(Option<&'static KnownLimit>),
    /// The server restarts or shuts down, and says so.
    Restarts,
    /// This API closes a connection on which its client sends nothing.
    ApiIdle {
        /// Whether no service means to be so impatient.
        is_too_short: bool,
    },
    Known(&'static KnownLimit),
    Unknown,
}

/// A time limit that many services have, and whose it is.
#[derive(Debug, PartialEq, Eq)]
struct KnownLimit {
    seconds: u64,
    whose: &'static str,
    next: &'static str,
}

const KNOWN: [KnownLimit; 12] = [
    limit(
        20,
        "20 s is how long Azure Application Gateway waits for the back end unless told otherwise (request time-out)",
        "Operations can raise the request time-out in the backend settings of the gateway, or let the server send something more \
         often.",
    ),
    limit(
        30,
        "30 s is how long a Google Cloud load balancer lets a connection live unless told otherwise",
        "Operations can raise timeoutSec of the backend service (in GKE: a BackendConfig).",
    ),
    limit(
        55,
        "55 s is what Heroku's router allows a connection on which nothing is sent",
        "Operations can let the server send a ping every 30 s; Heroku's limit is fixed.",
    ),
    limit(
        60,
        "60 s is what reverse proxies allow a connection on which nothing is sent (nginx: proxy_read_timeout; AWS load balancers: idle timeout)",
        "Operations can raise that limit, or the user's IT if the proxy is theirs; or the server pings more often.",
    ),
    limit(
        100,
        "100 s is what a CDN allows a connection on which nothing is sent (Cloudflare)",
        "Operations can let the server ping more often than every 100 s; the CDN's limit is fixed in most plans.",
    ),
    limit(
        240,
        "240 s is what Azure's load balancers allow a connection on which nothing is sent",
        "Operations can raise the idle timeout of the Azure load balancer, or let the server ping more often.",
    ),
    limit(
        300,
        "300 s is what Envoy allows a stream on which nothing is sent (stream_idle_timeout; Istio and Contour too)",
        "Operations can raise that limit on the route of the WebSocket, or let the server ping more often.",
    ),
    limit(
        350,
        "350 s is what AWS' network load balancers and NAT gateways allow a connection on which nothing is sent",
        "Operations can let the server ping more often than every 350 s.",
    ),
    limit(
        600,
        "10 min is what Amazon API Gateway allows a connection on which nothing is sent",
        "Operations can let the server ping more often than every 10 min; that limit is fixed.",
    ),
    limit(
        900,
        "15 min is this API's own IDLE_TIMEOUT, for a client that sends nothing",
        "Operations can look at the server's idle limit; the client connects again by itself.",
    ),
    limit(
        3_600,
        "1 h is the longest life that a load balancer gives a connection",
        "Operations can look for this time limit in balancers and proxies; the user's IT in firewalls.",
    ),
    limit(
        7_200,
        "2 h is the longest life that Amazon API Gateway gives a connection",
        "Operations can say whether that limit is known: it is fixed, and the client connects again.",
    ),
];

#[rustfmt::skip]
const fn limit(seconds: u64, whose: &'static str, next: &'static str) -> KnownLimit {
    KnownLimit { seconds, whose, next }
}

impl TypicalCause {
    fn sentence(self) -> String {
        match self {
            Self::OwnClose => "the server ends it itself, with a close frame that says why".to_owned(),
            Self::OwnWord => "the server ends it itself, and its last message says why".to_owned(),
            Self::Wordless(known) => format!(
                "a close frame without a reason ends it, which only the server's program sends, or a gateway that speaks \
                 WebSocket itself; so regular an end is a time limit there, not bad luck{}",
                known.map_or_else(String::new, |known| format!(". {}", known.whose))
            ),
            Self::Restarts => "the server ends it itself, and says that it restarts or shuts down".to_owned(),
            Self::ApiIdle { .. } => "it is this API's own IDLE_TIMEOUT, for a client that sends nothing".to_owned(),
            Self::Known(known) => known.whose.to_owned(),
            Self::Unknown => "so regular a cut is a time limit of something on the way, not bad luck".to_owned(),
        }
    }

    const fn owner(self) -> Owner {
        match self {
            Self::ApiIdle { is_too_short: false } => Owner::Nobody,
            Self::OwnClose
            | Self::OwnWord
            | Self::Wordless(_)
            | Self::Restarts
            | Self::ApiIdle { is_too_short: true }
            | Self::Known(_)
            | Self::Unknown => Owner::Operations,
        }
    }

    const fn next(self) -> &'static str {
        match self {
            Self::OwnClose | Self::OwnWord => "Operations can look up this time limit in the server's own settings.",
            Self::Wordless(None) => {
                "Operations can look up this time limit in the settings of the server's program, and of a gateway that speaks \
                 WebSocket itself."
            }
            Self::Wordless(Some(known)) => known.next,
            Self::Restarts => "Operations can see in the server's log why it restarts again and again.",
            Self::ApiIdle { is_too_short: true } => {
                "Operations can look at the server's limit, which is far too short."
            }
            Self::ApiIdle { is_too_short: false } => "Nobody has to do anything: the client connects again.",
            Self::Known(known) => known.next,
            Self::Unknown => {
                "Operations can look for this time limit in balancers and proxies; the user's IT in firewalls."
            }
        }
    }
}

/// The nearest of the known limits that are near: 55 and 60 are both near 57.
fn known_limit(period: Duration) -> Option<&'static KnownLimit> {
    let near = KNOWN.iter().filter(|known| is_near(period, known.seconds as f64));
    let distance = |known: &&KnownLimit| (period.as_secs_f64() - known.seconds as f64).abs();
    near.min_by(|a, b| distance(a).total_cmp(&distance(b)))
}

/// Whether a close frame tells more than that it is one.
fn says_why(close: &Close) -> bool {
    close.cause == CloseCause::PeerFrame && (!close.reason.is_empty() || !matches!(close.code.0, 1000 | 1005))
}

/// What the server said last before each of `drops`, if it said the same.
fn last_word_of_all<'a>(drops: &[&'a Drop]) -> Option<&'a LastWord> {
    let word = drops.first()?.word.as_ref()?;
    drops.iter().all(|drop| drop.word.as_ref() == Some(word)).then_some(word)
}

/// How each of `drops` ended, if there is more to say of it than that it did, and they say it alike.
fn said_by_all(drops: &[&Drop]) -> Option<Close> {
    let close = &drops.first()?.close;
    let says_something = match close.cause {
        CloseCause::PeerFrame
        | CloseCause::OwnFrame
        | CloseCause::NoPong { .. }
        | CloseCause::TicketMissing
        | CloseCause::Protocol(_)
        | CloseCause::Announced(_)
        | CloseCause::HeartbeatUnanswered { .. }
        | CloseCause::ServerSilent { .. }
        | CloseCause::Profile { .. } => true,
        CloseCause::EndOfStream
        | CloseCause::Io(_)
        | CloseCause::CutOnPurpose
        | CloseCause::Unanswered { .. }
        | CloseCause::Unseen => false,
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
