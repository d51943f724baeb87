//! Servers that answer the requests wrongly, or not at all.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::network::Host;
use crate::scene::Label::{Broken, Healthy, Notice};
use crate::scene::{Scene, Situation};
use crate::script::{Move, Request, Route, answer, blurt, close, code, contract, html, json, serve, ticket};

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

const REDIS_DOWN: &str = r#"{"status":"DOWN","checks":{"server":"UP","redis":"DOWN"}}"#;

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
    all.extend(told_by_health());
    all.extend(logins());
    all.extend(refusals());
    all.extend(repeated());
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
        at!(
            "ticket: REDIS_UNAVAILABLE, health well",
            "ticket-store-missing-since-start",
            Ticket,
            code(503, "REDIS_UNAVAILABLE")
        ),
        at!("ticket: 503", "service-unavailable", Ticket, json(503, "{}")),
        at!("ticket: 502", "server-behind-gateway-down", Ticket, html(502, "502 Bad Gateway")),
        at!("ticket: 404", "wrong-path", Ticket, html(404, "404 Not Found")),
        at!("ticket: RATE_LIMIT_EXCEEDED", "rate-limited", Ticket, code(429, "RATE_LIMIT_EXCEEDED")),
        at!("ticket: empty", "not-this-api", Ticket, ticket("", 30)),
        at!("ticket: a page", "not-this-api", Ticket, html(200, "Welcome")),
        at!("ticket: an array", "not-this-api", Ticket, json(200, "[]")),
        Situation::new("ticket: late", Broken("ticket-expired"), || async {
            let late = || vec![Move::Wait(Duration::from_millis(1_200)), ticket("late", 1)];
            Scene::at(serve(LOOPBACK, None, move |request| (request.route == Route::Ticket).then(late)).await).patient()
        }),
        Situation::new("no health endpoint", Healthy, || async {
            let play = |request: &Request| (request.route == Route::Health).then(|| vec![html(404, "Not Found")]);
            Scene::at(serve(LOOPBACK, None, play).await).patient()
        }),
        Situation::new("no answer is dated", Healthy, || async {
            let play = |request: &Request| Some(contract(request).into_iter().map(undated).collect());
            Scene::at(serve(LOOPBACK, None, play).await).patient()
        }),
        at!("health: Redis down, all else well", "health-down", Health, json(503, REDIS_DOWN)).by_check(),
    ]
}

/// What health adds to an answer, in the check and in the live session.
fn told_by_health() -> Vec<Situation> {
    vec![
        with_health("token: INTERNAL_ERROR, Redis down", "health-down", Route::Token, "INTERNAL_ERROR", 500)
            .saying(&["Redis is down"]),
        with_health("ticket: INTERNAL_ERROR, Redis down", "health-down", Route::Ticket, "INTERNAL_ERROR", 500),
        with_health("ticket: 503 and Redis down", "health-down", Route::Ticket, "", 503),
        with_health(
            "ticket: REDIS_UNAVAILABLE, Redis down",
            "ticket-store-down",
            Route::Ticket,
            "REDIS_UNAVAILABLE",
            503,
        ),
        with_health(
            "ticket: TICKET_GENERATION_FAILED, Redis down",
            "ticket-store-lost",
            Route::Ticket,
            "TICKET_GENERATION_FAILED",
            500,
        )
        .saying(&["its Redis, which is down"]),
        with_health("upgrade: 401 and Redis down", "fresh-ticket-refused", Route::Socket, "", 401)
            .saying(&["health page says that its Redis is down"]),
        with_health(
            "upgrade: REDIS_UNAVAILABLE, Redis down",
            "ticket-store-down",
            Route::Socket,
            "REDIS_UNAVAILABLE",
            503,
        ),
        scripted("ticket: REDIS_UNAVAILABLE, no health", "ticket-store-down", |request| match request.route {
            Route::Ticket => Some(vec![code(503, "REDIS_UNAVAILABLE")]),
            Route::Health => Some(vec![html(404, "Not Found")]),
            _ => None,
        }),
    ]
}

/// A server whose health calls Redis down, and that answers `route` with this.
fn with_health(name: &'static str, cause: &'static str, route: Route, says: &'static str, status: u16) -> Situation {
    Situation::new(name, Broken(cause), move || async move {
        let play = move |request: &Request| match request.route {
            Route::Health => Some(vec![json(503, REDIS_DOWN)]),
            asked if asked == route && says.is_empty() => Some(vec![json(status, "{}")]),
            asked => (asked == route).then(|| vec![code(status, says)]),
        };
        Scene::at(serve(LOOPBACK, None, play).await)
    })
}

/// Logins that a network wants, seen at a server in the clear.
fn logins() -> Vec<Situation> {
    const PORTAL: &str = "location: http://portal.hotel.example/login?mac=1";
    vec![
        at!("token: 302 to a portal", "captive-portal", Token, header(302, PORTAL)),
        scripted("token: 302 with a portal's page", "captive-portal", |request| {
            let page = "<html><title>Hotel Wi-Fi login</title></html>";
            (request.route == Route::Token).then(|| vec![answer(302, &["content-type: text/html"], page)])
        }),
        scripted("token: 302, and health is a portal's page", "captive-portal", |request| match request.route {
            Route::Token => Some(vec![header(302, "location: http://10.9.0.1/hello")]),
            Route::Health => Some(vec![html(200, "Hotel Wi-Fi login")]),
            _ => None,
        }),
        at!("token: 302 to the server's own login", "redirected", Token, header(302, "location: /login")),
    ]
}

/// What an API refuses with a code that the contract does not know.
fn refusals() -> Vec<Situation> {
    vec![
        at!("token: 403 NOPE", "refused-by-api", Token, code(403, "NOPE")).saying(&["403 NOPE"]),
        at!("ticket: 403 NOPE", "refused-by-api", Ticket, code(403, "NOPE")).saying(&["403 NOPE"]),
        at!("upgrade: 403 NOPE", "refused-by-api", Socket, code(403, "NOPE")).saying(&["403 NOPE"]),
        at!(
            "upgrade: REDIS_UNAVAILABLE, health well",
            "ticket-store-missing-since-start",
            Socket,
            code(503, "REDIS_UNAVAILABLE")
        ),
        at!("upgrade: INTERNAL_ERROR", "origin-not-listed", Socket, code(500, "INTERNAL_ERROR")),
    ]
}

/// Tickets and JWTs that come or go more than once.
fn repeated() -> Vec<Situation> {
    vec![
        // A check connects twice.
        Situation::new("the same ticket each time", Notice("ticket-repeated"), || async {
            let play =
                |request: &Request| (request.route == Route::Ticket).then(|| vec![ticket("0123456789abcdef", 30)]);
            Scene::at(serve(LOOPBACK, None, play).await)
        })
        .by_check(),
        scripted("the same ticket each time, and refused", "ticket-repeated", |request| match request.route {
            Route::Ticket => Some(vec![ticket("0123456789abcdef", 30)]),
            Route::Socket if request.number > 2 => Some(vec![html(401, "Unauthorized")]),
            Route::Socket => Some(vec![Move::Accept, Move::Wait(Duration::from_millis(100)), Move::End]),
            _ => None,
        })
        .by_session()
        .saying(&["each ticket has to be a new one"]),
        scripted("the same ticket each time, and kicked", "server-closed", |request| match request.route {
            Route::Ticket => Some(vec![ticket("0123456789abcdef", 30)]),
            Route::Socket => {
                Some(vec![Move::Accept, Move::Wait(Duration::from_millis(200)), close(4001, "kicked"), Move::End])
            }
            _ => None,
        })
        .saying(&["4001 kicked"]),
        Situation::new("a profile that retries a refused JWT", Broken("jwt-refused"), || async {
            let play = |request: &Request| (request.route == Route::Ticket).then(|| vec![code(401, "ANYTHING")]);
            let mut scene = Scene::at(serve(LOOPBACK, None, play).await);
            scene.profile += "[classify]\nhard_statuses = []\n";
            scene
        })
        .apart(Broken("dead-credential-resent"), "only several attempts tell that the same JWT goes out again"),
    ]
}
