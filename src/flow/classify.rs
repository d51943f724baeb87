//! The contract's table (§2): what each failure leads to.

use std::time::Duration;

use crate::model::{
    Answer, Class, Classify, Close, CloseCause, DialFailure, Failure, GreetingFailure, Policy, RequestFailure,
    RequestFailureKind, SafeText, Then, UpgradeRefusal,
};

/// What a failure leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Wait, at least as long as the server asks for, then a whole new attempt.
    Retry { floor: Option<Duration> },
    /// A new attempt at once; after the usual wait, if the one before was no success either.
    Renew,
    /// The same with a new login.
    Login,
    /// Wait for a person.
    Stop,
}

impl Next {
    pub(super) const RETRY: Self = Self::Retry { floor: None };

    pub(super) const fn class(self) -> Class {
        match self {
            Self::Retry { .. } | Self::Renew | Self::Login => Class::Soft,
            Self::Stop => Class::Hard,
        }
    }

    fn of(then: Then) -> Self {
        match then {
            Then::Stop => Self::Stop,
            Then::Retry => Self::RETRY,
            Then::Renew | Then::Go => Self::Renew,
            Then::Login => Self::Login,
        }
    }
}

/// The status and code of a refused ticket request, if a new login can cure it.
pub(super) fn curable(policy: &Policy, failure: &RequestFailure) -> Option<(u16, SafeText)> {
    let Policy { classify, steps, .. } = policy;
    let answer = failure.kind.refusal().filter(|_| steps.login)?;
    let code = answer.body.code.as_ref();
    let is_contracts = answer.status == 401 && code.is_some_and(|code| classify.refresh_codes.contains(code));
    let is_curable = is_contracts || steps.refresh.iter().any(|rule| rule.matches(answer.status, code));
    is_curable.then(|| (answer.status, code.cloned().unwrap_or_default()))
}

/// A failed token or ticket request that is not cured.
pub(super) fn request(policy: &Policy, failure: &RequestFailure) -> Next {
    let classify = &policy.classify;
    match &failure.kind {
        RequestFailureKind::Status(answer) | RequestFailureKind::Refused(answer) => {
            let said = answer.body.code.as_ref().and_then(|code| classify.codes.get(code));
            match said {
                Some(Then::Stop) => Next::Stop,
                None if classify.hard_statuses.contains(&answer.status) => Next::Stop,
                // Nothing of this attempt has been of use: whatever comes next comes after a wait.
                Some(Then::Retry | Then::Renew | Then::Login | Then::Go) | None => {
                    Next::Retry { floor: answer.retry_after }
                }
            }
        }
        // Only a person can change that.
        RequestFailureKind::SecretMissing { .. }
        | RequestFailureKind::OtherHost { .. }
        | RequestFailureKind::SignIn(_)
        | RequestFailureKind::Identity { .. }
        | RequestFailureKind::Unusable { .. } => Next::Stop,
        // What a person gave for a service is no better the next time; the contract says to go on (§2).
        RequestFailureKind::NotSendable if policy.steps.is_service => Next::Stop,
        RequestFailureKind::Malformed(_)
        | RequestFailureKind::NotSendable
        | RequestFailureKind::Timeout { .. }
        | RequestFailureKind::Hidden(_)
        | RequestFailureKind::Transport(_) => Next::RETRY,
    }
}

/// The same of credentials that have never led to a connection: what a service refuses inside a success then, and without a
/// time to come again, is not asked for again.
pub(super) fn first_request(policy: &Policy, failure: &RequestFailure) -> Next {
    let Policy { classify, steps, .. } = policy;
    let is_last = |answer: &Answer| {
        let code = answer.body.code.as_ref();
        answer.retry_after.is_none() && code.is_none_or(|code| !classify.codes.contains_key(code))
    };
    match &failure.kind {
        RequestFailureKind::Refused(answer) if steps.refused_inside_stops && is_last(answer) => Next::Stop,
        RequestFailureKind::Refused(_)
        | RequestFailureKind::Status(_)
        | RequestFailureKind::Malformed(_)
        | RequestFailureKind::SecretMissing { .. }
        | RequestFailureKind::OtherHost { .. }
        | RequestFailureKind::SignIn(_)
        | RequestFailureKind::Identity { .. }
        | RequestFailureKind::Unusable { .. }
        | RequestFailureKind::NotSendable
        | RequestFailureKind::Timeout { .. }
        | RequestFailureKind::Hidden(_)
        | RequestFailureKind::Transport(_) => request(policy, failure),
    }
}

/// What follows a refused upgrade, and whether the login goes.
pub(super) fn upgrade(policy: &Policy, failure: &Failure) -> (Next, bool) {
    let Policy { classify, steps, .. } = policy;
    let next = match failure {
        // It was not sent, because something for it is missing.
        Failure::Ticket(unsent) => request(policy, unsent),
        Failure::UpgradeRefused(answer) => {
            let retry = Next::Retry { floor: answer.retry_after };
            let said = classify.upgrade.iter().find(|(statuses, _)| statuses.contains(answer.status));
            match said.map(|(_, refusal)| refusal) {
                Some(UpgradeRefusal::Stop) => Next::Stop,
                Some(UpgradeRefusal::Login) => return (retry, true),
                // The next attempt would have nothing new to show.
                None if answer.status == 401 && !steps.login && !steps.ticket => Next::Stop,
                Some(UpgradeRefusal::Ticket | UpgradeRefusal::Retry) | None => retry,
            }
        }
        Failure::Setup(_)
        | Failure::Dial(_)
        | Failure::Token(_)
        | Failure::TicketExpired { .. }
        | Failure::Greeting(_)
        | Failure::Closed(_) => Next::RETRY,
    };
    (next, false)
}

/// How the client treats `failure` (contract §2) where nothing of its own cures it.
pub fn class_of(policy: &Policy, failure: &Failure) -> Class {
    let next = match failure {
        Failure::Setup(_) => Next::Stop,
        Failure::Token(failed) | Failure::Ticket(failed) => request(policy, failed),
        Failure::TicketExpired { .. } => Next::RETRY,
        Failure::Dial(failed) => dial(failed),
        Failure::UpgradeRefused(_) => upgrade(policy, failure).0,
        Failure::Greeting(failed) => greeting(policy, failed),
        Failure::Closed(closed) => close(&policy.classify, closed),
    };
    next.class()
}

/// What follows a connection that could not be made.
pub(super) fn dial(failure: &DialFailure) -> Next {
    match failure {
        DialFailure::Unusable { .. } | DialFailure::Identity { .. } => Next::Stop,
        DialFailure::Transport(_)
        | DialFailure::Timeout { .. }
        | DialFailure::BadHandshake(_)
        | DialFailure::Hidden(_) => Next::RETRY,
    }
}

/// What follows a greeting that failed.
pub(super) fn greeting(policy: &Policy, failure: &GreetingFailure) -> Next {
    match failure {
        GreetingFailure::Missing { .. } => Next::RETRY,
        GreetingFailure::Refused { announced, .. } => Next::of(announced.then),
        GreetingFailure::Closed { close, .. } => self::close(&policy.classify, close),
        GreetingFailure::Request { request, .. } if curable(policy, request).is_some() => Next::Login,
        GreetingFailure::Request { request, .. } => self::request(policy, request),
        GreetingFailure::Profile { .. } => Next::Stop,
    }
}

/// The reason decides, not the code; and only what the server itself said counts.
pub(super) fn close(classify: &Classify, close: &Close) -> Next {
    match &close.cause {
        CloseCause::PeerFrame | CloseCause::OwnFrame if classify.hard_reasons.contains(close.reason.text()) => {
            Next::Stop
        }
        CloseCause::PeerFrame | CloseCause::OwnFrame => {
            let by_reason = classify.reasons.get(close.reason.text());
            let by_code =
                || classify.close.iter().find(|(codes, _)| codes.contains(close.code.0)).map(|(_, then)| then);
            by_reason.or_else(by_code).map_or(Next::RETRY, |then| Next::of(*then))
        }
        CloseCause::Announced(announced) => Next::of(announced.then),
        CloseCause::Profile { .. } => Next::Stop,
        CloseCause::EndOfStream
        | CloseCause::Io(_)
        | CloseCause::Unanswered { .. }
        | CloseCause::CutOnPurpose
        | CloseCause::TicketMissing
        | CloseCause::NoPong { .. }
        | CloseCause::HeartbeatUnanswered { .. }
        | CloseCause::ServerSilent { .. }
        | CloseCause::Unseen
        | CloseCause::Protocol(_) => Next::RETRY,
    }
}
