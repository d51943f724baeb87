//! DingTalk Stream: a ticket for one connection at a gateway that the answer names; pings that hold what the answer has to.

use std::time::Duration;

use serde_json::json;
use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn, Tickets, Why};
use crate::{GOOD, WRONG};

#[derive(Default)]
pub struct DingTalk {
    pub limits: Limits,
    pub tickets: Tickets,
}

fn system(topic: &str, id: u32, data: &str) -> String {
    let headers = json!({ "appId": "a", "connectionId": "c", "contentType": "application/json", "messageId": format!("m{id}"), "time": "1", "topic": topic });
    json!({ "specVersion": "1.0", "type": "SYSTEM", "headers": headers, "data": data }).to_string()
}

impl Service for DingTalk {
    fn http(&self, request: &Request) -> Answer {
        if !request.is("POST", "/v1.0/gateway/connections/open") {
            return Answer::empty(404);
        }
        let body = request.json();
        match (body["clientSecret"].as_str(), body["subscriptions"].as_array()) {
            (Some(GOOD), Some(_)) => {
                let endpoint = format!("ws://{}/connect", request.server);
                Answer::json(200, json!({ "endpoint": endpoint, "ticket": self.tickets.issue("t") }))
            }
            (Some(GOOD), None) => Answer::json(400, r#"{"code":"invalidParameter","message":"subscriptions"}"#),
            _ => Answer::json(401, r#"{"code":"authFailed","requestid":"r","message":"鉴权失败"}"#),
        }
    }

    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        match request.path == "/connect" && self.tickets.spend(request.parameter("ticket")) {
            true => Ok(None),
            false => Err(Answer::empty(401)),
        }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        if self.limits.mood == Mood::NoGreeting {
            return peer.be_silent();
        }
        peer.say(system("CONNECTED", 1, ""))?;
        peer.say(system("REGISTERED", 2, ""))?;
        let mut number = 2;
        let mut expected = String::new();
        let shared = std::cell::RefCell::new((&mut number, &mut expected));
        let mut ping = |peer: &mut Peer| {
            let (number, expected) = &mut *shared.borrow_mut();
            **number += 1;
            **expected = format!(r#"{{"opaque":"o-{number}"}}"#);
            peer.say(system("ping", **number, expected))
        };
        let why = peer.serve(self.limits, Some((Duration::from_secs(1), &mut ping)), |_, message| {
            let answer: serde_json::Value = serde_json::from_str(message).unwrap_or_default();
            let (number, expected) = &*shared.borrow();
            let is_its = answer["code"] == 200
                && answer["headers"]["messageId"] == format!("m{number}")
                && answer["data"].as_str() == Some(expected.as_str());
            Ok(is_its)
        })?;
        if why == Why::Lasted {
            peer.say(system("disconnect", 0, r#"{"reason":"persistent connection is timeout"}"#))?;
        }
        peer.close(1000, "")
    }
}

const PRESET: &str = "dingtalk-stream";

fn client(limits: Limits, changes: &[(&str, &str)], secret: &str) -> Client {
    let gateway = StandIn::start(DingTalk { limits, ..DingTalk::default() });
    Client::connect(PRESET, gateway.address, changes, &[("client_id", "id"), ("client_secret", secret)])
}

#[test]
fn comes_back_with_a_new_ticket_when_the_gateway_wants_it() {
    let gateway = StandIn::start(DingTalk::default());
    Client::connect(PRESET, gateway.address, &[], &[("client_id", "id"), ("client_secret", GOOD)]).comes_back();
    assert_eq!(gateway.service.tickets.issued(), 2);
}

#[test]
fn a_wrong_secret_is_refused() {
    let client = client(Limits::default(), &[], WRONG);
    client.stops();
    let words = client.refused_as(Code::RefusedByApi);
    assert!(words.contains("authFailed"), "{words}");
}

#[test]
fn without_registered_it_is_of_no_use() {
    let changes = [("\"/headers/topic\" = \"REGISTERED\" }", "\"/headers/topic\" = \"REGISTERED\" }\nwithin = '1s'")];
    client(Limits::with_mood(Mood::NoGreeting), &changes, GOOD).refused_as(Code::GreetingMissing);
}

#[test]
fn pings_have_to_be_answered_with_what_they_hold() {
    let words = client(Limits::impatient(), &[("\"data\":{{data|json}}", "\"data\":\"other\"")], GOOD)
        .loses_it(Code::ServerClosed);
    assert!(words.contains("1000"), "{words}");
}
