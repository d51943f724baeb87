//! The reason in a close frame, and the seven that the contract gives a meaning.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator;

use super::catalogue::{CloseCode, CloseEntry, RECONNECTS_ALWAYS, STOPS};
use crate::model::SafeText;

/// A close reason of the contract (§2, §5). `Display` is its spelling in the close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::EnumIter, strum::EnumString)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum ContractReason {
    /// The ticket is missing, spent or expired.
    NotAuthorized,
    /// The origin is not on the list.
    OriginBlocked,
    /// A message named a channel that there is not.
    BadSubscribe,
    /// A message was not one of the contract's.
    InvalidRequest,
    /// The server stops.
    ServerShutdown,
    /// The client sent no data for too long.
    IdleTimeout,
    /// The client left a ping unanswered.
    HeartbeatTimeout,
}

impl ContractReason {
    /// Those after which the client stops until a person asks (contract §2).
    pub fn hard() -> impl Iterator<Item = Self> {
        Self::iter().filter(|reason| reason.is_hard())
    }

    /// Whether the client stops until a person asks (contract §2).
    const fn is_hard(self) -> bool {
        match self {
            Self::NotAuthorized | Self::OriginBlocked | Self::BadSubscribe | Self::InvalidRequest => true,
            Self::ServerShutdown | Self::IdleTimeout | Self::HeartbeatTimeout => false,
        }
    }

    /// The close code that comes with it (contract §5).
    pub const fn code(self) -> CloseCode {
        match self {
            Self::NotAuthorized | Self::OriginBlocked | Self::BadSubscribe | Self::InvalidRequest => CloseCode(1008),
            Self::ServerShutdown => CloseCode(1001),
            Self::IdleTimeout | Self::HeartbeatTimeout => CloseCode::NORMAL,
        }
    }

    /// What is to be known of it.
    pub const fn entry(self) -> CloseEntry {
        let (name, meaning, usual_cause) = match self {
            Self::NotAuthorized => (
                "NOT_AUTHORIZED",
                "the server did not accept the ticket",
                "a ticket that is missing, spent or expired; on a connection that had worked, a ticket store that failed",
            ),
            Self::OriginBlocked => (
                "ORIGIN_BLOCKED",
                "the server does not allow this origin",
                "an origin that is not on the server's list",
            ),
            Self::BadSubscribe => (
                "BAD_SUBSCRIBE",
                "the client asked for a channel that the server does not have",
                "a client and a server of different versions",
            ),
            Self::InvalidRequest => (
                "INVALID_REQUEST",
                "the client sent a message that the server does not understand",
                "a client and a server of different versions",
            ),
            Self::ServerShutdown => {
                ("SERVER_SHUTDOWN", "the server is shutting down or restarting", "a deployment or a restart")
            }
            Self::IdleTimeout => (
                "IDLE_TIMEOUT",
                "the client sent nothing for too long",
                "nobody used the app for 15 minutes; answers to pings do not count",
            ),
            Self::HeartbeatTimeout => (
                "HEARTBEAT_TIMEOUT",
                "the client did not answer the server's ping",
                "a sleeping laptop, a lost Wi-Fi, or a page that hangs",
            ),
        };
        let client = if self.is_hard() { STOPS } else { RECONNECTS_ALWAYS };
        CloseEntry { name, meaning, usual_cause, client }
    }
}

/// The reason in a close frame: its text, and which of the contract's it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SafeText", into = "SafeText")]
pub struct CloseReason {
    text: SafeText,
    contract: Option<ContractReason>,
}

impl CloseReason {
    /// The reason as it was received; empty if there was none.
    pub const fn text(&self) -> &SafeText {
        &self.text
    }

    /// The reason as it was received.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Which of the contract's it is; `None` for any other text.
    pub const fn contract(&self) -> Option<ContractReason> {
        self.contract
    }
}

impl From<SafeText> for CloseReason {
    fn from(text: SafeText) -> Self {
        let contract = text.as_str().parse().ok();
        Self { text, contract }
    }
}

impl From<&str> for CloseReason {
    fn from(text: &str) -> Self {
        SafeText::new(text).into()
    }
}

impl From<CloseReason> for SafeText {
    fn from(reason: CloseReason) -> Self {
        reason.text
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_the_contracts_only_in_its_own_spelling() {
        for reason in ContractReason::iter() {
            let spelt = reason.to_string();
            assert_eq!(spelt, reason.entry().name);
            assert_eq!(CloseReason::from(spelt.as_str()).contract(), Some(reason));
            for other in [spelt.to_lowercase(), format!("{spelt} "), format!("{spelt}_")] {
                assert_eq!(CloseReason::from(other.as_str()).contract(), None, "{other}");
            }
            let CloseEntry { meaning, usual_cause, client, .. } = reason.entry();
            assert!([meaning, usual_cause, client].iter().all(|text| !text.is_empty()), "{reason}");
        }
    }

    #[test]
    fn the_reasons_that_stop_the_client_are_the_contracts() {
        let hard: Vec<_> = ContractReason::hard().map(|reason| reason.to_string()).collect();
        assert_eq!(hard, ["NOT_AUTHORIZED", "ORIGIN_BLOCKED", "BAD_SUBSCRIBE", "INVALID_REQUEST"]);
        let codes = ContractReason::iter().map(|reason| reason.code().0);
        assert_eq!(codes.collect::<Vec<_>>(), [1008, 1008, 1008, 1008, 1001, 1000, 1000]);
    }
}
