//! The list of shortcuts.

use egui::{Grid, KeyboardShortcut, RichText, ScrollArea, Ui};

use super::super::command::UiCommand;
use super::super::panels;
use super::super::state::State;
use super::super::tokens::Tokens;

/// Draws it.
pub fn show(ui: &mut Ui, tokens: &Tokens, state: &State) {
    let color = &tokens.color;
    ui.label(RichText::new(UiCommand::Help.label(state)).font(tokens.bold(tokens.size.title)).color(*color.strong));
    ui.add_space(6.0);
    ui.spacing_mut().interact_size.y = 18.0;
    let room = ui.ctx().content_rect().height() - 150.0;
    ScrollArea::vertical().max_height(room).auto_shrink([false, true]).show(ui, |ui| {
        list(ui, tokens, state);
    });
}

fn list(ui: &mut Ui, tokens: &Tokens, state: &State) {
    let color = &tokens.color;
    Grid::new("shortcuts").num_columns(2).spacing([24.0, 7.0]).show(ui, |ui| {
        for command in panels::commands(state) {
            let row = command.row(state);
            let Some(keys) = row.keys else { continue };
            let mut keys = spelled(ui, &keys);
            if command == UiCommand::Help {
                keys += " or ?";
            }
            ui.label(RichText::new(keys).font(tokens.mono()).color(*color.accent));
            ui.label(row.explanation);
            ui.end_row();
        }
        for (keys, explanation) in [
            ("← → ↑ ↓", "Move through the attempts, or through a recording, once its picture was clicked"),
            ("+ − Home End", "There: closer, less close, the beginning, the present or the end"),
        ] {
            ui.label(RichText::new(keys).font(tokens.mono()).color(*color.accent));
            ui.label(explanation);
            ui.end_row();
        }
        ui.label(RichText::new("Esc").font(tokens.mono()).color(*color.accent));
        ui.label("Close this, clear the filter");
        ui.end_row();
    });
}

/// The keys as they are printed on a keyboard: `Ctrl+[`.
fn spelled(ui: &Ui, keys: &KeyboardShortcut) -> String {
    let name = keys.logical_key.name();
    ui.ctx().format_shortcut(keys).replace(name, keys.logical_key.symbol_or_name())
}
