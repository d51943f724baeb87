//! What networks and servers do to a client: dead links, odd answers, late answers, ends.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use ticketscope::diagnosis::{Code, Owner};
use ticketscope::journal::Traffic;
use ticketscope::model::failure::ProtocolFault;
use ticketscope::model::{
    AttemptId, Class, Close, CloseCause, CloseCode, DialFailure, DriverEvent, Event, Failure, FlowCommand, FlowEvent,
    JsonObject, RequestFailureKind, SafeText, Transport,
};
use ticketscope::session::Command;
use ticketscope::view::{SessionView, Status};
use tokio::net::TcpSocket;

use crate::scenarios::{CACHED, FIRST};
use crate::script::{Request, Script, Step};
use crate::watcher::{LIMIT, Watcher, console, profile, profile_text};

const SHORT_WAITS: &str = "[backoff]\nbase = '10ms'\ncap = '20ms'";

fn close_of(watcher: &Watcher, attempt: u64) -> (Close, Option<Class>) {
    match &watcher.disconnected(attempt).event {
        Event::Flow(FlowEvent::Disconnected { close, class }) => (close.clone(), *class),
        other => panic!("{other:?}"),
    }
}

fn failure_of(watcher: &Watcher, attempt: u64) -> (Failure, Class) {
    match &watcher.failed(attempt).event {
        Event::Flow(FlowEvent::AttemptFailed { failure, class }) => (failure.clone(), *class),
        other => panic!("{other:?}"),
    }
}

/// Passes bytes on in both directions until it is told to swallow them.
struct Relay {
    address: SocketAddr,
    swallows: Arc<AtomicBool>,
}

impl Relay {
    fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, swallows) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let is_swallowing = Arc::clone(&swallows);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let server = TcpStream::connect(target).unwrap();
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let is_swallowing = Arc::clone(&is_swallowing);
                    thread::spawn(move || pass_on(from, to, &is_swallowing));
                }
            }
        });
        Self { address, swallows }
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, swallows: &AtomicBool) {
    let mut buffer = [0; 4_096];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        if !swallows.load(Ordering::SeqCst) && to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    if !swallows.load(Ordering::SeqCst) {
        let _ = to.shutdown(Shutdown::Write);
    }
}

/// The contract's profile, with the socket reached by way of `socket`.
fn split_profile(api: SocketAddr, socket: SocketAddr, more: &str) -> ticketscope::model::Profile {
    let text = profile_text(api, more).replace(&format!("ws://{api}"), &format!("ws://{socket}"));
    ticketscope::model::Profile::from_toml(&text).unwrap()
}

#[test]
fn a_half_open_link_is_found_behind_the_next_ping() {
    let script = Script::contract();
    let relay = Relay::to(script.address);
    let watcher = Watcher::start(split_profile(script.address, relay.address, "[timeouts]\nping = '200ms'"));
    watcher.connect();
    watcher.wait_entry("a pong", |entry| matches!(entry.event, Event::Driver(DriverEvent::Pong { .. })));
    relay.swallows.store(true, Ordering::SeqCst);
    let (close, class) = close_of(&watcher, 0);
    assert_eq!((close.code, close.was_clean, class), (CloseCode::ABNORMAL, false, Some(Class::Soft)));
    let CloseCause::NoPong { silent_for, .. } = close.cause else { panic!("{close:?}") };
    assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&silent_for), "{silent_for:?}");
    relay.swallows.store(false, Ordering::SeqCst);
    watcher.connected(1);
}

#[test]
fn an_end_without_close_frame_is_1006() {
    let script = Script::new(|request| match (request.step, request.number) {
        (Step::Socket, 0) => drop(request.upgraded()),
        (Step::Socket, 1) => {
            let mut stream = request.upgraded();
            // What has not been read when the connection is dropped makes it a reset.
            let _ = stream.peek(&mut [0; 1]);
            stream.write_all(&[]).unwrap();
        }
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, SHORT_WAITS));
    watcher.connect();
    watcher.connected(2);
    for attempt in [0, 1] {
        let (close, class) = close_of(&watcher, attempt);
        assert_eq!((close.code, close.was_clean, class), (CloseCode::ABNORMAL, false, Some(Class::Soft)));
        assert!(matches!(close.cause, CloseCause::EndOfStream | CloseCause::Io(_)), "{close:?}");
        let line = "[WS] Disconnected { code: 1006, reason: '', wasClean: false }";
        assert!(watcher.lines_of(attempt).contains(&line.to_owned()));
    }
    assert!(matches!(close_of(&watcher, 1).0.cause, CloseCause::Io(_)), "a reset is told apart");
}

#[test]
fn a_close_reason_cannot_touch_the_terminal() {
    let script = Script::new(|request| match (request.step, request.number) {
        (Step::Socket, 0) => request.open_and_close(4_000, "\u{1b}[2J\u{202e}evil\r\n[WS] Connected"),
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, SHORT_WAITS));
    watcher.connect();
    watcher.connected(1);
    let lines = watcher.lines_of(0);
    let expected =
        r"[WS] Disconnected { code: 4000, reason: '\u{1b}[2J\u{202e}evil\u{d}\u{a}[WS] Connected', wasClean: true }";
    assert_eq!(lines[7], expected);
}

/// The failure and class of the first attempt with a server that answers `step` with `answer` once.
fn odd_answer(step: Step, answer: impl Fn(Request) + Send + Sync + 'static) -> (Failure, Class) {
    let script =
        Script::new(
            move |request| {
                if request.step == step && request.number == 0 { answer(request) } else { request.contract() }
            },
        );
    let watcher = Watcher::start(profile(script.address, SHORT_WAITS));
    watcher.connect();
    watcher.connected(1);
    failure_of(&watcher, 0)
}

fn malformed(failure: Failure) -> String {
    let (Failure::Token(request) | Failure::Ticket(request)) = failure else { panic!("{failure:?}") };
    let RequestFailureKind::Malformed(malformed) = request.kind else { panic!("{request:?}") };
    malformed.to_string()
}

#[test]
fn answers_that_are_not_this_apis_are_told_and_tried_again() {
    let portal = "<html><title>Sign in to Hotel Wi-Fi</title>";
    for step in [Step::Token, Step::Ticket] {
        let (failure, class) =
            odd_answer(step, move |request| request.answer(200, "content-type: text/html\r\n", portal));
        assert_eq!(class, Class::Soft);
        assert!(malformed(failure).contains("Hotel Wi-Fi"));
        let (failure, _) = odd_answer(step, |request| request.json(200, "{}"));
        assert!(malformed(failure).contains("without it"));
    }
    let (failure, _) = odd_answer(Step::Ticket, |request| request.json(200, r#"{"ticket":"","expiresInSeconds":30}"#));
    assert_eq!(malformed(failure), "/ticket is empty");
    let (failure, _) = odd_answer(Step::Ticket, |request| request.json(200, r#"{"ticket":"t","expiresInSeconds":0}"#));
    assert!(malformed(failure).contains("/expiresInSeconds"));
    for status in [403, 404, 429, 500, 502] {
        let (failure, class) = odd_answer(Step::Ticket, move |request| request.answer(status, "", "no"));
        assert_eq!(class, Class::Soft);
        assert!(failure.to_string().contains(&status.to_string()), "{failure}");
    }
    let (failure, class) = odd_answer(Step::Ticket, |request| request.raw(""));
    assert!(
        matches!(&failure, Failure::Ticket(r) if matches!(r.kind, RequestFailureKind::Transport(Transport::Broken(_)))),
        "{failure}"
    );
    assert_eq!(class, Class::Soft);
}

#[test]
fn an_endless_answer_is_not_read_to_its_end() {
    let (failure, class) = odd_answer(Step::Ticket, |mut request| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", 10_u64 << 30);
        let mut sent = request.stream.write_all(head.as_bytes());
        while sent.is_ok() {
            sent = request.stream.write_all(&[b' '; 65_536]);
        }
    });
    assert_eq!(class, Class::Soft);
    assert_eq!(malformed(failure), "answer larger than 64 KiB");
}

#[test]
fn a_handshake_that_is_none_is_told_and_tried_again() {
    let (failure, class) = odd_answer(Step::Socket, |request| {
        let accept = "Sec-WebSocket-Accept: dGhpcyBpcyBub3QgaXQgYXQgYWxs";
        request.raw(&format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{accept}\r\n\r\n"
        ));
    });
    assert_eq!(class, Class::Soft);
    assert!(matches!(&failure, Failure::Dial(DialFailure::BadHandshake { .. })), "{failure}");
    let (failure, class) = odd_answer(Step::Socket, |request| request.answer(401, "", "Unauthorized"));
    assert_eq!(class, Class::Soft, "a refused upgrade is not the contract's 401");
    assert!(matches!(&failure, Failure::UpgradeRefused(refusal) if refusal.status == 401), "{failure}");
    let (failure, _) = odd_answer(Step::Socket, |request| request.raw("SSH-2.0-OpenSSH_9.2\r\n"));
    assert!(failure.to_string().contains("SSH-2.0"), "{failure}");
}

#[test]
fn the_servers_retry_after_is_a_floor_under_the_wait() {
    let script = Script::new(|request| match (request.step, request.number) {
        (Step::Ticket, 0) => request.answer(503, "Retry-After: 1\r\n", r#"{"code":"REDIS_UNAVAILABLE"}"#),
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, SHORT_WAITS));
    watcher.connect();
    watcher.connected(1);
    let last = watcher.lines_of(0).pop();
    assert_eq!(last.unwrap(), "[WS] Reconnecting in 1000ms (attempt 1) - the server asked for 1.0 s");
    let snapshot = watcher.snapshot();
    let until = snapshot.delays[0].until;
    assert!(snapshot.attempt_started >= until, "{} before {until}", snapshot.attempt_started);
}

#[test]
fn a_ticket_that_dies_while_dialling_is_never_sent() {
    let script = Script::new(|request| match request.step {
        Step::Ticket => request.json(200, r#"{"ticket":"t-1","expiresInSeconds":1}"#),
        _ => request.contract(),
    });
    // A listener that accepts nothing and whose queue is full: further connections get no answer.
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _context = runtime.enter();
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let queued: Vec<_> =
        std::iter::from_fn(|| TcpStream::connect_timeout(&address, Duration::from_millis(300)).ok()).take(10).collect();
    assert!(queued.len() < 10, "the queue is full");

    let watcher = Watcher::start(split_profile(script.address, address, SHORT_WAITS));
    watcher.connect();
    let (failure, class) = failure_of(&watcher, 0);
    assert_eq!(class, Class::Soft);
    let Failure::TicketExpired { age, lifetime } = failure else { panic!("{failure}") };
    assert_eq!(lifetime, Duration::from_secs(1));
    assert!(age >= lifetime && age < Duration::from_secs(5), "at its death, not at the end of dialling: {age:?}");
    watcher.failed(1);
    assert_eq!(script.heard(Step::Ticket).len(), 2, "the next attempt asks for a new one");
    let entries = watcher.close();
    assert!(!entries.iter().any(|entry| matches!(entry.event, Event::Flow(FlowEvent::TicketSpent { .. }))));
    assert!(script.heard(Step::Socket).is_empty());
}

#[test]
fn disconnect_says_goodbye() {
    let script = Script::contract();
    let watcher = Watcher::start(profile(script.address, ""));
    watcher.connect();
    watcher.connected(0);
    watcher.disconnect();
    watcher.idle();
    assert_eq!(script.ending(), Some(1000));
    let lines = watcher.lines_of(0);
    let goodbye = "[WS] Disconnected { code: 1000, reason: '', wasClean: true }";
    assert_eq!(lines[FIRST.len()..], [goodbye, "[WS] Stopped by the user - not reconnecting"]);
}

#[test]
fn a_server_that_does_not_answer_the_goodbye_is_left_after_a_while() {
    let (hold, held) = mpsc::channel::<()>();
    let held = Mutex::new(held);
    let script = Script::new(move |request| match request.step {
        Step::Socket => {
            let _stream = request.upgraded();
            let _ = held.lock().unwrap().recv();
        }
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, ""));
    watcher.connect();
    watcher.connected(0);
    watcher.disconnect();
    watcher.idle();
    let (close, class) = close_of(&watcher, 0);
    assert_eq!((close.code, close.was_clean, class), (CloseCode::ABNORMAL, false, None));
    assert!(matches!(&close.cause, CloseCause::Unanswered { .. }), "{close:?}");
    drop(hold);
}

#[test]
fn disconnect_does_not_wait_for_an_answer_and_a_late_one_changes_nothing() {
    for step in [Step::Token, Step::Ticket, Step::Socket] {
        let (release, released) = mpsc::channel::<()>();
        let (arrive, arrived) = mpsc::channel::<()>();
        let (answer, answered) = mpsc::channel::<()>();
        let held = Mutex::new((released, arrive, answer));
        let script = Script::new(move |request| {
            if request.step == step && request.number == 0 {
                let held = held.lock().unwrap();
                held.1.send(()).unwrap();
                let _ = held.0.recv();
                request.contract();
                held.2.send(()).unwrap();
            } else {
                request.contract();
            }
        });
        let watcher = Watcher::start(profile(script.address, ""));
        watcher.connect();
        arrived.recv_timeout(LIMIT).unwrap();
        watcher.disconnect();
        watcher.idle();
        let before = console(&watcher.entries());
        release.send(()).unwrap();
        answered.recv_timeout(LIMIT).expect("the answer goes nowhere and its connection ends");
        assert_eq!(watcher.snapshot().status, Status::Idle);
        assert_eq!(console(&watcher.entries()), before, "{step:?}");
        watcher.connect();
        watcher.connected(1);
    }
}

#[test]
fn an_answer_that_races_with_a_disconnect_leaves_no_connection_behind() {
    let (go, gone) = mpsc::channel::<()>();
    let gone = Mutex::new(gone);
    let (arrive, arrived) = mpsc::channel::<()>();
    let arrive = Mutex::new(arrive);
    let script = Script::new(move |request| match request.step {
        Step::Socket => {
            arrive.lock().unwrap().send(()).unwrap();
            let _ = gone.lock().unwrap().recv();
            request.contract();
        }
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, ""));
    for round in 0..200 {
        watcher.connect();
        arrived.recv_timeout(LIMIT).unwrap();
        go.send(()).unwrap();
        // From nothing to longer than the answer takes, so that both are ready at once in some rounds.
        for _ in 0..round * 20 {
            std::hint::spin_loop();
        }
        watcher.disconnect();
        watcher.wait(&format!("round {round} is over"), |entries, snapshot| {
            let stopped = entries.iter().filter(|entry| entry.event == Event::Flow(FlowEvent::Stopped)).count();
            (stopped == round + 1 && snapshot.status == Status::Idle).then_some(())
        });
        script.ending();
    }
}

#[test]
fn two_sessions_do_not_disturb_each_other() {
    let (one, two) = (Watcher::connected_demo(), Watcher::connected_demo());
    assert_ne!(one.snapshot().server, two.snapshot().server);
    one.arm(ticketscope::faults::Fault::CrashClient, None);
    one.connected(1);
    one.send(Command::Flow(FlowCommand::NewSession));
    one.connected(2);
    one.close();
    assert!(matches!(two.snapshot().status, Status::Connected { .. }));
    assert_eq!(two.lines_of(0), FIRST);
    two.retry_now();
    two.connected(1);
    assert_eq!(two.lines_of(1), CACHED);
}

#[test]
fn a_dropped_session_says_goodbye() {
    let script = Script::contract();
    let watcher = Watcher::start(profile(script.address, ""));
    watcher.connect();
    watcher.connected(0);
    drop(watcher);
    assert_eq!(script.ending(), Some(1000));
}

#[test]
fn a_profile_that_lacks_a_file_works_as_soon_as_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("ca.pem");
    let script = Script::contract();
    let mut profile = profile(script.address, "");
    profile.tls.extra_roots.push(root.clone().into());
    let watcher = Watcher::start(profile);
    watcher.stopped();
    let lines = console(&watcher.entries());
    assert!(lines[0].starts_with("[WS] Failed to connect: ") && lines[0].contains("ca.pem"), "{lines:?}");
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["ca.example".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(root, certificate.pem()).unwrap();
    watcher.connect();
    watcher.connected(0);
}

#[test]
fn a_value_that_no_server_would_take_back_is_refused_with_the_reason() {
    let long = "x".repeat(60_000);
    let ticket = format!(r#"{{"ticket":"{long}","expiresInSeconds":30}}"#);
    let token = format!(r#"{{"token":"{long}","sessionId":"s-0123456789"}}"#);
    let session = format!(r#"{{"token":"t-0123456789","sessionId":"{long}"}}"#);
    for (step, body, field) in
        [(Step::Ticket, ticket, "/ticket"), (Step::Token, token, "/token"), (Step::Token, session, "/sessionId")]
    {
        let (failure, class) = odd_answer(step, move |request| request.json(200, &body));
        assert_eq!(class, Class::Soft);
        assert_eq!(malformed(failure), format!("{field} is longer than 16 KiB"));
    }
}

/// A frame of a server's, with a payload of at most 125 bytes.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, u8::try_from(payload.len()).unwrap()], payload].concat()
}

/// A close frame with any code.
fn close_frame(code: u16, reason: &str) -> Vec<u8> {
    frame(0x88, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// A server that says `frames` over its sockets, one after the other, and then keeps to the contract.
fn saying(frames: Vec<Vec<u8>>) -> Script {
    Script::new(move |request| match (request.step, frames.get(request.number)) {
        (Step::Socket, Some(bytes)) => request.open(|socket| socket.get_mut().write_all(bytes).unwrap()),
        _ => request.contract(),
    })
}

#[test]
fn a_close_code_that_no_server_may_send_is_shown_and_said_to_be_one() {
    let forbidden = [0, 1, 999, 1_004, 1_005, 1_006, 1_015, 1_016, 1_100, 2_000, 2_999, 5_000, u16::MAX];
    let allowed = [1_000, 1_003, 1_007, 1_012, 1_014, 3_000, 4_999];
    let frames = forbidden.iter().chain(&allowed).map(|code| close_frame(*code, "BYE"));
    let script = saying(frames.collect());
    let profile = profile(script.address, SHORT_WAITS);
    let watcher = Watcher::start(profile.clone());
    watcher.connect();
    let last = (forbidden.len() + allowed.len()) as u64;
    watcher.connected(last);
    for (attempt, code) in (0..).zip(forbidden) {
        let (close, class) = close_of(&watcher, attempt);
        let fault = ProtocolFault::CloseCode { code: CloseCode(code), reason: SafeText::new("BYE") };
        assert_eq!((&close.cause, class), (&CloseCause::Protocol(fault), Some(Class::Soft)), "{code}");
        assert_eq!((close.code, close.was_clean), (CloseCode::ABNORMAL, false), "as a browser shows it");
        let line = format!("[WS] The server sent the close code {code} (“BYE”), which no server may send");
        assert!(watcher.lines_of(attempt).contains(&line), "{:?}", watcher.lines_of(attempt));
        assert_eq!(script.ending(), Some(1_002), "what the server hears");
    }
    for (attempt, code) in (forbidden.len() as u64..).zip(allowed) {
        let (close, _) = close_of(&watcher, attempt);
        assert_eq!((close.code, close.reason.as_str(), close.was_clean), (CloseCode(code), "BYE", true));
    }
    let entries = watcher.entries();
    let until = entries.iter().position(|entry| entry.attempt == Some(AttemptId(1))).unwrap();
    let view = SessionView::of(profile, entries[..until].iter().map(|entry| &**entry));
    let problem = &view.findings()[0].problem;
    assert_eq!((problem.code, problem.owner), (Code::ServerClosed, Owner::Developers));
    assert!(problem.title.contains("code 0, which no server may send"), "{problem:?}");
}

#[test]
fn what_is_not_websocket_is_answered_before_the_connection_is_dropped() {
    let large = [&[0x82, 127][..], &(2_u64 << 20).to_be_bytes(), &[0; 100]].concat();
    let fragments = [frame(0x01, b""), frame(0x00, b"").repeat(20_000)].concat();
    let cases = [
        (vec![0xff; 64], 1_002),
        (frame(0x83, b"x"), 1_002),
        (frame(0x80, b"x"), 1_002),
        (frame(0x09, b"x"), 1_002),
        (frame(0x88, b"x"), 1_002),
        (frame(0x81, b"\xff"), 1_007),
        (frame(0x88, b"\x03\xe8\xff"), 1_007),
        (large, 1_009),
        (fragments, 1_009),
    ];
    let script = saying(cases.iter().map(|(bytes, _)| bytes.clone()).collect());
    let watcher = Watcher::start(profile(script.address, &format!("{SHORT_WAITS}\n[limits]\nmessage = '1MiB'")));
    watcher.connect();
    for (attempt, (bytes, code)) in (0..).zip(cases) {
        let close = close_of(&watcher, attempt).0;
        assert!(matches!(close.cause, CloseCause::Protocol(_)), "{close:?}");
        assert_eq!(script.ending(), Some(code), "{:x?}", &bytes[..bytes.len().min(20)]);
    }
}

#[test]
fn a_server_that_reads_nothing_does_not_keep_a_person_from_disconnecting() {
    let (tell, told) = mpsc::channel();
    let script = Script::new(move |request| match request.step {
        Step::Socket => tell.send(request.upgraded()).unwrap(),
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, "[timeouts]\nping = '1h'"));
    watcher.connect();
    watcher.connected(0);
    let _unread = told.recv_timeout(LIMIT).unwrap();
    let message = JsonObject::parse(&format!(r#"{{"text":"{}"}}"#, "x".repeat(60_000))).unwrap();
    // More than the buffers of both systems hold: from then on nothing is sent any more.
    let sent = || watcher.with_traffic(Traffic::sent);
    let (mut before, mut still) = (0, 0);
    while still < 20 {
        watcher.send(Command::Send(message.clone()));
        thread::sleep(Duration::from_millis(10));
        still = if sent() == before { still + 1 } else { 0 };
        before = sent();
    }
    watcher.disconnect();
    let close = close_of(&watcher, 0).0;
    let CloseCause::Unanswered { after } = close.cause else { panic!("{close:?}") };
    assert!(after <= Duration::from_secs(1), "{after:?}");
}

/// The close frame arrives in the system's buffers, and nobody answers it.
#[test]
fn a_server_that_never_answers_a_close_frame_is_left_within_a_second() {
    let (tell, told) = mpsc::channel();
    let script = Script::new(move |request| match request.step {
        Step::Socket => tell.send(request.upgraded()).unwrap(),
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, ""));
    watcher.connect();
    watcher.connected(0);
    let _unread = told.recv_timeout(LIMIT).unwrap();
    watcher.disconnect();
    let close = close_of(&watcher, 0).0;
    let CloseCause::Unanswered { after } = close.cause else { panic!("{close:?}") };
    assert!(after <= Duration::from_secs(1), "{after:?}");
}

#[test]
fn interim_answers_without_end_keep_nobody_from_the_limits() {
    for step in [Step::Token, Step::Ticket, Step::Socket] {
        let script = Script::new(move |mut request| {
            if request.step != step || request.number > 0 {
                return request.contract();
            }
            let storm = b"HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n".repeat(1_000);
            while request.stream.write_all(&storm).is_ok() {}
        });
        let limits = format!("{SHORT_WAITS}\n[timeouts]\nhttp = '500ms'\nupgrade = '500ms'");
        let watcher = Watcher::start(profile(script.address, &limits));
        watcher.connect();
        watcher.connected(1);
        let (failure, class) = failure_of(&watcher, 0);
        let is_told = match &failure {
            Failure::Token(request) | Failure::Ticket(request) => {
                matches!(request.kind, RequestFailureKind::Timeout { .. })
            }
            failure => matches!(failure, Failure::Dial(DialFailure::BadHandshake { .. })),
        };
        assert!(is_told && class == Class::Soft, "{failure}");
    }
}

#[test]
fn whoever_floods_keeps_nobody_from_disconnecting() {
    for message in [frame(0x89, b""), frame(0x81, b"{}"), frame(0x8a, b"x")] {
        let flood = message.repeat(5_000);
        let script = Script::new(move |request| match request.step {
            Step::Socket => {
                let mut stream = request.upgraded();
                while stream.write_all(&flood).is_ok() {}
            }
            _ => request.contract(),
        });
        let watcher = Watcher::start(profile(script.address, ""));
        watcher.connect();
        watcher.connected(0);
        watcher.disconnect();
        watcher.idle();
        let close = close_of(&watcher, 0).0;
        assert!(matches!(close.cause, CloseCause::Unanswered { .. } | CloseCause::Io(_)), "{close:?}");
    }
}
