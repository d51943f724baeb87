//! A frame of the window with 10 000 attempts over time and a log of a million lines. At most 8 ms of time in 99 of
//! 100 frames.

use std::error::Error;
use std::fs;
use std::rc::Rc;
use std::time::Duration;

use super::window::{Window, p99};
use crate::support::Limits;
use chrono::DateTime;
use egui::{Event, Key, Modifiers, MouseWheelSource, MouseWheelUnit, TouchPhase, pos2, vec2};
use std::cell::Cell;
use ticketscope::journal::recording::Header;
use ticketscope::journal::{Journal, Stamp};
use ticketscope::model::failure::SetupFailure;
use ticketscope::model::{
    AttemptId, Class, Delay, DriverEvent, Entry, Event as Fact, Failure, FlowEvent, Moment, Phase, Profile, SafeText,
    ServerEvent, Source, Trigger,
};
use ticketscope::session::{Command, Engine};

const ATTEMPTS: u64 = 10_000;
const LINES_AN_ATTEMPT: u64 = 100;
const FRAMES: usize = 1_500;

/// A session that was written by hand.
pub struct Written {
    pub journal: Journal,
    pub now: Rc<Cell<Moment>>,
}

impl Engine for Written {
    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn now(&self) -> Moment {
        self.now.get()
    }

    fn header(&self) -> Header {
        Header::new(&Profile::production(), 0, DateTime::UNIX_EPOCH)
    }

    fn send(&self, _: Command) -> bool {
        true
    }
}

/// Measures and prints.
pub fn run(limits: &mut Limits) -> Result<(), Box<dyn Error>> {
    let profile = Profile::production();
    let journal = Journal::new(|_| {});
    let now = Rc::new(Cell::new(Moment::START));
    let before = resident()?;
    let mut window = Window::new(profile, Box::new(Written { journal: journal.clone(), now: Rc::clone(&now) }));
    for attempt in 0..ATTEMPTS {
        fail(&journal, &now, attempt);
        if attempt % 30 == 29 {
            window.frame(Vec::new());
        }
    }
    println!(
        "frame: {} entries, {ATTEMPTS} attempts; an entry has {} bytes and its text, all of it takes {} MiB",
        ATTEMPTS * (LINES_AN_ATTEMPT + 6),
        size_of::<Entry>(),
        (resident()?.saturating_sub(before)) >> 20
    );
    (0..3).for_each(|_| window.press(Key::Num1));
    measure(&mut window, &journal, &now, "a minute in view", limits);
    (0..40).for_each(|_| window.press_with(Modifiers::ALT, Key::Minus));
    measure(&mut window, &journal, &now, "all attempts in view", limits);
    Ok(())
}

/// Draws frames while entries come in and somebody scrolls, and prints.
fn measure(window: &mut Window, journal: &Journal, now: &Cell<Moment>, what: &str, limits: &mut Limits) {
    let mut times = Vec::with_capacity(FRAMES);
    for frame in 0..FRAMES {
        say(journal, now, None, ServerEvent::Log { line: SafeText::new("a line more") });
        let at = if frame % 200 < 100 { pos2(300.0, 700.0) } else { pos2(300.0, 400.0) };
        let wheel = Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta: vec2(0.0, if frame % 40 < 20 { 70.0 } else { -70.0 }),
            source: MouseWheelSource::Wheel,
            phase: TouchPhase::Move,
            modifiers: Modifiers::NONE,
        };
        times.push(window.frame(vec![Event::PointerMoved(at), wheel]));
    }
    let (p99, longest) = p99(&mut times);
    println!("frame: p99 {p99:.2} ms (at most 8), longest {longest:.2} ms, {what}");
    limits.at_most("99 of 100 frames, ms", p99, 8.0);
}

/// An attempt that fails, and what a server says meanwhile.
fn fail(journal: &Journal, now: &Cell<Moment>, number: u64) {
    let attempt = Some(AttemptId(number));
    let (took, wait) = (Duration::from_millis(12), Duration::from_millis(1_500 + number * 7_919 % 900));
    say(journal, now, attempt, FlowEvent::AttemptStarted { trigger: Trigger::Backoff });
    say(journal, now, attempt, FlowEvent::EnsuringToken);
    say(journal, now, attempt, FlowEvent::RequestingTicket);
    for line in 0..LINES_AN_ATTEMPT {
        let line = SafeText::new(&format!("[WSTicket] request {line} of attempt {number} from 127.0.0.1"));
        say(journal, now, None, ServerEvent::Log { line });
    }
    now.set(now.get() + took);
    say(
        journal,
        now,
        attempt,
        DriverEvent::PhaseFinished { phase: Phase::Ticket, took, ok: false, detail: "503".into(), lookup: None },
    );
    let failure = Failure::Setup(SetupFailure::other("no such host"));
    say(journal, now, attempt, FlowEvent::AttemptFailed { failure, class: Class::Soft });
    let until = now.get() + wait;
    let delay = Delay { retry: 9, nominal: wait, drawn: wait, floor: None, wait, until };
    say(journal, now, attempt, FlowEvent::BackoffScheduled { delay });
    now.set(until);
}

fn say(journal: &Journal, now: &Cell<Moment>, attempt: Option<AttemptId>, event: impl Into<Fact>) {
    let elapsed = now.get();
    let stamp = Stamp { elapsed, time: DateTime::UNIX_EPOCH + elapsed.since_start() };
    journal.append(stamp, Source::Flow, attempt, None, event.into());
}

/// Bytes of memory that this process has, in RAM (proc(5), `statm`).
pub fn resident() -> Result<u64, Box<dyn Error>> {
    let statm = fs::read_to_string("/proc/self/statm")?;
    Ok(statm.split(' ').nth(1).ok_or("no statm")?.parse::<u64>()? * 4_096)
}
