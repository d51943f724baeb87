//! Results of the last try for the form's keys, and which of their values should change.

use super::super::super::profiles::Draft;
use super::super::super::state::State;
use crate::check::{Step, StepState};
use crate::model::{Event, FlowEvent};
use crate::profiles::form::{Fix, Key, Part};

/// What the last try has shown, if it was of the text that stands there now.
pub(super) struct LastTry<'a>(Option<&'a State>);

impl<'a> LastTry<'a> {
    /// Of `draft`, which is the one that is shown.
    pub(super) fn new(state: &'a State, draft: &Draft) -> Self {
        Self(Some(state).filter(|state| state.files.is_tried && state.files.tried_text == draft.text))
    }

    /// Of `key` in `part`, in words.
    pub(super) fn of(&self, part: Part, key: &Key) -> Option<String> {
        let step = match (part, key.name) {
            (Part::SignIn, "take") => Step::Token,
            (Part::Ticket, "take") => Step::Ticket,
            (Part::Socket, "url" | "path" | "protocols") => Step::Upgrade,
            (Part::Greeting, "expect") => Step::Greeting,
            _ => return None,
        };
        let result = self.0?.check.results().iter().find(|result| result.step == step)?;
        (result.state == StepState::Passed).then(|| format!("✓ seen: {}", result.found))
    }

    /// The change of `draft` that the failure of its try suggests.
    pub(super) fn fix(&self, draft: &Draft) -> Option<Fix> {
        let outcome = self.0?.check.outcome()?;
        let failure = outcome.entries.iter().rev().find_map(|entry| match &entry.event {
            Event::Flow(FlowEvent::AttemptFailed { failure, .. }) => Some(failure),
            _ => None,
        })?;
        draft.form()?.fix_of(failure)
    }
}
