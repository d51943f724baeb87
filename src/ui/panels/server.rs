//! What the local demo's server logged.

use std::borrow::Cow;

use egui::{Key, Ui};

use super::super::command::UiCommand;
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{ListingIn, Tab, TabId};

/// The panel.
pub struct ServerLog;

impl Tab<State> for ServerLog {
    fn id(&self) -> TabId {
        TabId("server")
    }

    fn title(&self, _: &State) -> Cow<'static, str> {
        "Server log".into()
    }

    fn explanation(&self) -> &'static str {
        "What the local demo's server logged"
    }

    fn key(&self) -> Option<Key> {
        Some(Key::Num3)
    }

    fn listing(&self) -> Option<ListingIn<State>> {
        Some(ListingIn { of: |state| &state.pane.server_log, of_mut: |state| &mut state.pane.server_log })
    }
}

impl Panel for ServerLog {
    fn show(&self, ui: &mut Ui, state: &mut State, _: &mut Vec<UiCommand>) {
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
}
