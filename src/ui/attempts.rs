//! Every attempt over time: a lane each, its parts as segments that are told apart by colour, pattern and word.

use std::borrow::Cow;

use egui::{
    Align, Align2, Color32, FontId, Id, Layout, Rect, Role, Sense, Shape, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use strum::IntoEnumIterator as _;

use super::command::UiCommand;
use super::paint::{self, Look};
use super::state::State;
use super::timeline::{self, Span};
use super::tokens::Tokens;
use crate::diagnosis::Tone;
use crate::journal::{Lane, Part, Segment, SegmentState, Status};
use crate::model::{Class, DisplayDuration, Moment};

const HEAD: f32 = 30.0;
const AXIS: f32 = 17.0;
const LEGEND_ROW: f32 = 17.0;
/// Below this height the legend makes room for lanes.
const LEGEND_FROM: f32 = 170.0;
const NUMBERS: f32 = 40.0;
/// The column of the outcomes: so much, at most this share of the width.
const OUTCOMES: f32 = 184.0;
const OUTCOMES_SHARE: f32 = 0.3;
/// A segment is at least this wide, or it could not be pointed at.
const THINNEST: f32 = 2.0;
/// Marks drawn at most: more would be a smear.
const MAX_MARKS: usize = 300;

/// Something that is marked where it happened.
pub struct Mark<'a> {
    /// When.
    pub at: Moment,
    /// The journal entry that tells it.
    pub seq: u64,
    /// What.
    pub label: Cow<'a, str>,
    /// How much it matters.
    pub tone: Tone,
}

impl Part {
    /// What the legend calls it.
    fn label(self) -> &'static str {
        match self {
            Self::Wait => "waiting",
            Self::Keychain => "keychain",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Ticket => "ticket",
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Upgrade => "upgrade",
            Self::Open => "open",
            Self::Close => "close",
        }
    }

    fn color(self, tokens: &Tokens) -> Color32 {
        let color = &tokens.color;
        *match self {
            Self::Wait => color.track,
            Self::Keychain => color.part_keychain,
            Self::Token => color.part_token,
            Self::Refresh => color.part_refresh,
            Self::Ticket => color.part_ticket,
            Self::Dns => color.part_dns,
            Self::Tcp => color.part_tcp,
            Self::Tls => color.part_tls,
            Self::Upgrade => color.part_upgrade,
            Self::Open => color.part_open,
            Self::Close => color.part_close,
        }
    }
}

/// Where things are, in one frame.
struct Chart {
    rect: Rect,
    view: (Moment, Moment),
    now: Moment,
}

impl Chart {
    fn x(&self, at: Moment) -> f32 {
        self.rect.left() + timeline::position(at, self.view, self.rect.width())
    }

    /// From when to when, in a lane from `top` to `bottom`; `None` if that is out of view.
    fn span(&self, from: Moment, to: Moment, top: f32, bottom: f32) -> Option<Rect> {
        let (left, right) = (self.x(from), self.x(to));
        if right < self.rect.left() || left > self.rect.right() {
            return None;
        }
        let (left, right) = (left.max(self.rect.left()), right.max(left + THINNEST).min(self.rect.right()));
        Some(Rect::from_min_max(pos2(left, top), pos2(right.max(left), bottom)))
    }
}

/// Draws them.
pub fn show(ui: &mut Ui, rect: Rect, state: &mut State, asked: &mut Vec<UiCommand>) {
    let tokens = Tokens::at(ui);
    let size = &tokens.size;
    let inside = rect.shrink2(vec2(size.pad, 0.0));
    let head = Rect::from_min_size(inside.min, vec2(inside.width(), HEAD));
    show_head(ui, tokens, head, state, asked);
    if state.attempts.is_empty() {
        let rest = Rect::from_min_max(head.left_bottom(), inside.max);
        let text = "No attempt yet. Press Connect.";
        paint::cut_text(ui, rest, Align2::CENTER_CENTER, text, tokens.font(), *tokens.color.muted);
        return;
    }
    let legend = if rect.height() < LEGEND_FROM { 0.0 } else { show_legend(ui, tokens, inside) };
    let outcomes = OUTCOMES.min(inside.width() * OUTCOMES_SHARE);
    let left = inside.left() + NUMBERS;
    let lanes =
        Rect::from_min_max(pos2(left, head.bottom()), pos2(inside.right() - outcomes, inside.bottom() - legend - AXIS));
    let view = state.timeline.view(state.now, state.deadline());
    let chart = Chart { rect: lanes, view, now: state.now };
    let all = state.attempts.rows(view.0, view.1);
    let fit = (lanes.height() / size.drill_row).floor().max(1.0) as usize;
    move_view(ui, &chart, state, all.len() > fit);
    let rows = state.timeline.rows(all.clone(), fit);

    show_axis(ui, tokens, &chart, state);
    show_thumb(ui, tokens, &chart, &all, &rows);
    for (place, row) in rows.clone().enumerate() {
        let top = lanes.top() + place as f32 * size.drill_row;
        let line = Rect::from_min_size(pos2(inside.left(), top), vec2(inside.width(), size.drill_row));
        if let Some(lane) = state.attempts.lane(row) {
            show_lane(ui, tokens, &chart, state, row, lane, line, asked);
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
        let response = paint::button(ui, state, command, Look::Plain, Some(text), vec2(22.0, 20.0), asked);
        response.accessible_name(command.label(state));
    };
    button(ui, UiCommand::Stage, "▾", asked);
    button(ui, UiCommand::ZoomIn, "+", asked);
    button(ui, UiCommand::ZoomOut, "−", asked);
    let small = |text: String| egui::RichText::new(text).size(tokens.size.small);
    let range = ui.menu_button(small(format!("{} ▾", state.timeline.label())), |ui| {
        for span in Span::iter() {
            let command = UiCommand::Span(span);
            if ui.selectable_label(command.is_on(state), span.label()).clicked() {
                asked.push(command);
            }
        }
    });
    range.response.on_hover_text("How much time is in view");
    if !state.timeline.is_following() {
        button(ui, UiCommand::Now, "Now", asked);
    }
    let rest = ui.available_rect_before_wrap();
    let dropped = match state.attempts.dropped() {
        0 => String::new(),
        dropped => format!(" · {dropped} older ones are gone"),
    };
    let title = match state.attempts.len() {
        0 => "Attempts".to_owned(),
        count => format!("Attempts · {count}{dropped}"),
    };
    let font = tokens.bold(tokens.size.small);
    paint::cut_text(ui, rest, Align2::LEFT_CENTER, &title, font, *tokens.color.muted);
}

/// Draws the legend at the lower end of `inside` and returns its height.
fn show_legend(ui: &mut Ui, tokens: &Tokens, inside: Rect) -> f32 {
    let font = FontId::proportional(tokens.size.section);
    let width = |part: Part| {
        let galley = ui.painter().layout_no_wrap(part.label().to_owned(), font.clone(), *tokens.color.muted);
        galley.size().x + 26.0
    };
    let widths: Vec<_> = Part::iter().map(|part| (part, width(part))).collect();
    let (mut x, mut row) = (0.0, 0);
    let places: Vec<_> = widths
        .iter()
        .map(|&(part, width)| {
            if x + width > inside.width() {
                (x, row) = (0.0, row + 1);
            }
            let place = (part, x, row);
            x += width;
            place
        })
        .collect();
    let height = (row + 1) as f32 * LEGEND_ROW + 7.0;
    for (part, x, row) in places {
        let middle = inside.bottom() - height + (row as f32 + 0.5) * LEGEND_ROW + 2.0;
        let swatch = Rect::from_min_size(pos2(inside.left() + x, middle - 5.0), vec2(11.0, 10.0));
        fill(ui, tokens, part, SegmentState::Done, swatch);
        let at = pos2(swatch.right() + 5.0, middle);
        ui.painter().text(at, Align2::LEFT_CENTER, part.label(), font.clone(), *tokens.color.muted);
    }
    height
}

fn move_view(ui: &mut Ui, chart: &Chart, state: &mut State, has_more_rows: bool) {
    let response = ui.interact(chart.rect, Id::unique("attempts view"), Sense::drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Attempts over time"));
    let (now, deadline) = (state.now, state.deadline());
    let width = f64::from(chart.rect.width().max(1.0));
    let row = f64::from(Tokens::at(ui).size.drill_row);
    if response.dragged() {
        let by = response.drag_delta();
        if by.x != 0.0 {
            state.timeline.pan(-f64::from(by.x) / width, now, deadline);
        }
        state.timeline.scroll(-f64::from(by.y) / row);
    }
    let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|at| chart.rect.contains(*at));
    if let Some(pointer) = pointer.filter(|_| ui.rect_contains_pointer(chart.rect)) {
        let (wheel, zoom) = ui.input(|input| (input.smooth_scroll_delta(), input.zoom_delta()));
        if zoom != 1.0 {
            let share = f64::from((pointer.x - chart.rect.left()) / chart.rect.width());
            state.timeline.zoom(f64::from(zoom), share);
        } else if has_more_rows && wheel.y != 0.0 {
            state.timeline.scroll(-f64::from(wheel.y) / row);
        } else if wheel != egui::Vec2::ZERO {
            state.timeline.pan(-f64::from(wheel.x + wheel.y) / width, now, deadline);
        }
    }
}

fn show_axis(ui: &Ui, tokens: &Tokens, chart: &Chart, state: &State) {
    let most = (chart.rect.width() / 90.0).max(1.0) as u64;
    let (ticks, is_whole) = timeline::ticks(chart.view, most);
    let font = FontId::proportional(tokens.size.section);
    for tick in ticks {
        let x = chart.x(tick);
        ui.painter().vline(x, chart.rect.y_range(), tokens.outline());
        let Some(date) = state.calendar.date(tick) else { continue };
        let text = if is_whole { state.calendar.time(date) } else { state.calendar.precise(date) };
        let galley = ui.painter().layout_no_wrap(text, font.clone(), *tokens.color.muted);
        let left = (x - galley.size().x / 2.0).clamp(chart.rect.left() - NUMBERS, chart.rect.right() - galley.size().x);
        ui.painter().galley(pos2(left, chart.rect.bottom() + 2.0), galley, *tokens.color.muted);
    }
}

/// Where the rows in view are among all.
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

#[expect(clippy::too_many_arguments, reason = "a lane needs all that the frame knows")]
fn show_lane(
    ui: &mut Ui,
    tokens: &Tokens,
    chart: &Chart,
    state: &State,
    row: usize,
    lane: &Lane,
    line: Rect,
    asked: &mut Vec<UiCommand>,
) {
    let color = &tokens.color;
    let (top, bottom) = (line.top() + 4.0, line.bottom() - 4.0);
    if let Some(wait) = lane.wait
        && lane.outcome.is_none()
        && let Some(ahead) = chart.span(lane.start, wait.until, top, bottom)
    {
        ui.painter().rect_stroke(ahead, 2, Stroke::new(1.0, color.border_strong), egui::StrokeKind::Inside);
    }
    for segment in state.attempts.segments(row, chart.now) {
        let Some(place) = chart.span(segment.start, segment.end, top, bottom) else { continue };
        fill(ui, tokens, segment.part, segment.state, place);
        let response =
            ui.interact(place, Id::unique(("segment", segment.seq, segment.part, segment.start)), Sense::CLICK);
        let name = format!("Attempt {}: {}, {}", lane.attempt, segment.part.label(), duration(&segment));
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        if response.clicked() {
            asked.push(UiCommand::Reveal(segment.seq));
        }
        response.on_hover_ui(|ui| explain(ui, state, lane, &segment));
    }
    let (text, text_color) = outcome(tokens, state, row, lane);
    let number = Rect::from_min_max(line.min, pos2(chart.rect.left() - 4.0, line.bottom()));
    let number_color = if lane.outcome.is_none() { text_color } else { *color.muted };
    paint::cut_text(ui, number, Align2::LEFT_CENTER, &lane.attempt.to_string(), tokens.mono(), number_color);
    let mut place = Rect::from_min_max(pos2(chart.rect.right() + 10.0, line.top()), line.max);
    let is_simulated = lane.outcome.as_ref().is_some_and(|outcome| outcome.is_simulated);
    if is_simulated {
        // In few points the whole word would leave none for the outcome.
        let mark = if place.width() < 150.0 { "SIM" } else { "SIMULATED" };
        let badge = paint::badge_width(ui, mark);
        let at = Rect::from_min_max(pos2(place.right() - badge, place.top()), place.max);
        let drawn = paint::badge(ui, at, mark);
        paint::describe(ui, drawn, Role::Label, "SIMULATED").on_hover_text("Brought about by a fault");
        place.max.x -= badge + 5.0;
    }
    paint::cut_text(ui, place, Align2::LEFT_CENTER, &text, tokens.mono(), text_color);
    let target = Rect::from_min_max(pos2(chart.rect.right() + 8.0, line.top()), line.max);
    let response = ui.interact(target, Id::unique(("outcome", lane.seq)), Sense::CLICK);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Attempt {}: {text}", lane.attempt)));
    if response.clicked() {
        let seq = lane.outcome.as_ref().map_or(lane.seq, |outcome| outcome.seq);
        asked.push(UiCommand::Reveal(seq));
    }
}

/// What a lane came to or is at, and the colour of that.
fn outcome(tokens: &Tokens, state: &State, row: usize, lane: &Lane) -> (String, Color32) {
    let color = &tokens.color;
    if let Some(outcome) = &lane.outcome {
        let text_color = match outcome.class {
            Some(Class::Soft) => *color.warn,
            Some(Class::Hard) => *color.bad,
            None => *color.muted,
        };
        return (outcome.text.as_str().to_owned(), text_color);
    }
    let running = state.attempts.segments(row, state.now).last().filter(|last| last.state == SegmentState::Running);
    match (running.map(|segment| segment.part), lane.wait) {
        (Some(Part::Wait), Some(wait)) => {
            let tenths = wait.until.since(state.now).as_millis().div_ceil(100);
            (format!("in {}.{} s…", tenths / 10, tenths % 10), *color.muted)
        }
        (Some(Part::Open), _) => ("✓ open".to_owned(), *color.good),
        (Some(part), _) => (format!("{}…", part.label()), *color.busy),
        (None, _) => ("…".to_owned(), *color.busy),
    }
}

fn duration(segment: &Segment) -> String {
    let took = DisplayDuration(segment.end.since(segment.start));
    match segment.state {
        SegmentState::Running => format!("{took} so far"),
        SegmentState::Done => took.to_string(),
        SegmentState::Failed if segment.part == Part::Open => format!("{took}, then closed"),
        SegmentState::Failed => format!("failed after {took}"),
    }
}

/// The exact times, in words.
fn explain(ui: &mut Ui, state: &State, lane: &Lane, segment: &Segment) {
    let exact =
        |at: Moment| state.calendar.date(at).map_or_else(|| at.to_string(), |date| state.calendar.precise(date));
    ui.label(format!("Attempt {} · {} · {}", lane.attempt, segment.part.label(), duration(segment)));
    let micros = segment.end.since(segment.start).as_nanos() / 1_000;
    let took = format!("{}.{:03} ms", micros / 1_000, micros % 1_000);
    let end = match segment.state {
        SegmentState::Running => "now".to_owned(),
        SegmentState::Done | SegmentState::Failed => exact(segment.end),
    };
    ui.monospace(format!("{} – {end} ({took})", exact(segment.start)));
    if let (Part::Wait, Some(wait)) = (segment.part, lane.wait) {
        let planned = wait.until.since(lane.start);
        let asked = if planned > wait.drawn { ", the server asked for more" } else { "" };
        let text = format!(
            "Retry {} in a row: the rule says {}, drawn {}, planned {}{asked}",
            wait.retry,
            DisplayDuration(wait.nominal),
            DisplayDuration(wait.drawn),
            DisplayDuration(planned)
        );
        ui.label(text);
    }
    ui.weak("Click for its lines in the log");
}

fn show_marks(
    ui: &mut Ui,
    tokens: &Tokens,
    chart: &Chart,
    state: &State,
    rows: &std::ops::Range<usize>,
    asked: &mut Vec<UiCommand>,
) {
    let Some(first) = state.attempts.lane(rows.start) else { return };
    let to = state.attempts.lane(rows.end).map_or(chart.view.1, |next| next.start.min(chart.view.1));
    for mark in state.marks(first.start.max(chart.view.0), to).take(MAX_MARKS) {
        let Some(row) = state.attempts.row_of(mark.seq).filter(|row| rows.contains(row)) else { continue };
        let top = chart.rect.top() + (row - rows.start) as f32 * tokens.size.drill_row;
        let tip = pos2(chart.x(mark.at), top + 8.0);
        let points = vec![tip, tip + vec2(-4.5, -7.0), tip + vec2(4.5, -7.0)];
        let color = match mark.tone {
            Tone::Warning => *tokens.color.badge,
            tone => tokens.color.tone(tone),
        };
        ui.painter().add(Shape::convex_polygon(points, color, Stroke::new(1.0, tokens.color.card)));
        let place = Rect::from_center_size(tip - vec2(0.0, 3.5), vec2(9.0, 7.0));
        let response = ui.interact(place, Id::unique(("mark", mark.seq)), Sense::CLICK);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &*mark.label));
        if response.clicked() {
            asked.push(UiCommand::Reveal(mark.seq));
        }
        response.on_hover_text(&*mark.label);
    }
}

/// Fills `rect` with what stands for `part`.
fn fill(ui: &Ui, tokens: &Tokens, part: Part, state: SegmentState, rect: Rect) {
    let color = &tokens.color;
    // That an open socket was closed is told beside the lane: it was open all the same.
    let is_failed = state == SegmentState::Failed && part != Part::Open;
    let ground = if is_failed { *color.warn } else { part.color(tokens) };
    ui.painter().rect_filled(rect, 2, ground);
    if is_failed || matches!(part, Part::Wait | Part::Refresh | Part::Close) {
        let ink = if part == Part::Wait && !is_failed { *color.muted } else { *color.on_part };
        hatch(ui, rect, ink.gamma_multiply(0.55), is_failed);
    }
    let font = FontId::proportional(tokens.size.badge);
    let word = part.label();
    if rect.width() < 24.0 || part == Part::Wait {
        return;
    }
    let text = if is_failed { format!("✕ {word}") } else { word.to_owned() };
    let galley = ui.painter().layout_no_wrap(text, font, *color.on_part);
    if galley.size().x + 8.0 < rect.width() {
        let at = pos2(rect.left() + 4.0, rect.center().y - galley.size().y / 2.0);
        let under = Rect::from_min_size(at, galley.size()).expand2(vec2(2.0, -1.0));
        ui.painter().rect_filled(under, 0, ground);
        ui.painter().galley(at, galley, *color.on_part);
    }
}

/// Lines that rise through `rect`, or fall if what it stands for failed.
fn hatch(ui: &Ui, rect: Rect, color: Color32, falls: bool) {
    const STEP: f32 = 6.0;
    let stroke = Stroke::new(1.2, color);
    let height = rect.height();
    // Fixed to the screen, so that the pattern does not crawl while the segment grows.
    let mut x = ((rect.left() - height) / STEP).floor() * STEP;
    while x < rect.right() {
        let (left, right) = (x.max(rect.left()), (x + height).min(rect.right()));
        if left < right {
            let y = |at: f32| if falls { rect.top() + (at - x) } else { rect.bottom() - (at - x) };
            ui.painter().line_segment([pos2(left, y(left)), pos2(right, y(right))], stroke);
        }
        x += STEP;
    }
}

impl State {
    /// When the next attempt begins, if that is waited for.
    pub fn deadline(&self) -> Option<Moment> {
        match &self.snapshot.status {
            Status::Waiting(delay) => Some(delay.until),
            Status::Idle
            | Status::Connecting(_)
            | Status::Connected { .. }
            | Status::Stopped
            | Status::Crashed { .. } => None,
        }
    }

    /// What is to be marked between `from` and `to`.
    fn marks(&self, from: Moment, to: Moment) -> impl Iterator<Item = Mark<'_>> {
        self.attempts.faults(from, to).map(|fault| Mark {
            at: fault.at,
            seq: fault.seq,
            label: format!("The fault “{}” acted here", fault.name).into(),
            tone: Tone::Warning,
        })
    }
}
