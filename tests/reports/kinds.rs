//! Further situations of the same kinds: they do not count among the reports, and all have to be told right.

use support::moves::{ALLOW_ORIGIN, Move, Request, Route, answer, header, html, json};
use ticketscope::diagnosis::Owner::{self, Developers, Operations, ProfileAuthor, UserIt};

use crate::gateways::NEAR_THE_USER;
use crate::report::{By, Report};

/// What nothing before the service may be called, where it is a firewall.
const THEIRS: &[&str] = &["user's it", "captive", "guest network"];

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
    .into_iter()
    .chain(refused_upgrades())
    .chain(before_the_api())
    .chain(near_the_user())
    .collect()
}

/// Refused upgrades whose words are a reason.
fn refused_upgrades() -> Vec<Report> {
    vec![
        at("ticket-used", "a proxy that tries again", &[Operations], Route::Socket, || {
            json(401, r#"{"error":"Ticket already used"}"#)
        })
        .says(&[&["used before"], &["ticket already used"]])
        .advises(&[&["tries an upgrade again"]]),
        at("ticket-lost", "a rewrite without the query", &[Operations], Route::Socket, || {
            json(400, r#"{"message":"Missing required query parameter: ticket"}"#)
        })
        .says(&[&["got no ticket"], &["query"]])
        .advises(&[&["pass the query"]]),
        at("fastapi-422", "FastAPI", &[Developers], Route::Socket, || {
            json(422, r#"{"detail":[{"loc":["query","token"],"msg":"field required","type":"missing"}]}"#)
        })
        .says(&[&["field required (query.token)"]])
        .advises(&[&["path and query"]]),
        at("istio-jwt", "Istio's RequestAuthentication", &[Operations], Route::Socket, || {
            let headers = ["server: istio-envoy", "www-authenticate: Bearer realm=\"http://api/\""];
            answer(401, &headers, "Jwt is missing")
        })
        .says(&[&["envoy"], &["no browser can send"], &["jwt is missing"]])
        .advises(&[&["exempt"]]),
        at("istio-rbac", "Istio's AuthorizationPolicy", &[Operations], Route::Socket, || {
            answer(403, &["server: istio-envoy", "content-type: text/plain"], "RBAC: access denied")
        })
        .says(&[&["envoy"], &["policy"]])
        .advises(&[&["authorizationpolicy"]]),
        at("kong-https", "Kong's https only", &[ProfileAuthor], Route::Socket, || {
            let headers = ["server: kong/3.4.0", "connection: Upgrade", "upgrade: TLS/1.2, HTTP/1.1"];
            answer(426, &headers, r#"{"message":"Please use HTTPS protocol"}"#)
        })
        .says(&[&["tls"]])
        .advises(&[&["wss://"]]),
        at("cable-404", "Action Cable's allowed_request_origins", &[Operations], Route::Socket, || {
            answer(404, &["content-type: text/plain"], "Page not found")
        })
        .says(&[&["action cable"], &["origin"]])
        .advises(&[&["allowed_request_origins"]]),
        at("vercel", "no sockets on Vercel", &[Operations], Route::Socket, || {
            let headers = ["server: Vercel", "x-vercel-error: NOT_FOUND", "content-type: text/plain"];
            answer(404, &headers, "The page could not be found\n\nNOT_FOUND\n")
        })
        .says(&[&["vercel"], &["keeps no sockets open"]])
        .advises(&[&["elsewhere"]]),
    ]
}

/// Gateways and firewalls before the API that answer themselves.
fn before_the_api() -> Vec<Report> {
    let page = |status, headers: &[&str], title: &str, text: &str| {
        let headers: Vec<_> = headers.iter().copied().chain(["content-type: text/html"]).collect();
        answer(status, &headers, &format!("<html><head><title>{title}</title></head><body>{text}</body></html>"))
    };
    vec![
        at("akamai", "Akamai's WAF", &[Operations], Route::Token, move || {
            let text = "You don't have permission to access \"x\" on this server. Reference #18.5d3d";
            page(403, &["server: AkamaiGHost"], "Access Denied", text)
        })
        .never(THEIRS)
        .says(&[&["akamai"], &["rule"]])
        .advises(&[&["firewall"]]),
        at("f5-asm", "BIG-IP's ASM", &[Operations], Route::Ticket, move || {
            page(200, &[], "Request Rejected", "The requested URL was rejected. Your support ID is: 1234567890")
        })
        .never(THEIRS)
        .says(&[&["firewall"], &["request rejected"]])
        .advises(&[&["firewall"]]),
        at("render", "a suspended service", &[Operations], Route::Token, move || {
            page(
                503,
                &["x-render-routing: suspend-by-user", "server: cloudflare", "cf-ray: 8-FRA"],
                "Service Suspended",
                "",
            )
        })
        .says(&[&["render"], &["suspended"]])
        .advises(&[&["resume"]]),
        at("fly", "Fly.io's router", &[Operations], Route::Socket, || {
            answer(502, &["server: Fly/f9c3e3e", "via: 1.1 fly.io", "fly-request-id: 01H"], "")
        })
        .says(&[&["fly.io"], &["only the upgrade fails"]])
        .advises(&[&["internal_port"]]),
        at("access", "Cloudflare Access", &[Operations], Route::Token, || {
            let to = "location: https://team.cloudflareaccess.com/cdn-cgi/access/login/api.example?kid=1";
            answer(302, &["server: cloudflare", "cf-ray: 8-FRA", to], "")
        })
        .says(&[&["single sign-on"], &["team.cloudflareaccess.com"]])
        .advises(&[&["exempt"]]),
        at("oauth2-proxy", "oauth2-proxy", &[Operations], Route::Token, move || {
            page(403, &[], "Sign In", "Secured with <a>OAuth2 Proxy</a> version v7.5")
        })
        .says(&[&["sign-on"], &["sign in"]])
        .advises(&[&["exempt"]]),
        at("redis-refused", "a client without its Redis", &[Operations], Route::Ticket, || {
            json(500, r#"{"code":"TICKET_GENERATION_FAILED","message":"connect ECONNREFUSED 10.0.0.5:6379"}"#)
        })
        .says(&[&["no connection to its redis"], &["econnrefused"]])
        .advises(&[&["redis runs"]]),
    ]
}

/// Filters that name themselves only in a page or in a target.
fn near_the_user() -> Vec<Report> {
    let at = |name: &'static str, source: &'static str, route: Route, refuse: fn() -> Move| {
        Report::broken(name, source, &[UserIt])
            .played(move || move |request: &Request| (request.route == route).then(|| vec![refuse()]))
    };
    vec![
        at("umbrella", "Cisco Umbrella", Route::Token, || {
            answer(302, &["location: https://block.opendns.com/?url=abc"], "")
        })
        .says(&[&["cisco"], &["filter"]]),
        at("cisco-wsa", "Cisco's web appliance", Route::Socket, || {
            let headers = ["via: 1.1 wsa.corp.local:80 (Cisco-WSA/14.0)", "content-type: text/html"];
            answer(403, &headers, "<html><title>Notification: Policy</title>Based on access policies</html>")
        })
        .says(&[&["cisco"]]),
        at("filter-page", "a filter without a name", Route::Socket, || {
            let page = "<html><title>Access Denied</title>Blocked by your organization's web filter policy.</html>";
            answer(403, &["content-type: text/html"], page)
        })
        .says(&[&["a web gateway"], &["access denied"]]),
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
