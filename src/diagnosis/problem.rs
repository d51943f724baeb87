//! What is wrong, as whoever has to fix it reads it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Code;
use crate::model::failure::OWN_ROOT;
use crate::model::{Profile, Remedy};

/// What is wrong. One literal in `diagnosis::findings` holds all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its stable name.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Who can most likely fix it; the next step may name others.
    pub owner: Owner,
    /// Whether it goes away by itself.
    pub outlook: Outlook,
    /// What is the matter, in a few words.
    pub title: String,
    /// Why, in a sentence or two.
    pub cause: String,
    /// What to do now, and who can do it.
    pub next: Cow<'static, str>,
    /// What follows from it, if that is found at the same time.
    pub explains: &'static [Code],
    /// What it follows from, if that is found at the same time.
    pub follows_from: &'static [Code],
    /// Whether it could not be told from others without the health endpoint.
    pub rests_on_health: bool,
    /// The file that would tell more, if the user has to be asked for one.
    pub asks: Option<Remedy>,
    /// What the user is told who has it.
    pub for_user: ForUser,
}

/// What the user is told who has a problem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ForUser {
    /// What is told of all that the same people can fix.
    #[default]
    ByOwner,
    /// These words.
    Said(Cow<'static, str>),
    /// These words if it is found in what the user sent, of whose computer it tells then.
    SaidOfFiles(&'static str),
}

impl ForUser {
    /// Words that are always the same.
    pub(super) const fn said(words: &'static str) -> Self {
        Self::Said(Cow::Borrowed(words))
    }
}

impl Problem {
    /// For the end of a literal: nothing follows from it, and it follows from nothing.
    pub(super) const ALONE: Self = Self {
        code: Code::UnexpectedAnswer,
        severity: Severity::Error,
        owner: Owner::Developers,
        outlook: Outlook::Passing,
        title: String::new(),
        cause: String::new(),
        next: Cow::Borrowed(""),
        explains: &[],
        follows_from: &[],
        rests_on_health: false,
        asks: None,
        for_user: ForUser::ByOwner,
    };

    /// The same of a session that another client than ours had: what the profile says to ours is built into the web app,
    /// and its developers are those who can change it.
    #[must_use]
    pub(super) fn of_web_app(self) -> Self {
        // What follows a title's dash is the peer's.
        let (title, answer) = match self.title.split_once(TITLE_DASH) {
            Some((title, answer)) => (title, format!("{TITLE_DASH}{answer}")),
            None => (&*self.title, String::new()),
        };
        Self {
            owner: if self.owner == Owner::ProfileAuthor { Owner::Developers } else { self.owner },
            title: in_web_app(title) + &answer,
            cause: in_web_app(&self.cause),
            next: in_web_app(&self.next).into(),
            ..self
        }
    }

    /// Whether this follows from `cause`, if both are found at the same time.
    pub fn is_symptom_of(&self, cause: &Self) -> bool {
        cause.explains.contains(&self.code) || self.follows_from.contains(&cause.code)
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; the connection works.
    Notice,
    /// The connection is disturbed, and comes back by itself once the cause is gone.
    Warning,
    /// There is no connection until somebody fixes the cause.
    Error,
}

/// Whether a retry can end differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outlook {
    /// It may be over by the next attempt.
    Passing,
    /// Every retry ends the same until somebody fixes the cause (contract §2).
    Lasting,
}

/// Who can fix it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::Display, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// Whoever sits at the computer.
    #[strum(to_string = "the user")]
    User,
    /// The IT department of the user's company or network.
    #[strum(to_string = "the user's IT")]
    UserIt,
    /// Whoever runs the server.
    #[strum(to_string = "operations")]
    Operations,
    /// Whoever writes the server and its clients.
    #[strum(to_string = "the developers")]
    Developers,
    /// Whoever wrote the profile.
    #[strum(to_string = "whoever wrote the profile")]
    ProfileAuthor,
    /// It passes by itself.
    #[strum(to_string = "nobody")]
    Nobody,
    /// What is known does not tell.
    #[strum(to_string = "not known yet")]
    Unknown,
}

impl Owner {
    /// Who can fix it, as a sentence without its full stop.
    pub fn sentence(self) -> String {
        match self {
            Self::Nobody => "it passes by itself".to_owned(),
            Self::Unknown => "who can fix it is not known yet".to_owned(),
            Self::User | Self::UserIt | Self::Operations | Self::Developers | Self::ProfileAuthor => {
                format!("{self} can fix it")
            }
        }
    }
}

/// What stands in a title before the words of a peer.
pub(super) const TITLE_DASH: &str = " — ";

/// What the program says of its own client, and what it says of a web app in its place.
const IN_WEB_APP: [(&str, &str); 7] = [
    (OWN_ROOT, ""),
    ("does not let Ticketscope connect", "does not let the browser connect"),
    ("it ends by itself, and the client waits as long", "it ends by itself"),
    ("it ends by itself, and the client tries again each 5 m 0 s until then", "it ends by itself"),
    ("he profile", "he web app"),
    ("try New session", "sign out and in again"),
    ("New session (in the web app, refresh the page)", "load the page again"),
];

/// `text`, said of a web app. What is quoted, “as it was said”, stays.
fn in_web_app(text: &str) -> String {
    let own = |text: &str| {
        without_unknown(&IN_WEB_APP.iter().fold(text.to_owned(), |text, (ours, its)| text.replace(ours, its)))
    };
    let (mut said, mut is_quoted) = (String::with_capacity(text.len()), false);
    for part in text.split_inclusive(['“', '”']) {
        said.push_str(&if is_quoted { part.to_owned() } else { own(part) });
        is_quoted = part.ends_with('“');
    }
    said
}

/// Words for the addresses that a file does not have.
fn without_unknown(text: &str) -> String {
    let unknown = format!("://{}", Profile::UNKNOWN_HOST);
    let mut told = String::new();
    let mut rest = text;
    while let Some(place) = rest.find(&unknown) {
        let (before, after) = rest.split_at(place);
        told.push_str(before.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()));
        let after = &after[unknown.len()..];
        let path = after.find(|letter: char| !(letter.is_ascii_alphanumeric() || "/-_.".contains(letter)));
        let path = after[..path.unwrap_or(after.len())].trim_end_matches('.');
        // An origin has no path.
        told.push_str(if path.is_empty() { "the page's origin" } else { "the service" });
        rest = &after[path.len()..];
    }
    told + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_peer_said_stays_in_words_for_a_web_app() {
        let problem = Problem {
            title: "The profile is wrong — 4001 the profile is gone".to_owned(),
            cause: "By the profile. It says: “the profile of New session”. Whoever wrote the profile.".to_owned(),
            ..Problem::ALONE
        };
        let said = problem.of_web_app();
        assert_eq!(said.title, "The web app is wrong — 4001 the profile is gone");
        let expected = "By the web app. It says: “the profile of New session”. Whoever wrote the web app.";
        assert_eq!(said.cause, expected);
    }

    #[test]
    fn what_a_file_does_not_name_is_said_in_words() {
        let said =
            "The page runs at https://unknown.invalid, and wss://unknown.invalid/ws. https://api.example.com stays.";
        let expected = "The page runs at the page's origin, and the service. https://api.example.com stays.";
        assert_eq!(without_unknown(said), expected);
    }
}
