//! A panel: a tab and what it shows.

use egui::Ui;

use super::command::{PanelCommand, UiCommand};
use super::state::State;
use super::tab::Tab;

/// What each file in `panels` is.
pub trait Panel: Tab<State> {
    /// Draws it into what is left of `ui`.
    fn show(&self, ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>);

    /// The commands that only it has, for palette and shortcuts.
    fn commands(&self) -> Vec<&'static PanelCommand> {
        Vec::new()
    }

    /// Takes keys that mean something else in one of its fields than elsewhere.
    fn take_keys(&self, _ctx: &egui::Context, _asked: &mut Vec<UiCommand>) {}
}
