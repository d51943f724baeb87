//! What a support agent reads, for each row of contract §2 and §6: the cause, what the client does next, and
//! who can fix it.

mod again;
mod hour;
mod patterns;

use std::time::Duration;

use chrono::DateTime;

use super::{SessionView, Standpoint, Tone, Verdict};
use crate::faults::Fault;
use crate::model::failure::*;
use crate::model::*;

const RETRIES: &str = "The client keeps retrying";
const STOPPED: &str = "The client has stopped";
const FUTILE: &str = "will not help until it is fixed";
const AFTER: Duration = Duration::from_secs(10);

/// A session to which events happen.
struct Session {
    view: SessionView,
    attempt: AttemptId,
    simulated: Option<FaultName>,
}

impl Session {
    fn begin() -> Self {
        let view = SessionView::live(Profile::production());
        let mut session = Self { view, attempt: AttemptId(0), simulated: None };
        session.tell(Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Person }));
        session
    }

    /// One whose ticket has gone out with the upgrade.
    fn upgrading() -> Self {
        let mut session = Self::begin();
        let ticket = Fingerprint::of("ticket");
        session.tell(Event::Flow(FlowEvent::TicketObtained {
            ticket,
            lifetime: Some(AFTER),
            requested_at: Moment::START,
        }));
        session.tell(Event::Flow(FlowEvent::TicketSpent { ticket, age: Some(Duration::ZERO) }));
        session
    }

    fn tell(&mut self, event: Event) {
        let entry = Entry {
            seq: 0,
            elapsed: Moment::START,
            time: DateTime::UNIX_EPOCH,
            attempt: Some(self.attempt),
            source: Source::Flow,
            simulated: self.simulated.clone(),
            event,
        };
        self.view.apply(&entry);
    }

    fn verdict(&self) -> Verdict {
        self.view.verdict(Standpoint::Present)
    }

    /// The verdict once `failure` has ended the attempt or the connection.
    fn fail(mut self, failure: Failure, class: Class) -> Verdict {
        self.tell(match failure {
            Failure::Closed(close) => Event::Flow(FlowEvent::Disconnected { close, class: Some(class) }),
            failure => Event::Flow(FlowEvent::AttemptFailed { failure, class }),
        });
        if class == Class::Soft {
            let delay =
                Delay { retry: 1, nominal: AFTER, drawn: AFTER, floor: None, wait: AFTER, until: Moment::START };
            self.tell(Event::Flow(FlowEvent::BackoffScheduled { delay }));
        }
        self.verdict()
    }
}

fn request(kind: RequestFailureKind) -> RequestFailure {
    RequestFailure { trace: TraceId::new(7, 1), kind }
}

fn status(status: u16, code: &str) -> RequestFailure {
    let answer = Answer::of_status(status);
    let answer = if code.is_empty() { answer } else { answer.with_code(code) };
    request(RequestFailureKind::Status(Box::new(answer)))
}

fn token(code: u16) -> Failure {
    Failure::Token(status(code, ""))
}

fn ticket(code: u16, name: &str) -> Failure {
    Failure::Ticket(status(code, name))
}

fn malformed() -> RequestFailure {
    let fault = AnswerFault::Missing { field: "/ticket".into() };
    request(RequestFailureKind::Malformed(Box::new(MalformedAnswer { fault, answer: Answer::of_status(200) })))
}

fn unreached(transport: Transport) -> RequestFailure {
    request(RequestFailureKind::Transport(transport))
}

fn refused(status: u16) -> Failure {
    Failure::UpgradeRefused(Box::new(Answer::of_status(status)))
}

fn dial(transport: Transport) -> Failure {
    Failure::Dial(DialFailure::Transport(transport))
}

fn closed(code: u16, reason: &str) -> Failure {
    Failure::Closed(Close::received(Some(code), reason))
}

fn expired_certificate() -> Transport {
    let cause = TlsCause::Certificate(CertificateFault::Expired { on: "2001-12-31".parse().ok() });
    Transport::Tls(Box::new(TlsFailure { cause, issuer: None }))
}

fn tcp(cause: IoCause) -> Transport {
    Transport::Tcp(TcpFailure::Server { server: "api.example:443".into(), cause })
}

fn reset() -> Transport {
    Transport::Broken(BrokenCause::Io(IoCause::Reset))
}

/// That the verdict on each failure says all the words, and that retrying is futile exactly if they do.
fn check<const N: usize>(class: Class, rows: [(Failure, &[&str]); N]) {
    let (tone, status, next) = match class {
        Class::Soft => (Tone::Warning, "RECONNECTING", RETRIES),
        Class::Hard => (Tone::Bad, "STOPPED", STOPPED),
    };
    for (failure, words) in rows {
        let said = Session::upgrading().fail(failure.clone(), class);
        assert_eq!((said.tone, said.status), (tone, status), "{failure}");
        let text = format!("{}. {}", said.title, said.detail);
        for word in words.iter().chain([&next]) {
            assert!(text.contains(word), "“{word}” is missing for {failure:?}: {text}");
        }
        assert_eq!(text.contains(FUTILE), words.contains(&FUTILE), "{failure:?}: {text}");
        for flaw in ["  ", "..", " ."] {
            assert!(!text.contains(flaw), "“{flaw}” in {text}");
        }
    }
}

#[test]
fn the_demo_is_where_its_server_listens() {
    let mut session = Session::begin();
    session.view = SessionView::live(Profile::local_demo(([127, 0, 0, 1], 0).into()));
    session.tell(Event::Server(ServerEvent::Started { address: ([127, 0, 0, 1], 40_469).into() }));
    let profile = &session.view.snapshot().profile;
    assert_eq!((profile.api.to_string(), profile.is_local_demo()), ("http://127.0.0.1:40469".to_owned(), true));
    assert_eq!(profile.websocket.url().port(), Some(40_469));
}

#[test]
fn hard_failures_name_cause_and_owner() {
    check(
        Class::Hard,
        [
            (token(401), &["gives this user no JWT — 401", "token request itself was refused", "sign in again"]),
            (Failure::Token(status(401, "INVALID_TOKEN")), &["gives this user no JWT", "sign in again"]),
            (
                ticket(401, "INVALID_TOKEN"),
                &["refuses the JWT that it gives out", "signing key or on the time", "no sessionId", "Operations can"],
            ),
            (
                ticket(401, "MISSING_SESSION"),
                &["no sessionId — 401 MISSING_SESSION", "The user can fix it: New session"],
            ),
            (ticket(401, "MISSING_AUTH"), &["did not arrive", "takes the Authorization header out", "Operations"]),
            (ticket(401, ""), &["does not accept the JWT — 401 Unauthorized", "The user can try New session"]),
            (
                closed(1008, "NOT_AUTHORIZED"),
                &[
                    "did not accept the ticket — 1008 NOT_AUTHORIZED",
                    "do not share their ticket store",
                    "Operations can fix it",
                ],
            ),
            (closed(1008, "ORIGIN_BLOCKED"), &["does not allow this origin", "Operations can add it"]),
            (closed(1008, "BAD_SUBSCRIBE"), &["asked for a channel", "The developers can fix it"]),
            (closed(1008, "INVALID_REQUEST"), &["does not understand", "The developers can fix it"]),
        ],
    );
}

#[test]
fn soft_failures_of_requests_name_cause_and_owner() {
    check(
        Class::Soft,
        [
            (
                ticket(503, "REDIS_UNAVAILABLE"),
                &["ticket service is unavailable", "Redis behind the API is down", "Operations", "has to be restarted"],
            ),
            (token(503), &["service is unavailable — 503 Service Unavailable", "Operations"]),
            (ticket(500, "TICKET_GENERATION_FAILED"), &["lost its ticket store", FUTILE, "by restarting the API"]),
            (
                ticket(500, "INTERNAL_ERROR"),
                &["does not allow this origin", "Origin is missing or not on its list", "Operations can add"],
            ),
            (token(500), &["failed inside — 500", "Operations"]),
            (token(502), &["behind the gateway is down — 502 Bad Gateway", "Operations"]),
            (ticket(520, ""), &["behind the CDN answers nothing", "520 Server Error", "Operations"]),
            (ticket(429, "RATE_LIMIT_EXCEEDED"), &["Too many requests", "Nobody has to do anything", "Operations"]),
            (ticket(404, ""), &["no ticket endpoint", "path is wrong", FUTILE, "Whoever wrote the profile"]),
            (token(302), &["redirected", "not followed", FUTILE, "Whoever wrote the profile"]),
            (token(418), &["Unexpected answer to the token request", "The developers"]),
            (
                Failure::Ticket(malformed()),
                &["not this API's", "JSON with /ticket, got JSON without it", FUTILE, "Whoever wrote the profile"],
            ),
            (
                Failure::Token(request(RequestFailureKind::Timeout { after: AFTER })),
                &["No answer to the token request within 10 s", "Operations"],
            ),
            (
                Failure::Token(unreached(Transport::Dns(DnsFailure {
                    host: "api.example".into(),
                    cause: DnsCause::Other("unknown".into()),
                }))),
                &[
                    "cannot be resolved",
                    "api.example: unknown",
                    "If the user is online, their DNS fails: the user's IT",
                ],
            ),
            (
                Failure::Ticket(unreached(tcp(IoCause::Refused))),
                &["cannot be reached", "connection refused", "operations can fix it"],
            ),
            (
                Failure::Ticket(unreached(expired_certificate())),
                &["No secure connection", "certificate has expired", FUTILE, "this computer's date", "operations can"],
            ),
            (
                Failure::Ticket(unreached(Transport::Tls(Box::new(TlsFailure {
                    cause: TlsCause::EndedByServer,
                    issuer: None,
                })))),
                &["No secure connection", "Operations", "the user's IT"],
            ),
            (
                Failure::Ticket(unreached(Transport::Proxy(ProxyFailure {
                    proxy: "proxy:3128".into(),
                    cause: ProxyCause::SentData,
                }))),
                &["The proxy", "The user's IT"],
            ),
            (Failure::Ticket(unreached(reset())), &["broke", "Reset by the other side", "Operations"]),
        ],
    );
}

#[test]
fn soft_failures_of_the_socket_name_cause_and_owner() {
    check(
        Class::Soft,
        [
            (
                refused(401),
                &["refused the WebSocket — 401", "does not allow this origin, or its ticket store fails", "Operations"],
            ),
            (refused(403), &["refused the WebSocket — 403", "application itself refuses", "The developers can see"]),
            (refused(404), &["no WebSocket at this address", "path", "Whoever wrote the profile", FUTILE]),
            (refused(302), &["redirected", "Whoever wrote the profile", FUTILE]),
            (refused(429), &["Too many requests — 429", "Nobody has to do anything", "Operations"]),
            (refused(500), &["failed inside — 500", "Operations"]),
            (refused(503), &["does not reach the socket server — 503", "ticket request was answered", "Operations"]),
            (refused(522), &["behind the CDN does not answer in time — 522 Server Error (HTTP/1.1)", "Operations"]),
            (dial(tcp(IoCause::NoAnswer)), &["cannot be reached", "operations"]),
            (dial(expired_certificate()), &["certificate has expired", "operations", FUTILE]),
            (
                Failure::Dial(DialFailure::Timeout { phase: Phase::Tcp, after: AFTER }),
                &["TCP took longer than 10 s", "firewall", "IT"],
            ),
            (
                Failure::Dial(DialFailure::Timeout { phase: Phase::Upgrade, after: AFTER }),
                &["does not answer the WebSocket request", "handshake", "Operations"],
            ),
            (
                Failure::Dial(DialFailure::BadHandshake(HandshakeFault::NoAcceptKey)),
                &["not a WebSocket server's", "101 without Sec-WebSocket-Accept", "Operations can exempt", FUTILE],
            ),
            (
                Failure::TicketExpired { age: AFTER * 4, lifetime: AFTER * 3 },
                &["expired before it could be used", "Connecting took 40 s", "their IT"],
            ),
            (closed(1001, "SERVER_SHUTDOWN"), &["restarting — 1001 SERVER_SHUTDOWN", "operations"]),
            (closed(1000, "IDLE_TIMEOUT"), &["idle", "sent nothing for too long", "Nobody has to do anything"]),
            (closed(1000, "HEARTBEAT_TIMEOUT"), &["gave up a connection that was in order", "The developers can"]),
            (closed(4242, "other"), &["closed the connection — 4242 other", "the developers"]),
            (
                Failure::Closed(Close::abnormal(CloseCause::EndOfStream)),
                &["— 1006", "as soon as it was open", "without a close frame", "Operations can see"],
            ),
            (
                Failure::Closed(Close::abnormal(CloseCause::NoPong { silent_for: AFTER, was_heard: None })),
                &["no frame after it — 1006", "passes no WebSocket frames", "Operations can see"],
            ),
        ],
    );
}

#[test]
fn a_failure_says_what_to_search_for_in_the_servers_log_only_if_it_can_be_there() {
    let by_ticket = format!("ticketHash #{} finds it in the server's log.", Fingerprint::of("ticket"));
    for failure in [refused(401), closed(1008, ""), dial(reset())] {
        let said = Session::upgrading().fail(failure.clone(), Class::Soft).detail;
        assert!(said.contains(&by_ticket), "{said}");
        let said = Session::begin().fail(failure, Class::Soft).detail;
        assert!(!said.contains("ticketHash"), "no ticket went out: {said}");
    }
    let mut next = Session::upgrading();
    next.attempt = next.attempt.next();
    next.tell(Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Backoff }));
    let said = next.fail(dial(tcp(IoCause::NoAnswer)), Class::Soft).detail;
    assert!(!said.contains("ticketHash"), "the ticket is the last attempt's: {said}");

    let by_trace = format!("Trace id {} finds this request in the server's log.", TraceId::new(7, 1));
    let said = Session::begin().fail(ticket(503, ""), Class::Soft).detail;
    assert!(said.contains(&by_trace), "{said}");
    let unreached = Failure::Ticket(unreached(tcp(IoCause::Refused)));
    let said = Session::upgrading().fail(unreached, Class::Soft).detail;
    assert!(!said.contains("server's log"), "the request never arrived: {said}");
}

#[test]
fn a_simulated_failure_is_called_by_its_button() {
    let by = |name| {
        let session = Session { simulated: Some(name), ..Session::begin() };
        session.fail(ticket(503, "REDIS_UNAVAILABLE"), Class::Soft).detail
    };
    assert!(by(Fault::Simulate503.name()).contains("Simulated by the fault “Simulate 503”."));
    assert!(by(FaultName::new("from-elsewhere")).contains("Simulated by the fault “from-elsewhere”."));
}

#[test]
fn what_is_no_failure_says_what_comes_next() {
    let mut session = Session::begin();
    session.tell(Event::Flow(FlowEvent::Connected));
    assert_eq!(session.verdict().status, "CONNECTED");
    session.tell(Event::Flow(FlowEvent::Command { command: FlowCommand::Connect }));
    assert_eq!(session.verdict().status, "CONNECTED", "nothing comes of it");
    for command in [FlowCommand::RetryNow, FlowCommand::Connect] {
        session.tell(Event::Flow(FlowEvent::Command { command }));
        assert_eq!(session.verdict().status, "CLOSING");
    }
    session.tell(Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Person }));
    assert_eq!(session.verdict().title, "Getting a JWT");
    session.tell(Event::Flow(FlowEvent::Connected));
    assert_eq!(session.verdict().status, "CONNECTED");
    session.tell(Event::Flow(FlowEvent::Stopped));
    let said = session.verdict();
    assert_eq!((said.status, said.detail.as_str()), ("NOT CONNECTED", "Press Connect to begin."));
}
