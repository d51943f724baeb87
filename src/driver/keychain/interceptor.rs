//! A hook between the program and the keychain, with which faults make it fail.

use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{FaultName, KeychainState};

/// What is asked before and after each call of the keychain.
pub trait Interceptor: Send + Sync {
    /// A call begins: it may be held up or refused. Names whose doing that is in both cases. It is asked on the thread
    /// that owns the entry and may keep it waiting; the others answer at once.
    fn call(&self) -> (Option<FaultName>, Result<(), KeychainState>);

    /// Who has met the call that is going on, or was the last.
    fn met(&self) -> Option<FaultName>;

    /// The most bytes that an entry may have in a keychain without a limit of its own, and whose doing that is.
    fn limit(&self) -> Option<(usize, FaultName)>;
}

/// The hook; nothing is hooked in at first. Cheap to clone.
#[derive(Clone, Default)]
pub struct Interception(Arc<Mutex<Option<Arc<dyn Interceptor>>>>);

impl Interception {
    /// `interceptor` stands there from now on.
    pub fn set(&self, interceptor: Arc<dyn Interceptor>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(interceptor);
    }

    /// Who stands there, to be asked without the lock: the answer may take its time.
    fn get(&self) -> Option<Arc<dyn Interceptor>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// See [`Interceptor::call`].
    pub fn call(&self) -> (Option<FaultName>, Result<(), KeychainState>) {
        self.get().map_or((None, Ok(())), |interceptor| interceptor.call())
    }

    /// See [`Interceptor::met`].
    pub fn met(&self) -> Option<FaultName> {
        self.get()?.met()
    }

    /// See [`Interceptor::limit`].
    pub fn limit(&self) -> Option<(usize, FaultName)> {
        self.get()?.limit()
    }
}
