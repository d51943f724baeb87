//! What two sessions show beside their sequence: pings, clocks, keychain, the server's log. It comes at its own time,
//! so each kind is compared in its own order.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::Range;

use super::changed::{Changed, Values};
use super::sequence::{Sequence, placed};
use super::steps::kind;
use super::text::{Part, parts};
use super::values::{Comparer, Tolerance, Weight, what};
use super::words::of_entry;
use crate::journal::EventKind;
use crate::journal::recording::{MessageRecord, Recording};
use crate::model::{Event, Moment, ServerEvent};

/// Compares it as far as the courses are the same, and pushes what differs to `values`.
pub(super) fn compare(a: &Recording, b: &Recording, sequence: &Sequence, comparer: &mut Comparer, values: &mut Values) {
    let [ours, theirs] =
        [(a, sequence.until[0]), (b, sequence.until[1])].map(|(recording, until)| kinds(recording, until));
    let none = Vec::new();
    for kind in ours.keys().chain(theirs.keys().filter(|kind| !ours.contains_key(*kind))) {
        let (ours, theirs) = (ours.get(kind).unwrap_or(&none), theirs.get(kind).unwrap_or(&none));
        let (pairs, [our_rest, their_rest]) = aligned(ours, theirs);
        for (one, other) in pairs {
            let (Some(one), Some(other)) = (a.entry(ours[one].index), b.entry(theirs[other].index)) else { continue };
            time(sequence, comparer, one.elapsed, other.elapsed);
            for mut found in comparer.entries(&one, &other) {
                found.weight = found.weight.min(Weight::Value);
                values.push(placed(&one, &other, found));
            }
        }
        // Where the courses part, what belongs to the last step may come before or after it.
        if sequence.first.is_some() {
            continue;
        }
        for (recording, entries, is_ours) in [(a, &ours[our_rest], true), (b, &theirs[their_rest], false)] {
            for entry in entries.iter().filter_map(|entry| recording.entry(entry.index)) {
                let (said, seq) = (of_entry(&entry), Some(entry.seq));
                let missing = "missing".to_owned();
                let (sides, entries) =
                    if is_ours { ((said, missing), [seq, None]) } else { ((missing, said), [None, seq]) };
                let what = format!("entry {}, {}", entry.seq, what(&entry.event));
                values.push(Changed { entries, ..Changed::new(what, sides) });
            }
        }
    }
    if sequence.first.is_none() {
        messages(a, b, sequence, comparer, values);
    }
}

/// An entry, by what it says but for names and numbers.
#[derive(Clone, Copy)]
struct Shape {
    index: usize,
    shape: u64,
}

fn kinds(recording: &Recording, until: u64) -> BTreeMap<String, Vec<Shape>> {
    let mut kinds: BTreeMap<String, Vec<Shape>> = BTreeMap::new();
    let entries = recording.entries().enumerate().take_while(|(_, entry)| entry.seq < until);
    for (index, entry) in entries.filter(|(_, entry)| kind(&entry.event).is_none()) {
        let mut shape = DefaultHasher::new();
        entry.attempt.hash(&mut shape);
        if let Event::Server(ServerEvent::Log { line }) = &entry.event {
            let plain = |part| if let Part::Plain(text) = part { Some(text) } else { None };
            parts(line.as_str()).filter_map(plain).for_each(|text| text.hash(&mut shape));
        }
        let kind = EventKind::from(&entry.event).to_string();
        kinds.entry(kind).or_default().push(Shape { index, shape: shape.finish() });
    }
    kinds
}

/// Pairs what begins and ends alike, and what lies between in its order; and what is left of each.
fn aligned(a: &[Shape], b: &[Shape]) -> (impl Iterator<Item = (usize, usize)>, [Range<usize>; 2]) {
    let is_same = |(a, b): &(&Shape, &Shape)| a.shape == b.shape;
    let begin = a.iter().zip(b).take_while(is_same).count();
    let end = a[begin..].iter().rev().zip(b[begin..].iter().rev()).take_while(is_same).count();
    let [our_end, their_end] = [a.len() - end, b.len() - end];
    let between = (our_end - begin).min(their_end - begin);
    let pairs = (0..begin + between).map(|at| (at, at)).chain((0..end).map(move |at| (our_end + at, their_end + at)));
    (pairs, [begin + between..our_end, begin + between..their_end])
}

/// Compares when something happened: as long before or after one of the steps around it.
fn time(sequence: &Sequence, comparer: &mut Comparer, a: Moment, b: Moment) {
    if comparer.is_exact {
        return;
    }
    let [ours, theirs] = &sequence.moments;
    let around = [(ours, a), (theirs, b)].map(|(steps, at)| steps.partition_point(|step| *step <= at));
    let since = |at: Moment, step: Option<&Moment>| {
        i128::from(at.as_nanos()) - step.map_or(0, |step| i128::from(step.as_nanos()))
    };
    let at_step = |step: Option<usize>| {
        let step = |steps: &[Moment]| step.and_then(|step| steps.get(step)).copied();
        (since(a, step(ours).as_ref()), since(b, step(theirs).as_ref()))
    };
    let steps = around.into_iter().flat_map(|step| [step.checked_sub(1), Some(step).filter(|step| *step < ours.len())]);
    let is_same = |(a, b): (i128, i128)| Tolerance::ONCE.allows(a as f64 / 1e6, b as f64 / 1e6);
    let (before, after) = at_step(around[0].checked_sub(1));
    if !steps.map(at_step).any(is_same) {
        comparer.times("time since the step before", Tolerance::ONCE, Some(before), Some(after));
    }
}

/// Compares the messages that are listed, if all are.
fn messages(a: &Recording, b: &Recording, sequence: &Sequence, comparer: &mut Comparer, values: &mut Values) {
    let is_whole = |recording: &Recording| recording.losses().messages == Default::default();
    if !(comparer.is_exact || is_whole(a) && is_whole(b)) {
        return;
    }
    let kinds = |recording: &Recording| {
        let mut kinds: BTreeMap<String, Vec<MessageRecord>> = BTreeMap::new();
        for message in recording.messages() {
            let kind = format!("{:?} {:?}", message.direction, message.kind).to_lowercase();
            kinds.entry(kind).or_default().push(*message);
        }
        kinds
    };
    let (ours, theirs, none) = (kinds(a), kinds(b), Vec::new());
    for kind in ours.keys().chain(theirs.keys().filter(|kind| !ours.contains_key(*kind))) {
        let (ours, theirs) = (ours.get(kind).unwrap_or(&none), theirs.get(kind).unwrap_or(&none));
        if ours.len() != theirs.len() {
            let [a, b] = [ours, theirs].map(|messages| messages.len().to_string());
            values.push(Changed::new(format!("messages, {kind}"), (a, b)));
        }
        for (number, (one, other)) in (1_u64..).zip(ours.iter().zip(theirs)) {
            time(sequence, comparer, one.at, other.at);
            let [ours, theirs] = [one, other].map(|message| serde_json::to_value(message).unwrap_or_default());
            for found in comparer.values(&ours, &theirs) {
                let what = format!("message {number}, {kind}: {}", found.what);
                values.push(Changed { what: what.into(), ..found.into() });
            }
        }
    }
}
