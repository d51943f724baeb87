//! What can be asked of a session.

use std::time::Duration;

use crate::faults::{Arming, FaultKind};
use crate::model::{Backoff, FlowCommand, JsonObject, Jwt};

/// What a person, a script or a drill can ask of a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Something about the connection.
    Flow(FlowCommand),
    /// Wait by this rule from now on, until the session ends.
    SetBackoff(Backoff),
    /// Ping this often from now on, until the session ends; `None`: never, as a browser.
    SetPing(Option<Duration>),
    /// Break something.
    Arm(Arming),
    /// Fix it.
    Clear(FaultKind),
    /// Fix everything.
    ClearAll,
    /// Something about the local server.
    Server(ServerCommand),
    /// Send a message over the open socket.
    Send(JsonObject),
    /// Use this JWT from the next attempt on, for this session alone: it is kept nowhere. `None`: sign in again.
    UseJwt(Option<Jwt>),
}

/// What can be asked of the local server inside the program. What fails because of it is marked as the fault's
/// `restart-server` or `stop-store`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerCommand {
    /// Stop it without a word to anybody; nobody else gets its port.
    Stop,
    /// Start it again on the same port.
    Start,
    /// Stop its ticket store, by SIGKILL if that is a Redis of its own.
    StopStore,
    /// Start it again; a Redis is empty then.
    StartStore,
}

impl ServerCommand {
    /// Whose mark what fails gets.
    pub(super) const fn fault(self) -> FaultKind {
        match self {
            Self::Stop | Self::Start => FaultKind::RestartServer,
            Self::StopStore | Self::StartStore => FaultKind::StopStore,
        }
    }
}
