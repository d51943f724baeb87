//! Attempts over time, backoff and machine, used as a person would.

use egui::{Event as Input, OutputCommand, Theme, vec2};
use egui_kittest::kittest::Queryable as _;
use ticketscope::model::*;
use ticketscope::session::Command;

use crate::Window;
use crate::scenes::{self, ms};

fn reconnecting() -> Window {
    Window::open([1360.0, 860.0], Theme::Dark, scenes::reconnecting)
}

/// The line of the log that is selected.
fn selected(window: &mut Window) -> String {
    window.harness.event(Input::Copy);
    window.harness.step();
    let copied = &window.harness.output().platform_output.commands[..];
    let [OutputCommand::CopyText(text)] = copied else { panic!("{copied:?}") };
    text.clone()
}

#[test]
fn a_click_on_a_segment_shows_its_lines_in_the_log() {
    let mut window = reconnecting();
    window.press("Closes 1");
    window.press("Attempt 2: ticket, failed after 11 ms");
    let line = selected(&mut window);
    assert!(line.starts_with("14:06:19.7") && line.contains("Requesting WebSocket ticket"), "{line}");
    window.press("Attempt 3: 503 REDIS_UNAVAILABLE");
    assert!(selected(&mut window).contains("Failed to connect"));
    window.harness.get_all_by_label("The fault “simulate-503” acted here").next().unwrap().click();
    window.harness.run();
    assert!(selected(&mut window).contains("simulate-503 acts"));
}

#[test]
fn the_present_is_followed_until_a_person_pans_away() {
    let mut window = reconnecting();
    assert!(window.harness.query_by_label("Now").is_none());
    let chart = window.harness.get_by_label("Attempts over time").rect();
    let at = chart.center_bottom() - vec2(0.0, 8.0);
    window.harness.drag_at(at);
    window.harness.hover_at(at + vec2(90.0, 0.0));
    window.harness.run();
    window.harness.drop_at(at + vec2(90.0, 0.0));
    window.harness.run();
    assert!(window.harness.query_by_label("Now").is_some(), "panning ends following");
    window.press("Now");
    assert!(window.harness.query_by_label("Now").is_none());
}

#[test]
fn a_changed_backoff_is_sent_and_shown_as_changed() {
    let mut window = reconnecting();
    window.press("Edit the backoff…");
    window.harness.get_by_label("Backoff: first wait").click();
    window.harness.run();
    window.harness.get_by_label("Backoff: first wait").type_text("1000");
    window.harness.key_press(egui::Key::Enter);
    window.harness.run();
    window.press("Use in this session");
    let sent = window.sent();
    let [Command::SetBackoff(rule)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((rule.base, rule.cap), (ms(1_000), ms(5_000)));
    window.session().say(Source::Person, Event::Flow(FlowEvent::BackoffChanged { backoff: rule.clone() }));
    window.harness.run();
    assert!(window.shows("changed for this session: 1 s ×2"));
    window.press("Back to the profile's");
    assert_eq!(window.sent(), [Command::SetBackoff(Backoff::default())]);
}

#[test]
fn the_machine_counts_its_edges_and_an_edge_leads_to_the_log() {
    let mut window = reconnecting();
    window.press("Machine");
    assert!(window.shows("State Waiting, the machine is here"));
    assert!(window.harness.query_by_label("Attempts over time").is_none(), "the tab has the stage's room");
    let edge = "RequestingTicket → Waiting, taken 3 times: ticket request failed, soft";
    window.harness.get_by_label(edge).click();
    window.harness.run();
    assert!(selected(&mut window).contains("Reconnecting in 2013ms"));
    assert!(window.shows("Edge RequestingTicket → Waiting, taken 3×: its lines alone are shown"));
    assert_eq!(window.log_lines(), 3, "all that were taken, and no others");
    window.press("✕ Show all lines");
    assert!(window.log_lines() > 3 && !window.shows("its lines alone are shown"));
}

#[test]
fn every_part_of_an_edge_can_be_pressed() {
    let mut window = reconnecting();
    window.press("Machine");
    let count = window.harness.get_by_label_contains("RequestingTicket → Waiting, taken 3 times").rect();
    let upright = count.center_bottom() + vec2(0.0, 6.0);
    window.harness.hover_at(upright);
    window.harness.run_steps(6);
    assert!(window.shows("click for all its lines in the log"));
    window.harness.drag_at(upright);
    window.harness.drop_at(upright);
    window.harness.run();
    assert_eq!(window.log_lines(), 3);
}

#[test]
fn no_line_runs_through_the_number_of_an_edge() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, |session| {
        session.connect();
        session.say(Source::Person, Event::Flow(FlowEvent::Command { command: FlowCommand::Disconnect }));
        let close = Close { code: CloseCode::NORMAL, reason: "".into(), was_clean: true, cause: CloseCause::OwnFrame };
        session.flow([Event::Flow(FlowEvent::Disconnected { close, class: None }), Event::Flow(FlowEvent::Stopped)]);
        scenes::reconnecting(session);
    });
    window.press("Machine");
    let taken = window.harness.query_all_by(|node| {
        node.label().is_some_and(|label| label.contains(", taken ") && !label.contains(", taken 0 times"))
    });
    let places: Vec<_> = taken.map(|node| node.rect()).collect();
    assert!(places.len() > 8);
    let picture = window.harness.render().unwrap();
    // The colour of the lines that were taken, in the dark theme.
    let is_line = |x, y| {
        let [red, green, blue, _] = picture.get_pixel(x, y).0;
        red.abs_diff(0x4c) < 16 && green.abs_diff(0xc2) < 16 && blue.abs_diff(0xd6) < 16
    };
    for place in places {
        let inside = place.shrink(3.0);
        let crossed = (inside.left() as u32..inside.right() as u32)
            .any(|x| (inside.top() as u32..inside.bottom() as u32).any(|y| is_line(x, y)));
        assert!(!crossed, "a line crosses the number at {place}");
    }
}

/// Too many requests: the server asks for 20 s, 12 s of which are over.
pub fn rationed(session: &scenes::Session) {
    session.serve();
    session.connect();
    session.begin(Trigger::Backoff);
    let answer = Answer { retry_after: Some(ms(20_000)), ..Answer::of_status(429) };
    let kind = RequestFailureKind::Status(Box::new(answer.with_code("RATE_LIMIT_EXCEEDED")));
    let failure = Failure::Ticket(RequestFailure { trace: TraceId::new(7, 1), kind });
    session.flow([Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft })]);
    let (wait, until) = (ms(20_000), session.now.get() + ms(20_000));
    let delay = Delay { retry: 1, nominal: ms(250), drawn: ms(233), floor: Some(wait), wait, until };
    session.flow([Event::Flow(FlowEvent::BackoffScheduled { delay })]);
    session.wait(ms(12_000));
}

#[test]
fn a_wait_that_the_server_asked_for_stands_above_what_was_drawn() {
    let window = Window::open([1360.0, 860.0], Theme::Dark, rationed);
    let wait = window.harness.get_by_label("Retry 1: waits 20 000 ms").rect();
    let drawn = window.harness.get_by_label("Retry 1: drawn 233 ms").rect();
    assert!(wait.bottom() + 30.0 < drawn.top(), "{wait} {drawn}");
}

#[test]
fn every_wait_stays_in_the_picture_once_the_connection_was_stable() {
    let window = Window::open([1360.0, 860.0], Theme::Dark, |session| {
        scenes::reconnecting(session);
        session.wait(ms(1_200));
        session.begin(Trigger::Backoff);
        session.open();
        session.wait(ms(5_000));
        session.flow([Event::Flow(FlowEvent::BackoffReset)]);
        session.wait(ms(60_000));
        session.close(Close::abnormal(CloseCause::EndOfStream), Class::Soft);
        session.back_off(1, 233);
    });
    for before in
        ["1, before retries were counted anew: waited 245", "4, before retries were counted anew: waited 2 013"]
    {
        assert!(window.shows(&format!("Retry {before} ms")), "{before}");
    }
    assert!(window.shows("Retry 1: waits 233 ms"));
    assert!(window.shows("245 · 512 · 1 050 · 2 013 │ 233 ms"));
}

#[test]
fn an_edit_changes_the_curve_however_long_the_outage_and_however_small_the_window() {
    for size in [[1360.0, 860.0], [900.0, 600.0]] {
        let mut window = Window::open(size, Theme::Dark, scenes::long_outage);
        window.press("Edit the backoff…");
        let first = window.harness.get_by_label("Retry 1: waited 245 ms").rect();
        let fourth = window.harness.get_by_label("Retry 4: waited 2 013 ms").rect();
        let chart = first.union(fourth);
        let before = window.harness.render().unwrap();
        type_into(&mut window, "Backoff: first wait", "4000");
        let after = window.harness.render().unwrap();
        let differs = |x, y| before.get_pixel(x, y) != after.get_pixel(x, y);
        let columns = (chart.left() as u32..chart.right() as u32)
            .filter(|x| (chart.top() as u32..chart.bottom() as u32).any(|y| differs(*x, y)));
        assert!(columns.count() as f32 > chart.width() / 2.0, "{size:?}: the curve stays as it was");
    }
}

fn type_into(window: &mut Window, field: &str, text: &str) {
    window.harness.get_by_label(field).click();
    window.harness.run();
    window.harness.get_by_label(field).type_text(text);
    window.harness.run();
}

#[test]
fn what_is_odd_about_an_edited_rule_is_said() {
    let mut window = reconnecting();
    window.press("Edit the backoff…");
    type_into(&mut window, "Backoff: first wait", "abc");
    assert!(window.shows("“abc” is not a number: first wait stays as it was"));
    window.harness.key_press(egui::Key::Enter);
    window.harness.run();
    assert!(window.shows("“abc” is not a number"), "it is still there to be read");
    type_into(&mut window, "Backoff: first wait", "9000");
    assert!(!window.shows("is not a number"));
    assert!(window.shows("The first wait is longer than the cap, so every wait is 5 s"));
    window.harness.key_press(egui::Key::Enter);
    window.harness.run();
    window.press("Use in this session");
    let sent = window.sent();
    let [Command::SetBackoff(rule)] = &sent[..] else { panic!("{sent:?}") };
    window.session().say(Source::Person, Event::Flow(FlowEvent::BackoffChanged { backoff: rule.clone() }));
    window.press("Close the backoff's editor");
    assert!(window.shows("after 5.0 s open it starts over at 5.0 s"));
    let head = window.harness.get_by_label_contains("changed for this session: 9 s ×2, cap 5 s, ±25 %").rect();
    let edit = window.harness.get_by_label("Edit the backoff…").rect();
    assert!(head.width() > 250.0 && !head.intersects(edit), "{head} is whole and beside or below {edit}");
}

#[test]
fn the_attempts_are_moved_by_keys_once_they_have_the_focus() {
    let mut window = reconnecting();
    let has = |window: &Window, label: &str| window.harness.query_by_label(label).is_some();
    window.harness.get_by_label("Attempts over time").focus();
    window.harness.run();
    for (key, follows) in [
        (egui::Key::ArrowLeft, false),
        (egui::Key::ArrowRight, true),
        (egui::Key::Home, false),
        (egui::Key::End, true),
        (egui::Key::Plus, true),
    ] {
        window.keys(egui::Modifiers::NONE, key);
        assert_eq!(!has(&window, "Now"), follows, "{key:?}");
    }
    assert!(has(&window, "last 40 s ▾"), "it was zoomed");
    window.keys(egui::Modifiers::NONE, egui::Key::Minus);
    assert!(has(&window, "last 60 s ▾"));
}

#[test]
fn the_same_is_counted_everywhere() {
    let window = reconnecting();
    assert!(window.shows("Attempts · 4") && window.shows("Attempts 4"), "the one that is waited for has not begun");
    assert!(window.shows("retry 3") && window.shows("Reconnecting in 1050ms (attempt 3)"));
}

#[test]
fn what_was_found_is_marked_where_it_was_and_leads_to_the_log() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, |session| {
        session.connect();
        session.wait(ms(20_000));
        session.close(Close::abnormal(CloseCause::EndOfStream), Class::Soft);
        session.back_off(1, 245);
    });
    let found = window.harness.get_by_label_contains("Found here: ").rect();
    let open = window.harness.get_by_label_contains("Attempt 0: open, ").rect();
    assert!((found.center().x - open.right()).abs() < 3.0, "{found} is where the socket was lost, at {open}");
    window.harness.get_by_label_contains("Found here: ").click();
    window.harness.run();
    assert!(selected(&mut window).contains("Disconnected { code: 1006"));
}

#[test]
fn the_overview_shows_all_attempts_and_leads_to_those_of_a_time() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, scenes::long_outage);
    for _ in 0..8 {
        window.keys(egui::Modifiers::ALT, egui::Key::Minus);
    }
    let first = "Attempt 1: 503 REDIS_UNAVAILABLE";
    assert!(window.shows("Attempt 198: 503") && !window.shows(first));
    let strip = window.harness.get_by_label("Overview of 200 attempts; press to see those at that time").rect();
    let start = window.harness.get_by_label("Attempts over time").rect().left();
    assert!(strip.left() >= start, "it has the chart's time");
    let press = |window: &mut Window, x: f32| {
        let at = egui::pos2(x, strip.center().y);
        window.harness.hover_at(at);
        window.harness.drag_at(at);
        window.harness.drop_at(at);
        window.harness.run();
    };
    press(&mut window, strip.left() + 1.0);
    assert!(window.shows(first) && !window.shows("Attempt 198: 503"));
    press(&mut window, strip.center().x);
    assert!(!window.shows(first) && !window.shows("Attempt 198: 503"));
}

#[test]
fn a_press_on_its_number_lets_an_attempt_fill_the_width() {
    let mut window = reconnecting();
    let width = |window: &Window| window.harness.get_by_label_contains("Attempt 3: ticket, failed").rect().width();
    let before = width(&window);
    window.press("Attempt 3: zoom to it");
    let chart = window.harness.get_by_label("Attempts over time").rect();
    assert!(before < 10.0 && width(&window) > chart.width() / 2.0, "{before}, {}", width(&window));
    assert!(window.harness.query_by_label("Now").is_some(), "the present is not followed any more");
    window.press("Now");
    assert!(window.harness.query_by_label("Now").is_none());
}
