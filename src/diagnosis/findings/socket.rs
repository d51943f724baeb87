//! Handshakes that are none, and open sockets that end.

use std::time::Duration;

use crate::diagnosis::Code;
use crate::diagnosis::context::Context;
use crate::diagnosis::findings::{browser, origin, store, ticket};
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::{closed, in_a_row, sentence};
use crate::model::failure::{HandshakeFault, ProtocolFault};
use crate::model::{Close, CloseCause, CloseCode, DisplayDuration, SafeText};

/// A `NOT_AUTHORIZED` within this time of the opening is about the ticket.
const JUST_OPENED: Duration = Duration::from_secs(1);

/// So often in a row means more than once.
const AGAIN_AND_AGAIN: u32 = 3;

/// The answer to the upgrade is not a WebSocket server's.
pub fn bad_handshake(fault: &HandshakeFault) -> Problem {
    Problem {
        code: Code::BadHandshake,
        severity: Severity::Error,
        owner: Owner::UserIt,
        outlook: Outlook::Lasting,
        title: "The answer to the upgrade is not a WebSocket server's".to_owned(),
        cause: sentence(&fault.to_string()),
        next: "A proxy in between, or a wrong address: the user's IT or the developers can fix it.".into(),
        ..Problem::ALONE
    }
}

/// An open socket ended.
pub fn of_close(close: &Close, context: &Context<'_>) -> Problem {
    let (open_for, times) = (context.open_for, context.repeats.max(1));
    match &close.cause {
        CloseCause::NoPong { .. } => half_open(close),
        CloseCause::EndOfStream | CloseCause::Io(_) | CloseCause::CutOnPurpose | CloseCause::Unanswered { .. } => {
            lost(close, open_for)
        }
        CloseCause::Protocol(fault @ ProtocolFault::TooLong { .. }) => browser::message_too_long(fault),
        CloseCause::Protocol(_) => not_web_socket(close),
        CloseCause::PeerFrame | CloseCause::OwnFrame => match (close.reason.as_str(), close.code.0) {
            ("NOT_AUTHORIZED", _) if open_for >= JUST_OPENED => store::failed_on_socket(open_for),
            ("NOT_AUTHORIZED", _) => ticket::rejected(close),
            ("ORIGIN_BLOCKED", _) => origin::blocked(close),
            ("BAD_SUBSCRIBE" | "INVALID_REQUEST", _) => message_refused(close),
            ("IDLE_TIMEOUT", _) => idle(close, open_for, times),
            ("HEARTBEAT_TIMEOUT", _) => half_open(close),
            ("SERVER_SHUTDOWN", _) | (_, 1001 | 1012) => restarting(close, times),
            (_, _) => server_closed(close, times),
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
    let cause = format!("{}{}", sentence(&close.meaning()), in_a_row(times));
    let once = Problem {
        code: Code::ServerRestarting,
        severity: Severity::Warning,
        owner: Owner::Nobody,
        title: closed("The server is restarting", close),
        cause,
        next: "Nobody has to do anything, unless it stays away: then operations.".into(),
        explains: &[],
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

/// The server closed a connection on which the client sent nothing.
fn idle(close: &Close, open_for: Duration, times: u32) -> Problem {
    let is_too_short = times >= AGAIN_AND_AGAIN;
    let open_for = DisplayDuration(open_for);
    Problem {
        code: Code::IdleTimeout,
        severity: Severity::Warning,
        owner: if is_too_short { Owner::Operations } else { Owner::Nobody },
        title: closed("The server closed an idle connection", close),
        cause: format!("{} It had been open for {open_for}.{}", sentence(&close.meaning()), in_a_row(times)),
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
        ..Problem::ALONE
    }
}

/// The connection ended without a goodbye.
fn lost(close: &Close, open_for: Duration) -> Problem {
    Problem {
        code: Code::ConnectionLost,
        severity: Severity::Warning,
        owner: Owner::UserIt,
        title: closed("The connection broke", close),
        cause: format!("{} It had been open for {}.", sentence(&close.meaning()), DisplayDuration(open_for)),
        next:
            "The network, a proxy's time limit, or a server that died. If it goes on, the user's IT and operations can \
               look."
                .into(),
        ..Problem::ALONE
    }
}

/// What came over the socket is not WebSocket.
fn not_web_socket(close: &Close) -> Problem {
    Problem {
        code: Code::NotWebSocket,
        severity: Severity::Error,
        owner: Owner::UserIt,
        title: closed("What the server sent is not WebSocket", close),
        cause: sentence(&close.meaning()),
        next: "A proxy in between or the server: the user's IT and the developers can look.".into(),
        ..Problem::ALONE
    }
}

/// The server closed the connection.
fn server_closed(close: &Close, times: u32) -> Problem {
    let usual_cause = close.code.entry().usual_cause;
    let owner = if is_of_protocol(close.code) { Owner::Developers } else { Owner::Operations };
    Problem {
        code: Code::ServerClosed,
        severity: Severity::Warning,
        owner,
        title: closed("The server closed the connection", close),
        cause: format!("{} Usual cause: {usual_cause}.{}", sentence(&close.meaning()), in_a_row(times)),
        next: match close.code.0 {
            1011 | 1013 | 1014 => "Operations can fix it: the server's load and log tell why.",
            3000 | 3003 => "The user can try New session; if that does not help, operations can look why.",
            _ if owner == Owner::Developers => "If it goes on, the developers can tell why.",
            _ => "Operations can look up why; the developers know what the server's own codes and reasons mean.",
        }
        .into(),
        ..Problem::ALONE
    }
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
