//! Starting and stopping: the listener and its connections.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};
use tokio::time::{sleep, timeout};

use super::config::Config;
use super::connections::{ConnectionGuard, Connections, MAX_CONNECTIONS, MAX_SOCKETS, WriteDeadline};
use super::core::{SigningError, SigningSecret};
use super::deployed::Deployed;
use super::log::{Log, LogLine};
use super::shared::{Shared, stopped};
use super::store::{StoreConfig, StoreError, TicketStore};
use super::{http as routes, socket};
use crate::clock::{self, utc_now};
use crate::model::{Jwt, SessionId, io_words};
use crate::watchdog::panic_text;

/// How long a connection may be silent before the head of its next request is complete.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// How long a request may still take once the server stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);
/// How long stopping takes at most; longer than the farewell to a socket.
const STOP_LIMIT: Duration = Duration::from_secs(2);
/// How long to wait after a failed accept, which is usually a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address can be reached from other computers.
    #[error("{0} is not a loopback address; the local server only serves this computer: use 127.0.0.1 or [::1]")]
    NotLoopback(SocketAddr),
    /// The address cannot be used.
    #[error("cannot listen on {address}: {}; stop what uses it, or choose another port", io_words(error))]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        error: io::Error,
    },
    /// This computer's clock shows a time for which HTTP has no dates.
    #[error("this computer's clock shows a time before 1970 or after 9999, for which HTTP has no dates; set it")]
    Clock,
}

/// A running server. Dropping it ends everything at once; [`Server::stop`] says goodbye first.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    stopping: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

impl Server {
    /// Starts a server on the current tokio runtime. Lines that are not received are dropped in the end, so
    /// the receiver may be dropped.
    ///
    /// # Errors
    /// If the address is not one of loopback or cannot be bound, or this computer's clock is beyond all calendars.
    pub async fn start(config: Config) -> Result<(Self, mpsc::Receiver<LogLine>), StartError> {
        let address = config.listen;
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback(address));
        }
        if !clock::is_between_1970_and_9999() {
            return Err(StartError::Clock);
        }
        let bind_error = |error| StartError::Bind { address, error };
        let listener = TcpListener::bind(address).await.map_err(bind_error)?;
        let address = listener.local_addr().map_err(bind_error)?;

        let (log, lines) = Log::new();
        let store = TicketStore::new(&config.store, config.store_is_stopped);
        let place = match &config.store {
            StoreConfig::Memory => "memory".to_owned(),
            StoreConfig::Redis(url) => format!("Redis at {url}"),
        };
        log.line(format!("[Server] Listening {{ address: '{address}', tickets: '{place}' }}"));
        // The first random bytes of a process take some 30 ms, which would look like a slow first request. If
        // there are none to be had, the requests say so.
        let _ = aws_lc_rs::rand::fill(&mut [0]);
        let absent = if config.as_deployed { store.check().await.err() } else { None };
        if let Some(error) = &absent {
            log.line(format!("[Server] No ticket store {{ error: '{error}' }}"));
        }
        // A Redis that answers is there, whatever it says.
        let deployed = Deployed::new(absent.is_some_and(|error| !matches!(error, StoreError::Refused { .. })));
        let shared = Arc::new(Shared::new(config, store, log, deployed, address.port()));
        let (stopping, is_stopping) = watch::channel(false);
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared), is_stopping));
        Ok((Self { address, shared, stopping, listening }, lines))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A JWT of this server's that names no session: the ticket request answers it with `MISSING_SESSION`.
    ///
    /// # Errors
    /// If the library for JWTs cannot sign.
    pub fn token_without_session(&self) -> Result<Jwt, SigningError> {
        self.shared.issue(None, 0, utc_now())
    }

    /// A JWT of this server's that has expired: the ticket request answers it with `INVALID_TOKEN`.
    ///
    /// # Errors
    /// If the library for JWTs cannot sign.
    pub fn expired_token(&self) -> Result<Jwt, SigningError> {
        let long_ago = utc_now() - 2 * self.shared.config.token_lifetime;
        self.shared.issue(Some(&SessionId::new("sess_expired")), 0, long_ago)
    }

    /// Signs with a new key from now on, and refuses JWTs signed with an older one. Returns the key.
    pub fn rotate_secret(&self) -> SigningSecret {
        let mut key = *b"ticketscope local demo rotated 0";
        // Without randomness from the system it is still another key than the first.
        let _ = aws_lc_rs::rand::fill(&mut key);
        let secret = SigningSecret::new(key);
        self.shared.sign_with(&secret);
        self.shared.log.line("[Server] Signing secret rotated".to_owned());
        secret
    }

    /// Stops or starts the ticket store for a fault. While it is stopped, ticket requests and upgrades are refused
    /// with `503 REDIS_UNAVAILABLE`. Stopping loses the tickets in memory; Redis keeps its own.
    pub async fn set_store_stopped(&self, is_stopped: bool) {
        self.shared.set_store_stopped(is_stopped).await;
    }

    /// As [`Self::set_store_stopped`], but no fault that ends starts it again.
    pub async fn hold_store(&self, is_stopped: bool) {
        self.shared.hold_store(is_stopped).await;
    }

    /// Frees the port and ends every connection without a word, as a power cut would.
    pub async fn cut(mut self) {
        self.listening.abort();
        // Its end is the point, however it comes.
        let _ = (&mut self.listening).await;
    }

    /// Frees the port, closes every socket with `1001 SERVER_SHUTDOWN`, and returns when all is over, which
    /// takes 2 s at most.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        // It limits its own time, and its only other end is a panic.
        let _ = (&mut self.listening).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    let router = routes::router(Arc::clone(&shared));
    let (mut tasks, connections) = (JoinSet::new(), Connections::default());
    loop {
        tokio::select! {
            () = stopped(&mut stopping) => break,
            Some(ended) = tasks.join_next() => note_end(ended, &shared.log),
            accepted = listener.accept(), if connections.have_room(tasks.len()) => match accepted {
                // The library for HTTP panics at such times.
                Ok(_) if !clock::is_between_1970_and_9999() => {
                    shared.log.line(format!("[Server] Cannot serve {{ error: '{}' }}", StartError::Clock));
                }
                Ok((stream, from)) => {
                    // Where there is no room for it, it ends here.
                    let Some(guard) = connections.enter(from.ip(), tasks.len()) else { continue };
                    let number = guard.number();
                    let serving = serve(stream, guard, router.clone(), Arc::clone(&shared), stopping.clone());
                    connections.is_ended_by(number, tasks.spawn(serving));
                    if tasks.len() == MAX_CONNECTIONS {
                        shared.log.line(format!("[Server] Connection limit reached {{ limit: {MAX_CONNECTIONS} }}"));
                    }
                }
                Err(error) => {
                    shared.log.line(format!("[Server] Cannot accept a connection {{ error: '{error}' }}"));
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let all_ended = async {
        while let Some(ended) = tasks.join_next().await {
            note_end(ended, &shared.log);
        }
    };
    let _ = timeout(STOP_LIMIT, all_ended).await;
    tasks.shutdown().await;
    shared.log.line("[Server] Stopped".to_owned());
}

/// Says so if a connection crashed: its client only sees that it broke.
fn note_end(ended: Result<(), JoinError>, log: &Log) {
    if let Some(panic) = ended.err().and_then(|error| error.try_into_panic().ok()) {
        log.line(format!("[Server] A connection crashed {{ error: '{}' }}", panic_text(&*panic)));
    }
}

/// One connection from its first request to the end of the WebSocket that it may become.
async fn serve(
    stream: TcpStream,
    guard: ConnectionGuard,
    router: Router,
    shared: Arc<Shared>,
    mut stopping: watch::Receiver<bool>,
) {
    // It costs time, not correctness, if the system refuses.
    let _ = stream.set_nodelay(true);
    let (sockets, mut socket) = mpsc::channel::<socket::Pending>(1);
    let router = TowerToHyperService::new(router);
    let guard = &guard;
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        guard.speaks();
        request.extensions_mut().insert(sockets.clone());
        let answer = router.call(request);
        async { Ok::<_, Infallible>(answer.await.unwrap_or_else(|never| match never {})) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT).auto_date_header(false);
    let mut connection = pin!(http.serve_connection(TokioIo::new(WriteDeadline::new(stream)), service).with_upgrades());
    tokio::select! {
        // How a client ends its connection is its own affair.
        _ = connection.as_mut() => {}
        () = stopped(&mut stopping) => {
            connection.as_mut().graceful_shutdown();
            let _ = timeout(DRAIN_LIMIT, connection).await;
        }
    }
    if let Ok(pending) = socket.try_recv() {
        if guard.stays() {
            pending.run(&shared, stopping).await;
        } else {
            shared.log.line(format!("[Server] Socket limit reached {{ limit: {MAX_SOCKETS} }}"));
            pending.turn_away().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_crashes_is_in_the_log_and_one_that_is_ended_is_not() {
        let (log, mut lines) = Log::new();
        note_end(tokio::spawn(async { panic!("boom") }).await, &log);
        assert_eq!(lines.try_recv().unwrap().text.as_str(), "[Server] A connection crashed { error: 'boom' }");
        let ended = tokio::spawn(std::future::pending());
        ended.abort();
        note_end(ended.await, &log);
        note_end(tokio::spawn(async {}).await, &log);
        assert!(lines.try_recv().is_err());
    }
}
