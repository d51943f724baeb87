//! Answers that are nobody's in particular: failures, and what the contract does not know.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::{credentials, reasons, status};
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::model::failure::{BodyKind, Hint, Product, Setting, Side};

/// A failure of the server's, or of what is behind a gateway.
pub fn failed(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    match refused.answer.status {
        503 if refused.request != RequestKind::Upgrade => Some(service_unavailable(refused, context)),
        520..=527 | 530 => Some(of_cdn(refused, context)),
        502..=504 | 520..=599 => {
            Some(told_by_server(refused, context).unwrap_or_else(|| behind_gateway_down(refused, context)))
        }
        500.. => Some(server_failed(refused, context)),
        _ => None,
    }
}

fn service_unavailable(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let explanation = reasons::by_words(refused, context);
    let (owner, cause, next) = match explanation {
        Some(Explanation { owner, cause, next }) => (owner, cause.into_owned(), next),
        None => (Owner::Operations, unavailable_cause(refused), repair(refused).into()),
    };
    Problem {
        code: Code::ServiceUnavailable,
        severity: Severity::Error,
        owner,
        title: refused.titled("The service is unavailable"),
        cause,
        next,
        explains: &[Code::Flapping],
        ..Problem::ALONE
    }
}

/// How what is behind the gateway that answered is brought back.
fn repair(refused: &Refused<'_>) -> String {
    let gateway = Product::author(refused.answer).filter(|product| product.side() == Side::Gateway);
    match gateway.filter(|_| refused.answer.body.kind != BodyKind::Json || Product::itself(refused.answer).is_some()) {
        Some(_) => format!(
            "Operations can start the server behind it, or see why the gateway does not reach it{}.",
            explanation::set(gateway, Setting::BackEnd)
        ),
        None => "Operations can see in the log of the API, and of the gateway before it, what is down.".to_owned(),
    }
}

fn unavailable_cause(refused: &Refused<'_>) -> String {
    let hints = refused.answer.hints();
    let product = Product::behind(refused.answer);
    match product {
        // Everything on Heroku passes its router; what it says itself is a page.
        Some(Product::Heroku) if refused.answer.body.kind != BodyKind::Json => {
            "It is the platform's page (Heroku's router): the app behind it crashed, sleeps or does not answer in time."
                .to_owned()
        }
        None if hints.has(Hint::NoBackend) => {
            "The router before the API has no server behind it that runs and is ready.".to_owned()
        }
        _ if hints.has(Hint::AppCrashed) => {
            "It is the platform's page: the app behind it crashed or does not answer.".to_owned()
        }
        Some(product) if hints.has(Hint::NoBackend) && product.side() == Side::Gateway => {
            format!("The gateway ({}) has no server behind it that is well.", product.label())
        }
        Some(product) if product.side() == Side::Gateway && refused.answer.body.kind == BodyKind::Page => format!(
            "The gateway ({}) answered in the API's place; nothing is wrong with this user's token: the API behind it, or what \
             that needs, is down.",
            product.label()
        ),
        _ if refused.answer.body.kind == BodyKind::Json && refused.answer.own_words().is_some() => {
            "Nothing is wrong with this user's token; the API itself answers, and says that it, or what it needs, is down."
                .to_owned()
        }
        _ => "Nothing is wrong with this user's token; the API, or what it needs, is down.".to_owned(),
    }
}

/// What a CDN says of the server behind it, each with a status of its own (Cloudflare's, which others have taken over).
fn of_cdn(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let (title, cause, next) = match refused.answer.status {
        520 => (
            "The server behind the CDN answers nothing that the CDN understands",
            "The CDN reached the origin server, which sent an empty answer, ended the connection, or sent something that is not \
             HTTP or has too large headers.",
            "Operations can see in the origin server's log what it answered then: a crash, a limit of time, or cookies and \
             headers that are too large.",
        ),
        521 => (
            "The web server behind the CDN is down",
            "The origin server turned the CDN's connection away: the program is down, or something before it does not let the \
             CDN's addresses in.",
            "Operations can start the origin server, and let the CDN's addresses in.",
        ),
        522 => (
            "The server behind the CDN does not answer in time",
            "The CDN's connection to the origin server timed out (TCP): the server is overloaded or off, or packets from the \
             CDN's addresses are dropped before it.",
            "Operations can see whether the origin server runs, has that address, and gets the CDN's packets.",
        ),
        523 => (
            "The server behind the CDN cannot be reached",
            "The CDN has no route to the origin server: its address at the CDN is wrong, or its network is gone.",
            "Operations can correct the origin server's address in the CDN's DNS.",
        ),
        524 => (
            "The server behind the CDN takes too long",
            "The CDN is connected to the origin server, which did not answer in time (in Cloudflare: 100 s).",
            "Operations can see what keeps the origin server busy; the developers can answer long requests earlier.",
        ),
        525 => (
            "The CDN has no TLS connection to the server behind it",
            "The TLS handshake between the CDN and the origin server failed: the server speaks no TLS on that port, knows no \
             certificate for this host name, or has no version or cipher in common.",
            "Operations can fix it: TLS with a certificate for this host name on the origin server, or the CDN's mode of \
             encryption.",
        ),
        526 => (
            "The CDN does not accept the certificate of the server behind it",
            "TLS between the CDN and the origin server failed over its certificate: it has expired, is self-signed, or is for \
             another host name, and the CDN checks it (in Cloudflare: Full (strict)).",
            "Operations can put a valid certificate for this host name on the origin server.",
        ),
        527 => (
            "The CDN has no connection to its helper before the server",
            "The connection between the CDN and the program that it has beside the origin server (Railgun) failed.",
            "Operations can switch that program off: it is not supported any more.",
        ),
        _ => (
            "The CDN cannot serve this host name",
            "The CDN itself failed with an error of its own (1xxx), which its page names: most often the DNS record of the \
             server behind it.",
            "Operations can look that number up in the CDN's documentation, and correct the host name's record there.",
        ),
    };
    let explanation = reasons::by_words(refused, context).filter(|_| refused.answer.status == 530);
    let Explanation { owner, cause, next } =
        explanation.unwrap_or_else(|| Explanation::new(Owner::Operations, cause, next));
    Problem {
        owner,
        title: refused.titled(title),
        cause: format!("{cause}{}", same_gateway_note(refused, context)),
        next,
        ..behind_gateway_down(refused, context)
    }
}

/// What was answered through the same gateway, as a sentence behind others.
fn same_gateway_note(refused: &Refused<'_>, context: &Context<'_>) -> String {
    let note = context.only_this_fails(refused.request);
    if note.is_empty() { " Nothing is wrong with this user's token.".to_owned() } else { note }
}

/// A status of a gateway's whose answer says itself why.
fn told_by_server(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let is_upgrade = refused.request == RequestKind::Upgrade;
    let is_json = refused.answer.body.kind == BodyKind::Json && refused.answer.own_words().is_some();
    let is_of_program = is_upgrade && is_json && Product::behind(refused.answer).is_none_or(is_passing_on);
    let of_status = || status::of_failure_status(refused.answer.status);
    let Explanation { owner, cause, next } = reasons::by_words(refused, context)
        .or_else(of_status)
        .or_else(|| program_behind(refused))
        .or_else(|| needs_what_is_down(refused))
        .or_else(|| {
            is_of_program.then(|| {
                Explanation::new(
                    Owner::Operations,
                    "The program itself answers, in JSON, and not a gateway's page.",
                    "Operations can look it up in the program's log; the developers know what their answer means.",
                )
            })
        })?;
    let title = if is_upgrade { "The server refused the WebSocket" } else { "The service is unavailable" };
    Some(Problem {
        code: Code::ServerBehindGatewayDown,
        severity: Severity::Error,
        owner,
        title: refused.titled(title),
        cause: format!("{cause}{}", same_gateway_note(refused, context)),
        next,
        ..Problem::ALONE
    })
}

/// A gateway that runs programs itself says that one failed.
fn program_behind(refused: &Refused<'_>) -> Option<Explanation> {
    let is_its_own = Product::itself(refused.answer) == Some(Product::ApiGateway);
    // Its 504 says that the program took too long.
    let is_failure = refused.answer.status != 504 && refused.answer.body.kind == BodyKind::Json;
    (is_its_own && is_failure).then(|| {
        Explanation::new(
            Owner::Operations,
            "The program behind Amazon API Gateway (a Lambda function or another integration) failed, or answered in a form that \
             the gateway does not take.",
            "Operations can see in the logs of the API's stage and of that function why; the developers may have to fix it.",
        )
    })
}

/// Whether JSON that `product` gives is the program's behind it: of these the own answers are pages or text.
fn is_passing_on(product: Product) -> bool {
    match product.side() {
        Side::Application => true,
        Side::User => false,
        Side::Gateway => !matches!(product, Product::ApiGateway | Product::Kong),
    }
}

fn behind_gateway_down(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let product = Product::behind(refused.answer).filter(|product| product.side() == Side::Gateway);
    let name = product.map_or_else(String::new, |product| format!(" ({})", product.label()));
    let same = context.answered.in_words(refused.request).filter(|_| context.is_same_gateway());
    let setting = product.and_then(Product::upgrade_setting).map_or_else(String::new, |setting| format!(", {setting}"));
    let (title, cause, next) = match (refused.request, same) {
        (RequestKind::Upgrade, Some(which)) if context.was_connected => (
            "The WebSocket worked before, and the server behind the gateway does not take it now",
            format!(
                "Only the upgrade fails: {which} answered through the same gateway{name}, and a WebSocket was open in this \
                 session before, so the way is set up for it. The socket server went down since, or takes no further \
                 connection."
            ),
            "Operations can see in the log of the socket server whether it runs, and whether a limit of connections keeps a \
             client from coming back while its last one is not over."
                .to_owned(),
        ),
        // Chrome tells the status and nothing else.
        (RequestKind::Upgrade, _)
            if context.is_of_files
                && refused.answer.status == 503
                && product.is_none() && refused.answer.headers.is_empty() => (
            "The service does not take the WebSocket",
            "Whether a gateway before it answered so, or the server itself, is not told: nothing of the answer but its status \
             is known."
                .to_owned(),
            "Operations can see who answers so: the server's log has the request if it came through.".to_owned(),
        ),
        (RequestKind::Upgrade, Some(which)) if refused.answer.status == 504 => (
            "Only the WebSocket fails: the socket server does not answer the gateway in time",
            format!(
                "Only the upgrade fails: {which} answered through the same gateway{name}. The server behind the WebSocket's route \
                 hangs, or waits because what reaches it is no upgrade."
            ),
            format!(
                "Operations can see in that server's log whether the request arrives, and as an upgrade; else configure the upgrade \
                 on that route of the gateway{setting}."
            ),
        ),
        (RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting, which) if refused.answer.status == 504 => (
            "The server behind the gateway does not answer in time",
            format!(
                "The gateway{name} waited in vain for the answer to the {}{}: what this request needs is slow or hangs, or one of \
                 several servers does.",
                refused.request,
                which.map_or_else(String::new, |which| format!(", while {which} answered through the same gateway"))
            ),
            format!(
                "Operations can see in the back end's log what it waits for at this request, such as a store or a database (check \
                 --repeat 8 tells how often it fails), or raise the gateway's timeout{}.",
                explanation::set(product, Setting::Timeout)
            ),
        ),
        (RequestKind::Upgrade, Some(which)) => (

                "Only the WebSocket fails: the gateway does not reach the socket server",
                format!(
                    "Only the upgrade fails: {which} answered through the same gateway{name}. The back end of the \
                     WebSocket's route is down, or the gateway speaks HTTP/2 to it, which knows no such upgrade."
                ),
                format!(
                    "Operations can fix it: start the socket server, and configure the upgrade on that route of the gateway \
                     (HTTP/1.1 towards the back end){setting}."
                ),
        ),
        (_, Some(which)) => {
            let all = context.answered.count() + 1;
            (
                "A part of the servers behind the gateway is down",
                format!(
                    "The gateway{name} answered in its place: 1 of {all} requests failed, {which} answered through the same \
                     gateway. So a part of the servers fails, as during a rolling deploy, or only this route's."
                ),
                format!(
                    "Operations can fix it: see which of the servers behind the gateway are well{} (check --repeat 8 tells how \
                     often it fails).",
                    product.and_then(|product| product.setting(Setting::BackEnd)).map_or_else(String::new, |it| format!(", {it}"))
                ),
            )
        }
        (_, None) => (
            "The server behind the gateway is down",
            format!("The gateway{name} answered in its place; nothing is wrong with this user's token."),
            repair(refused),
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
pub fn server_failed(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let explanation = reasons::by_words(refused, context)
        .or_else(|| status::of_failure_status(refused.answer.status))
        .or_else(|| credentials::of_any_status(refused, context))
        .or_else(|| program_behind(refused))
        .or_else(|| needs_what_is_down(refused))
        .or_else(|| fails_at_upgrade(refused));
    let explanation = explanation.unwrap_or_else(|| {
        Explanation::new(
            Owner::Operations,
            if refused.answer.own_words().is_some() {
                "It is a failure of the server's own."
            } else if context.is_of_files && refused.answer.headers.is_empty() {
                "What it says of it is not in this file."
            } else {
                "It does not say why."
            },
            "Operations can look it up in its log; the developers may have to fix it.",
        )
    });
    Problem {
        code: Code::ServerFailed,
        severity: Severity::Error,
        owner: explanation.owner,
        title: refused.titled("The server failed inside"),
        cause: explanation.cause.into_owned(),
        next: explanation.next,
        explains: &[Code::Flapping],
        ..Problem::ALONE
    }
}

/// A web server in front fails itself, with a page of its own, where the request is an upgrade.
fn fails_at_upgrade(refused: &Refused<'_>) -> Option<Explanation> {
    let product = Product::signed(refused.answer).filter(|product| product.side() == Side::Gateway)?;
    let setting = product.upgrade_setting()?;
    let is_its_own = refused.answer.body.kind == BodyKind::Page && !explanation::says_more_than_its_status(refused);
    (refused.request == RequestKind::Upgrade && is_its_own).then(|| {
        Explanation::new(
            Owner::Operations,
            format!(
                "The web server in front ({}) fails itself, with a page of its own, at what is an upgrade: it lacks what passes \
                 WebSockets on, or that is set up wrongly.",
                product.label()
            ),
            format!("Operations can see in its error log what it misses, and set it up ({setting})."),
        )
    })
}

/// A program says that it does not reach what it needs itself.
fn needs_what_is_down(refused: &Refused<'_>) -> Option<Explanation> {
    let is_of_program = match refused.answer.body.kind {
        BodyKind::Json => true,
        BodyKind::Text => Product::itself(refused.answer).is_none(),
        BodyKind::Empty | BodyKind::Page | BodyKind::Binary => false,
    };
    let is_told = is_of_program && refused.answer.hints().has(Hint::Unreachable);
    is_told.then(|| match refused.answer.named_store() {
        Some(store) => Explanation::new(
            Owner::Operations,
            format!("The server says that it does not reach {store}, which it needs itself."),
            format!("Operations can see whether {store} runs, and whether the server reaches it at the address that it has."),
        ),
        None => Explanation::new(
            Owner::Operations,
            "The server says that it does not reach something that it needs itself.",
            "Operations can see whether what its answer names runs, and whether the server has the right address of it.",
        ),
    })
}

/// The contract does not know this answer.
pub fn unexpected(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let request = refused.request;
    let title = match refused.answer.status {
        413 => "The server calls the request too large".to_owned(),
        414 => "The server calls the request's address too long".to_owned(),
        419 | 440 => "The server wants a session of the web app".to_owned(),
        _ => format!("Unexpected answer to the {request}"),
    };
    let explanation = status::of_status(refused, context)
        .or_else(|| credentials::of_grant(refused))
        .or_else(|| credentials::of_any_status(refused, context))
        .or_else(|| reasons::by_words(refused, context))
        .or_else(|| status::of_rare_status(refused, context))
        .unwrap_or_else(|| {
            Explanation::new(
                Owner::Developers,
                "The contract does not know this status.",
                "The developers can tell what it means.",
            )
        });
    Problem {
        code: Code::UnexpectedAnswer,
        severity: Severity::Error,
        owner: explanation.owner,
        title: refused.titled(&title),
        cause: explanation.cause.into_owned(),
        next: explanation.next,
        ..Problem::ALONE
    }
}
