//! What is the same each time, and what is over.

use std::time::Duration;

use super::patterns::{Run, SECOND, symptoms};
use super::{closed, refused, status, ticket};
use crate::diagnosis::{Code, Owner, Severity};
use crate::model::*;

/// A session whose connections end after `open` with these.
fn dropped<const N: usize>(open: Duration, failures: [Failure; N]) -> Run {
    let mut run = Run::new();
    for (failure, retry) in failures.into_iter().zip(1..) {
        run.connect(Trigger::Backoff).stay(open);
        run.drop_with(failure, retry);
    }
    run
}

#[test]
fn what_the_server_says_each_time_is_the_finding_and_flapping_its_symptom() {
    for (code, reason, owner) in [
        (4403, "banned by admin", Owner::Operations),
        (1013, "", Owner::Operations),
        (1011, "boom", Owner::Operations),
        (1009, "", Owner::Developers),
    ] {
        let mut run = dropped(SECOND / 4, [(); 3].map(|()| closed(code, reason)));
        let found = run.expect(&[Code::ServerClosed]);
        assert_eq!((symptoms(&found), found.problem.owner), (vec![Code::Flapping], owner));
        assert_eq!(found.evidence.len(), 3);
        let text = format!("{}. {}", found.problem.title, found.problem.cause);
        assert!(text.contains(&format!("{code} {reason}")) || reason.is_empty(), "{text}");
        assert!(text.contains(&code.to_string()) && text.contains("3 times in a row"), "{text}");
        // It stays while the next connection is open, and is over with the flapping.
        run.connect(Trigger::Backoff);
        assert_eq!(run.expect(&[Code::ServerClosed]).evidence.len(), 3);
        run.stay(SECOND * 80);
        assert_eq!(run.diagnoser.findings(), []);
    }
    let run = dropped(SECOND / 4, [closed(4001, "kicked"), closed(1011, ""), closed(4001, "kicked")]);
    assert_eq!(symptoms(&run.expect(&[Code::Flapping])), [Code::ServerClosed], "it says another thing each time");
}

#[test]
fn a_rhythm_and_a_storm_say_what_the_server_said() {
    let run = dropped(SECOND * 47, [(); 4].map(|()| closed(4008, "time is up")));
    let title = run.expect(&[Code::DropRhythm]).problem.title;
    assert!(title.contains("47 s") && title.contains("4008 time is up"), "{title}");
    let mut run = Run::new();
    for _ in 0..3 {
        run.connect(Trigger::Backoff).wait(SECOND / 100);
        run.drop_with(closed(1013, "full"), 1);
    }
    let title = run.expect(&[Code::ReconnectStorm]).problem.title;
    assert!(title.contains("1013 full"), "{title}");
}

#[test]
fn a_restart_is_nobodys_business_until_it_is_each_time() {
    for (restarts, owner) in [(1, Owner::Nobody), (2, Owner::Nobody), (3, Owner::Operations)] {
        let mut run = Run::new();
        for retry in 1..=restarts {
            run.connect(Trigger::Backoff).wait(SECOND / 3);
            run.drop_with(closed(1001, ""), retry);
        }
        assert_eq!(run.expect(&[Code::ServerRestarting]).problem.owner, owner, "{restarts}");
    }
    // A server that is restarted each hour is well.
    let run = dropped(SECOND * 3_000, [(); 3].map(|()| closed(1001, "SERVER_SHUTDOWN")));
    assert_eq!(run.expect(&[Code::ServerRestarting]).problem.owner, Owner::Nobody);
}

#[test]
fn a_ticket_that_the_server_gives_twice_is_the_servers_fault() {
    let same = |run: &mut Run| {
        let ticket = Fingerprint::of("the same");
        run.begin(Trigger::Backoff).say(Event::Flow(FlowEvent::RequestingTicket));
        run.say(Event::Flow(FlowEvent::TicketObtained {
            ticket,
            lifetime: Some(SECOND * 30),
            requested_at: Moment::START,
        }));
        run.say(Event::Flow(FlowEvent::TicketSpent { ticket, age: Some(Duration::ZERO) }));
    };
    let mut run = Run::new();
    same(&mut run);
    run.say(Event::Flow(FlowEvent::Connected));
    run.wait(SECOND).drop_with(closed(4001, "kicked"), 1);
    same(&mut run);
    run.fail(refused(401));
    let found = run.expect(&[Code::TicketRepeated]);
    assert_eq!((symptoms(&found), found.problem.owner), (vec![Code::FreshTicketRefused], Owner::Developers));
    assert_eq!(found.severity(), Severity::Error);
    // Where it is not what fails, it is a notice below that.
    same(&mut run);
    run.say(Event::Flow(FlowEvent::Connected));
    run.wait(SECOND).drop_with(closed(4001, "kicked"), 2);
    assert_eq!(run.expect(&[Code::ServerClosed, Code::TicketRepeated]).problem.owner, Owner::Operations);
    run.connect(Trigger::Backoff);
    assert_eq!(run.diagnoser.findings(), [], "the next ticket is a new one");
}

#[test]
fn health_that_was_asked_for_a_failure_is_over_with_it() {
    let health = Health { status: 503, server: Component::Up, redis: Component::Down };
    let down = || Event::Driver(DriverEvent::HealthAnswered { health, page: None });
    let mut run = Run::new();
    run.begin(Trigger::Person);
    run.fail(ticket(503, "REDIS_UNAVAILABLE"));
    run.say(down());
    assert_eq!(symptoms(&run.expect(&[Code::TicketStoreDown])), [Code::HealthDown]);
    run.connect(Trigger::Backoff);
    assert_eq!(run.diagnoser.findings(), []);
    run.say(down());
    assert_eq!(run.diagnoser.findings(), [], "it comes too late");
    run.drop_with(closed(1011, ""), 1);
    run.expect(&[Code::ServerClosed]);
}

#[test]
fn the_codes_of_an_api_are_read_wherever_they_stand() {
    let upgrade = |status: u16, body: &str| Failure::UpgradeRefused(Box::new(Answer::of_text(status, &[], body)));
    for (failure, code) in [
        (upgrade(503, r#"{"code":"REDIS_UNAVAILABLE","message":"no"}"#), Code::TicketStoreDown),
        (upgrade(503, "{\n  \"error\": {\n    \"code\": \"REDIS_UNAVAILABLE\""), Code::TicketStoreDown),
        (upgrade(500, r#"{"code":"INTERNAL_ERROR"}"#), Code::OriginNotListed),
        (upgrade(500, r#"{"code":"TICKET_GENERATION_FAILED"}"#), Code::TicketStoreLost),
        (upgrade(503, "<html>\"code\": \"REDIS_UNAVAILABLE\"</html>"), Code::ServerBehindGatewayDown),
        (upgrade(403, r#"{"code":"NOPE"}"#), Code::RefusedByApi),
        (upgrade(403, "Forbidden"), Code::UpgradeRefused),
        (Failure::Token(status(403, "NOPE")), Code::RefusedByApi),
        (ticket(451, "NOPE"), Code::RefusedByApi),
        (ticket(403, ""), Code::BlockedOnTheWay),
    ] {
        let mut run = Run::new();
        run.begin(Trigger::Person);
        run.fail(failure.clone());
        let title = run.expect(&[code]).problem.title;
        assert!(code != Code::RefusedByApi || title.contains("NOPE"), "{failure:?}: {title}");
    }
}

#[test]
fn a_redirect_to_a_login_is_a_portal_only_where_somebody_can_answer_in_the_servers_place() {
    let redirect = |location: &str, body: &str| {
        let kind = RequestFailureKind::Status(Box::new(Answer::of_text(302, &[("Location", location)], body)));
        Failure::Token(RequestFailure { trace: TraceId::new(7, 1), kind })
    };
    let found = |api: &str, (location, body): (&str, &str), page: Option<PageKind>| {
        let mut profile = Profile::production();
        profile.api = HttpUrl::try_from(api.to_owned()).unwrap();
        let mut run = Run::with(profile);
        run.begin(Trigger::Person);
        run.fail(redirect(location, body));
        if page.is_some() {
            let health = Health { status: 200, server: Component::Unknown, redis: Component::Unknown };
            run.say(Event::Driver(DriverEvent::HealthAnswered { health, page }));
        }
        run.first().problem.code
    };
    let (plain, secure) = ("http://127.0.0.1:8080", "https://api.example");
    let portal = ("http://portal.hotel.example/login", "");
    assert_eq!(found(plain, portal, None), Code::CaptivePortal);
    assert_eq!(found(plain, ("http://127.0.0.1:8080/login", ""), None), Code::Redirected);
    assert_eq!(found(plain, ("http://10.9.0.1/a", ""), Some(PageKind::Login)), Code::CaptivePortal);
    assert_eq!(found(plain, ("http://10.9.0.1/a", ""), Some(PageKind::Other)), Code::Redirected);
    assert_eq!(found(secure, portal, Some(PageKind::Login)), Code::Redirected);
    assert_eq!(found(secure, ("/", "<html><title>Hotel Wi-Fi login</title>"), None), Code::Redirected);
}
