//! The seed's six tests and five scenarios: same lines, same order, same stop or retry.

use std::collections::BTreeSet;
use std::time::Duration;

use ticketscope::backend::{Config, StoreConfig};
use ticketscope::faults::{Fault, FaultKind};
use ticketscope::model::{
    AttemptId, Class, Delay, Event, Failure, FlowCommand, FlowEvent, Moment, Origin, Profile, TokenSource, Trigger,
};
use ticketscope::session::Command;
use ticketscope::view::Status;
use tokio::runtime::Runtime;

use crate::local_server::LocalServer;
use crate::redis_server::RedisServer;
use crate::watcher::{Watcher, console};

pub const ENSURING: &str = "[WS] Ensuring JWT token exists...";
pub const FETCHING: &str = "[Auth] Fetching JWT token from backend...";
pub const ACQUIRED: &str = "[Auth] ✅ JWT token acquired";
pub const READY: &str = "[WS] JWT ready";
pub const REQUESTING: &str = "[WS] Requesting WebSocket ticket...";
pub const OBTAINED: &str = "[WS] Ticket obtained, connecting to WebSocket...";
pub const CONNECTED: &str = "[WS] Connected";
const FAILED_401: &str = "[WS] Failed to connect HttpErrorResponse { status: 401, ... }";
const FAILED_503: &str =
    "[WS] Failed to connect HttpErrorResponse { status: 503, error: { code: 'REDIS_UNAVAILABLE' } }";
const SOFT_503: &str = "[WS] Soft failure - service unavailable (503), will retry";
const ORIGIN_BLOCKED: &str = "{ code: 1008, reason: 'ORIGIN_BLOCKED', wasClean: true }";

/// The lines of a first connection, and of a refresh that finds a JWT.
pub const FIRST: [&str; 7] = [ENSURING, FETCHING, ACQUIRED, READY, REQUESTING, OBTAINED, CONNECTED];
pub const CACHED: [&str; 5] = [ENSURING, READY, REQUESTING, OBTAINED, CONNECTED];
const REFRESHED: [&str; 9] = [
    ENSURING,
    READY,
    REQUESTING,
    "[Auth] Received 401 INVALID_TOKEN, refreshing token...",
    FETCHING,
    ACQUIRED,
    "[Auth] Retrying request with new token",
    OBTAINED,
    CONNECTED,
];

fn new_session(watcher: &Watcher) {
    watcher.send(Command::Flow(FlowCommand::NewSession));
}

#[test]
fn seed_test_1_fresh_browser_no_jwt() {
    let watcher = Watcher::connected_demo();
    assert_eq!(console(&watcher.entries()), FIRST);
    let snapshot = watcher.snapshot();
    assert_eq!(snapshot.token.source, Some(TokenSource::Server));
    assert_eq!(snapshot.tickets, 1);
}

#[test]
fn seed_test_2_page_refresh_10x_cached_jwt() {
    let watcher = Watcher::connected_demo();
    for refresh in 1..=10 {
        watcher.retry_now();
        watcher.connected(refresh);
        assert_eq!(watcher.lines_of(refresh), CACHED, "refresh {refresh}");
    }
    let count = |event: &str| watcher.entries().iter().filter(|entry| is_called(&entry.event, event)).count();
    assert_eq!(count("token_acquired"), 1, "the JWT is fetched once");
    assert_eq!(count("attempt_failed"), 0);
    let tickets: BTreeSet<_> = watcher
        .entries()
        .iter()
        .filter_map(|entry| match entry.event {
            Event::Flow(FlowEvent::TicketSpent { ticket, .. }) => Some(ticket),
            _ => None,
        })
        .collect();
    assert_eq!(tickets.len(), 11, "every attempt spends a ticket of its own");
    watcher.server_lines("websocket_connected", 11);
    let rejected: Vec<_> = watcher.server_log().into_iter().filter(|line| line.contains("Rejected")).collect();
    assert!(rejected.is_empty(), "{rejected:?}");
}

fn is_called(event: &Event, name: &str) -> bool {
    serde_json::to_value(event).unwrap()["type"] == name
}

#[test]
fn seed_test_3_invalid_jwt() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::CorruptJwt, None);
    watcher.retry_now();
    watcher.connected(1);
    assert_eq!(watcher.lines_of(1), REFRESHED);
    assert!(watcher.snapshot().token.refreshed);
    let sessions: BTreeSet<_> = watcher
        .entries()
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Flow(FlowEvent::TokenAcquired { session_id, .. }) => session_id.as_ref().map(ToString::to_string),
            _ => None,
        })
        .collect();
    assert_eq!(sessions.len(), 1, "the refresh stays in its session: {sessions:?}");
}

#[test]
fn seed_test_4_production_urls_and_server_logs() {
    let production = Profile::production();
    let endpoints = &production.endpoints;
    assert_eq!(production.origin.as_str(), "https://app.going2eat.food");
    assert_eq!(production.api.join(&endpoints.token.path).as_str(), "https://api.going2eat.food/api/v1/auth/token");
    assert_eq!(production.api.join(&endpoints.ticket.path).as_str(), "https://api.going2eat.food/api/v1/ws-ticket");
    assert_eq!(production.websocket.join(&endpoints.socket.path).as_str(), "wss://api.going2eat.food/ws");
    assert_eq!(endpoints.socket.query.as_str(), "ticket");

    // The same client with the production origin, against the local server in the place of the real one.
    let mut server = LocalServer::start(Config { origins: vec![production.origin.clone()], ..Config::default() });
    let watcher = Watcher::start(Profile { origin: production.origin, ..server.profile() });
    watcher.connect();
    watcher.connected(0);
    for refresh in 1..=10 {
        watcher.retry_now();
        watcher.connected(refresh);
    }
    watcher.close();
    let log = server.log();
    assert!(!log.iter().any(|line| line.contains("Rejected")), "{log:?}");
    for start in [
        "[WSTicket] Ticket generated { hasUserId: false, ttl: 30 }",
        "[WS] Authenticated via ticket { hasUserId: false }",
        "websocket_connected { originHost: 'app.going2eat.food' }",
    ] {
        assert_eq!(log.iter().filter(|line| line.starts_with(start)).count(), 11, "{start}: {log:?}");
    }
}

/// The 503 lines, and each wait inside contract §3's window for its place.
#[track_caller]
fn check_outage(watcher: &Watcher, attempts: std::ops::Range<u64>) {
    for (retry, attempt) in (1..).zip(attempts) {
        let lines = watcher.lines_of(attempt);
        let wait = wait_after(watcher, attempt).unwrap();
        let nominal = (250.0 * 2_f64.powi(retry - 1)).min(5_000.0);
        let millis = wait.wait.as_secs_f64() * 1_000.0;
        assert!((0.75 * nominal..=1.25 * nominal).contains(&millis), "retry {retry} waits {millis} ms");
        let reconnecting = format!("[WS] Reconnecting in {}ms (attempt {retry})", millis.round());
        assert_eq!(lines, [ENSURING, READY, REQUESTING, FAILED_503, SOFT_503, &reconnecting]);
    }
}

fn wait_after(watcher: &Watcher, attempt: u64) -> Option<Delay> {
    watcher.entries().iter().find_map(|entry| match entry.event {
        Event::Flow(FlowEvent::BackoffScheduled { delay }) if entry.attempt == Some(AttemptId(attempt)) => Some(delay),
        _ => None,
    })
}

fn started(watcher: &Watcher, attempt: u64) -> Moment {
    let begins = watcher.wait_entry(&format!("attempt {attempt} begins"), |entry| {
        entry.attempt == Some(AttemptId(attempt))
            && entry.event == Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Backoff })
    });
    begins.elapsed
}

/// How much later than planned the attempts began: never earlier, and at most 50 ms in the middle.
#[track_caller]
fn check_punctuality(watcher: &Watcher, attempts: std::ops::Range<u64>) {
    let lateness = attempts.map(|attempt| {
        let (planned, began) = (wait_after(watcher, attempt - 1).unwrap().until, started(watcher, attempt));
        assert!(planned <= began, "attempt {attempt} began at {began}, before {planned}");
        began.since(planned)
    });
    let mut lateness: Vec<_> = lateness.collect();
    lateness.sort_unstable();
    assert!(lateness[lateness.len() / 2] <= Duration::from_millis(50), "{lateness:?}");
}

#[test]
fn seed_test_5_redis_down_503() {
    let runtime = Runtime::new().unwrap();
    let Some(mut redis) = runtime.block_on(RedisServer::start()) else { return };
    let store = StoreConfig::Redis(redis.url().parse().unwrap());
    let server = LocalServer::start(Config { store, ..Config::default() });
    let watcher = Watcher::start(server.profile());
    watcher.connect();
    watcher.connected(0);
    let unspent: Vec<String> = runtime.block_on(async {
        let mut connection = redis.connect().await;
        redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap()
    });
    assert!(unspent.is_empty(), "the ticket is consumed: {unspent:?}");

    redis.stop();
    watcher.retry_now();
    watcher.failed(4);
    runtime.block_on(redis.restart());
    watcher
        .wait("connected by itself", |_, snapshot| matches!(snapshot.status, Status::Connected { .. }).then_some(()));
    check_outage(&watcher, 1..5);
    check_punctuality(&watcher, 2..5);
    let last = watcher.snapshot().attempt.unwrap().0;
    assert_eq!(watcher.lines_of(last), CACHED);
}

#[test]
fn seed_test_6_origin_blocked() {
    let elsewhere = vec![Origin::try_from("https://elsewhere.example".to_owned()).unwrap()];
    let server = LocalServer::start(Config { origins: elsewhere, ..Config::default() });
    let watcher = Watcher::start(server.profile());
    watcher.connect();
    watcher.stopped();
    let mut expected: Vec<String> = FIRST.iter().map(ToString::to_string).collect();
    expected.push(format!("[WS] Disconnected {ORIGIN_BLOCKED}"));
    expected.push(format!("[WS] Hard failure - stopping reconnect {ORIGIN_BLOCKED}"));
    assert_eq!(console(&watcher.entries()), expected);
}

#[test]
fn seed_scenario_1_missing_jwt() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::ClearJwt, None);
    watcher.retry_now();
    watcher.connected(1);
    assert_eq!(watcher.lines_of(1), FIRST);
}

#[test]
fn seed_scenario_2_invalid_or_expired_jwt() {
    let mut server = LocalServer::start(Config { token_lifetime: Duration::from_secs(2), ..Config::default() });
    let watcher = Watcher::start(server.profile());
    watcher.connect();
    watcher.connected(0);
    // Whether the JWT has expired is the server's to say: refresh until it does.
    let mut log = Vec::new();
    for refresh in 1.. {
        watcher.retry_now();
        watcher.connected(refresh);
        log.extend(server.log());
        let lines = watcher.lines_of(refresh);
        if lines.len() != CACHED.len() {
            assert_eq!(lines, REFRESHED);
            break;
        }
    }
    watcher.close();
    let refused = log.iter().filter(|line| line.contains("status: 401, code: 'INVALID_TOKEN'")).count();
    assert_eq!(refused, 1, "a refused JWT is not sent twice: {log:?}");
}

#[test]
fn seed_scenario_3_missing_session_id() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::DropSessionId, None);
    watcher.retry_now();
    watcher.stopped();
    let failed = watcher.failed(1);
    assert!(matches!(
        &failed.event,
        Event::Flow(FlowEvent::AttemptFailed { failure: Failure::Ticket(_), class: Class::Hard })
    ));
    let expected = [
        ENSURING,
        READY,
        REQUESTING,
        FAILED_401,
        "[WS] Hard failure - auth error { status: 401, code: 'MISSING_SESSION' }",
        "[WS] Ticket request failed: 401 UNAUTHORIZED - stopping reconnect",
    ];
    assert_eq!(watcher.lines_of(1), expected);
    new_session(&watcher);
    // The number is the next one: nothing was tried in between.
    watcher.connected(2);
    assert_eq!(watcher.lines_of(2), FIRST);
}

#[test]
fn seed_scenario_4_redis_down_backoff_to_the_cap() {
    let runtime = Runtime::new().unwrap();
    let Some(mut redis) = runtime.block_on(RedisServer::start()) else { return };
    let store = StoreConfig::Redis(redis.url().parse().unwrap());
    redis.kill();
    let server = LocalServer::start(Config { store, ..Config::default() });
    let watcher = Watcher::start(server.profile());
    watcher.connect();
    watcher.failed(0);
    let first = [ENSURING, FETCHING, ACQUIRED, READY, REQUESTING, FAILED_503, SOFT_503];
    assert_eq!(watcher.lines_of(0)[..7], first);
    watcher.failed(5);
    runtime.block_on(redis.restart());
    // A Redis that takes connections and never answers is down as well.
    redis.freeze();
    watcher.retry_now();
    watcher.failed(6);
    redis.thaw();
    watcher
        .wait("connected by itself", |_, snapshot| matches!(snapshot.status, Status::Connected { .. }).then_some(()));
    assert_eq!(watcher.snapshot().delays.iter().map(|delay| delay.retry).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    let nominal: Vec<_> = watcher.snapshot().delays.iter().map(|delay| delay.nominal.as_millis()).collect();
    assert_eq!(nominal, [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000], "250ms → 500ms → 1s → 2s → 4s → 5s");
    check_punctuality(&watcher, 1..6);
}

#[test]
fn seed_scenario_5_origin_blocked_then_allowed() {
    let watcher = Watcher::demo();
    watcher.arm(Fault::BlockOrigin, None);
    watcher.connect();
    watcher.stopped();
    let lines = watcher.lines_of(0);
    assert_eq!(lines[..7], FIRST);
    let disconnected = format!("[WS] Disconnected {ORIGIN_BLOCKED}");
    let stopping = format!("[WS] Hard failure - stopping reconnect {ORIGIN_BLOCKED}");
    assert_eq!(lines[7..], [disconnected, stopping]);
    watcher.server_lines("WS: Connection rejected { origin: 'https://blocked.invalid', reason: 'ORIGIN_BLOCKED' }", 1);
    watcher.send(Command::Clear(FaultKind::BlockOrigin));
    watcher.connect();
    watcher.connected(1);
    assert_eq!(watcher.lines_of(1), CACHED);
}
