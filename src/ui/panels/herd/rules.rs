//! The rules side by side: what each does to the server and to its users.

use std::cmp::Ordering;

use egui::{Align2, Color32, FontId, Layout, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, vec2};
use egui_extras::{Column, TableBuilder};

use super::super::super::table::{self, Sorting};
use super::super::super::tokens::Tokens;
use super::simulation::Results;
use crate::herd::{COLUMNS, Outcome, Rule, best, cells, compare};

/// The columns that say how a rule treats the server and its users.
pub(super) const MEAN: usize = 0;
const NOT_BACK: usize = 3;
pub(super) const BUSIEST: usize = 5;

const NAME: f32 = 106.0;
const COLUMN: f32 = 50.0;
/// The column of the rules' terms has what the others leave, and so much at least.
const TERMS: f32 = 80.0;
/// No column is narrower.
const NARROWEST: f32 = 30.0;

fn head_height(tokens: &Tokens) -> f32 {
    2.0 * tokens.size.small + 8.0
}

/// How high the table and its legend are.
pub(super) fn height(tokens: &Tokens, results: &Results) -> f32 {
    results.rules.len() as f32 * tokens.size.log_row + head_height(tokens) + tokens.size.log_row + 20.0
}

/// Draws them; returns the rule that is to be compared with the profile's in the chart, if another one was chosen.
pub(super) fn show(ui: &mut Ui, results: &Results, compared: usize, sorting: &mut Sorting) -> Option<usize> {
    let tokens = Tokens::at(ui);
    let mut chosen = None;
    let best = best(results.rules.iter().map(|(_, outcome)| outcome));
    let order = sorting.order(results.rules.len(), |column, a, b| match (results.rules.get(a), results.rules.get(b)) {
        (Some(one), Some(other)) => compare_rules(column, one, other),
        _ => Ordering::Equal,
    });
    ui.spacing_mut().item_spacing = vec2(table::GAP, 0.0);
    ScrollArea::horizontal().id_salt("herd rules").auto_shrink([false, true]).show(ui, |ui| {
        let mut builder = TableBuilder::new(ui).id_salt("herd rules").resizable(true).vscroll(false);
        builder = builder.sense(Sense::CLICK).cell_layout(Layout::left_to_right(egui::Align::Center));
        builder = builder.column(Column::initial(NAME).at_least(NARROWEST).clip(true));
        builder = builder.columns(Column::initial(COLUMN).at_least(NARROWEST).clip(true), COLUMNS.len());
        builder = builder.column(Column::remainder().at_least(TERMS).clip(true));
        let with_head = builder.header(head_height(tokens), |mut header| {
            header.col(|ui| table::title(ui, "\nRule", Align2::LEFT_CENTER, 0, sorting));
            for (index, text) in COLUMNS.iter().enumerate() {
                let text = text.replacen(' ', "\n", 1);
                header.col(|ui| table::title(ui, &text, Align2::RIGHT_CENTER, index + 1, sorting));
            }
            header.col(|ui| table::title(ui, "\nTerms", Align2::LEFT_CENTER, COLUMNS.len() + 1, sorting));
        });
        with_head.body(|body| {
            body.rows(tokens.size.log_row, order.len(), |mut row| {
                let Some((place, (rule, outcome))) =
                    order.get(row.index()).and_then(|place| Some((*place, results.rules.get(*place)?)))
                else {
                    return;
                };
                let is_drawn = place == 0 || place == compared;
                row.set_selected(is_drawn);
                let is_best = best.map(|(kindest, quickest)| (kindest == place, quickest == place));
                let mut is_pressed = false;
                row.col(|ui| is_pressed = show_name(ui, tokens, rule, is_drawn));
                for (index, text) in cells(outcome).into_iter().enumerate() {
                    row.col(|ui| show_number(ui, tokens, outcome, index, &text, is_best.unwrap_or_default()));
                }
                row.col(|ui| {
                    let font = FontId::proportional(tokens.size.section);
                    table::cell(ui, Align2::LEFT_CENTER, &rule.to_string(), font, *tokens.color.muted);
                });
                if (is_pressed || row.response().clicked()) && place > 0 {
                    chosen = Some(place);
                }
            });
        });
    });
    ui.add_space(4.0);
    let small = FontId::proportional(tokens.size.small);
    let legend = RichText::new("* only its delays are simulated, not its client").font(small);
    ui.label(legend.color(*tokens.color.muted));
    chosen
}

/// Compares two rules by what stands in `column`.
fn compare_rules(column: usize, (one, of_one): &(Rule, Outcome), (other, of_other): &(Rule, Outcome)) -> Ordering {
    match column {
        0 => one.name().cmp(other.name()),
        column if column <= COLUMNS.len() => compare(column - 1, of_one, of_other),
        column if column == COLUMNS.len() + 1 => one.to_string().cmp(&other.to_string()),
        _ => Ordering::Equal,
    }
}

/// Draws the rule's name; returns whether it was pressed.
fn show_name(ui: &mut Ui, tokens: &Tokens, rule: &Rule, is_drawn: bool) -> bool {
    let response = ui.interact(ui.max_rect(), ui.scope_id().with("rule"), Sense::click());
    let name = if rule.is_real_machine() { rule.name().to_owned() } else { format!("{} *", rule.name()) };
    let small = FontId::proportional(tokens.size.small);
    table::cell(ui, Align2::LEFT_CENTER, &name, small, *tokens.color.strong);
    if response.has_focus() {
        let stroke = tokens.outline();
        ui.painter().rect_stroke(response.rect, tokens.size.radius, stroke, egui::StrokeKind::Inside);
    }
    response.widget_info(|| WidgetInfo::selected(Role::Row, true, is_drawn, rule.name()));
    let what = if rule.is_real_machine() {
        "The real client of this program runs, once for each of the herd"
    } else {
        "Only the delays of this library are simulated, not its client"
    };
    let tip = format!("{}\n{what}\nClick to compare it in the chart", rule.name());
    response.on_hover_text(tip).clicked()
}

fn show_number(
    ui: &mut Ui,
    tokens: &Tokens,
    outcome: &Outcome,
    index: usize,
    text: &str,
    (is_kindest, is_quickest): (bool, bool),
) {
    let color = &tokens.color;
    let is_best = (index == MEAN && is_quickest) || (index == BUSIEST && is_kindest);
    let is_bad = index == NOT_BACK && outcome.recovered < outcome.clients;
    let (text, ink): (_, Color32) = match (is_best, is_bad) {
        (true, _) => (format!("✓ {text}"), *color.good),
        (false, true) => (text.to_owned(), *color.bad),
        (false, false) => (text.to_owned(), *color.text),
    };
    table::cell(ui, Align2::RIGHT_CENTER, &text, FontId::proportional(tokens.size.small), ink);
}
