//! How a server is to behave.

use std::net::SocketAddr;
use std::time::Duration;

use super::core::SigningSecret;
use super::store::StoreConfig;
use crate::model::{Origin, Profile};

/// How a server is to behave; the default is the contract's (§5).
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen: a loopback address. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The origins that may open a socket and, from a web page, read answers.
    pub origins: Vec<Origin>,
    /// Where tickets are kept.
    pub store: StoreConfig,
    /// Begin with the ticket store stopped; see [`Server::hold_store`](super::Server::hold_store).
    pub store_is_stopped: bool,
    /// What JWTs are signed with.
    pub signing_secret: SigningSecret,
    /// How long a ticket is good for; counted in whole seconds, at least one.
    pub ticket_lifetime: Duration,
    /// How long a JWT is good for, in whole seconds.
    pub token_lifetime: Duration,
    /// How often a socket is pinged; the pong must come before the next ping.
    pub heartbeat: Duration,
    /// How long a socket stays open after the client's last data message.
    pub idle_timeout: Duration,
    /// Act as deployed servers were measured to, instead of as the seed tells it (contract §6).
    pub as_deployed: bool,
    /// Do what requests of this very program order in the header [`FAULT_HEADER`](crate::faults::FAULT_HEADER).
    pub obeys_faults: bool,
}

impl Default for Config {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        Self {
            listen,
            origins: vec![Profile::local_demo(listen).origin],
            store: StoreConfig::Memory,
            store_is_stopped: false,
            signing_secret: SigningSecret::default(),
            ticket_lifetime: Duration::from_secs(30),
            token_lifetime: Duration::from_secs(30 * 86_400),
            heartbeat: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(900),
            as_deployed: false,
            obeys_faults: false,
        }
    }
}
