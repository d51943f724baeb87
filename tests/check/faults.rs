//! Servers that are not well: the check ends in bounded time, says where, and never that all is well.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use ticketscope::backend::{self, Server as Backend};
use ticketscope::check::{Check, Ending, Outcome, Step, StepState};
use ticketscope::clock::utc_now;
use ticketscope::journal::recording::{Header, Recording, write_line};
use ticketscope::model::{DriverEvent, Event, FlowEvent, Origin, Profile, ReportId};
use ticketscope::replay::{Verification, verify};
use ticketscope::report::{Own, Report};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::sleep;

use crate::{assert_honest, check_of, profile, run, step};
use support::server::{Server, accept, answer, closed_port, header, listen};

/// `{"alg":"HS256"}`, `{"sessionId":"sess_0123456789abcdef","exp":4102444800}` and no signature worth the name.
const TOKEN: &str =
    "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJzZXNzXzAxMjM0NTY3ODlhYmNkZWYiLCJleHAiOjQxMDI0NDQ4MDB9.c2lnbmF0dXJl";

/// The contract's answers, each ticket another one, but a socket that goes no further than 101.
pub fn contract(request: &str) -> Vec<u8> {
    static TICKETS: AtomicU32 = AtomicU32::new(0);
    if request.contains("/ws?") {
        return accept(request, |head| head);
    }
    if request.starts_with("OPTIONS ") {
        let headers = "access-control-allow-headers: authorization, content-type";
        return answer("200 OK", &["access-control-allow-origin: *", headers], "");
    }
    let body = match request {
        _ if request.contains("/healthz") => r#"{"status":"UP","checks":{"server":"UP","redis":"UP"}}"#.to_owned(),
        _ if request.contains("/auth/token") => format!(r#"{{"token":"{TOKEN}","sessionId":"sess_0123456789abcdef"}}"#),
        _ => {
            let ticket = TICKETS.fetch_add(1, Ordering::Relaxed);
            format!(r#"{{"ticket":"{ticket:032x}","expiresInSeconds":30}}"#)
        }
    };
    let date = format!("date: {}", http_date(TimeDelta::zero()));
    answer("200 OK", &["content-type: application/json", "access-control-allow-origin: *", &date], &body)
}

fn http_date(ahead: TimeDelta) -> String {
    (utc_now() - ahead).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A server that says `first` on every connection, then a byte every `pause`, and never ends.
async fn talks(first: &'static str, pause: Duration) -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let mut going = stream.write_all(first.as_bytes()).await.is_ok();
                while going {
                    sleep(pause).await;
                    going = stream.write_all(b"x").await.is_ok();
                }
            });
        }
    });
    address
}

async fn checked(profile: Profile) -> std::sync::Arc<Outcome> {
    let outcome = run(check_of(profile)).await;
    assert_honest(&outcome);
    assert!(!outcome.is_well(), "{:#?}", outcome.steps);
    assert_eq!(outcome.ending, Ending::Complete);
    assert_eq!(outcome.conclusion().status, "NOT WELL");
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_silent_answers_by_half_or_drips_ends_the_check_in_time() {
    const HOUR: Duration = Duration::from_secs(3_600);
    for (first, pause) in [
        ("", HOUR),
        ("HTTP/1.1 200 OK\r\ncontent-", HOUR),
        ("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{", HOUR),
        ("HTTP/1.1 200 OK\r\nx: ", Duration::from_millis(20)),
    ] {
        let outcome = checked(profile(talks(first, pause).await)).await;
        assert_eq!(step(&outcome, Step::Tcp).state, StepState::Passed);
        assert_eq!(step(&outcome, Step::Token).state, StepState::Failed, "{first:?}: {:#?}", outcome.steps);
        assert!(outcome.took < Duration::from_secs(30), "{first:?}: {:?}", outcome.took);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_port_fails_at_tcp_and_nothing_after_it_is_run() {
    let outcome = checked(profile(closed_port().await)).await;
    let tcp = step(&outcome, Step::Tcp);
    assert_eq!(tcp.state, StepState::Failed);
    assert!(tcp.found.as_str().contains("connection refused"), "{}", tcp.found);
    let clock = step(&outcome, Step::Clock);
    assert_eq!((clock.state, clock.found.as_str()), (StepState::NotRun, "TCP failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_websocket_the_api_is_checked_all_the_same() {
    let server = Server::start(contract).await;
    let mut profile = profile(server.address);
    profile.websocket = format!("ws://{}", closed_port().await).try_into().unwrap();
    let outcome = run(check_of(profile)).await;
    let tcp = step(&outcome, Step::Tcp);
    assert!(tcp.state == StepState::Failed && tcp.found.as_str().starts_with("the WebSocket: "), "{tcp:?}");
    assert_eq!(step(&outcome, Step::Dns).details, ["127.0.0.1".into()]);
    for step in [Step::Clock, Step::Health, Step::Token, Step::Claims, Step::Ticket] {
        assert_eq!(crate::step(&outcome, step).state, StepState::Passed, "{step:?}: {:#?}", outcome.steps);
    }
    for step in [Step::Upgrade, Step::Open, Step::Comeback] {
        let result = crate::step(&outcome, step);
        assert_eq!((result.state, result.found.as_str()), (StepState::NotRun, "TCP failed"), "{step:?}");
    }
    assert_eq!(outcome.conclusion().code, "connection-refused");
    assert!(outcome.steps.iter().all(|result| result.state.is_over()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_endpoint_that_does_not_end_fails_and_the_clock_is_read_from_another_answer() {
    let server = Server::start(|request| match request.contains("/healthz") {
        true => b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{\"status\":\"UP\"".to_vec(),
        false => contract(request),
    });
    let outcome = run(check_of(profile(server.await.address))).await;
    let health = step(&outcome, Step::Health);
    assert!(health.state == StepState::Failed && health.found.as_str().contains("no answer within"), "{health:?}");
    let clock = step(&outcome, Step::Clock);
    assert!(clock.state == StepState::Passed && clock.found.as_str().contains("agrees"), "{clock:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_whose_answers_are_not_dated_has_no_clock_to_compare() {
    let server = Server::start(|request| {
        let text = String::from_utf8(contract(request)).unwrap();
        let lines = text.split_inclusive("\r\n").filter(|line| !line.starts_with("date: "));
        lines.collect::<String>().into_bytes()
    });
    let outcome = run(check_of(profile(server.await.address))).await;
    let clock = step(&outcome, Step::Clock);
    assert_eq!((clock.state, clock.found.as_str()), (StepState::Skipped, "no answer was dated"));
    assert_eq!(outcome.clock(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_without_a_health_endpoint_has_none_asked_and_is_well() {
    let (server, mut lines) = Backend::start(backend::Config::default()).await.unwrap();
    let mut profile = profile(server.address());
    profile.endpoints.health = None;
    let outcome = run(check_of(profile)).await;
    let health = step(&outcome, Step::Health);
    assert_eq!((health.state, health.found.as_str()), (StepState::Skipped, "the profile has none"));
    assert_eq!(step(&outcome, Step::Clock).state, StepState::Passed);
    assert!(outcome.is_well(), "{:#?}", outcome.steps);
    server.stop().await;
    while let Ok(line) = lines.try_recv() {
        assert!(!line.text.as_str().contains("/healthz"), "{}", line.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_for_a_session_is_found_by_its_id_and_proven_in_its_report() {
    let refused = |request: &str| match request.contains("/ws-ticket") {
        true => answer("503 x", &[], r#"{"code":"REDIS_UNAVAILABLE"}"#),
        false => contract(request),
    };
    let mut server = Server::start(refused).await;
    let (profile, session) = (profile(server.address), ReportId::of(7));
    let outcome = run(Check { session: Some(session), ..check_of(profile.clone()) }).await;
    for _ in 0..3 {
        let trace = header(&server.request().await, "x-trace-id").unwrap();
        assert!(trace.starts_with(&format!("{session}-")) && trace.len() > 12, "apart from the session's own: {trace}");
    }
    let mut bytes = Vec::new();
    write_line(&mut bytes, &Header::new(&profile, 7, outcome.started)).unwrap();
    let recording = Recording::from_bytes(bytes).unwrap();
    let report = Report::new(&recording, Some(&outcome), Own::new(None, &[], &[]), outcome.started);
    let text = |name: &str| report.files().iter().find(|file| file.name == name).unwrap().text.as_str();
    assert!(
        report.files().iter().all(|file| file.text.as_str().contains(&session.to_string())),
        "the id is everywhere"
    );
    let finding = &outcome.findings[0];
    let numbers: Vec<_> = finding.evidence.iter().map(ToString::to_string).collect();
    let proof = format!("entries {} of check.jsonl", numbers.join(", "));
    assert!(text("report.html").contains(&proof), "{proof} is not in {}", text("report.html"));
    let entries = Recording::from_bytes(text("check.jsonl").as_bytes().to_vec()).unwrap();
    assert!(matches!(verify(&entries), Verification::Same { inputs: 1.., .. }));
    let last = *finding.evidence.last().unwrap();
    let proven = entries.entries().find(|entry| entry.seq == last).unwrap();
    assert!(
        matches!(
            proven.event,
            Event::Flow(FlowEvent::AttemptFailed { .. }) | Event::Driver(DriverEvent::HealthAnswered { .. })
        ),
        "{:?}",
        proven.event
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_origin_is_told_from_a_closed_socket() {
    let origins = vec![Origin::try_from("https://other.test".to_owned()).unwrap()];
    let config = backend::Config { origins, ..backend::Config::default() };
    let (server, _lines) = Backend::start(config).await.unwrap();
    let outcome = checked(profile(server.address())).await;
    let open = step(&outcome, Step::Open);
    assert!(open.state == StepState::Failed && open.found.as_str().contains("ORIGIN_BLOCKED"), "{open:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_does_not_answer_a_ping_fails() {
    let server = Server::start(contract).await;
    let outcome = checked(profile(server.address)).await;
    assert_eq!(step(&outcome, Step::Upgrade).state, StepState::Passed, "{:#?}", outcome.steps);
    assert_eq!(step(&outcome, Step::Open).state, StepState::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_health_endpoint_is_skipped_and_the_clock_is_right_all_the_same() {
    for seconds in [-86_400, -3_600, -120, -2, 2, 120, 3_600, 86_400] {
        let ahead = TimeDelta::seconds(seconds);
        let server = Server::start(move |request| match request {
            _ if request.contains("/healthz") => answer("404 x", &[&format!("date: {}", http_date(ahead))], ""),
            _ => answer("503 x", &[], ""),
        });
        let mut server = server.await;
        let outcome = run(check_of(profile(server.address))).await;
        assert!(server.request().await.starts_with("GET /healthz HTTP/1.1\r\n"));
        assert_eq!(step(&outcome, Step::Health).state, StepState::Skipped);
        let read = outcome.entries.iter().find_map(|entry| match entry.event {
            Event::Driver(DriverEvent::ClockCompared { offset }) => Some(offset),
            _ => None,
        });
        let read = read.unwrap();
        let error = Duration::from_millis((read.ahead_millis - ahead.num_milliseconds()).unsigned_abs());
        assert!(error <= read.within && read.within < Duration::from_secs(2), "{seconds} s: {read}");
    }
}
