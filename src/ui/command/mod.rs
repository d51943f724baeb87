//! Everything that can be asked of the window: one list that feeds buttons, palette and shortcuts.

mod availability;
mod choices;
mod keys;
mod words;

use strum::IntoEnumIterator as _;

pub use choices::{MessageFilter, Repeat, Tab};

use super::playback::{Side, Speed};
use super::timeline::Span;
use crate::faults::FaultKind;
use crate::journal::Edge;
use crate::journal::export::Format;
use crate::model::Moment;

/// Something that a person can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum UiCommand {
    /// Connect, or end the connection or the attempts at it.
    Connection,
    /// Begin a new attempt now.
    RetryNow,
    /// Drop JWT and session, then connect.
    NewSession,
    /// Check every part of the way, or cancel that.
    Check,
    /// Copy the last check.
    CopyCheck,
    /// Make a report and show what is in it.
    Report,
    /// Save the report that is shown.
    SaveReport,
    /// Copy where the report was saved.
    CopyReportPath,
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
    /// Simulate what the reconnect rules do to a server, or stop simulating.
    Simulate,
    /// Forget the edit of the reconnect rule.
    ResetPolicy,
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
    /// Show only the lines of the log that tell of this edge of the state machine.
    #[strum(disabled)]
    ShowEdge(Edge),
    /// Show the lines of all edges again.
    AllEdges,
    /// Show a tab.
    Show(Tab),
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
    /// Let the list of messages stand still, or go on.
    Pause,
    /// Show or hide messages of a sort.
    MessageFilter(MessageFilter),
    /// Unfold all of the JSON that is looked at, or fold it.
    Unfold,
    /// Copy the message that is looked at.
    CopyMessage,
    /// Send the message that was written.
    SendMessage,
    /// Show lines for developers.
    Details,
    /// Find a command by its name.
    Palette,
    /// The next theme: dark, light, as the system.
    Theme,
    /// Look at a recording instead of the session.
    OpenRecording,
    /// Open the file whose path was entered.
    #[strum(disabled)]
    OpenPath,
    /// Open the recording in this row of the list.
    #[strum(disabled)]
    OpenKept(usize),
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
    /// Compare the recording with another one.
    Compare,
    /// List what the last comparison found.
    Differences,
    /// Copy what the last comparison found.
    CopyDifferences,
    /// Show the moment of this entry of one of the recordings that were compared.
    #[strum(disabled)]
    JumpToIn(Side, u64),
    /// Show the session again.
    BackToLive,
    /// Choose what is kept between two runs of the program.
    Settings,
    /// Whether sessions are recorded.
    RecordSessions,
    /// List the shortcuts.
    Help,
    /// Leave.
    Quit,
}

impl UiCommand {
    /// All of them, in the order of the palette.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter().flat_map(|command| -> Box<dyn Iterator<Item = Self>> {
            match command {
                Self::NewSession => Box::new(std::iter::once(command).chain(FaultKind::iter().map(Self::Fault))),
                Self::Repeat(_) => Box::new(Repeat::iter().map(Self::Repeat)),
                Self::Span(_) => Box::new(Span::iter().map(Self::Span)),
                Self::Speed(_) => Box::new(Speed::iter().map(Self::Speed)),
                Self::Show(_) => Box::new(Tab::iter().map(Self::Show)),
                Self::CopyAs(_) => Box::new(Format::iter().map(Self::CopyAs)),
                Self::MessageFilter(_) => Box::new(MessageFilter::iter().map(Self::MessageFilter)),
                command => Box::new(std::iter::once(command)),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::state::State;
    use super::*;
    use crate::model::Profile;

    #[test]
    fn no_two_commands_share_a_label_or_keys() {
        let state = State::new(vec![Profile::production()], Profile::production());
        let (mut labels, mut keys) = (HashMap::new(), HashMap::new());
        for command in UiCommand::all() {
            let clash = labels.insert(command.label(&state).to_lowercase(), command);
            assert_eq!(clash, None, "{command:?} has the label of");
            if let Some(shortcut) = command.shortcut() {
                let clash = keys.insert(format!("{shortcut:?}"), command);
                assert_eq!(clash, None, "{command:?} has the keys of");
            }
        }
    }

    #[test]
    fn labels_follow_the_house_rules() {
        let state = State::new(vec![Profile::production()], Profile::production());
        for command in UiCommand::all() {
            let (label, explanation) = (command.label(&state), command.explanation(&state));
            assert!(!label.ends_with('.') && !explanation.ends_with('.'), "{command:?}");
            let words = label
                .split_whitespace()
                .skip(1)
                .filter(|word| !["JWT", "503:", "TCP", "FIN", "RST", "JSON", "CSV", "Perfetto"].contains(word));
            for word in words {
                assert!(!word.starts_with(char::is_uppercase), "{label}: {word} is in Title Case");
            }
        }
    }
}
