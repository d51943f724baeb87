//! What can be copied for other programs, used by those programs.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use chrono::DateTime;
use serde_json::Value;
use strum::IntoEnumIterator as _;
use ticketscope::backend::Config;
use ticketscope::export::{Format, Session};
use ticketscope::faults::Fault;
use ticketscope::journal::recording::{Header, Recording};
use ticketscope::model::*;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use crate::local_server::LocalServer;
use crate::program::Program;
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

/// A session with `profile` in which `entries` happened.
fn session(profile: &Profile, entries: &[Arc<Entry>]) -> Session<'static> {
    Session::new(Header::new(profile, 7, DateTime::UNIX_EPOCH), entries.to_vec(), Vec::new())
}

/// Opens the socket at `url` with `origin`; the status of the answer.
fn upgrade(url: &str, origin: &str) -> u16 {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("origin", origin.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (_, answer) = runtime.block_on(tokio_tungstenite::connect_async(request)).unwrap();
    answer.status().as_u16()
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
    let script = Format::Curl.write(session(&profile, &[]));
    assert!(Command::new("sh").args(["-n", "-c", &script]).status().unwrap().success());
    let [token, ticket] = commands(&script)[..] else { panic!("{script}") };
    let jwt = answer(token, "")["token"].as_str().unwrap().to_owned();
    let ticket = answer(ticket, &jwt)["ticket"].as_str().unwrap().to_owned();
    assert_eq!(ticket.len(), 32);

    let script = Format::Websocat.write(session(&profile, &[]));
    assert!(Command::new("sh").args(["-n", "-c", &script]).status().unwrap().success());
    // What the program would be given, taken to another client.
    let print = format!("websocat() {{ printf '%s\\n' \"$@\"; }}\n{script}");
    let words = String::from_utf8(shell(&print, ("TICKET", &ticket)).stdout).unwrap();
    let [origin, url] = words.lines().collect::<Vec<_>>()[..] else { panic!("{words}") };
    let (name, value) = origin.strip_prefix("--header=").unwrap().split_once(": ").unwrap();
    assert_eq!((name, value), ("Origin", ORIGIN));
    assert_eq!(upgrade(url, value), 101);
}

/// What stands in for k6: requests are made by curl, one after the other as k6 does, and the socket is told to standard
/// output instead of opened.
const K6: [(&str, &str); 4] = [
    (
        "package.json",
        r#"{ "type": "module", "exports": { ".": "./index.js", "./http": "./http.js", "./ws": "./ws.js" } }"#,
    ),
    (
        "index.js",
        "export const check = (value, checks) => Object.entries(checks).every(([name, holds]) => {
             console.log(`check ${name}: ${holds(value)}`);
             return holds(value);
         });
         export const fail = (why) => { throw new Error(why); };",
    ),
    (
        "http.js",
        r#"import { execFileSync } from 'node:child_process';
        export default { request(method, url, body, { headers, redirects }) {
            if (redirects !== 0) throw new Error('redirects');
            const named = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
            const data = body === null ? [] : ['--data', body];
            const options = ['--silent', '--include', '--request', method, ...named, ...data, url];
            const [head, text] = execFileSync('curl', options, { encoding: 'utf8' }).split('\r\n\r\n');
            return { status: Number(head.split(' ')[1]), json: () => JSON.parse(text) };
        } };"#,
    ),
    (
        "ws.js",
        "export default { connect(url, { headers, tags }, opened) {
             console.log(`socket ${url} ${headers.Origin} ${tags.name} ${tags.url}`);
             const later = {};
             opened({ on: (event, act) => { later[event] = act; }, setTimeout: (act, after) => {
                 console.log(`open ${after}`); act(); }, close: () => console.log('closed') });
             later.open();
             return { status: 101 };
         } };",
    ),
];

/// Runs `script` as k6 would, in `folder`.
fn run_k6(folder: &Path, script: &str, environment: &str) -> Output {
    let modules = folder.join("node_modules/k6");
    fs::create_dir_all(&modules).unwrap();
    K6.iter().for_each(|(file, text)| fs::write(modules.join(file), text).unwrap());
    fs::write(folder.join("script.mjs"), script).unwrap();
    let run = format!("globalThis.__ENV = {environment}; (await import('./script.mjs')).default()");
    let arguments = ["--input-type=module", "--eval", &run];
    Command::new("node").args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn the_script_for_k6_does_the_three_steps_with_secrets_from_its_environment() {
    if !has("curl") || !has("node") {
        return;
    }
    let server = LocalServer::start(Config::default());
    let profile = server.profile();
    let script = Format::K6.write(session(&profile, &[]));
    let folder = tempfile::tempdir().unwrap();
    let run = run_k6(folder.path(), &script, "{}");
    let said = String::from_utf8(run.stdout).unwrap();
    assert!(run.status.success(), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    for check in ["token: status 200", "ticket: status 200", "socket: status 101"] {
        assert!(said.contains(&format!("check {check}: true")), "{said}");
    }
    assert!(said.contains("open 10000\nclosed"), "{said}");
    let socket = said.lines().find_map(|line| line.strip_prefix("socket ")).unwrap();
    let [url, origin, name, tag] = socket.split(' ').collect::<Vec<_>>()[..] else { panic!("{socket}") };
    assert_eq!(upgrade(url, origin), 101);
    let (plain, ticket) = url.split_once("?ticket=").unwrap();
    assert_eq!((origin, name, tag, ticket.len()), (ORIGIN, plain, plain, 32));

    let refused = run_k6(folder.path(), &script, "{ JWT: 'not a JWT of this server', HOLD: '3' }");
    assert!(!refused.status.success());
    let said = String::from_utf8(refused.stdout).unwrap() + &String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("check ticket: status 200: false") && said.contains("ticket: 401"), "{said}");
    assert!(!said.contains("check token") && !said.contains("not a JWT"), "{said}");
}

/// An attempt that ended in words that a spreadsheet might run, and a shell or a table might take apart.
fn hostile() -> Vec<Arc<Entry>> {
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
        Arc::new(Entry { seq, elapsed, time, attempt, source: Source::Flow, simulated, event })
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
    fs::write(folder.path().join("a.csv"), Format::Csv.write(session(&profile, &entries))).unwrap();
    fs::write(folder.path().join("a.json"), Format::Json.write(session(&profile, &entries))).unwrap();
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
    let trace = Format::Trace.write(session(&Profile::production(), &entries));
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
            "i" => assert!(event["s"] == "t" && ts.unwrap() / 1e3 <= session_ms + 0.001, "{event}"),
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

#[test]
fn a_build_server_sees_each_attempt_with_what_was_found_wrong() {
    if !has("python3") {
        return;
    }
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::Simulate503, Some(2));
    watcher.retry_now();
    watcher.connected(3);
    let entries = watcher.entries();
    watcher.close();
    let folder = tempfile::tempdir().unwrap();
    let demo = Profile::local_demo(([127, 0, 0, 1], 0).into());
    let xml = Format::Junit.write(session(&demo, &entries));
    fs::write(folder.path().join("a.xml"), &xml).unwrap();
    let script = "import json, xml.etree.ElementTree as tree; suite = tree.parse('a.xml').getroot()[0]; \
                  print(json.dumps([suite.attrib, [[case.attrib, [[part.tag, part.attrib, part.text] for part in case]] \
                  for case in suite.iter('testcase')]]))";
    let run = Command::new("python3").args(["-c", script]).current_dir(folder.path()).output().unwrap();
    let [suite, cases]: [Value; 2] = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!((&suite["tests"], &suite["failures"], &suite["skipped"]), (&"4".into(), &"2".into(), &"0".into()));
    for (number, case) in cases.as_array().unwrap().iter().enumerate() {
        assert_eq!(case[0]["name"], format!("attempt {number}"));
        let parts = case[1].as_array().unwrap();
        if [0, 3].contains(&number) {
            assert!(parts.is_empty(), "{case}");
            continue;
        }
        let [failure, log] = &parts[..] else { panic!("{case}") };
        assert_eq!((&failure[0], &failure[1]["type"]), (&"failure".into(), &"ticket-store-down".into()));
        assert!(failure[1]["message"].as_str().unwrap().starts_with("SIMULATED simulate-503: "), "{failure}");
        assert!(failure[2].as_str().unwrap().contains("\nWho can fix it: "), "{failure}");
        assert!(log[0] == "system-out" && log[2].as_str().unwrap().contains("[SIMULATED simulate-503]"), "{log}");
    }
}

#[test]
fn an_archive_marks_the_requests_whose_answers_were_made_up() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::UpgradeStatus { status: 503 }, Some(1));
    watcher.retry_now();
    watcher.connected(2);
    let entries = watcher.entries();
    watcher.close();
    let demo = Profile::local_demo(([127, 0, 0, 1], 0).into());
    let archive: Value = serde_json::from_str(&Format::Har.write(session(&demo, &entries))).unwrap();
    let requests = archive["log"]["entries"].as_array().unwrap();
    let upgrades = requests.iter().filter(|request| request["request"]["url"].as_str().unwrap().ends_with("/ws"));
    let answers: Vec<_> = upgrades.map(|request| (&request["response"]["status"], &request["_simulated"])).collect();
    let (plain, made_up) = (Value::Null, Value::from("upgrade-status"));
    assert_eq!(answers, [(&101.into(), &plain), (&503.into(), &made_up), (&101.into(), &plain)], "{archive}");
}

#[test]
fn every_format_is_written_from_a_recording_and_no_file_is_replaced() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/1.2.jsonl");
    let recording = Recording::open(Path::new(kept)).unwrap();
    for format in Format::iter() {
        let ended = Program::run(&["export", kept, "--as", format.name()]);
        assert_eq!(ended.code, Some(0), "{}: {}", format.name(), ended.errors);
        let written = format.write(Session::recorded(&recording));
        assert!(ended.lines.iter().map(String::as_str).eq(written.lines()), "{}", format.name());
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.csv");
    let out = out.to_str().unwrap();
    let arguments = ["export", kept, "--as", "csv", "-o", out];
    let written = Program::run(&arguments);
    assert_eq!((written.code, written.lines), (Some(0), vec![format!("CSV is in {out}")]));
    let table = fs::read_to_string(out).unwrap();
    assert_eq!(table, Format::Csv.write(Session::recorded(&recording)));
    fs::write(out, "mine").unwrap();
    let again = Program::run(&arguments);
    assert_eq!((again.code, again.lines.len()), (Some(2), 0));
    assert!(again.errors.contains("there is such a file already"), "{}", again.errors);
    assert_eq!(fs::read_to_string(out).unwrap(), "mine");
}

#[test]
fn a_format_or_a_file_that_is_none_is_wrong_use() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/1.2.jsonl");
    let unknown = Program::run(&["export", kept, "--as", "xlsx"]);
    assert_eq!(unknown.code, Some(2));
    assert!(Format::iter().all(|format| unknown.errors.contains(format.name())), "{}", unknown.errors);
    let missing = Program::run(&["export", "missing.jsonl", "--as", "csv"]);
    assert_eq!(missing.code, Some(2));
    assert!(missing.errors.contains("missing.jsonl: "), "{}", missing.errors);
}

#[test]
fn what_a_recording_lacks_its_export_is_said_to_lack_too() {
    let kept = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recordings/1.2.jsonl")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let cut = folder.path().join("cut.jsonl");
    fs::write(&cut, &kept[..kept.len() - 40]).unwrap();
    let ended = Program::run(&["export", cut.to_str().unwrap(), "--as", "json"]);
    assert_eq!(ended.code, Some(0));
    assert!(serde_json::from_str::<Value>(&ended.lines.concat()).is_ok());
    assert!(ended.errors.contains("bytes of a last line that was cut off are lost"), "{}", ended.errors);
}
