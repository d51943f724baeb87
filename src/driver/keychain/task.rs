//! The task that watches the thread which owns the entry.

use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

use super::entry::{Answer, Job, JobRequest};
use super::interceptor::Interception;
use super::marker::StaleMarker;
use crate::model::{Credential, FaultName, KeychainState, SafeText};

/// How long anybody waits for the keychain.
pub const LIMIT: Duration = Duration::from_secs(2);

/// What the holder wants; the newest wish replaces older ones.
#[derive(Default)]
pub struct Wanted {
    /// Whether somebody asked what the entry holds.
    pub load: bool,
    /// What the entry is to hold, once anybody has said so.
    pub wish: Option<Credential>,
    /// How many wishes there have been.
    pub wishes: u64,
    /// How often somebody asked whether it can be read.
    pub probes: u64,
}

/// What the task knows.
#[derive(Clone, Default)]
pub struct Known {
    /// The last answer, in words.
    pub state: KeychainState,
    /// Who met the call which gave it.
    pub met: Option<FaultName>,
    /// What the entry held when it was first asked; nothing if it could not be read or must not be used.
    pub loaded: Option<Credential>,
    /// Up to which wish everything has been carried out or has failed.
    pub settled: u64,
    /// Up to which probe everything has been carried out.
    pub probed: u64,
}

/// Takes wishes to the thread, one at a time, and tells what became of them.
pub struct Task<F> {
    wanted: watch::Receiver<Wanted>,
    known: watch::Sender<Known>,
    jobs: mpsc::SyncSender<JobRequest>,
    marker: StaleMarker,
    interception: Interception,
    states: F,
}

impl<F: Fn(KeychainState, Option<FaultName>) + Send + 'static> Task<F> {
    /// Between the holder (`wanted`, `known`, `states`) and the thread (`jobs`), which meets `interception`.
    pub fn new(
        wanted: watch::Receiver<Wanted>,
        known: watch::Sender<Known>,
        jobs: mpsc::SyncSender<JobRequest>,
        marker: StaleMarker,
        interception: Interception,
        states: F,
    ) -> Self {
        Self { wanted, known, jobs, marker, interception, states }
    }

    /// Runs until the holder is gone and its wishes are settled.
    pub async fn run(mut self) {
        loop {
            let (load, wish, wishes, probes) = {
                let wanted = self.wanted.borrow_and_update();
                (wanted.load, wanted.wish.clone(), wanted.wishes, wanted.probes)
            };
            let (is_loaded, settled, probed) = {
                let known = self.known.borrow();
                (known.loaded.is_some(), known.settled, known.probed)
            };
            match wish {
                Some(wish) if wishes > settled => {
                    self.marker.put();
                    let _ = self.replace_entry(wish).await;
                    self.known.send_modify(|known| {
                        known.loaded = Some(Credential::default());
                        known.settled = wishes;
                    });
                }
                _ if load && !is_loaded => {
                    let answer = if self.marker.may_exist() {
                        self.replace_entry(Credential::default()).await
                    } else {
                        self.ask(Job::Read).await
                    };
                    self.known.send_modify(|known| known.loaded = Some(answer.unwrap_or_default()));
                }
                _ if probes > probed => {
                    let _ = self.ask(Job::Read).await;
                    self.known.send_modify(|known| known.probed = probes);
                }
                _ => {
                    if self.wanted.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    /// Makes `credential` the entry, and the entry trustworthy. A wish that came meanwhile puts the marker
    /// back at once, as it is the next thing done.
    async fn replace_entry(&mut self, credential: Credential) -> Answer {
        let answer = self.ask(Job::Replace(Box::new(credential))).await;
        if answer.is_ok() {
            self.marker.remove();
        }
        answer
    }

    async fn ask(&mut self, job: Job) -> Answer {
        let (reply, mut answer) = oneshot::channel();
        // The thread has answered everything before this, so there is room and this does not wait.
        let _ = self.jobs.send((job, reply));
        let limit = sleep(LIMIT);
        tokio::pin!(limit);
        let mut is_late = false;
        let (answer, met) = loop {
            tokio::select! {
                answer = &mut answer => break answer.unwrap_or_else(|_| (Err(thread_ended()), None)),
                () = &mut limit, if !is_late => {
                    is_late = true;
                    self.tell(KeychainState::Slow, self.interception.met());
                }
                // A wish that has to wait here could be lost with the program, and must not let the old
                // entry come back.
                Ok(()) = self.wanted.changed() => {
                    let is_outdated = self.wanted.borrow_and_update().wishes > self.known.borrow().settled;
                    if is_outdated {
                        self.marker.put();
                    }
                }
            }
        };
        let state = match &answer {
            Ok(held) if *held == Credential::default() => KeychainState::Empty,
            Ok(_) => KeychainState::Ready,
            Err(state) => state.clone(),
        };
        self.tell(state, met);
        answer
    }

    fn tell(&self, state: KeychainState, met: Option<FaultName>) {
        self.known.send_modify(|known| (known.state, known.met) = (state.clone(), met.clone()));
        // A call that succeeds, if late, is a result like any other.
        let simulated = met.filter(|_| state.is_failure());
        (self.states)(state, simulated);
    }
}

fn thread_ended() -> KeychainState {
    KeychainState::Refused { error: SafeText::new("the thread that talks to it could not start or has crashed") }
}
