//! The one-shot check: ordered steps from the clock to a reconnect, and what they add up to.
//!
//! A check looks at the way to the servers part by part, and then connects as the client does: the same driver, the
//! same journal, the same diagnoser. It contacts the profile's own hosts (and the proxy that this computer's settings
//! put before them) and nothing else. The keychain is read and never changed: what the check fetches stays in memory.
//! Each upgrade gets a ticket of its own.
//!
//! Every wait has a limit, none longer than the profile's, and all together never take longer than [`Check::limit`].

#![warn(clippy::wildcard_enum_match_arm)]

mod browser;
mod configuration;
mod connection;
mod plan;
mod reachability;
mod repeat;
mod report;
mod silence;

use std::future::pending;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvError, TryRecvError, sync_channel};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::backend::{Config, Server};
use crate::clock::utc_now;
use crate::diagnosis::{Finding, Severity};
use crate::driver::keychain::Keychain;
use crate::driver::net::{Net, NetError};
use crate::driver::{Clock, EVENT_INTERVAL, Recorder};
use crate::journal::Journal;
use crate::journal::recording::{Header, write_line};
use crate::model::failure::SetupFailure;
use crate::model::{
    AttemptId, Backoff, Class, ClockOffset, Close, CloseCause, Credential, DisplayDuration, DriverEvent, Entry, Event,
    Failure, FaultName, FlowEvent, KeychainState, Profile, ReportId, Source, Trigger, Values,
};
use crate::session::{KeychainChoice, SessionError, random_seed};
use crate::view::SessionView;
use crate::watchdog;
pub use plan::{CheckKind, Step, StepResult, StepState, shown_time, steps, waiting};
use plan::{Found, Plan};
pub use repeat::together;
pub use report::{Conclusion, armed_line, conclusion_lines, heading, json, not_tried, others, step_lines, text};
pub use silence::USUAL_SILENCE;

/// How long a check may take, usually.
pub const LIMIT: Duration = Duration::from_secs(60);

/// How long the socket has to stay open, and how soon the client has to be back.
const OPEN_FOR: Duration = Duration::from_secs(5);
/// The same where nothing that the server says shows whether it accepts what a person gave: servers that wait in vain for a
/// client to introduce itself end the connection after 10 s, as most of them do.
const UNPROVEN_FOR: Duration = Duration::from_secs(11);
/// How much longer is waited where no ping has been answered by then: for the client's own timer, which ends a connection on
/// which nothing comes.
const PONG_FOR: Duration = Duration::from_secs(4);
/// How long it has to stay when it is back.
const BACK_FOR: Duration = Duration::from_secs(2);

/// No request takes longer, whatever the profile allows.
const HTTP_LIMIT: Duration = Duration::from_secs(10);
/// The same for each part of dialling.
const DIAL_LIMIT: Duration = Duration::from_secs(5);
/// How often the open socket is pinged: often enough that a missing answer is noticed in time.
const PING: Duration = Duration::from_secs(2);

/// The trace ids of two checks of a session are apart by more than a check has requests.
const CHECKS_APART: u32 = 1_000;

/// Changes that wait to be received; more than a check has, so that it never waits.
const MAX_PROGRESS: usize = 128;

/// What to check, and how.
#[derive(Clone, Debug)]
pub struct Check {
    /// What to connect to.
    pub profile: Profile,
    /// Whether a local server is started for it, as the local demo needs one.
    pub brings_server: bool,
    /// Whether a JWT is looked for in the keychain.
    pub keychain: KeychainChoice,
    /// The folder of the keychain's markers.
    pub state_dir: Option<PathBuf>,
    /// The profile's secrets that people have given a session which keeps them nowhere, and one-time codes.
    pub given: Values,
    /// The faults that are armed in the window: they act on its session, not on the check, and are named beside it.
    pub armed: Vec<FaultName>,
    /// How long all of it may take; what has not been done by then is not run. The silence is not counted.
    pub limit: Duration,
    /// How long a second connection is kept on which nothing is sent; `None`: that is not tried.
    pub quiet: Option<Duration>,
    /// The session that it is made for: the trace ids of its requests begin with this, as in that session's report.
    /// Else it has an id of its own.
    pub session: Option<ReportId>,
}

/// News of a check.
#[derive(Clone, Debug)]
pub enum Progress {
    /// A step stands differently.
    Step(StepResult),
    /// The check is over.
    Finished(Arc<Outcome>),
}

/// How a check came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every step was run that could be.
    Complete,
    /// Somebody cancelled it.
    Cancelled,
    /// [`Check::limit`] was over.
    OutOfTime,
}

/// How many checks were made, and how many of them found all well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Repeats {
    /// Those that found all well.
    pub well: u32,
    /// All.
    pub all: u32,
}

impl Repeats {
    /// Whether some found all well and others did not.
    pub const fn differ(self) -> bool {
        0 < self.well && self.well < self.all
    }
}

/// A check that is over.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was checked.
    pub profile: Profile,
    /// When it began, by this computer's clock.
    pub started: DateTime<Utc>,
    /// How long it took in all.
    pub took: Duration,
    /// What decided every random draw; its [`ReportId`] is that of the session, if it was made for one.
    pub seed: u64,
    /// How it came to its end.
    pub ending: Ending,
    /// Every step, in order.
    pub steps: Vec<StepResult>,
    /// If it is several checks: how many there were.
    pub repeats: Option<Repeats>,
    /// What is wrong, the cause of the rest first.
    pub findings: Vec<Finding>,
    /// The faults that were armed in the window.
    pub armed: Vec<FaultName>,
    /// Everything that was recorded; the findings' evidence is in it.
    pub entries: Vec<Arc<Entry>>,
}

impl Outcome {
    /// Whether all is well: every step was run or made no sense, none failed, and nothing disturbs the connection.
    pub fn is_well(&self) -> bool {
        self.ending == Ending::Complete
            && self.steps.iter().all(|step| matches!(step.state, StepState::Passed | StepState::Skipped))
            && self.findings.iter().all(|finding| finding.severity() == Severity::Notice)
    }

    /// How far this computer's clock is ahead of the server's, if an answer told.
    pub fn clock(&self) -> Option<ClockOffset> {
        self.entries.iter().find_map(|entry| {
            if let Event::Driver(DriverEvent::ClockCompared { offset }) = entry.event { Some(offset) } else { None }
        })
    }

    /// Its journal as a recording, in which the findings' evidence is found by its numbers. The goodbye is not in it.
    ///
    /// # Errors
    /// Serialization errors; none expected.
    pub fn recording(&self) -> serde_json::Result<Vec<u8>> {
        let mut lines = Vec::new();
        write_line(&mut lines, &Header::new(&self.profile, self.seed, self.started))?;
        for entry in &self.entries {
            write_line(&mut lines, &**entry)?;
        }
        Ok(lines)
    }
}

/// A check that is going on, on a thread of its own. Dropping it cancels it.
pub struct Running {
    news: Receiver<Progress>,
    cancel: Option<oneshot::Sender<()>>,
}

impl Running {
    /// A check that somebody else runs, who sends `news` and ends it when `cancel` is dropped.
    pub fn new(news: Receiver<Progress>, cancel: oneshot::Sender<()>) -> Self {
        Self { news, cancel: Some(cancel) }
    }

    /// The next news; waits for it.
    ///
    /// # Errors
    /// If there is none any more.
    pub fn next(&self) -> Result<Progress, RecvError> {
        self.news.recv()
    }

    /// The next news, if there is some already.
    ///
    /// # Errors
    /// As [`Receiver::try_recv`].
    pub fn try_next(&self) -> Result<Progress, TryRecvError> {
        self.news.try_recv()
    }

    /// Ends it soon; [`Progress::Finished`] still comes.
    pub fn cancel(&mut self) {
        self.cancel = None;
    }

    /// What ends the check when it is dropped, for another thread to hold.
    pub fn canceller(&mut self) -> impl Send + use<> {
        self.cancel.take()
    }
}

impl Check {
    /// Begins the check; `wake` is called whenever there is news.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(self, wake: impl Fn() + Send + 'static) -> io::Result<Running> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().event_interval(EVENT_INTERVAL).enable_all().build()?;
        let (tell, news) = sync_channel(MAX_PROGRESS);
        let (cancel, cancelled) = oneshot::channel::<()>();
        watchdog::spawn_once("check", move || {
            let changed = |progress| {
                // Whoever asked may be gone.
                let _ = tell.send(progress);
                wake();
            };
            let outcome = runtime.block_on(self.run(cancelled, &mut |step| changed(Progress::Step(step.clone()))));
            changed(Progress::Finished(Arc::new(outcome)));
            // A name that is still being looked up is not waited for.
            runtime.shutdown_background();
        })?;
        Ok(Running::new(news, cancel))
    }

    async fn run(self, cancelled: oneshot::Receiver<()>, changed: &mut dyn FnMut(&StepResult)) -> Outcome {
        let started = utc_now();
        let seed = random_seed();
        let seed = self.session.map_or(seed, |session| session.seed(seed as u32));
        let mut plan = Plan::new(CheckKind::of(&self.profile, self.quiet.is_some()), changed);
        let news = Arc::new(Notify::new());
        let journal = Journal::new({
            let news = Arc::clone(&news);
            move |_| news.notify_one()
        });
        let mut work = Work {
            recorder: Recorder::new(journal.clone(), Clock::start()),
            profile: bounded(self.profile.clone()),
            journal,
            news,
            evaluated: 0,
            seed,
            secrets_account: self.open_keychain().map(|(account, _)| account),
            state_dir: self.state_dir.clone(),
            given: self.given.clone(),
            // Far from those of the session, and of its other checks.
            requests: if self.session.is_some() { CHECKS_APART * ((seed >> 32) as u16 as u32 + 1) } else { 0 },
        };
        let clock = work.recorder.clock();
        let ending = {
            let steps =
                timeout(self.limit.saturating_add(self.quiet.unwrap_or_default()), work.steps(&self, &mut plan));
            tokio::select! {
                done = steps => if done.is_ok() { Ending::Complete } else { Ending::OutOfTime },
                _ = cancelled => Ending::Cancelled,
            }
        };
        match ending {
            Ending::Complete => {
                if plan.state(Step::Clock) == StepState::Running {
                    let undated = "no answer was dated";
                    let is_answered = [Step::Token, Step::Ticket, Step::Upgrade]
                        .iter()
                        .any(|step| plan.state(*step) == StepState::Passed);
                    let found = if is_answered { Found::skipped(undated) } else { Found::not_run(undated) };
                    plan.end(Step::Clock, clock.now(), found);
                }
                plan.conclude("there was no occasion for it");
            }
            Ending::Cancelled => {
                plan.abandon(clock.now(), Found::not_run("cancelled"), "the check was cancelled");
            }
            Ending::OutOfTime => {
                let limit = DisplayDuration(self.limit);
                let late = format!("the check ended here: it may take {limit} in all");
                plan.abandon(
                    clock.now(),
                    Found::failed(format!("no end within the {limit} of the whole check")),
                    &late,
                );
            }
        }
        let mut entries = work.journal.since(0).entries;
        if work.evaluated > 0 {
            entries.retain(|entry| entry.seq < work.evaluated);
        }
        let mut findings = findings(&work.profile, &entries);
        if plan.state(Step::Comeback) == StepState::Failed && !findings.iter().any(is_disturbing) {
            // It came back in the end, so that nothing is wrong any more: what was before is.
            findings.extend(at_last_failure(&work.profile, &entries));
        }
        Outcome {
            findings,
            profile: work.profile,
            started,
            seed,
            took: clock.now().since_start(),
            ending,
            steps: plan.into_steps(),
            repeats: None,
            armed: self.armed,
            entries,
        }
    }

    fn open_keychain(&self) -> Option<(String, Option<PathBuf>)> {
        match self.keychain {
            KeychainChoice::Memory | KeychainChoice::InProcess => None,
            KeychainChoice::Os => {
                let account = self.profile.keychain_account();
                let marker = self.state_dir.as_ref().map(|folder| Keychain::stale_marker(folder, &account));
                Some((account, marker))
            }
        }
    }
}

/// `profile` with limits that a check can wait for, and a wait before a reconnect that is the contract's.
fn bounded(mut profile: Profile) -> Profile {
    let timeouts = &mut profile.timeouts;
    timeouts.http = timeouts.http.min(HTTP_LIMIT);
    timeouts.dial = timeouts.dial.min(DIAL_LIMIT);
    timeouts.upgrade = timeouts.upgrade.min(HTTP_LIMIT);
    timeouts.ping = Some(PING);
    profile.backoff = Backoff::default();
    profile
}

/// What the diagnoser makes of `entries`, apart from the cut that the check itself makes.
fn findings(profile: &Profile, entries: &[Arc<Entry>]) -> Vec<Finding> {
    let entries = entries.iter().filter(|entry| !is_own_cut(&entry.event));
    SessionView::of(profile.clone(), entries.map(|entry| &**entry)).findings().to_vec()
}

/// What the diagnoser made of the newest attempt that failed, when it had; the entries after that are left out.
fn at_last_failure(profile: &Profile, entries: &[Arc<Entry>]) -> Vec<Finding> {
    let is_failure = |entry: &Arc<Entry>| matches!(entry.event, Event::Flow(FlowEvent::AttemptFailed { .. }));
    let last = entries.iter().rposition(is_failure);
    let found = last.map(|last| findings(profile, &entries[..=last])).unwrap_or_default();
    found.into_iter().filter(is_disturbing).collect()
}

/// Whether the connection suffers from it.
fn is_disturbing(finding: &Finding) -> bool {
    finding.severity() > Severity::Notice
}

fn is_own_cut(event: &Event) -> bool {
    matches!(event, Event::Flow(FlowEvent::Disconnected { close: Close { cause: CloseCause::CutOnPurpose, .. }, .. }))
}

/// What the steps share.
struct Work {
    profile: Profile,
    recorder: Recorder,
    journal: Journal,
    news: Arc<Notify>,
    /// The first entry that is not part of the case: the goodbye after the last step. Zero: all of them are.
    evaluated: u64,
    seed: u64,
    /// How many requests with the same id came before.
    requests: u32,
    /// Where the profile's secrets are, if not in memory alone.
    secrets_account: Option<String>,
    state_dir: Option<PathBuf>,
    given: Values,
}

impl Work {
    async fn steps(&mut self, check: &Check, plan: &mut Plan<'_>) {
        plan.begin(Step::Configuration, self.now());
        // Lives as long as the check.
        let _server = match self.serve(check).await {
            Ok(server) => server,
            Err(error) => return self.unusable(plan, Step::Configuration, error.failure()),
        };
        let Some(net) = self.set_up(plan).await else { return };
        let (credential, state) = match check.open_keychain() {
            Some((account, marker)) => Keychain::peek(account, marker).await,
            None => (Credential::default(), KeychainState::MemoryOnly),
        };
        self.recorder.record(Source::Driver, None, DriverEvent::Keychain { state: state.clone() });
        match self.look_at_way(&net, plan).await {
            Ok(()) => self.connect(net, credential, &state, check.quiet, plan).await,
            Err(failure) => {
                let attempt = Some(AttemptId::default());
                // In the place of the client's machine, which is not asked.
                self.recorder.record(
                    Source::Driver,
                    attempt,
                    Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Person }),
                );
                self.recorder.record(
                    Source::Driver,
                    attempt,
                    Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft }),
                );
            }
        }
    }

    async fn serve(&mut self, check: &Check) -> Result<Option<Server>, SessionError> {
        if !check.brings_server {
            return Ok(None);
        }
        let (server, _lines) = Server::start(Config::default()).await?;
        self.profile = self.profile.clone().moved_to(server.address());
        Ok(Some(server))
    }

    /// Evaluates the profile and sets up the network for it.
    async fn set_up(&mut self, plan: &mut Plan<'_>) -> Option<Net> {
        let profile = self.profile.clone();
        let step = match spawn_blocking(move || Net::new(&profile)).await {
            Ok(Ok(net)) => {
                self.recorder.record_useless_variables(&net);
                plan.end(Step::Configuration, self.now(), configuration::evaluate(&self.profile));
                return Some(net);
            }
            Ok(Err(error)) => match error {
                NetError::Proxy(_) | NetError::ProxyPort { .. } => {
                    plan.end(Step::Configuration, self.now(), configuration::evaluate(&self.profile));
                    plan.begin(Step::Proxy, self.now());
                    (Step::Proxy, error.failure())
                }
                NetError::Root { .. }
                | NetError::ClientCertificate { .. }
                | NetError::PlatformRoots(_)
                | NetError::Setup(_) => (Step::Configuration, error.failure()),
            },
            Err(panic) => (Step::Configuration, SetupFailure::other(&panic.to_string())),
        };
        self.unusable(plan, step.0, step.1);
        None
    }

    /// Nothing can be sent.
    fn unusable(&self, plan: &mut Plan<'_>, step: Step, setup: SetupFailure) {
        plan.end(step, self.now(), Found::failed(setup.said.as_str()));
        let failure = Failure::Setup(setup);
        self.recorder.record(
            Source::Driver,
            None,
            Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Hard }),
        );
        plan.abandon(self.now(), Found::not_run(""), &format!("{} failed", step.label()));
    }

    fn now(&self) -> crate::model::Moment {
        self.recorder.clock().now()
    }

    /// Waits for something new in the journal, or for `deadline`; `false` if it was the deadline.
    async fn news_before(&self, deadline: Option<tokio::time::Instant>) -> bool {
        let over = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = self.news.notified() => true,
            () = over => false,
        }
    }
}
