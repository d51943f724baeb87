//! Socket.IO over Engine.IO: `0{…}`, `40…`, the server's pings. `tests/extended` has the real server.

use std::time::Duration;

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn, Why};
use crate::{GOOD, ORIGIN, WRONG};

#[derive(Default)]
pub struct SocketIo {
    pub limits: Limits,
}

impl Service for SocketIo {
    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        let wrong =
            |code: u8, message: &str| Err(Answer::json(400, format!(r#"{{"code":{code},"message":"{message}"}}"#)));
        match (request.parameter("EIO"), request.parameter("transport")) {
            _ if request.path != "/socket.io/" => Err(Answer::empty(404)),
            _ if request.header("origin") != ORIGIN => Err(Answer::json(403, r#"{"code":4,"message":"Forbidden"}"#)),
            ("4", "websocket") => Ok(None),
            ("4", _) => wrong(0, "Transport unknown"),
            _ => wrong(5, "Unsupported protocol version"),
        }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        if self.limits.mood == Mood::NoGreeting {
            return peer.be_silent();
        }
        let interval = Duration::from_secs(1);
        let patience = self.limits.silence;
        peer.say(format!(
            r#"0{{"sid":"abc","upgrades":[],"pingInterval":{},"pingTimeout":{},"maxPayload":1000000}}"#,
            interval.as_millis(),
            patience.as_millis()
        ))?;
        // The limit for the first packet, connectTimeout.
        match peer.hear(patience)?.as_deref() {
            Some(connect) if connect.starts_with("40") => {
                let auth: serde_json::Value = serde_json::from_str(&connect[2..]).unwrap_or_default();
                if auth["token"] != GOOD {
                    peer.say(r#"44{"message":"invalid token"}"#)?;
                    return peer.be_silent();
                }
            }
            _ => return peer.close_without_code(),
        }
        peer.say(r#"40{"sid":"def"}"#)?;
        if self.limits.mood == Mood::Silent {
            return peer.be_silent();
        }
        let mut ping = |peer: &mut Peer| peer.say("2");
        match peer.serve(self.limits, Some((interval, &mut ping)), |_, message| Ok(message == "3"))? {
            Why::Lasted => peer.say("41")?,
            Why::Silence => {}
        }
        peer.close_without_code()
    }
}

const PRESET: &str = "socket-io";

fn client(limits: Limits, changes: &[(&str, &str)], token: &str) -> Client {
    let server = StandIn::start(SocketIo { limits });
    Client::connect(PRESET, server.address, changes, &[("token", token)])
}

#[test]
fn comes_back_when_the_application_disconnects_it() {
    client(Limits::default(), &[], GOOD).comes_back();
}

#[test]
fn a_refused_connect_is_told_in_the_applications_words() {
    let client = client(Limits::default(), &[], WRONG);
    client.stops();
    let words = client.refused_as(Code::RefusedByMessage);
    assert!(words.contains("invalid token"), "{words}");
}

#[test]
fn an_opening_that_nobody_answers_is_no_connection() {
    let nothing_said = "send = '40{\"token\":{{token|json}}}'\n";
    let words = client(Limits::impatient(), &[(nothing_said, "")], GOOD).refused_as(Code::GreetingRefused);
    assert!(words.contains("waited for a first message"), "{words}");
}

#[test]
fn without_an_opening_there_is_none() {
    let changes = [("take = { interval", "within = '1s'\ntake = { interval")];
    client(Limits::with_mood(Mood::NoGreeting), &changes, GOOD).refused_as(Code::GreetingMissing);
}

#[test]
fn pings_that_nobody_answers_end_it() {
    let words = client(Limits::impatient(), &[("[[answer]]\nwhen = { text = \"2\" }\nsend = \"3\"\n", "")], GOOD)
        .loses_it(Code::ServerClosed);
    assert!(words.contains("heartbeat"), "{words}");
}

#[test]
fn a_server_that_does_not_ping_is_dead() {
    let limits = Limits { silence: Duration::from_secs(1), ..Limits::with_mood(Mood::Silent) };
    client(limits, &[], GOOD).loses_it(Code::HeartbeatUnanswered);
}

#[test]
fn origin_and_parameters_are_refused_before_the_handshake() {
    let origin = ("https://app.example.com\"     #", "https://elsewhere.example\" #");
    client(Limits::default(), &[origin], GOOD).refused_as(Code::UpgradeRefused);
    let words = client(Limits::default(), &[("transport = \"websocket\"", "transport = \"other\"")], GOOD)
        .refused_as(Code::UpgradeRefused);
    assert!(words.contains("Transport unknown"), "{words}");
}
