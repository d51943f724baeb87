//! Handshakes that are none, and what comes over an open socket that is not WebSocket.

use crate::diagnosis::Code;
use crate::diagnosis::problem::{Outlook, Owner, Problem, Severity};
use crate::diagnosis::words::{closed, in_a_row, sentence};
use crate::model::failure::{HandshakeFault, HeadFault, ProtocolFault};
use crate::model::{Close, CloseCause, CloseCode, SafeText};

/// The extension that browsers offer with each upgrade (RFC 7692).
const COMPRESSION: &str = "permessage-deflate";

/// The answer to the upgrade is not a WebSocket server's.
pub fn bad_handshake(fault: &HandshakeFault) -> Problem {
    let is_compressed = matches!(fault, HandshakeFault::UnofferedExtension { extension } if extension.as_str().starts_with(COMPRESSION));
    let (owner, why, next) = match fault {
        HandshakeFault::Head(HeadFault::NotHttp { .. } | HeadFault::Invalid) => (
            Owner::Operations,
            " So it is another protocol than HTTP/1.1, such as HTTP/2, which a server may speak that offers nothing else, and \
             an upgrade needs HTTP/1.1.",
            "Operations can let that port speak HTTP/1.1 (ALPN http/1.1); whoever wrote the profile can check the port.",
        ),
        HandshakeFault::Head(
            HeadFault::TooLong { .. } | HeadFault::TooManyHeaders { .. } | HeadFault::TooManyInterim { .. },
        ) => (
            Owner::Operations,
            "",
            "Operations can see what the gateway adds to answers; the limit is Ticketscope's own.",
        ),
        HandshakeFault::UnofferedExtension { .. } if is_compressed => (
            Owner::Developers,
            " Ticketscope offers no compression, and browsers do: a browser gets through here, and programs that compress nothing \
             do not.",
            "The developers can let the server compress only for clients that offer permessage-deflate (RFC 7692 §5).",
        ),
        HandshakeFault::UnofferedExtension { .. } | HandshakeFault::UnofferedSubprotocol { .. } => (
            Owner::Developers,
            " A browser ends such a connection too (RFC 6455 §4.1).",
            "The developers can let the server choose only from what the client offers, and nothing if it offers nothing.",
        ),
        HandshakeFault::NoSubprotocol { .. } => (
            Owner::Developers,
            " A browser ends such a connection, although the standard leaves it open (RFC 6455 §4.1).",
            "The developers can let the server choose the subprotocol; whoever wrote the profile can check its protocols; \
             operations, whether a gateway takes Sec-WebSocket-Protocol out.",
        ),
        HandshakeFault::Version | HandshakeFault::NoUpgrade | HandshakeFault::NoConnection => (
            Owner::Operations,
            " A proxy on the way took headers out of the answer that belong to the connection (hop-by-hop), or rewrote it.",
            "Operations can let the gateway pass Upgrade and Connection in the answer too; the user's IT, if the proxy is \
             theirs.",
        ),
        HandshakeFault::Twice { .. } => (
            Owner::Operations,
            " Browsers end such a connection. The program and a gateway before it each add the header.",
            "Operations can let the gateway leave out what the program sends already; the developers, if the program sends it \
             twice.",
        ),
        HandshakeFault::NoAcceptKey | HandshakeFault::WrongAcceptKey => (
            Owner::Operations,
            " The answer belongs to another request, as a cache on the way gives it, or the server is no WebSocket server.",
            "Operations can exempt the WebSocket's path from caching; the user's IT, if a proxy of theirs caches it.",
        ),
        HandshakeFault::ConnectionGone => (
            Owner::UserIt,
            "",
            "The user's IT can see what on the way ends connections; operations, if other users are affected too.",
        ),
    };
    Problem {
        code: Code::BadHandshake,
        severity: Severity::Error,
        owner,
        outlook: Outlook::Lasting,
        title: if is_compressed {
            "The server compresses, which this client did not offer".to_owned()
        } else {
            "The answer to the upgrade is not a WebSocket server's".to_owned()
        },
        cause: format!("{}{why}", sentence(&fault.to_string())),
        next: next.into(),
        ..Problem::ALONE
    }
}

/// What came over the socket is not WebSocket.
pub fn not_web_socket(close: &Close) -> Problem {
    let fault = if let CloseCause::Protocol(fault) = &close.cause { Some(fault) } else { None };
    let (owner, why, next) = match fault {
        Some(ProtocolFault::Http) => (
            Owner::Developers,
            " So something of the server's answered the upgrade a second time, as when two parts of a program, or a proxy and a \
             program, both take the same request.",
            "The developers can let one part of the program handle upgrades on this path, and the others leave them alone.",
        ),
        Some(ProtocolFault::Compressed) => (
            Owner::Developers,
            " A browser ends such a connection too (RFC 7692 §6): the server compresses though no compression was agreed on, or a \
             gateway took that agreement (Sec-WebSocket-Extensions) out of the handshake.",
            "The developers can let the server compress only what was agreed on; operations can let the gateway pass \
             Sec-WebSocket-Extensions.",
        ),
        Some(
            ProtocolFault::Masked
            | ProtocolFault::ControlFrame
            | ProtocolFault::Fragments
            | ProtocolFault::NotUtf8
            | ProtocolFault::CloseFrame
            | ProtocolFault::EmptyFragments { .. },
        ) => (
            Owner::Developers,
            " A browser ends such a connection too. It is how a server frames its messages, which nothing on the way does by \
             accident.",
            "The developers can fix how the server makes frames (binary data in binary messages, no masks, short control \
             frames), or take a WebSocket library for it; the user's IT, if only this user is affected.",
        ),
        Some(
            ProtocolFault::TooLong { .. }
            | ProtocolFault::ReservedBits
            | ProtocolFault::ReservedOpcode(_)
            | ProtocolFault::CloseCode { .. }
            | ProtocolFault::Other(_),
        )
        | None => (
            Owner::UserIt,
            "",
            "The user's IT can look for a proxy or virus scanner that rewrites frames; the developers, if other users are \
             affected too.",
        ),
    };
    Problem {
        code: Code::NotWebSocket,
        severity: Severity::Error,
        owner,
        title: closed("What the server sent is not WebSocket", close),
        cause: format!("{}{why}", sentence(&close.meaning())),
        next: next.into(),
        ..Problem::ALONE
    }
}

/// The server closed the connection with a code that no close frame may carry.
pub fn code_not_allowed(code: CloseCode, reason: &SafeText, times: u32) -> Problem {
    let said = if reason.is_empty() { String::new() } else { format!(" Its reason: “{reason}”.") };
    Problem {
        code: Code::ServerClosed,
        severity: Severity::Warning,
        owner: Owner::Developers,
        title: format!("The server closed with code {code}, which no server may send"),
        cause: format!(
            "RFC 6455 §7.4 allows 1000 to 1003, 1007 to 1014 and 3000 to 4999; a browser shows 1006 instead, without the \
             reason.{said}{}",
            in_a_row(times)
        ),
        next: "The developers can let the server close with a code that is allowed, 4000 to 4999 for one of its own."
            .into(),
        ..Problem::ALONE
    }
}
