//! What QA does: find a fault, see what came of it, run all drills and read the result.

use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use ticketscope::model::*;
use ticketscope::settings::Layout;

use crate::scenes::{Session, ms};
use crate::{Window, drills, layouts};

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

#[test]
fn a_run_of_all_drills_is_followed_and_saved_in_every_window() {
    for (size, zoom, least) in [([720.0, 480.0], 1.0, 0), (SIZE, 1.6, 0), (SIZE, 1.0, 4)] {
        let mut window = layouts::laid_out(Layout::Qa, size, Theme::Dark, Session::connect);
        window.harness.ctx.set_zoom_factor(zoom);
        window.harness.run();
        if !window.shows("FAULTS · JWT") {
            window.press("Faults");
        }
        // Nothing is drawn over the bar at the bottom.
        let bottom = window.harness.ctx.content_rect().bottom() - 26.0;
        let is_in_view = |rect: egui::Rect| rect.top() > 60.0 && rect.bottom() <= bottom;
        window.press("Run all drills");
        let is_running = window.harness.get_by_label_contains(" done").rect();
        assert!(is_in_view(is_running), "{size:?}, {zoom}: {is_running}");
        let count = window.started.borrow().last().unwrap().0.len();
        for place in 0..count {
            window.tell(place, drills::outcome(ms(50), None));
        }
        for text in [" passed, 0 failed", "Save results as JUnit"] {
            let rect = window.harness.get_by_label_contains(text).rect();
            assert!(is_in_view(rect), "{size:?}, {zoom}: “{text}” is at {rect}");
        }
        let rows = window.harness.query_all_by_label_contains(": ✓ ");
        let rows = rows.filter(|row| is_in_view(row.rect())).count();
        assert!(rows >= least, "{size:?}, {zoom}: {rows} drills are in view");
    }
}
