//! What the machine was told, as far as it may be written down: facts stand where there were secrets.

use std::time::Duration;

use super::failure::GreetingFailure;
use super::{
    Backoff, Close, Credential, DialFailure, Failure, Fingerprint, FlowCommand, Jwt, MaskedId, RequestFailure,
    SessionId, Ticket, TicketGrant, TokenFacts, TokenGrant, TokenSource,
};

/// An input of the machine as a recording has it. None of its parts can hold a secret. The attempt that it
/// answers is the entry's.
#[derive(Clone, Debug, PartialEq)]
pub enum InputRecord {
    /// A person asked for something.
    Command {
        /// What.
        command: FlowCommand,
    },
    /// Go on after a crash.
    Resume,
    /// A person changed the rule of the waits.
    SetBackoff {
        /// The rule from now on.
        backoff: Backoff,
    },
    /// A fault put another JWT, or none, in the place of the stored one.
    ReplaceJwt {
        /// The token that is there now.
        token: Option<TokenFacts>,
    },
    /// The stored credential was read.
    CredentialLoaded {
        /// It.
        credential: CredentialFacts,
        /// What kept it.
        source: TokenSource,
    },
    /// The token request was answered.
    TokenAnswered {
        /// How.
        result: Result<TokenGrantFacts, RequestFailure>,
    },
    /// The ticket request was answered.
    TicketAnswered {
        /// How.
        result: Result<TicketGrantFacts, RequestFailure>,
    },
    /// The connection stands, or not.
    Dialled {
        /// Why not.
        failure: Option<DialFailure>,
    },
    /// The socket is open, or not.
    Upgraded {
        /// Why not.
        failure: Option<Failure>,
    },
    /// The greeting is over, or failed.
    Greeted {
        /// How it failed.
        failure: Option<GreetingFailure>,
    },
    /// The open socket ended.
    Closed {
        /// How.
        close: Close,
    },
    /// A deadline has come.
    Timeout,
}

/// What may be known of a [`Credential`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialFacts {
    /// Its token.
    pub token: Option<TokenFacts>,
    /// Its session.
    pub session_id: Option<MaskedId>,
}

/// What may be known of a [`TokenGrant`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenGrantFacts {
    /// The token.
    pub token: TokenFacts,
    /// The session that the server named.
    pub session_id: Option<MaskedId>,
    /// How long the token lives, if that is known.
    pub lifetime: Option<Duration>,
    /// Whether something beside the token is another than before.
    pub is_other: bool,
}

/// What may be known of a [`TicketGrant`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketGrantFacts {
    /// The ticket.
    pub ticket: Fingerprint,
    /// How long it lives; `None` if the answer does not say.
    pub lifetime: Option<Duration>,
}

impl From<&Credential> for CredentialFacts {
    fn from(Credential { jwt, session_id, .. }: &Credential) -> Self {
        Self { token: jwt.as_ref().map(Jwt::facts), session_id: session_id.as_ref().map(SessionId::masked) }
    }
}

impl From<CredentialFacts> for Credential {
    fn from(CredentialFacts { token, session_id }: CredentialFacts) -> Self {
        let (jwt, session_id) = (token.map(Jwt::stand_in), session_id.map(SessionId::stand_in));
        Self { jwt, session_id, ..Self::default() }
    }
}

impl From<&TokenGrant> for TokenGrantFacts {
    fn from(TokenGrant { jwt, session_id, lifetime, is_other, .. }: &TokenGrant) -> Self {
        let session_id = session_id.as_ref().map(SessionId::masked);
        Self { token: jwt.facts(), session_id, lifetime: *lifetime, is_other: *is_other }
    }
}

impl From<TokenGrantFacts> for TokenGrant {
    fn from(TokenGrantFacts { token, session_id, lifetime, is_other }: TokenGrantFacts) -> Self {
        let session_id = session_id.map(SessionId::stand_in);
        Self { session_id, lifetime, is_other, ..Self::of(Jwt::stand_in(token)) }
    }
}

impl From<&TicketGrant> for TicketGrantFacts {
    fn from(TicketGrant { ticket, lifetime }: &TicketGrant) -> Self {
        Self { ticket: ticket.fingerprint(), lifetime: *lifetime }
    }
}

impl From<TicketGrantFacts> for TicketGrant {
    fn from(TicketGrantFacts { ticket, lifetime }: TicketGrantFacts) -> Self {
        Self { ticket: Ticket::stand_in(ticket), lifetime }
    }
}
