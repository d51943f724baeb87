//! Everything that can be asked of the window: one list that feeds buttons, palette and shortcuts.

use std::borrow::Cow;

use egui::{Key, KeyboardShortcut, Modifiers};
use strum::IntoEnumIterator as _;

use super::playback::Speed;
use super::state::State;
use super::timeline::Span;
use crate::diagnosis::Finding;
use crate::faults::{Group, Kind, Onset};
use crate::journal::Status;
use crate::journal::export::Format;
use crate::model::{KeychainState, Moment};

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
    /// Break something, or mend what was armed.
    #[strum(disabled)]
    Fault(Kind),
    /// Choose how often faults in the ticket request act.
    Repeat(Repeat),
    /// Whether a fault that shows at the next attempt begins one.
    AttemptAtOnce,
    /// Mend everything.
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
    Stage,
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
    Sift(Sift),
    /// Show JSON with a line for each value.
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

/// How often faults in the ticket request act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Repeat {
    /// At one ticket request.
    #[default]
    Once,
    /// At three.
    Thrice,
    /// Until it is switched off.
    UntilOff,
}

impl Repeat {
    /// The number for [`crate::session::Command::Arm`].
    pub const fn times(self) -> Option<u32> {
        match self {
            Self::Once => Some(1),
            Self::Thrice => Some(3),
            Self::UntilOff => None,
        }
    }

    /// What the choice says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Once => "1×",
            Self::Thrice => "3×",
            Self::UntilOff => "until off",
        }
    }
}

/// Sorts of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Sift {
    /// From the server.
    #[default]
    Received,
    /// To the server.
    Sent,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Binary,
    /// Pings and pongs.
    Heartbeats,
}

impl Sift {
    /// What its switch says.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Received => "In",
            Self::Sent => "Out",
            Self::Text => "Text",
            Self::Binary => "Binary",
            Self::Heartbeats => "Ping and pong",
        }
    }
}

/// The tabs below the cards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Tab {
    /// The console.
    #[default]
    Log,
    /// Every close so far.
    Closes,
    /// What passed over the socket.
    Messages,
    /// The client's state diagram.
    Machine,
    /// What the local server logged.
    Server,
    /// What a reconnect rule does to a server.
    Herd,
    /// Round trips and rates.
    Rates,
    /// The console of a drill.
    Drill,
    /// The check that is going on or was the last.
    Check,
}

impl Tab {
    /// Whether the stage makes room for it.
    pub const fn wants_room(self) -> bool {
        match self {
            Self::Log | Self::Closes | Self::Server | Self::Drill => false,
            Self::Messages | Self::Rates | Self::Machine | Self::Herd | Self::Check => true,
        }
    }

    /// Whether it shows lines, which can be filtered and copied.
    pub const fn is_log(self) -> bool {
        match self {
            Self::Log | Self::Server | Self::Drill | Self::Messages => true,
            Self::Closes | Self::Rates | Self::Machine | Self::Herd | Self::Check => false,
        }
    }
}

impl UiCommand {
    /// All of them, in the order of the palette.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter().flat_map(|command| -> Box<dyn Iterator<Item = Self>> {
            match command {
                Self::NewSession => Box::new(std::iter::once(command).chain(Kind::iter().map(Self::Fault))),
                Self::Repeat(_) => Box::new(Repeat::iter().map(Self::Repeat)),
                Self::Span(_) => Box::new(Span::iter().map(Self::Span)),
                Self::Speed(_) => Box::new(Speed::iter().map(Self::Speed)),
                Self::Show(_) => Box::new(Tab::iter().map(Self::Show)),
                Self::CopyAs(_) => Box::new(Format::iter().map(Self::CopyAs)),
                Self::Sift(_) => Box::new(Sift::iter().map(Self::Sift)),
                command => Box::new(std::iter::once(command)),
            }
        })
    }

    /// What the button and the palette's row say.
    pub fn label(self, state: &State) -> Cow<'static, str> {
        match self {
            Self::Connection if state.is_at_rest() => "Connect".into(),
            Self::Connection => "Disconnect".into(),
            Self::RetryNow => "Retry now".into(),
            Self::NewSession => "New session".into(),
            Self::Check if state.check.is_running() => "Cancel check".into(),
            Self::Check => "Check…".into(),
            Self::CopyCheck => "Copy the check".into(),
            Self::Report => "Report…".into(),
            Self::SaveReport => "Save the report".into(),
            Self::CopyReportPath => "Copy the report's path".into(),
            Self::CopyReportId => "Copy the report id".into(),
            Self::Fault(fault) => match state.armed(fault) {
                Some(armed) => format!("{} · {}", fault.label(), armed.countdown()).into(),
                None => fault.label().into(),
            },
            Self::Repeat(repeat) => format!("Ticket faults: {}", repeat.label()).into(),
            Self::AttemptAtOnce => "Begin a new attempt at once".into(),
            Self::ClearFaults => "Clear all faults".into(),
            Self::RunDrills => "Run all drills".into(),
            Self::Drill(index) => format!("Drill: {}", state.drills.name(index)).into(),
            Self::DrillProblem { drill, .. } => format!("Why it failed: {}", state.drills.name(drill)).into(),
            Self::FaultPanel if state.panel_open => "Hide faults".into(),
            Self::FaultPanel => "Show faults".into(),
            Self::Stage if state.stage_open => "Hide attempts and backoff".into(),
            Self::Stage => "Show attempts and backoff".into(),
            Self::Span(span) => format!("Attempts: {}", span.label()).into(),
            Self::ZoomIn => "Zoom in".into(),
            Self::ZoomOut => "Zoom out".into(),
            Self::ZoomTo(_) => "Zoom to the attempt".into(),
            Self::Now => "Now".into(),
            Self::EditBackoff if state.backoff_draft.is_some() => "Close the backoff's editor".into(),
            Self::EditBackoff => "Edit the backoff…".into(),
            Self::UseBackoff => "Use in this session".into(),
            Self::ProfileBackoff => "Back to the profile's".into(),
            Self::Reveal(_) => "Show it in the log".into(),
            Self::Show(Tab::Log) => "Log".into(),
            Self::Show(Tab::Closes) => format!("Closes {}", state.closes()).into(),
            Self::Show(Tab::Machine) => "Machine".into(),
            Self::Show(Tab::Server) => "Server log".into(),
            Self::Show(Tab::Drill) => "Drill log".into(),
            Self::Show(Tab::Messages) => "Messages".into(),
            Self::Show(Tab::Rates) => "Rates".into(),
            Self::CopyAs(format) => format!("Copy as {}", format.name()).into(),
            Self::Pause => "Pause".into(),
            Self::Sift(sift) => format!("Messages: {}", sift.word().to_lowercase()).into(),
            Self::Unfold => "Unfold JSON".into(),
            Self::CopyMessage => "Copy message".into(),
            Self::SendMessage => "Send message".into(),
            Self::Show(Tab::Herd) => "Herd".into(),
            Self::Simulate if state.herd.is_running() => "Cancel the simulation".into(),
            Self::Simulate => "Simulate the herd".into(),
            Self::ResetPolicy => "Edit the profile's rule anew".into(),
            Self::Show(Tab::Check) => "Check".into(),
            Self::Findings => match state.verdict.findings.iter().map(Finding::count).sum::<usize>() {
                0 => "Findings".into(),
                count => format!("Findings {count}").into(),
            },
            Self::Proof(_) => "Show the proof".into(),
            Self::Filter => "Filter the log…".into(),
            Self::Follow => "Follow".into(),
            Self::Copy => "Copy".into(),
            Self::Details => "Details".into(),
            Self::Palette => "Commands…".into(),
            Self::Theme => format!("Theme: {}", state.theme.name()).into(),
            Self::OpenRecording => "Open a recording…".into(),
            Self::OpenPath => "Open".into(),
            Self::OpenKept(_) => "Open this recording".into(),
            Self::Play if state.player.is_playing() => "Stop playing".into(),
            Self::Play => "Play".into(),
            Self::PreviousEntry => "Previous entry".into(),
            Self::NextEntry => "Next entry".into(),
            Self::Speed(speed) => format!("Play at {}", speed.label()).into(),
            Self::Scrub(_) => "Show this moment".into(),
            Self::JumpTo(_) => "Show its moment".into(),
            Self::Verify => "Verify".into(),
            Self::Compare => "Compare…".into(),
            Self::BackToLive => "Back to live".into(),
            Self::Settings => "Settings…".into(),
            Self::RecordSessions => "Record every session".into(),
            Self::Help => "Keyboard shortcuts".into(),
            Self::Quit => "Quit".into(),
        }
    }

    /// What it does, for a tooltip.
    pub fn explanation(self, state: &State) -> &'static str {
        match self {
            Self::Connection if state.is_at_rest() => "Connect with the JWT that is there, or with a new one",
            Self::Connection => "End the connection or the attempt, and do not reconnect",
            Self::RetryNow => "Begin a new attempt now, like refreshing the page",
            Self::NewSession => "Drop the JWT and the session, then connect",
            Self::Check if state.check.is_running() => "End the check; what was found so far stays",
            Self::Check => "Check every part of the way once, and say what is wrong; this session is not touched",
            Self::CopyCheck => "Copy the last check as text, for a ticket",
            Self::Report => {
                "Make one file for the engineers that is safe to send; you see all of it before it is saved"
            }
            Self::SaveReport => "Write it into a zip archive that only you may read",
            Self::CopyReportPath => "Copy the name of the file that was saved, with its folder",
            Self::CopyReportId => "Each x-trace-id of this session begins with it: search the server's log for it",
            Self::Fault(fault) if state.armed(fault).is_some() => "It is armed: press to clear it",
            Self::Fault(fault) => fault.explanation(),
            Self::Repeat(Repeat::Once) => "A fault in the ticket request acts at the next one",
            Self::Repeat(Repeat::Thrice) => "A fault in the ticket request acts at the next three",
            Self::Repeat(Repeat::UntilOff) => "A fault in the ticket request acts at each until it is switched off",
            Self::AttemptAtOnce => "Many faults show at the next attempt: begin one when such a fault is armed",
            Self::ClearFaults => "Clear every fault that is armed",
            Self::RunDrills => "Run every drill, each with a local demo of its own; this session is not touched",
            Self::Drill(_) => "Run it with a local demo of its own; this session is not touched",
            Self::DrillProblem { .. } => "Show the lines that broke what was expected",
            Self::FaultPanel => "The panel with everything that QA can break",
            Self::Stage => "Every attempt over time, and the waits between them",
            Self::Span(_) => "How much time the picture of the attempts shows",
            Self::ZoomIn => "Less time in more detail; also with Ctrl and the wheel",
            Self::ZoomOut => "More time in less detail; also with Ctrl and the wheel",
            Self::ZoomTo(_) => "Let one attempt fill the width, without its wait and the time that it was open",
            Self::Now => "Follow the present again",
            Self::EditBackoff => {
                "Change first wait, factor, cap, jitter and reset for this session; the profile stays as it is"
            }
            Self::UseBackoff => "The next wait is drawn by this rule; the one that is going on stays",
            Self::ProfileBackoff => "The next wait is drawn by the profile's rule again",
            Self::Reveal(_) => "Show the lines of the log that belong to it",
            Self::Show(Tab::Log) => "The client's console",
            Self::Show(Tab::Closes) => "Every close of an open socket so far, and what its code means",
            Self::Show(Tab::Machine) => "The client's state diagram: where it is, and how often each edge was taken",
            Self::Show(Tab::Server) => "What the local demo's server logged",
            Self::Show(Tab::Drill) => "The console of the drill that was run or failed last",
            Self::Show(Tab::Messages) => "What passed over the socket, both ways",
            Self::Show(Tab::Rates) => "Round trips, messages and bytes per second since the session began",
            Self::CopyAs(format) => format.explanation(),
            Self::Pause => "Let the list of messages stand still; they are collected all the same",
            Self::Sift(_) => "Show or hide messages of this sort",
            Self::Unfold => "Show JSON with a line for each value",
            Self::CopyMessage => "Copy the message that is looked at",
            Self::SendMessage => "Send what was written; only a JSON object, anything else crashes such servers",
            Self::Show(Tab::Herd) => "What a reconnect rule does to a server when thousands of clients follow it",
            Self::Simulate if state.herd.is_running() => "End the simulation without a result",
            Self::Simulate => "Lead thousands of clients through an outage in virtual time; no network is used",
            Self::ResetPolicy => "Make your edit of the reconnect rule the profile's again",
            Self::Show(Tab::Check) => "The steps of the last check, and what they add up to",
            Self::Findings => "Everything that was found wrong: cause, who can mend it, what follows from it, proof",
            Self::Proof(_) => "Show the log lines that prove it",
            Self::Filter => "Show only lines that contain a text; Esc shows all again",
            Self::Follow => "Keep the newest line in view; scrolling up ends it",
            Self::Copy => "Copy the lines that pass the filter",
            Self::Details => "Show lines for developers as well: phases, trace ids, pings, keychain",
            Self::Palette => "Find a command by its name",
            Self::Theme => "Dark, light, or as the system",
            Self::OpenRecording => "Show a recorded session at any of its moments; the live one goes on meanwhile",
            Self::OpenPath | Self::OpenKept(_) => "Read this file",
            Self::Play if state.player.is_playing() => "Stop at this moment of the recording",
            Self::Play => "Let the recording go on from here",
            Self::PreviousEntry => "The moment of the entry before in the recording",
            Self::NextEntry => "The moment of the next entry of the recording",
            Self::Speed(Speed::EachFrame) => "The next entry with every picture, whatever the time between them",
            Self::Speed(_) => "How fast the recording plays",
            Self::Scrub(_) | Self::JumpTo(_) => "Show this moment of the recording",
            Self::Verify => "Feed the recording to the client's rules again: they must decide the same",
            Self::Compare => "Choose a second recording: the first step that differs, and what changed",
            Self::BackToLive => "Close the recording and show the session, which has gone on",
            Self::Settings => "What is kept between two runs: recordings, theme, panel",
            Self::RecordSessions if state.settings.recording.on => {
                "End this recording now, and write no session into a file any more"
            }
            Self::RecordSessions => "Write each session into a file on this computer, from the next session on",
            Self::Help => "List the keyboard shortcuts",
            Self::Quit => "Disconnect and close the window",
        }
    }

    /// Why it cannot be done now; `None` if it can.
    pub fn obstacle(self, state: &State) -> Option<&'static str> {
        let snapshot = &*state.snapshot;
        let is_recording = state.player.has_recording();
        if is_recording && self.needs_session() {
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
            | Self::BackToLive
                if !is_recording =>
            {
                Some("No recording is shown: open one first")
            }
            Self::Show(Tab::Messages | Tab::Rates) if is_recording => {
                Some("This is a recording: it holds the number of messages, not what is in them")
            }
            Self::PreviousEntry if state.player.is_at_start() => Some("The recording begins here"),
            Self::NextEntry if state.player.is_at_end() => Some("The recording ends here"),
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
            Self::Fault(Kind::DropConnection) if snapshot.open_since().is_none() => Some("No socket is open"),
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
            Self::Unfold | Self::CopyMessage if !state.messages_view.has_selection() => {
                Some("No message is chosen: click one first")
            }
            Self::Copy | Self::Filter | Self::Follow if !state.tab.is_log() => {
                Some("It works on the log: show the log first")
            }
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
                | Self::CopyAs(_)
        )
    }

    /// The keys, if it has some.
    pub fn shortcut(self) -> Option<KeyboardShortcut> {
        let command = |key| Some(KeyboardShortcut::new(Modifiers::COMMAND, key));
        match self {
            Self::Connection => command(Key::Enter),
            Self::RetryNow => command(Key::R),
            Self::NewSession => command(Key::N),
            Self::Check => command(Key::E),
            Self::Report => command(Key::S),
            Self::FaultPanel => command(Key::B),
            Self::Stage => command(Key::J),
            Self::ZoomIn => command(Key::Plus),
            Self::ZoomOut => command(Key::Minus),
            Self::Show(Tab::Log) => command(Key::Num1),
            Self::Show(Tab::Closes) => command(Key::Num2),
            Self::Show(Tab::Machine) => command(Key::M),
            Self::Show(Tab::Server) => command(Key::Num3),
            Self::Show(Tab::Drill) => command(Key::Num4),
            Self::Show(Tab::Messages) => command(Key::Num5),
            Self::Show(Tab::Rates) => command(Key::Num6),
            Self::Pause => command(Key::P),
            Self::Show(Tab::Herd) => command(Key::Num8),
            Self::Findings => command(Key::I),
            Self::Filter => command(Key::F),
            Self::Follow => Some(KeyboardShortcut::new(Modifiers::NONE, Key::End)),
            Self::Copy => Some(KeyboardShortcut::new(Modifiers::COMMAND | Modifiers::SHIFT, Key::C)),
            Self::Details => command(Key::D),
            Self::Palette => command(Key::K),
            Self::Theme => command(Key::T),
            Self::OpenRecording => command(Key::O),
            Self::Play => command(Key::Space),
            Self::PreviousEntry => command(Key::OpenBracket),
            Self::NextEntry => command(Key::CloseBracket),
            Self::BackToLive => command(Key::L),
            Self::Settings => command(Key::Comma),
            Self::Help => Some(KeyboardShortcut::new(Modifiers::NONE, Key::F1)),
            Self::Quit => command(Key::Q),
            Self::Fault(_)
            | Self::Repeat(_)
            | Self::AttemptAtOnce
            | Self::RecordSessions
            | Self::OpenPath
            | Self::OpenKept(_)
            | Self::Speed(_)
            | Self::Scrub(_)
            | Self::JumpTo(_)
            | Self::Verify
            | Self::Compare
            | Self::Span(_)
            | Self::ZoomTo(_)
            | Self::Now
            | Self::EditBackoff
            | Self::UseBackoff
            | Self::ProfileBackoff
            | Self::Reveal(_)
            | Self::ClearFaults
            | Self::CopyCheck
            | Self::SaveReport
            | Self::CopyReportPath
            | Self::CopyReportId
            | Self::Show(Tab::Check)
            | Self::RunDrills
            | Self::Simulate
            | Self::ResetPolicy
            | Self::Drill(_)
            | Self::DrillProblem { .. }
            | Self::CopyAs(_)
            | Self::Sift(_)
            | Self::Unfold
            | Self::CopyMessage
            | Self::SendMessage
            | Self::Proof(_) => None,
        }
    }

    /// Whether it is a switch that is on.
    pub fn is_on(self, state: &State) -> bool {
        match self {
            Self::Fault(fault) => state.armed(fault).is_some(),
            Self::Repeat(repeat) => state.repeat == repeat,
            Self::AttemptAtOnce => state.attempt_at_once,
            Self::RecordSessions => state.settings.recording.on,
            Self::FaultPanel => state.panel_open,
            Self::Stage => state.stage_open,
            Self::Speed(speed) => state.player.speed() == speed,
            Self::Span(span) => state.timeline.is(span),
            Self::Show(tab) => state.tab == tab,
            Self::Follow => state.follows(),
            Self::Pause => state.messages_view.is_paused,
            Self::Sift(sift) => state.messages_view.lets_through(sift),
            Self::Unfold => state.messages_view.is_unfolded,
            Self::Details => state.active_log().details(),
            _ => false,
        }
    }

    /// Whether a further press clears what an earlier one armed.
    pub fn clears(self, state: &State) -> bool {
        matches!(self, Self::Fault(fault) if fault.onset() == Onset::Armed && state.armed(fault).is_some())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

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
