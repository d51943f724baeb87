//! The keys of each command.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::{Tab, UiCommand};

impl UiCommand {
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
            Self::TimelinePane => command(Key::J),
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
            | Self::Differences
            | Self::CopyDifferences
            | Self::JumpToIn(..)
            | Self::Span(_)
            | Self::ZoomTo(_)
            | Self::Now
            | Self::EditBackoff
            | Self::UseBackoff
            | Self::ProfileBackoff
            | Self::Reveal(_)
            | Self::ShowEdge(_)
            | Self::AllEdges
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
            | Self::MessageFilter(_)
            | Self::Unfold
            | Self::CopyMessage
            | Self::SendMessage
            | Self::Proof(_) => None,
        }
    }
}
