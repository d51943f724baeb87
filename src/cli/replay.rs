//! `ticketscope replay` and `ticketscope diff`: what can be done with recordings on a console.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::output::Console;
use super::{Outcome, complain, own_fault, wrong_use};
use crate::diagnosis::{Judge, Verdict};
use crate::journal::Level;
use crate::journal::recording::{Header, Losses, Recording};
use crate::model::SafeText;
use crate::replay::{Diff, Step, Summary, Verification, diff, verify};

/// The version of what `--format json` prints.
const JSON_FORMAT: &str = "1.1";

/// What `replay` can be told.
#[derive(Debug, clap::Args)]
pub struct ReplayArguments {
    /// A recording
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Feed it to the client's rules again: they must decide the same
    #[arg(long)]
    verify: bool,
    /// Lines for people, or one JSON object with the numbers
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Show what developers want to know as well
    #[arg(long)]
    verbose: bool,
}

/// What `diff` can be told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = include_str!("help/diff.txt"))]
pub struct DiffArguments {
    /// A recording
    #[arg(value_name = "A")]
    a: PathBuf,
    /// Another one
    #[arg(value_name = "B")]
    b: PathBuf,
    /// For people, or one JSON object
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

/// Shows or verifies a recording.
pub fn replay(arguments: &ReplayArguments) -> Outcome {
    let recording = match open(&arguments.file) {
        Ok(recording) => recording,
        Err(outcome) => return outcome,
    };
    let told = if arguments.verify {
        let verification = verify(&recording);
        let outcome = match verification {
            Verification::Same { .. } => Outcome::Well,
            Verification::Different(_) => Outcome::NotWell,
            Verification::NotPossible { .. } => Outcome::WrongUse,
        };
        match arguments.format {
            Format::Text => say(&verification.to_string()),
            Format::Json => print_json(&verification),
        }
        .map(|()| outcome)
    } else {
        match arguments.format {
            Format::Text => show(&recording, arguments.verbose),
            Format::Json => print_json(&Overview {
                header: recording.header(),
                entries: recording.len(),
                losses: recording.losses(),
                summary: Summary::of(&recording),
            }),
        }
        .map(|()| Outcome::Well)
    };
    ended(told)
}

/// Compares two recordings.
pub fn compare(arguments: &DiffArguments) -> Outcome {
    let (a, b) = match (open(&arguments.a), open(&arguments.b)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(outcome), _) | (_, Err(outcome)) => return outcome,
    };
    let diff = diff(&a, &b);
    let outcome = if diff.is_same() { Outcome::Well } else { Outcome::NotWell };
    let told = match arguments.format {
        Format::Text => say(&diff_text(&diff, &a, &b)),
        Format::Json => print_json(&diff),
    };
    ended(told.map(|()| outcome))
}

/// Reads a recording; says why if that is not possible.
pub(super) fn open(file: &Path) -> Result<Recording, Outcome> {
    Recording::open(file).map_err(|error| wrong_use(&format!("{}: {error}", file.display())))
}

fn ended(told: io::Result<Outcome>) -> Outcome {
    match told {
        Ok(outcome) => outcome,
        // Whoever has read enough may go.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Outcome::Well,
        Err(error) => own_fault(&format!("standard output cannot be written: {error}")),
    }
}

/// What `replay --format json` prints.
#[derive(Serialize)]
struct Overview<'a> {
    header: &'a Header,
    entries: usize,
    losses: Losses,
    #[serde(flatten)]
    summary: Summary,
}

#[derive(Serialize)]
struct Versioned<'a, T> {
    format: &'static str,
    #[serde(flatten)]
    value: &'a T,
}

fn print_json(value: &impl Serialize) -> io::Result<()> {
    say(&serde_json::to_string(&Versioned { format: JSON_FORMAT, value })?)
}

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

fn show(recording: &Recording, verbose: bool) -> io::Result<()> {
    let mut console = Console::stdout(if verbose { Level::Debug } else { Level::Info });
    let Header { profile, start, program, .. } = recording.header();
    let (name, api, origin) = (SafeText::new(&profile.name), &profile.api, &profile.origin);
    let start = start.format("%Y-%m-%d %H:%M:%S UTC");
    console.say(&format!("{name}: {api}, origin {origin}; recorded {start} by Ticketscope {program}"))?;
    let mut judge = Judge::new(profile.clone());
    recording.entries().try_for_each(|entry| {
        judge.take_in(&entry);
        console.print_relative(&entry)
    })?;
    if let Some(last) = recording.len().checked_sub(1).and_then(|last| recording.snapshot_at(last)) {
        let verdict = Verdict::of_past(&last, judge.findings());
        console.say(&format!("{}: {}. {}", verdict.status, verdict.title, verdict.detail))?;
    }
    for loss in recording.losses().in_words() {
        complain(&loss);
    }
    Ok(())
}

fn diff_text(diff: &Diff, a: &Recording, b: &Recording) -> String {
    let mut text = match &diff.first {
        None => format!("Same course: {} steps", diff.same_steps),
        Some((one, other)) => {
            let step = one.as_ref().or(other.as_ref());
            let kind = step.map_or_else(String::new, |step| step.kind.to_string());
            let attempt = step.and_then(|step| step.attempt).map_or_else(String::new, |at| format!(", attempt {at}"));
            let same = diff.same_steps;
            format!(
                "After {same} steps that are the same{attempt}, another {kind}\n  A {}\n  B {}",
                step_text(one.as_ref(), a),
                step_text(other.as_ref(), b),
            )
        }
    };
    if let Some(slower) = &diff.slower {
        let (a, b) = (step_text(Some(&slower.a), a), step_text(Some(&slower.b), b));
        text += &format!("\nNot as fast: {}\n  A {a}\n  B {b}", slower.in_words());
    }
    let changes = diff.policy.iter().map(|changed| ("policy ", changed));
    for (prefix, changed) in changes.chain(diff.counts.iter().chain(&diff.numbers).map(|changed| ("", changed))) {
        text += &format!("\n{prefix}{}: {} → {}", changed.what, changed.a, changed.b);
    }
    text
}

fn step_text(step: Option<&Step>, recording: &Recording) -> String {
    step.map_or_else(|| "has ended".to_owned(), |step| format!("{}\n    {}", step.title(recording), step.fact))
}
