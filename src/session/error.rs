//! Why a session does not start.

use std::io;

use crate::backend::StartError;
use crate::model::SafeText;
use crate::model::failure::{SetupCause, SetupFailure};

/// Why a session did not start.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The system gives no threads.
    #[error("the program's threads cannot be started: {0}; close other programs and try again")]
    Threads(io::Error),
    /// The local demo has no server.
    #[error("the local server of the demo cannot be started: {0}")]
    Demo(#[from] StartError),
    /// The local demo has no Redis.
    #[error("the demo's own redis-server cannot be started: {0}")]
    Redis(io::Error),
}

impl SessionError {
    /// What ends an attempt because of it.
    pub fn failure(&self) -> SetupFailure {
        let cause = match self {
            Self::Threads(_) => SetupCause::Threads,
            Self::Demo(_) | Self::Redis(_) => SetupCause::LocalServer,
        };
        SetupFailure { cause, said: SafeText::new(&self.to_string()) }
    }
}
