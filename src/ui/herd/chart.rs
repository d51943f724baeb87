//! Attempts over time: the profile's rule and the one that is compared with it.

use egui::{Align2, Color32, FontId, Rect, Sense, Stroke, StrokeKind, Ui, vec2};
use egui_plot::{AxisHints, Bar, BarChart, Plot, PlotBounds, Span};

use super::super::paint;
use super::super::tokens::Tokens;
use super::simulation::Results;
use crate::herd::{BIN, Outcome, Rule};

/// How much of the outage is shown at most, in seconds.
const LEAD: f64 = 3.0;

/// The height of the line that says which bars are whose.
const LEGEND: f32 = 20.0;

/// The bars of a rule are filled, those of the one that it is compared with are not.
#[derive(Clone, Copy)]
struct Ink {
    color: Color32,
    is_filled: bool,
}

impl Ink {
    fn fill(self) -> Color32 {
        if self.is_filled { self.color.gamma_multiply(0.5) } else { Color32::TRANSPARENT }
    }
}

/// Draws the chart in the width that there is.
pub fn show(ui: &mut Ui, results: &Results, compared: usize, height: f32) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let end = results.scenario.end().since_start().as_secs_f64();
    let mut series: Vec<(&(Rule, Outcome), Ink)> = Vec::new();
    series.extend(results.rules.first().map(|rule| (rule, Ink { color: *color.accent, is_filled: true })));
    let other = results.rules.get(compared).filter(|_| compared > 0);
    series.extend(other.map(|rule| (rule, Ink { color: *color.warn, is_filled: false })));
    let gone = Ink { color: *color.bad, is_filled: true };
    legend(ui, series.iter().map(|((rule, _), ink)| (rule.name(), *ink)).chain([("server gone", gone)]));
    // What comes before the end burdens no server: it may reach beyond the chart.
    let most = series.iter().flat_map(|((_, outcome), _)| &outcome.after).copied().max().unwrap_or_default();
    let last = series.iter().filter_map(|((_, outcome), _)| Some(outcome.recovery?.max.as_secs_f64()));
    let last = last.fold(1.0, f64::max);
    let bounds = PlotBounds::from_min_max(
        [(end - LEAD).max(0.0) - last * 0.01, 0.0],
        [end + last * 1.03, f64::from(most.max(1)) * 1.1],
    );

    // Numbers of the axes are left out where they would be too near to each other; none is pale.
    let plot = Plot::new("herd chart")
        .height(height - LEGEND)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_double_click_reset(false)
        .show_background(false)
        .grid_color(*color.border_strong)
        .custom_x_axes(vec![
            AxisHints::new_x().label("seconds since the connections were lost").label_spacing(40.0..=41.0),
        ])
        .custom_y_axes(vec![AxisHints::new_y().label("attempts / 100 ms").label_spacing(19.0..=20.0)]);
    plot.show(ui, |plot| {
        plot.set_plot_bounds(bounds);
        if end > 0.0 {
            let span = Span::new("", 0.0..=end).fill(color.bad.gamma_multiply(0.12));
            plot.span(span.border_color(color.bad.gamma_multiply(0.5)));
        }
        for ((rule, outcome), ink) in series {
            let name = rule.name().to_owned();
            let chart = BarChart::new(name.clone(), bars(outcome, end, ink)).color(ink.color);
            plot.bar_chart(chart.element_formatter(Box::new(move |bar, _| {
                format!("{}\n{:.1} s: {:.0} attempts in 100 ms", name, bar.argument, bar.value)
            })));
        }
    });
}

/// Says above the chart whose the bars are: within it, it would lie over them.
fn legend<'a>(ui: &mut Ui, entries: impl Iterator<Item = (&'a str, Ink)>) {
    let tokens = Tokens::at(ui);
    let (line, _) =
        ui.allocate_exact_size(vec2(ui.available_width(), LEGEND - ui.spacing().item_spacing.y), Sense::HOVER);
    let mut left = line.left() + 4.0;
    for (name, ink) in entries {
        let swatch = Rect::from_min_size(line.left_center() + vec2(left - line.left(), -5.0), vec2(14.0, 10.0));
        ui.painter().rect(swatch, 2, ink.fill(), Stroke::new(1.0, ink.color), StrokeKind::Inside);
        let place = line.with_min_x(swatch.right() + 6.0);
        let font = FontId::proportional(tokens.size.small);
        left = paint::cut_text(ui, place, Align2::LEFT_CENTER, name, font, *tokens.color.text).rect.right() + 16.0;
    }
}

/// A bar for each 100 ms in which somebody came; what lies before the chart is left out.
fn bars(outcome: &Outcome, end: f64, ink: Ink) -> Vec<Bar> {
    let bin = BIN.as_secs_f64();
    let skipped = ((end - LEAD) / bin).max(0.0) as usize;
    let before = outcome.before.iter().enumerate().skip(skipped).map(|(index, count)| (index as f64 * bin, *count));
    let after = outcome.after.iter().enumerate().map(|(index, count)| (end + index as f64 * bin, *count));
    let bar = |(from, count): (f64, u32)| Bar::new(from + bin / 2.0, f64::from(count)).width(bin);
    let seen = before.chain(after).filter(|(_, count)| *count > 0);
    seen.map(|at| bar(at).fill(ink.fill()).stroke((1.0, ink.color))).collect()
}
