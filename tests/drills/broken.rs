//! Wrong clients and wrong servers, made by data: exactly the drills that guard against them turn red.

use std::collections::BTreeSet;
use std::time::Duration;

use ticketscope::drill::Drill;
use ticketscope::model::{Backoff, Classify, Origin};

use crate::{drill, failures, outcomes};

/// Every shipped drill but the slow one, whose turn comes by itself.
const QUICK: [&str; 14] = [
    "seed-test-1",
    "seed-test-2",
    "seed-test-3",
    "seed-test-4",
    "seed-test-5",
    "seed-test-6",
    "seed-scenario-1",
    "seed-scenario-2",
    "seed-scenario-3",
    "seed-scenario-5",
    "server-restart",
    "accept-then-close",
    "refresh-loop",
    "cut-again-and-again",
];

/// Runs `ids` with what `wreck` does to them and compares which fail.
#[track_caller]
fn red(ids: &[&str], wreck: impl Fn(&mut Drill), expected: &[&str]) {
    let drills: Vec<_> = ids
        .iter()
        .map(|id| {
            let mut drill = drill(id);
            drill.name = (*id).to_owned();
            wreck(&mut drill);
            drill
        })
        .collect();
    let outcomes = outcomes(&drills, None);
    let red: BTreeSet<_> = outcomes.iter().filter(|(_, o)| !o.passed()).map(|(id, _)| id.as_str()).collect();
    let expected: BTreeSet<_> = expected.iter().copied().collect();
    let reasons: Vec<_> = outcomes.iter().map(|(id, outcome)| (id, failures(outcome))).collect();
    assert_eq!(red, expected, "{reasons:#?}");
    for outcome in outcomes.values() {
        let last = outcome.entries.len() as u64;
        assert!(outcome.failures().all(|(_, problem)| problem.entries.iter().all(|seq| *seq < last)));
    }
}

fn classify(change: impl Fn(&mut Classify)) -> impl Fn(&mut Drill) {
    move |drill| change(drill.profile.classify.get_or_insert_default())
}

fn backoff(change: impl Fn(&mut Backoff)) -> impl Fn(&mut Drill) {
    move |drill| change(drill.profile.backoff.get_or_insert_default())
}

#[test]
fn a_client_that_goes_on_after_hard_closes() {
    red(&QUICK, classify(|classify| classify.hard_reasons.clear()), &["seed-test-6", "seed-scenario-5"]);
}

#[test]
fn a_client_that_stops_when_the_server_restarts_or_closes() {
    let reasons = ["SERVER_SHUTDOWN", "IDLE_TIMEOUT"].map(str::to_owned);
    let wreck = classify(move |classify| classify.hard_reasons.extend(reasons.clone()));
    red(&QUICK, wreck, &["server-restart", "accept-then-close"]);
}

#[test]
fn a_client_that_goes_on_after_a_401() {
    let wreck = classify(|classify| classify.hard_statuses.clear());
    // A refreshed JWT that is refused again stops it whatever the profile says.
    red(&QUICK, wreck, &["seed-scenario-3"]);
}

#[test]
fn a_client_that_does_not_refresh() {
    let wreck = classify(|classify| classify.refresh_codes.clear());
    red(&QUICK, wreck, &["seed-test-3", "seed-scenario-2", "refresh-loop"]);
}

#[test]
fn a_client_that_refreshes_for_every_401() {
    let wreck = classify(|classify| classify.refresh_codes.push("MISSING_SESSION".to_owned()));
    red(&QUICK, wreck, &["seed-scenario-3"]);
}

#[test]
fn a_client_that_stops_at_a_503() {
    let wreck = classify(|classify| classify.hard_statuses.push(503));
    red(&[&QUICK[..], &["seed-scenario-4"]].concat(), wreck, &["seed-test-5", "seed-scenario-4"]);
}

#[test]
fn a_client_that_always_waits_as_long_as_at_first() {
    let wreck = backoff(|backoff| backoff.factor = 1.0);
    let ids = [&QUICK[..], &["seed-scenario-4"]].concat();
    red(&ids, wreck, &["seed-test-5", "seed-scenario-4", "accept-then-close"]);
}

#[test]
fn a_client_that_counts_anew_as_soon_as_the_socket_is_open() {
    red(&QUICK, backoff(|backoff| backoff.reset_after = Duration::ZERO), &["accept-then-close"]);
}

#[test]
fn a_client_that_never_counts_anew() {
    let wreck = backoff(|backoff| backoff.reset_after = Duration::from_secs(3_600));
    red(&QUICK, wreck, &["cut-again-and-again"]);
}

#[test]
fn a_client_that_hardly_waits() {
    let wreck = backoff(|backoff| (backoff.base, backoff.cap) = (Duration::from_millis(10), Duration::from_millis(10)));
    red(&QUICK, wreck, &["seed-test-5", "server-restart", "accept-then-close", "cut-again-and-again"]);
}

#[test]
fn a_server_that_allows_nobody() {
    let wreck = |drill: &mut Drill| {
        let nobody = Origin::try_from("https://nobody.example".to_owned()).unwrap();
        drill.server.get_or_insert_default().origins = Some(vec![nobody]);
    };
    // Those that stay well want to see a client stop, or never come as far as the origin.
    let stay = ["seed-test-6", "refresh-loop"];
    let others: Vec<_> = QUICK.iter().copied().filter(|id| !stay.contains(id)).collect();
    red(&QUICK, wreck, &others);
}

#[test]
fn a_server_whose_tokens_die_at_once() {
    let wreck = |drill: &mut Drill| drill.server.get_or_insert_default().token_lifetime = Some(Duration::ZERO);
    let others: Vec<_> = QUICK.iter().copied().filter(|id| *id != "refresh-loop").collect();
    red(&QUICK, wreck, &others);
}

#[test]
fn a_server_whose_tokens_never_die() {
    let ids = ["seed-test-1", "seed-scenario-2", "refresh-loop"];
    let wreck = |drill: &mut Drill| drill.server = None;
    red(&ids, wreck, &["seed-scenario-2", "refresh-loop"]);
}
