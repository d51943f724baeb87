//! How an attempt ended, in the few words that fit beside a lane.

use crate::model::{Answer, DialFailure, Failure, GreetingFailure, Hidden, RequestFailureKind, SafeText};

/// What a failed request came to, for places that have room for a few words.
pub enum RequestOutcome<'a> {
    /// An answer with a status that is no success.
    Answered(&'a Answer),
    /// A success whose content refuses.
    Refused(&'a Answer),
    /// Nothing came in time.
    NoAnswer,
    /// A browser does not tell.
    Hidden(Hidden),
    /// What needs no more than these words.
    Words(&'static str),
}

impl<'a> RequestOutcome<'a> {
    /// What a request came to that failed like this.
    pub fn of(kind: &'a RequestFailureKind) -> Self {
        match kind {
            RequestFailureKind::Status(answer) => Self::Answered(answer),
            RequestFailureKind::Refused(answer) => Self::Refused(answer),
            RequestFailureKind::Timeout { .. } => Self::NoAnswer,
            RequestFailureKind::Hidden(how) => Self::Hidden(*how),
            RequestFailureKind::SecretMissing { .. } => Self::Words("secret missing"),
            RequestFailureKind::OtherHost { .. } => Self::Words("another host"),
            RequestFailureKind::SignIn(_) => Self::Words("not signed in"),
            RequestFailureKind::Identity { .. } => Self::Words("client certificate"),
            RequestFailureKind::Malformed(_) | RequestFailureKind::Unusable { .. } => Self::Words("unexpected answer"),
            RequestFailureKind::NotSendable => Self::Words("JWT cannot be sent"),
            RequestFailureKind::Transport(_) => Self::Words("not reached"),
        }
    }
}

/// The words for a failure.
pub(super) fn outcome(failure: &Failure) -> SafeText {
    let text = match failure {
        Failure::Setup(_) => "not possible here".to_owned(),
        Failure::Token(request) | Failure::Ticket(request) => match RequestOutcome::of(&request.kind) {
            RequestOutcome::Answered(answer) => answer.to_string(),
            RequestOutcome::Refused(answer) => match answer.code() {
                Some(code) => format!("refused: {code}"),
                None => format!("refused inside a {}", answer.status),
            },
            RequestOutcome::NoAnswer => "no answer in time".to_owned(),
            RequestOutcome::Hidden(how) => hidden(how).to_owned(),
            RequestOutcome::Words(words) => words.to_owned(),
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
