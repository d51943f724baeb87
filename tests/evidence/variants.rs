//! Further files of each kind: other programs, other words, other ends.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use ticketscope::evidence::{Input, open};
use ticketscope::model::{Profile, SafeText};

use crate::kit::{Session, chrome, http, refused, socket};

const TICKET: &str = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
const GRANT: &str = r#"{"ticket":"4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b","expiresInSeconds":30}"#;
const TICKETS: &str = "https://api.example.com/api/v1/ws-ticket";
const WSS: &str = "wss://api.example.com/ws?ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";

fn granted() -> Value {
    http(1, "GET", TICKETS, 200, GRANT)
}

/// A ticket request that failed in the browser.
fn failed(error: &str, took: f64) -> Value {
    let mut entry = http(2, "GET", TICKETS, 0, "");
    entry["response"]["content"] = json!({ "size": 0, "mimeType": "x-unknown" });
    entry["response"]["_error"] = if error.is_empty() { Value::Null } else { error.into() };
    entry["time"] = took.into();
    entry
}

fn preflight(status: u16, error: &str, headers: &[(&str, &str)]) -> Value {
    let mut entry = http(2, "OPTIONS", TICKETS, status, "");
    entry["request"]["headers"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": "Access-Control-Request-Headers", "value": "authorization" }));
    let headers: Vec<_> = headers.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    entry["response"]["headers"] = headers.into();
    entry["response"]["_error"] = if error.is_empty() { Value::Null } else { error.into() };
    entry
}

/// A HAR of another program's.
fn by(creator: &str, entries: &[Value]) -> String {
    let mut entries = entries.to_vec();
    for entry in &mut entries {
        let entry = entry.as_object_mut().unwrap();
        let has_none = entry.get("_webSocketMessages").is_some_and(|list| list.as_array().is_some_and(Vec::is_empty));
        if has_none {
            entry.remove("_webSocketMessages");
        }
        entry.remove("_resourceType");
    }
    chrome(&entries).replace("WebInspector", creator)
}

/// An answer to the upgrade as proxies write it down.
fn upgraded(status: u16, further: Value) -> Value {
    let mut entry = socket(2, WSS, 30.0);
    entry["response"]["status"] = status.into();
    entry["request"]["headers"].as_array_mut().unwrap().push(json!({ "name": "upgrade", "value": "websocket" }));
    entry.as_object_mut().unwrap().extend(further.as_object().cloned().unwrap_or_default());
    entry
}

fn code_and_words(session: &Session) -> (String, String) {
    (session.code(), format!("{} {}", session.words(), session.support().answer))
}

#[test]
fn what_failed_before_the_socket_is_told_by_the_file_that_has_it() {
    let api = [("Access-Control-Allow-Origin", "https://app.example.com")];
    let gzip = {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packed.write_all(br#"{"code":"REDIS_UNAVAILABLE","traceId":"t-9"}"#).unwrap();
        let mut entry = http(2, "GET", TICKETS, 503, &STANDARD.encode(packed.finish().unwrap()));
        entry["response"]["content"]["encoding"] = "base64".into();
        entry
    };
    for (entries, code, says) in [
        (vec![failed("net::ERR_FAILED", 20.0), preflight(403, "", &[])], "blocked-by-browser", "answered 403"),
        (
            vec![failed("net::ERR_FAILED", 20.0), preflight(204, "", &[])],
            "blocked-by-browser",
            "no Access-Control-Allow-Origin",
        ),
        (
            vec![failed("net::ERR_FAILED", 20.0), preflight(204, "", &api)],
            "blocked-by-browser",
            "Access-Control-Allow-Headers",
        ),
        (
            vec![failed("net::ERR_FAILED", 20.0), preflight(0, "net::ERR_CONNECTION_REFUSED", &[])],
            "connection-refused",
            "api.example.com:443",
        ),
        (vec![failed("net::ERR_FAILED", 20.0)], "failure-unseen", "Save as"),
        (vec![failed("net::ERR_BLOCKED_BY_CLIENT", 2.0)], "blocked-by-browser", "private window"),
        (vec![failed("net::ERR_ABORTED", 9_000.0)], "no-answer", "No answer"),
        (vec![failed("net::ERR_ABORTED", 90.0)], "", "ends before the connection has either worked or failed"),
        (vec![failed("", 0.0)], "", "ends before the connection has either worked or failed"),
        (vec![gzip], "ticket-store-down", "REDIS_UNAVAILABLE"),
    ] {
        let session = Session::of_text(chrome(&entries));
        let (found, words) = code_and_words(&session);
        assert_eq!(found, code, "{entries:?}: {words}");
        assert!(words.contains(says), "no {says:?} in {words}");
        assert!(!words.contains("profile"), "{words}");
        assert_eq!(session.verdict.findings.len(), usize::from(!code.is_empty()), "{words}");
    }
}

#[test]
fn a_ticket_that_no_socket_follows_is_no_connection_that_works() {
    let later = http(9, "GET", "https://api.example.com/search", 200, "{}");
    let session = Session::of_text(chrome(&[granted(), later]));
    let (code, words) = code_and_words(&session);
    assert_eq!(code, "failure-unseen", "{words}");
    assert!(words.contains("After the ticket no WebSocket request follows") && words.contains("Save as"), "{words}");
    assert!(session.unseen().contains(&"the WebSocket"));
    // With the console beside it the rule is known.
    let console = format!(
        "main.js:7 [WS] Requesting WebSocket ticket...\nmain.js:8 [WS] Ticket obtained, connecting to WebSocket...\n\
         main.js:9 Connecting to '{WSS}' violates the following Content Security Policy directive: \"connect-src 'self'\". The \
         action has been blocked.\n"
    );
    let har = chrome(&[granted(), http(9, "GET", "https://api.example.com/search", 200, "{}")]);
    let inputs = vec![Input::Bytes("a.har".into(), har.into()), Input::Bytes("b.txt".into(), console.into())];
    let session = Session::new(open(inputs, None).unwrap());
    assert_eq!(session.code(), "blocked-by-browser", "{}", session.words());
    assert!(
        session.words().contains("Content Security Policy") && session.unseen().iter().all(|it| *it != "the WebSocket")
    );
}

#[test]
fn a_jwt_that_had_expired_and_a_ticket_that_was_too_old_are_the_web_apps_affair() {
    let encoded = |json: Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string());
    let claims = json!({ "sessionId": "s-1", "iat": 1_700_000_000, "exp": 1_700_000_100 });
    let jwt = format!("{}.{}.{}", encoded(json!({ "alg": "HS256" })), encoded(claims), "a".repeat(43));
    let mut entry = http(2, "GET", TICKETS, 401, r#"{"code":"INVALID_TOKEN"}"#);
    entry["request"]["headers"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": "Authorization", "value": format!("Bearer {jwt}") }));
    let session = Session::of_text(by("Firefox", &[entry]));
    assert_eq!(session.code(), "jwt-refused", "{}", session.words());
    assert!(session.words().contains("The JWT has expired"), "{}", session.words());
    assert!(session.support().answer.contains("sign out and in"));

    let late = refused(50, WSS, "HTTP Authentication failed; no valid credentials available");
    let session = Session::of_text(chrome(&[granted(), late]));
    assert_eq!(session.code(), "ticket-expired", "{}", session.words());
    assert!(session.words().contains("49 s old") && session.words().contains("lives 30 s"), "{}", session.words());
}

#[test]
fn files_of_proxies_and_other_browsers_tell_their_own_way() {
    let words_of = |error: &str| {
        let mut entry = upgraded(0, json!({}));
        entry["response"]["_error"] = error.into();
        entry
    };
    let frame = |data: &str| json!({ "_webSocketMessages": [{ "type": "receive", "time": 1_769_349_725_000_u64, "opcode": 8, "data": data }] });
    let blocked = STANDARD.encode([&1008_u16.to_be_bytes()[..], b"ORIGIN_BLOCKED"].concat());
    for (creator, last, code, says) in [
        (
            "mitmproxy",
            words_of("Certificate verify failed: unable to get local issuer certificate"),
            "certificate-not-trusted",
            "issuer",
        ),
        (
            "mitmproxy",
            words_of("[Errno 111] Connect call failed ('192.0.2.7', 443)"),
            "connection-refused",
            "api.example.com",
        ),
        ("mitmproxy", words_of("[Errno -2] Name or service not known"), "name-not-resolved", "api.example.com"),
        ("mitmproxy", upgraded(401, json!({})), "fresh-ticket-refused", "401"),
        ("Proxyman", upgraded(101, frame(&blocked)), "origin-blocked", "1008 ORIGIN_BLOCKED"),
        ("Proxyman", upgraded(101, frame("1001 SERVER_SHUTDOWN")), "server-restarting", "1001"),
        ("Charles Proxy", upgraded(503, json!({})), "server-behind-gateway-down", "503"),
        ("Fiddler", upgraded(403, json!({})), "upgrade-refused", "403"),
        ("WebKit Web Inspector", upgraded(401, json!({})), "fresh-ticket-refused", "401"),
        (
            "HTTP Toolkit",
            upgraded(
                101,
                json!({ "_webSocketClose": { "code": 4401, "reason": "expired", "timestamp": "2026-01-25T14:02:09Z" } }),
            ),
            "server-closed",
            "4401 expired",
        ),
    ] {
        let connect = http(0, "CONNECT", "https://api.example.com:443", 200, "");
        let session = Session::of_text(by(creator, &[connect, granted(), last]));
        let (found, words) = code_and_words(&session);
        assert_eq!(found, code, "{creator}: {words}");
        assert!(words.contains(says), "{creator}: no {says:?} in {words}");
    }
    for (error, code) in [
        (
            "Origin https://app.example.com is not allowed by Access-Control-Allow-Origin. Status code: 429",
            "rate-limited",
        ),
        (
            "Origin https://app.example.com is not allowed by Access-Control-Allow-Origin. Status code: 200",
            "blocked-by-browser",
        ),
        ("Preflight response is not successful. Status code: 403", "blocked-by-browser"),
        ("The network connection was lost.", "request-broken"),
        ("A server with the specified hostname could not be found.", "name-not-resolved"),
        ("The Internet connection appears to be offline.", "network-down"),
    ] {
        let session = Session::of_text(by("WebKit Web Inspector", &[failed(error, 20.0)]));
        assert_eq!(session.code(), code, "{error}: {}", session.words());
    }
}

#[test]
fn whether_a_socket_lasted_is_asked_for_where_the_file_never_tells() {
    for creator in ["Firefox", "mitmproxy", "WebKit Web Inspector"] {
        let mut open = upgraded(101, json!({}));
        open["timings"] = json!({ "wait": 30, "receive": 0 });
        let session = Session::of_text(by(creator, &[granted(), open]));
        assert_eq!(session.code(), "", "{creator}: {}", session.words());
        let support = session.support();
        assert!(support.answer.contains("cannot show whether it lasts"), "{creator}: {}", support.answer);
        assert!(support.ask.is_some_and(|ask| ask.file.contains("console")), "{creator}");
    }
    let session = Session::of_text(chrome(&[granted(), socket(2, WSS, 0.0)]));
    assert!(session.support().answer.contains("the connection works"), "Chrome writes down when a socket ended");
}

#[test]
fn a_second_tab_is_told_beside_the_one_that_fails() {
    let other = "9c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
    let wss = format!("wss://api.example.com/ws?ticket={other}");
    let entries = [
        granted(),
        http(1, "GET", TICKETS, 200, &format!(r#"{{"ticket":"{other}"}}"#)),
        socket(2, WSS, 9_000.0),
        refused(3, &wss, "Error during WebSocket handshake: Unexpected response code: 403"),
    ];
    let session = Session::of_text(chrome(&entries));
    assert_eq!(session.code(), "upgrade-refused", "{}", session.words());
    let notes: Vec<_> = session.opened.notes.iter().map(ToString::to_string).collect();
    let hash = ticketscope::model::Fingerprint::of(TICKET).to_string();
    assert!(notes.iter().any(|note| note.contains("second tab") && note.contains(&hash)), "{notes:?}");
    assert!(!notes.iter().any(|note| note.contains(TICKET)));
}

const BEGIN: &str =
    "main.js:7 [WS] Requesting WebSocket ticket...\nmain.js:10 [WS] Ticket obtained, connecting to WebSocket...\n";
const ASKING: &str = "main.js:7 [WS] Requesting WebSocket ticket...\n";

#[test]
fn consoles_of_all_browsers_say_it_in_their_words() {
    let at = |text: &str| text.replace("WSS", WSS).replace("TICKETS", TICKETS);
    for (begin, lines, code, says) in [
        (
            BEGIN,
            "main.js:9 WebSocket connection to 'WSS' failed: WebSocket is closed before the connection is established.",
            "failure-unseen",
            "The page itself ended",
        ),
        (
            BEGIN,
            "main.js:9 WebSocket connection to 'WSS' failed: Invalid frame header",
            "not-web-socket",
            "Invalid frame header",
        ),
        (
            BEGIN,
            "main.js:9 Connecting to 'WSS' violates the following Content Security Policy directive: \"connect-src 'self'\". The action has been blocked.",
            "blocked-by-browser",
            "Content Security Policy",
        ),
        (
            BEGIN,
            "main.js:9 [Report Only] Refused to connect to 'WSS' because it violates the following Content Security Policy directive: \"connect-src 'self'\".\nmain.js:12 [WS] Connected",
            "",
            "The connection was made",
        ),
        (
            BEGIN,
            "Uncaught (in promise) SecurityError: Failed to construct 'WebSocket': An insecure WebSocket connection may not be initiated from a page loaded over HTTPS.",
            "blocked-by-browser",
            "mixed content",
        ),
        (
            ASKING,
            "Access to fetch at 'TICKETS' from origin 'https://app.example.com' has been blocked by CORS policy: Response to preflight request doesn't pass access control check: It does not have HTTP ok status.\nGET TICKETS net::ERR_FAILED",
            "blocked-by-browser",
            "https://app.example.com",
        ),
        (
            ASKING,
            "Access to fetch at 'http://192.0.2.20/api/v1/ws-ticket' from origin 'https://app.example.com' has been blocked by CORS policy: Permission was denied for this request to access the `local` address space.\nGET http://192.0.2.20/api/v1/ws-ticket net::ERR_FAILED",
            "blocked-by-browser",
            "Local network access",
        ),
        (
            ASKING,
            "Access to fetch at 'TICKETS' from origin 'https://app.example.com' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.\nGET TICKETS net::ERR_FAILED 429 (Too Many Requests)",
            "rate-limited",
            "429",
        ),
        (
            ASKING,
            "api.example.com/api/v1/ws-ticket:1   Failed to load resource: the server responded with a status of 503 (Service Unavailable)",
            "service-unavailable",
            "503",
        ),
        (
            ASKING,
            "ws-ticket:1 Failed to load resource: net::ERR_CONNECTION_REFUSED",
            "connection-refused",
            "nothing listens",
        ),
        (
            "",
            "app.js:9 WebSocket closed: 1008 ORIGIN_BLOCKED",
            "origin-blocked",
            "the address at which you opened the page",
        ),
        ("", "app.js:9 socket closed with code 4001 (session expired)", "server-closed", "4001 session expired"),
        (
            BEGIN,
            "Firefox kann keine Verbindung zu dem Server unter WSS aufbauen. main.js:9:1",
            "failure-unseen",
            "could not be opened",
        ),
        (
            ASKING,
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at TICKETS. (Reason: CORS request did not succeed). Status code: (null).",
            "failure-unseen",
            "The ticket request failed",
        ),
        (
            ASKING,
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at TICKETS. (Reason: CORS preflight response did not succeed). Status code: 403.\nCross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at TICKETS. (Reason: CORS request did not succeed). Status code: (null).",
            "blocked-by-browser",
            "answered 403",
        ),
        (
            ASKING,
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at TICKETS. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 429.",
            "rate-limited",
            "429",
        ),
        (
            ASKING,
            "Quellübergreifende (Cross-Origin) Anfrage blockiert: Die Gleiche-Quelle-Regel verbietet das Lesen der externen Ressource auf TICKETS. (Grund: CORS-Kopfzeile 'Access-Control-Allow-Origin' fehlt). Statuscode: 503.",
            "service-unavailable",
            "503",
        ),
        (
            BEGIN,
            "Uncaught (in promise) DOMException: The operation is insecure.",
            "blocked-by-browser",
            "mixed content",
        ),
        (
            BEGIN,
            "[Error] WebSocket connection to 'WSS' failed: The certificate for this server is invalid. You might be connecting to a server that is pretending to be “api.example.com”.",
            "certificate-not-trusted",
            "ERR_CERT_INVALID",
        ),
        (
            BEGIN,
            "[Error] WebSocket connection to 'WSS' failed: A server with the specified hostname could not be found.",
            "name-not-resolved",
            "api.example.com",
        ),
        (
            BEGIN,
            "[Error] WebSocket connection to 'WSS' failed: There was a bad response from the server.",
            "failure-unseen",
            "was refused",
        ),
        (
            ASKING,
            "[Error] Origin https://app.example.com is not allowed by Access-Control-Allow-Origin. Status code: 429\n[Error] Fetch API cannot load TICKETS due to access control checks.",
            "rate-limited",
            "429",
        ),
        (
            ASKING,
            "[Error] Failed to load resource: the server responded with a status of 503 (Service Unavailable) (ws-ticket, line 0)",
            "service-unavailable",
            "503",
        ),
        (
            BEGIN,
            "[Error] Refused to connect to WSS because it does not appear in the connect-src directive of the Content Security Policy.",
            "blocked-by-browser",
            "Content Security Policy",
        ),
        (
            BEGIN,
            "[Error] [blocked] The page at https://app.example.com/ was not allowed to run insecure content from WSS.",
            "blocked-by-browser",
            "mixed content",
        ),
        (
            "",
            "[2211:2211:0303/140201.123456:INFO:CONSOLE:11] \"WebSocket connection to 'WSS' failed: Error during WebSocket handshake: Unexpected response code: 503\", source: https://app.example.com/ (11)",
            "server-behind-gateway-down",
            "503",
        ),
        (
            "",
            "{'level': 'SEVERE', 'message': \"https://app.example.com/main.js 39221 WebSocket connection to 'WSS' failed: Error during WebSocket handshake: Unexpected response code: 502\", 'source': 'javascript', 'timestamp': 1539770336993}",
            "server-behind-gateway-down",
            "502",
        ),
        (
            "",
            "[{\"level\":\"SEVERE\",\"message\":\"TICKETS - Failed to load resource: the server responded with a status of 503 (Service Unavailable)\",\"source\":\"network\",\"timestamp\":1539770336993}]",
            "service-unavailable",
            "503",
        ),
    ] {
        let session = Session::of_text(at(&format!("{begin}{lines}\n")));
        let (found, words) = code_and_words(&session);
        assert_eq!(found, code, "{lines}: {words}");
        assert!(words.contains(says), "{lines}: no {says:?} in {words}");
        assert!(!session.lines().contains(TICKET), "{lines}");
        assert_eq!(session.view.attempts().len(), 1, "{lines}: it is one attempt");
        assert!(!words.contains("unknown.invalid"), "{lines}: {words}");
    }
}

#[test]
fn times_are_read_in_the_forms_that_consoles_have() {
    let line = |time: &str| {
        format!(
            "{time} main.js:7 [WS] Requesting WebSocket ticket...\n{time} main.js:9 [WS] Failed to connect {{status: 503, error: {{…}}}}\n"
        )
    };
    for (time, expected) in [
        ("14:02:01.123", "14:02:01"),
        ("2:02:01.123 PM", "14:02:01"),
        ("12:02:01 AM", "00:02:01"),
        ("[14:02:01.123 ]", "14:02:01"),
        ("2026-03-03T14:02:01.123Z", "2026-03-03T14:02:01"),
        ("2026-03-03T15:02:01.123+01:00", "2026-03-03T14:02:01"),
        ("2026-03-03 14:02:01,123", "14:02:01"),
    ] {
        let session = Session::of_text(line(time));
        let entries = session.entries();
        let shown = entries.last().unwrap().time.to_rfc3339();
        assert!(shown.contains(expected), "{time}: {shown}");
        assert_eq!(session.code(), "service-unavailable", "{time}: {}", session.words());
    }
}

#[test]
fn a_log_of_another_form_is_read_as_the_profile_says() {
    let log = r#"{"at":"2026-03-03T09:15:01Z","ev":"issued","ctx":{"th":"05ace096c47e","rid":"r-1"}}
{"at":"2026-03-03T09:15:02Z","ev":"handshake denied","ctx":{"th":"05ace096c47e","rid":"r-2","http":403}}
"#;
    let input = || vec![Input::Bytes(SafeText::new("gateway.log"), log.as_bytes().to_vec())];
    let error = open(input(), None).err().unwrap().to_string();
    assert!(error.contains("[log]"), "{error}");
    let profile = "name = 'Mine'\napi = 'https://api.example.com'\nwebsocket = 'wss://api.example.com'\norigin = \
                   'https://app.example.com'\n[log]\ntime = '/at'\ntext = '/ev'\nticket = '/ctx/th'\ntrace = \
                   '/ctx/rid'\nstatus = '/ctx/http'\nlines = { issued = 'ticket', 'handshake denied' = 'refused' }\n";
    let profile = Profile::from_toml(profile).unwrap();
    let session = Session::new(open(input(), Some(&profile)).unwrap());
    assert_eq!(session.code(), "upgrade-refused", "{}", session.words());
    assert_eq!(session.view.attempts().len(), 1);
    let text = session.lines();
    assert!(text.contains("05ace096c47e") && text.contains("r-1"));
    let found = ticketscope::evidence::open_of_any(input(), &[Profile::production(), profile]).unwrap();
    assert_eq!(Session::new(found).code(), "upgrade-refused", "without a choice the profile that fits is found");
}

#[test]
fn our_own_servers_log_tells_how_a_socket_ended() {
    let log = "[WSTicket] Ticket generated { hasUserId: false, ttl: 30 } ticketHash=05ace096c47e traceId=a-1\n\
               [WS] Authenticated via ticket { hasUserId: false } ticketHash=05ace096c47e traceId=a-2\n\
               websocket_disconnected { code: 1001, reason: 'SERVER_SHUTDOWN', wasClean: true, by: 'server' } \
               ticketHash=05ace096c47e traceId=a-2\n";
    let session = Session::of_text(log);
    assert_eq!(session.code(), "server-restarting", "{}", session.words());
    let refused = "[WSTicket] Rejected { status: 503, code: 'REDIS_UNAVAILABLE' } traceId=a-7\n";
    let session = Session::of_text(refused);
    assert_eq!(session.code(), "ticket-store-down", "{}", session.words());
}

#[test]
fn a_network_log_that_was_not_stopped_is_read_as_far_as_it_goes() {
    let text = std::fs::read_to_string(crate::kit::sample("chrome-netlog.json")).unwrap();
    let events: Vec<_> = text.match_indices("},\n").map(|(place, _)| place).collect();
    let cut = &text[..events[events.len() - 3] + 3];
    let session = Session::of_text(cut);
    assert_eq!(session.code(), Session::of_text(text.clone()).code());
    assert!(session.opened.notes.iter().any(|note| note.as_str().contains("Stop Logging")));
    // Anywhere else it is damaged.
    assert!(crate::kit::open_text(&text.as_bytes()[..events[events.len() - 3] + 9]).is_err());
    assert!(crate::kit::open_text(r#"{"log":{"entries":[{"startedDateTime":"x"},"#).is_err());
}
