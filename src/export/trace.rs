//! The attempts as a timeline in Chrome's trace event format: a lane for each attempt, its phases as complete
//! events (`X`), what happened at once as instants (`i`). Times are in microseconds.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::session::Session;
use super::writer::Writer;
use crate::journal::lines;
use crate::model::{AttemptId, Delay, DriverEvent, Entry, Event, FaultEvent, FlowEvent};

pub(super) const TRACE: Writer = Writer {
    name: "trace",
    label: "Perfetto trace",
    explanation: "All attempts, as a timeline for ui.perfetto.dev or chrome://tracing",
    write: trace,
};

/// The process that all lanes belong to.
const PROCESS: u64 = 1;

fn trace(mut session: Session<'_>) -> String {
    let dropped = session.earlier_dropped();
    let mut events = vec![json!({
        "name": "process_name", "ph": "M", "pid": PROCESS, "tid": 0, "args": { "name": "Ticketscope" }
    })];
    let mut lanes = BTreeSet::new();
    let mut opened: Option<Arc<Entry>> = None;
    let mut waiting: Option<(Arc<Entry>, Delay)> = None;
    let mut newest: Option<Arc<Entry>> = None;
    for entry in session.entries {
        let entry = &*newest.insert(entry);
        if lanes.insert(lane(entry.attempt)) {
            let name = entry.attempt.map_or_else(|| "session".to_owned(), |number| format!("attempt {number}"));
            let (lane, args) = (lane(entry.attempt), json!({ "name": name }));
            events.push(json!({ "name": "thread_name", "ph": "M", "pid": PROCESS, "tid": lane, "args": args }));
        }
        let ends_wait = matches!(
            entry.event,
            Event::Flow(FlowEvent::AttemptStarted { .. })
                | Event::Flow(FlowEvent::Stopped)
                | Event::Driver(DriverEvent::Crashed { .. })
        );
        events.extend(waiting.take_if(|_| ends_wait).map(|waiting| wait(waiting, entry)));
        match &entry.event {
            Event::Driver(DriverEvent::PhaseFinished { phase, took, ok, detail, .. }) => {
                let args = json!({ "ok": ok, "detail": detail });
                events.push(complete(entry, &phase.to_string(), "phase", took.as_nanos() as f64 / 1e3, args));
            }
            Event::Flow(FlowEvent::BackoffScheduled { delay }) => waiting = Some((Arc::clone(entry), *delay)),
            Event::Flow(FlowEvent::Connected) => {
                opened = Some(Arc::clone(entry));
                events.push(instant(entry, "connected"));
            }
            Event::Flow(FlowEvent::Disconnected { close, .. }) => {
                let args = json!({ "close": close.to_string(), "clean": close.was_clean });
                events.extend(opened.take().map(|opened| open(&opened, entry, args)));
                events.push(instant(entry, "closed"));
            }
            Event::Flow(FlowEvent::AttemptFailed { .. }) => events.push(instant(entry, "failed")),
            Event::Fault(FaultEvent::Fired { fault, .. }) => events.push(instant(entry, &format!("SIMULATED {fault}"))),
            Event::Driver(DriverEvent::Crashed { .. }) => events.push(instant(entry, "crashed")),
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => {}
        }
    }
    if let Some(newest) = newest {
        events.extend(waiting.map(|waiting| wait(waiting, &newest)));
        events.extend(opened.map(|opened| open(&opened, &newest, json!({ "close": "still open" }))));
    }
    let other = json!({ "earlier_entries_dropped": dropped });
    json!({ "displayTimeUnit": "ms", "otherData": other, "traceEvents": events }).to_string()
}

fn lane(attempt: Option<AttemptId>) -> u64 {
    attempt.map_or(0, |AttemptId(number)| number + 1)
}

fn micros(entry: &Entry) -> f64 {
    entry.elapsed.as_nanos() as f64 / 1e3
}

/// A wait, from when it was planned until `end`.
fn wait((planned, delay): (Arc<Entry>, Delay), end: &Entry) -> Value {
    json!({
        "name": "wait", "cat": "backoff", "ph": "X", "ts": micros(&planned), "dur": micros(end) - micros(&planned),
        "pid": PROCESS, "tid": lane(planned.attempt),
        "args": { "retry": delay.retry, "planned_ms": delay.wait.as_secs_f64() * 1e3 }
    })
}

/// The open socket, in the lane of the attempt that opened it.
fn open(opened: &Entry, end: &Entry, mut args: Value) -> Value {
    args["simulated"] = json!(end.simulated);
    json!({
        "name": "open", "cat": "socket", "ph": "X", "ts": micros(opened), "dur": micros(end) - micros(opened),
        "pid": PROCESS, "tid": lane(opened.attempt), "args": args
    })
}

/// Something that is over at `entry`.
fn complete(entry: &Entry, name: &str, category: &str, micros_long: f64, mut args: Value) -> Value {
    args["simulated"] = json!(entry.simulated);
    json!({
        "name": name, "cat": category, "ph": "X", "ts": (micros(entry) - micros_long).max(0.0), "dur": micros_long,
        "pid": PROCESS, "tid": lane(entry.attempt), "args": args
    })
}

fn instant(entry: &Entry, name: &str) -> Value {
    let said: Vec<String> = lines(entry).iter().map(ToString::to_string).collect();
    let args = json!({ "lines": said, "simulated": entry.simulated });
    json!({
        "name": name, "cat": "event", "ph": "i", "s": "t", "ts": micros(entry),
        "pid": PROCESS, "tid": lane(entry.attempt), "args": args
    })
}

#[cfg(test)]
mod tests {
    use super::super::attempts::tests::{entries, session};
    use super::*;

    #[test]
    fn every_event_has_what_its_kind_needs() {
        let document: Value = serde_json::from_str(&trace(session(entries()))).unwrap();
        let events = document["traceEvents"].as_array().unwrap();
        for event in events {
            assert!(event["name"].is_string() && event["pid"].is_u64() && event["tid"].is_u64(), "{event}");
            match event["ph"].as_str().unwrap() {
                "M" => assert!(event["args"]["name"].is_string(), "{event}"),
                "X" => assert!(event["ts"].is_number() && event["dur"].as_f64().unwrap() >= 0.0, "{event}"),
                "i" => assert!(event["ts"].is_number() && event["s"] == "t", "{event}"),
                other => panic!("{other}"),
            }
        }
        let named = |name: &str| events.iter().find(|event| event["name"] == name).unwrap();
        assert_eq!(
            (named("ticket request")["ts"].as_f64(), named("ticket request")["dur"].as_f64()),
            (Some(1e6), Some(12e3))
        );
        assert_eq!(named("open")["args"]["simulated"], "close");
        assert_eq!(named("open")["dur"], 7_980_000.0);
    }
}
