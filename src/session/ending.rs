//! How sessions end.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::journal::recording::Writer;
use crate::watchdog;

/// How long ending a session may take: a closing handshake, then what the keychain has still to store.
const END_LIMIT: Duration = Duration::from_secs(5);

/// The sessions that were dropped and are still saying goodbye, in threads of their own.
#[derive(Clone, Debug, Default)]
pub struct ClosingSessions(Arc<Mutex<Vec<thread::JoinHandle<()>>>>);

impl ClosingSessions {
    /// Waits for all of them, which takes 7 s at most: to be called before the program ends.
    pub fn wait(&self) {
        for ending in self.lock().drain(..) {
            // A thread that panicked has ended too.
            let _ = ending.join();
        }
    }

    pub(super) fn add(&self, ending: Ending) {
        let mut running = self.lock();
        running.retain(|ending| !ending.is_finished());
        // Where the system gives no thread the session is dropped where it is, without a goodbye.
        running.extend(watchdog::spawn_once("goodbye", || ending.wait()));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<thread::JoinHandle<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A session that has been told to end.
pub(super) struct Ending {
    pub ended: JoinHandle<()>,
    pub runtime: Runtime,
    pub recording: Option<Writer>,
}

impl Ending {
    pub fn wait(self) {
        let Self { ended, runtime, recording } = self;
        // Whatever has not ended by then is cut off.
        let _ = runtime.block_on(async { timeout(END_LIMIT, ended).await });
        recording.into_iter().for_each(Writer::finish);
        runtime.shutdown_background();
    }
}
