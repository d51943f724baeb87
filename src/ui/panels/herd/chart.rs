//! Attempts over time: the profile's rule and below it the one that is compared with it, each to its own scale.

use egui::{Align2, Color32, FontId, Rect, Sense, Ui, pos2, vec2};
use egui_plot::{AxisHints, Bar, BarChart, GridMark, Plot, PlotBounds, Span};

use super::super::super::paint::{self, grouped};
use super::super::super::tokens::Tokens;
use super::simulation::Results;
use crate::herd::{BIN, Outcome, Rule};

/// How much of the outage is shown at most, in seconds.
const LEAD: f64 = 3.0;
const HEADING: f32 = 18.0;
/// What the lower chart needs for the numbers and the words of the time.
const TIME: f32 = 36.0;

/// Draws the charts in the width that there is.
pub fn show(ui: &mut Ui, results: &Results, compared: usize, height: f32) {
    let color = &Tokens::at(ui).color;
    let end = results.scenario.end().since_start().as_secs_f64();
    let mut series: Vec<(&(Rule, Outcome), Color32)> = Vec::new();
    series.extend(results.rules.first().map(|rule| (rule, *color.accent)));
    let other = results.rules.get(compared).filter(|_| compared > 0);
    series.extend(other.map(|rule| (rule, *color.warn)));
    let last = series.iter().filter_map(|((_, outcome), _)| Some(outcome.recovery?.max.as_secs_f64()));
    let last = last.fold(1.0, f64::max);
    let times = [(end - LEAD).max(0.0) - last * 0.01, end + last * 1.03];
    let count = series.len();
    let each = (height - TIME) / count.max(1) as f32 - HEADING;
    for (place, ((rule, outcome), ink)) in series.into_iter().enumerate() {
        let is_lowest = place + 1 == count;
        let right = heading(ui, rule, outcome, ink, count > 1);
        if end > 0.0 {
            entry(ui, right, color.bad.gamma_multiply(0.4), "server gone");
        }
        show_one(ui, rule, outcome, ink, end, times, if is_lowest { each + TIME } else { each }, is_lowest);
    }
}

/// The most attempts in 100 ms. What comes before the end of the outage burdens no server.
fn most(outcome: &Outcome) -> u32 {
    outcome.after.iter().copied().max().unwrap_or_default()
}

/// Says whose attempts the chart shows and how many they are at most; returns where there is room for more.
fn heading(ui: &mut Ui, rule: &Rule, outcome: &Outcome, ink: Color32, is_one_of_two: bool) -> Rect {
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEADING), Sense::HOVER);
    let scale = if is_one_of_two { " · to its own scale" } else { "" };
    let text = format!("{}: at most {} attempts in 100 ms{scale}", rule.name(), grouped(most(outcome).into()));
    entry(ui, line, ink, &text)
}

/// A sign and what it stands for, at the left of `line`; returns what is left of that.
fn entry(ui: &mut Ui, line: Rect, color: Color32, text: &str) -> Rect {
    let tokens = Tokens::at(ui);
    let swatch = Rect::from_center_size(pos2(line.left() + 5.0, line.center().y), vec2(10.0, 10.0));
    ui.painter().rect_filled(swatch, 2, color);
    let (place, font) = (line.with_min_x(swatch.right() + 6.0), FontId::proportional(tokens.size.small));
    let text = paint::cut_text(ui, place, Align2::LEFT_CENTER, text, font, *tokens.color.text);
    line.with_min_x(text.rect.right() + 16.0)
}

#[expect(clippy::too_many_arguments, reason = "what the two charts share, and what they do not")]
fn show_one(
    ui: &mut Ui,
    rule: &Rule,
    outcome: &Outcome,
    ink: Color32,
    end: f64,
    times: [f64; 2],
    height: f32,
    has_times: bool,
) {
    let color = &Tokens::at(ui).color;
    let highest = f64::from(most(outcome).max(1));
    let bounds = PlotBounds::from_min_max([times[0], 0.0], [times[1], highest * 1.15]);
    // Numbers of the axes are left out where they would be too near to each other; none is pale.
    let time = AxisHints::new_x().label("seconds since the connections were lost").label_spacing(40.0..=41.0);
    let count = AxisHints::new_y().min_thickness(48.0).label_spacing(14.0..=15.0);
    let count = count.formatter(|mark, _| grouped(mark.value as u64));
    let plot = Plot::new(("herd chart", has_times))
        .height(height)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_background(false)
        .show_axes([has_times, true])
        .grid_color(*color.border_strong)
        .y_grid_spacer(move |_| [0.0, highest].map(|value| GridMark { value, step_size: highest }).to_vec())
        .custom_x_axes(vec![time])
        .custom_y_axes(vec![count]);
    let name = rule.name().to_owned();
    let bars = bars(outcome, end, ink);
    let (fill, border) = (color.bad.gamma_multiply(0.12), color.bad.gamma_multiply(0.5));
    plot.show(ui, move |plot| {
        plot.set_plot_bounds(bounds);
        if end > 0.0 {
            plot.span(Span::new("", 0.0..=end).fill(fill).border_color(border));
        }
        let chart = BarChart::new(name.clone(), bars).color(ink);
        plot.bar_chart(chart.element_formatter(Box::new(move |bar, _| {
            format!("{name}\n{:.1} s: {} attempts in 100 ms", bar.argument, grouped(bar.value as u64))
        })));
    });
}

/// A bar for each 100 ms in which somebody came; what lies before the chart is left out.
fn bars(outcome: &Outcome, end: f64, color: Color32) -> Vec<Bar> {
    let bin = BIN.as_secs_f64();
    let skipped = ((end - LEAD) / bin).max(0.0) as usize;
    let before = outcome.before.iter().enumerate().skip(skipped).map(|(index, count)| (index as f64 * bin, *count));
    let after = outcome.after.iter().enumerate().map(|(index, count)| (end + index as f64 * bin, *count));
    let bar = |(from, count): (f64, u32)| Bar::new(from + bin / 2.0, f64::from(count)).width(bin);
    let seen = before.chain(after).filter(|(_, count)| *count > 0);
    seen.map(|at| bar(at).fill(color.gamma_multiply(0.5)).stroke((1.0, color))).collect()
}
