//! HTTP requests that fail, and what keeps them from being delivered.

use std::fmt;
use std::time::Duration;

use super::answer::{Answer, MalformedAnswer};
use super::identity::IdentityFault;
use super::network::{BrokenCause, DnsCause, DnsFailure, IoCause, LocalLimit, LostAddress, TcpFailure};
use super::proxy::{ProxyCause, ProxyFailure};
use super::secret::SecretFault;
use super::sign_in::SignInFault;
use super::tls::{TlsCause, TlsFailure};
use crate::model::{DisplayDuration, Hidden, SafeText, TraceId};

/// How an HTTP request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestFailure {
    /// The `x-trace-id` that was sent; finds the request in the server's log.
    pub trace: TraceId,
    /// What happened.
    pub kind: RequestFailureKind,
}

/// What happened to an HTTP request that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestFailureKind {
    /// The server answered, but not with a success.
    Status(Box<Answer>),
    /// A success whose content is a refusal, as the profile's `ok` and `error` say.
    Refused(Box<Answer>),
    /// A success whose body is not what the contract promises.
    Malformed(Box<MalformedAnswer>),
    /// The JWT holds characters that no HTTP header can carry: nothing was sent.
    NotSendable,
    /// A secret that the request needs is not there: nothing was sent.
    SecretMissing {
        /// Its name in the profile.
        name: SafeText,
        /// What people call it.
        label: SafeText,
        /// Why.
        why: SecretFault,
    },
    /// An answer names a host that would get a secret, and the profile does not say that it may: nothing was sent.
    OtherHost {
        /// The secret's name in the profile.
        name: SafeText,
        /// What people call it.
        label: SafeText,
        /// The host.
        host: SafeText,
    },
    /// Nobody signed in in the browser.
    SignIn(SignInFault),
    /// The client's own certificate is of no use: nothing was sent.
    Identity {
        /// The file that it is in.
        file: SafeText,
        /// Why.
        fault: IdentityFault,
    },
    /// An earlier answer lacks what the request needs, or names an address to which nothing may be sent: nothing was.
    Unusable {
        /// Why.
        problem: SafeText,
    },
    /// No complete answer within the profile's `timeouts.http`.
    Timeout {
        /// The limit.
        after: Duration,
    },
    /// The request could not be delivered.
    Transport(Transport),
    /// A browser did not tell, or did not let it happen.
    Hidden(Hidden),
}

impl RequestFailureKind {
    /// An answer of which nothing but its status is known.
    pub fn of_status(status: u16) -> Self {
        Self::Status(Box::new(Answer::of_status(status)))
    }

    /// The answer that refuses the request, if one does: by its status, or inside a success.
    pub fn refusal(&self) -> Option<&Answer> {
        match self {
            Self::Status(answer) | Self::Refused(answer) => Some(answer),
            Self::Malformed(_)
            | Self::NotSendable
            | Self::SecretMissing { .. }
            | Self::OtherHost { .. }
            | Self::SignIn(_)
            | Self::Identity { .. }
            | Self::Unusable { .. }
            | Self::Timeout { .. }
            | Self::Hidden(_)
            | Self::Transport(_) => None,
        }
    }

    /// The answer, if there was one.
    pub fn answer(&self) -> Option<&Answer> {
        if let Self::Malformed(malformed) = self { Some(&malformed.answer) } else { self.refusal() }
    }
}

impl fmt::Display for RequestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RequestFailureKind::Status(answer) => answer.fmt(f),
            RequestFailureKind::Refused(answer) => match &answer.body.code {
                Some(code) => write!(f, "the server refused it with {code}, inside a {}", answer.status),
                None => write!(f, "the server refused it inside a {}", answer.status),
            },
            RequestFailureKind::SecretMissing { name, label, why } => {
                let label = if label.is_empty() { name } else { label };
                if *why == SecretFault::NotGiven {
                    write!(f, "“{label}” has not been given")
                } else {
                    write!(f, "“{label}” is not there: {why}")
                }
            }
            RequestFailureKind::SignIn(fault) => fault.fmt(f),
            RequestFailureKind::Identity { file, fault } => write!(f, "the client certificate {file}: {fault}"),
            RequestFailureKind::OtherHost { name, label, host } => {
                let label = if label.is_empty() { name } else { label };
                write!(f, "“{label}” was not sent to {host}, which an answer names")
            }
            RequestFailureKind::Unusable { problem } => problem.fmt(f),
            RequestFailureKind::Malformed(malformed) => write!(f, "the answer is not this API's: {malformed}"),
            RequestFailureKind::NotSendable => {
                f.write_str("the JWT holds characters that no HTTP header can carry; begin a new session to replace it")
            }
            RequestFailureKind::Timeout { after } => write!(f, "no answer within {}", DisplayDuration(*after)),
            RequestFailureKind::Transport(transport) => transport.fmt(f),
            RequestFailureKind::Hidden(how) => f.write_str(&hidden(*how)),
        }
    }
}

/// What is known of something that a browser hides.
pub(super) fn hidden(how: Hidden) -> String {
    match how {
        Hidden::Blocked(rule) => format!("the browser stopped it ({rule})"),
        Hidden::Refused => "it was refused; with which status the browser does not tell".to_owned(),
        Hidden::Untold { after: Some(after) } => {
            format!("it failed after {}; the browser does not tell why", DisplayDuration(after))
        }
        Hidden::Untold { after: None } => "it failed; the browser does not tell why".to_owned(),
        Hidden::GivenUp { after: Some(after) } => format!("the page gave it up after {}", DisplayDuration(after)),
        Hidden::GivenUp { after: None } => "the page gave it up".to_owned(),
        Hidden::Absent => "the file has nothing of it".to_owned(),
    }
}

/// Which part of reaching a server failed, and how.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Transport {
    /// The name could not be resolved.
    #[error("the name could not be resolved: {0}")]
    Dns(DnsFailure),
    /// No address answered.
    #[error("no TCP connection: {0}")]
    Tcp(TcpFailure),
    /// TLS failed, usually the certificate.
    #[error("TLS failed: {0}")]
    Tls(Box<TlsFailure>),
    /// The HTTP proxy did not let the connection through.
    #[error("the proxy did not connect: {0}")]
    Proxy(ProxyFailure),
    /// The connection was made and then broke, or what came over it was not HTTP.
    #[error("the connection broke: {0}")]
    Broken(BrokenCause),
}

impl Transport {
    /// The limit of this computer's that it failed at, if it was one.
    pub fn local_limit(&self) -> Option<LocalLimit> {
        let of_name = |cause: &DnsCause| if let DnsCause::Local(limit) = cause { Some(*limit) } else { None };
        let of_addresses = |lost: &[LostAddress]| lost.iter().find_map(|lost| lost.cause.as_ref()?.local_limit());
        match self {
            Self::Dns(failure) => of_name(&failure.cause),
            Self::Tcp(failure) => failure.causes().find_map(IoCause::local_limit),
            Self::Proxy(ProxyFailure { cause: ProxyCause::Dns(cause), .. }) => of_name(cause),
            Self::Proxy(ProxyFailure { cause: ProxyCause::Unreachable(lost), .. }) => of_addresses(lost),
            Self::Proxy(ProxyFailure { cause: ProxyCause::Io(cause), .. }) | Self::Broken(BrokenCause::Io(cause)) => {
                cause.local_limit()
            }
            Self::Tls(failure) => {
                if let TlsCause::Io(cause) = &failure.cause {
                    cause.local_limit()
                } else {
                    None
                }
            }
            Self::Proxy(_) | Self::Broken(_) => None,
        }
    }
}
