//! Results as JUnit XML, which build servers understand.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::file::Drill;
use super::run::Outcome;
use crate::journal::numbered_lines;

/// The results of `drills` as a JUnit document; `took` is the time from the first to the last.
pub fn junit<'a>(results: impl Iterator<Item = (&'a Drill, &'a Outcome)>, took: Duration) -> String {
    let mut suite = TestSuite::new("ticketscope drill");
    suite.set_time(took).add_test_cases(results.map(|(drill, outcome)| case(drill, outcome)));
    let mut report = Report::new("ticketscope");
    report.set_time(took).add_test_suite(suite);
    report.to_string().unwrap_or_default()
}

fn case(drill: &Drill, outcome: &Outcome) -> TestCase {
    let failures: Vec<_> = outcome.failures().collect();
    let status = match (outcome.not_run, failures.first()) {
        (Some(reason), _) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(reason);
            status
        }
        (None, Some((expectation, problem))) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let broken = |(expectation, problem): &(_, &super::evaluate::Problem)| {
                format!("{expectation}: {} (entries {:?})", problem.reason, problem.entries)
            };
            let all: Vec<_> = failures.iter().map(broken).collect();
            status.set_message(format!("{expectation}: {}", problem.reason)).set_description(all.join("\n"));
            status
        }
        (None, None) => TestCaseStatus::success(),
    };
    let mut case = TestCase::new(drill.name.as_str(), status);
    case.set_classname("ticketscope.drill").set_time(outcome.took);
    if !failures.is_empty() {
        let lines = outcome.entries.iter().flat_map(|entry| numbered_lines(entry));
        let lines: Vec<_> = std::iter::once(format!("seed {}", outcome.seed)).chain(lines).collect();
        case.set_system_out(lines.join("\n"));
    }
    case
}
