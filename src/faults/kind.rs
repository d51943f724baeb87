//! Questions about a fault that its facts answer.

use strum::IntoEnumIterator as _;

use super::catalogue::{Fault, FaultKind};
use super::facts::{Activation, AtOnce, Group, Occasion, Reach};
use crate::model::FaultName;

impl Fault {
    /// The name in journals and drill files.
    pub fn name(&self) -> FaultName {
        self.kind().name()
    }

    /// The fault without its parameters.
    pub fn kind(&self) -> FaultKind {
        self.into()
    }
}

impl FaultKind {
    /// The name in journals and drill files.
    pub fn name(self) -> FaultName {
        FaultName::new(self.into())
    }

    /// The fault called `name`.
    pub fn named(name: &FaultName) -> Option<Self> {
        Self::iter().find(|kind| kind.name() == *name)
    }

    /// What the button says.
    pub const fn label(self) -> &'static str {
        self.facts().label
    }

    /// What it does and what should follow, for a tooltip.
    pub const fn explanation(self) -> &'static str {
        self.facts().explanation
    }

    /// Where it acts.
    pub const fn group(self) -> Group {
        self.facts().group
    }

    /// When it acts while armed; never, if it acts at once.
    pub const fn occasions(self) -> &'static [Occasion] {
        self.facts().occasions
    }

    /// Whether it acts at once or at each occasion while armed.
    pub const fn activation(self) -> Activation {
        if self.occasions().is_empty() { Activation::Immediate } else { Activation::Armed }
    }

    /// What it does inside the client if it acts at once.
    pub const fn at_once(self) -> AtOnce {
        self.facts().at_once
    }

    /// Whether it decides how its occasion ends, so that others of this sort have to wait for the next.
    pub const fn decides(self) -> bool {
        self.facts().decides
    }

    /// Whether it changes how the wire carries bytes for as long as it is armed.
    pub const fn shapes_wire(self) -> bool {
        self.facts().shapes_wire
    }

    /// Whether it acts on each use of the keychain.
    pub const fn acts_on_keychain(self) -> bool {
        matches!(self.occasions(), [Occasion::Keychain])
    }

    /// Whether it needs a keychain, other than memory.
    pub const fn needs_keychain(self) -> bool {
        matches!(self.group(), Group::Keychain)
    }

    /// Whether an open socket shows it at once.
    pub const fn acts_on_open_socket(self) -> bool {
        self.shapes_wire() || matches!(self.occasions(), [Occasion::Socket])
    }

    /// Whether it can only act on a socket that is open already.
    pub const fn needs_open_socket(self) -> bool {
        self.facts().needs_open_socket
    }

    /// Whether nothing would be seen of it before the next attempt, so that a window begins one.
    pub const fn shows_at_next_attempt(self) -> bool {
        match self.activation() {
            Activation::Immediate => self.facts().spoils_jwt,
            Activation::Armed => !self.acts_on_open_socket() && !self.acts_on_keychain(),
        }
    }

    /// The last phase whose failure is attributed to it.
    pub const fn reach(self) -> Reach {
        self.facts().reach
    }

    /// Whether it needs the local server inside the program.
    pub const fn needs_local_server(self) -> bool {
        self.facts().needs_local_server
    }

    /// How often a window arms it, unless told otherwise.
    pub const fn usual_times(self) -> Option<u32> {
        self.facts().usual_times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_are_distinct_and_names_lead_back() {
        let labels: std::collections::HashSet<_> = FaultKind::iter().map(FaultKind::label).collect();
        assert_eq!(labels.len(), FaultKind::iter().count());
        for kind in FaultKind::iter() {
            assert_eq!(FaultKind::named(&kind.name()), Some(kind));
            assert_eq!(kind.default_parameters().kind(), kind);
            let table = serde_json::to_value(kind.default_parameters()).unwrap();
            assert_eq!(table["fault"], kind.name().as_str(), "both lists spell it the same");
        }
        assert_eq!(FaultKind::Simulate503.name().as_str(), "simulate-503");
    }

    #[test]
    fn what_acts_at_once_inside_the_client_does_something() {
        for kind in FaultKind::iter() {
            let acts = kind.at_once() != AtOnce::Nothing;
            match kind.activation() {
                Activation::Armed => assert!(!acts, "{kind:?} waits for its occasion"),
                Activation::Immediate => assert!(acts || kind.needs_local_server(), "{kind:?} would do nothing"),
            }
        }
    }
}
