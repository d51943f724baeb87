//! What can be known of a fault before it acts.

use std::time::Duration;

use crate::model::SafeText;

/// Where a fault acts: the window groups by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Group {
    /// The JWT.
    Token,
    /// The ticket request.
    Ticket,
    /// Where the JWT is kept: behind the ticket, whose faults are wanted most.
    Keychain,
    /// From the server's name to the upgrade.
    Dialling,
    /// The open socket.
    Socket,
    /// The local server, or the program itself.
    Program,
}

impl Group {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Token => "JWT",
            Self::Keychain => "Keychain",
            Self::Ticket => "Ticket",
            Self::Dialling => "Dialling",
            Self::Socket => "Socket",
            Self::Program => "Server and program",
        }
    }
}

/// How a fault takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// At once, and over.
    Immediate,
    /// At each occasion while armed.
    Armed,
}

/// What a fault that acts at once does inside the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtOnce {
    /// Nothing: it waits for its occasion, or the local server does it.
    Nothing,
    /// Cuts the connection.
    Cut,
    /// Crashes the client.
    Crash,
    /// Puts another JWT, or none, in the place of the stored one.
    ExchangeJwt,
}

/// When an armed fault acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Occasion {
    /// A use of the keychain.
    Keychain,
    /// A token request.
    TokenRequest,
    /// A ticket request.
    TicketRequest,
    /// Dialling for the socket.
    Dial,
    /// An upgrade.
    Upgrade,
    /// An open socket.
    Socket,
}

/// The last phase whose failure is attributed to a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// The attempt does not fail because of it.
    Nothing,
    /// Until the socket is open.
    Open,
    /// Until the server has admitted who opened the socket: it refuses by closing an open one (contract §5).
    Admitted,
    /// As long as the socket is open.
    Closed,
}

/// What the catalogue says of a fault.
#[derive(Clone, Copy)]
pub struct Facts {
    /// Where it acts.
    pub group: Group,
    /// What the button says.
    pub label: &'static str,
    /// What it does and what should follow, for a tooltip.
    pub explanation: &'static str,
    /// When it acts while armed. None: it acts at once.
    pub occasions: &'static [Occasion],
    /// Whether it decides how its occasion ends, so that others of this sort have to wait for the next.
    pub decides: bool,
    /// The last phase whose failure is attributed to it.
    pub reach: Reach,
    /// Whether it changes how the wire carries bytes for as long as it is armed.
    pub shapes_wire: bool,
    /// What it does inside the client if it acts at once.
    pub at_once: AtOnce,
    /// Whether it acts at once on the JWT, which only the next attempt uses.
    pub spoils_jwt: bool,
    /// Whether it can only act on a socket that is open already.
    pub needs_open_socket: bool,
    /// Whether it needs the local server inside the program.
    pub needs_local_server: bool,
    /// How often a window arms it, unless told otherwise. `None`: until it is cleared.
    pub usual_times: Option<u32>,
}

/// A parameter that a person may change, by what it means.
#[derive(Debug)]
pub enum Parameter<'a> {
    /// An HTTP status, 200 to 599.
    Status(&'a mut u16),
    /// A close code, 1000 to 4999.
    CloseCode(&'a mut u16),
    /// A number of messages, from 1.
    Messages(&'a mut u32),
    /// A number of bytes, from 1.
    Bytes(&'a mut u32),
    /// A duration that people count in seconds.
    Seconds(&'a mut Duration),
    /// A duration that people count in days.
    Days(&'a mut Duration),
    /// A wait in seconds that may be left out.
    Wait(&'a mut Option<Duration>),
    /// A word or two.
    Text(&'a mut SafeText),
    /// Text that needs a line of its own.
    Line(&'a mut SafeText),
}
