//! The bare command of a build without a window: the console in its place.

use std::path::PathBuf;

use super::common::Common;
use super::open;
use super::outcome::{Outcome, complain};
use super::watch;

/// Says that there is no window, and watches on the console.
pub fn run(common: Common, files: Vec<PathBuf>) -> Outcome {
    if !files.is_empty() {
        return open::run(&open::Arguments::of(files, common.profile));
    }
    let profile = match common.begin() {
        Ok((_, profile)) => profile,
        Err(outcome) => return outcome,
    };
    complain(&"this build has no window; watching on the console instead");
    watch::until_stopped(profile, common.options(None), common)
}
