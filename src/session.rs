//! The handle that window and console hold: send a [`Command`], read the [`Journal`].
//!
//! A session has threads of its own. On them run the driver, started again whenever it crashes, and for the
//! local demo the local server.

mod command;
mod demo;
mod ending;
mod error;
mod options;
mod secrets;
mod supervisor;

use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::clock::utc_now;
pub use crate::driver::Browser;
use crate::driver::keychain::{Consents, Keychain, Secrets};
use crate::driver::{Clock, EVENT_INTERVAL, Recorder};
use crate::journal::recording::{Header, Writer};
use crate::journal::{Change, Journal};
use crate::model::{
    Class, DriverEvent, Failure, FaultName, FlowEvent, KeychainState, Moment, Profile, RecordingState, Source, Values,
};
use crate::wake_up::WakeUp;
use crate::watchdog::{self, Crash, Listening};
pub use command::{Command, ServerCommand};
use demo::Demo;
pub use ending::ClosingSessions;
use ending::Ending;
pub use error::SessionError;
pub use options::{KeychainChoice, Options};
use secrets::SecretsWorker;
pub use secrets::{SecretRequest, SecretsView};
use supervisor::Supervisor;

/// Commands that wait for the session, at most.
const MAX_COMMANDS: usize = 64;

/// A session as window and console see it.
pub trait Engine {
    /// Everything that happened.
    fn journal(&self) -> &Journal;
    /// The session's clock.
    fn now(&self) -> Moment;
    /// What a recording of it begins with.
    fn header(&self) -> Header;
    /// Asks for something; never waits. `false` if the session has too much to do: the command is lost
    /// and the person should be told.
    fn send(&self, command: Command) -> bool;
    /// Ends the recording, if there is one; the session goes on.
    fn stop_recording(&self) {}
    /// Asks for something about the profile's secrets; never waits.
    fn ask_secrets(&self, _request: SecretRequest) {}
    /// What is known of them.
    fn secrets(&self) -> SecretsView {
        SecretsView::default()
    }
    /// Those that people have given and that are kept nowhere, for a check beside the session.
    fn given_secrets(&self) -> Values {
        Values::default()
    }
}

/// A running session.
pub struct Session {
    journal: Journal,
    recorder: Recorder,
    header: Header,
    commands: Option<mpsc::Sender<Command>>,
    ended: Option<JoinHandle<()>>,
    runtime: Option<Runtime>,
    recording: Option<Writer>,
    closing: ClosingSessions,
    secrets: SecretsWorker,
    _crashes: Listening,
}

impl Session {
    /// Starts a session with `profile`, which does nothing before it is told to; for the local demo, with a
    /// local server. `changed` is called from any thread after something was written into the journal.
    ///
    /// # Errors
    /// See [`SessionError`].
    pub fn start(
        mut profile: Profile,
        options: Options,
        changed: impl Fn(Change) + Send + Sync + 'static,
    ) -> Result<Self, SessionError> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        // One thread: every step of an attempt would pay for waking another one.
        runtime.worker_threads(1).thread_name("ticketscope").event_interval(EVENT_INTERVAL).enable_all();
        let runtime = runtime.build().map_err(SessionError::Threads)?;

        let demo = if profile.is_local_demo() { Some(runtime.block_on(Demo::start(&options))?) } else { None };
        if let Some(demo) = &demo {
            profile = profile.moved_to(demo.address());
        }
        let seed = options.seed.unwrap_or_else(random_seed);
        let (wake_up, heard) = WakeUp::new();
        let changed: Arc<dyn Fn(Change) + Send + Sync> = Arc::new(changed);
        let journal = Journal::new({
            let (wake_up, changed) = (wake_up.clone(), Arc::clone(&changed));
            move |change| {
                wake_up.ring();
                changed(change);
            }
        });
        let recorder = Recorder::new(journal.clone(), Clock::start());
        let header = Header::new(&profile, seed, utc_now());
        let recording = options.recording.clone().map(|plan| {
            let (header, recorder) = (header.clone(), recorder.clone());
            let said = move |state| recorder.record(Source::Driver, None, DriverEvent::Recording { state });
            Writer::start(plan, header, journal.clone(), (wake_up, heard), said)
        });
        let crashes = {
            let recorder = recorder.clone();
            watchdog::listen(move |crash| recorder.record(Source::Driver, None, thread_crashed(crash)))
        };
        let keychain = {
            let _runtime = runtime.enter();
            Arc::new(open_keychain(&profile, &options, recorder.clone()))
        };
        let secrets = SecretsWorker::new(profile.steps(), Arc::clone(&keychain), changed);
        let (commands, received) = mpsc::channel(MAX_COMMANDS);
        let (driver_commands, driver_received) = mpsc::channel(MAX_COMMANDS);
        runtime.spawn(demo::route(received, demo, recorder.clone(), driver_commands));
        let browser = options.browser;
        let supervisor = Supervisor { profile, keychain, recorder: recorder.clone(), seed, browser };
        let ended = runtime.spawn(supervisor.run(driver_received));
        Ok(Self {
            journal,
            recorder,
            header,
            commands: Some(commands),
            ended: Some(ended),
            runtime: Some(runtime),
            recording,
            closing: options.closing,
            secrets,
            _crashes: crashes,
        })
    }

    /// What decides every random draw of this session.
    pub fn seed(&self) -> u64 {
        self.header.seed
    }

    /// Disconnects and ends the session and its recording, which takes 7 s at most.
    pub fn close(mut self) {
        self.end().into_iter().for_each(Ending::wait);
    }

    fn end(&mut self) -> Option<Ending> {
        self.commands = None;
        Some(Ending { ended: self.ended.take()?, runtime: self.runtime.take()?, recording: self.recording.take() })
    }
}

impl Drop for Session {
    /// Ends the session in the background: a window that changes its profile does not wait for the old one.
    fn drop(&mut self) {
        if let Some(ending) = self.end() {
            self.closing.add(ending);
        }
    }
}

impl Engine for Session {
    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn now(&self) -> Moment {
        self.recorder.clock().now()
    }

    fn header(&self) -> Header {
        self.header.clone()
    }

    fn send(&self, command: Command) -> bool {
        self.commands.as_ref().is_some_and(|commands| commands.try_send(command).is_ok())
    }

    fn stop_recording(&self) {
        if let Some(recording) = &self.recording {
            recording.stop();
            self.recorder.record(Source::Driver, None, DriverEvent::Recording { state: RecordingState::Off });
        }
    }

    fn ask_secrets(&self, request: SecretRequest) {
        if let Some(runtime) = &self.runtime {
            self.secrets.ask(runtime.handle(), request);
        }
    }

    fn secrets(&self) -> SecretsView {
        self.secrets.view()
    }

    fn given_secrets(&self) -> Values {
        self.secrets.given()
    }
}

/// A session that could not be started: it only says why.
pub struct FailedSession {
    recorder: Recorder,
    journal: Journal,
    profile: Profile,
    failure: Failure,
}

impl FailedSession {
    /// What stands for a session with `profile` that failed to start.
    pub fn new(profile: Profile, error: &SessionError) -> Self {
        let journal = Journal::new(|_| {});
        let recorder = Recorder::new(journal.clone(), Clock::start());
        let failed = Self { recorder, journal, profile, failure: Failure::Setup(error.failure()) };
        failed.say();
        failed
    }

    fn say(&self) {
        let (failure, class) = (self.failure.clone(), Class::Hard);
        self.recorder.record(Source::Driver, None, FlowEvent::AttemptFailed { failure, class });
    }
}

impl Engine for FailedSession {
    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn now(&self) -> Moment {
        self.recorder.clock().now()
    }

    fn header(&self) -> Header {
        Header::new(&self.profile, 0, utc_now())
    }

    fn send(&self, _command: Command) -> bool {
        self.say();
        true
    }
}

fn thread_crashed(crash: &Crash) -> DriverEvent {
    let Crash { thread, said, is_restarted } = crash.clone();
    DriverEvent::ThreadCrashed { thread, message: said, is_restarted }
}

/// The keychain; whatever becomes of it is written down, once.
fn open_keychain(profile: &Profile, options: &Options, recorder: Recorder) -> Keychain {
    let known = Mutex::new((KeychainState::NotAsked, None));
    let write_down = {
        let recorder = recorder.clone();
        move |state: KeychainState, simulated: Option<FaultName>| {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            if *known != (state.clone(), simulated.clone()) {
                *known = (state.clone(), simulated.clone());
                recorder.record_marked(Source::Driver, None, simulated, DriverEvent::Keychain { state });
            }
        }
    };
    let account = profile.keychain_account();
    let own = match options.window {
        0 | 1 => account.clone(),
        number => format!("{account} window {number}"),
    };
    let consents = Consents::new(options.state_dir.as_deref(), account.clone());
    let keychain = match options.keychain {
        KeychainChoice::Memory => {
            recorder.record(Source::Driver, None, DriverEvent::Keychain { state: KeychainState::MemoryOnly });
            Keychain::memory()
        }
        KeychainChoice::InProcess if options.has_os_secrets => {
            Keychain::in_process(write_down).with_secrets(Secrets::os(account))
        }
        KeychainChoice::InProcess => Keychain::in_process(write_down),
        KeychainChoice::Os => {
            let marker = options.state_dir.as_ref().map(|folder| Keychain::stale_marker(folder, &own));
            Keychain::os(own, marker, write_down).with_secrets(Secrets::os(account))
        }
    };
    let keychain = keychain.with_consents(consents);
    options.given.expose_all().for_each(|(name, value)| keychain.secrets().hold(name, value));
    keychain
}

/// A seed that nobody has used, from the system's randomness.
pub(crate) fn random_seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness from the system TLS would not work either; the first seed will do.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::lines;

    #[test]
    fn a_thread_of_the_program_that_crashes_is_in_the_log_of_the_session() {
        let options = Options { keychain: KeychainChoice::Memory, ..Options::default() };
        let session = Session::start(Profile::local_demo(([127, 0, 0, 1], 0).into()), options, |_| {}).unwrap();
        watchdog::spawn_once("crashing", || panic!("boom")).unwrap().join().unwrap();
        let entries = session.journal().all().entries;
        let said: Vec<_> = entries.iter().flat_map(|entry| lines(entry)).map(|line| line.to_string()).collect();
        let expected = "[App] The program's thread “crashing” crashed, what it had to do is not done: boom";
        assert!(said.iter().any(|line| line == expected), "{said:?}");
        session.close();
    }
}
