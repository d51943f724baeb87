//! Open sockets that end.

use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::{Context, JUST_OPENED};
use crate::diagnosis::findings::remedy::{End, remedy};
use crate::diagnosis::findings::{browser, frames, greeting, network, origin, store, ticket, unseen};
use crate::diagnosis::problem::{ForUser, Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::{closed, in_a_row, sentence};
use crate::model::failure::{Hint, Hints, IoCause, LastWord, Protocol, ProtocolFault};
use crate::model::{Close, CloseCause, CloseCode, ContractReason, DisplayDuration, SafeText};

/// How much later than the opening something may be and still be there from the beginning.
const SLACK: Duration = Duration::from_secs(1);

/// No server waits longer for a first message.
const FIRST_MESSAGE: Duration = Duration::from_secs(60);

/// So often in a row means more than once.
const AGAIN_AND_AGAIN: u32 = 3;

/// An open socket ended.
pub fn of_close(close: &Close, context: &Context<'_>) -> Problem {
    let (open_for, times) = (context.open_for, context.repeats.max(1));
    match &close.cause {
        CloseCause::Unseen if context.is_begin_unseen => unseen::ended(close),
        CloseCause::NoPong { silent_for, was_heard } if context.pongs == 0 => {
            match was_heard.unwrap_or(*silent_for + SLACK < open_for) {
                true => pings_unanswered(close),
                false => mute(close, context),
            }
        }
        CloseCause::NoPong { .. } => half_open(close),
        CloseCause::Io(IoCause::Local(limit)) => network::local_limit(*limit),
        CloseCause::Unseen if !close.is_told() => unseen::closed(close, context),
        CloseCause::Unseen
        | CloseCause::EndOfStream
        | CloseCause::Io(_)
        | CloseCause::CutOnPurpose
        | CloseCause::Unanswered { .. } => lost(close, context),
        CloseCause::Protocol(fault @ ProtocolFault::TooLong { .. }) => browser::message_too_long(fault),
        CloseCause::Protocol(ProtocolFault::CloseCode { code, reason }) => {
            frames::code_not_allowed(*code, reason, times)
        }
        CloseCause::Protocol(_) => frames::not_web_socket(close),
        CloseCause::Announced(end) => greeting::announced(end),
        CloseCause::HeartbeatUnanswered { .. } | CloseCause::ServerSilent { .. } => greeting::silent(close),
        CloseCause::TicketMissing => ticket::missing(close),
        CloseCause::Profile { problem } => greeting::unusable(problem),
        CloseCause::PeerFrame | CloseCause::OwnFrame => match close.reason.contract() {
            Some(ContractReason::NotAuthorized) if open_for >= JUST_OPENED => store::failed_on_socket(open_for),
            Some(ContractReason::NotAuthorized) if context.late_ticket.is_some() => {
                let (age, lifetime) = context.late_ticket.unwrap_or_default();
                unseen::late_ticket(closed("The ticket was sent too late", close), age, lifetime)
            }
            Some(ContractReason::NotAuthorized) => ticket::rejected(close, context),
            Some(ContractReason::OriginBlocked) => origin::blocked(close, context.profile),
            Some(ContractReason::BadSubscribe | ContractReason::InvalidRequest) => message_refused(close),
            Some(ContractReason::IdleTimeout) => idle(close, times, context),
            Some(ContractReason::HeartbeatTimeout) if is_before_any_heartbeat(context) => {
                heartbeat_too_short(close, context)
            }
            Some(ContractReason::HeartbeatTimeout) => half_open(close),
            Some(ContractReason::ServerShutdown) => restarting(close, times),
            None if matches!(close.code.0, 1001 | 1012) => {
                going_away(close, context).unwrap_or_else(|| restarting(close, times))
            }
            None => waits_for_message(close, context).unwrap_or_else(|| server_closed(close, times, context)),
        },
    }
}

/// The server sent a close for a message of the client's.
fn message_refused(close: &Close) -> Problem {
    Problem {
        code: Code::MessageRefused,
        severity: Severity::Error,
        owner: Owner::Developers,
        title: closed("The server did not understand the client", close),
        cause: sentence(&close.meaning()),
        next: "The developers can fix it.".into(),
        ..Problem::ALONE
    }
}

/// The server is restarting, or says so each time.
fn restarting(close: &Close, times: u32) -> Problem {
    // A page that is left sends it as well, and some browsers tell it their pages.
    let is_bare = close.code == CloseCode(1001) && close.reason.is_empty();
    let why =
        if is_bare { " It gives no reason: a server that is stopped says so, and a page that is left." } else { "" };
    let cause = format!("{}{why}{}", sentence(&close.meaning()), in_a_row(times));
    let once = Problem {
        code: Code::ServerRestarting,
        severity: Severity::Warning,
        owner: Owner::Nobody,
        title: closed(if is_bare { "The other side went away" } else { "The server is restarting" }, close),
        cause,
        next: "Nobody has to do anything, unless it stays away: then operations.".into(),
        for_user: greeting::RESTARTED,
        ..Problem::ALONE
    };
    if times < AGAIN_AND_AGAIN {
        return once;
    }
    Problem {
        owner: Owner::Operations,
        title: closed("The server ends each connection as if it were restarting", close),
        next:
            "Operations can look why the server or a proxy ends what has just begun: it restarts again and again, or \
               never ends shutting down."
                .into(),
        ..once
    }
}

/// Whether a close says that the server restarts or shuts down.
pub fn says_restart(close: &Close) -> bool {
    close.code == CloseCode(1012)
        || close.reason.contract() == Some(ContractReason::ServerShutdown)
        || Hints::in_texts([close.reason.as_str()]).has(Hint::Restart)
}

/// For what other reasons than a restart servers say that they go away.
const WHY_AWAY: [(Hint, &str); 4] = [
    (
        Hint::Idle,
        "the server, or a gateway before it, ends connections on which nothing was sent for a while (a limit of idle time)",
    ),
    (Hint::MaxAge, "the server ends each connection that has been open for as long as it allows (a limit of age)"),
    (Hint::Removed, "somebody, or a part of the program, ended the connection on purpose"),
    (Hint::Replaced, "another connection of the same user took its place"),
];

/// The server goes away, and says for what other reason than a restart.
fn going_away(close: &Close, context: &Context<'_>) -> Option<Problem> {
    let hints = Hints::in_texts([close.reason.as_str()]);
    let why =
        WHY_AWAY.into_iter().find(|(hint, _)| hints.has(*hint) && !hints.has(Hint::Restart)).map(|(_, why)| why)?;
    let (owner, next) = remedy(&End::of(close, context))?;
    Some(Problem {
        code: Code::ServerRestarting,
        severity: Severity::Warning,
        owner,
        title: closed("The server closed the connection", close),
        cause: format!("By its reason this is no restart: {why}.{}", context.had_been_open()),
        next: next.into(),
        for_user: greeting::RESTARTED,
        ..Problem::ALONE
    })
}

/// The server closed a connection on which the client sent nothing.
fn idle(close: &Close, times: u32, context: &Context<'_>) -> Problem {
    let is_too_short = times >= AGAIN_AND_AGAIN;
    Problem {
        code: Code::IdleTimeout,
        severity: Severity::Warning,
        owner: if is_too_short { Owner::Operations } else { Owner::Nobody },
        title: closed("The server closed an idle connection", close),
        cause: format!("{}{}{}", sentence(&close.meaning()), context.had_been_open(), in_a_row(times)),
        next: if is_too_short {
            "Operations can look at the server's limit, which is far too short."
        } else {
            "Nobody has to do anything: the client connects again."
        }
        .into(),
        ..Problem::ALONE
    }
}

/// The link is dead while both ends believe it alive.
fn half_open(close: &Close) -> Problem {
    Problem {
        code: Code::HalfOpenLink,
        severity: Severity::Warning,
        owner: Owner::User,
        title: closed("The link went dead", close),
        cause: sentence(&close.meaning()),
        next: "The user's network: a sleeping laptop, a lost Wi-Fi, a firewall that forgets connections.".into(),
        for_user: ForUser::said(
            "Our service and your account are fine. The connection went silent, as when a computer sleeps or a Wi-Fi or VPN is \
             lost. Please load the page again (F5). If it happens again and again, please tell us when, and in which network.",
        ),
        ..Problem::ALONE
    }
}

/// No network loses a link that has just been made as soon as this: a server that waits for answers to its pings asks for them
/// every 10 s or less often, and every 30 s by the contract.
const SHORTEST_HEARTBEAT: Duration = Duration::from_secs(10);

/// Whether the end came sooner than a server can have waited for the answer to a ping, on a link that was in order.
fn is_before_any_heartbeat(context: &Context<'_>) -> bool {
    context.is_end_timed && !context.is_of_files && context.open_for < SHORTEST_HEARTBEAT
}

/// The server missed an answer to a ping on a link that had only just been made, to a client that answers each.
fn heartbeat_too_short(close: &Close, context: &Context<'_>) -> Problem {
    let answered = match context.pongs {
        0 => "",
        _ => ", and the server's own answers to pings had come through on it",
    };
    Problem {
        code: Code::HalfOpenLink,
        severity: Severity::Warning,
        owner: Owner::Developers,
        title: closed("The server gave up a connection that was in order", close),
        cause: format!(
            "{}{} The link had just been made{answered}, and this client answers each ping at once: the server waits too short for \
             that answer, or does not count it.{}",
            sentence(&close.meaning()),
            context.had_been_open(),
            in_a_row(context.repeats.max(1))
        ),
        next: "The developers can let the server wait for the answer to its ping for several seconds, and take every pong and \
               message as a sign of life."
            .into(),
        explains: &[Code::Flapping],
        ..Problem::ALONE
    }
}

/// The handshake came through, and nothing after it.
fn mute(close: &Close, context: &Context<'_>) -> Problem {
    let is_of_service = context.is_of_service_alone();
    Problem {
        code: Code::HalfOpenLink,
        severity: Severity::Error,
        owner: if is_of_service { Owner::Operations } else { Owner::UserIt },
        title: closed("The handshake comes through, and no frame after it", close),
        cause: "The server said 101, and then nothing came, no message and no answer to a ping: something on the way lets \
                the handshake through and passes no WebSocket frames."
            .to_owned(),
        next: if is_of_service {
            "Operations can see whether the gateway passes frames after the upgrade, or buffers them."
        } else {
            "The user's IT can see which proxy or virus scanner on the way knows no WebSockets; wss:// instead of ws:// gets \
             past most of them."
        }
        .into(),
        explains: &[Code::Flapping],
        ..Problem::ALONE
    }
}

/// The server sends, and answers no ping.
fn pings_unanswered(close: &Close) -> Problem {
    Problem {
        code: Code::PingsUnanswered,
        severity: Severity::Warning,
        owner: Owner::Developers,
        title: closed("This server does not answer pings", close),
        cause: "Messages came, and no ping of Ticketscope's was ever answered, so its own timer ended the connection; a \
                browser sends no pings and would have stayed."
            .to_owned(),
        next: "The developers can let the server answer pings (RFC 6455 §5.5.3), which a WebSocket library does by itself."
            .into(),
        explains: &[Code::Flapping],
        ..Problem::ALONE
    }
}

/// What a user is told whose connection ended without a goodbye.
const BROKE_OFF: ForUser = ForUser::said(
    "Your account is fine. The connection was there and broke off; on its way there is more than one part that can do that. Please \
     load the page again (F5). If it happens again and again, please tell us when, and whether others in your network have it too.",
);

/// The connection ended without a goodbye.
fn lost(close: &Close, context: &Context<'_>) -> Problem {
    if let (Some(word), CloseCause::EndOfStream | CloseCause::Io(_)) = (context.last_word, &close.cause) {
        let (owner, next) = remedy(&End::of(close, context)).unwrap_or(UNKNOWN_REMEDY);
        return Problem {
            code: Code::ConnectionLost,
            severity: Severity::Warning,
            owner,
            title: closed("The connection broke", close),
            cause: format!("{} {}", sentence(&close.meaning()), explained(word)),
            next: next.into(),
            for_user: BROKE_OFF,
            ..Problem::ALONE
        };
    }
    let is_cut = matches!(close.cause, CloseCause::EndOfStream | CloseCause::Io(_));
    if is_cut && context.is_end_timed && context.open_for < JUST_OPENED {
        return broken_at_once(close, context);
    }
    let is_by_other_side = close.cause == CloseCause::EndOfStream
        || matches!(&close.cause, CloseCause::Io(cause) if cause.is_ended_by_peer());
    if is_by_other_side && context.is_end_timed && is_service_nearest(context) {
        return broken_soon(close, context);
    }
    Problem {
        code: Code::ConnectionLost,
        severity: Severity::Warning,
        owner: Owner::UserIt,
        title: closed("The connection broke", close),
        cause: format!(
            "{}{}{}",
            sentence(&close.meaning()),
            context.had_been_open(),
            greeting::no_heartbeat(context)
        ),
        next:
            "The user's IT can look if only this user is affected: the network, or a proxy's time limit; operations, if \
               others are too: a gateway's limit, or a server that died."
                .into(),
        for_user: BROKE_OFF,
        ..Problem::ALONE
    }
}

/// Whether the ticket came a moment ago by the same way, and nothing shows that anybody of the user's is on it.
fn is_service_nearest(context: &Context<'_>) -> bool {
    context.is_same_gateway() && context.answered.ticket && !context.is_proxied && !context.is_intercepted()
}

/// It had been open for some seconds: a shorter time than networks and proxies near users have as their limit.
fn broken_soon(close: &Close, context: &Context<'_>) -> Problem {
    Problem {
        code: Code::ConnectionLost,
        severity: Severity::Warning,
        owner: Owner::Operations,
        title: closed("The connection broke", close),
        cause: format!(
            "{}{} The ticket had just come by the same way and from the same host, and nothing shows a proxy of the user's on it: \
             most likely the server, or a gateway before it, ended the connection.{}{}",
            sentence(&close.meaning()),
            context.had_been_open(),
            in_a_row(context.repeats.max(1)),
            greeting::no_heartbeat(context)
        ),
        next: "Operations can see in the logs of gateway and server why it ended then: a limit of time, a program that failed, or a \
               restart; the user's IT, if only this user is affected."
            .into(),
        ..Problem::ALONE
    }
}

/// The handshake was answered, and the connection ended at once: no limit of time is as short.
fn broken_at_once(close: &Close, context: &Context<'_>) -> Problem {
    Problem {
        code: Code::ConnectionLost,
        severity: Severity::Warning,
        owner: Owner::Operations,
        title: closed("The connection broke as soon as it was open", close),
        cause: format!(
            "{}{} Most often the program behind the handshake failed, or a gateway has no way on for what follows it.{}",
            sentence(&close.meaning()),
            context.had_been_open(),
            in_a_row(context.repeats.max(1))
        ),
        next: "Operations can see in the logs of program and gateway what happens right after the upgrade; the user's IT, if only \
               this user is affected."
            .into(),
        for_user: BROKE_OFF,
        ..Problem::ALONE
    }
}

/// The server hangs up on a client that has said nothing, and whose profile knows of nothing to be said.
fn waits_for_message(close: &Close, context: &Context<'_>) -> Option<Problem> {
    let is_mute =
        context.service().is_some_and(|service| service.leaves_greeting_open() && service.heartbeat.is_none());
    let is_early = context.is_end_timed && context.open_for <= FIRST_MESSAGE;
    let is_plain = matches!(close.code.0, 1000 | 1005) && close.reason.is_empty() && context.last_word.is_none();
    let is_said = matches!(End::of(close, context).code(), 3501 | 3502 | 4408)
        || Hints::in_texts([close.reason.as_str()]).has(Hint::FirstMessage);
    (is_mute && is_early && (is_plain || is_said)).then(|| Problem {
        code: Code::SocketWaitsForMessage,
        severity: Severity::Error,
        owner: Owner::ProfileAuthor,
        outlook: Outlook::Lasting,
        title: closed("The server may wait for a first message", close),
        cause: format!(
            "The upgrade was accepted, and the server hung up on a client that had said nothing: the profile names no greeting \
             ([[hello]]).{}",
            context.had_been_open()
        ),
        next: "Whoever wrote the profile can say what the client says first ([[hello]] with send), as the service's protocol has \
               it; the developers know which message the server waits for."
            .into(),
        ..Problem::ALONE
    })
}

/// The server closed the connection.
fn server_closed(close: &Close, times: u32, context: &Context<'_>) -> Problem {
    let is_of_pings = close.code.0 == 1011 && Hints::in_texts([close.reason.as_str()]).has(Hint::Idle);
    let usual_cause = match is_of_pings {
        true => "answers to the server's own pings that did not come in time",
        false if is_at_once(close, context) => {
            "a program that lets the client in and ends at once: it does not want this user or ticket, waits for another \
             protocol, or its handler of connections returns"
        }
        false => close.code.entry().usual_cause,
    };
    let end = End::of(close, context);
    let remedy = remedy(&end);
    let owner = match remedy {
        Some((owner, _)) => owner,
        None if is_of_protocol(close.code) => Owner::Developers,
        None => UNKNOWN_REMEDY.0,
    };
    Problem {
        code: Code::ServerClosed,
        severity: Severity::Warning,
        owner,
        title: closed("The server closed the connection", close),
        cause: match context.last_word {
            // The codes of a protocol mean what that protocol says.
            Some(word) if close.code.is_private() && word.protocol != Protocol::Plain => {
                format!("{}{}", explained(word), in_a_row(times))
            }
            Some(word) => format!("{} {}{}", sentence(&close.meaning()), explained(word), in_a_row(times)),
            None if let Some(trouble) = end.store_trouble() => {
                format!("{} Its reason quotes the cause.{}", sentence(&trouble.why("the server")), in_a_row(times))
            }
            None if is_of_pings => format!("Usual cause: {usual_cause}.{}", in_a_row(times)),
            None if end.is_expired_in_use() => {
                format!(
                    "What opened the connection expired while it was open{}: the server lets a connection live no longer than its \
                     login.{}",
                    jwt_lifetime(context),
                    in_a_row(times)
                )
            }
            None if end.is_told_by_reason() => {
                format!("The code is one of the server's own, and the reason beside it says why.{}", in_a_row(times))
            }
            // What the code usually means is of no use beside a reason of the server's own.
            None if matches!(close.code.0, 1000 | 1003 | 1008) && !close.reason.is_empty() && remedy.is_none() => {
                format!("{} The reason beside the code says why.{}", sentence(&end.meaning()), in_a_row(times))
            }
            None => format!(
                "{} Usual cause: {usual_cause}.{}{}{}",
                sentence(&end.meaning()),
                close.code.advice().map_or_else(String::new, |advice| format!(" A client should: {advice}.")),
                in_a_row(times),
                if close.reason.is_empty() { greeting::no_heartbeat(context) } else { "" }
            ),
        },
        next: match remedy {
            Some((_, next)) => next,
            None if owner == Owner::Developers => "If it goes on, the developers can tell why.",
            None => UNKNOWN_REMEDY.1,
        }
        .into(),
        ..Problem::ALONE
    }
}

/// Whether the server ended what it had just opened, with a goodbye and without a reason: no limit of time is as short.
fn is_at_once(close: &Close, context: &Context<'_>) -> bool {
    let is_plain = matches!(close.code.0, 1000 | 1005) && close.reason.is_empty();
    is_plain && context.is_end_timed && context.open_for < JUST_OPENED
}

const UNKNOWN_REMEDY: (Owner, &str) = (
    Owner::Operations,
    "Operations can look up why; the developers know what the server's own codes and reasons mean.",
);

/// What the server said last, as a sentence.
pub fn explained(word: &LastWord) -> String {
    let reason = if word.reason.is_empty() { "without a reason".to_owned() } else { format!("“{}”", word.reason) };
    let back = match word.is_welcome_back {
        Some(true) => " It wants the client back.",
        Some(false) => " It does not want the client back.",
        None => "",
    };
    format!("Its last message says why ({}): {reason}.{back}", word.protocol)
}

/// How long the JWT in use lives, in brackets; nothing if it does not say.
fn jwt_lifetime(context: &Context<'_>) -> String {
    let life = context.claims.and_then(|claims| (claims.expires_at? - claims.issued_at?).to_std().ok());
    life.map_or_else(String::new, |life| format!(" (the JWT lives {})", DisplayDuration(life)))
}

/// Whether client and server, or something between them, disagree on how to speak.
fn is_of_protocol(code: CloseCode) -> bool {
    matches!(code.0, 0..=999 | 1002..=1004 | 1007 | 1009..=1010 | 1015..=2999 | 5000..)
}

/// Ticketscope's own client crashed.
pub fn client_crashed(message: &SafeText) -> Problem {
    Problem {
        code: Code::ClientCrashed,
        severity: Severity::Warning,
        owner: Owner::Developers,
        title: "Ticketscope's own client crashed".to_owned(),
        cause: sentence(message.as_str()),
        next: "It is started again by itself. Please tell the developers of Ticketscope.".into(),
        ..Problem::ALONE
    }
}
