//! Small drawings that several parts of the window share.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::text_selection::LabelSelectionState;
use egui::{
    Align2, Color32, FontId, Galley, Mesh, Pos2, Rect, Response, RichText, Role, Sense, Shape, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use super::tokens::Tokens;

/// Draws a badge at the left of `at`, vertically centred, and returns where.
pub fn badge(ui: &Ui, at: Rect, text: &str) -> Rect {
    let tokens = Tokens::at(ui);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), tokens.bold(tokens.size.badge), *tokens.color.on_badge);
    let size = galley.size() + vec2(10.0, 2.0);
    let rect = Rect::from_min_size(pos2(at.left(), (at.center().y - size.y / 2.0).round()), size);
    ui.painter().rect_filled(rect, 3, *tokens.color.badge);
    ui.painter().galley(rect.min + vec2(5.0, 1.0), galley, *tokens.color.on_badge);
    rect
}

/// The width of [`badge`].
pub fn badge_width(ui: &Ui, text: &str) -> f32 {
    let tokens = Tokens::at(ui);
    let font = tokens.bold(tokens.size.badge);
    ui.painter().layout_no_wrap(text.to_owned(), font, *tokens.color.on_badge).size().x + 10.0
}

/// Draws the ring around what has the keyboard's focus.
pub fn focus(ui: &Ui, rect: Rect, response: &Response) {
    if response.has_focus() {
        let tokens = Tokens::at(ui);
        ui.painter().rect_stroke(rect, tokens.size.radius, tokens.focus_ring(), egui::StrokeKind::Inside);
    }
}

/// Paints what is behind the text of a row that can be chosen.
pub fn row(ui: &Ui, rect: Rect, response: &Response, is_selected: bool) {
    let color = &Tokens::at(ui).color;
    if is_selected {
        ui.painter().rect_filled(rect, 0, *color.selection);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0, *color.raised);
    }
}

/// Says in the middle of what is left why there is nothing.
pub fn empty(ui: &mut Ui, text: &str) {
    let tokens = Tokens::at(ui);
    let height = ui.available_height();
    ui.vertical_centered(|ui| {
        ui.add_space((height * 0.4 - tokens.size.title).max(0.0));
        ui.add(egui::Label::new(RichText::new(text).color(*tokens.color.muted)).wrap());
    });
    ui.take_available_height();
}

/// Makes what was painted at `rect` known to screen readers and tooltips as `text`, without taking room.
pub fn describe(ui: &mut Ui, rect: Rect, role: Role, text: &str) -> Response {
    let response = ui.interact(rect, ui.next_auto_id(), Sense::HOVER);
    ui.skip_ahead_auto_ids(1);
    response.widget_info(|| WidgetInfo::labeled(role, true, text));
    response
}

/// A line of text that is cut where `rect` ends, with all of it in a tooltip then. It takes no room.
pub fn cut_text(ui: &mut Ui, rect: Rect, align: Align2, text: &str, font: FontId, color: Color32) -> Response {
    let (galley, place) = cut(ui, rect, align, text, font, color);
    let elided = galley.elided;
    ui.painter().galley(place.min, galley, color);
    let response = describe(ui, place.intersect(rect), Role::Label, text);
    if elided { response.on_hover_text(text) } else { response }
}

/// The same, and it can be selected with the pointer.
pub fn selectable_cut_text(
    ui: &mut Ui,
    rect: Rect,
    align: Align2,
    text: &str,
    font: FontId,
    color: Color32,
) -> Response {
    let (galley, place) = cut(ui, rect, align, text, font, color);
    let elided = galley.elided;
    let response = describe(ui, place.intersect(rect), Role::Label, text).interact(Sense::CLICK | Sense::DRAG);
    selectable(ui, &response, place.min, galley, color);
    if elided { response.on_hover_text(text) } else { response }
}

fn cut(ui: &Ui, rect: Rect, align: Align2, text: &str, font: FontId, color: Color32) -> (Arc<Galley>, Rect) {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(rect.width());
    let galley = ui.painter().layout_job(job);
    let place = align.align_size_within_rect(galley.size(), rect);
    (galley, place)
}

/// The width of `text` in one line.
pub fn text_width(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER).size().x
}

/// Draws a text that can be selected with the pointer where `response` senses it, and copied.
pub fn selectable(ui: &Ui, response: &Response, at: Pos2, galley: Arc<Galley>, color: Color32) {
    LabelSelectionState::label_text_selection(ui, response, at, galley, color, Stroke::NONE);
}

/// A menu of `response` that copies `text`.
pub fn copy_menu(response: &Response, text: &str) {
    response.context_menu(|ui| {
        if ui.button("Copy").clicked() {
            ui.copy_text(text.to_owned());
            ui.close();
        }
    });
}

/// A number with a narrow gap between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let gap = |at: usize| if at > 0 && (digits.len() - at).is_multiple_of(3) { "\u{2009}" } else { "" };
    digits.char_indices().flat_map(|(at, digit)| gap(at).chars().chain([digit])).collect()
}

/// A bar filled to `share`, from 0 to 1.
pub fn bar(ui: &Ui, rect: Rect, share: f32, color: Color32) {
    let radius = rect.height() / 2.0;
    ui.painter().rect_filled(rect, radius, *Tokens::at(ui).color.track);
    let width = rect.width() * share.clamp(0.0, 1.0);
    if width >= 1.0 {
        ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(width, rect.height())), radius, color);
    }
}

/// A ring filled to `share`, from 0 to 1, clockwise from the top.
pub fn ring(ui: &Ui, center: Pos2, radius: f32, share: f32, color: Color32) {
    const STEPS: f32 = 64.0;
    ui.painter().circle_stroke(center, radius, Stroke::new(5.0, Tokens::at(ui).color.track));
    let steps = (STEPS * share.clamp(0.0, 1.0)).ceil();
    let points: Vec<Pos2> = (0..=steps as usize)
        .map(|step| {
            let turn = (step as f32 / STEPS).min(share) * std::f32::consts::TAU;
            center + radius * vec2(turn.sin(), -turn.cos())
        })
        .collect();
    if points.len() > 1 {
        ui.painter().add(Shape::line(points, Stroke::new(5.0, color)));
    }
}

/// Fills `rect` with `from` at its left edge and `to` from `reach` of its width on.
pub fn fade(ui: &Ui, rect: Rect, from: Color32, to: Color32, reach: f32) {
    let middle = rect.left() + rect.width() * reach;
    let mut mesh = Mesh::default();
    for (x, color) in [(rect.left(), from), (middle, to), (rect.right(), to)] {
        mesh.colored_vertex(pos2(x, rect.top()), color);
        mesh.colored_vertex(pos2(x, rect.bottom()), color);
    }
    for corner in [0, 2] {
        mesh.add_triangle(corner, corner + 1, corner + 2);
        mesh.add_triangle(corner + 1, corner + 2, corner + 3);
    }
    ui.painter().add(mesh);
}
