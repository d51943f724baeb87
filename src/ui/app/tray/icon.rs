//! The icon itself, on Linux.

use std::sync::mpsc::Receiver;

use eframe::egui::Theme;
use ksni::blocking::TrayMethods as _;
use ksni::menu::StandardItem;
use ksni::{Category, Error, MenuItem, Status, ToolTip};

use super::news::{Look, TrayNews};
use crate::ui::app::logo::ring;
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
