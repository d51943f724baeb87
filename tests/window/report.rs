//! The report in the window: looked at, saved, and where it is.

use std::time::Duration;

use egui::{Key, Modifiers, OutputCommand, Theme};
use egui_kittest::kittest::Queryable as _;

use crate::{Window, scenes};

/// A window that shows what will be in a report.
pub fn opened(size: [f32; 2], theme: Theme) -> Window {
    let mut window = Window::open(size, theme, scenes::reconnecting);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    wait(&mut window, "This is exactly what will be in it");
    window
}

fn wait(window: &mut Window, label: &str) {
    for _ in 0..3_000 {
        window.harness.run();
        if window.harness.query_by_label_contains(label).is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{label} never came");
}

#[test]
fn everything_is_shown_before_it_is_saved_and_then_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.zip");
    let mut window = opened([1360.0, 860.0], Theme::Dark);
    window.harness.get_by_label_contains("# RECONNECTING");
    for file in ["report.html", "report.json", "recording.jsonl", "session.har"] {
        window.harness.get_by_label_contains(file).click();
        window.harness.run();
    }
    window.harness.get_by_label_contains("\"log\": {");
    let field = window.harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Save as");
    field.focus();
    window.harness.run();
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    let field = window.harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Save as");
    field.type_text(path.to_str().unwrap());
    window.harness.run();
    assert!(!path.exists(), "nothing is saved before it is asked for");
    window.harness.get_by_label("Save the report").click();
    wait(&mut window, "✓ Saved: ");
    assert!(std::fs::read(&path).unwrap().starts_with(b"PK"));
    window.harness.get_by_label("Copy the report's path").click();
    window.harness.step();
    window.harness.step();
    let commands = &window.harness.output().platform_output.commands;
    let is_copied =
        |command: &OutputCommand| matches!(command, OutputCommand::CopyText(text) if text == path.to_str().unwrap());
    assert!(commands.iter().any(is_copied), "{commands:?}");
}
