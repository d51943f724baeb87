//! Further situations of the same kinds: they do not count among the reports, and all have to be told right.

use support::moves::{ALLOW_ORIGIN, Move, Request, Route, answer, header, html, json};
use ticketscope::diagnosis::Owner::{self, Developers, Operations, ProfileAuthor};

use crate::gateways::NEAR_THE_USER;
use crate::report::{By, Report};

pub fn all() -> Vec<Report> {
    let xml = |status, error: &str| {
        let headers = ["server: AmazonS3", "content-type: application/xml"];
        answer(status, &headers, &format!("<?xml version=\"1.0\"?>\n<Error>{error}<RequestId>7F</RequestId></Error>"))
    };
    vec![
        at("cors-twice", "two who add CORS headers", &[Operations], Route::Preflight, || {
            let allowed = "access-control-allow-headers: authorization, content-type";
            answer(204, &[ALLOW_ORIGIN, ALLOW_ORIGIN, allowed], "")
        })
        .by(By::Check)
        .says(&[&["several values"], &["access-control-allow-origin"]])
        .advises(&[&["only one"]]),
        Report::broken("loop", "a redirect to itself", &[Operations])
            .played(|| {
                |request: &Request| {
                    let host = header(&request.text, "host").unwrap_or_default();
                    let path = request.text.split([' ', '?']).nth(1).unwrap_or_default();
                    let to = format!("location: http://{host}{path}");
                    (request.route == Route::Ticket).then(|| vec![answer(301, &[&to], "")])
                }
            })
            .says(&[&["loop"], &["address that was asked"]])
            .never(NEAR_THE_USER),
        at("token-413", "client_max_body_size", &[Operations], Route::Token, || {
            html(413, "413 Request Entity Too Large")
        })
        .says(&[&["413"], &["too large"]])
        .advises(&[&["client_max_body_size"]]),
        at("laravel-419", "Laravel's CSRF check", &[Developers], Route::Token, || html(419, "Page Expired"))
            .says(&[&["page expired"], &["csrf"]])
            .advises(&[&["csrf"]]),
        at("cf526", "Cloudflare 526", &[Operations], Route::Ticket, || {
            answer(526, &["server: cloudflare", "cf-ray: 8c1-FRA", "content-type: text/html"], "<html></html>")
        })
        .says(&[&["certificate"], &["cdn"]])
        .advises(&[&["certificate"]]),
        at("s3-denied", "an API's path on a bucket", &[Operations], Route::Token, move || {
            xml(403, "<Code>AccessDenied</Code><Message>Access Denied</Message>")
        })
        .says(&[&["storage"], &["accessdenied: access denied"]])
        .advises(&[&["route"]]),
        at("apigw-stage", "API Gateway without the stage", &[ProfileAuthor], Route::Token, || {
            let headers = ["x-amzn-ErrorType: MissingAuthenticationTokenException", "content-type: application/json"];
            answer(403, &headers, r#"{"message":"Missing Authentication Token"}"#)
        })
        .says(&[&["api gateway"], &["missing authentication token"]])
        .advises(&[&["stage"]]),
        at("kong-key", "Kong's key-auth", &[Operations], Route::Ticket, || {
            let headers = ["www-authenticate: Key realm=\"kong\"", "content-type: application/json"];
            answer(401, &headers, r#"{"message":"No API key found in request"}"#)
        })
        .says(&[&["api key"]])
        .advises(&[&["key-auth"]]),
        at("stripped-bearer", "RFC 6750 §3.1", &[Operations], Route::Ticket, || {
            answer(401, &["www-authenticate: Bearer"], "")
        })
        .says(&[&["authorization header"], &["proxy or gateway"]])
        .advises(&[&["authorization header"]]),
        at("socket.io", "socket.io's engine", &[ProfileAuthor], Route::Socket, || {
            json(400, r#"{"code":0,"message":"Transport unknown"}"#)
        })
        .says(&[&["socket.io"], &["transport unknown"]])
        .advises(&[&["eio=4"]]),
        at("upgrade-503", "a full server", &[Operations], Route::Socket, || {
            answer(503, &["content-type: text/plain"], "Too many connections")
        })
        .says(&[&["too many connections"], &["as many connections as it allows"]])
        .advises(&[&["limit of connections"]]),
    ]
}

/// A server that answers `route` with this.
fn at(
    name: &'static str,
    source: &'static str,
    owners: &'static [Owner],
    route: Route,
    refuse: impl Fn() -> Move + Copy + Send + Sync + 'static,
) -> Report {
    Report::broken(name, source, owners)
        .played(move || move |request: &Request| (request.route == route).then(|| vec![refuse()]))
        .never(NEAR_THE_USER)
}
