//! What can be done with the recordings that this computer kept, besides opening them.

use super::super::playback::control;
use super::super::state::State;
use super::Row;

/// Something to do with a recording in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeptCommand {
    /// Write another name for the one in this row.
    Rename(usize),
    /// Give it that name.
    UseName,
    /// Ask whether the one in this row is to be deleted.
    Delete(usize),
    /// Delete it.
    ReallyDelete,
    /// Leave it as it is.
    Leave,
}

impl KeptCommand {
    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        let written = |row: usize| {
            let is_written = control::is_written(state, row);
            is_written.then_some("A session is being recorded into it")
        };
        let idle = state.player.edit.is_none().then_some("No recording was chosen");
        match self {
            Self::Rename(row) => Row::new("Rename", "Give this recording another name", move |cx| {
                control::begin_to_rename(cx.state, row);
            })
            .unless(written(row)),
            Self::UseName => {
                let explanation = "Give the recording the name that was written";
                Row::new("Use this name", explanation, |cx| control::rename(cx.state, cx.waker)).unless(idle)
            }
            Self::Delete(row) => Row::new("Delete…", "Delete this recording, after a question", move |cx| {
                control::begin_to_delete(cx.state, row);
            })
            .unless(written(row)),
            Self::ReallyDelete => {
                let explanation = "Delete the recording for good";
                Row::new("Delete the recording", explanation, |cx| control::delete(cx.state, cx.waker)).unless(idle)
            }
            Self::Leave => Row::new("Leave it", "Change nothing", |cx| cx.state.player.edit = None).unless(idle),
        }
    }
}
