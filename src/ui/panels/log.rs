//! The client's console.

use std::borrow::Cow;

use egui::{Key, Ui};

use super::super::command::UiCommand;
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{ListingIn, Tab, TabId};
use super::machine;

/// The panel.
pub struct Log;

impl Tab<State> for Log {
    fn id(&self) -> TabId {
        TabId::LOG
    }

    fn title(&self, _: &State) -> Cow<'static, str> {
        "Log".into()
    }

    fn explanation(&self) -> &'static str {
        "The client's console"
    }

    fn key(&self) -> Option<Key> {
        Some(Key::Num1)
    }

    fn listing(&self) -> Option<ListingIn<State>> {
        Some(ListingIn { of: |state| &state.pane.log, of_mut: |state| &mut state.pane.log })
    }

    fn has_details(&self) -> bool {
        true
    }
}

impl Panel for Log {
    fn show(&self, ui: &mut Ui, state: &mut State, asked: &mut Vec<UiCommand>) {
        machine::show_filter(ui, state, asked);
        let empty = if state.player.has_recording() {
            "At this moment nothing had happened yet"
        } else {
            "Nothing has happened yet. Press Connect."
        };
        let calendar = state.pane.calendar;
        state.pane.log.show(ui, &calendar, empty);
    }
}
