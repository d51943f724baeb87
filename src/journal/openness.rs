//! Whether a socket is open, as the journal tells it.

use crate::model::{DriverEvent, Event, FlowEvent};

/// Whether a socket is open, and whether its server has answered a ping.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Openness {
    is_open: bool,
    has_answered: bool,
}

/// How an event changes whether the connection is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpennessChange {
    /// It was opened.
    Opened,
    /// It was closed.
    Closed,
    /// The server has answered a ping for the first time.
    FirstPong,
    /// The server has answered another ping.
    Pong,
}

impl Openness {
    /// Takes in the next event.
    pub fn apply(&mut self, event: &Event) -> Option<OpennessChange> {
        match event {
            Event::Flow(FlowEvent::Connected) => {
                *self = Self { is_open: true, has_answered: false };
                Some(OpennessChange::Opened)
            }
            // Each of the others tells that it is closed where a crash or a gap has swallowed the first.
            Event::Flow(FlowEvent::Disconnected { .. } | FlowEvent::AttemptStarted { .. } | FlowEvent::Stopped)
            | Event::Driver(DriverEvent::Crashed { .. }) => {
                std::mem::take(self).is_open.then_some(OpennessChange::Closed)
            }
            Event::Driver(DriverEvent::Pong { .. }) => {
                let is_first = self.is_open && !std::mem::replace(&mut self.has_answered, true);
                Some(if is_first { OpennessChange::FirstPong } else { OpennessChange::Pong })
            }
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => None,
        }
    }
}
