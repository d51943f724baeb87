//! What the window shows: owned data, so that no lock is held while drawing.

use std::borrow::Cow;
use std::time::Duration;

use chrono::{DateTime, FixedOffset, Offset as _, Utc};

use super::calendar::Calendar;
use super::check::{CheckAnswer, CheckView};
use super::choices::{FaultChoices, ProfileChoice, StartChoices};
use super::dialogs::DialogState;
use super::drills::Drills;
use super::pace::Pace;
use super::page::Page;
use super::pane::Pane;
use super::panel_states::PanelStates;
use super::playback::Player;
use super::profiles::ProfilesState;
use super::report::ReportView;
use super::secrets::SecretsState;
use super::tab::{Listing, Tab, TabId};
use crate::diagnosis::Finding;
use crate::faults::FaultKind;
use crate::model::{Moment, Origin, Profile, ReportId};
use crate::settings::{Settings, Times};
use crate::view::{ArmedFault, Status, Support, Verdict};

/// Everything that is drawn.
pub struct State {
    /// The session that is shown.
    pub pane: Pane,
    /// The session's clock, whatever is shown.
    pub present: Moment,
    /// The recording that is shown instead of the session, if there is one.
    pub player: Player,
    /// The profiles to choose from, and the one in use.
    pub profiles: ProfileChoice,
    /// What fills the window.
    pub page: Page,
    /// What is chosen on the start page.
    pub start: StartChoices,
    /// Which of this user's windows it is, from 1.
    pub window_number: u32,
    /// The width of the panel at the right, as it was drawn last.
    pub panel_width: Option<f32>,
    /// The zone of times that are not in UTC; the computer's if `None`.
    pub local_zone: Option<FixedOffset>,
    /// Their files, and what is edited of them.
    pub files: ProfilesState,
    /// The drills, and how they went.
    pub drills: Drills,
    /// The check that is going on or was the last.
    pub check: CheckView,
    /// The report that is being made or was the last.
    pub report: ReportView,
    /// What people give the profile.
    pub secrets: SecretsState,
    /// The panels, in the order of their tabs.
    pub tabs: Vec<&'static Tab<Self>>,
    /// The one that is shown.
    pub tab: TabId,
    /// What panels keep of their own.
    pub own: PanelStates,
    /// Whether there is something at the right, if the layout has it.
    pub panel_open: bool,
    /// Whether attempts and backoff are shown.
    pub timeline_open: bool,
    /// Their share of the height that they have together with the tabs.
    pub timeline_share: f32,
    /// What was typed last and is no number, in words.
    pub backoff_refused: Option<String>,
    /// How faults are armed.
    pub faults: FaultChoices,
    /// What is kept between two runs of the program.
    pub settings: Settings,
    /// What the session is called by people and by the server's log.
    pub report_id: Option<ReportId>,
    /// What a person has to be told about the window itself.
    pub notice: Option<Cow<'static, str>>,
    /// When something was copied last, by egui's clock, in seconds; `None` once that was said for long enough.
    pub copied_at: Option<f64>,
    /// How often the window is drawn.
    pub pace: Pace,
    /// What lies over the window.
    pub overlay: Option<Overlay>,
    /// The state of the system's file dialog.
    pub dialog: DialogState,
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
    Settings {
        /// What is being typed into the fields of the limits, which need not make sense yet.
        typed: [String; 3],
    },
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
    /// What the profile wants of a person.
    Secrets,
    /// The profiles of this computer.
    Profiles,
}

impl State {
    /// A window with the panels `tabs`, in which nothing has happened.
    pub fn new(profiles: Vec<Profile>, profile: Profile, tabs: Vec<&'static Tab<Self>>) -> Self {
        Self {
            pane: Pane::live(profile),
            present: Moment::START,
            player: Player::default(),
            profiles: ProfileChoice { all: profiles, ..ProfileChoice::default() },
            page: Page::default(),
            start: StartChoices::default(),
            window_number: 1,
            panel_width: None,
            local_zone: None,
            files: ProfilesState::default(),
            drills: Drills::default(),
            check: CheckView::default(),
            report: ReportView::default(),
            secrets: SecretsState::default(),
            tabs,
            tab: TabId::default(),
            own: PanelStates::default(),
            panel_open: true,
            timeline_open: true,
            timeline_share: 0.56,
            backoff_refused: None,
            faults: FaultChoices::default(),
            settings: Settings::default(),
            report_id: None,
            notice: None,
            copied_at: None,
            pace: Pace::HARDWARE,
            overlay: None,
            dialog: DialogState::default(),
        }
    }

    /// Forgets the session that was shown, for one with `profile`; choices stay.
    pub fn begin_session(&mut self, profile: Profile) {
        self.pane.restart(profile);
        self.drills.restart_clock();
        self.check.restart_clock();
        self.check.supersede();
        self.secrets.restart();
    }

    /// What the last check tells, while no session tells more of the service and no recording is shown.
    pub fn standing_check(&self) -> Option<&CheckAnswer> {
        let snapshot = self.pane.view.snapshot();
        let is_idle = !self.player.has_recording() && snapshot.status == Status::Idle;
        self.check.answer().filter(|_| is_idle && self.check.profile == snapshot.profile.name.as_str())
    }

    /// The verdict that people see: that of what is shown, or of the check that stands for it.
    pub fn verdict(&self) -> &Verdict {
        self.standing_check().map_or(&self.pane.verdict, |check| &check.verdict)
    }

    /// What was found wrong, each with how deep it lies below a cause, in the order of the list.
    pub fn findings(&self) -> impl Iterator<Item = (usize, &Finding)> {
        self.verdict().findings.iter().flat_map(Finding::with_symptoms)
    }

    /// What support passes on.
    pub fn support(&self) -> Cow<'_, Support> {
        match self.standing_check() {
            Some(check) => Cow::Borrowed(&check.support),
            None => Cow::Owned(Support::of(&self.pane.view)),
        }
    }

    /// The calendar of this computer's own dates, whatever the file that is shown knows of time.
    pub fn own_calendar(&self) -> &Calendar {
        self.player.current.as_ref().map_or(&self.pane.calendar, |current| &current.live.calendar)
    }

    /// Shows times so from now on, live and recorded.
    pub fn show_times(&mut self, times: Times) {
        self.settings.times = times;
        let zone = match times {
            Times::Local => self.local_zone,
            Times::Utc => Some(Utc.fix()),
        };
        self.pane.calendar.zone = zone;
        if let Some(current) = &mut self.player.current {
            current.live.calendar.zone = zone;
        }
    }

    /// The profile that a check is made of: the one in use; for files, this computer's of the same service, or else what
    /// the files tell.
    ///
    /// # Errors
    /// If the files do not tell where the service is.
    pub fn to_check(&self) -> Result<Profile, &'static str> {
        let shown = &self.pane.view.snapshot().profile;
        if !self.player.has_files() {
            return Ok(Profile::clone(shown));
        }
        let is_known = |address: &str| !address.contains(Profile::UNKNOWN_HOST);
        if !is_known(shown.websocket.url().as_str()) {
            return Err("The address of the service is not in these files");
        }
        let own =
            self.profiles.all.iter().find(|own| own.websocket.url() == shown.websocket.url() && !own.is_local_demo());
        let mut profile = own.cloned().unwrap_or_else(|| Profile::clone(shown));
        if !is_known(profile.origin.as_str()) {
            profile.origin = Origin::of(&profile.api);
        }
        Ok(profile)
    }

    /// Selects the first line of the journal entries `seqs` in the log, or says that there is none any more.
    pub fn reveal(&mut self, seqs: &[u64]) {
        let is_there = self.pane.log.reveal(seqs);
        self.note(is_there, "The log no longer keeps that line: it is older than the oldest one there");
    }

    /// Tells the person `problem` unless `is_well`; what was told before is over.
    pub fn note(&mut self, is_well: bool, problem: &'static str) {
        self.notice = (!is_well).then_some(Cow::Borrowed(problem));
    }

    /// Tells the person `problem` if a thread could not be started.
    pub fn note_start(&mut self, is_started: bool, problem: &str) {
        self.notice = (!is_started).then(|| Cow::Owned(no_thread(problem)));
    }

    /// What the session that is shown is called, or the one of the recording.
    pub fn shown_report_id(&self) -> Option<ReportId> {
        self.player.report_id().or(self.report_id)
    }

    /// Whether nothing goes on until a person asks.
    pub fn is_at_rest(&self) -> bool {
        matches!(self.pane.view.snapshot().status, Status::Idle | Status::Stopped)
    }

    /// The fault, if it is armed.
    pub fn armed(&self, fault: FaultKind) -> Option<&ArmedFault> {
        let name = fault.name();
        self.pane.view.snapshot().faults.iter().find(|armed| armed.fault == name)
    }

    /// Whether the rule of the waits is not the profile's.
    pub fn is_backoff_changed(&self) -> bool {
        self.pane.view.snapshot().backoff != self.pane.view.snapshot().profile.backoff
    }

    /// Closes so far.
    pub fn closes(&self) -> u64 {
        self.pane.view.snapshot().closes.len() as u64 + self.pane.view.snapshot().closes_dropped
    }

    /// The panel `id`.
    pub fn tab(&self, id: TabId) -> Option<&'static Tab<Self>> {
        self.tabs.iter().copied().find(|tab| tab.id == id)
    }

    /// The panel that is shown.
    pub fn shown_tab(&self) -> Option<&'static Tab<Self>> {
        self.tab(self.tab)
    }

    /// Whether filter, Follow and Copy act on what is in view.
    pub fn has_listing_in_view(&self) -> bool {
        self.shown_tab().is_some_and(|tab| tab.listing.as_ref().is_some())
    }

    /// The lines in view, or those of the log.
    pub fn listing(&self) -> &dyn Listing {
        match self.shown_tab().and_then(|tab| tab.listing.as_ref()) {
            Some(listing) => (listing.of)(self),
            None => &self.pane.log,
        }
    }

    /// See [`Self::listing`].
    pub fn listing_mut(&mut self) -> &mut dyn Listing {
        match self.shown_tab().and_then(|tab| tab.listing.as_ref()) {
            Some(listing) => (listing.of_mut)(self),
            None => &mut self.pane.log,
        }
    }

    /// Whether lines for developers are shown in view, or else in the log.
    pub fn shows_details(&self) -> bool {
        let in_view = self.has_details_in_view();
        let listing = if in_view { self.listing() } else { &self.pane.log };
        listing.details() == Some(true)
    }

    /// Shows or hides them in view, or else in the log, which comes into view.
    pub fn toggle_details(&mut self) {
        if !self.has_details_in_view() {
            self.tab = TabId::LOG;
        }
        let details = self.shows_details();
        self.listing_mut().set_details(!details);
    }

    /// Whether lines for developers can be hidden in view.
    pub fn has_details_in_view(&self) -> bool {
        self.shown_tab().is_some_and(|tab| tab.has_details)
    }

    /// The lines in view, as text.
    pub fn copied(&mut self) -> String {
        let calendar = self.pane.calendar;
        self.listing_mut().copied(&calendar)
    }

    /// What was clicked in view, as text.
    pub fn copied_selection(&self) -> Option<String> {
        self.listing().copied_selection(&self.pane.calendar)
    }

    /// Whether it is to be said that something was copied.
    pub fn has_copied(&self) -> bool {
        self.copied_at.is_some()
    }

    /// The date now, as far as the session knows it.
    pub fn date(&self) -> Option<DateTime<Utc>> {
        self.pane.calendar.date(self.pane.now)
    }

    /// How long from now until something in the window looks different by the mere passing of time.
    pub fn next_visible_change(&self) -> Option<Duration> {
        let ticks = [self.countdown_tick(), self.ticket_tick(), self.expiry_tick()];
        // The time of a recording stands still, or is moved on by the player.
        let ticks = ticks.into_iter().filter(|_| !self.player.has_recording());
        let others = self.tabs.iter().map(|tab| (tab.tick)(self));
        let next = ticks.chain([self.drills.tick(self.pace.countdown)]).chain(others).flatten().min();
        // What changes sooner shares a frame with what follows.
        next.map(|delay| delay.max(self.pace.fact))
    }

    fn countdown_tick(&self) -> Option<Duration> {
        let Status::Waiting(delay) = &self.pane.view.snapshot().status else { return None };
        let left = delay.until.since(self.pane.now);
        let tick = if left > TENTHS_FROM { Duration::from_secs(1) } else { self.pace.countdown };
        until_multiple(left, tick)
    }

    fn ticket_tick(&self) -> Option<Duration> {
        let left = self.ticket_left()?;
        until_multiple(left, Duration::from_secs(1))
    }

    /// The life that is left of a ticket that is waiting to be used.
    pub fn ticket_left(&self) -> Option<Duration> {
        let ticket = self.pane.view.snapshot().ticket.last?;
        let left = (ticket.requested_at + ticket.lifetime?).since(self.pane.now);
        let is_waiting =
            ticket.spent_at_age.is_none() && matches!(self.pane.view.snapshot().status, Status::Connecting(_));
        (is_waiting && !left.is_zero()).then_some(left)
    }

    fn expiry_tick(&self) -> Option<Duration> {
        let claims = self.pane.view.snapshot().token.token.as_ref()?.claims.as_ref().ok()?;
        let left = (claims.expires_at? - self.date()?).to_std().ok()?;
        let (hour, minute) = (Duration::from_secs(3_600), Duration::from_secs(60));
        // Beyond an hour the text counts whole hours, and may be a minute late so that an idle window sleeps.
        if left < hour { until_multiple(left, minute) } else { Some(until_multiple(left, hour)?.max(minute)) }
    }
}

/// `problem`, which comes from a thread that cannot be started, with what helps.
pub fn no_thread(problem: &str) -> String {
    format!("{problem}: close other programs and try again")
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::lines::LineStore;
    use super::super::log::LogView;
    use super::*;
    use crate::journal::News;
    use crate::model::{Entry, Event, FlowEvent, Source};

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
        let mut state = State::new(Vec::new(), Profile::production(), Vec::new());
        state.pane.log = LogView::over(LineStore::new(3));
        let mut entries = Vec::new();
        for seq in 0..5 {
            let (elapsed, time, event) = (Moment::START, DateTime::UNIX_EPOCH, Event::Flow(FlowEvent::Connected));
            let (attempt, source, simulated) = (None, Source::Flow, None);
            entries.push(Entry { seq, elapsed, time, attempt, source, simulated, event });
        }
        let entries = entries.into_iter().map(Arc::new).collect();
        state.pane.apply(News { landmarks: Vec::new(), entries, missed: 0 });
        state.reveal(&[1]);
        assert!(state.notice.as_ref().unwrap().contains("no longer keeps that line"));
        state.reveal(&[2]);
        assert_eq!(state.notice, None);
        assert!(state.copied_selection().unwrap().contains("[WS] Connected"));
    }
}
