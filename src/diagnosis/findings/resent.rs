//! JWTs and tickets over several attempts: those that are sent again although they are dead, tickets that come again, and
//! refreshes without end.

use std::collections::VecDeque;

use crate::diagnosis::Code;
use crate::diagnosis::finding::{Evidence, Finding};
use crate::diagnosis::findings::ticket;
use crate::diagnosis::problem::{Owner, Problem, Severity};
use crate::model::{
    AttemptId, DriverEvent, Entry, Event, Failure, FaultName, Fingerprint, FlowEvent, Phase, RequestFailureKind,
    SafeText,
};

/// Credentials remembered of each kind.
const MAX_REMEMBERED: usize = 16;

/// Attempts in a row that need a new JWT are a loop.
const LOOP: u32 = 3;

/// A JWT that was refused so often is sent again, unchanged.
pub fn resent_jwt(jwt: Fingerprint, refusals: u32) -> Problem {
    Problem {
        code: Code::DeadCredentialResent,
        severity: Severity::Error,
        owner: Owner::User,
        title: format!("The same refused JWT is sent again — refused {refusals} times"),
        cause: format!("This login (JWT #{jwt}) was refused before, and nothing replaced it in between."),
        next: "The user can fix it: New session (in the web app, refresh the page); Connect alone only repeats it."
            .into(),
        explains: &[Code::JwtRefused, Code::FreshTicketRefused, Code::TicketRejected],
        ..Problem::ALONE
    }
}

/// The same of a web app, whose users cannot do anything about it.
pub fn by_web_app(problem: Problem) -> Problem {
    Problem {
        owner: Owner::Developers,
        next: "The developers can let the web app ask for a new one: a ticket before each WebSocket, a JWT after a refusal. \
               Until then the user can load the page again."
            .into(),
        ..problem
    }
}

/// A ticket that was spent is sent again, unchanged.
fn resent_ticket(ticket: Fingerprint, times: u32) -> Problem {
    Problem {
        title: format!("The same ticket is sent again — {times} times"),
        cause: format!("Ticket #{ticket} was good for one upgrade and is spent."),
        ..resent_jwt(ticket, times)
    }
}

/// Each of so many attempts in a row needed a new JWT.
fn refresh_loop(attempts: u32) -> Problem {
    Problem {
        code: Code::RefreshLoop,
        severity: Severity::Warning,
        owner: Owner::Operations,
        title: format!("Each attempt needs a new JWT — {attempts} in a row"),
        cause:
            "The server refuses the JWT of the attempt before each time, and accepts only a brand-new one: its tokens \
                expire at once or its parts disagree on the signing key."
                .to_owned(),
        next: "Operations can compare keys and clocks of the servers; the developers can let the JWT live longer."
            .into(),
        explains: &[Code::FreshJwtRefused],
        ..Problem::ALONE
    }
}

/// What was sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Resent {
    Jwt(Fingerprint),
    Ticket(Fingerprint),
}

/// What became of each JWT and ticket, in bounded memory.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    jwt: Option<Fingerprint>,
    /// JWTs that were refused.
    refused: VecDeque<Dead>,
    /// Tickets that went out.
    spent: VecDeque<Dead>,
    /// The ticket that the server gave for this attempt.
    obtained: Option<Fingerprint>,
    /// The newest ticket, if the server had given it before.
    repeated: Option<Dead>,
    /// What a cache said of itself that gave a ticket.
    cached: Option<(SafeText, u64)>,
    /// The newest credential that was sent although it was dead.
    resent: Option<(Resent, Dead)>,
    refreshes: Refreshes,
}

#[derive(Clone, Debug)]
struct Dead {
    credential: Fingerprint,
    attempt: Option<AttemptId>,
    times: u32,
    evidence: Evidence,
    simulated: Option<FaultName>,
}

#[derive(Clone, Debug, Default)]
struct Refreshes {
    attempts: u32,
    last: Option<AttemptId>,
    evidence: Evidence,
    simulated: Option<FaultName>,
}

impl Credentials {
    /// Takes in the next entry.
    pub fn apply(&mut self, entry: &Entry) -> bool {
        match &entry.event {
            Event::Flow(FlowEvent::AttemptStarted { .. }) => self.obtained = None,
            Event::Flow(FlowEvent::TokenReady { token, .. }) => self.jwt = Some(token.fingerprint),
            Event::Flow(FlowEvent::TokenAcquired { token, .. }) => {
                // The server vouches for it anew, even if it is the same.
                self.refused.retain(|dead| dead.credential != token.fingerprint);
                self.jwt = Some(token.fingerprint);
                self.resent = None;
            }
            Event::Flow(FlowEvent::CredentialReplaced { token }) => {
                self.jwt = token.as_ref().map(|token| token.fingerprint)
            }
            Event::Driver(DriverEvent::AnsweredFromCache { phase: Phase::Ticket, said, .. }) => {
                self.cached = Some((said.clone(), entry.seq));
                return false;
            }
            Event::Flow(FlowEvent::SessionDropped) => *self = Self::default(),
            Event::Flow(FlowEvent::RefreshingToken { .. }) => {
                self.refuse(entry);
                self.refresh(entry);
            }
            Event::Flow(FlowEvent::AttemptFailed { failure: Failure::Ticket(request), .. }) => {
                if matches!(&request.kind, RequestFailureKind::Status(answer) if answer.status == 401) {
                    self.refuse(entry);
                }
            }
            Event::Flow(FlowEvent::TicketObtained { ticket, .. }) => {
                self.resent = None;
                self.obtained = Some(*ticket);
                self.repeated.take_if(|repeated| repeated.credential != *ticket);
                if self.refreshes.last != entry.attempt {
                    self.refreshes = Refreshes::default();
                }
            }
            Event::Flow(FlowEvent::TicketSpent { ticket, .. }) => {
                if let Some(dead) = again(&mut self.spent, *ticket, entry) {
                    if self.obtained == Some(*ticket) {
                        self.repeated = Some(dead);
                    } else {
                        self.resent = Some((Resent::Ticket(*ticket), dead));
                    }
                }
            }
            Event::Flow(_)
            | Event::Driver(_)
            | Event::Replay(_)
            | Event::Server(_)
            | Event::Fault(_)
            | Event::File(_) => return false,
        }
        true
    }

    fn refuse(&mut self, entry: &Entry) {
        let Some(jwt) = self.jwt else { return };
        if let Some(dead) = again(&mut self.refused, jwt, entry) {
            self.resent = Some((Resent::Jwt(jwt), dead));
        }
    }

    fn refresh(&mut self, entry: &Entry) {
        let refreshes = &mut self.refreshes;
        if refreshes.last != entry.attempt || refreshes.attempts == 0 {
            refreshes.attempts += 1;
        }
        refreshes.last = entry.attempt;
        refreshes.evidence.push(entry.seq);
        refreshes.simulated.clone_from(&entry.simulated);
    }

    /// What is wrong with them now.
    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        let resent = self.resent.as_ref().map(|(credential, dead)| {
            let problem = match *credential {
                Resent::Jwt(jwt) => resent_jwt(jwt, dead.times),
                Resent::Ticket(ticket) => resent_ticket(ticket, dead.times),
            };
            Finding { simulated: dead.simulated.clone(), ..Finding::new(problem, dead.evidence.to_vec()) }
        });
        let repeated = self.repeated.as_ref().map(|dead| {
            let problem = match &self.cached {
                Some((said, _)) => ticket::cached(said),
                None => ticket::repeated(dead.credential, dead.times),
            };
            Finding { simulated: dead.simulated.clone(), ..Finding::new(problem, dead.evidence.to_vec()) }
        });
        let Refreshes { attempts, evidence, simulated, .. } = &self.refreshes;
        let refreshing = (*attempts >= LOOP).then(|| {
            let problem = refresh_loop(*attempts);
            Finding { simulated: simulated.clone(), ..Finding::new(problem, evidence.to_vec()) }
        });
        let cached = self.cached.as_ref().filter(|_| self.repeated.is_none() && !self.spent.is_empty());
        let cached = cached.map(|(said, seq)| Finding::new(ticket::cached(said), vec![*seq]));
        resent.into_iter().chain(repeated).chain(cached).chain(refreshing)
    }
}

/// Takes in that `credential` died in `entry`; what is known of it if it had died in an earlier attempt.
fn again(dead: &mut VecDeque<Dead>, credential: Fingerprint, entry: &Entry) -> Option<Dead> {
    if let Some(known) = dead.iter_mut().find(|known| known.credential == credential) {
        let is_again = known.attempt != entry.attempt;
        known.attempt = entry.attempt;
        known.times += u32::from(is_again);
        known.evidence.push(entry.seq);
        known.simulated.clone_from(&entry.simulated);
        return (known.times > 1).then(|| known.clone());
    }
    if dead.len() == MAX_REMEMBERED {
        dead.pop_front();
    }
    let mut evidence = Evidence::default();
    evidence.push(entry.seq);
    dead.push_back(Dead { credential, attempt: entry.attempt, times: 1, evidence, simulated: entry.simulated.clone() });
    None
}
