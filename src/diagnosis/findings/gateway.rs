//! What stands before the API, and answers that are nobody's in particular.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::{browser, network};
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::model::DisplayDuration;
use crate::model::failure::{AnswerFault, BodyKind, HttpVersion, MalformedAnswer, PageKind, Product};

/// Something in between gives itself away: by the header `Server`, by a page that names it, or by a version that no
/// WebSocket server speaks (RFC 6455 §4.2.2).
pub fn by_name(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    let answer = refused.answer;
    match refused.request {
        RequestKind::Upgrade => {
            let server = answer.header("server");
            if let Some(server) = server.filter(|server| Product::named_in(server).is_some()) {
                return Some(blocked(refused, Some(&format!("A proxy ({server})"))));
            }
            let is_old = answer.version == HttpVersion::Http10 && matches!(answer.status, 400 | 403 | 500..=599);
            is_old.then(|| blocked(refused, Some("A proxy that speaks HTTP/1.0")))
        }
        RequestKind::Token | RequestKind::Ticket => {
            let name = answer.body.names.filter(|_| answer.status >= 400 && answer.status != 407)?;
            Some(blocked(refused, Some(&format!("A proxy ({name})"))))
        }
    }
}

/// The answer sends the client elsewhere.
pub fn redirected(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    matches!(refused.answer.status, 300..=399).then(|| Problem {
        code: Code::Redirected,
        severity: Severity::Error,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: refused.titled(&format!("The {} was redirected", refused.request)),
        cause: "Redirects are not followed: the profile's address is not the API's, or a login page is in the way."
            .to_owned(),
        next: "Whoever wrote the profile, or the user's IT, can fix it.".into(),
        ..Problem::ALONE
    })
}

/// Too many requests.
pub fn rate_limited(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if refused.answer.status != 429 {
        return None;
    }
    let whose = if refused.answer.code() == Some("RATE_LIMIT_EXCEEDED") {
        "The API's own limit of requests per minute for this user's address is reached"
    } else {
        "A gateway before the API limits how often this user's address may ask"
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
pub fn wrong_path(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    let (title, cause) = match refused.request {
        RequestKind::Upgrade => (
            "There is no WebSocket at this address",
            "The path of the profile's WebSocket address is wrong, or the server is another one.",
        ),
        RequestKind::Token => ("There is no token endpoint at this address", WRONG_ADDRESS),
        RequestKind::Ticket => ("There is no ticket endpoint at this address", WRONG_ADDRESS),
    };
    (refused.answer.status == 404).then(|| Problem {
        code: Code::WrongPath,
        severity: Severity::Error,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: refused.titled(title),
        cause: cause.to_owned(),
        next: "Whoever wrote the profile can fix it.".into(),
        ..Problem::ALONE
    })
}

const WRONG_ADDRESS: &str = "The profile's address or path is wrong, or the server is another one.";

/// The API itself refuses, with a code that the contract does not know; or something before it does.
pub fn forbidden(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    let is_upgrade = refused.request == RequestKind::Upgrade;
    match (refused.answer.status, refused.answer.code()) {
        (403 | 451, Some(_)) => Some(refused_by_api(refused)),
        (403 | 451, None) => Some(blocked(refused, None)),
        (400..=499, Some(_)) if is_upgrade => Some(refused_by_api(refused)),
        (200..=499 | 501, _) if is_upgrade => Some(blocked(refused, None)),
        (_, _) => None,
    }
}

fn refused_by_api(refused: &Refused<'_>) -> Problem {
    Problem {
        code: Code::RefusedByApi,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: refused.titled(&format!("The API refuses the {}", refused.request)),
        cause: "The code is the API's own: nothing on the way refused it. The contract does not know this code."
            .to_owned(),
        next: "Operations can look the code up in the server's log; its developers know what it means.".into(),
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
        next: "Operations, or the user's IT if only this user is affected, can fix it.".into(),
        ..Problem::ALONE
    }
}

/// A failure of the server's, or of what is behind a gateway.
pub fn failed(refused: &Refused<'_>, _: &Context<'_>) -> Option<Problem> {
    match refused.answer.status {
        503 if refused.request != RequestKind::Upgrade => Some(service_unavailable(refused)),
        502..=504 | 520..=599 => Some(behind_gateway_down(refused)),
        500.. => Some(server_failed(refused)),
        _ => None,
    }
}

fn service_unavailable(refused: &Refused<'_>) -> Problem {
    Problem {
        code: Code::ServiceUnavailable,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: refused.titled("The service is unavailable"),
        cause: "Nothing is wrong with this user's token; the API, or what it needs, is down.".to_owned(),
        next: "Operations can fix it.".into(),
        explains: &[Code::Flapping],
        ..Problem::ALONE
    }
}

fn behind_gateway_down(refused: &Refused<'_>) -> Problem {
    Problem {
        code: Code::ServerBehindGatewayDown,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: refused.titled("The server behind the gateway is down"),
        cause: "The gateway answered in its place; nothing is wrong with this user's token.".to_owned(),
        next: "Operations can fix it.".into(),
        ..Problem::ALONE
    }
}

/// The server failed inside.
pub fn server_failed(refused: &Refused<'_>) -> Problem {
    Problem {
        code: Code::ServerFailed,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: refused.titled("The server failed inside"),
        cause: "It does not say why.".to_owned(),
        next: "Operations can look it up in its log; the developers may have to fix it.".into(),
        explains: &[Code::Flapping],
        ..Problem::ALONE
    }
}

/// The contract does not know this answer.
pub fn unexpected(refused: &Refused<'_>) -> Problem {
    Problem {
        code: Code::UnexpectedAnswer,
        severity: Severity::Error,
        owner: Owner::Developers,
        title: refused.titled(&format!("Unexpected answer to the {}", refused.request)),
        cause: "The contract does not know this status.".to_owned(),
        next: "The developers can tell what it means.".into(),
        ..Problem::ALONE
    }
}

/// A success that is not the contract's: a page to log in, or another service.
pub fn malformed(request: RequestKind, malformed: &MalformedAnswer, context: &Context<'_>) -> Problem {
    let MalformedAnswer { fault, answer } = malformed;
    if let AnswerFault::TooLong { limit_kib } = fault {
        return browser::answer_too_long(request, *limit_kib);
    }
    let is_page = matches!(fault, AnswerFault::NotJson { .. }) && answer.body.kind == BodyKind::Page;
    if is_page && (context.is_in_the_clear() || answer.body.page == Some(PageKind::Login)) {
        return network::portal(answer.body.title.as_ref());
    }
    network::not_this_api(request, &malformed.to_string())
}
