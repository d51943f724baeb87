//! What a drill does: the steps of its file.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::request::Request;
use crate::faults::{Arming, Fault, FaultKind};
use crate::model::{DisplayDuration, FaultName, FlowCommand, JsonObject};
use crate::session::{Command, ServerCommand};

/// One thing that is done.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Connect.
    Connect,
    /// Disconnect.
    Disconnect,
    /// Begin a new attempt.
    RetryNow,
    /// Drop JWT and session, then connect.
    NewSession,
    /// Break something.
    Arm(Arming),
    /// Fix it.
    Clear(#[serde(deserialize_with = "kind")] FaultKind),
    /// Fix everything.
    ClearAll,
    /// Stop the local server and start it again on the same port.
    RestartServer,
    /// Stop the local server without a word to anybody; nobody else gets its port.
    StopServer,
    /// Start it again on the same port.
    StartServer,
    /// Stop the local server's ticket store; a Redis of the drill's own is killed.
    StopStore,
    /// Start it again; a Redis of the drill's own is empty then.
    StartStore,
    /// Send a JSON object over the open socket.
    Send(Map<String, Value>),
    /// Ask the local server for something, beside the client, and compare the answer.
    Request(Request),
    /// Wait for something that happens after the step before.
    Wait(Wait),
    /// Do steps several times.
    Repeat(Repeat),
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<FaultKind, D::Error> {
    let name = FaultName::deserialize(deserializer)?;
    FaultKind::named(&name).ok_or_else(|| {
        let known: Vec<_> =
            <FaultKind as strum::IntoEnumIterator>::iter().map(|kind| kind.name().to_string()).collect();
        serde::de::Error::custom(format!("there is no fault \"{name}\"; expected one of {}", known.join(", ")))
    })
}

/// What ends a wait.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "WaitFields")]
pub struct Wait {
    pub(super) until: Until,
    pub(super) within: Duration,
}

/// See [`Wait`].
#[derive(Clone, Debug)]
pub(super) enum Until {
    /// The client comes into this state.
    Status(Awaited),
    /// A line that contains this, the developers' lines included.
    Line(String),
    /// Time has passed.
    Elapsed(Duration),
}

/// A state of the client that a drill can wait for and expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(super) enum Awaited {
    /// The socket is open.
    Connected,
    /// The next attempt has a time.
    Waiting,
    /// A hard failure.
    Stopped,
    /// A person has ended it.
    Idle,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitFields {
    status: Option<Awaited>,
    line: Option<String>,
    #[serde(rename = "for", with = "humantime_serde", default)]
    time: Option<Duration>,
    #[serde(with = "humantime_serde", default)]
    within: Option<Duration>,
}

impl TryFrom<WaitFields> for Wait {
    type Error = &'static str;

    fn try_from(fields: WaitFields) -> Result<Self, Self::Error> {
        let until = match (fields.status, fields.line, fields.time) {
            (Some(status), None, None) => Until::Status(status),
            (None, Some(line), None) => Until::Line(line),
            (None, None, Some(time)) if fields.within.is_none() => Until::Elapsed(time),
            _ => return Err("expected a wait with one of status, line or for; status and line may have within"),
        };
        Ok(Self { until, within: fields.within.unwrap_or(Duration::from_secs(5)) })
    }
}

/// Steps that are done several times.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    pub(super) times: u32,
    #[serde(deserialize_with = "some_steps")]
    pub(super) steps: Vec<Step>,
}

/// An empty repeat would spin without reaching the step limit.
fn some_steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Step>, D::Error> {
    let steps = Vec::deserialize(deserializer)?;
    if steps.is_empty() { Err(serde::de::Error::custom("expected at least one step")) } else { Ok(steps) }
}

impl Step {
    /// What the session is told; `None` if the step is the runner's.
    pub(super) fn command(&self) -> Option<Command> {
        Some(match self {
            Self::Connect => Command::Flow(FlowCommand::Connect),
            Self::Disconnect => Command::Flow(FlowCommand::Disconnect),
            Self::RetryNow => Command::Flow(FlowCommand::RetryNow),
            Self::NewSession => Command::Flow(FlowCommand::NewSession),
            Self::Arm(arming) => Command::Arm(arming.clone()),
            Self::Clear(fault) => Command::Clear(*fault),
            Self::ClearAll => Command::ClearAll,
            Self::RestartServer => Command::Arm(Arming::new(Fault::RestartServer, None)),
            Self::StopServer => Command::Server(ServerCommand::Stop),
            Self::StartServer => Command::Server(ServerCommand::Start),
            Self::StopStore => Command::Server(ServerCommand::StopStore),
            Self::StartStore => Command::Server(ServerCommand::StartStore),
            Self::Send(message) => Command::Send(JsonObject::from(message)),
            Self::Request(_) | Self::Wait(_) | Self::Repeat(_) => return None,
        })
    }

    pub(super) fn needs_local_server(&self) -> bool {
        match self {
            Self::RestartServer
            | Self::StopServer
            | Self::StartServer
            | Self::StopStore
            | Self::StartStore
            | Self::Request(_) => true,
            Self::Arm(arming) => arming.fault.kind().needs_local_server(),
            Self::Repeat(repeat) => repeat.steps.iter().any(Self::needs_local_server),
            Self::Connect
            | Self::Disconnect
            | Self::RetryNow
            | Self::NewSession
            | Self::Clear(_)
            | Self::ClearAll
            | Self::Send(_)
            | Self::Wait(_) => false,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connect"),
            Self::Disconnect => f.write_str("disconnect"),
            Self::RetryNow => f.write_str("retry-now"),
            Self::NewSession => f.write_str("new-session"),
            Self::Arm(arming) => write!(f, "arm {}", arming.fault.name()),
            Self::Clear(fault) => write!(f, "clear {}", fault.name()),
            Self::ClearAll => f.write_str("clear-all"),
            Self::RestartServer => f.write_str("restart-server"),
            Self::StopServer => f.write_str("stop-server"),
            Self::StartServer => f.write_str("start-server"),
            Self::StopStore => f.write_str("stop-store"),
            Self::StartStore => f.write_str("start-store"),
            Self::Send(message) => match message.get("type").and_then(Value::as_str) {
                Some(kind) => write!(f, "send {kind}"),
                None => f.write_str("send"),
            },
            Self::Request(request) => write!(f, "request {}", request.path()),
            Self::Wait(Wait { until: Until::Status(status), .. }) => write!(f, "wait for {status}"),
            Self::Wait(Wait { until: Until::Line(line), .. }) => write!(f, "wait for “{line}”"),
            Self::Wait(Wait { until: Until::Elapsed(time), .. }) => write!(f, "wait {}", DisplayDuration(*time)),
            Self::Repeat(repeat) => write!(f, "repeat {} times", repeat.times),
        }
    }
}
