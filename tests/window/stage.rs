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
    window.session().say(Source::Person, Event::BackoffChanged { backoff: rule.clone() });
    window.harness.run();
    assert!(window.shows("changed for this session: 1.0 s ×2"));
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
        window.keys(egui::Modifiers::COMMAND, egui::Key::Minus);
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
