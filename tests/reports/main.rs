//! Situations that people met, from public bug reports, brought about by servers of our own: check and live session have
//! to name cause, owner and next step. `cargo nextest run --test reports --no-capture` prints the table,
//! `TICKETSCOPE_REPORTS=part-of-a-name` chooses rows, `TICKETSCOPE_REPORTS_FULL=1` prints all that was said.

mod answers;
mod causes;
mod credentials;
mod gateways;
mod kinds;
mod products;
mod report;
mod rhythms;
mod sockets;
mod stores;
mod twins;

use std::sync::Arc;
use std::time::Duration;

use support::scene::{Program, Said};
use tokio::runtime::Builder;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};

use report::{Kind, Report, View, contradicts};

/// What is tested.
const PROGRAM: Program = Program(env!("CARGO_BIN_EXE_ticketscope"));

/// Reports there are, and how many have to be told right.
const REPORTS: usize = 50;
const RIGHT: usize = 47;

/// Programs that run at the same time; most of them wait.
const SIDE_BY_SIDE: usize = 10;

/// What one view said of one report.
struct Line {
    /// The place of the report in the list.
    number: usize,
    view: View,
    /// `None` if a real part is missing.
    said: Option<Said>,
    faults: Vec<String>,
}

#[test]
fn what_people_met_is_told_right() {
    let reports = quick();
    let wrong = judged(&reports);
    assert!(wrong.len() <= REPORTS - RIGHT, "{} wrong: {wrong:?}", wrong.len());
}

#[test]
#[ignore = "takes several minutes of real time: tests/extended/reports.sh"]
fn what_people_met_after_a_while_is_told_right() {
    // The others may use up what may be wrong.
    let wrong = judged(&rhythms::all());
    assert!(wrong.is_empty(), "wrong: {wrong:?}");
}

#[test]
fn what_only_looks_like_a_report_is_told_apart() {
    let wrong = judged(&twins::all());
    assert!(wrong.is_empty(), "wrong: {wrong:?}");
}

#[test]
fn what_is_of_the_same_kinds_is_told_right() {
    let wrong = judged(&kinds::all());
    assert!(wrong.is_empty(), "wrong: {wrong:?}");
}

#[test]
fn what_gateways_and_frameworks_answer_is_told_by_their_own_settings() {
    let wrong = judged(&products::all());
    assert!(wrong.is_empty(), "wrong: {wrong:?}");
}

#[test]
fn what_is_easily_taken_for_another_cause_is_told_right() {
    let wrong = judged(&causes::all());
    assert!(wrong.is_empty(), "wrong: {wrong:?}");
}

#[test]
fn every_report_is_there() {
    let names: std::collections::BTreeSet<_> =
        quick().iter().chain(&rhythms::all()).map(|report| report.name).collect();
    assert_eq!(names.len(), REPORTS, "{names:?}");
}

fn quick() -> Vec<Report> {
    [gateways::all(), answers::all(), credentials::all(), stores::all(), sockets::all()].into_iter().flatten().collect()
}

/// Brings `reports` about, prints what was said of them, and returns the names of those that were told wrong.
fn judged(reports: &[Report]) -> Vec<&'static str> {
    let only = std::env::var("TICKETSCOPE_REPORTS").unwrap_or_default();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let lines = runtime.block_on(observe(reports, &only));
    // Servers wait for ever.
    runtime.shutdown_background();
    print(reports, &lines);

    let of = |is_wanted: fn(Kind, &Said) -> bool| {
        let kind = |line: &Line| reports[line.number].kind(line.view);
        let is_wanted = |line: &&Line| line.said.as_ref().is_some_and(|said| is_wanted(kind(line), said));
        lines.iter().filter(is_wanted).map(|line| reports[line.number].name).collect::<Vec<_>>()
    };
    let unnoticed = of(|kind, said| matches!(kind, Kind::Broken(_)) && said.is_well);
    assert!(unnoticed.is_empty(), "broken, and called healthy: {unnoticed:?}");
    let contradicted = of(|_, said| contradicts(said));
    assert!(contradicted.is_empty(), "the next step is somebody else's than the owner's: {contradicted:?}");
    let mut wrong: Vec<_> =
        lines.iter().filter(|line| !line.faults.is_empty()).map(|line| reports[line.number].name).collect();
    wrong.dedup();
    wrong
}

/// Every view of every report whose name contains `only`.
async fn observe(reports: &[Report], only: &str) -> Vec<Line> {
    let room = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut running = JoinSet::new();
    for (number, report) in reports.iter().enumerate().filter(|(_, report)| report.name.contains(only)) {
        for &view in report.by.views() {
            for stage in &report.stages {
                let (staging, room, times) = (stage(view), Arc::clone(&room), report.repeated);
                let looked = tokio::spawn(async move {
                    let _turn = room.acquire().await.unwrap();
                    let scene = staging.await?;
                    let said = match (view, times) {
                        (View::Check, None) => PROGRAM.check(&scene, &[]).await,
                        (View::Check, Some(times)) => PROGRAM.check(&scene, &["--repeat", times]).await,
                        (View::Quiet, _) => PROGRAM.check(&scene, &["--quiet", "90s"]).await,
                        (View::Live, _) => PROGRAM.live(&scene).await,
                    };
                    let log = scene.log.as_ref().map_or_else(String::new, |log| log.lock().unwrap().clone());
                    Some((said, log))
                });
                // A row that fails is wrong, and the others are looked at all the same.
                running.spawn(async move {
                    let failed =
                        |panic: JoinError| Some((Said::only(panic.to_string(), Duration::ZERO), String::new()));
                    (number, view, looked.await.unwrap_or_else(failed))
                });
            }
        }
    }
    let judge = |(number, view, seen): (usize, View, Option<(Said, String)>)| {
        let report: &Report = &reports[number];
        let faults = seen.as_ref().map_or_else(Vec::new, |(said, log)| report.faults(view, said, log));
        Line { number, view, said: seen.map(|(said, _)| said), faults }
    };
    let mut lines: Vec<_> = running.join_all().await.into_iter().map(judge).collect();
    lines.sort_by_key(|line| (line.number, line.view));
    lines
}

/// The table: what is right first, then what is wrong and why.
fn print(reports: &[Report], lines: &[Line]) {
    let is_full = std::env::var_os("TICKETSCOPE_REPORTS_FULL").is_some();
    println!("{:<17} {:<5}  {:<5}  {:<28} {:<44} line", "name", "by", "", "expected", "said");
    let mut sorted: Vec<_> = lines.iter().collect();
    sorted.sort_by_key(|line| (!line.faults.is_empty(), line.said.is_none(), line.number));
    for Line { number, view, said, faults } in sorted {
        let report = &reports[*number];
        let Some(said) = said else {
            println!("{:<17} {view:<5}  skip", report.name);
            continue;
        };
        let owner = said.owner.map_or_else(|| "-".to_owned(), |owner| owner.to_string());
        let code = said.first.as_deref().unwrap_or(if said.is_well { "(healthy)" } else { "(nothing)" });
        let is_right = if faults.is_empty() { "right" } else { "WRONG" };
        let short: String = said.line.chars().take(100).collect();
        println!(
            "{:<17} {view:<5}  {is_right}  {:<28} {:<44} {short}",
            report.name,
            report.kind(*view),
            format!("{owner}: {code}")
        );
        if !faults.is_empty() {
            println!("    {}", faults.join("; "));
        }
        if contradicts(said) {
            println!("    the next step is somebody else's than the owner's");
        }
        if is_full {
            println!("    {} ({})\n    WHY  {}\n    NEXT {}", report.name, report.source, said.why, said.next);
        }
    }
    let right = lines.iter().filter(|line| line.faults.is_empty()).count();
    println!("{right} of {} verdicts are right\n", lines.len());
}
