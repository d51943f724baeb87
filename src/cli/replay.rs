//! `ticketscope replay` and `ticketscope diff`: what can be done with recordings on a console.

use std::io::{self, Write as _};
use std::path::PathBuf;

use serde::Serialize;

use super::common::Format;
use super::outcome::{Outcome, complain, ended, open};
use super::output::Console;
use crate::journal::Level;
use crate::journal::recording::{Header, Losses, Recording};
use crate::replay::{Similarity, Summary, Verification, diff, verify};
use crate::view::{SessionView, Standpoint};

/// The version of what `--format json` prints.
const JSON_FORMAT: &str = "2.0";

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
    /// Let every value count: no tolerance for times, and no other names for sessions, tickets and ports
    #[arg(long)]
    exact: bool,
    /// For people, or one JSON object
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Shows or verifies a recording.
pub fn replay(arguments: &ReplayArguments) -> Outcome {
    let recording = match open(&arguments.file) {
        Ok(recording) => recording,
        Err(outcome) => return outcome,
    };
    if arguments.verify {
        let verification = verify(&recording);
        let outcome = match verification {
            Verification::Same { .. } => Outcome::Well,
            Verification::Different(_) => Outcome::NotWell,
            Verification::NotPossible { .. } => Outcome::WrongUse,
        };
        let losses = recording.losses();
        let printed = match arguments.format {
            Format::Text => say(&verification.in_words(&losses)),
            Format::Json => print_json(&Verified { verification, losses }),
        };
        ended(printed, outcome)
    } else {
        let printed = match arguments.format {
            Format::Text => show(&recording, arguments.verbose),
            Format::Json => print_json(&Overview {
                header: recording.header(),
                entries: recording.len(),
                losses: recording.losses(),
                summary: Summary::of(&recording),
            }),
        };
        ended(printed, Outcome::Well)
    }
}

/// Compares two recordings.
pub fn compare(arguments: &DiffArguments) -> Outcome {
    let (a, b) = match (open(&arguments.a), open(&arguments.b)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(outcome), _) | (_, Err(outcome)) => return outcome,
    };
    let diff = diff(&a, &b, arguments.exact);
    let outcome = match diff.result {
        Similarity::Same => Outcome::Well,
        Similarity::OtherValues | Similarity::OtherSequence => Outcome::NotWell,
    };
    let printed = match arguments.format {
        Format::Text => say(&diff.to_string()),
        Format::Json => print_json(&diff),
    };
    ended(printed, outcome)
}

/// What `replay --verify --format json` prints.
#[derive(Serialize)]
struct Verified {
    #[serde(flatten)]
    verification: Verification,
    losses: Losses,
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
    let (name, api, origin) = (&profile.name, &profile.api, profile.said_origin());
    let start = start.format("%Y-%m-%d %H:%M:%S UTC");
    console.say(&format!("{name}: {api}, {origin}; recorded {start} by Ticketscope {program}"))?;
    let mut view = SessionView::recorded(profile.clone());
    recording.entries().try_for_each(|entry| {
        view.apply(&entry);
        console.print_relative(&entry)
    })?;
    if !recording.is_empty() {
        let verdict = view.verdict(Standpoint::End);
        console.say(&format!("{}: {}. {}", verdict.status, verdict.title, verdict.detail))?;
    }
    for loss in recording.losses().in_words() {
        complain(&loss);
    }
    Ok(())
}
