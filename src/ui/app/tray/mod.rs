//! The icon in the desktop's tray (StatusNotifierItem), if a person wants it: the state's colour, and what is most wanted while
//! the window is behind others. Programs on Wayland cannot hide their windows, so closing the window ends the program still.

#[cfg(target_os = "linux")]
mod icon;
mod news;
#[cfg(not(target_os = "linux"))]
mod none;

use std::sync::mpsc::{Receiver, Sender, channel};

use crate::journal::Change;
use crate::ui::state::State;
use crate::ui::waker::Waker;
use crate::watchdog;
use news::Look;
pub use news::TrayNews;
#[cfg(not(target_os = "linux"))]
use none as icon;

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
