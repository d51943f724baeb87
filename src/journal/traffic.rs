//! WebSocket messages: counted all, kept the newest. They have a log of their own, so that a flood of
//! them cannot push out the facts of the connection.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::rates::Rates;
use crate::model::{AttemptId, Moment, SafeText};

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the server.
    In,
    /// To the server.
    Out,
}

/// The kind of a WebSocket message (RFC 6455 §5.6, §5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
    /// A ping.
    Ping,
    /// A pong.
    Pong,
}

/// A message that passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When.
    pub at: Moment,
    /// On which attempt's socket.
    pub attempt: AttemptId,
    /// Which way.
    pub direction: Direction,
    /// Its kind.
    pub kind: MessageKind,
    /// Its payload's length in bytes.
    pub len: usize,
    /// The first bytes of its payload, without secrets: not to be shown unescaped.
    pub head: Arc<[u8]>,
    /// Whether a fault made it up.
    pub is_simulated: bool,
}

impl Message {
    /// Bytes of the payload that are kept.
    pub const HEAD: usize = 16 << 10;

    /// A message with `payload`, of which the first bytes are kept.
    pub fn new(at: Moment, attempt: AttemptId, direction: Direction, kind: MessageKind, payload: &[u8]) -> Self {
        let head = payload[..payload.len().min(Self::HEAD)].into();
        Self { at, attempt, direction, kind, len: payload.len(), head, is_simulated: false }
    }

    /// Whether the payload is longer than what is kept of it.
    pub fn is_cut(&self) -> bool {
        self.len > Self::HEAD
    }

    /// What is kept of the payload, harmless to show: text as it is, bytes as hex digits.
    pub fn text(&self) -> SafeText {
        self.beginning(Self::HEAD)
    }

    /// The first `limit` bytes of it, harmless to show.
    pub fn beginning(&self, limit: usize) -> SafeText {
        let head = &self.head[..self.head.len().min(limit)];
        let text = match self.kind {
            MessageKind::Binary => hex(head).into(),
            MessageKind::Text => String::from_utf8_lossy(whole_letters(head)),
            MessageKind::Ping | MessageKind::Pong => match std::str::from_utf8(head) {
                Ok(text) => text.into(),
                Err(_) => hex(head).into(),
            },
        };
        SafeText::with_limit(&text, usize::MAX)
    }
}

/// Hex digits of each byte, with a gap between two.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        if !digits.is_empty() {
            digits.push(' ');
        }
        digits.extend([byte >> 4, byte & 15].map(|half| char::from(DIGITS[usize::from(half)])));
    }
    digits
}

/// `text` without a letter that was cut in two at its end.
fn whole_letters(text: &[u8]) -> &[u8] {
    match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_none() => &text[..error.valid_up_to()],
        Ok(_) | Err(_) => text,
    }
}

/// The newest messages, counts of all, and their rates.
#[derive(Debug, Default)]
pub struct Traffic {
    kept: VecDeque<Message>,
    kept_bytes: usize,
    received: u64,
    sent: u64,
    data_received: u64,
    data_sent: u64,
    bytes_received: u64,
    bytes_sent: u64,
    pub(super) rates: Rates,
}

/// What a reader of the messages has not seen yet.
#[derive(Debug)]
pub struct NewMessages {
    /// The number of the first; all are counted from 0, in both directions together.
    pub first: u64,
    /// The new ones, oldest first.
    pub messages: Vec<Message>,
}

impl Traffic {
    /// Messages kept at most.
    pub const MAX_KEPT: usize = 10_000;
    /// Bytes of payload kept at most, all messages together.
    pub const MAX_BYTES: usize = 16 << 20;

    pub(super) fn extend(&mut self, batch: &mut Vec<Message>) {
        // Pings and pongs are no messages of the application's.
        let mut counts = [0; 4];
        for message in batch.iter() {
            let (count, data, bytes) = match message.direction {
                Direction::In => (&mut self.received, &mut self.data_received, &mut self.bytes_received),
                Direction::Out => (&mut self.sent, &mut self.data_sent, &mut self.bytes_sent),
            };
            *count += 1;
            *bytes += message.len as u64;
            if matches!(message.kind, MessageKind::Text | MessageKind::Binary) {
                *data += 1;
                let place = usize::from(message.direction == Direction::Out);
                counts[place] += 1;
                counts[2 + place] += message.len as u64;
            }
        }
        if let Some(last) = batch.last() {
            self.rates.messages(last.at, counts);
        }
        for message in batch.drain(..) {
            self.kept_bytes += message.head.len();
            self.kept.push_back(message);
            while self.kept.len() > Self::MAX_KEPT || self.kept_bytes > Self::MAX_BYTES {
                let Some(oldest) = self.kept.pop_front() else { break };
                self.kept_bytes -= oldest.head.len();
            }
        }
    }

    /// The newest messages, oldest first.
    pub fn kept(&self) -> &VecDeque<Message> {
        &self.kept
    }

    /// The kept messages from the one numbered `number` on. Readers pass the number after the last they have seen.
    pub fn since(&self, number: u64) -> NewMessages {
        let first = number.clamp(self.dropped(), self.received + self.sent);
        let skip = usize::try_from(first - self.dropped()).unwrap_or(usize::MAX);
        NewMessages { first, messages: self.kept.range(skip..).cloned().collect() }
    }

    /// Round trips and rates.
    pub fn rates(&self) -> &Rates {
        &self.rates
    }

    /// Messages received so far, pings and pongs included.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Messages sent so far, pings and pongs included.
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Text and binary messages received and sent so far.
    pub fn data(&self) -> (u64, u64) {
        (self.data_received, self.data_sent)
    }

    /// Payload bytes received and sent so far.
    pub fn bytes(&self) -> (u64, u64) {
        (self.bytes_received, self.bytes_sent)
    }

    /// Messages that were counted and not kept.
    pub fn dropped(&self) -> u64 {
        self.received + self.sent - self.kept.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_newest_are_kept() {
        let mut traffic = Traffic::default();
        let message = |n: usize| {
            Message::new(Moment::from_millis(n as u64), AttemptId(0), Direction::In, MessageKind::Text, &[b'x'; 64])
        };
        traffic.extend(&mut (0..6_000).map(message).collect());
        traffic.extend(&mut (6_000..12_000).map(message).collect());
        assert_eq!((traffic.received(), traffic.dropped()), (12_000, 2_000));
        assert_eq!(traffic.kept().front().map(|m| m.at), Some(Moment::from_millis(2_000)));
        traffic.extend(&mut (12_000..40_000).map(message).collect());
        assert_eq!((traffic.kept().len(), traffic.received()), (Traffic::MAX_KEPT, 40_000));
        assert_eq!(traffic.kept().back().map(|m| m.at), Some(Moment::from_millis(39_999)));
        assert_eq!(traffic.bytes(), (40_000 * 64, 0));
        let ping = Message::new(Moment::START, AttemptId(0), Direction::Out, MessageKind::Ping, b"1");
        traffic.extend(&mut vec![ping]);
        assert_eq!((traffic.sent(), traffic.data()), (1, (40_000, 0)));
    }

    #[test]
    fn only_the_head_of_a_long_message_is_kept() {
        let long = Message::new(Moment::START, AttemptId(0), Direction::Out, MessageKind::Binary, &[7; 50_000]);
        assert_eq!((long.len, long.head.len()), (50_000, Message::HEAD));
        assert!(long.is_cut());
    }

    #[test]
    fn large_messages_are_kept_up_to_a_bound_and_each_reader_gets_each_once() {
        let mut traffic = Traffic::default();
        let large = Message::new(Moment::START, AttemptId(0), Direction::In, MessageKind::Text, &[b'x'; 20_000]);
        for _ in 0..20 {
            traffic.extend(&mut vec![large.clone(); 100]);
        }
        let kept = Traffic::MAX_BYTES / Message::HEAD;
        assert_eq!((traffic.kept().len(), traffic.dropped()), (kept, 2_000 - kept as u64));
        let new = traffic.since(0);
        assert_eq!((new.first, new.messages.len()), (traffic.dropped(), kept));
        assert_eq!(traffic.since(1_998).messages.len(), 2);
        let new = traffic.since(2_000);
        assert_eq!((new.first, new.messages.len()), (2_000, 0));
    }

    #[test]
    fn payloads_are_shown_without_harm() {
        let text = |kind, payload: &[u8]| {
            Message::new(Moment::START, AttemptId(0), Direction::In, kind, payload).text().as_str().to_owned()
        };
        assert_eq!(text(MessageKind::Text, b"{\"a\":\"\x1b[2J\"}"), r#"{"a":"\u{1b}[2J"}"#);
        assert_eq!(text(MessageKind::Binary, &[0, 255]), "00 ff");
        assert_eq!(text(MessageKind::Ping, &[0xfe, 1]), "fe 01");
        assert_eq!(text(MessageKind::Text, "x\u{e9}".as_bytes()), "xé");
        let cut = Message::new(Moment::START, AttemptId(0), Direction::In, MessageKind::Text, "aé".as_bytes());
        assert_eq!(cut.beginning(2).as_str(), "a", "a letter is not cut in two");
        assert_eq!(text(MessageKind::Ping, &[0, 0, 0, 1]), r"\u{0}\u{0}\u{0}\u{1}");
    }
}
