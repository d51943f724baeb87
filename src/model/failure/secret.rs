//! Why a secret is not there.

use std::fmt;
use std::time::Duration;

use super::IoCause;
use crate::model::{DisplayDuration, KeychainState};

/// Why a secret that a profile needs is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SecretFault {
    /// A person, a variable or a file has not given it.
    #[default]
    NotGiven,
    /// The keychain, in which it may be, does not tell.
    Keychain {
        /// Why.
        state: KeychainState,
    },
    /// A command would give it, and nobody has allowed that to run.
    NotAllowed,
    /// The command could not be started.
    NotStarted {
        /// Why.
        cause: IoCause,
    },
    /// What the command printed could not be read to its end.
    Unread {
        /// Why.
        cause: IoCause,
    },
    /// The command said that it failed.
    Failed {
        /// Its exit code, unless a signal ended it.
        code: Option<i32>,
    },
    /// The command did not end in time.
    Slow {
        /// The limit.
        after: Duration,
    },
    /// The command printed too much.
    TooLong {
        /// The limit, in KiB.
        limit_kib: u32,
    },
    /// What the command printed is not UTF-8.
    NotText,
    /// The command printed nothing.
    Empty,
    /// It is there, and is no private key of the kind that the profile signs with.
    NotAKey,
}

impl fmt::Display for SecretFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotGiven => f.write_str("it has not been given"),
            Self::Keychain { state } => f.write_str(&state.of_secrets()),
            Self::NotAllowed => f.write_str("its command has not been allowed to run"),
            Self::NotStarted { cause } => write!(f, "its command could not be started: {cause}"),
            Self::Unread { cause } => write!(f, "what its command printed could not be read: {cause}"),
            Self::Failed { code: Some(code) } => write!(f, "its command failed with exit code {code}"),
            Self::Failed { code: None } => f.write_str("its command was ended by a signal"),
            Self::Slow { after } => write!(f, "its command did not end within {}", DisplayDuration(*after)),
            Self::TooLong { limit_kib } => write!(f, "its command printed more than {limit_kib} KiB"),
            Self::NotAKey => f.write_str("it is no private key of the kind that the profile signs with"),
            Self::NotText => f.write_str("what its command printed is not UTF-8"),
            Self::Empty => f.write_str("its command printed nothing"),
        }
    }
}
