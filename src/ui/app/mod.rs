//! The window's life: take in what is new, do what was asked for, draw.

mod commands;
mod keys;
mod layout;
mod logic;
mod room;

use std::path::PathBuf;

use eframe::egui::{self, Theme, ThemePreference};

use super::check::StartCheck;
use super::command::{UiCommand, Workers};
use super::dialogs::{self, ChooseFile};
use super::drills::{self, Drills, Load, Start};
use super::state::State;
use super::tokens::Tokens;
use super::waker::Waker;
use super::{fonts, panels, playback};
use crate::drill::DrillLibrary;
use crate::model::Profile;
use crate::profiles;
use crate::session::Engine;
use crate::settings::{Settings, Theme as Colours};
use room::Room;

/// Makes an idle session with a profile. Its journal is to call [`Waker::wake`] when it changes.
pub type Open = Box<dyn FnMut(&Profile, Waker) -> Box<dyn Engine>>;

/// Keeps settings for the next run of the program; must not wait.
pub type Save = Box<dyn FnMut(&Settings)>;

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
    room: Room,
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
        let mut state = State::new(profiles, profile, panels::tabs());
        state.chosen = chosen;
        state.report_id = Some(engine.header().report_id());
        let (saved, save): (_, Save) = (Settings::default(), Box::new(|_| {}));
        let app = Self {
            engine,
            open,
            waker,
            workers: Workers::new(drills::in_background(), DrillLibrary::shipped),
            state,
            asked: Vec::new(),
            saved,
            save,
            room: Room::default(),
        };
        app.ask_for_secrets();
        app
    }

    /// Shows times in `zone` instead of the computer's own, so that a picture looks the same everywhere.
    #[must_use]
    pub fn in_zone(mut self, zone: chrono::FixedOffset) -> Self {
        self.state.pane.calendar.zone = Some(zone);
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
        self.run_commands(ctx);
        self.apply_news();
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        tracing::trace!("frame drawn");
        let ctx = ui.ctx().clone();
        self.take_keys(&ctx);
        if ctx.input(|input| input.events.contains(&egui::Event::WindowFocused(true))) {
            self.workers.drills.load(&self.waker);
        }
        let profile = self.draw(ui).or(self.state.switch_to.take());

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
        let app = match profiles::folder() {
            Some(folder) => app.with_profiles(folder),
            None => app,
        };
        app.with_checks(check).with_dialogs(dialogs::of_this_system()).with_settings(&cc.egui_ctx, settings, save)
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
