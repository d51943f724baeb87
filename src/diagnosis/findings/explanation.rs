//! What an answer says of itself, in words that are known: whatever its status, it names who can fix it, why, and how.
//! It never decides what is found.

use std::borrow::Cow;

use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::problem::Owner;
use crate::model::failure::{Answer, BodyKind, Hint, Product, Side, status_text};

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

/// What `refused` says of itself, if it says something that is known.
pub fn by_words(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    use Owner::{Developers, Operations};
    let hints = refused.answer.hints();
    let product = Product::behind(refused.answer);
    let says = |hint| hints.has(hint);
    let is_upgrade = refused.request == RequestKind::Upgrade;
    Some(if says(Hint::PlainHttp) {
        plain_http(refused, context)
    } else if refused.answer.is_of_storage() {
        storage()
    } else if says(Hint::Origin) {
        Explanation::new(
            Operations,
            "It refuses this origin, and says so.",
            "Operations can add the profile's origin to the server's list of allowed origins, and let the gateway pass the \
             headers Origin and Host unchanged.",
        )
    } else if says(Hint::Host) {
        Explanation::new(
            Operations,
            "It does not know the host name in the request.",
            "Operations can add the host name to those the server allows (in Django: ALLOWED_HOSTS), or let the gateway pass \
             the header Host unchanged.",
        )
    } else if is_upgrade && says(Hint::Subprotocol) {
        Explanation::new(
            Developers,
            "It wants a subprotocol (Sec-WebSocket-Protocol), and the profile offers none that it takes.",
            "The developers can say which subprotocol the server expects.",
        )
    } else if is_upgrade && says(Hint::Wrapped) {
        wrapped()
    } else if is_upgrade && says(Hint::NoWebSockets) {
        no_web_sockets(product)
    } else if is_upgrade && says(Hint::UpgradeHeaders) {
        headers_lost("it says that the upgrade's headers are missing or wrong", product)
    } else if is_upgrade && says(Hint::TicketMissing) {
        Explanation::new(
            Operations,
            "It got no ticket: the query of the upgrade's address does not reach it, or it looks for the ticket elsewhere.",
            "Operations can let the gateway pass the query of the WebSocket's path on unchanged; whoever wrote the profile can \
             check the parameter's name.",
        )
    } else if is_upgrade && says(Hint::Replaced) {
        Explanation::new(
            Owner::User,
            "It allows one connection for a user, and there is one already.",
            "The user can close the web app in the other tab or on the other device; if there is none, operations can see which \
             connection the server still holds.",
        )
    } else if says(Hint::ClientCertificate) {
        client_certificate()
    } else if says(Hint::AddressTooLong) {
        address_too_long(refused.request, context)
    } else if says(Hint::Characters) {
        Explanation::new(
            Developers,
            "It does not take a character of the address as it was sent: one side encodes it and the other does not, or the \
             ticket has characters that an address cannot hold.",
            "The developers can let tickets have only letters, digits, - and _, or let the server take what the clients encode.",
        )
    } else if says(Hint::Headers) {
        headers_too_large(refused.request, context)
    } else if says(Hint::Csrf) || says(Hint::Cookie) {
        Explanation::new(
            Developers,
            "It wants a cookie, or a token against forged requests, that this client does not have.",
            "The developers can say which cookie or header the web app sends; whoever wrote the profile can add it.",
        )
    } else if let Some(explanation) = used_up(refused) {
        explanation
    } else if says(Hint::Connections) {
        connections()
    } else if says(Hint::Rate) {
        Explanation::new(
            Operations,
            "A limit of requests is reached, and it says so.",
            "Operations own that limit and can raise it; it ends by itself.",
        )
    } else if says(Hint::Maintenance) {
        Explanation::new(Operations, "It is being maintained.", "Operations can say until when the maintenance lasts.")
    } else if says(Hint::Challenge) {
        Explanation::new(
            Operations,
            format!("The bot protection of {} wants a person in a browser.", name(product)),
            "Operations can exempt the service's paths from the bot protection.",
        )
    } else if says(Hint::Policy) {
        Explanation::new(
            Operations,
            format!("An authorization policy of {} refuses it.", name(product)),
            "Operations can look up the policy and let the path through (in Istio: AuthorizationPolicy; in Envoy: the RBAC filter; \
             in Google Cloud Run: unauthenticated invocations).",
        )
    } else if says(Hint::Authorizer) {
        Explanation::new(
            Operations,
            format!("The program with which {} decides who may pass (authorizer) failed or refuses.", name(product)),
            "Operations can look up the authorizer's own log and its settings.",
        )
    } else if says(Hint::Function) {
        Explanation::new(
            Developers,
            format!(
                "The program that {} runs for the service (function, worker) crashed, or took too long.",
                name(product)
            ),
            "The developers can see in the platform's log of that function why it failed.",
        )
    } else if says(Hint::Suspended) {
        Explanation::new(
            Operations,
            format!(
                "{} says that the service was suspended or stopped, as for a bill, a plan or licence that ran out, or by its owner.",
                at_start(product)
            ),
            "Operations can start or resume it in the account of the platform that it runs on.",
        )
    } else if says(Hint::Blocked) {
        Explanation::new(
            Operations,
            format!("A rule of {} blocks this address, country or program.", name(product)),
            "Operations can look up the rule in the gateway's firewall and exempt the service's paths from it.",
        )
    } else if says(Hint::DefaultPage) {
        Explanation::new(
            Operations,
            "It is the page of a web server that has nothing set up for this host name: the site is missing there, or the name \
             leads to another server.",
            "Operations can set the site up for the host name and port (in nginx: server_name and proxy_pass), or correct the \
             name's DNS record; whoever wrote the profile can check the address.",
        )
    } else if says(Hint::NoOriginServer) {
        Explanation::new(
            Operations,
            format!("{} does not find the server that belongs to this host name.", at_start(product)),
            "Operations can correct the host name's DNS record at the CDN, which names the server behind it.",
        )
    } else if says(Hint::Tunnel) {
        Explanation::new(
            Operations,
            format!("{} has no tunnel to the server behind it.", at_start(product)),
            "Operations can start the tunnel's program beside the server (in Cloudflare: cloudflared).",
        )
    } else if says(Hint::SocketIo) {
        Explanation::new(
            Owner::ProfileAuthor,
            "It is a server of socket.io, which wants its parameters in the address.",
            "Whoever wrote the profile can fix it: EIO=4&transport=websocket in the query of the WebSocket's path.",
        )
    } else if is_upgrade && says(Hint::SockJs) {
        Explanation::new(
            Owner::ProfileAuthor,
            "It is a server of SockJS, and this is the address of its greeting; its plain WebSocket is below it.",
            "Whoever wrote the profile can fix it: the same path with /websocket at its end.",
        )
    } else if is_upgrade && says(Hint::SignalR) {
        Explanation::new(
            Owner::ProfileAuthor,
            "It is a server of SignalR, which wants the id of a connection in the address.",
            "Whoever wrote the profile can ask for that id first (a POST to the path with /negotiate at its end) and give it in the \
             query (id); the developers can let clients come without (SkipNegotiation).",
        )
    } else if says(Hint::SessionElsewhere) {
        Explanation::new(
            Operations,
            "It does not know the session or connection that the request belongs to: that was begun on another of the servers, or \
             before a restart.",
            "Operations can let all requests of a client reach one server (sticky sessions), or share the state of connections.",
        )
    } else if says(Hint::ApiKey) {
        api_key(product)
    } else if says(Hint::TlsBehind) && refused.answer.status >= 500 {
        tls_behind(product)
    } else if says(Hint::Restart) && refused.answer.status == 503 && refused.answer.body.kind != BodyKind::Page {
        Explanation::new(
            Owner::Nobody,
            "It is stopping or restarting, and says so.",
            "Nobody has to do anything, unless it stays away: then operations.",
        )
    } else if says(Hint::Overload) {
        Explanation::new(
            Operations,
            "It has more load than it can take, and says so.",
            "Operations can add capacity: the server is overloaded.",
        )
    } else if says(Hint::AppCrashed) && refused.answer.body.kind == BodyKind::Page {
        Explanation::new(
            Operations,
            format!("{} answered itself: the app behind it crashed, sleeps or does not start.", at_start(product)),
            "Operations can see in the app's log why, and start it again.",
        )
    } else {
        return None;
    })
}

/// What the server, or the database behind it, has used up, as a failure says.
fn used_up(refused: &Refused<'_>) -> Option<Explanation> {
    const USED_UP: [(Hint, &str, &str); 5] = [
        (
            Hint::DatabaseFull,
            "The database behind the server gives it no more connections.",
            "Operations can raise the database's limit of connections, or find out who holds so many (a pool that is too small, or \
             connections that nobody gives back).",
        ),
        (
            Hint::DatabaseReadOnly,
            "The database behind the server takes no writes: it is a replica or read-only.",
            "Operations can let the server write to the primary database, or make its files writable.",
        ),
        (Hint::Disk, "A disk of the server's is full.", "Operations can make room on the server's disk."),
        (
            Hint::Files,
            "The server has as many files and connections open as it may.",
            "Operations can raise its limit of open files (ulimit -n, LimitNOFILE), or find out what it does not close.",
        ),
        (
            Hint::Memory,
            "The server's memory is used up.",
            "Operations can give the server more memory, or see what needs so much.",
        ),
    ];
    let hints = refused.answer.hints();
    let (_, cause, next) = USED_UP.into_iter().find(|(hint, ..)| hints.has(*hint))?;
    (refused.answer.status >= 500).then(|| Explanation::new(Owner::Operations, cause, next))
}

/// TLS between what answered and what is behind it fails.
fn tls_behind(product: Option<Product>) -> Explanation {
    let who = product.filter(|product| product.side() == Side::Gateway).map_or("what answered", Product::label);
    Explanation::new(
        Owner::Operations,
        format!(
            "TLS between {who} and the server behind it fails: one of them speaks none, or its certificate is not accepted."
        ),
        "Operations can compare what the gateway speaks to the server behind it with what that expects (TLS or plain, name and \
         issuer of the certificate).",
    )
}

/// The gateway before the service that gave `answer` itself, and did not pass it on.
pub fn gateway_itself(answer: &Answer) -> Option<Product> {
    let signed = Product::signed(answer)?;
    // All others put their name on what they pass on, too.
    let is_its_own = matches!(signed, Product::ApiGateway | Product::Kong | Product::Alb)
        || signed == Product::Envoy && !answer.has_header("x-envoy-upstream-service-time");
    is_its_own.then_some(signed)
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

/// The address is longer than is taken.
pub fn address_too_long(request: RequestKind, context: &Context<'_>) -> Explanation {
    let (what, shorter) = match request {
        RequestKind::Upgrade => (
            "the address of the upgrade, of which the ticket is a part".to_owned(),
            "the developers can make tickets shorter",
        ),
        RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => {
            (context.asked(request), "whoever wrote the profile can shorten path and query")
        }
    };
    Explanation::new(
        Owner::Operations,
        format!("The server, or a gateway before it, takes no address or query as long as {what}."),
        format!(
            "Operations can raise the limit (in nginx: large_client_header_buffers; in IIS: maxQueryString and maxUrl of request \
             filtering); {shorter}."
        ),
    )
}

/// What the program wraps around each answer cannot be taken off for an upgrade.
fn wrapped() -> Explanation {
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
    refused.answer.own_words().is_some_and(|words| {
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
    let is_server = Product::signed(answer).is_some_and(|by| matches!(by, Product::Nginx | Product::Openresty));
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
        "Operations can route the path to the API (in nginx: a location with proxy_pass); whoever wrote the profile can check \
         the path.",
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
    Explanation::new(
        Owner::Operations,
        format!("{} wants a key of its own (an API key), which is none of this login.", at_start(product)),
        "Operations can exempt the path from that key (in Kong: the plugin key-auth; in Amazon API Gateway: API key required).",
    )
}

/// How much of `request` is the JWT.
pub fn with_jwt(request: RequestKind, context: &Context<'_>) -> String {
    let bytes = context.claims.map_or(0, |claims| claims.bytes);
    match request {
        RequestKind::Ticket if bytes > 0 => {
            format!("; the JWT in Authorization alone has {bytes} bytes, and many servers take 8 KiB of headers in all")
        }
        RequestKind::Ticket => ", among them the JWT in Authorization".to_owned(),
        RequestKind::Token | RequestKind::Upgrade | RequestKind::Greeting => String::new(),
    }
}

/// The headers of the request are more than the server takes.
pub fn headers_too_large(request: RequestKind, context: &Context<'_>) -> Explanation {
    let of = with_jwt(request, context);
    Explanation::new(
        Owner::Operations,
        format!("The server, or a gateway before it, takes no headers as large as those of the {request}{of}."),
        match request {
            RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => {
                "Operations can raise the limit (in nginx: large_client_header_buffers; in Node: --max-http-header-size); \
                 the developers can put less into the JWT and into cookies."
            }
            RequestKind::Upgrade => {
                "Operations can raise the limit of header sizes (in nginx: large_client_header_buffers); the developers can \
                 make tickets and cookies shorter."
            }
        },
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
fn name(product: Option<Product>) -> &'static str {
    product.map_or("the gateway", Product::label)
}

/// What answered, at the beginning of a sentence.
pub fn at_start(product: Option<Product>) -> String {
    let name = product.map_or("the server, or a gateway of the service's,", Product::label);
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The path that was asked has one part twice, as the base address ends with what the path begins with; `None` if it does not,
/// or if that has worked before.
pub fn path_twice(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    let request = refused.request;
    let twice = context.repeated_path(request).filter(|_| !context.was_connected)?;
    let (base, without) = context.without_repeated(request);
    let key = match request {
        RequestKind::Upgrade => "websocket",
        RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => "api",
    };
    Some(Explanation::new(
        Owner::ProfileAuthor,
        format!(
            "The base address ends with {twice} and the path begins with the same, so {} was asked, with {twice} twice.",
            context.asked(request)
        ),
        format!(
            "Whoever wrote the profile can fix it: {key} = \"{without}\" instead of \"{base}\", or a path without {twice} at its \
             beginning."
        ),
    ))
}
