//! What a comparison of two recordings finds, and how it is told.

use std::fmt;

use serde::Serialize;

use super::changed::{Changed, Values};
use super::steps::Step;
use super::values::Tolerance;
use crate::journal::recording::Losses;

/// What differs between two recordings.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diff {
    /// How alike they are.
    pub result: Similarity,
    /// Whether every value counted, and no [`Tolerance`](super::Tolerance) was allowed for.
    pub is_exact: bool,
    /// Whether one of the two was read from other people's files: then only how the last attempt went is compared.
    pub is_of_files: bool,
    /// Steps that are the same, or before the first that differs.
    pub same_steps: usize,
    /// The first step that differs.
    pub first: Option<Divergence>,
    /// What differs in the headers: profile, rules, versions.
    pub header: Vec<Changed>,
    /// The numbers that differ: counts, codes, times.
    pub numbers: Vec<Changed>,
    /// The values that differ in entries that are in both, up to the first step that differs; and entries
    /// beside the sequence that are in one only.
    pub values: Values,
    /// What neither comparison can know, for each of the two.
    pub losses: [Losses; 2],
}

/// How alike two recordings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Similarity {
    /// The same sequence, and the same values but for the noise of timing.
    Same,
    /// The same sequence with other values.
    OtherValues,
    /// Another sequence.
    OtherSequence,
}

/// Where two courses part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Divergence {
    /// The last steps that are the same, as each of the two has them.
    pub before: Vec<[Step; 2]>,
    /// The step as the first recording has it; `None` if that has ended.
    pub a: Option<Step>,
    /// As the second has it.
    pub b: Option<Step>,
    /// What differs in it, if both have one.
    pub fields: Vec<Changed>,
}

impl Similarity {
    /// What it says, with a sign.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Same => "✓ Same course",
            Self::OtherValues => "≠ Same course, other numbers",
            Self::OtherSequence => "≠ Another course",
        }
    }
}

impl Diff {
    /// How many steps are the same, and what counts as the same.
    pub fn summary(&self) -> String {
        if self.is_of_files {
            return match self.first.is_some() {
                true => "The last attempt of each is compared, as far as files can tell: this is how they differ",
                false => "The last attempt of each is compared, as far as files can tell: both went the same way",
            }
            .to_owned();
        }
        let steps = match self.same_steps {
            1 => "1 step is the same".to_owned(),
            count => format!("{count} steps are the same"),
        };
        let where_from = if self.first.is_some() { ", then they part" } else { "" };
        format!("{steps}{where_from}; {}", self.allowance())
    }

    fn allowance(&self) -> String {
        let (median, once) = (Tolerance::MEDIAN, Tolerance::ONCE);
        if self.is_exact {
            return "every value counts".to_owned();
        }
        format!(
            "times count as the same within {} ms or ×{}, medians within {} ms or ×{}",
            once.apart, once.factor, median.apart, median.factor
        )
    }

    /// What is missing in each of the two, if anything is.
    pub fn losses_in_words(&self) -> [Vec<String>; 2] {
        self.losses.map(|losses| losses.in_words())
    }

    /// Everything that differs but the first step that does.
    pub fn changes(&self) -> impl Iterator<Item = &Changed> {
        self.header.iter().chain(&self.numbers).chain(&self.values.listed)
    }

    /// What is said of the step that one of the two has, and the other not.
    pub fn said(&self, side: usize) -> String {
        let step = self.first.as_ref().and_then(|divergence| [&divergence.a, &divergence.b][side.min(1)].as_ref());
        match (step, self.losses.get(side).is_some_and(|losses| losses.is_ended)) {
            (Some(step), _) => step.title(),
            (None, true) => "nothing more happens".to_owned(),
            (None, false) => "the recording stops here; what came then is not known".to_owned(),
        }
    }
}

impl fmt::Display for Diff {
    /// All of it, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.result.label().split_once(' ').map_or("", |(_, label)| label);
        write!(f, "{label}: {}", self.summary())?;
        for (name, losses) in ["A", "B"].iter().zip(self.losses_in_words()) {
            for loss in losses {
                write!(f, "\n⚠ {name} is not whole: {loss}")?;
            }
        }
        if let Some(divergence) = &self.first {
            if !divergence.before.is_empty() {
                write!(f, "\n\nThe last steps that are the same, as A has them")?;
            }
            for [step, _] in &divergence.before {
                write!(f, "\n    {}", step.title())?;
            }
            write!(f, "\n\nThe first step that differs\n  A {}\n  B {}", self.said(0), self.said(1))?;
            divergence.fields.iter().try_for_each(|changed| write!(f, "\n    {changed}"))?;
        }
        let parts = [
            ("Profile, rules and versions", &self.header),
            ("Numbers", &self.numbers),
            ("Entry by entry", &self.values.listed),
        ];
        for (title, changes) in parts.into_iter().filter(|(_, changes)| !changes.is_empty()) {
            write!(f, "\n\n{title}")?;
            changes.iter().try_for_each(|changed| write!(f, "\n  {changed}"))?;
        }
        match self.values.more {
            0 => Ok(()),
            more => write!(f, "\n  … and {more} more"),
        }
    }
}
