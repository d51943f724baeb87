//! Drills: files that say what to break and what must follow, run against a session of their own.
//!
//! `file` reads them, `run` does their steps, `judge` compares what was recorded with what was expected, and
//! `suite` runs several at a time. Window and console use the same runner.

mod expect;
mod file;
mod judge;
mod junit;
mod report;
mod run;
mod shelf;
mod suite;

pub use expect::Expectation;
pub use file::{Drill, Overlay, ServerOptions, Step};
pub use judge::{Problem, Verdict};
pub use junit::junit;
pub use report::json;
pub use run::{Outcome, run};
pub use shelf::Shelf;
pub use suite::{Progress, run_all};
