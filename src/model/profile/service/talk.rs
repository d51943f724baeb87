//! What is said over the open socket: greeting, heartbeat, answers, ends.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::message::{Matcher, MessagePart};
use super::spelling::DurationTemplate;
use super::step::Step;
use crate::model::SafeText;
use crate::model::profile::template::Template;
use crate::model::values::ValueName;

/// One step of the greeting: a request, then a message of ours, then one of the server's; each may be left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HelloStep {
    /// Values made of others before anything of it is sent, such as the answer to a challenge.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub make: BTreeMap<ValueName, Template>,
    /// A request between two messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Step>,
    /// What is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<Template>,
    /// What the server has to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Matcher>,
    /// By when.
    #[serde(default = "HelloStep::patience", with = "crate::model::durations::limit")]
    pub within: Duration,
    /// What is kept of what it says.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub take: BTreeMap<ValueName, MessagePart>,
}

impl HelloStep {
    const fn patience() -> Duration {
        Duration::from_secs(10)
    }
}

/// How messages stand in frames.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Frame {
    /// What ends each message; a frame may hold several.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "separator")]
    pub split: Option<String>,
    /// Whether a frame is a JSON array of messages, as with Bayeux.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub array: bool,
    /// In which kind of frame messages are sent. Whatever comes is read alike.
    #[serde(skip_serializing_if = "FrameKind::is_text")]
    pub binary: FrameKind,
}

impl Frame {
    /// Whether a frame is a message, and a text.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// Kinds of frames (RFC 6455 §5.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameKind {
    /// Text.
    #[default]
    Text,
    /// Binary ones that hold a text.
    Binary,
    /// Binary ones that hold none: a profile spells their bytes in hexadecimal digits.
    Hex,
}

impl FrameKind {
    fn is_text(&self) -> bool {
        *self == Self::Text
    }
}

impl Serialize for FrameKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text => serializer.serialize_bool(false),
            Self::Binary => serializer.serialize_bool(true),
            Self::Hex => serializer.serialize_str("hex"),
        }
    }
}

impl<'de> Deserialize<'de> for FrameKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Spelt {
            Flag(bool),
            Word(String),
        }
        match Spelt::deserialize(deserializer) {
            Ok(Spelt::Flag(false)) => Ok(Self::Text),
            Ok(Spelt::Flag(true)) => Ok(Self::Binary),
            Ok(Spelt::Word(word)) if word == "hex" => Ok(Self::Hex),
            Ok(Spelt::Word(_)) | Err(_) => Err(D::Error::custom(
                "expected true where texts go in binary frames, or \"hex\" where their bytes are spelt in hexadecimal digits",
            )),
        }
    }
}

fn separator<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let fits = !text.is_empty() && text.len() <= 8;
    fits.then_some(Some(text)).ok_or_else(|| D::Error::custom("expected what ends a message, such as \"\\u001e\""))
}

/// What the client says again and again, so that the server keeps the connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// How often.
    pub every: DurationTemplate,
    /// What.
    pub send: Template,
    /// What the server answers before the next one is due; without that the connection is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Matcher>,
}

/// What the client answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerRule {
    /// To which message.
    pub when: Matcher,
    /// What of it is kept, for this answer or for whatever is said later.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub take: BTreeMap<ValueName, MessagePart>,
    /// What is sent; without it the message is only kept in mind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<Template>,
}

/// After which silence the connection is dead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// After how long without any message.
    pub after: DurationTemplate,
}

/// A message that announces the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndRule {
    /// Which.
    pub when: Matcher,
    /// What follows.
    pub then: Then,
    /// What of it is kept, for the address to go to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub take: BTreeMap<ValueName, MessagePart>,
    /// The address to go to, for [`Then::Go`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Destination>,
    /// Where the message holds the server's own reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<MessagePart>,
    /// What it means, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<SafeText>,
    /// Who can help: `user`, `operations`, `developers` or `network`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<EndOwner>,
}

/// Where a server sends its client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Destination {
    /// The message holds the whole address there.
    Part(MessagePart),
    /// An address with values in it.
    Address(Template),
}

impl TryFrom<String> for Destination {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        const SCHEMES: [&str; 4] = ["ws://", "wss://", "http://", "https://"];
        let is_address = text.contains("{{") || SCHEMES.iter().any(|scheme| text.starts_with(scheme));
        if !is_address {
            return MessagePart::try_from(text).map(Self::Part).map_err(|expected| {
                format!("{expected}, or an address with values in it such as \"wss://{{{{host}}}}/ws\"")
            });
        }
        let begins_well = text.starts_with("{{") || SCHEMES.iter().any(|scheme| text.starts_with(scheme));
        if begins_well {
            Template::try_from(text).map(Self::Address)
        } else {
            Err("expected an address such as \"wss://{{host}}/ws\"".to_owned())
        }
    }
}

impl From<Destination> for String {
    fn from(destination: Destination) -> Self {
        match destination {
            Destination::Part(part) => part.to_string(),
            Destination::Address(template) => template.to_string(),
        }
    }
}

/// What follows an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// Nothing, until a person wants it.
    Stop,
    /// A new attempt after the usual wait.
    Retry,
    /// A new attempt at once: the server wants its client elsewhere, or with a new ticket.
    Renew,
    /// As `renew`, after a new login.
    Login,
    /// As `renew`, at the address that the message names.
    Go,
}

/// Who can help with an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EndOwner {
    /// The user.
    User,
    /// The service's operations.
    Operations,
    /// The application's developers.
    Developers,
    /// Whoever runs the user's network.
    Network,
}
