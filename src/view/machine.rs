//! The client's state machine as the journal tells it: where it is, and which edges it has taken. A fold, the
//! same for a live session and a recorded one.

use std::collections::BTreeMap;

use crate::model::{Class, DriverEvent, Entry, Event, FlowCommand, FlowEvent, Source};

/// The states of [`crate::flow`]'s diagram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, strum::EnumIter, strum::IntoStaticStr)]
pub enum FlowState {
    /// Nothing goes on.
    #[default]
    Idle,
    /// Step 1.
    EnsuringToken,
    /// Step 2.
    RequestingTicket,
    /// A refused JWT is replaced.
    RefreshingToken,
    /// Step 3: the connection.
    Dialling,
    /// Step 3: the handshake.
    Upgrading,
    /// The socket is open; what a service says first is being said.
    Greeting,
    /// The socket is of use.
    Connected,
    /// A person ended it.
    Closing,
    /// For the next attempt.
    Waiting,
    /// For a person, after a hard failure.
    Stopped,
}

/// From where to where.
pub type Edge = (FlowState, FlowState);

/// How often an edge was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EdgeCount {
    /// So many times.
    pub times: u64,
    /// The journal entry that told of it last.
    pub last: u64,
}

/// The machine of a session.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    state: FlowState,
    edges: BTreeMap<Edge, EdgeCount>,
}

impl Machine {
    /// Where it is.
    pub fn state(&self) -> FlowState {
        self.state
    }

    /// How often `edge` was taken.
    pub fn taken(&self, edge: Edge) -> EdgeCount {
        self.edges.get(&edge).copied().unwrap_or_default()
    }

    /// Every edge that was taken.
    pub fn edges(&self) -> impl Iterator<Item = (Edge, EdgeCount)> {
        self.edges.iter().map(|(edge, taken)| (*edge, *taken))
    }

    /// Takes in the next entry of the journal; returns the edge that was taken by it.
    pub fn apply(&mut self, entry: &Entry) -> Option<Edge> {
        let state = match &entry.event {
            Event::Flow(event) => self.next(entry.source, event)?,
            Event::Driver(DriverEvent::Crashed { .. }) => {
                // What is started again is another machine; no edge led there.
                self.state = FlowState::Idle;
                return None;
            }
            Event::Driver(_) | Event::Replay(_) | Event::Server(_) | Event::Fault(_) | Event::File(_) => return None,
        };
        let edge = (std::mem::replace(&mut self.state, state), state);
        let taken = self.edges.entry(edge).or_default();
        *taken = EdgeCount { times: taken.times + 1, last: entry.seq };
        Some(edge)
    }

    fn next(&self, source: Source, event: &FlowEvent) -> Option<FlowState> {
        match event {
            FlowEvent::AttemptStarted { .. } => Some(FlowState::EnsuringToken),
            FlowEvent::RequestingTicket | FlowEvent::RetryingTicket => Some(FlowState::RequestingTicket),
            FlowEvent::RefreshingToken { .. } => Some(FlowState::RefreshingToken),
            FlowEvent::TicketObtained { .. } | FlowEvent::Dialling => Some(FlowState::Dialling),
            FlowEvent::TicketSpent { .. } | FlowEvent::Upgrading => Some(FlowState::Upgrading),
            FlowEvent::Greeting => Some(FlowState::Greeting),
            FlowEvent::Connected => Some(FlowState::Connected),
            FlowEvent::Command { command } => {
                let is_open = matches!(self.state, FlowState::Greeting | FlowState::Connected);
                let closes = is_open && *command != FlowCommand::Connect;
                closes.then_some(FlowState::Closing)
            }
            // A profile that cannot be used has no machine yet.
            FlowEvent::AttemptFailed { class: Class::Hard, .. } if source != Source::Driver => Some(FlowState::Stopped),
            FlowEvent::Disconnected { class: Some(Class::Hard), .. } => Some(FlowState::Stopped),
            FlowEvent::BackoffScheduled { .. } => Some(FlowState::Waiting),
            FlowEvent::Stopped => Some(FlowState::Idle),
            FlowEvent::AttemptFailed { .. }
            | FlowEvent::Disconnected { .. }
            | FlowEvent::BackoffChanged { .. }
            | FlowEvent::EnsuringToken
            | FlowEvent::FetchingToken
            | FlowEvent::TokenAcquired { .. }
            | FlowEvent::TokenReady { .. }
            | FlowEvent::BackoffReset
            | FlowEvent::CredentialReplaced { .. }
            | FlowEvent::SessionDropped
            | FlowEvent::LateAnswer { .. } => None,
        }
    }
}
