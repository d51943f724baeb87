//! What is said of recordings, on the console and in the window.

use std::fmt;

use chrono::DateTime;

use super::changed::Changed;
use super::values::Comparer;
use super::verify::{Difference, Verification};
use crate::journal::lines;
use crate::journal::recording::Losses;
use crate::model::{
    AttemptId, CredentialFacts, DisplayDuration, Entry, Event, InputRecord, Moment, ReplayEvent, Source,
    TicketGrantFacts,
};

impl Losses {
    /// What is missing, each in a few words.
    pub fn in_words(&self) -> Vec<String> {
        let Self { entries, first_gap, messages, cut, unknown, is_ended, is_full } = *self;
        let unlisted = messages.received.saturating_add(messages.sent);
        let how = match (is_ended, is_full) {
            (true, _) => None,
            (_, true) => Some("the session went on after the recording had its largest size".to_owned()),
            _ => Some("the recording was not ended: the program was killed, or is still writing it".to_owned()),
        };
        let count = |count: u64, what: &str| (count > 0).then(|| format!("{count} {what}"));
        [
            first_gap
                .map(|line| format!("{entries} entries were dropped while recording, the first before line {line}")),
            count(unlisted, "messages were counted and not listed"),
            count(cut, "bytes of a last line that was cut off are lost"),
            count(unknown, "lines were written by a newer version and are not shown"),
            how,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Verification {
    /// What came of it, and what the recording lacks.
    pub fn in_words(&self, losses: &Losses) -> String {
        let losses = losses.in_words();
        let far = if matches!(self, Self::Same { .. }) && !losses.is_empty() { "As far as it goes: " } else { "" };
        losses.iter().fold(format!("{far}{self}"), |text, loss| format!("{text}\n⚠ It is not whole: {loss}"))
    }
}

impl fmt::Display for Verification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same { inputs, outputs } => {
                write!(f, "Same: told {inputs} things, the client's rules said the same {outputs} again")
            }
            Self::NotPossible { reason } => write!(f, "Cannot be verified: {reason}"),
            Self::Different(difference) => difference.fmt(f),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seq {
            Some(seq) => write!(f, "Entry {seq} is different")?,
            None => write!(f, "After the last entry is different")?,
        }
        let [recorded, replayed] = [&self.recorded, &self.replayed].map(|said| said.as_ref().map(entry));
        for (what, said) in [("recorded", &recorded), ("replayed", &replayed)] {
            let words = said.as_ref().map_or_else(|| "nothing".to_owned(), of_entry);
            write!(f, "\n  {what}: {words}")?;
        }
        let (Some(recorded), Some(replayed)) = (recorded, replayed) else { return Ok(()) };
        let mut fields = Comparer::new(true, true).entries(&recorded, &replayed).into_iter().map(Changed::from);
        fields.try_for_each(|changed| write!(f, "\n    {changed}"))
    }
}

/// What the machine said, as an entry of which nothing else is known.
fn entry((attempt, event): &(Option<AttemptId>, Event)) -> Entry {
    Entry {
        seq: 0,
        elapsed: Moment::START,
        time: DateTime::UNIX_EPOCH,
        attempt: *attempt,
        source: Source::Flow,
        simulated: None,
        event: event.clone(),
    }
}

/// `entry` in words: the line of the log that tells of it, or what the client is told with it.
pub(super) fn of_entry(entry: &Entry) -> String {
    let line = match &entry.event {
        Event::Replay(ReplayEvent::Input { input }) => format!("The client is told: {}", of_input(input)),
        Event::Replay(ReplayEvent::MachineStarted { first_attempt }) => {
            format!("The client begins, with attempt {first_attempt}")
        }
        Event::Flow(_) | Event::Driver(_) | Event::Server(_) | Event::Fault(_) | Event::File(_) => {
            lines(entry).first().map(ToString::to_string).unwrap_or_default()
        }
    };
    let simulated = entry.simulated.as_ref().map_or_else(String::new, |fault| format!(" [SIMULATED {fault}]"));
    line + &simulated
}

fn of_input(input: &InputRecord) -> String {
    let or = |failure: Option<String>, well: &str| failure.unwrap_or_else(|| well.to_owned());
    match input {
        InputRecord::Command { command } => {
            format!("a person asks to {}", snake_words(command))
        }
        InputRecord::Resume => "go on after a crash".to_owned(),
        InputRecord::SetBackoff { .. } => "a person changed the rule of the waits".to_owned(),
        InputRecord::ReplaceJwt { token: Some(token) } => format!("the JWT is now {}", token.fingerprint),
        InputRecord::ReplaceJwt { token: None } => "the JWT is gone".to_owned(),
        InputRecord::CredentialLoaded { credential: CredentialFacts { token, .. }, source } => match token {
            Some(token) => format!("there is a JWT, {}, from {}", token.fingerprint, snake_words(source)),
            None => "there is no JWT yet".to_owned(),
        },
        InputRecord::TokenAnswered { result: Ok(grant) } => format!("a new JWT, {}", grant.token.fingerprint),
        InputRecord::TokenAnswered { result: Err(failure) } => format!("the token request failed: {failure}"),
        InputRecord::TicketAnswered { result: Ok(TicketGrantFacts { ticket, lifetime }) } => {
            let lives =
                lifetime.map_or_else(String::new, |lifetime| format!(", that lives {}", DisplayDuration(lifetime)));
            format!("a ticket, {ticket}{lives}")
        }
        InputRecord::TicketAnswered { result: Err(failure) } => format!("the ticket request failed: {failure}"),
        InputRecord::Dialled { failure } => {
            or(failure.as_ref().map(|failure| format!("connecting failed: {failure}")), "the connection stands")
        }
        InputRecord::Upgraded { failure } => or(failure.as_ref().map(ToString::to_string), "the socket is open"),
        InputRecord::Greeted { failure } => or(failure.as_ref().map(ToString::to_string), "the greeting is over"),
        InputRecord::Closed { close } => format!("the socket closed {close}"),
        InputRecord::Timeout => "a deadline has come".to_owned(),
    }
}

/// A variant's name, as a recording has it, in words.
fn snake_words(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().replace('_', " ")
}
