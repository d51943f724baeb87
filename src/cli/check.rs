//! `ticketscope check`: every part of the way once, and what it adds up to.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::common::{Common, Format};
use super::interrupt::Interrupt;
use super::one_time;
use super::outcome::{Outcome as Ending, ended, own_fault, wrong_use};
use super::output::{coloured_stdout, has_colours};
use crate::check::{
    Check, CheckKind, Ending as CheckEnding, LIMIT, Outcome, Progress, Running, StepResult, StepState,
    conclusion_lines, heading, json, step_lines, steps, together,
};
use crate::clock::utc_now;
use crate::journal::recording::Recording;
use crate::model::{SafeText, Values, limit};
use crate::profiles::Profiles;
use crate::report::{Own, Report, SaveError};
use crate::session::Options;
use crate::view::Tone;

/// What `check` can be told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = include_str!("help/check.txt"))]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// For people, or one JSON object
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Check so often, one after the other, and say how often it failed
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    repeat: u32,
    /// Also keep a second connection so long on which nothing is sent, as a silent page in a browser: 90s finds the
    /// commonest idle limits
    #[arg(long, value_name = "DURATION", value_parser = silence)]
    quiet: Option<Duration>,
    /// Make a report on the check, one file for the engineers that is safe to send
    #[arg(long, value_name = "OUT.zip")]
    report: Option<PathBuf>,
}

/// A silence that can be waited for.
fn silence(text: &str) -> Result<Duration, String> {
    let length = humantime_serde::re::humantime::parse_duration(text).map_err(|error| error.to_string())?;
    let fits = !length.is_zero() && length <= limit::MAX;
    fits.then_some(length).ok_or_else(|| "expected a duration longer than 0s and at most 1day, such as 90s".to_owned())
}

/// Checks the profile that `arguments` name.
pub fn run(arguments: &Arguments) -> Ending {
    arguments.common.start_log();
    let profile = match arguments.common.profile(&Profiles::load()) {
        Ok(profile) => profile,
        Err(error) => return wrong_use(&error),
    };
    // Before there is something to lose.
    if let Some(path) = arguments.report.as_deref().filter(|path| fs::symlink_metadata(path).is_ok()) {
        return wrong_use(&format!("{}: {}", SafeText::of_path(path), SaveError::Exists));
    }
    let Options { keychain, state_dir, .. } = arguments.common.options(None);
    let brings_server = profile.is_local_demo();
    let title = if brings_server { profile.name.to_string() } else { heading(profile.name.as_str(), &profile) };
    let quiet = arguments.quiet;
    let kind = CheckKind::of(&profile, quiet.is_some());
    let check = Check {
        profile,
        brings_server,
        keychain,
        state_dir,
        given: Values::default(),
        armed: Vec::new(),
        session: None,
        limit: LIMIT,
        quiet,
    };
    let mut printed = Ok(());
    if arguments.format == Format::Text {
        printed = writeln!(io::stdout(), "{title}\n");
    }
    let mut outcomes = Vec::new();
    for number in 1..=arguments.repeat {
        // Each sign-in uses one up.
        let check = Check { given: one_time::ask(&check.profile), ..check.clone() };
        let outcome = match check.start(|| {}) {
            Ok(running) => follow(running, kind, arguments, &mut printed),
            Err(error) => Err(own_fault(&format!("the program's threads cannot be started: {error}"))),
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(ending) => return ending,
        };
        let is_cancelled = outcome.ending == CheckEnding::Cancelled;
        if arguments.is_told_by_lines() && printed.is_ok() {
            printed = say_one(number, arguments.repeat, &outcome);
        }
        outcomes.push(outcome);
        if is_cancelled {
            break;
        }
    }
    let Some(outcome) = together(&outcomes) else { return own_fault(&"no check was made") };
    let mut printed = printed.and_then(|()| conclude(&outcome, arguments.format));
    if let Some(path) = &arguments.report {
        match report(&outcome, path) {
            Ok(_) if arguments.format == Format::Json => {}
            Ok(line) => printed = printed.and_then(|()| writeln!(io::stdout(), "{line}")),
            Err(ending) => return ending,
        }
    }
    ended(printed, if outcome.is_well() { Ending::Well } else { Ending::NotWell })
}

impl Arguments {
    /// Whether each of several checks is one line.
    fn is_told_by_lines(&self) -> bool {
        self.format == Format::Text && self.repeat > 1
    }
}

/// One of several checks.
fn say_one(number: u32, all: u32, outcome: &Outcome) -> io::Result<()> {
    let conclusion = outcome.conclusion();
    let icon = if outcome.is_well() { StepState::Passed } else { StepState::Failed }.icon();
    writeln!(io::stdout(), "  {icon} {number:>3} of {all}  {}: {}", conclusion.status, conclusion.title)
}

/// Follows a check to its end, and says its steps if it is the only one.
fn follow(
    mut running: Running,
    kind: CheckKind,
    arguments: &Arguments,
    printed: &mut io::Result<()>,
) -> Result<Arc<Outcome>, Ending> {
    let canceller = running.canceller();
    // Ctrl-C ends the check, and what was found so far is told.
    Interrupt::listen().then(move || drop(canceller));
    let says_steps = arguments.format == Format::Text && arguments.repeat == 1;
    let mut steps = Steps::new(kind);
    loop {
        match running.next() {
            Ok(Progress::Step(step)) if says_steps && printed.is_ok() => *printed = steps.apply(step),
            Ok(Progress::Step(_)) => {}
            Ok(Progress::Finished(outcome)) => return Ok(outcome),
            Err(_) => return Err(own_fault(&"the check failed inside; please tell the developers of Ticketscope")),
        }
    }
}

/// Saves a report on the check; says so in a line.
fn report(outcome: &Outcome, path: &Path) -> Result<String, Ending> {
    let lines = outcome.recording().map_err(|error| own_fault(&error))?;
    let recording = Recording::from_bytes(lines).map_err(|error| own_fault(&error))?;
    let report = Report::new(&recording, Some(outcome), Own::of_this_computer(), utc_now());
    let path_shown = SafeText::of_path(path);
    report.save(path).map_err(|error| wrong_use(&format!("{path_shown}: {error}")))?;
    Ok(format!("  Report {} is in {path_shown}", report.id()))
}

/// Prints the steps in their order. The first, the clock, is not the first to end: on a terminal a line below what is
/// printed says what is going on meanwhile.
struct Steps {
    steps: Vec<StepResult>,
    printed: usize,
    is_terminal: bool,
}

impl Steps {
    fn new(kind: CheckKind) -> Self {
        Self { steps: steps(kind), printed: 0, is_terminal: io::stdout().is_terminal() }
    }

    fn apply(&mut self, changed: StepResult) -> io::Result<()> {
        let erase = if self.is_terminal { "\r\x1b[K" } else { "" };
        write!(coloured_stdout(), "{erase}")?;
        let Some(number) = self.steps.iter().position(|step| step.step == changed.step) else { return Ok(()) };
        if number < self.printed {
            say(&changed)?;
        }
        self.steps[number] = changed;
        while let Some(step) = self.steps.get(self.printed).filter(|step| step.state.is_over()) {
            say(step)?;
            self.printed += 1;
        }
        let running = self.steps.iter().rev().find(|step| step.state == StepState::Running);
        if let Some(step) = running.filter(|_| self.is_terminal) {
            write!(io::stdout(), "  {} {}", step.state.icon(), step.step.question())?;
        }
        io::stdout().flush()
    }
}

fn say(step: &StepResult) -> io::Result<()> {
    let (on, off) = match step.state {
        StepState::Passed => colour("\x1b[32m"),
        StepState::Warning => colour("\x1b[33m"),
        StepState::Failed => colour("\x1b[31m"),
        StepState::Skipped | StepState::NotRun | StepState::Waiting | StepState::Running => colour("\x1b[2m"),
    };
    let mut out = coloured_stdout().lock();
    for line in step_lines(step) {
        writeln!(out, "{on}{line}{off}")?;
    }
    Ok(())
}

fn conclude(outcome: &Outcome, format: Format) -> io::Result<()> {
    let mut out = coloured_stdout().lock();
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
