//! Further situations of the same kinds: they do not count among the reports, and all have to be told right.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::moves::{
    ALLOW_ORIGIN, LOOPBACK, Move, Request, Route, answer, close, code, header, html, json, serve, token,
};
use support::scene::Scene;
use support::tls_front::acceptor;
use tempfile::NamedTempFile;
use ticketscope::diagnosis::Owner::{self, Developers, Nobody, Operations, ProfileAuthor, UserIt};

use crate::gateways::NEAR_THE_USER;
use crate::report::{By, Kind, Report};

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
    .chain(by_node())
    .chain(only_browsers())
    .chain(in_their_own_words())
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

/// What a part of the servers has otherwise, in the words of its own answers.
fn by_node() -> Vec<Report> {
    let half = |name: &'static str, source: &'static str, route: Route, refuse: fn() -> Move| {
        Report::broken(name, source, &[Operations])
            .played(move || {
                let asked = AtomicUsize::new(0);
                move |request: &Request| {
                    let is_other = || asked.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
                    (request.route == route && is_other()).then(|| vec![refuse()])
                }
            })
            .by(By::Check)
            .repeated("4")
            .never(NEAR_THE_USER)
    };
    vec![
        half("redis-by-node", "a failover that a part of the servers did not notice", Route::Ticket, || {
            let said = "READONLY You can't write against a read only replica.";
            json(500, &format!(r#"{{"code":"TICKET_GENERATION_FAILED","message":"{said}"}}"#))
        })
        .says(&[&["ticket requests failed"], &["readonly"], &["another redis"]])
        .advises(&[&["primary"]]),
        half("oom-by-node", "one of two Redis is full", Route::Ticket, || {
            let said = "OOM command not allowed when used memory > 'maxmemory'.";
            json(500, &format!(r#"{{"code":"TICKET_GENERATION_FAILED","message":"{said}"}}"#))
        })
        .says(&[&["oom command not allowed"]])
        .advises(&[&["which redis"]]),
        half("database-by-node", "a firewall rule that one node lacks", Route::Ticket, || {
            json(500, r#"{"message":"connect ECONNREFUSED 10.0.0.7:5432"}"#)
        })
        .says(&[&["econnrefused"], &["does not reach"]])
        .advises(&[&["from which of the servers"]]),
        half("clock-by-node", "a node without NTP", Route::Ticket, || {
            json(401, r#"{"error":"token is not valid yet"}"#)
        })
        .says(&[&["clock"], &["not valid yet"]])
        .advises(&[&["ntp"]]),
        half("signature-by-node", "a secret that differs", Route::Ticket, || {
            json(401, r#"{"error":"JWT signature does not match"}"#)
        })
        .says(&[&["another key or secret"], &["signature does not match"]])
        .advises(&[&["same keys"]]),
        // A ticket that one node does not know is a store's matter, as it was.
        half("store-by-node", "tickets in the memory of one node", Route::Socket, || {
            json(401, r#"{"error":"ticket not found"}"#)
        })
        .says(&[&["ticket store is not shared"]])
        .advises(&[&["shared ticket store"]]),
        // Servers that fail without a word, as they were.
        half("502-by-node", "a rolling deploy", Route::Ticket, || html(502, "502 Bad Gateway"))
            .says(&[&["rolling deploy"]])
            .advises(&[&["compare the servers"]]),
    ]
}

/// What only a browser minds.
fn only_browsers() -> Vec<Report> {
    let cookie = |name: &'static str, cookie: &'static str| {
        let report = Report::broken(name, "a cookie of one site", &[Operations]).by(By::Check);
        report
            .played(move || move |request: &Request| (request.route == Route::Token).then(|| vec![with_cookie(cookie)]))
    };
    vec![
        at("preflight-301", "https before CORS", &[Operations], Route::Preflight, || {
            answer(301, &["location: https://api.example.com/api/v1/auth/token?secret=1"], "")
        })
        .by(By::Check)
        .says(&[&["preflight"], &["redirect (301"], &["https://api.example.com/api/v1/auth/token"]])
        .advises(&[&["before the rule that redirects it"]])
        .never(&["secret=1"]),
        cookie("cookie-lax", "sid=1; Path=/; SameSite=Lax").says(&[&["browser"], &["(sid)"], &["samesite=lax"]]),
        cookie("cookie-strict", "sid=1; Path=/; SameSite=Strict").says(&[&["samesite=strict"]]),
        cookie("cookie-none", "sid=1; Path=/; SameSite=None")
            .says(&[&["without secure"]])
            .advises(&[&["samesite=none; secure"]]),
        Report::new("cookie-secure", "a cookie for all sites", Kind::Healthy).by(By::Check).played(|| {
            |request: &Request| {
                let secure = "sid=1; Path=/; SameSite=None; Secure";
                (request.route == Route::Token).then(|| vec![with_cookie(secure)])
            }
        }),
        Report::new("cookie-balancer", "a cookie of a load balancer", Kind::Healthy).by(By::Check).played(|| {
            |request: &Request| {
                let stuck = "AWSALB=1; Path=/; SameSite=Lax";
                (request.route == Route::Token).then(|| vec![with_cookie(stuck)])
            }
        }),
    ]
}

/// The contract's token, with a cookie beside it.
fn with_cookie(cookie: &str) -> Move {
    let Move::Say(answer) = token("s") else { return Move::End };
    let text = String::from_utf8(answer).unwrap();
    let text = text.replacen("\r\n", &format!("\r\nset-cookie: {cookie}\r\n"), 1);
    Move::Say(text.into())
}

/// A text frame of a server (RFC 6455 §5.2).
fn text(message: &str) -> Move {
    let length = u8::try_from(message.len()).unwrap();
    Move::Say([&[0x81, length], message.as_bytes()].concat())
}

/// Pages and closes that say themselves what they are.
fn in_their_own_words() -> Vec<Report> {
    let page = |title: &str, body: &str| {
        let html = format!("<!doctype html><html><head><title>{title}</title></head><body>{body}</body></html>");
        answer(200, &["content-type: text/html"], &html)
    };
    let closed = |name, owners, moves: fn() -> Vec<Move>| {
        Report::broken(name, "an end that says why", owners)
            .played(move || move |request: &Request| (request.route == Route::Socket).then(moves))
    };
    vec![
        at("spa-token", "a web app's page for every path", &[Operations], Route::Token, move || {
            page("Orders", "<script type=\"module\" src=\"/assets/i.js\"></script><div id=\"root\"></div>")
        })
        .says(&[&["index.html"], &["orders"]])
        .advises(&[&["route that path"]]),
        at("entra-page", "a sign-in of Microsoft's", &[Operations], Route::Token, move || {
            page("Sign in to your account", "<form action=\"https://login.microsoftonline.com/common/login\">")
        })
        .says(&[&["login stands in front"]])
        .advises(&[&["exempt"]]),
        at("keycloak-page", "a sign-in of Keycloak's", &[Operations], Route::Token, move || {
            page("Sign in to acme", "<form id=\"kc-form-login\">")
        })
        .says(&[&["login stands in front"]])
        .advises(&[&["exempt"]]),
        at("anubis", "Anubis", &[Operations], Route::Token, move || {
            page("Making sure you&#39;re not a bot!", "Loading")
        })
        .says(&[&["not a bot"]])
        .never(&["&#39;"]),
        at("sophos-200", "a filter's page with the status of a success", &[UserIt], Route::Token, move || {
            page("Site blocked", "Sophos Web Appliance")
        })
        .says(&[&["sophos"]])
        .never(&[]),
        Report::broken("meraki", "Meraki's splash page", &[Owner::User])
            .played(|| {
                |request: &Request| {
                    let splash = "location: https://n217.network-auth.com/splash/?continue_url=x";
                    (request.route == Route::Token).then(|| vec![answer(302, &[splash], "")])
                }
            })
            .says(&[&["network wants a login"]]),
        at("token-json-403", "the API's own no", &[Developers], Route::Token, || {
            json(403, r#"{"message":"anonymous sessions are switched off"}"#)
        })
        .says(&[&["api itself"], &["switched off"]]),
        at("retry-after", "a maintenance with an end", &[Operations], Route::Ticket, || {
            answer(503, &["retry-after: 1800", "content-type: text/plain"], "maintenance")
        })
        .says(&[&["retry-after"], &["30 m"]]),
        closed("pusher-4001", &[ProfileAuthor], || {
            let error = r#"{"event":"pusher:error","data":{"code":4001,"message":"App key x not in this cluster"}}"#;
            vec![Move::Accept, text(error), wait(300), close(4001, ""), Move::End]
        })
        .says(&[&["not in this cluster"]])
        .advises(&[&["app key and cluster"]])
        .never(&["discord"]),
        closed("goodbye-at-once", &[Operations], || vec![Move::Accept, close(1000, ""), Move::End])
            .by(By::Check)
            .says(&[&["ends at once"]])
            .never(&["time limit of its own"]),
        closed("registered-3000", &[Developers], || {
            vec![Move::Accept, wait(300), close(3000, "Unauthorized"), Move::End]
        })
        .never(&["centrifugo"]),
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
