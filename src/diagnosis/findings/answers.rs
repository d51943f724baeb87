//! Answers that are nobody's in particular: failures, and what the contract does not know.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::{browser, credentials, gateway, network, status};
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::diagnosis::words::{quoted, sentence};
use crate::model::failure::{Answer, AnswerFault, BodyKind, Hint, MalformedAnswer, PageKind, Product, Side};
use crate::model::{SafeText, is_explanation};

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
    let explanation = explanation::by_words(refused, context);
    let (owner, cause, next) = match explanation {
        Some(Explanation { owner, cause, next }) => (owner, cause.into_owned(), next),
        None => (Owner::Operations, unavailable_cause(refused), "Operations can fix it.".into()),
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
    let explanation = explanation::by_words(refused, context).filter(|_| refused.answer.status == 530);
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
    let Explanation { owner, cause, next } = explanation::by_words(refused, context)
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
    let is_its_own = explanation::gateway_itself(refused.answer) == Some(Product::ApiGateway);
    (is_its_own && refused.answer.body.kind == BodyKind::Json).then(|| {
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
        (RequestKind::Token | RequestKind::Ticket, Some(which)) if refused.answer.status == 504 => (
            "The server behind the gateway does not answer in time",
            format!(
                "The gateway{name} waited in vain for the answer to the {}, while {which} answered through the same gateway: what \
                 this request needs is slow or hangs, or one of several servers does.",
                refused.request
            ),
            "Operations can see what the server waits for at this request, such as a store or a database (check --repeat 8 tells \
             how often it fails)."
                .to_owned(),
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
pub fn server_failed(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let explanation = explanation::by_words(refused, context)
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
    let is_told = refused.answer.body.kind == BodyKind::Json && refused.answer.hints().has(Hint::Unreachable);
    is_told.then(|| {
        Explanation::new(
            Owner::Operations,
            "The server says that it does not reach something that it needs itself.",
            "Operations can see whether what its answer names runs, and whether the server has the right address of it.",
        )
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
        .or_else(|| explanation::by_words(refused, context))
        .or_else(|| status::of_rare_status(refused))
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

/// A success that is not the contract's: a page to log in, or another service.
pub fn malformed(request: RequestKind, malformed: &MalformedAnswer, context: &Context<'_>) -> Problem {
    let MalformedAnswer { fault, answer } = malformed;
    if let AnswerFault::TooLong { limit_kib } | AnswerFault::ValueTooLong { limit_kib, .. } = fault {
        return browser::answer_too_long(request, *limit_kib);
    }
    if let Some(field) = wrong_field(fault) {
        return not_as_agreed(request, field, malformed);
    }
    if matches!(fault, AnswerFault::NotAlone { .. }) {
        return not_alone(request, malformed);
    }
    if let Some(problem) = gateway::challenged(&Refused { request, answer }, context) {
        return problem;
    }
    let is_page = matches!(fault, AnswerFault::NotJson { .. }) && answer.body.kind == BodyKind::Page;
    if is_page && answer.body.page == Some(PageKind::Login) && context.is_api_private() {
        return network::own_login(answer.body.title.as_ref());
    }
    if is_page && answer.body.names.is_some_and(Product::is_sign_on) {
        return network::own_login(answer.body.title.as_ref());
    }
    // Whoever has let other requests through does not want a login first.
    if is_page && answer.body.page == Some(PageKind::Login) && context.has_let_in() {
        return network::own_login(answer.body.title.as_ref());
    }
    if is_page && (context.is_in_the_clear() || answer.body.page == Some(PageKind::Login)) {
        return network::portal(answer.body.title.as_ref());
    }
    if is_page && answer.hints().has(Hint::Blocked) && !context.is_in_the_clear() {
        return rejected_by_firewall(request, malformed, context);
    }
    let is_known = |hints: &[Hint]| hints.iter().any(|hint| answer.hints().has(*hint));
    if is_page
        && is_known(&[Hint::Challenge, Hint::DefaultPage, Hint::Suspended, Hint::Tunnel])
        && let Some(problem) = of_known_page(request, malformed, context)
    {
        return problem;
    }
    if is_page && answer.hints().has(Hint::Maintenance) {
        return maintained(request, answer);
    }
    if is_page && context.is_api_private() && answer.body.names.is_none() {
        return web_app(request, malformed, context);
    }
    if matches!(fault, AnswerFault::Missing { .. }) && tells_an_error(answer) {
        return error_inside(request, malformed);
    }
    if answer.body.kind == BodyKind::Empty
        && let Some(gateway) = Product::signed(answer).filter(|product| product.side() == Side::Gateway)
    {
        return empty_of_gateway(request, gateway, malformed, context);
    }
    network::not_this_api(request, &malformed.to_string())
}

/// Whether all that stands in the JSON is what explains a refusal. Its values may be secrets, and are not kept.
fn tells_an_error(answer: &Answer) -> bool {
    let mut names = answer.body.fields.iter().filter_map(|pointer| pointer.as_str().split('/').nth(1));
    let is_telling = |name: &str| is_explanation(name) || matches!(name, "success" | "data" | "result");
    let is_error = |name: &str| name.starts_with("err") || matches!(name, "message" | "success" | "detail" | "reason");
    names.clone().any(is_error) && names.all(is_telling)
}

/// The answer has the status of a success, and tells of an error.
fn error_inside(request: RequestKind, malformed: &MalformedAnswer) -> Problem {
    Problem {
        owner: Owner::Developers,
        title: format!("The answer to the {request} is an error with the status of a success"),
        cause: format!(
            "{} So the API refuses, and says {} all the same. Ticketscope does not keep what such answers say: they may hold secrets.",
            sentence(&malformed.to_string()),
            malformed.answer.status
        ),
        next: "The developers know what this answer means, and can give it the status of an error; the browser's tools show its text."
            .into(),
        ..network::not_this_api(request, "")
    }
}

/// A page came whose words tell what it is.
fn of_known_page(request: RequestKind, malformed: &MalformedAnswer, context: &Context<'_>) -> Option<Problem> {
    let Explanation { owner, cause, next } =
        explanation::by_words(&Refused { request, answer: &malformed.answer }, context)?;
    Some(Problem {
        owner,
        title: format!("A page came instead of the answer to the {request}"),
        cause: format!("{cause} {}", sentence(&malformed.to_string())),
        next,
        ..network::not_this_api(request, "")
    })
}

/// A gateway answers with a success and nothing in it: it asked nobody.
fn empty_of_gateway(
    request: RequestKind,
    gateway: Product,
    malformed: &MalformedAnswer,
    context: &Context<'_>,
) -> Problem {
    Problem {
        owner: Owner::Operations,
        cause: format!(
            "{} The gateway ({}) gives such an answer itself where it has nothing set up for a host or path: {} is not routed to the \
             API.",
            sentence(&malformed.to_string()),
            gateway.label(),
            context.asked(request)
        ),
        next:
            "Operations can route that host and path to the API there; whoever wrote the profile can check the address."
                .into(),
        ..network::not_this_api(request, "")
    }
}

/// A page came over TLS that nobody opens: it is the service's own, as a web app gives for every path that it knows not.
fn web_app(request: RequestKind, malformed: &MalformedAnswer, context: &Context<'_>) -> Problem {
    Problem {
        owner: Owner::Operations,
        cause: format!(
            "{} A rule that answers every path with the web app's page (index.html) caught this one: {} is not routed to the \
             API.",
            sentence(&malformed.to_string()),
            context.asked(request)
        ),
        next: "Operations can route that path to the API before the rule for the web app (in nginx: a location with proxy_pass \
               before try_files; in a CDN: no rewrite to index.html for it); whoever wrote the profile can check the path."
            .into(),
        ..network::not_this_api(request, "")
    }
}

/// The field of an answer that is there, and not what it should be.
fn wrong_field(fault: &AnswerFault) -> Option<&SafeText> {
    match fault {
        AnswerFault::Empty { field }
        | AnswerFault::NotText { field }
        | AnswerFault::NotSeconds { field }
        | AnswerFault::NotADate { field }
        | AnswerFault::NotSendable { field } => Some(field),
        AnswerFault::NotJson { .. }
        | AnswerFault::NotAlone { .. }
        | AnswerFault::Missing { .. }
        | AnswerFault::ValueTooLong { .. }
        | AnswerFault::TooLong { .. } => None,
    }
}

/// The JSON is there, behind something that is none.
fn not_alone(request: RequestKind, malformed: &MalformedAnswer) -> Problem {
    Problem {
        owner: Owner::Developers,
        title: format!("The answer to the {request} has something before its JSON"),
        cause: format!(
            "{} No client reads it as it is: most often it is a warning that the program prints into its answers, or a prefix that \
             only the web app knows to take off.",
            sentence(&malformed.to_string())
        ),
        next: "The developers can keep warnings out of answers (in PHP: display_errors off), or leave the prefix out."
            .into(),
        ..network::not_this_api(request, "")
    }
}

/// The API answers, and one of its fields is not what client and server agreed on.
fn not_as_agreed(request: RequestKind, field: &SafeText, malformed: &MalformedAnswer) -> Problem {
    Problem {
        owner: Owner::Developers,
        title: format!("The answer to the {request} is not as agreed"),
        cause: format!(
            "{} The rest of the answer is as it should be, so the API gave it.",
            sentence(&malformed.to_string())
        ),
        next: format!("The developers can fix what the API answers at {field}.").into(),
        ..network::not_this_api(request, "")
    }
}

/// A page came, with the status of a success, that says that a firewall before the service rejects the request.
fn rejected_by_firewall(request: RequestKind, malformed: &MalformedAnswer, context: &Context<'_>) -> Problem {
    let refused = Refused { request, answer: &malformed.answer };
    let explanation = explanation::by_words(&refused, context);
    let Explanation { owner, cause, next } = explanation.unwrap_or_else(|| {
        Explanation::new(Owner::Operations, "A firewall answered.", "Operations can look up which rule of it refuses.")
    });
    let words = quoted(&malformed.answer);
    let problem = network::not_this_api(request, "");
    Problem {
        owner,
        title: format!("A firewall before the service rejects the {request}"),
        cause: format!("{cause} {}{words}", sentence(&malformed.to_string())),
        next,
        ..problem
    }
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
