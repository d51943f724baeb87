//! How lines of the service's log are read.

use super::super::table::{Key, KeyKind, Section, Values, key, rare, table};

const fn place(name: &'static str, label: &'static str, help: &'static str, example: &'static str) -> Key {
    rare(name, label, KeyKind::Text, help, example)
}

pub const LOG: &[Section] = &[table(
    &["log"],
    "Lines of the log",
    &[
        key(
            "lines",
            "what lines tell",
            KeyKind::Pairs(Values::Texts, "words of a line"),
            "token, token-refused, ticket, ticket-refused, opened, refused or closed, by words that the line has",
            "ticket",
        ),
        key("time", "time", KeyKind::Text, "Where the time stands: a JSON pointer, or the name of a field", "/at"),
        key(
            "ticket",
            "ticket's hash",
            KeyKind::Text,
            "Where the first 12 hex digits of its SHA-256 stand",
            "/ctx/hash",
        ),
        place("text", "text", "Where the words stand; anywhere in the line without it", "/message"),
        place("trace", "trace id", "What finds the request in other logs", "trace_id"),
        place("lifetime", "ticket's lifetime", "In seconds", "/ctx/ttl"),
        place("origin", "origin", "That of the page", "/ctx/origin"),
        place("status", "status", "That of an answer", "status"),
        place("code", "code", "That of a refusal or a close", "code"),
        place("reason", "reason", "Why it was refused or closed", "reason"),
    ],
)];
