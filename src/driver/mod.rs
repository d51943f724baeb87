//! The tokio task that runs the flow's effects.

pub mod keychain;
pub mod net;
