//! There is nothing at the path that was asked for, or not for this method.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::{address, own_numbers, reasons};
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::model::failure::{BodyKind, Hint, Product, Setting};

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
