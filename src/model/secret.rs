//! Secrets: values that can be sent but neither printed nor, for a ticket, used twice.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize, de};
use zeroize::Zeroizing;

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

/// A JSON Web Token (RFC 7519) as the server gave it. It has no `Display`; `Debug` shows the fingerprint.
#[derive(Clone, PartialEq, Eq)]
pub struct Jwt(Zeroizing<String>);

impl Jwt {
    /// Takes in a token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Zeroizing::new(token.into()))
    }

    /// The token itself: for the `Authorization` header, the keychain and decoding, nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be shown instead.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jwt({:?})", self.fingerprint())
    }
}

/// A one-time ticket. It is neither `Clone` nor printable, and [`Ticket::spend`] takes it away, so
/// sending one twice does not compile.
#[derive(PartialEq, Eq)]
pub struct Ticket(Zeroizing<String>);

impl Ticket {
    /// Takes in a ticket.
    pub fn new(ticket: impl Into<String>) -> Self {
        Self(Zeroizing::new(ticket.into()))
    }

    /// What may be shown instead.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }

    /// The ticket itself, to keep it out of what a peer says.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    /// Gives the ticket up for its one use, in the query of the upgrade.
    pub fn spend(self) -> Zeroizing<String> {
        self.0
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({:?})", self.fingerprint())
    }
}

/// The server's name for the user's session. Whoever knows it can ask for tokens, so only its ends are
/// ever shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId(Zeroizing<String>);

impl SessionId {
    /// Takes in a session id.
    pub fn new(id: impl Into<String>) -> Self {
        Self(Zeroizing::new(id.into()))
    }

    /// The id itself: for the token request and the keychain.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its first and last characters, at most a third of it.
    pub fn masked(&self) -> MaskedId {
        let shown = (self.0.chars().count() / 6).min(9);
        let head: String = self.0.chars().take(shown).collect();
        let tail: String = self.0.chars().rev().take(shown.min(2)).collect();
        let tail: String = tail.chars().rev().collect();
        MaskedId(super::SafeText::new(&format!("{head}…{tail}")))
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
pub struct MaskedId(super::SafeText);

impl fmt::Display for MaskedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a session needs to ask for tickets, and what the keychain keeps.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Credential {
    /// The token, if there is one.
    pub jwt: Option<Jwt>,
    /// The session it belongs to; outlives the token, so that a refresh stays in the same session.
    pub session_id: Option<SessionId>,
}

/// What a token request gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenGrant {
    /// The token.
    pub jwt: Jwt,
    /// The session that the server put it in, if it says so.
    pub session_id: Option<SessionId>,
}

/// What a ticket request gives.
#[derive(Debug, PartialEq, Eq)]
pub struct TicketGrant {
    /// The ticket.
    pub ticket: Ticket,
    /// How long it lives.
    pub lifetime: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_fingerprints_only() {
        let credential = Credential {
            jwt: Some(Jwt::new("header.payload-secret.signature")),
            session_id: Some(SessionId::new("sess_8f3c0000111122221")),
        };
        let shown = format!("{credential:?} {:?}", Ticket::new("0123456789abcdef"));
        assert!(!shown.contains("secret") && !shown.contains("0000") && !shown.contains("456789abcdef"), "{shown}");
        assert!(shown.contains(&Fingerprint::of("0123456789abcdef").to_string()), "{shown}");
    }

    #[test]
    fn fingerprint_is_the_start_of_sha256_and_survives_json() {
        let fingerprint = Fingerprint::of("abc");
        assert_eq!(fingerprint.to_string(), "ba7816bf8f01");
        let json = serde_json::to_string(&fingerprint).unwrap();
        assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), fingerprint);
        assert!(serde_json::from_str::<Fingerprint>("\"ba78\"").is_err());
    }

    #[test]
    fn a_short_session_id_is_not_given_away() {
        assert_eq!(SessionId::new("abc").masked().to_string(), "…");
        assert_eq!(SessionId::new("sess_8f3c0000111122221").masked().to_string(), "ses…21");
    }
}
