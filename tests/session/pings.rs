//! A client that sends no pings, as a browser.

use std::sync::mpsc::channel;
use std::time::Duration;

use ticketscope::model::{DriverEvent, Event};
use ticketscope::session::Command;
use ticketscope::view::Status;
use tokio_tungstenite::tungstenite::Message;

use crate::script::{Script, Step};
use crate::watcher::{LIMIT, Watcher, profile};

#[test]
fn without_pings_nothing_is_sent_until_a_person_wants_them_again() {
    let (tell, told) = channel();
    let script = Script::new(move |request| match request.step {
        Step::Socket => {
            let tell = tell.clone();
            request.open(move |socket| {
                while let Ok(message) = socket.read() {
                    let _ = tell.send(message);
                }
            });
        }
        _ => request.contract(),
    });
    let watcher = Watcher::start(profile(script.address, "[timeouts]\nping = 'none'"));
    watcher.connect();
    watcher.connected(0);
    // A client that pings does so at once.
    assert!(told.recv_timeout(Duration::from_millis(500)).is_err());
    assert_eq!(watcher.snapshot().ping, None);
    let every = Some(Duration::from_millis(50));
    watcher.send(Command::SetPing(every));
    for _ in 0..3 {
        assert!(matches!(told.recv_timeout(LIMIT).unwrap(), Message::Ping(_)));
    }
    watcher.wait_entry("a pong", |entry| matches!(entry.event, Event::Driver(DriverEvent::Pong { .. })));
    watcher.send(Command::SetPing(None));
    watcher.wait("no pings", |_, snapshot| snapshot.ping.is_none().then_some(()));
    while told.recv_timeout(Duration::from_millis(500)).is_ok() {}
    assert!(
        matches!(watcher.snapshot().status, Status::Connected { .. }),
        "a link is not called dead for want of them"
    );
}
