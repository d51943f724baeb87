//! Action Cable: a welcome or a `disconnect` with its reason, pings of the server's own, and a 404 for foreign origins.

use std::time::Duration;

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn};
use crate::{GOOD, ORIGIN, WRONG};

#[derive(Default)]
pub struct ActionCable {
    pub limits: Limits,
    /// Whether it chooses no subprotocol.
    pub chooses_none: bool,
}

impl Service for ActionCable {
    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        if request.path != "/cable" || request.header("origin") != ORIGIN {
            return Err(Answer::text(404, "Page not found"));
        }
        let chosen = request.offers("actioncable-v1-json") && !self.chooses_none;
        Ok(chosen.then_some("actioncable-v1-json"))
    }

    fn talk(&self, request: &Request, peer: &mut Peer) -> Result<(), Gone> {
        if self.limits.mood == Mood::NoGreeting {
            return peer.be_silent();
        }
        let cookie = format!("_app_session={GOOD}");
        if request.parameter("token") != GOOD && request.header("cookie") != cookie {
            peer.say(r#"{"type":"disconnect","reason":"unauthorized","reconnect":false}"#)?;
            return peer.close(1000, "");
        }
        peer.say(r#"{"type":"welcome"}"#)?;
        if self.limits.mood == Mood::Silent {
            return peer.be_silent();
        }
        let mut ping = |peer: &mut Peer| peer.say(r#"{"type":"ping","message":1795969591}"#);
        peer.serve(self.limits, Some((Duration::from_secs(1), &mut ping)), |peer, message| {
            let command: serde_json::Value = serde_json::from_str(message).unwrap_or_default();
            let identifier = &command["identifier"];
            match identifier.as_str() {
                Some(channel) if channel.contains("ChatChannel") => {
                    peer.say(format!(r#"{{"identifier":{identifier},"type":"confirm_subscription"}}"#))?;
                }
                _ => peer.say(format!(r#"{{"identifier":{identifier},"type":"reject_subscription"}}"#))?,
            }
            Ok(true)
        })?;
        peer.say(r#"{"type":"disconnect","reason":"server_restart","reconnect":true}"#)?;
        peer.close(1000, "")
    }
}

const PRESET: &str = "action-cable";

/// The server does not mind silent clients.
fn limits(mood: Mood) -> Limits {
    Limits { silence: Duration::from_secs(60), ..Limits::with_mood(mood) }
}

fn client(mood: Mood, changes: &[(&str, &str)], token: &str) -> Client {
    let cable = StandIn::start(ActionCable { limits: limits(mood), chooses_none: false });
    Client::connect(PRESET, cable.address, changes, &[("token", token)])
}

const SUBSCRIBE: &str = "[[hello]]\nsend = '{\"command\":\"subscribe\",\"identifier\":\"{\\\"channel\\\":\\\"ChatChannel\\\"}\"}'\nexpect = { \"/type\" = \"confirm_subscription\" }\n";

#[test]
fn comes_back_when_the_server_restarts() {
    client(Mood::Well, &[], GOOD).comes_back();
    let cookie = ("query = { token = \"{{token}}\" }\n", "headers = { Cookie = \"_app_session={{token}}\" }\n");
    let subscribe = ("[silence]\n", &*format!("{SUBSCRIBE}[silence]\n"));
    client(Mood::Well, &[cookie, subscribe], GOOD).comes_back();
}

#[test]
fn unauthorized_is_no_connection() {
    let client = client(Mood::Well, &[], WRONG);
    client.stops();
    let words = client.refused_as(Code::RefusedByMessage);
    assert!(words.contains("unauthorized"), "{words}");
}

#[test]
fn a_channel_that_is_none_rejects_the_subscription() {
    let subscribe = ("[silence]\n", &*format!("{}[silence]\n", SUBSCRIBE.replace("ChatChannel", "OtherChannel")));
    client(Mood::Well, &[subscribe], GOOD).refused_as(Code::RefusedByMessage);
}

#[test]
fn a_foreign_origin_is_refused() {
    let client = client(Mood::Well, &[("https://app.example.com", "https://elsewhere.example")], GOOD);
    client.stops();
    client.refused_as(Code::UpgradeRefused);
}

#[test]
fn a_server_that_chooses_no_subprotocol_does_not_suit_browsers() {
    let cable = StandIn::start(ActionCable { limits: limits(Mood::Well), chooses_none: true });
    Client::connect(PRESET, cable.address, &[], &[("token", GOOD)]).refused_as(Code::BadHandshake);
}

#[test]
fn without_a_welcome_it_is_of_no_use() {
    let changes = [("expect = { \"/type\" = \"welcome\" }", "expect = { \"/type\" = \"welcome\" }\nwithin = '1s'")];
    client(Mood::NoGreeting, &changes, GOOD).refused_as(Code::GreetingMissing);
}

#[test]
fn a_server_that_does_not_ping_is_dead() {
    client(Mood::Silent, &[("after = \"6s\"", "after = \"1s\"")], GOOD).loses_it(Code::HeartbeatUnanswered);
}
