//! The command line: what was asked for, and the exit code that tells how it went.

mod check;
mod drill;
mod explain;
mod herd;
mod output;
mod replay;
mod report;
mod serve;
mod watch;
mod window;

use std::fmt::Display;
use std::future::pending;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::signal::ctrl_c;
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::model::Profile;
use crate::profiles::{LoadError, Profiles, folders};
use crate::session::{KeychainChoice, Options};
use crate::settings::{self, Settings};

/// How a command went, as its exit code tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All is well: 0.
    Well,
    /// The connection is not well: 1.
    NotWell,
    /// The command, or a file that it names, cannot be used: 2.
    WrongUse,
    /// The program itself failed: 3.
    OwnFault,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Well => 0,
            Outcome::NotWell => 1,
            Outcome::WrongUse => 2,
            Outcome::OwnFault => 3,
        })
    }
}

/// Watches a web login connect — JWT, one-time ticket, WebSocket — and says what is wrong, live.
///
/// Without a command it opens the window.
#[derive(Debug, Parser)]
#[command(version, about, long_about, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Subcommands>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Connect and show what happens, on the console
    Watch(watch::Arguments),
    /// Check every part of the way once, and say what is wrong
    Check(check::Arguments),
    /// Break the connection on purpose, and see whether it comes back
    Drill(drill::Arguments),
    /// Simulate what a reconnect rule does to a server when thousands of clients follow it
    Herd(herd::Arguments),
    /// Show a recording, or verify that the client's rules decide the same again
    Replay(replay::ReplayArguments),
    /// Compare two recordings: the first step that differs, and what changed
    Diff(replay::DiffArguments),
    /// Make a recording into one file for the engineers that is safe to send
    Report(report::Arguments),
    /// Say what a finding's code stands for
    Explain(explain::Arguments),
    /// Run the local server that answers as the contract says, on this computer only
    Serve(serve::Arguments),
}

#[derive(Debug, clap::Args)]
struct Common {
    /// A profile's name, or the path of a TOML file [default: Local demo]
    #[arg(long, value_name = "P")]
    profile: Option<String>,
    /// Where the JWT is kept between two runs
    #[arg(long, value_enum, default_value = "os")]
    keychain: Keychain,
    /// What the program says about itself, on standard error: error, warn, info, debug or trace
    #[arg(long, value_name = "LEVEL", default_value = "warn")]
    log: tracing::Level,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Keychain {
    /// In the keychain of the operating system
    Os,
    /// Nowhere
    Memory,
}

impl Common {
    fn profile(&self, profiles: &Profiles) -> Result<Profile, LoadError> {
        profiles.choose(self.profile.as_deref().unwrap_or(Profile::LOCAL_DEMO))
    }

    fn options(&self, seed: Option<u64>) -> Options {
        let keychain = match self.keychain {
            Keychain::Os => KeychainChoice::Os,
            Keychain::Memory => KeychainChoice::Memory,
        };
        let state_dir = folders().map(|folders| folders.state_dir().unwrap_or(folders.data_local_dir()).to_owned());
        let recording = self.settings().recording.plan();
        Options { keychain, seed, state_dir, recording, ..Options::default() }
    }

    /// The settings of this computer; the defaults, with a complaint, if they cannot be used.
    fn settings(&self) -> Settings {
        settings::file().map_or_else(Settings::default, |file| {
            Settings::load(&file).unwrap_or_else(|error| {
                complain(&format!("{error}; the defaults are used"));
                Settings::default()
            })
        })
    }

    fn start_log(&self) {
        // The libraries' own logs may quote what they send; only their warnings are let through. What the last one says
        // of a certificate is told to the user in better words.
        let filter = EnvFilter::new(format!("warn,ticketscope={},rustls_platform_verifier=off", self.log));
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    }
}

/// Does what the command line asks for.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let outcome = if error.use_stderr() { Outcome::WrongUse } else { Outcome::Well };
            // Nobody is left to tell if the terminal is gone.
            let _ = error.print();
            return outcome.into();
        }
    };
    let outcome = match arguments.command {
        None => window::run(arguments.common),
        Some(Subcommands::Watch(arguments)) => watch::run(&arguments),
        Some(Subcommands::Check(arguments)) => check::run(&arguments),
        Some(Subcommands::Drill(arguments)) => drill::run(&arguments),
        Some(Subcommands::Herd(arguments)) => herd::run(&arguments),
        Some(Subcommands::Replay(arguments)) => replay::replay(&arguments),
        Some(Subcommands::Diff(arguments)) => replay::compare(&arguments),
        Some(Subcommands::Report(arguments)) => report::run(&arguments),
        Some(Subcommands::Explain(arguments)) => explain::run(&arguments),
        Some(Subcommands::Serve(arguments)) => serve::run(&arguments),
    };
    outcome.into()
}

/// Somebody wants the program to end: Ctrl-C, or the system's SIGTERM.
async fn interrupted() {
    #[cfg(unix)]
    if let Ok(mut terminate) = signal(SignalKind::terminate()) {
        tokio::select! {
            _ = ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        return;
    }
    // An error means that nobody can ask; then only the limits end the program.
    if ctrl_c().await.is_err() {
        pending::<()>().await;
    }
}

/// How a command ended that has `told` what it found on standard output. Whoever has read enough may go: that
/// changes nothing.
fn ended(told: io::Result<()>, outcome: Outcome) -> Outcome {
    match told {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            own_fault(&format!("standard output cannot be written: {error}"))
        }
        Ok(()) | Err(_) => outcome,
    }
}

fn wrong_use(error: &dyn Display) -> Outcome {
    complain(error);
    Outcome::WrongUse
}

fn own_fault(error: &dyn Display) -> Outcome {
    complain(error);
    Outcome::OwnFault
}

fn complain(error: &dyn Display) {
    // Nobody is left to tell if standard error is gone.
    let _ = writeln!(io::stderr(), "ticketscope: {error}");
}
