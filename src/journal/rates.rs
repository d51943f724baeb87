//! Round trips and message rates over the whole session, in bounded memory: a fixed number of buckets, each twice
//! as wide whenever they are full.

use std::time::Duration;

use crate::model::Moment;

const SECOND: u64 = 1_000_000_000;
/// More silent seconds are counted many at a time.
const LONG_SILENCE: u64 = 4_000;

/// The history of round trips and rates.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    buckets: Vec<Bucket>,
    /// How many seconds wide a bucket is: `2^doublings`.
    doublings: u32,
    /// Whether a socket is open.
    open: bool,
    /// The second that is being counted, and what was counted in it.
    second: u64,
    count: [u64; 4],
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
pub enum Measure {
    /// Round trips of pings, in nanoseconds.
    RoundTrip,
    /// Messages received in a second.
    MessagesIn,
    /// Messages sent in a second.
    MessagesOut,
    /// Payload bytes received in a second.
    BytesIn,
    /// Payload bytes sent in a second.
    BytesOut,
}

/// A stretch of time.
#[derive(Clone, Debug, Default)]
pub struct Bucket {
    summaries: [Summary; 5],
}

impl Bucket {
    /// What was measured in it; empty for rates if no socket was open, and for round trips if no pong came.
    pub fn of(&self, measure: Measure) -> &Summary {
        &self.summaries[measure as usize]
    }
}

/// Smallest, middle and largest of the values in a bucket.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    count: u64,
    min: u64,
    max: u64,
    /// Some of the values: all of them up to [`Self::KEPT`], then a fair choice.
    kept: [u64; Summary::KEPT],
}

impl Summary {
    /// Up to so many values the median is exact.
    pub const KEPT: usize = 15;

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Minimum, median and maximum; `None` without any value.
    pub fn range(&self) -> Option<[u64; 3]> {
        let mut kept = self.kept;
        let kept = &mut kept[..self.kept_len()];
        kept.sort_unstable();
        Some([self.min, *kept.get(kept.len() / 2)?, self.max])
    }

    fn kept_len(&self) -> usize {
        usize::try_from(self.count).unwrap_or(usize::MAX).min(Self::KEPT)
    }

    fn add(&mut self, value: u64) {
        (self.min, self.max) =
            if self.count == 0 { (value, value) } else { (self.min.min(value), self.max.max(value)) };
        self.count += 1;
        // A reservoir; the choice must be fair, not secret.
        let place = self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) % self.count;
        let free = self.count <= Self::KEPT as u64;
        let place = if free { self.count - 1 } else { place };
        if let Some(kept) = usize::try_from(place).ok().and_then(|place| self.kept.get_mut(place)) {
            *kept = value;
        }
    }

    fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = other.clone();
            return;
        }
        let mut both = [self.kept(), other.kept()].concat();
        both.sort_unstable();
        self.count += other.count;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        let kept = self.kept_len().min(both.len());
        for place in 0..kept {
            // Spread evenly over both.
            self.kept[place] = both[(2 * place + 1) * both.len() / (2 * kept)];
        }
    }

    fn kept(&self) -> &[u64] {
        &self.kept[..self.kept_len()]
    }
}

impl Rates {
    /// Buckets at most: at 8 s each they hold more than an hour.
    pub const MAX_BUCKETS: usize = 720;

    /// How wide a bucket is. The first begins with the session.
    pub fn width(&self) -> Duration {
        Duration::from_secs(1 << self.doublings)
    }

    /// All buckets, oldest first.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// A socket opened.
    pub(crate) fn open(&mut self, at: Moment) {
        self.advance(at);
        self.open = true;
    }

    /// It ended.
    pub(crate) fn close(&mut self, at: Moment) {
        self.advance(at);
        self.open = false;
        self.count = [0; 4];
    }

    /// A pong came.
    pub(crate) fn round_trip(&mut self, at: Moment, rtt: Duration) {
        self.advance(at);
        let nanos = u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX);
        self.bucket(at.as_nanos() / SECOND).summaries[Measure::RoundTrip as usize].add(nanos);
    }

    /// Messages passed: how many were received and sent, and their bytes.
    pub(crate) fn messages(&mut self, at: Moment, counts: [u64; 4]) {
        self.advance(at);
        for (sum, count) in self.count.iter_mut().zip(counts) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Takes in the seconds that are over by `now`. Only whole ones count, so that a rate is a rate.
    pub fn advance(&mut self, now: Moment) {
        let now = now.as_nanos() / SECOND;
        while self.second < now {
            if !self.open {
                self.second = now;
                return;
            }
            let (second, counts) = (self.second, std::mem::take(&mut self.count));
            let bucket = self.bucket(second);
            for (summary, count) in bucket.summaries[1..].iter_mut().zip(counts) {
                summary.add(count);
            }
            self.second += 1;
            if now - self.second > LONG_SILENCE {
                self.keep_silence(now);
            }
        }
    }

    /// The same for seconds in which nothing passed, many at a time.
    fn keep_silence(&mut self, now: u64) {
        self.bucket(now - 1);
        while self.second < now {
            let (second, doublings) = (self.second, self.doublings);
            let end = (((second >> doublings) + 1) << doublings).min(now);
            let silence = Summary { count: end - second, ..Summary::default() };
            let bucket = self.bucket(second);
            bucket.summaries[1..].iter_mut().for_each(|summary| summary.merge(&silence));
            self.second = end;
        }
    }

    fn bucket(&mut self, second: u64) -> &mut Bucket {
        while second >> self.doublings >= Self::MAX_BUCKETS as u64 {
            self.double();
        }
        let index = (second >> self.doublings) as usize;
        if index >= self.buckets.len() {
            self.buckets.resize_with(index + 1, Bucket::default);
        }
        &mut self.buckets[index]
    }

    fn double(&mut self) {
        let merged = self.buckets.chunks(2).map(|pair| {
            let mut first = pair[0].clone();
            for other in &pair[1..] {
                for (summary, other) in first.summaries.iter_mut().zip(&other.summaries) {
                    summary.merge(other);
                }
            }
            first
        });
        self.buckets = merged.collect();
        self.doublings += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1_000 + 500)
    }

    #[test]
    fn an_hour_fits_with_its_extremes_and_its_gaps() {
        let mut rates = Rates::default();
        rates.open(Moment::START);
        for second in 0..4_000 {
            if second == 2_000 {
                rates.close(at(second));
            }
            if second == 2_400 {
                rates.open(at(second));
            }
            if !(2_000..2_400).contains(&second) {
                let burst = if second == 1_000 { 5_000 } else { 10 };
                rates.messages(at(second), [burst, 1, burst * 64, 20]);
            }
            if second % 15 == 0 {
                rates.round_trip(at(second), Duration::from_millis(20 + second % 7));
            }
        }
        assert_eq!((rates.width(), rates.buckets().len()), (Duration::from_secs(8), 500));
        let range = |second: usize, measure| rates.buckets()[second / 8].of(measure).range();
        assert_eq!(range(1_000, Measure::MessagesIn), Some([10, 10, 5_000]));
        assert_eq!(range(500, Measure::BytesIn), Some([640, 640, 640]));
        assert_eq!(range(2_200, Measure::MessagesIn), None, "no socket was open");
        assert_eq!(range(15, Measure::RoundTrip), Some([21_000_000; 3]));
        let pongs: u64 = rates.buckets().iter().map(|bucket| bucket.of(Measure::RoundTrip).count()).sum();
        assert_eq!(pongs, 4_000_u64.div_ceil(15));
        // A week later it is no larger.
        rates.close(at(4_001));
        rates.open(at(600_000));
        rates.messages(at(604_800), [1, 0, 1, 0]);
        rates.advance(at(604_900));
        assert!(rates.buckets().len() <= Rates::MAX_BUCKETS);
    }

    #[test]
    fn silence_is_a_rate_of_zero_and_an_unfinished_second_is_none() {
        let mut rates = Rates::default();
        rates.open(Moment::START);
        rates.messages(at(0), [7, 0, 70, 0]);
        assert!(rates.buckets().is_empty());
        rates.advance(at(3));
        let seen: Vec<_> = rates.buckets().iter().map(|b| b.of(Measure::MessagesIn).range().unwrap()[1]).collect();
        assert_eq!(seen, [7, 0, 0]);
    }

    #[test]
    fn centuries_of_silence_take_no_time() {
        let mut rates = Rates::default();
        rates.open(Moment::START);
        rates.messages(at(0), [9, 0, 90, 0]);
        rates.advance(Moment::from_nanos(u64::MAX));
        let ranges: Vec<_> = rates.buckets().iter().map(|b| b.of(Measure::MessagesIn).range().unwrap()).collect();
        assert!(ranges.len() <= Rates::MAX_BUCKETS && ranges[1..].iter().all(|range| *range == [0; 3]));
        assert_eq!((ranges[0][0], ranges[0][2]), (0, 9));
        let seconds: u64 = rates.buckets().iter().map(|bucket| bucket.of(Measure::BytesIn).count()).sum();
        assert_eq!(seconds, u64::MAX / SECOND);
    }

    #[test]
    fn the_median_is_exact_for_few_and_near_for_many() {
        let mut few = Summary::default();
        [9, 1, 5, 3, 7].into_iter().for_each(|value| few.add(value));
        assert_eq!(few.range(), Some([1, 5, 9]));
        let mut many = Summary::default();
        (0..10_000).for_each(|value| many.add(value * 37 % 10_000));
        let [min, median, max] = many.range().unwrap();
        assert_eq!((min, max), (0, 9_999));
        assert!((2_000..8_000).contains(&median), "{median}");
    }
}
