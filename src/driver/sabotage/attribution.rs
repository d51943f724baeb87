//! Which failures are put down to the faults that acted.

use std::time::Duration;

use crate::faults::{FaultKind, Reach};
use crate::model::{AttemptId, Moment};

/// How long a server may take to admit or refuse who has opened a socket. A later close has other reasons.
const ADMISSION: Duration = Duration::from_secs(5);

/// How long after an outage a request may still be sent on a connection from before; longer than one is kept.
const AFTERMATH: Duration = Duration::from_secs(3);

/// The faults that acted in an attempt, the newest last.
#[derive(Default)]
pub struct Attribution {
    attempt: Option<AttemptId>,
    faults: Vec<FaultKind>,
    /// When the attempt's socket was opened.
    opened: Option<Moment>,
}

impl Attribution {
    /// Nobody but `faults` is to blame for what fails in `attempt`.
    pub fn of(attempt: Option<AttemptId>, faults: Vec<FaultKind>) -> Self {
        Self { attempt, faults, opened: None }
    }

    /// `fault` acted in `attempt`.
    pub fn add(&mut self, attempt: Option<AttemptId>, fault: FaultKind) {
        if self.attempt != attempt {
            *self = Self::of(attempt, Vec::new());
        }
        self.remove(fault);
        self.faults.push(fault);
    }

    /// `fault` has no effect any more.
    pub fn remove(&mut self, fault: FaultKind) {
        self.faults.retain(|blamed| *blamed != fault);
    }

    /// The attempt's socket is open.
    pub fn opened(&mut self, now: Moment) {
        self.opened = Some(now);
    }

    /// The fault that is to blame for what fails `now` in `attempt`.
    pub fn culprit(&self, attempt: Option<AttemptId>, now: Moment) -> Option<FaultKind> {
        let needed = match self.opened {
            None => Reach::Open,
            Some(opened) if now.since(opened) < ADMISSION => Reach::Admitted,
            Some(_) => Reach::Closed,
        };
        let reaching = self.faults.iter().rfind(|fault| fault.reach() >= needed);
        reaching.copied().filter(|_| self.attempt == attempt)
    }
}

/// What a fault outside the client does to it.
pub struct Outage {
    /// Which.
    pub fault: FaultKind,
    /// Since when it does not any more.
    pub over: Option<Moment>,
}

impl Outage {
    /// Whether nothing that fails from `now` on can be its doing.
    pub fn is_past(&self, now: Moment) -> bool {
        self.over.is_some_and(|over| now.since(over) > AFTERMATH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blame_ends_where_a_fault_has_had_its_effect() {
        let (attempt, at) = (Some(AttemptId(3)), Moment::from_millis);
        let mut attribution =
            Attribution::of(attempt, vec![FaultKind::Latency, FaultKind::BlockOrigin, FaultKind::NameSlow]);
        assert_eq!(attribution.culprit(attempt, at(9_000)), Some(FaultKind::NameSlow), "the newest");
        assert_eq!(attribution.culprit(Some(AttemptId(4)), at(9_000)), None);
        attribution.opened(at(10_000));
        assert_eq!(attribution.culprit(attempt, at(14_999)), Some(FaultKind::BlockOrigin));
        assert_eq!(attribution.culprit(attempt, at(15_000)), Some(FaultKind::Latency));
        let mut early = Attribution::of(attempt, vec![FaultKind::Simulate503]);
        early.opened(at(0));
        assert_eq!(early.culprit(attempt, at(1)), None);
    }
}
