//! What fills the window, and with what it opens.

/// What fills the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    /// What to look at.
    Start,
    /// A session, or a recording of one.
    #[default]
    Session,
}

/// With what the window opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// With a session, which a person asked for.
    Session,
    /// With the demo, and how to go on from it: it is the very first start.
    Demo,
    /// With the start page.
    StartPage,
}

/// What is done with a profile that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Connect to its service.
    Connect,
    /// Check its service.
    Check,
}
