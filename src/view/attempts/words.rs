//! How an attempt ended, in the few words that fit beside a lane.

use crate::model::{DialFailure, Failure, GreetingFailure, Hidden, RequestFailureKind, SafeText};

/// The words for a failure.
pub(super) fn outcome(failure: &Failure) -> SafeText {
    let text = match failure {
        Failure::Setup(_) => "not possible here".to_owned(),
        Failure::Token(request) | Failure::Ticket(request) => match &request.kind {
            RequestFailureKind::Status(answer) => answer.to_string(),
            RequestFailureKind::Refused(answer) => match answer.code() {
                Some(code) => format!("refused: {code}"),
                None => format!("refused inside a {}", answer.status),
            },
            RequestFailureKind::SecretMissing { .. } => "secret missing".to_owned(),
            RequestFailureKind::OtherHost { .. } => "another host".to_owned(),
            RequestFailureKind::SignIn(_) => "not signed in".to_owned(),
            RequestFailureKind::Identity { .. } => "client certificate".to_owned(),
            RequestFailureKind::Malformed(_) | RequestFailureKind::Unusable { .. } => "unexpected answer".to_owned(),
            RequestFailureKind::NotSendable => "JWT cannot be sent".to_owned(),
            RequestFailureKind::Timeout { .. } => "no answer in time".to_owned(),
            RequestFailureKind::Transport(_) => "not reached".to_owned(),
            RequestFailureKind::Hidden(how) => hidden(*how).to_owned(),
        },
        Failure::TicketExpired { .. } => "ticket expired".to_owned(),
        Failure::Dial(DialFailure::Hidden(how)) => hidden(*how).to_owned(),
        Failure::Dial(_) => "not reached".to_owned(),
        Failure::UpgradeRefused(refusal) => format!("{} upgrade refused", refusal.status),
        Failure::Greeting(failure) => match failure {
            GreetingFailure::Missing { .. } => "no greeting".to_owned(),
            GreetingFailure::Refused { announced, .. } => announced.said.to_string(),
            GreetingFailure::Closed { close, .. } => format!("{} {} in the greeting", close.code, close.reason),
            GreetingFailure::Request { .. } | GreetingFailure::Profile { .. } => "greeting failed".to_owned(),
        },
        Failure::Closed(close) if !close.is_told() => "closed; code not in this file".to_owned(),
        Failure::Closed(close) if close.reason.is_empty() => format!("{} closed", close.code),
        Failure::Closed(close) => format!("{} {}", close.code, close.reason),
    };
    SafeText::with_limit(&text, 48)
}

const fn hidden(how: Hidden) -> &'static str {
    match how {
        Hidden::Blocked(_) => "blocked by the browser",
        Hidden::Refused => "refused; status not in this file",
        Hidden::Untold { .. } => "failed; why is not in this file",
        Hidden::GivenUp { .. } => "given up by the page",
        Hidden::Absent => "not in this file",
    }
}
