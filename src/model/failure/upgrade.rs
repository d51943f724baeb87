//! Answers to the upgrade that are no WebSocket handshake (RFC 6455 §4.1).

use std::fmt;

use crate::model::SafeText;

/// What is wrong with the head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadFault {
    /// It does not begin as HTTP/1 does.
    NotHttp {
        /// Its first word.
        begins: SafeText,
    },
    /// It is not valid HTTP.
    Invalid,
    /// It is longer than is read.
    TooLong {
        /// The limit in KiB.
        limit_kib: u32,
    },
    /// It has more headers than are read.
    TooManyHeaders {
        /// The limit.
        limit: u32,
    },
    /// More interim answers came than are read (RFC 9110 §15.2).
    TooManyInterim {
        /// The limit.
        limit: u32,
    },
}

/// What is wrong with an answer to the upgrade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeFault {
    /// Its head cannot be read.
    Head(HeadFault),
    /// 101 in another version than HTTP/1.1, the one that has the upgrade.
    Version,
    /// 101 without `Upgrade: websocket`.
    NoUpgrade,
    /// 101 without `Connection: Upgrade`.
    NoConnection,
    /// 101 without `Sec-WebSocket-Accept`.
    NoAcceptKey,
    /// `Sec-WebSocket-Accept` belongs to another request.
    WrongAcceptKey,
    /// A header of the handshake that may be there once is there more often, at which browsers hang up.
    Twice {
        /// Its name.
        header: SafeText,
    },
    /// The server chose an extension that was not offered.
    UnofferedExtension {
        /// The extension, as the server spells it.
        extension: SafeText,
    },
    /// The server chose a subprotocol that was not offered.
    UnofferedSubprotocol {
        /// The subprotocol, as the server spells it.
        protocol: SafeText,
    },
    /// The server chose none of the subprotocols that were offered, so that browsers hang up.
    NoSubprotocol {
        /// The first that was offered.
        offered: SafeText,
    },
    /// The connection was gone before the upgrade could be sent.
    ConnectionGone,
}

impl fmt::Display for HeadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp { begins } => write!(f, "the answer is not HTTP/1, it begins with \"{begins}\""),
            Self::Invalid => f.write_str("the head of the answer is not valid HTTP"),
            Self::TooLong { limit_kib } => write!(f, "the head of the answer is longer than {limit_kib} KiB"),
            Self::TooManyHeaders { limit } => write!(f, "the answer has more than {limit} headers"),
            Self::TooManyInterim { limit } => write!(f, "more than {limit} interim answers"),
        }
    }
}

impl fmt::Display for HandshakeFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Head(fault) => fault.fmt(f),
            Self::Version => f.write_str("101 in another version than HTTP/1.1, the one that has the upgrade"),
            Self::NoUpgrade => f.write_str("101 without \"Upgrade: websocket\""),
            Self::NoConnection => f.write_str("101 without \"Connection: Upgrade\""),
            Self::NoAcceptKey => f.write_str("101 without Sec-WebSocket-Accept"),
            Self::WrongAcceptKey => f.write_str(
                "Sec-WebSocket-Accept does not belong to this request's key; a cache or proxy may have answered",
            ),
            Self::Twice { header } => write!(f, "101 with more than one header {header}"),
            Self::UnofferedExtension { extension } => {
                write!(f, "the server chose an extension that was not offered: {extension}")
            }
            Self::NoSubprotocol { offered } if offered.is_empty() => {
                f.write_str("the server did not choose any of the subprotocols that were offered")
            }
            Self::NoSubprotocol { offered } => {
                write!(f, "the server did not choose a subprotocol; \"{offered}\" was offered")
            }
            Self::UnofferedSubprotocol { protocol } => {
                write!(f, "the server chose a subprotocol that was not offered: {protocol}")
            }
            Self::ConnectionGone => f.write_str("the connection was gone before the upgrade"),
        }
    }
}
