//! A service whose profile does not say when its socket is of use, or what keeps it: an open socket shows neither.

use std::time::Duration;

use support::stand_in::{Gone, Peer, Request, Service, StandIn};
use ticketscope::check::{Step, StepState};
use ticketscope::model::Profile;

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
