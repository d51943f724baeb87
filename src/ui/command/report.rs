//! The report: making, saving and finding it.

use std::path::PathBuf;

use egui::Key;
use url::Url;

use super::super::dialogs::FileRequest;
use super::super::state::State;
use super::Row;
use super::obstacles::dialog_is_open;

/// Something to do with the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum ReportCommand {
    /// Make a report and show what is in it.
    #[default]
    Make,
    /// Save the report that is shown.
    Save,
    /// Choose in the system's dialog where to save the report, and save it.
    Browse,
    /// Copy where the report was saved.
    CopyPath,
    /// Show the folder that the report was saved in.
    ShowFolder,
    /// Copy what the session is called in the server's log.
    CopyId,
}

impl ReportCommand {
    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        match self {
            Self::Make => {
                let explanation =
                    "Make one file for the engineers that is safe to send; you see all of it before it is saved";
                Row::new("Report…", explanation, |cx| cx.make_report()).key(Key::S)
            }
            Self::Save => {
                let explanation = if cfg!(unix) {
                    "Write it into a zip archive that only you may read"
                } else {
                    "Write it into a zip archive, which has the rights of its folder"
                };
                let obstacle = "Make a report first, and say where to save it";
                Row::new("Save the report", explanation, |cx| cx.save_report())
                    .unless((!state.report.can_save()).then_some(obstacle))
            }
            Self::Browse => {
                let explanation = "Choose in this system's own dialog where it is saved";
                Row::new("Save the report as…", explanation, |cx| {
                    let path = PathBuf::from(cx.state.report.path.trim());
                    cx.ask_for_file(FileRequest::Report(path));
                })
                .unless((!state.report.has_preview()).then_some("Make a report first"))
                .unless(dialog_is_open(state))
            }
            Self::CopyPath => {
                let explanation = "Copy the name of the file that was saved, with its folder";
                let path = state.report.saved_path().map(|path| path.to_string_lossy().into_owned());
                let obstacle = path.is_none().then_some("No report was saved");
                Row::new("Copy the report's path", explanation, |cx| cx.copy(path.unwrap_or_default())).unless(obstacle)
            }
            Self::ShowFolder => {
                let folder = state.report.saved_path().and_then(|path| Url::from_directory_path(path.parent()?).ok());
                let obstacle = folder.is_none().then_some("No report was saved");
                Row::new("Show in folder", "Open the folder of the report that was saved", move |cx| {
                    if let Some(folder) = folder {
                        cx.ctx.open_url(egui::OpenUrl::new_tab(folder));
                        cx.state.report.is_folder_asked_for = true;
                    }
                })
                .unless(obstacle)
            }
            Self::CopyId => {
                let explanation = "Each x-trace-id of this session begins with it: search the server's log for it";
                Row::new("Copy the report id", explanation, |cx| {
                    cx.copy(cx.state.shown_report_id().map_or_else(String::new, |id| id.to_string()));
                })
            }
        }
    }
}
