//! The report in the window: looked at, saved, and where it is.

use egui::{Key, Modifiers, OutputCommand, Theme};
use egui_kittest::kittest::Queryable as _;

use crate::playback::wait_for;
use crate::{Window, scenes};

/// A window that shows what will be in a report.
pub fn opened(size: [f32; 2], theme: Theme) -> Window {
    let mut window = Window::open(size, theme, scenes::reconnecting);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    wait_for(&mut window, "This is exactly what will be in it");
    window
}

#[test]
fn everything_is_shown_before_it_is_saved_and_then_where_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.zip");
    let mut window = opened([1360.0, 860.0], Theme::Dark);
    window.harness.get_by_label_contains("summary.md ·").click();
    window.harness.run();
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
    wait_for(&mut window, "✓ Saved: ");
    assert!(std::fs::read(&path).unwrap().starts_with(b"PK"));
    window.harness.get_by_label("Copy the report's path").click();
    window.harness.step();
    window.harness.step();
    let commands = &window.harness.output().platform_output.commands;
    let is_copied =
        |command: &OutputCommand| matches!(command, OutputCommand::CopyText(text) if text == path.to_str().unwrap());
    assert!(commands.iter().any(is_copied), "{commands:?}");
}

#[test]
fn it_is_read_as_its_readers_will_with_a_note_and_a_ticket_number_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.zip");
    let mut window = opened([1360.0, 860.0], Theme::Dark);
    for text in ["RECONNECTING", "What is wrong", "Who can fix it", "Last attempts", "End of the log · "] {
        assert!(window.shows(text), "{text} is not in the page");
    }
    assert!(!window.shows("# RECONNECTING") && !window.shows("**Profile**"), "that is how files are written");

    let note = "Since Monday, bearer eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJhIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg";
    use egui::accesskit::Role;
    for (role, field, text) in
        [(Role::TextInput, "Support ticket", "CS-4711"), (Role::MultilineTextInput, "Note", note)]
    {
        window.harness.get_by_role_and_label(role, field).focus();
        window.harness.run();
        window.harness.get_by_role_and_label(role, field).type_text(text);
        window.harness.run();
    }
    assert!(
        window.shows(" · Support ticket CS-4711") && window.shows("Since Monday, bearer (secret)"),
        "it is there at once"
    );
    let summary = window.copied("Copy the report's summary");
    assert!(summary.contains("Support ticket CS-4711") && summary.contains("Since Monday"), "{summary}");
    assert!(!summary.contains("eyJ"), "{summary}");
    assert!(!summary.contains('\\') && !summary.contains("# ") && !summary.contains("**"), "no Markdown: {summary}");

    // Who looks for something first finds the words again.
    window.harness.run();
    window.keys(Modifiers::NONE, Key::Escape);
    window.keys(Modifiers::COMMAND, Key::S);
    wait_for(&mut window, " · Support ticket CS-4711");
    window.saves(path.to_str().unwrap(), "✓ Saved: ");
    let mut zip = zip::ZipArchive::new(std::fs::File::open(&path).unwrap()).unwrap();
    let json: serde_json::Value = serde_json::from_reader(zip.by_name("report.json").unwrap()).unwrap();
    assert_eq!(
        (json["ticket"].as_str(), json["note"].as_str()),
        (Some("CS-4711"), Some("Since Monday, bearer (secret)"))
    );
    window.harness.get_by_label("Show in folder").click();
    let shown = (0..8).find_map(|_| {
        window.harness.step();
        window.harness.output().platform_output.commands.iter().find_map(|command| match command {
            OutputCommand::OpenUrl(url) => Some(url.url.clone()),
            _ => None,
        })
    });
    let folder = format!("file://{}/", folder.path().canonicalize().unwrap().display());
    assert_eq!(shown, Some(folder));
    assert!(window.shows("this system has no file manager"));
}

impl Window {
    /// Saves the report as `path`, and waits for what comes of it.
    fn saves(&mut self, path: &str, outcome: &str) {
        self.harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Save as").focus();
        self.harness.run();
        self.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
        self.harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Save as").type_text(path);
        self.harness.run();
        self.harness.get_by_label("Save the report").click();
        wait_for(self, outcome);
    }
}

/// A report that could not be saved at a place whose name is long.
pub fn not_saved(size: [f32; 2], theme: Theme) -> Window {
    let mut window = opened(size, theme);
    window.saves("/nowhere/a folder with a name that is much longer than the window is wide/mine.zip", "Not saved");
    window
}

#[test]
fn what_stands_in_the_way_of_saving_is_told_and_another_place_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("there.zip"), "mine").unwrap();
    let mut window = opened([1360.0, 860.0], Theme::Dark);
    for (name, words) in [
        (path("none/mine.zip"), "Not saved: there is no folder of this name"),
        (path("there.zip"), "Not saved: there is such a file already"),
        (path("."), "Not saved: this is a folder"),
        (path("there.zip/mine.zip"), "Not saved: there is no folder of this name"),
        // Not even root may write there.
        ("/sys/mine.zip".to_owned(), "Not saved: nothing may be written into this folder"),
    ] {
        window.saves(&name, words);
    }
    assert_eq!(std::fs::read(path("there.zip")).unwrap(), b"mine");
    window.saves(&path("mine.zip"), "✓ Saved: ");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing else is left there");
}

#[test]
fn its_buttons_are_in_view_in_any_window_and_so_is_some_of_its_text() {
    for size in [[720.0, 480.0], [1360.0, 720.0], [1360.0, 860.0], [2560.0, 1440.0]] {
        for mut window in [opened(size, Theme::Light), not_saved(size, Theme::Light)] {
            for file in ["summary.md ·", "recording.jsonl ·"] {
                window.harness.get_by_label_contains(file).click();
                window.harness.run();
                for label in ["Save the report", "Cancel"] {
                    let at = window.harness.get_by_label(label).rect();
                    assert!(at.bottom() < size[1] && at.right() < size[0], "{label} of {file} at {at:?} in {size:?}");
                }
                let field = window.harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Save as").rect();
                let files = window.harness.get_by_label_contains(file).rect();
                assert!(field.top() - files.bottom() > 80.0, "{file} has no room in {size:?}: {files:?} {field:?}");
            }
        }
    }
}

#[test]
fn the_report_id_is_in_the_status_bar_and_is_copied() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, scenes::reconnecting);
    window.harness.get_by_label("Report 7f3a91c0").click();
    window.harness.step();
    window.harness.step();
    let commands = &window.harness.output().platform_output.commands;
    assert!(
        commands.iter().any(|command| matches!(command, OutputCommand::CopyText(text) if text == "7f3a91c0")),
        "{commands:?}"
    );
}
