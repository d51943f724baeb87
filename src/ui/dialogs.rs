//! The system's own dialogs for files. They wait for a person on a thread of their own, and wake the window.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};

use super::waker::Waker;

/// What a file is to be chosen for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileRequest {
    /// A recording, to be read.
    Recording,
    /// A place for a report, with the name that it has now.
    Report(PathBuf),
    /// A place for the timeline of files that were opened.
    Timeline,
    /// A place for a clean copy of the file that was opened.
    CleanCopy,
}

/// Lets a person choose a file, and waits for that; `None` if none was chosen or there is no such dialog.
pub type ChooseFile = Arc<dyn Fn(&FileRequest) -> Option<PathBuf> + Send + Sync>;

/// The dialogs of this system. On Linux they are the desktop portal's; without a portal they choose nothing.
pub fn of_this_system() -> ChooseFile {
    Arc::new(|request| match request {
        FileRequest::Recording => {
            let dialog = rfd::FileDialog::new().set_title("Open what a user sent, or a recording");
            let known = ["har", "json", "txt", "log", "zip", "jsonl", "zhar"];
            dialog.add_filter("All files", &["*"]).add_filter("Known files", &known).pick_file()
        }
        FileRequest::Report(path) => {
            let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            let dialog = rfd::FileDialog::new().set_title("Save the report").set_file_name(name);
            let dialog = match path.parent().filter(|folder| folder.is_dir()) {
                Some(folder) => dialog.set_directory(folder),
                None => dialog,
            };
            dialog.add_filter("Report", &["zip"]).save_file()
        }
        FileRequest::Timeline => {
            let dialog = rfd::FileDialog::new().set_title("Save the timeline").set_file_name("timeline.jsonl");
            dialog.add_filter("Recording", &["jsonl"]).save_file()
        }
        FileRequest::CleanCopy => {
            let dialog = rfd::FileDialog::new().set_title("Write a clean copy").set_file_name("clean.har");
            dialog.add_filter("HAR", &["har"]).save_file()
        }
    })
}

/// Says `text` to a person who has neither a window of ours nor a console, and waits until it was read.
pub fn say(text: &str) {
    let dialog = rfd::MessageDialog::new().set_level(rfd::MessageLevel::Error).set_title("Ticketscope");
    dialog.set_description(text).show();
}

/// The window's end of them.
pub struct Dialogs {
    choose: ChooseFile,
    open: Option<(FileRequest, Receiver<Option<PathBuf>>)>,
}

/// The state of the dialog that was opened last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DialogState {
    /// None is open.
    #[default]
    Closed,
    /// It is open.
    Open,
    /// It chose nothing: somebody cancelled it, or there was none.
    ChoseNothing,
}

impl DialogState {
    /// What the last one chose is of no interest any more.
    pub fn forget_outcome(&mut self) {
        if *self == Self::ChoseNothing {
            *self = Self::Closed;
        }
    }
}

impl Dialogs {
    /// Lets files be chosen as `choose` does.
    pub fn new(choose: ChooseFile) -> Self {
        Self { choose, open: None }
    }

    /// Opens one; returns whether that is possible.
    pub fn ask(&mut self, request: FileRequest, waker: &Waker) -> bool {
        let (choose, asked) = (Arc::clone(&self.choose), request.clone());
        let answer = waker.in_background("file dialog", move || choose(&asked));
        self.open = answer.map(|answer| (request, answer));
        self.open.is_some()
    }

    /// What was asked for last and what was chosen for it, once somebody has chosen.
    pub fn result(&mut self) -> Option<(FileRequest, Option<PathBuf>)> {
        let (_, answer) = self.open.as_ref()?;
        let chosen = match answer.try_recv() {
            Ok(chosen) => chosen,
            Err(TryRecvError::Empty) => return None,
            // It failed inside, which is as good as no dialog.
            Err(TryRecvError::Disconnected) => None,
        };
        self.open.take().map(|(request, _)| (request, chosen))
    }
}
