//! The requests: what was sent and what was answered, from the tab, an attempt and a line of the log.

use std::path::Path;

use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use ticketscope::model::*;
use ticketscope::settings::Layout;

use crate::playback::{enter, wait_for};
use crate::scenes::{Session, ms};
use crate::{Window, layouts};

const SIZE: [f32; 2] = [1360.0, 860.0];

/// A proxy refuses the upgrade.
pub fn refused(session: &Session) {
    session.begin(Trigger::Person);
    session.take_token(TokenSource::Memory);
    let sent = |phase, request| {
        session.say(
            Source::Driver,
            Event::Driver(DriverEvent::RequestSent { phase, trace: TraceId::new(7, request), head: None }),
        );
    };
    let done = |phase, ok| {
        let event = DriverEvent::PhaseFinished { phase, took: ms(61), ok, detail: "".into(), lookup: None };
        session.say(Source::Driver, Event::Driver(event));
    };
    sent(Phase::Ticket, 1);
    let answer = Box::new(Answer::of_status(200).with_header("x-request-id", "r-17"));
    let (phase, first_byte, body) = (Phase::Ticket, Some(ms(11)), Some(ms(1)));
    session.say(Source::Driver, Event::Driver(DriverEvent::Answered { phase, answer, first_byte, body }));
    session.take_ticket();
    done(Phase::Dns, true);
    sent(Phase::Upgrade, 2);
    done(Phase::Upgrade, false);
    let mut answer = Answer::of_status(403).with_header("server", "envoy-7");
    answer.body.excerpt = Some("upgrades are not allowed here".into());
    let failure = Failure::UpgradeRefused(Box::new(answer));
    session.flow([Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft })]);
    session.back_off(1, 245);
}

#[test]
fn the_answer_to_a_refused_upgrade_is_read_and_copied() {
    let mut window = Window::open(SIZE, Theme::Dark, refused);
    window.keys(Modifiers::COMMAND, Key::U);
    for text in [
        "took 61 ms, before that DNS 61 ms",
        "HTTP/1.1 403 Forbidden",
        "server: envoy-7",
        "upgrades are not allowed here",
        "(the ticket)",
        "origin: ",
    ] {
        assert!(window.shows(text), "{text}");
    }
    let copied = window.copied("Copy request and answer");
    assert!(copied.starts_with("GET ws://") && copied.contains("server: envoy-7"), "{copied}");
    window.harness.run();
    let curl = window.copied("Copy request as curl");
    assert!(curl.starts_with("curl ") && curl.contains("Upgrade: websocket") && curl.contains("${TICKET:?}"), "{curl}");
    window.harness.run();
    // Another one is looked at with a click on it.
    window.harness.get_by_label_contains("ticket request, ✓ 200").click();
    window.harness.run();
    for text in
        ["took 12 ms (first byte after 11 ms, body 1.0 ms)", "HTTP/1.1 200 OK", "x-request-id: r-17", "no body is kept"]
    {
        assert!(window.shows(text), "{text}");
    }
    assert!(!window.shows("envoy-7"));
}

/// What Chrome's developer tools saved of a service whose ticket is good and whose upgrade is refused.
const HAR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/evidence/files/chrome-upgrade401.har");

#[test]
fn a_file_shows_what_was_sent_and_it_can_be_sent_again() {
    let mut window = Window::open(SIZE, Theme::Dark, Session::connect);
    enter(&mut window, Path::new(HAR), Key::O);
    wait_for(&mut window, "FILES");
    window.keys(Modifiers::COMMAND, Key::U);
    for text in
        ["ws?ticket=(hidden)", "sec-websocket-version: 13", "origin: http://localhost:4200", "user-agent: Mozilla"]
    {
        assert!(window.shows(text), "{text}");
    }
    let curl = window.copied("Copy request as curl");
    assert!(curl.contains("'origin: http://localhost:4200'") && !curl.contains("d290456d31e7c5f5"), "{curl}");
    assert!(curl.contains("?ticket='\"${TS_TICKET:?}\""), "{curl}");
    window.harness.run();
    window.harness.get_by_label_contains("ticket request, ✓ 200").click();
    window.harness.run();
    for text in ["GET http://localhost:3000/api/v1/ws-ticket", "HTTP/1.1 200 OK", "content-type: application/json"] {
        assert!(window.shows(text), "{text}");
    }
    assert!(!window.shows("our client would send") && !window.shows("d290456d31e7c5f5"));
}

#[test]
fn the_answer_to_a_refused_request_is_what_is_seen_first() {
    let place = |window: &Window, text: &str| window.harness.get_by_label_contains(text).rect();
    let mut window = Window::open([720.0, 480.0], Theme::Dark, refused);
    window.keys(Modifiers::COMMAND, Key::U);
    assert!(place(&window, "HTTP/1.1 403 Forbidden").bottom() <= place(&window, "sec-websocket-key").top());
    // Of one that went well the request comes first, as it was sent.
    window.harness.get_by_label_contains("ticket request, ✓ 200").click();
    window.harness.run();
    assert!(place(&window, "x-request-id: r-17").top() >= place(&window, "x-trace-id").bottom());
    // Where there is room they stand side by side.
    let mut window = layouts::laid_out(Layout::Developer, SIZE, Theme::Dark, refused);
    window.keys(Modifiers::COMMAND, Key::U);
    assert!(place(&window, "HTTP/1.1 403 Forbidden").left() > place(&window, "sec-websocket-key").left() + 100.0);
}
