//! The handle that window and console hold: send a [`Command`], read the [`Journal`].
//!
//! A session has threads of its own. On them run the driver, started again whenever it crashes, and for the
//! local demo the local server.

mod demo;

use std::any::Any;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep, timeout};

use crate::backend::{self, StartError};
use crate::clock::utc_now;
use crate::driver::keychain::Keychain;
use crate::driver::net::Net;
use crate::driver::{self, Carryover, Clock, Driver, Recorder};
use crate::faults::{Arming, FaultKind};
use crate::journal::recording::{Header, Plan, WakeUp, Writer};
use crate::journal::{Change, Journal};
use crate::model::failure::{SetupCause, SetupFailure};
use crate::model::{
    Backoff, Class, DriverEvent, Failure, FaultEvent, FaultName, FlowCommand, FlowEvent, JsonObject, KeychainState,
    Moment, Profile, RecordingState, SafeText, Source,
};
use demo::Demo;

/// Commands that wait for the session, at most.
const MAX_COMMANDS: usize = 64;
/// How long ending a session may take: a closing handshake, then what the keychain has still to store.
const END_LIMIT: Duration = Duration::from_secs(5);
/// The wait before a crashed driver is started again; doubles with each crash in a row.
const RESTART_AFTER: Duration = Duration::from_secs(1);
/// The longest such wait, and how long a driver must have run for the next to be the shortest again.
const RESTART_LIMIT: Duration = Duration::from_secs(60);

/// What a person, a script or a drill can ask of a session.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Something about the connection.
    Flow(FlowCommand),
    /// Wait by this rule from now on, until the session ends.
    SetBackoff(Backoff),
    /// Break something.
    Arm(Arming),
    /// Fix it.
    Clear(FaultKind),
    /// Fix everything.
    ClearAll,
    /// Something about the local server.
    Server(ServerCommand),
    /// Send a message over the open socket.
    Send(JsonObject),
}

/// What can be asked of the local server inside the program. What fails because of it is marked as the fault's
/// `restart-server` or `stop-store`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerCommand {
    /// Stop it without a word to anybody; nobody else gets its port.
    Stop,
    /// Start it again on the same port.
    Start,
    /// Stop its ticket store, by SIGKILL if that is a Redis of its own.
    StopStore,
    /// Start it again; a Redis is empty then.
    StartStore,
}

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
}

/// Where the JWT is kept between two runs of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeychainChoice {
    /// In the keychain of the operating system.
    #[default]
    Os,
    /// Nowhere: it ends with the session.
    Memory,
    /// In a keychain inside the process, which ends with the session: for drills, which break it.
    InProcess,
}

/// How to run a session.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the JWT is kept.
    pub keychain: KeychainChoice,
    /// Decides every random draw; `None` takes a new one.
    pub seed: Option<u64>,
    /// A folder for the markers that keep a stale keychain entry from coming back; nothing secret.
    pub state_dir: Option<PathBuf>,
    /// Where dropped sessions come to their end.
    pub closing: ClosingSessions,
    /// How the local demo's server is to behave; `None` for what suits somebody who looks at it.
    pub server: Option<backend::Config>,
    /// Whether the local demo keeps its tickets in a `redis-server` that it starts for itself.
    pub own_redis: bool,
    /// Whether and where sessions are recorded.
    pub recording: Option<Plan>,
}

/// The sessions that were dropped and are still saying goodbye, in threads of their own.
#[derive(Clone, Debug, Default)]
pub struct ClosingSessions(Arc<Mutex<Vec<thread::JoinHandle<()>>>>);

impl ClosingSessions {
    /// Waits for all of them, which takes 7 s at most: to be called before the program ends.
    pub fn wait(&self) {
        for ending in self.lock().drain(..) {
            // A thread that panicked has ended too.
            let _ = ending.join();
        }
    }

    fn add(&self, ending: Ending) {
        let mut running = self.lock();
        running.retain(|ending| !ending.is_finished());
        // Where the system gives no thread the session is dropped where it is, without a goodbye.
        running.extend(thread::Builder::new().spawn(|| ending.wait()));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<thread::JoinHandle<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a session did not start.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The system gives no threads.
    #[error("the program's threads cannot be started: {0}; close other programs and try again")]
    Threads(io::Error),
    /// The local demo has no server.
    #[error("the local server of the demo cannot be started: {0}")]
    Demo(#[from] StartError),
    /// The local demo has no Redis.
    #[error("the demo's own redis-server cannot be started: {0}")]
    Redis(io::Error),
}

impl SessionError {
    /// What ends an attempt because of it.
    pub fn failure(&self) -> SetupFailure {
        let cause = match self {
            Self::Threads(_) => SetupCause::Threads,
            Self::Demo(_) | Self::Redis(_) => SetupCause::LocalServer,
        };
        SetupFailure { cause, said: SafeText::new(&self.to_string()) }
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
        runtime.worker_threads(1).thread_name("ticketscope").enable_all();
        let runtime = runtime.build().map_err(SessionError::Threads)?;

        let demo = if profile.is_local_demo() { Some(runtime.block_on(Demo::start(&options))?) } else { None };
        if let Some(demo) = &demo {
            profile = profile.moved_to(demo.address());
        }
        let seed = options.seed.unwrap_or_else(random_seed);
        let (wake_up, heard) = WakeUp::new();
        let journal = Journal::new({
            let wake_up = wake_up.clone();
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
        let keychain = {
            let _runtime = runtime.enter();
            Arc::new(open_keychain(&profile, &options, recorder.clone()))
        };
        let (commands, received) = mpsc::channel(MAX_COMMANDS);
        let (driver_commands, driver_received) = mpsc::channel(MAX_COMMANDS);
        runtime.spawn(demo::route(received, demo, recorder.clone(), driver_commands));
        let supervisor = Supervisor { profile, keychain, recorder: recorder.clone(), seed };
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

/// A session that has been told to end.
struct Ending {
    ended: JoinHandle<()>,
    runtime: Runtime,
    recording: Option<Writer>,
}

impl Ending {
    fn wait(self) {
        let Self { ended, runtime, recording } = self;
        // Whatever has not ended by then is cut off.
        let _ = runtime.block_on(async { timeout(END_LIMIT, ended).await });
        recording.into_iter().for_each(Writer::finish);
        runtime.shutdown_background();
    }
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
    match options.keychain {
        KeychainChoice::Memory => {
            recorder.record(Source::Driver, None, DriverEvent::Keychain { state: KeychainState::MemoryOnly });
            Keychain::memory()
        }
        KeychainChoice::InProcess => Keychain::in_process(write_down),
        KeychainChoice::Os => {
            let account = profile.keychain_account();
            let marker = options.state_dir.as_ref().map(|folder| Keychain::stale_marker(folder, &account));
            Keychain::os(account, marker, write_down)
        }
    }
}

/// A seed that nobody has used, from the system's randomness.
pub(crate) fn random_seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness from the system TLS would not work either; the first seed will do.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// Runs the driver, and starts it again when it crashes.
struct Supervisor {
    profile: Profile,
    keychain: Arc<Keychain>,
    recorder: Recorder,
    seed: u64,
}

impl Supervisor {
    async fn run(self, mut commands: mpsc::Receiver<driver::Command>) {
        let Some((net, asked)) = self.prepare(&mut commands).await else { return };
        let mut carryover = Carryover::new(asked, self.seed);
        let (mut crashes_in_a_row, mut asked) = (0_u32, None);
        loop {
            let (profile, keychain) = (self.profile.clone(), Arc::clone(&self.keychain));
            let mut driver = Driver::new(profile, net.clone(), keychain, self.recorder.clone(), self.seed, carryover);
            let since = Instant::now();
            let life = async {
                asked.take().into_iter().for_each(|command| driver.command(command));
                driver.run(&mut commands).await;
            };
            let Err(panic) = AssertUnwindSafe(life).catch_unwind().await else { return };
            carryover = driver.into_carryover();
            let event = DriverEvent::Crashed { message: panic_text(&*panic) };
            self.recorder.record_marked(Source::Driver, None, carryover.crashed_by(), event);
            crashes_in_a_row = if since.elapsed() < RESTART_LIMIT { crashes_in_a_row + 1 } else { 1 };
            let wait = (RESTART_AFTER * 2_u32.pow((crashes_in_a_row - 1).min(6))).min(RESTART_LIMIT);
            // Whoever asks for something is not kept waiting, least of all for a goodbye.
            asked = tokio::select! {
                () = sleep(wait) => None,
                command = commands.recv() => {
                    if matches!(command, None | Some(driver::Command::Flow(FlowCommand::Disconnect))) {
                        carryover.rest();
                    }
                    command
                }
            };
            self.recorder.record(Source::Driver, None, DriverEvent::Restarted);
        }
    }

    /// Sets up the network. If that fails it says so, and tries again whenever a person asks for something:
    /// what was asked last is still to be done.
    async fn prepare(&self, commands: &mut mpsc::Receiver<driver::Command>) -> Option<(Net, Option<FlowCommand>)> {
        let mut asked = None;
        loop {
            let profile = self.profile.clone();
            let failure = Failure::Setup(match spawn_blocking(move || Net::new(&profile)).await {
                Ok(Ok(net)) => return Some((net, asked)),
                Ok(Err(error)) => error.failure(),
                Err(panic) => SetupFailure::other(&panic.to_string()),
            });
            self.recorder.record(Source::Driver, None, FlowEvent::AttemptFailed { failure, class: Class::Hard });
            asked = loop {
                let fault = match commands.recv().await? {
                    driver::Command::Flow(command) => break Some(command),
                    driver::Command::Send(_) => {
                        let reason = SafeText::new("no socket is open");
                        self.recorder.record(Source::Driver, None, DriverEvent::MessageRefused { reason });
                        continue;
                    }
                    driver::Command::Arm(arming) => arming.fault.name(),
                    driver::Command::ReplaceJwt(kind, _) | driver::Command::JwtSpoilt(kind) => kind.name(),
                    // Nothing is armed and nothing runs.
                    driver::Command::SetBackoff(_)
                    | driver::Command::Cut
                    | driver::Command::Clear(_)
                    | driver::Command::ClearAll
                    | driver::Command::OutageBegins(_)
                    | driver::Command::OutageOver(_) => continue,
                };
                let reason = SafeText::new("this profile cannot be used here");
                self.recorder.record(Source::Fault, None, FaultEvent::Refused { fault, reason });
            };
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> SafeText {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    SafeText::new(text.unwrap_or("no message"))
}
