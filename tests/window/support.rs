//! What a support agent sees in common cases: the verdict line, the findings, their proof in the log.

use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use ticketscope::model::*;

use crate::Window;
use crate::scenes::{Session, ms, refusal, token};

/// A case and what the verdict line begins with.
pub type Case = (&'static str, fn(&Session), &'static str);

/// Ten common ones.
pub const CASES: [Case; 10] = [
    (
        "case redis down",
        |session| {
            session.begin(Trigger::Person);
            session.take_token(TokenSource::Keychain);
            fail(session, Failure::Ticket(refusal(503, "REDIS_UNAVAILABLE", 2)));
        },
        "RECONNECTING: The ticket service is unavailable — 503 REDIS_UNAVAILABLE",
    ),
    (
        "case store lost",
        |session| {
            let health = Health { status: 503, server: Component::Up, redis: Component::Down };
            session.say(Source::Driver, Event::HealthAnswered { health, page: None });
            session.begin(Trigger::Person);
            session.take_token(TokenSource::Keychain);
            fail(session, Failure::Ticket(refusal(500, "TICKET_GENERATION_FAILED", 2)));
        },
        "RECONNECTING: The API has lost its ticket store — 500 TICKET_GENERATION_FAILED",
    ),
    (
        "case upgrade refused",
        |session| {
            for retry in 1..=3 {
                session.begin(Trigger::Backoff);
                session.take_token(TokenSource::Memory);
                session.take_ticket();
                let ticket = Fingerprint::of(&format!("ticket {retry}"));
                session.flow([Event::TicketSpent { ticket, age: ms(40) }]);
                let refusal = Refusal {
                    status: 401,
                    version: "HTTP/1.1".into(),
                    headers: Vec::new(),
                    excerpt: "Unauthorized".into(),
                    retry_after: None,
                };
                session.flow([Event::AttemptFailed { failure: Failure::UpgradeRefused(refusal), class: Class::Soft }]);
                session.back_off(retry, 250 << (retry - 1));
                session.wait(ms(250 << (retry - 1)));
            }
        },
        "RECONNECTING: The server refused the WebSocket — 401 Unauthorized (HTTP/1.1)",
    ),
    (
        "case portal",
        |session| {
            session.begin(Trigger::Person);
            let problem = "expected JSON with /token, got text/html with the title \"Hotel Wi-Fi login\"".into();
            let kind = RequestFailureKind::Malformed { problem };
            fail(session, Failure::Token(RequestFailure { trace: TraceId::new(7, 1), kind }));
        },
        "RECONNECTING: The network wants a login first",
    ),
    (
        "case rhythm",
        |session| {
            for _ in 0..4 {
                drop_after(session, ms(60_100));
            }
            session.begin(Trigger::Backoff);
            session.take_token(TokenSource::Memory);
            session.take_ticket();
            session.open();
        },
        "CONNECTED: The connection is cut after 1 m 0 s each time",
    ),
    (
        "case flapping",
        |session| {
            for seconds in [9, 31, 4] {
                drop_after(session, ms(seconds * 1_000));
            }
        },
        "RECONNECTING: The connection opens and breaks again — 3 times in 44 s",
    ),
    (
        "case clock",
        |session| {
            session.connect();
            let offset = ClockOffset { ahead_millis: -7_245_000, within: ms(512) };
            session.say(Source::Driver, Event::ClockCompared { offset });
        },
        "CONNECTED: This computer's clock is 2 h 0 m behind",
    ),
    (
        "case limit",
        |session| {
            session.begin(Trigger::Person);
            session.take_token(TokenSource::Keychain);
            let (code, retry_after) = (Some("RATE_LIMIT_EXCEEDED".into()), Some(ms(60_000)));
            let kind = RequestFailureKind::Status { status: 429, code, excerpt: None, retry_after };
            fail(session, Failure::Ticket(RequestFailure { trace: TraceId::new(7, 1), kind }));
        },
        "RECONNECTING: Too many requests — 429 RATE_LIMIT_EXCEEDED",
    ),
    (
        "case dead jwt",
        |session| {
            for _ in 0..2 {
                session.begin(Trigger::Person);
                session.flow([Event::TokenReady { token: token("dead"), source: TokenSource::Memory }]);
                let failure = Failure::Ticket(refusal(401, "REVOKED", 2));
                session.flow([Event::AttemptFailed { failure, class: Class::Hard }]);
            }
        },
        "STOPPED: The same refused JWT is sent again — refused 2 times",
    ),
    (
        "case certificate",
        |session| {
            session.begin(Trigger::Person);
            session.take_token(TokenSource::Keychain);
            session.take_ticket();
            let error = Transport::Tls("the certificate has expired on 2025-12-31".into());
            fail(session, Failure::Dial(DialFailure::Transport(error)));
        },
        "RECONNECTING: No secure connection: the certificate is out of date",
    ),
];

fn fail(session: &Session, failure: Failure) {
    session.flow([Event::AttemptFailed { failure, class: Class::Soft }]);
    session.back_off(1, 245);
}

fn drop_after(session: &Session, open: std::time::Duration) {
    session.begin(Trigger::Backoff);
    session.take_token(TokenSource::Memory);
    session.take_ticket();
    session.open();
    session.wait(open);
    session.close(Close::abnormal(CloseCause::EndOfStream), Class::Soft);
    session.back_off(1, 245);
    session.wait(ms(245));
}

#[test]
fn the_verdict_line_answers_ten_common_cases() {
    for (name, scene, verdict) in CASES {
        let window = Window::open([1360.0, 860.0], Theme::Dark, scene);
        assert!(window.harness.query_by_label_contains(verdict).is_some(), "{name}: {verdict} is not there");
    }
}

#[test]
fn the_findings_fold_symptoms_and_lead_to_their_proof() {
    let (_, rhythm, _) = CASES[4];
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, rhythm);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::I);
    window.harness.run();
    for text in ["drop-rhythm", "flapping", "follows from the above", "4 entries prove it"] {
        assert!(window.harness.query_all_by_label_contains(text).next().is_some(), "{text} is not in the list");
    }
    window.harness.get_all_by_label("Show the proof").next().unwrap().click();
    window.harness.run();
    assert!(window.harness.query_by_label("drop-rhythm").is_none(), "the list is closed");
    let disconnected = window.harness.query_all_by_label_contains("[WS] Disconnected { code: 1006");
    assert!(disconnected.count() > 0, "the first drop is in view");
}

#[test]
fn a_healthy_session_has_an_empty_list_that_says_so() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, |session| session.connect());
    assert!(window.harness.query_by_label_contains("CONNECTED: JWT, ticket and WebSocket are in order").is_some());
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::I);
    window.harness.run();
    window.harness.get_by_label("Nothing is wrong at this moment");
}
