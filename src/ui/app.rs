//! The window's life: take in what is new, do what was asked for, draw.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use eframe::egui::{self, Key, Modifiers, Panel, ThemePreference};
use egui::{CentralPanel, Frame, Margin, Theme};

use super::check::{Checker, StartCheck};
use super::command::{Tab, UiCommand};
use super::drills::{self, Drills, Load, Runner, Start};
use super::playback::{self, Purpose};
use super::report::Reporter;
use super::settings::SettingsView;
use super::state::{Overlay, State};
use super::tokens::Tokens;
use super::waker::Waker;
use super::{
    attempts, cards, fonts, messages, palette, qa_panel, status_bar, tabs, timeline_pane, top_bar, verdict_bar,
};
use crate::drill::DrillLibrary;
use crate::faults::{Arming, Group};
use crate::journal::export::Format;
use crate::journal::{Change, Status};
use crate::model::{FlowCommand, Profile};
use crate::session::{Command, Engine};
use crate::settings::{Settings, Theme as Colours};

/// Makes an idle session with a profile. Its journal is to call [`Waker::wake`] when it changes.
pub type Open = Box<dyn FnMut(&Profile, Waker) -> Box<dyn Engine>>;

/// Keeps settings for the next run of the program; must not wait.
pub type Save = Box<dyn FnMut(&Settings)>;

/// Entries of the journal that a frame takes in at most: a few milliseconds' work.
const AT_ONCE: usize = 4_096;

/// The window.
pub struct App {
    engine: Box<dyn Engine>,
    open: Open,
    waker: Waker,
    drills: Runner,
    checker: Checker,
    reporter: Reporter,
    state: State,
    /// The next entry of the journal that has not been seen.
    next_seq: u64,
    /// Text for the clipboard, from the threads that write it.
    exported: (Sender<String>, Receiver<String>),
    /// What was asked for and is not done yet.
    asked: Vec<UiCommand>,
    /// What was saved last, and what saves.
    saved: Settings,
    save: Save,
    /// Whether the window was too narrow for the QA panel in the last frame.
    was_narrow: Option<bool>,
    /// Whether it was too low for the pane.
    was_low: Option<bool>,
}

impl App {
    /// A window that offers `profiles` and begins with the one at `chosen`. `open` is called now and when
    /// another profile is chosen; it must not wait.
    pub fn new(cc: &eframe::CreationContext<'_>, profiles: Vec<Profile>, chosen: usize, mut open: Open) -> Self {
        let ctx = &cc.egui_ctx;
        ctx.set_fonts(fonts::definitions());
        for theme in [Theme::Dark, Theme::Light] {
            ctx.set_style_of(theme, Tokens::style(theme));
        }
        ctx.set_theme(ThemePreference::System);
        let waker = Waker::new(ctx.clone());
        let profile = profiles.get(chosen).cloned().unwrap_or_else(Profile::production);
        let engine = open(&profile, waker.clone());
        let mut state = State::new(profiles, profile);
        state.chosen = chosen;
        state.report_id = Some(engine.header().report_id());
        let (saved, save): (_, Save) = (Settings::default(), Box::new(|_| {}));
        let drills = Runner::new(drills::in_background(), DrillLibrary::shipped);
        let checker = Checker::new(Box::new(|_, _, _, _| None));
        Self {
            engine,
            open,
            waker,
            drills,
            checker,
            reporter: Reporter::default(),
            state,
            next_seq: 0,
            exported: channel(),
            asked: Vec::new(),
            saved,
            save,
            was_narrow: None,
            was_low: None,
        }
    }

    /// Shows times in `zone` instead of the computer's own, so that a picture looks the same everywhere.
    #[must_use]
    pub fn in_zone(mut self, zone: chrono::FixedOffset) -> Self {
        self.state.calendar.zone = Some(zone);
        self
    }

    /// Begins with `settings`, and has them kept by `save` when they are changed.
    #[must_use]
    pub fn with_settings(mut self, ctx: &egui::Context, settings: Settings, save: Save) -> Self {
        self.state.theme = match settings.theme {
            Colours::System => ThemePreference::System,
            Colours::Dark => ThemePreference::Dark,
            Colours::Light => ThemePreference::Light,
        };
        ctx.set_theme(self.state.theme);
        self.state.settings = settings.clone();
        (self.saved, self.save) = (settings, save);
        self
    }

    /// Offers the drills of `library`, which are run as `start` does, and read again as `load` does when somebody
    /// comes back to the window.
    #[must_use]
    pub fn with_drills(mut self, library: DrillLibrary, start: Start, load: Load) -> Self {
        self.state.drills = Drills::new(library);
        self.drills = Runner::new(start, load);
        self
    }

    /// Checks profiles as `start` does.
    #[must_use]
    pub fn with_checks(mut self, start: StartCheck) -> Self {
        self.checker = Checker::new(start);
        self
    }

    fn check(&mut self) {
        if self.state.check.is_running() {
            return self.checker.cancel();
        }
        let session = self.engine.header().report_id();
        let is_started = self.checker.begin(&mut self.state, session, &self.waker);
        self.state.notice = (!is_started).then_some("The check cannot be started: close other programs and try again");
        if is_started {
            self.state.tab = Tab::Check;
        }
    }

    fn run_drills(&mut self, indices: std::ops::Range<usize>) {
        let is_started = self.drills.run(&mut self.state, indices, &self.waker);
        self.state.notice = (!is_started).then_some("The drills cannot be started: close other programs and try again");
    }

    fn take_in_news(&mut self) {
        self.waker.looked();
        let is_recording = playback::apply(&mut self.state, &self.waker);
        self.state.present = self.engine.now();
        if !is_recording {
            self.state.now = self.state.present;
        }
        self.drills.apply(&mut self.state);
        self.state.herd.apply();
        self.checker.apply(&mut self.state);
        self.reporter.apply(&mut self.state.report);
        if is_recording {
            // What happens meanwhile waits in the journal.
            return;
        }
        let journal = self.engine.journal();
        let news = journal.since_at_most(self.next_seq, AT_ONCE);
        self.next_seq += news.missed + news.entries.len() as u64;
        if news.entries.len() == AT_ONCE {
            self.waker.wake(Change::Fact);
        }
        let state = &mut self.state;
        state.messages = journal.with_traffic(|traffic| {
            match state.tab {
                Tab::Messages => state.messages_view.apply(traffic),
                Tab::Rates => state.rates.clone_from(traffic.rates()),
                Tab::Log | Tab::Closes | Tab::Server | Tab::Drill | Tab::Machine | Tab::Herd | Tab::Check => {}
            }
            traffic.data()
        });
        state.rates.advance(state.now);
        self.waker.show_heartbeats(matches!(state.tab, Tab::Messages | Tab::Rates));
        state.apply(news);
    }

    fn change_profile(&mut self, index: usize) {
        playback::close(&mut self.state);
        let Some(profile) = self.state.profiles.get(index) else { return };
        self.engine = (self.open)(profile, self.waker.clone());
        self.next_seq = 0;
        self.state.chosen = index;
        self.state.report_id = Some(self.engine.header().report_id());
        self.state.begin_session(Arc::clone(&self.engine.journal().snapshot().profile));
    }

    fn run(&mut self, ctx: &egui::Context, command: UiCommand) {
        if command.obstacle(&self.state).is_some() {
            return;
        }
        let state = &mut self.state;
        match command {
            UiCommand::Connection => {
                let command = if state.is_at_rest() { FlowCommand::Connect } else { FlowCommand::Disconnect };
                self.send(Command::Flow(command));
            }
            UiCommand::RetryNow => self.send(Command::Flow(FlowCommand::RetryNow)),
            UiCommand::NewSession => self.send(Command::Flow(FlowCommand::NewSession)),
            UiCommand::Check => self.check(),
            UiCommand::CopyCheck => ctx.copy_text(state.check.copied().unwrap_or_default()),
            UiCommand::Report => {
                let check = state.check.outcome();
                let recorded = state.player.so_far().map(|(playback, _)| playback);
                let is_made = self.reporter.make(&mut state.report, &*self.engine, recorded, check, &self.waker);
                state.notice = (!is_made).then_some("The report cannot be made: close other programs and try again");
                state.overlay = is_made.then_some(Overlay::Report);
            }
            UiCommand::SaveReport => {
                let is_started = self.reporter.save(&mut state.report, &self.waker);
                state.notice =
                    (!is_started).then_some("The report cannot be saved: close other programs and try again");
            }
            UiCommand::CopyReportPath => {
                let path = state.report.saved_path().map(|path| path.to_string_lossy().into_owned());
                ctx.copy_text(path.unwrap_or_default());
            }
            UiCommand::Fault(fault) if command.clears(state) => self.send(Command::Clear(fault)),
            UiCommand::Fault(fault) => {
                // Only Connect makes the first contact with a service.
                let is_idle = state.snapshot.status == Status::Idle;
                let begins_attempt = state.attempt_at_once && fault.shows_at_next_attempt() && !is_idle;
                let times = match fault.group() {
                    Group::Ticket => state.repeat.times(),
                    _ => fault.usual_times(),
                };
                let probability = f64::from(state.percent) / 100.0;
                let arming = Arming { fault: state.fault(fault), times, probability };
                self.send(Command::Arm(arming));
                if begins_attempt {
                    self.send(Command::Flow(FlowCommand::RetryNow));
                }
            }
            UiCommand::Repeat(repeat) => state.repeat = repeat,
            UiCommand::AttemptAtOnce => state.attempt_at_once = !state.attempt_at_once,
            UiCommand::ClearFaults => self.send(Command::ClearAll),
            UiCommand::RunDrills => self.run_drills(0..self.state.drills.len()),
            UiCommand::Drill(index) => self.run_drills(index..index + 1),
            UiCommand::DrillProblem { drill, problem } => drills::reveal(state, drill, problem),
            UiCommand::FaultPanel => {
                state.panel_open = !state.panel_open;
                state.settings.fault_panel = state.panel_open;
            }
            UiCommand::Simulate => {
                let is_started = state.herd.toggle(&state.snapshot.profile, &self.waker);
                state.notice = (!is_started).then_some("The simulation cannot be started: close other programs");
            }
            UiCommand::ResetPolicy => state.herd.reset_policy(),
            UiCommand::TimelinePane => state.timeline_open = !state.timeline_open,
            UiCommand::Span(span) => {
                let first = state.attempts.lane(0).map_or(state.now, |lane| lane.start);
                state.timeline.choose(span, first);
            }
            UiCommand::ZoomIn => state.timeline.zoom(1.5, state.now, state.deadline()),
            UiCommand::ZoomOut => state.timeline.zoom(1.0 / 1.5, state.now, state.deadline()),
            UiCommand::ZoomTo(seq) => {
                if let Some((from, to)) = state.attempts.row_of(seq).map(|row| state.attempts.work(row, state.now)) {
                    state.timeline.show(from, to);
                }
            }
            UiCommand::Now => state.timeline.follow(),
            UiCommand::EditBackoff => {
                let draft = state.snapshot.backoff.clone();
                state.backoff_draft = state.backoff_draft.is_none().then_some(draft);
                state.backoff_refused = None;
                state.timeline_open = true;
            }
            UiCommand::UseBackoff => {
                if let Some(rule) = state.backoff_draft.clone() {
                    self.send(Command::SetBackoff(rule));
                }
            }
            UiCommand::ProfileBackoff => {
                let rule = state.snapshot.profile.backoff.clone();
                state.backoff_draft = state.backoff_draft.is_some().then(|| rule.clone());
                self.send(Command::SetBackoff(rule));
            }
            UiCommand::Reveal(seq) => {
                state.tab = Tab::Log;
                state.reveal(&[seq]);
            }
            UiCommand::ShowEdge(edge) => {
                state.tab = Tab::Log;
                let is_there = state.log.show_edge(edge);
                state.notice = (!is_there).then_some("The log no longer keeps the lines of that edge");
            }
            UiCommand::AllEdges => state.log.show_all_edges(),
            UiCommand::Show(tab) => state.tab = tab,
            UiCommand::Findings => state.overlay = Some(Overlay::Findings),
            UiCommand::Proof(row) => {
                let proof = state.findings().nth(row).map(|(_, finding)| finding.evidence.clone()).unwrap_or_default();
                state.tab = Tab::Log;
                state.reveal(&proof);
            }
            UiCommand::Filter => ctx.memory_mut(|memory| memory.request_focus(tabs::filter_id())),
            UiCommand::Follow => state.set_follow(!state.follows()),
            UiCommand::Copy => {
                ctx.copy_text(state.copied());
                let is_cut = state.tab != Tab::Messages && state.active_log().is_too_long_to_copy();
                state.notice =
                    is_cut.then_some("Only the newest 100 000 lines were copied: more are too many for a clipboard");
            }
            UiCommand::CopyAs(format) => self.export(format),
            UiCommand::Pause => state.messages_view.is_paused = !state.messages_view.is_paused,
            UiCommand::MessageFilter(filter) => state.messages_view.toggle(filter),
            UiCommand::Unfold => state.messages_view.unfold_all(),
            UiCommand::CopyMessage => ctx.copy_text(state.messages_view.copied_selection().unwrap_or_default()),
            UiCommand::SendMessage => {
                if let Some(object) = state.messages_view.take_draft()
                    && self.is_taken(Command::Send(object))
                {
                    self.state.messages_view.sent();
                }
            }
            UiCommand::Details => {
                if state.tab != Tab::Drill {
                    state.tab = Tab::Log;
                }
                let log = state.active_log_mut();
                let details = !log.details();
                log.set_details(details);
            }
            UiCommand::Palette => state.overlay = Some(Overlay::Palette { query: String::new(), row: 0 }),
            UiCommand::Theme => {
                state.theme = match state.theme {
                    ThemePreference::Dark => ThemePreference::Light,
                    ThemePreference::Light => ThemePreference::System,
                    ThemePreference::System => ThemePreference::Dark,
                };
                ctx.set_theme(state.theme);
                state.settings.theme = match state.theme {
                    ThemePreference::System => Colours::System,
                    ThemePreference::Dark => Colours::Dark,
                    ThemePreference::Light => Colours::Light,
                };
            }
            UiCommand::OpenRecording => playback::ask_for(state, Purpose::Show, &self.waker),
            UiCommand::Compare => playback::ask_for(state, Purpose::Compare, &self.waker),
            UiCommand::OpenPath => playback::open_path(state, &self.waker),
            UiCommand::OpenKept(row) => playback::open_kept(state, row, &self.waker),
            UiCommand::Play => playback::toggle(state),
            UiCommand::PreviousEntry => playback::previous(state),
            UiCommand::NextEntry => playback::next(state),
            UiCommand::Speed(speed) => state.player.set_speed(speed),
            UiCommand::Scrub(at) => playback::scrub(state, at),
            UiCommand::JumpTo(seq) => playback::reveal(state, seq),
            UiCommand::JumpToIn(side, seq) => playback::reveal_in(state, side, seq, &self.waker),
            UiCommand::Differences => state.overlay = Some(Overlay::Comparison),
            UiCommand::CopyDifferences => {
                ctx.copy_text(state.player.comparison().map(ToString::to_string).unwrap_or_default());
            }
            UiCommand::Verify => playback::verify(state, &self.waker),
            UiCommand::BackToLive => playback::close(state),
            UiCommand::CopyReportId => {
                ctx.copy_text(state.shown_report_id().map_or_else(String::new, |id| id.to_string()));
            }
            UiCommand::Settings => {
                state.settings_view = SettingsView::of(&state.settings);
                state.overlay = Some(Overlay::Settings);
            }
            UiCommand::RecordSessions => {
                state.settings.recording.on = !state.settings.recording.on;
                if !state.settings.recording.on {
                    self.engine.stop_recording();
                }
            }
            UiCommand::Help => state.overlay = Some(Overlay::Help),
            UiCommand::Quit => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        }
    }

    fn send(&mut self, command: Command) {
        self.is_taken(command);
    }

    /// Sends it, and returns whether the session takes it.
    fn is_taken(&mut self, command: Command) -> bool {
        let taken = self.engine.send(command);
        self.state.notice = (!taken).then_some("Too busy: the last command was not taken, try again");
        taken
    }

    /// Writes what happened on a thread of its own: it may be much.
    fn export(&mut self, format: Format) {
        let (profile, journal) = (Arc::clone(&self.state.snapshot.profile), self.engine.journal().clone());
        let (tell, waker) = (self.exported.0.clone(), self.waker.clone());
        let recorded = self.state.player.so_far();
        let write = move || {
            let entries = match recorded {
                Some((playback, count)) => playback.recording().entries().take(count).map(Arc::new).collect(),
                None => journal.all().entries,
            };
            // A window that is gone needs no copy.
            let _ = tell.send(format.write(&profile, &entries));
            waker.wake(Change::Fact);
        };
        let is_started = thread::Builder::new().name("export".to_owned()).spawn(write).is_ok();
        self.state.notice = (!is_started).then_some("It cannot be copied: close other programs and try again");
    }

    fn take_keys(&mut self, ctx: &egui::Context) {
        let is_typing = ctx.text_edit_focused();
        let is_writing = ctx.memory(|memory| memory.has_focus(messages::draft_id()));
        if is_writing && ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::Enter)) {
            self.asked.push(UiCommand::SendMessage);
        }
        let is_moving = ctx.memory(|memory| {
            [attempts::id(), playback::line_id()].into_iter().any(|moved_by_keys| memory.has_focus(moved_by_keys))
        });
        for command in UiCommand::all() {
            let Some(keys) = command.shortcut() else { continue };
            // The key goes to the newest line; only the button lets go of it.
            let is_moot = keys.logical_key == Key::End && (is_typing || is_moving || self.state.follows());
            if !is_moot && ctx.input_mut(|input| input.consume_shortcut(&keys)) {
                self.asked.push(command);
            }
        }
        if !is_typing && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Questionmark)) {
            self.asked.push(UiCommand::Help);
        }
        if self.state.overlay.is_none() && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.state.set_filter(String::new());
            self.state.deselect();
            ctx.memory_mut(|memory| memory.surrender_focus(tabs::filter_id()));
        }
        let wants_copy = !is_typing && ctx.input(|input| input.events.contains(&egui::Event::Copy));
        if wants_copy && let Some(line) = self.state.copied_selection() {
            ctx.copy_text(line);
        }
    }

    /// In a narrow window the QA panel is closed until it is asked for, in a low one the pane.
    fn fit(&mut self, window: egui::Vec2) {
        let size = &Tokens::of(Theme::Dark).size;
        // A recording needs two bars of its own.
        let bars = if self.state.player.has_recording() { 2.0 * size.transport } else { 0.0 };
        let (is_narrow, is_low) = (window.x < size.narrow, window.y - bars < size.low);
        if self.was_low.replace(is_low) != Some(is_low) {
            self.state.timeline_open = !is_low;
        }
        if self.was_narrow.replace(is_narrow) != Some(is_narrow) {
            self.state.panel_open = !is_narrow && self.state.settings.fault_panel;
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        for command in std::mem::take(&mut self.asked) {
            self.run(ctx, command);
        }
        for text in self.exported.1.try_iter() {
            ctx.copy_text(text);
        }
        self.take_in_news();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        tracing::trace!("frame drawn");
        let ctx = ui.ctx().clone();
        self.take_keys(&ctx);
        let height = ui.available_height();
        self.fit(ui.available_size());
        if ctx.input(|input| input.events.contains(&egui::Event::WindowFocused(true))) {
            self.drills.load(&self.waker);
        }
        playback::take_drops(&ctx, &mut self.state, &mut self.asked);
        let tokens = Tokens::at(ui);
        let (color, size) = (&tokens.color, &tokens.size);
        let (state, asked) = (&mut self.state, &mut self.asked);
        let (margin, is_low) = (size.margin as i8, self.was_low == Some(true));
        let bar = |fill| Frame::new().fill(fill).inner_margin(Margin::symmetric(margin, 0));
        let pane = |fill| Frame::new().fill(fill);

        let top = Panel::top("top bar").exact_size(size.top_bar).frame(bar(*color.bar));
        let profile = top.show(ui, |ui| top_bar::show(ui, state, asked)).inner;
        if state.player.has_recording() {
            let frame = bar(*color.tint_busy);
            let banner = Panel::top("recording").exact_size(size.transport).frame(frame).resizable(false);
            banner.show(ui, |ui| playback::banner(ui, state, asked));
        }
        verdict_bar::show(ui, state, asked);
        let bottom = Panel::bottom("status bar").exact_size(size.status_bar).frame(bar(*color.status_bar));
        bottom.show(ui, |ui| status_bar::show(ui, state, asked));
        if state.player.has_recording() {
            let bottom = Panel::bottom("transport").exact_size(size.transport).frame(bar(*color.bar)).resizable(false);
            bottom.show(ui, |ui| playback::transport(ui, state, asked));
        }
        if state.panel_open {
            let frame = pane(*color.card).inner_margin(Margin::symmetric(margin, size.pad as i8));
            let is_narrow = self.was_narrow == Some(true);
            let panel_width = if is_narrow { size.qa_panel_narrow } else { size.qa_panel };
            let side = Panel::right("faults").exact_size(panel_width).resizable(false).frame(frame);
            side.show(ui, |ui| qa_panel::show(ui, state, asked));
        }
        CentralPanel::no_frame().frame(pane(*color.window)).show(ui, |ui| {
            let cards = Frame::new().inner_margin(Margin::symmetric(margin, size.pad as i8));
            ui.spacing_mut().item_spacing.y = 0.0;
            // A low window has no room for the cards beside what is larger.
            let is_lowest = state.player.has_recording() && height < size.low;
            let is_crowded =
                is_low && (state.timeline_open || is_lowest) || height < size.roomy && state.tab.wants_room();
            if is_crowded {
                ui.add_space(size.gap);
            } else {
                cards.show(ui, |ui| cards::show(ui, state));
            }
            if !state.tab.wants_room() {
                timeline_pane::show(ui, state, asked);
            }
            tabs::show(ui, state, asked);
        });
        palette::show(&ctx, state, asked);
        playback::hover(&ctx, state);

        if self.saved != self.state.settings {
            self.saved.clone_from(&self.state.settings);
            (self.save)(&self.saved);
        }
        if let Some(index) = profile {
            self.change_profile(index);
        }
        if !self.asked.is_empty() || profile.is_some() {
            ctx.request_repaint();
        } else if self.state.player.is_playing() {
            ctx.request_repaint_after(playback::FRAME);
        } else if let Some(delay) = self.state.next_visible_change() {
            ctx.request_repaint_after(delay);
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// If there is no display, or it cannot draw.
pub fn run(
    profiles: Vec<Profile>,
    chosen: usize,
    open: Open,
    library: DrillLibrary,
    check: StartCheck,
    settings: Settings,
    save: Save,
) -> eframe::Result {
    let viewport = egui::ViewportBuilder::default()
        .with_title("Ticketscope")
        .with_app_id("ticketscope")
        .with_inner_size([1360.0, 860.0])
        .with_min_inner_size([720.0, 480.0])
        .with_icon(icon());
    let options = eframe::NativeOptions { viewport, renderer: eframe::Renderer::Glow, ..Default::default() };
    let app = move |cc: &eframe::CreationContext<'_>| {
        let app =
            App::new(cc, profiles, chosen, open).with_drills(library, drills::in_background(), DrillLibrary::load);
        app.with_checks(check).with_settings(&cc.egui_ctx, settings, save)
    };
    eframe::run_native("Ticketscope", options, Box::new(move |cc| Ok(Box::new(app(cc)))))
}

/// The logo: a ring around a dot.
fn icon() -> egui::IconData {
    const SIDE: u32 = 64;
    let accent = *Tokens::of(Theme::Dark).color.accent;
    let pixel = |index: u32| {
        let (x, y) = ((index % SIDE) as f32 - 31.5, (index / SIDE) as f32 - 31.5);
        let radius = x.hypot(y);
        let ink = (29.0 - radius).clamp(0.0, 1.0) * (radius - 21.0).clamp(0.0, 1.0) + (13.0 - radius).clamp(0.0, 1.0);
        [accent.r(), accent.g(), accent.b(), (ink * 255.0) as u8]
    };
    egui::IconData { rgba: (0..SIDE * SIDE).flat_map(pixel).collect(), width: SIDE, height: SIDE }
}
