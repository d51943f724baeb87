//! Opening a recording of 1 000 000 entries, beside `serde_json` reading the same lines into `Value`s with one
//! thread. At most 2 s and 64 bytes of index an entry; the state at any entry within a few milliseconds.

use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use egui::{Modifiers, PointerButton};
use tokio::time::Instant;

use ticketscope::flow::{ConnectionFlow, Input, Output, Policy};
use ticketscope::journal::Journal;
use ticketscope::journal::recording::{Header, Note, Recording, write_line};
use ticketscope::model::{
    Answer, AttemptId, Close, Credential, DriverEvent, Entry, Event, FlowCommand, Jwt, Moment, Phase, Profile,
    ReplayEvent, RequestFailure, RequestFailureKind, SafeText, SessionId, Source, Ticket, TicketGrant, TokenSource,
    TraceId,
};
use ticketscope::replay::Playback;

use super::frame::Written;
use super::window::{Window, p99};
use crate::support::{Limits, median};

const ENTRIES: u64 = 1_000_000;
const ROUNDS: usize = 5;
const SCRUBS: usize = 1_500;

/// Measures and prints.
pub fn run(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("ticketscope-bench-{}.jsonl", std::process::id()));
    std::fs::write(&folder, recording()?)?;
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let since = Instant::now();
        black_box(Recording::open(&folder)?);
        ours.push(since.elapsed().as_secs_f64());
        let since = Instant::now();
        let text = std::fs::read_to_string(&folder)?;
        for line in text.lines() {
            black_box(serde_json::from_str::<serde_json::Value>(line)?);
        }
        plain.push(since.elapsed().as_secs_f64());
    }
    let since = Instant::now();
    let recording = black_box(Playback::open(&folder, |_, _| {})?);
    let playback = since.elapsed().as_secs_f64();
    let scrubbed = scrub(&folder);
    std::fs::remove_file(&folder)?;
    let mut longest = Duration::ZERO;
    let entries = recording.recording().len();
    for index in (0..entries).step_by(9_973) {
        let since = Instant::now();
        black_box(recording.point_in_time(index, Moment::START));
        longest = longest.max(since.elapsed());
    }
    let (ours, plain) = (median(&mut ours), median(&mut plain));
    let index = recording.index_bytes() as f64 / entries as f64;
    println!(
        "recording: {} entries opened in {ours:.2} s (at most 2), into plain JSON values in {plain:.2} s, ratio {:.2}; \
         with everything that can be scrubbed in {playback:.2} s; any state within {:.1} ms; {:.1} bytes of index an entry (at most 64)",
        entries,
        ours / plain,
        longest.as_secs_f64() * 1_000.0,
        index,
    );
    limits.at_most("opening a recording, s", playback, 2.0);
    limits.at_most("bytes of index an entry", index, 64.0);
    let (p99, longest) = scrubbed?;
    println!("recording: a frame while it is scrubbed: p99 {p99:.2} ms (at most 8), longest {longest:.2} ms");
    limits.at_most("99 of 100 frames while a recording is scrubbed, ms", p99, 8.0);
    Ok(())
}

/// Frames of a window in which somebody drags through the recording at `path`, to and fro.
fn scrub(path: &Path) -> Result<(f64, f64), Box<dyn Error>> {
    let profile = Profile::production();
    let journal = Journal::new(|_| {});
    let mut window = Window::new(profile, Box::new(Written { journal, now: Rc::default() }));
    window.frame(Vec::new());
    window.drop_file(path);
    let deadline = Instant::now() + Duration::from_secs(120);
    let line = loop {
        if let Some(line) = window.find("Moment ") {
            break line;
        }
        if Instant::now() > deadline {
            return Err("the recording is not opened".into());
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let mut at = line.left_center();
    let (modifiers, button) = (Modifiers::NONE, PointerButton::Primary);
    window.frame(vec![
        egui::Event::PointerMoved(at),
        egui::Event::PointerButton { pos: at, button, pressed: true, modifiers },
    ]);
    let mut times = Vec::with_capacity(SCRUBS);
    for frame in 0..SCRUBS {
        let way = frame as f32 / SCRUBS as f32 * 6.0;
        let share = if (way as u32).is_multiple_of(2) { way.fract() } else { 1.0 - way.fract() };
        at.x = line.left() + share * line.width();
        times.push(window.frame(vec![egui::Event::PointerMoved(at)]));
    }
    Ok(p99(&mut times))
}

/// A client that fails, connects and is cut off, for days.
fn recording() -> Result<Vec<u8>, Box<dyn Error>> {
    let profile = Profile::production();
    let mut tape = Script { bytes: Vec::new(), seq: 0, now: Moment::START };
    write_line(&mut tape.bytes, &Header::new(&profile, 1, chrono::DateTime::UNIX_EPOCH))?;
    let mut flow = ConnectionFlow::new(Policy::from(&profile), 1, AttemptId(0));
    tape.write(Source::Driver, None, Event::Replay(ReplayEvent::MachineStarted { first_attempt: AttemptId(0) }))?;
    tape.tell(&mut flow, Input::Command(FlowCommand::Connect))?;
    let session_id = Some(SessionId::new("sess_0123456789"));
    let credential = Credential { jwt: Some(Jwt::new("a.b.c")), session_id, ..Credential::default() };
    tape.tell(&mut flow, Input::CredentialLoaded(AttemptId(0), credential, TokenSource::Keychain))?;
    while tape.seq < ENTRIES {
        let attempt = flow.attempt().unwrap_or_default();
        tape.now = tape.now + Duration::from_millis(40);
        let trace = TraceId::new(1, attempt.0 as u32);
        tape.write(
            Source::Driver,
            Some(attempt),
            Event::Driver(DriverEvent::RequestSent { phase: Phase::Ticket, trace: trace.clone(), head: None }),
        )?;
        let (took, detail) = (Duration::from_millis(40), SafeText::new("trace id 00000001-7"));
        tape.write(
            Source::Driver,
            Some(attempt),
            Event::Driver(DriverEvent::PhaseFinished { phase: Phase::Ticket, took, ok: true, detail, lookup: None }),
        )?;
        if attempt.0.is_multiple_of(2) {
            let answer = Answer::of_status(503).with_code("REDIS_UNAVAILABLE");
            let kind = RequestFailureKind::Status(Box::new(answer));
            tape.tell(&mut flow, Input::TicketAnswered(attempt, Err(RequestFailure { trace, kind })))?;
        } else {
            let ticket = Ticket::new(format!("{attempt:032}"));
            let grant = TicketGrant { ticket, lifetime: Some(Duration::from_secs(30)) };
            tape.tell(&mut flow, Input::TicketAnswered(attempt, Ok(grant)))?;
            tape.tell(&mut flow, Input::Dialled(attempt, Ok(())))?;
            tape.tell(&mut flow, Input::Upgraded(attempt, Ok(())))?;
            for _ in 0..4 {
                tape.now = tape.now + Duration::from_secs(15);
                tape.write(
                    Source::Driver,
                    Some(attempt),
                    Event::Driver(DriverEvent::Pong { rtt: Duration::from_millis(23) }),
                )?;
            }
            tape.tell(&mut flow, Input::Closed(attempt, Close::received(Some(1001), "SERVER_SHUTDOWN")))?;
        }
        tape.now = tape.now + Duration::from_secs(7);
        tape.tell(&mut flow, Input::Timeout)?;
    }
    write_line(&mut tape.bytes, &Note::End(tape.seq))?;
    Ok(tape.bytes)
}

struct Script {
    bytes: Vec<u8>,
    seq: u64,
    now: Moment,
}

impl Script {
    fn tell(&mut self, flow: &mut ConnectionFlow, input: Input) -> Result<(), Box<dyn Error>> {
        let (attempt, record) = input.record();
        self.write(Source::Driver, attempt, Event::Replay(ReplayEvent::Input { input: record }))?;
        flow.handle(self.now, input);
        loop {
            match flow.poll() {
                Output::Event(attempt, event) => self.write(Source::Flow, attempt, event.into())?,
                Output::Effect(_) => {}
                Output::WaitUntil(_) => return Ok(()),
            }
        }
    }

    fn write(&mut self, source: Source, attempt: Option<AttemptId>, event: Event) -> Result<(), Box<dyn Error>> {
        let (seq, elapsed) = (self.seq, self.now);
        let time = chrono::DateTime::UNIX_EPOCH + elapsed.since_start();
        write_line(&mut self.bytes, &Entry { seq, elapsed, time, attempt, source, simulated: None, event })?;
        self.seq += 1;
        Ok(())
    }
}
