//! What can be done with a recording: feed it to the machine again, and compare it with another one.

mod diff;
mod steps;
mod summary;
#[cfg(test)]
mod tests;
mod verify;

pub use diff::{Changed, Diff, diff};
pub use steps::{Step, StepKind};
pub use summary::{PhaseTimes, Summary};
pub use verify::{Difference, Verification, verify};
