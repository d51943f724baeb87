//! The tab that simulates a herd.

use std::thread::sleep;
use std::time::Duration;

use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use ticketscope::herd::COLUMNS;
use tokio::time::Instant;

use crate::{LIMIT, Window, scenes};

/// The tab, as it is before anything was simulated.
pub fn opened(size: [f32; 2], theme: Theme) -> Window {
    let mut window = Window::open(size, theme, scenes::reconnecting);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Num8);
    window.harness.run();
    window
}

/// As many as are enough for a picture.
const CLIENTS: &str = "500";

/// The tab with results. The simulation runs on its own thread; the window is woken by it.
pub fn simulated(size: [f32; 2], theme: Theme) -> Window {
    let mut window = opened(size, theme);
    window.harness.get_by_role_and_label(egui::accesskit::Role::SpinButton, "Clients").click();
    window.harness.run();
    window.harness.event(egui::Event::Text(CLIENTS.to_owned()));
    window.harness.key_press(Key::Enter);
    window.harness.run();
    window.harness.get_by_label("Simulate the herd").click();
    let deadline = Instant::now() + LIMIT;
    loop {
        window.harness.run();
        if window.harness.query_by_label("Cancel the simulation").is_none() {
            return window;
        }
        assert!(Instant::now() < deadline, "the simulation does not end");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_simulation_says_which_rule_is_kinder_and_which_is_quicker() {
    let mut window = simulated([1360.0, 860.0], Theme::Dark);
    for text in ["Kindest to the server: ", "Back first: ", "of the herd in the busiest second"] {
        assert!(window.harness.query_by_label_contains(text).is_some(), "{text}");
    }
    for rule in ["Profile Local demo", "Phoenix", "LiveKit"] {
        assert!(window.harness.query_all_by_label(rule).next().is_some(), "{rule}");
    }
    assert!(window.harness.query_by_label("Your edit").is_none(), "nothing was edited");
    let own = window.harness.get_by_label_contains("Profile Local demo: at most ").rect();
    let compared = window.harness.get_by_label_contains("Phoenix: at most ").rect();
    assert!(own.bottom() + 50.0 < compared.top(), "each has a chart of its own");
    let panel = window.harness.get_by_label("Find a fault").rect().left();
    let terms = window.harness.get_by_label("250 ms ×2, cap 5 s, ±25 %, reset after 5 s open").rect();
    assert!(terms.width() > 180.0 && terms.right() < panel, "{terms} is not whole before {panel}");
    assert!(window.harness.query_by_label_contains("simulate again").is_none());
    // What is entered now is not what the numbers were computed from.
    let clients = window.harness.get_by_role_and_label(egui::accesskit::Role::SpinButton, "Clients");
    clients.focus();
    window.harness.run();
    window.harness.key_press(Key::ArrowUp);
    window.harness.run();
    assert!(window.harness.query_by_label_contains("simulate again").is_some());
}

#[test]
fn the_heads_of_the_columns_do_not_touch() {
    let window = simulated([900.0, 600.0], Theme::Dark);
    let head = |name| window.harness.get_by_role_and_label(egui::accesskit::Role::ColumnHeader, name).rect();
    let places = COLUMNS.map(head);
    assert!(places.windows(2).all(|pair| pair[0].right() + 8.0 < pair[1].left()), "{places:?}");
    let clients = window.harness.get_by_role_and_label(egui::accesskit::Role::SpinButton, "Clients");
    assert_eq!(clients.value().as_deref(), Some(CLIENTS));
    let window = opened([900.0, 600.0], Theme::Dark);
    let clients = window.harness.get_by_role_and_label(egui::accesskit::Role::SpinButton, "Clients");
    assert_eq!(clients.value().as_deref(), Some("10\u{2009}000"));
}

#[test]
fn a_simulation_can_be_cancelled_and_leaves_nothing_behind() {
    let mut window = opened([1360.0, 860.0], Theme::Light);
    window.harness.get_by_label("Simulate the herd").click();
    window.harness.run();
    window.harness.get_by_label("Cancel the simulation").click();
    window.harness.run();
    assert!(window.harness.query_by_label("Simulate the herd").is_some());
    assert!(window.harness.query_by_label_contains("Kindest").is_none());
}
