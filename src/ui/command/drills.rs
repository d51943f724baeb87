//! What can be done with the drills besides running them.

use super::super::state::State;
use super::super::tab::TabId;
use super::Row;

/// Something to do with the results of drills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum DrillCommand {
    /// Save the results for a build server.
    #[default]
    SaveJunit,
    /// Copy where they were saved.
    CopyJunitPath,
    /// Show the log of the drill in this row.
    #[strum(disabled)]
    Log(usize),
}

impl DrillCommand {
    /// Its row, as things are now.
    pub(super) fn row(self, state: &State) -> Row {
        match self {
            Self::SaveJunit => {
                let explanation =
                    "Write the results as JUnit XML, which build servers read, into this user's downloads";
                Row::new("Save results as JUnit", explanation, |cx| cx.save_drills())
                    .unless((!state.drills.has_results()).then_some("No drill has been run to its end"))
            }
            Self::CopyJunitPath => {
                let path = state.drills.saved_path().map(|path| path.to_string_lossy().into_owned());
                let obstacle = path.is_none().then_some("No results were saved");
                let explanation = "Copy the name of the file that was saved, with its folder";
                Row::new("Copy the results' path", explanation, |cx| cx.copy(path.unwrap_or_default())).unless(obstacle)
            }
            Self::Log(drill) => {
                let label = format!("Log of {}", state.drills.name(drill));
                Row::new(label, "Show the console of this drill", move |cx| {
                    cx.state.drills.show_log(drill);
                    cx.state.tab = TabId::DRILL;
                })
                .unless((!state.drills.is_finished(drill)).then_some("It has not been run to its end"))
            }
        }
    }
}
