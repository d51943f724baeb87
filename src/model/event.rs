//! The facts of a session, in the order in which they happened.
//!
//! The journal holds nothing else, and the window, the console, the recording and the verdict are all
//! computed from it. No event can hold a secret: tokens and tickets appear as fingerprints.
//!
//! Events are sorted into classes by what states them. A fold names each class, so that a new class does not compile
//! until every fold has said what it makes of it; within a class it matches the events that it uses.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::failure::{LastWord, ProxyMistake};
use super::{
    Answer, AttemptId, Backoff, Browser, BrowserBlock, ClockOffset, Close, Failure, FaultName, FileKind, FilePart,
    Fingerprint, FlowCommand, Health, InputRecord, Issuer, KeychainState, LostAddress, MaskedId, Moment, PageKind,
    Phase, RecordingState, RequestFailure, RequestHead, SafeText, Timing, TokenFacts, TokenSource, TraceId, Unseen,
};

/// One fact and its circumstances.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Position in the journal; consecutive, from 0.
    pub seq: u64,
    /// When it happened, on the session's monotonic clock.
    pub elapsed: Moment,
    /// When it happened, by this computer's clock.
    pub time: DateTime<Utc>,
    /// The attempt that it belongs to.
    pub attempt: Option<AttemptId>,
    /// Who says so.
    pub source: Source,
    /// The fault that brought it about: if set, this is a simulated result.
    pub simulated: Option<FaultName>,
    /// The fact.
    pub event: Event,
}

/// Who a fact comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// A file that another program wrote.
    File,
}

/// What began an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A person's command.
    Person,
    /// The backoff's deadline.
    Backoff,
    /// The client was started again after a crash.
    Restart,
    /// The server wants its client to come again at once: with a new ticket, a new login, or elsewhere.
    Renewal,
    /// A file does not tell.
    Unseen,
}

/// How a failure is treated (contract §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Wait with backoff, then a whole new attempt.
    Soft,
    /// Stop, say why, wait for a person.
    Hard,
}

/// One planned wait and how it came about (contract §3).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Delay {
    /// Which retry in a row this is, from 1; the exponent is one less.
    pub retry: u32,
    /// `base · factor^(retry-1)`, capped: the middle of the window that was drawn from.
    pub nominal: Duration,
    /// What the jitter made of it.
    pub drawn: Duration,
    /// The server's `Retry-After`, clamped, if it asked for one.
    pub floor: Option<Duration>,
    /// The wait: `drawn`, or `floor` if that is longer.
    pub wait: Duration,
    /// When the next attempt begins.
    pub until: Moment,
}

/// A fact, by who states it.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The client's decisions.
    Flow(FlowEvent),
    /// Network, keychain and clock.
    Driver(DriverEvent),
    /// What only a replay needs.
    Replay(ReplayEvent),
    /// The local server.
    Server(ServerEvent),
    /// The fault layer.
    Fault(FaultEvent),
    /// Files that other programs wrote.
    File(FileEvent),
}

impl Event {
    /// Whether this is what a replay needs and no person: what is to be seen of it are the facts that follow.
    pub const fn is_for_replay(&self) -> bool {
        match self {
            Self::Replay(_) => true,
            Self::Flow(_) | Self::Driver(_) | Self::Server(_) | Self::Fault(_) | Self::File(_) => false,
        }
    }
}

impl From<FlowEvent> for Event {
    fn from(event: FlowEvent) -> Self {
        Self::Flow(event)
    }
}

impl From<DriverEvent> for Event {
    fn from(event: DriverEvent) -> Self {
        Self::Driver(event)
    }
}

impl From<ReplayEvent> for Event {
    fn from(event: ReplayEvent) -> Self {
        Self::Replay(event)
    }
}

impl From<ServerEvent> for Event {
    fn from(event: ServerEvent) -> Self {
        Self::Server(event)
    }
}

impl From<FaultEvent> for Event {
    fn from(event: FaultEvent) -> Self {
        Self::Fault(event)
    }
}

impl From<FileEvent> for Event {
    fn from(event: FileEvent) -> Self {
        Self::File(event)
    }
}

/// What the client decides, and what it decides upon.
#[derive(Clone, Debug, PartialEq)]
pub enum FlowEvent {
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
        /// How long it lives; `None` if the answer does not say.
        lifetime: Option<Duration>,
        /// When it was asked for: its life is counted from here.
        requested_at: Moment,
    },
    /// The ticket goes out with the upgrade and is spent.
    TicketSpent {
        /// The ticket's fingerprint.
        ticket: Fingerprint,
        /// Its age, counted from the request for it; `None` if a file does not tell.
        age: Option<Duration>,
    },
    /// Step 3 begins for a service that needs no ticket.
    Dialling,
    /// The connection stands; a service that needs no ticket is asked for the upgrade.
    Upgrading,
    /// The socket is open; the service's greeting begins.
    Greeting,
    /// The socket is of use.
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
}

/// A name that was looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// Which; an address needs none, and is its own.
    pub host: SafeText,
    /// What was found; nothing if that failed.
    pub addresses: Vec<IpAddr>,
}

/// What network, keychain and clock show, and what becomes of the driver itself.
#[derive(Clone, Debug, PartialEq)]
pub enum DriverEvent {
    /// A part of an attempt took its time, well or badly.
    PhaseFinished {
        /// Which part.
        phase: Phase,
        /// How long it took; it ended now.
        took: Duration,
        /// Whether it succeeded.
        ok: bool,
        /// What is worth knowing, for people: the addresses, the TLS version and issuer.
        detail: SafeText,
        /// What was looked up, if it was DNS.
        lookup: Option<Lookup>,
    },
    /// A request goes out.
    RequestSent {
        /// Which.
        phase: Phase,
        /// Its `x-trace-id`.
        trace: TraceId,
        /// What a file tells of it; our own requests are made anew of the profile.
        head: Option<Box<RequestHead>>,
    },
    /// A request got the answer that was hoped for.
    Answered {
        /// To which request.
        phase: Phase,
        /// Its status and headers. Of its body nothing is known: it holds what was asked for.
        answer: Box<Answer>,
        /// How long after the request its head came; `None` if a file does not tell.
        first_byte: Option<Duration>,
        /// How long after that its body was complete; `None` if there is none.
        body: Option<Duration>,
    },
    /// The keychain was asked to read, write or delete.
    Keychain {
        /// Its state now.
        state: KeychainState,
    },
    /// A person is asked to sign in in a browser.
    SignInAsked {
        /// On which page. Its query is for the person's browser alone.
        address: SafeText,
        /// The code to be typed there, if one is.
        code: Option<SafeText>,
        /// How long that is waited for.
        within: Duration,
        /// Whether the page was opened.
        is_opened: bool,
    },
    /// A ping came back.
    Pong {
        /// The round trip.
        rtt: Duration,
    },
    /// A message was not sent.
    MessageRefused {
        /// Why.
        reason: SafeText,
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
    /// A cache on the way gave an answer that has to be a new one each time.
    AnsweredFromCache {
        /// To which request.
        phase: Phase,
        /// How old the answer is (RFC 9111 §5.1), if it says so.
        age: Option<Duration>,
        /// The header that tells, as it came.
        said: SafeText,
    },
    /// The ticket that was given out has characters that an address carries only percent-encoded (RFC 3986 §2.3).
    TicketCharacters {
        /// Each of them once.
        characters: SafeText,
    },
    /// The server said why it is about to close, in its last message before it did.
    LastWordHeard {
        /// What it said.
        word: LastWord,
    },
    /// The health endpoint answered.
    HealthAnswered {
        /// What it says.
        health: Health,
        /// The web page that came instead, which says nothing of the server's health.
        page: Option<PageKind>,
    },
    /// The health endpoint was asked and gave no answer.
    HealthUnanswered {
        /// Why not.
        failure: RequestFailure,
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
    /// A variable of this computer's environment should name a proxy for the profile's servers, and names none: it is ignored.
    ProxyVariableIgnored {
        /// Its name.
        variable: SafeText,
        /// What is wrong with it.
        mistake: ProxyMistake,
    },
    /// A person changed how often the open socket is pinged.
    PingSet {
        /// How often; `None`: never, as a browser.
        every: Option<Duration>,
    },
    /// A check kept a second connection on which this client sent nothing at all.
    SilenceKept {
        /// How long it lasted.
        lasted: Duration,
        /// How it ended, if it was not the check that ended it.
        close: Option<Close>,
        /// Whether the connection beside it, with pings, was open all that time.
        was_other_open: bool,
    },
    /// A check asked what a browser asks, and it does not get through.
    BrowserStopped {
        /// At which requests, and why.
        blocks: Vec<BrowserBlock>,
    },
    /// The driver failed inside; it is started again.
    Crashed {
        /// What it said.
        message: SafeText,
    },
    /// The driver works again after a crash.
    Restarted,
    /// A thread of the program crashed that is not the driver's.
    ThreadCrashed {
        /// What it is called.
        thread: SafeText,
        /// What it said.
        message: SafeText,
        /// Whether it is started again.
        is_restarted: bool,
    },
}

/// What a replay needs and no person: what is to be seen of it are the facts that follow.
#[derive(Clone, Debug, PartialEq)]
pub enum ReplayEvent {
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
}

/// What the local server inside the program does.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerEvent {
    /// The local server runs.
    Started {
        /// Where.
        address: SocketAddr,
    },
    /// The local server has stopped.
    Stopped,
    /// The local server logged a line.
    Log {
        /// The line.
        line: SafeText,
    },
}

/// What the fault layer does.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultEvent {
    /// A fault will act.
    Armed {
        /// Which.
        fault: FaultName,
        /// How often; `None` until it is cleared.
        times: Option<u32>,
        /// The probability that it acts at an occasion.
        probability: f64,
    },
    /// A fault acted.
    Fired {
        /// Which.
        fault: FaultName,
        /// How often it will act again; `None` until it is cleared.
        left: Option<u32>,
    },
    /// A fault will not act any more.
    Cleared {
        /// Which.
        fault: FaultName,
    },
    /// A fault could not be armed.
    Refused {
        /// Which.
        fault: FaultName,
        /// Why.
        reason: SafeText,
    },
}

/// What there is to say of files that other programs wrote.
#[derive(Clone, Debug, PartialEq)]
pub enum FileEvent {
    /// The entries that follow were read from files.
    Begins {
        /// What the files tell of time.
        timing: Timing,
        /// The browser that was used, as far as it is known.
        browser: Option<Browser>,
    },
    /// Of several files these tell of a part of the attempt.
    Told {
        /// Which part.
        part: FilePart,
        /// What they are.
        by: Vec<FileKind>,
    },
    /// The files cannot tell something.
    NotSeen {
        /// What.
        what: Unseen,
    },
    /// The files end here: what was going on may have gone on.
    Ends,
}
