//! The drills: running them, and what can be done with their results.

use super::super::state::State;
use super::super::tab::TabId;
use super::Row;
use super::obstacles::recorded;

/// Something to do with drills.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum DrillCommand {
    /// Run every drill.
    #[default]
    RunAll,
    /// Run the drill in this row.
    #[strum(disabled)]
    Run(usize),
    /// Show what broke an expectation of a drill.
    #[strum(disabled)]
    ShowProblem {
        /// The drill's row.
        drill: usize,
        /// Which of its problems.
        problem: usize,
    },
    /// Save the results for a build server.
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
            Self::RunAll => {
                let explanation = "Run every drill, each with a local demo of its own; this session is not touched";
                Row::new("Run all drills", explanation, |cx| cx.run_drills(0..cx.state.drills.len()))
                    .unless(recorded(state))
                    .unless((!state.drills.can_run_all()).then_some("A drill is running: wait for its end"))
            }
            Self::Run(drill) => {
                let explanation = "Run it with a local demo of its own; this session is not touched";
                let label = format!("Drill: {}", state.drills.name(drill));
                Row::new(label, explanation, move |cx| cx.run_drills(drill..drill + 1))
                    .unless(recorded(state))
                    .unless(state.drills.is_busy(drill).then_some("It is running"))
            }
            Self::ShowProblem { drill, problem } => {
                let label = format!("Why it failed: {}", state.drills.name(drill));
                let explanation = "Show the lines that broke what was expected";
                Row::new(label, explanation, move |cx| cx.reveal_drill_problem(drill, problem))
            }
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
