//! Opening recordings and what users sent.

use egui::Key;

use super::super::dialogs::FileRequest;
use super::super::playback::{Purpose, control};
use super::super::state::State;
use super::Row;
use super::obstacles::dialog_is_open;

/// A way to open a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum OpenCommand {
    /// Look at a recording instead of the session.
    #[default]
    Choose,
    /// Choose a recording in the system's dialog.
    Browse,
    /// Open the file whose path was entered.
    #[strum(disabled)]
    Path,
    /// Open the text that was pasted.
    #[strum(disabled)]
    Pasted,
    /// Open the recording in this row of the list.
    #[strum(disabled)]
    Kept(usize),
}

impl OpenCommand {
    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        match self {
            Self::Choose => {
                let explanation = "Open what a user sent (HAR, console text, network log, server log, report, probe code) or a \
                                   recording; the live session goes on meanwhile";
                Row::new("Open…", explanation, |cx| {
                    control::ask_for(cx.state, Purpose::Show, cx.waker);
                })
                .key(Key::O)
            }
            Self::Browse => {
                let explanation = "Choose a file in this system's own dialog";
                Row::new("Browse for a file…", explanation, |cx| {
                    control::keep_asking(cx.state, cx.waker);
                    cx.ask_for_file(FileRequest::Recording);
                })
                .unless(dialog_is_open(state))
            }
            Self::Path => Row::new("Open", "Read this file", |cx| control::open_path(cx.state, cx.waker)),
            Self::Pasted => Row::new("Open the pasted text", "Read it as a console's text or a probe's code", |cx| {
                control::open_pasted(cx.state, cx.waker);
            }),
            Self::Kept(place) => Row::new("Open this recording", "Read this file", move |cx| {
                control::open_kept(cx.state, place, cx.waker);
            }),
        }
    }
}
