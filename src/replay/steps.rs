//! The course of a session: its entries without what is another in every run.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::journal::recording::Recording;
use crate::model::{AttemptId, Entry, Event, Moment};

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "lowercase")]
pub enum StepKind {
    /// An attempt begins.
    Attempt,
    /// A part of an attempt took its time, well or badly.
    Phase,
    /// The machine is told something.
    Input,
    /// The machine decides something.
    Decision,
    /// A fault is armed, acts or is cleared.
    Fault,
    /// The client crashes or begins.
    Client,
    /// Something beside the attempts, which comes at any time among them: keychain, certificates, addresses, health.
    Beside,
}

/// A step of a session.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The number of its entry.
    pub seq: u64,
    /// When it happened.
    pub elapsed: Moment,
    /// The attempt that it belongs to.
    pub attempt: Option<AttemptId>,
    /// What it is.
    pub kind: StepKind,
    /// How long it took, if it is a part of an attempt.
    #[serde(skip)]
    pub took: Option<Duration>,
    /// The fact, without what is another in every run. Tokens, tickets and sessions are numbered as they come.
    pub fact: Value,
}

/// The steps of `recording`. With `exact_delays`, which need the same seed and policy, what was drawn counts too.
pub(super) fn steps(recording: &Recording, exact_delays: bool) -> impl Iterator<Item = Step> {
    let mut names = Names { known: HashMap::new(), exact_delays };
    recording.entries().filter_map(move |entry| {
        let kind = kind(&entry.event)?;
        let Entry { seq, elapsed, attempt, simulated, event, .. } = entry;
        let took = match &event {
            Event::PhaseFinished { took, .. } => Some(*took),
            _ => None,
        };
        let mut fact = serde_json::to_value(event).unwrap_or_default();
        names.generalise(&mut fact);
        if let (Some(fault), Value::Object(fact)) = (simulated, &mut fact) {
            fact.insert("simulated".to_owned(), Value::String(fault.to_string()));
        }
        Some(Step { seq, elapsed, attempt, kind, took, fact })
    })
}

/// `None` for what is another in every run: pings, the local server's own words, the exact offset of clocks.
fn kind(event: &Event) -> Option<StepKind> {
    Some(match event {
        Event::AttemptStarted { .. } => StepKind::Attempt,
        Event::PhaseFinished { .. } | Event::RequestSent { .. } => StepKind::Phase,
        Event::Command { .. } | Event::Input { .. } => StepKind::Input,
        Event::EnsuringToken
        | Event::FetchingToken
        | Event::TokenAcquired { .. }
        | Event::TokenReady { .. }
        | Event::RequestingTicket
        | Event::RefreshingToken { .. }
        | Event::RetryingTicket
        | Event::TicketObtained { .. }
        | Event::TicketSpent { .. }
        | Event::Connected
        | Event::BackoffReset
        | Event::BackoffChanged { .. }
        | Event::AttemptFailed { .. }
        | Event::Disconnected { .. }
        | Event::BackoffScheduled { .. }
        | Event::Stopped
        | Event::CredentialReplaced { .. }
        | Event::SessionDropped
        | Event::LateAnswer { .. } => StepKind::Decision,
        Event::FaultArmed { .. }
        | Event::FaultFired { .. }
        | Event::FaultCleared { .. }
        | Event::FaultRefused { .. } => StepKind::Fault,
        Event::MachineStarted { .. } | Event::DriverCrashed { .. } | Event::DriverRestarted => StepKind::Client,
        Event::Keychain { .. }
        | Event::MessageRefused { .. }
        | Event::ServerStarted { .. }
        | Event::ServerStopped
        | Event::HealthAnswered { .. }
        | Event::CertificateAccepted { .. }
        | Event::AddressesLost { .. } => StepKind::Beside,
        Event::Pong { .. } | Event::Recording { .. } | Event::ServerLog { .. } | Event::ClockCompared { .. } => {
            return None;
        }
    })
}

/// What belongs to one run alone: times, ids, addresses.
const VOLATILE: [&str; 12] = [
    "trace",
    "took",
    "age",
    "until",
    "requested_at",
    "silent_for",
    "detail",
    "headers",
    "issued_at",
    "expires_at",
    "address",
    "connected",
];
/// What was drawn by chance.
const DRAWN: [&str; 2] = ["drawn", "wait"];
/// What has another value in each run, and means something when it comes again.
const NAMED: [&str; 3] = ["fingerprint", "ticket", "session_id"];

struct Names {
    known: HashMap<String, usize>,
    exact_delays: bool,
}

impl Names {
    fn generalise(&mut self, fact: &mut Value) {
        match fact {
            Value::Object(parts) => self.generalise_parts(parts),
            Value::Array(items) => items.iter_mut().for_each(|item| self.generalise(item)),
            Value::String(text) => *text = without_numbers(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn generalise_parts(&mut self, parts: &mut Map<String, Value>) {
        parts.retain(|key, _| {
            !VOLATILE.contains(&key.as_str()) && (self.exact_delays || !DRAWN.contains(&key.as_str()))
        });
        for (key, value) in parts.iter_mut() {
            match value {
                Value::String(name) if NAMED.contains(&key.as_str()) => {
                    let next = self.known.len() + 1;
                    let number = *self.known.entry(format!("{key} {name}")).or_insert(next);
                    *value = Value::from(number);
                }
                value => self.generalise(value),
            }
        }
    }
}

/// `text` with `#` for every number of four digits and more: ports, lengths, times.
fn without_numbers(text: &str) -> String {
    let mut general = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let length = from.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = from.split_at(length);
        general += before;
        general += if length < 4 { number } else { "#" };
        rest = after;
    }
    general + rest
}
