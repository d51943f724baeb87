//! The pane between cards and tabs: the attempts over time and the backoff, side by side, as high as a person
//! drags it.

use egui::{
    Align2, CursorIcon, EventFilter, FontId, Key, Modifiers, Rect, Response, Role, Sense, StrokeKind, Ui, WidgetInfo,
    pos2, vec2,
};

use super::command::{TimelineCommand, UiCommand};
use super::paint;
use super::state::State;
use super::tokens::Tokens;
use super::{attempts, backoff};

/// Smallest height of the pane and of the tab below it.
const LOWEST: f32 = 118.0;
const LOWEST_TAB: f32 = 80.0;
/// The line between pane and tabs, to be dragged.
const DIVIDER: f32 = 9.0;
/// What an arrow key moves it by.
const STEP: f32 = 16.0;
/// The line in place of a pane that is hidden, to be pressed.
const HIDDEN: f32 = 20.0;
/// Below this height the backoff's editor takes the whole width.
const EDITOR_BESIDE: f32 = 190.0;
/// The attempts' share of the width.
const ATTEMPTS: f32 = 0.6;

/// Draws it, or the line that reopens it.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    if !state.timeline_open {
        return hidden(ui, asked);
    }
    let tokens = Tokens::at(ui);
    let size = &tokens.size;
    let all = ui.available_rect_before_wrap();
    let room = all.height() - size.tab_bar - DIVIDER;
    let highest = (room - LOWEST_TAB).max(0.0);
    let height = (room * state.timeline_share).clamp(LOWEST.min(highest), highest).round();
    let pane = Rect::from_min_size(all.min, vec2(all.width(), height)).shrink2(vec2(size.margin, 0.0));
    let middle = (pane.left() + pane.width() * ATTEMPTS).round();
    let left = Rect::from_min_max(pane.min, pos2(middle - size.pad / 2.0, pane.bottom()));
    let right = Rect::from_min_max(pos2(middle + size.pad / 2.0, pane.top()), pane.max);
    // The fields of the editor are to be seen whole.
    let is_editing = state.pane.backoff_draft.is_some() && height < EDITOR_BESIDE;
    let (left, right) = if is_editing { (None, pane) } else { (Some(left), right) };
    for place in left.into_iter().chain([right]) {
        ui.painter().rect(place, size.card_radius, *tokens.color.card, tokens.outline(), StrokeKind::Inside);
    }
    if let Some(left) = left {
        attempts::show(ui, left, state, asked);
    }
    backoff::show(ui, right, state, asked);

    let divider = Rect::from_min_size(pos2(all.left(), pane.bottom()), vec2(all.width(), DIVIDER));
    let response = ui.interact(divider, ui.scope_id().with("stage divider"), Sense::drag());
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.dragged()) {
        state.timeline_share = ((pointer.y - all.top() - DIVIDER / 2.0) / room.max(1.0)).clamp(0.1, 0.9);
    }
    if response.has_focus() {
        let steps = pressed(ui, &response);
        if steps != 0.0 {
            state.timeline_share = ((height + steps * STEP) / room.max(1.0)).clamp(0.1, 0.9);
        }
        paint::focus(ui, divider.shrink2(vec2(size.margin, 0.0)), &response);
    }
    let is_touched = response.hovered() || response.dragged() || response.has_focus();
    let color = if is_touched { *tokens.color.muted } else { *tokens.color.border_strong };
    ui.painter().rect_filled(Rect::from_center_size(divider.center(), vec2(44.0, 3.0)), 1.5, color);
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, "Height of attempts and backoff"));
    response.on_hover_cursor(CursorIcon::ResizeVertical);
    ui.advance_cursor_after_rect(Rect::from_min_max(all.min, divider.max));
}

/// How often the arrow keys ask for a lower divider, less how often for a higher one.
fn pressed(ui: &Ui, divider: &Response) -> f32 {
    // Else they would move the focus.
    let arrows = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(divider.id, arrows));
    let pressed = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key)) as f32;
    pressed(Key::ArrowDown) - pressed(Key::ArrowUp)
}

fn hidden(ui: &mut Ui, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HIDDEN), Sense::click());
    paint::focus(ui, rect, &response);
    let color = if response.hovered() { *tokens.color.strong } else { *tokens.color.muted };
    let at = pos2(rect.left() + tokens.size.margin, rect.center().y);
    let font = FontId::proportional(tokens.size.small);
    ui.painter().text(at, Align2::LEFT_CENTER, "▸ Attempts and backoff", font, color);
    if response.clicked() {
        asked.push(UiCommand::Timeline(TimelineCommand::Pane));
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Attempts and backoff"));
}
