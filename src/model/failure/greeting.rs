//! What can go wrong after the upgrade, before the socket is of use.

use std::fmt;
use std::time::Duration;

use super::announcement::Announcement;
use super::close::Close;
use super::request::RequestFailure;
use crate::model::{DisplayDuration, SafeText};

/// Why the greeting of a service did not come to its end. Its steps are numbered from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GreetingFailure {
    /// The server did not say what it has to say.
    Missing {
        /// At which step.
        step: u32,
        /// What was waited for.
        expected: SafeText,
        /// How long.
        within: Duration,
        /// What it said instead, the last.
        heard: Option<SafeText>,
    },
    /// The server said that it does not go on.
    Refused {
        /// At which step.
        step: u32,
        /// How it said so.
        announced: Announcement,
    },
    /// The socket ended.
    Closed {
        /// At which step.
        step: u32,
        /// How.
        close: Close,
        /// What the server had said, the last.
        heard: Option<SafeText>,
    },
    /// The request between two messages failed.
    Request {
        /// At which step.
        step: u32,
        /// How.
        request: RequestFailure,
    },
    /// A value is missing, or is not what it has to be: the profile does not fit the service.
    Profile {
        /// At which step.
        step: u32,
        /// What is wrong.
        problem: SafeText,
    },
}

impl GreetingFailure {
    /// The step at which it failed, from 1.
    pub const fn step(&self) -> u32 {
        match self {
            Self::Missing { step, .. }
            | Self::Refused { step, .. }
            | Self::Closed { step, .. }
            | Self::Request { step, .. }
            | Self::Profile { step, .. } => *step,
        }
    }
}

impl fmt::Display for GreetingFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { expected, within, heard, .. } => {
                write!(f, "the server did not say what it has to within {}: {expected}", DisplayDuration(*within))?;
                heard.iter().try_for_each(|heard| write!(f, "; it said {heard}"))
            }
            Self::Refused { announced, .. } => write!(f, "the server refused: {announced}"),
            Self::Closed { close, heard, .. } => {
                write!(f, "the socket closed {close} during the greeting")?;
                heard.iter().try_for_each(|heard| write!(f, "; the server had said {heard}"))
            }
            Self::Request { request, .. } => write!(f, "the request during the greeting failed: {request}"),
            Self::Profile { problem, .. } => write!(f, "the profile does not fit: {problem}"),
        }
    }
}
