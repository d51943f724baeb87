//! What the window shows: owned data, so that no lock is held while drawing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Local, NaiveDateTime, TimeDelta, Timelike as _, Utc};
use egui::ThemePreference;

use super::check::CheckView;
use super::command::{Repeat, Tab};
use super::drills::Drills;
use super::herd::HerdView;
use super::log::LogView;
use super::messages::{self, Messages};
use super::playback::Player;
use super::report::ReportView;
use super::settings::SettingsView;
use super::timeline::Timeline;
use crate::diagnosis::{Diagnoser, Finding, FindingMarks, Verdict};
use crate::faults::{Fault, FaultKind};
use crate::journal::{ArmedFault, Attempts, Machine, News, Rates, Snapshot, Status};
use crate::model::{Backoff, Entry, Event, Moment, Profile, ReportId, ServerEvent, Source};
use crate::replay::{Playback, PointInTime};
use crate::settings::Settings;

/// Everything that is drawn.
pub struct State {
    /// The session.
    pub snapshot: Arc<Snapshot>,
    /// What it means.
    pub verdict: Verdict,
    /// Whoever finds out what is wrong.
    diagnoser: Diagnoser,
    /// The clock of what is shown when this frame began: the session's, or a recording's.
    pub now: Moment,
    /// The session's clock, whatever is shown.
    pub present: Moment,
    /// Dates for moments.
    pub calendar: Calendar,
    /// Messages received and sent.
    pub messages: (u64, u64),
    /// The messages themselves.
    pub messages_view: Messages,
    /// Round trips and rates, as of the last look at them.
    pub rates: Rates,
    /// Events so far: the entries of the journal that are of interest to people.
    pub entries: u64,
    /// Every attempt over time.
    pub attempts: Attempts,
    /// When something was found wrong.
    pub finding_marks: Arc<FindingMarks>,
    /// The client's state machine.
    pub machine: Machine,
    /// The recording that is shown instead of the session, if there is one.
    pub player: Player,
    /// The profiles to choose from.
    pub profiles: Vec<Profile>,
    /// Which of them is in use.
    pub chosen: usize,
    /// The console.
    pub log: LogView,
    /// The local server's log.
    pub server_log: LogView,
    /// The drills, and how they went.
    pub drills: Drills,
    /// The log of one of them.
    pub drill_log: LogView,
    /// What the reconnect rules do to a server.
    pub herd: HerdView,
    /// The check that is going on or was the last.
    pub check: CheckView,
    /// The report that is being made or was the last.
    pub report: ReportView,
    /// The tab that is shown.
    pub tab: Tab,
    /// Whether the QA panel is shown.
    pub panel_open: bool,
    /// Whether attempts and backoff are shown.
    pub timeline_open: bool,
    /// Their share of the height that they have together with the tabs.
    pub timeline_share: f32,
    /// Which part of the attempts is in view.
    pub timeline: Timeline,
    /// The rule of the waits while it is edited.
    pub backoff_draft: Option<Backoff>,
    /// What was typed last and is no number, in words.
    pub backoff_refused: Option<String>,
    /// How often faults in the ticket request act.
    pub repeat: Repeat,
    /// In how many of 100 cases a fault acts that is armed now.
    pub percent: u8,
    /// What the faults to be shown are called.
    pub fault_query: String,
    /// The faults whose parameters a person has changed.
    pub parameters: HashMap<FaultKind, Fault>,
    /// Whether a fault that shows at the next attempt begins one.
    pub attempt_at_once: bool,
    /// Dark, light or the system's.
    pub theme: ThemePreference,
    /// What is kept between two runs of the program.
    pub settings: Settings,
    /// What is being typed into the settings.
    pub settings_view: SettingsView,
    /// What the session is called by people and by the server's log.
    pub report_id: Option<ReportId>,
    /// What a person has to be told about the window itself.
    pub notice: Option<&'static str>,
    /// What lies over the window.
    pub overlay: Option<Overlay>,
}

/// What can lie over the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The command palette.
    Palette {
        /// What was typed.
        query: String,
        /// The row that Enter runs.
        row: usize,
    },
    /// The settings.
    Settings,
    /// The list of shortcuts.
    Help,
    /// Everything that was found wrong.
    Findings,
    /// What will be in a report.
    Report,
    /// Choose a recording to look at.
    Recordings,
    /// Choose a recording to compare the one that is shown with.
    CompareWith,
    /// What differs between the two.
    Comparison,
}

/// What is shown of a session; of another one while a recording is looked at.
pub struct Shown {
    snapshot: Arc<Snapshot>,
    verdict: Verdict,
    now: Moment,
    calendar: Calendar,
    messages: (u64, u64),
    messages_view: Messages,
    rates: Rates,
    entries: u64,
    attempts: Attempts,
    finding_marks: Arc<FindingMarks>,
    machine: Machine,
    log: LogView,
    server_log: LogView,
    timeline: Timeline,
    backoff_draft: Option<Backoff>,
}

/// The lists of a recording: all that it holds.
pub struct Views {
    /// The console.
    pub log: LogView,
    /// The local server's log.
    pub server_log: LogView,
    /// The messages.
    pub messages: Messages,
}

impl Shown {
    /// A recording of which nothing is shown yet.
    pub fn new(playback: &Playback, calendar: Calendar, views: Views) -> Self {
        let snapshot = playback.recording().beginning();
        let Views { log, server_log, messages } = views;
        Self {
            verdict: Verdict::new(&snapshot, Vec::new()),
            snapshot,
            now: Moment::START,
            calendar: Calendar { anchor: None, ..calendar },
            messages: (0, 0),
            messages_view: messages,
            rates: Rates::default(),
            entries: 0,
            attempts: Attempts::default(),
            finding_marks: Arc::clone(&playback.marks().finding_marks),
            machine: Machine::default(),
            log,
            server_log,
            timeline: Timeline::default(),
            backoff_draft: None,
        }
    }
}

impl State {
    /// A window in which nothing has happened.
    pub fn new(profiles: Vec<Profile>, profile: Profile) -> Self {
        let snapshot = Arc::new(Snapshot::new(profile));
        Self {
            verdict: Verdict::new(&snapshot, Vec::new()),
            diagnoser: Diagnoser::new(Arc::clone(&snapshot.profile)),
            snapshot,
            now: Moment::START,
            present: Moment::START,
            calendar: Calendar::default(),
            messages: (0, 0),
            messages_view: Messages::default(),
            rates: Rates::default(),
            entries: 0,
            attempts: Attempts::default(),
            finding_marks: Arc::default(),
            machine: Machine::default(),
            player: Player::default(),
            profiles,
            chosen: 0,
            log: LogView::following(),
            server_log: LogView::with_details(),
            drills: Drills::default(),
            drill_log: LogView::following(),
            herd: HerdView::default(),
            check: CheckView::default(),
            report: ReportView::default(),
            tab: Tab::default(),
            panel_open: true,
            timeline_open: true,
            timeline_share: 0.56,
            timeline: Timeline::default(),
            backoff_draft: None,
            backoff_refused: None,
            repeat: Repeat::default(),
            percent: 100,
            fault_query: String::new(),
            parameters: HashMap::new(),
            attempt_at_once: true,
            theme: ThemePreference::System,
            settings: Settings::default(),
            settings_view: SettingsView::default(),
            report_id: None,
            notice: None,
            overlay: None,
        }
    }

    /// Forgets the session that was shown, for one with `profile`; choices stay.
    pub fn begin_session(&mut self, profile: Arc<Profile>) {
        self.diagnoser = Diagnoser::new(profile);
        self.calendar.anchor = None;
        self.entries = 0;
        (self.attempts, self.machine) = (Attempts::default(), Machine::default());
        self.finding_marks = Arc::default();
        self.timeline.restart();
        self.backoff_draft = None;
        self.log.clear();
        self.server_log.clear();
        self.messages_view.clear();
        self.drills.restart_clock();
        self.check.restart_clock();
    }

    /// Shows `other`, and keeps there what was shown.
    pub fn exchange(&mut self, other: &mut Shown) {
        use std::mem::swap;
        swap(&mut self.snapshot, &mut other.snapshot);
        swap(&mut self.verdict, &mut other.verdict);
        swap(&mut self.now, &mut other.now);
        swap(&mut self.calendar, &mut other.calendar);
        swap(&mut self.messages, &mut other.messages);
        swap(&mut self.entries, &mut other.entries);
        swap(&mut self.attempts, &mut other.attempts);
        swap(&mut self.finding_marks, &mut other.finding_marks);
        swap(&mut self.messages_view, &mut other.messages_view);
        swap(&mut self.rates, &mut other.rates);
        swap(&mut self.machine, &mut other.machine);
        swap(&mut self.log, &mut other.log);
        swap(&mut self.server_log, &mut other.server_log);
        swap(&mut self.timeline, &mut other.timeline);
        swap(&mut self.backoff_draft, &mut other.backoff_draft);
    }

    /// Shows a moment of a recording.
    pub fn show_point_in_time(&mut self, point: PointInTime, now: Moment) {
        self.now = now;
        self.verdict = Verdict::of_past(&point.snapshot, point.findings);
        self.calendar.anchor = point.newest;
        (self.snapshot, self.attempts, self.machine) = (point.snapshot, point.attempts, point.machine);
        (self.messages, self.entries) = (point.messages, point.events);
        for log in [&mut self.log, &mut self.server_log] {
            log.show_until(point.next_seq);
        }
        self.messages_view.show_until(now);
    }

    /// Takes in what is new in the journal.
    pub fn apply(&mut self, news: News) {
        let News { snapshot, entries, missed } = news;
        self.entries += missed + entries.iter().filter(|entry| !entry.event.is_for_replay()).count() as u64;
        self.log.count_lost(missed);
        if missed > 0 {
            self.diagnoser.forget();
        }
        for entry in &entries {
            self.apply_entry(entry);
        }
        if !Arc::ptr_eq(&snapshot, &self.snapshot) {
            self.verdict = Verdict::new(&snapshot, self.diagnoser.findings());
            self.snapshot = snapshot;
        }
    }

    fn apply_entry(&mut self, entry: &Entry) {
        self.calendar.anchor = Some((entry.elapsed, entry.time));
        self.diagnoser.apply(entry);
        Arc::make_mut(&mut self.finding_marks).apply(entry, &self.diagnoser);
        self.log.append(entry);
        self.attempts.apply(entry);
        self.machine.apply(entry);
        if entry.source == Source::Server || matches!(entry.event, Event::Server(ServerEvent::Log { .. })) {
            self.server_log.append(entry);
        }
    }

    /// Selects the first line of the journal entries `seqs` in the log, or says that there is none any more.
    pub fn reveal(&mut self, seqs: &[u64]) {
        let is_there = self.log.reveal(seqs);
        self.notice = (!is_there).then_some("The log no longer keeps that line: it is older than the oldest one there");
    }

    /// What was found wrong, each with how deep it lies below a cause, in the order of the list.
    pub fn findings(&self) -> impl Iterator<Item = (usize, &Finding)> {
        self.verdict.findings.iter().flat_map(Finding::with_symptoms)
    }

    /// What the session that is shown is called, or the one of the recording.
    pub fn shown_report_id(&self) -> Option<ReportId> {
        self.player.report_id().or(self.report_id)
    }

    /// Whether nothing goes on until a person asks.
    pub fn is_at_rest(&self) -> bool {
        matches!(self.snapshot.status, Status::Idle | Status::Stopped)
    }

    /// A fault with the parameters that it is to have.
    pub fn fault(&self, kind: FaultKind) -> Fault {
        self.parameters.get(&kind).cloned().unwrap_or_else(|| kind.default_parameters())
    }

    /// The fault, if it is armed.
    pub fn armed(&self, fault: FaultKind) -> Option<&ArmedFault> {
        let name = fault.name();
        self.snapshot.faults.iter().find(|armed| armed.fault == name)
    }

    /// Whether the rule of the waits is not the profile's.
    pub fn is_backoff_changed(&self) -> bool {
        self.snapshot.backoff != self.snapshot.profile.backoff
    }

    /// Closes so far.
    pub fn closes(&self) -> u64 {
        self.snapshot.closes.len() as u64 + self.snapshot.closes_dropped
    }

    /// The log that is in view, or would be.
    pub fn active_log(&self) -> &LogView {
        match self.tab {
            Tab::Log | Tab::Closes | Tab::Messages | Tab::Rates | Tab::Machine | Tab::Herd | Tab::Check => &self.log,
            Tab::Server => &self.server_log,
            Tab::Drill => &self.drill_log,
        }
    }

    /// See [`Self::active_log`].
    pub fn active_log_mut(&mut self) -> &mut LogView {
        match self.tab {
            Tab::Log | Tab::Closes | Tab::Messages | Tab::Rates | Tab::Machine | Tab::Herd | Tab::Check => {
                &mut self.log
            }
            Tab::Server => &mut self.server_log,
            Tab::Drill => &mut self.drill_log,
        }
    }

    /// Whether the end of what is in view is kept in view.
    pub fn follows(&self) -> bool {
        if self.tab == Tab::Messages { self.messages_view.follow } else { self.active_log().follow }
    }

    /// Keeps the end of what is in view in view, or not.
    pub fn set_follow(&mut self, follow: bool) {
        match self.tab {
            Tab::Messages => self.messages_view.follow = follow,
            _ => self.active_log_mut().follow = follow,
        }
    }

    /// The filter of what is in view.
    pub fn filter(&self) -> &str {
        if self.tab == Tab::Messages { self.messages_view.filter() } else { self.active_log().filter() }
    }

    /// Filters what is in view.
    pub fn set_filter(&mut self, text: String) {
        match self.tab {
            Tab::Messages => self.messages_view.set_filter(text),
            _ => self.active_log_mut().set_filter(text),
        }
    }

    /// The lines in view, as text.
    pub fn copied(&mut self) -> String {
        match self.tab {
            Tab::Messages => self.messages_view.copied(|message| messages::time(self, message)),
            _ => {
                let calendar = self.calendar;
                self.active_log_mut().copied(&calendar)
            }
        }
    }

    /// What was clicked in view, as text.
    pub fn copied_selection(&self) -> Option<String> {
        match self.tab {
            Tab::Messages => self.messages_view.copied_selection(),
            _ => self.active_log().copied_selection(&self.calendar),
        }
    }

    /// Nothing in view is selected.
    pub fn deselect(&mut self) {
        match self.tab {
            Tab::Messages => self.messages_view.deselect(),
            _ => self.active_log_mut().deselect(),
        }
    }

    /// The date now, as far as the session knows it.
    pub fn date(&self) -> Option<DateTime<Utc>> {
        self.calendar.date(self.now)
    }

    /// How long from now until something in the window looks different by the mere passing of time.
    pub fn next_visible_change(&self) -> Option<Duration> {
        let ticks = [self.countdown_tick(), self.ticket_tick(), self.expiry_tick()];
        // The time of a recording stands still, or is moved on by the player.
        let ticks = ticks.into_iter().filter(|_| !self.player.has_recording());
        ticks.chain([self.drills.tick(), self.herd.tick(), self.check.tick()]).flatten().min()
    }

    fn countdown_tick(&self) -> Option<Duration> {
        let Status::Waiting(delay) = &self.snapshot.status else { return None };
        let left = delay.until.since(self.now);
        let tick = if left > TENTHS_FROM { Duration::from_secs(1) } else { Duration::from_millis(100) };
        until_multiple(left, tick)
    }

    fn ticket_tick(&self) -> Option<Duration> {
        let left = self.ticket_left()?;
        until_multiple(left, Duration::from_secs(1))
    }

    /// The life that is left of a ticket that is waiting to be used.
    pub fn ticket_left(&self) -> Option<Duration> {
        let ticket = self.snapshot.ticket.last?;
        let left = (ticket.requested_at + ticket.lifetime?).since(self.now);
        let is_waiting = ticket.spent_at_age.is_none() && matches!(self.snapshot.status, Status::Connecting(_));
        (is_waiting && !left.is_zero()).then_some(left)
    }

    fn expiry_tick(&self) -> Option<Duration> {
        let claims = self.snapshot.token.token.as_ref()?.claims.as_ref().ok()?;
        let left = (claims.expires_at? - self.date()?).to_std().ok()?;
        let (hour, minute) = (Duration::from_secs(3_600), Duration::from_secs(60));
        // Beyond an hour the text counts whole hours, and may be a minute late so that an idle window sleeps.
        if left < hour { until_multiple(left, minute) } else { Some(until_multiple(left, hour)?.max(minute)) }
    }
}

/// A wait that is shorter is counted down in tenths of a second, a longer one in seconds.
const TENTHS_FROM: Duration = Duration::from_secs(10);

/// What is left of a wait, rounded up, so that it says 0.0 only when the wait is over.
pub fn countdown(left: Duration) -> String {
    if left > TENTHS_FROM {
        return format!("{} s", left.as_millis().div_ceil(1_000));
    }
    let tenths = left.as_millis().div_ceil(100);
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// How long until `left`, which shrinks, falls below a multiple of `unit`.
fn until_multiple(left: Duration, unit: Duration) -> Option<Duration> {
    if left.is_zero() {
        return None;
    }
    let into = left.as_nanos() % unit.as_nanos();
    let into = u64::try_from(into).unwrap_or(0);
    Some(if into == 0 { unit } else { Duration::from_nanos(into) })
}

/// Turns the session's moments into dates and dates into text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calendar {
    /// A moment and its date: the newest entry's.
    anchor: Option<(Moment, DateTime<Utc>)>,
    /// The zone to show dates in; the computer's if `None`.
    pub zone: Option<FixedOffset>,
}

impl Calendar {
    /// The date of `moment`, by this computer's clock when the newest entry was written.
    pub fn date(&self, moment: Moment) -> Option<DateTime<Utc>> {
        let (anchor, date) = self.anchor?;
        let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        date.checked_add_signed(TimeDelta::nanoseconds(nanos(moment.since(anchor)) - nanos(anchor.since(moment))))
    }

    /// What a clock showed when the session began, since midnight; nothing, while that is not known.
    pub fn clock_at_start(&self) -> Duration {
        let time = self.date(Moment::START).map(|date| self.local(date).time());
        time.map_or(Duration::ZERO, |time| {
            let nanos = u64::from(time.num_seconds_from_midnight()) * 1_000_000_000 + u64::from(time.nanosecond());
            Duration::from_nanos(nanos)
        })
    }

    fn local(&self, date: DateTime<Utc>) -> NaiveDateTime {
        match self.zone {
            Some(zone) => date.with_timezone(&zone).naive_local(),
            None => date.with_timezone(&Local).naive_local(),
        }
    }

    /// `14:02:11.463`.
    pub fn precise(&self, date: DateTime<Utc>) -> String {
        self.local(date).format("%H:%M:%S%.3f").to_string()
    }

    /// `14:02:11`.
    pub fn time(&self, date: DateTime<Utc>) -> String {
        self.local(date).format("%H:%M:%S").to_string()
    }

    /// `22 Jan 2026`.
    pub fn day(&self, date: DateTime<Utc>) -> String {
        self.local(date).format("%-d %b %Y").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::LineStore;
    use super::*;
    use crate::model::FlowEvent;

    #[test]
    fn ticks_fall_on_the_next_change_and_end() {
        let ms = Duration::from_millis;
        assert_eq!(until_multiple(ms(1_234), ms(50)), Some(ms(34)));
        assert_eq!(until_multiple(ms(1_200), ms(50)), Some(ms(50)));
        assert_eq!(until_multiple(Duration::ZERO, ms(50)), None);
    }

    #[test]
    fn short_waits_are_counted_down_in_tenths_and_long_ones_in_seconds() {
        let texts = [0, 1, 1_200, 10_000, 10_001, 61_000].map(|ms| countdown(Duration::from_millis(ms)));
        assert_eq!(texts, ["0.0 s", "0.1 s", "1.2 s", "10.0 s", "11 s", "61 s"]);
    }

    #[test]
    fn a_line_that_is_gone_is_said_to_be() {
        let mut state = State::new(Vec::new(), Profile::production());
        state.log = LogView::over(LineStore::new(3));
        for seq in 0..5 {
            let (elapsed, time, event) = (Moment::START, DateTime::UNIX_EPOCH, Event::Flow(FlowEvent::Connected));
            let (attempt, source, simulated) = (None, Source::Flow, None);
            state.apply_entry(&Entry { seq, elapsed, time, attempt, source, simulated, event });
        }
        state.reveal(&[1]);
        assert!(state.notice.unwrap().contains("no longer keeps that line"));
        state.reveal(&[2]);
        assert_eq!(state.notice, None);
        assert!(state.copied_selection().unwrap().contains("[WS] Connected"));
    }

    #[test]
    fn moments_before_and_after_the_anchor_have_dates() {
        let date = |seconds| DateTime::from_timestamp(seconds, 0).unwrap();
        let calendar =
            Calendar { anchor: Some((Moment::from_millis(10_000), date(1_000))), zone: FixedOffset::east_opt(3_600) };
        assert_eq!(calendar.date(Moment::from_millis(4_000)), Some(date(994)));
        assert_eq!(calendar.date(Moment::from_millis(12_000)), Some(date(1_002)));
        assert_eq!(calendar.precise(date(0)), "01:00:00.000");
    }
}
