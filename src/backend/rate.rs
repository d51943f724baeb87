//! How many requests one address may make (contract §6).

use std::time::Duration;

use serde::Serialize;

use crate::model::Moment;

/// So many requests in each window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RateLimit {
    /// Requests in a window, at most.
    pub requests: u32,
    /// The window's length; it begins with the first request after the one before.
    #[serde(with = "humantime_serde")]
    pub per: Duration,
}

impl Default for RateLimit {
    /// What deployed servers were measured to allow: 300 requests a minute.
    fn default() -> Self {
        Self { requests: 300, per: Duration::from_secs(60) }
    }
}

/// The requests of one address in its window.
#[derive(Clone, Copy, Debug, Default)]
pub struct RequestCount {
    since: Moment,
    requests: u32,
}

impl RequestCount {
    /// Counts a request; tells whether there have been too many.
    pub fn is_too_much(&mut self, limit: &RateLimit, now: Moment) -> bool {
        if now.since(self.since) >= limit.per {
            *self = Self { since: now, requests: 0 };
        }
        self.requests = self.requests.saturating_add(1);
        self.requests > limit.requests
    }
}
