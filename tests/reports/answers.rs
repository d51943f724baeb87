//! Answers to the token and the ticket request that stop clients, or browsers alone.

use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use support::moves::{
    ALLOW_CREDENTIALS, ALLOW_ORIGIN, LOOPBACK, Move, Request, Route, answer, contract, header, html, json, serve,
};
use support::scene::Scene;
use ticketscope::diagnosis::Owner::{Developers, Nobody, Operations, ProfileAuthor};
use tokio::time::Instant;

use crate::gateways::NEAR_THE_USER;
use crate::report::{By, Kind, Report, View};

pub fn all() -> Vec<Report> {
    let mut all = refused();
    all.extend(browsers());
    all.extend(encoded());
    all
}

fn refused() -> Vec<Report> {
    vec![
        at(Report::broken("h431", "qzind/tray#1459", &[Operations, Developers]), Route::Ticket, || {
            html(431, "431 Request Header Fields Too Large")
        })
        .says(&[&["header"], &["too large", "too long", "too big", "431"]])
        .advises(&[&["header", "jwt", "cookie", "limit"]])
        .never(NEAR_THE_USER),
        // The one that waits is the client; the limit is operations'.
        at(Report::broken("apigw429", "API Gateway 429", &[Operations, Nobody]), Route::Ticket, || {
            let headers = ["content-type: application/json", "x-amzn-ErrorType: TooManyRequestsException"];
            answer(429, &headers, r#"{"message":"Too Many Requests"}"#)
        })
        .says(&[&["gateway"], &["limit", "too many"]])
        .advises(&[&["operations", "limit", "quota", "throttl"]])
        .never(&["user's it", "firewall"]),
        at(Report::broken("m405", "kind: the method is another one", &[ProfileAuthor]), Route::Token, || {
            answer(405, &["content-type: text/plain", "allow: GET"], "Method Not Allowed")
        })
        .says(&[&["405", "method", "post"], &["get"]])
        .advises(&[&["get", "method"]])
        .never(NEAR_THE_USER),
        Report::broken("cachedTicket401", "the same", &[Operations])
            .staged(|view| async move {
                // A check connects twice; a live session meets a ticket that somebody else has had already.
                let cache = Cache::new(view == View::Live);
                Scene::at(serve(LOOPBACK, None, move |request: &Request| cache.play(request)).await).patient()
            })
            .says(&[&["cache", "cdn"], &["ticket"], &["age", "cf-cache-status", "hit"]])
            .advises(&[&["cache", "no-store", "cdn"]])
            .never(NEAR_THE_USER),
    ]
}

/// A server that answers `route` with this.
fn at(report: Report, route: Route, refuse: fn() -> Move) -> Report {
    report.played(move || move |request: &Request| (request.route == route).then(|| vec![refuse()]))
}

/// A CDN that keeps the answer to the ticket request for a while, before a server that takes each ticket once.
struct Cache(Mutex<Cached>);

struct Cached {
    since: Instant,
    /// The ticket that is kept, and whether it was used.
    ticket: Option<(String, bool)>,
}

impl Cache {
    const KEEPS: Duration = Duration::from_secs(20);

    /// One that holds a used ticket already, or nothing.
    fn new(is_warm: bool) -> Self {
        let ticket = is_warm.then(|| ("e".repeat(32), true));
        Self(Mutex::new(Cached { since: Instant::now(), ticket }))
    }

    fn play(&self, request: &Request) -> Option<Vec<Move>> {
        let mut cached = self.0.lock().unwrap();
        match request.route {
            Route::Ticket => {
                let age = cached.since.elapsed();
                let kept = cached.ticket.clone().filter(|_| age < Self::KEEPS);
                let (state, age) = if kept.is_some() { ("HIT", age.as_secs()) } else { ("MISS", 0) };
                let (ticket, _) = kept.unwrap_or_else(|| {
                    *cached =
                        Cached { since: Instant::now(), ticket: Some((format!("{:032x}", request.number), false)) };
                    cached.ticket.clone().unwrap_or_default()
                });
                let headers = [
                    "content-type: application/json",
                    ALLOW_ORIGIN,
                    ALLOW_CREDENTIALS,
                    "server: cloudflare",
                    &format!("cf-cache-status: {state}"),
                    &format!("age: {age}"),
                ];
                Some(vec![answer(200, &headers, &format!(r#"{{"ticket":"{ticket}","expiresInSeconds":30}}"#))])
            }
            Route::Socket => {
                let (ticket, is_used) = cached.ticket.as_mut()?;
                let is_refused = !request.text.contains(&**ticket) || std::mem::replace(is_used, true);
                is_refused.then(|| vec![html(401, "Unauthorized")])
            }
            Route::Token | Route::Health | Route::Preflight | Route::Tunnel | Route::Other => None,
        }
    }
}

/// What stops browsers, and nobody else.
fn browsers() -> Vec<Report> {
    vec![
        at(
            Report::broken("nocors", "NousResearch/hermes-agent#104104, kubestellar#6649", &[Operations, Developers]),
            Route::Preflight,
            || answer(401, &["content-type: application/json"], r#"{"detail":"Unauthorized"}"#),
        )
        .by(By::Check)
        .says(&[&["preflight", "cors"], &["browser", "web app"]])
        .advises(&[&["access-control", "preflight", "options", "cors"]])
        .never(NEAR_THE_USER),
        // A client that keeps cookies, as browsers do, gets through.
        Report::new("cookieAuth", "Chainlit/chainlit#1685 kind", Kind::ConnectedOr(&[&["cookie"]]))
            .played(|| {
                |request: &Request| {
                    let has_cookie =
                        header(&request.text, "cookie").is_some_and(|cookie| cookie.contains("csrf=5f2b7c"));
                    match request.route {
                        Route::Token => Some(contract(request).into_iter().map(with_cookie).collect()),
                        Route::Ticket if !has_cookie => Some(vec![json(403, r#"{"message":"CSRF cookie missing"}"#)]),
                        _ => None,
                    }
                }
            })
            .never(NEAR_THE_USER),
    ]
}

fn with_cookie(step: Move) -> Move {
    let Move::Say(answer) = step else { return step };
    let text = String::from_utf8(answer).unwrap();
    Move::Say(text.replacen("\r\n", "\r\nset-cookie: csrf=5f2b7c; Path=/\r\n", 1).into())
}

/// What browsers read without a word.
fn encoded() -> Vec<Report> {
    vec![
        Report::new("gzipJson", "kind: proxy that always compresses", Kind::ConnectedOr(&[&["gzip"]])).played(|| {
            |request: &Request| {
                (request.route == Route::Token).then(|| recoded(request, Some("content-encoding: gzip"), gzipped))
            }
        }),
        Report::new("bomJson", "kind: JSON with a BOM", Kind::Connected).played(|| {
            |request: &Request| {
                let marked = |body: &[u8]| [b"\xef\xbb\xbf", body].concat();
                (request.route == Route::Token).then(|| recoded(request, None, marked))
            }
        }),
    ]
}

fn gzipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// The contract's answer with a body that was rewritten.
fn recoded(request: &Request, line: Option<&str>, recode: impl Fn(&[u8]) -> Vec<u8>) -> Vec<Move> {
    let recoded = |step| {
        let Move::Say(said) = step else { return step };
        let text = String::from_utf8(said).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        let body = recode(body.as_bytes());
        let headers = ["content-type: application/json", ALLOW_ORIGIN, ALLOW_CREDENTIALS].into_iter().chain(line);
        let length = format!("content-length: {}", body.len());
        let head: Vec<_> = ["HTTP/1.1 200 OK"].into_iter().chain(headers).chain([&*length, "", ""]).collect();
        Move::Say([head.join("\r\n").as_bytes(), &body].concat())
    };
    contract(request).into_iter().map(recoded).collect()
}
