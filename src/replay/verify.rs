//! Feeding a recording to the machine again: it must say the same.

use std::collections::VecDeque;

use serde::Serialize;

use crate::flow::{ConnectionFlow, Input, Output};
use crate::journal::recording::Recording;
use crate::model::{AttemptId, DriverEvent, Entry, Event, FlowEvent, ReplayEvent, Source};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Verification {
    /// The machine said what is recorded, delays included.
    Same {
        /// What it was told.
        inputs: u64,
        /// What it said.
        outputs: u64,
    },
    /// It said something else.
    Different(Box<Difference>),
    /// The recording does not hold everything that the machine was told.
    NotPossible {
        /// What is missing.
        reason: String,
    },
}

/// Where the machine and the recording part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The number of the entry; `None` if the recording ended too early.
    pub seq: Option<u64>,
    /// The attempt and the event that are recorded there; `None` if nothing is.
    pub recorded: Option<(Option<AttemptId>, Event)>,
    /// The attempt and the event that the machine says; `None` if it says nothing.
    pub replayed: Option<(Option<AttemptId>, Event)>,
}

/// Feeds what the machine was told in `recording` to a new one.
pub fn verify(recording: &Recording) -> Verification {
    let losses = recording.losses();
    let not_possible = |reason: String| Verification::NotPossible { reason };
    if losses.entries + losses.unknown > 0 {
        let missing = losses.entries + losses.unknown;
        return not_possible(format!(
            "{missing} entries are missing, and the machine may have been told something in them"
        ));
    }
    let header = recording.header();
    let mut machine: Option<ConnectionFlow> = None;
    let mut said = VecDeque::new();
    let (mut inputs, mut outputs) = (0, 0);
    // What a machine still had to say when it crashed nobody heard.
    let mut is_crashed = false;
    for Entry { seq, elapsed, attempt, source, event, .. } in recording.entries() {
        match event {
            Event::Replay(ReplayEvent::MachineStarted { first_attempt }) => {
                machine = Some(ConnectionFlow::new(header.policy.clone(), header.seed, first_attempt));
                is_crashed = false;
                said.clear();
            }
            Event::Replay(ReplayEvent::Input { input }) => {
                let Some(machine) = &mut machine else {
                    return not_possible(format!("entry {seq}: the machine is told something before it begins"));
                };
                let Some(input) = Input::from_record(attempt, input) else {
                    return not_possible(format!("entry {seq}: an answer without its attempt"));
                };
                machine.handle(elapsed, input);
                said.extend(std::iter::from_fn(|| next_event(machine)));
                inputs += 1;
            }
            event @ (Event::Flow(_) | Event::Driver(_) | Event::Server(_) | Event::Fault(_) | Event::File(_))
                if source == Source::Flow || matches!(event, Event::Flow(FlowEvent::Command { .. })) =>
            {
                let (recorded, replayed) = (Some((attempt, event)), said.pop_front());
                if replayed != recorded {
                    return Verification::Different(Box::new(Difference { seq: Some(seq), recorded, replayed }));
                }
                outputs += 1;
            }
            Event::Driver(DriverEvent::Crashed { .. }) => is_crashed = true,
            Event::Flow(_) | Event::Driver(_) | Event::Server(_) | Event::Fault(_) | Event::File(_) => {}
        }
    }
    if machine.is_none() && !recording.is_empty() {
        return not_possible("it does not hold what the machine was told".to_owned());
    }
    match said.pop_front().filter(|_| losses.is_ended && !is_crashed) {
        Some(replayed) => {
            Verification::Different(Box::new(Difference { seq: None, recorded: None, replayed: Some(replayed) }))
        }
        None => Verification::Same { inputs, outputs },
    }
}

/// The next event, as the driver writes it down.
fn next_event(machine: &mut ConnectionFlow) -> Option<(Option<AttemptId>, Event)> {
    loop {
        match machine.poll() {
            Output::Event(_, event @ FlowEvent::Command { .. }) => return Some((None, event.into())),
            Output::Event(attempt, event) => return Some((attempt, event.into())),
            Output::Effect(_) => {}
            Output::WaitUntil(_) => return None,
        }
    }
}
