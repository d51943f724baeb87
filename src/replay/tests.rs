//! Recordings of a machine with a made-up world: replayed as they are, and changed in one place.

mod differences;

use std::time::Duration;

use chrono::DateTime;

use super::*;
use crate::flow::{ConnectionFlow, Input, Output, Policy};
use crate::journal::recording::{Header, Note, Recording, write_line};
use crate::model::{
    Answer, AttemptId, Close, Credential, DriverEvent, Entry, Event, FlowCommand, FlowEvent, Jwt, Moment, Phase,
    Profile, ReplayEvent, RequestFailure, RequestFailureKind, SafeText, SessionId, Source, Ticket, TicketGrant,
    TokenGrant, TokenSource, TraceId,
};
use crate::view::SessionView;

/// A session in which everything that a recording can hold of a machine happens.
fn session(seed: u64) -> Vec<Entry> {
    let mut script = Script { entries: Vec::new(), now: Moment::START, flow: machine(seed, AttemptId(0)) };
    script.write(Source::Driver, None, Event::Replay(ReplayEvent::MachineStarted { first_attempt: AttemptId(0) }));
    script.tell(Input::Command(FlowCommand::Connect));
    let session_id = Some(SessionId::new(format!("sess_0123456789abcdef{seed}")));
    script.tell(Input::CredentialLoaded(
        AttemptId(0),
        Credential { session_id, ..Credential::default() },
        TokenSource::Keychain,
    ));
    let grant = |name: &str| Ok(TokenGrant::of(Jwt::new(format!("{name} {seed}"))));
    script.tell(Input::TokenAnswered(AttemptId(0), grant("one")));
    script.tell(Input::TicketAnswered(AttemptId(0), Err(status(401, "INVALID_TOKEN"))));
    script.tell(Input::TokenAnswered(AttemptId(0), grant("two")));
    script.tell(Input::TicketAnswered(AttemptId(0), Err(status(503, "REDIS_UNAVAILABLE"))));
    for attempt in 1..4 {
        script.now = script.now + Duration::from_secs(9);
        script.tell(Input::Timeout);
        let attempt = AttemptId(attempt);
        let took = Duration::from_millis(seed % 90);
        let detail = SafeText::new(&format!("trace id {seed}"));
        script.write(
            Source::Driver,
            Some(attempt),
            Event::Driver(DriverEvent::PhaseFinished { phase: Phase::Ticket, took, ok: true, detail, lookup: None }),
        );
        let ticket = Ticket::new(format!("ticket {seed} {attempt}"));
        script
            .tell(Input::TicketAnswered(attempt, Ok(TicketGrant { ticket, lifetime: Some(Duration::from_secs(30)) })));
        script.tell(Input::Dialled(attempt, Ok(())));
        script.tell(Input::Upgraded(attempt, Ok(())));
        script.now = script.now + Duration::from_secs(60);
        script.tell(Input::Timeout);
        script.tell(Input::Closed(attempt, Close::received(Some(1001), "SERVER_SHUTDOWN")));
    }
    script.write(Source::Driver, None, Event::Driver(DriverEvent::Crashed { message: SafeText::new("boom") }));
    script.write(Source::Driver, None, Event::Driver(DriverEvent::Restarted));
    script.flow = machine(seed, AttemptId(4));
    script.write(Source::Driver, None, Event::Replay(ReplayEvent::MachineStarted { first_attempt: AttemptId(4) }));
    script.tell(Input::Resume);
    script.tell(Input::Command(FlowCommand::Disconnect));
    script.entries
}

fn machine(seed: u64, first: AttemptId) -> ConnectionFlow {
    ConnectionFlow::new(Policy::from(&Profile::production()), seed, first)
}

fn status(status: u16, code: &str) -> RequestFailure {
    let kind = RequestFailureKind::Status(Box::new(Answer::of_status(status).with_code(code)));
    RequestFailure { trace: TraceId::new(status.into(), 1), kind }
}

struct Script {
    entries: Vec<Entry>,
    now: Moment,
    flow: ConnectionFlow,
}

impl Script {
    fn tell(&mut self, input: Input) {
        self.now = self.now + Duration::from_millis(3);
        let (attempt, record) = input.record();
        self.write(Source::Driver, attempt, Event::Replay(ReplayEvent::Input { input: record }));
        self.flow.handle(self.now, input);
        loop {
            match self.flow.poll() {
                Output::Event(_, event @ FlowEvent::Command { .. }) => self.write(Source::Person, None, event.into()),
                Output::Event(attempt, event) => self.write(Source::Flow, attempt, event.into()),
                Output::Effect(_) => {}
                Output::WaitUntil(_) => return,
            }
        }
    }

    fn write(&mut self, source: Source, attempt: Option<AttemptId>, event: Event) {
        let (seq, elapsed, time) = (self.entries.len() as u64, self.now, DateTime::UNIX_EPOCH + self.now.since_start());
        self.entries.push(Entry { seq, elapsed, time, attempt, source, simulated: None, event });
    }
}

fn recording(seed: u64, entries: &[Entry]) -> Recording {
    let mut bytes = Vec::new();
    write_line(&mut bytes, &Header::new(&Profile::production(), seed, DateTime::UNIX_EPOCH)).unwrap();
    for (seq, entry) in (0..).zip(entries) {
        write_line(&mut bytes, &Entry { seq, ..entry.clone() }).unwrap();
    }
    write_line(&mut bytes, &Note::End(entries.len() as u64)).unwrap();
    Recording::from_bytes(bytes).unwrap()
}

#[test]
fn a_recording_is_verified_and_is_the_same_as_itself() {
    for seed in 0..50 {
        let recording = recording(seed, &session(seed));
        let verification = verify(&recording);
        assert!(matches!(verification, Verification::Same { inputs: 26, .. }), "seed {seed}: {verification:?}");
        for is_exact in [false, true] {
            let diff = diff(&recording, &recording, is_exact);
            assert_eq!((diff.result, diff.changes().next()), (Similarity::Same, None), "seed {seed}");
        }
    }
}

#[test]
fn another_decision_is_found_where_it_was_made() {
    let mut entries = session(1);
    let at = entries
        .iter()
        .position(|entry| matches!(entry.event, Event::Flow(FlowEvent::BackoffScheduled { .. })))
        .unwrap();
    let Event::Flow(FlowEvent::BackoffScheduled { delay }) = &mut entries[at].event else { unreachable!() };
    delay.drawn += Duration::from_nanos(1);
    let changed = recording(1, &entries);
    let Verification::Different(difference) = verify(&changed) else { panic!("it is not the same") };
    assert_eq!(difference.seq, Some(at as u64));
    let divergence = diff(&recording(1, &session(1)), &changed, false).first.unwrap();
    assert_eq!((divergence.a.unwrap().seq, divergence.b.unwrap().kind), (at as u64, StepKind::Decision));
    let [drawn] = &divergence.fields[..] else { panic!("one value: {:?}", divergence.fields) };
    assert!(drawn.what.as_str() == "wait, drawn" && drawn.a.as_str().ends_with(" ms") && drawn.a != drawn.b, "{drawn}");
}

#[test]
fn a_recording_that_ends_too_early_is_different_unless_it_was_cut() {
    let mut entries = session(1);
    while !matches!(entries.pop().unwrap().event, Event::Flow(FlowEvent::BackoffScheduled { .. })) {}
    assert!(matches!(verify(&recording(1, &entries)), Verification::Different(_)));
    let mut bytes = Vec::new();
    write_line(&mut bytes, &Header::new(&Profile::production(), 1, DateTime::UNIX_EPOCH)).unwrap();
    entries.iter().for_each(|entry| write_line(&mut bytes, entry).unwrap());
    assert!(matches!(verify(&Recording::from_bytes(bytes.clone()).unwrap()), Verification::Same { .. }));
    write_line(&mut bytes, &Entry { seq: 999, ..entries.last().unwrap().clone() }).unwrap();
    assert!(matches!(verify(&Recording::from_bytes(bytes).unwrap()), Verification::NotPossible { .. }));
}

#[test]
fn any_moment_of_a_recording_is_what_it_was_then() {
    let mut entries = Vec::new();
    for seed in 0..20 {
        let begin: Moment = entries.last().map_or(Moment::START, |last: &Entry| last.elapsed);
        let later = session(seed).into_iter();
        entries.extend(later.map(|entry| Entry { elapsed: begin + entry.elapsed.since_start(), ..entry }));
    }
    let mut bytes = Vec::new();
    write_line(&mut bytes, &Header::new(&Profile::production(), 1, DateTime::UNIX_EPOCH)).unwrap();
    // Ten entries are missing in the middle.
    let gap = entries.len() / 2;
    for (at, entry) in entries.iter_mut().enumerate() {
        entry.seq = at as u64 + if at < gap { 0 } else { 10 };
        write_line(&mut bytes, entry).unwrap();
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let playback = Playback::open(file.path(), |_, _| {}).unwrap();
    assert!(playback.recording().len() > 1_100, "there are checkpoints");

    let mut whole = SessionView::recorded(Profile::production());
    for count in 0..=entries.len() {
        // All of them would take long in a build that is not optimised; around a checkpoint each counts.
        if count % 41 == 0 || count.abs_diff(1_024) < 4 || count == entries.len() {
            let view = playback.point_in_time(count, Moment::START).view;
            assert_eq!(format!("{:?}", whole.attempts()), format!("{:?}", view.attempts()), "after {count}");
            assert_eq!(format!("{:?}", whole.machine()), format!("{:?}", view.machine()), "after {count}");
            assert_eq!((whole.findings(), whole.snapshot()), (view.findings(), view.snapshot()), "after {count}");
            assert_eq!((whole.counts(), whole.next_seq()), (view.counts(), view.next_seq()), "after {count}");
        }
        entries.get(count).into_iter().for_each(|entry| whole.apply(entry));
    }
    assert_eq!(whole.counts().missing, 10);
}
