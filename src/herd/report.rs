//! Outcomes as JSON, for programs.

use serde::Serialize;

use super::outcome::{BIN, Outcome};
use super::rule::Rule;
use super::scenario::Scenario;

/// The version of the format: `major.minor`. The minor grows with every addition.
const FORMAT: &str = "1.0";

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    program: &'static str,
    /// All of this happened in virtual time.
    simulated: bool,
    scenario: &'a Scenario,
    /// The width of a column of the histograms, in milliseconds.
    bin: u128,
    rules: Vec<Result<'a>>,
}

#[derive(Serialize)]
struct Result<'a> {
    name: &'a str,
    terms: String,
    /// `machine`: the real client ran; `delays`: only its delays did.
    runs: &'static str,
    #[serde(flatten)]
    outcome: &'a Outcome,
}

/// The outcomes of rules in `scenario` as one JSON object. Durations are in seconds unless they have a unit.
///
/// # Errors
/// None that an outcome can bring about.
pub fn json<'a>(
    scenario: &Scenario,
    results: impl IntoIterator<Item = (&'a Rule, &'a Outcome)>,
) -> serde_json::Result<String> {
    let result = |(rule, outcome): (&'a Rule, &'a Outcome)| Result {
        name: rule.name(),
        terms: rule.to_string(),
        runs: if rule.is_real_machine() { "machine" } else { "delays" },
        outcome,
    };
    serde_json::to_string(&Document {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION"),
        simulated: true,
        scenario,
        bin: BIN.as_millis(),
        rules: results.into_iter().map(result).collect(),
    })
}
