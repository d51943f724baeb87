//! The drills in the QA panel: which there are, how each went, and why one failed.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use egui::{Align, Align2, Color32, Layout, Rect, RichText, Sense, Ui, WidgetInfo, pos2, vec2};

use super::command::{Tab, UiCommand};
use super::paint;
use super::state::State;
use super::tokens::Tokens;
use super::waker::Waker;
use crate::drill::{Drill, DrillLibrary, Outcome, Problem, Progress, run_all};
use crate::journal::Change;
use crate::model::{DisplayDuration, Moment};
use crate::profiles::LoadError;

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
        thread::Builder::new().name("drills".to_owned()).spawn(work).is_ok()
    })
}

/// What the window shows of the drills.
#[derive(Default)]
pub struct Drills {
    rows: Vec<Row>,
    /// What is wrong with the files that cannot be used: in short, and with the whole path.
    broken: Vec<(String, String)>,
    /// The one whose log can be looked at.
    shown: Option<usize>,
}

struct Row {
    drill: Drill,
    state: RowState,
}

enum RowState {
    NotRun,
    Queued,
    Running { since: Moment },
    Finished(Arc<Outcome>),
}

impl Drills {
    /// None of the drills of `library` has been run.
    pub fn new(library: DrillLibrary) -> Self {
        let rows = library.usable.into_iter().map(|(_, drill)| Row { drill, state: RowState::NotRun }).collect();
        Self { rows, broken: library.broken.iter().map(|(file, error)| in_words(file, error)).collect(), shown: None }
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

    /// Whether there is one that could be started.
    pub fn can_run(&self) -> bool {
        (0..self.len()).any(|index| !self.is_busy(index))
    }

    /// Whether there is a log of a drill.
    pub fn has_log(&self) -> bool {
        self.shown.is_some()
    }

    fn is_running(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.state, RowState::Running { .. }))
    }

    /// How long until the window looks different.
    pub fn tick(&self) -> Option<Duration> {
        self.is_running().then_some(Duration::from_millis(100))
    }

    /// Another session's clock begins at zero.
    pub fn restart_clock(&mut self) {
        for row in &mut self.rows {
            if let RowState::Running { since } = &mut row.state {
                *since = Moment::START;
            }
        }
    }

    fn problem(&self, index: usize, problem: usize) -> Option<&Problem> {
        match &self.rows.get(index)?.state {
            RowState::Finished(outcome) => outcome.failures().nth(problem).map(|(_, problem)| problem),
            RowState::NotRun | RowState::Queued | RowState::Running { .. } => None,
        }
    }
}

/// What is wrong with `file`, without and with the path of its folder.
fn in_words(file: &Path, error: &LoadError) -> (String, String) {
    let whole = error.to_string();
    let folder = file.parent().map(|folder| folder.join("").display().to_string()).unwrap_or_default();
    (whole.strip_prefix(&folder).unwrap_or(&whole).to_owned(), whole)
}

/// The window's end of reading and running drills.
pub struct Runner {
    start: Start,
    load: Load,
    library: SyncSender<DrillLibrary>,
    libraries: Receiver<DrillLibrary>,
    tell: SyncSender<(usize, Progress)>,
    told: Receiver<(usize, Progress)>,
}

/// Reports that wait for the window; whoever has more to tell waits.
const MAX_REPORTS: usize = 64;

impl Runner {
    /// Runs drills as `start` does, and reads them as `load` does.
    pub fn new(start: Start, load: Load) -> Self {
        let (tell, told) = sync_channel(MAX_REPORTS);
        let (library, libraries) = sync_channel(1);
        Self { start, load, library, libraries, tell, told }
    }

    /// Reads the drills again: somebody may have changed their files.
    pub fn load(&self, waker: &Waker) {
        let (load, library, waker) = (self.load, self.library.clone(), waker.clone());
        let work = move || {
            // One that has not been taken in yet is as good.
            if library.try_send(load()).is_ok() {
                waker.wake(Change::Fact);
            }
        };
        // Without a thread the drills stay as they are.
        let _ = thread::Builder::new().name("drill files".to_owned()).spawn(work);
    }

    /// Starts those of `indices` that are not running; `false` if that is not possible.
    pub fn run(&mut self, state: &mut State, indices: impl Iterator<Item = usize>, waker: &Waker) -> bool {
        let rows = &mut state.drills.rows;
        let is_free = |row: &Row| !matches!(row.state, RowState::Queued | RowState::Running { .. });
        let indices: Vec<_> = indices.filter(|&index| rows.get(index).is_some_and(is_free)).collect();
        let chosen = indices.iter().filter_map(|&index| rows.get(index)).map(|row| row.drill.clone()).collect();
        let (tell, waker, places) = (self.tell.clone(), waker.clone(), indices.clone());
        let report: Report = Box::new(move |place, progress| {
            let Some(&index) = places.get(place) else { return };
            // The window may be gone.
            if tell.send((index, progress)).is_ok() {
                waker.wake(Change::Fact);
            }
        });
        if !(self.start)(chosen, report) {
            return false;
        }
        for &index in &indices {
            rows[index].state = RowState::Queued;
        }
        state.drills.shown = match indices[..] {
            [only] => Some(only),
            _ => None,
        };
        state.drill_log.clear();
        if state.tab == Tab::Drill && state.drills.shown.is_none() {
            state.tab = Tab::Log;
        }
        true
    }

    /// Takes in what has been told.
    pub fn apply(&self, state: &mut State) {
        while let Ok(library) = self.libraries.try_recv() {
            state.drills.replace(library);
        }
        while let Ok((index, progress)) = self.told.try_recv() {
            let Some(row) = state.drills.rows.get_mut(index) else { continue };
            row.state = match progress {
                Progress::Running => RowState::Running { since: state.present },
                Progress::Finished(outcome) => RowState::Finished(outcome),
            };
            let RowState::Finished(outcome) = &row.state else { continue };
            if state.drills.shown.is_none() && outcome.failures().next().is_some() || state.drills.shown == Some(index)
            {
                show_log(state, index);
            }
        }
    }
}

fn show_log(state: &mut State, index: usize) {
    let Some(Row { state: RowState::Finished(outcome), .. }) = state.drills.rows.get(index) else { return };
    state.drill_log.clear();
    outcome.entries.iter().for_each(|entry| state.drill_log.append(entry));
    state.drills.shown = Some(index);
}

/// Shows the entries that broke an expectation of a drill.
pub fn reveal(state: &mut State, index: usize, problem: usize) {
    let Some(entries) = state.drills.problem(index, problem).map(|problem| problem.entries.clone()) else { return };
    show_log(state, index);
    state.tab = Tab::Drill;
    state.drill_log.reveal(&entries);
}

/// Draws the list.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    if state.drills.rows.is_empty() && state.drills.broken.is_empty() {
        return;
    }
    let tokens = Tokens::at(ui);
    ui.add_space(12.0);
    heading(ui, tokens, state, asked);
    ui.spacing_mut().item_spacing.y = 0.0;
    for (index, row) in state.drills.rows.iter().enumerate() {
        show_row(ui, tokens, state, index, row, asked);
        if let RowState::Finished(outcome) = &row.state {
            show_problems(ui, tokens, index, outcome, asked);
        }
    }
    for (problem, whole) in &state.drills.broken {
        ui.add_space(4.0);
        let text = RichText::new(format!("⚠ {problem}")).size(tokens.size.small).color(*tokens.color.bad);
        ui.add(egui::Label::new(text).wrap()).on_hover_text(format!("This drill cannot be used\n{whole}"));
    }
}

fn heading(ui: &mut Ui, tokens: &Tokens, state: &State, asked: &mut Vec<UiCommand>) {
    let (color, size) = (&tokens.color, &tokens.size);
    ui.horizontal(|ui| {
        let text = RichText::new("DRILLS").font(tokens.bold(size.section)).color(*color.muted);
        ui.label(text.extra_letter_spacing(0.6));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let command = UiCommand::RunDrills;
            let text = RichText::new("Run all").font(tokens.bold(size.small)).color(*color.accent);
            let button = egui::Button::new(text).frame(false);
            let response = ui.add_enabled(command.obstacle(state).is_none(), button);
            if response.clicked() {
                asked.push(command);
            }
            response.accessible_name(command.label(state)).on_hover_text(command.explanation(state));
        });
    });
}

fn words(row: &Row, state: &State, tokens: &Tokens) -> (String, Color32) {
    let color = &tokens.color;
    match &row.state {
        RowState::NotRun => ("not run".to_owned(), *color.muted),
        RowState::Queued => ("queued".to_owned(), *color.muted),
        RowState::Running { since } => {
            let tenths = state.present.since(*since).as_millis() / 100;
            (format!("● running {}.{} s", tenths / 10, tenths % 10), *color.warn)
        }
        RowState::Finished(outcome) if outcome.not_run.is_some() => ("– not run".to_owned(), *color.muted),
        RowState::Finished(outcome) if outcome.passed() => {
            (format!("✓ {}", DisplayDuration(outcome.took)), *color.good)
        }
        RowState::Finished(_) => ("✗ failed".to_owned(), *color.bad),
    }
}

fn show_row(ui: &mut Ui, tokens: &Tokens, state: &State, index: usize, row: &Row, asked: &mut Vec<UiCommand>) {
    let (color, size) = (&tokens.color, &tokens.size);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size.drill_row), Sense::CLICK);
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.expand2(vec2(4.0, 0.0)), size.radius, *color.raised_hover);
    }
    let (words, words_color) = words(row, state, tokens);
    let galley = ui.painter().layout_no_wrap(words.clone(), egui::FontId::proportional(size.small), words_color);
    let left = rect.right() - galley.size().x;
    ui.painter().galley(pos2(left, rect.center().y - galley.size().y / 2.0), galley, words_color);
    let place = Rect::from_min_max(rect.min, pos2(left - 8.0, rect.bottom()));
    let name = &row.drill.name;
    paint::cut_text(ui, place, Align2::LEFT_CENTER, name, egui::FontId::proportional(size.small), *color.text);

    let command = UiCommand::Drill(index);
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("{name}: {words}")));
    if response.clicked() {
        asked.push(command);
    }
    let what = command.obstacle(state).unwrap_or_else(|| command.explanation(state));
    response.on_hover_text(format!("{}\n{what}", row.drill.shows));
}

fn show_problems(ui: &mut Ui, tokens: &Tokens, index: usize, outcome: &Outcome, asked: &mut Vec<UiCommand>) {
    let (color, size) = (&tokens.color, &tokens.size);
    if let Some(reason) = outcome.not_run {
        ui.label(RichText::new(reason).size(size.small).color(*color.muted));
    }
    for (number, (expectation, problem)) in outcome.failures().enumerate() {
        let text = RichText::new(format!("{expectation}: {}", problem.reason)).size(size.small).color(*color.bad);
        let label = ui.add(egui::Label::new(text).wrap().sense(Sense::CLICK));
        if label.on_hover_text("Show it in the drill's log").clicked() {
            asked.push(UiCommand::DrillProblem { drill: index, problem: number });
        }
        ui.add_space(4.0);
    }
}
