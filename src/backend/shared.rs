//! What the connections of a server share.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::time::Instant;

use super::config::Config;
use super::core::{SigningError, SigningSecret, TokenAuthority};
use super::deployed::Deployed;
use super::log::Log;
use super::store::TicketStore;
use crate::clock::utc_now;
use crate::model::{Jwt, Moment, SafeText, SessionId, TraceId};

/// What every connection needs.
pub(super) struct Shared {
    pub config: Config,
    authority: Mutex<Arc<TokenAuthority>>,
    pub store: TicketStore,
    store_is_held: AtomicBool,
    pub log: Log,
    pub deployed: Deployed,
    pub port: u16,
    started: Instant,
    /// Tells trace ids of this run from those of others.
    run: u32,
    requests: AtomicU32,
}

impl Shared {
    /// What a server that has just begun to listen at `port` works with.
    pub fn new(config: Config, store: TicketStore, log: Log, deployed: Deployed, port: u16) -> Self {
        let authority = TokenAuthority::new(&config.signing_secret, config.token_lifetime);
        Self {
            authority: Mutex::new(Arc::new(authority)),
            store_is_held: AtomicBool::new(config.store_is_stopped),
            config,
            store,
            log,
            deployed,
            port,
            started: Instant::now(),
            run: utc_now().timestamp_millis() as u32,
            requests: AtomicU32::new(0),
        }
    }

    /// Who signs now.
    pub fn authority(&self) -> Arc<TokenAuthority> {
        Arc::clone(&self.authority.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs with `secret` from now on.
    pub fn sign_with(&self, secret: &SigningSecret) {
        let authority = TokenAuthority::new(secret, self.config.token_lifetime);
        *self.authority.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(authority);
    }

    /// Stops or starts the ticket store, and keeps it so whatever else asks for its start.
    pub async fn hold_store(&self, is_stopped: bool) {
        self.store_is_held.store(is_stopped, Ordering::Relaxed);
        self.set_store_stopped(is_stopped).await;
    }

    /// Stops or starts the ticket store, unless it is held.
    pub async fn set_store_stopped(&self, is_stopped: bool) {
        let is_stopped = is_stopped || self.store_is_held.load(Ordering::Relaxed);
        if self.store.set_stopped(is_stopped).await {
            let word = if is_stopped { "stopped" } else { "started" };
            self.log.line(format!("[Server] Ticket store {word} on purpose"));
        }
    }

    /// A JWT that is another one than all before, and longer by more than `padding`.
    pub fn issue(&self, session: Option<&SessionId>, padding: usize, now: DateTime<Utc>) -> Result<Jwt, SigningError> {
        let id = format!("{}{:0padding$}", self.fresh_trace(), 0);
        self.authority().issue(session, &id, now)
    }

    /// The time since the start.
    pub fn now(&self) -> Moment {
        Moment::START + self.started.elapsed()
    }

    /// A trace id for a request that brings none.
    pub fn fresh_trace(&self) -> SafeText {
        let request = self.requests.fetch_add(1, Ordering::Relaxed);
        SafeText::new(TraceId::new(self.run, request).as_str())
    }
}

/// Whether the server stops, or is gone: returns when it does.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>) {
    // An error means that the `Server` was dropped.
    let _ = stopping.wait_for(|stopping| *stopping).await;
}
