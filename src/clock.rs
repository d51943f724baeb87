//! The one place that reads this computer's clock as a date.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, Utc};

/// The last second of the year 9999, since 1970: what HTTP, RFC 3339 and JWTs can still write.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// The time of day, by this computer's clock: see [`since_1970`].
pub fn utc_now() -> DateTime<Utc> {
    date(since_1970())
}

/// The same as the time since 1970. A clock that shows a time before 1970 or after 9999, for which the libraries for HTTP and
/// TLS have no dates and panic, counts as the nearest time between.
pub fn since_1970() -> Duration {
    clamped(reading()).unwrap_or_else(|nearest| nearest)
}

/// Whether this computer's clock shows a time between 1970 and 9999.
pub fn is_between_1970_and_9999() -> bool {
    clamped(reading()).is_ok()
}

#[expect(clippy::disallowed_methods, reason = "the shells ask here; cores take time as an argument")]
fn reading() -> SystemTime {
    SystemTime::now()
}

/// The time since 1970, or the nearest that can be used.
fn clamped(now: SystemTime) -> Result<Duration, Duration> {
    match now.duration_since(UNIX_EPOCH) {
        Ok(since) if since <= LAST => Ok(since),
        Ok(_) => Err(LAST),
        Err(_) => Err(Duration::ZERO),
    }
}

fn date(since_1970: Duration) -> DateTime<Utc> {
    let seconds = i64::try_from(since_1970.as_secs()).unwrap_or_default();
    DateTime::from_timestamp(seconds, since_1970.subsec_nanos()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_beyond_all_calendars_shows_the_nearest_date() {
        let after = |seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap();
        for (now, expected) in [
            (UNIX_EPOCH - Duration::from_secs(1 << 33), Err("1970-01-01 00:00:00 UTC")),
            (UNIX_EPOCH, Ok("1970-01-01 00:00:00 UTC")),
            (after(1_790_000_000), Ok("2026-09-21 14:13:20 UTC")),
            (after(LAST.as_secs()), Ok("9999-12-31 23:59:59 UTC")),
            (after(LAST.as_secs() + 1), Err("9999-12-31 23:59:59 UTC")),
            (after(1 << 39), Err("9999-12-31 23:59:59 UTC")),
        ] {
            let (found, nearest) = (clamped(now).map(date), clamped(now).map_err(date).err());
            let shown = |date: DateTime<Utc>| date.to_string();
            assert_eq!(
                (found.ok().map(shown), nearest.map(shown)),
                (expected.ok().map(str::to_owned), expected.err().map(str::to_owned))
            );
        }
    }
}
