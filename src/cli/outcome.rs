//! How a command went: its exit code, and what it says about that.

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use crate::journal::recording::Recording;
use crate::model::{SafeText, without_number};

/// How a command went, as its exit code tells: from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

/// How a command ended that has `printed` what it found on standard output, or could not. Whoever has read enough may go:
/// that changes the `outcome` in nothing.
pub(super) fn ended(printed: io::Result<()>, outcome: Outcome) -> Outcome {
    match printed {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            own_fault(&format!("standard output cannot be written: {error}"))
        }
        Ok(()) | Err(_) => outcome,
    }
}

pub(super) fn wrong_use(error: &dyn Display) -> Outcome {
    complain(error);
    Outcome::WrongUse
}

pub(super) fn own_fault(error: &dyn Display) -> Outcome {
    complain(error);
    Outcome::OwnFault
}

pub(super) fn complain(error: &dyn Display) {
    let error = error.to_string();
    // Names and paths in it may come from anywhere.
    let line = |line| SafeText::with_limit(&without_number(line), usize::MAX).to_string();
    let lines: Vec<_> = error.lines().map(line).collect();
    // Without standard error the problem cannot be shown.
    let _ = writeln!(io::stderr(), "ticketscope: {}", lines.join("\n"));
}

/// Reads a recording; says why if that is not possible.
pub(super) fn open(file: &Path) -> Result<Recording, Outcome> {
    Recording::open(file).map_err(|error| wrong_use(&format!("{}: {error}", SafeText::of_path(file))))
}
