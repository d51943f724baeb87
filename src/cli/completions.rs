//! `ticketscope completions`: what a shell needs to complete the command line.

use std::io::{self, Write as _};

use clap_complete::{Shell, generate};

use super::outcome::{Outcome, ended};

/// For which shell.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The shell; packages install them for bash, zsh and fish
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script for the shell.
pub fn run(arguments: &Arguments, mut command: clap::Command) -> Outcome {
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "ticketscope", &mut script);
    ended(io::stdout().write_all(&script), Outcome::Well)
}
