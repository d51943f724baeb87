//! What is everybody's to see is not taken for a secret, and what tells who somebody is is left out.

use serde_json::json;
use ticketscope::evidence::{Input, clean};

use crate::kit::{Session, chrome, http, refused, socket};

const TICKET: &str = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
const TICKETS: &str = "https://api.acme.example/api/v1/ws-ticket";
const REFUSAL: &str = "HTTP Authentication failed; no valid credentials available";

fn granted(more: &str) -> serde_json::Value {
    http(1, "GET", TICKETS, 200, &format!(r#"{{"ticket":"{TICKET}","expiresInSeconds":30{more}}}"#))
}

fn at(more: &str) -> String {
    format!("wss://api.acme.example/ws?ticket={TICKET}{more}")
}

fn fact(session: &Session, name: &str) -> String {
    let facts = session.support().operations;
    facts.into_iter().find(|fact| fact.name == name).map(|fact| fact.value).unwrap_or_default()
}

#[test]
fn an_address_is_no_secret_whatever_it_is_called() {
    for (answer, query) in [
        ("", "&origin=https%3A%2F%2Fapp.acme.example"),
        ("", "&host=app.acme.example"),
        ("", "&user=jane%40acme.example"),
        ("", "&tenant=acme.example"),
        (r#","authority":"https://api.acme.example""#, ""),
        (r#","sessionUrl":"wss://api.acme.example/ws","sessionOrigin":"https://app.acme.example""#, ""),
        (r#","authDomain":"acme.example","keyPrefix":"acme","sessionState":"connected""#, ""),
    ] {
        let mut asked = granted(answer);
        asked["request"]["headers"] = json!([{ "name": "Origin", "value": "https://app.acme.example" }]);
        asked["response"]["headers"] = json!([
            { "name": "X-Auth-Host", "value": "api.acme.example" },
            { "name": "Set-Cookie", "value": "host=app.acme.example; Path=/" }
        ]);
        let session = Session::of_text(chrome(&[asked, refused(2, &at(query), REFUSAL)]));
        assert_eq!(session.code(), "fresh-ticket-refused", "{answer}{query}: {}", session.words());
        assert_eq!(fact(&session, "address"), "wss://api.acme.example/ws", "{answer}{query}");
        assert!(!session.lines().contains(TICKET), "{answer}{query}");
        assert!(!session.lines().contains("jane"), "{answer}{query}");
    }
    let console = format!(
        "(index):7 [WS] Requesting WebSocket ticket...\n(index):10 [WS] Ticket obtained, connecting to WebSocket...\n\
         (index):11 WebSocket connection to '{}' failed: Error during WebSocket handshake: Unexpected response code: 403\n",
        at("&origin=https%3A%2F%2Fapp.acme.example")
    );
    let session = Session::of_text(console);
    assert_eq!(fact(&session, "address"), "wss://api.acme.example/ws", "{}", session.words());
}

#[test]
fn what_stands_in_the_place_of_a_ticket_has_no_hash() {
    for stand_in in ["REDACTED", "[ticket redacted]", "<redacted>", "xxxxxxxx", "[HASHED]", "__REMOVED__", "***", "..."]
    {
        let entries = |second: u32| {
            let body = json!({ "ticket": stand_in, "expiresInSeconds": 30 }).to_string();
            let url = format!("wss://api.acme.example/ws?ticket={stand_in}");
            [http(second, "GET", TICKETS, 200, &body), refused(second + 1, &url, REFUSAL)]
        };
        let session = Session::of_text(chrome(&[entries(1), entries(5)].concat()));
        assert_eq!(session.code(), "fresh-ticket-refused", "{stand_in}: {}", session.words());
        assert_eq!(fact(&session, "ticketHash"), "not in these files", "{stand_in}");
        assert_eq!(session.view.attempts().len(), 2, "{stand_in}");
        assert!(session.unseen().contains(&"the ticket"), "{stand_in}: {:?}", session.unseen());
        let codes: Vec<_> = session.verdict.findings.iter().map(|finding| finding.problem.code.to_string()).collect();
        assert!(!codes.contains(&"ticket-repeated".to_owned()), "{stand_in}: {codes:?}");
    }
}

#[test]
fn what_an_error_quotes_is_hidden_even_if_nothing_else_tells_of_it() {
    let told = "cannot store ticket d290456d31e7c5f51cc5ab2f5315276e for session sess-SECRET-7788 key ApiKeySECRET55 of \
                jane.doe@acme.example";
    let failed = http(1, "GET", TICKETS, 500, &json!({ "code": "E", "error": told }).to_string());
    let mut open = socket(3, &at(""), 500.0);
    open["_webSocketMessages"] = json!([
        { "type": "send", "time": 1_769_349_723.1, "opcode": 1, "data": "40{\"token\":\"TokSECRET88\"}" },
        { "type": "receive", "time": 1_769_349_723.2, "opcode": 1,
          "data": "{\"type\":\"error\",\"message\":\"invalid token TokSECRET88 of jane.doe@acme.example\"}" },
    ]);
    for entries in [vec![failed], vec![granted(""), open]] {
        let text = chrome(&entries);
        let session = Session::of_text(text.clone());
        let copy = clean(&Input::Bytes("pasted".into(), text.into_bytes())).unwrap();
        let support = format!("{:?} {:?}", session.support(), session.verdict);
        for out in [session.lines(), support, String::from_utf8(copy.bytes).unwrap()] {
            for secret in ["d290456d31e7", "SECRET", "jane", "acme.example locked"] {
                assert!(!out.contains(secret), "{secret}: {out}");
            }
        }
    }
}
