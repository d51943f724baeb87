//! Comparing two recordings: the first step that differs, and what changed in the numbers.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Display;
use std::time::Duration;

use serde::Serialize;

use super::steps::{Step, StepKind, steps};
use super::summary::{PhaseTimes, Summary};
use crate::journal::recording::Recording;

/// Medians that are no further apart than this are the same: noise.
const NOISE_MS: f64 = 5.0;
/// Nor if the larger is less than so many times the smaller.
const NOISE_FACTOR: f64 = 1.25;

/// A part of an attempt takes clearly longer by so much …
const SLOWER_BY: Duration = Duration::from_millis(250);
/// … if that makes it so many times as long.
const SLOWER_FACTOR: u32 = 2;

/// What differs between two recordings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// The first step that differs, as each of them has it; `None` for the one that has ended by then.
    pub first: Option<(Option<Step>, Option<Step>)>,
    /// Steps that are the same before it.
    pub same_steps: usize,
    /// The first part of an attempt that took clearly longer in one of them, before that step.
    pub slower: Option<Slower>,
    /// The rules of the machine that differ.
    pub policy: Vec<Changed>,
    /// How often what comes at any time came, where that differs: messages, and entries that are missing.
    pub counts: Vec<Changed>,
    /// The other numbers that differ.
    pub numbers: Vec<Changed>,
}

/// A part of an attempt that took clearly longer in one of two recordings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Slower {
    /// In the first.
    pub a: Step,
    /// In the second.
    pub b: Step,
    /// How long it took in the first, in milliseconds.
    pub a_ms: f64,
    /// How long it took in the second, in milliseconds.
    pub b_ms: f64,
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
}

impl Diff {
    /// Whether both took the same course under the same rules, and about as long for each part of their attempts.
    pub fn is_same(&self) -> bool {
        self.first.is_none() && self.slower.is_none() && self.policy.is_empty() && self.counts.is_empty()
    }
}

/// Compares `a` with `b`.
pub fn diff(a: &Recording, b: &Recording) -> Diff {
    let policy = policy(a, b);
    let is_repeated = policy.is_empty() && a.header().seed == b.header().seed;
    let course = |recording| steps(recording, is_repeated).filter(|step| step.kind != StepKind::Beside);
    let (mut ours, mut theirs) = (course(a), course(b));
    let (mut same_steps, mut slower) = (0, None);
    let first = loop {
        match (ours.next(), theirs.next()) {
            (None, None) => break beside(a, b),
            (Some(one), Some(other)) if is_same(&one, &other) => {
                same_steps += 1;
                slower = slower.or_else(|| much_slower(one, other));
            }
            different => break Some(different),
        }
    };
    let (ours, theirs) = (Summary::of(a), Summary::of(b));
    let missing = |recording: &Recording| recording.losses().entries;
    let counts = changed("messages received", &ours.messages.0, &theirs.messages.0)
        .into_iter()
        .chain(changed("messages sent", &ours.messages.1, &theirs.messages.1))
        .chain(changed("entries missing", &missing(a), &missing(b)))
        .collect();
    Diff { first, same_steps, slower, policy, counts, numbers: numbers(&ours, &theirs) }
}

/// The first step beside the course that differs: among those of its kind, as they come at any time.
fn beside(a: &Recording, b: &Recording) -> Option<(Option<Step>, Option<Step>)> {
    let of = |recording| {
        let mut kinds = BTreeMap::<String, VecDeque<Step>>::new();
        for step in steps(recording, false).filter(|step| step.kind == StepKind::Beside) {
            let kind = step.fact["type"].as_str().unwrap_or_default().to_owned();
            kinds.entry(kind).or_default().push_back(step);
        }
        kinds
    };
    let (mut ours, mut theirs) = (of(a), of(b));
    let kinds: Vec<String> = keys(&ours, &theirs).cloned().collect();
    let differences = kinds.into_iter().filter_map(|kind| {
        let mut next = || {
            let next = |kinds: &mut BTreeMap<_, VecDeque<_>>| kinds.get_mut(&kind).and_then(VecDeque::pop_front);
            (next(&mut ours), next(&mut theirs))
        };
        loop {
            match next() {
                (None, None) => break None,
                (Some(one), Some(other)) if is_same(&one, &other) => {}
                different => break Some(different),
            }
        }
    });
    differences.min_by_key(|(one, other)| one.iter().chain(other).map(|step| step.elapsed).min())
}

fn much_slower(a: Step, b: Step) -> Option<Slower> {
    let (ours, theirs) = (a.took?, b.took?);
    let (short, long) = (ours.min(theirs), ours.max(theirs));
    let is_slower = long - short >= SLOWER_BY && long >= short.saturating_mul(SLOWER_FACTOR);
    let millis = |took: Duration| took.as_secs_f64() * 1_000.0;
    is_slower.then(|| Slower { a, b, a_ms: millis(ours), b_ms: millis(theirs) })
}

fn is_same(one: &Step, other: &Step) -> bool {
    (one.kind, one.attempt, &one.fact) == (other.kind, other.attempt, &other.fact)
}

fn changed(what: &str, a: &dyn Display, b: &dyn Display) -> Option<Changed> {
    let (a, b) = (a.to_string(), b.to_string());
    (a != b).then(|| Changed { what: what.to_owned(), a, b })
}

fn policy(a: &Recording, b: &Recording) -> Vec<Changed> {
    let rules = |recording: &Recording| serde_json::to_value(&recording.header().policy).unwrap_or_default();
    let (a, b) = (rules(a), rules(b));
    let sections = ["backoff", "classify"].into_iter();
    let keys = |section: &str| a[section].as_object().into_iter().flat_map(|rules| rules.keys().cloned()).collect();
    sections
        .flat_map(|section| {
            let keys: Vec<String> = keys(section);
            keys.into_iter().map(move |key| (section, key))
        })
        .filter_map(|(section, key)| changed(&format!("{section}.{key}"), &a[section][&key], &b[section][&key]))
        .collect()
}

fn numbers(a: &Summary, b: &Summary) -> Vec<Changed> {
    let delays = |summary: &Summary| {
        let delays: Vec<_> = summary.delays.iter().map(|delay| format!("{delay:.0}")).collect();
        if delays.is_empty() { "none".to_owned() } else { format!("{} ms", delays.join(", ")) }
    };
    counts("events", &a.events, &b.events)
        .chain(counts("codes", &a.codes, &b.codes))
        .chain(phases(a, b))
        .chain(changed("delays", &delays(a), &delays(b)))
        .collect()
}

fn counts<'a>(
    what: &'a str,
    a: &'a BTreeMap<String, u64>,
    b: &'a BTreeMap<String, u64>,
) -> impl Iterator<Item = Changed> + 'a {
    let count = |counts: &BTreeMap<String, u64>, key: &String| counts.get(key).copied().unwrap_or_default();
    keys(a, b).filter_map(move |key| changed(&format!("{what}: {key}"), &count(a, key), &count(b, key)))
}

fn keys<'a, T>(a: &'a BTreeMap<String, T>, b: &'a BTreeMap<String, T>) -> impl Iterator<Item = &'a String> {
    a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)))
}

fn phases<'a>(a: &'a Summary, b: &'a Summary) -> impl Iterator<Item = Changed> + 'a {
    keys(&a.phases, &b.phases).flat_map(|phase| {
        let times = |summary: &Summary| summary.phases.get(phase).copied().unwrap_or_default();
        let (ours, theirs) = (times(a), times(b));
        let (low, high) = (ours.median.min(theirs.median), ours.median.max(theirs.median));
        let is_noise = high - low < NOISE_MS || high < low * NOISE_FACTOR;
        let median = |times: PhaseTimes| format!("{:.1} ms", times.median);
        let median = changed(&format!("{phase}: median"), &median(ours), &median(theirs)).filter(|_| !is_noise);
        changed(&format!("{phase}: ok"), &ours.ok, &theirs.ok)
            .into_iter()
            .chain(changed(&format!("{phase}: failed"), &ours.failed, &theirs.failed))
            .chain(median)
    })
}
