//! What stands before the API and answers in its place: a filter, a bot protection, a login.

use url::Url;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::{address, forbidden};
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::model::failure::{Hint, HttpVersion, Product, Side};

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
    (is_old && !context.is_of_service_alone())
        .then(|| forbidden::blocked(refused, Some("A proxy that speaks HTTP/1.0"), context))
}

/// The answer is a filter's or proxy's near the user, by its own name.
pub fn by_filter(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let serving = refused.answer.header("server").and_then(Product::named_in);
    let near = serving.or(refused.answer.body.names).filter(|product| product.side() == Side::User)?;
    Some(match context.is_end_to_end(refused.request) {
        true => forbidden::of_the_service(refused, explanation::own_filter(near)),
        false => Problem {
            next: format!("The user's IT can make an exception for the service's addresses {}.", place_of(near)).into(),
            ..forbidden::blocked(refused, Some(&format!("A proxy or filter ({})", near.label())), context)
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
