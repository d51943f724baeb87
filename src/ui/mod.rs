//! The window. It decides nothing about the connection: it draws a session's snapshot, entries and verdict,
//! and sends commands.

#![warn(clippy::disallowed_types)]

mod answer;
mod app;
mod attempts;
mod backoff;
mod button;
mod calendar;
mod cards;
mod check;
mod choices;
mod command;
mod day_format;
mod dialogs;
mod drill_list;
mod drills;
mod fault_result;
mod fault_search;
mod fonts;
mod layout;
mod lines;
mod log;
mod log_line;
mod mac;
mod messages;
mod overlays;
mod pace;
mod page;
mod paint;
mod pane;
mod panel;
mod panel_states;
mod panels;
mod parameters;
#[expect(clippy::disallowed_types, reason = "a recording is played by the time that passes between two pictures")]
mod playback;
mod profiles;
mod qa_panel;
mod report;
mod requests;
mod rows;
mod scrolling;
mod secrets;
mod start;
mod state;
mod status_bar;
mod support_panel;
mod tab;
mod table;
mod tabs;
mod timeline;
mod timeline_pane;
mod tokens;
mod top_bar;
mod verdict_bar;
mod waker;

pub use app::{App, Launch, NoWindow, Open, Save, run};
pub use check::{ForSession, StartCheck, checks_like};
pub use dialogs::{ChooseFile, FileRequest, say};
pub use drills::{Load, Report, Start, in_background};
pub use lines::{Filter, LineRef, LineStore, Lines};
pub use page::Beginning;
pub use waker::Waker;
