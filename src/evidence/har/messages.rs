//! The messages of a socket in a HAR file, as Chrome writes them: taken in one by one, without their texts.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use zeroize::Zeroizing;

use super::loose::{Number, Object, Stamp, Text};
use super::times::seconds;
use crate::evidence::secrets;
use crate::evidence::sighting::{MessageSeen, Time};
use crate::journal::{Direction, MessageKind};
use crate::model::CloseCode;
use crate::model::failure::LastWord;

/// Messages kept of one socket.
const MAX_MESSAGES: usize = 10_000;
/// Messages of one socket that are searched for secrets: what signs in comes first.
const MAX_SEARCHED: u64 = 50;
/// Errors kept of one socket.
const MAX_ERRORS: usize = 8;

/// The messages of one socket.
#[derive(Debug, Default)]
pub struct Messages {
    /// Those with a time, oldest first.
    pub list: Vec<MessageSeen>,
    /// What the browser says of the socket, between its messages.
    pub errors: Vec<Zeroizing<String>>,
    /// What the server said last, if it said why it closes.
    pub last_word: Option<LastWord>,
    /// What is secret in them.
    pub secrets: Vec<Zeroizing<String>>,
    /// The first close frame, where a proxy writes it down.
    pub close: Option<CloseFrame>,
    count: u64,
}

/// A close frame (RFC 6455 §5.5.1).
#[derive(Clone, Debug)]
pub struct CloseFrame {
    /// Who sent it.
    pub direction: Direction,
    /// When.
    pub at: Option<Time>,
    /// Its code, if it has one.
    pub code: Option<u16>,
    /// Its reason.
    pub reason: Zeroizing<String>,
}

type Payload = Text<{ 16 << 10 }>;

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Message {
    // Some have both: the type is that of the payload then.
    r#type: Text<32>,
    direction: Text<32>,
    time: Stamp,
    timestamp: Stamp,
    opcode: Number,
    data: Payload,
    payload: Payload,
    text: Payload,
    /// The payload's length where the text is left out, as our own files have it.
    #[serde(rename = "_length")]
    length: Number,
}

impl Messages {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn push(&mut self, message: Message) {
        self.count += 1;
        let Message { r#type: kind, direction, time, timestamp, opcode, data, payload, text, length } = message;
        let time = Stamp(time.0.or(timestamp.0));
        let data = [data, payload, text].into_iter().find(|data| data.len > 0).unwrap_or_default();
        if opcode.0.is_some_and(|opcode| opcode < 0.0) || kind.as_str() == "error" {
            if self.errors.len() < MAX_ERRORS {
                self.errors.push(data.text.unwrap_or_default());
            }
            return;
        }
        let is_sent = [&kind, &direction].iter().any(|word| is_sent(word.as_str()));
        let direction = if is_sent { Direction::Out } else { Direction::In };
        if opcode.0 == Some(8.0) {
            let (code, reason) = close_frame(data.as_str());
            let at = time.0.and_then(seconds);
            self.close.get_or_insert(CloseFrame { direction, at, code, reason });
            return;
        }
        // RFC 6455 §5.2.
        let (kind, len) = match opcode.0 {
            Some(2.0) => (MessageKind::Binary, data.len / 4 * 3),
            Some(9.0) => (MessageKind::Ping, data.len),
            Some(10.0) => (MessageKind::Pong, data.len),
            _ => (MessageKind::Text, data.len),
        };
        if kind == MessageKind::Text && self.count <= MAX_SEARCHED {
            self.secrets.extend(secrets::in_message(data.as_str()));
        }
        let len = length.0.filter(|length| *length >= 0.0).map_or(len, |length| length as usize);
        if direction == Direction::In && kind == MessageKind::Text {
            self.last_word = LastWord::read(data.as_str().as_bytes());
        }
        if let Some(at) = time.0.and_then(seconds)
            && self.list.len() < MAX_MESSAGES
        {
            self.list.push(MessageSeen { at, direction, kind, len });
        }
    }
}

/// Whether a message of this kind went to the server, as programs call it.
pub fn is_sent(kind: &str) -> bool {
    let words = ["send", "sent", "out", "outgoing", "request", "client"];
    words.iter().any(|word| kind.eq_ignore_ascii_case(word))
}

/// Code and reason of a close frame: its bytes in base64, or a proxy's words for them, `1008 ORIGIN_BLOCKED`.
pub fn close_frame(data: &str) -> (Option<u16>, Zeroizing<String>) {
    let is_code = |code: &u16| CloseCode(*code).may_be_sent();
    let bytes = STANDARD.decode(data.trim()).map(Zeroizing::new).unwrap_or_default();
    if let [high, low, reason @ ..] = bytes.as_slice()
        && let Some(code) = Some(u16::from_be_bytes([*high, *low])).filter(is_code)
    {
        return (Some(code), Zeroizing::new(String::from_utf8_lossy(reason).into_owned()));
    }
    let digits = data.find(|letter: char| letter.is_ascii_digit()).map(|place| &data[place..]).unwrap_or_default();
    let (number, rest) = digits.split_at(digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len()));
    let code = number.parse().ok().filter(is_code);
    let is_packed = !bytes.is_empty();
    let reason = match code {
        Some(_) => rest.trim_matches(|letter: char| !letter.is_alphanumeric()),
        None if is_packed => "",
        // Some write the reason alone.
        None => data.trim(),
    };
    (code, Zeroizing::new(reason.to_owned()))
}

impl<'de> Deserialize<'de> for Messages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Messages;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of messages")
            }

            fn visit_unit<E>(self) -> Result<Messages, E> {
                Ok(Messages::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Messages, A::Error> {
                let mut messages = Messages::default();
                while let Some(Object(message)) = list.next_element()? {
                    messages.push(message);
                }
                Ok(messages)
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut object: A) -> Result<Messages, A::Error> {
                while object.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Messages::default())
            }

            fn visit_str<E>(self, _: &str) -> Result<Messages, E> {
                Ok(Messages::default())
            }
        }

        deserializer.deserialize_any(Any)
    }
}
