//! Two recordings compared in the window.

use std::fs;
use std::path::PathBuf;

use egui::{Key, Theme};
use egui_kittest::kittest::Queryable as _;
use serde_json::{Value, json};

use crate::playback::{Scene, changed, compare, has, opened, recorded, wait_for};

const SIZE: [f32; 2] = [1360.0, 860.0];

/// What there is to look at.
pub const SCENES: [Scene; 3] = [
    ("recording differs in numbers", |size, theme| {
        let mut window = opened(size, theme, recorded());
        let (_folder, other) = slower();
        compare(&mut window, &other);
        window
    }),
    ("recording differs in a wait", |size, theme| {
        let mut window = opened(size, theme, recorded());
        let (_folder, other) = other_wait();
        compare(&mut window, &other);
        window
    }),
    ("recording differs in nothing", |size, theme| {
        let mut window = opened(size, theme, recorded());
        compare(&mut window, recorded());
        window
    }),
];

/// The same with other values in each entry of this type.
fn edited(kind: &str, mut edit: impl FnMut(&mut Value)) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("other.jsonl");
    let text = fs::read_to_string(recorded()).unwrap();
    let lines = text.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        if line["event"]["type"] == kind {
            edit(&mut line["event"]);
        }
        line.to_string() + "\n"
    });
    let text: String = lines.collect();
    assert!(text.contains(kind));
    fs::write(&file, text).unwrap();
    (folder, file)
}

fn slower() -> (tempfile::TempDir, PathBuf) {
    edited("phase_finished", |event| event["took"] = json!(event["took"].as_u64().unwrap() + 900_000_000))
}

fn other_wait() -> (tempfile::TempDir, PathBuf) {
    edited("backoff_scheduled", |event| {
        event["delay"]["drawn"] = json!(event["delay"]["drawn"].as_u64().unwrap() + 1);
    })
}

#[test]
fn comparing_names_the_step_that_differs_and_leads_there_in_both() {
    let mut window = opened(SIZE, Theme::Dark, recorded());
    let (_folder, other) = changed();
    compare(&mut window, &other);
    assert!(has(&window, "Another course") && has(&window, "steps are the same, then they part"));
    assert!(has(&window, "Requesting WebSocket ticket...") && has(&window, "Retrying request with new token"));
    assert!(has(&window, "Ensuring JWT token exists..."), "the steps before are shown");
    let text = window.copied("Copy the differences");
    assert!(text.contains("B: other.jsonl") && text.contains("what happens: requesting ticket → retrying ticket"));
    assert!(has(&window, "What differs"), "copying does not close it");

    window.harness.get_by_label("Show in A").click();
    window.harness.run_ok();
    assert!(!has(&window, "What differs") && !has(&window, "[WS] Connected"), "its moment is shown");
    window.harness.get_by_label("Differences").click();
    window.harness.run_ok();
    window.harness.get_by_label("Show in B").click();
    wait_for(&mut window, "other.jsonl ·");
    assert!(!has(&window, "What differs") && !has(&window, "[WS] Connected"), "its moment is shown");
    assert!(has(&window, "Retrying request with new token"), "the other recording is shown");
    window.harness.get_by_label("Differences").click();
    window.harness.run_ok();
    window.harness.get_by_label("Show in A").click();
    wait_for(&mut window, &format!("{} ·", recorded().file_name().unwrap().to_string_lossy()));
}

#[test]
fn one_nanosecond_of_a_wait_is_named_with_its_unit_and_nothing_says_that_waits_are_the_same() {
    let mut window = opened(SIZE, Theme::Dark, recorded());
    let (_folder, other) = other_wait();
    compare(&mut window, &other);
    assert!(has(&window, "Another course") && has(&window, "wait, drawn"));
    assert!(has(&window, " ms") && !has(&window, "are the same\n"));
    window.harness.key_press(Key::Escape);
    window.harness.run_ok();
    assert!(!has(&window, "What differs"));
    window.harness.get_by_label("Differences").click();
    window.harness.run_ok();
    assert!(has(&window, "wait, drawn"), "it is not lost");
}

#[test]
fn numbers_that_differ_are_told_and_a_value_leads_to_its_entry() {
    let mut window = opened(SIZE, Theme::Dark, recorded());
    let (_folder, other) = slower();
    compare(&mut window, &other);
    assert!(has(&window, "Same course, other numbers") && has(&window, "upgrade: longest"));
    let value = window.harness.query_all_by_label_contains("upgrade: took").next().is_some();
    assert!(value && !has(&window, "Show in A"));
}

#[test]
fn what_the_other_recording_lacks_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cut.jsonl");
    let text = fs::read(recorded()).unwrap();
    fs::write(&file, &text[..text.len() - 30]).unwrap();
    let mut window = opened(SIZE, Theme::Dark, recorded());
    compare(&mut window, &file);
    assert!(has(&window, "was not ended") && has(&window, "bytes of a last line"));
}
