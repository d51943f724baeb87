//! Which part of the session's time is in view. Positions are computed from whole nanoseconds: a float of the
//! screen's precision would blur them after minutes.

use std::ops::Range;
use std::time::Duration;

use strum::IntoEnumIterator as _;

use crate::model::{DisplayDuration, Moment};

/// How much time can be chosen to be in view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Span {
    /// Ten seconds.
    TenSeconds,
    /// A minute.
    #[default]
    Minute,
    /// Ten minutes.
    TenMinutes,
    /// An hour.
    Hour,
    /// From the first attempt on.
    All,
}

impl Span {
    /// What the choice says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TenSeconds => "last 10 s",
            Self::Minute => "last 60 s",
            Self::TenMinutes => "last 10 min",
            Self::Hour => "last 60 min",
            Self::All => "all attempts",
        }
    }

    /// Its length in seconds; 0 for all attempts.
    pub fn seconds(self) -> u64 {
        self.duration().map_or(0, |duration| duration.as_secs())
    }

    /// The choice of this length, if there is one.
    pub fn of_seconds(seconds: u64) -> Option<Self> {
        Self::iter().find(|span| span.seconds() == seconds)
    }

    const fn duration(self) -> Option<Duration> {
        match self {
            Self::TenSeconds => Some(Duration::from_secs(10)),
            Self::Minute => Some(Duration::from_secs(60)),
            Self::TenMinutes => Some(Duration::from_secs(600)),
            Self::Hour => Some(Duration::from_secs(3_600)),
            Self::All => None,
        }
    }
}

/// The part of time in view, and of the rows below one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timeline {
    span: Duration,
    /// Where the left edge stays, however long the session grows, while the present is followed.
    from: Option<Moment>,
    /// The right edge; `None` while the present is followed.
    end: Option<Moment>,
    /// Rows below the lower edge.
    below: f64,
    /// When the first attempt began: there is nothing to see before that.
    first: Moment,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { span: Duration::from_secs(60), from: None, end: None, below: 0.0, first: Moment::START }
    }
}

impl Timeline {
    /// A millisecond fills the width at most, a hundred days at least.
    const SPANS: Range<f64> = 1e6..8.64e15;
    /// What is in view at least while the present is followed.
    const SHORTEST: Duration = Duration::from_secs(2);
    /// The share of the width between the present and the right edge.
    const MARGIN: f64 = 0.04;
    /// The share of the width from which on the future is worth a word.
    const NOTABLE: f64 = 0.15;

    /// Shows the newest part of this length; `first` is when the first attempt began.
    pub fn choose(&mut self, span: Span, first: Moment) {
        self.from = span.duration().is_none().then_some(first);
        self.span = span.duration().unwrap_or(self.span);
        self.follow();
    }

    /// The first attempt began then.
    pub fn begins_at(&mut self, first: Moment) {
        self.first = first;
    }

    /// Shows the present, and goes on doing so.
    pub fn follow(&mut self) {
        (self.end, self.below) = (None, 0.0);
    }

    /// Follows the present of a session that begins.
    pub fn restart(&mut self) {
        self.from = self.from.map(|_| Moment::START);
        self.first = Moment::START;
        self.follow();
    }

    /// Shows what follows `first`.
    pub fn go_back_to(&mut self, first: Moment, now: Moment, deadline: Option<Moment>) {
        self.detach(now, deadline);
        let newest = self.view(now, deadline).1;
        let end = (first + self.span.mul_f64(1.0 - Self::MARGIN)).max(Moment::START + self.span);
        self.end = (end < newest).then_some(end);
    }

    /// Whether the present is followed.
    pub fn is_following(&self) -> bool {
        self.end.is_none()
    }

    /// Whether this is what [`Self::choose`] makes of `span`.
    pub fn is(&self, span: Span) -> bool {
        self.is_following()
            && match span.duration() {
                Some(duration) => self.from.is_none() && duration == self.span,
                None => self.from.is_some(),
            }
    }

    /// What is in view, in words.
    pub fn label(&self, now: Moment, deadline: Option<Moment>) -> String {
        if self.is(Span::All) {
            return Span::All.label().to_owned();
        }
        let seconds = self.span.as_secs();
        let span = match seconds {
            10..=120 => format!("{seconds} s"),
            _ => DisplayDuration(self.span).to_string(),
        };
        let ahead = deadline.map_or(Duration::ZERO, |at| at.since(now)).min(self.span.mul_f64(0.5));
        match self.is_following() {
            true if ahead > self.span.mul_f64(Self::NOTABLE) => format!("{span} around now"),
            true => format!("last {span}"),
            false => span,
        }
    }

    /// The left and the right edge. While a deadline is waited for it is in view as well.
    pub fn view(&self, now: Moment, deadline: Option<Moment>) -> (Moment, Moment) {
        let ahead = deadline.map_or(Duration::ZERO, |at| at.since(now));
        if let (Some(from), None) = (self.from, self.end) {
            let past = now.since(from).max(Duration::from_secs(1));
            return (from - past.mul_f64(Self::MARGIN), now + ahead.max(past.mul_f64(Self::MARGIN)));
        }
        if let Some(end) = self.end {
            // A session shorter than the span begins at the left edge.
            let end = end.max(Moment::START + self.span);
            return (end - self.span, end);
        }
        // One that has just begun fills the width.
        let span = self.span.min(now.since(self.first).mul_f64(1.0 + Self::MARGIN).max(Self::SHORTEST));
        let end = now + ahead.min(span.mul_f64(0.5)).max(span.mul_f64(Self::MARGIN));
        let end = end.max(self.first + span);
        (end - self.span.min(end.since(self.first)), end)
    }

    /// Lets the length of the view stand on its own, wherever it came from.
    fn detach(&mut self, now: Moment, deadline: Option<Moment>) {
        let (start, end) = self.view(now, deadline);
        if self.from.is_some() || end.since(start) < self.span {
            self.set_span(end.since(start).as_nanos() as f64);
            self.from = None;
        }
    }

    /// Moves the view by `share` of its width, to the right if positive; the present is followed no more,
    /// except by moving on to it.
    pub fn pan(&mut self, share: f64, now: Moment, deadline: Option<Moment>) {
        self.detach(now, deadline);
        let (_, end) = self.view(now, deadline);
        let by = self.span.mul_f64(share.abs());
        let newest = Self { end: None, ..*self }.view(now, deadline).1;
        let end = if share < 0.0 { end - by } else { end + by };
        self.end = (end < newest).then_some(end.max(Moment::START + self.span));
    }

    /// Shows `factor` times as much detail, of the present if it is followed, else of the middle.
    pub fn zoom(&mut self, factor: f64, now: Moment, deadline: Option<Moment>) {
        self.detach(now, deadline);
        let before = self.span.as_nanos() as f64;
        self.set_span(before / factor);
        self.end = self.end.map(|end| Self::moved(end, before, self.span, 0.5));
    }

    /// Shows `factor` times as much detail; the moment at `share` of the width stays there. If it lies before the
    /// present, that is followed no more.
    pub fn zoom_at(&mut self, factor: f64, share: f64, now: Moment, deadline: Option<Moment>) {
        let (start, end) = self.view(now, deadline);
        let is_past = start + end.since(start).mul_f64(share.clamp(0.0, 1.0)) < now;
        self.detach(now, deadline);
        let before = self.span.as_nanos() as f64;
        self.set_span(before / factor);
        if is_past || !self.is_following() {
            let end = Self::moved(end, before, self.span, share);
            let newest = Self { end: None, ..*self }.view(now, deadline).1;
            self.end = (end < newest).then_some(end.max(Moment::START + self.span));
        }
    }

    /// The right edge in place of `end` once the width stands for `span` instead of `before`, if the moment at
    /// `share` of the width stays there.
    fn moved(end: Moment, before: f64, span: Duration, share: f64) -> Moment {
        let right = (before - span.as_nanos() as f64) * (1.0 - share);
        let by = Duration::from_nanos(right.abs() as u64);
        if right > 0.0 { end - by } else { end + by }
    }

    /// Shows what lies between `from` and `to`, with a little before and after.
    pub fn show(&mut self, from: Moment, to: Moment) {
        let length = to.since(from);
        self.from = None;
        self.set_span(length.as_nanos() as f64 * 1.2);
        self.end = Some((to + length.mul_f64(0.1)).max(Moment::START + self.span));
    }

    fn set_span(&mut self, nanos: f64) {
        self.span = Duration::from_nanos(nanos.clamp(Self::SPANS.start, Self::SPANS.end) as u64);
    }

    /// Moves the rows up by `rows`, which shows those below.
    pub fn scroll(&mut self, rows: f64) {
        self.below = (self.below - rows).max(0.0);
    }

    /// The rows of `all` that are in view where `fit` fit: the last ones, unless scrolled.
    pub fn rows(&mut self, all: Range<usize>, fit: usize) -> Range<usize> {
        let hidden = all.len().saturating_sub(fit);
        self.below = self.below.min(hidden as f64);
        let end = all.end - self.below as usize;
        end.saturating_sub(fit).max(all.start)..end
    }
}

/// The position of `at` where `view` is `width` wide, at most one width outside of it.
pub fn position(at: Moment, view: (Moment, Moment), width: f32) -> f32 {
    let (start, end) = view;
    let nanos = |duration: Duration| duration.as_nanos() as f64;
    let span = nanos(end.since(start)).max(1.0);
    let offset = nanos(at.since(start)) - nanos(start.since(at));
    ((offset / span).clamp(-1.0, 2.0) * f64::from(width)) as f32
}

/// Moments in `view` at which a clock shows round times, so that there are at most `most`, and whether they are apart by
/// whole seconds. `clock` is what it showed at the session's start.
pub fn ticks(view: (Moment, Moment), most: u64, clock: Duration) -> (impl Iterator<Item = Moment>, bool) {
    const STEPS: [u64; 13] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600];
    let (start, end) = (view.0.as_nanos(), view.1.as_nanos());
    let rough = (end - start) / most.max(1) + 1;
    let second = 1_000_000_000;
    let step = if rough <= second / 2 {
        let tens = 10_u64.pow(rough.max(10).ilog10());
        [1, 2, 5, 10].into_iter().map(|times| times * tens).find(|step| *step >= rough).unwrap_or(second)
    } else {
        let step = STEPS.into_iter().map(|seconds| seconds * second).find(|step| *step >= rough);
        step.unwrap_or_else(|| rough.next_multiple_of(3_600 * second))
    };
    let behind = (clock.as_nanos() % u128::from(step)) as u64;
    let first = (start + behind).next_multiple_of(step) - behind;
    ((first..=end).step_by(usize::try_from(step).unwrap_or(usize::MAX)).map(Moment::from_nanos), step % second == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_millis(3_600_000_000);

    #[test]
    fn what_has_just_begun_fills_the_width_however_long_the_window_had_been_open() {
        let mut timeline = Timeline::default();
        timeline.begins_at(NOW);
        let (start, end) = timeline.view(NOW + Duration::from_secs(10), None);
        assert_eq!((start, end.since(NOW)), (NOW, Duration::from_millis(10_416)));
        let (start, _) = timeline.view(NOW + Duration::from_secs(600), None);
        assert!(start > NOW + Duration::from_secs(500), "the newest minute");
    }

    #[test]
    fn positions_are_exact_far_from_the_beginning() {
        let mut timeline = Timeline::default();
        timeline.zoom(60_000.0, NOW, None);
        let view = timeline.view(NOW, None);
        assert_eq!(view.1.since(view.0), Duration::from_millis(1));
        for micros in 0..=1_000_u64 {
            let expected = micros as f32 / 2.0;
            let at = position(view.0 + Duration::from_micros(micros), view, 500.0);
            assert!((at - expected).abs() < 0.001, "{micros} µs: {at}");
        }
    }

    #[test]
    fn the_present_is_followed_until_the_view_is_moved_away_and_again_when_it_is_moved_back() {
        let mut timeline = Timeline::default();
        timeline.pan(-0.25, NOW, None);
        let view = timeline.view(NOW, None);
        assert_eq!(view, timeline.view(NOW + Duration::from_secs(9), None));
        assert!(!timeline.is_following());
        timeline.pan(0.5, NOW, None);
        assert!(timeline.is_following());
        let deadline = NOW + Duration::from_secs(5);
        assert_eq!(timeline.view(NOW, Some(deadline)).1, deadline);
        assert_eq!(timeline.view(NOW + Duration::from_secs(1), Some(deadline)).1, deadline, "it stands still");
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer() {
        let mut timeline = Timeline::default();
        timeline.pan(-2.0, NOW, None);
        let before = timeline.view(NOW, None);
        let pointed = before.0 + Duration::from_secs(15);
        timeline.zoom_at(7.3, 0.25, NOW, None);
        let after = timeline.view(NOW, None);
        assert!((position(pointed, after, 1_000.0) - 250.0).abs() < 0.01);
    }

    #[test]
    fn zooming_at_the_past_keeps_it_though_the_present_was_followed() {
        let mut timeline = Timeline::default();
        let deadline = Some(NOW + Duration::from_secs(6));
        let before = timeline.view(NOW, deadline);
        let pointed = before.0 + Duration::from_secs(30);
        for _ in 0..5 {
            timeline.zoom_at(2.0, 0.5, NOW, deadline);
            assert!((position(pointed, timeline.view(NOW, deadline), 1_000.0) - 500.0).abs() < 0.01);
        }
        assert_eq!(timeline.label(NOW, deadline), "1.9 s");
        for _ in 0..6 {
            timeline.zoom_at(0.5, 0.5, NOW, deadline);
        }
        assert!(timeline.is_following(), "the present is in view again");
        // Right of the present there is nothing to keep.
        timeline.zoom_at(50.0, 0.99, NOW, deadline);
        assert!(timeline.is_following());
        assert_eq!(timeline.label(NOW, deadline), "2.4 s around now", "half of it is to come");
        assert_eq!(timeline.label(NOW, None), "last 2.4 s");
    }

    #[test]
    fn all_attempts_stay_in_view_as_the_session_grows() {
        let (mut timeline, first) = (Timeline::default(), Moment::from_millis(5_000));
        timeline.choose(Span::All, first);
        assert!(timeline.is(Span::All) && !timeline.is(Span::Minute));
        for seconds in [1, 300, 90_000] {
            let now = first + Duration::from_secs(seconds);
            let (start, end) = timeline.view(now, None);
            assert!(start <= first && end > now && timeline.label(now, None) == "all attempts");
        }
        timeline.zoom(2.0, first + Duration::from_secs(1_000), None);
        assert!(!timeline.is(Span::All));
        assert_eq!(timeline.label(first + Duration::from_secs(1_000), None), "last 8 m 42 s");
        timeline.choose(Span::Minute, first);
        assert!(timeline.is(Span::Minute) && !timeline.is(Span::All));
    }

    #[test]
    fn rows_end_with_the_newest_unless_scrolled_and_never_leave() {
        let mut timeline = Timeline::default();
        assert_eq!(timeline.rows(0..10_000, 12), 9_988..10_000);
        timeline.scroll(-3.0);
        assert_eq!(timeline.rows(0..10_000, 12), 9_985..9_997);
        timeline.scroll(-1e9);
        assert_eq!(timeline.rows(0..10_000, 12), 0..12);
        assert_eq!(timeline.rows(5..8, 12), 5..8);
    }

    #[test]
    fn ticks_are_round_and_few() {
        for millis in [1, 30, 800, 5_000, 60_000, 3_600_000, 900_000_000] {
            let view = (NOW, NOW + Duration::from_millis(millis));
            let (ticks, whole) = ticks(view, 5, Duration::from_millis(7_250));
            let ticks: Vec<_> = ticks.map(|tick| tick.as_nanos() + 7_250_000_000).collect();
            assert!((1..=6).contains(&ticks.len()), "{millis} ms: {}", ticks.len());
            assert!(ticks.iter().all(|nanos| !whole || nanos.is_multiple_of(1_000_000_000)), "{ticks:?}");
            assert_eq!(whole, millis > 4_000, "{millis} ms");
        }
    }
}
