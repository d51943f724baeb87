//! The picture of the attempts: how much of it is in view.

use egui::{Key, Modifiers};

use strum::IntoEnumIterator as _;

use super::super::mac::{ZOOM_IN, ZOOM_OUT};
use super::super::state::State;
use super::super::timeline::Span;
use super::Row;

/// Something to do with the picture of the attempts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum TimelineCommand {
    /// Show or hide attempts and backoff.
    #[default]
    Pane,
    /// Show the newest attempts of so much time.
    Span(Span),
    /// Show attempts in more detail.
    ZoomIn,
    /// Show attempts of more time.
    ZoomOut,
    /// Zoom to the attempt that begins with this entry of the journal.
    #[strum(disabled)]
    ZoomTo(u64),
    /// Follow the present.
    Now,
}

impl TimelineCommand {
    /// All that the palette has, in its order.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Self::iter().flat_map(|command| match command {
            Self::Span(_) => Span::iter().map(Self::Span).collect(),
            command => vec![command],
        })
    }

    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        match self {
            Self::Pane => {
                let is_open = state.timeline_open;
                let label = if is_open { "Hide attempts and backoff" } else { "Show attempts and backoff" };
                let explanation = "Every attempt over time, and the waits between them";
                Row::new(label, explanation, move |cx| {
                    cx.state.timeline_open = !is_open;
                    cx.state.settings.window.timeline = !is_open;
                })
                .key(Key::J)
                .on(is_open)
            }
            Self::Span(span) => {
                let explanation = "How much time the picture of the attempts shows";
                Row::new(format!("Attempts: {}", span.label()), explanation, move |cx| {
                    let state = &mut *cx.state;
                    let first = state.pane.view.attempts().lane(0).map_or(state.pane.now, |lane| lane.start);
                    state.pane.timeline.choose(span, first);
                })
                .on(state.pane.timeline.is(span))
            }
            Self::ZoomIn => Row::new("Zoom in", ZOOM_IN, |cx| {
                cx.state.pane.timeline.zoom(1.5, cx.state.pane.now, cx.state.deadline());
            })
            .keys(Modifiers::ALT, Key::Plus),
            Self::ZoomOut => Row::new("Zoom out", ZOOM_OUT, |cx| {
                cx.state.pane.timeline.zoom(1.0 / 1.5, cx.state.pane.now, cx.state.deadline());
            })
            .keys(Modifiers::ALT, Key::Minus),
            Self::ZoomTo(seq) => {
                let explanation = "Let one attempt fill the width, without its wait and the time that it was open";
                Row::new("Zoom to the attempt", explanation, move |cx| {
                    let state = &mut *cx.state;
                    if let Some(row) = state.pane.view.attempts().row_of(seq) {
                        let (from, to) = state.pane.view.attempts().work(row, state.pane.now);
                        state.pane.timeline.show(from, to);
                    }
                })
            }
            Self::Now => Row::new("Now", "Follow the present again", |cx| cx.state.pane.timeline.follow())
                .unless(state.pane.timeline.is_following().then_some("The present is followed")),
        }
    }
}
