//! `ticketscope check` as scripts see it: exit codes, and JSON whose keys stay.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use ticketscope::backend::{self, Server as Backend};
use tokio::task::spawn_blocking;

use support::server::{answer, closed_port};

/// The program with `home` as its home folder, and no proxy.
pub fn program(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    command.args(arguments).current_dir(home).env("HOME", home).env_remove("XDG_CONFIG_HOME").env("NO_COLOR", "1");
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    command
}

/// `check` with `arguments`, on a profile of a server at `address` if there is one.
fn check_at(home: &Path, address: Option<&str>, arguments: &[&str]) -> Command {
    let mut command = program(home, &["check", "--keychain", "memory"]);
    command.args(arguments);
    if let Some(address) = address {
        let text = format!(
            "name = 'Bench'\napi = 'http://{address}'\nwebsocket = 'ws://{address}'\norigin = 'http://localhost:4200'\n"
        );
        std::fs::write(home.join("profile.toml"), text).unwrap();
        command.args(["--profile", "profile.toml"]);
    }
    command
}

/// Exit code, output and errors.
pub async fn ended(mut command: Command) -> (Option<i32>, String, String) {
    let output = spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Exit code, output and errors of `check` with `arguments`, on a profile of a server at `address` if there is one.
async fn check(address: Option<SocketAddr>, arguments: &[&str]) -> (Option<i32>, String, String) {
    let home = tempfile::tempdir().unwrap();
    ended(check_at(home.path(), address.map(|address| address.to_string()).as_deref(), arguments)).await
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_server_is_0_and_its_json_has_the_keys_that_scripts_rely_on() {
    let (server, _lines) = Backend::start(backend::Config::default()).await.unwrap();
    let (code, out, errors) = check(Some(server.address()), &["--format", "json"]).await;
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let json: Value = serde_json::from_str(&out).unwrap();
    let all = [
        "api",
        "clock",
        "conclusion",
        "ending",
        "entries",
        "faults_armed",
        "findings",
        "format",
        "not_tried",
        "origin",
        "profile",
        "program",
        "repeats",
        "started",
        "steps",
        "took_ms",
        "websocket",
        "well",
    ];
    assert_eq!(keys(&json), all);
    assert_eq!((&json["format"], &json["well"], &json["ending"]), (&"1.2".into(), &true.into(), &"complete".into()));
    assert_eq!(keys(&json["conclusion"]), ["cause", "code", "next", "owner", "status", "title"]);
    assert_eq!((&json["conclusion"]["code"], &json["entries"]), (&"all-well".into(), &Value::Array(Vec::new())));
    assert_eq!(keys(&json["clock"]), ["ahead_ms", "within_ms"]);
    let within = json["clock"]["within_ms"].as_i64().unwrap();
    assert!(json["clock"]["ahead_ms"].as_i64().unwrap().abs() <= within && within >= 500, "{}", json["clock"]);
    let steps = json["steps"].as_array().unwrap();
    let names: Vec<_> = steps.iter().map(|step| step["step"].as_str().unwrap()).collect();
    let order = [
        "clock",
        "configuration",
        "proxy",
        "dns",
        "tcp",
        "tls",
        "health",
        "token",
        "claims",
        "ticket",
        "browser",
        "upgrade",
        "open",
        "comeback",
    ];
    assert_eq!(names, order);
    assert!(steps.iter().all(|step| keys(step) == ["details", "found", "state", "step", "took_ms"]), "{steps:#?}");
    assert!(steps.iter().all(|step| step["state"] != "skipped" || step["took_ms"] == 0.0), "{steps:#?}");

    let (code, out, _) = check(Some(server.address()), &[]).await;
    let at = |text: &str| out.find(text).unwrap_or_else(|| panic!("{text} is not in {out}"));
    let in_order: Vec<_> = ["Clock", "Configuration", "Proxy", "DNS", "TCP", "TLS", "Health", "JWT ", "JWT claims"]
        .map(|label| at(&format!(" {label}")))
        .to_vec();
    assert!(code == Some(0) && in_order.is_sorted(), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_well_is_1_and_its_finding_has_a_code() {
    let (code, out, _) = check(Some(closed_port().await), &["--format", "json"]).await;
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["findings"][0]["code"]), (Some(1), &"connection-refused".into()));
    assert_eq!(json["conclusion"]["code"], "connection-refused");
    let proven: Vec<_> = json["entries"].as_array().unwrap().iter().map(|entry| entry["seq"].clone()).collect();
    assert_eq!(Value::Array(proven), json["findings"][0]["evidence"], "the entries that prove it");
    assert_eq!(json["entries"][0]["event"]["type"], "attempt_failed");
    let all = [
        "cause",
        "code",
        "evidence",
        "next",
        "owner",
        "severity",
        "simulated",
        "symptoms",
        "ticket_hash",
        "title",
        "trace_id",
    ];
    assert_eq!(keys(&json["findings"][0]), all);

    let (code, out, _) = check(Some(closed_port().await), &[]).await;
    assert!(code == Some(1) && out.contains("NOT WELL: The server cannot be reached"), "{out}");
    assert!(!out.contains('\u{1b}'), "colours in a pipe");

    let home = tempfile::tempdir().unwrap();
    let mut command = check_at(home.path(), Some(&closed_port().await.to_string()), &[]);
    command.env("http_proxy", "::::");
    let (_, out, _) = ended(command).await;
    let remark = "http_proxy is set to what is not a proxy's address, and ignored";
    assert!(out.contains(remark) && !out.contains("::::"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_there_is_told_from_one_that_refuses() {
    let proxy = support::server::Server::start(|_| answer("407 Proxy Authentication Required", &[], "")).await;
    let gone = closed_port().await;
    for (proxy, expected) in
        [(proxy.address, "NOT WELL: The proxy wants a login"), (gone, "NOT WELL: The proxy cannot be reached")]
    {
        let home = tempfile::tempdir().unwrap();
        let mut command = check_at(home.path(), Some("service.test"), &[]);
        command.env("http_proxy", format!("http://{proxy}")).env("https_proxy", format!("http://{proxy}"));
        let (code, out, _) = ended(command).await;
        assert!(code == Some(1) && out.contains(expected), "{out}");
        let cause = out.split("NOT WELL").nth(1).unwrap().lines().nth(1).unwrap();
        assert_eq!(cause.matches(&proxy.to_string()).count(), 1, "{cause}");
    }
}

/// What is called `name` in the archive `path`.
fn unpacked(path: &Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_becomes_a_report_in_which_its_evidence_is_found() {
    let home = tempfile::tempdir().unwrap();
    let closed = closed_port().await.to_string();
    let (code, out, _) = ended(check_at(home.path(), Some(&closed), &["--report", "out.zip"])).await;
    assert!(code == Some(1) && out.contains(" is in out.zip"), "{out}");
    let archive = home.path().join("out.zip");
    let json: Value = serde_json::from_str(&unpacked(&archive, "report.json")).unwrap();
    assert_eq!((&json["code"], &json["verdict"]["status"]), (&"connection-refused".into(), &"NOT WELL".into()));
    assert_eq!((&json["check"]["well"], &json["check_entries"]), (&false.into(), &"recording.jsonl".into()));
    let evidence = &json["check"]["findings"][0]["evidence"][0];
    let recording = unpacked(&archive, "recording.jsonl");
    let entries = recording.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let proof: Vec<_> = entries.filter(|entry| entry["seq"] == *evidence).collect();
    assert_eq!((proof.len(), &proof[0]["event"]["type"]), (1, &"attempt_failed".into()));
    assert!(unpacked(&archive, "summary.md").contains(&format!("entry {evidence} of recording")));

    let (code, out, errors) = ended(check_at(home.path(), Some(&closed), &["--report", "out.zip"])).await;
    assert_eq!((code, out.as_str()), (Some(2), ""), "what is there is not replaced, and no check is run in vain");
    assert!(errors.contains("out.zip: there is such a file already"), "{errors}");
}

/// The keys at any depth of `json`, but for what is below `skipped`.
fn all_keys(json: &Value, skipped: &[&str], found: &mut BTreeSet<String>) {
    match json {
        Value::Object(map) => map.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            if !skipped.contains(&key.as_str()) {
                all_keys(value, skipped, found);
            }
        }),
        Value::Array(items) => items.iter().for_each(|item| all_keys(item, skipped, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_the_json_is_listed_by_help_and_has_a_version() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let (server, _lines) = Backend::start(backend::Config::default()).await.unwrap();
    let (good, closed) = (server.address().to_string(), closed_port().await.to_string());
    let mut printed = Vec::new();
    for (address, report, recording) in [(&good, "good.zip", "good.jsonl"), (&closed, "bad.zip", "bad.jsonl")] {
        let (_, out, _) = ended(check_at(home, Some(address), &["--format", "json", "--report", report])).await;
        printed.push(("check", out));
        printed.push(("report", unpacked(&home.join(report), "report.json")));
        std::fs::write(home.join(recording), unpacked(&home.join(report), "recording.jsonl")).unwrap();
    }
    for (name, arguments) in [
        ("diff", &["diff", "good.jsonl", "bad.jsonl", "--format", "json"][..]),
        ("drill", &["drill", "deployed-health", "--format", "json"]),
        ("herd", &["herd", "--clients", "50", "--outage", "1s", "--format", "json"]),
    ] {
        printed.push((name, ended(program(home, arguments)).await.1));
    }
    for (name, json) in printed {
        let json: Value = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{name}: {error}: {json}"));
        assert!(json["format"].as_str().is_some_and(|version| version.contains('.')), "{name} has no version");
        let (_, help, _) = ended(program(home, &[name, "--help"])).await;
        let words: BTreeSet<_> = help.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let mut keys = BTreeSet::new();
        // An entry is documented as a recording's; what belongs to a fact or a close, with the event.
        let of_others = match name {
            "report" => &["entries", "check", "findings", "losses", "clock", "close"][..],
            _ => &["entries", "fact", "losses", "scenario"],
        };
        all_keys(&json, of_others, &mut keys);
        let unlisted: Vec<_> = keys.iter().filter(|key| !words.contains(key.as_str())).collect();
        assert!(unlisted.is_empty(), "{name} --help does not list {unlisted:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_use_is_2_and_says_why() {
    for arguments in [&["--profile", "Nobody"][..], &["--format", "xml"]] {
        let (code, out, errors) = check(None, arguments).await;
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(errors.contains(arguments[1]), "{errors}");
    }
}
