//! Buttons that ask for a command.

use egui::{Response, Stroke, Ui};

use super::command::{Row, UiCommand};
use super::state::State;
use super::tokens::Tokens;

/// What a button of `command` is to look like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As any button.
    Plain,
    /// The one thing to do.
    Primary,
    /// A switch that shows when it is on.
    Switch,
    /// A fault: amber when it is armed.
    Fault,
}

/// A button that asks for `command`; if it cannot be done now its tooltip says why.
pub fn button(
    ui: &mut Ui,
    state: &State,
    command: UiCommand,
    look: Look,
    text: Option<&str>,
    size: egui::Vec2,
    asked: &mut Vec<UiCommand>,
) -> Response {
    let color = &Tokens::at(ui).color;
    let Row { label, explanation, keys, obstacle, is_on, .. } = command.row(state);
    let label = text.map_or(label, |text| text.to_owned().into());
    let colors = match look {
        Look::Primary => Some((color.primary, color.primary_hover, color.primary_border, color.on_primary)),
        Look::Fault if is_on => Some((color.armed, color.armed_hover, color.armed_border, color.on_armed)),
        Look::Switch if is_on => Some((color.selection, color.selection, color.muted, color.strong)),
        Look::Plain | Look::Switch | Look::Fault => None,
    };
    let response = ui
        .scope(|ui| {
            if let Some((fill, hover, border, text)) = colors {
                let visuals = ui.visuals_mut();
                visuals.selection.bg_fill = *fill;
                visuals.selection.stroke = Stroke::new(1.0, text);
                let widgets = &mut visuals.widgets;
                for (state, fill) in
                    [(&mut widgets.inactive, fill), (&mut widgets.hovered, hover), (&mut widgets.active, hover)]
                {
                    state.weak_bg_fill = *fill;
                    state.fg_stroke = Stroke::new(1.0, text);
                }
                // What is active has the ring of the focus.
                for state in [&mut widgets.inactive, &mut widgets.hovered] {
                    state.bg_stroke = Stroke::new(1.0, border);
                }
            }
            let mut button = egui::Button::new(&*label).min_size(size).truncate();
            if matches!(look, Look::Switch | Look::Fault) {
                button = button.selected(is_on);
            }
            ui.add_enabled(obstacle.is_none(), button)
        })
        .inner;
    if response.clicked() {
        asked.push(command);
    }
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
    let mut tip = explanation.to_owned();
    if let Some(keys) = keys {
        tip += &format!(" ({})", ui.ctx().format_shortcut(&keys));
    }
    let response = response.on_hover_text(&tip);
    match obstacle {
        Some(obstacle) => response.on_disabled_hover_text(format!("{}: {}", label, lower_first(obstacle))),
        None => response,
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(characters).collect()
}
