//! What is exported.

use std::borrow::Cow;
use std::iter::Peekable;
use std::sync::Arc;

use crate::journal::Journal;
use crate::journal::recording::{Header, MessageRecord, Recording};
use crate::model::Entry;

/// A session as far as it is to be exported: what a recording of it holds. Its entries are read once, in order.
pub struct Session<'a> {
    /// Profile, seed and beginning.
    pub header: Cow<'a, Header>,
    /// What happened.
    pub(super) entries: Peekable<Box<dyn Iterator<Item = Arc<Entry>> + 'a>>,
    /// The WebSocket messages that are listed, without their texts.
    pub(super) messages: Cow<'a, [MessageRecord]>,
}

impl<'a> Session<'a> {
    /// A session of which this is known.
    pub fn new(header: Header, entries: Vec<Arc<Entry>>, messages: Vec<MessageRecord>) -> Self {
        let entries: Box<dyn Iterator<Item = _>> = Box::new(entries.into_iter());
        Self { header: Cow::Owned(header), entries: entries.peekable(), messages: Cow::Owned(messages) }
    }

    /// A live session so far, as `journal` keeps it.
    pub fn live(header: Header, journal: &Journal) -> Self {
        let entries = journal.all().entries;
        let messages = journal.with_traffic(|traffic| traffic.kept().iter().map(MessageRecord::from).collect());
        Self::new(header, entries, messages)
    }

    /// All that `recording` holds.
    pub fn recorded(recording: &'a Recording) -> Self {
        Self::recorded_until(recording, recording.len())
    }

    /// The first `count` entries of `recording`, and the messages that had passed by then.
    pub fn recorded_until(recording: &'a Recording, count: usize) -> Self {
        let entries: Box<dyn Iterator<Item = _> + 'a> = Box::new(recording.entries().take(count).map(Arc::new));
        let mut messages = recording.messages();
        if count < recording.len() {
            let last = count.checked_sub(1).and_then(|last| recording.entry(last));
            let passed =
                messages.partition_point(|message| last.as_ref().is_some_and(|last| message.at <= last.elapsed));
            messages = messages.get(..passed).unwrap_or_default();
        }
        Self {
            header: Cow::Borrowed(recording.header()),
            entries: entries.peekable(),
            messages: Cow::Borrowed(messages),
        }
    }

    /// Entries before the first one here that the journal kept no longer. To be asked before entries are read.
    pub(super) fn earlier_dropped(&mut self) -> u64 {
        self.entries.peek().map_or(0, |first| first.seq)
    }
}
