//! The one place that reads this computer's clock as a date.

use chrono::{DateTime, Utc};

/// The time of day, by this computer's clock.
#[expect(clippy::disallowed_methods, reason = "the shells ask here; cores take time as an argument")]
pub fn utc_now() -> DateTime<Utc> {
    Utc::now()
}
