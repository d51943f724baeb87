//! The stable names of all that can be found wrong.

/// The stable name of a finding, for search, statistics and scripts. What there is to say of it is declared in
/// `diagnosis::findings`, by subject.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    strum::Display,
    strum::EnumIter,
    strum::EnumMessage,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Code {
    /// Certificates or proxy settings of this computer do not fit the profile.
    UnusableProfile,
    /// The server's name has no address, or DNS fails.
    NameNotResolved,
    /// This computer is offline, or has no way to the server.
    NetworkDown,
    /// This computer lets the program open no more connections, or forbids this one.
    LocalLimit,
    /// Nothing listens at the server's address.
    ConnectionRefused,
    /// Packets get no answer: a firewall, or a server that is gone.
    PacketsLost,
    /// Each connection tries IPv6, fails or waits in vain, and goes by IPv4; a computer without IPv6 is none.
    Ipv6Broken,
    /// The proxy cannot be reached, wants a login, or does not let the connection through.
    ProxyRefused,
    /// A variable of this computer's should name a proxy, and does not: it is ignored.
    ProxyVariableIgnored,
    /// The network wants a login first.
    CaptivePortal,
    /// A company's proxy or a virus scanner opens TLS.
    TlsIntercepted,
    /// The certificate's issuer is not trusted, or the server signed it itself.
    CertificateNotTrusted,
    /// The certificate has expired or is not valid yet.
    CertificateOutOfDate,
    /// The certificate is another host's.
    CertificateForAnotherHost,
    /// TLS failed for another reason.
    TlsFailed,
    /// This computer's clock differs by more than 30 s.
    ClockWrong,
    /// The connection broke during a request.
    RequestBroken,
    /// A request got no answer in time.
    NoAnswer,
    /// What answers is another service.
    NotThisApi,
    /// 404: the profile's address or path is wrong.
    WrongPath,
    /// The answer sends the client elsewhere.
    Redirected,
    /// 429: too many requests, with whose limit and until when.
    RateLimited,
    /// 502, 504: the gateway answers, nothing behind it does.
    ServerBehindGatewayDown,
    /// 503 without more.
    ServiceUnavailable,
    /// 500 without more.
    ServerFailed,
    /// A status that the contract does not know.
    UnexpectedAnswer,
    /// The health endpoint says that a part is down.
    HealthDown,
    /// 401 to the token request.
    TokenRefused,
    /// The server refuses the JWT that it gives out.
    FreshJwtRefused,
    /// 403 or another refusal with a code of the API's that the contract does not know.
    RefusedByApi,
    /// The JWT has no sessionId.
    JwtWithoutSession,
    /// The Authorization header does not arrive.
    AuthorizationLost,
    /// 401 that a new JWT does not cure.
    JwtRefused,
    /// The JWT holds characters that no HTTP header can carry.
    JwtNotSendable,
    /// A secret that the profile needs has not been given.
    SecretMissing,
    /// A secret would go to a host that only an answer names.
    SecretForOtherHost,
    /// The sign-in in the browser was denied or refused.
    SignInRefused,
    /// The client's own certificate cannot be used.
    ClientCertificateUnusable,
    /// Nobody signed in in the browser in time.
    SignInUnanswered,
    /// An answer gives no value or address that the next step could use.
    UnusableAnswer,
    /// An answer with the status of a success says that it is a refusal.
    RefusedInside,
    /// An answer says in another unit than the profile how long a token or ticket lives.
    LifetimeUnit,
    /// The socket is open, and the service's greeting does not come.
    GreetingMissing,
    /// The server hangs up during the greeting.
    GreetingRefused,
    /// The server hangs up on a client that has said nothing: it may wait for a first message.
    SocketWaitsForMessage,
    /// The service says in a message that it does not go on.
    RefusedByMessage,
    /// The service's own heartbeat is not answered.
    HeartbeatUnanswered,
    /// The server gives out a ticket that has gone out before.
    TicketRepeated,
    /// A JWT or ticket that was refused is sent again.
    DeadCredentialResent,
    /// Three attempts in a row needed a new JWT.
    RefreshLoop,
    /// 503 REDIS_UNAVAILABLE.
    TicketStoreDown,
    /// 500 TICKET_GENERATION_FAILED: the API has to be restarted.
    TicketStoreLost,
    /// 503 since the API's start, and health tells that Redis is not the matter.
    TicketStoreMissingSinceStart,
    /// NOT_AUTHORIZED on a connection that had worked.
    TicketStoreFailedOnSocket,
    /// The ticket expired while dialling, with the phase that took longest.
    TicketExpired,
    /// NOT_AUTHORIZED right after opening.
    TicketRejected,
    /// 401 to the upgrade: origin or ticket store.
    FreshTicketRefused,
    /// ORIGIN_BLOCKED.
    OriginBlocked,
    /// 500 on the HTTP routes, as for an origin that is not on the list.
    OriginNotListed,
    /// A proxy or firewall refuses in the server's place.
    BlockedOnTheWay,
    /// The service's own side refuses the upgrade: its gateway, its framework or its program.
    UpgradeRefused,
    /// The CDN wants to know whether the client is a robot.
    BotChallenge,
    /// Basic authentication or the like stands before the service.
    LoginInFront,
    /// 431: the request's headers are too large.
    HeadersTooLarge,
    /// 405: the path takes another method.
    WrongMethod,
    /// Some requests fail, or refuse a JWT of their own, and others of the same kind do not.
    FailsSometimes,
    /// The server ends the connection when the JWT expires.
    EndsWithJwt,
    /// The server answers no ping, though it sends other things.
    PingsUnanswered,
    /// 101, but not a WebSocket server's.
    BadHandshake,
    /// BAD_SUBSCRIBE or INVALID_REQUEST.
    MessageRefused,
    /// 1001, 1012 or SERVER_SHUTDOWN.
    ServerRestarting,
    /// IDLE_TIMEOUT.
    IdleTimeout,
    /// No pong, or HEARTBEAT_TIMEOUT, or nothing from the beginning: the link is dead, or the server takes it for that.
    HalfOpenLink,
    /// 1006: no goodbye.
    ConnectionLost,
    /// A browser would not send a request or not show its answer: CORS, mixed content, local addresses.
    BlockedByBrowser,
    /// A connection on which nothing is sent is cut, which pings of ours hide: a browser sends none.
    IdleCut,
    /// More came than Ticketscope takes in, which a browser would have taken.
    OwnLimit,
    /// What came over the socket is not WebSocket.
    NotWebSocket,
    /// Any other close.
    ServerClosed,
    /// Four drops after the same time ± 10 %, and what usually has that limit.
    DropRhythm,
    /// The client comes back at once and its wait does not grow.
    ReconnectStorm,
    /// Three drops within five minutes; if the server says the same each time, its close is the finding.
    Flapping,
    /// A file tells that the socket closed and not why; another kind of file would.
    CloseUnseen,
    /// A file tells that a request or the socket failed and not why: browsers hide it.
    FailureUnseen,
    /// Ticketscope's own client crashed.
    ClientCrashed,
}

impl Code {
    /// What it stands for, in one line.
    pub fn summary(self) -> &'static str {
        strum::EnumMessage::get_documentation(&self).unwrap_or_default()
    }

    /// The ends of open connections.
    pub(super) const DROPS: &'static [Self] = &[
        Self::ConnectionLost,
        Self::ServerClosed,
        Self::IdleTimeout,
        Self::HalfOpenLink,
        Self::ServerRestarting,
        Self::NotWebSocket,
        Self::OwnLimit,
        Self::HeartbeatUnanswered,
        Self::SocketWaitsForMessage,
    ];
}
