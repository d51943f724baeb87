//! How a WebSocket ended, and what that means.

use std::fmt;
use std::time::Duration;

use super::announcement::Announcement;
use super::catalogue::{CloseCode, CloseEntry};
use super::close_reason::CloseReason;
use super::network::IoCause;
use crate::model::{DisplayDuration, SafeText, size};

/// How a WebSocket that had been open came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Close {
    /// The code received, [`CloseCode::NO_STATUS`] or [`CloseCode::ABNORMAL`].
    pub code: CloseCode,
    /// The reason received; empty if none.
    pub reason: CloseReason,
    /// Whether close frames were exchanged (RFC 6455 §7.1.4).
    pub was_clean: bool,
    /// What was seen on the wire.
    pub cause: CloseCause,
}

/// What ended an open WebSocket, as far as this side can see. Of all but the first two a browser says 1006.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseCause {
    /// The server sent a close frame.
    PeerFrame,
    /// This client sent the first close frame and the server answered it.
    OwnFrame,
    /// The server ended the TCP connection without a close frame (FIN).
    EndOfStream,
    /// The connection was reset (RST) or failed otherwise.
    Io(IoCause),
    /// The server did not answer this client's close frame in time.
    Unanswered {
        /// How long was waited.
        after: Duration,
    },
    /// Ticketscope cut it, because a person, a fault or a check asked for that.
    CutOnPurpose,
    /// No pong came back: the link is half-open.
    NoPong {
        /// How long nothing at all had arrived.
        silent_for: Duration,
        /// Whether anything had arrived before that; older recordings do not tell.
        was_heard: Option<bool>,
    },
    /// What arrived was not WebSocket.
    Protocol(ProtocolFault),
    /// The server announced the end in a message.
    Announced(Announcement),
    /// The service's own heartbeat was not answered.
    HeartbeatUnanswered {
        /// How long the answer was waited for.
        after: Duration,
    },
    /// The server was silent for longer than it may be.
    ServerSilent {
        /// How long.
        after: Duration,
    },
    /// The server says in its log that it refused an upgrade without a ticket.
    TicketMissing,
    /// Something could not be said, because what it is made of is missing or is not what it has to be: the profile does not
    /// fit the service.
    Profile {
        /// What is wrong.
        problem: SafeText,
    },
    /// A file tells that it ended and not how; of [`Close::code`] and the rest only what is not
    /// [`CloseCode::UNSEEN`] is known.
    Unseen,
}

/// What was wrong with what arrived over an open socket (RFC 6455 §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProtocolFault {
    /// A message or frame was longer than is taken in: a limit of ours, not the server's fault.
    TooLong {
        /// Its length in bytes.
        bytes: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// Reserved bits were set, which nobody had agreed on.
    ReservedBits,
    /// A message was compressed (RSV1 alone, RFC 7692 §6), which nobody had agreed on.
    Compressed,
    /// An answer of HTTP came in the place of a frame.
    Http,
    /// A reserved opcode.
    ReservedOpcode(u8),
    /// A frame was masked, which only a client's may be.
    Masked,
    /// A control frame was too long or came in pieces.
    ControlFrame,
    /// The pieces of a message do not fit together.
    Fragments,
    /// A text was not UTF-8.
    NotUtf8,
    /// A close frame was not one.
    CloseFrame,
    /// A close frame had a code that no server may send. A browser shows 1006 and keeps the code to itself.
    CloseCode {
        /// The code that came.
        code: CloseCode,
        /// The reason that came; empty if none.
        reason: SafeText,
    },
    /// One message came in empty pieces without end.
    EmptyFragments {
        /// So many are taken in.
        limit: u32,
    },
    /// Anything else, in the library's words.
    Other(SafeText),
}

impl fmt::Display for ProtocolFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes, limit } => {
                write!(f, "a message of {bytes} bytes, more than the {} that Ticketscope takes in", size::shown(*limit))
            }
            Self::ReservedBits => f.write_str("reserved bits of a frame are set"),
            Self::Compressed => f.write_str("a message is compressed (RSV1), which was not agreed on"),
            Self::Http => f.write_str("an answer of HTTP came over the open socket"),
            Self::ReservedOpcode(opcode) => write!(f, "a frame with the reserved opcode {opcode}"),
            Self::Masked => f.write_str("a frame of the server's is masked"),
            Self::ControlFrame => f.write_str("a control frame is too long or in pieces"),
            Self::Fragments => f.write_str("the pieces of a message do not fit together"),
            Self::NotUtf8 => f.write_str("a text that is not UTF-8"),
            Self::CloseFrame => f.write_str("a close frame that is not one"),
            Self::CloseCode { code, reason } if reason.is_empty() => {
                write!(f, "the close code {code}, which no server may send")
            }
            Self::CloseCode { code, reason } => {
                write!(f, "the close code {code} (“{reason}”), which no server may send")
            }
            Self::EmptyFragments { limit } => write!(f, "one message in more than {limit} empty pieces"),
            Self::Other(said) => said.fmt(f),
        }
    }
}

impl Close {
    /// A close without a close frame.
    pub fn abnormal(cause: CloseCause) -> Self {
        Self { code: CloseCode::ABNORMAL, reason: CloseReason::default(), was_clean: false, cause }
    }

    /// A close frame that the server sent; `code` is `None` if the frame had no body.
    pub fn received(code: Option<u16>, reason: &str) -> Self {
        Self {
            code: code.map_or(CloseCode::NO_STATUS, CloseCode),
            reason: reason.into(),
            was_clean: true,
            cause: CloseCause::PeerFrame,
        }
    }

    /// An end of which a file tells nothing more.
    pub fn unseen() -> Self {
        Self { code: CloseCode::UNSEEN, reason: CloseReason::default(), was_clean: false, cause: CloseCause::Unseen }
    }

    /// Its code for a table: a dash if it is not known.
    pub fn told_code(&self) -> String {
        if self.code == CloseCode::UNSEEN { "—".to_owned() } else { self.code.to_string() }
    }

    /// Whether code and reason are known.
    pub fn is_told(&self) -> bool {
        self.cause != CloseCause::Unseen || self.code != CloseCode::UNSEEN
    }

    /// What is to be known of it: of the reason if it is the contract's, else of the code.
    pub fn entry(&self) -> CloseEntry {
        if let CloseCause::Protocol(ProtocolFault::CloseCode { code, .. }) = &self.cause {
            return code.entry();
        }
        match self.reason.contract() {
            Some(contract) => contract.entry(),
            None if self.is_of_nobody_known() => self.code.own_entry(),
            None => self.code.entry(),
        }
    }

    /// Whether its code is one that anybody may use, and the reason beside it is not what well-known protocols mean by it: then
    /// the reason says why, and the number nothing.
    pub fn is_of_nobody_known(&self) -> bool {
        self.code.is_private() && !self.reason.is_empty() && !self.code.agrees_with(self.reason.as_str())
    }

    /// What happened, in words.
    pub fn meaning(&self) -> String {
        match &self.cause {
            CloseCause::PeerFrame | CloseCause::OwnFrame => self.entry().meaning.to_owned(),
            CloseCause::EndOfStream => "the server ended the connection without a close frame".to_owned(),
            CloseCause::Io(cause) => format!("the connection broke: {cause}"),
            CloseCause::Unanswered { after } => {
                format!("the connection broke: no answer to the close frame within {}", DisplayDuration(*after))
            }
            CloseCause::CutOnPurpose => "the connection broke: cut on purpose".to_owned(),
            CloseCause::NoPong { silent_for, .. } => {
                format!("the link is dead: no answer to a ping, silent for {}", DisplayDuration(*silent_for))
            }
            CloseCause::Protocol(fault @ ProtocolFault::TooLong { .. }) => {
                format!("Ticketscope hung up at {fault}: its own limit, which no browser has")
            }
            CloseCause::Protocol(fault @ ProtocolFault::CloseCode { .. }) => format!("the server sent {fault}"),
            CloseCause::Announced(announced) => format!("the server announced it: {announced}"),
            CloseCause::HeartbeatUnanswered { after } => {
                format!("the service did not answer a heartbeat within {}", DisplayDuration(*after))
            }
            CloseCause::ServerSilent { after } => {
                format!("the service said nothing for {}, longer than it may", DisplayDuration(*after))
            }
            CloseCause::TicketMissing => "the server found no ticket in the address".to_owned(),
            CloseCause::Profile { problem } => format!("the profile does not fit: {problem}"),
            CloseCause::Unseen if self.code == CloseCode::UNSEEN => "it ended; how is not in this file".to_owned(),
            CloseCause::Unseen if self.code == CloseCode::ABNORMAL => {
                "the connection broke without a close frame; how is not in this file".to_owned()
            }
            CloseCause::Unseen => self.entry().meaning.to_owned(),
            CloseCause::Protocol(error) => format!("what arrived was not WebSocket: {error}"),
        }
    }
}

impl fmt::Display for Close {
    /// As a browser's console prints a `CloseEvent` (seed, "Console Output Examples").
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_told() {
            return f.write_str("{ code and reason: not in this file }");
        }
        if self.code == CloseCode::UNSEEN {
            return write!(f, "{{ code: not in this file, reason: '{}' }}", self.reason);
        }
        write!(f, "{{ code: {}, reason: '{}', wasClean: {} }}", self.code, self.reason, self.was_clean)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_as_the_seed_does() {
        let close = Close::received(Some(1008), "ORIGIN_BLOCKED");
        assert_eq!(close.to_string(), "{ code: 1008, reason: 'ORIGIN_BLOCKED', wasClean: true }");
        let broken = Close::abnormal(CloseCause::EndOfStream);
        assert_eq!(broken.to_string(), "{ code: 1006, reason: '', wasClean: false }");
    }

    #[test]
    fn the_contracts_reason_decides_what_it_means() {
        assert_eq!(Close::received(Some(1008), "ORIGIN_BLOCKED").meaning(), "the server does not allow this origin");
        assert_eq!(Close::received(Some(1011), "oops").meaning(), "the server had an internal error");
        assert_eq!(Close::received(None, "").code, CloseCode::NO_STATUS);
    }

    #[test]
    fn a_private_code_means_what_the_reason_beside_it_says() {
        for (code, reason, protocol) in [
            (4408, "", "graphql-ws"),
            (4408, "Connection initialisation timeout", "graphql-ws"),
            (4408, "match ended", ""),
            (4004, "no such room", ""),
            (3000, "Unauthorized", "not authorized"),
        ] {
            let close = Close::received(Some(code), reason);
            assert!(close.meaning().contains(protocol), "{close}: {}", close.meaning());
            assert_eq!(close.is_of_nobody_known(), protocol.is_empty(), "{close}");
            assert_eq!(close.meaning().contains("reason of the server's own"), protocol.is_empty(), "{close}");
        }
    }
}
