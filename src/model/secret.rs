//! Secrets: values that can be sent but neither printed nor, for a ticket, used twice.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

use super::masked::Known;
use super::{Claims, FaultName, Fingerprint, SessionId, TokenFacts, ValueName, Values};

/// A JSON Web Token (RFC 7519) as the server gave it. It has no `Display`; `Debug` shows the fingerprint, and
/// two are equal if their fingerprints are, so that stand-ins compare as what they stand for.
#[derive(Clone)]
pub struct Jwt(Known<TokenFacts>);

impl Jwt {
    /// Takes in a token.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Known::new(token))
    }

    /// What stands for a token in a replay: it has the same facts and nothing to send.
    pub fn stand_in(facts: TokenFacts) -> Self {
        Self(Known::Facts(facts))
    }

    /// The token itself: for the `Authorization` header, the keychain and decoding, nothing else. Empty for a
    /// stand-in.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// What may be shown instead.
    pub fn fingerprint(&self) -> Fingerprint {
        match &self.0 {
            Known::Secret(token) => Fingerprint::of(token),
            Known::Facts(facts) => facts.fingerprint,
        }
    }

    /// What may be known of it: for a stand-in, what was known when it was recorded.
    pub fn facts(&self) -> TokenFacts {
        match &self.0 {
            Known::Secret(token) => TokenFacts { fingerprint: Fingerprint::of(token), claims: Claims::decode(token) },
            Known::Facts(facts) => facts.clone(),
        }
    }
}

impl PartialEq for Jwt {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint() == other.fingerprint()
    }
}

impl Eq for Jwt {}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jwt({:?})", self.fingerprint())
    }
}

/// A one-time ticket. It is neither `Clone` nor printable, and [`Ticket::spend`] takes it away, so
/// sending one twice does not compile.
#[derive(PartialEq, Eq)]
pub struct Ticket {
    ticket: Known<Fingerprint>,
    /// What came with it.
    values: Values,
    /// What it is told from others by, where that is more than the ticket alone.
    recognized_by: Option<Fingerprint>,
}

impl Ticket {
    /// Takes in a ticket.
    pub fn new(ticket: impl Into<String>) -> Self {
        Self { ticket: Known::new(ticket), values: Values::default(), recognized_by: None }
    }

    /// The same with what else came with it, and is as good for one use.
    #[must_use]
    pub fn with(self, values: Values) -> Self {
        Self { values, ..self }
    }

    /// The same, which comes again only if everything with this fingerprint does.
    #[must_use]
    pub fn recognized_by(self, fingerprint: Fingerprint) -> Self {
        Self { recognized_by: Some(fingerprint), ..self }
    }

    /// What stands for a ticket in a replay: it has the same fingerprint and nothing to send.
    pub fn stand_in(fingerprint: Fingerprint) -> Self {
        Self { ticket: Known::Facts(fingerprint), values: Values::default(), recognized_by: None }
    }

    /// What may be shown instead.
    pub fn fingerprint(&self) -> Fingerprint {
        self.recognized_by.unwrap_or_else(|| match &self.ticket {
            Known::Secret(ticket) => Fingerprint::of(ticket),
            Known::Facts(fingerprint) => *fingerprint,
        })
    }

    /// The ticket itself, to keep it out of what a peer says. Empty for a stand-in.
    pub(super) fn expose(&self) -> &str {
        match &self.ticket {
            Known::Secret(ticket) => ticket,
            Known::Facts(_) => "",
        }
    }

    /// Gives the ticket up for its one use, in the query of the upgrade. Empty for a stand-in.
    pub fn spend(self) -> Zeroizing<String> {
        match self.ticket {
            Known::Secret(ticket) => ticket,
            Known::Facts(_) => Zeroizing::default(),
        }
    }

    /// The same ticket twice: for the fault that lets somebody else use it first, and nothing else.
    pub fn copied_by_a_thief(self) -> (Self, Self) {
        let Self { ticket, values, recognized_by } = self;
        (Self { ticket: ticket.clone(), values: values.clone(), recognized_by }, Self { ticket, values, recognized_by })
    }

    /// The same, called `name` among `values`, with what came with it.
    pub fn spend_into(self, name: ValueName, values: &mut Values) {
        values.extend(&self.values);
        values.set(name, self.spend().as_str());
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket({:?})", self.fingerprint())
    }
}

/// What a session needs to ask for tickets, and what the keychain keeps.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Credential {
    /// The token, if there is one.
    pub jwt: Option<Jwt>,
    /// The session it belongs to; outlives the token, so that a refresh stays in the same session.
    pub session_id: Option<SessionId>,
    /// The fault that put the token there, if one did: what becomes of it is simulated.
    pub simulated: Option<FaultName>,
    /// What else the login gave.
    pub values: Values,
    /// Until when it lives, if that is known.
    pub until: Option<DateTime<Utc>>,
}

/// What a token request gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenGrant {
    /// The token.
    pub jwt: Jwt,
    /// The session that the server put it in, if it says so.
    pub session_id: Option<SessionId>,
    /// What else the login gave.
    pub values: Values,
    /// How long it lives; `None` if the answer does not say.
    pub lifetime: Option<Duration>,
    /// Until when that is.
    pub until: Option<DateTime<Utc>>,
    /// Whether something beside the token is another than before, as where only a later one of several logins was made anew.
    pub is_other: bool,
}

impl TokenGrant {
    /// A token of which nothing else is known.
    pub fn of(jwt: Jwt) -> Self {
        Self { jwt, session_id: None, values: Values::default(), lifetime: None, until: None, is_other: false }
    }
}

/// What a ticket request gives.
#[derive(Debug, PartialEq, Eq)]
pub struct TicketGrant {
    /// The ticket.
    pub ticket: Ticket,
    /// How long it lives; `None` if the answer does not say.
    pub lifetime: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_fingerprints_only() {
        let credential = Credential {
            jwt: Some(Jwt::new("header.payload-secret.signature")),
            session_id: Some(SessionId::new("sess_8f3c0000111122221")),
            ..Credential::default()
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
    fn a_stand_in_has_the_facts_of_what_it_stands_for_and_nothing_to_send() {
        let (jwt, ticket) = (Jwt::new("a.b.c"), Ticket::new("0123456789abcdef"));
        let id = SessionId::new("sess_8f3c0000111122221");
        let stand_in = Jwt::stand_in(jwt.facts());
        assert_eq!((stand_in.expose(), stand_in.facts()), ("", jwt.facts()));
        assert_eq!(stand_in, jwt, "compared as in the session that was recorded");
        assert_ne!(stand_in, Jwt::new(""));
        assert_eq!(Ticket::stand_in(ticket.fingerprint()).fingerprint(), ticket.fingerprint());
        assert!(Ticket::stand_in(ticket.fingerprint()).spend().is_empty());
        assert_eq!(
            (SessionId::stand_in(id.masked()).expose(), SessionId::stand_in(id.masked()).masked()),
            ("", id.masked())
        );
    }

    #[test]
    fn a_short_session_id_is_not_given_away() {
        assert_eq!(SessionId::new("abc").masked().to_string(), "…");
        assert_eq!(SessionId::new("sess_8f3c0000111122221").masked().to_string(), "ses…21");
    }
}
