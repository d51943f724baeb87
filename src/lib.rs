//! Ticketscope connects the way a web app does — JWT, one-time ticket, WebSocket — and shows what happens.

#![warn(missing_docs)]

pub mod backend;
pub mod clock;
pub mod model;
