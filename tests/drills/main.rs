//! The shipped drills: all pass, and each fails when what it guards is broken.

mod broken;
mod console;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use support::replayed::assert_replayed;
use ticketscope::backend::RedisServer;
use ticketscope::drill::{Drill, DrillLibrary, Outcome, Progress, run_all};

/// A shipped drill, by its short name.
pub fn drill(id: &str) -> Drill {
    DrillLibrary::shipped().choose(id).unwrap()
}

/// The outcomes of `drills`, by name.
pub fn outcomes(drills: &[Drill], seed: Option<u64>) -> BTreeMap<String, Arc<Outcome>> {
    let outcomes = Mutex::new(BTreeMap::new());
    run_all(drills, &DrillLibrary::usual_profile(), seed, |place, progress| {
        if let Progress::Finished(outcome) = progress {
            let profile = drills[place].profile.apply(DrillLibrary::usual_profile());
            assert_replayed((&profile, outcome.seed, &outcome.entries[..]));
            outcomes.lock().unwrap().insert(drills[place].name.clone(), outcome);
        }
    });
    outcomes.into_inner().unwrap()
}

/// What went wrong, for an assertion's message.
pub fn failures(outcome: &Outcome) -> Vec<String> {
    outcome.failures().map(|(expectation, problem)| format!("{expectation}: {}", problem.reason)).collect()
}

/// Whether what `drill` needs is here; says so if it is not.
pub fn can_run(drill: &Drill) -> bool {
    let is_here = !drill.needs_redis() || RedisServer::is_installed();
    if !is_here {
        assert!(std::env::var_os("TICKETSCOPE_TEST_ALL").is_none(), "redis-server is not installed");
        println!("skipped: {} needs redis-server", drill.name);
    }
    is_here
}
