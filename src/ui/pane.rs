//! What is shown of a session: of the one that goes on, or of a recorded one.

use std::sync::Arc;

use super::calendar::Calendar;
use super::log::LogView;
use super::messages::Messages;
use super::timeline::Timeline;
use crate::journal::{News, Rates};
use crate::model::{Backoff, Entry, Event, Moment, Profile, ServerEvent, Source};
use crate::replay::{Playback, PointInTime};
use crate::view::{Exchanges, FaultResults, SessionView, Standpoint, Verdict};

/// Everything that is shown of a session.
pub struct Pane {
    /// The view folded from its entries.
    pub view: SessionView,
    /// The verdict on it.
    pub verdict: Verdict,
    /// Its clock: now, or the moment of a recording that is shown.
    pub now: Moment,
    /// Dates for moments.
    pub calendar: Calendar,
    /// Messages received and sent.
    pub messages: (u64, u64),
    /// The messages themselves.
    pub messages_view: Messages,
    /// Round trips and rates, as of the last look at them.
    pub rates: Rates,
    /// The console.
    pub log: LogView,
    /// The local server's log.
    pub server_log: LogView,
    /// The period of the attempts that is in view.
    pub timeline: Timeline,
    /// Every request.
    pub exchanges: Exchanges,
    /// The effect of the last fault.
    pub fault_results: FaultResults,
    /// The rule of the waits while it is edited.
    pub backoff_draft: Option<Backoff>,
}

/// The lists of a recording: all that it holds.
pub struct Views {
    /// The console.
    pub log: LogView,
    /// The local server's log.
    pub server_log: LogView,
    /// The messages.
    pub messages: Messages,
    /// The requests.
    pub exchanges: Exchanges,
}

impl Pane {
    /// A live session with `profile`, before any entry.
    pub fn live(profile: impl Into<Arc<Profile>>) -> Self {
        let (log, server_log) = (LogView::following(), LogView::with_details());
        let views = Views { log, server_log, messages: Messages::default(), exchanges: Exchanges::live() };
        Self::new(SessionView::live(profile), Standpoint::Present, Calendar::default(), views)
    }

    /// A recording, before its first entry.
    pub fn recorded(playback: &Playback, calendar: Calendar, views: Views) -> Self {
        let PointInTime { view, .. } = playback.point_in_time(0, Moment::START);
        Self::new(
            view,
            Standpoint::Past,
            Calendar { anchor: None, timing: playback.recording().header().timing(), ..calendar },
            views,
        )
    }

    fn new(view: SessionView, standpoint: Standpoint, calendar: Calendar, views: Views) -> Self {
        let Views { log, server_log, messages, exchanges } = views;
        Self {
            verdict: view.verdict(standpoint),
            view,
            now: Moment::START,
            calendar,
            messages: (0, 0),
            messages_view: messages,
            rates: Rates::default(),
            log,
            server_log,
            timeline: Timeline::default(),
            exchanges,
            fault_results: FaultResults::default(),
            backoff_draft: None,
        }
    }

    /// Forgets the session that was shown, for one with `profile`; what a person chose to see stays.
    pub fn restart(&mut self, profile: impl Into<Arc<Profile>>) {
        self.view = SessionView::live(profile);
        self.verdict = self.view.verdict(Standpoint::Present);
        self.calendar.anchor = None;
        self.timeline.restart();
        self.backoff_draft = None;
        self.fault_results = FaultResults::default();
        self.exchanges = Exchanges::live();
        self.log.clear();
        self.server_log.clear();
        self.messages_view.clear();
    }

    /// Takes in what is new in the journal.
    pub fn apply(&mut self, news: News) {
        let News { landmarks, entries, missed } = news;
        self.log.count_lost(missed);
        landmarks.iter().for_each(|entry| self.view.apply(entry));
        entries.iter().for_each(|entry| self.apply_entry(entry));
        if !entries.is_empty() {
            self.verdict = self.view.verdict(Standpoint::Present);
        }
    }

    fn apply_entry(&mut self, entry: &Entry) {
        self.view.apply(entry);
        self.fault_results.apply(entry);
        self.exchanges.apply(entry);
        self.calendar.anchor = self.view.newest();
        self.log.append(entry);
        if entry.source == Source::Server || matches!(entry.event, Event::Server(ServerEvent::Log { .. })) {
            self.server_log.append(entry);
        }
    }

    /// Shows a moment of a recording; `is_end` if nothing follows it there.
    pub fn show_point_in_time(&mut self, point: PointInTime, now: Moment, is_end: bool) {
        let PointInTime { view, messages } = point;
        (self.view, self.messages, self.now) = (view, messages, now);
        self.verdict = self.view.verdict(if is_end { Standpoint::End } else { Standpoint::Past });
        self.calendar.anchor = self.view.newest();
        for log in [&mut self.log, &mut self.server_log] {
            log.show_until(self.view.next_seq());
        }
        self.messages_view.show_until(now);
    }
}
