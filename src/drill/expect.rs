//! What a drill expects of the record.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use super::step::Awaited;
use crate::faults::FaultKind;
use crate::journal::EventKind;
use crate::journal::Level;
use crate::model::{DisplayDuration, FaultName, Phase};

/// One thing that must be so in the end.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expectation {
    /// Console lines in this order.
    Lines(Lines),
    /// Something that must not have happened.
    Never(Never),
    /// How often something happened.
    Count(Count),
    /// Every wait is within its window, and no attempt begins before its wait is over.
    Delays(Delays),
    /// Parts of an attempt that succeeded, in this order.
    Phases(Phases),
    /// How the last socket ended.
    Close(Close),
    /// Connected again within a time after a line.
    Recovery(Recovery),
    /// Lines that the local server logged, in this order.
    Server(Vec<String>),
    /// The client's state at the end.
    Status(FinalStatus),
    /// Every failure carries the mark of a fault.
    Simulated(SimulatedBy),
}

/// See [`Expectation::Lines`].
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "LinesFields")]
pub struct Lines {
    pub(super) attempt: Option<u64>,
    pub(super) level: Option<Level>,
    pub(super) exactly: bool,
    pub(super) text: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinesFields {
    /// Of this attempt alone.
    attempt: Option<u64>,
    /// Of this level alone.
    level: Option<Level>,
    /// Whether there must be no other `[WS]` and `[Auth]` line between, before or after.
    #[serde(default)]
    exactly: bool,
    /// What the lines contain.
    text: Vec<String>,
}

impl TryFrom<LinesFields> for Lines {
    type Error = &'static str;

    fn try_from(fields: LinesFields) -> Result<Self, Self::Error> {
        let LinesFields { attempt, level, exactly, text } = fields;
        (!text.is_empty()).then_some(Self { attempt, level, exactly, text }).ok_or("expected at least one line in text")
    }
}

/// A line, or an entry of the journal.
#[derive(Clone, Debug)]
pub(super) enum What {
    Line(String),
    Event(EventKind),
}

/// See [`Expectation::Never`].
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "NeverFields")]
pub struct Never {
    pub(super) what: What,
    pub(super) after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NeverFields {
    line: Option<String>,
    event: Option<EventKind>,
    /// Only after the first line that contains this.
    after: Option<String>,
}

impl TryFrom<NeverFields> for Never {
    type Error = &'static str;

    fn try_from(fields: NeverFields) -> Result<Self, Self::Error> {
        let what = match (fields.line, fields.event) {
            (Some(line), None) => What::Line(line),
            (None, Some(event)) => What::Event(event),
            _ => return Err("expected either line or event"),
        };
        Ok(Self { what, after: fields.after })
    }
}

/// See [`Expectation::Count`].
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "CountFields")]
pub struct Count {
    pub(super) of: Counted,
    pub(super) at_least: u64,
    pub(super) at_most: u64,
}

/// What is counted.
#[derive(Clone, Debug)]
pub(super) enum Counted {
    Attempts,
    /// Tickets that differ from each other and were used.
    Tickets,
    Closes,
    Other(What),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum CountedName {
    Attempts,
    Tickets,
    Closes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountFields {
    of: Option<CountedName>,
    line: Option<String>,
    event: Option<EventKind>,
    equals: Option<u64>,
    at_least: Option<u64>,
    at_most: Option<u64>,
}

impl TryFrom<CountFields> for Count {
    type Error = &'static str;

    fn try_from(fields: CountFields) -> Result<Self, Self::Error> {
        let of = match (fields.of, fields.line, fields.event) {
            (Some(CountedName::Attempts), None, None) => Counted::Attempts,
            (Some(CountedName::Tickets), None, None) => Counted::Tickets,
            (Some(CountedName::Closes), None, None) => Counted::Closes,
            (None, Some(line), None) => Counted::Other(What::Line(line)),
            (None, None, Some(event)) => Counted::Other(What::Event(event)),
            _ => return Err("expected one of of, line and event"),
        };
        let (at_least, at_most) = match (fields.equals, fields.at_least, fields.at_most) {
            (Some(count), None, None) => (count, count),
            (None, Some(least), most) => (least, most.unwrap_or(u64::MAX)),
            (None, None, Some(most)) => (0, most),
            _ => return Err("expected either equals, or at_least, at_most or both"),
        };
        Ok(Self { of, at_least, at_most })
    }
}

/// See [`Expectation::Delays`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delays {
    /// The shortest and the longest wait, one after the other; without them contract §3's for each retry.
    #[serde(default)]
    pub(super) windows: Vec<[humantime_serde::Serde<Duration>; 2]>,
    /// There must be as many waits at least.
    #[serde(default = "one")]
    pub(super) at_least: usize,
}

const fn one() -> usize {
    1
}

/// See [`Expectation::Phases`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phases {
    /// Of this attempt alone.
    pub(super) attempt: Option<u64>,
    /// The phases.
    pub(super) reached: Vec<Phase>,
    /// Each took no longer.
    #[serde(with = "humantime_serde", default)]
    pub(super) within: Option<Duration>,
}

/// See [`Expectation::Close`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Close {
    pub(super) code: u16,
    #[serde(default)]
    pub(super) reason: String,
}

/// See [`Expectation::Recovery`].
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// The last line that contains this is where the time begins.
    pub(super) after: String,
    #[serde(with = "humantime_serde")]
    pub(super) within: Duration,
}

/// See [`Expectation::Status`].
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(transparent)]
pub struct FinalStatus(pub(super) Awaited);

/// See [`Expectation::Simulated`].
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "FaultName")]
pub struct SimulatedBy(pub(super) FaultName);

impl TryFrom<FaultName> for SimulatedBy {
    type Error = String;

    fn try_from(name: FaultName) -> Result<Self, String> {
        let is_known = FaultKind::named(&name).is_some();
        is_known.then_some(Self(name.clone())).ok_or_else(|| format!("there is no fault \"{name}\""))
    }
}

impl Expectation {
    pub(super) const fn needs_local_server(&self) -> bool {
        matches!(self, Self::Server(_))
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "“{line}”"),
            Self::Event(event) => event.fmt(f),
        }
    }
}

impl fmt::Display for Expectation {
    /// What is expected, in a few words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lines(Lines { attempt, exactly, text, .. }) => {
                let how = if *exactly { "exactly " } else { "" };
                write!(f, "{how}{} lines in order", text.len())?;
                attempt.map_or(Ok(()), |attempt| write!(f, " in attempt {attempt}"))
            }
            Self::Never(Never { what, after: None }) => write!(f, "never {what}"),
            Self::Never(Never { what, after: Some(after) }) => write!(f, "never {what} after “{after}”"),
            Self::Count(Count { of, at_least, at_most }) => {
                match (at_least, at_most) {
                    (least, most) if least == most => write!(f, "{least} × "),
                    (0, most) => write!(f, "at most {most} × "),
                    (least, &u64::MAX) => write!(f, "at least {least} × "),
                    (least, most) => write!(f, "{least} to {most} × "),
                }?;
                match of {
                    Counted::Attempts => f.write_str("attempt"),
                    Counted::Tickets => f.write_str("ticket"),
                    Counted::Closes => f.write_str("close"),
                    Counted::Other(what) => what.fmt(f),
                }
            }
            Self::Delays(Delays { windows, .. }) if windows.is_empty() => {
                f.write_str("waits inside contract §3's windows")
            }
            Self::Delays(_) => f.write_str("waits inside their windows"),
            Self::Phases(Phases { reached, .. }) => {
                let names: Vec<_> = reached.iter().map(ToString::to_string).collect();
                write!(f, "reached: {}", names.join(", "))
            }
            Self::Close(Close { code, reason }) => write!(f, "closed with {code} {reason}"),
            Self::Recovery(Recovery { after, within }) => {
                write!(f, "connected within {} after “{after}”", DisplayDuration(*within))
            }
            Self::Server(lines) => write!(f, "{} lines of the server in order", lines.len()),
            Self::Status(FinalStatus(status)) => write!(f, "{status} in the end"),
            Self::Simulated(SimulatedBy(fault)) => write!(f, "every failure marked as simulated by {fault}"),
        }
    }
}
