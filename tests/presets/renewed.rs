//! Services whose greeting hands out the token of the next connection: each is good for one (Screeps).

use std::time::Duration;

use ticketscope::diagnosis::Code;

use crate::other_talk::client;
use crate::stand_in::{Answer, Gone, Limits, Peer, Request, Service, Tickets};
use crate::{GOOD, WRONG};

/// It lets nobody sign in twice.
struct Screeps(Tickets);

impl Service for Screeps {
    fn http(&self, request: &Request) -> Answer {
        match request.json()["password"] == GOOD {
            false => Answer::json(401, r#"{"error":"invalid credentials"}"#),
            true if self.0.issued() > 0 => Answer::empty(500),
            true => Answer::json(200, format!(r#"{{"ok":1,"token":"{}"}}"#, self.0.issue("token-"))),
        }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        peer.say("protocol 14")?;
        let said = peer.hear(Duration::from_secs(10))?.unwrap_or_default();
        if !said.strip_prefix("auth ").is_some_and(|token| self.0.spend(token)) {
            peer.say("auth failed")?;
            return peer.be_silent();
        }
        peer.say(format!("auth ok {}", self.0.issue("token-")))?;
        peer.serve(Limits { silence: Duration::from_secs(60), ..Limits::default() }, None, |_, _| Ok(true))?;
        peer.close(1001, "")
    }
}

#[test]
fn what_a_greeting_takes_in_the_place_of_a_login_is_used_by_the_next_attempt() {
    let text = include_str!("services/screeps.toml");
    client(text, Screeps(Tickets::default()), GOOD).comes_back();
    client(text, Screeps(Tickets::default()), WRONG).refused_as(Code::TokenRefused);
}
