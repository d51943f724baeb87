//! What a window of little size has no room for.

/// What a window of little size has no room for.
#[derive(Default)]
pub struct Room {
    /// Whether the window was too narrow for the QA panel in the last frame.
    pub was_narrow: Option<bool>,
    /// Whether it was too low for the pane.
    pub was_low: Option<bool>,
}
