//! JWTs that are refused, or that nothing can send.

use std::borrow::Cow;
use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::{own_numbers, reasons, unseen};
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::failure::{BodyKind, Hint, Product, Setting, Side};
use crate::model::{Claims, ClaimsError, DisplayDuration, RequestFailure, SafeText};

/// Clocks of servers that differ by less do no harm.
const CLOCKS_APART: Duration = Duration::from_secs(2);

/// What a 401 to the token request says where it is not about who signs in.
const NOT_THE_USERS: [Hint; 11] = [
    Hint::ApiKey,
    Hint::Authorizer,
    Hint::Blocked,
    Hint::Challenge,
    Hint::ClientCertificate,
    Hint::Cookie,
    Hint::Csrf,
    Hint::Host,
    Hint::Maintenance,
    Hint::Origin,
    Hint::Policy,
];

/// The token or ticket request is refused with 401.
pub fn refused(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if refused.answer.status != 401 {
        return None;
    }
    match (refused.request, refused.answer.code()) {
        (RequestKind::Token, _) => Some(token_refused(refused, context)),
        (RequestKind::Ticket, _) if unseen::is_expired(context) => Some(unseen::expired_jwt(refused)),
        (RequestKind::Ticket, Some("INVALID_TOKEN")) if context.is_of_files && !context.is_jwt_fresh() => {
            Some(kept_jwt_refused(refused, context))
        }
        (RequestKind::Ticket, Some("INVALID_TOKEN")) => Some(fresh_jwt_refused(refused, context)),
        (RequestKind::Ticket, Some("MISSING_SESSION")) => Some(without_session(refused, context)),
        (RequestKind::Ticket, Some("MISSING_AUTH")) => Some(authorization_lost(refused, context)),
        (RequestKind::Ticket, _) => Some(jwt_refused(refused, context)),
        (RequestKind::Upgrade | RequestKind::Greeting, _) => None,
    }
}

/// A JWT that the page had kept is refused: a new one cures that, unless it would be the same.
fn kept_jwt_refused(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let of_issuer = of_fresh(refused, context).filter(|_| is_of_issuer(refused, context));
    match of_issuer {
        Some((owner, why, next)) => Problem {
            owner,
            title: refused.titled("The server does not accept the JWTs of its token service"),
            cause: format!("{why} A new JWT would be the same."),
            next,
            ..unseen::stale_jwt(refused)
        },
        None => unseen::stale_jwt(refused),
    }
}

/// Whether what is wrong with a JWT is so with each that its token service gives out.
fn is_of_issuer(refused: &Refused<'_>, context: &Context<'_>) -> bool {
    let hints = refused.answer.hints();
    context.claims.is_some_and(|claims| claims.in_milliseconds)
        || [Hint::Audience, Hint::Issuer, Hint::Algorithm, Hint::Claim].iter().any(|hint| hints.has(*hint))
}

/// The server gives this user no JWT.
fn token_refused(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let is_for_missing = refused.answer.challenge().is_some_and(|challenge| challenge.is_for_missing_bearer());
    if let Some(Explanation { owner, cause, next }) = of_grant(refused) {
        let title = refused.titled("The identity provider refuses the login");
        let problem = Problem { code: Code::TokenRefused, severity: Severity::Error, owner, next, ..Problem::ALONE };
        return Problem { title, cause: cause.into_owned(), ..problem };
    }
    // The contract's request carries no credential (§1); a profile's own login may.
    if is_for_missing && context.service().is_none() {
        return token_guarded(refused);
    }
    let is_not_the_users =
        NOT_THE_USERS.iter().any(|hint| refused.answer.hints().has(*hint)) || refused.answer.own_number().is_some();
    if let Some(Explanation { owner, cause, next }) = reasons::by_words(refused, context).filter(|_| is_not_the_users) {
        let title = refused.titled("The token request is refused, and not for this user");
        let problem = Problem { code: Code::TokenRefused, severity: Severity::Error, owner, next, ..Problem::ALONE };
        return Problem { title, cause: cause.into_owned(), ..problem };
    }
    let gateway = Product::behind(refused.answer).filter(|product| product.side() == Side::Gateway);
    if let Some(gateway) = gateway.filter(|_| context.service().is_none() && refused.answer.body.kind == BodyKind::Page)
    {
        return Problem {
            owner: Owner::Operations,
            title: refused.titled("A gateway in front of the service wants a login of its own"),
            cause: format!(
                "It is the request that gives out the first JWT, so it carries none, and the gateway ({}) refuses it with a page \
                 of its own.",
                gateway.label()
            ),
            next: format!(
                "Operations can exempt the path of the token request from that login{}.",
                explanation::set(Some(gateway), Setting::Credentials)
            )
            .into(),
            ..token_guarded(refused)
        };
    }
    Problem {
        code: Code::TokenRefused,
        severity: Severity::Error,
        owner: Owner::User,
        title: refused.titled("The server gives this user no JWT"),
        cause: "The token request itself was refused.".to_owned(),
        next: "The user can sign in again; if that does not help, the developers can fix it.".into(),
        ..Problem::ALONE
    }
}

/// What the error of OAuth means with which a token request is refused (RFC 6749 §5.2).
pub fn of_grant(refused: &Refused<'_>) -> Option<Explanation> {
    const ERRORS: [(Hint, Owner, &str, &str); 4] = [
        (
            Hint::ClientUnknown,
            Owner::ProfileAuthor,
            "The client itself is refused, and no user (invalid_client or unauthorized_client): its id or secret is wrong, or is \
             sent in a way that is not the agreed one.",
            "Whoever wrote the profile can compare the client's id, its secret and how they are sent with what the identity provider \
             has; operations can look the client up there.",
        ),
        (
            Hint::GrantUnknown,
            Owner::ProfileAuthor,
            "The identity provider does not offer this kind of login (grant_type) to this client.",
            "Whoever wrote the profile can choose another one; operations can allow it for the client.",
        ),
        (
            Hint::ScopeUnknown,
            Owner::ProfileAuthor,
            "The identity provider does not know a scope that is asked for, or does not give it to this client.",
            "Whoever wrote the profile can correct the scopes; operations can allow them for the client.",
        ),
        (
            Hint::GrantRefused,
            Owner::User,
            "The client is known, and what it brings for the user is not accepted (invalid_grant): a wrong name or password, or a \
             code or refresh token that is used up.",
            "The user can sign in again; if that does not help, operations can look the account up.",
        ),
    ];
    let hints = refused.answer.hints();
    let is_told = refused.request == RequestKind::Token && refused.answer.body.kind == BodyKind::Json;
    let (_, owner, cause, next) = ERRORS.into_iter().find(|(hint, ..)| is_told && hints.has(*hint))?;
    Some(Explanation::new(owner, cause, next))
}

/// Why a fresh JWT is refused, whatever status the server has for that, if it says so.
pub fn of_any_status(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    const ALWAYS: [Hint; 6] =
        [Hint::KeysUnreachable, Hint::Key, Hint::Signature, Hint::NotAJwt, Hint::Algorithm, Hint::Claim];
    const OF_A_TOKEN: [Hint; 4] = [Hint::NotYet, Hint::Expired, Hint::Audience, Hint::Issuer];
    let hints = refused.answer.hints();
    let says = |wanted: &[Hint]| wanted.iter().any(|hint| hints.has(*hint));
    let is_told = says(&ALWAYS) || says(&OF_A_TOKEN) && hints.has(Hint::Token);
    let is_ticket = refused.request == RequestKind::Ticket && refused.answer.body.kind != BodyKind::Page;
    if !is_ticket || !is_told || !context.is_jwt_fresh() {
        return None;
    }
    let (owner, why, next) = of_fresh(refused, context)?;
    Some(Explanation::new(owner, format!("The JWT was issued a moment ago and is refused. {why}"), next))
}

/// Why a gateway refuses the JWT of a ticket request or wants one with the upgrade, where it checks JWTs itself and says so.
pub fn checked_by_gateway(refused: &Refused<'_>, context: &Context<'_>) -> Option<Explanation> {
    let gateway = Product::itself(refused.answer).filter(|_| refused.answer.hints().has(Hint::Token))?;
    match refused.request {
        RequestKind::Ticket => {
            let (owner, why, next) = by_gateway(refused, context)?;
            Some(Explanation::new(owner, why, next))
        }
        RequestKind::Upgrade => Some(Explanation::new(
            Owner::Operations,
            format!(
                "The gateway before the server ({}) checks JWTs itself at the WebSocket's path, where a browser can send none: the \
                 ticket in the address is all that there is.",
                gateway.label()
            ),
            format!(
                "Operations can exempt the WebSocket's path from that check{}; the server checks the ticket.",
                explanation::set(Some(gateway), Setting::Credentials)
            ),
        )),
        RequestKind::Token | RequestKind::Greeting => None,
    }
}

/// The request that gives out JWTs is let through only with one.
fn token_guarded(refused: &Refused<'_>) -> Problem {
    let gateway = Product::behind(refused.answer).filter(|product| product.side() == Side::Gateway);
    let (owner, who, next) = match gateway {
        Some(product) => (
            Owner::Operations,
            format!("the gateway ({})", product.label()),
            "Operations can exempt the path of the token request from the gateway's check of tokens.",
        ),
        None => (
            Owner::Developers,
            "the server".to_owned(),
            "The developers can exempt the path of the token request from the check of tokens; if the service no longer has \
             anonymous sessions, whoever wrote the profile can describe how users sign in.",
        ),
    };
    Problem {
        code: Code::TokenRefused,
        severity: Severity::Error,
        owner,
        outlook: Outlook::Lasting,
        title: refused.titled("The token request is let through only with a token"),
        cause: format!(
            "It is the request that gives out the first JWT, so it carries none, and {who} asks for one (WWW-Authenticate: \
             Bearer without error, RFC 6750 §3.1)."
        ),
        next: next.into(),
        ..Problem::ALONE
    }
}

/// Why a server refuses a JWT that was issued a moment ago, who can fix that, and how.
fn of_fresh(refused: &Refused<'_>, context: &Context<'_>) -> Option<Reason> {
    by_gateway(refused, context)
        .or_else(|| by_api(refused, context).map(|(owner, why, next)| (owner, why, Cow::Borrowed(next))))
}

/// Who can fix it that a fresh JWT is refused, why it is, and how.
type Reason = (Owner, String, Cow<'static, str>);

/// Why a gateway refuses a fresh JWT that it checks itself, before the API sees it.
fn by_gateway(refused: &Refused<'_>, context: &Context<'_>) -> Option<Reason> {
    let gateway = Product::itself(refused.answer)?;
    let (hints, claims) = (refused.answer.hints(), context.claims);
    let named = |text: Option<&SafeText>| text.map_or_else(String::new, |text| format!(" “{text}”"));
    let (why, next) = if hints.has(Hint::KeysUnreachable) {
        (
            "cannot fetch the keys for that (JWKS): the address that it has does not answer it, or is a wrong one"
                .to_owned(),
            "see whether it reaches that address (network, proxy, TLS), and correct it there",
        )
    } else if hints.has(Hint::Key) {
        let kid = named(claims.and_then(|claims| claims.key_id.as_ref()));
        (
            format!(
                "does not know the key that signed it{kid}: it has another set of keys, or one from before a rotation"
            ),
            "let it load the keys of the token service (JWKS)",
        )
    } else if hints.has(Hint::Audience) {
        let audience = named(claims.and_then(|claims| claims.audience.as_ref()));
        (format!("accepts another audience than the JWT's{audience} (aud)"), "add that audience there")
    } else if hints.has(Hint::Issuer) {
        let issuer = named(claims.and_then(|claims| claims.issuer.as_ref()));
        (format!("does not know the JWT's issuer{issuer} (iss)"), "set up that issuer there, with its keys")
    } else if hints.has(Hint::Signature) {
        (
            "has another key than the one that signed it, so that the signature does not fit".to_owned(),
            "give it the key of the token service",
        )
    } else if hints.has(Hint::Algorithm) {
        ("does not accept the algorithm that it is signed with (alg)".to_owned(), "allow that algorithm there")
    } else if hints.has(Hint::Expired) && hints.has(Hint::Token) && is_only_by_gateway(claims, context) {
        (
            "calls it expired although it is new: its clock and that of the token service differ, or it lives too short".to_owned(),
            "set the clocks of both by NTP, or allow some seconds of difference there",
        )
    } else {
        return None;
    };
    let who = format!("The gateway before the API ({}) checks the JWT itself, and {why}.", gateway.label());
    let setting = explanation::set(Some(gateway), Setting::Credentials);
    Some((Owner::Operations, who, format!("Operations can {next}{setting}.").into()))
}

/// Whether the JWT itself shows nothing of why it is refused as expired: it is fresh, and its times are as they should be.
fn is_only_by_gateway(claims: Option<&Claims>, context: &Context<'_>) -> bool {
    let is_odd = |claims: &Claims| claims.in_milliseconds || expired_for(claims, context).is_some();
    context.is_jwt_fresh() && !claims.is_some_and(is_odd)
}

/// Why the API refuses a fresh JWT.
fn by_api(refused: &Refused<'_>, context: &Context<'_>) -> Option<(Owner, String, &'static str)> {
    let (hints, claims) = (refused.answer.hints(), context.claims);
    let ahead = claims.and_then(|claims| {
        let from = claims.issued_at.max(claims.not_before)?;
        let ahead = (from - context.server_time()).to_std().ok()?;
        (ahead >= CLOCKS_APART).then(|| DisplayDuration(Duration::from_secs(ahead.as_secs())))
    });
    let claim = |text: Option<&SafeText>| text.map_or_else(String::new, |text| format!(" “{text}”"));
    let found = if let Some(error @ (ClaimsError::Quoted | ClaimsError::WithScheme)) = context.claims_error {
        (
            Owner::Developers,
            format!("What the token request gives is {error}; the client sends it as it came, as a web app does."),
            "The developers can let the token service give the JWT alone, without quotation marks and without Bearer; or, if the web app \
             takes them off, whoever wrote the profile can take the JWT from between them.",
        )
    } else if claims.is_some_and(|claims| claims.in_milliseconds) {
        (
            Owner::Developers,
            "Its times (exp, iat) are in milliseconds, and a JWT's are seconds.".to_owned(),
            "The developers of the token service can fix it: NumericDate is seconds since 1970.",
        )
    } else if let Some(since) = claims.and_then(|claims| expired_for(claims, context)) {
        (
            Owner::Operations,
            format!(
                "It had expired {since} before it was given out (exp): a clock is wrong, or the token service gives out old ones."
            ),
            "Operations can set the clocks of the servers by NTP, and let the token service keep no JWT longer than it lives.",
        )
    } else if ahead.is_some() || hints.has(Hint::NotYet) {
        let by = ahead.map_or_else(String::new, |ahead| format!(" by {ahead}"));
        (
            Owner::Operations,
            format!(
                "It says that it begins to be valid in the future (iat, nbf): the clocks of the servers that issue and check \
                 it differ{by}."
            ),
            "Operations can set the clocks of the servers by NTP; the developers can allow some seconds of leeway.",
        )
    } else if hints.has(Hint::KeysUnreachable) {
        (
            Owner::Operations,
            "What checks it cannot fetch the keys for that (JWKS): the identity provider's address of keys does not answer it, or \
             is a wrong one."
                .to_owned(),
            "Operations can see whether the API, or the gateway before it, reaches that address: network, proxy, TLS.",
        )
    } else if hints.has(Hint::Key) {
        let kid = claim(claims.and_then(|claims| claims.key_id.as_ref()));
        (
            Owner::Operations,
            format!("The API does not know the key that signed it{kid}: it still has keys from before a rotation."),
            "Operations can let the API load the current keys, by restarting it, and make it reload them by itself.",
        )
    } else if hints.has(Hint::Audience) {
        let audience = claim(claims.and_then(|claims| claims.audience.as_ref()));
        (
            Owner::Developers,
            format!("It is for another audience{audience} than the API accepts (aud)."),
            "The developers can make the token service's audience and the one that the API expects the same.",
        )
    } else if hints.has(Hint::Issuer) {
        let issuer = claim(claims.and_then(|claims| claims.issuer.as_ref()));
        (
            Owner::Developers,
            format!("The API does not trust its issuer{issuer} (iss)."),
            "The developers can make the token service's issuer and the one that the API expects the same.",
        )
    } else if hints.has(Hint::Algorithm) {
        (
            Owner::Developers,
            "The API does not accept the algorithm that it is signed with (alg).".to_owned(),
            "The developers can let token service and API use the same algorithm.",
        )
    } else if hints.has(Hint::Claim) {
        (
            Owner::Developers,
            "It lacks a claim that the API asks for, or has it in another form.".to_owned(),
            "The developers of the token service can put that claim into the JWT as the API wants it.",
        )
    } else if hints.has(Hint::Signature) {
        (
            Owner::Operations,
            "Its signature does not fit the key that the API checks it with: the two sides have different keys."
                .to_owned(),
            "Operations can give the token service and the API the same key.",
        )
    } else if hints.has(Hint::Expired) {
        (
            Owner::Operations,
            "The API calls it expired although it is new: a clock is wrong, or it lives too short.".to_owned(),
            "Operations can set the clocks of the servers by NTP; the developers can let it live longer.",
        )
    } else if hints.has(Hint::NotAJwt) || context.claims.is_none() && context.claims_error.is_some() {
        (
            Owner::Developers,
            "What the token request gives is no JWT that the API can read.".to_owned(),
            "The developers can compare what the token request gives with what the API expects.",
        )
    } else if hints.has(Hint::Csrf) || hints.has(Hint::Cookie) {
        (
            Owner::Developers,
            "The API wants a cookie, or a token against forged requests, beside it.".to_owned(),
            "The developers can say which cookie or header the web app sends.",
        )
    } else {
        return None;
    };
    Some(found)
}

/// How long before it was given out a JWT with these `claims` had expired.
fn expired_for(claims: &Claims, context: &Context<'_>) -> Option<DisplayDuration> {
    let ago = (context.server_time() - claims.expires_at?).to_std().ok()?.checked_sub(context.jwt_age?)?;
    (ago >= CLOCKS_APART).then(|| DisplayDuration(Duration::from_secs(ago.as_secs())))
}

/// The server refuses a JWT that it has just given out.
fn fresh_jwt_refused(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let has_session = context.claims.map(|claims| claims.session_id.is_some());
    let asked = "The JWT was issued a moment ago, by the same service, and is refused";
    let (title, owner, cause, next) = match (of_fresh(refused, context), has_session) {
        (Some((owner, why, next)), _) => {
            ("The server refuses the JWT that it gives out", owner, format!("{asked}. {why}"), next)
        }
        (None, Some(false)) => (
            "The server gives out a JWT without sessionId",
            Owner::Operations,
            "The JWT was asked for anew, has no sessionId, and is refused; such a server answers the same for both."
                .to_owned(),
            "Operations can fix it, or the developers of the token service.".into(),
        ),
        (None, Some(true) | None) => {
            let session = if has_session.is_none() { ", or the JWT has no sessionId" } else { "" };
            (
                "The server refuses the JWT that it gives out",
                Owner::Operations,
                format!("{asked}: its parts do not agree on the signing key or on the time{session}."),
                "Operations can fix it: restart the API so that it loads the current key, and compare the servers' clocks.".into(),
            )
        }
    };
    Problem {
        code: Code::FreshJwtRefused,
        severity: Severity::Error,
        owner,
        title: refused.titled(title),
        cause,
        next,
        explains: &[Code::DeadCredentialResent],
        ..Problem::ALONE
    }
}

/// The JWT belongs to no session.
fn without_session(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let (owner, cause, next) = if context.is_jwt_fresh() {
        (
            Owner::Developers,
            "It was issued a moment ago: the token service gives out a JWT without the session that the API asks for.",
            "The developers of the token service can fix it.",
        )
    } else {
        (
            Owner::User,
            "The server knows the JWT but it belongs to no session.",
            "The user can fix it: New session (in the web app, refresh the page).",
        )
    };
    Problem {
        code: Code::JwtWithoutSession,
        severity: Severity::Error,
        owner,
        title: refused.titled("The JWT has no sessionId"),
        cause: cause.to_owned(),
        next: next.into(),
        explains: &[Code::DeadCredentialResent],
        ..Problem::ALONE
    }
}

/// The Authorization header does not reach the server.
fn authorization_lost(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let (owner, next) = if context.is_of_service(RequestKind::Ticket) {
        (Owner::Operations, "Operations can let the gateway pass the Authorization header (in Apache: CGIPassAuth on).")
    } else {
        (Owner::Operations, "Operations, or the user's IT if only this user is affected, can fix it.")
    };
    let is_unseen = context.is_of_files && context.claims.is_none() && context.claims_error.is_none();
    Problem {
        code: Code::AuthorizationLost,
        severity: Severity::Error,
        owner,
        title: refused.titled("The JWT did not arrive"),
        cause: match is_unseen {
            true => {
                "Whether the page sent it is not in this file: either the web app sends no Authorization header, or a proxy or \
                 gateway on the way takes it out."
            }
            false => "The client sent it, so a proxy or gateway on the way takes the Authorization header out.",
        }
        .to_owned(),
        next: next.into(),
        explains: &[Code::DeadCredentialResent],
        ..Problem::ALONE
    }
}

/// The server refuses the JWT in a way that a new one does not cure.
fn jwt_refused(refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let hints = refused.answer.hints();
    if let Some(Explanation { owner, cause, next }) = own_numbers::explained(refused, context) {
        let title = refused.titled("The ticket request is refused before the API sees it");
        let problem = Problem { code: Code::JwtRefused, severity: Severity::Error, owner, next, ..Problem::ALONE };
        return Problem { title, cause: cause.into_owned(), ..problem };
    }
    if hints.has(Hint::NoCredential) {
        return Problem { code: Code::JwtRefused, ..authorization_lost(refused, context) };
    }
    if hints.has(Hint::ApiKey) {
        let Explanation { owner, cause, next } = explanation::api_key(Product::behind(refused.answer));
        let title = refused.titled("A gateway before the API wants a key");
        let problem = Problem { code: Code::JwtRefused, severity: Severity::Error, owner, next, ..Problem::ALONE };
        return Problem { title, cause: cause.into_owned(), ..problem };
    }
    let of_fresh = of_fresh(refused, context);
    let is_for_missing = refused.answer.challenge().is_some_and(|challenge| challenge.is_for_missing_bearer());
    if of_fresh.is_none() && is_for_missing && !hints.has(Hint::BadCredential) {
        return Problem {
            code: Code::JwtRefused,
            title: refused.titled("The server answers as if no JWT had come"),
            cause: "It asks for a bearer token and says nothing against the one that was sent (WWW-Authenticate: Bearer without \
                    error, RFC 6750 §3.1): most likely a proxy or gateway on the way takes the Authorization header out."
                .to_owned(),
            ..authorization_lost(refused, context)
        };
    }
    let (owner, cause, next) = match (of_fresh, context.is_jwt_fresh()) {
        (Some((owner, why, next)), true) => (owner, format!("It was issued a moment ago. {why}"), next),
        (None, true) if Product::itself(refused.answer).is_some() => {
            let gateway = Product::itself(refused.answer);
            let name = gateway.map_or("", Product::label);
            (
                Owner::Operations,
                format!(
                    "It was issued a moment ago, and the gateway itself ({name}) refuses, with an answer of its own: it checks who may \
                     pass before the API sees the request."
                ),
                format!("Operations can look up that check{}.", explanation::set(gateway, Setting::Credentials)).into(),
            )
        }
        (None, true) => (
            Owner::Developers,
            "It was issued a moment ago and is refused: the user can do nothing about that. Token service and API do not \
             agree on what a valid JWT is."
                .to_owned(),
            "The developers can compare what the token service issues with what the API expects: key, issuer, audience.".into(),
        ),
        (Some((owner, why, next)), false) if is_of_issuer(refused, context) => {
            (owner, format!("The stored JWT was refused, and a new one would be the same. {why}"), next)
        }
        (Some((_, why, _)), false) => (
            Owner::User,
            format!("The stored JWT was refused. {why}"),
            "The user can try New session; if that does not help, the developers can fix it.".into(),
        ),
        (None, false) if context.is_of_files && refused.answer.headers.is_empty() && refused.answer.code().is_none() => (
            Owner::User,
            "The code of the refusal, which tells whether a new JWT cures it, is not in this file.".to_owned(),
            "The user can sign out and in again; if that does not help, a HAR file has the code.".into(),
        ),
        (None, false) => (
            Owner::User,
            "The ticket request was refused in a way that a new token does not cure.".to_owned(),
            "The user can try New session; if that does not help, the developers can fix it.".into(),
        ),
    };
    Problem {
        code: Code::JwtRefused,
        severity: Severity::Error,
        owner,
        title: refused.titled("The server does not accept the JWT"),
        cause,
        next,
        ..Problem::ALONE
    }
}

/// The JWT holds characters that no HTTP header can carry.
pub fn not_sendable(failure: &RequestFailure) -> Problem {
    Problem {
        code: Code::JwtNotSendable,
        severity: Severity::Error,
        owner: Owner::User,
        title: "The stored JWT cannot be sent".to_owned(),
        cause: sentence(&failure.to_string()),
        next: "The user can fix it: New session (in the web app, refresh the page).".into(),
        ..Problem::ALONE
    }
}
