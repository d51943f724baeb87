//! Everything that happened, in order: a bounded log, a bounded list of messages, and recordings of both.
//!
//! The driver, the local server and the fault layer append; window and console read.

#![warn(clippy::wildcard_enum_match_arm)]

mod console;
mod entries;
mod openness;
mod rates;
pub mod recording;
mod traffic;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use crate::model::{AttemptId, DriverEvent, Entry, Event, FaultName, Moment, Source};
pub use console::{ConsoleLine, Level, lines, numbered_lines};
use entries::Entries;
pub use entries::{MAX_BYTES, MAX_ENTRIES};
pub(crate) use openness::{Openness, OpennessChange};
pub use rates::{Bucket, Measure, Rates, Summary};
pub use recording::EventKind;
pub use traffic::{Direction, Message, MessageKind, NewMessages, Traffic};

/// The bounded log of a session. Cheap to clone; all clones are the same log.
#[derive(Clone)]
pub struct Journal {
    inner: Arc<Mutex<Inner>>,
    changed: Arc<dyn Fn(Change) + Send + Sync>,
}

/// What kind of thing was appended, so that a window can sleep through what nobody would notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A fact.
    Fact,
    /// Messages, at least one of them the application's.
    Traffic,
    /// Pings, pongs and what the machine is told: what a person sees is as it was.
    Heartbeat,
}

struct Inner {
    entries: Entries,
    latest: Moment,
    openness: Openness,
    traffic: Traffic,
}

/// The circumstances of a new entry; the journal adds its number.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// The session's monotonic clock.
    pub elapsed: Moment,
    /// This computer's clock.
    pub time: DateTime<Utc>,
}

/// What a reader has not seen yet.
pub struct News {
    /// Of the entries that were dropped before this reader came for them, the last of each kind, oldest first: where
    /// things stood.
    pub landmarks: Vec<Arc<Entry>>,
    /// New entries, oldest first.
    pub entries: Vec<Arc<Entry>>,
    /// Entries that were dropped before this reader came for them.
    pub missed: u64,
}

impl News {
    /// The number of the entry after the newest one here, for a reader that had asked for all.
    fn next_seq(&self) -> u64 {
        self.missed + self.entries.len() as u64
    }
}

impl Journal {
    /// An empty journal. `changed` is called, from any thread and outside any lock, after something was appended.
    pub fn new(changed: impl Fn(Change) + Send + Sync + 'static) -> Self {
        let inner = Inner {
            entries: Entries::default(),
            latest: Moment::START,
            openness: Openness::default(),
            traffic: Traffic::default(),
        };
        Self { inner: Arc::new(Mutex::new(inner)), changed: Arc::new(changed) }
    }

    /// Appends a fact. Returns when it happened: never before the entry that precedes it, whose thread may have looked
    /// at the clock later and come here first.
    pub fn append(
        &self,
        stamp: Stamp,
        source: Source,
        attempt: Option<AttemptId>,
        simulated: Option<FaultName>,
        event: Event,
    ) -> Moment {
        let (change, at) = {
            let mut inner = self.lock();
            let Stamp { elapsed, time } = stamp;
            let elapsed = elapsed.max(inner.latest);
            inner.latest = elapsed;
            let turn = inner.openness.apply(&event);
            let rates = &mut inner.traffic.rates;
            match turn {
                Some(OpennessChange::Opened) => rates.open(elapsed),
                Some(OpennessChange::Closed) => rates.close(elapsed),
                Some(OpennessChange::FirstPong | OpennessChange::Pong) | None => {}
            }
            if let Event::Driver(DriverEvent::Pong { rtt }) = event {
                rates.round_trip(elapsed, rtt);
            }
            // The first round trip of a connection is news; that it goes on answering is not. What the machine is told
            // shows in what it says next, which is a fact.
            let is_heartbeat = turn == Some(OpennessChange::Pong) || event.is_for_replay();
            let seq = inner.entries.next_seq();
            let entry = Entry { seq, elapsed, time, attempt, source, simulated, event };
            inner.entries.push(entry);
            (if is_heartbeat { Change::Heartbeat } else { Change::Fact }, elapsed)
        };
        (self.changed)(change);
        at
    }

    /// Takes in a batch of WebSocket messages, leaving `batch` empty.
    pub fn append_messages(&self, batch: &mut Vec<Message>) {
        let heartbeat = batch.iter().all(|message| matches!(message.kind, MessageKind::Ping | MessageKind::Pong));
        self.lock().traffic.extend(batch);
        (self.changed)(if heartbeat { Change::Heartbeat } else { Change::Traffic });
    }

    /// What was appended since the entry numbered `seq` was the next one. Readers pass
    /// `last seen + 1`, or 0 at first.
    pub fn since(&self, seq: u64) -> News {
        self.since_at_most(seq, usize::MAX)
    }

    /// The same, but at most `limit` entries at a time, for readers that may be far behind.
    pub fn since_at_most(&self, seq: u64, limit: usize) -> News {
        let inner = self.lock();
        let (entries, missed) = inner.entries.since(seq, limit);
        News { landmarks: inner.entries.landmarks(seq), entries, missed }
    }

    /// The newest `limit` entries; all before them count as missed.
    pub fn newest(&self, limit: usize) -> News {
        let inner = self.lock();
        let first = inner.entries.next_seq().saturating_sub(limit as u64);
        let (entries, missed) = inner.entries.since(first, limit);
        News { landmarks: inner.entries.landmarks(first), entries, missed: first + missed }
    }

    /// Everything that is kept. Others get at the journal meanwhile, so `missed` may be more than before the call.
    pub fn all(&self) -> News {
        /// So many entries are handed out within a millisecond.
        const AT_ONCE: usize = 16_384;
        let mut all = self.since_at_most(0, AT_ONCE);
        loop {
            let News { landmarks, mut entries, missed } = self.since_at_most(all.next_seq(), AT_ONCE);
            if missed > 0 {
                // What was read until now has a gap behind it.
                all.missed = all.next_seq() + missed;
                all.entries.clear();
                all.landmarks = landmarks;
            }
            if entries.is_empty() {
                return all;
            }
            all.entries.append(&mut entries);
        }
    }

    /// Reads the message log, under its lock: take what is needed and return.
    pub fn with_traffic<T>(&self, read: impl FnOnce(&Traffic) -> T) -> T {
        read(&self.lock().traffic)
    }

    /// A panic while appending leaves a whole journal behind, only the panicking entry may be missing.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{FlowEvent, ServerEvent};

    fn append(journal: &Journal, millis: u64) {
        let stamp = Stamp { elapsed: Moment::from_millis(millis), time: DateTime::UNIX_EPOCH };
        journal.append(stamp, Source::Flow, None, None, Event::Flow(FlowEvent::EnsuringToken));
    }

    #[test]
    fn readers_get_each_entry_once_and_writers_tell_that_there_is_one() {
        let (sender, received) = std::sync::mpsc::channel();
        let journal = Journal::new(move |change| sender.send(change).unwrap());
        append(&journal, 1);
        append(&journal, 2);
        let news = journal.since(0);
        assert_eq!(news.entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [0, 1]);
        append(&journal, 3);
        assert_eq!(journal.since(2).entries.len(), 1);
        assert!(journal.since(3).entries.is_empty());
        assert_eq!(received.try_iter().collect::<Vec<_>>(), [Change::Fact; 3]);
    }

    #[test]
    fn time_does_not_go_backwards_whoever_comes_first() {
        let journal = Journal::new(|_| {});
        append(&journal, 5);
        let stamp = Stamp { elapsed: Moment::from_millis(4), time: DateTime::UNIX_EPOCH };
        let at = journal.append(stamp, Source::Server, None, None, Event::Server(ServerEvent::Stopped));
        assert_eq!(at, Moment::from_millis(5));
        assert!(journal.since(0).entries.iter().all(|entry| entry.elapsed == at));
    }

    #[test]
    fn heartbeats_are_told_apart_from_what_matters() {
        let (sender, received) = std::sync::mpsc::channel();
        let journal = Journal::new(move |change| sender.send(change).unwrap());
        let stamp = Stamp { elapsed: Moment::START, time: DateTime::UNIX_EPOCH };
        journal.append(stamp, Source::Flow, None, None, Event::Flow(FlowEvent::Connected));
        for _ in 0..2 {
            journal.append(
                stamp,
                Source::Driver,
                None,
                None,
                Event::Driver(DriverEvent::Pong { rtt: Duration::from_millis(3) }),
            );
        }
        let message = |kind| Message::new(Moment::START, AttemptId(0), Direction::In, kind, b"");
        journal.append_messages(&mut vec![message(MessageKind::Ping), message(MessageKind::Pong)]);
        journal.append_messages(&mut vec![message(MessageKind::Ping), message(MessageKind::Text)]);
        // The first pong brings the first round trip.
        let expected = [Change::Fact, Change::Fact, Change::Heartbeat, Change::Heartbeat, Change::Traffic];
        assert_eq!(received.try_iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_reader_far_behind_gets_what_is_kept_in_parts_or_all_of_it() {
        let journal = Journal::new(|_| {});
        (0..40_000).for_each(|millis| append(&journal, millis));
        let (mut next, mut parts) = (0, 0);
        loop {
            let News { entries, missed, .. } = journal.since_at_most(next, 15_000);
            if entries.is_empty() {
                break;
            }
            assert_eq!((entries[0].seq, missed), (next, 0));
            (next, parts) = (next + entries.len() as u64, parts + 1);
        }
        assert_eq!((next, parts), (40_000, 3));
        let all = journal.all();
        assert!(all.entries.iter().map(|entry| entry.seq).eq(0..40_000));
        assert_eq!(all.missed, 0);
        let newest = journal.newest(100);
        assert_eq!((newest.entries.len(), newest.missed, newest.entries[0].seq), (100, 39_900, 39_900));
        assert_eq!(journal.newest(50_000).missed, 0);
    }
}
