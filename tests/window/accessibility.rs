//! The window as a screen reader has it: names for all that takes the focus, nothing twice, and a whole case done by it.

use std::collections::{BTreeSet, HashMap};

use egui::accesskit::{Action, Role};
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ticketscope::model::*;
use ticketscope::settings::{Layout, Settings, WindowSettings};
use ticketscope::ui::Beginning;

use crate::scenes::{SCENES, Session, refusal};
use crate::{Window, cases, layouts, requests, start};

const SIZES: [[f32; 2]; 2] = [[720.0, 480.0], [1360.0, 860.0]];

/// What takes the focus without a name, and what says the same as something else at the same place.
fn problems(window: &Window, what: &str) -> BTreeSet<String> {
    let mut problems = BTreeSet::new();
    let nodes: Vec<_> = window.harness.query_all_by(|_| true).collect();
    let mut said: HashMap<String, egui::Rect> = HashMap::new();
    for node in &nodes {
        let inner = node.accesskit_node();
        let name = inner.label().or_else(|| inner.value()).unwrap_or_default();
        let takes_focus = inner.data().supports_action(Action::Focus) && inner.role() != Role::Window;
        let is_named = !name.trim().is_empty() || matches!(inner.role(), Role::GenericContainer | Role::Unknown);
        if takes_focus && !is_named {
            problems.insert(format!("{what}: {:?} at {} has no name", inner.role(), node.rect()));
        }
        let is_text = matches!(inner.role(), Role::Label | Role::Button | Role::CheckBox);
        if is_text && name.chars().count() > 3 && inner.raw_bounds().is_some() {
            let place = node.rect();
            if let Some(other) = said.get(&name) {
                let shared = other.intersect(place);
                let is_same = shared.is_positive() && shared.area() > 0.9 * other.area().min(place.area());
                if is_same {
                    problems.insert(format!("{what}: “{name}” is said twice, at {other} and {place}"));
                }
            }
            said.insert(name, place);
        }
    }
    problems
}

#[test]
fn all_that_takes_the_focus_has_a_name_and_nothing_is_said_twice() {
    let mut found = BTreeSet::new();
    let mut is_told_well = |window: &Window, what: &str| found.extend(problems(window, what));
    for size in SIZES {
        for (name, scene) in SCENES {
            is_told_well(&Window::open(size, Theme::Dark, *scene), name);
        }
        is_told_well(&start::at_start_page(size, Theme::Dark), "start page");
        is_told_well(&start::first(size, Theme::Dark), "first start");
        is_told_well(&cases::listed(size, Theme::Dark), "findings");
        let (_, redis_down, ..) = cases::CASES[0];
        is_told_well(&layouts::laid_out(Layout::Support, size, Theme::Dark, redis_down), "support");
        let mut window = Window::open(size, Theme::Dark, requests::refused);
        window.keys(Modifiers::COMMAND, Key::U);
        is_told_well(&window, "requests");
        for (name, modifiers, key) in [
            ("help", Modifiers::NONE, Key::F1),
            ("palette", Modifiers::COMMAND, Key::K),
            ("recordings", Modifiers::COMMAND, Key::O),
            ("settings", Modifiers::COMMAND, Key::Comma),
        ] {
            let mut window = Window::open(size, Theme::Dark, Session::connect);
            window.keys(modifiers, key);
            is_told_well(&window, name);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_list_of_shortcuts_fits_the_smallest_window_and_names_keys_as_keyboards_do() {
    let mut window = Window::open(SIZES[0], Theme::Dark, Session::connect);
    window.keys(Modifiers::NONE, Key::F1);
    let title = window.harness.get_by_label("Keyboard shortcuts").rect();
    assert!(title.top() > 0.0 && title.bottom() < 200.0, "{title}");
    let keys = window.harness.get_by_label("Ctrl+K").rect();
    let words = window.harness.get_by_label_contains("Make one file for the engineers").rect();
    assert!(keys.left() > 0.0 && words.right() < SIZES[0][0], "cut at an edge: {keys} {words}");
    assert!(window.shows("Ctrl+["), "the key is called as it looks");
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(window.harness.query_by_label("Keyboard shortcuts").is_none(), "Esc closes it");
}

#[test]
fn a_support_case_is_done_by_a_screen_reader_alone() {
    let window = WindowSettings { layout: Layout::Support, ..WindowSettings::default() };
    let settings = Settings { window, ..Settings::default() };
    let mut window = Window::beginning(SIZES[1], Theme::Dark, Beginning::StartPage, settings, |_| {});
    window.press("Connect to Production");
    let session = window.session();
    session.begin(Trigger::Person);
    session.take_token(TokenSource::Keychain);
    let failure = Failure::Ticket(refusal(503, "REDIS_UNAVAILABLE", 2));
    session.flow([Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft })]);
    session.back_off(1, 245);
    window.harness.run();
    let verdict = window.harness.get_by_label_contains("RECONNECTING: The ticket service is unavailable");
    assert!(verdict.value().is_some_and(|text| text.contains("Operations can fix it")));
    let answer = window.copied("Copy answer");
    assert!(answer.contains("There is a fault in our service"), "{answer}");
    window.harness.run();
    assert!(window.copied("Copy for operations").contains("trace id: 7f3a91c0-2"));
}
