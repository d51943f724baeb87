//! The fields of the rule, for this session.

use std::cell::RefCell;
use std::ops::RangeInclusive;
use std::time::Duration;

use egui::{Align2, DragValue, FontId, Rect, Response, Ui, UiBuilder, vec2};

use super::super::command::UiCommand;
use super::super::paint::{self, Look};
use super::super::state::State;
use super::super::tokens::Tokens;
use super::{LOWEST_CURVE, ROW, percent};
use crate::model::{Backoff, DisplayDuration, limit};

const HEIGHT: f32 = 84.0;
/// In a low place that is as wide as this the curve is beside the fields.
const BESIDE: f32 = 600.0;

/// Draws the fields in `rest`, and returns what they leave for the curve.
pub fn show(ui: &mut Ui, rest: Rect, state: &mut State, asked: &mut Vec<UiCommand>) -> Rect {
    let Some(mut draft) = state.backoff_draft.clone() else { return rest };
    let tokens = Tokens::at(ui);
    let doubt = state.backoff_refused.clone().or_else(|| doubt(&draft));
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
        let most = limit::MAX.as_secs_f64() * 1_000.0;
        time(ui, refused, "first wait", &mut draft.base, 1.0..=most);
        let factor = DragValue::new(&mut draft.factor).range(Backoff::FACTORS).speed(0.02).max_decimals(2).prefix("× ");
        let response = number(ui, refused, "factor", factor);
        response.on_hover_text("Each further wait is so many times as long");
        time(ui, refused, "cap", &mut draft.cap, 1.0..=most);
        let mut share = percent(draft.jitter);
        let jitter = DragValue::new(&mut share).range(0.0..=100.0).max_decimals(1).prefix("± ").suffix(" %");
        let jitter = number(ui, refused, "jitter", jitter);
        if jitter.on_hover_text("Drawn at random on either side, after the cap").changed() {
            draft.jitter = share / 100.0;
        }
        time(ui, refused, "reset after", &mut draft.reset_after, 0.0..=most);
    });
    state.backoff_draft = Some(draft);
    ui.horizontal(|ui| {
        let size = vec2(0.0, 22.0);
        paint::button(ui, state, UiCommand::UseBackoff, Look::Primary, None, size, asked);
        paint::button(ui, state, UiCommand::ProfileBackoff, Look::Plain, None, size, asked);
    });
    curve
}

/// What is odd about a rule that works all the same.
fn doubt(rule: &Backoff) -> Option<String> {
    let all = DisplayDuration(rule.cap);
    (rule.base > rule.cap).then(|| format!("The first wait is longer than the cap, so every wait is {all}"))
}

/// Adds a field; what is typed into it and is no number goes to `refused`, in words.
fn number(ui: &mut Ui, refused: &mut Option<String>, name: &str, field: DragValue<'_>) -> Response {
    let heard = RefCell::new(None);
    let parse = |text: &str| {
        let digits: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        let number = digits.parse().ok().filter(|number: &f64| number.is_finite());
        let is_refused = number.is_none() && !digits.is_empty();
        heard.replace(Some(is_refused.then(|| digits.chars().take(12).collect::<String>())));
        number
    };
    let response = ui.add(field.custom_parser(parse)).accessible_name(format!("Backoff: {name}"));
    if let Some(text) = heard.into_inner() {
        *refused = text.map(|text| format!("“{text}” is not a number: {name} stays as it was"));
    }
    response
}

fn time(ui: &mut Ui, refused: &mut Option<String>, name: &str, duration: &mut Duration, range: RangeInclusive<f64>) {
    let mut value = duration.as_secs_f64() * 1_000.0;
    let field =
        DragValue::new(&mut value).range(range).max_decimals(0).speed(10.0).prefix(format!("{name} ")).suffix(" ms");
    let response = number(ui, refused, name, field);
    if response.on_hover_text("Drag, or click and type").changed() {
        *duration = Duration::from_secs_f64(value / 1_000.0);
    }
}
