//! Why commands cannot be done now, where several share a reason.

use super::super::dialogs::DialogState;
use super::super::state::State;

/// Of what acts on the session.
pub fn recorded(state: &State) -> Option<&'static str> {
    state.player.has_recording().then_some("This is a recording")
}

/// Of what acts on a recording.
pub fn not_recorded(state: &State) -> Option<&'static str> {
    (!state.player.has_recording()).then_some("No recording is shown: open one first")
}

/// Of what acts on lines.
pub fn no_listing(state: &State) -> Option<&'static str> {
    (!state.has_listing_in_view()).then_some("It works on the log: show the log first")
}

/// Of what opens one of the system's dialogs.
pub fn dialog_is_open(state: &State) -> Option<&'static str> {
    (state.dialog == DialogState::Open).then_some("The dialog is open already")
}
