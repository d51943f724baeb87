//! Jupyter Server: a terminal's name, a socket at that path, and checks of login and origin. `tests/extended` has the real
//! server.

use std::time::Duration;

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Mood, Peer, Request, Service, StandIn, Tickets};
use crate::{GOOD, WRONG};

#[derive(Default)]
pub struct Jupyter {
    pub limits: Limits,
    pub terminals: Tickets,
}

impl Jupyter {
    fn is_own(request: &Request) -> bool {
        let origin = request.header("origin");
        origin.is_empty() || origin == format!("http://{}", request.server)
    }
}

impl Service for Jupyter {
    fn http(&self, request: &Request) -> Answer {
        let is_in = request.header("authorization") == format!("token {GOOD}") || request.bearer() == GOOD;
        match request.is("POST", "/api/terminals") {
            true if !Self::is_own(request) => Answer::empty(404),
            true if !is_in => Answer::json(403, r#"{"message": "Forbidden", "reason": null}"#),
            true => {
                let name = self.terminals.issue("");
                Answer::json(200, format!(r#"{{"name": "{name}", "last_activity": "2026-11-29T12:00:00Z"}}"#))
            }
            false => Answer::empty(404),
        }
    }

    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        let name = request.path.strip_prefix("/terminals/websocket/");
        match name {
            Some(_) if !Self::is_own(request) || request.parameter("token") != GOOD => Err(Answer::empty(403)),
            Some(name) if self.terminals.spend(name) => Ok(None),
            _ => Err(Answer::empty(404)),
        }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        if self.limits.mood == Mood::NoGreeting {
            return peer.be_silent();
        }
        peer.say(r#"["setup", {}]"#)?;
        peer.say(r#"["stdout", "$ "]"#)?;
        let mut ping = |peer: &mut Peer| peer.ping();
        peer.serve(self.limits, Some((Duration::from_secs(1), &mut ping)), |_, message| Ok(message.is_empty()))?;
        peer.say(r#"["disconnect", 1]"#)?;
        peer.close(1000, "")
    }
}

const PRESET: &str = "jupyter";

fn client(mood: Mood, changes: &[(&str, &str)], token: &str) -> Client {
    let jupyter = StandIn::start(Jupyter { limits: Limits::with_mood(mood), ..Jupyter::default() });
    let own = format!("http://{}", jupyter.address);
    let mut all = changes.to_vec();
    if !changes.iter().any(|(before, _)| before.starts_with("https://")) {
        all.push(("https://jupyter.example.com", &own));
    }
    Client::connect(PRESET, jupyter.address, &all, &[("token", token)])
}

#[test]
fn comes_back_with_another_terminal() {
    client(Mood::Well, &[], GOOD).comes_back();
}

#[test]
fn a_wrong_token_is_forbidden() {
    let client = client(Mood::Well, &[], WRONG);
    client.stops();
    let words = client.refused_as(Code::RefusedByApi);
    assert!(words.contains("Forbidden"), "{words}");
}

#[test]
fn a_foreign_origin_has_nothing_here() {
    client(Mood::Well, &[("https://jupyter.example.com", "https://elsewhere.example")], GOOD)
        .refused_as(Code::WrongPath);
}

#[test]
fn the_sockets_own_login_counts_as_well() {
    let client = client(Mood::Well, &[("query = { token = \"{{token}}\" }\n", "")], GOOD);
    client.stops();
    client.refused_as(Code::UpgradeRefused);
}

#[test]
fn without_setup_there_is_no_terminal() {
    let changes = [("expect = { \"/0\" = \"setup\" }", "expect = { \"/0\" = \"setup\" }\nwithin = '1s'")];
    client(Mood::NoGreeting, &changes, GOOD).refused_as(Code::GreetingMissing);
}
