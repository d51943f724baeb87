//! Centrifugo: the socket opens for anybody, and is of use after `connect`.

use std::time::Duration;

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn, Tickets, Why};
use crate::{GOOD, ORIGIN, WRONG};

#[derive(Default)]
pub struct Centrifugo {
    pub limits: Limits,
    /// Of the application's own backend.
    pub tokens: Tickets,
}

const EXPIRED: &str = "expired-0123456789abcdef";

impl Service for Centrifugo {
    fn http(&self, request: &Request) -> Answer {
        if !request.is("POST", "/centrifugo/connection_token") {
            return Answer::empty(404);
        }
        match request.header("cookie") == format!("session={GOOD}") {
            true => Answer::json(200, format!(r#"{{"token":"{}"}}"#, self.tokens.issue("jwt"))),
            false => Answer::json(401, r#"{"error":"no session"}"#),
        }
    }

    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        match request.header("origin") {
            _ if request.path != "/connection/websocket" => Err(Answer::empty(404)),
            "" | ORIGIN => Ok(None),
            _ => Err(Answer::text(403, "request origin is not authorized")),
        }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        // client.stale_close_delay.
        let Some(first) = peer.hear(self.limits.silence)? else { return peer.close(3501, "bad request") };
        let connect: serde_json::Value = serde_json::from_str(first.trim_end()).unwrap_or_default();
        if connect["connect"].is_null() {
            return peer.close(3501, "bad request");
        }
        let id = &connect["id"];
        match connect["connect"]["token"].as_str() {
            _ if self.limits.mood == Mood::NoGreeting => return peer.be_silent(),
            Some(EXPIRED) => {
                peer.say(format!(r#"{{"id":{id},"error":{{"code":109,"message":"token expired"}}}}"#))?;
                return peer.be_silent();
            }
            Some(token) if token == GOOD || token.starts_with("jwt") => {}
            _ => return peer.close(3500, "invalid token"),
        }
        peer.say(format!(r#"{{"id":{id},"connect":{{"client":"c1","version":"6.0.0","ping":1,"pong":true}}}}"#))?;
        if self.limits.mood == Mood::Silent {
            return peer.be_silent();
        }
        let mut ping = |peer: &mut Peer| peer.say("{}");
        match peer.serve(self.limits, Some((Duration::from_secs(1), &mut ping)), |_, message| {
            Ok(message.trim_end() == "{}")
        })? {
            Why::Lasted => peer.close(3001, "shutdown"),
            Why::Silence => peer.close(3012, "no pong"),
        }
    }
}

const PRESET: &str = "centrifugo";

fn client(limits: Limits, changes: &[(&str, &str)], token: &str) -> Client {
    let centrifugo = StandIn::start(Centrifugo { limits, ..Centrifugo::default() });
    Client::connect(PRESET, centrifugo.address, changes, &[("token", token)])
}

#[test]
fn comes_back_after_a_shutdown() {
    client(Limits::default(), &[], GOOD).comes_back();
}

#[test]
fn the_applications_backend_can_give_the_token() {
    let by_hand = "[secret.token]\nlabel = \"Connection JWT\"\nhint = \"In the web app: developer tools (F12) → Network → WS → Messages, in the first one; or `centrifugo gentoken`\"\n";
    let commented = "# [secret.session]\n# label = \"Session cookie of the web app\"\n# [[ticket]]\n# post = \"/centrifugo/connection_token\"\n\
                     # headers = { Cookie = \"session={{session}}\" }\n# take = { token = \"/token\" }\n# life = { jwt = \"token\" }\n# reusable = true\n";
    let changes = [(by_hand, ""), (commented, &*commented.replace("# ", ""))];
    let centrifugo = StandIn::start(Centrifugo::default());
    Client::connect(PRESET, centrifugo.address, &changes, &[("session", GOOD)]).comes_back();
    assert_eq!(centrifugo.service.tokens.issued(), 2);
    Client::connect(PRESET, centrifugo.address, &changes, &[("session", WRONG)]).refused_as(Code::RefusedByApi);
}

#[test]
fn without_connect_there_is_no_connection() {
    let send = "send = '{\"id\":1,\"connect\":{\"token\":{{token|json}},\"name\":\"ticketscope\"}}'\n";
    let client = client(Limits::impatient(), &[(send, "")], GOOD);
    client.stops();
    let words = client.refused_as(Code::GreetingRefused);
    assert!(words.contains("3501"), "{words}");
}

#[test]
fn a_wrong_token_is_final_and_an_expired_one_is_named() {
    let wrong = client(Limits::default(), &[], WRONG);
    wrong.stops();
    let words = wrong.refused_as(Code::GreetingRefused);
    assert!(words.contains("invalid token"), "{words}");
    let expired = client(Limits::default(), &[], EXPIRED);
    expired.stops();
    let words = expired.refused_as(Code::RefusedByMessage);
    assert!(words.contains("expired"), "{words}");
}

#[test]
fn a_foreign_origin_is_refused() {
    let client =
        client(Limits::default(), &[("https://app.example.com\"     #", "https://elsewhere.example\" #")], GOOD);
    client.stops();
    let words = client.refused_as(Code::UpgradeRefused);
    assert!(words.contains("origin"), "{words}");
}

#[test]
fn without_an_answer_to_connect_it_is_of_no_use() {
    let changes = [("\"/connect\" = \"*\" }", "\"/connect\" = \"*\" }\nwithin = '1s'")];
    client(Limits::with_mood(Mood::NoGreeting), &changes, GOOD).refused_as(Code::GreetingMissing);
}

#[test]
fn pings_that_nobody_answers_end_it() {
    let words = client(Limits::impatient(), &[("[[answer]]\nwhen = { text = \"{}\" }\nsend = \"{}\"\n", "")], GOOD)
        .loses_it(Code::ServerClosed);
    assert!(words.contains("no pong"), "{words}");
}

#[test]
fn a_server_that_does_not_ping_is_dead() {
    client(Limits::with_mood(Mood::Silent), &[("{{ping}}s 10s", "{{ping}}s")], GOOD)
        .loses_it(Code::HeartbeatUnanswered);
}
