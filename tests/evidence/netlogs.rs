//! What Chrome's network logs have that no other file has.

use serde_json::{Value, json};
use ticketscope::evidence::{Input, clean};

use crate::kit::Session;

const TICKETS: &str = "https://api.example.com/api/v1/ws-ticket";
const WSS: &str = "wss://api.example.com/ws?ticket=4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
const ERRORS: [(&str, i64); 2] = [("ERR_WS_UPGRADE", -173), ("ERR_ABORTED", -3)];

/// One event: the number of the thing that it happens to, its name, its phase (1 begins, 2 ends), its parameters.
type Event = (i64, &'static str, i64, Value);

/// A network log with these events, 10 ms apart.
fn log(events: &[Event]) -> String {
    let mut names: Vec<_> = events.iter().map(|(_, name, ..)| *name).collect();
    names.dedup();
    let kind = |name: &str| names.iter().position(|known| *known == name).unwrap();
    let kinds: serde_json::Map<_, _> = names.iter().map(|name| ((*name).to_owned(), kind(name).into())).collect();
    let errors: serde_json::Map<_, _> =
        ERRORS.iter().map(|(name, number)| ((*name).to_owned(), (*number).into())).collect();
    let events: Vec<_> = events
        .iter()
        .enumerate()
        .map(|(index, (source, name, phase, params))| {
            let time = (1_000 + 10 * index).to_string();
            json!({ "source": { "id": source, "type": 1 }, "type": kind(name), "phase": phase, "time": time, "params": params })
        })
        .collect();
    let client = json!({ "name": "Chrome", "version": "156" });
    let offset = "1769349720000";
    json!({
        "constants": { "logEventTypes": kinds, "netError": errors, "timeTickOffset": offset, "clientInfo": client },
        "events": events,
    })
    .to_string()
}

fn begun(source: i64, method: &str, url: &str) -> [Event; 2] {
    let job = json!({ "method": method, "url": url, "initiator": "https://app.example.com" });
    [(source, "REQUEST_ALIVE", 1, json!({ "url": url })), (source, "URL_REQUEST_START_JOB", 1, job)]
}

fn answered(source: i64, head: &[&str]) -> Event {
    (source, "HTTP_TRANSACTION_READ_RESPONSE_HEADERS", 0, json!({ "headers": head }))
}

/// A ticket request that worked, and a socket that opened.
fn opened() -> Vec<Event> {
    let mut events = begun(1, "GET", TICKETS).to_vec();
    events.extend([answered(1, &["HTTP/1.1 200 OK"]), (1, "REQUEST_ALIVE", 2, json!({}))]);
    events.extend(begun(2, "GET", WSS));
    events.extend([
        (2, "HTTP_STREAM_REQUEST_BOUND_TO_JOB", 0, json!({ "source_dependency": { "id": 3, "type": 17 } })),
        (3, "SOCKET_POOL_BOUND_TO_SOCKET", 0, json!({ "source_dependency": { "id": 4, "type": 9 } })),
        (4, "SOCKET_ALIVE", 1, json!({})),
        answered(2, &["HTTP/1.1 101 Switching Protocols"]),
        (2, "REQUEST_ALIVE", 2, json!({ "net_error": -173 })),
        (2, "WEBSOCKET_RECV_FRAME_HEADER", 0, json!({ "opcode": 1, "payload_length": 17 })),
    ]);
    events
}

fn told(events: &[Event], code: &str, says: &str) {
    let text = log(events);
    let copy = clean(&Input::Bytes("pasted".into(), text.clone().into_bytes())).unwrap();
    for text in [text.into_bytes(), copy.bytes] {
        let session = Session::of_text(text);
        assert_eq!(session.code(), code, "{}", session.words());
        assert!(session.words().contains(says), "no {says:?} in {}", session.words());
    }
}

#[test]
fn a_preflight_without_an_allowance_stops_its_request() {
    let head = ["HTTP/1.1 204 No Content", "allow: POST"];
    let sent =
        json!({ "headers": ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"] });
    for path in ["ws-ticket", "auth/token"] {
        let url = format!("https://api.example.com/api/v1/{path}");
        let mut events = begun(1, "OPTIONS", &url).to_vec();
        events.push((1, "HTTP_TRANSACTION_SEND_REQUEST_HEADERS", 0, sent.clone()));
        events.extend([answered(1, &head), (1, "REQUEST_ALIVE", 2, json!({}))]);
        told(&events, "blocked-by-browser", "CORS");
    }
}

#[test]
fn a_proxy_that_wants_a_login_is_told_from_a_page_that_gives_up() {
    let mut events = begun(1, "GET", WSS).to_vec();
    let asked = json!({ "delegate_blocked_by": "WebSocketStream::Delegate::OnAuthRequired" });
    events.extend([(1, "DELEGATE_INFO", 1, asked), (1, "REQUEST_ALIVE", 2, json!({}))]);
    told(&events, "proxy-refused", "wants a login");
}

#[test]
fn what_is_no_frame_and_what_ends_without_one_have_their_causes() {
    let mut bad = opened();
    let reason = "One or more reserved bits are on: reserved1 = 1, reserved2 = 1, reserved3 = 1";
    bad.extend([
        (2, "WEBSOCKET_INVALID_FRAME", 0, json!({ "code": 1002, "internal_reason": reason })),
        (2, "WEBSOCKET_SENT_FRAME_HEADER", 0, json!({ "opcode": 8, "payload_length": 22 })),
    ]);
    told(&bad, "not-web-socket", "reserved bits");
    let mut ended = opened();
    ended.push((4, "SOCKET_ALIVE", 2, json!({})));
    told(&ended, "connection-lost", "1006");
}
