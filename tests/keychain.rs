//! The keychain against a real Secret Service. Every test has a message bus, a home folder and a
//! gnome-keyring of its own, and plays several starts of the program as processes of this same binary.

#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, fs, thread};

use support::bus::Bus;
use tempfile::TempDir;
use ticketscope::backend::{Config, Server};
use ticketscope::driver::keychain::{Keychain, LIMIT, Loaded};
use ticketscope::faults::FaultKind;
use ticketscope::model::{Credential, Jwt, KeychainState, Profile, SessionId};
use tokio::time::Instant;

/// Far more than anything here takes.
const GENEROUS: Duration = Duration::from_secs(30);
const PASSWORD: &str = "password-of-the-keyring";

/// A login without a desktop.
struct Login {
    bus: Option<Bus>,
    keyring: Option<Process>,
    folder: TempDir,
}

impl Login {
    fn without_bus() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), bus: None, keyring: None }
    }

    /// A bus that starts no services by itself.
    fn with_bus() -> Option<Self> {
        for tool in ["dbus-daemon", "dbus-send", "gnome-keyring-daemon"] {
            if Command::new(tool).arg("--version").output().is_err() {
                assert!(env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "{tool} is missing");
                eprintln!("skipped: needs {tool} (Debian: dbus gnome-keyring)");
                return None;
            }
        }
        let mut login = Self::without_bus();
        login.bus = Some(Bus::start(login.folder.path()));
        Some(login)
    }

    fn with_keyring() -> Option<Self> {
        let mut login = Self::with_bus()?;
        login.start_keyring("--unlock");
        Some(login)
    }

    fn start_keyring(&mut self, how: &str) {
        self.stop_keyring();
        let mut daemon = self.command("gnome-keyring-daemon");
        daemon.args(["--foreground", "--components=secrets", how]);
        let mut keyring = daemon.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        keyring.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        self.keyring = Some(Process(keyring));

        let start = Instant::now();
        loop {
            let mut asks = self.command("dbus-send");
            asks.args([
                "--session",
                "--print-reply=literal",
                "--reply-timeout=1000",
                "--dest=org.freedesktop.DBus",
                "/org/freedesktop/DBus",
            ]);
            asks.args(["org.freedesktop.DBus.NameHasOwner", "string:org.freedesktop.secrets"]);
            if String::from_utf8_lossy(&asks.output().unwrap().stdout).contains("true") {
                return;
            }
            assert!(start.elapsed() < GENEROUS, "gnome-keyring does not start");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn stop_keyring(&mut self) {
        self.keyring = None;
    }

    fn signal_keyring(&self, signal: &str) {
        let id = self.keyring.as_ref().unwrap().0.id();
        let sent = Command::new("sh").args(["-c", &format!("kill -{signal} {id}")]).status().unwrap();
        assert!(sent.success());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn marker(&self) -> PathBuf {
        self.path("state/keychain-stale")
    }

    fn address(&self) -> String {
        format!("unix:path={}", self.path("bus").display())
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for variable in ["DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL"] {
            command.env_remove(variable);
        }
        let home = self.folder.path();
        command.env("HOME", home).env("XDG_DATA_HOME", self.path("data")).env("XDG_RUNTIME_DIR", home);
        command.env("DBUS_SESSION_BUS_ADDRESS", self.address());
        command
    }

    /// A start of the program with a profile.
    fn program(&self, account: &str) -> Program {
        self.start_program(account, Some(self.marker()))
    }

    fn start_program(&self, account: &str, marker: Option<PathBuf>) -> Program {
        let mut command = self.command(env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "program", "--nocapture"]).env("KEYCHAIN_ACCOUNT", account);
        if let Some(marker) = marker {
            command.env("KEYCHAIN_MARKER", marker);
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (send, answers) = mpsc::channel();
        let output = BufReader::new(process.stdout.take().unwrap());
        thread::spawn(move || {
            let lines = output.lines().map_while(Result::ok);
            let answers = lines.filter_map(|line| line.split_once(">> ").map(|(_, answer)| answer.to_owned()));
            answers.for_each(|answer| send.send(answer).unwrap_or_default());
        });
        Program { input: process.stdin.take(), process: Process(process), answers }
    }
}

/// Ends with its owner.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program while it runs. It understands `load`, `store JWT`, `plant JWT` as a fault does, and `forget`, and answers each with the
/// JWT it then has and the keychain's state.
struct Program {
    process: Process,
    input: Option<ChildStdin>,
    answers: mpsc::Receiver<String>,
}

impl Program {
    fn asked(&mut self, what: &str) -> (String, KeychainState) {
        writeln!(self.input.as_mut().unwrap(), "{what}").unwrap();
        let answer = self.answers.recv_timeout(GENEROUS).unwrap_or_else(|_| panic!("no answer to {what}"));
        let (jwt, state) = answer.split_once(' ').unwrap();
        (jwt.to_owned(), serde_json::from_str(state).unwrap())
    }

    /// Waits for the end of the program.
    fn quit(mut self) {
        self.input.take();
        let start = Instant::now();
        while self.process.0.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < GENEROUS, "the program hangs at its end");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
#[ignore = "the other tests start this as a process of its own"]
fn program() {
    let Ok(account) = env::var("KEYCHAIN_ACCOUNT") else { return };
    let marker = env::var_os("KEYCHAIN_MARKER").map(PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let keychain = Keychain::os(account, marker, |_, _| {});
        for line in std::io::stdin().lines().map_while(Result::ok) {
            match line.split_once(' ') {
                Some(("store", jwt)) => keychain.store(credential(jwt)),
                Some(("plant", jwt)) => {
                    let simulated = Some(FaultKind::CorruptJwt.name());
                    keychain.store(Credential { simulated, ..credential(jwt) });
                }
                _ if line == "forget" => keychain.forget(),
                _ => {}
            }
            let settled = keychain.settled().await;
            let Loaded { credential, state: loaded, .. } = keychain.load().await;
            let state = if line == "load" { loaded } else { settled };
            let jwt = credential.jwt.as_ref().map_or("none", Jwt::expose);
            println!(">> {jwt} {}", serde_json::to_string(&state).unwrap());
        }
    });
}

fn credential(jwt: &str) -> Credential {
    let session_id = Some(SessionId::new(format!("session-of-{jwt}")));
    Credential { jwt: Some(Jwt::new(jwt)), session_id, ..Credential::default() }
}

fn has(jwt: &str, state: KeychainState) -> (String, KeychainState) {
    (jwt.to_owned(), state)
}

fn nothing(state: KeychainState) -> (String, KeychainState) {
    has("none", state)
}

/// The files below `folder` that contain `secret`.
fn files_with(folder: &Path, secret: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, secret));
        } else if fs::read(&path).is_ok_and(|bytes| bytes.windows(secret.len()).any(|part| part == secret.as_bytes())) {
            found.push(path);
        }
    }
    found
}

#[test]
fn the_next_start_has_the_jwt_of_its_own_profile_until_it_is_forgotten() {
    let Some(login) = Login::with_keyring() else { return };
    let mut one = login.program("one");
    assert_eq!(one.asked("load"), nothing(KeychainState::Empty));
    assert_eq!(one.asked("store jwt-1"), has("jwt-1", KeychainState::Ready));
    assert_eq!(one.asked("store jwt-2"), has("jwt-2", KeychainState::Ready));
    one.quit();

    let mut other = login.program("other");
    assert_eq!(other.asked("load"), nothing(KeychainState::Empty));
    assert_eq!(other.asked("store jwt-3"), has("jwt-3", KeychainState::Ready));

    let mut one = login.program("one");
    assert_eq!(one.asked("load"), has("jwt-2", KeychainState::Ready));
    assert!(!login.marker().exists());
    let no_files: [PathBuf; 0] = [];
    assert_eq!(files_with(login.folder.path(), "jwt-2"), no_files);
    fs::write(login.path("control"), "a jwt-2 to be found").unwrap();
    assert_eq!(files_with(login.folder.path(), "jwt-2"), [login.path("control")]);
    assert_eq!(one.asked("forget"), nothing(KeychainState::Empty));
    one.quit();

    assert_eq!(login.program("one").asked("load"), nothing(KeychainState::Empty));
    assert_eq!(login.program("other").asked("load"), has("jwt-3", KeychainState::Ready));
}

#[test]
fn a_check_reads_the_stored_jwt_and_leaves_it_there() {
    let Some(login) = Login::with_keyring() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, _lines) = runtime.block_on(Server::start(Config::default())).unwrap();
    let address = server.address();
    let file = login.path("profile.toml");
    let text = format!(
        "name = 'Bench'\napi = 'http://{address}'\nwebsocket = 'ws://{address}'\norigin = 'http://localhost:4200'\n"
    );
    fs::write(&file, &text).unwrap();
    let account = Profile::from_toml(&text).unwrap().keychain_account();
    let check = || {
        let mut command = login.command(env!("CARGO_BIN_EXE_ticketscope"));
        let output = command.args(["check", "--profile"]).arg(&file).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let fetched = check();
    assert!(fetched.contains("fetched for this check alone") && !fetched.contains("from the keychain"), "{fetched}");

    let mut program = login.program(&account);
    assert_eq!(program.asked("load"), nothing(KeychainState::Empty), "the check stored what it fetched");
    let jwt = runtime.block_on(async {
        let url = format!("http://{address}/api/v1/auth/token");
        let answer = reqwest::Client::new().post(url).body("{}").send().await.unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        answer["token"].as_str().unwrap().to_owned()
    });
    let refused = "the stored JWT was refused (401 INVALID_TOKEN)";
    for (put, jwt, said, is_simulated) in [
        ("store", jwt.as_str(), "from the keychain", false),
        ("store", "damaged", refused, false),
        ("plant", "damaged", refused, true),
    ] {
        assert_eq!(program.asked(&format!("{put} {jwt}")), has(jwt, KeychainState::Ready));
        let checked = check();
        assert!(checked.contains(said) && checked.contains("ALL WELL"), "{said}: {checked}");
        let is_marked = checked.contains("SIMULATED") && checked.contains("Simulated by the fault “Corrupt JWT”.");
        assert_eq!(is_marked, is_simulated, "{checked}");
        assert_eq!(program.asked("load"), has(jwt, KeychainState::Ready), "the check changed what is stored");
    }
    program.quit();
}

#[test]
fn a_locked_keyring_is_told_and_what_it_held_is_not_used_after_a_store_into_it() {
    let Some(mut login) = Login::with_keyring() else { return };
    assert_eq!(login.program("one").asked("store old"), has("old", KeychainState::Ready));
    login.start_keyring("--components=secrets");
    let mut program = login.program("one");
    assert_eq!(program.asked("load"), nothing(KeychainState::Locked));
    assert_eq!(program.asked("store new"), has("new", KeychainState::Locked));
    program.quit();

    login.start_keyring("--unlock");
    assert_eq!(login.start_program("one", None).asked("load").0, "old", "control: it is still there");
    assert_eq!(login.program("one").asked("load"), nothing(KeychainState::Empty));
    assert_eq!(login.start_program("one", None).asked("load").0, "none");
}

#[test]
fn without_a_bus_or_without_a_service_on_it_the_jwt_stays_in_memory() {
    let Some(without_service) = Login::with_bus() else { return };
    for login in [Login::without_bus(), without_service] {
        let mut program = login.program("one");
        assert_eq!(program.asked("load"), nothing(KeychainState::NoService));
        assert_eq!(program.asked("store jwt"), has("jwt", KeychainState::NoService));
        program.quit();
        assert_eq!(login.program("one").asked("load"), nothing(KeychainState::NoService));
    }
}

#[test]
fn a_service_that_never_answers_holds_up_neither_the_program_nor_its_end() {
    let Some(login) = Login::with_keyring() else { return };
    assert_eq!(login.program("one").asked("store old"), has("old", KeychainState::Ready));
    login.signal_keyring("STOP");
    let mut program = login.program("one");
    let start = Instant::now();
    assert_eq!(program.asked("load"), nothing(KeychainState::Slow));
    let waited = start.elapsed();
    assert!(waited >= LIMIT && waited < GENEROUS, "{waited:?}");
    assert_eq!(program.asked("store new"), has("new", KeychainState::Slow));
    program.quit();

    login.signal_keyring("CONT");
    assert_eq!(login.start_program("one", None).asked("load").0, "old", "control: it is still there");
    assert_eq!(login.program("one").asked("load"), nothing(KeychainState::Empty));
}

#[test]
fn a_service_that_answers_late_gets_the_newest_jwt() {
    let Some(login) = Login::with_keyring() else { return };
    assert_eq!(login.program("one").asked("store old"), has("old", KeychainState::Ready));
    login.signal_keyring("STOP");
    let mut program = login.program("one");
    assert_eq!(program.asked("store new"), has("new", KeychainState::Slow));
    login.signal_keyring("CONT");
    let start = Instant::now();
    while program.asked("load") != has("new", KeychainState::Ready) {
        assert!(start.elapsed() < GENEROUS, "the entry was not stored");
    }
    assert_eq!(login.program("one").asked("load"), has("new", KeychainState::Ready));
}

#[test]
fn after_a_store_that_failed_the_old_jwt_does_not_come_back() {
    let Some(mut login) = Login::with_keyring() else { return };
    let mut program = login.program("one");
    assert_eq!(program.asked("store old"), has("old", KeychainState::Ready));
    login.stop_keyring();
    let (jwt, state) = program.asked("store new");
    assert_eq!(jwt, "new");
    assert!(matches!(state, KeychainState::Refused { .. }), "{state}");
    let shown = format!("{state} {state:?}");
    assert!(!shown.contains("new") && !shown.contains("session-of"), "{shown}");
    program.quit();

    login.start_keyring("--unlock");
    assert_eq!(login.start_program("one", None).asked("load").0, "old", "control: it is still there");
    assert_eq!(login.program("one").asked("load"), nothing(KeychainState::Empty));
    assert!(!login.marker().exists());
    assert_eq!(login.start_program("one", None).asked("load").0, "none");
}

#[test]
fn a_secret_is_kept_listed_and_forgotten_by_the_console_and_never_printed() {
    const SECRET: &str = "xapp-1-very-secret";
    let Some(login) = Login::with_keyring() else { return };
    let profile = login.path("slack.toml");
    let text =
        "name = 'Slack'\napi = 'https://slack.example'\n[secret.app_token]\nlabel = 'App-level token'\n[socket]\n";
    fs::write(&profile, text).unwrap();
    let run = |arguments: &[&str], input: &str| {
        let mut command = login.command(env!("CARGO_BIN_EXE_ticketscope"));
        command.arg("secret").arg(arguments[0]).arg(&profile).args(&arguments[1..]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(!said.contains(SECRET), "{said}");
        (output.status.code(), said)
    };
    let (code, said) = run(&["list"], "");
    assert!(code == Some(0) && said.contains("✗ not given"), "{said}");
    let (code, said) = run(&["set", "app_token"], &format!("{SECRET}\r\n"));
    assert!(code == Some(0) && said.contains("“App-level token” of Slack is kept"), "{said}");
    assert!(run(&["list"], "").1.contains("✓ given"));
    assert_eq!(run(&["forget"], "").0, Some(0));
    assert!(run(&["list"], "").1.contains("✗ not given"));
}

#[test]
fn what_was_forgotten_is_told_although_something_else_could_not_be() {
    let login = Login::without_bus();
    let profile = login.path("some.toml");
    let text = "name = 'Some'\napi = 'https://a.example'\n[socket]\n[secret.run]\ncommand = ['true']\n\
                [secret.one]\n[secret.two]\n";
    fs::write(&profile, text).unwrap();
    let mut command = login.command(env!("CARGO_BIN_EXE_ticketscope"));
    let output = command.args(["secret", "forget"]).arg(&profile).output().unwrap();
    let [said, complained] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!((output.status.code(), &*said), (Some(1), "run of Some: its command may not run any more\n"));
    let expected = |name| format!("ticketscope: {name} of Some: not forgotten: this system has no keychain service\n");
    assert_eq!(complained, ["one", "two"].map(expected).concat());
}

#[test]
fn a_keychain_that_does_not_give_a_secret_is_named_and_not_the_person_who_gave_it() {
    let login = Login::without_bus();
    let profile = login.path("some.toml");
    let text = "name = 'Some'\napi = 'http://127.0.0.1:9'\n[secret.one]\n[[ticket]]\npost = '/t'\nauth = '{{one}}'\n\
                take = { ticket = '/t' }\n[socket]\nquery = { t = '{{ticket}}' }\n";
    fs::write(&profile, text).unwrap();
    let mut command = login.command(env!("CARGO_BIN_EXE_ticketscope"));
    let output = command.args(["watch", "--for", "30s", "--profile"]).arg(&profile).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("The keychain does not give “one”. This system has no keychain service."), "{said}");
}
