//! Round trips and rates over the whole session, as plots: for each bucket of time its median, and the range from
//! smallest to largest behind it.

use std::time::Duration;

use egui::{Align2, Color32, FontId, Id, Key, Rect, RichText, Shape, Stroke, Ui, UiBuilder, pos2, vec2};
use egui_plot::{
    AxisHints, Bar, BarChart, GridMark, Line, LineStyle, MarkerShape, PlotPoint, PlotPoints, PlotUi, Points, Span,
    Text, VLine,
};

use super::super::mac::COMMAND;
use super::super::messages::size;
use super::super::paint;
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{Tab, TabId};
use super::super::timeline;
use super::super::tokens::Tokens;
use crate::journal::{Bucket, Measure, Rates};
use crate::model::{DisplayDuration, Moment};

/// The room for the numbers at the left.
const AXIS: f32 = 74.0;
const HEAD: f32 = 20.0;
/// A plot that is lower is not drawn.
const LOWEST: f32 = 54.0;
/// Between two times on the axis, at least.
const TICK: f32 = 90.0;

/// What is plotted.
struct Chart {
    title: &'static str,
    curves: &'static [(Measure, &'static str)],
    unit: fn(u64) -> String,
}

const CHARTS: [Chart; 3] = [
    Chart {
        title: "Round trip",
        curves: &[(Measure::RoundTrip, "ping to pong")],
        unit: |nanos| DisplayDuration(Duration::from_nanos(nanos)).to_string(),
    },
    Chart {
        title: "Messages per second",
        curves: &[(Measure::MessagesIn, "in"), (Measure::MessagesOut, "out")],
        unit: |count| format!("{count}/s"),
    },
    Chart {
        title: "Payload per second",
        curves: &[(Measure::BytesIn, "in"), (Measure::BytesOut, "out")],
        unit: |bytes| format!("{}/s", size(usize::try_from(bytes).unwrap_or(usize::MAX))),
    },
];

/// The panel.
pub static PANEL: Panel = Panel {
    show: |ui, state, _| show(ui, state),
    ..Panel::new(Tab {
        key: Some(Key::Num6),
        wants_room: true,
        shows_heartbeats: true,
        apply: |state, traffic| {
            state.pane.rates.clone_from(traffic.rates());
        },
        apply_recorded: |state, playback, now| {
            state.pane.rates = playback.rates(now);
        },
        ..Tab::new(
            TabId("rates"),
            |_| "Rates".into(),
            "Round trips, messages and bytes per second since the session began",
        )
    })
};

fn show(ui: &mut Ui, state: &State) {
    if state.pane.rates.buckets().is_empty() {
        let empty = if state.player.has_recording() {
            "At this moment nothing had been measured: rates are counted while a socket is open"
        } else {
            "Nothing has been measured yet: rates are counted while a socket is open"
        };
        return paint::empty(ui, empty);
    }
    let all = ui.available_rect_before_wrap().with_max_x(ui.max_rect().right() - Tokens::at(ui).size.margin);
    let height = all.height() / CHARTS.len() as f32;
    for (index, chart) in CHARTS.iter().enumerate() {
        let top = all.top() + index as f32 * height;
        show_chart(ui, state, chart, Rect::from_min_size(pos2(all.left(), top), vec2(all.width(), height - 4.0)));
    }
    ui.advance_cursor_after_rect(all);
}

fn show_chart(ui: &mut Ui, state: &State, chart: &Chart, rect: Rect) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let rates = &state.pane.rates;
    let (head, below) = rect.split_top_bottom_at_y(rect.top() + HEAD);
    show_head(ui, tokens, chart, head);
    if below.height() < LOWEST {
        return;
    }
    let ranges = || chart.curves.iter().flat_map(|(m, _)| rates.buckets().iter().filter_map(|b| b.of(*m).range()));
    let largest = ranges().map(|[_, _, max]| max).max().unwrap_or(0);
    let highest = nice(largest);
    let width = rates.width().as_secs_f64();
    let seconds = (rates.buckets().len() as f64 * width).max(1.0);

    let small = FontId::proportional(tokens.size.small);
    let unit = chart.unit;
    let count = AxisHints::new_y().min_thickness(AXIS).tick_label_font(small.clone()).tick_label_color(*color.muted);
    // Numbers are left out where they would be too near to each other; none is pale.
    let count = count.label_spacing(14.0..=15.0).formatter(move |mark, _| unit(mark.value as u64));
    let calendar = state.pane.calendar;
    let time = AxisHints::new_x().tick_label_font(small).tick_label_color(*color.muted).label_spacing(40.0..=41.0);
    let time = time.formatter(move |mark, _| calendar.time_at(moment(mark.value)));
    let since_midnight = calendar.clock_at_start();
    let most = ((below.width() - AXIS) / TICK).max(1.0) as u64;
    let plot = egui_plot::Plot::new(chart.title)
        .height(below.height())
        .show_background(false)
        .show_grid([false, true])
        .grid_color(*color.border_strong)
        .grid_fade(0.0)
        .allow_boxed_zoom(false)
        .allow_drag([true, false])
        .allow_zoom([true, false])
        .allow_scroll(false)
        .link_axis(Id::unique("rates"), [true, false])
        .set_margin_fraction(vec2(0.0, 0.0))
        .include_x(0.0)
        .include_x(seconds)
        .include_y(0.0)
        .include_y(highest as f64 * 1.04)
        .show_crosshair(false)
        .label_formatter(|_| None)
        .x_grid_spacer(move |input| {
            let view = (moment(input.bounds.0), moment(input.bounds.1));
            let (ticks, _) = timeline::ticks(view, most, since_midnight);
            ticks.into_iter().map(|at| GridMark { value: at.since_start().as_secs_f64(), step_size: seconds }).collect()
        })
        .y_grid_spacer(move |_| {
            let marks =
                [0, highest / 2, highest].map(|value| GridMark { value: value as f64, step_size: highest as f64 });
            marks.to_vec()
        })
        .custom_x_axes(vec![time])
        .custom_y_axes(vec![count]);

    let mut inside = ui.new_child(UiBuilder::new().max_rect(below).id_salt(chart.title));
    let cursor = *color.border_strong;
    let inks = curves(tokens);
    let shown = plot.show(&mut inside, |plot| {
        draw_gaps(plot, rates, tokens);
        for ((measure, name), ink) in chart.curves.iter().zip(inks) {
            draw_curve(plot, rates, *measure, name, ink);
        }
        let pointed = plot.pointer_coordinate().filter(|_| plot.response().hovered());
        let index = pointed.filter(|at| at.x >= 0.0).map(|at| (at.x / width) as usize);
        if let Some(index) = index {
            plot.vline(VLine::new("", (index as f64 + 0.5) * width).color(cursor).width(1.0).allow_hover(false));
        }
        index
    });
    let summary = format!("{}, highest {}", chart.title, unit(largest));
    shown.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &summary));
    if let Some(index) = shown.inner {
        let more = format!("\nDrag to move, {COMMAND} and the wheel zoom, a double click shows all");
        shown.response.on_hover_text_at_pointer(exact(state, chart, index) + &more);
    }
}

/// The moment so many seconds after the session's start.
fn moment(seconds: f64) -> Moment {
    Moment::START + Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default()
}

/// The title, and what the curves stand for.
fn show_head(ui: &mut Ui, tokens: &Tokens, chart: &Chart, head: Rect) {
    let color = &tokens.color;
    let small = FontId::proportional(tokens.size.small);
    let bold = tokens.bold(tokens.size.small);
    let title = paint::cut_text(ui, head, Align2::LEFT_CENTER, chart.title, bold, *color.strong);
    let mut left = title.rect.right() + 12.0;
    for ((_, name), (ink, is_dashed)) in chart.curves.iter().zip(curves(tokens)) {
        let y = head.center().y;
        let (line, stroke) = ([pos2(left, y), pos2(left + 18.0, y)], Stroke::new(1.5, ink));
        if is_dashed {
            ui.painter().extend(Shape::dashed_line(&line, stroke, 4.0, 3.0));
        } else {
            ui.painter().line_segment(line, stroke);
        }
        let at = Rect::from_min_max(pos2(left + 24.0, head.top()), head.max);
        left = paint::cut_text(ui, at, Align2::LEFT_CENTER, name, small.clone(), *color.text).rect.right() + 12.0;
    }
}

/// What was measured in a bucket, exactly.
fn exact(state: &State, chart: &Chart, index: usize) -> String {
    let width = state.pane.rates.width().as_secs_f64();
    let start = Moment::START + Duration::from_secs_f64(index as f64 * width);
    let mut text = format!("{} – {}", clock(state, start), clock(state, start + state.pane.rates.width()));
    for (measure, name) in chart.curves {
        let summary = state.pane.rates.buckets().get(index).map(|bucket| bucket.of(*measure));
        text += &match summary.and_then(|summary| Some((summary.count(), summary.range()?))) {
            Some((1, [value, ..])) => format!("\n{name}: {}", (chart.unit)(value)),
            Some((count, [min, median, max])) => {
                let unit = chart.unit;
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
    state.pane.calendar.time_at(moment)
}

/// The colours of the curves, and whether they are dashed.
fn curves(tokens: &Tokens) -> [(Color32, bool); 2] {
    [(*tokens.color.accent, false), (*tokens.color.busy, true)]
}

/// Marks the times at which no socket was open.
fn draw_gaps(plot: &mut PlotUi<'_>, rates: &Rates, tokens: &Tokens) {
    const WORDS: &str = "not connected";
    let (ink, font) = (*tokens.color.text, FontId::proportional(tokens.size.small));
    let needed = plot.ctx().fonts_mut(|fonts| fonts.layout_no_wrap(WORDS.to_owned(), font, ink)).size().x + 8.0;
    let width = rates.width().as_secs_f64();
    let is_open = |bucket: &Bucket| bucket.of(Measure::MessagesIn).count() > 0;
    let mut start = 0;
    for stretch in rates.buckets().chunk_by(|a, b| is_open(a) == is_open(b)) {
        let end = start + stretch.len();
        if stretch.first().is_some_and(|bucket| !is_open(bucket)) {
            let (from, to) = (start as f64 * width, end as f64 * width);
            plot.span(Span::new("", from..=to).fill(*tokens.color.track).border_width(0.0));
            let bounds = plot.plot_bounds();
            let x = |seconds: f64| plot.screen_from_plot(PlotPoint::new(seconds, bounds.min()[1])).x;
            if x(to) - x(from) > needed {
                let middle = PlotPoint::new((from + to) / 2.0, (bounds.min()[1] + bounds.max()[1]) / 2.0);
                let text = RichText::new(WORDS).size(tokens.size.small).color(ink);
                plot.text(Text::new("", middle, text).allow_hover(false));
            }
        }
        start = end;
    }
}

fn draw_curve(plot: &mut PlotUi<'_>, rates: &Rates, measure: Measure, name: &str, (ink, is_dashed): (Color32, bool)) {
    let width = rates.width().as_secs_f64();
    let mut bands = Vec::new();
    let (mut runs, mut run): (Vec<Vec<[f64; 2]>>, _) = (Vec::new(), Vec::new());
    for (index, bucket) in rates.buckets().iter().enumerate() {
        let Some([min, median, max]) = bucket.of(measure).range() else {
            // Between two pongs there are buckets without one: only where no socket was open is a gap.
            if bucket.of(Measure::MessagesIn).count() == 0 {
                runs.push(std::mem::take(&mut run));
            }
            continue;
        };
        let middle = (index as f64 + 0.5) * width;
        if max > min {
            let band = Bar::new(middle, (max - min) as f64).base_offset(min as f64).width(width);
            bands.push(band.fill(ink.gamma_multiply(0.5)).stroke(Stroke::NONE));
        }
        run.push([middle, median as f64]);
    }
    runs.push(run);
    plot.bar_chart(BarChart::new(name, bands).color(ink).allow_hover(false));
    for run in runs {
        if let [point] = run[..] {
            let point = Points::new(name, PlotPoints::from(vec![point])).shape(MarkerShape::Circle);
            plot.points(point.radius(2.0).color(ink).allow_hover(false));
        } else if !run.is_empty() {
            let style = if is_dashed { LineStyle::Dashed { length: 5.0 } } else { LineStyle::Solid };
            let line = Line::new(name, PlotPoints::from(run)).color(ink).width(1.5).style(style);
            plot.line(line.allow_hover(false));
        }
    }
}

/// The next 1, 2 or 5 times a power of ten.
fn nice(value: u64) -> u64 {
    let power = 10_u64.saturating_pow(value.max(1).ilog10());
    [1, 2, 5, 10].map(|step| power.saturating_mul(step)).into_iter().find(|nice| *nice >= value).unwrap_or(value).max(2)
}
