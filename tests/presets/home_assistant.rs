//! Home Assistant: the credential goes over the open socket.

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn, Tickets, Why};
use crate::{GOOD, WRONG};

#[derive(Default)]
pub struct HomeAssistant {
    pub limits: Limits,
    pub tokens: Tickets,
}

impl Service for HomeAssistant {
    fn http(&self, request: &Request) -> Answer {
        if !request.is("POST", "/auth/token") {
            return Answer::empty(404);
        }
        let form = request.form();
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        match (field("grant_type"), field("refresh_token")) {
            ("refresh_token", GOOD) => {
                let token = self.tokens.issue("access");
                Answer::json(200, format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":1800}}"#))
            }
            ("refresh_token", _) => Answer::json(400, r#"{"error":"invalid_grant"}"#),
            _ => Answer::json(400, r#"{"error":"unsupported_grant_type"}"#),
        }
    }

    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        if request.path == "/api/websocket" { Ok(None) } else { Err(Answer::empty(404)) }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        if self.limits.mood == Mood::NoGreeting {
            return peer.be_silent();
        }
        peer.say(r#"{"type":"auth_required","ha_version":"2026.11.0"}"#)?;
        let Some(auth) = peer.hear(self.limits.silence)? else { return Ok(()) };
        let auth: serde_json::Value = serde_json::from_str(&auth).unwrap_or_default();
        let token = auth["access_token"].as_str().unwrap_or_default();
        if auth["type"] != "auth" || token != GOOD && !token.starts_with("access") {
            peer.say(r#"{"type":"auth_invalid","message":"Invalid access token or password"}"#)?;
            return peer.close_without_code();
        }
        peer.say(r#"{"type":"auth_ok","ha_version":"2026.11.0"}"#)?;
        // More than a megabyte, as all states of a large house are.
        peer.say(format!(r#"{{"id":0,"type":"result","success":true,"result":"{}"}}"#, "x".repeat(1_200_000)))?;
        let mut last = 0;
        let is_deaf = self.limits.mood == Mood::Silent;
        let why = peer.serve(self.limits, None, |peer, message| {
            let command: serde_json::Value = serde_json::from_str(message).unwrap_or_default();
            let id = command["id"].as_u64().unwrap_or_default();
            if is_deaf {
            } else if id <= last {
                peer.say(format!(r#"{{"id":{id},"type":"result","success":false,"error":{{"code":"id_reuse"}}}}"#))?;
            } else {
                match command["type"].as_str() {
                    Some("ping") => peer.say(format!(r#"{{"id":{id},"type":"pong"}}"#))?,
                    _ => peer.say(format!(r#"{{"id":{id},"type":"result","success":true,"result":null}}"#))?,
                }
            }
            last = id;
            Ok(command["type"] == "ping")
        })?;
        match why {
            Why::Lasted => peer.close(1000, ""),
            Why::Silence => Ok(()),
        }
    }
}

const PRESET: &str = "home-assistant";
const FAST: (&str, &str) = ("every = \"30s\"", "every = \"1s\"");

fn client(limits: Limits, changes: &[(&str, &str)], token: &str) -> Client {
    let home = StandIn::start(HomeAssistant { limits, ..HomeAssistant::default() });
    Client::connect(PRESET, home.address, changes, &[("token", token)])
}

#[test]
fn comes_back_and_is_let_in_again() {
    client(Limits::default(), &[FAST], GOOD).comes_back();
}

#[test]
fn a_refresh_token_is_another_way_in() {
    let secret = "# [secret.refresh_token]\n# label = \"Refresh token\"\n# [[login]]\n# post = \"/auth/token\"\n";
    let login = "[secret.refresh_token]\n[[login]]\npost = \"/auth/token\"\n";
    let rest = "# form = { grant_type = \"refresh_token\", refresh_token = \"{{refresh_token}}\", client_id = \"https://homeassistant.example.com/\" }\n\
                # error = \"/error\"\n# take = { token = \"/access_token\" }\n# life = { seconds = \"/expires_in\" }\n";
    let changes = [
        FAST,
        ("[secret.token]\nlabel = \"Long-lived access token\"\n", ""),
        (
            "hint = \"Home Assistant → your name at the bottom left → Security → Long-lived access tokens → Create token\"\n",
            "",
        ),
        (secret, login),
        (rest, &rest.replace("# ", "")),
    ];
    let home = StandIn::start(HomeAssistant::default());
    Client::connect(PRESET, home.address, &changes, &[("refresh_token", GOOD)]).comes_back();
    assert_eq!(home.service.tokens.issued(), 1);
    let client = Client::connect(PRESET, home.address, &changes, &[("refresh_token", WRONG)]);
    let words = client.refused_as(Code::TokenRefused);
    assert!(words.contains("invalid_grant"), "{words}");
}

#[test]
fn auth_invalid_is_no_connection() {
    let client = client(Limits::default(), &[], WRONG);
    client.stops();
    let words = client.refused_as(Code::RefusedByMessage);
    assert!(words.contains("Invalid access token"), "{words}");
}

#[test]
fn without_its_first_message_there_is_none() {
    let changes =
        [("expect = { \"/type\" = \"auth_required\" }", "expect = { \"/type\" = \"auth_required\" }\nwithin = '1s'")];
    client(Limits::with_mood(Mood::NoGreeting), &changes, GOOD).refused_as(Code::GreetingMissing);
}

#[test]
fn pings_that_it_does_not_answer_end_it() {
    client(Limits::with_mood(Mood::Silent), &[FAST], GOOD).loses_it(Code::HeartbeatUnanswered);
}

#[test]
fn a_limit_for_messages_is_the_profiles() {
    let changes = [FAST, ("max_message = \"64MiB\"", "max_message = \"1MiB\"")];
    client(Limits::default(), &changes, GOOD).loses_it(Code::OwnLimit);
}
