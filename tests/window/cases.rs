//! What a support agent sees in common cases: the verdict line, the findings, their proof in the log.

use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ticketscope::model::failure::*;
use ticketscope::model::*;

use crate::Window;
use crate::scenes::{Session, ms, refusal, token};

/// A case, what the verdict line begins with, and what else it has to say: why, who can fix it, what to do.
pub type Case = (&'static str, fn(&Session), &'static str, &'static [&'static str]);

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
        &[
            "Nothing is wrong with this user's token",
            "Redis behind the API is down",
            "Operations can fix it",
            "restarted",
        ],
    ),
    (
        "case store lost",
        |session| {
            let health = Health { status: 503, server: Component::Up, redis: Component::Down };
            session.say(Source::Driver, Event::Driver(DriverEvent::HealthAnswered { health, page: None }));
            session.begin(Trigger::Person);
            session.take_token(TokenSource::Keychain);
            fail(session, Failure::Ticket(refusal(500, "TICKET_GENERATION_FAILED", 2)));
        },
        "RECONNECTING: The API has lost its ticket store — 500 TICKET_GENERATION_FAILED",
        &["Nothing is wrong with this user's token", "lost its Redis", "Operations can fix it by restarting the API"],
    ),
    (
        "case upgrade refused",
        |session| {
            for retry in 1..=3 {
                session.begin(Trigger::Backoff);
                session.take_token(TokenSource::Memory);
                session.take_ticket();
                let ticket = Fingerprint::of(&format!("ticket {retry}"));
                session.flow([Event::Flow(FlowEvent::TicketSpent { ticket, age: Some(ms(40)) })]);
                session.flow([Event::Flow(FlowEvent::AttemptFailed {
                    failure: Failure::UpgradeRefused(Box::new(Answer::of_status(401))),
                    class: Class::Soft,
                })]);
                session.back_off(retry, 250 << (retry - 1));
                session.wait(ms(250 << (retry - 1)));
            }
        },
        "RECONNECTING: The server refused the WebSocket — 401 Unauthorized (HTTP/1.1)",
        &[
            "The login works",
            "does not allow this origin, or its ticket store fails",
            "Operations can fix it: add",
            "#",
        ],
    ),
    (
        "case portal",
        |session| {
            session.begin(Trigger::Person);
            let mut answer = Answer::of_status(200);
            let title = Some("Hotel Wi-Fi login".into());
            answer.body = Body { kind: BodyKind::Page, title, page: Some(PageKind::Login), ..Body::default() };
            let fault = AnswerFault::NotJson { wanted: "/token".into(), content_type: None, bytes: 800 };
            let kind = RequestFailureKind::Malformed(Box::new(MalformedAnswer { fault, answer }));
            fail(session, Failure::Token(RequestFailure { trace: TraceId::new(7, 1), kind }));
        },
        "RECONNECTING: The network wants a login first",
        &["“Hotel Wi-Fi login”", "guest Wi-Fi", "The user can fix it: open any web page, log in", "will not help"],
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
        "CONNECTED: The connection is cut after 60 s each time",
        &["The connection is open now", "reverse proxies allow", "Operations can raise that limit, or the user's IT"],
    ),
    (
        "case flapping",
        |session| {
            for seconds in [9, 31, 4] {
                drop_after(session, ms(seconds * 1_000));
            }
        },
        "RECONNECTING: The connection opens and breaks again — 3 times in 44 s",
        &["Login and ticket work each time", "Operations can look", "the user's IT, if only this user"],
    ),
    (
        "case clock",
        |session| {
            session.connect();
            let offset = ClockOffset { ahead_millis: -7_245_000, within: ms(512) };
            session.say(Source::Driver, Event::Driver(DriverEvent::ClockCompared { offset }));
        },
        "CONNECTED: This computer's clock is 2 h 45 s behind",
        &[
            "The connection is open now",
            "the JWT is valid by both clocks",
            "The user can fix it: switch on “set the time",
        ],
    ),
    (
        "case limit",
        |session| {
            session.begin(Trigger::Person);
            session.take_token(TokenSource::Keychain);
            let answer = Answer { retry_after: Some(ms(60_000)), ..Answer::of_status(429) };
            let kind = RequestFailureKind::Status(Box::new(answer.with_code("RATE_LIMIT_EXCEEDED")));
            fail(session, Failure::Ticket(RequestFailure { trace: TraceId::new(7, 1), kind }));
        },
        "RECONNECTING: Too many requests — 429 RATE_LIMIT_EXCEEDED",
        &["The API's own limit", "ends within 60 s, at 14:03:07 UTC", "Nobody has to do anything", "Operations own"],
    ),
    (
        "case dead jwt",
        |session| {
            for _ in 0..2 {
                session.begin(Trigger::Person);
                session
                    .flow([Event::Flow(FlowEvent::TokenReady { token: token("dead"), source: TokenSource::Memory })]);
                let failure = Failure::Ticket(refusal(401, "REVOKED", 2));
                session.flow([Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Hard })]);
            }
        },
        "STOPPED: The same refused JWT is sent again — refused 2 times",
        &["nothing replaced it", "The user can fix it: New session", "refresh the page", "The client has stopped"],
    ),
    (
        "case certificate",
        |session| {
            session.begin(Trigger::Person);
            session.take_token(TokenSource::Keychain);
            session.take_ticket();
            let fault = CertificateFault::Expired { on: "2025-12-31".parse().ok() };
            let cause = TlsCause::Certificate(fault);
            let error = Transport::Tls(Box::new(TlsFailure { cause, issuer: None }));
            fail(session, Failure::Dial(DialFailure::Transport(error)));
        },
        "RECONNECTING: No secure connection: the certificate is out of date",
        &["expired on 2025-12-31", "First check this computer's date", "operations can fix it: renew", "will not help"],
    ),
];

/// Several things wrong at once, with long words, and what follows from one of them.
pub fn several(session: &Session) {
    for retry in 1..=3 {
        let lost = vec![LostAddress {
            address: "[2001:db8:85a3:8d3:1319:8a2e:370:7348]:443".parse().unwrap(),
            cause: Some(IoCause::NoAnswer),
        }];
        let connected = Some("203.0.113.7:443".parse().unwrap());
        session.say(Source::Driver, Event::Driver(DriverEvent::AddressesLost { lost, connected }));
        session.begin(Trigger::Backoff);
        session.take_token(TokenSource::Memory);
        session.take_ticket();
        session.open();
        session.wait(ms(60_100 + retry));
        session.close(
            Close::received(Some(4242), "a reason of the application's own, as long as a reason may be"),
            Class::Soft,
        );
        session.back_off(1, 245);
        session.wait(ms(245));
    }
    drop_after(session, ms(60_100));
    let issuer = Issuer::new("Example Corp TLS Inspection CA 2024".into(), Some("Zscaler Inc.".into()));
    session.say(Source::Driver, Event::Driver(DriverEvent::CertificateAccepted { issuer }));
    let offset = ClockOffset { ahead_millis: -7_245_000, within: ms(512) };
    session.say(Source::Driver, Event::Driver(DriverEvent::ClockCompared { offset }));
    session.begin(Trigger::Backoff);
    session.take_token(TokenSource::Memory);
    fail(session, Failure::Ticket(refusal(500, "TICKET_GENERATION_FAILED", 2)));
    let health = Health { status: 503, server: Component::Up, redis: Component::Down };
    session.say(Source::Driver, Event::Driver(DriverEvent::HealthAnswered { health, page: None }));
}

/// The list of them.
pub fn listed(size: [f32; 2], theme: Theme) -> Window {
    let mut window = Window::open(size, theme, several);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::I);
    window.harness.run();
    window
}

fn fail(session: &Session, failure: Failure) {
    session.flow([Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft })]);
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

/// The smallest window, and the one that it opens with.
const SIZES: [[f32; 2]; 2] = [[720.0, 480.0], [1360.0, 860.0]];

#[test]
fn the_verdict_line_alone_answers_ten_common_cases_at_any_size() {
    for (size, (name, scene, verdict, words)) in SIZES.into_iter().flat_map(|size| CASES.map(|case| (size, case))) {
        let window = Window::open(size, Theme::Dark, scene);
        let node = window.harness.get_by_label_contains(verdict);
        let line = node.accesskit_node().value().unwrap();
        for word in words {
            assert!(line.contains(word), "{name}: “{word}” is missing in {line}");
        }
        for jargon in ["Soft failure", "Hard failure", "text/html", "socket", "1006"] {
            assert!(!line.contains(jargon), "{name}: {jargon} in {line}");
        }
        // The bar is as high as its words, which are never cut; what is below it has to have room all the same.
        let tabs = window.harness.get_by_label("Log").rect();
        assert!(node.rect().bottom() < size[1] / 2.0, "{name}: {} of {}: {line}", node.rect().bottom(), size[1]);
        assert!(tabs.bottom() < size[1] - 60.0, "{name}: {tabs:?} of {}: {line}", size[1]);
    }
}

#[test]
fn the_findings_fold_symptoms_and_lead_to_their_proof() {
    let (_, rhythm, ..) = CASES[4];
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
fn a_long_list_of_findings_stays_inside_any_window() {
    for size in SIZES {
        let window = listed(size, Theme::Light);
        for code in ["ticket-store-lost", "drop-rhythm"] {
            let at = window.harness.get_all_by_label(code).next().unwrap().rect();
            assert!(at.right() < size[0], "{code} at {at:?} in {size:?}");
        }
        let title =
            window.harness.get_by_label("The API has lost its ticket store — 500 TICKET_GENERATION_FAILED").rect();
        assert!(title.top() > 0.0 && title.bottom() < size[1], "{title:?}");
        for code in ["health-down", "ipv6-broken", "tls-intercepted", "clock-wrong"] {
            assert!(window.harness.query_by_label(code).is_some(), "{code} is not in the list");
        }
    }
}

#[test]
fn a_healthy_session_has_an_empty_list_that_says_so() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, |session| session.connect());
    assert!(window.harness.query_by_label_contains("CONNECTED: JWT, ticket and WebSocket are in order").is_some());
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::I);
    window.harness.run();
    window.harness.get_by_label("Nothing is wrong at this moment");
}
