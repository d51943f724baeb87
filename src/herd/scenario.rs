//! Who loses what connection for how long.

use std::time::Duration;

use serde::Serialize;

use super::limits::Limits;
use crate::model::Moment;

/// What happens to a herd. Time zero is when the first outage begins.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// How many clients there are.
    pub clients: u32,
    /// How long the server is gone; zero is a restart that takes no time.
    #[serde(with = "humantime_serde")]
    pub outage: Duration,
    /// How often that happens, at least once.
    pub outages: u32,
    /// How long the server is up between two outages. A rule that counts an open connection as a success at
    /// once and one that waits for `reset_after` differ here.
    #[serde(with = "humantime_serde")]
    pub up: Duration,
    /// How long each step of an attempt takes, there and back: ticket request, dialling, upgrade.
    #[serde(with = "humantime_serde")]
    pub latency: Duration,
    /// What the server can take.
    pub limits: Limits,
    /// Decides every random draw.
    pub seed: u64,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            clients: 10_000,
            outage: Duration::from_secs(30),
            outages: 1,
            up: Duration::from_secs(10),
            latency: Duration::from_millis(5),
            limits: Limits::default(),
            seed: 1,
        }
    }
}

impl Scenario {
    /// The most clients that fit in a usual computer's memory.
    pub const MAX_CLIENTS: u32 = 1_000_000;
    /// The longest outage, and the longest time between two.
    pub const MAX_OUTAGE: Duration = Duration::from_secs(3_600);
    /// The most outages.
    pub const MAX_OUTAGES: u32 = 20;
    /// The longest latency of a step.
    pub const MAX_LATENCY: Duration = Duration::from_secs(5);
    /// How long the herd is watched after the last outage. Who is not back by then is counted as still trying.
    pub const WATCH: Duration = Duration::from_secs(900);

    /// When the last outage ends: recovery is counted from here.
    pub fn end(&self) -> Moment {
        Moment::START + self.period() * self.outages.saturating_sub(1) + self.outage
    }

    /// Whether the server is gone.
    pub(super) fn is_down(&self, at: Moment) -> bool {
        let (number, into) = self.position(at);
        number < u128::from(self.outages) && into < self.outage.as_nanos()
    }

    /// When the server goes down next after `at`.
    pub(super) fn next_cut(&self, at: Moment) -> Option<Moment> {
        let next = self.position(at).0 + 1;
        let next = u32::try_from(next).ok().filter(|next| *next < self.outages)?;
        Some(Moment::START + self.period() * next)
    }

    /// How many whole periods of down and up have passed, and the nanoseconds since the last began.
    fn position(&self, at: Moment) -> (u128, u128) {
        let (passed, period) = (u128::from(at.as_nanos()), self.period().as_nanos().max(1));
        (passed / period, passed % period)
    }

    fn period(&self) -> Duration {
        self.outage + self.up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outages_begin_and_end_when_they_should() {
        let at = Moment::from_millis;
        let scenario =
            Scenario { outage: Duration::from_secs(3), outages: 2, up: Duration::from_secs(1), ..Scenario::default() };
        assert_eq!(scenario.end(), at(7_000));
        let down: Vec<bool> =
            [0, 2_999, 3_000, 3_999, 4_000, 6_999, 7_000, 8_000].map(|ms| scenario.is_down(at(ms))).into();
        assert_eq!(down, [true, true, false, false, true, true, false, false]);
        assert_eq!((scenario.next_cut(at(3_500)), scenario.next_cut(at(7_000))), (Some(at(4_000)), None));

        let restart = Scenario { outage: Duration::ZERO, up: Duration::ZERO, ..scenario };
        assert!(!restart.is_down(at(0)) && restart.end() == at(0));
    }
}
