//! The local demo: a local server inside the program, and the faults that need it.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::sync::mpsc;

use super::command::{Command, ServerCommand};
use super::error::SessionError;
use super::options::Options;
use crate::backend::core::SigningError;
use crate::backend::{Config, LogLine, RedisServer, Server, StoreConfig};
use crate::driver::{self, Recorder};
use crate::faults::{Arming, FaultKind};
use crate::model::{FaultEvent, SafeText, ServerEvent, Source};

const DAY: Duration = Duration::from_secs(86_400);

/// The local server and its log.
pub(super) struct Demo {
    config: Config,
    running: Option<Server>,
    lines: mpsc::Receiver<LogLine>,
    redis: Option<RedisServer>,
    /// The port while nobody listens there.
    kept: Option<TcpSocket>,
}

impl Demo {
    /// Starts a local server that behaves as `options` say.
    pub(super) async fn start(options: &Options) -> Result<Self, SessionError> {
        // The client says nothing by itself, and the demo is to stay connected while somebody looks at it.
        let demo = || Config { obeys_faults: true, idle_timeout: DAY, ..Config::default() };
        let mut config = options.server.clone().unwrap_or_else(demo);
        let redis = match options.own_redis {
            true => Some(RedisServer::start().await.map_err(SessionError::Redis)?),
            false => None,
        };
        if let Some(redis) = &redis {
            config.store = StoreConfig::Redis(redis.url().map_err(SessionError::Redis)?);
        }
        let (server, lines) = Server::start(config.clone()).await?;
        config.listen = server.address();
        Ok(Self { config, running: Some(server), lines, redis, kept: None })
    }

    /// Where it listens, now and after every restart.
    pub(super) fn address(&self) -> SocketAddr {
        self.config.listen
    }

    async fn restart(&mut self, recorder: &Recorder) {
        if let Some(server) = self.running.take() {
            server.stop().await;
            self.log(recorder);
            recorder.record(Source::Server, None, ServerEvent::Stopped);
        }
        self.begin(recorder).await;
    }

    async fn begin(&mut self, recorder: &Recorder) {
        self.kept = None;
        match Server::start(self.config.clone()).await {
            Ok((server, lines)) => {
                (self.running, self.lines) = (Some(server), lines);
                recorder.record(Source::Server, None, ServerEvent::Started { address: self.address() });
            }
            Err(error) => {
                self.kept = keep_port(self.address());
                refused(recorder, FaultKind::RestartServer, &error.to_string());
            }
        }
    }

    /// Does what was asked. What fails from its beginning to its end is its doing, and the driver is told so.
    async fn obey(&mut self, command: ServerCommand, recorder: &Recorder, driver: &mpsc::Sender<driver::Command>) {
        use driver::Command::{OutageBegins, OutageOver};
        // A driver that is gone cannot fail any more.
        match command {
            ServerCommand::Stop => {
                let _ = driver.send(OutageBegins(command.fault())).await;
                self.cut(recorder).await;
            }
            ServerCommand::StopStore => {
                let _ = driver.send(OutageBegins(command.fault())).await;
                match &mut self.redis {
                    Some(redis) => redis.kill(),
                    None => self.stop_store(true).await,
                }
            }
            ServerCommand::Start => {
                if self.running.is_none() {
                    self.begin(recorder).await;
                }
                if self.running.is_some() {
                    let _ = driver.send(OutageOver(command.fault())).await;
                }
            }
            ServerCommand::StartStore => {
                match &mut self.redis {
                    Some(redis) => match redis.restart().await {
                        Ok(()) => {}
                        Err(error) => return refused(recorder, command.fault(), &error.to_string()),
                    },
                    None => self.stop_store(false).await,
                }
                let _ = driver.send(OutageOver(command.fault())).await;
            }
        }
    }

    /// Does of `arming` what is the local server's to do, and returns what is the driver's; `None` if that is nothing.
    async fn arm(
        &mut self,
        arming: Arming,
        recorder: &Recorder,
        driver: &mpsc::Sender<driver::Command>,
    ) -> Option<driver::Command> {
        let kind = arming.fault.kind();
        match (kind, &self.running) {
            (FaultKind::RestartServer, _) => {
                // What fails until the server is back is the fault's doing.
                let _ = driver.send(driver::Command::OutageBegins(kind)).await;
                self.restart(recorder).await;
                self.running.is_some().then_some(driver::Command::OutageOver(kind))
            }
            (FaultKind::StopStore, Some(server)) if arming.probability >= 1.0 => {
                server.set_store_stopped(true).await;
                Some(driver::Command::Arm(arming))
            }
            (FaultKind::RotateSecret, Some(_)) => {
                self.rotate_secret();
                Some(driver::Command::JwtSpoilt(kind))
            }
            (FaultKind::DropSessionId | FaultKind::ExpireJwt, Some(server)) => {
                let useless = match kind {
                    FaultKind::ExpireJwt => server.expired_token(),
                    _ => server.token_without_session(),
                };
                match useless {
                    Ok(jwt) => Some(driver::Command::ReplaceJwt(kind, Some(jwt))),
                    Err(error @ SigningError) => {
                        refused(recorder, kind, &error.to_string());
                        None
                    }
                }
            }
            _ => Some(driver::Command::Arm(arming)),
        }
    }

    async fn cut(&mut self, recorder: &Recorder) {
        let Some(server) = self.running.take() else { return };
        server.cut().await;
        self.log(recorder);
        recorder.record(Source::Server, None, ServerEvent::Stopped);
        self.kept = keep_port(self.address());
    }

    async fn stop_store(&mut self, is_stopped: bool) {
        self.config.store_is_stopped = is_stopped;
        if let Some(server) = &self.running {
            server.hold_store(is_stopped).await;
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
            recorder.record(Source::Server, None, ServerEvent::Log { line });
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
        recorder.record(Source::Server, None, ServerEvent::Started { address: demo.address() });
    }
    loop {
        let command = tokio::select! {
            command = commands.recv() => command,
            Some(LogLine { text: line }) = next_line(&mut demo) => {
                recorder.record(Source::Server, None, ServerEvent::Log { line });
                continue;
            }
        };
        let Some(command) = command else { break };
        let handed_on = driver_command(command, &mut demo, &recorder, &driver).await;
        if let Some(handed_on) = handed_on
            && driver.send(handed_on).await.is_err()
        {
            break;
        }
    }
    // Before the driver's goodbye, which is the end of the runtime and may be that of the program.
    drop(demo.as_mut().and_then(|demo| demo.redis.take()));
    drop(driver);
    if let Some(Demo { running: Some(server), .. }) = demo {
        // The driver says goodbye first.
        let _server = server;
        pending::<()>().await;
    }
}

/// Does of `command` what is the local server's to do, and returns what is the driver's; `None` if that is nothing.
async fn driver_command(
    command: Command,
    demo: &mut Option<Demo>,
    recorder: &Recorder,
    driver: &mpsc::Sender<driver::Command>,
) -> Option<driver::Command> {
    Some(match (command, demo) {
        (Command::Flow(command), _) => driver::Command::Flow(command),
        (Command::Send(object), _) => driver::Command::Send(object),
        (Command::UseJwt(jwt), _) => driver::Command::UseJwt(jwt),
        (Command::SetPing(every), _) => driver::Command::SetPing(every),
        (Command::SetBackoff(rule), _) => driver::Command::SetBackoff(rule),
        (Command::Arm(arming), Some(demo)) => return demo.arm(arming, recorder, driver).await,
        (Command::Arm(arming), None) => driver::Command::Arm(arming),
        (Command::Clear(fault), demo) => {
            if fault == FaultKind::StopStore {
                start_store(demo).await;
            }
            driver::Command::Clear(fault)
        }
        (Command::ClearAll, demo) => {
            start_store(demo).await;
            driver::Command::ClearAll
        }
        (Command::Server(command), Some(demo)) => {
            demo.obey(command, recorder, driver).await;
            return None;
        }
        (Command::Server(command), None) => {
            refused(recorder, command.fault(), "only the local demo has its own server");
            return None;
        }
    })
}

/// Takes the port at `address`, so that nobody else does; whoever connects is refused. Without it the server still
/// starts again, unless somebody was quicker.
fn keep_port(address: SocketAddr) -> Option<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.ok()?;
    // The ends of the server's connections have the port for a while yet.
    socket.set_reuseaddr(true).ok()?;
    socket.bind(address).ok()?;
    Some(socket)
}

/// A request on which no fault acts would start it as well.
async fn start_store(demo: &Option<Demo>) {
    if let Some(Demo { running: Some(server), .. }) = demo {
        server.set_store_stopped(false).await;
    }
}

fn refused(recorder: &Recorder, fault: FaultKind, reason: &str) {
    let (fault, reason) = (fault.name(), SafeText::new(reason));
    recorder.record(Source::Server, None, FaultEvent::Refused { fault, reason });
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
