//! Situations that users send files of: each file tells what it can hold, in its own words, and nothing else.

use serde_json::{Value, json};
use ticketscope::evidence::{Input, open};

use crate::kit::{Session, chrome, http, refused, socket};

const TICKET: &str = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
const TICKETS: &str = "https://api.example.com/api/v1/ws-ticket";
const TOKENS: &str = "https://api.example.com/api/v1/auth/token";
const WSS: &str = "wss://api.example.com/ws?ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
const ASKED: &str = "main.js:7 [WS] Requesting WebSocket ticket...\n";
const DIALLED: &str = "main.js:9 [WS] Ticket obtained, connecting to WebSocket...\n";
const LOGIN: &str = "main.js:5 [Auth] Fetching JWT token from backend...\nmain.js:6 [Auth] ✅ JWT token acquired\n";

fn login() -> Value {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJzLTEifQ.c2ln";
    http(0, "POST", TOKENS, 200, &json!({ "token": token }).to_string())
}

fn granted(second: u32) -> Value {
    http(second, "GET", TICKETS, 200, &json!({ "ticket": TICKET, "expiresInSeconds": 30 }).to_string())
}

/// The log of a browser as WebDriver gives it, each line at its millisecond.
fn web_driver(lines: &[(u64, &str)]) -> String {
    let entry = |(at, text): &(u64, &str)| {
        json!({
            "level": "INFO", "source": "console-api", "timestamp": 1_769_349_720_000 + at,
            "message": format!("https://app.example.com/main.js 7:9 {text}"),
        })
    };
    Value::Array(lines.iter().map(entry).collect()).to_string()
}

fn said(session: &Session) -> String {
    format!("{} {}", session.words(), session.support().answer)
}

#[test]
fn what_web_driver_prints_as_an_object_is_a_close_without_a_code() {
    let lines = |from: u64, to: u64| {
        web_driver(&[
            (from, r#""[WS] Ticket obtained, connecting to WebSocket...""#),
            (from + 5, r#""[WS] Connected""#),
            (to, r#""[WS] Disconnected" Object"#),
        ])
    };
    let session = Session::of_text(lines(0, 700));
    assert_eq!(session.code(), "close-unseen", "{}", session.words());
    assert!(session.words().contains("closed 695 ms after it had opened"), "{}", session.words());
    assert!(session.unseen().contains(&"close code and reason") && session.support().answer.contains("console"));
    // All lines were fetched at once: their times are not those of what they tell.
    let session = Session::of_text(lines(0, 6));
    assert_eq!(session.code(), "close-unseen", "{}", session.words());
    assert!(!said(&session).contains(" ms") && session.unseen().contains(&"times"), "{}", said(&session));
}

#[test]
fn a_close_alone_does_not_tell_whether_the_socket_had_been_open() {
    let event = "CloseEvent {isTrusted: true, wasClean: false, code: 1006, reason: '', type: 'close', …}";
    for text in [
        format!("main.js:9 {event}\n"),
        format!("main.js:8 WebSocket error: Event {{isTrusted: true, type: 'error', …}}\nmain.js:9 closed: {event}\n"),
        "close { target: WebSocket, isTrusted: true, wasClean: false, code: 1006, reason: \"\", … }\nmain.js:9:1\n"
            .to_owned(),
    ] {
        let session = Session::of_text(text.clone());
        assert_eq!(session.code(), "failure-unseen", "{text}: {}", session.words());
        assert!(session.words().contains("whether it had been open is not in this file"), "{}", session.words());
        let log = session.lines();
        assert!(!log.contains("attempt-failed") && !log.contains("AttemptFailed"), "{log}");
        assert!(session.support().answer.contains("HAR"), "{}", session.support().answer);
    }
    let session = Session::of_text(web_driver(&[(0, r#""socket closed" CloseEvent"#)]));
    assert!(session.words().contains("whether it had been open is not in this file"), "{}", session.words());
    // An app that prints its steps would have printed that one.
    let session =
        Session::of_text(format!("{ASKED}{DIALLED}main.js:12 [WS] Disconnected {{code: 1006, reason: ''}}\n"));
    assert!(session.words().contains("could not be opened"), "{}", session.words());
}

#[test]
fn an_end_is_told_once() {
    let text = format!(
        "{ASKED}{DIALLED}main.js:10 [WS] Connected\nmain.js:9 WebSocket connection to '{WSS}' failed: Close received after \
         close\nmain.js:12 [WS] Disconnected {{code: 1006, reason: '', wasClean: false}}\n"
    );
    let session = Session::of_text(text);
    assert_eq!(session.code(), "not-web-socket", "{}", session.words());
    assert_eq!(session.view.snapshot().attempt.unwrap().0, 0, "it is one attempt");
    // In two lines of the app's own.
    let twice = format!(
        "{ASKED}{DIALLED}main.js:10 [WS] Connected\nmain.js:11 WebSocket closed: 4001 session expired\nmain.js:12 [WS] \
         Disconnected {{code: 4001, reason: 'session expired', wasClean: true}}\nmain.js:13 socket disconnected Object\n"
    );
    let session = Session::of_text(twice);
    assert_eq!(session.code(), "server-closed", "{}", session.words());
    assert_eq!(session.view.snapshot().closes.len(), 1);
}

#[test]
fn a_server_that_goes_away_is_told_from_a_page_that_is_left() {
    let chrome = "main.js:10 [WS] Connected\nmain.js:12 [WS] Disconnected {code: 1001, reason: '', wasClean: true}\n";
    let session = Session::of_text(chrome);
    assert_eq!(session.code(), "server-restarting", "{}", session.words());
    // A page of Firefox's sees the 1001 of its own leaving.
    let firefox = "[WS] Connected app.example.com:10:1\n[WS] Disconnected Object { code: 1001, reason: \"\", wasClean: true } app.example.com:12:1\n";
    let session = Session::of_text(firefox);
    assert_eq!(session.code(), "", "{}", session.words());
}

#[test]
fn lines_that_firefox_breaks_are_put_together() {
    let asked = "[WS] Requesting WebSocket ticket... app.example.com:7:10\n";
    for (lines, code, says) in [
        (
            "XHR GET\nhttps://api.example.com/api/v1/ws-ticket\n[HTTP/2 401  5ms]\n[WS] Failed to connect \n\
             Object { status: 401, error: {…} }\napp.example.com:9:1\n[WS] Hard failure - auth error \nObject { status: 401, code: \
             \"MISSING_SESSION\" }\napp.example.com:9:9\n",
            "jwt-without-session",
            "401 MISSING_SESSION",
        ),
        ("XHR GET\nhttps://api.example.com/api/v1/ws-ticket\n[HTTP/2 429  5ms]\n", "rate-limited", "429"),
        (
            "[WS] Ticket obtained, connecting to WebSocket... app.example.com:9:9\nGET\n\
             wss://api.example.com/ws?ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b\nNS_ERROR_WEBSOCKET_CONNECTION_REFUSED\n",
            "failure-unseen",
            "was refused; with which status",
        ),
        (
            "[WS] Connected app.example.com:9:9\n[WS] Disconnected \nObject { code: 1013, reason: \"busy\", wasClean: true }\n\
             app.example.com:12:1\n",
            "server-closed",
            "1013 busy",
        ),
        (
            "XHR OPTIONS\nhttps://api.example.com/api/v1/ws-ticket\nCORS Missing Allow Origin\nCross-Origin Request Blocked: The \
             Same Origin Policy disallows reading the remote resource at https://api.example.com/api/v1/ws-ticket. (Reason: CORS \
             header ‘Access-Control-Allow-Origin’ missing). Status code: 405.\n",
            "blocked-by-browser",
            "preflight (OPTIONS); it is answered 405",
        ),
        (
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at \
             https://api.example.com/api/v1/ws-ticket. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: \
             200.\n",
            "blocked-by-browser",
            "no Access-Control-Allow-Origin",
        ),
    ] {
        let session = Session::of_text(format!("{asked}{lines}"));
        assert_eq!(session.code(), code, "{lines}: {}", session.words());
        assert!(session.words().contains(says), "no {says:?} in {}", session.words());
    }
}

#[test]
fn a_request_that_came_to_nothing_is_told_by_the_app_alone() {
    let timed = |line: &str| format!("14:02:01.000 {ASKED}14:02:05.000 main.js:8 [WS] Failed to connect {line}\n");
    for (line, code, says) in [
        ("TypeError: Failed to fetch", "failure-unseen", "The ticket request failed; why is not in this file"),
        (
            "TypeError: NetworkError when attempting to fetch resource. main.js:8:1",
            "failure-unseen",
            "ticket request failed",
        ),
        ("TimeoutError: signal timed out", "no-answer", "within 4.0 s"),
        ("DOMException: The operation timed out.", "no-answer", "within 4.0 s"),
        ("AxiosError: timeout of 4000ms exceeded", "no-answer", "within 4.0 s"),
        ("SyntaxError: Unexpected token '<', \"<!doctype \"... is not valid JSON", "not-this-api", "got a web page"),
        ("SyntaxError: Unexpected end of JSON input", "not-this-api", "got an empty body"),
    ] {
        let session = Session::of_text(timed(line));
        assert_eq!(session.code(), code, "{line}: {}", session.words());
        assert!(session.words().contains(says), "no {says:?} in {}", session.words());
    }
    let session = Session::of_text(format!("{ASKED}main.js:8 [WS] Failed to connect TimeoutError: signal timed out\n"));
    assert!(session.words().contains("ended the ticket request, before it was answered"), "{}", session.words());
    // What the browser said before says more.
    let browser = "main.js:8  GET https://api.example.com/api/v1/ws-ticket net::ERR_CONNECTION_REFUSED\n";
    let session =
        Session::of_text(format!("{ASKED}{browser}main.js:8 [WS] Failed to connect TypeError: Failed to fetch\n"));
    assert_eq!(session.code(), "connection-refused", "{}", session.words());
}

#[test]
fn sockets_of_others_are_left_out_of_consoles_too() {
    let other = "main.js:2 WebSocket connection to 'wss://metrics.example.com/collect' failed: Error during WebSocket handshake: \
                 Unexpected response code: 403\n";
    let good = "main.js:10 [WS] Connected\nmain.js:12 [WS] Disconnected {code: 1000, reason: 'bye', wasClean: true}\n";
    let session = Session::of_text(format!("{other}{ASKED}{DIALLED}{good}"));
    assert_eq!(session.code(), "", "{}", session.words());
    assert!(session.opened.notes.iter().any(|note| note.as_str().contains("wss://metrics.example.com")));
    let own = format!(
        "main.js:9 WebSocket connection to '{WSS}' failed: Error during WebSocket handshake: Unexpected response code: 502\n"
    );
    let session = Session::of_text(format!("{ASKED}{DIALLED}{own}{other}"));
    assert_eq!(session.code(), "server-behind-gateway-down", "{}", session.words());
    // Without any ticket it is the one that the app waits for.
    let bare = "main.js:9 WebSocket connection to 'wss://api.example.com/ws' failed: Error during WebSocket handshake: Unexpected \
                response code: 502\n";
    let session = Session::of_text(format!("{ASKED}{DIALLED}{bare}"));
    assert_eq!(session.code(), "server-behind-gateway-down", "{}", session.words());
}

#[test]
fn a_development_servers_socket_is_not_the_services() {
    let vite = |second| {
        let mut entry = socket(second, "ws://localhost:5173/?token=Ab3dEf6hIj9k", 0.0);
        let headers = entry["request"]["headers"].as_array_mut().unwrap();
        headers.push(json!({ "name": "Sec-WebSocket-Protocol", "value": "vite-hmr" }));
        entry
    };
    let own = refused(2, "wss://api.example.com/ws", "Error during WebSocket handshake: Unexpected response code: 502");
    let session = Session::of_text(chrome(&[login(), own, vite(5)]));
    assert_eq!(session.code(), "server-behind-gateway-down", "{}", session.words());
}

#[test]
fn without_times_there_is_no_storm_and_nothing_is_fresh_forever() {
    let once = format!(
        "{DIALLED}main.js:10 [WS] Connected\nmain.js:12 [WS] Disconnected {{code: 1006, reason: '', wasClean: false}}\nmain.js:13 [WS] Reconnecting in 20ms (attempt 1)\n"
    );
    let session = Session::of_text(once.repeat(6));
    assert_eq!(session.code(), "connection-lost", "{}", session.words());
    assert!(!said(&session).contains(" ms") && !said(&session).contains("unknown.invalid"), "{}", said(&session));

    let refusal = "main.js:8 [WS] Failed to connect {status: 401, error: {code: 'INVALID_TOKEN'}}\n";
    let session = Session::of_text(format!("{LOGIN}{ASKED}{refusal}"));
    assert_eq!(session.code(), "fresh-jwt-refused", "{}", session.words());
    let good = format!(
        "{ASKED}{DIALLED}main.js:10 [WS] Connected\nmain.js:12 [WS] Disconnected {{code: 1000, reason: '', wasClean: true}}\n"
    );
    let session = Session::of_text(format!("{LOGIN}{good}{ASKED}{refusal}"));
    assert_eq!(session.code(), "jwt-refused", "{}", session.words());
    // How long ago it was is not known.
    let upgrade = format!(
        "main.js:9 WebSocket connection to '{WSS}' failed: HTTP Authentication failed; no valid credentials available\n"
    );
    let session = Session::of_text(format!("{ASKED}{DIALLED}{upgrade}"));
    assert_eq!(session.code(), "fresh-ticket-refused", "{}", session.words());
    assert!(!session.words().contains("fresh"), "{}", session.words());
}

#[test]
fn what_the_browser_keeps_from_the_page_is_no_grant() {
    let mut kept = granted(1);
    kept["response"]["content"] = json!({ "size": 0, "mimeType": "application/json" });
    kept["response"]["_error"] = "net::ERR_FAILED".into();
    let session = Session::of_text(chrome(&[login(), kept]));
    assert_eq!(session.code(), "blocked-by-browser", "{}", session.words());
    assert!(
        session.words().contains("may not") || session.words().contains("does not let the page read"),
        "{}",
        session.words()
    );

    // Firefox has the text all the same, and says nothing of it.
    let mut kept = granted(1);
    for (name, value) in [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "cross-site")] {
        kept["request"]["headers"].as_array_mut().unwrap().push(json!({ "name": name, "value": value }));
    }
    kept["response"]["headers"] = json!([{ "name": "content-type", "value": "application/json" }]);
    let of = |entry: &Value| chrome(&[login(), entry.clone()]).replace("WebInspector", "Firefox");
    let session = Session::of_text(of(&kept));
    assert_eq!(session.code(), "blocked-by-browser", "{}", session.words());
    assert!(!session.lines().contains(TICKET));
    kept["response"]["headers"] =
        json!([{ "name": "access-control-allow-origin", "value": "https://app.example.com" }]);
    assert_eq!(Session::of_text(of(&kept)).code(), "");

    // The request that was never sent has no headers; its preflight has.
    let mut failed = http(2, "GET", TICKETS, 0, "");
    (failed["request"]["headers"], failed["response"]["_error"]) = (json!([]), "net::ERR_FAILED".into());
    let mut preflight = http(2, "OPTIONS", TICKETS, 204, "");
    preflight["request"]["headers"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": "Access-Control-Request-Headers", "value": "authorization" }));
    preflight["response"]["headers"] = json!([
        { "name": "access-control-allow-origin", "value": "https://app.example.com" },
        { "name": "access-control-allow-headers", "value": "content-type" },
    ]);
    let session = Session::of_text(chrome(&[login(), failed, preflight]));
    assert_eq!(session.code(), "blocked-by-browser", "{}", session.words());
    assert!(session.words().contains("without the authorization"), "{}", session.words());
}

#[test]
fn a_ticket_out_of_a_cache_and_one_that_is_sent_again_are_not_the_users_affair() {
    let dead = |second| refused(second, WSS, "HTTP Authentication failed; no valid credentials available");
    let mut cached = granted(4);
    cached["_fromCache"] = "disk".into();
    let session = Session::of_text(chrome(&[login(), granted(1), socket(2, WSS, 900.0), cached, dead(5)]));
    assert_eq!(session.code(), "ticket-repeated", "{}", session.words());
    assert!(
        session.words().contains("no-store") && session.words().contains("the browser's own"),
        "{}",
        session.words()
    );
    // A cache that asked whether it had changed.
    let mut unchanged = granted(4);
    unchanged["response"]["status"] = 304.into();
    let session = Session::of_text(chrome(&[login(), granted(1), socket(2, WSS, 900.0), unchanged, dead(5)]));
    assert_eq!(session.code(), "ticket-repeated", "{}", session.words());

    let again = [login(), granted(1), socket(2, WSS, 900.0), dead(4), dead(6)];
    let session = Session::of_text(chrome(&again));
    assert_eq!(session.code(), "dead-credential-resent", "{}", session.words());
    assert!(session.words().contains("The developers") && !said(&session).contains("sign out"), "{}", said(&session));
    // Each of the attempts with that ticket has its own lines in the console.
    let line = |time: &str, text: &str| format!("{time} main.js:9 {text}\n");
    let failed =
        format!("WebSocket connection to '{WSS}' failed: HTTP Authentication failed; no valid credentials available");
    let lost = "[WS] Disconnected {code: 1006, reason: '', wasClean: false}";
    let dialled = "[WS] Ticket obtained, connecting to WebSocket...";
    let console = [
        line("14:02:01.000", "[WS] Requesting WebSocket ticket..."),
        line("14:02:02.000", dialled),
        line("14:02:02.002", "[WS] Connected"),
        line("14:02:02.900", "[WS] Disconnected {code: 1012, reason: '', wasClean: true}"),
        line("14:02:04.000", dialled),
        line("14:02:04.002", &failed),
        line("14:02:04.002", lost),
        line("14:02:06.000", dialled),
        line("14:02:06.002", &failed),
        line("14:02:06.002", lost),
    ];
    let inputs = vec![
        Input::Bytes("a.har".into(), chrome(&again).into()),
        Input::Bytes("b.txt".into(), console.concat().into()),
    ];
    let session = Session::new(open(inputs, None).unwrap());
    let ahead = session.opened.recording.header().files[1].ahead_millis.expect("the clocks can be compared");
    assert!(ahead.abs() < 100, "{ahead} ms");
    assert_eq!(session.view.snapshot().attempt.unwrap().0, 2, "there are three attempts in both files");
}

#[test]
fn what_a_refused_upgrade_said_is_not_made_up() {
    let text = |status| format!("Error during WebSocket handshake: Unexpected response code: {status}");
    let of = |status| Session::of_text(chrome(&[login(), granted(1), refused(2, WSS, &text(status))]));
    let session = of(403);
    assert!(session.code() == "upgrade-refused" && !session.words().contains("empty"), "{}", session.words());
    let session = of(301);
    assert_eq!(session.code(), "redirected");
    assert!(session.words().contains("where to is not in this file"), "{}", session.words());
    let proxied = "Error in connection establishment: net::ERR_UNEXPECTED_PROXY_AUTH";
    let session = Session::of_text(chrome(&[login(), granted(1), refused(2, WSS, proxied)]));
    assert!(session.words().contains("407") && !session.words().contains("ERR_"), "{}", session.words());
    let console = format!(
        "main.js:9 WebSocket connection to '{WSS}' failed: Error in connection establishment: net::ERR_HTTP2_PROTOCOL_ERROR\n"
    );
    let session = Session::of_text(console);
    assert!(session.words().contains("ERR_HTTP2_PROTOCOL_ERROR"), "an error's name is no secret: {}", session.words());
}

#[test]
fn a_page_to_log_in_to_the_service_is_no_networks() {
    let page = "<!doctype html><title>Login</title><form action=\"/login\"><input type=password></form>";
    let mut answer = http(1, "GET", "http://api.example.com/api/v1/ws-ticket", 200, page);
    answer["response"]["content"]["mimeType"] = "text/html".into();
    answer["response"]["headers"] = json!([{ "name": "content-type", "value": "text/html" }]);
    let mut first = login();
    first["request"]["url"] = "http://api.example.com/api/v1/auth/token".into();
    let session = Session::of_text(chrome(&[first, answer.clone()]));
    assert_eq!(session.code(), "login-in-front", "{}", session.words());
    let session = Session::of_text(chrome(&[answer]));
    assert_eq!(session.code(), "captive-portal", "{}", session.words());
}

#[test]
fn after_the_ticket_the_console_is_asked_for() {
    let session = Session::of_text(chrome(&[login(), granted(1)]));
    assert_eq!(session.code(), "");
    assert!(session.support().answer.contains("Save as"), "{}", session.support().answer);
    let session = Session::of_text(chrome(&[login()]));
    assert!(session.support().answer.contains("HAR"), "{}", session.support().answer);
}

#[test]
fn safari_names_the_status_that_it_keeps_from_the_page() {
    let text = "[Log] [WS] Requesting WebSocket ticket... (main.js, line 7)\n[Error] Fetch API cannot load \
                https://api.example.com/api/v1/ws-ticket due to access control checks.\n[Error] Failed to load resource: Origin \
                https://app.example.com is not allowed by Access-Control-Allow-Origin. Status code: 503 (ws-ticket, line 0)\n\
                [Error] [WS] Failed to connect – TypeError: Load failed\n";
    let session = Session::of_text(text);
    assert_eq!(session.code(), "service-unavailable", "{}", session.words());
}
