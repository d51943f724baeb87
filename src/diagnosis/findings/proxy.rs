//! Forward proxies of the user's network.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused};
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::SafeText;
use crate::model::failure::{IoCause, ProxyCause, ProxyFailure, ProxyMistake};

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

/// The variable `variable` of this computer should name a proxy, and does not; `found` is wrong beside it.
pub fn ignored_variable(variable: &SafeText, mistake: &ProxyMistake, found: &[Code]) -> Problem {
    /// What a network shows that lets nobody out but by its proxy.
    const WITHOUT_PROXY: &[Code] = &[
        Code::NameNotResolved,
        Code::NetworkDown,
        Code::ConnectionRefused,
        Code::PacketsLost,
        Code::NoAnswer,
        Code::TlsFailed,
        Code::RequestBroken,
    ];
    let is_missed = found.iter().any(|code| WITHOUT_PROXY.contains(code));
    let change = match mistake {
        ProxyMistake::Quoted => "write it without quotation marks",
        ProxyMistake::Space => "write it without spaces",
        ProxyMistake::PacEntry => "write host and port of that entry alone",
        ProxyMistake::FileAddress => "name the proxy itself, which stands in that file",
        ProxyMistake::NoColon | ProxyMistake::Scheme(_) => "begin it with http://",
        ProxyMistake::Socks => "name a proxy of the kind http://, the only one that Ticketscope can use",
        ProxyMistake::Backslash => "write %5C for the backslash",
        ProxyMistake::Login => "write such characters percent-encoded (%40 for @)",
        ProxyMistake::Port(_) => "write one port from 1 to 65535",
        ProxyMistake::Other => "write the proxy's address",
    };
    Problem {
        code: Code::ProxyVariableIgnored,
        severity: if is_missed { Severity::Error } else { Severity::Warning },
        owner: Owner::User,
        title: format!("{variable} names no proxy, and is ignored"),
        cause: format!(
            "This computer's environment has {variable}, and {mistake}. So the connection was tried without a proxy{}",
            if is_missed { ", and failed: this network may let nobody out but by its proxy." } else { "." }
        ),
        next: format!(
            "The user can correct {variable} in this computer's environment: {change}, as in http://proxy.example.com:3128; or take it away, if there \
             is no proxy. Then start Ticketscope again."
        )
        .into(),
        explains: if is_missed { WITHOUT_PROXY } else { &[] },
        ..Problem::ALONE
    }
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
