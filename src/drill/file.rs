//! The drill file: where it runs, what is done, and what must have been recorded in the end.

use std::time::Duration;

use serde::Deserialize;

use super::expect::Expectation;
use super::step::Step;
use crate::backend::{Config, StoreConfig};
use crate::model::{
    Backoff, Classify, Endpoints, FileError, Http, Limits, Origin, Profile, SafeText, Timeouts, from_toml, limit,
    name_problem, span,
};

/// A drill, as a TOML file holds it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drill {
    /// What people call it.
    pub name: String,
    /// What it shows, in one sentence.
    pub shows: SafeText,
    /// Where it comes from, such as `seed test 5`.
    #[serde(default)]
    pub from: SafeText,
    /// The preset that the profile has to be made of; such a drill has no server of its own.
    #[serde(default)]
    pub preset: Option<SafeText>,
    /// What decides every random draw, unless another one is asked for.
    #[serde(default)]
    pub seed: u64,
    /// How long the steps may take.
    #[serde(default = "default_limit", with = "limit")]
    pub limit: Duration,
    /// How the local server is to behave; a drill that says so needs it.
    pub server: Option<ServerOptions>,
    /// What differs from the profile.
    #[serde(default)]
    pub profile: Overlay,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// What must have been recorded.
    pub expect: Vec<Expectation>,
}

const fn default_limit() -> Duration {
    Duration::from_secs(30)
}

/// What differs from [`Config::default`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerOptions {
    /// The origins that may open a socket.
    pub origins: Option<Vec<Origin>>,
    /// `memory`, `redis-server` for one of the drill's own, or the address of a Redis.
    pub store: Store,
    /// Whether it acts as deployed ones were measured to (contract §6).
    pub as_deployed: bool,
    /// How long a ticket is good for.
    #[serde(deserialize_with = "limit::optional")]
    pub ticket_lifetime: Option<Duration>,
    /// How long a JWT is good for.
    #[serde(deserialize_with = "span::optional")]
    pub token_lifetime: Option<Duration>,
    /// How often a socket is pinged.
    #[serde(deserialize_with = "limit::optional")]
    pub heartbeat: Option<Duration>,
    /// How long a socket stays open after the client's last message.
    #[serde(deserialize_with = "limit::optional")]
    pub idle_timeout: Option<Duration>,
}

/// Where the local server keeps its tickets.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum Store {
    /// In a place that is there already.
    There(StoreConfig),
    /// In a Redis that the drill starts for itself, and may kill.
    OwnRedis,
}

impl Default for Store {
    fn default() -> Self {
        Self::There(StoreConfig::Memory)
    }
}

impl TryFrom<String> for Store {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "memory" => return Ok(Self::default()),
            "redis-server" => return Ok(Self::OwnRedis),
            _ => {}
        }
        let expected = "expected \"memory\", \"redis-server\" or \"redis://127.0.0.1:6379\"";
        let url = text.parse().map_err(|error| format!("{error}; {expected}"))?;
        Ok(Self::There(StoreConfig::Redis(url)))
    }
}

impl ServerOptions {
    /// Whether it needs a `redis-server` of its own.
    pub fn needs_redis(&self) -> bool {
        matches!(self.store, Store::OwnRedis)
    }

    /// The whole configuration, but for a Redis of its own.
    pub fn config(&self) -> Config {
        let usual = Config::default();
        Config {
            origins: self.origins.clone().unwrap_or(usual.origins),
            store: match &self.store {
                Store::There(store) => store.clone(),
                Store::OwnRedis => StoreConfig::Memory,
            },
            as_deployed: self.as_deployed,
            obeys_faults: true,
            ticket_lifetime: self.ticket_lifetime.unwrap_or(usual.ticket_lifetime),
            token_lifetime: self.token_lifetime.unwrap_or(usual.token_lifetime),
            heartbeat: self.heartbeat.unwrap_or(usual.heartbeat),
            idle_timeout: self.idle_timeout.unwrap_or(usual.idle_timeout),
            ..usual
        }
    }
}

/// Sections of a profile; one that is given replaces the whole section of the profile.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overlay {
    /// The `Origin` that every request carries.
    pub origin: Option<Origin>,
    /// Paths and fields.
    pub endpoints: Option<Endpoints>,
    /// The wait between attempts.
    pub backoff: Option<Backoff>,
    /// Which answers stop the client.
    pub classify: Option<Classify>,
    /// The limits of every wait.
    pub timeouts: Option<Timeouts>,
    /// How much is taken in.
    pub limits: Option<Limits>,
    /// What requests carry.
    pub http: Option<Http>,
}

impl Overlay {
    /// `profile` with what differs.
    pub fn apply(&self, profile: Profile) -> Profile {
        let Self { origin, endpoints, backoff, classify, timeouts, limits, http } = self.clone();
        Profile {
            origin: origin.unwrap_or(profile.origin),
            endpoints: endpoints.unwrap_or(profile.endpoints),
            backoff: backoff.unwrap_or(profile.backoff),
            classify: classify.unwrap_or(profile.classify),
            timeouts: timeouts.unwrap_or(profile.timeouts),
            limits: limits.unwrap_or(profile.limits),
            http: http.unwrap_or(profile.http),
            ..profile
        }
    }
}

impl Drill {
    /// Reads a drill from the text of a TOML file.
    ///
    /// # Errors
    /// Any key that is unknown or missing, and any value that cannot work, with its line.
    pub fn from_toml(text: &str) -> Result<Self, FileError> {
        let drill: Self = from_toml(text)?;
        let wrong = |key, problem| Err(FileError::at_key(text, key, problem));
        if let Some(problem) = name_problem(&drill.name) {
            return wrong("name", problem);
        }
        if drill.expect.is_empty() {
            return wrong("expect", "a drill that expects nothing shows nothing; expected at least one [[expect]]");
        }
        Ok(drill)
    }

    /// Whether it needs a `redis-server` on this computer.
    pub fn needs_redis(&self) -> bool {
        self.server.as_ref().is_some_and(ServerOptions::needs_redis)
    }

    /// Whether it can only run against the local server inside the program.
    pub fn needs_local_server(&self) -> bool {
        self.server.is_some()
            || self.steps.iter().any(Step::needs_local_server)
            || self.expect.iter().any(Expectation::needs_local_server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name = 'x'\nshows = 'y'\nsteps = ['connect']\n";
    const GOOD: &str = "[[expect]]\nstatus = 'connected'\n";

    #[test]
    fn a_wrong_file_names_the_line_and_what_was_expected() {
        Drill::from_toml(&format!("{HEAD}{GOOD}")).unwrap();
        let cases = [
            (HEAD.replace("'x'", "' '") + GOOD, 1, "1 to 64 printable"),
            (HEAD.replace("'connect'", "'conect'") + GOOD, 3, "retry-now"),
            (HEAD.replace("'connect'", "{ arm = { fault = 'corupt-jwt' } }") + GOOD, 3, "corrupt-jwt"),
            (HEAD.replace("'connect'", "{ arm = { fault = 'clear-jwt', time = 3 } }") + GOOD, 3, "has no \"time\""),
            (HEAD.replace("'connect'", "{ wait = { within = '3s' } }") + GOOD, 3, "one of status, line or for"),
            (HEAD.replace("'connect'", "{ wait = { status = 'open' } }") + GOOD, 3, "`connected`"),
            (HEAD.replace("'connect'", "'stop-sever'") + GOOD, 3, "stop-server"),
            (HEAD.replace("'connect'", "{ send = 'hello' }") + GOOD, 3, "expected a table"),
            (HEAD.replace("'connect'", "{ request = { path = '/x' } }") + GOOD, 3, "status"),
            (HEAD.replace("'connect'", "{ request = { path = 'x', status = 200 } }") + GOOD, 3, "/healthz"),
            (HEAD.replace("'connect'", "{ repeat = { times = 9, steps = [] } }") + GOOD, 3, "at least one step"),
            (format!("{HEAD}[server]\nstore = 'disk'\n{GOOD}"), 5, "\"memory\""),
            (format!("{HEAD}[server]\norigin = 'x'\n{GOOD}"), 5, "`origins`"),
            (format!("{HEAD}[profile.backoff]\njitter = 3\n{GOOD}"), 5, "0.0 to 1.0"),
            (format!("{HEAD}{GOOD}[[expect]]\nstatsu = 'connected'\n"), 7, "`status`"),
            (format!("{HEAD}{GOOD}[[expect]]\ncount = {{ of = 'attempts' }}\n"), 6, "at_least"),
            (format!("{HEAD}{GOOD}[[expect]]\nnever = {{ event = 'conected' }}\n"), 7, "`connected`"),
            (format!("{HEAD}{GOOD}[[expect]]\nlines = {{ attempt = 1, text = [] }}\n"), 6, "at least one"),
            (format!("{HEAD}expect = []\n"), 4, "expects nothing"),
            (format!("{HEAD}limit = '0s'\n{GOOD}"), 4, "longer than 0s"),
        ];
        for (text, line, expected) in cases {
            let error = Drill::from_toml(&text).unwrap_err();
            assert_eq!(error.line, line, "{text}: {error}");
            assert!(error.problem.as_str().contains(expected), "{text}: {error}");
        }
    }
}
