//! Files that are dropped onto the window, and files that are no recordings.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{DroppedFile, HoveredFile, Key, Theme};
use egui_kittest::kittest::Queryable as _;

use crate::Window;
use crate::playback::{changed, enter, has, opened, recorded, wait_for};

const SIZE: [f32; 2] = [1360.0, 860.0];

#[derive(Debug)]
struct Dropped(PathBuf);

impl DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(&self.0).map_err(|error| error.to_string())
    }
}

/// Holds files over the window.
pub fn hold(window: &mut Window, count: usize) {
    window.harness.input_mut().hovered_files = vec![HoveredFile::default(); count];
    window.harness.run_ok();
}

fn drop_files(window: &mut Window, files: &[&Path]) {
    let dropped = files.iter().map(|file| Arc::new(Dropped(file.to_path_buf())) as _);
    let input = window.harness.input_mut();
    input.hovered_files.clear();
    input.dropped_files.extend(dropped);
    window.harness.run_ok();
}

fn live() -> Window {
    Window::open(SIZE, Theme::Dark, |session| session.connect())
}

#[test]
fn a_dropped_file_is_opened_and_the_window_says_so_before() {
    let mut window = live();
    let several = "Drop to open them together; two recordings are compared";
    for (count, text) in [(1, "Drop to open"), (2, several), (3, several), (0, "")] {
        hold(&mut window, count);
        assert_eq!(window.harness.query_by_label(text).is_some(), count > 0, "{count} files");
    }
    drop_files(&mut window, &[recorded()]);
    wait_for(&mut window, "RECORDING");
    // Another one takes its place, unless one to compare with is asked for.
    let (_folder, other) = changed();
    window.harness.get_by_label("Compare…").click();
    window.harness.run_ok();
    hold(&mut window, 1);
    assert!(has(&window, "Drop to compare it with the recording that is shown"));
    drop_files(&mut window, &[&other]);
    wait_for(&mut window, "What differs");
    window.harness.key_press(Key::Escape);
    window.harness.run_ok();
    drop_files(&mut window, &[&other]);
    wait_for(&mut window, "· other.jsonl ·");
}

#[test]
fn two_dropped_files_are_compared_and_of_more_the_first_is_opened() {
    let (_folder, other) = changed();
    let mut window = live();
    drop_files(&mut window, &[recorded(), &other]);
    wait_for(&mut window, "What differs");
    assert!(has(&window, "RECORDING") && has(&window, "Show in B"));
    window.harness.key_press(Key::Escape);
    window.harness.run_ok();

    drop_files(&mut window, &[&other, recorded(), recorded()]);
    wait_for(&mut window, "· other.jsonl ·");
    assert!(has(&window, "Only the first file is opened") && !has(&window, "What differs"));
}

#[test]
fn the_second_of_two_may_be_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let second = folder.path().join("other.jsonl");
    fs::create_dir(&second).unwrap();
    let mut window = live();
    drop_files(&mut window, &[recorded(), &second]);
    wait_for(&mut window, "it is a folder");
    assert!(has(&window, "RECORDING"));
}

/// The recording with one change in its text.
fn with(change: impl Fn(&str) -> String) -> Vec<u8> {
    change(&fs::read_to_string(recorded()).unwrap()).into_bytes()
}

/// The line numbered `number`, from 1, is changed.
fn with_line(number: usize, change: impl Fn(&str) -> String) -> Vec<u8> {
    with(|text| {
        let lines = text.lines().enumerate();
        lines.map(|(at, line)| if at + 1 == number { change(line) } else { line.to_owned() } + "\n").collect()
    })
}

#[test]
fn what_is_no_recording_is_refused_in_words_and_the_session_stays() {
    let folder = tempfile::tempdir().unwrap();
    let version = |to: &str| with(|text| text.replacen("{\"format\":\"1.", &format!("{{\"format\":\"{to}."), 1));
    let cases: [(&str, Vec<u8>, &str); 8] = [
        ("empty", Vec::new(), "empty: it is empty"),
        ("binary", (0..=255).cycle().take(70_000).collect(), "binary: it is neither text nor a kind of file"),
        ("no header", with(|text| text.split_once('\n').unwrap().1.to_owned()), "its first line is no header"),
        ("newer", version("2"), "line 1: it has format 2."),
        ("damaged", with_line(5, |_| "{\"seq\":oops}".to_owned()), "line 5: "),
        ("long", with_line(6, |_| "x".repeat(2 << 20)), "line 6: it is too long"),
        (
            "order",
            with_line(9, |line| line.replacen("{\"seq\":7", "{\"seq\":1", 1)),
            "line 9: the entries are not in order",
        ),
        ("blank", with_line(4, |_| String::new()), "line 4: "),
    ];
    let mut window = live();
    let mut refused = |file: &Path, expected: &str| {
        drop_files(&mut window, &[file]);
        wait_for(&mut window, expected);
        assert!(!has(&window, "RECORDING") && has(&window, "CONNECTED:"), "{expected}");
    };
    for (name, bytes, expected) in cases {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        refused(&file, expected);
    }
    refused(&folder.path().join("missing.jsonl"), "No such file");
    refused(folder.path(), "it is a folder");

    // Two gigabytes: one line, and a line behind a good header.
    let before = peak();
    let huge = folder.path().join("huge.jsonl");
    File::create(&huge).unwrap().set_len(2 << 30).unwrap();
    refused(&huge, "it is larger than 1024 MB");
    let mut file = File::create(&huge).unwrap();
    file.write_all(with(|text| text.lines().next().unwrap().to_owned() + "\n").as_slice()).unwrap();
    file.set_len(2 << 30).unwrap();
    refused(&huge, "it has more than 1024 MB");
    assert!(peak() - before < 64 << 10, "the window's memory has grown by {} KiB", peak() - before);
}

/// The most memory that this process has had so far, in KiB (proc(5)); 0 elsewhere.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

#[test]
fn what_can_be_read_in_part_is_shown_and_the_rest_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("part.jsonl");
    let without_end = |text: &str| text.rsplit_once("{\"end\"").unwrap().0.to_owned();
    let cases: [(Vec<u8>, &str); 3] = [
        (with(|text| text[..text.len() - 30].to_owned()), "bytes of a last line that was cut off are lost"),
        (
            with(|text| {
                let newer = text.replacen("{\"format\":\"1.", "{\"format\":\"1.9", 1);
                newer.replacen("{\"end\"", "{\"weather\":\"fine\"}\n{\"end\"", 1)
            }),
            "1 lines were written by a newer version and are not shown",
        ),
        (
            with(|text| {
                let lines = without_end(text);
                let lines = lines.lines().enumerate().filter(|(at, _)| !(10..15).contains(at));
                lines.map(|(_, line)| line.to_owned() + "\n").collect()
            }),
            "5 entries were dropped while recording, the first before line 11",
        ),
    ];
    for (bytes, expected) in cases {
        fs::write(&file, bytes).unwrap();
        let window = opened(SIZE, Theme::Dark, &file);
        assert!(has(&window, expected), "{expected}");
    }
    let mut window = live();
    enter(&mut window, &file, Key::O);
    wait_for(&mut window, "RECORDING");
}
