//! What profiles of services of any kind say of their answers and messages, and what the client makes of it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ticketscope::diagnosis::Code;

use crate::client::Client;
use crate::other_talk::client;
use crate::stand_in::{Answer, Gone, Limits, Peer, Request, Service, Tickets};
use crate::{GOOD, WRONG};

/// A service that answers requests with one function and talks with another.
struct Any {
    http: fn(&Request, &Tickets, u32) -> Answer,
    talk: fn(&Request, &mut Peer) -> Result<(), Gone>,
    tickets: Tickets,
    asked: AtomicU32,
}

impl Service for Any {
    fn http(&self, request: &Request) -> Answer {
        (self.http)(request, &self.tickets, self.asked.fetch_add(1, Ordering::Relaxed))
    }

    fn talk(&self, request: &Request, peer: &mut Peer) -> Result<(), Gone> {
        (self.talk)(request, peer)
    }
}

/// The tables of a profile, in a session with a service that answers and talks like this.
fn session(
    tables: &str,
    secret: &str,
    http: fn(&Request, &Tickets, u32) -> Answer,
    talk: fn(&Request, &mut Peer) -> Result<(), Gone>,
) -> Client {
    let text = format!("name = 'any'\napi = 'https://x'\nwithout = ['heartbeat', 'greeting']\n[secret.key]\n{tables}");
    client(&text, Any { http, talk, tickets: Tickets::default(), asked: AtomicU32::new(0) }, secret)
}

fn unasked(_: &Request, _: &Tickets, _: u32) -> Answer {
    Answer::empty(404)
}

/// Any client is welcome, and the first does not last.
fn lasting(_: &Request, peer: &mut Peer) -> Result<(), Gone> {
    peer.serve(Limits { silence: Duration::from_secs(60), ..Limits::default() }, None, |_, _| Ok(true))?;
    peer.close(1001, "")
}

/// Firebase's: one answer for both, told apart by its status.
fn one_answer(_: &Request, peer: &mut Peer) -> Result<(), Gone> {
    let said = peer.hear(Duration::from_secs(10))?.unwrap_or_default();
    if !said.contains(GOOD) {
        peer.say("{\"r\":1,\"s\":\"invalid_token\",\"d\":\"no such user\"}\n{\"bye\":1}\n")?;
        return peer.be_silent();
    }
    peer.say("{\"r\":1,\"s\":\"ok\",\"d\":{}}\n")?;
    peer.serve(Limits { silence: Duration::from_secs(60), ..Limits::default() }, None, |_, _| Ok(true))?;
    peer.close(1001, "")
}

#[test]
fn what_the_greeting_waits_for_is_no_end_and_the_first_end_counts() {
    let tables = "[socket]\npath = '/ws'\n[frame]\nsplit = \"\\n\"\n\
        [[hello]]\nsend = '{{key|json}}'\nexpect = { '/r' = 1, '/s' = 'ok' }\n\
        [[end]]\nwhen = { '/r' = 1, '/s' = '*' }\nthen = 'stop'\nreason = '/d'\nowner = 'user'\n\
        [[end]]\nwhen = { '/bye' = 1 }\nthen = 'retry'\n";
    session(tables, GOOD, unasked, one_answer).comes_back();
    let wrong = session(tables, WRONG, unasked, one_answer);
    wrong.stops();
    let words = wrong.refused_as(Code::RefusedByMessage);
    assert!(words.contains("no such user") && words.contains("| User: "), "{words}");
}

const LOGIN: &str = "[[login]]\npost = '/login'\njson = { key = '{{key}}' }\nerror = '/message'\n\
    take = { session = '/session' }\n[socket]\npath = '/ws'\nquery = { s = '{{session}}' }\n";

/// Grafana's: a success has a message too.
fn chatty(request: &Request, _: &Tickets, _: u32) -> Answer {
    match request.json()["key"] == GOOD {
        true => Answer::json(200, r#"{"message":"Logged in","session":"s-0123456789abcdef"}"#),
        false => Answer::json(200, r#"{"message":"Wrong password"}"#),
    }
}

#[test]
fn what_names_a_refusal_counts_only_without_what_is_wanted() {
    session(LOGIN, GOOD, chatty, lasting).comes_back();
    let wrong = session(LOGIN, WRONG, chatty, lasting);
    wrong.stops();
    let words = wrong.refused_as(Code::RefusedInside);
    assert!(words.contains("Wrong password"), "{words}");
    // With nothing that is wanted, it is all that can be told.
    let bare = LOGIN.replace("take = { session = '/session' }\n", "").replace("{{session}}", "{{key}}");
    session(&bare, GOOD, chatty, lasting).refused_as(Code::RefusedInside);
    session(&bare.replace("error = '/message'\n", ""), GOOD, chatty, lasting).comes_back();
}

fn says_why(request: &Request, _: &Tickets, _: u32) -> Answer {
    match (request.json()["key"] == GOOD, request.path.as_str()) {
        (true, _) => Answer::json(200, r#"{"session":"s-0123456789abcdef"}"#),
        (false, "/login") => Answer::json(422, r#"{"message":"Invalid credentials","session":null}"#),
        (false, _) => Answer::text(401, "<p class=\"alert\">Invalid login or password.</p>"),
    }
}

#[test]
fn a_refused_login_is_quoted_and_not_tried_again() {
    let wrong = session(LOGIN, WRONG, says_why, lasting);
    wrong.stops();
    let words = wrong.refused_as(Code::TokenRefused);
    assert!(words.contains("422 Invalid credentials") && words.contains("| User: "), "{words}");
    let page = LOGIN.replace("'/login'", "'/page'").replace("'/message'", "'after:class=\"alert\">'");
    let words = session(&page, WRONG, says_why, lasting).refused_as(Code::TokenRefused);
    assert!(words.contains("401 Invalid login or password."), "{words}");
    let means = "[classify.means]\n422 = { says = 'the key is locked', owner = 'operations' }\n";
    let words = session(&format!("{LOGIN}{means}"), WRONG, says_why, lasting).refused_as(Code::TokenRefused);
    assert!(words.contains("| The key is locked. ") && words.contains("| Operations: "), "{words}");
}

fn basic(_: &Request, _: &Tickets, _: u32) -> Answer {
    Answer::empty(401).with("www-authenticate: Basic realm=\"Cockpit\"")
}

/// As Cockpit answers indeed.
fn page_of_basic(_: &Request, _: &Tickets, _: u32) -> Answer {
    let page = "<!DOCTYPE html><html><body>Authentication failed</body></html>";
    Answer::text(401, page).with("www-authenticate: Basic realm=\"Cockpit\"")
}

#[test]
fn who_shows_a_password_is_refused_by_whoever_asked_for_it() {
    let words = |auth: &str| {
        let login = LOGIN.replace("post = '/login'\n", &format!("post = '/login'\n{auth}"));
        session(&login, WRONG, basic, lasting)
    };
    let told = words("auth = 'Basic {{key|base64}}'\n").refused_as(Code::TokenRefused);
    assert!(told.contains("| User: ") && told.contains("the file "), "{told}");
    let told = words("headers = { Authorization = '{{key}}' }\n").refused_as(Code::TokenRefused);
    assert!(told.contains("| User: "), "{told}");
    for other in ["", "auth = 'Bearer {{key}}'\n"] {
        let told = words(other).refused_as(Code::LoginInFront);
        assert!(told.contains("| Operations: "), "{told}");
    }
    let named = LOGIN.replace("error = '/message'", "auth = 'Basic {{key|base64}}'\nerror = 'header:WWW-Authenticate'");
    let told = session(&named, WRONG, basic, lasting).refused_as(Code::TokenRefused);
    assert!(!told.contains("realm"), "the name of a place is no reason: {told}");
    let told = session(&named, WRONG, page_of_basic, lasting).refused_as(Code::TokenRefused);
    assert!(told.contains("The service refuses the token request") && told.contains("| User: "), "{told}");
}

fn particular(request: &Request, _: &Tickets, asked: u32) -> Answer {
    if asked == 0 {
        return Answer::empty(204).with("set-cookie: lang=en").with("set-cookie: sid=old");
    }
    match (request.header("content-type"), request.header("cookie")) {
        ("application/x-amz-json-1.1", "sid=new; lang=en") => Answer::json(200, r#"{"session":"s-0123456789abcdef"}"#),
        (kind, cookie) => Answer::json(400, format!(r#"{{"message":"{kind} {cookie}"}}"#)),
    }
}

#[test]
fn a_header_of_the_profiles_takes_the_place_of_the_usual_one() {
    let headers = "headers = { Content-Type = 'application/x-amz-json-1.1', Cookie = 'sid=new' }\n";
    let login = LOGIN.replace("json = ", &format!("{headers}json = "));
    session(&format!("[[login]]\nget = '/first'\n{login}"), GOOD, particular, lasting).comes_back();
}

/// JupyterHub's: it takes a while.
fn slow(request: &Request, _: &Tickets, asked: u32) -> Answer {
    let is_ready = asked >= 2 && !request.query.contains_key("never");
    Answer::json(200, format!(r#"{{"ready":{is_ready},"session":"s-0123456789abcdef"}}"#))
}

#[test]
fn a_request_is_sent_until_its_answer_says_what_is_waited_for() {
    let until = "until = { '/ready' = true }\nevery = '10ms'\nwithin = '5s'\n";
    let login = LOGIN.replace("error = ", &format!("{until}error = "));
    session(&login, GOOD, slow, lasting).comes_back();
    let never = login.replace("within = '5s'\n", "within = '100ms'\nquery = { never = '1' }\n");
    let words = session(&never, GOOD, slow, lasting).refused_as(Code::NotThisApi);
    assert!(words.contains("/ready = true") && words.contains("| Operations: "), "{words}");
}

/// RingCentral's: the address stays, the token does not.
fn beside_the_address(request: &Request, tickets: &Tickets, _: u32) -> Answer {
    let (url, token) = (format!("ws://{}/ws", request.server), tickets.issue("t"));
    Answer::json(200, format!(r#"{{"uri":"{url}","token":"{token}","region":"eu"}}"#))
}

#[test]
fn of_several_values_those_that_the_socket_shows_are_the_ticket() {
    let tables = "[[ticket]]\npost = '/t'\nok = { '/token' = '*' }\ntake = { url = '/uri', ws_token = '/token' }\n\
        [socket]\nurl = '{{url}}'\nquery = { t = '{{ws_token}}' }\n";
    session(tables, GOOD, beside_the_address, lasting).comes_back();
    let both = tables.replace("ws_token = '/token'", "ws_token = '/token', token = '/region'");
    let both = both.replace("{ t = ", "{ r = '{{token}}', t = ");
    session(&both, GOOD, beside_the_address, lasting).comes_back();
    // What is shown is the same each time.
    let same = tables.replace("ws_token = '/token'", "ws_token = '/region'");
    session(&same, GOOD, beside_the_address, lasting).repeats_its_ticket();
}

/// Firebase's: only a host is named.
fn elsewhere(request: &Request, peer: &mut Peer) -> Result<(), Gone> {
    if request.path == "/ws" {
        peer.say(format!(r#"{{"t":"r","d":"{}"}}"#, request.server))?;
        return peer.be_silent();
    }
    assert_eq!((request.path.as_str(), request.parameter("v")), ("/other", "5"));
    lasting(request, peer)
}

#[test]
fn an_end_may_lead_to_an_address_that_is_made_of_what_it_says() {
    let tables = "[socket]\npath = '/ws'\nquery = { v = '4', k = '{{key}}' }\n\
        [[end]]\nwhen = { '/t' = 'r' }\nthen = 'go'\ntake = { host = '/d' }\nto = 'ws://{{host}}/other?v=5'\n";
    session(tables, GOOD, unasked, elsewhere).moves_on();
}
