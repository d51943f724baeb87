//! Credentials that are sent although they are dead, ones that come again, and ones that do not live.

use std::collections::VecDeque;

use super::diagnoser::Evidence;
use super::finding::Finding;
use super::problem::{Problem, Resent};
use crate::model::{AttemptId, Entry, Event, Failure, FaultName, Fingerprint, RequestFailureKind};

/// Credentials remembered of each kind.
const MAX_REMEMBERED: usize = 16;

/// Attempts in a row that need a new JWT are a loop.
const LOOP: u32 = 3;

#[derive(Clone, Debug, Default)]
pub(super) struct Credentials {
    jwt: Option<Fingerprint>,
    /// JWTs that were refused.
    refused: VecDeque<Dead>,
    /// Tickets that went out.
    spent: VecDeque<Dead>,
    /// The ticket that the server gave for this attempt.
    obtained: Option<Fingerprint>,
    /// The newest ticket, if the server had given it before.
    repeated: Option<Dead>,
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
    pub fn apply(&mut self, entry: &Entry) {
        match &entry.event {
            Event::AttemptStarted { .. } => self.obtained = None,
            Event::TokenReady { token, .. } => self.jwt = Some(token.fingerprint),
            Event::TokenAcquired { token, .. } => {
                // The server vouches for it anew, even if it is the same.
                self.refused.retain(|dead| dead.credential != token.fingerprint);
                self.jwt = Some(token.fingerprint);
                self.resent = None;
            }
            Event::CredentialReplaced { token } => self.jwt = token.as_ref().map(|token| token.fingerprint),
            Event::SessionDropped => *self = Self::default(),
            Event::RefreshingToken { .. } => {
                self.refuse(entry);
                self.refresh(entry);
            }
            Event::AttemptFailed { failure: Failure::Ticket(request), .. } => {
                if let RequestFailureKind::Status { status: 401, .. } = request.kind {
                    self.refuse(entry);
                }
            }
            Event::TicketObtained { ticket, .. } => {
                self.resent = None;
                self.obtained = Some(*ticket);
                self.repeated.take_if(|repeated| repeated.credential != *ticket);
                if self.refreshes.last != entry.attempt {
                    self.refreshes = Refreshes::default();
                }
            }
            Event::TicketSpent { ticket, .. } => {
                if let Some(dead) = again(&mut self.spent, *ticket, entry) {
                    if self.obtained == Some(*ticket) {
                        self.repeated = Some(dead);
                    } else {
                        self.resent = Some((Resent::Ticket(*ticket), dead));
                    }
                }
            }
            _ => {}
        }
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

    pub fn findings(&self) -> impl Iterator<Item = Finding> {
        let resent = self.resent.as_ref().map(|(credential, dead)| {
            let problem = Problem::DeadCredentialResent { credential: *credential, refusals: dead.times };
            Finding { simulated: dead.simulated.clone(), ..Finding::new(problem, dead.evidence.to_vec()) }
        });
        let repeated = self.repeated.as_ref().map(|dead| {
            let problem = Problem::TicketRepeated { ticket: dead.credential, times: dead.times };
            Finding { simulated: dead.simulated.clone(), ..Finding::new(problem, dead.evidence.to_vec()) }
        });
        let Refreshes { attempts, evidence, simulated, .. } = &self.refreshes;
        let refreshing = (*attempts >= LOOP).then(|| {
            let problem = Problem::RefreshLoop { attempts: *attempts };
            Finding { simulated: simulated.clone(), ..Finding::new(problem, evidence.to_vec()) }
        });
        resent.into_iter().chain(repeated).chain(refreshing)
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
