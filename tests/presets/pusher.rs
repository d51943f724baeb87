//! Pusher's protocol: `data` is JSON in a string, and a private channel needs a signature of the application's own backend.

use serde_json::json;
use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn, Why};
use crate::{GOOD, WRONG};

#[derive(Default)]
pub struct Pusher {
    pub limits: Limits,
}

fn event(name: &str, channel: Option<&str>, data: &serde_json::Value) -> String {
    let mut event = json!({ "event": name, "data": data.to_string() });
    if let Some(channel) = channel {
        event["channel"] = channel.into();
    }
    event.to_string()
}

const SOCKET_ID: &str = "1234.5678";

impl Service for Pusher {
    fn http(&self, request: &Request) -> Answer {
        if !request.is("POST", "/pusher/auth") {
            return Answer::empty(404);
        }
        let form = request.form();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        match request.bearer() == GOOD && !field("channel_name").is_empty() {
            true => Answer::json(200, json!({ "auth": format!("KEY:{}", field("socket_id")) })),
            false => Answer::json(403, r#"{"message":"This action is unauthorized."}"#),
        }
    }

    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        if request.path.starts_with("/app/") { Ok(None) } else { Err(Answer::empty(404)) }
    }

    fn talk(&self, request: &Request, peer: &mut Peer) -> Result<(), Gone> {
        if self.limits.mood == Mood::NoGreeting {
            return peer.be_silent();
        }
        let error =
            |code: u16, message: &str| event("pusher:error", None, &json!({ "code": code, "message": message }));
        if request.path != "/app/APP_KEY" {
            peer.say(error(4001, "App key not in this cluster. Did you forget to specify the cluster?"))?;
            return peer.close(4001, "");
        }
        if request.parameter("protocol") != "7" {
            peer.say(error(4007, "Unsupported protocol version"))?;
            return peer.close(4007, "");
        }
        peer.say(event(
            "pusher:connection_established",
            None,
            &json!({ "socket_id": SOCKET_ID, "activity_timeout": 1 }),
        ))?;
        let is_deaf = self.limits.mood == Mood::Silent;
        let why = peer.serve(self.limits, None, |peer, message| {
            let said: serde_json::Value = serde_json::from_str(message).unwrap_or_default();
            let channel = said["data"]["channel"].as_str();
            match said["event"].as_str() {
                Some("pusher:ping") if is_deaf => {}
                Some("pusher:ping") => peer.say(event("pusher:pong", None, &json!({})))?,
                Some("pusher:subscribe") if said["data"]["auth"] == format!("KEY:{SOCKET_ID}") => {
                    peer.say(event("pusher_internal:subscription_succeeded", channel, &json!({})))?;
                }
                Some("pusher:subscribe") => peer.say(error(4009, "Invalid signature"))?,
                _ => {}
            }
            Ok(true)
        })?;
        match why {
            Why::Lasted => peer.close(4200, "Please reconnect immediately"),
            Why::Silence => {
                peer.say(error(4201, "Pong reply not received"))?;
                peer.close(4201, "")
            }
        }
    }
}

const PRESET: &str = "pusher";

fn client(limits: Limits, changes: &[(&str, &str)], token: &str) -> Client {
    let pusher = StandIn::start(Pusher { limits });
    Client::connect(PRESET, pusher.address, changes, &[("token", token)])
}

#[test]
fn comes_back_and_joins_its_channel_again() {
    client(Limits::default(), &[], GOOD).comes_back();
}

#[test]
fn a_backend_that_does_not_sign_keeps_the_channel_shut() {
    client(Limits::default(), &[], WRONG).refused_as(Code::RefusedByApi);
}

#[test]
fn a_wrong_signature_is_told_in_pushers_words() {
    let client = client(Limits::default(), &[("\"auth\":{{signature|json}}", "\"auth\":\"KEY:other\"")], GOOD);
    client.stops();
    let words = client.refused_as(Code::RefusedByMessage);
    assert!(words.contains("Invalid signature"), "{words}");
}

#[test]
fn a_wrong_key_or_protocol_is_final() {
    for (change, code) in [(("APP_KEY", "OTHER_KEY"), "4001"), (("protocol = \"7\"", "protocol = \"1\""), "4007")] {
        let client = client(Limits::default(), &[change], GOOD);
        client.stops();
        let words = client.refused_as(Code::GreetingRefused);
        assert!(words.contains(code), "{words}");
    }
}

#[test]
fn without_connection_established_there_is_none() {
    let changes = [(
        "expect = { \"/event\" = \"pusher:connection_established\" }",
        "expect = { \"/event\" = \"pusher:connection_established\" }\nwithin = '1s'",
    )];
    client(Limits::with_mood(Mood::NoGreeting), &changes, GOOD).refused_as(Code::GreetingMissing);
}

#[test]
fn pings_without_pongs_end_it() {
    client(Limits::with_mood(Mood::Silent), &[], GOOD).loses_it(Code::HeartbeatUnanswered);
}

#[test]
fn without_pings_the_service_ends_it() {
    let heartbeat = "[heartbeat]\nevery = \"{{activity}}s\"\nsend = '{\"event\":\"pusher:ping\",\"data\":{}}'\nexpect = { \"/event\" = \"pusher:pong\" }\n";
    let words = client(Limits::impatient(), &[(heartbeat, "")], GOOD).loses_it(Code::ServerClosed);
    assert!(words.contains("4201"), "{words}");
}
