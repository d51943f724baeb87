//! A service whose profile does not say when its socket is of use, or what keeps it: an open socket shows neither.

use std::time::Duration;

use support::stand_in::{Gone, Peer, Request, Service, StandIn};
use ticketscope::check::{Step, StepState};
use ticketscope::diagnosis::Code;
use ticketscope::model::Profile;

use crate::program::{ended, program};
use crate::{check_of, run, step};

/// It takes every socket, and says nothing.
struct Silent;

impl Service for Silent {
    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        loop {
            if let Some(message) = peer.hear(Duration::from_secs(60))? {
                peer.say(message)?;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_socket_alone_is_not_called_well() {
    let server = StandIn::start(Silent);
    let heartbeat = "[heartbeat]\nevery = '2s'\nsend = 'beat'\nexpect = { text = 'beat' }\n";
    let hello = "[[hello]]\nsend = 'hi'\nexpect = { text = 'hi' }\n";
    let cases = [
        ("", String::new(), StepState::Warning, StepState::Warning, "greeting-not-known"),
        ("", heartbeat.to_owned(), StepState::Warning, StepState::Passed, "greeting-not-known"),
        ("without = ['greeting']\n", String::new(), StepState::Skipped, StepState::Warning, "open-not-known"),
        ("", hello.to_owned(), StepState::Passed, StepState::Warning, "open-not-known"),
        ("", format!("{hello}{heartbeat}"), StepState::Passed, StepState::Passed, "all-well"),
        ("without = ['greeting', 'heartbeat']\n", String::new(), StepState::Skipped, StepState::Passed, "all-well"),
    ];
    let address = server.address;
    let running = cases.map(|case| {
        let text = format!("name = 'x'\napi = 'http://{address}'\n{}[socket]\n{}", case.0, case.1);
        let check = check_of(Profile::from_toml(&text).unwrap());
        (case, text, tokio::spawn(run(check)))
    });
    for ((_, _, greeting, open, code), text, outcome) in running {
        let outcome = outcome.await.unwrap();
        let states = [Step::Greeting, Step::Open].map(|which| step(&outcome, which).state);
        let conclusion = outcome.conclusion();
        assert_eq!((states, conclusion.code.as_str()), ([greeting, open], code), "{text}{conclusion:?}");
        let is_well = code == "all-well";
        assert_eq!((outcome.is_well(), conclusion.status == "ALL WELL"), (is_well, is_well), "{text}");
        assert_eq!(conclusion.next.contains("without = ["), !is_well, "{conclusion:?}");
    }
}

/// It takes every socket, and is done with it when the client has said nothing for a second.
struct Waiting;

impl Service for Waiting {
    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        match peer.hear(Duration::from_secs(1))? {
            Some(_) => peer.be_silent(),
            None => peer.close(1000, ""),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_waits_for_a_first_message_is_told_from_one_that_goes_away() {
    let server = StandIn::start(Waiting);
    let text = format!("name = 'x'\napi = 'http://{}'\n[socket]\n", server.address);
    let outcome = run(check_of(Profile::from_toml(&text).unwrap())).await;
    let conclusion = outcome.conclusion();
    assert_eq!(conclusion.code, Code::SocketWaitsForMessage.to_string(), "{conclusion:?}");
    assert!(conclusion.next.contains("[[hello]] with send"), "{conclusion:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_heartbeat_is_tried_however_long_its_interval_is() {
    let server = StandIn::start(Waiting);
    let text = format!(
        "name = 'x'\napi = 'http://{}'\nwithout = ['greeting']\n[socket]\n\
         [heartbeat]\nevery = '30s'\nsend = 'ping'\nexpect = {{ text = 'pong' }}\n",
        server.address
    );
    let outcome = run(check_of(Profile::from_toml(&text).unwrap())).await;
    let conclusion = outcome.conclusion();
    assert_eq!(conclusion.code, Code::HeartbeatUnanswered.to_string(), "{conclusion:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_until_connected_does_not_count_what_nobody_can_tell() {
    let server = StandIn::start(Silent);
    for (without, code, status) in [("", 1, "OPEN: "), ("without = ['greeting']\n", 0, "CONNECTED: ")] {
        let home = tempfile::tempdir().unwrap();
        let text = format!("name = 'x'\napi = 'http://{}'\n{without}[socket]\n", server.address);
        std::fs::write(home.path().join("profile.toml"), text).unwrap();
        let watch = ["watch", "--keychain", "memory", "--profile", "profile.toml", "--until", "connected"];
        let (exit, out, errors) = ended(program(home.path(), &watch)).await;
        assert_eq!(exit, Some(code), "{out}{errors}");
        assert!(out.contains(status), "{out}");
    }
}
