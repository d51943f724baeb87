//! What stands before the API and refuses, or leads elsewhere.

use url::Url;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::upgrade;
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::model::DisplayDuration;
use crate::model::failure::{BodyKind, Hint, HttpVersion, PageKind, Product, Side};

/// Something near the user gives itself away: by the header `Server` or `Via`, by a page that names it, or by a version
/// that no WebSocket server speaks (RFC 6455 §4.2.2).
pub fn by_name(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let answer = refused.answer;
    let is_refusal = answer.status >= 400 && answer.status != 407;
    let serving = answer.header("server").and_then(Product::named_in);
    let near = serving.or(answer.body.names).filter(|product| product.side() == Side::User);
    if let Some(near) = near.filter(|_| is_refusal || refused.request == RequestKind::Upgrade) {
        return Some(blocked(refused, Some(&format!("A proxy or filter ({})", near.label()))));
    }
    let is_old = answer.version == HttpVersion::Http10 && matches!(answer.status, 400 | 403 | 500..=599);
    let is_old = is_old && refused.request == RequestKind::Upgrade && Product::behind(answer).is_none();
    (is_old && !context.is_of_service_alone()).then(|| blocked(refused, Some("A proxy that speaks HTTP/1.0")))
}

/// The CDN wants to know whether the client is a robot.
pub fn challenged(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    let is_marked = refused.answer.header("cf-mitigated").is_some();
    is_marked.then(|| Problem {
        code: Code::BotChallenge,
        severity: Severity::Error,
        owner: Owner::Operations,
        outlook: Outlook::Lasting,
        title: refused.titled("The CDN's bot protection challenges the client"),
        cause: "Cloudflare answered with a challenge that only a person in a browser can pass; neither this program nor a \
                web app's own requests can."
            .to_owned(),
        next: "Operations can exempt the API's and the WebSocket's paths from the bot protection, in Cloudflare: Security, \
               WAF, a custom rule with the action Skip."
            .into(),
        ..Problem::ALONE
    })
}

/// Something in front of the service wants a login of its own.
pub fn login_in_front(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    let wanted = refused.answer.header("www-authenticate").filter(|_| refused.answer.status == 401)?;
    let scheme = wanted.split([' ', ',']).next().unwrap_or_default().to_ascii_lowercase();
    let is_in_front = matches!(&*scheme, "basic" | "digest" | "negotiate" | "ntlm" | "kerberos");
    is_in_front.then(|| Problem {
        code: Code::LoginInFront,
        severity: Severity::Error,
        owner: Owner::Operations,
        outlook: Outlook::Lasting,
        title: refused.titled("A gateway in front of the service wants a login of its own"),
        cause: format!(
            "It asks for HTTP authentication ({scheme}), which is none of the API's: a staging system, or an address that \
             is not public."
        ),
        next: "Operations can exempt the API's paths from that login, or name the address that is public.".into(),
        ..Problem::ALONE
    })
}

/// The request's headers are too large.
pub fn headers_too_large(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    let is_by_status = matches!(refused.answer.status, 431 | 494);
    // nginx says so with a plain 400.
    let is_told = refused.answer.status == 400 && refused.request != RequestKind::Upgrade;
    (is_by_status || is_told && refused.answer.hints().has(Hint::Headers)).then(|| Problem {
        code: if is_by_status { Code::HeadersTooLarge } else { Code::UnexpectedAnswer },
        severity: Severity::Error,
        owner: Owner::Operations,
        outlook: Outlook::Lasting,
        title: refused.titled("The request's headers are too large"),
        cause: format!(
            "The server, or a gateway before it, takes no headers as large as those of the {}{}.",
            refused.request,
            if refused.request == RequestKind::Ticket { ", which carries the JWT in Authorization" } else { "" }
        ),
        next: "Operations can raise the limit (in nginx: large_client_header_buffers; in Node: --max-http-header-size); the \
               developers can put less into the JWT."
            .into(),
        ..Problem::ALONE
    })
}

/// The path takes another method.
pub fn wrong_method(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    let is_wrong = refused.answer.status == 405 && refused.request != RequestKind::Upgrade;
    let allowed = refused
        .answer
        .header("allow")
        .map_or_else(|| "It does not say which it takes.".to_owned(), |methods| format!("It takes {methods} (Allow)."));
    is_wrong.then(|| Problem {
        code: Code::WrongMethod,
        severity: Severity::Error,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: refused.titled(&format!("The method of the {} is not the server's", refused.request)),
        cause: format!("There is something at this path, for another method. {allowed}"),
        next: "Whoever wrote the profile can change the method, or the path if it is another one's.".into(),
        ..Problem::ALONE
    })
}

/// The answer sends the client elsewhere.
pub fn redirected(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if !matches!(refused.answer.status, 300..=399) {
        return None;
    }
    let asked = if refused.request == RequestKind::Upgrade { context.socket } else { context.api };
    let target = refused.answer.location();
    let to = target.as_ref().map_or_else(String::new, |target| format!(" to {target}"));
    let (owner, why, next) = match target.as_ref().map(|target| Move::of(asked, target, refused.is_login_page())) {
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
        Some(Move::Elsewhere) if is_single_sign_on(target.as_ref()) => (
            Owner::Operations,
            "a single sign-on in front of the service wants a person's login",
            "Operations can exempt the API's paths from the sign-on in front of them.",
        ),
        Some(Move::Elsewhere) => (
            Owner::ProfileAuthor,
            "the service is at another host",
            "Whoever wrote the profile can fix it: the host of the target; or operations, if the redirect is wrong.",
        ),
        Some(Move::Path) => (
            Owner::ProfileAuthor,
            "the path is another one",
            "Whoever wrote the profile can fix it: the path of the target.",
        ),
        Some(Move::Login) => (
            Owner::Operations,
            "a page to log in stands before the service",
            "Operations can exempt the API's paths from that login.",
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
enum Move {
    Encrypted,
    Unencrypted,
    Slash,
    Path,
    Elsewhere,
    Login,
}

impl Move {
    fn of(asked: &Url, target: &Url, is_login: bool) -> Self {
        let is_plain = |url: &Url| matches!(url.scheme(), "http" | "ws");
        let names_login = PageKind::titled(target.path()) == PageKind::Login || is_login;
        if asked.host_str() != target.host_str() {
            Self::Elsewhere
        } else if is_plain(asked) && !is_plain(target) {
            Self::Encrypted
        } else if !is_plain(asked) && is_plain(target) {
            Self::Unencrypted
        } else if names_login {
            Self::Login
        } else if target.path().ends_with('/') && target.path().len() > 1 {
            Self::Slash
        } else {
            Self::Path
        }
    }
}

/// Whether `target` is where people sign in: of an identity provider, or by the path that such a page has.
fn is_single_sign_on(target: Option<&Url>) -> bool {
    const WORDS: [&str; 11] =
        ["login", "signin", "sign-in", "sso", "oauth", "authorize", "saml", "cloudflareaccess", "okta", "auth0", "idp"];
    target.is_some_and(|target| {
        let place = format!("{}{}", target.host_str().unwrap_or_default(), target.path()).to_ascii_lowercase();
        WORDS.iter().any(|word| place.contains(word))
    })
}

/// Too many requests.
pub fn rate_limited(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if refused.answer.status != 429 {
        return None;
    }
    let gateway = Product::behind(refused.answer).filter(|product| product.side() == Side::Gateway);
    let whose = match (refused.answer.code(), gateway) {
        (Some("RATE_LIMIT_EXCEEDED"), _) => {
            "The API's own limit of requests per minute for this user's address is reached".to_owned()
        }
        (Some(_), _) => "The API's own limit of requests is reached".to_owned(),
        (None, Some(gateway)) => {
            format!("The limit of requests of a gateway before the API ({}) is reached", gateway.label())
        }
        (None, None) => "A limit of requests is reached, of the API or of a gateway before it".to_owned(),
    };
    Some(Problem {
        code: Code::RateLimited,
        severity: Severity::Warning,
        owner: Owner::Nobody,
        title: refused.titled("Too many requests"),
        cause: match refused.answer.retry_after {
            Some(wait) => {
                let (end, wait) = (context.time + wait, DisplayDuration(wait));
                format!("{whose}; it ends within {wait}, at {} UTC.", end.format("%H:%M:%S"))
            }
            None => format!("{whose}; it does not say until when."),
        },
        next: "Nobody has to do anything: it ends by itself, and the client waits as long. Operations own the limit."
            .into(),
        ..Problem::ALONE
    })
}

/// There is nothing at the profile's path.
pub fn wrong_path(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let (title, cause) = match refused.request {
        RequestKind::Upgrade => (
            "There is no WebSocket at this address",
            "The path of the profile's WebSocket address is wrong, or the server is another one.",
        ),
        RequestKind::Token => ("There is no token endpoint at this address", WRONG_ADDRESS),
        RequestKind::Ticket => ("There is no ticket endpoint at this address", WRONG_ADDRESS),
    };
    let hints = refused.answer.hints();
    if refused.answer.status == 404 && (hints.has(Hint::NoRoute) || hints.has(Hint::NoBackend)) {
        return Some(Problem {
            code: Code::WrongPath,
            severity: Severity::Error,
            owner: Owner::Operations,
            outlook: Outlook::Lasting,
            title: refused.titled(title),
            cause: format!(
                "The gateway has no route for this path, as its answer is the gateway's own. Asked was {}.",
                context.asked(refused.request)
            ),
            next: "Operations can add a route for the path; whoever wrote the profile can check its spelling.".into(),
            ..Problem::ALONE
        });
    }
    if refused.answer.status == 404 && refused.request == RequestKind::Upgrade && hints.has(Hint::Ordinary) {
        return Some(Problem {
            code: Code::WrongPath,
            severity: Severity::Error,
            owner: Owner::Operations,
            outlook: Outlook::Lasting,
            title: refused.titled(title),
            cause: "The program answered as to an ordinary request: the proxy in front drops the headers Upgrade and \
                    Connection, or the path is not the socket's."
                .to_owned(),
            next: "Operations can let the headers Upgrade and Connection through (for example in nginx: proxy_http_version \
                   1.1, proxy_set_header Upgrade and Connection)."
                .into(),
            ..Problem::ALONE
        });
    }
    (refused.answer.status == 404).then(|| Problem {
        code: Code::WrongPath,
        severity: Severity::Error,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: refused.titled(title),
        cause: format!("{cause} Asked was {}.", context.asked(refused.request)),
        next: match context.repeated_path(refused.request) {
            Some(twice) => format!(
                "Whoever wrote the profile can fix it: the base address ends with {twice}, and the path begins with the same."
            )
            .into(),
            None => "Whoever wrote the profile can fix it.".into(),
        },
        ..Problem::ALONE
    })
}

/// A request without TLS came to a port that speaks it, as its answer says.
pub fn plain_http(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let is_plain = refused.request != RequestKind::Upgrade && context.api.scheme() == "http";
    let is_told = matches!(refused.answer.status, 400 | 426 | 497) && refused.answer.hints().has(Hint::PlainHttp);
    (is_plain && is_told).then(|| Problem {
        code: Code::UnexpectedAnswer,
        severity: Severity::Error,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: refused.titled("The port speaks TLS, and was asked without it"),
        cause: format!("Asked was {}.", context.asked(refused.request)),
        next: "Whoever wrote the profile can fix it: https:// and wss:// instead of http:// and ws://.".into(),
        ..Problem::ALONE
    })
}

const WRONG_ADDRESS: &str = "The profile's address or path is wrong, or the server is another one.";

/// The API itself refuses, with a code that the contract does not know; or something before it does.
pub fn forbidden(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let is_upgrade = refused.request == RequestKind::Upgrade;
    match (refused.answer.status, refused.answer.code()) {
        (403 | 451, Some(_)) => Some(refused_by_api(refused)),
        (403 | 451, None) if !is_upgrade => Some(forbidden_request(refused, context)),
        (400..=499, Some(_)) if is_upgrade && refused.answer.status != 426 => Some(refused_by_api(refused)),
        (_, _) => upgrade::refused(refused, context).or_else(|| {
            (is_upgrade && matches!(refused.answer.status, 200..=499 | 501)).then(|| blocked(refused, None))
        }),
    }
}

/// A request is forbidden without a code of the API's.
fn forbidden_request(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let hints = refused.answer.hints();
    let product = Product::behind(refused.answer).map_or("a gateway before the API", Product::label);
    let is_of_api = refused.answer.body.kind == BodyKind::Json;
    let (owner, cause, next) = if hints.has(Hint::Csrf) || hints.has(Hint::Cookie) {
        (
            Owner::Developers,
            "The API wants a cookie, or a token against forged requests, that this client did not send.".to_owned(),
            "The developers can say which cookie or header the web app sends; whoever wrote the profile can add it.",
        )
    } else if hints.has(Hint::Origin) {
        (
            Owner::Operations,
            "It refuses this origin, and says so.".to_owned(),
            "Operations can add the profile's origin to the server's list of allowed origins.",
        )
    } else if hints.has(Hint::Challenge) {
        (
            Owner::Operations,
            format!("The bot protection of {product} wants a person in a browser."),
            "Operations can exempt the API's paths from the bot protection.",
        )
    } else if hints.has(Hint::Blocked) {
        (
            Owner::Operations,
            format!("A firewall rule of {product} blocks this address, country or program."),
            "Operations can look up the rule in the gateway's firewall and exempt the service's paths from it.",
        )
    } else if hints.has(Hint::Scope) || hints.has(Hint::Audience) || hints.has(Hint::Issuer) {
        (
            Owner::Developers,
            "The API knows the JWT and does not give it the right.".to_owned(),
            "The developers can say which right, scope or audience the JWT has to have.",
        )
    } else if hints.has(Hint::Host) {
        (
            Owner::Operations,
            "The server does not know the host name in the request.".to_owned(),
            "Operations can add the host name to those the server allows, or let the gateway pass the header Host unchanged.",
        )
    } else if is_of_api {
        (
            Owner::Developers,
            "The API itself refuses, in a way that the contract does not know.".to_owned(),
            "The developers know what their answer means.",
        )
    } else if Product::behind(refused.answer).is_some_and(|product| product.side() == Side::Gateway)
        && context.is_of_service(refused.request)
    {
        (
            Owner::Operations,
            format!("A gateway of the service's ({product}) does not let it through."),
            "Operations can look it up in the gateway's log: a rule of its firewall, or a path that it does not know.",
        )
    } else if context.is_of_service(refused.request) {
        (
            Owner::Operations,
            "The service's side refuses, and does not say which part of it.".to_owned(),
            "Operations can look it up in the logs of gateway and API; the developers know what the API refuses.",
        )
    } else {
        return blocked(refused, None);
    };
    Problem {
        code: Code::BlockedOnTheWay,
        severity: Severity::Error,
        owner,
        title: refused.titled(&format!("The {} is forbidden", refused.request)),
        cause,
        next: next.into(),
        ..Problem::ALONE
    }
}

fn refused_by_api(refused: &Refused<'_>) -> Problem {
    let hints = refused.answer.hints();
    let told = if hints.has(Hint::Origin) {
        Some("Operations can add the profile's origin to the server's list of allowed origins.")
    } else if hints.has(Hint::Host) {
        Some("Operations can add the host name to those the server allows.")
    } else if hints.has(Hint::Connections) {
        Some("Operations can raise the limit of connections, or find out who holds so many.")
    } else if hints.has(Hint::Blocked) {
        Some("Operations can look up the rule that blocks this address, and exempt it.")
    } else {
        None
    };
    Problem {
        code: Code::RefusedByApi,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: refused.titled(&format!("The API refuses the {}", refused.request)),
        cause: "The code is the API's own: nothing on the way refused it. The contract does not know this code."
            .to_owned(),
        next: told
            .unwrap_or("Operations can look the code up in the server's log; its developers know what it means.")
            .into(),
        ..Problem::ALONE
    }
}

/// Something in between answers in the server's place, and refuses.
fn blocked(refused: &Refused<'_>, by: Option<&str>) -> Problem {
    let title = match refused.request {
        RequestKind::Upgrade => "The WebSocket was refused on the way".to_owned(),
        RequestKind::Token | RequestKind::Ticket => format!("The {} was refused on the way", refused.request),
    };
    Problem {
        code: Code::BlockedOnTheWay,
        severity: Severity::Error,
        owner: Owner::UserIt,
        title: refused.titled(&title),
        cause: match (by, refused.request) {
            (Some(by), _) => format!("{by} answered in the server's place."),
            (None, RequestKind::Upgrade) => {
                "A proxy or gateway on the way, or the server itself, does not let WebSockets through.".to_owned()
            }
            (None, RequestKind::Token | RequestKind::Ticket) => {
                "A firewall or gateway before the API does not let it through.".to_owned()
            }
        },
        next: "The user's IT can fix it, by an exception for the service's addresses; operations, if it is a gateway of the \
               service's."
            .into(),
        ..Problem::ALONE
    }
}
