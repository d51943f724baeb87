//! Messages over a real socket: a flood of them, secrets in them, and sending.

use std::io::Write as _;
use std::time::Duration;

use ticketscope::diagnosis::{Code, Owner};
use ticketscope::journal::{Direction, MessageKind, Traffic};
use ticketscope::model::{DriverEvent, Event, JsonObject};
use ticketscope::session::Command;
use ticketscope::view::{SessionView, Status};
use tokio::time::Instant;

use crate::script::{Script, Secrets, Step};
use crate::watcher::{LIMIT, Watcher, profile};

/// One small text frame.
const FRAME: &[u8] = b"\x81\x16{\"v\":1,\"type\":\"event\"}";

/// Bytes of memory that this process has, in RAM.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

/// A text frame with `length` bytes, which a server sends unmasked.
fn large(length: usize) -> Vec<u8> {
    let head = [&[0x81, 127][..], &(length as u64).to_be_bytes()].concat();
    [head, vec![b'x'; length]].concat()
}

fn sends(length: usize) -> Script {
    Script::new(move |request| match request.step {
        Step::Socket => {
            let mut stream = request.upgraded();
            // The client may hang up in the middle of it.
            let _ = stream.write_all(&large(length));
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
        _ => request.contract(),
    })
}

#[test]
fn a_large_message_is_taken_in_as_a_browser_does() {
    let script = sends(15 << 20);
    let watcher = Watcher::start(profile(script.address, ""));
    watcher.connect();
    watcher.wait("the message", |_, _| {
        watcher.with_traffic(|traffic| traffic.kept().iter().any(|message| message.len == 15 << 20)).then_some(())
    });
    assert!(matches!(watcher.snapshot().status, Status::Connected { .. }));
}

#[test]
fn a_message_beyond_the_profiles_limit_is_our_limit_and_nobody_elses_fault() {
    let script = sends(2 << 20);
    let profile = profile(script.address, "[limits]\nmessage = '1MiB'");
    let watcher = Watcher::start(profile.clone());
    watcher.connect();
    watcher.disconnected(0);
    let view = SessionView::of(profile, watcher.entries().iter().map(|entry| &**entry));
    let finding = view.findings()[0].clone();
    assert_eq!(finding.problem.code, Code::OwnLimit);
    assert_eq!(finding.problem.owner, Owner::ProfileAuthor);
    assert!(finding.problem.cause.contains("more than the 1MiB that Ticketscope takes in"), "{finding:?}");
    assert!(finding.problem.next.contains("message under [limits]"), "{finding:?}");
}

#[test]
fn a_flood_is_counted_to_the_last_message_in_bounded_memory() {
    // TICKETSCOPE_FLOOD=60 sends for so many seconds, as fast as it goes.
    let seconds: Option<u64> = std::env::var("TICKETSCOPE_FLOOD").ok().map(|text| text.parse().unwrap());
    const BATCH: u64 = 1_000;
    let (tell, told) = std::sync::mpsc::channel();
    let script = Script::new(move |request| match request.step {
        Step::Socket => {
            let mut stream = request.upgraded();
            let batch = FRAME.repeat(BATCH as usize);
            let (begin, mut sent) = (Instant::now(), 0);
            let limit = Duration::from_secs(seconds.unwrap_or(LIMIT.as_secs()));
            while begin.elapsed() < limit && (seconds.is_some() || sent < 500_000) {
                stream.write_all(&batch).unwrap();
                sent += BATCH;
            }
            tell.send((sent, begin.elapsed())).unwrap();
            // Until the client ends it.
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, ""));
    let before = resident();
    watcher.connect();
    let (sent, took) = told.recv_timeout(LIMIT + Duration::from_secs(seconds.unwrap_or(0))).unwrap();
    watcher.wait("all messages", |_, _| (watcher.received() >= sent).then_some(()));
    let grown = resident().saturating_sub(before);
    watcher.with_traffic(|traffic| {
        let text = |kept: &&ticketscope::journal::Message| kept.kind == MessageKind::Text;
        assert_eq!(traffic.data(), (sent, 0));
        assert_eq!(traffic.received() + traffic.sent(), traffic.kept().len() as u64 + traffic.dropped());
        assert!(traffic.kept().iter().filter(text).count() <= Traffic::MAX_KEPT);
    });
    println!("{sent} messages in {took:?}: {:.0} a second; {} KiB more", sent as f64 / took.as_secs_f64(), grown >> 10);
    assert!(grown <= 64 << 20, "{grown} bytes more");
}

#[test]
fn a_message_is_sent_and_written_down_and_refused_without_a_socket() {
    let watcher = Watcher::demo();
    let object = JsonObject::parse(r#"{"v":1,"type":"subscribe","channel":"search","requestId":"r-1"}"#).unwrap();
    watcher.send(Command::Send(object.clone()));
    watcher.wait_entry("refused", |entry| matches!(entry.event, Event::Driver(DriverEvent::MessageRefused { .. })));
    watcher.connect();
    watcher.connected(0);
    watcher.send(Command::Send(object.clone()));
    let texts = watcher.wait("the answer", |_, _| {
        let texts: Vec<_> = watcher.with_traffic(|traffic| {
            let texts = traffic.kept().iter().filter(|message| message.kind == MessageKind::Text);
            texts.map(|message| (message.direction, message.text().to_string())).collect()
        });
        (texts.len() == 2).then_some(texts)
    });
    assert_eq!(texts[0], (Direction::Out, object.as_str().to_owned()));
    assert_eq!(texts[1], (Direction::In, object.as_str().replace("subscribe", "event")));
}

#[test]
fn a_server_that_repeats_secrets_in_messages_and_close_does_not_get_them_shown() {
    let script = Script::new(|request| match request.step {
        Step::Socket => {
            let Secrets { jwt, ticket, .. } = Secrets::default();
            request.open(move |socket| {
                let text = format!(r#"{{"ticket":"{ticket}","jwt":"{jwt}"}}"#);
                socket.send(tokio_tungstenite::tungstenite::Message::text(text)).unwrap();
                let frame = tokio_tungstenite::tungstenite::protocol::CloseFrame {
                    code: 4_000.into(),
                    reason: format!("bye {ticket}").into(),
                };
                socket.close(Some(frame)).unwrap();
            });
        }
        _ => request.contract(),
    });
    let secrets = Secrets::default();
    let watcher = Watcher::start(profile(script.address, ""));
    watcher.connect();
    let entry = watcher.disconnected(0);
    let shown = watcher.with_traffic(|traffic| {
        let texts: Vec<_> = traffic.kept().iter().map(|message| message.text().to_string()).collect();
        texts.join("\n")
    });
    let all = format!("{shown} {entry:?}");
    assert_eq!(shown.matches("(secret)").count(), 2, "{shown}");
    assert!(all.contains("bye (secret)"), "{all}");
    assert!(!all.contains(&secrets.ticket) && !all.contains(&secrets.jwt), "{all}");
}
