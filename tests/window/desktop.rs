//! The real program in a real window: clicked with a pointer, read through the clipboard and the screen.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use egui::Theme;
use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use image::{Rgb, RgbImage};
use tokio::time::Instant;

use crate::Window;
use crate::desktop_support::{Desktop, Screen};
use crate::scenes::SCENES;

const SIZE: [f32; 2] = [1360.0, 860.0];
/// The dot of the verdict.
const DOT: (u32, u32) = (24, 86);
/// The same in a narrow window.
const NARROW_DOT: (u32, u32) = (24, 61);
/// The ground of the button that connects and disconnects.
const BUTTON: (u32, u32) = (676, 30);
const LIMIT: Duration = Duration::from_secs(40);

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    program.args(["--keychain", "memory"]);
    program
}

/// A colour of the dark theme.
fn colour(name: &str) -> Rgb<u8> {
    let theme: toml::Table = include_str!("../../assets/theme-dark.toml").parse().unwrap();
    let hex = u32::from_str_radix(&theme[name].as_str().unwrap()[1..], 16).unwrap().to_be_bytes();
    Rgb([hex[1], hex[2], hex[3]])
}

fn keep(picture: &RgbImage, name: &str) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../pictures");
    std::fs::create_dir_all(&folder).unwrap();
    picture.save(folder.join(format!("desktop {name}.png"))).unwrap();
}

/// Somebody at the window, who finds a button where the same window without a screen has it.
struct Person {
    desktop: Desktop,
    map: Window,
}

impl Person {
    fn click(&self, label: &str) {
        let mut nodes = self.map.harness.query_all_by_label(label);
        let node = nodes.find(|node| node.accesskit_node().role() != Role::Label).expect(label);
        let center = node.rect().center();
        self.desktop.click((center.x, center.y));
    }

    /// Breaks something through the palette: not every fault is in sight.
    fn breaks(&self, fault: &str) {
        self.desktop.press("ctrl+k");
        // The palette is there once the window behind it is dimmed.
        let Rgb(primary) = colour("primary");
        self.desktop.wait_for_colour(BUTTON, Rgb(primary.map(|channel| (f32::from(channel) * 0.37) as u8)));
        self.desktop.write(fault);
        self.desktop.press("Return");
        self.desktop.wait_for_colour(BUTTON, Rgb(primary));
    }

    fn sees(&self, tone: &str) -> RgbImage {
        self.desktop.wait_for_colour(DOT, colour(tone))
    }

    /// Copies the log until it holds these parts, each in a later line than the one before.
    fn reads(&self, parts: &[&str]) {
        let deadline = Instant::now() + LIMIT;
        loop {
            self.click("Copy");
            let log = self.desktop.clipboard();
            let mut lines = log.lines();
            let missing = parts.iter().find(|part| !lines.any(|line| line.contains(**part)));
            let Some(missing) = missing else { return };
            assert!(Instant::now() < deadline, "no “{missing}” in this place of the log:\n{log}");
        }
    }
}

#[test]
fn a_person_breaks_the_demo_in_every_way_and_it_comes_back() {
    let Some(screen) = Screen::start("1400x900") else { return };
    let connected = SCENES.iter().find(|(name, _)| *name == "connected").unwrap().1;
    let map = Window::open(SIZE, Theme::Dark, connected);
    let person = Person { desktop: Desktop::start(screen, program()), map };

    keep(&person.sees("good"), "connected");
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

    person.click("Corrupt JWT");
    let refresh = [
        "[Auth] Received 401 INVALID_TOKEN, refreshing token... [SIMULATED corrupt-jwt]",
        "[Auth] Fetching JWT token from backend...",
        "[Auth] Retrying request with new token",
        "[WS] Connected",
    ];
    person.reads(&refresh);

    person.click("Clear JWT");
    person.reads(
        &[&refresh[..], &["clear-jwt acts", "[Auth] Fetching JWT token from backend...", "[WS] Connected"]].concat(),
    );

    person.breaks("Ticket faults: 3");
    person.click("Simulate 503");
    keep(&person.sees("warn"), "reconnecting");
    let unavailable = "{ status: 503, error: { code: 'REDIS_UNAVAILABLE' } } [SIMULATED simulate-503]";
    let retry = |attempt: u32| format!("(attempt {attempt})");
    let retries = [retry(1), retry(2), retry(3)];
    person.reads(&[unavailable, &retries[0], unavailable, &retries[1], unavailable, &retries[2], "[WS] Connected"]);

    person.breaks("Drop connection");
    person.reads(&[
        "Disconnected { code: 1006, reason: '', wasClean: false } [SIMULATED drop-connection]",
        "[WS] Connected",
    ]);

    person.breaks("Restart server");
    person.reads(&["Disconnected { code: 1001, reason: 'SERVER_SHUTDOWN', wasClean: true }", "[WS] Connected"]);

    person.sees("good");
    person.click("Drop sessionId");
    keep(&person.sees("bad"), "stopped");
    person.reads(&["'MISSING_SESSION' }", "[WS] Ticket request failed: 401 UNAUTHORIZED - stopping reconnect"]);
    person.click("New session");
    person.sees("good");

    person.breaks("Block origin");
    person.sees("bad");
    person.reads(&["[WS] Hard failure - stopping reconnect { code: 1008, reason: 'ORIGIN_BLOCKED', wasClean: true }"]);
    person.breaks("Block origin");
    person.reads(&["block-origin cleared"]);
    person.desktop.press("ctrl+Return");
    person.sees("good");

    person.breaks("Crash client");
    person.sees("bad");
    person.reads(&["[App] The client crashed and is started again", "[WS] Connected"]);

    person.desktop.press("ctrl+q");
    assert_eq!(person.desktop.end().code(), Some(0));
}

/// Where the drills are listed.
const DRILLS: (std::ops::Range<u32>, std::ops::Range<u32>) = (1_090..1_350, 520..830);

/// Fails because of its last expectation.
const FAILS: &str = "name = 'Fails on purpose'\nshows = 'x'\nsteps = ['connect', { wait = { status = 'connected' } }]\n\
    expect = [{ status = 'connected' }, { never = { event = 'connected' } }]\n";

impl Person {
    /// Waits for something in this colour in the list of drills; returns its lowest place.
    fn finds_in_drills(&self, tone: &str) -> (u32, u32) {
        let (colour, deadline) = (colour(tone), Instant::now() + LIMIT);
        let is_close = |pixel: &Rgb<u8>| pixel.0.iter().zip(colour.0).all(|(seen, wanted)| seen.abs_diff(wanted) < 48);
        loop {
            let picture = self.desktop.picture();
            let places = DRILLS.1.rev().flat_map(|y| DRILLS.0.map(move |x| (x, y)));
            if let Some(place) = places.into_iter().find(|&(x, y)| is_close(picture.get_pixel(x, y))) {
                return place;
            }
            assert!(Instant::now() < deadline, "nothing {tone} in the list of drills");
        }
    }
}

#[test]
fn a_person_clears_a_fault_runs_drills_and_looks_into_one_that_failed() {
    let Some(screen) = Screen::start("1400x900") else { return };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".config/ticketscope/drills");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("fails.toml"), FAILS).unwrap();
    let connected = SCENES.iter().find(|(name, _)| *name == "connected").unwrap().1;
    let map = Window::open(SIZE, Theme::Dark, connected);
    let person = Person { desktop: Desktop::start_in(screen, program(), home), map };
    person.sees("good");

    person.breaks("Block origin");
    keep(&person.sees("bad"), "fault acts");
    person.reads(&["block-origin armed", "block-origin acts", "'ORIGIN_BLOCKED', wasClean: true } [SIMULATED"]);
    person.breaks("Clear all");
    person.reads(&["block-origin cleared"]);
    person.desktop.press("ctrl+Return");
    person.sees("good");

    person.breaks("Drill: Test 1");
    person.finds_in_drills("good");
    keep(&person.desktop.picture(), "drill passed");

    person.breaks("Drill: Fails on purpose");
    person.desktop.scroll_down((1_200.0, 700.0));
    let (x, y) = person.finds_in_drills("bad");
    keep(&person.desktop.picture(), "drill failed");
    person.desktop.click((x as f32, y as f32));
    let deadline = Instant::now() + LIMIT;
    loop {
        person.desktop.press("ctrl+c");
        let copied = person.desktop.clipboard();
        if copied.ends_with("[WS] Connected") {
            break;
        }
        assert!(Instant::now() < deadline, "the line that broke the expectation is not selected: {copied}");
    }
    keep(&person.desktop.picture(), "drill looked into");
    person.sees("good");
    person.desktop.press("ctrl+q");
    assert_eq!(person.desktop.end().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_window_that_is_closed_during_a_check_ends_with_it() {
    let Some(screen) = Screen::start("1400x900") else { return };
    let desktop = Desktop::start(screen, program());
    desktop.wait_for_colour(DOT, colour("good"));
    desktop.press("ctrl+e");
    let begin = Instant::now();
    while !desktop.threads().contains(&"check".to_owned()) {
        assert!(begin.elapsed() < LIMIT, "no check begins: {:?}", desktop.threads());
    }
    desktop.press("ctrl+q");
    assert_eq!(desktop.end().code(), Some(0));
}

#[test]
fn the_smallest_and_the_largest_window_show_that_all_is_well() {
    let Some(screen) = Screen::start("2560x1440") else { return };
    let desktop = Desktop::start(screen, program());
    for ((width, height), dot) in [((900, 600), NARROW_DOT), ((2_560, 1_440), DOT)] {
        desktop.resize(width, height);
        // The bar at the bottom tells that the window has taken its new size in.
        desktop.wait_for_colour((width - 4, height - 4), colour("status_bar"));
        let picture = desktop.wait_for_colour(dot, colour("good"));
        keep(&picture, &format!("{width}x{height}"));
    }
    desktop.press("ctrl+q");
    assert_eq!(desktop.end().code(), Some(0));
}
