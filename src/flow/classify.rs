//! The contract's table (§2): what each failure leads to.

use std::time::Duration;

use crate::model::{Class, Classify, Close, CloseCause, Failure, RequestFailure, RequestFailureKind, SafeText};

/// What a failure leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Wait, at least as long as the server asks for, then a whole new attempt.
    Retry { floor: Option<Duration> },
    /// Wait for a person.
    Stop,
}

impl Next {
    pub(super) const RETRY: Self = Self::Retry { floor: None };

    pub(super) const fn class(self) -> Class {
        match self {
            Self::Retry { .. } => Class::Soft,
            Self::Stop => Class::Hard,
        }
    }
}

/// The status and code of a refused ticket request, if a new JWT can cure it.
pub(super) fn curable(classify: &Classify, failure: &RequestFailure) -> Option<(u16, SafeText)> {
    match &failure.kind {
        RequestFailureKind::Status(answer) if answer.status == 401 => {
            let code = answer.body.code.as_ref()?;
            let is_curable = classify.refresh_codes.contains(code);
            is_curable.then(|| (answer.status, code.clone()))
        }
        RequestFailureKind::Status(_)
        | RequestFailureKind::Malformed(_)
        | RequestFailureKind::NotSendable
        | RequestFailureKind::Timeout { .. }
        | RequestFailureKind::Transport(_) => None,
    }
}

/// A failed token or ticket request that is not cured.
pub(super) fn request(classify: &Classify, failure: &RequestFailure) -> Next {
    match &failure.kind {
        RequestFailureKind::Status(answer) if classify.hard_statuses.contains(&answer.status) => Next::Stop,
        RequestFailureKind::Status(answer) => Next::Retry { floor: answer.retry_after },
        RequestFailureKind::Malformed(_)
        | RequestFailureKind::NotSendable
        | RequestFailureKind::Timeout { .. }
        | RequestFailureKind::Transport(_) => Next::RETRY,
    }
}

pub(super) fn upgrade(failure: &Failure) -> Next {
    match failure {
        Failure::UpgradeRefused(answer) => Next::Retry { floor: answer.retry_after },
        Failure::Setup(_)
        | Failure::Dial(_)
        | Failure::Token(_)
        | Failure::Ticket(_)
        | Failure::TicketExpired { .. }
        | Failure::Closed(_) => Next::RETRY,
    }
}

/// The reason decides, not the code; and only what the server itself said counts.
pub(super) fn close(classify: &Classify, close: &Close) -> Next {
    match &close.cause {
        CloseCause::PeerFrame | CloseCause::OwnFrame if classify.hard_reasons.contains(&close.reason) => Next::Stop,
        CloseCause::PeerFrame
        | CloseCause::OwnFrame
        | CloseCause::EndOfStream
        | CloseCause::Io(_)
        | CloseCause::Unanswered { .. }
        | CloseCause::CutOnPurpose
        | CloseCause::NoPong { .. }
        | CloseCause::Protocol(_) => Next::RETRY,
    }
}
