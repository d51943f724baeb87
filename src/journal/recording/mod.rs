//! Recordings: a session as a file of JSON Lines, written while it goes on and read again later.
//!
//! The first line is the [`Header`], each further one an [`Entry`](crate::model::Entry) of the journal or a
//! [`Note`]. `watch --format jsonl` prints the same.

mod format;
mod newest;
mod read;
mod retention;
mod sole;
mod target;
#[cfg(test)]
mod tests;
mod upgrade;
mod wire;
mod write;

pub use format::{FORMAT, Header, MessageRecord, Note, UnlistedMessages, Version, write_line};
pub use newest::{MAX_REPORTED, MAX_REPORTED_BYTES};
pub use read::{Losses, MAX_BYTES, MAX_LINE, Recording, RecordingError, is_line};
pub use retention::{Kept, Limits, surplus};
pub use target::{Target, is_in_use, is_usual_name};
pub use wire::EventKind;
pub use write::{Plan, Writer, so_far};
