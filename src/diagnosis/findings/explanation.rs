//! Explanations that several findings share: who can fix it, why, and how.

use std::borrow::Cow;

use crate::diagnosis::context::{Context, Refused};
use crate::diagnosis::problem::Owner;
use crate::model::failure::{Answer, BodyKind, Hint, Product, Setting, Side, status_text};

/// Who can fix it, why, and how.
pub struct Explanation {
    /// Who.
    pub owner: Owner,
    /// Why, in a sentence.
    pub cause: Cow<'static, str>,
    /// How, in a sentence that begins with who.
    pub next: Cow<'static, str>,
}

impl Explanation {
    /// Them.
    pub fn new(owner: Owner, cause: impl Into<Cow<'static, str>>, next: impl Into<Cow<'static, str>>) -> Self {
        Self { owner, cause: cause.into(), next: next.into() }
    }
}

/// Where in `product` a setting is, in brackets behind what is to be done; empty if that is not known.
pub fn set(product: Option<Product>, setting: Setting) -> String {
    let words = product.and_then(|product| product.setting(setting));
    words.map_or_else(String::new, |words| format!(" ({words})"))
}

/// The program took the upgrade for an ordinary request.
pub fn ordinary(product: Option<Product>) -> Explanation {
    let gateway = product.filter(|product| product.side() == Side::Gateway).unwrap_or(Product::Nginx);
    Explanation::new(
        Owner::Operations,
        "The program answered as to an ordinary request: the proxy in front drops the headers Upgrade and Connection, or the path \
         is not the socket's.",
        format!(
            "Operations can let the headers Upgrade and Connection through ({}); whoever wrote the profile can check the path.",
            gateway.upgrade_setting().unwrap_or_default()
        ),
    )
}

/// What a refused upgrade says of the ticket that it was sent with, which was issued a moment ago.
pub fn of_ticket(refused: &Refused<'_>) -> Option<Explanation> {
    let hints = refused.answer.hints();
    let says = |wanted: &[Hint]| wanted.iter().any(|hint| hints.has(*hint));
    if says(&[Hint::TicketUsed]) {
        return Some(Explanation::new(
            Owner::Operations,
            "The ticket was issued a moment ago and went out once, and the server says that it was used before: a gateway repeats \
             the upgrade, or a cache gave the same ticket to somebody else.",
            "Operations can see whether a gateway tries an upgrade again, and exempt the ticket request from caches.",
        ));
    }
    if says(&[Hint::NotAJwt]) {
        return Some(Explanation::new(
            Owner::Developers,
            "The server takes the ticket for a JWT, which it is not.",
            "The developers can let the server look the ticket up in its store; whoever wrote the profile can check where the \
             service wants the ticket, and where the JWT.",
        ));
    }
    says(&[Hint::Expired, Hint::Signature, Hint::Key, Hint::TicketUnknown]).then(|| {
        Explanation::new(
            Owner::Operations,
            "The login works, and the ticket that was issued a moment ago is not accepted.",
            "Operations can see whether all servers share one ticket store and one clock; the developers know what their \
             answer means.",
        )
    })
}

/// What the program wraps around each answer cannot be taken off for an upgrade.
pub fn wrapped() -> Explanation {
    Explanation::new(
        Owner::Developers,
        "The program cannot take the connection over (hijack): something that it wraps around each answer, such as a middleware \
         that logs, measures or compresses, does not pass that on.",
        "The developers can exempt the WebSocket's path from that middleware, or let its wrapper pass the connection on.",
    )
}

/// It wants a certificate of the client's.
pub fn client_certificate() -> Explanation {
    Explanation::new(
        Owner::Operations,
        "It wants a certificate of the client's, or does not accept the one that came (mutual TLS).",
        "Operations can exempt the API from client certificates; whoever wrote the profile can name the client's own.",
    )
}

/// It has as many connections as it allows.
pub fn connections() -> Explanation {
    Explanation::new(
        Owner::Operations,
        "It has as many connections as it allows.",
        "Operations can raise the limit of connections, or find out who holds so many.",
    )
}

/// Whether `refused` says something of its own, and not the name of its status once more.
pub fn says_more_than_its_status(refused: &Refused<'_>) -> bool {
    const NOTHING: [&str; 8] = [
        "accessdenied",
        "authenticationrequired",
        "authorizationrequired",
        "error",
        "invalidrequest",
        "notallowed",
        "requestfailed",
        "unauthorised",
    ];
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect::<String>();
    let name = letters(status_text(refused.answer.status));
    let words = match refused.answer.body.kind {
        // A title that is the status' name, and a sentence that only spells it out.
        BodyKind::Page => refused.answer.first_words(),
        BodyKind::Empty | BodyKind::Json | BodyKind::Text | BodyKind::Binary => refused.answer.own_words(),
    };
    words.is_some_and(|words| {
        let said = letters(&words).replace(&name, "");
        !said.is_empty() && !NOTHING.contains(&&*said)
    })
}

/// Whether the answer asks for TLS in its header `Upgrade` (RFC 2817), as Kong does.
pub fn asks_for_tls(refused: &Refused<'_>) -> bool {
    let asks = |protocols: &str| protocols.split(',').any(|one| one.trim().to_ascii_uppercase().starts_with("TLS/"));
    refused.answer.status == 426 && refused.answer.header("upgrade").is_some_and(asks)
}

/// A request without TLS came to a port that speaks it: the client's, or that of a gateway before it.
pub fn plain_http(refused: &Refused<'_>, context: &Context<'_>) -> Explanation {
    if context.is_encrypted(refused.request) {
        return Explanation::new(
            Owner::Operations,
            "This client asked with TLS, so it is the gateway that speaks plain HTTP to a port behind it that wants TLS.",
            "Operations can let the gateway speak TLS to that port (in nginx: proxy_pass https://…), or use the port without.",
        );
    }
    Explanation::new(
        Owner::ProfileAuthor,
        "The port speaks TLS, and was asked without it.",
        "Whoever wrote the profile can fix it: https:// and wss:// instead of http:// and ws://.",
    )
}

/// A storage of files answers in the place of the program.
pub fn storage() -> Explanation {
    Explanation::new(
        Owner::Operations,
        "A storage of files (Amazon S3, or the CDN before it) answered, and not the program: this path is not routed to it.",
        "Operations can route the path to the server (in CloudFront: a behaviour for the path whose origin is the server and \
         that allows all methods); whoever wrote the profile can check the host.",
    )
}

/// Whether it is a page with which a web server says that it has files at this path, and nothing that takes requests: of
/// the makes that name no methods then (Allow), as a program's 405 has to (RFC 9110 §15.5.6).
pub fn is_page_of_files(answer: &Answer) -> bool {
    let is_server = Product::signed(answer)
        .is_some_and(|by| matches!(by, Product::Nginx | Product::Openresty | Product::GithubPages));
    is_server && answer.body.kind == BodyKind::Page && !answer.has_header("allow")
}

/// A web server has files at this path.
pub fn static_files(answer: &Answer) -> Explanation {
    let who = name(Product::signed(answer));
    Explanation::new(
        Owner::Operations,
        format!(
            "The web server itself ({who}) answered, with its page for paths at which it has files: this one is not routed to \
                 the API."
        ),
        "Operations can route the path to the API before the files; whoever wrote the profile can check host name and path.",
    )
}

/// A firewall before the service answered, of a make that companies have for their users too.
pub fn own_filter(product: Product) -> Explanation {
    Explanation::new(
        Owner::Operations,
        format!(
            "The connection is encrypted as far as the service, so {} stands before the service itself and not near the \
             user: a rule of it refuses.",
            product.label()
        ),
        "Operations can look up the rule in that firewall (a reference number on its page helps) and exempt the service's \
         paths from it.",
    )
}

/// The gateway wants a key of its own.
pub fn api_key(product: Option<Product>) -> Explanation {
    let setting = product.map_or_else(
        || " (in Kong: the plugin key-auth; in Amazon API Gateway: API key required)".to_owned(),
        |product| set(Some(product), Setting::ApiKey),
    );
    Explanation::new(
        Owner::Operations,
        format!("{} wants a key of its own (an API key), which is none of this login.", at_start(product)),
        format!("Operations can exempt the path from that key{setting}."),
    )
}

/// The program got no upgrade, because of `why`.
pub fn headers_lost(why: &str, product: Option<Product>) -> Explanation {
    let by = product.filter(|product| product.side() == Side::Gateway);
    let who = by.map_or_else(
        || "the proxy in front of the server".to_owned(),
        |by| format!("the proxy in front ({})", by.label()),
    );
    let setting = by.and_then(Product::upgrade_setting).or(Product::Nginx.upgrade_setting()).unwrap_or_default();
    Explanation::new(
        Owner::Operations,
        format!("Most likely {who} drops the headers Upgrade and Connection: {why}."),
        format!("Operations can let them through ({setting})."),
    )
}

/// WebSockets are not installed or not enabled there.
pub fn no_web_sockets(product: Option<Product>) -> Explanation {
    let setting = product.and_then(|product| product.upgrade_setting().or(product.web_socket_library()));
    Explanation::new(
        Owner::Operations,
        format!("{} has no support for WebSockets, or it is not installed or not enabled.", at_start(product)),
        match setting {
            Some(setting) => format!("Operations can install and enable it ({setting})."),
            None => "Operations can install or enable WebSocket support there.".to_owned(),
        },
    )
}

/// What answered, within a sentence.
pub fn name(product: Option<Product>) -> &'static str {
    product.map_or("the gateway", Product::label)
}

/// What answered, at the beginning of a sentence.
pub fn at_start(product: Option<Product>) -> String {
    let name = product.map_or("the server, or a gateway of the service's,", Product::label);
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
