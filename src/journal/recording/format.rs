//! The lines of a recording.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de};

use crate::journal::{Direction, Message, MessageKind};
use crate::model::{AttemptId, Moment, Policy, Profile, ReportId, SafeText, SourceFile, Timing};

/// The version that is written. The minor grows with every addition; a change that an older reader would
/// misunderstand makes a new major.
pub const FORMAT: Version = Version { major: 1, minor: 3 };

/// A version of the format: `1.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// A reader understands one.
    pub major: u32,
    /// A reader skips what it does not know of a newer one.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = SafeText::deserialize(deserializer)?;
        let parse = |part: &str| part.parse().ok();
        let parts = text.as_str().split_once('.').and_then(|(major, minor)| Some((parse(major)?, parse(minor)?)));
        let Some((major, minor)) = parts else { return Err(de::Error::custom("a version is two numbers, as in 1.0")) };
        Ok(Self { major, minor })
    }
}

/// The first line: what a reader has to know of the session.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The version of the format.
    pub format: Version,
    /// The version of the program that wrote it.
    pub program: SafeText,
    /// What the session connects to. Files on the writer's computer are named without their folders.
    pub profile: Profile,
    /// The rules that the machine followed.
    pub policy: Policy,
    /// What decided every random draw.
    pub seed: u64,
    /// When the session began, by the writer's clock.
    pub start: DateTime<Utc>,
    /// The [`ReportId`] of the session, for people who search; it follows from `seed`.
    pub report_id: SafeText,
    /// The files of other programs that it was read from; none if Ticketscope recorded it.
    pub files: Vec<SourceFile>,
}

impl Header {
    /// The header of a session with `profile` and `seed` that began at `start`.
    pub fn new(profile: &Profile, seed: u64, start: DateTime<Utc>) -> Self {
        let mut profile = profile.clone();
        let secrets = profile.service.iter_mut().flat_map(|service| Arc::make_mut(service).secrets.values_mut());
        for file in profile.tls.files_mut().chain(secrets.filter_map(|secret| secret.file.as_mut())) {
            *file = file.without_folders();
        }
        let (program, policy) = (SafeText::new(env!("CARGO_PKG_VERSION")), Policy::from(&profile));
        let report_id = SafeText::new(&ReportId::of(seed).to_string());
        Self { format: FORMAT, program, profile, policy, seed, start, report_id, files: Vec::new() }
    }

    /// What is known of times: what that file tells which tells most.
    pub fn timing(&self) -> Timing {
        let has = |timing| self.files.iter().any(|file| file.timing == timing);
        if self.files.is_empty() || has(Timing::Dated) {
            Timing::Dated
        } else if has(Timing::TimeOfDay) {
            Timing::TimeOfDay
        } else {
            Timing::Order
        }
    }

    /// What the session's requests and its report are called.
    pub const fn report_id(&self) -> ReportId {
        ReportId::of(self.seed)
    }
}

/// A line that is not an entry of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    /// A WebSocket message passed.
    Message(MessageRecord),
    /// Messages passed that are counted only, for lack of room.
    Unlisted(UnlistedMessages),
    /// So many entries of the journal are missing here, because they came faster than they could be written.
    Dropped(u64),
    /// The last line of a recording that was ended and not cut off: the number of entries in it.
    End(u64),
    /// The last line of a recording that had its largest size: the number of entries in it.
    Full(u64),
}

/// A WebSocket message without its payload, which may hold what is nobody else's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRecord {
    /// When.
    pub at: Moment,
    /// On which attempt's socket.
    pub attempt: AttemptId,
    /// Which way.
    pub direction: Direction,
    /// Its kind.
    pub kind: MessageKind,
    /// Its payload's length in bytes.
    pub len: usize,
    /// Whether a fault made it up. Since 1.2.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_simulated: bool,
}

impl From<&Message> for MessageRecord {
    fn from(message: &Message) -> Self {
        let Message { at, attempt, direction, kind, len, is_simulated, .. } = *message;
        Self { at, attempt, direction, kind, len, is_simulated }
    }
}

/// Messages that were counted and not listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnlistedMessages {
    /// From the server.
    pub received: u64,
    /// To the server.
    pub sent: u64,
    /// Payload bytes of those from the server. Since 1.2, as what follows.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub received_bytes: u64,
    /// Payload bytes of those to the server.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sent_bytes: u64,
    /// When the newest of them passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Moment>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl UnlistedMessages {
    /// Counts those of `other` too.
    pub(super) fn add(&mut self, other: &Self) {
        let Self { received, sent, received_bytes, sent_bytes, at } = other;
        self.received = self.received.saturating_add(*received);
        self.sent = self.sent.saturating_add(*sent);
        self.received_bytes = self.received_bytes.saturating_add(*received_bytes);
        self.sent_bytes = self.sent_bytes.saturating_add(*sent_bytes);
        self.at = self.at.max(*at);
    }
}

/// Appends `line` to `out`, as one line of JSON.
///
/// # Errors
/// If `line` cannot be JSON; none of this format's can be otherwise.
pub fn write_line(out: &mut Vec<u8>, line: &impl Serialize) -> serde_json::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.push(b'\n');
    Ok(())
}
