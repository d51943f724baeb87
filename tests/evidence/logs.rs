//! Logs of servers: everybody's attempts are in them.

use ticketscope::evidence::{Input, open};
use ticketscope::model::Failure;

use crate::kit::{Session, sample};

fn line(time: &str, rest: &str) -> String {
    format!(r#"{{"level":40,"time":"2026-11-28T{time}Z",{rest}}}"#) + "\n"
}

fn beside_har(log: &str) -> Session {
    let har = std::fs::read(sample("chrome-upgrade401.har")).unwrap();
    let inputs = [("a.har", har), ("server.log", log.as_bytes().to_vec())];
    let inputs = inputs.into_iter().map(|(name, bytes)| Input::Bytes(name.into(), bytes)).collect();
    Session::new(open(inputs, None).unwrap())
}

#[test]
fn beside_a_browsers_file_nothing_of_other_people_is_shown() {
    let hash = Session::of(&["chrome-upgrade401.har"]).support().operations;
    let hash = &hash.iter().find(|fact| fact.name == "ticketHash").unwrap().value;
    let log = line(
        "22:46:50.000",
        r#""msg":"[WSTicket] Ticket generated","traceId":"zz","ticketHash":"ffffffffffff","ttl":30"#,
    ) + &line(
        "22:46:56.728",
        &format!(
            r#""msg":"WS: Rejected - ticket invalid or expired","origin":"http://localhost:4200","ticketHash":"{hash}""#
        ),
    ) + &line(
        "22:47:30.000",
        r#""msg":"WS: Connection rejected","origin":"https://other.example","reason":"ORIGIN_BLOCKED""#,
    );
    let session = beside_har(&log);
    let failed = session.view.snapshot().failed.clone().unwrap();
    let Failure::UpgradeRefused(answer) = failed.failure else { panic!("{failed:?}") };
    assert_eq!((answer.status, answer.code()), (401, Some("NOT_AUTHORIZED")));
    assert_eq!(session.view.attempts().len(), 1);
    assert!(!session.lines().contains("other.example"));
    let notes: Vec<_> = session.opened.notes.iter().map(ToString::to_string).collect();
    assert!(notes.iter().any(|note| note.contains("2 more attempts")), "{notes:?}");
}

#[test]
fn frameworks_say_in_their_own_words_that_they_refuse() {
    for (line, code) in [
        ("ERROR -- : Request origin not allowed: https://app.example.com", "origin-blocked"),
        ("http: websocket: request origin not allowed by Upgrader.CheckOrigin", "origin-blocked"),
        (
            "Blocking Cross Origin WebSocket Attempt.  Origin: https://app.example.com, Host: api.example.com",
            "origin-blocked",
        ),
        ("WARN Handshake request rejected, Origin header value https://app.example.com not allowed", "origin-blocked"),
        ("09:15:02.120 [info] REFUSED CONNECTION TO MyApp.UserSocket in 2ms", "ticket-rejected"),
        ("WebSocket REJECT /ws/chat/ [192.0.2.7:51236]", "ticket-rejected"),
    ] {
        let session = Session::of_text(format!("2026-03-04T09:15:02Z {line}\n"));
        assert_eq!(session.code(), code, "{line}: {}", session.words());
    }
    assert!(
        crate::kit::open_text("2026-03-04T09:15:02Z the origin is allowed, CONNECTED TO MyApp.UserSocket\n").is_err()
    );
}

#[test]
fn requests_among_the_lines_of_a_page_are_the_pages() {
    let text = "main.js:3 [WS] Requesting WebSocket ticket...\nmain.js:9 GET /api/v1/ws-ticket 503 12 ms\n\
                main.js:14 [WS] Failed to connect HttpErrorResponse { status: 503, error: { code: 'REDIS_UNAVAILABLE' } }\n";
    let session = Session::of_text(text);
    assert_eq!(session.code(), "ticket-store-down", "{}", session.words());
}

#[test]
fn a_line_without_a_hash_is_told_by_time_and_origin() {
    let har = Session::of(&["chrome-upgrade401.har"]);
    let at = har.entries().last().unwrap().time;
    let log = |origin: &str| {
        let time = at.to_rfc3339();
        format!(
            r#"{{"time":"{time}","msg":"WS: Connection rejected","origin":"{origin}","reason":"ORIGIN_BLOCKED"}}
"#
        )
    };
    let ours = beside_har(&log("http://localhost:4200"));
    let failed = ours.view.snapshot().failed.clone().unwrap();
    let Failure::UpgradeRefused(answer) = failed.failure else { panic!("{failed:?}") };
    assert_eq!((answer.status, answer.code()), (401, Some("ORIGIN_BLOCKED")));
    let theirs = beside_har(&log("https://other.example"));
    assert_eq!(theirs.code(), har.code());
    assert_eq!((ours.view.attempts().len(), theirs.view.attempts().len()), (1, 1));
}

#[test]
fn a_log_alone_says_what_it_has_and_asks_for_nothing_else() {
    let tickets: String = (0..300)
        .map(|number| {
            let rest = format!(
                r#""msg":"[WSTicket] Ticket generated","traceId":"t{number}","ticketHash":"{number:012x}","ttl":30"#
            );
            line(&format!("22:{:02}:{:02}.000", number / 60, number % 60), &rest)
        })
        .collect();
    let refused =
        line("22:30:21.500", r#""msg":"WS: Rejected - ticket invalid or expired","ticketHash":"000000000005""#);
    for (log, code, says) in [
        (tickets + &refused, "ticket-expired", "sent too late"),
        (
            line("22:45:21.500", r#""msg":"WS: Rejected - no auth ticket","origin":"https://app.acme.example""#),
            "ticket-rejected",
            "The client sent no ticket",
        ),
        (
            line(
                "22:45:21.500",
                r#""msg":"WS: Connection rejected","origin":"https://app.acme.example","reason":"ORIGIN_BLOCKED""#,
            ),
            "origin-blocked",
            "— ORIGIN_BLOCKED",
        ),
        (
            line(
                "22:45:21.728",
                r#""msg":"[WSTicket] Rejected - invalid token","traceId":"t1","code":"INVALID_TOKEN""#,
            ),
            "jwt-refused",
            "401 INVALID_TOKEN",
        ),
    ] {
        let session = Session::of_text(log);
        assert_eq!(session.code(), code, "{}", session.words());
        assert!(session.words().contains(says), "no {says} in {}", session.words());
        assert!(!session.words().contains("1008") && !session.words().contains("500"), "{}", session.words());
        let support = session.support();
        assert!(support.ask.is_none() && !support.answer.contains("Thank you for the file"), "{}", support.answer);
    }
}

#[test]
fn a_host_is_no_origin() {
    let log = "[WS] Authenticated via ticket { hasUserId: false } ticketHash=05ace096c47e traceId=a-2\n\
               websocket_connected { originHost: 'localhost' } ticketHash=05ace096c47e traceId=a-2\n\
               websocket_disconnected { code: 1001, reason: 'SERVER_SHUTDOWN', wasClean: true, by: 'server' } \
               ticketHash=05ace096c47e traceId=a-2\n";
    let session = Session::of_text(log);
    let facts = session.support().operations;
    let origin = facts.iter().find(|fact| fact.name == "origin").map(|fact| fact.value.as_str());
    assert_eq!(origin, Some("not in these files"));
}
