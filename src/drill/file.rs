//! The drill file: where it runs, its steps in order, and what must have been recorded in the end.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::expect::Expectation;
use crate::backend::{Config, StoreConfig};
use crate::faults::{Arming, Fault, Kind};
use crate::model::{
    Backoff, Classify, DisplayDuration, FaultName, FileError, FlowCommand, Origin, Profile, SafeText, Timeouts,
    from_toml, limit, name_problem,
};
use crate::session::Command;

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
    /// `memory`, or the address of a Redis.
    pub store: Store,
    /// How long a ticket is good for.
    #[serde(with = "humantime_serde")]
    pub ticket_lifetime: Option<Duration>,
    /// How long a JWT is good for.
    #[serde(with = "humantime_serde")]
    pub token_lifetime: Option<Duration>,
    /// How often a socket is pinged.
    #[serde(with = "humantime_serde")]
    pub heartbeat: Option<Duration>,
    /// How long a socket stays open after the client's last message.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Option<Duration>,
}

/// Where the local server keeps its tickets.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Store(StoreConfig);

impl Default for Store {
    fn default() -> Self {
        Self(StoreConfig::Memory)
    }
}

impl TryFrom<String> for Store {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "memory" {
            return Ok(Self::default());
        }
        let url =
            text.parse().map_err(|error| format!("{error}; expected \"memory\" or \"redis://127.0.0.1:6379\""))?;
        Ok(Self(StoreConfig::Redis(url)))
    }
}

impl ServerOptions {
    /// The whole configuration.
    pub fn config(&self) -> Config {
        let usual = Config::default();
        Config {
            origins: self.origins.clone().unwrap_or(usual.origins),
            store: self.store.0.clone(),
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
    /// The wait between attempts.
    pub backoff: Option<Backoff>,
    /// Which answers stop the client.
    pub classify: Option<Classify>,
    /// The limits of every wait.
    pub timeouts: Option<Timeouts>,
}

impl Overlay {
    /// `profile` with what differs.
    pub fn apply(&self, profile: Profile) -> Profile {
        let Self { origin, backoff, classify, timeouts } = self.clone();
        Profile {
            origin: origin.unwrap_or(profile.origin),
            backoff: backoff.unwrap_or(profile.backoff),
            classify: classify.unwrap_or(profile.classify),
            timeouts: timeouts.unwrap_or(profile.timeouts),
            ..profile
        }
    }
}

/// One thing that is done.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Connect.
    Connect,
    /// Disconnect.
    Disconnect,
    /// Begin a new attempt.
    RetryNow,
    /// Drop JWT and session, then connect.
    NewSession,
    /// Break something.
    Arm(Arming),
    /// Mend it.
    Clear(#[serde(deserialize_with = "kind")] Kind),
    /// Mend everything.
    ClearAll,
    /// Stop the local server and start it again on the same port.
    RestartServer,
    /// Wait for something that happens after the step before.
    Wait(Wait),
    /// Do steps several times.
    Repeat(Repeat),
}

fn kind<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    let name = FaultName::deserialize(deserializer)?;
    Kind::named(&name).ok_or_else(|| {
        let known: Vec<_> = <Kind as strum::IntoEnumIterator>::iter().map(|kind| kind.name().to_string()).collect();
        serde::de::Error::custom(format!("there is no fault \"{name}\"; expected one of {}", known.join(", ")))
    })
}

/// What ends a wait.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "WaitFields")]
pub struct Wait {
    pub(super) until: Until,
    pub(super) within: Duration,
}

/// See [`Wait`].
#[derive(Clone, Debug)]
pub(super) enum Until {
    /// The client comes into this state.
    Status(Awaited),
    /// A line that contains this, the developers' lines included.
    Line(String),
    /// Time has passed.
    Elapsed(Duration),
}

/// A state of the client that a drill can wait for and expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, strum::Display)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub(super) enum Awaited {
    /// The socket is open.
    Connected,
    /// The next attempt has a time.
    Waiting,
    /// A hard failure.
    Stopped,
    /// A person has ended it.
    Idle,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitFields {
    status: Option<Awaited>,
    line: Option<String>,
    #[serde(rename = "for", with = "humantime_serde", default)]
    time: Option<Duration>,
    #[serde(with = "humantime_serde", default)]
    within: Option<Duration>,
}

impl TryFrom<WaitFields> for Wait {
    type Error = &'static str;

    fn try_from(fields: WaitFields) -> Result<Self, Self::Error> {
        let until = match (fields.status, fields.line, fields.time) {
            (Some(status), None, None) => Until::Status(status),
            (None, Some(line), None) => Until::Line(line),
            (None, None, Some(time)) if fields.within.is_none() => Until::Elapsed(time),
            _ => return Err("expected a wait with one of status, line or for; status and line may have within"),
        };
        Ok(Self { until, within: fields.within.unwrap_or(Duration::from_secs(5)) })
    }
}

/// Steps that are done several times.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    pub(super) times: u32,
    #[serde(deserialize_with = "some_steps")]
    pub(super) steps: Vec<Step>,
}

/// Nothing, many times, would take its time and never come to the runner's limit.
fn some_steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Step>, D::Error> {
    let steps = Vec::deserialize(deserializer)?;
    if steps.is_empty() { Err(serde::de::Error::custom("expected at least one step")) } else { Ok(steps) }
}

impl Step {
    /// What the session is told; `None` if the step is the runner's.
    pub(super) fn command(&self) -> Option<Command> {
        Some(match self {
            Self::Connect => Command::Flow(FlowCommand::Connect),
            Self::Disconnect => Command::Flow(FlowCommand::Disconnect),
            Self::RetryNow => Command::Flow(FlowCommand::RetryNow),
            Self::NewSession => Command::Flow(FlowCommand::NewSession),
            Self::Arm(arming) => Command::Arm(arming.clone()),
            Self::Clear(fault) => Command::Clear(*fault),
            Self::ClearAll => Command::ClearAll,
            Self::RestartServer => Command::Arm(Arming::new(Fault::RestartServer, None)),
            Self::Wait(_) | Self::Repeat(_) => return None,
        })
    }

    fn needs_local_server(&self) -> bool {
        match self {
            Self::RestartServer => true,
            Self::Arm(arming) => arming.fault.kind().needs_local_server(),
            Self::Repeat(repeat) => repeat.steps.iter().any(Self::needs_local_server),
            Self::Connect
            | Self::Disconnect
            | Self::RetryNow
            | Self::NewSession
            | Self::Clear(_)
            | Self::ClearAll
            | Self::Wait(_) => false,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("connect"),
            Self::Disconnect => f.write_str("disconnect"),
            Self::RetryNow => f.write_str("retry-now"),
            Self::NewSession => f.write_str("new-session"),
            Self::Arm(arming) => write!(f, "arm {}", arming.fault.name()),
            Self::Clear(fault) => write!(f, "clear {}", fault.name()),
            Self::ClearAll => f.write_str("clear-all"),
            Self::RestartServer => f.write_str("restart-server"),
            Self::Wait(Wait { until: Until::Status(status), .. }) => write!(f, "wait for {status}"),
            Self::Wait(Wait { until: Until::Line(line), .. }) => write!(f, "wait for “{line}”"),
            Self::Wait(Wait { until: Until::Elapsed(time), .. }) => write!(f, "wait {}", DisplayDuration(*time)),
            Self::Repeat(repeat) => write!(f, "repeat {} times", repeat.times),
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
