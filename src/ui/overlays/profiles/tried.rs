//! How the service does with the profile as it stands there.

use egui::{Frame, Label, RichText, Sense, Ui};

use super::super::super::state::State;
use super::super::super::tokens::Tokens;
use super::values;
use crate::check::{Step, StepResult, StepState, shown_time};
use crate::profiles::form::{Fix, Part};

/// The part that a step of the check tries.
const fn part_of(step: Step) -> Part {
    match step {
        Step::Clock | Step::Configuration | Step::Proxy | Step::Dns | Step::Tcp | Step::Health | Step::Browser => {
            Part::Service
        }
        Step::Tls => Part::Trust,
        Step::Token | Step::Claims => Part::SignIn,
        Step::Ticket => Part::Ticket,
        Step::Upgrade => Part::Socket,
        Step::Greeting => Part::Greeting,
        Step::Open | Step::Silence => Part::Heartbeat,
        Step::Comeback => Part::Ends,
    }
}

/// How `part` did: as the worst of its steps; `None` if none of them was tried.
pub(super) fn state_of(part: Part, results: &[StepResult]) -> Option<StepState> {
    let worst = |state: &StepState| match state {
        StepState::Failed => 4,
        StepState::Running => 3,
        StepState::Warning => 2,
        StepState::Passed => 1,
        StepState::Waiting | StepState::Skipped | StepState::NotRun => 0,
    };
    let of_part = results.iter().filter(|result| part_of(result.step) == part).map(|result| result.state);
    of_part.max_by_key(worst).filter(|state| worst(state) > 0)
}

/// Draws progress and result; returns whether the offered `fix` was accepted.
pub(super) fn show(ui: &mut Ui, state: &mut State, fix: Option<&Fix>) -> bool {
    let mut is_wanted = false;
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let small = |text: String, tone| RichText::new(text).size(tokens.size.small).color(tone);
    let mut chosen = None;
    Frame::new()
        .fill(*color.card)
        .stroke(tokens.outline())
        .corner_radius(tokens.size.card_radius)
        .inner_margin(10)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let conclusion = state.check.outcome().map(|outcome| outcome.conclusion());
            match conclusion {
                Some(conclusion) => {
                    let words = format!("{}: {}. {}", conclusion.status, conclusion.title, conclusion.next);
                    ui.add(Label::new(small(words, color.tone(conclusion.tone))).wrap());
                    if let Some(fix) = fix {
                        is_wanted = values::small(ui, &format!("Use “{}”", fix.value)).clicked();
                    }
                }
                None => {
                    ui.label(small("It is being tried…".to_owned(), *color.busy));
                }
            }
            ui.add_space(4.0);
            for result in state.check.results().iter().filter(|result| result.state != StepState::Waiting) {
                if row(ui, tokens, result) {
                    chosen = Some(part_of(result.step));
                }
            }
        });
    state.files.part = chosen.unwrap_or(state.files.part);
    is_wanted
}

/// One step; returns whether it was pressed.
fn row(ui: &mut Ui, tokens: &Tokens, result: &StepResult) -> bool {
    let color = &tokens.color;
    let tone = match result.state {
        StepState::Passed => *color.good,
        StepState::Warning => *color.warn,
        StepState::Failed => *color.bad,
        StepState::Running => *color.busy,
        StepState::Skipped | StepState::NotRun | StepState::Waiting => *color.muted,
    };
    let words = format!("{} {}: {}", result.state.icon(), result.step.label(), result.found);
    let words = format!("{words} {}", shown_time(result));
    let text = RichText::new(words.trim_end()).size(tokens.size.small).color(tone);
    let response = ui.add(Label::new(text).truncate().sense(Sense::CLICK));
    let details: Vec<_> = result.details.iter().map(ToString::to_string).collect();
    let details = if details.is_empty() { result.found.to_string() } else { details.join("\n") };
    response.on_hover_text(details).clicked()
}
