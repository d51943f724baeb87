//! What the window knows of a panel besides how it is drawn: enough to offer it as a tab, to let commands act on
//! what it shows, and to keep it up to date.

use std::borrow::Cow;
use std::time::Duration;

use egui::Key;

use super::calendar::Calendar;
use crate::journal::Traffic;
use crate::model::Moment;
use crate::replay::Playback;

/// Which panel. The name is for code; people read [`Tab::title`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TabId(pub &'static str);

impl TabId {
    /// The client's console.
    pub const LOG: Self = Self("log");
    /// The log of a drill.
    pub const DRILL: Self = Self("drill");
    /// The check.
    pub const CHECK: Self = Self("check");
}

impl Default for TabId {
    fn default() -> Self {
        Self::LOG
    }
}

/// What can be followed, filtered and copied.
pub trait Listing {
    /// Whether the newest line is kept in view.
    fn follows(&self) -> bool;
    /// Keeps the newest line in view, or not.
    fn set_follow(&mut self, follow: bool);
    /// The filter's text.
    fn filter(&self) -> &str;
    /// Shows only what contains `text`, in whatever case.
    fn set_filter(&mut self, text: String);
    /// What passes the filter, as text.
    fn copied(&mut self, calendar: &Calendar) -> String;
    /// What was clicked, as text.
    fn copied_selection(&self, calendar: &Calendar) -> Option<String>;
    /// Selects nothing.
    fn deselect(&mut self);

    /// Why not all that passes is copied; `None` if all is.
    fn cut_copy(&self) -> Option<&'static str> {
        None
    }

    /// What is not shown, in words, to be said beside the filter; `None` if everything is, or if the list says it.
    fn omissions(&self) -> Option<String> {
        None
    }

    /// Whether lines for developers are shown; `None` if it has no such lines.
    fn details(&self) -> Option<bool> {
        None
    }

    /// Shows or hides lines for developers.
    fn set_details(&mut self, _details: bool) {}
}

/// Where in the state of the window the lines of a panel are.
pub struct ListingIn<S> {
    /// To be read.
    pub of: fn(&S) -> &dyn Listing,
    /// To be changed.
    pub of_mut: fn(&mut S) -> &mut dyn Listing,
}

/// A panel, as one of the tabs. `S` is the state of the window.
pub trait Tab<S>: Sync {
    /// Which one it is.
    fn id(&self) -> TabId;

    /// What the tab says.
    fn title(&self, state: &S) -> Cow<'static, str>;

    /// What it shows, for a tooltip.
    fn explanation(&self) -> &'static str;

    /// The key that shows it, with Ctrl.
    fn key(&self) -> Option<Key> {
        None
    }

    /// Why it cannot be shown now; it has no tab then.
    fn obstacle(&self, _state: &S) -> Option<&'static str> {
        None
    }

    /// Whether the pane with attempts and backoff makes room for it.
    fn wants_room(&self) -> bool {
        false
    }

    /// The lines on which filter, Follow and Copy act, if it has some.
    fn listing(&self) -> Option<ListingIn<S>> {
        None
    }

    /// Whether the lines for developers in [`Self::listing`] can be hidden.
    fn has_details(&self) -> bool {
        false
    }

    /// Whether what it shows changes with every ping.
    fn shows_heartbeats(&self) -> bool {
        false
    }

    /// Takes in messages and rates of the session, while it is in view.
    fn take_in(&self, _state: &mut S, _traffic: &Traffic) {}

    /// Takes in those of a recording at one of its moments, while it is in view.
    fn take_in_recorded(&self, _state: &mut S, _playback: &Playback, _now: Moment) {}

    /// Takes in what its own threads found, in view or not.
    fn take_in_results(&self, _state: &mut S) {}

    /// How long until it looks different by the mere passing of time.
    fn tick(&self, _state: &S) -> Option<Duration> {
        None
    }
}
