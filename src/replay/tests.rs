//! Recordings of a machine with a made-up world: replayed as they are, and changed in one place.

use std::time::Duration;

use chrono::DateTime;
use proptest::prelude::*;

use super::*;
use crate::diagnosis::Judge;
use crate::flow::{ConnectionFlow, Input, Output, Policy};
use crate::journal::recording::{Header, Note, Recording, write_line};
use crate::journal::{Attempts, Machine, Snapshot};
use crate::model::{
    AttemptId, Close, Credential, Entry, Event, Failure, FlowCommand, Jwt, Moment, Phase, Profile, RequestFailure,
    RequestFailureKind, SafeText, SessionId, Source, Ticket, TicketGrant, TokenGrant, TokenSource, TraceId,
};

/// A session in which everything that a recording can hold of a machine happens.
fn session(seed: u64) -> Vec<Entry> {
    let mut tape = Tape { entries: Vec::new(), now: Moment::START, flow: machine(seed, AttemptId(0)) };
    tape.write(Source::Driver, None, Event::MachineStarted { first_attempt: AttemptId(0) });
    tape.tell(Input::Command(FlowCommand::Connect));
    let session_id = Some(SessionId::new(format!("sess_0123456789abcdef{seed}")));
    tape.tell(Input::CredentialLoaded(
        AttemptId(0),
        Credential { session_id, ..Credential::default() },
        TokenSource::Keychain,
    ));
    let grant = |name: &str| Ok(TokenGrant { jwt: Jwt::new(format!("{name} {seed}")), session_id: None });
    tape.tell(Input::TokenAnswered(AttemptId(0), grant("one")));
    tape.tell(Input::TicketAnswered(AttemptId(0), Err(status(401, "INVALID_TOKEN"))));
    tape.tell(Input::TokenAnswered(AttemptId(0), grant("two")));
    tape.tell(Input::TicketAnswered(AttemptId(0), Err(status(503, "REDIS_UNAVAILABLE"))));
    for attempt in 1..4 {
        tape.now = tape.now + Duration::from_secs(9);
        tape.tell(Input::Timeout);
        let attempt = AttemptId(attempt);
        let took = Duration::from_millis(seed % 90);
        let detail = SafeText::new(&format!("trace id {seed}"));
        tape.write(
            Source::Driver,
            Some(attempt),
            Event::PhaseFinished { phase: Phase::Ticket, took, ok: true, detail },
        );
        let ticket = Ticket::new(format!("ticket {seed} {attempt}"));
        tape.tell(Input::TicketAnswered(attempt, Ok(TicketGrant { ticket, lifetime: Duration::from_secs(30) })));
        tape.tell(Input::Dialled(attempt, Ok(())));
        tape.tell(Input::Upgraded(attempt, Ok(())));
        tape.now = tape.now + Duration::from_secs(60);
        tape.tell(Input::Timeout);
        tape.tell(Input::Closed(attempt, Close::received(Some(1001), "SERVER_SHUTDOWN")));
    }
    tape.write(Source::Driver, None, Event::DriverCrashed { message: SafeText::new("boom") });
    tape.write(Source::Driver, None, Event::DriverRestarted);
    tape.flow = machine(seed, AttemptId(4));
    tape.write(Source::Driver, None, Event::MachineStarted { first_attempt: AttemptId(4) });
    tape.tell(Input::Resume);
    tape.tell(Input::Command(FlowCommand::Disconnect));
    tape.entries
}

fn machine(seed: u64, first: AttemptId) -> ConnectionFlow {
    ConnectionFlow::new(Policy::from(&Profile::production()), seed, first)
}

fn status(status: u16, code: &str) -> RequestFailure {
    let kind = RequestFailureKind::Status { status, code: Some(SafeText::new(code)), excerpt: None, retry_after: None };
    RequestFailure { trace: TraceId::new(status.into(), 1), kind }
}

struct Tape {
    entries: Vec<Entry>,
    now: Moment,
    flow: ConnectionFlow,
}

impl Tape {
    fn tell(&mut self, input: Input) {
        self.now = self.now + Duration::from_millis(3);
        let (attempt, record) = input.record();
        self.write(Source::Driver, attempt, Event::Input { input: record });
        self.flow.handle(self.now, input);
        loop {
            match self.flow.poll() {
                Output::Event(_, event @ Event::Command { .. }) => self.write(Source::Person, None, event),
                Output::Event(attempt, event) => self.write(Source::Flow, attempt, event),
                Output::Effect(_) => {}
                Output::WaitUntil(_) => return,
            }
        }
    }

    fn write(&mut self, source: Source, attempt: Option<AttemptId>, event: Event) {
        let (seq, elapsed, time) = (self.entries.len() as u64, self.now, DateTime::UNIX_EPOCH);
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
        assert!(diff(&recording, &recording).is_same());
    }
}

#[test]
fn two_runs_of_one_course_are_the_same_whatever_was_drawn() {
    let diff = diff(&recording(1, &session(1)), &recording(2, &session(2)));
    assert!(diff.is_same(), "{:?}", diff.first);
    assert!(diff.same_steps > 50 && diff.policy.is_empty());
}

#[test]
fn another_decision_is_found_where_it_was_made() {
    let mut entries = session(1);
    let at = entries.iter().position(|entry| matches!(entry.event, Event::BackoffScheduled { .. })).unwrap();
    let Event::BackoffScheduled { delay } = &mut entries[at].event else { unreachable!() };
    delay.drawn += Duration::from_nanos(1);
    let changed = recording(1, &entries);
    let Verification::Different(difference) = verify(&changed) else { panic!("it is not the same") };
    assert_eq!(difference.seq, Some(at as u64));
    let (ours, theirs) = diff(&recording(1, &session(1)), &changed).first.unwrap();
    assert_eq!((ours.unwrap().seq, theirs.unwrap().kind), (at as u64, StepKind::Decision));
}

#[test]
fn a_recording_that_ends_too_early_is_different_unless_it_was_cut() {
    let mut entries = session(1);
    while !matches!(entries.pop().unwrap().event, Event::BackoffScheduled { .. }) {}
    assert!(matches!(verify(&recording(1, &entries)), Verification::Different(_)));
    let mut bytes = Vec::new();
    write_line(&mut bytes, &Header::new(&Profile::production(), 1, DateTime::UNIX_EPOCH)).unwrap();
    entries.iter().for_each(|entry| write_line(&mut bytes, entry).unwrap());
    assert!(matches!(verify(&Recording::from_bytes(bytes.clone()).unwrap()), Verification::Same { .. }));
    write_line(&mut bytes, &Entry { seq: 999, ..entries[1].clone() }).unwrap();
    assert!(matches!(verify(&Recording::from_bytes(bytes).unwrap()), Verification::NotPossible { .. }));
}

/// A difference that somebody puts into a recording, and the place where `diff` has to see it.
type Injection = fn(&mut Vec<Entry>, usize) -> Option<usize>;

/// The first entry from `at` on, or else from the beginning, in which `change` finds something to change.
fn change(entries: &mut [Entry], at: usize, mut change: impl FnMut(&mut Event) -> bool) -> Option<usize> {
    let places: Vec<_> = (at..entries.len()).chain(0..at).collect();
    places.into_iter().find(|place| change(&mut entries[*place].event))
}

const INJECTIONS: [(&str, Injection); 14] = [
    ("an entry is missing", |entries, at| {
        entries.remove(at);
        Some(at)
    }),
    ("an entry comes twice", |entries, at| {
        entries.insert(at, entries[at].clone());
        // In a row of the same ones nobody can tell which was added.
        (at..).find(|at| entries.get(at + 1).is_none_or(|next| next.event != entries[*at].event))
    }),
    ("two entries are in another order", |entries, at| {
        entries.swap(at, at + 1);
        (entries[at].event != entries[at + 1].event).then_some(at)
    }),
    ("another attempt", |entries, at| {
        entries[at].attempt = Some(AttemptId(99));
        Some(at)
    }),
    ("another event", |entries, at| {
        entries[at].event = Event::LateAnswer { from: AttemptId(7), what: SafeText::new("a token") };
        Some(at)
    }),
    ("it was simulated", |entries, at| {
        entries[at].simulated = Some(crate::model::FaultName::new("drop-connection"));
        Some(at)
    }),
    ("the time of a phase", |entries, at| {
        change(entries, at, |event| match event {
            Event::PhaseFinished { took, .. } => {
                *took += Duration::from_millis(400);
                true
            }
            _ => false,
        })
    }),
    ("how a phase ended", |entries, at| {
        change(entries, at, |event| match event {
            Event::PhaseFinished { ok, .. } => {
                *ok = false;
                true
            }
            _ => false,
        })
    }),
    ("a delay", |entries, at| {
        change(entries, at, |event| match event {
            Event::BackoffScheduled { delay } => {
                delay.nominal += Duration::from_millis(1);
                true
            }
            _ => false,
        })
    }),
    ("a close code", |entries, at| {
        change(entries, at, |event| match event {
            Event::Disconnected { close, .. } => {
                close.code = crate::model::CloseCode(1011);
                true
            }
            _ => false,
        })
    }),
    ("a close reason", |entries, at| {
        change(entries, at, |event| match event {
            Event::Disconnected { close, .. } => {
                close.reason = SafeText::new("IDLE_TIMEOUT");
                true
            }
            _ => false,
        })
    }),
    ("the cause of a close", |entries, at| {
        change(entries, at, |event| match event {
            Event::Disconnected { close, .. } => {
                close.cause = crate::model::CloseCause::EndOfStream;
                true
            }
            _ => false,
        })
    }),
    ("the status of a refusal", |entries, at| {
        change(entries, at, |event| match event {
            Event::RefreshingToken { status, .. } => {
                *status = 403;
                true
            }
            _ => false,
        })
    }),
    ("the code of a failure", |entries, at| {
        change(entries, at, |event| match event {
            Event::AttemptFailed { failure: Failure::Ticket(request), .. } => {
                request.kind = status(503, "SOMETHING_ELSE").kind;
                true
            }
            _ => false,
        })
    }),
];

proptest! {
    #[test]
    fn an_injected_difference_is_found_every_time(
        seed in 0_u64..1_000,
        at: prop::sample::Index,
        how in 0..INJECTIONS.len(),
        runs in 0_u64..2,
    ) {
        let original = session(seed);
        // Compared with itself, or with another run of the same course.
        let mut entries = session(seed + runs);
        let (name, inject) = INJECTIONS[how];
        let at = at.index(entries.len() - 1);
        let Some(at) = inject(&mut entries, at) else { return Ok(()) };
        let found = diff(&recording(seed, &original), &recording(seed + runs, &entries));
        prop_assert!(!found.is_same(), "{} at {}", name, at);
        let seen = match (&found.first, &found.slower) {
            (Some((ours, theirs)), _) => theirs.as_ref().or(ours.as_ref()).map(|step| step.seq),
            (None, Some(slower)) => Some(slower.b.seq),
            (None, None) => None,
        };
        prop_assert_eq!(seen, Some(at as u64), "{}: {:?}", name, found);
    }

    #[test]
    fn noise_is_no_difference(seed in 0_u64..1_000, slower in 0_u64..240, later in 0_u64..100_000) {
        let mut entries = session(seed + 1);
        for entry in &mut entries {
            entry.elapsed = entry.elapsed + Duration::from_millis(later);
            if let Event::PhaseFinished { took, detail, .. } = &mut entry.event {
                *took += Duration::from_millis(slower);
                *detail = SafeText::new("another address");
            }
        }
        let line = SafeText::new("something that the server says");
        let said = Entry { event: Event::ServerLog { line }, source: Source::Server, ..entries[0].clone() };
        entries.insert(3, said);
        let found = diff(&recording(seed, &session(seed)), &recording(seed + 1, &entries));
        prop_assert!(found.is_same(), "{:?}", found);
    }
}

#[test]
fn what_comes_at_any_time_is_compared_among_its_kind_and_messages_are_counted() {
    use crate::journal::recording::{MessageRecord, Unlisted};
    use crate::journal::{Direction, MessageKind};
    use crate::model::KeychainState;

    let keychain = |at: usize, state: KeychainState| {
        let mut entries = session(1);
        entries.insert(at, Entry { event: Event::Keychain { state }, source: Source::Driver, ..entries[0].clone() });
        recording(1, &entries)
    };
    let usual = keychain(4, KeychainState::Ready);
    assert!(diff(&usual, &keychain(9, KeychainState::Ready)).is_same(), "it may come earlier or later");
    let refused = KeychainState::Refused { error: "locked".into() };
    let found = diff(&usual, &keychain(4, refused));
    assert_eq!(found.first.unwrap().1.unwrap().kind, StepKind::Beside);
    assert!(!diff(&usual, &recording(1, &session(1))).is_same());

    let with_note = |note: Note| {
        let mut bytes = Vec::new();
        write_line(&mut bytes, &Header::new(&Profile::production(), 1, DateTime::UNIX_EPOCH)).unwrap();
        session(1).iter().for_each(|entry| write_line(&mut bytes, entry).unwrap());
        write_line(&mut bytes, &note).unwrap();
        Recording::from_bytes(bytes).unwrap()
    };
    let (at, attempt, direction) = (Moment::START, AttemptId(1), Direction::In);
    let message = |kind| Note::Message(MessageRecord { at, attempt, direction, kind, len: 4, is_simulated: false });
    let plain = recording(1, &session(1));
    assert!(!diff(&plain, &with_note(message(MessageKind::Text))).is_same());
    assert!(diff(&plain, &with_note(message(MessageKind::Pong))).is_same(), "a longer session has more of them");
    assert!(!diff(&plain, &with_note(Note::Unlisted(Unlisted { sent: 1, ..Unlisted::default() }))).is_same());
}

#[test]
fn any_moment_of_a_recording_is_what_it_was_then() {
    let mut entries = Vec::new();
    for seed in 0..20 {
        entries.extend(session(seed));
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

    let (mut attempts, mut machine) = (Attempts::of_recording(), Machine::default());
    let (mut judge, mut snapshot) = (Judge::new(Profile::production()), Snapshot::new(Profile::production()));
    for count in 0..=entries.len() {
        // All of them would take long in a build that is not optimised; around a checkpoint each counts.
        if count % 41 == 0 || count.abs_diff(1_024) < 4 || count == entries.len() {
            let still = playback.still(count, Moment::START);
            assert_eq!(format!("{attempts:?}"), format!("{:?}", still.attempts), "after {count}");
            assert_eq!(format!("{machine:?}"), format!("{:?}", still.machine), "after {count}");
            assert_eq!((judge.findings(), &snapshot), (still.findings, &*still.snapshot), "after {count}");
        }
        let Some(entry) = entries.get(count) else { break };
        if count == gap {
            judge.forget();
        }
        attempts.apply(entry);
        machine.apply(entry);
        judge.take_in(entry);
        snapshot.apply(entry);
    }
}
