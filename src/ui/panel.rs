//! A panel: a tab and what it shows.

use egui::{Context, Ui};

use super::command::{PanelCommand, UiCommand};
use super::state::State;
use super::tab::Tab;

/// What each file in `panels` declares.
pub struct Panel {
    /// Its tab.
    pub tab: Tab<State>,
    /// Draws it into what is left of the given area.
    pub show: fn(&mut Ui, &mut State, &mut Vec<UiCommand>),
    /// The commands that only it has, for palette and shortcuts.
    pub commands: fn() -> Vec<&'static PanelCommand>,
    /// Takes keys that mean something else in one of its fields than elsewhere.
    pub take_keys: fn(&Context, &mut Vec<UiCommand>),
}

impl Panel {
    /// One that shows nothing yet and has no commands.
    pub const fn new(tab: Tab<State>) -> Self {
        Self { tab, show: |_, _, _| {}, commands: Vec::new, take_keys: |_, _| {} }
    }
}
