//! The check in the window: begun, followed, cancelled, read.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use chrono::DateTime;
use egui::{Key, Modifiers, OutputCommand, Theme};
use egui_kittest::kittest::Queryable as _;
use ticketscope::check::{Ending, Outcome, Progress, Step, StepResult, StepState, waiting};
use ticketscope::diagnosis::{Diagnoser, Finding};
use ticketscope::faults::FaultKind;
use ticketscope::model::failure::*;
use ticketscope::model::*;
use ticketscope::settings::Layout;
use tokio::sync::oneshot;

use crate::{Window, layouts, scenes};

/// A check that the window has started.
pub struct Started {
    pub profile: Profile,
    pub armed: Vec<FaultName>,
    pub session: ReportId,
    pub quiet: Option<Duration>,
    pub news: SyncSender<Progress>,
    pub wake: Box<dyn Fn() + Send>,
    pub cancelled: oneshot::Receiver<()>,
}

fn step(step: Step, state: StepState, took: u64, found: &str, details: &[&str]) -> StepResult {
    let details = details.iter().map(|&line| line.into()).collect();
    let blank = waiting().into_iter().find(|result| result.step == step).unwrap();
    StepResult { state, found: found.into(), details, took: Duration::from_micros(took), ..blank }
}

/// The steps of a healthy service, up to `until`.
fn healthy() -> Vec<StepResult> {
    use StepState::{Passed, Skipped};
    vec![
        step(Step::Clock, Passed, 24_000, "agrees with the server's to ± 512 ms", &[]),
        step(Step::Configuration, Passed, 4_100, "https://api.example.com · origin https://app.example.com", &[]),
        step(Step::Proxy, Passed, 40, "none, the connection is direct", &[]),
        step(Step::Dns, Passed, 12_300, "1 IPv4, 1 IPv6", &["api.example.com: 203.0.113.7, 2001:db8::7"]),
        step(
            Step::Tcp,
            Passed,
            21_900,
            "1 of 2 addresses connect",
            &["✓ 203.0.113.7:443 connected in 21 ms", "✗ [2001:db8::7]:443: no route to this network after 0.1 ms"],
        ),
        step(
            Step::Tls,
            Passed,
            46_000,
            "TLS 1.3 · certificate by R11 (Let's Encrypt) until 2027-01-30",
            &["api.example.com, by R11 (Let's Encrypt), valid 2026-11-01 to 2027-01-30"],
        ),
        step(Step::Health, Skipped, 24_000, "the server has no health endpoint (/healthz: 404)", &[]),
        step(Step::Token, Passed, 900, "from the keychain, tokenHash #2ae8fbacd214", &[]),
        step(Step::Claims, Passed, 0, "session sess_a…28, valid for 29 d 23 h more", &[]),
        step(Step::Ticket, Passed, 48_000, "ticketHash #f3a3f236096a, lives 30 s", &[]),
        step(
            Step::Upgrade,
            Passed,
            81_000,
            "101 Switching Protocols with origin https://app.example.com",
            &["DNS 0.2 ms · TCP 21 ms · TLS 30 ms · upgrade 29 ms"],
        ),
        step(Step::Open, Passed, 5_000_000, "5.0 s open, 3 pings answered in 22 ms", &[]),
        step(Step::Comeback, Passed, 381_000, "back, with a new ticket", &[]),
    ]
}

/// The steps where the ticket is refused.
fn refused() -> Vec<StepResult> {
    let mut steps = healthy();
    let words = "the ticket request failed: 503 REDIS_UNAVAILABLE";
    steps[9] = step(Step::Ticket, StepState::Failed, 31_000, words, &["trace id 7f3a91c0-2"]);
    for result in &mut steps[10..] {
        *result = step(result.step, StepState::NotRun, 0, "Ticket failed", &[]);
    }
    steps
}

/// The steps where a company's proxy reads along.
fn read_along() -> Vec<StepResult> {
    let mut steps = healthy();
    let words = "it works, but Zscaler Root CA (Zscaler Inc.) opens it on the way · TLS 1.3 · certificate by Zscaler Root CA \
                 (Zscaler Inc.) until 2027-01-30";
    steps[5] = step(Step::Tls, StepState::Warning, 46_000, words, &[]);
    steps
}

/// The steps where the names are not found.
fn unresolved() -> Vec<StepResult> {
    let mut steps = healthy();
    let words = "api.example.com: no address: failed to lookup address information: Name or service not known";
    steps[3] = step(Step::Dns, StepState::Failed, 4_012_000, words, &[]);
    steps[0] = step(Step::Clock, StepState::NotRun, 0, "DNS failed", &[]);
    for result in &mut steps[4..] {
        *result = step(result.step, StepState::NotRun, 0, "DNS failed", &[]);
    }
    steps
}

/// The steps where the health endpoint holds the check up until its limit is over.
fn late() -> Vec<StepResult> {
    let mut steps = healthy();
    steps[6] = step(Step::Health, StepState::Failed, 52_000_000, "no end within the 60 s of the whole check", &[]);
    let words = "the check ended here: it may take 60 s in all";
    for at in std::iter::once(0).chain(7..steps.len()) {
        steps[at] = step(steps[at].step, StepState::NotRun, 0, words, &[]);
    }
    steps
}

/// The steps where only this computer's clock is wrong.
fn behind() -> Vec<StepResult> {
    let mut steps = healthy();
    let words = "2 h behind the server's, to ± 512 ms";
    steps[0] = step(Step::Clock, StepState::Failed, 24_000, words, &["the JWT is valid by both clocks"]);
    steps
}

/// What the diagnosis makes of `event`.
fn found(event: impl Into<Event>) -> Vec<Finding> {
    let mut diagnoser = Diagnoser::new(Profile::production());
    diagnoser.apply(&Entry {
        seq: 7,
        elapsed: Moment::START,
        time: DateTime::UNIX_EPOCH,
        attempt: None,
        source: Source::Driver,
        simulated: None,
        event: event.into(),
    });
    diagnoser.findings()
}

fn outcome(profile: &Profile, steps: Vec<StepResult>, ending: Ending, armed: Vec<FaultName>) -> Progress {
    concluded(profile, steps, ending, armed, Vec::new())
}

fn concluded(
    profile: &Profile,
    steps: Vec<StepResult>,
    ending: Ending,
    armed: Vec<FaultName>,
    findings: Vec<Finding>,
) -> Progress {
    Progress::Finished(Arc::new(Outcome {
        profile: profile.clone(),
        started: scenes::date("2026-01-25T14:02:07Z"),
        seed: 7,
        took: Duration::from_millis(5_640),
        ending,
        steps,
        findings,
        repeats: None,
        armed,
        entries: Vec::new(),
    }))
}

impl Window {
    /// Tells the window's newest check's news.
    fn check_says(&mut self, news: impl IntoIterator<Item = Progress>) {
        {
            let started = self.checks.borrow();
            let check = started.last().unwrap();
            news.into_iter().for_each(|progress| check.news.send(progress).unwrap());
            (check.wake)();
        }
        self.harness.run_ok();
        self.harness.step();
    }
}

fn connected(session: &scenes::Session) {
    session.serve();
    session.connect();
}

/// A window with a check in each of the states that a person can meet.
pub fn scene(name: &str, size: [f32; 2], theme: Theme) -> Window {
    let mut window = Window::open(size, theme, connected);
    window.harness.key_press_modifiers(Modifiers::COMMAND, Key::E);
    window.harness.step();
    window.harness.step();
    let profile = window.checks.borrow()[0].profile.clone();
    match name {
        "check healthy" => window.check_says([outcome(&profile, healthy(), Ending::Complete, Vec::new())]),
        "check warning" => {
            let issuer = Issuer::new("Zscaler Root CA".into(), Some("Zscaler Inc.".into()));
            let findings = found(DriverEvent::CertificateAccepted { issuer });
            window.check_says([concluded(&profile, read_along(), Ending::Complete, Vec::new(), findings)]);
        }
        "check unresolved" => {
            let dns = DnsFailure { host: "api.example.com".into(), cause: DnsCause::NoSuchName };
            let failure = Failure::Dial(DialFailure::Transport(Transport::Dns(dns)));
            let findings = found(FlowEvent::AttemptFailed { failure, class: Class::Soft });
            window.check_says([concluded(&profile, unresolved(), Ending::Complete, Vec::new(), findings)]);
        }
        "check late" => window.check_says([outcome(&profile, late(), Ending::OutOfTime, Vec::new())]),
        "check clock" => {
            let offset = ClockOffset { ahead_millis: -7_245_000, within: Duration::from_millis(512) };
            let findings = found(DriverEvent::ClockCompared { offset });
            window.check_says([concluded(&profile, behind(), Ending::Complete, Vec::new(), findings)]);
        }
        "check failed" => window.check_says([outcome(&profile, refused(), Ending::Complete, Vec::new())]),
        "check simulated" => {
            let armed = vec![FaultKind::Simulate503.name(), FaultKind::BlockOrigin.name()];
            window.check_says([outcome(&profile, refused(), Ending::Complete, armed)]);
        }
        "check running" => {
            let mut news: Vec<_> = healthy().into_iter().take(9).map(Progress::Step).collect();
            news.push(Progress::Step(step(Step::Ticket, StepState::Running, 0, "", &[])));
            window.check_says(news);
        }
        "check cancelled" => {
            let not_run = |result: StepResult| step(result.step, StepState::NotRun, 0, "the check was cancelled", &[]);
            let steps = healthy().into_iter().map(not_run).collect();
            window.check_says([outcome(&profile, steps, Ending::Cancelled, Vec::new())]);
        }
        other => panic!("no scene {other}"),
    }
    window
}

/// All of them.
pub const SCENES: [&str; 9] = [
    "check healthy",
    "check failed",
    "check simulated",
    "check running",
    "check cancelled",
    "check warning",
    "check unresolved",
    "check late",
    "check clock",
];

const SIZE: [f32; 2] = [1360.0, 860.0];

#[test]
fn the_steps_appear_as_they_are_done_and_the_session_is_not_touched() {
    let mut window = scene("check running", SIZE, Theme::Dark);
    assert!(window.shows("CHECKING: Does the JWT get a ticket?. 9 of 14 steps are over.  "));
    assert!(window.shows("Ticket: running 0.0 s Does the JWT get a ticket?"));
    assert!(window.shows("Upgrade: waiting  Does the ticket open the WebSocket?"));
    let profile = window.checks.borrow()[0].profile.clone();
    window.check_says([outcome(&profile, healthy(), Ending::Complete, Vec::new())]);
    assert!(window.shows("Upgrade: passed 81 ms 101 Switching Protocols with origin https://app.example.com"));
    assert!(window.shows("Health: skipped  the server has no health endpoint (/healthz: 404)"));
    assert!(window.sent().is_empty());
}

#[test]
fn what_works_with_a_reservation_is_neither_well_nor_failed() {
    let window = scene("check warning", SIZE, Theme::Dark);
    assert!(window.shows("TLS: warning 46 ms it works, but Zscaler Root CA (Zscaler Inc.) opens it on the way"));
    assert!(window.shows("WORKS, BUT: The secure connection is opened on the way by Zscaler Root CA (Zscaler Inc.)"));
    let window = scene("check clock", SIZE, Theme::Dark);
    assert!(window.shows("WORKS, BUT: This computer's clock is 2 h 45 s behind"));
    let window = scene("check late", SIZE, Theme::Dark);
    assert!(window.shows("NOT WELL: Health failed. No end within the 60 s of the whole check. operations"));
    assert!(window.shows("Upgrade: not run  the check ended here: it may take 60 s in all"));
}

#[test]
fn a_failed_step_leaves_the_rest_not_run_and_the_text_can_be_copied() {
    let mut window = scene("check failed", SIZE, Theme::Dark);
    assert!(window.shows("Ticket: failed 31 ms the ticket request failed: 503 REDIS_UNAVAILABLE"));
    assert!(window.shows("Comes back: not run  Ticket failed"));
    window.harness.get_by_label("Copy").click();
    window.harness.step();
    window.harness.step();
    let copied = window.harness.output().platform_output.commands.clone();
    let [OutputCommand::CopyText(text)] = &copied[..] else { panic!("{copied:?}") };
    for expected in ["✗ Ticket ", "503 REDIS_UNAVAILABLE", "trace id 7f3a91c0-2", "∅ Comes back ", "NOT WELL"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_check_is_told_of_armed_faults_and_can_be_cancelled_and_run_again() {
    let mut window = Window::open(SIZE, Theme::Dark, |session| {
        connected(session);
        session.arm(FaultKind::BlockOrigin.default_parameters(), None);
    });
    window.press("Check…");
    assert_eq!(window.checks.borrow()[0].armed, [FaultKind::BlockOrigin.name()]);
    assert_eq!(window.checks.borrow()[0].session.to_string(), "7f3a91c0", "the session's own id");
    window.harness.get_all_by_label("Cancel check").next().unwrap().click_accesskit();
    window.harness.step();
    window.harness.step();
    let is_cancelled = window.checks.borrow_mut()[0].cancelled.try_recv();
    assert_eq!(is_cancelled, Err(oneshot::error::TryRecvError::Closed));
    let profile = window.checks.borrow()[0].profile.clone();
    window.check_says([outcome(&profile, waiting(), Ending::Cancelled, vec![FaultKind::BlockOrigin.name()])]);
    window.harness.get_by_label("Run again").click_accesskit();
    window.harness.step();
    window.harness.step();
    assert_eq!(window.checks.borrow().len(), 2);
}

#[test]
fn a_check_that_ends_without_a_word_is_not_shown_as_going_on() {
    let mut window = Window::open(SIZE, Theme::Dark, connected);
    window.press("Check…");
    let check = window.checks.borrow_mut().pop().unwrap();
    drop(check.news);
    (check.wake)();
    window.harness.run();
    assert!(window.harness.query_all_by_label_contains("CRASHED").next().is_some());
}

/// The outcome of a check of `profile` whose names are not found.
fn not_found(profile: &Profile) -> Progress {
    let dns = DnsFailure { host: "api.example.com".into(), cause: DnsCause::NoSuchName };
    let failure = Failure::Dial(DialFailure::Transport(Transport::Dns(dns)));
    let findings = found(FlowEvent::AttemptFailed { failure, class: Class::Soft });
    concluded(profile, unresolved(), Ending::Complete, Vec::new(), findings)
}

#[test]
fn without_a_session_the_check_is_what_support_sees_and_copies() {
    let mut window = layouts::laid_out(Layout::Support, SIZE, Theme::Dark, |_| {});
    assert!(window.shows("Press Connect to begin") && window.shows("nothing has been tried"));
    window.keys(Modifiers::COMMAND, Key::E);
    let profile = window.checks.borrow()[0].profile.clone();
    window.check_says([not_found(&profile)]);
    assert!(!window.shows("Press Connect to begin") && !window.shows("nothing has been tried"));
    let answer = window.copied("Copy answer");
    assert!(answer.len() > 40 && !answer.contains("no answer yet"), "{answer}");
    window.harness.run();
    let findings = window.copied("Copy findings");
    assert!(findings.contains("Owner: "), "{findings}");
}

#[test]
fn a_session_that_goes_on_speaks_for_itself() {
    let mut window = layouts::laid_out(Layout::Support, SIZE, Theme::Dark, connected);
    let before = window.copied("Copy answer");
    window.harness.run();
    window.keys(Modifiers::COMMAND, Key::E);
    let profile = window.checks.borrow()[0].profile.clone();
    window.check_says([not_found(&profile)]);
    assert_eq!(window.copied("Copy answer"), before);
}
