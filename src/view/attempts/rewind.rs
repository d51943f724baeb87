//! Going back to where a fold that has gone on once was.

use super::{Attempts, Lane, Moment, Part};

/// Where a fold was: small, because what was over by then has not changed since.
#[derive(Clone, Debug)]
pub struct Bookmark {
    lanes: usize,
    segments: usize,
    faults: usize,
    last_lane: Option<Lane>,
    running: Option<(Part, Moment, u64)>,
    refreshing: bool,
}

impl Attempts {
    /// Where the fold over a recording is now.
    pub fn bookmark(&self) -> Bookmark {
        Bookmark {
            lanes: self.lanes.len(),
            segments: self.segments.len(),
            faults: self.faults.len(),
            last_lane: self.lanes.back().cloned(),
            running: self.running,
            refreshing: self.refreshing,
        }
    }

    /// The same at the end of a recording, ready for [`Self::back_at`].
    pub fn finished(self) -> Self {
        let Self { lanes, segments, faults, .. } = self;
        let (lanes, segments, faults) = (lanes.into_shared(), segments.into_shared(), faults.into_shared());
        Self { lanes, segments, faults, ..self }
    }

    /// What the fold was at `bookmark`; it shares what was over by then with this one.
    pub fn back_at(&self, bookmark: &Bookmark) -> Self {
        let Bookmark { lanes, segments, faults, ref last_lane, running, refreshing } = *bookmark;
        let mut past = Self {
            lanes: self.lanes.until(lanes.saturating_sub(1)),
            segments: self.segments.until(segments),
            faults: self.faults.until(faults),
            running,
            refreshing,
            ..Self::of_recording()
        };
        last_lane.iter().cloned().for_each(|lane| past.lanes.push_back(lane));
        past
    }
}
