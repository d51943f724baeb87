//! What QA does: find a fault, see what came of it, run all drills and read the result.

use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use ticketscope::model::*;

use crate::Window;
use crate::scenes::{Session, ms};

const SIZE: [f32; 2] = [1360.0, 860.0];

impl Window {
    fn searches(&mut self, text: &str) {
        self.harness.get_by_label("Find a fault").focus();
        self.harness.run();
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.harness.get_by_label("Find a fault").type_text(text);
        self.harness.run();
    }
}

#[test]
fn faults_are_found_by_code_and_word_and_escape_shows_all_again() {
    let mut window = Window::open(SIZE, Theme::Dark, Session::connect);
    window.searches("401");
    assert!(window.shows("Corrupt JWT") && !window.shows("Simulate 503"));
    window.searches("timeout");
    assert!(window.shows("Black hole") && !window.shows("Corrupt JWT"));
    window.searches("zebra");
    assert!(window.shows("No fault has “zebra”") && !window.shows("Black hole"));
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(window.shows("Corrupt JWT") && !window.shows("No fault has"));
}

#[test]
fn every_parameter_has_a_label_that_is_seen() {
    let mut window = Window::open(SIZE, Theme::Dark, Session::connect);
    window.searches("close frame");
    for label in ["code", "reason"] {
        let field = window.harness.get_by_label(&format!("Close frame: {label}")).rect();
        let mut words = window.harness.query_all_by_label(label).map(|words| words.rect());
        let is_beside =
            |words: egui::Rect| words.right() <= field.left() && words.y_range().intersects(field.y_range());
        assert!(words.any(is_beside), "{label} is not beside {field}");
    }
}

#[test]
fn what_came_of_a_fault_is_told_in_one_strip() {
    let window = Window::open(SIZE, Theme::Dark, |session| {
        session.serve();
        session.connect();
        let fault = ticketscope::faults::FaultKind::CorruptJwt.name();
        session.say(Source::Fault, Event::Fault(FaultEvent::Fired { fault, left: None }));
        session.begin(Trigger::Person);
        let code = "INVALID_TOKEN".into();
        session.flow([Event::Flow(FlowEvent::RefreshingToken { status: 401, code })]);
        session.flow([Event::Flow(FlowEvent::TokenAcquired { token: crate::scenes::token("new"), session_id: None })]);
        session.take_ticket();
        session.wait(ms(2));
        session.open();
    });
    assert!(window.shows("Corrupt JWT → 401 INVALID_TOKEN → new JWT → connected, "), "the strip");
    assert!(window.shows(" ✓"));
}
