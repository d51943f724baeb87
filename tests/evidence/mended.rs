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

/// The same archive with its first file marked as encrypted (APPNOTE 4.4.4, bit 0), in both of its headers.
fn encrypted(mut archive: Vec<u8>) -> Vec<u8> {
    for (mark, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = archive.windows(4).position(|bytes| bytes == mark).unwrap();
        archive[at + flags] |= 1;
    }
    archive
}

#[test]
fn one_file_of_an_archive_that_cannot_be_read_keeps_no_other_from_being_opened() {
    let read = |name: &str| std::fs::read(sample(name)).unwrap();
    let notes = |session: &Session| session.opened.notes.iter().map(|note| format!("{note}\n")).collect::<String>();
    let files = || [("secret.har", read("chrome-fin.har")), ("chrome-upgrade401.har", read("chrome-upgrade401.har"))];
    let whole = Session::of(&["chrome-upgrade401.har"]);

    let session = Session::of_text(encrypted(packed(&files())));
    assert_eq!((session.code(), session.words()), (whole.code(), whole.words()));
    assert!(notes(&session).contains("secret.har in pasted is left out: it is encrypted: unpack it first"));

    // The bytes of the first are damaged.
    let mut damaged = packed(&files());
    damaged[60..90].fill(0xff);
    let session = Session::of_text(damaged);
    assert_eq!(session.code(), whole.code());
    assert!(notes(&session).contains("secret.har in pasted is left out"), "{}", notes(&session));

    let bomb = vec![0; 40 << 20];
    let session = Session::of_text(packed(&[("zeros.bin", bomb.clone()), files()[1].clone()]));
    assert_eq!(session.code(), whole.code());
    assert!(notes(&session).contains("zeros.bin in pasted is left out"), "{}", notes(&session));
    let error = crate::kit::open_text(packed(&[("zeros.bin", bomb)])).err().unwrap().to_string();
    assert!(error.contains("unpacks to more"), "{error}");

    let error = crate::kit::open_text(encrypted(packed(&files()[..1]))).err().unwrap().to_string();
    assert!(error.contains("secret.har") && error.contains("encrypted: unpack it first"), "{error}");
}

#[test]
fn of_an_archive_with_too_many_files_it_is_said_what_was_not_looked_at() {
    let names: Vec<_> = (0..40).map(|number| format!("picture-{number:02}.png")).collect();
    let mut files: Vec<_> = names.iter().map(|name| (name.as_str(), vec![0xff; 100])).collect();
    files.push(("chrome-upgrade401.har", std::fs::read(sample("chrome-upgrade401.har")).unwrap()));
    let session = Session::of_text(packed(&files));
    assert_eq!(session.code(), Session::of(&["chrome-upgrade401.har"]).code());
    let notes: String = session.opened.notes.iter().map(|note| format!("{note}\n")).collect();
    assert!(notes.contains("21 more files in pasted are not looked at"), "{notes}");
}

#[test]
fn a_login_at_the_moment_of_the_ticket_request_comes_before_it() {
    let login = |body: &str| http(1, "POST", "https://api.example.com/login", 200, body);
    let jwt = r#"{"token":"eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJzLTEifQ.c2ln"}"#;
    let socket = || refused(1, WSS, "HTTP Authentication failed; no valid credentials available");
    let attempts = |session: &Session| {
        let is_begin = |entry: &&Entry| matches!(entry.event, Event::Flow(FlowEvent::AttemptStarted { .. }));
        session.entries().iter().filter(is_begin).count()
    };
    for entries in
        [[login(jwt), granted(), socket()], [granted(), login(jwt), socket()], [socket(), granted(), login(jwt)]]
    {
        let session = Session::of_text(chrome(&entries));
        assert_eq!((attempts(&session), session.view.snapshot().tickets), (1, 1), "{}", session.words());
        let order: Vec<_> = session
            .entries()
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::Flow(FlowEvent::FetchingToken) => Some(1),
                Event::Flow(FlowEvent::RequestingTicket) => Some(2),
                Event::Flow(FlowEvent::TicketSpent { .. }) => Some(3),
                _ => None,
            })
            .collect();
        assert_eq!(order, [1, 2, 3]);
        assert!(session.verdict.findings[0].problem.title.contains("401"), "{}", session.words());
    }
    // A ticket request that is made again after a new login stays what it is.
    let expired = http(1, "GET", TICKETS, 401, r#"{"error":{"code":"INVALID_TOKEN"}}"#);
    let session = Session::of_text(chrome(&[
        expired,
        login(jwt),
        http(2, "GET", TICKETS, 200, &format!(r#"{{"ticket":"{TICKET}"}}"#)),
    ]));
    let is_new = |entry: &Entry| matches!(entry.event, Event::Flow(FlowEvent::RefreshingToken { .. }));
    assert!(session.entries().iter().any(is_new), "{:?}", session.entries());
}

#[test]
fn a_sign_in_that_is_not_in_the_file_is_not_said_to_be_ready() {
    let opened = |entries: &[serde_json::Value]| Session::of_text(chrome(entries));
    let login = http(0, "POST", "https://api.example.com/api/v1/auth/token", 200, r#"{"token":"aaaabbbbccccdddd1"}"#);
    assert!(opened(&[granted(), socket(2, WSS, 0.0)]).view.snapshot().is_sign_in_unseen());
    assert!(!opened(&[login, granted(), socket(2, WSS, 0.0)]).view.snapshot().is_sign_in_unseen());
    let mut bearing = granted();
    bearing["request"]["headers"] = json!([{ "name": "Authorization", "value": "Bearer opaque-0123456789" }]);
    assert!(!opened(&[bearing, socket(2, WSS, 0.0)]).view.snapshot().is_sign_in_unseen());
    assert!(opened(&[socket(2, WSS, 0.0)]).view.snapshot().is_sign_in_unseen());
}

#[test]
fn a_report_on_files_says_nothing_that_only_this_computer_knows() {
    let said = |session: &Session| {
        let recording = &session.opened.recording;
        let own = ticketscope::report::Own::new(None, &[], &[]);
        let made = "2026-12-01T09:00:00Z".parse().unwrap();
        let report = ticketscope::report::Report::new(recording, None, own, made);
        let told = report.files().iter().filter(|file| file.name != "recording.jsonl" && file.name != "session.har");
        told.map(|file| file.text.as_str().to_owned()).collect::<String>()
    };
    let console = "main.js:9 [WS] Ticket obtained, connecting to WebSocket...\nmain.js:10 [WS] Connected\n\
                   main.js:14 [WS] Disconnected {code: 1011, reason: '', wasClean: true}\n";
    let timed = "14:02:01.100 main.js:9 [WS] Ticket obtained, connecting to WebSocket...\n\
                 14:02:01.200 main.js:10 [WS] Connected\n\
                 14:02:02.300 main.js:14 [WS] Disconnected {code: 1011, reason: '', wasClean: true}\n";
    let sessions = [Session::of(&["chrome-upgrade401.har"]), Session::of_text(console), Session::of_text(timed)];
    for session in &sessions {
        let text = said(session);
        for words in [
            "this computer",
            "eychain",
            "x-trace-id",
            "the client tries",
            "the client stopped",
            "Crashes",
            "unknown.invalid",
            "1970-01-01T0",
            "1970-01-01T1",
        ] {
            assert!(!text.contains(words), "{words}: {text}");
        }
    }
    let [har, order, day] = sessions.map(|session| said(&session));
    assert!(har.contains("chrome-upgrade401.har") && har.contains("Opened by"), "{har}");
    assert!(har.contains("UTC") && !har.contains("Origin: not in"), "{har}");
    assert!(har.contains("Not in these files") && har.contains("Authorization header"), "{har}");
    for text in [&order, &day] {
        assert!(text.contains("not in these files") && !text.contains("Began (UTC)"), "{text}");
    }
    assert!(!order.contains("00:00:00.000") && day.contains("14:02:01, by the user's clock"), "{order} {day}");
}

#[test]
fn what_a_recording_proxy_says_in_the_place_of_a_server_is_no_answer_of_a_server() {
    for (server, status, page, code) in [
        (
            "",
            503,
            "<html><head><title>Charles Error Report</title></head><body>Connection refused</body></html>",
            "connection-refused",
        ),
        (
            "",
            504,
            "[Fiddler] ReadResponse() failed: The server did not return a complete response for this request.",
            "request-broken",
        ),
        (
            "mitmproxy 11.0",
            502,
            "<html><h1>502 Bad Gateway</h1><p>certificate verify failed: certificate has expired</p></html>",
            "certificate-out-of-date",
        ),
        (
            "nginx",
            502,
            "<html><h1>502 Bad Gateway</h1><p>certificate has expired</p></html>",
            "server-behind-gateway-down",
        ),
    ] {
        let mut entry = http(2, "GET", TICKETS, status, page);
        entry["response"]["headers"] =
            json!([{ "name": "Server", "value": server }, { "name": "Content-Type", "value": "text/html" }]);
        let session = Session::of_text(chrome(&[entry]));
        assert_eq!(session.code(), code, "{page}: {}", session.words());
    }
}

#[test]
fn further_lines_of_consoles_are_told() {
    let csp = "Refused to connect to 'wss://api.example.com/rt' because it violates the following Content Security Policy \
               directive: \"connect-src 'self'\".";
    let selenium = json!([{ "level": "SEVERE", "source": "security", "timestamp": 1_772_701_923_000_u64,
        "message": format!("https://shop.example.com/ - {csp}\n") }]);
    for (text, code, says) in [
        (selenium.to_string(), "blocked-by-browser", "wss://api.example.com/rt"),
        (
            "[2026-03-05T09:12:03.104Z] Error: Failed to complete negotiation with the server: Error: : Status code '503'\n"
                .to_owned(),
            "service-unavailable|server-behind-gateway-down",
            "503",
        ),
        (
            "app.js:4 WebSocket connection to 'wss://api.example.com/rt' failed: WebSocket opening handshake timed out\n"
                .to_owned(),
            "no-answer",
            "handshake",
        ),
        (
            "app.js:4 WebSocket connection to 'wss://api.example.com/rt' failed: Error during WebSocket handshake: Sent \
             non-empty 'Sec-WebSocket-Protocol' header but no response was received\n"
                .to_owned(),
            "bad-handshake",
            "any of the subprotocols",
        ),
        (
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at \
             https://api.example.com/rt/ticket. (Reason: CORS header \u{2018}Access-Control-Allow-Origin\u{2019} does not \
             match \u{2018}https://www.example.com\u{2019}). Status code: 200.\n"
                .to_owned(),
            "blocked-by-browser",
            "https://www.example.com",
        ),
    ] {
        let session = Session::of_text(text.clone());
        let words = session.words();
        assert!(code.split('|').any(|code| session.code() == code), "{text}: {} {words}", session.code());
        assert!(words.contains(says) && !words.contains("0.0 ms") && !words.contains("\"\""), "{words}");
    }
}

#[test]
fn logs_are_read_as_clouds_give_them_out() {
    let own = r#"{"msg":"WS: Connection rejected","origin":"https://app.example.com","reason":"ORIGIN_BLOCKED"}"#;
    let at = 1_769_349_722_000_u64;
    let cloud_watch = json!({
        "events": [{ "logStreamName": "api", "timestamp": at, "message": own, "ingestionTime": at + 5, "eventId": "3" }],
        "searchedLogStreams": [],
    });
    for log in [
        serde_json::to_string_pretty(&cloud_watch).unwrap(),
        json!([{ "line": own, "timestamp": format!("{at}000000"), "fields": {} }]).to_string(),
        json!({ "version": "1.1", "host": "api-1", "short_message": "WS: Connection rejected", "timestamp": 1_769_349_722.1,
            "origin": "https://app.example.com", "reason": "ORIGIN_BLOCKED" })
        .to_string(),
    ] {
        let session = Session::of_text(log.clone());
        assert_eq!(session.code(), "origin-blocked", "{log}: {}", session.words());
        let time = session.support().operations.into_iter().find(|fact| fact.name == "time (UTC)").map(|fact| fact.value);
        assert!(time.is_some_and(|time| time.starts_with("2026-01-25T14:02:02")), "{log}");
    }
}

#[test]
fn the_code_of_an_error_is_no_ticket_and_no_token() {
    let refused =
        r#"{"success":false,"error":{"code":"SESSION_EXPIRED","traceId":"0af7651916cd43dd8448eb211c80319c"}}"#;
    for entry in [
        http(1, "GET", TICKETS, 200, refused),
        http(
            1,
            "POST",
            "https://api.example.com/api/v1/auth/token",
            200,
            r#"{"error":{"code":"INVALID_CREDENTIALS"}}"#,
        ),
    ] {
        let session = Session::of_text(chrome(&[entry]));
        assert_eq!((session.view.snapshot().tickets, session.verdict.status), (0, "FAILED"), "{}", session.words());
        assert!(session.words().contains("without it"), "{}", session.words());
    }
}
