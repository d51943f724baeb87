use std::time::Duration;

use futures_util::StreamExt;
use ticketscope::driver::net::Net;
use ticketscope::model::{Answer, DialFailure, Failure, Phase, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use crate::{GENEROUS, SECRET, assert_no_secret, console, dial, net, open, open_failure, phases, profile};
use support::server::{Server, accept, answer, closed_port, header, listen, read_request};

fn unchanged(head: String) -> String {
    head
}

/// How opening the socket fails when the server answers with what `answer` makes of the request.
async fn failure_of(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Failure {
    let server = Server::start(answer).await;
    timeout(GENEROUS, open_failure(&profile(server.address))).await.unwrap()
}

fn said(refusal: &Answer) -> &str {
    refusal.body.excerpt.as_ref().map_or("", |excerpt| excerpt.as_str())
}

async fn refusal_of(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Answer {
    match failure_of(answer).await {
        Failure::UpgradeRefused(refusal) => *refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn frames_that_come_with_the_handshake_are_not_lost() {
    let reason = "bye\u{1b}[31m";
    let mut server = Server::start(move |request| {
        let interim = b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n".to_vec();
        let close = [&[0x88, 2 + u8::try_from(reason.len()).unwrap(), 0x03, 0xf0], reason.as_bytes()].concat();
        [interim, accept(request, unchanged), b"\x81\x05hello".to_vec(), close].concat()
    })
    .await;
    let profile = profile(server.address);
    let (socket, reports) = open(&net(server.address), &profile).await;
    let mut socket = socket.unwrap();

    let mut next = async || timeout(GENEROUS, socket.next()).await.unwrap().unwrap().unwrap();
    assert_eq!(next().await, Message::text("hello"));
    let Message::Close(Some(close)) = next().await else { panic!("no close frame") };
    assert_eq!((u16::from(close.code), close.reason.as_str()), (1008, reason));

    let request = server.request().await;
    assert!(request.starts_with(&format!("GET /ws?ticket={SECRET}%2F1%2B2 HTTP/1.1\r\n")), "{request}");
    assert_eq!(header(&request, "host").unwrap(), server.address.to_string());
    assert_eq!(header(&request, "origin").unwrap(), "http://localhost:4200");
    assert_eq!(header(&request, "x-trace-id").unwrap(), "00000abc-7");
    assert_eq!(header(&request, "sec-websocket-version").unwrap(), "13");
    assert_eq!(phases(&reports), [(Phase::Dns, true), (Phase::Tcp, true), (Phase::Upgrade, true)]);
    assert_eq!(reports[1].detail.as_str(), server.address.to_string());
    assert_eq!(socket.get_ref().connection().peer(), server.address);
}

#[tokio::test]
async fn a_wrong_handshake_is_named() {
    type Change = fn(&str) -> Vec<u8>;
    let cases: [(Change, &str); 13] = [
        (|r| accept(r, |h| h.replace("accept: ", "accept: x")), "does not belong to this request's key"),
        (|r| accept(r, |h| h.replace("sec-websocket-accept", "x")), "without Sec-WebSocket-Accept"),
        (|r| accept(r, |h| h.replace("WebSocket", "h2c")), "Upgrade: websocket"),
        (|r| accept(r, |h| h.replace("keep-alive, Upgrade", "keep-alive")), "Connection: Upgrade"),
        (|r| accept(r, |h| h.replace("HTTP/1.1", "HTTP/1.0")), "another version than HTTP/1.1"),
        (|r| accept(r, |h| h.replace("HTTP/1.1", "HTTP/2")), "another version than HTTP/1.1"),
        (|r| accept(r, |h| h.replace("\r\n\r\n", "\r\nsec-websocket-extensions: x\r\n\r\n")), "extension"),
        (|r| accept(r, |h| h.replace("\r\n\r\n", "\r\nsec-websocket-protocol: x\r\n\r\n")), "subprotocol"),
        (|r| r.as_bytes().to_vec(), "begins with \"GET\""),
        (|_| b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), "not HTTP/1, it begins with \"SSH-2.0-OpenSSH_9.2\""),
        (|_| format!("HTTP/1.1 200 OK\r\nx: {}", "x".repeat(40_000)).into_bytes(), "longer than 16 KiB"),
        (|r| accept(r, |h| h.replace("\r\n\r\n", &format!("\r\n{}\r\n", "x: y\r\n".repeat(65)))), "than 64 headers"),
        (|r| accept(r, |h| h.replace("\r\n\r\n", "\r\nx y: z\r\n\r\n")), "not valid HTTP"),
    ];
    for (change, expected) in cases {
        let failure = failure_of(change).await;
        let Failure::Dial(DialFailure::BadHandshake(fault)) = &failure else { panic!("{expected}: {failure:?}") };
        let problem = fault.to_string();
        assert!(problem.contains(expected), "{expected}: {problem}");
    }
    let endless = failure_of(|_| b"HTTP/1.1 100 Continue\r\n\r\n".repeat(100)).await;
    assert!(endless.to_string().contains("interim"), "{endless}");
    let silent = failure_of(|_| b"HTTP/1.1 101 Switching\r\nconnection: close".to_vec()).await;
    assert!(matches!(&silent, Failure::Dial(DialFailure::Transport(Transport::Broken(_)))), "{silent:?}");
}

#[tokio::test]
async fn a_refusal_is_shown_whole_but_without_secrets() {
    let refusal = refusal_of(|_| {
        b"HTTP/1.0 503 Service Unavailable\r\nretry-after: 5\r\nset-cookie: a=b\r\nproxy-authorization: x\r\n\
          www-authenticate: Basic\r\n\r\nno server is available connection: close"
            .to_vec()
    })
    .await;
    assert_eq!((refusal.status, refusal.version.to_string().as_str()), (503, "HTTP/1.0"));
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(5)));
    assert_eq!(said(&refusal), "no server is available connection: close");
    let expected = [
        "The answer's headers: retry-after: 5; set-cookie: (hidden); proxy-authorization: (hidden); www-authenticate: Basic",
        "The answer says: no server is available connection: close",
    ];
    assert_eq!(console(Failure::UpgradeRefused(Box::new(refusal))), expected);

    let echoed = refusal_of(|request| {
        let target = request.split(' ').nth(1).unwrap();
        answer("404 Not Found", &[&format!("location: {target}")], &format!("Cannot GET {target} {SECRET}/1+2"))
    })
    .await;
    assert_eq!(said(&echoed), "Cannot GET /ws?ticket=(secret) (secret)");

    let many: String = (0..60).map(|n| format!("x-{n}: y\r\n")).collect();
    let chunked = refusal_of(move |_| {
        let body = "5\r\nUnaut\r\n7\r\nhorized\r\n0\r\n\r\n";
        format!("HTTP/1.1 401 x\r\n{many}transfer-encoding: chunked\r\n\r\n{body}").into_bytes()
    })
    .await;
    assert_eq!((said(&chunked), chunked.headers.len()), ("Unauthorized", 32));

    let long = format!("server: {}", "y".repeat(500));
    let long = refusal_of(move |_| answer("500 x", &[&long, &long, &long], "")).await;
    let shown = console(Failure::UpgradeRefused(Box::new(long)));
    assert!(shown.len() == 1 && shown[0].ends_with('…') && shown[0].len() < 1100, "{shown:?}");
}

#[tokio::test]
async fn a_refusal_is_shown_whatever_version_it_claims() {
    for (version, status) in [("HTTP/2", 401), ("HTTP/1.2", 503), ("HTTP/3.0", 404), ("HTTP/0.9", 302)] {
        let answer = format!("{version} {status} x\r\nserver: old\r\ncontent-length: 2\r\n\r\nno");
        let refusal = refusal_of(move |_| answer.clone().into_bytes()).await;
        assert_eq!((refusal.version.to_string().as_str(), refusal.status), (version, status));
        assert_eq!(refusal.header_line().as_str(), "server: old; content-length: 2");
        assert_eq!(said(&refusal), "no");
    }
}

#[tokio::test]
async fn a_refusal_with_wrong_or_too_many_headers_keeps_what_fits() {
    for (lines, kept) in [("x: y\r\n".repeat(100), 32), ("a: b\r\nx y: z\r\nc: d\r\n".to_owned(), 1)] {
        let answer = format!("HTTP/1.1 503 x\r\n{lines}\r\nconnection: close");
        let refusal = refusal_of(move |_| answer.clone().into_bytes()).await;
        let shown = (refusal.status, refusal.headers.len(), said(&refusal));
        assert_eq!(shown, (503, kept, "connection: close"));
    }
}

#[tokio::test]
async fn a_refusal_whose_body_does_not_end_is_still_reported() {
    let refusal = refusal_of(|_| b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 1000\r\n\r\ngone".to_vec()).await;
    assert_eq!((refusal.status, said(&refusal)), (502, "gone"));

    let listener = listen().await;
    let profile = profile(listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 500 x\r\n\r\n").await.unwrap();
        let mut taken = 0_u64;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {
            taken += 4096;
        }
        taken
    });
    let failure = timeout(GENEROUS, open_failure(&profile)).await.unwrap();
    assert!(matches!(&failure, Failure::UpgradeRefused(answer) if answer.status == 500), "{failure:?}");
    // 64 KiB and what the operating system buffers, not as much as arrives in a second.
    let taken = timeout(GENEROUS, server).await.expect("the client hung up").unwrap();
    assert!(taken < 32 << 20, "{taken} bytes");
}

#[tokio::test]
async fn a_server_that_never_answers_the_upgrade_times_out() {
    let listener = listen().await;
    let mut profile = profile(listener.local_addr().unwrap());
    profile.timeouts.upgrade = Duration::from_millis(100);
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 101 Switching\r\n").await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
    });
    let failure = timeout(GENEROUS, open_failure(&profile)).await.unwrap();
    let expected = DialFailure::Timeout { phase: Phase::Upgrade, after: Duration::from_millis(100) };
    assert_eq!(failure, Failure::Dial(expected));
}

#[tokio::test]
async fn an_unreachable_server_names_each_address_or_the_name() {
    let address = closed_port().await;
    let (connection, reports) = dial(&net(address)).await;
    let expected = format!("{address}: connection refused");
    let failure = connection.unwrap_err();
    let DialFailure::Transport(Transport::Tcp(lost)) = &failure else { panic!("{failure:?}") };
    assert_eq!(lost.to_string(), expected);
    assert_eq!(phases(&reports), [(Phase::Dns, true), (Phase::Tcp, false)]);
    assert!(reports[1].detail.as_str().contains(&expected), "{reports:?}");

    let mut profile = profile(address);
    let host = format!("{}.example", "a".repeat(64));
    profile.websocket = format!("ws://{host}").try_into().unwrap();
    let (connection, reports) = dial(&Net::new(&profile).unwrap()).await;
    let failure = connection.unwrap_err();
    assert!(
        matches!(&failure, DialFailure::Transport(Transport::Dns(dns)) if dns.host.as_str() == host),
        "{failure:?}"
    );
    assert_eq!(phases(&reports), [(Phase::Dns, false)]);
}

#[tokio::test]
async fn dropping_the_socket_or_a_dial_ends_the_connection() {
    let listener = listen().await;
    let mut profile = profile(listener.local_addr().unwrap());
    let (connection, mut stream) = tokio::join!(async { dial(&Net::new(&profile).unwrap()).await.0.unwrap() }, async {
        listener.accept().await.unwrap().0
    });
    drop(connection);
    assert_eq!(timeout(GENEROUS, stream.read(&mut [0; 16])).await.expect("the client hung up").unwrap(), 0);

    // A TLS handshake that the server never answers.
    profile.websocket = format!("wss://{}", listener.local_addr().unwrap()).try_into().unwrap();
    let net = Net::new(&profile).unwrap();
    let dialling = tokio::spawn(async move { dial(&net).await.0 });
    let mut stream = listener.accept().await.unwrap().0;
    stream.read_u8().await.unwrap();
    dialling.abort();
    timeout(GENEROUS, stream.read_to_end(&mut Vec::new())).await.expect("the client hung up").unwrap();
}

#[tokio::test]
async fn dropping_an_upgrade_ends_the_connection() {
    let listener = listen().await;
    let profile = profile(listener.local_addr().unwrap());
    let upgrading = tokio::spawn(async move { open(&Net::new(&profile).unwrap(), &profile).await.0 });
    let mut stream = listener.accept().await.unwrap().0;
    assert!(read_request(&mut stream).await.unwrap().contains(SECRET));
    upgrading.abort();
    assert_eq!(timeout(GENEROUS, stream.read(&mut [0; 16])).await.expect("the client hung up").unwrap(), 0);
    assert_no_secret(&upgrading.await.unwrap_err());
}
