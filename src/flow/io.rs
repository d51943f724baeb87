//! What the machine is made with, what it is told and what it says.

use crate::model::{
    AttemptId, Close, Credential, DialFailure, Failure, FlowCommand, FlowEvent, GreetingFailure, InputRecord, Jwt,
    Moment, RequestFailure, SessionId, Ticket, TicketGrant, TokenGrant, TokenSource,
};

/// What the machine is told.
#[derive(Debug)]
pub enum Input {
    /// A person asks for something.
    Command(FlowCommand),
    /// The client was started again after a crash and goes on. Only a machine that is idle takes it.
    Resume,
    /// A person changed the rule of the waits; one that is going on stays as it was drawn.
    SetBackoff(crate::model::Backoff),
    /// A fault put another JWT, or none, in the place of the stored one.
    ReplaceJwt(Option<Jwt>),
    /// Result of [`Effect::LoadCredential`], and whether the keychain or only this program kept it.
    CredentialLoaded(AttemptId, Credential, TokenSource),
    /// Result of [`Effect::RequestToken`].
    TokenAnswered(AttemptId, Result<TokenGrant, RequestFailure>),
    /// Result of [`Effect::RequestTicket`].
    TicketAnswered(AttemptId, Result<TicketGrant, RequestFailure>),
    /// Result of [`Effect::Dial`]: the connection stands, or not.
    Dialled(AttemptId, Result<(), DialFailure>),
    /// Result of [`Effect::Upgrade`]: the socket is open, or not.
    Upgraded(AttemptId, Result<(), Failure>),
    /// The greeting that follows [`Effect::Upgrade`] where the service has one: it is over, or the socket is closed again.
    Greeted(AttemptId, Result<(), GreetingFailure>),
    /// The open socket ended, by itself or after [`Effect::Close`].
    Closed(AttemptId, Close),
    /// A deadline given by [`Output::WaitUntil`] has come. Early and repeated ones are harmless.
    Timeout,
}

impl Input {
    /// What may be written down of it, and the attempt that it answers.
    pub fn record(&self) -> (Option<AttemptId>, InputRecord) {
        match self {
            Self::Command(command) => (None, InputRecord::Command { command: *command }),
            Self::Resume => (None, InputRecord::Resume),
            Self::SetBackoff(rule) => (None, InputRecord::SetBackoff { backoff: rule.clone() }),
            Self::ReplaceJwt(jwt) => (None, InputRecord::ReplaceJwt { token: jwt.as_ref().map(Jwt::facts) }),
            Self::CredentialLoaded(attempt, credential, source) => {
                (Some(*attempt), InputRecord::CredentialLoaded { credential: credential.into(), source: *source })
            }
            Self::TokenAnswered(attempt, result) => {
                let result = result.as_ref().map(Into::into).map_err(Clone::clone);
                (Some(*attempt), InputRecord::TokenAnswered { result })
            }
            Self::TicketAnswered(attempt, result) => {
                let result = result.as_ref().map(Into::into).map_err(Clone::clone);
                (Some(*attempt), InputRecord::TicketAnswered { result })
            }
            Self::Dialled(attempt, result) => {
                (Some(*attempt), InputRecord::Dialled { failure: result.as_ref().err().cloned() })
            }
            Self::Upgraded(attempt, result) => {
                (Some(*attempt), InputRecord::Upgraded { failure: result.as_ref().err().cloned() })
            }
            Self::Greeted(attempt, result) => {
                (Some(*attempt), InputRecord::Greeted { failure: result.as_ref().err().cloned() })
            }
            Self::Closed(attempt, close) => (Some(*attempt), InputRecord::Closed { close: close.clone() }),
            Self::Timeout => (None, InputRecord::Timeout),
        }
    }

    /// The input that `record` was made of, with stand-ins for its secrets: the machine cannot tell the
    /// difference. `None` if the attempt that it answers is missing.
    pub fn from_record(attempt: Option<AttemptId>, record: InputRecord) -> Option<Self> {
        Some(match record {
            InputRecord::Command { command } => Self::Command(command),
            InputRecord::Resume => Self::Resume,
            InputRecord::SetBackoff { backoff } => Self::SetBackoff(backoff),
            InputRecord::ReplaceJwt { token } => Self::ReplaceJwt(token.map(Jwt::stand_in)),
            InputRecord::CredentialLoaded { credential, source } => {
                Self::CredentialLoaded(attempt?, credential.into(), source)
            }
            InputRecord::TokenAnswered { result } => Self::TokenAnswered(attempt?, result.map(Into::into)),
            InputRecord::TicketAnswered { result } => Self::TicketAnswered(attempt?, result.map(Into::into)),
            InputRecord::Dialled { failure } => Self::Dialled(attempt?, failure.map_or(Ok(()), Err)),
            InputRecord::Upgraded { failure } => Self::Upgraded(attempt?, failure.map_or(Ok(()), Err)),
            InputRecord::Greeted { failure } => Self::Greeted(attempt?, failure.map_or(Ok(()), Err)),
            InputRecord::Closed { close } => Self::Closed(attempt?, close),
            InputRecord::Timeout => Self::Timeout,
        })
    }
}

/// What the machine wants done. Each of the first five is answered by exactly one [`Input`] with the same
/// [`AttemptId`], in bounded time, unless [`Effect::Abort`] comes first.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Read the credential from the keychain.
    LoadCredential(AttemptId),
    /// Ask the token endpoint for a JWT, in this session if there is one.
    RequestToken(AttemptId, Option<SessionId>),
    /// Ask for a ticket, with the login's token if there is a login.
    RequestTicket(AttemptId, Option<Jwt>),
    /// Make a connection for the socket: DNS, TCP, TLS.
    Dial(AttemptId),
    /// Upgrade the connection, spending the ticket if there is one. Where the service has a greeting, two inputs answer:
    /// [`Input::Upgraded`], and if that is well, [`Input::Greeted`].
    Upgrade(AttemptId, Option<Ticket>),
    /// Close the open socket; [`Input::Closed`] follows in bounded time.
    Close(AttemptId),
    /// Drop whatever the attempt has going on.
    Abort(AttemptId),
    /// Keep this credential in the keychain.
    SaveCredential(Credential),
    /// Delete the keychain's entry.
    ForgetCredential,
}

/// What the machine says.
#[derive(Debug, PartialEq)]
pub enum Output {
    /// Do this.
    Effect(Effect),
    /// This happened, in this attempt.
    Event(Option<AttemptId>, FlowEvent),
    /// Nothing more for now: call `handle` again at this moment, or when something happens.
    WaitUntil(Option<(Moment, Timer)>),
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// The next attempt begins.
    Backoff,
    /// The unused ticket dies.
    TicketExpiry,
    /// The connection has been open for `reset_after`.
    Stable,
}
