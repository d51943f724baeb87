//! Servers that are not well: the check ends in bounded time, says where, and never that all is well.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use ticketscope::backend::{self, Server as Backend};
use ticketscope::clock::utc_now;
use ticketscope::diagnosis::check::{Ending, Outcome, Step, StepState};
use ticketscope::model::{Event, Origin, Profile};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::sleep;

use crate::server::{Server, accept, answer, closed_port, listen};
use crate::{assert_honest, check_of, profile, run, step};

/// `{"alg":"HS256"}`, `{"sessionId":"sess_0123456789abcdef","exp":4102444800}` and no signature worth the name.
const TOKEN: &str =
    "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJzZXNzXzAxMjM0NTY3ODlhYmNkZWYiLCJleHAiOjQxMDI0NDQ4MDB9.c2lnbmF0dXJl";

/// The contract's answers, each ticket another one, but a socket that goes no further than 101.
pub fn contract(request: &str) -> Vec<u8> {
    static TICKETS: AtomicU32 = AtomicU32::new(0);
    if request.contains("/ws?") {
        return accept(request, |head| head);
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
    answer("200 OK", &["content-type: application/json", &date], &body)
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
    assert_eq!(step(&outcome, Step::Clock).state, StepState::NotRun);
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
            Event::ClockCompared { offset } => Some(offset),
            _ => None,
        });
        let read = read.unwrap();
        let error = Duration::from_millis((read.ahead_millis - ahead.num_milliseconds()).unsigned_abs());
        assert!(error <= read.within && read.within < Duration::from_secs(2), "{seconds} s: {read}");
    }
}
