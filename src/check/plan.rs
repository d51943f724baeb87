//! The plan of a check: which steps there are, what each depends on, and how each stands. No I/O, no clock.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator as _;

use crate::model::{DisplayDuration, FaultName, Moment, Profile, SafeText};
use crate::view::simulated_by;

/// The steps of a check, in order.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumCount,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Step {
    /// This computer's clock against the server's `Date`.
    Clock,
    /// Whether the profile makes sense and can be used on this computer.
    Configuration,
    /// The proxies that this computer's settings put in between.
    Proxy,
    /// The addresses of the host names.
    Dns,
    /// A connection to every address.
    Tcp,
    /// Encryption, and who signed the certificate.
    Tls,
    /// What the service says of itself.
    Health,
    /// The JWT: the stored one, or a new one.
    Token,
    /// What the JWT says.
    Claims,
    /// A one-time ticket for the JWT.
    Ticket,
    /// Whether a browser would have got as far.
    Browser,
    /// The WebSocket handshake with the ticket and the profile's `Origin`.
    Upgrade,
    /// What the service says before the socket is of use. Only of a service that has a greeting.
    Greeting,
    /// Whether the socket stays open and answers a ping.
    Open,
    /// Whether the client comes back after the connection was cut.
    Comeback,
    /// Whether a second connection stays open on which nothing is sent. Only in a check that was asked for it.
    Silence,
}

impl Step {
    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Clock => "Clock",
            Self::Configuration => "Configuration",
            Self::Proxy => "Proxy",
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Health => "Health",
            Self::Token => "JWT",
            Self::Claims => "JWT claims",
            Self::Ticket => "Ticket",
            Self::Browser => "Browser",
            Self::Upgrade => "Upgrade",
            Self::Greeting => "Greeting",
            Self::Open => "Stays open",
            Self::Comeback => "Comes back",
            Self::Silence => "Stays silent",
        }
    }

    /// What it finds out, in a few words.
    pub const fn question(self) -> &'static str {
        match self {
            Self::Clock => "Is this computer's clock right?",
            Self::Configuration => "Does the profile make sense?",
            Self::Proxy => "Is there a proxy, and does it connect?",
            Self::Dns => "Do the host names have addresses?",
            Self::Tcp => "Can every address be connected to?",
            Self::Tls => "Is the connection encrypted, and by whose certificate?",
            Self::Health => "What does the service say of itself?",
            Self::Token => "Is there a JWT?",
            Self::Claims => "What does the JWT say?",
            Self::Ticket => "Does the JWT get a ticket?",
            Self::Browser => "Would a browser get through?",
            Self::Upgrade => "Does the ticket open the WebSocket?",
            Self::Greeting => "Does the service's greeting come to its end?",
            Self::Open => "Does it stay open for 5 s and answer a ping?",
            Self::Comeback => "Cut on purpose, is it back within 5 s, and does it stay?",
            Self::Silence => "Does a connection stay open on which nothing is sent?",
        }
    }

    /// The steps without which it makes no sense.
    const fn needs(self) -> &'static [Self] {
        match self {
            Self::Configuration | Self::Proxy => &[],
            Self::Dns => &[Self::Proxy],
            Self::Tcp => &[Self::Dns],
            Self::Tls => &[Self::Tcp],
            Self::Clock | Self::Health | Self::Token => &[Self::Tls],
            Self::Claims | Self::Ticket => &[Self::Token],
            Self::Browser | Self::Upgrade => &[Self::Ticket],
            Self::Greeting => &[Self::Upgrade],
            Self::Open => &[Self::Upgrade, Self::Greeting],
            Self::Comeback => &[Self::Open],
            Self::Silence => &[Self::Comeback],
        }
    }
}

/// How a step stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Its turn has not come.
    #[default]
    Waiting,
    /// It is going on.
    Running,
    /// All is well.
    Passed,
    /// It works, and something about it has to be known.
    Warning,
    /// It does not work.
    Failed,
    /// It makes no sense here; the text says why.
    Skipped,
    /// It was not run; the text says why.
    NotRun,
}

impl StepState {
    /// The state in words.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Passed => "passed",
            Self::Warning => "warning",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
            Self::NotRun => "not run",
        }
    }

    /// The state as a sign, to go with the word.
    pub const fn icon(self) -> &'static str {
        match self {
            Self::Waiting => "○",
            Self::Running => "●",
            Self::Passed => "✓",
            Self::Warning => "▲",
            Self::Failed => "✗",
            Self::Skipped => "–",
            Self::NotRun => "∅",
        }
    }

    /// Whether nothing more happens to it.
    pub const fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

/// How a step went, or goes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepResult {
    /// Which.
    pub step: Step,
    /// How it stands.
    pub state: StepState,
    /// What was found, or why it was not run.
    pub found: SafeText,
    /// What else is worth knowing, a line each: addresses, certificates, remarks.
    pub details: Vec<SafeText>,
    /// When it began, on the check's clock.
    #[serde(skip)]
    pub began: Moment,
    /// How long it took; so far zero if it is not over.
    #[serde(rename = "took_ms", serialize_with = "millis")]
    pub took: Duration,
}

fn millis<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
}

/// What came of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// How it ends.
    pub state: StepState,
    /// What was found.
    pub text: String,
    /// What else is worth knowing.
    pub details: Vec<String>,
    /// Whether it is about the WebSocket's server alone.
    is_of_socket: bool,
}

impl Found {
    /// All is well: `text`.
    pub fn passed(text: impl Into<String>) -> Self {
        Self::new(StepState::Passed, text)
    }

    /// It works, but `text`.
    pub fn warning(text: impl Into<String>) -> Self {
        Self::new(StepState::Warning, text)
    }

    /// It is not: `text`.
    pub fn failed(text: impl Into<String>) -> Self {
        Self::new(StepState::Failed, text)
    }

    /// It makes no sense here because of `text`.
    pub fn skipped(text: impl Into<String>) -> Self {
        Self::new(StepState::Skipped, text)
    }

    /// It was not run because of `text`.
    pub fn not_run(text: impl Into<String>) -> Self {
        Self::new(StepState::NotRun, text)
    }

    fn new(state: StepState, text: impl Into<String>) -> Self {
        Self { state, text: text.into(), details: Vec::new(), is_of_socket: false }
    }

    /// The same, which does not keep anybody from asking the API.
    #[must_use]
    pub fn for_the_socket(self) -> Self {
        Self { is_of_socket: true, ..self }
    }

    /// The same, marked if `fault` brought it about.
    #[must_use]
    pub fn simulated(mut self, fault: Option<&FaultName>) -> Self {
        if let Some(fault) = fault {
            self.text.insert_str(0, "SIMULATED ");
            self.details.insert(0, simulated_by(fault));
        }
        self
    }

    /// The same with further lines.
    #[must_use]
    pub fn with(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }
}

/// Every step and how it stands. Whoever follows is told of each change.
pub struct Plan<'a> {
    steps: Vec<StepResult>,
    /// The steps that failed for the WebSocket alone.
    of_socket: Vec<Step>,
    changed: &'a mut dyn FnMut(&StepResult),
}

impl<'a> Plan<'a> {
    /// Nothing has been done; `changed` is told of every change.
    pub fn new(kind: CheckKind, changed: &'a mut dyn FnMut(&StepResult)) -> Self {
        Self { steps: steps(kind), of_socket: Vec::new(), changed }
    }

    /// How `step` stands; one that is not in the plan makes no sense in it.
    pub fn state(&self, step: Step) -> StepState {
        self.steps.iter().find(|result| result.step == step).map_or(StepState::Skipped, |result| result.state)
    }

    /// Begins `step`, unless something that it needs did not go well: then it is not run. Says whether it begins.
    pub fn begin(&mut self, step: Step, now: Moment) -> bool {
        if let Some(obstacle) = self.obstacle(step) {
            self.change(step, |result| {
                result.state = StepState::NotRun;
                result.found = obstacle.as_str().into();
            });
            return false;
        }
        self.change(step, |result| {
            result.state = StepState::Running;
            result.began = now;
        });
        true
    }

    /// Ends `step`; again if more has become known. One that was not run stays so.
    pub fn end(&mut self, step: Step, now: Moment, found: Found) {
        let Found { state, text, details, is_of_socket } = found;
        if self.state(step) == StepState::NotRun {
            return;
        }
        if is_of_socket {
            self.of_socket.push(step);
        }
        self.change(step, |result| {
            if result.state == StepState::Running {
                result.took = now.since(result.began);
            }
            result.state = state;
            result.found = text.as_str().into();
            result.details = details.iter().map(|line| line.as_str().into()).collect();
        });
    }

    /// Ends what runs, which failed because a limit is over, or else was not run; and with it all that waits. The
    /// clock only waits for the answer of another step.
    pub fn abandon(&mut self, now: Moment, running: Found, waiting: &str) {
        for step in self.all() {
            match self.state(step) {
                StepState::Running if step != Step::Clock => self.end(step, now, running.clone()),
                StepState::Running | StepState::Waiting => self.not_run(step, waiting),
                StepState::Passed | StepState::Warning | StepState::Failed | StepState::Skipped | StepState::NotRun => {
                }
            }
        }
    }

    /// Says of each step that has not begun why it is not run: what it needs, or else `otherwise`.
    pub fn conclude(&mut self, otherwise: &str) {
        for step in self.all() {
            if self.state(step) == StepState::Waiting {
                let why = self.obstacle(step).unwrap_or_else(|| otherwise.to_owned());
                self.not_run(step, &why);
            }
        }
    }

    fn all(&self) -> Vec<Step> {
        self.steps.iter().map(|result| result.step).collect()
    }

    /// The steps.
    pub fn into_steps(self) -> Vec<StepResult> {
        self.steps
    }

    fn not_run(&mut self, step: Step, why: &str) {
        self.change(step, |result| {
            result.state = StepState::NotRun;
            result.found = why.into();
        });
    }

    /// What stands in the way of `step`: the first thing that failed, however far back.
    fn obstacle(&self, step: Step) -> Option<String> {
        if step == Step::Upgrade
            && let Some(failed) = self.of_socket.first()
        {
            return Some(format!("{} failed", failed.label()));
        }
        step.needs().iter().find_map(|&need| match self.state(need) {
            StepState::Failed if self.of_socket.contains(&need) => self.obstacle(need),
            StepState::Failed => Some(format!("{} failed", need.label())),
            StepState::NotRun => Some(self.obstacle(need).unwrap_or_else(|| format!("{} was not run", need.label()))),
            StepState::Waiting => self.obstacle(need),
            StepState::Running | StepState::Passed | StepState::Warning | StepState::Skipped => None,
        })
    }

    fn change(&mut self, step: Step, change: impl FnOnce(&mut StepResult)) {
        if let Some(result) = self.steps.iter_mut().find(|result| result.step == step) {
            change(result);
            (self.changed)(result);
        }
    }
}

/// What decides which steps a check has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckKind {
    /// Whether it was asked to keep a connection silent.
    pub is_quiet: bool,
    /// Whether the service is one that may have a greeting.
    pub greets: bool,
}

impl CheckKind {
    /// Of a check of `profile`.
    pub fn of(profile: &Profile, is_quiet: bool) -> Self {
        Self { is_quiet, greets: profile.service.is_some() }
    }
}

/// All steps before a check of the contract's kind that is asked for no silence.
pub fn waiting() -> Vec<StepResult> {
    steps(CheckKind::default())
}

/// All steps before a check.
pub fn steps(kind: CheckKind) -> Vec<StepResult> {
    let result = |step| StepResult {
        step,
        state: StepState::Waiting,
        found: SafeText::default(),
        details: Vec::new(),
        began: Moment::START,
        took: Duration::ZERO,
    };
    let is_in = |step: &Step| (*step != Step::Silence || kind.is_quiet) && (*step != Step::Greeting || kind.greets);
    Step::iter().filter(is_in).map(result).collect()
}

/// `took` as a step's time is shown: nothing for what was not done.
pub fn shown_time(result: &StepResult) -> String {
    match result.state {
        StepState::Passed | StepState::Warning | StepState::Failed => DisplayDuration(result.took).to_string(),
        StepState::Waiting | StepState::Running | StepState::Skipped | StepState::NotRun => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    #[test]
    fn what_needs_a_step_that_failed_is_not_run_and_says_which() {
        let mut unheard = |_: &StepResult| {};
        let mut plan = Plan::new(CheckKind::default(), &mut unheard);
        for step in [Step::Configuration, Step::Proxy, Step::Dns] {
            assert!(plan.begin(step, ms(1)));
            plan.end(step, ms(2), Found::passed("well"));
        }
        assert!(plan.begin(Step::Tcp, ms(3)));
        plan.end(Step::Tcp, ms(8), Found::failed("refused"));
        assert!(!plan.begin(Step::Tls, ms(9)));
        plan.conclude("the check ended");
        let steps = plan.into_steps();
        let states: Vec<_> = steps.iter().map(|result| (result.step, result.state, result.found.as_str())).collect();
        assert_eq!(states[0], (Step::Clock, StepState::NotRun, "TCP failed"));
        assert_eq!(states[4], (Step::Tcp, StepState::Failed, "refused"));
        assert_eq!(steps[4].took, Duration::from_millis(5));
        for state in &states[5..] {
            assert_eq!((state.1, state.2), (StepState::NotRun, "TCP failed"), "{:?}", state.0);
        }
    }

    #[test]
    fn a_step_that_was_skipped_or_only_warns_stands_in_nobodys_way() {
        let mut unheard = |_: &StepResult| {};
        let mut plan = Plan::new(CheckKind::default(), &mut unheard);
        for step in [Step::Configuration, Step::Proxy, Step::Dns, Step::Tcp, Step::Tls] {
            assert!(plan.begin(step, ms(0)));
            let found = if step == Step::Tls { Found::warning("read along") } else { Found::skipped("not here") };
            plan.end(step, ms(0), found);
        }
        assert!(plan.begin(Step::Token, ms(0)));
    }

    #[test]
    fn what_comes_first_and_is_read_last_says_what_failed_in_between() {
        for failed in [Step::Proxy, Step::Dns, Step::Tcp] {
            let mut unheard = |_: &StepResult| {};
            let mut plan = Plan::new(CheckKind::default(), &mut unheard);
            assert!(plan.begin(failed, ms(0)));
            plan.end(failed, ms(1), Found::failed("refused"));
            plan.conclude("the check ended");
            let steps = plan.into_steps();
            assert_eq!(steps[0].found.as_str(), format!("{} failed", failed.label()));
        }
    }

    #[test]
    fn what_fails_for_the_socket_alone_keeps_only_the_upgrade_from_being_run() {
        let mut unheard = |_: &StepResult| {};
        let mut plan = Plan::new(CheckKind::default(), &mut unheard);
        assert!(plan.begin(Step::Tcp, ms(0)));
        plan.end(Step::Tcp, ms(1), Found::failed("refused").for_the_socket());
        for step in [Step::Tls, Step::Health, Step::Token, Step::Ticket] {
            assert!(plan.begin(step, ms(1)), "{step:?}");
            plan.end(step, ms(2), Found::passed("well"));
        }
        assert!(!plan.begin(Step::Upgrade, ms(3)));
        plan.end(Step::Upgrade, ms(4), Found::failed("told twice"));
        let upgrade = plan.into_steps().into_iter().find(|result| result.step == Step::Upgrade);
        assert_eq!(upgrade.map(|result| result.found), Some("TCP failed".into()));
    }

    #[test]
    fn an_abandoned_check_leaves_nothing_open_and_nothing_passed() {
        let mut reported = Vec::new();
        let mut report = |result: &StepResult| reported.push((result.step, result.state));
        let mut plan = Plan::new(CheckKind::default(), &mut report);
        plan.begin(Step::Configuration, ms(0));
        plan.abandon(ms(60), Found::failed("too slow"), "the limit was over");
        let steps = plan.into_steps();
        assert!(steps.iter().all(|result| result.state.is_over() && result.state != StepState::Passed));
        assert_eq!(steps[1].state, StepState::Failed);
        assert!(reported.contains(&(Step::Comeback, StepState::NotRun)));
    }

    #[test]
    fn every_step_only_needs_what_is_done_before_it() {
        for step in Step::iter().filter(|step| *step != Step::Clock) {
            assert!(step.needs().iter().all(|need| *need < step), "{step:?}");
        }
    }
}
