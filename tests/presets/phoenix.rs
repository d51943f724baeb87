//! Phoenix Channels (vsn 2.0.0): a refused connect is a 403, silence ends in a close with 1000. Supabase Realtime joins a
//! channel as well.

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn, Why};
use crate::{GOOD, ORIGIN, WRONG};

#[derive(Default)]
pub struct Phoenix {
    pub limits: Limits,
    /// The tenant's gate of Supabase, where keys are in the query.
    pub is_supabase: bool,
}

impl Service for Phoenix {
    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        let (path, parameter) =
            if self.is_supabase { ("/realtime/v1/websocket", "apikey") } else { ("/socket/websocket", "token") };
        // A page's origin is checked, a program's that sends none is not.
        let is_foreign = !["", ORIGIN].contains(&request.header("origin"));
        match request.parameter(parameter) {
            _ if request.path != path => Err(Answer::empty(404)),
            GOOD if request.parameter("vsn") == "2.0.0" && !is_foreign => Ok(None),
            _ => Err(Answer::empty(403)),
        }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        if self.limits.mood == Mood::NoGreeting {
            return peer.be_silent();
        }
        let (mut joined, mut heard) = (None, 0);
        let is_deaf = self.limits.mood == Mood::Silent;
        let why = peer.serve(self.limits, None, |peer, message| {
            let Ok([join, reference, topic, event, payload]) = serde_json::from_str::<[serde_json::Value; 5]>(message)
            else {
                return Ok(false);
            };
            heard += 1;
            let mut reply = |status: &str, response: &str| {
                peer.say(format!(
                    r#"[{join},{reference},{topic},"phx_reply",{{"status":"{status}","response":{response}}}]"#
                ))
            };
            match (topic.as_str(), event.as_str()) {
                _ if is_deaf && heard > 1 => {}
                (Some("phoenix"), Some("heartbeat")) => reply("ok", "{}")?,
                (Some(_), Some("phx_join")) if self.is_supabase && payload["access_token"] != GOOD => {
                    reply("error", r#"{"reason":"Token is invalid"}"#)?;
                }
                (Some("secret:room"), Some("phx_join")) => reply("error", r#"{"reason":"unauthorized"}"#)?,
                (Some(topic), Some("phx_join")) => {
                    joined = Some(topic.to_owned());
                    reply("ok", r#"{"postgres_changes":[]}"#)?;
                }
                _ => reply("error", r#"{"reason":"unmatched topic"}"#)?,
            }
            Ok(true)
        })?;
        if let (Why::Lasted, Some(topic)) = (why, joined) {
            peer.say(format!(r#"["1",null,"{topic}","phx_close",{{}}]"#))?;
        }
        peer.close(if why == Why::Lasted { 1001 } else { 1000 }, "")
    }
}

const FAST: (&str, &str) = ("every = \"30s\"", "every = \"1s\"");
const JOIN: (&str, &str) = (
    "# [[hello]]\n# send = '[\"1\",\"1\",\"room:lobby\",\"phx_join\",{}]'\n# expect = { \"/2\" = \"room:lobby\"",
    "[[hello]]\nsend = '[\"1\",\"1\",\"room:lobby\",\"phx_join\",{}]'\nexpect = { \"/2\" = \"room:lobby\"",
);

fn client(limits: Limits, changes: &[(&str, &str)], token: &str) -> Client {
    let phoenix = StandIn::start(Phoenix { limits, is_supabase: false });
    Client::connect("phoenix", phoenix.address, changes, &[("token", token)])
}

fn supabase(limits: Limits, changes: &[(&str, &str)], key: &str) -> Client {
    let supabase = StandIn::start(Phoenix { limits, is_supabase: true });
    Client::connect("supabase-realtime", supabase.address, changes, &[("api_key", key)])
}

#[test]
fn comes_back_with_and_without_a_channel() {
    client(Limits::default(), &[FAST], GOOD).comes_back();
    client(Limits::default(), &[FAST, JOIN], GOOD).comes_back();
}

#[test]
fn supabase_comes_back_and_joins_again() {
    supabase(Limits::default(), &[("every = \"25s\"", "every = \"1s\"")], GOOD).comes_back();
}

#[test]
fn a_refused_connect_is_a_403_for_token_and_origin() {
    for (changes, token) in
        [(&[][..], WRONG), (&[("https://app.example.com\"     #", "https://elsewhere.example\" #")], GOOD)]
    {
        let client = client(Limits::default(), changes, token);
        client.stops();
        let words = client.refused_as(Code::UpgradeRefused);
        assert!(words.contains("origin"), "{words}");
    }
    supabase(Limits::default(), &[], WRONG).refused_as(Code::UpgradeRefused);
}

#[test]
fn a_channel_that_refuses_says_why() {
    let changes = [JOIN, ("room:lobby", "secret:room")];
    let words = client(Limits::default(), &changes, GOOD).refused_as(Code::RefusedByMessage);
    assert!(words.contains("unauthorized"), "{words}");
    let words =
        supabase(Limits::default(), &[("\"access_token\":{{api_key|json}}", "\"access_token\":\"other\"")], GOOD)
            .refused_as(Code::RefusedByMessage);
    assert!(words.contains("Token is invalid"), "{words}");
}

#[test]
fn a_socket_whose_process_does_not_answer_is_of_no_use() {
    let changes = [(
        "expect = { \"/2\" = \"phoenix\", \"/3\" = \"phx_reply\", \"/4/status\" = \"ok\" }",
        "expect = { \"/2\" = \"phoenix\", \"/3\" = \"phx_reply\", \"/4/status\" = \"ok\" }\nwithin = '1s'",
    )];
    client(Limits::with_mood(Mood::NoGreeting), &changes, GOOD).refused_as(Code::GreetingMissing);
}

#[test]
fn heartbeats_without_an_answer_end_it() {
    client(Limits::with_mood(Mood::Silent), &[FAST], GOOD).loses_it(Code::HeartbeatUnanswered);
}

#[test]
fn without_heartbeats_the_server_ends_it_and_the_finding_names_them() {
    let heartbeat = "[heartbeat]\nevery = \"30s\"\nsend = '[null,\"{{id}}\",\"phoenix\",\"heartbeat\",{}]'\nexpect = { \"/2\" = \"phoenix\", \"/3\" = \"phx_reply\" }\n";
    let words = client(Limits::impatient(), &[(heartbeat, "")], GOOD).loses_it(Code::ServerClosed);
    assert!(words.contains("heartbeat"), "{words}");
}

/// KuCoin ends connections without a `ping` message in the same way, and without a goodbye.
mod kucoin {
    use super::*;

    struct KuCoin;

    impl Service for KuCoin {
        fn http(&self, request: &Request) -> Answer {
            let server = request.server;
            match request.is("POST", "/api/v1/bullet-public") {
                true => Answer::json(
                    200,
                    format!(
                        r#"{{"code":"200000","data":{{"token":"{GOOD}","instanceServers":[{{"endpoint":"ws://{server}/endpoint","pingInterval":1000,"pingTimeout":1000}}]}}}}"#
                    ),
                ),
                false => Answer::json(200, r#"{"code":"400100","msg":"Bad request"}"#),
            }
        }

        fn talk(&self, request: &Request, peer: &mut Peer) -> Result<(), Gone> {
            peer.say(format!(r#"{{"id":"{}","type":"welcome"}}"#, request.parameter("connectId")))?;
            let limits = Limits { silence: std::time::Duration::from_secs(3), ..Limits::default() };
            let why = peer.serve(limits, None, |peer, message| {
                let ping: serde_json::Value = serde_json::from_str(message).unwrap_or_default();
                peer.say(format!(r#"{{"id":{},"type":"pong"}}"#, ping["id"]))?;
                Ok(ping["type"] == "ping")
            })?;
            if why == Why::Lasted { peer.close(1001, "") } else { Ok(()) }
        }
    }

    /// Beside the presets, the survey's own.
    fn profile(address: std::net::SocketAddr, heartbeat: &str) -> ticketscope::model::Profile {
        let text = format!(
            "name = 'KuCoin'\napi = 'http://{address}'\n[[ticket]]\npost = '/api/v1/bullet-public'\nok = {{ '/code' = '200000' }}\n\
             error = '/code'\ntake = {{ token = '/data/token', endpoint = '/data/instanceServers/0/endpoint', ping = '/data/instanceServers/0/pingInterval' }}\n\
             reusable = true\n[socket]\nurl = '{{{{endpoint}}}}'\nquery = {{ token = '{{{{token}}}}', connectId = '{{{{uuid}}}}' }}\n\
             [[hello]]\nexpect = {{ '/type' = 'welcome' }}\n{heartbeat}"
        );
        ticketscope::model::Profile::from_toml(&text).unwrap()
    }

    #[test]
    fn the_interval_that_the_ticket_names_keeps_the_connection() {
        let kucoin = StandIn::start(KuCoin);
        let heartbeat = "[heartbeat]\nevery = { millis = '{{ping}}' }\nsend = '{\"id\":\"{{id}}\",\"type\":\"ping\"}'\nexpect = { '/type' = 'pong' }\n";
        Client::with(profile(kucoin.address, heartbeat)).comes_back();
        let words = Client::with(profile(kucoin.address, "")).loses_it(Code::ConnectionLost);
        assert!(words.contains("heartbeat"), "{words}");
    }
}
