//! The window, driven as a person would, against sessions that are made up.

mod accessibility;
mod behaviour;
mod cases;
mod check;
mod desktop;
mod dialogs;
mod differences;
mod drills;
mod dropped;
mod herd;
mod keyboard;
mod layouts;
mod messages;
mod pictures;
mod playback;
mod playback_tabs;
mod profiles;
mod qa;
mod raster;
mod report;
mod requests;
mod scenes;
mod screen;
mod secrets;
mod settings;
mod start;
mod tables;
mod tasks;
mod timeline_pane;
#[cfg(target_os = "linux")]
mod tray;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use egui_kittest::Harness;
use ticketscope::check::Running;
use ticketscope::drill::{Drill, DrillLibrary, Progress};
use ticketscope::model::Profile;
use ticketscope::session::Engine;
use ticketscope::settings::{SaveFailed, Settings, Theme as Colours};
use ticketscope::ui::{App, Beginning, ChooseFile, Report, Start, StartCheck};

use crate::raster::Raster;
use crate::scenes::{Handle, Session};

/// Longer than anything takes, on any machine, whatever else it does.
pub const LIMIT: Duration = Duration::from_secs(180);

/// Sizes that the window must fit.
pub const SIZES: [[f32; 2]; 4] = [[900.0, 600.0], [1360.0, 860.0], [2560.0, 1440.0], [720.0, 480.0]];

/// Drills that were started together, and where their progress goes.
pub type Started = (Vec<Drill>, Report);

/// A window and the sessions that it opened, newest last.
pub struct Window {
    pub harness: Harness<'static, App>,
    pub sessions: Rc<RefCell<Vec<Rc<Session>>>>,
    /// The drills that were started, each time.
    pub started: Rc<RefCell<Vec<Started>>>,
    /// The checks that were started, each time.
    pub checks: Rc<RefCell<Vec<check::Started>>>,
    /// What was to be kept for the next run, each time.
    pub saved: Rc<RefCell<Vec<Settings>>>,
    /// Whether keeping it fails from now on.
    pub is_disk_full: Rc<Cell<bool>>,
}

/// What a window is started with.
struct Setup {
    library: DrillLibrary,
    load: ticketscope::ui::Load,
    settings: Option<Settings>,
    choose: Option<ChooseFile>,
    /// A further profile, which is the one in use.
    profile: Option<Profile>,
    /// Where profiles are kept.
    folder: Option<std::path::PathBuf>,
    /// With what it opens.
    beginning: Beginning,
    /// What begins sessions, if they are not made up.
    engine: Option<Begin>,
}

/// Begins a session.
pub type Begin = fn(&Profile, ticketscope::ui::Waker) -> Box<dyn Engine>;

impl Default for Setup {
    fn default() -> Self {
        Self {
            library: DrillLibrary::shipped(),
            load: DrillLibrary::shipped,
            settings: None,
            choose: None,
            profile: None,
            folder: None,
            beginning: Beginning::Session,
            engine: None,
        }
    }
}

impl Window {
    /// A window of `size` in which `scene` has happened.
    pub fn open(size: [f32; 2], theme: egui::Theme, scene: fn(&Session)) -> Self {
        Self::with_drills(size, theme, scene, DrillLibrary::shipped(), DrillLibrary::shipped)
    }

    /// The same, with the drills of `library`, and of `load` when somebody comes back to it.
    pub fn with_drills(
        size: [f32; 2],
        theme: egui::Theme,
        scene: fn(&Session),
        library: DrillLibrary,
        load: ticketscope::ui::Load,
    ) -> Self {
        Self::build(size, theme, scene, Setup { library, load, ..Setup::default() })
    }

    /// The same as [`Self::open`], with dialogs for files that choose as `choose` does.
    pub fn with_dialogs(size: [f32; 2], theme: egui::Theme, scene: fn(&Session), choose: ChooseFile) -> Self {
        Self::build(size, theme, scene, Setup { choose: Some(choose), ..Setup::default() })
    }

    /// The same as [`Self::open`], with what was chosen in an earlier run of the program.
    pub fn with_settings(size: [f32; 2], settings: Settings, scene: fn(&Session)) -> Self {
        let theme = if settings.theme == Colours::Light { egui::Theme::Light } else { egui::Theme::Dark };
        Self::build(size, theme, scene, Setup { settings: Some(settings), ..Setup::default() })
    }

    /// The same as [`Self::open`], with `profile`.
    pub fn with_profile(size: [f32; 2], theme: egui::Theme, profile: Profile, scene: fn(&Session)) -> Self {
        Self::build(size, theme, scene, Setup { profile: Some(profile), ..Setup::default() })
    }

    /// The same as [`Self::open`], with the profiles in `folder`.
    pub fn with_folder(size: [f32; 2], theme: egui::Theme, folder: &std::path::Path) -> Self {
        let folder = Some(folder.to_owned());
        Self::build(size, theme, |session| session.serve(), Setup { folder, ..Setup::default() })
    }

    /// A window that opens with `beginning`, and `settings` of an earlier run.
    pub fn beginning(
        size: [f32; 2],
        theme: egui::Theme,
        beginning: Beginning,
        settings: Settings,
        scene: fn(&Session),
    ) -> Self {
        Self::build(size, theme, scene, Setup { settings: Some(settings), beginning, ..Setup::default() })
    }

    /// The same with sessions that `begin` begins.
    pub fn with_engine(size: [f32; 2], theme: egui::Theme, folder: &std::path::Path, begin: Begin) -> Self {
        let setup = Setup { folder: Some(folder.to_owned()), engine: Some(begin), ..Setup::default() };
        Self::build(size, theme, |_| {}, setup)
    }

    fn build(size: [f32; 2], theme: egui::Theme, scene: fn(&Session), setup: Setup) -> Self {
        let Setup { library, load, settings, choose, profile, folder, beginning, engine } = setup;
        let saved: Rc<RefCell<Vec<Settings>>> = Rc::default();
        let saving = Rc::clone(&saved);
        let is_disk_full: Rc<Cell<bool>> = Rc::default();
        let is_full = Rc::clone(&is_disk_full);
        let sessions = Rc::new(RefCell::new(Vec::new()));
        let opened = Rc::clone(&sessions);
        let open = move |profile: &Profile, waker: ticketscope::ui::Waker| {
            if let Some(begin) = engine {
                return begin(profile, waker);
            }
            let session = Session::new(profile.clone(), move |change| waker.wake(change));
            opened.borrow_mut().push(Rc::clone(&session));
            Box::new(Handle(session)) as Box<dyn Engine>
        };
        let mut profiles = vec![Profile::local_demo("127.0.0.1:43117".parse().unwrap()), Profile::production()];
        profiles.extend(profile);
        let chosen = if profiles.len() > 2 { 2 } else { 0 };
        let started: Rc<RefCell<Vec<Started>>> = Rc::default();
        let starting = Rc::clone(&started);
        let start: Start = Box::new(move |drills, report| {
            starting.borrow_mut().push((drills, report));
            true
        });
        let checks: Rc<RefCell<Vec<check::Started>>> = Rc::default();
        let checking = Rc::clone(&checks);
        let check: StartCheck = Box::new(move |profile, armed, session, quiet, wake| {
            let (news, told) = std::sync::mpsc::sync_channel(64);
            let (cancel, cancelled) = tokio::sync::oneshot::channel();
            checking.borrow_mut().push(check::Started {
                profile,
                armed,
                session: session.id,
                quiet,
                news,
                wake,
                cancelled,
            });
            Some(Running::new(told, cancel))
        });
        let mut harness = Harness::builder()
            .with_size(size)
            .with_theme(theme)
            .with_max_steps(8)
            .with_render_cursor(false)
            .renderer(Raster::default())
            .build_eframe(|cc| {
                let app =
                    App::new(cc, profiles, chosen, Box::new(open)).with_drills(library, start, load).with_checks(check);
                let app = match folder {
                    Some(folder) => app.with_profiles(folder),
                    None => app,
                };
                let app = app.in_zone(chrono::FixedOffset::east_opt(0).unwrap());
                let app = match choose {
                    Some(choose) => app.with_dialogs(choose),
                    None => app,
                };
                let save = Box::new(move |settings: &Settings, failed: SaveFailed| {
                    saving.borrow_mut().push(settings.clone());
                    if is_full.get() {
                        failed("settings.toml: the disk is full".to_owned());
                    }
                });
                let app = match settings {
                    Some(settings) => app.with_settings(&cc.egui_ctx, settings, save),
                    None => app,
                };
                app.beginning(beginning)
            });
        if let Some(session) = sessions.borrow().first() {
            scene(session);
        }
        harness.run();
        Self { harness, sessions, started, checks, saved, is_disk_full }
    }

    /// What the drills that were started last tell of the one at `place`.
    pub fn tell(&mut self, place: usize, progress: Progress) {
        (self.started.borrow().last().unwrap().1)(place, progress);
        self.harness.run();
    }

    /// The session that is shown.
    pub fn session(&self) -> Rc<Session> {
        Rc::clone(self.sessions.borrow().last().unwrap())
    }
}
