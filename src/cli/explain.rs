//! `ticketscope explain`: what the codes of findings stand for.

use std::io::{self, Write as _};

use strum::IntoEnumIterator as _;

use super::outcome::{Outcome, ended, wrong_use};
use crate::diagnosis::Code;

/// What to explain.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A finding's code, such as `drop-rhythm`; without one, all of them are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

/// Prints what was asked for.
pub fn run(arguments: &Arguments) -> Outcome {
    let codes: Vec<Code> = match &arguments.code {
        None => Code::iter().collect(),
        Some(name) => match name.parse() {
            Ok(code) => vec![code],
            Err(_) => {
                return wrong_use(&format!(
                    "there is no finding \"{}\"; without a code, all are listed",
                    name.escape_debug()
                ));
            }
        },
    };
    ended(print(&codes), Outcome::Well)
}

fn print(codes: &[Code]) -> io::Result<()> {
    let width = codes.iter().map(|code| code.to_string().len()).max().unwrap_or_default();
    let mut out = io::stdout().lock();
    codes.iter().try_for_each(|code| writeln!(out, "{:width$}  {}", code.to_string(), code.summary()))
}
