//! `ticketscope herd`: what a reconnect rule does to a server.

use std::io::{self, Write as _};
use std::ops::ControlFlow;
use std::time::Duration;

use humantime_serde::re::humantime::{format_duration, parse_duration};

use super::common::{Common, Format};
use super::outcome::{Outcome as Ending, ended, wrong_use};
use crate::backend::rate::RateLimit;
use crate::herd::{BIN, COLUMNS, Limits, Outcome, Rule, Scenario, best, cells, json, run as simulate};
use crate::model::{Backoff, Policy};
use crate::profiles::Profiles;

/// What `herd` can be told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = include_str!("help/herd.txt"))]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// How many clients lose their connection
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=i64::from(Scenario::MAX_CLIENTS)))]
    clients: u32,
    /// How long the server is gone, at most 1h; 0s is an instant restart
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = outage)]
    outage: Duration,
    /// How often that happens
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(Scenario::MAX_OUTAGES)))]
    outages: u32,
    /// How long the server is up between two outages
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = outage)]
    up: Duration,
    /// Compare this edit of the profile's rule too, such as base=1s,jitter=0.5
    #[arg(long, value_name = "KEY=VALUE,…", long_help = policy_help())]
    policy: Option<String>,
    /// Requests that one address may make, such as 300/60s, or none
    #[arg(long, value_name = "N/DURATION", default_value = "300/60s", value_parser = rate)]
    rate_limit: Rate,
    /// Clients that share an address
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    clients_per_address: u32,
    /// Requests a second that the server can answer; a client needs two to come back [default: any number]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    capacity: Option<u32>,
    /// Retry-After of a refusal for lack of capacity (503) [default: none]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    retry_after: Option<Duration>,
    /// How long each step of an attempt takes, at most 5s
    #[arg(long, value_name = "DURATION", default_value = "5ms", value_parser = latency)]
    latency: Duration,
    /// Decides every random draw
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For people, or one JSON object
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// A rate limit, or none.
#[derive(Clone, Copy, Debug)]
struct Rate(Option<RateLimit>);

fn outage(text: &str) -> Result<Duration, String> {
    at_most(text, Scenario::MAX_OUTAGE)
}

fn latency(text: &str) -> Result<Duration, String> {
    at_most(text, Scenario::MAX_LATENCY)
}

fn at_most(text: &str, limit: Duration) -> Result<Duration, String> {
    let duration = parse_duration(text).map_err(|error| error.to_string())?;
    if duration > limit {
        return Err(format!("expected at most {}", format_duration(limit)));
    }
    Ok(duration)
}

fn rate(text: &str) -> Result<Rate, String> {
    if text == "none" {
        return Ok(Rate(None));
    }
    let parsed = text.split_once('/').and_then(|(requests, per)| {
        Some(RateLimit { requests: requests.parse().ok()?, per: parse_duration(per).ok()? })
    });
    let limit = parsed.filter(|limit| limit.requests > 0 && !limit.per.is_zero());
    limit
        .map(|limit| Rate(Some(limit)))
        .ok_or_else(|| "expected none, or a number and a time such as 300/60s".to_owned())
}

/// What `--policy` takes, as the rule's parameters say.
fn policy_help() -> String {
    let usual = Backoff::default();
    let parameters = Backoff::PARAMETERS.map(|parameter| {
        let example = format!("{}={}", parameter.key, parameter.in_file(&usual));
        format!("{example:<16} {}", parameter.help)
    });
    format!("Compare this edit of the profile's rule too; what it leaves out stays\n\n{}", parameters.join("\n"))
}

/// Simulates what `arguments` say.
pub fn run(arguments: &Arguments) -> Ending {
    arguments.common.start_log();
    let profile = match arguments.common.profile(&Profiles::load()) {
        Ok(profile) => profile,
        Err(error) => return wrong_use(&error),
    };
    let policy = Policy::from(&profile);
    let mut rules = Vec::new();
    match arguments.policy.as_deref().map(|edit| policy.backoff.edited(edit)) {
        Some(Ok(backoff)) => rules.push(Rule::ours("Your edit", Policy { backoff, ..policy.clone() })),
        Some(Err(error)) => return wrong_use(&format!("--policy: {error}")),
        None => {}
    }
    rules.push(Rule::ours(format!("Profile {}", profile.name), policy));
    rules.extend(Rule::others());

    let scenario = arguments.scenario();
    let outcomes: Vec<Outcome> =
        rules.iter().filter_map(|rule| simulate(&scenario, rule, |_| ControlFlow::Continue(()))).collect();
    let results = rules.iter().zip(&outcomes);
    let printed = match arguments.format {
        Format::Text => tell(&scenario, &rules, &outcomes),
        Format::Json => {
            json(&scenario, results).map_err(io::Error::from).and_then(|json| writeln!(io::stdout().lock(), "{json}"))
        }
    };
    ended(printed, Ending::Well)
}

impl Arguments {
    fn scenario(&self) -> Scenario {
        let limits = Limits {
            rate: self.rate_limit.0,
            clients_per_address: self.clients_per_address,
            capacity: self.capacity,
            capacity_retry_after: self.retry_after,
            ..Limits::default()
        };
        Scenario {
            clients: self.clients,
            outage: self.outage,
            outages: self.outages,
            up: self.up,
            latency: self.latency,
            limits,
            seed: self.seed,
        }
    }
}

fn tell(scenario: &Scenario, rules: &[Rule], outcomes: &[Outcome]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "Simulated: {}", scenario_in_words(scenario))?;
    writeln!(out)?;
    let names: Vec<String> =
        rules.iter().map(|rule| format!("{}{}", rule.name(), if rule.is_real_machine() { "" } else { " *" })).collect();
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    writeln!(out, "{:width$}  {}  Rule", "", COLUMNS.join("  "))?;
    for ((rule, name), outcome) in rules.iter().zip(&names).zip(outcomes) {
        write!(out, "{name:width$}")?;
        for (cell, title) in cells(outcome).iter().zip(COLUMNS) {
            write!(out, "  {cell:>0$}", title.chars().count())?;
        }
        writeln!(out, "  {rule}")?;
    }
    writeln!(out, "\n* only the delays of this library are simulated, not its client")?;
    if let Some((kindest, quickest)) = best(outcomes.iter()) {
        let name = |place: usize| rules.get(place).map_or("", Rule::name);
        writeln!(out, "Kindest to the server: {}. Back first: {}.", name(kindest), name(quickest))?;
    }
    match rules.first().zip(outcomes.first()) {
        Some((rule, outcome)) => plot(&mut out, rule, outcome),
        None => Ok(()),
    }
}

fn scenario_in_words(scenario: &Scenario) -> String {
    let Scenario { clients, outage, outages, up, latency, limits, seed } = scenario;
    let mut words = if *clients == 1 { "1 client, ".to_owned() } else { format!("{clients} clients, ") };
    words += &match outage.is_zero() {
        true => "the server restarts at once".to_owned(),
        false => format!("the server is gone for {}", format_duration(*outage)),
    };
    if *outages > 1 {
        words += &format!(", {outages} times with {} between", format_duration(*up));
    }
    if let Some(rate) = &limits.rate {
        words += &format!(", {} requests in {} from an address", rate.requests, format_duration(rate.per));
        if limits.clients_per_address > 1 {
            words += &format!(" that {} clients share", limits.clients_per_address);
        }
    }
    if let Some(capacity) = limits.capacity {
        words += &format!(", {capacity} requests a second");
    }
    words + &format!(", {} a step, seed {seed}", format_duration(*latency))
}

/// Attempts per [`BIN`], in the outage and after it.
fn plot(out: &mut impl io::Write, rule: &Rule, outcome: &Outcome) -> io::Result<()> {
    const WIDTH: u64 = 50;
    let outage = Rows::new(&outcome.before, 10);
    let after = Rows::new(&outcome.after, 30);
    let counts = || outcome.before.iter().chain(&outcome.after);
    let most = u64::from(counts().copied().max().unwrap_or_default());
    if most == 0 {
        return Ok(());
    }
    writeln!(out, "\n{}: attempts in each {} ms", rule.name(), BIN.as_millis())?;
    let sections = [("until the server is back", outage, -(outcome.before.len() as i64)), ("after that", after, 0)];
    for (title, rows, begin) in sections.into_iter().filter(|(_, rows, _)| !rows.busiest.is_empty()) {
        let each =
            if rows.bins == 1 { String::new() } else { format!(", the busiest of each {}", tenths(rows.bins as i64)) };
        writeln!(out, "  {title}{each}")?;
        for (index, count) in (0_i64..).zip(rows.busiest) {
            let bar = "█".repeat((u64::from(count) * WIDTH).div_ceil(most) as usize);
            writeln!(out, "{:>9}  {bar} {count}", tenths(begin + index * rows.bins as i64))?;
        }
    }
    Ok(())
}

/// A part of the plot.
struct Rows {
    /// Bins that share a row.
    bins: usize,
    /// The most attempts in one of them.
    busiest: Vec<u32>,
}

impl Rows {
    fn new(counts: &[u32], most: usize) -> Self {
        let bins = counts.len().div_ceil(most).max(1);
        Self { bins, busiest: counts.chunks(bins).filter_map(|chunk| chunk.iter().copied().max()).collect() }
    }
}

/// So many tenths of a second.
fn tenths(bins: i64) -> String {
    format!("{:.1} s", bins as f64 / 10.0)
}
