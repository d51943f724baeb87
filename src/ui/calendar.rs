//! Turns the session's moments into dates, and dates into text.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Timelike as _, Utc};

use super::day_format::DayFormat;
use crate::model::{Moment, Timing};

/// Turns the session's moments into dates and dates into text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calendar {
    /// A moment and its date: the newest entry's.
    pub anchor: Option<(Moment, DateTime<Utc>)>,
    /// The zone to show dates in; the computer's if `None`.
    pub zone: Option<FixedOffset>,
    /// How days are written.
    pub days: DayFormat,
    /// What is known of dates.
    pub timing: Timing,
}

impl Calendar {
    /// The date of `moment`, by this computer's clock when the newest entry was written.
    pub fn date(&self, moment: Moment) -> Option<DateTime<Utc>> {
        let (anchor, date) = self.anchor?;
        let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        date.checked_add_signed(TimeDelta::nanoseconds(nanos(moment.since(anchor)) - nanos(anchor.since(moment))))
    }

    /// What a clock showed when the session began, since midnight; nothing, while that is not known.
    pub fn clock_at_start(&self) -> Duration {
        let time = self.date(Moment::START).map(|date| self.local(date).time());
        time.map_or(Duration::ZERO, |time| {
            let nanos = u64::from(time.num_seconds_from_midnight()) * 1_000_000_000 + u64::from(time.nanosecond());
            Duration::from_nanos(nanos)
        })
    }

    fn local(&self, date: DateTime<Utc>) -> NaiveDateTime {
        match self.zone {
            // A time of day without zone is shown as it was written.
            _ if self.timing == Timing::TimeOfDay => date.naive_utc(),
            Some(zone) => date.with_timezone(&zone).naive_local(),
            None => date.with_timezone(&Local).naive_local(),
        }
    }

    /// The zone that dates are shown in: `UTC`, `UTC+1`, `UTC+5:30`; `None` while no date is known.
    pub fn zone_name(&self) -> Option<String> {
        if self.timing != Timing::Dated {
            return None;
        }
        let offset = match (self.zone, self.anchor) {
            (Some(zone), _) => zone,
            (None, Some((_, date))) => Local.offset_from_utc_datetime(&date.naive_utc()).fix(),
            (None, None) => return None,
        };
        let minutes = offset.local_minus_utc() / 60;
        let sign = if minutes < 0 { '−' } else { '+' };
        let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
        Some(match (hours, rest) {
            (0, 0) => "UTC".to_owned(),
            (_, 0) => format!("UTC{sign}{hours}"),
            _ => format!("UTC{sign}{hours}:{rest:02}"),
        })
    }

    fn format(&self, date: DateTime<Utc>, format: &str) -> String {
        match self.timing {
            Timing::Dated | Timing::TimeOfDay => self.local(date).format(format).to_string(),
            Timing::Order => "—".to_owned(),
        }
    }

    /// `14:02:11.463`; a dash if there is an order and no time.
    pub fn precise(&self, date: DateTime<Utc>) -> String {
        self.format(date, "%H:%M:%S%.3f")
    }

    /// The time of `moment` as [`Self::precise`] says it, or how long after the session's start it was.
    pub fn precise_at(&self, moment: Moment) -> String {
        self.date(moment).map_or_else(|| moment.to_string(), |date| self.precise(date))
    }

    /// `14:02:11`.
    pub fn time(&self, date: DateTime<Utc>) -> String {
        self.format(date, "%H:%M:%S")
    }

    /// The time of `moment` as [`Self::time`] says it, or how long after the session's start it was.
    pub fn time_at(&self, moment: Moment) -> String {
        self.date(moment).map_or_else(|| moment.to_string(), |date| self.time(date))
    }

    /// `22 Jan 2026`, or as the locale has it.
    pub fn day(&self, date: DateTime<Utc>) -> String {
        match self.timing {
            Timing::TimeOfDay | Timing::Order => "—".to_owned(),
            Timing::Dated => self.days.write(self.local(date)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_called_by_its_distance_from_utc() {
        let name = |seconds| Calendar { zone: FixedOffset::east_opt(seconds), ..Calendar::default() }.zone_name();
        let names = [0, 3_600, -18_000, 19_800].map(|seconds| name(seconds).unwrap());
        assert_eq!(names, ["UTC", "UTC+1", "UTC−5", "UTC+5:30"]);
        assert_eq!(Calendar::default().zone_name(), None);
    }

    #[test]
    fn moments_before_and_after_the_anchor_have_dates() {
        let date = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let anchor = Some((Moment::from_millis(10_000), date(1_000)));
        let calendar = Calendar { anchor, zone: FixedOffset::east_opt(3_600), ..Calendar::default() };
        assert_eq!(calendar.date(Moment::from_millis(4_000)), Some(date(994)));
        assert_eq!(calendar.date(Moment::from_millis(12_000)), Some(date(1_002)));
        assert_eq!(calendar.precise(date(0)), "01:00:00.000");
    }

    #[test]
    fn a_file_that_knows_no_zone_or_no_time_is_given_none() {
        let midnight = DateTime::from_timestamp(0, 0).unwrap();
        let shown = |timing| {
            let calendar = Calendar { zone: FixedOffset::east_opt(3_600), timing, ..Calendar::default() };
            (calendar.precise(midnight), calendar.day(midnight), calendar.zone_name())
        };
        assert_eq!(shown(Timing::TimeOfDay), ("00:00:00.000".to_owned(), "—".to_owned(), None));
        assert_eq!(shown(Timing::Order), ("—".to_owned(), "—".to_owned(), None));
    }
}
