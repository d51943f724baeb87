//! Answers of gateways, platforms and frameworks as they are, with twins that look like them: they do not count among the
//! reports, and all have to be told right.

use support::moves::{Move, Request, Route, answer, json};
use ticketscope::diagnosis::Owner::{self, Developers, Nobody, Operations, ProfileAuthor};

use crate::gateways::NEAR_THE_USER;
use crate::report::{By, Report};

const TEXT: &str = "content-type: text/plain; charset=utf-8";

pub fn all() -> Vec<Report> {
    [hosts(), servers(), gateways(), words()].into_iter().flatten().collect()
}

/// A server that answers `route` with this, seen by a check.
fn at(
    name: &'static str,
    source: &'static str,
    owners: &'static [Owner],
    route: Route,
    refuse: impl Fn() -> Move + Copy + Send + Sync + 'static,
) -> Report {
    Report::broken(name, source, owners)
        .by(By::Check)
        .played(move || move |request: &Request| (request.route == route).then(|| vec![refuse()]))
        .never(NEAR_THE_USER)
}

/// A server that answers everything with this, seen by a check.
fn everywhere(name: &'static str, source: &'static str, answer: fn() -> Move) -> Report {
    Report::broken(name, source, &[Operations])
        .by(By::Check)
        .played(move || move |_: &Request| Some(vec![answer()]))
        .never(NEAR_THE_USER)
}

fn page(status: u16, headers: &[&str], title: &str, text: &str) -> Move {
    let headers: Vec<_> = headers.iter().copied().chain(["content-type: text/html"]).collect();
    answer(status, &headers, &format!("<html><head><title>{title}</title></head><body>{text}</body></html>"))
}

/// nginx's own page.
fn nginx(status: u16, title: &str) -> Move {
    page(
        status,
        &["server: nginx/1.24.0"],
        title,
        &format!("<center><h1>{title}</h1></center><hr><center>nginx/1.24.0</center>"),
    )
}

/// Host names that are nobody's, and paths that look like it.
fn hosts() -> Vec<Report> {
    vec![
        everywhere("heroku-host", "Heroku's no such app", || {
            page(
                404,
                &["server: Heroku", "via: 1.1 heroku-router"],
                "No such app",
                "<h1>There's nothing here, yet.</h1>",
            )
        })
        .says(&[&["host name"], &["no such app"]])
        .advises(&[&["heroku"], &["check the address"]])
        .never(&["no route for this path"]),
        everywhere("ingress-host", "ingress-nginx's default backend", || {
            answer(404, &["server: nginx", TEXT], "default backend - 404")
        })
        .says(&[&["host name"], &["ingress"]])
        .advises(&[&["rule of an ingress"]]),
        everywhere("cf-host", "Cloud Foundry's router", || {
            let why = "404 Not Found: Requested route ('api.example') does not exist.\n";
            answer(404, &["x-cf-routererror: unknown_route", TEXT], why)
        })
        .says(&[&["cloud foundry"], &["requested route"]])
        .advises(&[&["cf map-route"]]),
        // The same words of a program whose host has answered before.
        at(
            "app-not-found",
            "a 404 of a program's own",
            &[Developers, Operations, ProfileAuthor],
            Route::Ticket,
            || json(404, r#"{"message":"Application not found"}"#),
        )
        .says(&[&["application not found"]])
        .never(&["host name", "railway", "heroku"]),
        everywhere("iis-binding", "HTTP.sys without a binding", || {
            let text = "<h2>Bad Request - Invalid Hostname</h2><p>HTTP Error 400. The request hostname is invalid.</p>";
            page(400, &["server: Microsoft-HTTPAPI/2.0"], "Bad Request", text)
        })
        .says(&[&["host name"], &["invalid hostname"]])
        .advises(&[&["binding"]])
        .never(&["django"]),
        everywhere("django-400", "Django's DisallowedHost", || {
            page(400, &["server: gunicorn"], "Bad Request (400)", "<h1>Bad Request (400)</h1>")
        })
        .says(&[&["django"], &["host name"]])
        .advises(&[&["allowed_hosts"]]),
    ]
}

/// Servers behind a gateway that are down, and what the gateway calls them.
fn servers() -> Vec<Report> {
    vec![
        everywhere("alb-targets", "a load balancer without targets", || {
            page(503, &["server: awselb/2.0"], "503 Service Temporarily Unavailable", "")
        })
        .says(&[&["load balancer"]])
        .advises(&[&["target group"], &["health check"]]),
        everywhere("traefik-503", "Traefik without a server", || answer(503, &[TEXT], "no available server\n"))
            .says(&[&["traefik"]])
            .advises(&[&["service of the router"]]),
        everywhere("caddy-502", "gotify/server#886", || answer(502, &["server: Caddy"], ""))
            .says(&[&["caddy"]])
            .advises(&[&["reverse_proxy"]]),
        everywhere("kong-dns", "Kong's upstream without an address", || {
            answer(
                503,
                &["server: kong/3.6.1", "content-type: application/json"],
                r#"{"message":"name resolution failed"}"#,
            )
        })
        .says(&[&["kong"], &["not the user's"]])
        .advises(&[&["host name of that server"]]),
        at("apigw-late", "API Gateway's 29 s", &[Operations], Route::Ticket, || {
            let headers = ["x-amzn-ErrorType: InternalServerErrorException", "content-type: application/json"];
            answer(504, &headers, r#"{"message":"Endpoint request timed out"}"#)
        })
        .says(&[&["in time"], &["api gateway"]])
        .advises(&[&["29 s"]]),
        at("redis-port", "a driver without its store", &[Operations], Route::Ticket, || {
            json(500, r#"{"statusCode":500,"message":"connect ECONNREFUSED 10.0.0.5:6379"}"#)
        })
        .says(&[&["redis"]])
        .advises(&[&["whether redis runs"]]),
        at("other-port", "a driver without something else", &[Operations], Route::Ticket, || {
            json(500, r#"{"statusCode":500,"message":"connect ECONNREFUSED 10.0.0.5:8125"}"#)
        })
        .says(&[&["something that it needs"]])
        .never(&["redis runs"]),
    ]
}

/// What gateways decide themselves, beside what they pass on.
fn gateways() -> Vec<Report> {
    let (ticket, ws) = (Route::Ticket, Route::Socket);
    vec![
        at("envoy-issuer", "Istio's RequestAuthentication", &[Operations], ticket, || {
            let headers =
                ["server: istio-envoy", "www-authenticate: Bearer realm=\"a\", error=\"invalid_token\"", TEXT];
            answer(401, &headers, "Jwt issuer is not configured")
        })
        .says(&[&["envoy"], &["issuer"]])
        .advises(&[&["requestauthentication"]]),
        at("api-issuer", "the same of a program behind Envoy", &[Developers], ticket, || {
            let headers = ["server: istio-envoy", "x-envoy-upstream-service-time: 4", "content-type: application/json"];
            answer(401, &headers, r#"{"message":"invalid issuer"}"#)
        })
        .says(&[&["issuer"]])
        .never(&["requestauthentication"]),
        at("auth-request", "nginx's auth_request", &[Operations], ws, || nginx(401, "401 Authorization Required"))
            .says(&[&["gateway itself (nginx)"]])
            .advises(&[&["auth_request"]])
            .never(&["does not allow this origin"]),
        at("limit-req", "nginx's limit_req", &[Operations], ws, || nginx(429, "429 Too Many Requests"))
            .says(&[&["nginx"], &["limit"]])
            .advises(&[&["limit_req"]]),
        at("app-limit", "a program's own limit behind nginx", &[Nobody], ws, || {
            answer(429, &["server: nginx", "retry-after: 30", TEXT], "Too many requests, please try again later.")
        })
        .says(&[&["limit of requests"]])
        .never(&["limit_req"]),
        at("proxy-pass", "a proxy_pass with a path", &[Operations], ws, || {
            page(404, &["server: nginx", "x-powered-by: Express"], "Error", "<pre>Cannot GET /ws/ws</pre>")
        })
        .says(&[&["changes the path"], &["/ws/ws"]])
        .advises(&[&["proxy_pass"]]),
        at("same-path", "Express without the socket", &[Operations], ws, || {
            page(404, &["x-powered-by: Express"], "Error", "<pre>Cannot GET /ws</pre>")
        })
        .says(&[&["cannot get /ws"]])
        .never(&["changes the path"]),
        at("phoenix", "Phoenix' check_origin", &[Developers], ws, || answer(403, &["server: Cowboy"], ""))
            .says(&[&["phoenix"]])
            .advises(&[&["check_origin"]])
            .never(&["daphne"]),
    ]
}

/// Words of a page that say more than its title.
fn words() -> Vec<Report> {
    vec![
        everywhere("cloudfront-post", "a behaviour for files", || {
            let text = "<H2>The request could not be satisfied.</H2>This distribution is not configured to allow the HTTP request \
                        method that was used for this request. The distribution supports only cachable requests.";
            page(403, &["server: CloudFront"], "ERROR: The request could not be satisfied", text)
        })
        .says(&[&["cloudfront"], &["not configured to allow the http request method"]])
        .advises(&[&["allowed http methods"]])
        .never(&["storage of files"]),
        at("csrf-origin", "Django's CSRF_TRUSTED_ORIGINS", &[Operations], Route::Token, || {
            let text = "<p>CSRF verification failed. Request aborted.</p><p>Origin checking failed - http://localhost:3000 does not \
                        match any trusted origins.</p>";
            page(403, &[], "403 Forbidden", text)
        })
        .says(&[&["csrf verification failed"]])
        .advises(&[&["csrf_trusted_origins"]]),
        at("oauth-client", "a token endpoint's 401", &[ProfileAuthor], Route::Token, || {
            let headers = ["www-authenticate: Bearer", "content-type: application/json"];
            answer(401, &headers, r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#)
        })
        .says(&[&["invalid_client: client authentication failed"]])
        .advises(&[&["client's id"]]),
        everywhere("anubis", "Anubis", || page(200, &[], "Making sure you&#39;re not a bot!", "<p>Loading...</p>"))
            .says(&[&["anubis"], &["you're not a bot"]])
            .never(&["&#39;"]),
    ]
}
