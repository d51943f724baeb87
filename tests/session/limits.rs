//! What a recording does when there is no room for it: the person is told in words, the connection goes on, and what
//! is on the disk opens.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command as Shell, Output};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use ticketscope::clock::utc_now;
use ticketscope::diagnosis::{Code, Owner};
use ticketscope::journal::recording::{Limits, Plan, Recording, Target};
use ticketscope::model::{FlowCommand, Profile, RecordingState};
use ticketscope::session::{Command, Engine as _, KeychainChoice, Options, Session};
use ticketscope::view::{SessionView, Status};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::console::home_with;
use crate::program::Program;
use crate::script::{Script, Step};
use crate::watcher::{LIMIT, Watcher, profile, profile_text, snapshot_of};

/// A session with the local demo or another profile, and news of it.
struct Recorded {
    session: Session,
    told: Receiver<()>,
}

impl Recorded {
    fn start(profile: Profile, target: Target, limits: Limits) -> Self {
        let (tell, told) = channel();
        let plan = Plan { target, limits };
        let options = Options { keychain: KeychainChoice::Memory, recording: Some(plan), ..Options::default() };
        let session = Session::start(profile, options, move |_| {
            let _ = tell.send(());
        });
        Self { session: session.unwrap(), told }
    }

    fn demo(target: Target, limits: Limits) -> Self {
        Self::start(Profile::local_demo(([127, 0, 0, 1], 0).into()), target, limits)
    }

    fn ask(&self, command: FlowCommand) {
        assert!(self.session.send(Command::Flow(command)));
    }

    fn wait(&self, what: &str, is: impl Fn(&Session) -> bool) {
        let begin = Instant::now();
        while !is(&self.session) {
            let left = LIMIT.checked_sub(begin.elapsed()).unwrap_or_else(|| panic!("no {what} within {LIMIT:?}"));
            let _ = self.told.recv_timeout(left);
        }
    }

    fn connect_anew(&self) {
        let is_open = |session: &Session| matches!(snapshot_of(session.journal()).status, Status::Connected { .. });
        let attempt = |session: &Session| snapshot_of(session.journal()).attempt;
        let before = attempt(&self.session);
        self.ask(FlowCommand::Connect);
        self.ask(FlowCommand::RetryNow);
        self.wait("connection", |session| is_open(session) && attempt(session) > before);
    }

    fn state(&self) -> RecordingState {
        snapshot_of(self.session.journal()).recording
    }

    /// Connects again and again until the recording has failed or is full, and then once more.
    fn until_lost(&self) -> String {
        for _ in 0..500 {
            if self.state().is_failure() {
                self.connect_anew();
                return self.state().to_string();
            }
            self.connect_anew();
        }
        panic!("it goes on: {:?}", self.state());
    }
}

/// A small file system of its own, taken away at the end.
struct Disk {
    folder: TempDir,
}

impl Disk {
    /// With `options` of mount(8); only root may do that.
    fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mount = Shell::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "needs root");
        println!("skipped: needs root");
        None
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Shell::new("umount").arg("--lazy").arg(self.folder.path()).status();
    }
}

/// The recordings in `folder`.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_full_disk_ends_the_recording_in_words_and_not_the_connection() {
    let Some(disk) = Disk::mount("size=64k") else { return };
    let recorded = Recorded::demo(Target::Folder(disk.path().to_owned()), Limits::default());
    let said = recorded.until_lost();
    assert!(said.starts_with("not recording: 2") && said.contains(": the disk is full; make room, or "), "{said}");
    recorded.session.close();
    let [file] = &files(disk.path())[..] else { panic!("one recording") };
    let recording = Recording::open(file).unwrap();
    assert!(recording.len() > 10 && !recording.losses().is_ended);
}

#[test]
fn watch_says_that_the_disk_is_full_and_goes_on() {
    let Some(disk) = Disk::mount("size=32k") else { return };
    let busy = "[backoff]\nbase = '10ms'\ncap = '20ms'";
    let home = home_with(&profile_text("127.0.0.1:1", busy));
    let file = disk.path().join("mine.jsonl");
    let common = ["watch", "--keychain", "memory", "--profile", "bench.toml", "--record"];
    let mut program = Program::start_in(home, &[&common[..], &[file.to_str().unwrap()]].concat());
    let said = program.line("not recording");
    assert!(said.contains("mine.jsonl: the disk is full; make room, or record into another file"), "{said}");
    program.line("Soft failure");
    program.interrupt();
    program.end();
    assert!(Recording::open(&file).unwrap().len() > 10);
}

#[test]
fn a_folder_that_cannot_be_written_into_is_named_with_the_reason() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("recordings");
    fs::write(&file, "mine").unwrap();
    let read_only = Disk::mount("size=32k,ro");
    let read_only = read_only.iter().map(|disk| (disk.path().to_owned(), "the disk is read-only; make it writable"));
    let a_file = (file.clone(), "that is a file, not a folder; move it away");
    for (folder, reason) in [a_file].into_iter().chain(read_only) {
        let recorded = Recorded::demo(Target::Folder(folder.clone()), Limits::default());
        recorded.connect_anew();
        recorded.wait("failure", |session| snapshot_of(session.journal()).recording.is_failure());
        recorded.connect_anew();
        let name = folder.file_name().unwrap().to_string_lossy();
        let expected = format!("not recording: {name}: {reason}, or switch recording off in the settings");
        assert_eq!(recorded.state().to_string(), expected);
        recorded.session.close();
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}

#[test]
fn a_recording_of_the_largest_size_ends_there_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { file: 20_000, ..Limits::default() };
    let recorded = Recorded::demo(Target::Folder(folder.path().to_owned()), limits);
    let said = recorded.until_lost();
    assert!(said.starts_with("not recording any more: 2") && said.contains(" has its largest size of "), "{said}");
    recorded.session.close();
    let [file] = &files(folder.path())[..] else { panic!("one recording") };
    assert!(fs::metadata(file).unwrap().len() <= 20_000);
    let recording = Recording::open(file).unwrap();
    assert!(recording.len() > 10 && recording.losses().is_full, "{:?}", recording.losses());
}

#[test]
fn old_recordings_make_room_and_what_is_not_ours_stays() {
    let folder = tempfile::tempdir().unwrap();
    let day = Duration::from_secs(86_400);
    let put = |name: &str, bytes: u64, age: Duration| {
        let file = File::create(folder.path().join(name)).unwrap();
        file.set_len(bytes).unwrap();
        file.set_modified(SystemTime::from(utc_now()) - age).unwrap();
        file
    };
    put("20200101T000000Z-old.jsonl", 10, 40 * day);
    put("20200102T000000Z-large.jsonl", 900, 3 * day);
    put("20200103T000000Z-one.jsonl", 10, 2 * day);
    put("20200104T000000Z-two.jsonl", 10, day);
    let in_use = put("20200105T000000Z-in-use.jsonl", 10_000, Duration::ZERO);
    in_use.lock().unwrap();
    put("diary.jsonl", 10_000, 400 * day);
    let limits = Limits { file: 100_000, total: 110_500, count: 10, age: 30 * day };
    let recorded = Recorded::demo(Target::Folder(folder.path().to_owned()), limits);
    recorded.connect_anew();
    recorded.wait("recording", |session| matches!(snapshot_of(session.journal()).recording, RecordingState::On { .. }));
    let names: Vec<_> = files(folder.path()).iter().map(|file| file.file_name().unwrap().to_owned()).collect();
    let names: Vec<_> = names.iter().map(|name| name.to_str().unwrap()).collect();
    let kept = ["20200103T000000Z-one.jsonl", "20200104T000000Z-two.jsonl", "20200105T000000Z-in-use.jsonl"];
    assert_eq!((&names[..3], names.len(), names[4]), (&kept[..], 5, "diary.jsonl"), "{names:?}");
    recorded.session.close();
}

#[test]
fn more_messages_than_are_listed_are_counted() {
    const MESSAGES: u64 = 2_000;
    let script = Script::new(|request| match request.step {
        Step::Socket => request.open(|socket| {
            (0..MESSAGES).for_each(|_| socket.write(Message::text("{}")).unwrap());
            socket.flush().unwrap();
        }),
        _ => request.contract(),
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.jsonl");
    let recorded = Recorded::start(profile(script.address, ""), Target::File(file.clone()), Limits::default());
    recorded.ask(FlowCommand::Connect);
    let data = |session: &Session| session.journal().with_traffic(|traffic| traffic.received());
    recorded.wait("messages", |session| data(session) >= MESSAGES);
    recorded.session.close();
    let recording = Recording::open(&file).unwrap();
    let (listed, unlisted) = (recording.messages().len() as u64, recording.losses().messages);
    assert!(recording.losses().is_ended && unlisted.received > 0 && listed < MESSAGES, "{listed} {unlisted:?}");
    assert!(listed + unlisted.received + unlisted.sent >= MESSAGES, "{listed} {unlisted:?}");
}

#[cfg(target_os = "linux")]
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

#[cfg(target_os = "linux")]
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

#[cfg(unix)]
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

#[cfg(target_os = "linux")]
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
