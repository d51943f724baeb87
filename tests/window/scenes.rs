//! Sessions made up for the window: a journal written by hand, a clock that stands still.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use ticketscope::faults::Fault;
use ticketscope::journal::recording::Header;
use ticketscope::journal::{Change, Direction, Journal, Message, MessageKind, Stamp};
use ticketscope::model::failure::*;
use ticketscope::model::*;
use ticketscope::session::{Command, Engine, SecretRequest, SecretsView};

/// A session that does nothing by itself and remembers what it was asked for.
pub struct Session {
    pub profile: Profile,
    pub journal: Journal,
    pub now: Cell<Moment>,
    pub sent: RefCell<Vec<Command>>,
    pub is_full: Cell<bool>,
    /// Whether its recording was ended.
    pub is_unrecorded: Cell<bool>,
    /// What is known of the profile's secrets, and what was asked about them.
    pub secrets: RefCell<SecretsView>,
    pub asked_secrets: RefCell<Vec<SecretRequest>>,
    attempt: Cell<Option<AttemptId>>,
    fault: RefCell<Option<FaultName>>,
}

/// What the window gets of it.
pub struct Handle(pub Rc<Session>);

impl Engine for Handle {
    fn journal(&self) -> &Journal {
        &self.0.journal
    }

    fn now(&self) -> Moment {
        self.0.now.get()
    }

    fn header(&self) -> Header {
        Header::new(&self.0.profile, 0x7f3a_91c0, date("2026-01-25T14:02:07.000Z"))
    }

    fn send(&self, command: Command) -> bool {
        if !self.0.is_full.get() {
            self.0.sent.borrow_mut().push(command);
        }
        !self.0.is_full.get()
    }

    fn stop_recording(&self) {
        self.0.is_unrecorded.set(true);
        self.0.say(Source::Driver, Event::Driver(DriverEvent::Recording { state: RecordingState::Off }));
    }

    fn ask_secrets(&self, request: SecretRequest) {
        self.0.asked_secrets.borrow_mut().push(request);
    }

    fn secrets(&self) -> SecretsView {
        self.0.secrets.borrow().clone()
    }
}

pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub fn date(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn token(name: &str) -> TokenFacts {
    let claims = Claims {
        algorithm: "HS256".into(),
        session_id: Some(SessionId::new("sess_8f3c0000111122223333444421").masked()),
        issued_at: Some(date("2026-01-25T13:40:00Z")),
        expires_at: Some(date("2026-02-24T13:40:00Z")),
        ..Claims::default()
    };
    TokenFacts { fingerprint: Fingerprint::of(name), claims: Ok(claims) }
}

pub fn refusal(status: u16, code: &str, request: u32) -> RequestFailure {
    let answer = Answer::of_status(status);
    let answer = if code.is_empty() { answer } else { answer.with_code(code) };
    let kind = RequestFailureKind::Status(Box::new(answer));
    RequestFailure { trace: TraceId::new(0x7f3a_91c0, request), kind }
}

impl Session {
    pub fn new(profile: Profile, changed: impl Fn(Change) + Send + Sync + 'static) -> Rc<Self> {
        Rc::new(Self {
            journal: Journal::new(changed),
            profile,
            now: Cell::default(),
            sent: RefCell::default(),
            is_full: Cell::default(),
            is_unrecorded: Cell::default(),
            secrets: RefCell::new(SecretsView { is_kept: true, ..SecretsView::default() }),
            asked_secrets: RefCell::default(),
            attempt: Cell::default(),
            fault: RefCell::default(),
        })
    }

    pub fn wait(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    pub fn say(&self, source: Source, event: Event) {
        let elapsed = self.now.get();
        let time = date("2026-01-25T14:02:07.000Z") + elapsed.since_start();
        let simulated = self.fault.borrow().clone();
        self.journal.append(Stamp { elapsed, time }, source, self.attempt.get(), simulated, event);
    }

    pub fn flow(&self, events: impl IntoIterator<Item = Event>) {
        events.into_iter().for_each(|event| self.say(Source::Flow, event));
    }

    pub fn log(&self, line: &str) {
        self.say(Source::Server, Event::Server(ServerEvent::Log { line: line.into() }));
    }

    /// What follows is brought about by `fault`.
    pub fn simulate(&self, fault: Option<Fault>) {
        self.fault.replace(fault.as_ref().map(Fault::name));
    }

    pub fn arm(&self, fault: Fault, times: Option<u32>) {
        self.say(Source::Fault, Event::Fault(FaultEvent::Armed { fault: fault.name(), times, probability: 1.0 }));
    }

    pub fn fire(&self, fault: Fault, left: Option<u32>) {
        self.say(Source::Fault, Event::Fault(FaultEvent::Fired { fault: fault.name(), left }));
    }

    pub fn phase(&self, phase: Phase, took: Duration, detail: &str) {
        self.wait(took);
        self.say(
            Source::Driver,
            Event::Driver(DriverEvent::PhaseFinished { phase, took, ok: true, detail: detail.into(), lookup: None }),
        );
    }

    pub fn serve(&self) {
        self.say(Source::Server, Event::Server(ServerEvent::Started { address: "127.0.0.1:43117".parse().unwrap() }));
    }

    pub fn begin(&self, trigger: Trigger) {
        self.attempt.set(Some(self.attempt.get().map_or(AttemptId(0), AttemptId::next)));
        self.flow([Event::Flow(FlowEvent::AttemptStarted { trigger }), Event::Flow(FlowEvent::EnsuringToken)]);
    }

    pub fn take_token(&self, source: TokenSource) {
        if source == TokenSource::Keychain {
            self.phase(Phase::Keychain, Duration::from_micros(400), "found");
            self.say(Source::Driver, Event::Driver(DriverEvent::Keychain { state: KeychainState::Ready }));
        }
        self.flow([Event::Flow(FlowEvent::TokenReady { token: token("jwt"), source })]);
    }

    pub fn take_ticket(&self) {
        let requested_at = self.now.get();
        self.flow([Event::Flow(FlowEvent::RequestingTicket)]);
        self.phase(Phase::Ticket, ms(12), "200 OK");
        let ticket = Fingerprint::of(&format!("{:?}", self.attempt.get()));
        self.log("[WSTicket] Ticket generated { hasUserId: false, ttl: 30 }");
        self.flow([Event::Flow(FlowEvent::TicketObtained {
            ticket,
            lifetime: Some(Duration::from_secs(30)),
            requested_at,
        })]);
    }

    pub fn open(&self) {
        self.phase(Phase::Dns, Duration::from_micros(230), "127.0.0.1");
        self.phase(Phase::Tcp, Duration::from_micros(410), "127.0.0.1:43117");
        let ticket = Fingerprint::of(&format!("{:?}", self.attempt.get()));
        self.flow([Event::Flow(FlowEvent::TicketSpent { ticket, age: Some(ms(41)) })]);
        self.phase(Phase::Upgrade, Duration::from_micros(2_140), "101 Switching Protocols");
        self.log("[WS] Authenticated via ticket { hasUserId: false }");
        self.log("websocket_connected { originHost: 'localhost:4200' }");
        self.flow([Event::Flow(FlowEvent::Connected)]);
    }

    pub fn pings(&self) {
        for rtt in [21, 23, 20, 26, 24, 31, 25, 23, 22, 27, 24, 23, 23] {
            self.wait(Duration::from_secs(15));
            self.say(Source::Driver, Event::Driver(DriverEvent::Pong { rtt: ms(rtt) }));
        }
        let message = |direction, text: &str| {
            Message::new(self.now.get(), AttemptId(0), direction, MessageKind::Text, text.as_bytes())
        };
        self.journal.append_messages(&mut vec![
            message(Direction::Out, "{\"v\":1,\"type\":\"subscribe\"}"),
            message(Direction::In, "{\"v\":1,\"type\":\"event\"}"),
            message(Direction::In, "{\"v\":1,\"type\":\"event\"}"),
        ]);
    }

    pub fn back_off(&self, retry: u32, wait: u64) {
        let nominal = ms(250 * (1 << (retry - 1).min(8)).min(20));
        let delay =
            Delay { retry, nominal, drawn: ms(wait), floor: None, wait: ms(wait), until: self.now.get() + ms(wait) };
        self.flow([Event::Flow(FlowEvent::BackoffScheduled { delay })]);
    }

    pub fn close(&self, close: Close, class: Class) {
        self.flow([Event::Flow(FlowEvent::Disconnected { close, class: Some(class) })]);
    }

    pub fn connect(&self) {
        self.say(Source::Person, Event::Flow(FlowEvent::Command { command: FlowCommand::Connect }));
        self.begin(Trigger::Person);
        self.take_token(TokenSource::Keychain);
        self.take_ticket();
        self.open();
    }

    pub fn fail_with_503(&self, request: u32) {
        self.begin(Trigger::Backoff);
        self.take_token(TokenSource::Memory);
        self.flow([Event::Flow(FlowEvent::RequestingTicket)]);
        self.simulate(Some(Fault::Simulate503));
        self.fire(Fault::Simulate503, None);
        self.wait(ms(11));
        let failure = Failure::Ticket(refusal(503, "REDIS_UNAVAILABLE", request));
        self.flow([Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft })]);
        self.simulate(None);
    }
}

/// A state of the window and how to get there.
pub type Scene = (&'static str, fn(&Session));

pub const SCENES: &[Scene] = &[
    ("idle", |session| session.serve()),
    ("connecting", |session| {
        session.serve();
        session.begin(Trigger::Person);
        session.take_token(TokenSource::Keychain);
        session.take_ticket();
    }),
    ("connected", |session| {
        session.serve();
        session.connect();
        session.pings();
    }),
    ("reconnecting", reconnecting),
    ("stopped", |session| {
        session.serve();
        session.connect();
        session.pings();
        session.simulate(Some(Fault::DropSessionId));
        session.begin(Trigger::Person);
        let mut token = token("no session");
        if let Ok(claims) = &mut token.claims {
            claims.session_id = None;
        }
        session.flow([
            Event::Flow(FlowEvent::TokenReady { token, source: TokenSource::Memory }),
            Event::Flow(FlowEvent::RequestingTicket),
        ]);
        session.wait(ms(9));
        let failure = Failure::Ticket(refusal(401, "MISSING_SESSION", 3));
        session.flow([Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Hard })]);
        session.simulate(None);
    }),
    ("origin blocked", |session| {
        session.serve();
        session.connect();
        session.wait(ms(62_000));
        session.close(Close::received(Some(1001), "SERVER_SHUTDOWN"), Class::Soft);
        session.back_off(1, 245);
        session.wait(ms(245));
        session.begin(Trigger::Backoff);
        session.take_token(TokenSource::Memory);
        session.take_ticket();
        session.open();
        session.wait(ms(900_000));
        session.close(Close::received(Some(1000), "IDLE_TIMEOUT"), Class::Soft);
        session.back_off(1, 262);
        session.arm(Fault::BlockOrigin, None);
        session.simulate(Some(Fault::BlockOrigin));
        session.begin(Trigger::Person);
        session.take_token(TokenSource::Memory);
        session.take_ticket();
        session.fire(Fault::BlockOrigin, None);
        session.open();
        session.wait(ms(3));
        session.close(Close::received(Some(1008), "ORIGIN_BLOCKED"), Class::Hard);
        session.simulate(None);
    }),
    ("damaged", |session| {
        session.serve();
        session.connect();
        session.wait(ms(4_000));
        session.simulate(Some(Fault::CorruptJwt));
        let token = TokenFacts { fingerprint: Fingerprint::of("damaged"), claims: Err(ClaimsError::Base64) };
        session.flow([Event::Flow(FlowEvent::CredentialReplaced { token: Some(token) })]);
        session.simulate(None);
        session.wait(ms(1_000));
        let close = Close { code: CloseCode::NORMAL, reason: "".into(), was_clean: true, cause: CloseCause::OwnFrame };
        session.flow([Event::Flow(FlowEvent::Disconnected { close, class: None }), Event::Flow(FlowEvent::Stopped)]);
    }),
    ("crashed", |session| {
        session.connect();
        session.wait(ms(800));
        session.simulate(Some(Fault::CrashClient));
        session.say(
            Source::Driver,
            Event::Driver(DriverEvent::Crashed { message: "the fault “crash-client” asked for it".into() }),
        );
        session.simulate(None);
    }),
    ("unreachable", |session| {
        let error = "it asks for a password that nobody can type here, as the program has no display (org.freedesktop.Secret.Error.IsLocked)";
        session.say(
            Source::Driver,
            Event::Driver(DriverEvent::Keychain { state: KeychainState::Refused { error: error.into() } }),
        );
        session.begin(Trigger::Person);
        session.flow([Event::Flow(FlowEvent::FetchingToken)]);
        session.wait(ms(180));
        let issuer = Some(Issuer::new("Example Corp TLS Inspection CA 2024".into(), None));
        let cause = TlsCause::Certificate(CertificateFault::UnknownIssuer);
        let kind = RequestFailureKind::Transport(Transport::Tls(Box::new(TlsFailure { cause, issuer })));
        let failure = Failure::Token(RequestFailure { trace: TraceId::new(0x7f3a_91c0, 0), kind });
        session.flow([Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft })]);
        session.back_off(5, 3_790);
        session.wait(ms(1_000));
    }),
];

/// What `design/window.png` shows: open for a while, dropped, then no tickets.
pub fn reconnecting(session: &Session) {
    session.serve();
    session.connect();
    session.pings();
    session.wait(ms(57_000));
    session.simulate(Some(Fault::DropConnection));
    session.fire(Fault::DropConnection, Some(0));
    session.close(Close::abnormal(CloseCause::EndOfStream), Class::Soft);
    session.simulate(None);
    session.arm(Fault::Simulate503, None);
    for (retry, wait) in [245, 512, 1_050].into_iter().enumerate() {
        session.back_off(retry as u32 + 1, wait);
        session.wait(ms(wait));
        session.fail_with_503(retry as u32 + 2);
    }
    session.back_off(4, 2_013);
    session.wait(ms(813));
}

/// No tickets for a long time.
pub fn long_outage(session: &Session) {
    reconnecting(session);
    for retry in 5..200 {
        session.wait(ms(1_200));
        session.fail_with_503(retry);
        session.back_off(retry, 3_900 + u64::from(retry * 7_919 % 2_300));
        session.wait(ms(2_600));
    }
}

/// One close of each kind.
pub fn many_closes(session: &Session) {
    session.serve();
    session.connect();
    let closes = [
        Close::received(Some(1000), "HEARTBEAT_TIMEOUT"),
        Close::received(Some(1001), "SERVER_SHUTDOWN"),
        Close::received(Some(4242), "something of the application's own that is rather long to read"),
        Close::abnormal(CloseCause::NoPong { silent_for: ms(15_000), was_heard: None }),
        Close::abnormal(CloseCause::Io(IoCause::Reset)),
        Close::abnormal(CloseCause::EndOfStream),
    ];
    for close in closes {
        session.wait(ms(62_000));
        session.simulate((close.cause == CloseCause::EndOfStream).then_some(Fault::DropConnection));
        session.close(close, Class::Soft);
        session.simulate(None);
        session.back_off(1, 245);
        session.wait(ms(245));
        session.begin(Trigger::Backoff);
        session.take_token(TokenSource::Memory);
        session.take_ticket();
        session.open();
    }
    let close = Close { code: CloseCode::NORMAL, reason: "".into(), was_clean: true, cause: CloseCause::OwnFrame };
    session.flow([Event::Flow(FlowEvent::Disconnected { close, class: None }), Event::Flow(FlowEvent::Stopped)]);
    session.arm(Fault::Simulate503, Some(2));
}
