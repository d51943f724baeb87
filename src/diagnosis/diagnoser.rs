//! From the entries of a journal to what is wrong: one diagnoser for a live session, a recorded one and the one-shot check.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::credentials::Credentials;
use super::drops::Drops;
use super::finding::{Finding, LogReference};
use super::issuers;
use super::problem::{ClockEffect, Problem};
use super::recognise::Context;
use crate::journal::Snapshot;
use crate::model::{
    AttemptId, Claims, ClockOffset, Entry, Event, Failure, FaultName, Fingerprint, Health, Issuer, LostAddress, Phase,
    Profile, RequestFailureKind, SafeText, TokenFacts, Transport, WebPage,
};

/// A clock that is wrong by less does no harm.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(30);

/// IPv6 is broken if it fails at so many connections in a row, and IPv4 does not.
const IPV6_FAILURES: u32 = 2;

/// Takes in the entries of a session one by one and says what is wrong now. It keeps a bounded number of facts, however
/// long the session.
#[derive(Clone, Debug)]
pub struct Diagnoser {
    profile: Arc<Profile>,
    /// What ended the last attempt or connection; gone once connected again or ended by a person.
    failed: Option<Failed>,
    /// What ended the connection before the one that is open.
    dropped: Option<Failed>,
    /// Upgrades refused in a row.
    refusals: u32,
    drops: Drops,
    credentials: Credentials,
    /// The ticket of the attempt that went out with the upgrade.
    spent: Option<Fingerprint>,
    /// The parts of the attempt since its ticket was asked for.
    phases: Vec<(Phase, Duration)>,
    was_connected: bool,
    token: Option<TokenFacts>,
    clock: Option<Clock>,
    health: Option<HealthSeen>,
    issuer: Option<(Issuer, u64)>,
    ipv6: Ipv6,
    crash: Option<Finding>,
}

#[derive(Clone, Debug)]
struct Failed {
    failure: Failure,
    time: DateTime<Utc>,
    /// The entries of this failure and of those before it that showed the same problem.
    evidence: Evidence,
    refusals: u32,
    open_for: Duration,
    repeats: u32,
    slowest: Option<(Phase, Duration)>,
    log_reference: Option<LogReference>,
    simulated: Option<FaultName>,
}

/// What the health endpoint answered.
#[derive(Clone, Copy, Debug)]
struct HealthSeen {
    health: Health,
    /// What came instead.
    page: Option<WebPage>,
    /// The attempt whose failure was the reason to ask; `None` if it was asked for its own sake.
    attempt: Option<AttemptId>,
    seq: u64,
}

#[derive(Clone, Copy, Debug)]
struct Clock {
    offset: ClockOffset,
    /// When it was compared, by this computer's clock.
    time: DateTime<Utc>,
    seq: u64,
}

/// The first and the newest entries of a proof.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence(VecDeque<u64>);

impl Evidence {
    pub fn push(&mut self, seq: u64) {
        if self.0.len() == Finding::MAX_EVIDENCE {
            self.0.remove(1);
        }
        self.0.push_back(seq);
    }

    pub fn to_vec(&self) -> Vec<u64> {
        self.0.iter().copied().collect()
    }
}

#[derive(Clone, Debug, Default)]
struct Ipv6 {
    failures: u32,
    evidence: Evidence,
    last: Option<LostAddress>,
}

impl Diagnoser {
    /// A diagnoser of a session with `profile` in which nothing has happened.
    pub fn new(profile: impl Into<Arc<Profile>>) -> Self {
        Self {
            profile: profile.into(),
            failed: None,
            dropped: None,
            refusals: 0,
            drops: Drops::default(),
            credentials: Credentials::default(),
            spent: None,
            phases: Vec::new(),
            was_connected: false,
            token: None,
            clock: None,
            health: None,
            issuer: None,
            ipv6: Ipv6::default(),
            crash: None,
        }
    }

    /// Entries were lost on the way here: what was concluded from those before may be over.
    pub fn forget(&mut self) {
        *self = Self::new(Arc::clone(&self.profile));
    }

    /// Takes in the next entry.
    pub fn apply(&mut self, entry: &Entry) {
        self.drops.apply(entry);
        self.credentials.apply(entry);
        match &entry.event {
            Event::AttemptStarted { .. } => {
                self.spent = None;
                self.phases.clear();
            }
            Event::RequestingTicket | Event::RetryingTicket => self.phases.clear(),
            Event::PhaseFinished { phase, took, .. } => {
                self.phases.truncate(Snapshot::MAX_PHASES - 1);
                self.phases.push((*phase, *took));
            }
            Event::TokenAcquired { token, .. } | Event::TokenReady { token, .. } => self.token = Some(token.clone()),
            Event::CredentialReplaced { token } => self.token = token.clone(),
            Event::SessionDropped => self.token = None,
            Event::TicketSpent { ticket, .. } => self.spent = Some(*ticket),
            Event::Connected => {
                self.dropped = self.failed.take().filter(|failed| matches!(failed.failure, Failure::Closed(_)));
                self.refusals = 0;
                self.was_connected = true;
                self.forget_health();
            }
            Event::Stopped => {
                (self.failed, self.dropped) = (None, None);
                self.refusals = 0;
                self.forget_health();
            }
            Event::AttemptFailed { failure, .. } => self.fail(entry, failure),
            Event::Disconnected { close, class: Some(_) } => self.fail(entry, &Failure::Closed(close.clone())),
            Event::ClockCompared { offset } => {
                self.clock = Some(Clock { offset: *offset, time: entry.time, seq: entry.seq });
            }
            Event::HealthAnswered { health, page } => {
                let seen = HealthSeen { health: *health, page: *page, attempt: entry.attempt, seq: entry.seq };
                if entry.attempt.is_none() || self.failed.as_ref().is_some_and(Failed::is_told_by_health) {
                    self.health = Some(seen);
                }
            }
            Event::CertificateAccepted { issuer } => self.issuer = Some((issuer.clone(), entry.seq)),
            Event::AddressesLost { lost, connected } => self.ipv6.apply(entry.seq, lost, *connected),
            Event::DriverCrashed { message } => {
                let finding = Finding::new(Problem::ClientCrashed { message: message.clone() }, vec![entry.seq]);
                self.crash = Some(Finding { simulated: entry.simulated.clone(), ..finding });
            }
            Event::DriverRestarted => self.crash = None,
            Event::Disconnected { class: None, .. }
            | Event::Command { .. }
            | Event::EnsuringToken
            | Event::FetchingToken
            | Event::RefreshingToken { .. }
            | Event::TicketObtained { .. }
            | Event::MachineStarted { .. }
            | Event::Input { .. }
            | Event::Recording { .. }
            | Event::BackoffReset
            | Event::BackoffChanged { .. }
            | Event::BackoffScheduled { .. }
            | Event::LateAnswer { .. }
            | Event::RequestSent { .. }
            | Event::Keychain { .. }
            | Event::Pong { .. }
            | Event::MessageRefused { .. }
            | Event::ServerStarted { .. }
            | Event::ServerStopped
            | Event::ServerLog { .. }
            | Event::FaultArmed { .. }
            | Event::FaultFired { .. }
            | Event::FaultCleared { .. }
            | Event::FaultRefused { .. } => {}
        }
    }

    /// What is wrong now, the cause of the rest first; empty if all is well.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let drops: Vec<_> = self.drops.findings().collect();
        // As long as drops have a pattern, what the newest of them said is not over with the next connection.
        let failed = self.failed.as_ref().or(self.dropped.as_ref().filter(|_| !drops.is_empty()));
        found.extend(self.crash.clone());
        found.extend(failed.map(|failed| self.failure(failed)));
        found.extend(drops);
        found.extend(self.credentials.findings());
        found.extend(self.interception());
        found.extend(self.wrong_clock());
        found.extend(self.ipv6.finding());
        found.extend(self.bad_health());
        let mut roots = Finding::folded(found);
        roots.sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
        roots
    }

    /// What health said of a failure that is over.
    fn forget_health(&mut self) {
        self.health.take_if(|seen| seen.attempt.is_some());
    }

    fn fail(&mut self, entry: &Entry, failure: &Failure) {
        let is_refusal = matches!(failure, Failure::UpgradeRefused(refusal) if refusal.status == 401);
        self.refusals = if is_refusal { self.refusals + 1 } else { 0 };
        let mut failed = Failed {
            failure: failure.clone(),
            time: entry.time,
            evidence: Evidence::default(),
            refusals: self.refusals,
            open_for: self.drops.last_open_for(),
            repeats: if let Failure::Closed(close) = failure { self.drops.repeats(close) } else { 0 },
            slowest: self.phases.iter().copied().max_by_key(|(_, took)| *took),
            log_reference: self.log_reference(failure),
            simulated: entry.simulated.clone(),
        };
        if let Some(last) = self.failed.take().or(self.dropped.take())
            && self.problem(&last).code() == self.problem(&failed).code()
        {
            failed.evidence = last.evidence;
        }
        failed.evidence.push(entry.seq);
        self.failed = Some(failed);
    }

    /// What finds `failure` in the server's log, if it can be there.
    fn log_reference(&self, failure: &Failure) -> Option<LogReference> {
        match failure {
            Failure::Token(request) | Failure::Ticket(request) => match &request.kind {
                RequestFailureKind::Status { .. }
                | RequestFailureKind::Malformed { .. }
                | RequestFailureKind::Timeout { .. }
                | RequestFailureKind::Transport(Transport::Broken(_)) => {
                    Some(LogReference::Trace(request.trace.clone()))
                }
                RequestFailureKind::Transport(
                    Transport::Dns(_) | Transport::Tcp(_) | Transport::Tls(_) | Transport::Proxy(_),
                ) => None,
            },
            Failure::Dial(_) | Failure::UpgradeRefused(_) | Failure::Closed(_) => self.spent.map(LogReference::Ticket),
            Failure::Setup(_) | Failure::TicketExpired { .. } => None,
        }
    }

    fn problem(&self, failed: &Failed) -> Problem {
        let context = Context {
            time: failed.time,
            health: self.health.as_ref().filter(|seen| seen.page.is_none()).map(|seen| seen.health),
            health_page: self.health.as_ref().and_then(|seen| seen.page),
            claims: self.token.as_ref().and_then(|token| token.claims.as_ref().ok()),
            was_connected: self.was_connected,
            refusals: failed.refusals,
            open_for: failed.open_for,
            repeats: failed.repeats,
            slowest: failed.slowest,
            api: self.profile.api.url(),
        };
        context.problem(&failed.failure)
    }

    fn failure(&self, failed: &Failed) -> Finding {
        let mut finding = Finding::new(self.problem(failed), failed.evidence.to_vec());
        if let Some(seen) = self.health.as_ref().filter(|_| finding.problem.rests_on_health()) {
            finding.evidence.push(seen.seq);
            finding.evidence.sort_unstable();
        }
        Finding { log_reference: failed.log_reference.clone(), simulated: failed.simulated.clone(), ..finding }
    }

    fn interception(&self) -> Option<Finding> {
        let (issuer, seq) = self.issuer.as_ref()?;
        let is_own = !self.profile.tls.extra_roots.is_empty();
        let is_foreign = issuers::is_interceptor(issuer) || !is_own && !issuers::is_public(issuer);
        let problem = Problem::TlsIntercepted { issuer: SafeText::new(&issuer.to_string()), accepted: true };
        is_foreign.then(|| Finding::new(problem, vec![*seq]))
    }

    fn wrong_clock(&self) -> Option<Finding> {
        let Clock { offset, time, seq } = *self.clock.as_ref()?;
        if offset.size().saturating_sub(offset.within) < CLOCK_TOLERANCE {
            return None;
        }
        let claims = self.token.as_ref().and_then(|token| token.claims.as_ref().ok());
        let server = TimeDelta::try_milliseconds(offset.ahead_millis).and_then(|ahead| time.checked_sub_signed(ahead));
        let effect = match (claims, server) {
            (Some(Claims { expires_at: Some(end), .. }), Some(server)) if *end <= time && *end > server => {
                ClockEffect::SeemsExpired
            }
            (Some(Claims { expires_at: Some(end), .. }), Some(server)) if *end > time && *end <= server => {
                ClockEffect::SeemsValid
            }
            (Some(Claims { issued_at: Some(begin), .. }), _) if *begin > time => ClockEffect::SeemsFromTheFuture,
            (Some(_), _) => ClockEffect::None,
            (None, _) => ClockEffect::Unknown,
        };
        Some(Finding::new(Problem::ClockWrong { offset, effect }, vec![seq]))
    }

    fn bad_health(&self) -> Option<Finding> {
        let HealthSeen { health, page, attempt, seq } = self.health.as_ref()?;
        let is_of_now = attempt.is_none() || self.failed.as_ref().is_some_and(Failed::is_told_by_health);
        let is_bad = page.is_none() && !health.is_well() && is_of_now;
        let Health { server, redis, .. } = *health;
        is_bad.then(|| Finding::new(Problem::HealthDown { server, redis }, vec![*seq]))
    }
}

impl Failed {
    fn is_told_by_health(&self) -> bool {
        self.failure.is_told_by_health()
    }
}

impl Ipv6 {
    fn apply(&mut self, seq: u64, lost: &[LostAddress], connected: Option<SocketAddr>) {
        let Some(connected) = connected else { return };
        // A computer without IPv6 has no route, and a local server may well listen on 127.0.0.1 only.
        let is_broken = |lost: &&LostAddress| {
            let has_route =
                lost.error.as_ref().is_none_or(|error| !error.as_str().contains("no route to this network"));
            lost.address.is_ipv6() && !lost.address.ip().is_loopback() && has_route
        };
        let failure = lost.iter().filter(is_broken).max_by_key(|lost| lost.is_silent());
        match failure.filter(|_| connected.is_ipv4()) {
            Some(failure) => {
                self.failures += 1;
                self.evidence.push(seq);
                self.last = Some(failure.clone());
            }
            None => *self = Self::default(),
        }
    }

    fn finding(&self) -> Option<Finding> {
        let last = self.last.as_ref().filter(|_| self.failures >= IPV6_FAILURES)?;
        let problem = Problem::Ipv6Broken { error: SafeText::new(&last.to_string()), is_silent: last.is_silent() };
        Some(Finding::new(problem, self.evidence.to_vec()))
    }
}
