//! What may be known of secrets, and what is learnt beside the attempts.

use chrono::{DateTime, Utc};

use super::mirror::Nanos;
use crate::model::failure::{Issuer as IssuerModel, IssuerKind as IssuerKindModel};
use crate::model::{
    BlockCause as BlockCauseModel, Browser as BrowserModel, BrowserBlock as BrowserBlockModel,
    BrowserRule as BrowserRuleModel, Claims as ClaimsModel, ClaimsError as ClaimsErrorModel, Class as ClassModel,
    ClockOffset as ClockOffsetModel, Component as ComponentModel, CorsAnswer as CorsAnswerModel,
    CredentialFacts as CredentialFactsModel, Delay as DelayModel, FaultName, FileKind as FileKindModel,
    FilePart as FilePartModel, Fingerprint, FlowCommand as FlowCommandModel, Health as HealthModel,
    Hidden as HiddenModel, KeychainState as KeychainStateModel, MaskedId, Moment, PageKind as PageKindModel,
    PageRequest as PageRequestModel, Phase as PhaseModel, RecordingState as RecordingStateModel, SafeText,
    SiteRule as SiteRuleModel, Source as SourceModel, SourceFile as SourceFileModel,
    TicketGrantFacts as TicketGrantFactsModel, Timing as TimingModel, TokenFacts as TokenFactsModel,
    TokenGrantFacts as TokenGrantFactsModel, TokenSource as TokenSourceModel, Trigger as TriggerModel,
    Unseen as UnseenModel,
};

mirror! {
    enum Source = SourceModel { Flow, Driver, Server, Fault, Person, File }
    enum FlowCommand = FlowCommandModel { Connect, Disconnect, RetryNow, NewSession }
    enum Trigger = TriggerModel { Person, Backoff, Restart, Renewal, Unseen }
    enum FileKind = FileKindModel { Har, NetLog, Console, ServerLog, Recording, Report, Probe }
    enum FilePart = FilePartModel { Token, Ticket, Socket, End }
    enum Timing = TimingModel { Dated, TimeOfDay, Order }
    enum Browser = BrowserModel { Chromium, Firefox, Safari }
    enum BrowserRule = BrowserRuleModel { Cors, ContentSecurityPolicy, MixedContent, LocalNetwork, Extension, UnsafePort }
    enum Hidden = HiddenModel {
        Blocked(rule: BrowserRule),
        Refused,
        Untold { after: Option<Nanos> },
        GivenUp { after: Option<Nanos> },
        Absent,
    }
    enum Unseen = UnseenModel {
        CloseReason,
        SocketEnd,
        DialFailure,
        UpgradeStatus,
        Answer,
        Authorization,
        EntryTimes,
        Times,
        Pairing,
        Beginning,
        Socket,
        Messages,
        Pings,
        Ticket,
    }

    struct SourceFile = SourceFileModel {
        name: SafeText,
        kind: FileKind,
        #[serde(default)]
        writer: SafeText,
        timing: Timing,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        ahead_millis: Option<i64>,
    }
    enum TokenSource = TokenSourceModel { Keychain, Memory, Server }
    enum Class = ClassModel { Soft, Hard }
    enum Phase = PhaseModel { Keychain, Token, Ticket, Dns, Tcp, Proxy, Tls, Upgrade, Greeting }
    enum Component = ComponentModel { Up, Down, Missing, Unknown }
    enum PageKind = PageKindModel { Login, WebApp, Other }
    enum IssuerKind = IssuerKindModel { Public, Interceptor, Private }
    enum ClaimsError = ClaimsErrorModel { Parts, Base64, Json, Quoted, WithScheme }

    struct Delay = DelayModel { retry: u32, nominal: Nanos, drawn: Nanos, floor: Option<Nanos>, wait: Nanos, until: Moment }

    struct Claims = ClaimsModel {
        algorithm: SafeText,
        session_id: Option<MaskedId>,
        issued_at: Option<DateTime<Utc>>,
        expires_at: Option<DateTime<Utc>>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        not_before: Option<DateTime<Utc>>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        audience: Option<SafeText>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        issuer: Option<SafeText>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        key_id: Option<SafeText>,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        in_milliseconds: bool,
        #[serde(skip_serializing_if = "is_unknown", default)]
        bytes: u32,
    }

    struct TokenFacts = TokenFactsModel { fingerprint: Fingerprint, claims: Result<Claims, ClaimsError> }
    struct CredentialFacts = CredentialFactsModel { token: Option<TokenFacts>, session_id: Option<MaskedId> }
    struct TokenGrantFacts = TokenGrantFactsModel {
        token: TokenFacts,
        session_id: Option<MaskedId>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        lifetime: Option<Nanos>,
        #[serde(skip_serializing_if = "std::ops::Not::not", default)]
        is_other: bool,
    }
    struct TicketGrantFacts = TicketGrantFactsModel { ticket: Fingerprint, lifetime: Option<Nanos> }

    struct ClockOffset = ClockOffsetModel { ahead_millis: i64, within: Nanos }
    struct Health = HealthModel { status: u16, server: Component, redis: Component }

    enum PageRequest = PageRequestModel { Token, Ticket, Socket }
    enum CorsAnswer = CorsAnswerModel { Preflight, Request }
    enum SiteRule = SiteRuleModel { Lax, Strict, NotSecure }

    #[serde(tag = "kind")]
    enum BlockCause = BlockCauseModel {
        PreflightStatus { status: u16 },
        PreflightRedirected { status: u16, to: SafeText },
        PreflightUnanswered,
        NoOrigin { of: CorsAnswer },
        OtherOrigin { of: CorsAnswer, allowed: SafeText },
        HeaderNotAllowed { header: SafeText, allowed: Option<SafeText> },
        CookiesWithheld { is_any_origin: bool },
        CookieOfOneSite { name: SafeText, rule: SiteRule },
        FalseEncoding { encoding: SafeText },
        MixedContent,
        LocalAddress { address: SafeText },
    }

    struct BrowserBlock = BrowserBlockModel { request: PageRequest, cause: BlockCause }

    struct Issuer = IssuerModel {
        name: SafeText,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        organization: Option<SafeText>,
        kind: IssuerKind,
    }

    #[serde(tag = "state")]
    enum KeychainState = KeychainStateModel {
        NotAsked,
        Ready,
        Empty,
        Locked,
        NoService,
        Refused { error: SafeText },
        TooLarge { bytes: usize, limit: usize },
        Slow,
        MemoryOnly,
    }

    #[serde(tag = "state")]
    enum RecordingState = RecordingStateModel {
        Off,
        On { file: SafeText },
        Full { file: SafeText, limit: u64 },
        Failed { problem: SafeText },
    }
}

/// The name of a fault, on entries that were simulated.
pub type Simulated = Option<FaultName>;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_unknown(bytes: &u32) -> bool {
    *bytes == 0
}
