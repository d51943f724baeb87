//! The start page, the first start, and what is found again at the next one.

use eframe::App as _;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use ticketscope::model::{FlowCommand, Profile};
use ticketscope::session::Command;
use ticketscope::settings::{Layout, Settings, Theme as Colours, Times};
use ticketscope::ui::Beginning;

use crate::scenes::Session;
use crate::{SIZES, Window};

const SIZE: [f32; 2] = [1360.0, 860.0];
const CONNECT: Command = Command::Flow(FlowCommand::Connect);

/// A window that opens with the start page.
pub fn at_start_page(size: [f32; 2], theme: Theme) -> Window {
    Window::beginning(size, theme, Beginning::StartPage, Settings::default(), |_| {})
}

/// The window of the very first start.
pub fn first(size: [f32; 2], theme: Theme) -> Window {
    Window::beginning(size, theme, Beginning::Demo, Settings::default(), |session| {
        session.serve();
        session.connect();
    })
}

#[test]
fn the_start_page_contacts_nothing_until_a_button_is_pressed() {
    let mut window = at_start_page(SIZE, Theme::Dark);
    for text in ["What would you like to look at?", "Check a service", "Open what a user sent", "Try the demo"] {
        assert!(window.shows(text), "{text}");
    }
    assert!(!window.shows("CONNECTED") && !window.shows("1 · JWT"), "nothing of a session is shown");
    assert!(window.sent().is_empty());

    window.press("Connect to Production");
    assert_eq!(window.sessions.borrow().len(), 2);
    assert_eq!((window.session().profile.name.as_str(), window.sent()), ("Production", vec![CONNECT]));
    assert!(window.shows("1 · JWT"), "its session is shown");

    let mut window = at_start_page(SIZE, Theme::Dark);
    window.press("Check Production");
    assert_eq!(window.checks.borrow()[0].profile.name.as_str(), "Production");
    assert!(window.sent().is_empty(), "a check has its own connection");

    let mut window = at_start_page(SIZE, Theme::Dark);
    window.press("Start the demo");
    assert!(window.session().profile.is_local_demo());
    assert_eq!(window.sent(), [CONNECT]);
}

#[test]
fn what_to_ask_a_user_for_is_copied_with_the_steps_for_the_browser() {
    let mut window = at_start_page(SIZE, Theme::Dark);
    for (browser, key) in [("Chrome or Edge", "press F12"), ("Firefox", "press Ctrl+Shift+E"), ("Safari", "press ⌥⌘I")]
    {
        let text = window.copied(&format!("Copy what to ask a user of {browser} for"));
        assert!(text.contains("a HAR file") && text.contains("console") && text.contains(key), "{browser}: {text}");
        window.harness.run();
    }
    assert!(window.shows("What would you like to look at?"), "the page stays");
    assert!(window.sent().is_empty());
}

#[test]
fn the_start_page_can_be_shown_again_and_left_while_a_session_goes_on() {
    let mut window = Window::open(SIZE, Theme::Dark, Session::connect);
    window.press("Start page");
    assert!(window.shows("Nothing is contacted before") && !window.shows("1 · JWT"));
    window.press("Back to the session");
    assert!(window.shows("CONNECTED:"));
    assert_eq!(window.sessions.borrow().len(), 1, "it is still the same one");
}

#[test]
fn the_first_start_shows_the_demo_and_says_how_to_go_on() {
    let mut window = first(SIZE, Theme::Dark);
    assert!(window.shows("CONNECTED:") && window.shows("DEMO: a server inside this program"));
    window.press("Go on with the demo");
    assert!(!window.shows("DEMO: a server inside this program"));
    window.harness.get_by_label("DEMO");

    let mut window = first(SIZE, Theme::Dark);
    window.press("Check a service");
    assert!(window.shows("What would you like to look at?"));
    let mut window = first(SIZE, Theme::Dark);
    window.press("Open what a user sent");
    assert!(window.harness.query_by_label("Path").is_some(), "a file is asked for");
}

#[test]
fn the_badge_is_the_demos_alone() {
    let mut window = at_start_page(SIZE, Theme::Dark);
    window.press("Connect to Production");
    assert!(window.harness.query_by_label("DEMO").is_none());
}

#[test]
fn the_smallest_window_has_both_first_ways_on_in_view() {
    let window = at_start_page([720.0, 480.0], Theme::Dark);
    for name in ["Check Production", "Copy what to ask a user of Safari for"] {
        let rect = window.harness.get_by_label(name).rect();
        assert!(rect.bottom() <= 460.0, "{name}: {rect}");
    }
}

#[test]
fn the_demo_has_its_badge_on_the_start_page_too_while_it_goes_on() {
    let window = at_start_page(SIZE, Theme::Dark);
    assert!(window.harness.query_by_label("DEMO").is_none(), "no demo was begun");
    let mut window = first(SIZE, Theme::Dark);
    window.press("Start page");
    assert!(window.shows("What would you like to look at?"));
    window.harness.get_by_label("DEMO");
}

#[test]
fn the_start_page_offers_the_persons_own_profile_first() {
    let own = Profile::from_toml("name = 'Customer A'\napi = 'https://a.example'\n[socket]\n").unwrap();
    let mut window = Window::with_profile(SIZE, Theme::Dark, own, |_| {});
    window.press("Start page");
    window.press("Check Customer A");
    assert_eq!(window.checks.borrow()[0].profile.name.as_str(), "Customer A");
}

#[test]
fn the_next_start_finds_what_was_left() {
    let mut window = Window::beginning(SIZE, Theme::Dark, Beginning::Session, Settings::default(), Session::connect);
    window.keys(Modifiers::COMMAND, Key::Num2);
    window.press("Layout for developers");
    window.press("Times: local");
    window.keys(Modifiers::COMMAND, Key::Plus);
    window.keys(Modifiers::COMMAND, Key::J);
    window.keys(Modifiers::COMMAND, Key::T);
    window.harness.state_mut().on_exit(None);
    let kept = window.saved.borrow().last().unwrap().clone();
    assert_eq!((kept.theme, kept.times, kept.window.layout), (Colours::Light, Times::Utc, Layout::Developer));
    assert_eq!((kept.window.text_percent, kept.window.timeline), (110, false));
    assert!(kept.window.was_opened);
    assert_eq!(kept.window.profile.as_ref().unwrap().as_str(), "Local demo");

    let next = Window::beginning(SIZE, Theme::Dark, Beginning::Session, kept, Session::connect);
    assert_eq!(next.harness.ctx.zoom_factor(), 1.1);
    assert!(next.shows("No socket has closed so far"), "the tab with the closes is shown");
    assert!(next.harness.query_by_label("Attempts over time").is_none(), "the pane is closed");
    assert!(next.harness.query_by_label("Find a fault").is_none(), "a developer's window has no faults");
    next.harness.get_by_label("Times: UTC");
}

#[test]
fn the_start_page_fits_in_every_size() {
    for size in SIZES {
        for theme in [Theme::Dark, Theme::Light] {
            let window = at_start_page(size, theme);
            for label in ["Check Production", "Connect to Production", "Open…", "Find a profile"] {
                let rect = window.harness.get_by_label(label).rect();
                assert!(rect.left() >= 0.0 && rect.right() <= size[0], "{size:?}: {label} at {rect}");
            }
        }
    }
}
