//! Files that are chosen in the system's own dialog, which the window does not wait for.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ticketscope::ui::{ChooseFile, FileRequest};

use crate::playback::{recorded, wait_for};
use crate::{LIMIT, Window};

/// A dialog that a test answers.
pub struct Dialog {
    asked: Receiver<FileRequest>,
    answer: Sender<Option<PathBuf>>,
}

impl Dialog {
    /// The dialog, and what opens it.
    pub fn new() -> (Self, ChooseFile) {
        let (ask, asked) = channel();
        let (answer, answers) = channel();
        let (ask, answers) = (Mutex::new(ask), Mutex::new(answers));
        let choose = move |request: &FileRequest| -> Option<PathBuf> {
            ask.lock().unwrap().send(request.clone()).unwrap();
            answers.lock().unwrap().recv().unwrap()
        };
        (Self { asked, answer }, Arc::new(choose))
    }

    fn request(&self) -> FileRequest {
        self.asked.recv_timeout(LIMIT).unwrap()
    }

    fn choose(&self, path: Option<&Path>) {
        self.answer.send(path.map(Path::to_owned)).unwrap();
    }
}

const SIZE: [f32; 2] = [1360.0, 860.0];

#[test]
fn a_recording_is_chosen_in_the_systems_dialog_while_the_window_goes_on() {
    let (dialog, choose) = Dialog::new();
    let mut window = Window::with_dialogs(SIZE, Theme::Dark, |session| session.connect(), choose);
    window.keys(Modifiers::COMMAND, Key::O);
    window.press("Browse for a file…");
    assert_eq!(dialog.request(), FileRequest::Recording);
    // The window draws, and everything in it can be used.
    assert!(window.shows("The dialog is open…"));
    window.keys(Modifiers::NONE, Key::Escape);
    window.keys(Modifiers::COMMAND, Key::Num2);
    assert!(window.shows("No socket has closed so far"));

    let file = recorded();
    dialog.choose(Some(file));
    wait_for(&mut window, "⏺ RECORDING");
}

#[test]
fn without_a_dialog_or_a_choice_a_path_can_still_be_entered() {
    let (dialog, choose) = Dialog::new();
    let mut window = Window::with_dialogs(SIZE, Theme::Light, |session| session.connect(), choose);
    window.keys(Modifiers::COMMAND, Key::O);
    window.press("Browse for a file…");
    dialog.choose(None);
    wait_for(&mut window, "No file was chosen; a path can be entered as well");
    let file = recorded();
    window.harness.get_by_role_and_label(Role::TextInput, "Path").type_text(file.to_str().unwrap());
    window.harness.run();
    window.press("Open");
    wait_for(&mut window, "⏺ RECORDING");
}

#[test]
fn the_report_is_saved_where_the_dialog_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chosen.zip");
    let (dialog, choose) = Dialog::new();
    let mut window = Window::with_dialogs(SIZE, Theme::Dark, crate::scenes::reconnecting, choose);
    window.keys(Modifiers::COMMAND, Key::S);
    wait_for(&mut window, "This is exactly what will be in it");
    window.press("Save the report as…");
    let FileRequest::Report(suggested) = dialog.request() else { panic!("a place for a report is asked for") };
    let name = suggested.file_name().unwrap().to_str().unwrap().to_owned();
    assert!(name.ends_with(".zip"), "{name}");
    dialog.choose(Some(&path));
    wait_for(&mut window, "✓ Saved: ");
    assert!(std::fs::read(&path).unwrap().starts_with(b"PK"));
}

#[test]
fn a_har_is_saved_as_a_timeline_and_as_a_copy_that_is_safe_to_pass_on() {
    let har = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/evidence/files/chrome-ok.har");
    let folder = tempfile::tempdir().unwrap();
    let (timeline, copy) = (folder.path().join("timeline.jsonl"), folder.path().join("clean.har"));
    let (dialog, choose) = Dialog::new();
    let mut window = Window::with_dialogs(SIZE, Theme::Dark, |session| session.connect(), choose);
    window.keys(Modifiers::COMMAND, Key::O);
    window.press("Browse for a file…");
    dialog.choose(Some(&har));
    wait_for(&mut window, "🗀 FILES");
    assert!(window.shows("Neither the rule of the waits nor any wait is in these files"), "no rule is made up");
    let is_enabled = |window: &Window, name: &str| {
        let mut buttons = window.harness.query_all_by_role_and_label(Role::Button, name);
        buttons.any(|button| !button.accesskit_node().is_disabled())
    };
    assert!(is_enabled(&window, "Check…"), "the same address can be asked from here");
    assert!(!is_enabled(&window, "Compare with live"), "the session here is one of another service");
    for (button, request, path, done) in [
        ("Save timeline…", FileRequest::Timeline, &timeline, "✓ The timeline is saved"),
        ("Clean copy…", FileRequest::CleanCopy, &copy, "✓ The clean copy is written"),
    ] {
        window.press(button);
        while dialog.request() != request {}
        dialog.choose(Some(path));
        wait_for(&mut window, done);
    }
    assert!(std::fs::read_to_string(&copy).unwrap().contains("\"log\""));
    assert!(!std::fs::read_to_string(&copy).unwrap().contains("eyJ"));

    // The timeline opens again, as what it was made of.
    window.keys(Modifiers::COMMAND, Key::O);
    window.press("Browse for a file…");
    assert_eq!(dialog.request(), FileRequest::Recording);
    dialog.choose(Some(&timeline));
    wait_for(&mut window, "timeline.jsonl");
}
