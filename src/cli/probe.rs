//! `ticketscope probe`: a look through the user's own browser.

use std::io::{self, Write as _};
use std::path::PathBuf;

use super::outcome::{Outcome, ended, wrong_use};
use crate::model::{Profile, SafeText};
use crate::private_file::save;
use crate::probe::{page, snippet};
use crate::profiles::Profiles;

/// What `probe` can be told.
#[derive(Debug, clap::Args)]
#[command(after_long_help = include_str!("help/probe.txt"))]
pub struct Arguments {
    /// A profile's name, or the path of a TOML file [default: Local demo]
    #[arg(long, value_name = "P")]
    profile: Option<String>,
    /// Print what is to be pasted into the console of the web app's own tab
    #[arg(long, required_unless_present = "output", conflicts_with = "output")]
    snippet: bool,
    /// Write a page that the web app's own origin has to serve
    #[arg(short, long, value_name = "FILE.html")]
    output: Option<PathBuf>,
}

/// Writes a probe.
pub fn run(arguments: &Arguments) -> Outcome {
    let profile = match Profiles::load().choose(arguments.profile.as_deref().unwrap_or(Profile::LOCAL_DEMO)) {
        Ok(profile) => profile,
        Err(error) => return wrong_use(&error),
    };
    let told = match &arguments.output {
        None => writeln!(io::stdout(), "{}", snippet(&profile)),
        Some(path) => {
            let shown = SafeText::of_path(path);
            let text = page(&profile);
            if let Err(error) = save(path, text.as_bytes()) {
                return wrong_use(&format!("{shown}: {error}"));
            }
            let origin = &profile.origin;
            writeln!(io::stdout(), "{shown} is the page. {origin} has to serve it: opened as a file it cannot work.")
        }
    };
    ended(told, Outcome::Well)
}
