//! The fields for a fault's parameters.

use std::ops::RangeInclusive;
use std::time::Duration;

use egui::emath::Numeric;
use egui::{DragValue, RichText, TextEdit, Ui, vec2};

use super::tokens::Tokens;
use crate::faults::{Fault, Parameter};
use crate::model::SafeText;

/// The longest duration that a field takes, in seconds: an hour, or as long as a JWT lives.
const HOUR: f64 = 3_600.0;

/// Whether `fault` has no parameters.
pub fn none(fault: &Fault) -> bool {
    fault.clone().parameters().is_empty()
}

/// Beside the text in a field.
const MARGIN: i8 = 6;
/// The letters that the names of parameters beside a button have at most.
const SHORT: usize = 8;

/// Whether the fields of `fault` that need no line of their own fit beside its button, with their names.
pub fn fit_beside(fault: &Fault) -> bool {
    let mut fault = fault.clone();
    let short = fault.parameters().into_iter().filter(|(_, parameter)| !matches!(parameter, Parameter::Line(_)));
    short.map(|(name, _)| name.len()).sum::<usize>() <= SHORT
}

/// Draws the fields that fit beside the button, or those that need a line of their own; tells whether
/// anything was changed.
pub fn edit(ui: &mut Ui, fault: &mut Fault, wide: bool) -> bool {
    let label = fault.kind().label();
    let mut is_changed = false;
    let is_here = |parameter: &Parameter<'_>| matches!(parameter, Parameter::Line(_)) == wide;
    for (name, parameter) in fault.parameters().into_iter().filter(|(_, parameter)| is_here(parameter)) {
        let tokens = Tokens::at(ui);
        let words = RichText::new(name).size(tokens.size.small).color(*tokens.color.muted);
        ui.label(words);
        let (response, name) = (show(parameter, ui), format!("{label}: {name}"));
        is_changed |= response.changed();
        response.accessible_name(&name).on_hover_text(name);
    }
    is_changed
}

fn show(parameter: Parameter<'_>, ui: &mut Ui) -> egui::Response {
    match parameter {
        Parameter::Status(status) => number(ui, status, 200..=599, ""),
        Parameter::CloseCode(code) => number(ui, code, 1_000..=4_999, ""),
        Parameter::Messages(count) => number(ui, count, 1..=Fault::MAX_FLOOD, ""),
        Parameter::Bytes(bytes) => number(ui, bytes, 1..=10_000_000, " B"),
        Parameter::Seconds(duration) => time(ui, duration, 1.0, " s"),
        Parameter::Days(duration) => time(ui, duration, 86_400.0, " d"),
        Parameter::Wait(wait) => {
            let mut duration = wait.unwrap_or_default();
            let response = time(ui, &mut duration, 1.0, " s");
            *wait = Some(duration).filter(|duration| !duration.is_zero());
            response
        }
        Parameter::Text(text) | Parameter::Line(text) => {
            let mut written = text.as_str().to_owned();
            // What is left of the line that its name stands in.
            let width = (ui.available_size_before_wrap().x - 2.0 * f32::from(MARGIN)).max(40.0);
            let field = TextEdit::singleline(&mut written).desired_width(width).char_limit(60);
            let size = vec2(0.0, Tokens::at(ui).size.fault_button);
            let field = field.align(egui::Align2::LEFT_CENTER).min_size(size);
            let response = ui.add(field.margin(egui::Margin::symmetric(MARGIN, 2)));
            if response.changed() {
                *text = SafeText::new(&written);
            }
            response
        }
    }
}

fn number<N: Numeric>(ui: &mut Ui, value: &mut N, range: RangeInclusive<N>, unit: &str) -> egui::Response {
    ui.add(DragValue::new(value).range(range).suffix(unit))
}

fn time(ui: &mut Ui, duration: &mut Duration, unit: f64, suffix: &str) -> egui::Response {
    let mut value = duration.as_secs_f64() / unit;
    let response = ui.add(DragValue::new(&mut value).range(0.0..=HOUR).max_decimals(1).speed(0.1).suffix(suffix));
    if response.changed() {
        *duration = Duration::from_secs_f64(value * unit);
    }
    response
}
