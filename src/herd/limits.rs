//! What a server can take.

use std::time::Duration;

use serde::Serialize;

use crate::backend::rate::RateLimit;

/// A server's capacity, and its refusal of excess clients.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limits {
    /// Requests from one address; further ones are answered with 429. Ticket request and upgrade are one each.
    pub rate: Option<RateLimit>,
    /// Clients that share an address, as those behind one office's router do.
    pub clients_per_address: u32,
    /// Requests a second that can be answered. Who would wait longer than [`Limits::PATIENCE`] is refused with 503.
    pub capacity: Option<u32>,
    /// `Retry-After` of a 429.
    #[serde(with = "humantime_serde")]
    pub rate_retry_after: Option<Duration>,
    /// `Retry-After` of a 503.
    #[serde(with = "humantime_serde")]
    pub capacity_retry_after: Option<Duration>,
}

impl Limits {
    /// How long a request may wait for its turn.
    pub const PATIENCE: Duration = Duration::from_secs(1);
}

impl Default for Limits {
    /// What deployed servers were measured to do (contract §6), each client with an address of its own.
    fn default() -> Self {
        Self {
            rate: Some(RateLimit::default()),
            clients_per_address: 1,
            capacity: None,
            rate_retry_after: Some(Duration::from_secs(60)),
            capacity_retry_after: None,
        }
    }
}
