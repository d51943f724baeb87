//! What is forbidden, by the API itself, by a gateway before it or by something on the way.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::{credentials, greeting, reasons, upgrade};
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::model::failure::{BodyKind, Hint, Product, Setting, Side};

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
pub(super) fn of_the_service(refused: &Refused<'_>, Explanation { owner, cause, next }: Explanation) -> Problem {
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
pub(super) fn blocked(refused: &Refused<'_>, by: Option<&str>, context: &Context<'_>) -> Problem {
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
