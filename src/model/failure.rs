//! Everything that can end an attempt, as the steps of contract §1 can fail.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Close, DisplayDuration, SafeText, TraceId};

/// Why an attempt, or the connection it led to, ended. What follows is decided in `flow` (contract §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "step", content = "failure", rename_all = "snake_case")]
pub enum Failure {
    /// Nothing could be sent: the profile does not work on this computer.
    #[error("this profile cannot be used here: {0}")]
    Setup(SafeText),
    /// The token request gave no token.
    #[error("the token request failed: {0}")]
    Token(RequestFailure),
    /// The ticket request gave no ticket.
    #[error("the ticket request failed: {0}")]
    Ticket(RequestFailure),
    /// The ticket's lifetime ended before the socket was ready to use it; it was not sent.
    #[error("ticket expired before use: it lives {} and dialling took {}", DisplayDuration(*lifetime), DisplayDuration(*age))]
    TicketExpired {
        /// How old the ticket was, counted from the request for it.
        #[serde(with = "super::time::nanos")]
        age: Duration,
        /// What the server gave it to live.
        #[serde(with = "super::time::nanos")]
        lifetime: Duration,
    },
    /// The connection for the socket could not be made.
    #[error("the connection for the socket failed: {0}")]
    Dial(DialFailure),
    /// The server answered the upgrade with something other than 101.
    #[error("the server refused the upgrade with {0}")]
    UpgradeRefused(Refusal),
    /// The socket was open and ended.
    #[error("the socket closed {close}: {meaning}", close = .0, meaning = .0.meaning())]
    Closed(Close),
}

impl Failure {
    /// Whether the server's health tells its possible causes apart (contract §6).
    pub fn is_told_by_health(&self) -> bool {
        match self {
            Self::Token(request) | Self::Ticket(request) => match &request.kind {
                RequestFailureKind::Status { status, .. } => matches!(status, 300..=399 | 500 | 503),
                RequestFailureKind::Malformed { .. }
                | RequestFailureKind::Timeout { .. }
                | RequestFailureKind::Transport(_) => false,
            },
            Self::UpgradeRefused(refusal) => matches!(refusal.status, 300..=399 | 401 | 500 | 503),
            Self::Closed(close) => close.reason.as_str() == "NOT_AUTHORIZED",
            Self::Setup(_) | Self::TicketExpired { .. } | Self::Dial(_) => false,
        }
    }
}

/// How an HTTP request failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFailure {
    /// The `x-trace-id` that was sent; finds the request in the server's log.
    pub trace: TraceId,
    /// What happened.
    pub kind: RequestFailureKind,
}

/// What happened to an HTTP request that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RequestFailureKind {
    /// The server answered, but not with 200.
    Status {
        /// The HTTP status.
        status: u16,
        /// `code` of a JSON body, such as `REDIS_UNAVAILABLE`.
        code: Option<SafeText>,
        /// The beginning of the body, unless there is a `code` or it may hold a fresh secret; of a 2xx, only the title
        /// of an HTML page; of a redirect, first `location:` and the address without its query.
        excerpt: Option<SafeText>,
        /// `Retry-After`, as a wait from now.
        #[serde(with = "super::time::nanos::option")]
        retry_after: Option<Duration>,
    },
    /// A 200 whose body is not what the contract promises; the text says what was wrong.
    Malformed {
        /// What was expected and what came.
        problem: SafeText,
    },
    /// No complete answer within the profile's `timeouts.http`.
    Timeout {
        /// The limit.
        #[serde(with = "super::time::nanos")]
        after: Duration,
    },
    /// The request could not be delivered.
    Transport(Transport),
}

impl std::fmt::Display for RequestFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.kind {
            RequestFailureKind::Status { status, code: Some(code), .. } => write!(f, "{status} {code}"),
            RequestFailureKind::Status { status, code: None, .. } => {
                write!(f, "{status} {}", status_text(*status))
            }
            RequestFailureKind::Malformed { problem } => {
                write!(f, "the answer is not this API's: {problem}")
            }
            RequestFailureKind::Timeout { after } => write!(f, "no answer within {}", DisplayDuration(*after)),
            RequestFailureKind::Transport(transport) => transport.fmt(f),
        }
    }
}

/// The name of an HTTP status (RFC 9110 §15), that of its class for one without a name.
pub fn status_text(status: u16) -> &'static str {
    let name = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    name.unwrap_or(match status {
        100..=199 => "Informational",
        200..=299 => "Success",
        300..=399 => "Redirection",
        400..=499 => "Client Error",
        500..=599 => "Server Error",
        _ => "Unknown Status",
    })
}

/// Which part of reaching a server failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "layer", content = "error", rename_all = "snake_case")]
pub enum Transport {
    /// The name could not be resolved.
    #[error("the name could not be resolved: {0}")]
    Dns(SafeText),
    /// No address answered.
    #[error("no TCP connection: {0}")]
    Tcp(SafeText),
    /// TLS failed, usually the certificate.
    #[error("TLS failed: {0}")]
    Tls(SafeText),
    /// The HTTP proxy did not let the connection through.
    #[error("the proxy did not connect: {0}")]
    Proxy(SafeText),
    /// The connection was made and then broke, or what came over it was not HTTP.
    #[error("the connection broke: {0}")]
    Broken(SafeText),
}

/// How making the connection for the socket failed, before the server answered the upgrade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DialFailure {
    /// A phase failed.
    #[error("{0}")]
    Transport(Transport),
    /// A phase took longer than the profile allows.
    #[error("{phase} took longer than {}", DisplayDuration(*after))]
    Timeout {
        /// The phase that was running.
        phase: Phase,
        /// The limit.
        #[serde(with = "super::time::nanos")]
        after: Duration,
    },
    /// The server said 101 but what it said is not a WebSocket handshake (RFC 6455 §4.1).
    #[error("the server's handshake is wrong: {problem}")]
    BadHandshake {
        /// What is wrong with it.
        problem: SafeText,
    },
}

/// An answer to the upgrade that was not 101. Browsers hide it from pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The version the answer claims, such as `HTTP/1.0`.
    pub version: SafeText,
    /// The headers, without cookies and credentials, at most 32.
    pub headers: Vec<(SafeText, SafeText)>,
    /// The beginning of the body.
    pub excerpt: SafeText,
    /// `Retry-After`, as a wait from now.
    #[serde(with = "super::time::nanos::option")]
    pub retry_after: Option<Duration>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.status, status_text(self.status), self.version)
    }
}

/// The parts of an attempt that are timed one by one.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display, strum::EnumIter,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Reading the stored JWT.
    #[strum(to_string = "keychain")]
    Keychain,
    /// The token request.
    #[strum(to_string = "token request")]
    Token,
    /// The ticket request.
    #[strum(to_string = "ticket request")]
    Ticket,
    /// Resolving the socket's host name.
    #[strum(to_string = "DNS")]
    Dns,
    /// Connecting to the first address that answers.
    #[strum(to_string = "TCP")]
    Tcp,
    /// Asking an HTTP proxy for a tunnel.
    #[strum(to_string = "proxy")]
    Proxy,
    /// The TLS handshake.
    #[strum(to_string = "TLS")]
    Tls,
    /// The WebSocket handshake.
    #[strum(to_string = "upgrade")]
    Upgrade,
}
