//! What a browser would not let through, although every request of this program is answered.

use url::Url;

use super::{Address, Endpoints, HttpMethod, Profile, RequestBody, SafeText, Service, Step};

/// A request that the page in the browser makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageRequest {
    /// Step 1.
    Token,
    /// Step 2.
    Ticket,
    /// Step 3.
    Socket,
}

impl PageRequest {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Token => "token request",
            Self::Ticket => "ticket request",
            Self::Socket => "WebSocket",
        }
    }

    /// Its method and path.
    pub fn target(self, profile: &Profile) -> String {
        let shown = |method: HttpMethod, path: &str| format!("{} {path}", method.name());
        match (self.asked(profile), &profile.service) {
            (Some(asked), _) => shown(asked.method, asked.url.path()),
            (None, Some(service)) => match (self.step(service), &service.socket.path) {
                (Some(step), _) => shown(step.method, &step.address.template().to_string()),
                (None, Some(path)) => shown(HttpMethod::Get, &path.0.to_string()),
                (None, None) => shown(HttpMethod::Get, profile.websocket.url().path()),
            },
            (None, None) => shown(HttpMethod::Get, &profile.endpoints.socket.path.to_string()),
        }
    }

    /// The step of a service's that it is: of several the last, whose answer counts.
    fn step(self, service: &Service) -> Option<&Step> {
        match self {
            Self::Token => service.login.last(),
            Self::Ticket => service.ticket.last(),
            Self::Socket => None,
        }
    }

    /// What a page would ask; `None` of the WebSocket, and of a request that the profile does not make or whose address
    /// only an answer names.
    pub fn asked(self, profile: &Profile) -> Option<PageAsked> {
        let sorted = |mut headers: Vec<String>| {
            headers.sort();
            headers.dedup();
            headers
        };
        if let Some(service) = &profile.service {
            let step = self.step(service)?;
            let url = match &step.address {
                Address::Path(path) => {
                    let base = profile.api.to_string();
                    Url::parse(&format!("{}{}", base.trim_end_matches('/'), path.0.fixed()?)).ok()?
                }
                Address::Url(url) => Url::parse(url.fixed()?).ok()?,
            };
            // What a page may send to any server without asking (Fetch standard, "CORS-safelisted request-header").
            let is_free = |name: &str| matches!(name, "accept" | "accept-language" | "content-language");
            let named = step.headers.keys().map(|name| name.as_str().to_ascii_lowercase());
            let own = step.auth.iter().map(|_| "authorization".to_owned());
            let is_json = matches!(step.body, RequestBody::Json(_) | RequestBody::Session);
            let body = is_json.then(|| "content-type".to_owned());
            let headers = sorted(named.filter(|name| !is_free(name)).chain(own).chain(body).collect());
            return Some(PageAsked { method: step.method, url, headers });
        }
        let Endpoints { token, ticket, .. } = &profile.endpoints;
        let (method, path, own) = match self {
            Self::Token => (token.method, &token.path, None),
            Self::Ticket => (ticket.method, &ticket.path, Some("authorization")),
            Self::Socket => return None,
        };
        let body = (method == HttpMethod::Post).then_some("content-type");
        let headers = sorted(own.into_iter().chain(body).map(str::to_owned).collect());
        Some(PageAsked { method, url: profile.api.join(path), headers })
    }
}

/// What a page would ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageAsked {
    /// With which method.
    pub method: HttpMethod,
    /// Where.
    pub url: Url,
    /// The headers for which a browser asks first, sorted (Fetch standard, "CORS-unsafe request-header names"): those
    /// of the web app, not those that only this program sends.
    pub headers: Vec<String>,
}

/// Which answer a browser looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CorsAnswer {
    /// The one to the `OPTIONS` that it sends before the request.
    Preflight,
    /// The one to the request itself.
    Request,
}

/// What stops a browser at one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserBlock {
    /// At which.
    pub request: PageRequest,
    /// Why.
    pub cause: BlockCause,
}

/// Why a browser keeps a cookie from requests of other sites' pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SiteRule {
    /// `SameSite=Lax`.
    Lax,
    /// `SameSite=Strict`.
    Strict,
    /// `SameSite=None` without `Secure`, which browsers do not take in.
    NotSecure,
}

/// Why a browser does not send a request, or does not let the page read its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockCause {
    /// The preflight was answered with a status that is no success.
    PreflightStatus {
        /// Which.
        status: u16,
    },
    /// The preflight was redirected, which no browser follows (Fetch standard, "CORS-preflight fetch").
    PreflightRedirected {
        /// With which status.
        status: u16,
        /// Where to, without a query; empty if the answer does not say.
        to: SafeText,
    },
    /// The preflight got no answer.
    PreflightUnanswered,
    /// `Access-Control-Allow-Origin` is missing.
    NoOrigin {
        /// In which answer.
        of: CorsAnswer,
    },
    /// `Access-Control-Allow-Origin` names another origin.
    OtherOrigin {
        /// In which answer.
        of: CorsAnswer,
        /// What it says.
        allowed: SafeText,
    },
    /// `Access-Control-Allow-Headers` does not name a header that the request has.
    HeaderNotAllowed {
        /// Which.
        header: SafeText,
        /// What it says; `None` if it is missing.
        allowed: Option<SafeText>,
    },
    /// Cookies came and were sent with the request, and no answer lets a page do that.
    CookiesWithheld {
        /// `Access-Control-Allow-Origin: *`, which does not count where cookies are sent.
        is_any_origin: bool,
    },
    /// A cookie came that a browser does not send to another site than the page's.
    CookieOfOneSite {
        /// Its name.
        name: SafeText,
        /// Why not.
        rule: SiteRule,
    },
    /// `Content-Encoding` names an encoding that the answer does not have.
    FalseEncoding {
        /// Which.
        encoding: SafeText,
    },
    /// An encrypted page asks without encryption.
    MixedContent,
    /// A page of the internet asks an address of the user's own network or computer.
    LocalAddress {
        /// Which.
        address: SafeText,
    },
}
