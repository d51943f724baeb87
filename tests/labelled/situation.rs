//! A situation and its label.

use std::future::Future;
use std::pin::Pin;

use support::scene::{Said, Scene};

/// What the first finding has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// All is well, and nothing is found.
    Healthy,
    /// It works, and this is worth knowing.
    Notice(&'static str),
    /// It does not work, and this is the cause.
    Broken(&'static str),
    /// This way of looking cannot see it.
    Unseen,
}

impl Label {
    /// Whether that is what was said.
    pub fn fits(self, said: &Said) -> bool {
        let first = said.first.as_deref();
        match self {
            Self::Healthy => said.is_well && first.is_none(),
            Self::Notice(code) => first == Some(code),
            Self::Broken(code) => !said.is_well && first == Some(code),
            Self::Unseen => true,
        }
    }
}

type Staged = Pin<Box<dyn Future<Output = Scene> + Send>>;

/// A situation with its labels.
pub struct Situation {
    pub name: &'static str,
    pub check: Label,
    pub live: Label,
    /// What the verdict has to say.
    pub words: &'static [&'static str],
    /// Why check and live session name different causes, if they do.
    pub apart: Option<&'static str>,
    pub stage: Box<dyn Fn() -> Staged + Send + Sync>,
}

impl Situation {
    pub fn new<F: Future<Output = Scene> + Send + 'static>(
        name: &'static str,
        label: Label,
        stage: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        let stage = Box::new(move || -> Staged { Box::pin(stage()) });
        Self { name, check: label, live: label, words: &[], apart: None, stage }
    }

    /// The live session cannot see it.
    pub fn by_check(self) -> Self {
        Self { live: Label::Unseen, ..self }
    }

    /// The check cannot see it.
    pub fn by_session(self) -> Self {
        Self { check: Label::Unseen, ..self }
    }

    /// The live session sees something else than the check.
    pub fn apart(self, live: Label, why: &'static str) -> Self {
        Self { live, apart: Some(why), ..self }
    }

    /// The verdict has to say all of this.
    pub fn saying(self, words: &'static [&'static str]) -> Self {
        Self { words, ..self }
    }
}
