//! `ticketscope drill`: break it on purpose, and see whether it comes back.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;

use super::common::{Common, Format};
use super::outcome::{Outcome as ExitOutcome, complain, ended, own_fault, wrong_use};
use crate::drill::{Drill, DrillLibrary, Outcome, Progress, json, junit, run_all};
use crate::journal::lines;
use crate::model::{DisplayDuration, Profile, SafeText};
use crate::profiles::Profiles;
use tokio::time::Instant;

/// What `drill` can be told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = include_str!("help/drill.txt"))]
pub struct Arguments {
    #[command(flatten)]
    common: Common,
    /// A drill's name, the path of a TOML file, or `all`
    #[arg(default_value = "all", value_name = "NAME|FILE|all")]
    drill: String,
    /// List the drills and run none
    #[arg(long)]
    list: bool,
    /// For people, or one JSON object
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Write the results as JUnit XML into this file as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Replace the seed of every drill
    #[arg(long)]
    seed: Option<u64>,
}

/// Runs the drills that `arguments` name.
pub fn run(arguments: &Arguments) -> ExitOutcome {
    arguments.common.start_log();
    let profile = match &arguments.common.profile {
        Some(_) => arguments.common.profile(&Profiles::load()),
        None => Ok(DrillLibrary::usual_profile()),
    };
    let profile = match profile {
        Ok(profile) => profile,
        Err(error) => return wrong_use(&error),
    };
    let library = DrillLibrary::load();
    let is_all = arguments.drill == "all";
    if is_all || arguments.list {
        library.broken.iter().for_each(|(_, error)| complain(error));
    }
    if arguments.list {
        let listed = library
            .usable
            .iter()
            .chain(&library.of_presets)
            .try_for_each(|(id, drill)| writeln!(io::stdout(), "{id:<22} {}: {}", drill.name, drill.shows));
        return ended(listed, ExitOutcome::Well);
    }
    let has_broken = is_all && !library.broken.is_empty();
    let drills = match is_all {
        true => library.usable.into_iter().map(|(_, drill)| drill).collect(),
        false => match library.choose(&arguments.drill) {
            Ok(drill) => vec![drill],
            Err(error) => return wrong_use(&error),
        },
    };
    // A file that cannot be written is rejected before the drills are run.
    if let Some(Err(error)) = arguments.junit.as_ref().map(|file| named(file, check(file))) {
        return wrong_use(&error);
    }
    let begin = Instant::now();
    let (outcomes, printed) = run_and_print(&drills, &profile, arguments);
    let results = || drills.iter().zip(outcomes.iter().map(|outcome| &**outcome));
    let save = |file| named(file, write(file, &junit(results(), begin.elapsed())));
    if let Some(Err(error)) = arguments.junit.as_deref().map(save) {
        return own_fault(&error);
    }
    let printed = printed.and_then(|()| match arguments.format {
        Format::Text => conclude(&outcomes, begin.elapsed()),
        Format::Json => writeln!(io::stdout(), "{}", json(results())?),
    });
    let outcome = if outcomes.iter().any(|outcome| outcome.failures().next().is_some()) {
        ExitOutcome::NotWell
    } else if has_broken || outcomes.iter().all(|outcome| outcome.not_run.is_some()) {
        ExitOutcome::WrongUse
    } else {
        ExitOutcome::Well
    };
    ended(printed, outcome)
}

/// Runs them all, even if standard output is closed meanwhile.
fn run_and_print(drills: &[Drill], profile: &Profile, arguments: &Arguments) -> (Vec<Arc<Outcome>>, io::Result<()>) {
    let mut written = Ok(());
    let (reporter, reports) = channel();
    let mut outcomes: Vec<Option<Arc<Outcome>>> = vec![None; drills.len()];
    let mut shown = 0;
    thread::scope(|scope| {
        scope.spawn(move || {
            run_all(drills, profile, arguments.seed, |place, progress| {
                if let Progress::Finished(outcome) = progress {
                    // The receiver may be gone.
                    let _ = reporter.send((place, outcome));
                }
            });
        });
        for (place, outcome) in reports {
            if let Some(place) = outcomes.get_mut(place) {
                *place = Some(outcome);
            }
            // In the order of the list, as soon as that is possible.
            while let Some((drill, Some(outcome))) = drills.get(shown).zip(outcomes.get(shown)) {
                if arguments.format == Format::Text && written.is_ok() {
                    written = say(drill, outcome);
                }
                shown += 1;
            }
        }
    });
    (outcomes.into_iter().flatten().collect(), written)
}

/// Looks whether `file` can be written, and changes nothing that is there.
fn check(file: &Path) -> io::Result<()> {
    let is_new = fs::symlink_metadata(file).is_err();
    OpenOptions::new().append(true).create(true).open(file)?;
    if is_new { fs::remove_file(file) } else { Ok(()) }
}

/// Puts `text` into `file`: all of it or, if that fails, what was there before stays.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let before = fs::metadata(file).ok();
    if before.as_ref().is_some_and(|found| !found.is_file()) {
        // There is only one way into a pipe or a device.
        return fs::write(file, text);
    }
    // What a link leads to is replaced, and not the link.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let new = file.with_extension(format!("{}.new", std::process::id()));
    let kept_mode = |()| before.map_or(Ok(()), |before| fs::set_permissions(&new, before.permissions()));
    let written = fs::write(&new, text).and_then(kept_mode).and_then(|()| fs::rename(&new, &file));
    // If it is still there, nobody has use for it.
    let _ = fs::remove_file(&new);
    match written {
        // The file may be written, but nothing beside it.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => fs::write(&file, text),
        written => written,
    }
}

fn named(file: &Path, done: io::Result<()>) -> io::Result<()> {
    done.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", SafeText::of_path(file))))
}

fn say(drill: &Drill, outcome: &Outcome) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let simulated = if outcome.simulated { " · simulated" } else { "" };
    let (mark, how) = match outcome.not_run {
        Some(reason) => ('–', format!("not run: {reason}")),
        None if outcome.passed() => ('✓', format!("{}{simulated}", DisplayDuration(outcome.took))),
        None => ('✗', format!("{}{simulated} · seed {}", DisplayDuration(outcome.took), outcome.seed)),
    };
    writeln!(out, "{mark} {}: {how}", drill.name)?;
    for (expectation, problem) in outcome.failures() {
        writeln!(out, "    {expectation}: {}", problem.reason)?;
        let broken = outcome.entries.iter().filter(|entry| problem.entries.contains(&entry.seq));
        for entry in broken.take(8) {
            for line in lines(entry) {
                writeln!(out, "      {} +{} {line}", entry.seq, DisplayDuration(entry.elapsed.since_start()))?;
            }
        }
    }
    out.flush()
}

fn conclude(outcomes: &[Arc<Outcome>], took: std::time::Duration) -> io::Result<()> {
    let not_run = outcomes.iter().filter(|outcome| outcome.not_run.is_some()).count();
    let passed = outcomes.iter().filter(|outcome| outcome.passed()).count();
    let failed = outcomes.len() - not_run - passed;
    writeln!(io::stdout(), "{passed} passed, {failed} failed, {not_run} not run, in {}", DisplayDuration(took))
}
