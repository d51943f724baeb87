//! Everything that can end an attempt, as the steps of contract §1 can fail.
//!
//! What happened is an enum, so that everybody who has to decide can match it. What the peer, the system or a library
//! said stands beside it as [`SafeText`]: it is shown, and nothing is ever decided by it.

#![warn(clippy::wildcard_enum_match_arm)]

mod announcement;
mod answer;
mod behind;
mod body;
mod catalogue;
mod certificate;
mod challenge;
mod close;
mod close_reason;
mod entities;
mod greeting;
mod header_value;
mod hint;
mod hint_words;
mod hints;
mod identity;
mod issuer;
mod last_word;
mod network;
mod own_number;
mod own_words;
mod product;
mod product_names;
mod product_settings;
mod proxy;
mod proxy_setting;
mod request;
mod secret;
mod sign_in;
mod store_names;
mod tls;
mod upgrade;

use std::fmt;
use std::time::Duration;

pub use announcement::Announcement;
pub use answer::{
    Answer, AnswerFault, AnswerParts, Header, HttpVersion, MalformedAnswer, is_harmless_header, status_text,
};
pub use body::{Body, BodyKind, PageKind, is_explanation};
pub use catalogue::{CloseCode, CloseEntry};
pub use certificate::Certificate;
pub use challenge::Challenge;
pub use close::{Close, CloseCause, ProtocolFault};
pub use close_reason::{CloseReason, ContractReason};
pub use greeting::GreetingFailure;
pub use hint::Hint;
pub use hints::Hints;
pub use identity::IdentityFault;
pub use issuer::{Interception, Issuer, IssuerKind};
pub use last_word::{LastWord, Protocol};
pub use network::{BrokenCause, DnsCause, DnsFailure, IoCause, LocalLimit, LostAddress, LostAddresses, TcpFailure};
pub use own_number::OwnNumber;
pub use product::{Product, Side};
pub use product_settings::Setting;
pub use proxy::{ProxyCause, ProxyFailure};
pub use proxy_setting::ProxyMistake;
pub use request::{RequestFailure, RequestFailureKind, Transport};
pub use secret::SecretFault;
pub use sign_in::SignInFault;
pub use tls::{CertificateFault, OWN_ROOT, TlsAlert, TlsCause, TlsFailure};
pub use upgrade::{HandshakeFault, HeadFault};

use super::{DisplayDuration, Hidden, SafeText};

/// Why an attempt, or the connection it led to, ended. What follows is decided in `flow` (contract §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nothing could be sent: the profile does not work on this computer.
    Setup(SetupFailure),
    /// The token request gave no token.
    Token(RequestFailure),
    /// The ticket request gave no ticket.
    Ticket(RequestFailure),
    /// The ticket's lifetime ended before the socket was ready to use it; it was not sent.
    TicketExpired {
        /// How old the ticket was, counted from the request for it.
        age: Duration,
        /// What the server gave it to live.
        lifetime: Duration,
    },
    /// The connection for the socket could not be made.
    Dial(DialFailure),
    /// The server answered the upgrade with something other than 101. Browsers hide that from pages.
    UpgradeRefused(Box<Answer>),
    /// The socket was open, and the service's greeting did not come to its end.
    Greeting(GreetingFailure),
    /// The socket was of use and ended.
    Closed(Close),
}

impl Failure {
    /// Whether the server's health tells its possible causes apart (contract §6).
    pub fn is_told_by_health(&self) -> bool {
        match self {
            Self::Token(request) | Self::Ticket(request) => {
                let status = if let RequestFailureKind::Status(answer) = &request.kind { answer.status } else { 0 };
                matches!(status, 300..=399 | 500 | 503)
            }
            Self::UpgradeRefused(answer) => matches!(answer.status, 300..=399 | 401 | 500 | 503),
            Self::Closed(close) => close.reason.contract() == Some(ContractReason::NotAuthorized),
            Self::Greeting(_) | Self::Setup(_) | Self::TicketExpired { .. } | Self::Dial(_) => false,
        }
    }

    /// The answer that it is about, if there was one.
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::Token(request) | Self::Ticket(request) | Self::Greeting(GreetingFailure::Request { request, .. }) => {
                request.kind.answer()
            }
            Self::UpgradeRefused(answer) => Some(answer),
            Self::Greeting(_) | Self::Setup(_) | Self::TicketExpired { .. } | Self::Dial(_) | Self::Closed(_) => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Setup(setup) => write!(f, "this profile cannot be used here: {}", setup.said),
            Self::Token(request) => write!(f, "the token request failed: {request}"),
            Self::Ticket(request) => write!(f, "the ticket request failed: {request}"),
            Self::TicketExpired { age, lifetime } => {
                let (age, lifetime) = (DisplayDuration(*age), DisplayDuration(*lifetime));
                write!(f, "ticket expired before use: it lives {lifetime} and dialling took {age}")
            }
            Self::Dial(failure) => write!(f, "the connection for the socket failed: {failure}"),
            Self::UpgradeRefused(answer) => {
                let Answer { status, version, .. } = &**answer;
                write!(f, "the server refused the upgrade with {status} {}", status_text(*status))?;
                if version.is_seen() { write!(f, " ({version})") } else { Ok(()) }
            }
            Self::Greeting(failure) => failure.fmt(f),
            Self::Closed(close) => write!(f, "the socket closed {close}: {}", close.meaning()),
        }
    }
}

/// Why nothing can be sent at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupFailure {
    /// What does not fit.
    pub cause: SetupCause,
    /// What happened, to what, and what to do.
    pub said: SafeText,
}

impl SetupFailure {
    /// A failure that nothing more is known of than what was said.
    pub fn other(said: &str) -> Self {
        Self { cause: SetupCause::Other, said: SafeText::new(said) }
    }
}

/// What keeps a profile from being used on this computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SetupCause {
    /// A file of `tls.extra_roots` cannot be used.
    RootFile,
    /// This computer's root certificates cannot be loaded.
    PlatformRoots,
    /// The environment asks for a proxy of a kind that is not supported.
    Proxy,
    /// The local server of the demo does not start.
    LocalServer,
    /// The system gives the program no threads.
    Threads,
    /// Anything else.
    Other,
}

/// How making the connection for the socket failed, before the server answered the upgrade.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
        after: Duration,
    },
    /// The server said 101 but what it said is not a WebSocket handshake (RFC 6455 §4.1).
    #[error("the server's handshake is wrong: {0}")]
    BadHandshake(HandshakeFault),
    /// There is no address that may be connected to: nothing was sent.
    #[error("{problem}")]
    Unusable {
        /// Why.
        problem: SafeText,
    },
    /// The client's own certificate is of no use: nothing was sent.
    #[error("the client certificate {file} cannot be used: {fault}")]
    Identity {
        /// The file that it is in.
        file: SafeText,
        /// Why.
        fault: IdentityFault,
    },
    /// A browser did not tell, or did not let it happen.
    #[error("{}", request::hidden(*.0))]
    Hidden(Hidden),
}

/// The parts of an attempt that are timed one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display, strum::EnumIter)]
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
    /// What is said before the socket is of use.
    #[strum(to_string = "greeting")]
    Greeting,
}
