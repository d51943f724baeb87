//! WebSocket messages: counted all, kept the newest. They have a log of their own, so that a flood of
//! them cannot push out the facts of the connection.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::model::{AttemptId, Moment};

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
    /// The first bytes of its payload, as they came: not to be shown unescaped.
    pub head: Box<[u8]>,
}

impl Message {
    /// Bytes of the payload that are kept.
    pub const HEAD: usize = 1_024;

    /// A message with `payload`, of which the first bytes are kept.
    pub fn new(at: Moment, attempt: AttemptId, direction: Direction, kind: MessageKind, payload: &[u8]) -> Self {
        let head = payload[..payload.len().min(Self::HEAD)].into();
        Self { at, attempt, direction, kind, len: payload.len(), head }
    }
}

/// The newest messages, and counts of all.
#[derive(Debug, Default)]
pub struct Traffic {
    kept: VecDeque<Message>,
    received: u64,
    sent: u64,
    data_received: u64,
    data_sent: u64,
    bytes_received: u64,
    bytes_sent: u64,
}

impl Traffic {
    /// Messages kept; with their heads at most 10 MiB.
    pub const MAX_KEPT: usize = 10_000;

    pub(super) fn extend(&mut self, batch: &mut Vec<Message>) {
        for message in batch.iter() {
            let (count, data, bytes) = match message.direction {
                Direction::In => (&mut self.received, &mut self.data_received, &mut self.bytes_received),
                Direction::Out => (&mut self.sent, &mut self.data_sent, &mut self.bytes_sent),
            };
            *count += 1;
            *data += u64::from(matches!(message.kind, MessageKind::Text | MessageKind::Binary));
            *bytes += message.len as u64;
        }
        let new = batch.len().min(Self::MAX_KEPT);
        let room = Self::MAX_KEPT - new;
        self.kept.drain(..self.kept.len().saturating_sub(room));
        let skip = batch.len() - new;
        self.kept.extend(batch.drain(..).skip(skip));
    }

    /// The newest messages, oldest first.
    pub fn kept(&self) -> &VecDeque<Message> {
        &self.kept
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
        let long = Message::new(Moment::START, AttemptId(0), Direction::Out, MessageKind::Binary, &[7; 5_000]);
        assert_eq!((long.len, long.head.len()), (5_000, Message::HEAD));
    }
}
