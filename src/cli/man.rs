//! `ticketscope man`: its manual pages, for those who make packages.

use std::path::PathBuf;

use super::outcome::{Outcome, wrong_use};
use crate::model::SafeText;

/// Where to.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder to write them into
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

/// Writes a page for the program, and one for each of its commands.
pub fn run(arguments: &Arguments, command: clap::Command) -> Outcome {
    // Pages are the same for every build of a version.
    let command = command.version(env!("CARGO_PKG_VERSION"));
    let folder = &arguments.folder;
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    match written {
        Ok(()) => Outcome::Well,
        Err(error) => wrong_use(&format!("{}: {error}", SafeText::of_path(folder))),
    }
}
