//! How a person's sign-in in a browser fails (RFC 6749 §4.1.2.1, RFC 8628 §3.5).

use std::fmt;
use std::time::Duration;

use super::IoCause;
use crate::model::{DisplayDuration, SafeText};

/// Why nobody was signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInFault {
    /// The person, or the service for them, said no: `access_denied`.
    Denied,
    /// The authorization server refuses the sign-in itself.
    Refused {
        /// Its code, such as `invalid_scope`.
        code: SafeText,
    },
    /// The browser came back with neither a code nor an error (RFC 6749 §4.1.2).
    NoCode,
    /// The browser came back with an answer to another sign-in, or to none.
    WrongState,
    /// Nobody signed in before it was too late.
    Expired {
        /// How long that was waited for.
        after: Duration,
    },
    /// Nobody is there to sign in: a check asks no person.
    NotAsked,
    /// No port of this computer could be opened for the browser to come back to.
    NoListener {
        /// Why.
        cause: IoCause,
    },
}

impl fmt::Display for SignInFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied => f.write_str("the sign-in was denied"),
            Self::Refused { code } => write!(f, "the sign-in was refused with {code}"),
            Self::NoCode => f.write_str("the browser came back from the sign-in without a code"),
            Self::WrongState => f.write_str("the browser came back with an answer to another sign-in"),
            Self::Expired { after } => write!(f, "nobody signed in within {}", DisplayDuration(*after)),
            Self::NotAsked => f.write_str("nobody has signed in yet, and nobody can be asked here"),
            Self::NoListener { cause } => {
                write!(f, "this computer gives no port for the browser to come back to: {cause}")
            }
        }
    }
}
