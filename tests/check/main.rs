//! The one-shot check against servers that are well, and servers that are not. All of it on loopback.

#[cfg(target_os = "linux")]
mod abandoned;
mod browser;
mod faults;
mod limit;
mod middlebox;
mod program;
mod unsaid;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ticketscope::backend::{self, Server};
use ticketscope::check::{Check, Ending, LIMIT, Outcome, Progress, Step, StepResult, StepState};
use ticketscope::model::{Event, FlowEvent, Profile, Values};
use ticketscope::session::KeychainChoice;
use tokio::task::spawn_blocking;

/// Far more than anything here takes: a test that reaches it hangs.
pub const GENEROUS: Duration = Duration::from_secs(90);

/// A check of `profile` that leaves the keychain alone.
pub fn check_of(profile: Profile) -> Check {
    Check {
        profile,
        brings_server: false,
        keychain: KeychainChoice::Memory,
        state_dir: None,
        armed: Vec::new(),
        session: None,
        limit: LIMIT,
        quiet: None,
        given: Values::default(),
    }
}

/// Runs `check` to its end.
pub async fn run(check: Check) -> Arc<Outcome> {
    let running = check.start(|| {}).unwrap();
    let end = spawn_blocking(move || {
        loop {
            if let Progress::Finished(outcome) = running.next().unwrap() {
                return outcome;
            }
        }
    });
    tokio::time::timeout(GENEROUS, end).await.expect("the check ends").unwrap()
}

/// A profile of a server at `address`, with limits that a test can wait for.
pub fn profile(address: SocketAddr) -> Profile {
    let mut profile = Profile::local_demo(address);
    profile.timeouts.http = Duration::from_millis(800);
    profile.timeouts.dial = Duration::from_millis(800);
    profile.timeouts.upgrade = Duration::from_millis(800);
    profile
}

pub fn step(outcome: &Outcome, step: Step) -> &StepResult {
    outcome.steps.iter().find(|result| result.step == step).unwrap()
}

/// The states of all steps, in order.
pub fn states(outcome: &Outcome) -> Vec<StepState> {
    outcome.steps.iter().map(|result| result.state).collect()
}

/// Nothing is open, and nothing that could not be reached has passed: after a failure only what needs it is not run.
pub fn assert_honest(outcome: &Outcome) {
    assert!(outcome.steps.iter().all(|result| result.state.is_over()), "{:#?}", outcome.steps);
    let failed = outcome.steps.iter().position(|result| result.state == StepState::Failed && result.step >= Step::Dns);
    if let Some(failed) = failed.filter(|&at| outcome.steps[at].step != Step::Health) {
        for result in &outcome.steps[failed + 1..] {
            let is_judged_with_it = outcome.steps[failed].step == Step::Claims;
            assert!(result.state == StepState::NotRun || is_judged_with_it, "{result:?}");
            assert!(!result.found.is_empty(), "{result:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_server_passes_and_each_upgrade_has_a_ticket_of_its_own() {
    let (server, mut lines) = Server::start(backend::Config::default()).await.unwrap();
    let outcome = run(check_of(profile(server.address()))).await;
    let expected = |result: &StepResult| if result.step == Step::Tls { StepState::Skipped } else { StepState::Passed };
    let wanted: Vec<_> = outcome.steps.iter().map(expected).collect();
    assert_eq!(states(&outcome), wanted, "{:#?}", outcome.steps);
    assert!(outcome.is_well() && outcome.findings.is_empty(), "{:#?}", outcome.findings);
    assert_eq!((outcome.ending, outcome.conclusion().status), (Ending::Complete, "ALL WELL"));
    println!("apart from the 5 s of staying open: {:?}", outcome.took.saturating_sub(Duration::from_secs(5)));
    // All else that a check waits for on purpose is one wait before the reconnect; the rest is the machine's.
    let waits = outcome.entries.iter().filter_map(|entry| match &entry.event {
        Event::Flow(FlowEvent::BackoffScheduled { delay }) => Some(delay.wait),
        _ => None,
    });
    let waits: Vec<_> = waits.collect();
    assert!(waits.len() == 1 && waits[0] < Duration::from_millis(400), "{waits:?}");

    server.stop().await;
    let mut log = Vec::new();
    while let Ok(line) = lines.try_recv() {
        log.push(line.text.as_str().to_owned());
    }
    let count = |what: &str| log.iter().filter(|line| line.contains(what)).count();
    assert_eq!((count("Token issued"), count("Ticket generated"), count("websocket_connected")), (1, 2, 2), "{log:#?}");
    let count = |is_wanted: fn(&Event) -> bool| outcome.entries.iter().filter(|entry| is_wanted(&entry.event)).count();
    assert_eq!(count(|event| matches!(event, Event::Flow(FlowEvent::TicketSpent { .. }))), 2);
    assert_eq!(count(|event| matches!(event, Event::Flow(FlowEvent::TicketObtained { .. }))), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_are_told_as_they_are_done_and_cancelling_ends_it() {
    let (server, _lines) = Server::start(backend::Config::default()).await.unwrap();
    let mut running = check_of(profile(server.address())).start(|| {}).unwrap();
    let outcome = spawn_blocking(move || {
        loop {
            match running.next().unwrap() {
                Progress::Step(result) if result.step == Step::Open && result.state == StepState::Running => {
                    running.cancel();
                }
                Progress::Step(_) => {}
                Progress::Finished(outcome) => return outcome,
            }
        }
    });
    let outcome = tokio::time::timeout(GENEROUS, outcome).await.unwrap().unwrap();
    assert_eq!((outcome.ending, outcome.is_well()), (Ending::Cancelled, false));
    assert_eq!(step(&outcome, Step::Upgrade).state, StepState::Passed);
    for late in [Step::Open, Step::Comeback] {
        assert_eq!(step(&outcome, late).state, StepState::NotRun, "{late:?}");
    }
    assert_honest(&outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_demo_brings_its_own_server() {
    let profile = Profile::local_demo(([127, 0, 0, 1], 0).into());
    let outcome = run(Check { brings_server: true, ..check_of(profile) }).await;
    assert!(outcome.is_well(), "{:#?}", outcome.steps);
}
