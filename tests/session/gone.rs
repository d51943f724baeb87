//! What is left in memory of a session that a person has ended with New session: looked for in the core of a client that runs
//! in a process of its own, because the test's own memory is full of it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command as Shell, Stdio};
use std::thread::sleep;
use std::time::Duration;

use ticketscope::model::FlowCommand;
use ticketscope::session::Command;

use crate::script::{Script, Step};
use crate::watcher::{Watcher, profile};

/// Where the client of this test connects to.
const SERVER: &str = "TICKETSCOPE_GONE_SERVER";
/// How long something may still be there.
const AFTER: Duration = Duration::from_secs(5);

/// The client: connects, says so, and begins a new session when it is told to.
#[test]
#[ignore = "is started by the other one"]
fn client() {
    let Ok(server) = std::env::var(SERVER) else { return };
    let watcher = Watcher::start(profile(server, "[timeouts]\nping = '200ms'"));
    watcher.connect();
    watcher.connected(0);
    println!("\nready");
    std::io::stdin().lines().next();
    watcher.send(Command::Flow(FlowCommand::NewSession));
    watcher.connected(1);
    sleep(AFTER);
    println!("\nready");
    std::io::stdin().lines().next();
}

/// What stands around each of `secrets` wherever it is in the memory of the process.
fn found(process: u32, secrets: &[String; 3]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let core = folder.path().join("core");
    let made = Shell::new("gcore").arg("-o").arg(&core).arg(process.to_string()).output().unwrap();
    let core = std::fs::read(format!("{}.{process}", core.display())).unwrap_or_else(|_| panic!("{made:?}"));
    let around = |at: usize| core[at.saturating_sub(120)..core.len().min(at + 120)].escape_ascii().to_string();
    secrets.iter().map(|secret| memchr::memmem::find_iter(&core, secret.as_bytes()).map(around).collect()).collect()
}

#[test]
#[ignore = "needs gcore: bash tests/run extended gone"]
fn after_new_session_no_buffer_of_ours_holds_the_old_secrets() {
    // Each session has its own.
    let script = Script::new(|request| match (request.step, request.number) {
        (Step::Token, number) => {
            let session = format!("session-of-number-{number}-0123456789");
            let token = format!("eyJhbGciOiJIUzI1NiJ9.e30.signature-of-number-{number}-0123456789");
            request.json(200, &format!(r#"{{"token":"{token}","sessionId":"{session}"}}"#));
        }
        (Step::Ticket, number) => {
            request.json(200, &format!(r#"{{"ticket":"ticket-of-number-{number}-0123456789","expiresInSeconds":30}}"#));
        }
        _ => request.contract(),
    });
    let mut client = Shell::new(std::env::current_exe().unwrap())
        .args(["--exact", "gone::client", "--ignored", "--nocapture"])
        .env(SERVER, script.address.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(client.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut order = client.stdin.take().unwrap();
    // Made here, because the client is the same program: what is written in it is in its memory.
    let of =
        |number: u32| ["signature", "ticket", "session"].map(|name| format!("{name}-of-number-{number}-0123456789"));
    let (old, new) = (of(0), of(1));
    assert!(told.any(|line| line == "ready"), "the client connects");
    let before = found(client.id(), &old);
    order.write_all(b"\n").unwrap();
    assert!(told.any(|line| line == "ready"), "the client has a new session");
    let (after, control) = (found(client.id(), &old), found(client.id(), &new));
    client.kill().unwrap();
    let _ = client.wait();
    let count = |found: &[Vec<String>]| found.iter().map(Vec::len).collect::<Vec<_>>();
    println!("JWT, ticket, session: {:?}, afterwards {:?}", count(&before), count(&after));
    assert!(!before[0].is_empty() && !control[0].is_empty(), "the control: a JWT that is in use is found");
    // A buffer of the HTTP library's holds what it read last, until it reads again (.github/SECURITY.md).
    let ours = after.iter().flatten().filter(|around| !around.contains("\\r\\n")).collect::<Vec<_>>();
    assert!(ours.is_empty(), "{ours:#?}");
}
