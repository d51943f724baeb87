//! Everything that can be found wrong, as data: one variant for each cause that somebody can fix.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::model::{ClockOffset, Close, Component, Fingerprint, Phase, SafeText};

/// What is wrong.
#[derive(Clone, Debug, PartialEq, strum::EnumDiscriminants)]
#[strum_discriminants(name(Code), derive(Hash, PartialOrd, Ord, strum::Display, strum::EnumIter, strum::IntoStaticStr))]
#[strum_discriminants(strum(serialize_all = "kebab-case"))]
#[strum_discriminants(doc = "The stable name of a [`Problem`], for search, statistics and scripts.")]
pub enum Problem {
    /// Nothing can be sent: certificates or proxy settings of this computer do not fit the profile.
    UnusableProfile {
        /// What does not fit.
        problem: SafeText,
    },
    /// The profile's host name has no address.
    NameNotResolved {
        /// The resolver's words.
        error: SafeText,
    },
    /// This computer has no way to the server's network.
    NetworkDown {
        /// The system's words.
        error: SafeText,
    },
    /// The server's computer answers, and nothing listens there.
    ConnectionRefused {
        /// The system's words.
        error: SafeText,
    },
    /// Packets to the server get no answer.
    PacketsLost {
        /// What was waited for, and for how long.
        error: SafeText,
    },
    /// Only IPv6 fails: IPv4 has to step in at each connection.
    Ipv6Broken {
        /// The address, and what it said.
        error: SafeText,
        /// Whether it says nothing at all, so that each connection waits for it.
        is_silent: bool,
    },
    /// The proxy does not let the connection through.
    ProxyRefused {
        /// The proxy, and its words.
        error: SafeText,
        /// What is the matter with it.
        why: ProxyTrouble,
    },
    /// A page to log in to the network stands in the way.
    CaptivePortal {
        /// What answered.
        answer: SafeText,
    },
    /// Something on the way opens TLS and reads along.
    TlsIntercepted {
        /// Who issued the certificate.
        issuer: SafeText,
        /// Whether this computer accepts it.
        accepted: bool,
    },
    /// The issuer of the certificate is not trusted.
    CertificateNotTrusted {
        /// The verifier's words.
        error: SafeText,
        /// Whether it is the server's own doing: it is self-signed, or no server's at all.
        is_servers: bool,
    },
    /// The certificate has expired or is not valid yet.
    CertificateOutOfDate {
        /// The verifier's words.
        error: SafeText,
    },
    /// The certificate is for another host.
    CertificateForAnotherHost {
        /// The verifier's words.
        error: SafeText,
    },
    /// TLS failed for another reason.
    TlsFailed {
        /// The library's words.
        error: SafeText,
    },
    /// This computer's clock is wrong.
    ClockWrong {
        /// By how much.
        offset: ClockOffset,
        /// What that does to the JWT.
        effect: ClockEffect,
    },

    /// A connection broke before the answer was there.
    RequestBroken {
        /// Which request.
        request: RequestKind,
        /// The system's words.
        error: SafeText,
    },
    /// The server took the request and does not answer it.
    NoAnswer {
        /// Which request.
        request: RequestKind,
        /// How long was waited.
        after: Duration,
    },
    /// What answers is another service, or a wrong address of the right one.
    NotThisApi {
        /// Which request.
        request: RequestKind,
        /// What was expected and what came.
        problem: SafeText,
    },
    /// There is nothing at the profile's path.
    WrongPath {
        /// Which request.
        request: RequestKind,
        /// The answer.
        answer: SafeText,
    },
    /// The answer sends the client elsewhere.
    Redirected {
        /// Which request.
        request: RequestKind,
        /// The answer.
        answer: SafeText,
    },
    /// Too many requests.
    RateLimited {
        /// Whose limit it is.
        limit: Limit,
        /// The answer.
        answer: SafeText,
        /// How long the server asks to wait, and until when that is.
        wait: Option<(Duration, DateTime<Utc>)>,
    },
    /// The gateway answers, and nothing does behind it.
    ServerBehindGatewayDown {
        /// The answer.
        answer: SafeText,
    },
    /// The API says that it cannot serve now.
    ServiceUnavailable {
        /// The answer.
        answer: SafeText,
    },
    /// The server failed inside.
    ServerFailed {
        /// Which request.
        request: RequestKind,
        /// The answer.
        answer: SafeText,
    },
    /// The contract does not know this answer.
    UnexpectedAnswer {
        /// Which request.
        request: RequestKind,
        /// The answer.
        answer: SafeText,
    },
    /// The health endpoint says that a part of the server is down.
    HealthDown {
        /// The server itself.
        server: Component,
        /// Its Redis.
        redis: Component,
    },

    /// The server gives this user no JWT.
    TokenRefused {
        /// The answer.
        answer: SafeText,
    },
    /// The server refuses a JWT that it has just given out.
    FreshJwtRefused {
        /// The answer.
        answer: SafeText,
        /// Whether that JWT has a `sessionId`, if it can be read.
        has_session: Option<bool>,
    },
    /// The API itself refuses, with a code that the contract does not know.
    RefusedByApi {
        /// Which request.
        request: RequestKind,
        /// The answer.
        answer: SafeText,
    },
    /// The JWT belongs to no session.
    JwtWithoutSession {
        /// The answer.
        answer: SafeText,
    },
    /// The Authorization header does not reach the server.
    AuthorizationLost {
        /// The answer.
        answer: SafeText,
    },
    /// The server refuses the JWT in a way that a new one does not cure.
    JwtRefused {
        /// The answer.
        answer: SafeText,
    },
    /// The server gives out a ticket that it had given out before.
    TicketRepeated {
        /// Which.
        ticket: Fingerprint,
        /// How often it has gone out.
        times: u32,
    },
    /// A credential that was refused is sent again, unchanged.
    DeadCredentialResent {
        /// Which.
        credential: Resent,
        /// How often it was refused.
        refusals: u32,
    },
    /// Each attempt needs a new JWT.
    RefreshLoop {
        /// Attempts in a row.
        attempts: u32,
    },

    /// Redis behind the API is down.
    TicketStoreDown {
        /// The answer.
        answer: SafeText,
    },
    /// The API lost Redis and will not find it again by itself.
    TicketStoreLost {
        /// The answer.
        answer: SafeText,
        /// What health says of Redis.
        redis: Component,
    },
    /// Redis was missing when the API started, which it does not get over.
    TicketStoreMissingSinceStart {
        /// The answer.
        answer: SafeText,
        /// What health says of Redis.
        redis: Component,
    },
    /// The ticket store failed while a socket was open.
    TicketStoreFailedOnSocket {
        /// How long it had been open.
        open_for: Duration,
    },
    /// The ticket expired while the connection was being made.
    TicketExpired {
        /// How old it was.
        age: Duration,
        /// How long it lived.
        lifetime: Duration,
        /// What took the longest since it was asked for.
        slowest: Option<(Phase, Duration)>,
    },
    /// The server did not accept the ticket.
    TicketRejected {
        /// The close.
        close: Close,
    },
    /// A fresh ticket is refused on the upgrade, which such a server does for several causes.
    FreshTicketRefused {
        /// The answer.
        answer: SafeText,
        /// Refusals in a row.
        times: u32,
        /// What is known to tell the causes apart.
        hint: UpgradeHint,
    },

    /// The server says that this origin is blocked.
    OriginBlocked {
        /// The close.
        close: Close,
    },
    /// The HTTP routes fail as they do for an origin that is not on the list.
    OriginNotListed {
        /// Which request.
        request: RequestKind,
        /// The answer.
        answer: SafeText,
        /// Whether health is well, which leaves no other cause.
        is_confirmed: bool,
    },

    /// Something in between answers in the server's place, and refuses.
    BlockedOnTheWay {
        /// Which request.
        request: RequestKind,
        /// The answer.
        answer: SafeText,
        /// Who answered, as far as the headers tell.
        by: Option<SafeText>,
    },
    /// The answer to the upgrade is not a WebSocket server's.
    BadHandshake {
        /// What is wrong with it.
        problem: SafeText,
    },
    /// The server sent a close for a message of the client's.
    MessageRefused {
        /// The close.
        close: Close,
    },
    /// The server is restarting.
    ServerRestarting {
        /// The close.
        close: Close,
        /// Short connections in a row that ended so, with this one.
        times: u32,
    },
    /// The server closed a connection on which the client sent nothing.
    IdleTimeout {
        /// The close.
        close: Close,
        /// How long it had been open.
        open_for: Duration,
        /// Short connections in a row that ended so, with this one.
        times: u32,
    },
    /// The link is dead while both ends believe it alive.
    HalfOpenLink {
        /// The close.
        close: Close,
    },
    /// The connection ended without a goodbye.
    ConnectionLost {
        /// The close.
        close: Close,
        /// How long it had been open.
        open_for: Duration,
    },
    /// What came over the socket is not WebSocket.
    NotWebSocket {
        /// The close.
        close: Close,
    },
    /// The server closed the connection.
    ServerClosed {
        /// The close.
        close: Close,
        /// Short connections in a row that ended so, with this one.
        times: u32,
    },

    /// Connections end after the same time, again and again.
    DropRhythm {
        /// The time.
        period: Duration,
        /// How often in a row.
        drops: u32,
        /// What usually has this period.
        typical: TypicalCause,
        /// How each of them ended, if they say it alike.
        close: Option<Close>,
    },
    /// The client comes back at once, again and again: its wait does not grow.
    ReconnectStorm {
        /// Connections that were dropped in a row.
        connections: u32,
        /// In this time.
        within: Duration,
        /// How each of them ended, if they say it alike.
        close: Option<Close>,
    },
    /// The connection opens and breaks, again and again.
    Flapping {
        /// How often.
        drops: u32,
        /// In this time.
        within: Duration,
        /// How each of them ended, if they say it alike.
        close: Option<Close>,
    },
    /// Ticketscope's own client crashed.
    ClientCrashed {
        /// What it said.
        message: SafeText,
    },
}

/// What was asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
pub enum RequestKind {
    /// `POST /api/v1/auth/token`.
    #[strum(to_string = "token request")]
    Token,
    /// `GET /api/v1/ws-ticket`.
    #[strum(to_string = "ticket request")]
    Ticket,
    /// The upgrade to WebSocket.
    #[strum(to_string = "WebSocket request")]
    Upgrade,
}

/// What is the matter with a proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyTrouble {
    /// Nothing answers there.
    Unreachable,
    /// It wants a name and a password (RFC 9110 §15.5.8).
    WantsLogin,
    /// It answers, and does not let the connection through.
    Refuses,
}

/// Whose limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The API's own (contract §6).
    Api,
    /// That of something before it.
    Gateway,
}

/// What was sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resent {
    /// A JWT.
    Jwt(Fingerprint),
    /// A ticket.
    Ticket(Fingerprint),
}

/// What is known when a fresh ticket is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpgradeHint {
    /// Nothing more.
    None,
    /// This origin was connected before in this session.
    OriginWorked,
    /// Health says that Redis works.
    RedisUp,
    /// Health says that Redis does not work.
    RedisDown,
}

/// What a wrong clock does to the JWT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockEffect {
    /// Nothing is known of a JWT.
    Unknown,
    /// By this computer's clock it is valid, as it is by the server's.
    None,
    /// By this computer's clock it has expired, by the server's it has not.
    SeemsExpired,
    /// By the server's clock it has expired, by this computer's it has not.
    SeemsValid,
    /// By this computer's clock it was issued in the future.
    SeemsFromTheFuture,
}

/// What usually ends connections after a certain time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypicalCause {
    /// 60 s: a reverse proxy's limit for a connection on which nothing is sent.
    ProxyIdle,
    /// 100 s: a CDN's.
    Cdn,
    /// 900 s: this API's `IDLE_TIMEOUT`.
    ApiIdle,
    /// 1 h: a load balancer's longest life of a connection.
    Balancer,
    /// Another time.
    Unknown,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the connection works.
    Notice,
    /// The connection is disturbed, and comes back by itself once the cause is gone.
    Warning,
    /// There is no connection until somebody fixes the cause.
    Error,
}

/// Who can fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Whoever sits at the computer.
    #[strum(to_string = "the user")]
    User,
    /// The IT department of the user's company or network.
    #[strum(to_string = "the user's IT")]
    UserIt,
    /// Whoever runs the server.
    #[strum(to_string = "operations")]
    Operations,
    /// Whoever writes the server and its clients.
    #[strum(to_string = "the developers")]
    Developers,
    /// Whoever wrote the profile.
    #[strum(to_string = "whoever wrote the profile")]
    ProfileAuthor,
    /// It passes by itself.
    #[strum(to_string = "nobody")]
    Nobody,
}

/// So often in a row means more than once.
pub(super) const AGAIN_AND_AGAIN: u32 = 3;

impl Owner {
    /// Who can fix it, as a sentence without its full stop.
    pub fn sentence(self) -> String {
        match self {
            Self::Nobody => "it passes by itself".to_owned(),
            Self::User | Self::UserIt | Self::Operations | Self::Developers | Self::ProfileAuthor => {
                format!("{self} can fix it")
            }
        }
    }
}
