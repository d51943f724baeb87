//! `ticketscope check` as scripts see it: exit codes, and JSON whose keys stay.

use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;
use ticketscope::backend::{self, Server as Backend};
use tokio::task::spawn_blocking;

use crate::server::closed_port;

/// Exit code, output and errors of `check` with `arguments`, on a profile of a server at `address` if there is one.
async fn check(address: Option<SocketAddr>, arguments: &'static [&'static str]) -> (Option<i32>, String, String) {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    command.args(["check", "--keychain", "memory"]).args(arguments).env("HOME", home.path());
    command.env_remove("XDG_CONFIG_HOME").env("NO_COLOR", "1");
    if let Some(address) = address {
        let file = home.path().join("profile.toml");
        let text = format!(
            "name = 'Bench'\napi = 'http://{address}'\nwebsocket = 'ws://{address}'\norigin = 'http://localhost:4200'\n"
        );
        std::fs::write(&file, text).unwrap();
        command.arg("--profile").arg(file);
    }
    let output = spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
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
        "conclusion",
        "ending",
        "faults_armed",
        "findings",
        "format",
        "origin",
        "profile",
        "program",
        "started",
        "steps",
        "took_ms",
        "websocket",
        "well",
    ];
    assert_eq!(keys(&json), all);
    assert_eq!((&json["format"], &json["well"], &json["ending"]), (&"1.1".into(), &true.into(), &"complete".into()));
    assert_eq!(keys(&json["conclusion"]), ["cause", "next", "owner", "status", "title"]);
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
        "upgrade",
        "open",
        "comeback",
    ];
    assert_eq!(names, order);
    assert!(steps.iter().all(|step| keys(step) == ["details", "found", "state", "step", "took_ms"]), "{steps:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_well_is_1_and_its_finding_has_a_code() {
    let (code, out, _) = check(Some(closed_port().await), &["--format", "json"]).await;
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["findings"][0]["code"]), (Some(1), &"connection-refused".into()));
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
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_use_is_2_and_says_why() {
    for arguments in [&["--profile", "Nobody"][..], &["--format", "xml"]] {
        let (code, out, errors) = check(None, arguments).await;
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(errors.contains(arguments[1]), "{errors}");
    }
}
