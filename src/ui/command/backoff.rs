//! The rule of the waits in this session.

use super::super::state::State;
use super::Row;
use super::obstacles::recorded;
use crate::session::Command;

/// Something to do with the rule of the waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum BackoffCommand {
    /// Edit the rule of the waits, or stop editing it.
    #[default]
    Edit,
    /// Wait by the edited rule in this session.
    Use,
    /// Wait by the profile's rule again.
    UseProfile,
}

impl BackoffCommand {
    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        let snapshot = state.pane.view.snapshot();
        match self {
            Self::Edit => {
                let is_edited = state.pane.backoff_draft.is_some();
                let label = if is_edited { "Close the backoff's editor" } else { "Edit the backoff…" };
                let explanation = "Change the rule of the waits for this session; the profile stays as it is";
                Row::new(label, explanation, |cx| {
                    let state = &mut *cx.state;
                    let draft = state.pane.view.snapshot().backoff.clone();
                    state.pane.backoff_draft = state.pane.backoff_draft.is_none().then_some(draft);
                    state.backoff_refused = None;
                    state.timeline_open = true;
                })
                .unless(recorded(state))
            }
            Self::Use => {
                let explanation = "The next wait is drawn by this rule; the one that is going on stays";
                Row::new("Use in this session", explanation, |cx| {
                    if let Some(rule) = cx.state.pane.backoff_draft.clone() {
                        cx.send(Command::SetBackoff(rule));
                    }
                })
                .unless(recorded(state))
                .unless(match &state.pane.backoff_draft {
                    None => Some("Edit the backoff first"),
                    Some(draft) if *draft == snapshot.backoff => Some("It is the rule in use"),
                    Some(_) => None,
                })
            }
            Self::UseProfile => {
                let explanation = "The next wait is drawn by the profile's rule again";
                Row::new("Back to the profile's", explanation, |cx| {
                    let rule = cx.state.pane.view.snapshot().profile.backoff.clone();
                    cx.state.pane.backoff_draft = cx.state.pane.backoff_draft.is_some().then(|| rule.clone());
                    cx.send(Command::SetBackoff(rule));
                })
                .unless(recorded(state))
                .unless((!state.is_backoff_changed()).then_some("It is the rule in use"))
            }
        }
    }
}
