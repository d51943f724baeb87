//! From the entries of a journal to what is wrong: one judge for a live session, a recorded one and the one-shot check.

use std::sync::Arc;

use super::finding::Finding;
use crate::model::{Entry, Profile};

/// Takes in the entries of a session one by one and says what is wrong now. It keeps a bounded number of facts, however
/// long the session.
#[derive(Clone, Debug)]
pub struct Judge {
    profile: Arc<Profile>,
    failed: Option<Finding>,
}

impl Judge {
    /// A judge of a session with `profile` in which nothing has happened.
    pub fn new(profile: impl Into<Arc<Profile>>) -> Self {
        Self { profile: profile.into(), failed: None }
    }

    /// Takes in the next entry.
    pub fn take_in(&mut self, _entry: &Entry) {}

    /// Entries were lost on the way here: what was concluded from those before may be over.
    pub fn forget(&mut self) {
        *self = Self::new(Arc::clone(&self.profile));
    }

    /// What is wrong now, the cause of the rest first; empty if all is well.
    pub fn findings(&self) -> Vec<Finding> {
        Finding::folded(self.failed.iter().cloned().collect())
    }
}
