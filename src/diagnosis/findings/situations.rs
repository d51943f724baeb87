//! Situations in which headers, words or a field decide who can fix them: what the code alone does not tell.

use std::time::Duration;

use super::table::{Row, assert_explained, context, first_named, problem};
use super::*;
use crate::diagnosis::Code;
use crate::diagnosis::context::Answered;
use crate::diagnosis::problem::Owner::{self, Developers, Operations, ProfileAuthor, UserIt};
use crate::model::failure::*;
use crate::model::*;

const HTML: (&str, &str) = ("content-type", "text/html");
const JSON: (&str, &str) = ("content-type", "application/json");

#[test]
fn gateways_of_many_makes_are_told_by_what_they_send() {
    let akamai =
        "<HTML><TITLE>Access Denied</TITLE>You don't have permission to access \"x\" on this server. Reference #18.5d";
    let rows: [Row; 10] = [
        (403, &[("server", "AkamaiGHost"), HTML], akamai, Operations, &["Akamai", "rule", "firewall"]),
        (403, &[("server", "istio-envoy")], "RBAC: access denied", Operations, &["Envoy", "AuthorizationPolicy"]),
        (
            403,
            &[("server", "cloudflare"), ("cf-ray", "8"), HTML],
            "<title>Attention Required! | Cloudflare</title>",
            Operations,
            &["Cloudflare", "rule"],
        ),
        (403, &[("x-amzn-waf-action", "challenge")], "", Operations, &["AWS WAF", "challenge", "exempt"]),
        (
            503,
            &[("x-render-routing", "suspend"), HTML],
            "<title>Service Suspended</title>",
            Operations,
            &["Render", "suspended", "resume"],
        ),
        (
            503,
            &[("x-azure-ref", "0"), HTML],
            "<title>Oops</title>",
            Operations,
            &["Azure Front Door", "in the API's place"],
        ),
        (502, &[("via", "1.1 fly.io"), ("fly-request-id", "01")], "", Operations, &["Fly.io"]),
        (
            500,
            &[("server", "Varnish"), HTML],
            "<title>Fastly error: unknown domain x</title>",
            Operations,
            &["Fastly", "host name"],
        ),
        (
            500,
            &[("x-amzn-errortype", "AuthorizerConfigurationException")],
            r#"{"message":null}"#,
            Operations,
            &["API Gateway", "authorizer"],
        ),
        (
            500,
            &[("server", "Microsoft-IIS/10.0"), HTML],
            "<title>HTTP Error 500.30 - ASP.NET Core app failed to start</title>",
            Operations,
            &["IIS", "crashed", "log"],
        ),
    ];
    assert_explained(RequestKind::Token, &rows);
    assert_explained(RequestKind::Ticket, &rows);
    let apache = "<title>503 Service Unavailable</title>unable to service your request due to maintenance downtime or capacity problems";
    let problem = problem(RequestKind::Token, Answer::of_text(503, &[HTML], apache), |_| ());
    assert!(!problem.cause.contains("maintained"), "{problem:?}");
}

#[test]
fn a_fresh_ticket_that_is_refused_with_a_reason_is_told_by_it() {
    let bearer: &[(&str, &str)] = &[("server", "istio-envoy"), ("www-authenticate", "Bearer realm=\"a\"")];
    let rows: [Row; 13] = [
        (401, &[], r#"{"error":"Ticket already used"}"#, Operations, &["used before", "repeats the upgrade"]),
        (401, &[], "Origin http://x is not allowed", Operations, &["refuses this origin", "list of allowed origins"]),
        (401, &[], r#"{"message":"ticket query parameter missing"}"#, Operations, &["got no ticket", "query"]),
        (401, bearer, "Jwt is missing", Operations, &["Envoy", "no browser can send", "exempt"]),
        (401, &[], r#"{"message":"IP address 1.2.3.4 is not allowed"}"#, Operations, &["blocks this address"]),
        (401, &[], r#"{"message":"the moon is full"}"#, Operations, &["the server says why", "moon"]),
        (401, &[], r#"{"message":"jwt expired"}"#, Operations, &["not accepted", "one clock"]),
        (403, &[], r#"{"detail":"Invalid ticket"}"#, Operations, &["not accepted", "ticket store"]),
        (403, &[], r#"{"detail":"the moon is full"}"#, Developers, &["program itself", "moon"]),
        (409, &[], r#"{"message":"session already has a connection"}"#, Developers, &["program itself", "says why"]),
        (400, &[], "<title>400 No required SSL certificate was sent</title>", Operations, &["mutual TLS"]),
        (402, &[], "", Operations, &["paid", "account"]),
        (400, &[], r#"{"message":["room must be a string"]}"#, Developers, &["faulty", "room must be"]),
    ];
    assert_explained(RequestKind::Upgrade, &rows);
    for (status, _, body, ..) in rows {
        let problem = problem(RequestKind::Upgrade, Answer::of_text(status, &[], body), |context| {
            context.health = Some(Health { server: Component::Up, redis: Component::Up, status: 200 });
        });
        assert!(!problem.cause.contains("so the server does not allow this origin"), "{body}: {problem:?}");
    }
}

#[test]
fn filters_and_logins_before_a_service_are_told_from_a_networks_login() {
    let redirect = |to: &str| Answer::of_text(302, &[("location", to)], "");
    let page = |title: &str, text: &str| {
        Answer::of_text(403, &[("content-type", "text/html")], &format!("<html><title>{title}</title>{text}"))
    };
    let profile = Profile::production();
    let url = url::Url::parse("http://api.example").unwrap();
    for (answer, code, owner) in [
        (redirect("https://gateway.zscaler.net/auD?x=1"), Code::Redirected, UserIt),
        (redirect("https://block.opendns.com/"), Code::Redirected, UserIt),
        (redirect("https://team.cloudflareaccess.com/cdn-cgi/access/login/a"), Code::Redirected, Operations),
        (redirect("https://login.microsoftonline.com/t/oauth2/v2.0/authorize"), Code::Redirected, Operations),
        (redirect("http://portal.hotel.example/login"), Code::CaptivePortal, Owner::User),
        (page("Sign In", "Secured with OAuth2 Proxy"), Code::LoginInFront, Operations),
        (page("Sign In", "Welcome to our hotel"), Code::CaptivePortal, Owner::User),
        (page("Access Denied", "blocked by your organization's web filter policy"), Code::BlockedOnTheWay, UserIt),
        (page("Web Page Blocked", "in accordance with company policy"), Code::BlockedOnTheWay, UserIt),
    ] {
        let problem =
            of_answer(&Refused { request: RequestKind::Token, answer: &answer }, &context(&profile, &url, &url));
        assert_eq!(
            (problem.code, problem.owner, first_named(&problem.next)),
            (code, owner, Some(owner)),
            "{problem:?}"
        );
    }
}

#[test]
fn a_gateway_that_asks_for_tls_in_its_upgrade_header_is_told_from_one_that_drops_ours() {
    let answer = |protocols| Answer::of_text(426, &[("server", "kong"), ("upgrade", protocols)], "");
    let profile = Profile::production();
    let url = url::Url::parse("http://api.example").unwrap();
    let known = Answered { token: true, ticket: true, health: true };
    for request in [RequestKind::Token, RequestKind::Upgrade] {
        let context = Context { answered: known, ..context(&profile, &url, &url) };
        let problem = of_answer(&Refused { request, answer: &answer("TLS/1.2, HTTP/1.1") }, &context);
        assert_eq!(problem.owner, ProfileAuthor, "{problem:?}");
        assert!(problem.next.contains("wss://"), "{problem:?}");
    }
    let context = Context { answered: known, ..context(&profile, &url, &url) };
    let problem = of_answer(&Refused { request: RequestKind::Upgrade, answer: &answer("websocket") }, &context);
    assert_eq!(problem.owner, Operations);
    assert!(problem.cause.contains("drops the headers"), "{problem:?}");
}

#[test]
fn a_field_that_is_not_as_agreed_is_the_apis() {
    let profile = Profile::production();
    let url = url::Url::parse("https://api.example").unwrap();
    let field = || SafeText::new("/ticket");
    for (fault, owner) in [
        (AnswerFault::NotText { field: field() }, Developers),
        (AnswerFault::Empty { field: field() }, Developers),
        (AnswerFault::NotSeconds { field: field() }, Developers),
        (AnswerFault::NotSendable { field: field() }, Developers),
        (AnswerFault::Missing { field: field() }, ProfileAuthor),
    ] {
        let malformed = MalformedAnswer { fault, answer: Answer::of_text(200, &[], "{}") };
        let problem = malformed::success(RequestKind::Ticket, &malformed, &context(&profile, &url, &url));
        assert_eq!((problem.code, problem.owner), (Code::NotThisApi, owner), "{problem:?}");
        assert_eq!(first_named(&problem.next), Some(owner), "{problem:?}");
    }
    for (wanted, likely) in [(LifeUnit::Seconds, LifeUnit::Unix), (LifeUnit::Unix, LifeUnit::Seconds)] {
        let fault = AnswerFault::OtherUnit { field: field(), wanted, likely };
        let malformed = MalformedAnswer { fault, answer: Answer::of_text(200, &[], "{}") };
        let problem = malformed::success(RequestKind::Ticket, &malformed, &context(&profile, &url, &url));
        assert_eq!((problem.code, problem.owner), (Code::LifetimeUnit, ProfileAuthor), "{problem:?}");
        assert!(problem.next.contains(<&str>::from(likely)), "{problem:?}");
    }
    let rejected = "<html><title>Request Rejected</title>The requested URL was rejected. Your support ID is: 12";
    let answer = Answer::of_text(200, &[("content-type", "text/html")], rejected);
    let fault = AnswerFault::NotJson { wanted: field(), content_type: None, bytes: 90 };
    let malformed = MalformedAnswer { fault, answer };
    let problem = malformed::success(RequestKind::Ticket, &malformed, &context(&profile, &url, &url));
    assert_eq!((problem.code, problem.owner), (Code::NotThisApi, Operations), "{problem:?}");
    assert!(problem.title.contains("firewall") && problem.cause.contains("Request Rejected"), "{problem:?}");
}

#[test]
fn what_a_reason_says_goes_before_what_its_code_usually_means() {
    let profile = Profile::production();
    let url = url::Url::parse("wss://api.example").unwrap();
    for (code, reason, expected, owner, word) in [
        (1001, "Idle timeout", Code::ServerRestarting, Operations, "limit"),
        (1001, "max connection age reached", Code::ServerRestarting, Operations, "limit is meant"),
        (1001, "Going away", Code::ServerRestarting, Owner::Nobody, "stays away"),
        (1001, "idle servers are going away: restart", Code::ServerRestarting, Owner::Nobody, "stays away"),
        (1011, "keepalive ping timeout", Code::ServerClosed, Operations, "pings"),
        (4999, "kicked by admin", Code::ServerClosed, Operations, "on purpose"),
        (3005, "", Code::ServerClosed, Developers, "before the old one expires"),
        (4001, "token expired", Code::ServerClosed, Developers, "before the old one expires"),
        (1008, "jwt expired", Code::ServerClosed, Developers, "before the old one expires"),
        (4004, "match has ended", Code::ServerClosed, Operations, "own codes and reasons"),
        (4004, "", Code::ServerClosed, Owner::User, "New session"),
        (4408, "board is closed", Code::ServerClosed, Operations, "own codes and reasons"),
        (4408, "", Code::ServerClosed, Developers, "connection_init"),
        (4409, "seat was given away", Code::ServerClosed, Operations, "own codes and reasons"),
        (3000, "lobby is full", Code::ServerClosed, Operations, "own codes and reasons"),
        (3000, "Unauthorized", Code::ServerClosed, Owner::User, "New session"),
        (3001, "", Code::ServerClosed, Owner::Nobody, "stays away"),
        (1000, "duplicate session", Code::ServerClosed, Owner::User, "other tab"),
    ] {
        let close = Close::received(Some(code), reason);
        let problem = socket::of_close(&close, &context(&profile, &url, &url));
        assert_eq!((problem.code, problem.owner), (expected, owner), "{reason}: {problem:?}");
        assert!(problem.next.contains(word), "{reason}: {problem:?}");
        assert_eq!(problem.title.contains("restarting"), code == 1001 && owner == Owner::Nobody, "{problem:?}");
        assert!(!(code == 1011 && problem.cause.contains("exception")), "{problem:?}");
    }
}

#[test]
fn what_expires_as_soon_as_it_is_open_is_not_a_lifetime() {
    let profile = Profile::production();
    let url = url::Url::parse("wss://api.example").unwrap();
    for (open_for, owner) in [(Duration::from_millis(200), Owner::User), (Duration::from_secs(40), Developers)] {
        let context = Context { open_for, ..context(&profile, &url, &url) };
        let problem = socket::of_close(&Close::received(Some(4001), "token expired"), &context);
        assert_eq!((problem.owner, first_named(&problem.next)), (owner, Some(owner)), "{problem:?}");
        assert_eq!(problem.cause.contains("expired while it was open"), owner == Developers, "{problem:?}");
    }
}

#[test]
fn a_private_code_is_a_protocols_where_the_profile_speaks_that() {
    let spoken = |protocols: &str| {
        let text = format!("name = 'x'\napi = 'https://api.example'\n[socket]\nprotocols = [{protocols}]\n");
        Profile::from_toml(&text).unwrap()
    };
    let url = url::Url::parse("wss://api.example").unwrap();
    let close = Close::received(Some(4409), "seat was given away");
    for (profile, is_graphql) in [(spoken("'graphql-transport-ws'"), true), (spoken("'chat.v1'"), false)] {
        let problem = socket::of_close(&close, &context(&profile, &url, &url));
        assert_eq!(problem.owner, if is_graphql { Developers } else { Operations }, "{problem:?}");
        assert_eq!(problem.cause.contains("(graphql-ws)"), is_graphql, "{problem:?}");
        assert_eq!(problem.cause.contains("of the server's own"), !is_graphql, "{problem:?}");
    }
}

#[test]
fn a_connection_that_is_cut_soon_is_the_services_unless_something_of_the_users_is_on_the_way() {
    let profile = Profile::production();
    let (here, other) = ("wss://api.example", "wss://socket.example");
    let [here, other] = [here, other].map(|url| url::Url::parse(url).unwrap());
    let api = url::Url::parse("https://api.example").unwrap();
    let answered = Answered { token: true, ticket: true, health: false };
    let cut = Close::abnormal(CloseCause::EndOfStream);
    let asleep = Close::abnormal(CloseCause::Io(IoCause::Suspended));
    let scanner = Issuer::new(SafeText::new("Zscaler Root CA"), None);
    for (close, socket, ticket, is_proxied, is_intercepted, owner) in [
        (&cut, &here, true, false, false, Operations),
        (&cut, &other, true, false, false, UserIt),
        (&cut, &here, false, false, false, UserIt),
        (&cut, &here, true, true, false, UserIt),
        (&cut, &here, true, false, true, UserIt),
        (&asleep, &here, true, false, false, UserIt),
    ] {
        let answered = Answered { ticket, ..answered };
        let interceptor = is_intercepted.then_some(&scanner);
        let context = Context { answered, is_proxied, interceptor, ..context(&profile, &api, socket) };
        let problem = socket::of_close(close, &context);
        assert_eq!((problem.code, problem.owner), (Code::ConnectionLost, owner), "{problem:?}");
        assert_eq!(first_named(&problem.next), Some(owner), "{problem:?}");
    }
}

#[test]
fn a_request_that_lacks_a_field_is_the_profiles() {
    let fastapi = r#"{"detail":[{"type":"missing","loc":["body","client_id"],"msg":"Field required"}]}"#;
    let header = r#"{"detail":[{"loc":["header","authorization"],"msg":"Field required"}]}"#;
    assert_explained(
        RequestKind::Token,
        &[
            (422, &[], fastapi, ProfileAuthor, &["lacks the field body.client_id", "add body.client_id"]),
            (400, &[], r#"{"message":"The device field is required."}"#, ProfileAuthor, &["lacks a field", "device"]),
            (422, &[], r#"{"detail":"no such tenant today"}"#, Developers, &["says what it misses"]),
        ],
    );
    assert_explained(
        RequestKind::Ticket,
        &[
            (422, &[], fastapi, ProfileAuthor, &["lacks the field body.client_id"]),
            (422, &[], header, Operations, &["takes it out", "Authorization header"]),
        ],
    );
    assert_explained(RequestKind::Upgrade, &[(422, &[], fastapi, Developers, &["program itself"])]);
}

#[test]
fn a_load_balancer_that_forbids_by_itself_has_a_rule_and_envoy_a_setting() {
    let page = "<html><head><title>403 Forbidden</title></head></html>";
    assert_explained(
        RequestKind::Upgrade,
        &[
            (403, &[("server", "awselb/2.0"), HTML], page, Operations, &["AWS WAF", "listener"]),
            (403, &[("server", "envoy")], "", Operations, &["does not allow upgrades", "upgrade_configs"]),
        ],
    );
}

#[test]
fn a_port_of_tls_that_says_so_is_the_profiles_whoever_answers() {
    let profile = Profile::production();
    let said = "Client sent an HTTP request to an HTTPS server.";
    for (base, version, owner) in [
        ("ws://api.example", HttpVersion::Http10, ProfileAuthor),
        ("ws://api.example", HttpVersion::Http11, ProfileAuthor),
        ("wss://api.example", HttpVersion::Http11, Operations),
    ] {
        let url = url::Url::parse(base).unwrap();
        let answer = Answer { version, ..Answer::of_text(400, &[], said) };
        let refused = Refused { request: RequestKind::Upgrade, answer: &answer };
        let problem = of_answer(&refused, &context(&profile, &url, &url));
        assert_eq!((problem.owner, first_named(&problem.next)), (owner, Some(owner)), "{base}: {problem:?}");
    }
    let broken = |cause| Failure::Dial(DialFailure::Transport(Transport::Broken(cause)));
    let url = url::Url::parse("ws://api.example").unwrap();
    let Problem { code, owner, next, .. } = of_failure(&broken(BrokenCause::WantsTls), &context(&profile, &url, &url));
    assert_eq!((code, owner, first_named(&next)), (Code::TlsFailed, ProfileAuthor, Some(ProfileAuthor)));
    assert!(next.contains("wss://"), "{next}");
}

#[test]
fn the_other_address_of_this_computer_is_named() {
    let profile = Profile::production();
    let url = url::Url::parse("http://127.0.0.1:8080").unwrap();
    let (refused, listens) = ("127.0.0.1:8080".parse().unwrap(), "[::1]:8080".parse().unwrap());
    let failure = |tcp| Failure::Dial(DialFailure::Transport(Transport::Tcp(tcp)));
    let problem = of_failure(&failure(TcpFailure::OtherLoopback { refused, listens }), &context(&profile, &url, &url));
    assert_eq!((problem.code, problem.owner), (Code::ConnectionRefused, ProfileAuthor), "{problem:?}");
    assert!(problem.next.contains("[::1] instead of 127.0.0.1"), "{problem:?}");
    let lost = LostAddress { address: refused, cause: Some(IoCause::Refused) };
    let problem = of_failure(&failure(TcpFailure::Addresses(vec![lost])), &context(&profile, &url, &url));
    assert_eq!((problem.code, problem.owner), (Code::ConnectionRefused, Operations), "{problem:?}");
}

#[test]
fn a_401_to_the_token_request_is_the_users_only_if_it_is_about_the_user() {
    let rows: [Row; 6] = [
        (401, &[], r#"{"message":"Your account is suspended"}"#, Owner::User, &["gives this user no JWT"]),
        (401, &[], r#"{"message":"Invalid API key"}"#, Operations, &["key of its own"]),
        (401, &[], r#"{"message":"IP address 1.2.3.4 is not allowed"}"#, Operations, &["blocks this address"]),
        (401, &[], r#"{"error":"CSRF token mismatch"}"#, Developers, &["forged requests"]),
        (401, &[], r#"{"error":"invalid_client"}"#, ProfileAuthor, &["client itself"]),
        (401, &[], r#"{"error":"invalid_grant"}"#, Owner::User, &["not accepted"]),
    ];
    assert_explained(RequestKind::Token, &rows);
}

#[test]
fn a_network_wants_no_login_once_others_were_let_in() {
    let profile = Profile::production();
    let url = url::Url::parse("http://api.example").unwrap();
    let (own, other) = ("http://api.example/login", "http://portal.hotel.example/login");
    for (to, token, code, owner) in [
        (own, true, Code::Redirected, Developers),
        (own, false, Code::Redirected, Operations),
        (other, true, Code::Redirected, Operations),
        (other, false, Code::CaptivePortal, Owner::User),
    ] {
        let answer = Answer::of_text(302, &[("location", to)], "");
        let answered = Answered { token, ..Answered::default() };
        let context = Context { answered, ..context(&profile, &url, &url) };
        let problem = of_answer(&Refused { request: RequestKind::Ticket, answer: &answer }, &context);
        assert_eq!((problem.code, problem.owner), (code, owner), "{problem:?}");
        assert_eq!(first_named(&problem.next), Some(owner), "{problem:?}");
    }
}

#[test]
fn a_path_that_stands_in_the_address_twice_is_named() {
    let profile = Profile::production();
    for (base, is_twice) in
        [("wss://api.example/ws", true), ("wss://api.example/w", false), ("wss://api.example", false)]
    {
        let (api, socket) = (url::Url::parse("https://api.example").unwrap(), url::Url::parse(base).unwrap());
        let answer = Answer::of_status(404);
        let refused = Refused { request: RequestKind::Upgrade, answer: &answer };
        let Problem { cause, next, .. } = of_answer(&refused, &context(&profile, &api, &socket));
        assert_eq!(cause.contains("ends with /ws") && cause.contains("/ws/ws"), is_twice, "{base}: {cause}");
        assert_eq!(next.contains("websocket = \"wss://api.example\""), is_twice, "{base}: {next}");
        let worked = Context { was_connected: true, ..context(&profile, &api, &socket) };
        assert!(!of_answer(&refused, &worked).cause.contains("begins with the same"), "it has worked before");
    }
}

#[test]
fn a_connection_that_breaks_without_an_answer_says_what_was_answered_and_that_the_port_may_want_tls() {
    let profile = Profile::production();
    let broken = Failure::Dial(DialFailure::Transport(Transport::Broken(BrokenCause::NoAnswerBeforeEnd)));
    let silent = Failure::Dial(DialFailure::Timeout { phase: Phase::Tls, after: Duration::from_secs(5) });
    for (base, wants_tls) in [("ws://api.example", true), ("wss://api.example", false)] {
        let url = url::Url::parse(base).unwrap();
        let answered = Answered { token: true, ticket: true, health: false };
        let context = Context { answered, ..context(&profile, &url, &url) };
        let Problem { code, owner, cause, next, .. } = of_failure(&broken, &context);
        assert_eq!((code, owner, first_named(&next)), (Code::RequestBroken, Operations, Some(Operations)));
        assert!(cause.contains("Only the upgrade fails: token and ticket requests were"), "{cause}");
        assert!(!next.contains("wss://"), "what answered through the same port wants no TLS: {next}");
        let unheard = Context { answered: Answered::default(), ..super::table::context(&profile, &url, &url) };
        assert_eq!(of_failure(&broken, &unheard).next.contains("wss://"), wants_tls, "{next}");
        let Problem { code, owner, title, next, .. } = of_failure(&silent, &context);
        assert_eq!(
            (code, owner, first_named(&next)),
            (Code::PacketsLost, ProfileAuthor, Some(ProfileAuthor)),
            "{title}"
        );
    }
}

#[test]
fn an_unusual_lifetime_is_one_sentence_beside_a_connection_that_works() {
    let with_life = |unit: &str| {
        let text = format!(
            "name = 'x'\napi = 'https://a.example'\n[[ticket]]\npost = '/t'\ntake = {{ ticket = '/t' }}\n\
             life = {{ {unit} = '/l' }}\n[socket]\nquery = {{ t = '{{{{ticket}}}}' }}\n"
        );
        Profile::from_toml(&text).unwrap()
    };
    for (unit, seconds, other) in [("seconds", 30_000.0, "millis"), ("millis", 0.03, "seconds")] {
        let problem = ticket::odd_lifetime(Duration::from_secs_f64(seconds), &with_life(unit)).unwrap();
        assert_eq!((problem.code, problem.owner), (Code::LifetimeUnit, ProfileAuthor));
        assert!(problem.cause.starts_with("The connection works;") && problem.cause.contains(other), "{problem:?}");
        assert_eq!(first_named(&problem.next), Some(ProfileAuthor));
    }
    assert!(ticket::odd_lifetime(Duration::from_secs(30), &with_life("seconds")).is_none());
}

#[test]
fn each_end_of_a_sign_in_names_who_can_fix_it_first() {
    use crate::model::failure::{IoCause, SignInFault};
    for fault in [
        SignInFault::Denied,
        SignInFault::Refused { code: "invalid_scope".into() },
        SignInFault::NoCode,
        SignInFault::WrongState,
        SignInFault::Expired { after: Duration::from_secs(300) },
        SignInFault::NotAsked,
        SignInFault::NoListener { cause: IoCause::NoAnswer },
    ] {
        let problem = secrets::not_signed_in(&fault);
        assert_eq!(first_named(&problem.next), Some(problem.owner), "{problem:?}");
        assert!(!problem.title.contains("no code") && !problem.cause.contains("code no code"), "{problem:?}");
    }
}

#[test]
fn a_name_that_is_not_there_is_told_from_a_resolver_that_fails() {
    let profile = Profile::production();
    let failure = |host: &str, cause| {
        Failure::Token(RequestFailure {
            trace: TraceId::new(7, 1),
            kind: RequestFailureKind::Transport(Transport::Dns(DnsFailure { host: host.into(), cause })),
        })
    };
    for (host, cause, owner, word) in [
        ("api.acme.com", DnsCause::NoSuchName, ProfileAuthor, "typo"),
        ("api.acme.com", DnsCause::NoAddress, Operations, "DNS record"),
        ("api.acme.com", DnsCause::TryAgain, UserIt, "their DNS fails"),
        ("api.acme.com", DnsCause::NoAnswer, UserIt, "their DNS fails"),
        ("api.acme.invalid", DnsCause::TryAgain, ProfileAuthor, "real host"),
        ("api.prod.svc", DnsCause::NoSuchName, ProfileAuthor, "Ingress"),
        ("backend", DnsCause::NoSuchName, ProfileAuthor, "with its domain"),
        ("backend", DnsCause::NoAnswer, UserIt, "their DNS fails"),
    ] {
        let url = url::Url::parse(&format!("https://{host}")).unwrap();
        let known = context(&profile, &url, &url);
        let problem = of_failure(&failure(host, cause.clone()), &known);
        assert_eq!((problem.code, problem.owner), (Code::NameNotResolved, owner), "{host} {cause}: {problem:?}");
        assert!(problem.next.contains(word), "{host} {cause}: {problem:?}");
        assert_eq!(first_named(&problem.next), Some(owner), "{problem:?}");
        // It was there a moment ago, and browsers have one error for both.
        for known in
            [Context { was_connected: true, ..known }, Context { is_of_files: true, ..context(&profile, &url, &url) }]
        {
            assert_eq!(of_failure(&failure(host, cause.clone()), &known).owner, UserIt, "{host} {cause}");
        }
    }
}

#[test]
fn one_port_of_a_host_that_answers_at_another_is_about_that_port() {
    let profile = Profile::production();
    let api = url::Url::parse("https://api.example").unwrap();
    let lost = |cause| {
        let address = "192.0.2.7:8443".parse().unwrap();
        let tcp = TcpFailure::Addresses(vec![LostAddress { address, cause: Some(cause) }]);
        Failure::Dial(DialFailure::Transport(Transport::Tcp(tcp)))
    };
    for (socket, token, cause, owner, is_named) in [
        ("wss://api.example:8443", true, IoCause::NoAnswer, Operations, true),
        ("wss://api.example:8443", true, IoCause::Refused, Operations, true),
        ("wss://api.example:8443", false, IoCause::NoAnswer, UserIt, false),
        ("wss://socket.example:8443", true, IoCause::NoAnswer, UserIt, false),
        ("wss://api.example", true, IoCause::NoAnswer, UserIt, false),
    ] {
        let socket = url::Url::parse(socket).unwrap();
        let answered = Answered { token, ..Answered::default() };
        let problem = of_failure(&lost(cause.clone()), &Context { answered, ..context(&profile, &api, &socket) });
        assert_eq!((problem.owner, first_named(&problem.next)), (owner, Some(owner)), "{socket} {cause}: {problem:?}");
        assert_eq!(problem.cause.contains("Only the WebSocket's port 8443"), is_named, "{socket} {cause}: {problem:?}");
    }
}

#[test]
fn a_page_in_the_clear_is_a_networks_login_only_where_it_says_so() {
    let profile = Profile::production();
    let app =
        "<!doctype html><title>Orders</title><script type=\"module\" src=\"/a.js\"></script><div id=\"root\"></div>";
    let entra =
        "<title>Sign in to your account</title><form action=\"https://login.microsoftonline.com/common/login\">";
    let keycloak = "<title>Sign in to acme</title><form id=\"kc-form-login\">";
    for (page, code, owner) in [
        ("<title>Welcome to Grand Hotel</title>", Code::CaptivePortal, Owner::User),
        ("<title>Free Wi-Fi login</title>", Code::CaptivePortal, Owner::User),
        ("<title>Sign in</title>", Code::CaptivePortal, Owner::User),
        (entra, Code::LoginInFront, Operations),
        (keycloak, Code::LoginInFront, Operations),
        (app, Code::NotThisApi, Operations),
        ("<title>Request Rejected</title>", Code::NotThisApi, Operations),
        ("<title>Making sure you&#39;re not a bot!</title>", Code::NotThisApi, Operations),
        ("<title>Welcome to nginx!</title>", Code::NotThisApi, Operations),
        ("<title>My blog</title>", Code::NotThisApi, ProfileAuthor),
        ("<title>Blocked</title>by the Sophos web filter", Code::BlockedOnTheWay, UserIt),
    ] {
        let url = url::Url::parse("http://api.example").unwrap();
        let answer = Answer::of_text(200, &[HTML], &format!("<html>{page}"));
        let fault = AnswerFault::NotJson { wanted: "/token".into(), content_type: None, bytes: 90 };
        let malformed = MalformedAnswer { fault, answer };
        let problem = malformed::success(RequestKind::Token, &malformed, &context(&profile, &url, &url));
        assert_eq!((problem.code, problem.owner), (code, owner), "{page}: {problem:?}");
        assert_eq!(first_named(&problem.next), Some(owner), "{page}: {problem:?}");
        assert!(!problem.cause.contains("&#"), "{problem:?}");
    }
}

#[test]
fn a_redirect_in_the_clear_is_a_networks_login_only_where_it_leads_to_one() {
    let profile = Profile::production();
    let url = url::Url::parse("http://api.example.org").unwrap();
    for (status, to, code) in [
        (302, "http://10.1.0.1:8002/index.php", Code::CaptivePortal),
        (302, "https://n217.network-auth.com/splash/", Code::CaptivePortal),
        (307, "http://start.grandhotel.example/", Code::CaptivePortal),
        (301, "https://api.example.org/api/v1/auth/token", Code::Redirected),
        (302, "https://api.example.org/api/v1/auth/token", Code::Redirected),
        (302, "https://www.example.org/", Code::Redirected),
        (301, "https://api.newbrand.example/api/v1/auth/token", Code::Redirected),
        (302, "https://acme.okta.com/login", Code::Redirected),
    ] {
        let answer = Answer::of_text(status, &[("location", to)], "");
        let refused = Refused { request: RequestKind::Token, answer: &answer };
        let problem = of_answer(&refused, &context(&profile, &url, &url));
        assert_eq!(problem.code, code, "{status} {to}: {problem:?}");
        assert_eq!(first_named(&problem.next), Some(problem.owner), "{problem:?}");
    }
}

#[test]
fn a_proxy_that_does_not_reach_the_server_is_told_from_one_that_may_not() {
    let reached = |status, said: &str| ProxyCause::ServerNotReached { status, said: said.into() };
    for (cause, owner) in [
        (reached(503, "x-squid-error: ERR_CONNECT_FAIL 111"), Operations),
        (reached(504, ""), Operations),
        (reached(503, "x-squid-error: ERR_ACCESS_DENIED 0"), UserIt),
        (reached(502, "proxy-status: gw; error=http_request_denied"), UserIt),
        (ProxyCause::Answered { status: 502 }, Operations),
        (ProxyCause::Answered { status: 403 }, UserIt),
        (ProxyCause::Answered { status: 407 }, UserIt),
        (ProxyCause::Io(IoCause::Refused), UserIt),
    ] {
        let failure = ProxyFailure { proxy: "proxy.corp:3128".into(), cause };
        let problem = proxy::of_failure(&failure);
        assert_eq!((problem.code, problem.owner), (Code::ProxyRefused, owner), "{failure}: {problem:?}");
        assert_eq!(first_named(&problem.next), Some(owner), "{problem:?}");
    }
    let said =
        proxy::of_failure(&ProxyFailure { proxy: "p:1".into(), cause: reached(503, "x-squid-error: ERR_DNS_FAIL 0") });
    assert!(said.cause.contains("ERR_DNS_FAIL"), "{said:?}");
}

#[test]
fn what_opens_tls_is_suspected_first_where_a_connection_breaks() {
    let profile = Profile::production();
    let url = url::Url::parse("https://api.example").unwrap();
    let socket = url::Url::parse("wss://api.example").unwrap();
    let scanner = Issuer::new(SafeText::new("FG100FTK20001234"), Some(SafeText::new("Fortinet")));
    let broken = Failure::Dial(DialFailure::Transport(Transport::Broken(BrokenCause::NoAnswerBeforeEnd)));
    for (interceptor, owner) in [(Some(&scanner), UserIt), (None, Operations)] {
        let problem = of_failure(&broken, &Context { interceptor, ..context(&profile, &url, &socket) });
        assert_eq!((problem.code, problem.owner), (Code::RequestBroken, owner), "{problem:?}");
        assert_eq!(problem.cause.contains("Fortinet"), owner == UserIt, "{problem:?}");
        assert_eq!(first_named(&problem.next), Some(owner), "{problem:?}");
    }
    for (found, is_idle) in [(&[][..], true), (&[Code::BlockedOnTheWay], false), (&[Code::BadHandshake], false)] {
        assert_eq!(tls::intercepted(&scanner, found).next.starts_with("Nothing to do"), is_idle, "{found:?}");
    }
}

#[test]
fn a_kept_jwt_that_a_new_one_would_equal_is_its_issuers() {
    let profile = Profile::production();
    let url = url::Url::parse("https://api.example").unwrap();
    let in_millis = Claims { in_milliseconds: true, ..Claims::default() };
    let plain = Claims::default();
    for (claims, message, owner) in [
        (&in_millis, "jwt malformed", Developers),
        (&plain, "jwt audience invalid", Developers),
        (&plain, "jwt expired", Owner::User),
        (&plain, "invalid signature", Owner::User),
    ] {
        let body = format!("{{\"code\":\"INVALID_TOKEN\",\"message\":\"{message}\"}}");
        let answer = Answer::of_text(401, &[], &body);
        let refused = Refused { request: RequestKind::Ticket, answer: &answer };
        let known = Context { is_of_files: true, claims: Some(claims), ..context(&profile, &url, &url) };
        let problem = of_answer(&refused, &known);
        assert_eq!((problem.code, problem.owner), (Code::JwtRefused, owner), "{message}: {problem:?}");
        assert_eq!(first_named(&problem.next), Some(owner), "{problem:?}");
    }
}

#[test]
fn a_refusal_of_the_programs_own_is_no_block_on_the_way_and_one_of_a_load_balancer_is_the_services() {
    let json =
        problem(RequestKind::Token, Answer::of_text(403, &[JSON], r#"{"message":"no anonymous sessions"}"#), |_| ());
    assert_eq!((json.code, json.owner), (Code::RefusedByApi, Developers), "{json:?}");
    let page = problem(RequestKind::Token, Answer::of_text(403, &[HTML], "<html><title>403 Forbidden</title>"), |_| ());
    assert_eq!(page.code, Code::BlockedOnTheWay);

    let profile = Profile::production();
    let api = url::Url::parse("https://api.example").unwrap();
    let socket = url::Url::parse("ws://socket.example").unwrap();
    for (server, code, owner) in [
        ("awselb/2.0", Code::BlockedOnTheWay, Operations),
        ("cloudflare", Code::BlockedOnTheWay, Operations),
        // Proxies of users' networks are made with these as well.
        ("nginx", Code::BlockedOnTheWay, UserIt),
        ("squid/6.1", Code::BlockedOnTheWay, UserIt),
    ] {
        let answer = Answer::of_text(403, &[("server", server), HTML], "<html><title>403 Forbidden</title>");
        let refused = Refused { request: RequestKind::Upgrade, answer: &answer };
        let problem = of_answer(&refused, &context(&profile, &api, &socket));
        assert_eq!((problem.code, problem.owner), (code, owner), "{server}: {problem:?}");
    }
}

#[test]
fn a_wait_that_is_asked_for_is_told() {
    for (status, wait, is_told) in [(503, Some(1_800), true), (503, None, false), (502, Some(90), true)] {
        let retry_after = wait.map(Duration::from_secs);
        let answer = Answer { retry_after, ..Answer::of_status(status) };
        let problem = problem(RequestKind::Ticket, answer, |_| ());
        assert_eq!(problem.cause.contains("(Retry-After), until"), is_told, "{problem:?}");
    }
}

#[test]
fn a_protocols_error_event_tells_what_its_close_code_means() {
    let profile = Profile::production();
    let url = url::Url::parse("wss://api.example").unwrap();
    let of = |code, message: &str| {
        let word = LastWord::read(message.as_bytes());
        let context =
            Context { last_word: word.as_ref(), open_for: Duration::from_millis(100), ..context(&profile, &url, &url) };
        socket::of_close(&Close::received(Some(code), ""), &context)
    };
    let event = |message: &str| format!("{{\"event\":\"pusher:error\",\"data\":{{\"message\":\"{message}\"}}}}");
    for (code, message, owner, word) in [
        (4001, "App key abc not in this cluster", ProfileAuthor, "app key and cluster"),
        (4004, "over connection quota", Operations, "limit of connections"),
        (4007, "Unsupported protocol version", ProfileAuthor, "protocol=7"),
    ] {
        let problem = of(code, &event(message));
        assert_eq!((problem.owner, first_named(&problem.next)), (owner, Some(owner)), "{code}: {problem:?}");
        assert!(problem.next.contains(word) && problem.cause.contains(message), "{code}: {problem:?}");
        assert!(!problem.cause.contains("Discord"), "{problem:?}");
    }
    let other = of(4001, "");
    assert!(other.cause.contains("Discord") && other.owner == Operations, "{other:?}");
    let registered = socket::of_close(&Close::received(Some(3000), "Unauthorized"), &context(&profile, &url, &url));
    assert!(!registered.cause.contains("Centrifugo"), "{registered:?}");
}

#[test]
fn a_goodbye_at_once_is_no_limit_of_time() {
    let profile = Profile::production();
    let url = url::Url::parse("wss://api.example").unwrap();
    for (code, reason, millis, is_at_once) in
        [(1000, "", 51, true), (1000, "", 90_000, false), (1000, "logout", 51, false), (1011, "", 51, false)]
    {
        let context = Context { open_for: Duration::from_millis(millis), ..context(&profile, &url, &url) };
        let cause = socket::of_close(&Close::received(Some(code), reason), &context).cause;
        assert_eq!(
            cause.contains("lets the client in and ends at once"),
            is_at_once,
            "{code} {reason} {millis}: {cause}"
        );
        assert!(!(is_at_once && cause.contains("a time limit of its own")), "{cause}");
    }
}
