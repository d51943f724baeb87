//! What the local demo's server logged.

use egui::{Key, Ui};

use super::super::command::UiCommand;
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{ListingIn, Tab, TabId};

/// The panel.
pub static PANEL: Panel = Panel {
    show,
    ..Panel::new(Tab {
        key: Some(Key::Num3),
        listing: Some(ListingIn { of: |state| &state.pane.server_log, of_mut: |state| &mut state.pane.server_log }),
        ..Tab::new(TabId("server"), |_| "Server log".into(), "What the local demo's server logged")
    })
};

fn show(ui: &mut Ui, state: &mut State, _: &mut Vec<UiCommand>) {
    let empty = if state.player.has_recording() {
        "At this moment no local server had logged anything"
    } else if state.pane.view.snapshot().server.is_some() {
        "The local server has logged nothing yet"
    } else {
        "There is no server inside this program: only the local demo has one"
    };
    let calendar = state.pane.calendar;
    state.pane.server_log.show(ui, &calendar, empty);
}
