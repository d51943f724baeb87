//! How the service's own log names things (`[log]`), for logs that operations send.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::SafeText;

/// Where in a line of the log something stands, and what its words mean. A place is a JSON pointer (`/ctx/hash`) or the
/// name of a field (`hash`, as in `hash=…` or `"hash": …`). What is left out is looked for by the contract's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct LogMapping {
    /// When it was: a date, or seconds or milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<SafeText>,
    /// What [`Self::lines`] are looked for in; the whole line if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<SafeText>,
    /// What finds the request in other logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<SafeText>,
    /// The ticket's hash: the first 12 hex digits of its SHA-256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<SafeText>,
    /// How long the ticket lives, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime: Option<SafeText>,
    /// The origin of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<SafeText>,
    /// The status of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<SafeText>,
    /// The code of an answer, or of a close.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<SafeText>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<SafeText>,
    /// Words of lines, each with what the line tells; of several that are in a line, the longest counts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<SafeText, LogMeaning>,
}

/// What a line of a server's log tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogMeaning {
    /// A token was given out.
    Token,
    /// A token was refused.
    TokenRefused,
    /// A ticket was given out.
    Ticket,
    /// A ticket was refused.
    TicketRefused,
    /// A ticket was accepted, and the socket opened.
    Opened,
    /// The upgrade was refused with a status, or the socket was closed as soon as it was open.
    Refused,
    /// The open socket ended.
    Closed,
}

impl LogMapping {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What a line with these words tells.
    pub fn meaning(&self, words: &str) -> Option<LogMeaning> {
        let told = self.lines.iter().filter(|(known, _)| words.contains(known.as_str()));
        told.max_by_key(|(known, _)| known.as_str().len()).map(|(_, meaning)| *meaning)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_words_count() {
        let mapping: LogMapping = toml::from_str(
            "ticket = '/ctx/hash'\nlines = { 'ticket' = 'ticket', 'ticket denied' = 'ticket-refused' }\n",
        )
        .unwrap();
        assert_eq!(mapping.meaning("a ticket denied"), Some(LogMeaning::TicketRefused));
        assert_eq!(mapping.meaning("a ticket"), Some(LogMeaning::Ticket));
        assert_eq!(mapping.meaning("hello"), None);
        assert!(toml::from_str::<LogMapping>("lines = { 'x' = 'something' }").is_err());
    }
}
