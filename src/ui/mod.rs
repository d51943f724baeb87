//! The window. It decides nothing about the connection: it draws a session's snapshot, entries and verdict,
//! and sends commands.

mod app;
mod cards;
mod closes;
mod command;
mod drills;
mod fonts;
mod lines;
mod log;
mod messages;
mod paint;
mod palette;
mod parameters;
mod qa_panel;
mod rates;
mod rows;
mod state;
mod status_bar;
mod tabs;
mod tokens;
mod top_bar;
mod verdict_bar;
mod waker;

pub use app::{App, Open, run};
pub use drills::{Report, Start, in_background};
pub use lines::{Filter, LineRef, LineStore, Lines};
pub use waker::Waker;
