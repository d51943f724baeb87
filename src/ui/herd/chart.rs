//! Attempts over time: the profile's rule and the one that is compared with it.

use egui::{Color32, Ui};
use egui_plot::{Bar, BarChart, Corner, Legend, Plot, PlotBounds, Span};

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
    let mut series: Vec<(&(Rule, Outcome), Color32)> = Vec::new();
    series.extend(results.rules.first().map(|rule| (rule, *color.accent)));
    let other = results.rules.get(compared).filter(|_| compared > 0);
    series.extend(other.map(|rule| (rule, *color.warn)));
    // What comes before the end burdens no server: it may reach beyond the chart.
    let most = series.iter().flat_map(|((_, outcome), _)| &outcome.after).copied().max().unwrap_or_default();
    let last = series.iter().filter_map(|((_, outcome), _)| Some(outcome.recovery?.max.as_secs_f64()));
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
        .y_axis_label("attempts / 100 ms");
    plot.show(ui, |plot| {
        plot.set_plot_bounds(bounds);
        if end > 0.0 {
            let span = Span::new("server gone", 0.0..=end).fill(color.bad.gamma_multiply(0.12));
            plot.span(span.border_color(color.bad.gamma_multiply(0.5)));
        }
        for ((rule, outcome), color) in series {
            let name = rule.name().to_owned();
            let chart = BarChart::new(rule.name().to_owned(), bars(outcome, end, color)).color(color);
            plot.bar_chart(chart.element_formatter(Box::new(move |bar, _| {
                format!("{}\n{:.1} s: {:.0} attempts in 100 ms", name, bar.argument, bar.value)
            })));
        }
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
