//! The client's console.

use egui::{Key, Ui};

use super::super::command::UiCommand;
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{ListingIn, Tab, TabId};
use super::machine;

/// The panel.
pub static PANEL: Panel = Panel {
    show,
    ..Panel::new(Tab {
        key: Some(Key::Num1),
        has_details: true,
        listing: Some(ListingIn { of: |state| &state.pane.log, of_mut: |state| &mut state.pane.log }),
        ..Tab::new(TabId::LOG, |_| "Log".into(), "The client's console")
    })
};

fn show(ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
    machine::show_filter(ui, state, asked);
    let empty = if state.player.has_recording() {
        "At this moment nothing had happened yet"
    } else {
        "Nothing has happened yet. Press Connect."
    };
    let calendar = state.pane.calendar;
    asked.extend(state.pane.log.show(ui, &calendar, empty).map(UiCommand::ShowRequest));
}
