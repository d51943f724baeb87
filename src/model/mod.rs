//! Words that everything else shares. Nothing here does I/O, reads a clock or draws a random number.

/// The client's contract, which comments cite as "contract §n".
pub mod contract {
    #![doc = include_str!("contract.md")]
}

mod backoff;
mod browser;
mod chance;
mod command;
mod durations;
mod encoding;
mod event;
mod evidence;
pub mod failure;
mod file;
mod file_words;
mod input;
mod io_words;
mod json;
mod jwt;
mod mail;
mod masked;
mod object;
mod observation;
mod policy;
mod profile;
mod recording;
mod redactor;
mod request_head;
mod secret;
mod secret_name;
mod secret_shape;
mod secret_words;
mod similarity;
mod sizes;
mod text;
mod time;
mod values;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use backoff::{Backoff, Parameter};
pub use browser::{BlockCause, BrowserBlock, CorsAnswer, PageAsked, PageRequest, SiteRule};
pub use chance::unit;
pub use command::{FlowCommand, TokenSource};
pub use durations::{limit, limit_or_none, pace, pace_or_none, span};
pub use encoding::{Decoder, decoded_text};
pub use event::{
    Class, Delay, DriverEvent, Entry, Event, FaultEvent, FileEvent, FlowEvent, Lookup, ReplayEvent, ServerEvent,
    Source, Trigger,
};
pub use evidence::{Browser, BrowserRule, FileKind, FilePart, Hidden, Remedy, SourceFile, Timing, Unseen};
pub use failure::{
    Announcement, Answer, Close, CloseCause, CloseCode, CloseEntry, CloseReason, ContractReason, DialFailure, Failure,
    GreetingFailure, IoCause, Issuer, IssuerKind, LostAddress, PageKind, Phase, RequestFailure, RequestFailureKind,
    SecretFault, Transport, is_explanation, is_harmless_header, status_text,
};
pub(crate) use file::without_long_quotes;
pub use file::{FileError, from_toml, name_problem};
pub use input::{CredentialFacts, InputRecord, TicketGrantFacts, TokenGrantFacts};
pub use io_words::{ERROR_SHARING_VIOLATION, io_words, without_number};
pub use json::SecretJson;
pub use jwt::{Claims, ClaimsError, TokenFacts};
pub use mail::{is_mail, without_mails, without_worded_mails};
pub use masked::{Fingerprint, MaskedId, SessionId};
pub use object::{JsonObject, NotAnObject};
pub use observation::{ClockOffset, Component, Health};
pub use policy::{Policy, StepsOfFlow};
pub use profile::{
    Absent, Address, AnswerRule, BuiltIns, Classify, CommandLine, Destination, DurationTemplate, EndOwner, EndRule,
    Endpoints, FilePath, Frame, FrameKind, HeaderKey, HealthEndpoint, Heartbeat, HelloStep, HostPattern, Http,
    HttpMethod, HttpUrl, JsonPointer, JsonTemplate, Life, LifeUnit, Limits, LogMapping, LogMeaning, Matcher, Meaning,
    MessagePart, MissingValue, OAuth, OAuthFlow, Origin, OriginChoice, Parameters, Path, PathTemplate, Poll, Profile,
    Ranges, RefreshRule, RequestBody, SecretOrigin, SecretSource, Service, Silence, Socket, SocketEndpoint, SocketUrl,
    Step, TakeFrom, Template, Then, TicketEndpoint, Timeouts, Tls, TokenEndpoint, UpgradeRefusal, WellKnown, from_hex,
    hex, in_order, is_loopback, is_there, json_of, mistyped,
};
pub use recording::RecordingState;
pub use redactor::Redactor;
pub use request_head::{RequestHead, is_harmless_request_header};
pub use secret::{Credential, Jwt, Ticket, TicketGrant, TokenGrant};
pub use secret_name::{is_password_name, is_pod_name, is_reference_name, is_secret_name};
pub use secret_shape::{has_secret_shape, secret_parts};
pub use secret_words::{Judgement, Next, SECRET, hide_secrets, is_credential, references, without_quoted_secrets};
pub use similarity::did_you_mean;
pub use sizes::size;
pub use text::SafeText;
pub(crate) use text::is_unprintable;
pub use time::{DisplayDuration, Moment, date_of};
pub use values::{ValueName, Values};

/// The number of an attempt within its session, from 0. An answer carries the number of the attempt that
/// asked, so that a late one can be told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AttemptId(pub u64);

impl AttemptId {
    /// The attempt after this one.
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The short name of a session: every `x-trace-id` that it sends begins with it, and every file of its report has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReportId(u32);

impl ReportId {
    /// The name of the session whose random draws `seed` decides.
    pub const fn of(seed: u64) -> Self {
        Self((seed >> 32) as u32 ^ seed as u32)
    }

    /// A seed whose report id is `self`; `draw` makes it unique.
    pub const fn seed(self, draw: u32) -> u64 {
        (draw as u64) << 32 | (draw ^ self.0) as u64
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// An `x-trace-id` of ours (contract §1): a server that logs it lets support find the request.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TraceId(SafeText);

impl TraceId {
    /// The `request`th request of the session called `session`.
    pub fn new(session: u32, request: u32) -> Self {
        Self::of(ReportId(session), request)
    }

    /// The `request`th request of the session called `session`.
    pub fn of(session: ReportId, request: u32) -> Self {
        Self(SafeText::new(&format!("{session}-{request}")))
    }

    /// What a file tells of a request that was sent by another program: its `x-trace-id`, or that of the answer.
    pub fn from_file(said: SafeText) -> Self {
        Self(said)
    }

    /// Stands where a file does not tell.
    pub fn unseen() -> Self {
        Self(SafeText::default())
    }

    /// Whether it is known: what was hidden finds nothing.
    pub fn is_known(&self) -> bool {
        !self.0.is_empty() && self.0.as_str() != SECRET
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The name of a fault, as the list in `faults` and a drill file spell it: `simulate-503`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FaultName(SafeText);

impl FaultName {
    /// The fault called `name`.
    pub fn new(name: &str) -> Self {
        Self(SafeText::new(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for FaultName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What is known of the OS keychain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum KeychainState {
    /// It has not been asked yet.
    #[default]
    NotAsked,
    /// It keeps this profile's JWT.
    Ready,
    /// It answers and holds nothing for this profile.
    Empty,
    /// It is locked and cannot ask for its password here.
    Locked,
    /// There is no keychain service.
    NoService,
    /// It answered with an error.
    Refused {
        /// The system's words.
        error: SafeText,
    },
    /// The entry is too large for it.
    TooLarge {
        /// The entry's size in bytes.
        bytes: usize,
        /// What it takes at most, in bytes.
        limit: usize,
    },
    /// It did not answer in time; it may be waiting for its password.
    Slow,
    /// It is not used, by choice (`--keychain memory`).
    MemoryOnly,
}

impl KeychainState {
    /// Whether the keychain did not do what it was asked.
    pub const fn is_failure(&self) -> bool {
        match self {
            Self::NotAsked | Self::Ready | Self::Empty | Self::MemoryOnly => false,
            Self::Locked | Self::NoService | Self::Refused { .. } | Self::TooLarge { .. } | Self::Slow => true,
        }
    }
}

/// Whether a secret is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Given,
    /// It is not.
    Missing,
    /// A command gives it whenever it is needed.
    OnDemand,
    /// A command would give it, and nobody has allowed that to run.
    NotAllowed,
    /// That cannot be told, because of the keychain.
    Unknown(KeychainState),
}

impl KeychainState {
    /// What keeps it from keeping a secret that a person gives, in words.
    pub fn of_secrets(&self) -> String {
        match self {
            Self::NoService => "this system has no keychain service".to_owned(),
            Self::Locked => "the keychain is locked and cannot ask for its password here".to_owned(),
            Self::Slow => "the keychain does not answer; it may be waiting for its password".to_owned(),
            Self::Refused { error } => format!("the keychain refused: {error}"),
            Self::TooLarge { bytes, limit } => {
                format!("the value has {bytes} bytes, and the keychain takes {limit} at most")
            }
            Self::NotAsked | Self::Ready | Self::Empty | Self::MemoryOnly => format!("the keychain: {self}"),
        }
    }
}

impl fmt::Display for KeychainState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("not asked yet"),
            Self::Ready => f.write_str("ready"),
            Self::Empty => f.write_str("ready, empty for this profile"),
            Self::Locked => f.write_str("locked — JWT kept in memory only; unlock it and start again"),
            Self::NoService => f.write_str("no keychain service — JWT kept in memory only"),
            Self::Refused { error } => write!(f, "refused ({error}) — JWT kept in memory only"),
            Self::TooLarge { bytes, limit } => {
                write!(f, "JWT too large ({bytes} of at most {limit} bytes) — kept in memory only")
            }
            Self::Slow => f.write_str("no answer within 2 s — JWT kept in memory only"),
            Self::MemoryOnly => f.write_str("not used — JWT kept in memory only"),
        }
    }
}
