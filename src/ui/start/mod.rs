//! The start page: what to look at, the profiles and how they were last, the files that were looked at.

mod demo_banner;
mod screen;

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::choices::Switch;
use super::page::{Page, Purpose};
use super::playback::control;
use super::state::State;
use super::waker::Waker;
use crate::model::SafeText;
use crate::settings::RecentFile;
use crate::view::Tone;

pub use demo_banner::banner;
pub use screen::show;

/// A file that was looked at, or a recording that this computer kept.
pub struct Recent {
    /// Where it is.
    pub path: PathBuf,
    /// What people call it.
    title: String,
    /// What it is.
    about: String,
    /// What was found in it, and how that should feel.
    outcome: (String, Tone),
    at: DateTime<Utc>,
}

/// Files on the start page.
const MAX_RECENT: usize = 8;

/// Shows the start page, with what is there by now.
pub fn show_page(state: &mut State, waker: &Waker) {
    state.page = Page::Start;
    control::list(state, waker);
}

/// Uses the profile at `place`, and does `then` with it.
pub fn use_profile(state: &mut State, place: usize, then: Purpose) {
    state.page = Page::Session;
    state.start.choice = Some(place);
    state.start.has_demo_banner = false;
    state.profiles.switch = Some(Switch { to: place, then: Some(then) });
}

/// The files that were looked at and the recordings that were kept, the newest first, each once.
pub fn recent(state: &State) -> Vec<Recent> {
    let opened = state.settings.window.recent.iter().map(|file| of_opened(state, file));
    let known = |path: &PathBuf| state.settings.window.recent.iter().any(|file| file.path == *path);
    let kept = state.player.kept.iter().flatten().enumerate();
    // The one of this session is not over.
    let kept = kept.filter(|(row, kept)| !known(&kept.path) && !control::is_written(state, *row));
    let kept = kept.filter_map(|(_, kept)| {
        let summary = kept.summary.as_ref()?;
        let calendar = state.own_calendar();
        let began = format!("{} {}", calendar.day(summary.start), calendar.time(summary.start));
        let kind = if summary.is_demo { "DEMO recording" } else { "recording" };
        let (title, about) = match kept.own_name() {
            Some(name) => {
                (SafeText::new(name).to_string(), format!("{kind} · {} · {began} · {}", summary.profile, kept.length()))
            }
            None => (format!("{} · {began}", summary.profile), format!("{kind} · {}", kept.length())),
        };
        // That the demo was well says nothing of anybody's service.
        let tone = if summary.is_demo { Tone::Neutral } else { summary.tone };
        Some(Recent {
            path: kept.path.clone(),
            title,
            about,
            outcome: (summary.outcome.clone(), tone),
            at: kept.began(),
        })
    });
    let mut all: Vec<Recent> = opened.chain(kept).collect();
    all.sort_by_key(|recent| std::cmp::Reverse(recent.at));
    all.truncate(MAX_RECENT);
    all
}

fn of_opened(state: &State, file: &RecentFile) -> Recent {
    let calendar = state.own_calendar();
    let title = file.path.file_name().unwrap_or(file.path.as_os_str()).to_string_lossy();
    Recent {
        path: file.path.clone(),
        title: SafeText::new(&title).to_string(),
        about: format!("opened {} {}", calendar.day(file.opened), calendar.time(file.opened)),
        outcome: (file.outcome.to_string(), file.tone),
        at: file.opened,
    }
}
