//! What becomes of the recording of a session.

use std::fmt;

use super::SafeText;

/// Whether a session is being written into a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RecordingState {
    /// It is not, by choice.
    #[default]
    Off,
    /// It is.
    On {
        /// The file's name, without its folder.
        file: SafeText,
    },
    /// It was, until the file had its largest size.
    Full {
        /// The file's name, without its folder.
        file: SafeText,
        /// The largest size in bytes.
        limit: u64,
    },
    /// It is not, because of a problem.
    Failed {
        /// What happened and what to do.
        problem: SafeText,
    },
}

impl RecordingState {
    /// Whether a person would expect a recording and there is none, or not all of one.
    pub const fn is_failure(&self) -> bool {
        match self {
            Self::Off | Self::On { .. } => false,
            Self::Full { .. } | Self::Failed { .. } => true,
        }
    }
}

impl fmt::Display for RecordingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("not recording"),
            Self::On { file } => write!(f, "recording to {file}"),
            Self::Full { file, limit } => {
                write!(f, "not recording any more: {file} has its largest size of {} MB", limit / 1_000_000)
            }
            Self::Failed { problem } => write!(f, "not recording: {problem}"),
        }
    }
}
