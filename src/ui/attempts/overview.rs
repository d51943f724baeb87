//! All attempts in view on one strip: where a socket was open, where attempts failed, which rows are drawn above.

use std::ops::Range;

use egui::{Id, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2};

use super::super::state::State;
use super::super::timeline;
use super::super::tokens::Tokens;
use crate::model::{Class, Moment};
use crate::view::Part;

/// The width of a column.
const COLUMN: f32 = 2.0;

/// Draws the strip at `rect`; a press brings the rows there into view.
pub(super) fn show(
    ui: &mut Ui,
    tokens: &Tokens,
    rect: Rect,
    view: (Moment, Moment),
    state: &mut State,
    all: &Range<usize>,
    rows: &Range<usize>,
) {
    let color = &tokens.color;
    let response = ui.interact(rect, Id::unique("attempts overview"), Sense::CLICK | Sense::drag());
    let name = format!("Overview of {} attempts; press to see those at that time", all.len());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    ui.painter().rect_filled(rect, 2, *color.field);
    let columns = (rect.width() / COLUMN) as u32;
    let moment = |column: u32| {
        let share = f64::from(column) / f64::from(columns.max(1));
        view.0 + view.1.since(view.0).mul_f64(share)
    };
    let started = |at: Moment, from: usize| {
        let lanes = (from..all.end).map_while(|row| state.pane.view.attempts().lane(row));
        from + lanes.take_while(|lane| lane.start <= at).count()
    };
    let mut row = all.start;
    for column in 0..columns {
        let end = moment(column + 1);
        let next = started(end, row);
        // The lane before may have ended, or still be open, here.
        let lanes = row.saturating_sub(1).max(all.start)..next;
        let begin = moment(column);
        let outcomes = lanes.filter_map(|row| state.pane.view.attempts().lane(row)?.outcome.as_ref());
        let here = outcomes.filter(|outcome| outcome.at >= begin && outcome.at < end);
        let worst = here.filter_map(|outcome| outcome.class).max_by_key(|class| *class == Class::Hard);
        let is_open = next.checked_sub(1).is_some_and(|row| {
            let mut segments = state.pane.view.attempts().segments(row, state.pane.now);
            segments.any(|part| part.part == Part::Open && part.start < end && part.end >= begin)
        });
        let x = rect.left() + column as f32 * COLUMN;
        let bar = |share: f32| {
            Rect::from_min_max(pos2(x, rect.bottom() - share * rect.height()), pos2(x + COLUMN, rect.bottom()))
        };
        if is_open {
            ui.painter().rect_filled(bar(0.5), 0, *color.part_open);
        }
        if let Some(class) = worst {
            let ink = if class == Class::Hard { *color.bad } else { *color.warn };
            ui.painter().rect_filled(bar(1.0), 0, ink);
        }
        row = next;
    }
    let at = |row: usize| state.pane.view.attempts().lane(row).map_or(view.1, |lane| lane.start);
    let x = |at: Moment| rect.left() + timeline::position(at, view, rect.width()).clamp(0.0, rect.width());
    let (left, right) = (x(at(rows.start)), x(at(rows.end)));
    let frame = Rect::from_x_y_ranges(left..=right.max(left + 6.0).min(rect.right()), rect.y_range());
    ui.painter().rect_stroke(frame, 2, Stroke::new(1.5, color.strong), egui::StrokeKind::Outside);

    if let Some(pointer) = response.interact_pointer_pos() {
        let share = f64::from(((pointer.x - rect.left()) / rect.width()).clamp(0.0, 1.0));
        let pressed = view.0 + view.1.since(view.0).mul_f64(share);
        let target = state.pane.view.attempts().rows(pressed, pressed).end;
        let middle = rows.start + rows.len() / 2;
        state.pane.timeline.scroll(target as f64 - middle as f64);
    }
    let explained =
        "Every attempt in view: high marks are failures, low ones an open socket; framed is what is drawn above";
    response.on_hover_text_at_pointer(explained);
}
