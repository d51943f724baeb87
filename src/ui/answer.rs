//! What is found out, as text to be copied: for users, for a ticket, for operations.

use std::fmt::Write as _;

use super::state::State;
use crate::diagnosis::{Finding, LogReference};
use crate::model::ReportId;

/// What is the matter, who can fix it and how, and what finds it again.
pub fn verdict(state: &State) -> String {
    let verdict = state.verdict();
    let mut text = format!("{}\n\n{}\n", verdict.title, verdict.detail);
    let code = verdict.code().map(|code| code.to_string());
    let report = report_id(state).map(|id| format!("report {id}"));
    let marks: Vec<String> = code.into_iter().chain(report).chain(time(state)).collect();
    if !marks.is_empty() {
        let _ = write!(text, "\n({})\n", marks.join(" · "));
    }
    text
}

/// Everything that was found wrong, causes first.
pub fn findings(state: &State) -> String {
    let found: Vec<String> = state.findings().map(|(_, found)| finding(found)).collect();
    found.join("\n")
}

/// One of them.
pub fn finding(finding: &Finding) -> String {
    let problem = &finding.problem;
    let mut text = format!("{} [{}]\n{} {}\n", problem.title, problem.code, problem.cause, problem.next);
    let _ = write!(text, "Owner: {}", problem.owner);
    if let Some((name, value)) = finding.log_reference.as_ref().map(log_reference) {
        let _ = write!(text, " · {name} {value}");
    }
    if let Some(fault) = &finding.simulated {
        let _ = write!(text, " · SIMULATED by the fault “{fault}”");
    }
    text.push('\n');
    text
}

/// What finds a request in the server's log: what it is called, and its value.
fn log_reference(reference: &LogReference) -> (&'static str, String) {
    match reference {
        LogReference::Trace(trace) => ("trace id", trace.to_string()),
        LogReference::Ticket(ticket) => ("ticketHash", ticket.to_string()),
    }
}

/// What operations search their logs for: names and values.
pub fn operations(state: &State) -> Vec<(&'static str, String)> {
    let known = state.support().into_owned().operations;
    let facts = known.into_iter().map(|fact| (fact.name, fact.value));
    facts.chain(report_id(state).map(|id| ("report id", id.to_string()))).collect()
}

/// The same as text.
pub fn for_operations(state: &State) -> String {
    operations(state).iter().map(|(name, value)| format!("{name}: {value}\n")).collect()
}

/// What the server's log knows the session by, which no server does of a file's.
fn report_id(state: &State) -> Option<ReportId> {
    state.shown_report_id().filter(|_| !state.player.has_files())
}

/// When it was, as servers log it.
fn time(state: &State) -> Option<String> {
    const FORMAT: &str = "%Y-%m-%d %H:%M:%S%.3f UTC";
    if state.standing_check().is_some() {
        return Some(state.check.outcome()?.started.format(FORMAT).to_string());
    }
    let failed = state.pane.view.snapshot().failed.as_ref().map(|failed| failed.at);
    let date = state.pane.calendar.date(failed.unwrap_or(state.pane.now))?;
    Some(date.format(FORMAT).to_string())
}
