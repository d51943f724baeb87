//! From the entries of a journal to what is wrong: one diagnoser for a live session, a recorded one and the one-shot
//! check.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::context::{Answered, Context, RequestKind, TicketKnown};
use super::finding::{Evidence, Finding, LogReference};
use super::findings;
use super::findings::network::{Clock, Ipv6};
use super::findings::patterns::Drops;
use super::findings::resent::Credentials;
use super::findings::sometimes::Outcomes;
use super::problem::Problem;
use crate::model::failure::{LastWord, ProxyMistake};
use crate::model::{
    AttemptId, CloseCode, DriverEvent, Entry, Event, Failure, FaultName, FileEvent, Fingerprint, FlowEvent, Health,
    Issuer, IssuerKind, Moment, PageKind, Phase, Profile, RequestFailureKind, SafeText, Timing, TokenFacts, Transport,
    Unseen,
};

/// Phases of an attempt kept; there are fewer, but a file may tell of more.
const MAX_PHASES: usize = 32;

/// An answer that is older says nothing of how the service is now.
const MOMENT_AGO: Duration = Duration::from_secs(30);

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
    outcomes: Outcomes,
    /// When token, ticket and health requests were last answered well.
    answered_at: [Option<Moment>; 3],
    /// When the JWT in use was issued to this client.
    issued: Option<(Fingerprint, Moment)>,
    /// The attempt of a file that asks for a JWT.
    fetching: Option<AttemptId>,
    /// When a JWT was given out that the file does not have.
    given: Option<Moment>,
    /// Pongs on the connection that is or was open.
    pongs: u64,
    /// What the server said last of the connection that is ending.
    heard: Option<(Option<AttemptId>, LastWord)>,
    /// The ticket of the attempt that went out with the upgrade.
    spent: Option<Fingerprint>,
    /// The parts of the attempt since its ticket was asked for.
    phases: Vec<(Phase, Duration)>,
    was_connected: bool,
    token: Option<TokenFacts>,
    clock: Option<Clock>,
    health: Option<HealthSeen>,
    /// Which characters of the last ticket an address carries only percent-encoded.
    ticket_characters: Option<SafeText>,
    issuer: Option<(Issuer, u64)>,
    ipv6: Ipv6,
    crash: Option<Finding>,
    /// The variable that should name a proxy and does not, what is wrong with it, and the entry that tells.
    no_proxy: Option<(SafeText, ProxyMistake, u64)>,
    /// What a browser would meet and this client does not.
    browser: [Option<Finding>; 2],
    /// Whether it is read from files of other programs.
    is_of_files: bool,
    /// How long the newest ticket lives.
    ticket_lifetime: Option<Duration>,
    /// What is odd about that.
    odd_lifetime: Option<Finding>,
    /// How old the ticket was that was sent last, and how long it lives, if that was too late.
    late_ticket: Option<(Duration, Duration)>,
    /// The attempt that asked for a ticket last.
    asked_for_ticket: Option<AttemptId>,
    /// Whether it is known how old the ticket was that was sent.
    is_ticket_age_known: bool,
    /// What the files that it is read from say of time.
    timing: Timing,
    /// The attempt whose end has no time in them.
    untimed_end: Option<AttemptId>,
    /// The attempt of which they have the end alone.
    unbegun: Option<AttemptId>,
    /// What the newest failure shows, once it was asked for: nothing of it changes by the mere passing of time.
    shown: OnceLock<Finding>,
}

#[derive(Clone, Debug)]
struct Failed {
    failure: Failure,
    attempt: Option<AttemptId>,
    time: DateTime<Utc>,
    /// The entries of this failure and of those before it that showed the same problem.
    evidence: Evidence,
    refusals: u32,
    open_for: Duration,
    is_end_timed: bool,
    repeats: u32,
    slowest: Option<(Phase, Duration)>,
    is_proxied: bool,
    log_reference: Option<LogReference>,
    simulated: Option<FaultName>,
    answered: Answered,
    /// How long before this the JWT in use was issued.
    jwt_age: Option<Duration>,
    pongs: u64,
    last_word: Option<LastWord>,
    late_ticket: Option<(Duration, Duration)>,
    ticket: TicketKnown,
}

/// What the health endpoint answered.
#[derive(Clone, Copy, Debug)]
struct HealthSeen {
    health: Health,
    /// What came instead.
    page: Option<PageKind>,
    /// The attempt whose failure was the reason to ask; `None` if it was asked for its own sake.
    attempt: Option<AttemptId>,
    seq: u64,
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
            outcomes: Outcomes::default(),
            answered_at: [None; 3],
            issued: None,
            fetching: None,
            given: None,
            pongs: 0,
            heard: None,
            spent: None,
            phases: Vec::new(),
            was_connected: false,
            token: None,
            clock: None,
            health: None,
            ticket_characters: None,
            issuer: None,
            ipv6: Ipv6::default(),
            crash: None,
            no_proxy: None,
            browser: [None, None],
            is_of_files: false,
            ticket_lifetime: None,
            odd_lifetime: None,
            late_ticket: None,
            asked_for_ticket: None,
            is_ticket_age_known: false,
            timing: Timing::Dated,
            untimed_end: None,
            unbegun: None,
            shown: OnceLock::new(),
        }
    }

    /// Entries were lost on the way here: what was concluded from those before may be over.
    pub fn forget(&mut self) {
        *self = Self::new(Arc::clone(&self.profile));
    }

    /// What the server said just before the connection of `entry` ended.
    fn last_word(&self, entry: &Entry, failure: &Failure) -> Option<LastWord> {
        let (attempt, word) = self.heard.as_ref().filter(|_| matches!(failure, Failure::Closed(_)))?;
        (*attempt == entry.attempt).then(|| word.clone())
    }

    /// Takes in the next entry. Returns whether it can have changed [`Self::findings`].
    pub fn apply(&mut self, entry: &Entry) -> bool {
        let is_pattern = self.apply_to_drops(entry) | self.apply_to_credentials(entry) | self.outcomes.apply(entry);
        match &entry.event {
            Event::Flow(FlowEvent::AttemptStarted { .. }) => {
                (self.spent, self.ticket_lifetime, self.late_ticket) = (None, None, None);
                self.is_ticket_age_known = false;
                // Without times nobody knows how long ago that was.
                self.given.take_if(|_| self.timing == Timing::Order);
                self.phases.clear();
                // What was answered to an attempt before says nothing of how the service is now.
                [self.answered_at[0], self.answered_at[1]] = [None; 2];
                return is_pattern;
            }
            Event::Driver(DriverEvent::LastWordHeard { word }) => {
                self.heard = Some((entry.attempt, word.clone()));
                return is_pattern;
            }
            Event::Flow(FlowEvent::FetchingToken) => {
                self.fetching = entry.attempt;
                return is_pattern;
            }
            Event::Flow(FlowEvent::RequestingTicket | FlowEvent::RetryingTicket) => {
                self.ticket_characters = None;
                self.asked_for_ticket = entry.attempt;
                // A file may have the request for the JWT without the JWT: whoever goes on got one.
                if self.is_of_files && self.fetching.is_some() && self.fetching == entry.attempt {
                    (self.given, self.answered_at[0]) = (Some(entry.elapsed), Some(entry.elapsed));
                }
                self.phases.clear();
                return is_pattern;
            }
            Event::Flow(FlowEvent::TokenAcquired { token, .. }) => {
                (self.fetching, self.given) = (None, None);
                self.answered_at[0] = Some(entry.elapsed);
                self.issued = Some((token.fingerprint, entry.elapsed));
                self.token = Some(token.clone());
            }
            Event::Flow(FlowEvent::TokenReady { token, .. }) => self.token = Some(token.clone()),
            Event::Flow(FlowEvent::TicketObtained { lifetime, .. }) => {
                self.answered_at[1] = Some(entry.elapsed);
                self.ticket_lifetime = *lifetime;
                let problem = lifetime.and_then(|lifetime| findings::odd_lifetime(lifetime, &self.profile));
                self.odd_lifetime = problem.map(|problem| Finding::new(problem, vec![entry.seq]));
            }
            Event::Driver(DriverEvent::TicketCharacters { characters }) => {
                self.ticket_characters = Some(characters.clone());
            }
            Event::Driver(DriverEvent::Pong { .. }) => {
                self.pongs += 1;
                return is_pattern;
            }
            Event::Flow(FlowEvent::CredentialReplaced { token }) => self.token = token.clone(),
            Event::Flow(FlowEvent::SessionDropped) => self.token = None,
            Event::Flow(FlowEvent::TicketSpent { ticket, age }) => {
                self.spent = Some(*ticket);
                self.is_ticket_age_known = age.is_some();
                self.late_ticket = age.zip(self.ticket_lifetime).filter(|(age, lifetime)| age > lifetime);
            }
            Event::Flow(FlowEvent::Connected) => {
                self.dropped = self.failed.take().filter(|failed| matches!(failed.failure, Failure::Closed(_)));
                self.refusals = 0;
                self.pongs = 0;
                self.was_connected = true;
                self.forget_health();
            }
            Event::Flow(FlowEvent::Stopped) => {
                (self.failed, self.dropped) = (None, None);
                self.refusals = 0;
                self.forget_health();
            }
            Event::Flow(FlowEvent::AttemptFailed { failure, .. }) => {
                self.fail(entry, failure);
                return true;
            }
            Event::Flow(FlowEvent::Disconnected { close, class: Some(_) }) => {
                // Some servers refuse an origin by closing what they have just opened (contract §5).
                self.was_connected &= close.code != CloseCode(1008);
                self.fail(entry, &Failure::Closed(close.clone()));
                return true;
            }
            Event::Driver(DriverEvent::PhaseFinished { phase, took, .. }) => {
                self.phases.truncate(MAX_PHASES - 1);
                self.phases.push((*phase, *took));
                return is_pattern;
            }
            Event::Driver(DriverEvent::ClockCompared { offset }) => {
                self.clock = Some(Clock { offset: *offset, time: entry.time, seq: entry.seq });
            }
            Event::Driver(DriverEvent::HealthAnswered { health, page }) => {
                self.answered_at[2] = (page.is_none() && health.status < 400).then_some(entry.elapsed);
                let seen = HealthSeen { health: *health, page: *page, attempt: entry.attempt, seq: entry.seq };
                if entry.attempt.is_none() || self.failed.as_ref().is_some_and(Failed::is_told_by_health) {
                    self.health = Some(seen);
                }
            }
            Event::Driver(DriverEvent::CertificateAccepted { issuer }) => {
                self.issuer = Some((issuer.clone(), entry.seq))
            }
            Event::Driver(DriverEvent::AddressesLost { lost, connected }) => {
                self.ipv6.apply(entry.seq, lost, *connected)
            }
            Event::Driver(DriverEvent::ProxyVariableIgnored { variable, mistake }) => {
                self.no_proxy = Some((variable.clone(), mistake.clone(), entry.seq));
            }
            Event::Driver(DriverEvent::Crashed { message }) => {
                let finding = Finding::new(findings::client_crashed(message), vec![entry.seq]);
                self.crash = Some(Finding { simulated: entry.simulated.clone(), ..finding });
            }
            Event::Driver(DriverEvent::BrowserStopped { blocks }) => {
                let problem = findings::browser_blocked(blocks, &self.profile);
                let problem = problem.map(|problem| match self.is_of_files {
                    true => Problem { title: "The browser does not let the page go on".to_owned(), ..problem },
                    false => problem,
                });
                self.browser[0] = problem.map(|problem| Finding::new(problem, vec![entry.seq]));
            }
            Event::Driver(DriverEvent::SilenceKept { lasted, close, was_other_open }) => {
                let problem = close.as_ref().filter(|_| *was_other_open);
                let problem = problem.map(|close| findings::idle_cut(*lasted, close));
                self.browser[1] = problem.map(|problem| Finding::new(problem, vec![entry.seq]));
            }
            Event::Driver(DriverEvent::Restarted) => self.crash = None,
            Event::File(FileEvent::Begins { timing, .. }) => (self.timing, self.is_of_files) = (*timing, true),
            Event::File(FileEvent::NotSeen { what: Unseen::SocketEnd }) => self.untimed_end = entry.attempt,
            Event::File(FileEvent::NotSeen { what: Unseen::Beginning }) => self.unbegun = entry.attempt,
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => {
                return is_pattern;
            }
        }
        self.shown.take();
        true
    }

    /// An end of which nobody knows when it was has no rhythm, and a wait that follows it makes no storm.
    fn apply_to_drops(&mut self, entry: &Entry) -> bool {
        let is_end =
            matches!(entry.event, Event::Flow(FlowEvent::Disconnected { .. } | FlowEvent::BackoffScheduled { .. }));
        let is_whole = self.unbegun.is_none() || self.unbegun != entry.attempt;
        (!is_end || is_whole && self.is_end_timed(entry.attempt)) && self.drops.apply(entry)
    }

    fn is_end_timed(&self, attempt: Option<AttemptId>) -> bool {
        self.timing != Timing::Order && (self.untimed_end.is_none() || self.untimed_end != attempt)
    }

    /// The same ticket again is nothing where the profile says that it may come again.
    fn apply_to_credentials(&mut self, entry: &Entry) -> bool {
        let may_come_again =
            || self.profile.service.iter().flat_map(|service| &service.ticket).any(|step| step.reusable);
        let is_spent = matches!(entry.event, Event::Flow(FlowEvent::TicketSpent { .. }));
        !(is_spent && may_come_again()) && self.credentials.apply(entry)
    }

    /// What is wrong now, the cause of the rest first; empty if all is well.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let drops: Vec<_> = self.drops.findings().collect();
        // As long as drops have a pattern, what the newest of them said is not over with the next connection.
        let is_again = |dropped: &&Failed| match &dropped.failure {
            Failure::Closed(close) => self.drops.is_told_again(close),
            Failure::Setup(_)
            | Failure::Token(_)
            | Failure::Ticket(_)
            | Failure::TicketExpired { .. }
            | Failure::Dial(_)
            | Failure::UpgradeRefused(_)
            | Failure::Greeting(_) => false,
        };
        let dropped = self.dropped.as_ref().filter(|dropped| !drops.is_empty() || is_again(dropped));
        let failed = self.failed.as_ref().or(dropped);
        found.extend(self.crash.clone());
        let mut browser = self.browser.clone();
        if let Some(mut failure) = failed.map(|failed| self.shown.get_or_init(|| self.failure(failed)).clone()) {
            // What stopped the page is told once, by whoever knows more of it.
            if let Some(known) =
                browser[0].take_if(|known| self.is_of_files && known.problem.code == failure.problem.code)
            {
                (failure.problem.cause, failure.problem.next) = (known.problem.cause, known.problem.next);
                failure.evidence.extend(known.evidence);
            }
            found.push(failure);
        }
        found.extend(drops);
        found.extend(self.outcomes.finding(failed.and_then(|failed| RequestKind::of(&failed.failure))));
        let reuses = self.profile.reuses_tickets();
        // What the profile calls reusable comes again and is sent again.
        let is_of_reuse = |finding: &Finding| {
            matches!(finding.problem.code, super::Code::TicketRepeated | super::Code::DeadCredentialResent)
        };
        found.extend(self.credentials.findings().filter(|finding| !(reuses && is_of_reuse(finding))));
        let codes: Vec<_> = found.iter().map(|finding| finding.problem.code).collect();
        found.extend(self.interception(&codes));
        found.extend(self.no_proxy.as_ref().map(|(variable, mistake, seq)| {
            Finding::new(findings::ignored_variable(variable, mistake, &codes), vec![*seq])
        }));
        found.extend(self.wrong_clock());
        found.extend(self.ipv6.finding());
        found.extend(self.odd_lifetime.clone());
        found.extend(self.bad_health());
        found.extend(browser.into_iter().flatten());
        if self.is_of_files {
            found = found.into_iter().map(|it| Finding { problem: findings::of_web_app(it.problem), ..it }).collect();
        }
        let mut roots = Finding::folded(found);
        roots.sort_by_key(|finding| std::cmp::Reverse(finding.severity()));
        roots
    }

    /// What health said of a failure that is over.
    fn forget_health(&mut self) {
        self.health.take_if(|seen| seen.attempt.is_some());
    }

    fn fail(&mut self, entry: &Entry, failure: &Failure) {
        let is_refusal = matches!(failure, Failure::UpgradeRefused(answer) if answer.status == 401);
        self.refusals = if is_refusal { self.refusals + 1 } else { 0 };
        let mut failed = Failed {
            failure: failure.clone(),
            attempt: entry.attempt,
            time: entry.time,
            evidence: Evidence::default(),
            refusals: self.refusals,
            open_for: self.drops.last_open_for(),
            is_end_timed: self.is_end_timed(entry.attempt),
            repeats: if let Failure::Closed(close) = failure { self.drops.repeats(close) } else { 0 },
            slowest: self.phases.iter().copied().max_by_key(|(_, took)| *took),
            is_proxied: self.phases.iter().any(|(phase, _)| *phase == Phase::Proxy),
            log_reference: self.log_reference(failure),
            simulated: entry.simulated.clone(),
            answered: self.answered(entry.elapsed),
            jwt_age: self.jwt_age(entry.elapsed),
            pongs: self.pongs,
            last_word: self.last_word(entry, failure),
            late_ticket: self.late_ticket,
            ticket: self.ticket_known(entry.attempt),
        };
        let problem = self.problem(&failed);
        let shown = self.shown.get().map(|shown| shown.problem.code);
        if let Some(last) = self.failed.take().or(self.dropped.take())
            && shown.unwrap_or_else(|| self.problem(&last).code) == problem.code
        {
            failed.evidence = last.evidence;
        }
        failed.evidence.push(entry.seq);
        self.shown = OnceLock::from(self.finding(problem, &failed));
        self.failed = Some(failed);
    }

    /// What is known of the ticket that was sent in this attempt.
    fn ticket_known(&self, attempt: Option<AttemptId>) -> TicketKnown {
        if !self.is_of_files || self.is_ticket_age_known {
            TicketKnown::Fresh
        } else if self.asked_for_ticket.is_some() && self.asked_for_ticket == attempt {
            TicketKnown::New
        } else {
            TicketKnown::Nothing
        }
    }

    /// How long before `now` the JWT in use was issued.
    fn jwt_age(&self, now: Moment) -> Option<Duration> {
        let known = self.issued.filter(|(jwt, _)| self.token.as_ref().is_some_and(|token| token.fingerprint == *jwt));
        known.map(|(_, at)| at).or(self.given).map(|at| now.since(at))
    }

    /// What was answered well a moment ago, at `now`: what was longer ago says nothing of now.
    fn answered(&self, now: Moment) -> Answered {
        let is_recent = |at: Option<Moment>| at.is_some_and(|at| now.since(at) <= MOMENT_AGO);
        let [token, ticket, health] = self.answered_at.map(is_recent);
        Answered { token, ticket, health }
    }

    /// What finds `failure` in the server's log, if it can be there.
    fn log_reference(&self, failure: &Failure) -> Option<LogReference> {
        match failure {
            Failure::Token(request) | Failure::Ticket(request) => match &request.kind {
                RequestFailureKind::Status(_)
                | RequestFailureKind::Refused(_)
                | RequestFailureKind::Malformed(_)
                | RequestFailureKind::Timeout { .. }
                | RequestFailureKind::Transport(Transport::Broken(_)) => {
                    request.trace.is_known().then(|| LogReference::Trace(request.trace.clone()))
                }
                RequestFailureKind::NotSendable
                | RequestFailureKind::SecretMissing { .. }
                | RequestFailureKind::OtherHost { .. }
                | RequestFailureKind::SignIn(_)
                | RequestFailureKind::Identity { .. }
                | RequestFailureKind::Unusable { .. }
                | RequestFailureKind::Hidden(_)
                | RequestFailureKind::Transport(
                    Transport::Dns(_) | Transport::Tcp(_) | Transport::Tls(_) | Transport::Proxy(_),
                ) => None,
            },
            Failure::Dial(_) | Failure::UpgradeRefused(_) | Failure::Greeting(_) | Failure::Closed(_) => {
                self.spent.map(LogReference::Ticket)
            }
            Failure::Setup(_) | Failure::TicketExpired { .. } => None,
        }
    }

    fn problem(&self, failed: &Failed) -> Problem {
        let context = Context {
            time: failed.time,
            health: self.health.as_ref().filter(|seen| seen.page.is_none()).map(|seen| seen.health),
            health_status: self.health.as_ref().map(|seen| seen.health.status),
            health_page: self.health.as_ref().and_then(|seen| seen.page),
            claims: self.token.as_ref().and_then(|token| token.claims.as_ref().ok()),
            claims_error: self.token.as_ref().and_then(|token| token.claims.as_ref().err().copied()),
            ticket_characters: self.ticket_characters.as_ref(),
            was_connected: self.was_connected,
            refusals: failed.refusals,
            open_for: failed.open_for,
            is_end_timed: failed.is_end_timed,
            repeats: failed.repeats,
            slowest: failed.slowest,
            profile: &self.profile,
            endpoints: &self.profile.endpoints,
            api: self.profile.api.url(),
            socket: self.profile.websocket.url(),
            jwt_age: failed.jwt_age,
            clock: self.clock.as_ref().map(|clock| clock.offset),
            interceptor: self.issuer.as_ref().map(|(issuer, _)| issuer).filter(|issuer| self.is_foreign(issuer)),
            is_proxied: failed.is_proxied,
            // An authority that the profile names may be that of a filter on the way.
            is_certificate_its_own: self.issuer.as_ref().is_some_and(|(issuer, _)| issuer.kind == IssuerKind::Public),
            answered: failed.answered,
            pongs: failed.pongs,
            last_word: failed.last_word.as_ref(),
            is_of_files: self.is_of_files,
            late_ticket: failed.late_ticket,
            ticket: failed.ticket,
            is_begin_unseen: self.unbegun.is_some() && self.unbegun == failed.attempt,
        };
        findings::of_failure(&failed.failure, &context)
    }

    fn failure(&self, failed: &Failed) -> Finding {
        self.finding(self.problem(failed), failed)
    }

    /// What was found with `failed`, which shows `problem`.
    fn finding(&self, problem: Problem, failed: &Failed) -> Finding {
        let mut finding = Finding::new(problem, failed.evidence.to_vec());
        if let Some(seen) = self.health.as_ref().filter(|_| finding.problem.rests_on_health) {
            finding.evidence.push(seen.seq);
            finding.evidence.sort_unstable();
        }
        Finding { log_reference: failed.log_reference.clone(), simulated: failed.simulated.clone(), ..finding }
    }

    /// Somebody opens TLS on the way; `found` is wrong beside it.
    fn interception(&self, found: &[super::Code]) -> Option<Finding> {
        let (issuer, seq) = self.issuer.as_ref()?;
        self.is_foreign(issuer).then(|| Finding::new(findings::intercepted(issuer, found), vec![*seq]))
    }

    /// Whether a certificate by `issuer` is somebody's who opens TLS on the way.
    fn is_foreign(&self, issuer: &Issuer) -> bool {
        match issuer.kind {
            IssuerKind::Interceptor => true,
            IssuerKind::Private => self.profile.tls.extra_roots.is_empty(),
            IssuerKind::Public => false,
        }
    }

    fn wrong_clock(&self) -> Option<Finding> {
        self.clock.as_ref()?.finding(self.token.as_ref().and_then(|token| token.claims.as_ref().ok()))
    }

    fn bad_health(&self) -> Option<Finding> {
        let HealthSeen { health, page, attempt, seq } = self.health.as_ref()?;
        let is_of_now = attempt.is_none() || self.failed.as_ref().is_some_and(Failed::is_told_by_health);
        let problem = findings::bad_health(*health).filter(|_| page.is_none() && is_of_now)?;
        Some(Finding::new(problem, vec![*seq]))
    }
}

impl Failed {
    fn is_told_by_health(&self) -> bool {
        self.failure.is_told_by_health()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Class, Close, Source};

    #[test]
    fn the_last_message_of_the_same_connection_explains_its_end() {
        let word = LastWord::read(br#"{"type":"disconnect","reason":"unauthorized"}"#).unwrap();
        let (one, two) = (AttemptId(1), AttemptId(2));
        for (attempt, is_explained) in [(one, true), (two, false)] {
            let mut diagnoser = Diagnoser::new(Profile::production());
            let entry = |seq, attempt, event| Entry {
                seq,
                elapsed: Moment::from_millis(1_000 * seq),
                time: DateTime::UNIX_EPOCH,
                attempt: Some(attempt),
                source: Source::Flow,
                simulated: None,
                event,
            };
            diagnoser.apply(&entry(0, one, Event::Flow(FlowEvent::Connected)));
            let heard = DriverEvent::LastWordHeard { word: word.clone() };
            diagnoser.apply(&entry(8, attempt, Event::Driver(heard)));
            let close = Close::received(Some(1000), "");
            let ended = FlowEvent::Disconnected { close, class: Some(Class::Soft) };
            diagnoser.apply(&entry(9, one, Event::Flow(ended)));
            let found = diagnoser.findings();
            assert_eq!(found[0].problem.cause.contains("“unauthorized”"), is_explained, "{attempt}: {found:?}");
        }
    }
}
