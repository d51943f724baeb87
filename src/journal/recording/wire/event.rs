//! The entries.

use chrono::{DateTime, Utc};

use super::facts::{
    Browser, BrowserBlock, Class, ClockOffset, CredentialFacts, Delay, FileKind, FilePart, FlowCommand, Health, Issuer,
    KeychainState, PageKind, Phase, RecordingState, Simulated, Source, TicketGrantFacts, Timing, TokenFacts,
    TokenGrantFacts, TokenSource, Trigger, Unseen,
};
use super::failure::{
    Answer, Close, DialFailure, Failure, GreetingFailure, Header, LastWord, LostAddress, ProxyMistake, RequestFailure,
};
use super::mirror::{Mirror, Nanos};
use super::profile::BackoffRecord;
use crate::model::{
    AttemptId, DriverEvent, Entry as EntryModel, Event as EventModel, FaultEvent, FaultName, FileEvent, Fingerprint,
    FlowEvent, InputRecord as InputRecordModel, Lookup as LookupModel, MaskedId, Moment, ReplayEvent,
    RequestHead as RequestHeadModel, SafeText, ServerEvent, TraceId,
};

mirror! {
    struct Entry = EntryModel {
        seq: u64,
        elapsed: Moment,
        time: DateTime<Utc>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        attempt: Option<AttemptId>,
        source: Source,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        simulated: Simulated,
        event: Event,
    }

    struct Lookup = LookupModel {
        host: SafeText,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        addresses: Vec<std::net::IpAddr>,
    }

    struct RequestHead = RequestHeadModel {
        method: SafeText,
        address: SafeText,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        query: Vec<Header>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        headers: Vec<Header>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        scheme: Option<SafeText>,
    }

    #[serde(tag = "what")]
    enum InputRecord = InputRecordModel {
        Command { command: FlowCommand },
        Resume,
        SetBackoff { backoff: BackoffRecord },
        ReplaceJwt { token: Option<TokenFacts> },
        CredentialLoaded { credential: CredentialFacts, source: TokenSource },
        TokenAnswered { result: Result<TokenGrantFacts, RequestFailure> },
        TicketAnswered { result: Result<TicketGrantFacts, RequestFailure> },
        Dialled { failure: Option<DialFailure> },
        Upgraded { failure: Option<Failure> },
        Greeted { failure: Option<GreetingFailure> },
        Closed { close: Close },
        Timeout,
    }
}

/// Declares the events of the file, whose names are all of one kind, and which event of the program each stands for.
macro_rules! events {
    ($(
        $class:ident($events:ident) {
            $($name:ident = $variant:ident $({ $($(#[$meta:meta])* $field:ident: $kind:ty),* $(,)? })?),* $(,)?
        }
    )*) => {
        #[derive(Debug, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        pub enum Event {
            $($($name $({ $($(#[$meta])* $field: $kind),* })?),*),*
        }

        impl Mirror for Event {
            type Model = EventModel;

            fn of(model: &EventModel) -> Self {
                match model {
                    $($(
                        EventModel::$class($events::$variant $({ $($field),* })?) => Self::$name
                            $({ $($field: Mirror::of($field)),* })?
                    ),*),*
                }
            }

            fn model(self) -> EventModel {
                match self {
                    $($(
                        Self::$name $({ $($field),* })? => EventModel::$class($events::$variant
                            $({ $($field: $field.model()),* })?)
                    ),*),*
                }
            }
        }

        /// The name of an event, as a recording spells it.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, strum::Display, strum::EnumIter,
            serde::Serialize, serde::Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        #[expect(missing_docs, reason = "each is the event of its name")]
        pub enum EventKind {
            $($($name),*),*
        }

        impl From<&EventModel> for EventKind {
            fn from(event: &EventModel) -> Self {
                match event {
                    $($(EventModel::$class($events::$variant $({ $($field: _),* })?) => Self::$name),*),*
                }
            }
        }
    };
}

events! {
    Flow(FlowEvent) {
        Command = Command { command: FlowCommand },
        BackoffChanged = BackoffChanged { backoff: BackoffRecord },
        AttemptStarted = AttemptStarted { trigger: Trigger },
        EnsuringToken = EnsuringToken,
        FetchingToken = FetchingToken,
        TokenAcquired = TokenAcquired { token: TokenFacts, session_id: Option<MaskedId> },
        TokenReady = TokenReady { token: TokenFacts, source: TokenSource },
        RequestingTicket = RequestingTicket,
        RefreshingToken = RefreshingToken { status: u16, code: SafeText },
        RetryingTicket = RetryingTicket,
        TicketObtained = TicketObtained { ticket: Fingerprint, lifetime: Option<Nanos>, requested_at: Moment },
        TicketSpent = TicketSpent {
            ticket: Fingerprint,
            #[serde(skip_serializing_if = "Option::is_none", default)]
            age: Option<Nanos>,
        },
        Dialling = Dialling,
        Upgrading = Upgrading,
        Greeting = Greeting,
        Connected = Connected,
        BackoffReset = BackoffReset,
        AttemptFailed = AttemptFailed { failure: Failure, class: Class },
        Disconnected = Disconnected { close: Close, class: Option<Class> },
        BackoffScheduled = BackoffScheduled { delay: Delay },
        Stopped = Stopped,
        CredentialReplaced = CredentialReplaced { token: Option<TokenFacts> },
        SessionDropped = SessionDropped,
        LateAnswer = LateAnswer { from: AttemptId, what: SafeText },
    }
    Driver(DriverEvent) {
        PhaseFinished = PhaseFinished {
            phase: Phase,
            took: Nanos,
            ok: bool,
            detail: SafeText,
            #[serde(skip_serializing_if = "Option::is_none", default)]
            lookup: Option<Lookup>,
        },
        RequestSent = RequestSent {
            phase: Phase,
            trace: TraceId,
            #[serde(skip_serializing_if = "Option::is_none", default)]
            head: Option<Box<RequestHead>>,
        },
        Answered = Answered {
            phase: Phase,
            answer: Box<Answer>,
            #[serde(skip_serializing_if = "Option::is_none", default)]
            first_byte: Option<Nanos>,
            #[serde(skip_serializing_if = "Option::is_none", default)]
            body: Option<Nanos>,
        },
        Keychain = Keychain { state: KeychainState },
        SignInAsked = SignInAsked {
            address: WithoutQuery,
            #[serde(skip_serializing_if = "LeftOut::is_none", default)]
            code: LeftOut,
            within: Nanos,
            is_opened: bool,
        },
        Pong = Pong { rtt: Nanos },
        MessageRefused = MessageRefused { reason: SafeText },
        Recording = Recording { state: RecordingState },
        ClockCompared = ClockCompared { offset: ClockOffset },
        AnsweredFromCache = AnsweredFromCache {
            phase: Phase,
            #[serde(skip_serializing_if = "Option::is_none", default)]
            age: Option<Nanos>,
            said: SafeText,
        },
        TicketCharacters = TicketCharacters { characters: SafeText },
        LastWordHeard = LastWordHeard { word: LastWord },
        HealthAnswered = HealthAnswered {
            health: Health,
            #[serde(skip_serializing_if = "Option::is_none", default)]
            page: Option<PageKind>,
        },
        HealthUnanswered = HealthUnanswered { failure: RequestFailure },
        CertificateAccepted = CertificateAccepted { issuer: Issuer },
        AddressesLost = AddressesLost { lost: Vec<LostAddress>, connected: Option<std::net::SocketAddr> },
        ProxyVariableIgnored = ProxyVariableIgnored { variable: SafeText, mistake: ProxyMistake },
        PingSet = PingSet { every: Option<Nanos> },
        SilenceKept = SilenceKept { lasted: Nanos, close: Option<Close>, was_other_open: bool },
        BrowserStopped = BrowserStopped { blocks: Vec<BrowserBlock> },
        DriverCrashed = Crashed { message: SafeText },
        DriverRestarted = Restarted,
        ThreadCrashed = ThreadCrashed { thread: SafeText, message: SafeText, is_restarted: bool },
    }
    Replay(ReplayEvent) {
        MachineStarted = MachineStarted { first_attempt: AttemptId },
        Input = Input { input: InputRecord },
    }
    Server(ServerEvent) {
        ServerStarted = Started { address: std::net::SocketAddr },
        ServerStopped = Stopped,
        ServerLog = Log { line: SafeText },
    }
    Fault(FaultEvent) {
        FaultArmed = Armed {
            fault: FaultName,
            times: Option<u32>,
            #[serde(default = "certain", skip_serializing_if = "is_certain")]
            probability: f64,
        },
        FaultFired = Fired { fault: FaultName, left: Option<u32> },
        FaultCleared = Cleared { fault: FaultName },
        FaultRefused = Refused { fault: FaultName, reason: SafeText },
    }
    File(FileEvent) {
        FileBegins = Begins {
            timing: Timing,
            #[serde(skip_serializing_if = "Option::is_none", default)]
            browser: Option<Browser>,
        },
        FileTold = Told { part: FilePart, by: Vec<FileKind> },
        NotSeen = NotSeen { what: Unseen },
        FileEnds = Ends,
    }
}

/// An address without its query, which is for one person's browser.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct WithoutQuery(SafeText);

impl Mirror for WithoutQuery {
    type Model = SafeText;

    fn of(model: &SafeText) -> Self {
        let (address, query) = model.as_str().split_once('?').unwrap_or((model.as_str(), ""));
        Self(if query.is_empty() { model.clone() } else { SafeText::new(&format!("{address}?…")) })
    }

    fn model(self) -> SafeText {
        self.0
    }
}

/// What is not for a file; that there was something is.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct LeftOut(Option<SafeText>);

impl LeftOut {
    const fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl Mirror for LeftOut {
    type Model = Option<SafeText>;

    fn of(model: &Option<SafeText>) -> Self {
        Self(model.as_ref().map(|_| SafeText::new("(left out)")))
    }

    fn model(self) -> Option<SafeText> {
        self.0
    }
}

fn certain() -> f64 {
    1.0
}

fn is_certain(probability: &f64) -> bool {
    *probability >= 1.0
}
