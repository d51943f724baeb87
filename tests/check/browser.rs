//! What a browser would meet and this program does not: preflights, cookies, mixed content, local addresses.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ticketscope::backend::{self, Server};
use ticketscope::check::{Check, Outcome, Step, StepState, text};
use ticketscope::diagnosis::{Code, Owner, Problem, Severity};

use support::script::{Cors, Request, Script, Secrets, Step as Asked, header};

use crate::{check_of, profile, run, step};

const ORIGIN: &str = "http://localhost:4200";

fn preflight(status: u16, headers: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: 0\r\nconnection: close\r\n\r\n")
}

fn script(preflight: String, headers: &'static str) -> Script {
    Script::with_cors(Cors { preflight, headers }, Secrets::default(), well)
}

/// A server that is well, with a ticket of its own for each upgrade.
fn well(request: Request) {
    match request.step {
        Asked::Token => request.json(200, &token()),
        Asked::Ticket => {
            let ticket = format!(r#"{{"ticket":"ticket-number-{}","expiresInSeconds":30}}"#, request.number);
            request.json(200, &ticket);
        }
        Asked::Health => request.json(200, r#"{"status":"UP"}"#),
        Asked::Socket => request.contract(),
    }
}

fn token() -> String {
    r#"{"token":"eyJhbGciOiJIUzI1NiJ9.eyJzZXNzaW9uSWQiOiJzZXNzXzEifQ.x","sessionId":"sess_1"}"#.to_owned()
}

/// What is found to stop a browser; nothing else may be.
fn blocked(outcome: &Outcome) -> Option<Problem> {
    let codes: Vec<_> = outcome.findings.iter().map(|finding| finding.problem.code).collect();
    assert!(codes.iter().all(|code| *code == Code::BlockedByBrowser), "{codes:?}");
    outcome.findings.first().map(|finding| finding.problem.clone())
}

async fn checked(script: &Script) -> Arc<Outcome> {
    // The steps without which there is nothing to be seen are the same each time: the socket is not waited for.
    run(check_of(profile(script.address))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_that_is_refused_is_named_with_what_to_send() {
    let script = script(preflight(401, ""), "");
    let outcome = checked(&script).await;
    let problem = blocked(&outcome).unwrap();
    assert_eq!((problem.owner, problem.severity), (Owner::Operations, Severity::Warning));
    assert_eq!(outcome.conclusion().title, "A browser does not get through, this program does");
    for words in
        ["token request (POST /api/v1/auth/token)", "ticket request (GET /api/v1/ws-ticket)", "401 Unauthorized"]
    {
        assert!(problem.cause.contains(words), "{}", problem.cause);
    }
    for words in ["OPTIONS /api/v1/auth/token", "Access-Control-Allow-Origin: http://localhost:4200", "content-type"] {
        assert!(problem.next.contains(words), "{}", problem.next);
    }
    assert_eq!(step(&outcome, Step::Browser).state, StepState::Warning);
    assert_eq!(step(&outcome, Step::Comeback).state, StepState::Passed, "nothing of our own changes");

    let mut asked = script.preflights();
    asked.sort();
    assert_eq!(asked.len(), 2, "{asked:#?}");
    assert!(asked[0].starts_with("OPTIONS /api/v1/auth/token HTTP/1.1\r\n"), "{}", asked[0]);
    let of = |request: &str, name: &str| header(request, name).map(str::to_owned).unwrap_or_default();
    for (request, method, headers) in [(&asked[0], "POST", "content-type"), (&asked[1], "GET", "authorization")] {
        assert_eq!(of(request, "origin"), ORIGIN);
        assert_eq!(of(request, "access-control-request-method"), method);
        assert_eq!(of(request, "access-control-request-headers"), headers);
        assert_eq!((of(request, "authorization"), of(request, "cookie")), Default::default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_told_by_its_name_and_what_is_there_is_well() {
    const ANY: &str = "access-control-allow-origin: *\r\n";
    const OURS: &str = "access-control-allow-origin: http://localhost:4200\r\n";
    const BOTH: &str = "access-control-allow-headers: Authorization, Content-Type\r\n";
    let other = "access-control-allow-origin: https://app.example.com\r\n";
    let cases = [
        (preflight(204, &format!("{OURS}{BOTH}")), OURS, None),
        (preflight(200, &format!("{ANY}{BOTH}access-control-allow-methods: GET\r\n")), ANY, None),
        (preflight(204, BOTH), OURS, Some("has no Access-Control-Allow-Origin")),
        (preflight(204, &format!("{other}{BOTH}")), OURS, Some("Access-Control-Allow-Origin: https://app.example.com")),
        (preflight(204, OURS), OURS, Some("has no Access-Control-Allow-Headers, and the request carries content-type")),
        (
            preflight(204, &format!("{OURS}access-control-allow-headers: *\r\n")),
            OURS,
            Some("Access-Control-Allow-Headers: *, without the authorization that the request carries"),
        ),
        (preflight(302, &format!("{OURS}{BOTH}location: /login\r\n")), OURS, Some("302 Found")),
        (preflight(204, &format!("{OURS}{BOTH}")), "", Some("itself has no Access-Control-Allow-Origin")),
    ];
    let checks = cases.map(|(preflight, headers, expected)| async move {
        let outcome = checked(&script(preflight, headers)).await;
        let cause = blocked(&outcome).map(|problem| problem.cause);
        match expected {
            None => assert!(outcome.is_well() && cause.is_none(), "{cause:?}"),
            Some(words) => assert!(cause.as_ref().is_some_and(|cause| cause.contains(words)), "{words}: {cause:?}"),
        }
    });
    futures_util::future::join_all(checks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_same_origin_needs_no_leave_and_one_of_the_internet_asks_for_a_local_address() {
    let script = script(preflight(401, ""), "");
    let mut same = profile(script.address);
    same.origin = format!("http://{}", script.address).try_into().unwrap();
    let mut far = profile(script.address);
    // An address of the internet that nobody is asked at.
    far.origin = "https://1.1.1.1".to_owned().try_into().unwrap();
    let (same, far) = tokio::join!(run(check_of(same)), run(check_of(far)));
    assert_eq!(step(&same, Step::Browser).state, StepState::Skipped);
    assert!(same.is_well() && step(&same, Step::Browser).found.as_str().contains("same origin"), "{:#?}", same.steps);
    let problem = blocked(&far).unwrap();
    assert!(problem.cause.contains("Local Network Access") && problem.cause.contains("127.0.0.1"), "{}", problem.cause);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_here_is_not_displaced() {
    let cors = Cors { preflight: preflight(401, ""), headers: "" };
    let script = Script::with_cors(cors, Secrets::default(), |request| match request.step {
        Asked::Socket => request.answer(502, "", ""),
        _ => well(request),
    });
    let outcome = checked(&script).await;
    assert_eq!(outcome.conclusion().code, "server-behind-gateway-down");
    assert_eq!(step(&outcome, Step::Browser).state, StepState::Warning);

    let refused = Script::with_cors(Cors::default(), Secrets::default(), |request| match request.step {
        Asked::Ticket => request.json(503, r#"{"code":"REDIS_UNAVAILABLE"}"#),
        _ => well(request),
    });
    let outcome = checked(&refused).await;
    assert_eq!(step(&outcome, Step::Browser).state, StepState::NotRun);
    assert!(refused.preflights().is_empty(), "there is nothing to compare with");
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_are_kept_and_sent_unless_the_profile_says_no() {
    let play = || {
        Script::new(|request| match request.step {
            Asked::Token => {
                request.answer(200, "set-cookie: csrf=c00kie-marker; Path=/\r\n", &token());
            }
            _ if header(&request.head, "cookie") == Some("csrf=c00kie-marker") => well(request),
            Asked::Health => well(request),
            _ => request.json(403, r#"{"message":"CSRF cookie missing"}"#),
        })
    };
    let (with, without) = (play(), play());
    let mut plain = profile(without.address);
    plain.http.cookies = false;
    let (outcome, other) = tokio::join!(checked(&with), run(check_of(plain)));
    assert_eq!(step(&outcome, Step::Comeback).state, StepState::Passed, "{:#?}", outcome.steps);
    let conclusion = outcome.conclusion();
    assert_eq!(conclusion.code, "blocked-by-browser", "{conclusion:?}");
    assert!(conclusion.title.contains("with cookies") && conclusion.next.starts_with("Operations"), "{conclusion:?}");
    let details = &step(&outcome, Step::Browser).details;
    assert!(details.iter().any(|line| line.as_str().contains("does not count with cookies")), "{details:?}");
    assert!(!String::from_utf8(outcome.recording().unwrap()).unwrap().contains("c00kie-marker"));
    assert_eq!(step(&other, Step::Ticket).state, StepState::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_server_answers_browsers_as_deployed_ones_do() {
    let (server, _lines) = Server::start(backend::Config { as_deployed: true, ..Default::default() }).await.unwrap();
    let outcome = run(check_of(profile(server.address()))).await;
    assert_eq!(step(&outcome, Step::Browser).state, StepState::Passed, "{:#?}", outcome.steps);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comeback_needs_a_new_ticket_and_a_socket_that_stays() {
    let same = Script::new(|request| match request.step {
        Asked::Ticket => request.contract(),
        _ => well(request),
    });
    let gone = Script::new(|request| match (request.step, request.number) {
        (Asked::Socket, 1..) => request.open_and_close(1011, "oops"),
        _ => well(request),
    });
    let (same, gone) = tokio::join!(checked(&same), checked(&gone));
    let found = &step(&same, Step::Comeback).found;
    assert!(found.as_str().contains("the one that was used before"), "{found}");
    let found = &step(&gone, Step::Comeback).found;
    assert!(found.as_str().starts_with("back, and closed after") && found.as_str().contains("1011 oops"), "{found}");
    for outcome in [same, gone] {
        assert_eq!((step(&outcome, Step::Comeback).state, outcome.is_well()), (StepState::Failed, false));
    }
}

/// A server that is well, and in front of it something that cuts a connection on which nothing came for so long.
fn impatient(limit: Duration) -> Script {
    Script::new(move |request| match request.step {
        Asked::Socket => request.open(|socket| socket.get_ref().set_read_timeout(Some(limit)).unwrap()),
        _ => well(request),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_connection_finds_what_our_own_pings_hide() {
    // Longer than the check's pings are apart.
    let (cuts, keeps) = (impatient(Duration::from_secs(4)), Script::new(well));
    let quiet = |script: &Script, seconds| {
        let quiet = Some(Duration::from_secs(seconds));
        run(Check { quiet, ..check_of(profile(script.address)) })
    };
    let (cut, kept, normal) = tokio::join!(quiet(&cuts, 60), quiet(&keeps, 1), checked(&keeps));
    let found = &step(&cut, Step::Silence).found;
    assert!(found.as_str().starts_with("cut after 4."), "{found}");
    let problem = &cut.findings[0].problem;
    assert_eq!((problem.code, problem.owner, cut.findings.len()), (Code::IdleCut, Owner::Operations, 1));
    assert!(problem.cause.contains("own pings, which hide this limit"), "{}", problem.cause);
    assert_eq!(cut.conclusion().code, "idle-cut");
    assert!(!text(&cut).contains("Not tried"));

    assert_eq!(step(&kept, Step::Silence).state, StepState::Passed);
    assert!(kept.is_well(), "{:#?}", kept.steps);
    assert!(normal.is_well() && normal.steps.iter().all(|step| step.step != Step::Silence));
    let line = "Not tried: whether a silent connection is cut (--quiet 90s)";
    assert_eq!(text(&normal).matches(line).count(), 1, "{}", text(&normal));
}

/// A server that keeps one socket for each session: a newer one ends the one before.
fn exclusive() -> Script {
    let newest = Mutex::new(None::<TcpStream>);
    Script::new(move |request| match request.step {
        Asked::Socket => {
            if let Some(older) = newest.lock().unwrap().take() {
                // The client may have been faster.
                let _ = older.shutdown(Shutdown::Both);
            }
            request.open(|socket| *newest.lock().unwrap() = Some(socket.get_ref().try_clone().unwrap()))
        }
        _ => well(request),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_that_ends_the_first_is_no_limit_of_silence() {
    let server = exclusive();
    let quiet = Some(Duration::from_secs(30));
    let outcome = run(Check { quiet, ..check_of(profile(server.address)) }).await;
    let silence = step(&outcome, Step::Silence);
    assert_eq!(silence.state, StepState::NotRun, "{:#?}", outcome.steps);
    assert!(silence.found.as_str().contains("silence is not the reason"), "{}", silence.found);
    assert!(outcome.findings.iter().all(|finding| finding.problem.code != Code::IdleCut));
}
