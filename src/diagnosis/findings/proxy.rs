//! Forward proxies of the user's network.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused};
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::failure::{IoCause, ProxyCause, ProxyFailure};

/// What is the matter with a proxy.
enum Trouble {
    Unreachable,
    WantsLogin,
    Refuses,
    /// It works, and does not reach the server.
    ServerNotReached,
}

/// A proxy did not let the connection through.
pub fn of_failure(failure: &ProxyFailure) -> Problem {
    let trouble = match &failure.cause {
        ProxyCause::Dns(_) | ProxyCause::Unreachable(_) => Trouble::Unreachable,
        ProxyCause::Io(IoCause::Refused | IoCause::NoRouteToHost | IoCause::NoRouteToNetwork) => Trouble::Unreachable,
        ProxyCause::Answered { status: 407 } => Trouble::WantsLogin,
        ProxyCause::ServerNotReached { said, .. } if is_denial(said.as_str()) => Trouble::Refuses,
        ProxyCause::ServerNotReached { .. } | ProxyCause::Answered { status: 502..=504 } => Trouble::ServerNotReached,
        ProxyCause::Answered { .. }
        | ProxyCause::Io(
            IoCause::Reset
            | IoCause::EndedEarly
            | IoCause::NoAnswer
            | IoCause::NetworkChanged
            | IoCause::Suspended
            | IoCause::Local(_)
            | IoCause::Other(_),
        )
        | ProxyCause::EndedWithoutAnswer
        | ProxyCause::NotHttp(_)
        | ProxyCause::SentData
        | ProxyCause::Other(_) => Trouble::Refuses,
    };
    refused(&trouble, &failure.to_string())
}

/// Whether a proxy's own word for why is that it may not: Squid's page for that, or RFC 9209's errors of policy.
fn is_denial(said: &str) -> bool {
    ["ERR_ACCESS_DENIED", "http_request_denied", "destination_ip_prohibited"].iter().any(|word| said.contains(word))
}

/// The proxy does not answer in time.
pub fn silent(late: &str) -> Problem {
    refused(&Trouble::Refuses, late)
}

/// The proxy answered in the server's place: it wants a name and a password (RFC 9110 §15.5.8).
pub fn wants_login(answered: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    (answered.answer.status == 407).then(|| refused(&Trouble::WantsLogin, &answered.answer.to_string()))
}

fn refused(trouble: &Trouble, error: &str) -> Problem {
    let (owner, title, next) = match trouble {
        Trouble::Unreachable => (
            Owner::UserIt,
            "The proxy cannot be reached",
            "The user's IT can fix it: the proxy is down, or this computer's settings name one that is not there.",
        ),
        Trouble::WantsLogin => (
            Owner::UserIt,
            "The proxy wants a login",
            "The user's IT can fix it: name and password belong into this computer's proxy settings.",
        ),
        Trouble::Refuses => (
            Owner::UserIt,
            "The proxy does not connect to the server",
            "The user's IT can fix it: let the proxy through to the server, or log in to it.",
        ),
        Trouble::ServerNotReached => (
            Owner::Operations,
            "The proxy works, and does not reach the server",
            "Operations can see whether the server is up, and reachable from the internet by that name and port; if others reach it \
             by other ways, the user's IT can see what keeps the proxy from it: its DNS, or a firewall behind it.",
        ),
    };
    Problem {
        code: Code::ProxyRefused,
        severity: Severity::Error,
        owner,
        title: title.to_owned(),
        cause: sentence(error),
        next: next.into(),
        ..Problem::ALONE
    }
}
