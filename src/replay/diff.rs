//! Comparing two recordings: the first step that differs, and every value that does.

use serde::Serialize;

use super::sequence::Sequence;
use super::side_channel;
use super::steps::Step;
use super::summary::{Summary, numbers};
use super::values::{Comparer, Found};
use crate::journal::recording::{Losses, Recording};

/// What differs between two recordings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// How alike they are.
    pub result: Similarity,
    /// Whether every value counted, and no [`Tolerance`](super::Tolerance) was allowed for.
    pub is_exact: bool,
    /// Steps that are the same, or before the first that differs.
    pub same_steps: usize,
    /// The first step that differs.
    pub first: Option<Divergence>,
    /// What differs in the headers: profile, rules, versions.
    pub header: Vec<Changed>,
    /// The numbers that differ: counts, codes, times.
    pub numbers: Vec<Changed>,
    /// The values that differ in entries that are in both, up to the first step that differs; and entries
    /// beside the sequence that are in one only.
    pub values: Values,
    /// What neither comparison can know, for each of the two.
    pub losses: [Losses; 2],
}

/// How alike two recordings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Similarity {
    /// The same sequence, and the same values but for the noise of timing.
    Same,
    /// The same sequence with other values.
    OtherValues,
    /// Another sequence.
    OtherSequence,
}

/// Where two courses part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Divergence {
    /// The last steps that are the same, as each of the two has them.
    pub before: Vec<[Step; 2]>,
    /// The step as the first recording has it; `None` if that has ended.
    pub a: Option<Step>,
    /// As the second has it.
    pub b: Option<Step>,
    /// What differs in it, if both have one.
    pub fields: Vec<Changed>,
}

/// Something that has another value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// What.
    pub what: String,
    /// In the first recording.
    pub a: String,
    /// In the second.
    pub b: String,
    /// The numbers of the entries that say so, in the first and in the second; `None` for what is of no one entry.
    #[serde(skip_serializing_if = "is_nowhere")]
    pub entries: [Option<u64>; 2],
}

fn is_nowhere(entries: &[Option<u64>; 2]) -> bool {
    *entries == [None; 2]
}

impl Changed {
    pub(super) fn new(what: impl Into<String>, (a, b): (String, String)) -> Self {
        Self { what: what.into(), a, b, entries: [None; 2] }
    }
}

/// The first of the values that differ, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Values {
    /// The first of them.
    pub listed: Vec<Changed>,
    /// How many are not listed.
    pub more: u64,
}

impl Values {
    /// Values that are listed.
    pub const MOST: usize = 100;

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    pub(super) fn push(&mut self, changed: Changed) {
        if self.listed.len() < Self::MOST {
            self.listed.push(changed);
        } else {
            self.more += 1;
        }
    }
}

impl From<Found> for Changed {
    fn from(Found { what, a, b, .. }: Found) -> Self {
        Self::new(what, (a, b))
    }
}

/// Compares `a` with `b`. If it `is_exact`, every value counts; else times may differ by their
/// [`Tolerance`](super::Tolerance), and each run has its own names for sessions, tokens, tickets, requests and ports.
pub fn diff(a: &Recording, b: &Recording, is_exact: bool) -> Diff {
    let (ours, theirs) = (a.header(), b.header());
    let same_draws = ours.policy == theirs.policy && ours.seed == theirs.seed;
    let mut comparer = Comparer::new(is_exact, same_draws);
    let mut values = Values::default();
    let header = header(a, b, &mut comparer);
    let sequence = Sequence::compare(a, b, &mut comparer, &mut values);
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
    Diff { result, is_exact, same_steps, first, header, numbers, values, losses: [a.losses(), b.losses()] }
}

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
