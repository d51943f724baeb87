//! Where the JWT and the sessionId live between two starts: one entry per profile in the OS keychain.
//!
//! A keychain call can hang for as long as a person stares at a password prompt, so one thread owns the
//! entry and a task watches that thread; whoever holds the [`Keychain`] waits for [`LIMIT`] at most. The
//! task takes the newest wish whenever the thread is free, so nothing queues up behind a call that hangs.
//!
//! An older entry must not come back after a newer one could not be stored: the server may have refused
//! it, or a person asked for a new session. The running program never reads the entry again once it was
//! told what should be in it. For the next start there is the stale marker, an empty file that is there
//! from the moment a change is wanted until the newest change has succeeded; an entry found beside a
//! marker is deleted unread. And as every change begins by deleting the entry, one that fails half-way
//! leaves nothing behind even where the marker could not be written.
//!
//! The keyring library connects to the keychain's service once per process: a service that is missing at
//! first stays missing, and one that is restarted refuses, until the program is started again.

mod command;
mod consent;
mod entry;
mod interceptor;
mod marker;
mod secrets;
mod task;

use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

pub use self::consent::Consents;
pub use self::entry::WINDOWS_LIMIT;
use self::entry::{Job, Store};
use self::interceptor::Interception;
pub use self::interceptor::Interceptor;
use self::marker::StaleMarker;
pub use self::secrets::{Gathered, Secrets};
pub use self::task::LIMIT;
use self::task::{Known, Task, Wanted};
use crate::model::{Credential, FaultName, Fingerprint, KeychainState};

/// One profile's place in the OS keychain. Without a keychain the credential stays in memory, for as long
/// as this lives. Dropping it never waits; wishes that were made before are still carried out while the
/// program runs.
pub struct Keychain {
    wanted: watch::Sender<Wanted>,
    known: watch::Receiver<Known>,
    interception: Option<Interception>,
    secrets: Secrets,
}

/// What the keychain gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// What to use.
    pub credential: Credential,
    /// What is known of the keychain.
    pub state: KeychainState,
    /// Who met the call on its way, if anybody did.
    pub met: Option<FaultName>,
}

impl Keychain {
    /// Where the stale marker of the entry called `account` is, in `folder`.
    pub fn stale_marker(folder: &Path, account: &str) -> PathBuf {
        folder.join(format!("stale-{}", Fingerprint::of(account)))
    }

    /// The entry called `account` (see [`Profile::keychain_account`](crate::model::Profile::keychain_account)).
    /// It is not asked before the first [`load`](Self::load) or [`store`](Self::store).
    ///
    /// `stale_marker` is the path of a file that belongs to this entry alone; missing folders are made.
    /// `states` is told what became of every call to the keychain, and [`KeychainState::Slow`] as soon as
    /// one takes longer than [`LIMIT`]; with whose doing it was, if an [`Interceptor`] brought it about. It must not block.
    ///
    /// # Panics
    /// Outside a tokio runtime, as [`tokio::spawn`] does.
    pub fn os(
        account: String,
        stale_marker: Option<PathBuf>,
        states: impl Fn(KeychainState, Option<FaultName>) + Send + 'static,
    ) -> Self {
        let secrets = Secrets::os(account.clone());
        Self::start(Store::os(account), secrets, stale_marker, states)
    }

    /// A keychain in this process: empty at first, and gone with it. Otherwise as [`Keychain::os`].
    ///
    /// # Panics
    /// Outside a tokio runtime, as [`tokio::spawn`] does.
    pub fn in_process(states: impl Fn(KeychainState, Option<FaultName>) + Send + 'static) -> Self {
        Self::start(Store::in_process(), Secrets::memory(), None, states)
    }

    /// No keychain, by choice: what is stored lives as long as this does.
    pub fn memory() -> Self {
        let state = KeychainState::MemoryOnly;
        let loaded = Some(Credential::default());
        let known = Known { state, loaded, settled: u64::MAX, ..Known::default() };
        let secrets = Secrets::memory();
        Self { wanted: watch::Sender::default(), known: watch::channel(known).1, interception: None, secrets }
    }

    /// What the entry called `account` holds, for somebody who must not change it: it is read and nothing else. An
    /// entry beside its stale marker counts as nothing. Waits for [`LIMIT`] at most.
    pub async fn peek(account: String, stale_marker: Option<PathBuf>) -> (Credential, KeychainState) {
        Self::peek_into(Store::os(account), StaleMarker::new(stale_marker)).await
    }

    async fn peek_into(store: Store, marker: StaleMarker) -> (Credential, KeychainState) {
        if marker.may_exist() {
            return (Credential::default(), KeychainState::Empty);
        }
        let (reply, answer) = oneshot::channel();
        // The thread is new, so there is room and this does not wait.
        let _ = store.work().send((Job::Read, reply));
        match timeout(LIMIT, answer).await {
            Ok(Ok((Ok(held), _))) if held == Credential::default() => (held, KeychainState::Empty),
            Ok(Ok((Ok(held), _))) => (held, KeychainState::Ready),
            Ok(Ok((Err(state), _))) => (Credential::default(), state),
            Ok(Err(_)) => (Credential::default(), KeychainState::NoService),
            Err(_) => (Credential::default(), KeychainState::Slow),
        }
    }

    fn start(
        store: Store,
        secrets: Secrets,
        stale_marker: Option<PathBuf>,
        states: impl Fn(KeychainState, Option<FaultName>) + Send + 'static,
    ) -> Self {
        let interception = store.interception();
        let (wanted, wishes) = watch::channel(Wanted::default());
        let (tell, known) = watch::channel(Known::default());
        let marker = StaleMarker::new(stale_marker);
        tokio::spawn(Task::new(wishes, tell, store.work(), marker, interception.clone(), states).run());
        Self { wanted, known, interception: Some(interception), secrets }
    }

    /// The credential to use, and what is known of the keychain: what was stored last, or else what the
    /// entry held when it was first asked. Without an answer within [`LIMIT`] that is nothing and
    /// [`KeychainState::Slow`]; an answer that comes later is given to the next call.
    pub async fn load(&self) -> Loaded {
        let newest = || self.wanted.borrow().wish.clone();
        if let Some(newest) = newest() {
            return Loaded { credential: newest, state: self.known.borrow().state.clone(), met: None };
        }
        self.wanted.send_if_modified(|wanted| !mem::replace(&mut wanted.load, true));
        let known = self.known_when(|known| known.loaded.is_some()).await;
        let Known { state, met, loaded, .. } = known;
        Loaded { credential: newest().or(loaded).unwrap_or_default(), state, met }
    }

    /// Keeps `credential` in place of anything older, without waiting.
    pub fn store(&self, credential: Credential) {
        self.wanted.send_modify(|wanted| {
            wanted.wish = Some(credential);
            wanted.wishes += 1;
        });
    }

    /// Asks it again, without waiting, if it has been asked before: what was wished last may be possible now, or
    /// impossible.
    pub fn ask_again(&self) {
        self.wanted.send_modify(|wanted| match wanted.wish {
            Some(_) => wanted.wishes += 1,
            None if wanted.load => wanted.probes += 1,
            None => {}
        });
    }

    /// The same with the `secrets` of another place.
    #[must_use]
    pub fn with_secrets(self, secrets: Secrets) -> Self {
        Self { secrets, ..self }
    }

    /// The same, which runs the commands that `consents` allows.
    #[must_use]
    pub fn with_consents(self, consents: Consents) -> Self {
        Self { secrets: self.secrets.with_consents(consents), ..self }
    }

    /// What people have given the profile.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Whether there is one, and not only memory.
    pub fn is_used(&self) -> bool {
        self.interception.is_some()
    }

    /// Whether the interceptor met the last call.
    pub fn was_met(&self) -> bool {
        self.known.borrow().met.is_some()
    }

    /// `interceptor` stands between the program and the keychain from now on, if there is one.
    pub fn intercept(&self, interceptor: Arc<dyn Interceptor>) {
        if let Some(interception) = &self.interception {
            interception.set(interceptor);
        }
    }

    /// Deletes the entry, without waiting.
    pub fn forget(&self) {
        self.store(Credential::default());
    }

    /// Waits until every wish made so far has been carried out or has failed, but no longer than [`LIMIT`].
    /// To be called before the program ends, which does not wait for the keychain by itself.
    pub async fn settled(&self) -> KeychainState {
        let wishes = self.wanted.borrow().wishes;
        self.known_when(|known| known.settled >= wishes).await.state
    }

    async fn known_when(&self, condition: impl Fn(&Known) -> bool) -> Known {
        let mut known = self.known.clone();
        match timeout(LIMIT, known.wait_for(|known| condition(known))).await {
            Ok(Ok(known)) => return known.clone(),
            // The task went away with its runtime: this is the last that will be known.
            Ok(Err(_)) => {}
            Err(_) => {
                let met = self.interception.as_ref().and_then(Interception::met);
                return Known { state: KeychainState::Slow, met, ..Known::default() };
            }
        }
        self.known.borrow().clone()
    }
}

#[cfg(test)]
mod tests;
