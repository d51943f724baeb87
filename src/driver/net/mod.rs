//! The network half of the driver: HTTP requests, dialling and the WebSocket upgrade (contract §1).
//!
//! Every future here is cancelled by dropping it: what it had opened is closed. Every wait has a limit of
//! the profile's. No error, report or log line holds a JWT, a ticket or a session id.

mod answer;
mod certificate;
mod connection;
mod cookies;
mod cors;
mod cors_heard;
mod dial;
mod encoding;
mod head;
mod http;
mod probe;
mod proxy;
mod race;
mod refusal;
mod resolve;
mod seen_secrets;
mod tls;
mod transport;
mod upgrade;
mod wire;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::http::header::SET_COOKIE;
use ::http::{HeaderMap, HeaderValue};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use url::Url;

pub use self::certificate::Certificate;
pub use self::connection::Connection;
use self::cookies::CookieJar;
pub use self::cors::BrowserView;
use self::cors_heard::CorsHeard;
pub use self::probe::{AddressTry, HealthAnswer, Target, TlsSeen};
use self::proxy::Proxy;
use self::seen_secrets::SeenSecrets;
use self::tls::CertVerifier;
pub use self::wire::WireFaults;
use crate::faults::Fault;
use crate::model::failure::{SetupCause, SetupFailure};
use crate::model::{ClockOffset, DriverEvent, Phase, Profile, Redactor, SafeText};

/// The client's access to the network for one profile. Cheap to clone.
#[derive(Clone)]
pub struct Net(Arc<Inner>, Arc<[Fault]>);

struct Inner {
    profile: Profile,
    http: reqwest::Client,
    http_proxy: Option<Proxy>,
    socket_proxy: Option<Proxy>,
    tls: TlsConnector,
    verifier: Option<CertVerifier>,
    clock: Mutex<Clocks>,
    seen_secrets: Mutex<SeenSecrets>,
    /// `None`: the profile wants none to be kept.
    cookies: Option<Mutex<CookieJar>>,
    cors: CorsHeard,
}

/// What the dates of answers tell.
#[derive(Default)]
struct Clocks {
    newest: Option<ClockOffset>,
    /// What somebody has been told last.
    told: Option<ClockOffset>,
}

/// Why a profile cannot be connected with at all on this computer.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// A file of `tls.extra_roots` cannot be used.
    #[error("{file}: {problem}")]
    Root {
        /// The file, as the profile spells it.
        file: String,
        /// What is wrong with it, where, and what was expected.
        problem: String,
    },
    /// The platform's root certificates cannot be used.
    #[error(
        "this computer's root certificates cannot be loaded ({0}); install them (Debian: ca-certificates) or name your \
         own in the profile's tls.extra_roots"
    )]
    PlatformRoots(rustls::Error),
    /// The environment asks for a proxy of a kind that is not supported.
    #[error(
        "the environment asks for the proxy {0}, but only http:// proxies are supported; change the proxy variables or \
         name the host in NO_PROXY"
    )]
    Proxy(String),
    /// TLS or HTTP cannot be set up; a fault of the program's.
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
}

impl NetError {
    /// What ends an attempt because of it.
    pub fn failure(&self) -> SetupFailure {
        let cause = match self {
            Self::Root { .. } => SetupCause::RootFile,
            Self::PlatformRoots(_) => SetupCause::PlatformRoots,
            Self::Proxy(_) => SetupCause::Proxy,
            Self::Setup(_) => SetupCause::Other,
        };
        SetupFailure { cause, said: SafeText::new(&self.to_string()) }
    }
}

impl Net {
    /// Prepares connecting with `profile`, by way of the proxies that the environment names.
    ///
    /// It reads certificates and prepares cryptography, which takes some 50 ms: call it off the async threads.
    ///
    /// # Errors
    /// See [`NetError`].
    pub fn new(profile: &Profile) -> Result<Self, NetError> {
        Self::with_proxies(profile, &Matcher::from_system())
    }

    /// As [`Net::new`], by way of the proxies that `proxies` names. Loopback is never proxied.
    ///
    /// # Errors
    /// See [`NetError`].
    pub fn with_proxies(profile: &Profile, proxies: &Matcher) -> Result<Self, NetError> {
        let (config, verifier) = tls::client_config(profile)?;
        let http_proxy = Proxy::between(profile.api.url(), proxies)?;
        let socket_proxy = Proxy::between(profile.websocket.url(), proxies)?;
        let http = http::client(config.clone(), http_proxy.as_ref(), &profile.timeouts)?;
        let tls = TlsConnector::from(Arc::new(config));
        let (profile, clock, seen_secrets) = (profile.clone(), Mutex::default(), Mutex::default());
        let cookies = profile.http.cookies.then(Mutex::default);
        let cors = CorsHeard::default();
        let inner =
            Inner { profile, http, http_proxy, socket_proxy, tls, verifier, clock, seen_secrets, cookies, cors };
        Ok(Self(Arc::new(inner), Arc::default()))
    }

    /// How far this computer's clock is ahead of the server's by its newest answer, if that is news.
    pub fn take_clock_offset(&self) -> Option<ClockOffset> {
        let mut clocks = self.0.clock.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = clocks.newest.take()?;
        if clocks.told.is_some_and(|told| told.agrees_with(&newest)) {
            return None;
        }
        clocks.told = Some(newest);
        Some(newest)
    }

    fn hear_clock(&self, offset: Option<ClockOffset>) {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner).newest = offset;
    }

    /// Hides what a server or proxy may repeat whatever it is asked: the proxies' passwords, and the secrets that
    /// came so far.
    pub fn secrets(&self) -> Redactor {
        let Inner { http_proxy, socket_proxy, .. } = &*self.0;
        let passwords = [http_proxy, socket_proxy].into_iter().flatten().filter_map(Proxy::authorization);
        let secrets = passwords.fold(Redactor::default(), Redactor::hiding_authorization);
        self.seen_secrets().hide(secrets)
    }

    /// Keeps the cookies in `headers` of an answer from `url`, and hides them in what else it says.
    fn take_cookies(&self, url: &Url, headers: &HeaderMap, secrets: &mut Redactor) {
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()) {
            *secrets = std::mem::take(secrets).hiding_cookie(cookie);
            self.seen_secrets().cookie(cookie);
            if let Some(jar) = &self.0.cookies {
                jar.lock().unwrap_or_else(PoisonError::into_inner).set(cookie, url, Instant::now());
            }
        }
    }

    /// The cookies for a request to `url`.
    fn cookie_header(&self, url: &Url) -> Option<HeaderValue> {
        let jar = self.0.cookies.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let mut header = HeaderValue::from_str(&jar.header(url, Instant::now())?).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    fn seen_secrets(&self) -> MutexGuard<'_, SeenSecrets> {
        self.0.seen_secrets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same access while `acting` act: on dialling here, on answers in the local server, which is told.
    pub fn with_faults(&self, acting: Vec<Fault>) -> Self {
        Self(Arc::clone(&self.0), acting.into())
    }

    fn has_fault(&self, fault: &Fault) -> bool {
        self.1.contains(fault)
    }

    /// The faults for the local server, which alone would obey them.
    fn fault_header(&self) -> Option<HeaderValue> {
        if self.1.is_empty() || !self.0.profile.is_local_demo() {
            return None;
        }
        let faults = serde_json::to_string(&*self.1).ok()?;
        HeaderValue::from_bytes(faults.as_bytes()).ok()
    }
}

/// How a part of an attempt went.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseReport {
    /// Which part.
    pub phase: Phase,
    /// How long it took; it ended now.
    pub took: Duration,
    /// Whether it succeeded.
    pub ok: bool,
    /// What is worth knowing: addresses, TLS version and issuer, or what went wrong.
    pub detail: SafeText,
    /// What was learnt beside, as a fact for the journal.
    pub observed: Option<DriverEvent>,
}

/// Where a [`PhaseReport`] goes as soon as the phase is over.
pub type Report<'a> = &'a mut (dyn FnMut(PhaseReport) + Send);

/// A phase that is going on.
struct Running {
    phase: Phase,
    since: Instant,
}

impl Running {
    fn begin(phase: Phase) -> Self {
        Self { phase, since: Instant::now() }
    }

    fn end(self, ok: bool, detail: &str, report: Report<'_>) {
        self.end_observing(ok, detail, None, report);
    }

    fn end_observing(self, ok: bool, detail: &str, observed: Option<DriverEvent>, report: Report<'_>) {
        let detail = SafeText::new(detail);
        report(PhaseReport { phase: self.phase, took: self.since.elapsed(), ok, detail, observed });
    }
}
