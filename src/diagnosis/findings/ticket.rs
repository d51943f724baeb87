//! Tickets that are refused, late or repeated.

use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind, TicketKnown};
use crate::diagnosis::findings::explanation::{self, Explanation};
use crate::diagnosis::findings::{reasons, unseen};
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::{closed, sentence};
use crate::model::failure::{Hint, MalformedAnswer, Product, Setting, Side};
use crate::model::{Close, Component, DisplayDuration, Fingerprint, Life, LifeUnit, Phase, Profile, SafeText};

/// The ticket expired while the connection was being made.
pub fn expired(age: Duration, lifetime: Duration, slowest: Option<(Phase, Duration)>) -> Problem {
    let slowest =
        slowest.map_or_else(String::new, |(phase, took)| format!(" ({phase} alone took {})", DisplayDuration(took)));
    let (age, lifetime) = (DisplayDuration(age), DisplayDuration(lifetime));
    Problem {
        code: Code::TicketExpired,
        severity: Severity::Warning,
        owner: Owner::UserIt,
        title: "The ticket expired before it could be used".to_owned(),
        cause: format!("Connecting took {age}{slowest}, a ticket lives {lifetime}; it was not sent."),
        next: "The user's network is very slow: their IT can look into it.".into(),
        ..Problem::ALONE
    }
}

/// A ticket that lives longer than this, by a number of seconds, may live so many milliseconds.
const LONG: Duration = Duration::from_secs(3_600);
/// As [`LONG`], of a number of milliseconds that may be one of seconds.
const SHORT: Duration = Duration::from_secs(1);

/// An answer says in another unit than the profile's how long something lives.
pub fn other_unit(request: RequestKind, field: &SafeText, likely: LifeUnit, malformed: &MalformedAnswer) -> Problem {
    Problem {
        code: Code::LifetimeUnit,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: format!("The answer to the {request} has a lifetime in another unit"),
        cause: sentence(&malformed.to_string()),
        next: format!(
            "Whoever wrote the profile can write life = {{ {} = \"{field}\" }}; the developers know the unit.",
            <&str>::from(likely)
        )
        .into(),
        ..Problem::ALONE
    }
}

/// A ticket lives so long by the profile's unit that another is likely.
pub fn odd_lifetime(lifetime: Duration, profile: &Profile) -> Option<Problem> {
    let steps = &profile.service.as_deref()?.ticket;
    let mut said = steps.iter().filter_map(|step| match step.life {
        Life::Said { unit, .. } => Some(unit),
        Life::Unknown | Life::Fixed(_) | Life::Jwt(_) => None,
    });
    let (unit, likely) = said.find_map(|unit| match unit {
        LifeUnit::Seconds if lifetime > LONG => Some((unit, LifeUnit::Millis)),
        LifeUnit::Millis if lifetime < SHORT => Some((unit, LifeUnit::Seconds)),
        LifeUnit::Seconds | LifeUnit::Millis | LifeUnit::Unix | LifeUnit::UnixMs | LifeUnit::Date => None,
    })?;
    let (unit, likely) = (<&str>::from(unit), <&str>::from(likely));
    Some(Problem {
        code: Code::LifetimeUnit,
        severity: Severity::Notice,
        owner: Owner::ProfileAuthor,
        title: "The profile may read a ticket's lifetime in another unit than the service means".to_owned(),
        cause: format!(
            "The connection works; but by the profile, which takes the number for {unit}, a ticket lives {}, which is unusual: if \
             the service means {likely}, the client is wrong about when a ticket has expired.",
            DisplayDuration(lifetime)
        ),
        next: format!(
            "Whoever wrote the profile can compare life = {{ {unit} = … }} with the service's documentation."
        )
        .into(),
        ..Problem::ALONE
    })
}

/// What is known when a fresh ticket is refused.
enum Known {
    None,
    OriginWorked,
    RedisUp,
    RedisDown,
}

/// A fresh ticket is refused on the upgrade, which such a server does for several causes (contract §6).
pub fn refused_upgrade(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    if refused.request != RequestKind::Upgrade || refused.answer.status != 401 {
        return None;
    }
    if let Some((age, lifetime)) = context.late_ticket {
        return Some(unseen::late_ticket(refused.titled("The ticket was sent too late"), age, lifetime));
    }
    let known = match context.redis() {
        Component::Down | Component::Missing => Known::RedisDown,
        Component::Unknown | Component::Up if context.was_connected => Known::OriginWorked,
        Component::Up => Known::RedisUp,
        Component::Unknown => Known::None,
    };
    if !matches!(known, Known::RedisDown)
        && let Some(problem) = by_words(refused, context)
    {
        return Some(problem);
    }
    let cause = match known {
        Known::None => "the server does not allow this origin, or its ticket store fails",
        Known::OriginWorked => "this origin was let in before, so the server's ticket store fails",
        Known::RedisUp => "its Redis is well, so the server does not allow this origin",
        Known::RedisDown => "its health page says that its Redis is down, so it cannot check tickets",
    };
    let times = context.refusals;
    let times = if times > 1 { format!(" {times} times in a row") } else { String::new() };
    Some(Problem {
        code: Code::FreshTicketRefused,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: refused.titled("The server refused the WebSocket"),
        cause: match context.ticket {
            TicketKnown::Fresh | TicketKnown::New => {
                format!("{}, and yet it was refused{times}: {cause}.", before(context))
            }
            TicketKnown::Nothing => {
                format!(
                    "{}. The ticket was refused{times}: it was too old or used before, or {cause}.",
                    before(context)
                )
            }
        },
        next: match known {
            Known::RedisUp => "Operations can add the origin to the server's list; check it in the profile.",
            Known::OriginWorked | Known::RedisDown => "Operations can repair the server's ticket store.",
            Known::None => "Operations can fix it: add the origin to the server's list, or repair its ticket store.",
        }
        .into(),
        explains: match known {
            Known::RedisDown => &[Code::HealthDown, Code::Flapping],
            Known::None | Known::OriginWorked | Known::RedisUp => &[],
        },
        rests_on_health: matches!(known, Known::RedisDown | Known::RedisUp),
        ..Problem::ALONE
    })
}

/// `problem` of an upgrade, where the ticket has characters that an address carries only percent-encoded and the server does not
/// know it: what gives no other reason is most likely that one side encodes them and the other does not decode them.
pub fn of_characters(problem: Problem, refused: &Refused<'_>, context: &Context<'_>) -> Problem {
    let hints = refused.answer.hints();
    let is_unknown = hints.has(Hint::TicketUnknown)
        || refused.answer.status == 401 && !explanation::says_more_than_its_status(refused);
    let is_told = refused.request == RequestKind::Upgrade && matches!(refused.answer.status, 400..=499) && is_unknown;
    let is_known_cause = context.late_ticket.is_some() || context.redis().is_down();
    match not_decoded(context).filter(|_| is_told && !is_known_cause) {
        Some(Explanation { owner, cause, next }) => {
            Problem { owner, cause: cause.into_owned(), next, rests_on_health: false, ..problem }
        }
        None => problem,
    }
}

/// The ticket that is not known has characters that one side may encode and the other not decode.
fn not_decoded(context: &Context<'_>) -> Option<Explanation> {
    let characters = context.ticket_characters.filter(|_| !context.was_connected)?;
    Some(Explanation::new(
        Owner::Developers,
        format!(
            "{}, and the server does not know it. It has characters ({characters}) that an address carries only percent-encoded: most \
             likely the server, or a gateway before it, does not decode them, or decodes them twice, and so looks for another ticket.",
            before(context)
        ),
        "The developers can let the server decode the query once, or let tickets have only letters, digits, - and _ (base64url without \
         padding); operations can see whether a gateway rewrites the query.",
    ))
}

/// What is known of what came before the upgrade.
fn before(context: &Context<'_>) -> &'static str {
    match context.ticket {
        TicketKnown::Fresh => "The login works and the ticket was fresh",
        TicketKnown::New => "The login works and the ticket was a new one",
        TicketKnown::Nothing => "Login and ticket request are not in this file",
    }
}

/// The server says itself why it refuses a fresh ticket.
fn by_words(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let hints = refused.answer.hints();
    let says = |wanted: &[Hint]| wanted.iter().any(|hint| hints.has(*hint));
    let gateway = Product::behind(refused.answer).filter(|product| product.side() == Side::Gateway);
    let is_for_missing = refused.answer.challenge().is_some_and(|challenge| challenge.is_for_missing_bearer());
    let explanation = if let Some(explanation) = explanation::of_ticket(refused) {
        explanation
    } else if says(&[Hint::NoCredential]) || is_for_missing && !says(&[Hint::BadCredential]) {
        let who = gateway.map_or_else(|| "The server".to_owned(), |by| format!("The gateway ({})", by.label()));
        Explanation::new(
            Owner::Operations,
            format!(
                "{who} wants a token in the header Authorization, which no browser can send with a WebSocket: the ticket in the \
                 address is all that there is."
            ),
            "Operations can exempt the WebSocket's path from that check; the server checks the ticket.",
        )
    } else if let Some(explanation) = reasons::by_words(refused, context) {
        explanation
    } else if let Some(gateway) = Product::itself(refused.answer) {
        Explanation::new(
            Owner::Operations,
            format!(
                "The gateway itself ({}) refuses, and not the server behind it: what it asks who may pass (an authorizer or a \
                 plugin) does not take the ticket, or does not find it where it looks.",
                gateway.label()
            ),
            format!(
                "Operations can look up that check and its log{}.",
                explanation::set(Some(gateway), Setting::Credentials)
            ),
        )
    } else if explanation::says_more_than_its_status(refused) {
        Explanation::new(
            Owner::Operations,
            format!("{}; the upgrade was refused, and the server says why.", before(context)),
            "Operations can look it up in the server's log; the developers know what their answer means.",
        )
    } else {
        return None;
    };
    Some(Problem {
        code: Code::FreshTicketRefused,
        severity: Severity::Error,
        owner: explanation.owner,
        title: refused.titled("The server refused the WebSocket"),
        cause: explanation.cause.into_owned(),
        next: explanation.next,
        ..Problem::ALONE
    })
}

/// The client sent no ticket, says the server.
pub fn missing(close: &Close) -> Problem {
    Problem {
        code: Code::TicketRejected,
        severity: Severity::Error,
        owner: Owner::Developers,
        title: closed("The client sent no ticket", close),
        cause: "The server's log says that the WebSocket's address had no ticket in it.".to_owned(),
        next:
            "The developers can see why the web app opens the WebSocket without the ticket, or under another name than \
               the server looks for; a gateway on the way may drop the query."
                .into(),
        ..Problem::ALONE
    }
}

/// The server did not accept the ticket.
pub fn rejected(close: &Close, context: &Context<'_>) -> Problem {
    let known = match context.ticket {
        TicketKnown::Fresh => "The ticket was fresh and is unknown there: it is stored",
        TicketKnown::New => {
            "The ticket was a new one, how old is not in this file. It is unknown there: it was used or too old, or it is \
             stored"
        }
        TicketKnown::Nothing => {
            "Login and ticket request are not in this file. The ticket is unknown to the server: it was used or too old, or \
             it is stored"
        }
    };
    if let Some(Explanation { owner, cause, next }) =
        not_decoded(context).filter(|_| context.ticket == TicketKnown::Fresh)
    {
        let title = closed("The server did not accept the ticket", close);
        let problem = Problem { code: Code::TicketRejected, severity: Severity::Error, owner, next, ..Problem::ALONE };
        return Problem { title, cause: cause.into_owned(), ..problem };
    }
    Problem {
        code: Code::TicketRejected,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: closed("The server did not accept the ticket", close),
        cause: format!(
            "{known} on another server, because the servers do not share their ticket store, or the store failed."
        ),
        next:
            "Operations can fix it: one ticket store for all servers, or requests of a client that stay on one server \
               (sticky sessions). Until then, Connect may work the next time."
                .into(),
        ..Problem::ALONE
    }
}

/// A cache answers the ticket request, as it says.
pub fn cached(said: &SafeText) -> Problem {
    Problem {
        code: Code::TicketRepeated,
        severity: Severity::Notice,
        owner: Owner::Operations,
        title: format!("A cache answers the ticket request, not the API — {said}"),
        cause:
            "A ticket is good for one upgrade, and a cache (the browser's, a proxy's or a CDN's) keeps the answer and gives \
                it out again."
                .to_owned(),
        next:
            "Operations can exempt the ticket request from caches (Cache-Control: no-store, or a rule of the CDN)."
                .into(),
        explains: &[Code::FreshTicketRefused, Code::TicketRejected, Code::UpgradeRefused],
        ..Problem::ALONE
    }
}

/// The server gives out a ticket that it had given out before, so often.
pub fn repeated(ticket: Fingerprint, times: u32) -> Problem {
    Problem {
        code: Code::TicketRepeated,
        severity: Severity::Notice,
        owner: Owner::Developers,
        title: format!("The server gives out the same ticket again — {times} times"),
        cause: format!(
            "A ticket is good for one upgrade, and #{ticket} had gone out before; the client asks for a new one each \
             time."
        ),
        next: "The developers can fix it: each ticket has to be a new one.".into(),
        explains: &[Code::FreshTicketRefused, Code::TicketRejected],
        ..Problem::ALONE
    }
}
