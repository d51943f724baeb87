//! The clients: real machines, or delays that stand for another library's.

use std::sync::Arc;
use std::time::Duration;

use super::mix;
use super::rule::Delays;
use super::server::Answer;
use crate::flow::{ConnectionFlow, Effect, Input, Output, Policy, Timer};
use crate::model::failure::{Answer as HttpAnswer, IoCause, TcpFailure};
use crate::model::{
    AttemptId, Close, CloseCause, Credential, DialFailure, Failure, FlowCommand, Jwt, Moment, RequestFailure,
    RequestFailureKind, SafeText, Ticket, TicketGrant, TokenGrant, TokenSource, TraceId, Transport, unit,
};

/// A part of an attempt that involves the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Token,
    Ticket,
    Dial,
    Upgrade,
}

/// What happens to a client.
#[derive(Clone, Copy, Debug)]
pub(super) enum ClientEvent {
    /// Its connection is cut.
    Cut,
    /// What it waited for is here: the time.
    WaitIsOver,
    /// What it asked for is answered.
    Answered(Step, Answer),
}

/// What a client does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It asks the server, and waits for the answer.
    Ask(Step),
    /// It waits.
    Wait(Moment),
    /// It is connected.
    Open,
    /// It never tries again by itself.
    GivenUp,
}

/// Clients, connected in the beginning.
pub(super) trait Crowd {
    /// `client` takes in what happened at `now`.
    fn handle(&mut self, client: u32, now: Moment, event: ClientEvent) -> Next;
}

/// Many flows of the real client.
pub(super) struct Machines {
    flows: Vec<ConnectionFlow>,
    trace: TraceId,
}

impl Machines {
    pub fn new(policy: &Arc<Policy>, clients: u32, seed: u64) -> Self {
        let connected = |client: u32| {
            let mut flow = ConnectionFlow::new(Arc::clone(policy), mix(seed, client.into()), AttemptId(0));
            flow.handle(Moment::START, Input::Command(FlowCommand::Connect));
            while let Some(effect) = next_effect(&mut flow) {
                flow.handle(Moment::START, granted(effect));
            }
            flow.shrink();
            flow
        };
        Self { flows: (0..clients).map(connected).collect(), trace: TraceId::new(0, 0) }
    }

    fn input(&self, attempt: AttemptId, event: ClientEvent) -> Input {
        match event {
            ClientEvent::Cut => Input::Closed(attempt, Close::abnormal(CloseCause::EndOfStream)),
            ClientEvent::WaitIsOver => Input::Timeout,
            ClientEvent::Answered(Step::Token, answer) => {
                let grant = || TokenGrant::of(simulated_jwt());
                Input::TokenAnswered(attempt, self.request_failure(answer).map_or_else(|| Ok(grant()), Err))
            }
            ClientEvent::Answered(Step::Ticket, answer) => {
                Input::TicketAnswered(attempt, self.request_failure(answer).map_or_else(|| Ok(simulated_ticket()), Err))
            }
            ClientEvent::Answered(Step::Dial, answer) => {
                Input::Dialled(attempt, dial_failure(answer).map_or(Ok(()), Err))
            }
            ClientEvent::Answered(Step::Upgrade, answer) => {
                let failure = match status(answer) {
                    Some((status, retry_after)) => {
                        Some(Failure::UpgradeRefused(Box::new(refusal(status, retry_after))))
                    }
                    None => dial_failure(answer).map(Failure::Dial),
                };
                Input::Upgraded(attempt, failure.map_or(Ok(()), Err))
            }
        }
    }

    fn request_failure(&self, answer: Answer) -> Option<RequestFailure> {
        let kind = match status(answer) {
            Some((status, retry_after)) => RequestFailureKind::Status(Box::new(refusal(status, retry_after))),
            None if answer == Answer::Gone => RequestFailureKind::Transport(nobody_listens()),
            None => return None,
        };
        Some(RequestFailure { trace: self.trace.clone(), kind })
    }
}

impl Crowd for Machines {
    fn handle(&mut self, client: u32, now: Moment, event: ClientEvent) -> Next {
        let Some(attempt) = self.flows.get(client as usize).and_then(ConnectionFlow::attempt) else {
            return Next::GivenUp;
        };
        let input = self.input(attempt, event);
        let flow = &mut self.flows[client as usize];
        flow.handle(now, input);
        let next = drain(flow);
        flow.shrink();
        next
    }
}

/// What the machine wants; everything that it says has been heard then.
fn drain(flow: &mut ConnectionFlow) -> Next {
    let mut next = None;
    loop {
        match flow.poll() {
            Output::Effect(effect) => next = step(&effect).map(Next::Ask).or(next),
            Output::Event(..) => {}
            Output::WaitUntil(Some((at, Timer::Backoff))) => return Next::Wait(at),
            // A ticket outlives the longest latency and queue, and the machine sees by itself that it was open
            // for long enough.
            Output::WaitUntil(Some((_, Timer::TicketExpiry | Timer::Stable)) | None) => {
                let at_rest = if flow.is_at_rest() { Next::GivenUp } else { Next::Open };
                return next.unwrap_or(at_rest);
            }
        }
    }
}

fn step(effect: &Effect) -> Option<Step> {
    match effect {
        Effect::RequestToken(..) => Some(Step::Token),
        Effect::RequestTicket(..) => Some(Step::Ticket),
        Effect::Dial(_) => Some(Step::Dial),
        Effect::Upgrade(..) => Some(Step::Upgrade),
        // The credential is in memory since the first attempt; nobody is there to ask for the others.
        Effect::LoadCredential(_)
        | Effect::Close(_)
        | Effect::Abort(_)
        | Effect::SaveCredential(_)
        | Effect::ForgetCredential => None,
    }
}

fn next_effect(flow: &mut ConnectionFlow) -> Option<Effect> {
    loop {
        match flow.poll() {
            Output::Effect(effect) => return Some(effect),
            Output::Event(..) => {}
            Output::WaitUntil(_) => return None,
        }
    }
}

/// The best answer to `effect`; how the clients came to be connected.
fn granted(effect: Effect) -> Input {
    match effect {
        Effect::LoadCredential(attempt) => {
            let credential = Credential { jwt: Some(simulated_jwt()), ..Credential::default() };
            Input::CredentialLoaded(attempt, credential, TokenSource::Memory)
        }
        Effect::RequestToken(attempt, session_id) => {
            Input::TokenAnswered(attempt, Ok(TokenGrant { session_id, ..TokenGrant::of(simulated_jwt()) }))
        }
        Effect::RequestTicket(attempt, _) => Input::TicketAnswered(attempt, Ok(simulated_ticket())),
        Effect::Dial(attempt) => Input::Dialled(attempt, Ok(())),
        Effect::Upgrade(attempt, _) => Input::Upgraded(attempt, Ok(())),
        Effect::Close(_) | Effect::Abort(_) | Effect::SaveCredential(_) | Effect::ForgetCredential => Input::Timeout,
    }
}

fn simulated_jwt() -> Jwt {
    Jwt::new("simulated")
}

fn simulated_ticket() -> TicketGrant {
    TicketGrant { ticket: Ticket::new("simulated"), lifetime: Some(Duration::from_secs(30)) }
}

fn nobody_listens() -> Transport {
    Transport::Tcp(TcpFailure::Server { server: SafeText::default(), cause: IoCause::Refused })
}

/// The HTTP status of a refusal, and its `Retry-After`.
fn status(answer: Answer) -> Option<(u16, Option<Duration>)> {
    match answer {
        Answer::TooMany(retry_after) => Some((429, retry_after)),
        Answer::Overloaded(retry_after) => Some((503, retry_after)),
        Answer::Granted | Answer::Gone => None,
    }
}

fn dial_failure(answer: Answer) -> Option<DialFailure> {
    (answer == Answer::Gone).then(|| DialFailure::Transport(nobody_listens()))
}

fn refusal(status: u16, retry_after: Option<Duration>) -> HttpAnswer {
    HttpAnswer { retry_after, ..HttpAnswer::of_status(status) }
}

/// Clients of which only the delays are known. They do not obey `Retry-After`.
pub(super) struct Timetables {
    delays: &'static Delays,
    seed: u64,
    clients: Vec<Timetable>,
}

#[derive(Clone, Copy, Default)]
struct Timetable {
    /// Delays drawn in its life.
    draws: u32,
    /// Retries in a row.
    retries: u32,
    opened_at: Option<Moment>,
}

impl Timetables {
    pub fn new(delays: &'static Delays, clients: u32, seed: u64) -> Self {
        Self { delays, seed, clients: vec![Timetable::default(); clients as usize] }
    }
}

impl Crowd for Timetables {
    fn handle(&mut self, client: u32, now: Moment, event: ClientEvent) -> Next {
        let Some(timetable) = self.clients.get_mut(client as usize) else { return Next::GivenUp };
        match event {
            ClientEvent::WaitIsOver => return Next::Ask(Step::Ticket),
            ClientEvent::Answered(Step::Token, Answer::Granted) => return Next::Ask(Step::Ticket),
            ClientEvent::Answered(Step::Ticket, Answer::Granted) => return Next::Ask(Step::Dial),
            ClientEvent::Answered(Step::Dial, Answer::Granted) => return Next::Ask(Step::Upgrade),
            ClientEvent::Answered(Step::Upgrade, Answer::Granted) => {
                timetable.opened_at = Some(now);
                return Next::Open;
            }
            ClientEvent::Cut | ClientEvent::Answered(_, Answer::Gone | Answer::TooMany(_) | Answer::Overloaded(_)) => {}
        }
        if timetable.opened_at.take().is_some_and(|opened_at| now.since(opened_at) >= self.delays.reset_after) {
            timetable.retries = 0;
        }
        let unit = unit(mix(mix(self.seed, client.into()), timetable.draws.into()));
        let Some(delay) = self.delays.delay(timetable.retries, unit) else { return Next::GivenUp };
        timetable.draws += 1;
        timetable.retries += 1;
        Next::Wait(now + delay)
    }
}
