//! Who may use whom: the folders of `src/` by a table, and its files without circles. Code that only tests see does not
//! count.

mod program;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use program::Program;
use source::File;

/// The folders (and single files) of `src/`, each with what it may use. What is written here has to be true: a row that
/// allows what nobody uses fails as well.
///
/// Where a row has more than the design's picture, this is why. The single files are no folders, and serve all that need them.
/// `model` is words for everybody. `view`, `session`, `drill` and the shells read the faults' own table: their labels, and how they
/// are armed. `check` runs the local server for the demo's profile, and its journal is what it looks at. `evidence` classes failures
/// as the flow does, and reads the code that the probe's page gives. `herd` counts requests as the local server does. `replay` feeds a flow
/// again and shows it in a view. `export` diagnoses attempt by attempt for JUnit. `report` says what a check and a comparison came to.
const MAY_USE: &[(&str, &str)] = &[
    ("backend", "clock faults launch model watchdog"),
    ("check", "backend clock diagnosis driver journal model session view watchdog"),
    (
        "cli",
        "backend check clock diagnosis drill driver evidence export faults herd instance journal model presets private_file probe profiles replay report session settings \
         toml_files ui view watchdog",
    ),
    ("clock", ""),
    ("diagnosis", "model"),
    ("drill", "backend faults journal model session toml_files view watchdog"),
    ("driver", "clock faults flow journal launch model private_file watchdog"),
    ("evidence", "flow journal model probe"),
    ("export", "diagnosis journal model"),
    ("faults", "model"),
    ("flow", "model"),
    ("herd", "backend flow model"),
    ("instance", "private_file"),
    ("journal", "model private_file wake_up watchdog"),
    ("launch", ""),
    ("lib", ""),
    ("model", ""),
    ("presets", ""),
    ("private_file", "model"),
    ("probe", "model"),
    ("profiles", "model private_file toml_files"),
    ("replay", "flow journal model view"),
    ("report", "check diagnosis export journal model private_file replay view"),
    ("session", "backend clock driver faults journal model wake_up watchdog"),
    ("settings", "journal model private_file toml_files view wake_up watchdog"),
    ("toml_files", "model"),
    (
        "ui",
        "backend check clock diagnosis drill evidence export faults herd journal model presets private_file profiles replay report session settings toml_files view watchdog",
    ),
    ("view", "diagnosis faults model"),
    ("wake_up", ""),
    ("watchdog", "model"),
];

/// Circles that are still there, each with all of its files. There are none, and there must not be any.
const CIRCLES: &[&[&str]] = &[];

/// Names that the deciding code must not know: time, chance and the network come to it as arguments.
const IMPURE: [&str; 17] = [
    "axum",
    "chrono::Local",
    "getrandom",
    "hyper",
    "rand",
    "redis",
    "reqwest",
    "rustls",
    "std::env",
    "std::fs",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::UdpSocket",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio",
];

/// Clocks. The window draws the moment that it is told, live or of a recording.
const CLOCKS: [&str; 3] = ["std::time::Instant", "std::time::SystemTime", "tokio::time::Instant"];

/// Files of the window that read a clock, each with the reason.
const CLOCK_READERS: [(&str, &str); 3] = [
    ("ui/playback/control.rs", "a recording is played by the time that passes between two pictures"),
    ("ui/playback/mod.rs", "and since when it has been played"),
    ("ui/report.rs", "a report says when it was made"),
];

/// Where decisions are made, as files or folders.
const PURE: [&str; 5] = ["backend/core.rs", "diagnosis", "faults", "flow", "view"];

#[test]
fn folders_use_only_what_the_table_allows() {
    let program = Program::read();
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut first: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for file in &program.files {
        let from = folder(&file.path);
        let row = used.entry(from).or_default();
        for to in program.uses(file) {
            if folder(to) != from {
                row.insert(folder(to));
                first.entry((from, folder(to))).or_insert_with(|| format!("{} uses {to}", file.path));
            }
        }
    }
    let mut wrong = Vec::new();
    for (from, row) in &used {
        let allowed: BTreeSet<&str> = match MAY_USE.iter().find(|(name, _)| name == from) {
            Some((_, allowed)) => allowed.split_whitespace().collect(),
            None => {
                wrong.push(format!("{from} has no row; it uses: {}", list(row)));
                continue;
            }
        };
        wrong.extend(row.difference(&allowed).map(|to| format!("{from} may not use {to}: {}", first[&(*from, *to)])));
        wrong.extend(
            allowed.difference(row).map(|to| format!("{from} does not use {to} any more: take it out of its row")),
        );
    }
    let gone = MAY_USE.iter().filter(|(name, _)| !used.contains_key(name));
    wrong.extend(gone.map(|(name, _)| format!("{name} has a row and no code")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_use_each_other_in_one_direction() {
    let program = Program::read();
    let found: BTreeSet<Vec<&str>> = program.circles().into_iter().collect();
    let known: BTreeSet<Vec<&str>> = CIRCLES.iter().map(|circle| circle.to_vec()).collect();
    let mut wrong = Vec::new();
    for circle in found.difference(&known) {
        wrong.push(format!("a circle that is not in the list: {circle:?}"));
        for path in circle {
            let file = program.files.iter().find(|file| file.path == **path).expect("a file of the program");
            let uses: Vec<&str> = program.uses(file).into_iter().filter(|to| circle.contains(to)).collect();
            wrong.push(format!("    {path} uses {}", uses.join(" ")));
        }
    }
    wrong.extend(known.difference(&found).map(|circle| format!("no circle any more, or another one: {circle:?}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_decides_names_no_clock_no_chance_and_no_network() {
    let program = Program::read();
    let is_pure = |path: &str| PURE.iter().any(|pure| path == *pure || folder(path) == *pure);
    let wrong: Vec<String> = program
        .files
        .iter()
        .filter(|file| is_pure(&file.path))
        .flat_map(|file| named(&program, file, &IMPURE).map(|name| format!("{} names {name}", file.path)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_window_reads_no_clock_but_where_it_says_why() {
    let program = Program::read();
    let window = program.files.iter().filter(|file| folder(&file.path) == "ui");
    let found: BTreeSet<&str> =
        window.filter(|file| named(&program, file, &CLOCKS).next().is_some()).map(|file| file.path.as_str()).collect();
    assert_eq!(found, CLOCK_READERS.map(|(path, _)| path).into());
}

#[test]
fn every_thread_has_a_watchdog() {
    const THREADS: [&str; 4] = ["std::thread::Builder", "std::thread::spawn", "thread::Builder", "thread::spawn"];
    let program = Program::read();
    let makes_threads = |file: &&File| {
        let paths = file.imports.iter().map(|import| &import.path).chain(&file.paths);
        paths.map(|path| path.join("::")).any(|path| THREADS.iter().any(|made| path.starts_with(made)))
    };
    let found: Vec<_> = program.files.iter().filter(makes_threads).map(|file| file.path.as_str()).collect();
    assert_eq!(found, ["watchdog.rs"], "others ask it for a thread: whatever panics there is told");
}

#[test]
fn paths_are_shown_without_what_a_terminal_obeys() {
    let program = Program::read();
    let wrong: Vec<_> =
        program.files.iter().filter(|file| file.words.contains("display")).map(|file| &file.path).collect();
    assert!(wrong.is_empty(), "these show a path as it is, and not with SafeText::of_path: {wrong:?}");
}

/// Which of these names a file names. To use our own clock is to name one.
fn named<'a>(program: &Program, file: &'a File, names: &'a [&str]) -> impl Iterator<Item = &'a str> {
    let ours = program.uses(file).contains("clock.rs").then_some("the clock");
    let paths = file.imports.iter().map(|import| &import.path).chain(&file.paths);
    let paths = paths.map(|path| path.join("::"));
    ours.into_iter().chain(paths.filter_map(move |path| {
        let is_named = |name: &&&str| path == ***name || path.starts_with(&format!("{name}::"));
        names.iter().find(is_named).copied()
    }))
}

/// The top-level folder, or file without its ending, that a path of `src/` belongs to.
fn folder(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

fn list(names: &BTreeSet<&str>) -> String {
    names.iter().copied().collect::<Vec<_>>().join(" ")
}
