//! The console of a drill.

use std::borrow::Cow;

use egui::{Key, Ui};

use super::super::command::UiCommand;
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{ListingIn, Tab, TabId};

/// The panel.
pub struct DrillLog;

impl Tab<State> for DrillLog {
    fn id(&self) -> TabId {
        TabId::DRILL
    }

    fn title(&self, _: &State) -> Cow<'static, str> {
        "Drill log".into()
    }

    fn explanation(&self) -> &'static str {
        "The console of the drill that was run or failed last"
    }

    fn key(&self) -> Option<Key> {
        Some(Key::Num4)
    }

    fn obstacle(&self, state: &State) -> Option<&'static str> {
        (!state.drills.has_log()).then_some("No drill has been run")
    }

    fn listing(&self) -> Option<ListingIn<State>> {
        Some(ListingIn { of: |state| &state.drills.log, of_mut: |state| &mut state.drills.log })
    }

    fn has_details(&self) -> bool {
        true
    }
}

impl Panel for DrillLog {
    fn show(&self, ui: &mut Ui, state: &mut State, _: &mut Vec<UiCommand>) {
        let calendar = state.pane.calendar;
        state.drills.log.show(ui, &calendar, "Its lines are shown here once the drill is over");
    }
}
