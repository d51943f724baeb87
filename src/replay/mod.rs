//! What can be done with a recording: show any moment of it, feed it to the machine
//! again, and compare it with another one.

#![warn(clippy::wildcard_enum_match_arm)]

mod changed;
mod comparison;
mod diff;
mod playback;
mod sequence;
mod side_channel;
mod steps;
mod summary;
#[cfg(test)]
#[expect(clippy::wildcard_enum_match_arm, reason = "a test fails on what it does not expect")]
mod tests;
mod text;
mod traffic;
mod units;
mod values;
mod verify;
mod words;

pub use changed::{Changed, Values};
pub use comparison::{Diff, Divergence, Similarity};
pub use diff::diff;
pub use playback::{Playback, PointInTime};
pub use steps::{Step, StepKind};
pub use summary::{PhaseTimes, Summary};
pub use values::Tolerance;
pub use verify::{Difference, Verification, verify};
