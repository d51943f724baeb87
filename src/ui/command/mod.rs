//! Everything that can be asked of the window: one table that feeds buttons, menus, palette and shortcuts. A command
//! that only a panel has is a row of the same kind in the panel's own file.

mod backoff;
mod context;
mod copies;
mod drills;
mod faults;
mod kept;
mod obstacles;
mod open;
mod playback;
mod report;
mod row;
mod secrets;
mod start;
mod table;
mod timeline;
mod view;

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use strum::IntoEnumIterator as _;

pub use backoff::BackoffCommand;
pub use context::{CommandContext, Workers, filter_id};
pub use copies::CopyCommand;
pub use drills::DrillCommand;
pub use faults::FaultCommand;
pub use kept::KeptCommand;
pub use open::OpenCommand;
pub use playback::PlaybackCommand;
pub use report::ReportCommand;
pub use row::Row;
pub use secrets::SecretCommand;
pub use start::StartCommand;
pub use timeline::TimelineCommand;
pub use view::{TEXT_PERCENT, ViewCommand};

use super::state::State;
use super::tab::TabId;
use crate::export::Format;
use crate::faults::FaultKind;
use crate::view::Edge;

/// Something that a person can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum UiCommand {
    /// Connect, or end the connection or the attempts at it.
    Connection,
    /// Begin a new attempt now.
    RetryNow,
    /// Drop JWT and session, then connect.
    NewSession,
    /// Something to do with what a person gives the session.
    Secret(SecretCommand),
    /// List the profiles of this computer, to edit them and make new ones.
    Profiles,
    /// Show the text of the profile in this row of the list.
    #[strum(disabled)]
    ShowProfile(usize),
    /// Check every part of the way, or cancel that.
    Check,
    /// Something to do with the report.
    Report(ReportCommand),
    /// Something to do with faults.
    Faults(FaultCommand),
    /// Something to do with drills.
    Drills(DrillCommand),
    /// Show or hide the QA panel.
    FaultPanel,
    /// Something to do with the picture of the attempts.
    Timeline(TimelineCommand),
    /// Something to do with the rule of the waits.
    Backoff(BackoffCommand),
    /// Show what the log says at an entry of the journal.
    #[strum(disabled)]
    Reveal(u64),
    /// Show the request that an entry of the journal belongs to.
    #[strum(disabled)]
    ShowRequest(u64),
    /// Show only the lines of the log that tell of this edge of the state machine.
    #[strum(disabled)]
    ShowEdge(Edge),
    /// Show the lines of all edges again.
    AllEdges,
    /// Show a panel.
    Show(TabId),
    /// List what was found wrong.
    Findings,
    /// Show the lines that prove the finding in this row of the list.
    #[strum(disabled)]
    Proof(usize),
    /// Write into the filter.
    Filter,
    /// Keep the end of the log in view.
    Follow,
    /// Copy the log.
    Copy,
    /// Copy the connection or what happened, for another program.
    CopyAs(Format),
    /// Show lines for developers.
    Details,
    /// Find a command by its name.
    Palette,
    /// The next theme: dark, light, as the system.
    Theme,
    /// A way to open a file.
    Open(OpenCommand),
    /// Something to do with a recording in the list.
    #[strum(disabled)]
    Kept(KeptCommand),
    /// Something to do with the recording that is shown.
    Playback(PlaybackCommand),
    /// The start page, and what leads from it into a session.
    Start(StartCommand),
    /// How things are shown.
    View(ViewCommand),
    /// A text for the clipboard.
    Copies(CopyCommand),
    /// Choose what is kept between two runs of the program.
    Settings,
    /// Whether sessions are recorded.
    RecordSessions,
    /// List the shortcuts.
    Help,
    /// Leave.
    Quit,
    /// What a panel has brought.
    #[strum(disabled)]
    Panel(&'static PanelCommand),
}

impl UiCommand {
    /// All of the table, in the order of the palette.
    pub fn all(state: &State) -> Vec<Self> {
        let mut all = Vec::new();
        for command in Self::iter() {
            match command {
                Self::NewSession => all.extend(
                    std::iter::once(command).chain(FaultKind::iter().map(FaultCommand::Toggle).map(Self::Faults)),
                ),
                Self::Secret(_) => all.extend(SecretCommand::iter().map(Self::Secret)),
                Self::Report(_) => all.extend(ReportCommand::iter().map(Self::Report)),
                Self::Faults(_) => all.extend(FaultCommand::all().map(Self::Faults)),
                Self::Timeline(_) => all.extend(TimelineCommand::all().map(Self::Timeline)),
                Self::Backoff(_) => all.extend(BackoffCommand::iter().map(Self::Backoff)),
                Self::Open(_) => all.extend(OpenCommand::iter().map(Self::Open)),
                Self::Playback(_) => all.extend(PlaybackCommand::all().map(Self::Playback)),
                Self::Show(_) => all.extend(state.tabs.iter().map(|tab| Self::Show(tab.id))),
                Self::CopyAs(_) => all.extend(Format::iter().map(Self::CopyAs)),
                Self::Start(_) => all.extend(StartCommand::iter().map(Self::Start)),
                Self::Drills(_) => all.extend(DrillCommand::iter().map(Self::Drills)),
                Self::View(_) => all.extend(ViewCommand::all().map(Self::View)),
                Self::Copies(_) => all.extend(CopyCommand::iter().map(Self::Copies)),
                command => all.push(command),
            }
        }
        all
    }

    /// What the button and the palette's row say.
    pub fn label(self, state: &State) -> Cow<'static, str> {
        self.row(state).label
    }

    /// What it does, for a tooltip.
    pub fn explanation(self, state: &State) -> &'static str {
        self.row(state).explanation
    }

    /// Why it cannot be done now; `None` if it can.
    pub fn obstacle(self, state: &State) -> Option<&'static str> {
        self.row(state).obstacle
    }
}

/// A command that a panel brings along, with its row.
pub struct PanelCommand {
    /// Tells it from the others; it is not shown.
    pub name: &'static str,
    /// Its row, as things are now.
    pub row: fn(&State) -> Row,
}

impl fmt::Debug for PanelCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for PanelCommand {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for PanelCommand {}

impl Hash for PanelCommand {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.name.hash(hasher);
    }
}
