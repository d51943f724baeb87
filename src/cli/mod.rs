//! The command line: what was asked for, and the exit code that tells how it went.

mod check;
mod common;
mod completions;
#[cfg(feature = "window")]
mod console_window;
mod drill;
mod explain;
mod export;
mod herd;
mod interrupt;
mod man;
mod one_time;
mod open;
mod outcome;
mod output;
mod probe;
mod profile;
mod replay;
mod report;
mod secret;
mod serve;
mod stdout;
mod version;
mod watch;
#[cfg_attr(not(feature = "window"), path = "no_window.rs")]
mod window;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::model::SafeText;

use common::Common;
pub use outcome::Outcome;
use outcome::wrong_use;

/// Watches a web login connect — JWT, one-time ticket, WebSocket — and says what is wrong, live.
///
#[cfg_attr(feature = "window", doc = "Without a command it opens the window.")]
#[cfg_attr(not(feature = "window"), doc = "This build has no window: without a command it does what `watch` does.")]
#[derive(Debug, Parser)]
#[command(version, about, long_about, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Subcommands>,
    /// What a user sent, to be opened in the window; several files are put together
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Open what a user sent: HAR, network log, console text, server log, report, recording
    Open(open::Arguments),
    /// Write a page or a snippet with which a user's own browser tries the connection, and gives a code to open
    Probe(probe::Arguments),
    /// Connect and show what happens, on the console
    Watch(watch::Arguments),
    /// Check every part of the way once, and say what is wrong
    Check(check::Arguments),
    /// Break the connection on purpose, and see whether it comes back
    Drill(drill::Arguments),
    /// Simulate a thundering herd: what a reconnect rule does to a server when thousands of clients follow it
    Herd(herd::Arguments),
    /// Show a recording, or verify that the client's rules decide the same again
    Replay(replay::ReplayArguments),
    /// Compare two recordings: the first step that differs, and what changed
    Diff(replay::DiffArguments),
    /// Write a recording for another program: a table, a timeline, an archive, a script
    Export(export::Arguments),
    /// Make a recording into one file for the engineers that is safe to send
    Report(report::Arguments),
    /// List, show, check and make profiles: what to connect to, and how
    Profile(profile::Arguments),
    /// Give a profile the secrets that it wants, and forget them
    Secret(secret::Arguments),
    /// Say what a finding's code stands for
    Explain(explain::Arguments),
    /// Run the local server that answers as the contract says, on this computer only
    Serve(serve::Arguments),
    /// Print what a shell needs to complete this command line
    Completions(completions::Arguments),
    /// Write the manual pages into a folder
    #[command(hide = true)]
    Man(man::Arguments),
}

/// Does what the command line asks for. `commit` is what the build is made of, and its day.
pub fn run(commit: Option<&str>) -> ExitCode {
    let command = Arguments::command().version(version::version(commit));
    let parsed = command
        .clone()
        .try_get_matches()
        .and_then(|matches| Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command.clone())));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            let outcome = if error.use_stderr() { Outcome::WrongUse } else { Outcome::Well };
            // Without a terminal the error cannot be shown.
            let _ = error.print();
            return outcome.into();
        }
    };
    // A command that is misspelt looks like a file.
    if let Some(missing) = arguments.files.iter().find(|file| !file.exists()) {
        let shown = SafeText::of_path(missing);
        return wrong_use(&format!("{shown}: there is no such file and no such command; --help lists them")).into();
    }
    let outcome = match arguments.command {
        None => window::run(arguments.common, arguments.files),
        Some(Subcommands::Open(arguments)) => open::run(&arguments),
        Some(Subcommands::Probe(arguments)) => probe::run(&arguments),
        Some(Subcommands::Watch(arguments)) => watch::run(&arguments),
        Some(Subcommands::Check(arguments)) => check::run(&arguments),
        Some(Subcommands::Drill(arguments)) => drill::run(&arguments),
        Some(Subcommands::Herd(arguments)) => herd::run(&arguments),
        Some(Subcommands::Replay(arguments)) => replay::replay(&arguments),
        Some(Subcommands::Diff(arguments)) => replay::compare(&arguments),
        Some(Subcommands::Export(arguments)) => export::run(&arguments),
        Some(Subcommands::Report(arguments)) => report::run(&arguments),
        Some(Subcommands::Profile(arguments)) => profile::run(&arguments),
        Some(Subcommands::Secret(arguments)) => secret::run(&arguments),
        Some(Subcommands::Explain(arguments)) => explain::run(&arguments),
        Some(Subcommands::Serve(arguments)) => serve::run(&arguments),
        Some(Subcommands::Completions(arguments)) => completions::run(&arguments, command),
        Some(Subcommands::Man(arguments)) => man::run(&arguments, command),
    };
    outcome.into()
}
