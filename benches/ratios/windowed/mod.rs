//! What takes a build with the window.

mod filter;
mod flood;
mod frame;
mod idle_window;
mod recording;
mod window;

use crate::Bench;

/// Each with its name, in the order in which they run.
pub const BENCHES: [(&str, Bench); 5] = [
    ("idle_window", idle_window::run),
    ("recording", recording::run),
    ("filter", filter::run),
    ("frame", frame::run),
    ("flood", flood::run),
];
