//! The ticket store behind the API, and what health says of it.

use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused};
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::model::{Component, DisplayDuration, Health};

/// The ticket request was answered as by a server that has lost its store (contract §6).
pub fn unavailable(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let redis = context.redis();
    match (refused.answer.status, refused.answer.code()) {
        (503, Some("REDIS_UNAVAILABLE")) => Some(match redis {
            Component::Up | Component::Missing => missing_since_start(refused, redis),
            Component::Down | Component::Unknown => down(refused),
        }),
        (500, Some("TICKET_GENERATION_FAILED")) => Some(lost(refused, redis)),
        (_, _) => None,
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
    let Health { server, redis, .. } = health;
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
        cause: format!("Its health endpoint calls the server {server} and Redis {redis}."),
        next: "Operations can fix it. What is open may stay open; new connections fail.".into(),
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
