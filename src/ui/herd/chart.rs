//! Attempts over time: the profile's rule and the one that is compared with it.

use egui::{Color32, Ui};
use egui_plot::{Corner, HoverPosition, Legend, Line, LineStyle, Plot, PlotBounds, PlotPoints, Span};

use super::super::tokens::Tokens;
use super::simulation::Results;
use crate::herd::{BIN, Outcome, Rule};

/// How much of the outage is shown at most, in seconds.
const LEAD: f64 = 3.0;

/// Draws the chart in the width that there is.
pub fn show(ui: &mut Ui, results: &Results, compared: usize, height: f32) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let end = results.scenario.end().since_start().as_secs_f64();
    let mut series: Vec<(&(Rule, Outcome), Color32, LineStyle)> = Vec::new();
    series.extend(results.rules.first().map(|rule| (rule, *color.accent, LineStyle::Solid)));
    let other = results.rules.get(compared).filter(|_| compared > 0);
    series.extend(other.map(|rule| (rule, *color.warn, LineStyle::Solid)));
    // What comes before the end burdens no server: it may reach beyond the chart.
    let most = series.iter().flat_map(|((_, outcome), ..)| &outcome.after).copied().max().unwrap_or_default();
    let last = series.iter().filter_map(|((_, outcome), ..)| Some(outcome.recovery?.max.as_secs_f64()));
    let last = last.fold(1.0, f64::max);
    let bounds = PlotBounds::from_min_max(
        [(end - LEAD).max(0.0) - last * 0.01, 0.0],
        [end + last * 1.03, f64::from(most.max(1)) * 1.3],
    );

    let plot = Plot::new("herd chart")
        .height(height)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_background(false)
        .grid_color(*color.border_strong)
        .legend(Legend::default().position(Corner::RightTop).background_alpha(0.9).follow_insertion_order(true))
        .x_axis_label("seconds since the connections were lost")
        .y_axis_label("attempts / 100 ms")
        .label_formatter(|position| match position {
            HoverPosition::NearDataPoint { plot_name, position, .. } => {
                Some(format!("{plot_name}\n{:.1} s: {:.0} attempts in 100 ms", position.x, position.y))
            }
            HoverPosition::Elsewhere { .. } => None,
        });
    plot.show(ui, |plot| {
        plot.set_plot_bounds(bounds);
        if end > 0.0 {
            let span = Span::new("server gone", 0.0..=end).fill(color.bad.gamma_multiply(0.12));
            plot.span(span.border_color(color.bad.gamma_multiply(0.5)));
        }
        for ((rule, outcome), color, style) in series {
            let line = Line::new(rule.name().to_owned(), PlotPoints::new(steps(outcome, end)));
            plot.line(line.color(color).style(style).width(1.5).fill(0.0).fill_alpha(0.18));
        }
    });
}

/// The outline of the columns; what lies before the chart is left out.
fn steps(outcome: &Outcome, end: f64) -> Vec<[f64; 2]> {
    let bin = BIN.as_secs_f64();
    let skipped = ((end - LEAD) / bin).max(0.0) as usize;
    let before = outcome.before.iter().enumerate().skip(skipped).map(|(index, count)| (index as f64 * bin, *count));
    let after = outcome.after.iter().enumerate().map(|(index, count)| (end + index as f64 * bin, *count));
    let corners = |(from, count): (f64, u32)| [[from, f64::from(count)], [from + bin, f64::from(count)]];
    let mut points: Vec<_> = before.flat_map(corners).collect();
    // Nothing between the last attempt in the outage and its end.
    points.extend(points.last().map(|point| [point[0], 0.0]));
    points.push([end, 0.0]);
    points.extend(after.flat_map(corners));
    let last = points.last().map_or(end, |point| point[0]);
    points.push([last, 0.0]);
    points
}
