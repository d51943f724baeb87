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

const PRIVATE: &str = "Private use";
const OTHERS: &str = "the server's own code: its developers know it; this is what well-known protocols mean by it";

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
                "what a message held did not fit its type, such as a text that is not UTF-8",
                "a client or server that sends bytes as text",
            ),
            1008 => entry(
                "Policy Violation",
                "the server's policy forbids this",
                "an origin, ticket or message that the server does not accept; a reason would say which",
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
            3508 => entry(
                "Centrifugo: not available",
                "what the client asks for is not available on this server (Centrifugo)",
                "a feature that the server's settings leave out",
            ),
            3509 => entry(
                "Centrifugo: too many errors",
                "the client made too many errors (Centrifugo)",
                "a client that repeats what was refused",
            ),
            3507 => entry(
                "Centrifugo: permission denied",
                "the client may not do this (Centrifugo)",
                "a login without the right",
            ),
            4000 => entry(PRIVATE, "Pusher: the application only takes TLS; Discord: unknown error", OTHERS),
            4001 => entry(
                PRIVATE,
                "Pusher: the application does not exist; Discord: unknown opcode; others: not authorized",
                OTHERS,
            ),
            4002 => entry(PRIVATE, "Discord: a message could not be read", OTHERS),
            4003 => entry(PRIVATE, "Pusher: the application is disabled; Discord: not authenticated", OTHERS),
            4004 => {
                entry(PRIVATE, "Pusher: the application has too many connections; Discord: the token is wrong", OTHERS)
            }
            4005 => {
                entry(PRIVATE, "Pusher: the path does not exist; Discord: the client introduced itself twice", OTHERS)
            }
            4006 => entry(
                PRIVATE,
                "Pusher: the client's version cannot be read; Discord (voice): the session is no longer valid",
                OTHERS,
            ),
            4007 => entry(
                PRIVATE,
                "Pusher: this version of the protocol is not supported; Discord: the sequence number to resume from is wrong",
                OTHERS,
            ),
            4008 => entry(
                PRIVATE,
                "Pusher: the client names no version of the protocol; Discord: too many messages",
                OTHERS,
            ),
            4009 => entry(PRIVATE, "Pusher: the connection is not authorized; Discord: the session timed out", OTHERS),
            4010 => entry(PRIVATE, "Discord: the number of the shard is wrong", OTHERS),
            4011 => {
                entry(PRIVATE, "Discord: so many guilds need several shards; voice: the server was not found", OTHERS)
            }
            4012 => entry(
                PRIVATE,
                "Discord: this version of the API is not valid; voice: the protocol is not known",
                OTHERS,
            ),
            4013 => entry(PRIVATE, "Discord: the intents are not valid", OTHERS),
            4014 => entry(
                PRIVATE,
                "Discord: an intent is not allowed to this application; voice: the client was disconnected",
                OTHERS,
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
            4205 => entry(
                "Hocuspocus: reset",
                "the client is to connect again (Hocuspocus)",
                "a document that the server has loaded anew",
            ),
            4301 => entry(
                "Pusher: rate limit",
                "an event of the client's was refused because it sends too many (Pusher)",
                "a client that sends more events than the server takes",
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
            // Many servers number their codes 4000 and a status of HTTP.
            4404 => entry(
                "Not found",
                "what the client asks for is not there (4000 and HTTP's 404, as many servers number their codes)",
                "a path, a room or a document that the server does not know, or that was deleted",
            ),
            4410 => entry(
                "Gone",
                "what the client asks for is no longer there (4000 and HTTP's 410, as many servers number their codes)",
                "a room, a document or a version of the API that was ended",
            ),
            4413 => entry(
                "Too large",
                "a message was too large (4000 and HTTP's 413, as many servers number their codes)",
                "a message beyond the server's limit",
            ),
            4502..=4504 => entry(
                "Unavailable",
                "the server cannot serve the client now (4000 and a status of HTTP, as many servers number their codes)",
                "a server behind it that is down, restarting or overloaded",
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
            4015..=4999 => {
                entry("Private use", "defined by this application", "the server's own code: its developers know it")
            }
            5000.. => entry("Not used", "not a valid close code", "a fault in the server or a proxy"),
        }
    }
}

impl CloseCode {
    /// Whether anybody may give it a meaning (RFC 6455 §7.4.2), and well-known protocols have.
    pub const fn is_private(self) -> bool {
        matches!(self.0, 3000..=4999)
    }

    /// What is to be known of it where a reason of its own shows that it is nobody's of those who are known.
    pub const fn own_entry(self) -> CloseEntry {
        match self.0 {
            3000..=3999 => entry(
                "Registered for libraries",
                "closed with a code and a reason of the server's own",
                "what the reason beside it says",
            ),
            _ => entry(
                "Private use",
                "closed with a code and a reason of the server's own",
                "what the reason beside it says",
            ),
        }
    }

    /// Whether `reason` says what a well-known protocol means by this code: the number alone is anybody's.
    pub fn agrees_with(self, reason: &str) -> bool {
        let reason = reason.to_lowercase();
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        let said = letters(&reason);
        self.usual_words().iter().any(|words| said.contains(&letters(words)))
    }

    /// What the reasons say with which well-known protocols send it.
    const fn usual_words(self) -> &'static [&'static str] {
        match self.0 {
            3000 => &["unauthorized", "unauthorised", "not authorized", "connection closed"],
            3001 => &["shutdown", "shutting down"],
            3003 => &["forbidden"],
            3004 => &["internal server error", "server error"],
            3005 => &["connection expired", "expired"],
            3006 => &["subscription expired"],
            3008 => &["timeout", "timed out", "slow"],
            3009 => &["write error"],
            3010 => &["insufficient state"],
            3011 => &["force reconnect"],
            3012 => &["no pong"],
            3013 => &["too many requests"],
            3500 => &["invalid token"],
            3501 => &["bad request"],
            3502 => &["stale"],
            3503 => &["force disconnect"],
            3504 => &["connection limit"],
            3505 => &["channel limit"],
            3506 => &["inappropriate protocol"],
            3507 => &["permission denied"],
            3508 => &["not available"],
            3509 => &["too many errors"],
            4000 => &["only accepts ssl", "reconnect using wss", "unknown error"],
            4001 => &["does not exist", "not in this cluster", "unknown opcode", "unauthorized", "not authorized"],
            4002 => &["decode error"],
            4003 => &["application disabled", "not authenticated"],
            4004 => &["connection quota", "authentication failed"],
            4005 => &["path not found", "already authenticated"],
            4006 => &["invalid version", "session no longer valid"],
            4007 => &["unsupported protocol version", "invalid seq"],
            4008 => &["rate limited"],
            4009 => &["connection is unauthorized", "session timed out"],
            4010 => &["invalid shard"],
            4011 => &["sharding required", "server not found"],
            4012 => &["invalid api version", "unknown protocol"],
            4013 => &["invalid intent"],
            4014 => &["disallowed intent", "disconnected"],
            4100 => &["over capacity"],
            4200 => &["reconnect"],
            4201 => &["pong"],
            4202 => &["inactiv"],
            4205 => &["reset connection"],
            4301 => &["rate limit"],
            4404 => &["not found", "does not exist", "unknown", "no such"],
            4410 => &["gone", "no longer", "ended"],
            4413 => &["too large", "too big"],
            4502..=4504 => &["unavailable", "gateway", "timeout", "timed out", "overload", "maintenance"],
            4400 => &["bad request", "invalid message", "invalid"],
            4401 => &["unauthorized", "unauthorised", "not authorized", "unauthenticated"],
            4403 => &["forbidden", "not allowed", "access denied"],
            4406 => &["subprotocol", "not acceptable"],
            4408 => &[
                "initialisation timeout",
                "initialization timeout",
                "init timeout",
                "connection_init",
                "connection timeout",
            ],
            4409 => &["subscriber for", "already exists"],
            4429 => &["too many"],
            4499 => &["terminated"],
            4500 => &["internal server error", "internal error", "server error"],
            _ => &[],
        }
    }

    /// What a client should do after this code where it is the one of a well-known protocol, as that says itself; as the
    /// end of a sentence.
    pub const fn advice(self) -> Option<&'static str> {
        Some(match self.0 {
            4000 | 4001 | 4003 => "Discord: connect again; Pusher: not, before something has changed",
            4002 | 4008 => {
                "Discord: connect again, once what it sends is right; Pusher: not, before something has changed"
            }
            4005 => "Discord: connect again and introduce itself once; Pusher: not, before something has changed",
            4007 | 4009 => "Discord: connect again with a new session; Pusher: not, before something has changed",
            4004 | 4006 => "not connect again before something has changed (Discord, Pusher)",
            4010..=4014 => "not connect again before something has changed (Discord)",
            4015..=4099 => "Pusher: not connect again before something has changed",
            4100..=4199 => "connect again after a second or more (Pusher)",
            4205 => "connect again at once (Hocuspocus)",
            4200..=4299 => "connect again at once (Pusher)",
            4301 => "send fewer events; the connection goes on (Pusher)",
            // These are in the registry, for everybody.
            3000 | 3003 | 3008 => return None,
            3000..=3499 => "connect again (Centrifugo)",
            3500..=3999 => "not connect again before something has changed (Centrifugo)",
            4401 => "introduce itself (connection_init) before it asks, with a credential that is valid (graphql-ws)",
            4400 | 4403 | 4406 | 4409 => "not connect again before something has changed (graphql-ws)",
            4408 => "send connection_init as soon as the socket is open (graphql-ws)",
            4429 => "send connection_init once (graphql-ws)",
            4499 | 4500 => "connect again after a wait (graphql-ws)",
            _ => return None,
        })
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
        for range in [0..=999, 1016..=2999, 3014..=3499, 4505..=4999, 5000..=u16::MAX] {
            assert_eq!(CloseCode(*range.start()).entry(), CloseCode(*range.end()).entry(), "{range:?}");
        }
        for (inside, outside) in [(3002, 3000), (3999, 4000), (4999, 5000), (2999, 3000), (999, 1000)] {
            assert_ne!(CloseCode(inside).entry(), CloseCode(outside).entry());
        }
        assert_eq!(CloseCode(4321).entry().meaning, "defined by this application");
    }

    #[test]
    fn a_reason_shows_whether_a_private_code_is_the_one_of_a_well_known_protocol() {
        for (code, reason, agrees) in [
            (4004, "Application is over connection quota", true),
            (4004, "Authentication failed.", true),
            (4004, "room closed", false),
            (4408, "Connection initialisation timeout", true),
            (4408, "match ended", false),
            (4409, "Subscriber for 1 already exists", true),
            (4409, "replaced by a newer version of the page", false),
            (4404, "Document not found", true),
            (4404, "kicked by the host", false),
            (4503, "Service Unavailable", true),
            (3000, "Unauthorized", true),
            (3000, "lobby is full", false),
            (4301, "", false),
            (4321, "anything", false),
        ] {
            assert_eq!(CloseCode(code).agrees_with(reason), agrees, "{code} {reason}");
        }
        for code in (3000..=4999).map(CloseCode) {
            assert!(code.is_private() && !code.own_entry().meaning.contains("Discord"), "{code}");
        }
        assert!(!CloseCode(1013).is_private() && !CloseCode(5000).is_private());
    }

    #[test]
    fn codes_of_well_known_protocols_say_what_they_mean_and_what_a_client_should_do() {
        let discord = (4000..=4014).map(|code| (code, "Discord"));
        let pusher = [4000, 4001, 4003, 4004, 4005, 4006, 4007, 4008, 4009, 4100, 4200, 4201, 4202, 4301];
        let graphql = [4400, 4401, 4403, 4406, 4408, 4409, 4429, 4499, 4500];
        let pusher = pusher.map(|code| (code, "Pusher"));
        for (code, protocol) in discord.chain(pusher).chain(graphql.map(|code| (code, "graphql-ws"))) {
            let code = CloseCode(code);
            assert!(code.entry().meaning.contains(protocol), "{code}: {}", code.entry().meaning);
            assert!(code.advice().is_some_and(|advice| advice.contains(protocol)), "{code}: {:?}", code.advice());
        }
        for code in (3501..=3509).chain([3001, 3004, 3005, 3009, 3010, 3011, 3012, 3013]) {
            assert!(CloseCode(code).entry().meaning.contains("Centrifugo"), "{code}");
        }
        for (code, advice) in
            [(3012, "connect again"), (3503, "not connect again"), (4150, "after a second"), (4250, "at once")]
        {
            assert!(CloseCode(code).advice().is_some_and(|said| said.starts_with(advice) || said.contains(advice)));
        }
        for code in [1000, 1006, 1011, 4321, 4600, 4999] {
            assert_eq!(CloseCode(code).advice(), None, "{code} is nobody's in particular");
        }
    }
}
