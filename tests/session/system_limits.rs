//! Limits that the system sets: descriptors, the size of files, pipes, and a clock at the end of every calendar.

use std::fs::File;
use std::process::{Command as Shell, Output};

use ticketscope::diagnosis::{Code, Owner};
use ticketscope::journal::recording::Recording;
use ticketscope::view::SessionView;

use crate::console::home_with;
use crate::script::Script;
use crate::watcher::{Watcher, profile, profile_text};

#[test]
fn without_file_descriptors_this_computer_is_named_and_not_a_firewall() {
    let script = Script::contract();
    let profile = profile(script.address, "[backoff]\nbase = '10ms'\ncap = '20ms'");
    let watcher = Watcher::start(profile.clone());
    watcher.connect();
    watcher.connected(0);
    let limited = Shell::new("prlimit").args(["--pid", &std::process::id().to_string(), "--nofile=256:"]).status();
    assert!(limited.unwrap().success());
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    // The socket's own place becomes free.
    watcher.disconnect();
    watcher.idle();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    watcher.connect();
    watcher.wait("the limit is found", |entries, _| {
        while let Ok(file) = File::open("/dev/null") {
            taken.push(file);
        }
        let view = SessionView::of(profile.clone(), entries.iter().map(|entry| &**entry));
        let problem = view.findings().first().map(|finding| finding.problem.clone())?;
        (problem.code == Code::LocalLimit).then(|| {
            assert_eq!(problem.owner, Owner::User);
            assert!(problem.cause.contains("may open no more files and connections (EMFILE)"), "{problem:?}");
        })
    });
}

#[test]
fn a_file_that_may_not_grow_ends_the_recording_and_not_the_program() {
    let script = Script::contract();
    let home = home_with(&profile_text(script.address, "[timeouts]\nping = '20ms'"));
    let watch = "watch --verbose --keychain memory --profile bench.toml --record small.jsonl --for 20s";
    let mut shell = Shell::new("sh");
    shell.args(["-c", &format!("ulimit -f 8; exec \"$0\" {watch}"), env!("CARGO_BIN_EXE_ticketscope")]);
    shell.current_dir(home.path()).env("HOME", home.path()).stdout(std::process::Stdio::piped());
    let mut program = shell.spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(program.stdout.take().unwrap()));
    let told =
        "small.jsonl: files may not be as large as this (ulimit -f); raise that limit, or record into another file";
    assert!(lines.map_while(Result::ok).any(|line| line.contains(told)), "{:?}", program.wait());
    assert!(program.try_wait().unwrap().is_none(), "it goes on");
    program.kill().unwrap();
    let _ = program.wait();
}

#[test]
fn a_pipe_is_no_file_to_record_into_and_is_not_waited_for() {
    let home = home_with(&profile_text("127.0.0.1:1", ""));
    assert!(Shell::new("mkfifo").arg(home.path().join("pipe")).status().unwrap().success());
    let watch = ["watch", "--keychain", "memory", "--profile", "bench.toml", "--record", "pipe"];
    let output = crate::program::command(home.path(), &watch).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("pipe: that is a pipe, not a file; print the same (--format jsonl), or record into"),
        "{said}"
    );
}

#[test]
fn a_clock_at_the_end_of_every_calendar_does_no_harm() {
    let script = Script::contract();
    for (date, has_demo) in [
        ("9999-12-01 00:00:00", true),
        ("2262-04-11 23:47:14", true),
        ("1970-01-02 00:00:00", true),
        ("+9000y", false),
        ("+200000y", false),
        ("-100y", false),
    ] {
        // With @ the clock goes on from there.
        let date = if date.starts_with(['+', '-']) { date.to_owned() } else { format!("@{date}") };
        let home = home_with(&profile_text(script.address, ""));
        let watch = |service: &[&str]| {
            let mut program = Shell::new("faketime");
            program.args([
                "-f",
                &date,
                env!("CARGO_BIN_EXE_ticketscope"),
                "watch",
                "--keychain",
                "memory",
                "--for",
                "4s",
            ]);
            program.args(service).args(["--record", "here.jsonl"]).current_dir(home.path()).env("HOME", home.path());
            program.output()
        };
        let Ok(output) = watch(&["--profile", "bench.toml"]) else {
            assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "needs faketime");
            return println!("skipped: needs faketime");
        };
        let said =
            |output: &Output| [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let [told, errors] = said(&output);
        assert!(output.status.success() && errors.is_empty(), "{date}: {told} {errors}");
        let recording = Recording::open(&home.path().join("here.jsonl")).unwrap();
        assert!(recording.losses().is_ended && recording.len() > 10, "{date}");
        let output = watch(&[]).unwrap();
        let [told, errors] = said(&output);
        assert_eq!(output.status.success(), has_demo, "{date}: {told} {errors}");
        let expected = if has_demo { "" } else { "this computer's clock shows a time before 1970 or after 9999" };
        assert!(errors.contains(expected) && !errors.contains("panicked"), "{date}: {told} {errors}");
    }
}
