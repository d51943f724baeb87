//! A situation, and what the program says of it.

use std::any::Any;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use strum::IntoEnumIterator as _;
use tempfile::TempDir;
use ticketscope::diagnosis::Owner;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use super::replayed::assert_replayed;

/// Longer than a check takes on any machine, and than the end of a watch.
const LIMIT: Duration = Duration::from_secs(180);

/// Servers, network and profile of a situation; all of it ends with this.
pub struct Scene {
    pub profile: String,
    /// The environment of the program.
    pub variables: Vec<(&'static str, String)>,
    /// How far the program's clock is ahead, as faketime takes it.
    pub clock: Option<&'static str>,
    /// How long the live session is watched.
    pub watched: Duration,
    /// What a server of it has logged.
    pub log: Option<Arc<Mutex<String>>>,
    kept: Vec<Box<dyn Any + Send + Sync>>,
}

impl Scene {
    /// A scene with one server for everything at `address`.
    pub fn at(address: SocketAddr) -> Self {
        Self::apart(&format!("http://{address}"), &format!("ws://{address}"))
    }

    /// A scene in which API and WebSocket have these addresses.
    pub fn apart(api: &str, websocket: &str) -> Self {
        let profile = format!(
            "name = 'Labelled'\napi = '{api}'\nwebsocket = '{websocket}'\norigin = 'http://localhost:4200'\n\
             [timeouts]\nhttp = '1500ms'\ndial = '1200ms'\nupgrade = '1500ms'\nping = '1s'\n"
        );
        Self {
            profile,
            variables: Vec::new(),
            clock: None,
            watched: Duration::from_secs(4),
            log: None,
            kept: Vec::new(),
        }
    }

    pub fn with_origin(mut self, origin: &str) -> Self {
        self.profile = self.profile.replace("http://localhost:4200", origin);
        self
    }

    /// The same with limits that only a hanging program reaches.
    pub fn patient(mut self) -> Self {
        self.profile = self.profile.split("[timeouts]").next().unwrap_or_default().to_owned();
        self
    }

    pub fn trusting(mut self, root: &Path) -> Self {
        self.profile += &format!("[tls]\nextra_roots = ['{}']\n", root.display());
        self
    }

    /// Keeps `thing` as long as the scene.
    pub fn keeping(mut self, thing: impl Any + Send + Sync) -> Self {
        self.kept.push(Box::new(thing));
        self
    }
}

/// What the program said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub is_well: bool,
    /// Whether the connection was there, whatever was found beside.
    pub is_connected: bool,
    /// The code of the first finding.
    pub first: Option<String>,
    /// Who can fix it.
    pub owner: Option<Owner>,
    /// What is the matter, and why.
    pub why: String,
    /// What to do.
    pub next: String,
    /// For whoever fixes it.
    pub line: String,
    pub took: Duration,
}

impl Said {
    /// Nothing but these words.
    pub fn only(line: String, took: Duration) -> Self {
        let (why, next) = (String::new(), String::new());
        Self { is_well: false, is_connected: false, first: None, owner: None, why, next, line, took }
    }
}

/// The path of the program.
#[derive(Clone, Copy, Debug)]
pub struct Program(pub &'static str);

impl Program {
    /// Runs `ticketscope check` on `scene`, with `more` arguments.
    pub async fn check(self, scene: &Scene, more: &[&str]) -> Said {
        let (output, errors, took) = self.run(scene, &[&["check", "--format", "json"], more].concat()).await;
        if output.is_empty() {
            return Said::only(errors, took);
        }
        let json: Value = serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"));
        let conclusion = &json["conclusion"];
        let words = ["title", "cause", "owner", "next"].map(|word| conclusion[word].as_str().unwrap_or("?"));
        let [title, cause, owner, next] = words;
        // What finds it in a log is nobody's next step.
        let mut findings = json["findings"].as_array().into_iter().flatten();
        let finding = findings.find(|finding| finding["code"] == conclusion["code"]);
        let next = finding.and_then(|finding| finding["next"].as_str()).unwrap_or(next);
        Said {
            is_well: json["well"] == true,
            is_connected: json["well"] == true || conclusion["status"] == "WORKS, BUT",
            first: code(&json["findings"]),
            owner: Owner::iter().find(|known| known.to_string() == owner),
            why: format!("{title}: {cause}"),
            next: next.to_owned(),
            line: words.join(" "),
            took,
        }
    }

    /// Runs `ticketscope watch` on `scene`.
    pub async fn live(self, scene: &Scene) -> Said {
        let (output, errors, took) = self.watch(scene).await;
        let Some(last) = output.lines().last() else { return Said::only(errors, took) };
        let json: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {output}"));
        let verdict = &json["verdict"];
        let words = |of: &Value, words: [&str; 2]| words.map(|word| of[word].as_str().unwrap_or("?").to_owned());
        let finding = &verdict["findings"][0];
        let [title, detail] = words(verdict, ["title", "detail"]);
        let (why, next) = match words(finding, ["title", "cause"]) {
            _ if finding.is_null() => (format!("{title}: {detail}"), String::new()),
            why => (why.join(": "), finding["next"].as_str().unwrap_or("?").to_owned()),
        };
        Said {
            is_well: verdict["status"] == "CONNECTED" && verdict["tone"] == "good",
            is_connected: verdict["status"] == "CONNECTED",
            first: code(&verdict["findings"]),
            owner: serde_json::from_value(finding["owner"].clone()).ok(),
            why,
            next,
            line: [title, detail].join(" "),
            took,
        }
    }

    /// What `ticketscope watch` printed of `scene`.
    pub async fn watched(self, scene: &Scene) -> String {
        self.watch(scene).await.0
    }

    async fn watch(self, scene: &Scene) -> (String, String, Duration) {
        let limit = format!("{}ms", scene.watched.as_millis());
        self.run(scene, &["watch", "--format", "jsonl", "--for", &limit]).await
    }

    /// What it printed, what it complained about, and how long it took.
    async fn run(self, scene: &Scene, arguments: &[&str]) -> (String, String, Duration) {
        let home: TempDir = tempfile::tempdir().unwrap();
        let file = home.path().join("labelled.toml");
        std::fs::write(&file, &scene.profile).unwrap();
        let Self(program) = self;
        let mut command = match scene.clock {
            Some(ahead) => {
                let mut command = Command::new("faketime");
                command.args(["-f", ahead, program]).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
                command
            }
            None => Command::new(program),
        };
        for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(name).env_remove(name.to_uppercase());
        }
        command.args(arguments).args(["--keychain", "memory", "--profile"]).arg(&file);
        command.env("HOME", home.path()).env_remove("XDG_CONFIG_HOME").env_remove("XDG_STATE_HOME");
        command.envs(scene.variables.iter().map(|(name, value)| (name, value)));
        let since = Instant::now();
        let ended = spawn_blocking(move || command.stdin(Stdio::null()).output());
        let output = timeout(LIMIT + scene.watched, ended).await.expect("the program ends").unwrap().unwrap();
        assert_replayed(home.path());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!errors.contains("rustls"), "a library's words: {errors}");
        (String::from_utf8(output.stdout).unwrap(), errors, since.elapsed())
    }
}

/// The code of the first finding.
fn code(findings: &Value) -> Option<String> {
    findings[0]["code"].as_str().map(str::to_owned)
}
