//! What each command depends on: whether it can be done now, and whether it is on.

use super::super::state::State;
use super::{Tab, UiCommand};
use crate::faults::{Activation, FaultKind, Group};
use crate::journal::Status;
use crate::model::KeychainState;

impl UiCommand {
    /// Why it cannot be done now; `None` if it can.
    pub fn obstacle(self, state: &State) -> Option<&'static str> {
        let snapshot = &*state.snapshot;
        let is_recording = state.player.has_recording();
        let is_cancelling = self == Self::Check && state.check.is_running();
        if is_recording && self.needs_session() && !is_cancelling {
            return Some("This is a recording");
        }
        match self {
            Self::Play
            | Self::PreviousEntry
            | Self::NextEntry
            | Self::Speed(_)
            | Self::Scrub(_)
            | Self::JumpTo(_)
            | Self::Verify
            | Self::Compare
            | Self::Differences
            | Self::CopyDifferences
            | Self::JumpToIn(..)
            | Self::BackToLive
                if !is_recording =>
            {
                Some("No recording is shown: open one first")
            }
            Self::PreviousEntry if state.player.is_at_start() => Some("The recording begins here"),
            Self::NextEntry if state.player.is_at_end() => Some("The recording ends here"),
            Self::Differences | Self::CopyDifferences if state.player.comparison().is_none() => {
                Some("No recordings were compared")
            }
            Self::Verify if state.player.is_verifying() => Some("It is being verified"),
            Self::RetryNow => match snapshot.status {
                Status::Connecting(_) | Status::Waiting(_) | Status::Connected { .. } => None,
                Status::Idle | Status::Stopped => Some("Nothing is going on: press Connect"),
                Status::Crashed { .. } => Some("The client is being started again"),
            },
            Self::Fault(fault) if fault.needs_local_server() && snapshot.server.is_none() => {
                Some("Only the local demo has its server inside this program, and it is not running")
            }
            Self::Fault(fault)
                if fault.group() == Group::Keychain && snapshot.keychain == KeychainState::MemoryOnly =>
            {
                Some("The keychain is not used: start without --keychain memory")
            }
            Self::Fault(FaultKind::DropConnection) if snapshot.open_since().is_none() => Some("No socket is open"),
            Self::RunDrills if !state.drills.can_run() => Some("There is no drill that is not running"),
            Self::Drill(index) if state.drills.is_busy(index) => Some("It is running"),
            Self::Show(Tab::Drill) if !state.drills.has_log() => Some("No drill has been run"),
            Self::UseBackoff => match &state.backoff_draft {
                None => Some("Edit the backoff first"),
                Some(draft) if *draft == snapshot.backoff => Some("It is the rule in use"),
                Some(_) => None,
            },
            Self::ProfileBackoff if !state.is_backoff_changed() => Some("It is the rule in use"),
            Self::Now if state.timeline.is_following() => Some("The present is followed"),
            Self::Show(Tab::Check) if !state.check.has_begun() => Some("No check has been run"),
            Self::CopyCheck if state.check.copied().is_none() => Some("No check is over yet"),
            Self::SaveReport if !state.report.can_save() => Some("Make a report first, and say where to save it"),
            Self::CopyReportPath if state.report.saved_path().is_none() => Some("No report was saved"),
            Self::ClearFaults if snapshot.faults.is_empty() => Some("No fault is armed"),
            Self::SendMessage if snapshot.open_since().is_none() => Some("No socket is open: connect first"),
            Self::Unfold | Self::CopyMessage if is_recording => Some("This is a recording: it holds no text"),
            Self::Pause if is_recording => Some("This is a recording"),
            Self::Unfold | Self::CopyMessage if !state.messages_view.has_selection() => {
                Some("No message is chosen: click one first")
            }
            Self::Unfold if !state.messages_view.can_fold() => Some("There is nothing to fold: it is not JSON"),
            Self::Copy | Self::Filter | Self::Follow if !state.tab.is_log() => {
                Some("It works on the log: show the log first")
            }
            Self::AllEdges if state.log.edge().is_none() => Some("The lines of all edges are shown"),
            Self::ResetPolicy if !state.herd.is_edited() => Some("Nothing was edited"),
            _ => None,
        }
    }

    /// Whether only a running session can do it.
    const fn needs_session(self) -> bool {
        matches!(
            self,
            Self::Connection
                | Self::RetryNow
                | Self::NewSession
                | Self::Check
                | Self::Fault(_)
                | Self::AttemptAtOnce
                | Self::Repeat(_)
                | Self::ClearFaults
                | Self::RunDrills
                | Self::Drill(_)
                | Self::EditBackoff
                | Self::UseBackoff
                | Self::ProfileBackoff
                | Self::SendMessage
        )
    }

    /// Whether it is a switch that is on.
    pub fn is_on(self, state: &State) -> bool {
        match self {
            Self::Fault(fault) => state.armed(fault).is_some(),
            Self::Repeat(repeat) => state.repeat == repeat,
            Self::AttemptAtOnce => state.attempt_at_once,
            Self::RecordSessions => state.settings.recording.on,
            Self::FaultPanel => state.panel_open,
            Self::TimelinePane => state.timeline_open,
            Self::Speed(speed) => state.player.speed() == speed,
            Self::Span(span) => state.timeline.is(span),
            Self::Show(tab) => state.tab == tab,
            Self::Follow => state.follows(),
            Self::Pause => state.messages_view.is_paused,
            Self::MessageFilter(filter) => state.messages_view.lets_through(filter),
            Self::Details => state.active_log().details(),
            _ => false,
        }
    }

    /// Whether a further press clears what an earlier one armed.
    pub fn clears(self, state: &State) -> bool {
        matches!(self, Self::Fault(fault) if fault.activation() == Activation::Armed && state.armed(fault).is_some())
    }
}
