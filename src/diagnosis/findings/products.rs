//! Answers of gateways, platforms and frameworks: each names what of that product is to be changed, and no other product's.

use std::time::Duration;

use super::table::{Row, assert_explained, problem};
use super::*;
use crate::diagnosis::Code;
use crate::diagnosis::context::Answered;
use crate::diagnosis::problem::Owner::{self, Developers, Operations, ProfileAuthor};
use crate::model::failure::*;
use crate::model::*;

const HTML: (&str, &str) = ("content-type", "text/html");
const JSON: (&str, &str) = ("content-type", "application/json");
const NGINX: &str = "<html><head><title>403 Forbidden</title></head><body><center><h1>403 Forbidden</h1></center><hr><center>nginx</center></body></html>";

/// What nothing may say of an answer of another product's.
fn assert_names_nothing_of_others(answer: &Answer, request: RequestKind, others: &[&str]) {
    let Problem { title, cause, next, .. } = problem(request, answer.clone(), |_| ());
    for other in others {
        assert!(!format!("{title} {cause} {next}").contains(other), "{other}: {cause} {next}");
    }
}

#[test]
fn a_server_that_is_down_is_named_by_the_thing_of_the_gateway_before_it() {
    let rows: [Row; 14] = [
        (
            503,
            &[("server", "awselb/2.0"), HTML],
            "<title>503 Service Temporarily Unavailable</title>",
            Operations,
            &["target group"],
        ),
        (
            502,
            &[("server", "Microsoft-Azure-Application-Gateway/v2"), HTML],
            "<title>502 Bad Gateway</title>",
            Operations,
            &["backend pool", "probe"],
        ),
        (
            503,
            &[("server", "Microsoft-HTTPAPI/2.0"), HTML],
            "<title>Service Unavailable</title>",
            Operations,
            &["application pool"],
        ),
        (502, &[("server", "Caddy")], "", Operations, &["reverse_proxy"]),
        (503, &[("server", "envoy")], "no healthy upstream", Operations, &["cluster", "pods"]),
        (503, &[], "no available server\n", Operations, &["Traefik", "service of the router"]),
        (
            503,
            &[HTML],
            "<title>Application is not available</title>The application is currently not serving requests at this endpoint.",
            Operations,
            &["OpenShift", "Route", "pods"],
        ),
        (502, &[("x-render-routing", "error"), HTML], "<title>502</title>", Operations, &["Render", "$PORT"]),
        (502, &[("x-cf-routererror", "endpoint_failure")], "502 Bad Gateway", Operations, &["cf logs"]),
        (503, &[("x-do-app-origin", "a1"), HTML], "<title>App</title>", Operations, &["http_port"]),
        (502, &[("l5d-proxy-error", "connect")], "", Operations, &["Linkerd"]),
        (503, &[("via", "NS-CACHE-10.0: 1"), HTML], "<title>Http/1.1</title>", Operations, &["NetScaler", "monitors"]),
        (
            503,
            &[("server", "Apache/2.4"), HTML],
            "<title>503 Service Unavailable</title>Please try again later.",
            Operations,
            &["ProxyPass"],
        ),
        (502, &[("server", "nginx"), HTML], "<title>502 Bad Gateway</title>", Operations, &["proxy_pass", "error.log"]),
    ];
    assert_explained(RequestKind::Token, &rows);
    // A program that says itself that it is busy has no server behind it.
    let busy: [Row; 1] = [(
        503,
        &[("server", "nginx"), JSON],
        r#"{"message":"server busy, try again later"}"#,
        Operations,
        &["overloaded"],
    )];
    assert_explained(RequestKind::Token, &busy);
}

#[test]
fn a_host_name_that_a_platform_does_not_know_is_told_from_a_path_that_it_does_not_have() {
    let vercel = "The deployment could not be found on Vercel.\n\nDEPLOYMENT_NOT_FOUND";
    let hosts: [Row; 9] = [
        (
            404,
            &[("via", "1.1 heroku-router"), HTML],
            "<title>No such app</title>",
            Operations,
            &["host name", "heroku"],
        ),
        (
            404,
            &[("x-railway-fallback", "true"), JSON],
            r#"{"message":"Application not found"}"#,
            Operations,
            &["Railway"],
        ),
        (404, &[("x-render-routing", "no-server")], "Not Found", Operations, &["host name api.example", "Render"]),
        (404, &[("x-vercel-error", "DEPLOYMENT_NOT_FOUND")], vercel, Operations, &["host name", "Vercel"]),
        (404, &[("server", "nginx")], "default backend - 404", Operations, &["host name", "rule of an Ingress"]),
        (
            404,
            &[("x-cf-routererror", "unknown_route")],
            "404 Not Found: Requested route ('x') does not exist.",
            Operations,
            &["cf map-route"],
        ),
        (
            404,
            &[("server", "GitHub.com"), HTML],
            "<title>Site not found</title>There isn't a GitHub Pages site here.",
            Operations,
            &["host name", "Custom domain"],
        ),
        (
            500,
            &[("server", "Varnish"), HTML],
            "<title>Fastly error: unknown domain x</title>",
            Operations,
            &["Domains of"],
        ),
        (404, &[HTML], "<title>Domain not configured</title>", Operations, &["host name", "check the address"]),
    ];
    assert_explained(RequestKind::Token, &hosts);
    let railway =
        Answer::of_text(404, &[JSON, ("x-railway-fallback", "true")], r#"{"message":"Application not found"}"#);
    let known = problem(RequestKind::Ticket, railway, |context| context.answered.token = true);
    assert!(!known.cause.contains("host name"), "what has answered there is known: {}", known.cause);
    let path: [Row; 2] = [
        (404, &[("server", "Vercel"), ("x-vercel-error", "NOT_FOUND")], "NOT_FOUND", ProfileAuthor, &["path is wrong"]),
        (404, &[JSON], r#"{"message":"no route matched with those values"}"#, Operations, &["no route for this path"]),
    ];
    assert_explained(RequestKind::Token, &path);
}

#[test]
fn a_host_name_that_a_program_does_not_serve_is_set_in_that_program() {
    let django = "<html><head><title>Bad Request (400)</title></head><body><h1>Bad Request (400)</h1></body></html>";
    let vite =
        "Blocked request. This host (\"a\") is not allowed. Add \"a\" to `server.allowedHosts` in vite.config.js.";
    let iis = "<title>Bad Request</title><h2>Bad Request - Invalid Hostname</h2>";
    let rows: [Row; 5] = [
        (400, &[HTML], django, Operations, &["Django", "ALLOWED_HOSTS"]),
        (403, &[], vite, Operations, &["server.allowedHosts"]),
        (400, &[("server", "Microsoft-HTTPAPI/2.0"), HTML], iis, Operations, &["binding", "Invalid Hostname"]),
        (403, &[HTML], "<title>Blocked hosts: a</title>", Operations, &["config.hosts"]),
        (400, &[], "Invalid host header", Operations, &["add the host name to those that it serves, or"]),
    ];
    assert_explained(RequestKind::Token, &rows);
    for (status, headers, body, ..) in rows.iter().skip(1) {
        assert_names_nothing_of_others(&Answer::of_text(*status, headers, body), RequestKind::Token, &["Django"]);
    }
    let own = Answer::of_text(400, &[HTML], "<title>400 Bad Request</title><h1>Bad Request</h1>");
    assert_names_nothing_of_others(&own, RequestKind::Token, &["Django", "host name"]);
}

#[test]
fn a_gateway_that_checks_the_jwt_itself_has_the_setting() {
    let bearer = ("www-authenticate", "Bearer realm=\"a\", error=\"invalid_token\"");
    let envoy = ("server", "istio-envoy");
    let passed_on = ("x-envoy-upstream-service-time", "3");
    for (headers, body, owner, word) in [
        (&[envoy, bearer][..], "Jwt issuer is not configured", Operations, "RequestAuthentication"),
        (&[envoy, bearer], "Jwks doesn't have key to match kid or alg from Jwt", Operations, "load the keys"),
        (&[envoy, bearer], "Audiences in Jwt are not allowed", Operations, "add that audience"),
        (
            &[("server", "kong/3.6"), JSON],
            r#"{"message":"No credentials found for given 'iss'"}"#,
            Operations,
            "consumer",
        ),
        (&[("server", "APISIX/3.8"), JSON], r#"{"message":"failed to verify jwt"}"#, Operations, "jwt-auth"),
        (
            &[JSON],
            r#"{"fault":{"faultstring":"Invalid token","detail":{"errorcode":"steps.jwt.InvalidToken"}}}"#,
            Operations,
            "VerifyJWT",
        ),
        (&[envoy, passed_on, JSON], r#"{"message":"invalid issuer"}"#, Developers, "token service's issuer"),
        (&[("server", "APISIX/3.8"), JSON], r#"{"message":"invalid audience"}"#, Developers, "audience"),
    ] {
        let answer = Answer::of_text(401, headers, body);
        let fresh = problem(RequestKind::Ticket, answer, |context| context.jwt_age = Some(Duration::ZERO));
        assert_eq!((fresh.code, fresh.owner), (Code::JwtRefused, owner), "{body}: {fresh:?}");
        assert!(fresh.next.contains(word), "{body}: {fresh:?}");
        assert_eq!(
            fresh.cause.contains("The gateway before the API") || fresh.cause.contains("gateway itself"),
            owner == Operations
        );
        assert!(!fresh.next.contains("restarting"), "{fresh:?}");
    }
    let page = NGINX.replace("403 Forbidden", "401 Authorization Required");
    let refused = Answer::of_text(401, &[("server", "nginx"), HTML], &page);
    let problem = problem(RequestKind::Upgrade, refused, |context| {
        context.health = Some(Health { server: Component::Up, redis: Component::Up, status: 200 });
    });
    assert!(problem.cause.contains("gateway itself (nginx)") && problem.next.contains("auth_request"), "{problem:?}");
}

#[test]
fn a_gateway_that_refuses_with_a_bare_page_of_its_own_is_told_from_what_it_passes_on() {
    let nginx: &[(&str, &str)] = &[("server", "nginx"), HTML];
    let itself = Answer::of_text(403, nginx, NGINX);
    assert_eq!(Product::itself(&itself), Some(Product::Nginx));
    for body in [
        "<title>403 Forbidden</title><h1>Forbidden</h1><p>You don't have the permission to access the requested resource.",
        "<title>Shop</title><center>nginx</center>",
        "<title>403 Forbidden</title>",
        "",
    ] {
        assert_eq!(Product::itself(&Answer::of_text(403, nginx, body)), None, "{body}");
    }
    assert_explained(
        RequestKind::Upgrade,
        &[(403, &[("server", "nginx"), HTML], NGINX, Operations, &["gateway itself (nginx)", "rule"])],
    );
    let limit = NGINX.replace("403 Forbidden", "429 Too Many Requests");
    for (headers, body, owner, word) in [
        (nginx, &*limit, Operations, "limit_req"),
        (&[("server", "cloudflare"), ("cf-ray", "8")], "error code: 1015", Operations, "Rate limiting rules"),
        (&[("server", "Google Frontend"), HTML], "Rate exceeded.", Operations, "maximum instances"),
        (nginx, "Too many requests, please try again later.", Owner::Nobody, "Nobody"),
        (&[("server", "nginx"), JSON], r#"{"message":"Too many requests"}"#, Owner::Nobody, "Nobody"),
    ] {
        let limited = problem(RequestKind::Ticket, Answer::of_text(429, headers, body), |_| ());
        assert_eq!((limited.code, limited.owner), (Code::RateLimited, owner), "{body}: {limited:?}");
        assert!(limited.next.contains(word), "{body}: {limited:?}");
    }
}

#[test]
fn a_path_that_the_program_names_and_nobody_asked_for_was_changed_by_a_gateway() {
    for (body, kind, is_changed) in [
        ("<pre>Cannot GET /ws/ws</pre>", HTML, true),
        (r#"{"status":404,"error":"Not Found","path":"/app/ws"}"#, JSON, true),
        (r#"{"message":"Route GET:/v2/ws not found"}"#, JSON, true),
        ("<title>HTTP Status 404</title>The requested resource [/app/ws] is not available", HTML, true),
        ("<pre>Cannot GET /ws</pre>", HTML, false),
        ("<pre>Cannot GET /ws?ticket=1</pre>", HTML, false),
        (r#"{"status":404,"error":"Not Found","path":"/ws"}"#, JSON, false),
        ("<p>See /help/ws or GET help", HTML, false),
        ("<pre>Cannot GET /orders</pre>", HTML, false),
    ] {
        let answer = Answer::of_text(404, &[kind], body);
        let Problem { owner, cause, next, .. } = problem(RequestKind::Upgrade, answer, |_| ());
        assert_eq!(cause.contains("changes the path"), is_changed, "{body}: {cause}");
        assert!(!is_changed || owner == Operations && next.contains("proxy_pass"), "{body}: {next}");
    }
}

#[test]
fn what_says_most_is_quoted_and_not_the_status_once_more() {
    let cloudfront = "<TITLE>ERROR: The request could not be satisfied</TITLE><H1>403 ERROR</H1><H2>The request could not be satisfied.</H2>";
    let iis = "<title>502 - Web server received an invalid response while acting as a gateway or proxy server.</title>There is a problem \
               with the page. When the Web server (while acting as a gateway or proxy) contacted the upstream content server, it received \
               an invalid response from the content server.";
    let quotes: [(u16, &str, &str); 13] = [
        (502, iis, "“502 - Web server received an invalid response while acting"),
        (403, &format!("{cloudfront}Request blocked. We can't connect to the server."), "— Request blocked. We"),
        (
            403,
            "<title>403 Forbidden</title><h1>403 Forbidden</h1>Request forbidden by administrative rules.",
            "“Request forbidden by",
        ),
        (404, "<title>Error</title><pre>Cannot GET /x</pre>", "“Cannot GET /x”"),
        (
            403,
            "<title>Attention Required!</title><h1>Sorry, you have been blocked</h1>",
            "— Sorry, you have been blocked",
        ),
        (
            406,
            "<title>Not Acceptable!</title>A resource was not found. This error was generated by Mod_Security.",
            "“This error was",
        ),
        (403, "<title></title><h2>The request is blocked.</h2>", "“The request is blocked"),
        (403, "<title>Making sure you&#39;re not a bot!</title>", "“Making sure you're not a bot!”"),
        (
            404,
            "<title>HTTP Error 404.15 - Not Found</title><h3>The query string is too long.</h3>",
            "“The query string is too long”",
        ),
        (
            404,
            "<title>404 Not Found</title><center><h1>404 Not Found</h1></center><hr><center>nginx</center>",
            "“404 Not Found”",
        ),
        (
            503,
            "<title>503 Service Unavailable</title>It is down for a while. Please try again later.",
            "“It is down for a while. Please",
        ),
        (429, "Too many requests, please try again later.", "“Too many requests, please try again later.”"),
        (403, "<title>Orders</title>", "“Orders”"),
    ];
    for (status, body, expected) in quotes {
        let cause = problem(RequestKind::Token, Answer::of_text(status, &[HTML], body), |_| ()).cause;
        assert!(cause.contains(expected), "{body}: {cause}");
    }
    for (body, expected) in [
        (
            r#"{"Message":"User is not authorized with an explicit deny"}"#,
            "“User is not authorized with an explicit deny”",
        ),
        (r#"{"error":"insufficient_scope","scope":"ws:connect"}"#, "“insufficient_scope (scope ws:connect)”"),
        (r#"{"fault":{"faultstring":"Unable to identify proxy for host"}}"#, "“Unable to identify proxy for host”"),
        (r#"{"type":"about:blank","title":"Denied","detail":"The room is closed"}"#, "“The room is closed”"),
    ] {
        let cause = problem(RequestKind::Ticket, Answer::of_text(403, &[JSON], body), |_| ()).cause;
        assert!(cause.contains(expected), "{body}: {cause}");
    }
}

#[test]
fn what_else_gateways_and_frameworks_say_names_its_setting() {
    let csrf = "<title>403 Forbidden</title>CSRF verification failed. Origin checking failed - http://x does not match any trusted origins.";
    let cloudfront =
        "This distribution is not configured to allow the HTTP request method that was used for this request.";
    let rows: [Row; 7] = [
        (403, &[HTML], csrf, Operations, &["CSRF_TRUSTED_ORIGINS", "forged"]),
        (403, &[("server", "CloudFront"), HTML], cloudfront, Operations, &["CloudFront", "Allowed HTTP methods"]),
        (
            503,
            &[("server", "kong/3.6"), JSON],
            r#"{"message":"name resolution failed"}"#,
            Operations,
            &["Kong", "gateway's DNS"],
        ),
        (
            404,
            &[("ngrok-error-code", "ERR_NGROK_3200"), HTML],
            "<title>ngrok - ERR_NGROK_3200</title>The endpoint a.ngrok.app is offline.",
            Operations,
            &["tunnel", "its agent"],
        ),
        (
            403,
            &[("server", "Google Frontend"), HTML],
            "<h2>Your client does not have permission to get URL /x</h2>",
            Operations,
            &["run.invoker"],
        ),
        (
            401,
            &[("www-authenticate", "Bearer"), JSON],
            r#"{"error":"invalid_client"}"#,
            ProfileAuthor,
            &["client's id"],
        ),
        (500, &[JSON], r#"{"message":"connect ECONNREFUSED 10.0.0.7:27017"}"#, Operations, &["whether MongoDB runs"]),
    ];
    assert_explained(RequestKind::Token, &rows);
    let ngrok = Answer::of_text(404, &[("ngrok-error-code", "ERR_NGROK_3200")], "The endpoint a is offline.");
    assert_names_nothing_of_others(&ngrok, RequestKind::Token, &["cloudflared"]);
    let apigw: &[(&str, &str)] = &[("x-amzn-errortype", "InternalServerErrorException"), JSON];
    let late = problem(
        RequestKind::Ticket,
        Answer::of_text(504, apigw, r#"{"message":"Endpoint request timed out"}"#),
        |context| {
            context.answered = Answered { token: true, ..Answered::default() };
        },
    );
    assert!(late.title.contains("in time") && late.next.contains("29 s"), "{late:?}");
    assert!(!late.cause.contains("answered in a form"), "{late:?}");
    let lambda = r#"{"message":"Internal server error","connectionId":"Zx=","requestId":"Zy="}"#;
    let upgrade: [Row; 4] = [
        (500, &[JSON], lambda, Operations, &["Amazon API Gateway", "Lambda"]),
        (403, &[("server", "Cowboy")], "", Developers, &["Phoenix", "check_origin"]),
        (403, &[("server", "daphne")], "", Developers, &["daphne"]),
        (400, &[("x-powered-by", "Express")], "GET query missing.", Operations, &["ordinary request", "Upgrade"]),
    ];
    assert_explained(RequestKind::Upgrade, &upgrade);
    let cowboy = Answer::of_text(403, &[("server", "Cowboy")], "");
    assert_names_nothing_of_others(&cowboy, RequestKind::Upgrade, &["daphne", "uvicorn"]);
}
