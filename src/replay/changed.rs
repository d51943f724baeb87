//! What has another value in a second recording.

use std::fmt;

use serde::Serialize;

use super::values::Found;
use crate::model::SafeText;

/// Something that has another value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// What.
    pub what: SafeText,
    /// In the first recording.
    pub a: SafeText,
    /// In the second.
    pub b: SafeText,
    /// The numbers of the entries that say so, in the first and in the second; `None` for what is of no one entry.
    #[serde(skip_serializing_if = "is_nowhere")]
    pub entries: [Option<u64>; 2],
}

fn is_nowhere(entries: &[Option<u64>; 2]) -> bool {
    *entries == [None; 2]
}

impl Changed {
    pub(super) fn new(what: impl Into<String>, (a, b): (String, String)) -> Self {
        let what: String = what.into();
        Self { what: what.into(), a: a.into(), b: b.into(), entries: [None; 2] }
    }
}

/// The first of the values that differ, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Values {
    /// The first of them.
    pub listed: Vec<Changed>,
    /// How many are not listed.
    pub more: u64,
}

impl Values {
    /// Values that are listed.
    pub const MOST: usize = 100;

    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    pub(super) fn push(&mut self, changed: Changed) {
        if self.listed.len() < Self::MOST {
            self.listed.push(changed);
        } else {
            self.more += 1;
        }
    }
}

impl From<Found> for Changed {
    fn from(Found { what, a, b, .. }: Found) -> Self {
        Self::new(what, (a, b))
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} → {}", self.what, self.a, self.b)
    }
}
