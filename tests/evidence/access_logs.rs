//! Access logs of web servers and load balancers: a request and a status in each line.

use crate::kit::{Session, http, open_text};
use ticketscope::evidence::{Input, open};

const TICKET: &str = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";

/// A line in the combined format.
fn line(second: u32, client: &str, request: &str, status: u16) -> String {
    let request = request.replace("TICKET", TICKET);
    format!(
        "{client} - - [25/Jan/2026:14:02:{second:02} +0000] \"{request} HTTP/1.1\" {status} 80 \
         \"https://app.example.com/chat\" \"Mozilla/5.0\"\n"
    )
}

fn granted(client: &str) -> String {
    line(0, client, "POST /api/v1/auth/token", 200) + &line(1, client, "GET /api/v1/ws-ticket", 200)
}

#[test]
fn the_steps_of_one_client_are_one_attempt() {
    let user = "192.0.2.7";
    for (last, code) in [
        (line(2, user, "GET /ws?ticket=TICKET", 401), "fresh-ticket-refused"),
        (line(2, user, "GET /ws?ticket=TICKET", 502), "server-behind-gateway-down"),
    ] {
        let text = granted("192.0.2.8") + &granted(user) + &last;
        let session = Session::of_text(text);
        assert_eq!(session.code(), code, "{last}: {}", session.words());
        assert!(!session.lines().contains(TICKET), "{last}");
    }
    // It is written when the connection is over; how that came it does not say.
    let opened = Session::of_text(granted(user) + &line(2, user, "GET /ws?ticket=TICKET", 101));
    assert_eq!(opened.code(), "close-unseen", "{}", opened.words());
    let refused = Session::of_text(line(0, user, "GET /api/v1/ws-ticket", 429));
    assert_eq!(refused.code(), "rate-limited", "{}", refused.words());
}

#[test]
fn a_client_that_gave_up_was_refused_by_nobody() {
    let session = Session::of_text(granted("192.0.2.7") + &line(2, "192.0.2.7", "GET /ws?ticket=TICKET", 499));
    assert_eq!(session.code(), "failure-unseen", "{}", session.words());
    assert!(!session.words().contains("499"), "{}", session.words());
}

#[test]
fn every_server_writes_its_own_format() {
    let target = format!("/ws?ticket={TICKET}");
    for text in [
        format!(
            "{{\"time_iso8601\":\"2026-01-25T14:02:02+00:00\",\"request_method\":\"GET\",\"request_uri\":\"{target}\",\"status\":\"502\"}}"
        ),
        format!(
            "{{\"level\":\"error\",\"ts\":1772615702.12,\"msg\":\"handled request\",\"request\":{{\"method\":\"GET\",\"uri\":\
             \"{target}\",\"headers\":{{\"Upgrade\":[\"websocket\"]}}}},\"status\":502}}"
        ),
        format!("[2026-01-25T14:02:02.120Z] \"GET {target} HTTP/1.1\" 502 UF 0 91 5 - \"192.0.2.7\" \"Mozilla/5.0\""),
        format!(
            "Jan 25 14:02:02 lb haproxy[812]: 192.0.2.7:5123 [25/Jan/2026:14:02:02.120] https~ be/s 0/0/0/0/0 502 217 - - SH-- 1/1 0/0 \"GET {target} HTTP/1.1\""
        ),
        format!(
            "2026/01/25 14:02:02 [error] 29#29: *14 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, request: \"GET {target} HTTP/1.1\", host: \"api.example.com\""
        ),
        format!(
            "{{\"log\":\"192.0.2.7 - - [25/Jan/2026:14:02:02 +0000] \\\"GET {target} HTTP/1.1\\\" 502 0\\n\",\"stream\":\"stdout\"}}"
        ),
        format!("INFO:     192.0.2.7:51236 - \"WebSocket {target}\" 502"),
    ] {
        let session = Session::of_text(text.clone() + "\n");
        assert_eq!(session.code(), "server-behind-gateway-down", "{text}: {}", session.words());
        if text.contains("host: ") {
            let address = session.opened.recording.header().profile.websocket.to_string();
            assert!(address.starts_with("wss://api.example.com"), "{address}");
        }
        assert!(!session.lines().contains(TICKET), "{text}");
    }
}

#[test]
fn beside_a_browsers_file_the_ticket_tells_which_request_is_the_users() {
    let wss = format!("wss://api.example.com/ws?ticket={TICKET}");
    let entries = [
        http(1, "GET", "https://api.example.com/api/v1/ws-ticket", 200, &format!("{{\"ticket\":\"{TICKET}\"}}")),
        crate::kit::refused(2, &wss, "Error in connection establishment: net::ERR_FAILED"),
    ];
    let log = line(2, "192.0.2.9", "GET /ws?ticket=0123456789abcdef01", 502)
        + &line(3, "192.0.2.7", "GET /ws?ticket=TICKET", 503);
    let inputs = vec![
        Input::Bytes("a.har".into(), crate::kit::chrome(&entries).into_bytes()),
        Input::Bytes("access.log".into(), log.into_bytes()),
    ];
    let session = Session::new(open(inputs, None).unwrap());
    assert!(session.words().contains("503"), "{}", session.words());
    assert_eq!(session.view.attempts().len(), 1);
}

#[test]
fn a_log_without_any_of_the_steps_is_still_foreign() {
    let text = line(0, "192.0.2.7", "GET /assets/app.js", 404) + &line(1, "192.0.2.7", "GET /orders/1", 500);
    assert!(open_text(text).is_err());
    // The service's own words say more than its requests.
    let own = "{\"time\":\"2026-01-25T14:02:02Z\",\"msg\":\"WS: Connection rejected\",\"origin\":\"https://app.example.com\",\"reason\":\"ORIGIN_BLOCKED\"}\n";
    let session = Session::of_text(line(1, "192.0.2.7", "GET /ws?ticket=TICKET", 502) + own);
    assert_eq!(session.code(), "origin-blocked", "{}", session.words());
}
