//! What a format is.

use super::session::Session;

/// A format: what it is called, and the function that writes it.
pub struct Writer {
    /// What the console calls it: lower case.
    pub name: &'static str,
    /// What people call it, after "Copy as".
    pub label: &'static str,
    /// What it is for, in one sentence without a full stop.
    pub explanation: &'static str,
    /// Writes it.
    pub write: fn(Session<'_>) -> String,
}
