//! The newest entries of a journal, bounded by their number and by the memory that they take.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;

use super::EventKind;
use crate::model::{Entry, Event, FaultEvent, FaultName};

/// Entries kept at most; older ones are dropped and counted.
pub const MAX_ENTRIES: usize = 1_000_000;

/// Memory that the kept entries take at most, in bytes.
pub const MAX_BYTES: usize = 384 << 20;

/// The newest entries.
pub(super) struct Entries {
    kept: VecDeque<Arc<Entry>>,
    bytes: usize,
    dropped: u64,
    /// The last of each kind that was dropped; of what concerns a fault, the last of each fault.
    landmarks: HashMap<(EventKind, Option<FaultName>), Arc<Entry>>,
    most: usize,
    most_bytes: usize,
}

impl Default for Entries {
    fn default() -> Self {
        Self {
            kept: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            landmarks: HashMap::new(),
            most: MAX_ENTRIES,
            most_bytes: MAX_BYTES,
        }
    }
}

impl Entries {
    /// The number of the next entry.
    pub fn next_seq(&self) -> u64 {
        self.dropped + self.kept.len() as u64
    }

    /// Takes in the entry numbered [`Self::next_seq`].
    pub fn push(&mut self, entry: Entry) {
        self.bytes += cost(&entry);
        self.kept.push_back(Arc::new(entry));
        while self.kept.len() > self.most || self.bytes > self.most_bytes {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.bytes -= cost(&oldest);
            self.dropped += 1;
            self.landmarks.insert((EventKind::from(&oldest.event), fault(&oldest.event)), oldest);
        }
    }

    /// Of the dropped entries from the one numbered `seq` on, the last of each kind, oldest first.
    pub fn landmarks(&self, seq: u64) -> Vec<Arc<Entry>> {
        let mut landmarks: Vec<_> =
            self.landmarks.values().filter(|entry| (seq..self.dropped).contains(&entry.seq)).cloned().collect();
        landmarks.sort_unstable_by_key(|entry| entry.seq);
        landmarks
    }

    /// At most `limit` kept entries from the one numbered `seq` on, and how many from there on are not kept.
    pub fn since(&self, seq: u64, limit: usize) -> (Vec<Arc<Entry>>, u64) {
        let skip = usize::try_from(seq.saturating_sub(self.dropped)).unwrap_or(usize::MAX).min(self.kept.len());
        let end = skip.saturating_add(limit).min(self.kept.len());
        (self.kept.range(skip..end).cloned().collect(), self.dropped.saturating_sub(seq))
    }
}

/// The fault that is armed or no longer armed.
fn fault(event: &Event) -> Option<FaultName> {
    match event {
        Event::Fault(
            FaultEvent::Armed { fault, .. } | FaultEvent::Fired { fault, .. } | FaultEvent::Cleared { fault },
        ) => Some(fault.clone()),
        Event::Flow(_) | Event::Driver(_) | Event::Replay(_) | Event::Server(_) | Event::Fault(_) | Event::File(_) => {
            None
        }
    }
}

/// The memory that an entry takes, in bytes, rather too much than too little: its texts count as the JSON of its event.
fn cost(entry: &Entry) -> usize {
    /// Two counts, the place in the list, and what the allocator adds.
    const OVERHEAD: usize = 40;
    let mut texts = Count(0);
    // Counting cannot fail, and every event can be JSON.
    let _ = serde_json::to_writer(&mut texts, &entry.event);
    size_of::<Entry>() + OVERHEAD + texts.0
}

/// Counts the bytes that are written into it.
struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::model::{Event, Moment, SafeText, ServerEvent, Source};

    fn log(seq: u64, line: &str) -> Entry {
        let event = Event::Server(ServerEvent::Log { line: SafeText::new(line) });
        let (elapsed, time) = (Moment::from_millis(seq), DateTime::UNIX_EPOCH);
        Entry { seq, elapsed, time, attempt: None, source: Source::Server, simulated: None, event }
    }

    #[test]
    fn a_million_entries_of_a_common_length_fit_and_what_falls_out_is_counted() {
        let common = "[WSTicket] Ticket generated { hasUserId: false, ttl: 30, traceId: 7f3a91c0-12 }";
        assert!(cost(&log(0, common)) * MAX_ENTRIES < MAX_BYTES, "{} bytes", cost(&log(0, common)));
        let mut entries = Entries { most: 1_000, ..Entries::default() };
        (0..1_007).for_each(|seq| entries.push(log(seq, common)));
        let (kept, missed) = entries.since(0, usize::MAX);
        assert_eq!((kept.len(), missed, kept[0].seq), (1_000, 7, 7));
        assert_eq!(entries.since(10, 3).0.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [10, 11, 12]);
        assert_eq!(entries.since(entries.next_seq(), usize::MAX), (Vec::new(), 0));
    }

    #[test]
    fn long_lines_are_kept_within_the_memory_for_them() {
        let most_bytes = 1 << 20;
        let mut entries = Entries { most_bytes, ..Entries::default() };
        let long = "x".repeat(SafeText::MAX_CHARS);
        (0..5_000).for_each(|seq| entries.push(log(seq, &long)));
        let (kept, missed) = entries.since(0, usize::MAX);
        assert_eq!((kept.len() as u64 + missed, entries.next_seq()), (5_000, 5_000));
        let taken: usize = kept.iter().map(|entry| size_of_val(&**entry) + long.len()).sum();
        assert!((most_bytes / 10 * 8..most_bytes).contains(&taken), "{taken} bytes, {missed} missed");
    }
}
