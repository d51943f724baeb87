//! A server that is sometimes gone and never takes more than it can.

use std::time::Duration;

use super::limits::Limits;
use super::scenario::Scenario;
use crate::backend::rate::RequestCount;
use crate::model::Moment;

/// What comes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// What was asked for.
    Granted,
    /// Nobody listens.
    Gone,
    /// 429, with this `Retry-After`.
    TooMany(Option<Duration>),
    /// 503, with this `Retry-After`.
    Overloaded(Option<Duration>),
}

/// The server. Requests must come in the order of their times.
pub(super) struct Server<'a> {
    scenario: &'a Scenario,
    counts: Vec<RequestCount>,
    /// When it has answered all that waits.
    free_at: Moment,
}

impl<'a> Server<'a> {
    pub fn new(scenario: &'a Scenario) -> Self {
        let addresses = scenario.clients.div_ceil(scenario.limits.clients_per_address.max(1));
        Self { scenario, counts: vec![RequestCount::default(); addresses as usize], free_at: Moment::START }
    }

    /// A connection is asked for: all that it needs is that somebody listens.
    pub fn dial(&self, now: Moment) -> (Moment, Answer) {
        (now, if self.scenario.is_down(now) { Answer::Gone } else { Answer::Granted })
    }

    /// A request of `client` arrives; when it is answered, and how.
    pub fn request(&mut self, now: Moment, client: u32) -> (Moment, Answer) {
        let limits = &self.scenario.limits;
        if self.scenario.is_down(now) {
            return (now, Answer::Gone);
        }
        let address = (client / limits.clients_per_address.max(1)) as usize;
        if let (Some(rate), Some(count)) = (&limits.rate, self.counts.get_mut(address))
            && count.is_too_much(rate, now)
        {
            return (now, Answer::TooMany(limits.rate_retry_after));
        }
        let Some(capacity) = limits.capacity else { return (now, Answer::Granted) };
        let begins = self.free_at.max(now);
        if begins.since(now) > Limits::PATIENCE {
            return (now, Answer::Overloaded(limits.capacity_retry_after));
        }
        let answered = begins + Duration::from_secs(1) / capacity.max(1);
        match self.scenario.next_cut(now) {
            // The server dies with the request in its queue.
            Some(cut) if cut <= answered => (cut, Answer::Gone),
            _ => {
                self.free_at = answered;
                (answered, Answer::Granted)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(server: &mut Server<'_>, now: Moment, clients: std::ops::Range<u32>) -> usize {
        clients.filter(|client| server.request(now, *client).1 == Answer::Granted).count()
    }

    #[test]
    fn more_than_the_capacity_waits_a_second_at_most() {
        let limits =
            Limits { capacity: Some(100), capacity_retry_after: Some(Duration::from_secs(7)), ..Limits::default() };
        let scenario = Scenario { outage: Duration::ZERO, limits, ..Scenario::default() };
        let mut server = Server::new(&scenario);
        assert_eq!(granted(&mut server, Moment::START, 0..1_000), 101);
        let refused = server.request(Moment::START, 0);
        assert_eq!(refused, (Moment::START, Answer::Overloaded(Some(Duration::from_secs(7)))));
        assert_eq!(granted(&mut server, Moment::from_millis(500), 0..1_000), 50);
    }

    #[test]
    fn an_address_has_its_limit_whoever_shares_it() {
        let limits = Limits { clients_per_address: 50, ..Limits::default() };
        let scenario = Scenario { clients: 100, outage: Duration::ZERO, limits, ..Scenario::default() };
        let mut server = Server::new(&scenario);
        let now = Moment::from_millis(1);
        let first: usize = (0..10).map(|_| granted(&mut server, now, 0..50)).sum();
        assert_eq!(first, 300);
        assert_eq!(server.request(now, 0).1, Answer::TooMany(Some(Duration::from_secs(60))));
        assert_eq!(granted(&mut server, now, 50..100), 50);
        assert_eq!(granted(&mut server, now + Duration::from_secs(60), 0..50), 50);
    }
}
