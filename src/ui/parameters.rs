//! The fields for a fault's parameters.

use std::ops::RangeInclusive;
use std::time::Duration;

use egui::emath::Numeric;
use egui::{DragValue, TextEdit, Ui, vec2};

use super::tokens::Tokens;
use crate::faults::Fault;
use crate::model::SafeText;

/// The longest duration that a field takes, in seconds: an hour, or as long as a JWT lives.
const HOUR: f64 = 3_600.0;

/// Whether `fault` has no parameters.
pub fn none(fault: &Fault) -> bool {
    fields(&mut fault.clone()).is_empty()
}

/// Draws the fields that fit beside the button, or those that need a line of their own; tells whether
/// anything was changed.
pub fn edit(ui: &mut Ui, fault: &mut Fault, wide: bool) -> bool {
    let label = fault.kind().label();
    let mut is_changed = false;
    for (name, field) in fields(fault).into_iter().filter(|(_, field)| matches!(field, Field::Line(_)) == wide) {
        let (response, name) = (field.show(ui), format!("{label}: {name}"));
        is_changed |= response.changed();
        response.accessible_name(&name).on_hover_text(name);
    }
    is_changed
}

enum Field<'a> {
    Status(&'a mut u16),
    CloseCode(&'a mut u16),
    Count(&'a mut u32, u32),
    Bytes(&'a mut u32),
    Seconds(&'a mut Duration),
    Days(&'a mut Duration),
    /// None at zero.
    Wait(&'a mut Option<Duration>),
    Text(&'a mut SafeText),
    /// Text on a line of its own.
    Line(&'a mut SafeText),
}

impl Field<'_> {
    fn show(self, ui: &mut Ui) -> egui::Response {
        match self {
            Self::Status(status) => number(ui, status, 200..=599, ""),
            Self::CloseCode(code) => number(ui, code, 1_000..=4_999, ""),
            Self::Count(count, most) => number(ui, count, 1..=most, ""),
            Self::Bytes(bytes) => number(ui, bytes, 1..=10_000_000, " B"),
            Self::Seconds(duration) => time(ui, duration, 1.0, " s"),
            Self::Days(duration) => time(ui, duration, 86_400.0, " d"),
            Self::Wait(wait) => {
                let mut duration = wait.unwrap_or_default();
                let response = time(ui, &mut duration, 1.0, " s");
                *wait = Some(duration).filter(|duration| !duration.is_zero());
                response
            }
            Self::Text(text) | Self::Line(text) => {
                let mut written = text.as_str().to_owned();
                let field = TextEdit::singleline(&mut written).desired_width(ui.available_width()).char_limit(60);
                let size = vec2(0.0, Tokens::at(ui).size.fault_button);
                let field = field.align(egui::Align2::LEFT_CENTER).min_size(size);
                let response = ui.add(field.margin(egui::Margin::symmetric(6, 2)));
                if response.changed() {
                    *text = SafeText::new(&written);
                }
                response
            }
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

fn fields(fault: &mut Fault) -> Vec<(&'static str, Field<'_>)> {
    use Field as F;
    match fault {
        Fault::TicketStatus { status, code, retry_after } => {
            vec![("status", F::Status(status)), ("Retry-After", F::Wait(retry_after)), ("code", F::Line(code))]
        }
        Fault::KeychainSlow { delay } | Fault::NameSlow { delay } => vec![("delay", F::Seconds(delay))],
        Fault::UpgradeStatus { status } => vec![("status", F::Status(status))],
        Fault::Close { code, reason } => vec![("code", F::CloseCode(code)), ("reason", F::Text(reason))],
        Fault::Latency { delay, jitter } => vec![("delay", F::Seconds(delay)), ("jitter", F::Seconds(jitter))],
        Fault::Bandwidth { bytes_per_second } => vec![("bytes per second", F::Bytes(bytes_per_second))],
        Fault::Slices { bytes } => vec![("bytes", F::Bytes(bytes))],
        Fault::Flood { messages } => vec![("messages", F::Count(messages, Fault::MAX_FLOOD))],
        Fault::SkewClock { ahead } => vec![("ahead", F::Days(ahead))],
        _ => Vec::new(),
    }
}
