//! Answers that are about the address that was asked: its host name, its path, its length, and that of the headers beside it.

use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::{self, Explanation, at_start, set};
use crate::diagnosis::problem::Owner;
use crate::model::SafeText;
use crate::model::failure::{Answer, Product, Setting, Side};

/// The program does not serve the host name that the request names.
pub fn host_not_allowed(refused: &Refused<'_>, product: Option<Product>) -> Explanation {
    let cause = match product == Some(Product::Django) && !explanation::says_more_than_its_status(refused) {
        true => {
            "Django answers so, without a reason, where the host name in the request is not among those that it serves."
        }
        false => "It does not know the host name in the request.",
    };
    Explanation::new(
        Owner::Operations,
        cause,
        format!(
            "Operations can add the host name to those that it serves{}, or let the gateway pass the header Host unchanged.",
            set(product, Setting::HostName)
        ),
    )
}

/// Whether nothing at this host has answered otherwise: then it is not known that it is the service's.
pub fn is_host_new(refused: &Refused<'_>, context: &Context<'_>) -> bool {
    context.only_this_fails(refused.request).is_empty() && !context.was_connected
}

/// A platform or a gateway for many services has none of this host name.
pub fn unknown_host(refused: &Refused<'_>, context: &Context<'_>) -> Explanation {
    let product = Product::author(refused.answer);
    let asked = context.asked_url(refused.request);
    let host = SafeText::with_limit(asked.host_str().unwrap_or_default(), MAX_SHOWN);
    Explanation::new(
        Owner::Operations,
        format!(
            "{} answered itself: it has no app for the host name {host}, as after a rename or before a first deployment, or the \
             name is misspelt.",
            at_start(product)
        ),
        format!(
            "Operations can give that host name to the app, and start it{}; whoever wrote the profile can check the address.",
            set(product, Setting::HostName)
        ),
    )
}

/// Characters of a host name or path that are shown.
const MAX_SHOWN: usize = 80;

/// The program was asked for another path than the client asked for, as its answer shows.
pub fn path_changed(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    let asked = context.asked_url(refused.request);
    let asked = asked.path().trim_end_matches('/');
    let named = refused.answer.named_path()?;
    let got = named.trim_end_matches('/');
    let is_within = |longer: &str, shorter: &str| longer.ends_with(shorter) && longer.len() > shorter.len();
    (is_within(got, asked) || is_within(asked, got)).then(|| {
        let product = Product::behind(refused.answer).filter(|product| product.side() == Side::Gateway);
        let setting = set(product.or(Some(Product::Nginx)), Setting::Path);
        Explanation::new(
            Owner::Operations,
            format!(
                "The program got the path {}, and the client asked for {asked}: the gateway before it changes the path.",
                SafeText::with_limit(&named, MAX_SHOWN)
            ),
            format!("Operations can let the gateway pass the path on unchanged{setting}."),
        )
    })
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

/// The address is longer than is taken.
pub fn address_too_long(refused: &Refused<'_>, context: &Context<'_>) -> Explanation {
    let request = refused.request;
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
        format!("Operations can raise the limit{}; {shorter}.", length_setting(refused.answer)),
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
pub fn headers_too_large(refused: &Refused<'_>, context: &Context<'_>) -> Explanation {
    let request = refused.request;
    let of = with_jwt(request, context);
    let smaller = match request {
        RequestKind::Token | RequestKind::Ticket | RequestKind::Greeting => "put less into the JWT and into cookies",
        RequestKind::Upgrade => "make tickets and cookies shorter",
    };
    Explanation::new(
        Owner::Operations,
        format!("The server, or a gateway before it, takes no headers as large as those of the {request}{of}."),
        format!(
            "Operations can raise the limit of header sizes{}; the developers can {smaller}.",
            length_setting(refused.answer)
        ),
    )
}

/// How long addresses and headers may be is set where `answer` came from, or else in the usual places.
fn length_setting(answer: &Answer) -> String {
    match Product::author(answer) {
        Some(product) => set(Some(product), Setting::Length),
        None => {
            " (in nginx: large_client_header_buffers; in Node: --max-http-header-size; in IIS: maxQueryString and maxUrl)".to_owned()
        }
    }
}
