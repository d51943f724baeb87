//! What a recording does when there is no room for it: the person is told in words, the connection goes on, and what
//! is on the disk opens.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command as Shell;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;
use ticketscope::clock::utc_now;
use ticketscope::journal::recording::{Limits, Plan, Recording, Target};
use ticketscope::model::{FlowCommand, Profile, RecordingState};
use ticketscope::session::{Command, Engine as _, KeychainChoice, Options, Session};
use ticketscope::view::Status;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use crate::console::home_with;
use crate::program::Program;
use crate::script::{Script, Step};
use crate::watcher::{LIMIT, profile, profile_text, snapshot_of};

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
