//! Faults in the ticket request, the JWT and the local server: what a user notices, and the mark.

use std::time::Duration;

use ticketscope::faults::{Arming, Fault, FaultKind};
use ticketscope::model::{Class, DriverEvent, Event, Failure, FlowEvent, RequestFailureKind};
use ticketscope::session::Command;
use ticketscope::view::Status;

use crate::faults::{close_of, fired, mark, marked};
use crate::script::{Script, Step};
use crate::watcher::{Watcher, profile};

const FAST: &str = "[backoff]\nbase = '10ms'\ncap = '20ms'";

fn refuse(status: u16, code: &str) -> Fault {
    Fault::TicketStatus { status, code: code.into(), retry_after: None }
}

/// What attempt `number` failed with, and what the client made of it.
fn failure(watcher: &Watcher, number: u64) -> (Failure, Class) {
    match &watcher.failed(number).event {
        Event::Flow(FlowEvent::AttemptFailed { failure, class }) => (failure.clone(), *class),
        other => panic!("{other:?}"),
    }
}

/// A demo in which the local server answers, and a client of another server for which the answer is made up.
fn both(check: impl Fn(Watcher, &str)) {
    check(Watcher::demo(), "local server");
    let script = Script::contract();
    check(Watcher::start(profile(script.address, FAST)), "made up");
    assert!(script.heard(Step::Socket).len() <= 1);
}

#[test]
fn a_refused_ticket_has_the_class_of_the_contract() {
    for (status, code, class) in [
        (401, "MISSING_SESSION", Class::Hard),
        (401, "MISSING_AUTH", Class::Hard),
        (401, "", Class::Hard),
        (403, "FORBIDDEN", Class::Soft),
        (429, "RATE_LIMIT_EXCEEDED", Class::Soft),
        (500, "INTERNAL_ERROR", Class::Soft),
        (503, "REDIS_UNAVAILABLE", Class::Soft),
    ] {
        both(|watcher, who| {
            watcher.arm(refuse(status, code), Some(1));
            watcher.connect();
            let (failure, found) = failure(&watcher, 0);
            let Failure::Ticket(refusal) = failure else { panic!("{who}: {failure:?}") };
            let RequestFailureKind::Status(answer) = refusal.kind else { panic!("{who}: {:?}", refusal.kind) };
            assert_eq!((answer.status, found), (status, class), "{who} {code}");
            assert_eq!(answer.code(), (!code.is_empty()).then_some(code), "{who}");
            match class {
                Class::Hard => watcher.stopped(),
                Class::Soft => drop(watcher.connected(1)),
            }
            assert_eq!(marked(&watcher.close()), [mark(0, FaultKind::TicketStatus, "attempt_failed")], "{who} {code}");
        });
    }
}

#[test]
fn invalid_token_is_cured_once_and_hard_the_second_time() {
    both(|watcher, who| {
        watcher.arm(refuse(401, "INVALID_TOKEN"), Some(2));
        watcher.connect();
        watcher.stopped();
        let kinds = ["refreshing_token", "attempt_failed"].map(|kind| mark(0, FaultKind::TicketStatus, kind));
        assert_eq!(marked(&watcher.close()), kinds, "{who}");
    });
    // The local server gives the same JWT to the same session within a second, and that one was refused.
    let script = Script::new(|request| match request.step {
        Step::Token => {
            let token = format!(r#"{{"token":"e30.e30.n{}","sessionId":"sess_1"}}"#, request.number);
            request.json(200, &token);
        }
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, FAST));
    watcher.arm(refuse(401, "INVALID_TOKEN"), Some(1));
    watcher.connect();
    watcher.connected(0);
    assert_eq!(marked(&watcher.close()), [mark(0, FaultKind::TicketStatus, "refreshing_token")]);
}

#[test]
fn retry_after_is_a_floor_under_the_wait() {
    both(|watcher, who| {
        let retry_after = Some(Duration::from_secs(60));
        watcher.arm(Fault::TicketStatus { status: 429, code: "RATE_LIMIT_EXCEEDED".into(), retry_after }, None);
        watcher.connect();
        let wait = watcher.wait("a wait", |_, snapshot| match &snapshot.status {
            Status::Waiting(delay) => Some(delay.wait),
            _ => None,
        });
        assert_eq!(wait, Duration::from_secs(60), "{who}");
    });
}

#[test]
fn answers_that_are_no_tickets_are_told_apart() {
    for (fault, expected) in [(Fault::TicketHtml, "text/html"), (Fault::TicketEmpty, "empty")] {
        both(|watcher, who| {
            watcher.arm(fault.clone(), Some(1));
            watcher.connect();
            let (failure, class) = failure(&watcher, 0);
            assert_eq!(class, Class::Soft);
            assert!(failure.to_string().contains(expected), "{who}: {failure}");
            watcher.connected(1);
            assert_eq!(marked(&watcher.close()), [mark(0, fault.kind(), "attempt_failed")]);
        });
    }
}

#[test]
fn a_late_ticket_is_not_sent() {
    let script = Script::contract();
    let watcher = Watcher::start(profile(script.address, FAST));
    watcher.arm(Fault::TicketLate, Some(1));
    watcher.connect();
    let (failure, class) = failure(&watcher, 0);
    assert!(matches!(failure, Failure::TicketExpired { .. }) && class == Class::Soft, "{failure:?}");
    watcher.connected(1);
    assert_eq!(script.heard(Step::Socket).len(), 1, "the dead ticket was not sent");
    assert_eq!(marked(&watcher.close()), [mark(0, FaultKind::TicketLate, "attempt_failed")]);
}

#[test]
fn a_ticket_used_twice_is_refused_by_the_server() {
    let watcher = Watcher::demo();
    watcher.arm(Fault::TicketReused, Some(1));
    watcher.connect();
    let close = close_of(&watcher.disconnected(0));
    assert_eq!((close.code.0, close.reason.as_str()), (1008, "NOT_AUTHORIZED"));
    watcher.stopped();
    assert_eq!(marked(&watcher.close()), [mark(0, FaultKind::TicketReused, "disconnected")]);
}

#[test]
fn forged_jwts_are_refused_and_replaced() {
    for fault in [Fault::CorruptJwt, Fault::ExpireJwt, Fault::WrongSignature, Fault::RotateSecret] {
        let watcher = Watcher::connected_demo();
        watcher.arm(fault.clone(), None);
        watcher.retry_now();
        watcher.connected(1);
        watcher.retry_now();
        watcher.connected(2);
        let entries = watcher.close();
        assert_eq!(marked(&entries), [mark(1, fault.kind(), "refreshing_token")]);
        assert_eq!(fired(&entries, &fault), [(Some(0), Some(0))]);
    }
}

#[test]
fn a_rotated_secret_stays_after_a_restart() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::RotateSecret, None);
    watcher.retry_now();
    watcher.connected(1);
    watcher.arm(Fault::RestartServer, None);
    watcher.connected(2);
    assert!(!watcher.lines_of(2).iter().any(|line| line.contains("401")), "{:?}", watcher.lines_of(2));
}

#[test]
fn a_stopped_store_is_503_until_it_is_back() {
    let watcher = Watcher::demo();
    watcher.arm(Fault::StopStore, Some(2));
    watcher.connect();
    watcher.connected(2);
    assert_eq!(watcher.server_lines("[WSTicket] Rejected { status: 503, code: 'REDIS_UNAVAILABLE'", 2).len(), 2);
    let failed = [0, 1].map(|attempt| mark(attempt, FaultKind::StopStore, "attempt_failed"));
    assert_eq!(marked(&watcher.close()), failed);
}

#[test]
fn other_origins_stop_the_client() {
    let watcher = Watcher::demo();
    watcher.arm(Fault::ChangeOrigins, None);
    watcher.connect();
    watcher.stopped();
    assert_eq!(close_of(&watcher.disconnected(0)).reason.as_str(), "ORIGIN_BLOCKED");
    watcher.send(Command::Clear(FaultKind::ChangeOrigins));
    watcher.connect();
    watcher.connected(1);
    assert_eq!(marked(&watcher.close()), [mark(0, FaultKind::ChangeOrigins, "disconnected")]);
}

#[test]
fn a_clock_that_goes_ahead_expires_the_jwt() {
    let watcher = Watcher::connected_demo();
    watcher.arm(FaultKind::SkewClock.default_parameters(), None);
    watcher.retry_now();
    watcher.connected(1);
    assert_eq!(marked(&watcher.close()), [mark(1, FaultKind::SkewClock, "refreshing_token")]);
}

#[test]
fn a_server_as_deployed_answers_as_the_contract_says_it_does() {
    let watcher = Watcher::demo();
    watcher.arm(Fault::AsDeployed, None);
    watcher.arm(Fault::BlockOrigin, Some(1));
    watcher.connect();
    let (failure, class) = failure(&watcher, 0);
    let Failure::UpgradeRefused(refusal) = failure else { panic!("{failure:?}") };
    let said = refusal.body.excerpt.as_ref().map(|said| said.as_str());
    assert_eq!((refusal.status, said, class), (401, Some("Unauthorized"), Class::Soft));
    watcher.connected(1);
    watcher.arm(Fault::DropSessionId, None);
    watcher.retry_now();
    watcher.connected(2);
    assert!(watcher.lines_of(2).iter().any(|line| line.contains("INVALID_TOKEN")), "{:?}", watcher.lines_of(2));
    watcher.arm(Fault::StopStore, Some(1));
    watcher.retry_now();
    let code = |line: &String| line.contains("TICKET_GENERATION_FAILED");
    watcher.failed(3);
    assert!(
        watcher.server_log().iter().any(code)
            || !watcher.server_lines("[WSTicket] Rejected { status: 500", 1).is_empty()
    );
}

#[test]
fn chance_decides_the_same_with_the_same_seed() {
    let run = || {
        let watcher = Watcher::demo();
        watcher.send(Command::Arm(Arming { fault: Fault::TicketHtml, times: Some(3), probability: 0.5 }));
        watcher.connect();
        for _ in 0..3 {
            watcher.wait_entry("connected or failed", |entry| entry.event == Event::Flow(FlowEvent::Connected));
        }
        fired(&watcher.close(), &Fault::TicketHtml)
    };
    assert_eq!(run(), run());
}

#[test]
fn health_that_nobody_answers_is_shown_with_the_reason() {
    let script = Script::new(|request| match request.step {
        Step::Ticket if request.number == 0 => request.json(500, r#"{"code":"TICKET_GENERATION_FAILED"}"#),
        Step::Health => drop(request),
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, FAST));
    watcher.connect();
    let unanswered = watcher
        .wait_entry("no answer", |entry| matches!(entry.event, Event::Driver(DriverEvent::HealthUnanswered { .. })));
    let line = ticketscope::journal::lines(&unanswered).remove(0);
    assert_eq!(line.level, ticketscope::journal::Level::Info, "it is not only for developers");
    assert!(line.to_string().starts_with("[Net] The server's health could not be asked: "), "{line}");
    watcher.close();
}

#[test]
fn health_is_asked_once_beside_failures_that_it_tells_apart() {
    const DOWN: &str = r#"{"status":"DOWN","checks":{"server":"UP","redis":"DOWN"}}"#;
    let script = Script::new(|request| match request.step {
        Step::Ticket if request.number < 4 => request.json(500, r#"{"code":"TICKET_GENERATION_FAILED"}"#),
        Step::Health => request.json(503, DOWN),
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, FAST));
    watcher.connect();
    let answered = watcher
        .wait_entry("an answer", |entry| matches!(entry.event, Event::Driver(DriverEvent::HealthAnswered { .. })));
    watcher.connected(4);
    assert_eq!(script.heard(Step::Health).len(), 1, "four failures within 30 s");
    assert_eq!((script.heard(Step::Token).len(), script.heard(Step::Ticket).len()), (1, 5));
    let health = &script.heard(Step::Health)[0];
    assert!(!health.contains("uthorization") && health.to_lowercase().contains("x-trace-id: "), "{health}");
    let shown = ticketscope::journal::lines(&answered).remove(0).to_string();
    assert_eq!(shown, "[Net] The server's health: 503, server up, Redis down");
    // The recording takes the same course again.
    watcher.close();
}

#[test]
fn health_that_does_not_answer_delays_nothing_and_what_was_made_up_is_no_reason_to_ask() {
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Mutex::new(held);
    let script = Script::new(move |request| match request.step {
        Step::Ticket if request.number == 0 => request.json(503, r#"{"code":"REDIS_UNAVAILABLE"}"#),
        // Until the test is over.
        Step::Health => _ = held.lock().unwrap().recv(),
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, FAST));
    watcher.connect();
    watcher.connected(1);
    watcher.close();
    drop(hold);

    let script = Script::contract();
    let watcher = Watcher::start(profile(script.address, FAST));
    watcher.arm(refuse(503, "REDIS_UNAVAILABLE"), Some(3));
    watcher.connect();
    watcher.connected(3);
    watcher.close();
    assert_eq!(script.heard(Step::Health), Vec::<String>::new());
}
