//! The profiles of this computer in the window: made, edited, tried, deleted and brought back, and changed by others.

use std::fs;
use std::path::Path;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use tempfile::TempDir;
use tokio::time::Instant;

use crate::{LIMIT, Window};

const SIZE: [f32; 2] = [1360.0, 860.0];

const MINE: &str = "# What it is for\nname = \"Customer A\"\napi = \"https://a.example\"\n\n[socket]\npath = \"/ws\"\n";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.toml"), MINE).unwrap();
    fs::write(folder.path().join("broken.toml"), "name = \"B\"\napi = \"nonsense\"\n[socket]\n").unwrap();
    folder
}

impl Window {
    /// Draws until `condition` holds: files are read on another thread.
    fn until(&mut self, what: &str, condition: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !condition(self) {
            assert!(Instant::now() < deadline, "waited for {what}");
            std::thread::sleep(std::time::Duration::from_millis(5));
            self.harness.step();
        }
        self.harness.run();
    }

    fn until_shown(&mut self, text: &str) {
        self.until(text, |window| window.shows(text));
    }

    fn choose(&mut self, name: &str) {
        let mut rows = self.harness.query_all_by_role(Role::Button);
        let starts = |label: Option<String>| label.is_some_and(|label| label.starts_with(name));
        rows.find(|row| starts(row.accesskit_node().label())).unwrap_or_else(|| panic!("no row {name}")).click();
        drop(rows);
        self.harness.run();
    }

    fn text(&self) -> String {
        self.harness.get_by_label("Text of the profile").value().unwrap_or_default()
    }

    fn append(&mut self, text: &str) {
        self.harness.get_by_label("Text of the profile").focus();
        self.harness.run();
        self.keys(Modifiers::COMMAND, Key::End);
        self.harness.get_by_label("Text of the profile").type_text(text);
        self.harness.run();
    }
}

fn opened(folder: &Path, theme: Theme) -> Window {
    let mut window = Window::with_folder(SIZE, theme, folder);
    window.palette("Profiles");
    window.until_shown("Customer A");
    window
}

#[test]
fn the_list_has_addresses_and_what_is_wrong_with_files_and_can_be_searched() {
    let folder = folder();
    let mut window = opened(folder.path(), Theme::Dark);
    assert!(window.shows("https://a.example") || window.shows("wss://a.example"));
    assert!(window.shows("⚠ broken.toml") && window.shows("line 2, column 7"));
    window.harness.get_by_label("Search profiles").focus();
    window.harness.run();
    window.harness.get_by_label("Search profiles").type_text("customer");
    window.harness.run();
    assert!(window.shows("Customer A") && !window.shows("broken.toml"));
}

#[test]
fn a_text_is_edited_with_its_problem_beside_it_saved_deleted_and_brought_back() {
    let folder = folder();
    let file = folder.path().join("a.toml");
    let mut window = opened(folder.path(), Theme::Light);
    window.choose("Customer A");
    window.until_shown("It can be used");
    assert_eq!(window.text(), MINE);
    window.append("quer = 1\n");
    assert!(window.shows("✖ line 7, column 1: unknown field `quer`") && window.shows("not saved"));
    window.keys(Modifiers::COMMAND, Key::S);
    assert_eq!(fs::read_to_string(&file).unwrap(), MINE, "what cannot be used is not saved");
    window.press("Read the file again");
    window.until_shown("It can be used");
    window.append("query = { v = \"1\" }\n");
    window.keys(Modifiers::COMMAND, Key::S);
    window.until_shown("✓ Saved");
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{MINE}query = {{ v = \"1\" }}\n"));
    window.press("Use it");
    assert_eq!(window.session().profile.name.as_str(), "Customer A");
    window.palette("Profiles");
    window.choose("Customer A");
    window.press("Delete");
    window.until_shown("a.toml was deleted");
    assert!(!file.exists());
    window.press("Undo");
    window.until_shown("It is there again");
    assert!(fs::read_to_string(&file).unwrap().starts_with(MINE));
}

#[test]
fn a_new_one_begins_with_a_preset_an_address_or_a_copy() {
    let folder = folder();
    let mut window = opened(folder.path(), Theme::Dark);
    window.press("New…");
    assert!(window.shows("Name: expected a name"));
    window.harness.get_by_role_and_label(Role::TextInput, "Name").focus();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::TextInput, "Name").type_text("Staging");
    window.harness.run();
    window.press("Make it");
    window.until_shown("Made: it is in the list now");
    assert!(fs::read_to_string(folder.path().join("staging.toml")).unwrap().contains("name = \"Staging\""));
    window.press("Duplicate");
    window.press("Make it");
    window.until("the copy", |_| folder.path().join("staging-copy.toml").exists());
    window.until_shown("Staging copy");
}

#[test]
fn what_others_change_is_seen_and_what_is_edited_here_is_kept() {
    let folder = folder();
    let file = folder.path().join("a.toml");
    let mut window = opened(folder.path(), Theme::Dark);
    window.choose("Customer A");
    window.until_shown("It can be used");
    fs::write(&file, MINE.replace("/ws", "/other")).unwrap();
    window.until("the change", |window| window.text().contains("/other"));
    window.append("x");
    fs::write(&file, MINE.replace("/ws", "/third-one")).unwrap();
    window.until_shown("changed elsewhere meanwhile");
    assert!(window.text().ends_with('x'));
    fs::write(folder.path().join("new.toml"), MINE.replace("Customer A", "Customer B")).unwrap();
    window.until_shown("Customer B");
}

#[test]
fn the_fields_beside_the_text_are_read_from_it_and_written_into_it() {
    let folder = folder();
    let mut window = opened(folder.path(), Theme::Dark);
    window.choose("Customer A");
    window.until_shown("It can be used");
    let field = |window: &Window, name: &str| {
        window.harness.get_by_role_and_label(Role::TextInput, name).value().unwrap_or_default()
    };
    assert_eq!((field(&window, "Name").as_str(), field(&window, "API").as_str()), ("Customer A", "https://a.example"));
    window.harness.get_by_role_and_label(Role::TextInput, "Origin").focus();
    window.harness.run();
    window.harness.get_by_role_and_label(Role::TextInput, "Origin").type_text("https://app.example");
    window.harness.run();
    assert!(window.text().contains("api = \"https://a.example\"\norigin = \"https://app.example\"\n"));
    assert!(window.text().starts_with("# What it is for\n") && window.shows("It can be used"));
}

#[test]
fn a_profile_is_tried_as_it_stands_there() {
    let folder = folder();
    let mut window = opened(folder.path(), Theme::Dark);
    window.choose("Customer A");
    window.until_shown("It can be used");
    window.append("query = { v = \"1\" }\n");
    window.press("Try it");
    let checks = window.checks.borrow();
    let tried = &checks.last().unwrap().profile;
    assert_eq!(tried.service.as_ref().unwrap().socket.query["v"].to_string(), "1");
}
