//! Sees when a text is to be shown whose letters the program's own fonts lack, and has the system's read then.

use std::sync::mpsc::Receiver;

use egui::{Event, ImeEvent};

use crate::ui::fonts::{self, SystemFont};
use crate::ui::state::State;
use crate::ui::waker::Waker;

/// What is known of the system's fonts.
#[derive(Default)]
pub enum Scripts {
    /// They were not needed so far.
    #[default]
    NotNeeded,
    /// They are being read.
    Reading(Receiver<Vec<SystemFont>>),
    /// They are in use, or no thread could be started to read them.
    Done,
}

impl Scripts {
    /// Looks at what is new, and uses fonts that were read.
    pub fn look(&mut self, ctx: &egui::Context, state: &State, waker: &Waker) {
        match self {
            Self::NotNeeded if is_needed(ctx, state) => {
                *self = waker.in_background("fonts", fonts::of_this_system).map_or(Self::Done, Self::Reading);
            }
            Self::Reading(read) => {
                if let Ok(system) = read.try_recv() {
                    ctx.set_fonts(fonts::with_system(&system));
                    *self = Self::Done;
                    ctx.request_repaint();
                }
            }
            Self::NotNeeded | Self::Done => {}
        }
    }
}

fn is_needed(ctx: &egui::Context, state: &State) -> bool {
    let is_typed = ctx.input(|input| {
        input.events.iter().any(|event| match event {
            Event::Text(text)
            | Event::Paste(text)
            | Event::Ime(ImeEvent::Preedit { text, .. } | ImeEvent::Commit(text)) => fonts::are_lacking(text),
            _ => false,
        })
    });
    let names = state.profiles.all.iter().map(|profile| profile.name.as_str());
    is_typed || state.pane.log.is_lacking_fonts() || names.into_iter().any(fonts::are_lacking)
}
