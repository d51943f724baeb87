//! Gateways of the service's that do not let the upgrade through: real ones where there is one to install.

use std::net::SocketAddr;

use support::gateway::Gateway;
use support::moves::{LOOPBACK, Move, Play, Request, Route, answer, blurt, header, html, serve};
use support::scene::Scene;
use ticketscope::diagnosis::Owner::{Operations, ProfileAuthor};

use crate::report::Report;

/// What a gateway of the service's is never told by: whoever is near the user.
pub const NEAR_THE_USER: &[&str] = &["firewall", "user's it", "captive", "guest network", "wi-fi", "hotel"];
/// The same where the gateway is a firewall.
const NOT_THEIRS: &[&str] = &["user's it", "captive", "guest network", "wi-fi", "hotel"];

/// What says that the HTTP routes answer through the same gateway.
const API_ANSWERS: &[&str] = &[
    "same gateway",
    "api answers",
    "api answered",
    "api works",
    "http routes",
    "http requests",
    "other requests",
    "other routes",
    "only the websocket",
    "only the socket",
    "only the upgrade",
    "token and ticket",
    "ticket request was answered",
];

/// The first frame of a server that speaks HTTP/2 (RFC 9113 §3.4, §6.5).
pub const H2_SETTINGS: &[u8] = b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x80";

/// An nginx that passes everything to one server with an upgrade's headers.
pub fn passing(server: SocketAddr) -> String {
    format!(
        "server {{ listen 127.0.0.1:{{port}}; location / {{ proxy_pass http://{server}; proxy_http_version 1.1;\n\
         proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade;\n\
         proxy_set_header Connection 'upgrade'; }} }}"
    )
}

/// Everything of the contract behind a real gateway.
pub async fn behind(gateway: Option<Gateway>) -> Option<Scene> {
    gateway.map(|gateway| Scene::at(gateway.address).patient().keeping(gateway))
}

/// What a WebSocket library answers to what is no upgrade, as `ws` does.
fn wants_upgrade(request: &Request) -> Option<Vec<Move>> {
    let is_upgrade = header(&request.text, "upgrade").is_some_and(|what| what.eq_ignore_ascii_case("websocket"));
    let refused = answer(426, &["content-type: text/plain"], "Upgrade Required");
    (request.route == Route::Socket && !is_upgrade).then(|| vec![refused])
}

/// A gateway that answers the upgrade itself, and passes everything else.
fn refusing(name: &'static str, source: &'static str, refuse: fn() -> Move) -> Report {
    Report::broken(name, source, &[Operations])
        .played(move || move |request: &Request| (request.route == Route::Socket).then(|| vec![refuse()]))
        .never(NEAR_THE_USER)
}

/// A gateway that answers everything itself.
fn answering(name: &'static str, source: &'static str, page: fn() -> Move) -> Report {
    Report::broken(name, source, &[Operations]).played(move || everything(page)).never(NOT_THEIRS)
}

fn everything(page: fn() -> Move) -> impl Play {
    move |_: &Request| Some(vec![page()])
}

/// One of Cloudflare's pages.
fn cloudflare(status: u16, title: &str) -> Move {
    let title = format!("api.example.com | {title}");
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    );
    answer(
        status,
        &["content-type: text/html; charset=UTF-8", "server: cloudflare", "cf-ray: 8f0a1b2c3d4e5f60-FRA"],
        &page,
    )
}

/// One of nginx's own pages, with a further header.
fn nginx_page(status: u16, title: &str, line: Option<&str>) -> Move {
    let page = format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         <hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    let headers = ["server: nginx", "content-type: text/html"].into_iter().chain(line);
    answer(status, &headers.collect::<Vec<_>>(), &page)
}

pub fn all() -> Vec<Report> {
    let mut all = real();
    all.extend(upgrades());
    all.extend(cdns());
    all.extend(redirects());
    all.extend(pages());
    all
}

/// Gateways that are what they say.
fn real() -> Vec<Report> {
    vec![
        Report::broken("n1-426", "websockets/ws#780, #1656", &[Operations])
            .staged(|_| async {
                let server = serve(LOOPBACK, None, wants_upgrade).await;
                let lines = format!(
                    "server {{ listen 127.0.0.1:{{port}}; location / {{ proxy_pass http://{server}; }} }}"
                );
                behind(Gateway::nginx(&lines).await).await
            })
            .says(&[
                &["upgrade"],
                &["header"],
                &["drop", "remove", "strip", "lost", "lose", "forward", "pass", "arrive", "swallow", "without"],
                &["upgrade required", "426"],
            ])
            .advises(&[&["proxy_set_header"], &["proxy_http_version", "http/1.1", "http 1.1"]])
            .never(NEAR_THE_USER),
        Report::broken("n7-spa", "pyxle-dev/pyxle#3 kind: /ws not routed, SPA try_files", &[Operations])
            .staged(|_| async {
                let server = serve(LOOPBACK, None, |_: &Request| None).await;
                let lines = format!(
                    "server {{ listen 127.0.0.1:{{port}}; root '{{folder}}';\n\
                     location /api/ {{ proxy_pass http://{server}; }}\n\
                     location / {{ try_files $uri /index.html; }} }}"
                );
                let gateway = Gateway::nginx(&lines).await?;
                let page = "<!doctype html><html><head><title>Orders</title></head><body><div id=root></div></body></html>";
                behind(Some(gateway.with_file("index.html", page))).await
            })
            .says(&[
                &["rout", "own page", "web app", "try_files", "single-page", "single page"],
                &["page", "html"],
                &["orders"],
                &["/ws", "path", "websocket"],
            ])
            .advises(&[&["/ws", "location", "route", "path", "proxy_pass"]])
            .never(NEAR_THE_USER),
        Report::broken("n6-502", "haproxy/haproxy#1944, aws-app-mesh-roadmap#465", &[Operations])
            .staged(|_| async {
                let server = serve(LOOPBACK, None, |_: &Request| None).await;
                // Nothing listens where this was.
                let gone = tokio::net::TcpListener::bind((LOOPBACK, 0)).await.unwrap().local_addr().unwrap();
                let lines = format!(
                    "server {{ listen 127.0.0.1:{{port}}; proxy_http_version 1.1;\n\
                     proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection 'upgrade';\n\
                     location / {{ proxy_pass http://{server}; }}\n\
                     location /ws {{ proxy_pass http://{gone}; }} }}"
                );
                behind(Gateway::nginx(&lines).await).await
            })
            .says(&[API_ANSWERS, &["websocket", "upgrade", "/ws", "socket"], &["502", "bad gateway"]])
            .advises(&[&[
                "upstream", "backend", "back end", "behind", "websocket server", "socket server", "route", "/ws", "service",
            ]])
            .never(NEAR_THE_USER),
        // A server that speaks HTTP/2 without WebSockets over it (RFC 8441), for the socket's route alone.
        Report::broken("haproxy502", "", &[Operations])
            .staged(|_| async {
                let server = serve(LOOPBACK, None, |_: &Request| None).await;
                let socket = blurt(LOOPBACK, vec![Move::Say(H2_SETTINGS.to_vec()), Move::Silence]).await;
                let lines = format!(
                    "frontend in\n  bind 127.0.0.1:{{port}}\n  use_backend socket if {{ path /ws }}\n  default_backend api\n\
                     backend api\n  server api {server}\n\
                     backend socket\n  server socket {socket} proto h2\n"
                );
                behind(Gateway::haproxy(&lines).await).await
            })
            .says(&[API_ANSWERS, &["502", "invalid or incomplete"]])
            .advises(&[&["http/2", "h2", "http/1.1", "alpn", "protocol"]])
            .never(NEAR_THE_USER),
    ]
}

fn upgrades() -> Vec<Report> {
    vec![
        refusing("envoy403", "istio/istio#7058, envoyproxy/envoy#9646", || answer(403, &["server: envoy"], ""))
            .says(&[&["envoy"], &["upgrade", "websocket"]])
            .advises(&[&["upgrade_configs", "upgrade configs", "upgradeconfigs"]]),
        refusing("origin403", "amiantos/lurker#580, powerfooI/herdr-studio#22", || {
            answer(403, &["server: nginx", "content-type: text/plain"], "Origin not allowed")
        })
        .says(&[&["origin not allowed"], &["localhost:4200", "this origin", "the origin", "refuses the origin"]])
        .advises(&[&["origin"], &["list", "add", "allow", "host"]]),
        refusing("alb464", "dotnet/aspnetcore#39736, aws-load-balancer-controller#2917", || {
            answer(464, &["server: awselb/2.0"], "")
        })
        .says(&[
            &["aws", "alb", "load balancer", "elb"],
            &["http version", "http/2", "protocol version", "version of http", "grpc", "protocol"],
        ])
        .advises(&[&["target", "http1", "http/1.1", "protocol version"]]),
        refusing("iis200", "IIS without the WebSocket feature (umbraco/SignalR kind)", || {
            answer(501, &["server: Microsoft-IIS/10.0", "content-type: text/plain"], "WebSockets are not supported")
        })
        .says(&[&["iis"], &["websocket"], &["not supported", "not installed", "feature", "missing"]])
        .advises(&[&["install", "feature", "switch on", "turn on", "enable"]]),
    ]
}

fn cdns() -> Vec<Report> {
    vec![
        answering("challenge", "louislam/uptime-kuma#3866, monkeytype#4254, QwenPaw#7587", || {
            let page =
                "<!DOCTYPE html><html lang=\"en-US\"><head><title>Just a moment...</title></head><body></body></html>";
            let headers = [
                "content-type: text/html; charset=UTF-8",
                "server: cloudflare",
                "cf-ray: 8f0a1b2c3d4e5f60-FRA",
                "cf-mitigated: challenge",
            ];
            answer(403, &headers, page)
        })
        .says(&[&["bot", "challenge"], &["cloudflare", "cdn"]])
        .advises(&[&[
            "exempt",
            "except",
            "exclude",
            "skip",
            "bypass",
            "let",
            "allow",
            "rule",
            "turn off",
            "switch off",
        ]]),
        answering("cf521", "Cloudflare 521", || cloudflare(521, "521: Web server is down"))
            .says(&[&["521", "web server is down"], &["behind", "origin", "web server"]]),
        answering("cf525", "Cloudflare 525", || cloudflare(525, "525: SSL handshake failed"))
            .says(&[&["525", "ssl handshake"], &["tls", "ssl", "certificate"], &["cloudflare", "cdn"]])
            .advises(&[&["tls", "ssl", "certificate"]]),
        answering("cf1020", "Cloudflare 1020 (vdo.ninja#23 kind)", || {
            let headers =
                ["content-type: text/plain; charset=UTF-8", "server: cloudflare", "cf-ray: 8f0a1b2c3d4e5f60-FRA"];
            answer(403, &headers, "error code: 1020")
        })
        .says(&[&["1020"], &["rule"], &["cloudflare", "cdn"]])
        .advises(&[&["rule"]]),
    ]
}

/// Answers that send the upgrade elsewhere.
fn redirects() -> Vec<Report> {
    let target = |request: &Request, scheme: &str, path: &str| {
        let query = request.text.split([' ', '?']).nth(2).unwrap_or_default().to_owned();
        format!("location: {scheme}://{}{path}?{query}", header(&request.text, "host").unwrap_or_default())
    };
    vec![
        Report::broken("slash308", "mcdonc/klangk#1232", &[ProfileAuthor, Operations])
            .played(move || {
                move |request: &Request| {
                    let there = || nginx_page(308, "308 Permanent Redirect", Some(&target(request, "http", "/ws/")));
                    (request.route == Route::Socket).then(|| vec![there()])
                }
            })
            .says(&[&["slash", "/ws/"], &["redirect", "sends", "points", "308"]])
            .advises(&[&["slash", "/ws/"]])
            .never(NEAR_THE_USER),
        Report::broken("https301", "websocket-rails/websocket-rails#432", &[ProfileAuthor])
            .played(move || {
                move |request: &Request| {
                    let there = || nginx_page(301, "301 Moved Permanently", Some(&target(request, "https", "/ws")));
                    (request.route == Route::Socket).then(|| vec![there()])
                }
            })
            .says(&[&["https", "wss"], &["redirect", "sends", "points", "301"], &["/ws"]])
            .advises(&[&["wss"]])
            .never(NEAR_THE_USER),
    ]
}

/// Gateways that answer everything with a page of theirs.
fn pages() -> Vec<Report> {
    vec![
        answering("wwwauth", "staging basic auth", || {
            nginx_page(401, "401 Authorization Required", Some("www-authenticate: Basic realm=\"Staging\""))
        })
        .owned_by(&[ProfileAuthor, Operations])
        .says(&[&["basic"], &["staging", "password", "login", "www-authenticate"]]),
        answering("maintenance", "maintenance page 200 HTML", || html(200, "Scheduled maintenance"))
            .says(&[&["maintenance"]]),
        answering("heroku503", "Heroku H10/H12 error page", || {
            let page = "<!DOCTYPE html><html><head><title>Application Error</title></head><body><iframe \
                        src=\"//www.herokucdn.com/error-pages/application-error.html\"></iframe></body></html>";
            answer(503, &["content-type: text/html; charset=utf-8", "server: Cowboy", "via: 1.1 vegur"], page)
        })
        .says(&[&["503", "application error", "heroku"], &["down", "crash", "sleep", "application error"]]),
        // Each third request meets a server that is on its way out.
        Report::broken("flap502", "kind: rolling deploy", &[Operations])
            .played(|| {
                |request: &Request| {
                    let counts = request.route != Route::Preflight && request.number % 3 == 2;
                    counts.then(|| vec![nginx_page(502, "502 Bad Gateway", None)])
                }
            })
            .says(&[&["502", "bad gateway", "gateway"], SOMETIMES])
            .repeated("8")
            .never(&["nothing to do", "user's it", "firewall"]),
    ]
}

/// What says that it works now and then.
pub const SOMETIMES: &[&str] =
    &[" of 2", " of 3", " of 4", " of 5", " of 6", " of 7", " of 8", " of 9", " of 1", "sometimes", "some of"];
