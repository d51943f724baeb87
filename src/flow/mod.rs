//! The client's decisions (contract §1–§3) as a state machine: no I/O, no clock, no randomness of its own.
//!
//! A shell feeds it [`Input`]s with the time at which they happened and does what it [`Output`]s:
//!
//! ```text
//! flow.handle(now, input);
//! loop {
//!     match flow.poll() {
//!         Output::Effect(effect) => start it; its result comes back as an Input with the same AttemptId
//!         Output::Event(..)      => write it down
//!         Output::WaitUntil(..)  => break, and handle(deadline, Input::Timeout) unless something comes first
//!     }
//! }
//! ```
//!
//! Effects and events come in one stream, in the order in which they happened. The states, and every edge
//! between them (a test compares this diagram with the edges that random histories take):
//!
//! ```text
//! Idle             -> EnsuringToken      connect, retry now, new session; resume after a crash
//! EnsuringToken    -> RequestingTicket   there is a JWT, or no login
//! EnsuringToken    -> Dialling           the same, for a service without tickets
//! EnsuringToken    -> Waiting            token request failed, soft
//! EnsuringToken    -> Stopped            token request failed, hard
//! RequestingTicket -> Dialling           ticket obtained
//! RequestingTicket -> RefreshingToken    401 INVALID_TOKEN, for the first time in this attempt
//! RequestingTicket -> Waiting            ticket request failed, soft
//! RequestingTicket -> Stopped            ticket request failed, hard
//! RefreshingToken  -> RequestingTicket   new JWT
//! RefreshingToken  -> Waiting            token request failed, soft
//! RefreshingToken  -> Stopped            token request failed, hard; or the refused JWT came again
//! Dialling         -> Upgrading          the connection stands and the ticket, if any, is still alive: it is spent
//! Dialling         -> Waiting            dialling failed, or outlived the ticket
//! Dialling         -> Stopped            an answer names no address that may be connected to
//! Upgrading        -> Connected          101, from a service without a greeting
//! Upgrading        -> Greeting           101
//! Upgrading        -> Waiting            upgrade failed or refused, soft
//! Upgrading        -> Stopped            upgrade refused, hard
//! Greeting         -> Connected          the greeting is over: the socket is of use
//! Greeting         -> Waiting            greeting failed, soft
//! Greeting         -> Stopped            greeting failed, hard
//! Greeting         -> EnsuringToken      the server wants its client to come again at once
//! Greeting         -> Closing            disconnect, retry now, new session
//! Connected        -> Waiting            closed, soft
//! Connected        -> Stopped            closed, hard
//! Connected        -> EnsuringToken      closed; the server wants its client to come again at once
//! Connected        -> Closing            disconnect, retry now, new session
//! Closing          -> Idle               closed, after disconnect
//! Closing          -> EnsuringToken      closed, after retry now or new session
//! Waiting          -> EnsuringToken      the wait is over; connect, retry now, new session
//! Waiting          -> Idle               disconnect
//! Stopped          -> EnsuringToken      connect, retry now, new session
//! EnsuringToken    -> Idle               disconnect
//! RequestingTicket -> Idle               disconnect
//! RefreshingToken  -> Idle               disconnect
//! Dialling         -> Idle               disconnect
//! Upgrading        -> Idle               disconnect
//! EnsuringToken    -> EnsuringToken      retry now, new session
//! RequestingTicket -> EnsuringToken      retry now, new session
//! RefreshingToken  -> EnsuringToken      retry now, new session
//! Dialling         -> EnsuringToken      retry now, new session
//! Upgrading        -> EnsuringToken      retry now, new session
//! ```
//!
//! Whatever the machine is doing, it waits for exactly one thing: the result of one effect, a deadline, or
//! a person. Secrets pass through unread (only compared), so a recording with fingerprints in their place
//! takes the same course.

#![warn(clippy::disallowed_types, clippy::wildcard_enum_match_arm)]

mod backoff;
mod classify;
mod io;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use crate::model::{
    AttemptId, Backoff, Close, CloseCause, Credential, Delay, DialFailure, Failure, FlowCommand, FlowEvent,
    GreetingFailure, Jwt, Moment, RequestFailure, SafeText, SessionId, Ticket, TicketGrant, TokenGrant, TokenSource,
    Trigger,
};
pub use crate::model::{Policy, StepsOfFlow};
pub use backoff::{BackoffCounter, MAX_RETRY_AFTER};
use classify::Next;
pub use classify::class_of;
pub use io::{Effect, Input, Output, Timer};

/// The client.
#[derive(Debug)]
pub struct ConnectionFlow {
    policy: Arc<Policy>,
    state: State,
    attempt: Option<AttemptId>,
    next_attempt: AttemptId,
    /// `None` until the keychain has been read.
    credential: Option<Credential>,
    /// When the token that is loaded dies, if that is known.
    token_expires: Option<Moment>,
    /// Attempts in a row that began at once because the server wanted it.
    renewals: u32,
    /// Whether the credentials of this session have ever led to a connection.
    has_connected: bool,
    backoff: BackoffCounter,
    outputs: VecDeque<Output>,
}

/// The states of the diagram above, each with what it needs.
#[derive(Debug, strum::IntoStaticStr)]
enum State {
    Idle,
    EnsuringToken { loading: bool },
    RequestingTicket { jwt: Option<Jwt>, refreshed: bool, requested_at: Moment },
    RefreshingToken { refused: Jwt, refusal: RequestFailure },
    Dialling { ticket: Option<Ticket>, requested_at: Moment, grant_lifetime: Option<Duration> },
    Upgrading,
    Greeting,
    Connected { stable_at: Option<Moment> },
    Closing { then: AfterClose },
    Waiting { delay: Delay },
    Stopped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AfterClose {
    Idle,
    Attempt,
}

impl ConnectionFlow {
    /// A client that does nothing until it is told to. Attempts are numbered from `first`. Thousands of
    /// clients can share a policy.
    pub fn new(policy: impl Into<Arc<Policy>>, seed: u64, first: AttemptId) -> Self {
        let policy = policy.into();
        let backoff = BackoffCounter::new(policy.backoff.clone(), seed);
        Self {
            policy,
            state: State::Idle,
            attempt: None,
            next_attempt: first,
            credential: None,
            token_expires: None,
            renewals: 0,
            has_connected: false,
            backoff,
            outputs: VecDeque::new(),
        }
    }

    /// Takes in what happened at `now`.
    pub fn handle(&mut self, now: Moment, input: Input) {
        match input {
            Input::Command(command) => self.command(now, command),
            Input::Resume if matches!(self.state, State::Idle) => self.begin(now, Trigger::Restart),
            Input::Resume => {}
            Input::SetBackoff(rule) => self.set_backoff(now, rule),
            Input::ReplaceJwt(jwt) => self.replace_jwt(jwt),
            Input::CredentialLoaded(attempt, credential, source) => {
                self.credential_loaded(now, attempt, credential, source);
            }
            Input::TokenAnswered(attempt, result) => self.token_answered(now, attempt, result),
            Input::TicketAnswered(attempt, result) => self.ticket_answered(now, attempt, result),
            Input::Dialled(attempt, result) => self.dialled(now, attempt, result),
            Input::Upgraded(attempt, result) => self.upgraded(now, attempt, result),
            Input::Greeted(attempt, result) => self.greeted(now, attempt, result),
            Input::Closed(attempt, close) => self.closed(now, attempt, close),
            Input::Timeout => self.timeout(now),
        }
    }

    /// The next thing that the machine says.
    pub fn poll(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| Output::WaitUntil(self.deadline()))
    }

    /// Gives back the memory that it only needs while it has something to say.
    pub fn shrink(&mut self) {
        self.outputs.shrink_to_fit();
    }

    /// The attempt that is going on or was the last.
    pub fn attempt(&self) -> Option<AttemptId> {
        self.attempt
    }

    /// The number that the next attempt will have.
    pub fn next_attempt(&self) -> AttemptId {
        self.next_attempt
    }

    /// The JWT that the next attempt would use, if one is loaded.
    pub fn jwt(&self) -> Option<&Jwt> {
        self.credential.as_ref()?.jwt.as_ref()
    }

    /// What the next attempt would use, if it is loaded.
    pub fn credential(&self) -> Option<&Credential> {
        self.credential.as_ref()
    }

    /// The session that the next attempt would be in.
    pub fn session_id(&self) -> Option<&SessionId> {
        self.credential.as_ref()?.session_id.as_ref()
    }

    /// The name of the state, as in the diagram.
    pub fn state_name(&self) -> &'static str {
        (&self.state).into()
    }

    /// Whether the machine is trying to get or keep a connection.
    pub fn is_active(&self) -> bool {
        !matches!(self.state, State::Idle | State::Stopped | State::Closing { then: AfterClose::Idle })
    }

    /// Whether nothing is going on and nothing will without a person.
    pub fn is_at_rest(&self) -> bool {
        matches!(self.state, State::Idle | State::Stopped)
    }

    fn deadline(&self) -> Option<(Moment, Timer)> {
        match &self.state {
            State::Waiting { delay } => Some((delay.until, Timer::Backoff)),
            State::Dialling { requested_at, grant_lifetime, .. } => {
                grant_lifetime.map(|lifetime| (*requested_at + lifetime, Timer::TicketExpiry))
            }
            State::Connected { stable_at } => stable_at.map(|at| (at, Timer::Stable)),
            State::Idle
            | State::EnsuringToken { .. }
            | State::RequestingTicket { .. }
            | State::RefreshingToken { .. }
            | State::Upgrading
            | State::Greeting
            | State::Closing { .. }
            | State::Stopped => None,
        }
    }

    fn timeout(&mut self, now: Moment) {
        let Some((_, timer)) = self.deadline().filter(|(at, _)| *at <= now) else { return };
        match timer {
            Timer::Backoff => self.begin(now, Trigger::Backoff),
            Timer::TicketExpiry => self.ticket_expired(now),
            Timer::Stable => self.reset_backoff(),
        }
    }

    fn command(&mut self, now: Moment, command: FlowCommand) {
        self.event(FlowEvent::Command { command });
        if command == FlowCommand::NewSession {
            self.credential = Some(Credential::default());
            self.token_expires = None;
            self.has_connected = false;
            self.effect(Effect::ForgetCredential);
            self.event(FlowEvent::SessionDropped);
        }
        match (&mut self.state, command) {
            (State::Idle | State::Stopped, FlowCommand::Disconnect) => {}
            (State::Idle | State::Stopped, FlowCommand::Connect | FlowCommand::RetryNow | FlowCommand::NewSession) => {
                self.backoff.reset();
                self.renewals = 0;
                self.begin(now, Trigger::Person);
            }
            (State::Waiting { .. }, FlowCommand::Disconnect) => self.stop(),
            (State::Waiting { .. }, FlowCommand::Connect | FlowCommand::RetryNow | FlowCommand::NewSession) => {
                self.begin(now, Trigger::Person);
            }
            (State::Greeting | State::Connected { .. }, FlowCommand::Disconnect) => self.close(AfterClose::Idle),
            (State::Greeting | State::Connected { .. }, FlowCommand::RetryNow | FlowCommand::NewSession) => {
                self.close(AfterClose::Attempt)
            }
            (State::Closing { then }, FlowCommand::Disconnect) => *then = AfterClose::Idle,
            (State::Closing { then }, FlowCommand::Connect | FlowCommand::RetryNow | FlowCommand::NewSession) => {
                *then = AfterClose::Attempt;
            }
            (
                State::EnsuringToken { .. }
                | State::RequestingTicket { .. }
                | State::RefreshingToken { .. }
                | State::Dialling { .. }
                | State::Upgrading,
                FlowCommand::Disconnect,
            ) => {
                self.abort();
                self.stop();
            }
            (
                State::EnsuringToken { .. }
                | State::RequestingTicket { .. }
                | State::RefreshingToken { .. }
                | State::Dialling { .. }
                | State::Upgrading,
                FlowCommand::RetryNow | FlowCommand::NewSession,
            ) => {
                self.abort();
                self.begin(now, Trigger::Person);
            }
            (
                State::EnsuringToken { .. }
                | State::RequestingTicket { .. }
                | State::RefreshingToken { .. }
                | State::Dialling { .. }
                | State::Upgrading
                | State::Greeting
                | State::Connected { .. },
                FlowCommand::Connect,
            ) => {}
        }
    }

    fn set_backoff(&mut self, now: Moment, rule: Backoff) {
        self.backoff.set_rule(rule.clone());
        let old = mem::replace(&mut Arc::make_mut(&mut self.policy).backoff, rule.clone());
        self.event(FlowEvent::BackoffChanged { backoff: rule.clone() });
        if let State::Connected { stable_at: Some(at) } = &mut self.state {
            *at = *at - old.reset_after + rule.reset_after;
            if *at <= now {
                self.reset_backoff();
            }
        }
    }

    fn replace_jwt(&mut self, jwt: Option<Jwt>) {
        let token = jwt.as_ref().map(Jwt::facts);
        let credential = self.credential.get_or_insert_default();
        credential.jwt = jwt;
        let credential = credential.clone();
        self.token_expires = None;
        self.effect(Effect::SaveCredential(credential));
        self.event(FlowEvent::CredentialReplaced { token });
    }

    fn begin(&mut self, now: Moment, trigger: Trigger) {
        let attempt = self.next_attempt;
        self.next_attempt = attempt.next();
        self.attempt = Some(attempt);
        self.state = State::EnsuringToken { loading: self.credential.is_none() };
        self.event(FlowEvent::AttemptStarted { trigger });
        if !self.policy.steps.login {
            self.credential.get_or_insert_default();
            self.state = State::EnsuringToken { loading: false };
            return self.authorized(now, attempt, None, false);
        }
        self.event(FlowEvent::EnsuringToken);
        if self.token_expires.is_some_and(|at| at <= now) {
            self.token_expires = None;
            self.credential.get_or_insert_default().jwt = None;
        }
        match self.credential.clone() {
            None => self.effect(Effect::LoadCredential(attempt)),
            Some(credential) => self.use_credential(now, attempt, credential, TokenSource::Memory),
        }
    }

    fn credential_loaded(&mut self, now: Moment, attempt: AttemptId, credential: Credential, source: TokenSource) {
        if !(self.is_current(attempt) && matches!(self.state, State::EnsuringToken { loading: true })) {
            return self.late(attempt, "the stored credential");
        }
        self.state = State::EnsuringToken { loading: false };
        // A fault may have put a JWT there while the keychain was being read: it stays.
        let credential = self.credential.get_or_insert(credential).clone();
        self.use_credential(now, attempt, credential, source);
    }

    fn use_credential(&mut self, now: Moment, attempt: AttemptId, credential: Credential, source: TokenSource) {
        match credential.jwt {
            Some(jwt) => self.token_ready(now, attempt, jwt, source),
            None => self.fetch_token(attempt, credential.session_id),
        }
    }

    fn fetch_token(&mut self, attempt: AttemptId, session_id: Option<SessionId>) {
        self.event(FlowEvent::FetchingToken);
        self.effect(Effect::RequestToken(attempt, session_id));
    }

    fn token_ready(&mut self, now: Moment, attempt: AttemptId, jwt: Jwt, source: TokenSource) {
        self.event(FlowEvent::TokenReady { token: jwt.facts(), source });
        self.authorized(now, attempt, Some(jwt), false);
    }

    /// Goes on with `jwt`, or without one where there is no login.
    fn authorized(&mut self, now: Moment, attempt: AttemptId, jwt: Option<Jwt>, refreshed: bool) {
        if self.policy.steps.ticket {
            self.event(if refreshed { FlowEvent::RetryingTicket } else { FlowEvent::RequestingTicket });
            self.effect(Effect::RequestTicket(attempt, jwt.clone()));
            self.state = State::RequestingTicket { jwt, refreshed, requested_at: now };
        } else {
            self.event(FlowEvent::Dialling);
            self.effect(Effect::Dial(attempt));
            self.state = State::Dialling { ticket: None, requested_at: now, grant_lifetime: None };
        }
    }

    fn token_answered(&mut self, now: Moment, attempt: AttemptId, result: Result<TokenGrant, RequestFailure>) {
        let refused = match &self.state {
            State::EnsuringToken { loading: false } if self.is_current(attempt) => None,
            State::RefreshingToken { refused, refusal } if self.is_current(attempt) => {
                Some((refused.clone(), refusal.clone()))
            }
            State::Idle
            | State::EnsuringToken { .. }
            | State::RequestingTicket { .. }
            | State::RefreshingToken { .. }
            | State::Dialling { .. }
            | State::Upgrading
            | State::Greeting
            | State::Connected { .. }
            | State::Closing { .. }
            | State::Waiting { .. }
            | State::Stopped => return self.late(attempt, "a token"),
        };
        let grant = match result {
            Ok(grant) => grant,
            Err(failure) => {
                let next = self.after_request(&failure);
                return self.fail(now, Failure::Token(failure), next);
            }
        };
        let token = grant.jwt.facts();
        let credential = self.credential.get_or_insert_default();
        credential.jwt = Some(grant.jwt.clone());
        credential.values = grant.values;
        credential.until = grant.until;
        self.token_expires = grant.lifetime.map(|lifetime| now + lifetime);
        credential.session_id = grant.session_id.or_else(|| credential.session_id.take());
        let credential = credential.clone();
        let session_id = credential.session_id.as_ref().map(SessionId::masked);
        self.effect(Effect::SaveCredential(credential));
        self.event(FlowEvent::TokenAcquired { token, session_id });
        match refused {
            None => self.token_ready(now, attempt, grant.jwt, TokenSource::Server),
            Some((jwt, refusal)) if jwt == grant.jwt && !grant.is_other => {
                self.fail(now, Failure::Ticket(refusal), Next::Stop)
            }
            Some(_) => self.authorized(now, attempt, Some(grant.jwt), true),
        }
    }

    fn ticket_answered(&mut self, now: Moment, attempt: AttemptId, result: Result<TicketGrant, RequestFailure>) {
        let (true, State::RequestingTicket { jwt, refreshed, requested_at }) = (self.is_current(attempt), &self.state)
        else {
            return self.late(attempt, "a ticket");
        };
        let (jwt, refreshed, requested_at) = (jwt.clone(), *refreshed, *requested_at);
        match result {
            Ok(TicketGrant { ticket, lifetime }) => {
                self.event(FlowEvent::TicketObtained { ticket: ticket.fingerprint(), lifetime, requested_at });
                self.effect(Effect::Dial(attempt));
                self.state = State::Dialling { ticket: Some(ticket), requested_at, grant_lifetime: lifetime };
            }
            Err(refusal) => match (jwt, classify::curable(&self.policy, &refusal).filter(|_| !refreshed)) {
                (Some(jwt), Some((status, code))) => {
                    self.event(FlowEvent::RefreshingToken { status, code });
                    let credential = self.credential.get_or_insert_default();
                    credential.jwt = None;
                    let credential = credential.clone();
                    let session_id = credential.session_id.clone();
                    self.effect(Effect::SaveCredential(credential));
                    self.state = State::RefreshingToken { refused: jwt, refusal };
                    self.fetch_token(attempt, session_id);
                }
                (_, None) | (None, _) => {
                    let next = self.after_request(&refusal);
                    self.fail(now, Failure::Ticket(refusal), next);
                }
            },
        }
    }

    fn dialled(&mut self, now: Moment, attempt: AttemptId, result: Result<(), DialFailure>) {
        let (true, &State::Dialling { requested_at, grant_lifetime, .. }) = (self.is_current(attempt), &self.state)
        else {
            return self.late(attempt, "a connection");
        };
        if let Err(failure) = result {
            let next = classify::dial(&failure);
            return self.fail(now, Failure::Dial(failure), next);
        }
        if grant_lifetime.is_some_and(|lifetime| now >= requested_at + lifetime) {
            return self.ticket_expired(now);
        }
        if let State::Dialling { ticket, .. } = mem::replace(&mut self.state, State::Upgrading) {
            self.event(match &ticket {
                Some(ticket) => {
                    FlowEvent::TicketSpent { ticket: ticket.fingerprint(), age: Some(now.since(requested_at)) }
                }
                None => FlowEvent::Upgrading,
            });
            self.effect(Effect::Upgrade(attempt, ticket));
        }
    }

    fn ticket_expired(&mut self, now: Moment) {
        if let State::Dialling { requested_at, grant_lifetime: Some(lifetime), .. } = &self.state {
            let failure = Failure::TicketExpired { age: now.since(*requested_at), lifetime: *lifetime };
            self.abort();
            self.fail(now, failure, Next::RETRY);
        }
    }

    fn upgraded(&mut self, now: Moment, attempt: AttemptId, result: Result<(), Failure>) {
        if !(self.is_current(attempt) && matches!(self.state, State::Upgrading)) {
            return self.late(attempt, "an upgrade");
        }
        match result {
            Ok(()) if self.policy.steps.greeting => {
                self.event(FlowEvent::Greeting);
                self.state = State::Greeting;
            }
            Ok(()) => self.connected(now),
            Err(failure) => {
                let (next, login_goes) = classify::upgrade(&self.policy, &failure);
                if login_goes {
                    self.forget_token();
                }
                self.fail(now, failure, next);
            }
        }
    }

    fn greeted(&mut self, now: Moment, attempt: AttemptId, result: Result<(), GreetingFailure>) {
        match (&self.state, result) {
            (State::Greeting, Ok(())) if self.is_current(attempt) => self.connected(now),
            (State::Greeting, Err(failure)) if self.is_current(attempt) => {
                let next = classify::greeting(&self.policy, &failure);
                self.fail(now, Failure::Greeting(failure), next);
            }
            // A person wanted the end before the server had said all; what is left of the socket is gone too.
            (State::Closing { .. }, Err(failure)) if self.is_current(attempt) => {
                let close = match failure {
                    GreetingFailure::Closed { close, .. } => close,
                    GreetingFailure::Missing { .. }
                    | GreetingFailure::Refused { .. }
                    | GreetingFailure::Request { .. }
                    | GreetingFailure::Profile { .. } => Close::abnormal(CloseCause::CutOnPurpose),
                };
                self.closed(now, attempt, close);
            }
            // The end that was asked for is on its way.
            (State::Closing { .. }, Ok(())) if self.is_current(attempt) => {}
            (
                State::Idle
                | State::EnsuringToken { .. }
                | State::RequestingTicket { .. }
                | State::RefreshingToken { .. }
                | State::Dialling { .. }
                | State::Upgrading
                | State::Greeting
                | State::Connected { .. }
                | State::Closing { .. }
                | State::Waiting { .. }
                | State::Stopped,
                _,
            ) => self.late(attempt, "a greeting"),
        }
    }

    /// What follows a failed request of a login or of a ticket.
    fn after_request(&self, failure: &RequestFailure) -> Next {
        match self.has_connected {
            true => classify::request(&self.policy, failure),
            false => classify::first_request(&self.policy, failure),
        }
    }

    fn connected(&mut self, now: Moment) {
        self.has_connected = true;
        self.event(FlowEvent::Connected);
        let stable_at = now + self.policy.backoff.reset_after;
        self.state = State::Connected { stable_at: Some(stable_at) };
        if stable_at <= now {
            self.reset_backoff();
        }
    }

    /// The login is asked for anew by the next attempt.
    fn forget_token(&mut self) {
        self.token_expires = None;
        let credential = self.credential.get_or_insert_default();
        if credential.jwt.take().is_some() {
            let credential = credential.clone();
            self.effect(Effect::SaveCredential(credential));
        }
    }

    fn closed(&mut self, now: Moment, attempt: AttemptId, close: Close) {
        match &self.state {
            State::Connected { stable_at } if self.is_current(attempt) => {
                if stable_at.is_some_and(|at| at <= now) {
                    self.reset_backoff();
                }
                let next = classify::close(&self.policy.classify, &close);
                self.event(FlowEvent::Disconnected { close, class: Some(next.class()) });
                self.follow(now, next);
            }
            State::Closing { then } if self.is_current(attempt) => {
                let then = *then;
                self.event(FlowEvent::Disconnected { close, class: None });
                match then {
                    AfterClose::Idle => self.stop(),
                    AfterClose::Attempt => self.begin(now, Trigger::Person),
                }
            }
            State::Idle
            | State::EnsuringToken { .. }
            | State::RequestingTicket { .. }
            | State::RefreshingToken { .. }
            | State::Dialling { .. }
            | State::Upgrading
            | State::Greeting
            | State::Connected { .. }
            | State::Closing { .. }
            | State::Waiting { .. }
            | State::Stopped => self.late(attempt, "a close"),
        }
    }

    fn fail(&mut self, now: Moment, failure: Failure, next: Next) {
        self.event(FlowEvent::AttemptFailed { failure, class: next.class() });
        self.follow(now, next);
    }

    fn follow(&mut self, now: Moment, next: Next) {
        match next {
            Next::Stop => self.state = State::Stopped,
            Next::Retry { floor } => self.wait(now, floor),
            Next::Login => {
                self.forget_token();
                self.renew(now);
            }
            Next::Renew => self.renew(now),
        }
    }

    fn wait(&mut self, now: Moment, floor: Option<Duration>) {
        let delay = self.backoff.next(now, floor);
        self.state = State::Waiting { delay };
        self.event(FlowEvent::BackoffScheduled { delay });
    }

    /// At once, but only once until a connection has lasted: a server that sends everybody away must not be asked
    /// without end.
    fn renew(&mut self, now: Moment) {
        self.renewals += 1;
        if self.renewals == 1 { self.begin(now, Trigger::Renewal) } else { self.wait(now, None) }
    }

    fn reset_backoff(&mut self) {
        self.state = State::Connected { stable_at: None };
        self.renewals = 0;
        if self.backoff.reset() {
            self.event(FlowEvent::BackoffReset);
        }
    }

    fn close(&mut self, then: AfterClose) {
        self.state = State::Closing { then };
        self.outputs.extend(self.attempt.map(|attempt| Output::Effect(Effect::Close(attempt))));
    }

    fn abort(&mut self) {
        self.outputs.extend(self.attempt.map(|attempt| Output::Effect(Effect::Abort(attempt))));
    }

    fn stop(&mut self) {
        self.state = State::Idle;
        self.event(FlowEvent::Stopped);
    }

    fn late(&mut self, from: AttemptId, what: &str) {
        self.event(FlowEvent::LateAnswer { from, what: SafeText::new(what) });
    }

    fn is_current(&self, attempt: AttemptId) -> bool {
        self.attempt == Some(attempt)
    }

    fn event(&mut self, event: FlowEvent) {
        self.outputs.push_back(Output::Event(self.attempt, event));
    }

    fn effect(&mut self, effect: Effect) {
        self.outputs.push_back(Output::Effect(effect));
    }
}
