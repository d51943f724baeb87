//! What is wrong, who can fix it, and what to do next.

#![warn(clippy::wildcard_enum_match_arm)]

mod code;
mod context;
mod diagnoser;
mod finding;
mod findings;
mod marks;
mod problem;
#[cfg(test)]
mod tests;
mod verdict;
mod words;

pub use code::Code;
pub use diagnoser::Diagnoser;
pub use finding::{Finding, LogReference};
pub use marks::{FindingMark, FindingMarks};
pub use problem::{Outlook, Owner, Problem, Severity};
pub(crate) use verdict::simulated_by;
pub use verdict::{Tone, Verdict};
pub(crate) use words::sentence;
