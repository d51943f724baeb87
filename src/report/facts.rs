//! What a report says of a session, before it is put into words.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::check::{self, Outcome};
use crate::journal::recording::{Header, Losses, Recording};
use crate::journal::{ConsoleLine, Level, lines};
use crate::model::{Moment, Profile, ReportId, Timing};
use crate::replay::Summary;
use crate::view::{CloseRecord, Lane, SessionView, Snapshot, Standpoint, Verdict};

/// The version of `report.json`: `major.minor`. The minor grows with every addition.
const FORMAT: &str = "1.3";
/// The file with the entries of a check beside a session.
pub(super) const CHECK_ENTRIES: &str = "check.jsonl";
/// Attempts that are listed.
const ATTEMPTS: usize = 20;
/// Closes that are listed.
const CLOSES: usize = 20;
/// Lines of the log that are shown.
const LINES: usize = 60;

/// Everything that is known of a session.
pub(super) struct Facts<'a> {
    pub id: ReportId,
    pub header: &'a Header,
    pub view: SessionView,
    /// What was so when it ended; of a session that a person ended, at the moment before.
    pub verdict: Verdict,
    pub summary: Summary,
    /// The end of the log, each line with its date.
    pub log: Vec<(DateTime<Utc>, ConsoleLine)>,
    pub losses: Losses,
    pub check: Option<&'a Outcome>,
}

impl<'a> Facts<'a> {
    pub fn of(recording: &'a Recording, check: Option<&'a Outcome>) -> Self {
        let header = recording.header();
        let mut view = SessionView::recorded(header.profile.clone());
        let mut log = VecDeque::new();
        for entry in recording.entries() {
            view.apply(&entry);
            for line in lines(&entry).into_iter().filter(|line| line.level != Level::Debug) {
                log.push_back((entry.time, line));
                if log.len() > LINES {
                    log.pop_front();
                }
            }
        }
        let verdict = view.verdict(Standpoint::Report);
        let of_check = check.filter(|check| is_of(check, recording));
        let verdict = of_check.map_or(verdict, Outcome::verdict);
        Self {
            id: header.report_id(),
            header,
            verdict,
            summary: Summary::of(recording),
            log: log.into(),
            losses: recording.losses(),
            view,
            check,
        }
    }

    /// How many attempts there were.
    pub fn attempts(&self) -> u64 {
        self.view.snapshot().attempt.map_or(0, |last| last.0 + 1)
    }

    /// The last of them.
    pub fn lanes(&self) -> impl Iterator<Item = &Lane> {
        let attempts = self.view.attempts();
        (attempts.len().saturating_sub(ATTEMPTS)..attempts.len()).filter_map(|row| attempts.lane(row))
    }

    /// The closes that are listed, and how many came before them.
    pub fn closes(&self) -> (impl Iterator<Item = &CloseRecord>, u64) {
        let Snapshot { closes, closes_dropped, .. } = self.view.snapshot();
        let left_out = closes.len().saturating_sub(CLOSES);
        (closes.iter().skip(left_out).map(|close| &**close), closes_dropped + left_out as u64)
    }

    /// The file in which the evidence of the check's findings is.
    pub fn check_entries(&self) -> Option<&'static str> {
        self.check.map(|check| if check.seed == self.header.seed { "recording.jsonl" } else { CHECK_ENTRIES })
    }

    /// When `moment` was, by the computer's clock.
    pub fn date(&self, moment: Moment) -> DateTime<Utc> {
        let elapsed = chrono::TimeDelta::from_std(moment.since_start()).unwrap_or_default();
        self.header.start.checked_add_signed(elapsed).unwrap_or(self.header.start)
    }

    /// The same if it is known as a date.
    fn dated(&self, moment: Moment) -> Option<DateTime<Utc>> {
        Some(self.date(moment)).filter(|_| self.is_in_utc())
    }

    /// What the session's times are worth: those of files may have no date, or none at all.
    pub fn timing(&self) -> Timing {
        self.view.snapshot().files.as_ref().map_or(Timing::Dated, |files| files.timing)
    }

    /// Whether its times are those of UTC, and not of a zone that no file names.
    pub fn is_in_utc(&self) -> bool {
        self.timing() == Timing::Dated
    }

    /// The time of day of `time`, if there is one.
    pub fn clock_time(&self, time: DateTime<Utc>) -> Option<String> {
        (self.timing() != Timing::Order).then(|| time.format("%H:%M:%S%.3f").to_string())
    }

    /// When it began, in words.
    pub fn began(&self) -> Option<String> {
        let start = self.header.start;
        match self.timing() {
            Timing::Dated => Some(start.format("%Y-%m-%d %H:%M:%S UTC").to_string()),
            Timing::TimeOfDay => {
                Some(format!("{}, by the user's clock; the day is not in these files", start.format("%H:%M:%S")))
            }
            Timing::Order => None,
        }
    }

    /// How long it lasted.
    pub fn lasted(&self) -> Option<Duration> {
        let lasted = Duration::from_secs_f64(self.summary.duration.max(0.0) / 1_000.0);
        Some(lasted).filter(|_| self.timing() != Timing::Order)
    }

    /// `text` unless it names a host that stands for one that no file names.
    fn told<T: ToString>(&self, text: &T) -> Option<String> {
        let is_of_files = self.view.snapshot().files.is_some();
        Some(text.to_string()).filter(|text| !is_of_files || !text.contains(Profile::UNKNOWN_HOST))
    }

    /// The same for programs. Lists stand where a map's keys would be foreign words.
    pub fn json(&self, made: DateTime<Utc>) -> String {
        let Self { id, header, verdict, summary, losses, .. } = self;
        let snapshot = self.view.snapshot();
        let files = header
            .files
            .iter()
            .map(|file| json!({ "name": file.name, "kind": file.kind.to_string(), "written_by": file.writer }));
        let counted = |(what, count): (&String, &u64)| json!({ "what": what, "count": count });
        let phases = summary.phases.iter().map(|(phase, times)| json!({ "phase": phase, "times": times }));
        let (closes, closes_before) = self.closes();
        let closes = closes.map(|close| {
            json!({
                "time": Some(close.time).filter(|_| self.is_in_utc()), "attempt": close.attempt, "close": close.close, "class": close.after.class(),
                "open_ms": close.open_for.map(millis), "simulated": close.simulated,
            })
        });
        let lanes = self.lanes().map(|lane| {
            let outcome = lane.outcome.as_ref().map(|outcome| {
                json!({
                    "text": outcome.text, "class": outcome.class, "simulated": outcome.is_simulated,
                    "time": self.dated(outcome.at),
                })
            });
            json!({ "attempt": lane.number(), "start": self.dated(lane.start), "outcome": outcome })
        });
        let check = self.check.and_then(|check| check::json(check).ok());
        let value = json!({
            "format": FORMAT,
            "report_id": id.to_string(),
            "program": env!("CARGO_PKG_VERSION"),
            "recorded_by": header.program,
            "made": made,
            "profile": {
                "name": header.profile.name, "api": self.told(&header.profile.api),
                "websocket": self.told(&header.profile.websocket), "origin": self.told(&header.profile.origin),
            },
            "session": {
                "start": Some(header.start).filter(|_| self.is_in_utc()),
                "duration_ms": self.lasted().map(|_| summary.duration),
            },
            "files": files.collect::<Vec<_>>(),
            "verdict": verdict,
            "code": verdict.code().map(|code| code.to_string()),
            "clock": snapshot.clock,
            "counts": {
                "attempts": self.attempts(),
                "tickets": snapshot.tickets,
                "closes": snapshot.closes.len() as u64 + snapshot.closes_dropped,
                "crashes": snapshot.crashes,
                "messages_received": summary.messages.0,
                "messages_sent": summary.messages.1,
                "events": summary.events.iter().map(counted).collect::<Vec<_>>(),
                "codes": summary.codes.iter().map(counted).collect::<Vec<_>>(),
                "phases": phases.collect::<Vec<_>>(),
            },
            "attempts": lanes.collect::<Vec<_>>(),
            "closes": closes.collect::<Vec<_>>(),
            "closes_before": closes_before,
            "check": check.and_then(|check| serde_json::from_str::<Value>(&check).ok()),
            "check_entries": self.check_entries(),
            "losses": losses,
        });
        // A JSON value can be printed always.
        serde_json::to_string_pretty(&value).unwrap_or_default()
    }
}

/// Whether `recording` is of `check` itself.
pub(super) fn is_of(check: &Outcome, recording: &Recording) -> bool {
    check.seed == recording.header().seed
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
