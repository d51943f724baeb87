//! From what ended an attempt or a connection to the problem that it shows (contract §2, §6).

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use super::issuers;
use super::problem::{Limit, Problem, ProxyTrouble, RequestKind, UpgradeHint};
use crate::model::{
    Claims, Close, CloseCause, Component, DialFailure, Failure, Health, Issuer, Phase, Refusal, RequestFailure,
    RequestFailureKind, SafeText, Transport, WebPage, is_loopback,
};

/// A `NOT_AUTHORIZED` within this time of the opening is about the ticket.
const JUST_OPENED: Duration = Duration::from_secs(1);

/// Names that forward proxies and firewalls of companies give themselves in the header `Server`.
const PROXIES: [&str; 10] = [
    "squid",
    "bluecoat",
    "zscaler",
    "mcafee",
    "fortigate",
    "fortiproxy",
    "sophos",
    "netskope",
    "privoxy",
    "web gateway",
];

/// What else is known when something fails.
pub(super) struct Context<'a> {
    /// When, by this computer's clock.
    pub time: DateTime<Utc>,
    /// What the health endpoint said last.
    pub health: Option<Health>,
    /// What came instead.
    pub health_page: Option<WebPage>,
    /// The claims of the JWT in use.
    pub claims: Option<&'a Claims>,
    /// Whether this session has been connected.
    pub was_connected: bool,
    /// Upgrades refused in a row, with this one.
    pub refusals: u32,
    /// How long the connection had been open.
    pub open_for: Duration,
    /// Short connections in a row that ended as this one.
    pub repeats: u32,
    /// What took the longest since the ticket was asked for.
    pub slowest: Option<(Phase, Duration)>,
    /// Where the API is.
    pub api: &'a Url,
}

impl Context<'_> {
    /// Whether the API is asked without TLS by a way that others can answer on.
    fn is_in_the_clear(&self) -> bool {
        self.api.scheme() == "http" && !is_loopback(self.api)
    }

    /// Whether a page to log in to the network came instead of the server's health. Nobody on the way can answer what is
    /// encrypted: that page is the server's own.
    fn is_health_a_login(&self) -> bool {
        self.api.scheme() == "http" && self.health_page == Some(WebPage::Login)
    }

    fn redis(&self) -> Component {
        self.health.map_or(Component::Unknown, |health| health.redis)
    }

    /// The problem that `failure` shows.
    pub fn problem(&self, failure: &Failure) -> Problem {
        match failure {
            Failure::Setup(problem) => Problem::UnusableProfile { problem: problem.clone() },
            Failure::Token(request) => self.request(RequestKind::Token, request),
            Failure::Ticket(request) => self.request(RequestKind::Ticket, request),
            Failure::TicketExpired { age, lifetime } => {
                Problem::TicketExpired { age: *age, lifetime: *lifetime, slowest: self.slowest }
            }
            Failure::Dial(failure) => dial(failure),
            Failure::UpgradeRefused(refusal) => self.refusal(refusal),
            Failure::Closed(close) => self.close(close),
        }
    }

    fn request(&self, asked: RequestKind, request: &RequestFailure) -> Problem {
        match &request.kind {
            RequestFailureKind::Status { status, code, retry_after, excerpt } => {
                let answer = SafeText::new(&request.to_string());
                let code = code.as_ref().map(SafeText::as_str);
                let is_login = excerpt.as_ref().is_some_and(|text| is_login_page(text) || self.leads_to_login(text));
                let by = excerpt.as_ref().filter(|page| *status >= 400 && page.as_str().contains('<')).and_then(proxy);
                if let Some(name) = by.filter(|_| *status != 407) {
                    let by = Some(SafeText::new(&format!("A proxy ({name})")));
                    return Problem::BlockedOnTheWay { request: asked, answer, by };
                }
                self.status(asked, *status, code, answer, *retry_after, is_login)
            }
            RequestFailureKind::Malformed { problem } => {
                let is_page = problem.as_str().contains("text/html");
                if is_page && (self.is_in_the_clear() || is_login_page(problem)) {
                    return Problem::CaptivePortal { answer: problem.clone() };
                }
                Problem::NotThisApi { request: asked, problem: problem.clone() }
            }
            RequestFailureKind::Timeout { after } => Problem::NoAnswer { request: asked, after: *after },
            RequestFailureKind::Transport(Transport::Broken(error)) if error.as_str().contains("not HTTP") => {
                Problem::NotThisApi { request: asked, problem: error.clone() }
            }
            RequestFailureKind::Transport(error) => transport(asked, error),
        }
    }

    fn refusal(&self, refusal: &Refusal) -> Problem {
        let answer = SafeText::new(&refusal.to_string());
        if let Some(by) = intermediary(refusal) {
            return Problem::BlockedOnTheWay { request: RequestKind::Upgrade, answer, by: Some(by) };
        }
        let code = code_in(&refusal.excerpt);
        let answer = code.map_or(answer, |code| SafeText::new(&format!("{} {code}", refusal.status)));
        let is_login = is_login_page(&refusal.excerpt);
        self.status(RequestKind::Upgrade, refusal.status, code, answer, refusal.retry_after, is_login)
    }

    /// Whether `text` begins with where a redirect leads, and that is a page to log in, on another server. Nobody on the
    /// way can redirect what is encrypted.
    fn leads_to_login(&self, text: &SafeText) -> bool {
        let target = text.as_str().strip_prefix("location: ").and_then(|text| text.split(' ').next());
        let target = target.and_then(|target| Url::parse(target).ok());
        target.is_some_and(|target| {
            self.api.scheme() == "http"
                && target.host() != self.api.host()
                && WebPage::titled(target.as_str()) == WebPage::Login
        })
    }

    fn status(
        &self,
        asked: RequestKind,
        status: u16,
        code: Option<&str>,
        answer: SafeText,
        retry_after: Option<Duration>,
        is_login_page: bool,
    ) -> Problem {
        let redis = self.redis();
        match (status, code) {
            (511, _) => Problem::CaptivePortal { answer },
            (300..=399, _) if is_login_page || self.is_health_a_login() || self.is_in_the_clear() => {
                Problem::CaptivePortal { answer }
            }
            (300..=399, _) => Problem::Redirected { request: asked, answer },
            (407, _) => proxy_refused(answer),
            (429, _) => {
                let limit = if code == Some("RATE_LIMIT_EXCEEDED") { Limit::Api } else { Limit::Gateway };
                Problem::RateLimited { limit, answer, wait: retry_after.map(|wait| (wait, self.time + wait)) }
            }
            (404, _) => Problem::WrongPath { request: asked, answer },
            (200..=499, None) if is_login_page => Problem::CaptivePortal { answer },
            (401, _) if asked == RequestKind::Upgrade => Problem::FreshTicketRefused {
                answer,
                times: self.refusals,
                hint: match redis {
                    Component::Down | Component::Missing => UpgradeHint::RedisDown,
                    Component::Unknown | Component::Up if self.was_connected => UpgradeHint::OriginWorked,
                    Component::Up => UpgradeHint::RedisUp,
                    Component::Unknown => UpgradeHint::None,
                },
            },
            (401, _) if asked == RequestKind::Token => Problem::TokenRefused { answer },
            (401, Some("INVALID_TOKEN")) => {
                let has_session = self.claims.map(|claims| claims.session_id.is_some());
                Problem::FreshJwtRefused { answer, has_session }
            }
            (401, Some("MISSING_SESSION")) => Problem::JwtWithoutSession { answer },
            (401, Some("MISSING_AUTH")) => Problem::AuthorizationLost { answer },
            (401, _) => Problem::JwtRefused { answer },
            (403 | 451, Some(_)) => Problem::RefusedByApi { request: asked, answer },
            (403 | 451, None) => Problem::BlockedOnTheWay { request: asked, answer, by: None },
            (400..=499, Some(_)) if asked == RequestKind::Upgrade => Problem::RefusedByApi { request: asked, answer },
            (200..=499, _) if asked == RequestKind::Upgrade => {
                Problem::BlockedOnTheWay { request: asked, answer, by: None }
            }
            (503, Some("REDIS_UNAVAILABLE")) => match redis {
                Component::Up | Component::Missing => Problem::TicketStoreMissingSinceStart { answer, redis },
                Component::Down | Component::Unknown => Problem::TicketStoreDown { answer },
            },
            (500, Some("TICKET_GENERATION_FAILED")) => Problem::TicketStoreLost { answer, redis },
            (500, Some("INTERNAL_ERROR")) => match self.health.map(Health::is_well) {
                Some(true) => Problem::OriginNotListed { request: asked, answer, is_confirmed: true },
                None => Problem::OriginNotListed { request: asked, answer, is_confirmed: false },
                Some(false) => Problem::ServerFailed { request: asked, answer },
            },
            (503, _) if asked != RequestKind::Upgrade => Problem::ServiceUnavailable { answer },
            (502..=504 | 520..=599, _) => Problem::ServerBehindGatewayDown { answer },
            (501, _) if asked == RequestKind::Upgrade => Problem::BlockedOnTheWay { request: asked, answer, by: None },
            (500.., _) => Problem::ServerFailed { request: asked, answer },
            (_, _) => Problem::UnexpectedAnswer { request: asked, answer },
        }
    }

    fn close(&self, close: &Close) -> Problem {
        let (open_for, times, close) = (self.open_for, self.repeats.max(1), close.clone());
        match (&close.cause, close.reason.as_str()) {
            (CloseCause::NoPong { .. }, _) => Problem::HalfOpenLink { close },
            (CloseCause::EndOfStream | CloseCause::Io(_), _) => Problem::ConnectionLost { close, open_for },
            (CloseCause::Protocol(_), _) => Problem::NotWebSocket { close },
            (CloseCause::PeerFrame | CloseCause::OwnFrame, reason) => match (reason, close.code.0) {
                ("NOT_AUTHORIZED", _) if open_for >= JUST_OPENED => Problem::TicketStoreFailedOnSocket { open_for },
                ("NOT_AUTHORIZED", _) => Problem::TicketRejected { close },
                ("ORIGIN_BLOCKED", _) => Problem::OriginBlocked { close },
                ("BAD_SUBSCRIBE" | "INVALID_REQUEST", _) => Problem::MessageRefused { close },
                ("IDLE_TIMEOUT", _) => Problem::IdleTimeout { close, open_for, times },
                ("HEARTBEAT_TIMEOUT", _) => Problem::HalfOpenLink { close },
                ("SERVER_SHUTDOWN", _) | (_, 1001 | 1012) => Problem::ServerRestarting { close, times },
                (_, _) => Problem::ServerClosed { close, times },
            },
        }
    }
}

fn dial(failure: &DialFailure) -> Problem {
    let late = |phase: Phase, after: Duration| SafeText::new(&DialFailure::Timeout { phase, after }.to_string());
    match failure {
        DialFailure::Transport(error) => transport(RequestKind::Upgrade, error),
        DialFailure::Timeout { phase, after } => match phase {
            Phase::Dns => Problem::NameNotResolved { error: late(*phase, *after) },
            Phase::Tcp | Phase::Tls => Problem::PacketsLost { error: late(*phase, *after) },
            Phase::Proxy => proxy_refused(late(*phase, *after)),
            Phase::Upgrade | Phase::Keychain | Phase::Token | Phase::Ticket => {
                Problem::NoAnswer { request: RequestKind::Upgrade, after: *after }
            }
        },
        DialFailure::BadHandshake { problem } => Problem::BadHandshake { problem: problem.clone() },
    }
}

/// What is the matter with a proxy, by the driver's words.
fn proxy_refused(error: SafeText) -> Problem {
    let says = |words: &str| error.as_str().contains(words);
    // Not a part of a port.
    let why = if error.as_str().split(' ').any(|word| word == "407") {
        ProxyTrouble::WantsLogin
    } else if ["connection refused", "no route", "no TCP connection", "resolved"].into_iter().any(says) {
        ProxyTrouble::Unreachable
    } else {
        ProxyTrouble::Refuses
    };
    Problem::ProxyRefused { error, why }
}

/// The driver's words tell the errors of one layer apart.
fn transport(asked: RequestKind, failure: &Transport) -> Problem {
    match failure {
        Transport::Dns(error) => Problem::NameNotResolved { error: error.clone() },
        Transport::Tcp(error) => {
            let (says, error) = (|words: &str| error.as_str().contains(words), error.clone());
            if says("refused") {
                Problem::ConnectionRefused { error }
            } else if says("no route") && !says("no answer") {
                Problem::NetworkDown { error }
            } else {
                Problem::PacketsLost { error }
            }
        }
        Transport::Tls(error) => {
            let (says, error) = (|words: &str| error.as_str().contains(words), error.clone());
            if let Some(issuer) = interceptor(&error) {
                Problem::TlsIntercepted { issuer, accepted: false }
            } else if says("has expired") || says("not valid before") || says("not valid yet") {
                Problem::CertificateOutOfDate { error }
            } else if says("for another host") {
                Problem::CertificateForAnotherHost { error }
            } else if says("self-signed") || says("an authority's") || says("not signed by") {
                Problem::CertificateNotTrusted { error, is_servers: true }
            } else if says("issuer is not trusted") || says("not accepted") || says("revoked") {
                Problem::CertificateNotTrusted { error, is_servers: false }
            } else {
                Problem::TlsFailed { error }
            }
        }
        Transport::Proxy(error) => proxy_refused(error.clone()),
        Transport::Broken(error) => Problem::RequestBroken { request: asked, error: error.clone() },
    }
}

fn is_login_page(text: &SafeText) -> bool {
    let text = text.as_str().to_lowercase();
    text.contains("html") && WebPage::titled(&text) == WebPage::Login
        || text.contains("network authentication required")
}

/// The first `"code"` of the JSON that `excerpt` is the beginning of.
fn code_in(excerpt: &SafeText) -> Option<&str> {
    let (_, rest) = excerpt.as_str().strip_prefix('{')?.split_once("\"code\"")?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    value.split_once('"').map(|(code, _)| code)
}

/// Who refused the upgrade in the server's place, as its answer gives itself away: servers of WebSockets speak
/// HTTP/1.1 (RFC 6455 §4.2.2).
fn intermediary(refusal: &Refusal) -> Option<SafeText> {
    let server = refusal.headers.iter().find(|(name, _)| name.as_str() == "server").map(|(_, value)| value);
    if let Some(server) = server.filter(|server| proxy(server).is_some()) {
        return Some(SafeText::new(&format!("A proxy ({server})")));
    }
    let is_old = refusal.version.as_str() == "HTTP/1.0" && matches!(refusal.status, 400 | 403 | 500..=599);
    is_old.then(|| SafeText::new("A proxy that speaks HTTP/1.0"))
}

/// The proxy that `text` names.
fn proxy(text: &SafeText) -> Option<&'static str> {
    let text = text.as_str().to_lowercase();
    PROXIES.into_iter().find(|proxy| text.contains(proxy))
}

/// The issuer that the error of TLS names, if it makes things that open TLS.
fn interceptor(error: &SafeText) -> Option<SafeText> {
    let error = error.as_str();
    let (_, named) = error.split_once("issuer is not trusted: ").or(error.split_once("self-signed: "))?;
    let name = SafeText::new(named.split(';').next()?);
    issuers::is_interceptor(&Issuer { name: name.clone(), organization: None }).then_some(name)
}
