//! The bare command of a build without a window: the console in its place.

use super::common::Common;
use super::outcome::{Outcome, complain, wrong_use};
use super::watch;
use crate::profiles::Profiles;

/// Says that there is no window, and watches on the console.
pub fn run(common: Common) -> Outcome {
    common.start_log();
    let profiles = Profiles::load();
    let profile = match common.profile(&profiles) {
        Ok(profile) => profile,
        Err(error) => return wrong_use(&error),
    };
    complain(&"this build has no window; watching on the console instead");
    watch::until_stopped(profile, common.options(None), common)
}
