//! What is wrong, who can fix it, and what to do next.

#![warn(clippy::wildcard_enum_match_arm)]

mod code;
mod context;
mod diagnoser;
mod finding;
mod findings;
mod problem;
mod words;

pub use code::Code;
pub use diagnoser::Diagnoser;
pub use finding::{Finding, LogReference};
pub use problem::{ForUser, Outlook, Owner, Problem, Severity};
pub(crate) use words::sentence;
