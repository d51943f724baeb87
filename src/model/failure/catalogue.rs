//! What each close means: the codes of the IANA "WebSocket Close Code Number Registry" (RFC 6455 §7.4, §11.7), their
//! ranges, and the contract's reasons.

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
const STOPS: &str = "stops until a person asks: no retry can cure it";

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
            3003 => entry("Forbidden", "forbidden", "a login that is known and may not do this"),
            3008 => entry("Timeout", "timed out", "the server waited too long for a message or an answer"),
            0..=999 => entry("Not used", "not a valid close code", "a fault in the server or a proxy"),
            1016..=2999 => entry(
                "Unassigned",
                "reserved for future versions and extensions of WebSocket",
                "a server newer than this program, or a fault in it",
            ),
            3001..=3999 => entry(
                "Registered for libraries",
                "defined by a library or framework",
                "the server's WebSocket library; its documentation knows the code",
            ),
            4000..=4999 => {
                entry("Private use", "defined by this application", "the server's own code: its developers know it")
            }
            5000.. => entry("Not used", "not a valid close code", "a fault in the server or a proxy"),
        }
    }
}

/// What is to be known of a reason of the contract (§2, §5); `None` for any other text.
pub fn reason_entry(reason: &str) -> Option<CloseEntry> {
    let hard = |name, meaning, usual_cause| CloseEntry { client: STOPS, ..entry(name, meaning, usual_cause) };
    let soft = |name, meaning, usual_cause| CloseEntry {
        client: "reconnects after a wait",
        ..entry(name, meaning, usual_cause)
    };
    Some(match reason {
        "NOT_AUTHORIZED" => hard(
            "NOT_AUTHORIZED",
            "the server did not accept the ticket",
            "a ticket that is missing, spent or expired; on a connection that had worked, a ticket store that failed",
        ),
        "ORIGIN_BLOCKED" => hard(
            "ORIGIN_BLOCKED",
            "the server does not allow this origin",
            "an origin that is not on the server's list",
        ),
        "BAD_SUBSCRIBE" => hard(
            "BAD_SUBSCRIBE",
            "the client asked for a channel that the server does not have",
            "a client and a server of different versions",
        ),
        "INVALID_REQUEST" => hard(
            "INVALID_REQUEST",
            "the client sent a message that the server does not understand",
            "a client and a server of different versions",
        ),
        "SERVER_SHUTDOWN" => {
            soft("SERVER_SHUTDOWN", "the server is shutting down or restarting", "a deployment or a restart")
        }
        "IDLE_TIMEOUT" => soft(
            "IDLE_TIMEOUT",
            "the client sent nothing for too long",
            "nobody used the app for 15 minutes; answers to pings do not count",
        ),
        "HEARTBEAT_TIMEOUT" => soft(
            "HEARTBEAT_TIMEOUT",
            "the client did not answer the server's ping",
            "a sleeping laptop, a lost Wi-Fi, or a page that hangs",
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_and_every_reason_has_an_entry() {
        for code in 0..=u16::MAX {
            let CloseEntry { name, meaning, usual_cause, client } = CloseCode(code).entry();
            assert!([name, meaning, usual_cause, client].iter().all(|text| !text.is_empty()), "{code}");
        }
        let registered: Vec<_> =
            (1000..=1015).chain([3000, 3003, 3008]).map(|code| CloseCode(code).entry().name).collect();
        assert_eq!(registered[14..], ["Bad Gateway", "TLS handshake", "Unauthorized", "Forbidden", "Timeout"]);
        let names: std::collections::HashSet<_> = registered.iter().collect();
        assert_eq!(names.len(), registered.len(), "each code of the registry has its own entry: {registered:?}");
        for range in [0..=999, 1016..=2999, 3009..=3999, 4000..=4999, 5000..=u16::MAX] {
            assert_eq!(CloseCode(*range.start()).entry(), CloseCode(*range.end()).entry(), "{range:?}");
        }
        for (inside, outside) in [(3001, 3000), (3999, 4000), (4999, 5000), (2999, 3000), (999, 1000)] {
            assert_ne!(CloseCode(inside).entry(), CloseCode(outside).entry());
        }
        assert_eq!(CloseCode(4321).entry().meaning, "defined by this application");
    }

    #[test]
    fn the_reasons_that_stop_the_client_are_the_contracts() {
        let stops = |reason| reason_entry(reason).map(|entry| entry.client == STOPS);
        for reason in ["NOT_AUTHORIZED", "ORIGIN_BLOCKED", "BAD_SUBSCRIBE", "INVALID_REQUEST"] {
            assert_eq!(stops(reason), Some(true), "{reason}");
        }
        for reason in ["SERVER_SHUTDOWN", "IDLE_TIMEOUT", "HEARTBEAT_TIMEOUT"] {
            assert_eq!(stops(reason), Some(false), "{reason}");
        }
        assert_eq!(reason_entry("server_shutdown"), None);
    }
}
