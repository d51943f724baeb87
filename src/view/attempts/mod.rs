//! Every attempt over time: a fold over the journal, the same for a live session and a recorded one.
//!
//! An attempt is a lane, its parts are segments of it. A lane begins with the wait that led to it and ends
//! when the socket that it opened has closed, so lanes follow one another in time and in the journal.

mod rewind;
mod spliced;
mod words;

use std::time::Duration;

use super::parts::AfterClose;
use crate::model::{
    AttemptId, Class, Delay, DriverEvent, Entry, Event, Failure, FaultEvent, FileEvent, FlowCommand, FlowEvent, Moment,
    Phase, SafeText, Trigger,
};
pub use rewind::Bookmark;
use spliced::Spliced;
pub use words::RequestOutcome;
use words::outcome;

/// The attempts of a session.
#[derive(Clone, Debug, Default)]
pub struct Attempts {
    /// Whether all are kept, because they are those of a recording, which is bounded.
    keeps_all: bool,
    lanes: Spliced<Lane>,
    /// The segments of all lanes, in their order.
    segments: Spliced<Segment>,
    /// Segments that are gone: the number of the first that is kept.
    segments_dropped: u64,
    dropped: u64,
    /// What is going on in the newest lane, and since which entry.
    running: Option<(Part, Moment, u64)>,
    refreshing: bool,
    faults: Spliced<FaultMark>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its number; that of a wait that led to no attempt is the number that the attempt would have had.
    pub attempt: AttemptId,
    /// Whether it has begun, and is not only waited for.
    has_begun: bool,
    /// The first journal entry that belongs to it.
    pub seq: u64,
    /// When its wait began, or it, if there was none.
    pub start: Moment,
    /// The wait before it.
    pub wait: Option<Wait>,
    /// How it ended, if it has.
    pub outcome: Option<Outcome>,
    first_segment: u64,
}

/// The wait before an attempt, as it was planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Which retry in a row follows.
    pub retry: u32,
    /// The rule's wait, before the jitter.
    pub nominal: Duration,
    /// What the jitter made of it; the planned end is later if the server asked for it.
    pub drawn: Duration,
    /// The planned end.
    pub until: Moment,
}

/// How an attempt, or the connection that it led to, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In a few words: `503 REDIS_UNAVAILABLE`.
    pub text: SafeText,
    /// What the client made of it; `None` if a person ended it.
    pub class: Option<Class>,
    /// Whether a fault brought it about.
    pub is_simulated: bool,
    /// When.
    pub at: Moment,
    /// The journal entry that says so.
    pub seq: u64,
}

/// A part of an attempt that took its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// When it began.
    pub start: Moment,
    /// When it ended; the present, if it is going on.
    pub end: Moment,
    /// The journal entry that it began or, if only its end is told, ended with.
    pub seq: u64,
    /// What it was.
    pub part: Part,
    /// How it ended.
    pub state: SegmentState,
}

/// How a segment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentState {
    /// It is going on.
    Running,
    /// As it should.
    Done,
    /// In failure.
    Failed,
}

/// The parts of an attempt, in the order in which they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Part {
    /// Waiting for the backoff's deadline.
    Wait,
    /// Reading the stored JWT.
    Keychain,
    /// Asking for a JWT.
    Token,
    /// Asking for another JWT in place of a refused one.
    Refresh,
    /// Asking for a ticket.
    Ticket,
    /// Resolving the socket's host name.
    Dns,
    /// Connecting, directly or through a proxy.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// The WebSocket handshake.
    Upgrade,
    /// What a service says before its socket is of use.
    Greeting,
    /// The socket is open.
    Open,
    /// The closing handshake.
    Close,
}

/// A fault acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultMark {
    /// When.
    pub at: Moment,
    /// The journal entry that says so.
    pub seq: u64,
    /// Its name.
    pub name: SafeText,
}

impl Lane {
    /// Its number, unless it was a wait that led to no attempt: the next one has that number.
    pub fn number(&self) -> Option<AttemptId> {
        (self.has_begun || self.outcome.is_none()).then_some(self.attempt)
    }

    /// The number as people read it; a dash if it has none.
    pub fn numeral(&self) -> String {
        self.number().map_or_else(|| "–".to_owned(), |number| number.to_string())
    }
}

impl Attempts {
    /// Attempts kept of a session that goes on; older ones are dropped and counted.
    pub const MAX: usize = 50_000;
    /// Segments kept in all; with them go the attempts that they belong to.
    const MAX_SEGMENTS: usize = 10 * Self::MAX;
    /// Marks of faults kept.
    const MAX_FAULTS: usize = 20_000;

    /// None yet, of a recording: all will be kept.
    pub fn of_recording() -> Self {
        Self { keeps_all: true, ..Self::default() }
    }

    /// Takes in the next entry of the journal.
    pub fn apply(&mut self, entry: &Entry) {
        let now = entry.elapsed;
        match &entry.event {
            Event::Flow(FlowEvent::AttemptStarted { .. }) => self.begin(entry),
            Event::Flow(FlowEvent::EnsuringToken) => self.run(Part::Keychain, entry),
            Event::Flow(FlowEvent::FetchingToken) => {
                self.run(if self.refreshing { Part::Refresh } else { Part::Token }, entry)
            }
            Event::Flow(FlowEvent::RequestingTicket | FlowEvent::RetryingTicket) => self.run(Part::Ticket, entry),
            Event::Flow(FlowEvent::RefreshingToken { .. }) => {
                self.finish(now, SegmentState::Failed);
                self.refreshing = true;
            }
            Event::Flow(FlowEvent::TicketObtained { .. } | FlowEvent::Dialling) => self.run(Part::Dns, entry),
            Event::Flow(FlowEvent::TicketSpent { .. } | FlowEvent::Upgrading) => self.run(Part::Upgrade, entry),
            Event::Flow(FlowEvent::Greeting) => self.run(Part::Greeting, entry),
            Event::Flow(FlowEvent::Connected) => self.run(Part::Open, entry),
            Event::Driver(DriverEvent::PhaseFinished { phase, took, ok, .. }) => self.phase(entry, *phase, *took, *ok),
            Event::Flow(FlowEvent::Command { command }) => {
                let is_open = self.running.is_some_and(|(part, ..)| matches!(part, Part::Greeting | Part::Open));
                if is_open && *command != FlowCommand::Connect {
                    self.finish(now, SegmentState::Done);
                    self.run(Part::Close, entry);
                }
            }
            Event::Flow(FlowEvent::AttemptFailed { failure, class }) => self.end(entry, outcome(failure), Some(*class)),
            Event::Flow(FlowEvent::Disconnected { close, class }) => {
                let text = match AfterClose::of(*class, entry.source) {
                    by_person @ AfterClose::ByPerson => SafeText::new(&format!("{} {}", close.code, by_person.words())),
                    AfterClose::Reconnects | AfterClose::Stops | AfterClose::InOrder => {
                        outcome(&Failure::Closed(close.clone()))
                    }
                };
                self.end(entry, text, *class);
            }
            Event::Flow(FlowEvent::BackoffScheduled { delay }) => self.wait(entry, delay),
            Event::Flow(FlowEvent::Stopped) => self.end(entry, SafeText::new("stopped by you"), None),
            Event::Driver(DriverEvent::Crashed { .. }) => {
                self.end(entry, SafeText::new("client crashed"), Some(Class::Soft))
            }
            Event::Fault(FaultEvent::Fired { fault, .. }) => {
                if self.faults.len() == Self::MAX_FAULTS && !self.keeps_all {
                    self.faults.pop_front();
                }
                self.faults.push_back(FaultMark { at: now, seq: entry.seq, name: SafeText::new(fault.as_str()) });
            }
            Event::Flow(
                FlowEvent::TokenReady { .. }
                | FlowEvent::TokenAcquired { .. }
                | FlowEvent::BackoffReset
                | FlowEvent::BackoffChanged { .. }
                | FlowEvent::CredentialReplaced { .. }
                | FlowEvent::SessionDropped
                | FlowEvent::LateAnswer { .. },
            )
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(FileEvent::Begins { .. } | FileEvent::Told { .. } | FileEvent::NotSeen { .. }) => {}
            Event::File(FileEvent::Ends) => self.interrupt(entry, "the file ends here", None),
        }
    }

    /// Attempts kept.
    pub fn len(&self) -> usize {
        self.lanes.len()
    }

    /// Whether there was none yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Attempts that were dropped for lack of room.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The attempt in this row, the oldest first.
    pub fn lane(&self, row: usize) -> Option<&Lane> {
        self.lanes.get(row)
    }

    /// The rows of the attempts that were going on between `from` and `to`.
    pub fn rows(&self, from: Moment, to: Moment) -> std::ops::Range<usize> {
        let after = self.lanes.partition_point(|lane| lane.start <= to);
        let first = self.lanes.partition_point(|lane| lane.start < from);
        // The one before may reach into it.
        first.saturating_sub(1).min(after)..after
    }

    /// The row of the attempt to which the entry numbered `seq` belongs.
    pub fn row_of(&self, seq: u64) -> Option<usize> {
        self.lanes.partition_point(|lane| lane.seq <= seq).checked_sub(1)
    }

    /// The parts of the attempt in this row; `now` is the end of one that is going on.
    pub fn segments(&self, row: usize, now: Moment) -> impl Iterator<Item = Segment> {
        let at = |number: u64| usize::try_from(number.saturating_sub(self.segments_dropped)).unwrap_or(usize::MAX);
        let first = self.lanes.get(row).map_or(self.segments.len(), |lane| at(lane.first_segment));
        let end = self.lanes.get(row + 1).map_or(self.segments.len(), |next| at(next.first_segment));
        let running = self.running.filter(|_| row + 1 == self.lanes.len());
        let running = running.map(|(part, start, seq)| {
            let end = now.max(start);
            Segment { start, end, seq, part, state: SegmentState::Running }
        });
        self.segments.range(first..end).copied().chain(running)
    }

    /// From when to when the attempt in this row was at work: without the wait before it and the time that its
    /// socket was open.
    pub fn work(&self, row: usize, now: Moment) -> (Moment, Moment) {
        let parts = || self.segments(row, now).filter(|part| !matches!(part.part, Part::Wait | Part::Open));
        let start = parts().map(|part| part.start).min();
        let end = parts().filter(|part| part.part != Part::Close).map(|part| part.end).max();
        let start = start.or_else(|| self.lane(row).map(|lane| lane.start)).unwrap_or(now);
        (start, end.unwrap_or(now).max(start))
    }

    /// When faults acted between `from` and `to`, oldest first.
    pub fn faults(&self, from: Moment, to: Moment) -> impl Iterator<Item = &FaultMark> {
        let first = self.faults.partition_point(|mark| mark.at < from);
        self.faults.range(first..self.faults.len()).take_while(move |mark| mark.at <= to)
    }

    /// The bytes that all of it takes, for a test of its compactness.
    pub fn bytes(&self) -> usize {
        let texts = self
            .lanes
            .range(0..self.len())
            .filter_map(|lane| lane.outcome.as_ref())
            .map(|outcome| outcome.text.as_str().len());
        let names = self.faults.range(0..self.faults.len()).map(|mark| mark.name.as_str().len());
        self.lanes.capacity() * size_of::<Lane>()
            + self.segments.capacity() * size_of::<Segment>()
            + self.faults.capacity() * size_of::<FaultMark>()
            + texts.chain(names).sum::<usize>()
    }

    fn begin(&mut self, entry: &Entry) {
        let attempt = entry.attempt.unwrap_or_default();
        if self.running.is_some_and(|(part, ..)| part == Part::Wait) {
            self.finish(entry.elapsed, SegmentState::Done);
            if let Some(lane) = self.lanes.back_mut() {
                (lane.attempt, lane.has_begun) = (attempt, true);
            }
        } else {
            let is_of_file = entry.event == Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Unseen });
            self.interrupt(entry, if is_of_file { "its end is not in this file" } else { "cut short by you" }, None);
            self.push(attempt, entry, None);
        }
        self.refreshing = false;
    }

    fn wait(&mut self, entry: &Entry, delay: &Delay) {
        let Delay { retry, nominal, drawn, until, .. } = *delay;
        let attempt = entry.attempt.map_or_else(AttemptId::default, AttemptId::next);
        self.push(attempt, entry, Some(Wait { retry, nominal, drawn, until }));
        self.running = Some((Part::Wait, entry.elapsed, entry.seq));
    }

    fn push(&mut self, attempt: AttemptId, entry: &Entry, wait: Option<Wait>) {
        while !self.keeps_all && (self.len() >= Self::MAX || self.segments.len() >= Self::MAX_SEGMENTS) {
            self.drop_oldest();
        }
        let first_segment = self.segments_dropped + self.segments.len() as u64;
        let Entry { seq, elapsed: start, .. } = *entry;
        self.lanes.push_back(Lane {
            attempt,
            has_begun: wait.is_none(),
            seq,
            start,
            wait,
            outcome: None,
            first_segment,
        });
        self.running = None;
    }

    fn drop_oldest(&mut self) {
        let all = self.segments_dropped + self.segments.len() as u64;
        self.lanes.pop_front();
        self.dropped += 1;
        let first_kept = self.lanes.get(0).map_or(all, |lane| lane.first_segment);
        while self.segments_dropped < first_kept && self.segments.pop_front().is_some() {
            self.segments_dropped += 1;
        }
    }

    fn run(&mut self, part: Part, entry: &Entry) {
        // What was taken to be running without a word of its end took no time.
        if !self.is_empty() {
            self.running = Some((part, entry.elapsed, entry.seq));
        }
    }

    fn finish(&mut self, now: Moment, state: SegmentState) {
        if let Some((part, start, seq)) = self.running.take() {
            self.segments.push_back(Segment { start, end: now, seq, part, state });
        }
    }

    fn phase(&mut self, entry: &Entry, phase: Phase, took: Duration, ok: bool) {
        // The end of a part of an attempt that is over says nothing of the one that is going on.
        let current = self.lanes.back().filter(|lane| lane.outcome.is_none());
        if current.is_none_or(|lane| entry.attempt != Some(lane.attempt)) {
            return;
        }
        let part = match phase {
            Phase::Keychain => Part::Keychain,
            Phase::Token if self.refreshing => Part::Refresh,
            Phase::Token => Part::Token,
            Phase::Ticket => Part::Ticket,
            Phase::Dns => Part::Dns,
            Phase::Tcp | Phase::Proxy => Part::Tcp,
            Phase::Tls => Part::Tls,
            Phase::Upgrade => Part::Upgrade,
            Phase::Greeting => Part::Greeting,
        };
        let state = if ok { SegmentState::Done } else { SegmentState::Failed };
        let seq = match self.running.take() {
            Some((running, _, seq)) if running == part => seq,
            _ => entry.seq,
        };
        let (start, end) = (entry.elapsed - took, entry.elapsed);
        self.segments.push_back(Segment { start, end, seq, part, state });
        let next = match phase {
            Phase::Dns => Some(Part::Tcp),
            Phase::Tcp | Phase::Proxy => Some(Part::Tls),
            Phase::Keychain | Phase::Token | Phase::Ticket | Phase::Tls | Phase::Upgrade | Phase::Greeting => None,
        };
        self.running = next.filter(|_| ok).map(|part| (part, end, entry.seq));
    }

    fn end(&mut self, entry: &Entry, text: SafeText, class: Option<Class>) {
        let state = if class.is_some() { SegmentState::Failed } else { SegmentState::Done };
        self.finish(entry.elapsed, state);
        if let Some(lane) = self.lanes.back_mut().filter(|lane| lane.outcome.is_none()) {
            let Entry { elapsed: at, seq, .. } = *entry;
            lane.outcome = Some(Outcome { text, class, is_simulated: entry.simulated.is_some(), at, seq });
        }
    }

    fn interrupt(&mut self, entry: &Entry, text: &str, class: Option<Class>) {
        if self.lanes.back().is_some_and(|lane| lane.outcome.is_none()) {
            self.end(entry, SafeText::new(text), class);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{Close, CloseCause, RequestFailure, RequestFailureKind, Source, TraceId, Trigger};

    #[derive(Default)]
    struct Session {
        attempts: Attempts,
        seq: u64,
        now: u64,
        attempt: u64,
    }

    impl Session {
        fn say(&mut self, event: Event) {
            let (elapsed, time) = (Moment::from_millis(self.now), DateTime::UNIX_EPOCH);
            let attempt = Some(AttemptId(self.attempt));
            let (source, simulated) = (Source::Flow, None);
            self.attempts.apply(&Entry { seq: self.seq, elapsed, time, attempt, source, simulated, event });
            self.seq += 1;
        }

        fn begin(&mut self) {
            self.say(Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Backoff }));
            self.say(Event::Flow(FlowEvent::EnsuringToken));
        }

        fn phase(&mut self, phase: Phase, took: u64) {
            self.now += took;
            let (took, detail) = (Duration::from_millis(took), SafeText::default());
            self.say(Event::Driver(DriverEvent::PhaseFinished { phase, took, ok: true, detail, lookup: None }));
        }

        /// An attempt that ends in a 503, and the wait for the next.
        fn fail(&mut self) {
            self.begin();
            self.say(Event::Flow(FlowEvent::RequestingTicket));
            self.now += 11;
            let answer = crate::model::Answer::of_status(503).with_code("REDIS_UNAVAILABLE");
            let kind = RequestFailureKind::Status(Box::new(answer));
            let failure = Failure::Ticket(RequestFailure { trace: TraceId::new(1, 1), kind });
            self.say(Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft }));
            let (nominal, drawn) = (Duration::from_millis(250), Duration::from_millis(245));
            let until = Moment::from_millis(self.now + 245);
            let delay = Delay { retry: 1, nominal, drawn, floor: None, wait: drawn, until };
            self.say(Event::Flow(FlowEvent::BackoffScheduled { delay }));
            self.now += 245;
            self.attempt += 1;
        }

        fn parts(&self, row: usize) -> Vec<(Part, u64, u64)> {
            let segments = self.attempts.segments(row, Moment::from_millis(self.now));
            let millis = |at: Moment| at.as_nanos() / 1_000_000;
            segments.map(|segment| (segment.part, millis(segment.start), millis(segment.end))).collect()
        }
    }

    #[test]
    fn a_lane_has_every_part_with_its_time_and_the_wait_belongs_to_what_follows() {
        let mut session = Session::default();
        session.fail();
        session.begin();
        session.phase(Phase::Keychain, 2);
        session.say(Event::Flow(FlowEvent::RequestingTicket));
        session.phase(Phase::Ticket, 12);
        session.phase(Phase::Dns, 3);
        session.phase(Phase::Tcp, 4);
        session.phase(Phase::Tls, 5);
        session.phase(Phase::Upgrade, 6);
        session.say(Event::Flow(FlowEvent::Connected));
        session.now += 1_000;
        session.say(Event::Flow(FlowEvent::Disconnected {
            close: Close::abnormal(CloseCause::EndOfStream),
            class: Some(Class::Soft),
        }));
        assert_eq!(session.parts(0), [(Part::Ticket, 0, 11)]);
        let expected = [
            (Part::Wait, 11, 256),
            (Part::Keychain, 256, 258),
            (Part::Ticket, 258, 270),
            (Part::Dns, 270, 273),
            (Part::Tcp, 273, 277),
            (Part::Tls, 277, 282),
            (Part::Upgrade, 282, 288),
            (Part::Open, 288, 1_288),
        ];
        assert_eq!(session.parts(1), expected);
        let texts = [0, 1].map(|row| session.attempts.lane(row).unwrap().outcome.clone().unwrap().text);
        assert_eq!(texts.each_ref().map(SafeText::as_str), ["503 REDIS_UNAVAILABLE", "1006 closed"]);
        assert_eq!(session.attempts.lane(1).unwrap().wait.unwrap().drawn, Duration::from_millis(245));
    }

    #[test]
    fn what_is_going_on_reaches_to_the_present_and_ends_when_a_person_says_so() {
        let mut session = Session::default();
        session.begin();
        session.say(Event::Flow(FlowEvent::Connected));
        session.now += 500;
        assert_eq!(session.parts(0), [(Part::Open, 0, 500)]);
        session.say(Event::Flow(FlowEvent::Command { command: FlowCommand::Disconnect }));
        session.now += 7;
        let close = Close::received(Some(1000), "");
        session.say(Event::Flow(FlowEvent::Disconnected { close, class: None }));
        session.say(Event::Flow(FlowEvent::Stopped));
        session.now += 9_000;
        assert_eq!(session.parts(0), [(Part::Open, 0, 500), (Part::Close, 500, 507)]);
        let outcome = session.attempts.lane(0).unwrap().outcome.as_ref().unwrap();
        assert_eq!((outcome.text.as_str(), outcome.class), ("1000 closed by you", None));
    }

    #[test]
    fn a_wait_that_led_to_no_attempt_has_no_number_and_the_next_attempt_has_it() {
        let mut session = Session::default();
        session.fail();
        let numerals = |session: &Session| -> Vec<String> {
            (0..session.attempts.len()).filter_map(|row| Some(session.attempts.lane(row)?.numeral())).collect()
        };
        assert_eq!(numerals(&session), ["0", "1"], "it is waited for");
        session.say(Event::Flow(FlowEvent::Stopped));
        session.begin();
        assert_eq!(numerals(&session), ["0", "–", "1"]);
        session.say(Event::Flow(FlowEvent::Stopped));
        assert_eq!(numerals(&session), ["0", "–", "1"], "one that was stopped later had begun");
    }

    #[test]
    fn rows_are_found_by_time_and_by_entry() {
        let mut session = Session::default();
        (0..100).for_each(|_| session.fail());
        let lane = session.attempts.lane(50).unwrap().clone();
        assert_eq!(session.attempts.rows(lane.start, lane.start), 49..51);
        assert_eq!(session.attempts.row_of(lane.seq), Some(50));
        assert_eq!(session.attempts.row_of(lane.seq + 2), Some(50));
        assert_eq!(session.attempts.rows(Moment::START, Moment::from_nanos(u64::MAX)), 0..101);
    }

    #[test]
    fn it_is_bounded_and_takes_at_most_64_bytes_an_entry() {
        let mut session = Session::default();
        (0..Attempts::MAX + 10).for_each(|_| session.fail());
        assert_eq!((session.attempts.len(), session.attempts.dropped()), (Attempts::MAX, 11));
        // What is dropped is gone: only as many entries count as the kept attempts have.
        let entries = session.seq as usize / (Attempts::MAX + 10) * Attempts::MAX;
        let each = session.attempts.bytes() as f64 / entries as f64;
        assert!(each <= 64.0, "{each} bytes an entry");
        let first = session.attempts.lane(0).unwrap().attempt;
        assert_eq!(first, AttemptId(11));
        assert_eq!(session.parts(0).len(), 2);
    }

    #[test]
    fn a_recordings_attempts_are_all_kept_at_every_moment() {
        let mut session = Session { attempts: Attempts::of_recording(), ..Session::default() };
        (0..9).for_each(|_| session.fail());
        let (early, then) = (session.attempts.bookmark(), format!("{:?}", session.attempts));
        (0..Attempts::MAX).for_each(|_| session.fail());
        assert_eq!((session.attempts.len(), session.attempts.dropped()), (Attempts::MAX + 10, 0));
        let all = std::mem::take(&mut session.attempts).finished();
        assert_eq!(format!("{:?}", all.back_at(&early)), then);
    }
}
