//! `ticketscope export`: a recording in the words of other programs.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use strum::IntoEnumIterator as _;

use super::outcome::{Outcome, complain, ended, open, wrong_use};
use crate::export::{Format, Session};
use crate::model::SafeText;
use crate::private_file::save;

/// What `export` can be told.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A recording
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to write
    #[arg(long = "as", value_name = "FORMAT", value_parser = formats())]
    format: Format,
    /// Write it into this new file [default: standard output]
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    let value = |format: Format| PossibleValue::new(format.name()).help(format.explanation());
    PossibleValuesParser::new(Format::iter().map(value))
        .try_map(|name| Format::iter().find(|format| format.name() == name).ok_or("no such format"))
}

/// Writes a recording in another format.
pub fn run(arguments: &Arguments) -> Outcome {
    let recording = match open(&arguments.file) {
        Ok(recording) => recording,
        Err(outcome) => return outcome,
    };
    let mut text = arguments.format.write(Session::recorded(&recording));
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let printed = match &arguments.output {
        None => io::stdout().write_all(text.as_bytes()),
        Some(path) => {
            let shown = SafeText::of_path(path);
            if let Err(error) = save(path, text.as_bytes()) {
                return wrong_use(&format!("{shown}: {error}"));
            }
            writeln!(io::stdout(), "{} is in {shown}", arguments.format.label())
        }
    };
    // What is not in the recording is not in the export either.
    recording.losses().in_words().iter().for_each(|loss| complain(loss));
    ended(printed, Outcome::Well)
}
