//! What is known of the rules, found again in the simulation.

use std::ops::ControlFlow;
use std::time::Duration;

use super::*;
use crate::backend::rate::RateLimit;
use crate::flow::{Policy, StepsOfFlow};
use crate::model::{Backoff, Classify};

/// `TICKETSCOPE_SEED` replays a run.
fn seed() -> u64 {
    let asked = std::env::var("TICKETSCOPE_SEED").ok().and_then(|value| value.parse().ok());
    let seed = asked.unwrap_or_else(|| u64::from(std::process::id()) ^ 0x4e4d_0000_0000);
    println!("replay with: TICKETSCOPE_SEED={seed} cargo nextest run herd");
    seed
}

fn scenario(outage: Duration) -> Scenario {
    Scenario { clients: 20_000, outage, seed: seed(), ..Scenario::default() }
}

fn ours(backoff: Backoff) -> Rule {
    Rule::ours("ours", Policy { backoff, classify: Classify::default(), steps: StepsOfFlow::CONTRACT })
}

fn outcome(scenario: &Scenario, rule: &Rule) -> Outcome {
    let outcome = run(scenario, rule, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(outcome.recovered + outcome.gave_up + outcome.still_trying, scenario.clients);
    outcome
}

fn other(name: &str) -> Rule {
    Rule::others().into_iter().find(|rule| rule.name() == name).unwrap()
}

const LONG: Duration = Duration::from_secs(120);
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn after_a_long_outage_the_seeds_rule_brings_a_client_back_in_2_55_s() {
    let outcome = outcome(&scenario(LONG), &ours(Backoff::default()));
    let recovery = outcome.recovery.unwrap();
    let (mean, p95) = (recovery.mean.as_secs_f64(), recovery.p95.as_secs_f64());
    assert!((2.499..2.601).contains(&mean), "mean {mean} s");
    assert!((5.0..5.25).contains(&p95), "p95 {p95} s");
    assert!(recovery.max < Duration::from_millis(6_270), "{recovery:?}");
    assert!((0.19..0.225).contains(&outcome.peak_second), "busiest second {}", outcome.peak_second);
    assert_eq!((outcome.recovered, outcome.after.iter().sum::<u32>()), (20_000, 20_000));
}

#[test]
fn without_jitter_the_herd_arrives_together() {
    let rule = ours(Backoff { jitter: 0.0, ..Backoff::default() });
    let outcome = outcome(&scenario(LONG), &rule);
    assert!(outcome.peak_second >= 0.97, "busiest second {}", outcome.peak_second);
}

#[test]
fn after_an_instant_restart_all_retry_within_125_ms() {
    let outcome = outcome(&scenario(Duration::ZERO), &ours(Backoff::default()));
    let recovery = outcome.recovery.unwrap();
    // Three steps of 5 ms follow the wait of 187.5 to 312.5 ms.
    assert!(recovery.max <= Duration::from_micros(327_500), "{recovery:?}");
    assert_eq!((outcome.after[0], outcome.after[1..4].iter().sum::<u32>()), (0, 20_000));
    assert!((0.77..0.83).contains(&outcome.peak_100ms), "8 attempts a client and second: {}", outcome.peak_100ms);
    assert_eq!((outcome.attempts_mean, outcome.refusals), (1.0, Refusals::default()));
}

#[test]
fn the_same_seed_gives_the_same_outcome_and_another_one_does_not() {
    let scenario = Scenario { clients: 500, ..scenario(Duration::from_secs(7)) };
    for rule in [ours(Backoff::default()), other("Socket.IO")] {
        assert_eq!(outcome(&scenario, &rule), outcome(&scenario, &rule));
        let another = Scenario { seed: scenario.seed + 1, ..scenario.clone() };
        assert_ne!(outcome(&scenario, &rule), outcome(&another, &rule));
    }
}

#[test]
fn libraries_that_give_up_leave_their_clients_behind() {
    // 0 + 2 + 10 + 30 s are over before a minute is.
    let signalr = outcome(&scenario(Duration::from_secs(60)), &other("SignalR"));
    assert_eq!((signalr.gave_up, signalr.attempts_max, signalr.recovery), (20_000, 4, None));
    assert_eq!(outcome(&scenario(Duration::from_secs(30)), &other("SignalR")).recovered, 20_000);
    for rule in Rule::others() {
        let outcome = outcome(&Scenario { clients: 100, ..scenario(Duration::from_secs(5)) }, &rule);
        assert_eq!(outcome.recovered, 100, "{}", rule.name());
    }
}

#[test]
fn no_more_is_answered_than_the_server_can_take() {
    let limits = Limits { capacity: Some(1_000), ..Limits::default() };
    let scenario = Scenario { limits, ..scenario(Duration::from_secs(30)) };
    let outcome = outcome(&scenario, &ours(Backoff::default()));
    assert!(outcome.refusals.overloaded > 0, "{:?}", outcome.refusals);
    assert_eq!(outcome.recovered, 20_000);
    // A ticket and an upgrade each: 500 clients a second at best, and a queue of one second in the beginning.
    let second = (SECOND.as_nanos() / BIN.as_nanos()) as usize;
    let most: u32 = outcome.back.windows(second).map(|bins| bins.iter().sum()).max().unwrap();
    assert!(most <= 1_001, "{most} came back in a second");
    assert!(outcome.recovery.unwrap().max >= Duration::from_secs(39), "{:?}", outcome.recovery);
}

#[test]
fn a_retry_after_is_obeyed_and_makes_an_office_come_back_together() {
    let rate = RateLimit { requests: 100, per: Duration::from_secs(60) };
    let limits = Limits { rate: Some(rate), clients_per_address: 200, ..Limits::default() };
    let scenario = Scenario { clients: 2_000, limits, ..scenario(Duration::ZERO) };
    let outcome = outcome(&scenario, &ours(Backoff::default()));
    assert!(outcome.refusals.too_many > 0);
    let early: u32 = outcome.after[..10].iter().sum();
    let quiet: u32 = outcome.after[10..600].iter().sum();
    let together: u32 = outcome.after[600..610].iter().sum();
    assert_eq!((early, quiet), (2_000, 0), "nobody comes before Retry-After is over");
    assert!(together > 1_000, "{together} came back together after 60 s");
}

#[test]
fn an_outage_that_repeats_finds_longer_waits_where_open_is_not_yet_success() {
    let flapping = Scenario { outages: 4, up: Duration::from_secs(2), ..scenario(Duration::ZERO) };
    let careful = outcome(&flapping, &ours(Backoff::default()));
    let hasty = outcome(&flapping, &ours(Backoff { reset_after: Duration::ZERO, ..Backoff::default() }));
    let mean = |outcome: &Outcome| outcome.recovery.unwrap().mean.as_millis();
    assert!((255..275).contains(&mean(&hasty)), "the fourth time as the first: {} ms", mean(&hasty));
    assert!((2_005..2_030).contains(&mean(&careful)), "the fourth wait in a row: {} ms", mean(&careful));
    assert_eq!((hasty.attempts_max, hasty.recovered), (4, 20_000));
}

#[test]
fn a_simulation_can_be_broken_off() {
    assert_eq!(run(&scenario(LONG), &ours(Backoff::default()), |_| ControlFlow::Break(())), None);
    let mut last = 0.0;
    let report = |share: f32| {
        assert!((last..=1.0).contains(&share), "{share} after {last}");
        last = share;
        ControlFlow::Continue(())
    };
    assert!(run(&scenario(Duration::from_secs(30)), &ours(Backoff::default()), report).is_some());
}

#[test]
fn json_says_what_is_simulated_and_how() {
    let scenario = Scenario { clients: 10, ..scenario(Duration::ZERO) };
    let rules = [ours(Backoff::default()), other("Ably")];
    let outcomes = rules.each_ref().map(|rule| outcome(&scenario, rule));
    let json: serde_json::Value = serde_json::from_str(&json(&scenario, rules.iter().zip(&outcomes)).unwrap()).unwrap();
    assert_eq!((&json["format"], &json["simulated"], &json["bin"]), (&"1.0".into(), &true.into(), &100.into()));
    assert_eq!((&json["rules"][0]["runs"], &json["rules"][1]["runs"]), (&"machine".into(), &"delays".into()));
    assert_eq!(json["scenario"]["outage"], "0s");
    assert_eq!(json["rules"][0]["recovered"], 10);
    assert!(json["rules"][1]["recovery"]["mean"].is_f64());
}
