//! Successes that are not the contract's: what came instead, and whose it is.

use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::Explanation;
use crate::diagnosis::findings::{browser, gateway, network, portal, reasons, ticket};
use crate::diagnosis::problem::{Owner, Problem};
use crate::diagnosis::words::{quoted, sentence};
use crate::model::failure::{Answer, AnswerFault, BodyKind, Hint, MalformedAnswer, PageKind, Product, Side};
use crate::model::{SafeText, is_explanation};

/// A success that is not the contract's: a page to log in, or another service.
pub fn success(request: RequestKind, malformed: &MalformedAnswer, context: &Context<'_>) -> Problem {
    let MalformedAnswer { fault, answer } = malformed;
    if let AnswerFault::TooLong { limit_kib } | AnswerFault::ValueTooLong { limit_kib, .. } = fault {
        return browser::answer_too_long(request, *limit_kib);
    }
    if let AnswerFault::OtherUnit { field, likely, .. } = fault {
        return ticket::other_unit(request, field, *likely, malformed);
    }
    if let Some(field) = wrong_field(fault) {
        return not_as_agreed(request, field, malformed);
    }
    if matches!(fault, AnswerFault::NotYet { .. }) {
        return not_yet(request, malformed);
    }
    if matches!(fault, AnswerFault::NotAlone { .. }) {
        return not_alone(request, malformed);
    }
    if let Some(problem) = gateway::challenged(&Refused { request, answer }, context) {
        return problem;
    }
    let refused = Refused { request, answer };
    let is_page = matches!(fault, AnswerFault::NotJson { .. }) && answer.body.kind == BodyKind::Page;
    let is_known = |hints: &[Hint]| hints.iter().any(|hint| answer.hints().has(*hint));
    let (title, page) = (answer.body.title.as_ref(), answer.body.page.filter(|_| is_page));
    if is_page
        && let Some(problem) = portal::of_tunnel(&refused, context).or_else(|| gateway::by_filter(&refused, context))
    {
        return problem;
    }
    // Whoever has let other requests through does not want a login first.
    let is_own = context.is_api_private() || context.has_let_in();
    let is_sign_on = answer.body.names.is_some_and(Product::is_sign_on) && !is_known(&[Hint::Guests]);
    if page == Some(PageKind::Login) && is_own || is_page && page != Some(PageKind::WebApp) && is_sign_on {
        return portal::own_login(title);
    }
    if page == Some(PageKind::Login) {
        return portal::portal(title);
    }
    let is_not_json = matches!(fault, AnswerFault::NotJson { .. });
    if is_not_json && is_known(&[Hint::Blocked, Hint::Country]) {
        return rejected_by_firewall(request, malformed, context);
    }
    if is_not_json
        && is_known(&[Hint::Challenge, Hint::DefaultPage, Hint::Suspended, Hint::Tunnel])
        && let Some(problem) = of_known_page(request, malformed, context)
    {
        return problem;
    }
    if is_not_json && is_known(&[Hint::Maintenance]) {
        return maintained(request, answer);
    }
    if page == Some(PageKind::WebApp) || is_page && context.is_api_private() && answer.body.names.is_none() {
        return web_app(request, malformed, context);
    }
    if is_page && !is_own && context.is_in_the_clear() && is_known(&[Hint::Guests]) {
        return portal::portal(title);
    }
    if let AnswerFault::Missing { field } = fault
        && tells_an_error(answer, field)
    {
        return error_inside(request, malformed);
    }
    if answer.body.kind == BodyKind::Empty
        && let Some(gateway) = Product::signed(answer).filter(|product| product.side() == Side::Gateway)
    {
        return empty_of_gateway(request, gateway, malformed, context);
    }
    if is_not_json && let Some(problem) = text_instead(request, malformed) {
        return problem;
    }
    if answer.body.kind == BodyKind::Empty
        && context.is_of_service(request)
        && !matches!(fault, AnswerFault::Missing { .. })
    {
        return empty(request, malformed);
    }
    let problem = network::not_this_api(request, &malformed.to_string());
    match (fault, context.service()) {
        (AnswerFault::Missing { field }, None) if let Some(place) = elsewhere(answer, field) => Problem {
            next: format!("Whoever wrote the profile can name the place where it is: {place} instead of {field}.")
                .into(),
            ..problem
        },
        _ => problem,
    }
}

/// The name at the end of a JSON pointer.
fn last_name(pointer: &SafeText) -> &str {
    pointer.as_str().rsplit('/').next().unwrap_or_default()
}

/// The one other place in the JSON of `answer` where something of the name of `wanted` is.
fn elsewhere<'a>(answer: &'a Answer, wanted: &SafeText) -> Option<&'a SafeText> {
    let mut places = answer.body.fields.iter().filter(|field| last_name(field) == last_name(wanted));
    let place = places.next()?;
    places.next().is_none().then_some(place)
}

/// The service itself gave a success with nothing in it.
fn empty(request: RequestKind, malformed: &MalformedAnswer) -> Problem {
    Problem {
        owner: Owner::Developers,
        cause: format!("{} The service itself answered with {}, and sent nothing with it.", sentence(&malformed.to_string()), malformed.answer.status),
        next: "The developers can see why the API answers with a success and without content; whoever wrote the profile can check \
               path and method."
            .into(),
        ..network::not_this_api(request, "")
    }
}

/// A text came with the status of a success, which is as a rule a refusal in words.
fn text_instead(request: RequestKind, malformed: &MalformedAnswer) -> Option<Problem> {
    let words = quoted(&malformed.answer);
    let is_text = malformed.answer.body.kind == BodyKind::Text && !words.is_empty();
    is_text.then(|| Problem {
        owner: Owner::Developers,
        title: format!("The answer to the {request} is a text in place of JSON, with the status of a success"),
        cause: format!("{}{words}", sentence(&malformed.to_string())),
        next: "The developers know what this text means: a refusal needs the status of an error; operations can see whether the \
               program gave it, or a gateway before it."
            .into(),
        ..network::not_this_api(request, "")
    })
}

/// Whether all that stands in the JSON is what explains a refusal, and `wanted` is not in it, at another place. Its values may
/// be secrets, and are not kept.
fn tells_an_error(answer: &Answer, wanted: &SafeText) -> bool {
    if answer.body.fields.iter().any(|field| last_name(field) == last_name(wanted)) {
        return false;
    }
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
        reasons::by_words(&Refused { request, answer: &malformed.answer }, context)?;
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
        | AnswerFault::OtherUnit { .. }
        | AnswerFault::NotYet { .. }
        | AnswerFault::ValueTooLong { .. }
        | AnswerFault::TooLong { .. } => None,
    }
}

/// The service is still at what the profile waits for.
fn not_yet(request: RequestKind, malformed: &MalformedAnswer) -> Problem {
    Problem {
        owner: Owner::Operations,
        title: format!("What the {request} waits for does not come about"),
        cause: format!("{} The service answers, and is not done with what it was asked for.", sentence(&malformed.to_string())),
        next: "Operations can see in the service's log what keeps it; if it only takes longer, whoever wrote the profile can wait \
               longer (within) or for another value (until)."
            .into(),
        ..network::not_this_api(request, "")
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
    let explanation = reasons::by_words(&refused, context);
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
