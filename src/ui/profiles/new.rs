//! A profile that is about to be made.

use crate::presets::{self, Preset};
use crate::profiles::beginning;

/// What a new profile begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Beginning {
    /// The preset at this place.
    Preset(usize),
    /// An address.
    Address,
    /// The text of another profile, which is called so.
    Copy {
        /// Its name.
        of: String,
        /// Its text.
        text: String,
    },
}

impl Beginning {
    /// What it is called.
    pub fn label(&self) -> String {
        match self {
            Self::Preset(place) => preset(*place).map_or_else(String::new, |preset| preset.title.to_owned()),
            Self::Address => "An address".to_owned(),
            Self::Copy { of, .. } => format!("A copy of {of}"),
        }
    }
}

/// The preset at `place`.
pub fn preset(place: usize) -> Option<&'static Preset> {
    presets::all().get(place)
}

/// A profile that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProfile {
    /// What it is to be called.
    pub name: String,
    /// What it begins with.
    pub beginning: Beginning,
    /// The address, if it begins with one.
    pub address: String,
    /// Whether it was not drawn yet.
    pub is_fresh: bool,
}

impl NewProfile {
    /// Its text.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn text(&self) -> Result<String, String> {
        let name = self.name.trim();
        beginning::file_name(name).map_err(|problem| format!("Name: {problem}"))?;
        match &self.beginning {
            Beginning::Preset(place) => preset(*place)
                .map(|preset| beginning::renamed(preset.text, name))
                .ok_or_else(|| "Choose one".to_owned()),
            Beginning::Address => {
                beginning::of_address(name, &self.address).map_err(|error| format!("Address: {error}"))
            }
            Beginning::Copy { text, .. } => Ok(beginning::renamed(text, name)),
        }
    }
}
