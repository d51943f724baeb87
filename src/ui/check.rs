//! The check in the window: its steps as they are done, and the thread that does them.

use std::sync::Arc;
use std::sync::mpsc::TryRecvError;
use std::time::Duration;

use super::waker::Waker;
use crate::check::{Check, CheckKind, Ending, Outcome, Progress, Running, StepResult, StepState, steps, text};
use crate::journal::Change;
use crate::model::{FaultName, Moment, Profile, ReportId, Values};
use crate::view::{SessionView, Support, Verdict};

/// The session that a check is made for.
#[derive(Clone, Debug)]
pub struct ForSession {
    /// Its id.
    pub id: ReportId,
    /// The secrets that people have given it, if they are kept nowhere.
    pub given: Values,
}

/// Starts a check of a profile, beside which these faults are armed, for this session, that keeps a second
/// connection silent so long if it is to, and wakes the
/// window when there is news; `None` if that is not possible.
pub type StartCheck =
    Box<dyn FnMut(Profile, Vec<FaultName>, ForSession, Option<Duration>, Box<dyn Fn() + Send>) -> Option<Running>>;

/// Starts checks as `usual` says, each on a thread of its own. The local demo is checked at the server that the
/// session brought, or else at one that the check brings.
pub fn checks_like(usual: Check) -> StartCheck {
    Box::new(move |profile, armed, session, quiet, wake| {
        let brings_server = profile.is_local_demo() && profile.api.url().port() == Some(0);
        let ForSession { id, given } = session;
        Check { profile, armed, brings_server, given, session: Some(id), quiet, ..usual.clone() }.start(wake).ok()
    })
}

/// What a check that is over tells of the service.
pub struct CheckAnswer {
    /// What it means.
    pub verdict: Verdict,
    /// What support passes on of it.
    pub support: Support,
}

impl CheckAnswer {
    fn of(outcome: &Outcome) -> Self {
        let entries = outcome.entries.iter().map(|entry| &**entry);
        let view = SessionView::of(outcome.profile.clone(), entries);
        let mut support = Support::of_findings(&view, &outcome.findings);
        if outcome.findings.is_empty() && !outcome.is_well() {
            support.answer =
                "There is no answer yet: the check does not tell the cause. Its steps say how far it came.".to_owned();
            support.is_answered = false;
        }
        Self { verdict: outcome.verdict(), support }
    }
}

/// What the window shows of the check that is going on or was the last.
#[derive(Default)]
pub struct CheckView {
    pub(super) profile: String,
    pub(super) steps: Vec<StepResult>,
    /// When the step that runs began, by the window's clock.
    pub(super) since: Option<Moment>,
    pub(super) outcome: Option<Arc<Outcome>>,
    answer: Option<CheckAnswer>,
    /// Whether a session has gone on since it was made, which tells more of the service.
    is_superseded: bool,
    is_running: bool,
    /// Whether it ended without an outcome: a fault of the program's.
    pub(super) is_broken: bool,
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

    /// How its steps stand.
    pub fn results(&self) -> &[StepResult] {
        &self.steps
    }

    /// The last one as text, if it is over.
    pub fn copied(&self) -> Option<String> {
        self.outcome.as_deref().map(text)
    }

    /// The last one, if it is over.
    pub fn outcome(&self) -> Option<Arc<Outcome>> {
        self.outcome.clone()
    }

    /// What the last one tells of the service, if it is over and nothing is known that is newer.
    pub fn answer(&self) -> Option<&CheckAnswer> {
        let is_over = |outcome: &Arc<Outcome>| match outcome.ending {
            Ending::Complete | Ending::OutOfTime => true,
            Ending::Cancelled => false,
        };
        self.answer.as_ref().filter(|_| !self.is_superseded && self.outcome.as_ref().is_some_and(is_over))
    }

    /// A session goes on, or another one begins: what is known of the service is its.
    pub fn supersede(&mut self) {
        self.is_superseded = true;
    }

    /// How long until the window looks different.
    pub fn tick(&self, countdown: Duration) -> Option<Duration> {
        self.is_running.then_some(countdown)
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
                self.answer = Some(CheckAnswer::of(&outcome));
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

    /// Begins a check of `profile` beside the `armed` faults, for `session`, with a silence of `quiet`; `false` if that
    /// is not possible.
    pub fn begin(
        &mut self,
        view: &mut CheckView,
        profile: &Profile,
        armed: Vec<FaultName>,
        session: ForSession,
        quiet: Option<Duration>,
        waker: &Waker,
    ) -> bool {
        let waker = waker.clone();
        self.running = (self.start)(profile.clone(), armed, session, quiet, Box::new(move || waker.wake(Change::Fact)));
        let is_running = self.running.is_some();
        if is_running {
            *view = CheckView {
                profile: profile.name.to_string(),
                steps: steps(CheckKind::of(profile, quiet.is_some())),
                is_running,
                ..CheckView::default()
            };
        }
        is_running
    }

    /// Ends it soon.
    pub fn cancel(&mut self) {
        self.running.iter_mut().for_each(Running::cancel);
    }

    /// Takes in what is new by `now`, the session's clock.
    pub fn apply(&mut self, view: &mut CheckView, now: Moment) {
        let Some(running) = &self.running else { return };
        loop {
            match running.try_next() {
                Ok(progress) => view.apply(progress, now),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => break,
            }
        }
        view.is_broken = view.is_running;
        view.is_running = false;
        self.running = None;
    }
}
