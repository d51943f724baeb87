//! What stands in for Slack: refusals inside a 200, addresses that are good for one socket, `hello`, pings of the server's own,
//! and an end that is announced.

use std::time::Duration;

use crate::stand_in::{Answer, GOOD, Gone, Limits, Mood, Peer, Request, Service, Tickets, Why};

/// The server.
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
