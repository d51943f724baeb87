//! The cookies of a session, kept and sent as a browser does (RFC 6265): load balancers that stick to one node and
//! checks against forged requests rest on them. They are secrets, and end with the session.

use std::time::Duration;

use tokio::time::Instant;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::answer::LONGEST;
use crate::model::SiteRule;

/// Cookies that are kept, the newest.
const MAX_COOKIES: usize = 50;
/// A longer one is not kept, as in browsers.
const MAX_LENGTH: usize = 4_096;

/// What servers have set.
#[derive(Default)]
pub struct CookieJar(Vec<Cookie>);

struct Cookie {
    name: String,
    value: Zeroizing<String>,
    /// Without a leading dot.
    domain: String,
    /// Whether `domain` alone gets it, and no host below.
    is_host_only: bool,
    path: String,
    is_secure: bool,
    same_site: Option<SameSite>,
    expires: Option<Instant>,
}

/// What a cookie says of pages of other sites (RFC 6265bis §4.1.2.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SameSite {
    Lax,
    Strict,
    None,
}

impl CookieJar {
    /// Takes in a `Set-Cookie` of an answer from `url`, if it is one that a browser takes in.
    pub fn set(&mut self, line: &str, url: &Url, now: Instant) {
        let Some(cookie) = Cookie::parse(line, url, now).filter(|_| line.len() <= MAX_LENGTH) else { return };
        self.0
            .retain(|known| (&known.name, &known.domain, &known.path) != (&cookie.name, &cookie.domain, &cookie.path));
        if cookie.expires.is_some_and(|end| end <= now) {
            return;
        }
        if self.0.len() >= MAX_COOKIES {
            self.0.remove(0);
        }
        self.0.push(cookie);
    }

    /// The first cookie for a request to `url` that a browser does not send from the page `page` of another site, with a name
    /// that is `counted`. Of those that say nothing of other sites, browsers think differently.
    pub fn withheld(
        &self,
        url: &Url,
        page: &Url,
        now: Instant,
        counted: impl Fn(&str) -> bool,
    ) -> Option<(String, SiteRule)> {
        let sent = self.0.iter().filter(|cookie| cookie.is_for(url, now) && counted(&cookie.name));
        sent.filter(|_| !is_same_site(page, url)).find_map(|cookie| {
            let rule = match cookie.same_site? {
                SameSite::Lax => SiteRule::Lax,
                SameSite::Strict => SiteRule::Strict,
                SameSite::None if !cookie.is_secure => SiteRule::NotSecure,
                SameSite::None => return None,
            };
            Some((cookie.name.clone(), rule))
        })
    }

    /// The value of `Cookie` for a request to `url`; `None` if there is nothing to send.
    pub fn header(&self, url: &Url, now: Instant) -> Option<Zeroizing<String>> {
        let mut sent: Vec<_> = self.0.iter().filter(|cookie| cookie.is_for(url, now)).collect();
        // The more exact path comes first.
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        // As large as needed from the start: growing would leave a copy behind.
        let length = sent.iter().map(|cookie| cookie.name.len() + cookie.value.len() + 3).sum();
        let mut header = Zeroizing::new(String::with_capacity(length));
        for cookie in sent {
            if !header.is_empty() {
                header.push_str("; ");
            }
            header.push_str(&cookie.name);
            header.push('=');
            header.push_str(&cookie.value);
        }
        (!header.is_empty()).then_some(header)
    }
}

impl Cookie {
    fn parse(line: &str, url: &Url, now: Instant) -> Option<Self> {
        let mut parts = line.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let is_fit = |text: &str| text.bytes().all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
        if name.is_empty() || !is_fit(name) || !is_fit(value) {
            return None;
        }
        let host = url.host_str()?;
        let mut cookie = Self {
            name: name.to_owned(),
            value: Zeroizing::new(value.to_owned()),
            domain: host.to_owned(),
            is_host_only: true,
            path: default_path(url),
            is_secure: false,
            same_site: None,
            expires: None,
        };
        let mut max_age = None;
        for attribute in parts {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "domain" if !value.is_empty() => {
                    let domain = value.trim_start_matches('.').to_ascii_lowercase();
                    // Not of another host, and not for all hosts of a top-level domain.
                    if !is_within(host, &domain, url) || (domain != host && !domain.contains('.')) {
                        return None;
                    }
                    (cookie.domain, cookie.is_host_only) = (domain, false);
                }
                "path" if value.starts_with('/') => cookie.path = value.to_owned(),
                "secure" => cookie.is_secure = true,
                "samesite" => {
                    cookie.same_site = match value.to_ascii_lowercase().as_str() {
                        "lax" => Some(SameSite::Lax),
                        "strict" => Some(SameSite::Strict),
                        "none" => Some(SameSite::None),
                        _ => None,
                    }
                }
                "max-age" => {
                    let seconds: Option<i64> = value.parse().ok();
                    let left = seconds.map(|seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or(0)));
                    max_age = left.map(|left| now + left.min(LONGEST)).or(max_age);
                }
                "expires" => {
                    let end = httpdate::parse_http_date(value).ok();
                    let end = end.map(|end| (chrono::DateTime::from(end) - crate::clock::utc_now()).to_std());
                    // A date that is over counts from now on.
                    cookie.expires = end.map(|left| now + left.unwrap_or_default().min(LONGEST)).or(cookie.expires);
                }
                _ => {}
            }
        }
        cookie.expires = max_age.or(cookie.expires);
        (!cookie.is_secure || is_trusted(url)).then_some(cookie)
    }

    fn is_for(&self, url: &Url, now: Instant) -> bool {
        let Some(host) = url.host_str() else { return false };
        let is_host = if self.is_host_only { host == self.domain } else { is_within(host, &self.domain, url) };
        let is_path = url
            .path()
            .strip_prefix(&*self.path)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'));
        is_host && is_path && (!self.is_secure || is_trusted(url)) && self.expires.is_none_or(|end| end > now)
    }
}

/// Whether both are of one site: one scheme and one name that somebody can register (HTML standard, "schemelessly same site").
fn is_same_site(one: &Url, other: &Url) -> bool {
    let is_secure = |url: &Url| matches!(url.scheme(), "https" | "wss");
    let is_one_host = one.host() == other.host();
    is_secure(one) == is_secure(other) && (is_one_host || site(one).is_some_and(|own| site(other) == Some(own)))
}

/// The end of a host's name that somebody can register, as far as that is to be told without the list of all suffixes.
fn site(url: &Url) -> Option<String> {
    const SECOND: [&str; 8] = ["co", "com", "org", "net", "gov", "ac", "edu", "or"];
    let names: Vec<_> = url.domain()?.rsplit('.').collect();
    let is_shared = names.len() > 2 && names[0].len() == 2 && SECOND.contains(&names[1]);
    let taken = if is_shared { 3 } else { 2 };
    (names.len() >= taken).then(|| names[..taken].join("."))
}

/// Whether `host` is `domain`, or a host below it.
fn is_within(host: &str, domain: &str, url: &Url) -> bool {
    let is_name = matches!(url.host(), Some(Host::Domain(_)));
    host == domain || is_name && host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether what is secret may go there: over TLS, or nowhere.
fn is_trusted(url: &Url) -> bool {
    matches!(url.scheme(), "https" | "wss") || crate::model::is_loopback(url)
}

/// The folder of what was asked (RFC 6265 §5.1.4).
fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        Some(end @ 1..) => url.path()[..end].to_owned(),
        Some(0) | None => "/".to_owned(),
    }
}

/// Of the cookies that were `kept`, those that are not among a profile's `own`, if there are any.
pub fn others_among(kept: &[u8], own: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    fn pairs(header: &[u8]) -> impl Iterator<Item = &[u8]> {
        header.split(|byte| *byte == b';').map(<[u8]>::trim_ascii)
    }
    let name = |pair: &[u8]| pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
    let is_own = |kept: &[u8]| pairs(own).any(|own| own[..name(own)] == kept[..name(kept)]);
    let others: Vec<_> = pairs(kept).filter(|pair| !pair.is_empty() && !is_own(pair)).collect();
    (!others.is_empty()).then(|| Zeroizing::new(others.join(b"; ".as_slice())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn sent(lines: &[&str], from: &str, to: &str) -> String {
        let (mut jar, now) = (CookieJar::default(), Instant::now());
        lines.iter().for_each(|line| jar.set(line, &url(from), now));
        jar.header(&url(to), now).map_or_else(String::new, |header| header.to_string())
    }

    #[test]
    fn cookies_go_where_a_browser_sends_them() {
        const FROM: &str = "https://api.a.test/api/v1/auth/token";
        for (line, to, expected) in [
            ("a=b", "https://api.a.test/api/v1/auth/x", "a=b"),
            ("a=b", "https://api.a.test/ws", ""),
            ("a=b; Path=/", "wss://api.a.test/ws", "a=b"),
            ("a=b; path=/ws", "wss://api.a.test/wsx", ""),
            ("a=b; Path=/", "https://ws.a.test/", ""),
            ("a=b; Path=/; Domain=.a.test", "wss://ws.a.test/ws", "a=b"),
            ("a=b; Path=/; Domain=other.test", "https://other.test/", ""),
            ("a=b; Path=/; Domain=test", "https://b.test/", ""),
            ("a=b; Path=/; Secure", "http://api.a.test/", ""),
            ("a=b; Path=/; Secure", "https://api.a.test/", "a=b"),
            ("a=b; Path=/; Max-Age=0", "https://api.a.test/", ""),
            ("a=b; Path=/; Max-Age=x", "https://api.a.test/", "a=b"),
            ("a=b; Path=/; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "https://api.a.test/", ""),
            ("a=b; Path=/; Expires=Sun, 06 Nov 1994 08:49:37 GMT; Max-Age=60", "https://api.a.test/", "a=b"),
            ("nonsense; Path=/", "https://api.a.test/", ""),
        ] {
            assert_eq!(sent(&[line], FROM, to), expected, "{line} to {to}");
        }
        assert_eq!(sent(&["a=b; Secure"], "http://127.0.0.1:1/x", "http://127.0.0.1:2/y"), "a=b");
        assert_eq!(sent(&["a=b; Domain=0.0.1"], "http://127.0.0.1/x", "http://127.0.0.1/y"), "");
    }

    #[test]
    fn a_newer_cookie_takes_the_place_of_the_older_and_the_exact_path_comes_first() {
        let from = "http://127.0.0.1/api/x";
        assert_eq!(sent(&["a=1", "a=2", "c=3; Path=/", "d=4"], from, "http://127.0.0.1/api/y"), "a=2; d=4; c=3");
        assert_eq!(sent(&["a=1", "a=; Max-Age=-1"], from, "http://127.0.0.1/api/y"), "");
        let many: Vec<_> = (0..60).map(|number| format!("n{number}=x")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        let kept = sent(&many, from, "http://127.0.0.1/api/y");
        assert!(!kept.contains("n9=x") && kept.ends_with("n59=x"), "{kept}");
    }

    #[test]
    fn a_page_of_another_site_gets_what_a_browser_sends_there() {
        for (line, page, withheld) in [
            ("a=b; SameSite=Lax", "https://app.b.test", Some(SiteRule::Lax)),
            ("a=b; samesite=strict", "https://app.b.test", Some(SiteRule::Strict)),
            ("a=b; SameSite=None", "https://app.b.test", Some(SiteRule::NotSecure)),
            ("a=b; SameSite=None; Secure", "https://app.b.test", None),
            ("a=b", "https://app.b.test", None),
            ("a=b; SameSite=Strict", "https://app.a.test", None),
            ("a=b; SameSite=Strict", "https://app.a.test:8443", None),
            ("a=b; SameSite=Strict", "http://app.a.test", Some(SiteRule::Strict)),
            ("other=b; SameSite=Strict", "https://app.b.test", None),
        ] {
            let (mut jar, now, api) = (CookieJar::default(), Instant::now(), url("https://api.a.test/x"));
            jar.set(line, &api, now);
            let found = jar.withheld(&api, &url(page), now, |name| name == "a").map(|(_, rule)| rule);
            assert_eq!(found, withheld, "{line} from {page}");
        }
        assert!(!is_same_site(&url("https://a.co.uk"), &url("https://b.co.uk")));
        assert!(is_same_site(&url("https://x.a.co.uk"), &url("https://y.a.co.uk")));
        assert!(!is_same_site(&url("http://localhost:1"), &url("http://127.0.0.1:1")));
    }

    #[test]
    fn a_cookie_ends_in_time() {
        let (mut jar, now) = (CookieJar::default(), Instant::now());
        let home = url("http://127.0.0.1/");
        jar.set("a=b; Max-Age=60", &home, now);
        assert!(jar.header(&home, now + Duration::from_secs(59)).is_some());
        assert!(jar.header(&home, now + Duration::from_secs(60)).is_none());
    }
}
