//! Drills: files that say what to break and what must follow, run against a session of their own.
//!
//! `file` reads them and their `step`s, `run` does these, `evaluate` compares what was recorded with what was expected, and
//! `suite` runs several at a time. Window and console use the same runner.

#![warn(clippy::wildcard_enum_match_arm)]

mod evaluate;
mod expect;
mod file;
mod junit;
mod library;
mod report;
mod request;
mod run;
mod step;
mod suite;

pub use evaluate::{Problem, Verdict};
pub use expect::Expectation;
pub use file::{Drill, Overlay, ServerOptions, Store};
pub use junit::junit;
pub use library::DrillLibrary;
pub use report::json;
pub use request::Request;
pub use run::{Outcome, run};
pub use step::{Repeat, Step, Wait};
pub use suite::{Progress, run_all};
