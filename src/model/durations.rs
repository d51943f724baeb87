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

/// A [`limit`] that may be switched off by the word `"none"`, for serde's `with`.
pub mod limit_or_none {
    use std::fmt;
    use std::time::Duration;

    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};

    use super::limit;

    /// What switches it off.
    const NONE: &str = "none";

    /// Writes it, or the word.
    ///
    /// # Errors
    /// Those of `serializer`.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => limit::serialize(duration, serializer),
            None => serializer.serialize_str(NONE),
        }
    }

    /// Reads one such as `"10s"`, or the word.
    ///
    /// # Errors
    /// If it is neither, or out of bounds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Option<Duration>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"10s\", or \"none\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                if text == NONE {
                    return Ok(None);
                }
                limit::deserialize(serde::de::value::StrDeserializer::new(text)).map(Some)
            }
        }

        deserializer.deserialize_str(Either)
    }
}

/// How often something goes out to a server: never more often than is of use to anybody.
pub mod pace {
    use std::time::Duration;

    pub use humantime_serde::serialize;

    use super::limit;

    /// The shortest.
    pub const MIN: Duration = Duration::from_millis(10);

    /// Reads one such as `"10s"`.
    ///
    /// # Errors
    /// If it is none, or out of bounds.
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let duration: Duration = humantime_serde::deserialize(deserializer)?;
        let fits = (MIN..=limit::MAX).contains(&duration);
        fits.then_some(duration)
            .ok_or_else(|| serde::de::Error::custom("expected a duration from 10ms to 1day, such as \"10s\""))
    }
}

/// A [`limit_or_none`] that is a [`pace`], for serde's `with`.
pub mod pace_or_none {
    use std::time::Duration;

    use serde::Deserializer;
    use serde::de::Error;

    pub use super::limit_or_none::serialize;
    use super::{limit_or_none, pace};

    /// Reads one such as `"10s"`, or the word.
    ///
    /// # Errors
    /// If it is neither, or out of bounds.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        match limit_or_none::deserialize(deserializer)? {
            Some(every) if every < pace::MIN => {
                Err(D::Error::custom("expected a duration from 10ms to 1day, such as \"10s\", or \"none\""))
            }
            every => Ok(every),
        }
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
