//! The attempts of a journal, as JSON and as a table.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::model::{
    AttemptId, Close, DriverEvent, Entry, Event, Failure, FaultName, FlowEvent, Phase, Profile, Trigger,
};

/// One attempt, from its beginning to the wait after it.
#[derive(Debug, Serialize)]
pub(super) struct Attempt {
    pub attempt: AttemptId,
    started: DateTime<Utc>,
    trigger: Trigger,
    phases: Vec<PhaseTime>,
    connected_after_ms: Option<f64>,
    outcome: String,
    failure: Option<Failure>,
    close: Option<Close>,
    next_wait_ms: Option<f64>,
    /// The fault that brought its end about.
    simulated: Option<FaultName>,
    #[serde(skip)]
    began: u64,
}

#[derive(Debug, Serialize)]
struct PhaseTime {
    phase: Phase,
    took_ms: f64,
    ok: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    profile: &'a Profile,
    earlier_entries_dropped: u64,
    attempts: Vec<Attempt>,
}

fn millis(nanos: u64) -> f64 {
    nanos as f64 / 1e6
}

/// The attempts that `entries` tell of.
pub(super) fn attempts(entries: &[Arc<Entry>]) -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = Vec::new();
    for entry in entries {
        if let (Event::Flow(FlowEvent::AttemptStarted { trigger }), Some(attempt)) = (&entry.event, entry.attempt) {
            attempts.push(Attempt {
                attempt,
                started: entry.time,
                trigger: *trigger,
                phases: Vec::new(),
                connected_after_ms: None,
                outcome: "not over".to_owned(),
                failure: None,
                close: None,
                next_wait_ms: None,
                simulated: None,
                began: entry.elapsed.as_nanos(),
            });
        }
        let is_of = |attempt: &&mut Attempt| entry.attempt.is_none_or(|number| number == attempt.attempt);
        let Some(attempt) = attempts.iter_mut().rev().take(2).find(is_of) else { continue };
        match &entry.event {
            Event::Driver(DriverEvent::PhaseFinished { phase, took, ok, .. }) => {
                attempt.phases.push(PhaseTime { phase: *phase, took_ms: took.as_secs_f64() * 1e3, ok: *ok });
            }
            Event::Flow(FlowEvent::Connected) => {
                attempt.connected_after_ms = Some(millis(entry.elapsed.as_nanos().saturating_sub(attempt.began)));
                attempt.outcome = "connected".to_owned();
            }
            Event::Flow(FlowEvent::AttemptFailed { failure, .. }) => {
                attempt.outcome = format!("failed: {failure}");
                attempt.failure = Some(failure.clone());
                attempt.simulated = entry.simulated.clone();
            }
            Event::Flow(FlowEvent::Disconnected { close, .. }) => {
                attempt.outcome = format!("closed: {close}");
                attempt.close = Some(close.clone());
                attempt.simulated = entry.simulated.clone();
            }
            Event::Flow(FlowEvent::BackoffScheduled { delay }) => {
                attempt.next_wait_ms = Some(delay.wait.as_secs_f64() * 1e3)
            }
            _ => {}
        }
    }
    attempts
}

/// A JSON document.
pub fn json(profile: &Profile, entries: &[Arc<Entry>]) -> String {
    let (format, earlier_entries_dropped) = ("ticketscope-attempts 1", super::dropped(entries));
    let document = Document { format, profile, earlier_entries_dropped, attempts: attempts(entries) };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

const PHASES: [Phase; 8] =
    [Phase::Keychain, Phase::Token, Phase::Ticket, Phase::Dns, Phase::Tcp, Phase::Proxy, Phase::Tls, Phase::Upgrade];

/// A table with a head (RFC 4180).
pub fn csv(entries: &[Arc<Entry>]) -> String {
    let mut head = vec!["attempt".to_owned(), "started".to_owned(), "trigger".to_owned()];
    head.extend(PHASES.iter().map(|phase| format!("{phase} (ms)")));
    head.extend(["connected after (ms)", "outcome", "next wait (ms)", "simulated"].map(str::to_owned));
    let mut table = record(&head);
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| format!("{value:.3}"));
    for attempt in attempts(entries) {
        let trigger = match attempt.trigger {
            Trigger::Person => "person",
            Trigger::Backoff => "backoff",
            Trigger::Restart => "restart",
        };
        let started = attempt.started.to_rfc3339_opts(SecondsFormat::Millis, true);
        let mut cells = vec![attempt.attempt.to_string(), started, trigger.to_owned()];
        for phase in PHASES {
            let times = attempt.phases.iter().filter(|time| time.phase == phase);
            cells.push(number(times.map(|time| time.took_ms).reduce(|sum, more| sum + more)));
        }
        cells.push(number(attempt.connected_after_ms));
        cells.push(attempt.outcome);
        cells.push(number(attempt.next_wait_ms));
        cells.push(attempt.simulated.map_or_else(String::new, |fault| fault.to_string()));
        table += &record(&cells);
    }
    table
}

fn record(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|text| cell(text)).collect();
    cells.join(",") + "\r\n"
}

fn cell(text: &str) -> String {
    // A spreadsheet would take it for a formula.
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    // Where the decimal mark is a comma, spreadsheets take semicolons to be between cells.
    if text.contains(['"', ',', ';', '\t', '\r', '\n']) {
        format!("\"{guard}{}\"", text.replace('"', "\"\""))
    } else {
        format!("{guard}{text}")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Class, Moment, Source};

    pub fn session() -> Vec<Arc<Entry>> {
        let mut entries = Vec::new();
        let mut say = |attempt, millis: u64, simulated: Option<&str>, event| {
            let (seq, elapsed) = (entries.len() as u64, Moment::from_millis(millis));
            let time = DateTime::UNIX_EPOCH + elapsed.since_start();
            let simulated = simulated.map(FaultName::new);
            let (attempt, source) = (Some(AttemptId(attempt)), Source::Flow);
            entries.push(Arc::new(Entry { seq, elapsed, time, attempt, source, simulated, event }));
        };
        say(0, 1_000, None, Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Person }));
        let (took, detail) = (std::time::Duration::from_millis(12), "200, \"OK\"".into());
        say(0, 1_012, None, Event::Driver(DriverEvent::PhaseFinished { phase: Phase::Ticket, took, ok: true, detail }));
        say(0, 1_020, None, Event::Flow(FlowEvent::Connected));
        let close = Close::received(Some(4001), "=cmd(\"a\"),\nb");
        say(0, 9_000, Some("close"), Event::Flow(FlowEvent::Disconnected { close, class: Some(Class::Soft) }));
        say(1, 9_300, None, Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Backoff }));
        entries
    }

    #[test]
    fn the_table_has_a_row_for_each_attempt_and_quotes_what_needs_it() {
        let table = csv(&session());
        let rows: Vec<_> = table.split("\r\n").collect();
        assert_eq!(rows.len(), 4, "{table}");
        assert_eq!(rows[0].split(',').count(), 15);
        assert!(rows[1].starts_with("0,1970-01-01T00:00:01.000Z,person,,,12.000,,"), "{table}");
        assert!(rows[1].contains("\"\"a\"\"") && rows[1].ends_with(",,close"), "{table}");
        assert!(rows[2].starts_with("1,") && rows[2].contains(",not over,"), "{table}");
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("a,b"), "\"a,b\"");
    }

    #[test]
    fn json_can_be_read_and_is_marked() {
        let document: serde_json::Value = serde_json::from_str(&json(&Profile::production(), &session())).unwrap();
        assert_eq!(document["attempts"][0]["simulated"], "close");
        assert_eq!(document["attempts"][0]["connected_after_ms"], 20.0);
        assert_eq!(document["attempts"][1]["outcome"], "not over");
        assert_eq!(document["earlier_entries_dropped"], 0);
        let rest: serde_json::Value = serde_json::from_str(&json(&Profile::production(), &session()[2..])).unwrap();
        assert_eq!((&rest["earlier_entries_dropped"], &rest["attempts"][0]["attempt"]), (&2.into(), &1.into()));
    }
}
