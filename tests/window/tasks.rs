//! What people come for, from the first click to the last, in the real window.

use std::fs;
use std::path::{Path, PathBuf};

use crate::desktop::{Person, program};
use crate::screen::{Desktop, Screen};

/// The files in `folder`, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn qa_runs_a_drill_and_saves_its_result_for_a_build_server() {
    let Some(screen) = Screen::start("1400x900") else { return };
    let person = Person(Desktop::start(screen, program()));
    person.sees("CONNECTED:");
    person.chooses("Drill: Test 1");
    person.0.wait("Test 1 passed", |contents| contents.says("Test 1", ": ✓"));
    person.chooses("Save results as JUnit");
    let saved = person.0.wait("where it is saved", |contents| {
        Some(contents.begins("✓ Saved: ")?.name.trim_start_matches("✓ Saved: ").to_owned())
    });
    let xml = fs::read_to_string(&saved).unwrap();
    assert!(xml.contains("<testsuite") && xml.contains("Test 1") && !xml.contains("<failure"), "{xml}");
    person.leaves();
}

#[test]
fn a_second_window_has_a_name_and_a_recording_of_its_own() {
    let (Some(screen), Some(other)) = (Screen::start("1400x900"), Screen::start("1400x900")) else { return };
    let first = Person(Desktop::start(screen, program()));
    first.sees("CONNECTED:");
    let second = Person(Desktop::start_beside(other, program(), &first.0));
    second.sees("CONNECTED:");
    assert!(first.0.title().ends_with(" — Ticketscope"), "{}", first.0.title());
    assert!(second.0.title().ends_with(" — Ticketscope 2"), "{}", second.0.title());
    assert_eq!(files(&first.0.home().join(".local/state/ticketscope/recordings")).len(), 2);
    second.leaves();
    first.sees("CONNECTED:");
    first.leaves();
}
