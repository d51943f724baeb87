//! `ticketscope drill` as a build server sees it.

use std::fs;
use std::path::Path;
use std::process::Command;

use ticketscope::drill::{DrillLibrary, Outcome};

use crate::{can_run, drill, failures, outcomes};

/// What the program left: its exit code, standard output and standard error.
struct Ended {
    code: Option<i32>,
    output: String,
    errors: String,
}

/// Runs the program with `home` as its home folder. A drill is limited in time, so this is too.
fn program(home: &Path, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    command.args(arguments).current_dir(home).env("HOME", home).env("XDG_CONFIG_HOME", home.join("config"));
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended { code: output.status.code(), output: text(output.stdout), errors: text(output.stderr) }
}

/// The names of the elements of an XML document, each with whether it opens; panics where it is not well-formed.
fn elements(xml: &str) -> Vec<&str> {
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").expect("a declaration");
    let (mut open, mut seen) = (Vec::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].replace("&lt;", "").contains(['<', '>']), "{}", &rest[..at]);
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => {
                let name = tag.split([' ', '/']).next().unwrap();
                assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
                seen.push(name);
                if !tag.ends_with('/') {
                    open.push(name);
                }
            }
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{open:?}");
    seen
}

#[test]
fn drill_all_passes_and_writes_junit() {
    let home = tempfile::tempdir().unwrap();
    let Ended { code, output, .. } = program(home.path(), &["drill", "all", "--junit", "results.xml"]);
    assert_eq!(code, Some(0), "{output}");
    let drills = DrillLibrary::shipped().usable.len();
    let runnable = DrillLibrary::shipped().usable.iter().filter(|(_, drill)| can_run(drill)).count();
    let not_run = drills - runnable;
    assert_eq!(output.lines().filter(|line| line.starts_with('✓')).count(), runnable, "{output}");
    assert!(output.contains(&format!("{runnable} passed, 0 failed, {not_run} not run")), "{output}");
    let xml = fs::read_to_string(home.path().join("results.xml")).unwrap();
    let elements = elements(&xml);
    assert_eq!(elements.iter().filter(|name| **name == "testcase").count(), drills);
    assert!(!elements.contains(&"failure"), "{xml}");
    let counts = [format!("tests=\"{drills}\""), format!("skipped=\"{not_run}\""), "failures=\"0\"".to_owned()];
    assert!(counts.iter().all(|count| xml.contains(count)), "{xml}");
}

const WRONG: &str = "name = 'A <wrong> & \"bad\" one'\nshows = 'x'\n\
    steps = ['connect', { wait = { status = 'connected' } }]\n\
    expect = [{ never = { line = '[WS] Connected' } }, { status = 'connected' }]\n";

#[test]
fn a_failed_drill_says_what_broke_it_in_every_format() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("wrong.toml"), WRONG).unwrap();
    fs::write(home.path().join("results.xml"), "of an earlier run").unwrap();
    let Ended { code, output, .. } = program(home.path(), &["drill", "wrong.toml", "--junit", "results.xml"]);
    assert_eq!(code, Some(1));
    assert!(output.contains("never “[WS] Connected”: it happened once"), "{output}");
    assert!(output.contains(" [WS] Connected\n"), "the entry that broke it is shown: {output}");
    let xml = fs::read_to_string(home.path().join("results.xml")).unwrap();
    assert!(elements(&xml).contains(&"failure"));
    assert!(xml.contains("name=\"A &lt;wrong&gt; &amp; &quot;bad&quot; one\""), "{xml}");

    let Ended { output, .. } = program(home.path(), &["drill", "wrong.toml", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!((json["failed"].as_u64(), json["format"].as_str()), (Some(1), Some("1.0")));
    let result = &json["drills"][0];
    let broken = result["expectations"][0]["problem"]["entries"][0].as_u64().unwrap();
    let entry = result["entries"].as_array().unwrap().iter().find(|entry| entry["seq"] == broken).unwrap();
    assert_eq!(entry["event"]["type"], "connected");
    assert!(result["expectations"][1]["problem"].is_null());
}

#[test]
fn wrong_use_is_told_apart_from_failure() {
    let home = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(home.path().join(name), text).unwrap();
    write("typo.toml", &WRONG.replace("'connect',", "'conect',"));
    let elsewhere =
        "name = 'x'\napi = 'http://127.0.0.1:9'\nwebsocket = 'ws://127.0.0.1:9'\norigin = 'http://a.test'\n";
    write("elsewhere.toml", elsewhere);
    let typo = program(home.path(), &["drill", "typo.toml"]);
    assert_eq!(typo.code, Some(2));
    assert!(typo.errors.contains("typo.toml:3:") && typo.errors.contains("retry-now"), "{}", typo.errors);

    let unknown = program(home.path(), &["drill", "seed-test-9"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.errors.contains("seed-test-1"), "{}", unknown.errors);

    let unwritable = program(home.path(), &["drill", "seed-test-1", "--junit", "missing/results.xml"]);
    assert_eq!(unwritable.code, Some(2));
    assert!(unwritable.errors.contains("missing/results.xml: ") && unwritable.output.is_empty());

    // What cannot be run there is not called passed.
    let not_run = program(home.path(), &["drill", "seed-test-6", "--profile", "elsewhere.toml"]);
    assert_eq!(not_run.code, Some(2));
    assert!(not_run.output.contains("not run: needs the local server"), "{}", not_run.output);

    let listed = program(home.path(), &["drill", "--list"]).output;
    assert!(listed.contains("refresh-loop") && listed.contains("Scenario 4: Redis down"), "{listed}");
}

#[test]
fn the_same_seed_gives_the_same_waits_and_another_one_others() {
    let drills = [drill("seed-test-5")];
    let waits = |seed| {
        let outcome = outcomes(&drills, seed).into_values().next().unwrap();
        assert!(outcome.passed(), "{:?}", failures(&outcome));
        assert!(outcome.simulated);
        reconnecting(&outcome)
    };
    let first = waits(Some(3));
    assert_eq!(first.len(), 3);
    assert_eq!(waits(Some(3)), first);
    assert_ne!(waits(Some(4)), first);
}

fn reconnecting(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.entries.iter().flat_map(|entry| ticketscope::journal::lines(entry));
    lines.map(|line| line.to_string()).filter(|line| line.starts_with("[WS] Reconnecting")).collect()
}

#[cfg(unix)]
#[test]
fn results_of_an_earlier_run_stay_until_the_new_ones_are_there() {
    let home = tempfile::tempdir().unwrap();
    let endless = WRONG.replace("{ wait = { status = 'connected' } }", "{ wait = { status = 'stopped' } }");
    fs::write(home.path().join("endless.toml"), endless).unwrap();
    let results = home.path().join("results.xml");
    fs::write(&results, "of an earlier run").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    command.args(["drill", "endless.toml", "--junit", "results.xml"]).current_dir(home.path());
    command.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path().join("config"));
    let mut child = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    // By then it has looked at the file: its drill has a server that listens.
    let listens = || {
        let sockets = fs::read_dir(format!("/proc/{}/fd", child.id())).into_iter().flatten().flatten();
        sockets.filter_map(|fd| fs::read_link(fd.path()).ok()).any(|to| to.to_string_lossy().starts_with("socket:"))
    };
    while cfg!(target_os = "linux") && !listens() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read_to_string(&results).unwrap(), "of an earlier run");
    assert_eq!(fs::read_dir(home.path()).unwrap().filter(|file| file.as_ref().unwrap().path().is_file()).count(), 2);
}

/// The example in the documentation is a drill, and passes.
#[test]
fn the_example_in_the_documentation_passes() {
    let page = include_str!("../../assets/docs/qa.md");
    let after = page.split_once("A whole one:").unwrap().1;
    let example = after.split("```").nth(1).unwrap().strip_prefix("toml\n").unwrap();
    let drills = [ticketscope::drill::Drill::from_toml(example).unwrap()];
    for outcome in outcomes(&drills, None).values() {
        assert!(outcome.passed(), "{:?}", failures(outcome));
    }
}

#[test]
fn without_redis_server_its_drill_is_not_run_and_not_called_passed() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ticketscope"));
    command.args(["drill", "redis-killed", "--junit", "results.xml"]).current_dir(home.path());
    let output = command.env("HOME", home.path()).env("PATH", home.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("50 connects: not run: needs redis-server") && text.contains("0 passed"), "{text}");
    let xml = fs::read_to_string(home.path().join("results.xml")).unwrap();
    assert!(elements(&xml).contains(&"skipped"), "{xml}");
}
