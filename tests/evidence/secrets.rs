//! Whatever is secret in a file and however it is spelled: nothing of it is in what comes out.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ticketscope::evidence::{Input, clean};
use ticketscope::model::SafeText;

use crate::kit::{Session, chrome, http, refused};

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
            let copy = clean(&Input::Bytes(SafeText::new("pasted"), text.clone().into_bytes())).unwrap();
            let clean = String::from_utf8(copy.bytes).unwrap();
            let support = session.support();
            let shown = format!("{:?} {:?} {:?}", session.verdict, support, session.view.snapshot());
            // A JSON file has its own escapes around them.
            let needle = spelling.replace('\\', "\\\\");
            control += u32::from(text.contains(&needle));
            for (place, out) in [("recording", session.lines()), ("clean copy", clean), ("window", shown)] {
                let is_there = out.contains(&spelling) || out.contains(&needle) || out.contains(&secret);
                assert!(!is_there, "{kind} as {spelling} in the {place}: {out}");
            }
        }
    }
    assert_eq!(control, 12 * 9, "each of them is in the file that was opened");
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
        let shown = format!("{:?} {:?} {}", session.verdict, session.support(), session.lines());
        assert!(!shown.contains(&spelling) && !shown.contains(ticket), "{spelling}: {shown}");
    }
}
