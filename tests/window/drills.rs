//! The drills in the window: run, watched, and a failed one looked into.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use egui::{Key, Modifiers, OutputCommand, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ticketscope::drill::{Drill, DrillLibrary, Outcome, Problem, Progress, Verdict, run, run_all};
use ticketscope::model::{Event, FlowEvent, SafeText};

use crate::scenes::{self, ms};
use crate::{LIMIT, Window};

/// The outcome of a drill that took `took` and was broken, if it was, by `problem`.
pub fn outcome(took: Duration, problem: Option<Problem>) -> Progress {
    let verdicts = vec![Verdict { expectation: "connected in the end".into(), problem }];
    let entries = Vec::new();
    Progress::Finished(Arc::new(Outcome { verdicts, not_run: None, took, seed: 1, simulated: false, entries }))
}

/// Runs everything: some are over, one runs, the rest waits.
pub fn half_way(window: &mut Window) {
    window.press("Run all drills");
    for (place, took) in [ms(184), ms(1_600), ms(212), ms(53)].into_iter().enumerate() {
        window.tell(place, Progress::Running);
        window.tell(place, outcome(took, None));
    }
    let session = window.session();
    let now = session.now.get();
    session.now.set(now - ms(6_100));
    window.tell(4, Progress::Running);
    session.now.set(now);
    window.harness.step();
}

/// A drill has been run whose console is looked at; its times are made up.
pub fn logged(size: [f32; 2], theme: Theme) -> Window {
    let mut window = Window::open(size, theme, scenes::reconnecting);
    if !window.shows("DRILLS") {
        window.press("Faults");
    }
    window.harness.get_by_label("Test 1: Fresh browser (no JWT): not run").click_accesskit();
    window.harness.run();
    let session = scenes::Session::new(DrillLibrary::usual_profile(), |_| {});
    scenes::reconnecting(&session);
    let entries = session.journal.since(0).entries;
    let problem = Some(Problem { reason: SafeText::new("it did not"), entries: Vec::new() });
    let verdicts = vec![Verdict { expectation: "connected in the end".into(), problem }];
    let outcome = Outcome { verdicts, not_run: None, took: ms(5_000), seed: 1, simulated: false, entries };
    window.tell(0, Progress::Finished(Arc::new(outcome)));
    window.keys(Modifiers::COMMAND, Key::Num4);
    window
}

/// A drill has failed, and what broke it is looked at.
pub fn failed(size: [f32; 2], theme: Theme) -> Window {
    let mut window = Window::open(size, theme, scenes::reconnecting);
    let (_, drill) = DrillLibrary::shipped().usable.remove(0);
    if !window.shows("DRILLS") {
        window.press("Faults");
    }
    window.harness.get_by_label("Test 1: Fresh browser (no JWT): not run").click_accesskit();
    window.harness.run();
    let outcome = run(&drill, &DrillLibrary::usual_profile(), None);
    let connected = outcome.entries.iter().find(|entry| entry.event == Event::Flow(FlowEvent::Connected)).unwrap();
    let problem = Some(Problem { reason: SafeText::new("it happened once"), entries: vec![connected.seq] });
    let verdicts = vec![Verdict { expectation: "never connected".into(), problem }];
    window.tell(0, Progress::Finished(Arc::new(Outcome { verdicts, ..outcome })));
    let problem = window.harness.get_by_label("never connected: it happened once");
    problem.scroll_to_me();
    problem.click_accesskit();
    window.harness.run();
    window
}

#[test]
fn the_list_tells_how_each_drill_stands() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, scenes::reconnecting);
    assert!(window.shows("Test 1: Fresh browser (no JWT): not run"));
    half_way(&mut window);
    assert!(window.shows("Test 1: Fresh browser (no JWT): ✓ 184 ms"));
    assert!(window.shows("Test 5: Redis down (503): ● running 6.1 s"));
    assert!(window.shows("Test 6: Origin blocked: queued"));
    let started = window.started.borrow()[0].0.len();
    assert_eq!(started, DrillLibrary::shipped().usable.len());
    // What runs or waits is not started again; what is over can be.
    window.press("Test 6: Origin blocked: queued");
    assert_eq!(window.started.borrow().len(), 1);
    window.press("Test 1: Fresh browser (no JWT): ✓ 184 ms");
    let started: Vec<_> = window.started.borrow()[1].0.iter().map(|drill| drill.name.clone()).collect();
    assert_eq!(started, ["Test 1: Fresh browser (no JWT)"]);
    assert!(window.sent().is_empty(), "the session is not touched");
}

#[test]
fn all_drills_are_counted_while_they_run_and_cannot_be_started_twice() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, scenes::reconnecting);
    half_way(&mut window);
    assert!(window.shows("4 of 30 done"));
    assert!(window.harness.get_by_label("Run all drills").accesskit_node().is_disabled());
    for place in 4..30 {
        window.tell(place, outcome(ms(10), None));
    }
    window.harness.step();
    assert!(window.shows("30 passed, 0 failed, ") && !window.shows(" of 30 done"));
}

#[test]
fn a_failed_drill_says_why_and_shows_the_entry() {
    let mut window = failed([1360.0, 860.0], Theme::Dark);
    assert!(window.shows("Test 1: Fresh browser (no JWT): ✗ failed"));
    window.harness.event(egui::Event::Copy);
    window.harness.step();
    let copied = window.harness.output().platform_output.commands.clone();
    let [OutputCommand::CopyText(selected)] = &copied[..] else { panic!("{copied:?}") };
    assert!(selected.ends_with("[WS] Connected"), "{selected}");
}

/// Reads the drills of a folder, as the window does when somebody comes back to it.
fn with_a_broken_one() -> DrillLibrary {
    let folder = tempfile::tempdir().unwrap();
    let own = "name = 'My own drill'\nshows = 'x'\nsteps = ['connect']\nexpect = [{ status = 'connected' }]\n";
    std::fs::write(folder.path().join("mine.toml"), own).unwrap();
    std::fs::write(folder.path().join("wrong.toml"), own.replace("'connect'", "'conect'")).unwrap();
    DrillLibrary::load_from(Some(folder.path()))
}

#[test]
fn a_file_of_ones_own_appears_without_a_restart_and_a_broken_one_says_why() {
    let size = [1360.0, 860.0];
    let mut window =
        Window::with_drills(size, Theme::Dark, scenes::reconnecting, DrillLibrary::shipped(), with_a_broken_one);
    window.press("Test 1: Fresh browser (no JWT): not run");
    window.tell(0, outcome(ms(5), None));
    assert!(!window.shows("My own drill"));
    window.harness.event(egui::Event::WindowFocused(true));
    let deadline = tokio::time::Instant::now() + LIMIT;
    while !window.shows("My own drill: not run") {
        assert!(tokio::time::Instant::now() < deadline, "the file does not appear");
        window.harness.step();
    }
    assert!(window.shows("⚠ wrong.toml:3:"), "the file and the line");
    assert!(window.shows("Test 1: Fresh browser (no JWT): ✓ 5.0 ms"), "what has been run stays");
    window.press("My own drill: not run");
    assert_eq!(window.started.borrow().last().unwrap().0[0].name, "My own drill");
}

#[test]
fn what_was_not_run_is_not_called_failed() {
    let mut window = Window::open([1360.0, 860.0], Theme::Dark, scenes::reconnecting);
    window.press("Test 1: Fresh browser (no JWT): not run");
    let Progress::Finished(passed) = outcome(ms(0), None) else { unreachable!() };
    let not_run = Some("needs redis-server, which this computer does not have");
    window.tell(0, Progress::Finished(Arc::new(Outcome { verdicts: Vec::new(), not_run, ..(*passed).clone() })));
    assert!(window.shows("Test 1: Fresh browser (no JWT): – not run"));
    assert!(window.shows("needs redis-server"));
}

/// What somebody sees of a result, whatever it took.
fn result(outcome: &Outcome) -> impl PartialEq + std::fmt::Debug {
    let is_failure = |event: &Event| {
        matches!(
            event,
            Event::Flow(FlowEvent::AttemptFailed { .. }) | Event::Flow(FlowEvent::Disconnected { class: Some(_), .. })
        )
    };
    let failures = outcome.entries.iter().filter(|entry| is_failure(&entry.event));
    let marks: Vec<_> = failures.map(|entry| entry.simulated.as_ref().map(ToString::to_string)).collect();
    let lines = outcome.entries.iter().flat_map(|entry| ticketscope::journal::lines(entry));
    let waits = lines.map(|line| line.to_string()).filter(|line| line.starts_with("[WS] Reconnecting"));
    let waits: Vec<_> = waits.collect();
    let reason = |verdict: &Verdict| verdict.problem.as_ref().map(|problem| problem.reason.clone());
    let verdicts = outcome.verdicts.iter().map(|verdict| (verdict.expectation.clone(), reason(verdict)));
    let verdicts: Vec<_> = verdicts.collect();
    (outcome.passed(), outcome.not_run, outcome.seed, outcome.simulated, verdicts, marks, waits)
}

/// Runs every drill as the window does and as `ticketscope drill` does: several at a time, on threads of its own.
#[test]
fn the_window_and_the_console_come_to_the_same_result() {
    let broken = "name = 'Fails'\nshows = 'x'\nseed = 1\nsteps = ['connect', { wait = { status = 'connected' } }]\n\
        expect = [{ never = { event = 'connected' } }, { status = 'connected' }]\n";
    let shipped = DrillLibrary::shipped().usable.into_iter();
    // How many failures there are in these depends on which of two things comes first: the end of Redis or the
    // end of an attempt, the server's return or the end of a wait.
    let by_chance = ["redis-killed", "network-away", "deployed-redis-died", "deployed-redis-down-at-start"];
    let drills = shipped.filter(|(id, _)| !by_chance.contains(&id.as_str())).map(|(_, drill)| drill);
    let drills: Vec<_> = drills.chain([Drill::from_toml(broken).unwrap()]).collect();

    let console: Mutex<BTreeMap<_, _>> = Mutex::default();
    run_all(&drills, &DrillLibrary::usual_profile(), None, |place, progress| {
        if let Progress::Finished(outcome) = progress {
            console.lock().unwrap().insert(place, outcome);
        }
    });
    let (tell, told) = std::sync::mpsc::channel();
    let report: ticketscope::ui::Report = Box::new(move |place, progress| tell.send((place, progress)).unwrap());
    assert!(ticketscope::ui::in_background()(drills.clone(), report));
    let mut console = console.into_inner().unwrap();
    let failed: Vec<_> = console.iter().filter(|(_, outcome)| !outcome.passed()).map(|(&place, _)| place).collect();
    assert_eq!(failed, [drills.len() - 1]);
    for (place, progress) in told {
        if let Progress::Finished(there) = progress {
            let here = console.remove(&place).unwrap();
            assert_eq!(result(&here), result(&there), "{}", drills[place].name);
        }
    }
    assert!(console.is_empty(), "the window ran them all");
}
