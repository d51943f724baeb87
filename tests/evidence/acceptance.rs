//! Files of which it is known what had happened.

use chrono::Datelike as _;
use ticketscope::evidence::{Input, open};
use ticketscope::model::{DriverEvent, Event, Failure, FilePart, Fingerprint, FlowEvent};

use crate::kit::{Session, chrome, http, refused, socket};

const TICKET: &str = "4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
const GRANT: &str = r#"{"ticket":"4c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b","expiresInSeconds":30}"#;
const TICKETS: &str = "https://api.example.com/api/v1/ws-ticket";

fn at(ticket: &str) -> String {
    format!("wss://api.example.com/ws?ticket={ticket}")
}

/// Each sample, and the finding that its name asks for.
#[test]
fn each_sample_tells_what_its_name_says() {
    for (files, code, says) in [
        (&["chrome-ok.har"][..], "close-unseen", "why is not in this file"),
        (&["chrome-fin.har"], "close-unseen", "704 ms"),
        (&["chrome-origin.har"], "close-unseen", "why is not in this file"),
        (&["chrome-nodns.har"], "name-not-resolved", "nodns.test"),
        (&["chrome-refused.har"], "connection-refused", "localhost:3999"),
        (&["chrome-ticket503.har"], "ticket-store-down", "503 REDIS_UNAVAILABLE"),
        (&["chrome-tls.har"], "certificate-not-trusted", "issuer is not trusted"),
        (&["chrome-upgrade401.har"], "fresh-ticket-refused", "401"),
        (&["firefox-ok.har"], "", "The connection was made"),
        (&["firefox-origin.har"], "", "not in this file"),
        (&["firefox-refused.har"], "failure-unseen", "why is not in this file"),
        (&["firefox-ticket503.har"], "ticket-store-down", "503"),
        (&["firefox-upgrade401.har"], "fresh-ticket-refused", "401"),
        (&["firefox-ok.console.txt"], "", "closed in order"),
        (&["firefox-origin.console.txt"], "origin-blocked", "1008 ORIGIN_BLOCKED"),
        (&["firefox-refused.console.txt"], "failure-unseen", "why is not in this file"),
        (&["firefox-ticket503.console.txt"], "service-unavailable", "503"),
        (&["firefox-upgrade401.console.txt"], "failure-unseen", "refused"),
        (&["chrome-devtools.console.txt"], "fresh-ticket-refused", "401"),
        (&["chrome-netlog.json"], "connection-refused", "127.0.0.1:3999"),
        (&["other-1-chrome133-binary-101.har"], "not-web-socket", "Close received after close"),
        (&["other-3-chrome130-sanitized.har"], "", "The connection was made"),
        (&["other-5-mitmproxy.har"], "", "The connection was made"),
        (&["other-6-httptoolkit.har"], "origin-blocked", "1008 ORIGIN_BLOCKED"),
        (&["other-7b-selenium-browserlogs.json"], "server-behind-gateway-down", "502"),
    ] {
        let session = Session::of(files);
        assert_eq!(session.code(), code, "{files:?}: {}", session.words());
        assert!(session.words().contains(says), "{files:?}: no {says:?} in {}", session.words());
    }
}

#[test]
fn a_refused_upgrade_is_the_same_in_both_browsers_and_its_hash_is_the_servers() {
    for (file, ticket) in [
        ("chrome-upgrade401.har", "d290456d31e7c5f51cc5ab2f5315276e"),
        ("firefox-upgrade401.har", "fa13a8af6cf1fc89562c18739783024b"),
    ] {
        let session = Session::of(&[file]);
        assert_eq!(session.code(), "fresh-ticket-refused");
        let hash = Fingerprint::of(ticket).to_string();
        let facts = session.support().operations;
        assert!(facts.iter().any(|fact| fact.name == "ticketHash" && fact.value == hash), "{file}: {facts:?}");
        assert!(!session.lines().contains(ticket));
    }
}

#[test]
fn an_end_without_a_code_is_never_1005() {
    let session = Session::of(&["chrome-origin.har"]);
    assert!(session.words().contains("closed 2.6 ms after it had opened"), "{}", session.words());
    let closes = &session.view.snapshot().closes;
    assert_eq!(closes.len(), 1);
    assert!(!closes[0].close.is_told());
    assert!(!session.lines().contains("1005") && !session.words().contains("1006"));
    assert!(session.unseen().contains(&"close code and reason"));
    assert!(session.support().answer.contains("Save as"), "the user is told how to get the file that would tell");
}

#[test]
fn the_console_beside_it_tells_the_code_in_either_order_with_and_without_times() {
    for files in [
        &["chrome-origin.har", "chrome-origin-timed.console.txt"][..],
        &["chrome-origin-timed.console.txt", "chrome-origin.har"],
        &["chrome-origin.har", "chrome-origin.console.txt"],
        &["firefox-origin.har", "firefox-origin.console.txt"],
    ] {
        let session = Session::of(files);
        assert_eq!(session.code(), "origin-blocked", "{files:?}: {}", session.words());
        assert_eq!(session.view.snapshot().attempt.unwrap().0, 0, "{files:?}: it is one attempt");
        assert!(!session.unseen().contains(&"close code and reason"), "{files:?}: {:?}", session.unseen());
        assert!(session.support().answer.contains("does not accept the address localhost:4200"));
    }
    let session = Session::of(&["chrome-origin.har", "chrome-origin-timed.console.txt"]);
    let ahead = session.opened.recording.header().files[1].ahead_millis.expect("the clocks can be compared");
    assert!((114_000..117_000).contains(&ahead), "{ahead} ms: the two samples were made one after the other");
}

#[test]
fn what_has_no_date_is_never_first_and_never_lasts_for_minutes() {
    for file in ["chrome-nodns.har", "chrome-tls.har", "chrome-refused.har"] {
        let session = Session::of(&[file]);
        let entries = session.entries();
        let failed =
            entries.iter().position(|entry| matches!(entry.event, Event::Flow(FlowEvent::AttemptFailed { .. })));
        let asked = entries.iter().position(|entry| matches!(entry.event, Event::Flow(FlowEvent::RequestingTicket)));
        assert!(asked < failed, "{file}");
        assert!(entries.iter().all(|entry| entry.time.year() == 2026), "{file}");
        assert!(entries.last().unwrap().elapsed.since_start().as_secs() < 60, "{file}");
        assert!(session.unseen().contains(&"the time of some requests"), "{file}");
    }
}

#[test]
fn a_firefox_drop_has_no_invented_duration_and_no_rhythm() {
    let drop = |second: u32, ticket: &str| {
        let mut entry = socket(second, &at(ticket), 3.0);
        entry.as_object_mut().unwrap().remove("_webSocketMessages");
        entry.as_object_mut().unwrap().remove("_resourceType");
        entry["timings"] = serde_json::json!({ "wait": 3, "receive": 0 });
        entry
    };
    let mut entries = Vec::new();
    for number in 0..5_u32 {
        let ticket = format!("{number}c1f0e9a7b3d4e5f8a6b7c8d9e0f1a2b");
        let grant = format!(r#"{{"ticket":"{ticket}"}}"#);
        entries.push(http(number * 10, "GET", TICKETS, 200, &grant));
        entries.push(drop(number * 10 + 1, &ticket));
    }
    let text = chrome(&entries).replace("WebInspector", "Firefox");
    let session = Session::of_text(text);
    assert_eq!(session.code(), "", "{}", session.words());
    assert!(session.view.snapshot().closes.is_empty(), "no end is told of");
    assert!(session.unseen().contains(&"the end of the socket"));

    let console = "[WS] Requesting WebSocket ticket... app.example.com:7:40\n[WS] Ticket obtained, connecting... \
                   app.example.com:10:42\n[WS] Connected app.example.com:12:25\n[WS] Disconnected Object { code: 1006, reason: \
                   \"\", wasClean: false } app.example.com:14:25\n";
    let session = Session::of_text(console.repeat(5));
    assert_eq!(session.code(), "connection-lost", "{}", session.words());
    assert!(session.view.snapshot().closes.iter().all(|close| close.open_for.is_none()));
    assert!(!session.words().contains("open for"), "{}", session.words());
    let codes: Vec<_> = session.verdict.findings.iter().map(|finding| finding.problem.code.to_string()).collect();
    assert!(!codes.iter().any(|code| code == "drop-rhythm" || code == "flapping"), "{codes:?}");
}

#[test]
fn a_network_log_tells_issuer_host_and_addresses() {
    let session = Session::of(&["chrome-netlog.json"]);
    let text = session.lines();
    assert!(text.contains("[::1]:3443") && text.contains("127.0.0.1:3443"), "which addresses were tried");
    let refused = session.entries().into_iter().find_map(|entry| match entry.event {
        Event::Flow(FlowEvent::AttemptFailed { failure, .. }) if failure.to_string().contains("TLS") => {
            Some(failure.to_string())
        }
        _ => None,
    });
    let refused = refused.expect("TLS fails in it");
    assert!(refused.contains("localhost") && refused.contains("not trusted"), "{refused}");
    let lost = session.entries().into_iter().any(|entry| {
        matches!(&entry.event, Event::Driver(DriverEvent::AddressesLost { lost, connected: Some(connected) })
            if lost[0].address.to_string() == "[::1]:3443" && connected.to_string() == "127.0.0.1:3443")
    });
    assert!(lost, "IPv6 was refused and IPv4 used");
}

#[test]
fn a_console_without_times_gives_an_order_and_no_durations() {
    let session = Session::of(&["firefox-ticket503.console.txt"]);
    assert!(session.entries().iter().all(|entry| entry.elapsed.since_start().is_zero()));
    assert_eq!(session.view.snapshot().ticket.took, None);
    assert!(session.unseen().contains(&"times"));
    assert!(!session.support().operations.iter().any(|fact| fact.name == "time (UTC)"));
}

#[test]
fn without_sockets_the_hosts_are_named() {
    let page = http(1, "GET", "https://www.example.org/data", 200, "{}");
    let error = crate::kit::open_text(chrome(&[page])).err().unwrap().to_string();
    assert!(error.contains("no WebSocket") && error.contains("www.example.org"), "{error}");
}

#[test]
fn two_sockets_at_once_are_paired_by_value() {
    let other = "aaaa0e9a7b3d4e5f8a6b7c8d9e0f1a2b";
    let entries = [
        http(1, "GET", TICKETS, 200, GRANT),
        http(2, "GET", TICKETS, 200, &GRANT.replace(TICKET, other)),
        socket(3, &at(TICKET), 900.0),
        refused(5, &at(other), "HTTP Authentication failed; no valid credentials available"),
    ];
    let session = Session::of_text(chrome(&entries));
    let spent: Vec<_> = session
        .entries()
        .into_iter()
        .filter_map(|entry| match entry.event {
            Event::Flow(FlowEvent::TicketSpent { ticket, .. }) => Some((entry.attempt.unwrap().0, ticket)),
            _ => None,
        })
        .collect();
    assert!(spent.contains(&(spent.len() as u64 - 1, Fingerprint::of(other))), "{spent:?}");
    assert_eq!(session.code(), "fresh-ticket-refused", "{}", session.words());
}

#[test]
fn a_preflight_belongs_to_its_request() {
    let mut preflight = http(1, "OPTIONS", TICKETS, 403, "");
    preflight["_resourceType"] = "preflight".into();
    let mut asked = http(1, "GET", TICKETS, 200, "");
    asked["response"]["status"] = 0.into();
    asked["response"]["_error"] = "net::ERR_FAILED".into();
    let session = Session::of_text(chrome(&[asked, preflight]));
    assert_eq!(session.code(), "blocked-by-browser", "{}", session.words());
    let causes: String = session.verdict.findings.iter().map(|finding| finding.problem.cause.as_str()).collect();
    assert!(causes.contains("403"), "{causes}");
    assert_eq!(session.view.attempts().len(), 1);
}

#[test]
fn a_refusal_that_the_page_may_not_read_is_still_that_refusal() {
    let mut limited = http(1, "GET", TICKETS, 429, "");
    limited["response"]["_error"] = "net::ERR_FAILED".into();
    limited["response"]["headers"] = serde_json::json!([{ "name": "Retry-After", "value": "60" }]);
    let session = Session::of_text(chrome(&[limited]));
    assert_eq!(session.code(), "rate-limited", "{}", session.words());
    let codes: Vec<_> = session
        .verdict
        .findings
        .iter()
        .flat_map(|finding| finding.with_symptoms())
        .map(|(_, finding)| finding.problem.code.to_string())
        .collect();
    assert!(codes.contains(&"blocked-by-browser".to_owned()), "{codes:?}");
}

#[test]
fn each_text_of_chromes_gives_its_cause() {
    for (text, code) in [
        ("Error during WebSocket handshake: Unexpected response code: 503", "server-behind-gateway-down"),
        ("Error during WebSocket handshake: Incorrect 'Sec-WebSocket-Accept' header value", "bad-handshake"),
        ("Error during WebSocket handshake: net::ERR_CONNECTION_RESET", "request-broken"),
        ("WebSocket is closed before the connection is established.", "failure-unseen"),
        ("Error in connection establishment: net::ERR_NAME_NOT_RESOLVED", "name-not-resolved"),
        ("Error in connection establishment: net::ERR_CERT_DATE_INVALID", "certificate-out-of-date"),
        ("Error in connection establishment: net::ERR_CERT_COMMON_NAME_INVALID", "certificate-for-another-host"),
        ("Error in connection establishment: net::ERR_INTERNET_DISCONNECTED", "network-down"),
        ("Error in connection establishment: net::ERR_CONNECTION_TIMED_OUT", "packets-lost"),
        ("Error in connection establishment: net::ERR_TUNNEL_CONNECTION_FAILED", "proxy-refused"),
        ("Error in connection establishment: net::ERR_SSL_PROTOCOL_ERROR", "tls-failed"),
        ("Error in connection establishment: net::ERR_BLOCKED_BY_CLIENT", "blocked-by-browser"),
    ] {
        let entries = [http(1, "GET", TICKETS, 200, GRANT), refused(2, &at(TICKET), text)];
        let session = Session::of_text(chrome(&entries));
        assert_eq!(session.code(), code, "{text}: {}", session.words());
    }
}

#[test]
fn a_refused_login_is_cured_in_the_same_attempt() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJzLTEifQ.c2ln";
    let entries = [
        http(1, "GET", TICKETS, 401, r#"{"code":"INVALID_TOKEN"}"#),
        http(2, "POST", "https://api.example.com/api/v1/auth/token", 200, &format!(r#"{{"token":"{jwt}"}}"#)),
        http(3, "GET", TICKETS, 200, GRANT),
        socket(4, &at(TICKET), 0.0),
    ];
    let session = Session::of_text(chrome(&entries));
    assert_eq!((session.code().as_str(), session.view.attempts().len()), ("", 1), "{}", session.words());
    let text = session.lines();
    assert!(text.contains("refreshing_token") && text.contains("INVALID_TOKEN") && !text.contains(jwt));
}

#[test]
fn of_several_files_it_is_said_which_tells_what() {
    let both = Session::of(&["chrome-origin.har", "chrome-origin-timed.console.txt"]);
    let told = |session: &Session, part| session.view.snapshot().files.as_ref().unwrap().told_by(part);
    assert_eq!(told(&both, FilePart::Ticket).as_deref(), Some("HAR, console"));
    assert_eq!(told(&both, FilePart::End).as_deref(), Some("console"), "Chrome's HAR has no close code");
    let one = Session::of(&["chrome-origin.har"]);
    assert_eq!(told(&one, FilePart::Ticket), None, "it is all from the one");
}

#[test]
fn what_a_servers_log_says_of_a_refusal_is_told_of_the_browsers_attempt() {
    let har = std::fs::read(crate::kit::sample("chrome-upgrade401.har")).unwrap();
    let hash = Session::of(&["chrome-upgrade401.har"]).support().operations;
    let hash = &hash.iter().find(|fact| fact.name == "ticketHash").unwrap().value;
    let log = format!(
        r#"{{"time":1769349722000,"msg":"WS: Connection rejected","origin":"http://localhost:4200","reason":"ORIGIN_BLOCKED","ticketHash":"{hash}"}}"#
    );
    for is_log_first in [false, true] {
        let mut inputs = vec![("a.har", har.clone()), ("server.log", log.clone().into_bytes())];
        if is_log_first {
            inputs.reverse();
        }
        let inputs = inputs.into_iter().map(|(name, bytes)| Input::Bytes(name.into(), bytes)).collect();
        let session = Session::new(open(inputs, None).unwrap());
        let failed = session.view.snapshot().failed.clone().unwrap();
        let Failure::UpgradeRefused(answer) = failed.failure else { panic!("{failed:?}") };
        assert_eq!((answer.status, answer.code()), (401, Some("ORIGIN_BLOCKED")), "log first: {is_log_first}");
    }
}
