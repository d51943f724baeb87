//! What became of a herd, in numbers.

use std::time::Duration;

use serde::Serialize;

use super::scenario::Scenario;
use crate::model::Moment;

/// The width of a column of [`Outcome::before`] and [`Outcome::after`].
pub const BIN: Duration = Duration::from_millis(100);

/// What a rule did to the server and to its users. All of it is simulated.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// How many clients there were.
    pub clients: u32,
    /// How many are connected in the end.
    pub recovered: u32,
    /// How many never try again by themselves.
    pub gave_up: u32,
    /// How many were still trying when nobody watched any more ([`Scenario::WATCH`]).
    pub still_trying: u32,
    /// From the end of the last outage until a client is connected again; `None` if none is.
    pub recovery: Option<Distribution>,
    /// Attempts of each client, on average.
    pub attempts_mean: f64,
    /// Attempts of the client that made most.
    pub attempts_max: u32,
    /// The most attempts that begin within 100 ms after the last outage, as a share of the herd.
    pub peak_100ms: f64,
    /// The most within one second.
    pub peak_second: f64,
    /// Attempts and requests that were not granted, by reason.
    pub refusals: Refusals,
    /// Attempts that begin before the last outage is over, in each [`BIN`] from time zero on.
    pub before: Vec<u32>,
    /// Attempts that begin later, in each [`BIN`] from the end of the last outage on.
    pub after: Vec<u32>,
    /// Clients that came back in each [`BIN`] from the end of the last outage on.
    pub back: Vec<u32>,
    /// Steps of the simulation, for measuring.
    #[serde(skip)]
    pub steps: u64,
}

/// How long something took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Distribution {
    /// On average, in seconds.
    #[serde(serialize_with = "seconds")]
    pub mean: Duration,
    /// For half of the clients, in seconds.
    #[serde(serialize_with = "seconds")]
    pub median: Duration,
    /// For 95 of 100 clients, in seconds.
    #[serde(serialize_with = "seconds")]
    pub p95: Duration,
    /// For the last, in seconds.
    #[serde(serialize_with = "seconds")]
    pub max: Duration,
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

impl Distribution {
    /// Of `times`, in any order; `None` if there are none.
    pub fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let last = times.len().checked_sub(1)?;
        let at = |percent: usize| times[(times.len() * percent).div_ceil(100).saturating_sub(1)];
        let mean = times.iter().map(Duration::as_secs_f64).sum::<f64>() / times.len() as f64;
        Some(Self { mean: Duration::from_secs_f64(mean), median: at(50), p95: at(95), max: times[last] })
    }
}

/// How often something was not granted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// The server was gone.
    pub gone: u64,
    /// 429: too many requests from the client's address.
    pub too_many: u64,
    /// 503: more than the server can answer.
    pub overloaded: u64,
}

/// Counts while the simulation runs.
pub(super) struct Tally {
    end: Moment,
    before: Vec<u32>,
    after: Vec<u32>,
    pub refusals: Refusals,
    pub clients: Vec<Client>,
    pub steps: u64,
}

/// What is known of one client.
#[derive(Clone, Copy, Default)]
pub(super) struct Client {
    pub attempts: u32,
    pub open_since: Option<Moment>,
    pub has_given_up: bool,
}

impl Tally {
    pub fn new(scenario: &Scenario) -> Self {
        Self {
            end: scenario.end(),
            before: Vec::new(),
            after: Vec::new(),
            refusals: Refusals::default(),
            clients: vec![Client::default(); scenario.clients as usize],
            steps: 0,
        }
    }

    /// An attempt of `client` reaches the place where the server should be.
    pub fn attempt(&mut self, client: u32, at: Moment) {
        if let Some(client) = self.clients.get_mut(client as usize) {
            client.attempts += 1;
        }
        if at < self.end {
            count(&mut self.before, at.since(Moment::START));
        } else {
            count(&mut self.after, at.since(self.end));
        }
    }

    pub fn outcome(self) -> Outcome {
        let clients = self.clients.len() as u32;
        let gave_up = self.clients.iter().filter(|client| client.has_given_up).count() as u32;
        let recoveries: Vec<Duration> =
            self.clients.iter().filter_map(|client| client.open_since).map(|at| at.since(self.end)).collect();
        let recovered = recoveries.len() as u32;
        let mut back = Vec::new();
        recoveries.iter().for_each(|recovery| count(&mut back, *recovery));
        let share = |attempts: u32| f64::from(attempts) / f64::from(clients.max(1));
        let second = (Duration::from_secs(1).as_nanos() / BIN.as_nanos()) as usize;
        let seconds = (0..self.after.len()).map(|from| self.after[from..].iter().take(second).sum());
        let attempts: u64 = self.clients.iter().map(|client| u64::from(client.attempts)).sum();
        Outcome {
            clients,
            recovered,
            gave_up,
            still_trying: clients - recovered - gave_up,
            recovery: Distribution::of(recoveries),
            attempts_mean: attempts as f64 / f64::from(clients.max(1)),
            attempts_max: self.clients.iter().map(|client| client.attempts).max().unwrap_or_default(),
            peak_100ms: share(self.after.iter().copied().max().unwrap_or_default()),
            peak_second: share(seconds.max().unwrap_or_default()),
            refusals: self.refusals,
            before: self.before,
            after: self.after,
            back,
            steps: self.steps,
        }
    }
}

fn count(bins: &mut Vec<u32>, since: Duration) {
    let bin = (since.as_nanos() / BIN.as_nanos()) as usize;
    if bins.len() <= bin {
        bins.resize(bin + 1, 0);
    }
    bins[bin] += 1;
}
