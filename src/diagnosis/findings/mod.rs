//! What can be found wrong, by subject. Each finding is one literal [`Problem`] with its detector around it: to change
//! a sentence, find it here; to add a finding, add its name to [`Code`](super::Code) and its literal to a subject.
//!
//! Detectors look at causes, numbers, named headers and products. What somebody said is recognised in one place
//! ([`Hint`](crate::model::failure::Hint)); it makes owner, cause and next step more exact, and changes no code.

mod address;
mod answers;
mod browser;
mod credentials;
mod explanation;
mod forbidden;
mod frames;
mod gateway;
mod greeting;
mod malformed;
mod means;
#[cfg(test)]
mod near_the_user;
pub(super) mod network;
mod origin;
mod own_numbers;
#[cfg(test)]
mod own_reasons;
mod path;
pub(super) mod patterns;
mod portal;
#[cfg(test)]
mod products;
mod proxy;
mod rate;
mod reasons;
mod redirect;
mod remedy;
pub(super) mod resent;
mod secrets;
#[cfg(test)]
mod situations;
mod socket;
pub(super) mod sometimes;
mod status;
mod store;
mod store_words;
#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;
mod ticket;
mod tls;
mod unseen;
mod upgrade;

pub(super) use browser::{blocked as browser_blocked, idle_cut};
pub(super) use proxy::ignored_variable;
pub(super) use socket::client_crashed;
pub(super) use store::bad_health;
pub(super) use ticket::odd_lifetime;
pub(super) use tls::intercepted;

use super::Code;
use super::context::{Context, Refused, RequestKind};
use super::problem::Problem;
use super::words::{quoted, quoted_to_login};
use crate::model::{
    DialFailure, DisplayDuration, Failure, GreetingFailure, Phase, RequestFailure, RequestFailureKind, Transport,
};

/// What `failure` shows.
pub(super) fn of_failure(failure: &Failure, context: &Context<'_>) -> Problem {
    let problem = match failure {
        Failure::Setup(setup) => network::unusable_profile(setup),
        Failure::Token(request) => of_request(RequestKind::Token, request, context),
        Failure::Ticket(request) => of_request(RequestKind::Ticket, request, context),
        Failure::TicketExpired { age, lifetime } => ticket::expired(*age, *lifetime, context.slowest),
        Failure::Dial(failure) => of_dial(failure, context),
        Failure::UpgradeRefused(answer) => of_answer(&Refused { request: RequestKind::Upgrade, answer }, context),
        Failure::Greeting(failure) => of_greeting(failure, context),
        Failure::Closed(close) => socket::of_close(close, context),
    };
    means::said_of(failure, problem, context)
}

/// The same where a web app was the client: what it does wrong is its developers' affair.
pub(super) fn of_web_app(problem: Problem) -> Problem {
    let problem = problem.of_web_app();
    if problem.code == Code::DeadCredentialResent { resent::by_web_app(problem) } else { problem }
}

/// What a greeting that did not come to its end shows.
fn of_greeting(failure: &GreetingFailure, context: &Context<'_>) -> Problem {
    match failure {
        GreetingFailure::Missing { step, expected, within, heard } => {
            greeting::missing(*step, expected, *within, heard.as_ref(), context)
        }
        GreetingFailure::Refused { announced, .. } => greeting::refused(announced),
        GreetingFailure::Closed { step, close, heard } => {
            greeting::closed(*step, close, heard.as_ref(), socket::of_close(close, context), context)
        }
        GreetingFailure::Request { request, .. } => of_request(RequestKind::Greeting, request, context),
        GreetingFailure::Profile { problem, .. } => greeting::unusable(problem),
    }
}

fn of_request(request: RequestKind, failure: &RequestFailure, context: &Context<'_>) -> Problem {
    match &failure.kind {
        RequestFailureKind::Status(answer) => of_answer(&Refused { request, answer }, context),
        RequestFailureKind::Malformed(malformed) => malformed::success(request, malformed, context),
        RequestFailureKind::Refused(answer) => greeting::refused_inside(request, answer),
        RequestFailureKind::SecretMissing { name, label, why } => secrets::missing(name, label, why, context),
        RequestFailureKind::OtherHost { name, label, host } => secrets::other_host(name, label, host),
        RequestFailureKind::SignIn(fault) => secrets::not_signed_in(fault),
        RequestFailureKind::Identity { file, fault } => secrets::no_identity(file, fault),
        RequestFailureKind::Unusable { problem } => greeting::unusable(problem),
        RequestFailureKind::NotSendable if context.service().is_some() => secrets::not_sendable(request),
        RequestFailureKind::NotSendable => credentials::not_sendable(failure),
        RequestFailureKind::Timeout { after } => network::no_answer(request, *after, context),
        RequestFailureKind::Transport(transport) => of_transport(request, transport, context),
        RequestFailureKind::Hidden(how) => unseen::hidden(request, *how, context),
    }
}

/// What an answer that refuses shows: the first subject that recognises it decides.
fn of_answer(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let subjects = [
        portal::of_tunnel,
        gateway::by_name,
        gateway::challenged,
        portal::captive_portal,
        proxy::wants_login,
        gateway::login_in_front,
        redirect::redirected,
        rate::rate_limited,
        greeting::refused_credential,
        greeting::refused_upgrade,
        path::wrong_path,
        gateway::plain_http,
        gateway::headers_too_large,
        path::wrong_method,
        portal::login_page,
        ticket::refused_upgrade,
        credentials::refused,
        forbidden::forbidden,
        store::unavailable,
        origin::not_listed,
        answers::failed,
    ];
    let found = subjects.into_iter().find_map(|subject| subject(refused, context));
    let problem = found.unwrap_or_else(|| answers::unexpected(refused, context));
    let problem = gateway::of_plain_upgrade(problem, refused, context);
    let mut problem = ticket::of_characters(problem, refused, context);
    if context.is_refused_everywhere(refused) {
        problem.cause.push_str(
            " The health page is refused with the same status, so what refuses stands in front of the whole service.",
        );
    }
    let is_login = problem.code == Code::TokenRefused && context.service().is_some();
    problem.cause.push_str(&if is_login { quoted_to_login(refused.answer) } else { quoted(refused.answer) });
    if let Some(wait) = refused.answer.retry_after.filter(|_| problem.code != Code::RateLimited) {
        let (wait, end) = (DisplayDuration(wait), context.time + wait);
        problem
            .cause
            .push_str(&format!(" It asks for {wait} of patience (Retry-After), until {} UTC.", end.format("%H:%M:%S")));
    }
    problem
}

fn of_transport(request: RequestKind, transport: &Transport, context: &Context<'_>) -> Problem {
    if let Some(limit) = transport.local_limit() {
        return network::local_limit(limit);
    }
    match transport {
        Transport::Dns(failure) => network::of_name(request, failure, context),
        Transport::Tcp(failure) => network::of_tcp(request, failure, context),
        Transport::Tls(failure) => tls::of_failure(failure),
        Transport::Proxy(failure) => proxy::of_failure(failure),
        Transport::Broken(cause) => network::of_broken(request, cause, context),
    }
}

fn of_dial(failure: &DialFailure, context: &Context<'_>) -> Problem {
    match failure {
        DialFailure::Transport(transport) => of_transport(RequestKind::Upgrade, transport, context),
        DialFailure::Timeout { phase, after } => {
            let late = failure.to_string();
            match phase {
                Phase::Dns => network::name_not_resolved(&late),
                Phase::Tcp => network::unanswered(RequestKind::Upgrade, &late, context),
                Phase::Tls => network::tls_unanswered(&late),
                Phase::Proxy => proxy::silent(&late),
                Phase::Upgrade | Phase::Greeting | Phase::Keychain | Phase::Token | Phase::Ticket => {
                    network::no_answer(RequestKind::Upgrade, *after, context)
                }
            }
        }
        DialFailure::BadHandshake(fault) => frames::bad_handshake(fault),
        DialFailure::Unusable { problem } => greeting::unusable(problem),
        DialFailure::Identity { file, fault } => secrets::no_identity(file, fault),
        DialFailure::Hidden(how) => unseen::hidden(RequestKind::Upgrade, *how, context),
    }
}
