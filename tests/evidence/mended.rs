//! Rows for what was once told wrongly.

use std::io::Write as _;

use serde_json::json;
use ticketscope::evidence::{Input, open};
use ticketscope::model::{Entry, Event, FlowEvent};

use crate::kit::{Session, chrome, http, refused, sample, socket};

const TICKET: &str = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
const WSS: &str = "wss://api.example.com/ws?ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
const TICKETS: &str = "https://api.example.com/api/v1/ws-ticket";

fn granted() -> serde_json::Value {
    http(1, "GET", TICKETS, 200, &format!(r#"{{"ticket":"{TICKET}","expiresInSeconds":30}}"#))
}

fn packed(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn an_archive_of_the_users_files_opens_as_they_do() {
    let read = |name: &str| std::fs::read(sample(name)).unwrap();
    let files = [
        ("mail/chrome-origin.har", read("chrome-origin.har")),
        ("mail/console.txt", read("chrome-origin-timed.console.txt")),
        ("mail/screenshot.png", vec![0xff; 5_000]),
        ("__MACOSX/mail/._console.txt", vec![0; 100]),
    ];
    let session = Session::of_text(packed(&files));
    assert_eq!(session.code(), "origin-blocked", "{}", session.words());
    let notes: Vec<_> = session.opened.notes.iter().map(ToString::to_string).collect();
    assert!(notes.iter().any(|note| note.contains("screenshot.png")), "{notes:?}");
    let bomb = packed(&[("a.har", vec![b' '; 40 << 20])]);
    let error = crate::kit::open_text(bomb).err().unwrap().to_string();
    assert!(error.contains("unpacks to more than is read"), "{error}");
}

#[test]
fn a_console_with_more_attempts_keeps_its_times_beside_a_har() {
    let session = Session::of(&["chrome-origin.har", "chrome-devtools.console.txt"]);
    let begun = |entry: &Entry| matches!(entry.event, Event::Flow(FlowEvent::AttemptStarted { .. }));
    let times: Vec<_> = session.entries().into_iter().filter(begun).map(|entry| entry.time).collect();
    assert_eq!(times.len(), 3, "{times:?}");
    assert!((times[2] - times[0]).num_seconds() > 10, "{times:?}");
}

#[test]
fn what_is_not_in_a_file_is_not_claimed() {
    let mut alone = refused(2, WSS, "HTTP Authentication failed; no valid credentials available");
    alone["response"]["httpVersion"] = "".into();
    let session = Session::of_text(chrome(&[alone]));
    assert!(session.words().contains("Login and ticket request are not in this file"), "{}", session.words());
    assert!(!session.words().contains("fresh") && !session.words().contains("HTTP/1.1"), "{}", session.words());
    let open = Session::of_text(chrome(&[socket(2, WSS, 0.0)]));
    assert!(open.words().contains("login and ticket request are not in this file"), "{}", open.words());
    let closed = Session::of_text("app.js:9 WebSocket closed: 1008 NOT_AUTHORIZED\n");
    assert_eq!(closed.code(), "ticket-rejected");
    assert!(!closed.words().contains("fresh"), "{}", closed.words());
    let facts = closed.support().operations;
    for name in ["origin", "ticketHash", "trace id"] {
        let fact = facts.iter().find(|fact| fact.name == name);
        assert!(fact.is_some_and(|fact| fact.value == "not in these files"), "{name}: {facts:?}");
    }
}

#[test]
fn each_names_its_cause_and_asks_for_one_file_at_most() {
    let failed = |text: &str| vec![granted(), refused(2, WSS, text)];
    let in_setup = |name: &str| failed(&format!("Error in connection establishment: net::ERR_{name}"));
    let mut bare = socket(2, WSS, 900.0);
    bare["_webSocketMessages"] =
        json!([{ "type": "receive", "time": 1_769_349_722.5, "opcode": 8, "data": "ORIGIN_BLOCKED" }]);
    for (entries, code, says) in [
        (failed("WebSocket opening handshake timed out"), "no-answer", "does not answer"),
        (
            failed("Error during WebSocket handshake: Unexpected response code: 503"),
            "server-behind-gateway-down",
            "nothing of the answer but its status",
        ),
        (
            failed("Error during WebSocket handshake: Unexpected response code: 429"),
            "rate-limited",
            "until when is not in this file",
        ),
        (in_setup("CERT_DATE_INVALID"), "certificate-out-of-date", "or is not valid yet"),
        (in_setup("CERTIFICATE_TRANSPARENCY_REQUIRED"), "certificate-not-trusted", "TRANSPARENCY"),
        (in_setup("NETWORK_CHANGED"), "network-down", "another network"),
        (in_setup("NETWORK_IO_SUSPENDED"), "network-down", "went to sleep"),
        (in_setup("INSUFFICIENT_RESOURCES"), "local-limit", "let the browser connect"),
        (in_setup("UNSAFE_PORT"), "blocked-by-browser", "this port"),
        (vec![granted(), bare], "origin-blocked", "— ORIGIN_BLOCKED"),
    ] {
        let session = Session::of_text(chrome(&entries));
        assert_eq!(session.code(), code, "{says}: {}", session.words());
        assert!(session.words().contains(says), "no {says:?} in {}", session.words());
    }
    let begin =
        "main.js:7 [WS] Requesting WebSocket ticket...\nmain.js:10 [WS] Ticket obtained, connecting to WebSocket...\n";
    for (lines, code, says) in [
        (
            format!(
                "Firefox can’t establish a connection to the server at {WSS}. main.js:9:1\n[WS] Disconnected Object {{ code: \
                 1015, reason: \"\", wasClean: false }} main.js:14:25"
            ),
            "tls-failed",
            "a network log of the browser",
        ),
        (
            format!("[Error] WebSocket connection to '{WSS}' failed: Could not connect to the server."),
            "packets-lost",
            "The server cannot be reached.",
        ),
        (
            "main.js:12 [WS] Connected\nmain.js:14 [WS] Disconnected {code: 1001, reason: '', wasClean: true}".to_owned(),
            "server-restarting",
            "gives no reason",
        ),
        (
            "main.js:12 [WS] Connected\nmain.js:14 [WS] Disconnected {code: 1000, reason: 'HEARTBEAT_TIMEOUT', wasClean: true}"
                .to_owned(),
            "half-open-link",
            "went dead",
        ),
    ] {
        let session = Session::of_text(format!("{begin}{lines}\n"));
        assert_eq!(session.code(), code, "{lines}: {}", session.words());
        assert!(session.words().contains(says), "no {says:?} in {}", session.words());
        let support = session.support();
        assert!(!support.answer.contains("sign out"), "{}", support.answer);
        let asked = session.verdict.findings[0].problem.asks.map(|remedy| remedy.label());
        assert_eq!(support.ask.map(|ask| ask.file), asked, "{lines}: one and the same file");
    }
}

#[test]
fn a_proxys_own_page_is_not_the_servers_answer() {
    for (page, code) in [
        ("[Fiddler] DNS Lookup for \"api.example.com\" failed.", "name-not-resolved"),
        (
            "[Fiddler] The connection failed. No connection could be made because the target machine actively refused it.",
            "connection-refused",
        ),
        ("Charles Error Report: Name lookup failed for remote host", "name-not-resolved"),
    ] {
        let mut upgrade = socket(2, WSS, 0.0);
        upgrade["response"]["status"] = 502.into();
        upgrade["response"]["content"] = json!({ "size": page.len(), "mimeType": "text/html", "text": page });
        let text = chrome(&[granted(), upgrade]).replace("WebInspector", "Fiddler");
        let session = Session::of_text(text);
        assert_eq!(session.code(), code, "{page}: {}", session.words());
    }
}

#[test]
fn a_service_workers_request_is_told_once_and_a_clock_by_the_servers_date() {
    let mut asked = granted();
    asked["response"]["headers"] = json!([{ "name": "Date", "value": "Sun, 25 Jan 2026 13:52:01 GMT" }]);
    let mut twin = asked.clone();
    twin["_fetchedViaServiceWorker"] = true.into();
    let failed = refused(2, WSS, "HTTP Authentication failed; no valid credentials available");
    let inputs = vec![Input::Bytes("a.har".into(), chrome(&[asked, twin, failed]).into_bytes())];
    let session = Session::new(open(inputs, None).unwrap());
    assert_eq!(session.view.attempts().len(), 1);
    let ahead = session.view.snapshot().clock.map(|offset| offset.ahead_millis / 1_000);
    assert_eq!(ahead, Some(600), "{}", session.words());
}
