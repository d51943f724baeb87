//! The check in the window: its steps as they are done, and what they add up to.

use std::sync::Arc;
use std::sync::mpsc::TryRecvError;
use std::time::Duration;

use egui::{Align, Align2, Color32, FontId, Layout, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::command::UiCommand;
use super::paint::{self, Look};
use super::state::State;
use super::tokens::Tokens;
use super::waker::Waker;
use crate::check::{
    Check, Conclusion, Outcome, Progress, Running, StepResult, StepState, armed_line, others, shown_time, text, waiting,
};
use crate::diagnosis::Tone;
use crate::journal::Change;
use crate::model::{DisplayDuration, FaultName, Moment, Profile, ReportId};

/// Starts a check of a profile, beside which these faults are armed, for the session with this id, that wakes the
/// window when there is news; `None` if that is not possible.
pub type StartCheck = Box<dyn FnMut(Profile, Vec<FaultName>, ReportId, Box<dyn Fn() + Send>) -> Option<Running>>;

/// Starts checks as `usual` says, each on a thread of its own. The local demo is checked at the server that the
/// session brought, or else at one that the check brings.
pub fn checks_like(usual: Check) -> StartCheck {
    Box::new(move |profile, armed, session, wake| {
        let brings_server = profile.is_local_demo() && profile.api.url().port() == Some(0);
        Check { profile, armed, brings_server, session: Some(session), ..usual.clone() }.start(wake).ok()
    })
}

/// What the window shows of the check that is going on or was the last.
#[derive(Default)]
pub struct CheckView {
    profile: String,
    steps: Vec<StepResult>,
    /// When the step that runs began, by the window's clock.
    since: Option<Moment>,
    outcome: Option<Arc<Outcome>>,
    is_running: bool,
    /// Whether it ended without an outcome: a fault of the program's.
    is_broken: bool,
}

impl CheckView {
    /// Whether there has been one.
    pub fn has_begun(&self) -> bool {
        !self.steps.is_empty()
    }

    /// Whether one is going on.
    pub fn is_running(&self) -> bool {
        self.is_running
    }

    /// The last one as text, if it is over.
    pub fn copied(&self) -> Option<String> {
        self.outcome.as_deref().map(text)
    }

    /// The last one, if it is over.
    pub fn outcome(&self) -> Option<Arc<Outcome>> {
        self.outcome.clone()
    }

    /// How long until the window looks different.
    pub fn tick(&self) -> Option<Duration> {
        self.is_running.then_some(Duration::from_millis(100))
    }

    /// Another session's clock begins at zero.
    pub fn restart_clock(&mut self) {
        self.since = self.since.map(|_| Moment::START);
    }

    fn apply(&mut self, progress: Progress, now: Moment) {
        match progress {
            Progress::Step(result) => {
                if result.state == StepState::Running {
                    self.since = Some(now);
                }
                if let Some(step) = self.steps.iter_mut().find(|step| step.step == result.step) {
                    *step = result;
                }
            }
            Progress::Finished(outcome) => {
                self.steps.clone_from(&outcome.steps);
                self.outcome = Some(outcome);
                self.is_running = false;
            }
        }
    }
}

/// The window's end of checks.
pub struct Checker {
    start: StartCheck,
    running: Option<Running>,
}

impl Checker {
    /// Starts checks as `start` does.
    pub fn new(start: StartCheck) -> Self {
        Self { start, running: None }
    }

    /// Begins a check of the profile that is in use, for `session`; `false` if that is not possible.
    pub fn begin(&mut self, state: &mut State, session: ReportId, waker: &Waker) -> bool {
        let armed = state.snapshot.faults.iter().map(|armed| armed.fault.clone()).collect();
        let waker = waker.clone();
        let profile = Profile::clone(&state.snapshot.profile);
        let name = profile.name.to_string();
        self.running = (self.start)(profile, armed, session, Box::new(move || waker.wake(Change::Fact)));
        let is_running = self.running.is_some();
        if is_running {
            state.check = CheckView { profile: name, steps: waiting(), is_running, ..CheckView::default() };
        }
        is_running
    }

    /// Ends it soon.
    pub fn cancel(&mut self) {
        self.running.iter_mut().for_each(Running::cancel);
    }

    /// Takes in what is new.
    pub fn apply(&mut self, state: &mut State) {
        let Some(running) = &self.running else { return };
        loop {
            match running.try_next() {
                Ok(progress) => state.check.apply(progress, state.present),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => break,
            }
        }
        state.check.is_broken = state.check.is_running;
        state.check.is_running = false;
        self.running = None;
    }
}

/// Draws it.
pub fn show(ui: &mut Ui, state: &State, asked: &mut Vec<UiCommand>) {
    let check = &state.check;
    if !check.has_begun() {
        paint::empty(ui, "No check has been run. Press Check…");
        return;
    }
    let tokens = Tokens::at(ui);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical().id_salt("check").auto_shrink(false).show(ui, |ui| {
        let verdict = verdict(state);
        summary(ui, tokens, state, &verdict, asked);
        ui.add_space(8.0);
        for result in &check.steps {
            row(ui, tokens, state, result);
        }
        ui.add_space(8.0);
    });
}

/// What the check has come to so far.
fn verdict(state: &State) -> Conclusion {
    let check = &state.check;
    if let Some(outcome) = &check.outcome {
        return outcome.conclusion();
    }
    let done = check.steps.iter().filter(|result| result.state.is_over()).count();
    let running = check.steps.iter().rev().find(|result| result.state == StepState::Running);
    let (tone, status, title, cause) = if check.is_broken {
        let title = "Ticketscope's own check crashed".to_owned();
        (Tone::Bad, "CRASHED", title, "Please tell the developers of Ticketscope.".to_owned())
    } else {
        let title = running.map_or("The check begins", |result| result.step.question()).to_owned();
        (Tone::Busy, "CHECKING", title, format!("{done} of {} steps are over.", check.steps.len()))
    };
    Conclusion { tone, status, code: String::new(), title, cause, owner: String::new(), next: String::new() }
}

fn summary(ui: &mut Ui, tokens: &Tokens, state: &State, verdict: &Conclusion, asked: &mut Vec<UiCommand>) {
    const STATUS: f32 = 130.0;
    const BUTTONS: f32 = 176.0;
    let (color, size) = (&tokens.color, &tokens.size);
    let check = &state.check;
    let width = ui.available_width() - size.margin;
    let words_width = (width - STATUS - BUTTONS).max(160.0);
    let words = ui.painter().layout_job(words(tokens, check, verdict, words_width));
    let height = words.size().y + 20.0;
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::HOVER);
    ui.painter().rect_filled(rect, size.card_radius, color.tint(verdict.tone));
    let tone = color.tone(verdict.tone);
    let at = pos2(rect.left() + 14.0, rect.top() + 11.0);
    ui.painter().text(at, Align2::LEFT_TOP, verdict.status, tokens.bold(size.title), tone);
    let below = pos2(at.x, at.y + 21.0);
    let took =
        check.outcome.as_ref().map_or_else(String::new, |outcome| format!("{} in all", DisplayDuration(outcome.took)));
    ui.painter().text(below, Align2::LEFT_TOP, &took, FontId::proportional(size.small), *color.muted);
    let spoken = format!("{}: {}. {} {} {}", verdict.status, verdict.title, verdict.cause, verdict.owner, verdict.next);
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Label, true, &spoken));
    ui.painter().galley(pos2(rect.left() + STATUS + 14.0, rect.top() + 10.0), words, *color.text);

    let place =
        Rect::from_min_max(pos2(rect.right() - BUTTONS, rect.top() + 8.0), pos2(rect.right() - 10.0, rect.bottom()));
    let mut buttons = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::right_to_left(Align::Min)));
    let button = vec2(0.0, size.fault_button);
    let again = (!check.is_running).then_some("Run again");
    paint::button(&mut buttons, state, UiCommand::Check, Look::Plain, again, button, asked);
    paint::button(&mut buttons, state, UiCommand::CopyCheck, Look::Plain, Some("Copy"), button, asked);
}

fn words(tokens: &Tokens, check: &CheckView, verdict: &Conclusion, width: f32) -> egui::text::LayoutJob {
    let (color, size) = (&tokens.color, &tokens.size);
    let mut job = egui::text::LayoutJob::default();
    job.wrap.max_width = width;
    let format =
        |font, color, height| egui::TextFormat { line_height: Some(height), ..egui::TextFormat::simple(font, color) };
    let plain = format(tokens.font(), *color.text, 18.0);
    let label = format(tokens.font(), *color.muted, 18.0);
    job.append(&verdict.title, 0.0, format(tokens.bold(size.title), *color.strong, 22.0));
    job.append(&format!("\n{}", verdict.cause), 0.0, plain.clone());
    for (name, text) in [("Who can fix it: ", &verdict.owner), ("Next step: ", &verdict.next)] {
        if !text.is_empty() {
            job.append(&format!("\n{name}"), 0.0, label.clone());
            job.append(text, 0.0, plain.clone());
        }
    }
    if let Some(outcome) = &check.outcome {
        for finding in others(outcome) {
            let problem = &finding.problem;
            job.append(&format!("\nAlso ({}): ", problem.severity), 0.0, label.clone());
            job.append(&format!("{}. {}", problem.title, problem.cause), 0.0, plain.clone());
        }
        if let Some(armed) = armed_line(outcome) {
            job.append(&format!("\n{}", armed.trim()), 0.0, format(tokens.font(), *color.warn, 18.0));
        }
    }
    job.append(
        &format!("\nProfile {}", check.profile),
        0.0,
        format(FontId::proportional(size.small), *color.muted, 18.0),
    );
    job
}

fn row(ui: &mut Ui, tokens: &Tokens, state: &State, result: &StepResult) {
    const ICON: f32 = 22.0;
    const LABEL: f32 = 108.0;
    const STATE: f32 = 66.0;
    const TIME: f32 = 72.0;
    let (color, size) = (&tokens.color, &tokens.size);
    let StepResult { step, state: stands, found, details, .. } = result;
    let state_color = colour(tokens, *stands);
    let is_open = !matches!(stands, StepState::Waiting | StepState::Running);
    let words = if is_open { found.as_str() } else { step.question() };
    let words_color = match stands {
        StepState::Passed => *color.text,
        StepState::Warning | StepState::Failed => *color.strong,
        StepState::Running => *color.text,
        StepState::Waiting | StepState::Skipped | StepState::NotRun => *color.muted,
    };
    let width = ui.available_width() - size.margin;
    let left = ICON + LABEL + STATE;
    let room = (width - left - TIME).max(120.0);
    let galley = ui.painter().layout(words.to_owned(), tokens.font(), words_color, room);
    let height = (galley.size().y + 6.0).max(size.drill_row);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::HOVER);
    let time = match stands {
        StepState::Running => elapsed(state),
        _ => shown_time(result),
    };
    let top = rect.top() + 3.0;
    let put = |x: f32, text: &str, font: FontId, color: Color32| {
        ui.painter().text(pos2(rect.left() + x, top), Align2::LEFT_TOP, text, font, color);
    };
    put(2.0, stands.icon(), tokens.bold(size.text), state_color);
    put(ICON, step.label(), tokens.bold(size.text), if is_open { *color.strong } else { *color.muted });
    put(ICON + LABEL, stands.label(), tokens.font(), state_color);
    ui.painter().galley(pos2(rect.left() + left, top), galley, words_color);
    let right = pos2(rect.right() - 4.0, top);
    ui.painter().text(right, Align2::RIGHT_TOP, &time, tokens.font(), *color.muted);
    let spoken = format!("{}: {} {time} {words}", step.label(), stands.label());
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Label, true, &spoken));
    for detail in details {
        let galley =
            ui.painter().layout(detail.to_string(), FontId::proportional(size.small), *color.muted, room + TIME);
        let (place, response) = ui.allocate_exact_size(vec2(width, galley.size().y + 2.0), Sense::HOVER);
        ui.painter().galley(pos2(place.left() + left, place.top()), galley, *color.muted);
        response.widget_info(|| egui::WidgetInfo::labeled(Role::Label, true, detail.as_str()));
    }
    let line = ui.cursor().top();
    ui.painter().hline(rect.x_range(), line, egui::Stroke::new(1.0, *color.track));
    ui.add_space(1.0);
}

fn elapsed(state: &State) -> String {
    let Some(since) = state.check.since else { return String::new() };
    let tenths = state.present.since(since).as_millis() / 100;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

fn colour(tokens: &Tokens, state: StepState) -> Color32 {
    let color = &tokens.color;
    *match state {
        StepState::Passed => color.good,
        StepState::Failed => color.bad,
        StepState::Running => color.busy,
        StepState::Warning => color.warn,
        StepState::Waiting | StepState::Skipped | StepState::NotRun => color.muted,
    }
}
