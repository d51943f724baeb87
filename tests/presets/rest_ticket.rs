//! The ticket pattern: a login, a ticket for one connection, and a 403 with nothing in it before the handshake, as daphne and
//! uvicorn refuse.

use std::time::Duration;

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::stand_in::{Answer, Gone, Limits, Peer, Request, Service, StandIn, Tickets};
use crate::{GOOD, ORIGIN, WRONG};

#[derive(Default)]
pub struct Rest {
    pub limits: Limits,
    pub tokens: Tickets,
    pub tickets: Tickets,
    /// Whether tokens are good for one ticket.
    forgets_tokens: bool,
    /// Whether tickets are none.
    forgets_tickets: bool,
}

impl Rest {
    pub fn with(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }
}

impl Service for Rest {
    fn http(&self, request: &Request) -> Answer {
        if request.is("POST", "/auth/login") {
            let (form, json) = (request.form(), request.json());
            let password = form.get("password").map(String::as_str).or(json["password"].as_str());
            return match password {
                Some(GOOD) => {
                    let token = self.tokens.issue("jwt");
                    Answer::json(201, format!(r#"{{"access_token":"{token}","expires_in":"3600"}}"#))
                }
                Some(_) => Answer::json(401, r#"{"detail":"Incorrect username or password"}"#),
                None => Answer::json(422, r#"{"detail":"Field required"}"#),
            };
        }
        if request.is("POST", "/ws-ticket") {
            let is_valid =
                request.bearer().starts_with("jwt") && (!self.forgets_tokens || self.tokens.spend(request.bearer()));
            return match is_valid {
                true => Answer::json(201, format!(r#"{{"ticket":"{}"}}"#, self.tickets.issue("t"))),
                false => Answer::json(401, r#"{"detail":"Could not validate credentials"}"#),
            };
        }
        Answer::empty(404)
    }

    fn upgrade(&self, request: &Request) -> Result<Option<&'static str>, Answer> {
        let is_valid = self.tickets.spend(request.parameter("ticket")) && !self.forgets_tickets;
        if is_valid && request.header("origin") == ORIGIN { Ok(None) } else { Err(Answer::empty(403)) }
    }

    fn talk(&self, _: &Request, peer: &mut Peer) -> Result<(), Gone> {
        let mut ping = |peer: &mut Peer| peer.ping();
        peer.serve(self.limits, Some((Duration::from_secs(1), &mut ping)), |_, _| Ok(true))?;
        peer.close(1001, "")
    }
}

const PRESET: &str = "rest-ticket";

fn client(rest: Rest, changes: &[(&str, &str)], password: &str) -> Client {
    let rest = StandIn::start(rest);
    Client::connect(PRESET, rest.address, changes, &[("username", "ada"), ("password", password)])
}

#[test]
fn comes_back_with_a_new_ticket() {
    let rest = StandIn::start(Rest::default());
    let client = Client::connect(PRESET, rest.address, &[], &[("username", "ada"), ("password", GOOD)]);
    client.comes_back();
    assert_eq!((rest.service.tokens.issued(), rest.service.tickets.issued()), (1, 2));
}

#[test]
fn a_login_that_the_service_has_forgotten_is_made_anew() {
    let rest = StandIn::start(Rest { forgets_tokens: true, ..Rest::default() });
    let client = Client::connect(PRESET, rest.address, &[], &[("username", "ada"), ("password", GOOD)]);
    client.comes_back();
    assert_eq!((rest.service.tokens.issued(), rest.service.tickets.issued()), (2, 2));
}

#[test]
fn a_form_is_another_spelling() {
    let json = "json = { username = \"{{username}}\", password = \"{{password}}\" }  #";
    let form = "form = { username = \"{{username}}\", password = \"{{password}}\" }  #";
    client(Rest::default(), &[(json, form)], GOOD).comes_back();
}

#[test]
fn a_wrong_password_is_the_users() {
    let client = client(Rest::default(), &[], WRONG);
    client.stops();
    client.refused_as(Code::TokenRefused);
}

#[test]
fn a_refused_upgrade_is_about_the_ticket_or_the_origin() {
    for (rest, changes) in [
        (Rest::default(), &[("https://app.example.com", "https://elsewhere.example")][..]),
        (Rest { forgets_tickets: true, ..Rest::default() }, &[]),
    ] {
        let words = client(rest, changes, GOOD).refused_as(Code::UpgradeRefused);
        assert!(words.contains("ticket") && words.contains("origin"), "{words}");
    }
}
