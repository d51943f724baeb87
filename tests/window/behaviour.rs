//! What the window does.
