//! What each close code means: those of the IANA "WebSocket Close Code Number Registry" (RFC 6455 §7.4, §11.7), and
//! their ranges.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A WebSocket close code (RFC 6455 §7.4, IANA "WebSocket Close Code Number Registry").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The peer is done.
    pub const NORMAL: Self = Self(1000);
    /// Never sent: stands for "the connection ended without a close frame".
    pub const ABNORMAL: Self = Self(1006);
    /// Never sent: stands for "a close frame without a code".
    pub const NO_STATUS: Self = Self(1005);
    /// Stands where a file does not tell the code: together with
    /// [`CloseCause::Unseen`](super::CloseCause::Unseen) only.
    pub const UNSEEN: Self = Self(0);

    /// Whether a close frame may carry it (RFC 6455 §7.4; the registry's 1012 to 1014 among those that may).
    pub const fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What is to be known of a close code or reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseEntry {
    /// Its name in the registry or the contract; that of its range for a code without one.
    pub name: &'static str,
    /// What it means, in words that need no RFC.
    pub meaning: &'static str,
    /// What usually brings it about.
    pub usual_cause: &'static str,
    /// What this client does then (contract §2).
    pub client: &'static str,
}

const RECONNECTS: &str = "reconnects after a wait, unless the reason says to stop";
/// The same, where the reason has spoken.
pub(super) const RECONNECTS_ALWAYS: &str = "reconnects after a wait";
pub(super) const STOPS: &str = "stops until a person asks: no retry can cure it";

const fn entry(name: &'static str, meaning: &'static str, usual_cause: &'static str) -> CloseEntry {
    CloseEntry { name, meaning, usual_cause, client: RECONNECTS }
}

impl CloseCode {
    /// What is to be known of this code.
    pub const fn entry(self) -> CloseEntry {
        match self.0 {
            1000 => entry(
                "Normal Closure",
                "closed normally",
                "the server has finished with this connection: a time limit of its own, or a logout",
            ),
            1001 => entry(
                "Going Away",
                "the server is going away, usually a restart",
                "a deployment, a restart, or fewer servers than before",
            ),
            1002 => entry(
                "Protocol error",
                "the other side saw a protocol error",
                "a proxy that changes frames, or a fault in a WebSocket library",
            ),
            1003 => entry(
                "Unsupported Data",
                "the other side cannot accept this kind of data",
                "binary sent where text is expected, or the reverse",
            ),
            1004 => entry("Reserved", "reserved code, not to be used", "a fault in the server"),
            1005 => {
                entry("No Status Rcvd", "closed without saying why", "a server or proxy that closes without a code")
            }
            1006 => entry(
                "Abnormal Closure",
                "the connection broke: no close frame arrived",
                "a lost network, a proxy's time limit, or a server that died",
            ),
            1007 => entry(
                "Invalid frame payload data",
                "a text message was not valid UTF-8",
                "a client or server that sends bytes as text",
            ),
            1008 => entry(
                "Policy Violation",
                "the server's policy forbids this",
                "an origin, ticket or message that the server does not accept; the reason says which",
            ),
            1009 => {
                entry("Message Too Big", "a message was too big", "a message beyond the limit of the server or a proxy")
            }
            1010 => entry(
                "Mandatory Ext.",
                "a required extension was not offered",
                "client and server disagree on compression",
            ),
            1011 => entry(
                "Internal Error",
                "the server had an internal error",
                "an exception in the server; its log has it",
            ),
            1012 => entry("Service Restart", "the service is restarting", "a deployment or a restart"),
            1013 => entry(
                "Try Again Later",
                "the server is overloaded, try again later",
                "more clients than the server can take",
            ),
            1014 => entry(
                "Bad Gateway",
                "a gateway got a bad answer from the server behind it",
                "the server behind the gateway is down or restarting",
            ),
            1015 => {
                entry("TLS handshake", "TLS failed", "a certificate that is not accepted; it never comes over the wire")
            }
            3000 => entry("Unauthorized", "not authorized", "a ticket or login that has expired or was never valid"),
            3001 => {
                entry("Centrifugo: shutdown", "the server is shutting down (Centrifugo)", "a deployment or a restart")
            }
            3003 => entry("Forbidden", "forbidden", "a login that is known and may not do this"),
            3004 => entry(
                "Centrifugo: server error",
                "the server had an internal error (Centrifugo)",
                "an exception in the server; its log has it",
            ),
            3005 => entry(
                "Centrifugo: expired",
                "the connection's token expired (Centrifugo)",
                "a client that does not fetch a new token in time",
            ),
            3006 => entry(
                "Centrifugo: subscription expired",
                "a subscription's token expired (Centrifugo)",
                "a client that does not fetch a new token in time",
            ),
            3008 => entry("Timeout", "timed out", "the server waited too long for a message or an answer"),
            3009 => entry(
                "Centrifugo: write error",
                "the server could not write to the connection (Centrifugo)",
                "a connection that had gone, or a client that reads too slowly",
            ),
            3010 => entry(
                "Centrifugo: insufficient state",
                "the server lost its place in the messages (Centrifugo)",
                "messages that got lost between the servers; the client reads them anew",
            ),
            3011 => entry(
                "Centrifugo: force reconnect",
                "the server asks the client to connect again (Centrifugo)",
                "a call of the server's API",
            ),
            3012 => entry(
                "Centrifugo: no pong",
                "the client did not answer the server's ping (Centrifugo)",
                "a sleeping laptop, a lost Wi-Fi, or a page that hangs",
            ),
            3013 => entry(
                "Centrifugo: too many requests",
                "the client sent too much (Centrifugo)",
                "a limit of the server's, or a fault in the client",
            ),
            3500 => entry(
                "Centrifugo: invalid token",
                "the server did not accept the token (Centrifugo)",
                "a token that is wrong for this server; the client should not try again with it",
            ),
            3501 => entry(
                "Centrifugo: bad request",
                "the client sent what the server does not understand (Centrifugo)",
                "client and server of different versions",
            ),
            3502 => entry(
                "Centrifugo: stale",
                "the client did not authenticate in time (Centrifugo)",
                "a client that is too slow, or waits for something else",
            ),
            3503 => entry(
                "Centrifugo: force disconnect",
                "the server disconnected the client on purpose (Centrifugo)",
                "a call of the server's API",
            ),
            3504 => entry(
                "Centrifugo: connection limit",
                "there are too many connections (Centrifugo)",
                "the limit of connections of the server or of this user",
            ),
            3505 => entry(
                "Centrifugo: channel limit",
                "the client subscribed to too many channels (Centrifugo)",
                "the limit of channels of a client",
            ),
            3506 => entry(
                "Centrifugo: inappropriate protocol",
                "JSON and Protobuf are mixed up (Centrifugo)",
                "client and server of different settings",
            ),
            3507 => entry(
                "Centrifugo: permission denied",
                "the client may not do this (Centrifugo)",
                "a login without the right",
            ),
            4000 => entry(
                "Private use",
                "Pusher: the application only takes TLS; Discord: unknown error",
                "the server's own code: its developers know it; these are what well-known protocols mean by it",
            ),
            4001 => entry(
                "Private use",
                "Pusher: the application does not exist; Discord: unknown opcode; others: not authorized",
                "the server's own code: its developers know it; these are what well-known protocols mean by it",
            ),
            4003 => entry(
                "Private use",
                "Pusher: the application is disabled; Discord: not authenticated",
                "the server's own code: its developers know it; these are what well-known protocols mean by it",
            ),
            4004 => entry(
                "Private use",
                "Pusher: the application has too many connections; Discord: the token is wrong",
                "the server's own code: its developers know it; these are what well-known protocols mean by it",
            ),
            4008 => entry(
                "Private use",
                "Discord: too many messages",
                "the server's own code: its developers know it; this is what a well-known protocol means by it",
            ),
            4009 => entry(
                "Private use",
                "Pusher: the connection is not authorized; Discord: the session timed out",
                "the server's own code: its developers know it; these are what well-known protocols mean by it",
            ),
            4100 => entry(
                "Pusher: over capacity",
                "the server is over its capacity (Pusher)",
                "more clients than the server can take; reconnect after a second or more",
            ),
            4200 => entry(
                "Pusher: reconnect",
                "the client is to reconnect at once (Pusher)",
                "a server that moves its clients",
            ),
            4201 => entry(
                "Pusher: pong not received",
                "the client did not answer a ping in time (Pusher)",
                "a sleeping laptop, or a client that knows no such pings",
            ),
            4202 => entry(
                "Pusher: inactive",
                "the connection was inactive for too long (Pusher)",
                "nothing was sent for a while",
            ),
            4400 => entry(
                "Bad request",
                "the server did not understand a message (graphql-ws)",
                "client and server of different versions",
            ),
            4401 => entry(
                "Unauthorized",
                "the server did not accept the login (graphql-ws, and many others)",
                "a message before the login was acknowledged, or a credential that the server does not take",
            ),
            4403 => entry(
                "Forbidden",
                "the server knows the login and does not let it in (graphql-ws, and many others)",
                "a login without the right",
            ),
            4406 => entry(
                "Subprotocol not acceptable",
                "the server wants another subprotocol (graphql-ws)",
                "client and server of different protocols",
            ),
            4408 => entry(
                "Connection initialisation timeout",
                "the client did not introduce itself in time (graphql-ws)",
                "a client that sends no connection_init",
            ),
            4409 => entry(
                "Subscriber already exists",
                "the same subscription was begun twice (graphql-ws)",
                "a fault in the client",
            ),
            4429 => entry(
                "Too many requests",
                "too many requests, or the client introduced itself twice (graphql-ws)",
                "a limit of the server's, or a fault in the client",
            ),
            4499 => entry("Terminated", "the server ended the connection (graphql-ws)", "the server's own decision"),
            4500 => entry(
                "Internal server error",
                "the server had an internal error (graphql-ws, and many others)",
                "an exception in the server; its log has it",
            ),
            0..=999 => entry("Not used", "not a valid close code", "a fault in the server or a proxy"),
            1016..=2999 => entry(
                "Unassigned",
                "reserved for future versions and extensions of WebSocket",
                "a server newer than this program, or a fault in it",
            ),
            3002..=3999 => entry(
                "Registered for libraries",
                "defined by a library or framework",
                "the server's WebSocket library; its documentation knows the code",
            ),
            4002..=4999 => {
                entry("Private use", "defined by this application", "the server's own code: its developers know it")
            }
            5000.. => entry("Not used", "not a valid close code", "a fault in the server or a proxy"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_entry() {
        for code in 0..=u16::MAX {
            let CloseEntry { name, meaning, usual_cause, client } = CloseCode(code).entry();
            assert!([name, meaning, usual_cause, client].iter().all(|text| !text.is_empty()), "{code}");
        }
        let registered: Vec<_> =
            (1000..=1015).chain([3000, 3003, 3008]).map(|code| CloseCode(code).entry().name).collect();
        assert_eq!(registered[14..], ["Bad Gateway", "TLS handshake", "Unauthorized", "Forbidden", "Timeout"]);
        let names: std::collections::HashSet<_> = registered.iter().collect();
        assert_eq!(names.len(), registered.len(), "each code of the registry has its own entry: {registered:?}");
        for range in [0..=999, 1016..=2999, 3014..=3499, 4501..=4999, 5000..=u16::MAX] {
            assert_eq!(CloseCode(*range.start()).entry(), CloseCode(*range.end()).entry(), "{range:?}");
        }
        for (inside, outside) in [(3002, 3000), (3999, 4000), (4999, 5000), (2999, 3000), (999, 1000)] {
            assert_ne!(CloseCode(inside).entry(), CloseCode(outside).entry());
        }
        assert_eq!(CloseCode(4321).entry().meaning, "defined by this application");
    }
}
