//! A recording in place of the session: what the window knows of it.

pub mod bars;
mod comparison;
pub mod control;
pub mod drops;
mod files;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::pane::Pane;
use super::tab::TabId;
use crate::model::{FileKind, Moment, ReportId, SafeText, SourceFile};
use crate::replay::{Playback, Verification};
pub use comparison::{Comparison, Side};
pub use files::Kept;
use files::Reading;

/// What a file is opened for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// To be shown.
    #[default]
    Show,
    /// To be compared with the recording that is shown.
    Compare,
}

/// What is about to be done with a recording that was kept.
pub(in crate::ui) enum Edit {
    /// It gets another name.
    Rename {
        /// The file.
        path: PathBuf,
        /// What is being written.
        name: String,
        /// Whether the field for it has been shown.
        is_shown: bool,
    },
    /// It is deleted.
    Delete {
        /// The file.
        path: PathBuf,
        /// What people call it.
        name: String,
    },
}

impl Edit {
    /// Its file.
    pub fn path(&self) -> &Path {
        let (Self::Rename { path, .. } | Self::Delete { path, .. }) = self;
        path
    }
}

/// How fast a recording plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Speed {
    /// As it was.
    #[default]
    Normal,
    /// Four times as fast.
    Four,
    /// Sixteen times as fast.
    Sixteen,
    /// An entry with each picture.
    EachFrame,
}

impl Speed {
    /// What the choice says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Normal => "1×",
            Self::Four => "4×",
            Self::Sixteen => "16×",
            Self::EachFrame => "every entry",
        }
    }

    pub(super) const fn factor(self) -> Option<u32> {
        match self {
            Self::Normal => Some(1),
            Self::Four => Some(4),
            Self::Sixteen => Some(16),
            Self::EachFrame => None,
        }
    }
}

/// What the window knows of recordings.
#[derive(Default)]
pub struct Player {
    pub(in crate::ui) current: Option<Box<CurrentRecording>>,
    pub(in crate::ui) speed: Speed,
    /// What the file to be chosen next is for.
    pub(in crate::ui) purpose: Purpose,
    pub(in crate::ui) path: String,
    /// Whether the field for it has had the focus since it was asked for.
    pub(in crate::ui) is_asked: bool,
    /// What the recordings to be listed have in their name, profile or outcome.
    pub(in crate::ui) query: String,
    /// What is about to be done with one of them.
    pub(in crate::ui) edit: Option<Edit>,
    /// What became of it.
    pub(in crate::ui) changing: Option<Receiver<Result<(), String>>>,
    /// A text that was pasted, to be opened.
    pub(in crate::ui) pasted: Option<String>,
    /// Files that are put together with the one to be shown.
    pub(in crate::ui) together: Vec<PathBuf>,
    /// The file that the one to be shown is compared with then.
    pub(in crate::ui) then: Option<PathBuf>,
    /// The recordings that this computer kept, newest first; `None` until they were looked for.
    pub(in crate::ui) kept: Option<Vec<Kept>>,
    pub(in crate::ui) listing: Option<Receiver<Vec<Kept>>>,
    pub(in crate::ui) reading: Option<Reading>,
    /// What the last comparison found.
    pub(in crate::ui) comparison: Option<Comparison>,
    /// The entry to be shown of the recording that is being read.
    pub(in crate::ui) jump: Option<u64>,
    /// Why the last file could not be used.
    pub(in crate::ui) problem: Option<String>,
}

/// The recording that is shown.
pub(in crate::ui) struct CurrentRecording {
    pub playback: Arc<Playback>,
    pub name: SafeText,
    pub path: PathBuf,
    /// Entries that have happened.
    pub entries: usize,
    /// All that are of interest to people.
    pub events: u64,
    pub now: Moment,
    /// The panel that took in what had passed last, and until which moment.
    pub taken_in: Option<(TabId, Moment)>,
    /// When the last picture of a playing recording was drawn.
    pub playing: Option<tokio::time::Instant>,
    pub verifying: Option<Receiver<Verification>>,
    pub verification: Option<Verification>,
    /// What can be said of a copy that is being written, once it is; `None` comes if that failed.
    pub saving: Option<Receiver<Option<&'static str>>>,
    /// What was said of the last one.
    pub saved: Option<&'static str>,
    /// What else is to be known of the files.
    pub notes: Vec<SafeText>,
    /// What is shown of the session meanwhile.
    pub live: Pane,
}

impl Player {
    /// Whether what is shown was read from files of other programs.
    pub fn has_files(&self) -> bool {
        self.current.as_ref().is_some_and(|current| !current.playback.recording().header().files.is_empty())
    }

    /// What else is to be known of the files that are shown.
    pub fn notes(&self) -> &[SafeText] {
        self.current.as_ref().map_or(&[], |current| &current.notes)
    }

    /// What was written of the files that are shown.
    pub fn saved(&self) -> Option<&'static str> {
        self.current.as_ref().and_then(|current| current.saved)
    }

    /// Whether what is shown was read from a single file that can be written as a clean copy.
    pub fn can_be_cleaned(&self) -> bool {
        self.current.as_ref().is_some_and(|current| {
            let files = &current.playback.recording().header().files;
            // What was pasted is in no file.
            let is_file = !current.path.as_os_str().is_empty();
            // A report or a saved timeline only tells of such a file.
            let is_itself = |file: &SourceFile| file.name == current.name;
            is_file
                && matches!(files.as_slice(), [file] if is_itself(file) && matches!(file.kind, FileKind::Har | FileKind::NetLog))
        })
    }

    /// Whether a recording is shown.
    pub fn has_recording(&self) -> bool {
        self.current.is_some()
    }

    /// What the session of the recording is called.
    pub fn report_id(&self) -> Option<ReportId> {
        self.current.as_ref().map(|current| current.playback.recording().header().report_id())
    }

    /// Whether it moves on.
    pub fn is_playing(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.playing.is_some())
    }

    /// Whether nothing has happened yet.
    pub fn is_at_start(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.entries == 0)
    }

    /// Whether nothing more happens.
    pub fn is_at_end(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.playback.next(current.entries).is_none())
    }

    /// Whether it is fed to the client's rules.
    pub fn is_verifying(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.verifying.is_some())
    }

    /// What the last comparison found.
    pub fn comparison(&self) -> Option<&Comparison> {
        self.comparison.as_ref()
    }

    /// The recording that is shown, and how many of its entries have happened.
    pub fn so_far(&self) -> Option<(Arc<Playback>, usize)> {
        self.current.as_ref().map(|current| (Arc::clone(&current.playback), current.entries))
    }

    /// How fast recordings play.
    pub fn speed(&self) -> Speed {
        self.speed
    }

    /// Plays at `speed` from now on.
    pub fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
    }
}
