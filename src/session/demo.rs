//! The local demo: a local server inside the program, and the faults that need it.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::sync::mpsc;

use super::Command;
use crate::backend::core::SigningError;
use crate::backend::{Config, LogLine, Server, StartError};
use crate::driver::{self, Recorder};
use crate::faults::Kind;
use crate::model::{Event, SafeText, Source};

const DAY: Duration = Duration::from_secs(86_400);

/// The local server and its log.
pub(super) struct Demo {
    config: Config,
    running: Option<Server>,
    lines: mpsc::Receiver<LogLine>,
}

impl Demo {
    /// Starts a local server that behaves as `config` says.
    pub(super) async fn start(config: Option<Config>) -> Result<Self, StartError> {
        // The client says nothing by itself, and the demo is to stay connected while somebody looks at it.
        let demo = || Config { obeys_faults: true, idle_timeout: DAY, ..Config::default() };
        let mut config = config.unwrap_or_else(demo);
        let (server, lines) = Server::start(config.clone()).await?;
        config.listen = server.address();
        Ok(Self { config, running: Some(server), lines })
    }

    /// Where it listens, now and after every restart.
    pub(super) fn address(&self) -> SocketAddr {
        self.config.listen
    }

    async fn restart(&mut self, recorder: &Recorder) {
        if let Some(server) = self.running.take() {
            server.stop().await;
            self.log(recorder);
            recorder.record(Source::Server, None, Event::ServerStopped);
        }
        match Server::start(self.config.clone()).await {
            Ok((server, lines)) => {
                (self.running, self.lines) = (Some(server), lines);
                recorder.record(Source::Server, None, Event::ServerStarted { address: self.address() });
            }
            Err(error) => {
                refused(recorder, Kind::RestartServer, &error);
            }
        }
    }

    /// A new secret, now and after every restart.
    fn rotate_secret(&mut self) {
        if let Some(server) = &self.running {
            self.config.signing_secret = server.rotate_secret();
        }
    }

    /// Writes down what the server has said so far.
    fn log(&mut self, recorder: &Recorder) {
        while let Ok(LogLine { text: line }) = self.lines.try_recv() {
            recorder.record(Source::Server, None, Event::ServerLog { line });
        }
    }
}

/// Hands every command on to the driver, in order, but for what is the local server's to do; and writes down
/// what the local server says.
pub(super) async fn route(
    mut commands: mpsc::Receiver<Command>,
    mut demo: Option<Demo>,
    recorder: Recorder,
    driver: mpsc::Sender<driver::Command>,
) {
    if let Some(demo) = &demo {
        recorder.record(Source::Server, None, Event::ServerStarted { address: demo.address() });
    }
    loop {
        let command = tokio::select! {
            command = commands.recv() => command,
            Some(LogLine { text: line }) = next_line(&mut demo) => {
                recorder.record(Source::Server, None, Event::ServerLog { line });
                continue;
            }
        };
        let Some(command) = command else { break };
        let handed_on = match (command, &mut demo) {
            (Command::Flow(command), _) => driver::Command::Flow(command),
            (Command::SetBackoff(rule), _) => driver::Command::SetBackoff(rule),
            (Command::Arm(arming), demo) => match (arming.fault.kind(), demo) {
                (kind @ Kind::RestartServer, Some(demo)) => {
                    // What fails until the server is back is the fault's doing.
                    let _ = driver.send(driver::Command::OutageBegins(kind)).await;
                    demo.restart(&recorder).await;
                    if demo.running.is_none() {
                        continue;
                    }
                    driver::Command::OutageOver
                }
                (kind @ Kind::RotateSecret, Some(demo @ Demo { running: Some(_), .. })) => {
                    demo.rotate_secret();
                    driver::Command::JwtSpoilt(kind)
                }
                (kind @ (Kind::DropSessionId | Kind::ExpireJwt), Some(Demo { running: Some(server), .. })) => {
                    let useless = match kind {
                        Kind::ExpireJwt => server.expired_token(),
                        _ => server.token_without_session(),
                    };
                    match useless {
                        Ok(jwt) => driver::Command::ReplaceJwt(kind, Some(jwt)),
                        Err(error @ SigningError) => {
                            refused(&recorder, kind, &error);
                            continue;
                        }
                    }
                }
                _ => driver::Command::Arm(arming),
            },
            (Command::Clear(fault), _) => driver::Command::Clear(fault),
            (Command::ClearAll, _) => driver::Command::ClearAll,
        };
        if driver.send(handed_on).await.is_err() {
            break;
        }
    }
    drop(driver);
    if let Some(Demo { running: Some(server), .. }) = demo {
        // The driver says goodbye first: its end is the end of the runtime.
        let _server = server;
        pending::<()>().await;
    }
}

fn refused(recorder: &Recorder, fault: Kind, error: &dyn std::error::Error) {
    let (fault, reason) = (fault.name(), SafeText::new(&error.to_string()));
    recorder.record(Source::Server, None, Event::FaultRefused { fault, reason });
}

async fn next_line(demo: &mut Option<Demo>) -> Option<LogLine> {
    match demo {
        Some(demo) => match demo.lines.recv().await {
            Some(line) => Some(line),
            None => pending().await,
        },
        None => pending().await,
    }
}
