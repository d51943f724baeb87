//! `ticketscope explain`: what the codes of findings and the names of faults stand for.

use std::io::{self, Write as _};

use strum::IntoEnumIterator as _;

use super::outcome::{Outcome, ended, wrong_use};
use crate::diagnosis::Code;
use crate::faults::FaultKind;

/// What to explain.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A finding's code, such as `drop-rhythm`, or a fault's name, such as `corrupt-jwt`; without one, all are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// Prints what was asked for.
pub fn run(arguments: &Arguments) -> Outcome {
    let findings: Vec<_> = Code::iter().map(|code| (code.to_string(), code.summary())).collect();
    let faults: Vec<_> = FaultKind::iter().map(|kind| (kind.name().to_string(), kind.explanation())).collect();
    let Some(name) = &arguments.code else {
        let printed =
            print(&findings).and_then(|()| writeln!(io::stdout(), "\nFaults, of `watch --fault` and drills:"));
        return ended(printed.and_then(|()| print(&faults)), Outcome::Well);
    };
    match findings.iter().chain(&faults).find(|(known, _)| known == name) {
        Some(row) => ended(print(std::slice::from_ref(row)), Outcome::Well),
        None => wrong_use(&format!(
            "there is no finding or fault \"{}\"; without a name, all are listed",
            name.escape_debug()
        )),
    }
}

fn print(rows: &[(String, &str)]) -> io::Result<()> {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let mut out = io::stdout().lock();
    rows.iter().try_for_each(|(name, meaning)| writeln!(out, "{name:width$}  {meaning}"))
}
