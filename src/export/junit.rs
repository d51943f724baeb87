//! The attempts as JUnit XML, for build servers that record `watch`: each attempt is a test case, and one that failed or
//! whose connection broke has the code of what was found wrong.

use std::collections::VecDeque;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::attempts::{Attempt, attempts};
use super::session::Session;
use super::writer::Writer;
use crate::diagnosis::{Diagnoser, Finding};
use crate::journal::numbered_lines;
use crate::model::{DriverEvent, Entry, Event, FlowEvent, Profile};

pub(super) const JUNIT: Writer = Writer {
    name: "junit",
    label: "JUnit",
    explanation: "All attempts as test cases for a build server, with the codes of what was found wrong",
    write: junit,
};

/// Lines of the log that are kept of an attempt: the newest.
const LINES: usize = 200;

fn junit(session: Session<'_>) -> String {
    let Session { header, entries, .. } = session;
    let mut observed = Observations::new(&header.profile);
    let attempts = attempts(entries.inspect(|entry| observed.apply(entry)));
    let mut suite = TestSuite::new(format!("session {}", header.report_id()));
    suite.set_timestamp(header.start);
    let service = [("profile", header.profile.name.to_string()), ("api", header.profile.api.to_string())];
    suite.add_properties(service.map(|(name, value)| Property::new(name, value)));
    suite.add_test_cases(attempts.iter().zip(observed.finished()).map(|(attempt, seen)| case(attempt, seen)));
    let mut report = Report::new("ticketscope");
    report.add_test_suite(suite);
    report.to_string().unwrap_or_default()
}

fn case(attempt: &Attempt, seen: Observed) -> TestCase {
    let has_failed = seen.failed.is_some();
    let status = match seen.failed {
        Some(_) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let simulated = attempt.simulated.as_ref().map_or_else(String::new, |fault| format!("SIMULATED {fault}: "));
            let found = seen.finding.as_ref().map(|finding| &finding.problem);
            let title = found.map_or_else(|| attempt.outcome.clone(), |problem| problem.title.clone());
            status.set_message(format!("{simulated}{title}"));
            if let Some(problem) = found {
                status.set_type(<&str>::from(problem.code));
            }
            status.set_description(description(attempt, seen.finding.as_ref()));
            status
        }
        None if attempt.took.is_some() => TestCaseStatus::success(),
        None => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(attempt.outcome.as_str());
            status
        }
    };
    let mut case = TestCase::new(format!("attempt {}", attempt.attempt), status);
    case.set_classname("ticketscope.attempt").set_timestamp(attempt.started);
    if let Some(took) = attempt.took {
        case.set_time(took);
    }
    if has_failed {
        case.set_system_out(seen.lines.into_iter().collect::<Vec<_>>().join("\n"));
    }
    case
}

/// What a person needs to go on.
fn description(attempt: &Attempt, finding: Option<&Finding>) -> String {
    let mut text = attempt.outcome.clone();
    let Some(finding) = finding else { return text };
    for (depth, finding) in finding.with_symptoms() {
        let Finding { problem, .. } = finding;
        let what = if depth == 0 { "Found" } else { "From it follows" };
        text += &format!("\n{what}: {} ({})\nCause: {}", problem.title, problem.code, problem.cause);
        text += &format!("\nWho can fix it: {}\nNext step: {}", problem.owner, problem.next);
    }
    text
}

/// What is to be known of an attempt beside its phases.
#[derive(Default)]
struct Observed {
    /// The entry with which it failed, or its connection ended without anybody's wish.
    failed: Option<u64>,
    /// What was found wrong then.
    finding: Option<Finding>,
    lines: VecDeque<String>,
}

/// Diagnoses the session attempt by attempt.
struct Observations {
    diagnoser: Diagnoser,
    next_seq: u64,
    attempts: Vec<Observed>,
}

impl Observations {
    fn new(profile: &Profile) -> Self {
        Self { diagnoser: Diagnoser::new(profile.clone()), next_seq: 0, attempts: Vec::new() }
    }

    fn apply(&mut self, entry: &Entry) {
        if entry.seq != self.next_seq {
            self.diagnoser.forget();
        }
        self.next_seq = entry.seq + 1;
        let begins = matches!(entry.event, Event::Flow(FlowEvent::AttemptStarted { .. })) && entry.attempt.is_some();
        // What is found after a failure, such as the health of the server, counts; what comes then does not.
        if begins || matches!(entry.event, Event::Flow(FlowEvent::Stopped)) {
            self.settle();
        }
        if begins {
            self.attempts.push(Observed::default());
        }
        self.diagnoser.apply(entry);
        let Some(attempt) = self.attempts.last_mut() else { return };
        match entry.event {
            Event::Flow(FlowEvent::AttemptFailed { .. })
            | Event::Flow(FlowEvent::Disconnected { class: Some(_), .. })
            | Event::Driver(DriverEvent::Crashed { .. }) => {
                attempt.failed = Some(entry.seq);
            }
            // They would leave no room for anything else.
            Event::Driver(DriverEvent::Pong { .. }) => return,
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => {}
        }
        attempt.lines.extend(numbered_lines(entry));
        let surplus = attempt.lines.len().saturating_sub(LINES);
        attempt.lines.drain(..surplus);
    }

    /// Nothing more is to be learned of the newest attempt.
    fn settle(&mut self) {
        let Some(attempt) = self.attempts.last_mut() else { return };
        let Some(seq) = attempt.failed else { return attempt.lines.clear() };
        if attempt.finding.is_some() {
            return;
        }
        let is_proven = |finding: &Finding| finding.with_symptoms().any(|(_, part)| part.evidence.contains(&seq));
        attempt.finding = self.diagnoser.findings().into_iter().find(is_proven);
    }

    fn finished(mut self) -> Vec<Observed> {
        self.settle();
        self.attempts
    }
}
