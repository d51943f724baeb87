//! Upgrades that are refused: what the gateway, the framework or the program has to change.

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::{address, credentials, reasons, status};
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::model::failure::{BodyKind, Hint, HttpVersion, Product, Setting, Side};

/// The service's side refuses the upgrade, with a status that is no failure of what is behind it.
pub fn refused(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let is_refusal = matches!(refused.answer.status, 200..=299 | 400..=499 | 501 | 505);
    let product = Product::behind(refused.answer);
    let is_of_service = context.is_of_service(RequestKind::Upgrade);
    let is_of_its_gateway = product.is_some_and(Product::is_of_services_alone);
    if refused.request != RequestKind::Upgrade || !is_refusal || !(is_of_service || is_of_its_gateway) {
        return None;
    }
    // No WebSocket server speaks HTTP/1.0 (RFC 6455 §4.2.2), and gateways of services do not either.
    if refused.answer.version == HttpVersion::Http10 && Product::signed(refused.answer).is_none() {
        return None;
    }
    let explanation = address::path_twice(refused, context).filter(|_| may_be_unknown_path(refused));
    let Explanation { owner, cause, next } = explanation.unwrap_or_else(|| refusal(refused, product, context));
    Some(Problem {
        // What an answer says of itself makes no other code.
        code: if is_of_service { Code::UpgradeRefused } else { Code::BlockedOnTheWay },
        severity: Severity::Error,
        owner,
        title: refused.titled(title(refused)),
        cause: format!("{cause}{}", context.only_this_fails(RequestKind::Upgrade)),
        next,
        ..Problem::ALONE
    })
}

/// Whether servers answer so at a path of which they know nothing: with the web app's page, with an empty 403 before the
/// handshake, or with a status that says nothing more.
fn may_be_unknown_path(refused: &Refused<'_>) -> bool {
    let says_nothing = !explanation::says_more_than_its_status(refused);
    match refused.answer.status {
        200..=299 => refused.answer.body.kind == BodyKind::Page,
        400 | 403 | 405 => says_nothing,
        _ => false,
    }
}

fn title(refused: &Refused<'_>) -> &'static str {
    match refused.answer.status {
        200..=299 => "The WebSocket's address answers with something else",
        400 | 426 if is_other_version(refused) => "The server speaks another version of WebSocket",
        426 => "The upgrade's headers did not arrive",
        431 | 494 => "The upgrade's headers are too large",
        501 => "The server does not do WebSockets",
        _ => "The server refused the WebSocket",
    }
}

fn refusal(refused: &Refused<'_>, product: Option<Product>, context: &Context<'_>) -> Explanation {
    use Owner::Operations;
    let setting = product.and_then(Product::upgrade_setting);
    if let Some(near) = product.filter(|product| product.side() == Side::User) {
        if context.is_end_to_end(RequestKind::Upgrade) {
            return explanation::own_filter(near);
        }
        return Explanation::new(
            Owner::UserIt,
            format!("A proxy or filter on the way ({}) passed the answer on, or gave it.", near.label()),
            "The user's IT can make an exception for the service's addresses there; operations, if it is the service's.",
        );
    }
    let hints = refused.answer.hints();
    match refused.answer.status {
        400 | 426 if is_other_version(refused) => Explanation::new(
            Owner::Developers,
            "The server speaks another version of WebSocket than browsers do, which is 13: its Sec-WebSocket-Version does not \
             name that (RFC 6455 §4.4).",
            "The developers can take a WebSocket library that speaks version 13.",
        ),
        426 if explanation::asks_for_tls(refused) => explanation::plain_http(refused, context),
        426 => explanation::headers_lost("it says that an upgrade is required, so the server got none", product),
        464 | 421 | 505 => Explanation::new(
            Operations,
            format!(
                "{} speaks another version of HTTP to the server behind it than the upgrade needs, which is HTTP/1.1.",
                explanation::at_start(product)
            ),
            format!(
                "Operations can let it speak HTTP/1.1 instead of HTTP/2 towards the back end{}.",
                in_brackets(setting)
            ),
        ),
        431 | 494 => address::headers_too_large(refused, context),
        200..=299 if hints.has(Hint::PlainHttp) => explanation::plain_http(refused, context),
        200..=299
            if [
                Hint::Maintenance,
                Hint::Blocked,
                Hint::Challenge,
                Hint::Suspended,
                Hint::DefaultPage,
                Hint::SockJs,
            ]
            .iter()
            .any(|it| hints.has(*it)) =>
        {
            reasons::by_words(refused, context).unwrap_or_else(|| unsaid(refused, product, context))
        }
        200..=299 if refused.answer.body.kind == BodyKind::Page => Explanation::new(
            Operations,
            "The path of the WebSocket is not routed to the socket server: a web page came, as for a path of the web app \
             itself.",
            format!(
                "Operations can route the path of the profile's WebSocket address to the socket server{}.",
                in_brackets(setting)
            ),
        ),
        200..=299 if is_event_stream(refused) => Explanation::new(
            Owner::ProfileAuthor,
            "A stream of events came (text/event-stream): the path is one of Server-Sent Events, and not a WebSocket's.",
            "Whoever wrote the profile can name the WebSocket's path; the developers know whether there is one.",
        ),
        200..=299 => Explanation::new(
            Operations,
            "An ordinary answer came: the path of the WebSocket is not routed to the socket server, or the upgrade's \
             headers are dropped before it.",
            format!("Operations can route the path to the socket server{}.", in_brackets(setting)),
        ),
        _ => reasons::by_words(refused, context)
            .or_else(|| credentials::checked_by_gateway(refused, context))
            .or_else(|| explanation::of_ticket(refused))
            .unwrap_or_else(|| unsaid(refused, product, context)),
    }
}

/// Whether the server names the versions that it speaks, without the one that was asked for.
fn is_other_version(refused: &Refused<'_>) -> bool {
    let versions = refused.answer.header("sec-websocket-version");
    versions.is_some_and(|versions| versions.split(',').all(|version| version.trim() != "13"))
}

fn is_event_stream(refused: &Refused<'_>) -> bool {
    refused.answer.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// A refusal that does not say why, by its status.
fn unsaid(refused: &Refused<'_>, product: Option<Product>, context: &Context<'_>) -> Explanation {
    use Owner::{Developers, Operations, ProfileAuthor};
    let setting = product.and_then(Product::upgrade_setting);
    if matches!(refused.answer.status, 402 | 406 | 408 | 463 | 495 | 496)
        && let Some(explanation) = status::of_rare_status(refused, context)
    {
        return explanation;
    }
    match refused.answer.status {
        405 => Explanation::new(
            Operations,
            "The path answers other methods than GET: it is not the socket server's.",
            format!("Operations can route the path to the socket server{}.", in_brackets(setting)),
        ),
        501 => explanation::no_web_sockets(product),
        409 | 423..=499 if is_of_program(refused) => Explanation::new(
            Developers,
            "The program itself refuses the upgrade, and says why.",
            "The developers know what their answer means.",
        ),
        403 if refused.answer.body.kind == BodyKind::Json && is_of_program(refused) => Explanation::new(
            Developers,
            "The program itself refuses the upgrade, and says why.",
            "The developers know what their answer means; operations can find it in the program's log.",
        ),
        400 | 422 if is_of_program(refused) => Explanation::new(
            Developers,
            "The program itself calls the upgrade faulty, and says what it misses.",
            "The developers know what their answer means; whoever wrote the profile can compare path and query with what the \
             server expects.",
        ),
        400 if let Some(gateway) = Product::author(refused.answer).filter(|by| *by == Product::Haproxy) => {
            Explanation::new(
                Operations,
                format!(
                    "The gateway itself ({}) calls the request malformed, and no server behind it saw it: a header or the address has a \
                 character that it does not take, or is longer than its buffer.",
                    gateway.label()
                ),
                "Operations can see what it does not take (in HAProxy: show errors on its stats socket), and raise tune.bufsize if that \
             is too small.",
            )
        }
        400 => explanation::headers_lost(
            "it took the request for a faulty one, as WebSocket libraries do when no upgrade arrives",
            product,
        ),
        403 if context.was_connected && !explanation::says_more_than_its_status(refused) => Explanation::new(
            Operations,
            "It has let this client in before, so not every connection is forbidden: a limit of connections for a user, or \
             servers that are not alike.",
            "Operations can look the refusal up in the logs of gateway and server, and compare the servers behind the gateway.",
        ),
        403 => forbidden(refused, product, setting, context.is_of_files),
        410 => Explanation::new(
            ProfileAuthor,
            "The WebSocket was at this address and is not any more.",
            "Whoever wrote the profile can find the new address.",
        ),
        413 | 414 => address::address_too_long(refused, context),
        _ if context.was_connected => Explanation::new(
            Operations,
            "It has let this client in before.",
            "Operations can look the refusal up in the logs of gateway and server.",
        ),
        _ => Explanation::new(
            Operations,
            format!("{} does not let the upgrade through.", explanation::at_start(product)),
            format!("Operations can let upgrades through there{}.", in_brackets(setting)),
        ),
    }
}

/// Whether the words are a program's own: a gateway has a page for what it says itself.
fn is_of_program(refused: &Refused<'_>) -> bool {
    let kind = refused.answer.body.kind;
    matches!(kind, BodyKind::Json | BodyKind::Text) && explanation::says_more_than_its_status(refused)
}

/// A 403 without a reason, by whoever gave it.
fn forbidden(
    refused: &Refused<'_>,
    product: Option<Product>,
    setting: Option<&'static str>,
    is_of_files: bool,
) -> Explanation {
    // What names its version of the protocol (RFC 6455 §4.4) is the library that would have opened the WebSocket.
    if refused.answer.has_header("sec-websocket-version") && !explanation::says_more_than_its_status(refused) {
        return Explanation::new(
            Owner::Operations,
            "The program's WebSocket library refuses, as its header Sec-WebSocket-Version shows, and what it forbids by itself is \
             an origin that is not allowed.",
            "Operations can add the profile's origin to those that the program allows, and let the gateway pass the headers \
             Origin and Host unchanged; the developers know the setting (in Go: CheckOrigin).",
        );
    }
    // A gateway puts its own name on what the program behind it said, and has a page for what it says itself.
    let is_passed_on = refused.answer.has_header("x-envoy-upstream-service-time")
        || product.is_some_and(|product| {
            matches!(
                product,
                Product::Nginx | Product::Openresty | Product::Apache | Product::Iis | Product::Cloudflare
            ) && matches!(refused.answer.body.kind, BodyKind::Empty | BodyKind::Json | BodyKind::Text)
        });
    match product.filter(|_| !is_passed_on).map(|product| (product, product.side())) {
        Some((Product::ApiGateway, _)) => Explanation::new(
            Owner::Operations,
            "Amazon API Gateway forbids it: there is no WebSocket API at this host and stage, or a rule of the API's (IAM, \
             authorizer, WAF) refuses.",
            format!("Operations can look up stage and rules of the API{}.", in_brackets(setting)),
        ),
        // It lets upgrades through wherever it passes a request on; what it forbids itself a rule forbids.
        Some((Product::Alb, _)) => Explanation::new(
            Owner::Operations,
            "The AWS load balancer itself answers, and not the server behind it: a rule of AWS WAF blocks the upgrade, or a rule of \
             its listener answers with a fixed response.",
            "Operations can look the request up in the logs of AWS WAF (or among its sampled requests) and exempt the WebSocket's \
             path from the rule that blocks it; else they can correct the listener's rule for that path.",
        ),
        Some((product @ Product::Envoy, _)) if refused.answer.body.kind == BodyKind::Empty => Explanation::new(
            Owner::Operations,
            format!("The gateway ({}) does not allow upgrades on this route.", product.label()),
            format!("Operations can let upgrades through there{}.", in_brackets(setting)),
        ),
        Some((product, Side::Gateway)) if Product::itself(refused.answer) == Some(product) => Explanation::new(
            Owner::Operations,
            format!(
                "The gateway itself ({}) forbids the upgrade, and not the server behind it: a rule of it for the path or for addresses.",
                product.label()
            ),
            format!(
                "Operations can look up the rule there{} and exempt the WebSocket's path from it.",
                explanation::set(Some(product), Setting::Rules)
            ),
        ),
        Some((product, Side::Gateway | Side::User)) => Explanation::new(
            Owner::Operations,
            format!(
                "The gateway before the server ({}), or the server behind it, forbids the upgrade.",
                product.label()
            ),
            "Operations can look it up in the gateway's log: a rule that forbids the path, or, if the request reached the \
             server, an origin or ticket that it does not take.",
        ),
        Some((Product::Cowboy, Side::Application)) => Explanation::new(
            Owner::Developers,
            "The program itself, on Cowboy, refuses before the handshake, as Phoenix does with an origin that is not allowed, or a \
             socket whose connect says no.",
            "The developers can see in the program's log which of these it is; operations can add the profile's origin (in Phoenix: \
             check_origin of the endpoint).",
        ),
        // Browsers' files lack the body of a refused upgrade.
        Some((Product::Daphne | Product::Uvicorn | Product::Hypercorn, Side::Application)) | None
            if refused.answer.body.kind == BodyKind::Empty && !is_of_files =>
        {
            Explanation::new(
                Owner::Developers,
                "An empty 403 before the handshake is how a program (daphne, uvicorn and others do it) rejects a connection: \
                 the application itself refuses, for the ticket, the origin or a missing route.",
                "The developers can see in the application's log why it rejects the connection before accepting it.",
            )
        }
        Some((product, Side::Application)) => Explanation::new(
            Owner::Developers,
            format!(
                "The program itself, which is made with {}, refuses before the handshake: for the origin, the ticket or a missing \
                 route.",
                product.label()
            ),
            "The developers can see in the program's log which of these it is; operations can add the profile's origin to those \
             that it allows.",
        ),
        None => Explanation::new(
            Owner::Operations,
            "The server, or a gateway of the service's, forbids it.",
            "Operations can look it up in the logs of gateway and server: a rule, or a ticket or origin that is not taken.",
        ),
    }
}

fn in_brackets(setting: Option<&'static str>) -> String {
    setting.map_or_else(String::new, |setting| format!(" ({setting})"))
}
