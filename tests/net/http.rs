use std::io::Write as _;
use std::time::Duration;

use ticketscope::model::{Failure, IoCause, Jwt, RequestFailure, RequestFailureKind, SessionId, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use crate::{Contract as _, GENEROUS, SECRET, assert_no_secret, console, net, profile, trace};
use support::server::{Server, answer, closed_port, header, listen, read_request};

const JSON: &str = "content-type: application/json";

fn jwt() -> Jwt {
    Jwt::new(format!("eyJ.{SECRET}.sig"))
}

/// How the ticket request fails when the server answers with `bytes`.
async fn ticket_failure(bytes: Vec<u8>) -> RequestFailureKind {
    let server = Server::start(move |_| bytes.clone()).await;
    let failure = net(server.address).ticket(&jwt(), &trace()).await.unwrap_err();
    assert_no_secret(&failure);
    assert_no_secret(&failure.to_string());
    assert_eq!(failure.trace, trace());
    failure.kind
}

async fn token_failure(bytes: Vec<u8>) -> RequestFailureKind {
    let server = Server::start(move |_| bytes.clone()).await;
    let session = SessionId::new(SECRET);
    let failure: RequestFailure = net(server.address).token(Some(&session), &trace()).await.unwrap_err();
    assert_no_secret(&failure);
    failure.kind
}

fn problem(kind: RequestFailureKind) -> String {
    match kind {
        RequestFailureKind::Malformed(malformed) => malformed.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn requests_are_the_contracts() {
    let mut server = Server::start(|request| {
        let token = format!(r#"{{"token":"t-{SECRET}","sessionId":"s-{SECRET}"}}"#);
        let ticket = r#"{"ticket":"abc","expiresInSeconds":30,"traceId":"x"}"#;
        answer("200 OK", &[JSON, "set-cookie: a=b"], if request.starts_with("POST") { &token } else { ticket })
    })
    .await;
    let net = net(server.address);

    let first = net.token(None, &trace()).await.unwrap();
    let request = server.request().await;
    assert!(request.starts_with("POST /api/v1/auth/token HTTP/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{}"), "{request}");
    assert_eq!(header(&request, "origin").unwrap(), "http://localhost:4200");
    assert_eq!(header(&request, "x-trace-id").unwrap(), "00000abc-7");
    assert_eq!(header(&request, "accept").unwrap(), "application/json");
    assert_eq!(header(&request, "content-type").unwrap(), "application/json");

    assert_eq!(first.jwt.expose(), format!("t-{SECRET}"));
    net.token(first.session_id.as_ref(), &trace()).await.unwrap();
    let request = server.request().await;
    assert!(request.ends_with(&format!(r#"{{"sessionId":"s-{SECRET}"}}"#)), "{request}");
    assert_eq!(header(&request, "cookie").unwrap(), "a=b");
    assert_eq!(header(&request, "referer"), None);

    let grant = net.ticket(&first.jwt, &trace()).await.unwrap();
    assert_eq!((grant.ticket.spend().as_str(), grant.lifetime), ("abc", Some(Duration::from_secs(30))));
    let request = server.request().await;
    assert!(request.starts_with("GET /api/v1/ws-ticket HTTP/1.1\r\n"), "{request}");
    assert_eq!(header(&request, "authorization").unwrap(), format!("Bearer t-{SECRET}"));
    assert_eq!(header(&request, "origin").unwrap(), "http://localhost:4200");
    assert_no_secret(&first);
}

#[tokio::test]
async fn a_200_that_is_not_the_contracts_json_says_what_is_wrong() {
    let page = format!("<!doctype html><title>Sign in, {SECRET}{}</title>{SECRET}", "x".repeat(900));
    let xml = format!("<ticket>{SECRET}</ticket>");
    let secret = format!(r#"{{"ticket":"{SECRET}","#);
    let cases = [
        (
            answer("200 OK", &["content-type: text/html"], "<!doctype html><TITLE>\n Sign in</TITLE>hi"),
            "/ticket, got text/html with the title \"Sign in\"",
        ),
        (answer("200 OK", &["content-type: text/html"], &xml), "text/html, 30 bytes that are not JSON"),
        (answer("200 OK", &["content-type: text/xml"], &format!("<title>{xml}</title>")), "text/xml, 45 bytes"),
        (answer("200 OK", &[], ""), "an empty body"),
        (answer("200 OK", &[JSON], r#"{"ticket":"","expiresInSeconds":30}"#), "/ticket is empty"),
        (answer("200 OK", &[JSON], r#"{"ticket":7,"expiresInSeconds":30}"#), "expected a text at /ticket"),
        (answer("200 OK", &[JSON], &format!(r#"{{"token":"{SECRET}"}}"#)), "got JSON without it"),
        (answer("200 OK", &[JSON], &secret), "application/json, 26 bytes that are not JSON"),
        (answer("200 OK", &["content-type: text/plain"], SECRET), "text/plain, 13 bytes"),
        (answer("200 OK", &[JSON], r#"{"ticket":"a","expiresInSeconds":0}"#), "above 0 at /expiresInSeconds"),
        (answer("200 OK", &[JSON], r#"{"ticket":"a","expiresInSeconds":"soon"}"#), "above 0 at /expiresInSeconds"),
    ];
    for (bytes, expected) in cases {
        let problem = problem(ticket_failure(bytes).await);
        assert!(problem.contains(expected), "{problem}\n{expected}");
    }
    let quoted = problem(token_failure(answer("200 OK", &["content-type: text/html"], &page)).await);
    assert!(quoted.len() < 250 && quoted.contains("Sign in, (secret)xxx"), "{quoted}");
    let header = problem(token_failure(answer("200 OK", &[JSON], r#"{"token":"a\nb"}"#)).await);
    assert!(header.contains("no HTTP header can carry"), "{header}");
}

#[tokio::test]
async fn a_jwt_that_no_header_can_carry_is_a_failure() {
    let failure = net(closed_port().await).ticket(&Jwt::new(format!("{SECRET}\r\nx: y")), &trace()).await.unwrap_err();
    assert_no_secret(&failure);
    assert_eq!(failure.kind, RequestFailureKind::NotSendable);
}

#[tokio::test]
async fn a_lifetime_of_years_is_taken_as_a_day() {
    let server = Server::start(|_| answer("200 OK", &[], r#"{"ticket":"a","expiresInSeconds":1e300}"#)).await;
    let grant = net(server.address).ticket(&jwt(), &trace()).await.unwrap();
    assert_eq!(grant.lifetime, Some(Duration::from_secs(86_400)));
}

#[tokio::test]
async fn a_lifetime_that_is_written_as_a_text_is_a_number_all_the_same() {
    let server = Server::start(|_| answer("200 OK", &[], r#"{"ticket":"a","expiresInSeconds":"30"}"#)).await;
    let grant = net(server.address).ticket(&jwt(), &trace()).await.unwrap();
    assert_eq!(grant.lifetime, Some(Duration::from_secs(30)));
}

#[tokio::test]
async fn json_is_read_as_a_browser_reads_it() {
    const TICKET: &str = r#"{"ticket":"abc","expiresInSeconds":30}"#;
    let marked = format!("\u{feff}{TICKET}");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(marked.as_bytes()).unwrap();
    let gzip = encoder.finish().unwrap();
    let head = format!("HTTP/1.1 203 x\r\n{JSON}\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", gzip.len());
    for bytes in [answer("200 OK", &[JSON], &marked), [head.as_bytes(), &gzip].concat()] {
        let server = Server::start(move |_| bytes.clone()).await;
        let grant = net(server.address).ticket(&jwt(), &trace()).await.unwrap();
        assert_eq!((grant.ticket.spend().as_str(), grant.lifetime), ("abc", Some(Duration::from_secs(30))));
    }
    // What a refusal says is read the same way, and hides the same.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    write!(encoder, "no eyJ.{SECRET}.sig").unwrap();
    let gzip = encoder.finish().unwrap();
    let head = format!("HTTP/1.1 403 x\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", gzip.len());
    let RequestFailureKind::Status(refusal) = ticket_failure([head.as_bytes(), &gzip].concat()).await else { panic!() };
    assert_eq!(refusal.body.excerpt.unwrap().as_str(), "no (secret)");
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let listener = listen().await;
    let net = net(listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_request(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n").await.unwrap();
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    });
    let failure = net.ticket(&jwt(), &trace()).await.unwrap_err();
    assert_eq!(problem(failure.kind), "answer larger than 64 KiB");
    timeout(GENEROUS, server).await.expect("the client hung up").unwrap();
}

#[tokio::test]
async fn an_answer_that_does_not_come_to_its_end_times_out() {
    for start in ["", "HTTP/1.1 200 OK\r\nx-drip: ", "HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n"] {
        let listener = listen().await;
        let mut profile = profile(listener.local_addr().unwrap());
        profile.timeouts.http = Duration::from_millis(150);
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await.unwrap();
            stream.write_all(start.as_bytes()).await.unwrap();
            while start.is_empty() || stream.write_all(b"x").await.is_ok() {
                sleep(Duration::from_millis(10)).await;
            }
        });
        let net = ticketscope::driver::net::Net::new(&profile).unwrap();
        let failure = timeout(GENEROUS, net.ticket(&jwt(), &trace())).await.unwrap().unwrap_err();
        assert_eq!(failure.kind, RequestFailureKind::Timeout { after: Duration::from_millis(150) }, "{start:?}");
    }
}

#[tokio::test]
async fn a_refusal_keeps_status_code_excerpt_and_retry_after() {
    let dates = ["date: Sun, 06 Nov 1994 08:49:37 GMT", "retry-after: Sun, 06 Nov 1994 08:50:37 GMT"];
    let echo = format!("<p>bad token eyJ.{SECRET}.sig</p>");
    let [grant, nested, session, cut] = [
        format!(r#"{{"ticket":"{SECRET}"}}"#),
        format!(r#"{{"error":"x","data":[{{"token":"{SECRET}"}}]}}"#),
        format!(r#"{{"sessionId":"{SECRET}"}}"#),
        format!(r#" {{"ticket":"{SECRET}"#),
    ];
    let cases = [
        (answer("500 x", &[JSON], &grant), 500, None, None, None),
        (answer("500 x", &[JSON], &nested), 500, None, None, None),
        (answer("500 x", &[JSON], &session), 500, None, None, None),
        (answer("500 x", &[], &cut), 500, None, None, None),
        (answer("404 x", &[JSON], r#"{"message":"no token"}"#), 404, None, Some(r#"{"message":"no token"}"#), None),
        (
            answer("503 x", &[JSON, "retry-after: 7"], r#"{"code":"REDIS_UNAVAILABLE"}"#),
            503,
            Some("REDIS_UNAVAILABLE"),
            None,
            Some(7),
        ),
        (answer("401 x", &[JSON], r#"{"error":{"code":"INVALID_TOKEN"}}"#), 401, Some("INVALID_TOKEN"), None, None),
        (answer("401 x", &[JSON], "{}"), 401, None, None, None),
        (answer("429 x", &dates, "slow[31m"), 429, None, Some("slow[31m"), Some(60)),
        (answer("500 x", &[], &echo), 500, None, Some("bad token (secret)"), None),
    ];
    for (bytes, status, code, excerpt, seconds) in cases {
        let kind = ticket_failure(bytes).await;
        let RequestFailureKind::Status(answer) = &kind else { panic!("{kind:?}") };
        assert_eq!((answer.status, answer.code()), (status, code));
        assert_eq!(answer.retry_after, seconds.map(Duration::from_secs));
        assert_eq!(answer.body.excerpt.as_ref().map(|excerpt| excerpt.as_str()), excerpt);
        let shown = console(Failure::Ticket(RequestFailure { trace: trace(), kind }));
        assert_eq!(
            shown.last().filter(|line| line.starts_with("The answer says")).cloned(),
            excerpt.map(|excerpt| format!("The answer says: {excerpt}"))
        );
    }
}

#[tokio::test]
async fn a_redirect_keeps_where_it_leads_without_user_query_and_fragment() {
    let kind = ticket_failure(answer("302 x", &["location: http://u:p@other.test/login?q#f"], "")).await;
    let RequestFailureKind::Status(answer) = kind else { panic!("{kind:?}") };
    assert_eq!((answer.status, answer.header("location")), (302, Some("http://other.test/login")));
}

#[tokio::test]
async fn any_success_may_be_a_grant_and_nothing_of_another_one_is_shown() {
    let server = Server::start(|_| answer("201 Created", &[JSON], r#"{"ticket":"abc"}"#)).await;
    let grant = net(server.address).ticket(&jwt(), &trace()).await.unwrap();
    assert_eq!((grant.ticket.spend().as_str(), grant.lifetime), ("abc", None), "a lifetime may be missing");

    let html = ["content-type: text/html; charset=utf-8"];
    let page = format!("<title>Sign in</title>{SECRET}");
    let code = format!(r#"{{"code":"{SECRET}"}}"#);
    for (bytes, title) in [
        (answer("201 x", &["content-type: text/plain"], SECRET), None),
        (answer("202 x", &[JSON], &code), None),
        (answer("203 x", &html, &page), Some("Sign in")),
        (answer("204 x", &[], ""), None),
    ] {
        let kind = ticket_failure(bytes).await;
        let RequestFailureKind::Malformed(malformed) = kind else { panic!("{kind:?}") };
        assert_eq!(malformed.answer.body.title.as_ref().map(|title| title.as_str()), title);
        assert_eq!(malformed.answer.body.excerpt, None);
    }
}

#[tokio::test]
async fn a_status_counts_even_if_its_body_is_too_long_or_breaks_off() {
    let long = "x".repeat(100_000);
    let broken = b"HTTP/1.1 401 x\r\ncontent-length: 99\r\nconnection: close\r\n\r\nno".to_vec();
    for (bytes, expected) in [(answer("502 x", &[], &long), 502), (broken, 401)] {
        let kind = ticket_failure(bytes).await;
        assert!(matches!(&kind, RequestFailureKind::Status(answer) if answer.status == expected), "{kind:?}");
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_or_talks_nonsense_is_told_apart() {
    let refused = closed_port().await;
    let failure = net(refused).ticket(&jwt(), &trace()).await.unwrap_err();
    let expected = format!("{refused}: connection refused");
    let RequestFailureKind::Transport(Transport::Tcp(failure)) = failure.kind else { panic!("{failure:?}") };
    assert_eq!(failure.to_string(), expected);
    assert!(failure.causes().all(|cause| *cause == IoCause::Refused), "{failure:?}");

    for nonsense in [&b"connection: close\r\n\r\n"[..], b"SSH-2.0-x connection: close\r\n"] {
        let kind = ticket_failure(nonsense.to_vec()).await;
        assert!(matches!(kind, RequestFailureKind::Transport(Transport::Broken(_))), "{kind:?}");
    }

    let mut profile = profile(refused);
    profile.api = format!("http://{}.example", "a".repeat(64)).try_into().unwrap();
    let failure = ticketscope::driver::net::Net::new(&profile).unwrap().ticket(&jwt(), &trace()).await.unwrap_err();
    assert!(matches!(failure.kind, RequestFailureKind::Transport(Transport::Dns(_))), "{failure:?}");
}

#[tokio::test]
async fn dropping_a_request_ends_its_connection() {
    let listener = listen().await;
    let net = net(listener.local_addr().unwrap());
    let request = tokio::spawn(async move { net.ticket(&jwt(), &trace()).await });
    let (mut stream, _) = listener.accept().await.unwrap();
    read_request(&mut stream).await.unwrap();
    request.abort();
    let end = timeout(GENEROUS, stream.read(&mut [0; 16])).await.expect("the client hung up");
    assert!(matches!(end, Ok(0) | Err(_)));
}
