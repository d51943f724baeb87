//! Pings, and how long a link may be silent behind one (contract §9).

use std::time::Duration;

use crate::model::Moment;

/// How long an answer may take at most while nothing is known of the round trip.
const FIRST_ANSWER: Duration = Duration::from_secs(5);
/// No answer has to be there sooner.
const LEAST: Duration = Duration::from_secs(2);
/// How many round trips an answer may take.
const ROUND_TRIPS: u32 = 4;

/// Pings that go out at once and then in turn. A link on which nothing arrives behind one is dead.
pub struct Pings {
    every: Duration,
    /// When the next one goes out.
    next: Moment,
    number: u32,
    /// The newest, unless its pong has come.
    unanswered: Option<Sent>,
    /// When something has to have arrived, of whatever kind.
    deadline: Option<Moment>,
    round_trip: Option<Duration>,
}

struct Sent {
    number: u32,
    at: Moment,
}

/// What is to be done about pings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PingTimer {
    /// The next is due.
    Due,
    /// Nothing has arrived since the last for too long.
    Overdue,
}

impl Pings {
    /// The first `now`, then `every` so often.
    pub fn new(every: Duration, now: Moment) -> Self {
        Self { every, next: now, number: 0, unanswered: None, deadline: None, round_trip: None }
    }

    /// What is to be done next, and when, if nothing arrives before.
    pub fn timer(&self) -> (Moment, PingTimer) {
        match self.deadline {
            Some(deadline) => (deadline, PingTimer::Overdue),
            None => (self.next, PingTimer::Due),
        }
    }

    /// A ping goes out `now`; its payload.
    pub fn send(&mut self, now: Moment) -> [u8; 4] {
        self.number = self.number.wrapping_add(1);
        self.unanswered = Some(Sent { number: self.number, at: now });
        self.next = now + self.every;
        self.deadline = Some(now + patience(self.every, self.round_trip));
        self.number.to_be_bytes()
    }

    /// Something has arrived: the link is alive.
    pub fn heard(&mut self) {
        self.deadline = None;
    }

    /// Whether nothing has arrived since the last ping.
    pub fn is_waiting(&self) -> bool {
        self.deadline.is_some()
    }

    /// A pong has arrived `now`; the round trip, if it answers the newest ping.
    pub fn pong(&mut self, payload: &[u8], now: Moment) -> Option<Duration> {
        let ping = self.unanswered.take_if(|ping| payload == ping.number.to_be_bytes())?;
        self.round_trip = Some(now.since(ping.at));
        self.round_trip
    }
}

/// How long to wait for an answer after a round trip of this length, or else, where pings go out `every` so often, no longer
/// than two of them.
fn patience(every: Duration, round_trip: Option<Duration>) -> Duration {
    match round_trip {
        Some(seen) => LEAST.max(seen * ROUND_TRIPS),
        None => FIRST_ANSWER.min(LEAST.max(every * 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    /// How long after a link that answers within `round_trip` has died this is noticed, with a ping `every` so often; it
    /// dies right after a pong, which is the worst time.
    fn noticed_after(every: Duration, round_trip: Option<Duration>) -> Duration {
        let mut now = Moment::START;
        let mut pings = Pings::new(every, now);
        assert_eq!(pings.timer(), (now, PingTimer::Due));
        let ping = pings.send(now);
        if let Some(round_trip) = round_trip {
            now = now + round_trip;
            pings.heard();
            assert_eq!(pings.pong(&ping, now), Some(round_trip));
        }
        let dead_since = now;
        loop {
            match pings.timer() {
                (at, PingTimer::Due) => _ = pings.send(at),
                (at, PingTimer::Overdue) => return at.since(dead_since),
            }
        }
    }

    #[test]
    fn a_dead_link_is_noticed_within_fifteen_seconds_and_a_slow_one_is_not_called_dead() {
        for round_trip in [None, Some(MS(1)), Some(MS(50)), Some(MS(400)), Some(MS(1_000))] {
            let found = noticed_after(MS(10_000), round_trip);
            assert!(found <= MS(15_000), "{round_trip:?}: {found:?}");
        }
        for round_trip in [None, Some(MS(1)), Some(MS(100)), Some(MS(500))] {
            let found = noticed_after(MS(3_000), round_trip);
            assert!(found <= MS(5_000), "{round_trip:?}: {found:?}");
        }
        assert_eq!(noticed_after(MS(10_000), Some(MS(3_000))), MS(19_000), "four round trips behind the next ping");
        assert_eq!(noticed_after(MS(100), None), LEAST, "no answer has to be there sooner");
    }

    #[test]
    fn any_frame_is_a_sign_of_life_and_only_the_newest_pong_tells_the_round_trip() {
        let mut pings = Pings::new(MS(10_000), Moment::START);
        let first = pings.send(Moment::START);
        for number in 1..4 {
            assert!(pings.is_waiting());
            pings.heard();
            let at = Moment::START + number * MS(10_000);
            assert_eq!(pings.timer(), (at, PingTimer::Due));
            let _ = pings.send(at);
        }
        assert_eq!(pings.pong(&first, Moment::START + MS(30_010)), None);
        assert_eq!(pings.timer(), (Moment::START + MS(35_000), PingTimer::Overdue));
    }
}
