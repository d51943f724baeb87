//! Ticketscope connects the way a web app does — JWT, one-time ticket, WebSocket — and shows what happens.

#![warn(missing_docs)]
// The program ends by returning, so that sockets are closed and credentials are kept. A pipe that nobody reads any more is no
// reason to panic. Use `expect` for impossible cases.
#![warn(clippy::exit, clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

pub mod backend;
pub mod check;
pub mod cli;
pub mod clock;
pub mod diagnosis;
pub mod drill;
pub mod driver;
pub mod evidence;
pub mod export;
pub mod faults;
pub mod flow;
pub mod herd;
#[cfg(feature = "window")]
mod instance;
pub mod journal;
pub mod launch;
pub mod model;
pub mod presets;
mod private_file;
pub mod probe;
pub mod profiles;
pub mod replay;
pub mod report;
pub mod session;
pub mod settings;
mod toml_files;
#[cfg(feature = "window")]
pub mod ui;
pub mod view;
mod wake_up;
mod watchdog;
