//! The steps as cards: JWT, ticket, WebSocket, and a service's greeting.

mod card;
mod socket;
mod step;
mod ticket;
mod token;

use egui::{Color32, Rect, Shape, Stroke, StrokeKind, Ui, pos2, vec2};

use super::state::State;
use super::tokens::Tokens;
use card::{Card, ROWS};

const ARROW: f32 = 26.0;
const NARROW_ARROW: f32 = 18.0;
/// Below this width the cards stand closer.
const NARROW: f32 = 720.0;

/// Cards that would be narrower are one line each.
const LEAST: f32 = 150.0;
/// The height of such a line.
const LINE: f32 = 24.0;

/// Draws them side by side, or below one another where there is no room for that.
pub fn show(ui: &mut Ui, state: &State) {
    let tokens = Tokens::at(ui);
    let size = &tokens.size;
    let height = 2.0 * size.pad + 24.0 + ROWS * size.card_row + 12.0;
    let mut all = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
    let gap = if all.width() < NARROW { NARROW_ARROW } else { ARROW };
    let cards: Vec<Card> = [token::card(state, tokens), ticket::card(state, tokens), socket::card(state, tokens)]
        .into_iter()
        .chain(socket::greeting(state, tokens))
        .collect();
    let count = cards.len() as f32;
    let width = ((all.width() - (count - 1.0) * gap) / count).floor();
    if width < LEAST {
        all.set_height(count * LINE + size.pad);
        ui.painter().rect(all, size.card_radius, *tokens.color.card, tokens.outline(), StrokeKind::Inside);
        for (index, card) in cards.iter().enumerate() {
            let top = all.top() + size.pad / 2.0 + index as f32 * LINE;
            let line = Rect::from_min_size(pos2(all.left(), top), vec2(all.width(), LINE));
            card.draw_line(ui, tokens, line.shrink2(vec2(size.pad, 0.0)));
        }
        ui.advance_cursor_after_rect(all);
        return;
    }
    for (index, card) in cards.iter().enumerate() {
        let left = all.left() + index as f32 * (width + gap);
        let rect = Rect::from_min_size(pos2(left, all.top()), vec2(width, height));
        card.draw(ui, tokens, rect, cards.len() > 3);
        if index > 0 {
            arrow(ui, pos2(left - gap / 2.0, rect.center().y), *tokens.color.muted);
        }
    }
    ui.advance_cursor_after_rect(all);
}

fn arrow(ui: &Ui, center: egui::Pos2, color: Color32) {
    let stroke = Stroke::new(1.3, color);
    let tip = center + vec2(5.5, 0.0);
    ui.painter().line_segment([center - vec2(6.0, 0.0), tip], stroke);
    ui.painter().add(Shape::line(vec![tip - vec2(4.0, 4.0), tip, tip - vec2(4.0, -4.0)], stroke));
}
