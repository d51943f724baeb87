//! What passed over the socket: the messages, those that pass the filter, the one that is looked at, and the draft of
//! one to send.

mod inspector;
mod outline;

use std::collections::VecDeque;
use std::sync::Arc;

use super::calendar::Calendar;
use super::lines::Filter;
use super::rows::Rows;
use super::tab::Listing;
use crate::journal::recording::{MessageRecord, UnlistedMessages};
use crate::journal::{Direction, Message, MessageKind, NewMessages, Traffic};
use crate::model::{JsonObject, Moment, NotAnObject};
use inspector::MessageInspector;
pub use inspector::pane_id;

/// Sorts of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum MessageFilter {
    /// From the server.
    #[default]
    Received,
    /// To the server.
    Sent,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
    /// Pings and pongs.
    Heartbeats,
}

impl MessageFilter {
    /// What its switch says.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Received => "In",
            Self::Sent => "Out",
            Self::Text => "Text",
            Self::Binary => "Binary",
            Self::Heartbeats => "Ping and pong",
        }
    }
}

/// The messages, and how a person looks at them.
pub struct Messages {
    kept: VecDeque<Message>,
    /// The number of the first that is kept.
    first: u64,
    /// All that passed so far, and how many of them are not kept any more.
    pub(super) total: u64,
    pub(super) dropped: u64,
    /// The numbers of those that are shown.
    pub(super) passing: VecDeque<u64>,
    /// The number of the first that is not shown: it is of the future of the moment that is looked at.
    pub(super) until: u64,
    /// Whether they are those of a recording, which holds no text.
    pub(super) is_recorded: bool,
    pub(super) filter: Filter,
    pub(super) filter_text: String,
    filters: [bool; 5],
    /// Whether the list stands still; messages are collected all the same.
    pub is_paused: bool,
    /// Whether the newest message is kept in view.
    pub follow: bool,
    pub(super) rows: Rows,
    pub(super) inspector: Option<MessageInspector>,
    pub(super) draft: String,
    /// Why the draft was not sent.
    pub(super) refusal: Option<String>,
}

impl Default for Messages {
    fn default() -> Self {
        Self {
            kept: VecDeque::new(),
            first: 0,
            total: 0,
            dropped: 0,
            passing: VecDeque::new(),
            until: u64::MAX,
            is_recorded: false,
            filter: Filter::default(),
            filter_text: String::new(),
            filters: std::array::from_fn(|index| index != MessageFilter::Heartbeats as usize),
            is_paused: false,
            follow: true,
            rows: Rows::default(),
            inspector: None,
            draft: String::new(),
            refusal: None,
        }
    }
}

impl Messages {
    /// Those that a recording lists; of `unlisted` it knows the number.
    pub fn of_recording(messages: &[MessageRecord], unlisted: UnlistedMessages) -> Self {
        let no_text: Arc<[u8]> = Arc::default();
        let message = |record: &MessageRecord| {
            let MessageRecord { at, attempt, direction, kind, len, is_simulated } = *record;
            Message { at, attempt, direction, kind, len, head: Arc::clone(&no_text), is_simulated }
        };
        let kept: VecDeque<_> = messages.iter().map(message).collect();
        let dropped = unlisted.received.saturating_add(unlisted.sent);
        let total = kept.len() as u64;
        let mut view = Self { kept, total, dropped, until: 0, is_recorded: true, ..Self::default() };
        view.filter_again();
        view
    }

    /// Shows what had passed when the session's clock showed `now`.
    pub fn show_until(&mut self, now: Moment) {
        self.until = self.kept.partition_point(|message| message.at <= now) as u64;
    }

    /// Takes in what is new, unless the list is paused.
    pub fn apply(&mut self, traffic: &Traffic) {
        self.total = traffic.received() + traffic.sent();
        if self.is_paused {
            return;
        }
        self.dropped = traffic.dropped();
        let next = self.first + self.kept.len() as u64;
        let NewMessages { first, messages } = traffic.since(next);
        if first > next {
            self.kept.clear();
            self.first = first;
        }
        let new = first.max(self.first);
        self.kept.extend(messages);
        let gone = usize::try_from(self.dropped.saturating_sub(self.first)).unwrap_or(usize::MAX);
        self.kept.drain(..gone.min(self.kept.len()));
        self.first = self.first.max(self.dropped);
        while self.passing.front().is_some_and(|number| *number < self.first) {
            self.passing.pop_front();
            self.rows.lost(1);
        }
        let end = self.first + self.kept.len() as u64;
        let passes = |number: &u64| self.message(*number).is_some_and(|message| self.passes(message));
        let passing: Vec<u64> = (new.max(self.first)..end).filter(passes).collect();
        self.passing.extend(passing);
    }

    /// Forgets the messages; choices and the draft stay.
    pub fn clear(&mut self) {
        let Self { filter, filter_text, filters, draft, .. } = std::mem::take(self);
        *self = Self { filter, filter_text, filters, draft, ..Self::default() };
    }

    pub(super) fn message(&self, number: u64) -> Option<&Message> {
        self.kept.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    fn passes(&self, message: &Message) -> bool {
        let direction = match message.direction {
            Direction::In => MessageFilter::Received,
            Direction::Out => MessageFilter::Sent,
        };
        let kind = match message.kind {
            MessageKind::Text => MessageFilter::Text,
            MessageKind::Binary => MessageFilter::Binary,
            MessageKind::Ping | MessageKind::Pong => MessageFilter::Heartbeats,
        };
        let text = || match std::str::from_utf8(&message.head) {
            _ if self.is_recorded => self.filter.is_in(&facts(message)),
            Ok(text) => self.filter.is_in(text),
            Err(_) => self.filter.is_in(message.text().as_str()),
        };
        self.lets_through(direction) && self.lets_through(kind) && (!self.filter.has_text() || text())
    }

    /// Whether messages of this sort are shown.
    pub fn lets_through(&self, filter: MessageFilter) -> bool {
        self.filters[filter as usize]
    }

    /// Shows or hides messages of a sort.
    pub fn toggle(&mut self, filter: MessageFilter) {
        self.filters[filter as usize] ^= true;
        self.filter_again();
    }

    fn filter_again(&mut self) {
        let numbered = (self.first..).zip(&self.kept);
        self.passing = numbered.filter(|(_, message)| self.passes(message)).map(|(number, _)| number).collect();
    }

    /// How many are shown.
    pub(super) fn len(&self) -> usize {
        if self.until == u64::MAX { self.passing.len() } else { self.passing.partition_point(|n| *n < self.until) }
    }

    /// What there is, what passes the filter and what is not kept, at length and as short as can be.
    pub(super) fn account(&self) -> [String; 2] {
        let [total, kept, dropped] = [self.total, self.kept.len() as u64, self.dropped].map(counted);
        let shown = counted(self.len() as u64);
        if self.is_recorded {
            let passed = counted(self.until);
            let short =
                if self.filter.has_text() { format!("{shown} of {passed}") } else { format!("{passed} had passed") };
            let unlisted = (self.dropped > 0).then(|| format!(", {dropped} of the recording are not listed"));
            return [format!("{short} by this moment{}", unlisted.unwrap_or_default()), short];
        }
        let unseen = counted(self.unseen());
        if self.is_paused {
            return [format!("Paused: {unseen} new"), format!("{unseen} new")];
        }
        match (self.filter.has_text(), self.dropped) {
            (false, 0) => [format!("{total} frames passed, all kept"), format!("{total} frames")],
            (false, _) => {
                [format!("{total} frames passed, {kept} kept, {dropped} only counted"), format!("{dropped} not kept")]
            }
            (true, 0) => [format!("{shown} of {kept} contain it"), format!("{shown} of {kept}")],
            (true, _) => [
                format!("{shown} of {kept} kept contain it, {dropped} only counted"),
                format!("{shown} of {kept}, {dropped} not kept"),
            ],
        }
    }

    /// How many came since the list was paused.
    fn unseen(&self) -> u64 {
        self.total - (self.first + self.kept.len() as u64)
    }

    /// What is kept of the payload of the message that is looked at, line by line as it came.
    pub fn payload(&self) -> Option<String> {
        let message = &self.inspector.as_ref()?.message;
        Some(match message.kind {
            MessageKind::Text => inspector::lines(&String::from_utf8_lossy(&message.head)).join("\n"),
            MessageKind::Binary | MessageKind::Ping | MessageKind::Pong => message.text().into(),
        })
    }

    /// Whether one is looked at.
    pub fn has_selection(&self) -> bool {
        self.inspector.is_some()
    }

    /// Whether the one that is looked at has parts that fold.
    pub fn can_fold(&self) -> bool {
        self.inspector.as_ref().is_some_and(MessageInspector::folds)
    }

    /// Whether all of them are unfolded.
    pub fn is_unfolded(&self) -> bool {
        self.inspector.as_ref().is_some_and(MessageInspector::is_unfolded)
    }

    /// Unfolds all of the message that is looked at, or folds it.
    pub fn unfold_all(&mut self) {
        if let Some(inspector) = &mut self.inspector {
            inspector.unfold_all();
        }
    }

    pub(super) fn selected(&self) -> Option<u64> {
        self.inspector.as_ref().map(|inspector| inspector.number)
    }

    /// Looks at the message `number`, or at none if it is looked at already.
    pub(super) fn toggle_selection(&mut self, number: u64) {
        let is_new = self.selected() != Some(number) && !self.is_recorded;
        self.inspector =
            self.message(number).filter(|_| is_new).map(|message| MessageInspector::at(number, message.clone()));
    }

    /// Looks at the message `steps` rows below the one that is looked at, or at the newest.
    pub(super) fn step(&mut self, steps: isize) {
        let Some(last) = self.len().checked_sub(1) else { return };
        let row = self.selected().map_or(last, |number| {
            let row = self.passing.partition_point(|passing| *passing < number);
            row.saturating_add_signed(steps).min(last)
        });
        if let Some(number) = self.passing.get(row).copied().filter(|number| self.selected() != Some(*number)) {
            self.toggle_selection(number);
        }
        self.rows.keep_in_view(row);
        self.follow &= row == last;
    }

    /// What is to be sent; if it is not an object, and only those may be, the person is told so.
    pub fn take_draft(&mut self, may_be_any: bool) -> Option<JsonObject> {
        let parsed = if may_be_any { JsonObject::any(&self.draft) } else { JsonObject::parse(&self.draft) };
        match parsed {
            Ok(object) => {
                self.refusal = None;
                Some(object)
            }
            Err(NotAnObject::Empty) if may_be_any => {
                self.refusal = Some("Nothing to send: write something first".to_owned());
                None
            }
            Err(error) => {
                self.refusal = Some(error.to_string());
                None
            }
        }
    }

    /// The session has taken the draft.
    pub fn sent(&mut self) {
        self.draft.clear();
    }
}

impl Listing for Messages {
    fn follows(&self) -> bool {
        self.follow
    }

    fn set_follow(&mut self, follow: bool) {
        self.follow = follow;
    }

    fn filter(&self) -> &str {
        &self.filter_text
    }

    fn set_filter(&mut self, text: String) {
        self.filter = Filter::new(&text, true);
        self.filter_text = text;
        self.filter_again();
    }

    fn copied(&mut self, calendar: &Calendar) -> String {
        let messages = self.passing.iter().take(self.len()).filter_map(|number| self.message(*number));
        messages.map(|message| one_line(message, &calendar.precise_at(message.at), Message::HEAD) + "\n").collect()
    }

    fn copied_selection(&self, _: &Calendar) -> Option<String> {
        self.payload()
    }

    fn deselect(&mut self) {
        self.inspector = None;
    }
}

/// What is told of a message in one line, with at most `limit` bytes of its payload.
pub fn one_line(message: &Message, time: &str, limit: usize) -> String {
    let mark = if message.is_simulated { " [SIMULATED flood]" } else { "" };
    let cut = if message.len > limit && !message.head.is_empty() { "…" } else { "" };
    let text = format!("{time} {} {}{cut}{mark}", facts(message), message.beginning(limit));
    text.trim_end().to_owned()
}

/// What its row says of a message besides time and text.
fn facts(message: &Message) -> String {
    format!("{} {} {}", direction(message).1, kind(message), size(message.len))
}

pub fn direction(message: &Message) -> (&'static str, &'static str) {
    match message.direction {
        Direction::In => ("↓", "in"),
        Direction::Out => ("↑", "out"),
    }
}

pub fn kind(message: &Message) -> &'static str {
    match message.kind {
        MessageKind::Text => "text",
        MessageKind::Binary => "binary",
        MessageKind::Ping => "ping",
        MessageKind::Pong => "pong",
    }
}

/// A number of bytes with its unit.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_240_000 => format!("{:.1} KiB", bytes as f64 / 1_024.0),
        _ => format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)),
    }
}

/// A number with a gap between thousands.
fn counted(number: u64) -> String {
    let digits = number.to_string();
    let gap = |place: usize| place > 0 && place.is_multiple_of(3);
    let with_gaps = digits.char_indices().flat_map(|(index, digit)| {
        gap(digits.len() - index).then_some(' ').filter(|_| index > 0).into_iter().chain([digit])
    });
    with_gaps.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units_and_numbers_gaps() {
        assert_eq!([size(64), size(20_480), size(16 << 20)], ["64 B", "20.0 KiB", "16.0 MiB"]);
        assert_eq!([7, 999, 1_000, 1_000_007].map(counted), ["7", "999", "1 000", "1 000 007"]);
    }
}
