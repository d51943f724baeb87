//! The files of a report.

use super::clean::Clean;

/// A file of a report.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name.
    pub name: &'static str,
    /// Everything in it.
    pub text: Clean,
}
