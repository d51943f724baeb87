//! Comparing two recordings: the first step that differs, and every value that does.

use super::changed::{Changed, Values};
use super::comparison::{Diff, Similarity};
use super::sequence::{Course, Sequence};
use super::side_channel;
use super::summary::{Summary, numbers};
use super::values::{Comparer, Found};
use crate::journal::recording::{Losses, Recording};

/// Compares `a` with `b`. If it `is_exact`, every value counts; else times may differ by their
/// [`Tolerance`](super::Tolerance), and each run has its own names for sessions, tokens, tickets, requests and ports.
///
/// With what was read from files only the outcome of the last attempt is compared, and where it went.
pub fn diff(a: &Recording, b: &Recording, is_exact: bool) -> Diff {
    let (ours, theirs) = (a.header(), b.header());
    let same_draws = ours.policy == theirs.policy && ours.seed == theirs.seed;
    let mut comparer = Comparer::new(is_exact, same_draws);
    let mut values = Values::default();
    if !ours.files.is_empty() || !theirs.files.is_empty() {
        let header = header(a, b, &mut comparer).into_iter().filter(|changed| PLACES.contains(&changed.what.as_str()));
        let (header, course) = (header.collect(), Course::LastOutcome);
        let Sequence { first, same_steps, .. } = Sequence::compare(a, b, course, &mut comparer, &mut values);
        let result = if first.is_some() { Similarity::OtherSequence } else { Similarity::Same };
        // A file of another program, or a session that goes on, is whole as far as it is compared.
        let losses = [a, b].map(|recording| Losses { is_ended: true, ..recording.losses() });
        let numbers = Vec::new();
        return Diff { result, is_exact, is_of_files: true, same_steps, first, header, numbers, values, losses };
    }
    let header = header(a, b, &mut comparer);
    let sequence = Sequence::compare(a, b, Course::Whole, &mut comparer, &mut values);
    side_channel::compare(a, b, &sequence, &mut comparer, &mut values);
    let Sequence { first, same_steps, .. } = sequence;
    let mut numbers = numbers(&Summary::of(a), &Summary::of(b), is_exact);
    let is_same = first.is_none() && header.is_empty() && values.is_empty() && numbers.is_empty();
    if is_exact && is_same {
        numbers.extend(first_other_line(a, b));
    }
    let result = match (&first, is_same && numbers.is_empty()) {
        (Some(_), _) => Similarity::OtherSequence,
        (None, false) => Similarity::OtherValues,
        (None, true) => Similarity::Same,
    };
    let losses = [a.losses(), b.losses()];
    Diff { result, is_exact, is_of_files: false, same_steps, first, header, numbers, values, losses }
}

/// Of the headers, what matters beside other people's files: where the client went, and from which page.
const PLACES: [&str; 3] = ["profile.api", "profile.websocket", "profile.origin"];

fn header(a: &Recording, b: &Recording, comparer: &mut Comparer) -> Vec<Changed> {
    // What both call the session is known before anything that is named after it.
    let names = [a, b].map(|recording| recording.header().report_id().to_string().into());
    let [ours, theirs] = [a, b].map(|recording| serde_json::to_value(recording.header()).unwrap_or_default());
    comparer.values(&names[0], &names[1]);
    let found = comparer.values(&ours, &theirs);
    // The profile has the rules as well.
    let is_double = |rule: &Found| {
        let is_same = |other: &Found| {
            let (path, rule_path) = (other.path.strip_prefix("policy."), rule.path.strip_prefix("profile."));
            path.is_some() && path == rule_path && (&other.a, &other.b) == (&rule.a, &rule.b)
        };
        found.iter().any(is_same)
    };
    let found = found.iter().filter(|found| !is_double(found));
    found.map(|Found { path, a, b, .. }| Changed::new(path, (a.clone(), b.clone()))).collect()
}

/// What is written in other words but means the same.
fn first_other_line(a: &Recording, b: &Recording) -> Option<Changed> {
    let (mut ours, mut theirs) = (a.lines(), b.lines());
    let mut lines = (1_u64..).map_while(|line| match (ours.next(), theirs.next()) {
        (None, None) => None,
        (a, b) => Some((line, a.unwrap_or_default(), b.unwrap_or_default())),
    });
    let (line, a, b) = lines.find(|(_, a, b)| a != b)?;
    Some(Changed::new(format!("line {line} of the file"), (a.to_owned(), b.to_owned())))
}
