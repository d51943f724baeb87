//! The layouts for people, and what can be copied.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, OutputCommand, PointerButton, Theme, ThemePreference, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ticketscope::settings::{Layout, Settings, WindowSettings};
use ticketscope::ui::Beginning;

use crate::Window;
use crate::cases::CASES;
use crate::scenes::{Session, many_closes};

const SIZE: [f32; 2] = [1360.0, 860.0];

/// A window that is laid out so.
pub fn laid_out(layout: Layout, size: [f32; 2], theme: Theme, scene: fn(&Session)) -> Window {
    let window = WindowSettings { layout, ..WindowSettings::default() };
    let settings = Settings { window, ..Settings::default() };
    Window::beginning(size, theme, Beginning::Session, settings, scene)
}

#[test]
fn support_has_the_answer_in_reach_and_no_faults() {
    let (_, redis_down, ..) = CASES[0];
    let mut window = laid_out(Layout::Support, SIZE, Theme::Dark, redis_down);
    assert!(window.harness.query_by_label("Find a fault").is_none());
    let answer = window.copied("Copy answer");
    assert!(answer.starts_with("Your computer and your account are fine."), "{answer}");
    assert!(!answer.contains("ticket") && !answer.contains("report"), "nothing internal is in {answer}");
    window.harness.run();
    window.harness.get_by_label("✓ Copied");
    let operations = window.copied("Copy for operations");
    for part in ["origin: http", "trace id: ", "report id: ", "time (UTC): 20"] {
        assert!(operations.contains(part), "“{part}” is missing in {operations}");
    }
}

#[test]
fn in_a_small_window_no_button_covers_the_badge_of_the_demo() {
    for layout in [Layout::Support, Layout::Developer, Layout::Qa] {
        let window = laid_out(layout, [720.0, 480.0], Theme::Light, Session::connect);
        let badge = window.harness.get_by_label("DEMO").rect();
        let button = window.harness.get_by_label("Disconnect").rect();
        assert!(badge.right() < button.left(), "{layout:?}: {badge} {button}");
    }
}

#[test]
fn a_window_that_grows_or_shrinks_cuts_no_button() {
    for layout in [Layout::Support, Layout::Developer, Layout::Qa] {
        let mut window = laid_out(layout, [720.0, 480.0], Theme::Light, Session::connect);
        for width in [1360.0, 1000.0, 720.0, 900.0, 2560.0] {
            window.harness.set_size(vec2(width, 600.0));
            window.harness.run();
            let button = window.harness.get_by_label_contains("Theme: ").rect();
            assert!(button.right() <= width, "{layout:?}, {width} wide: {button}");
            assert!(button.right() > width - 30.0, "{layout:?}, {width} wide: {button}");
        }
    }
}

#[test]
fn the_layout_is_one_switch_and_remembered() {
    let mut window = laid_out(Layout::Qa, SIZE, Theme::Dark, Session::connect);
    let has_faults = |window: &Window| window.harness.query_by_label("Find a fault").is_some();
    assert!(has_faults(&window));
    window.press("Layout for support");
    assert!(!has_faults(&window) && window.shows("Does it work from here?"));
    assert_eq!(window.saved.borrow().last().unwrap().window.layout, Layout::Support);
    window.press("Layout for developers");
    assert!(!has_faults(&window) && !window.shows("Does it work from here?"));
    window.press("Layout for QA");
    assert!(has_faults(&window));
    // Who closes the panel by hand has it closed.
    window.press("Close the panel");
    assert!(!has_faults(&window));
}

#[test]
fn the_answer_is_closed_by_hand_comes_back_by_a_button_and_stays_so() {
    let (_, redis_down, ..) = CASES[0];
    let mut window = laid_out(Layout::Support, SIZE, Theme::Dark, redis_down);
    window.press("Close the panel");
    assert!(!window.shows("Answer for the user"));
    let kept = window.saved.borrow().last().unwrap().clone();
    let mut next = Window::beginning(SIZE, Theme::Dark, Beginning::Session, kept, redis_down);
    assert!(!next.shows("Answer for the user"), "the next start finds it closed");
    next.press("Answer");
    assert!(next.shows("Answer for the user"));
}

#[test]
fn findings_are_copied_one_by_one_or_all_together() {
    let (_, rhythm, ..) = CASES[4];
    let mut window = Window::open(SIZE, Theme::Dark, rhythm);
    window.keys(Modifiers::COMMAND, Key::I);
    let all = window.copied("Copy findings");
    assert!(all.contains("[drop-rhythm]") && all.contains("[flapping]") && all.contains("Owner: "), "{all}");
    window.harness.run();
    let first = window.harness.get_all_by_label("Copy this finding").next().unwrap();
    first.click();
    let copied = window.next_copy();
    assert!(copied.contains("[drop-rhythm]") && !copied.contains("[flapping]"), "{copied}");
    assert!(window.shows("flapping"), "the list stays open");
}

#[test]
fn several_lines_of_the_log_are_chosen_and_copied_together() {
    let mut window = Window::open(SIZE, Theme::Dark, Session::connect);
    let line = |window: &Window, part: &str| {
        let nodes: Vec<_> = window.harness.query_all_by_label_contains(part).collect();
        nodes.iter().find(|node| node.value().is_some_and(|text| text.starts_with("14:"))).unwrap().rect().center()
    };
    let click = |window: &mut Window, at: egui::Pos2, modifiers: Modifiers| {
        window.harness.event(Event::PointerMoved(at));
        for pressed in [true, false] {
            let button = PointerButton::Primary;
            window.harness.event(Event::PointerButton { pos: at, button, pressed, modifiers });
        }
        window.harness.run();
    };
    let (first, last) = (line(&window, "Ensuring JWT token exists"), line(&window, "Requesting WebSocket ticket"));
    click(&mut window, first, Modifiers::NONE);
    click(&mut window, last, Modifiers::SHIFT);
    window.harness.event(Event::Copy);
    let copied = window.next_copy();
    let lines: Vec<&str> = copied.lines().collect();
    assert!(lines.len() >= 3, "{copied}");
    assert!(lines[0].contains("Ensuring JWT") && lines[lines.len() - 1].contains("Requesting WebSocket"), "{copied}");
}

impl Window {
    /// What is put on the clipboard next.
    pub fn next_copy(&mut self) -> String {
        for _ in 0..8 {
            self.harness.step();
            for command in &self.harness.output().platform_output.commands {
                if let OutputCommand::CopyText(text) = command {
                    return text.clone();
                }
            }
        }
        panic!("nothing was copied");
    }
}

#[test]
fn the_layout_that_is_pressed_again_has_its_panel_back() {
    let mut window = Window::open(SIZE, Theme::Dark, Session::connect);
    window.press("Layout for QA");
    window.press("Close the panel");
    assert!(!window.shows("FAULTS · JWT"));
    window.press("Layout for QA");
    assert!(window.shows("FAULTS · JWT"));
}

#[test]
fn escape_closes_a_menu_and_leaves_the_rest() {
    let mut window = Window::open(SIZE, Theme::Dark, Session::connect);
    window.press("Profile");
    assert!(window.harness.query_by_label("Production").is_some(), "the list is open");
    window.keys(Modifiers::NONE, Key::Escape);
    assert!(window.harness.query_by_label("Production").is_none());
}

#[test]
fn nothing_is_answered_before_anything_was_tried() {
    let window = laid_out(Layout::Support, SIZE, Theme::Dark, |_| {});
    assert!(window.shows("There is no answer yet: nothing has been tried."));
    assert!(!window.shows("The connection works"));
}

#[test]
fn from_the_systems_theme_the_first_press_leads_to_the_other_one() {
    let mut window = Window::open(SIZE, Theme::Dark, Session::connect);
    let chosen = |window: &Window| window.harness.ctx.options(|options| options.theme_preference);
    for _ in 0..2 {
        if chosen(&window) == ThemePreference::System {
            break;
        }
        window.keys(Modifiers::COMMAND, Key::T);
    }
    assert_eq!(chosen(&window), ThemePreference::System, "it is one of three");
    let before = window.harness.ctx.theme();
    window.keys(Modifiers::COMMAND, Key::T);
    assert_ne!(window.harness.ctx.theme(), before);
}

/// Buttons and fields in the bars at the top that are drawn over one another or out of the window.
fn collisions(window: &Window, what: &str) -> Vec<String> {
    let edge = window.harness.ctx.content_rect();
    let takes_clicks = |role| matches!(role, Role::Button | Role::ComboBox | Role::TextInput | Role::CheckBox);
    let all = window.harness.query_all_by(|_| true);
    let parts: Vec<_> = all
        .filter(|node| takes_clicks(node.accesskit_node().role()) && node.rect().top() < 80.0)
        .map(|node| (node.accesskit_node().label().unwrap_or_default(), node.rect()))
        .collect();
    let mut found = Vec::new();
    for (place, (name, rect)) in parts.iter().enumerate() {
        if rect.right() > edge.right() || rect.left() < 0.0 {
            found.push(format!("{what}: {name} at {rect} leaves the window"));
        }
        for (other, beside) in &parts[place + 1..] {
            if rect.shrink(1.0).intersects(beside.shrink(1.0)) {
                found.push(format!("{what}: {name} at {rect} and {other} at {beside}"));
            }
        }
    }
    found
}

#[test]
fn large_text_lays_no_button_over_another_and_leaves_the_tab_room() {
    let mut found = Vec::new();
    for (size, zoom) in [([720.0, 480.0], 1.5), ([1360.0, 860.0], 1.6), ([1360.0, 860.0], 2.5)] {
        for layout in [Layout::Support, Layout::Developer, Layout::Qa] {
            let mut window = laid_out(layout, size, Theme::Dark, Session::connect);
            window.harness.ctx.set_zoom_factor(zoom);
            window.harness.run();
            found.extend(collisions(&window, &format!("{layout:?} {size:?} {zoom}")));
            assert!(window.log_lines() >= 2, "{layout:?} {size:?} {zoom}: {} lines", window.log_lines());
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_long_name_of_a_profile_gives_way_to_the_buttons() {
    let name = "Customer with a very long name of its own and some more words";
    for width in [720.0, 1000.0, 1360.0] {
        let mut profile = ticketscope::model::Profile::production();
        profile.name = ticketscope::model::SafeText::new(name);
        let window = Window::with_profile([width, 600.0], Theme::Dark, profile, Session::connect);
        let found = collisions(&window, &format!("{width}"));
        assert!(found.is_empty(), "{found:#?}");
        let picker = window.harness.get_by_label("Profile").rect();
        assert!(picker.width() >= 60.0, "{picker}");
    }
}

#[test]
fn the_text_of_a_card_is_selected_by_dragging() {
    let mut window = Window::open(SIZE, Theme::Dark, Session::connect);
    let value = window.harness.get_by_label("1 · JWT").rect();
    let (from, to) = (value.left_center() + vec2(1.0, 0.0), value.right_center() - vec2(1.0, 0.0));
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    for event in [Event::PointerMoved(from), button(from, true), Event::PointerMoved(to), button(to, false)] {
        window.harness.event(event);
        window.harness.step();
    }
    window.harness.event(Event::Copy);
    let copied = window.next_copy();
    assert!(copied.contains("JWT"), "{copied}");
}

#[test]
fn in_the_smallest_window_too_support_copies_the_answer_with_one_press() {
    let (_, redis_down, ..) = CASES[0];
    let small = [720.0, 480.0];
    let mut window = laid_out(Layout::Support, small, Theme::Dark, redis_down);
    let answer = window.copied("Copy answer");
    assert!(answer.starts_with("Your computer and your account are fine."), "{answer}");
    let place = |name: &str| window.harness.get_by_label(name).rect();
    assert!(place("Copy answer").right() <= place("Findings 1").left(), "they stand beside each other");
    let window = laid_out(Layout::Developer, small, Theme::Dark, redis_down);
    assert!(window.harness.query_by_label("Copy answer").is_none(), "developers do not need it there");
}

#[test]
fn no_tab_moves_when_another_appears_or_a_count_grows() {
    let tabs = |window: &Window| -> std::collections::HashMap<String, egui::Rangef> {
        let name = |label: Option<String>| {
            label.unwrap_or_default().trim_end_matches(|it: char| it.is_ascii_digit()).to_owned()
        };
        let all = window.harness.query_all_by_role(Role::Tab);
        all.map(|tab| (name(tab.accesskit_node().label()), tab.rect().x_range())).collect()
    };
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, Session::connect);
    let before = tabs(&window);
    many_closes(&window.session());
    window.harness.run();
    window.palette("Check");
    let after = tabs(&window);
    assert!(after.contains_key("Check") && !before.contains_key("Check"), "{after:?}");
    let stayed: Vec<_> = before.iter().filter(|(name, _)| after.contains_key(*name)).collect();
    assert!(stayed.len() >= 5, "{before:?}\n{after:?}");
    for (name, place) in stayed {
        assert_eq!(after[name], *place, "{name}");
    }
}
