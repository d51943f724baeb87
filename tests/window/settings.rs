//! The settings: limits that are typed, right and wrong, recording switched off, and all of it there again next time.

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use ticketscope::model::{DriverEvent, Event, RecordingState, Source};
use ticketscope::settings::{Recording, Settings, Theme as Colours};

use crate::Window;
use crate::scenes::Session;

const SIZE: [f32; 2] = [1360.0, 860.0];

fn recorded(session: &Session) {
    session.serve();
    session.connect();
    let file = "20260125T140207Z-local-demo.jsonl".into();
    session.say(Source::Driver, Event::Driver(DriverEvent::Recording { state: RecordingState::On { file } }));
}

/// The folder for recordings cannot be written.
fn unrecorded(session: &Session) {
    session.serve();
    session.connect();
    let problem = "recordings cannot be written: Permission denied".into();
    session.say(Source::Driver, Event::Driver(DriverEvent::Recording { state: RecordingState::Failed { problem } }));
}

fn opened(size: [f32; 2], theme: Theme, scene: fn(&Session)) -> Window {
    let theme = if theme == Theme::Light { Colours::Light } else { Colours::Dark };
    let mut window = Window::with_settings(size, Settings { theme, ..Settings::default() }, scene);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    window.harness.run();
    window
}

impl Window {
    fn types(&mut self, field: &str, text: &str) {
        self.harness.get_by_role_and_label(Role::TextInput, field).focus();
        self.harness.run();
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.harness.get_by_role_and_label(Role::TextInput, field).type_text(text);
        self.harness.run();
    }

    fn says(&self, text: &str) -> bool {
        self.harness.query_all_by_label_contains(text).next().is_some()
    }
}

/// The settings in each of their states.
pub fn scene(name: &str, size: [f32; 2], theme: Theme) -> Window {
    match name {
        "settings" => opened(size, theme, recorded),
        "settings wrong" => {
            let mut window = opened(size, theme, recorded);
            window.types("Largest recording", "5000");
            window.types("Kept for at most", "for ever");
            window
        }
        "settings off" => {
            let mut window = opened(size, theme, recorded);
            window.harness.get_by_label("Record every session").click();
            window.harness.run();
            window
        }
        "settings unwritable" => opened(size, theme, unrecorded),
        other => panic!("no scene {other}"),
    }
}

/// All of them.
pub const SCENES: [&str; 4] = ["settings", "settings wrong", "settings off", "settings unwritable"];

#[test]
fn settings_that_cannot_be_kept_are_told_until_they_can() {
    let mut window = Window::with_settings(SIZE, Settings::default(), recorded);
    window.is_disk_full.set(true);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::T);
    window.harness.run();
    assert!(window.says("The settings are not saved: settings.toml: the disk is full"));
}

#[test]
fn recording_is_switched_off_at_once_and_the_next_run_remembers() {
    let window = scene("settings off", SIZE, Theme::Dark);
    assert!(window.session().is_unrecorded.get());
    assert!(window.harness.query_by_label("not recording").is_some(), "the status bar says so");
    assert!(window.says("This session: not recording"));
    let kept = window.saved.borrow().last().unwrap().clone();
    assert!(!kept.recording.on && kept.recording.plan().is_none());

    let mut next = Window::with_settings(SIZE, kept, |session| session.connect());
    next.harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    next.harness.run();
    next.harness.get_by_label("Record every session").click();
    next.harness.run();
    assert!(!next.session().is_unrecorded.get() && next.saved.borrow().last().unwrap().recording.on);
}

#[test]
fn a_wrong_limit_is_told_and_changes_nothing_and_a_right_one_is_kept() {
    let mut window = opened(SIZE, Theme::Dark, recorded);
    for (field, typed, words) in [
        ("Largest recording", "5000", "Largest recording: expected a number from 1 to 512; 64 MB still hold"),
        ("Largest recording", "", "Largest recording: expected a number"),
        ("Largest recording", "0", "Largest recording: expected a number"),
        ("All recordings together", "63", "expected a number from 64 to 1000; 512 MB still hold"),
        ("All recordings together", "-1", "expected a number from 64 to 1000; 512 MB still hold"),
        ("Kept for at most", "for ever", "Kept for at most: expected a number from 1 to 3650; 30 days still hold"),
        ("Kept for at most", "99999999999999999999", "Kept for at most: expected"),
    ] {
        window.types(field, typed);
        assert!(window.says(words), "{field} {typed:?}");
    }
    assert!(window.saved.borrow().is_empty(), "{:?}", window.saved.borrow());
    for (field, typed) in [("Largest recording", "7"), ("All recordings together", " 70 "), ("Kept for at most", "3")] {
        window.types(field, typed);
    }
    assert!(!window.says("expected a number"));
    let kept = window.saved.borrow().last().unwrap().clone();
    let chosen = Recording { on: true, max_file_mb: 7, max_total_mb: 70, max_age_days: 3 };
    assert_eq!(kept.recording, chosen);
    let mut next = Window::with_settings(SIZE, kept, recorded);
    next.harness.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    next.harness.run();
    for (field, value) in [("Largest recording", "7"), ("All recordings together", "70"), ("Kept for at most", "3")] {
        let field = next.harness.get_by_role_and_label(Role::TextInput, field);
        assert_eq!(field.value().as_deref(), Some(value));
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_told_in_the_status_bar_and_in_the_settings() {
    let window = scene("settings unwritable", SIZE, Theme::Light);
    assert!(window.says("⚠ not recording: recordings cannot be written: Permission denied"));
    assert!(window.says("⚠ This session: not recording: recordings cannot be written"));
}
