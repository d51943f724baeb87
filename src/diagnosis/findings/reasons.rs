//! What an answer says of itself, in words that are known: whatever its status, it names who can fix it, why, and how.
//! It never decides what is found.

use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::{self, Explanation, at_start, set};
use crate::diagnosis::findings::store_words::StoreTrouble;
use crate::diagnosis::findings::{address, own_numbers};
use crate::diagnosis::problem::Owner;
use crate::model::failure::{BodyKind, Hint, Product, Setting, Side};

/// What `refused` says of itself, if it says something that is known.
pub fn by_words(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    use Owner::{Developers, Operations};
    let hints = refused.answer.hints();
    let product = Product::author(refused.answer);
    let says = |hint| hints.has(hint);
    let is_upgrade = refused.request == RequestKind::Upgrade;
    Some(if let Some(explanation) = own_numbers::explained(refused, context) {
        explanation
    } else if says(Hint::PlainHttp) {
        explanation::plain_http(refused, context)
    } else if refused.answer.is_of_storage() {
        explanation::storage()
    } else if says(Hint::Csrf) && says(Hint::Origin) {
        Explanation::new(
            Operations,
            "Its check against forged requests does not trust this origin, and says so.",
            format!(
                "Operations can add the profile's origin to those that it trusts{}.",
                set(product, Setting::Forgery)
            ),
        )
    } else if says(Hint::Origin) {
        Explanation::new(
            Operations,
            "It refuses this origin, and says so.",
            "Operations can add the profile's origin to the server's list of allowed origins, and let the gateway pass the \
             headers Origin and Host unchanged.",
        )
    } else if says(Hint::Host) {
        address::host_not_allowed(refused, product)
    } else if is_upgrade && says(Hint::Subprotocol) {
        Explanation::new(
            Developers,
            "It wants a subprotocol (Sec-WebSocket-Protocol), and the profile offers none that it takes.",
            "The developers can say which subprotocol the server expects.",
        )
    } else if is_upgrade && says(Hint::Wrapped) {
        explanation::wrapped()
    } else if is_upgrade && says(Hint::NoWebSockets) {
        explanation::no_web_sockets(product)
    } else if is_upgrade && says(Hint::UpgradeHeaders) {
        explanation::headers_lost("it says that the upgrade's headers are missing or wrong", product)
    } else if is_upgrade && says(Hint::Ordinary) {
        explanation::ordinary(product)
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
        explanation::client_certificate()
    } else if says(Hint::AddressTooLong) {
        address::address_too_long(refused, context)
    } else if says(Hint::Characters) {
        Explanation::new(
            Developers,
            "It does not take a character of the address as it was sent: one side encodes it and the other does not, or the \
             ticket has characters that an address cannot hold.",
            "The developers can let tickets have only letters, digits, - and _, or let the server take what the clients encode.",
        )
    } else if says(Hint::Headers) {
        address::headers_too_large(refused, context)
    } else if says(Hint::Csrf) || says(Hint::Cookie) {
        Explanation::new(
            Developers,
            "It wants a cookie, or a token against forged requests, that this client does not have.",
            format!(
                "The developers can say which cookie or header the web app sends, or exempt the API's paths from that check{}; \
                 whoever wrote the profile can add it.",
                set(product, Setting::Forgery)
            ),
        )
    } else if let Some(explanation) = of_store(refused) {
        explanation
    } else if says(Hint::Connections) {
        explanation::connections()
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
            format!("The bot protection of {} wants a person in a browser.", explanation::name(product)),
            "Operations can exempt the service's paths from the bot protection.",
        )
    } else if says(Hint::Policy) {
        Explanation::new(
            Operations,
            format!("An authorization policy of {} refuses it.", explanation::name(product)),
            format!("Operations can look up the policy and let the path through{}.", set(product, Setting::Rules)),
        )
    } else if says(Hint::Authorizer) {
        Explanation::new(
            Operations,
            format!(
                "The program with which {} decides who may pass (authorizer) failed or refuses.",
                explanation::name(product)
            ),
            "Operations can look up the authorizer's own log and its settings.",
        )
    } else if says(Hint::Function) {
        Explanation::new(
            Developers,
            format!(
                "The program that {} runs for the service (function, worker) crashed, or took too long.",
                explanation::name(product)
            ),
            "The developers can see in the platform's log of that function why it failed.",
        )
    } else if says(Hint::Replaced) && matches!(refused.answer.status, 403 | 409 | 423) {
        Explanation::new(
            Owner::User,
            "The service allows one connection at a time, and takes another one for open.",
            "The user can close the web app in other tabs and on other devices; if there is none, the developers can let the \
             service forget a connection that has ended.",
        )
    } else if says(Hint::Suspended) && refused.answer.status == 402 && context.has_let_in() && product.is_none() {
        Explanation::new(
            Operations,
            "The API itself answered and wants a payment (402): the plan or the bill of this account.",
            "Operations can look up this account's plan and bill at the service.",
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
    } else if says(Hint::Country) {
        Explanation::new(
            Operations,
            format!("{} lets nobody in from the country or region that this IP address is in.", at_start(product)),
            format!(
                "Operations can let that country in{}; a VPN of the user's may be in another one than the user.",
                set(product, Setting::Countries)
            ),
        )
    } else if says(Hint::Blocked) {
        Explanation::new(
            Operations,
            format!(
                "A rule of {} blocks this address, country or program, or takes the request for an attack.",
                explanation::name(product)
            ),
            format!(
                "Operations can look up the rule in the gateway's firewall{} and exempt the service's paths from it.",
                set(product, Setting::Rules)
            ),
        )
    } else if says(Hint::MethodAtEdge) {
        Explanation::new(
            Operations,
            format!(
                "{} takes only requests for files at this path (GET and HEAD), and refuses the method of the {}.",
                at_start(product),
                refused.request
            ),
            "Operations can allow all methods there (in CloudFront: Allowed HTTP methods of the behaviour for the path).",
        )
    } else if says(Hint::NameBehind) && refused.answer.status >= 500 {
        Explanation::new(
            Operations,
            format!(
                "{} finds no address for the name of the server behind it: this is the gateway's DNS, and not the user's.",
                at_start(product)
            ),
            format!(
                "Operations can correct the host name of that server there, or the DNS that the gateway asks{}.",
                set(product, Setting::BackEnd)
            ),
        )
    } else if says(Hint::UnknownHost) && address::is_host_new(refused, context) {
        address::unknown_host(refused, context)
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
            format!(
                "Operations can start the tunnel's program beside the server{}; whoever wrote the profile can check the address, \
                 which may be another one after a start.",
                set(product, Setting::Tunnel)
            ),
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
        explanation::api_key(product)
    } else if says(Hint::TlsBehind) && refused.answer.status >= 500 {
        tls_behind(product)
    } else if says(Hint::Restart) && refused.answer.status == 503 && refused.answer.body.kind != BodyKind::Page {
        Explanation::new(
            Owner::Nobody,
            "It is stopping or restarting, and says so.",
            "Nobody has to do anything, unless it stays away: then operations.",
        )
    } else if says(Hint::Overload) && !is_page_of_gateway(refused, product) {
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

/// Whether it is a gateway's page, which asks to try again later whatever is wrong with the server behind it.
fn is_page_of_gateway(refused: &Refused<'_>, product: Option<Product>) -> bool {
    let is_gateway = product.is_some_and(|product| product.side() == Side::Gateway);
    is_gateway && refused.answer.body.kind == BodyKind::Page
}

/// What the server, or the store behind it, lacks, as a failure says. What is said of TLS may be a gateway's.
fn of_store(refused: &Refused<'_>) -> Option<Explanation> {
    let hints = refused.answer.hints();
    let trouble = StoreTrouble::of_others(&hints).filter(|_| refused.answer.status >= 500);
    trouble.filter(|_| !hints.has(Hint::TlsBehind)).map(Explanation::from)
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
