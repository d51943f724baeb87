//! The parts of a profile, each with how it stands.

use egui::{Align2, Color32, FontId, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};
use strum::IntoEnumIterator as _;

use super::super::super::paint;
use super::super::super::profiles::Draft;
use super::super::super::state::State;
use super::super::super::tokens::Tokens;
use super::tried::state_of;
use crate::check::StepState;
use crate::profiles::form::{Part, Place};

/// The height of a row.
const ROW: f32 = 28.0;

/// Draws them.
pub(super) fn show(ui: &mut Ui, state: &mut State) {
    let tokens = Tokens::at(ui);
    ui.add_space(6.0);
    let mut chosen = None;
    ScrollArea::vertical().id_salt("parts").auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        let Some(draft) = &state.files.draft else { return };
        for part in Part::iter() {
            let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width() - 8.0, ROW), Sense::CLICK);
            let is_shown = state.files.part == part;
            paint::row(ui, rect, &response, is_shown);
            let (mark, words, tone) = mark(tokens, state, draft, part);
            let inside = rect.shrink2(vec2(8.0, 0.0));
            let color = if is_shown { *tokens.color.strong } else { *tokens.color.text };
            let label =
                ui.painter().text(inside.left_center(), Align2::LEFT_CENTER, part.label(), tokens.font(), color);
            let small = FontId::proportional(tokens.size.small);
            let at = label.right_center() + vec2(7.0, 0.0);
            ui.painter().text(at, Align2::LEFT_CENTER, mark, small, tone);
            let spoken = format!("{}: {words}", part.label());
            response.widget_info(|| WidgetInfo::selected(Role::Button, true, is_shown, &spoken));
            if response.clicked() {
                chosen = Some(part);
            }
        }
    });
    if let Some(part) = chosen {
        state.files.part = part;
        if let Some(draft) = &mut state.files.draft {
            let line = draft.form().and_then(|form| {
                let mut places = part.sections().iter().flat_map(|section| form.places(section));
                places.find_map(|at| form.line_of(&at, None))
            });
            draft.wanted_line = line;
        }
    }
}

/// How a part stands: a sign, the same in words, and its colour.
fn mark(tokens: &Tokens, state: &State, draft: &Draft, part: Part) -> (String, String, Color32) {
    let color = &tokens.color;
    if draft.wrong().is_some_and(|spot| spot.part == part) {
        return ("✖".to_owned(), "cannot be used yet".to_owned(), *color.bad);
    }
    let tried = state.files.is_tried.then(|| state_of(part, state.check.results())).flatten();
    if let Some(tried) = tried {
        let (sign, words, tone) = match tried {
            StepState::Passed => ("✓", "works", *color.good),
            StepState::Warning => ("⚠", "works, with a remark", *color.warn),
            StepState::Failed => ("✖", "does not work", *color.bad),
            StepState::Running => ("…", "is being tried", *color.busy),
            StepState::Skipped | StepState::NotRun | StepState::Waiting => ("", "not tried", *color.muted),
        };
        return (sign.to_owned(), words.to_owned(), tone);
    }
    let Some(form) = draft.form() else { return (String::new(), "unknown".to_owned(), *color.muted) };
    let sections = || part.sections().iter().filter(|section| section.is_short_form != form.has_steps());
    let count: usize = sections().map(|section| form.places(section).len()).sum();
    let is_counted = sections().any(|section| matches!(section.place, Place::Each(_) | Place::Named(_)));
    match count {
        0 if is_counted || part == Part::Heartbeat => ("none".to_owned(), "none".to_owned(), *color.muted),
        0 => (String::new(), "as usual".to_owned(), *color.muted),
        count if is_counted => (count.to_string(), count.to_string(), *color.muted),
        _ => (String::new(), "set".to_owned(), *color.muted),
    }
}
