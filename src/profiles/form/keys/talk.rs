//! The keys of what is said over the open socket, and of how it ends.

use super::super::table::{Key, KeyKind, Section, Values, each, key, optional, rare, table};
use super::requests::{MAKE, TAKE};

const EXPECT: Key = key(
    "expect",
    "expect",
    KeyKind::Pairs(Values::Any, "/type"),
    "What the server has to say: a JSON pointer with its value (* for any), text for its beginning, or contains",
    "hello",
);
const WHEN: Key = key(
    "when",
    "when",
    KeyKind::Pairs(Values::Any, "/type"),
    "Which message: a JSON pointer with its value (* for any), text for its beginning, or contains",
    "ping",
);
const SEND: Key = key("send", "send", KeyKind::Text, "What is sent", "{\"type\":\"ping\"}");

pub const GREETING: &[Section] = &[each(
    "hello",
    "Step",
    "expect = { \"/type\" = \"hello\" }\n",
    &[
        rare(
            "request",
            "request",
            KeyKind::Toml,
            "A request between two messages, as TOML spells it",
            "{ post = \"/auth\", take = { signature = \"/auth\" } }",
        ),
        MAKE,
        SEND,
        EXPECT,
        key("within", "within", KeyKind::Text, "By when", "10s"),
        Key { is_rare: true, ..TAKE },
    ],
)];

pub const MESSAGES: &[Section] = &[
    table(
        &["frame"],
        "Frames",
        &[
            rare(
                "split",
                "messages end with",
                KeyKind::Text,
                "What ends each message, where a frame may hold several",
                "\u{1e}",
            ),
            rare("array", "array of messages", KeyKind::Flag(false), "Each frame is a JSON array of messages", ""),
            rare(
                "binary",
                "in binary frames",
                KeyKind::Toml,
                "true: texts go in binary frames; \"hex\": their bytes are spelt in hexadecimal digits",
                "true",
            ),
        ],
    ),
    each(
        "answer",
        "Answer",
        "when = { \"/type\" = \"ping\" }\nsend = '{\"type\":\"pong\"}'\n",
        &[WHEN, Key { is_rare: true, ..TAKE }, SEND],
    ),
];

/// In which units a server says how often.
const SAID: &[&str] = &["seconds", "millis"];

pub const HEARTBEAT: &[Section] = &[
    optional(
        &["heartbeat"],
        "Heartbeat",
        "every = \"30s\"\nsend = '{\"type\":\"ping\"}'\n",
        &[
            key("every", "every", KeyKind::Time(SAID), "How often", "30s"),
            SEND,
            Key { help: "What has to come back before the next one is due", ..EXPECT },
        ],
    ),
    optional(
        &["silence"],
        "Silence",
        "after = \"60s\"\n",
        &[key("after", "dead after", KeyKind::Time(SAID), "How long the server may say nothing", "60s")],
    ),
];

const THEN: &str =
    "stop: wait for a person. retry: after the usual wait. renew: at once. login: at once, after a new sign-in";

pub const ENDS: &[Section] = &[
    each(
        "end",
        "Message",
        "when = { \"/type\" = \"disconnect\" }\nthen = \"retry\"\n",
        &[
            WHEN,
            key("then", "then", KeyKind::OneOf(&["stop", "retry", "renew", "login", "go"]), THEN, ""),
            Key { is_rare: true, help: "What of it is kept, for the address to go to", ..TAKE },
            rare(
                "to",
                "go to",
                KeyKind::Text,
                "For go: where the message holds the address, or an address with values in it",
                "/url",
            ),
            key("reason", "reason is at", KeyKind::Text, "Where the message holds the server's own reason", "/reason"),
            key("says", "it means", KeyKind::Text, "In words for people", "the server wants its client to come again"),
            key(
                "owner",
                "who can help",
                KeyKind::OneOf(&["user", "operations", "developers", "network"]),
                "Whom the finding names",
                "",
            ),
        ],
    ),
    table(
        &["classify"],
        "Closes and refusals",
        &[
            key(
                "close",
                "close codes",
                KeyKind::Pairs(Values::Texts, "4000"),
                "What follows a close code: stop, retry, renew or login",
                "stop",
            ),
            key(
                "reasons",
                "close reasons",
                KeyKind::Pairs(Values::Texts, "REASON"),
                "What follows a close reason, whatever the code",
                "stop",
            ),
            key(
                "codes",
                "refusals",
                KeyKind::Pairs(Values::Texts, "code"),
                "What follows a refused request, by the code that the answer names",
                "stop",
            ),
            key(
                "upgrade",
                "refused upgrade",
                KeyKind::Pairs(Values::Texts, "401"),
                "What a status is about: ticket, login, stop or retry",
                "ticket",
            ),
            rare(
                "means",
                "what they mean",
                KeyKind::Pairs(Values::Any, "4000"),
                "In words for people, by close code, close reason, status or code of a refusal",
                "the credential is not accepted",
            ),
            rare(
                "hard_reasons",
                "hard reasons",
                KeyKind::List(Values::Texts),
                "Close reasons after which a person has to ask",
                "NOT_AUTHORIZED",
            ),
            rare(
                "hard_statuses",
                "hard statuses",
                KeyKind::List(Values::Any),
                "Statuses of requests after which a person has to ask",
                "401",
            ),
            rare(
                "refresh_codes",
                "codes that a new JWT cures",
                KeyKind::List(Values::Texts),
                "Of a 401 to the ticket request",
                "INVALID_TOKEN",
            ),
        ],
    ),
];
