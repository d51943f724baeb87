//! The bare command: the window, or the console where there is none.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::common::Common;
use super::console_window;
use super::interrupt::Interrupt;
use super::open;
use super::outcome::{Outcome, complain, own_fault};
use super::watch;
use crate::check::{Check, LIMIT};
use crate::drill::DrillLibrary;
use crate::instance::Instance;
use crate::journal::recording::Plan;
use crate::model::{FlowCommand, Profile, Values};
use crate::profiles::Profiles;
use crate::session::{Command, Engine, FailedSession, Options, Session};
use crate::settings::{self, Saver, Settings};
use crate::toml_files::state_dir;
use crate::ui::{self, Beginning, Launch, NoWindow, Open, Save, Waker};

/// Opens the window with the profile that was asked for.
///
/// The very first start connects to the local demo, and a profile that was named on the command line is connected to.
/// Every other start shows the start page and contacts nothing; `files` are opened before it.
pub fn run(common: Common, files: Vec<PathBuf>) -> Outcome {
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
    let instance = Instance::take(state_dir().as_deref());
    let options = Options { window: instance.number(), ..common.options(None) };
    let mut settings = common.settings();
    let kept = settings.clone();
    let beginning = match files.is_empty() {
        true => beginning(&common, &settings),
        false => Beginning::StartPage,
    };
    // A start page shows the profile that was used last, and connects to nothing.
    let last = settings.window.profile.as_ref().filter(|_| beginning == Beginning::StartPage);
    let chosen = last.and_then(|last| usable.iter().position(|known| known.name == *last)).unwrap_or(chosen);
    // The demo's server listens only after somebody has asked for the demo.
    let chosen = match beginning {
        Beginning::StartPage if usable.get(chosen).is_some_and(Profile::is_local_demo) => {
            usable.iter().position(|profile| !profile.is_local_demo()).unwrap_or(chosen)
        }
        Beginning::StartPage | Beginning::Session | Beginning::Demo => chosen,
    };
    settings.window.was_opened = true;
    let plan = Arc::new(Mutex::new(options.recording.clone()));
    let saver = settings::file().map(|file| Saver::new(file, kept));
    let save: Save = Box::new({
        let plan = Arc::clone(&plan);
        move |settings: &Settings, failed| {
            *plan.lock().unwrap_or_else(PoisonError::into_inner) = settings.recording.plan();
            if let Some(saver) = &saver {
                saver.save(settings.clone(), failed);
            }
        }
    });
    let connects = beginning != Beginning::StartPage;
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
    let window = catch_unwind(AssertUnwindSafe(|| {
        ui::run(Launch {
            profiles: usable,
            chosen,
            open,
            library,
            check: checks,
            settings,
            save,
            beginning,
            number: instance.number(),
            files: files.clone(),
        })
    }));
    options.closing.wait();
    let problem = match window {
        Ok(Ok(())) => return Outcome::Well,
        Ok(Err(problem)) => problem.to_string(),
        Err(_panic) if console_window::is_there() => "see above".to_owned(),
        Err(_panic) => NoWindow::Other.to_string(),
    };
    if opened.load(Ordering::Relaxed) {
        let problem = format!("the window failed ({problem}); please tell the developers of Ticketscope");
        if !console_window::is_there() {
            ui::say(&problem);
        }
        return own_fault(&problem);
    }
    if !console_window::is_there() {
        ui::say(&format!("No window can be opened here: {problem}. In a console, “ticketscope watch” does the same."));
        return Outcome::WrongUse;
    }
    if !files.is_empty() {
        complain(&format!("no window can be opened here ({problem}); opening the files on the console instead"));
        return open::run(&open::Arguments::of(files, common.profile));
    }
    complain(&format!("no window can be opened here ({problem}); watching on the console instead"));
    watch::until_stopped(profile, options, common)
}

/// The very first start shows the demo at work, a profile that was named is connected to, and anything else is for a
/// person to say.
fn beginning(common: &Common, settings: &Settings) -> Beginning {
    if common.profile.is_some() {
        Beginning::Session
    } else if settings.window.was_opened {
        Beginning::StartPage
    } else {
        Beginning::Demo
    }
}

/// Makes sessions for the window, which has `opened` when it asks for the first; that one `connects` at once.
/// Each is recorded as `plan` says by then.
fn opener(options: Options, plan: Arc<Mutex<Option<Plan>>>, mut connects: bool, opened: Arc<AtomicBool>) -> Open {
    Box::new(move |profile: &Profile, waker: Waker| -> Box<dyn Engine> {
        if !opened.swap(true, Ordering::Relaxed) {
            let waker = waker.clone();
            console_window::leave();
            // Logging off or a signal closes the window, so that connection and recording end properly.
            Interrupt::listen().then(move || waker.close_window());
        }
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
