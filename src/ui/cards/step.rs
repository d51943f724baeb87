//! How a step stands, in words.

use egui::Color32;

use super::super::state::State;
use super::super::tokens::Tokens;
use super::card::Row;
use crate::model::{Class, Failure, FilePart, Hidden, RequestFailure, Service};
use crate::view::{RequestOutcome, Status, StepState};

/// The state of a step, its colour, and whether things stand there.
pub fn step(state: &State, tokens: &Tokens, step: StepState, done: &str) -> (String, Color32, bool) {
    let color = &tokens.color;
    let snapshot = state.pane.view.snapshot();
    match (step, &snapshot.failed) {
        (StepState::Pending, _) if snapshot.attempt.is_none() => ("not started".to_owned(), *color.muted, false),
        (StepState::Pending, _) => {
            let text = match snapshot.status {
                Status::Idle => "idle",
                Status::Stopped => "not reached",
                _ => "waiting",
            };
            (text.to_owned(), *color.muted, false)
        }
        (StepState::Running, _) => ("running…".to_owned(), *color.busy, true),
        (StepState::Done, _) => (format!("✓ {done}"), *color.good, false),
        (StepState::Failed, Some(cause)) => {
            let (next, color) = match cause.class {
                Class::Soft => ("will retry", *color.warn),
                Class::Hard => ("stopped", *color.bad),
            };
            // Of other people's clients only the failure is known.
            let next = if snapshot.files.is_some() { String::new() } else { format!(" — {next}") };
            (format!("✕ {}{next}", outcome(&cause.failure)), color, true)
        }
        (StepState::Failed, None) => ("✕ failed".to_owned(), *color.bad, true),
    }
}

/// Whether a step must have been done before the file tells of anything.
pub fn is_unseen(state: &State, step: StepState) -> bool {
    let files = state.pane.view.snapshot().files.as_ref();
    step == StepState::Done && files.is_some_and(|files| !files.has_requests)
}

/// Whether a step failed because of a fault.
pub fn is_simulated(state: &State, step: StepState) -> bool {
    step == StepState::Failed
        && state.pane.view.snapshot().failed.as_ref().is_some_and(|failed| failed.simulated.is_some())
}

fn request_outcome(request: &RequestFailure) -> String {
    match RequestOutcome::of(&request.kind) {
        RequestOutcome::Answered(answer) => answer.status.to_string(),
        RequestOutcome::Refused(answer) => format!("{} refused", answer.status),
        RequestOutcome::NoAnswer => "no answer".to_owned(),
        RequestOutcome::Hidden(Hidden::Blocked(_)) => "blocked by browser".to_owned(),
        RequestOutcome::Hidden(Hidden::Refused) => "refused".to_owned(),
        RequestOutcome::Hidden(Hidden::Untold { .. }) => "failed".to_owned(),
        RequestOutcome::Hidden(Hidden::GivenUp { .. }) => "given up".to_owned(),
        RequestOutcome::Hidden(Hidden::Absent) => "not in this file".to_owned(),
        RequestOutcome::Words(words) => words.to_owned(),
    }
}

fn outcome(failure: &Failure) -> String {
    match failure {
        Failure::Token(request) | Failure::Ticket(request) => request_outcome(request),
        Failure::TicketExpired { .. } => "ticket expired".to_owned(),
        Failure::Setup(_) => "not possible here".to_owned(),
        Failure::Dial(_) => "not reached".to_owned(),
        Failure::UpgradeRefused(refusal) => format!("{} refused", refusal.status),
        Failure::Greeting(_) => "greeting failed".to_owned(),
        Failure::Closed(close) if !close.is_told() => "closed".to_owned(),
        Failure::Closed(close) => close.code.to_string(),
    }
}

/// Which of several files tell of a part of the attempt.
pub fn told_by(state: &State, part: FilePart) -> Option<Row> {
    let files = state.pane.view.snapshot().files.as_ref()?;
    files.told_by(part).map(|by| Row::words("told by", by))
}

/// The steps of the profile that is shown, if they are not the contract's.
pub fn own_steps(state: &State) -> Option<&Service> {
    state.pane.view.snapshot().profile.service.as_deref()
}
