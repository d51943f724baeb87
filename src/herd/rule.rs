//! The rules that are compared: ours as the machine follows it, those of other libraries as delays.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::model::Policy;

/// When a client tries again.
#[derive(Clone, Debug)]
pub struct Rule {
    name: String,
    pub(super) kind: RuleKind,
}

#[derive(Clone, Debug)]
pub(super) enum RuleKind {
    Machine(Arc<Policy>),
    Delays(&'static Delays),
}

impl Rule {
    /// The rule of this program's client.
    pub fn ours(name: impl Into<String>, policy: impl Into<Arc<Policy>>) -> Self {
        Self { name: name.into(), kind: RuleKind::Machine(policy.into()) }
    }

    /// The rules that other libraries come with.
    pub fn others() -> Vec<Self> {
        OTHERS.iter().map(|(name, delays)| Self { name: (*name).to_owned(), kind: RuleKind::Delays(delays) }).collect()
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the real client runs; otherwise only its delays are simulated.
    pub fn is_real_machine(&self) -> bool {
        matches!(self.kind, RuleKind::Machine(_))
    }
}

impl fmt::Display for Rule {
    /// Its terms: `250 ms ×2, cap 5 s, ±25 %, reset after 5 s open`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RuleKind::Machine(policy) => policy.backoff.fmt(f),
            RuleKind::Delays(delays) => f.write_str(delays.terms),
        }
    }
}

/// The delays of a library.
#[derive(Debug)]
pub(super) struct Delays {
    terms: &'static str,
    /// The first delays.
    first: &'static [Duration],
    /// What follows them.
    then: Then,
    jitter: Jitter,
    /// How long a connection must have been open to count as a success.
    pub reset_after: Duration,
}

#[derive(Debug)]
enum Then {
    Same(Duration),
    Grown { base: Duration, factor: f64, cap: Duration },
    GiveUp,
}

#[derive(Debug)]
enum Jitter {
    None,
    /// A share on either side, before the cap.
    BeforeCap(f64),
    /// `base` and anything from nothing to the grown delay, capped.
    Full,
    /// Up to this share less.
    Less(f64),
    /// Up to so much more.
    More(Duration),
}

impl Delays {
    /// The wait before the retry after `retries` others in a row, drawn by `unit`, uniform in `0..1`; `None`
    /// if the client has given up.
    pub fn delay(&self, retries: u32, unit: f64) -> Option<Duration> {
        let known = self.first.get(retries as usize).copied();
        let drawn = |nominal: Duration| match self.jitter {
            Jitter::None | Jitter::BeforeCap(_) | Jitter::Full => nominal,
            Jitter::Less(share) => nominal.mul_f64(1.0 - share * unit),
            Jitter::More(_) if nominal.is_zero() => nominal,
            Jitter::More(most) => nominal + most.mul_f64(unit),
        };
        match (known, &self.then) {
            (Some(known), _) => Some(drawn(known)),
            (None, Then::Same(delay)) => Some(drawn(*delay)),
            (None, Then::GiveUp) => None,
            (None, Then::Grown { base, factor, cap }) => {
                let exponent = f64::from(retries) - self.first.len() as f64;
                let (base, cap) = (base.as_secs_f64(), cap.as_secs_f64());
                let grown = base * factor.powf(exponent);
                let drawn = match self.jitter {
                    Jitter::BeforeCap(share) => (grown * (1.0 + share * (2.0 * unit - 1.0))).min(cap),
                    Jitter::Full => (base + grown.min(cap) * unit).min(cap),
                    Jitter::None | Jitter::Less(_) | Jitter::More(_) => {
                        drawn(Duration::from_secs_f64(grown.min(cap))).as_secs_f64()
                    }
                };
                Some(Duration::from_secs_f64(drawn))
            }
        }
    }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const ON_OPEN: Duration = Duration::ZERO;

/// The defaults of the libraries, as their documentation or source gives them.
const OTHERS: [(&str, Delays); 7] = [
    (
        "Phoenix",
        Delays {
            terms: "10 ms … 2 s table, then 5 s, no jitter",
            first: &[ms(10), ms(50), ms(100), ms(150), ms(200), ms(250), ms(500), ms(1_000), ms(2_000)],
            then: Then::Same(ms(5_000)),
            jitter: Jitter::None,
            reset_after: ON_OPEN,
        },
    ),
    (
        "SignalR",
        Delays {
            terms: "0, 2, 10, 30 s, no jitter, then gives up",
            first: &[ms(0), ms(2_000), ms(10_000), ms(30_000)],
            then: Then::GiveUp,
            jitter: Jitter::None,
            reset_after: ON_OPEN,
        },
    ),
    (
        "Socket.IO",
        Delays {
            terms: "1 s ×2, ±50 % before the cap of 5 s",
            first: &[],
            then: Then::Grown { base: ms(1_000), factor: 2.0, cap: ms(5_000) },
            jitter: Jitter::BeforeCap(0.5),
            reset_after: ON_OPEN,
        },
    ),
    (
        "centrifuge-js",
        Delays {
            terms: "500 ms ×2, cap 20 s, full jitter",
            first: &[],
            then: Then::Grown { base: ms(500), factor: 2.0, cap: ms(20_000) },
            jitter: Jitter::Full,
            reset_after: ON_OPEN,
        },
    ),
    (
        "Ably",
        Delays {
            terms: "at once, 15, 20, 25, 30 s, up to 20 % less",
            first: &[ms(0), ms(15_000), ms(20_000), ms(25_000)],
            then: Then::Same(ms(30_000)),
            jitter: Jitter::Less(0.2),
            reset_after: ON_OPEN,
        },
    ),
    (
        "partysocket",
        Delays {
            terms: "3 s ×1.3, cap 10 s, no jitter, reset after 5 s open",
            first: &[],
            then: Then::Grown { base: ms(3_000), factor: 1.3, cap: ms(10_000) },
            jitter: Jitter::None,
            reset_after: ms(5_000),
        },
    ),
    (
        "LiveKit",
        Delays {
            terms: "0, 0.3, 1.2, 2.7, 4.8, 7 s, up to 1 s more, gives up after 10",
            first: &[
                ms(0),
                ms(300),
                ms(1_200),
                ms(2_700),
                ms(4_800),
                ms(7_000),
                ms(7_000),
                ms(7_000),
                ms(7_000),
                ms(7_000),
            ],
            then: Then::GiveUp,
            jitter: Jitter::More(ms(1_000)),
            reset_after: ON_OPEN,
        },
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(name: &str, unit: f64, count: u32) -> Vec<Option<u128>> {
        let (_, delays) = OTHERS.iter().find(|(known, _)| *known == name).unwrap();
        (0..count).map(|retries| delays.delay(retries, unit).map(|delay| delay.as_millis())).collect()
    }

    #[test]
    fn the_delays_are_the_libraries() {
        assert_eq!(delays("SignalR", 0.5, 5), [Some(0), Some(2_000), Some(10_000), Some(30_000), None]);
        assert_eq!(delays("Socket.IO", 0.0, 5), [Some(500), Some(1_000), Some(2_000), Some(4_000), Some(5_000)]);
        assert_eq!(delays("Socket.IO", 0.99, 3), [Some(1_490), Some(2_980), Some(5_000)]);
        assert_eq!(delays("centrifuge-js", 0.5, 2), [Some(750), Some(1_000)]);
        assert_eq!(delays("centrifuge-js", 0.5, 40).last(), Some(&Some(10_500)));
        assert_eq!(delays("Ably", 0.5, 6)[1..], [13_500, 18_000, 22_500, 27_000, 27_000].map(Some));
        assert_eq!(delays("partysocket", 0.5, 7), [3_000, 3_900, 5_070, 6_591, 8_568, 10_000, 10_000].map(Some));
        assert_eq!(delays("Phoenix", 0.5, 11)[8..], [2_000, 5_000, 5_000].map(Some));
        assert_eq!(delays("LiveKit", 0.5, 3), [Some(0), Some(800), Some(1_700)]);
        assert_eq!(delays("LiveKit", 0.5, 11).last(), Some(&None));
    }
}
