//! What holds for every recording that a test makes: read and written again it is the same, byte for byte; the
//! client's rules decide the same again; it does not differ from itself. And so it is with its copy in a report.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use ticketscope::journal::recording::{Header, Recording, write_line};
use ticketscope::model::{Entry, Profile};
use ticketscope::replay::{Similarity, Verification, diff, verify};
use ticketscope::report::{Own, Report};

/// Recordings, each with what it is called.
pub struct Made(Vec<(String, Vec<u8>)>);

/// The entries of a session with this profile and seed, as a recording would have them.
impl From<(&Profile, u64, &[Arc<Entry>])> for Made {
    fn from((profile, seed, entries): (&Profile, u64, &[Arc<Entry>])) -> Self {
        let mut bytes = Vec::new();
        write_line(&mut bytes, &Header::new(profile, seed, DateTime::UNIX_EPOCH)).unwrap();
        entries.iter().for_each(|entry| write_line(&mut bytes, &**entry).unwrap());
        Self(vec![("the journal".to_owned(), bytes)])
    }
}

/// A recording, that in a report, or all in a folder.
impl From<&Path> for Made {
    fn from(path: &Path) -> Self {
        let mut made = Vec::new();
        find(path, &mut made);
        Self(made)
    }
}

fn find(path: &Path, made: &mut Vec<(String, Vec<u8>)>) {
    let name = path.display().to_string();
    let end = path.extension().unwrap_or_default();
    if path.is_dir() && !path.is_symlink() {
        fs::read_dir(path).unwrap().for_each(|file| find(&file.unwrap().path(), made));
    } else if end == "jsonl" {
        made.push((name, fs::read(path).unwrap()));
    } else if end == "zip" {
        let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
        let mut bytes = Vec::new();
        archive.by_name("recording.jsonl").unwrap().read_to_end(&mut bytes).unwrap();
        made.push((name, bytes));
    }
}

/// Checks each of them.
pub fn assert_replayed(made: impl Into<Made>) {
    for (name, bytes) in made.into().0 {
        // A program that was killed at once has not written its first line.
        if !bytes.contains(&b'\n') {
            continue;
        }
        let recording = same_again(&name, bytes);
        let report = Report::new(&recording, None, Own::of_this_computer(), recording.header().start);
        let copy = report.files().iter().find(|file| file.name == "recording.jsonl").unwrap();
        let redacted = same_again(&format!("{name}, redacted"), copy.text.as_str().as_bytes().to_vec());
        assert_eq!(redacted.len(), recording.len(), "{name}");
    }
}

fn same_again(name: &str, bytes: Vec<u8>) -> Recording {
    let recording = Recording::from_bytes(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    let lines = recording.lines().filter(|line| line.starts_with("{\"seq\""));
    let mut entries = recording.entries();
    for (line, entry) in lines.zip(entries.by_ref()) {
        assert_eq!(serde_json::to_string(&entry).unwrap(), line, "{name}");
    }
    assert!(entries.next().is_none(), "{name}: more entries than lines");
    drop(entries);
    let verification = verify(&recording);
    assert!(!matches!(verification, Verification::Different(_)), "{name}: {verification}");
    let diff = diff(&recording, &recording, true);
    assert!(diff.result == Similarity::Same && diff.changes().next().is_none(), "{name}: {diff:?}");
    recording
}
