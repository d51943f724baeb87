//! What stands before the API and refuses.

use std::borrow::Cow;

use url::Url;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::{address, credentials, greeting, own_numbers, reasons, upgrade};
use crate::diagnosis::problem::{ForUser, Outlook, Owner, Problem, Severity};
use crate::model::DisplayDuration;
use crate::model::failure::{Answer, BodyKind, Hint, HttpVersion, Product, Setting, Side};

/// Something near the user gives itself away: by the header `Server` or `Via`, by a page that names it, or by a version
/// that no WebSocket server speaks (RFC 6455 §4.2.2).
pub fn by_name(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let answer = refused.answer;
    let is_refusal = answer.status >= 400 && answer.status != 407;
    if (is_refusal || refused.request == RequestKind::Upgrade)
        && let Some(problem) = by_filter(refused, context)
    {
        return Some(problem);
    }
    let is_old = answer.version == HttpVersion::Http10 && matches!(answer.status, 400 | 403 | 500..=599);
    let is_old = is_old && refused.request == RequestKind::Upgrade && Product::signed(answer).is_none();
    (is_old && !context.is_of_service_alone()).then(|| blocked(refused, Some("A proxy that speaks HTTP/1.0"), context))
}

/// The answer is a filter's or proxy's near the user, by its own name.
pub fn by_filter(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let serving = refused.answer.header("server").and_then(Product::named_in);
    let near = serving.or(refused.answer.body.names).filter(|product| product.side() == Side::User)?;
    Some(match context.is_end_to_end(refused.request) {
        true => of_the_service(refused, explanation::own_filter(near)),
        false => Problem {
            next: format!("The user's IT can make an exception for the service's addresses {}.", place_of(near)).into(),
            ..blocked(refused, Some(&format!("A proxy or filter ({})", near.label())), context)
        },
    })
}

/// Where an exception is made, as the end of a sentence.
fn place_of(filter: Product) -> String {
    if filter == Product::WebGateway { "there".to_owned() } else { format!("in {}", filter.label()) }
}

/// The CDN wants to know whether the client is a robot.
pub fn challenged(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    let is_asked = |header| matches!(refused.answer.header(header), Some("challenge" | "captcha"));
    let (who, how) = if is_asked("x-amzn-waf-action") {
        ("AWS WAF", "in AWS WAF: a rule before it with the action Allow")
    } else if is_asked("x-vercel-mitigated") {
        ("Vercel", "in Vercel: Firewall, a rule with the action Bypass")
    } else if refused.answer.has_header("x-dd-b") {
        ("DataDome", "in DataDome: an endpoint or a custom rule that allows them")
    } else if refused.answer.header("cf-mitigated").is_some() {
        ("Cloudflare", "in Cloudflare: Security, WAF, a custom rule with the action Skip")
    } else {
        return None;
    };
    Some(Problem {
        code: Code::BotChallenge,
        severity: Severity::Error,
        owner: Owner::Operations,
        outlook: Outlook::Lasting,
        title: refused.titled("The CDN's bot protection challenges the client"),
        cause: format!(
            "{who} answered with a challenge that only a person in a browser can pass; neither this program nor a web app's own \
             requests can."
        ),
        next: format!("Operations can exempt the API's and the WebSocket's paths from the bot protection, {how}.")
            .into(),
        ..Problem::ALONE
    })
}

/// Something in front of the service wants a login of its own.
pub fn login_in_front(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if refused.answer.status == 401
        && let Some(target) = refused.answer.location()
    {
        return Some(sign_on_beside(refused, &target));
    }
    let challenge = refused.answer.challenge().filter(|_| refused.answer.status == 401)?;
    let scheme = challenge.scheme();
    // What the profile itself answers such a challenge with is refused by whoever wanted it.
    if context.service().is_some_and(|service| refused.shows_what_is_wanted(service)) {
        return None;
    }
    let explanation = match scheme {
        "basic" | "digest" | "negotiate" | "ntlm" | "kerberos" => Explanation::new(
            Owner::Operations,
            format!(
                "It asks for HTTP authentication ({scheme}), which is none of the API's: a staging system, or an address \
                 that is not public."
            ),
            "Operations can exempt the API's paths from that login, or name the address that is public.",
        ),
        // What Kong's plugin key-auth says.
        "key" => explanation::api_key(Product::behind(refused.answer)),
        _ => return None,
    };
    Some(Problem {
        code: Code::LoginInFront,
        severity: Severity::Error,
        owner: explanation.owner,
        outlook: Outlook::Lasting,
        title: refused.titled("A gateway in front of the service wants a login of its own"),
        cause: explanation.cause.into_owned(),
        next: explanation.next,
        ..Problem::ALONE
    })
}

/// What checks logins before the service refuses, and names the page to log in as a redirect does (`Location` beside a 401).
fn sign_on_beside(refused: &Refused<'_>, target: &Url) -> Problem {
    let who = Product::named_in(target.as_str()).filter(|product| product.is_sign_on());
    let name = who.map_or_else(String::new, |product| format!(" ({})", product.label()));
    Problem {
        code: Code::LoginInFront,
        severity: Severity::Error,
        owner: Owner::Operations,
        outlook: Outlook::Lasting,
        title: refused.titled("A single sign-on in front of the service wants a person's login"),
        cause: format!(
            "It refuses before the API sees the request{name}, and names the page to log in, {target}, where neither this program \
             nor a web app's own requests can."
        ),
        next: "Operations can exempt the API's and the WebSocket's paths from the sign-on in front of them.".into(),
        ..Problem::ALONE
    }
}

/// The request's headers are too large.
pub fn headers_too_large(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let is_by_status = matches!(refused.answer.status, 431 | 494);
    // nginx says so with a plain 400.
    let is_told = refused.answer.status == 400 && refused.request != RequestKind::Upgrade;
    (is_by_status || is_told && refused.answer.hints().has(Hint::Headers)).then(|| {
        let Explanation { owner, cause, next } = address::headers_too_large(refused, context);
        Problem {
            code: if is_by_status { Code::HeadersTooLarge } else { Code::UnexpectedAnswer },
            severity: Severity::Error,
            owner,
            outlook: Outlook::Lasting,
            title: refused.titled("The request's headers are too large"),
            cause: cause.into_owned(),
            next,
            ..Problem::ALONE
        }
    })
}

/// The path takes another method.
pub fn wrong_method(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    let is_wrong = refused.answer.status == 405 && refused.request != RequestKind::Upgrade;
    let is_of_files = is_wrong && explanation::is_page_of_files(refused.answer);
    if is_of_files || is_wrong && refused.answer.is_of_storage() {
        let Explanation { owner, cause, next } =
            if is_of_files { explanation::static_files(refused.answer) } else { explanation::storage() };
        let title = refused.titled(&format!("The {} does not reach the server", refused.request));
        let outlook = Outlook::Lasting;
        let problem = Problem { code: Code::WrongMethod, severity: Severity::Error, owner, outlook, ..Problem::ALONE };
        return Some(Problem { title, cause: cause.into_owned(), next, ..problem });
    }
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

/// What a user is told who is not alone in asking.
const TOO_MANY: ForUser = ForUser::said(
    "There were more requests from your network than our service accepts at a time. Please wait a minute and load the page again \
     (F5).",
);

/// The gateway whose limit is reached, as it says so itself.
fn limiting_gateway(answer: &Answer) -> Option<Product> {
    let is_of_edge = answer.hints().has(Hint::Rate) && answer.body.kind != BodyKind::Json;
    let edge = Product::signed(answer).filter(|product| {
        is_of_edge && matches!(product, Product::Cloudflare | Product::CloudRun | Product::Akamai | Product::Cloudfront)
    });
    Product::itself(answer).or(edge).filter(|_| answer.code().is_none())
}

/// Too many requests.
pub fn rate_limited(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if refused.answer.status != 429 {
        return None;
    }
    let gateway = limiting_gateway(refused.answer);
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
    if refused.answer.hints().has(Hint::Connections) {
        let Explanation { owner, cause, next } = explanation::connections();
        let title = refused.titled("Too many connections");
        return Some(Problem {
            code: Code::RateLimited,
            severity: Severity::Warning,
            owner,
            title,
            cause: cause.into_owned(),
            next,
            for_user: TOO_MANY,
            ..Problem::ALONE
        });
    }
    let quota = own_numbers::explained(refused, context).or_else(|| of_quota(refused));
    let whose = quota.as_ref().map_or(whose, |quota| quota.cause.trim_end_matches('.').to_owned());
    let is_longer_than_waits = refused.answer.retry_after.is_some_and(|wait| wait > Answer::MAX_RETRY_AFTER);
    Some(Problem {
        code: Code::RateLimited,
        severity: Severity::Warning,
        owner: match (&quota, gateway) {
            (Some(quota), _) => quota.owner,
            (None, Some(_)) => Owner::Operations,
            (None, None) => Owner::Nobody,
        },
        title: refused.titled("Too many requests"),
        cause: match refused.answer.retry_after {
            Some(wait) => {
                let (end, wait) = (context.time + wait, DisplayDuration(wait));
                format!("{whose}; it ends within {wait}, at {} UTC.", end.format("%H:%M:%S"))
            }
            None if context.is_of_files && refused.answer.headers.is_empty() => {
                format!("{whose}; until when is not in this file.")
            }
            None => format!("{whose}; it does not say until when."),
        },
        next: match gateway {
            _ if quota.is_some() => quota.map_or(Cow::Borrowed(""), |quota| quota.next),
            Some(_) => format!(
                "Operations can raise that limit, or exempt the service's paths from it{}; the client tries again by itself.",
                explanation::set(gateway, Setting::Rate)
            )
            .into(),
            None if is_longer_than_waits => format!(
                "Nobody has to do anything: it ends by itself, and the client tries again each {} until then. Operations own the \
                 limit.",
                DisplayDuration(Answer::MAX_RETRY_AFTER)
            )
            .into(),
            None => "Nobody has to do anything: it ends by itself, and the client waits as long. Operations own the limit.".into(),
        },
        for_user: TOO_MANY,
        ..Problem::ALONE
    })
}

/// What a plan or an account allows is used up, as the answer says: no limit that is over in a minute.
fn of_quota(refused: &Refused<'_>) -> Option<Explanation> {
    let gateway = limiting_gateway(refused.answer);
    let whose = gateway.map_or_else(|| "the API".to_owned(), |gateway| gateway.label().to_owned());
    refused.answer.hints().has(Hint::Quota).then(|| {
        Explanation::new(
            Owner::Operations,
            format!("What {whose} counts for a day, a month or a plan (requests, tokens and the like) is used up"),
            format!(
                "Operations can raise that quota or the plan{}, or see what uses it up; else it ends with the time that is counted.",
                explanation::set(gateway, Setting::Rate)
            ),
        )
    })
}

/// There is nothing at the profile's path.
pub fn wrong_path(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if refused.answer.status != 404 {
        return None;
    }
    if let Some(Explanation { owner, cause, next }) = own_numbers::explained(refused, context) {
        return Some(Problem {
            code: Code::WrongPath,
            severity: Severity::Error,
            owner,
            outlook: Outlook::Lasting,
            title: refused.titled(&format!("The web server before the API refuses the {}", refused.request)),
            cause: format!("{cause} Asked was {}.", context.asked(refused.request)),
            next,
            ..Problem::ALONE
        });
    }
    let twice = address::path_twice(refused, context).or_else(|| address::path_changed(refused, context));
    let is_told_twice = twice.is_some();
    let host = unknown_host(refused, context).filter(|_| !is_told_twice);
    let is_host = host.is_some();
    let thing = thing_by_words(refused, context).filter(|_| !is_told_twice && !is_host);
    let is_of_thing = thing.is_some();
    let known = twice.or(host).or(thing).or_else(|| path_by_words(refused, context)).or_else(|| not_a_socket(refused));
    let Explanation { owner, cause, next } = known.unwrap_or_else(|| path_of_profile(refused.request, context));
    Some(Problem {
        code: Code::WrongPath,
        severity: Severity::Error,
        owner,
        outlook: Outlook::Lasting,
        title: refused.titled(match refused.request {
            _ if is_of_thing => "The program does not find what the request names",
            _ if is_host => "No app is known by this host name",
            RequestKind::Upgrade => "There is no WebSocket at this address",
            RequestKind::Token => "There is no token endpoint at this address",
            RequestKind::Ticket => "There is no ticket endpoint at this address",
            RequestKind::Greeting => "There is nothing at the address that the greeting asks",
        }),
        cause: match is_told_twice {
            true => cause.into_owned(),
            false => format!("{cause} Asked was {}.", context.asked(refused.request)),
        },
        next,
        ..Problem::ALONE
    })
}

/// A 404 that is about the host name, and not about the path.
fn unknown_host(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    let hints = refused.answer.hints();
    let is_told = (hints.has(Hint::UnknownHost) || refused.answer.is_of_platform()) && !hints.has(Hint::Tunnel);
    (is_told && address::is_host_new(refused, context)).then(|| address::unknown_host(refused, context))
}

/// What a program misses whose path is right, as its 404 says.
fn thing_by_words(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    let hints = refused.answer.hints();
    if refused.answer.body.kind == BodyKind::Page {
        return None;
    }
    let ticket = || explanation::of_ticket(refused).filter(|_| refused.request == RequestKind::Upgrade);
    if hints.has(Hint::SessionElsewhere) {
        return reasons::by_words(refused, context);
    }
    ticket().or_else(|| {
        hints.has(Hint::NotThere).then(|| {
            Explanation::new(
                Owner::Developers,
                "The path is right: the program behind it answers, and says what it does not find.",
                "The developers can say where the program looks for it, and what has to be there first; operations can see \
                 whether its data is.",
            )
        })
    })
}

/// What a 404 says of itself, where that tells more than a wrong path.
fn path_by_words(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    let hints = refused.answer.hints();
    if refused.answer.is_of_storage() || hints.has(Hint::Tunnel) || hints.has(Hint::DefaultPage) {
        return reasons::by_words(refused, context);
    }
    if hints.has(Hint::AddressTooLong) {
        return Some(address::address_too_long(refused, context));
    }
    if context.has_empty_segment(refused.request) {
        return Some(Explanation::new(
            Owner::ProfileAuthor,
            "Two slashes follow each other in the path, which most servers take for another path than with one.",
            "Whoever wrote the profile can leave one of the slashes out.",
        ));
    }
    if hints.has(Hint::NoRoute) || hints.has(Hint::NoBackend) || hints.has(Hint::UnknownHost) {
        return Some(Explanation::new(
            Owner::Operations,
            match address::is_host_new(refused, context) {
                true => "The gateway has no route for this path and host name, as its answer is the gateway's own.",
                false => "The gateway has no route for this path, as its answer is the gateway's own.",
            },
            "Operations can add a route for it; whoever wrote the profile can check its spelling.",
        ));
    }
    if refused.request == RequestKind::Upgrade && hints.has(Hint::Ordinary) {
        return Some(explanation::ordinary(Product::behind(refused.answer)));
    }
    no_route(refused, context)
}

/// A gateway has nothing at this path, as its own answer shows.
fn no_route(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    let is_bare = matches!(refused.answer.body.kind, BodyKind::Page | BodyKind::Empty);
    let product = Product::itself(refused.answer).filter(|_| is_bare)?;
    if !address::is_host_new(refused, context) {
        return Some(Explanation::new(
            Owner::Operations,
            format!(
                "The gateway itself ({}) answered, and no server behind it: it has no route for this path.",
                product.label()
            ),
            "Operations can add a route for the path there; whoever wrote the profile can check its spelling.",
        ));
    }
    Some(Explanation::new(
        Owner::ProfileAuthor,
        format!(
            "The gateway itself ({}) answered, and no server behind it: it has no route for this path, or nothing for this host name.",
            product.label()
        ),
        format!(
            "Whoever wrote the profile can check host name and path of the address; if they are right, operations can set both up \
             there{}.",
            explanation::set(Some(product), Setting::HostName)
        ),
    ))
}

/// What a 404 to the upgrade means of those who have none, or say so for other reasons than a wrong path.
fn not_a_socket(refused: &Refused<'_>) -> Option<Explanation> {
    if refused.request != RequestKind::Upgrade {
        return None;
    }
    let product = Product::behind(refused.answer);
    if let Some(product) = product.filter(|product| matches!(product, Product::Vercel | Product::Netlify)) {
        return Some(Explanation::new(
            Owner::Operations,
            format!(
                "{} answers with a page of its own: it runs functions and keeps no sockets open, so no path there is a \
                 WebSocket's.",
                product.label()
            ),
            "Operations can run the socket server elsewhere; whoever wrote the profile can name its address then.",
        ));
    }
    if product == Some(Product::Uvicorn) {
        return Some(Explanation::new(
            Owner::Operations,
            "uvicorn answers a WebSocket's request to a path that is none with 403, and this 404 is its answer to an ordinary one: \
             it has no library for WebSockets, or a proxy in front drops the headers Upgrade and Connection.",
            format!(
                "Operations can install one ({}), and let the headers through; whoever wrote the profile can check the path.",
                Product::Uvicorn.web_socket_library().unwrap_or_default()
            ),
        ));
    }
    let is_cable = refused.answer.body.kind == BodyKind::Text && refused.answer.hints().has(Hint::NoPage);
    is_cable.then(|| {
        Explanation::new(
            Owner::Operations,
            "Rails' Action Cable answers so to an origin that it does not allow, and to a request that reaches it without the \
             headers of an upgrade; or the path is wrong.",
            "Operations can add the profile's origin (config.action_cable.allowed_request_origins) and let the gateway pass \
             Upgrade and Connection; whoever wrote the profile can check the path.",
        )
    })
}

/// The path is the profile's.
fn path_of_profile(request: RequestKind, context: &Context<'_>) -> Explanation {
    if request == RequestKind::Ticket && context.answered.token {
        return Explanation::new(
            Owner::ProfileAuthor,
            "The API answers at this host, and has nothing at this path: the path is wrong, or it is new and the version that runs \
             does not have it yet.",
            "Whoever wrote the profile can compare the path with what the web app asks for; if it is right, operations can see \
             which version of the API runs.",
        );
    }
    let cause = match request {
        RequestKind::Upgrade => "The path of the profile's WebSocket address is wrong, or the server is another one.",
        RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => {
            "The profile's address or path is wrong, or the server is another one."
        }
    };
    let is_alone = request == RequestKind::Upgrade && context.is_same_gateway() && context.answered.ticket;
    let next = match is_alone {
        true => {
            "Whoever wrote the profile can compare the path with the web app's; if it is right, operations can route it to the socket \
             server."
        }
        false => {
            "Whoever wrote the profile can compare address and path with what the web app asks for, and correct them."
        }
    };
    Explanation::new(Owner::ProfileAuthor, cause, next)
}

/// A request without TLS came to a port that speaks it, as its answer says.
pub fn plain_http(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let is_told = matches!(refused.answer.status, 400 | 426) && refused.answer.hints().has(Hint::PlainHttp);
    let is_told = is_told || refused.answer.status == 497 || explanation::asks_for_tls(refused);
    (refused.request != RequestKind::Upgrade && is_told).then(|| {
        let Explanation { owner, cause, next } = explanation::plain_http(refused, context);
        Problem {
            code: Code::UnexpectedAnswer,
            severity: Severity::Error,
            owner,
            outlook: Outlook::Lasting,
            title: refused.titled("A port speaks TLS, and was asked without it"),
            cause: format!("{cause} Asked was {}.", context.asked(refused.request)),
            next,
            ..Problem::ALONE
        }
    })
}

/// The same of an upgrade: who answers so, and how the answer is called otherwise, does not matter then.
pub fn of_plain_upgrade(problem: Problem, refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let is_told = refused.answer.status == 497
        || refused.answer.status == 400 && refused.answer.hints().has(Hint::PlainHttp)
        || explanation::asks_for_tls(refused);
    if refused.request != RequestKind::Upgrade || !is_told || context.is_encrypted(RequestKind::Upgrade) {
        return problem;
    }
    let Explanation { owner, cause, next } = explanation::plain_http(refused, context);
    Problem {
        owner,
        outlook: Outlook::Lasting,
        title: refused.titled("The WebSocket's port speaks TLS, and was asked without it"),
        cause: format!("{cause} Asked was {}.", context.asked(refused.request)),
        next,
        ..problem
    }
}

/// The API itself refuses, with a code that the contract does not know; or something before it does.
pub fn forbidden(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let is_upgrade = refused.request == RequestKind::Upgrade;
    match (refused.answer.status, refused.answer.code()) {
        (403 | 451, Some(_)) => Some(refused_by_api(refused, context)),
        (403 | 451, None) if !is_upgrade => Some(forbidden_request(refused, context)),
        (400..=499, Some(_)) if is_upgrade && refused.answer.status != 426 => Some(refused_by_api(refused, context)),
        (_, _) => upgrade::refused(refused, context).or_else(|| {
            (is_upgrade && matches!(refused.answer.status, 200..=499 | 501)).then(|| blocked(refused, None, context))
        }),
    }
}

/// A request is forbidden without a code of the API's.
fn forbidden_request(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let hints = refused.answer.hints();
    let product = Product::behind(refused.answer);
    let is_gateway = product.is_some_and(|product| product.side() == Side::Gateway);
    let explanation = if let Some(explanation) = reasons::by_words(refused, context) {
        explanation
    } else if hints.has(Hint::NoRoute) {
        Explanation::new(
            Owner::ProfileAuthor,
            format!(
                "The gateway has nothing at this address and answers so, as Amazon API Gateway does for a path, a method or \
                 a stage that it does not have. Asked was {}.",
                context.asked(refused.request)
            ),
            "Whoever wrote the profile can check path, method and stage (such as /prod) of the address; operations can tell \
             which there are.",
        )
    } else if product == Some(Product::ApiGateway) {
        Explanation::new(
            Owner::Operations,
            "Amazon API Gateway itself forbids it: it wants an API key, a rule of the API's (authorizer, IAM, resource policy, \
             WAF) refuses, or the host name belongs to no stage.",
            "Operations can look up the API's rules and the mapping of its host name to a stage.",
        )
    } else if let Some(explanation) = credentials::of_any_status(refused, context) {
        explanation
    } else if let Some(explanation) = credentials::checked_by_gateway(refused, context) {
        explanation
    } else if let Some(gateway) = Product::itself(refused.answer) {
        Explanation::new(
            Owner::Operations,
            format!(
                "The gateway itself ({}) forbids it, and not the API behind it: a rule about who may use which service.",
                gateway.label()
            ),
            format!("Operations can look up the rule there{}.", explanation::set(Some(gateway), Setting::Rules)),
        )
    } else if refused.answer.body.kind != BodyKind::Page
        && (hints.has(Hint::Scope) || hints.has(Hint::Audience) || hints.has(Hint::Issuer))
    {
        Explanation::new(
            Owner::Developers,
            "The API knows the JWT and does not give it the right.",
            "The developers can say which right, scope or audience the JWT has to have.",
        )
    } else if refused.answer.body.kind == BodyKind::Json {
        Explanation::new(
            Owner::Developers,
            "The API itself refuses, in a way that the contract does not know.",
            "The developers know what their answer means.",
        )
    } else if let Some(gateway) = product
        .filter(|product| is_gateway && (context.is_of_service(refused.request) || product.is_of_services_alone()))
    {
        Explanation::new(
            Owner::Operations,
            format!("A gateway of the service's ({}) does not let it through.", gateway.label()),
            format!(
                "Operations can look it up in the gateway's log: a rule of its firewall, or a path that it does not know{}.",
                explanation::set(Some(gateway), Setting::Rules)
            ),
        )
    } else if context.is_of_service(refused.request) {
        Explanation::new(
            Owner::Operations,
            "The service's side refuses, and does not say which part of it.",
            "Operations can look it up in the logs of gateway and API; the developers know what the API refuses.",
        )
    } else {
        return blocked(refused, None, context);
    };
    // A program's JSON is no page of something on the way; Amazon API Gateway speaks JSON too.
    let is_declared = refused.answer.header("content-type").is_some_and(|kind| kind.contains("json"));
    let is_of_program = is_declared && !refused.answer.has_header("x-amzn-errortype");
    let problem = of_the_service(refused, explanation);
    match is_of_program {
        true => Problem { code: Code::RefusedByApi, ..problem },
        false => problem,
    }
}

/// The service's side forbids a request.
fn of_the_service(refused: &Refused<'_>, Explanation { owner, cause, next }: Explanation) -> Problem {
    Problem {
        code: Code::BlockedOnTheWay,
        severity: Severity::Error,
        owner,
        title: refused.titled(&format!("The {} is forbidden", refused.request)),
        cause: cause.into_owned(),
        next,
        ..Problem::ALONE
    }
}

fn refused_by_api(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let explanation = reasons::by_words(refused, context).unwrap_or_else(|| {
        Explanation::new(
            Owner::Operations,
            "The contract does not know this code.",
            "Operations can look the code up in the server's log; its developers know what it means.",
        )
    });
    Problem {
        code: Code::RefusedByApi,
        severity: Severity::Error,
        owner: explanation.owner,
        title: refused.titled(&format!("The API refuses the {}", refused.request)),
        cause: format!("The code is the API's own: nothing on the way refused it. {}", explanation.cause),
        next: explanation.next,
        for_user: greeting::REFUSED_BY_API,
        ..Problem::ALONE
    }
}

/// Something in between answers in the server's place, and refuses.
fn blocked(refused: &Refused<'_>, by: Option<&str>, context: &Context<'_>) -> Problem {
    let opens = context.interceptor.map(|issuer| format!("What opens the secure connection on the way ({issuer})"));
    let by = by.or(opens.as_deref());
    let title = match refused.request {
        RequestKind::Upgrade => "The WebSocket was refused on the way".to_owned(),
        RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => {
            format!("The {} was refused on the way", refused.request)
        }
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
            (None, RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting) => {
                "A firewall or gateway before the API does not let it through.".to_owned()
            }
        },
        next: "The user's IT can fix it, by an exception for the service's addresses; operations, if it is a gateway of the \
               service's."
            .into(),
        ..Problem::ALONE
    }
}
