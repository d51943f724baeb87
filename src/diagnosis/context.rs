//! What is known when something fails, for the detectors to look at.

use std::time::Duration;

use chrono::{DateTime, Utc};
use url::Url;

use super::words::with;
use crate::model::failure::LastWord;
use crate::model::{
    Address, Claims, ClaimsError, ClockOffset, Component, Endpoints, Failure, GreetingFailure, Health, Issuer,
    PageKind, PathTemplate, Phase, Profile, SafeText, Service, Step, Template, is_loopback,
};

/// A JWT that was issued no longer ago than this is fresh.
const FRESH: Duration = Duration::from_secs(60);

/// What happens to a socket within this time of its opening is about the opening: a `NOT_AUTHORIZED` is about the ticket.
pub(super) const JUST_OPENED: Duration = Duration::from_secs(1);

/// The facts of the session that a failure is judged with.
pub(super) struct Context<'a> {
    /// When, by this computer's clock.
    pub time: DateTime<Utc>,
    /// What the health endpoint said last.
    pub health: Option<Health>,
    /// The status with which it was answered, whatever came.
    pub health_status: Option<u16>,
    /// What came instead.
    pub health_page: Option<PageKind>,
    /// The claims of the JWT in use.
    pub claims: Option<&'a Claims>,
    /// Why they cannot be read.
    pub claims_error: Option<ClaimsError>,
    /// Whether this session has been connected.
    pub was_connected: bool,
    /// Upgrades refused in a row, with this one.
    pub refusals: u32,
    /// How long the connection had been open.
    pub open_for: Duration,
    /// Whether that is known: a file may tell of an end without a time.
    pub is_end_timed: bool,
    /// Short connections in a row that ended as this one.
    pub repeats: u32,
    /// What took the longest since the ticket was asked for.
    pub slowest: Option<(Phase, Duration)>,
    /// What is connected to.
    pub profile: &'a Profile,
    /// The paths of token, ticket and socket.
    pub endpoints: &'a Endpoints,
    /// Where the API is.
    pub api: &'a Url,
    /// Where the socket is.
    pub socket: &'a Url,
    /// How long before this the JWT in use was issued to this client; `None` if it was stored before.
    pub jwt_age: Option<Duration>,
    /// How far this computer's clock is ahead of the server's.
    pub clock: Option<ClockOffset>,
    /// Who opens TLS on the way.
    pub interceptor: Option<&'a Issuer>,
    /// Whether a proxy that this computer was told of is on the way to the socket.
    pub is_proxied: bool,
    /// Whether it is known that nobody does: the certificate is one of the service's.
    pub is_certificate_its_own: bool,
    /// What the server answered well a moment ago.
    pub answered: Answered,
    /// Pongs on the connection that ended.
    pub pongs: u64,
    /// What the server said of it just before.
    pub last_word: Option<&'a LastWord>,
    /// Whether it is read from files of other programs: another client than ours decided what was sent.
    pub is_of_files: bool,
    /// The age of the ticket that was sent and how long it lives, if it was sent too late. Our own client never does that.
    pub late_ticket: Option<(Duration, Duration)>,
    /// What is known of the ticket that was sent.
    pub ticket: TicketKnown,
    /// Which of its characters an address carries only percent-encoded.
    pub ticket_characters: Option<&'a SafeText>,
    /// Whether a file begins with the end of this connection: whether it had been open does not show.
    pub is_begin_unseen: bool,
}

/// What is known of the ticket that was sent, and of what had to come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TicketKnown {
    /// It had just been given out.
    Fresh,
    /// It was given out before; when is not told.
    New,
    /// Neither the login nor the request for it is told of.
    Nothing,
}

/// Requests that were answered well, of those that come before others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Answered {
    /// The token request.
    pub token: bool,
    /// The ticket request.
    pub ticket: bool,
    /// The health endpoint.
    pub health: bool,
}

impl Answered {
    /// Them in words, `None` if there are none.
    pub fn in_words(self, but: RequestKind) -> Option<String> {
        let all = [
            (self.health, "health"),
            (self.token && but != RequestKind::Token, "token"),
            (self.ticket && but != RequestKind::Ticket, "ticket"),
        ];
        let names: Vec<_> = all.into_iter().filter(|(is_answered, _)| *is_answered).map(|(_, name)| name).collect();
        match &names[..] {
            [] => None,
            [one] => Some(format!("the {one} request was")),
            [first @ .., last] => Some(format!("{} and {last} requests were", first.join(", "))),
        }
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        u32::from(self.token) + u32::from(self.ticket) + u32::from(self.health)
    }
}

impl Context<'_> {
    /// How long the connection had been open, as a sentence to follow another; empty if that is not known.
    pub fn had_been_open(&self) -> String {
        let open_for = crate::model::DisplayDuration(self.open_for);
        if self.is_end_timed { format!(" It had been open for {open_for}.") } else { String::new() }
    }

    /// Whether somebody opens TLS on the way.
    pub fn is_intercepted(&self) -> bool {
        self.interceptor.is_some()
    }

    /// Whether `request` goes out over TLS.
    pub fn is_encrypted(&self, request: RequestKind) -> bool {
        matches!(self.address(request).0.scheme(), "https" | "wss")
    }

    /// Whether the API is asked without TLS by a way that others can answer on.
    pub fn is_in_the_clear(&self) -> bool {
        self.api.scheme() == "http" && !is_loopback(self.api)
    }

    /// Whether a page to log in to the network came instead of the server's health. Nobody on the way can answer what
    /// is encrypted: that page is the server's own.
    pub fn is_health_a_login(&self) -> bool {
        self.api.scheme() == "http" && self.health_page == Some(PageKind::Login)
    }

    /// The steps, if they are not the contract's.
    pub fn service(&self) -> Option<&Service> {
        self.profile.service.as_deref()
    }

    /// The address that `request` went to. Of the values in it only the names are shown: `wss://api.example/ws/<room>`.
    pub fn asked(&self, request: RequestKind) -> String {
        if let Some(service) = self.service() {
            let step = match request {
                RequestKind::Token => service.login.last(),
                RequestKind::Ticket => service.ticket.last(),
                RequestKind::Greeting => service.hello.iter().rev().find_map(|hello| hello.request.as_ref()),
                RequestKind::Upgrade => None,
            };
            let base = if request == RequestKind::Upgrade { self.socket } else { self.api };
            let below = |path: &str| format!("{}{path}", base.as_str().trim_end_matches('/'));
            let socket = &service.socket;
            let shown = |template: &Template| template.translated(str::to_owned, |name, _| format!("<{name}>"));
            let path = |path: &PathTemplate| shown(&path.0);
            return match (step.map(|step| &step.address), &socket.url, &socket.path) {
                (Some(Address::Path(at)), _, _) => below(&path(at)),
                (Some(Address::Url(url)), _, _) => shown(url),
                (None, Some(url), below) => format!("{}{}", shown(url), below.as_ref().map(path).unwrap_or_default()),
                (None, None, at) => below(&at.as_ref().map(path).unwrap_or_default()),
            };
        }
        let (base, path) = self.address(request);
        format!("{}{path}", base.as_str().trim_end_matches('/'))
    }

    /// The same without its query, as a `Location` is kept.
    pub fn asked_url(&self, request: RequestKind) -> Url {
        let (base, _) = self.address(request);
        let mut asked = Url::parse(&self.asked(request)).unwrap_or_else(|_| base.clone());
        asked.set_query(None);
        asked
    }

    /// The path at the end of the base address with which the endpoint's path begins again.
    pub fn repeated_path(&self, request: RequestKind) -> Option<String> {
        let base = self.address(request).0;
        let end = base.path().trim_end_matches('/');
        let asked = self.asked_url(request);
        let path = asked.path().strip_prefix(end).filter(|_| !end.is_empty() && asked.host() == base.host())?;
        (path == end || path.starts_with(&format!("{end}/"))).then(|| end.to_owned())
    }

    /// The base address of `request`, and the same without the [path](Self::repeated_path) at its end.
    pub fn without_repeated(&self, request: RequestKind) -> (String, String) {
        let base = self.address(request).0.as_str().trim_end_matches('/');
        let end = self.repeated_path(request).unwrap_or_default();
        (base.to_owned(), base.strip_suffix(&*end).unwrap_or(base).to_owned())
    }

    /// Whether two slashes follow each other in the path that was asked.
    pub fn has_empty_segment(&self, request: RequestKind) -> bool {
        self.asked_url(request).path().contains("//")
    }

    fn address(&self, request: RequestKind) -> (&Url, String) {
        match request {
            RequestKind::Token => (self.api, self.endpoints.token.path.to_string()),
            // The contract has no greeting.
            RequestKind::Ticket | RequestKind::Greeting => (self.api, self.endpoints.ticket.path.to_string()),
            RequestKind::Upgrade => (self.socket, self.endpoints.socket.path.to_string()),
        }
    }

    /// Whether socket and API are reached at the same host and port, so through the same gateway.
    pub fn is_same_gateway(&self) -> bool {
        let authority = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
        authority(self.api) == authority(self.socket)
    }

    /// What was answered through the same gateway where `request` was not, as a sentence behind others; empty if nothing
    /// was.
    pub fn only_this_fails(&self, request: RequestKind) -> String {
        match (self.answered.in_words(request).filter(|_| self.is_same_gateway()), request) {
            (Some(which), RequestKind::Upgrade) => {
                format!(" Only the upgrade fails: {which} answered through the same gateway.")
            }
            (Some(which), RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting) => {
                format!(" Not all requests fail: {which} answered through the same gateway.")
            }
            (None, _) => String::new(),
        }
    }

    /// Whether nobody but the service can have answered a request to `url`, unless the answer names somebody: it came
    /// over TLS that nobody opens, or stays on this computer.
    fn is_private(&self, url: &Url) -> bool {
        is_loopback(url) || matches!(url.scheme(), "https" | "wss") && !self.is_intercepted()
    }

    /// Whether somebody on the way can have answered `request`.
    pub fn is_open(&self, request: RequestKind) -> bool {
        !self.is_private(self.address(request).0)
    }

    /// Whether the API is asked over TLS that nobody opens.
    pub fn is_api_private(&self) -> bool {
        self.api.scheme() == "https" && !self.is_intercepted()
    }

    /// Whether other requests have just been answered as they should, now or in an attempt before: no network wants a login
    /// after that.
    pub fn has_let_in(&self) -> bool {
        self.answered.token || self.answered.ticket || self.is_jwt_fresh()
    }

    /// Whether what answered `request` is the service's side.
    pub fn is_of_service(&self, request: RequestKind) -> bool {
        match request {
            RequestKind::Upgrade => self.is_private(self.socket) || self.is_same_gateway() && self.answered.ticket,
            RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => {
                self.is_private(self.api) || self.answered.count() > 0
            }
        }
    }

    /// Whether nobody but the service, or this computer, can have answered an upgrade.
    pub fn is_of_service_alone(&self) -> bool {
        matches!(self.socket.scheme(), "https" | "wss") && !self.is_intercepted()
    }

    /// Whether it is known that nobody on the way can have answered `request`.
    pub fn is_end_to_end(&self, request: RequestKind) -> bool {
        self.is_encrypted(request) && self.is_certificate_its_own
    }

    /// Whether the JWT in use was issued a moment ago.
    pub fn is_jwt_fresh(&self) -> bool {
        self.jwt_age.is_some_and(|age| age <= FRESH)
    }

    /// The server's time.
    pub fn server_time(&self) -> DateTime<Utc> {
        let ahead = self.clock.map_or(0, |clock| clock.ahead_millis);
        self.time - chrono::TimeDelta::milliseconds(ahead)
    }

    /// Whether nothing has been answered well, and the health endpoint is refused as `refused` is: with the same status, of those
    /// that do not just say that there is nothing at a path or that a login is wanted.
    pub fn is_refused_everywhere(&self, refused: &Refused<'_>) -> bool {
        let status = refused.answer.status;
        let is_told = matches!(status, 403 | 406 | 429 | 451);
        is_told && self.answered.count() == 0 && self.health_status == Some(status)
    }

    /// What health says of Redis.
    pub fn redis(&self) -> Component {
        self.health.map_or(Component::Unknown, |health| health.redis)
    }
}

/// What was asked of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
pub(super) enum RequestKind {
    /// `POST /api/v1/auth/token`.
    #[strum(to_string = "token request")]
    Token,
    /// `GET /api/v1/ws-ticket`.
    #[strum(to_string = "ticket request")]
    Ticket,
    /// The upgrade to WebSocket.
    #[strum(to_string = "WebSocket request")]
    Upgrade,
    /// A request between two messages of a greeting.
    #[strum(to_string = "request within the greeting")]
    Greeting,
}

impl RequestKind {
    /// The request that failed with `failure`; `None` if none was made.
    pub fn of(failure: &Failure) -> Option<Self> {
        match failure {
            Failure::Token(_) => Some(Self::Token),
            Failure::Ticket(_) => Some(Self::Ticket),
            Failure::Greeting(GreetingFailure::Request { .. }) => Some(Self::Greeting),
            Failure::Dial(_) | Failure::UpgradeRefused(_) | Failure::Greeting(_) | Failure::Closed(_) => {
                Some(Self::Upgrade)
            }
            Failure::Setup(_) | Failure::TicketExpired { .. } => None,
        }
    }
}

/// An answer that refuses, and what was asked.
#[derive(Clone, Copy)]
pub(super) struct Refused<'a> {
    /// What was asked.
    pub request: RequestKind,
    /// What came.
    pub answer: &'a crate::model::Answer,
}

impl Refused<'_> {
    /// `title` with what was answered behind it.
    pub fn titled(&self, title: &str) -> String {
        match (self.request, self.answer.code()) {
            (RequestKind::Upgrade, None) if self.answer.version.is_seen() => {
                with(title, &format!("{} ({})", self.answer, self.answer.version))
            }
            (RequestKind::Token | RequestKind::Ticket | RequestKind::Upgrade | RequestKind::Greeting, _) => {
                with(title, &self.answer.to_string())
            }
        }
    }

    /// Whether the profile's request shows a credential of the scheme that the answer wants (RFC 9110 §11.6).
    pub fn shows_what_is_wanted(&self, service: &Service) -> bool {
        self.answer.challenge().is_some_and(|challenge| sends_scheme(service, self.request, challenge.scheme()))
    }

    /// Whether it is a page to log in.
    pub fn is_login_page(&self) -> bool {
        self.answer.body.page == Some(PageKind::Login)
    }
}

/// Whether a request of this kind shows a credential of this scheme in `Authorization` (RFC 9110 §11.4).
fn sends_scheme(service: &Service, request: RequestKind, scheme: &str) -> bool {
    let of_step = |step: &'_ Step| {
        let named = step.headers.iter().filter(|(name, _)| name.as_str().eq_ignore_ascii_case("authorization"));
        step.auth.iter().chain(named.map(|(_, value)| value)).any(|value| begins_with(value, scheme))
    };
    let mut in_greeting = service.hello.iter().filter_map(|hello| hello.request.as_ref());
    match request {
        RequestKind::Token => service.login.iter().any(of_step),
        RequestKind::Ticket => service.ticket.iter().any(of_step),
        RequestKind::Greeting => in_greeting.any(of_step),
        RequestKind::Upgrade => {
            let mut headers = service.socket.headers.iter();
            headers
                .any(|(name, value)| name.as_str().eq_ignore_ascii_case("authorization") && begins_with(value, scheme))
        }
    }
}

/// Whether a credential is of `scheme`; of one that is a value as a whole nobody knows it.
fn begins_with(credential: &Template, scheme: &str) -> bool {
    let beginning = credential.beginning();
    beginning.is_empty() || beginning.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case(scheme))
}
