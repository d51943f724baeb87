//! Recordings that the real program makes, until it is killed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use ticketscope::journal::recording::{Limits, Plan, Recording, Target};
use ticketscope::model::{Backoff, Delay, Entry, Event, FlowCommand, FlowEvent, Moment, RecordingState};
use ticketscope::replay::{Playback, Verification, verify};
use ticketscope::session::{Command, Engine as _, KeychainChoice, Options, Session};
use ticketscope::view::{SessionView, Standpoint};
use tokio::time::Instant;

use crate::program::{Program, command};
use crate::watcher::{LIMIT, profile, snapshot_of};

/// Kills; `TICKETSCOPE_KILLS` asks for more.
const KILLS: u64 = 12;
/// What a kill may cost.
const LOSS: Duration = Duration::from_millis(100);

/// Nobody listens there, and the client hardly waits: something happens all the time.
const BUSY: &str = "name = 'Busy'\napi = 'http://127.0.0.1:1'\nwebsocket = 'ws://127.0.0.1:1'\n\
                    origin = 'http://localhost'\n[backoff]\nbase = '10ms'\ncap = '20ms'\n";

fn is_verified(recording: &Recording) -> bool {
    matches!(verify(recording), Verification::Same { inputs: 1.., .. })
}

/// What is in this folder of the recordings that are kept.
fn kept(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(folder);
    fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}

#[test]
fn old_recordings_stay_readable() {
    let files: Vec<_> = kept("").into_iter().filter(|file| file.is_file()).collect();
    assert!(!files.is_empty());
    for file in files {
        let recording = Recording::open(&file).unwrap();
        assert_eq!(file.file_stem().unwrap().to_str(), Some(&*recording.header().format.to_string()));
        assert!(recording.len() > 20 && recording.losses().is_ended && is_verified(&recording));
    }
}

/// Whatever the format in which it was written, what is found in a recording stays the same.
#[test]
fn what_was_found_in_old_recordings_is_found_still() {
    let found = |format: &str| {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recordings/{format}.jsonl"));
        let playback = Playback::open(&file, |_, _| {}).unwrap();
        let marks = playback.marks().findings(Moment::START, playback.end());
        let marks: Vec<_> = marks.map(|mark| format!("{} {}", mark.seq, mark.code)).collect();
        marks.join(", ")
    };
    assert_eq!(found("1.0"), "");
    assert_eq!(found("1.1"), "23 ticket-store-down");
    assert_eq!(found("1.2"), "");
    assert_eq!(
        found("1.3"),
        "26 ticket-store-down, 60 connection-lost, 102 server-closed, 127 flapping, 127 server-closed"
    );
}

/// Format 1.2 told causes in sentences. Each file is called after what its own program found first.
#[test]
fn sentences_of_earlier_versions_become_the_causes_that_they_were() {
    let files = kept("1.2");
    assert!(files.len() > 40);
    for file in files {
        let recording = Recording::open(&file).unwrap();
        let mut view = SessionView::recorded(recording.header().profile.clone());
        recording.entries().for_each(|entry| view.apply(&entry));
        let verdict = view.verdict(Standpoint::Report);
        let found = verdict.code().map(|code| code.to_string());
        assert_eq!(found.as_deref(), file.file_stem().unwrap().to_str());
        let verified = verify(&recording);
        assert!(!matches!(verified, Verification::Different(_)), "{}: {verified}", file.display());
    }
}

/// What a file says of its profile is a stranger's text like any other.
#[test]
fn a_files_profile_cannot_write_to_the_terminal() {
    let home = tempfile::tempdir().unwrap();
    let kept = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/1.2.jsonl")).unwrap();
    let (header, entries) = kept.split_once('\n').unwrap();
    let written = |name: &str, said: &str| {
        let mut header: Value = serde_json::from_str(header).unwrap();
        let profile = &mut header["profile"];
        profile["name"] = said.into();
        profile["endpoints"]["socket"]["query"] = said.into();
        profile["classify"]["hard_reasons"] = json!([said]);
        profile["classify"]["refresh_codes"] = json!([said]);
        profile["tls"]["extra_roots"] = json!([format!("/etc/{said}.pem")]);
        let file = home.path().join(name);
        fs::write(&file, format!("{header}\n{entries}")).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}";
    let (one, two) = (written("one.jsonl", evil), written("two.jsonl", &format!("{evil}2")));
    for arguments in [
        &["replay", "--verbose", &one][..],
        &["replay", "--verify", &one],
        &["diff", &one, &two],
        &["diff", "--exact", &one, &two],
        &["report", &one, "--output", home.path().join("r.zip").to_str().unwrap()],
    ] {
        let told = command(home.path(), arguments).output().unwrap();
        for said in [told.stdout, told.stderr] {
            let said = String::from_utf8(said).unwrap();
            let escape = said.chars().find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
            assert_eq!(escape, None, "{arguments:?}: {said}");
        }
    }
    let told = command(home.path(), &["diff", &one, &two]).output().unwrap();
    assert!(String::from_utf8(told.stdout).unwrap().contains("owned"), "the control: it is shown, escaped");
}

#[test]
fn a_session_is_recorded_verified_and_compared() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("one.jsonl");
    let name = file.to_str().unwrap();
    let arguments = ["watch", "--keychain", "memory", "--until", "connected", "--record", name];
    let ended = Program::start_in(home, &arguments).end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    let run = |arguments: &[&str]| command(ended.home.path(), arguments).output().unwrap();
    let verified = run(&["replay", "--verify", name]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    let shown = String::from_utf8(run(&["replay", name]).stdout).unwrap();
    assert!(shown.contains("[WS] Connected") && shown.contains(" s [WS]"), "{shown}");
    assert_eq!(run(&["diff", name, name]).status.code(), Some(0));

    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"what\":\"ticket_answered\""), "{text}");
    let other = ended.home.path().join("two.jsonl");
    fs::write(&other, text.replace("\"type\":\"requesting_ticket\"", "\"type\":\"retrying_ticket\"")).unwrap();
    let other = other.to_str().unwrap();
    assert_eq!(run(&["replay", "--verify", other]).status.code(), Some(1));
    assert_eq!(run(&["diff", name, other]).status.code(), Some(1));
    fs::write(other, "<html>").unwrap();
    let refused = run(&["replay", other]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("line 1: this is not a recording"));
}

const WHOLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/1.1.jsonl");

/// The recording with one value changed: `from` is the first text of its kind.
fn with(folder: &Path, from: &str, to: &str) -> String {
    let text = fs::read_to_string(WHOLE).unwrap();
    assert!(text.contains(from), "{from}");
    let file = folder.join("changed.jsonl");
    fs::write(&file, text.replacen(from, to, 1)).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn what_a_recording_lacks_is_told_when_it_is_verified_and_compared() {
    let home = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| command(home.path(), arguments).output().unwrap();
    let said = |arguments: &[&str]| String::from_utf8(run(arguments).stdout).unwrap();
    let text = fs::read_to_string(WHOLE).unwrap();
    let file = home.path().join("cut.jsonl");
    let cut = file.to_str().unwrap();
    fs::write(&file, &text[..text.len() - 30]).unwrap();
    let verified = said(&["replay", "--verify", cut]);
    assert!(verified.starts_with("As far as it goes: Same") && verified.contains("was not ended"), "{verified}");
    assert!(verified.contains("bytes of a last line that was cut off"), "{verified}");
    assert!(said(&["replay", "--verify", "--format", "json", cut]).contains("\"is_ended\":false"));
    let compared = run(&["diff", WHOLE, cut]);
    let words = String::from_utf8(compared.stdout).unwrap();
    assert!(words.contains("B is not whole: the recording was not ended"), "{words}");
    assert!(words.contains("B the recording stops here"), "nobody knows what the client did then: {words}");
    assert_eq!(compared.status.code(), Some(1));

    let without_end = text.lines().filter(|line| !line.starts_with("{\"end\"")).collect::<Vec<_>>().join("\n") + "\n";
    fs::write(&file, without_end).unwrap();
    assert!(said(&["replay", "--verify", cut]).contains("was not ended"));
    assert_eq!(run(&["diff", WHOLE, cut]).status.code(), Some(1));
}

#[test]
fn diff_tells_another_course_from_other_numbers_and_from_noise() {
    let home = tempfile::tempdir().unwrap();
    let took = fs::read_to_string(WHOLE).unwrap();
    let took = took.split("\"took\":").nth(1).unwrap().split(',').next().unwrap().to_owned();
    let field = format!("\"took\":{took},");
    let other = |more: u64| format!("\"took\":{},", took.parse::<u64>().unwrap() + more);
    for (to, exact, code, expected) in [
        (other(9_000_000_000), false, 1, "Same course, other numbers"),
        (other(1), false, 0, "Same course: "),
        (other(1), true, 1, "Same course, other numbers: "),
        (field.clone(), true, 0, "Same course: "),
    ] {
        let changed = with(home.path(), &field, &to);
        let mut arguments = vec!["diff", WHOLE, &changed];
        arguments.extend(exact.then_some("--exact"));
        let output = command(home.path(), &arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.code() == Some(code) && text.starts_with(expected), "{to} {exact}: {text}");
        assert_eq!(code == 1, text.contains("took: "), "the value is named: {text}");
    }
    let changed = with(home.path(), "\"type\":\"requesting_ticket\"", "\"type\":\"retrying_ticket\"");
    let output = command(home.path(), &["diff", WHOLE, &changed]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && text.starts_with("Another course: "), "{text}");
    let steps = ["The last steps that are the same", "what happens: requesting ticket → retrying ticket"];
    assert!(steps.iter().all(|step| text.contains(step)) && !text.contains('{'), "{text}");
}

#[test]
fn whoever_has_read_enough_may_go() {
    let home = tempfile::tempdir().unwrap();
    let report = home.path().join("report.zip");
    for arguments in [
        &["herd", "--clients", "200", "--outage", "1s"][..],
        &["herd", "--clients", "200", "--outage", "1s", "--format", "json"],
        &["drill", "--list"],
        &["diff", WHOLE, WHOLE],
        &["replay", WHOLE],
        &["replay", "--verify", WHOLE],
        &["report", WHOLE, "-o", report.to_str().unwrap()],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(home.path(), arguments).stdout(writer).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*errors), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_changed_backoff_rules_the_next_wait_and_is_replayed_as_recorded() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("edited.jsonl");
    let (tell, told) = std::sync::mpsc::channel();
    let plan = Plan { target: Target::File(file.clone()), limits: Limits::default() };
    let options = Options { keychain: KeychainChoice::Memory, recording: Some(plan), ..Options::default() };
    // Nobody listens there.
    let profile = profile("127.0.0.1:1", "[backoff]\nbase = '50ms'\njitter = 0.0");
    let session = Session::start(profile, options, move |_| {
        let _ = tell.send(());
    })
    .unwrap();
    let wait_for = |session: &Session, what: &str, is: &dyn Fn(&Delay) -> bool| {
        let begin = Instant::now();
        loop {
            let delay = snapshot_of(session.journal()).delays.back().copied();
            if let Some(delay) = delay.filter(|delay| is(delay)) {
                return delay;
            }
            let left = LIMIT.checked_sub(begin.elapsed()).unwrap_or_else(|| panic!("no {what} within {LIMIT:?}"));
            let _ = told.recv_timeout(left);
        }
    };
    assert!(session.send(Command::Flow(FlowCommand::Connect)));
    let before = wait_for(&session, "wait by the profile's rule", &|delay| delay.retry == 2);
    assert_eq!(before.wait, Duration::from_millis(100));
    let rule = Backoff { base: Duration::from_millis(17), factor: 1.0, jitter: 0.0, ..Backoff::default() };
    assert!(session.send(Command::SetBackoff(rule)));
    let after = wait_for(&session, "wait by the edited rule", &|delay| delay.nominal == Duration::from_millis(17));
    assert!(after.retry > before.retry && after.wait == Duration::from_millis(17), "{after:?}");
    session.close();

    let recording = Recording::open(&file).unwrap();
    let is_edit = |entry: &Entry| matches!(entry.event, Event::Flow(FlowEvent::BackoffChanged { .. }));
    assert!(recording.entries().any(|entry| is_edit(&entry)), "the edit is recorded");
    assert!(is_verified(&recording), "{:?}", verify(&recording));
}

#[test]
fn a_session_of_which_nothing_was_asked_leaves_no_recording() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("recordings");
    let plan = Plan { target: Target::Folder(folder.clone()), limits: Limits::default() };
    let options = Options { keychain: KeychainChoice::Memory, recording: Some(plan), ..Options::default() };
    let start = || Session::start(profile("127.0.0.1:1", ""), options.clone(), |_| {}).unwrap();
    start().close();
    let kept = || fs::read_dir(&folder).into_iter().flatten().count();
    assert_eq!(kept(), 0);
    let session = start();
    session.send(Command::Flow(FlowCommand::Connect));
    session.close();
    assert_eq!(kept(), 1, "the control: one that was asked for something is kept");
}

#[test]
fn a_recording_that_is_switched_off_ends_and_nothing_more_is_written() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("recordings");
    let (tell, told) = std::sync::mpsc::channel();
    let plan = Plan { target: Target::Folder(folder.clone()), limits: Limits::default() };
    let options = Options { keychain: KeychainChoice::Memory, recording: Some(plan), ..Options::default() };
    let profile = profile("127.0.0.1:1", "[backoff]\nbase = '20ms'\ncap = '20ms'");
    let session = Session::start(profile, options, move |_| {
        let _ = tell.send(());
    })
    .unwrap();
    let wait_for = |is: &dyn Fn(&Session) -> bool| {
        while !is(&session) {
            told.recv_timeout(LIMIT).unwrap();
        }
    };
    let waits = |session: &Session| snapshot_of(session.journal()).delays.back().map_or(0, |delay| delay.retry);
    session.send(Command::Flow(FlowCommand::Connect));
    wait_for(&|session| matches!(snapshot_of(session.journal()).recording, RecordingState::On { .. }));
    wait_for(&|session| waits(session) >= 2);
    session.stop_recording();
    wait_for(&|session| snapshot_of(session.journal()).recording == RecordingState::Off);
    let file = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let begin = Instant::now();
    while !Recording::open(&file).is_ok_and(|recording| recording.losses().is_ended) {
        assert!(begin.elapsed() < LIMIT, "the file has no end");
    }
    let ended = fs::read(&file).unwrap();
    let before = waits(&session);
    wait_for(&|session| waits(session) >= before + 10);
    session.close();
    assert!(fs::read(&file).unwrap() == ended, "something was written after it was switched off");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
    assert!(is_verified(&Recording::open(&file).unwrap()));
}

#[test]
fn a_killed_program_leaves_a_recording_that_lacks_a_tenth_of_a_second_at_most() {
    let number = |name| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let mut lost = Vec::new();
    for kill in 0..number("TICKETSCOPE_KILLS").unwrap_or(KILLS) {
        let home = tempfile::tempdir().unwrap();
        let (profile, file) = (home.path().join("busy.toml"), home.path().join("killed.jsonl"));
        fs::write(&profile, BUSY).unwrap();
        let (profile, name) = (profile.to_str().unwrap(), file.to_str().unwrap());
        let arguments = ["watch", "--keychain", "memory", "--format", "jsonl", "--profile", profile, "--record", name];
        let mut program = Program::start_in(home, &arguments);
        program.line("\"type\":\"recording\"");
        // Any moment will do, as long as it is another one each time.
        std::thread::sleep(Duration::from_micros(kill * 7_919 % 150_000));
        program.signal("-KILL");
        let ended = program.end();
        let recording = Recording::open(&file).unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        // It may have come before the machine was told anything.
        let verification = verify(&recording);
        assert!(!matches!(verification, Verification::Different(_)), "kill {kill}: {verification:?}");
        let printed = ended.lines.iter().rev().find_map(|line| serde_json::from_str::<Entry>(line).ok()).unwrap();
        let recorded = recording.entries().last().map_or(Moment::START, |entry| entry.elapsed);
        lost.push(printed.elapsed.since(recorded));
    }
    lost.sort();
    println!("lost at most {:?}, in the middle {:?}, of {} kills", lost.last(), lost[lost.len() / 2], lost.len());
    assert!(lost.last().is_some_and(|lost| *lost <= LOSS), "{lost:?}");
}
