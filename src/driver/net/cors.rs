//! What a browser asks before it lets a page make the requests of steps 1 and 2 (Fetch standard, "CORS protocol"), and
//! what it makes of the answers. The client's own requests need none of it.

use std::net::IpAddr;

use http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, LOCATION, ORIGIN,
};
use http::{HeaderMap, Method};
use tokio::time::timeout;
use url::{Host, Url};

use super::{Net, Target, resolve};
use crate::model::{BlockCause, BrowserBlock, CorsAnswer, PageAsked, PageRequest, Profile, SafeText, is_loopback};

/// Longer values are cut where they are shown.
const SHOWN: usize = 120;

/// What a browser made of the profile's requests.
pub struct BrowserView {
    /// What stops it; the first for each request.
    pub blocks: Vec<BrowserBlock>,
    /// Whether page and API have the same origin, so that nothing has to be allowed.
    pub is_same_origin: bool,
}

/// What the names of cookies begin with by which gateways know which server somebody is at, or that it is no robot: a service
/// works without them.
const OF_BALANCERS: [&str; 18] = [
    "AWSALB",
    "AWSELB",
    "ARRAffinity",
    "ApplicationGatewayAffinity",
    "GCLB",
    "GAESA",
    "BIGipServer",
    "TS01",
    "SERVERID",
    "ROUTEID",
    "INGRESSCOOKIE",
    "route",
    "__cf",
    "_cfuvid",
    "cf_clearance",
    "incap_ses",
    "visid_incap",
    "ak_bmsc",
];

fn is_of_balancer(name: &str) -> bool {
    OF_BALANCERS.iter().any(|begin| name.starts_with(begin))
}

impl Net {
    /// Asks what a browser would ask, and looks at what it would look at. Takes `timeouts.http` and `timeouts.dial` at
    /// most.
    pub async fn as_a_browser(&self) -> BrowserView {
        let profile = &self.0.profile;
        let is_same_origin = is_same_origin(profile);
        let preflight = async |request| if is_same_origin { None } else { self.preflight(request).await };
        let (local, token, ticket) =
            tokio::join!(self.local_addresses(), preflight(PageRequest::Token), preflight(PageRequest::Ticket));
        let mut blocks = mixed_content(profile);
        blocks.extend(local);
        if !is_same_origin {
            for (request, refused) in [(PageRequest::Token, token), (PageRequest::Ticket, ticket)] {
                let cause = refused.or_else(|| {
                    let heard = self.0.cors.of(request)?;
                    self.origin_refused(&heard.headers, CorsAnswer::Request)
                });
                blocks.extend(cause.map(|cause| BrowserBlock { request, cause }));
            }
        }
        for request in [PageRequest::Token, PageRequest::Ticket] {
            let encoding = self.0.cors.of(request).and_then(|heard| heard.false_encoding);
            blocks.extend(
                encoding.map(|encoding| BrowserBlock { request, cause: BlockCause::FalseEncoding { encoding } }),
            );
        }
        if !is_same_origin {
            let cause = self.cookie_of_one_site().or_else(|| self.cookies_withheld());
            blocks.extend(cause.map(|cause| BrowserBlock { request: PageRequest::Ticket, cause }));
        }
        // A browser stops at the first reason and never comes to the others.
        let mut stopped = Vec::new();
        blocks.retain(|block| {
            let is_first = !stopped.contains(&block.request);
            stopped.push(block.request);
            is_first
        });
        BrowserView { blocks, is_same_origin }
    }

    /// Asks for leave to send `request`; what is wrong with the answer.
    async fn preflight(&self, request: PageRequest) -> Option<BlockCause> {
        let profile = &self.0.profile;
        let PageAsked { method, url, headers: asked } = request.asked(profile)?;
        if asked.is_empty() {
            return None;
        }
        let question = self
            .0
            .http
            .request(Method::OPTIONS, url)
            .header(ORIGIN, origin(profile))
            .header(ACCEPT, "*/*")
            .header(ACCESS_CONTROL_REQUEST_METHOD, method.name())
            .header(ACCESS_CONTROL_REQUEST_HEADERS, asked.join(","));
        let Ok(Ok(answer)) = timeout(profile.timeouts.http, question.send()).await else {
            return Some(BlockCause::PreflightUnanswered);
        };
        if let Some(refused) = self.origin_refused(answer.headers(), CorsAnswer::Preflight) {
            // Whoever refuses the question as a whole allows nobody: its status says more than what it lacks.
            let status = answer.status();
            return Some(match refused {
                BlockCause::NoOrigin { .. } if status.is_redirection() => self.redirected(&answer),
                BlockCause::NoOrigin { .. } if !status.is_success() => {
                    BlockCause::PreflightStatus { status: status.as_u16() }
                }
                other => other,
            });
        }
        if answer.status().is_redirection() {
            return Some(self.redirected(&answer));
        }
        if !answer.status().is_success() {
            return Some(BlockCause::PreflightStatus { status: answer.status().as_u16() });
        }
        let allowed = listed(answer.headers(), &ACCESS_CONTROL_ALLOW_HEADERS);
        let names: Vec<_> = allowed.iter().flat_map(|line| line.split(',')).map(str::trim).collect();
        // The asterisk is for everything but the one header that carries credentials.
        let is_allowed = |header: &str| {
            names.iter().any(|name| name.eq_ignore_ascii_case(header) || *name == "*" && header != "authorization")
        };
        let missing = asked.iter().find(|header| !is_allowed(header))?;
        let shown = |line: String| self.secrets().text(line.as_bytes(), SHOWN);
        Some(BlockCause::HeaderNotAllowed { header: SafeText::new(missing), allowed: allowed.map(shown) })
    }

    /// A preflight that is redirected. Of its target only what is no secret is told.
    fn redirected(&self, answer: &reqwest::Response) -> BlockCause {
        let to = answer.headers().get(LOCATION).and_then(|to| answer.url().join(to.to_str().ok()?).ok());
        let to = to.map_or_else(SafeText::default, |mut to| {
            to.set_query(None);
            to.set_fragment(None);
            self.secrets().text(to.as_str().as_bytes(), SHOWN)
        });
        BlockCause::PreflightRedirected { status: answer.status().as_u16(), to }
    }

    /// What is wrong with the origin that `headers` allow.
    fn origin_refused(&self, headers: &HeaderMap, of: CorsAnswer) -> Option<BlockCause> {
        let origin = origin(&self.0.profile);
        match listed(headers, &ACCESS_CONTROL_ALLOW_ORIGIN) {
            None => Some(BlockCause::NoOrigin { of }),
            Some(allowed) if allowed == "*" || allowed == origin => None,
            Some(allowed) => {
                let allowed = self.secrets().text(allowed.as_bytes(), SHOWN);
                Some(BlockCause::OtherOrigin { of, allowed })
            }
        }
    }

    /// A cookie of the service's own that this program sends with the ticket request, and a browser keeps from a page of another
    /// site.
    fn cookie_of_one_site(&self) -> Option<BlockCause> {
        let asked = PageRequest::Ticket.asked(&self.0.profile)?;
        let page = Url::parse(origin(&self.0.profile)).ok()?;
        let (name, rule) = self.cookie_withheld(&asked.url, &page, |name| !is_of_balancer(name))?;
        Some(BlockCause::CookieOfOneSite { name: self.secrets().text(name.as_bytes(), SHOWN), rule })
    }

    /// Cookies of the service's own that this program sends with the ticket request, and a browser of another origin may not.
    fn cookies_withheld(&self) -> Option<BlockCause> {
        let asked = PageRequest::Ticket.asked(&self.0.profile)?;
        let cookies = self.cookie_header(&asked.url)?;
        let names = cookies.to_str().ok()?.split("; ").filter_map(|pair| Some(pair.split_once('=')?.0));
        if names.into_iter().all(is_of_balancer) {
            return None;
        }
        let heard = self.0.cors.of(PageRequest::Ticket)?;
        let may = heard.headers.get(ACCESS_CONTROL_ALLOW_CREDENTIALS).is_some_and(|value| value == "true");
        let is_any_origin = listed(&heard.headers, &ACCESS_CONTROL_ALLOW_ORIGIN).is_some_and(|allowed| allowed == "*");
        (!may || is_any_origin).then_some(BlockCause::CookiesWithheld { is_any_origin })
    }

    /// Requests by which a page of the internet reaches into the user's own network: Chrome asks the user first.
    async fn local_addresses(&self) -> Vec<BrowserBlock> {
        let Ok(page) = Url::parse(origin(&self.0.profile)) else { return Vec::new() };
        if !self.is_public(&page).await {
            return Vec::new();
        }
        let mut blocks = Vec::new();
        for (target, requests) in [
            (Target::Api, &[PageRequest::Token, PageRequest::Ticket][..]),
            (Target::Socket, &[PageRequest::Socket][..]),
        ] {
            // Through a proxy it is the proxy's address that counts, and that is not known here.
            if self.proxy(target).is_some() {
                continue;
            }
            let addresses = self.addresses(target).await.unwrap_or_default();
            if let Some(local) = addresses.iter().map(|address| address.ip()).find(|ip| is_local(*ip)) {
                let cause = BlockCause::LocalAddress { address: local.to_string().as_str().into() };
                blocks.extend(requests.iter().map(|&request| BrowserBlock { request, cause: cause.clone() }));
            }
        }
        blocks
    }

    /// Whether the page comes from the internet, as far as can be told from here.
    async fn is_public(&self, page: &Url) -> bool {
        let addresses = match page.host() {
            Some(Host::Ipv4(ip)) => vec![IpAddr::V4(ip)],
            Some(Host::Ipv6(ip)) => vec![IpAddr::V6(ip)],
            Some(Host::Domain(name)) if !is_loopback(page) => {
                let found = timeout(self.0.profile.timeouts.dial, resolve::lookup(name)).await;
                found.ok().and_then(Result::ok).unwrap_or_default()
            }
            Some(Host::Domain(_)) | None => Vec::new(),
        };
        !addresses.is_empty() && !addresses.iter().any(|ip| is_local(*ip))
    }
}

/// All values of a header, in one line.
fn listed(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let values: Vec<_> = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// The page's own origin.
fn origin(profile: &Profile) -> &str {
    profile.sent_origin().unwrap_or(&profile.origin).as_str()
}

fn is_same_origin(profile: &Profile) -> bool {
    Url::parse(origin(profile)).is_ok_and(|page| page.origin() == profile.api.url().origin())
}

/// What an encrypted page may not ask, or open, without encryption.
fn mixed_content(profile: &Profile) -> Vec<BrowserBlock> {
    let is_encrypted = Url::parse(origin(profile)).is_ok_and(|page| page.scheme() == "https");
    let is_plain = |url: &Url| matches!(url.scheme(), "http" | "ws") && !is_loopback(url);
    let mut blocks = Vec::new();
    if is_encrypted && is_plain(profile.api.url()) {
        blocks.extend([PageRequest::Token, PageRequest::Ticket]);
    }
    if is_encrypted && is_plain(profile.websocket.url()) {
        blocks.push(PageRequest::Socket);
    }
    blocks.into_iter().map(|request| BrowserBlock { request, cause: BlockCause::MixedContent }).collect()
}

/// Whether an address is of the user's computer or network (Local Network Access, "IP address space").
fn is_local(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}
