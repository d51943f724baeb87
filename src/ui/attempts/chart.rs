//! The geometry of the attempts' chart.

use egui::{Rect, pos2};

use super::super::timeline;
use crate::model::Moment;

/// The column of the numbers.
pub(super) const NUMBERS: f32 = 40.0;
/// Smallest width of a segment, so that it can be hit with the pointer.
const THINNEST: f32 = 2.0;

/// The geometry of one frame.
pub(super) struct Chart {
    pub rect: Rect,
    pub view: (Moment, Moment),
    pub now: Moment,
}

impl Chart {
    /// The horizontal position of `at`.
    pub fn x(&self, at: Moment) -> f32 {
        self.rect.left() + timeline::position(at, self.view, self.rect.width())
    }

    /// The rectangle of a period in a lane from `top` to `bottom`; `None` if it is out of view.
    pub fn span(&self, from: Moment, to: Moment, top: f32, bottom: f32) -> Option<Rect> {
        let (left, right) = (self.x(from), self.x(to));
        if right < self.rect.left() || left > self.rect.right() {
            return None;
        }
        let (left, right) = (left.max(self.rect.left()), right.max(left + THINNEST).min(self.rect.right()));
        Some(Rect::from_min_max(pos2(left, top), pos2(right.max(left), bottom)))
    }
}
