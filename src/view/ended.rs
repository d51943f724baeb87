//! How a session was when a person ended it.

use super::Snapshot;
use crate::diagnosis::Finding;

/// How a session was when a person ended it.
#[derive(Clone, Debug)]
pub struct Ended {
    /// The state.
    pub snapshot: Snapshot,
    /// What was wrong, the cause of the rest first.
    pub findings: Vec<Finding>,
}
