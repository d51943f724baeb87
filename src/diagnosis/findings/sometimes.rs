//! What works sometimes: requests of one kind that fail and do not fail, again and again.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::diagnosis::Code;
use crate::diagnosis::context::{JUST_OPENED, RequestKind};
use crate::diagnosis::finding::Finding;
use crate::diagnosis::findings::store_words::StoreTrouble;
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::diagnosis::words::quoted;
use crate::model::failure::{Hint, Hints, IoCause};
use crate::model::{
    Claims, Close, CloseCause, ContractReason, DialFailure, DriverEvent, Entry, Event, Failure, Fingerprint, FlowEvent,
    Moment, RequestFailureKind, TokenFacts, Transport, status_text,
};

/// Outcomes remembered.
const MAX_OUTCOMES: usize = 48;

/// Outcomes that are older do not count.
const WINDOW: Duration = Duration::from_secs(600);

/// So many runs of failures there have to be, with successes between them. One run, wherever it is, is an outage that begins or
/// is over: two failures and then a success for good are that, and a failure, a success and a failure are "sometimes".
const RETURNS: usize = 2;

/// A failure that is over so soon is no outage either.
const BLIP: Duration = Duration::from_secs(10);

/// One failure is worth a word as long as no more requests than these are known; among many it is a blip.
const FEW: usize = 3;

/// A JWT that was given out no longer ago than this has not been changed by anything since.
const FRESH: Duration = Duration::from_secs(60);

/// What became of the newest requests.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    newest: VecDeque<Outcome>,
    now: Moment,
    /// The JWT that this client was given last, and what may have ended its life since.
    issued: Option<Issued>,
    /// The JWT in use.
    in_use: Option<Fingerprint>,
    /// How far this computer's clock is ahead of the server's.
    ahead: TimeDelta,
}

/// A JWT that the server gave out to this client.
#[derive(Clone, Debug)]
struct Issued {
    jwt: Fingerprint,
    at: Moment,
    expires: Option<DateTime<Utc>>,
    /// Whether a ticket was given for it.
    was_accepted: bool,
    /// Whether the server has been away since: one that begins anew may have another key.
    was_away: bool,
}

#[derive(Clone, Debug)]
struct Outcome {
    request: RequestKind,
    at: Moment,
    seq: u64,
    /// Why it failed.
    failed: Option<Cause>,
}

/// A status that is no success, and what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refusal {
    status: u16,
    /// Empty if it has none.
    code: String,
    hints: Hints,
    /// Its own words as a sentence behind others; empty if it has none.
    said: String,
}

/// Why a request failed, as far as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    /// With this status.
    Status(Box<Refusal>),
    /// The socket was opened and refused at once, with this code and reason.
    Closed(String),
    /// A JWT that the server had given out, and that had not expired, was refused with this status and code; a new one cured
    /// it.
    Jwt {
        status: u16,
        code: String,
        /// Whether it had been given out a moment ago, and had never been accepted.
        is_fresh: bool,
    },
}

impl Cause {
    fn in_words(&self) -> String {
        match self {
            Self::Status(refusal) if refusal.code.is_empty() => {
                format!("{} {}", refusal.status, status_text(refusal.status))
            }
            Self::Status(refusal) => format!("{} {}", refusal.status, refusal.code),
            Self::Closed(close) => close.clone(),
            Self::Jwt { status, code, .. } => format!("{status} {code}"),
        }
    }

    /// Whether it is over with itself: a failure that the API names is of its own making.
    fn is_named(&self) -> bool {
        match self {
            Self::Status(refusal) => !refusal.code.is_empty(),
            Self::Jwt { is_fresh, .. } => !is_fresh,
            Self::Closed(_) => false,
        }
    }
}

impl Outcomes {
    /// Takes in the next entry. Returns whether it was of use. What was simulated is not counted.
    pub fn apply(&mut self, entry: &Entry) -> bool {
        self.now = entry.elapsed;
        if let Event::Driver(DriverEvent::ClockCompared { offset }) = &entry.event {
            self.ahead = TimeDelta::milliseconds(offset.ahead_millis);
        }
        let Event::Flow(event) = &entry.event else { return false };
        self.follow_jwt(entry, event);
        if entry.simulated.is_some() {
            return false;
        }
        match event {
            FlowEvent::TokenAcquired { .. } => self.push(entry, RequestKind::Token, None),
            FlowEvent::RefreshingToken { status, code } => {
                let Some(is_fresh) = self.is_jwt_fresh(entry) else { return false };
                let cause = Cause::Jwt { status: *status, code: code.to_string(), is_fresh };
                self.push(entry, RequestKind::Ticket, Some(cause));
            }
            FlowEvent::TicketObtained { .. } => self.push(entry, RequestKind::Ticket, None),
            FlowEvent::Connected => self.push(entry, RequestKind::Upgrade, None),
            FlowEvent::AttemptFailed { failure, .. } => {
                let request = match failure {
                    Failure::Token(_) => RequestKind::Token,
                    Failure::Ticket(_) => RequestKind::Ticket,
                    Failure::UpgradeRefused(_) => RequestKind::Upgrade,
                    Failure::Setup(_)
                    | Failure::TicketExpired { .. }
                    | Failure::Dial(_)
                    | Failure::Greeting(_)
                    | Failure::Closed(_) => return false,
                };
                // A success that is malformed is no refusal, and a rate limit has its own finding.
                let counts = |status| status >= 300 && status != 429;
                let Some(answer) = failure.answer().filter(|answer| counts(answer.status)) else { return false };
                let code = answer.code().unwrap_or_default().to_owned();
                let (status, hints, said) = (answer.status, answer.hints(), quoted(answer));
                self.push(entry, request, Some(Cause::Status(Box::new(Refusal { status, code, hints, said }))));
            }
            FlowEvent::Disconnected { close, class: Some(_) } => {
                let opened = self.newest.back_mut().filter(|last| {
                    last.request == RequestKind::Upgrade
                        && last.failed.is_none()
                        && entry.elapsed.since(last.at) <= JUST_OPENED
                });
                let Some(opened) = opened else { return false };
                // Policy, and what libraries and applications have codes of their own for.
                if close.cause == CloseCause::PeerFrame && matches!(close.code.0, 1008 | 3000..=4999) {
                    opened.failed = Some(Cause::Closed(format!("{} {}", close.code, close.reason)));
                    opened.seq = entry.seq;
                } else {
                    // It was let in, and what ended it so soon is another matter.
                    self.newest.pop_back();
                }
            }
            FlowEvent::Command { .. }
            | FlowEvent::BackoffChanged { .. }
            | FlowEvent::AttemptStarted { .. }
            | FlowEvent::EnsuringToken
            | FlowEvent::Dialling
            | FlowEvent::Upgrading
            | FlowEvent::Greeting
            | FlowEvent::FetchingToken
            | FlowEvent::TokenReady { .. }
            | FlowEvent::RequestingTicket
            | FlowEvent::RetryingTicket
            | FlowEvent::TicketSpent { .. }
            | FlowEvent::BackoffReset
            | FlowEvent::Disconnected { class: None, .. }
            | FlowEvent::BackoffScheduled { .. }
            | FlowEvent::Stopped
            | FlowEvent::CredentialReplaced { .. }
            | FlowEvent::SessionDropped
            | FlowEvent::LateAnswer { .. } => return false,
        }
        true
    }

    /// Takes in what becomes of the JWT in use.
    fn follow_jwt(&mut self, entry: &Entry, event: &FlowEvent) {
        if let FlowEvent::TokenAcquired { token: TokenFacts { fingerprint, claims }, .. } = event {
            let expires = claims.as_ref().ok().and_then(|Claims { expires_at, .. }| *expires_at);
            self.issued =
                Some(Issued { jwt: *fingerprint, at: entry.elapsed, expires, was_accepted: false, was_away: false });
            self.in_use = Some(*fingerprint);
        } else if let FlowEvent::TokenReady { token, .. } = event {
            self.in_use = Some(token.fingerprint);
        }
        let was_away = matches!(event, FlowEvent::AttemptFailed { failure, .. } if is_away(failure))
            || matches!(event, FlowEvent::Disconnected { close, .. } if is_restart(close));
        if let Some(issued) = &mut self.issued {
            issued.was_away |= was_away;
            issued.was_accepted |= matches!(event, FlowEvent::TicketObtained { .. }) && self.in_use == Some(issued.jwt);
        }
    }

    /// Whether the JWT that `entry` tells to be refused was given out a moment ago and never accepted; `None` if there may be a reason for that
    /// refusal: it was not given out in this session, it has expired, or the server has begun anew since.
    fn is_jwt_fresh(&self, entry: &Entry) -> Option<bool> {
        let issued = self.issued.as_ref().filter(|issued| Some(issued.jwt) == self.in_use && !issued.was_away)?;
        let is_over = issued.expires.is_some_and(|end| end <= entry.time - self.ahead);
        (!is_over).then(|| entry.elapsed.since(issued.at) <= FRESH && !issued.was_accepted)
    }

    fn push(&mut self, entry: &Entry, request: RequestKind, failed: Option<Cause>) {
        if self.newest.len() == MAX_OUTCOMES {
            self.newest.pop_front();
        }
        self.newest.push_back(Outcome { request, at: entry.elapsed, seq: entry.seq, failed });
    }

    /// What fails sometimes. It explains what has `failed` now only if that is a request of the same kind.
    pub fn finding(&self, failed: Option<RequestKind>) -> Option<Finding> {
        let all = [RequestKind::Token, RequestKind::Ticket, RequestKind::Upgrade];
        let is_other = |request| failed.is_some_and(|failed| failed != request);
        all.into_iter().find_map(|request| self.of(request, if is_other(request) { &[] } else { FOLLOWS }))
    }

    fn of(&self, request: RequestKind, explains: &'static [Code]) -> Option<Finding> {
        let recent: Vec<_> = self
            .newest
            .iter()
            .filter(|outcome| outcome.request == request && self.now.since(outcome.at) <= WINDOW)
            .collect();
        let failed: Vec<_> =
            recent.iter().filter_map(|outcome| Some((outcome.seq, outcome.failed.as_ref()?))).collect();
        let begins = |pair: &[&Outcome]| pair[0].failed.is_none() && pair[1].failed.is_some();
        let runs = recent.windows(2).filter(|pair| begins(pair)).count()
            + usize::from(recent.first().is_some_and(|first| first.failed.is_some()));
        let is_over_at_once = |pair: &[&Outcome]| {
            pair[0].failed.is_some() && pair[1].failed.is_none() && pair[1].at.since(pair[0].at) <= BLIP
        };
        let is_named = failed.iter().any(|(_, cause)| cause.is_named());
        let is_one_of_few = failed.len() == 1 && recent.len() <= FEW && !is_named;
        if !(is_one_of_few && recent.windows(2).any(is_over_at_once))
            && (runs < RETURNS || failed.len() == recent.len())
        {
            return None;
        }
        let fresh = failed.iter().rev().find(|(_, cause)| matches!(cause, Cause::Jwt { is_fresh: true, .. }));
        let (_, cause) = fresh.or(failed.last())?;
        let (bad, all) = (failed.len(), recent.len());
        let words = cause.in_words();
        let is_used_up = matches!(cause, Cause::Jwt { is_fresh: false, .. });
        let title = match cause {
            Cause::Jwt { is_fresh: true, .. } => format!("{bad} of {all} {request}s refused a fresh JWT — {words}"),
            Cause::Jwt { is_fresh: false, .. } => {
                format!("{bad} of {all} {request}s refused a JWT that had not expired — {words}")
            }
            Cause::Status(_) | Cause::Closed(_) => {
                format!("{bad} of {all} {request}s failed, the others did not — {words}")
            }
        };
        let problem = Problem {
            code: Code::FailsSometimes,
            severity: Severity::Warning,
            owner: Owner::Operations,
            title,
            cause: usual_cause(request, cause),
            next: next_step(request, cause).into(),
            // That each attempt needs a new JWT says more of those that were accepted once.
            explains: if is_used_up { &[] } else { explains },
            follows_from: if is_used_up { &[Code::RefreshLoop] } else { &[] },
            ..Problem::ALONE
        };
        Some(Finding::new(problem, failed.iter().map(|(seq, _)| *seq).collect()))
    }
}

/// Whether the server was away, as one that is restarted.
fn is_away(failure: &Failure) -> bool {
    let is_gone = |transport: &Transport| match transport {
        Transport::Tcp(tcp) => tcp.causes().any(|cause| *cause == IoCause::Refused),
        Transport::Dns(_) | Transport::Tls(_) | Transport::Proxy(_) | Transport::Broken(_) => false,
    };
    let is_of_gateway = failure.answer().is_some_and(|answer| matches!(answer.status, 502..=504));
    is_of_gateway
        || match failure {
            Failure::Token(request) | Failure::Ticket(request) => {
                matches!(&request.kind, RequestFailureKind::Transport(transport) if is_gone(transport))
            }
            Failure::Dial(DialFailure::Transport(transport)) => is_gone(transport),
            Failure::Dial(_)
            | Failure::Setup(_)
            | Failure::TicketExpired { .. }
            | Failure::UpgradeRefused(_)
            | Failure::Greeting(_)
            | Failure::Closed(_) => false,
        }
}

/// Whether the server says that it stops or is started again.
fn is_restart(close: &Close) -> bool {
    close.reason.contract() == Some(ContractReason::ServerShutdown) || matches!(close.code.0, 1001 | 1012)
}

/// What follows from a part of the servers being otherwise than the rest.
const FOLLOWS: &[Code] = &[
    Code::ServerBehindGatewayDown,
    Code::ServiceUnavailable,
    Code::ServerFailed,
    Code::UnexpectedAnswer,
    Code::TicketRejected,
    Code::FreshTicketRefused,
    Code::FreshJwtRefused,
    Code::JwtRefused,
    Code::UpgradeRefused,
    Code::WrongPath,
    Code::TicketStoreDown,
    Code::TicketStoreLost,
    Code::TicketStoreFailedOnSocket,
    Code::Flapping,
    Code::ReconnectStorm,
    Code::RefreshLoop,
    Code::DeadCredentialResent,
    Code::ServerClosed,
    Code::RefusedByApi,
];

/// What a part of the servers has otherwise than the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    /// The key with which JWTs are signed or checked.
    Keys,
    /// The time.
    Clocks,
    /// The Redis that it is connected to, a replica that takes no writes.
    Replica,
    /// The Redis that it is connected to, which says so itself.
    Redis,
    /// Whether it reaches what its answers name.
    Reach,
    /// The store of tickets.
    Store,
    /// Whether it is well at all.
    Health,
    /// Something.
    Unknown,
}

impl Difference {
    fn of(request: RequestKind, cause: &Cause) -> Self {
        let refusal = match cause {
            Cause::Jwt { .. } => return Self::Keys,
            Cause::Closed(_) => return Self::Store,
            Cause::Status(refusal) => refusal,
        };
        let has = |hints: &[Hint]| hints.iter().any(|hint| refusal.hints.has(*hint));
        if StoreTrouble::of_redis(&refusal.hints).is_some() {
            return if has(&[Hint::RedisReadOnly]) { Self::Replica } else { Self::Redis };
        }
        let is_ticket_request = request == RequestKind::Ticket;
        match refusal.status {
            401 | 403 if has(&[Hint::Signature, Hint::Key, Hint::Algorithm, Hint::NotAJwt]) => Self::Keys,
            401 | 403 if has(&[Hint::NotYet, Hint::Expired]) => Self::Clocks,
            401 if is_ticket_request => Self::Keys,
            401 | 403 => Self::Store,
            500..=599 if has(&[Hint::Unreachable]) => Self::Reach,
            500..=599 => Self::Health,
            _ => Self::Unknown,
        }
    }
}

fn next_step(request: RequestKind, cause: &Cause) -> &'static str {
    match Difference::of(request, cause) {
        Difference::Keys => {
            "Operations can give all servers the same keys to sign and to check JWTs with, and the same time (NTP); where keys \
             are rotated, the new one has to be everywhere before it signs."
        }
        Difference::Clocks => {
            "Operations can compare the clocks of the servers behind the gateway, and set them by NTP; the developers can allow some \
             seconds of leeway."
        }
        Difference::Replica => {
            "Operations can let all servers write to Redis' primary: those that fail are connected to a replica, as after a \
             failover that they did not notice."
        }
        Difference::Redis => {
            "Operations can compare which Redis the servers that fail are connected to, and with which settings: that one refuses, \
             in its own words."
        }
        Difference::Reach => {
            "Operations can see from which of the servers what the answer names cannot be reached, by which rule of the network or for which name."
        }
        Difference::Store => {
            "Operations can give all servers one shared ticket store and the same keys, or keep a client on one server \
             (sticky sessions)."
        }
        Difference::Health | Difference::Unknown => {
            "Operations can compare the servers behind the gateway: which of them answered well, and which did not."
        }
    }
}

fn usual_cause(request: RequestKind, cause: &Cause) -> String {
    let usual = match (cause, Difference::of(request, cause)) {
        (Cause::Jwt { is_fresh: true, .. }, _) => {
            "The server refused a JWT that it had given out a moment ago, and accepted the next one; a client that asks for a \
             new one each time hides that. Most often a part of the servers checks JWTs with another key or clock than the part \
             that gives them out: the keys differ from node to node, or a rotation has not reached all of them."
        }
        (Cause::Jwt { is_fresh: false, .. }, _) => {
            "The server refused JWTs that it had given out itself and that had not expired, and accepted others; a client that \
             asks for a new one each time hides that. Most often a part of the servers checks JWTs with another key than the \
             rest: the keys differ from node to node, or each start of a server makes a new one."
        }
        (_, Difference::Keys) => {
            "It works sometimes, so a part of the servers checks JWTs with another key or secret than the part that gives them out: \
             the keys differ from node to node, or a rotation has not reached all of them."
        }
        (_, Difference::Clocks) => {
            "It works sometimes, so the clock of a part of the servers is wrong: what is new for one has expired, or is not valid \
             yet, for another."
        }
        (_, Difference::Replica | Difference::Redis) => {
            "It works sometimes, so a part of the servers has another Redis than the rest, and that one refuses what is asked of it."
        }
        (_, Difference::Reach) => {
            "It works sometimes, so a part of the servers does not reach what stands behind them, and the rest does."
        }
        (_, Difference::Store) => {
            "It works sometimes, so a part of the servers may be otherwise than the rest: their ticket store is not shared, \
             their keys differ, or a rolling deploy is going on."
        }
        (_, Difference::Health) => {
            "It works sometimes, so a part of the servers may fail while the rest is well: a rolling deploy, a server that is \
             down and still in the balancer's list, or a store that is not shared."
        }
        (_, Difference::Unknown) => {
            "It works sometimes, so a part of the servers may be otherwise than the rest: a rolling deploy, other versions or \
             other settings."
        }
    };
    let said = if let Cause::Status(refusal) = cause { &*refusal.said } else { "" };
    format!("{usual}{said}")
}
