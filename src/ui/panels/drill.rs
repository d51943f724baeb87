//! The console of a drill.

use egui::{Key, Ui};

use super::super::command::UiCommand;
use super::super::panel::Panel;
use super::super::state::State;
use super::super::tab::{ListingIn, Tab, TabId};

/// The panel.
pub static PANEL: Panel = Panel {
    show,
    ..Panel::new(Tab {
        key: Some(Key::Num4),
        has_details: true,
        listing: Some(ListingIn { of: |state| &state.drills.log, of_mut: |state| &mut state.drills.log }),
        obstacle: |state| (!state.drills.has_log()).then_some("No drill has been run"),
        ..Tab::new(TabId::DRILL, |_| "Drill log".into(), "The console of the drill that was run or failed last")
    })
};

fn show(ui: &mut Ui, state: &mut State, _: &mut Vec<UiCommand>) {
    let calendar = state.pane.calendar;
    state.drills.log.show(ui, &calendar, "Its lines are shown here once the drill is over");
}
