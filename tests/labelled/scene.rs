//! A situation and its label, and what the program says of it.

use std::any::Any;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

use support::replayed::assert_replayed;

/// Longer than a check or a watch takes, on any machine.
const LIMIT: Duration = Duration::from_secs(120);

/// What the first finding has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// All is well, and nothing is found.
    Healthy,
    /// It works, and this is worth knowing.
    Notice(&'static str),
    /// It does not work, and this is the cause.
    Broken(&'static str),
    /// This way of looking cannot see it.
    Unseen,
}

/// Servers, network and profile of a situation; all of it ends with this.
pub struct Scene {
    pub profile: String,
    /// The environment of the program.
    pub variables: Vec<(&'static str, String)>,
    /// How far the program's clock is ahead, as faketime takes it.
    pub clock: Option<&'static str>,
    /// How long the live session is watched.
    pub watched: &'static str,
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
        Self { profile, variables: Vec::new(), clock: None, watched: "4s", kept: Vec::new() }
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

type Staged = Pin<Box<dyn Future<Output = Scene> + Send>>;

/// A situation with its labels.
pub struct Situation {
    pub name: &'static str,
    pub check: Label,
    pub live: Label,
    /// What the verdict has to say.
    pub words: &'static [&'static str],
    /// Why check and live session name different causes, if they do.
    pub apart: Option<&'static str>,
    pub stage: Box<dyn Fn() -> Staged + Send + Sync>,
}

impl Situation {
    pub fn new<F: Future<Output = Scene> + Send + 'static>(
        name: &'static str,
        label: Label,
        stage: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        let stage = Box::new(move || -> Staged { Box::pin(stage()) });
        Self { name, check: label, live: label, words: &[], apart: None, stage }
    }

    /// The live session cannot see it.
    pub fn by_check(self) -> Self {
        Self { live: Label::Unseen, ..self }
    }

    /// The check cannot see it.
    pub fn by_session(self) -> Self {
        Self { check: Label::Unseen, ..self }
    }

    /// The live session sees something else than the check.
    pub fn apart(self, live: Label, why: &'static str) -> Self {
        Self { live, apart: Some(why), ..self }
    }

    /// The verdict has to say all of this.
    pub fn saying(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }
}

/// What the program said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub is_well: bool,
    pub first: Option<String>,
    /// For whoever fixes it.
    pub line: String,
    pub took: Duration,
}

impl Said {
    /// Whether that is what `label` asks for.
    pub fn fits(&self, label: Label) -> bool {
        let first = self.first.as_deref();
        match label {
            Label::Healthy => self.is_well && first.is_none(),
            Label::Notice(code) => first == Some(code),
            Label::Broken(code) => !self.is_well && first == Some(code),
            Label::Unseen => true,
        }
    }
}

/// Runs `ticketscope check` on `scene`.
pub async fn check(scene: &Scene) -> Said {
    let (output, took) = run(scene, &["check", "--format", "json"]).await;
    let json: Value = serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"));
    let conclusion = &json["conclusion"];
    let words = ["title", "cause", "owner", "next"].map(|word| conclusion[word].as_str().unwrap_or("?"));
    said(json["well"] == true, &json["findings"], words.join(" "), took)
}

/// Runs `ticketscope watch` on `scene`.
pub async fn live(scene: &Scene) -> Said {
    let (output, took) = watch(scene).await;
    let last = output.lines().last().unwrap_or_default();
    let json: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {output}"));
    let verdict = &json["verdict"];
    let is_well = verdict["status"] == "CONNECTED" && verdict["tone"] == "good";
    let words = ["title", "detail"].map(|word| verdict[word].as_str().unwrap_or("?"));
    said(is_well, &verdict["findings"], words.join(" "), took)
}

/// What `ticketscope watch` printed of `scene`.
pub async fn watched(scene: &Scene) -> String {
    watch(scene).await.0
}

async fn watch(scene: &Scene) -> (String, Duration) {
    run(scene, &["watch", "--format", "jsonl", "--for", scene.watched]).await
}

fn said(is_well: bool, findings: &Value, line: String, took: Duration) -> Said {
    let first = findings[0]["code"].as_str().map(str::to_owned);
    Said { is_well, first, line, took }
}

async fn run(scene: &Scene, arguments: &[&str]) -> (String, Duration) {
    let home: TempDir = tempfile::tempdir().unwrap();
    let file = home.path().join("labelled.toml");
    std::fs::write(&file, &scene.profile).unwrap();
    let program = env!("CARGO_BIN_EXE_ticketscope");
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
    let output = timeout(LIMIT, ended).await.expect("the program ends").unwrap().unwrap();
    assert_replayed(home.path());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("rustls"), "a library's words: {errors}");
    assert!(!output.stdout.is_empty(), "{arguments:?} said nothing but {errors}\nof {}", scene.profile);
    (String::from_utf8(output.stdout).unwrap(), since.elapsed())
}
