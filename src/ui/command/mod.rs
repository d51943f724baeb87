//! Everything that can be asked of the window: one table that feeds buttons, menus, palette and shortcuts. A command
//! that only a panel has is a row of the same kind in the panel's own file.

mod context;
mod copies;
mod drills;
mod kept;
mod row;
mod start;
mod table;
mod view;

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

use strum::IntoEnumIterator as _;

pub use context::{CommandContext, Workers, filter_id};
pub use copies::CopyCommand;
pub use drills::DrillCommand;
pub use kept::KeptCommand;
pub use row::Row;
pub use start::StartCommand;
pub use view::{TEXT_PERCENT, ViewCommand};

use super::choices::Repeat;
use super::playback::{Side, Speed};
use super::state::State;
use super::tab::TabId;
use super::timeline::Span;
use crate::export::Format;
use crate::faults::FaultKind;
use crate::model::Moment;
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
    /// Show what the profile wants of a person.
    Secrets,
    /// Keep what was typed for the secret at this place.
    #[strum(disabled)]
    KeepSecret(usize),
    /// Open the page on which a person is to sign in.
    OpenSignIn,
    /// Copy its address.
    CopySignIn,
    /// Let the command run that gives the secret at this place.
    #[strum(disabled)]
    AllowCommand(usize),
    /// Forget the secret at this place.
    #[strum(disabled)]
    ForgetSecret(usize),
    /// Use the JWT that was pasted, for this session alone.
    UseJwt,
    /// Sign in as the profile says again.
    DropJwt,
    /// List the profiles of this computer, to edit them and make new ones.
    Profiles,
    /// Show the text of the profile in this row of the list.
    #[strum(disabled)]
    ShowProfile(usize),
    /// Check every part of the way, or cancel that.
    Check,
    /// Make a report and show what is in it.
    Report,
    /// Save the report that is shown.
    SaveReport,
    /// Choose in the system's dialog where to save the report, and save it.
    BrowseForReport,
    /// Copy where the report was saved.
    CopyReportPath,
    /// Show the folder that the report was saved in.
    ShowReportFolder,
    /// Copy what the session is called in the server's log.
    CopyReportId,
    /// Break something, or fix what was armed.
    #[strum(disabled)]
    Fault(FaultKind),
    /// Choose how often faults in the ticket request act.
    Repeat(Repeat),
    /// Whether a fault that shows at the next attempt begins one.
    AttemptAtOnce,
    /// Fix everything.
    ClearFaults,
    /// Run every drill.
    RunDrills,
    /// Run the drill in this row.
    #[strum(disabled)]
    Drill(usize),
    /// Show what broke an expectation of a drill.
    #[strum(disabled)]
    DrillProblem {
        /// The drill's row.
        drill: usize,
        /// Which of its problems.
        problem: usize,
    },
    /// Something to do with the results of drills.
    Drills(DrillCommand),
    /// Show or hide the QA panel.
    FaultPanel,
    /// Show or hide attempts and backoff.
    TimelinePane,
    /// Show the newest attempts of so much time.
    Span(Span),
    /// Show attempts in more detail.
    ZoomIn,
    /// Show attempts of more time.
    ZoomOut,
    /// Zoom to the attempt that begins with this entry of the journal.
    #[strum(disabled)]
    ZoomTo(u64),
    /// Follow the present.
    Now,
    /// Edit the rule of the waits, or stop editing it.
    EditBackoff,
    /// Wait by the edited rule in this session.
    UseBackoff,
    /// Wait by the profile's rule again.
    ProfileBackoff,
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
    /// Look at a recording instead of the session.
    OpenRecording,
    /// Choose a recording in the system's dialog.
    BrowseForRecording,
    /// Open the file whose path was entered.
    #[strum(disabled)]
    OpenPath,
    /// Open the text that was pasted.
    #[strum(disabled)]
    OpenPasted,
    /// Open the recording in this row of the list.
    #[strum(disabled)]
    OpenKept(usize),
    /// Something to do with a recording in the list.
    #[strum(disabled)]
    Kept(KeptCommand),
    /// Let the recording play, or stop it.
    Play,
    /// Show the moment before the newest entry of the recording.
    PreviousEntry,
    /// Show the moment of the next one.
    NextEntry,
    /// How fast the recording plays.
    Speed(Speed),
    /// Show this moment of the recording.
    #[strum(disabled)]
    Scrub(Moment),
    /// Show the moment of this entry of the recording.
    #[strum(disabled)]
    JumpTo(u64),
    /// Feed the recording to the client's rules again.
    Verify,
    /// Save what was read from files as a recording.
    SaveTimeline,
    /// Write a copy of the HAR that is shown without anything secret.
    CleanCopy,
    /// Compare the recording with another one.
    Compare,
    /// Compare the files that are shown with the session.
    CompareWithLive,
    /// List what the last comparison found.
    Differences,
    /// Copy what the last comparison found.
    CopyDifferences,
    /// Show the moment of this entry of one of the recordings that were compared.
    #[strum(disabled)]
    JumpToIn(Side, u64),
    /// Show the session again.
    BackToLive,
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
                Self::NewSession => all.extend(std::iter::once(command).chain(FaultKind::iter().map(Self::Fault))),
                Self::Repeat(_) => all.extend(Repeat::iter().map(Self::Repeat)),
                Self::Span(_) => all.extend(Span::iter().map(Self::Span)),
                Self::Speed(_) => all.extend(Speed::iter().map(Self::Speed)),
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

    /// Whether what it does can be seen on the start page, which stays then.
    pub fn stays_on_start_page(self) -> bool {
        matches!(
            self,
            Self::Start(_)
                | Self::View(_)
                | Self::Copies(_)
                | Self::Profiles
                | Self::ShowProfile(_)
                | Self::OpenRecording
                | Self::BrowseForRecording
                | Self::OpenPath
                | Self::OpenPasted
                | Self::OpenKept(_)
                | Self::Kept(_)
                | Self::Panel(_)
                | Self::Palette
                | Self::Theme
                | Self::Settings
                | Self::RecordSessions
                | Self::Help
                | Self::Quit
        )
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
