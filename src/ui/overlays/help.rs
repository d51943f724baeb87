//! The list of shortcuts, and what the codes of findings mean.

use egui::{Align, CollapsingHeader, Grid, Key, KeyboardShortcut, Label, Layout, RichText, ScrollArea, Ui};
use strum::IntoEnumIterator as _;

use super::super::command::UiCommand;
use super::super::paint;
use super::super::panels;
use super::super::scrolling;
use super::super::state::State;
use super::super::tokens::Tokens;
use crate::diagnosis::Code;

/// The column of the keys.
const KEYS: f32 = 120.0;

/// Draws it; returns whether it is to be closed.
pub fn show(ui: &mut Ui, tokens: &Tokens, state: &State) -> bool {
    let color = &tokens.color;
    let title = RichText::new(UiCommand::Help.label(state)).font(tokens.bold(tokens.size.title)).color(*color.strong);
    let close = |ui: &mut Ui| ui.button("Close").clicked();
    let is_closed = ui.horizontal(|ui| {
        ui.label(title);
        ui.with_layout(Layout::right_to_left(Align::Center), close).inner
    });
    ui.add_space(6.0);
    ui.spacing_mut().interact_size.y = 18.0;
    let room = ui.ctx().content_rect().height() - 150.0;
    let area = ScrollArea::vertical().max_height(room).auto_shrink([false, true]);
    scrolling::show(ui, "Shortcuts and codes", area, |ui, area| {
        area.show(ui, |ui| {
            list(ui, tokens, state);
            ui.add_space(tokens.size.pad);
            let folded = CollapsingHeader::new("What the codes of findings mean").show(ui, |ui| codes(ui, tokens));
            paint::focus(ui, folded.header_response.rect, &folded.header_response);
            scrolling::follow_focus(ui);
        })
    });
    is_closed.inner
}

fn codes(ui: &mut Ui, tokens: &Tokens) {
    let color = &tokens.color;
    for code in Code::iter() {
        ui.label(RichText::new(code.to_string()).font(tokens.mono()).color(*color.accent));
        let meaning = RichText::new(code.summary()).size(tokens.size.small).color(*color.text);
        ui.add(Label::new(meaning).wrap().selectable(true));
    }
}

fn list(ui: &mut Ui, tokens: &Tokens, state: &State) {
    let color = &tokens.color;
    // What is explained at length goes on in the next line; the keys stand in one.
    let widest = ui.available_width() - KEYS - 24.0;
    let grid = Grid::new("shortcuts").num_columns(2).spacing([24.0, 7.0]).min_col_width(KEYS).max_col_width(widest);
    grid.show(ui, |ui| {
        for command in panels::commands(state) {
            let row = command.row(state);
            let Some(keys) = row.keys else { continue };
            let mut keys = spelled(ui, &keys);
            if command == UiCommand::Help {
                keys += " or ?";
            }
            ui.label(RichText::new(keys).font(tokens.mono()).color(*color.accent));
            ui.add(Label::new(row.explanation).wrap());
            ui.end_row();
        }
        for (keys, explanation) in [
            ("← → ↑ ↓", "Move through the attempts, or through a recording, once its picture was clicked"),
            ("+ − Home End", "There: closer, less close, the beginning, the present or the end"),
        ] {
            ui.label(RichText::new(keys).font(tokens.mono()).color(*color.accent));
            ui.add(Label::new(explanation).wrap());
            ui.end_row();
        }
        ui.label(RichText::new("Esc").font(tokens.mono()).color(*color.accent));
        ui.label("Close this, clear the filter");
        ui.end_row();
    });
}

/// The keys as they are printed on a keyboard: `Ctrl+[`; two signs after one another would be drawn as one: `Ctrl+Plus`.
fn spelled(ui: &Ui, keys: &KeyboardShortcut) -> String {
    let name = keys.logical_key.name();
    if matches!(keys.logical_key, Key::Plus | Key::Minus) {
        return ui.ctx().format_shortcut(keys);
    }
    ui.ctx().format_shortcut(keys).replace(name, keys.logical_key.symbol_or_name())
}
