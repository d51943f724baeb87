//! Further situations of the same kinds: they do not count among the reports, and all have to be told right.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::moves::{ALLOW_ORIGIN, LOOPBACK, Move, Request, Route, answer, close, code, header, html, json, serve};
use support::scene::Scene;
use support::tls_front::acceptor;
use tempfile::NamedTempFile;
use ticketscope::diagnosis::Owner::{self, Developers, Nobody, Operations, ProfileAuthor, UserIt};

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
    .chain(sometimes())
    .chain(comebacks())
    .chain(plain_to_tls())
    .chain(paths_twice())
    .chain(own_codes())
    .chain(cuts())
    .chain(other_addresses())
    .collect()
}

/// What a part of the requests meets, and what a client that tries again hides.
fn sometimes() -> Vec<Report> {
    vec![
        Report::broken("keys-by-node", "keys that differ from node to node", &[Operations])
            .played(|| {
                let asked = AtomicUsize::new(0);
                move |request: &Request| {
                    let is_other = || asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
                    (request.route == Route::Ticket && is_other()).then(|| vec![code(401, "INVALID_TOKEN")])
                }
            })
            .repeated("4")
            .says(&[&["ticket requests refused a fresh jwt"], &["401 invalid_token"], &["node to node"]])
            .advises(&[&["same keys"]])
            .never(NEAR_THE_USER),
        at("attempts-429", "a limit of connection attempts", &[Nobody], Route::Socket, || {
            answer(429, &["content-type: text/plain"], "Too many connection attempts, please try again later")
        })
        .says(&[&["too many requests"], &["limit of requests"]])
        .never(&["as many connections as it allows", "user's it"]),
        at("connections-429", "a limit of connections", &[Operations], Route::Socket, || {
            answer(429, &["content-type: text/plain"], "Too many connections for this user")
        })
        .says(&[&["as many connections as it allows"]]),
        at("fastapi-token", "FastAPI's validation of the token request", &[ProfileAuthor], Route::Token, || {
            json(422, r#"{"detail":[{"type":"missing","loc":["body","client_id"],"msg":"Field required"}]}"#)
        })
        .says(&[&["lacks the field body.client_id"], &["field required"]])
        .advises(&[&["add body.client_id"]]),
        at("alb-403", "AWS WAF on a load balancer, or a fixed response", &[Operations], Route::Socket, || {
            let page = "<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center><h1>403 Forbidden</h1></center>\r\n\
                        </body>\r\n</html>\r\n";
            answer(403, &["server: awselb/2.0", "content-type: text/html"], page)
        })
        .says(&[&["load balancer itself"], &["waf"], &["listener"]])
        .advises(&[&["waf"], &["exempt"]])
        .never(&["does not allow upgrades"]),
    ]
}

/// Comebacks that work only at the second try, or do not last.
fn comebacks() -> Vec<Report> {
    let nth_socket = |report: Report, nth: usize, moves: fn() -> Vec<Move>| {
        report.by(By::Check).played(move || {
            let upgrades = AtomicUsize::new(0);
            move |request: &Request| {
                let is_it = request.route == Route::Socket && upgrades.fetch_add(1, Ordering::Relaxed) == nth;
                is_it.then(moves)
            }
        })
    };
    vec![
        nth_socket(Report::broken("comeback-403", "one of two nodes", &[Operations]), 1, || {
            vec![code(403, "NODE_DRAINING")]
        })
        .says(&[&["node_draining"]])
        .never(&["user's it"]),
        nth_socket(Report::broken("comeback-502", "one of two nodes", &[Operations]), 1, || {
            vec![html(502, "502 Bad Gateway")]
        })
        .says(&[&["1 of 3 websocket requests failed"], &["502"]]),
        // The server leaves hanging up to the client.
        nth_socket(Report::broken("comeback-closed", "a close frame, and TCP stays open", &[Operations]), 1, || {
            vec![Move::Accept, Move::ServeFor(Duration::from_millis(700)), close(1011, "session lost"), Move::Silence]
        })
        .says(&[&["1011 session lost"]]),
    ]
}

/// Ports that speak TLS alone, asked without it.
fn plain_to_tls() -> Vec<Report> {
    vec![
        Report::broken("http-to-tls", "http and ws to a port of TLS", &[ProfileAuthor])
            .staged(|_| async {
                let root = NamedTempFile::new().unwrap();
                let server = serve(LOOPBACK, Some(acceptor(&root)), |_: &Request| None).await;
                Scene::at(server).patient().keeping(root)
            })
            .says(&[&["port speaks tls"], &["without it"]])
            .advises(&[&["https://"]])
            .never(NEAR_THE_USER),
        Report::broken("ws-to-tls", "ws alone to a port of TLS", &[ProfileAuthor])
            .staged(|_| async {
                let root = NamedTempFile::new().unwrap();
                let socket = serve(LOOPBACK, Some(acceptor(&root)), |_: &Request| None).await;
                let api = serve(LOOPBACK, None, |_: &Request| None).await;
                Scene::apart(&format!("http://{api}"), &format!("ws://{socket}")).patient().keeping(root)
            })
            .says(&[&["port speaks tls"], &["without it"]])
            .advises(&[&["wss://"]])
            .never(NEAR_THE_USER),
        Report::broken("go-400", "net/http's answer to plain HTTP", &[ProfileAuthor])
            .staged(|_| async {
                let said = "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";
                let play = move |_: &Request| Some(vec![Move::Say(said.into()), Move::End]);
                let socket = serve(LOOPBACK, None, play).await;
                let api = serve(LOOPBACK, None, |_: &Request| None).await;
                Scene::apart(&format!("http://{api}"), &format!("ws://{socket}")).patient()
            })
            .says(&[&["speaks tls"], &["without it"]])
            .advises(&[&["wss://"]])
            .never(NEAR_THE_USER),
        // It ends the connection as well, and speaks no TLS.
        Report::broken("hangs-up", "a server that ends each connection", &[Operations])
            .played(|| |_: &Request| Some(vec![Move::Reset]))
            .says(&[&["connection broke"]]),
    ]
}

/// Base addresses that end with what the path begins with.
fn paths_twice() -> Vec<Report> {
    let twice = |name: &'static str, answer: fn() -> Move| {
        Report::broken(name, "/ws in the base address and in the path", &[ProfileAuthor])
            .staged(move |_| async move {
                let play = move |request: &Request| {
                    let is_twice = request.text.starts_with("GET /ws/ws");
                    is_twice.then(|| vec![answer()])
                };
                let server = serve(LOOPBACK, None, play).await;
                Scene::apart(&format!("http://{server}"), &format!("ws://{server}/ws")).patient()
            })
            .says(&[&["/ws/ws"], &["begins with the same"]])
            .advises(&[&["websocket = "], &["instead of"]])
            .never(NEAR_THE_USER)
    };
    vec![
        twice("ws-ws-express", || answer(404, &["content-type: text/plain"], "Cannot GET /ws/ws")),
        twice("ws-ws-go", || answer(404, &["content-type: text/plain"], "404 page not found\n")),
        twice("ws-ws-spa", || html(200, "Orders")),
        twice("ws-ws-asgi", || answer(403, &[], "")),
    ]
}

/// Close codes that well-known protocols use too, with reasons of the server's own.
fn own_codes() -> Vec<Report> {
    let closed = |name, owners, code, reason: &'static str| {
        Report::broken(name, "a private code with its own reason", owners).played(move || {
            move |request: &Request| {
                let close = || vec![Move::Accept, wait(300), close(code, reason), Move::End];
                (request.route == Route::Socket).then(close)
            }
        })
    };
    const OTHERS: &[&str] = &["graphql", "discord", "pusher", "centrifugo", "new session", "connection_init"];
    vec![
        closed("own-4004", &[Operations], 4004, "match has ended").says(&[&["4004 match has ended"]]).never(OTHERS),
        closed("own-4408", &[Operations], 4408, "board is closed").says(&[&["reason beside it"]]).never(OTHERS),
        closed("own-4409", &[Operations], 4409, "seat was given away").says(&[&["reason beside it"]]).never(OTHERS),
        closed("own-3000", &[Operations], 3000, "lobby is full").says(&[&["3000 lobby is full"]]).never(OTHERS),
        // Without a reason, and with the protocol's own, the number is all that there is.
        closed("graphql-4408", &[Developers], 4408, "Connection initialisation timeout")
            .advises(&[&["which message the server waits for"]]),
        closed("bare-4409", &[Developers, Operations], 4409, "").says(&[&["graphql-ws"]]),
        Report::broken("expired-4001", "a token that ends while it is in use", &[Developers])
            .by(By::Check)
            .played(|| {
                |request: &Request| {
                    let used = Move::ServeFor(Duration::from_millis(2_500));
                    let close = || vec![Move::Accept, used, close(4001, "token expired"), Move::End];
                    (request.route == Route::Socket).then(close)
                }
            })
            .says(&[&["expired while it was open"]])
            .advises(&[&["new jwt before the old one expires"]])
            .never(&["just given out", "new session"]),
    ]
}

/// Connections that are cut after some seconds.
fn cuts() -> Vec<Report> {
    fn cut(request: &Request) -> Option<Vec<Move>> {
        let moves = || vec![Move::Accept, Move::ServeFor(Duration::from_millis(3_500)), Move::End];
        (request.route == Route::Socket).then(moves)
    }
    vec![
        Report::broken("cut-3s", "a server that ends each connection soon", &[Operations])
            .by(By::Check)
            .played(|| cut)
            .says(&[&["same host"], &["server, or a gateway"]]),
        // Of a socket elsewhere the ticket's way tells nothing.
        Report::broken("cut-3s-apart", "the same with two hosts", &[UserIt]).by(By::Check).staged(|_| async {
            let api = serve(LOOPBACK, None, |_: &Request| None).await;
            let socket = serve(LOOPBACK, None, cut).await;
            Scene::apart(&format!("http://{api}"), &format!("ws://{socket}")).patient()
        }),
    ]
}

/// Servers of this computer that listen at one kind of its addresses alone.
fn other_addresses() -> Vec<Report> {
    let listens = |name: &'static str, at: IpAddr, asked: IpAddr| {
        Report::broken(name, "localhost is two addresses", &[ProfileAuthor])
            .staged(move |_| async move {
                let server = serve(at, None, |_: &Request| None).await;
                Scene::at(SocketAddr::from((asked, server.port()))).patient()
            })
            .says(&[&["nothing listens at"], &["something does at"]])
            .advises(&[&["localhost"]])
            .never(NEAR_THE_USER)
    };
    let v6 = IpAddr::from(Ipv6Addr::LOCALHOST);
    vec![listens("only-ipv6", v6, LOOPBACK), listens("only-ipv4", LOOPBACK, v6)]
}

fn wait(millis: u64) -> Move {
    Move::Wait(Duration::from_millis(millis))
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
