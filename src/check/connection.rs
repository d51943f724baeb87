//! The steps in which the client connects: the driver works, its journal tells how each step went.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::plan::{Found, Plan, Step, StepState};
use super::{BACK_FOR, OPEN_FOR, PONG_FOR, UNPROVEN_FOR, Work};
use crate::driver::keychain::{Consents, Keychain, Secrets};
use crate::driver::net::Net;
use crate::driver::{Browser, Carryover, Command, Driver};
use crate::model::{
    Claims, Credential, DisplayDuration, DriverEvent, Entry, Event, Failure, FaultName, Fingerprint, FlowCommand,
    FlowEvent, KeychainState, Moment, Phase, ReportId, Service, TokenFacts, TokenSource, TraceId,
};

/// What to write into a profile that names no greeting.
const SAY_GREETING: &str =
    "say in the profile what the server says first ([[hello]]), or that it says nothing (without = [\"greeting\"])";
/// What to write where tickets come again on purpose.
const SAY_REUSABLE: &str = "if the service gives the same one again on purpose, say reusable = true in its [[ticket]]";
/// As [`SAY_GREETING`], of a heartbeat.
const SAY_HEARTBEAT: &str = "say in the profile what keeps the connection ([heartbeat], [[answer]], [silence]), or that \
                             nothing has to (without = [\"heartbeat\"])";

impl Work {
    /// Connects with `credential`, which stays in memory, and does the steps from the JWT on.
    pub(super) async fn connect(
        &mut self,
        net: Net,
        credential: Credential,
        keychain: &KeychainState,
        quiet: Option<Duration>,
        plan: &mut Plan<'_>,
    ) {
        let origin = format!(" with {}", self.profile.said_origin());
        let mut story = Observed::new(credential.jwt.is_some(), keychain.clone(), origin);
        story.pings = self.profile.timeouts.ping.is_some();
        story.reuses_tickets = self.profile.reuses_tickets();
        let service = self.profile.service.as_deref();
        story.has_own_steps = service.is_some();
        story.is_greeting_open = service.is_some_and(Service::leaves_greeting_open);
        story.is_heartbeat_open = service.is_some_and(Service::leaves_heartbeat_open);
        let heartbeat = service.and_then(|service| service.heartbeat.as_ref());
        if self.profile.service.as_deref().is_some_and(Service::leaves_credential_open) {
            story.open_for = UNPROVEN_FOR;
        }
        story.is_heartbeat_answered = heartbeat.is_some_and(|heartbeat| heartbeat.expect.is_some());
        let memory = match self.secrets_account.clone() {
            Some(account) => {
                let memory = Keychain::memory().with_secrets(Secrets::os(account));
                self.given.expose_all().for_each(|(name, value)| memory.secrets().hold(name, value));
                memory
            }
            None => Keychain::memory().with_secrets(Secrets::knowing(self.given.clone())),
        };
        let account = self.profile.keychain_account();
        let memory = memory.with_consents(Consents::new(self.state_dir.as_deref(), account));
        memory.store(credential);
        let (commands, mut received) = mpsc::channel(4);
        let carryover = Carryover::new(Some(FlowCommand::Connect), self.seed).after(self.requests);
        let mut driver = Driver::new(
            self.profile.clone(),
            net.clone(),
            Arc::new(memory),
            self.recorder.clone(),
            self.seed,
            carryover,
        )
        .without_health_probe()
        .beating_at_once()
        .with_browser(Browser::Nobody);
        let follow = async {
            let seen = self.follow(&net, &mut story, plan, &commands).await;
            // The connection that is pinged stays open beside the silent one.
            let evaluated = match quiet {
                Some(length) => self.keep_silent(&net, length, seen, plan).await,
                None => seen,
            };
            drop(commands);
            evaluated
        };
        let (_, evaluated) = tokio::join!(driver.run(&mut received), follow);
        self.evaluated = evaluated;
    }

    /// Follows the client until the last step is over. Returns the number of the first entry that was not seen.
    async fn follow(
        &self,
        net: &Net,
        story: &mut Observed,
        plan: &mut Plan<'_>,
        commands: &mpsc::Sender<Command>,
    ) -> u64 {
        let mut next = 0;
        // The phase that is waited for, and until when.
        let mut deadline: Option<(CheckPhase, Instant)> = None;
        loop {
            for entry in self.journal.since(next).entries {
                next = entry.seq + 1;
                if let Event::Driver(DriverEvent::ClockCompared { offset }) = entry.event
                    && plan.state(Step::Clock) == StepState::Running
                {
                    plan.end(Step::Clock, entry.elapsed, self.of_clock(offset));
                }
                story.tell(&entry, plan);
                let event = &entry.event;
                let has_ticket = matches!(event, Event::Flow(FlowEvent::TicketObtained { .. } | FlowEvent::Dialling));
                if has_ticket && plan.state(Step::Browser) == StepState::Waiting {
                    self.look_as_browser(net, plan).await;
                }
            }
            let wait = match story.phase {
                CheckPhase::Over => return next,
                CheckPhase::Opening => None,
                CheckPhase::Open => Some(story.open_for),
                CheckPhase::Cut => Some(OPEN_FOR),
                CheckPhase::Unanswered => Some(PONG_FOR),
                CheckPhase::Back => Some(BACK_FOR),
            };
            if deadline.map(|(phase, _)| phase) != Some(story.phase) {
                deadline = wait.map(|wait| (story.phase, Instant::now() + wait));
            }
            if self.news_before(deadline.map(|(_, at)| at)).await {
                continue;
            }
            story.deadline(self.now(), plan);
            // There is room, and a driver that is gone ends the check by the limit of the next step.
            if story.phase == CheckPhase::Cut {
                let _ = commands.try_send(Command::Cut);
            }
        }
    }

    /// The trace id of the request before the client's.
    pub(super) fn trace(&self) -> TraceId {
        TraceId::of(ReportId::of(self.seed), self.requests)
    }
}

/// How far the client has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CheckPhase {
    /// It connects.
    Opening,
    /// The socket is open and has to stay so.
    Open,
    /// The same, and no ping has been answered: the client's own timer tells whether anything has come.
    Unanswered,
    /// The socket was cut; the client has to come back.
    Cut,
    /// It is back, and has to stay.
    Back,
    /// There is nothing more to be seen.
    Over,
}

/// What the journal has told so far.
struct Observed {
    phase: CheckPhase,
    has_stored: bool,
    keychain: KeychainState,
    origin: String,
    /// What became of the stored JWT.
    refused: Option<String>,
    /// The fault that had put it there.
    simulated: Option<FaultName>,
    opened: Moment,
    round_trips: Vec<Duration>,
    /// The tickets that were used so far.
    tickets: Vec<Fingerprint>,
    /// The phases of opening the socket.
    phases: Vec<String>,
    /// Why the client is not back yet, or was not at its first try.
    failed: Option<Failure>,
    /// The fault that brought that about.
    failed_by: Option<FaultName>,
    /// How often it has failed to come back.
    failures: u32,
    /// This computer's clock less the server's.
    ahead_millis: i64,
    /// How long the socket has to stay open.
    open_for: Duration,
    /// Whether the open socket is pinged.
    pings: bool,
    /// Whether the service's tickets are good for more than one use.
    reuses_tickets: bool,
    /// Whether the profile says the steps itself.
    has_own_steps: bool,
    /// Whether nobody has said when the socket is of use.
    is_greeting_open: bool,
    /// Whether nobody has said what keeps the connection.
    is_heartbeat_open: bool,
    /// Whether the service has to answer a heartbeat for the socket to stay open.
    is_heartbeat_answered: bool,
}

impl Observed {
    fn new(has_stored: bool, keychain: KeychainState, origin: String) -> Self {
        Self {
            phase: CheckPhase::Opening,
            has_stored,
            keychain,
            origin,
            refused: None,
            simulated: None,
            opened: Moment::START,
            round_trips: Vec::new(),
            tickets: Vec::new(),
            phases: Vec::new(),
            failed: None,
            failed_by: None,
            failures: 0,
            ahead_millis: 0,
            open_for: OPEN_FOR,
            pings: true,
            reuses_tickets: false,
            has_own_steps: false,
            is_greeting_open: false,
            is_heartbeat_open: false,
            is_heartbeat_answered: false,
        }
    }

    /// Takes in what happened next. What a fault brought about is marked.
    fn tell(&mut self, entry: &Entry, plan: &mut Plan<'_>) {
        if let Event::Driver(DriverEvent::ClockCompared { offset }) = &entry.event {
            self.ahead_millis = offset.ahead_millis;
        }
        match self.phase {
            CheckPhase::Opening => self.opening(entry, plan),
            CheckPhase::Open | CheckPhase::Unanswered => self.open(entry, plan),
            CheckPhase::Cut | CheckPhase::Back => self.cut(entry, plan),
            CheckPhase::Over => {}
        }
    }

    fn opening(&mut self, entry: &Entry, plan: &mut Plan<'_>) {
        let now = entry.elapsed;
        match &entry.event {
            Event::Flow(FlowEvent::AttemptStarted { .. }) => _ = plan.begin(Step::Token, now),
            Event::Flow(FlowEvent::TokenReady { token, source }) => {
                plan.end(Step::Token, now, self.of_token(token, *source));
                plan.begin(Step::Claims, now);
                plan.end(Step::Claims, now, self.of_claims(token, entry.time));
            }
            Event::Flow(FlowEvent::RequestingTicket) => {
                without_login(plan, now);
                plan.begin(Step::Ticket, now);
            }
            Event::Flow(FlowEvent::Dialling) => {
                without_login(plan, now);
                plan.begin(Step::Ticket, now);
                plan.end(Step::Ticket, now, Found::skipped("this service needs no ticket"));
                plan.begin(Step::Upgrade, now);
            }
            Event::Flow(FlowEvent::Greeting) => {
                let text = format!("101 Switching Protocols{}", self.origin);
                plan.end(Step::Upgrade, now, Found::passed(text).with([self.phases.join(" · ")]));
                plan.begin(Step::Greeting, now);
            }
            Event::Flow(FlowEvent::RefreshingToken { status, code }) => {
                self.refused = Some(format!("{status} {code}"));
                self.simulated.clone_from(&entry.simulated);
            }
            // The claims that count are those of the JWT that is used from here on.
            Event::Flow(FlowEvent::TokenAcquired { token, .. }) if self.refused.is_some() => {
                plan.end(Step::Claims, now, self.of_claims(token, entry.time));
            }
            Event::Flow(FlowEvent::TicketObtained { ticket, lifetime, .. }) => {
                let lives = lifetime.map_or_else(
                    || "does not say how long it lives".to_owned(),
                    |lifetime| format!("lives {}", DisplayDuration(lifetime)),
                );
                let text = format!("ticketHash #{ticket}, {lives}");
                let refused = self.refused.iter().map(|code| {
                    let which = if self.has_stored { "the stored JWT" } else { "the first JWT" };
                    format!("{which} was refused ({code}); a new one, kept in memory only, is accepted")
                });
                let found = Found::passed(text).with(refused).simulated(self.simulated.as_ref());
                plan.end(Step::Ticket, now, found);
                plan.begin(Step::Upgrade, now);
            }
            Event::Driver(DriverEvent::PhaseFinished { phase, took, .. }) if of_socket(*phase) => {
                self.phases.push(format!("{phase} {}", DisplayDuration(*took)));
            }
            Event::Flow(FlowEvent::TicketSpent { ticket, .. }) => self.tickets.push(*ticket),
            Event::Flow(FlowEvent::Connected) => {
                if plan.state(Step::Greeting) == StepState::Running {
                    plan.end(
                        Step::Greeting,
                        now,
                        Found::passed("the service's greeting is over: the socket is of use"),
                    );
                } else {
                    let text = format!("101 Switching Protocols{}", self.origin);
                    plan.end(Step::Upgrade, now, Found::passed(text).with([self.phases.join(" · ")]));
                    plan.begin(Step::Greeting, now);
                    plan.end(
                        Step::Greeting,
                        now,
                        match self.is_greeting_open {
                            true => {
                                Found::warning("the profile names none, so nothing shows that the socket is of use")
                                    .with([SAY_GREETING.to_owned()])
                            }
                            false => Found::skipped("this service has none"),
                        },
                    );
                }
                plan.begin(Step::Open, now);
                (self.phase, self.opened) = (CheckPhase::Open, now);
            }
            Event::Flow(FlowEvent::AttemptFailed { failure, .. }) => {
                let step = match failure {
                    Failure::Token(_) | Failure::Setup(_) => Step::Token,
                    Failure::Ticket(_) => Step::Ticket,
                    Failure::TicketExpired { .. }
                    | Failure::Dial(_)
                    | Failure::UpgradeRefused(_)
                    | Failure::Closed(_) => Step::Upgrade,
                    Failure::Greeting(_) => Step::Greeting,
                };
                let trace = match failure {
                    Failure::Token(request) | Failure::Ticket(request) => Some(format!("trace id {}", request.trace)),
                    Failure::UpgradeRefused(answer) => {
                        answer.body.excerpt.as_ref().map(|excerpt| format!("the answer says: {excerpt}"))
                    }
                    Failure::Setup(_)
                    | Failure::TicketExpired { .. }
                    | Failure::Dial(_)
                    | Failure::Greeting(_)
                    | Failure::Closed(_) => None,
                };
                let found = Found::failed(failure.to_string()).with(trace).simulated(entry.simulated.as_ref());
                plan.end(step, now, found);
                self.phase = CheckPhase::Over;
            }
            Event::Driver(DriverEvent::Crashed { .. }) => self.phase = CheckPhase::Over,
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => {}
        }
    }

    fn open(&mut self, entry: &Entry, plan: &mut Plan<'_>) {
        match &entry.event {
            Event::Driver(DriverEvent::Pong { rtt }) => self.round_trips.push(*rtt),
            Event::Flow(FlowEvent::Disconnected { close, .. }) => {
                let open_for = DisplayDuration(entry.elapsed.since(self.opened));
                let text = format!("closed after {open_for} with {}: {}", shown(close), close.meaning());
                plan.end(Step::Open, entry.elapsed, Found::failed(text).simulated(entry.simulated.as_ref()));
                self.phase = CheckPhase::Over;
            }
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => {}
        }
    }

    fn cut(&mut self, entry: &Entry, plan: &mut Plan<'_>) {
        let now = entry.elapsed;
        match &entry.event {
            Event::Flow(FlowEvent::TicketSpent { ticket, .. })
                if self.tickets.contains(ticket) && !self.reuses_tickets =>
            {
                let text = format!("the ticket for coming back is the one that was used before: #{ticket}");
                let hint = self.has_own_steps.then(|| SAY_REUSABLE.to_owned());
                plan.end(Step::Comeback, now, Found::failed(text).with(hint));
                self.phase = CheckPhase::Over;
            }
            Event::Flow(FlowEvent::TicketSpent { ticket, .. }) => self.tickets.push(*ticket),
            Event::Flow(FlowEvent::Connected) => (self.phase, self.opened) = (CheckPhase::Back, now),
            Event::Flow(FlowEvent::Disconnected { close, .. }) if self.phase == CheckPhase::Back => {
                let open_for = DisplayDuration(now.since(self.opened));
                let text = format!("back, and closed after {open_for} with {}: {}", shown(close), close.meaning());
                plan.end(Step::Comeback, now, Found::failed(text).simulated(entry.simulated.as_ref()));
                self.phase = CheckPhase::Over;
            }
            Event::Flow(FlowEvent::AttemptFailed { failure, .. }) => {
                self.failed = Some(failure.clone());
                self.failed_by.clone_from(&entry.simulated);
                self.failures += 1;
            }
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => {}
        }
    }

    /// The time of the phase is over.
    fn deadline(&mut self, now: Moment, plan: &mut Plan<'_>) {
        match self.phase {
            CheckPhase::Open | CheckPhase::Unanswered => match self.round_trips.iter().min() {
                Some(rtt) => {
                    let pings = self.round_trips.len();
                    let text = format!(
                        "{} open, {pings} pings answered in {}",
                        DisplayDuration(self.open_for),
                        DisplayDuration(*rtt)
                    );
                    plan.end(Step::Open, now, self.stayed_open(text));
                    plan.begin(Step::Comeback, now);
                    self.phase = CheckPhase::Cut;
                }
                None if !self.pings => {
                    let text = format!("{} open; this profile sends no pings", DisplayDuration(self.open_for));
                    plan.end(Step::Open, now, self.stayed_open(text));
                    plan.begin(Step::Comeback, now);
                    self.phase = CheckPhase::Cut;
                }
                None if self.phase == CheckPhase::Open => self.phase = CheckPhase::Unanswered,
                None => {
                    // The client's own timer ends a connection on which nothing at all comes.
                    let text =
                        format!("{} open; messages come all the while", DisplayDuration(self.open_for + PONG_FOR));
                    let note = "no ping is answered, which does no harm: whatever comes is a sign of life, and a browser sends no \
                                pings (RFC 6455 §5.5.3 wants them answered)";
                    plan.end(Step::Open, now, self.stayed_open(text).with([note.to_owned()]));
                    plan.begin(Step::Comeback, now);
                    self.phase = CheckPhase::Cut;
                }
            },
            CheckPhase::Cut => {
                let why = self.failed.iter().map(ToString::to_string);
                let text = format!("not back within {}", DisplayDuration(OPEN_FOR));
                plan.end(Step::Comeback, now, Found::failed(text).with(why));
                self.phase = CheckPhase::Over;
            }
            CheckPhase::Back => {
                let ticket = if self.tickets.is_empty() { "" } else { " with a new ticket" };
                let found = match self.failed.take() {
                    Some(failure) => {
                        let text = format!("back{ticket} only at try {}: before, {failure}", self.failures + 1);
                        Found::failed(text).simulated(self.failed_by.as_ref())
                    }
                    None => Found::passed(format!("back{ticket}, and open for {}", DisplayDuration(BACK_FOR))),
                };
                plan.end(Step::Comeback, now, found);
                self.phase = CheckPhase::Over;
            }
            CheckPhase::Opening | CheckPhase::Over => {}
        }
    }

    /// The socket stayed open for as long as it had to.
    fn stayed_open(&self, text: String) -> Found {
        match self.is_heartbeat_open {
            false if self.is_heartbeat_answered => {
                Found::passed(format!("{text}; the service's heartbeat is answered"))
            }
            true => Found::warning(format!("{text}; whether it stays is not known: the profile names no heartbeat"))
                .with([SAY_HEARTBEAT.to_owned()]),
            false => Found::passed(text),
        }
    }

    fn of_token(&self, token: &TokenFacts, source: TokenSource) -> Found {
        let hash = token.fingerprint;
        let unread = self.keychain.is_failure().then(|| format!("keychain: {}", self.keychain));
        let text = match source {
            TokenSource::Keychain | TokenSource::Memory => format!("from the keychain, tokenHash #{hash}"),
            TokenSource::Server => format!("fetched for this check alone, tokenHash #{hash}"),
        };
        Found::passed(text).with(unread)
    }

    /// By the server's clock, as far as it is known.
    fn of_claims(&self, token: &TokenFacts, time: DateTime<Utc>) -> Found {
        let claims = match &token.claims {
            Ok(claims) => claims,
            // What only the server reads need not be a JWT.
            Err(error) => return Found::skipped(error.to_string()),
        };
        let Claims { algorithm, session_id, issued_at, expires_at, not_before, in_milliseconds, .. } = claims;
        let now = time - chrono::TimeDelta::milliseconds(self.ahead_millis);
        let since = |date: DateTime<Utc>| DisplayDuration((now - date).abs().to_std().unwrap_or_default());
        let mut details = Vec::new();
        if algorithm.as_str() != "HS256" {
            details.push(format!("signed with {algorithm}, not HS256"));
        }
        let slack = chrono::TimeDelta::seconds(2);
        if let Some(issued_at) = issued_at.filter(|issued_at| *issued_at > now + slack) {
            details.push(format!("issued {} in the future, by the server's clock", since(issued_at)));
        }
        if let Some(from) = not_before.filter(|from| *from > now + slack) {
            details.push(format!("valid from {} in the future, by the server's clock", since(from)));
        }
        if *in_milliseconds {
            details.push("its times are in milliseconds; a JWT's are seconds".to_owned());
        }
        // Only the server can tell whether it needs one.
        let session = session_id.as_ref().map_or_else(|| "no sessionId in it".to_owned(), |id| format!("session {id}"));
        let life = match expires_at {
            Some(end) if *end <= now => {
                let text = format!("expired {} ago, by the server's clock; {session}", since(*end));
                return Found::failed(text).with(details);
            }
            Some(end) => format!("valid for {} more", since(*end)),
            None => "no end of its life in it".to_owned(),
        };
        Found::passed(format!("{session}, {life}")).with(details)
    }
}

fn shown(close: &crate::model::Close) -> String {
    let reason = &close.reason;
    if reason.is_empty() { close.code.to_string() } else { format!("{} {reason}", close.code) }
}

/// Where the service has no login there is no JWT either.
fn without_login(plan: &mut Plan<'_>, now: Moment) {
    if plan.state(Step::Token) == StepState::Running {
        plan.end(Step::Token, now, Found::skipped("this service has no sign-in that gives a token"));
        plan.begin(Step::Claims, now);
        plan.end(Step::Claims, now, Found::skipped("there is no JWT"));
    }
}

fn of_socket(phase: Phase) -> bool {
    match phase {
        Phase::Dns | Phase::Tcp | Phase::Proxy | Phase::Tls | Phase::Upgrade | Phase::Greeting => true,
        Phase::Keychain | Phase::Token | Phase::Ticket => false,
    }
}
