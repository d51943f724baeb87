//! How a service announces the end of a connection.

use std::fmt;

use crate::model::{EndOwner, SafeText, Then};

/// A message by which a service announces an end, as the profile's `[[end]]` knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// What follows.
    pub then: Then,
    /// The server's own reason, or else the message.
    pub said: SafeText,
    /// What it means, by the profile.
    pub means: Option<SafeText>,
    /// Who can help, by the profile.
    pub owner: Option<EndOwner>,
}

impl fmt::Display for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.means {
            Some(means) => write!(f, "{means} ({})", self.said),
            None => self.said.fmt(f),
        }
    }
}
