//! One request as a file tells of it, before anybody knows what it was for.
//!
//! It holds what was sent and answered, secrets included, and is dropped before [`super::open`] returns.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use url::Url;
use zeroize::Zeroizing;

use super::browser_error::BrowserError;
use super::sighting::{MessageSeen, PhaseSeen, Time, later};
use crate::journal::Direction;
use crate::model::failure::LastWord;
use crate::model::{Close, Issuer, LostAddress, RequestHead, Unseen, is_harmless_request_header};

/// Requests kept of one file.
const MAX_EXCHANGES: usize = 20_000;
/// Bytes of bodies kept of one file, in all.
const MAX_BODIES: usize = 8 << 20;
/// Hosts that are counted.
const MAX_HOSTS: usize = 100;
/// Bytes of one body that are kept.
pub(super) const MAX_BODY: usize = 64 << 10;
/// Characters of a sent header's value that are kept.
const MAX_VALUE: usize = 256;

/// One request as a file tells of it.
#[derive(Debug)]
pub(super) struct Exchange {
    /// When it was sent.
    pub at: Option<Time>,
    /// How long it took.
    pub took: Option<Duration>,
    /// Its method; empty if the file does not tell.
    pub method: String,
    /// Where it went.
    pub url: Url,
    /// The origin of the page that sent it.
    pub origin: Option<String>,
    /// The value of `Authorization`; `None` if there was none or the file leaves it out.
    pub authorization: Option<Zeroizing<String>>,
    /// The subprotocols that were offered.
    pub protocols: Vec<Zeroizing<String>>,
    /// `Access-Control-Request-Headers` of a preflight; empty if it has none.
    pub asks_for: String,
    /// `Access-Control-Request-Method` of a preflight; empty if the file does not tell.
    pub asks_method: String,
    /// The headers that were sent, as far as they are kept.
    pub sent_headers: Vec<SentHeader>,
    /// Other private data that was sent: cookies, fields of the body.
    pub sent: Vec<Zeroizing<String>>,
    /// The status; `None` if there was no answer or the browser hides it.
    pub status: Option<u16>,
    /// The version that the answer claims.
    pub version: String,
    /// The answer's headers.
    pub headers: Vec<(String, Zeroizing<String>)>,
    /// The answer's body, if it is short and text.
    pub body: Option<Zeroizing<String>>,
    /// Why it failed.
    pub error: Option<BrowserError>,
    /// What shows that the browser's cache answered it.
    pub cached: Option<&'static str>,
    /// The parts of making the connection.
    pub phases: Vec<PhaseSeen>,
    /// What is known of it as a socket.
    pub socket: Option<RawSocket>,
}

/// What a file tells of a socket.
#[derive(Debug, Default)]
pub(super) struct RawSocket {
    /// When it was open, if the file tells.
    pub opened_at: Option<Time>,
    /// How it ended.
    pub end: RawEnd,
    /// The messages on it.
    pub messages: Vec<MessageSeen>,
    /// What the server said last.
    pub last_word: Option<LastWord>,
    /// Addresses that could not be connected to.
    pub lost: Vec<LostAddress>,
    /// The address that could.
    pub connected: Option<std::net::SocketAddr>,
    /// Who issued the certificate.
    pub issuer: Option<Issuer>,
    /// Secrets in its messages.
    pub secrets: Vec<Zeroizing<String>>,
    /// Who sent the first close frame and its length in bytes, where the file has no more of it.
    pub close_frame: Option<(Direction, u64)>,
    /// What the file cannot tell of it.
    pub unseen: Vec<Unseen>,
}

/// How a socket ended, as a file tells.
#[derive(Debug, Default)]
pub(super) enum RawEnd {
    /// It does not.
    #[default]
    Unseen,
    /// It ended.
    Closed {
        /// When.
        at: Option<Time>,
        /// How.
        close: Close,
        /// Whether the page itself ended it.
        is_by_page: bool,
    },
}

/// The requests of one file.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    /// Those that can be of use, in the file's order.
    pub kept: Vec<Exchange>,
    /// How many requests there were for each host.
    pub hosts: BTreeMap<String, u64>,
    /// The origins of the pages, latest last.
    pub pages: Vec<String>,
    /// When something is last known to have been sent, whatever it was.
    pub latest: Option<Time>,
    /// Requests that were left out for lack of room.
    pub dropped: u64,
    body_bytes: usize,
    /// Requests that are kept, by when and where they went.
    seen: HashSet<(Time, String)>,
}

impl Exchanges {
    /// Takes in a request.
    pub fn push(&mut self, mut exchange: Exchange) {
        // What a service worker fetches for its page is written down twice.
        let key = || format!("{} {} {:?}", exchange.method, exchange.url, exchange.status);
        if exchange.socket.is_none() && exchange.at.is_some_and(|at| !self.seen.insert((at, key()))) {
            return;
        }
        if let Some(body) = &exchange.body {
            self.body_bytes += body.len();
            if self.body_bytes > MAX_BODIES {
                exchange.body = None;
            }
        }
        if self.kept.len() < MAX_EXCHANGES {
            self.kept.push(exchange);
        } else {
            self.dropped += 1;
        }
    }

    /// Adds the requests that were never sent because their preflights were refused: in a file of what went over the network
    /// they are missing.
    pub fn add_stopped(&mut self) {
        let is_sent = |preflight: &&Exchange| {
            let is_of_it =
                |other: &Exchange| !other.is_preflight() && other.url == preflight.url && other.at >= preflight.at;
            self.kept.iter().any(is_of_it)
        };
        let refused = self.kept.iter().filter(|it| it.is_preflight() && !it.lets_through() && it.at.is_some());
        let stopped = refused.filter(|preflight| !is_sent(preflight)).map(|preflight| {
            let at = preflight.at.zip(preflight.took).and_then(|(at, took)| later(at, took)).or(preflight.at);
            let (origin, error) = (preflight.origin.clone(), Some(BrowserError::Untold));
            let method = Some(preflight.asks_method.clone()).filter(|method| !method.is_empty());
            let method = method.unwrap_or_else(|| "GET".to_owned());
            Exchange { at, origin, error, method, ..Exchange::to(preflight.url.clone()) }
        });
        let stopped: Vec<_> = stopped.collect();
        self.kept.extend(stopped);
    }

    /// How far the user's clock is ahead of the server's, in milliseconds, and how exact that is, if the answers to requests
    /// to `steps` say when they were given and the clocks differ. What a cache answers is older.
    pub fn ahead(&self, steps: &[&Url]) -> Option<(i64, Duration)> {
        const EXACT: Duration = Duration::from_secs(1);
        let is_theirs =
            |it: &&Exchange| steps.iter().any(|step| authority(step) == it.host() && step.path() == it.url.path());
        let is_new = |it: &&Exchange| it.cached.is_none() && it.header("age").is_none();
        let offset = |it: &Exchange| {
            let said = Time::from(httpdate::parse_http_date(it.header("date")?).ok()?);
            let (at, took) = (it.at?, it.took?);
            Some(((later(at, took)? - said).num_milliseconds(), EXACT + took))
        };
        let latest = self.kept.iter().filter(is_theirs).filter(is_new).filter_map(|it| Some((it.at, offset(it)?)));
        let (_, (ahead, within)) = latest.max_by_key(|(at, _)| *at)?;
        (ahead.unsigned_abs() > within.as_millis() as u64).then_some((ahead, within))
    }

    /// Counts a request to `url`.
    pub fn count(&mut self, url: &Url) {
        let Some(host) = url.host_str() else { return };
        if self.hosts.len() < MAX_HOSTS || self.hosts.contains_key(host) {
            *self.hosts.entry(host.to_owned()).or_default() += 1;
        }
    }
}

impl Exchange {
    /// A request to `url`; nothing else is known.
    pub fn to(url: Url) -> Self {
        Self {
            at: None,
            took: None,
            method: String::new(),
            url,
            origin: None,
            authorization: None,
            protocols: Vec::new(),
            asks_for: String::new(),
            asks_method: String::new(),
            sent_headers: Vec::new(),
            sent: Vec::new(),
            status: None,
            version: String::new(),
            headers: Vec::new(),
            body: None,
            error: None,
            cached: None,
            phases: Vec::new(),
            socket: None,
        }
    }

    /// The value of the answer's first header called `name`, which is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// Host and port, for people.
    pub fn host(&self) -> String {
        authority(&self.url)
    }

    /// The JSON of its body.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_str(self.body.as_ref()?).ok()
    }

    /// Whether it is what browsers send before a request to another origin (Fetch standard, "CORS-preflight request").
    pub fn is_preflight(&self) -> bool {
        self.method.eq_ignore_ascii_case("OPTIONS")
    }

    /// Whether, as a preflight, it was answered so that the request follows (Fetch standard, "CORS-preflight fetch").
    pub fn lets_through(&self) -> bool {
        let allowed = self.header("access-control-allow-origin");
        let is_allowed =
            allowed.is_some_and(|allowed| allowed == "*" || self.origin.as_deref().is_none_or(|it| it == allowed));
        self.is_success() && is_allowed && self.forbidden_header().is_none()
    }

    /// The first header that, as a preflight, it asks for in vain.
    pub fn forbidden_header(&self) -> Option<&str> {
        let allowed = self.header("access-control-allow-headers").unwrap_or_default();
        let is_allowed = |name: &&str| {
            let mut allowed = allowed.split(',').map(str::trim);
            // The star does not stand for this one.
            let is_any = !name.eq_ignore_ascii_case("authorization");
            allowed.any(|it| it.eq_ignore_ascii_case(name) || it == "*" && is_any)
        };
        self.asks_for.split(',').map(str::trim).find(|name| !name.is_empty() && !is_allowed(name))
    }

    /// Whether it is a socket by which a development server loads a changed page anew.
    pub fn is_of_tools(&self) -> bool {
        const PATHS: [&str; 6] = ["hmr", "sockjs-node", "ng-cli-ws", "browser-sync", "livereload", "/@vite"];
        let is_vite = |protocol: &Zeroizing<String>| protocol.starts_with("vite-");
        PATHS.iter().any(|part| self.url.path().contains(part)) || self.protocols.iter().any(is_vite)
    }

    /// Whether it was answered well.
    pub fn is_success(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// A header of a request.
#[derive(Clone, Debug)]
pub(super) struct SentHeader {
    /// Its name, in lower case.
    pub name: String,
    /// Its value if it is harmless; of `Authorization` the scheme.
    pub value: Option<Zeroizing<String>>,
}

impl SentHeader {
    /// What is kept of names and values. Pseudo-headers (RFC 9113 §8.3.1) are in the address.
    pub fn kept<'a>(headers: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Self> {
        let named = headers.filter(|(name, _)| !name.is_empty() && !name.starts_with(':'));
        let kept = named.take(RequestHead::MAX_FIELDS).map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            let value = match name.as_str() {
                AUTHORIZATION => auth_scheme(value),
                name => is_harmless_request_header(name).then_some(value),
            };
            Self { value: value.map(|value| Zeroizing::new(value.chars().take(MAX_VALUE).collect())), name }
        });
        kept.collect()
    }
}

/// The header of the credential.
pub(super) const AUTHORIZATION: &str = "authorization";

/// The scheme of an `Authorization`, if it is a registered or a usual one: another first word may be the secret.
fn auth_scheme(value: &str) -> Option<&str> {
    const SCHEMES: [&str; 12] = [
        "ApiKey",
        "AWS4-HMAC-SHA256",
        "Basic",
        "Bearer",
        "Digest",
        "DPoP",
        "HOBA",
        "Mutual",
        "Negotiate",
        "NTLM",
        "OAuth",
        "Token",
    ];
    let (scheme, _) = value.split_once(' ')?;
    SCHEMES.iter().any(|known| known.eq_ignore_ascii_case(scheme)).then_some(scheme)
}

/// Host and port of `url`.
pub(super) fn authority(url: &Url) -> String {
    let port = url.port_or_known_default().map_or_else(String::new, |port| format!(":{port}"));
    format!("{}{port}", url.host_str().unwrap_or_default())
}

/// `url` as the request went out: the one for a WebSocket is one of HTTP.
pub(super) fn http(url: &Url) -> Url {
    let mut http = url.clone();
    let scheme = match url.scheme() {
        "wss" => "https",
        "ws" => "http",
        other => other,
    };
    // Fails only for schemes that are none of these.
    let _ = http.set_scheme(scheme);
    http
}
