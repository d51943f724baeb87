//! Takes in what is new.

use super::App;
use crate::journal::Change;
use crate::ui::playback::control;

/// Entries of the journal that a frame takes in at most: a few milliseconds' work.
const AT_ONCE: usize = 4_096;

impl App {
    /// Takes in what the session, its recording and the window's own threads have to tell.
    pub(super) fn take_in_news(&mut self) {
        self.waker.looked();
        let is_recording = control::apply(&mut self.state, &self.waker);
        self.state.present = self.engine.now();
        if !is_recording {
            self.state.pane.now = self.state.present;
        }
        self.workers.apply(&mut self.state, &self.waker);
        for tab in self.state.tabs.clone() {
            (tab.take_in_results)(&mut self.state);
        }
        if is_recording {
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
                (tab.take_in)(state, traffic);
            }
            traffic.data()
        });
        state.pane.rates.advance(state.pane.now);
        self.waker.show_heartbeats(shown.is_some_and(|tab| tab.shows_heartbeats));
        state.pane.apply(news);
    }
}
