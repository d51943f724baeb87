//! What is said about a wait.

use std::time::Duration;

use crate::model::{Backoff, Delay, DisplayDuration};

/// Whole milliseconds with a thin gap between thousands.
pub fn millis(duration: Duration) -> String {
    let whole = (duration.as_secs_f64() * 1_000.0).round() as u64;
    if whole < 1_000 { whole.to_string() } else { format!("{} {:03}", whole / 1_000, whole % 1_000) }
}

/// Why the client waits this long.
pub fn why(rule: &Backoff, delay: Option<&Delay>) -> String {
    let Some(delay) = delay else { return String::new() };
    let exponent = delay.retry.saturating_sub(1);
    let off = percent(delay.drawn.as_secs_f64() / delay.nominal.as_secs_f64().max(f64::MIN_POSITIVE) - 1.0);
    let grown = rule.base.mul_f64_saturating(rule.factor.powf(f64::from(exponent)));
    let how = if rule.nominal(exponent) != delay.nominal {
        format!("{} by the rule before it was changed", DisplayDuration(delay.nominal))
    } else if grown > rule.cap {
        format!(
            "{} × {}^{exponent} is more than the cap, so {}",
            DisplayDuration(rule.base),
            rule.factor,
            DisplayDuration(delay.nominal)
        )
    } else {
        format!("{} × {}^{exponent} = {} ms", DisplayDuration(rule.base), rule.factor, millis(delay.nominal))
    };
    let floor = match delay.floor {
        Some(floor) if floor > delay.drawn => {
            format!(", but the server asked for {} (Retry-After)", DisplayDuration(floor))
        }
        Some(floor) => format!("; the server asked for only {} (Retry-After)", DisplayDuration(floor)),
        None => String::new(),
    };
    format!("Retry {}: {how}; drawn {off:+} %: {} ms{floor}. ", delay.retry, millis(delay.drawn))
}

/// A share in per cent, with no more digits than it has.
fn percent(share: f64) -> f64 {
    (share * 1_000.0).round() / 10.0
}

/// `text` with no-break spaces in numbers and before their units.
pub fn unbroken(text: &str) -> String {
    let characters: Vec<_> = text.chars().collect();
    let is_in_number = |at: usize| {
        let after = &characters[at + 1..];
        let unit: String = after.iter().take_while(|character| character.is_alphabetic()).collect();
        let is_followed = after.first().is_some_and(|next| next.is_ascii_digit() || *next == '%');
        at > 0 && characters[at - 1].is_ascii_digit() && (is_followed || ["ms", "s", "m", "h", "d"].contains(&&*unit))
    };
    let spaced = |(at, character): (usize, &char)| match character {
        ' ' if is_in_number(at) => '\u{a0}',
        character => *character,
    };
    characters.iter().enumerate().map(spaced).collect()
}

/// What the client would do after `retries` in a row.
pub fn next(rule: &Backoff, retries: u32) -> String {
    let (low, high) = rule.window(retries);
    let window =
        if low == high { DisplayDuration(low).to_string() } else { format!("{}–{} ms", millis(low), millis(high)) };
    let reset = if rule.reset_after.is_zero() {
        "as soon as it is open".to_owned()
    } else {
        format!("after {} open", DisplayDuration(rule.reset_after))
    };
    format!("The next failure waits {window}; {reset} it starts over at {}.", DisplayDuration(rule.nominal(0)))
}

/// Multiplying without a panic where the product is too long to be a duration.
trait Saturating {
    fn mul_f64_saturating(self, factor: f64) -> Duration;
}

impl Saturating for Duration {
    fn mul_f64_saturating(self, factor: f64) -> Duration {
        Duration::try_from_secs_f64(self.as_secs_f64() * factor).unwrap_or(Duration::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Moment;

    fn delay(retry: u32, nominal: u64, drawn: u64, floor: Option<u64>) -> Delay {
        let (nominal, drawn) = (Duration::from_millis(nominal), Duration::from_millis(drawn));
        let floor = floor.map(Duration::from_secs);
        Delay { retry, nominal, drawn, floor, wait: drawn.max(floor.unwrap_or_default()), until: Moment::START }
    }

    #[test]
    fn every_wait_is_explained() {
        let rule = Backoff::default();
        let text = |delay| why(&rule, Some(&delay));
        assert_eq!(text(delay(4, 2_000, 2_013, None)), "Retry 4: 250 ms × 2^3 = 2 000 ms; drawn +0.6 %: 2 013 ms. ");
        assert!(text(delay(8, 5_000, 4_000, None)).contains("is more than the cap, so 5.0 s; drawn -20 %: 4 000 ms"));
        assert!(text(delay(1, 250, 245, Some(60))).contains("but the server asked for 60 s (Retry-After)"));
        assert!(text(delay(2, 900, 800, None)).contains("900 ms by the rule before it was changed"));
        assert_eq!(next(&rule, 4), "The next failure waits 3 000–5 000 ms; after 5.0 s open it starts over at 250 ms.");
        let seed = Backoff { reset_after: Duration::ZERO, jitter: 0.0, ..rule };
        let flat = Backoff { base: Duration::from_secs(9), cap: Duration::from_secs(5), ..seed.clone() };
        assert_eq!(next(&flat, 3), "The next failure waits 5.0 s; as soon as it is open it starts over at 5.0 s.");
        assert_eq!(next(&seed, 0), "The next failure waits 250 ms; as soon as it is open it starts over at 250 ms.");
    }

    #[test]
    fn numbers_stay_with_their_units() {
        let text = "Retry 4: drawn +0.6 %: 2 013 ms. It waits 5 s more";
        assert_eq!(unbroken(text).replace('\u{a0}', "_"), "Retry 4: drawn +0.6_%: 2_013_ms. It waits 5_s more");
    }
}
