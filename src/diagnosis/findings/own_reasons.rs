//! Answers of stores, gateways and programs that name their own reason, each beside a twin that must not be told so.

use std::sync::LazyLock;
use std::time::Duration;

use super::table::{Row, assert_explained, context, problem};
use super::*;
use crate::diagnosis::Code;
use crate::diagnosis::problem::Owner::{self, Developers, Operations};
use crate::model::failure::*;
use crate::model::*;

const HTML: (&str, &str) = ("content-type", "text/html");
const JSON: (&str, &str) = ("content-type", "application/json");
const CLOUDFLARE: &[(&str, &str)] = &[("server", "cloudflare"), ("cf-ray", "8c1")];
const IIS: &[(&str, &str)] = &[("server", "Microsoft-IIS/10.0"), HTML];

/// Of a ticket in base64.
static CHARACTERS: LazyLock<SafeText> = LazyLock::new(|| SafeText::new("+ ="));

fn no_ticket(message: &str) -> Answer {
    let body = format!("{{\"code\":\"TICKET_GENERATION_FAILED\",\"message\":\"{message}\"}}");
    Answer::of_text(500, &[JSON], &body)
}

#[test]
fn a_ticket_that_is_not_made_is_told_by_the_stores_words() {
    for (message, owner, says) in [
        ("DENIED Redis is running in protected mode", Operations, "requirepass"),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", Developers, "prefix"),
        ("ERR max daily request limit exceeded. Limit: 10000", Operations, "plan"),
        ("FATAL: password authentication failed for user app", Operations, "does not let it in"),
        ("All sentinels are unreachable. Last error: connect ETIMEDOUT", Operations, "sentinels"),
        ("ER_CON_COUNT_ERROR: Too many connections", Operations, "no more connections"),
        ("connect ECONNREFUSED 10.0.0.5:27017", Operations, "whether MongoDB runs"),
        ("the moon is full", Operations, "names the reason itself"),
        ("Failed to generate ticket", Operations, "restarting the API"),
        ("", Operations, "restarting the API"),
    ] {
        let said = problem(RequestKind::Ticket, no_ticket(message), |_| ());
        let all = format!("{} {}", said.cause, said.next);
        assert_eq!((said.code, said.owner), (Code::TicketStoreLost, owner), "{message}: {said:?}");
        assert!(all.contains(says), "{message}: {said:?}");
        assert_eq!(
            all.contains("find it again by itself"),
            message.is_empty() || message.starts_with("Failed"),
            "{all}"
        );
    }
}

#[test]
fn a_close_with_a_stores_words_is_told_by_them() {
    let profile = Profile::production();
    let url = url::Url::parse("wss://api.example").unwrap();
    for (code, reason, is_stores) in [
        (1011, "DENIED Redis is running in protected mode", true),
        (1011, "NOPERM User app has no permissions", true),
        (1013, "ERR max daily request limit exceeded", true),
        (1011, "boom", false),
        (1013, "try again later", false),
    ] {
        let said = socket::of_close(&Close::received(Some(code), reason), &context(&profile, &url, &url));
        assert_eq!((said.code, said.owner), (Code::ServerClosed, Operations), "{said:?}");
        assert_eq!(said.cause.contains("Redis behind the server"), is_stores, "{said:?}");
        assert_eq!(said.next.contains("Redis"), is_stores, "{said:?}");
    }
}

#[test]
fn a_gateways_own_number_tells_what_it_means() {
    let rows: [Row; 5] = [
        (409, CLOUDFLARE, "error code: 1034", Operations, &["1034", "DNS record", "Cloudflare itself"]),
        (403, CLOUDFLARE, "error code: 1010", Operations, &["Browser Integrity Check"]),
        (429, CLOUDFLARE, "error code: 1027", Operations, &["Workers", "00:00 UTC"]),
        (500, CLOUDFLARE, "error code: 1101", Developers, &["Worker"]),
        (403, CLOUDFLARE, "error code: 1299", Operations, &["1299", "documentation"]),
    ];
    assert_explained(RequestKind::Token, &rows);
    assert_explained(RequestKind::Ticket, &rows);
    let twin = problem(RequestKind::Ticket, Answer::of_text(403, &[("server", "nginx")], "error code: 1034"), |_| ());
    assert!(!twin.cause.contains("Cloudflare"), "{twin:?}");
    let iis: [Row; 4] = [
        (
            404,
            IIS,
            "<title>IIS 10.0 Detailed Error - 404.11 - Not Found</title>",
            Operations,
            &["percent-encoded twice"],
        ),
        (404, IIS, "<title>IIS 10.0 Detailed Error - 404.15 - Not Found</title>", Operations, &["maxQueryString"]),
        (403, IIS, "<title>IIS 10.0 Detailed Error - 403.6 - Forbidden</title>", Operations, &["IP address"]),
        (500, IIS, "<title>IIS 10.0 Detailed Error - 500.19 - Error</title>", Operations, &["web.config"]),
    ];
    assert_explained(RequestKind::Ticket, &iis);
    let twin = problem(RequestKind::Ticket, Answer::of_text(404, IIS, "<title>404 - File not found.</title>"), |_| ());
    assert!(!twin.cause.contains("IIS itself"), "{twin:?}");
}

#[test]
fn who_answers_is_called_by_its_own_name() {
    let guru = "<title>503 Backend fetch failed</title>Guru Meditation: XID: 3";
    let varnish: &[(&str, &str)] = &[("via", "1.1 varnish (Varnish/7.1)"), ("x-varnish", "3"), HTML];
    let country = "<TITLE>ERROR: The request could not be satisfied</TITLE>The Amazon CloudFront distribution is configured to block \
                   access from your country.";
    let envoy: &[(&str, &str)] = &[("server", "envoy")];
    let rows: [Row; 4] = [
        (503, varnish, guru, Operations, &["Varnish", "probe"]),
        (403, &[("server", "CloudFront"), HTML], country, Operations, &["country", "Geographic restrictions"]),
        (403, envoy, "Audiences in Jwt are not allowed", Operations, &["audience", "RequestAuthentication"]),
        (403, envoy, "RBAC: access denied", Operations, &["AuthorizationPolicy"]),
    ];
    assert_explained(RequestKind::Ticket, &rows);
    let krakend = Answer::of_text(401, &[("x-krakend", "Version 2.6.0")], "");
    let said = problem(RequestKind::Ticket, krakend, |context| context.jwt_age = Some(Duration::ZERO));
    assert!(said.owner == Operations && said.next.contains("auth/validator"), "{said:?}");
    let said = problem(RequestKind::Ticket, Answer::of_text(503, varnish, guru), |_| ());
    assert!(!format!("{said:?}").contains("Fastly"), "{said:?}");
    for (location, is_login) in [(Some("https://auth.corp.example/?rd=x"), true), (None, false)] {
        let headers: Vec<_> = location.into_iter().map(|to| ("location", to)).collect();
        let said = problem(RequestKind::Ticket, Answer::of_text(401, &headers, "401 Unauthorized"), |_| ());
        assert_eq!(said.code == Code::LoginInFront, is_login, "{said:?}");
    }
}

#[test]
fn a_quota_is_no_limit_that_ends_in_a_minute() {
    for (body, wait, owner, says) in [
        (r#"{"message":"Monthly token quota exceeded"}"#, None, Operations, "raise that quota"),
        (
            r#"{"message":"You exceeded your current quota, please check your plan"}"#,
            None,
            Operations,
            "raise that quota",
        ),
        (r#"{"code":"RATE_LIMIT_EXCEEDED"}"#, Some(3_600), Owner::Nobody, "tries again each 5 m 0 s"),
        (r#"{"code":"RATE_LIMIT_EXCEEDED"}"#, Some(60), Owner::Nobody, "waits as long"),
        (r#"{"code":"RATE_LIMIT_EXCEEDED"}"#, None, Owner::Nobody, "waits as long"),
    ] {
        let retry_after = wait.map(Duration::from_secs);
        let answer = Answer { retry_after, ..Answer::of_text(429, &[JSON], body) };
        let said = problem(RequestKind::Ticket, answer, |_| ());
        assert_eq!((said.code, said.owner), (Code::RateLimited, owner), "{said:?}");
        assert!(said.next.contains(says), "{body}: {said:?}");
    }
}

#[test]
fn what_refuses_health_too_stands_in_front_of_everything() {
    for (status, health, is_everywhere) in [
        (403, Some(403), true),
        (451, Some(451), true),
        (400, Some(400), false),
        (403, Some(200), false),
        (403, None, false),
        (404, Some(404), false),
    ] {
        let answer = Answer::of_text(status, &[HTML], "<title>Forbidden</title>");
        let said = problem(RequestKind::Token, answer, |context| context.health_status = health);
        assert_eq!(
            said.cause.contains("in front of the whole service"),
            is_everywhere,
            "{status} {health:?}: {said:?}"
        );
    }
}

#[test]
fn a_ticket_whose_characters_are_not_decoded_is_told_where_nothing_else_is_said() {
    for (body, given, is_told) in [
        ("Unauthorized", Some(&*CHARACTERS), true),
        (r#"{"message":"ticket not found"}"#, Some(&*CHARACTERS), true),
        ("Unauthorized", None, false),
        ("Origin not allowed", Some(&*CHARACTERS), false),
    ] {
        let said =
            problem(RequestKind::Upgrade, Answer::of_text(401, &[], body), |context| context.ticket_characters = given);
        assert_eq!(said.code, Code::FreshTicketRefused, "{said:?}");
        assert_eq!(said.cause.contains("percent-encoded"), is_told, "{body}: {said:?}");
        assert_eq!(said.owner == Developers, is_told, "{body}: {said:?}");
    }
    let profile = Profile::production();
    let url = url::Url::parse("wss://api.example").unwrap();
    for given in [Some(&*CHARACTERS), None] {
        let known = Context { ticket_characters: given, open_for: Duration::ZERO, ..context(&profile, &url, &url) };
        let said = socket::of_close(&Close::received(Some(1008), "NOT_AUTHORIZED"), &known);
        assert_eq!(
            (said.code, said.cause.contains("percent-encoded")),
            (Code::TicketRejected, given.is_some()),
            "{said:?}"
        );
    }
}

#[test]
fn a_jwt_that_is_not_alone_is_its_issuers() {
    for (error, says) in [(ClaimsError::Quoted, "quotation marks"), (ClaimsError::WithScheme, "the word Bearer")] {
        let answer = Answer::of_text(401, &[JSON], r#"{"code":"INVALID_TOKEN"}"#);
        let said = problem(RequestKind::Ticket, answer, |context| {
            context.claims_error = Some(error);
            context.jwt_age = Some(Duration::ZERO);
        });
        assert_eq!((said.code, said.owner), (Code::FreshJwtRefused, Developers), "{said:?}");
        assert!(said.cause.contains(says), "{said:?}");
    }
}

#[test]
fn a_text_that_refuses_with_a_success_is_quoted_and_one_that_may_be_a_ticket_is_not() {
    let profile = Profile::production();
    let url = url::Url::parse("https://api.example").unwrap();
    for (body, owner, says) in [
        (
            "The requested URL was rejected. Please consult with your administrator. Support ID: 148209348",
            Operations,
            "was rejected",
        ),
        ("Access denied for anonymous sessions", Developers, "“Access denied for anonymous sessions”"),
        ("your ticket is abcdefgh", Owner::ProfileAuthor, ""),
    ] {
        let headers: &[(&str, &[u8])] = &[("content-type", b"text/plain")];
        let (version, status) = ("HTTP/1.1", 200);
        let parts = AnswerParts {
            status,
            version,
            headers,
            retry_after: None,
            body: body.as_bytes(),
            url: &url,
            may_grant: true,
        };
        let answer = Answer::read(&parts, &Redactor::default());
        let fault = AnswerFault::NotJson { wanted: "/ticket".into(), content_type: None, bytes: 90 };
        let malformed = MalformedAnswer { fault, answer };
        let said = malformed::success(RequestKind::Ticket, &malformed, &context(&profile, &url, &url));
        assert_eq!((said.code, said.owner), (Code::NotThisApi, owner), "{said:?}");
        assert!(said.cause.contains(says), "{said:?}");
        assert!(!["148209348", "abcdefgh"].iter().any(|secret| format!("{said:?}").contains(secret)), "{said:?}");
    }
}
