//! The rule as a picture: what each retry would wait, what was waited, and the wait that is going on.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use egui::{Align2, Color32, FontId, Mesh, Pos2, Rect, Role, Shape, Stroke, Ui, pos2, vec2};

use super::super::paint;
use super::super::state::State;
use super::super::tokens::Tokens;
use super::words::{millis, why};
use crate::model::{Backoff, Delay, DisplayDuration};
use crate::view::Status;

/// Retries on the curve: at least, and at most.
const FEWEST: u32 = 7;
const MOST: u32 = 18;
/// The first ones, on which a rule shows: they are always there.
const FIRST: u32 = 6;
/// A wait that the server asked for may stretch the scale so far; a longer one is drawn above it.
const STRETCH: f64 = 2.0;
/// The room above the scale for waits that are off it.
const ABOVE: f32 = 16.0;

/// Which retries are shown: the first ones and, after a gap if there is one, the newest.
struct Retries {
    first: RangeInclusive<u32>,
    newest: Option<RangeInclusive<u32>>,
}

impl Retries {
    fn until(newest: u32) -> Self {
        let last = newest.saturating_add(2).max(FEWEST);
        if last <= MOST {
            return Self { first: 1..=last, newest: None };
        }
        // The gap takes the place of one.
        Self { first: 1..=FIRST, newest: Some(last - (MOST - FIRST - 2)..=last) }
    }

    fn parts(&self) -> impl Iterator<Item = &RangeInclusive<u32>> {
        std::iter::once(&self.first).chain(&self.newest)
    }

    fn all(&self) -> impl Iterator<Item = u32> {
        self.parts().cloned().flatten()
    }

    /// The place of `retry` from 0 to 1; `None` if it is not shown.
    fn place(&self, retry: u32) -> Option<f32> {
        let last = match &self.newest {
            Some(_) => MOST - 1,
            None => self.first.end() - 1,
        };
        let place = match &self.newest {
            Some(newest) if newest.contains(&retry) => last - (newest.end() - retry),
            _ if self.first.contains(&retry) => retry - 1,
            _ => return None,
        };
        Some(place as f32 / last.max(1) as f32)
    }
}

/// The curve in one frame.
pub struct Curve {
    rect: Rect,
    rule: Backoff,
    retries: Retries,
    highest: Duration,
}

impl Curve {
    /// The curve of the rule that is shown, in `rest`.
    pub fn of(state: &State, rest: Rect) -> Self {
        let rule = state.pane.backoff_draft.as_ref().unwrap_or(&state.pane.view.snapshot().backoff).clone();
        let snapshot = state.pane.view.snapshot();
        let newest = snapshot.delays_in_a_row().next_back().or(snapshot.delays.back());
        let retries = Retries::until(newest.map_or(0, |delay| delay.retry));
        let shown = || snapshot.delays.iter().filter(|delay| retries.place(delay.retry).is_some());
        let by_rule = retries.all().map(|retry| rule.window(retry - 1).1).chain(shown().map(|delay| delay.drawn));
        let by_rule = by_rule.max().unwrap_or_default().max(Duration::from_millis(1));
        let waits = || shown().map(|delay| delay.wait);
        let highest = waits().filter(|wait| *wait <= by_rule.mul_f64(STRETCH)).max().unwrap_or_default().max(by_rule);
        let above = if waits().any(|wait| wait > highest) { ABOVE } else { 6.0 };
        let rect = Rect::from_min_max(rest.min + vec2(44.0, above), rest.max - vec2(8.0, 20.0));
        Self { rect, rule, retries, highest }
    }

    fn x(&self, retry: u32) -> Option<f32> {
        Some(self.rect.left() + self.retries.place(retry)? * self.rect.width())
    }

    /// The height of `wait`; what is off the scale has its place above it.
    fn y(&self, wait: Duration) -> f32 {
        if self.is_off(wait) {
            return self.rect.top() - ABOVE / 2.0;
        }
        let share = (wait.as_secs_f64() / self.highest.as_secs_f64()) as f32;
        self.rect.bottom() - share * self.rect.height()
    }

    fn is_off(&self, wait: Duration) -> bool {
        wait > self.highest
    }

    /// Draws it.
    pub fn draw(&self, ui: &mut Ui, tokens: &Tokens, state: &State) {
        let color = &tokens.color;
        self.axes(ui, tokens);
        for part in self.retries.parts() {
            self.band(ui, part, color.busy.gamma_multiply(0.18));
            let middle: Vec<_> = part
                .clone()
                .filter_map(|retry| Some(pos2(self.x(retry)?, self.y(self.rule.nominal(retry - 1)))))
                .collect();
            ui.painter().extend(Shape::dashed_line(&middle, Stroke::new(1.5, color.busy), 5.0, 4.0));
        }
        let snapshot = state.pane.view.snapshot();
        let is_waiting = matches!(snapshot.status, Status::Waiting(_));
        let last = snapshot.delays.len().saturating_sub(1);
        // Equal waits lie on one another, and are said once.
        let mut said = HashSet::new();
        for (index, delay) in snapshot.delays.iter().enumerate() {
            let Some(x) = self.x(delay.retry) else { continue };
            let at = pos2(x, self.y(delay.wait));
            let (is_over, is_now) = (index < snapshot.delays_over, is_waiting && index == last);
            let ink = if is_over { *color.muted } else { *color.warn };
            if delay.wait > delay.drawn {
                let drawn = pos2(x, self.y(delay.drawn));
                if !is_now {
                    ui.painter().vline(x, at.y..=drawn.y, Stroke::new(1.0, ink.gamma_multiply(0.6)));
                }
                ui.painter().circle(drawn, 3.0, *color.card, Stroke::new(1.5, ink));
                let name = format!("Retry {}: drawn {} ms", delay.retry, millis(delay.drawn));
                let place = Rect::from_center_size(drawn, vec2(10.0, 10.0));
                paint::describe(ui, place, Role::Label, &name).on_hover_text(&name);
            }
            if is_now {
                self.deadline(ui, tokens, state, delay, at);
            } else if self.is_off(delay.wait) {
                let points = [(0.0, -4.0), (-4.0, 4.0), (4.0, 4.0)].map(|(dx, dy)| at + vec2(dx, dy));
                ui.painter().add(Shape::convex_polygon(points.to_vec(), ink, Stroke::NONE));
            } else {
                ui.painter().circle_filled(at, if is_over { 2.5 } else { 3.5 }, ink);
            }
            let (count, waits) = (delay.retry, if is_now { "waits" } else { "waited" });
            let before = if is_over { ", before retries were counted anew" } else { "" };
            let name = format!("Retry {count}{before}: {waits} {} ms", millis(delay.wait));
            if !said.insert(name.clone()) {
                continue;
            }
            let place = Rect::from_center_size(at, vec2(12.0, 12.0));
            let why = why(&snapshot.backoff, Some(delay));
            paint::describe(ui, place, Role::Label, &name).on_hover_text(format!("{name}\n{why}"));
        }
    }

    fn axes(&self, ui: &Ui, tokens: &Tokens) {
        let color = &tokens.color;
        let font = FontId::proportional(tokens.size.section);
        let text = |at: Pos2, align: Align2, text: &str| ui.painter().text(at, align, text, font.clone(), *color.muted);
        let ground = self.rect.bottom();
        ui.painter().hline(self.rect.x_range(), ground, tokens.outline());
        if self.is_off(self.rule.cap) || ground - self.y(self.rule.cap) > 1.5 * tokens.size.section {
            text(pos2(self.rect.left() - 6.0, ground + 2.0), Align2::RIGHT_BOTTOM, "0 s");
        }
        if !self.is_off(self.rule.cap) {
            let cap = pos2(self.rect.left(), self.y(self.rule.cap));
            let dotted = Shape::dashed_line(&[cap, pos2(self.rect.right(), cap.y)], tokens.outline(), 2.0, 4.0);
            ui.painter().extend(dotted);
            text(cap - vec2(6.0, 0.0), Align2::RIGHT_CENTER, &DisplayDuration(self.rule.cap).to_string());
        }
        let mut taken = text(pos2(self.rect.left() - 14.0, ground + 3.0), Align2::RIGHT_TOP, "retry").right();
        for retry in self.retries.all() {
            let Some(x) = self.x(retry) else { continue };
            let number = retry.to_string();
            let width = ui.painter().layout_no_wrap(number.clone(), font.clone(), *color.muted).size().x;
            if x - width / 2.0 > taken + 5.0 {
                taken = text(pos2(x, ground + 3.0), Align2::CENTER_TOP, &number).right();
            }
        }
        if let Some(newest) = &self.retries.newest
            && let (Some(left), Some(right)) = (self.x(*self.retries.first.end()), self.x(*newest.start()))
        {
            text(pos2(f32::midpoint(left, right), ground), Align2::CENTER_CENTER, "…");
        }
    }

    /// The wait that is going on: how much of it is over rises to the ring.
    fn deadline(&self, ui: &Ui, tokens: &Tokens, state: &State, delay: &Delay, at: Pos2) {
        let color = &tokens.color;
        let left = delay.until.since(state.pane.now).as_secs_f32() / delay.wait.as_secs_f32().max(f32::EPSILON);
        let ground = self.rect.bottom();
        let over = ground + (at.y - ground) * (1.0 - left.clamp(0.0, 1.0));
        ui.painter().vline(at.x, at.y..=ground, Stroke::new(3.0, color.track));
        ui.painter().vline(at.x, over..=ground, Stroke::new(3.0, color.warn));
        if self.is_off(delay.wait) {
            // The scale is broken here.
            for y in [self.rect.top() + 2.0, self.rect.top() + 6.0] {
                let ends = [pos2(at.x - 5.0, y + 2.0), pos2(at.x + 5.0, y - 2.0)];
                ui.painter().line_segment(ends, Stroke::new(2.0, color.card));
            }
        }
        if delay.wait > delay.drawn {
            ui.painter().circle(pos2(at.x, self.y(delay.drawn)), 3.0, *color.card, Stroke::new(1.5, color.warn));
        }
        ui.painter().circle(at, 5.0, *color.card, Stroke::new(2.0, color.strong));
        if self.is_off(delay.wait) {
            let font = FontId::proportional(tokens.size.section);
            let text = format!("↑ {} asked for by the server", DisplayDuration(delay.wait));
            let (offset, align) = match at.x < self.rect.center().x {
                true => (10.0, Align2::LEFT_CENTER),
                false => (-10.0, Align2::RIGHT_CENTER),
            };
            ui.painter().text(at + vec2(offset, 0.0), align, text, font, *color.text);
        }
    }

    fn band(&self, ui: &Ui, retries: &RangeInclusive<u32>, color: Color32) {
        let mut mesh = Mesh::default();
        for retry in retries.clone() {
            let (Some(x), (low, high)) = (self.x(retry), self.rule.window(retry - 1)) else { continue };
            mesh.colored_vertex(pos2(x, self.y(high)), color);
            mesh.colored_vertex(pos2(x, self.y(low)), color);
        }
        for corner in (0..2 * (retries.end() - retries.start())).step_by(2) {
            mesh.add_triangle(corner, corner + 1, corner + 2);
            mesh.add_triangle(corner + 1, corner + 2, corner + 3);
        }
        ui.painter().add(mesh);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_retries_are_always_shown_and_so_is_the_newest() {
        for newest in [0, 1, 5, 6, 15, 16, 17, 18, 49, 5_000, u32::MAX] {
            let retries = Retries::until(newest);
            let places: Vec<_> = retries.all().map(|retry| retries.place(retry).unwrap()).collect();
            assert!(places.is_sorted_by(|a, b| a < b), "{newest}: {places:?}");
            assert_eq!((places.first(), places.last()), (Some(&0.0), Some(&1.0)), "{newest}");
            let shown = |retry| retries.place(retry).is_some();
            assert!((1..=FIRST).all(shown) && shown(newest.max(1)), "{newest}");
            assert!(places.len() <= MOST as usize, "{newest}");
        }
    }
}
