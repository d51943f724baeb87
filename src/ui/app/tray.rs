//! The icon in the desktop's tray (StatusNotifierItem), if a person wants it: the state's colour, and what is most wanted while
//! the window is behind others. Programs on Wayland cannot hide their windows, so closing the window ends the program still.

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::journal::Change;
use crate::ui::state::State;
use crate::ui::waker::Waker;
use crate::view::Tone;
use crate::watchdog;

/// What the tray shows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    /// The window's title.
    title: String,
    tone: Tone,
    /// Whether there is a connection, or an attempt, to end.
    can_disconnect: bool,
}

/// What the tray has to tell.
#[derive(Debug, PartialEq, Eq)]
pub enum TrayNews {
    /// The window is wanted before the others.
    Show,
    /// The connection is to be ended.
    Disconnect,
    /// The program is to be ended.
    Quit,
    /// There is no icon, in words.
    Missing(String),
}

/// The icon, once it is wanted.
#[derive(Default)]
pub struct Tray(Option<Running>);

struct Running {
    looks: Sender<Look>,
    news: Receiver<TrayNews>,
    shown: Option<Look>,
}

impl Tray {
    /// Shows the state in the tray, or takes the icon away, as the settings say. Returns what was asked for there.
    pub fn look(&mut self, title: &str, state: &State, waker: &Waker) -> Vec<TrayNews> {
        if !state.settings.tray {
            self.0 = None;
            return Vec::new();
        }
        let running = self.0.get_or_insert_with(|| Running::start(waker));
        let (tone, can_disconnect) = (state.verdict().tone, !state.is_at_rest());
        let is_shown = running.shown.as_ref().is_some_and(|shown| {
            (shown.title.as_str(), shown.tone, shown.can_disconnect) == (title, tone, can_disconnect)
        });
        if !is_shown {
            let look = Look { title: title.to_owned(), tone, can_disconnect };
            running.shown = Some(look.clone());
            // Without a tray nobody shows it, and that was said.
            let _ = running.looks.send(look);
        }
        running.news.try_iter().collect()
    }
}

impl Running {
    fn start(waker: &Waker) -> Self {
        let ((looks, shown), (tell, news), waker) = (channel(), channel(), waker.clone());
        let problem = tell.clone();
        let tell = move |news| {
            // Of a window that is closed nothing is wanted any more.
            let _ = tell.send(news);
            waker.wake(Change::Fact);
        };
        // It may wait for the desktop.
        if watchdog::spawn_once("tray", move || icon::run(&shown, tell)).is_err() {
            let _ = problem.send(TrayNews::Missing("No tray icon: the system has no thread to give".to_owned()));
        }
        Self { looks, news, shown: None }
    }
}

#[cfg(target_os = "linux")]
mod icon {
    use std::sync::mpsc::Receiver;

    use eframe::egui::Theme;
    use ksni::blocking::TrayMethods as _;
    use ksni::menu::StandardItem;
    use ksni::{Category, Error, MenuItem, Status, ToolTip};

    use super::super::logo::ring;
    use super::{Look, TrayNews};
    use crate::ui::tokens::Tokens;
    use crate::view::Tone;

    /// Sides of the icon, in pixels: panels are about so high, on usual screens and on fine ones.
    const SIDES: [u32; 2] = [22, 44];

    struct Icon<T> {
        look: Look,
        tell: T,
    }

    /// Shows what comes until nobody sends any more.
    pub fn run(looks: &Receiver<Look>, tell: impl Fn(TrayNews) + Clone + Send + 'static) {
        let Ok(look) = looks.recv() else { return };
        let icon = match (Icon { look, tell: tell.clone() }).spawn() {
            Ok(icon) => icon,
            Err(error) => return tell(TrayNews::Missing(words(&error))),
        };
        while let Ok(look) = looks.recv() {
            let newest = looks.try_iter().last().unwrap_or(look);
            if icon.update(|icon| icon.look = newest).is_none() {
                return tell(TrayNews::Missing("The tray icon is gone: the desktop has ended its tray".to_owned()));
            }
        }
        icon.shutdown().wait();
    }

    fn words(error: &Error) -> String {
        match error {
            Error::Watcher(_) | Error::WontShow => {
                "No tray icon: this desktop has no tray (GNOME needs the extension AppIndicator)".to_owned()
            }
            _ => "No tray icon: this desktop's message bus (D-Bus) does not answer".to_owned(),
        }
    }

    impl<T: Fn(TrayNews) + Send + 'static> ksni::Tray for Icon<T> {
        fn id(&self) -> String {
            "ticketscope".to_owned()
        }

        fn category(&self) -> Category {
            Category::Communications
        }

        fn title(&self) -> String {
            self.look.title.clone()
        }

        fn status(&self) -> Status {
            match self.look.tone {
                Tone::Bad | Tone::Warning => Status::NeedsAttention,
                Tone::Good | Tone::Busy | Tone::Neutral => Status::Active,
            }
        }

        fn icon_pixmap(&self) -> Vec<ksni::Icon> {
            // Panels are dark more often than not, whatever the windows are.
            let ink = Tokens::of(Theme::Dark).color.tone(self.look.tone);
            let pixmap = |side: u32| {
                let argb = ring(side).flat_map(|alpha| [alpha, ink.r(), ink.g(), ink.b()]);
                ksni::Icon { width: side as i32, height: side as i32, data: argb.collect() }
            };
            SIDES.into_iter().map(pixmap).collect()
        }

        fn attention_icon_pixmap(&self) -> Vec<ksni::Icon> {
            self.icon_pixmap()
        }

        fn tool_tip(&self) -> ToolTip {
            ToolTip { title: self.look.title.clone(), ..ToolTip::default() }
        }

        fn activate(&mut self, _x: i32, _y: i32) {
            (self.tell)(TrayNews::Show);
        }

        fn menu(&self) -> Vec<MenuItem<Self>> {
            let row = |label: &str, enabled, news: fn() -> TrayNews| {
                let activate = Box::new(move |icon: &mut Self| (icon.tell)(news()));
                StandardItem { label: label.to_owned(), enabled, activate, ..StandardItem::default() }.into()
            };
            vec![
                row("Show the window", true, || TrayNews::Show),
                row("Disconnect", self.look.can_disconnect, || TrayNews::Disconnect),
                row("Quit", true, || TrayNews::Quit),
            ]
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod icon {
    use std::sync::mpsc::Receiver;

    use super::{Look, TrayNews};

    pub fn run(_looks: &Receiver<Look>, tell: impl Fn(TrayNews)) {
        tell(TrayNews::Missing("No tray icon: only on Linux there is one".to_owned()));
    }
}
