//! What a report says of a session, before it is put into words.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::check::{self, Outcome};
use crate::diagnosis::{Diagnoser, Verdict};
use crate::journal::recording::{Header, Losses, Recording};
use crate::journal::{Attempts, Lane, Line, Snapshot, lines};
use crate::model::{Event, FlowCommand, FlowEvent, Moment, ReportId};
use crate::replay::Summary;

/// The version of `report.json`: `major.minor`. The minor grows with every addition.
const FORMAT: &str = "1.1";
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
    pub snapshot: std::sync::Arc<Snapshot>,
    pub verdict: Verdict,
    /// Whether a person ended the session; the verdict is that of the moment before.
    pub is_ended: bool,
    pub summary: Summary,
    /// How many attempts there were.
    pub attempts: u64,
    /// The last of them.
    pub lanes: Vec<Lane>,
    /// The end of the log, each line with its date.
    pub log: Vec<(DateTime<Utc>, Line)>,
    pub losses: Losses,
    pub check: Option<&'a Outcome>,
}

impl<'a> Facts<'a> {
    pub fn of(recording: &'a Recording, check: Option<&'a Outcome>) -> Self {
        let header = recording.header();
        let mut diagnoser = Diagnoser::new(header.profile.clone());
        let (mut attempts, mut log) = (Attempts::default(), std::collections::VecDeque::new());
        // What held until a person ended it: afterwards nothing is wrong any more.
        let mut before_end = None;
        for (index, entry) in recording.entries().enumerate() {
            match entry.event {
                Event::Flow(FlowEvent::Command { command: FlowCommand::Disconnect }) => {
                    before_end = recording.snapshot_at(index).zip(Some(diagnoser.findings()));
                }
                Event::Flow(FlowEvent::AttemptStarted { .. }) => before_end = None,
                _ => {}
            }
            diagnoser.apply(&entry);
            attempts.apply(&entry);
            for line in lines(&entry).into_iter().filter(|line| line.level != crate::journal::Level::Debug) {
                log.push_back((entry.time, line));
                if log.len() > LINES {
                    log.pop_front();
                }
            }
        }
        let last = recording.len().checked_sub(1).and_then(|last| recording.snapshot_at(last));
        let snapshot = last.unwrap_or_else(|| recording.beginning());
        let rows = attempts.len();
        let verdict = match &before_end {
            Some((snapshot, findings)) => {
                let mut open = Snapshot::clone(snapshot);
                open.socket.closing = false;
                Verdict::new(&open, findings.clone())
            }
            None => Verdict::new(&snapshot, diagnoser.findings()),
        };
        let of_check = check.filter(|check| is_of(check, recording));
        let verdict = of_check.map_or(verdict, Outcome::verdict);
        Self {
            id: header.report_id(),
            header,
            verdict,
            is_ended: before_end.is_some(),
            summary: Summary::of(recording),
            attempts: snapshot.attempt.map_or(0, |last| last.0 + 1),
            lanes: (rows.saturating_sub(ATTEMPTS)..rows).filter_map(|row| attempts.lane(row).cloned()).collect(),
            log: log.into(),
            losses: recording.losses(),
            snapshot,
            check,
        }
    }

    /// The closes that are listed, and how many came before them.
    pub fn closes(&self) -> (impl Iterator<Item = &crate::journal::CloseRecord>, u64) {
        let closes = &self.snapshot.closes;
        let left_out = closes.len().saturating_sub(CLOSES);
        (closes.iter().skip(left_out).map(|close| &**close), self.snapshot.closes_dropped + left_out as u64)
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

    /// The same for programs. Lists stand where a map's keys would be foreign words.
    pub fn json(&self, made: DateTime<Utc>) -> String {
        let Self { id, header, verdict, summary, attempts, losses, .. } = self;
        let counted = |(what, count): (&String, &u64)| json!({ "what": what, "count": count });
        let phases = summary.phases.iter().map(|(phase, times)| json!({ "phase": phase, "times": times }));
        let (closes, closes_before) = self.closes();
        let closes = closes.map(|close| {
            json!({
                "time": close.time, "attempt": close.attempt, "close": close.close, "class": close.class,
                "open_ms": millis(close.open_for), "simulated": close.simulated,
            })
        });
        let lanes = self.lanes.iter().map(|lane| {
            let outcome = lane.outcome.as_ref().map(|outcome| {
                json!({
                    "text": outcome.text, "class": outcome.class, "simulated": outcome.is_simulated,
                    "time": self.date(outcome.at),
                })
            });
            json!({ "attempt": lane.attempt, "start": self.date(lane.start), "outcome": outcome })
        });
        let check = self.check.and_then(|check| check::json(check).ok());
        let value = json!({
            "format": FORMAT,
            "report_id": id.to_string(),
            "program": env!("CARGO_PKG_VERSION"),
            "recorded_by": header.program,
            "made": made,
            "profile": {
                "name": header.profile.name, "api": header.profile.api, "websocket": header.profile.websocket,
                "origin": header.profile.origin,
            },
            "session": { "start": header.start, "duration_ms": summary.duration },
            "verdict": verdict,
            "code": verdict.code().map(|code| code.to_string()),
            "clock": self.snapshot.clock,
            "counts": {
                "attempts": attempts,
                "tickets": self.snapshot.tickets,
                "closes": self.snapshot.closes.len() as u64 + self.snapshot.closes_dropped,
                "crashes": self.snapshot.crashes,
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

fn millis(time: std::time::Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
