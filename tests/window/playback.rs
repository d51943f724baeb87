//! Recordings in the window: opened, scrubbed, left, verified, compared.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::mpsc::channel;
use std::time::Duration;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Theme, pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ticketscope::faults::{Arming, FaultKind};
use ticketscope::journal::recording::{Limits, Plan, Target};
use ticketscope::model::{AttemptId, FlowCommand, JsonObject, Profile};
use ticketscope::session::{Command, Engine as _, KeychainChoice, Options, Session};
use ticketscope::view::{Snapshot, Status};
use tokio::time::Instant;

use crate::Window;
use crate::playback_tabs::{many_attempts, ten_minutes, written};
use crate::scenes::SCENES as SCENES_OF_SESSIONS;
use crate::{LIMIT, dropped, scenes};
use support::replayed::assert_replayed;
use support::watcher::snapshot_of;

const SIZE: [f32; 2] = [1360.0, 860.0];
const OLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/1.0.jsonl");

pub type Scene = (&'static str, fn([f32; 2], Theme) -> Window);

/// What there is to look at.
pub const SCENES: [Scene; 13] = [
    ("recording", |size, theme| opened(size, theme, recorded())),
    ("recording waiting", |size, theme| {
        let mut window = opened(size, theme, recorded());
        step_to(&mut window, "RECONNECTING");
        window
    }),
    ("recording begins", |size, theme| {
        let mut window = opened(size, theme, recorded());
        drag_to(&mut window, 0.0);
        window
    }),
    ("recording plays", |size, theme| {
        let mut window = opened(size, theme, &written("reconnecting", scenes::reconnecting));
        drag_to(&mut window, 0.6);
        press(&mut window, Key::Space);
        window
    }),
    ("recording fails", |size, theme| {
        let mut window = opened(size, theme, &written("reconnecting", scenes::reconnecting));
        step_to(&mut window, "RECONNECTING");
        window
    }),
    ("recording with gaps", |size, theme| {
        let text = fs::read_to_string(written("reconnecting", scenes::reconnecting)).unwrap();
        let lines = text.lines().enumerate().filter(|(at, _)| at % 17 != 11).map(|(_, line)| line);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("gaps.jsonl");
        fs::write(&file, lines.filter(|line| !line.starts_with("{\"end\"")).collect::<Vec<_>>().join("\n")).unwrap();
        opened(size, theme, &file)
    }),
    ("recording of many", |size, theme| {
        let mut window = opened(size, theme, &written("many", many_attempts));
        drag_to(&mut window, 0.7);
        window
    }),
    ("recording messages", |size, theme| {
        let mut window = opened(size, theme, &written("ten minutes", ten_minutes));
        press(&mut window, Key::Num5);
        window
    }),
    ("recording rates", |size, theme| {
        let mut window = opened(size, theme, &written("ten minutes", ten_minutes));
        press(&mut window, Key::Num6);
        drag_to(&mut window, 0.8);
        window
    }),
    ("recording dropped", |size, theme| {
        let mut window = Window::open(size, theme, scenes::reconnecting);
        dropped::hold(&mut window, 1);
        window
    }),
    ("recording stopped", |size, theme| opened(size, theme, &written("stopped", SCENES_OF_SESSIONS[4].1))),
    ("recording chosen", |size, theme| {
        let mut window = Window::open(size, theme, |_| {});
        enter(&mut window, Path::new("/no/such/recording.jsonl"), Key::O);
        wait_for(&mut window, "cannot be read");
        window
    }),
    ("recording compared", |size, theme| {
        let mut window = opened(size, theme, recorded());
        let (_folder, other) = changed();
        compare(&mut window, &other);
        window
    }),
];

/// A session with the local demo that connects, loses its connection on purpose, comes back and ends.
pub fn recorded() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("playback");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{}.jsonl", std::process::id()));
        let plan = Plan { target: Target::File(file.clone()), limits: Limits::default() };
        let options =
            Options { keychain: KeychainChoice::Memory, seed: Some(7), recording: Some(plan), ..Options::default() };
        let (tell, told) = channel();
        let profile = Profile::local_demo(([127, 0, 0, 1], 0).into());
        let session = Session::start(profile, options, move |_| {
            // Nobody listens any more once the session ends.
            let _ = tell.send(());
        })
        .unwrap();
        let wait = |what: &str, is: fn(&Snapshot) -> bool| {
            let deadline = Instant::now() + LIMIT;
            while !is(&snapshot_of(session.journal())) {
                assert!(told.recv_timeout(deadline - Instant::now()).is_ok(), "{what}: not within {LIMIT:?}");
            }
        };
        let ask = |command| assert!(session.send(command));
        ask(Command::Flow(FlowCommand::Connect));
        wait("connected", |now| matches!(now.status, Status::Connected { .. }));
        let message = r#"{"v":1,"type":"subscribe","channel":"search"}"#;
        ask(Command::Send(JsonObject::parse(message).unwrap()));
        let deadline = Instant::now() + LIMIT;
        while session.journal().with_traffic(|traffic| traffic.data()) != (1, 1) {
            assert!(told.recv_timeout(deadline - Instant::now()).is_ok(), "no answer to the message within {LIMIT:?}");
        }
        ask(Command::Arm(Arming::new(FaultKind::DropConnection.default_parameters(), Some(1))));
        wait("dropped and back", |now| {
            matches!(now.status, Status::Connected { .. }) && now.attempt == Some(AttemptId(1))
        });
        ask(Command::Flow(FlowCommand::Disconnect));
        wait("disconnected", |now| now.status == Status::Idle);
        session.close();
        assert_replayed(&*file);
        file
    })
}

/// The same with another answer in one place.
pub fn changed() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.jsonl");
    let text = fs::read_to_string(recorded()).unwrap();
    assert!(text.contains("\"type\":\"requesting_ticket\""));
    fs::write(&file, text.replacen("\"type\":\"requesting_ticket\"", "\"type\":\"retrying_ticket\"", 1)).unwrap();
    (folder, file)
}

pub fn has(window: &Window, label: &str) -> bool {
    window.harness.query_all_by_label_contains(label).next().is_some()
}

/// Waits until `label` is there: a file is read on another thread.
pub fn wait_for(window: &mut Window, label: &str) {
    let deadline = Instant::now() + LIMIT;
    while !has(window, label) {
        assert!(Instant::now() < deadline, "“{label}” does not come");
        std::thread::sleep(Duration::from_millis(2));
        window.harness.step();
    }
    window.harness.run_ok();
}

pub fn press(window: &mut Window, key: Key) {
    window.harness.key_press_modifiers(Modifiers::COMMAND, key);
    window.harness.run_ok();
}

/// Presses the keys that ask for a file, or clicks Compare…, and enters a path.
pub fn enter(window: &mut Window, file: &Path, key: Key) {
    press(window, key);
    type_path(window, file);
}

fn type_path(window: &mut Window, file: &Path) {
    window.harness.get_by_label("Path").focus();
    window.harness.event(Event::Text(file.to_str().unwrap().to_owned()));
    window.harness.run_ok();
    window.harness.key_press(Key::Enter);
    window.harness.run_ok();
}

/// A window in which a recording was opened, at its end.
pub fn opened(size: [f32; 2], theme: Theme, file: &Path) -> Window {
    let mut window = just_opened(size, theme, file);
    drag_to(&mut window, 1.0);
    window
}

/// The same where opening it leads to.
fn just_opened(size: [f32; 2], theme: Theme, file: &Path) -> Window {
    let mut window = Window::open(size, theme, |session| session.connect());
    enter(&mut window, file, Key::O);
    wait_for(&mut window, "RECORDING");
    window
}

pub fn compare(window: &mut Window, other: &Path) {
    window.harness.get_by_label("Compare…").click();
    window.harness.run_ok();
    window.harness.get_by_label("Path").focus();
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    type_path(window, other);
    wait_for(window, "What differs");
}

/// Goes on from entry to entry, from the beginning, until the verdict begins with `verdict`.
pub fn step_to(window: &mut Window, verdict: &str) {
    drag_to(window, 0.0);
    for _ in 0..2_000 {
        if has(window, &format!("{verdict}:")) && !has(window, &format!("NOT {verdict}:")) {
            return;
        }
        press(window, Key::CloseBracket);
    }
    panic!("{verdict} is not in the recording");
}

/// Puts the pointer down at this share of the time line.
pub fn drag_to(window: &mut Window, share: f32) {
    let line = window.harness.get_by_label_contains("Moment ").rect();
    let at = pos2(line.left() + 6.0 + (line.width() - 12.0) * share, line.center().y);
    for pressed in [true, false] {
        window.harness.event(Event::PointerMoved(at));
        window.harness.event(Event::PointerButton {
            pos: at,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        window.harness.step();
    }
    window.harness.run_ok();
}

/// Whoever opens a recording wants to know what went wrong.
#[test]
fn a_recording_opens_at_its_first_failure() {
    let window = just_opened(SIZE, Theme::Dark, recorded());
    assert!(has(&window, "RECONNECTING: The connection broke — 1006"));
    assert!(!has(&window, "The recording ends here"));
}

#[test]
fn a_path_is_typed_without_a_click_before() {
    let mut window = Window::open(SIZE, Theme::Dark, |session| session.connect());
    press(&mut window, Key::O);
    window.harness.event(Event::Text("/a.har".to_owned()));
    window.harness.run_ok();
    assert_eq!(window.harness.get_by_label("Path").value().as_deref(), Some("/a.har"));
}

#[test]
fn a_recording_is_opened_scrubbed_and_left_again() {
    let mut window = opened(SIZE, Theme::Dark, recorded());
    let end = "NOT CONNECTED: Not connected. The recording ends here: a person had ended the session";
    assert!(has(&window, end) && !has(&window, "Press Connect"), "it ends disconnected, and that is the past");
    assert!(!has(&window, "recording to"), "what is recorded now is another session");
    let connect =
        window.harness.query_all_by_label("Connect").find(|node| node.accesskit_node().role() == Role::Button);
    assert!(connect.unwrap().accesskit_node().is_disabled(), "a recording cannot connect");
    assert!(!has(&window, "is missing"), "it is whole");

    drag_to(&mut window, 0.0);
    assert!(has(&window, "Moment 0:00.000 of") && !has(&window, "[WS] Connected"), "nothing has happened yet");
    assert!(has(&window, "NOT CONNECTED: Not connected. At this moment nothing had begun"));
    assert!(has(&window, "No attempt had begun") && !has(&window, "Press Connect"));
    step_to(&mut window, "CONNECTED");
    assert!(has(&window, "Closes 0") && has(&window, "[WS] Connected"));
    step_to(&mut window, "RECONNECTING");
    assert!(has(&window, "SIMULATED"), "what a fault brought about says so");
    assert!(has(&window, "At this moment the client waited to try again by itself"));
    assert!(has(&window, "The fault “drop-connection” acted here") && has(&window, "Found here: "), "both are marked");
    while window.harness.query_all_by_role(Role::Timer).next().is_none() {
        // The wait is an entry of its own, after that of the end of the connection.
        press(&mut window, Key::CloseBracket);
        assert!(has(&window, "RECONNECTING:"), "no countdown is shown");
    }
    let countdown = |window: &Window| {
        let node = window.harness.get_all_by_role(Role::Timer).next().unwrap();
        node.accesskit_node().label().unwrap_or_default()
    };
    let before = countdown(&window);
    window.session().wait(Duration::from_secs(7));
    window.harness.run();
    assert_eq!(before, countdown(&window), "time stands still");
    assert!(has(&window, "Closes 1") && !has(&window, "NOT CONNECTED:"));

    window.session().flow([ticketscope::model::FlowEvent::Stopped.into()]);
    assert!(has(&window, "RECONNECTING:"), "what the session does is not shown");
    press(&mut window, Key::L);
    assert!(!has(&window, "RECORDING") && !has(&window, "RECONNECTING:"), "it has gone on meanwhile");
    assert!(window.session().sent.borrow().is_empty());
}

#[test]
fn it_plays_to_its_end_and_stops() {
    let mut window = opened(SIZE, Theme::Dark, recorded());
    window.harness.get_by_label("Play at every entry").click();
    window.harness.run_ok();
    press(&mut window, Key::Space);
    assert!(window.harness.query_by_label("Stop playing").is_some());
    wait_for(&mut window, "CONNECTED:");
    let deadline = Instant::now() + LIMIT;
    while window.harness.query_by_label("Play").is_none() {
        assert!(Instant::now() < deadline, "it does not stop");
        window.harness.step();
    }
    assert!(has(&window, "NOT CONNECTED:") && has(&window, "Closes 2"));
}

#[test]
fn the_old_recording_opens() {
    let mut window = Window::open(SIZE, Theme::Dark, |_| {});
    enter(&mut window, Path::new(OLD), Key::O);
    wait_for(&mut window, "1.0.jsonl");
    assert!(has(&window, "RECORDING"));
}

#[test]
fn a_damaged_file_names_its_line_and_the_session_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("broken.jsonl");
    let text = fs::read_to_string(recorded()).unwrap();
    let lines: Vec<_> =
        text.lines().enumerate().map(|(at, line)| if at == 4 { "{\"seq\":oops}" } else { line }).collect();
    fs::write(&file, lines.join("\n")).unwrap();
    let mut window = Window::open(SIZE, Theme::Dark, |session| session.connect());
    enter(&mut window, &file, Key::O);
    wait_for(&mut window, "line 5:");
    assert!(!has(&window, "RECORDING") && has(&window, "CONNECTED:"));
}

#[test]
fn what_is_missing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.jsonl");
    let text = fs::read(recorded()).unwrap();
    fs::write(&file, &text[..text.len() - 30]).unwrap();
    let window = opened(SIZE, Theme::Dark, &file);
    assert!(has(&window, "missing") && has(&window, "was not ended"));
}

#[test]
fn verifying_says_the_same_or_where_it_is_not() {
    let mut window = opened(SIZE, Theme::Dark, recorded());
    window.harness.get_by_label("Verify").click();
    wait_for(&mut window, "Verified: the rules decide the same");
    let (_folder, other) = changed();
    let mut window = opened(SIZE, Theme::Dark, &other);
    window.harness.get_by_label("Verify").click();
    wait_for(&mut window, "Not the same from entry");
}

#[test]
fn the_time_line_obeys_keys_and_screen_readers() {
    let mut window = opened(SIZE, Theme::Dark, &written("ten minutes", ten_minutes));
    let moment = |window: &Window| {
        window.harness.get_by_label_contains("Moment ").accesskit_node().numeric_value().unwrap_or_default()
    };
    let end = moment(&window);
    window.harness.get_by_label_contains("Moment ").focus();
    window.harness.run_ok();
    let after = |window: &mut Window, key: Key| {
        window.harness.key_press(key);
        window.harness.run_ok();
        moment(window) / end
    };
    assert_eq!(after(&mut window, Key::Home), 0.0);
    assert!((after(&mut window, Key::ArrowRight) - 0.01).abs() < 1e-6);
    assert!((after(&mut window, Key::ArrowRight) - 0.02).abs() < 1e-6);
    assert!((after(&mut window, Key::ArrowLeft) - 0.01).abs() < 1e-6);
    assert_eq!(after(&mut window, Key::End), 1.0);
    window.harness.get_by_label_contains("Moment ").decrement_accesskit();
    window.harness.run_ok();
    assert!((moment(&window) / end - 0.99).abs() < 1e-6);
    window.harness.get_by_label_contains("Moment ").increment_accesskit();
    window.harness.run_ok();
    assert!((moment(&window) / end - 1.0).abs() < 1e-6);
    after(&mut window, Key::Space);
    assert!(window.harness.query_by_label("Stop playing").is_some());
}

#[test]
fn a_short_recording_is_in_view_as_a_whole_with_its_signs_and_counts() {
    let mut window = opened([900.0, 600.0], Theme::Dark, recorded());
    press(&mut window, Key::J);
    assert!(!has(&window, "last 60 s"));
    let chart = window.harness.get_by_label("Attempts over time").rect();
    let first = window.harness.get_by_label_contains("Attempt 0: ticket, ").rect();
    let last = window.harness.get_by_label_contains("Attempt 1: open, ").rect();
    let all = first.union(last);
    assert!(chart.contains_rect(all) && all.width() > chart.width() / 2.0, "{all} in {chart}");
    let line = window.harness.get_by_label_contains("Moment ").rect();
    window.harness.hover_at(line.center());
    window.harness.run_steps(6);
    assert!(has(&window, "▼ faults that acted 1"), "as among the attempts");

    let window = opened(SIZE, Theme::Dark, recorded());
    let status = window.harness.get_by_label_contains("Events ").value().unwrap_or_default();
    let events: String = status.chars().filter(char::is_ascii_digit).collect();
    assert!(!events.is_empty() && has(&window, &format!(" {events} events")), "{status}");
}
