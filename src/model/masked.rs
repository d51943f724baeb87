//! What may be shown in the place of a secret.

use std::fmt;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize, de};
use zeroize::Zeroizing;

use super::SafeText;

/// The only form in which a token or ticket may be shown: the first 12 hex digits of its SHA-256
/// (contract §1). A server of this kind logs the same, so support can search for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 6]);

impl Fingerprint {
    /// The fingerprint of `secret`.
    pub fn of(secret: &str) -> Self {
        let digest = digest::digest(&digest::SHA256, secret.as_bytes());
        let mut first = [0; 6];
        first.copy_from_slice(&digest.as_ref()[..6]);
        Self(first)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{self}")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut bytes = [0; 6];
        if text.len() != 12 || !text.is_ascii() {
            return Err(de::Error::custom("a fingerprint is 12 hex digits"));
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(de::Error::custom)?;
        }
        Ok(Self(bytes))
    }
}

/// A secret, or what a recording has in its place.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Known<F> {
    Secret(Zeroizing<String>),
    /// All that may be known of it; there is nothing that could be sent.
    Facts(F),
}

impl<F> Known<F> {
    pub fn new(secret: impl Into<String>) -> Self {
        Self::Secret(Zeroizing::new(secret.into()))
    }

    pub fn expose(&self) -> &str {
        match self {
            Self::Secret(secret) => secret,
            Self::Facts(_) => "",
        }
    }
}

/// The server's name for the user's session. Whoever knows it can ask for tokens, so only its ends are
/// ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId(Known<MaskedId>);

impl SessionId {
    /// Takes in a session id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(Known::new(id))
    }

    /// What stands for a session id in a replay: it is masked the same and there is nothing to send.
    pub fn stand_in(masked: MaskedId) -> Self {
        Self(Known::Facts(masked))
    }

    /// The id itself: for the token request and the keychain. Empty for a stand-in.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Its first and last characters, at most a third of it.
    pub fn masked(&self) -> MaskedId {
        let id = match &self.0 {
            Known::Secret(id) => id,
            Known::Facts(masked) => return masked.clone(),
        };
        let shown = (id.chars().count() / 6).min(9);
        let head: String = id.chars().take(shown).collect();
        let tail: String = id.chars().rev().take(shown.min(2)).collect();
        let tail: String = tail.chars().rev().collect();
        MaskedId(SafeText::new(&format!("{head}…{tail}")))
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({})", self.masked())
    }
}

/// A [`SessionId`] that may be shown: `sess_8…21`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MaskedId(SafeText);

impl fmt::Display for MaskedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
