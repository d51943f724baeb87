//! Why attempts and connections end.

use chrono::NaiveDate;

use super::facts::{Hidden, Issuer, KeychainState, PageKind, Phase};
use super::mirror::{Mirror, Nanos};
use super::profile::Leaf;
use crate::model::failure::Product;
use crate::model::failure::{
    Announcement as AnnouncementModel, Answer as AnswerModel, AnswerFault as AnswerFaultModel, Body as BodyModel,
    BodyKind as BodyKindModel, BrokenCause as BrokenCauseModel, CertificateFault as CertificateFaultModel,
    Close as CloseModel, CloseCause as CloseCauseModel, DialFailure as DialFailureModel, DnsCause as DnsCauseModel,
    DnsFailure as DnsFailureModel, Failure as FailureModel, GreetingFailure as GreetingFailureModel,
    HandshakeFault as HandshakeFaultModel, HeadFault as HeadFaultModel, Header as HeaderModel,
    HttpVersion as HttpVersionModel, IdentityFault as IdentityFaultModel, IoCause as IoCauseModel,
    LastWord as LastWordModel, LocalLimit as LocalLimitModel, LostAddress as LostAddressModel,
    MalformedAnswer as MalformedAnswerModel, Protocol as ProtocolModel, ProtocolFault as ProtocolFaultModel,
    ProxyCause as ProxyCauseModel, ProxyFailure as ProxyFailureModel, ProxyMistake as ProxyMistakeModel,
    RequestFailure as RequestFailureModel, RequestFailureKind as RequestFailureKindModel,
    SecretFault as SecretFaultModel, SetupCause as SetupCauseModel, SetupFailure as SetupFailureModel,
    SignInFault as SignInFaultModel, TcpFailure as TcpFailureModel, TlsAlert as TlsAlertModel,
    TlsCause as TlsCauseModel, TlsFailure as TlsFailureModel, Transport as TransportModel,
};
use crate::model::{CloseCode, CloseReason, EndOwner, LifeUnit, SafeText, Then, TraceId};

mirror! {
    #[serde(tag = "step")]
    enum Failure = FailureModel {
        Setup(setup: SetupFailure),
        Token(request: RequestFailure),
        Ticket(request: RequestFailure),
        TicketExpired { age: Nanos, lifetime: Nanos },
        Dial(dial: DialFailure),
        UpgradeRefused(answer: Box<Answer>),
        Greeting(greeting: GreetingFailure),
        Closed(close: Close),
    }

    struct SetupFailure = SetupFailureModel { cause: SetupCause, said: SafeText }
    enum SetupCause = SetupCauseModel { RootFile, PlatformRoots, Proxy, LocalServer, Threads, Other }

    #[serde(tag = "greeting")]
    enum GreetingFailure = GreetingFailureModel {
        Missing {
            step: u32,
            expected: SafeText,
            within: Nanos,
            heard: Option<SafeText>,
        },
        Refused { step: u32, announced: Announcement },
        Closed { step: u32, close: Close, heard: Option<SafeText> },
        Request { step: u32, request: RequestFailure },
        Profile { step: u32, problem: SafeText },
    }

    struct Announcement = AnnouncementModel {
        then: Leaf<Then>,
        said: SafeText,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        means: Option<SafeText>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        owner: Option<Leaf<EndOwner>>,
    }

    struct LastWord = LastWordModel {
        protocol: Protocol,
        reason: SafeText,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        is_welcome_back: Option<bool>,
    }
    enum Protocol = ProtocolModel { SignalR, SocketIo, ActionCable, GraphQl, Pusher, Slack, Phoenix, Plain }

    struct RequestFailure = RequestFailureModel { trace: TraceId, kind: RequestFailureKind }

    #[serde(tag = "kind")]
    enum RequestFailureKind = RequestFailureKindModel {
        Status(answer: Box<Answer>),
        Malformed(malformed: Box<MalformedAnswer>),
        Refused(answer: Box<Answer>),
        NotSendable,
        SecretMissing {
            name: SafeText,
            label: SafeText,
            #[serde(default)]
            why: SecretFault,
        },
        OtherHost { name: SafeText, label: SafeText, host: SafeText },
        SignIn(fault: SignInFault),
        Identity { file: SafeText, fault: IdentityFault },
        Unusable { problem: SafeText },
        Timeout { after: Nanos },
        Transport(transport: Transport),
        Hidden(how: Hidden),
    }

    enum IdentityFault = IdentityFaultModel {
        Unreadable { cause: IoCause },
        NotPkcs12,
        WrongPassword,
        UnknownEncryption,
        NoKey,
        Unfit,
    }

    enum SignInFault = SignInFaultModel {
        Denied,
        Refused { code: SafeText },
        NoCode,
        WrongState,
        NotAsked,
        Expired { after: Nanos },
        NoListener { cause: IoCause },
    }

    enum SecretFault = SecretFaultModel {
        NotGiven,
        Keychain { state: KeychainState },
        NotAllowed,
        NotStarted { cause: IoCause },
        Unread { cause: IoCause },
        Failed { code: Option<i32> },
        Slow { after: Nanos },
        TooLong { limit_kib: u32 },
        NotText,
        NotAKey,
        Empty,
    }

    struct Answer = AnswerModel {
        status: u16,
        version: HttpVersion,
        #[serde(default)]
        headers: Vec<Header>,
        #[serde(default)]
        retry_after: Option<Nanos>,
        #[serde(default)]
        body: Body,
    }

    enum HttpVersion = HttpVersionModel { Http10, Http11, Http2, Other(name: SafeText) }

    struct Header = HeaderModel {
        name: SafeText,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        value: Option<SafeText>,
    }

    struct Body = BodyModel {
        kind: BodyKind,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        code: Option<SafeText>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        title: Option<SafeText>,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        page: Option<PageKind>,
        #[serde(skip_serializing_if = "KnownProduct::is_none", default)]
        names: KnownProduct,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        excerpt: Option<SafeText>,
        #[serde(skip_serializing_if = "Vec::is_empty", default)]
        fields: Vec<SafeText>,
    }

    enum BodyKind = BodyKindModel { Empty, Json, Page, Text, Binary }

    struct MalformedAnswer = MalformedAnswerModel { fault: AnswerFault, answer: Answer }

    #[serde(tag = "what")]
    enum AnswerFault = AnswerFaultModel {
        NotJson { wanted: SafeText, content_type: Option<SafeText>, bytes: u64 },
        NotAlone { wanted: SafeText, before: u64 },
        Missing { field: SafeText },
        Empty { field: SafeText },
        NotText { field: SafeText },
        NotSeconds { field: SafeText },
        NotADate { field: SafeText },
        OtherUnit { field: SafeText, wanted: Leaf<LifeUnit>, likely: Leaf<LifeUnit> },
        NotSendable { field: SafeText },
        NotYet { wanted: SafeText, within: Nanos },
        ValueTooLong { field: SafeText, limit_kib: u32 },
        TooLong { limit_kib: u32 },
    }

    #[serde(tag = "layer")]
    enum Transport = TransportModel {
        Dns(dns: DnsFailure),
        Tcp(tcp: TcpFailure),
        Tls(tls: Box<TlsFailure>),
        Proxy(proxy: ProxyFailure),
        Broken(broken: BrokenCause),
    }

    struct DnsFailure = DnsFailureModel { host: SafeText, cause: DnsCause }
    enum DnsCause = DnsCauseModel {
        NoSuchName,
        NoAddress,
        TryAgain,
        NoAnswer,
        Local(limit: LocalLimit),
        Other(said: SafeText),
    }

    enum IoCause = IoCauseModel {
        Refused,
        Reset,
        EndedEarly,
        NoRouteToHost,
        NoRouteToNetwork,
        NoAnswer,
        NetworkChanged,
        Suspended,
        Local(limit: LocalLimit),
        Other(said: SafeText),
    }

    enum LocalLimit = LocalLimitModel { Descriptors, SystemDescriptors, Memory, Ports, Forbidden }

    struct LostAddress = LostAddressModel {
        address: std::net::SocketAddr,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        cause: Option<IoCause>,
    }

    enum TcpFailure = TcpFailureModel {
        Addresses(tried: Vec<LostAddress>),
        Server { server: SafeText, cause: IoCause },
        OtherLoopback { refused: std::net::SocketAddr, listens: std::net::SocketAddr },
    }

    enum BrokenCause = BrokenCauseModel {
        Io(cause: IoCause),
        NoAnswerBeforeEnd,
        WantsTls,
        NotHttp(said: SafeText),
        Other(said: SafeText),
    }

    struct TlsFailure = TlsFailureModel {
        cause: TlsCause,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        issuer: Option<Issuer>,
    }

    enum TlsCause = TlsCauseModel {
        Certificate(fault: CertificateFault),
        NotTls,
        Refused(alert: TlsAlert),
        NothingInCommon(said: SafeText),
        EndedByServer,
        NotAHostName,
        Io(cause: IoCause),
        Unseen,
        Other(said: SafeText),
    }

    enum TlsAlert = TlsAlertModel {
        HandshakeFailure,
        ProtocolVersion,
        UnrecognisedName,
        CertificateRequired,
        Other(name: SafeText),
    }

    enum CertificateFault = CertificateFaultModel {
        Expired { on: Option<NaiveDate> },
        NotValidYet { from: Option<NaiveDate> },
        WrongHost { expected: SafeText, presented: Vec<SafeText> },
        UnknownIssuer,
        ChainIncomplete,
        CameAlone,
        SelfSigned,
        SelfSignedAuthority,
        Authority,
        Forged,
        Revoked,
        Other(said: SafeText),
    }

    struct ProxyFailure = ProxyFailureModel { proxy: SafeText, cause: ProxyCause }

    enum ProxyCause = ProxyCauseModel {
        Dns(cause: DnsCause),
        Unreachable(tried: Vec<LostAddress>),
        Io(cause: IoCause),
        EndedWithoutAnswer,
        NotHttp(fault: HeadFault),
        Answered { status: u16 },
        ServerNotReached {
            status: u16,
            said: SafeText,
        },
        SentData,
        Other(said: SafeText),
    }

    enum ProxyMistake = ProxyMistakeModel {
        Quoted,
        Space,
        PacEntry,
        FileAddress,
        NoColon,
        Scheme(scheme: SafeText),
        Socks,
        Backslash,
        Login,
        Port(port: SafeText),
        Other,
    }

    #[serde(tag = "kind")]
    enum DialFailure = DialFailureModel {
        Transport(transport: Transport),
        Timeout { phase: Phase, after: Nanos },
        BadHandshake(fault: HandshakeFault),
        Unusable { problem: SafeText },
        Identity { file: SafeText, fault: IdentityFault },
        Hidden(how: Hidden),
    }

    enum HeadFault = HeadFaultModel {
        NotHttp { begins: SafeText },
        Invalid,
        TooLong { limit_kib: u32 },
        TooManyHeaders { limit: u32 },
        TooManyInterim { limit: u32 },
    }

    enum HandshakeFault = HandshakeFaultModel {
        Head(fault: HeadFault),
        Version,
        NoUpgrade,
        NoConnection,
        NoAcceptKey,
        WrongAcceptKey,
        Twice { header: SafeText },
        UnofferedExtension { extension: SafeText },
        UnofferedSubprotocol { protocol: SafeText },
        NoSubprotocol { offered: SafeText },
        ConnectionGone,
    }

    struct Close = CloseModel { code: CloseCode, reason: CloseReason, was_clean: bool, cause: CloseCause }

    enum CloseCause = CloseCauseModel {
        PeerFrame,
        OwnFrame,
        EndOfStream,
        Io(cause: IoCause),
        Unanswered { after: Nanos },
        CutOnPurpose,
        NoPong {
            silent_for: Nanos,
            #[serde(skip_serializing_if = "Option::is_none", default)]
            was_heard: Option<bool>,
        },
        Protocol(fault: ProtocolFault),
        Announced(announced: Announcement),
        HeartbeatUnanswered { after: Nanos },
        ServerSilent { after: Nanos },
        TicketMissing,
        Profile { problem: SafeText },
        Unseen,
    }

    enum ProtocolFault = ProtocolFaultModel {
        TooLong { bytes: u64, limit: u64 },
        ReservedBits,
        Compressed,
        Http,
        ReservedOpcode(opcode: u8),
        Masked,
        ControlFrame,
        Fragments,
        NotUtf8,
        CloseFrame,
        CloseCode { code: CloseCode, reason: SafeText },
        EmptyFragments { limit: u32 },
        Other(said: SafeText),
    }
}

/// A product by its name; one that only a newer program knows is none.
#[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct KnownProduct(Option<SafeText>);

impl KnownProduct {
    const fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

impl Mirror for KnownProduct {
    type Model = Option<Product>;

    fn of(model: &Self::Model) -> Self {
        Self(model.map(|product| SafeText::new(product.into())))
    }

    fn model(self) -> Self::Model {
        self.0.and_then(|name| name.as_str().parse().ok())
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::of(&BodyModel::default())
    }
}

impl Default for SecretFault {
    fn default() -> Self {
        Self::of(&SecretFaultModel::default())
    }
}
