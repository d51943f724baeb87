//! Other systems have no such tray.

use std::sync::mpsc::Receiver;

use super::news::{Look, TrayNews};

/// Says so.
pub fn run(_looks: &Receiver<Look>, tell: impl Fn(TrayNews)) {
    tell(TrayNews::Missing("No tray icon: only on Linux there is one".to_owned()));
}
