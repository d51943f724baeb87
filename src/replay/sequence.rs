//! The courses of two sessions, step by step, until they part.

use std::collections::VecDeque;

use super::changed::{Changed, Values};
use super::comparison::Divergence;
use super::steps::{Step, kind};
use super::values::{Comparer, Found, Tolerance, Weight, what};
use crate::journal::recording::Recording;
use crate::model::{AttemptId, Entry, Event, FlowEvent, InputRecord, Moment, ReplayEvent};

/// Steps before the first that differs that are shown.
const BEFORE: usize = 3;

/// What of two sessions is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Every step.
    Whole,
    /// How the last attempt went: other people's files hold little more, and our own hold much that is in none of them.
    LastOutcome,
}

/// Whether an attempt came to something by this.
fn is_outcome(event: &Event) -> bool {
    matches!(
        event,
        Event::Flow(FlowEvent::Connected | FlowEvent::AttemptFailed { .. } | FlowEvent::Disconnected { .. })
    )
}

/// The last attempt that came to something.
fn last_outcome(recording: &Recording) -> Option<AttemptId> {
    let outcomes = recording.entries().filter(|entry| is_outcome(&entry.event));
    outcomes.filter_map(|entry| entry.attempt).last()
}

/// What two courses have in common.
pub(super) struct Sequence {
    /// Where they part.
    pub first: Option<Divergence>,
    /// Steps before that.
    pub same_steps: usize,
    /// When these were, in each of the two.
    pub moments: [Vec<Moment>; 2],
    /// The number of the entry at which each of them parts.
    pub until: [u64; 2],
}

impl Sequence {
    /// Follows both. Values that differ on the way are pushed to `values`.
    pub fn compare(a: &Recording, b: &Recording, course: Course, comparer: &mut Comparer, values: &mut Values) -> Self {
        let steps = |recording| {
            let last = last_outcome(recording);
            Recording::entries(recording).filter(move |entry| match course {
                Course::Whole => kind(&entry.event).is_some(),
                Course::LastOutcome => entry.attempt == last && is_outcome(&entry.event),
            })
        };
        let (mut ours, mut theirs) = (steps(a), steps(b));
        let mut paces = [Pace::default(), Pace::default()];
        let mut before: VecDeque<[Entry; 2]> = VecDeque::new();
        let (mut same_steps, mut moments) = (0, [Vec::new(), Vec::new()]);
        let (first, until) = loop {
            let (ours, theirs) = (ours.next(), theirs.next());
            let fields = match (&ours, &theirs) {
                (None, None) => break (None, [u64::MAX; 2]),
                (Some(one), Some(other)) => {
                    let [since, after] = [(0, one), (1, other)].map(|(side, entry)| paces[side].since(entry));
                    let tolerance = Tolerance::ONCE;
                    if !comparer.is_exact && course == Course::Whole {
                        comparer.times("time since the step before", tolerance, Some(since), Some(after));
                    }
                    match course {
                        Course::Whole => comparer.entries(one, other),
                        Course::LastOutcome => comparer.outcomes(one, other),
                    }
                }
                _ => Vec::new(),
            };
            match (ours, theirs) {
                (Some(one), Some(other)) if fields.iter().all(|found| found.weight < Weight::Sequence) => {
                    fields.into_iter().for_each(|found| values.push(placed(&one, &other, found)));
                    moments[0].push(one.elapsed);
                    moments[1].push(other.elapsed);
                    same_steps += 1;
                    before.truncate(BEFORE - 1);
                    before.push_front([one, other]);
                }
                (ours, theirs) => {
                    let seq = |entry: &Option<Entry>| entry.as_ref().map_or(u64::MAX, |entry| entry.seq);
                    let until = [seq(&ours), seq(&theirs)];
                    let step = |entry: Option<Entry>| entry.as_ref().and_then(Step::of);
                    let pair = |[one, other]: &[Entry; 2]| Some([Step::of(one)?, Step::of(other)?]);
                    let before = before.iter().rev().filter_map(pair).collect();
                    let fields = fields.into_iter().map(Changed::from).collect();
                    break (Some(Divergence { before, a: step(ours), b: step(theirs), fields }), until);
                }
            }
        };
        Self { first, same_steps, moments, until }
    }
}

/// `found`, with the entries in which it was found.
pub(super) fn placed(a: &Entry, b: &Entry, found: Found) -> Changed {
    let Found { what, a: ours, b: theirs, .. } = found;
    let entries = [Some(a.seq), Some(b.seq)];
    Changed { entries, ..Changed::new(format!("{}: {what}", place(a, b)), (ours, theirs)) }
}

fn place(a: &Entry, b: &Entry) -> String {
    let other = if a.seq == b.seq { String::new() } else { format!(" and {}", b.seq) };
    let attempt = a.attempt.map_or_else(String::new, |attempt| format!(", attempt {attempt}"));
    format!("entry {}{other}{attempt}, {}", a.seq, what(&a.event))
}

/// The time between steps. A wait is a value of its own: its end is measured from its deadline.
#[derive(Default)]
struct Pace {
    previous: Moment,
    due: Option<Moment>,
}

impl Pace {
    /// Nanoseconds from the step before, or from the deadline that it keeps, to `entry`.
    fn since(&mut self, entry: &Entry) -> i128 {
        let is_due = matches!(&entry.event, Event::Replay(ReplayEvent::Input { input: InputRecord::Timeout }));
        let due = self.due.take_if(|_| is_due);
        match &entry.event {
            Event::Flow(FlowEvent::BackoffScheduled { delay }) => self.due = Some(delay.until),
            Event::Flow(FlowEvent::AttemptStarted { .. }) | Event::Replay(ReplayEvent::MachineStarted { .. }) => {
                self.due = None
            }
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => {}
        }
        let from = due.unwrap_or(self.previous);
        self.previous = entry.elapsed;
        i128::from(entry.elapsed.as_nanos()) - i128::from(from.as_nanos())
    }
}
