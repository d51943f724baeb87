//! Times of HAR files: dates, UNIX seconds and milliseconds, and those that are none.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::evidence::sighting::Time;

/// Chrome dates what it has no date for at -1 s: such a date is that of no clock.
const EARLIEST: i64 = 946_684_800;

/// A date of the file; `None` if it is that of no clock.
pub fn date(text: &str) -> Option<Time> {
    let date = DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc);
    (date.timestamp() >= EARLIEST).then_some(date)
}

/// UNIX seconds as a date; `None` if they are those of no clock.
pub fn seconds(seconds: f64) -> Option<Time> {
    let date = DateTime::from_timestamp_micros((seconds * 1e6) as i64)?;
    (date.timestamp() >= EARLIEST).then_some(date)
}

/// So many milliseconds; `None` if there are none.
pub fn millis(millis: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(millis / 1e3).ok()
}
