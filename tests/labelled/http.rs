//! Servers that answer the requests wrongly, or not at all.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::network::Host;
use crate::scene::Label::{Broken, Healthy, Unseen};
use crate::scene::{Scene, Situation};
use crate::script::{Move, Request, Route, answer, blurt, code, contract, html, json, serve, ticket};

pub const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A server of the contract but for what `play` says.
pub fn scripted(name: &'static str, cause: &'static str, play: fn(&Request) -> Option<Vec<Move>>) -> Situation {
    Situation::new(name, Broken(cause), move || async move { Scene::at(serve(LOOPBACK, None, play).await) })
}

/// A server that makes these moves for `route`.
macro_rules! at {
    ($name:literal, $code:literal, $route:ident, $($step:expr),+) => {
        $crate::http::scripted($name, $code, |request| {
            (request.route == $crate::script::Route::$route).then(|| vec![$($step),+])
        })
    };
}
pub(crate) use at;

/// A server that says nothing but these moves.
fn blurting(name: &'static str, cause: &'static str, moves: fn() -> Vec<Move>) -> Situation {
    Situation::new(name, Broken(cause), move || async move { Scene::at(blurt(LOOPBACK, moves()).await) })
}

/// The same in the clear on a network on which others can answer.
fn far(name: &'static str, cause: &'static str, play: fn(&Request) -> Option<Vec<Move>>) -> Situation {
    Situation::new(name, Broken(cause), move || async move {
        let host = Host::new();
        let port = serve(host.v4, None, play).await.port();
        Scene::apart(&format!("http://{}:{port}", host.name), &format!("ws://{}:{port}", host.name))
    })
}

fn say(text: &str) -> Move {
    Move::Say(text.into())
}

fn header(status: u16, line: &str) -> Move {
    answer(status, &[line], "")
}

pub fn all() -> Vec<Situation> {
    let mut all = silent();
    all.extend(tokens());
    all.extend(tickets());
    all
}

fn silent() -> Vec<Situation> {
    vec![
        scripted("a server that never answers", "no-answer", |_| Some(vec![Move::Silence])),
        scripted("half a status line", "no-answer", |_| Some(vec![say("HTTP/1.1 20"), Move::Silence])),
        scripted("half a head", "no-answer", |_| Some(vec![say("HTTP/1.1 200 OK\r\ncontent-"), Move::Silence])),
        scripted("half a body", "no-answer", |_| {
            Some(vec![say("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{"), Move::Silence])
        }),
        scripted("a dripping head", "no-answer", |_| Some(vec![say("HTTP/1.1 200 OK\r\nx: "), Move::Drip])),
        scripted("a dripping body", "no-answer", |_| {
            Some(vec![say("HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n{"), Move::Drip])
        }),
        blurting("a server that hangs up", "request-broken", || vec![Move::End]),
        blurting("a server that resets", "request-broken", || vec![Move::Wait(Duration::from_millis(20)), Move::Reset]),
        blurting("an SSH server", "not-this-api", || vec![say("SSH-2.0-OpenSSH_9.2\r\n"), Move::Silence]),
        at!("a silent ticket route", "no-answer", Ticket, Move::Silence),
        at!(
            "a token answer that breaks off",
            "request-broken",
            Token,
            say("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"to"),
            Move::End
        ),
    ]
}

fn tokens() -> Vec<Situation> {
    vec![
        at!("token: 401", "token-refused", Token, code(401, "UNAUTHORIZED")),
        at!("token: 500", "server-failed", Token, code(500, "OOPS")),
        at!("token: 502", "server-behind-gateway-down", Token, html(502, "502 Bad Gateway")),
        at!("token: 503", "service-unavailable", Token, html(503, "Service Unavailable")),
        at!("token: 504", "server-behind-gateway-down", Token, html(504, "504 Gateway Time-out")),
        at!("token: 404", "wrong-path", Token, html(404, "404 Not Found")),
        at!("token: 403 of a firewall", "blocked-on-the-way", Token, html(403, "403 Forbidden")),
        at!("token: 418", "unexpected-answer", Token, json(418, "{}")),
        at!("token: 429 of a gateway", "rate-limited", Token, header(429, "retry-after: 60")),
        at!("token: 308 elsewhere", "redirected", Token, header(308, "location: http://127.0.0.1:1/")),
        at!("token: another API's JSON", "not-this-api", Token, json(200, r#"{"ok":true}"#)),
        at!("token: an empty answer", "not-this-api", Token, json(200, "")),
        at!("token: a web app's page", "not-this-api", Token, html(200, "Welcome")),
        at!("a login page for a guest network", "captive-portal", Token, html(200, "Hotel Wi-Fi login")),
        at!("511", "captive-portal", Token, html(511, "Network Authentication Required")),
        far("a portal's page for every request", "captive-portal", |_| {
            Some(vec![html(200, "Welcome to Café Central")])
        }),
        far("a portal's redirect for every request", "captive-portal", |_| {
            Some(vec![header(302, "location: http://10.9.0.1/hello")])
        }),
        at!("token: 407 of a hidden proxy", "proxy-refused", Token, html(407, "Proxy Authentication Required")),
    ]
}

fn undated(step: Move) -> Move {
    let Move::Say(answer) = step else { return step };
    let text = String::from_utf8(answer).unwrap();
    Move::Say(text.split_inclusive("\r\n").filter(|line| !line.starts_with("date: ")).collect::<String>().into())
}

fn tickets() -> Vec<Situation> {
    vec![
        at!("ticket: INVALID_TOKEN for ever", "fresh-jwt-refused", Ticket, code(401, "INVALID_TOKEN")),
        at!("ticket: MISSING_SESSION", "jwt-without-session", Ticket, code(401, "MISSING_SESSION")),
        at!("ticket: MISSING_AUTH", "authorization-lost", Ticket, code(401, "MISSING_AUTH")),
        at!("ticket: 401 without a code", "jwt-refused", Ticket, json(401, "{}")),
        at!("ticket: 500 INTERNAL_ERROR", "origin-not-listed", Ticket, code(500, "INTERNAL_ERROR")),
        at!("ticket: TICKET_GENERATION_FAILED", "ticket-store-lost", Ticket, code(500, "TICKET_GENERATION_FAILED")),
        // Only health tells the difference, and the live session does not ask it.
        at!(
            "ticket: REDIS_UNAVAILABLE, health well",
            "ticket-store-missing-since-start",
            Ticket,
            code(503, "REDIS_UNAVAILABLE")
        )
        .live(Broken("ticket-store-down")),
        at!("ticket: 503", "service-unavailable", Ticket, json(503, "{}")),
        at!("ticket: 502", "server-behind-gateway-down", Ticket, html(502, "502 Bad Gateway")),
        at!("ticket: 404", "wrong-path", Ticket, html(404, "404 Not Found")),
        at!("ticket: RATE_LIMIT_EXCEEDED", "rate-limited", Ticket, code(429, "RATE_LIMIT_EXCEEDED")),
        at!("ticket: empty", "not-this-api", Ticket, ticket("", 30)),
        at!("ticket: a page", "not-this-api", Ticket, html(200, "Welcome")),
        at!("ticket: an array", "not-this-api", Ticket, json(200, "[]")),
        at!("ticket: late", "ticket-expired", Ticket, Move::Wait(Duration::from_millis(1_200)), ticket("late", 1)),
        Situation::new("no health endpoint", Healthy, || async {
            let play = |request: &Request| (request.route == Route::Health).then(|| vec![html(404, "Not Found")]);
            Scene::at(serve(LOOPBACK, None, play).await).patient()
        }),
        Situation::new("no answer is dated", Healthy, || async {
            let play = |request: &Request| Some(contract(request).into_iter().map(undated).collect());
            Scene::at(serve(LOOPBACK, None, play).await).patient()
        }),
        at!(
            "health: Redis down, all else well",
            "health-down",
            Health,
            json(503, r#"{"status":"DOWN","checks":{"server":"UP","redis":"DOWN"}}"#)
        )
        .live(Unseen),
    ]
}
