//! How a WebSocket ended, and what that means.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{DisplayDuration, SafeText};

/// A WebSocket close code (RFC 6455 §7.4, IANA "WebSocket Close Code Number Registry").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The peer is done.
    pub const NORMAL: Self = Self(1000);
    /// Never sent: stands for "the connection ended without a close frame".
    pub const ABNORMAL: Self = Self(1006);
    /// Never sent: stands for "a close frame without a code".
    pub const NO_STATUS: Self = Self(1005);

    /// What the code means, in words that need no RFC.
    pub fn meaning(self) -> &'static str {
        match self.0 {
            1000 => "closed normally",
            1001 => "the server is going away, usually a restart",
            1002 => "the other side saw a protocol error",
            1003 => "the other side cannot accept this kind of data",
            1004 => "reserved code, not to be used",
            1005 => "closed without saying why",
            1006 => "the connection broke: no close frame arrived",
            1007 => "a text message was not valid UTF-8",
            1008 => "the server's policy forbids this",
            1009 => "a message was too big",
            1010 => "a required extension was not offered",
            1011 => "the server had an internal error",
            1012 => "the service is restarting",
            1013 => "the server is overloaded, try again later",
            1014 => "a gateway got a bad answer from the server behind it",
            1015 => "TLS failed",
            3000 => "not authorized",
            3003 => "forbidden",
            3008 => "timed out",
            0..=999 => "not a valid close code",
            1016..=2999 => "reserved for future versions of WebSocket",
            3001..=3999 => "defined by a library or framework",
            4000..=4999 => "defined by this application",
            5000.. => "not a valid close code",
        }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a reason of the contract means (contract §2, §5); `None` for any other text.
pub fn reason_meaning(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "NOT_AUTHORIZED" => "the server did not accept the ticket",
        "ORIGIN_BLOCKED" => "the server does not allow this origin",
        "BAD_SUBSCRIBE" => "the client asked for a channel that the server does not have",
        "INVALID_REQUEST" => "the client sent a message that the server does not understand",
        "SERVER_SHUTDOWN" => "the server is shutting down or restarting",
        "IDLE_TIMEOUT" => "the client sent nothing for too long",
        "HEARTBEAT_TIMEOUT" => "the client did not answer the server's ping",
        _ => return None,
    })
}

/// How a WebSocket that had been open came to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Close {
    /// The code received, [`CloseCode::NO_STATUS`] or [`CloseCode::ABNORMAL`].
    pub code: CloseCode,
    /// The reason received; empty if none.
    pub reason: SafeText,
    /// Whether close frames were exchanged (RFC 6455 §7.1.4).
    pub was_clean: bool,
    /// What was seen on the wire.
    pub cause: CloseCause,
}

/// What ended an open WebSocket, as far as this side can see. A browser shows the last four as one 1006.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CloseCause {
    /// The server sent a close frame.
    PeerFrame,
    /// This client sent the first close frame and the server answered it.
    OwnFrame,
    /// The server ended the TCP connection without a close frame (FIN).
    EndOfStream,
    /// The connection was reset (RST) or failed otherwise; the text is the system's.
    Io(SafeText),
    /// No pong came back: the link is half-open.
    NoPong {
        /// How long nothing at all had arrived.
        #[serde(with = "super::time::nanos")]
        silent_for: Duration,
    },
    /// What arrived was not WebSocket; the text says how.
    Protocol(SafeText),
}

impl Close {
    /// A close without a close frame.
    pub fn abnormal(cause: CloseCause) -> Self {
        Self { code: CloseCode::ABNORMAL, reason: SafeText::default(), was_clean: false, cause }
    }

    /// A close frame that the server sent; `code` is `None` if the frame had no body.
    pub fn received(code: Option<u16>, reason: &str) -> Self {
        Self {
            code: code.map_or(CloseCode::NO_STATUS, CloseCode),
            reason: SafeText::new(reason),
            was_clean: true,
            cause: CloseCause::PeerFrame,
        }
    }

    /// What happened, in words: the reason's meaning if it is the contract's, else the code's.
    pub fn meaning(&self) -> String {
        match &self.cause {
            CloseCause::PeerFrame | CloseCause::OwnFrame => {
                reason_meaning(self.reason.as_str()).unwrap_or_else(|| self.code.meaning()).to_owned()
            }
            CloseCause::EndOfStream => "the server ended the connection without a close frame".to_owned(),
            CloseCause::Io(error) => format!("the connection broke: {error}"),
            CloseCause::NoPong { silent_for } => {
                format!("the link is dead: no answer to a ping, silent for {}", DisplayDuration(*silent_for))
            }
            CloseCause::Protocol(error) => format!("what arrived was not WebSocket: {error}"),
        }
    }
}

impl fmt::Display for Close {
    /// As a browser's console prints a `CloseEvent` (seed, "Console Output Examples").
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    fn every_code_and_every_contract_reason_has_words() {
        for code in 0..=u16::MAX {
            assert!(!CloseCode(code).meaning().is_empty());
        }
        assert_eq!(Close::received(Some(1008), "ORIGIN_BLOCKED").meaning(), "the server does not allow this origin");
        assert_eq!(Close::received(Some(1011), "oops").meaning(), "the server had an internal error");
        assert_eq!(Close::received(None, "").code, CloseCode::NO_STATUS);
    }
}
