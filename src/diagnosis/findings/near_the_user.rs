//! What stands near the user, and what on the user's own computer is set up wrong; each beside its twin of the service's.

use std::time::Duration;

use super::table::{assert_explained, context, problem};
use super::*;
use crate::diagnosis::Code;
use crate::diagnosis::problem::Owner::{self, Developers, Nobody, Operations, ProfileAuthor, User, UserIt};
use crate::diagnosis::problem::{Outlook, Severity};
use crate::model::failure::*;
use crate::model::*;

const HTML: (&str, &str) = ("content-type", "text/html");

/// What `answer` to the token request shows in the clear.
fn in_the_clear(answer: &Answer) -> Problem {
    let profile = Profile::production();
    let url = url::Url::parse("http://api.example.org").unwrap();
    of_answer(&Refused { request: RequestKind::Token, answer }, &context(&profile, &url, &url))
}

#[test]
fn a_redirect_to_a_filters_page_is_no_login_to_a_network() {
    for (to, code, owner, named) in [
        ("http://10.1.1.1:15871/cgi-bin/blockpage.cgi", Code::Redirected, UserIt, "Forcepoint"),
        ("https://usercheck.corp.example/UserCheck/PortalMain", Code::Redirected, UserIt, "Check Point"),
        ("https://block.lsfilter.com/", Code::Redirected, UserIt, "Lightspeed"),
        ("https://blocked.goguardian.com/", Code::Redirected, UserIt, "GoGuardian"),
        ("http://10.0.0.5/squidGuard.cgi", Code::Redirected, UserIt, "Squid"),
        // Twins: logins to a network, that of Palo Alto Networks among them.
        ("https://fw.corp.example:6082/php/uid.php", Code::CaptivePortal, User, ""),
        ("http://login.hotel.example/", Code::CaptivePortal, User, ""),
    ] {
        let found = in_the_clear(&Answer::of_text(302, &[("location", to)], ""));
        assert_eq!((found.code, found.owner), (code, owner), "{to}: {found:?}");
        assert!(found.cause.contains(named), "{to}: {found:?}");
    }
}

#[test]
fn the_page_of_a_tunnel_is_for_whoever_opened_it() {
    let rows: [super::table::Row; 4] = [
        (302, &[("location", "https://github.dev/pf-signin?id=x")], "", Developers, &["GitHub Codespaces", "public"]),
        (
            200,
            &[HTML],
            "<html><title>T</title>You are about to connect to a developer tunnel at:",
            Developers,
            &["anonymous"],
        ),
        (
            200,
            &[HTML],
            "<html><title>T</title>send an ngrok-skip-browser-warning header",
            Developers,
            &["ngrok", "header"],
        ),
        // The twin: a tunnel whose program does not run.
        (404, &[("ngrok-error-code", "ERR_NGROK_3200")], "Tunnel a not found ERR_NGROK_3200", Operations, &["agent"]),
    ];
    assert_explained(RequestKind::Upgrade, &rows);
}

#[test]
fn a_firewall_of_the_services_is_told_from_the_filter_of_the_same_maker() {
    let page = |text: &str| Answer::of_text(403, &[HTML], &format!("<html><title>Web Page Blocked</title>{text}"));
    let of_service = in_the_clear(&page("Please contact the administrator. Attack ID: 20000051"));
    assert_eq!(of_service.owner, Operations, "{of_service:?}");
    let of_user = in_the_clear(&page("FortiGuard: in violation of your Internet usage policy"));
    assert_eq!((of_user.code, of_user.owner), (Code::BlockedOnTheWay, UserIt), "{of_user:?}");
    assert!(of_user.next.contains("FortiGate") && !of_user.next.contains("operations"), "{of_user:?}");
}

#[test]
fn who_opens_tls_decides_who_can_exempt_the_server() {
    for (name, owner, said) in [
        ("ESET SSL Filter CA", User, "virus scanner on this computer"),
        ("mitmproxy", User, "looks into its connections"),
        ("Zscaler Root CA", UserIt, "company's proxy"),
    ] {
        let issuer = Issuer::new(SafeText::new(name), None);
        for found in [&[][..], &[Code::NotWebSocket]] {
            let seen = intercepted(&issuer, found);
            assert!(seen.owner == owner && seen.cause.contains(said), "{name}: {seen:?}");
        }
    }
}

#[test]
fn a_variable_that_names_no_proxy_comes_first_where_nothing_goes_out_without_one() {
    let found = |found: &[Code]| ignored_variable(&"HTTPS_PROXY".into(), &ProxyMistake::NoColon, found);
    let missed = found(&[Code::PacketsLost]);
    assert_eq!((missed.severity, missed.owner), (Severity::Error, User));
    assert!(missed.explains.contains(&Code::PacketsLost) && missed.next.contains("HTTPS_PROXY"), "{missed:?}");
    for other in [&[][..], &[Code::JwtRefused]] {
        let beside = found(other);
        assert!(beside.severity == Severity::Warning && beside.explains.is_empty(), "{beside:?}");
    }
}

#[test]
fn proxy_settings_are_the_users_and_files_are_the_profiles() {
    for (cause, owner) in [(SetupCause::Proxy, User), (SetupCause::RootFile, ProfileAuthor)] {
        let found = network::unusable_profile(&SetupFailure { cause, said: "x".into() });
        assert_eq!(found.owner, owner);
    }
}

/// What a close shows after the connection had been open for `open_for`.
fn of_close(code: u16, reason: &str, open_for: Duration) -> Problem {
    let profile = Profile::production();
    let api = url::Url::parse("https://api.example").unwrap();
    let context = Context { open_for, pongs: 1, ..context(&profile, &api, &api) };
    super::of_failure(&Failure::Closed(Close::received(Some(code), reason)), &context)
}

#[test]
fn no_laptop_sleeps_three_seconds_after_it_has_connected() {
    let at_once = of_close(1000, "HEARTBEAT_TIMEOUT", Duration::from_secs(3));
    assert_eq!((at_once.code, at_once.owner), (Code::HalfOpenLink, Developers), "{at_once:?}");
    let late = of_close(1000, "HEARTBEAT_TIMEOUT", Duration::from_secs(60));
    assert_eq!((late.code, late.owner), (Code::HalfOpenLink, User), "{late:?}");
}

#[test]
fn codes_that_many_servers_number_by_http_say_what_that_status_says() {
    const LATER: Duration = Duration::from_secs(5);
    for (code, reason, owner, said) in [
        (4404, "Document not found", Developers, "not there"),
        (4503, "", Operations, "cannot serve"),
        (4205, "Reset Connection", Nobody, "connect again"),
        // The twin: a number of the server's own, whose reason says something else.
        (4404, "kicked by the host", Operations, "reason beside it"),
        (1008, "trial over", Operations, "The reason beside the code says why"),
        (1008, "", Operations, "a reason would say which"),
    ] {
        let found = of_close(code, reason, LATER);
        assert!(found.owner == owner && found.cause.contains(said), "{code} {reason}: {found:?}");
    }
}

#[test]
fn a_refusal_inside_a_success_is_told_by_the_words_of_its_code() {
    for (code, owner, outlook) in [
        ("ratelimited", Operations, Outlook::Passing),
        ("internal_error", Operations, Outlook::Passing),
        ("link_disabled", Developers, Outlook::Lasting),
        ("missing_scope", Developers, Outlook::Lasting),
        ("not_allowed_token_type", Developers, Outlook::Lasting),
        ("invalid_auth", User, Outlook::Lasting),
    ] {
        let mut answer = Answer::of_text(200, &[], "");
        answer.body.code = Some(code.into());
        let found = greeting::refused_inside(RequestKind::Ticket, &answer);
        assert_eq!((found.owner, found.outlook), (owner, outlook), "{code}: {found:?}");
    }
}

#[test]
fn compression_that_nobody_agreed_on_is_no_fault_in_a_browser() {
    let found =
        |extension: &str| frames::bad_handshake(&HandshakeFault::UnofferedExtension { extension: extension.into() });
    assert!(found("permessage-deflate; x").cause.contains("a browser gets through"));
    assert!(found("x-own").cause.contains("A browser ends such a connection too"));
}

#[test]
fn a_request_that_hangs_beside_others_that_are_answered_is_operations() {
    let late = |is_answered: bool| {
        let profile = Profile::production();
        let api = url::Url::parse("https://api.example").unwrap();
        let mut context = context(&profile, &api, &api);
        context.answered.token = is_answered;
        network::no_answer(RequestKind::Ticket, Duration::from_secs(10), &context)
    };
    assert!(!late(true).next.contains("IT") && late(true).cause.contains("the token request was answered"));
    assert!(late(false).next.contains("the user's IT"));
}

#[test]
fn what_the_api_says_of_a_second_connection_is_for_the_user() {
    let answer = Answer::of_text(409, &[], r#"{"code":"CONFLICT","message":"a session is already connected"}"#);
    let found = problem(RequestKind::Ticket, answer, |context| context.answered.token = true);
    assert!(found.owner == Owner::User && found.next.contains("other tabs"), "{found:?}");
}
