//! `ticketscope report`: a recording as one file that is safe to send.

use std::io::{self, Write as _};
use std::path::PathBuf;

use super::outcome::{Outcome, ended, wrong_use};
use crate::clock::utc_now;
use crate::journal::recording::{MAX_REPORTED, MAX_REPORTED_BYTES, Recording};
use crate::model::SafeText;
use crate::report::{self, Annotation, Own, Written};

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
    /// The number of the ticket that it belongs to
    #[arg(long, value_name = "NUMBER")]
    ticket: Option<String>,
    /// A note to who reads it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// Makes a report on the newest part of a recording.
pub fn run(arguments: &Arguments) -> Outcome {
    let file = SafeText::of_path(&arguments.file);
    let recording = match Recording::open_newest(&arguments.file, MAX_REPORTED, MAX_REPORTED_BYTES) {
        Ok(recording) => recording,
        Err(error) => return wrong_use(&format!("{file}: {error}")),
    };
    let path = arguments.output.as_deref();
    let (ticket, note) = (arguments.ticket.clone().unwrap_or_default(), arguments.note.clone().unwrap_or_default());
    let annotation = Annotation { ticket, note };
    let own = Own::of_this_computer();
    let Written { id, path, files } = match report::write(&recording, own, &annotation, utc_now(), path) {
        Ok(written) => written,
        Err(error) => {
            let path = path.map(|path| format!("{}: ", SafeText::of_path(path))).unwrap_or_default();
            return wrong_use(&format!("{path}{error}"));
        }
    };
    let printed = writeln!(io::stdout(), "Report {id} is in {}", SafeText::of_path(&path));
    let mut files = files.iter();
    let printed = printed
        .and_then(|()| files.try_for_each(|(name, bytes)| writeln!(io::stdout(), "  {name:<16} {bytes:>9} bytes")));
    ended(printed, Outcome::Well)
}
