//! Answers that send the client elsewhere, or nowhere.

use url::Url;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::model::failure::{PageKind, Product, Side};

/// The answer sends the client elsewhere.
pub fn redirected(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if !matches!(refused.answer.status, 300..=399) {
        return None;
    }
    let asked = context.asked_url(refused.request);
    let target = refused.answer.location();
    let to = target.as_ref().map_or_else(String::new, |target| format!(" to {target}"));
    if let Some(filter) = target.as_ref().and_then(|target| filter(target, refused.request, context)) {
        return Some(by_filter(refused, filter, &to));
    }
    let (owner, why, next) = match target.as_ref().map(|target| Move::of(&asked, target, refused.is_login_page())) {
        Some(Move::Nowhere) if matches!(asked.scheme(), "http" | "ws") => (
            Owner::Operations,
            "it leads to the address that was asked, so whoever follows it goes round in a loop, unless a cookie or a query \
             of the first answer makes a difference",
            "Operations can look up in the configuration of gateway and program which rule redirects that address to itself.",
        ),
        Some(Move::Nowhere) => (
            Owner::Operations,
            "it leads to the address that was asked, so whoever follows it goes round in a loop. The program behind the \
             gateway or CDN does not know that TLS ended before it, and sends everybody to https",
            "Operations can end the loop: TLS between the CDN and the server too (in Cloudflare: SSL/TLS mode Full (strict) \
             instead of Flexible), or X-Forwarded-Proto: https from the gateway, which the program trusts.",
        ),
        Some(Move::Encrypted) => (
            Owner::ProfileAuthor,
            "the address wants TLS",
            "Whoever wrote the profile can fix it: https:// and wss:// instead of http:// and ws://.",
        ),
        Some(Move::Unencrypted) => (
            Owner::Operations,
            "it leads from https to http, because the program behind the gateway does not know that TLS ended before it",
            "Operations can let the gateway tell the program (X-Forwarded-Proto: https), and the program trust it.",
        ),
        Some(Move::Slash) => (
            Owner::ProfileAuthor,
            "the path wants a slash at its end",
            "Whoever wrote the profile can fix it: the path with a trailing slash, as the target has it.",
        ),
        Some(Move::NoSlash) => (
            Owner::ProfileAuthor,
            "the path wants no slash at its end",
            "Whoever wrote the profile can fix it: the path without the trailing slash, as the target has it.",
        ),
        Some(Move::Port) => (
            Owner::Operations,
            "it leads to another port of the same host, as a gateway does that puts its own port into redirects",
            "Operations can leave that port out of redirects (in nginx: port_in_redirect off, absolute_redirect off); whoever \
             wrote the profile can check the port.",
        ),
        Some(Move::Elsewhere)
            if target.as_ref().is_some_and(|target| is_login(target) || is_sign_on(target, &asked)) =>
        {
            (
                Owner::Operations,
                "a single sign-on in front of the service wants a person's login",
                "Operations can exempt the API's paths from the sign-on in front of them.",
            )
        }
        Some(Move::Elsewhere) => (
            Owner::ProfileAuthor,
            "the service is at another host",
            "Whoever wrote the profile can fix it: the host of the target; or operations, if the redirect is wrong.",
        ),
        Some(Move::Home) => (
            Owner::Operations,
            "it leads to the start page, as web apps send whoever asks for a path that they do not have",
            "Operations can route the path to the server that has it; whoever wrote the profile can check the path.",
        ),
        Some(Move::Path) => (
            Owner::ProfileAuthor,
            "the path is another one",
            "Whoever wrote the profile can fix it: the path of the target.",
        ),
        Some(Move::Login) if refused.request != RequestKind::Token && context.has_let_in() => (
            Owner::Developers,
            "the token request was let through, so the program itself sends whoever it does not take for logged in to its login \
             page: it does not accept the JWT or ticket, or wants the cookie of the web app's session",
            "The developers can say what this path takes as a login, and let it answer 401 to programs.",
        ),
        Some(Move::Login) => (
            Owner::Operations,
            "a page to log in stands before the service",
            "Operations can exempt the API's paths from that login.",
        ),
        None if context.is_of_files && !refused.answer.has_header("location") => (
            Owner::ProfileAuthor,
            "where to is not in this file",
            "Whoever wrote the profile can check its address; operations know where their server sends it.",
        ),
        None => (Owner::ProfileAuthor, "it does not say where to", "Whoever wrote the profile can check its address."),
    };
    Some(Problem {
        code: Code::Redirected,
        severity: Severity::Error,
        owner,
        outlook: Outlook::Lasting,
        title: refused.titled(&format!("The {} was redirected{to}", refused.request)),
        cause: format!("Redirects are not followed, and a browser's WebSocket does not follow them either: {why}."),
        next: next.into(),
        ..Problem::ALONE
    })
}

/// What a redirect changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Move {
    Nowhere,
    Encrypted,
    Unencrypted,
    Slash,
    NoSlash,
    Port,
    Home,
    Path,
    Elsewhere,
    Login,
}

impl Move {
    fn of(asked: &Url, target: &Url, is_login: bool) -> Self {
        let is_plain = |url: &Url| matches!(url.scheme(), "http" | "ws");
        let names_login = PageKind::titled(target.path()) == PageKind::Login || is_login;
        let is_same_scheme = is_plain(asked) == is_plain(target);
        let is_same_port = asked.port_or_known_default() == target.port_or_known_default();
        let with_slash = |path: &str| format!("{path}/");
        if asked.host_str() != target.host_str() {
            Self::Elsewhere
        } else if is_same_scheme && is_same_port && asked.path() == target.path() {
            Self::Nowhere
        } else if is_plain(asked) && !is_plain(target) {
            Self::Encrypted
        } else if target.path() == with_slash(asked.path()) && (is_same_port || !is_same_scheme) {
            Self::Slash
        } else if with_slash(target.path()) == asked.path() && (is_same_port || !is_same_scheme) {
            Self::NoSlash
        } else if names_login {
            Self::Login
        } else if !is_same_scheme {
            Self::Unencrypted
        } else if !is_same_port {
            Self::Port
        } else if matches!(target.path(), "/" | "/index.html" | "/index.php") {
            Self::Home
        } else {
            Self::Path
        }
    }
}

/// The filter near the user at whose address `target` is, to which `request` was sent. One that is known by the path alone is
/// another host's, and nobody sends there what is encrypted.
pub(super) fn filter(target: &Url, request: RequestKind, context: &Context<'_>) -> Option<Product> {
    let asked = context.asked_url(request);
    let is_other = target.host() != asked.host() && !is_same_site(target, &asked);
    let by_path = || Product::with_block_page(target.path()).filter(|_| is_other && context.is_open(request));
    Product::named_in(target.host_str().unwrap_or_default())
        .or_else(by_path)
        .filter(|product| product.side() == Side::User)
}

/// A filter of the user's network sends the request to a page of its own.
fn by_filter(refused: &Refused<'_>, filter: Product, to: &str) -> Problem {
    Problem {
        code: Code::Redirected,
        severity: Severity::Error,
        owner: Owner::UserIt,
        outlook: Outlook::Lasting,
        title: refused.titled(&format!("The {} was redirected{to}", refused.request)),
        cause: format!("A filter between the user and the service ({}) sends it to a page of its own.", filter.label()),
        next: "The user's IT can make an exception for the service's addresses there.".into(),
        ..Problem::ALONE
    }
}

/// Whether `target` is where people log in, by its words alone.
fn is_login(target: &Url) -> bool {
    const WORDS: [&str; 4] = ["login", "signin", "sign-in", "sso"];
    let place = format!("{}{}", target.host_str().unwrap_or_default(), target.path()).to_ascii_lowercase();
    WORDS.iter().any(|word| place.contains(word))
}

/// Whether `target` is an identity provider's or the service's own sign-on: no network for guests sends anybody there.
pub(super) fn is_sign_on(target: &Url, asked: &Url) -> bool {
    const PROVIDERS: [&str; 14] = [
        "cloudflareaccess.com",
        "okta.com",
        "oktapreview.com",
        "auth0.com",
        "microsoftonline.com",
        "b2clogin.com",
        "ciamlogin.com",
        "accounts.google.com",
        "onelogin.com",
        "pingone.com",
        "pingidentity.com",
        "amazoncognito.com",
        "duosecurity.com",
        "workos.com",
    ];
    const PATHS: [&str; 8] =
        ["/oauth2/", "/oauth/", "openid-connect", "/saml", "/adfs/", "/realms/", "/authorize", "/cdn-cgi/access/"];
    const NAMES: [&str; 9] = ["auth", "sso", "idp", "id", "iam", "identity", "accounts", "adfs", "cas"];
    let host = target.host_str().unwrap_or_default();
    let path = target.path().to_ascii_lowercase();
    let first = host.split('.').next().unwrap_or_default();
    PROVIDERS.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")))
        || PATHS.iter().any(|known| path.contains(known))
        || NAMES.contains(&first)
        || target.host() != asked.host() && is_same_site(target, asked) && is_login(target)
        || Product::named_in(host).is_some_and(Product::is_sign_on)
}

/// Whether both hosts end with the same two names.
pub(super) fn is_same_site(one: &Url, other: &Url) -> bool {
    let site = |url: &Url| {
        let host = url.domain()?.to_owned();
        let names: Vec<_> = host.rsplit('.').take(2).map(str::to_owned).collect();
        (names.len() == 2).then_some(names)
    };
    site(one).is_some_and(|site_of_one| site(other) == Some(site_of_one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::findings::table::context;

    #[test]
    fn identity_providers_are_told_from_networks_for_guests() {
        let url = |text: &str| Url::parse(text).unwrap();
        let asked = url("http://api.example.org/api/v1/auth/token");
        for (target, is_provider) in [
            ("https://team.cloudflareaccess.com/cdn-cgi/access/login/api.example.org", true),
            ("https://login.microsoftonline.com/tenant/oauth2/v2.0/authorize", true),
            ("https://auth.corp.example/", true),
            ("https://id.corp.example/realms/x/protocol/openid-connect/auth", true),
            ("https://login.example.org/", true),
            ("http://portal.hotel.example/login", false),
            ("http://login.hotel.example/", false),
            ("http://192.168.1.1/login.html", false),
        ] {
            assert_eq!(is_sign_on(&url(target), &asked), is_provider, "{target}");
        }
        let profile = crate::model::Profile::production();
        let found = |api: &str, target: &str| {
            let api = url(api);
            filter(&url(target), RequestKind::Token, &context(&profile, &api, &api))
        };
        for (target, open, encrypted) in [
            ("https://gateway.zscaler.net/auD", Some(Product::Zscaler), Some(Product::Zscaler)),
            ("https://block.opendns.com/", Some(Product::Cisco), Some(Product::Cisco)),
            ("https://block.lsfilter.com/", Some(Product::Lightspeed), Some(Product::Lightspeed)),
            ("http://10.1.0.1:15871/cgi-bin/blockpage.cgi", Some(Product::Forcepoint), None),
            ("https://fw.corp.example/UserCheck/PortalMain", Some(Product::CheckPoint), None),
            ("http://proxy.corp.example/squidGuard.cgi", Some(Product::Squid), None),
            ("http://fw.corp.example/blocked.html", Some(Product::WebGateway), None),
            // The service's own page for whom it blocks.
            ("https://www.example.org/blocked", None, None),
            ("https://portal.hotel.example/", None, None),
        ] {
            assert_eq!(found("http://api.example.org", target), open, "{target}");
            assert_eq!(found("https://api.example.org", target), encrypted, "{target}");
        }
    }

    #[test]
    fn what_a_redirect_changes_is_told_by_the_address_that_was_asked() {
        for (asked, target, expected) in [
            ("wss://a.example/ws", "https://a.example/ws", Move::Nowhere),
            ("https://a.example/api/token", "https://a.example/api/token", Move::Nowhere),
            ("ws://a.example/ws", "http://a.example:80/ws", Move::Nowhere),
            ("ws://a.example/ws", "https://a.example/ws", Move::Encrypted),
            ("wss://a.example/ws", "http://a.example/ws", Move::Unencrypted),
            ("wss://a.example/ws", "https://a.example/ws/", Move::Slash),
            ("wss://a.example/ws", "http://a.example/ws/", Move::Slash),
            ("wss://a.example/ws/", "https://a.example/ws", Move::NoSlash),
            // A slash at the end of another path is no missing slash.
            ("wss://a.example/ws", "https://a.example/app/", Move::Path),
            ("wss://a.example/ws", "https://a.example/", Move::Home),
            ("https://a.example/api", "https://a.example:8443/api/", Move::Port),
            ("https://a.example/api", "https://a.example/login/", Move::Login),
            ("https://a.example/api", "https://b.example/api/", Move::Elsewhere),
        ] {
            let url = |text| Url::parse(text).unwrap();
            assert_eq!(Move::of(&url(asked), &url(target), false), expected, "{asked} to {target}");
        }
    }
}
