//! The limit of the whole check: whatever step a server holds up, the check ends, and says how far it came.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use ticketscope::check::{Check, Ending, Outcome, Step, StepState};
use ticketscope::model::Profile;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::faults::contract;
use crate::{check_of, run, step};
use support::server::{listen, read_request};

/// The limit of each of these checks, which is less than the profile allows any one step.
const LIMIT: Duration = Duration::from_secs(3);

/// Says a byte every now and then, for ever.
async fn drip(mut stream: impl AsyncWrite + Unpin, first: &[u8]) {
    let mut going = stream.write_all(first).await.is_ok();
    while going {
        sleep(Duration::from_millis(20)).await;
        going = stream.write_all(b"x").await.is_ok();
    }
}

/// Answers by the contract, but drips where a request `stalls`. A socket that is open answers pings.
pub async fn attend(mut stream: impl AsyncRead + AsyncWrite + Unpin, stalls: impl Fn(&str) -> bool) {
    while let Some(request) = read_request(&mut stream).await {
        // What a browser asks first is no step that a server can hold up here.
        if !request.starts_with("OPTIONS ") && stalls(&request) {
            return drip(stream, b"HTTP/1.1 200 OK\r\nx: ").await;
        }
        if stream.write_all(&contract(&request)).await.is_err() {
            return;
        }
        if request.contains("/ws?") {
            let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
            while let Some(Ok(_)) = socket.next().await {}
            return;
        }
    }
}

/// A server that drips where a request is for `path`, from the `nth` one on.
pub async fn stalls_at(path: &'static str, nth: usize) -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let asked = Arc::clone(&asked);
            let stalls =
                move |request: &str| request.contains(path) && asked.fetch_add(1, Ordering::Relaxed) + 1 >= nth;
            tokio::spawn(attend(stream, stalls));
        }
    });
    address
}

/// A server whose queue of connections is full, so that further ones are neither taken nor refused; as long as what
/// comes with its address is kept.
async fn takes_no_connection() -> (SocketAddr, (TcpListener, Vec<TcpStream>)) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut crowd = Vec::new();
    while let Ok(Ok(stream)) = timeout(Duration::from_millis(300), TcpStream::connect(address)).await {
        crowd.push(stream);
    }
    (address, (listener, crowd))
}

/// A server that begins a record of TLS and never comes to its end.
async fn begins_tls() -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move { drip(stream, &[0x16, 3, 3, 0x3f, 0]).await });
        }
    });
    address
}

/// The profile of a server at `address`, with the limits that it usually has.
pub fn patient(address: SocketAddr) -> Profile {
    Profile::local_demo(address)
}

/// The same behind TLS.
pub fn secured(address: SocketAddr) -> Profile {
    let mut profile = patient(address);
    profile.api = format!("https://{address}").try_into().unwrap();
    profile.websocket = format!("wss://{address}").try_into().unwrap();
    profile
}

/// `at` was going on when the limit was over; nothing after it was run, everything before it was.
fn assert_ended_at(outcome: &Outcome, at: Step, limit: Duration) {
    let words: Vec<_> = outcome.steps.iter().map(|it| format!("{:?} {:?} {}", it.step, it.state, it.found)).collect();
    assert_eq!(outcome.ending, Ending::OutOfTime, "{at:?}: {words:#?}");
    assert!(outcome.took >= limit && outcome.took < limit + Duration::from_secs(20), "{at:?}: {:?}", outcome.took);
    let stopped = step(outcome, at);
    assert_eq!(stopped.state, StepState::Failed, "{words:#?}");
    assert!(stopped.found.as_str().contains("no end within the"), "{words:#?}");
    for result in outcome.steps.iter().filter(|result| result.step > at) {
        let is_honest = result.state == StepState::NotRun && result.found.as_str().contains("the check ended here");
        assert!(is_honest, "{at:?}: {words:#?}");
    }
    for result in outcome.steps.iter().filter(|result| result.step < at && result.step != Step::Clock) {
        assert!(matches!(result.state, StepState::Passed | StepState::Skipped), "{at:?}: {words:#?}");
    }
    let conclusion = outcome.conclusion();
    assert_eq!((conclusion.status, outcome.is_well()), ("NOT WELL", false));
    assert_eq!(conclusion.title, format!("{} failed", at.label()), "{words:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_holds_up_any_step_ends_the_check_at_its_limit() {
    let (full, _crowd) = takes_no_connection().await;
    let mut stages = vec![
        (Step::Tcp, patient(full), LIMIT),
        (Step::Tls, secured(begins_tls().await), LIMIT),
        (Step::Open, patient(stalls_at("never", 1).await), LIMIT),
        // It has to have stayed open for 5 s before.
        (Step::Comeback, patient(stalls_at("/ws-ticket", 2).await), LIMIT + Duration::from_secs(5)),
    ];
    for (step, path) in [
        (Step::Health, "/healthz"),
        (Step::Token, "/auth/token"),
        (Step::Ticket, "/ws-ticket"),
        (Step::Upgrade, "/ws?"),
    ] {
        stages.push((step, patient(stalls_at(path, 1).await), LIMIT));
    }
    let mut running = JoinSet::new();
    for (at, profile, limit) in stages {
        running.spawn(async move { (at, limit, run(Check { limit, ..check_of(profile) }).await) });
    }
    for (at, limit, outcome) in running.join_all().await {
        assert_ended_at(&outcome, at, limit);
    }
}
