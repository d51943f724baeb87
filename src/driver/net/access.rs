//! The access to the network: what a profile's requests and connections share.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use url::Url;

use super::cookies::CookieJar;
use super::cors_heard::CorsHeard;
use super::environment::{self, UselessVariable};
use super::error::NetError;
use super::identity::Identity;
use super::proxy::Proxy;
use super::tls::CertVerifier;
use super::{client, tls};
use crate::model::{ClockOffset, Profile, Redactor, SafeText, SiteRule};

/// The client's access to the network for one profile, and a header for every request, if there is to be one. Cheap to clone.
#[derive(Clone)]
pub struct Net(
    pub(super) Arc<Inner>,
    pub(super) Option<(HeaderName, HeaderValue)>,
    /// Where the socket is, if that is not where the profile says.
    pub(super) Option<Arc<OtherSocket>>,
);

/// A server that an answer names for the socket.
pub(super) struct OtherSocket {
    pub url: Url,
    pub proxy: Option<Proxy>,
}

/// What all requests and connections share.
pub(super) struct Inner {
    pub profile: Profile,
    proxies: Arc<Matcher>,
    pub http: reqwest::Client,
    pub http_proxy: Option<Proxy>,
    pub socket_proxy: Option<Proxy>,
    pub tls: TlsConnector,
    pub verifier: Option<CertVerifier>,
    /// The client's own certificate, if a password opens it.
    pub identity: Option<Arc<Identity>>,
    clock: Mutex<Clocks>,
    cache_hit: Mutex<Option<CacheHit>>,
    seen_secrets: Redactor,
    /// `None`: the profile wants none to be kept.
    cookies: Option<Mutex<CookieJar>>,
    pub cors: CorsHeard,
    useless_variables: Vec<UselessVariable>,
    /// Hosts, with their ports, from which an answer of HTTP has come.
    pub answered: Mutex<BTreeSet<String>>,
}

/// The age of an answer that a cache gave, if it says so, and the header that tells of the cache.
pub(super) type CacheHit = (Option<Duration>, SafeText);

/// What the dates of answers tell.
#[derive(Default)]
struct Clocks {
    newest: Option<ClockOffset>,
    /// What somebody has been told last.
    told: Option<ClockOffset>,
}

impl Net {
    /// Prepares connecting with `profile`, by way of the proxies that the environment names.
    ///
    /// It reads certificates and prepares cryptography, which takes some 50 ms: call it off the async threads.
    ///
    /// # Errors
    /// See [`NetError`].
    pub fn new(profile: &Profile) -> Result<Self, NetError> {
        let targets = [profile.api.url(), profile.websocket.url()];
        let (proxies, useless) = environment::proxies(targets);
        let with_variable = |proxy: String| match targets.iter().find_map(|url| environment::variable_for(url)) {
            Some(variable) => format!("{proxy} ({variable})"),
            None => proxy,
        };
        let named = |error| match error {
            NetError::Proxy(proxy) => NetError::Proxy(with_variable(proxy)),
            NetError::ProxyPort { host, port } => NetError::ProxyPort { host: with_variable(host), port },
            error => error,
        };
        Self::prepared(profile, proxies.into(), useless).map_err(named)
    }

    /// The variables that should name a proxy, and do not: they are ignored.
    pub fn useless_variables(&self) -> &[UselessVariable] {
        &self.0.useless_variables
    }

    /// As [`Net::new`], by way of the proxies that `proxies` names. Loopback is never proxied.
    ///
    /// # Errors
    /// See [`NetError`].
    pub fn with_proxies(profile: &Profile, proxies: impl Into<Arc<Matcher>>) -> Result<Self, NetError> {
        Self::prepared(profile, proxies.into(), Vec::new())
    }

    fn prepared(
        profile: &Profile,
        proxies: Arc<Matcher>,
        useless_variables: Vec<UselessVariable>,
    ) -> Result<Self, NetError> {
        let (config, verifier, identity) = tls::client_config(profile)?;
        let http_proxy = Proxy::between(profile.api.url(), &proxies)?;
        let socket_proxy = Proxy::between(profile.websocket.url(), &proxies)?;
        let http = client::client(config.clone(), http_proxy.as_ref(), &profile.timeouts)?;
        let tls = TlsConnector::from(Arc::new(config));
        let (profile, clock, seen_secrets) =
            (profile.clone(), Mutex::default(), Redactor::default().hiding_literals(profile));
        let cookies = profile.http.cookies.then(Mutex::default);
        let inner = Inner {
            profile,
            proxies,
            http,
            http_proxy,
            socket_proxy,
            tls,
            verifier,
            identity,
            clock,
            cache_hit: Mutex::default(),
            seen_secrets,
            cookies,
            cors: CorsHeard::default(),
            useless_variables,
            answered: Mutex::default(),
        };
        Ok(Self(Arc::new(inner), None, None))
    }

    /// The profile that it is for.
    pub fn profile(&self) -> &Profile {
        &self.0.profile
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

    /// What the newest answer says of a cache that it came from, if that is news.
    pub fn take_cache_hit(&self) -> Option<CacheHit> {
        self.0.cache_hit.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn hear_cache(&self, hit: Option<CacheHit>) {
        *self.0.cache_hit.lock().unwrap_or_else(PoisonError::into_inner) = hit;
    }

    pub(super) fn hear_clock(&self, offset: Option<ClockOffset>) {
        self.0.clock.lock().unwrap_or_else(PoisonError::into_inner).newest = offset;
    }

    /// Hides what a server or proxy may repeat whatever it is asked: the proxies' passwords, and the secrets that
    /// came so far.
    pub fn secrets(&self) -> Redactor {
        let Inner { http_proxy, socket_proxy, seen_secrets, .. } = &*self.0;
        let passwords = [http_proxy, socket_proxy].into_iter().flatten().filter_map(Proxy::authorization);
        passwords.fold(seen_secrets.clone(), Redactor::hiding_authorization)
    }

    /// Keeps the cookies in `headers` of an answer from `url`, and hides them in what else it says.
    pub(super) fn take_cookies(&self, url: &Url, headers: &HeaderMap, secrets: &mut Redactor) {
        *secrets =
            std::mem::take(secrets).hiding_cookies(headers.get_all(SET_COOKIE).iter().map(HeaderValue::as_bytes));
        for cookie in headers.get_all(SET_COOKIE) {
            if let (Some(jar), Ok(cookie)) = (&self.0.cookies, cookie.to_str()) {
                jar.lock().unwrap_or_else(PoisonError::into_inner).set(cookie, url, Instant::now());
            }
        }
    }

    /// The cookies for a request to `url`.
    pub(super) fn cookie_header(&self, url: &Url) -> Option<HeaderValue> {
        let jar = self.0.cookies.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let mut header = HeaderValue::from_str(&jar.header(url, Instant::now())?).ok()?;
        header.set_sensitive(true);
        Some(header)
    }

    /// The first cookie for a request to `url` with a name that is `counted` and that a browser keeps from the page `page`.
    pub(super) fn cookie_withheld(
        &self,
        url: &Url,
        page: &Url,
        counted: impl Fn(&str) -> bool,
    ) -> Option<(String, SiteRule)> {
        let jar = self.0.cookies.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        jar.withheld(url, page, Instant::now(), counted)
    }

    /// The same access, whose socket is at `url`.
    ///
    /// # Errors
    /// If the environment asks for a proxy of a kind that is not supported.
    pub fn with_socket_at(&self, url: &Url) -> Result<Self, NetError> {
        let url = url.clone();
        let proxy = Proxy::between(&url, &self.0.proxies)?;
        Ok(Self(Arc::clone(&self.0), self.1.clone(), Some(Arc::new(OtherSocket { url, proxy }))))
    }

    /// The same access, with a header of one's own in every request and upgrade.
    pub fn with_header(&self, name: HeaderName, value: HeaderValue) -> Self {
        Self(Arc::clone(&self.0), Some((name, value)), self.2.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_into_the_profile_as_a_secret_is_hidden_in_what_a_server_says() {
        let profile = Profile::from_toml(
            "name = 'x'\napi = 'https://a.example'\n[[ticket]]\npost = '/hooks/k9X2mQ7vB4nL8pR1'\n\
             form = { password = 'hunter2', grant_type = 'password' }\ntake = { t = '/t' }\n[socket]\nquery = { t = '{{t}}' }\n",
        )
        .unwrap();
        let said = "no k9X2mQ7vB4nL8pR1 for hunter2, by password";
        let shown = Net::new(&profile).unwrap().secrets().text(said.as_bytes(), 200);
        assert_eq!(shown.as_str(), "no (secret) for (secret), by password");
    }
}
