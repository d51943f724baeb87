//! The simulation behind the tab: what is asked, a thread that computes it, what came of it.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

use super::super::super::command::{PanelCommand, Row};
use super::super::super::table::Sorting;
use super::super::super::waker::Waker;
use crate::herd::{Outcome, Rule, Scenario, run};
use crate::journal::Change;
use crate::model::{Backoff, Policy, Profile};
use crate::watchdog;

/// Simulates what the reconnect rules do to a server, or stops simulating.
pub(super) static SIMULATE: PanelCommand = PanelCommand {
    name: "simulate the herd",
    row: |state| {
        let (label, explanation) = if state.own.get::<HerdView>().is_some_and(HerdView::is_running) {
            ("Cancel the simulation", "End the simulation without a result")
        } else {
            let explanation = "Lead thousands of clients through an outage in virtual time; no network is used";
            ("Simulate the herd", explanation)
        };
        Row::new(label, explanation, |cx| {
            let profile = &cx.state.pane.view.snapshot().profile;
            let is_started = cx.state.own.get_mut::<HerdView>().toggle(profile, cx.waker);
            cx.state.note_start(is_started, "The simulation cannot be started");
        })
    },
};

/// Forgets the edit of the reconnect rule.
pub(super) static RESET_POLICY: PanelCommand = PanelCommand {
    name: "reset the herd's policy",
    row: |state| {
        let is_edited = state.own.get::<HerdView>().is_some_and(HerdView::is_edited);
        let explanation = "Make your edit of the reconnect rule the profile's again";
        Row::new("Edit the profile's rule anew", explanation, |cx| {
            cx.state.own.get_mut::<HerdView>().reset_policy();
        })
        .unless((!is_edited).then_some("Nothing was edited"))
    },
};

/// What the tab shows, and what a person has entered.
#[derive(Default)]
pub struct HerdView {
    /// What is to happen.
    pub(super) scenario: Scenario,
    /// The rule that a person has made of the profile's.
    pub(super) edit: Option<Backoff>,
    /// What came of the last simulation.
    pub(super) results: Option<Results>,
    /// The rule that the chart compares with the profile's, as a place in the results.
    pub(super) compared: usize,
    /// How the table of the rules is sorted; at first the profile's rule is the uppermost.
    pub(super) sorting: Sorting,
    running: Option<Running>,
}

/// What came of a simulation.
pub(super) struct Results {
    pub scenario: Scenario,
    /// The edit that took part.
    pub edit: Option<Backoff>,
    /// The profile's rule, the edit if there is one, then those of other libraries.
    pub rules: Vec<(Rule, Outcome)>,
}

struct Running {
    is_cancelled: Arc<AtomicBool>,
    /// Of 1000.
    progress: Arc<AtomicU32>,
    results: Receiver<Results>,
}

impl HerdView {
    /// Whether a simulation is going on.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Whether a person has edited the rule.
    pub fn is_edited(&self) -> bool {
        self.edit.is_some()
    }

    /// The profile's rule again.
    pub fn reset_policy(&mut self) {
        self.edit = None;
    }

    /// How much of the simulation is over, from 0 to 1.
    pub(super) fn progress(&self) -> Option<f32> {
        self.running.as_ref().map(|running| running.progress.load(Ordering::Relaxed) as f32 / 1_000.0)
    }

    /// How long until the window looks different.
    pub fn tick(&self, countdown: Duration) -> Option<Duration> {
        self.is_running().then_some(countdown)
    }

    /// Whether what is shown is not what would come of what is entered.
    pub(super) fn is_stale(&self) -> bool {
        let differs = |results: &Results| results.scenario != self.scenario || results.edit != self.edit;
        self.results.as_ref().is_some_and(differs)
    }

    /// Starts a simulation, or ends the one that goes on; `false` if it cannot be started.
    pub fn toggle(&mut self, profile: &Profile, waker: &Waker) -> bool {
        if self.running.take().is_some() {
            return true;
        }
        self.running = self.start(profile, waker.clone()).ok();
        self.is_running()
    }

    fn start(&self, profile: &Profile, waker: Waker) -> io::Result<Running> {
        let policy = Policy::from(profile);
        let mut rules = vec![Rule::ours(format!("Profile {}", profile.name), policy.clone())];
        rules.extend(self.edit.clone().map(|backoff| Rule::ours("Your edit", Policy { backoff, ..policy })));
        rules.extend(Rule::others());
        let (tell, results) = sync_channel(1);
        let (is_cancelled, progress) = (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default());
        let work = Work {
            scenario: self.scenario.clone(),
            edit: self.edit.clone(),
            rules,
            is_cancelled: Arc::clone(&is_cancelled),
            progress: Arc::clone(&progress),
        };
        watchdog::spawn_once("herd", move || work.run(&tell, &waker))?;
        Ok(Running { is_cancelled, progress, results })
    }

    /// Takes in what came of a simulation.
    pub fn apply(&mut self) {
        let Some(running) = &self.running else { return };
        match running.results.try_recv() {
            Ok(results) => {
                self.compared = 1;
                self.results = Some(results);
                self.running = None;
            }
            Err(TryRecvError::Empty) => {}
            // The thread has failed; its own words are in the log.
            Err(TryRecvError::Disconnected) => self.running = None,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }
}

struct Work {
    scenario: Scenario,
    edit: Option<Backoff>,
    rules: Vec<Rule>,
    is_cancelled: Arc<AtomicBool>,
    progress: Arc<AtomicU32>,
}

impl Work {
    fn run(self, tell: &SyncSender<Results>, waker: &Waker) {
        let Self { scenario, edit, rules, is_cancelled, progress } = self;
        let mut done = Vec::with_capacity(rules.len());
        let count = rules.len() as f32;
        for (index, rule) in rules.into_iter().enumerate() {
            let outcome = run(&scenario, &rule, |share| {
                progress.store(((index as f32 + share) / count * 1_000.0) as u32, Ordering::Relaxed);
                if is_cancelled.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let Some(outcome) = outcome else { return };
            done.push((rule, outcome));
        }
        // The receiver is gone if the simulation was cancelled meanwhile.
        if tell.send(Results { scenario, edit, rules: done }).is_ok() {
            waker.wake(Change::Fact);
        }
    }
}
