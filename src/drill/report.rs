//! Results as JSON, for programs.

use serde::Serialize;

use super::evaluate::Verdict;
use super::file::Drill;
use super::run::Outcome;
use crate::model::Entry;

/// The version of the format: `major.minor`. The minor grows with every addition.
const FORMAT: &str = "1.0";

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    program: &'static str,
    passed: usize,
    failed: usize,
    not_run: usize,
    drills: Vec<Result<'a>>,
}

#[derive(Serialize)]
struct Result<'a> {
    name: &'a str,
    shows: &'a str,
    from: &'a str,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// Milliseconds.
    took: u64,
    seed: u64,
    simulated: bool,
    expectations: &'a [Verdict],
    /// What was recorded, if it failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entries: Vec<&'a Entry>,
}

/// The results of drills as one JSON object.
///
/// # Errors
/// None that a result can bring about.
pub fn json<'a>(results: impl Iterator<Item = (&'a Drill, &'a Outcome)>) -> serde_json::Result<String> {
    let drills: Vec<_> = results.map(|(drill, outcome)| result(drill, outcome)).collect();
    let count = |result| drills.iter().filter(|drill| drill.result == result).count();
    let (passed, failed, not_run) = (count("passed"), count("failed"), count("not_run"));
    let program = env!("CARGO_PKG_VERSION");
    serde_json::to_string_pretty(&Document { format: FORMAT, program, passed, failed, not_run, drills })
}

fn result<'a>(drill: &'a Drill, outcome: &'a Outcome) -> Result<'a> {
    let result = match outcome {
        Outcome { not_run: Some(_), .. } => "not_run",
        outcome if outcome.passed() => "passed",
        _ => "failed",
    };
    let entries = if result == "failed" { outcome.entries.iter().map(|entry| &**entry).collect() } else { Vec::new() };
    Result {
        name: &drill.name,
        shows: drill.shows.as_str(),
        from: drill.from.as_str(),
        result,
        reason: outcome.not_run,
        took: u64::try_from(outcome.took.as_millis()).unwrap_or(u64::MAX),
        seed: outcome.seed,
        simulated: outcome.simulated,
        expectations: &outcome.verdicts,
        entries,
    }
}
