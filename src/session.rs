//! What window and console hold: send a [`Command`], read the journal.

use crate::faults::Fault;
use crate::journal::Journal;
use crate::model::{FlowCommand, Moment};

/// What a person, a script or a drill can ask of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Something about the connection.
    Flow(FlowCommand),
    /// Break something: `times` occasions, `None` until it is cleared. Faults that act at once ignore `times`.
    Arm {
        /// What to break.
        fault: Fault,
        /// How often.
        times: Option<u32>,
    },
    /// Mend it.
    Clear(Fault),
    /// Mend everything.
    ClearAll,
}

/// A session, running or recorded, as window and console see it.
pub trait Engine {
    /// Everything that happened.
    fn journal(&self) -> &Journal;
    /// The session's clock.
    fn now(&self) -> Moment;
    /// Asks for something; never waits. `false` if the session has too much to do: the command is lost
    /// and the person should be told.
    fn send(&self, command: Command) -> bool;
}
