//! Answers that people met, with who can fix them and what has to be said.

use std::sync::LazyLock;
use std::time::Duration;

use super::*;
use crate::diagnosis::Code;
use crate::diagnosis::context::{Answered, TicketKnown};
use crate::diagnosis::problem::Owner::{self, Developers, Operations, ProfileAuthor, UserIt};
use crate::model::failure::*;
use crate::model::*;

/// Somebody who opens TLS on the way.
static SCANNER: LazyLock<Issuer> = LazyLock::new(|| Issuer::new(SafeText::new("Zscaler Root CA"), None));

/// The facts of a session at `api` and `socket`, of which nothing more is known.
pub(super) fn context<'a>(profile: &'a Profile, api: &'a url::Url, socket: &'a url::Url) -> Context<'a> {
    Context {
        time: chrono::DateTime::UNIX_EPOCH,
        health: None,
        health_status: None,
        health_page: None,
        claims: None,
        was_connected: false,
        refusals: 1,
        open_for: Duration::from_secs(3),
        is_end_timed: true,
        repeats: 0,
        slowest: None,
        profile,
        endpoints: &profile.endpoints,
        api,
        socket,
        jwt_age: None,
        clock: None,
        claims_error: None,
        interceptor: None,
        is_proxied: false,
        is_certificate_its_own: false,
        answered: Answered::default(),
        pongs: 0,
        last_word: None,
        is_of_files: false,
        is_begin_unseen: false,
        late_ticket: None,
        ticket: TicketKnown::Fresh,
        ticket_characters: None,
    }
}

/// What an answer to `request` shows over TLS.
pub(super) fn problem(request: RequestKind, answer: Answer, change: impl FnOnce(&mut Context<'_>)) -> Problem {
    let profile = Profile::production();
    let api = url::Url::parse("https://api.example").unwrap();
    let socket = url::Url::parse("wss://api.example").unwrap();
    let mut context = context(&profile, &api, &socket);
    change(&mut context);
    of_answer(&Refused { request, answer: &answer }, &context)
}

/// Status, headers and body; who has to fix it; what cause and next step have to say.
pub(super) type Row = (u16, &'static [(&'static str, &'static str)], &'static str, Owner, &'static [&'static str]);

pub(super) fn assert_explained(request: RequestKind, rows: &[Row]) {
    for (status, headers, body, owner, says) in rows {
        let Problem { owner: said, title, cause, next, .. } =
            problem(request, Answer::of_text(*status, headers, body), |_| ());
        let all = format!("{title} | {cause} | {next}");
        assert_eq!(said, *owner, "{request} {status} {body}: {all}");
        for word in *says {
            assert!(all.contains(word), "{request} {status} {body}: no {word:?} in {all}");
        }
    }
}

const CLOUDFLARE: &[(&str, &str)] = &[("server", "cloudflare"), ("cf-ray", "8c1"), ("content-type", "text/html")];

#[test]
fn each_status_of_a_cdn_has_its_own_cause() {
    let page = "<html><title>api.example</title>";
    let rows: [Row; 11] = [
        (520, CLOUDFLARE, page, Operations, &["understands", "empty answer", "log"]),
        (521, CLOUDFLARE, page, Operations, &["is down", "start the origin server"]),
        (522, CLOUDFLARE, page, Operations, &["timed out", "does not answer in time"]),
        (523, CLOUDFLARE, page, Operations, &["cannot be reached", "address"]),
        (524, CLOUDFLARE, page, Operations, &["takes too long", "100 s"]),
        (525, CLOUDFLARE, page, Operations, &["TLS handshake", "certificate for this host name"]),
        (526, CLOUDFLARE, page, Operations, &["does not accept the certificate", "valid certificate"]),
        (527, CLOUDFLARE, page, Operations, &["Railgun"]),
        (530, CLOUDFLARE, page, Operations, &["1xxx"]),
        (530, CLOUDFLARE, "error code: 1016", Operations, &["does not find the server", "DNS record", "1016"]),
        (530, CLOUDFLARE, "error code: 1033", Operations, &["no tunnel", "cloudflared"]),
    ];
    for request in [RequestKind::Token, RequestKind::Ticket, RequestKind::Upgrade] {
        assert_explained(request, &rows);
    }
    let causes: std::collections::BTreeSet<_> = rows
        .iter()
        .map(|row| problem(RequestKind::Token, Answer::of_text(row.0, row.1, row.2), |_| ()).cause)
        .collect();
    assert_eq!(causes.len(), rows.len());
}

#[test]
fn what_is_too_large_or_out_of_session_is_told_by_its_status() {
    let rows: [Row; 6] = [
        (
            413,
            &[("server", "nginx")],
            "<html><title>413 Request Entity Too Large</title>",
            Operations,
            &["client_max_body_size"],
        ),
        (414, &[], "", Operations, &["address", "large_client_header_buffers"]),
        (419, &[], "<html><title>Page Expired</title>", Developers, &["CSRF", "Laravel", "Page Expired"]),
        (440, &[], "", Developers, &["session"]),
        (421, &[], "", Operations, &["host name"]),
        (431, &[], "", Operations, &["headers are too large"]),
    ];
    assert_explained(RequestKind::Token, &rows);
    assert_explained(RequestKind::Ticket, &rows);

    let claims = Claims { bytes: 9_120, ..Claims::default() };
    for (request, is_named) in [(RequestKind::Ticket, true), (RequestKind::Token, false)] {
        let profile = Profile::production();
        let url = url::Url::parse("https://api.example").unwrap();
        let context = Context { claims: Some(&claims), ..context(&profile, &url, &url) };
        for status in [413, 431] {
            let cause = of_answer(&Refused { request, answer: &Answer::of_status(status) }, &context).cause;
            assert_eq!(cause.contains("9120 bytes"), is_named, "{request}: {cause}");
        }
    }
}

#[test]
fn words_of_an_answer_name_owner_and_next_step_whatever_its_status() {
    let host = "<html><title>DisallowedHost at /api</title>Invalid HTTP_HOST header: 'x'.";
    let plain = "<html><title>400 The plain HTTP request was sent to HTTPS port</title>";
    let rows: [Row; 6] = [
        (400, &[], host, Operations, &["ALLOWED_HOSTS"]),
        (400, &[("server", "nginx")], plain, Operations, &["gateway", "https"]),
        (503, &[], "Too many connections", Operations, &["limit of connections"]),
        (503, &[], "<html><title>Scheduled maintenance</title>", Operations, &["maintained", "until when"]),
        (
            502,
            &[("server", "nginx")],
            "<html><title>We'll be right back</title>",
            Operations,
            &["maintained", "until when"],
        ),
        (500, &[], "Error: Not allowed by CORS", Operations, &["list of allowed origins"]),
    ];
    for request in [RequestKind::Token, RequestKind::Ticket, RequestKind::Upgrade] {
        assert_explained(request, &rows);
    }
    assert_explained(
        RequestKind::Upgrade,
        &[
            (503, &[], "Origin not allowed", Operations, &["list of allowed origins"]),
            (502, &[], "<html><title>502 Bad Gateway</title>", Operations, &["gateway"]),
            (
                503,
                &[("via", "1.1 vegur")],
                r#"{"message":"Draining"}"#,
                Operations,
                &["program itself answers", "Draining"],
            ),
        ],
    );
}

#[test]
fn a_client_that_asked_without_tls_is_told_so_and_a_gateway_that_did_is_not_the_clients() {
    let profile = Profile::production();
    let plain = Answer::of_text(400, &[], "The plain HTTP request was sent to HTTPS port");
    for (base, owner) in [("http://api.example", ProfileAuthor), ("https://api.example", Operations)] {
        let url = url::Url::parse(base).unwrap();
        let context =
            Context { answered: Answered { health: true, ..Answered::default() }, ..context(&profile, &url, &url) };
        for request in [RequestKind::Token, RequestKind::Upgrade] {
            let problem = of_answer(&Refused { request, answer: &plain }, &context);
            let expected =
                if request == RequestKind::Upgrade && base.starts_with("http:") { problem.owner } else { owner };
            assert_eq!(problem.owner, expected, "{base} {request}: {problem:?}");
        }
    }
}

#[test]
fn who_answers_in_the_place_of_the_api_is_told_from_it() {
    let denied = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    let missing = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>";
    let xml: &[(&str, &str)] = &[("server", "AmazonS3"), ("content-type", "application/xml"), ("x-amz-cf-pop", "FRA")];
    let heroku: &[(&str, &str)] = &[("server", "Cowboy"), ("via", "1.1 vegur")];
    let rows: [Row; 9] = [
        (403, xml, denied, Operations, &["storage of files", "Access Denied", "behaviour for the path"]),
        (404, xml, missing, Operations, &["storage of files", "route the path"]),
        (405, xml, "", Operations, &["storage of files"]),
        (
            403,
            &[("x-amzn-errortype", "MissingAuthenticationTokenException")],
            r#"{"message":"Missing Authentication Token"}"#,
            ProfileAuthor,
            &["stage", "Missing Authentication Token"],
        ),
        (
            403,
            &[("x-amzn-errortype", "ForbiddenException")],
            r#"{"message":"Forbidden"}"#,
            Operations,
            &["API Gateway", "stage"],
        ),
        (403, &[], r#"{"message":"no"}"#, Developers, &["The API itself refuses"]),
        (
            401,
            &[("www-authenticate", "Key realm=\"kong\"")],
            r#"{"message":"No API key found in request"}"#,
            Operations,
            &["API key", "key-auth"],
        ),
        (503, heroku, "<html><title>Application Error</title>", Operations, &["Heroku's router", "crashed"]),
        (503, heroku, r#"{"error":"warming up"}"#, Operations, &["the API itself answers", "warming up"]),
    ];
    assert_explained(RequestKind::Token, &rows);
    assert_explained(RequestKind::Ticket, &rows);
}

#[test]
fn a_token_request_that_asks_for_a_token_is_guarded() {
    let guarded: &[(&str, &str)] = &[("www-authenticate", "Bearer realm=\"api\"")];
    let by_gateway: &[(&str, &str)] = &[("www-authenticate", "Bearer"), ("server", "kong/3.4")];
    let refused: &[(&str, &str)] = &[("www-authenticate", "Bearer error=\"invalid_token\"")];
    let words = &["only with a token", "carries none", "exempt the path"];
    assert_explained(
        RequestKind::Token,
        &[
            (401, guarded, r#"{"message":"Unauthorized"}"#, Developers, words),
            (401, by_gateway, "", Operations, words),
            (401, refused, "", Owner::User, &["gives this user no JWT"]),
            (401, &[], "", Owner::User, &["gives this user no JWT"]),
        ],
    );
}

#[test]
fn a_bearer_challenge_without_an_error_means_that_no_credential_came() {
    assert_explained(
        RequestKind::Ticket,
        &[
            (401, &[("www-authenticate", "Bearer")], "", Operations, &["Authorization header out", "RFC 6750"]),
            (
                401,
                &[("www-authenticate", "Bearer realm=\"api\"")],
                r#"{"title":"Unauthorized","status":401}"#,
                Operations,
                &["as if no JWT had come"],
            ),
        ],
    );
    for (header, body) in [
        ("Bearer", r#"{"detail":"Could not validate credentials"}"#),
        ("Bearer error=\"invalid_token\"", ""),
        ("Bearer error=\"invalid_token\", error_description=\"The audience is invalid\"", ""),
    ] {
        let answer = Answer::of_text(401, &[("www-authenticate", header)], body);
        let problem = problem(RequestKind::Ticket, answer, |context| context.jwt_age = Some(Duration::from_secs(1)));
        assert!(!problem.cause.contains("Authorization header"), "{header} {body}: {problem:?}");
        assert_eq!((problem.code, problem.owner), (Code::JwtRefused, Developers));
    }
}

#[test]
fn a_filter_behind_the_services_own_certificate_is_the_services() {
    for body in ["<html>Barracuda Web Application Firewall", "<html>Sophos", "<html>Check Point"] {
        for request in [RequestKind::Token, RequestKind::Ticket, RequestKind::Upgrade] {
            for (is_its_own, owner) in [(true, Operations), (false, UserIt)] {
                let answer = Answer::of_text(403, &[], body);
                let problem = problem(request, answer, |context| context.is_certificate_its_own = is_its_own);
                assert_eq!((problem.code, problem.owner), (Code::BlockedOnTheWay, owner), "{request} {body}");
                assert!(
                    problem.next.starts_with(if is_its_own { "Operations" } else { "The user's IT" }),
                    "{problem:?}"
                );
            }
        }
    }
}

#[test]
fn a_web_apps_page_over_the_services_tls_is_a_route_that_is_missing() {
    let profile = Profile::production();
    for (api, owner) in [("https://api.example", Operations), ("http://127.0.0.1:9", ProfileAuthor)] {
        let api = url::Url::parse(api).unwrap();
        let answer = Answer::of_text(200, &[("content-type", "text/html")], "<!doctype html><title>Orders</title>");
        let fault =
            AnswerFault::NotJson { wanted: "/ticket".into(), content_type: Some("text/html".into()), bytes: 40 };
        let problem =
            malformed::success(RequestKind::Ticket, &MalformedAnswer { fault, answer }, &context(&profile, &api, &api));
        assert_eq!((problem.code, problem.owner), (Code::NotThisApi, owner), "{problem:?}");
        assert_eq!(problem.cause.contains("index.html") && problem.cause.contains("Orders"), owner == Operations);
    }
}

#[test]
fn a_redirect_to_the_address_that_was_asked_is_a_loop() {
    for (request, location) in [
        (RequestKind::Token, "https://api.example/api/v1/auth/token?x=1"),
        (RequestKind::Upgrade, "https://api.example/ws?ticket=1"),
    ] {
        let answer = Answer::of_text(301, &[("location", location)], "");
        let Problem { code, owner, cause, next, .. } = problem(request, answer, |_| ());
        assert_eq!((code, owner), (Code::Redirected, Operations), "{cause}");
        assert!(cause.contains("loop") && next.contains("Full (strict)"), "{cause} {next}");
    }
}

#[test]
fn a_close_is_explained_by_the_servers_last_message_and_stays_what_it_is() {
    let profile = Profile::production();
    let url = url::Url::parse("wss://api.example").unwrap();
    for (message, owner, says) in [
        (
            r#"{"type":"disconnect","reason":"unauthorized","reconnect":false}"#,
            Owner::User,
            "does not want the client back",
        ),
        (r#"{"type":"disconnect","reason":"server_restart","reconnect":true}"#, Owner::Nobody, "wants the client back"),
        (r#"{"type":7,"error":"Connection closed: too many connections"}"#, Operations, "SignalR"),
        (r#"44{"message":"origin not allowed"}"#, Operations, "socket.io"),
        (r#"{"type":7}"#, Operations, "without a reason"),
    ] {
        let word = LastWord::read(message.as_bytes());
        for close in [
            Close::received(Some(1000), ""),
            Close::received(None, ""),
            Close::abnormal(CloseCause::EndOfStream),
            Close::received(Some(4999), ""),
        ] {
            let context = |last_word| Context { last_word, ..context(&profile, &url, &url) };
            let said = socket::of_close(&close, &context(word.as_ref()));
            let silent = socket::of_close(&close, &context(None));
            assert_eq!((said.code, said.severity), (silent.code, silent.severity), "{message} {close}");
            assert_eq!((said.owner, first_named(&said.next)), (owner, Some(owner)), "{message} {close}: {said:?}");
            assert!(said.cause.contains(says) && said.cause.contains("last message"), "{said:?}");
            assert!(!silent.cause.contains("last message"));
        }
    }
}

/// Who is named first in `next`.
pub(super) fn first_named(next: &str) -> Option<Owner> {
    const NAMES: [(&str, Owner); 6] = [
        ("user's IT", Owner::UserIt),
        ("user can", Owner::User),
        ("perations", Owner::Operations),
        ("developers", Owner::Developers),
        ("hoever wrote the profile", Owner::ProfileAuthor),
        ("obody", Owner::Nobody),
    ];
    let found = NAMES.iter().filter_map(|(name, owner)| next.find(name).map(|at| (at, *owner)));
    found.min_by_key(|(at, _)| *at).map(|(_, owner)| owner)
}

#[test]
fn the_next_step_is_for_the_owner_first() {
    let servers = ["", "nginx", "envoy", "cloudflare", "AmazonS3", "awselb/2.0", "vegur", "squid", "daphne", "BigIP"];
    let bodies = [
        "",
        "Origin not allowed",
        "Invalid host",
        "CSRF",
        "Too many connections",
        "maintenance",
        "error code: 1020",
        "No API key found",
        "invalid token",
        "overload",
        "rate limit",
        "subprotocol",
        "request header too large",
        "Missing Authentication Token",
        "no healthy upstream",
        "application error",
        "READONLY x",
        r#"{"code":"X"}"#,
        r#"{"message":"x"}"#,
        "response does not implement http.Hijacker",
        "Session not found",
        r#"{"error":"User not found"}"#,
        r#"{"error":"invalid_client"}"#,
        r#"{"error":"invalid_grant"}"#,
        "jwt expired",
        "invalid signature",
        "Jwks remote fetch is failed",
        "out of memory",
        "too many clients already",
        "ERR unknown command",
        "Tunnel x not found",
        "already connected",
        "server is shutting down",
        "query string too long",
        "TLS error: SSL routines",
        "Welcome to SockJS!",
        "error code: 1101",
        "<html><title>Welcome to nginx!</title>",
        "<html><title>Sign in</title>",
        "<html>Zscaler",
        "The plain HTTP request was sent to HTTPS port",
    ];
    let answers = servers.iter().map(|server| (*server, "")).chain(bodies.iter().map(|body| ("", *body)));
    for (server, body) in answers.chain([("squid", "<html>blocked"), ("envoy", "no healthy upstream")]) {
        for status in [301, 400, 401, 403, 404, 405, 407, 413, 419, 426, 429, 431, 464, 500, 501, 502, 503, 522, 530] {
            let answer = Answer::of_text(status, &[("server", server)], body);
            for request in [RequestKind::Token, RequestKind::Ticket, RequestKind::Upgrade] {
                for change in [0, 1, 2] {
                    let Problem { owner, title, cause, next, .. } = problem(request, answer.clone(), |context| {
                        context.is_certificate_its_own = change == 1;
                        context.interceptor = (change == 2).then_some(&*SCANNER);
                        context.jwt_age = (change == 1).then_some(Duration::ZERO);
                    });
                    let all = format!("{request} {status} {server} {body}: {title} | {cause} | {next}");
                    assert_eq!(first_named(&next), Some(owner), "{all}");
                    assert!(next.ends_with('.') && cause.ends_with(['.', '”']), "{all}");
                }
            }
        }
    }
}
