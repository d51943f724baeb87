//! The ticket store behind the API, and what health says of it.

use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::findings::store_words::StoreTrouble;
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::model::failure::Hint;
use crate::model::{Component, DisplayDuration, Health};

/// The ticket request was answered as by a server that has lost its store (contract §6), or an answer quotes its store.
pub fn unavailable(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let redis = context.redis();
    let hints = refused.answer.hints();
    let is_of_store = matches!(refused.answer.code(), Some("TICKET_GENERATION_FAILED" | "REDIS_UNAVAILABLE"));
    let trouble = if is_of_store { StoreTrouble::of(&hints) } else { StoreTrouble::of_redis(&hints) };
    if let Some(trouble) = trouble.filter(|_| matches!(refused.answer.status, 500..=599)) {
        return Some(in_its_words(refused, trouble));
    }
    match (refused.answer.status, refused.answer.code()) {
        (503, Some("REDIS_UNAVAILABLE")) => Some(match redis {
            Component::Up | Component::Missing => missing_since_start(refused, redis),
            Component::Down | Component::Unknown => down(refused),
        }),
        (500, Some("TICKET_GENERATION_FAILED")) if hints.has(Hint::Unreachable) => Some(unreachable(refused, redis)),
        (500, Some("TICKET_GENERATION_FAILED")) if hints.has(Hint::Connections) => Some(of_connections(refused)),
        (500, Some("TICKET_GENERATION_FAILED")) if says_only_that_it_failed(refused) => Some(lost(refused, redis)),
        (500, Some("TICKET_GENERATION_FAILED")) => Some(for_own_reason(refused, redis)),
        (_, _) => None,
    }
}

/// The store answers, with an error that the API passes on.
fn in_its_words(refused: &Refused<'_>, trouble: &StoreTrouble) -> Problem {
    let (code, outlook) = match refused.answer.code() {
        Some("TICKET_GENERATION_FAILED") => (Code::TicketStoreLost, Outlook::Lasting),
        Some("REDIS_UNAVAILABLE") => (Code::TicketStoreDown, Outlook::Passing),
        // What the status alone would say.
        Some(_) | None => match refused.answer.status {
            503 if refused.request != RequestKind::Upgrade => (Code::ServiceUnavailable, Outlook::Passing),
            502..=504 | 520..=599 => (Code::ServerBehindGatewayDown, Outlook::Passing),
            _ => (Code::ServerFailed, Outlook::Passing),
        },
    };
    Problem {
        code,
        severity: Severity::Error,
        owner: trouble.owner,
        outlook,
        title: refused.titled(trouble.title),
        cause: format!("Nothing is wrong with this user's token; {}.", trouble.why("the API")),
        next: trouble.next.into(),
        explains: &[Code::HealthDown, Code::Flapping],
        ..Problem::ALONE
    }
}

/// Whether the words say no more than that there is no ticket, as the code does: a reason would have others.
fn says_only_that_it_failed(refused: &Refused<'_>) -> bool {
    const WORDS: [&str; 45] = [
        "a",
        "again",
        "an",
        "be",
        "cannot",
        "could",
        "create",
        "created",
        "creating",
        "creation",
        "error",
        "failed",
        "failure",
        "generate",
        "generated",
        "generating",
        "generation",
        "has",
        "internal",
        "issue",
        "issued",
        "later",
        "new",
        "no",
        "not",
        "occurred",
        "one",
        "outage",
        "please",
        "restarted",
        "server",
        "short",
        "some",
        "something",
        "the",
        "there",
        "ticket",
        "time",
        "to",
        "try",
        "unable",
        "unexpected",
        "unless",
        "was",
        "websocket",
    ];
    let words = refused.answer.own_words().unwrap_or_default().to_lowercase();
    let mut words = words.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.all(|word| WORDS.contains(&word) || matches!(word, "went" | "while" | "wrong" | "ws"))
}

/// The store, or the API's way to it, has as many connections as it allows.
fn of_connections(refused: &Refused<'_>) -> Problem {
    let store = refused.answer.named_store().unwrap_or("the ticket store");
    Problem {
        code: Code::TicketStoreLost,
        severity: Severity::Error,
        owner: Owner::Operations,
        outlook: Outlook::Lasting,
        title: refused.titled("The ticket store gives no more connections"),
        cause: format!("Nothing is wrong with this user's token; {store} has as many connections as it allows."),
        next: format!("Operations can raise the limit of connections of {store}, or find out who holds so many.")
            .into(),
        explains: &[Code::HealthDown, Code::Flapping],
        ..Problem::ALONE
    }
}

/// The API made no ticket, for a reason that it names and that is not known here.
fn for_own_reason(refused: &Refused<'_>, redis: Component) -> Problem {
    let beside = match redis {
        Component::Up => " Its health page calls Redis up.",
        Component::Down | Component::Missing => " Its health page says that its Redis is down.",
        Component::Unknown => "",
    };
    Problem {
        title: refused.titled("The API makes no ticket, and says why"),
        cause: format!(
            "Nothing is wrong with this user's token; the API failed when it made or stored the ticket, and names the reason \
             itself.{beside}"
        ),
        next: "Operations can look that reason up in the API's log; the developers know what their words mean.".into(),
        rests_on_health: matches!(redis, Component::Down | Component::Missing),
        ..lost(refused, redis)
    }
}

/// The API says that it does not reach its Redis.
fn unreachable(refused: &Refused<'_>, redis: Component) -> Problem {
    let beside = match redis {
        Component::Up => ", although its health page calls it up",
        Component::Down | Component::Missing => ", and its health page says so too",
        Component::Unknown => "",
    };
    // Health speaks of Redis; another store may be named.
    let store = refused.answer.named_store().unwrap_or("Redis");
    let beside = if store == "Redis" { beside } else { "" };
    Problem {
        title: refused.titled("The API does not reach its ticket store"),
        cause: format!(
            "Nothing is wrong with this user's token; the API says that it gets no connection to its {store}{beside}."
        ),
        next: format!(
            "Operations can see whether {store} runs and the API has its address; if it does not connect by itself then, \
             restarting the API helps."
        )
        .into(),
        rests_on_health: false,
        ..lost(refused, redis)
    }
}

/// Redis behind the API is down.
fn down(refused: &Refused<'_>) -> Problem {
    Problem {
        code: Code::TicketStoreDown,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: refused.titled("The ticket service is unavailable"),
        cause: "Nothing is wrong with this user's token; Redis behind the API is down.".to_owned(),
        next: "Operations can fix it; if Redis is up again, the API has to be restarted.".into(),
        explains: &[Code::HealthDown, Code::Flapping],
        ..Problem::ALONE
    }
}

/// The API lost Redis and will not find it again by itself.
fn lost(refused: &Refused<'_>, redis: Component) -> Problem {
    let what = match redis {
        Component::Down | Component::Missing => {
            "the API lost its Redis, which is down, and does not find it again by itself"
        }
        Component::Up => "Redis is up again, but the API does not find it by itself",
        Component::Unknown => "the API lost its Redis and does not find it again by itself",
    };
    Problem {
        code: Code::TicketStoreLost,
        severity: Severity::Error,
        owner: Owner::Operations,
        outlook: Outlook::Lasting,
        title: refused.titled("The API has lost its ticket store"),
        cause: format!("Nothing is wrong with this user's token; {what}."),
        next: "Operations can fix it by restarting the API, once Redis is up.".into(),
        explains: &[Code::HealthDown, Code::Flapping],
        rests_on_health: redis != Component::Unknown,
        ..Problem::ALONE
    }
}

/// Redis was missing when the API started, which it does not get over.
fn missing_since_start(refused: &Refused<'_>, redis: Component) -> Problem {
    let what = match redis {
        Component::Up => "Redis is up, but it was down when the API started, which it does not get over by itself",
        Component::Down | Component::Missing | Component::Unknown => {
            "Redis was down when the API started, which it does not get over by itself, even when Redis is back"
        }
    };
    Problem {
        code: Code::TicketStoreMissingSinceStart,
        title: refused.titled("The API was started without its ticket store"),
        cause: format!("Nothing is wrong with this user's token; {what}."),
        rests_on_health: true,
        ..lost(refused, redis)
    }
}

/// The ticket store failed while a socket was open.
pub fn failed_on_socket(open_for: Duration) -> Problem {
    Problem {
        code: Code::TicketStoreFailedOnSocket,
        severity: Severity::Error,
        owner: Owner::Operations,
        title: "The server's ticket store failed — 1008 NOT_AUTHORIZED".to_owned(),
        cause: format!(
            "The connection had worked for {}, so neither ticket nor origin is at fault; a server of this kind answers \
             so when its Redis is gone.",
            DisplayDuration(open_for)
        ),
        next: "Press Connect; if it happens again, operations can fix Redis and restart the API.".into(),
        explains: &[Code::HealthDown, Code::Flapping],
        ..Problem::ALONE
    }
}

/// The health endpoint says that a part of the server is down; `None` if all is well.
pub fn bad_health(health: Health) -> Option<Problem> {
    let Health { status, server, redis } = health;
    let is_down = server.is_down() || redis.is_down();
    (!health.is_well()).then(|| Problem {
        code: Code::HealthDown,
        severity: Severity::Warning,
        owner: Owner::Operations,
        title: match (server, redis) {
            (Component::Down, _) => "The server says that it is down",
            (_, Component::Down | Component::Missing) => "The server says that its Redis is down",
            (_, Component::Up | Component::Unknown) => "The server says that it is not well",
        }
        .to_owned(),
        cause: match (server, redis) {
            (Component::Unknown, Component::Unknown) => {
                format!("Its health endpoint answers with {status}, and names no part that is down.")
            }
            (_, Component::Unknown) => format!("Its health endpoint calls the server {server}."),
            (Component::Unknown, _) => format!("Its health endpoint calls Redis {redis}."),
            (_, _) => format!("Its health endpoint calls the server {server} and Redis {redis}."),
        },
        next: match is_down {
            true => "Operations can fix it. What is open may stay open; new connections fail.",
            false => "Operations can see in the server's log why its health endpoint says so.",
        }
        .into(),
        explains: match (is_down, redis.is_down()) {
            (_, true) => &[Code::ServerFailed, Code::ServiceUnavailable, Code::TicketRejected],
            (true, false) => &[Code::ServerFailed, Code::ServiceUnavailable],
            (false, false) => &[],
        },
        // Without a part that is down it says no more than the failure itself.
        follows_from: if is_down { &[] } else { &[Code::ServerFailed, Code::ServiceUnavailable] },
        ..Problem::ALONE
    })
}
