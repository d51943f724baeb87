//! What can be copied for other programs, used by those programs.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::process::{Command, Output};

use chrono::DateTime;
use serde_json::Value;
use ticketscope::backend::Config;
use ticketscope::faults::Fault;
use ticketscope::journal::export::Format;
use ticketscope::model::*;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::local_server::LocalServer;
use crate::watcher::{ORIGIN, Watcher};

/// Whether `program` can be run; if not it is said.
fn has(program: &str) -> bool {
    let is_there = Command::new(program).arg("--version").output().is_ok();
    if !is_there {
        assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "needs {program}");
        println!("skipped: needs {program}");
    }
    is_there
}

/// The commands of a script, without its remarks.
fn commands(script: &str) -> Vec<&str> {
    script.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

fn shell(script: &str, variable: (&str, &str)) -> Output {
    Command::new("sh").args(["-c", script]).env(variable.0, variable.1).output().unwrap()
}

/// The JSON of an answer whose head is printed too.
fn answer(command: &str, jwt: &str) -> Value {
    let run = shell(command, ("JWT", jwt));
    let text = String::from_utf8(run.stdout).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{command}: {text}"));
    assert!(head.starts_with("HTTP/1.1 200"), "{text}");
    serde_json::from_str(body).unwrap()
}

#[test]
fn curl_and_the_socket_command_do_the_three_steps() {
    if !has("curl") {
        return;
    }
    let server = LocalServer::start(Config::default());
    let profile = server.profile();
    let script = Format::Curl.write(&profile, &[]);
    assert!(Command::new("sh").args(["-n", "-c", &script]).status().unwrap().success());
    let [token, ticket] = commands(&script)[..] else { panic!("{script}") };
    let jwt = answer(token, "")["token"].as_str().unwrap().to_owned();
    let ticket = answer(ticket, &jwt)["ticket"].as_str().unwrap().to_owned();
    assert_eq!(ticket.len(), 32);

    let script = Format::Websocat.write(&profile, &[]);
    assert!(Command::new("sh").args(["-n", "-c", &script]).status().unwrap().success());
    // What the program would be given, taken to another client.
    let print = format!("websocat() {{ printf '%s\\n' \"$@\"; }}\n{script}");
    let words = String::from_utf8(shell(&print, ("TICKET", &ticket)).stdout).unwrap();
    let [origin, url] = words.lines().collect::<Vec<_>>()[..] else { panic!("{words}") };
    let mut request = url.into_client_request().unwrap();
    let (name, value) = origin.strip_prefix("--header=").unwrap().split_once(": ").unwrap();
    assert_eq!((name, value), ("Origin", ORIGIN));
    request.headers_mut().insert("origin", value.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_, answer) = runtime.block_on(tokio_tungstenite::connect_async(request)).unwrap();
    assert_eq!(answer.status(), 101);
}

/// An attempt that ended in words that a spreadsheet might run, and a shell or a table might take apart.
fn hostile() -> Vec<std::sync::Arc<Entry>> {
    let reasons = ["=cmd|' /C calc'!A0", "+1;=2", "-1", "@SUM(1)", "a \"b\", c", "\t=1", "ü\u{202e}"];
    let attempts = (0..).zip(reasons).flat_map(|(number, reason)| {
        let close = Close::received(Some(4001), reason);
        let events = [
            Event::Flow(FlowEvent::AttemptStarted { trigger: Trigger::Person }),
            Event::Flow(FlowEvent::Disconnected { close, class: Some(Class::Soft) }),
        ];
        events.map(|event| (number, reason, event))
    });
    let entry = |(seq, (attempt, reason, event)): (u64, (u64, &str, Event))| {
        let (elapsed, time) = (Moment::from_millis(seq), DateTime::UNIX_EPOCH);
        let (attempt, simulated) = (Some(AttemptId(attempt)), Some(FaultName::new(reason)));
        std::sync::Arc::new(Entry { seq, elapsed, time, attempt, source: Source::Flow, simulated, event })
    };
    (0..).zip(attempts).map(entry).collect()
}

#[test]
fn another_reader_gets_the_same_table_and_no_cell_is_a_formula() {
    if !has("python3") {
        return;
    }
    let (entries, profile) = (hostile(), Profile::production());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.csv"), Format::Csv.write(&profile, &entries)).unwrap();
    fs::write(folder.path().join("a.json"), Format::Json.write(&profile, &entries)).unwrap();
    let script = "import csv, json; print(json.dumps([list(csv.DictReader(open('a.csv', newline='', encoding='utf-8'))), \
                  json.load(open('a.json', encoding='utf-8'))]))";
    let run = Command::new("python3").args(["-c", script]).current_dir(folder.path()).output().unwrap();
    let [table, document]: [Value; 2] = serde_json::from_slice(&run.stdout).unwrap();
    let (rows, attempts) = (table.as_array().unwrap(), document["attempts"].as_array().unwrap());
    assert_eq!((rows.len(), attempts.len()), (7, 7));
    for (row, attempt) in rows.iter().zip(attempts) {
        let cells: HashMap<&str, &str> =
            row.as_object().unwrap().iter().map(|(name, cell)| (name.as_str(), cell.as_str().unwrap())).collect();
        assert_eq!(cells["outcome"], attempt["outcome"].as_str().unwrap());
        assert_eq!(cells["simulated"].trim_start_matches('\''), attempt["simulated"].as_str().unwrap());
        assert!(cells.values().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t'])), "{cells:?}");
    }
}

#[test]
fn a_trace_of_a_real_session_keeps_the_rules_of_its_format() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::Simulate503, Some(2));
    watcher.retry_now();
    watcher.connected(3);
    let entries = watcher.entries();
    let session_ms = entries.last().unwrap().elapsed.as_nanos() as f64 / 1e6;
    let trace = Format::Trace.write(&Profile::production(), &entries);
    watcher.close();
    let document: Value = serde_json::from_str(&trace).unwrap();
    let events = document["traceEvents"].as_array().unwrap();
    let (mut named, mut bars) = (Vec::new(), BTreeMap::<u64, Vec<(f64, f64)>>::new());
    for event in events {
        assert!(event["name"].is_string() && event["pid"].is_u64(), "{event}");
        let lane = event["tid"].as_u64().unwrap();
        let ts = event["ts"].as_f64();
        match event["ph"].as_str().unwrap() {
            "M" if event["name"] == "thread_name" => named.push(lane),
            "M" => assert_eq!(event["name"], "process_name"),
            "X" => {
                let (start, duration) = (ts.unwrap(), event["dur"].as_f64().unwrap());
                assert!(start >= 0.0 && duration >= 0.0 && (start + duration) / 1e3 <= session_ms + 0.001, "{event}");
                bars.entry(lane).or_default().push((start, start + duration));
            }
            "i" => assert!(event["s"] == "t" && ts.unwrap() / 1e3 <= session_ms, "{event}"),
            other => panic!("{other}"),
        }
    }
    assert!(bars.keys().all(|lane| named.contains(lane)), "every lane has a name");
    for (lane, mut bars) in bars {
        // A viewer draws bars of one lane within one another or side by side, nothing else.
        bars.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
        for pair in bars.windows(2) {
            let [(_, end), (next, next_end)] = pair else { unreachable!() };
            assert!(next >= end || next_end <= end || (next - end).abs() < 1.0, "lane {lane}: {pair:?} overlap");
        }
    }
    let count = |name: &str| events.iter().filter(|event| event["name"] == name).count();
    assert_eq!((count("open"), count("wait"), count("failed")), (2, 2, 2), "{trace}");
    assert!(trace.contains("still open") && count("SIMULATED simulate-503") == 2);
}
