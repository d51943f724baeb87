//! The recording that is shown: moving through it, verifying, saving and comparing it.

use egui::Key;

use strum::IntoEnumIterator as _;

use super::super::dialogs::FileRequest;
use super::super::playback::{Purpose, Side, Speed, control};
use super::super::start;
use super::super::state::{Overlay, State};
use super::Row;
use super::obstacles::{dialog_is_open, not_recorded};
use crate::model::Moment;

/// Something to do with the recording that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum PlaybackCommand {
    /// Let the recording play, or stop it.
    #[default]
    Play,
    /// Show the moment before the newest entry of the recording.
    Previous,
    /// Show the moment of the next one.
    Next,
    /// How fast the recording plays.
    Speed(Speed),
    /// Show this moment of the recording.
    #[strum(disabled)]
    Scrub(Moment),
    /// Show the moment of this entry of the recording.
    #[strum(disabled)]
    JumpTo(u64),
    /// Feed the recording to the client's rules again.
    Verify,
    /// Save what was read from files as a recording.
    SaveTimeline,
    /// Write a copy of the HAR that is shown without anything secret.
    CleanCopy,
    /// Compare the recording with another one.
    Compare,
    /// Compare the files that are shown with the session.
    CompareWithLive,
    /// List what the last comparison found.
    Differences,
    /// Copy what the last comparison found.
    CopyDifferences,
    /// Show the moment of this entry of one of the recordings that were compared.
    #[strum(disabled)]
    JumpToIn(Side, u64),
    /// Show the session again.
    BackToLive,
}

impl PlaybackCommand {
    /// All that the palette has, in its order.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::iter().flat_map(|command| match command {
            Self::Speed(_) => Speed::iter().map(Self::Speed).collect(),
            command => vec![command],
        })
    }

    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        match self {
            Self::Play => {
                let (label, explanation) = if state.player.is_playing() {
                    ("Stop playing", "Stop at this moment of the recording")
                } else {
                    ("Play", "Let the recording go on from here")
                };
                Row::new(label, explanation, |cx| control::toggle(cx.state)).key(Key::Space).unless(not_recorded(state))
            }
            Self::Previous => {
                let explanation = "The moment of the entry before in the recording";
                Row::new("Previous entry", explanation, |cx| control::previous(cx.state))
                    .key(Key::OpenBracket)
                    .unless(not_recorded(state))
                    .unless(state.player.is_at_start().then_some("The recording begins here"))
            }
            Self::Next => {
                let explanation = "The moment of the next entry of the recording";
                Row::new("Next entry", explanation, |cx| control::next(cx.state))
                    .key(Key::CloseBracket)
                    .unless(not_recorded(state))
                    .unless(state.player.is_at_end().then_some("The recording ends here"))
            }
            Self::Speed(speed) => {
                let explanation = match speed {
                    Speed::EachFrame => "The next entry with every picture, whatever the time between them",
                    Speed::Normal | Speed::Four | Speed::Sixteen => "How fast the recording plays",
                };
                let label = format!("Play at {}", speed.label());
                Row::new(label, explanation, move |cx| cx.state.player.set_speed(speed))
                    .unless(not_recorded(state))
                    .on(state.player.speed() == speed)
            }
            Self::Scrub(at) => {
                let explanation = "Show this moment of the recording";
                Row::new("Show this moment", explanation, move |cx| control::scrub(cx.state, at))
                    .unless(not_recorded(state))
            }
            Self::JumpTo(seq) => {
                let explanation = "Show this moment of the recording";
                Row::new("Show its moment", explanation, move |cx| control::reveal(cx.state, seq))
                    .unless(not_recorded(state))
            }
            Self::Verify => {
                let explanation = "Feed the recording to the client's rules again: they must decide the same";
                Row::new("Verify", explanation, |cx| control::verify(cx.state, cx.waker))
                    .unless(not_recorded(state))
                    .unless(state.player.is_verifying().then_some("It is being verified"))
            }
            Self::SaveTimeline => {
                let explanation = "Save what was read from these files as a recording, without anything secret";
                Row::new("Save timeline…", explanation, |cx| cx.ask_for_file(FileRequest::Timeline))
                    .unless((!state.player.has_files()).then_some("No files are shown: open them first"))
                    .unless(dialog_is_open(state))
            }
            Self::CleanCopy => {
                let explanation = "Write a copy of this file that is safe to pass on";
                Row::new("Clean copy…", explanation, |cx| cx.ask_for_file(FileRequest::CleanCopy))
                    .unless(
                        (!state.player.can_be_cleaned())
                            .then_some("Open one HAR or network log, and nothing else, first"),
                    )
                    .unless(dialog_is_open(state))
            }
            Self::Compare => {
                let explanation = "Choose a second recording: the first step that differs, and what changed";
                Row::new("Compare…", explanation, |cx| control::ask_for(cx.state, Purpose::Compare, cx.waker))
                    .unless(not_recorded(state))
            }
            Self::CompareWithLive => {
                let explanation =
                    "Works here, fails there: the first step in which these files and the session here differ";
                Row::new("Compare with live", explanation, |cx| control::compare_with_live(cx.state, cx.waker))
                    .unless(control::no_live(state))
            }
            Self::Differences => {
                let explanation = "What the last comparison of two recordings found";
                Row::new("Differences", explanation, |cx| cx.state.overlay = Some(Overlay::Comparison))
                    .unless(not_recorded(state))
                    .unless(not_compared(state))
            }
            Self::CopyDifferences => {
                let explanation = "Copy what the comparison found as text, for a ticket";
                Row::new("Copy the differences", explanation, |cx| {
                    cx.copy(cx.state.player.comparison().map(ToString::to_string).unwrap_or_default());
                })
                .unless(not_recorded(state))
                .unless(not_compared(state))
            }
            Self::JumpToIn(side, seq) => {
                let explanation = "Show the moment of this entry in its recording";
                Row::new(format!("Show in {side}"), explanation, move |cx| {
                    control::reveal_in(cx.state, side, seq, cx.waker);
                })
                .unless(not_recorded(state))
            }
            Self::BackToLive => {
                let explanation = "Close the recording and show the session, which has gone on";
                Row::new("Back to live", explanation, |cx| {
                    control::close(cx.state);
                    // Without an attempt the session has nothing to show.
                    if cx.state.pane.view.snapshot().attempt.is_none() {
                        start::show_page(cx.state, cx.waker);
                    }
                })
                .key(Key::L)
                .unless(not_recorded(state))
            }
        }
    }
}

fn not_compared(state: &State) -> Option<&'static str> {
    state.player.comparison().is_none().then_some("No recordings were compared")
}
