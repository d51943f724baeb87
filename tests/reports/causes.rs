//! Situations from further public threads, in which the first guess is another cause than the right one: they do not count
//! among the reports, and all have to be told right.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use support::moves::{
    ALLOW_CREDENTIALS, ALLOW_ORIGIN, LOOPBACK, Move, Request, Route, answer, close, header, html, json, serve,
};
use support::scene::Scene;
use support::tls_front::{acceptor, acceptor_without_chain};
use tempfile::NamedTempFile;
use ticketscope::diagnosis::Owner::{self, Developers, Nobody, Operations, ProfileAuthor, User};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::gateways::NEAR_THE_USER;
use crate::report::{By, Kind, Report};
use crate::sockets::upgraded;

pub fn all() -> Vec<Report> {
    let parts = [upgrades(), gateways(), platforms(), things(), tokens(), grants(), stores(), answers()];
    parts
        .into_iter()
        .flatten()
        .chain(handshakes())
        .chain(frames())
        .chain(closes())
        .chain(tls())
        .chain(unanswered())
        .chain(own_words())
        .chain(for_browsers())
        .collect()
}

/// What nothing before the service may be called, where it is a firewall.
const THEIRS: &[&str] = &["user's it", "captive", "guest network"];

const TEXT: &str = "content-type: text/plain; charset=utf-8";

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

/// A server that answers everything with this.
fn everywhere(name: &'static str, source: &'static str, answer: fn() -> Move) -> Report {
    Report::broken(name, source, &[Operations])
        .played(move || move |_: &Request| Some(vec![answer()]))
        .never(NEAR_THE_USER)
}

/// A page with these headers.
fn page(status: u16, headers: &[&str], title: &str, text: &str) -> Move {
    let headers: Vec<_> = headers.iter().copied().chain(["content-type: text/html"]).collect();
    answer(status, &headers, &format!("<html><head><title>{title}</title></head><body>{text}</body></html>"))
}

/// Refused upgrades: by the program, its library, or what it is made with.
fn upgrades() -> Vec<Report> {
    let ws = Route::Socket;
    vec![
        at("hijack", "go-chi/chi#915, alexedwards/scs#196", &[Developers], ws, || {
            answer(501, &[TEXT], "http.ResponseWriter does not implement http.Hijacker")
        })
        .says(&[&["hijack"], &["middleware"]])
        .advises(&[&["middleware"]]),
        at("gorilla-403", "traefik/traefik#1835, #1900", &[Operations], ws, || {
            answer(403, &[TEXT, "sec-websocket-version: 13"], "Forbidden\n")
        })
        .says(&[&["origin"], &["library"]])
        .advises(&[&["origin"]]),
        at("coder-origin", "coder/websocket#247, go-librespot#92", &[Operations], ws, || {
            answer(403, &[TEXT], "request Origin \"http://localhost:4200\" is not authorized for Host \"api.example\"")
        })
        .says(&[&["refuses this origin"]])
        .advises(&[&["allowed origins"]]),
        at("mattermost-cors", "mattermost/mattermost#30414", &[Operations], ws, || {
            json(400, r#"{"id":"api.web_socket","message":"URL Blocked because of CORS. Url: http://localhost:8065"}"#)
        })
        .says(&[&["refuses this origin"], &["because of cors"]])
        .advises(&[&["allowed origins"]]),
        at("tornado-403", "OctoPrint/OctoPrint#3193", &[Developers], ws, || {
            page(403, &["server: TornadoServer/6.4"], "403: Forbidden", "403: Forbidden")
        })
        .says(&[&["tornado"], &["origin"]]),
        at("uvicorn-404", "Kludex/uvicorn#1967, lab-python-server#2", &[Operations], ws, || {
            answer(404, &["server: uvicorn", "content-type: application/json"], r#"{"detail":"Not Found"}"#)
        })
        .says(&[&["uvicorn"], &["library"]])
        .advises(&[&["uvicorn[standard]"]]),
        at("uvicorn-400", "Kludex/uvicorn#797", &[Operations], ws, || {
            answer(400, &["server: uvicorn", TEXT], "Unsupported upgrade request.")
        })
        .says(&[&["no support for websockets"]])
        .advises(&[&["uvicorn[standard]"]]),
        at("signalr-id", "SignalR/SignalR#3651", &[ProfileAuthor], ws, || {
            answer(400, &[TEXT], "Connection ID required")
        })
        .says(&[&["signalr"]])
        .advises(&[&["/negotiate"]]),
        at("sockjs", "spring-projects/spring-boot#27540", &[ProfileAuthor], ws, || {
            answer(200, &[TEXT], "Welcome to SockJS!\n")
        })
        .says(&[&["sockjs"]])
        .advises(&[&["/websocket"]]),
        at("events", "Server-Sent Events at the path", &[ProfileAuthor], ws, || {
            answer(200, &["content-type: text/event-stream"], ": ok\n\n")
        })
        .says(&[&["server-sent events"]]),
        at("connected-409", "one connection for a user", &[User], ws, || {
            json(409, r#"{"error":"User already connected"}"#)
        })
        .says(&[&["one connection"]])
        .advises(&[&["other tab"]]),
        at("stopping-503", "a server that stops", &[Nobody], ws, || answer(503, &[TEXT], "Server is shutting down.\n"))
            .says(&[&["stopping or restarting"]]),
        at("login-302", "traefik/traefik#5571 kind", &[Developers], ws, || {
            answer(302, &["location: /login?next=/ws"], "")
        })
        .says(&[&["login"], &["token request was let through"]]),
        at("home-302", "an unknown path to the start page", &[Operations], ws, || answer(302, &["location: /"], ""))
            .says(&[&["start page"]])
            .advises(&[&["route the path"]]),
        at("query-404", "dotnet/aspnetcore#15132, SignalR/SignalR#3242", &[Operations], ws, || {
            let why =
                "The request filtering module is configured to deny a request where the query string is too long.";
            page(404, &["server: Microsoft-IIS/10.0"], "IIS 10.0 Detailed Error - 404.15 - Not Found", why)
        })
        .says(&[&["query"], &["ticket is a part"]])
        .advises(&[&["maxquerystring"]]),
        at("characters", "Tomcat's request target", &[Developers], ws, || {
            let why = "Invalid character found in the request target. The valid characters are defined in RFC 7230";
            page(400, &[], "HTTP Status 400 – Bad Request", why)
        })
        .says(&[&["character"], &["encodes"]]),
    ]
}

/// Gateways that answer themselves.
fn gateways() -> Vec<Report> {
    let (token, ticket, ws) = (Route::Token, Route::Ticket, Route::Socket);
    vec![
        at("apigw-authorizer", "the $connect route's authorizer", &[Operations], ws, || {
            let headers = ["x-amzn-ErrorType: UnauthorizedException", "content-type: application/json"];
            answer(401, &headers, r#"{"message":"Unauthorized","connectionId":"KxQ=","requestId":"a"}"#)
        })
        .says(&[&["api gateway"], &["authorizer"]])
        .never(&["redis is well", "user's it"]),
        at("apigw-lambda", "serverless/examples#232", &[Operations], ws, || {
            let headers = ["x-amzn-ErrorType: InternalServerErrorException", "content-type: application/json"];
            answer(502, &headers, r#"{"message":"Internal server error","connectionId":"KxQ="}"#)
        })
        .says(&[&["api gateway"], &["lambda"]]),
        at("envoy-tls", "istio/istio#34920, #25062", &[Operations], ws, || {
            let why = "upstream connect error or disconnect/reset before headers. reset reason: connection failure, transport \
                       failure reason: TLS error: 268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED";
            answer(503, &["server: envoy", TEXT], why)
        })
        .says(&[&["tls between envoy"]])
        .advises(&[&["certificate"]]),
        at("envoy-overflow", "Envoy's circuit breaker", &[Operations], ws, || {
            let why = "upstream connect error or disconnect/reset before headers. reset reason: overflow";
            answer(503, &["server: envoy", TEXT], why)
        })
        .says(&[&["as many connections as it allows"]]),
        at("haproxy-rule", "HAProxy's http-request deny", &[Operations], token, || {
            page(403, &[], "", "<h1>403 Forbidden</h1> Request forbidden by administrative rules.")
        })
        .never(THEIRS)
        .says(&[&["rule"]]),
        at("kong-acl", "Kong's acl", &[Operations], ticket, || {
            let headers = ["server: kong/3.4.0", "content-type: application/json"];
            answer(403, &headers, r#"{"message":"You cannot consume this service"}"#)
        })
        .says(&[&["kong"], &["gateway itself"]])
        .advises(&[&["acl"]]),
        at("apim-key", "Azure API Management", &[Operations], ticket, || {
            json(401, r#"{"statusCode":401,"message":"Access denied due to missing subscription key. Include it."}"#)
        })
        .says(&[&["key of its own"]]),
        at("gke-404", "kubernetes/ingress-nginx#3888 kind", &[Operations], ws, || {
            let why = "response 404 (backend NotFound), service rules for the path non-existent";
            answer(404, &["via: 1.1 google", TEXT], why)
        })
        .says(&[&["no route for this path"]]),
        at("apache-500", "louislam/uptime-kuma#2633, openshift/origin#17016", &[Operations], ws, || {
            let text = "<h1>Internal Server Error</h1>";
            page(500, &["server: Apache/2.4.57"], "500 Internal Server Error", text)
        })
        .says(&[&["apache"], &["page of its own"]])
        .advises(&[&["mod_proxy_wstunnel"]]),
        at("nginx-405", "flipped-aurora/gin-vue-admin#226", &[Operations], token, || {
            page(405, &["server: nginx/1.25"], "405 Not Allowed", "<hr><center>nginx/1.25</center>")
        })
        .says(&[&["files"], &["not routed"]])
        .advises(&[&["route the path"]]),
        at("gateway-504", "a ticket that takes too long", &[Operations], ticket, || {
            page(504, &["server: nginx"], "504 Gateway Time-out", "")
        })
        .says(&[&["waited in vain"]])
        .advises(&[&["waits for"]]),
    ]
}

/// Platforms, tunnels and protections that answer everything.
fn platforms() -> Vec<Report> {
    vec![
        everywhere("azure-stopped", "Azure's stopped web app", || {
            page(403, &[], "Web App - Unavailable", "<h1>Error 403 - This web app is stopped.</h1>")
        })
        .says(&[&["stopped"]])
        .advises(&[&["start or resume"]]),
        everywhere("cloud-run-403", "Cloud Run's invoker", || {
            let why = "<h1>Error: Forbidden</h1>Your client does not have permission to get URL /api from this server.";
            page(403, &["server: Google Frontend"], "403 Forbidden", why)
        })
        .says(&[&["policy"]])
        .advises(&[&["unauthenticated"]]),
        everywhere("openshift-503", "OpenShift's router", || {
            let why =
                "The application is currently not serving requests at this endpoint. It may not have been started.";
            page(503, &[], "", why)
        })
        .says(&[&["no server behind it"]]),
        everywhere("ngrok-3200", "inconshreveable/ngrok#828", || {
            page(404, &["ngrok-error-code: ERR_NGROK_3200"], "ngrok", "Tunnel abc.ngrok.io not found ERR_NGROK_3200")
        })
        .says(&[&["ngrok"], &["no tunnel"]]),
        everywhere("localtunnel-503", "localtunnel/localtunnel#668, #701", || {
            answer(503, &[TEXT], "503 - Tunnel Unavailable")
        })
        .says(&[&["no tunnel"]]),
        everywhere("caddy-empty", "Caddy without a route", || answer(200, &["server: Caddy"], ""))
            .says(&[&["caddy"], &["not routed"]]),
        everywhere("default-page", "a server without its site", || {
            page(200, &["server: nginx"], "Welcome to nginx!", "If you see this page, the server is installed.")
        })
        .says(&[&["nothing set up"]])
        .advises(&[&["server_name"]]),
        everywhere("anubis", "WeblateOrg/weblate#17085, TecharoHQ/anubis#700", || {
            page(200, &[], "Making sure you're not a bot!", "")
        })
        .says(&[&["bot protection"]])
        .advises(&[&["exempt"]]),
        everywhere("waf-202", "AWS WAF's challenge", || answer(202, &["x-amzn-waf-action: challenge"], ""))
            .says(&[&["aws waf"], &["challenge"]]),
        everywhere("vercel-429", "Vercel's challenge", || {
            page(429, &["server: Vercel", "x-vercel-mitigated: challenge"], "Vercel Security Checkpoint", "")
        })
        .never(THEIRS)
        .says(&[&["vercel"], &["challenge"]]),
    ]
}

/// Programs whose path is right, and that do not find what the request names.
fn things() -> Vec<Report> {
    const PATHS: &[&str] = &["address or path is wrong", "path of the profile's", "user's it"];
    vec![
        at("session-404", "mcp-use/mcp-use#153, PrefectHQ/fastmcp#1003", &[Operations], Route::Socket, || {
            json(404, r#"{"error":"Session not found"}"#)
        })
        .says(&[&["another of the servers"]])
        .advises(&[&["sticky"]])
        .never(PATHS),
        at("user-404", "a JWT of a user who is gone", &[Developers], Route::Ticket, || {
            json(404, r#"{"detail":"User not found"}"#)
        })
        .says(&[&["path is right"]])
        .never(PATHS),
        at("ticket-404", "a store that is not shared", &[Operations], Route::Socket, || {
            json(404, r#"{"error":"ticket not found"}"#)
        })
        .says(&[&["ticket"]])
        .advises(&[&["share one ticket store"]])
        .never(PATHS),
    ]
}

/// Fresh JWTs that are refused, with whatever status and words.
fn tokens() -> Vec<Report> {
    let ticket = |name, source, owners, refuse: fn() -> Move| at(name, source, owners, Route::Ticket, refuse);
    vec![
        ticket("flask-422", "vimalloc/flask-jwt-extended#305, #525", &[Operations], || {
            json(422, r#"{"msg":"Signature verification failed"}"#)
        })
        .says(&[&["moment ago"], &["signature"]])
        .advises(&[&["same key"]]),
        ticket("subject-422", "jpadilla/pyjwt#1017, flask-jwt-extended#557", &[Developers], || {
            json(422, r#"{"msg":"Subject must be a string"}"#)
        })
        .says(&[&["claim"]]),
        ticket("kid-500", "open-metadata/OpenMetadata#11348", &[Operations], || {
            json(500, r#"{"message":"SigningKeyNotFoundException: No key found in with kid f688"}"#)
        })
        .says(&[&["does not know the key"]])
        .advises(&[&["current keys"]]),
        ticket("jwks-fetch", "istio/istio#45138, envoyproxy/envoy#41891", &[Operations], || {
            answer(401, &["server: istio-envoy", TEXT], "Jwks remote fetch is failed")
        })
        .says(&[&["cannot fetch the keys"]])
        .advises(&[&["reaches that address"]])
        .never(&["rotation"]),
        ticket("not-before", "a clock that is behind", &[Operations], || {
            let why = "www-authenticate: Bearer error=\"invalid_token\", error_description=\"The token is not valid before 'x'\"";
            answer(401, &[why], "")
        })
        .says(&[&["clock"]])
        .advises(&[&["ntp"]]),
        ticket("kong-exp", "Kong/kong#2409", &[Operations], || {
            answer(401, &["server: kong/3.4.0", "content-type: application/json"], r#"{"exp":"token expired"}"#)
        })
        .says(&[&["expired"]])
        .advises(&[&["ntp"]]),
        ticket("either", "Invalid or expired token", &[Developers], || json(401, r#"{"error":"Invalid or expired token"}"#))
            .says(&[&["do not agree"]])
            .never(&["calls it expired"]),
        ticket("tyk-field", "Tyk's JWT middleware", &[Operations], || json(401, r#"{"error":"Authorization field missing"}"#))
            .says(&[&["authorization header"]]),
        ticket("sent-to-login", "a program that redirects to its login", &[Developers], || {
            answer(302, &["location: /login"], "")
        })
        .says(&[&["does not accept the jwt"]]),
    ]
}

/// Token requests that are refused, and not for the user.
fn grants() -> Vec<Report> {
    const USERS_TURN: &[&str] = &["sign in again", "user's it"];
    let token =
        |name, source, owners, refuse: fn() -> Move| at(name, source, owners, Route::Token, refuse).never(USERS_TURN);
    vec![
        token("client", "keycloak/keycloak#16923, keycloak-orgs#61", &[ProfileAuthor], || {
            let why =
                r#"{"error":"unauthorized_client","error_description":"Invalid client or Invalid client credentials"}"#;
            json(401, why)
        })
        .says(&[&["client itself"]])
        .advises(&[&["secret"]]),
        token("grant-type", "RFC 6749 §5.2", &[ProfileAuthor], || json(400, r#"{"error":"unsupported_grant_type"}"#))
            .says(&[&["kind of login"]]),
        token("api-key-401", "supabase: no API key", &[Operations], || json(401, r#"{"message":"Invalid API key"}"#))
            .says(&[&["key of its own"]]),
        token("origin-401", "an origin that is not allowed", &[Operations], || {
            json(401, r#"{"error":"Origin not allowed"}"#)
        })
        .says(&[&["refuses this origin"]]),
    ]
}

/// What the API needs itself and does not have.
fn stores() -> Vec<Report> {
    let failed = |name, source, owners, body: &'static str| {
        at(name, source, owners, Route::Ticket, move || json(500, body)).never(&["user's it", "firewall"])
    };
    vec![
        failed(
            "redis-command",
            "redis/redis-doc#1939, tporadowski/redis#156",
            &[Operations],
            r#"{"code":"TICKET_GENERATION_FAILED","message":"ERR unknown command 'GETDEL', with args beginning with: 't'"}"#,
        )
        .says(&[&["does not know the command"]])
        .advises(&[&["update redis"]]),
        failed(
            "redis-auth",
            "a password for a Redis without",
            &[Operations],
            r#"{"code":"TICKET_GENERATION_FAILED","message":"ERR Client sent AUTH, but no password is set"}"#,
        )
        .says(&[&["none is set"]]),
        failed(
            "redis-name",
            "a name that does not resolve",
            &[Operations],
            r#"{"code":"TICKET_GENERATION_FAILED","message":"getaddrinfo EAI_AGAIN redis"}"#,
        )
        .says(&[&["no connection to its redis"]]),
        failed("database-full", "a pool that is used up", &[Operations], r#"{"message":"sorry, too many clients already"}"#)
            .says(&[&["database"]])
            .advises(&[&["pool"]]),
        failed("disk-full", "ENOSPC", &[Operations], r#"{"message":"ENOSPC: no space left on device, write"}"#)
            .says(&[&["disk"]]),
        failed("files-open", "EMFILE", &[Operations], r#"{"message":"EMFILE: too many open files, open '/app/key'"}"#)
            .says(&[&["files and connections open"]]),
        failed("worker-1101", "a worker that throws", &[Developers], r#"{"message":"error code: 1101"}"#)
            .says(&[&["function, worker"]]),
    ]
}

/// A JWT that says who and until when.
const CLAIMS: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJzIiwiZXhwIjo0MTAyNDQ0ODAwfQ.x";

/// Successes that are none.
fn answers() -> Vec<Report> {
    vec![
        at("php-warning", "Dolibarr/dolibarr#37445, pkp/pkp-lib#7548", &[Developers], Route::Token, || {
            let warning = "<br />\n<b>Warning</b>: Undefined array key \"x\" in <b>/var/www/a.php</b><br />\n";
            answer(200, &["content-type: application/json"], &format!("{warning}{{\"token\":\"{CLAIMS}\"}}"))
        })
        .says(&[&["before the json"]])
        .advises(&[&["display_errors"]]),
        at("error-200", "GraphQL's and other errors inside a success", &[Developers], Route::Ticket, || {
            json(200, r#"{"data":null,"errors":[{"message":"Not authorized"}]}"#)
        })
        .says(&[&["error with the status of a success"]]),
        at("login-200", "a page to log in for a JWT", &[Operations], Route::Ticket, || html(200, "Log in"))
            .says(&[&["service's own"]])
            .never(&["hotel", "guest"]),
    ]
}

/// Handshakes that browsers do not take.
fn handshakes() -> Vec<Report> {
    vec![
        upgraded(Report::broken("twice-101", "h2o/h2o#1463", &[Operations]), |request| {
            let accept = derive_accept_key(header(&request.text, "sec-websocket-key").unwrap_or_default().as_bytes());
            let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
            vec![Move::Say(format!("{head}Sec-WebSocket-Accept: {accept}\r\n\r\n").into()), Move::Serve]
        })
        .says(&[&["more than one header upgrade"], &["browsers"]]),
    ]
}

/// Frames that only a server's own program makes.
fn frames() -> Vec<Report> {
    const OWNERS: &[Owner] = &[Developers];
    vec![
        upgraded(Report::broken("masked", "denoland/std#614, rust-websocket#61", OWNERS), |_| {
            vec![Move::Accept, Move::Say(b"\x81\x82\x01\x02\x03\x04\x69\x6b".to_vec()), Move::Serve]
        })
        .says(&[&["masked"], &["browser"]]),
        upgraded(Report::broken("not-utf8", "owenliang/k8s-client-go#2", OWNERS), |_| {
            vec![Move::Accept, Move::Say(b"\x81\x03\xff\xfe\xfd".to_vec()), Move::Serve]
        })
        .says(&[&["utf-8"]])
        .advises(&[&["binary"]]),
        upgraded(Report::broken("compressed", "websockets/ws#1238, Java-WebSocket#990", OWNERS), |_| {
            vec![Move::Accept, Move::Say(b"\xc1\x02\x4a\x00".to_vec()), Move::Serve]
        })
        .says(&[&["compress"], &["agreed"]])
        .advises(&[&["sec-websocket-extensions"]]),
        upgraded(Report::broken("http-inside", "two that take one upgrade", OWNERS), |_| {
            let second = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\n\
                          Bad Request";
            vec![Move::Accept, Move::Say(second.into()), Move::End]
        })
        .says(&[&["answer of http"], &["second time"]]),
    ]
}

/// Ends of open sockets.
fn closes() -> Vec<Report> {
    let closed = |name, source, owners, code, reason: &'static str| {
        Report::broken(name, source, owners)
            .played(move || {
                move |request: &Request| {
                    (request.route == Route::Socket).then(|| vec![Move::Accept, close(code, reason), Move::End])
                }
            })
            .never(&["user's it", "firewall"])
    };
    vec![
        closed("unused-4003", "Teekeks/pyTwitchAPI#361", &[Developers], 4003, "connection unused")
            .advises(&[&["which message the server waits for"]]),
        closed(
            "init-1000",
            "hasura/graphql-engine#7696",
            &[Developers],
            1000,
            "4400: Connection initialization failed",
        )
        .advises(&[&["which message the server waits for"]]),
        closed("auth-timeout", "a greeting that is waited for", &[Developers], 1008, "Authentication timeout")
            .advises(&[&["which message the server waits for"]]),
        closed("no-header", "BasedHardware/omi#7633", &[Developers], 1008, "Authorization header not found")
            .advises(&[&["no browser can send"]]),
        closed("session-gone", "agentic-community/mcp-gateway-registry#960", &[Operations], 1008, "Session not found")
            .advises(&[&["sticky"]]),
        closed("bad-jwt", "wso2/api-manager#743", &[Developers], 4001, "Invalid JWT token"),
        closed("newer", "a newer connection", &[User], 4000, "New connection opened").advises(&[&["other tab"]]),
        closed(
            "private-maintenance",
            "a code of the server's own",
            &[Operations],
            4000,
            "Server maintenance in 5 minutes",
        )
        .says(&[&["one of the server's own"]])
        .advises(&[&["how long the maintenance takes"]]),
        closed("intents-4014", "Discord's gateway", &[Developers], 4014, "")
            .says(&[&["intent"], &["not connect again"]]),
        upgraded(Report::broken("slack-moves", "Slack's Socket Mode", &[Nobody]), |_| {
            let word = br#"{"type":"disconnect","reason":"refresh_requested","debug_info":{"host":"a"}}"#;
            let frame = [&[0x81, u8::try_from(word.len()).unwrap()][..], word].concat();
            vec![Move::Accept, Move::Say(frame), close(1000, ""), Move::End]
        })
        .says(&[&["slack"], &["refresh_requested"]]),
        closed("store-1011", "a server without its store", &[Operations], 1011, "connect ECONNREFUSED 10.0.0.5:6379")
            .advises(&[&["runs"]]),
        upgraded(Report::broken("cut-at-once", "a handler that fails", &[Operations]).by(By::Check), |_| {
            vec![Move::Accept, Move::End]
        })
        .says(&[&["as soon as it was open"]]),
    ]
}

/// Pings and handshakes that nobody answers, and a comeback that is refused.
fn unanswered() -> Vec<Report> {
    const WELCOME: &[u8] = b"\x81\x12{\"type\":\"welcome\"}";
    let socket =
        |moves: fn() -> Vec<Move>| move || move |request: &Request| (request.route == Route::Socket).then(moves);
    vec![
        Report::broken("greets-no-pong", "a server without a WebSocket library", &[Developers])
            .staged(move |_| async move {
                let play = socket(|| vec![Move::Accept, Move::Say(WELCOME.to_vec()), Move::Silence])();
                let mut scene = Scene::at(serve(LOOPBACK, None, play).await);
                scene.profile += "[backoff]\nbase = '1m'\ncap = '1m'\n";
                scene
            })
            .says(&[&["does not answer pings"]])
            .never(&["nothing came", "user's it", "no frame after it"]),
        // Whatever comes is a sign of life, and a browser sends no pings.
        Report::new("talks-no-pong", "a server that only sends", Kind::Healthy)
            .played(socket(|| {
                let tick = [Move::Say(WELCOME.to_vec()), Move::Wait(Duration::from_millis(500))];
                let ticks = std::iter::repeat_n(tick, 60).flatten();
                [Move::Accept].into_iter().chain(ticks).chain([Move::Silence]).collect()
            }))
            .never(&["first ping"]),
        Report::broken("silent-https", "a port without TLS that waits for the client", &[ProfileAuthor])
            .staged(|_| async {
                let listener = TcpListener::bind((LOOPBACK, 0)).await.unwrap();
                let at = |scheme| format!("{scheme}://{}", listener.local_addr().unwrap());
                let mut scene = Scene::apart(&at("https"), &at("wss"));
                scene.watched = Duration::from_secs(6);
                scene.keeping(listener)
            })
            .says(&[&["takes connections"], &["answers tls"]])
            .advises(&[&["https://"], &["stuck"]])
            .never(&["swallows", "cannot be reached"]),
        Report::broken("comeback-503", "one connection at a time", &[Operations])
            .by(By::Check)
            .played(|| {
                let upgrades = AtomicUsize::new(0);
                move |request: &Request| {
                    let is_first = || upgrades.fetch_add(1, Ordering::Relaxed) == 0;
                    let refuse = || vec![page(503, &["server: nginx"], "503 Service Temporarily Unavailable", "")];
                    (request.route == Route::Socket && !is_first()).then(refuse)
                }
            })
            .says(&[&["worked before", "was open"], &["503"]])
            .never(&["http/2", "http/1.1"]),
    ]
}

/// Answers that say more than their status.
fn own_words() -> Vec<Report> {
    vec![
        at("scope-403", "RFC 6750 §3.1", &[Developers], Route::Ticket, || {
            let scope = r#"error="insufficient_scope", error_description="The token lacks the scope chat:connect""#;
            answer(403, &[&format!("www-authenticate: Bearer {scope}")], "")
        })
        .says(&[&["lacks the scope chat:connect"]]),
        at("ticket-as-jwt", "jsonwebtoken on the upgrade", &[Developers], Route::Socket, || {
            json(401, r#"{"error":"jwt malformed"}"#)
        })
        .says(&[&["takes the ticket for a jwt"], &["jwt malformed"]]),
        at("version-8", "RFC 6455 §4.4", &[Developers], Route::Socket, || {
            answer(426, &["sec-websocket-version: 8, 7"], "")
        })
        .says(&[&["version"], &["13"]])
        .never(&["headers did not arrive"]),
        at("long-400", "a message beyond all measure", &[Developers], Route::Ticket, || {
            json(400, &format!(r#"{{"message":"The \u202eroom is not there{}"}}"#, " and never was".repeat(100)))
        })
        .says(&[&["“the room is not there and never was"], &["…”"]]),
    ]
}

/// What this program takes and a browser does not.
fn for_browsers() -> Vec<Report> {
    vec![
        Report::broken("false-gzip", "ERR_CONTENT_DECODING_FAILED", &[Operations])
            .played(|| {
                |request: &Request| {
                    let body = format!(r#"{{"ticket":"{:032x}","expiresInSeconds":30}}"#, request.number);
                    let gzip = "content-encoding: gzip";
                    let headers = ["content-type: application/json", gzip, ALLOW_ORIGIN, ALLOW_CREDENTIALS];
                    (request.route == Route::Ticket).then(|| vec![answer(200, &headers, &body)])
                }
            })
            .by(By::Check)
            .says(&[&["content-encoding: gzip"], &["browser"]])
            .advises(&[&["leave content-encoding out"]]),
        Report::broken("no-credentials", "cookies without Access-Control-Allow-Credentials", &[Operations])
            .by(By::Check)
            .played(|| {
                |request: &Request| {
                    let body = match request.route {
                        Route::Token => format!(r#"{{"token":"{CLAIMS}{}","sessionId":"s"}}"#, request.number),
                        Route::Ticket => format!(r#"{{"ticket":"{:032x}","expiresInSeconds":30}}"#, request.number),
                        _ => return None,
                    };
                    let headers = ["content-type: application/json", "set-cookie: node=a; Path=/", ALLOW_ORIGIN];
                    Some(vec![answer(200, &headers, &body)])
                }
            })
            .says(&[&["access-control-allow-credentials: true"], &["cookies"]])
            .advises(&[&["access-control-allow-credentials: true"]]),
    ]
}

/// TLS that is the server's own doing.
fn tls() -> Vec<Report> {
    vec![
        Report::broken("chain", "mkrueger/icy_term#65, libwebsockets#2888, Java-WebSocket#706", &[Operations])
            .staged(|_| async {
                let root = NamedTempFile::new().unwrap();
                let server = serve(LOOPBACK, Some(acceptor_without_chain(&root)), |_: &Request| None).await;
                let at = |scheme| format!("{scheme}://localhost:{}", server.port());
                Scene::apart(&at("https"), &at("wss")).patient().trusting(root.path()).keeping(root)
            })
            .says(&[&["certificate alone"]])
            .advises(&[&["full chain"]]),
        Report::broken("page-511", "a tunnel's warning page", &[Operations])
            .staged(|_| async {
                let root = NamedTempFile::new().unwrap();
                let warn = |_: &Request| Some(vec![html(511, "Tunnel website ahead!")]);
                let server = serve(LOOPBACK, Some(acceptor(&root)), warn).await;
                let at = |scheme| format!("{scheme}://localhost:{}", server.port());
                Scene::apart(&at("https"), &at("wss")).patient().trusting(root.path()).keeping(root)
            })
            .says(&[&["511"], &["no network's login"]])
            .never(&["hotel", "guest wi-fi"]),
    ]
}
