//! What reconnect rules do to a server: inputs, the attempts over time, the rules side by side.

mod chart;
mod inputs;
mod rules;
mod simulation;

use egui::{Key, Rect, RichText, ScrollArea, Ui, UiBuilder, pos2, vec2};

use super::super::command::UiCommand;
use super::super::paint;
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{Tab, TabId};
use super::super::table::Sorting;
use super::super::tokens::Tokens;
use crate::herd::{best, cells};
use simulation::{HerdView, RESET_POLICY, Results, SIMULATE};

const INPUTS: f32 = 232.0;
const LOWEST_CHART: f32 = 220.0;

/// The panel.
pub static PANEL: Panel = Panel {
    show,
    commands: || vec![&SIMULATE, &RESET_POLICY],
    ..Panel::new(Tab {
        key: Some(Key::Num8),
        wants_room: true,
        apply_results: |state| {
            state.own.get_mut::<HerdView>().apply();
        },
        tick: |state| state.own.get::<HerdView>()?.tick(state.pace.countdown),
        ..Tab::new(
            TabId("herd"),
            |_| "Herd".into(),
            "What a reconnect rule does to a server when thousands of clients follow it",
        )
    })
};

fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    let size = &Tokens::at(ui).size;
    let all = ui.available_rect_before_wrap();
    let left = Rect::from_min_max(all.min, pos2(all.left() + INPUTS, all.bottom()));
    let right =
        Rect::from_min_max(pos2(left.right() + size.margin, all.top()), pos2(all.right() - size.pad, all.bottom()));
    let mut column = ui.new_child(UiBuilder::new().max_rect(left).id_salt("herd inputs"));
    inputs::show(&mut column, state, asked);
    let mut column = ui.new_child(UiBuilder::new().max_rect(right).id_salt("herd results"));
    column.shrink_clip_rect(right);
    let herd = state.own.get_mut::<HerdView>();
    let is_stale = herd.is_stale();
    match &herd.results {
        Some(results) => {
            let all = ScrollArea::vertical().id_salt("herd results").auto_shrink(false);
            let height = column.available_height();
            let draw = |ui: &mut Ui| show_results(ui, results, herd.compared, &mut herd.sorting, is_stale, height);
            let compared = all.show(&mut column, draw).inner;
            herd.compared = compared.unwrap_or(herd.compared);
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
fn show_results(
    ui: &mut Ui,
    results: &Results,
    compared: usize,
    sorting: &mut Sorting,
    is_stale: bool,
    height: f32,
) -> Option<usize> {
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
    chart::show(ui, results, compared, (height - above - rules::height(tokens, results)).max(LOWEST_CHART));
    rules::show(ui, results, compared, sorting)
}

/// Which rule is kinder to the server and which is back first, in a sentence.
fn conclusion(results: &Results) -> String {
    let Some((kindest, quickest)) = best(results.rules.iter().map(|(_, outcome)| outcome)) else {
        return "No rule brings all clients back".to_owned();
    };
    let result_of = |place: usize, column: usize| {
        let (rule, outcome) = &results.rules[place];
        let [mean, .., busiest, _] = cells(outcome);
        (rule.name().to_owned(), if column == rules::MEAN { mean } else { busiest })
    };
    let ((kindest, busiest), (quickest, mean)) = (result_of(kindest, rules::BUSIEST), result_of(quickest, rules::MEAN));
    let (_, own_busiest) = result_of(0, rules::BUSIEST);
    let (own, own_mean) = result_of(0, rules::MEAN);
    format!(
        "{own}: {own_busiest} of the herd in the busiest second, back after {own_mean} on average. Kindest to the \
         server: {kindest} ({busiest}). Back first: {quickest} ({mean})."
    )
}
