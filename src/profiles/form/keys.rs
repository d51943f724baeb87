//! The keys of a profile's file, each declared once, by the part of the form that they belong to.

mod limits;
mod log;
mod requests;
mod talk;

use self::limits::{TRUST, WAITING};
use self::log::LOG;
use self::requests::{SECRETS, SERVICE, SIGN_IN, SOCKET, TICKET};
use self::talk::{ENDS, GREETING, HEARTBEAT, MESSAGES};
use super::table::{Part, Section};

impl Part {
    /// The tables of the file that belong to it.
    pub const fn sections(self) -> &'static [Section] {
        match self {
            Self::Service => SERVICE,
            Self::Secrets => SECRETS,
            Self::SignIn => SIGN_IN,
            Self::Ticket => TICKET,
            Self::Socket => SOCKET,
            Self::Greeting => GREETING,
            Self::Messages => MESSAGES,
            Self::Heartbeat => HEARTBEAT,
            Self::Ends => ENDS,
            Self::Waiting => WAITING,
            Self::Trust => TRUST,
            Self::Log => LOG,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::IntoEnumIterator as _;

    use super::super::table::{KeyKind, Place};
    use super::*;
    use crate::model::Profile;

    /// The keys that the reader of profiles takes at the place of `section`, by what it says of one that it does not.
    fn taken(section: &Section) -> BTreeSet<String> {
        let header = match section.place {
            Place::Top => String::new(),
            Place::Table(path) => format!("[{}]\n", path.join(".")),
            Place::Each(name) => format!("[[{name}]]\n"),
            Place::Named(name) => format!("[{name}.x]\n"),
        };
        let error = Profile::from_toml(&format!("{header}no_such_key = 1\n")).unwrap_err().problem;
        let (_, expected) = error.as_str().split_once("expected ").unwrap_or_else(|| panic!("{header}: {error}"));
        expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn every_key_that_a_file_may_have_is_in_the_table_once() {
        let all: Vec<_> = Part::iter().flat_map(|part| part.sections()).collect();
        for section in &all {
            let mut known: Vec<&str> = section.keys.iter().map(|key| key.name).collect();
            if section.keys.iter().any(|key| key.kind == KeyKind::Request) {
                known.extend(["get", "put"]);
            }
            let tables = |other: &&&Section| match other.place {
                Place::Top => None,
                Place::Table(path) => Some(path[0]),
                Place::Each(name) | Place::Named(name) => Some(name),
            };
            match section.place {
                // Its other keys are tables that are sections.
                Place::Top => known.extend(all.iter().filter_map(|other| tables(&other))),
                Place::Table(["endpoints"]) => known.extend(["token", "ticket", "socket"]),
                Place::Table(_) | Place::Each(_) | Place::Named(_) => {
                    assert_eq!(known.iter().collect::<BTreeSet<_>>().len(), known.len(), "twice: {known:?}");
                }
            }
            let known: BTreeSet<String> = known.into_iter().map(str::to_owned).collect();
            let mut taken = taken(section);
            match section.place {
                // Requests are read alike; what makes no sense is no field.
                Place::Each("login") => assert!(taken.remove("reusable")),
                Place::Each("ticket") => assert!(taken.remove("refresh_on")),
                Place::Top | Place::Table(_) | Place::Each(_) | Place::Named(_) => {}
            }
            assert_eq!(known, taken, "{:?}", section.place);
        }
    }

    #[test]
    fn every_key_says_what_it_means() {
        for key in Part::iter().flat_map(|part| part.sections()).flat_map(|section| section.keys) {
            assert!(!key.label.is_empty() && !key.help.is_empty() && !key.help.ends_with('.'), "{key:?}");
        }
    }
}
