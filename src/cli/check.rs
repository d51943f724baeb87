//! `ticketscope check`: every part of the way once, and what it adds up to.

use std::io::{self, Write as _};
use std::thread;

use super::output::has_colours;
use super::{Common, Outcome as Ending, own_fault, wrong_use};
use crate::diagnosis::Tone;
use crate::diagnosis::check::{
    Check, LIMIT, Outcome, Progress, Running, StepResult, StepState, conclusion_lines, heading, json, step_lines,
};
use crate::profiles::Profiles;
use crate::session::Options;

/// What `check` can be told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
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

/// Checks the profile that `arguments` name.
pub fn run(arguments: &Arguments) -> Ending {
    arguments.common.start_log();
    let profile = match arguments.common.profile(&Profiles::load()) {
        Ok(profile) => profile,
        Err(error) => return wrong_use(&error),
    };
    let Options { keychain, state_dir, .. } = arguments.common.options(None);
    let brings_server = profile.is_local_demo();
    let title = if brings_server { profile.name.clone() } else { heading(&profile.name, &profile) };
    let check = Check { profile, brings_server, keychain, state_dir, armed: Vec::new(), limit: LIMIT };
    match check.start(|| {}) {
        Ok(running) => follow(running, &title, arguments.format),
        Err(error) => own_fault(&format!("the program's threads cannot be started: {error}")),
    }
}

fn follow(mut running: Running, title: &str, format: Format) -> Ending {
    let canceller = running.canceller();
    // Ctrl-C ends the check, and what was found so far is told.
    let _ = thread::Builder::new().name("interrupt".to_owned()).spawn(move || {
        match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime.block_on(super::interrupted()),
            // Then only the check's own limit ends it.
            Err(_) => thread::sleep(LIMIT),
        }
        drop(canceller);
    });
    let mut told = Ok(());
    if format == Format::Text {
        told = writeln!(io::stdout(), "{title}\n");
    }
    loop {
        match running.next() {
            Ok(Progress::Step(step)) if format == Format::Text && step.state.is_over() && told.is_ok() => {
                told = say(&step);
            }
            Ok(Progress::Step(_)) => {}
            Ok(Progress::Finished(outcome)) => {
                let told = told.and_then(|()| conclude(&outcome, format));
                return match told {
                    Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                        own_fault(&format!("standard output cannot be written: {error}"))
                    }
                    Ok(()) | Err(_) if outcome.is_well() => Ending::Well,
                    Ok(()) | Err(_) => Ending::NotWell,
                };
            }
            Err(_) => return own_fault(&"the check failed inside; please tell the developers of Ticketscope"),
        }
    }
}

fn say(step: &StepResult) -> io::Result<()> {
    let (on, off) = match step.state {
        StepState::Passed => colour("\x1b[32m"),
        StepState::Warning => colour("\x1b[33m"),
        StepState::Failed => colour("\x1b[31m"),
        StepState::Skipped | StepState::NotRun | StepState::Waiting | StepState::Running => colour("\x1b[2m"),
    };
    let mut out = io::stdout().lock();
    for line in step_lines(step) {
        writeln!(out, "{on}{line}{off}")?;
    }
    out.flush()
}

fn conclude(outcome: &Outcome, format: Format) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match format {
        Format::Json => writeln!(out, "{}", json(outcome)?)?,
        Format::Text => {
            let (on, off) = match outcome.conclusion().tone {
                Tone::Good => colour("\x1b[1;32m"),
                Tone::Warning => colour("\x1b[1;33m"),
                Tone::Bad => colour("\x1b[1;31m"),
                Tone::Neutral | Tone::Busy => colour("\x1b[1m"),
            };
            for (number, line) in conclusion_lines(outcome).into_iter().enumerate() {
                let (on, off) = if number == 1 { (on, off) } else { ("", "") };
                writeln!(out, "{on}{line}{off}")?;
            }
        }
    }
    out.flush()
}

fn colour(on: &'static str) -> (&'static str, &'static str) {
    if has_colours() { (on, "\x1b[0m") } else { ("", "") }
}
