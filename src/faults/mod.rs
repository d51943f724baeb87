//! What QA can break, as data: no I/O, no clock, no randomness of its own.
//!
//! Window, drills and tests share the one list, [`Fault`]. [`Faults`] says when an armed one acts; the
//! driver does what it says, and the journal records that it acted and in which attempt.

use strum::IntoEnumIterator as _;

use crate::model::{FaultName, Jwt};

/// Something that QA can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::IntoStaticStr, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Fault {
    /// The stored JWT is damaged, so that the server refuses it with `INVALID_TOKEN`.
    CorruptJwt,
    /// The stored JWT is removed.
    ClearJwt,
    /// The stored JWT is exchanged for one without `sessionId`.
    DropSessionId,
    /// Ticket requests are answered with `503 REDIS_UNAVAILABLE`, inside the client.
    #[strum(serialize = "simulate-503")]
    Simulate503,
    /// The upgrade is sent with an origin that no server allows.
    BlockOrigin,
    /// The open socket is cut without a close frame.
    DropConnection,
    /// The local server stops and starts again on the same port.
    RestartServer,
    /// The client's own task panics.
    CrashClient,
}

/// Where a fault acts: the window groups by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Group {
    /// The JWT.
    Token,
    /// The ticket request.
    Ticket,
    /// The socket.
    Socket,
    /// The local server, or the program itself.
    Program,
}

impl Group {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Token => "JWT",
            Self::Ticket => "Ticket",
            Self::Socket => "Socket",
            Self::Program => "Server and program",
        }
    }
}

/// How a fault takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Onset {
    /// At once, and over.
    Immediate,
    /// At each occasion while armed.
    Armed,
}

impl Fault {
    /// The name in journals and drill files.
    pub fn name(self) -> FaultName {
        FaultName::new(self.into())
    }

    /// The fault called `name`.
    pub fn named(name: &FaultName) -> Option<Self> {
        Self::iter().find(|fault| fault.name() == *name)
    }

    /// What the button says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::CorruptJwt => "Corrupt JWT",
            Self::ClearJwt => "Clear JWT",
            Self::DropSessionId => "Drop sessionId",
            Self::Simulate503 => "Simulate 503",
            Self::BlockOrigin => "Block origin",
            Self::DropConnection => "Drop connection",
            Self::RestartServer => "Restart server",
            Self::CrashClient => "Crash client",
        }
    }

    /// What it does and what should follow, for a tooltip.
    pub const fn explanation(self) -> &'static str {
        match self {
            Self::CorruptJwt => {
                "Damages the stored JWT. The server answers 401 INVALID_TOKEN; the client fetches a new JWT and connects"
            }
            Self::ClearJwt => "Removes the stored JWT. The client fetches a new one and connects",
            Self::DropSessionId => {
                "Exchanges the stored JWT for one without sessionId. The server answers 401 MISSING_SESSION; the client stops"
            }
            Self::Simulate503 => {
                "Answers ticket requests with 503 REDIS_UNAVAILABLE inside the client. The client retries with backoff"
            }
            Self::BlockOrigin => {
                "Sends the upgrade with a foreign Origin. The server closes with 1008 ORIGIN_BLOCKED; the client stops"
            }
            Self::DropConnection => "Cuts the open socket without a close frame. The client sees 1006 and reconnects",
            Self::RestartServer => {
                "Stops the local server and starts it on the same port. The client sees 1001 SERVER_SHUTDOWN and reconnects"
            }
            Self::CrashClient => "Makes the client's task panic. It is shown as crashed, recorded and started again",
        }
    }

    /// Where it acts.
    pub const fn group(self) -> Group {
        match self {
            Self::CorruptJwt | Self::ClearJwt | Self::DropSessionId => Group::Token,
            Self::Simulate503 => Group::Ticket,
            Self::BlockOrigin | Self::DropConnection => Group::Socket,
            Self::RestartServer | Self::CrashClient => Group::Program,
        }
    }

    /// Whether it acts at once or at each occasion while armed.
    pub const fn onset(self) -> Onset {
        match self {
            Self::Simulate503 | Self::BlockOrigin => Onset::Armed,
            Self::CorruptJwt
            | Self::ClearJwt
            | Self::DropSessionId
            | Self::DropConnection
            | Self::RestartServer
            | Self::CrashClient => Onset::Immediate,
        }
    }

    /// Whether nothing would be seen of it before the next attempt, so that a window begins one.
    pub const fn shows_at_next_attempt(self) -> bool {
        match self {
            Self::CorruptJwt | Self::ClearJwt | Self::DropSessionId | Self::Simulate503 | Self::BlockOrigin => true,
            Self::DropConnection | Self::RestartServer | Self::CrashClient => false,
        }
    }

    /// Whether it needs the local server inside the program.
    pub const fn needs_local_server(self) -> bool {
        match self {
            Self::DropSessionId | Self::RestartServer => true,
            Self::CorruptJwt
            | Self::ClearJwt
            | Self::Simulate503
            | Self::BlockOrigin
            | Self::DropConnection
            | Self::CrashClient => false,
        }
    }
}

/// `jwt` with its signature damaged: still three parts with readable claims, as a browser's storage would
/// hold it after somebody edited a character.
pub fn corrupt(jwt: &Jwt) -> Jwt {
    let token = jwt.expose();
    let (kept, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    // The first character of base64url carries six whole bits, so another one is another signature.
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    let rest: String = signature.chars().skip(1).collect();
    Jwt::new(format!("{kept}.{first}{rest}"))
}

/// The faults that are armed.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    armed: Vec<(Fault, Option<u32>)>,
}

impl Faults {
    /// Arms `fault` for `times` occasions, `None` until it is cleared. Replaces an earlier arming.
    pub fn arm(&mut self, fault: Fault, times: Option<u32>) {
        self.clear(fault);
        if times != Some(0) {
            self.armed.push((fault, times));
        }
    }

    /// Clears `fault`; tells whether it was armed.
    pub fn clear(&mut self, fault: Fault) -> bool {
        let before = self.armed.len();
        self.armed.retain(|(armed, _)| *armed != fault);
        self.armed.len() < before
    }

    /// Clears everything and tells what was armed.
    pub fn clear_all(&mut self) -> Vec<Fault> {
        self.armed.drain(..).map(|(fault, _)| fault).collect()
    }

    /// An occasion for `fault`: if it is armed it acts now, and `Some(left)` tells how often it will again.
    pub fn fire(&mut self, fault: Fault) -> Option<Option<u32>> {
        let armed = self.armed.iter_mut().find(|(armed, _)| *armed == fault)?;
        armed.1 = armed.1.map(|times| times - 1);
        let left = armed.1;
        self.armed.retain(|(_, left)| *left != Some(0));
        Some(left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_acts_as_often_as_it_was_armed_for() {
        let mut faults = Faults::default();
        assert_eq!(faults.fire(Fault::Simulate503), None);
        faults.arm(Fault::Simulate503, Some(2));
        assert_eq!(faults.fire(Fault::BlockOrigin), None);
        assert_eq!(faults.fire(Fault::Simulate503), Some(Some(1)));
        assert_eq!(faults.fire(Fault::Simulate503), Some(Some(0)));
        assert_eq!(faults.fire(Fault::Simulate503), None);
        faults.arm(Fault::Simulate503, None);
        assert_eq!(faults.fire(Fault::Simulate503), Some(None));
        assert!(faults.clear(Fault::Simulate503) && !faults.clear(Fault::Simulate503));
    }

    #[test]
    fn a_corrupt_jwt_is_another_one_with_the_same_claims() {
        for token in ["eyJh.eyJz.AAAA", "eyJh.eyJz.zzzz", "no dots", ""] {
            let damaged = corrupt(&Jwt::new(token));
            assert_ne!(damaged.expose(), token);
            assert_ne!(corrupt(&damaged), damaged);
        }
        assert_eq!(corrupt(&Jwt::new("eyJh.eyJz.AAAA")).expose(), "eyJh.eyJz.BAAA");
    }

    #[test]
    fn names_and_labels_are_distinct_and_names_lead_back() {
        let labels: std::collections::HashSet<_> = Fault::iter().map(Fault::label).collect();
        assert_eq!(labels.len(), Fault::iter().count());
        for fault in Fault::iter() {
            assert_eq!(Fault::named(&fault.name()), Some(fault));
        }
        assert_eq!(Fault::Simulate503.name().as_str(), "simulate-503");
    }
}
