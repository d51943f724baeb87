//! What the window tells the tray, and the tray the window.

use crate::view::Tone;

/// What the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// The window's title.
    pub title: String,
    /// How the state should feel.
    pub tone: Tone,
    /// Whether there is a connection, or an attempt, to end.
    pub can_disconnect: bool,
}

/// What the tray has to tell.
#[derive(Debug, PartialEq, Eq)]
pub enum TrayNews {
    /// The window is wanted before the others.
    Show,
    /// The connection is to be ended.
    Disconnect,
    /// The program is to be ended.
    Quit,
    /// There is no icon, in words.
    Missing(String),
}
