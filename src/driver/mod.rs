//! Does what the flow decides: owns the sockets, the clock and the keychain.

pub mod keychain;
