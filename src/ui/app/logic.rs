//! Takes in what is new.

use std::sync::Arc;

use super::App;
use crate::journal::Change;
use crate::model::{DriverEvent, Entry, Event, Failure, RequestFailureKind};
use crate::session::SecretRequest;
use crate::ui::playback::control;
use crate::ui::state::Overlay;
use crate::view::Status;

/// Entries of the journal that a frame takes in at most: a few milliseconds' work.
const AT_ONCE: usize = 4_096;

impl App {
    /// Takes in what the session, its recording and the window's own threads have to tell.
    pub(super) fn apply_news(&mut self) {
        self.waker.drained();
        let is_playback = control::apply(&mut self.state, &self.waker);
        self.state.present = self.engine.now();
        if !is_playback {
            self.state.pane.now = self.state.present;
        }
        self.workers.apply(&mut self.state, &self.waker);
        for tab in self.state.tabs.clone() {
            (tab.apply_results)(&mut self.state);
        }
        self.state.secrets.view = self.engine.secrets();
        if is_playback {
            // What happens meanwhile waits in the journal.
            return;
        }
        let journal = self.engine.journal();
        let news = journal.since_at_most(self.state.pane.view.next_seq(), AT_ONCE);
        if news.entries.len() == AT_ONCE {
            self.waker.wake(Change::Fact);
        }
        let state = &mut self.state;
        let shown = state.shown_tab();
        state.pane.messages = journal.with_traffic(|traffic| {
            if let Some(tab) = shown {
                (tab.apply)(state, traffic);
            }
            traffic.data()
        });
        state.pane.rates.advance(state.pane.now);
        let is_crash = |entry: &Arc<Entry>| matches!(entry.event, Event::Driver(DriverEvent::ThreadCrashed { .. }));
        if news.entries.iter().any(is_crash) {
            state.note(false, "A part of the program has crashed; the log says which");
        }
        self.waker.show_heartbeats(shown.is_some_and(|tab| tab.shows_heartbeats));
        state.pane.apply(news);
        if state.pane.view.snapshot().status != Status::Idle {
            state.check.supersede();
        }
        self.offer_secrets();
    }

    /// Shows what a person has to give once it is known to be missing, unless something else is shown.
    fn offer_secrets(&mut self) {
        let state = &mut self.state;
        let snapshot = state.pane.view.snapshot();
        let profile = snapshot.profile.clone();
        let is_for_want = |failure: &Failure| match failure {
            Failure::Token(request) | Failure::Ticket(request) => {
                matches!(request.kind, RequestFailureKind::SecretMissing { .. })
            }
            _ => false,
        };
        let signing_in = snapshot.token.sign_in.as_ref().map(|sign_in| sign_in.until);
        let failed = snapshot.failed.as_ref().filter(|failed| is_for_want(&failed.failure));
        let failed_at = failed.map(|failed| failed.seq);
        if state.secrets.is_sign_in_over(signing_in) && state.overlay == Some(Overlay::Secrets) {
            state.overlay = None;
        }
        if state.secrets.is_sign_in_due(signing_in) && state.overlay.is_none() {
            state.overlay = Some(Overlay::Secrets);
        }
        if state.secrets.is_due(&profile, failed_at) && state.overlay.is_none() {
            state.overlay = Some(Overlay::Secrets);
            self.engine.ask_secrets(SecretRequest::Look);
        }
    }
}
