//! The local server, over real HTTP, WebSockets and Redis.

use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::bench::{Bench, LIMIT, ORIGIN, SUBSCRIBE, close, closed, dial, is_accepted, refusal, send, try_dial};
use support::redis_server::RedisServer;
use ticketscope::backend::core::SigningSecret;
use ticketscope::backend::{Config, Server, StartError, StoreConfig};
use ticketscope::faults::FAULT_HEADER;
use ticketscope::model::{Fingerprint, Jwt, Origin};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::{Error, Message};

#[tokio::test]
async fn token_then_ticket_then_socket() {
    let origin = "https://app.going2eat.food";
    let origins = vec![Origin::try_from(origin.to_owned()).unwrap()];
    let mut bench = Bench::new(Config { origins, ..Config::default() }).await;

    let (status, answer) = send(bench.request(Method::POST, "/api/v1/auth/token").body("{}")).await;
    assert_eq!((status, &answer["traceId"]), (200, &json!("trace-1")));
    let session = answer["sessionId"].as_str().unwrap();
    assert!(session.starts_with("sess_") && session.len() == 37, "{session}");
    let jwt = answer["token"].as_str().unwrap();

    let (status, answer) = send(bench.ask_ticket(jwt)).await;
    assert_eq!((status, &answer["expiresInSeconds"], &answer["traceId"]), (200, &json!(30), &json!("trace-1")));
    let ticket = answer["ticket"].as_str().unwrap();
    assert!(ticket.len() == 32 && ticket.bytes().all(|b| b.is_ascii_hexdigit()));
    let hash = Fingerprint::of(ticket);

    let mut socket = dial(bench.address(), &format!("?ticket={ticket}"), Some(origin)).await;
    assert!(is_accepted(&mut socket).await);
    socket.close(None).await.unwrap();

    let line = bench.line("[WSTicket]").await;
    assert_eq!(
        line,
        format!("[WSTicket] Ticket generated {{ hasUserId: false, ttl: 30 }} ticketHash={hash} traceId=trace-1")
    );
    let found = format!(" ticketHash={hash} traceId=trace-ws");
    assert_eq!(bench.line("[WS]").await, format!("[WS] Authenticated via ticket {{ hasUserId: false }}{found}"));
    let line = bench.line("websocket_connected").await;
    assert_eq!(line, format!("websocket_connected {{ originHost: 'app.going2eat.food' }}{found}"));
    let line = bench.line("websocket_disconnected").await;
    assert_eq!(
        line,
        format!("websocket_disconnected {{ code: 1005, reason: '', wasClean: true, by: 'client' }}{found}")
    );
}

#[tokio::test]
async fn a_session_is_kept_and_odd_trace_ids_are_not_echoed() {
    let bench = Bench::new(Config::default()).await;
    let request = bench.request(Method::POST, "/api/v1/auth/token").body(r#"{"sessionId":"sess_mine"}"#);
    let (_, answer) = send(request).await;
    assert_eq!(answer["sessionId"], "sess_mine");

    let mut request = bench.request(Method::GET, "/nothing").build().unwrap();
    request.headers_mut().insert("x-trace-id", "a b".parse().unwrap());
    let answer = bench.http.execute(request).await.unwrap().text().await.unwrap();
    let trace = serde_json::from_str::<Value>(&answer).unwrap()["traceId"].as_str().unwrap().to_owned();
    assert!(!trace.is_empty() && trace != "a b", "{trace}");
}

#[tokio::test]
async fn a_ticket_request_without_a_good_token_is_refused_with_its_code() {
    let mut bench = Bench::new(Config::default()).await;
    let plain = bench.request(Method::GET, "/api/v1/ws-ticket");
    assert_eq!(refusal(plain).await, (401, "MISSING_AUTH".to_owned()));
    let line = bench.line("[WSTicket]").await;
    assert_eq!(line, "[WSTicket] Rejected { status: 401, code: 'MISSING_AUTH' } traceId=trace-1");
    assert_eq!(refusal(bench.ask_ticket("invalid.jwt.token")).await, (401, "INVALID_TOKEN".to_owned()));
    let sessionless = bench.server.token_without_session().unwrap();
    assert_eq!(refusal(bench.ask_ticket(sessionless.expose())).await, (401, "MISSING_SESSION".to_owned()));

    let brief = Bench::new(Config { token_lifetime: Duration::ZERO, ..Config::default() }).await;
    assert_eq!(refusal(brief.ask_ticket(&brief.token().await)).await, (401, "INVALID_TOKEN".to_owned()));
    let signing_secret = SigningSecret::new([7; 32]);
    let stranger = Bench::new(Config { signing_secret, ..Config::default() }).await;
    assert_eq!(refusal(stranger.ask_ticket(&bench.token().await)).await, (401, "INVALID_TOKEN".to_owned()));
}

#[tokio::test]
async fn what_is_not_in_the_contract_is_refused_as_json() {
    let bench = Bench::new(Config::default()).await;
    let post = |body: String| bench.request(Method::POST, "/api/v1/auth/token").body(body);
    assert_eq!(refusal(post("{".to_owned())).await, (400, "INVALID_REQUEST".to_owned()));
    assert_eq!(refusal(post("[]".to_owned())).await, (400, "INVALID_REQUEST".to_owned()));
    assert_eq!(refusal(post(" ".repeat(65 * 1_024))).await, (413, "BODY_TOO_LARGE".to_owned()));
    assert_eq!(refusal(bench.request(Method::GET, "/nothing")).await, (404, "NOT_FOUND".to_owned()));
    assert_eq!(refusal(bench.request(Method::GET, "/ws?ticket=x")).await, (426, "UPGRADE_REQUIRED".to_owned()));
    let wrong_method = bench.request(Method::GET, "/api/v1/auth/token");
    assert_eq!(refusal(wrong_method.try_clone().unwrap()).await, (405, "METHOD_NOT_ALLOWED".to_owned()));
    assert_eq!(wrong_method.send().await.unwrap().headers()["allow"], "POST");
}

#[tokio::test]
async fn only_this_computers_names_reach_the_server() {
    let bench = Bench::new(Config::default()).await;
    let port = bench.address().port();
    let health = |host: String| bench.request(Method::GET, "/healthz").header("host", host);
    for host in ["evil.example".to_owned(), format!("evil.example:{port}"), "127.0.0.1:1".to_owned()] {
        assert_eq!(refusal(health(host)).await, (421, "HOST_NOT_ALLOWED".to_owned()));
    }
    assert_eq!(send(health(format!("localhost:{port}"))).await.0, 200);

    for address in ["0.0.0.0:0", "192.0.2.1:80", "[::]:0"] {
        let error =
            Server::start(Config { listen: address.parse().unwrap(), ..Config::default() }).await.err().unwrap();
        assert!(matches!(error, StartError::NotLoopback(_)) && error.to_string().contains("127.0.0.1"), "{error}");
    }
    let taken = Server::start(Config { listen: bench.address(), ..Config::default() }).await.err().unwrap();
    assert!(matches!(taken, StartError::Bind { .. }) && taken.to_string().contains(&port.to_string()), "{taken}");
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_read_answers_and_no_other() {
    let bench = Bench::new(Config::default()).await;
    let preflight = |origin: &str| {
        bench
            .request(Method::OPTIONS, "/api/v1/ws-ticket")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization,x-trace-id")
    };
    let answer = preflight(ORIGIN).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("access-control-allow-origin"), ORIGIN);
    assert!(header("access-control-allow-headers").contains("authorization"));
    assert!(header("access-control-allow-methods").contains("GET"));
    assert_eq!(header("vary"), "Origin");

    let refused = bench.ask_ticket("x").header("origin", ORIGIN).send().await.unwrap();
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["access-control-allow-origin"]),
        (401, &ORIGIN.parse().unwrap())
    );
    assert_eq!(refused.headers()["cache-control"], "no-store");

    let evil = "https://evil.example";
    let answers =
        [preflight(evil).send().await.unwrap(), bench.ask_ticket("x").header("origin", evil).send().await.unwrap()];
    for answer in answers {
        assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("access-control")), "{answer:?}");
    }
}

#[tokio::test]
async fn a_ticket_is_accepted_once() {
    let mut bench = Bench::new(Config::default()).await;
    let ticket = bench.ticket().await;
    assert!(is_accepted(&mut bench.dial(&ticket).await).await);
    assert_eq!(closed(&mut bench.dial(&ticket).await).await, close(1008, "NOT_AUTHORIZED"));
    let hash = Fingerprint::of(&ticket);
    let line = bench.line("WS: Rejected").await;
    let rejected = format!("WS: Rejected - ticket invalid or expired {{ origin: '{ORIGIN}' }}");
    assert_eq!(line, format!("{rejected} ticketHash={hash} traceId=trace-ws"));

    for query in ["", "?", "?ticket=", "?token=x"] {
        assert_eq!(closed(&mut dial(bench.address(), query, Some(ORIGIN)).await).await, close(1008, "NOT_AUTHORIZED"));
        assert_eq!(bench.line("WS: Rejected").await, "WS: Rejected - no auth ticket traceId=trace-ws");
    }
    for query in ["?ticket=0", &format!("?ticket={}", "a".repeat(2_000)), "?ticket=%ff%00"] {
        assert_eq!(closed(&mut dial(bench.address(), query, Some(ORIGIN)).await).await, close(1008, "NOT_AUTHORIZED"));
    }
}

#[tokio::test]
async fn a_ticket_expires() {
    let bench = Bench::new(Config { ticket_lifetime: Duration::from_secs(1), ..Config::default() }).await;
    let ticket = bench.ticket().await;
    sleep(Duration::from_millis(1_100)).await;
    assert_eq!(closed(&mut bench.dial(&ticket).await).await, close(1008, "NOT_AUTHORIZED"));
}

#[tokio::test]
async fn a_blocked_origin_is_told_so_and_does_not_spend_the_ticket() {
    let mut bench = Bench::new(Config::default()).await;
    let ticket = bench.ticket().await;
    let query = format!("?ticket={ticket}");
    for (query, origin) in [(query.as_str(), Some("https://evil.example")), (&query, None), ("", Some("null"))] {
        let mut socket = dial(bench.address(), query, origin).await;
        assert_eq!(closed(&mut socket).await, close(1008, "ORIGIN_BLOCKED"), "{origin:?}");
    }
    let line = bench.line("WS: Connection rejected").await;
    assert!(
        line.starts_with("WS: Connection rejected { origin: 'https://evil.example', reason: 'ORIGIN_BLOCKED' }"),
        "{line}"
    );
    assert!(is_accepted(&mut bench.dial(&ticket).await).await);
}

#[tokio::test]
async fn messages_outside_the_contract_end_the_connection() {
    let bench = Bench::new(Config::default()).await;
    let cases = [
        (Message::text("hello"), close(1008, "INVALID_REQUEST")),
        (Message::binary(vec![0xff]), close(1008, "INVALID_REQUEST")),
        (Message::text(r#"{"v":1,"type":"subscribe","channel":"news"}"#), close(1008, "BAD_SUBSCRIBE")),
        (Message::text(" ".repeat(8 << 20)), close(1009, "")),
    ];
    for (message, expected) in cases {
        let mut socket = bench.connect().await;
        socket.send(message).await.unwrap();
        assert_eq!(closed(&mut socket).await, expected);
    }
    let mut socket = bench.connect().await;
    socket.send(Message::text(SUBSCRIBE.replace("subscribe", "unsubscribe"))).await.unwrap();
    assert!(is_accepted(&mut socket).await, "what needs no answer leaves the connection open");
}

#[tokio::test]
async fn a_client_that_answers_pings_stays_and_one_that_does_not_is_closed() {
    let config = Config { heartbeat: Duration::from_millis(500), ..Config::default() };
    let mut bench = Bench::new(config).await;
    let mut lively = bench.connect().await;
    for _ in 0..3 {
        let message = timeout(LIMIT, lively.next()).await.unwrap().unwrap().unwrap();
        assert!(message.is_ping(), "{message:?}");
    }
    assert!(is_accepted(&mut lively).await);
    drop(lively);
    bench.line("websocket_disconnected").await;

    let ticket = bench.ticket().await;
    let mut deaf = TcpStream::connect(bench.address()).await.unwrap();
    let head = format!(
        "GET /ws?ticket={ticket} HTTP/1.1\r\nHost: {}\r\nOrigin: {ORIGIN}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        bench.address()
    );
    deaf.write_all(head.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    timeout(LIMIT, deaf.read_to_end(&mut received)).await.unwrap().unwrap();
    let farewell = b"\x88\x13\x03\xe8HEARTBEAT_TIMEOUT";
    assert!(received.ends_with(farewell), "{:?}", String::from_utf8_lossy(&received));
    let line = bench.line("websocket_disconnected").await;
    assert!(line.contains("{ code: 1000, reason: 'HEARTBEAT_TIMEOUT', wasClean: false, by: 'server' }"), "{line}");
}

#[tokio::test]
async fn pongs_do_not_keep_an_idle_connection_open() {
    let (heartbeat, idle_timeout) = (Duration::from_millis(500), Duration::from_millis(1_300));
    let bench = Bench::new(Config { heartbeat, idle_timeout, ..Config::default() }).await;
    let mut socket = bench.connect().await;
    assert!(timeout(LIMIT, socket.next()).await.unwrap().unwrap().unwrap().is_ping());
    assert_eq!(closed(&mut socket).await, close(1000, "IDLE_TIMEOUT"));
}

#[tokio::test]
async fn stopping_says_goodbye_and_frees_the_port_and_tokens_survive() {
    let bench = Bench::new(Config::default()).await;
    let (address, jwt) = (bench.address(), bench.token().await);
    let mut sockets = [bench.connect().await, bench.connect().await];
    let goodbyes = async {
        for socket in &mut sockets {
            assert_eq!(closed(socket).await, close(1001, "SERVER_SHUTDOWN"));
            assert!(timeout(LIMIT, socket.next()).await.unwrap().is_none());
        }
    };
    let Bench { server, mut lines, .. } = bench;
    let ((), ()) = tokio::join!(server.stop(), goodbyes);
    assert!(TcpStream::connect(address).await.is_err());
    let mut log = Vec::new();
    while let Some(line) = lines.recv().await {
        log.push(line.text.as_str().to_owned());
    }
    assert_eq!(log.last().unwrap(), "[Server] Stopped");
    let clean = "websocket_disconnected { code: 1001, reason: 'SERVER_SHUTDOWN', wasClean: true, by: 'server' }";
    assert_eq!(log.iter().filter(|line| line.starts_with(clean)).count(), 2, "{log:?}");

    let again = Bench::new(Config { listen: address, ..Config::default() }).await;
    assert_eq!(send(again.ask_ticket(&jwt)).await.0, 200);

    let mut socket = again.connect().await;
    drop(again.server);
    let end = timeout(LIMIT, socket.next()).await.expect("dropping the server ends its connections");
    assert!(!matches!(end, Some(Ok(_))), "{end:?}");
}

#[tokio::test]
async fn a_client_that_does_not_answer_cannot_hold_up_the_stop() {
    let bench = Bench::new(Config::default()).await;
    let _silent = bench.connect().await;
    let _half_open = TcpStream::connect(bench.address()).await.unwrap();
    timeout(LIMIT, bench.server.stop()).await.expect("stopping is limited");
}

async fn on_redis(redis: &RedisServer) -> Bench {
    let store = StoreConfig::Redis(redis.url().parse().unwrap());
    Bench::new(Config { store, ..Config::default() }).await
}

async fn health(bench: &Bench) -> (u16, Value) {
    send(bench.request(Method::GET, "/healthz")).await
}

#[tokio::test]
async fn while_redis_is_down_there_is_503_and_afterwards_all_is_well() {
    let Some(mut redis) = RedisServer::start().await else { return };
    let mut bench = on_redis(&redis).await;
    let up = json!({ "status": "UP", "checks": { "server": "UP", "redis": "UP" } });
    let down = json!({ "status": "DOWN", "checks": { "server": "UP", "redis": "DOWN" } });
    let unavailable = (503, "REDIS_UNAVAILABLE".to_owned());
    assert_eq!(health(&bench).await, (200, up.clone()));
    let jwt = bench.token().await;
    let ticket = bench.ticket().await;
    let mut open = bench.connect().await;

    redis.kill();
    assert_eq!(refusal(bench.ask_ticket(&jwt)).await, unavailable);
    assert_eq!(refusal(bench.ask_ticket(&jwt)).await, unavailable);
    assert_eq!(health(&bench).await, (503, down));
    let line = bench.line("[WSTicket] Rejected").await;
    assert!(
        line.starts_with("[WSTicket] Rejected { status: 503, code: 'REDIS_UNAVAILABLE', error: 'Redis at "),
        "{line}"
    );
    let error = try_dial(bench.address(), &format!("?ticket={ticket}"), Some(ORIGIN)).await.err().unwrap();
    assert!(error.to_string().contains("503"), "{error}");
    assert!(is_accepted(&mut open).await, "an open socket needs no store");

    redis.restart().await;
    assert_eq!(send(bench.ask_ticket(&jwt)).await.0, 200, "the first request after the outage succeeds");
    assert_eq!(health(&bench).await, (200, up));
    assert!(is_accepted(&mut bench.connect().await).await);

    redis.stop();
    redis.restart().await;
    assert_eq!(send(bench.ask_ticket(&jwt)).await.0, 200, "a restart that no request saw is not noticed");

    redis.freeze();
    assert_eq!(refusal(bench.ask_ticket(&jwt)).await, unavailable, "a Redis that hangs does not hang the request");
    redis.thaw();
    assert_eq!(send(bench.ask_ticket(&jwt)).await.0, 200);
}

#[tokio::test]
async fn a_server_that_started_without_redis_finds_it_later() {
    let Some(mut redis) = RedisServer::start().await else { return };
    redis.kill();
    let bench = on_redis(&redis).await;
    let jwt = bench.token().await;
    assert_eq!(refusal(bench.ask_ticket(&jwt)).await.0, 503);
    redis.restart().await;
    assert!(is_accepted(&mut bench.connect().await).await);
}

#[tokio::test]
async fn servers_on_one_redis_share_tickets_in_the_contracts_form() {
    let Some(redis) = RedisServer::start().await else { return };
    let (one, two) = (on_redis(&redis).await, on_redis(&redis).await);
    let ticket = one.ticket().await;
    let key = format!("ws_ticket:{ticket}");
    let mut connection = redis.connect().await;
    let record: String = redis::cmd("GET").arg(&key).query_async(&mut connection).await.unwrap();
    assert!(
        record.starts_with(r#"{"userId":null,"sessionId":"sess_"#) && record.contains(r#","createdAt":1"#),
        "{record}"
    );
    let ttl: u64 = redis::cmd("TTL").arg(&key).query_async(&mut connection).await.unwrap();
    assert!((1..=30).contains(&ttl), "{ttl}");

    assert!(is_accepted(&mut two.dial(&ticket).await).await);
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap();
    assert!(keys.is_empty(), "{keys:?}");
    assert_eq!(closed(&mut one.dial(&ticket).await).await, close(1008, "NOT_AUTHORIZED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_upgrades_with_one_ticket_exactly_one_is_accepted() {
    let Some(redis) = RedisServer::start().await else { return };
    let (one, two) = (on_redis(&redis).await, on_redis(&redis).await);
    let ticket = one.ticket().await;
    let dials = (0..200).map(|number| {
        let bench = if number % 2 == 0 { &one } else { &two };
        async { is_accepted(&mut bench.dial(&ticket).await).await }
    });
    let accepted = join_all(dials).await.into_iter().filter(|&accepted| accepted).count();
    assert_eq!(accepted, 1);
}

#[tokio::test]
async fn no_secret_is_logged() {
    let mut bench = Bench::new(Config::default()).await;
    let request = bench.request(Method::POST, "/api/v1/auth/token").body(r#"{"sessionId":"sess_0123456789abcdef"}"#);
    let (_, answer) = send(request).await;
    let jwt = answer["token"].as_str().unwrap().to_owned();
    let (spent, unspent) = (bench.ticket().await, bench.ticket().await);
    assert!(is_accepted(&mut bench.dial(&spent).await).await);
    closed(&mut bench.dial(&spent).await).await;
    closed(&mut dial(bench.address(), &format!("?ticket={unspent}"), Some("null")).await).await;
    refusal(bench.ask_ticket(&format!("{jwt}x"))).await;
    refusal(bench.request(Method::GET, &format!("/ws/{unspent}"))).await;
    refusal(bench.request(Method::GET, &format!("/ws?ticket={unspent}"))).await;
    refusal(bench.request(Method::POST, "/api/v1/auth/token").body(jwt.clone())).await;

    bench.server.stop().await;
    let mut log = String::new();
    while let Some(line) = bench.lines.recv().await {
        log.push_str(line.text.as_str());
        log.push('\n');
    }
    for secret in [&jwt, jwt.split('.').nth(1).unwrap(), &spent, &unspent, "0123456789abcdef"] {
        assert!(!log.contains(secret), "{log}");
    }
    let hashes = [Jwt::new(jwt).fingerprint(), Fingerprint::of(&spent), Fingerprint::of(&unspent)];
    assert!(hashes.iter().all(|hash| log.contains(&hash.to_string())), "the control: {log}");
}

async fn as_deployed(config: Config) -> Bench {
    let mut bench = Bench::new(Config { as_deployed: true, ..config }).await;
    let headers = [("origin", ORIGIN)].map(|(name, value)| (name.try_into().unwrap(), value.parse().unwrap()));
    let http = reqwest::Client::builder().no_proxy().timeout(LIMIT).default_headers(headers.into_iter().collect());
    bench.http = http.build().unwrap();
    bench
}

#[tokio::test]
async fn as_deployed_every_refused_upgrade_reads_the_same_and_codes_differ() {
    let bench = as_deployed(Config::default()).await;
    let ticket = bench.ticket().await;
    let query = format!("?ticket={ticket}");
    for (query, origin) in [("", Some(ORIGIN)), ("?ticket=spent", Some(ORIGIN)), (&query, Some("https://evil.example"))]
    {
        let Err(Error::Http(answer)) = try_dial(bench.address(), query, origin).await else { panic!("{query}") };
        assert_eq!((answer.status().as_u16(), answer.body().as_deref()), (401, Some(&b"Unauthorized"[..])));
        assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    }
    assert!(is_accepted(&mut bench.dial(&ticket).await).await, "a blocked origin does not spend the ticket");

    let sessionless = bench.server.token_without_session().unwrap();
    assert_eq!(refusal(bench.ask_ticket(sessionless.expose())).await, (401, "INVALID_TOKEN".to_owned()));
    let foreign = bench.request(Method::POST, "/api/v1/auth/token").header("origin", "https://evil.example");
    assert_eq!(refusal(foreign.body("{}")).await, (500, "INTERNAL_ERROR".to_owned()));
    let nowhere = bench.request(Method::GET, "/nowhere").send().await.unwrap();
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    assert!(nowhere.text().await.unwrap().contains("<!DOCTYPE html>"));
    // What a browser sees of it: not every refusal says to whom it may be shown.
    let allowed = async |request: reqwest::RequestBuilder| {
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.headers().contains_key("access-control-allow-origin"))
    };
    let token = |body: &'static str| bench.request(Method::POST, "/api/v1/auth/token").body(body);
    assert_eq!(allowed(token("{}")).await, (200, true));
    assert_eq!(allowed(token("{")).await, (400, false));
    assert_eq!(allowed(token("{}").header("origin", "https://evil.example")).await, (500, false));
    assert_eq!(allowed(bench.ask_ticket("x")).await, (401, true));
    for _ in 0..300 {
        bench.request(Method::GET, "/healthz").send().await.unwrap();
    }
    let last = bench.request(Method::GET, "/healthz");
    assert_eq!(refusal(last.try_clone().unwrap()).await, (429, "RATE_LIMIT_EXCEEDED".to_owned()));
    assert_eq!(allowed(last.try_clone().unwrap()).await, (429, false));
    assert_eq!(last.send().await.unwrap().headers()["retry-after"], "60");
}

#[tokio::test]
async fn as_deployed_a_long_outage_of_redis_is_never_got_over() {
    let Some(mut redis) = RedisServer::start().await else { return };
    let store = StoreConfig::Redis(redis.url().parse().unwrap());
    let bench = as_deployed(Config { store: store.clone(), ..Config::default() }).await;
    let (jwt, mut open) = (bench.token().await, bench.connect().await);
    redis.kill();
    let failed = (500, "TICKET_GENERATION_FAILED".to_owned());
    assert_eq!(refusal(bench.ask_ticket(&jwt)).await, failed);
    let started_without = as_deployed(Config { store, ..Config::default() }).await;
    open.send(Message::text(SUBSCRIBE)).await.unwrap();
    assert_eq!(closed(&mut open).await, close(1008, "NOT_AUTHORIZED"), "a hard reason for a passing fault");
    sleep(Duration::from_millis(400)).await;
    redis.restart().await;
    assert_eq!(refusal(bench.ask_ticket(&jwt)).await, failed, "for good");
    let unavailable = (503, "REDIS_UNAVAILABLE".to_owned());
    assert_eq!(refusal(started_without.ask_ticket(&jwt)).await, unavailable, "for good");
    assert_eq!(health(&started_without).await.1["checks"]["redis"], "MISSING_CLIENT");
}

#[tokio::test]
async fn as_deployed_the_log_has_what_redis_says_and_no_advice_to_restart() {
    let Some(redis) = RedisServer::start().await else { return };
    let store = StoreConfig::Redis(redis.url().parse().unwrap());
    let mut bench = as_deployed(Config { store: store.clone(), ..Config::default() }).await;
    let jwt = bench.token().await;
    let unspent = bench.ticket().await;
    let mut connection = redis.connect().await;
    redis::cmd("CONFIG").arg("SET").arg("maxmemory").arg(1).exec_async(&mut connection).await.unwrap();
    assert_eq!(refusal(bench.ask_ticket(&jwt)).await, (500, "TICKET_GENERATION_FAILED".to_owned()));
    let said = bench.line("[WSTicket] Rejected").await;
    assert!(said.contains("OOM: it is out of memory") && !said.contains("restart"), "{said}");
    redis::cmd("CONFIG").arg("SET").arg("requirepass").arg("a password").exec_async(&mut connection).await.unwrap();
    let mut started_locked_out = as_deployed(Config { store, ..Config::default() }).await;
    let said = started_locked_out.line("[Server] No ticket store").await;
    assert!(said.contains("NOAUTH: it wants a password; put that into a file (--redis-password-file)"), "{said}");
    let jwt = started_locked_out.token().await;
    assert_eq!(refusal(started_locked_out.ask_ticket(&jwt)).await, (500, "TICKET_GENERATION_FAILED".to_owned()));
    let said = started_locked_out.line("[WSTicket] Rejected").await;
    assert!(said.contains("NOAUTH") && !said.contains("restart"), "{said}");
    assert!(try_dial(started_locked_out.address(), &format!("?ticket={unspent}"), Some(ORIGIN)).await.is_err());
    let said = started_locked_out.line("WS: Rejected { status: 401").await;
    assert!(said.contains("NOAUTH"), "the answer is the same whatever is wrong, and the log tells: {said}");
}

/// Asks for a ticket while the fault stops the store.
async fn refused_on_purpose(bench: &Bench, jwt: &str) -> (u16, String) {
    let faults = format!(r#"{} [{{"fault":"stop-store"}}]"#, ticketscope::launch::secret().unwrap());
    refusal(bench.ask_ticket(jwt).header(FAULT_HEADER, faults)).await
}

/// Lets this process open so many files and connections; whether that is possible.
fn may_open(count: usize) -> bool {
    let this = std::process::id().to_string();
    let asked = std::process::Command::new("prlimit").args(["--pid", &this, &format!("--nofile={count}:")]).status();
    asked.is_ok_and(|status| status.success())
}

#[tokio::test]
async fn slow_clients_do_not_keep_an_honest_one_waiting() {
    use tokio::io::AsyncWriteExt as _;
    const SLOW: usize = 2_000;
    if !may_open(SLOW + 1_500) {
        assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "needs prlimit and {SLOW} connections");
        return println!("skipped: needs prlimit and {SLOW} connections");
    }
    // Some say nothing at all, some stop within a head, some within a body.
    let head: &[u8] = b"GET /api/v1/ws-ticket HTTP/1.1\r\nhost: x";
    let body: &[u8] =
        b"POST /api/v1/auth/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
    let stops: [fn(usize) -> usize; 2] = [|number| number % 40, |_| usize::MAX];
    for stop in stops {
        let bench = Bench::new(Config::default()).await;
        let address = bench.server.address();
        let (mut slow, mut waits) = (Vec::new(), Vec::new());
        for number in 0..SLOW {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            let [.., high, low] = (number % 200 + 257).to_be_bytes();
            socket.bind(([127, 0, high, low], 0).into()).unwrap();
            let mut stream = socket.connect(address).await.unwrap();
            let said = head.get(..stop(number)).unwrap_or(body);
            // One that has had to make room is gone, and says so or not.
            let _ = stream.write_all(said).await;
            slow.push(stream);
            if number % 10 == 9 {
                let begin = tokio::time::Instant::now();
                bench.token().await;
                waits.push(begin.elapsed());
            }
        }
        waits.sort();
        let p99 = waits[waits.len() * 99 / 100];
        println!("p99 beside {SLOW} slow clients: {p99:?}");
        assert!(p99 < std::time::Duration::from_secs(2), "{p99:?}");
    }
}

#[tokio::test]
async fn the_server_obeys_faults_of_this_program_alone() {
    let bench = Bench::new(Config { obeys_faults: true, ..Config::default() }).await;
    let jwt = bench.token().await;
    let secret = ticketscope::launch::secret().unwrap();
    for before in ["", "0123456789abcdef0123456789abcdef ", &secret[1..]] {
        let faults = format!(r#"{before}[{{"fault":"stop-store"}}]"#);
        let answer = bench.ask_ticket(&jwt).header(FAULT_HEADER, faults).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().get(FAULT_HEADER)), (200, None), "{before:?}");
    }
}

#[tokio::test]
async fn a_stopped_store_loses_what_is_in_memory_and_keeps_what_is_in_redis() {
    let mut stores = vec![(StoreConfig::Memory, false)];
    let redis = RedisServer::start().await;
    stores.extend(redis.iter().map(|redis| (StoreConfig::Redis(redis.url().parse().unwrap()), true)));
    for (store, keeps) in stores {
        let bench = Bench::new(Config { obeys_faults: true, store, ..Config::default() }).await;
        let (jwt, ticket) = (bench.token().await, bench.ticket().await);
        assert_eq!(refused_on_purpose(&bench, &jwt).await, (503, "REDIS_UNAVAILABLE".to_owned()));
        assert_eq!(health(&bench).await.0, 503);
        let mut socket = bench.dial(&ticket).await;
        assert_eq!(is_accepted(&mut socket).await, keeps, "started again, kept: {keeps}");
        assert_eq!(health(&bench).await.0, 200);
        bench.server.set_store_stopped(true).await;
        assert_eq!(health(&bench).await.0, 503);
        bench.server.set_store_stopped(false).await;
        let mut socket = bench.connect().await;
        assert!(is_accepted(&mut socket).await);
    }
}
