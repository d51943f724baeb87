//! A service that is not the contract's: its steps, as `[[login]]`, `[[ticket]]`, `[socket]`, `[[hello]]` and so on of a
//! profile say them.

mod make;
mod message;
mod oauth;
mod parameters;
mod parts;
mod reach;
mod secret;
mod spelling;
mod step;
mod talk;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator as _;

pub use self::make::in_order;
pub use self::message::{Matcher, MessagePart, json_of};
pub use self::oauth::{OAuth, OAuthFlow};
pub use self::parameters::Parameters;
pub use self::parts::{HeaderKey, PathTemplate};
pub use self::secret::{CommandLine, HostPattern, SecretOrigin, SecretSource};
pub use self::spelling::{DurationTemplate, JsonTemplate, Ranges};
pub use self::step::{Address, Life, LifeUnit, Poll, RefreshRule, RequestBody, Step, TakeFrom, is_there};
pub use self::talk::{
    AnswerRule, Destination, EndOwner, EndRule, Frame, FrameKind, Heartbeat, HelloStep, Silence, Then,
};
use super::address::Origin;
use super::literals::Literals;
use super::template::Template;
use crate::model::durations::pace_or_none;
use crate::model::values::{ValueName, Values};
use crate::model::{CloseCode, SafeText};

/// How a service is reached, step by step.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// What a person, a variable, a file or a command has to give.
    #[serde(default, rename = "secret", skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<ValueName, SecretSource>,
    /// The sign-in of a person in the browser, before any other request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oauth: Option<OAuth>,
    /// Requests whose results are kept until they are refused or expire.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub login: Vec<Step>,
    /// Requests for each attempt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ticket: Vec<Step>,
    /// The upgrade.
    #[serde(default)]
    pub socket: Socket,
    /// What is said before the socket is of use, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hello: Vec<HelloStep>,
    /// How messages stand in frames.
    #[serde(default, skip_serializing_if = "Frame::is_plain")]
    pub frame: Frame,
    /// What the client says again and again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Heartbeat>,
    /// What the client answers.
    #[serde(default, rename = "answer", skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<AnswerRule>,
    /// After which silence of the server's the connection is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence: Option<Silence>,
    /// Messages that announce the end.
    #[serde(default, rename = "end", skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<EndRule>,
    /// What the service has none of, as whoever wrote the profile knows.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub without: BTreeSet<Absent>,
}

/// A protocol over WebSocket with close codes of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum WellKnown {
    /// GraphQL over WebSocket.
    GraphQl,
    /// Pusher Channels, and what speaks like it.
    Pusher,
    /// Centrifugo.
    Centrifugo,
    /// Discord's gateway.
    Discord,
}

impl WellKnown {
    /// What stands in a profile that speaks it.
    const fn marks(self) -> &'static [&'static str] {
        match self {
            Self::GraphQl => &["graphql-transport-ws", "graphql-ws"],
            Self::Pusher => &["pusher:"],
            Self::Centrifugo => &["centrifuge-json", "centrifuge-protobuf", "/connection/websocket"],
            Self::Discord => &["discord.gg"],
        }
    }

    /// Whether it has given `code` a meaning.
    pub const fn has_code(self, code: CloseCode) -> bool {
        match self {
            Self::GraphQl => matches!(code.0, 4400..=4500),
            Self::Pusher => matches!(code.0, 4000..=4301),
            Self::Centrifugo => matches!(code.0, 3000..=3999),
            Self::Discord => matches!(code.0, 4000..=4014),
        }
    }
}

/// What a service may have none of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Absent {
    /// It is of use as soon as the socket is open.
    Greeting,
    /// It keeps connections on which nothing is said but what WebSockets have of their own (RFC 6455 §5.5.2).
    Heartbeat,
}

impl Service {
    /// Whether there is a login, whose results are kept.
    pub fn signs_in(&self) -> bool {
        self.oauth.is_some() || !self.login.is_empty()
    }

    /// The well-known protocol that it speaks, as its subprotocols and messages show.
    pub fn well_known(&self) -> Option<WellKnown> {
        let spelt = serde_json::to_string(self).unwrap_or_default();
        WellKnown::iter().find(|protocol| protocol.marks().iter().any(|mark| spelt.contains(mark)))
    }

    /// Whether nobody has said when the socket is of use.
    pub fn leaves_greeting_open(&self) -> bool {
        self.hello.is_empty() && !self.without.contains(&Absent::Greeting)
    }

    /// Whether what a person gave is shown over the socket alone, and nothing that the server says comes after anything that the
    /// client has said there: whether it accepts that is not told.
    pub fn leaves_credential_open(&self) -> bool {
        let is_shown = !self.signs_in() && self.ticket.is_empty() && !self.secrets_in_socket().is_empty();
        let mut has_spoken = false;
        let is_greeted = self.hello.iter().any(|step| {
            has_spoken |= step.send.is_some();
            has_spoken && step.expect.is_some()
        });
        let is_answered = self.heartbeat.as_ref().is_some_and(|heartbeat| heartbeat.expect.is_some());
        is_shown && !self.hello.is_empty() && !is_greeted && !is_answered
    }

    /// The first login that says that it cures a refusal with this status and code.
    pub fn login_refused_by(&self, status: u16, code: Option<&SafeText>) -> Option<usize> {
        self.login.iter().position(|step| step.refresh_on.iter().any(|rule| rule.matches(status, code)))
    }

    /// Whether nobody has said what keeps the connection.
    pub fn leaves_heartbeat_open(&self) -> bool {
        let says = self.heartbeat.is_some() || self.silence.is_some() || !self.answers.is_empty();
        !says && !self.without.contains(&Absent::Heartbeat)
    }

    /// Where a secret of it can go beside the addresses of login, ticket and token, each with what it is.
    pub(in crate::model) fn further_places(&self) -> Vec<String> {
        let socket = self.socket.url.iter().map(|url| format!(" socket {url}"));
        let requests = self.hello.iter().filter_map(|hello| hello.request.as_ref());
        let greeting = requests.map(|step| format!(" greeting {}", step.address.template()));
        let browser = self.oauth.iter().flat_map(|oauth| oauth.authorize.iter().chain(&oauth.device));
        let browser = browser.map(|address| format!(" browser {address}"));
        let hosts = self.secrets.iter().flat_map(|(name, secret)| secret.hosts.iter().map(move |host| (name, host)));
        let hosts = hosts.map(|(name, host)| format!(" {} {}", name.as_str(), String::from(host.clone())));
        socket.chain(greeting).chain(browser).chain(hosts).collect()
    }

    /// Why no heartbeat could go out, or no silence be too long, with these `values`; `None` if nothing keeps them.
    pub fn unusable_talk(&self, values: &Values) -> Option<String> {
        let mut names = self.heartbeat.iter().flat_map(|heartbeat| heartbeat.send.names());
        if let Some(name) = names.find(|name| values.expose(name).is_none()) {
            return Some(format!("the heartbeat needs “{name}”, which nothing has given"));
        }
        let heartbeat = self.heartbeat.as_ref().map(|heartbeat| ("the heartbeat's interval", &heartbeat.every));
        let silence = self.silence.as_ref().map(|silence| ("the time of silence", &silence.after));
        [heartbeat, silence].into_iter().flatten().find_map(|(what, duration)| {
            duration.resolve(values).err().map(|error| format!("{what} is of no use: {error}"))
        })
    }

    /// Leaves out what may be a secret that somebody wrote into the file.
    pub(super) fn leave_out_literals(&mut self, literals: &mut Literals) {
        let Self { secrets, oauth, login, ticket, socket, hello, heartbeat, answers, ends, .. } = self;
        let requests = hello.iter_mut().filter_map(|hello| hello.request.as_mut());
        let steps = login.iter_mut().chain(ticket).chain(requests);
        steps.for_each(|step| step.leave_out_literals(literals));
        oauth.iter_mut().for_each(|oauth| oauth.leave_out_literals(literals));
        let commands = secrets.values_mut().filter_map(|secret| secret.command.as_mut());
        commands.for_each(CommandLine::leave_out_arguments);
        let Socket { url, path, query, make, protocols, headers, .. } = socket;
        let path = path.iter_mut().map(|PathTemplate(path)| path);
        url.iter_mut().chain(path).for_each(|address| literals.leave_out_of_address(address));
        query.iter_mut().for_each(|(name, value)| literals.leave_out_of(name.as_str(), value));
        headers.iter_mut().for_each(|(name, value)| literals.leave_out_of(name.as_str(), value));
        make.values_mut().chain(protocols).for_each(|text| literals.leave_out(text));
        for HelloStep { make, send, expect, .. } in hello {
            make.values_mut().chain(send).for_each(|text| literals.leave_out(text));
            expect.iter_mut().for_each(|expect| literals.leave_out_of_matcher(expect));
        }
        for AnswerRule { when, send, .. } in answers {
            literals.leave_out_of_matcher(when);
            send.iter_mut().for_each(|text| literals.leave_out(text));
        }
        if let Some(Heartbeat { send, expect, .. }) = heartbeat {
            literals.leave_out(send);
            expect.iter_mut().for_each(|expect| literals.leave_out_of_matcher(expect));
        }
        for EndRule { when, to, .. } in ends {
            literals.leave_out_of_matcher(when);
            if let Some(Destination::Address(address)) = to {
                literals.leave_out_of_address(address);
            }
        }
    }
}

/// The upgrade.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Socket {
    /// The whole address, out of an answer; without it, the profile's `websocket` and the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<Template>,
    /// The path below `websocket`, or below the address in `url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathTemplate>,
    /// The query's parameters, beside those that are in `url` already.
    #[serde(skip_serializing_if = "Parameters::is_empty")]
    pub query: Parameters,
    /// Values made of others before it is opened, such as a JSON text that goes into a subprotocol.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub make: BTreeMap<ValueName, Template>,
    /// The subprotocols that are offered (RFC 6455 §4.1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub protocols: Vec<Template>,
    /// Further headers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<HeaderKey, Template>,
    /// The origin, if it is not the profile's; `false`: none is sent, as bots do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginChoice>,
    /// As `timeouts.ping`; `"none"` or `false` where the server does not answer pings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ping: Option<PingChoice>,
    /// As `limits.message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_message: Option<MaxMessage>,
}

/// How often the open socket is pinged, if it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PingChoice(#[serde(with = "pace_or_none")] pub Option<std::time::Duration>);

impl<'de> Deserialize<'de> for PingChoice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        spelling::or_false(deserializer, "a duration such as \"15s\", or false", |text| {
            pace_or_none::deserialize(serde::de::value::StrDeserializer::<D::Error>::new(text))
        })
        .map(|choice| Self(choice.flatten()))
    }
}

/// The longest message, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MaxMessage(#[serde(with = "crate::model::sizes::size")] pub u64);

/// Another origin than the profile's, or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginChoice {
    /// No `Origin` is sent.
    None,
    /// This one.
    Other(Origin),
}

impl Serialize for OriginChoice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None => serializer.serialize_bool(false),
            Self::Other(origin) => serializer.serialize_str(origin.as_str()),
        }
    }
}

impl<'de> Deserialize<'de> for OriginChoice {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "an origin such as \"https://app.example.com\", or false";
        let origin = |text: &str| Origin::try_from(text.to_owned()).map_err(serde::de::Error::custom);
        Ok(spelling::or_false(deserializer, expected, origin)?.map_or(Self::None, Self::Other))
    }
}
