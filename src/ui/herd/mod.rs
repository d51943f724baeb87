//! What reconnect rules do to a server: inputs, the attempts over time, the rules side by side.

mod chart;
mod inputs;
mod simulation;

use egui::{Align2, FontId, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::command::UiCommand;
use super::paint;
use super::state::State;
use super::tokens::Tokens;
use crate::herd::{COLUMNS, Outcome, Rule, best, cells};
pub use simulation::HerdView;
use simulation::Results;

const INPUTS: f32 = 232.0;
const NAME: f32 = 116.0;
const COLUMN: f32 = 56.0;
/// The column of the rules' terms has what the others leave, and so much at least.
const TERMS: f32 = 80.0;
const LOWEST_CHART: f32 = 220.0;
/// The columns that say how a rule treats the server and its users.
const MEAN: usize = 0;
const BUSIEST: usize = 5;

/// Draws it.
pub fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let size = &Tokens::at(ui).size;
    let all = ui.available_rect_before_wrap();
    let left = Rect::from_min_max(all.min, pos2(all.left() + INPUTS, all.bottom()));
    let right =
        Rect::from_min_max(pos2(left.right() + size.margin, all.top()), pos2(all.right() - size.pad, all.bottom()));
    let mut column = ui.new_child(UiBuilder::new().max_rect(left).id_salt("herd inputs"));
    inputs::show(&mut column, state, asked);
    let mut column = ui.new_child(UiBuilder::new().max_rect(right).id_salt("herd results"));
    column.shrink_clip_rect(right);
    let is_stale = state.herd.is_stale();
    match &state.herd.results {
        Some(results) => {
            let all = ScrollArea::vertical().id_salt("herd results").auto_shrink(false);
            let height = column.available_height();
            let draw = |ui: &mut Ui| show_results(ui, results, state.herd.compared, is_stale, height);
            let compared = all.show(&mut column, draw).inner;
            state.herd.compared = compared.unwrap_or(state.herd.compared);
        }
        None => {
            let text = "See what this profile's reconnect rule does to a server when thousands of clients lose it \
                        together: press Simulate the herd";
            paint::empty(&mut column, text);
        }
    }
    ui.advance_cursor_after_rect(all);
}

/// Draws what came of the simulation; returns the rule that is to be compared, if another one was chosen.
fn show_results(ui: &mut Ui, results: &Results, compared: usize, is_stale: bool, height: f32) -> Option<usize> {
    let tokens = Tokens::at(ui);
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.add_space(4.0);
    ui.horizontal_wrapped(|ui| {
        let at = Rect::from_min_size(ui.cursor().min, vec2(paint::badge_width(ui, "SIMULATED"), 18.0));
        paint::badge(ui, at, "SIMULATED");
        ui.advance_cursor_after_rect(at);
        if is_stale {
            ui.label(RichText::new("⚠ not with what is entered now: simulate again").color(*tokens.color.warn));
        }
        ui.label(RichText::new(conclusion(results)).color(*tokens.color.strong));
    });
    let above = ui.min_rect().height();
    let rows = results.rules.len() as f32 * tokens.size.log_row + head_height(tokens) + tokens.size.log_row + 20.0;
    chart::show(ui, results, compared, (height - above - rows).max(LOWEST_CHART));
    let rules = ScrollArea::horizontal().id_salt("herd rules").auto_shrink([false, true]);
    rules.show(ui, |ui| table(ui, results, compared)).inner
}

/// Which rule is kinder to the server and which is back first, in a sentence.
fn conclusion(results: &Results) -> String {
    let Some((kindest, quickest)) = best(results.rules.iter().map(|(_, outcome)| outcome)) else {
        return "No rule brings all clients back".to_owned();
    };
    let told = |place: usize, column: usize| {
        let (rule, outcome) = &results.rules[place];
        let [mean, .., busiest, _] = cells(outcome);
        (rule.name().to_owned(), if column == MEAN { mean } else { busiest })
    };
    let ((kindest, busiest), (quickest, mean)) = (told(kindest, BUSIEST), told(quickest, MEAN));
    let (_, own_busiest) = told(0, BUSIEST);
    let (own, own_mean) = told(0, MEAN);
    format!(
        "{own}: {own_busiest} of the herd in the busiest second, back after {own_mean} on average. Kindest to the \
         server: {kindest} ({busiest}). Back first: {quickest} ({mean})."
    )
}

fn table(ui: &mut Ui, results: &Results, compared: usize) -> Option<usize> {
    let tokens = Tokens::at(ui);
    let small = FontId::proportional(tokens.size.small);
    let width = (NAME + COLUMN * COLUMNS.len() as f32 + TERMS).max(ui.available_width());
    ui.spacing_mut().item_spacing.y = 0.0;
    let (head, _) = ui.allocate_exact_size(vec2(width, head_height(tokens)), Sense::HOVER);
    let (upper, lower) = head.split_top_bottom_at_fraction(0.5);
    for (index, title) in COLUMNS.iter().enumerate() {
        let (first, rest) = title.split_once(' ').unwrap_or(("", title));
        for (line, text) in [(upper, first), (lower, rest)] {
            paint::cut_text(ui, cell(line, index), Align2::RIGHT_CENTER, text, small.clone(), *tokens.color.muted);
        }
    }
    paint::cut_text(ui, terms(lower), Align2::LEFT_CENTER, "Rule", small.clone(), *tokens.color.muted);
    ui.painter().hline(head.x_range(), head.bottom(), tokens.outline());
    let best = best(results.rules.iter().map(|(_, outcome)| outcome));
    let mut chosen = None;
    for (place, (rule, outcome)) in results.rules.iter().enumerate() {
        let (rect, response) = ui.allocate_exact_size(vec2(width, tokens.size.log_row), Sense::CLICK);
        let is_drawn = place == 0 || place == compared;
        if is_drawn || response.hovered() || response.has_focus() {
            let fill = if is_drawn { tokens.color.selection } else { tokens.color.raised_hover };
            ui.painter().rect_filled(rect, tokens.size.radius, *fill);
        }
        if response.clicked() && place > 0 {
            chosen = Some(place);
        }
        row(ui, rect, rule, outcome, best.map(|(kindest, quickest)| (kindest == place, quickest == place)));
        response.widget_info(|| WidgetInfo::selected(egui::Role::Row, true, is_drawn, rule.name()));
        let what = if rule.is_real_machine() {
            "The real client of this program runs, once for each of the herd"
        } else {
            "Only the delays of this library are simulated, not its client"
        };
        response.on_hover_text(format!("{}\n{what}\nClick to compare it in the chart", rule.name()));
    }
    ui.add_space(4.0);
    ui.label(RichText::new("* only its delays are simulated, not its client").font(small).color(*tokens.color.muted));
    chosen
}

fn row(ui: &mut Ui, rect: Rect, rule: &Rule, outcome: &Outcome, best: Option<(bool, bool)>) {
    let tokens = Tokens::at(ui);
    let color = &tokens.color;
    let small = FontId::proportional(tokens.size.small);
    let name = if rule.is_real_machine() { rule.name().to_owned() } else { format!("{} *", rule.name()) };
    let place = Rect::from_min_max(rect.min + vec2(6.0, 0.0), pos2(rect.left() + NAME, rect.bottom()));
    paint::cut_text(ui, place, Align2::LEFT_CENTER, &name, small.clone(), *color.strong);
    let (is_kindest, is_quickest) = best.unwrap_or_default();
    for (index, text) in cells(outcome).into_iter().enumerate() {
        let is_best = (index == MEAN && is_quickest) || (index == BUSIEST && is_kindest);
        let text = if is_best { format!("✓ {text}") } else { text };
        let is_bad = index == 3 && outcome.recovered < outcome.clients;
        let ink = if is_best {
            color.good
        } else if is_bad {
            color.bad
        } else {
            color.text
        };
        paint::cut_text(ui, cell(rect, index), Align2::RIGHT_CENTER, &text, small.clone(), *ink);
    }
    let font = FontId::proportional(tokens.size.section);
    paint::cut_text(ui, terms(rect), Align2::LEFT_CENTER, &rule.to_string(), font, *color.muted);
}

fn head_height(tokens: &Tokens) -> f32 {
    2.0 * tokens.size.small + 8.0
}

fn cell(row: Rect, index: usize) -> Rect {
    let left = row.left() + NAME + COLUMN * index as f32;
    Rect::from_min_max(pos2(left + 4.0, row.top()), pos2(left + COLUMN, row.bottom()))
}

fn terms(row: Rect) -> Rect {
    let left = row.left() + NAME + COLUMN * COLUMNS.len() as f32 + 16.0;
    Rect::from_min_max(pos2(left, row.top()), row.right_bottom())
}
