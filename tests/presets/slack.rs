//! Slack Socket Mode: refusals inside a 200, addresses that are good for one socket, `hello`, pings of the server's own, and
//! an end that is announced.

use std::time::Duration;

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn, Tickets, Why};
use crate::{GOOD, WRONG};

#[derive(Default)]
pub struct Slack {
    pub limits: Limits,
    pub tickets: Tickets,
}

impl Service for Slack {
    fn http(&self, request: &Request) -> Answer {
        let refusal = |error: &str| Answer::json(200, format!(r#"{{"ok":false,"error":"{error}"}}"#));
        if request.path != "/api/apps.connections.open" {
            return Answer::json(404, r#"{"ok":false,"error":"unknown_method"}"#);
        }
        if request.method != "POST" {
            return refusal("insecure_request");
        }
        match request.bearer() {
            "" => refusal("not_authed"),
            GOOD => {
                let ticket = self.tickets.issue("t");
                Answer::json(
                    200,
                    format!(r#"{{"ok":true,"url":"ws://{}/link/?ticket={ticket}&app_id=A1"}}"#, request.server),
                )
            }
            _ => refusal("invalid_auth"),
        }
    }

    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        match request.path == "/link/" && self.tickets.spend(request.parameter("ticket")) {
            true => Ok(None),
            false => Err(Answer::text(408, "invalid ticket")),
        }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        if self.limits.mood == Mood::NoGreeting {
            return peer.be_silent();
        }
        peer.say(r#"{"type":"hello","num_connections":1,"connection_info":{"app_id":"A1"}}"#)?;
        let mut ping = |peer: &mut Peer| peer.ping();
        match peer.serve(self.limits, Some((Duration::from_secs(1), &mut ping)), |_, message| Ok(message.is_empty()))? {
            Why::Lasted => {
                peer.say(r#"{"type":"disconnect","reason":"refresh_requested","debug_info":{"host":"x"}}"#)?;
                peer.close(1000, "")
            }
            Why::Silence => peer.close(1008, "pong timeout"),
        }
    }
}

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
