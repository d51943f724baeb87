//! A server that tattles, and everything that the program says about it on a console and in files.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use strum::IntoEnumIterator as _;
use ticketscope::check::{Check, LIMIT, Progress, json, text};
use ticketscope::export::Format;
use ticketscope::session::KeychainChoice;

use crate::console::home_with;
use crate::program::{Ended, Program, command};
use crate::tattle::{Search, Tattle, combinations};
use crate::watcher::{profile, profile_text};

const SHORT_WAITS: &str = "[backoff]\nbase = '10ms'\ncap = '20ms'\n[timeouts]\nping = '5s'";

const PROFILE: [&str; 6] = ["--keychain", "memory", "--profile", "bench.toml", "--log", "trace"];

/// Runs the program with `arguments` in the folder of `ended`, and returns all that it says.
fn said(home: &Path, arguments: &[&str]) -> String {
    let output = command(home, arguments).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(!said.is_empty(), "{arguments:?} says nothing");
    said
}

#[test]
fn what_a_server_tattles_is_in_no_output_of_watch_nor_of_what_reads_its_recording() {
    let search = Search::default();
    for format in ["text", "jsonl"] {
        let tattle = Tattle::start();
        let home = home_with(&profile_text(tattle.script.address, SHORT_WAITS));
        let watch = ["watch", "--verbose", "--format", format, "--record", "mine.jsonl"];
        let mut program = Program::start_in(home, &[&watch[..], &PROFILE].concat());
        program.line("NOT_AUTHORIZED");
        let Ended { code, lines, errors, home } = program.end();
        assert_eq!(code, Some(1), "{errors}");
        let printed = lines.join("\n");
        assert!(printed.contains("NOT_AUTHORIZED") && printed.contains("(secret)"), "{printed}");
        search.assert_clean("standard output", &printed);
        search.assert_clean("standard error", &errors);
        search.assert_finds_all(&tattle.told());
        let recording = fs::read_to_string(home.path().join("mine.jsonl")).unwrap();
        assert!(recording.contains("(secret)"));
        search.assert_clean("the recording", &recording);
        if format == "jsonl" {
            continue;
        }
        fs::write(home.path().join("other.jsonl"), recording.lines().take(90).collect::<Vec<_>>().join("\n")).unwrap();
        for arguments in [
            &["replay", "--verbose", "mine.jsonl"][..],
            &["replay", "mine.jsonl", "--format", "json"],
            &["replay", "--verify", "mine.jsonl"],
            &["replay", "--verify", "--format", "json", "mine.jsonl"],
            &["diff", "mine.jsonl", "other.jsonl"],
            &["diff", "mine.jsonl", "other.jsonl", "--format", "json"],
            &["report", "mine.jsonl", "-o", "out.zip"],
        ] {
            search.assert_clean(&format!("{arguments:?}"), &said(home.path(), arguments));
        }
        for format in Format::iter() {
            let arguments = ["export", "mine.jsonl", "--as", format.name()];
            search.assert_clean(&format!("{arguments:?}"), &said(home.path(), &arguments));
        }
    }
}

#[test]
fn what_a_server_tattles_is_in_no_result_of_a_drill() {
    let search = Search::default();
    for format in ["text", "json"] {
        let tattle = Tattle::briefly();
        let home = home_with(&profile_text(tattle.script.address, SHORT_WAITS));
        let drill = "name = 'Tattling'\nshows = 'x'\nsteps = ['connect', { wait = { status = 'stopped', within = '60s' } }]\n\
                     [[expect]]\nstatus = 'connected'\n[[expect]]\nlines = { text = ['(secret)'], exactly = true }\n";
        fs::write(home.path().join("tattling.toml"), drill).unwrap();
        let arguments = ["drill", "tattling.toml", "--format", format, "--junit", "results.xml"];
        let said = said(home.path(), &[&arguments[..], &PROFILE].concat());
        assert!(said.contains("NOT_AUTHORIZED") || said.contains("connected"), "{said}");
        search.assert_clean("the drill", &said);
        let junit = fs::read_to_string(home.path().join("results.xml")).unwrap();
        assert!(junit.contains("<failure"), "{junit}");
        search.assert_clean("the JUnit file", &junit);
        assert!(search.hits(&tattle.told()).len() > 50, "the control");
    }
}

#[test]
fn what_a_server_tattles_is_in_no_result_of_a_check() {
    let (search, tattle) = (Search::default(), Tattle::to_strangers());
    let mut results = String::new();
    // Each check ends at what the server says next.
    let mut said = String::new();
    while !said.contains("NOT_AUTHORIZED") {
        let check = Check {
            profile: profile(tattle.script.address, ""),
            brings_server: false,
            keychain: KeychainChoice::Memory,
            state_dir: None,
            armed: Vec::new(),
            session: None,
            limit: LIMIT,
            quiet: None,
            given: ticketscope::model::Values::default(),
        };
        let running = check.start(|| {}).unwrap();
        let outcome = loop {
            if let Progress::Finished(outcome) = running.next().unwrap() {
                break outcome;
            }
        };
        said = text(&outcome);
        let result = format!("{said}\n{}\n{outcome:?}", json(&outcome).unwrap());
        search.assert_clean("the check", &result);
        results += &result;
    }
    assert!(results.contains("(secret)"));
    assert!(search.hits(&tattle.told()).len() > 50, "the control");
}

#[test]
fn what_a_client_sends_is_in_no_line_of_the_local_server() {
    let search = Search::default();
    let mut program = Program::start(&["serve"]);
    let line = program.line("http://");
    let address = line.split("http://").nth(1).unwrap().split([' ', '/']).next().unwrap().to_owned();
    let mut asked = String::new();
    for text in combinations() {
        let request = |method: &str, path: &str, body: &str| {
            format!(
                "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://localhost:4200\r\nConnection: close\r\n\
                 Authorization: Bearer {text}\r\nCookie: sid={text}\r\nUser-Agent: {text}\r\nReferer: http://x/?{text}\r\n\
                 x-trace-id: t-1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let body = format!(r#"{{"sessionId":{}}}"#, serde_json::to_string(&text).unwrap());
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for request in [
            request("POST", "/api/v1/auth/token", &body),
            request("GET", "/api/v1/ws-ticket", ""),
            request("GET", &format!("/ws?ticket={encoded}"), ""),
            request("GET", &format!("/{encoded}"), ""),
        ] {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            // What it answers is its client's to know.
            let _ = stream.read_to_end(&mut Vec::new());
            asked += &request;
        }
    }
    program.interrupt();
    let Ended { lines, errors, .. } = program.end();
    assert!(lines.len() > 50, "{lines:#?}");
    search.assert_clean("the server's log", &lines.join("\n"));
    search.assert_clean("standard error", &errors);
    search.assert_finds_all(&asked.replace("\\\\", "\\"));
}

#[test]
fn a_file_that_cannot_be_used_is_not_quoted_where_a_secret_may_be() {
    let search = Search::default();
    let home = tempfile::tempdir().unwrap();
    let secrets = combinations();
    let (jwt, session, cookie) = (&secrets[0], &secrets[30], &secrets[40]);
    let profile = |line: &str| format!("name = 'x'\napi = 'http://127.0.0.1:1'\n{line}\n");
    let header = r#"{"format":"1.1","program":"0","profile":{},"seed":"#;
    for (name, text) in [
        ("unknown.toml", profile(&format!("jwt = '{jwt}'"))),
        ("password.toml", profile(&format!("websocket = 'ws://anne:{cookie}@127.0.0.1:1'"))),
        ("query.toml", profile(&format!("websocket = 'ws://127.0.0.1:1/?ticket={session}'"))),
        ("origin.toml", profile(&format!("origin = 'http://{cookie}@x/{session}'"))),
        ("type.toml", profile(&format!("timeouts = '{session}'"))),
        ("broken.toml", profile(&format!("token = {jwt}"))),
    ] {
        fs::write(home.path().join(name), text).unwrap();
        for command in ["watch", "check"] {
            let said = said(home.path(), &[command, "--profile", name, "--keychain", "memory", "--log", "trace"]);
            assert!(said.contains(name), "{said}");
            search.assert_clean(name, &said);
        }
    }
    for (name, text) in [
        ("header.jsonl", format!("{header}\"{session}\"}}\n")),
        ("line.jsonl", format!("{{\"ticket\":\"{session}\"}}\n{jwt}\n")),
        ("words.jsonl", format!("{jwt} {session}\n")),
    ] {
        fs::write(home.path().join(name), text).unwrap();
        for arguments in [&["replay", name][..], &["diff", name, name], &["report", name, "-o", "x.zip"]] {
            search.assert_clean(name, &said(home.path(), arguments));
        }
    }
    fs::write(home.path().join("drill.toml"), format!("name = 'x'\nsteps = ['{jwt}', '{session}']\n")).unwrap();
    search.assert_clean("the drill", &said(home.path(), &["drill", "drill.toml"]));
}
