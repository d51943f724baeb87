//! Going back to where a fold that has gone on once was.

use super::{Attempts, Lane, Moment, Part};

/// Where a fold was: small, because what was over by then has not changed since.
#[derive(Clone, Debug)]
pub struct Bookmark {
    lanes: u64,
    segments: u64,
    last_lane: Option<Lane>,
    last_fault: Option<u64>,
    running: Option<(Part, Moment, u64)>,
    refreshing: bool,
}

impl Attempts {
    /// Where the fold is now.
    pub fn bookmark(&self) -> Bookmark {
        Bookmark {
            lanes: self.dropped + self.lanes.len() as u64,
            segments: self.segments_dropped + self.segments.len() as u64,
            last_lane: self.lanes.back().cloned(),
            last_fault: self.faults.back().map(|mark| mark.seq),
            running: self.running,
            refreshing: self.refreshing,
        }
    }

    /// What the fold was at `bookmark`, less the attempts that have been dropped since.
    pub fn back_at(&self, bookmark: &Bookmark) -> Self {
        let Bookmark { lanes, segments, ref last_lane, last_fault, running, refreshing } = *bookmark;
        let kept = |all: u64, dropped: u64, len: usize| {
            usize::try_from(all.saturating_sub(dropped)).unwrap_or(usize::MAX).min(len)
        };
        let lanes_kept = kept(lanes, self.dropped, self.lanes.len());
        let last_lane = last_lane.clone().filter(|_| lanes_kept > 0);
        let faults = self.faults.partition_point(|mark| Some(mark.seq) <= last_fault);
        Self {
            running: running.filter(|_| last_lane.is_some()),
            lanes: self.lanes.range(..lanes_kept.saturating_sub(1)).cloned().chain(last_lane).collect(),
            segments: self
                .segments
                .range(..kept(segments, self.segments_dropped, self.segments.len()))
                .copied()
                .collect(),
            segments_dropped: self.segments_dropped.min(segments),
            dropped: self.dropped.min(lanes),
            refreshing,
            faults: self.faults.range(..faults).cloned().collect(),
        }
    }
}
