//! Ticketscope connects the way a web app does — JWT, one-time ticket, WebSocket — and shows what happens.

#![warn(missing_docs)]

pub mod backend;
pub mod check;
pub mod cli;
pub mod clock;
pub mod diagnosis;
pub mod drill;
pub mod driver;
pub mod faults;
pub mod flow;
pub mod herd;
pub mod journal;
pub mod model;
mod private_file;
pub mod profiles;
pub mod replay;
pub mod report;
pub mod session;
pub mod settings;
pub mod ui;
