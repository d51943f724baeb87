//! The reconnect rule: its curve with band and cap, every wait that was drawn, why this one, and what comes
//! next; and the rule's editor, for this session.

mod curve;
mod editor;
mod field;
mod words;

use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Align2, FontId, Layout, Rect, Role, Ui, UiBuilder, pos2, vec2};

use super::button::{Look, button};
use super::command::{BackoffCommand, UiCommand};
use super::paint;
use super::state::State;
use super::tokens::Tokens;
use curve::Curve;
use editor::{LOWEST_CURVE, ROW};
pub use field::{field, sentence_case};
use words::{millis, next, unbroken, why};

const HEAD: f32 = 30.0;

/// Draws it.
pub fn show(ui: &mut Ui, rect: Rect, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let inside = rect.shrink2(vec2(tokens.size.pad, 0.0));
    let head = show_head(ui, tokens, inside, state, asked);
    let mut rest = Rect::from_min_max(pos2(inside.left(), inside.top() + head), inside.max - vec2(0.0, 6.0));
    if state.player.has_files() {
        return of_files(ui, tokens, rest, state);
    }
    if state.pane.backoff_draft.is_some() {
        rest = editor::show(ui, rest, state, asked);
    } else {
        rest.max.y -= show_words(ui, tokens, rest, state);
    }
    if rest.height() >= LOWEST_CURVE - ROW {
        Curve::of(state, rest).draw(ui, tokens, state);
    }
}

/// What files tell: never the rule, and the waits only where a console's text has them.
fn of_files(ui: &mut Ui, tokens: &Tokens, rest: Rect, state: &State) {
    let is_told = !state.pane.view.snapshot().delays.is_empty();
    let words = match is_told {
        true => "The rule of the waits is not in these files. These are the waits that their lines tell.",
        false => "Neither the rule of the waits nor any wait is in these files.",
    };
    let font = FontId::proportional(tokens.size.small);
    let galley = ui.painter().layout(words.to_owned(), font, *tokens.color.muted, rest.width());
    let place = Rect::from_min_size(rest.min, galley.size());
    ui.painter().galley(place.min, galley, *tokens.color.muted);
    paint::describe(ui, place, Role::Label, words);
    if is_told {
        let line = Rect::from_min_size(place.left_bottom() + vec2(0.0, 6.0), vec2(rest.width(), ROW));
        let galley = ui.painter().layout_job(waited(ui, state, line.width()));
        let text = galley.text().to_owned();
        ui.painter().galley(line.min, galley, *tokens.color.text);
        paint::describe(ui, line, Role::Label, &text);
    }
}

/// Draws the heading at the upper end of `inside`, and returns its height.
fn show_head(ui: &mut Ui, tokens: &Tokens, inside: Rect, state: &State, asked: &mut Vec<UiCommand>) -> f32 {
    let head = Rect::from_min_size(inside.min, vec2(inside.width(), HEAD));
    let mut row =
        ui.new_child(UiBuilder::new().max_rect(head).layout(Layout::right_to_left(Align::Center)).id_salt("backoff"));
    let ui = &mut row;
    ui.spacing_mut().item_spacing.x = 6.0;
    ui.spacing_mut().button_padding = vec2(6.0, 1.0);
    ui.spacing_mut().interact_size.y = 20.0;
    let edit = if state.pane.backoff_draft.is_some() { "Close" } else { "Edit…" };
    let response =
        button(ui, state, UiCommand::Backoff(BackoffCommand::Edit), Look::Plain, Some(edit), vec2(0.0, 20.0), asked);
    response.accessible_name(UiCommand::Backoff(BackoffCommand::Edit).label(state));
    let rest = ui.available_rect_before_wrap();
    let font = tokens.bold(tokens.size.small);
    let title = paint::cut_text(ui, rest, Align2::LEFT_CENTER, "Backoff", font, *tokens.color.muted);
    let rest = rest.with_min_x(title.rect.right() + 10.0);
    if state.player.has_files() {
        return HEAD;
    }
    let (text, color) = if state.is_backoff_changed() {
        (format!("changed for this session: {}", state.pane.view.snapshot().backoff), *tokens.color.warn)
    } else {
        (state.pane.view.snapshot().backoff.to_string(), *tokens.color.muted)
    };
    let font = FontId::proportional(tokens.size.small);
    let width = ui.painter().layout_no_wrap(text.clone(), font.clone(), color).size().x;
    if width <= rest.width() {
        paint::cut_text(ui, rest, Align2::RIGHT_CENTER, &text, font, color);
        return HEAD;
    }
    let below = Rect::from_min_size(head.left_bottom() - vec2(0.0, 6.0), vec2(inside.width(), ROW));
    paint::cut_text(ui, below, Align2::LEFT_CENTER, &text, font, color);
    HEAD - 6.0 + ROW
}

/// Draws the waits so far and the sentences at the lower end of `rest`, and returns their height.
fn show_words(ui: &mut Ui, tokens: &Tokens, rest: Rect, state: &State) -> f32 {
    let (color, size) = (&tokens.color, &tokens.size);
    let small = FontId::proportional(size.small);
    let rule = &state.pane.view.snapshot().backoff;
    let newest = state.pane.view.snapshot().delays_in_a_row().next_back();
    let mut sentence = why(rule, newest.filter(|_| state.deadline().is_some()));
    sentence += &next(rule, newest.map_or(0, |delay| delay.retry));
    let words = ui.painter().layout(unbroken(&sentence), small.clone(), *color.text, rest.width());
    let has_waited = !state.pane.view.snapshot().delays.is_empty();
    let line = if has_waited { ROW } else { 0.0 };
    let fits = rest.height() - line - words.size().y - 4.0 >= LOWEST_CURVE;
    let height = if fits { line + words.size().y + 4.0 } else { line };
    let top = rest.bottom() - height;
    if has_waited {
        let place = Rect::from_min_size(pos2(rest.left(), top), vec2(rest.width(), ROW));
        let key = paint::cut_text(ui, place, Align2::LEFT_CENTER, "waited so far", small, *color.muted);
        let values = place.with_min_x(key.rect.right() + 10.0);
        let galley = ui.painter().layout_job(waited(ui, state, values.width()));
        let at = Align2::RIGHT_CENTER.align_size_within_rect(galley.size(), values);
        let text = galley.text().to_owned();
        ui.painter().galley(at.min, galley, *color.text);
        paint::describe(ui, at, Role::Label, &text).on_hover_text(&sentence);
    }
    if fits {
        let place = Rect::from_min_size(pos2(rest.left(), top + line), words.size());
        ui.painter().galley(place.min, words, *color.text);
        paint::describe(ui, place, Role::Label, &sentence);
    }
    height
}

/// The newest waits that fit in `width`, oldest first; a bar stands where retries were counted from one again, and
/// those before that are pale.
fn waited(ui: &Ui, state: &State, width: f32) -> LayoutJob {
    let tokens = Tokens::at(ui);
    let character = ui.ctx().fonts_mut(|fonts| fonts.glyph_width(&tokens.mono(), '0'));
    let delays = &state.pane.view.snapshot().delays;
    let mut room = (width / character.max(1.0)) as usize;
    let mut first = delays.len();
    for (index, delay) in delays.iter().enumerate().rev() {
        // What separates it from the next one or, after the last, the unit; what stands for those left out.
        let wanted = millis(delay.wait).chars().count() + 3 + if index > 0 { 2 } else { 0 };
        if wanted > room && first < delays.len() {
            break;
        }
        (room, first) = (room.saturating_sub(wanted - if index > 0 { 2 } else { 0 }), index);
    }
    let mut job = LayoutJob::default();
    let mut append = |text: &str, is_over: bool| {
        let color = if is_over { *tokens.color.muted } else { *tokens.color.text };
        job.append(text, 0.0, TextFormat::simple(tokens.mono(), color));
    };
    if first > 0 {
        append("… ", true);
    }
    for (index, delay) in delays.iter().enumerate().skip(first) {
        let is_over = index < state.pane.view.snapshot().delays_over;
        if index > first {
            append(if delay.retry == 1 { " │ " } else { " · " }, is_over || delay.retry == 1);
        }
        append(&millis(delay.wait), is_over);
    }
    append(" ms", state.pane.view.snapshot().delays_over == delays.len());
    job
}
