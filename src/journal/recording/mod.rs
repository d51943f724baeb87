//! Recordings: a session as a file of JSON Lines, written while it goes on and read again later.
//!
//! The first line is the [`Header`], each further one an [`Entry`](crate::model::Entry) of the journal or a
//! [`Note`]. `watch --format jsonl` prints the same.

mod format;
mod read;
mod retention;
mod sole;
#[cfg(test)]
mod tests;
mod upgrade;
mod wire;
mod write;

pub use format::{FORMAT, Header, MessageRecord, Note, Unlisted, Version, write_line};
pub use read::{Losses, MAX_BYTES, MAX_LINE, Recording, RecordingError};
pub use retention::{Kept, Limits, surplus};
pub use wire::EventKind;
pub use write::{MAX_REPORTED, Plan, Target, WakeUp, Writer, so_far};
