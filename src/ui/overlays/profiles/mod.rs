//! The profiles of this computer: the list, a new one, and one that is edited as form and as text.

mod commands;
mod editor;
mod file;
mod form;
mod last_try;
mod list;
mod new;
mod news;
mod parts;
mod tried;
mod values;

use egui::{Align, Label, Layout, RichText, Ui, UiBuilder, vec2};

use super::super::button::{Look, button};
use super::super::command::UiCommand;
use super::super::state::State;
use super::super::tokens::Tokens;
use commands::{NEW, SAVE};
use news::FIELD;

/// The width of the list.
const LIST: f32 = 300.0;
/// What is seen of the window around it.
pub const MARGIN: f32 = 14.0;

/// Draws it; returns whether it is to be closed.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) -> bool {
    let height = ui.ctx().content_rect().height() - 2.0 * MARGIN - 2.0 * Tokens::at(ui).size.pad - 2.0;
    ui.set_height(height);
    if state.files.draft.is_some() {
        return editor::show(ui, state, asked);
    }
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let is_closed = ui
        .horizontal(|ui| {
            ui.label(RichText::new("Profiles").font(tokens.bold(tokens.size.title)).color(*color.strong));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let is_closed = ui.button("Close").clicked();
                button(ui, state, UiCommand::Panel(&NEW), Look::Plain, None, vec2(0.0, FIELD), asked);
                news::show(ui, tokens, state, asked);
                is_closed
            })
            .inner
        })
        .inner;
    ui.add_space(4.0);
    let all = ui.available_rect_before_wrap();
    let list_width = LIST.min(all.width() * 0.4);
    let (left, right) = all.split_left_right_at_x(all.left() + list_width);
    let child = |rect| UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min));
    list::show(&mut ui.new_child(child(left.with_max_x(left.right() - 10.0)).id_salt("list")), state, asked);
    ui.painter().vline(right.left() - 4.0, right.y_range(), tokens.outline());
    let side = &mut ui.new_child(child(right.with_min_x(right.left() + 6.0)).id_salt("side"));
    if state.files.new.is_some() {
        new::show(side, state, asked);
    } else {
        let words = "Choose a profile at the left, or make a new one";
        side.add(Label::new(RichText::new(words).color(*color.muted)).wrap());
    }
    ui.advance_cursor_after_rect(all);
    is_closed
}

/// Takes the keys of the dialog, before those of the window.
pub fn take_keys(ctx: &egui::Context, state: &State, asked: &mut Vec<UiCommand>) {
    let save = UiCommand::Panel(&SAVE);
    if let Some(keys) = save.row(state).keys
        && ctx.input_mut(|input| input.consume_shortcut(&keys))
    {
        asked.push(save);
    }
}
