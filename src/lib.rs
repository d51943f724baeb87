//! Ticketscope connects the way a web app does — JWT, one-time ticket, WebSocket — and shows what happens.

#![warn(missing_docs)]

pub mod clock;
pub mod diagnosis;
pub mod faults;
pub mod journal;
pub mod model;
pub mod session;
pub mod ui;
