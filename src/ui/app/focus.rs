//! Tab goes through the window as people read it, from left to right and from top to bottom, in whatever order it is
//! drawn.

use std::cmp::Ordering;
use std::collections::HashMap;

use egui::{Context, Event, FocusDirection, Id, Key, LayerId, Modifiers, Rect, WidgetRect, WidgetRects};

/// Moves the focus if Tab was pressed.
pub fn take_tab(ctx: &Context) {
    let Some(step) = ctx.input(|input| input.events.iter().rev().find_map(step)) else { return };
    let widgets = ctx.viewport(|viewport| viewport.prev_pass.widgets.clone());
    let Some(layer) = top_layer(ctx, &widgets) else { return };
    let order = reading_order(&widgets, layer);
    let focused = ctx.memory(|memory| memory.focused());
    let now = focused.and_then(|focused| order.iter().position(|id| *id == focused));
    let next = match (step, now) {
        (Step::Next, None) => 0,
        (Step::Previous, None) => order.len() - 1,
        (Step::Next, Some(now)) => (now + 1) % order.len(),
        (Step::Previous, Some(now)) => (now + order.len() - 1) % order.len(),
    };
    ctx.memory_mut(|memory| {
        memory.move_focus(FocusDirection::None);
        memory.request_focus(order[next]);
    });
}

#[derive(Clone, Copy)]
enum Step {
    Next,
    Previous,
}

fn step(event: &Event) -> Option<Step> {
    match event {
        Event::Key { key: Key::Tab, pressed: true, modifiers, .. } if *modifiers == Modifiers::NONE => Some(Step::Next),
        Event::Key { key: Key::Tab, pressed: true, modifiers, .. } if modifiers.shift_only() => Some(Step::Previous),
        _ => None,
    }
}

fn is_focusable(widget: &WidgetRect) -> bool {
    widget.enabled && widget.sense.is_focusable()
}

/// What lies over all else: a menu or a list that is open, a dialogue, or else the window itself.
fn top_layer(ctx: &Context, widgets: &WidgetRects) -> Option<LayerId> {
    let layers = widgets.layers().filter(|(_, widgets)| widgets.iter().any(is_focusable));
    ctx.memory(|memory| {
        let height = |layer: LayerId| (layer.order, memory.layer_ids().position(|other| other == layer));
        layers.map(|(layer, _)| *layer).filter(|layer| memory.allows_interaction(*layer)).max_by_key(|id| height(*id))
    })
}

/// All of a layer that takes the focus. What belongs together, as the parts of a panel, is gone through as a whole.
fn reading_order(widgets: &WidgetRects, layer: LayerId) -> Vec<Id> {
    let mut inside: HashMap<Id, Vec<&WidgetRect>> = HashMap::new();
    let mut outermost = Vec::new();
    for widget in widgets.get_layer(layer) {
        match widgets.get(widget.parent_id).filter(|parent| parent.layer_id == layer && parent.id != widget.id) {
            Some(parent) => inside.entry(parent.id).or_default().push(widget),
            None => outermost.push(widget),
        }
    }
    let mut order = Vec::new();
    read(outermost, &mut inside, &mut order);
    order
}

fn read(mut widgets: Vec<&WidgetRect>, inside: &mut HashMap<Id, Vec<&WidgetRect>>, order: &mut Vec<Id>) {
    widgets.sort_by(|a, b| compare(place(a).top(), place(b).top()));
    let mut rest = widgets.as_slice();
    while let Some((first, others)) = rest.split_first() {
        let beside = others.iter().take_while(|other| are_beside(place(first), place(other))).count();
        let (row, below) = rest.split_at(beside + 1);
        let mut row = row.to_vec();
        row.sort_by(|a, b| compare(place(a).left(), place(b).left()));
        for widget in row {
            order.extend(is_focusable(widget).then_some(widget.id));
            let contents = inside.remove(&widget.id).unwrap_or_default();
            read(contents, inside, order);
        }
        rest = below;
    }
}

/// Where a widget is seen, or would be if it was not scrolled away.
fn place(widget: &WidgetRect) -> Rect {
    if widget.interact_rect.is_positive() { widget.interact_rect } else { widget.rect }
}

/// Whether two places are of one row: they share more than half of the higher one's height.
fn are_beside(a: Rect, b: Rect) -> bool {
    let shared = a.bottom().min(b.bottom()) - a.top().max(b.top());
    shared > 0.5 * a.height().max(b.height())
}

fn compare(a: f32, b: f32) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use egui::{CentralPanel, Panel, RawInput, Ui, pos2, vec2};

    use super::*;

    /// After so many frames the panels have their sizes.
    const SETTLED: usize = 2;

    /// What has the focus after each of `count` tabs.
    fn tabs(modifiers: Modifiers, count: usize) -> Vec<&'static str> {
        let (ctx, mut names, mut focused) = (Context::default(), HashMap::new(), Vec::new());
        for pass in 0..SETTLED + count {
            let key = Key::Tab;
            let tab = Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers };
            let events = if pass < SETTLED { Vec::new() } else { vec![tab] };
            let screen_rect = Some(Rect::from_min_size(pos2(0.0, 0.0), vec2(400.0, 300.0)));
            let mut output = ctx.run_ui(RawInput { screen_rect, events, ..RawInput::default() }, |ui| {
                take_tab(ui.ctx());
                window(ui, &mut names);
            });
            output.textures_delta.clear();
            let id = ctx.memory(|memory| memory.focused());
            if pass >= SETTLED {
                focused.push(id.and_then(|id| names.get(&id)).copied().unwrap_or("nothing"));
            }
        }
        focused
    }

    fn window(ui: &mut Ui, names: &mut HashMap<Id, &'static str>) {
        let mut button = |ui: &mut Ui, name| _ = names.insert(ui.button(name).id, name);
        Panel::bottom("status").resizable(false).show(ui, |ui| button(ui, "status"));
        Panel::right("side").resizable(false).show(ui, |ui| {
            button(ui, "side 1");
            button(ui, "side 2");
        });
        CentralPanel::default().show(ui, |ui| {
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Min), |ui| {
                button(ui, "right");
                button(ui, "left");
            });
        });
    }

    #[test]
    fn tab_goes_from_left_to_right_and_from_top_to_bottom_and_begins_again() {
        let order = ["left", "right", "side 1", "side 2", "status"];
        let there: Vec<_> = order.iter().chain(&order[..1]).copied().collect();
        assert_eq!(tabs(Modifiers::NONE, 6), there);
        let back: Vec<_> = order.iter().rev().copied().collect();
        assert_eq!(tabs(Modifiers::SHIFT, 5), back);
    }
}
