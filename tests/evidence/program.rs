//! `ticketscope open` as a shell sees it.

use std::process::{Command, Output, Stdio};

use crate::kit::sample;

fn open(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    let home = tempfile::tempdir().unwrap();
    command.arg("open").args(arguments).env("HOME", home.path()).env("TZ", "UTC");
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_verdict_the_answer_and_the_facts_are_printed_and_the_exit_code_tells() {
    let file = sample("chrome-ticket503.har");
    let output = open(&[file.to_str().unwrap()]);
    let text = out(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for says in [
        "HAR of Chrome or Edge",
        "503 REDIS_UNAVAILABLE",
        "Not in these files:",
        "Answer for the user:",
        "For operations:",
        "trace id: 2a598ca5",
        "who can fix it: operations",
        "cause: ",
    ] {
        assert!(text.contains(says), "no {says:?} in {text}");
    }
    assert_eq!(open(&[sample("firefox-ok.har").to_str().unwrap()]).status.code(), Some(0));
    let foreign = open(&["/dev/null"]);
    assert_eq!(foreign.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&foreign.stderr).contains("/dev/null")
            || String::from_utf8_lossy(&foreign.stderr).contains("null")
    );
}

#[test]
fn standard_input_and_json() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    let file = std::fs::File::open(sample("firefox-origin.console.txt")).unwrap();
    let output = command.args(["open", "-", "--format", "json"]).stdin(Stdio::from(file)).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let json: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(json["verdict"]["findings"][0]["code"], "origin-blocked");
    assert!(json["support"]["answer"].as_str().unwrap().contains("does not accept the address"));
}

#[test]
fn a_saved_timeline_is_a_recording_of_which_nothing_can_be_verified() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("opened.jsonl");
    let output = open(&[sample("chrome-upgrade401.har").to_str().unwrap(), "--save", saved.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let run = |arguments: &[&str]| Command::new(env!("CARGO_BIN_EXE_ticketscope")).args(arguments).output().unwrap();
    let saved = saved.to_str().unwrap();
    assert_eq!(run(&["replay", saved]).status.code(), Some(0));
    assert_eq!(run(&["replay", "--verify", saved]).status.code(), Some(2), "nobody knows what the machine was told");
    assert_eq!(run(&["diff", saved, saved]).status.code(), Some(0));
    let report = folder.path().join("report.zip");
    assert_eq!(run(&["report", saved, "-o", report.to_str().unwrap()]).status.code(), Some(0));
    assert_eq!(open(&[report.to_str().unwrap()]).status.code(), Some(1));
}

#[test]
fn a_clean_copy_is_written_and_opens() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("clean.har");
    let file = sample("chrome-upgrade401.har");
    let output = open(&[file.to_str().unwrap(), "--clean", "-o", copy.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(!std::fs::read_to_string(&copy).unwrap().contains("d290456d31e7c5f51cc5ab2f5315276e"));
    assert_eq!(open(&[copy.to_str().unwrap()]).status.code(), Some(1));
}

#[test]
fn files_are_opened_by_the_bare_command_and_on_the_console_where_there_is_no_display() {
    let bare = |argument: &str| {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
        command.arg(argument).env("HOME", home.path()).env("XDG_RUNTIME_DIR", home.path());
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET").output().unwrap()
    };
    let output = bare(sample("chrome-ticket503.har").to_str().unwrap());
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(out(&output).contains("503 REDIS_UNAVAILABLE") && out(&output).contains("Answer for the user"));
    let output = bare("wacth");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no such file and no such command"));
}
