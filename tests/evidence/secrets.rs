//! Whatever is secret in a file and however it is spelled: nothing of it is in what comes out.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::DateTime;
use ticketscope::evidence::{Input, clean};
use ticketscope::export::request_of_head;
use ticketscope::model::{DriverEvent, Event, Phase, SafeText};
use ticketscope::report::{Own, Report};

use crate::kit::{Session, chrome, http, refused, sample};

/// What a person could read as `secret`, in nine spellings.
fn spellings(secret: &str) -> Vec<String> {
    let percent = |byte: u8| format!("%{byte:02x}");
    let json: String = secret.chars().map(|letter| format!("\\u{:04x}", u32::from(letter))).collect();
    vec![
        secret.to_owned(),
        secret.chars().rev().collect(),
        secret.bytes().map(percent).collect(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
        secret.bytes().map(|byte| format!("{byte:02X}")).collect(),
        json,
        secret.chars().map(|letter| format!("&#{};", u32::from(letter))).collect(),
    ]
}

/// What a kind of secret is called, one of it, and the entries that have it.
type Kind = (&'static str, String, fn(&str) -> Vec<serde_json::Value>);

/// Twelve kinds of secret, each with the entries that have it where it belongs.
fn kinds() -> Vec<Kind> {
    fn tickets(body: &str) -> Vec<serde_json::Value> {
        vec![http(1, "GET", "https://api.example.com/api/v1/ws-ticket", 200, body)]
    }
    fn headed(name: &str, value: &str, is_answer: bool) -> Vec<serde_json::Value> {
        let mut all = tickets(r#"{"ticket":"4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b"}"#);
        let part = if is_answer { "response" } else { "request" };
        all[0][part]["headers"] = serde_json::json!([{ "name": name, "value": value }]);
        all
    }
    fn posted(text: String) -> Vec<serde_json::Value> {
        let token = "eyJhbGciOiJIUzI1NiJ9.eyJzIjoxfQ.c2ln";
        let mut all = vec![http(
            1,
            "POST",
            "https://api.example.com/api/v1/auth/token",
            200,
            &format!(r#"{{"token":"{token}"}}"#),
        )];
        all[0]["request"]["postData"] = serde_json::json!({ "text": text });
        all
    }
    let long = |seed: &str| format!("{seed}Zq8mXw3LkV7rTn2p");
    vec![
        ("ticket", long("ti"), |secret| tickets(&format!(r#"{{"ticket":"{secret}"}}"#))),
        ("JWT", "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJhYmMtMTIzIn0.Zm9vYmFyYmF6".to_owned(), |secret| {
            vec![http(
                1,
                "POST",
                "https://api.example.com/api/v1/auth/token",
                200,
                &format!(r#"{{"token":"{secret}"}}"#),
            )]
        }),
        ("session id", long("se"), |secret| {
            vec![http(
                1,
                "POST",
                "https://api.example.com/api/v1/auth/token",
                200,
                &format!(r#"{{"token":"aaaabbbbccccdddd1","sessionId":"{secret}"}}"#),
            )]
        }),
        ("bearer", long("be"), |secret| headed("Authorization", &format!("Bearer {secret}"), false)),
        ("password", long("pw"), |secret| {
            headed("Authorization", &format!("Basic {}", STANDARD.encode(format!("ada:{secret}"))), false)
        }),
        ("API key", long("ak"), |secret| headed("X-Api-Key", secret, true)),
        ("cookie", long("co"), |secret| {
            let mut all = headed("x", "y", false);
            all[0]["request"]["cookies"] = serde_json::json!([{ "name": "sid", "value": secret }]);
            all
        }),
        ("set cookie", long("sc"), |secret| headed("Set-Cookie", &format!("sid={secret}; HttpOnly"), true)),
        ("form field", long("fo"), |secret| posted(format!("user=ada&password={secret}"))),
        ("JSON field", long("js"), |secret| posted(format!(r#"{{"otp":"{secret}"}}"#))),
        ("query", long("qu"), |secret| {
            vec![http(
                1,
                "GET",
                &format!("https://api.example.com/api/v1/ws-ticket?api_key={secret}"),
                200,
                r#"{"ticket":"4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b"}"#,
            )]
        }),
        ("refresh token", long("rt"), |secret| {
            tickets(&format!(r#"{{"ticket":"4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b","refresh_token":"{secret}"}}"#))
        }),
    ]
}

/// The server repeats the secret wherever it can say something: in a refusal's message, title, headers.
fn repeating(spelling: &str) -> Vec<serde_json::Value> {
    let body = serde_json::json!({ "code": "NO", "message": format!("I know {spelling} of yours") }).to_string();
    let mut said = http(3, "GET", "https://api.example.com/api/v1/ws-ticket", 403, &body);
    said["response"]["headers"] = serde_json::json!([{ "name": "Server", "value": format!("nginx {spelling}") }]);
    let page = format!("<html><title>{spelling}</title><body>{spelling}</body></html>");
    let mut paged = http(4, "GET", "https://api.example.com/api/v1/ws-ticket", 502, &page);
    paged["response"]["content"]["mimeType"] = "text/html".into();
    let text = format!("Error during WebSocket handshake: {spelling}");
    let mut upgrade = refused(5, "wss://api.example.com/ws?ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b", &text);
    upgrade["response"]["_error"] = serde_json::json!(format!("net::ERR_{spelling}"));
    vec![said, paged, upgrade]
}

#[test]
fn no_secret_of_any_kind_in_any_spelling_comes_out() {
    let mut control = 0;
    for (kind, secret, entries) in kinds() {
        for spelling in spellings(&secret) {
            let mut all = entries(&secret);
            all.extend(repeating(&spelling));
            let text = chrome(&all);
            let session = Session::of_text(text.clone());
            // A JSON file has its own escapes around them.
            let needle = spelling.replace('\\', "\\\\");
            control += u32::from(text.contains(&needle));
            for (place, out) in outputs(&session).into_iter().chain([("clean copy", clean_copy(text))]) {
                let is_there = out.contains(&spelling) || out.contains(&needle) || out.contains(&secret);
                assert!(!is_there, "{kind} as {spelling} in the {place}: {out}");
            }
        }
    }
    assert_eq!(control, 12 * 9, "each of them is in the file that was opened");
}

/// What comes out of a session besides a clean copy.
fn outputs(session: &Session) -> [(&'static str, String); 3] {
    let shown = format!("{:?} {:?} {:?}", session.verdict, session.support(), session.view.snapshot());
    let report = Report::new(&session.opened.recording, None, Own::new(None, &[], &[]), DateTime::UNIX_EPOCH);
    let report = report.files().iter().map(|file| file.text.as_str()).collect();
    [("recording", session.lines()), ("window", shown), ("report", report)]
}

fn clean_copy(text: String) -> String {
    let copy = clean(&Input::Bytes(SafeText::new("pasted"), text.into_bytes())).unwrap();
    String::from_utf8(copy.bytes).unwrap()
}

/// Kinds of secret that are in a network log that was made "with cookies and credentials", and where.
const NET_LOG_SECRETS: [(&str, &str, &str); 4] = [
    ("ticket", "9db8cf42bcb9ae92f97249298dc97db5", ""),
    ("bearer", "beZq8mXw3LkV7rTn2p", "Authorization: Bearer "),
    ("cookie", "coZq8mXw3LkV7rTn2p", "Cookie: sid="),
    ("API key", "akZq8mXw3LkV7rTn2p", "X-Api-Key: "),
];

#[test]
fn network_logs_give_no_secret_away() {
    let sample = std::fs::read_to_string(sample("chrome-netlog.json")).unwrap();
    let mut control = 0;
    for (kind, secret, header) in NET_LOG_SECRETS {
        for spelling in spellings(secret) {
            let spelled = serde_json::to_string(&spelling).unwrap();
            let spelled = spelled.trim_matches('"');
            let mut text = sample
                .replace("Content-Length: 12", &format!("Server: nginx {spelled}"))
                .replace("Unexpected response code: 503", &format!("Unexpected response code: 503 {spelled}"));
            if !header.is_empty() {
                text =
                    text.replace("\"Connection: Upgrade\"", &format!("\"Connection: Upgrade\", \"{header}{secret}\""));
            }
            control += u32::from(text.contains(spelled) && text.contains(secret));
            let session = Session::of_text(text.clone());
            for (place, out) in outputs(&session).into_iter().chain([("clean copy", clean_copy(text))]) {
                let is_there = out.contains(&spelling) || out.contains(spelled) || out.contains(secret);
                assert!(!is_there, "{kind} as {spelling} in the {place}: {out}");
            }
        }
    }
    assert_eq!(control, 4 * 9, "each of them is in the file that was opened");
}

#[test]
fn server_logs_give_no_secret_away() {
    let secret = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
    for named in [
        format!(r#""url":"/ws?ticket={secret}""#),
        format!(r#""headers":{{"authorization":"Bearer {secret}"}}"#),
        format!(r#""req":{{"cookies":"sid={secret}"}}"#),
        format!(r#""password":"{secret}""#),
    ] {
        for spelling in spellings(secret) {
            let spelled = serde_json::to_string(&spelling).unwrap();
            let log = format!(
                r#"{{"time":1769349721000,"msg":"WS: Connection rejected","reason":{spelled},"origin":"https://app.example.com",{named}}}
{{"time":1769349722000,"msg":"[WSTicket] Rejected","status":403,"code":{spelled},"traceId":"t-1"}}
"#
            );
            let session = Session::of_text(log);
            for (place, out) in outputs(&session) {
                let is_there =
                    out.contains(&spelling) || out.contains(spelled.trim_matches('"')) || out.contains(secret);
                assert!(!is_there, "{named} as {spelling} in the {place}: {out}");
            }
        }
    }
}

#[test]
fn consoles_and_logs_give_no_ticket_away() {
    let ticket = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
    for spelling in spellings(ticket) {
        let console = format!(
            "(index):7 [WS] Requesting WebSocket ticket...\n(index):10 [WS] Ticket obtained, connecting to WebSocket...\n\
             (index):11 WebSocket connection to 'wss://api.example.com/ws?ticket={ticket}' failed: {spelling}\n\
             (index):14 [WS] Disconnected {{code: 4001, reason: 'no {spelling}', wasClean: true}}\n"
        );
        let session = Session::of_text(console);
        for (place, out) in outputs(&session) {
            assert!(!out.contains(&spelling) && !out.contains(ticket), "{spelling} in the {place}: {out}");
        }
    }
}

#[test]
fn access_logs_and_what_clients_print_give_no_secret_away() {
    let secret = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
    for spelling in spellings(secret) {
        let line = |target: &str, status: u16| {
            format!(
                "192.0.2.7 - ada [25/Jan/2026:14:02:02 +0000] \"GET {target} HTTP/1.1\" {status} 0 \
                 \"https://app.example.com/{spelling}?token={secret}\" \"Agent {spelling}\"\n"
            )
        };
        let log = line(&format!("/api/v1/ws-ticket?api_key={secret}&v={spelling}"), 200)
            + &line(&format!("/ws?ticket={secret}&v={spelling}"), 502);
        let json = serde_json::json!({
            "request": { "method": "GET", "uri": format!("/ws?ticket={secret}&v={spelling}") }, "status": 502,
            "http_referer": format!("https://app.example.com/{spelling}"), "user": spelling,
        });
        let curl = format!(
            "$ curl -v -H 'Authorization: Bearer {secret}' 'https://api.example.com/ws/{secret}?ticket={secret}&v={spelling}'\n\
             > GET /ws/{secret}?ticket={secret}&v={spelling} HTTP/1.1\n> Host: api.example.com\n> Upgrade: websocket\n\
             > Cookie: sid={secret}\n< HTTP/1.1 401 {spelling}\n< WWW-Authenticate: Basic realm=\"{spelling}\"\n"
        );
        let wscat = format!(
            "$ wscat -c 'wss://api.example.com/ws?ticket={secret}' -H 'x: {spelling}'\n\
             Disconnected (code: 4001, reason: \"no {spelling}\")\n"
        );
        for text in [log, json.to_string(), curl, wscat] {
            assert!(text.contains(secret), "the control");
            let session = Session::of_text(text.clone());
            assert!(!session.code().is_empty(), "{text}");
            for (place, out) in outputs(&session) {
                assert!(!out.contains(&spelling) && !out.contains(secret), "{spelling} in the {place}: {out}");
            }
        }
    }
}

/// What a server says in words that quote a secret of no other place, and what of it is hidden.
const IN_WORDS: [(&str, &str); 8] = [
    ("your code is 482913", "482913"),
    ("wrong password (hunter2)", "hunter2"),
    ("token abc123def456 has expired", "abc123def456"),
    ("no access for jane.doe%2540corp.example", "jane.doe"),
    ("no access for jane.doe&#64;corp.example", "jane.doe"),
    ("no access for jane.doe (at) corp.example", "jane.doe"),
    ("no access for jane.doe [at] corp [dot] example", "jane.doe"),
    ("see https://id.example.com/reset?code=SEKRET91x", "SEKRET91x"),
];

#[test]
fn what_somebody_quotes_in_words_comes_out_nowhere() {
    for (words, secret) in IN_WORDS {
        let body = serde_json::json!({ "code": "NO", "message": words }).to_string();
        let mut paged = http(2, "GET", "https://api.example.com/api/v1/ws-ticket", 502, "");
        paged["response"]["content"] = serde_json::json!({
            "mimeType": "text/html", "text": format!("<html><title>{words}</title><body><p>{words}</p></body></html>"),
        });
        for entry in [http(1, "GET", "https://api.example.com/api/v1/ws-ticket", 403, &body), paged] {
            let text = chrome(&[entry]);
            assert!(text.contains(secret), "the control");
            let session = Session::of_text(text.clone());
            assert!(!session.code().is_empty());
            for (place, out) in outputs(&session).into_iter().chain([("clean copy", clean_copy(text))]) {
                assert!(!out.contains(secret), "{words} in the {place}: {out}");
            }
        }
        let console = format!(
            "main.js:10 [WS] Ticket obtained, connecting to WebSocket...\nmain.js:11 [WS] Connected\n\
             main.js:14 [WS] Disconnected {{code: 4001, reason: '{words}', wasClean: true}}\n"
        );
        let session = Session::of_text(console);
        for (place, out) in outputs(&session) {
            assert!(!out.contains(secret), "{words} in the {place}: {out}");
        }
    }
}

#[test]
fn what_operations_search_for_stays_readable() {
    let headers = [
        ("CF-RAY", "8f2b1c3d4e5f6a7b-FRA"),
        ("X-Request-Id", "0af7651916cd43dd8448eb211c80319c"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("Via", "1.1 3f8a1c5e7b9d2f4a6c8e0b1d.cloudfront.net (CloudFront)"),
        ("X-Served-By", "cache-fra-eddf8230059-FRA"),
    ];
    let body = serde_json::json!({
        "code": "E1001", "traceId": "0af7651916cd43dd8448eb211c80319d",
        "message": "token: expired, auth: failed at pod/api-7d9f8b6c5d-x2k4q, code=E1001",
    });
    let mut said = http(1, "GET", "https://api.example.com/api/v1/ws-ticket", 503, &body.to_string());
    said["response"]["headers"] =
        headers.iter().map(|(name, value)| serde_json::json!({ "name": name, "value": value })).collect();
    let session = Session::of_text(chrome(&[said]));
    let [(_, recording), (_, window), (_, report)] = outputs(&session);
    let finds = session.words();
    assert!(finds.contains("0af7651916cd43dd8448eb211c80319c"), "{finds}");
    for out in [recording, window, report] {
        for (name, value) in headers {
            assert!(out.contains(value), "{name}: {out}");
        }
        for part in ["token: expired", "auth: failed", "pod/api-7d9f8b6c5d-x2k4q", "code=E1001"] {
            assert!(out.contains(part), "{part}: {out}");
        }
    }
}

/// What was sent with the request of a phase, as it is read.
fn sent(session: &Session, phase: Phase) -> String {
    let entries = session.entries();
    let mut heads = entries.iter().filter_map(|entry| match &entry.event {
        Event::Driver(DriverEvent::RequestSent { phase: of, head: Some(head), .. }) if *of == phase => Some(head),
        _ => None,
    });
    heads.next().map_or_else(String::new, |head| request_of_head(head))
}

#[test]
fn what_was_sent_is_told_with_its_secrets_by_name() {
    let url = "https://api.example.com/t/Zq8mXw3LkV7rTn2p/ws-ticket?v=2&key=hunter2hunter2";
    let mut ticket = http(1, "GET", url, 200, r#"{"ticket":"4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b"}"#);
    let named = |name: &str, value: &str| serde_json::json!({ "name": name, "value": value });
    ticket["request"]["headers"] = serde_json::json!([
        named(":authority", "api.example.com"),
        named("Origin", "https://app.example.com"),
        named("Authorization", "Bearer opaque-Zq8mXw3LkV7rTn2p"),
        named("Cookie", "sid=abcdefgh12345678"),
        named("X-Own", "anything"),
    ]);
    let text = chrome(&[ticket]);
    let head = sent(&Session::of_text(text.clone()), Phase::Ticket);
    let hidden = "(hidden: it may hold a secret)";
    let expected = format!(
        "GET https://api.example.com/t/…/ws-ticket?v=2&key=(hidden)\norigin: https://app.example.com\n\
         authorization: Bearer {hidden}\ncookie: {hidden}\nx-own: {hidden}\n"
    );
    assert_eq!(head, expected);
    let copied = sent(&Session::of_text(clean_copy(text)), Phase::Ticket);
    assert!(copied.contains("authorization: Bearer (hidden") && copied.contains("cookie: (hidden"), "{copied}");

    let head = sent(&Session::of(&["chrome-netlog.json"]), Phase::Upgrade);
    assert!(head.contains("sec-websocket-version: 13") && head.contains("origin: "), "{head}");
    let head = sent(&Session::of(&["chrome-ok.har"]), Phase::Upgrade);
    assert!(head.starts_with("GET ws") && head.contains("ticket=(hidden)"), "{head}");
}
