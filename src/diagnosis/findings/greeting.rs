//! What a service of its own kind wants beside the contract: refusals inside a success, a greeting, heartbeats, messages
//! that announce an end.

use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::problem::{ForUser, Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::sentence;
use crate::model::failure::{BodyKind, Hint};
use crate::model::{
    Announcement, Answer, Close, DisplayDuration, EndOwner, SafeText, SecretOrigin, Service, Then, UpgradeRefusal,
};

/// A value or an address that an answer should have given is none.
pub fn unusable(problem: &SafeText) -> Problem {
    Problem {
        code: Code::UnusableAnswer,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: "An answer does not fit the profile".to_owned(),
        cause: sentence(problem.as_str()),
        next: "Whoever wrote the profile can compare its take = { … } and url with what the service answers; the developers, \
               if the service should answer otherwise."
            .into(),
        ..Problem::ALONE
    }
}

/// A success whose content is a refusal.
pub fn refused_inside(request: RequestKind, answer: &Answer) -> Problem {
    let code = answer.code();
    let said = code.map_or_else(String::new, |code| format!(": {code}"));
    let (owner, next) = inside(code.unwrap_or_default(), request);
    Problem {
        code: Code::RefusedInside,
        owner,
        outlook: if owner == Owner::Operations { Outlook::Passing } else { Outlook::Lasting },
        title: format!("The service refuses the {request}{said}"),
        cause: format!(
            "Its answer has the status {}, and its content says that it is a refusal{}.",
            answer.status,
            code.map_or_else(String::new, |code| format!(" (“{code}”)"))
        ),
        next: next.into(),
        ..Problem::ALONE
    }
}

/// Who can help against a refusal with the code `code`, by the words that it is made of, and how.
fn inside(code: &str, request: RequestKind) -> (Owner, &'static str) {
    let lower = code.to_ascii_lowercase();
    let words: Vec<_> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    if has(&["ratelimited", "rate", "throttled", "quota", "limit"]) || lower.contains("toomany") || has(&["many"]) {
        (
            Owner::Operations,
            "Operations own the limit of requests, and can raise it; the client asks again after a wait.",
        )
    } else if has(&["internal", "fatal", "unavailable", "timeout", "maintenance", "overloaded"]) {
        (
            Owner::Operations,
            "Operations can see in the service's log why it failed; the client asks again after a wait.",
        )
    } else if has(&["disabled", "inactive", "deactivated", "suspended", "restricted"]) {
        (
            Owner::Developers,
            "The developers can look up in the service's settings whether the app and its account are switched on, as the code says.",
        )
    } else if has(&["scope", "permission", "permissions", "access", "forbidden"]) || has(&["allowed"]) && has(&["not"])
    {
        (
            Owner::Developers,
            "The developers can give this login, or the app that it is for, the right that the code names in the service's settings.",
        )
    } else if request == RequestKind::Token {
        (Owner::User, "The user can check what they gave to sign in; the developers know what the code means.")
    } else {
        (
            Owner::User,
            "The user can give a credential that is valid and has the right to connect; the developers know what the code means.",
        )
    }
}

/// What a user is told whose request the service refuses: an account may lack a right, and nobody but the service knows.
pub const REFUSED_BY_API: ForUser = ForUser::said(
    "Our service refuses this request, and our team looks up why. You do not have to do anything. We will tell you when it works.",
);
/// What a user is told whose connection the service ended, to have it come again.
pub const RESTARTED: ForUser =
    ForUser::said("Our service was restarted just then. If the page does not work yet, please load it again (F5).");

/// A request of a profile's own steps is refused for what a person gave.
pub fn refused_credential(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let service = context.service()?;
    let (answer, request) = (refused.answer, refused.request);
    let is_refusal = matches!(answer.status, 401 | 403);
    // OAuth 2.0 (RFC 6749 §5.2) refuses a grant with 400; others say of a credential what they say of any wrong field.
    let is_refused_grant = match answer.status {
        400 => answer.code().is_some(),
        422 => answer.code().is_some() && !answer.hints().has(Hint::FieldMissing),
        _ => false,
    };
    let is_plain = matches!(answer.body.kind, BodyKind::Json | BodyKind::Text | BodyKind::Empty);
    let code = match request {
        RequestKind::Token if is_refusal || is_refused_grant => Code::TokenRefused,
        // Without a login there is nothing between what a person gave and this request.
        RequestKind::Ticket if is_refusal && !service.signs_in() => Code::RefusedByApi,
        RequestKind::Greeting if is_refusal => Code::RefusedByApi,
        RequestKind::Token | RequestKind::Ticket | RequestKind::Upgrade | RequestKind::Greeting => return None,
    };
    // What wants the credential that was shown refuses it, on whatever page it says so.
    let is_wanted = answer.status == 401 && refused.shows_what_is_wanted(service);
    if !(is_plain || is_wanted) || !context.is_of_service(request) {
        return None;
    }
    let asked: Vec<_> = service.secrets.iter().filter(|(_, secret)| !secret.label.is_empty()).collect();
    let given = asked.iter().map(|(_, secret)| format!("“{}”", secret.label)).collect::<Vec<_>>().join(" and ");
    let given = if given.is_empty() { "the credential".to_owned() } else { given };
    let (owner, cause, next) = refusal_in_words(answer, service, &given);
    Some(Problem {
        code,
        severity: Severity::Error,
        owner,
        outlook: Outlook::Lasting,
        title: refused.titled(&format!("The service refuses the {request}")),
        cause,
        next: next.replace(ASKED_FOR, &place_of_secrets(service)).into(),
        for_user: if code == Code::RefusedByApi { REFUSED_BY_API } else { ForUser::ByOwner },
        ..Problem::ALONE
    })
}

/// Where people give secrets that nothing else gives.
const ASKED_FOR: &str = "(Secrets…)";

/// Where the secrets of `service` are given, in brackets.
fn place_of_secrets(service: &Service) -> String {
    let places = service.secrets.values().map(|source| match source.origin() {
        SecretOrigin::Person => "Secrets…".to_owned(),
        SecretOrigin::Variable(variable) => format!("the environment variable {variable}"),
        SecretOrigin::File(file) => format!("the file {file}"),
        SecretOrigin::Command(command) => format!("what {} prints", SafeText::new(command.program())),
    });
    let places: std::collections::BTreeSet<_> = places.collect();
    if places.is_empty() { ASKED_FOR.to_owned() } else { format!("({})", Vec::from_iter(places).join(", ")) }
}

/// Who can help with a refusal of what a person gave, why it came and what to do, as exactly as the answer's own words
/// allow. The words change nothing else.
fn refusal_in_words(answer: &Answer, service: &Service, given: &str) -> (Owner, String, &'static str) {
    let hints = answer.hints();
    let has = |any: &[Hint]| any.iter().any(|hint| hints.has(*hint));
    let is_authorized = service.login.iter().chain(&service.ticket).any(|step| step.auth.is_some());
    if has(&[Hint::Origin, Hint::Host]) {
        let cause =
            "Its answer speaks of the origin or the host, which may not be on its list; it may also not accept ";
        let next = "Operations can add the profile's origin and host to those that the service allows; if they are there, the user \
                    can give the credential anew (Secrets…).";
        return (Owner::Operations, format!("{cause}{given}."), next);
    }
    if has(&[Hint::Challenge, Hint::Blocked]) {
        let cause =
            "Its answer speaks of a filter that lets this address or program not through; it may also not accept ";
        let next = "Operations can see whether the filter before the service stopped the request; if not, the user can give the \
                    credential anew (Secrets…).";
        return (Owner::Operations, format!("{cause}{given}."), next);
    }
    if has(&[Hint::NoRoute, Hint::NoBackend]) {
        let cause = "Its answer speaks of a route or a server behind it that is not there; it may also not accept ";
        let next = "Operations can see whether the gateway knows this path; if it does, the user can give the credential anew \
                    (Secrets…).";
        return (Owner::Operations, format!("{cause}{given}."), next);
    }
    if has(&[Hint::ClientUnknown]) {
        let cause = "Its answer speaks of the client (invalid_client), whose id or secret is wrong or sent in another way than \
                     agreed; it may also not accept ";
        let next = "Whoever wrote the profile can compare the client's id and how it is sent with what the identity provider has; \
                    if they are right, the user can give the credential anew (Secrets…).";
        return (Owner::ProfileAuthor, format!("{cause}{given}."), next);
    }
    // A server that does not know the token in Authorization takes the request for a page's (Jupyter).
    if has(&[Hint::Csrf, Hint::Cookie]) && !is_authorized {
        let cause = "Its answer asks for what only a page has, a cookie or a token against forged requests: it has seen no \
                     credential in the request, or does not accept ";
        let next = "Whoever wrote the profile can send the credential as the service wants it (auth = \"…\"); if it does, the user \
                    can give it anew (Secrets…).";
        return (Owner::ProfileAuthor, format!("{cause}{given}."), next);
    }
    let cause = format!("It does not accept {given}: wrong, expired, or without the right to connect.");
    let next = "The user can give it anew (Secrets…), and check that it belongs to this service; if it is right, the developers \
                can see why it is refused.";
    (Owner::User, cause, next)
}

/// A refused upgrade is about what the profile says that it is about.
pub fn refused_upgrade(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let status = refused.answer.status;
    let said = context.profile.classify.upgrade.iter().find(|(statuses, _)| statuses.contains(status));
    // A service without steps of its own before the upgrade can only refuse the credential in it.
    let is_bare = |service: &&Service| !service.signs_in() && service.ticket.is_empty();
    let bare = context.service().filter(is_bare).filter(|_| status == 401).map(|_| UpgradeRefusal::Login);
    let about = said.map(|(_, about)| *about).or(bare).filter(|_| refused.request == RequestKind::Upgrade)?;
    let hints = refused.answer.hints();
    if !context.is_of_service(RequestKind::Upgrade) {
        return None;
    }
    let origin = context.profile.sent_origin().map(|origin| format!("the origin ({origin})"));
    let (what, owner) = match about {
        _ if hints.has(Hint::Origin) => ("", Owner::Operations),
        UpgradeRefusal::Ticket => ("the ticket", Owner::Developers),
        UpgradeRefusal::Login | UpgradeRefusal::Stop => ("the credential", Owner::User),
        UpgradeRefusal::Retry => return None,
    };
    let what = match (what, origin) {
        ("", Some(origin)) => origin,
        (what, Some(origin)) => format!("{what}, or {origin}"),
        (what, None) => what.to_owned(),
    };
    Some(Problem {
        code: Code::UpgradeRefused,
        severity: Severity::Error,
        owner,
        outlook: Outlook::Lasting,
        title: refused.titled("The service refuses the WebSocket"),
        cause: format!("That is how this service says that it does not accept {what}. Asked was {}.", context.asked(RequestKind::Upgrade)),
        next: match owner {
            Owner::Operations => "Operations can add the profile's origin to the list of those that the service allows.",
            Owner::Developers => {
                "The developers can see in the service's log why it refuses before the handshake; whoever wrote the profile \
                 can check the origin and where the ticket goes."
            }
            Owner::User | Owner::UserIt | Owner::ProfileAuthor | Owner::Nobody | Owner::Unknown => {
                "The user can check what they gave; whoever wrote the profile, the origin and the path; if both are right, \
                 the developers can see in the service's log why it refuses."
            }
        }
        .into(),
        ..Problem::ALONE
    })
}

/// What may be missing where a service ends a connection without a word, to which its profile sends nothing by itself.
pub fn no_heartbeat(context: &Context<'_>) -> &'static str {
    match context.service() {
        Some(service) if service.heartbeat.is_none() && service.answers.is_empty() => {
            " The profile sends no heartbeat and answers none: services that want one end a connection on which it does not \
             come, each time after the same while ([heartbeat], [[answer]])."
        }
        Some(_) | None => "",
    }
}

/// Whether the profile has said nothing by this step, so that the server may wait for a first message.
pub fn is_mute(step: u32, context: &Context<'_>) -> bool {
    let steps = usize::try_from(step).unwrap_or(usize::MAX);
    context.service().is_some_and(|service| service.hello.iter().take(steps).all(|hello| hello.send.is_none()))
}

/// The server did not say what it has to.
pub fn missing(
    step: u32,
    expected: &SafeText,
    within: Duration,
    heard: Option<&SafeText>,
    context: &Context<'_>,
) -> Problem {
    let (within, is_mute) = (DisplayDuration(within), is_mute(step, context));
    let instead = match heard {
        Some(heard) => format!(" What it said instead, the last: “{heard}”."),
        None if step > 1 => " It said nothing else.".to_owned(),
        None => " It said nothing at all.".to_owned(),
    };
    Problem {
        code: Code::GreetingMissing,
        owner: Owner::Developers,
        outlook: Outlook::Lasting,
        title: "The socket is open, and the service's greeting does not come".to_owned(),
        cause: format!(
            "Within {within} the server did not say what it has to: {expected}.{instead}{}",
            if is_mute { " The profile has said nothing itself: the server may wait for a first message." } else { "" }
        ),
        next: "The developers can see in the server's log what it waits for after the upgrade; whoever wrote the profile can \
               compare its [[hello]] with the service's protocol."
            .into(),
        ..Problem::ALONE
    }
}

/// The service says in a message that it does not go on.
pub fn refused(announced: &Announcement) -> Problem {
    let Announcement { then, said, means, owner } = announced;
    let owner = owner.map_or(Owner::User, owner_of);
    let means = means.as_ref().map_or_else(|| "the service refuses the connection".to_owned(), ToString::to_string);
    Problem {
        code: Code::RefusedByMessage,
        owner,
        outlook: if *then == Then::Stop { Outlook::Lasting } else { Outlook::Passing },
        title: format!("The service says: {said}"),
        cause: format!("{} It said so in a message over the open socket: “{said}”.", sentence(&means)),
        next: match owner {
            Owner::User => "The user can check the credential they gave: whether it is valid and may connect here.",
            Owner::UserIt => "The user's IT can let the connection through.",
            Owner::Operations => "Operations can see the reason in the server's log.",
            Owner::Developers | Owner::ProfileAuthor | Owner::Nobody | Owner::Unknown => {
                "The developers know what the service means by it."
            }
        }
        .into(),
        ..Problem::ALONE
    }
}

pub const fn owner_of(owner: EndOwner) -> Owner {
    match owner {
        EndOwner::User => Owner::User,
        EndOwner::Operations => Owner::Operations,
        EndOwner::Developers => Owner::Developers,
        EndOwner::Network => Owner::UserIt,
    }
}

/// The socket ended before the greeting did; `problem` is what such an end shows of a connection that was of use.
pub fn closed(step: u32, close: &Close, heard: Option<&SafeText>, problem: Problem, context: &Context<'_>) -> Problem {
    if problem.code != Code::ServerClosed && problem.code != Code::ConnectionLost {
        return problem;
    }
    let heard = heard.map_or_else(String::new, |heard| format!(" Before that it said “{heard}”."));
    Problem {
        code: Code::GreetingRefused,
        severity: Severity::Error,
        owner: Owner::User,
        outlook: Outlook::Lasting,
        title: crate::diagnosis::words::closed("The server hangs up during the greeting", close),
        cause: format!(
            "{} {}{heard}",
            sentence(&close.meaning()),
            if is_mute(step, context) {
                "The upgrade was accepted, and the profile has said nothing after it: the server may have waited for a first \
                 message ([[hello]] with send), or does not accept the credential."
            } else {
                "The upgrade was accepted; what the client said after it, or its credential, was not."
            }
        ),
        next: "The user can check the credential they gave; the developers can see in the server's log why it hung up."
            .into(),
        ..Problem::ALONE
    }
}

/// The service's own heartbeat was not answered, or the service was silent for too long.
pub fn silent(close: &Close) -> Problem {
    Problem {
        code: Code::HeartbeatUnanswered,
        severity: Severity::Warning,
        owner: Owner::UserIt,
        title: "The service stopped answering on the open socket".to_owned(),
        cause: sentence(&close.meaning()),
        next: "The client comes back by itself. If it happens often: the user's IT can look at what on the way forgets idle \
               connections; operations, at what holds up the server."
            .into(),
        ..Problem::ALONE
    }
}

/// The service announced the end of a connection that was of use.
pub fn announced(announced: &Announcement) -> Problem {
    match announced.then {
        Then::Stop | Then::Login => refused(announced),
        Then::Retry | Then::Renew | Then::Go => {
            let what = announced.means.as_ref().map_or("it wants its clients to come again", SafeText::as_str);
            Problem {
                code: Code::ServerRestarting,
                severity: Severity::Warning,
                owner: Owner::Nobody,
                for_user: RESTARTED,
                title: format!("The service ends the connection: {}", announced.said),
                cause: format!("It announced that in a message: {}", sentence(what)),
                next: "Nobody has to do anything, unless it happens all the time: then operations.".into(),
                ..Problem::ALONE
            }
        }
    }
}
