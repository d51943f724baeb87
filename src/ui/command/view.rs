//! How the window shows what it shows: layout, size of texts, zone of times.

use egui::{Key, Modifiers};
use strum::IntoEnumIterator as _;

use super::super::layout::{self, SidePanel};
use super::super::state::State;
use super::Row;
use crate::settings::{Layout, Times};

/// A change of how things are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ViewCommand {
    /// Lay the window out for these people.
    Layout(Layout),
    /// Show or hide the panel with what to tell the user.
    AnswerPanel,
    /// Show times in this computer's zone, or in UTC.
    Times,
    /// Whether the desktop tells of what changes.
    Notices,
    /// Whether the desktop's tray shows the state.
    Tray,
    /// Larger texts.
    Larger,
    /// Smaller texts.
    Smaller,
    /// Texts of the usual size.
    UsualSize,
}

impl Default for ViewCommand {
    fn default() -> Self {
        Self::Layout(Layout::default())
    }
}

/// The sizes that texts may have, in per cent.
pub const TEXT_PERCENT: std::ops::RangeInclusive<u16> = 60..=300;
/// By how much a press changes it.
const STEP: u16 = 10;

impl ViewCommand {
    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let others =
            [Self::AnswerPanel, Self::Times, Self::Notices, Self::Tray, Self::Larger, Self::Smaller, Self::UsualSize];
        Layout::iter().map(Self::Layout).chain(others)
    }

    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        let percent = state.settings.window.text_percent;
        match self {
            Self::Layout(to) => {
                Row::new(layout::label(to), layout::explanation(to), move |cx| layout::choose_anew(cx.state, to))
                    .on(state.settings.window.layout == to)
            }
            Self::AnswerPanel => {
                let is_shown = state.side_panel() == Some(SidePanel::Support);
                let label = if is_shown { "Hide the answer" } else { "Show the answer" };
                Row::new(label, "The panel with what to tell the user and operations", move |cx| {
                    if !cx.state.player.has_files() {
                        layout::choose(cx.state, Layout::Support);
                    }
                    cx.state.panel_open = !is_shown;
                    cx.state.settings.window.answer_panel = !is_shown;
                })
                .on(is_shown)
            }
            Self::Times => {
                let label = match state.settings.times {
                    Times::Local => "Times: local",
                    Times::Utc => "Times: UTC",
                };
                let explanation = "In this computer's zone, or in UTC as servers log";
                Row::new(label, explanation, |cx| {
                    cx.state.show_times(match cx.state.settings.times {
                        Times::Local => Times::Utc,
                        Times::Utc => Times::Local,
                    });
                })
            }
            Self::Notices => {
                let explanation = "Let the desktop tell when a connection breaks or is back, while you look elsewhere";
                Row::new("Desktop notices", explanation, |cx| {
                    cx.state.settings.notices = !cx.state.settings.notices;
                })
                .on(state.settings.notices)
            }
            Self::Tray => {
                let explanation = "Show the state's colour in the desktop's tray, with Show, Disconnect and Quit";
                let obstacle = (!cfg!(target_os = "linux")).then_some("Only Linux desktops are told so");
                Row::new("Tray icon", explanation, |cx| cx.state.settings.tray = !cx.state.settings.tray)
                    .on(state.settings.tray)
                    .unless(obstacle)
            }
            Self::Larger => {
                let larger = (percent + STEP).min(*TEXT_PERCENT.end());
                size("Larger text", "Make everything in the window larger", larger, percent, Key::Plus)
            }
            Self::Smaller => {
                let smaller = percent.saturating_sub(STEP).max(*TEXT_PERCENT.start());
                size("Smaller text", "Make everything in the window smaller", smaller, percent, Key::Minus)
            }
            Self::UsualSize => size("Usual text size", "Show everything in its usual size", 100, percent, Key::Num0),
        }
    }
}

/// The row of a change from `percent` to another size.
fn size(label: &'static str, explanation: &'static str, to: u16, percent: u16, key: Key) -> Row {
    Row::new(label, explanation, move |cx| {
        cx.state.settings.window.text_percent = to;
        cx.ctx.set_zoom_factor(f32::from(to) / 100.0);
    })
    .keys(Modifiers::COMMAND, key)
    .unless((to == percent).then_some("It has this size"))
}
