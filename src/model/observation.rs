//! What is learnt beside an attempt: clocks and the server's health.

use std::fmt;
use std::time::Duration;

use super::DisplayDuration;
use chrono::{DateTime, TimeDelta, Utc};

/// How far this computer's clock is ahead of a server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// Milliseconds ahead; negative if behind.
    pub ahead_millis: i64,
    /// The error is at most this.
    pub within: Duration,
}

impl ClockOffset {
    /// Whether both may be the same, by how exact they are.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let apart = Duration::from_millis(self.ahead_millis.abs_diff(other.ahead_millis));
        apart <= self.within.saturating_add(other.within)
    }

    /// Of an answer with the header `Date: date` that arrived at `received`, by this computer's clock, `round_trip`
    /// after its request. The header has whole seconds, cut off (RFC 9110 §5.6.7), and was written during the round
    /// trip: half of each is the error.
    pub fn measured(date: DateTime<Utc>, received: DateTime<Utc>, round_trip: Duration) -> Self {
        let half = round_trip / 2;
        let written = date + TimeDelta::milliseconds(500);
        let millis = i64::try_from(half.as_millis()).unwrap_or(i64::MAX);
        let ahead_millis = (received - written).num_milliseconds().saturating_sub(millis);
        Self { ahead_millis, within: half + Duration::from_millis(500) }
    }

    /// The size of the offset in words, to the second: `2 h`, `1 d 3 m 40 s`.
    pub fn amount(self) -> String {
        let seconds = (self.size() + Duration::from_millis(500)).as_secs();
        if seconds < 10 {
            return DisplayDuration(self.size()).to_string();
        }
        let parts =
            [(seconds / 86_400, "d"), (seconds / 3_600 % 24, "h"), (seconds / 60 % 60, "m"), (seconds % 60, "s")];
        let parts = parts.into_iter().filter(|(count, _)| *count > 0);
        parts.map(|(count, unit)| format!("{count} {unit}")).collect::<Vec<_>>().join(" ")
    }

    /// The size of the offset.
    pub const fn size(self) -> Duration {
        Duration::from_millis(self.ahead_millis.unsigned_abs())
    }
}

/// What a server says of its own state (contract §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// The HTTP status of the answer.
    pub status: u16,
    /// The server itself.
    pub server: Component,
    /// Redis, which keeps its tickets.
    pub redis: Component,
}

impl Health {
    /// True if no component reports a failure; unknown counts as healthy.
    pub fn is_well(self) -> bool {
        self.status < 500 && !self.server.is_down() && !self.redis.is_down()
    }
}

/// The state of a part of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Component {
    /// It works.
    Up,
    /// It does not.
    Down,
    /// It has been missing since the server was started: `MISSING_CLIENT`.
    Missing,
    /// The answer does not say.
    #[default]
    Unknown,
}

impl Component {
    /// The state that a health endpoint calls `name`.
    pub fn named(name: &str) -> Self {
        match &*name.to_ascii_uppercase() {
            "UP" | "OK" | "PASS" | "HEALTHY" => Self::Up,
            "DOWN" | "ERROR" | "FAIL" | "UNHEALTHY" | "OUT_OF_SERVICE" => Self::Down,
            "MISSING_CLIENT" => Self::Missing,
            _ => Self::Unknown,
        }
    }

    /// Whether it is said not to work.
    pub const fn is_down(self) -> bool {
        matches!(self, Self::Down | Self::Missing)
    }
}

impl fmt::Display for ClockOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = if self.ahead_millis < 0 { "behind" } else { "ahead of" };
        write!(f, "{} {side} the server's, ± {}", self.amount(), DisplayDuration(self.within))
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, server {}, Redis {}", self.status, self.server, self.redis)
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Missing => "missing since the server's start",
            Self::Unknown => "not mentioned",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_is_shown_to_the_nearest_second() {
        let shown = |ahead_millis| ClockOffset { ahead_millis, within: Duration::from_millis(500) }.to_string();
        for (millis, expected) in [
            (7_199_600, "2 h ahead of"),
            (-86_399_700, "1 d behind"),
            (39_600, "40 s ahead of"),
            (86_400_000 + 3_600_000 + 5_000, "1 d 1 h 5 s ahead of"),
            (-2_040, "2.0 s behind"),
            (120, "120 ms ahead of"),
        ] {
            assert_eq!(shown(millis), format!("{expected} the server's, ± 500 ms"));
        }
    }

    #[test]
    fn an_offset_is_right_within_half_a_second_and_half_a_round_trip() {
        let server: DateTime<Utc> = "2026-01-25T14:02:11Z".parse().unwrap();
        for offset in [-86_400_000, -2_000, 0, 250, 2_000, 86_400_000_i64] {
            for (fraction, there, back) in [(0, 0, 0), (999, 10, 500), (500, 500, 10)] {
                let received = server + TimeDelta::milliseconds(fraction + back + offset);
                let measured = ClockOffset::measured(server, received, Duration::from_millis((there + back) as u64));
                let error = Duration::from_millis((measured.ahead_millis - offset).unsigned_abs());
                assert!(error <= measured.within, "{measured}, not {offset} ms");
            }
        }
    }
}
