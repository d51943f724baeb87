//! Several drills at a time, each with a session of its own.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::file::Drill;
use super::run::{Outcome, run};
use crate::model::Profile;

/// Drills that run at a time. They mostly wait.
const MAX_AT_A_TIME: NonZero<usize> = NonZero::new(12).expect("not zero");

/// How far a drill has come.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Its steps begin.
    Running,
    /// It is over.
    Finished(Arc<Outcome>),
}

/// Runs `drills` against `profile`, in their order and several at a time, and waits for their end. `report` is
/// told, from any thread, how far the drill with a place in the list has come.
pub fn run_all(drills: &[Drill], profile: &Profile, seed: Option<u64>, report: impl Fn(usize, Progress) + Sync) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let place = next.fetch_add(1, Ordering::Relaxed)
            && let Some(drill) = drills.get(place)
        {
            report(place, Progress::Running);
            report(place, Progress::Finished(Arc::new(run(drill, profile, seed))));
        }
    };
    thread::scope(|scope| {
        for _ in 0..MAX_AT_A_TIME.get().min(drills.len()) {
            scope.spawn(work);
        }
    });
}
