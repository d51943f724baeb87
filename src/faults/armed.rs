//! The faults that are armed, and when they act.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::arming::Arming;
use super::catalogue::{Fault, FaultKind};
use super::facts::Occasion;
use crate::model::unit;

/// A fault that acts now.
#[derive(Clone, Debug, PartialEq)]
pub struct Fired {
    /// Which.
    pub fault: Fault,
    /// How often it will act again; `None` until it is cleared.
    pub left: Option<u32>,
}

/// The faults that are armed.
#[derive(Clone, Debug)]
pub struct Faults {
    armed: Vec<Arming>,
    rng: ChaCha8Rng,
}

impl Faults {
    /// None yet. The same `seed` decides the same about probabilities.
    pub fn new(seed: u64) -> Self {
        Self { armed: Vec::new(), rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Arms a fault. Replaces an earlier arming of the same kind.
    pub fn arm(&mut self, arming: Arming) {
        self.clear(arming.fault.kind());
        if arming.times != Some(0) {
            self.armed.push(arming);
        }
    }

    /// Whether a fault is armed.
    pub fn is_armed(&self, kind: FaultKind) -> bool {
        self.armed.iter().any(|armed| armed.fault.kind() == kind)
    }

    /// Clears a fault; tells whether it was armed.
    pub fn clear(&mut self, kind: FaultKind) -> bool {
        let before = self.armed.len();
        self.armed.retain(|armed| armed.fault.kind() != kind);
        self.armed.len() < before
    }

    /// Clears everything and tells what was armed.
    pub fn clear_all(&mut self) -> Vec<FaultKind> {
        self.armed.drain(..).map(|armed| armed.fault.kind()).collect()
    }

    /// The faults that act at this occasion. Of those that decide the outcome only one does.
    pub fn fire(&mut self, occasion: Occasion) -> Vec<Fired> {
        self.fire_if(|kind| kind.occasions().contains(&occasion))
    }

    /// An occasion for faults of this kind alone.
    pub fn fire_kind(&mut self, wanted: FaultKind) -> Vec<Fired> {
        self.fire_if(|kind| kind == wanted)
    }

    fn fire_if(&mut self, is_occasion: impl Fn(FaultKind) -> bool) -> Vec<Fired> {
        let mut fired = Vec::new();
        let mut is_decided = false;
        for armed in &mut self.armed {
            let kind = armed.fault.kind();
            if !is_occasion(kind) || (is_decided && kind.decides()) {
                continue;
            }
            // Certain faults draw nothing, so that arming one does not change what others do.
            if armed.probability < 1.0 && unit(self.rng.next_u64()) >= armed.probability {
                continue;
            }
            is_decided |= kind.decides();
            armed.times = armed.times.map(|times| times - 1);
            fired.push(Fired { fault: armed.fault.clone(), left: armed.times });
        }
        self.armed.retain(|armed| armed.times != Some(0));
        fired
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(fired: &[Fired]) -> Vec<(FaultKind, Option<u32>)> {
        fired.iter().map(|fired| (fired.fault.kind(), fired.left)).collect()
    }

    #[test]
    fn a_fault_acts_as_often_as_it_was_armed_for() {
        let mut faults = Faults::new(1);
        let at_ticket = |faults: &mut Faults| left(&faults.fire(Occasion::TicketRequest));
        assert_eq!(at_ticket(&mut faults), []);
        faults.arm(Arming::new(Fault::Simulate503, Some(2)));
        assert_eq!(faults.fire(Occasion::Upgrade), []);
        assert_eq!(at_ticket(&mut faults), [(FaultKind::Simulate503, Some(1))]);
        assert_eq!(at_ticket(&mut faults), [(FaultKind::Simulate503, Some(0))]);
        assert_eq!(at_ticket(&mut faults), []);
        faults.arm(Arming::new(Fault::Simulate503, None));
        assert_eq!(at_ticket(&mut faults), [(FaultKind::Simulate503, None)]);
        assert!(faults.clear(FaultKind::Simulate503) && !faults.clear(FaultKind::Simulate503));
    }

    #[test]
    fn one_answer_is_enough_and_the_other_waits_for_its_turn() {
        let mut faults = Faults::new(1);
        for fault in [Fault::TicketHtml, Fault::TicketEmpty] {
            faults.arm(Arming::new(fault, Some(1)));
        }
        assert_eq!(left(&faults.fire(Occasion::TicketRequest)), [(FaultKind::TicketHtml, Some(0))]);
        assert_eq!(left(&faults.fire(Occasion::TicketRequest)), [(FaultKind::TicketEmpty, Some(0))]);
    }

    #[test]
    fn chance_is_as_likely_as_asked_for_and_repeats_with_the_seed() {
        let acts = |seed: u64| -> Vec<bool> {
            let mut faults = Faults::new(seed);
            faults.arm(Arming { fault: Fault::TicketHtml, times: None, probability: 0.3 });
            (0..10_000).map(|_| !faults.fire(Occasion::TicketRequest).is_empty()).collect()
        };
        let count = acts(7).iter().filter(|acts| **acts).count();
        assert!((2_800..3_200).contains(&count), "{count} of 10 000");
        assert_eq!(acts(7), acts(7));
        assert_ne!(acts(7), acts(8));
    }
}
