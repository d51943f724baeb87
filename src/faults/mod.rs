//! What QA can break, as data: no I/O, no clock, no randomness of its own.
//!
//! Window, drills and tests share the one list, the [`catalogue`]. [`Faults`] says when an armed one acts; the
//! driver, the wire or the local server does what it says, and the journal records that it acted and in
//! which attempt.

#![warn(clippy::disallowed_types, clippy::wildcard_enum_match_arm)]

mod armed;
mod arming;
pub mod catalogue;
mod facts;
mod forged;
mod kind;

pub use armed::{Faults, Fired};
pub use arming::{Arming, ArmingError};
pub use catalogue::{Fault, FaultKind};
pub use facts::{Activation, AtOnce, Group, Occasion, Parameter, Reach};
pub use forged::MadeUpAnswer;

/// The request header that tells the local server which faults act: the secret of this run of the program, a space, and a
/// JSON list; and the answer's, that names those that did.
pub const FAULT_HEADER: &str = "x-ticketscope-fault";
