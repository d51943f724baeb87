//! Several checks of the same profile, one after the other, as one: what works sometimes shows only so.

use std::sync::Arc;
use std::time::Duration;

use super::{Ending, Outcome, Repeats, findings, is_disturbing};
use crate::diagnosis::{Code, Finding};
use crate::model::{AttemptId, Entry};

/// `finding`, whose entries have numbers that are higher by `offset`.
fn later(finding: &Finding, offset: u64) -> Finding {
    Finding {
        evidence: finding.evidence.iter().map(|seq| seq + offset).collect(),
        symptoms: finding.symptoms.iter().map(|symptom| later(symptom, offset)).collect(),
        ..finding.clone()
    }
}

/// `outcomes`, which are of one profile and in their order, as one outcome: the steps of the first that is not well, what is
/// wrong in all of them together, and their entries as if they were of one session. `None` if there are none.
pub fn together(outcomes: &[Arc<Outcome>]) -> Option<Outcome> {
    let last = outcomes.last()?;
    let worst = outcomes.iter().find(|outcome| !outcome.is_well()).unwrap_or(last);
    let (mut entries, mut seq, mut attempt, mut elapsed) = (Vec::<Arc<Entry>>::new(), 0, 0, Duration::ZERO);
    let mut offset = 0;
    for outcome in outcomes {
        if Arc::ptr_eq(outcome, worst) {
            offset = seq;
        }
        let shifted = outcome.entries.iter().map(|entry| {
            let mut entry = (**entry).clone();
            entry.seq += seq;
            entry.elapsed = entry.elapsed + elapsed;
            entry.attempt = entry.attempt.map(|AttemptId(number)| AttemptId(number + attempt));
            Arc::new(entry)
        });
        entries.extend(shifted);
        seq = entries.last().map_or(seq, |entry| entry.seq + 1);
        attempt = entries.iter().filter_map(|entry| entry.attempt).max().map_or(attempt, |AttemptId(last)| last + 1);
        elapsed += outcome.took;
    }
    // That connections follow each other at once is of our making.
    let mut findings: Vec<_> = findings(&last.profile, &entries)
        .into_iter()
        .filter(|finding| !matches!(finding.problem.code, Code::ReconnectStorm | Code::Flapping | Code::DropRhythm))
        .collect();
    // One failure among many has no pattern, and the checks after it are well: it is still what was wrong with its own.
    if !findings.iter().any(is_disturbing) {
        findings.extend(
            worst.findings.iter().filter(|finding| is_disturbing(finding)).map(|finding| later(finding, offset)),
        );
    }
    let well = outcomes.iter().filter(|outcome| outcome.is_well()).count();
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Some(Outcome {
        findings,
        started: outcomes.first().map_or(last.started, |first| first.started),
        took: elapsed,
        ending: outcomes
            .iter()
            .map(|outcome| outcome.ending)
            .find(|ending| *ending != Ending::Complete)
            .unwrap_or(Ending::Complete),
        steps: worst.steps.clone(),
        repeats: (outcomes.len() > 1).then(|| Repeats { well: count(well), all: count(outcomes.len()) }),
        entries,
        ..(**last).clone()
    })
}
