//! Faults in dialling and in the bytes on the wire: what a user notices, and the mark.

use std::time::Duration;

use ticketscope::faults::{Fault, FaultKind};
use ticketscope::model::{
    Class, CloseCause, DialFailure, DriverEvent, Entry, Event, Failure, FaultEvent, FlowEvent, IoCause, Phase,
    Transport,
};
use ticketscope::session::Command;

use crate::faults::{close_of, fired, mark, marked};
use crate::script::Script;
use crate::watcher::{Watcher, profile};

/// Short limits, so that what is never answered is soon given up.
const SHORT: &str =
    "[backoff]\nbase = '10ms'\ncap = '20ms'\n[timeouts]\ndial = '200ms'\nupgrade = '200ms'\nping = '100ms'";

fn client(script: &Script) -> Watcher {
    Watcher::start(profile(script.address, SHORT))
}

fn failure(entry: &Entry) -> Failure {
    match &entry.event {
        Event::Flow(FlowEvent::AttemptFailed { failure, class: Class::Soft }) => failure.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn dialling_fails_in_the_phase_in_which_it_was_broken_and_is_tried_again() {
    let timeout = |phase| Failure::Dial(DialFailure::Timeout { phase, after: Duration::from_millis(200) });
    let is_dns = |failure: &Failure| matches!(failure, Failure::Dial(DialFailure::Transport(Transport::Dns(_))));
    let is_tcp = |failure: &Failure| {
        matches!(failure, Failure::Dial(DialFailure::Transport(Transport::Tcp(tcp)))
            if tcp.causes().any(|cause| *cause == IoCause::Refused))
    };
    type Check = Box<dyn Fn(&Failure) -> bool>;
    let cases: [(Fault, Check); 7] = [
        (Fault::NameNotFound, Box::new(is_dns)),
        (Fault::NameSlow { delay: Duration::from_secs(60) }, Box::new(move |f| *f == timeout(Phase::Dns))),
        (Fault::ConnectionRefused, Box::new(is_tcp)),
        (Fault::SynLost, Box::new(move |f| *f == timeout(Phase::Tcp))),
        (
            Fault::UpgradeStatus { status: 502 },
            Box::new(|f| matches!(f, Failure::UpgradeRefused(refusal) if refusal.status == 502)),
        ),
        (Fault::UpgradeSilent, Box::new(move |f| *f == timeout(Phase::Upgrade))),
        (Fault::WrongAcceptKey, Box::new(|f| matches!(f, Failure::Dial(DialFailure::BadHandshake { .. })))),
    ];
    for (fault, is_expected) in cases {
        let script = Script::contract();
        let watcher = client(&script);
        let kind = fault.kind();
        watcher.arm(fault.clone(), Some(1));
        watcher.connect();
        let found = failure(&watcher.failed(0));
        assert!(is_expected(&found), "{kind:?}: {found:?}");
        watcher.connected(1);
        let entries = watcher.close();
        assert_eq!(marked(&entries), [mark(0, kind, "attempt_failed")]);
        assert_eq!(fired(&entries, &fault), [(Some(0), Some(0))]);
    }
}

#[test]
fn what_ends_an_open_socket_is_told_apart_and_it_comes_back() {
    type Check = fn(&CloseCause) -> bool;
    let cases: [(Fault, u16, Check); 6] = [
        (Fault::Close { code: 4001, reason: "MAINTENANCE".into() }, 4001, |cause| *cause == CloseCause::PeerFrame),
        (Fault::CutFin, 1006, |cause| *cause == CloseCause::EndOfStream),
        (Fault::CutReset, 1006, |cause| matches!(cause, CloseCause::Io(_))),
        (Fault::BlackHole, 1006, |cause| matches!(cause, CloseCause::NoPong { .. })),
        (Fault::NoPong, 1006, |cause| matches!(cause, CloseCause::NoPong { .. })),
        (Fault::Junk, 1006, |cause| matches!(cause, CloseCause::Protocol(_))),
    ];
    for (fault, code, is_expected) in cases {
        // Once while the socket is open, and once armed before it opens.
        for is_open in [true, false] {
            let script = Script::contract();
            let watcher = client(&script);
            if is_open {
                watcher.connect();
                watcher.connected(0);
            }
            watcher.arm(fault.clone(), Some(1));
            watcher.connect();
            let close = close_of(&watcher.disconnected(0));
            assert!(is_expected(&close.cause) && close.code.0 == code, "{fault:?}: {close:?}");
            watcher.connected(1);
            let entries = watcher.close();
            assert_eq!(marked(&entries), [mark(0, fault.kind(), "disconnected")]);
            assert_eq!(fired(&entries, &fault), [(Some(0), Some(0))]);
        }
    }
}

#[test]
fn the_reason_of_a_close_frame_decides_and_not_its_code() {
    for (reason, is_hard) in [("NOT_AUTHORIZED", true), ("BAD_SUBSCRIBE", true), ("IDLE_TIMEOUT", false), ("", false)] {
        for code in [1000, 1008, 4999] {
            let script = Script::contract();
            let watcher = client(&script);
            watcher.arm(Fault::Close { code, reason: reason.into() }, Some(1));
            watcher.connect();
            let close = close_of(&watcher.disconnected(0));
            assert_eq!((close.code.0, close.reason.as_str(), close.was_clean), (code, reason, true));
            if is_hard { watcher.stopped() } else { drop(watcher.connected(1)) }
        }
    }
}

#[test]
fn a_slow_wire_delays_and_loses_nothing() {
    for (fault, least) in [
        (Fault::Latency { delay: Duration::from_millis(80), jitter: Duration::from_millis(20) }, 60),
        // The pong has six bytes.
        (Fault::Bandwidth { bytes_per_second: 1_000 }, 6),
        (Fault::Slices { bytes: 1 }, 0),
    ] {
        let script = Script::contract();
        let long_pings =
            SHORT.replace("ping = '100ms'", "ping = '10s'").replace("upgrade = '200ms'", "upgrade = '20s'");
        let watcher = Watcher::start(profile(script.address, &long_pings));
        watcher.arm(fault.clone(), None);
        watcher.connect();
        watcher.connected(0);
        let pong = watcher.wait_entry("a pong", |entry| matches!(entry.event, Event::Driver(DriverEvent::Pong { .. })));
        let Event::Driver(DriverEvent::Pong { rtt }) = pong.event else { unreachable!() };
        assert!(rtt >= Duration::from_millis(least), "{fault:?}: {rtt:?}");
        watcher.send(Command::Clear(fault.kind()));
        watcher.disconnect();
        watcher.idle();
        let entries = watcher.close();
        assert!(marked(&entries).is_empty());
        assert_eq!(fired(&entries, &fault), [(Some(0), None)]);
    }
}

#[test]
fn a_flood_is_taken_in_whole_and_the_socket_stays_open() {
    let watcher = Watcher::connected_demo();
    watcher.arm(Fault::Flood { messages: 5_000 }, Some(1));
    watcher.wait("all messages", |_, _| (watcher.received() >= 5_000).then_some(()));
    watcher.disconnect();
    watcher.idle();
    assert!(marked(&watcher.close()).is_empty());
}

#[test]
fn a_reset_reaches_the_server_too() {
    let script = Script::contract();
    let watcher = client(&script);
    watcher.connect();
    watcher.connected(0);
    watcher.arm(Fault::CutReset, Some(1));
    watcher.disconnected(0);
    assert_eq!(script.ending(), None, "without a close frame");
}

#[test]
fn faults_of_the_local_server_are_refused_elsewhere() {
    use strum::IntoEnumIterator as _;
    let script = Script::contract();
    for kind in FaultKind::iter().filter(|kind| kind.needs_local_server()) {
        let watcher = client(&script);
        watcher.arm(kind.default_parameters(), None);
        watcher.wait_entry(
            "a refusal",
            |entry| matches!(&entry.event, Event::Fault(FaultEvent::Refused { fault, .. }) if *fault == kind.name()),
        );
    }
}
