//! No JWT, ticket or session id comes out anywhere, in any spelling, even from a server that repeats them.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use ticketscope::backend::core::hex;
use ticketscope::faults::Fault;
use ticketscope::journal::lines;
use ticketscope::model::{DriverEvent, Event, FlowEvent};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::console::home_with;
use crate::program::Program;
use crate::script::{Script, Secrets, Step, header};
use crate::watcher::{Watcher, profile, profile_text};

const MARKER: &str = "XmarkerXmarkerX";
const SHORT_WAITS: &str = "[backoff]\nbase = '10ms'\ncap = '20ms'\n[timeouts]\nping = '50ms'";

fn secrets() -> Secrets {
    let session_id = format!("sess_0123456789/{MARKER}+0123456789abcdef");
    let claims = format!(r#"{{"sessionId":"{session_id}","iat":1,"exp":2}}"#);
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let jwt = format!("{}.{}.{MARKER}", part(r#"{"alg":"HS256"}"#), part(&claims));
    Secrets { jwt, ticket: format!("t/{MARKER}+&?=%"), session_id }
}

/// The marker in the spellings in which bytes get about.
fn spellings() -> Vec<String> {
    let Secrets { jwt, ticket, session_id } = secrets();
    let mut spellings = vec![MARKER.to_owned(), hex(MARKER.as_bytes()), hex(MARKER.as_bytes()).to_uppercase()];
    // Base64 depends on what comes before; the characters at the ends on what is around.
    for before in ["", "-", "--"] {
        let encoded = BASE64_STANDARD_NO_PAD.encode(format!("{before}{MARKER}"));
        spellings.push(encoded[4..encoded.len() - 4].to_owned());
    }
    spellings.extend(jwt.split('.').skip(1).map(ToOwned::to_owned));
    spellings.extend([ticket, session_id].iter().map(|secret| BASE64_STANDARD_NO_PAD.encode(secret)));
    let bytes: Vec<String> = MARKER.bytes().map(|byte| byte.to_string()).collect();
    spellings.push(bytes.join(", "));
    spellings.push(MARKER.bytes().map(|byte| format!("%{byte:02X}")).collect());
    spellings
}

#[track_caller]
fn assert_clean(what: &str, text: &str) {
    for spelling in spellings() {
        if let Some(at) = text.find(&spelling) {
            let start = text.floor_char_boundary(at.saturating_sub(200));
            let end = text.ceil_char_boundary(text.len().min(at + 200));
            panic!("{what} holds {spelling:?}: …{}…", &text[start..end]);
        }
    }
}

/// A server with which everything goes wrong once, and that repeats what it was sent wherever it can.
fn tattling() -> Script {
    Script::with_secrets(secrets(), |request| {
        let Secrets { jwt, ticket, session_id } = secrets();
        let sent = header(&request.head, "authorization").unwrap_or_default().to_owned();
        let url = request.head.split(' ').nth(1).unwrap().to_owned();
        match (request.step, request.number) {
            (Step::Token, 0) => request.json(200, &format!(r#"{{"token":"{jwt}"#)),
            (Step::Token, 1) => request.answer(200, "content-type: text/plain\r\n", &jwt),
            (Step::Token, 2) => request.json(409, &format!(r#"{{"token":"{jwt}","sessionId":"{session_id}"}}"#)),
            (Step::Token, 3) => request.answer(200, "content-type: application/xml\r\n", &format!("<jwt>{jwt}</jwt>")),
            (Step::Token, 4) => request.json(500, &format!(r#"{{"message":"too late","token":"{jwt}"}}"#)),
            (Step::Ticket, 0) => request.json(503, &format!(r#"{{"code":"no tickets for {sent}"}}"#)),
            (Step::Ticket, 1) => request.answer(500, "", &format!("<p>{sent}")),
            (Step::Ticket, 2) => request.json(200, &format!(r#"{{"ticket":"{ticket}"#)),
            (Step::Ticket, 3) => request.json(202, &format!(r#"{{"code":"{ticket}"}}"#)),
            (Step::Ticket, 4) => request.answer(200, "content-type: text/html\r\n", &format!("<p>{ticket}</p>")),
            (Step::Ticket, 5) => request.json(503, &format!(r#"{{"data":{{"ticket":"{ticket}"}}}}"#)),
            (Step::Ticket, 6) => request.json(401, r#"{"code":"INVALID_TOKEN"}"#),
            (Step::Token, 6) => request.json(200, &format!(r#"{{"token":"{jwt}{MARKER}"}}"#)),
            (Step::Socket, 0) => request.answer(502, &format!("x-url: {url}\r\nset-cookie: a={url}\r\n"), &url),
            (Step::Socket, 1) => request.raw(&format!("{url} is not HTTP")),
            (Step::Socket, 2) => request.open_and_close(1001, "SERVER_SHUTDOWN"),
            _ => request.contract(),
        }
    })
}

fn control(script: &Script) {
    let said = script.said();
    assert!(spellings().iter().filter(|spelling| said.contains(*spelling)).count() >= 2, "the server has told: {said}");
    assert!(script.heard(Step::Ticket).concat().contains(MARKER), "the client has sent the JWT");
    let upgrades = script.heard(Step::Socket).concat();
    assert!(upgrades.contains(&format!("/ws?ticket=t%2F{MARKER}%2B%26%3F%3D%25 ")), "and the ticket: {upgrades}");
}

#[test]
fn no_secret_is_in_the_journal_the_picture_or_a_panic() {
    let panics = Arc::new(Mutex::new(String::new()));
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new({
        let panics = Arc::clone(&panics);
        move |panic| {
            panics.lock().unwrap().push_str(&format!("{panic:?} {panic}"));
            hook(panic);
        }
    }));
    let script = tattling();
    let watcher = Watcher::start(profile(script.address, SHORT_WAITS));
    watcher.connect();
    let shutdown =
        watcher.wait_entry("a close", |entry| matches!(entry.event, Event::Flow(FlowEvent::Disconnected { .. })));
    let connected_after = |seq| {
        watcher
            .wait_entry("a connection", |entry| entry.event == Event::Flow(FlowEvent::Connected) && entry.seq > seq)
            .seq
    };
    let connected = connected_after(shutdown.seq);
    watcher.wait_entry("a pong", |entry| matches!(entry.event, Event::Driver(DriverEvent::Pong { .. })));
    watcher.arm(Fault::CorruptJwt, None);
    watcher.retry_now();
    let connected = connected_after(connected);
    watcher.arm(Fault::CrashClient, None);
    connected_after(connected);
    let snapshot = watcher.snapshot();
    assert_clean("the snapshot", &format!("{snapshot:?} {snapshot:#?}"));
    let entries = watcher.close();
    for entry in &entries {
        assert_clean("an entry", &serde_json::to_string(&**entry).unwrap());
        assert_clean("an entry", &format!("{entry:?}"));
        for line in lines(entry) {
            assert_clean("a line", &line.to_string());
        }
    }
    let failures =
        entries.iter().filter(|entry| matches!(entry.event, Event::Flow(FlowEvent::AttemptFailed { .. }))).count();
    assert_eq!(failures, 13, "everything that can tattle has had its turn");
    let panics = panics.lock().unwrap();
    assert!(panics.contains("crash-client"), "the control: {panics}");
    assert_clean("a panic", &panics);
    control(&script);
}

#[test]
fn what_a_server_repeats_over_the_socket_is_hidden() {
    let Secrets { ticket, session_id, .. } = secrets();
    let said = move |number: usize, url: &str| -> Option<String> {
        let ticket = ticket.as_bytes();
        let forms = [
            url.to_owned(),
            String::from_utf8_lossy(ticket).into_owned(),
            hex(ticket),
            hex(ticket).to_uppercase(),
            BASE64_STANDARD_NO_PAD.encode(ticket),
            BASE64_URL_SAFE_NO_PAD.encode([b"x", ticket].concat()),
            session_id.clone(),
            // Cut off, as at the end of a close frame's reason.
            format!("t/{MARKER}"),
        ];
        forms.get(number).cloned()
    };
    let forms = (0..).map_while(|number| said(number, "/ws?ticket=x")).count();
    let script = Script::with_secrets(secrets(), move |request| {
        let url = request.head.split(' ').nth(1).unwrap().to_owned();
        let jwt = secrets().jwt;
        match (request.step, said(request.number, &url)) {
            (Step::Socket, Some(said)) => request.open(|socket| {
                socket.send(Message::text(format!("you are {jwt} with {said}"))).unwrap();
                let frame = CloseFrame { code: 1011.into(), reason: format!("unknown: {said}").into() };
                socket.close(Some(frame)).unwrap();
            }),
            _ => request.contract(),
        }
    });
    let watcher = Watcher::start(profile(script.address, SHORT_WAITS));
    watcher.connect();
    watcher.connected(forms as u64);
    let messages = watcher.messages();
    let entries = watcher.close();
    let reasons = entries.iter().filter_map(|entry| match &entry.event {
        Event::Flow(FlowEvent::Disconnected { close, class: Some(_) }) => Some(close.reason.to_string()),
        _ => None,
    });
    let reasons: Vec<_> = reasons.collect();
    assert_eq!(reasons.len(), forms);
    for text in reasons.iter().chain(messages.iter().filter(|text| text.starts_with("you are"))) {
        assert!(text.contains("(secret)"), "{text}");
        assert_clean("what a server said", text);
    }
    assert_eq!(messages.iter().filter(|text| text.starts_with("you are (secret) with")).count(), forms);
}

/// Everything in the files below `folder`.
fn contents(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let text = |path: std::path::PathBuf| {
        if path.is_dir() { contents(&path) } else { String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned() }
    };
    entries.map(|path| path.display().to_string() + &text(path)).collect()
}

#[test]
fn no_secret_is_printed_logged_or_written() {
    for format in ["text", "jsonl"] {
        let script = tattling();
        let home = home_with(&profile_text(script.address, SHORT_WAITS));
        let common = ["watch", "--keychain", "memory", "--profile", "bench.toml", "--log", "trace", "--format", format];
        let mut program = Program::start_in(home, &[&common[..], &["--verbose", "--for", "2s"]].concat());
        program.line("SERVER_SHUTDOWN");
        let ended = program.end();
        assert_eq!(ended.code, Some(0), "{:#?}", ended.lines);
        assert_clean("standard output", &ended.lines.join("\n"));
        assert_clean("standard error", &ended.errors);
        let files = contents(ended.home.path());
        assert!(files.contains("bench.toml") && files.contains("name = 'Bench'"), "the control: {files}");
        assert_clean("a file", &files);
        control(&script);
    }
}
