//! The drills in the window: run, watched, and a failed one looked into.

use std::sync::Arc;
use std::time::Duration;

use egui::{OutputCommand, Theme};
use egui_kittest::kittest::Queryable as _;
use ticketscope::drill::{Outcome, Problem, Progress, Shelf, Verdict, run};
use ticketscope::model::{Event, SafeText};

use crate::Window;
use crate::scenes::{self, ms};

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

/// A drill has failed, and what broke it is looked at.
pub fn failed(size: [f32; 2], theme: Theme) -> Window {
    let mut window = Window::open(size, theme, scenes::reconnecting);
    let (_, drill) = Shelf::shipped().usable.remove(0);
    if !window.shows("DRILLS") {
        window.press("Faults");
    }
    window.harness.get_by_label("Test 1: Fresh browser (no JWT): not run").click_accesskit();
    window.harness.run();
    let outcome = run(&drill, &Shelf::usual_profile(), None);
    let connected = outcome.entries.iter().find(|entry| entry.event == Event::Connected).unwrap();
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
    assert_eq!(started, Shelf::shipped().usable.len());
    // What runs or waits is not started again; what is over can be.
    window.press("Test 6: Origin blocked: queued");
    assert_eq!(window.started.borrow().len(), 1);
    window.press("Test 1: Fresh browser (no JWT): ✓ 184 ms");
    let started: Vec<_> = window.started.borrow()[1].0.iter().map(|drill| drill.name.clone()).collect();
    assert_eq!(started, ["Test 1: Fresh browser (no JWT)"]);
    assert!(window.sent().is_empty(), "the session is not touched");
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

/// Runs a drill as the window does, on threads of its own, and on this one as the console does.
#[test]
fn the_window_and_the_console_come_to_the_same_result() {
    let drill = Shelf::shipped().choose("server-restart").unwrap();
    let here = run(&drill, &Shelf::usual_profile(), None);
    let (tell, told) = std::sync::mpsc::channel();
    let report: ticketscope::ui::Report = Box::new(move |_, progress| tell.send(progress).unwrap());
    assert!(ticketscope::ui::in_background()(vec![drill], report));
    let there = told.iter().find_map(|progress| match progress {
        Progress::Finished(outcome) => Some(outcome),
        Progress::Running => None,
    });
    let there = there.unwrap();
    assert!(here.passed());
    assert_eq!((&here.verdicts, here.seed, here.simulated), (&there.verdicts, there.seed, there.simulated));
    let waits = |outcome: &Outcome| -> Vec<String> {
        let lines = outcome.entries.iter().flat_map(|entry| ticketscope::journal::lines(entry));
        lines.map(|line| line.to_string()).filter(|line| line.starts_with("[WS] Reconnecting")).collect()
    };
    assert_eq!(waits(&here), waits(&there));
}
