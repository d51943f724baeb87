//! Writing a recording: a thread that reads the journal as a window does, and never holds anybody up.
//!
//! The journal is the bounded queue between them. Whatever was dropped from it before this thread came is
//! counted in the file. Each round hands all that is new to the system at once, so a program that is killed
//! loses one round at most, and a line that was cut off only if the system itself took half of it.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::format::{Header, MessageRecord, Note, UnlistedMessages, write_line};
use super::newest::MAX_REPORTED;
use super::retention::Limits;
use super::target::{Target, problem};
use crate::journal::{Direction, Journal, Traffic};
use crate::model::{Event, FlowCommand, FlowEvent, Moment, RecordingState, SafeText, io_words};
use crate::wake_up::WakeUp;
use crate::watchdog;

/// The pause between two rounds.
const ROUND: Duration = Duration::from_millis(10);
/// Messages that are listed per second; of those beyond, only the number is written.
const MESSAGES_PER_SECOND: f64 = 10.0;
/// Messages that may come at once and are listed all the same.
const MESSAGES_AT_ONCE: f64 = 200.0;
/// How often the number of messages that are not listed is written.
const COUNT_EVERY: Duration = Duration::from_millis(50);
/// Room for the last line.
const RESERVE: u64 = 64;
/// How long the end of a session waits for a disk.
const END_LIMIT: Duration = Duration::from_secs(2);

/// Whether, where and how sessions are recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Where.
    pub target: Target,
    /// How much is kept.
    pub limits: Limits,
}

/// A recording that is being written, until it is dropped.
pub struct Writer {
    stop: Arc<AtomicBool>,
    wake_up: WakeUp,
    done: Receiver<()>,
}

impl Writer {
    /// Writes what `journal` has and gets into the file that `plan` names, whenever `wake_up` rings, which `woken`
    /// hears. Every change of its state is given to `said`, from its own thread.
    pub fn start(
        plan: Plan,
        header: Header,
        journal: Journal,
        (wake_up, woken): (WakeUp, Receiver<()>),
        said: impl Fn(RecordingState) + Send + Sync + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (end, done) = channel();
        let task = Task { plan, header, journal, woken, stop: Arc::clone(&stop), has_file: Cell::new(false) };
        let said = Arc::new(said);
        let crashed = {
            let said = Arc::clone(&said);
            move |words: &SafeText, goes_on: bool| {
                let then = if goes_on { "it begins again" } else { "it does not begin again" };
                let problem = SafeText::new(&format!("the recording crashed ({words}); {then}"));
                said(RecordingState::Failed { problem });
            }
        };
        // `end` tells by being dropped with the work.
        let work = {
            let said = Arc::clone(&said);
            move || {
                let _end = &end;
                task.run(&*said);
            }
        };
        if let Err(error) = watchdog::spawn("recording", work, crashed) {
            said(not_started(&error));
        }
        Self { stop, wake_up, done }
    }

    /// Writes what is still to be written, and the last line.
    pub fn finish(self) {
        self.stop();
        if self.done.recv_timeout(END_LIMIT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the recording was not ended: the disk does not answer");
        }
    }

    /// Ends the file with what there is so far; nothing that happens from now on is written.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.wake_up.ring();
    }
}

impl Drop for Writer {
    /// Without [`Writer::finish`] nobody waits for the last line.
    fn drop(&mut self) {
        self.stop();
    }
}

struct Task {
    plan: Plan,
    header: Header,
    journal: Journal,
    woken: Receiver<()>,
    stop: Arc<AtomicBool>,
    /// Whether a file was made for it, before it crashed.
    has_file: Cell<bool>,
}

/// What a person is told if there is no thread that writes.
fn not_started(error: &io::Error) -> RecordingState {
    let problem = format!("no thread can be started for it: {}; close other programs and start again", io_words(error));
    tracing::warn!("not recording: {problem}");
    RecordingState::Failed { problem: SafeText::new(&problem) }
}

impl Task {
    /// Records from the beginning of what the journal has.
    fn run(&self, said: &dyn Fn(RecordingState)) {
        let Self { plan: Plan { target, limits }, header, journal, woken, stop, has_file } = self;
        if !self.is_asked_for() {
            return;
        }
        let failed = |path: &Path, error: &io::Error| {
            let problem = problem(target, path, error);
            tracing::warn!("not recording: {}: {error}", SafeText::of_path(path));
            said(RecordingState::Failed { problem });
        };
        let made = match has_file.get() {
            // What is in it is all that is left, if this one crashes for the same reason.
            true => target.create_again(header, limits),
            false => target.create(header, limits),
        };
        let (file, path) = match made {
            Ok(made) => made,
            Err(error) => {
                let (Target::Folder(path) | Target::File(path)) = target;
                return failed(path, &error);
            }
        };
        has_file.set(true);
        let name = SafeText::of_path(path.file_name().unwrap_or_default().as_ref());
        let mut out = Out { file, buffer: Vec::new(), written: 0, limit: limits.file, is_full: false };
        let mut source = Reader::new(journal.clone());
        if let Err(error) = out.line(header).and_then(|()| out.flush()) {
            return failed(&path, &error);
        }
        said(RecordingState::On { file: name.clone() });
        loop {
            // An error means that nobody is left who could ring.
            let is_stopped = || stop.load(Ordering::Acquire);
            let is_over = is_stopped() || woken.recv().is_err() || is_stopped();
            let written = source.write(&mut out, is_over).and_then(|()| {
                if out.is_full {
                    out.end(Note::Full(source.entries))?;
                } else if is_over {
                    out.end(Note::End(source.entries))?;
                }
                out.flush()
            });
            if let Err(error) = written {
                return failed(&path, &error);
            }
            if out.is_full {
                return said(RecordingState::Full { file: name, limit: limits.file });
            }
            if is_over {
                return;
            }
            thread::sleep(ROUND);
        }
    }
}

impl Task {
    /// Waits until something is asked of the session, and returns whether that came before its end: nobody looks for
    /// the recording of a session in which nothing was. A file that a person named is there at once.
    fn is_asked_for(&self) -> bool {
        if matches!(self.plan.target, Target::File(_)) {
            return true;
        }
        let mut next = 0;
        loop {
            let is_over = self.stop.load(Ordering::Acquire);
            let news = self.journal.since(next);
            if news.missed > 0 || news.entries.iter().any(|entry| is_asked(&entry.event)) {
                return true;
            }
            next += news.entries.len() as u64;
            if is_over || self.woken.recv().is_err() {
                return false;
            }
        }
    }
}

/// Whether this follows from what somebody wanted; what keychain, local server and machine tell at their start does not.
const fn is_asked(event: &Event) -> bool {
    match event {
        // The end of a session disconnects, whatever was before.
        Event::Flow(FlowEvent::Command { command: FlowCommand::Disconnect }) => false,
        Event::Flow(_) | Event::Fault(_) | Event::File(_) => true,
        Event::Driver(_) | Event::Replay(_) | Event::Server(_) => false,
    }
}

/// All messages that have passed by a moment.
#[derive(Clone, Copy, Default)]
struct Passed {
    received: u64,
    sent: u64,
    received_bytes: u64,
    sent_bytes: u64,
    at: Option<Moment>,
}

impl Passed {
    fn of(traffic: &Traffic) -> Self {
        let (received_bytes, sent_bytes) = traffic.bytes();
        let at = traffic.kept().back().map(|newest| newest.at);
        Self { received: traffic.received(), sent: traffic.sent(), received_bytes, sent_bytes, at }
    }

    /// What has passed since `before`, less what is listed of it.
    fn less(&self, before: &Self, listed: &[MessageRecord]) -> UnlistedMessages {
        let of = |direction| {
            let those = listed.iter().filter(move |message| message.direction == direction);
            those.fold((0, 0), |(count, bytes), message| (count + 1, bytes + message.len as u64))
        };
        let ((listed_in, bytes_in), (listed_out, bytes_out)) = (of(Direction::In), of(Direction::Out));
        let received = self.received - before.received - listed_in;
        let sent = self.sent - before.sent - listed_out;
        UnlistedMessages {
            received,
            sent,
            received_bytes: self.received_bytes - before.received_bytes - bytes_in,
            sent_bytes: self.sent_bytes - before.sent_bytes - bytes_out,
            at: self.at.filter(|_| received + sent > 0),
        }
    }
}

/// A recording of the newest 100 000 entries of `journal`, as a file would have it that is still being written; those
/// before them are counted in it.
///
/// # Errors
/// Serialization errors; none expected.
pub fn so_far(header: &Header, journal: &Journal) -> serde_json::Result<Vec<u8>> {
    let mut lines = Vec::new();
    write_line(&mut lines, header)?;
    let news = journal.newest(MAX_REPORTED);
    if news.missed > 0 {
        write_line(&mut lines, &Note::Dropped(news.missed))?;
    }
    for entry in &news.entries {
        write_line(&mut lines, &**entry)?;
    }
    let (messages, passed) = journal.with_traffic(|traffic| {
        let messages: Vec<_> = traffic.kept().iter().map(MessageRecord::from).collect();
        (messages, Passed::of(traffic))
    });
    // What is not kept is older than what is.
    let at = messages.first().map(|oldest| oldest.at);
    let unlisted = Passed { at, ..passed }.less(&Passed::default(), &messages);
    for message in messages {
        write_line(&mut lines, &Note::Message(message))?;
    }
    if unlisted != UnlistedMessages::default() {
        write_line(&mut lines, &Note::Unlisted(unlisted))?;
    }
    Ok(lines)
}

/// What has been read of the journal.
struct Reader {
    journal: Journal,
    next: u64,
    entries: u64,
    passed: Passed,
    unlisted: UnlistedMessages,
    counted: Instant,
    allowance: f64,
    refilled: Instant,
}

impl Reader {
    fn new(journal: Journal) -> Self {
        let (counted, refilled) = (Instant::now(), Instant::now());
        let (unlisted, allowance) = (UnlistedMessages::default(), MESSAGES_AT_ONCE);
        Self { journal, next: 0, entries: 0, passed: Passed::default(), unlisted, counted, allowance, refilled }
    }

    fn write(&mut self, out: &mut Out, is_over: bool) -> io::Result<()> {
        let news = self.journal.since(self.next);
        if news.missed > 0 {
            out.line(&Note::Dropped(news.missed))?;
        }
        self.next += news.missed;
        for entry in &news.entries {
            out.line(&**entry)?;
            if out.is_full {
                return Ok(());
            }
            self.next += 1;
            self.entries += 1;
        }
        for message in self.new_messages(out.is_half_full()) {
            out.line(&Note::Message(message))?;
        }
        let UnlistedMessages { received, sent, .. } = self.unlisted;
        if received + sent > 0 && (is_over || self.counted.elapsed() >= COUNT_EVERY) {
            out.line(&Note::Unlisted(std::mem::take(&mut self.unlisted)))?;
            self.counted = Instant::now();
        }
        Ok(())
    }

    /// The messages that are to be listed; the others are counted.
    fn new_messages(&mut self, only_count: bool) -> Vec<MessageRecord> {
        let refill = self.refilled.elapsed().as_secs_f64() * MESSAGES_PER_SECOND;
        self.allowance = (self.allowance + refill).min(MESSAGES_AT_ONCE);
        self.refilled = Instant::now();
        let room = if only_count { 0 } else { self.allowance as usize };
        let seen = self.passed.received + self.passed.sent;
        let (listed, passed) = self.journal.with_traffic(|traffic| {
            let new = usize::try_from(traffic.received() + traffic.sent() - seen).unwrap_or(usize::MAX);
            let kept = traffic.kept();
            let listed = kept.iter().skip(kept.len().saturating_sub(new)).take(room).map(MessageRecord::from);
            (listed.collect::<Vec<_>>(), Passed::of(traffic))
        });
        self.allowance -= listed.len() as f64;
        self.unlisted.add(&passed.less(&self.passed, &listed));
        self.passed = passed;
        listed
    }
}

/// The file.
struct Out {
    file: File,
    buffer: Vec<u8>,
    written: u64,
    limit: u64,
    is_full: bool,
}

impl Out {
    /// Adds a line, unless there is no room for it.
    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        let before = self.buffer.len();
        write_line(&mut self.buffer, line)?;
        if self.is_full || self.written + self.buffer.len() as u64 + RESERVE > self.limit {
            self.buffer.truncate(before);
            self.is_full = true;
        }
        Ok(())
    }

    fn end(&mut self, note: Note) -> io::Result<()> {
        Ok(write_line(&mut self.buffer, &note)?)
    }

    /// Hands everything to the system.
    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    fn is_half_full(&self) -> bool {
        self.written > self.limit / 2
    }
}
