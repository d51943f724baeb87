//! What comparing two recordings found, side by side.

use std::cmp::Ordering;
use std::collections::HashMap;

use egui::{Align, Align2, Frame, Label, Layout, RichText, ScrollArea, Ui, vec2};
use egui_extras::{Column, TableBuilder};

use super::super::button::{Look, button};
use super::super::command::{PlaybackCommand, UiCommand};
use super::super::playback::Side;
use super::super::state::State;
use super::super::table::{self, Sorting};
use super::super::tokens::Tokens;
use crate::replay::{Changed, Diff, Divergence, Similarity};

/// Draws it. Returns whether an entry was chosen.
pub fn show(ui: &mut Ui, tokens: &Tokens, state: &mut State, asked: &mut Vec<UiCommand>) -> bool {
    let mut sortings = std::mem::take(state.own.get_mut::<Sortings>());
    let is_chosen = show_sorted(ui, tokens, state, &mut sortings, asked);
    *state.own.get_mut::<Sortings>() = sortings;
    is_chosen
}

fn show_sorted(
    ui: &mut Ui,
    tokens: &Tokens,
    state: &State,
    sortings: &mut Sortings,
    asked: &mut Vec<UiCommand>,
) -> bool {
    let Some(found) = state.player.comparison() else { return true };
    let (color, diff) = (&tokens.color, &found.diff);
    let before = asked.len();
    let tint = match diff.result {
        Similarity::Same => *color.good,
        Similarity::OtherValues | Similarity::OtherSequence => *color.warn,
    };
    ui.horizontal(|ui| {
        let title = |text: &str| RichText::new(text).font(tokens.bold(tokens.size.title));
        ui.label(title("What differs").color(*color.strong));
        ui.label(title(diff.result.label()).color(tint));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let size = vec2(0.0, tokens.size.button);
            button(ui, state, UiCommand::Playback(PlaybackCommand::CopyDifferences), Look::Plain, None, size, asked);
        });
    });
    ui.add(Label::new(RichText::new(diff.summary()).color(*color.muted)).wrap());
    ui.add_space(6.0);
    let height = ui.ctx().content_rect().height() - 190.0;
    ScrollArea::vertical().max_height(height).min_scrolled_height(height).auto_shrink([false, true]).show(ui, |ui| {
        sides(ui, |ui, side| {
            let (name, _) = found.side(side);
            let title =
                RichText::new(format!("{side}  {name}")).font(tokens.bold(tokens.size.text)).color(*color.strong);
            ui.add(Label::new(title).truncate());
            for loss in side.of(&diff.losses_in_words()) {
                let loss = RichText::new(format!("⚠ {loss}")).size(tokens.size.small).color(*color.warn);
                ui.add(Label::new(loss).wrap());
            }
        });
        if let Some(divergence) = &diff.first {
            part(ui, tokens, state, diff, divergence, sortings, asked);
        }
        let sections = [
            ("Profile, rules and versions", &diff.header),
            ("Numbers", &diff.numbers),
            ("Entry by entry", &diff.values.listed),
        ];
        for (title, changes) in sections.into_iter().filter(|(_, changes)| !changes.is_empty()) {
            ui.add_space(10.0);
            ui.label(RichText::new(title).font(tokens.bold(tokens.size.text)).color(*color.strong));
            table(ui, tokens, state, title, changes, sortings, asked);
        }
        if diff.values.more > 0 {
            ui.label(RichText::new(format!("… and {} more", diff.values.more)).color(*color.muted));
        }
    });
    asked.len() > before && asked.last() != Some(&UiCommand::Playback(PlaybackCommand::CopyDifferences))
}

/// Draws something for each of the two, beside each other.
fn sides(ui: &mut Ui, mut draw: impl FnMut(&mut Ui, Side)) {
    ui.columns(2, |columns| {
        for (ui, side) in columns.iter_mut().zip(Side::BOTH) {
            // Not justified, as columns are.
            ui.with_layout(Layout::top_down(Align::Min), |ui| draw(ui, side));
        }
    });
}

/// The steps around the place where the two courses part.
fn part(
    ui: &mut Ui,
    tokens: &Tokens,
    state: &State,
    diff: &Diff,
    divergence: &Divergence,
    sortings: &mut Sortings,
    asked: &mut Vec<UiCommand>,
) {
    let color = &tokens.color;
    sides(ui, |ui, side| {
        for steps in &divergence.before {
            let title = RichText::new(side.of(steps).title()).font(tokens.mono()).color(*color.muted);
            ui.add(Label::new(title).wrap());
        }
    });
    sides(ui, |ui, side| {
        let frame = Frame::new().inner_margin(tokens.size.pad / 2.0).stroke(tokens.outline());
        frame.corner_radius(tokens.size.radius).show(ui, |ui| {
            ui.set_width(ui.available_width());
            let said = RichText::new(diff.said(side as usize)).font(tokens.mono()).color(*color.strong);
            ui.add(Label::new(said).wrap());
            let step = match side {
                Side::A => &divergence.a,
                Side::B => &divergence.b,
            };
            if let Some(step) = step {
                let command = UiCommand::Playback(PlaybackCommand::JumpToIn(side, step.seq));
                button(ui, state, command, Look::Plain, None, vec2(0.0, tokens.size.button), asked);
            }
        });
    });
    if !divergence.fields.is_empty() {
        table(ui, tokens, state, "The step that differs", &divergence.fields, sortings, asked);
    }
}

/// The columns of a table.
const WHAT: usize = 0;
/// The share of the width that [`WHAT`] has at first.
const WHAT_SHARE: f32 = 0.26;
/// No column is narrower.
const NARROWEST: f32 = 60.0;
/// Above and below the text of a cell.
const PAD: f32 = 3.0;

/// How the tables are sorted, by their name; at first as they were found.
#[derive(Default)]
struct Sortings(HashMap<&'static str, Sorting>);

/// What changed, and its value in each of the two; a click on that leads to its entry.
fn table(
    ui: &mut Ui,
    tokens: &Tokens,
    state: &State,
    name: &'static str,
    changes: &[Changed],
    sortings: &mut Sortings,
    asked: &mut Vec<UiCommand>,
) {
    let color = &tokens.color;
    let sorting = sortings.0.entry(name).or_default();
    let order = sorting.order(changes.len(), |column, a, b| match (changes.get(a), changes.get(b)) {
        (Some(one), Some(other)) => text(one, column).cmp(text(other, column)),
        _ => Ordering::Equal,
    });
    ui.spacing_mut().item_spacing = vec2(table::GAP, 0.0);
    let width = ui.available_width();
    let mut builder = TableBuilder::new(ui).id_salt(name).resizable(true).vscroll(false);
    builder = builder.cell_layout(Layout::top_down(Align::Min));
    let of_value = width * (1.0 - WHAT_SHARE) / 2.0 - table::GAP;
    for column in [Column::initial(width * WHAT_SHARE), Column::initial(of_value), Column::remainder()] {
        builder = builder.column(column.at_least(NARROWEST).clip(true));
    }
    let table = builder.header(tokens.size.log_row + 2.0, |mut header| {
        for (index, title) in ["What", "A", "B"].into_iter().enumerate() {
            header.col(|ui| table::title(ui, title, Align2::LEFT_CENTER, index, sorting));
        }
    });
    table.body(|mut body| {
        let (what_font, value_font) = (tokens.font(), tokens.mono());
        let painter = body.ui_mut().painter().clone();
        let widths = body.widths().to_vec();
        let height = |changed: &Changed| {
            let heights = widths.iter().enumerate().map(|(column, width)| {
                let font = if column == WHAT { what_font.clone() } else { value_font.clone() };
                painter.layout(text(changed, column).to_owned(), font, *color.text, *width).size().y
            });
            heights.fold(0.0, f32::max) + 2.0 * PAD
        };
        let rows: Vec<&Changed> = order.iter().filter_map(|place| changes.get(*place)).collect();
        let heights: Vec<f32> = rows.iter().map(|changed| height(changed)).collect();
        body.heterogeneous_rows(heights.into_iter(), |mut row| {
            let Some(changed) = rows.get(row.index()) else { return };
            row.set_overline(true);
            row.col(|ui| {
                ui.add_space(PAD);
                let what = RichText::new(text(changed, WHAT)).font(what_font.clone()).color(*color.muted);
                ui.add(Label::new(what).wrap());
            });
            for side in Side::BOTH {
                row.col(|ui| show_value(ui, tokens, state, changed, side, asked));
            }
        });
    });
}

/// What stands in a column.
fn text(changed: &Changed, column: usize) -> &str {
    match column {
        WHAT => changed.what.as_str(),
        1 => changed.a.as_str(),
        _ => changed.b.as_str(),
    }
}

fn show_value(ui: &mut Ui, tokens: &Tokens, state: &State, changed: &Changed, side: Side, asked: &mut Vec<UiCommand>) {
    ui.add_space(PAD);
    let value = RichText::new(match side {
        Side::A => changed.a.as_str(),
        Side::B => changed.b.as_str(),
    });
    let value = value.font(tokens.mono()).color(*tokens.color.strong);
    match side.of(&changed.entries) {
        None => {
            ui.add(Label::new(value).wrap());
        }
        Some(seq) => {
            let command = UiCommand::Playback(PlaybackCommand::JumpToIn(side, *seq));
            let link = ui.add(egui::Link::new(value)).on_hover_text(command.explanation(state));
            if link.clicked() {
                asked.push(command);
            }
        }
    }
}
