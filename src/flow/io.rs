//! What the machine is made with, what it is told and what it says.

use crate::model::{
    AttemptId, Classify, Close, Credential, DialFailure, Event, Failure, FlowCommand, Jwt, Moment, Profile,
    RequestFailure, SessionId, Ticket, TicketGrant, TokenGrant, TokenSource,
};

/// The rules of a profile that the machine follows.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Policy {
    /// The wait between attempts.
    pub backoff: crate::model::Backoff,
    /// Which answers stop the client.
    pub classify: Classify,
}

impl From<&Profile> for Policy {
    fn from(profile: &Profile) -> Self {
        Self { backoff: profile.backoff.clone(), classify: profile.classify.clone() }
    }
}

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
    /// The open socket ended, by itself or after [`Effect::Close`].
    Closed(AttemptId, Close),
    /// A deadline given by [`Output::WaitUntil`] has come. Early and repeated ones are harmless.
    Timeout,
}

/// What the machine wants done. Each of the first five is answered by exactly one [`Input`] with the same
/// [`AttemptId`], in bounded time, unless [`Effect::Abort`] comes first.
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Read the credential from the keychain.
    LoadCredential(AttemptId),
    /// Ask the token endpoint for a JWT, in this session if there is one.
    RequestToken(AttemptId, Option<SessionId>),
    /// Ask the ticket endpoint for a ticket.
    RequestTicket(AttemptId, Jwt),
    /// Make a connection for the socket: DNS, TCP, TLS.
    Dial(AttemptId),
    /// Upgrade the connection, spending the ticket.
    Upgrade(AttemptId, Ticket),
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
    Event(Option<AttemptId>, Event),
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
