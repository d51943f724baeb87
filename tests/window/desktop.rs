//! The real program in a real window: clicked with a pointer, typed into, and read by name and through the clipboard.

use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use ticketscope::journal::recording::Recording;
use tokio::time::Instant;

use crate::LIMIT;
use crate::screen::{Contents, Desktop, Screen};

pub fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    program.args(["--keychain", "memory"]);
    program
}

/// Somebody at the window.
pub struct Person(pub Desktop);

impl Person {
    /// Keeps a picture of the window, for people to look at.
    pub fn keeps_picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../pictures");
        std::fs::create_dir_all(&folder).unwrap();
        self.0.picture().save(folder.join(format!("desktop {name}.png"))).unwrap();
    }

    /// Waits until the line of the verdict begins so.
    #[track_caller]
    pub fn sees(&self, verdict: &str) {
        self.0.wait(verdict, |contents| contents.begins(verdict).map(drop));
    }

    /// Does something by its name in the palette: not everything is in sight.
    #[track_caller]
    pub fn chooses(&self, command: &str) {
        self.0.press("ctrl+k");
        let written = |contents: &Contents| contents.find("Command")?.value.clone();
        self.0.wait("the palette", |contents| written(contents).filter(String::is_empty));
        self.0.write(command);
        self.0.wait("what was typed", |contents| written(contents).filter(|text| text == command));
        self.0.press("Return");
        self.0.wait("the window without the palette", |contents| contents.find("Command").is_none().then_some(()));
    }

    /// Copies the log until it holds these parts, each in a later line than the one before.
    #[track_caller]
    pub fn reads(&self, parts: &[&str]) {
        let deadline = Instant::now() + LIMIT;
        loop {
            self.0.click("Copy");
            let log = self.0.clipboard();
            let mut lines = log.lines();
            let missing = parts.iter().find(|part| !lines.any(|line| line.contains(**part)));
            let Some(missing) = missing else { return };
            assert!(Instant::now() < deadline, "no “{missing}” in this place of the log:\n{log}");
            sleep(Duration::from_millis(100));
        }
    }

    /// Leaves, and is told that all was well.
    pub fn leaves(self) {
        self.0.press("ctrl+q");
        assert_eq!(self.0.end().code(), Some(0));
    }
}

#[test]
fn a_person_breaks_the_demo_in_every_way_and_it_comes_back() {
    let Some(screen) = Screen::start("1400x900") else { return };
    let person = Person(Desktop::start(screen, program()));

    person.sees("CONNECTED:");
    person.keeps_picture("connected");
    let first = [
        "[WS] Ensuring JWT token exists...",
        "[Auth] Fetching JWT token from backend...",
        "[Auth] ✅ JWT token acquired",
        "[WS] JWT ready",
        "[WS] Requesting WebSocket ticket...",
        "[WS] Ticket obtained, connecting to WebSocket...",
        "[WS] Connected",
    ];
    person.reads(&first);

    person.0.click("Corrupt JWT");
    let refresh = [
        "[Auth] Received 401 INVALID_TOKEN, refreshing token... [SIMULATED corrupt-jwt]",
        "[Auth] Fetching JWT token from backend...",
        "[Auth] Retrying request with new token",
        "[WS] Connected",
    ];
    person.reads(&refresh);

    person.0.click("Clear JWT");
    person.reads(
        &[&refresh[..], &["clear-jwt acts", "[Auth] Fetching JWT token from backend...", "[WS] Connected"]].concat(),
    );

    person.chooses("Ticket faults: 3");
    person.0.click("Simulate 503");
    person.sees("RECONNECTING:");
    person.keeps_picture("reconnecting");
    let unavailable = "{ status: 503, error: { code: 'REDIS_UNAVAILABLE' } } [SIMULATED simulate-503]";
    let retry = |attempt: u32| format!("(attempt {attempt})");
    let retries = [retry(1), retry(2), retry(3)];
    person.reads(&[unavailable, &retries[0], unavailable, &retries[1], unavailable, &retries[2], "[WS] Connected"]);

    person.chooses("Drop connection");
    person.reads(&[
        "Disconnected { code: 1006, reason: '', wasClean: false } [SIMULATED drop-connection]",
        "[WS] Connected",
    ]);

    person.chooses("Restart server");
    person.reads(&["Disconnected { code: 1001, reason: 'SERVER_SHUTDOWN', wasClean: true }", "[WS] Connected"]);

    person.sees("CONNECTED:");
    person.0.click("Drop sessionId");
    person.sees("STOPPED:");
    person.keeps_picture("stopped");
    person.reads(&["'MISSING_SESSION' }", "[WS] Ticket request failed: 401 UNAUTHORIZED - stopping reconnect"]);
    person.0.click("New session");
    person.sees("CONNECTED:");

    person.chooses("Block origin");
    person.sees("STOPPED:");
    person.reads(&["[WS] Hard failure - stopping reconnect { code: 1008, reason: 'ORIGIN_BLOCKED', wasClean: true }"]);
    person.chooses("Block origin");
    person.reads(&["block-origin cleared"]);
    person.0.press("ctrl+Return");
    person.sees("CONNECTED:");

    person.chooses("Crash client");
    person.reads(&["[App] The client crashed and is started again", "[WS] Connected"]);
    person.sees("CONNECTED:");
    person.leaves();
}

/// Fails because of its last expectation.
const FAILS: &str = "name = 'Fails on purpose'\nshows = 'x'\nsteps = ['connect', { wait = { status = 'connected' } }]\n\
    expect = [{ status = 'connected' }, { never = { event = 'connected' } }]\n";

#[test]
fn a_person_clears_a_fault_runs_drills_and_looks_into_one_that_failed() {
    let Some(screen) = Screen::start("1400x900") else { return };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/ticketscope/drills");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("fails.toml"), FAILS).unwrap();
    let person = Person(Desktop::start_in(screen, program(), home));
    person.sees("CONNECTED:");

    person.chooses("Block origin");
    person.sees("STOPPED:");
    person.keeps_picture("fault acts");
    person.reads(&["block-origin armed", "block-origin acts", "'ORIGIN_BLOCKED', wasClean: true } [SIMULATED"]);
    person.chooses("Clear all");
    person.reads(&["block-origin cleared"]);
    person.0.press("ctrl+Return");
    person.sees("CONNECTED:");

    person.chooses("Drill: Test 1");
    person.0.wait("Test 1 passed", |contents| contents.says("Test 1", ": ✓"));
    person.keeps_picture("drill passed");

    person.chooses("Drill: Fails on purpose");
    person.0.scroll_to("Run all drills", "never ");
    person.keeps_picture("drill failed");
    person.0.click_until("never ", |contents| contents.find("Drill log").is_some_and(|tab| tab.is_on));
    let deadline = Instant::now() + LIMIT;
    loop {
        person.0.press("ctrl+c");
        let copied = person.0.clipboard();
        if copied.ends_with("[WS] Connected") {
            break;
        }
        assert!(Instant::now() < deadline, "the line that broke the expectation is not selected: {copied}");
        sleep(Duration::from_millis(100));
    }
    person.keeps_picture("drill looked into");
    person.sees("CONNECTED:");
    person.leaves();
}

#[cfg(target_os = "linux")]
#[test]
fn a_window_that_is_closed_during_a_check_ends_with_it() {
    let Some(screen) = Screen::start("1400x900") else { return };
    let person = Person(Desktop::start(screen, program()));
    person.sees("CONNECTED:");
    person.0.press("ctrl+e");
    let begin = Instant::now();
    while !person.0.threads().contains(&"check".to_owned()) {
        assert!(begin.elapsed() < LIMIT, "no check begins: {:?}", person.0.threads());
    }
    person.leaves();
}

#[test]
fn a_recording_gets_another_name_and_is_deleted_after_a_question() {
    let Some(screen) = Screen::start("1400x900") else { return };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".local/state/ticketscope/recordings");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/1.3.jsonl"), folder.join("old.jsonl"))
        .unwrap();
    let person = Person(Desktop::start_in(screen, program(), home));
    person.sees("CONNECTED:");
    person.0.press("ctrl+o");
    person.0.click("Rename old");
    person.0.wait("a field", |contents| contents.find("New name").map(drop));
    person.0.press("ctrl+a");
    person.0.write("ticket 4711");
    person.0.press("Return");
    person.0.wait("its new name", |contents| contents.find("Rename ticket 4711").map(drop));
    assert!(folder.join("ticket 4711.jsonl").exists() && !folder.join("old.jsonl").exists());

    person.0.click("Delete… ticket 4711");
    person.0.wait("a question", |contents| contents.begins("Delete “ticket 4711”?").map(drop));
    person.0.click("Leave it");
    person.0.click("Delete… ticket 4711");
    assert!(folder.join("ticket 4711.jsonl").exists(), "a question deletes nothing");
    person.0.click("Delete the recording");
    person.0.wait("a list without it", |contents| contents.find("Rename ticket 4711").is_none().then_some(()));
    person.0.wait("the other one", |contents| contents.begins("Delete… ").map(drop));
    assert!(!folder.join("ticket 4711.jsonl").exists());
    person.0.press("Escape");
    person.leaves();
}

#[test]
fn a_window_that_the_system_ends_closes_its_socket_and_its_recording() {
    for signal in ["-TERM", "-HUP"] {
        let Some(screen) = Screen::start("1400x900") else { return };
        let person = Person(Desktop::start(screen, program()));
        person.sees("CONNECTED:");
        person.0.signal(signal);
        let status = person.0.end_and(|home| {
            let kept = std::fs::read_dir(home.join(".local/state/ticketscope/recordings")).unwrap();
            let files: Vec<_> = kept.map(|file| file.unwrap().path()).collect();
            assert_eq!(files.len(), 1, "{signal}: {files:?}");
            let recording = Recording::open(&files[0]).unwrap();
            assert!(recording.losses().is_ended, "{signal}");
            let said = std::fs::read_to_string(&files[0]).unwrap();
            assert!(said.contains(r#""type":"disconnected","close":{"code":1000"#), "{signal}: {said}");
        });
        assert!(status.success(), "{signal}");
    }
}

#[test]
fn the_smallest_and_the_largest_window_show_that_all_is_well() {
    let Some(screen) = Screen::start("2560x1440") else { return };
    let person = Person(Desktop::start(screen, program()));
    for (width, height) in [(900, 600), (2_560, 1_440)] {
        person.0.resize(width, height);
        // The bar at the bottom tells that the window has taken its new size in.
        person.0.wait("the window in its new size", |contents| {
            let bar = contents.find("Simulated results are always marked")?.rect;
            let is_near = |edge: f32, end: u32| (end as f32 - 60.0..=end as f32).contains(&edge);
            (is_near(bar.right(), width) && is_near(bar.bottom(), height)).then_some(())
        });
        person.sees("CONNECTED:");
        person.keeps_picture(&format!("{width}x{height}"));
    }
    person.leaves();
}
