//! Where things are in the picture of the attempts.

use egui::{Rect, pos2};

use super::super::timeline;
use crate::model::Moment;

/// The column of the numbers.
pub(super) const NUMBERS: f32 = 40.0;
/// A segment is at least this wide, or it could not be pointed at.
const THINNEST: f32 = 2.0;

/// Where things are, in one frame.
pub(super) struct Chart {
    pub rect: Rect,
    pub view: (Moment, Moment),
    pub now: Moment,
}

impl Chart {
    /// Where `at` is, from left to right.
    pub fn x(&self, at: Moment) -> f32 {
        self.rect.left() + timeline::position(at, self.view, self.rect.width())
    }

    /// From when to when, in a lane from `top` to `bottom`; `None` if that is out of view.
    pub fn span(&self, from: Moment, to: Moment, top: f32, bottom: f32) -> Option<Rect> {
        let (left, right) = (self.x(from), self.x(to));
        if right < self.rect.left() || left > self.rect.right() {
            return None;
        }
        let (left, right) = (left.max(self.rect.left()), right.max(left + THINNEST).min(self.rect.right()));
        Some(Rect::from_min_max(pos2(left, top), pos2(right.max(left), bottom)))
    }
}
