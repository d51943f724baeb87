//! Answers that are nobody's in particular: failures, and what the contract does not know.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::{browser, network};
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::model::failure::{Answer, AnswerFault, BodyKind, Hint, MalformedAnswer, PageKind, Product, Side};

/// A failure of the server's, or of what is behind a gateway.
pub fn failed(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    match refused.answer.status {
        503 if refused.request != RequestKind::Upgrade => Some(service_unavailable(refused)),
        525 | 526 => Some(Problem {
            title: refused.titled("The CDN has no TLS connection to the server behind it"),
            cause: "The TLS handshake between the CDN and the origin server failed: its certificate or its TLS versions do \
                    not suit the CDN."
                .to_owned(),
            next: "Operations can fix it: a valid certificate on the origin server, or the CDN's mode of encryption.".into(),
            ..behind_gateway_down(refused, context)
        }),
        502..=504 | 520..=599 => Some(behind_gateway_down(refused, context)),
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
        cause: unavailable_cause(refused),
        next: "Operations can fix it.".into(),
        explains: &[Code::Flapping],
        ..Problem::ALONE
    }
}

fn unavailable_cause(refused: &Refused<'_>) -> String {
    let hints = refused.answer.hints();
    let product = Product::behind(refused.answer);
    match product {
        Some(Product::Heroku) => {
            "It is the platform's page (Heroku's router): the app behind it crashed, sleeps or does not answer in time."
                .to_owned()
        }
        _ if hints.has(Hint::AppCrashed) => {
            "It is the platform's page: the app behind it crashed or does not answer.".to_owned()
        }
        _ if hints.has(Hint::Maintenance) => "The service is being maintained.".to_owned(),
        Some(product) if hints.has(Hint::NoBackend) && product.side() == Side::Gateway => {
            format!("The gateway ({}) has no server behind it that is well.", product.label())
        }
        _ => "Nothing is wrong with this user's token; the API, or what it needs, is down.".to_owned(),
    }
}

fn behind_gateway_down(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let product = Product::behind(refused.answer).filter(|product| product.side() == Side::Gateway);
    let name = product.map_or_else(String::new, |product| format!(" ({})", product.label()));
    let same = context.answered.in_words(refused.request).filter(|_| context.is_same_gateway());
    let (title, cause, next) = match (refused.request, same) {
        (RequestKind::Upgrade, Some(which)) => {
            let setting =
                product.and_then(Product::upgrade_setting).map_or_else(String::new, |setting| format!(", {setting}"));
            (
                "Only the WebSocket fails: the gateway does not reach the socket server",
                format!(
                    "Only the upgrade fails: {which} answered through the same gateway{name}. The back end of the \
                     WebSocket's route is down, or the gateway speaks HTTP/2 to it, which knows no such upgrade."
                ),
                format!(
                    "Operations can fix it: start the socket server, and configure the upgrade on that route of the gateway \
                     (HTTP/1.1 towards the back end){setting}."
                ),
            )
        }
        (_, Some(which)) => {
            let all = context.answered.count() + 1;
            (
                "A part of the servers behind the gateway is down",
                format!(
                    "The gateway{name} answered in its place: 1 of {all} requests failed, {which} answered through the same \
                     gateway. So a part of the servers fails, as during a rolling deploy, or only this route's."
                ),
                "Operations can fix it: see which of the servers behind the gateway are well (check --repeat 8 tells how \
                 often it fails)."
                    .to_owned(),
            )
        }
        (_, None) => (
            "The server behind the gateway is down",
            format!("The gateway{name} answered in its place; nothing is wrong with this user's token."),
            "Operations can fix it.".to_owned(),
        ),
    };
    Problem {
        code: Code::ServerBehindGatewayDown,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: refused.titled(title),
        cause,
        next: next.into(),
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
        cause: if refused.answer.own_words().is_some() {
            "It is a failure of the server's own."
        } else {
            "It does not say why."
        }
        .to_owned(),
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
    if is_page && answer.body.page == Some(PageKind::Login) && context.is_api_private() {
        return network::own_login(answer.body.title.as_ref());
    }
    if is_page && (context.is_in_the_clear() || answer.body.page == Some(PageKind::Login)) {
        return network::portal(answer.body.title.as_ref());
    }
    if is_page && answer.hints().has(Hint::Maintenance) {
        return maintained(request, answer);
    }
    network::not_this_api(request, &malformed.to_string())
}

/// A page says that the service is being maintained.
fn maintained(request: RequestKind, answer: &Answer) -> Problem {
    Problem {
        owner: Owner::Operations,
        title: "The service shows a maintenance page".to_owned(),
        cause: format!(
            "A page about maintenance came as the answer to the {request}, with the status {}.",
            answer.status
        ),
        next: "Operations can say until when the maintenance lasts.".into(),
        ..network::not_this_api(request, "")
    }
}
