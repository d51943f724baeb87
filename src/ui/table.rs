//! Tables: columns that are resized with the pointer and sorted by a press on their title.

use std::cmp::Ordering;

use egui::accesskit::SortDirection;
use egui::{Align2, FontId, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::paint;
use super::tokens::Tokens;

/// Between two columns.
pub const GAP: f32 = 10.0;
/// The room for the sign of the direction beside a title.
const SIGN: f32 = 12.0;

/// How rows are sorted by a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    Ascending,
    /// The largest first.
    Descending,
}

/// By which column a table is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sorting {
    by: Option<(usize, Direction)>,
    at_first: Option<(usize, Direction)>,
}

impl Sorting {
    /// A table that is sorted like this at first; with the default the rows stay in their own order.
    pub const fn at_first(column: usize, direction: Direction) -> Self {
        let by = Some((column, direction));
        Self { by, at_first: by }
    }

    /// In which direction the table is sorted by `column`, if it is.
    fn direction(self, column: usize) -> Option<Direction> {
        self.by.filter(|(by, _)| *by == column).map(|(_, direction)| direction)
    }

    /// The numbers below `count`, in the order in which rows are shown that `compare` compares by a column. Equal rows
    /// stay in their own order.
    pub fn order(self, count: usize, compare: impl Fn(usize, usize, usize) -> Ordering) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        if let Some((column, direction)) = self.by {
            order.sort_by(|a, b| match direction {
                Direction::Ascending => compare(column, *a, *b),
                Direction::Descending => compare(column, *b, *a),
            });
        }
        order
    }

    /// A press on the title of `column`: it goes up, then down, then as at first.
    fn press(&mut self, column: usize) {
        self.by = match self.direction(column) {
            None => Some((column, Direction::Ascending)),
            Some(Direction::Ascending) => Some((column, Direction::Descending)),
            Some(Direction::Descending) if self.by == self.at_first => Some((column, Direction::Ascending)),
            Some(Direction::Descending) => self.at_first,
        };
    }
}

/// The title of `column` in the cell that is `ui`; a press sorts by it, and another one the other way round. A title of
/// two lines has a line break.
pub fn title(ui: &mut Ui, text: &str, align: Align2, column: usize, sorting: &mut Sorting) {
    let tokens = Tokens::at(ui);
    let place = ui.max_rect();
    let response = ui.interact(place, ui.scope_id().with("title"), Sense::click());
    let direction = sorting.direction(column);
    let ink = if direction.is_some() || response.hovered() { *tokens.color.strong } else { *tokens.color.muted };
    let sign = match direction {
        None => "",
        Some(Direction::Ascending) => "▴",
        Some(Direction::Descending) => "▾",
    };
    let room = if direction.is_some() { SIGN } else { 0.0 };
    let (words, sign_at, sign_align) = if align.x() == egui::Align::Max {
        (place.with_min_x(place.left() + room), pos2(place.left(), place.bottom() - 1.0), Align2::LEFT_BOTTOM)
    } else {
        let words = place.with_max_x((place.right() - room).max(place.left()));
        (words, pos2(place.right(), place.bottom() - 1.0), Align2::RIGHT_BOTTOM)
    };
    let small = FontId::proportional(tokens.size.small);
    let lines: Vec<&str> = text.split('\n').collect();
    let height = words.height() / lines.len() as f32;
    for (number, line) in lines.iter().enumerate() {
        let top = words.top() + number as f32 * height;
        let line_place = Rect::from_min_size(pos2(words.left(), top), vec2(words.width(), height));
        let mut job = egui::text::LayoutJob::simple_singleline((*line).to_owned(), small.clone(), ink);
        job.wrap = egui::text::TextWrapping::truncate_at_width(line_place.width());
        let galley = ui.painter().layout_job(job);
        ui.painter().galley(align.align_size_within_rect(galley.size(), line_place).min, galley, ink);
    }
    ui.painter().text(sign_at, sign_align, sign, small, ink);
    if response.clicked() {
        sorting.press(column);
    }
    paint::focus(ui, place, &response);
    let spoken = lines.join(" ");
    response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, spoken.trim()));
    if let Some(direction) = direction {
        let direction = match direction {
            Direction::Ascending => SortDirection::Ascending,
            Direction::Descending => SortDirection::Descending,
        };
        ui.ctx().accesskit_node_builder(response.id, |node| node.set_sort_direction(direction));
    }
    response.on_hover_text("Press to sort by it, again for the other way round; drag its right edge for more room");
}

/// A text in the cell that is `ui`, cut where it ends.
pub fn cell(ui: &mut Ui, align: Align2, text: &str, font: FontId, color: egui::Color32) -> Response {
    let place = ui.max_rect();
    paint::cut_text(ui, place, align, text, font, color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presses_sort_up_then_down_then_as_at_first() {
        let rows = [(3, 'a'), (1, 'b'), (2, 'a')];
        let order = |sorting: Sorting| {
            sorting.order(rows.len(), |column, a, b| match column {
                0 => rows[a].0.cmp(&rows[b].0),
                _ => rows[a].1.cmp(&rows[b].1),
            })
        };
        let sequences = |mut sorting: Sorting, column: usize| {
            [(); 3].map(|()| {
                sorting.press(column);
                order(sorting)
            })
        };
        let (own, newest) = (Sorting::default(), Sorting::at_first(0, Direction::Descending));
        assert_eq!((order(own), order(newest)), (vec![0, 1, 2], vec![0, 2, 1]));
        // Equal rows keep their order.
        assert_eq!(sequences(own, 1), [vec![0, 2, 1], vec![1, 0, 2], vec![0, 1, 2]]);
        assert_eq!(sequences(newest, 1), [vec![0, 2, 1], vec![1, 0, 2], vec![0, 2, 1]]);
        assert_eq!(sequences(newest, 0), [vec![1, 2, 0], vec![0, 2, 1], vec![1, 2, 0]]);
    }
}
