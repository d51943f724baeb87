//! Drills, as somebody writes them.

use ticketscope::drill::Drill;

/// The bytes are a file.
pub fn body(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Err(error) = Drill::from_toml(text) {
        assert!(!error.to_string().is_empty());
    }
}
