//! What faults do to the keychain.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::driver::keychain::{Interceptor, WINDOWS_LIMIT};
use crate::faults::{Fault, FaultKind};
use crate::model::{FaultName, KeychainState};

/// The faults of a keychain, which can be changed while it is in use. Cheap to clone.
#[derive(Clone, Default)]
pub struct KeychainFaults(Arc<(Mutex<State>, Condvar)>);

#[derive(Default)]
struct State {
    /// What meets every call.
    fault: Option<Fault>,
    /// What has met the call that is going on.
    met: Option<FaultKind>,
    /// Whether it keeps no more than Windows does.
    is_small: bool,
}

impl KeychainFaults {
    /// Of `faults`, those that act on keychains do so from now on; a call that waits for an earlier one goes on.
    pub fn change(&self, faults: &[Fault]) {
        let fault = faults.iter().find(|fault| fault.kind().acts_on_keychain());
        self.state().fault = fault.cloned();
        self.0.1.notify_all();
    }

    /// Whether it keeps no more than Windows does.
    pub fn make_small(&self, is_small: bool) {
        self.state().is_small = is_small;
    }

    /// Whether it was made so.
    pub fn is_small(&self) -> bool {
        self.state().is_small
    }

    /// Waits for `delay`, or until another fault takes the place of `slow`.
    fn wait(&self, state: MutexGuard<'_, State>, slow: &Fault, delay: Duration) {
        let is_there = |state: &mut State| state.fault.as_ref() == Some(slow);
        // However it ends, the call goes on.
        let _ = self.0.1.wait_timeout_while(state, delay, is_there);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Interceptor for KeychainFaults {
    fn call(&self) -> (Option<FaultName>, Result<(), KeychainState>) {
        let mut state = self.state();
        let fault = state.fault.clone();
        state.met = fault.as_ref().map(Fault::kind);
        let outcome = match &fault {
            Some(Fault::KeychainLocked) => Err(KeychainState::Locked),
            Some(Fault::KeychainGone) => Err(KeychainState::NoService),
            Some(slow @ Fault::KeychainSlow { delay }) => {
                self.wait(state, slow, *delay);
                Ok(())
            }
            _ => Ok(()),
        };
        (fault.as_ref().map(Fault::name), outcome)
    }

    fn met(&self) -> Option<FaultName> {
        self.state().met.map(FaultKind::name)
    }

    fn limit(&self) -> Option<(usize, FaultName)> {
        self.is_small().then(|| (WINDOWS_LIMIT, FaultKind::JwtTooLong.name()))
    }
}
