//! What people come for, from the first click to the last, in the real window.

use std::fs;
use std::path::{Path, PathBuf};

use crate::desktop::{Person, program};
use crate::screen::{Contents, Desktop, Screen};

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
fn a_kept_recording_is_renamed_and_another_one_deleted() {
    let Some(screen) = Screen::start("1400x900") else { return };
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".local/state/ticketscope/recordings");
    fs::create_dir_all(&folder).unwrap();
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/1.3.jsonl");
    for name in ["20260101T000000Z-one.jsonl", "20260102T000000Z-two.jsonl"] {
        fs::copy(&kept, folder.join(name)).unwrap();
    }
    let person = Person(Desktop::start_in(screen, program(), home));
    person.sees("CONNECTED:");
    person.0.press("ctrl+o");
    person.0.click("Rename 20260101T000000Z-one");
    person.0.wait("the field for the name", |contents| contents.find("New name").map(drop));
    person.0.click("New name");
    person.0.press("ctrl+a");
    person.0.write("before the release");
    person.0.click("Use this name");
    person.0.wait("the new name", |contents| contents.begins("before the release: ").map(drop));

    person.0.click("Delete… 20260102T000000Z-two");
    person.0.wait("a question", |contents| contents.begins("Delete 20260102T000000Z-two? ").map(drop));
    assert_eq!(files(&folder).len(), 3, "nothing is deleted before the answer");
    person.0.click("Delete the recording");
    let is_gone = |contents: &Contents| contents.begins("20260102T000000Z-two: ").is_none().then_some(());
    person.0.wait("the list without it", is_gone);
    let left: Vec<_> = files(&folder).iter().map(|file| file.file_name().unwrap().to_owned()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert!(left.iter().any(|name| name == "before the release.jsonl"), "{left:?}");
    // The one that is being written cannot be touched.
    let own = left.iter().find(|name| *name != "before the release.jsonl").unwrap().to_str().unwrap();
    let delete = format!("Delete… {}", own.trim_end_matches(".jsonl"));
    person.0.wait("its button", |contents| contents.find(&delete).filter(|button| !button.is_enabled).map(drop));
    person.0.press("Escape");
    person.leaves();
}

#[test]
fn a_second_window_has_a_name_and_a_recording_of_its_own() {
    let (Some(screen), Some(other)) = (Screen::start("1400x900"), Screen::start("1400x900")) else { return };
    let first = Person(Desktop::start(screen, program()));
    first.sees("CONNECTED:");
    let second = Person(Desktop::start_beside(other, program(), &first.0));
    second.0.wait("the start page", |contents| contents.find("What would you like to look at?").map(drop));
    second.0.click("Start the demo");
    second.sees("CONNECTED:");
    assert!(first.0.title().ends_with(" — Ticketscope"), "{}", first.0.title());
    assert!(second.0.title().ends_with(" — Ticketscope 2"), "{}", second.0.title());
    assert_eq!(files(&first.0.home().join(".local/state/ticketscope/recordings")).len(), 2);
    second.leaves();
    first.sees("CONNECTED:");
    first.leaves();
}
