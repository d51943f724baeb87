//! What QA can break: what follows, and that it is marked where it acted and nowhere else.

use std::fs;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use ticketscope::faults::{Fault, FaultKind};
use ticketscope::model::{
    AttemptId, Backoff, Close, CloseCause, CloseCode, DriverEvent, Entry, Event, FaultEvent, FaultName, FlowCommand,
    FlowEvent, Jwt, Phase, Profile, ServerEvent, Trigger,
};
use ticketscope::session::{Command, KeychainChoice};
use ticketscope::view::Status;

use crate::script::{Script, Step};
use crate::watcher::{Watcher, profile};

/// The entries marked as simulated: the attempt, the fault and the kind of event.
pub fn marked(entries: &[Arc<Entry>]) -> Vec<(u64, String, String)> {
    let marked = entries.iter().filter_map(|entry| {
        let fault = entry.simulated.as_ref()?.to_string();
        Some((entry.attempt?.0, fault, kind(entry)))
    });
    marked.collect()
}

fn kind(entry: &Entry) -> String {
    serde_json::to_value(&entry.event).unwrap()["type"].as_str().unwrap().to_owned()
}

/// The attempts in which `fault` acted, and how often it said that it would again.
pub fn fired(entries: &[Arc<Entry>], fault: &Fault) -> Vec<(Option<u64>, Option<u32>)> {
    let fired = entries.iter().filter_map(|entry| match &entry.event {
        Event::Fault(FaultEvent::Fired { fault: name, left }) if *name == fault.name() => {
            Some((entry.attempt.map(|attempt| attempt.0), *left))
        }
        _ => None,
    });
    fired.collect()
}

pub fn mark(attempt: u64, fault: FaultKind, kind: &str) -> (u64, String, String) {
    (attempt, fault.name().to_string(), kind.to_owned())
}

pub fn close_of(entry: &Entry) -> Close {
    match &entry.event {
        Event::Flow(FlowEvent::Disconnected { close, .. }) => close.clone(),
        other => panic!("{other:?}"),
    }
}

fn refusal(watcher: &Watcher, fault: FaultKind) -> String {
    let refused = watcher.wait_entry(
        &format!("{fault:?} is refused"),
        |entry| matches!(&entry.event, Event::Fault(FaultEvent::Refused { fault: name, .. }) if *name == fault.name()),
    );
    match &refused.event {
        Event::Fault(FaultEvent::Refused { reason, .. }) => reason.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_corrupt_jwt_marks_the_refresh_it_causes_and_nothing_after_it() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::CorruptJwt, None);
    watcher.retry_now();
    watcher.connected(1);
    watcher.arm(Fault::RestartServer, None);
    watcher.connected(2);
    let entries = watcher.close();
    let expected =
        [mark(1, FaultKind::CorruptJwt, "refreshing_token"), mark(1, FaultKind::RestartServer, "disconnected")];
    assert_eq!(marked(&entries), expected);
    assert_eq!(fired(&entries, &Fault::CorruptJwt), [(Some(0), Some(0))]);
}

#[test]
fn a_jwt_without_session_is_marked_each_time_until_it_is_replaced() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::DropSessionId, None);
    for attempt in 1..=2 {
        watcher.retry_now();
        watcher.failed(attempt);
    }
    watcher.send(Command::Flow(FlowCommand::NewSession));
    watcher.connected(3);
    let failed = |attempt| mark(attempt, FaultKind::DropSessionId, "attempt_failed");
    assert_eq!(marked(&watcher.close()), [failed(1), failed(2)]);
}

#[test]
fn simulated_503s_are_marked_and_real_failures_after_them_are_not() {
    let script = Script::new(|request| match (request.step, request.number) {
        // The first request that goes out after three that did not.
        (Step::Ticket, 0) => request.json(503, r#"{"code":"REDIS_UNAVAILABLE"}"#),
        (Step::Socket, 0) => request.open_and_close(1001, "SERVER_SHUTDOWN"),
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, "[backoff]\nbase = '10ms'"));
    watcher.arm(Fault::Simulate503, Some(3));
    watcher.connect();
    watcher.connected(5);
    assert_eq!(watcher.lines_of(0)[5..7], watcher.lines_of(3)[3..5], "a real one and a simulated one read the same");
    let entries = watcher.close();
    let expected = [0, 1, 2].map(|attempt| mark(attempt, FaultKind::Simulate503, "attempt_failed"));
    assert_eq!(marked(&entries), expected);
    let left = [(Some(0), Some(2)), (Some(1), Some(1)), (Some(2), Some(0))];
    assert_eq!(fired(&entries, &Fault::Simulate503), left);
    assert_eq!(script.heard(Step::Ticket).len(), 3, "a simulated request does not go out");
}

#[test]
fn a_blocked_origin_stops_until_it_is_cleared() {
    let watcher = Watcher::demo();
    watcher.arm(Fault::BlockOrigin, None);
    watcher.connect();
    watcher.stopped();
    assert_eq!(close_of(&watcher.disconnected(0)), Close::received(Some(1008), "ORIGIN_BLOCKED"));
    assert_eq!(watcher.snapshot().faults.len(), 1);
    watcher.send(Command::ClearAll);
    watcher.connect();
    watcher.connected(1);
    assert!(watcher.snapshot().faults.is_empty());
    let entries = watcher.close();
    assert_eq!(marked(&entries), [mark(0, FaultKind::BlockOrigin, "disconnected")]);
    assert_eq!(fired(&entries, &Fault::BlockOrigin), [(Some(0), None)]);
}

#[test]
fn clearing_all_fixes_everything_and_says_so() {
    let watcher = Watcher::demo();
    watcher.arm(Fault::Simulate503, None);
    watcher.arm(Fault::BlockOrigin, Some(2));
    watcher.connect();
    watcher.failed(0);
    watcher.send(Command::ClearAll);
    watcher.wait("connected", |_, snapshot| matches!(snapshot.status, Status::Connected { .. }).then_some(()));
    let cleared: Vec<_> = watcher
        .entries()
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Fault(FaultEvent::Cleared { fault }) => Some(fault.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(cleared, [Fault::Simulate503.name(), Fault::BlockOrigin.name()]);
    assert!(watcher.snapshot().faults.is_empty());
}

#[test]
fn a_dropped_connection_is_1006_and_comes_back() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::DropConnection, None);
    let close = close_of(&watcher.disconnected(0));
    assert_eq!((close.code, close.was_clean), (CloseCode::ABNORMAL, false));
    watcher.connected(1);
    watcher.disconnect();
    watcher.idle();
    let entries = watcher.close();
    assert_eq!(
        marked(&entries),
        [mark(0, FaultKind::DropConnection, "disconnected")],
        "the person's own is not marked"
    );
    assert_eq!(fired(&entries, &Fault::DropConnection), [(Some(0), Some(0))]);
}

#[test]
fn a_restarted_server_says_goodbye_and_is_back_on_its_port() {
    let watcher = Watcher::connected_demo();
    let address = watcher.snapshot().server;
    assert!(address.is_some());
    watcher.arm(Fault::RestartServer, None);
    assert_eq!(close_of(&watcher.disconnected(0)), Close::received(Some(1001), "SERVER_SHUTDOWN"));
    watcher.connected(1);
    assert_eq!(watcher.snapshot().server, address);
    let entries = watcher.close();
    assert_eq!(marked(&entries), [mark(0, FaultKind::RestartServer, "disconnected")]);
    // The old server's last words come before the news that it has stopped.
    let place = |what: &dyn Fn(&Event) -> bool| entries.iter().position(|entry| what(&entry.event)).unwrap();
    let last_words = place(
        &|event| matches!(event, Event::Server(ServerEvent::Log { line }) if line.as_str().contains("SERVER_SHUTDOWN")),
    );
    assert!(last_words < place(&|event| *event == Event::Server(ServerEvent::Stopped)));
}

#[test]
fn what_fails_while_the_server_is_away_is_marked_too() {
    let watcher = Watcher::connected_demo();
    let address = watcher.snapshot().server.unwrap();
    // Half a request: the server waits for the rest of it before it stops.
    let mut slow = std::net::TcpStream::connect(address).unwrap();
    let request = format!("POST /api/v1/auth/token HTTP/1.1\r\nHost: {address}\r\nContent-Length: 9\r\n\r\n");
    slow.write_all(request.as_bytes()).unwrap();
    watcher.retry_now();
    watcher.connected(1);
    watcher.arm(Fault::RestartServer, None);
    watcher.failed(2);
    drop(slow);
    let back = watcher.wait_entry("a connection", |entry| {
        entry.attempt > Some(AttemptId(1)) && entry.event == Event::Flow(FlowEvent::Connected)
    });
    let last = back.attempt.unwrap().0;
    let entries = watcher.close();
    let mut expected = vec![mark(1, FaultKind::RestartServer, "disconnected")];
    expected.extend((2..last).map(|attempt| mark(attempt, FaultKind::RestartServer, "attempt_failed")));
    assert_eq!(marked(&entries), expected);
}

#[test]
fn a_crashed_client_starts_again_by_itself_with_what_was_armed() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::Simulate503, Some(2));
    watcher.arm(Fault::CrashClient, None);
    watcher.wait_entry("a new start", |entry| {
        entry.event == Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Restart })
    });
    watcher.connected(3);
    let entries = watcher.close();
    let numbers: Vec<_> = entries
        .iter()
        .filter(|entry| matches!(entry.event, Event::Flow(FlowEvent::AttemptStarted { .. })))
        .map(|entry| entry.attempt)
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3].map(|number| Some(AttemptId(number))), "no number is used twice");
    assert_eq!(fired(&entries, &Fault::Simulate503), [(Some(1), Some(1)), (Some(2), Some(0))]);
    assert_eq!(fired(&entries, &Fault::CrashClient), [(Some(0), Some(0))]);
    let fetched = entries.iter().filter(|entry| kind(entry) == "token_acquired").count();
    assert_eq!(fetched, 1, "the JWT is still there");
}

#[test]
fn how_often_a_person_wants_pings_outlives_a_crash() {
    let watcher = Watcher::connected_demo();
    watcher.send(Command::SetPing(Some(Duration::from_millis(50))));
    watcher.arm(Fault::CrashClient, None);
    watcher.connected(1);
    pongs(&watcher, 1);
}

/// Waits for more pongs in attempt `number` than there would be within [`LIMIT`] if pings went out as usual.
fn pongs(watcher: &Watcher, number: u64) {
    watcher.wait("pings go out often", |entries, _| {
        let is_pong = |entry: &&Arc<Entry>| matches!(entry.event, Event::Driver(DriverEvent::Pong { .. }));
        let pongs = entries.iter().filter(is_pong).filter(|entry| entry.attempt == Some(AttemptId(number)));
        (pongs.count() > 3).then_some(())
    });
}

#[test]
fn what_is_chosen_while_the_profile_cannot_be_used_holds_as_soon_as_it_can() {
    let script = Script::contract();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    let more = format!("[tls]\nextra_roots = ['{}']", root.display());
    let watcher = Watcher::start(profile(script.address, &more));
    watcher.connect();
    watcher.wait_entry("no root", |entry| matches!(entry.event, Event::Flow(FlowEvent::AttemptFailed { .. })));
    watcher.send(Command::SetPing(Some(Duration::from_millis(50))));
    let rule = Backoff { base: Duration::from_secs(7), ..Backoff::default() };
    watcher.send(Command::SetBackoff(rule.clone()));
    watcher.send(Command::UseJwt(Some(Jwt::new("a.b.c"))));
    fs::write(&root, rcgen::generate_simple_self_signed(["a.example".to_owned()]).unwrap().cert.pem()).unwrap();
    watcher.connect();
    watcher.connected(0);
    pongs(&watcher, 0);
    assert!(script.heard(Step::Token).is_empty(), "there is a JWT");
    assert!(script.heard(Step::Ticket)[0].contains("a.b.c"));
    assert_eq!(watcher.snapshot().backoff, rule);
}

#[test]
fn a_crash_is_shown_until_the_client_is_back() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::CrashClient, None);
    let message = watcher.wait("the status says so", |_, snapshot| match &snapshot.status {
        Status::Crashed { message, .. } => Some(message.to_string()),
        _ => None,
    });
    assert!(message.contains("crash-client"), "{message}");
    assert_eq!(watcher.snapshot().crashes, 1);
    watcher.connected(1);
}

#[test]
fn a_crash_while_idle_begins_nothing() {
    let watcher = Watcher::demo();
    watcher.arm(Fault::CrashClient, None);
    let crash =
        watcher.wait_entry("a crash", |entry| matches!(entry.event, Event::Driver(DriverEvent::Crashed { .. })));
    assert_eq!(crash.simulated, Some(FaultKind::CrashClient.name()));
    watcher.wait_entry("a restart", |entry| entry.event == Event::Driver(DriverEvent::Restarted));
    assert_eq!(watcher.snapshot().status, Status::Idle, "a person can connect again");
    watcher.connect();
    watcher.connected(0);
    assert!(
        !watcher
            .entries()
            .iter()
            .any(|entry| entry.event == Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Restart }))
    );
}

#[test]
fn somebody_who_asks_while_the_client_is_crashed_is_heard_at_once() {
    let watcher = Watcher::connected_demo();
    let crash = |number| {
        watcher.arm(Fault::CrashClient, None);
        watcher.wait("a crash", |_, snapshot| (snapshot.crashes == number).then_some(()));
    };
    // By itself it would come back after a minute now.
    (1..=8).for_each(crash);
    watcher.send(Command::Flow(FlowCommand::Disconnect));
    watcher.wait("rest", |_, snapshot| (snapshot.status == Status::Idle).then_some(()));
    let entries = watcher.close();
    let crashed =
        entries.iter().rposition(|entry| matches!(entry.event, Event::Driver(DriverEvent::Crashed { .. }))).unwrap();
    let begun = |entry: &Entry| matches!(entry.event, Event::Flow(FlowEvent::AttemptStarted { .. }));
    assert!(!entries[crashed..].iter().any(|entry| begun(entry)), "nothing is begun that nobody wants any more");
}

#[test]
fn a_planted_jwt_is_still_marked_after_a_crash() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::CorruptJwt, None);
    watcher.arm(Fault::CrashClient, None);
    watcher.connected(1);
    assert_eq!(marked(&watcher.close()), [mark(1, FaultKind::CorruptJwt, "refreshing_token")]);
}

#[test]
fn faults_that_are_not_possible_now_say_why() {
    let script = Script::contract();
    let watcher = Watcher::start(profile(script.address, ""));
    for (fault, why) in [
        (Fault::CorruptJwt, "there is no JWT yet; connect first"),
        (Fault::DropConnection, "no socket is open"),
        (Fault::DropSessionId, "only the local demo has its own server"),
        (Fault::RestartServer, "only the local demo has its own server"),
        (Fault::KeychainLocked, "the keychain is not used (--keychain memory)"),
    ] {
        let kind = fault.kind();
        watcher.arm(fault, None);
        assert_eq!(refusal(&watcher, kind), why);
    }
    watcher.connect();
    watcher.connected(0);
    assert!(marked(&watcher.close()).is_empty());
}

#[test]
fn a_cause_is_not_kept_for_a_later_failure_of_the_same_attempt() {
    // The blamed refresh cures the attempt; what the server then does is its own affair.
    let script = Script::new(|request| match (request.step, request.number) {
        (Step::Ticket, 1) => request.json(401, r#"{"code":"INVALID_TOKEN"}"#),
        (Step::Token, _) => {
            let (session, number) = ("sess_1", request.number);
            request.json(200, &format!(r#"{{"token":"e30.e30.n{number}","sessionId":"{session}"}}"#));
        }
        (Step::Socket, 1) => request.open_and_close(1011, "oops"),
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, "[backoff]\nbase = '10ms'"));
    watcher.connect();
    watcher.connected(0);
    watcher.arm(Fault::CorruptJwt, None);
    watcher.retry_now();
    watcher.connected(2);
    let entries = watcher.close();
    assert!(entries.iter().any(|entry| matches!(&entry.event, Event::Flow(FlowEvent::Disconnected { close, .. })
        if close.cause == CloseCause::PeerFrame && close.code == CloseCode(1011))));
    assert_eq!(marked(&entries), [mark(1, FaultKind::CorruptJwt, "refreshing_token")]);
}

#[test]
fn a_made_up_refusal_of_a_jwt_that_was_just_fetched_is_got_over() {
    let watcher = Watcher::demo();
    let fault = Fault::TicketStatus { status: 401, code: "INVALID_TOKEN".into(), retry_after: None };
    watcher.arm(fault, Some(1));
    watcher.connect();
    watcher.connected(0);
    let entries = watcher.close();
    assert_eq!(marked(&entries), [mark(0, FaultKind::TicketStatus, "refreshing_token")]);
}

#[test]
fn what_a_socket_does_after_a_fault_in_dialling_is_its_own_affair() {
    let script = Script::new(|request| match (request.step, request.number) {
        (Step::Socket, 0) => request.open_and_close(1011, "oops"),
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, "[backoff]\nbase = '10ms'"));
    watcher.arm(Fault::NameSlow { delay: Duration::from_millis(20) }, Some(1));
    watcher.connect();
    watcher.connected(1);
    let entries = watcher.close();
    assert_eq!(fired(&entries, &Fault::NameSlow { delay: Duration::ZERO }), [(Some(0), Some(0))]);
    assert!(marked(&entries).is_empty(), "{:?}", marked(&entries));
}

/// The local demo with a keychain that faults can act on.
fn with_keychain() -> Watcher {
    Watcher::keeping(Profile::local_demo(([127, 0, 0, 1], 0).into()), 7, KeychainChoice::InProcess)
}

/// Waits until the status bar has `text` for the keychain; tells whether that is marked as simulated.
fn keychain_says(watcher: &Watcher, text: &str) -> bool {
    watcher.wait(text, |_, snapshot| {
        snapshot.keychain.to_string().contains(text).then_some(snapshot.keychain_simulated.is_some())
    })
}

#[test]
fn a_keychain_that_fails_is_told_marked_and_got_over() {
    for (fault, text) in [
        (Fault::KeychainLocked, "locked — JWT kept in memory only"),
        (Fault::KeychainGone, "no keychain service — JWT kept in memory only"),
        (Fault::KeychainSlow { delay: Duration::from_secs(60) }, "no answer within 2 s — JWT kept in memory only"),
    ] {
        let watcher = with_keychain();
        let kind = fault.kind();
        watcher.connect();
        watcher.connected(0);
        assert!(!keychain_says(&watcher, "ready"));
        watcher.arm(fault, None);
        assert!(keychain_says(&watcher, text), "{text} is marked");
        assert!(matches!(watcher.snapshot().status, Status::Connected { .. }), "{text}: still connected");
        watcher.retry_now();
        watcher.connected(1);
        watcher.send(Command::ClearAll);
        assert!(!keychain_says(&watcher, "ready"), "{text} is fixed");
        let entries = watcher.close();
        let keychain = |entry: &&Arc<Entry>| matches!(entry.event, Event::Driver(DriverEvent::Keychain { .. }));
        let told: Vec<_> = entries.iter().filter(keychain).filter_map(|entry| entry.simulated.clone()).collect();
        assert_eq!(told, [kind.name()]);
        let fetched =
            entries.iter().filter(|entry| matches!(entry.event, Event::Flow(FlowEvent::TokenAcquired { .. }))).count();
        assert_eq!(fetched, 1, "{text}: the JWT stayed in memory");
    }
}

#[test]
fn a_keychain_that_fails_at_the_start_holds_up_nothing() {
    let watcher = with_keychain();
    watcher.arm(Fault::KeychainSlow { delay: Duration::from_secs(60) }, None);
    watcher.connect();
    watcher.connected(0);
    let entries = watcher.close();
    let phase = entries
        .iter()
        .find(|entry| matches!(entry.event, Event::Driver(DriverEvent::PhaseFinished { phase: Phase::Keychain, .. })));
    assert_eq!(phase.unwrap().simulated, Some(FaultName::new("keychain-slow")));
}

#[test]
fn a_jwt_that_is_too_long_stays_in_memory_and_the_next_one_does_not() {
    let watcher = with_keychain();
    watcher.connect();
    watcher.connected(0);
    watcher.arm(Fault::JwtTooLong, Some(1));
    watcher.retry_now();
    watcher.connected(1);
    assert!(keychain_says(&watcher, "of at most 2560 bytes) — kept in memory only"));
    watcher.retry_now();
    watcher.connected(2);
    watcher.send(Command::Flow(FlowCommand::NewSession));
    watcher.connected(3);
    assert!(!keychain_says(&watcher, "ready"));
    let entries = watcher.close();
    let fetched = |attempt| {
        let is_token = |entry: &&Arc<Entry>| matches!(entry.event, Event::Flow(FlowEvent::TokenAcquired { .. }));
        entries.iter().filter(is_token).any(|entry| entry.attempt == Some(AttemptId(attempt)))
    };
    assert_eq!([1, 2, 3].map(fetched), [true, false, true], "the long one is kept in memory");
    assert_eq!(marked(&entries), [], "no attempt failed");
}

#[test]
fn the_ticket_store_is_stopped_at_once_and_started_when_that_is_cleared() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::StopStore, None);
    watcher.server_lines("[Server] Ticket store stopped", 1);
    watcher.retry_now();
    watcher.failed(1);
    watcher.send(Command::Clear(FaultKind::StopStore));
    watcher.server_lines("[Server] Ticket store started", 1);
    let entries = watcher.entries();
    assert_eq!(marked(&entries)[0], mark(1, FaultKind::StopStore, "attempt_failed"));
    watcher.retry_now();
    watcher.wait("connected", |_, snapshot| matches!(snapshot.status, Status::Connected { .. }).then_some(()));
}
