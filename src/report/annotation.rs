//! What a person adds to a report.

/// What a person adds to a report. It is cleaned as everything else in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotation {
    /// What the report belongs to, as the person's own system of tickets calls it.
    pub ticket: String,
    /// Words for who reads it, in as many lines as it takes.
    pub note: String,
}
