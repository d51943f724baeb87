//! The probe in a real browser: its code, opened again, tells what the server did.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use support::script::{Cors, Request, Script, Secrets, Step};
use support::watcher::{LIMIT, profile};
use ticketscope::model::Profile;
use ticketscope::probe::page;

use crate::kit::Session;

/// What is added for the test: a page of ours has nobody to copy its code.
const REPORTER: &str = "<script>setInterval(() => { if (globalThis.ticketscopeProbe) { \
                        fetch('/code', { method: 'POST', body: ticketscopeProbe }); ticketscopeProbe = ''; } }, 50)</script>";

/// The web app's own server, which has the page and hears its code.
struct PageServer {
    address: SocketAddr,
    codes: Receiver<String>,
}

impl PageServer {
    fn start(page: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, codes) = channel();
        let page = Arc::new(page);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (page, tell) = (Arc::clone(&page), tell.clone());
                std::thread::spawn(move || serve(stream, &page, &tell));
            }
        });
        Self { address, codes }
    }
}

fn serve(stream: TcpStream, page: &str, tell: &Sender<String>) {
    let mut reader = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    if reader.read_line(&mut first).is_err() {
        return;
    }
    for line in reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or_default();
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let text = if first.starts_with("POST") { "" } else { page };
    if first.starts_with("POST") {
        let _ = tell.send(String::from_utf8_lossy(&body).into_owned());
    }
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\ncontent-length: ";
    let _ = reader.get_mut().write_all(format!("{head}{}\r\n\r\n{text}", text.len()).as_bytes());
}

/// A browser with one page; it is gone when this is dropped.
struct Running {
    process: Child,
    _profile: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn start(program: &str, url: &str) -> Option<Running> {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().display();
    let mut command = Command::new(program);
    if program == "chromium" {
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ]);
        command.args(["--disable-component-update", "--disable-sync", "--remote-debugging-port=0"]);
        command.arg(format!("--user-data-dir={place}"));
    } else {
        command.args(["--headless", "--no-remote", "--profile"]).arg(folder.path());
    }
    let process = command.arg(url).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let Ok(process) = process else {
        assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "needs {program}");
        println!("skipped: needs {program}");
        return None;
    };
    Some(Running { process, _profile: folder })
}

/// What the probe's code shows of a server that answers as `script` does; `None` without the browser.
fn probed(program: &str, profile: &Profile) -> Option<(Session, String)> {
    let server = PageServer::start(page(profile).replace("</html>", &format!("{REPORTER}</html>")));
    let _running = start(program, &format!("http://{}/", server.address))?;
    let code = server.codes.recv_timeout(LIMIT + LIMIT).expect("the probe comes to its end");
    assert!(code.starts_with("TS1-") && code.len() < 1_100, "{} characters: {code}", code.len());
    Some((Session::of_text(code.clone()), code))
}

fn at(script: &Script) -> Profile {
    let mut profile = profile(script.address, "");
    profile.timeouts.upgrade = std::time::Duration::from_secs(2);
    profile.timeouts.http = std::time::Duration::from_secs(2);
    profile
}

type Answer = fn(Request);

fn at_ticket(request: Request, status: u16, body: &str) {
    match request.step {
        Step::Ticket => request.json(status, body),
        _ => request.contract(),
    }
}

/// What the server does, the finding that the code must lead to, and what it has to say.
const SITUATIONS: [(&str, Answer, &str, &str); 8] = [
    ("all is well", Request::contract, "", "closed in order"),
    ("token 401", |request| request.json(401, r#"{"code":"NO"}"#), "token-refused", "401"),
    ("ticket 503", |request| at_ticket(request, 503, r#"{"code":"REDIS_UNAVAILABLE"}"#), "ticket-store-down", "503"),
    (
        "ticket 401",
        |request| at_ticket(request, 401, r#"{"code":"MISSING_SESSION"}"#),
        "jwt-without-session",
        "MISSING_SESSION",
    ),
    ("ticket that is none", |request| at_ticket(request, 200, "{}"), "not-this-api", "ticket"),
    (
        "upgrade 401",
        |request| match request.step {
            Step::Socket => request.answer(401, "content-type: text/html\r\n", "Unauthorized"),
            _ => request.contract(),
        },
        "failure-unseen",
        "refused",
    ),
    (
        "origin blocked",
        |request| match request.step {
            Step::Socket => request.open_and_close(1008, "ORIGIN_BLOCKED"),
            _ => request.contract(),
        },
        "origin-blocked",
        "1008",
    ),
    (
        "shutdown",
        |request| match request.step {
            Step::Socket => request.open_and_close(1001, "SERVER_SHUTDOWN"),
            _ => request.contract(),
        },
        "server-restarting",
        "1001",
    ),
];

fn told(program: &str, situations: &[(&str, Answer, &str, &str)]) {
    for (name, answer, code, says) in situations {
        let script = Script::new(*answer);
        let Some((session, raw)) = probed(program, &at(&script)) else { return };
        assert_eq!(session.code(), *code, "{name}: {}", session.words());
        assert!(session.words().contains(says), "{name}: {}", session.words());
        let secrets = Secrets::default();
        assert!(!session.lines().contains(&secrets.ticket) && !raw.contains(&secrets.ticket));
    }
}

#[test]
fn the_code_of_a_probe_in_chromium_tells_what_the_server_did() {
    told("chromium", &SITUATIONS);
}

/// The contract's requests as steps of a service's own, with a greeting.
const STEPS: &str = "[[login]]\npost = '/api/v1/auth/token'\njson = {}\ntake = { token = '/token' }\n[[ticket]]\nget = \
                     '/api/v1/ws-ticket'\nauth = 'Bearer {{token}}'\nerror = '/code'\ntake = { ticket = '/ticket' }\n[socket]\npath = \
                     '/ws'\nquery = { ticket = '{{ticket}}' }\n[[hello]]\nsend = '{\"type\":\"hello\",\"id\":{{id}}}'\nexpect = { \
                     '/type' = 'ready' }\n";

/// Says that it is ready once the page has said hello.
fn greet(request: Request) {
    match request.step {
        Step::Socket => request.open(|socket| {
            let hello = socket.read().unwrap().into_text().unwrap();
            assert_eq!(hello.as_str(), r#"{"type":"hello","id":1}"#);
            socket.send(r#"{"type":"ready"}"#.into()).unwrap();
        }),
        _ => request.contract(),
    }
}

#[test]
fn the_steps_of_another_service_are_taken_in_the_users_browser() {
    let situations: [(&str, Answer, &str, &str); 4] = [
        ("all is well", greet, "", "closed in order"),
        ("no greeting", Request::contract, "greeting-missing", "ready"),
        ("ticket 503", |request| at_ticket(request, 503, r#"{"code":"BUSY"}"#), "service-unavailable", "BUSY"),
        ("no ticket", |request| at_ticket(request, 200, "{}"), "not-this-api", "ticket"),
    ];
    for (name, answer, code, says) in situations {
        let script = Script::new(answer);
        let mut profile = profile(script.address, STEPS);
        profile.timeouts.upgrade = std::time::Duration::from_secs(2);
        profile.timeouts.http = std::time::Duration::from_secs(2);
        let Some((session, raw)) = probed("chromium", &profile) else { return };
        assert_eq!(session.code(), code, "{name}: {}", session.words());
        assert!(session.words().contains(says), "{name}: no {says:?} in {}", session.words());
        let secrets = Secrets::default();
        assert!(!session.lines().contains(&secrets.ticket) && !raw.contains(&secrets.ticket));
    }
}

#[test]
fn what_the_page_may_not_read_and_what_cannot_be_reached_is_told_so() {
    let cors = Cors { headers: "", ..Cors::default() };
    let hidden = Script::with_cors(cors, Secrets::default(), Request::contract);
    let Some((session, _)) = probed("chromium", &at(&hidden)) else { return };
    let codes: Vec<_> = session.verdict.findings.iter().map(|finding| finding.problem.code.to_string()).collect();
    assert!(codes.contains(&"blocked-by-browser".to_owned()), "{codes:?}: {}", session.words());

    let script = Script::contract();
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut profile = at(&script);
    profile.websocket = format!("ws://{nowhere}").try_into().unwrap();
    let Some((session, _)) = probed("chromium", &profile) else { return };
    assert_eq!(session.code(), "failure-unseen", "{}", session.words());
}

#[test]
#[ignore = "needs Firefox: bash tests/run extended firefox"]
fn the_code_of_a_probe_in_firefox_tells_what_the_server_did() {
    let four = [SITUATIONS[0], SITUATIONS[2], SITUATIONS[5], SITUATIONS[6]];
    told("firefox-esr", &four);
}
