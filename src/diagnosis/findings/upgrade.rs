//! Upgrades that are refused: what the gateway, the framework or the program has to change.

use std::borrow::Cow;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::model::failure::{BodyKind, Hint, HttpVersion, Product, Side};

/// What is the matter with a refused upgrade: who can fix it, why, and how.
struct Refusal {
    owner: Owner,
    cause: Cow<'static, str>,
    next: Cow<'static, str>,
}

impl Refusal {
    fn new(owner: Owner, cause: impl Into<Cow<'static, str>>, next: impl Into<Cow<'static, str>>) -> Self {
        Self { owner, cause: cause.into(), next: next.into() }
    }
}

/// The service's side refuses the upgrade, with a status that is no failure of what is behind it.
pub fn refused(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let is_refusal = matches!(refused.answer.status, 200..=299 | 400..=499 | 501 | 505);
    if refused.request != RequestKind::Upgrade || !is_refusal || !context.is_of_service(RequestKind::Upgrade) {
        return None;
    }
    let product = Product::behind(refused.answer);
    // No WebSocket server speaks HTTP/1.0 (RFC 6455 §4.2.2), and gateways of services do not either.
    if refused.answer.version == HttpVersion::Http10 && product.is_none() {
        return None;
    }
    let Refusal { owner, cause, next } = refusal(refused, product, context);
    let same = context.answered.in_words(RequestKind::Upgrade).filter(|_| context.is_same_gateway());
    let same = same.map_or_else(String::new, |which| {
        format!(" Only the upgrade fails: {which} answered through the same gateway.")
    });
    Some(Problem {
        code: Code::UpgradeRefused,
        severity: Severity::Error,
        owner,
        title: refused.titled(title(refused)),
        cause: format!("{cause}{same}"),
        next,
        ..Problem::ALONE
    })
}

fn title(refused: &Refused<'_>) -> &'static str {
    match refused.answer.status {
        200..=299 => "The WebSocket's address answers with something else",
        426 => "The upgrade's headers did not arrive",
        431 | 494 => "The upgrade's headers are too large",
        501 => "The server does not do WebSockets",
        _ => "The server refused the WebSocket",
    }
}

fn refusal(refused: &Refused<'_>, product: Option<Product>, context: &Context<'_>) -> Refusal {
    use Owner::{Developers, Operations, ProfileAuthor};
    let hints = refused.answer.hints();
    let setting = product.and_then(Product::upgrade_setting);
    if let Some(near) = product.filter(|product| product.side() == Side::User) {
        return Refusal::new(
            Owner::UserIt,
            format!("A proxy or filter on the way ({}) passed the answer on, or gave it.", near.label()),
            "The user's IT can make an exception for the service's addresses there; operations, if it is the service's.",
        );
    }
    match refused.answer.status {
        426 => headers_lost("it says that an upgrade is required, so the server got none", product),
        464 | 421 | 505 => Refusal::new(
            Operations,
            format!(
                "{} speaks another version of HTTP to the server behind it than the upgrade needs, which is HTTP/1.1.",
                sentence_name(product)
            ),
            format!(
                "Operations can let it speak HTTP/1.1 instead of HTTP/2 towards the back end{}.",
                in_brackets(setting)
            ),
        ),
        431 | 494 => headers_too_large(),
        _ if hints.has(Hint::PlainHttp) => plain_http(),
        200..=299 if refused.answer.body.kind == BodyKind::Page => Refusal::new(
            Operations,
            "The path of the WebSocket is not routed to the socket server: a web page came, as for a path of the web app \
             itself.",
            format!(
                "Operations can route the path of the profile's WebSocket address to the socket server{}.",
                in_brackets(setting)
            ),
        ),
        200..=299 => Refusal::new(
            Operations,
            "An ordinary answer came: the path of the WebSocket is not routed to the socket server, or the upgrade's \
             headers are dropped before it.",
            format!("Operations can route the path to the socket server{}.", in_brackets(setting)),
        ),
        _ if hints.has(Hint::Origin) => Refusal::new(
            Operations,
            "It refuses this origin, and says so.",
            "Operations can add the profile's origin to the server's list of allowed origins, and let the gateway pass \
             the headers Origin and Host unchanged.",
        ),
        _ if hints.has(Hint::Host) => Refusal::new(
            Operations,
            "It does not know the host name in the request.",
            "Operations can add the host name to those the server allows, or let the gateway pass the header Host \
             unchanged.",
        ),
        _ if hints.has(Hint::Subprotocol) => Refusal::new(
            Developers,
            "It wants a subprotocol (Sec-WebSocket-Protocol), and the profile offers none that it takes.",
            "The developers can say which subprotocol the server expects.",
        ),
        _ if hints.has(Hint::NoWebSockets) => no_web_sockets(product),
        _ if hints.has(Hint::UpgradeHeaders) => {
            headers_lost("it says that the upgrade's headers are missing or wrong", product)
        }
        _ if hints.has(Hint::Headers) => headers_too_large(),
        _ if hints.has(Hint::Csrf) || hints.has(Hint::Cookie) => Refusal::new(
            Developers,
            "It wants a cookie, or a token against forged requests, that this client does not have.",
            "The developers can say which cookie the web app sends.",
        ),
        _ if hints.has(Hint::Connections) => Refusal::new(
            Operations,
            "It has as many connections as it allows.",
            "Operations can raise the limit of connections, or find out who holds so many.",
        ),
        _ if hints.has(Hint::Maintenance) => {
            Refusal::new(Operations, "It is being maintained.", "Operations can say until when the maintenance lasts.")
        }
        _ if hints.has(Hint::Blocked) => address_blocked(product),
        405 => Refusal::new(
            Operations,
            "The path answers other methods than GET: it is not the socket server's.",
            format!("Operations can route the path to the socket server{}.", in_brackets(setting)),
        ),
        501 => no_web_sockets(product),
        400 => headers_lost(
            "it took the request for a faulty one, as WebSocket libraries do when no upgrade arrives",
            product,
        ),
        403 => forbidden(refused, product, setting),
        410 => Refusal::new(
            ProfileAuthor,
            "The WebSocket was at this address and is not any more.",
            "Whoever wrote the profile can find the new address.",
        ),
        _ if context.was_connected => Refusal::new(
            Operations,
            "It has let this client in before.",
            "Operations can look the refusal up in the logs of gateway and server.",
        ),
        _ => Refusal::new(
            Operations,
            format!("{} does not let the upgrade through.", sentence_name(product)),
            format!("Operations can let upgrades through there{}.", in_brackets(setting)),
        ),
    }
}

/// A 403 without a reason, by whoever gave it.
fn forbidden(refused: &Refused<'_>, product: Option<Product>, setting: Option<&'static str>) -> Refusal {
    // A gateway puts its own name on what the program behind it said, and has a page for what it says itself.
    let is_passed_on = refused.answer.has_header("x-envoy-upstream-service-time")
        || product.is_some_and(|product| {
            matches!(
                product,
                Product::Nginx | Product::Openresty | Product::Apache | Product::Iis | Product::Cloudflare
            ) && matches!(refused.answer.body.kind, BodyKind::Empty | BodyKind::Json | BodyKind::Text)
        });
    match product.filter(|_| !is_passed_on).map(|product| (product, product.side())) {
        Some((product @ (Product::Envoy | Product::Alb | Product::ApiGateway), _)) => Refusal::new(
            Owner::Operations,
            format!("The gateway ({}) does not allow upgrades on this route.", product.label()),
            format!("Operations can let upgrades through there{}.", in_brackets(setting)),
        ),
        Some((product, Side::Gateway | Side::User)) => Refusal::new(
            Owner::Operations,
            format!(
                "The gateway before the server ({}), or the server behind it, forbids the upgrade.",
                product.label()
            ),
            "Operations can look it up in the gateway's log: a rule that forbids the path, or, if the request reached the \
             server, an origin or ticket that it does not take.",
        ),
        Some((_, Side::Application)) | None if refused.answer.body.kind == BodyKind::Empty => Refusal::new(
            Owner::Developers,
            "An empty 403 before the handshake is how a program (daphne, uvicorn and others do it) rejects a connection: \
             the application itself refuses, for the ticket, the origin or a missing route.",
            "The developers can see in the application's log why it rejects the connection before accepting it.",
        ),
        Some((_, Side::Application)) | None => Refusal::new(
            Owner::Operations,
            "The server, or a gateway of the service's, forbids it.",
            "Operations can look it up in the logs of gateway and server.",
        ),
    }
}

fn headers_lost(why: &str, product: Option<Product>) -> Refusal {
    let by = product.filter(|product| product.side() == Side::Gateway);
    let who = by.map_or_else(
        || "the proxy in front of the server".to_owned(),
        |by| format!("the proxy in front ({})", by.label()),
    );
    let setting = by.or(Some(Product::Nginx)).and_then(Product::upgrade_setting).unwrap_or_default();
    Refusal::new(
        Owner::Operations,
        format!("Most likely {who} drops the headers Upgrade and Connection: {why}."),
        format!("Operations can let them through ({setting})."),
    )
}

fn headers_too_large() -> Refusal {
    Refusal::new(
        Owner::Operations,
        "The request's headers are larger than the server or its gateway takes.",
        "Operations can raise the limit of header sizes; the developers can make tickets and cookies shorter.",
    )
}

fn plain_http() -> Refusal {
    Refusal::new(
        Owner::ProfileAuthor,
        "The port speaks TLS, and was asked without it.",
        "Whoever wrote the profile can fix it: wss:// and https:// instead of ws:// and http://.",
    )
}

fn no_web_sockets(product: Option<Product>) -> Refusal {
    let setting = product.and_then(Product::upgrade_setting);
    Refusal::new(
        Owner::Operations,
        format!("{} has no support for WebSockets, or it is not installed or not enabled.", sentence_name(product)),
        match setting {
            Some(setting) => format!("Operations can install and enable it ({setting})."),
            None => "Operations can install or enable WebSocket support there.".to_owned(),
        },
    )
}

fn address_blocked(product: Option<Product>) -> Refusal {
    Refusal::new(
        Owner::Operations,
        format!("A rule of {} blocks this address, country or program.", product.map_or("the gateway", Product::label)),
        "Operations can look up the rule in the gateway's firewall and exempt the service's paths from it.",
    )
}

fn sentence_name(product: Option<Product>) -> String {
    let name = product.map_or("the server, or a gateway of the service's,", Product::label);
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn in_brackets(setting: Option<&'static str>) -> String {
    setting.map_or_else(String::new, |setting| format!(" ({setting})"))
}
