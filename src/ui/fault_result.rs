//! The effect of the last fault, in one strip.

use egui::{Label, RichText, Ui};

use super::state::State;
use super::tokens::Tokens;
use crate::faults::FaultKind;
use crate::model::DisplayDuration;
use crate::view::{FaultEnd, FaultResult, Tone};

/// How long a pong may take that was not measured before (contract §9).
const PONG: std::time::Duration = std::time::Duration::from_secs(5);

/// Draws it, if a fault has acted.
pub fn show(ui: &mut Ui, state: &State) {
    let Some(result) = state.pane.fault_results.newest() else { return };
    let tokens = Tokens::at(ui);
    let (text, tone) = words(state, result);
    let text = RichText::new(text).size(tokens.size.small).color(tokens.color.tone(tone));
    let frame = egui::Frame::new().fill(*tokens.color.field).corner_radius(tokens.size.radius).inner_margin(6);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(text).wrap().selectable(true));
    });
    ui.add_space(4.0);
}

/// The fault that acts now and has not shown an effect yet.
pub fn acting(state: &State) -> Option<FaultKind> {
    let newest = state.pane.fault_results.newest().filter(|newest| newest.end.is_none() && newest.steps.is_empty())?;
    let kind = FaultKind::named(&newest.fault)?;
    // A fault on the open socket lasts as long as that, whether it is armed again or not.
    let is_on_socket = kind.acts_on_open_socket() && state.pane.view.snapshot().open_since().is_some();
    (is_on_socket || state.armed(kind).is_some()).then_some(kind)
}

fn words(state: &State, result: &FaultResult) -> (String, Tone) {
    let kind = FaultKind::named(&result.fault);
    let name = kind.map_or(result.fault.as_str(), |kind| kind.label());
    let steps = result.in_words();
    let text = if steps.is_empty() { name.to_owned() } else { format!("{name} → {steps}") };
    match result.end {
        Some(_) if result.steps.is_empty() => (format!("{text}: over, the client stayed connected ✓"), Tone::Good),
        Some((end, FaultEnd::Recovered)) => {
            (format!("{text}, {} ✓", DisplayDuration(end.since(result.since))), Tone::Good)
        }
        Some((_, FaultEnd::ByPerson)) => (text, Tone::Neutral),
        Some((end, FaultEnd::GaveUp)) => {
            (format!("{text} after {}: it waits for a person", DisplayDuration(end.since(result.since))), Tone::Bad)
        }
        None if !result.steps.is_empty() => (format!("{text} …"), Tone::Warning),
        None if acting(state).is_some() => {
            let within = match state.pane.view.snapshot().ping {
                Some(every) => format!("noticed within {} if it silences the link", DisplayDuration(every + PONG)),
                None => "not noticed by pings: there are none".to_owned(),
            };
            (format!("● {text}: acting, {within}"), Tone::Warning)
        }
        None => (format!("{text}: acted, nothing followed so far"), Tone::Neutral),
    }
}
