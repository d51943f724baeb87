//! What takes a build with the window.

mod drawing;
mod filter;
mod flood;
mod frame;
mod idle_window;
mod recording;
mod screen;
mod window;

use crate::Bench;

pub use drawing::draw_if_asked;

/// Each with its name, in the order in which they run.
pub const BENCHES: [(&str, Bench); 6] = [
    ("idle_window", idle_window::run),
    ("drawing", drawing::run),
    ("recording", recording::run),
    ("filter", filter::run),
    ("frame", frame::run),
    ("flood", flood::run),
];
