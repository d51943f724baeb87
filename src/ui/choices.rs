//! What a command leaves to choose.

use std::collections::HashMap;

use super::page::Purpose;
use crate::faults::{Arming, Fault, FaultKind, Group};
use crate::model::Profile;

/// The profiles to choose from, and the one in use.
#[derive(Default)]
pub struct ProfileChoice {
    /// All of them.
    pub all: Vec<Profile>,
    /// The place of the one in use.
    pub chosen: usize,
    /// The one to be used instead.
    pub switch: Option<Switch>,
}

/// A change to another profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Its place.
    pub to: usize,
    /// What is done with it then.
    pub then: Option<Purpose>,
}

impl ProfileChoice {
    /// Offers `profiles`, and the one in use whether it is among them or not.
    pub fn offer(&mut self, profiles: Vec<Profile>) {
        let used = self.all.get(self.chosen).cloned();
        self.all = profiles;
        let name = used.as_ref().map(|profile| &profile.name);
        let place = self.all.iter().position(|profile| Some(&profile.name) == name);
        self.chosen = place.unwrap_or(self.all.len());
        if place.is_none() {
            self.all.extend(used);
        }
    }
}

/// What is chosen on the start page.
#[derive(Default)]
pub struct StartChoices {
    /// The place of the profile.
    pub choice: Option<usize>,
    /// What the profiles to be shown are called.
    pub query: String,
    /// Whether the window says how to go on from the demo.
    pub has_demo_banner: bool,
}

/// How faults are armed.
pub struct FaultChoices {
    /// How often those in the ticket request act.
    pub repeat: Repeat,
    /// In how many of 100 cases one acts that is armed now.
    pub percent: u8,
    /// What those to be shown are called.
    pub query: String,
    /// Those whose parameters a person has changed.
    pub parameters: HashMap<FaultKind, Fault>,
    /// Whether one that shows at the next attempt begins one.
    pub attempt_at_once: bool,
}

impl Default for FaultChoices {
    fn default() -> Self {
        Self {
            repeat: Repeat::default(),
            percent: 100,
            query: String::new(),
            parameters: HashMap::new(),
            attempt_at_once: true,
        }
    }
}

impl FaultChoices {
    /// A fault with the parameters that it is to have.
    pub fn fault(&self, kind: FaultKind) -> Fault {
        self.parameters.get(&kind).cloned().unwrap_or_else(|| kind.default_parameters())
    }

    /// The fault, to be armed as often and as probably as was chosen.
    pub fn arming(&self, kind: FaultKind) -> Arming {
        let is_of_ticket = kind.group() == Group::Ticket;
        let times = if is_of_ticket { self.repeat.times() } else { kind.usual_times() };
        Arming { fault: self.fault(kind), times, probability: f64::from(self.percent) / 100.0 }
    }
}

/// How often faults in the ticket request act.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter)]
pub enum Repeat {
    /// At one ticket request.
    #[default]
    Once,
    /// At three.
    Thrice,
    /// Until it is switched off.
    UntilOff,
}

impl Repeat {
    /// The number for [`crate::session::Command::Arm`].
    pub const fn times(self) -> Option<u32> {
        match self {
            Self::Once => Some(1),
            Self::Thrice => Some(3),
            Self::UntilOff => None,
        }
    }

    /// What the choice says.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Once => "1×",
            Self::Thrice => "3×",
            Self::UntilOff => "until off",
        }
    }
}
