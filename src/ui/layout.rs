//! For whom the parts of the window are laid out.

use super::state::State;
use crate::settings::Layout;

/// What stands at the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SidePanel {
    /// Faults and drills.
    Faults,
    /// What to tell the user, and whom else.
    Support,
}

/// What people call it.
pub const fn name(layout: Layout) -> &'static str {
    match layout {
        Layout::Support => "Support",
        Layout::Developer => "Developer",
        Layout::Qa => "QA",
    }
}

/// What the command is called.
pub const fn label(layout: Layout) -> &'static str {
    match layout {
        Layout::Support => "Layout for support",
        Layout::Developer => "Layout for developers",
        Layout::Qa => "Layout for QA",
    }
}

/// What it shows, for a tooltip.
pub const fn explanation(layout: Layout) -> &'static str {
    match layout {
        Layout::Support => "For who answers users: the verdict large, what was found, and what to copy",
        Layout::Developer => "For who writes clients and servers: all room for attempts, requests and logs",
        Layout::Qa => "For who tests: faults and drills beside all of it",
    }
}

/// Lays the window out so, with what belongs to it.
pub fn choose(state: &mut State, layout: Layout) {
    state.settings.window.layout = layout;
    state.panel_open = layout != Layout::Developer;
}

/// The same when a person asks for it: what was closed before is open again.
pub fn choose_anew(state: &mut State, layout: Layout) {
    choose(state, layout);
    match layout {
        Layout::Support => state.settings.window.answer_panel = true,
        Layout::Developer => {}
        Layout::Qa => state.settings.fault_panel = true,
    }
}

/// Whether the layout has its panel where there is room for it.
pub fn wants_panel(state: &State) -> bool {
    match state.settings.window.layout {
        Layout::Support => state.settings.window.answer_panel,
        Layout::Developer => false,
        Layout::Qa => state.settings.fault_panel,
    }
}

impl State {
    /// What stands at the right, if anything does.
    pub fn side_panel(&self) -> Option<SidePanel> {
        match self.settings.window.layout {
            _ if !self.panel_open => None,
            // Whatever a user sent is looked at for the answer.
            _ if self.player.has_files() => Some(SidePanel::Support),
            Layout::Support => Some(SidePanel::Support),
            Layout::Developer => None,
            Layout::Qa => Some(SidePanel::Faults),
        }
    }
}
