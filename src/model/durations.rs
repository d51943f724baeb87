//! Durations in files, and how long they may be.

/// A duration that is a limit, for serde's `with`: never zero, never longer than a day.
pub mod limit {
    use std::time::Duration;

    pub use humantime_serde::serialize;

    /// The longest.
    pub const MAX: Duration = Duration::from_secs(86_400);

    /// Reads one such as `"10s"`.
    ///
    /// # Errors
    /// If it is none, or out of bounds.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let duration: Duration = humantime_serde::deserialize(deserializer)?;
        if duration.is_zero() || duration > MAX {
            let expected = "expected a duration longer than 0s and at most 1day, such as \"10s\"";
            return Err(serde::de::Error::custom(expected));
        }
        Ok(duration)
    }

    /// Reads one that may be left out.
    ///
    /// # Errors
    /// As [`deserialize`].
    pub fn optional<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        deserialize(deserializer).map(Some)
    }
}

/// A duration that may be zero, for serde's `with`: never so long that a clock overflows.
pub mod span {
    use std::time::Duration;

    pub use humantime_serde::serialize;

    /// The longest.
    pub const MAX: Duration = Duration::from_secs(366 * 86_400);

    /// Reads one such as `"10s"`.
    ///
    /// # Errors
    /// If it is none, or too long.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let duration: Duration = humantime_serde::deserialize(deserializer)?;
        let fits = duration <= MAX;
        fits.then_some(duration).ok_or_else(|| serde::de::Error::custom("expected a duration of at most 366days"))
    }

    /// Reads one that may be left out.
    ///
    /// # Errors
    /// As [`deserialize`].
    pub fn optional<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        deserialize(deserializer).map(Some)
    }
}
