//! Compares what was recorded with what was expected: no session, no clock.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::expect::{Close, Count, Counted, Delays, Expectation, Lines, Never, Phases, Recovery, What};
use super::step::Awaited;
use crate::journal::EventKind;
use crate::journal::{self, ConsoleLine, Level};
use crate::model::{
    AttemptId, Backoff, Class, DisplayDuration, DriverEvent, Entry, Event, FaultName, FlowEvent, Phase, SafeText,
    ServerEvent, Trigger,
};
use crate::view::Status;

/// An expectation and whether it came true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What was expected.
    pub expectation: SafeText,
    /// What broke it; `None` if nothing did.
    pub problem: Option<Problem>,
}

/// Why an expectation did not come true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What was found instead.
    pub reason: SafeText,
    /// The journal entries that broke it, by number.
    pub entries: Vec<u64>,
}

impl Problem {
    pub(super) fn new(reason: &str, entries: Vec<u64>) -> Self {
        Self { reason: SafeText::new(reason), entries }
    }
}

/// What a session has recorded so far.
pub(super) struct Record<'a> {
    pub entries: &'a [Arc<Entry>],
    pub status: &'a Status,
}

impl Awaited {
    pub(super) const fn is(self, status: &Status) -> bool {
        match self {
            Self::Connected => matches!(status, Status::Connected { .. }),
            Self::Waiting => matches!(status, Status::Waiting(_)),
            Self::Stopped => matches!(status, Status::Stopped),
            Self::Idle => matches!(status, Status::Idle),
        }
    }
}

/// Evaluates one expectation.
pub(super) fn evaluate(expectation: &Expectation, record: &Record<'_>) -> Verdict {
    let result = match expectation {
        Expectation::Lines(lines) => record.has_lines(lines),
        Expectation::Never(never) => record.has_never(never),
        Expectation::Count(count) => record.has_count(count),
        Expectation::Delays(delays) => record.has_delays(delays),
        Expectation::Phases(phases) => record.has_phases(phases),
        Expectation::Close(close) => record.has_close(close),
        Expectation::Recovery(recovery) => record.has_recovered(recovery),
        Expectation::Server(lines) => in_order(lines, &record.server_lines()),
        Expectation::Status(status) => record.has_status(status.0),
        Expectation::Simulated(fault) => record.is_marked(&fault.0),
    };
    Verdict { expectation: SafeText::new(&expectation.to_string()), problem: result.err() }
}

type Evaluation = Result<(), Problem>;

fn broken<T>(reason: &str, entries: Vec<u64>) -> Result<T, Problem> {
    Err(Problem::new(reason, entries))
}

/// Texts with the numbers of their entries: each of `expected` must be part of one, in this order.
fn in_order(expected: &[String], found: &[(u64, String)]) -> Evaluation {
    let mut rest = found.iter();
    let mut last = None;
    for text in expected {
        match rest.find(|(_, line)| line.contains(text)) {
            Some(found) => last = Some(found),
            None => {
                let after = last.map_or_else(String::new, |(_, line)| format!(" after “{line}”"));
                return broken(&format!("no line “{text}”{after}"), last.iter().map(|(seq, _)| *seq).collect());
            }
        }
    }
    Ok(())
}

impl Record<'_> {
    fn lines(&self) -> impl Iterator<Item = (&Entry, ConsoleLine)> {
        self.entries.iter().flat_map(|entry| journal::lines(entry).into_iter().map(|line| (&**entry, line)))
    }

    fn server_lines(&self) -> Vec<(u64, String)> {
        let said = |entry: &Arc<Entry>| {
            let Event::Server(ServerEvent::Log { line }) = &entry.event else { return None };
            Some((entry.seq, line.to_string()))
        };
        self.entries.iter().filter_map(said).collect()
    }

    /// The entries that are, or print, `what`.
    fn all<'a>(&'a self, what: &'a What) -> impl Iterator<Item = &'a Entry> {
        let is = move |entry: &&Entry| match what {
            What::Event(kind) => EventKind::from(&entry.event) == *kind,
            What::Line(text) => prints(entry, text),
        };
        self.entries.iter().map(|entry| &**entry).filter(is)
    }

    fn has_lines(&self, expected: &Lines) -> Evaluation {
        let fits = |(entry, line): &(&Entry, ConsoleLine)| {
            expected.attempt.is_none_or(|attempt| entry.attempt == Some(AttemptId(attempt)))
                && expected.level.is_none_or(|level| line.level == level)
                && (!expected.exactly || line.level >= Level::Info && matches!(line.tag, "[WS]" | "[Auth]"))
        };
        let found: Vec<_> = self.lines().filter(fits).map(|(entry, line)| (entry.seq, line.to_string())).collect();
        if !expected.exactly {
            return in_order(&expected.text, &found);
        }
        for index in 0..found.len().max(expected.text.len()) {
            match (expected.text.get(index), found.get(index)) {
                (Some(text), Some((_, line))) if line.contains(text) => {}
                (Some(text), Some((seq, line))) => {
                    return broken(&format!("line {} is “{line}”, not “{text}”", index + 1), vec![*seq]);
                }
                (Some(text), None) => {
                    let last = found.last().map(|(seq, _)| *seq);
                    return broken(&format!("line {} is missing: “{text}”", index + 1), last.into_iter().collect());
                }
                (None, found) => {
                    let (seq, line) = found.map_or((0, ""), |(seq, line)| (*seq, line));
                    return broken(&format!("there is one more line: “{line}”"), vec![seq]);
                }
            }
        }
        Ok(())
    }

    fn has_never(&self, never: &Never) -> Evaluation {
        let from = match &never.after {
            None => 0,
            Some(after) => match self.entries.iter().find(|entry| prints(entry, after)) {
                Some(entry) => entry.seq + 1,
                None => return broken(&format!("there is no line “{after}” to begin with"), Vec::new()),
            },
        };
        let seqs: Vec<_> = self.all(&never.what).map(|entry| entry.seq).filter(|seq| *seq >= from).collect();
        match seqs.len() {
            0 => Ok(()),
            1 => broken("it happened once", seqs),
            count => broken(&format!("it happened {count} times"), seqs),
        }
    }

    fn has_count(&self, count: &Count) -> Evaluation {
        let seqs: Vec<u64> = match &count.of {
            Counted::Attempts => self.all(&What::Event(EventKind::AttemptStarted)).map(|entry| entry.seq).collect(),
            Counted::Closes => self.all(&What::Event(EventKind::Disconnected)).map(|entry| entry.seq).collect(),
            Counted::Other(what) => self.all(what).map(|entry| entry.seq).collect(),
            Counted::Tickets => {
                let mut seen = BTreeSet::new();
                let mut is_new = |entry: &&Arc<Entry>| matches!(entry.event, Event::Flow(FlowEvent::TicketSpent { ticket, .. }) if seen.insert(ticket));
                self.entries.iter().filter(|entry| is_new(entry)).map(|entry| entry.seq).collect()
            }
        };
        let found = seqs.len() as u64;
        let fits = (count.at_least..=count.at_most).contains(&found);
        if fits { Ok(()) } else { broken(&format!("there are {found}"), seqs) }
    }

    fn has_delays(&self, expected: &Delays) -> Evaluation {
        let (mut waits, mut planned) = (0, None);
        for entry in self.entries {
            match &entry.event {
                Event::Flow(FlowEvent::BackoffScheduled { delay }) => {
                    let window = match expected.windows.get(waits) {
                        Some([low, high]) => Some((**low, **high)),
                        None if expected.windows.is_empty() => Some(contract_window(delay.retry)),
                        None => None,
                    };
                    if let Some((low, high)) = window
                        && !(low..=high).contains(&delay.wait)
                        && delay.floor != Some(delay.wait)
                    {
                        let wait = millis(delay.wait);
                        let reason = format!("wait {} is {wait}, not {} to {}", waits + 1, millis(low), millis(high));
                        return broken(&reason, vec![entry.seq]);
                    }
                    planned = Some((entry.seq, delay.until));
                    waits += 1;
                }
                Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Backoff }) => match planned.take() {
                    Some((_, until)) if until <= entry.elapsed => {}
                    Some((seq, _)) => {
                        return broken("an attempt began before its wait was over", vec![seq, entry.seq]);
                    }
                    None => return broken("an attempt began without a wait", vec![entry.seq]),
                },
                Event::Flow(_)
                | Event::Driver(_)
                | Event::Replay(_)
                | Event::Server(_)
                | Event::Fault(_)
                | Event::File(_) => {}
            }
        }
        let least = expected.at_least.max(expected.windows.len());
        if waits < least { broken(&format!("there are {waits} waits, not {least}"), Vec::new()) } else { Ok(()) }
    }

    fn has_phases(&self, expected: &Phases) -> Evaluation {
        let is_meant = |entry: &Entry| expected.attempt.is_none_or(|attempt| entry.attempt == Some(AttemptId(attempt)));
        let mut finished = self.entries.iter().filter(|entry| is_meant(entry)).filter_map(|entry| {
            let Event::Driver(DriverEvent::PhaseFinished { phase, took, ok: true, .. }) = &entry.event else {
                return None;
            };
            Some((entry.seq, *phase, *took))
        });
        for wanted in &expected.reached {
            let Some((seq, _, took)) = finished.find(|(_, phase, _): &(u64, Phase, Duration)| phase == wanted) else {
                return broken(&format!("{wanted} was not reached in this order"), Vec::new());
            };
            if expected.within.is_some_and(|within| took > within) {
                return broken(&format!("{wanted} took {}", DisplayDuration(took)), vec![seq]);
            }
        }
        Ok(())
    }

    fn has_close(&self, expected: &Close) -> Evaluation {
        let last = self.entries.iter().rev().find_map(|entry| {
            let Event::Flow(FlowEvent::Disconnected { close, .. }) = &entry.event else { return None };
            Some((entry.seq, close))
        });
        match last {
            Some((_, close)) if close.code.0 == expected.code && close.reason.as_str() == expected.reason => Ok(()),
            Some((seq, close)) => broken(&format!("the socket closed {close}"), vec![seq]),
            None => broken("no socket was closed", Vec::new()),
        }
    }

    fn has_recovered(&self, expected: &Recovery) -> Evaluation {
        let Some(start) = self.entries.iter().rev().find(|entry| prints(entry, &expected.after)) else {
            return broken(&format!("there is no line “{}” to begin with", expected.after), Vec::new());
        };
        let connects = |entry: &&Arc<Entry>| entry.seq > start.seq && entry.event == Event::Flow(FlowEvent::Connected);
        let Some(connected) = self.entries.iter().find(connects) else {
            return broken("it did not connect again", vec![start.seq]);
        };
        let took = connected.elapsed.since(start.elapsed);
        if took <= expected.within {
            return Ok(());
        }
        broken(&format!("it took {}", DisplayDuration(took)), vec![start.seq, connected.seq])
    }

    fn has_status(&self, expected: Awaited) -> Evaluation {
        if expected.is(self.status) {
            return Ok(());
        }
        let last = self.entries.last().map(|entry| entry.seq);
        broken(&format!("the client is {}", status_name(self.status)), last.into_iter().collect())
    }

    fn is_marked(&self, fault: &FaultName) -> Evaluation {
        let is_failure = |entry: &&Arc<Entry>| {
            matches!(
                entry.event,
                Event::Flow(FlowEvent::AttemptFailed { .. })
                    | Event::Flow(FlowEvent::Disconnected { class: Some(_), .. })
            )
        };
        let (mut failures, mut unmarked) = (0, Vec::new());
        for entry in self.entries.iter().filter(is_failure) {
            failures += 1;
            if entry.simulated.as_ref() != Some(fault) {
                unmarked.push(entry.seq);
            }
        }
        match (failures, unmarked.len()) {
            (0, _) => broken("nothing failed", Vec::new()),
            (_, 0) => Ok(()),
            (_, count) => broken(&format!("{count} of {failures} failures are not marked"), unmarked),
        }
    }
}

pub(super) fn prints(entry: &Entry, text: &str) -> bool {
    journal::lines(entry).iter().any(|line| line.to_string().contains(text))
}

pub(super) const fn status_name(status: &Status) -> &'static str {
    match status {
        Status::Idle => "idle",
        Status::Connecting(_) => "connecting",
        Status::Connected { .. } => "connected",
        Status::Waiting(_) => "waiting",
        Status::Stopped => "stopped",
        Status::Crashed { .. } => "crashed",
        Status::Ended(_) => "ended",
    }
}

/// Contract §3, whatever the profile says.
fn contract_window(retry: u32) -> (Duration, Duration) {
    Backoff::default().window(retry.saturating_sub(1))
}

fn millis(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}

/// Whether the client has stopped by a hard failure with `entry`.
pub(super) const fn stops(entry: &Entry) -> bool {
    matches!(
        entry.event,
        Event::Flow(FlowEvent::AttemptFailed { class: Class::Hard, .. })
            | Event::Flow(FlowEvent::Disconnected { class: Some(Class::Hard), .. })
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::drill::Drill;
    use crate::faults::FaultKind;
    use crate::model::{Close, CloseCause, Delay, Fingerprint, Moment, Source};

    /// Entries 10 ms apart, with their attempts.
    fn entries(events: impl IntoIterator<Item = (u64, Event)>) -> Vec<Arc<Entry>> {
        let entry = |(seq, (attempt, event)): (u64, (u64, Event))| {
            let simulated =
                matches!(event, Event::Flow(FlowEvent::AttemptFailed { .. })).then(|| FaultKind::Simulate503.name());
            let (elapsed, time) = (Moment::from_millis(10 * seq), DateTime::UNIX_EPOCH);
            let (attempt, source) = (Some(AttemptId(attempt)), Source::Flow);
            Arc::new(Entry { seq, elapsed, time, attempt, source, simulated, event })
        };
        (0..).zip(events).map(entry).collect()
    }

    fn wait(retry: u32, millis: u64, until: u64) -> Event {
        let wait = Duration::from_millis(millis);
        let until = Moment::from_millis(until);
        Event::Flow(FlowEvent::BackoffScheduled {
            delay: Delay { retry, nominal: wait, drawn: wait, floor: None, wait, until },
        })
    }

    fn cut() -> Event {
        Event::Flow(FlowEvent::Disconnected {
            close: Close::abnormal(CloseCause::EndOfStream),
            class: Some(Class::Soft),
        })
    }

    const BACKOFF: Event = Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Backoff });

    /// Connected, cut, connected again after the first and only wait: entries 0 to 8.
    fn recovered() -> Vec<Arc<Entry>> {
        let spent = |name: &str| {
            Event::Flow(FlowEvent::TicketSpent { ticket: Fingerprint::of(name), age: Some(Duration::from_millis(1)) })
        };
        let phase = Event::Driver(DriverEvent::PhaseFinished {
            phase: Phase::Upgrade,
            took: Duration::from_millis(7),
            ok: true,
            detail: SafeText::default(),
            lookup: None,
        });
        let first = [
            Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Person }),
            spent("a"),
            Event::Flow(FlowEvent::Connected),
            cut(),
        ];
        let second = [BACKOFF, spent("b"), phase, Event::Flow(FlowEvent::Connected)];
        let wait = (0, wait(1, 250, 50));
        entries(first.map(|event| (0, event)).into_iter().chain([wait]).chain(second.map(|event| (1, event))))
    }

    /// The problem with `expectation`, as a file would hold it.
    fn problem(entries: &[Arc<Entry>], expectation: &str) -> Option<(String, Vec<u64>)> {
        let text = format!("name = 'x'\nshows = 'y'\nsteps = []\nexpect = [{{ {expectation} }}]\n");
        let drill = Drill::from_toml(&text).unwrap();
        let record = Record { entries, status: &Status::Connected { since: Moment::START } };
        evaluate(&drill.expect[0], &record).problem.map(|problem| (problem.reason.to_string(), problem.entries))
    }

    #[test]
    fn what_is_as_expected_is_no_problem() {
        for expectation in [
            "lines.text = ['Connected', 'Disconnected', 'Reconnecting in 250ms', 'Connected']",
            "lines = { attempt = 1, exactly = true, text = ['[WS] Connected'] }",
            "never = { event = 'attempt_failed' }",
            "never = { line = 'Disconnected', after = 'Reconnecting' }",
            "count = { of = 'tickets', equals = 2 }",
            "count = { of = 'attempts', at_least = 1, at_most = 2 }",
            "delays = {}",
            "delays.windows = [['200ms', '250ms']]",
            "phases = { attempt = 1, reached = ['upgrade'], within = '7ms' }",
            "close = { code = 1006 }",
            "recovery = { after = 'Disconnected', within = '50ms' }",
            "status = 'connected'",
        ] {
            assert_eq!(problem(&recovered(), expectation), None, "{expectation}");
        }
    }

    #[test]
    fn a_problem_says_what_was_found_and_which_entries_it_was() {
        for (expectation, reason, seqs) in [
            ("lines.text = ['Disconnected', 'Hard failure']", "no line “Hard failure” after “[WS] Dis", &[3][..]),
            ("lines = { attempt = 1, exactly = true, text = ['x'] }", "line 1 is “[WS] Connected”, not “x”", &[8]),
            ("lines = { attempt = 1, exactly = true, text = ['Connected', 'x'] }", "line 2 is missing", &[8]),
            ("lines = { exactly = true, text = ['Connected'] }", "there is one more line: “[WS] Disconn", &[3]),
            ("lines = { level = 'error', text = ['Connected'] }", "no line “Connected”", &[]),
            ("never = { line = '[WS] Connected' }", "it happened 2 times", &[2, 8]),
            ("never = { event = 'connected', after = 'Reconnecting' }", "it happened once", &[8]),
            ("never = { event = 'connected', after = 'nothing' }", "no line “nothing” to begin with", &[]),
            ("count = { of = 'closes', equals = 2 }", "there are 1", &[3]),
            ("delays.at_least = 2", "there are 1 waits, not 2", &[]),
            ("delays.windows = [['1ms', '249ms']]", "wait 1 is 250 ms, not 1 ms to 249 ms", &[4]),
            ("phases.reached = ['upgrade', 'ticket']", "ticket request was not reached", &[]),
            ("phases = { reached = ['upgrade'], within = '6ms' }", "upgrade took 7.0 ms", &[7]),
            ("close = { code = 1001 }", "the socket closed { code: 1006", &[3]),
            ("recovery = { after = 'Disconnected', within = '49ms' }", "it took 50 ms", &[3, 8]),
            ("server = ['websocket_connected']", "no line “websocket_connected”", &[]),
            ("status = 'stopped'", "the client is connected", &[8]),
            ("simulated = 'simulate-503'", "1 of 1 failures are not marked", &[3]),
        ] {
            let (found, entries) = problem(&recovered(), expectation).expect(expectation);
            assert!(found.contains(reason), "{expectation}: {found}");
            assert_eq!(entries, seqs, "{expectation}");
        }
    }

    #[test]
    fn waits_follow_the_contract_and_are_waited_out() {
        let windows = [(188, 312), (375, 625), (750, 1_250), (1_500, 2_500), (3_000, 5_000), (3_750, 6_250)];
        for (retry, (low, high)) in (1..).zip(windows) {
            for (millis, fits) in [(low - 1, false), (low, true), (high, true), (high + 1, false)] {
                let found = problem(&entries([(0, wait(retry, millis, 0))]), "delays = {}");
                assert_eq!(found.is_none(), fits, "retry {retry} waits {millis} ms: {found:?}");
            }
        }
        let early = entries([(0, wait(1, 250, 250)), (1, BACKOFF)]);
        let problem = problem(&early, "delays = {}");
        assert_eq!(problem, Some(("an attempt began before its wait was over".to_owned(), vec![0, 1])));
    }
}
