//! The machine under random histories, against what the contract says in its own words.

mod hosts;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::hosts::{Hosts, Seen};
use super::*;
use crate::model::failure::{SignInFault, TcpFailure};
use crate::model::{
    Announcement, Answer, Class, Entry, Fingerprint, Phase, Profile, Ranges, RefreshRule, RequestFailureKind, Source,
    Then, TraceId, Transport, UpgradeRefusal,
};
use crate::view::Machine;

/// Histories; `TICKETSCOPE_HISTORIES` asks for more.
const HISTORIES: u32 = 100_000;

#[test]
fn random_histories_keep_to_the_contract_and_to_the_diagram() {
    let number = |name| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seed = number("TICKETSCOPE_SEED").unwrap_or_else(|| u64::from(std::process::id()) ^ 0x5eed_0000_0000);
    println!("replay with: TICKETSCOPE_SEED={seed} cargo nextest run random_histories");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let cases = number("TICKETSCOPE_HISTORIES").map_or(HISTORIES, |cases| cases as u32);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));

    let taken = RefCell::new(BTreeSet::new());
    let seen = RefCell::new(Seen::default());
    let outcome = runner.run(&(any::<u64>(), vec(any::<u32>(), 1..64)), |(seed, choices)| {
        let mut world = World::new(seed);
        choices.into_iter().for_each(|choice| world.step(Choice(choice)));
        assert_replays_the_same(&world.flow.policy, seed, &world.exchanges);
        let from_journal = world.machine.edges().map(|((from, to), _)| (from.into(), to.into())).collect();
        assert_eq!(world.edges, from_journal, "the journal (right) tells other edges");
        taken.borrow_mut().append(&mut world.edges);
        let mut of_all = seen.borrow_mut();
        of_all.sent += world.hosts.seen.sent;
        of_all.kept += world.hosts.seen.kept;
        Ok(())
    });
    outcome.unwrap_or_else(|failure| panic!("{failure}"));

    let Seen { sent, kept } = *seen.borrow();
    assert!(sent > cases / 4 && kept > cases / 50, "{sent} requests with secrets were sent, {kept} were not");

    let drawn: BTreeSet<(&str, &str)> = include_str!("mod.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("//! ")?.split_once(" -> "))
        .filter_map(|(from, rest)| Some((from.trim(), rest.split_whitespace().next()?)))
        .collect();
    assert!(drawn.len() > 25, "the diagram was not found");
    assert_eq!(*taken.borrow(), drawn, "the edges taken (left) are not the edges drawn (right)");
}

#[test]
fn a_changed_rule_decides_the_next_wait_and_when_a_connection_counts_as_stable() {
    let mut world = World::new(1);
    world.command(FlowCommand::Connect);
    let rule = Backoff { base: Duration::from_secs(3), jitter: 0.0, ..Backoff::default() };
    world.handle(Input::SetBackoff(rule.clone()));
    assert_eq!(world.flow.backoff.next(world.now, None).wait, Duration::from_secs(3));

    let before = Moment::from_millis(1_000) + rule.reset_after;
    world.flow.state = State::Connected { stable_at: Some(before) };
    world.now = Moment::from_millis(2_000);
    world.flow.handle(world.now, Input::SetBackoff(Backoff { reset_after: Duration::from_secs(60), ..rule.clone() }));
    assert_eq!(world.flow.deadline().map(|(at, _)| at), Some(Moment::from_millis(61_000)));
    world.flow.handle(world.now, Input::SetBackoff(Backoff { reset_after: Duration::ZERO, ..rule }));
    assert_eq!(world.flow.deadline(), None, "it has been open long enough");
}

/// What was recorded, written down and read again leads a new machine to the same outputs, effects included.
fn assert_replays_the_same(policy: &Policy, seed: u64, exchanges: &[Exchange]) {
    let policy = serde_json::to_string(policy).expect("a policy as JSON");
    let policy: Policy = serde_json::from_str(&policy).expect("the policy");
    let mut flow = ConnectionFlow::new(policy, seed, AttemptId(0));
    for Exchange { now, input, outputs } in exchanges {
        let (attempt, record) = serde_json::from_str(input).expect("the input");
        flow.handle(*now, Input::from_record(attempt, record).expect("an input"));
        let replayed: Vec<Said> = std::iter::from_fn(|| Said::next(&mut flow)).collect();
        assert_eq!(replayed, *outputs, "replayed (left) and recorded after {input}");
    }
}

/// An input as a recording has it, and what the machine made of it.
struct Exchange {
    now: Moment,
    input: String,
    outputs: Vec<Said>,
}

/// An output as far as a recording may know it.
#[derive(Debug, PartialEq)]
enum Said {
    Event(Option<AttemptId>, FlowEvent),
    Effect(String),
}

impl Said {
    fn of(output: &Output) -> Option<Self> {
        match output {
            Output::Event(attempt, event) => Some(Self::Event(*attempt, event.clone())),
            // `Debug` shows fingerprints where there are secrets.
            Output::Effect(effect) => Some(Self::Effect(format!("{effect:?}"))),
            Output::WaitUntil(_) => None,
        }
    }

    fn next(flow: &mut ConnectionFlow) -> Option<Self> {
        Self::of(&flow.poll())
    }
}

/// A random number, used up choice by choice.
struct Choice(u32);

impl Choice {
    /// One of `0..count`.
    fn of(&mut self, count: u32) -> u32 {
        let chosen = self.0 % count;
        self.0 /= count;
        chosen
    }

    /// Once in `count` times.
    fn once_in(&mut self, count: u32) -> bool {
        self.of(count) == 0
    }
}

/// A client with everything around it made up by the history, and what the contract lets it do.
struct World {
    flow: ConnectionFlow,
    now: Moment,
    /// The effect that waits for its answer.
    outstanding: Option<(AttemptId, Wanted)>,
    /// Attempts that are over and may still be answered.
    over: Vec<AttemptId>,
    /// Whether a person's command allows attempts: not before the first, not after a hard failure.
    allowed: bool,
    attempt_open: bool,
    last_attempt: Option<AttemptId>,
    requests: usize,
    refreshed: bool,
    last_jwt: Option<Jwt>,
    refused: HashSet<Fingerprint>,
    granted: Option<(Fingerprint, Moment, Duration)>,
    spent: HashSet<Fingerprint>,
    /// Retries in a row, by the contract's reset rule.
    retries: u32,
    connected_at: Option<Moment>,
    closing: bool,
    expected: Option<Expected>,
    /// Attempts in a row that began at once because the server wanted it.
    renewals: u32,
    minted: u32,
    state: &'static str,
    edges: BTreeSet<(&'static str, &'static str)>,
    exchanges: Vec<Exchange>,
    /// What the journal makes of the events.
    machine: Machine,
    /// Where its requests go.
    hosts: Hosts,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Wanted {
    Credential,
    Token,
    Ticket,
    Connection,
    Upgrade,
    Greeting,
}

/// What must follow the answer just given.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expected {
    Progress,
    Refresh,
    Soft(Option<Duration>),
    /// Another attempt at once, unless that one would be the second in a row.
    Renewal,
    Hard,
}

const LIFETIME: Duration = Duration::from_secs(30);

impl World {
    fn new(seed: u64) -> Self {
        static CONTRACT: LazyLock<Policy> = LazyLock::new(|| Policy::from(&Profile::production()));
        let mut policy = CONTRACT.clone();
        // Half of the services are the contract's, the others of any other kind.
        if seed % 2 == 1 {
            let has = |bit: u32| seed >> bit & 1 == 1;
            let refresh = if has(4) { vec![RefreshRule::UNAUTHORIZED] } else { Vec::new() };
            policy.steps = StepsOfFlow {
                login: has(1),
                ticket: has(2),
                greeting: has(3),
                is_service: has(4),
                refused_inside_stops: has(4),
                refresh,
            };
            let ranges = |text: &str| Ranges::try_from(text.to_owned()).expect("ranges");
            policy.classify.close = BTreeMap::from([(ranges("4200-4299"), Then::Renew), (ranges("4300"), Then::Stop)]);
            policy.classify.upgrade =
                BTreeMap::from([(ranges("403"), UpgradeRefusal::Stop), (ranges("402"), UpgradeRefusal::Login)]);
        }
        Self {
            flow: ConnectionFlow::new(policy, seed, AttemptId(0)),
            now: Moment::START,
            outstanding: None,
            over: Vec::new(),
            allowed: false,
            attempt_open: false,
            last_attempt: None,
            requests: 0,
            refreshed: false,
            last_jwt: None,
            refused: HashSet::new(),
            granted: None,
            spent: HashSet::new(),
            retries: 0,
            connected_at: None,
            closing: false,
            expected: None,
            renewals: 0,
            minted: 0,
            state: "Idle",
            edges: BTreeSet::new(),
            exchanges: Vec::new(),
            machine: Machine::default(),
            hosts: Hosts::new(seed),
        }
    }

    fn step(&mut self, mut choice: Choice) {
        match choice.of(16) {
            0..=8 => self.answer(&mut choice),
            9 | 10 => self.wait(&mut choice),
            11 => self.late_answer(&mut choice),
            12 => {
                let jwt = choice.once_in(2).then(|| self.mint_jwt());
                self.handle(Input::ReplaceJwt(jwt));
            }
            13 if choice.once_in(8) => {
                self.allowed |= self.state == "Idle";
                self.handle(Input::Resume);
            }
            13 => self.handle(Input::Timeout),
            _ => self.command(match choice.of(8) {
                0 => FlowCommand::Disconnect,
                1 => FlowCommand::NewSession,
                2 | 3 => FlowCommand::RetryNow,
                _ => FlowCommand::Connect,
            }),
        }
        // Whatever it does, it waits for an answer, a deadline or a person; here for at most an hour.
        match self.flow.deadline() {
            Some((at, _)) => assert!(at <= self.now + MAX_RETRY_AFTER.max(LIFETIME), "a wait without a limit"),
            None => {
                let open = self.connected_at.is_some() || self.closing;
                assert!(self.outstanding.is_some() || open || self.flow.is_at_rest(), "stuck in {}", self.state);
            }
        }
    }

    fn command(&mut self, command: FlowCommand) {
        let was_resting = self.flow.is_at_rest();
        if command != FlowCommand::Disconnect {
            self.allowed = true;
            if was_resting {
                (self.retries, self.renewals) = (0, 0);
            }
        }
        self.handle(Input::Command(command));
    }

    fn wait(&mut self, choice: &mut Choice) {
        let deadline = self.flow.deadline().map(|(at, _)| at.max(self.now));
        self.now = match deadline {
            Some(at) if choice.once_in(4) => at - Duration::from_nanos(1),
            Some(at) => at,
            None => self.now + Duration::from_millis(choice.of(40_000).into()),
        };
        self.handle(Input::Timeout);
    }

    fn mint_jwt(&mut self) -> Jwt {
        self.minted += 1;
        Jwt::new(format!("jwt {}", self.minted))
    }

    fn request_failure(kind: RequestFailureKind) -> RequestFailure {
        RequestFailure { trace: TraceId::new(0, 0), kind }
    }

    fn status(status: u16, code: Option<&str>, retry_after: Option<Duration>) -> RequestFailure {
        let answer = Answer { retry_after, ..Answer::of_status(status) };
        let answer = code.map_or(answer.clone(), |code| answer.with_code(code));
        Self::request_failure(RequestFailureKind::Status(Box::new(answer)))
    }

    /// A failure of a token or ticket request that the contract calls soft; a few are hard where a person has to change
    /// something.
    fn soft(&self, choice: &mut Choice) -> (RequestFailure, Expected) {
        let hour = Duration::from_secs(3_600);
        let minute = Duration::from_secs(60);
        let is_service = self.flow.policy.steps.is_service;
        let (failure, floor) = match choice.of(10) {
            0 => (Self::status(503, Some("REDIS_UNAVAILABLE"), None), None),
            1 => (Self::status(429, Some("RATE_LIMIT_EXCEEDED"), Some(minute)), Some(minute)),
            2 => (Self::status(503, None, Some(hour)), Some(MAX_RETRY_AFTER)),
            3 => (Self::status(500, Some("INVALID_TOKEN"), None), None),
            4 => (Self::status(404, None, None), None),
            5 => (Self::status(302, None, None), None),
            6 => {
                let failure = Self::request_failure(RequestFailureKind::NotSendable);
                return (failure, if is_service { Expected::Hard } else { Expected::Soft(None) });
            }
            8 if is_service => {
                let fault = SignInFault::Expired { after: minute };
                return (Self::request_failure(RequestFailureKind::SignIn(fault)), Expected::Hard);
            }
            7 => (Self::request_failure(RequestFailureKind::Timeout { after: minute }), None),
            _ => {
                let transport = Transport::Tcp(TcpFailure::Addresses(Vec::new()));
                (Self::request_failure(RequestFailureKind::Transport(transport)), None)
            }
        };
        (failure, Expected::Soft(floor))
    }

    fn answer(&mut self, choice: &mut Choice) {
        let Some((attempt, wanted)) = self.outstanding.take() else { return self.answer_socket(choice) };
        self.now = self.now + Duration::from_millis(choice.of(97).into());
        let good = !choice.once_in(3);
        let (input, expected) = match wanted {
            Wanted::Credential => {
                let jwt = (!choice.once_in(3)).then(|| self.mint_jwt());
                let session_id = choice.once_in(2).then(|| SessionId::new("sess_0123456789"));
                let credential = Credential { jwt, session_id, ..Credential::default() };
                (Input::CredentialLoaded(attempt, credential, TokenSource::Keychain), Expected::Progress)
            }
            Wanted::Token if good => {
                let same = self.last_jwt.clone().filter(|_| self.refreshed && choice.once_in(8));
                let expected = if same.is_some() { Expected::Hard } else { Expected::Progress };
                let jwt = same.unwrap_or_else(|| self.mint_jwt());
                (Input::TokenAnswered(attempt, Ok(TokenGrant::of(jwt))), expected)
            }
            Wanted::Token if choice.once_in(4) => {
                let code = choice.once_in(2).then_some("INVALID_TOKEN");
                (Input::TokenAnswered(attempt, Err(Self::status(401, code, None))), Expected::Hard)
            }
            Wanted::Token => {
                let (failure, expected) = self.soft(choice);
                (Input::TokenAnswered(attempt, Err(failure)), expected)
            }
            Wanted::Ticket if good => {
                self.minted += 1;
                let ticket = Ticket::new(format!("ticket {}", self.minted));
                self.granted = Some((ticket.fingerprint(), self.now, LIFETIME));
                (
                    Input::TicketAnswered(attempt, Ok(TicketGrant { ticket, lifetime: Some(LIFETIME) })),
                    Expected::Progress,
                )
            }
            Wanted::Ticket if choice.once_in(2) => {
                let expected = self.refused_ticket(Some("INVALID_TOKEN"));
                (Input::TicketAnswered(attempt, Err(Self::status(401, Some("INVALID_TOKEN"), None))), expected)
            }
            Wanted::Ticket if choice.once_in(3) => {
                let code = [Some("MISSING_SESSION"), Some("MISSING_AUTH"), None][choice.of(3) as usize];
                let expected = self.refused_ticket(code);
                (Input::TicketAnswered(attempt, Err(Self::status(401, code, None))), expected)
            }
            Wanted::Ticket => {
                let (failure, expected) = self.soft(choice);
                (Input::TicketAnswered(attempt, Err(failure)), expected)
            }
            Wanted::Connection if good => (Input::Dialled(attempt, Ok(())), Expected::Progress),
            Wanted::Connection if choice.once_in(8) => {
                let failure = DialFailure::Unusable { problem: "no address".into() };
                (Input::Dialled(attempt, Err(failure)), Expected::Hard)
            }
            Wanted::Connection => {
                let failure = DialFailure::Timeout { phase: Phase::Tcp, after: Duration::from_secs(5) };
                (Input::Dialled(attempt, Err(failure)), Expected::Soft(None))
            }
            Wanted::Upgrade if good => (Input::Upgraded(attempt, Ok(())), Expected::Progress),
            Wanted::Upgrade if !self.flow.policy.classify.upgrade.is_empty() && choice.once_in(2) => {
                let (status, expected) = [(403, Expected::Hard), (402, Expected::Soft(None))][choice.of(2) as usize];
                let refusal = Box::new(Answer::of_status(status));
                (Input::Upgraded(attempt, Err(Failure::UpgradeRefused(refusal))), expected)
            }
            Wanted::Greeting if good => (Input::Greeted(attempt, Ok(())), Expected::Progress),
            Wanted::Greeting => {
                let (failure, expected) = Self::ungreeted(choice);
                self.expect(expected);
                (Input::Greeted(attempt, Err(failure)), self.expected.take().unwrap_or(expected))
            }
            Wanted::Upgrade => {
                let retry_after = choice.once_in(2).then_some(Duration::from_secs(7));
                let refusal = Box::new(Answer { retry_after, ..Answer::of_status(401) });
                let StepsOfFlow { login, ticket, .. } = self.flow.policy.steps;
                let expected = if login || ticket { Expected::Soft(retry_after) } else { Expected::Hard };
                (Input::Upgraded(attempt, Err(Failure::UpgradeRefused(refusal))), expected)
            }
        };
        self.expected = Some(expected);
        self.handle(input);
        assert_eq!(self.expected, None, "an answer led to nothing");
    }

    /// What a refused ticket request leads to.
    fn refused_ticket(&mut self, code: Option<&str>) -> Expected {
        let StepsOfFlow { login, refresh, .. } = &self.flow.policy.steps;
        let is_curable = *login && (code == Some("INVALID_TOKEN") || !refresh.is_empty());
        if is_curable {
            self.refused.extend(self.last_jwt.as_ref().map(Jwt::fingerprint));
        }
        if is_curable && !self.refreshed { Expected::Refresh } else { Expected::Hard }
    }

    /// A greeting that fails, and what that leads to.
    fn ungreeted(choice: &mut Choice) -> (GreetingFailure, Expected) {
        let announced = |then| {
            let announced = Announcement { then, said: "bye".into(), means: None, owner: None };
            GreetingFailure::Refused { step: 1, announced }
        };
        match choice.of(7) {
            6 => (announced(Then::Go), Expected::Renewal),
            0 => (announced(Then::Stop), Expected::Hard),
            1 => (announced(Then::Renew), Expected::Renewal),
            2 => (announced(Then::Login), Expected::Renewal),
            3 => (announced(Then::Retry), Expected::Soft(None)),
            4 => {
                let close = Close::received(Some(1008), "NOT_AUTHORIZED");
                (GreetingFailure::Closed { step: 1, close, heard: None }, Expected::Hard)
            }
            _ => {
                let within = Duration::from_secs(10);
                let expected = "hello".into();
                (GreetingFailure::Missing { step: 1, expected, within, heard: None }, Expected::Soft(None))
            }
        }
    }

    /// `expected` follows; of renewals in a row only the first is at once.
    fn expect(&mut self, expected: Expected) {
        self.expected = Some(expected);
        if expected == Expected::Renewal {
            self.renewals += 1;
            if self.renewals > 1 {
                self.expected = Some(Expected::Soft(None));
            }
        }
    }

    /// The open socket ends, or goes on for a while.
    fn answer_socket(&mut self, choice: &mut Choice) {
        let Some(attempt) = self.flow.attempt().filter(|_| self.connected_at.is_some() || self.closing) else { return };
        self.now = self.now + Duration::from_millis(choice.of(10_000).into());
        let reasons = [
            ("NOT_AUTHORIZED", Expected::Hard),
            ("ORIGIN_BLOCKED", Expected::Hard),
            ("BAD_SUBSCRIBE", Expected::Hard),
            ("INVALID_REQUEST", Expected::Hard),
            ("SERVER_SHUTDOWN", Expected::Soft(None)),
            ("IDLE_TIMEOUT", Expected::Soft(None)),
            ("HEARTBEAT_TIMEOUT", Expected::Soft(None)),
            ("origin_blocked", Expected::Soft(None)),
            ("", Expected::Soft(None)),
        ];
        let (reason, expected) = reasons[choice.of(9) as usize];
        // The reason decides, not the code; and without a close frame there is no reason.
        let renews = !self.flow.policy.classify.close.is_empty();
        let (close, expected) = match choice.of(8) {
            6 | 7 if renews => {
                let (then, expected) = match choice.of(5) {
                    0 => (Then::Stop, Expected::Hard),
                    1 => (Then::Retry, Expected::Soft(None)),
                    2 => (Then::Renew, Expected::Renewal),
                    3 => (Then::Login, Expected::Renewal),
                    _ => (Then::Go, Expected::Renewal),
                };
                let announced = Announcement { then, said: "bye".into(), means: None, owner: None };
                (Close::abnormal(CloseCause::Announced(announced)), expected)
            }
            4 if renews => (Close::received(Some(4200), ""), Expected::Renewal),
            5 if renews => (Close::received(Some(4300), ""), Expected::Hard),
            0 => (Close::abnormal(CloseCause::EndOfStream), Expected::Soft(None)),
            1 => (Close::received(Some(1000), reason), expected),
            2 => (Close::received(Some(4008), reason), expected),
            _ => (Close::received(Some(1008), reason), expected),
        };
        if !self.closing {
            let open_for = self.connected_at.map(|at| self.now.since(at));
            if open_for.is_some_and(|open| open >= Duration::from_secs(5)) {
                self.renewals = 0;
            }
            self.expect(expected);
        }
        self.handle(Input::Closed(attempt, close));
        assert_eq!(self.expected, None, "a close led to nothing");
    }

    /// Answers to attempts that are over change nothing and are written down.
    fn late_answer(&mut self, choice: &mut Choice) {
        if self.over.is_empty() {
            return;
        }
        let attempt = self.over[choice.of(self.over.len() as u32) as usize];
        let input = match choice.of(7) {
            6 => Input::Greeted(attempt, Ok(())),
            0 => Input::CredentialLoaded(attempt, Credential::default(), TokenSource::Keychain),
            1 => Input::TokenAnswered(attempt, Ok(TokenGrant::of(Jwt::new("late")))),
            2 => Input::TicketAnswered(attempt, Err(Self::status(401, Some("MISSING_SESSION"), None))),
            3 => Input::Dialled(attempt, Ok(())),
            4 => Input::Upgraded(attempt, Ok(())),
            _ => Input::Closed(attempt, Close::received(Some(1008), "ORIGIN_BLOCKED")),
        };
        let (state, deadline) = (self.flow.state_name(), self.flow.deadline());
        self.tell(input);
        let output = self.poll();
        assert!(matches!(output, Output::Event(_, FlowEvent::LateAnswer { from, .. }) if from == attempt));
        assert_eq!((self.flow.state_name(), self.flow.deadline()), (state, deadline));
    }

    fn handle(&mut self, input: Input) {
        if let Input::Closed(_, Close { cause: CloseCause::Announced(announced), .. })
        | Input::Greeted(_, Err(GreetingFailure::Refused { announced, .. })) = &input
        {
            self.hosts.announced(announced);
        }
        let open_for = self.connected_at.map(|at| self.now.since(at));
        if matches!(input, Input::Timeout) && open_for.is_some_and(|open| open >= Duration::from_secs(5)) {
            self.renewals = 0;
        }
        self.tell(input);
        loop {
            match self.poll() {
                Output::Effect(effect) => self.effect(effect),
                Output::Event(attempt, event) => self.event(attempt, event),
                Output::WaitUntil(_) => break,
            }
        }
        assert_eq!(self.flow.state_name(), self.state, "the events do not tell the state");
        assert_eq!(<&str>::from(self.machine.state()), self.state, "the journal tells another state");
    }

    fn tell(&mut self, input: Input) {
        let record = serde_json::to_string(&input.record()).expect("an input as JSON");
        self.exchanges.push(Exchange { now: self.now, input: record, outputs: Vec::new() });
        self.flow.handle(self.now, input);
    }

    fn poll(&mut self) -> Output {
        let output = self.flow.poll();
        let last = self.exchanges.last_mut().expect("an input before any output");
        last.outputs.extend(Said::of(&output));
        output
    }

    fn enter(&mut self, state: &'static str) {
        self.edges.insert((self.state, state));
        self.state = state;
    }

    fn want(&mut self, attempt: AttemptId, wanted: Wanted) {
        assert!(self.allowed, "{wanted:?} after a hard failure");
        assert!(self.attempt_open, "{wanted:?} outside an attempt");
        assert_eq!(self.outstanding, None, "two things at once");
        assert_eq!(Some(attempt), self.last_attempt, "an effect of another attempt");
        self.outstanding = Some((attempt, wanted));
    }

    fn effect(&mut self, effect: Effect) {
        self.hosts.effect(&effect);
        match effect {
            Effect::LoadCredential(attempt) => self.want(attempt, Wanted::Credential),
            Effect::RequestToken(attempt, _) => {
                assert!(self.flow.policy.steps.login, "a login that nobody needs");
                self.want(attempt, Wanted::Token);
            }
            Effect::RequestTicket(attempt, jwt) => {
                self.requests += 1;
                assert!(self.requests <= 2, "a third ticket request in one attempt");
                let steps = &self.flow.policy.steps;
                assert!(steps.ticket, "a ticket that nobody needs");
                assert_eq!(jwt.is_some(), steps.login, "a ticket request with a JWT if there is a login");
                let is_refused = jwt.as_ref().is_some_and(|jwt| self.refused.contains(&jwt.fingerprint()));
                assert!(!is_refused, "a refused JWT sent again");
                self.last_jwt = jwt;
                self.want(attempt, Wanted::Ticket);
            }
            Effect::Dial(attempt) => self.want(attempt, Wanted::Connection),
            Effect::Upgrade(attempt, ticket) => {
                assert_eq!(ticket.is_some(), self.flow.policy.steps.ticket, "a ticket if one is needed");
                if let Some(ticket) = ticket {
                    let (granted, at, lifetime) = self.granted.take().expect("a ticket of this attempt");
                    assert_eq!(ticket.fingerprint(), granted, "a ticket of another attempt");
                    assert!(self.now < at + lifetime, "a dead ticket was sent");
                    assert!(self.spent.insert(granted), "a ticket was sent twice");
                }
                self.want(attempt, Wanted::Upgrade);
            }
            Effect::Close(_) => {
                self.outstanding = None;
                self.connected_at = None;
                self.closing = true;
                self.enter("Closing");
            }
            Effect::Abort(attempt) => {
                assert_eq!(Some(attempt), self.last_attempt);
                self.outstanding = None;
                self.end_attempt();
            }
            Effect::SaveCredential(_) | Effect::ForgetCredential => {}
        }
    }

    fn end_attempt(&mut self) {
        self.attempt_open = false;
        self.over.extend(self.last_attempt);
        self.granted = None;
    }

    fn event(&mut self, attempt: Option<AttemptId>, event: FlowEvent) {
        let (time, source, simulated) = (chrono::DateTime::UNIX_EPOCH, Source::Flow, None);
        let event_told = event.clone();
        self.machine.apply(&Entry {
            seq: 0,
            elapsed: self.now,
            time,
            attempt,
            source,
            simulated,
            event: event_told.into(),
        });
        if !matches!(event, FlowEvent::AttemptStarted { .. }) {
            assert_eq!(attempt, self.last_attempt, "{event:?} stands under another attempt");
        }
        match event {
            FlowEvent::AttemptStarted { .. } => {
                assert!(self.allowed, "an attempt that nobody asked for");
                assert!(!self.attempt_open, "two attempts at once");
                assert!(attempt > self.last_attempt, "an attempt's number was used again");
                self.last_attempt = attempt;
                self.attempt_open = true;
                self.closing = false;
                (self.requests, self.refreshed) = (0, false);
                self.refused.clear();
                if self.expected == Some(Expected::Renewal) {
                    self.expected = None;
                }
                self.enter("EnsuringToken");
            }
            FlowEvent::RequestingTicket | FlowEvent::RetryingTicket => {
                self.meet(Expected::Progress);
                self.enter("RequestingTicket");
            }
            FlowEvent::FetchingToken => self.meet(Expected::Progress),
            FlowEvent::RefreshingToken { .. } => {
                assert!(!self.refreshed, "a second refresh in one attempt");
                self.meet(Expected::Refresh);
                self.refreshed = true;
                self.enter("RefreshingToken");
            }
            FlowEvent::TicketObtained { .. } => {
                self.meet(Expected::Progress);
                self.enter("Dialling");
            }
            FlowEvent::TicketSpent { .. } => {
                self.meet(Expected::Progress);
                self.enter("Upgrading");
            }
            FlowEvent::Dialling => {
                self.meet(Expected::Progress);
                self.enter("Dialling");
            }
            FlowEvent::Upgrading => {
                self.meet(Expected::Progress);
                self.enter("Upgrading");
            }
            FlowEvent::Greeting => {
                self.meet(Expected::Progress);
                self.enter("Greeting");
                self.want(attempt.expect("an attempt"), Wanted::Greeting);
            }
            FlowEvent::Connected => {
                self.meet(Expected::Progress);
                self.connected_at = Some(self.now);
                self.enter("Connected");
            }
            FlowEvent::AttemptFailed { failure, class } => {
                if matches!(failure, Failure::TicketExpired { .. }) {
                    // The clock decides this one, whatever the answer was; the dialling was called off.
                    assert_eq!(self.outstanding, None, "dialling goes on after its ticket has died");
                    self.expected = Some(Expected::Soft(None));
                }
                self.failed(class);
            }
            FlowEvent::Disconnected { class, .. } => {
                let open_for = self.connected_at.take().map(|at| self.now.since(at));
                if open_for.is_some_and(|open| open >= Duration::from_secs(5)) {
                    self.retries = 0;
                }
                match class {
                    Some(class) => self.failed(class),
                    None => {
                        assert!(self.closing, "a close that nobody asked for has a class");
                        self.closing = false;
                        self.end_attempt();
                    }
                }
            }
            FlowEvent::BackoffReset => {
                let open_for = self.connected_at.map(|at| self.now.since(at));
                assert!(open_for >= Some(Duration::from_secs(5)), "reset after {open_for:?}");
                self.retries = 0;
            }
            FlowEvent::BackoffScheduled { delay } => self.scheduled(delay),
            FlowEvent::Stopped => {
                assert!(!self.attempt_open);
                self.allowed = false;
                self.enter("Idle");
            }
            FlowEvent::Command { .. }
            | FlowEvent::BackoffChanged { .. }
            | FlowEvent::EnsuringToken
            | FlowEvent::TokenAcquired { .. }
            | FlowEvent::TokenReady { .. }
            | FlowEvent::CredentialReplaced { .. }
            | FlowEvent::SessionDropped => {}
            other => panic!("not an event of the flow: {other:?}"),
        }
    }

    fn meet(&mut self, expected: Expected) {
        if let Some(wanted) = self.expected.take() {
            assert_eq!(wanted, expected);
        }
    }

    fn failed(&mut self, class: Class) {
        if self.attempt_open {
            self.end_attempt();
        }
        match class {
            Class::Hard => {
                self.meet(Expected::Hard);
                self.allowed = false;
                self.enter("Stopped");
            }
            Class::Soft => {
                let is_soft = matches!(self.expected, Some(Expected::Soft(_) | Expected::Renewal));
                assert!(is_soft, "soft, not {:?}", self.expected);
            }
        }
    }

    fn scheduled(&mut self, delay: Delay) {
        let Some(Expected::Soft(floor)) = self.expected.take() else { panic!("a wait without a soft failure") };
        self.retries += 1;
        assert_eq!(delay.retry, self.retries, "the count of retries");
        let middle = (250 << (self.retries - 1).min(5)).min(5_000);
        let drawn = delay.drawn.as_secs_f64() * 1_000.0;
        assert!(
            (f64::from(middle) * 0.75..=f64::from(middle) * 1.25).contains(&drawn),
            "{drawn} ms around {middle} ms"
        );
        assert_eq!(delay.floor, floor);
        assert_eq!(delay.wait, delay.drawn.max(floor.unwrap_or_default()));
        assert_eq!(delay.until, self.now + delay.wait);
        self.enter("Waiting");
    }
}
