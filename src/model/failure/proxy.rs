//! HTTP proxies that do not let a connection through.

use std::fmt;

use super::{DnsCause, HeadFault, IoCause, LostAddress, LostAddresses};
use crate::model::{SafeText, status_text};

/// A proxy that did not let a connection through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyFailure {
    /// Its host and port.
    pub proxy: SafeText,
    /// What it did instead.
    pub cause: ProxyCause,
}

/// What a proxy did instead of letting a connection through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyCause {
    /// Its name could not be resolved.
    Dns(DnsCause),
    /// None of its addresses could be connected to.
    Unreachable(Vec<LostAddress>),
    /// The connection to it failed or broke.
    Io(IoCause),
    /// It ended the connection without an answer.
    EndedWithoutAnswer,
    /// What it said is not HTTP.
    NotHttp(HeadFault),
    /// It answered `CONNECT` with this status (RFC 9110 §9.3.6).
    Answered {
        /// The status; 407 wants a login (RFC 9110 §15.5.8).
        status: u16,
    },
    /// It answered `CONNECT` with 502, 503 or 504: it works, and does not reach the server from where it is (RFC 9110 §15.6).
    ServerNotReached {
        /// The status.
        status: u16,
        /// What its headers say of that; empty if they say nothing.
        said: SafeText,
    },
    /// It sent data of its own after it had opened the tunnel.
    SentData,
    /// The HTTP library's words.
    Other(SafeText),
}

impl fmt::Display for ProxyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            ProxyCause::Dns(cause) => write!(f, "{}: its name could not be resolved: {cause}", self.proxy),
            // A proxy that is named by its address is named by its attempts.
            ProxyCause::Unreachable(lost) if self.is_named_by(lost) => write!(f, "{}", LostAddresses(lost)),
            ProxyCause::Unreachable(lost) => write!(f, "{}: no TCP connection: {}", self.proxy, LostAddresses(lost)),
            ProxyCause::Io(cause) => write!(f, "{}: {cause}", self.proxy),
            ProxyCause::EndedWithoutAnswer => write!(f, "{}: ended the connection without an answer", self.proxy),
            ProxyCause::NotHttp(fault) => write!(f, "{}: {fault}", self.proxy),
            ProxyCause::Answered { status } => {
                write!(f, "{}: answered CONNECT with {status} {}", self.proxy, status_text(*status))
            }
            ProxyCause::ServerNotReached { status, said } => {
                let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
                write!(f, "{}: answered CONNECT with {status} {}{said}", self.proxy, status_text(*status))
            }
            ProxyCause::SentData => write!(f, "{}: sent data of its own after opening the tunnel", self.proxy),
            ProxyCause::Other(said) => write!(f, "{}: {said}", self.proxy),
        }
    }
}

impl ProxyFailure {
    fn is_named_by(&self, lost: &[LostAddress]) -> bool {
        lost.first().is_some_and(|first| first.address.to_string() == self.proxy.as_str())
    }
}
