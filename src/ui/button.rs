//! Buttons that ask for a command.

use egui::{Response, RichText, Stroke, Ui, vec2};

use super::command::{Row, UiCommand};
use super::paint;
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
                for state in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
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
    // On such a fill the usual ring would not be seen.
    if let Some((.., text)) = colors.filter(|_| response.has_focus()) {
        let inside = response.rect.shrink(2.0);
        let radius = Tokens::at(ui).size.radius.saturating_sub(2);
        ui.painter().rect_stroke(inside, radius, Tokens::focus_ring_on_fill(*text), egui::StrokeKind::Inside);
    }
    asks(&response, command, asked);
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

/// A command as words in the accent's colour.
pub fn link(
    ui: &mut Ui,
    state: &State,
    command: UiCommand,
    text: impl Into<RichText>,
    asked: &mut Vec<UiCommand>,
) -> Response {
    let text = text.into().color(*Tokens::at(ui).color.accent);
    bare(ui, state, command, text, asked)
}

/// A command as nothing but words: without a frame, except the one around what has the focus.
pub fn bare(ui: &mut Ui, state: &State, command: UiCommand, text: RichText, asked: &mut Vec<UiCommand>) -> Response {
    let response = ui.add_enabled(command.obstacle(state).is_none(), egui::Button::new(text).frame(false));
    paint::focus(ui, response.rect.expand2(vec2(3.0, 1.0)), &response);
    asks(&response, command, asked);
    response.on_hover_text(command.explanation(state))
}

/// A button of a menu, which closes once a command was asked for by the pointer or by a key.
pub fn menu_entry(ui: &mut Ui, state: &State, command: UiCommand, width: f32, asked: &mut Vec<UiCommand>) -> Response {
    let response = button(ui, state, command, Look::Plain, None, vec2(width, 24.0), asked);
    if response.clicked() {
        ui.close();
    }
    response
}

/// The menu with what has no button of its own where there is no room.
pub fn more(ui: &mut Ui, state: &State, name: &str, commands: &[UiCommand], asked: &mut Vec<UiCommand>) {
    let menu = ui.menu_button("⋯", |ui| {
        for &command in commands {
            menu_entry(ui, state, command, 140.0, asked);
        }
    });
    let labels: Vec<_> = commands.iter().map(|command| command.label(state)).collect();
    menu.response.accessible_name(name).on_hover_text(labels.join(", "));
}

/// One of the choices in a list that opens, which closes once one was chosen by the pointer or by a key.
pub fn choice(ui: &mut Ui, is_chosen: bool, text: impl Into<egui::WidgetText>) -> Response {
    let text: egui::WidgetText = text.into();
    let response = ui.selectable_label(is_chosen, text);
    if response.clicked() {
        ui.close();
    }
    response
}

fn asks(response: &Response, command: UiCommand, asked: &mut Vec<UiCommand>) {
    if response.clicked() {
        asked.push(command);
    }
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(characters).collect()
}
