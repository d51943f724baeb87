//! Every attempt over time: a lane each, its parts as segments that are told apart by colour, pattern and word.

mod chart;
mod lane;
mod marks;
mod overview;

use std::collections::HashSet;

use egui::{
    Align, Align2, EventFilter, FontId, Id, Key, Layout, Modifiers, Rect, Role, Sense, Stroke, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};
use strum::IntoEnumIterator as _;

use chart::{Chart, NUMBERS};
use lane::{LaneView, fill};
use marks::{Shape, show_marks};

use super::button::{Look, button, choice};
use super::command::{TimelineCommand, UiCommand};
use super::paint;
use super::state::State;
use super::timeline::{self, Span};
use super::tokens::Tokens;
use crate::model::Moment;
use crate::view::Tone;
use crate::view::{Part, SegmentState, Status};

const HEAD: f32 = 30.0;
const AXIS: f32 = 17.0;
const LEGEND_ROW: f32 = 17.0;
/// Below this height the legend makes room for lanes.
const LEGEND_FROM: f32 = 170.0;
/// Extra width of the number column where the retry count fits.
const RETRIES: f32 = 44.0;
const RETRIES_FROM: f32 = 480.0;
/// Width of the outcome column, in points, and its largest share of the whole.
const OUTCOMES: f32 = 184.0;
const OUTCOMES_SHARE: f32 = 0.3;
/// Height of the overview strip, shown if not all attempts in view have a row, and the rows it must leave.
const OVERVIEW: f32 = 14.0;
const ROWS_BESIDE_OVERVIEW: usize = 3;
/// Number of newest attempts that the legend covers.
const EXPLAINED: usize = 100;
/// The share of the width by which an arrow key pans.
const PAN: f64 = 0.1;
/// Zoom factor of a key press.
const ZOOM: f64 = 1.5;

/// The chart, where the arrow keys go once it has the focus.
pub fn id() -> Id {
    Id::unique("attempts view")
}

/// Draws them.
pub fn show(ui: &mut Ui, rect: Rect, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let size = &tokens.size;
    let inside = rect.shrink2(vec2(size.pad, 0.0));
    let head = Rect::from_min_size(inside.min, vec2(inside.width(), HEAD));
    show_head(ui, tokens, head, state, asked);
    if state.pane.view.attempts().is_empty() {
        let rest = Rect::from_min_max(head.left_bottom(), inside.max);
        let text = if state.player.has_recording() { "No attempt had begun" } else { "No attempt yet. Press Connect." };
        paint::cut_text(ui, rest, Align2::CENTER_CENTER, text, tokens.font(), *tokens.color.muted);
        return;
    }
    if let Some(first) = state.pane.view.attempts().lane(0) {
        state.pane.timeline.begins_at(first.start);
    }
    let view = state.pane.timeline.view(state.pane.now, state.deadline());
    let all = state.pane.view.attempts().rows(view.0, view.1);
    let signs = signs(state, view, &all);
    let legend = if rect.height() < LEGEND_FROM { 0.0 } else { show_legend(ui, tokens, inside, signs) };
    let outcomes = OUTCOMES.min(inside.width() * OUTCOMES_SHARE);
    let numbers = NUMBERS + if inside.width() < RETRIES_FROM { 0.0 } else { RETRIES };
    let bottom = inside.bottom() - legend;
    let axis = if bottom - head.bottom() < AXIS + size.drill_row { 0.0 } else { AXIS };
    let mut lanes = Rect::from_min_max(
        pos2(inside.left() + numbers, head.bottom()),
        pos2(inside.right() - outcomes, (bottom - axis).max(head.bottom())),
    );
    let fits = |lanes: Rect| (lanes.height() / size.drill_row).floor() as usize;
    let strip = Rect::from_min_max(pos2(lanes.left(), lanes.bottom() - OVERVIEW), lanes.max);
    let above_strip = lanes.with_max_y(strip.top() - 2.0);
    let has_strip = all.len() > fits(lanes) && fits(above_strip) >= ROWS_BESIDE_OVERVIEW;
    if has_strip {
        lanes = above_strip;
    }
    let chart = Chart { rect: lanes, view, now: state.pane.now };
    move_view(ui, &chart, state, all.len() > fits(lanes));
    let rows = state.pane.timeline.rows(all.clone(), fits(lanes));

    if axis > 0.0 {
        show_axis(ui, tokens, &Chart { rect: lanes.with_max_y(bottom - axis), ..chart }, state);
    }
    if has_strip {
        overview::show(ui, tokens, strip, view, state, &all, &rows);
    }
    show_thumb(ui, tokens, &chart, &all, &rows);
    for (place, row) in rows.clone().enumerate() {
        let top = lanes.top() + place as f32 * size.drill_row;
        let line = Rect::from_min_size(pos2(inside.left(), top), vec2(inside.width(), size.drill_row));
        if let Some(lane) = state.pane.view.attempts().lane(row) {
            LaneView { tokens, chart: &chart, state, row, lane }.show(ui, line, asked);
        }
    }
    show_marks(ui, tokens, &chart, state, &rows, asked);
    let now = chart.x(chart.now);
    if lanes.x_range().contains(now) {
        ui.painter().vline(now, lanes.y_range(), Stroke::new(1.5, tokens.color.strong));
    }
}

fn show_head(ui: &mut Ui, tokens: &Tokens, head: Rect, state: &State, asked: &mut Vec<UiCommand>) {
    let mut row =
        ui.new_child(UiBuilder::new().max_rect(head).layout(Layout::right_to_left(Align::Center)).id_salt("attempts"));
    let ui = &mut row;
    ui.spacing_mut().item_spacing.x = 4.0;
    ui.spacing_mut().button_padding = vec2(6.0, 1.0);
    ui.spacing_mut().interact_size.y = 20.0;
    let button = |ui: &mut Ui, command: UiCommand, text: &str, asked: &mut Vec<UiCommand>| {
        let response = button(ui, state, command, Look::Plain, Some(text), vec2(22.0, 20.0), asked);
        response.accessible_name(command.label(state));
    };
    button(ui, UiCommand::Timeline(TimelineCommand::Pane), "▾", asked);
    button(ui, UiCommand::Timeline(TimelineCommand::ZoomIn), "+", asked);
    button(ui, UiCommand::Timeline(TimelineCommand::ZoomOut), "−", asked);
    let small = |text: String| egui::RichText::new(text).size(tokens.size.small);
    let range =
        ui.menu_button(small(format!("{} ▾", state.pane.timeline.label(state.pane.now, state.deadline()))), |ui| {
            for span in Span::iter() {
                let command = UiCommand::Timeline(TimelineCommand::Span(span));
                if choice(ui, command.row(state).is_on, span.label()).clicked() {
                    asked.push(command);
                }
            }
        });
    range.response.on_hover_text("How much time is in view");
    if !state.pane.timeline.is_following() {
        button(ui, UiCommand::Timeline(TimelineCommand::Now), "Now", asked);
    }
    let rest = ui.available_rect_before_wrap();
    let dropped = match state.pane.view.attempts().dropped() {
        0 => String::new(),
        dropped => format!(" · {dropped} older ones are gone"),
    };
    let title = match state.pane.view.snapshot().attempt {
        None => "Attempts".to_owned(),
        Some(last) => format!("Attempts · {}{dropped}", last.0 + 1),
    };
    let font = tokens.bold(tokens.size.small);
    paint::cut_text(ui, rest, Align2::LEFT_CENTER, &title, font, *tokens.color.muted);
}

/// What the legend explains.
#[derive(Clone, Copy)]
enum LegendItem {
    Part(Part),
    Mark(Shape, &'static str),
}

impl LegendItem {
    fn label(self) -> &'static str {
        match self {
            Self::Part(part) => part.label(),
            Self::Mark(_, word) => word,
        }
    }
}

/// The legend's items for the newest of the attempts `all`, which are in `view`.
fn signs(state: &State, view: (Moment, Moment), all: &std::ops::Range<usize>) -> Vec<LegendItem> {
    let attempts = state.pane.view.attempts();
    let newest = all.end.saturating_sub(EXPLAINED).max(all.start)..all.end;
    let segments = newest.flat_map(|row| attempts.segments(row, state.pane.now));
    let seen: HashSet<Part> = segments.map(|segment| segment.part).collect();
    let parts = Part::iter().filter(|part| seen.contains(part)).map(LegendItem::Part);
    let fault = attempts.faults(view.0, view.1).next().map(|_| LegendItem::Mark(Shape::Fault, "fault"));
    let finding =
        state.pane.view.marks().findings(view.0, view.1).next().map(|_| LegendItem::Mark(Shape::Finding, "finding"));
    parts.chain(fault).chain(finding).collect()
}

/// Draws the legend at the lower end of `inside` and returns its height.
fn show_legend(ui: &mut Ui, tokens: &Tokens, inside: Rect, signs: Vec<LegendItem>) -> f32 {
    let font = FontId::proportional(tokens.size.section);
    let width =
        |word: &str| ui.painter().layout_no_wrap(word.to_owned(), font.clone(), *tokens.color.muted).size().x + 26.0;
    let widths: Vec<_> = signs.into_iter().map(|sign| (sign, width(sign.label()))).collect();
    let (mut x, mut row) = (0.0, 0);
    let places: Vec<_> = widths
        .iter()
        .map(|&(sign, width)| {
            if x + width > inside.width() {
                (x, row) = (0.0, row + 1);
            }
            let place = (sign, x, row);
            x += width;
            place
        })
        .collect();
    let height = (row + 1) as f32 * LEGEND_ROW + 7.0;
    for (sign, x, row) in places {
        let middle = inside.bottom() - height + (row as f32 + 0.5) * LEGEND_ROW + 2.0;
        let swatch = Rect::from_min_size(pos2(inside.left() + x, middle - 5.0), vec2(11.0, 10.0));
        match sign {
            LegendItem::Part(part) => fill(ui, tokens, part, SegmentState::Done, swatch),
            LegendItem::Mark(shape @ Shape::Fault, _) => shape.draw(ui, tokens, swatch.center_bottom(), Tone::Warning),
            LegendItem::Mark(shape @ Shape::Finding, _) => shape.draw(ui, tokens, swatch.center_top(), Tone::Warning),
        }
        let at = pos2(swatch.right() + 5.0, middle);
        ui.painter().text(at, Align2::LEFT_CENTER, sign.label(), font.clone(), *tokens.color.muted);
    }
    height
}

fn move_view(ui: &mut Ui, chart: &Chart, state: &mut State, has_more_rows: bool) {
    let response = ui.interact(chart.rect, id(), Sense::drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Attempts over time"));
    if response.is_pointer_button_down_on() {
        response.request_focus();
    }
    let (now, deadline) = (state.pane.now, state.deadline());
    let width = f64::from(chart.rect.width().max(1.0));
    let row = f64::from(Tokens::at(ui).size.drill_row);
    if response.dragged() {
        let by = response.drag_delta();
        if by.x != 0.0 {
            state.pane.timeline.pan(-f64::from(by.x) / width, now, deadline);
        }
        state.pane.timeline.scroll(-f64::from(by.y) / row);
    }
    let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|at| chart.rect.contains(*at));
    if let Some(pointer) = pointer.filter(|_| ui.rect_contains_pointer(chart.rect)) {
        let (wheel, zoom) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        if zoom != 1.0 {
            let share = f64::from((pointer.x - chart.rect.left()) / chart.rect.width());
            state.pane.timeline.zoom_at(f64::from(zoom), share, now, deadline);
        } else if has_more_rows && wheel.y != 0.0 {
            state.pane.timeline.scroll(-f64::from(wheel.y) / row);
        } else if wheel != egui::Vec2::ZERO {
            state.pane.timeline.pan(-f64::from(wheel.x + wheel.y) / width, now, deadline);
        }
    }
    if response.has_focus() {
        paint::focus(ui, chart.rect.expand(2.0), &response);
        take_keys(ui, state);
    }
}

/// Handles keys while the chart has the focus.
fn take_keys(ui: &Ui, state: &mut State) {
    let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id(), arrows));
    let (now, deadline) = (state.pane.now, state.deadline());
    let first = state.pane.view.attempts().lane(0).map_or(now, |lane| lane.start);
    let timeline = &mut state.pane.timeline;
    let pressed = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
    for _ in 0..pressed(Key::ArrowLeft) {
        timeline.pan(-PAN, now, deadline);
    }
    for _ in 0..pressed(Key::ArrowRight) {
        timeline.pan(PAN, now, deadline);
    }
    timeline.scroll(pressed(Key::ArrowDown) as f64 - pressed(Key::ArrowUp) as f64);
    let closer = pressed(Key::Plus) + pressed(Key::Equals);
    let zoom = ZOOM.powi(closer as i32 - pressed(Key::Minus) as i32);
    if zoom != 1.0 {
        timeline.zoom(zoom, now, deadline);
    }
    if pressed(Key::Home) > 0 {
        timeline.go_back_to(first, now, deadline);
    }
    if pressed(Key::End) > 0 {
        timeline.follow();
    }
}

fn show_axis(ui: &mut Ui, tokens: &Tokens, chart: &Chart, state: &State) {
    let most = (chart.rect.width() / 90.0).max(1.0) as u64;
    let (ticks, is_whole) = timeline::ticks(chart.view, most, state.pane.calendar.clock_at_start());
    let font = FontId::proportional(tokens.size.section);
    let place = Rect::from_min_size(chart.rect.left_bottom(), vec2(chart.rect.width(), AXIS));
    let exact = |at: Moment| {
        state.pane.calendar.date(at).map_or_else(|| at.to_string(), |date| state.pane.calendar.precise(date))
    };
    let name = format!("From {} to {}", exact(chart.view.0), exact(chart.view.1));
    paint::describe(ui, place, Role::Label, &name).on_hover_text(&name);
    for tick in ticks {
        let x = chart.x(tick);
        ui.painter().vline(x, chart.rect.y_range(), tokens.outline());
        let Some(date) = state.pane.calendar.date(tick) else { continue };
        let text = if is_whole { state.pane.calendar.time(date) } else { state.pane.calendar.precise(date) };
        let galley = ui.painter().layout_no_wrap(text, font.clone(), *tokens.color.muted);
        let left = (x - galley.size().x / 2.0).clamp(chart.rect.left() - NUMBERS, chart.rect.right() - galley.size().x);
        ui.painter().galley(pos2(left, chart.rect.bottom() + 2.0), galley, *tokens.color.muted);
    }
}

/// A scroll thumb: the position of the visible rows among all.
fn show_thumb(ui: &Ui, tokens: &Tokens, chart: &Chart, all: &std::ops::Range<usize>, rows: &std::ops::Range<usize>) {
    if rows.len() == all.len() {
        return;
    }
    let share = |row: usize| (row - all.start) as f32 / all.len() as f32;
    let (top, height) = (chart.rect.top(), chart.rect.height());
    let length = (share(rows.end) - share(rows.start)).max(0.08);
    let start = share(rows.start).min(1.0 - length);
    let thumb = Rect::from_min_size(pos2(chart.rect.right() + 2.0, top + start * height), vec2(3.0, length * height));
    ui.painter().rect_filled(thumb, 1.5, *tokens.color.border_strong);
}

impl State {
    /// Start of the next attempt, while one is scheduled.
    pub fn deadline(&self) -> Option<Moment> {
        match &self.pane.view.snapshot().status {
            Status::Waiting(delay) => Some(delay.until),
            Status::Idle
            | Status::Connecting(_)
            | Status::Connected { .. }
            | Status::Stopped
            | Status::Crashed { .. }
            | Status::Ended(_) => None,
        }
    }
}
