//! What a deployed server of this kind was measured to do otherwise (contract §6), where that takes memory:
//! its requests are counted, and a ticket store that was away too long never comes back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::rate::{RateLimit, RequestCount};
use crate::model::Moment;

/// The longest outage of the store that such a server survives.
const MAX_OUTAGE: Duration = Duration::from_millis(300);

/// Why there are no tickets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// The store was down when the server started.
    FromTheStart,
    /// The store went down while the server ran.
    Since,
}

/// The memory of a server that acts as deployed.
#[derive(Debug, Default)]
pub(super) struct Deployed(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    broken_from_the_start: bool,
    outage_since: Option<Moment>,
    is_lost: bool,
    /// Of the one address that can reach this server.
    requests: RequestCount,
}

impl Deployed {
    /// A server whose store was down when it started, or not.
    pub fn new(broken_from_the_start: bool) -> Self {
        Self(Mutex::new(State { broken_from_the_start, ..State::default() }))
    }

    /// Takes in whether the store just answered; tells whether it may be used.
    pub fn store_answered(&self, now: Moment, well: bool) -> Result<(), Broken> {
        let mut state = self.state();
        if state.broken_from_the_start {
            return Err(Broken::FromTheStart);
        }
        if well && !state.is_lost {
            let outage = state.outage_since.take();
            state.is_lost = outage.is_some_and(|since| now.since(since) > MAX_OUTAGE);
        } else {
            state.outage_since.get_or_insert(now);
        }
        if well && !state.is_lost { Ok(()) } else { Err(Broken::Since) }
    }

    /// Counts a request; tells whether there have been too many.
    pub fn is_too_much(&self, now: Moment) -> bool {
        self.state().requests.is_too_much(&RateLimit::default(), now)
    }

    /// Whether the store was down when the server started.
    pub fn is_broken_from_the_start(&self) -> bool {
        self.state().broken_from_the_start
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_outage_heals_and_a_long_one_does_not() {
        let at = Moment::from_millis;
        let server = Deployed::new(false);
        assert_eq!(server.store_answered(at(0), false), Err(Broken::Since));
        assert_eq!(server.store_answered(at(300), true), Ok(()));
        assert_eq!(server.store_answered(at(1_000), false), Err(Broken::Since));
        assert_eq!(server.store_answered(at(1_301), true), Err(Broken::Since));
        assert_eq!(server.store_answered(at(9_000), true), Err(Broken::Since));
        assert_eq!(Deployed::new(true).store_answered(at(0), true), Err(Broken::FromTheStart));
    }

    #[test]
    fn the_301st_request_in_a_minute_is_too_much() {
        let server = Deployed::new(false);
        let count = |at| (0..301).filter(|_| !server.is_too_much(at)).count();
        assert_eq!(count(Moment::START), 300);
        assert_eq!(count(Moment::from_millis(60_000)), 300);
    }
}
