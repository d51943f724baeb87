//! Comparing two recordings: the first step that differs, and what changed in the numbers.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;

use super::steps::{Step, steps};
use super::summary::{PhaseTimes, Summary};
use crate::journal::recording::Recording;

/// Medians that are no further apart than this are the same: noise.
const NOISE_MS: f64 = 5.0;
/// Nor if the larger is less than so many times the smaller.
const NOISE_FACTOR: f64 = 1.25;

/// What differs between two recordings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// The first step that differs, as each of them has it; `None` for the one that has ended by then.
    pub first: Option<(Option<Step>, Option<Step>)>,
    /// Steps that are the same before it.
    pub same_steps: usize,
    /// The rules of the machine that differ.
    pub policy: Vec<Changed>,
    /// The numbers that differ.
    pub numbers: Vec<Changed>,
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
    /// Whether both took the same course under the same rules. How long it took does not matter.
    pub fn is_same(&self) -> bool {
        self.first.is_none() && self.policy.is_empty()
    }
}

/// Compares `a` with `b`.
pub fn diff(a: &Recording, b: &Recording) -> Diff {
    let policy = policy(a, b);
    let is_repeated = policy.is_empty() && a.header().seed == b.header().seed;
    let (mut ours, mut theirs) = (steps(a, is_repeated), steps(b, is_repeated));
    let mut same_steps = 0;
    let first = loop {
        match (ours.next(), theirs.next()) {
            (None, None) => break None,
            (Some(one), Some(other)) if is_same(&one, &other) => same_steps += 1,
            different => break Some(different),
        }
    };
    Diff { first, same_steps, policy, numbers: numbers(&Summary::of(a), &Summary::of(b)) }
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
        .chain(changed("messages received", &a.messages.0, &b.messages.0))
        .chain(changed("messages sent", &a.messages.1, &b.messages.1))
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
