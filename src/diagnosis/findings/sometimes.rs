//! What works sometimes: requests of one kind that fail and do not fail, again and again.

use std::collections::VecDeque;
use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::RequestKind;
use crate::diagnosis::finding::Finding;
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::model::{CloseCause, Entry, Event, Failure, FlowEvent, Moment, status_text};

/// Outcomes remembered.
const MAX_OUTCOMES: usize = 48;

/// Outcomes that are older do not count.
const WINDOW: Duration = Duration::from_secs(600);

/// A socket that is closed with a refusal within this time of its opening was not let in.
const JUST_OPENED: Duration = Duration::from_secs(1);

/// So many runs of failures there have to be, with successes between them. One run, wherever it is, is an outage that begins or
/// is over: two failures and then a success for good are that, and a failure, a success and a failure are "sometimes".
const RETURNS: usize = 2;

/// A failure that is over so soon is no outage either.
const BLIP: Duration = Duration::from_secs(10);

/// What became of the newest requests.
#[derive(Clone, Debug, Default)]
pub struct Outcomes {
    newest: VecDeque<Outcome>,
    now: Moment,
}

#[derive(Clone, Debug)]
struct Outcome {
    request: RequestKind,
    at: Moment,
    seq: u64,
    /// Why it failed.
    failed: Option<Cause>,
}

/// Why a request failed, as far as it is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    /// With this status and code.
    Status(u16, String),
    /// The socket was opened and refused at once, with this code and reason.
    Closed(String),
}

impl Cause {
    fn in_words(&self) -> String {
        match self {
            Self::Status(status, code) if code.is_empty() => format!("{status} {}", status_text(*status)),
            Self::Status(status, code) => format!("{status} {code}"),
            Self::Closed(close) => close.clone(),
        }
    }
}

impl Outcomes {
    /// Takes in the next entry. Returns whether it was of use. What was simulated is not counted.
    pub fn apply(&mut self, entry: &Entry) -> bool {
        self.now = entry.elapsed;
        let Event::Flow(event) = &entry.event else { return false };
        if entry.simulated.is_some() {
            return false;
        }
        match event {
            FlowEvent::TokenAcquired { .. } => self.push(entry, RequestKind::Token, None),
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
                self.push(entry, request, Some(Cause::Status(answer.status, code)));
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
            // A new JWT cures it, or the attempt fails.
            | FlowEvent::RefreshingToken { .. }
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
        // A failure that the API itself names is of its own making and over with it.
        let is_named = failed.iter().any(|(_, cause)| matches!(cause, Cause::Status(_, code) if !code.is_empty()));
        let is_blip = failed.len() == 1 && !is_named && recent.windows(2).any(is_over_at_once);
        if !is_blip && (runs < RETURNS || failed.len() == recent.len()) {
            return None;
        }
        let (_, cause) = failed.last()?;
        let (bad, all) = (failed.len(), recent.len());
        let problem = Problem {
            code: Code::FailsSometimes,
            severity: Severity::Warning,
            owner: Owner::Operations,
            title: format!("{bad} of {all} {request}s failed, the others did not — {}", cause.in_words()),
            cause: usual_cause(cause).to_owned(),
            next: next_step(cause).into(),
            explains,
            ..Problem::ALONE
        };
        Some(Finding::new(problem, failed.iter().map(|(seq, _)| *seq).collect()))
    }
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
];

fn next_step(cause: &Cause) -> &'static str {
    match cause {
        Cause::Closed(_) | Cause::Status(401 | 403, _) => {
            "Operations can give all servers one shared ticket store and the same keys, or keep a client on one server \
             (sticky sessions)."
        }
        Cause::Status(..) => {
            "Operations can compare the servers behind the gateway: which of them answered well, and which did not."
        }
    }
}

fn usual_cause(cause: &Cause) -> &'static str {
    match cause {
        Cause::Closed(_) | Cause::Status(401 | 403, _) => {
            "It works sometimes, so a part of the servers may be otherwise than the rest: their ticket store is not shared, \
             their keys differ, or a rolling deploy is going on."
        }
        Cause::Status(500..=599, _) => {
            "It works sometimes, so a part of the servers may fail while the rest is well: a rolling deploy, a server that is \
             down and still in the balancer's list, or a store that is not shared."
        }
        Cause::Status(..) => {
            "It works sometimes, so a part of the servers may be otherwise than the rest: a rolling deploy, other versions or \
             other settings."
        }
    }
}
