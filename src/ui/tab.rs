//! What the window knows of a panel besides how it is drawn: enough to offer it as a tab, to let commands act on
//! what it shows, and to keep it up to date.

use std::borrow::Cow;
use std::time::Duration;

use egui::Key;

use super::calendar::Calendar;
use crate::journal::Traffic;
use crate::model::Moment;
use crate::replay::Playback;

/// Which panel. The name is for code; people read [`Tab`]'s title.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TabId(pub &'static str);

impl TabId {
    /// The client's console.
    pub const LOG: Self = Self("log");
    /// The log of a drill.
    pub const DRILL: Self = Self("drill");
    /// The requests.
    pub const REQUESTS: Self = Self("requests");
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
pub struct Tab<S> {
    /// Which one it is.
    pub id: TabId,
    /// What the tab says.
    pub title: fn(&S) -> Cow<'static, str>,
    /// What it shows, for a tooltip.
    pub explanation: &'static str,
    /// The key that shows it, with Ctrl or ⌘.
    pub key: Option<Key>,
    /// Why it cannot be shown now; it has no tab then.
    pub obstacle: fn(&S) -> Option<&'static str>,
    /// Whether the pane with attempts and backoff makes room for it.
    pub wants_room: bool,
    /// The lines on which filter, Follow and Copy act, if it has some.
    pub listing: Option<ListingIn<S>>,
    /// Whether the lines for developers in `listing` can be hidden.
    pub has_details: bool,
    /// Whether what it shows changes with every ping.
    pub shows_heartbeats: bool,
    /// Takes in messages and rates of the session, while it is in view.
    pub apply: fn(&mut S, &Traffic),
    /// Takes in those of a recording at one of its moments, while it is in view.
    pub apply_recorded: fn(&mut S, &Playback, Moment),
    /// Takes in what its own threads found, in view or not.
    pub apply_results: fn(&mut S),
    /// How long until it looks different by the mere passing of time.
    pub tick: fn(&S) -> Option<Duration>,
}

impl<S> Tab<S> {
    /// One that can always be shown, without a key or lines, and changes only with the session.
    pub const fn new(id: TabId, title: fn(&S) -> Cow<'static, str>, explanation: &'static str) -> Self {
        Self {
            id,
            title,
            explanation,
            key: None,
            obstacle: |_| None,
            wants_room: false,
            listing: None,
            has_details: false,
            shows_heartbeats: false,
            apply: |_, _| {},
            apply_recorded: |_, _, _| {},
            apply_results: |_| {},
            tick: |_| None,
        }
    }
}
