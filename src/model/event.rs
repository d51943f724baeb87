//! The facts of a session, in the order in which they happened.
//!
//! The journal holds nothing else, and the window, the console, the recording and the verdict are all
//! computed from it. No event can hold a secret: tokens and tickets appear as fingerprints.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    AttemptId, Backoff, ClockOffset, Close, Failure, FaultName, Fingerprint, Health, InputRecord, Issuer,
    KeychainState, LostAddress, MaskedId, Moment, Phase, RecordingState, SafeText, TokenFacts, TraceId,
};

/// One fact and its circumstances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Position in the journal; consecutive, from 0.
    pub seq: u64,
    /// When it happened, on the session's monotonic clock.
    pub elapsed: Moment,
    /// When it happened, by this computer's clock.
    pub time: DateTime<Utc>,
    /// The attempt that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attempt: Option<AttemptId>,
    /// Who says so.
    pub source: Source,
    /// The fault that brought it about: if set, this is a simulated result.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub simulated: Option<FaultName>,
    /// The fact.
    pub event: Event,
}

/// Who a fact comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The client's decisions.
    Flow,
    /// Network, keychain and clock.
    Driver,
    /// The local server inside the program.
    Server,
    /// The fault layer.
    Fault,
    /// Somebody at the window or console.
    Person,
}

/// What a person can ask of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum FlowCommand {
    /// Connect, with the JWT that is there.
    Connect,
    /// End the connection or the attempt, and do not reconnect.
    Disconnect,
    /// Begin a new attempt now, whatever is going on; what a page refresh is to the seed's web client.
    RetryNow,
    /// Drop JWT and session, then connect.
    NewSession,
}

/// What began an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A person's command.
    Person,
    /// The backoff's deadline.
    Backoff,
    /// The client was started again after a crash.
    Restart,
}

/// Where the JWT of an attempt came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenSource {
    /// Read from the OS keychain at the session's first attempt.
    Keychain,
    /// Kept in memory since an earlier attempt.
    Memory,
    /// Fetched from the token endpoint.
    Server,
}

/// How a failure is treated (contract §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Wait with backoff, then a whole new attempt.
    Soft,
    /// Stop, say why, wait for a person.
    Hard,
}

/// One planned wait and how it came about (contract §3).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delay {
    /// Which retry in a row this is, from 1; the exponent is one less.
    pub retry: u32,
    /// `base · factor^(retry-1)`, capped: the middle of the window that was drawn from.
    #[serde(with = "super::time::nanos")]
    pub nominal: Duration,
    /// What the jitter made of it.
    #[serde(with = "super::time::nanos")]
    pub drawn: Duration,
    /// The server's `Retry-After`, clamped, if it asked for one.
    #[serde(with = "super::time::nanos::option")]
    pub floor: Option<Duration>,
    /// The wait: `drawn`, or `floor` if that is longer.
    #[serde(with = "super::time::nanos")]
    pub wait: Duration,
    /// When the next attempt begins.
    pub until: Moment,
}

/// A fact. Variants are grouped by their source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[strum_discriminants(
    name(EventKind),
    vis(pub(crate)),
    derive(Serialize, Deserialize, strum::Display, strum::EnumIter)
)]
#[strum_discriminants(serde(rename_all = "snake_case"), strum(serialize_all = "snake_case"))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A person asked for something.
    Command {
        /// What.
        command: FlowCommand,
    },

    /// A person changed the rule of the waits for this session.
    BackoffChanged {
        /// The rule from now on.
        backoff: Backoff,
    },

    /// A new attempt begins.
    AttemptStarted {
        /// Why.
        trigger: Trigger,
    },
    /// Step 1: is there a JWT?
    EnsuringToken,
    /// There is none: a token request goes out.
    FetchingToken,
    /// The token request succeeded.
    TokenAcquired {
        /// What may be known of the new token.
        token: TokenFacts,
        /// The session that the server named.
        session_id: Option<MaskedId>,
    },
    /// Step 1 is done.
    TokenReady {
        /// What may be known of the token.
        token: TokenFacts,
        /// Where it came from.
        source: TokenSource,
    },
    /// Step 2: a ticket request goes out.
    RequestingTicket,
    /// The ticket request was refused in a way that a new token can cure; the old one is deleted.
    RefreshingToken {
        /// The status of the refusal.
        status: u16,
        /// The code of the refusal, such as `INVALID_TOKEN`.
        code: SafeText,
    },
    /// The ticket is asked for once more, with the new token.
    RetryingTicket,
    /// Step 2 is done.
    TicketObtained {
        /// The ticket's fingerprint; the server logs the same.
        ticket: Fingerprint,
        /// How long it lives.
        #[serde(with = "super::time::nanos")]
        lifetime: Duration,
        /// When it was asked for: its life is counted from here.
        requested_at: Moment,
    },
    /// The ticket goes out with the upgrade and is spent.
    TicketSpent {
        /// The ticket's fingerprint.
        ticket: Fingerprint,
        /// Its age, counted from the request for it.
        #[serde(with = "super::time::nanos")]
        age: Duration,
    },
    /// Step 3 is done.
    Connected,
    /// The connection has been open for `reset_after`: the next failure waits for the shortest time again.
    BackoffReset,
    /// An attempt ended before the socket was open.
    AttemptFailed {
        /// Why.
        failure: Failure,
        /// What the client makes of it.
        class: Class,
    },
    /// The open socket ended.
    Disconnected {
        /// How.
        close: Close,
        /// What the client makes of it; `None` if a person asked for it.
        class: Option<Class>,
    },
    /// A wait begins.
    BackoffScheduled {
        /// How long and why.
        delay: Delay,
    },
    /// A person ended the connection or the attempt.
    Stopped,
    /// The JWT was replaced or removed from outside the flow, by a fault.
    CredentialReplaced {
        /// What may be known of the token that is there now.
        token: Option<TokenFacts>,
    },
    /// JWT and session were dropped.
    SessionDropped,
    /// An answer arrived for an attempt that is over; it was ignored.
    LateAnswer {
        /// The attempt that had asked.
        from: AttemptId,
        /// What arrived.
        what: SafeText,
    },

    /// A part of an attempt took its time, well or badly.
    PhaseFinished {
        /// Which part.
        phase: Phase,
        /// How long it took; it ended now.
        #[serde(with = "super::time::nanos")]
        took: Duration,
        /// Whether it succeeded.
        ok: bool,
        /// What is worth knowing: the addresses, the TLS version and issuer.
        detail: SafeText,
    },
    /// A request goes out.
    RequestSent {
        /// Which.
        phase: Phase,
        /// Its `x-trace-id`.
        trace: TraceId,
    },
    /// The keychain was asked to read, write or delete.
    Keychain {
        /// Its state now.
        state: KeychainState,
    },
    /// A ping came back.
    Pong {
        /// The round trip.
        #[serde(with = "super::time::nanos")]
        rtt: Duration,
    },
    /// A message was not sent.
    MessageRefused {
        /// Why.
        reason: SafeText,
    },
    /// A new machine makes the decisions from here on: the session began, or the client had crashed.
    MachineStarted {
        /// The number of its first attempt.
        first_attempt: AttemptId,
    },
    /// The machine was told something, at exactly this entry's time. What it made of it follows.
    Input {
        /// What.
        input: InputRecord,
    },
    /// What becomes of the session's recording.
    Recording {
        /// Its state now.
        state: RecordingState,
    },
    /// An answer's `Date` was compared with this computer's clock.
    ClockCompared {
        /// The difference.
        offset: ClockOffset,
    },
    /// The health endpoint answered.
    HealthAnswered {
        /// What it says.
        health: Health,
        /// The title of the web page that came instead, which says nothing of the server's health.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        page: Option<SafeText>,
    },
    /// A server's certificate was accepted.
    CertificateAccepted {
        /// Who issued it.
        issuer: Issuer,
    },
    /// Some addresses of a host could not be connected to.
    AddressesLost {
        /// Which, and why.
        lost: Vec<LostAddress>,
        /// The address that could, if any.
        connected: Option<SocketAddr>,
    },
    /// The driver failed inside; it is started again.
    DriverCrashed {
        /// What it said.
        message: SafeText,
    },
    /// The driver works again after a crash.
    DriverRestarted,

    /// The local server runs.
    ServerStarted {
        /// Where.
        address: SocketAddr,
    },
    /// The local server has stopped.
    ServerStopped,
    /// The local server logged a line.
    ServerLog {
        /// The line.
        line: SafeText,
    },

    /// A fault will act.
    FaultArmed {
        /// Which.
        fault: FaultName,
        /// How often; `None` until it is cleared.
        times: Option<u32>,
        /// The probability that it acts at an occasion.
        #[serde(default = "certain", skip_serializing_if = "is_certain")]
        probability: f64,
    },
    /// A fault acted.
    FaultFired {
        /// Which.
        fault: FaultName,
        /// How often it will act again; `None` until it is cleared.
        left: Option<u32>,
    },
    /// A fault will not act any more.
    FaultCleared {
        /// Which.
        fault: FaultName,
    },
    /// A fault could not be armed.
    FaultRefused {
        /// Which.
        fault: FaultName,
        /// Why.
        reason: SafeText,
    },
}

fn certain() -> f64 {
    1.0
}

fn is_certain(probability: &f64) -> bool {
    *probability >= 1.0
}

impl Event {
    /// Whether this is what a replay needs and no person: what is to be seen of it are the facts that follow.
    pub const fn is_for_replay(&self) -> bool {
        matches!(self, Self::MachineStarted { .. } | Self::Input { .. })
    }
}
