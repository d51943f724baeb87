//! What is wrong, who can mend it, and what to do next.

pub mod check;
mod credentials;
mod drops;
mod finding;
mod issuers;
mod judge;
mod onset;
mod problem;
mod recognise;
mod rules;
#[cfg(test)]
mod tests;
mod verdict;
mod words;

pub use finding::{Finding, Lead};
pub use judge::Judge;
pub use onset::{Onset, Onsets};
pub use problem::{
    Asked, ClockEffect, Code, Limit, Owner, Problem, ProxyTrouble, Resent, Severity, UpgradeHint, Usual,
};
pub use verdict::{Tone, Verdict};
