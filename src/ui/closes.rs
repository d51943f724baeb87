//! Every close of an open socket so far, newest first.

use egui::{Align2, Color32, FontId, Rect, ScrollArea, Sense, Ui, pos2, vec2};

use super::paint;
use super::state::State;
use super::tokens::Tokens;
use crate::journal::CloseRecord;
use crate::model::{Class, CloseEntry, DisplayDuration};

const TITLES: [&str; 7] = ["Time", "Code", "Reason", "Clean", "Open for", "What it means", "The client"];
const MEANING: usize = 5;

/// The widths of the columns; what is left belongs to the meaning.
fn widths(all: f32) -> [f32; 7] {
    let mut widths = [74.0, 44.0, 146.0, 46.0, 74.0, 0.0, 104.0];
    widths[MEANING] = (all - widths.iter().sum::<f32>()).max(60.0);
    widths
}

/// Draws them.
pub fn show(ui: &mut Ui, state: &State) {
    let closes = &state.snapshot.closes;
    if closes.is_empty() {
        paint::empty(ui, "No socket has closed so far");
        return;
    }
    let tokens = Tokens::at(ui);
    let row = tokens.size.log_row + 3.0;
    ui.spacing_mut().item_spacing.y = 0.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), row + 2.0), Sense::HOVER);
    let small = FontId::proportional(tokens.size.small);
    cells(ui, rect, |ui, index, place| {
        paint::cut_text(ui, place, Align2::LEFT_CENTER, TITLES[index], small.clone(), *tokens.color.muted);
    });
    ui.painter().hline(rect.x_range(), rect.bottom(), tokens.outline());
    let older = usize::from(state.snapshot.closes_dropped > 0);
    ScrollArea::vertical().id_salt("closes").auto_shrink(false).show_rows(ui, row, closes.len() + older, |ui, rows| {
        for index in rows {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), row), Sense::HOVER);
            match closes.len().checked_sub(index + 1).and_then(|at| closes.get(at)) {
                Some(record) => show_close(ui, state, tokens, record, rect),
                None => {
                    let text = format!("{} older closes are gone", state.snapshot.closes_dropped);
                    paint::cut_text(ui, rect, Align2::LEFT_CENTER, &text, small.clone(), *tokens.color.muted);
                }
            }
        }
    });
}

fn cells(ui: &mut Ui, rect: Rect, mut draw: impl FnMut(&mut Ui, usize, Rect)) {
    let mut left = rect.left();
    for (index, width) in widths(rect.width()).into_iter().enumerate() {
        let place = Rect::from_min_max(pos2(left, rect.top()), pos2(left + width - 10.0, rect.bottom()));
        draw(ui, index, place);
        left += width;
    }
}

fn show_close(ui: &mut Ui, state: &State, tokens: &Tokens, record: &CloseRecord, rect: Rect) {
    let color = &tokens.color;
    let CloseRecord { time, close, open_for, class, simulated, .. } = record;
    let (client, client_color): (_, Color32) = match class {
        Some(Class::Soft) => ("reconnects", *color.warn),
        Some(Class::Hard) => ("stopped", *color.bad),
        None => ("closed by you", *color.muted),
    };
    let reason = if close.reason.is_empty() { "none" } else { close.reason.as_str() };
    let clean = if close.was_clean { "yes" } else { "no" };
    let texts = [
        state.calendar.time(*time),
        close.code.to_string(),
        reason.to_owned(),
        clean.to_owned(),
        DisplayDuration(*open_for).to_string(),
        format!("{}; usual cause: {}", close.meaning(), close.entry().usual_cause),
        client.to_owned(),
    ];
    cells(ui, rect, |ui, index, mut place| {
        let font = if index < 3 { tokens.mono() } else { FontId::proportional(tokens.size.small) };
        let text_color = match index {
            0 => *color.muted,
            2 if close.reason.is_empty() => *color.muted,
            3 if !close.was_clean => *color.warn,
            6 => client_color,
            _ => *color.text,
        };
        let badge = paint::badge_width(ui, "SIMULATED") + 6.0;
        if index == MEANING && simulated.is_some() {
            place.max.x -= badge;
        }
        let response = paint::cut_text(ui, place, Align2::LEFT_CENTER, &texts[index], font, text_color);
        let response = match index {
            1..=3 => {
                let CloseEntry { name, meaning, usual_cause, client } = close.entry();
                response.on_hover_text(format!("{name}: {meaning}\nUsual cause: {usual_cause}\nThis client {client}"))
            }
            _ => response,
        };
        if let (MEANING, Some(fault)) = (index, simulated) {
            let at = Rect::from_min_size(pos2(response.rect.right() + 6.0, rect.top()), vec2(badge, rect.height()));
            let drawn = paint::badge(ui, at, "SIMULATED");
            let badge = paint::describe(ui, drawn, egui::Role::Label, "SIMULATED");
            badge.on_hover_text(format!("Brought about by the fault “{fault}”"));
        }
    });
}
