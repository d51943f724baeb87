//! What the steps of a connection give each other: named values, each as secret as the next.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Fingerprint;

/// The name of a value that a step takes from an answer, or of a secret: `app_token`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ValueName(String);

impl ValueName {
    /// The longest name, in characters.
    const MAX: usize = 32;
    /// Values that are always there, and that no other one may hide behind.
    pub(super) const BUILT_IN: [&str; 6] = ["id", "now", "now_ms", "now_iso", "now_http", "uuid"];

    /// A name of the program's own.
    pub(super) fn built_in(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ValueName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if Self::BUILT_IN.contains(&name.as_str()) {
            return Err(format!("{{{{{name}}}}} is always there and means something else; expected another name"));
        }
        let is_word = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let fits = is_word && name.starts_with(|c: char| c.is_ascii_lowercase()) && name.len() <= Self::MAX;
        fits.then_some(Self(name)).ok_or_else(|| {
            "expected a name of up to 32 small letters, digits and underscores, such as \"app_token\"".to_owned()
        })
    }
}

impl From<ValueName> for String {
    fn from(name: ValueName) -> Self {
        name.0
    }
}

impl fmt::Display for ValueName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Named values. They can be sent and not printed: `Debug` shows their names, and they are wiped when they are dropped.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Values {
    all: BTreeMap<ValueName, Zeroizing<String>>,
    /// Those of them that people, variables, files and commands have given.
    given: BTreeSet<ValueName>,
}

impl Values {
    /// None but this one.
    pub fn one(name: ValueName, value: impl Into<String>) -> Self {
        let mut values = Self::default();
        values.set(name, value);
        values
    }

    /// Keeps `value`, in the place of an older one of this name.
    pub fn set(&mut self, name: ValueName, value: impl Into<String>) {
        self.all.insert(name, Zeroizing::new(value.into()));
    }

    /// The same of one that is no answer's: it is a text, whatever it looks like.
    pub fn give(&mut self, name: ValueName, value: impl Into<String>) {
        self.given.insert(name.clone());
        self.set(name, value);
    }

    /// Whether `name`'s value was given, and is no answer's.
    pub fn is_given(&self, name: &ValueName) -> bool {
        self.given.contains(name)
    }

    /// Keeps all of `others`, in the place of older ones of the same names.
    pub fn extend(&mut self, others: &Self) {
        self.all.extend(others.all.iter().map(|(name, value)| (name.clone(), value.clone())));
        self.given.extend(others.given.iter().cloned());
    }

    /// The value itself: to be sent, or kept in the keychain.
    pub fn expose(&self, name: &ValueName) -> Option<&str> {
        self.all.get(name).map(|value| value.as_str())
    }

    /// All of them: to keep them in the keychain, or out of what a peer says.
    pub fn expose_all(&self) -> impl Iterator<Item = (&ValueName, &str)> {
        self.all.iter().map(|(name, value)| (name, value.as_str()))
    }

    /// Takes one away.
    pub fn remove(&mut self, name: &ValueName) -> Option<Zeroizing<String>> {
        self.all.remove(name)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// What may be shown instead of `name`'s value.
    pub fn fingerprint(&self, name: &ValueName) -> Option<Fingerprint> {
        self.expose(name).map(Fingerprint::of)
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.all.keys().map(ValueName::as_str)).finish()
    }
}

/// A value that a template needs and nobody has given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no value called {0}")]
pub struct MissingValue(pub ValueName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_names_only() {
        let values = Values::one(ValueName::built_in("app_token"), "xapp-secret");
        assert_eq!(format!("{values:?}"), "{\"app_token\"}");
    }

    #[test]
    fn names_are_words() {
        for wrong in ["id", "now_ms", "", "App", "a b", "1a", "a-b", &"a".repeat(33), "é"] {
            assert!(ValueName::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
        assert!(ValueName::try_from("app_token2".to_owned()).is_ok());
    }
}
