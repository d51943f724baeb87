//! What is wrong, who can fix it, and what to do next.

pub mod check;
mod credentials;
mod diagnoser;
mod drops;
mod finding;
mod issuers;
mod marks;
mod problem;
mod recognise;
mod rules;
#[cfg(test)]
mod tests;
mod verdict;
mod words;

pub use diagnoser::Diagnoser;
pub use finding::{Finding, LogReference};
pub use marks::{FindingMark, FindingMarks};
pub use problem::{
    ClockEffect, Code, Limit, Owner, Problem, ProxyTrouble, RequestKind, Resent, Severity, TypicalCause, UpgradeHint,
};
pub use verdict::{Tone, Verdict};
