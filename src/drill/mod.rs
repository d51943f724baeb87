//! Drills: files that say what to break and what must follow, run against a session of their own.
//!
//! `file` reads them and their `step`s, `run` does these, `judge` compares what was recorded with what was expected, and
//! `suite` runs several at a time. Window and console use the same runner.

mod expect;
mod file;
mod judge;
mod junit;
mod report;
mod request;
mod run;
mod shelf;
mod step;
mod suite;

pub use expect::Expectation;
pub use file::{Drill, Overlay, ServerOptions, Store};
pub use judge::{Problem, Verdict};
pub use junit::junit;
pub use report::json;
pub use request::Request;
pub use run::{Outcome, run};
pub use shelf::Shelf;
pub use step::{Repeat, Step, Wait};
pub use suite::{Progress, run_all};
