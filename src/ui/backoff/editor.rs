//! The fields of the rule, for this session.

use std::cell::RefCell;

use egui::{Align2, FontId, Rect, Ui, UiBuilder, vec2};

use super::super::button::{Look, button};
use super::super::command::{BackoffCommand, UiCommand};
use super::super::paint;
use super::super::state::State;
use super::super::tokens::Tokens;
use super::field::{field, sentence_case};
use crate::model::{Backoff, Parameter};

pub const ROW: f32 = 20.0;
/// The curve is not drawn lower than this: words go first.
pub const LOWEST_CURVE: f32 = 64.0;
const HEIGHT: f32 = 84.0;
/// In a low place that is as wide as this the curve is beside the fields.
const BESIDE: f32 = 600.0;

/// Draws the fields in `rest`, and returns what they leave for the curve.
pub fn show(ui: &mut Ui, rest: Rect, state: &mut State, asked: &mut Vec<UiCommand>) -> Rect {
    let Some(mut draft) = state.pane.backoff_draft.clone() else { return rest };
    let tokens = Tokens::at(ui);
    let doubt = state.backoff_refused.clone().or_else(|| draft.doubts().first().map(|doubt| sentence_case(doubt)));
    let is_beside = rest.height() < HEIGHT + ROW + LOWEST_CURVE && rest.width() >= BESIDE;
    let (mut curve, fields) = if is_beside {
        let (curve, fields) = rest.split_left_right_at_fraction(0.55);
        (curve, fields.with_min_x(fields.left() + tokens.size.pad))
    } else {
        rest.split_top_bottom_at_y(rest.bottom() - HEIGHT.min(rest.height()))
    };
    if let Some(doubt) = doubt {
        let line = curve.with_min_y(curve.bottom() - ROW);
        let font = FontId::proportional(tokens.size.small);
        paint::cut_text(ui, line, Align2::LEFT_CENTER, &format!("⚠ {doubt}"), font, *tokens.color.warn);
        curve.max.y -= ROW;
    }
    let mut child = ui.new_child(UiBuilder::new().max_rect(fields).id_salt("backoff editor"));
    let ui = &mut child;
    ui.spacing_mut().item_spacing = vec2(6.0, 5.0);
    ui.spacing_mut().button_padding = vec2(6.0, 1.0);
    ui.spacing_mut().interact_size.y = 22.0;
    let refused = &mut state.backoff_refused;
    ui.horizontal_wrapped(|ui| {
        for parameter in Backoff::PARAMETERS {
            edit(ui, refused, parameter, &mut draft);
        }
    });
    state.pane.backoff_draft = Some(draft);
    ui.horizontal(|ui| {
        let size = vec2(0.0, 22.0);
        button(ui, state, UiCommand::Backoff(BackoffCommand::Use), Look::Primary, None, size, asked);
        button(ui, state, UiCommand::Backoff(BackoffCommand::UseProfile), Look::Plain, None, size, asked);
    });
    curve
}

/// Adds the field for `parameter` of `rule`; what is typed into it and is no number goes to `refused`, in words.
fn edit(ui: &mut Ui, refused: &mut Option<String>, parameter: Parameter, rule: &mut Backoff) {
    let Parameter { name, help, prefix, .. } = parameter;
    let heard = RefCell::new(None);
    let parse = |typed: &str| {
        let number = parameter.parse_number(typed);
        let is_refused = number.is_none() && !typed.trim().is_empty();
        heard.replace(Some(is_refused.then(|| typed.trim().chars().take(12).collect::<String>())));
        number
    };
    let mut number = parameter.number(rule);
    // What has no sign of its own is told by its name.
    let prefix = if prefix.is_empty() { format!("{name} ") } else { prefix.to_owned() };
    let response = ui.add(field(parameter, &prefix, &mut number).custom_parser(parse));
    let response = response.accessible_name(format!("Backoff: {name}"));
    if let Some(typed) = heard.into_inner() {
        *refused = typed.map(|typed| format!("“{typed}” is not a number: {name} stays as it was"));
    }
    if response.on_hover_text(format!("{help}: drag, or click and type")).changed() {
        parameter.set_number(rule, number);
    }
}
