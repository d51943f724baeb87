//! What is scrolled by the keyboard as well: it takes the focus, and then arrows, Page, Home and End.

use egui::scroll_area::ScrollAreaOutput;
use egui::style::ScrollAnimation;
use egui::{EventFilter, Id, Key, Modifiers, Role, ScrollArea, Sense, Ui, Vec2, WidgetInfo, vec2};

use super::paint;

/// What an arrow key moves by.
const LINE: f32 = 40.0;
/// What is still in view after a page.
const KEPT: f32 = 30.0;
/// More than anything is long.
const ALL: f32 = 1.0e9;
/// How far the ring of the focus is from what is scrolled.
const RING: f32 = 4.0;

/// Draws `area` with what `show` puts into it; `name` is what screen readers call it.
pub fn show<R>(
    ui: &mut Ui,
    name: &'static str,
    area: ScrollArea,
    show: impl FnOnce(&mut Ui, ScrollArea) -> ScrollAreaOutput<R>,
) -> ScrollAreaOutput<R> {
    let id = ui.scope_id().with(("scrolled by keys", name));
    let by = if takes_keys(ui, id) { asked(ui, id) } else { Vec2::ZERO };
    if by != Vec2::ZERO {
        ui.scroll_with_delta_animation(-by, ScrollAnimation::none());
    }
    let output = show(ui, area);
    let (view, whole) = (output.inner_rect, output.content_size);
    if whole.y > view.height() + 0.5 || whole.x > view.width() + 0.5 {
        let response = ui.interact(view.expand(RING), id, Sense::focusable_noninteractive());
        response.widget_info(|| WidgetInfo::labeled(Role::ScrollView, true, name));
        paint::focus(ui, view.expand(RING).intersect(ui.clip_rect()), &response);
        if response.gained_focus() {
            response.scroll_to_me(None);
        }
    }
    output
}

/// To be called after all that is scrolled was drawn: what has taken the focus is scrolled into view, a field too.
pub fn follow_focus(ui: &Ui) {
    let Some(focused) = ui.memory(|memory| memory.focused()) else { return };
    let id = ui.scope_id().with("followed");
    if ui.data(|data| data.get_temp(id)) == Some(focused) {
        return;
    }
    ui.data_mut(|data| data.insert_temp(id, focused));
    let inside = |place| ui.min_rect().contains_rect(place);
    let focused = ui.read_response(focused).filter(|focused| focused.layer_id == ui.layer_id() && inside(focused.rect));
    if let Some(focused) = focused {
        ui.scroll_to_rect_animation(focused.rect, None, ScrollAnimation::none());
    }
}

/// Whether keys are meant for it: it has the focus, or nothing has and a dialogue or the pointer is at it.
fn takes_keys(ui: &Ui, id: Id) -> bool {
    let (focused, modal) = ui.memory(|memory| (memory.focused(), memory.top_modal_layer()));
    match focused {
        Some(focused) => focused == id,
        None => match modal {
            Some(modal) => modal == ui.layer_id(),
            None => ui.read_response(id).is_some_and(|response| ui.rect_contains_pointer(response.rect)),
        },
    }
}

/// How far the keys of this frame ask to scroll.
fn asked(ui: &Ui, id: Id) -> Vec2 {
    let Some(last) = ui.read_response(id) else { return Vec2::ZERO };
    if last.has_focus() {
        // Else they would move the focus.
        let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, arrows));
    }
    let page = (last.rect.height() - 2.0 * RING - KEPT).max(LINE);
    let steps = [
        (Key::ArrowDown, vec2(0.0, LINE)),
        (Key::ArrowUp, vec2(0.0, -LINE)),
        (Key::ArrowRight, vec2(LINE, 0.0)),
        (Key::ArrowLeft, vec2(-LINE, 0.0)),
        (Key::PageDown, vec2(0.0, page)),
        (Key::PageUp, vec2(0.0, -page)),
        (Key::End, vec2(0.0, ALL)),
        (Key::Home, vec2(0.0, -ALL)),
    ];
    let pressed = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key)) as f32;
    steps.into_iter().map(|(key, step)| pressed(key) * step).fold(Vec2::ZERO, |sum, step| sum + step)
}
