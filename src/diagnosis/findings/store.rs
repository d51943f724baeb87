//! The ticket store behind the API, and what health says of it.

use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, Refused, RequestKind};
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::model::failure::Hint;
use crate::model::{Component, DisplayDuration, Health};

/// The ticket request was answered as by a server that has lost its store (contract §6).
pub fn unavailable(refused: &Refused<'_>, context: &Context<'_>) -> Option<Problem> {
    let redis = context.redis();
    if let Some(problem) = matches!(refused.answer.status, 500..=599).then(|| of_redis(refused)).flatten() {
        return Some(problem);
    }
    match (refused.answer.status, refused.answer.code()) {
        (503, Some("REDIS_UNAVAILABLE")) => Some(match redis {
            Component::Up | Component::Missing => missing_since_start(refused, redis),
            Component::Down | Component::Unknown => down(refused),
        }),
        (500, Some("TICKET_GENERATION_FAILED")) if refused.answer.hints().has(Hint::Unreachable) => {
            Some(unreachable(refused, redis))
        }
        (500, Some("TICKET_GENERATION_FAILED")) => Some(lost(refused, redis)),
        (_, _) => None,
    }
}

/// Redis answers, with an error that the API passes on.
fn of_redis(refused: &Refused<'_>) -> Option<Problem> {
    let (title, why, next) = in_redis_words(refused.answer.hints().redis()?)?;
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
    Some(Problem {
        code,
        severity: Severity::Error,
        owner: Owner::Operations,
        outlook,
        title: refused.titled(title),
        cause: format!("Nothing is wrong with this user's token; Redis behind the API answers, and refuses: {why}."),
        next: next.into(),
        explains: &[Code::HealthDown, Code::Flapping],
        ..Problem::ALONE
    })
}

/// What an error of Redis means: a title, why, and what to do. `None` if it is none of Redis'.
fn in_redis_words(hint: Hint) -> Option<(&'static str, &'static str, &'static str)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "of all hints only these are errors of Redis")]
    Some(match hint {
        Hint::RedisReadOnly => (
            "The ticket store takes no writes: its Redis is a replica",
            "READONLY, it is a replica, as after a failover",
            "Operations can let the API write to the primary Redis (by Sentinel, or the primary's address).",
        ),
        Hint::RedisMemory => (
            "The ticket store is full: Redis is out of memory",
            "OOM, its maxmemory is used up and nothing may be evicted",
            "Operations can give Redis more memory (maxmemory), or another maxmemory-policy.",
        ),
        Hint::RedisPassword => (
            "The ticket store wants a password",
            "NOAUTH or WRONGPASS, it wants a password, or another one than the API has",
            "Operations can give the API the password of Redis.",
        ),
        Hint::RedisDisk => (
            "The ticket store takes no writes: Redis cannot save to its disk",
            "MISCONF, it cannot save its data to the disk and takes no writes until it can",
            "Operations can make room on the disk of Redis, or see its log for why saving fails.",
        ),
        Hint::RedisLoading => (
            "The ticket store is still starting",
            "LOADING, it reads its data after a start",
            "Operations can wait until Redis has loaded; it takes longer the more data there is.",
        ),
        Hint::RedisMoved => (
            "The ticket store is a cluster, and the API asks it as one server",
            "MOVED or CROSSSLOT, the key is on another node of the cluster",
            "Operations can switch the API's Redis client to cluster mode.",
        ),
        Hint::RedisCluster => (
            "The ticket store's cluster does not work",
            "CLUSTERDOWN, MASTERDOWN or NOREPLICAS, a part of its nodes is gone",
            "Operations can bring back the nodes of the Redis cluster.",
        ),
        Hint::RedisRights => (
            "The ticket store does not give the API the right",
            "NOPERM, the API's user in Redis has no right to the command or the key",
            "Operations can extend the rights (ACL) of the API's user in Redis.",
        ),
        Hint::RedisClients => (
            "The ticket store has too many clients",
            "it has as many clients as maxclients allows",
            "Operations can raise maxclients, or see who holds so many connections to Redis.",
        ),
        Hint::RedisBusy => (
            "The ticket store is busy with a script",
            "BUSY, a script runs in it for too long",
            "Operations can end the script (SCRIPT KILL), and see whose it is.",
        ),
        Hint::RedisCommand => (
            "The ticket store does not know a command of the API's",
            "it does not know the command, as an older Redis does, or one in which it is switched off",
            "Operations can update Redis to the version that the API needs (GETDEL: 6.2), or allow the command.",
        ),
        Hint::RedisWithoutPassword => (
            "The ticket store has no password, and the API sends one",
            "the API sends a password, and none is set there",
            "Operations can set the password in Redis (requirepass), or take it out of the API's settings.",
        ),
        _ => return None,
    })
}

/// The API says that it does not reach its Redis.
fn unreachable(refused: &Refused<'_>, redis: Component) -> Problem {
    let beside = match redis {
        Component::Up => ", although its health page calls it up",
        Component::Down | Component::Missing => ", and its health page says so too",
        Component::Unknown => "",
    };
    Problem {
        title: refused.titled("The API does not reach its ticket store"),
        cause: format!(
            "Nothing is wrong with this user's token; the API says that it gets no connection to its Redis{beside}."
        ),
        next:
            "Operations can see whether Redis runs and the API has its address; if it does not connect by itself then, \
               restarting the API helps."
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
