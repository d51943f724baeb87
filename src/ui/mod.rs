//! The window. It decides nothing about the connection: it draws a session's snapshot, entries and verdict,
//! and sends commands.

mod app;
mod attempts;
mod backoff;
mod cards;
mod check;
mod closes;
mod command;
mod drills;
mod findings;
mod fonts;
mod herd;
mod lines;
mod log;
mod machine;
mod messages;
mod paint;
mod palette;
mod parameters;
mod playback;
mod qa_panel;
mod rates;
mod report;
mod rows;
mod settings;
mod state;
mod status_bar;
mod tabs;
mod timeline;
mod timeline_pane;
mod tokens;
mod top_bar;
mod verdict_bar;
mod waker;

pub use app::{App, Open, Save, run};
pub use check::{StartCheck, checks_like};
pub use drills::{Load, Report, Start, in_background};
pub use lines::{Filter, LineRef, LineStore, Lines};
pub use waker::Waker;
