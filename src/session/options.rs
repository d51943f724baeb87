//! How to run a session.

use std::path::PathBuf;

use super::ending::ClosingSessions;
use crate::backend;
use crate::driver::Browser;
use crate::journal::recording::Plan;
use crate::model::Values;

/// Where the JWT is kept between two runs of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeychainChoice {
    /// In the keychain of the operating system.
    #[default]
    Os,
    /// Nowhere: it ends with the session.
    Memory,
    /// In a keychain inside the process, which ends with the session: for drills, which break it.
    InProcess,
}

/// How to run a session.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the JWT is kept.
    pub keychain: KeychainChoice,
    /// What people have given for this session alone, and what is kept nowhere: one-time codes.
    pub given: Values,
    /// Which of this user's windows runs it, from 1; 0 if none does. Each keeps its JWT in an entry of its own, so that
    /// none deletes or replaces another's; what people have given the profile is there for all.
    pub window: u32,
    /// Whether what people have given the profile is in the keychain of the operating system, wherever the JWT is.
    pub has_os_secrets: bool,
    /// Decides every random draw; `None` takes a new one.
    pub seed: Option<u64>,
    /// A folder for the markers that keep a stale keychain entry from coming back; nothing secret.
    pub state_dir: Option<PathBuf>,
    /// Where dropped sessions come to their end.
    pub closing: ClosingSessions,
    /// How the local demo's server is to behave; `None` for what suits somebody who looks at it.
    pub server: Option<backend::Config>,
    /// Whether the local demo keeps its tickets in a `redis-server` that it starts for itself.
    pub own_redis: bool,
    /// How people sign in where a profile has them do so in a browser.
    pub browser: Browser,
    /// Whether and where sessions are recorded.
    pub recording: Option<Plan>,
}
