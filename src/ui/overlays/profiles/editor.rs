//! One profile: its parts at the left, the form of one of them, and the file beside it.

use egui::{Align, Label, Layout, Rect, RichText, Ui, UiBuilder, vec2};

use super::super::super::button::{Look, button};
use super::super::super::command::UiCommand;
use super::super::super::state::State;
use super::super::super::tokens::Tokens;
use super::commands::{DELETE, DUPLICATE, LIST, REVERT, SAVE, SHOW_FILE, TRY, USE};
use super::news::FIELD;
use super::{file, form, news, parts, values};
use crate::model::SafeText;

/// From this width on there is room for form and file beside each other.
const WIDE: f32 = 900.0;
/// The share of the width that the file has then.
const FILE_SHARE: f32 = 0.36;
/// The width of the parts, where there is much room and where there is little.
const PARTS: (f32, f32) = (176.0, 148.0);
/// The height of the line at the bottom.
const STATUS: f32 = 24.0;

/// Draws it; returns whether the dialog is to be closed.
pub(super) fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) -> bool {
    let tokens = Tokens::at(ui);
    let is_wide = ui.available_width() >= WIDE;
    let is_closed = head(ui, tokens, state, is_wide, asked);
    ui.add_space(4.0);
    let all = ui.available_rect_before_wrap();
    ui.painter().hline(all.x_range(), all.top(), tokens.outline());
    let (body, foot) = all.split_top_bottom_at_y(all.bottom() - STATUS);
    let body = body.with_min_y(body.top() + 1.0);
    let parts_width = if is_wide { PARTS.0 } else { PARTS.1 };
    let (left, rest) = body.split_left_right_at_x(body.left() + parts_width);
    let (middle, right) = match (is_wide, state.files.shows_file) {
        (true, _) => {
            let (middle, right) = rest.split_left_right_at_x(rest.right() - all.width() * FILE_SHARE);
            (Some(middle), Some(right))
        }
        (false, false) => (Some(rest), None),
        (false, true) => (None, Some(rest)),
    };
    parts::show(&mut column(ui, left, "parts"), state);
    for (at, draw) in [
        (middle, form::show as fn(&mut Ui, &mut State, &mut Vec<UiCommand>)),
        (right, |ui: &mut Ui, state: &mut State, _: &mut Vec<UiCommand>| file::show(ui, state)),
    ] {
        if let Some(at) = at {
            ui.painter().vline(at.left(), at.y_range(), tokens.outline());
            draw(&mut column(ui, at.shrink2(vec2(10.0, 0.0)), "column"), state, asked);
        }
    }
    status(&mut column(ui, foot, "status"), tokens, state);
    ui.advance_cursor_after_rect(all);
    is_closed
}

/// A part of the dialog with its own layout, clipped to its rectangle.
fn column(ui: &mut Ui, at: Rect, salt: &str) -> Ui {
    let builder = UiBuilder::new().max_rect(at).layout(Layout::top_down(Align::Min));
    let mut column = ui.new_child(builder.id_salt((salt, at.left().to_bits())));
    column.shrink_clip_rect(at.expand2(vec2(4.0, 0.0)));
    column
}

/// The name, what can be done with it, and what was done.
fn head(ui: &mut Ui, tokens: &Tokens, state: &mut State, is_wide: bool, asked: &mut Vec<UiCommand>) -> bool {
    let color = &tokens.color;
    let Some(draft) = &state.files.draft else { return false };
    let (is_changed, is_built_in) = (draft.is_changed(), draft.file.is_none());
    let file_name = || Some(SafeText::of_path(draft.file.as_deref()?.file_name()?.as_ref()).to_string());
    let name = state.files.shown_name().or_else(file_name).unwrap_or_default();
    let size = vec2(0.0, FIELD);
    let is_closed = ui
        .horizontal(|ui| {
            button(ui, state, UiCommand::Panel(&LIST), Look::Plain, None, size, asked);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let is_closed = ui.button("Close").clicked();
                button(ui, state, UiCommand::Panel(&SAVE), Look::Primary, None, size, asked);
                button(ui, state, UiCommand::Panel(&USE), Look::Plain, None, size, asked);
                button(ui, state, UiCommand::Panel(&TRY), Look::Plain, None, size, asked);
                button(ui, state, UiCommand::Panel(&DELETE), Look::Plain, None, size, asked);
                button(ui, state, UiCommand::Panel(&DUPLICATE), Look::Plain, None, size, asked);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                    let name = RichText::new(SafeText::new(&name).as_str());
                    let name = name.font(tokens.bold(tokens.size.title)).color(*color.strong);
                    ui.add(Label::new(name).truncate());
                });
                is_closed
            })
            .inner
        })
        .inner;
    ui.horizontal(|ui| {
        let small = |text: &str, tone| RichText::new(text).size(tokens.size.small).color(tone);
        if !is_wide {
            button(ui, state, UiCommand::Panel(&SHOW_FILE), Look::Switch, None, vec2(0.0, 22.0), asked);
        }
        if is_built_in {
            ui.label(small("built in: duplicate it to change it", *color.muted));
        }
        if is_changed {
            ui.label(small("not saved", *color.warn));
            button(ui, state, UiCommand::Panel(&REVERT), Look::Plain, None, vec2(0.0, 22.0), asked);
        }
        if state.files.draft.as_ref().is_some_and(|draft| draft.is_outdated) {
            let words = "⚠ The file was changed elsewhere meanwhile: Save puts this text in its place";
            ui.add(Label::new(small(words, *color.warn)).truncate());
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| news::show(ui, tokens, state, asked));
    });
    is_closed
}

/// What is wrong with the text, or that nothing is; and where it is kept.
fn status(ui: &mut Ui, tokens: &Tokens, state: &mut State) {
    let color = &tokens.color;
    let Some(draft) = &mut state.files.draft else { return };
    let small = |text: String, tone| RichText::new(text).size(tokens.size.small).color(tone);
    ui.add_space(3.0);
    let error = draft.problem().filter(|_| draft.file.is_some()).cloned();
    match error {
        Some(error) => {
            let words = small(format!("✖ {error}"), *color.bad);
            let right = error.put_right(&draft.text);
            let (mut goes_there, mut is_wanted) = (false, false);
            ui.horizontal(|ui| {
                if let Some(meant) = error.meant.as_ref().filter(|_| right.is_some()) {
                    let word = SafeText::new(meant.right.trim_matches(['{', '}']));
                    is_wanted = values::small(ui, &format!("Use “{word}”")).clicked();
                }
                let label = ui.add(Label::new(words).truncate().sense(egui::Sense::CLICK));
                goes_there = label.on_hover_text("Press to go there").clicked();
            });
            if goes_there {
                draft.wanted_line = Some(error.line);
                let part = draft.wrong().map(|spot| spot.part);
                state.files.part = part.unwrap_or(state.files.part);
            }
            if let Some(text) = right.filter(|_| is_wanted) {
                draft.set_text(text);
            }
        }
        None => {
            let file = draft.file.as_ref().map_or_else(String::new, |file| format!(" · {}", SafeText::of_path(file)));
            let words = RichText::new("✓ It can be used").size(tokens.size.small).color(*color.good);
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                ui.label(words);
                ui.add(Label::new(small(file, *color.muted)).truncate());
            });
        }
    }
}
