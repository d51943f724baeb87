//! Situations with a label, brought about by real servers and real network faults: the first finding of the check and
//! of the live session has to be the right one. `cargo nextest run --test labelled --no-capture` prints the table.

#![cfg(target_os = "linux")]

mod http;
mod local;
mod network;
mod reachability;
mod rhythm;
mod secure;
mod situation;
mod socket;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use situation::{Label, Situation};
use support::scene::{Program, Said};

/// What is tested.
const PROGRAM: Program = Program(env!("CARGO_BIN_EXE_ticketscope"));

/// Programs that run at the same time; most of them wait.
const SIDE_BY_SIDE: usize = 12;

/// The measure.
const SHARE: f64 = 0.95;

/// What one way of looking said of one situation.
struct Row {
    name: &'static str,
    way: &'static str,
    label: Label,
    words: &'static [&'static str],
    apart: Option<&'static str>,
    said: Said,
}

impl Row {
    fn is_right(&self) -> bool {
        self.label.fits(&self.said) && self.words.iter().all(|words| self.said.line.contains(words))
    }
}

#[test]
fn the_first_finding_names_the_right_cause() {
    if network::is_inside() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        return diagnoser(runtime.block_on(observe()));
    }
    match network::run_inside("the_first_finding_names_the_right_cause") {
        Some(passed) => assert!(passed, "see the table above"),
        None => {
            assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "needs root, unshare, ip and nft");
            println!("skipped: needs root, unshare, ip and nft");
        }
    }
}

/// Every situation, as the check and as the live session sees it.
async fn observe() -> Vec<Row> {
    network::serve_dns().await;
    let only = std::env::var("TICKETSCOPE_LABELLED").unwrap_or_default();
    let all = [local::all(), http::all(), socket::all(), secure::all(), reachability::all()].into_iter().flatten();
    let room = Arc::new(Semaphore::new(SIDE_BY_SIDE));
    let mut running = JoinSet::new();
    for (number, situation) in all.filter(|situation| situation.name.contains(&only)).enumerate() {
        let Situation { name, check: by_check, live: by_live, words, apart, stage } = situation;
        let stage = Arc::new(stage);
        for (way, label) in [("check", by_check), ("live", by_live)] {
            if label == Label::Unseen {
                continue;
            }
            let (room, stage) = (Arc::clone(&room), Arc::clone(&stage));
            running.spawn(async move {
                let _turn = room.acquire().await.unwrap();
                let scene = stage().await;
                let said = if way == "check" { PROGRAM.check(&scene, &[]).await } else { PROGRAM.live(&scene).await };
                (number, Row { name, way, label, words, apart, said })
            });
        }
    }
    let mut rows = running.join_all().await;
    rows.sort_by_key(|(number, row)| (*number, row.way));
    let mut rows: Vec<_> = rows.into_iter().map(|(_, row)| row).collect();
    if only.is_empty() {
        rows.extend(rhythm::all().await);
    }
    rows
}

/// Prints the table and compares it with what is asked for.
fn diagnoser(rows: Vec<Row>) {
    let wrong: Vec<_> = rows.iter().filter(|row| !row.is_right()).collect();
    let mut confused = BTreeMap::<_, (u32, u32, BTreeMap<String, u32>)>::new();
    for row in &rows {
        let expected = shown(row.label);
        let (all, right, others) = confused.entry(expected).or_default();
        *all += 1;
        if row.is_right() {
            *right += 1;
        } else {
            *others.entry(said(&row.said)).or_default() += 1;
        }
    }
    println!("{:<36} {:>5} {:>5}  said instead", "the cause", "seen", "right");
    for (expected, (all, right, others)) in &confused {
        let others: Vec<_> = others.iter().map(|(code, times)| format!("{code} ×{times}")).collect();
        println!("{expected:<36} {all:>5} {right:>5}  {}", others.join(", "));
    }
    for row in &wrong {
        let Row { name, way, label, said: it, .. } = row;
        println!("WRONG {name} ({way}): {} instead of {}: {}", said(it), shown(*label), it.line);
    }
    let of = |is_wanted: fn(&Label) -> bool| rows.iter().filter(|row| is_wanted(&row.label)).collect::<Vec<_>>();
    let broken = of(|label| matches!(label, Label::Broken(_)));
    let well = of(|label| *label == Label::Healthy);
    let named = broken.iter().filter(|row| row.is_right()).count();
    let names = broken.iter().map(|row| row.name).collect::<std::collections::BTreeSet<_>>();
    let longest = rows.iter().filter(|row| row.way == "check").map(|row| row.said.took).max().unwrap_or_default();
    println!("{} faulty situations; {named} of {} verdicts on them name the cause", names.len(), broken.len());
    println!("{} verdicts on healthy ones; the longest check took {longest:.1?}", well.len());
    let split = split(&rows);

    let unnoticed: Vec<_> = broken.iter().filter(|row| row.said.is_well).map(|row| row.name).collect();
    assert!(unnoticed.is_empty(), "called healthy: {unnoticed:?}");
    let slandered: Vec<_> = well.iter().filter(|row| !row.label.fits(&row.said)).map(|row| row.name).collect();
    assert!(slandered.is_empty(), "healthy, and something was found: {slandered:?}");
    assert!(split.is_empty(), "check and live session disagree: {split:?}");
    assert!(named as f64 >= SHARE * broken.len() as f64, "{named} of {}", broken.len());
    assert!(longest < Duration::from_secs(70), "a check never takes more than a minute: {longest:?}");
    if std::env::var_os("TICKETSCOPE_LABELLED").is_none() {
        assert!(names.len() >= 60 && well.len() >= 8, "{} and {}", names.len(), well.len());
    }
}

/// The situations of which check and live session say different things without a reason; those with one are printed.
fn split(rows: &[Row]) -> Vec<String> {
    let pairs = rows.windows(2).filter(|pair| pair[0].name == pair[1].name);
    let (mut agreeing, mut split) = (0, Vec::new());
    for pair in pairs {
        let (check, live) = (said(&pair[0].said), said(&pair[1].said));
        match pair[0].apart {
            _ if pair[0].said.first == pair[1].said.first => agreeing += 1,
            Some(why) => println!("APART {}: {check} by the check, {live} by the live session: {why}", pair[0].name),
            None => split.push(format!("{}: {check}, {live}", pair[0].name)),
        }
    }
    println!("check and live session say the same of {agreeing} situations that both see");
    split
}

fn shown(label: Label) -> String {
    match label {
        Label::Healthy | Label::Unseen => "(healthy)".to_owned(),
        Label::Notice(code) => format!("(healthy, with {code})"),
        Label::Broken(code) => code.to_owned(),
    }
}

fn said(said: &Said) -> String {
    let code = said.first.clone().unwrap_or_else(|| "(nothing)".to_owned());
    if said.is_well { format!("(healthy) {code}") } else { code }
}
