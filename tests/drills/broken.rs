//! Wrong clients and wrong servers, made by data: exactly the drills that guard against them turn red.

use std::collections::BTreeSet;
use std::time::Duration;

use ticketscope::drill::{Drill, DrillLibrary, ServerOptions, Step};
use ticketscope::faults::{Arming, Fault};
use ticketscope::model::{Backoff, Classify, Origin};

use crate::{can_run, failures, outcomes};

/// What is broken, and which drills are to turn red, of those in [`APART`] where the wreck says so.
const RED: &[(&str, &[&str])] = &[
    ("goes on after hard closes", &["seed-test-6", "seed-scenario-5", "deployed-subscribe-in-outage"]),
    (
        "stops when the server says goodbye",
        &["server-restart", "accept-then-close", "deployed-idle", "deployed-health"],
    ),
    ("goes on after a 401", &["seed-scenario-3", "refresh-loop"]),
    ("does not refresh", &["seed-test-3", "seed-scenario-2", "refresh-loop", "deployed-no-session-id"]),
    ("refreshes for every 401", &["seed-scenario-3"]),
    ("stops at a 503", &["seed-test-5", "seed-scenario-4", "redis-killed", "deployed-redis-down-at-start"]),
    (
        "always waits as long as at first",
        &[
            "seed-test-5",
            "seed-scenario-4",
            "accept-then-close",
            "network-away",
            "deployed-redis-died",
            "deployed-foreign-origin",
            "deployed-unknown-path",
        ],
    ),
    ("counts anew as soon as the socket is open", &["accept-then-close"]),
    ("never counts anew", &["cut-again-and-again"]),
    (
        "hardly waits",
        &[
            "seed-test-5",
            "seed-scenario-4",
            "server-restart",
            "accept-then-close",
            "cut-again-and-again",
            "network-away",
            "half-open-link",
            "ticket-died-while-dialling",
            "deployed-redis-died",
            "deployed-foreign-origin",
            "deployed-idle",
            "deployed-unknown-path",
        ],
    ),
    ("does not miss its pongs", &["half-open-link", "deployed-idle"]),
    ("tokens never die", &["seed-scenario-2", "refresh-loop"]),
    ("tickets live long", &["ticket-died-while-dialling"]),
    ("does not say when to come back", &["rate-limit"]),
    ("never ends an idle connection", &["accept-then-close", "deployed-idle"]),
    ("does not come back", &["network-away", "deployed-redis-down-at-start"]),
    (
        "acts as the seed tells it",
        &[
            "deployed-upgrade-refused",
            "deployed-no-session-id",
            "deployed-redis-died",
            "deployed-redis-down-at-start",
            "deployed-foreign-origin",
            "deployed-rate-limit",
            "deployed-health",
            "deployed-subscribe-in-outage",
            "deployed-unknown-path",
        ],
    ),
    ("allows the usual origin alone", &["seed-test-4", "seed-test-6", "deployed-foreign-origin"]),
    // Those that want to see the cached JWT used, break it, or read every line.
    (
        "loses its JWT",
        &[
            "seed-test-2",
            "seed-test-3",
            "seed-test-5",
            "seed-test-6",
            "seed-scenario-2",
            "seed-scenario-3",
            "seed-scenario-5",
            "server-restart",
            "redis-killed",
            "deployed-no-session-id",
        ],
    ),
    (
        "is not broken at all",
        &[
            "seed-test-3",
            "seed-test-5",
            "seed-scenario-1",
            "seed-scenario-3",
            "seed-scenario-5",
            "half-open-link",
            "ticket-died-while-dialling",
            "rate-limit",
            "deployed-upgrade-refused",
            "deployed-no-session-id",
        ],
    ),
];

/// Drills that run only where they are to turn red: two take longer than all the others together, and one leaves each
/// socket so soon that it may not hear what the server says of it.
const APART: [&str; 3] = ["seed-scenario-4", "network-away", "redis-killed"];

/// Runs the drills with what `wreck` does to each and compares which fail with what [`RED`] says of `broken`.
#[track_caller]
fn red(broken: &str, wreck: impl Fn(&mut Drill)) {
    let (_, expected) = RED.iter().find(|(name, _)| *name == broken).unwrap();
    red_are(wreck, expected);
}

#[track_caller]
fn red_are(wreck: impl Fn(&mut Drill), expected: &[&str]) {
    let library = DrillLibrary::shipped();
    let is_wanted = |id: &str| !APART.contains(&id) || expected.contains(&id);
    let drills: Vec<_> = library
        .usable
        .into_iter()
        .filter(|(id, drill)| is_wanted(id) && can_run(drill))
        .map(|(id, mut drill)| {
            wreck(&mut drill);
            Drill { name: id, ..drill }
        })
        .collect();
    let outcomes = outcomes(&drills, None);
    let red: BTreeSet<_> = outcomes.iter().filter(|(_, o)| !o.passed()).map(|(id, _)| id.as_str()).collect();
    let expected: BTreeSet<_> = expected.iter().copied().filter(|id| outcomes.contains_key(*id)).collect();
    let reasons: Vec<_> = outcomes.iter().map(|(id, outcome)| (id, failures(outcome))).collect();
    assert_eq!(red, expected, "{reasons:#?}");
    for outcome in outcomes.values() {
        let last = outcome.entries.len() as u64;
        assert!(outcome.failures().all(|(_, problem)| problem.entries.iter().all(|seq| *seq < last)));
    }
}

/// The drills but these and those that are run apart.
fn all_but(others: &[&str]) -> Vec<&'static str> {
    let ids = DrillLibrary::shipped().usable.into_iter().map(|(id, _)| &*id.leak());
    ids.filter(|id| !APART.contains(id) && !others.contains(id)).collect()
}

#[test]
fn for_every_shipped_drill_something_is_broken() {
    // Whatever breaks it breaks all the others: a server that allows nobody.
    let simplest = ["seed-test-1"];
    let guarded = RED.iter().flat_map(|(_, ids)| *ids).chain(&simplest).map(|id| (*id).to_owned());
    let guarded: BTreeSet<_> = guarded.collect();
    let shipped: BTreeSet<_> = DrillLibrary::shipped().usable.into_iter().map(|(id, _)| id).collect();
    assert_eq!(guarded, shipped);
}

fn classify(change: impl Fn(&mut Classify)) -> impl Fn(&mut Drill) {
    move |drill| change(drill.profile.classify.get_or_insert_default())
}

fn backoff(change: impl Fn(&mut Backoff)) -> impl Fn(&mut Drill) {
    move |drill| change(drill.profile.backoff.get_or_insert_default())
}

/// Changes how the local server behaves, with or without options of the drill's own.
fn server(change: impl Fn(&mut ServerOptions)) -> impl Fn(&mut Drill) {
    move |drill| change(drill.server.get_or_insert_default())
}

#[test]
fn a_client_that_goes_on_after_hard_closes() {
    red("goes on after hard closes", classify(|classify| classify.hard_reasons.clear()));
}

#[test]
fn a_client_that_stops_when_the_server_says_goodbye() {
    let reasons = ["SERVER_SHUTDOWN", "IDLE_TIMEOUT"].map(ticketscope::model::SafeText::new);
    let wreck = classify(move |classify| classify.hard_reasons.extend(reasons.clone()));
    red("stops when the server says goodbye", wreck);
}

#[test]
fn a_client_that_goes_on_after_a_401() {
    red("goes on after a 401", classify(|classify| classify.hard_statuses.clear()));
}

#[test]
fn a_client_that_does_not_refresh() {
    red("does not refresh", classify(|classify| classify.refresh_codes.clear()));
}

#[test]
fn a_client_that_refreshes_for_every_401() {
    red("refreshes for every 401", classify(|classify| classify.refresh_codes.push("MISSING_SESSION".into())));
}

#[test]
fn a_client_that_stops_at_a_503() {
    red("stops at a 503", classify(|classify| classify.hard_statuses.push(503)));
}

#[test]
fn a_client_that_always_waits_as_long_as_at_first() {
    red("always waits as long as at first", backoff(|backoff| backoff.factor = 1.0));
}

#[test]
fn a_client_that_counts_anew_as_soon_as_the_socket_is_open() {
    red("counts anew as soon as the socket is open", backoff(|backoff| backoff.reset_after = Duration::ZERO));
}

#[test]
fn a_client_that_never_counts_anew() {
    red("never counts anew", backoff(|backoff| backoff.reset_after = Duration::from_secs(3_600)));
}

#[test]
fn a_client_that_hardly_waits() {
    let wreck = backoff(|backoff| (backoff.base, backoff.cap) = (Duration::from_millis(10), Duration::from_millis(10)));
    red("hardly waits", wreck);
}

#[test]
fn a_client_that_does_not_miss_its_pongs() {
    let wreck = |drill: &mut Drill| {
        drill.profile.timeouts.get_or_insert_default().ping = Some(Duration::from_secs(3_600));
    };
    red("does not miss its pongs", wreck);
}

#[test]
fn a_server_that_allows_nobody() {
    let wreck = server(|server| {
        let nobody = Origin::try_from("https://nobody.example".to_owned()).unwrap();
        server.origins = Some(vec![nobody]);
    });
    // Those that stay well want to see that, or never come as far as the origin.
    red_are(wreck, &all_but(&["seed-test-6", "refresh-loop", "deployed-foreign-origin"]));
}

#[test]
fn a_server_whose_tokens_die_at_once() {
    let wreck = server(|server| server.token_lifetime = Some(Duration::ZERO));
    // Those that stay well want to see that, or no token is ever looked at.
    red_are(wreck, &all_but(&["refresh-loop", "deployed-foreign-origin", "deployed-unknown-path"]));
}

#[test]
fn a_server_whose_tokens_never_die() {
    red("tokens never die", server(|server| server.token_lifetime = None));
}

#[test]
fn a_server_whose_tickets_live_long() {
    red("tickets live long", server(|server| server.ticket_lifetime = None));
}

#[test]
fn a_server_that_does_not_say_when_to_come_back() {
    let wreck = |drill: &mut Drill| {
        for step in &mut drill.steps {
            if let Step::Arm(Arming { fault: Fault::TicketStatus { retry_after, .. }, .. }) = step {
                *retry_after = None;
            }
        }
    };
    red("does not say when to come back", wreck);
}

#[test]
fn a_server_that_never_ends_an_idle_connection() {
    red("never ends an idle connection", server(|server| server.idle_timeout = None));
}

#[test]
fn a_server_that_does_not_come_back() {
    red("does not come back", |drill| drill.steps.retain(|step| !matches!(step, Step::StartServer)));
}

#[test]
fn a_server_that_acts_as_the_seed_tells_it() {
    red("acts as the seed tells it", server(|server| server.as_deployed = false));
}

#[test]
fn a_server_that_allows_the_usual_origin_alone() {
    red("allows the usual origin alone", server(|server| server.origins = None));
}

#[test]
fn a_client_that_loses_its_jwt() {
    let wreck = |drill: &mut Drill| {
        if let Some(connected) = drill.steps.iter().position(|step| matches!(step, Step::Wait(_))) {
            drill.steps.insert(connected + 1, Step::Arm(Arming::new(Fault::ClearJwt, None)));
        }
    };
    red("loses its JWT", wreck);
}

/// A drill that passes although its fault did nothing would show nothing.
#[test]
fn a_fault_that_does_not_act() {
    red("is not broken at all", |drill| drill.steps.retain(|step| !matches!(step, Step::Arm(_))));
}
