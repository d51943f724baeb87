//! graphql-ws: a subprotocol, `connection_init` in time, and codes for whatever is wrong. `tests/extended` has the real server.

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn};
use crate::{GOOD, WRONG};

#[derive(Default)]
pub struct GraphQl {
    pub limits: Limits,
}

const PROTOCOL: &str = "graphql-transport-ws";

impl Service for GraphQl {
    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        match request.path.as_str() {
            "/graphql" => Ok(request.offers(PROTOCOL).then_some(PROTOCOL)),
            _ => Err(Answer::text(400, "Bad Request")),
        }
    }

    fn talk(&self, request: &Request, peer: &mut Peer) -> Result<(), Gone> {
        if !request.offers(PROTOCOL) {
            return peer.close(4406, "Subprotocol not acceptable");
        }
        let Some(init) = peer.hear(self.limits.silence)? else {
            return peer.close(4408, "Connection initialisation timeout");
        };
        let init: serde_json::Value = serde_json::from_str(&init).unwrap_or_default();
        if init["type"] != "connection_init" {
            return peer.close(4401, "Unauthorized");
        }
        if self.limits.mood == Mood::NoGreeting {
            return peer.be_silent();
        }
        if init["payload"]["Authorization"] != format!("Bearer {GOOD}") {
            return peer.close(4403, "Forbidden");
        }
        peer.say(r#"{"type":"connection_ack"}"#)?;
        if self.limits.mood == Mood::Silent {
            return peer.be_silent();
        }
        peer.say(r#"{"type":"ping"}"#)?;
        let mut is_answered = false;
        let why = peer.serve(self.limits, None, |peer, message| {
            match message {
                r#"{"type":"ping"}"# => peer.say(r#"{"type":"pong"}"#)?,
                r#"{"type":"pong"}"# => is_answered = true,
                _ => return peer.close(4400, "Invalid message received").map(|()| false),
            }
            Ok(true)
        })?;
        assert!(is_answered, "{why:?}");
        peer.close(1001, "")
    }
}

const PRESET: &str = "graphql-ws";
const FAST: (&str, &str) = ("every = \"30s\"", "every = \"1s\"");

fn client(limits: Limits, changes: &[(&str, &str)], token: &str) -> Client {
    let graphql = StandIn::start(GraphQl { limits });
    Client::connect(PRESET, graphql.address, changes, &[("token", token)])
}

#[test]
fn comes_back_and_is_acknowledged_again() {
    client(Limits::default(), &[FAST], GOOD).comes_back();
}

#[test]
fn what_is_wrong_is_told_by_the_code() {
    let send = "send = '{\"type\":\"connection_init\",\"payload\":{\"Authorization\":\"Bearer {{token}}\"}}'\n";
    let protocol = "protocols = [\"graphql-transport-ws\"]   #";
    for (limits, changes, token, code) in [
        (Limits::default(), &[][..], WRONG, "4403"),
        (Limits::impatient(), &[(send, "")], GOOD, "4408"),
        (Limits::default(), &[(protocol, "#")], GOOD, "4406"),
        (Limits::default(), &[("connection_init\",", "subscribe\",")], GOOD, "4401"),
    ] {
        let words = client(limits, changes, token).refused_as(Code::GreetingRefused);
        assert!(words.contains(code), "{words}");
    }
}

#[test]
fn a_wrong_subprotocol_is_none() {
    let changes = [("[\"graphql-transport-ws\"]", "[\"graphql-ws\"]")];
    client(Limits::default(), &changes, GOOD).refused_as(Code::BadHandshake);
}

#[test]
fn without_an_acknowledgement_it_is_of_no_use() {
    let changes =
        [("expect = { \"/type\" = \"connection_ack\" }", "expect = { \"/type\" = \"connection_ack\" }\nwithin = '1s'")];
    client(Limits::with_mood(Mood::NoGreeting), &changes, GOOD).refused_as(Code::GreetingMissing);
}

#[test]
fn pings_without_pongs_end_it() {
    client(Limits::with_mood(Mood::Silent), &[FAST], GOOD).loses_it(Code::HeartbeatUnanswered);
}
