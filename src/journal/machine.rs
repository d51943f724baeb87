//! The client's state machine as the journal tells it: where it is, and which edges it has taken. A fold, the
//! same for a live session and a recorded one.

use std::collections::BTreeMap;

use crate::model::{Class, Entry, Event, FlowCommand, Source};

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
    /// The socket is open.
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
pub struct Taken {
    /// So many times.
    pub times: u64,
    /// The journal entry that told of it last.
    pub last: u64,
}

/// The machine of a session.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    state: FlowState,
    edges: BTreeMap<Edge, Taken>,
}

impl Machine {
    /// Where it is.
    pub fn state(&self) -> FlowState {
        self.state
    }

    /// How often `edge` was taken.
    pub fn taken(&self, edge: Edge) -> Taken {
        self.edges.get(&edge).copied().unwrap_or_default()
    }

    /// Every edge that was taken.
    pub fn edges(&self) -> impl Iterator<Item = (Edge, Taken)> {
        self.edges.iter().map(|(edge, taken)| (*edge, *taken))
    }

    /// Takes in the next entry of the journal; returns the edge that was taken by it.
    pub fn apply(&mut self, entry: &Entry) -> Option<Edge> {
        if matches!(entry.event, Event::DriverCrashed { .. }) {
            // What is started again is another machine; no edge led there.
            self.state = FlowState::Idle;
            return None;
        }
        let state = self.next(entry)?;
        let edge = (std::mem::replace(&mut self.state, state), state);
        let taken = self.edges.entry(edge).or_default();
        *taken = Taken { times: taken.times + 1, last: entry.seq };
        Some(edge)
    }

    fn next(&self, entry: &Entry) -> Option<FlowState> {
        match &entry.event {
            Event::AttemptStarted { .. } => Some(FlowState::EnsuringToken),
            Event::RequestingTicket | Event::RetryingTicket => Some(FlowState::RequestingTicket),
            Event::RefreshingToken { .. } => Some(FlowState::RefreshingToken),
            Event::TicketObtained { .. } => Some(FlowState::Dialling),
            Event::TicketSpent { .. } => Some(FlowState::Upgrading),
            Event::Connected => Some(FlowState::Connected),
            Event::Command { command } => {
                let closes = self.state == FlowState::Connected && *command != FlowCommand::Connect;
                closes.then_some(FlowState::Closing)
            }
            // A profile that cannot be used has no machine yet.
            Event::AttemptFailed { class: Class::Hard, .. } if entry.source == Source::Flow => Some(FlowState::Stopped),
            Event::Disconnected { class: Some(Class::Hard), .. } => Some(FlowState::Stopped),
            Event::BackoffScheduled { .. } => Some(FlowState::Waiting),
            Event::Stopped => Some(FlowState::Idle),
            _ => None,
        }
    }
}
