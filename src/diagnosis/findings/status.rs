//! What statuses mean that the contract does not know, as far as each means one thing only.

use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::address;
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::problem::Owner;
use crate::model::SafeText;
use crate::model::failure::Hint;

/// What a status says that the contract does not know, and that means one thing only.
pub fn of_status(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    let request = refused.request;
    Some(match refused.answer.status {
        413 if refused.answer.hints().has(Hint::Headers) => address::headers_too_large(refused, context),
        413 => Explanation::new(
            Owner::Operations,
            format!(
                "The server, or a gateway before it, takes no request as large as the {request}, whose body has a few bytes \
                 at most: its limit is set far too low, or counts the headers too{}.",
                address::with_jwt(request, context)
            ),
            "Operations can raise the limit (in nginx: client_max_body_size, large_client_header_buffers; in IIS: \
             maxAllowedContentLength and uploadReadAheadSize); the developers can put less into the JWT and into cookies.",
        ),
        414 => address::address_too_long(refused, context),
        419 => Explanation::new(
            Owner::Developers,
            "419 is Laravel's “page expired”: it wants the token against forged requests (CSRF) and the session cookie of a \
             page, and the session has expired or was never there.",
            "The developers can exempt the API's paths from that check (in Laravel: routes/api.php, or the list of exceptions \
             of VerifyCsrfToken), or say which cookie and header the web app sends.",
        ),
        440 => Explanation::new(
            Owner::Developers,
            "440 is Microsoft's “login time-out”: the session of the web app has expired, or was never there.",
            "The developers can say which cookie the web app sends; the user can sign in again.",
        ),
        421 => Explanation::new(
            Owner::Operations,
            "The server that answered is not the one of this host name (421): the TLS connection and the request name \
             different hosts, or a gateway routes by another name.",
            "Operations can compare host names, certificates and routes of the gateway.",
        ),
        _ => return None,
    })
}

/// What a status says that few send, where the answer's words say nothing.
pub fn of_rare_status(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    use Owner::{Developers, Operations, ProfileAuthor};
    let request = refused.request;
    Some(match refused.answer.status {
        400 | 422 if refused.answer.hints().has(Hint::FieldMissing) => lacks_field(refused),
        400 | 422 if explanation::says_more_than_its_status(refused) => Explanation::new(
            Developers,
            format!("The server calls the {request} faulty, and says what it misses."),
            "The developers know what their answer means; whoever wrote the profile can compare the request with what the \
             server expects.",
        ),
        400 if context.is_refused_everywhere(refused) => Explanation::new(
            Operations,
            "Every request is called faulty, so it is not about this one.",
            "Operations can see in the log of the gateway what it does not take: most often the host name, a header that is too \
             large, or TLS that is spoken to a port without it.",
        ),
        400 | 422 => Explanation::new(
            Developers,
            format!("The server calls the {request} faulty, and does not say why."),
            "The developers can see in the server's log what it misses in the request.",
        ),
        402 => Explanation::new(
            Operations,
            "It wants to be paid first: a plan is used up, or a bill is open.",
            "Operations can look up the account of the service that answered.",
        ),
        406 => Explanation::new(
            Operations,
            "It gives no answer in a form that the request accepts; filters before web servers (ModSecurity) refuse with this \
             status too.",
            "Operations can look it up in the log of web server and filter.",
        ),
        408 => Explanation::new(
            Operations,
            "It waited in vain for the rest of the request: the way to it is slow, or a gateway holds the request back.",
            "Operations can see whether a gateway buffers requests, and how long it waits; the user's IT, if only this user is \
             affected.",
        ),
        410 => Explanation::new(
            ProfileAuthor,
            "What was asked was at this address and is not any more.",
            "Whoever wrote the profile can find the new address.",
        ),
        411 => Explanation::new(
            Operations,
            "It wants the length of the request's body (Content-Length), which the client sends: a proxy on the way takes it out.",
            "Operations can let the gateway pass Content-Length, or take requests without a body.",
        ),
        415 => Explanation::new(
            ProfileAuthor,
            format!("It does not take the type of the {request}'s body (Content-Type)."),
            "Whoever wrote the profile can send the body as the server wants it (json or form).",
        ),
        463 => Explanation::new(
            Operations,
            "The AWS load balancer refuses a request with more than 30 addresses in X-Forwarded-For: proxies send it round.",
            "Operations can see which of the proxies before the load balancer lead in a circle.",
        ),
        495 | 496 => explanation::client_certificate(),
        _ => return None,
    })
}

/// The program checks the request's fields, and one is missing.
fn lacks_field(refused: &Refused<'_>) -> Explanation {
    let request = refused.request;
    let place = refused.answer.named_place();
    let is_authorization = |place: &SafeText| place.as_str().eq_ignore_ascii_case("header.authorization");
    if request == RequestKind::Ticket && place.as_ref().is_some_and(is_authorization) {
        return Explanation::new(
            Owner::Operations,
            "The client sent the header Authorization, and the program did not get it: a proxy or gateway on the way takes it out.",
            "Operations can let the gateway pass the Authorization header (in Apache: CGIPassAuth on).",
        );
    }
    let (field, it) = match &place {
        Some(place) => (format!("the field {place}"), format!("{place}")),
        None => ("a field".to_owned(), "the field that the answer names".to_owned()),
    };
    Explanation::new(
        Owner::ProfileAuthor,
        format!(
            "The path is right, and the program there checks what it is sent: the {request}, as the profile has it, lacks {field}."
        ),
        format!("Whoever wrote the profile can add {it} to the {request}; the developers know what it has to hold."),
    )
}

/// What a status of a failure says that means one thing only.
pub fn of_failure_status(status: u16) -> Option<Explanation> {
    use Owner::Operations;
    Some(match status {
        507 => Explanation::new(
            Operations,
            "The server has no room left to store what the request needs.",
            "Operations can make room on the server's disk.",
        ),
        508 => Explanation::new(
            Operations,
            "The server saw the request come round in a loop, or (with some hosts) a limit of resources is reached.",
            "Operations can look up which proxies lead to each other, or the limits of the hosting account.",
        ),
        509 => Explanation::new(
            Operations,
            "The bandwidth of the hosting account is used up.",
            "Operations can raise the account's limit of traffic.",
        ),
        511 => Explanation::new(
            Operations,
            "A page that wants a person first stands before the service (511): no network's login, for nobody on the way can answer \
             what is encrypted, but the service's own, as tunnels to somebody's computer have it.",
            "Operations can exempt the API's paths from that page, or name an address without it.",
        ),
        529 => Explanation::new(
            Operations,
            "The server has more load than it can take.",
            "Operations can add capacity: the server is overloaded.",
        ),
        561 => Explanation::new(
            Operations,
            "The AWS load balancer signs users in itself, and its identity provider answered with an error.",
            "Operations can exempt the API's paths from the load balancer's sign-in, and repair its identity provider.",
        ),
        _ => return None,
    })
}
