//! The drills: which there are, how each went, the log of one of them, and the threads that run and read them.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::log::LogView;
use super::waker::Waker;
use crate::drill::{Drill, DrillLibrary, Outcome, Problem, Progress, junit, run_all};
use crate::journal::Change;
use crate::model::{Moment, SafeText};
use crate::private_file::replace;
use crate::toml_files::LoadError;
use crate::watchdog;

/// Tells the window how far the drill with a place in what [`Start`] got has come.
pub type Report = Box<dyn Fn(usize, Progress) + Send + Sync>;
/// Starts drills and returns at once; `false` if that is not possible.
pub type Start = Box<dyn FnMut(Vec<Drill>, Report) -> bool>;

/// Reads the drills that there are, on a thread of its own.
pub type Load = fn() -> DrillLibrary;

/// Runs drills on threads of their own, each with its own local demo.
pub fn in_background() -> Start {
    Box::new(|drills, report| {
        let work = move || run_all(&drills, &DrillLibrary::usual_profile(), None, report);
        watchdog::spawn_once("drills", work).is_ok()
    })
}

/// What the window shows of the drills.
pub struct Drills {
    pub(super) rows: Vec<Row>,
    /// What is wrong with the files that cannot be used: in short, and with the whole path.
    pub(super) broken: Vec<(String, String)>,
    /// The one whose log can be looked at.
    shown: Option<usize>,
    /// Its log.
    pub log: LogView,
    /// The rows that were started together last.
    run: Run,
    /// Where the results were saved, or why not.
    saved: Option<Result<PathBuf, String>>,
}

/// Drills that were started together.
#[derive(Default)]
struct Run {
    rows: Vec<usize>,
    /// When the first of them began, by the session's clock.
    since: Option<Moment>,
    /// How long all of them took, once they are over.
    took: Option<Duration>,
}

/// What came of drills that were started together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// How many were as expected.
    pub passed: usize,
    /// How many were not.
    pub failed: usize,
    /// How many could not be run here.
    pub not_run: usize,
    /// From the first to the last.
    pub took: Duration,
}

/// A drill, and how it went.
pub(super) struct Row {
    pub drill: Drill,
    pub state: RowState,
}

pub(super) enum RowState {
    NotRun,
    Queued,
    Running { since: Moment },
    Finished(Arc<Outcome>),
}

impl Default for Drills {
    fn default() -> Self {
        let (run, saved) = (Run::default(), None);
        Self { rows: Vec::new(), broken: Vec::new(), shown: None, log: LogView::following(), run, saved }
    }
}

impl Drills {
    /// None of the drills of `library` has been run.
    pub fn new(library: DrillLibrary) -> Self {
        let rows = library.usable.into_iter().map(|(_, drill)| Row { drill, state: RowState::NotRun }).collect();
        let broken = library.broken.iter().map(|(file, error)| in_words(file, error)).collect();
        Self { rows, broken, ..Self::default() }
    }

    /// Takes in what has been read anew, unless one runs or will. Results of drills that are the same stay.
    fn replace(&mut self, library: DrillLibrary) {
        if (0..self.len()).any(|index| self.is_busy(index)) {
            return;
        }
        let before = std::mem::replace(self, Self::new(library));
        let text = |drill: &Drill| format!("{drill:?}");
        for (index, old) in before.rows.into_iter().enumerate() {
            let same = self.rows.iter().position(|row| row.drill.name == old.drill.name);
            let Some(same) = same.filter(|&same| text(&self.rows[same].drill) == text(&old.drill)) else { continue };
            self.rows[same].state = old.state;
            if before.shown == Some(index) {
                self.shown = Some(same);
            }
        }
        self.log = before.log;
        self.saved = before.saved;
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// What people call one.
    pub fn name(&self, index: usize) -> &str {
        self.rows.get(index).map_or("", |row| &row.drill.name)
    }

    /// Whether one runs or will.
    pub fn is_busy(&self, index: usize) -> bool {
        self.rows.get(index).is_some_and(|row| matches!(row.state, RowState::Queued | RowState::Running { .. }))
    }

    /// Whether all of them can be started: there are some, and none is running.
    pub fn can_run_all(&self) -> bool {
        self.len() > 0 && !(0..self.len()).any(|index| self.is_busy(index))
    }

    /// How many of those that were started together are over, and how many they are, while some are not.
    pub fn progress(&self) -> Option<(usize, usize)> {
        let all = self.run.rows.len();
        let done = self.run.rows.iter().filter(|&&index| self.is_finished(index)).count();
        (all > 1 && done < all).then_some((done, all))
    }

    /// Whether this one has been run to its end.
    pub fn is_finished(&self, index: usize) -> bool {
        self.rows.get(index).is_some_and(|row| matches!(row.state, RowState::Finished(_)))
    }

    /// Whether one has been run to its end and none is running.
    pub fn has_results(&self) -> bool {
        let is_any = |is: fn(&Self, usize) -> bool| (0..self.len()).any(|index| is(self, index));
        is_any(Self::is_finished) && !is_any(Self::is_busy)
    }

    /// What came of those that were started together last, if they were several and are over.
    pub fn summary(&self) -> Option<RunSummary> {
        let took = self.run.took.filter(|_| self.run.rows.len() > 1)?;
        let mut summary = RunSummary { passed: 0, failed: 0, not_run: 0, took };
        for outcome in self.run.rows.iter().filter_map(|&index| self.outcome(index)) {
            match outcome {
                outcome if outcome.not_run.is_some() => summary.not_run += 1,
                outcome if outcome.passed() => summary.passed += 1,
                _ => summary.failed += 1,
            }
        }
        Some(summary)
    }

    fn outcome(&self, index: usize) -> Option<&Arc<Outcome>> {
        match &self.rows.get(index)?.state {
            RowState::Finished(outcome) => Some(outcome),
            RowState::NotRun | RowState::Queued | RowState::Running { .. } => None,
        }
    }

    /// Where the results were saved, or why they were not.
    pub fn saved(&self) -> Option<&Result<PathBuf, String>> {
        self.saved.as_ref()
    }

    /// Where the results were saved.
    pub fn saved_path(&self) -> Option<&Path> {
        self.saved.as_ref()?.as_deref().ok()
    }

    /// Whether there is a log of a drill.
    pub fn has_log(&self) -> bool {
        self.shown.is_some()
    }

    fn is_running(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.state, RowState::Running { .. }))
    }

    /// How long until the window looks different, where what runs is counted in steps of `countdown`.
    pub fn tick(&self, countdown: Duration) -> Option<Duration> {
        self.is_running().then_some(countdown)
    }

    /// Another session's clock begins at zero.
    pub fn restart_clock(&mut self) {
        for row in &mut self.rows {
            if let RowState::Running { since } = &mut row.state {
                *since = Moment::START;
            }
        }
        self.run.since = self.run.since.map(|_| Moment::START);
    }

    fn problem(&self, index: usize, problem: usize) -> Option<&Problem> {
        match &self.rows.get(index)?.state {
            RowState::Finished(outcome) => outcome.failures().nth(problem).map(|(_, problem)| problem),
            RowState::NotRun | RowState::Queued | RowState::Running { .. } => None,
        }
    }

    /// Shows the log of the drill in this row, if it is over.
    pub fn show_log(&mut self, index: usize) {
        let Some(Row { state: RowState::Finished(outcome), .. }) = self.rows.get(index) else { return };
        self.log.clear();
        outcome.entries.iter().for_each(|entry| self.log.append(entry));
        self.shown = Some(index);
    }

    /// Selects the entries that broke an expectation of a drill in its log; returns whether there are any.
    pub fn reveal(&mut self, index: usize, problem: usize) -> bool {
        let Some(problem) = self.problem(index, problem) else { return false };
        let entries = problem.entries.clone();
        self.show_log(index);
        self.log.reveal(&entries);
        true
    }
}

/// What is wrong with `file`, without and with the path of its folder.
fn in_words(file: &Path, error: &LoadError) -> (String, String) {
    let whole = error.to_string();
    let folder = file.parent().map(|folder| SafeText::of_path(&folder.join("")).to_string()).unwrap_or_default();
    (whole.strip_prefix(&folder).unwrap_or(&whole).to_owned(), whole)
}

/// The window's end of reading and running drills.
pub struct Runner {
    start: Start,
    load: Load,
    reading: Arc<Mutex<Reading>>,
    reporter: SyncSender<(usize, Progress)>,
    reports: Receiver<(usize, Progress)>,
    saving: Option<Receiver<Result<PathBuf, String>>>,
}

/// How far the drills have been read. One thread reads at a time, so that what is read last is the newest.
#[derive(Default)]
struct Reading {
    state: ReadingState,
    /// What was read last and has not been taken in.
    newest: Option<DrillLibrary>,
}

#[derive(Default, PartialEq, Eq)]
enum ReadingState {
    #[default]
    Idle,
    Busy,
    /// Somebody may have changed the files since it began.
    AgainAfter,
}

/// Reads as `load` does, until nothing has been asked meanwhile.
fn read_drills(load: Load, reading: &Mutex<Reading>, waker: &Waker) {
    /// Lets the next one read if this one crashes.
    struct Crashed<'a>(&'a Mutex<Reading>);
    impl Drop for Crashed<'_> {
        fn drop(&mut self) {
            if thread::panicking() {
                lock(self.0).state = ReadingState::Idle;
            }
        }
    }
    let _crashed = Crashed(reading);
    loop {
        let library = load();
        let is_over = {
            let mut reading = lock(reading);
            reading.newest = Some(library);
            reading.state = match reading.state {
                ReadingState::AgainAfter => ReadingState::Busy,
                ReadingState::Busy | ReadingState::Idle => ReadingState::Idle,
            };
            reading.state == ReadingState::Idle
        };
        waker.wake(Change::Fact);
        if is_over {
            return;
        }
    }
}

fn lock(reading: &Mutex<Reading>) -> MutexGuard<'_, Reading> {
    reading.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Capacity of the queue of reports to the window; a full queue blocks the drill's thread.
const MAX_REPORTS: usize = 64;

impl Runner {
    /// Runs drills as `start` does, and reads them as `load` does.
    pub fn new(start: Start, load: Load) -> Self {
        let (reporter, reports) = sync_channel(MAX_REPORTS);
        Self { start, load, reading: Arc::default(), reporter, reports, saving: None }
    }

    /// Reads the drills again: somebody may have changed their files.
    pub fn load(&self, waker: &Waker) {
        {
            let state = &mut lock(&self.reading).state;
            if *state != ReadingState::Idle {
                *state = ReadingState::AgainAfter;
                return;
            }
            *state = ReadingState::Busy;
        }
        let (load, reading, waker) = (self.load, Arc::clone(&self.reading), waker.clone());
        if watchdog::spawn_once("drill files", move || read_drills(load, &reading, &waker)).is_err() {
            // Without a thread the drills stay as they are.
            lock(&self.reading).state = ReadingState::Idle;
        }
    }

    /// Starts those of `indices` that are not running; `false` if that is not possible.
    pub fn run(&mut self, drills: &mut Drills, indices: impl Iterator<Item = usize>, waker: &Waker) -> bool {
        let rows = &mut drills.rows;
        let is_busy = |row: &Row| matches!(row.state, RowState::Queued | RowState::Running { .. });
        let indices: Vec<_> = indices.filter(|&index| rows.get(index).is_some_and(|row| !is_busy(row))).collect();
        let chosen = indices.iter().filter_map(|&index| rows.get(index)).map(|row| row.drill.clone()).collect();
        let (reporter, waker, places) = (self.reporter.clone(), waker.clone(), indices.clone());
        let report: Report = Box::new(move |place, progress| {
            let Some(&index) = places.get(place) else { return };
            // The window may be gone.
            if reporter.send((index, progress)).is_ok() {
                waker.wake(Change::Fact);
            }
        });
        if !(self.start)(chosen, report) {
            return false;
        }
        for &index in &indices {
            rows[index].state = RowState::Queued;
        }
        drills.shown = match indices[..] {
            [only] => Some(only),
            _ => None,
        };
        drills.log.clear();
        // One that is started while others run belongs to them.
        let is_going_on =
            drills.run.took.is_none() && drills.run.rows.iter().any(|&index| is_busy(&drills.rows[index]));
        if is_going_on {
            drills.run.rows.retain(|row| !indices.contains(row));
            drills.run.rows.extend(indices);
        } else {
            drills.run = Run { rows: indices, ..Run::default() };
        }
        drills.saved = None;
        true
    }

    /// Writes the results of all drills that are over into `file`; `false` if that is not possible.
    pub fn save(&mut self, drills: &Drills, file: PathBuf, waker: &Waker) -> bool {
        let results: Vec<(Drill, Arc<Outcome>)> = (0..drills.len())
            .filter_map(|index| Some((drills.rows.get(index)?.drill.clone(), Arc::clone(drills.outcome(index)?))))
            .collect();
        let took = drills.run.took.unwrap_or_else(|| results.iter().map(|(_, outcome)| outcome.took).sum());
        self.saving = waker.in_background("results", move || {
            let text = junit(results.iter().map(|(drill, outcome)| (drill, &**outcome)), took);
            let written = replace(&file, &text).map_err(|error| format!("{}: {error}", SafeText::of_path(&file)));
            written.map(|()| file)
        });
        self.saving.is_some()
    }

    /// Takes in what has been told by `now`, the session's clock.
    pub fn apply(&mut self, drills: &mut Drills, now: Moment) {
        if let Some(saved) = self.saving.as_ref().and_then(|saving| saving.try_recv().ok()) {
            (drills.saved, self.saving) = (Some(saved), None);
        }
        let newest = lock(&self.reading).newest.take();
        newest.into_iter().for_each(|library| drills.replace(library));
        while let Ok((index, progress)) = self.reports.try_recv() {
            let Some(row) = drills.rows.get_mut(index) else { continue };
            row.state = match progress {
                Progress::Running => RowState::Running { since: now },
                Progress::Finished(outcome) => RowState::Finished(outcome),
            };
            let since = *drills.run.since.get_or_insert(now);
            let RowState::Finished(outcome) = &row.state else { continue };
            let has_failed = outcome.failures().next().is_some();
            let rows = &drills.rows;
            let is_over = |index: &usize| rows.get(*index).is_none_or(|row| matches!(row.state, RowState::Finished(_)));
            if drills.run.rows.iter().all(is_over) {
                drills.run.took.get_or_insert(now.since(since));
            }
            if drills.shown.is_none() && has_failed || drills.shown == Some(index) {
                drills.show_log(index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Condvar;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::ui::pace::Pace;

    static LOADS: AtomicUsize = AtomicUsize::new(0);
    static MAY_GO_ON: (Mutex<bool>, Condvar) = (Mutex::new(false), Condvar::new());

    /// The first is slow and finds all drills; the files of all but one are deleted meanwhile.
    fn slow_then_changed() -> DrillLibrary {
        let mut library = DrillLibrary::shipped();
        if LOADS.fetch_add(1, Ordering::SeqCst) == 0 {
            let waits = MAY_GO_ON.0.lock().unwrap();
            drop(MAY_GO_ON.1.wait_while(waits, |may_go_on| !*may_go_on).unwrap());
        } else {
            library.usable.truncate(1);
        }
        library
    }

    #[test]
    fn files_are_read_by_one_at_a_time_and_the_newest_counts() {
        let waker = Waker::new(egui::Context::default(), Pace::HARDWARE);
        let mut runner = Runner::new(in_background(), slow_then_changed);
        let mut drills = Drills::default();
        (0..5).for_each(|_| runner.load(&waker));
        *MAY_GO_ON.0.lock().unwrap() = true;
        MAY_GO_ON.1.notify_all();
        while lock(&runner.reading).state != ReadingState::Idle {
            thread::yield_now();
        }
        runner.apply(&mut drills, Moment::START);
        assert_eq!((LOADS.load(Ordering::SeqCst), drills.len()), (2, 1), "once more for all that asked meanwhile");
    }
}
