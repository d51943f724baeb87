//! A card: what it says of a step, and how it is drawn.

use std::borrow::Cow;
use std::time::Duration;

use egui::{Align2, Color32, FontId, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::super::paint;
use super::super::tokens::Tokens;

/// The rows that a card has room for.
pub const ROWS: f32 = 5.0;
/// What is said of what is not known.
pub const UNKNOWN: &str = "—";
/// From this width on values stand in a column beside the keys, so that the eye finds them.
const WIDE: f32 = 420.0;
const KEYS: f32 = 124.0;
/// The room for the title where a card is one line.
const LINE_TITLE: f32 = 96.0;

/// What a card says.
pub struct Card {
    pub title: &'static str,
    pub state: String,
    pub color: Color32,
    /// Whether this is where things stand: its border has the state's colour.
    pub is_current: bool,
    /// Whether what it says was brought about by a fault.
    pub is_simulated: bool,
    pub rows: Vec<Row>,
    /// What needs a sentence.
    pub note: Option<String>,
    pub foot: Foot,
}

pub struct Row {
    pub key: Cow<'static, str>,
    pub value: String,
    /// What to say where the value has no room.
    pub short: Option<String>,
    pub is_code: bool,
    pub color: Option<Color32>,
}

impl Row {
    /// In words.
    pub fn words(key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), short: None, is_code: false, color: None }
    }

    /// As a program writes it.
    pub fn code(key: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        Self { is_code: true, ..Self::words(key, value) }
    }

    /// With what to say where there is no room.
    pub fn or_short(self, short: impl Into<String>) -> Self {
        Self { short: Some(short.into()), ..self }
    }
}

/// What is drawn below the rows.
pub enum Foot {
    Nothing,
    Bar { share: f32, color: Color32 },
    Line { values: Vec<Duration> },
}

impl Card {
    /// Where many stand side by side what follows is left out of the state.
    pub fn draw(&self, ui: &mut Ui, tokens: &Tokens, rect: Rect, is_one_of_many: bool) {
        let (color, size) = (&tokens.color, &tokens.size);
        let border = if self.is_current { self.color.gamma_multiply(0.7) } else { *color.border };
        let stroke = Stroke::new(1.0, border);
        ui.painter().rect(rect, size.card_radius, *color.card, stroke, StrokeKind::Inside);

        paint::describe(ui, rect, Role::Label, &format!("{}: {}", self.title, self.state));
        let inside = rect.shrink(size.pad);
        let head = Rect::from_min_size(inside.min, vec2(inside.width(), 18.0));
        let title = paint::selectable_cut_text(
            ui,
            head,
            Align2::LEFT_CENTER,
            self.title,
            tokens.bold(size.text),
            *color.strong,
        );
        let rest = Rect::from_min_max(pos2(title.rect.right() + 8.0, head.top()), head.max);
        let state = match self.state.split_once(" — ") {
            Some((state, _)) if is_one_of_many => state,
            _ => &self.state,
        };
        paint::selectable_cut_text(ui, rest, Align2::RIGHT_CENTER, state, tokens.bold(size.small), self.color);

        let mut top = head.bottom() + 6.0;
        for row in &self.rows {
            let line = Rect::from_min_size(pos2(inside.left(), top), vec2(inside.width(), size.card_row));
            let small = FontId::proportional(size.small);
            let key = paint::selectable_cut_text(ui, line, Align2::LEFT_CENTER, &row.key, small.clone(), *color.muted);
            let font = if row.is_code && row.value != UNKNOWN { tokens.mono() } else { small };
            let is_wide = inside.width() > WIDE;
            let (left, align) = if is_wide {
                (inside.left() + KEYS, Align2::LEFT_CENTER)
            } else {
                (key.rect.right() + 8.0, Align2::RIGHT_CENTER)
            };
            let place = Rect::from_min_max(pos2(left, line.top()), line.max);
            let value_color = row.color.unwrap_or(*color.text);
            let width = ui.painter().layout_no_wrap(row.value.clone(), font.clone(), value_color).size().x;
            let response = match &row.short {
                Some(short) if width > place.width() => {
                    paint::selectable_cut_text(ui, place, align, short, font, value_color).on_hover_text(&row.value)
                }
                _ => paint::selectable_cut_text(ui, place, align, &row.value, font, value_color),
            };
            if row.value != UNKNOWN {
                paint::copy_menu(&response, &row.value);
            }
            top += size.card_row;
        }
        if let Some(note) = &self.note {
            let galley =
                ui.painter().layout(note.clone(), FontId::proportional(size.small), self.color, inside.width());
            let place = Rect::from_min_size(pos2(inside.left(), top + 2.0), galley.size());
            let response = paint::describe(ui, place, Role::Label, note).interact(Sense::CLICK | Sense::DRAG);
            paint::selectable(ui, &response, place.min, galley, self.color);
            paint::copy_menu(&response, note);
        }
        if self.is_simulated {
            let left = inside.right() - paint::badge_width(ui, "SIMULATED");
            let on_border = Rect::from_center_size(pos2(left, rect.top()), vec2(0.0, 0.0));
            paint::badge(ui, on_border, "SIMULATED");
        }
        let foot = Rect::from_min_max(pos2(inside.left(), inside.bottom() - 4.0), inside.max);
        match &self.foot {
            Foot::Nothing => {}
            Foot::Bar { share, color } => paint::bar(ui, foot, *share, *color),
            Foot::Line { values } => sparkline(ui, foot.expand2(vec2(0.0, 4.0)), values, *color.accent),
        }
    }
}

impl Card {
    /// Draws it as one line; what has no room is told under the pointer.
    pub fn draw_line(&self, ui: &mut Ui, tokens: &Tokens, rect: Rect) {
        let (color, size) = (&tokens.color, &tokens.size);
        paint::describe(ui, rect, Role::Label, &format!("{}: {}", self.title, self.state));
        let title = rect.with_max_x(rect.left() + LINE_TITLE);
        paint::cut_text(ui, title, Align2::LEFT_CENTER, self.title, tokens.bold(size.text), *color.strong);
        let mut rest = rect.with_min_x(title.right());
        let state = self.state.split(" — ").next().unwrap_or_default();
        let state = paint::cut_text(ui, rest, Align2::RIGHT_CENTER, state, tokens.bold(size.small), self.color);
        rest.set_right(state.rect.left() - 10.0);
        if self.is_simulated {
            rest.set_right(rest.right() - paint::badge_width(ui, "SIMULATED") - 10.0);
            paint::badge(ui, rest.with_min_x(rest.right() + 10.0), "SIMULATED");
        }
        let known = self.rows.iter().filter(|row| row.value != UNKNOWN);
        let rows = known.map(|row| format!("{} {}", row.key, row.value)).chain(self.note.clone());
        let text = rows.collect::<Vec<_>>().join(" · ");
        paint::cut_text(ui, rest, Align2::LEFT_CENTER, &text, FontId::proportional(size.small), *color.muted);
    }
}

fn sparkline(ui: &Ui, rect: Rect, values: &[Duration], color: Color32) {
    let highest = values.iter().max().map_or(0.0, Duration::as_secs_f32);
    if values.len() < 2 || highest <= 0.0 {
        return;
    }
    let step = rect.width() / (values.len() - 1) as f32;
    let point = |(index, value): (usize, &Duration)| {
        pos2(rect.left() + index as f32 * step, rect.bottom() - rect.height() * value.as_secs_f32() / highest)
    };
    ui.painter().add(Shape::line(values.iter().enumerate().map(point).collect(), Stroke::new(1.5, color)));
}
