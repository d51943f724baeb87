//! A situation from a public report: how it is brought about, and what has to be said of it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use support::moves::{LOOPBACK, Play, serve};
use support::scene::{Said, Scene};
use ticketscope::diagnosis::Owner;

/// Who has to see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    Check,
    Live,
    Both,
    /// A check that sends no pings for a while.
    Quiet,
}

impl By {
    pub fn views(self) -> &'static [View] {
        match self {
            Self::Check => &[View::Check],
            Self::Live => &[View::Live],
            Self::Both => &[View::Check, View::Live],
            Self::Quiet => &[View::Quiet],
        }
    }
}

/// One way of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum View {
    Check,
    Live,
    Quiet,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something is broken, and one of these has to fix it.
    Broken(&'static [Owner]),
    /// It connects, whatever is remarked beside.
    Connected,
    /// It connects, or it says these words (each group: one of them).
    ConnectedOr(Words),
    /// There is nothing to find.
    Healthy,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owners = |owners: &[Owner]| owners.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | ");
        match self {
            Self::Broken(all) => f.pad(&owners(all)),
            Self::Connected => f.pad("(connected)"),
            Self::ConnectedOr(_) => f.pad("(connected, or says why)"),
            Self::Healthy => f.pad("(healthy)"),
        }
    }
}

/// One of each group has to be said; lower case.
pub type Words = &'static [&'static [&'static str]];

/// What a row brings about: its scene, or nothing if a real part of it is missing.
pub type Staged = Pin<Box<dyn Future<Output = Option<Scene>> + Send>>;

pub struct Report {
    pub name: &'static str,
    /// The public threads.
    pub source: &'static str,
    pub by: By,
    kind: Kind,
    /// The same for a live session, if that is something else.
    live: Option<Kind>,
    /// What has to be said of what is broken.
    pub says: Words,
    /// What the next step has to say of it.
    pub advises: Words,
    /// What a check has to say as well.
    check_says: Words,
    /// How often a check is to repeat itself.
    pub repeated: Option<&'static str>,
    /// What nothing may say, unless to deny it.
    pub never: &'static [&'static str],
    /// A row that is several: all of these have to be right.
    pub stages: Vec<Box<dyn Fn(View) -> Staged + Send + Sync>>,
}

impl Report {
    pub fn new(name: &'static str, source: &'static str, kind: Kind) -> Self {
        Self {
            name,
            source,
            by: By::Both,
            kind,
            live: None,
            says: &[],
            advises: &[],
            check_says: &[],
            repeated: None,
            never: &[],
            stages: Vec::new(),
        }
    }

    pub fn broken(name: &'static str, source: &'static str, owners: &'static [Owner]) -> Self {
        Self::new(name, source, Kind::Broken(owners))
    }

    /// One of these has to fix it.
    pub fn owned_by(self, owners: &'static [Owner]) -> Self {
        Self { kind: Kind::Broken(owners), ..self }
    }

    /// A live session sees something else.
    pub fn live(self, kind: Kind) -> Self {
        Self { live: Some(kind), ..self }
    }

    pub fn kind(&self, view: View) -> Kind {
        self.live.filter(|_| view == View::Live).unwrap_or(self.kind)
    }

    pub fn by(self, by: By) -> Self {
        Self { by, ..self }
    }

    pub fn says(self, says: Words) -> Self {
        Self { says, ..self }
    }

    pub fn advises(self, advises: Words) -> Self {
        Self { advises, ..self }
    }

    pub fn never(self, never: &'static [&'static str]) -> Self {
        Self { never, ..self }
    }

    /// A check sees it only if it repeats itself.
    pub fn repeated(self, times: &'static str) -> Self {
        Self { repeated: Some(times), ..self }
    }

    pub fn check_says(self, check_says: Words) -> Self {
        Self { check_says, ..self }
    }

    /// A way to bring it about.
    pub fn staged<F, S>(mut self, stage: impl Fn(View) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = S> + Send + 'static,
        S: Into<Option<Scene>>,
    {
        self.stages.push(Box::new(move |view| {
            let staging = stage(view);
            Box::pin(async move { staging.await.into() })
        }));
        self
    }

    /// A server of the contract but for what `play` says; each view has one of its own.
    pub fn played<P: Play>(self, play: impl Fn() -> P + Send + Sync + 'static) -> Self {
        self.staged(move |_| {
            let play = play();
            async move { Scene::at(serve(LOOPBACK, None, play).await).patient() }
        })
    }

    /// What is wrong with what `view` said, and with what the server logged; nothing if it is right.
    pub fn faults(&self, view: View, said: &Said, log: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let next = said.next.to_lowercase();
        let all = format!("{} {next}", said.why.to_lowercase());
        let more = if view == View::Live { &[][..] } else { self.check_says };
        match self.kind(view) {
            Kind::Broken(owners) => {
                if said.is_well {
                    faults.push("called healthy".to_owned());
                }
                if !said.owner.is_some_and(|owner| owners.contains(&owner)) {
                    faults.push("another owner".to_owned());
                }
                faults.extend(unsaid(&all, self.says));
                faults.extend(unsaid(&all, more));
                faults.extend(unsaid(&next, self.advises).map(|fault| format!("next step: {fault}")));
            }
            Kind::Connected if !said.is_connected => faults.push("not connected".to_owned()),
            Kind::ConnectedOr(words) if !said.is_connected => faults.extend(unsaid(&all, words)),
            Kind::Healthy if !said.is_well || said.first.is_some() => faults.push("nothing is wrong".to_owned()),
            Kind::Connected | Kind::ConnectedOr(_) | Kind::Healthy => {}
        }
        faults.extend(
            self.never
                .iter()
                .filter(|word| claims(&format!("{all} {}", log.to_lowercase()), word))
                .map(|word| format!("says {word:?}")),
        );
        faults
    }
}

/// The groups of which nothing is said.
fn unsaid(text: &str, words: Words) -> impl Iterator<Item = String> {
    let unsaid = words.iter().filter(|group| !group.iter().any(|word| text.contains(word)));
    unsaid.map(|group| format!("does not say {}", group.join("|")))
}

/// Whether `text` claims `word`: a sentence that denies something may name it.
fn claims(text: &str, word: &str) -> bool {
    let denies = |clause: &str| {
        let rest = clause.replace(word, "");
        rest.split(|letter: char| !letter.is_alphabetic()).any(|it| matches!(it, "not" | "no" | "nothing" | "never"))
    };
    text.split(['.', ';', ':']).any(|clause| clause.contains(word) && !denies(clause))
}

/// Whether the next step is for somebody else than the owner. What nobody is named for is the user's to do.
pub fn contradicts(said: &Said) -> bool {
    const NAMES: &[(&str, Owner)] = &[
        ("user's it", Owner::UserIt),
        ("it department", Owner::UserIt),
        ("user can", Owner::User),
        ("user has", Owner::User),
        ("operations", Owner::Operations),
        ("developers", Owner::Developers),
        ("whoever wrote the profile", Owner::ProfileAuthor),
        ("nobody", Owner::Nobody),
    ];
    let next = said.next.to_lowercase();
    let next = next.strip_prefix("the ").unwrap_or(&next);
    let named = NAMES.iter().filter_map(|(name, owner)| next.find(name).map(|at| (at, *owner)));
    let (Some(owner), Some((at, first))) = (said.owner, named.min_by_key(|(at, _)| *at)) else { return false };
    first != owner && (owner != Owner::User || at == 0)
}
