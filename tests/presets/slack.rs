//! Slack Socket Mode.

use support::slack::Slack;
use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Limits, Mood, StandIn};
use crate::{GOOD, WRONG};

const PRESET: &str = "slack-socket-mode";

fn client(mood: Mood, changes: &[(&str, &str)], token: &str) -> Client {
    let slack = StandIn::start(Slack { limits: Limits::with_mood(mood), ..Slack::default() });
    Client::connect(PRESET, slack.address, changes, &[("app_token", token)])
}

#[test]
fn comes_back_with_a_new_address_when_slack_wants_it() {
    let slack = StandIn::start(Slack::default());
    Client::connect(PRESET, slack.address, &[], &[("app_token", GOOD)]).comes_back();
    assert_eq!(slack.service.tickets.issued(), 2);
}

#[test]
fn a_refusal_inside_a_success_is_one() {
    let client = client(Mood::Well, &[], WRONG);
    client.stops();
    let words = client.refused_as(Code::RefusedInside);
    assert!(words.contains("invalid_auth"), "{words}");
}

#[test]
fn without_a_credential_nothing_is_sent() {
    let slack = StandIn::start(Slack::default());
    let client = Client::connect(PRESET, slack.address, &[], &[]);
    client.stops();
    let words = client.refused_as(Code::SecretMissing);
    assert!(words.contains("App-level token"), "{words}");
    assert_eq!(slack.service.tickets.issued(), 0);
}

#[test]
fn without_hello_the_socket_is_of_no_use() {
    client(
        Mood::NoGreeting,
        &[("expect = { \"/type\" = \"hello\" }", "expect = { \"/type\" = \"hello\" }\nwithin = '1s'")],
        GOOD,
    )
    .refused_as(Code::GreetingMissing);
}
