//! Keeps the driver running.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

use crate::driver::keychain::Keychain;
use crate::driver::net::Net;
use crate::driver::{self, Browser, Carryover, Driver, Recorder};
use crate::model::failure::SetupFailure;
use crate::model::{Class, DriverEvent, Failure, FaultEvent, FlowCommand, FlowEvent, Profile, SafeText, Source};
use crate::watchdog::panic_text;

/// The wait before a crashed driver is started again; doubles with each crash in a row.
const RESTART_AFTER: Duration = Duration::from_secs(1);
/// The longest such wait, and how long a driver must have run for the next to be the shortest again.
const RESTART_LIMIT: Duration = Duration::from_secs(60);

/// Runs the driver, and starts it again when it crashes.
pub(super) struct Supervisor {
    pub profile: Profile,
    pub keychain: Arc<Keychain>,
    pub recorder: Recorder,
    pub seed: u64,
    pub browser: Browser,
}

impl Supervisor {
    pub async fn run(self, mut commands: mpsc::Receiver<driver::Command>) {
        let Some((net, mut carryover)) = self.prepare(&mut commands).await else { return };
        let (mut crashes_in_a_row, mut asked) = (0_u32, None);
        loop {
            let (profile, keychain) = (self.profile.clone(), Arc::clone(&self.keychain));
            let mut driver = Driver::new(profile, net.clone(), keychain, self.recorder.clone(), self.seed, carryover)
                .with_browser(self.browser);
            let since = Instant::now();
            let life = async {
                driver.begin();
                asked.take().into_iter().for_each(|command| driver.command(command));
                driver.run(&mut commands).await;
            };
            let Err(panic) = AssertUnwindSafe(life).catch_unwind().await else { return };
            carryover = driver.into_carryover();
            let event = DriverEvent::Crashed { message: panic_text(&*panic) };
            self.recorder.record_marked(Source::Driver, None, carryover.crashed_by(), event);
            crashes_in_a_row = if since.elapsed() < RESTART_LIMIT { crashes_in_a_row + 1 } else { 1 };
            let wait = (RESTART_AFTER * 2_u32.pow((crashes_in_a_row - 1).min(6))).min(RESTART_LIMIT);
            // A command ends the wait: nobody who asks for something is kept waiting.
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

    /// Sets up the network. If that fails it says so, and tries again whenever a person asks for something: what was asked
    /// last is still to be done, in the way that was chosen meanwhile.
    async fn prepare(&self, commands: &mut mpsc::Receiver<driver::Command>) -> Option<(Net, Carryover)> {
        let mut carryover = Carryover::new(None, self.seed);
        loop {
            let profile = self.profile.clone();
            let failure = Failure::Setup(match spawn_blocking(move || Net::new(&profile)).await {
                Ok(Ok(net)) => {
                    self.recorder.record_useless_variables(&net);
                    return Some((net, carryover));
                }
                Ok(Err(error)) => error.failure(),
                Err(panic) => SetupFailure::other(&panic.to_string()),
            });
            self.recorder.record(Source::Driver, None, FlowEvent::AttemptFailed { failure, class: Class::Hard });
            let asked = loop {
                let fault = match commands.recv().await? {
                    driver::Command::Flow(command) => break command,
                    driver::Command::SetBackoff(rule) => {
                        carryover.set_backoff(rule);
                        continue;
                    }
                    driver::Command::SetPing(every) => {
                        carryover.set_ping(every);
                        self.recorder.record(Source::Person, None, DriverEvent::PingSet { every });
                        continue;
                    }
                    driver::Command::UseJwt(jwt) => {
                        carryover.use_jwt(jwt);
                        continue;
                    }
                    driver::Command::Send(_) => {
                        let reason = SafeText::new("no socket is open");
                        self.recorder.record(Source::Driver, None, DriverEvent::MessageRefused { reason });
                        continue;
                    }
                    driver::Command::Arm(arming) => arming.fault.name(),
                    driver::Command::ReplaceJwt(kind, _) | driver::Command::JwtSpoilt(kind) => kind.name(),
                    // Nothing is armed and nothing runs.
                    driver::Command::Cut
                    | driver::Command::Clear(_)
                    | driver::Command::ClearAll
                    | driver::Command::OutageBegins(_)
                    | driver::Command::OutageOver(_) => continue,
                };
                let reason = SafeText::new("this profile cannot be used here");
                self.recorder.record(Source::Fault, None, FaultEvent::Refused { fault, reason });
            };
            carryover.ask(asked);
        }
    }
}
