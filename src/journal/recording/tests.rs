//! Recordings as they should be, as a killed program leaves them, and as nobody should have made them.

use std::time::Duration;

use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::journal::{Direction, Journal, MessageKind};
use crate::model::{
    AttemptId, Class, Close, CloseCause, DriverEvent, Entry, Event, FlowEvent, Moment, Profile, RecordingState,
    SafeText, ServerEvent, Source, Trigger,
};
use crate::view::SessionView;
use crate::wake_up::WakeUp;

fn entry(seq: u64) -> Entry {
    let event = match seq % 6 {
        0 => Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Backoff }),
        1 => Event::Flow(FlowEvent::EnsuringToken),
        2 => Event::Flow(FlowEvent::Connected),
        3 => Event::Driver(DriverEvent::Pong { rtt: Duration::from_millis(seq) }),
        4 => Event::Flow(FlowEvent::Disconnected {
            close: Close::abnormal(CloseCause::EndOfStream),
            class: Some(Class::Soft),
        }),
        _ => Event::Server(ServerEvent::Log { line: SafeText::new("\u{1b}[31m“quoted”") }),
    };
    let (attempt, time) = (Some(AttemptId(seq / 6)), DateTime::from_timestamp(1_769_299_200, 7).unwrap());
    Entry { seq, elapsed: Moment::from_millis(seq), time, attempt, source: Source::Flow, simulated: None, event }
}

fn header() -> Header {
    Header::new(&Profile::production(), u64::MAX, DateTime::UNIX_EPOCH)
}

/// The version that is written, as the header has it.
fn this_format() -> String {
    format!("\"{FORMAT}\"")
}

fn recording(entries: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_line(&mut bytes, &header()).unwrap();
    (0..entries).for_each(|seq| write_line(&mut bytes, &entry(seq)).unwrap());
    bytes
}

fn read(bytes: &[u8]) -> Result<Recording, RecordingError> {
    Recording::from_bytes(bytes)
}

fn problem(bytes: &[u8]) -> String {
    read(bytes).err().map(|error| error.to_string()).expect("a file that is refused")
}

#[test]
fn what_was_written_is_read_and_every_state_is_that_of_the_live_session() {
    let mut bytes = recording(5_000);
    let message = MessageRecord {
        at: Moment::from_millis(3),
        attempt: AttemptId(0),
        direction: Direction::In,
        kind: MessageKind::Text,
        len: 12,
        is_simulated: true,
    };
    let at = Some(Moment::from_millis(9));
    let messages = UnlistedMessages { received: 7, sent: 1, received_bytes: 448, sent_bytes: 9, at };
    write_line(&mut bytes, &Note::Message(message)).unwrap();
    write_line(&mut bytes, &Note::Unlisted(messages)).unwrap();
    write_line(&mut bytes, &Note::End(5_000)).unwrap();
    let recording = read(&bytes).unwrap();
    assert_eq!((recording.header(), recording.len()), (&header(), 5_000));
    assert_eq!((recording.messages(), recording.unlisted()), (&[message][..], &[messages][..]));
    assert_eq!(recording.losses(), Losses { messages, is_ended: true, ..Losses::default() });
    for (index, read) in recording.entries().enumerate() {
        assert_eq!(read, entry(index as u64));
    }
    assert!(recording.entry(5_000).is_none());
}

#[test]
fn a_killed_program_costs_the_last_line_at_most() {
    let bytes = recording(12);
    let first = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for end in first..bytes.len() {
        let cut = read(&bytes[..end]).unwrap();
        let whole = bytes[first..end].iter().filter(|byte| **byte == b'\n').count();
        let losses = cut.losses();
        // A line that lacks only its end is whole.
        assert!(cut.len() == whole && (losses.cut > 0) == (bytes[end - 1] != b'\n') || cut.len() == whole + 1);
        assert!(!losses.is_ended);
    }
}

#[test]
fn what_was_dropped_is_counted() {
    let mut bytes = recording(3);
    write_line(&mut bytes, &Note::Dropped(7)).unwrap();
    write_line(&mut bytes, &entry(10)).unwrap();
    let recording = read(&bytes).unwrap();
    assert_eq!((recording.len(), recording.losses().entries), (4, 7));
}

#[test]
fn time_that_goes_backwards_is_refused_with_its_line() {
    let file = |format: &str, elapsed: u64| {
        let mut bytes = String::from_utf8(recording(2)).unwrap().replace(&this_format(), format).into_bytes();
        let late = Entry { elapsed: Moment::from_millis(5_000), ..entry(2) };
        let early = Entry { elapsed: Moment::from_millis(elapsed), ..entry(3) };
        [late, early].iter().for_each(|entry| write_line(&mut bytes, entry).unwrap());
        bytes
    };
    // Before 1.2 two threads that wrote at once could be out of order.
    for (format, elapsed, is_good) in
        [("\"1.1\"", 4_500, true), ("\"1.1\"", 3_999, false), ("\"1.2\"", 5_000, true), ("\"1.2\"", 4_999, false)]
    {
        let result = read(&file(format, elapsed)).map_err(|error| error.to_string());
        assert_eq!(result.is_ok(), is_good, "{format} {elapsed}");
        assert!(result.err().is_none_or(|problem| problem.starts_with("line 5: its time is before")));
    }
}

#[test]
fn other_files_are_refused_with_the_line_and_the_reason() {
    let good = String::from_utf8(recording(3)).unwrap();
    let with_line = |line: &str| format!("{good}{line}\n").into_bytes();
    for (bytes, expected) in [
        (Vec::new(), "line 1: this is not a recording of Ticketscope: it is empty"),
        (b"{\n  \"log\": {}\n}\n".to_vec(), "line 1: this is not a recording"),
        (b"\x00\x01\x02\xff\xfe\n".to_vec(), "line 1: this is not a recording"),
        (vec![b'['; 3 << 20], "line 1: this is not a recording of Ticketscope: it is too long"),
        (good.replace(&this_format(), "\"2.0\"").into_bytes(), "format 2.0, and this program reads 1.x"),
        (good.replace("\"seed\"", "\"sead\"").into_bytes(), "line 1: missing field `seed`"),
        (with_line("nonsense"), "line 5: "),
        (with_line(""), "line 5: "),
        (
            with_line(&format!("{{\"seq\":9,\"event\":{{\"a\":{}", "[".repeat(100_000))),
            "line 5: recursion limit exceeded",
        ),
        (with_line(&"x".repeat(MAX_LINE)), "line 5: it is too long"),
        (with_line("{\"weather\":7}"), "line 5: "),
        (with_line("{\"end\":2}"), "line 5: the number of entries is another one"),
        (with_line("{\"end\":3}\n{\"dropped\":1}"), "line 6: something follows the end"),
        (with_line(good.lines().nth(2).unwrap()), "line 5: the entries are not in order"),
    ] {
        let problem = problem(&bytes);
        assert!(problem.contains(expected), "expected {expected:?}, not {problem:?}");
        assert!(!problem.contains(" at line "), "the line of the line: {problem:?}");
    }
    assert!(matches!(Recording::open(std::path::Path::new("/dev/zero")), Err(RecordingError::Unreadable(_))));
}

#[test]
fn a_newer_minor_is_read_as_far_as_it_is_known() {
    let text = String::from_utf8(recording(3)).unwrap().replace(&this_format(), "\"1.7\"");
    let unknown = r#"{"seq":3,"elapsed":9,"event":"weather_changed","sky":"blue"}"#;
    let recording = read(format!("{text}{{\"weather\":7}}\n{unknown}\n{{\"end\":4}}\n").as_bytes()).unwrap();
    let Losses { entries, unknown, is_ended, .. } = recording.losses();
    assert_eq!((recording.len(), entries, unknown, is_ended), (3, 0, 2, true));
}

#[test]
fn numbers_that_nothing_can_be_added_to_are_refused() {
    let last = format!("\n{}", serde_json::to_string(&entry(3)).unwrap());
    let text = format!("{}{}", String::from_utf8(recording(3)).unwrap().trim_end(), last);
    for (field, value) in [("seq", 3), ("attempt", 0)] {
        let at = format!("\"{field}\":{value}");
        let (before, after) = text.rsplit_once(&at).unwrap();
        let text = format!("{before}\"{field}\":{}{after}\n", u64::MAX);
        assert_eq!(problem(text.as_bytes()), "line 5: a number is too large");
    }
    let text = format!("{text}\n{{\"unlisted\":{{\"received\":{},\"sent\":0}}}}\n", u64::MAX);
    assert_eq!(problem(text.as_bytes()), "line 6: a number is too large");
}

#[test]
fn folders_of_the_computer_are_not_written() {
    let mut profile = Profile::production();
    profile.tls.extra_roots = vec!["/home/somebody/ca.pem".into()];
    let header = Header::new(&profile, 1, DateTime::UNIX_EPOCH);
    assert_eq!(header.profile.tls.extra_roots, [crate::model::FilePath::from("ca.pem")]);
    let hostile = serde_json::to_string(&header).unwrap().replace("ca.pem", "\u{202e}mep.ac");
    let read: Header = serde_json::from_str(&hostile).unwrap();
    assert_eq!(read.profile.tls.extra_roots, [crate::model::FilePath::from(r"\u{202e}mep.ac")]);

    let keys = "name = 'x'\napi = 'https://a.test'\n[secret.one]\nfile = '/home/somebody/key'\n[socket]\n";
    let header = Header::new(&Profile::from_toml(keys).unwrap(), 1, DateTime::UNIX_EPOCH);
    let line = serde_json::to_string(&header).unwrap();
    assert!(line.contains(r#""file":"key""#) && !line.contains("somebody"), "{line}");
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = read(&bytes);
        let _ = read(&[recording(1), bytes].concat());
    }

    #[test]
    fn changed_bytes_never_panic_and_what_is_read_can_be_used(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = recording(30);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(recording) = read(&bytes) {
            prop_assert_eq!(recording.entries().count(), recording.len());
            let view = SessionView::of(recording.header().profile.clone(), recording.entries());
            prop_assert_eq!(view.counts().events, recording.len() as u64 + view.counts().missing);
        }
    }
}

#[test]
fn a_recording_goes_as_soon_as_nobody_writes_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let (target, limits) = (Target::Folder(folder.path().to_owned()), Limits { count: 1, ..Limits::default() });
    let create = |seconds| {
        let start = DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(seconds);
        target.create(&Header::new(&Profile::production(), 1, start), &limits).unwrap()
    };
    let (first, first_path) = create(0);
    let (second, second_path) = create(1);
    assert!(first_path.exists(), "another window may be writing to it");
    drop(first);
    let (_third, third_path) = create(2);
    assert_eq!([first_path, second_path, third_path].map(|path| path.exists()), [false, true, true]);
    drop(second);
}

#[test]
fn a_recording_that_crashes_says_so_and_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("crashed.jsonl");
    let journal = Journal::new(|_| {});
    let (tell, told) = std::sync::mpsc::channel();
    let crashes = std::sync::atomic::AtomicBool::new(true);
    let said = move |state: RecordingState| {
        let is_on = matches!(state, RecordingState::On { .. });
        tell.send(state).unwrap();
        assert!(!is_on || !crashes.swap(false, std::sync::atomic::Ordering::Relaxed), "the year 300000");
    };
    let plan = Plan { target: Target::File(file.clone()), limits: Limits::default() };
    let writer = Writer::start(plan, header(), journal, WakeUp::new(), said);
    let next = || told.recv_timeout(Duration::from_secs(20)).unwrap();
    let on = RecordingState::On { file: SafeText::new("crashed.jsonl") };
    assert_eq!(next(), on);
    let crashed =
        RecordingState::Failed { problem: SafeText::new("the recording crashed (the year 300000); it begins again") };
    let again = RecordingState::On { file: SafeText::new("crashed-2.jsonl") };
    assert_eq!((next(), next()), (crashed, again));
    writer.finish();
    let first = Recording::open(&file).unwrap();
    assert_eq!((first.header().seed, first.losses().is_ended), (header().seed, false), "what was written is kept");
    assert!(Recording::open(&folder.path().join("crashed-2.jsonl")).unwrap().losses().is_ended);
}

#[test]
fn the_newest_entries_of_a_recording_are_a_recording_that_counts_the_others() {
    let mut bytes = recording(200);
    for at in [Moment::from_millis(300), Moment::from_millis(301)] {
        let (attempt, direction, kind) = (AttemptId(0), Direction::In, MessageKind::Text);
        let message = MessageRecord { at, attempt, direction, kind, len: 12, is_simulated: false };
        write_line(&mut bytes, &Note::Message(message)).unwrap();
    }
    write_line(&mut bytes, &Note::End(200)).unwrap();
    let read = |bytes: &[u8], most, most_bytes| Recording::newest_of(bytes, bytes, most, most_bytes).unwrap();
    let newest = read(&bytes, 50, usize::MAX);
    assert_eq!((newest.len(), newest.entry(0).unwrap().seq, newest.messages().len()), (50, 150, 2));
    assert_eq!((newest.losses().entries, newest.losses().is_ended), (150, true));
    let lines: String = newest.lines().map(|line| format!("{line}\n")).collect();
    let again = read(lines.as_bytes(), 20, usize::MAX);
    assert_eq!((again.len(), again.losses().entries, again.losses().is_ended), (20, 180, true));
    assert_eq!(
        read(&bytes, 200, usize::MAX).lines().collect::<Vec<_>>(),
        Recording::from_bytes(bytes.clone()).unwrap().lines().collect::<Vec<_>>()
    );
    let unended = read(&recording(90), 3, usize::MAX);
    assert_eq!((unended.len(), unended.losses().is_ended), (3, false));
    let half = read(&bytes, 200, bytes.len() / 2);
    assert!((80..120).contains(&half.len()) && half.losses().is_ended, "{}", half.len());
    let cut = [recording(90), b"{\"seq\":9".to_vec()].concat();
    assert_eq!((read(&cut, 10, usize::MAX).len(), read(&cut, 10, usize::MAX).losses().cut), (10, 8));
}

#[test]
fn whatever_a_large_file_is_made_of_its_newest_part_stays_small() {
    let mut bytes = recording(30_000);
    assert!(bytes.len() > 3 << 20, "more than is read at one go");
    let newest = Recording::newest_of(&*bytes, &bytes[..1 << 20], 1_000, usize::MAX).unwrap();
    assert_eq!((newest.len(), newest.entry(0).unwrap().seq, newest.losses().entries), (1_000, 29_000, 29_000));
    // Messages beside no entries.
    let (at, attempt) = (Moment::from_millis(40_000_000), AttemptId(0));
    let (direction, kind) = (Direction::In, MessageKind::Text);
    let message = MessageRecord { at, attempt, direction, kind, len: 12, is_simulated: false };
    (0..50_000).for_each(|_| write_line(&mut bytes, &Note::Message(message)).unwrap());
    let newest = Recording::newest_of(&*bytes, &bytes[..1 << 20], 1_000, 100_000).unwrap();
    assert!(newest.len() <= 1_000 && newest.messages().len() < 2_000, "{}", newest.messages().len());
    // A damaged line is found wherever it is.
    let line = bytes.iter().position(|byte| *byte == b'\n').unwrap();
    bytes[line + 1] = b'x';
    assert!(Recording::newest_of(&*bytes, &bytes[..1 << 20], 10, usize::MAX).is_err());
    let endless = [&recording(3)[..], &vec![b'x'; 5 << 20]].concat();
    assert!(Recording::newest_of(&*endless, &endless[..1 << 20], 10, usize::MAX).is_err());
}
