//! What comparing two recordings found.

use std::fmt;
use std::path::PathBuf;

use crate::model::SafeText;
use crate::replay::Diff;

/// One of two recordings that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display)]
pub enum Side {
    /// The one that was shown.
    A,
    /// The other one.
    B,
}

impl Side {
    pub(in crate::ui) const BOTH: [Self; 2] = [Self::A, Self::B];

    pub(in crate::ui) const fn of<T>(self, pair: &[T; 2]) -> &T {
        let [a, b] = pair;
        match self {
            Self::A => a,
            Self::B => b,
        }
    }
}

/// What comparing two recordings found.
pub struct Comparison {
    /// Their names and files.
    pub sides: [(SafeText, PathBuf); 2],
    pub diff: Diff,
}

impl Comparison {
    /// The name and the file of one of them.
    pub fn side(&self, side: Side) -> &(SafeText, PathBuf) {
        side.of(&self.sides)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [(a, _), (b, _)] = &self.sides;
        write!(f, "A: {a}\nB: {b}\n{}", self.diff)
    }
}
