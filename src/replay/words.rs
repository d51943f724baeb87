//! What is said of recordings, on the console and in the window.

use std::fmt;

use super::diff::Slower;
use super::steps::Step;
use super::verify::{Difference, Verification};
use crate::journal::lines;
use crate::journal::recording::{Losses, Recording};
use crate::model::{AttemptId, DisplayDuration, Entry, Event};

impl Losses {
    /// What is missing, each in a few words.
    pub fn in_words(&self) -> Vec<String> {
        let Self { entries, first_gap, goes_back, messages, cut, unknown, is_ended, is_full } = *self;
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
            goes_back.map(|line| format!("the clock goes back at line {line}: moments after it are not exact")),
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
        for (what, said) in [("recorded", &self.recorded), ("replayed", &self.replayed)] {
            write!(f, "\n  {what}: {}", said_text(said.as_ref()))?;
        }
        Ok(())
    }
}

fn said_text(said: Option<&(Option<AttemptId>, Event)>) -> String {
    let Some((attempt, event)) = said else { return "nothing".to_owned() };
    let attempt = attempt.map_or_else(String::new, |attempt| format!("attempt {attempt}: "));
    format!("{attempt}{}", serde_json::to_string(event).unwrap_or_default())
}

impl Slower {
    /// What took how long in which.
    pub fn in_words(&self) -> String {
        let what = self.a.fact["phase"].as_str().unwrap_or_default();
        format!("{what} took {:.0} ms in A and {:.0} ms in B", self.a_ms, self.b_ms)
    }
}

impl Step {
    /// Which entry of `recording` it is, when it happened, and the line of the log that tells of it.
    pub fn title(&self, recording: &Recording) -> String {
        let entry = recording.entry(recording.index_of(self.seq));
        let line = entry.as_ref().and_then(|entry: &Entry| lines(entry).into_iter().next());
        let line = line.map_or_else(String::new, |line| format!(" {line}"));
        format!("entry {} at +{}:{line}", self.seq, DisplayDuration(self.elapsed.since_start()))
    }
}
