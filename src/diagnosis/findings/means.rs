//! What a profile says that a close code, a close reason, a status or a refusal's code means (`[classify.means]`).

use super::greeting::owner_of;
use crate::diagnosis::Code;
use crate::diagnosis::context::Context;
use crate::diagnosis::problem::Problem;
use crate::diagnosis::words::sentence;
use crate::model::{Answer, Classify, Close, CloseCause, Failure, GreetingFailure, Meaning, RequestFailure};

/// `problem` with what the profile says of `failure`, where it is the service that speaks and nothing before it.
pub(super) fn said_of(failure: &Failure, mut problem: Problem, context: &Context<'_>) -> Problem {
    let is_of_service = matches!(
        problem.code,
        Code::ServerClosed
            | Code::SocketWaitsForMessage
            | Code::GreetingRefused
            | Code::UpgradeRefused
            | Code::TokenRefused
            | Code::RefusedByApi
            | Code::RefusedInside
            | Code::UnexpectedAnswer
    );
    if let Some(Meaning { says, owner }) = meaning(failure, &context.profile.classify).filter(|_| is_of_service) {
        problem.cause = format!("{} {}", sentence(says.as_str()), problem.cause);
        problem.owner = owner.map_or(problem.owner, owner_of);
    }
    problem
}

fn meaning<'a>(failure: &Failure, classify: &'a Classify) -> Option<&'a Meaning> {
    match failure {
        Failure::Closed(close) | Failure::Greeting(GreetingFailure::Closed { close, .. }) => of_close(close, classify),
        Failure::UpgradeRefused(answer) => of_answer(answer, classify),
        Failure::Token(request)
        | Failure::Ticket(request)
        | Failure::Greeting(GreetingFailure::Request { request, .. }) => of_request(request, classify),
        Failure::Setup(_)
        | Failure::TicketExpired { .. }
        | Failure::Dial(_)
        | Failure::Greeting(
            GreetingFailure::Missing { .. } | GreetingFailure::Refused { .. } | GreetingFailure::Profile { .. },
        ) => None,
    }
}

fn of_close<'a>(close: &Close, classify: &'a Classify) -> Option<&'a Meaning> {
    let is_said = matches!(close.cause, CloseCause::PeerFrame | CloseCause::OwnFrame);
    let by_reason = || classify.meaning_of_word(close.reason.text());
    is_said.then(|| by_reason().or_else(|| classify.meaning_of_number(close.code.0)))?
}

fn of_answer<'a>(answer: &Answer, classify: &'a Classify) -> Option<&'a Meaning> {
    let by_code = answer.body.code.as_ref().and_then(|code| classify.meaning_of_word(code));
    by_code.or_else(|| classify.meaning_of_number(answer.status))
}

fn of_request<'a>(request: &RequestFailure, classify: &'a Classify) -> Option<&'a Meaning> {
    of_answer(request.kind.refusal()?, classify)
}
