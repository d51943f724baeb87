//! Round trips and rates over the whole session, as plots: for each bucket of time its median, and the range from
//! smallest to largest behind it.

use std::time::Duration;

use egui::{Align2, Color32, FontId, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

use super::messages::size;
use super::paint;
use super::state::State;
use super::timeline;
use super::tokens::Tokens;
use crate::journal::{Bucket, Measure, Rates};
use crate::model::{DisplayDuration, Moment};

const AXIS: f32 = 74.0;
const TICKS: f32 = 18.0;

struct Plot {
    title: &'static str,
    curves: &'static [(Measure, &'static str)],
    unit: fn(u64) -> String,
}

const PLOTS: [Plot; 3] = [
    Plot {
        title: "Round trip",
        curves: &[(Measure::RoundTrip, "ping to pong")],
        unit: |nanos| DisplayDuration(Duration::from_nanos(nanos)).to_string(),
    },
    Plot {
        title: "Messages per second",
        curves: &[(Measure::MessagesIn, "in"), (Measure::MessagesOut, "out")],
        unit: |count| format!("{count}/s"),
    },
    Plot {
        title: "Payload per second",
        curves: &[(Measure::BytesIn, "in"), (Measure::BytesOut, "out")],
        unit: |bytes| format!("{}/s", size(usize::try_from(bytes).unwrap_or(usize::MAX))),
    },
];

/// Draws them.
pub fn show(ui: &mut Ui, state: &State) {
    let rates = &state.rates;
    if rates.buckets().is_empty() {
        let empty = if state.player.has_recording() {
            "At this moment nothing had been measured: rates are counted while a socket is open"
        } else {
            "Nothing has been measured yet: rates are counted while a socket is open"
        };
        return paint::empty(ui, empty);
    }
    let all = ui.available_rect_before_wrap().with_max_x(ui.max_rect().right() - Tokens::at(ui).size.margin);
    let height = all.height() / PLOTS.len() as f32;
    for (index, plot) in PLOTS.iter().enumerate() {
        let top = all.top() + index as f32 * height;
        draw(ui, state, plot, Rect::from_min_size(pos2(all.left(), top), vec2(all.width(), height - 4.0)));
    }
    ui.advance_cursor_after_rect(all);
}

/// Where values and times are in a plot.
struct Scale {
    area: Rect,
    seconds: f64,
    highest: u64,
}

impl Scale {
    fn x(&self, seconds: f64) -> f32 {
        self.area.left() + self.area.width() * (seconds / self.seconds) as f32
    }

    fn y(&self, value: u64) -> f32 {
        self.area.bottom() - self.area.height() * (value as f64 / self.highest as f64) as f32
    }
}

fn draw(ui: &mut Ui, state: &State, plot: &Plot, rect: Rect) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let small = FontId::proportional(tokens.size.small);
    let rates = &state.rates;
    let width = rates.width().as_secs_f64();
    let ranges = || plot.curves.iter().flat_map(|(m, _)| rates.buckets().iter().filter_map(|b| b.of(*m).range()));
    let highest = nice(ranges().map(|[_, _, max]| max).max().unwrap_or(1));
    let head = rect.split_top_bottom_at_y(rect.top() + 20.0).0;
    let area = Rect::from_min_max(pos2(rect.left() + AXIS, head.bottom() + 4.0), rect.max - vec2(4.0, TICKS));
    if area.height() < 12.0 {
        return;
    }
    let scale = Scale { area, seconds: (rates.buckets().len() as f64 * width).max(1.0), highest };

    let title =
        paint::cut_text(ui, head, Align2::LEFT_CENTER, plot.title, tokens.bold(tokens.size.small), *color.strong);
    let mut left = title.rect.right() + 12.0;
    for ((_, name), curve) in plot.curves.iter().zip(curves(tokens)) {
        let y = head.center().y;
        stroke(ui, vec![pos2(left, y), pos2(left + 18.0, y)], curve);
        let at = Rect::from_min_max(pos2(left + 24.0, head.top()), head.max);
        left = paint::cut_text(ui, at, Align2::LEFT_CENTER, name, small.clone(), *color.text).rect.right() + 12.0;
    }

    ui.painter().rect_filled(area, 2, *color.card);
    for share in [0, 1, 2] {
        let value = highest * share / 2;
        let y = scale.y(value);
        ui.painter().hline(area.x_range(), y, tokens.outline());
        let text = (plot.unit)(value);
        ui.painter().text(pos2(area.left() - 6.0, y), Align2::RIGHT_CENTER, text, small.clone(), *color.muted);
    }
    gaps(ui, rates, &scale);
    let end = Moment::START + Duration::from_secs_f64(scale.seconds);
    let most = (area.width() / 90.0).max(1.0) as u64;
    let (ticks, _) = timeline::ticks((Moment::START, end), most, state.calendar.clock_at_start());
    for tick in ticks {
        let x = scale.x(tick.since_start().as_secs_f64());
        ui.painter().vline(x, area.bottom()..=area.bottom() + 3.0, tokens.outline());
        let text = clock(state, tick);
        let galley = ui.painter().layout_no_wrap(text, small.clone(), *color.muted);
        let left = (x - galley.size().x / 2.0).min(rect.right() - galley.size().x);
        ui.painter().galley(pos2(left, area.bottom() + 3.0), galley, *color.muted);
    }
    for ((measure, _), curve) in plot.curves.iter().zip(curves(tokens)) {
        draw_curve(ui, rates, *measure, &scale, curve);
    }

    let response = ui.interact(area, ui.scope_id().with(plot.title), Sense::HOVER);
    let summary = format!("{}, highest {}", plot.title, (plot.unit)(ranges().map(|r| r[2]).max().unwrap_or(0)));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &summary));
    if let Some(pointer) = response.hover_pos() {
        let index = (f64::from((pointer.x - area.left()) / area.width()) * scale.seconds / width) as usize;
        ui.painter().vline(
            scale.x((index as f64 + 0.5) * width),
            area.y_range(),
            Stroke::new(1.0, color.border_strong),
        );
        response.on_hover_text_at_pointer(exact(state, plot, index));
    }
}

/// What was measured in a bucket, exactly.
fn exact(state: &State, plot: &Plot, index: usize) -> String {
    let width = state.rates.width().as_secs_f64();
    let start = Moment::START + Duration::from_secs_f64(index as f64 * width);
    let mut text = format!("{} – {}", clock(state, start), clock(state, start + state.rates.width()));
    for (measure, name) in plot.curves {
        let summary = state.rates.buckets().get(index).map(|bucket| bucket.of(*measure));
        text += &match summary.and_then(|summary| Some((summary.count(), summary.range()?))) {
            Some((1, [value, ..])) => format!("\n{name}: {}", (plot.unit)(value)),
            Some((count, [min, median, max])) => {
                let unit = plot.unit;
                format!(
                    "\n{name}: {} / {} / {}, smallest / median / largest of {count}",
                    unit(min),
                    unit(median),
                    unit(max)
                )
            }
            None if *measure == Measure::RoundTrip => format!("\n{name}: no pong came"),
            None => format!("\n{name}: no socket was open"),
        };
    }
    text
}

fn clock(state: &State, moment: Moment) -> String {
    state.calendar.date(moment).map_or_else(|| moment.to_string(), |date| state.calendar.time(date))
}

/// The colours of the curves, and whether they are dashed.
fn curves(tokens: &Tokens) -> [(Color32, bool); 2] {
    [(*tokens.color.accent, false), (*tokens.color.busy, true)]
}

fn stroke(ui: &Ui, points: Vec<egui::Pos2>, (color, is_dashed): (Color32, bool)) {
    let stroke = Stroke::new(1.5, color);
    if is_dashed {
        ui.painter().extend(Shape::dashed_line(&points, stroke, 4.0, 3.0));
    } else {
        ui.painter().add(Shape::line(points, stroke));
    }
}

/// Marks the times at which no socket was open.
fn gaps(ui: &mut Ui, rates: &Rates, scale: &Scale) {
    let tokens = Tokens::at(ui);
    let width = rates.width().as_secs_f64();
    let is_open = |bucket: &Bucket| bucket.of(Measure::MessagesIn).count() > 0;
    let mut start = 0;
    for stretch in rates.buckets().chunk_by(|a, b| is_open(a) == is_open(b)) {
        let end = start + stretch.len();
        if stretch.first().is_some_and(|bucket| !is_open(bucket)) {
            let x = |index: usize| scale.x(index as f64 * width);
            let gap = Rect::from_x_y_ranges(x(start)..=x(end), scale.area.y_range());
            ui.painter().rect_filled(gap, 0, *tokens.color.track);
            let font = FontId::proportional(tokens.size.small);
            let text = ui.painter().layout_no_wrap("not connected".to_owned(), font, *tokens.color.text);
            let (room, at) = (gap.width() - text.size().x, gap.center() - text.size() / 2.0);
            if room > 8.0 {
                ui.painter().galley(at, text, *tokens.color.text);
            }
        }
        start = end;
    }
}

fn draw_curve(ui: &Ui, rates: &Rates, measure: Measure, scale: &Scale, curve: (Color32, bool)) {
    let width = rates.width().as_secs_f64();
    let mut points = Vec::new();
    for (index, bucket) in rates.buckets().iter().enumerate() {
        let Some([min, median, max]) = bucket.of(measure).range() else {
            // Between two pongs there are buckets without one: only where no socket was open is a gap.
            if bucket.of(Measure::MessagesIn).count() == 0 {
                finish(ui, &mut points, curve);
            }
            continue;
        };
        let start = index as f64 * width;
        let (left, right) = (scale.x(start), scale.x(start + width).max(scale.x(start) + 1.0));
        let band = Rect::from_min_max(pos2(left, scale.y(max)), pos2(right, scale.y(min)));
        if band.height() > 0.5 {
            ui.painter().rect_filled(band, 0, curve.0.gamma_multiply(0.5));
        }
        points.push(pos2((left + right) / 2.0, scale.y(median)));
    }
    finish(ui, &mut points, curve);
}

fn finish(ui: &Ui, points: &mut Vec<egui::Pos2>, curve: (Color32, bool)) {
    match std::mem::take(points) {
        points if points.len() > 1 => stroke(ui, points, curve),
        points => points.iter().for_each(|point| {
            ui.painter().circle_filled(*point, 2.0, curve.0);
        }),
    }
}

/// The next 1, 2 or 5 times a power of ten.
fn nice(value: u64) -> u64 {
    let power = 10_u64.saturating_pow(value.max(1).ilog10());
    [1, 2, 5, 10].map(|step| power.saturating_mul(step)).into_iter().find(|nice| *nice >= value).unwrap_or(value).max(2)
}
