//! What the client makes of closes and refusals, and what they mean.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::service::{EndOwner, Ranges, Then};
use crate::model::{ContractReason, SafeText};

/// Which answers stop the client; the defaults are the contract's table (§2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Classify {
    /// Close reasons that are hard, whatever the code.
    pub hard_reasons: Vec<SafeText>,
    /// Statuses of the token and ticket requests that are hard.
    pub hard_statuses: Vec<u16>,
    /// Codes of a 401 to the ticket request that a new token can cure, whatever `hard_statuses` says.
    pub refresh_codes: Vec<SafeText>,
    /// What follows a close, by its code, where its reason says nothing.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub close: BTreeMap<Ranges, Then>,
    /// What follows a close, by its reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<SafeText, Then>,
    /// What follows a refused request, by the code that the answer names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<SafeText, Then>,
    /// What a refused upgrade is about, by its status.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub upgrade: BTreeMap<Ranges, UpgradeRefusal>,
    /// What close codes, close reasons, statuses and the codes of refusals mean, for people.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub means: BTreeMap<SafeText, Meaning>,
}

impl Classify {
    /// What a close reason, or the code of a refusal, means.
    pub fn meaning_of_word(&self, word: &SafeText) -> Option<&Meaning> {
        self.means.get(word).filter(|_| !word.is_empty())
    }

    /// What a close code or a status means.
    pub fn meaning_of_number(&self, number: u16) -> Option<&Meaning> {
        let is_among = |key: &SafeText| Ranges::try_from(key.to_string()).is_ok_and(|ranges| ranges.contains(number));
        self.means.iter().find(|(key, _)| is_among(key)).map(|(_, meaning)| meaning)
    }
}

/// What something that a service says means: `"the bot's token is wrong"`, or `{ says = "…", owner = "user" }`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SpeltMeaning")]
pub struct Meaning {
    /// In words.
    pub says: SafeText,
    /// Who can help.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<EndOwner>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text, or { says = \"…\", owner = \"user\" }")]
enum SpeltMeaning {
    Says(SafeText),
    Both { says: SafeText, owner: Option<EndOwner> },
}

impl From<SpeltMeaning> for Meaning {
    fn from(spelt: SpeltMeaning) -> Self {
        match spelt {
            SpeltMeaning::Says(says) => Self { says, owner: None },
            SpeltMeaning::Both { says, owner } => Self { says, owner },
        }
    }
}

/// What a refused upgrade is about, and so what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UpgradeRefusal {
    /// The ticket, or the origin: a new attempt, with a new ticket.
    Ticket,
    /// The login: a new attempt, with a new one.
    Login,
    /// Nothing that trying again could change.
    Stop,
    /// Anything else: a new attempt.
    Retry,
}

impl Default for Classify {
    fn default() -> Self {
        Self {
            hard_reasons: ContractReason::hard().map(|reason| SafeText::new(reason.entry().name)).collect(),
            hard_statuses: vec![401],
            refresh_codes: vec!["INVALID_TOKEN".into()],
            close: BTreeMap::new(),
            reasons: BTreeMap::new(),
            codes: BTreeMap::new(),
            upgrade: BTreeMap::new(),
            means: BTreeMap::new(),
        }
    }
}
