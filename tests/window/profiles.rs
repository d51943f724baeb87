//! The profiles of this computer in the window: made, edited as form and as text, tried, deleted and brought back, and changed
//! by others.

use std::fs;
use std::path::Path;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme, ViewportCommand, ViewportEvent};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use support::slack::Slack;
use support::stand_in::{GOOD, Limits, StandIn};
use tempfile::TempDir;
use ticketscope::check::{Progress, Step, StepState, steps};
use ticketscope::model::{Class, Entry, Event, Failure, FlowEvent, GreetingFailure, Moment, Profile, Source};
use ticketscope::session::{Engine, KeychainChoice, Options, Session};
use tokio::time::Instant;

use crate::{LIMIT, SIZES, Window};

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
            std::thread::sleep(Duration::from_millis(5));
            self.harness.step();
        }
        self.harness.run();
    }

    /// Closes the window as its title bar does; returns whether it stays.
    fn stays_open(&mut self) -> bool {
        let input = self.harness.input_mut();
        input.viewports.entry(input.viewport_id).or_default().events.push(ViewportEvent::Close);
        self.harness.step();
        let asked = self.harness.output().viewport_output.values().flat_map(|viewport| &viewport.commands);
        let stays = asked.into_iter().any(|command| *command == ViewportCommand::CancelClose);
        let input = self.harness.input_mut();
        input.viewports.entry(input.viewport_id).or_default().events.clear();
        stays
    }

    fn until_shown(&mut self, text: &str) {
        self.until(text, |window| window.shows(text));
    }

    /// Presses the row or button whose name begins so.
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

    fn field(&self, name: &str) -> String {
        self.harness.get_by_role_and_label(Role::TextInput, name).value().unwrap_or_default()
    }

    /// Types `text` into the field in the place of what is there.
    fn fill(&mut self, name: &str, text: &str) {
        self.harness.get_by_role_and_label(Role::TextInput, name).focus();
        self.harness.run();
        self.keys(Modifiers::COMMAND, Key::A);
        self.harness.get_by_role_and_label(Role::TextInput, name).type_text(text);
        self.harness.run();
    }

    /// Chooses one of the words of a picker.
    fn pick(&mut self, name: &str, word: &str) {
        self.harness.get_by_role_and_label(Role::ComboBox, name).click();
        self.harness.run();
        self.press(word);
    }

    fn is_disabled(&self, name: &str) -> bool {
        self.harness.get_by_role_and_label(Role::Button, name).accesskit_node().is_disabled()
    }

    fn has_button(&self, name: &str) -> bool {
        self.harness.query_by_role_and_label(Role::Button, name).is_some()
    }
}

fn opened(folder: &Path, theme: Theme) -> Window {
    let mut window = Window::with_folder(SIZE, theme, folder);
    window.palette("Profiles");
    window.until_shown("Customer A");
    window
}

/// The window with the form of `Customer A`.
fn edited(folder: &Path) -> Window {
    let mut window = opened(folder, Theme::Dark);
    window.choose("Customer A");
    window.until_shown("It can be used");
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
    assert!(
        window.shows("✖ line 7, column 1: there is no key “quer”; did you mean query?") && window.shows("not saved")
    );
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
    assert!(window.text().contains("query"), "it is as it was left");
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
    window.fill("Name", "Staging");
    window.press("Make it");
    window.until_shown("Made: it is in the list now");
    assert!(fs::read_to_string(folder.path().join("staging.toml")).unwrap().contains("name = \"Staging\""));
    window.press("Duplicate");
    window.press("Make it");
    window.until("the copy", |_| folder.path().join("staging-copy.toml").exists());
    window.until_shown("Staging copy");
    window.press("‹ Profiles");
    window.press("New…");
    window.fill("Name", "Gateway");
    window.pick("Begin with", "An address");
    window.fill("Address", "wss://gw.example/v1?token=abc");
    window.press("Make it");
    window.until("the file", |_| folder.path().join("gateway.toml").exists());
    window.until_shown("Gateway");
    assert!(window.text().contains("[secret.token]"));
    assert!(!window.text().contains("abc"), "what was a secret in the address is none in the file");
}

#[test]
fn what_others_change_is_seen_and_what_is_edited_here_is_kept() {
    let folder = folder();
    let file = folder.path().join("a.toml");
    let mut window = edited(folder.path());
    fs::write(&file, MINE.replace("/ws", "/other")).unwrap();
    window.until("the change", |window| window.text().contains("/other"));
    window.choose("3 · WebSocket");
    assert_eq!(window.field("path"), "/other");
    window.append("x");
    fs::write(&file, MINE.replace("/ws", "/third-one")).unwrap();
    window.until_shown("changed elsewhere meanwhile");
    assert!(window.text().ends_with('x'));
    fs::write(folder.path().join("new.toml"), MINE.replace("Customer A", "Customer B")).unwrap();
    window.press("‹ Profiles");
    window.until_shown("Customer B");
    assert!(window.shows("not saved"), "the draft is kept");
}

#[test]
fn a_window_with_a_profile_that_is_not_saved_asks_once_before_it_closes() {
    let folder = folder();
    let mut window = edited(folder.path());
    assert!(!window.stays_open(), "nothing was edited");
    window.append("# mine\n");
    window.press("Close");
    assert!(window.stays_open(), "what was edited would be lost");
    window.harness.run();
    assert!(window.shows("This profile is not saved. Save it, or close the window again to lose what was edited"));
    assert!(window.text().ends_with("# mine\n"), "the profile is in view");
    assert!(!window.stays_open(), "who closes it again means it");
}

#[test]
fn form_and_text_are_in_step_in_both_directions() {
    let folder = folder();
    let mut window = edited(folder.path());
    assert_eq!((window.field("name").as_str(), window.field("API").as_str()), ("Customer A", "https://a.example"));
    window.fill("origin", "https://app.example");
    assert!(window.text().contains("api = \"https://a.example\"\norigin = \"https://app.example\"\n"));
    assert!(window.text().starts_with("# What it is for\n") && window.shows("It can be used"));

    window.choose("2 · Ticket: none");
    window.press("+ Request");
    assert!(window.text().contains("[[ticket]]\npost = \"/ws-ticket\"\ntake = { ticket = \"/ticket\" }\n\n[socket]"));
    window.fill("request", "/tickets");
    window.pick("method of request", "GET");
    window.press("Add query");
    window.fill("query 1 name", "v");
    window.fill("query 1", "2");
    window.pick("unit of lives", "seconds");
    window.fill("lives", "?/ttl");
    let expected = "[[ticket]]\nget = \"/tickets\"\ntake = { ticket = \"/ticket\" }\nquery = { v = \"2\" }\n\
                    life = { seconds = \"?/ttl\" }\n";
    assert!(window.text().contains(expected), "{}", window.text());
    assert!(window.shows("nothing uses what this takes") && !window.shows("It can be used"), "{}", window.text());

    // What is typed into the text is in the form, which shows the part where the cursor is.
    window.append("query = { ticket = \"{{ticket}}\" }\n");
    assert!(window.shows("Where the WebSocket is") && window.shows("It can be used"), "{}", window.text());
    assert_eq!((window.field("query 1 name").as_str(), window.field("query 1").as_str()), ("ticket", "{{ticket}}"));
    window.press("Remove query 1");
    assert!(!window.text().contains("{{ticket}}"));
    window.choose("2 · Ticket: ");
    window.press("Remove Request");
    assert!(!window.text().contains("[[ticket]]"));
    assert!(window.text().starts_with(&MINE.replace("\n\n[socket]", "\norigin = \"https://app.example\"\n\n[socket]")));
}

#[test]
fn a_name_is_typed_letter_by_letter_and_a_field_that_is_emptied_stays() {
    let folder = folder();
    let mut window = edited(folder.path());
    window.choose("Secrets: none");
    window.press("+ Secret");
    window.fill("name of the secret", "k");
    for letter in ["e", "y"] {
        let focused = window.harness.get_by_role_and_label(Role::TextInput, "name of the secret");
        assert!(focused.accesskit_node().is_focused());
        focused.type_text(letter);
        window.harness.run();
    }
    assert!(window.text().contains("[secret.key]\nlabel = \"\"\n"), "{}", window.text());
    window.fill("name of the secret", "Key 1");
    assert!(window.shows("expected a name of small letters") && window.text().contains("[secret.key]"));
    window.press("Add from variable");
    window.fill("from variable", "KEY");
    assert!(window.text().contains("env = \"KEY\""));
    window.fill("from variable", "");
    window.keys(Modifiers::NONE, Key::Backspace);
    assert!(!window.text().contains("env"));
    window.fill("from variable", "OTHER");
    assert!(window.text().contains("env = \"OTHER\""));
}

#[test]
fn a_problem_is_told_at_its_field_at_its_line_and_at_its_part() {
    let folder = folder();
    let mut window = edited(folder.path());
    window.choose("3 · WebSocket");
    window.fill("path", "ws?x=1");
    assert!(window.shows("✖ line 6, column 8:") && window.shows("cannot be used yet"));
    let problem = "parameters belong into query";
    let at_field = window.harness.query_all_by_role(Role::Label).filter(|label| {
        label.accesskit_node().label().or(label.accesskit_node().value()).is_some_and(|text| text.contains(problem))
    });
    assert_eq!(at_field.count(), 2, "below the field, and at the bottom");
    window.choose("Service");
    assert!(window.shows("3 · WebSocket: cannot be used yet"));
    // No TOML: the form waits for the text.
    window.append("\"");
    assert!(window.shows("The file is no TOML at line"));
}

#[test]
fn what_no_file_can_hold_stays_in_its_field_with_the_reason() {
    let folder = folder();
    let mut window = edited(folder.path());
    window.choose("1 · Sign-in");
    window.press("+ Request");
    let before = window.text();
    window.fill("JSON body", "{ user = ");
    assert_eq!((window.text(), window.field("JSON body").as_str()), (before, "{ user = "));
    assert!(window.shows("this is no TOML value yet"));
    window.fill("JSON body", "{ user = \"x\" }");
    assert!(window.text().contains("json = { user = \"x\" }"));
}

#[test]
fn a_profile_is_tried_as_it_stands_there_and_its_parts_say_how_they_did() {
    let folder = folder();
    let mut window = edited(folder.path());
    window.append("query = { v = \"1\" }\n");
    window.press("Try it");
    {
        let checks = window.checks.borrow();
        let started = checks.last().unwrap();
        assert_eq!(started.profile.service.as_ref().unwrap().socket.query.get("v").unwrap().to_string(), "1");
        for (step, state, found) in [
            (Step::Configuration, StepState::Passed, "it makes sense"),
            (Step::Upgrade, StepState::Failed, "404 Not Found"),
            (Step::Open, StepState::NotRun, "there is no socket"),
        ] {
            let all = steps(ticketscope::check::CheckKind::of(&started.profile, false));
            let mut result = all.into_iter().find(|result| result.step == step).unwrap();
            (result.state, result.found, result.began) = (state, found.into(), Moment::START);
            started.news.send(Progress::Step(result)).unwrap();
        }
        (started.wake)();
    }
    window.until_shown("3 · WebSocket: does not work");
    assert!(window.shows("Service: works") && window.shows("✗ Upgrade: 404 Not Found"));
    assert!(window.shows("Heartbeat: none"), "what was not tried says nothing new");
}

#[test]
fn a_slip_is_put_right_with_one_press() {
    let folder = folder();
    let mut window = edited(folder.path());
    window.append("qury = { v = \"1\" }\n");
    assert!(window.shows("did you mean query?"));
    window.press("Use “query”");
    assert!(
        window.shows("It can be used") && window.text().ends_with("\nquery = { v = \"1\" }\n"),
        "{}",
        window.text()
    );
}

#[test]
fn what_a_try_heard_can_be_put_into_the_profile_with_one_press() {
    let folder = folder();
    let mut window = edited(folder.path());
    window.append("\n[[hello]]\nexpect = { \"/type\" = \"helo\" }\n");
    window.press("Try it");
    let failure = Failure::Greeting(GreetingFailure::Missing {
        step: 1,
        expected: "/type = \"helo\"".into(),
        within: Duration::from_secs(10),
        heard: Some(r#"{"type":"hello"}"#.into()),
    });
    let entry = Entry {
        seq: 0,
        elapsed: Moment::START,
        time: crate::scenes::date("2026-01-25T14:02:07Z"),
        attempt: None,
        source: Source::Flow,
        simulated: None,
        event: Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft }),
    };
    {
        let checks = window.checks.borrow();
        let started = checks.last().unwrap();
        let mut all = steps(ticketscope::check::CheckKind::of(&started.profile, false));
        for result in &mut all {
            (result.state, result.found) = match result.step {
                Step::Upgrade => (StepState::Passed, "101 Switching Protocols".into()),
                Step::Greeting => (StepState::Failed, "waited 10 s".into()),
                _ => (StepState::NotRun, "Greeting failed".into()),
            };
        }
        let outcome = ticketscope::check::Outcome {
            profile: started.profile.clone(),
            started: entry.time,
            took: Duration::from_secs(10),
            seed: 7,
            ending: ticketscope::check::Ending::Complete,
            steps: all,
            repeats: None,
            findings: Vec::new(),
            armed: Vec::new(),
            entries: vec![entry.into()],
        };
        started.news.send(Progress::Finished(outcome.into())).unwrap();
        (started.wake)();
    }
    window.until_shown("4 · Greeting: does not work");
    window.choose("3 · WebSocket");
    assert!(window.shows("✓ seen: 101 Switching Protocols"));
    window.press("Use “hello”");
    assert!(window.text().contains("expect = { \"/type\" = \"hello\" }"), "{}", window.text());
    assert!(window.shows("Only then is it connected"), "the part that was put right is shown");
    window.choose("3 · WebSocket");
    assert!(!window.shows("✓ seen"), "this text has not been tried");
}

#[test]
fn the_editor_fits_into_every_window() {
    for size in SIZES {
        let folder = folder();
        let mut window = Window::with_folder(size, Theme::Light, folder.path());
        window.palette("Profiles");
        window.until_shown("Customer A");
        window.choose("Customer A");
        window.until_shown("It can be used");
        if !window.shows("FILE") {
            window.press("File");
            assert!(window.shows("FILE") && window.text() == MINE);
            window.press("File");
        }
        let [width, height] = size;
        for name in ["Save", "Try it", "Use it", "Delete", "Duplicate", "‹ Profiles", "Close"] {
            let rect = window.harness.get_by_role_and_label(Role::Button, name).rect();
            let fits = rect.left() >= 0.0 && rect.right() <= width && rect.top() >= 0.0 && rect.bottom() <= height;
            assert!(fits, "{name} at {rect:?} in {size:?}");
        }
        window.choose("Trust");
        assert!(window.has_button("Add a value to further roots"), "{size:?}");
    }
}

/// Slack's preset, from nothing to a socket that is of use, as somebody does it who has never seen a profile's file.
#[test]
fn slack_from_nothing_to_a_usable_socket_without_a_text_editor() {
    let limits = Limits { first_lasts: LIMIT, silence: LIMIT, ..Limits::default() };
    let slack = StandIn::start(Slack { limits, ..Slack::default() });
    let folder = tempfile::tempdir().unwrap();
    let mut window = Window::with_engine(SIZE, Theme::Dark, folder.path(), |profile, waker| {
        let options = Options { keychain: KeychainChoice::Memory, ..Options::default() };
        let session = Session::start(profile.clone(), options, move |change| waker.wake(change));
        Box::new(session.unwrap()) as Box<dyn Engine>
    });
    window.palette("Profiles");
    window.until_shown("Local demo");
    window.press("New…");
    window.fill("Name", "My Slack");
    window.pick("Begin with", "Slack Socket Mode");
    window.press("Make it");
    window.until_shown("Made: it is in the list now");
    // The stand-in's address, in the place of Slack's.
    window.fill("API", &format!("http://{}", slack.address));
    window.press("Save");
    window.until_shown("✓ Saved");
    window.until("it is in the list", |window| !window.is_disabled("Use it"));
    window.press("Use it");
    // It is asked for by itself.
    let field = "Value of App-level token (xapp-…)";
    window.until(field, |window| window.harness.query_by_label(field).is_some());
    window.harness.get_by_label(field).focus();
    window.harness.run();
    window.harness.get_by_label(field).type_text(GOOD);
    window.harness.run();
    window.press("Save App-level token (xapp-…)");
    window.until_shown("✓ given");
    let dialogs = window.harness.query_all_by_role_and_label(Role::Button, "Connect").last();
    dialogs.expect("the dialog offers it").click();
    window.until_shown("CONNECTED");
    assert_eq!(slack.service.tickets.issued(), 1);
    let written = fs::read_to_string(folder.path().join("my-slack.toml")).unwrap();
    let profile = Profile::from_toml(&written).unwrap();
    assert_eq!(profile.api.to_string(), format!("http://{}", slack.address));
    assert!(written.starts_with("# Slack Socket Mode."), "its comments are kept");
    assert!(!written.contains(GOOD));
}
