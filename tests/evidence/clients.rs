//! What command-line clients, scripts and libraries print of one connection.

use crate::kit::{Session, open_text};

const TICKET: &str = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";

/// `text` with the socket's address and the ticket in it.
fn session(text: &str) -> Session {
    let session = Session::of_text(with_address(text));
    assert!(!session.lines().contains(TICKET), "{text}");
    session
}

fn with_address(text: &str) -> String {
    text.replace("WSS", "wss://api.example.com/ws?ticket=TICKET").replace("TICKET", TICKET)
}

const CURL: &str =
    "$ curl -v --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' 'https://api.example.com/ws?ticket=TICKET'
* Connected to api.example.com (192.0.2.9) port 443
* TLSv1.3 (OUT), TLS handshake, Client hello (1):
* SSL certificate verify ok.
> GET /ws?ticket=TICKET HTTP/1.1
> Host: api.example.com
> Upgrade: websocket
>
< HTTP/1.1 STATUS
< Server: nginx
<
";

#[test]
fn what_a_client_prints_is_about_the_address_that_it_was_given() {
    for (text, code) in [
        ("$ wscat -c WSS\nerror: getaddrinfo ENOTFOUND api.example.com", "name-not-resolved"),
        ("$ npx wscat -c WSS\nerror: connect ECONNREFUSED 192.0.2.9:443", "connection-refused"),
        (
            "$ websocat WSS\nwebsocat: WebSocketError: I/O failure\nwebsocat: Connection refused (os error 111)",
            "connection-refused",
        ),
        (
            "$ curl -v WSS\n* Could not resolve host: api.example.com\ncurl: (6) Could not resolve host: api.example.com",
            "name-not-resolved",
        ),
        ("$ curl WSS\ncurl: (60) SSL certificate problem: certificate has expired", "certificate-out-of-date"),
        ("websockets.connect(\"WSS\")\nsocket.gaierror: [Errno -2] Name or service not known", "name-not-resolved"),
        (
            "03-04 09:15:02.120  8123  8160 E OkHttp: WSS javax.net.ssl.SSLHandshakeException: \
             java.security.cert.CertPathValidatorException: Trust anchor for certification path not found.",
            "certificate-not-trusted",
        ),
        (
            "2026-03-04 09:15:02.120 Chat[812:9123] finished with error [-1003] Error Domain=NSURLErrorDomain Code=-1003 \
             \"A server with the specified hostname could not be found.\" UserInfo={NSErrorFailingURLStringKey=WSS}",
            "name-not-resolved",
        ),
        (
            "03-04 09:15:02.120  8123  8160 E Chat: onFailure https://api.example.com/ws: java.net.UnknownHostException: \
             Unable to resolve host \"api.example.com\": No address associated with hostname",
            "name-not-resolved",
        ),
        (
            "2026/03/04 09:15:02 dialling WSS\n2026/03/04 09:15:03 read: websocket: close 1008 (policy violation): ORIGIN_BLOCKED",
            "origin-blocked",
        ),
    ] {
        let session = session(text);
        assert_eq!(session.code(), code, "{text}: {}", session.words());
        let words = format!("{} {}", session.words(), session.opened.recording.header().profile.websocket);
        assert!(words.contains("api.example.com"), "{text}: {words}");
    }
}

#[test]
fn the_heads_that_curl_shows_are_request_and_answer() {
    for (status, code) in [("403 Forbidden", "upgrade-refused"), ("502 Bad Gateway", "server-behind-gateway-down")] {
        let session = session(&CURL.replace("STATUS", status));
        assert_eq!(session.code(), code, "{status}: {}", session.words());
        assert_eq!(session.opened.recording.header().profile.endpoints.socket.path.to_string(), "/ws");
    }
    let opened = session(&CURL.replace("STATUS", "101 Switching Protocols"));
    assert_eq!(opened.code(), "", "{}", opened.words());
    let ticket =
        session("GET /api/v1/ws-ticket HTTP/2\nHost: api.example.com\n\nHTTP/2 429\ncontent-type: application/json\n");
    assert_eq!(ticket.code(), "rate-limited", "{}", ticket.words());
}

#[test]
fn errors_and_heads_alone_are_nobodys() {
    for text in [
        "error: connect ECONNREFUSED 192.0.2.9:443",
        "the socket is at WSS",
        "HTTP/1.1 502 Bad Gateway\nServer: nginx",
        "$ curl https://api.example.com/orders\ncurl: (7) Failed to connect: Connection refused",
        "$ curl -v WSS\n* TLSv1.3 (OUT), TLS handshake, Client hello (1):\n* SSL connection using TLSv1.3",
    ] {
        assert!(open_text(with_address(text)).is_err(), "{text}");
    }
}
