//! The bare command: the window, or the console where there is none.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::common::Common;
use super::outcome::{Outcome, complain, own_fault};
use super::watch;
use crate::check::{Check, LIMIT};
use crate::drill::DrillLibrary;
use crate::journal::recording::Plan;
use crate::model::{FlowCommand, Profile, Values};
use crate::profiles::Profiles;
use crate::session::{Command, Engine, FailedSession, Options, Session};
use crate::settings::{self, Saver, Settings};
use crate::ui::{self, Open, Save, Waker};

/// Opens the window with the profile that was asked for.
///
/// The local demo connects at once, and so does a profile that was named on the command line. Any other
/// waits for a person to press Connect.
pub fn run(common: Common) -> Outcome {
    let (Profiles { mut usable, broken, .. }, profile) = match common.begin() {
        Ok(chosen) => chosen,
        Err(outcome) => return outcome,
    };
    for (_, error) in &broken {
        complain(error);
    }
    let chosen = usable.iter().position(|known| *known == profile).unwrap_or_else(|| {
        usable.push(profile.clone());
        usable.len() - 1
    });
    let library = DrillLibrary::load();
    for (_, error) in &library.broken {
        complain(error);
    }
    let (options, settings) = (common.options(None), common.settings());
    let plan = Arc::new(Mutex::new(options.recording.clone()));
    let saver = settings::file().map(Saver::new);
    let save: Save = Box::new({
        let plan = Arc::clone(&plan);
        move |settings: &Settings| {
            *plan.lock().unwrap_or_else(PoisonError::into_inner) = settings.recording.plan();
            saver.iter().for_each(|saver| saver.save(settings.clone()));
        }
    });
    let connects = common.profile.is_some() || profile.is_local_demo();
    let opened = Arc::new(AtomicBool::new(false));
    let open = opener(options.clone(), plan, connects, Arc::clone(&opened));
    let checks = ui::checks_like(Check {
        profile: profile.clone(),
        brings_server: false,
        keychain: options.keychain,
        state_dir: options.state_dir.clone(),
        given: Values::default(),
        armed: Vec::new(),
        limit: LIMIT,
        session: None,
        quiet: None,
    });
    // A library that is missing on this computer makes the windowing panic, with its own words.
    let window = catch_unwind(AssertUnwindSafe(|| ui::run(usable, chosen, open, library, checks, settings, save)));
    options.closing.wait();
    let problem = match window {
        Ok(Ok(())) => return Outcome::Well,
        Ok(Err(error)) => {
            tracing::info!("{error}");
            "there is no display, or it cannot draw"
        }
        Err(_panic) => "see above",
    };
    if opened.load(Ordering::Relaxed) {
        return own_fault(&format!("the window failed ({problem}); please tell the developers of Ticketscope"));
    }
    complain(&format!("no window can be opened here ({problem}); watching on the console instead"));
    watch::until_stopped(profile, options, common)
}

/// Makes sessions for the window, which has `opened` when it asks for the first; that one `connects` at once.
/// Each is recorded as `plan` says by then.
fn opener(options: Options, plan: Arc<Mutex<Option<Plan>>>, mut connects: bool, opened: Arc<AtomicBool>) -> Open {
    Box::new(move |profile: &Profile, waker: Waker| -> Box<dyn Engine> {
        opened.store(true, Ordering::Relaxed);
        let recording = plan.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let options = Options { recording, ..options.clone() };
        let session = Session::start(profile.clone(), options, move |change| waker.wake(change));
        match session {
            Ok(session) => {
                if std::mem::take(&mut connects) {
                    session.send(Command::Flow(FlowCommand::Connect));
                }
                Box::new(session)
            }
            Err(error) => Box::new(FailedSession::new(profile.clone(), &error)),
        }
    })
}
