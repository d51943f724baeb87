//! The window's life: take in what is new, do what was asked for, draw.

mod away;
mod commands;
mod drawing;
mod focus;
mod keys;
mod layout;
mod logic;
mod logo;
mod remember;
mod room;
mod scripts;
mod tray;

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};

use eframe::egui::text_selection::LabelSelectionState;
use eframe::egui::{self, Theme, ThemePreference};

use super::check::StartCheck;
use super::command::{UiCommand, Workers};
use super::day_format::DayFormat;
use super::dialogs::{self, ChooseFile};
use super::drills::{self, Drills, Load, Start};
use super::pace::Pace;
use super::page::Beginning;
use super::playback::{control, drops};
use super::state::{Overlay, State};
use super::tokens::Tokens;
use super::waker::Waker;
use super::{fonts, panels, start};
use crate::drill::DrillLibrary;
use crate::journal::Change;
use crate::model::Profile;
use crate::profiles;
use crate::session::Engine;
use crate::settings::{SaveFailed, Settings};
use away::Away;
pub use drawing::NoWindow;
use remember::{keep, restore, viewport};
use room::Room;
use scripts::Scripts;
use tray::{Tray, TrayNews};

/// Makes an idle session with a profile. Its journal is to call [`Waker::wake`] when it changes.
pub type Open = Box<dyn FnMut(&Profile, Waker) -> Box<dyn Engine>>;

/// Keeps settings for the next run of the program, or tells why not; must not wait.
pub type Save = Box<dyn FnMut(&Settings, SaveFailed)>;

/// The window.
pub struct App {
    engine: Box<dyn Engine>,
    open: Open,
    waker: Waker,
    workers: Workers,
    state: State,
    /// What was asked for and is not done yet.
    asked: Vec<UiCommand>,
    /// What was saved last, and what saves.
    saved: Settings,
    save: Save,
    /// Why settings were not saved, from the thread that saves.
    unsaved: (Sender<String>, Receiver<String>),
    room: Room,
    away: Away,
    tray: Tray,
    scripts: Scripts,
    /// Whether somebody was asked about what is not saved when the window was to be closed.
    was_asked: bool,
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
        ctx.set_theme(ThemePreference::from(Settings::default().theme));
        // The size of texts is a setting, and has commands of its own.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let pace = Pace::of(cc);
        let waker = Waker::new(ctx.clone(), pace);
        let profile = profiles.get(chosen).cloned().unwrap_or_else(Profile::production);
        let engine = open(&profile, waker.clone());
        let mut state = State::new(profiles, profile, panels::tabs());
        (state.profiles.chosen, state.pace) = (chosen, pace);
        state.report_id = Some(engine.header().report_id());
        let (saved, save): (_, Save) = (Settings::default(), Box::new(|_, _| {}));
        let app = Self {
            engine,
            open,
            waker,
            workers: Workers::new(drills::in_background(), DrillLibrary::shipped),
            state,
            asked: Vec::new(),
            saved,
            save,
            unsaved: channel(),
            room: Room::default(),
            away: Away::default(),
            tray: Tray::default(),
            scripts: Scripts::default(),
            was_asked: false,
        };
        app.ask_for_secrets();
        app
    }

    /// Shows times in `zone` instead of the computer's own, so that a picture looks the same everywhere.
    #[must_use]
    pub fn in_zone(mut self, zone: chrono::FixedOffset) -> Self {
        self.state.local_zone = Some(zone);
        self.state.show_times(self.state.settings.times);
        self
    }

    /// Begins with `settings`, and has them kept by `save` when they are changed.
    #[must_use]
    pub fn with_settings(mut self, ctx: &egui::Context, settings: Settings, save: Save) -> Self {
        ctx.set_theme(ThemePreference::from(settings.theme));
        restore(&mut self.state, ctx, settings.clone());
        (self.saved, self.save) = (settings, save);
        self
    }

    /// Begins with the start page or the demo.
    #[must_use]
    pub fn beginning(mut self, beginning: Beginning) -> Self {
        match beginning {
            Beginning::Session => {}
            Beginning::Demo => self.state.start.has_demo_banner = true,
            Beginning::StartPage => start::show_page(&mut self.state, &self.waker),
        }
        self
    }

    /// Writes days as `days` says.
    #[must_use]
    pub fn with_days(mut self, days: DayFormat) -> Self {
        self.state.pane.calendar.days = days;
        self
    }

    /// It is the window of this number among those that are open, from 1.
    #[must_use]
    pub fn numbered(mut self, number: u32) -> Self {
        self.state.window_number = number;
        self
    }

    /// The same with `files` opened, put together if there are several.
    #[must_use]
    pub fn opening(mut self, files: Vec<PathBuf>) -> Self {
        if !files.is_empty() {
            control::open_files(&mut self.state, files, &self.waker);
        }
        self
    }

    /// Offers the drills of `library`, which are run as `start` does, and read again as `load` does when somebody
    /// comes back to the window.
    #[must_use]
    pub fn with_drills(mut self, library: DrillLibrary, start: Start, load: Load) -> Self {
        self.state.drills = Drills::new(library);
        self.workers.set_drills(start, load);
        self
    }

    /// Lets files be chosen as `choose` does, on a thread of its own.
    #[must_use]
    pub fn with_dialogs(mut self, choose: ChooseFile) -> Self {
        self.workers.set_dialogs(choose);
        self
    }

    /// Reads and writes profiles in `folder`, and sees when they change there.
    #[must_use]
    pub fn with_profiles(mut self, folder: PathBuf) -> Self {
        self.workers.set_profiles(folder, self.waker.clone());
        self
    }

    /// Checks profiles as `start` does.
    #[must_use]
    pub fn with_checks(mut self, start: StartCheck) -> Self {
        self.workers.set_checks(start);
        self
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if let Some(switch) = self.state.profiles.switch.take() {
            self.change_profile(switch);
        }
        self.ask_before_closing(ctx);
        self.hear_tray(ctx);
        self.run_commands(ctx);
        self.save_settings();
        self.apply_news();
        self.away.tell(ctx, &self.state);
        self.scripts.look(ctx, &self.state, &self.waker);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        tracing::trace!("frame drawn");
        let ctx = ui.ctx().clone();
        // Not in `logic`: of a hidden window that sees the same events again when it is shown.
        self.room.look(&ctx);
        focus::take_tab(&ctx);
        self.take_keys(&ctx);
        drops::take_drops(&ctx, &mut self.state, &mut self.asked);
        self.draw(ui);
        note_copies(&ctx, &mut self.state);
        self.request_next_frame(&ctx);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        keep(&mut self.state, self.room.geometry);
        // Nobody sees the window any more; the log has it.
        (self.save)(&self.state.settings, Box::new(|_| {}));
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}

impl App {
    /// Keeps the window open once if a profile that was edited is not saved.
    fn ask_before_closing(&mut self, ctx: &egui::Context) {
        let is_closing = ctx.input(|input| {
            // Of a window that is hidden only the raw input is new.
            input.raw.viewports.get(&input.raw.viewport_id).is_some_and(egui::ViewportInfo::close_requested)
        });
        // Who has left the editor since is asked again.
        self.was_asked &= self.state.overlay == Some(Overlay::Profiles);
        if is_closing && !self.was_asked && !self.waker.is_ending() && self.state.files.show_unsaved() {
            self.was_asked = true;
            self.state.overlay = Some(Overlay::Profiles);
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            ctx.send_viewport_cmd(egui::ViewportCommand::Focus);
        }
    }

    /// Shows the state in the desktop's tray, if that is wanted, and takes in what was asked for there.
    fn hear_tray(&mut self, ctx: &egui::Context) {
        for news in self.tray.look(self.away.title(), &self.state, &self.waker) {
            match news {
                TrayNews::Show => {
                    ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(false));
                    ctx.send_viewport_cmd(egui::ViewportCommand::Focus);
                }
                // It may have ended meanwhile, and the command would connect again.
                TrayNews::Disconnect if self.state.is_at_rest() => {}
                TrayNews::Disconnect => self.asked.push(UiCommand::Connection),
                TrayNews::Quit => self.asked.push(UiCommand::Quit),
                TrayNews::Missing(problem) => self.state.notice = Some(problem.into()),
            }
        }
    }

    /// Has the settings kept if they were changed, and says if that failed.
    fn save_settings(&mut self) {
        if self.saved != self.state.settings {
            self.saved.clone_from(&self.state.settings);
            let (tell, waker) = (self.unsaved.0.clone(), self.waker.clone());
            let failed = move |problem| {
                // A window that is closed tells nobody.
                let _ = tell.send(problem);
                waker.wake(Change::Fact);
            };
            (self.save)(&self.saved, Box::new(failed));
        }
        if let Some(problem) = self.unsaved.1.try_iter().last() {
            self.state.notice = Some(format!("The settings are not saved: {problem}").into());
        }
    }

    /// Asks for a frame at once if `logic` has something to do, or else when something looks different.
    fn request_next_frame(&self, ctx: &egui::Context) {
        let has_work =
            !self.asked.is_empty() || self.state.profiles.switch.is_some() || self.saved != self.state.settings;
        if has_work {
            ctx.request_repaint();
        } else if self.state.player.is_playing() {
            ctx.request_repaint_after(self.state.pace.playback);
        } else if let Some(delay) = self.state.next_visible_change() {
            ctx.request_repaint_after(delay);
        }
    }
}

/// How long it is said that something was copied, in seconds.
const COPIED: f64 = 2.0;

/// Sees whether something is being copied, and for how long that is to be said.
fn note_copies(ctx: &egui::Context, state: &mut State) {
    let now = ctx.input(|input| input.time);
    let is_asked = ctx.input(|input| input.events.contains(&egui::Event::Copy));
    let is_text = is_asked && ctx.plugin::<LabelSelectionState>().lock().has_selection();
    let is_copied =
        ctx.output(|output| output.commands.iter().any(|command| matches!(command, egui::OutputCommand::CopyText(_))));
    if is_text || is_copied {
        state.copied_at = Some(now);
        ctx.request_repaint();
    }
    if let Some(since) = state.copied_at {
        let left = since + COPIED - now;
        if left > 0.0 {
            ctx.request_repaint_after_secs(left as f32);
        } else {
            state.copied_at = None;
        }
    }
}

/// What the window of this program begins with.
pub struct Launch {
    /// The profiles to choose from.
    pub profiles: Vec<Profile>,
    /// The place of the first one in use among them.
    pub chosen: usize,
    /// Makes the sessions.
    pub open: Open,
    /// The drills.
    pub library: DrillLibrary,
    /// Starts checks.
    pub check: StartCheck,
    /// What was chosen in an earlier run.
    pub settings: Settings,
    /// Keeps it for the next one.
    pub save: Save,
    /// What is shown first.
    pub beginning: Beginning,
    /// Which of this user's windows it is, from 1.
    pub number: u32,
    /// The files to open, put together if there are several.
    pub files: Vec<PathBuf>,
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// If there is no display, or nothing to draw with.
pub fn run(launch: Launch) -> Result<(), NoWindow> {
    let Launch { profiles, chosen, open, library, check, settings, save, beginning, number, files } = launch;
    let viewport = viewport(&settings.window, number).with_icon(icon());
    let app = move |cc: &eframe::CreationContext<'_>| {
        let app =
            App::new(cc, profiles, chosen, open).with_drills(library, drills::in_background(), DrillLibrary::load);
        let app = match profiles::folder() {
            Some(folder) => app.with_profiles(folder),
            None => app,
        };
        let app = app.with_checks(check).with_dialogs(dialogs::of_this_system()).with_days(DayFormat::of_this_system());
        app.with_settings(&cc.egui_ctx, settings, save).numbered(number).beginning(beginning).opening(files)
    };
    drawing::open(&viewport, app)
}

/// The logo: a ring around a dot.
fn icon() -> egui::IconData {
    const SIDE: u32 = 64;
    let accent = *Tokens::of(Theme::Dark).color.accent;
    let rgba = logo::ring(SIDE).flat_map(|alpha| [accent.r(), accent.g(), accent.b(), alpha]);
    egui::IconData { rgba: rgba.collect(), width: SIDE, height: SIDE }
}
