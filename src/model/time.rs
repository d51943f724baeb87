//! A monotonic clock that can be written down, replayed and made up.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The last second of the year 9999, which every calendar can show.
const LAST_DATE: i64 = 253_402_300_799;

/// A file's time as a date. File systems know times that no calendar does: those become the nearest that it shows.
pub fn date_of(time: SystemTime) -> DateTime<Utc> {
    let after = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(after.as_secs()).unwrap_or(i64::MAX).min(LAST_DATE);
    DateTime::from_timestamp(seconds, after.subsec_nanos()).unwrap_or_default()
}

/// A point on a session's monotonic clock: nanoseconds since the session began.
///
/// Unlike [`std::time::Instant`] it can be serialized and constructed, so the same code runs live,
/// in a replay and in virtual time. It wraps after 584 years; arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(u64);

impl Moment {
    /// The beginning of the session.
    pub const START: Self = Self(0);

    /// The moment `nanos` nanoseconds after the session began.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The moment `millis` milliseconds after the session began.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the session began.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after the session began this is.
    pub const fn since_start(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(nanos))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", DisplayDuration(self.since_start()))
    }
}

/// A duration as people read it: at most two units, never a bare number (`412 ms`, `4 m 12 s`).
#[derive(Clone, Copy, Debug)]
pub struct DisplayDuration(pub Duration);

impl fmt::Display for DisplayDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let duration = self.0;
        let (seconds, micros) = (duration.as_secs(), duration.subsec_micros());
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
        if days > 0 {
            write!(f, "{days} d {hours} h")
        } else if hours > 0 {
            write!(f, "{hours} h {minutes} m")
        } else if seconds >= 120 {
            write!(f, "{minutes} m {} s", seconds % 60)
        } else if seconds >= 10 {
            write!(f, "{seconds} s")
        } else if seconds > 0 {
            write!(f, "{:.1} s", duration.as_secs_f64())
        } else if micros >= 10_000 {
            write!(f, "{} ms", micros / 1_000)
        } else {
            write!(f, "{:.1} ms", f64::from(micros) / 1_000.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_no_calendar_knows_is_the_nearest_that_it_shows() {
        let time = |seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
        let shown = |time| date_of(time).to_rfc3339();
        assert_eq!(time(1_769_299_200).map(shown).unwrap(), "2026-01-25T00:00:00+00:00");
        assert_eq!(time(568_971_820_800).map(shown).unwrap(), "9999-12-31T23:59:59+00:00", "the year 20000");
        // The year 300000, and the last that a file system of 64 bits knows: Windows ends before both.
        for last in [9_467_081_536_000, i64::MAX as u64].into_iter().filter_map(time) {
            assert_eq!(shown(last), "9999-12-31T23:59:59+00:00");
        }
        assert_eq!(date_of(SystemTime::UNIX_EPOCH - Duration::from_secs(1)).timestamp(), 0);
    }

    #[test]
    fn durations_always_carry_their_unit() {
        let shown = |millis| DisplayDuration(Duration::from_millis(millis)).to_string();
        assert_eq!(shown(0), "0.0 ms");
        assert_eq!(shown(4), "4.0 ms");
        assert_eq!(shown(412), "412 ms");
        assert_eq!(shown(1_250), "1.2 s");
        assert_eq!(shown(42_000), "42 s");
        assert_eq!(shown(100_000), "100 s");
        assert_eq!(shown(252_000), "4 m 12 s");
        assert_eq!(shown(3_660_000), "1 h 1 m");
        assert_eq!(shown(29 * 86_400_000 + 23 * 3_600_000), "29 d 23 h");
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Moment::START - Duration::from_secs(1), Moment::START);
        assert_eq!(Moment::from_nanos(u64::MAX) + Duration::MAX, Moment::from_nanos(u64::MAX));
        assert_eq!(Moment::START.since(Moment::from_millis(5)), Duration::ZERO);
    }
}
