//! Every close of an open socket so far, newest first unless it is sorted otherwise.

use std::cmp::Ordering;

use egui::{Align2, Color32, FontId, Key, Layout, Rect, ScrollArea, Ui, pos2, vec2};
use egui_extras::{Column, TableBuilder};

use super::super::paint;
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{Tab, TabId};
use super::super::table::{self, Direction, Sorting};
use super::super::tokens::Tokens;
use crate::model::{CloseEntry, DisplayDuration};
use crate::view::{AfterClose, CloseRecord};

/// The columns, and how wide they are to begin with; what is left belongs to the meaning.
const COLUMNS: [(&str, f32); 7] = [
    ("Time", 64.0),
    ("Code", 40.0),
    ("Reason", 136.0),
    ("Clean", 46.0),
    ("Open for", 66.0),
    ("What it means", 60.0),
    ("The client", 92.0),
];
const TIME: usize = 0;
const CODE: usize = 1;
const REASON: usize = 2;
const CLEAN: usize = 3;
const OPEN_FOR: usize = 4;
const MEANING: usize = 5;
/// No column is narrower.
const NARROWEST: f32 = 30.0;

/// How the table is sorted.
struct Order(Sorting);

impl Default for Order {
    fn default() -> Self {
        Self(Sorting::at_first(TIME, Direction::Descending))
    }
}

/// The panel.
pub static PANEL: Panel = Panel {
    show: |ui, state, _| show(ui, state),
    ..Panel::new(Tab {
        key: Some(Key::Num2),
        ..Tab::new(
            TabId("closes"),
            |state| format!("Closes {}", state.closes()).into(),
            "Every close of an open socket so far, and what its code means",
        )
    })
};

fn show(ui: &mut Ui, state: &mut State) {
    if state.pane.view.snapshot().closes.is_empty() {
        paint::empty(ui, "No socket has closed so far");
        return;
    }
    let mut sorting = state.own.get_mut::<Order>().0;
    let tokens = Tokens::at(ui);
    let row = tokens.size.log_row + 3.0;
    let closes = &state.pane.view.snapshot().closes;
    let order = sorting.order(closes.len(), |column, a, b| match (closes.get(a), closes.get(b)) {
        (Some(one), Some(other)) => compare(column, (a, one), (b, other)),
        _ => Ordering::Equal,
    });
    let dropped = state.pane.view.snapshot().closes_dropped;
    let gone = format!("{dropped} older closes are gone");
    ui.spacing_mut().item_spacing = vec2(table::GAP, 0.0);
    // In a narrow window the columns have no room beside each other.
    ScrollArea::horizontal().id_salt("closes").auto_shrink(false).show(ui, |ui| {
        let mut builder = TableBuilder::new(ui).id_salt("closes").resizable(true).auto_shrink(false);
        builder = builder.cell_layout(Layout::left_to_right(egui::Align::Center));
        for (index, (_, width)) in COLUMNS.into_iter().enumerate() {
            let column = if index == MEANING { Column::remainder() } else { Column::initial(width) };
            let least = if index == MEANING { width } else { NARROWEST };
            builder = builder.column(column.at_least(least).clip(true));
        }
        let table = builder.header(row + 2.0, |mut header| {
            for (index, (title, _)) in COLUMNS.into_iter().enumerate() {
                header.col(|ui| table::title(ui, title, Align2::LEFT_CENTER, index, &mut sorting));
            }
        });
        table.body(|body| {
            body.rows(row, order.len() + usize::from(dropped > 0), |mut row| {
                match order.get(row.index()).and_then(|at| closes.get(*at)) {
                    Some(record) => {
                        let texts = texts(state, record);
                        for (index, text) in texts.iter().enumerate() {
                            row.col(|ui| show_cell(ui, tokens, record, index, text));
                        }
                    }
                    None => (0..COLUMNS.len()).for_each(|index| {
                        row.col(|ui| {
                            if index == MEANING {
                                let small = FontId::proportional(tokens.size.small);
                                table::cell(ui, Align2::LEFT_CENTER, &gone, small, *tokens.color.muted);
                            }
                        });
                    }),
                }
            });
        });
    });
    state.own.get_mut::<Order>().0 = sorting;
}

/// Compares two closes, each with its place in time, by what stands in `column`.
fn compare(column: usize, (a, one): (usize, &CloseRecord), (b, other): (usize, &CloseRecord)) -> Ordering {
    match column {
        TIME => a.cmp(&b),
        CODE => one.close.code.cmp(&other.close.code),
        REASON => one.close.reason.as_str().cmp(other.close.reason.as_str()),
        CLEAN => one.close.was_clean.cmp(&other.close.was_clean),
        OPEN_FOR => one.open_for.cmp(&other.open_for),
        MEANING => one.close.meaning().cmp(&other.close.meaning()),
        _ => one.after.words().cmp(other.after.words()),
    }
}

fn texts(state: &State, record: &CloseRecord) -> [String; 7] {
    let CloseRecord { time, close, open_for, after, .. } = record;
    [
        state.pane.calendar.time(*time),
        close.told_code(),
        if close.reason.is_empty() { "none".to_owned() } else { close.reason.as_str().to_owned() },
        if close.was_clean { "yes" } else { "no" }.to_owned(),
        open_for.map_or_else(|| "not known".to_owned(), |open_for| DisplayDuration(open_for).to_string()),
        match after {
            // Nothing has to be explained.
            AfterClose::ByPerson | AfterClose::InOrder => close.meaning().to_string(),
            AfterClose::Reconnects | AfterClose::Stops => {
                format!("{}; usual cause: {}", close.meaning(), close.entry().usual_cause)
            }
        },
        after.words().to_owned(),
    ]
}

fn show_cell(ui: &mut Ui, tokens: &Tokens, record: &CloseRecord, index: usize, text: &str) {
    let color = &tokens.color;
    let CloseRecord { close, after, simulated, .. } = record;
    let font = if index <= REASON { tokens.mono() } else { FontId::proportional(tokens.size.small) };
    let text_color: Color32 = match (index, after) {
        (TIME, _) => *color.muted,
        (REASON, _) if close.reason.is_empty() => *color.muted,
        (CLEAN, _) if !close.was_clean => *color.warn,
        (TIME..=MEANING, _) => *color.text,
        (_, AfterClose::Reconnects) => *color.warn,
        (_, AfterClose::Stops) => *color.bad,
        (_, AfterClose::ByPerson | AfterClose::InOrder) => *color.muted,
    };
    let mut place = ui.max_rect();
    let badge = paint::badge_width(ui, "SIMULATED") + 6.0;
    if index == MEANING && simulated.is_some() {
        place.max.x -= badge;
    }
    let response = paint::cut_text(ui, place, Align2::LEFT_CENTER, text, font, text_color);
    let response = match index {
        CODE..=CLEAN => {
            let CloseEntry { name, meaning, usual_cause, client } = close.entry();
            let advice = close.code.advice();
            let advice = advice.map_or_else(String::new, |advice| format!("\nA client should: {advice}"));
            response
                .on_hover_text(format!("{name}: {meaning}\nUsual cause: {usual_cause}{advice}\nThis client {client}"))
        }
        _ => response,
    };
    if let (MEANING, Some(fault)) = (index, simulated) {
        let at = Rect::from_min_size(pos2(response.rect.right() + 6.0, place.top()), vec2(badge, place.height()));
        let drawn = paint::badge(ui, at, "SIMULATED");
        let badge = paint::describe(ui, drawn, egui::Role::Label, "SIMULATED");
        badge.on_hover_text(format!("Brought about by the fault “{fault}”"));
    }
}
