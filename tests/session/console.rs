//! `watch` and `serve` as a shell sees them: lines, exit codes, signals.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use ticketscope::journal::recording::Recording;
use ticketscope::journal::{Level, lines};
use ticketscope::model::{Entry, Event, FaultEvent};
use tokio::time::Instant;

use crate::program::{Ended, Program, command, wait};
use crate::scenarios::FIRST;
use crate::script::{Script, Step};
use crate::watcher::{LIMIT, ORIGIN, profile_text};

/// A home folder with a profile in it: its path there is `bench.toml`.
pub fn home_with(profile: &str) -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("bench.toml"), profile).unwrap();
    home
}

fn watch_in(home: TempDir, more: &[&str]) -> Program {
    let common = ["watch", "--keychain", "memory", "--profile", "bench.toml"];
    Program::start_in(home, &[&common, more].concat())
}

fn watch(script: &Script, more: &[&str]) -> Program {
    watch_in(home_with(&profile_text(script.address, "")), more)
}

/// The `[WS]` and `[Auth]` lines without their times.
fn seed_lines(ended: &Ended) -> Vec<&str> {
    let lines = ended.lines.iter().filter_map(|line| Some(line.split_once(' ')?.1));
    lines.filter(|line| line.starts_with("[WS]") || line.starts_with("[Auth]")).collect()
}

#[test]
fn watching_the_demo_until_connected_prints_the_seeds_lines() {
    let ended = Program::run(&["watch", "--keychain", "memory", "--until", "connected"]);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert!(ended.lines[0].starts_with("Local demo: http://127.0.0.1:"), "{}", ended.lines[0]);
    assert_eq!(seed_lines(&ended)[..7], FIRST);
    assert!(ended.lines.last().unwrap().starts_with("CONNECTED: "), "{:#?}", ended.lines);
    assert_eq!(ended.errors, "");
    let time = ended.lines[2].split_once(' ').unwrap().0;
    assert!(time.len() == 12 && time.replace([':', '.'], "").bytes().all(|b| b.is_ascii_digit()), "{time}");
}

fn blocking() -> Script {
    Script::new(|request| match request.step {
        Step::Socket => request.open_and_close(1008, "ORIGIN_BLOCKED"),
        _ => request.contract(),
    })
}

#[test]
fn a_hard_failure_ends_watching_and_the_exit_code_says_whether_it_was_wanted() {
    let script = blocking();
    for (arguments, code) in [(&["--until", "stopped"][..], 0), (&[], 1)] {
        let ended = watch(&script, arguments).end();
        assert_eq!(ended.code, Some(code), "{:#?}", ended.lines);
        let expected =
            "[WS] Hard failure - stopping reconnect { code: 1008, reason: 'ORIGIN_BLOCKED', wasClean: true }";
        assert_eq!(seed_lines(&ended)[8], expected);
        let last = ended.lines.last().unwrap();
        assert!(
            last.starts_with("STOPPED: ") && last.contains("Each x-trace-id of this session begins with "),
            "{last}"
        );
    }
    // That the socket was open for a moment is what was asked for, however fast its end follows.
    for _ in 0..5 {
        let ended = watch(&script, &["--until", "connected"]).end();
        assert_eq!(ended.code, Some(0), "{:#?}", ended.lines);
    }
}

#[test]
fn watching_what_is_not_there_for_a_second_is_not_well() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ended = watch_in(home_with(&profile_text(nobody, "")), &["--for", "1s"]).end();
    assert_eq!(ended.code, Some(1));
    let last = ended.lines.last().unwrap();
    assert!(last.starts_with("RECONNECTING: ") || last.starts_with("CONNECTING: "), "{last}");
    assert!(seed_lines(&ended).iter().any(|line| line.starts_with("[WS] Reconnecting in ")));
}

#[test]
fn a_time_without_end_is_one() {
    let ended = Program::run(&["watch", "--keychain", "memory", "--until", "connected", "--for", "500000000000y"]);
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
}

#[test]
fn jsonl_is_a_header_and_entries_that_read_back_the_same() {
    let script = Script::new(|request| match (request.step, request.number) {
        (Step::Ticket, 0) => request.answer(503, "Retry-After: 1\r\n", r#"{"code":"REDIS_UNAVAILABLE"}"#),
        (Step::Socket, 0) => request.answer(502, "server: x\r\n", "<html>bad gateway"),
        (Step::Socket, 1) => request.open_and_close(1001, "SERVER_SHUTDOWN"),
        (Step::Socket, _) => request.open_and_close(1008, "ORIGIN_BLOCKED"),
        _ => request.contract(),
    });
    let ended = watch(&script, &["--format", "jsonl", "--seed", "7"]).end();
    assert_eq!(ended.code, Some(1));
    let header: serde_json::Value = serde_json::from_str(&ended.lines[0]).unwrap();
    assert_eq!((&header["format"], &header["seed"]), (&"1.3".into(), &7.into()));
    assert_eq!(header["profile"]["name"], "Bench");
    let mut kinds = Vec::new();
    let (verdict, entries) = ended.lines[1..].split_last().unwrap();
    let verdict: serde_json::Value = serde_json::from_str(verdict).unwrap();
    assert_eq!(verdict["verdict"]["findings"][0]["code"], "origin-blocked");
    for (number, line) in entries.iter().enumerate() {
        let entry: Entry = serde_json::from_str(line).unwrap();
        assert_eq!(entry.seq, number as u64);
        assert_eq!(serde_json::to_string(&entry).unwrap(), *line);
        kinds.extend(lines(&entry).into_iter().filter(|line| line.level == Level::Error));
    }
    assert_eq!(kinds.len(), 3, "503, 502 and the stop: {kinds:?}");
}

#[test]
fn a_profile_that_cannot_be_used_is_told_in_one_line() {
    let good = profile_text("127.0.0.1:1", "");
    for (text, line, expected) in [
        (format!("{good}[backof]\n"), 6, "backof"),
        (good.replace("'Bench'", "7"), 1, "a text"),
        (good.replace("'http:", "'ftp:"), 2, "https://api.example.com"),
        (good.replace("name =", "name"), 1, "="),
        (format!("{good}[timeouts]\nping = '0s'\n"), 7, "longer than 0s"),
    ] {
        let ended = watch_in(home_with(&text), &[]).end();
        assert_eq!((ended.code, &ended.lines[..]), (Some(2), &[][..]));
        assert_eq!(ended.errors.lines().count(), 1, "{}", ended.errors);
        assert!(ended.errors.starts_with(&format!("ticketscope: bench.toml:{line}:")), "{}", ended.errors);
        assert!(ended.errors.contains(expected) && !ended.errors.contains(r"\u{"), "{}", ended.errors);
    }
    for (name, expected) in [("missing.toml", "missing.toml: "), ("Prod", "Local demo, Production")] {
        let ended = Program::run(&["watch", "--profile", name]);
        assert_eq!((ended.code, ended.errors.lines().count()), (Some(2), 1), "{}", ended.errors);
        assert!(ended.errors.contains(expected), "{}", ended.errors);
    }
}

#[test]
fn nobody_reading_is_not_a_panic() {
    let script = Script::contract();
    let home = home_with(&profile_text(script.address, "[timeouts]\nping = '50ms'"));
    for more in [&["--verbose"][..], &["--format", "jsonl"]] {
        let arguments = [&["watch", "--keychain", "memory", "--profile", "bench.toml"], more].concat();
        let mut child = command(home.path(), &arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let code = wait(&mut child).code();
        assert!(matches!(code, Some(0 | 1)), "{code:?}: whether it was connected, and nothing else");
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_eq!(errors, "");
    }
    // Neither is an error that nobody reads.
    let mut child = command(home.path(), &["watch", "--profile", "Prod"]).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(wait(&mut child).code(), Some(2));
}

#[test]
fn an_interrupt_or_the_systems_wish_closes_the_socket_properly() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let script = Script::contract();
        let mut program = watch(&script, &[]);
        program.line("[WS] Connected");
        program.signal(signal);
        assert_eq!(script.ending(), Some(1000));
        let ended = program.end();
        assert_eq!(ended.code, Some(0), "it was connected: {:#?}", ended.lines);
        assert!(ended.lines.iter().any(|line| line.contains("[WS] Disconnected { code: 1000")), "{:#?}", ended.lines);
        assert!(ended.lines.last().unwrap().starts_with("CONNECTED: "));
    }
}

#[test]
fn without_a_window_the_bare_command_says_so_in_one_line_and_watches() {
    let mut program = Program::start(&["--keychain", "memory"]);
    program.line("[WS] Connected");
    program.interrupt();
    let ended = program.end();
    assert_eq!(ended.code, Some(0), "{}", ended.errors);
    assert_eq!(ended.errors.lines().count(), 1, "{}", ended.errors);
    let why = if cfg!(feature = "window") { "no window can be opened here" } else { "this build has no window" };
    assert!(ended.errors.contains(why), "{}", ended.errors);
}

#[test]
fn a_pipe_gets_no_colours() {
    let script = blocking();
    let ended = watch(&script, &["--verbose"]).end();
    assert!(ended.lines.iter().any(|line| line.contains("[User] Connect")), "{:#?}", ended.lines);
    assert!(!ended.lines.concat().contains('\u{1b}') && !ended.errors.contains('\u{1b}'));
}

#[test]
fn a_terminal_gets_colours_unless_it_wants_none() {
    let home = tempfile::tempdir().unwrap();
    let on_terminal = |no_color: &str| {
        let script = blocking();
        fs::write(home.path().join("bench.toml"), profile_text(script.address, "")).unwrap();
        let program = env!("CARGO_BIN_EXE_ticketscope");
        let mut shell = std::process::Command::new("script");
        let inner = format!("{program} watch --keychain memory --profile bench.toml");
        shell.args(["-qec", &inner, "/dev/null"]).current_dir(home.path()).stdin(Stdio::null());
        shell.env("HOME", home.path()).env("NO_COLOR", no_color).output().ok()
    };
    let Some(coloured) = on_terminal("") else {
        assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "script is not installed");
        println!("skipped: needs script");
        return;
    };
    let text = |output: &std::process::Output| String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text(&coloured).contains("\u{1b}[31m[WS] Hard failure"), "{}", text(&coloured));
    let plain = text(&on_terminal("1").unwrap());
    assert!(plain.contains("[WS] Hard failure") && !plain.contains('\u{1b}'), "{plain}");
}

fn ask(address: &str, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(format!("{request}Host: {address}\r\nOrigin: {ORIGIN}\r\n\r\n").as_bytes()).unwrap();
    stream
}

#[test]
fn serve_says_where_answers_and_says_goodbye() {
    let mut server = Program::start(&["serve"]);
    let url = server.line("http://");
    let address = url.strip_prefix("http://").unwrap();
    let mut answer = String::new();
    ask(address, "GET /healthz HTTP/1.1\r\nConnection: close\r\n").read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains(r#""status":"UP""#), "{answer}");

    let home = home_with(&profile_text(address, "[backoff]\nbase = '1m'\ncap = '1m'"));
    let mut client = watch_in(home, &[]);
    client.line("[WS] Connected");
    server.line("websocket_connected { originHost: 'localhost' }");
    server.interrupt();
    client.line("[WS] Disconnected { code: 1001, reason: 'SERVER_SHUTDOWN', wasClean: true }");
    let ended = server.end();
    assert_eq!((ended.code, ended.errors.as_str()), (Some(0), ""));
    assert_eq!(ended.lines.last().unwrap(), "[Server] Stopped");
    client.interrupt();
    assert_eq!(client.end().code, Some(1), "the connection was not up at the end");
}

#[cfg(unix)]
#[test]
fn a_password_that_cannot_be_used_is_no_shorter_one() {
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("long"), "x".repeat(4_097)).unwrap();
    // With a password that is accepted it would end all the same: somebody listens there already.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let common = ["serve", "--listen", &address, "--redis", "redis://127.0.0.1:9"];
    let serve = |more: &[&str]| command(home.path(), &[&common, more].concat());
    let mut variable = serve(&[]);
    variable.env("TICKETSCOPE_REDIS_PASSWORD", <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff"));
    for (mut command, expected) in [
        (serve(&["--redis-password-file", "long"]), "long: expected a password alone, of at most 4096 bytes"),
        (variable, "what TICKETSCOPE_REDIS_PASSWORD holds is not UTF-8; put the password into a file instead"),
    ] {
        let output = command.output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), errors.trim_end()), (Some(2), &*format!("ticketscope: {expected}")));
    }
}

#[test]
fn serve_is_for_this_computer_only() {
    for arguments in [&["--listen", "0.0.0.0:0"][..], &["--listen", "nonsense"], &["--origins", "app.example"]] {
        let ended = Program::run(&[&["serve"], arguments].concat());
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.errors);
        assert!(!ended.errors.is_empty() && ended.lines.is_empty());
    }
}

#[test]
fn an_interrupt_in_a_flood_of_lines_is_not_lost() {
    let script = Script::new(|request| match request.step {
        Step::Socket => request.open_and_close(1001, "SERVER_SHUTDOWN"),
        _ => request.contract(),
    });
    let text = profile_text(script.address, "[backoff]\nbase = '10ms'\ncap = '10ms'");
    for _ in 0..5 {
        let mut program = watch_in(home_with(&text), &["--verbose"]);
        program.line("[WS] Connected");
        program.interrupt();
        program.end();
    }
}

#[test]
fn a_fault_can_be_armed_and_a_badge_stays_while_it_is() {
    let fault = r#"{ fault = "simulate-503", times = 1 }"#;
    let watch = ["watch", "--keychain", "memory", "--until", "connected", "--fault", fault];
    let ended = Program::run(&watch);
    assert_eq!(ended.code, Some(0), "{:#?}", ended.lines);
    let place = |part: &str| ended.lines.iter().position(|line| line.contains(part)).expect(part);
    let (on, off) = (place("⚠ 1 fault armed: simulate-503 (1 left)"), place("No fault is armed any more"));
    assert!(on < off && off < place("SIMULATED simulate-503"), "{:#?}", ended.lines);
    let (before, rest) = ended.lines.split_at(on + 1);
    let (during, after) = rest.split_at(off - on - 1);
    assert!(during.len() > 3 && during.iter().all(|line| line.contains(" ⚠ [")), "{during:#?}");
    assert!(!before[..on].concat().contains('⚠') && !after.concat().contains('⚠'), "{:#?}", ended.lines);
}

#[test]
fn what_acts_at_once_waits_for_the_first_connection() {
    let watch = ["watch", "--keychain", "memory", "--until", "connected", "--fault", "restart-server"];
    let ended = Program::run(&watch);
    assert_eq!(ended.code, Some(0), "{:#?}", ended.lines);
    let text = ended.lines.join("\n");
    assert!(text.contains("reason: 'SERVER_SHUTDOWN', wasClean: true } [SIMULATED restart-server]"), "{text}");
}

#[test]
fn a_fault_that_is_not_there_is_wrong_use_and_told_with_the_nearest() {
    let ended = Program::run(&["watch", "--keychain", "memory", "--fault", "block-orgin"]);
    assert_eq!((ended.code, ended.lines.len()), (Some(2), 0));
    assert!(ended.errors.contains("there is no fault \"block-orgin\"; did you mean block-origin"), "{}", ended.errors);
}

#[test]
fn armed_faults_are_events_in_jsonl() {
    let fault = r#"{ fault = "block-origin", probability = 1.0 }"#;
    let watch = ["watch", "--keychain", "memory", "--until", "stopped", "--format", "jsonl", "--fault", fault];
    let ended = Program::run(&watch);
    assert_eq!(ended.code, Some(0), "{:#?}", ended.lines);
    let (_verdict, entries) = ended.lines[1..].split_last().unwrap();
    let entries = entries.iter().map(|line| serde_json::from_str::<Entry>(line).unwrap());
    let armed: Vec<_> = entries.filter(|entry| matches!(entry.event, Event::Fault(FaultEvent::Armed { .. }))).collect();
    assert_eq!(armed.len(), 1);
}

/// Sends `child` a signal, as kill(1) spells it.
fn kill(child: &Child, signal: &str) {
    assert!(std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn a_pipe_that_nobody_reads_does_not_keep_a_program_from_ending() {
    for signal in ["-INT", "-TERM"] {
        let script = Script::new(|request| match request.step {
            Step::Socket => request.open_and_close(1001, "SERVER_SHUTDOWN"),
            _ => request.contract(),
        });
        let home = home_with(&profile_text(script.address, "[backoff]\nbase = '10ms'\ncap = '10ms'"));
        let arguments = ["watch", "--verbose", "--keychain", "memory", "--profile", "bench.toml", "--format", "jsonl"];
        let mut child = command(home.path(), &arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        output.read_exact(&mut [0; 1]).unwrap();
        // So many attempts fill the pipe, which holds 64 KiB, and whatever waits for it.
        let deadline = Instant::now() + LIMIT;
        while script.heard(Step::Socket).len() < 300 && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(10));
        }
        kill(&child, signal);
        assert!(wait(&mut child).code().is_some(), "{signal}: it ends by itself");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_that_nobody_reads_does_not_outlast_the_time_of_a_program() {
    let script = Script::new(|request| match request.step {
        Step::Socket => request.open_and_close(1001, "SERVER_SHUTDOWN"),
        _ => request.contract(),
    });
    let home = home_with(&profile_text(script.address, "[backoff]\nbase = '10ms'\ncap = '10ms'"));
    let arguments = "watch --verbose --keychain memory --profile bench.toml --format jsonl --for 3s";
    let arguments: Vec<_> = arguments.split(' ').collect();
    // As much as a pipe holds (pipe(7)): not even the first line has room.
    let (_nobody, mut pipe) = std::io::pipe().unwrap();
    pipe.write_all(&[b'x'; 64 << 10]).unwrap();
    let mut child = command(home.path(), &arguments).stdout(pipe).spawn().unwrap();
    assert!(wait(&mut child).code().is_some(), "it ends by itself");
    assert!(!script.heard(Step::Socket).is_empty(), "the control: it was at work");
}

#[test]
fn whoever_asks_twice_is_not_kept_waiting() {
    // A server that does not answer the goodbye.
    let script = Script::new(|request| match request.step {
        Step::Socket => std::mem::forget(request.upgraded()),
        _ => request.contract(),
    });
    let home = home_with(&profile_text(script.address, "[timeouts]\nping = 'none'"));
    let arguments = ["watch", "--keychain", "memory", "--profile", "bench.toml"];
    let mut child = command(home.path(), &arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("[WS] Connected")));
    // Two signals that come before the first is heard are one, so whoever does not wait asks until it has ended.
    let deadline = Instant::now() + LIMIT;
    while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
        kill(&child, "-INT");
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(wait(&mut child).code(), Some(130));
}

#[test]
fn a_program_that_is_to_outlive_its_terminal_does() {
    let script = Script::contract();
    let home = home_with(&profile_text(script.address, ""));
    let inner = "trap '' HUP; exec \"$0\" watch --keychain memory --profile bench.toml";
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", inner, env!("CARGO_BIN_EXE_ticketscope")]).current_dir(home.path());
    let mut child = shell.env("HOME", home.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("[WS] Connected")));
    kill(&child, "-HUP");
    kill(&child, "-TERM");
    let last = lines.map_while(Result::ok).last().unwrap();
    assert!(last.starts_with("CONNECTED: "), "{last}");
    assert!(wait(&mut child).success());
}

#[test]
fn two_programs_do_not_record_into_one_file() {
    let script = Script::contract();
    let home = home_with(&profile_text(script.address, ""));
    let folder = home.path().to_owned();
    let arguments = ["watch", "--keychain", "memory", "--profile", "bench.toml", "--record", "here.jsonl"];
    let mut first = Program::start_in(home, &arguments);
    first.line("[WS] Connected");
    let second = command(&folder, &arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(2), "{errors}");
    let why = "here.jsonl: another program is recording into it; end that one, or record into another file";
    assert!(errors.contains(why), "{errors}");
    first.interrupt();
    let ended = first.end();
    let recording = Recording::open(&ended.home.path().join("here.jsonl")).unwrap();
    assert!(recording.losses().is_ended && recording.len() > 10);
}
