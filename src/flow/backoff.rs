//! How long to wait before the next attempt (contract §3).

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::model::{Answer, Backoff, Delay, Moment, unit};

/// The longest `Retry-After` that is obeyed (contract §2).
pub const MAX_RETRY_AFTER: Duration = Answer::MAX_RETRY_AFTER;

/// Counts the retries in a row and draws the wait before each.
#[derive(Clone, Debug)]
pub struct BackoffCounter {
    rule: Backoff,
    retries: u32,
    rng: ChaCha8Rng,
}

impl BackoffCounter {
    /// A counter at zero. The same `seed` draws the same waits.
    pub fn new(rule: Backoff, seed: u64) -> Self {
        Self { rule, retries: 0, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// The next wait, from `now` on; never shorter than `floor`, the server's `Retry-After`.
    pub fn next(&mut self, now: Moment, floor: Option<Duration>) -> Delay {
        let nominal = self.rule.nominal(self.retries);
        self.retries = self.retries.saturating_add(1);
        let drawn = nominal.mul_f64(1.0 + self.rule.jitter * (2.0 * unit(self.rng.next_u64()) - 1.0));
        let floor = floor.map(|floor| floor.min(MAX_RETRY_AFTER));
        let wait = drawn.max(floor.unwrap_or_default());
        Delay { retry: self.retries, nominal, drawn, floor, wait, until: now + wait }
    }

    /// From now on another rule; what was counted stays.
    pub fn set_rule(&mut self, rule: Backoff) {
        self.rule = rule;
    }

    /// Back to the shortest wait; tells whether anything had been counted.
    pub fn reset(&mut self) -> bool {
        std::mem::take(&mut self.retries) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draws(seed: u64, count: usize) -> Vec<Delay> {
        let mut counter = BackoffCounter::new(Backoff::default(), seed);
        (0..count).map(|_| counter.next(Moment::START, None)).collect()
    }

    #[test]
    fn the_windows_are_the_contracts_and_are_used_to_their_ends() {
        let windows = [(187.5, 312.5), (375.0, 625.0), (750.0, 1_250.0), (1_500.0, 2_500.0), (3_000.0, 5_000.0)];
        let capped = std::iter::repeat_n((3_750.0, 6_250.0), 3);
        for (retry, (low, high)) in windows.into_iter().chain(capped).enumerate() {
            let waits = (0..2_000).map(|seed| draws(seed, retry + 1)[retry].wait.as_secs_f64() * 1_000.0);
            let (min, max) = waits.fold((f64::MAX, 0.0_f64), |(min, max), wait| (min.min(wait), max.max(wait)));
            let margin = (high - low) / 100.0;
            assert!(low <= min && min < low + margin, "retry {retry}: shortest wait {min} ms");
            assert!(high - margin < max && max < high, "retry {retry}: longest wait {max} ms");
        }
    }

    #[test]
    fn the_draw_is_uniform_and_repeats_with_the_seed() {
        let shares: Vec<f64> =
            (0..20_000).map(|seed| (draws(seed, 1)[0].wait.as_secs_f64() / 0.25 - 0.75) / 0.5).collect();
        for decile in 0..10 {
            let count = shares.iter().filter(|share| (**share * 10.0) as usize == decile).count();
            assert!((1_800..2_200).contains(&count), "decile {decile} has {count} of 20 000");
        }
        assert_eq!(draws(7, 20), draws(7, 20));
        assert_ne!(draws(7, 20), draws(8, 20));
    }

    #[test]
    fn the_servers_wish_is_a_floor_within_five_minutes() {
        let mut counter = BackoffCounter::new(Backoff::default(), 1);
        assert_eq!(counter.next(Moment::START, Some(Duration::from_secs(60))).wait, Duration::from_secs(60));
        let short = counter.next(Moment::START, Some(Duration::from_millis(1)));
        assert_eq!(short.wait, short.drawn);
        let long = counter.next(Moment::START, Some(Duration::from_secs(86_400)));
        assert_eq!((long.wait, long.until), (MAX_RETRY_AFTER, Moment::START + MAX_RETRY_AFTER));
    }

    #[test]
    fn reset_starts_over_and_a_huge_count_stays_at_the_cap() {
        let mut counter = BackoffCounter::new(Backoff::default(), 1);
        assert!(!counter.reset());
        for _ in 0..5_000 {
            counter.next(Moment::START, None);
        }
        assert_eq!(counter.next(Moment::START, None).nominal, Duration::from_secs(5));
        assert!(counter.reset());
        assert_eq!(counter.next(Moment::START, None).nominal, Duration::from_millis(250));
    }
}
