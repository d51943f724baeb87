//! `ticketscope report`: a recording as one file that is safe to send.

use std::io::{self, Write as _};
use std::path::PathBuf;

use super::outcome::{Outcome, ended, open, own_fault, wrong_use};
use crate::clock::utc_now;
use crate::journal::recording::MAX_REPORTED;
use crate::model::SafeText;
use crate::report::{Own, Report};

/// What `report` can be told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = include_str!("help/report.txt"))]
pub struct Arguments {
    /// A recording
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to put the report [default: ticketscope-report-<UTC>.zip, here]
    #[arg(short, long, value_name = "OUT.zip")]
    output: Option<PathBuf>,
}

/// Makes a report on a recording.
pub fn run(arguments: &Arguments) -> Outcome {
    let recording = match open(&arguments.file).map(|recording| recording.newest(MAX_REPORTED)) {
        Ok(Ok(recording)) => recording,
        Ok(Err(error)) => return own_fault(&error),
        Err(outcome) => return outcome,
    };
    let report = Report::new(&recording, None, Own::of_this_computer(), utc_now());
    let path = arguments.output.clone().unwrap_or_else(|| report.file_name().into());
    let shown = SafeText::of_path(&path);
    if let Err(error) = report.save(&path) {
        return wrong_use(&format!("{shown}: {error}"));
    }
    let printed = writeln!(io::stdout(), "Report {} is in {shown}", report.id());
    let files = report.files().iter();
    let printed = printed.and_then(|()| {
        files
            .into_iter()
            .try_for_each(|file| writeln!(io::stdout(), "  {:<16} {:>9} bytes", file.name, file.text.as_str().len()))
    });
    ended(printed, Outcome::Well)
}
