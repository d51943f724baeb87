//! Where the secrets of a profile come from, and where they may go.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::SafeText;
use crate::model::profile::address::FilePath;

/// What a person, a variable, a file or a command has to give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecretSource {
    /// What people call it: "App-level token (xapp-…)".
    #[serde(skip_serializing_if = "SafeText::is_empty")]
    pub label: SafeText,
    /// Where a person finds it.
    #[serde(skip_serializing_if = "SafeText::is_empty")]
    pub hint: SafeText,
    /// The environment variable that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<SafeText>,
    /// The file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<FilePath>,
    /// The program that prints it, which runs only after a person has allowed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<CommandLine>,
    /// Hosts to which it may go beside those that the profile itself names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostPattern>,
    /// Whether it is good for one use, as a one-time code: a person types it for each request that shows it, and nothing
    /// keeps it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
    /// Whether **New session** forgets it too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub forget: bool,
    /// Whether the service also works without it: nothing is sent in its place.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// Where a secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretOrigin<'a> {
    /// A person gives it, and the keychain keeps it.
    Person,
    /// An environment variable.
    Variable(&'a SafeText),
    /// A file.
    File(&'a FilePath),
    /// What a program prints.
    Command(&'a CommandLine),
}

impl SecretSource {
    /// Where it comes from.
    pub fn origin(&self) -> SecretOrigin<'_> {
        match (&self.env, &self.file, &self.command) {
            (Some(variable), _, _) => SecretOrigin::Variable(variable),
            (None, Some(file), _) => SecretOrigin::File(file),
            (None, None, Some(command)) => SecretOrigin::Command(command),
            (None, None, None) => SecretOrigin::Person,
        }
    }

    /// Whether a person has to give it.
    pub fn is_asked_for(&self) -> bool {
        self.origin() == SecretOrigin::Person
    }

    /// Whether it says more than one place to come from.
    pub fn is_ambiguous(&self) -> bool {
        let said = [self.env.is_some(), self.file.is_some(), self.command.is_some()];
        said.into_iter().filter(|is_said| *is_said).count() > 1
    }

    /// Whether it may go to `host`, which an answer names and the profile does not.
    pub fn may_go_to(&self, host: &str) -> bool {
        self.hosts.iter().any(|pattern| pattern.matches(host))
    }
}

/// A program and its arguments, as they are given to the system: there is no shell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct CommandLine(Vec<String>);

impl CommandLine {
    /// The longest, in bytes: people are to read all of it.
    const MAX: usize = 1_000;

    /// The program.
    pub fn program(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// Leaves out what may be a secret that somebody wrote into the file.
    pub(super) fn leave_out_arguments(&mut self) {
        self.0.truncate(1);
    }

    /// What it is told.
    pub fn arguments(&self) -> &[String] {
        self.0.get(1..).unwrap_or_default()
    }
}

impl TryFrom<Vec<String>> for CommandLine {
    type Error = String;

    fn try_from(words: Vec<String>) -> Result<Self, String> {
        if words.first().is_none_or(|program| program.trim().is_empty()) {
            return Err(r#"expected a program and its arguments, such as ["pass", "show", "slack"]"#.to_owned());
        }
        if words.iter().any(|word| word.contains('\0')) {
            return Err("no program can be told a zero byte".to_owned());
        }
        if words.iter().map(String::len).sum::<usize>() > Self::MAX {
            return Err(format!("expected a command of at most {} bytes, which a person can read", Self::MAX));
        }
        Ok(Self(words))
    }
}

impl From<CommandLine> for Vec<String> {
    fn from(command: CommandLine) -> Self {
        command.0
    }
}

/// Each word as it is, in quotation marks if it could be taken for several or for another one.
impl fmt::Display for CommandLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, word) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(" ")?;
            }
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&byte);
            if !word.is_empty() && word.bytes().all(is_plain) {
                f.write_str(word)?;
            } else {
                write!(f, "{word:?}")?;
            }
        }
        Ok(())
    }
}

/// A host, or all hosts below a domain: `gateway.example.com`, `*.example.com`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostPattern(String);

impl HostPattern {
    /// What stands for any name below a domain.
    const ANY_BELOW: &str = "*.";

    /// Whether `host` is one.
    pub fn matches(&self, host: &str) -> bool {
        match self.0.strip_prefix(Self::ANY_BELOW) {
            Some(domain) => {
                let below = host.len().checked_sub(domain.len()).and_then(|at| host.split_at_checked(at));
                below.is_some_and(|(below, rest)| rest.eq_ignore_ascii_case(domain) && below.ends_with('.'))
            }
            None => self.0.eq_ignore_ascii_case(host),
        }
    }
}

impl TryFrom<String> for HostPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let host = text.strip_prefix(Self::ANY_BELOW);
        let is_host = |host: &str| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '[' | ']');
            !host.is_empty() && !host.starts_with('.') && host.chars().all(is_part)
        };
        // *.com would be most of the internet.
        let is_narrow = host.is_none_or(|domain| domain.contains('.'));
        if is_host(host.unwrap_or(&text)) && is_narrow {
            Ok(Self(text))
        } else {
            Err("expected a host such as \"gateway.example.com\" or \"*.example.com\"".to_owned())
        }
    }
}

impl From<HostPattern> for String {
    fn from(pattern: HostPattern) -> Self {
        pattern.0
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> Result<CommandLine, String> {
        CommandLine::try_from(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_command_is_shown_so_that_it_can_be_read_in_one_way_only() {
        for (words, shown) in [
            (&["pass", "show", "work/slack"] as &[&str], "pass show work/slack"),
            (&["sh", "-c", "echo x; rm y"], r#"sh -c "echo x; rm y""#),
            (&["a", "", "\u{202e}b\n"], r#"a "" "\u{202e}b\n""#),
            (&["a", "b\"c"], r#"a "b\"c""#),
        ] {
            assert_eq!(command(words).unwrap().to_string(), shown);
        }
        for wrong in [&[] as &[&str], &[" "], &["a\0"], &["a", &"x".repeat(1_001)]] {
            assert!(command(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_pattern_is_a_host_or_what_is_below_a_domain() {
        let pattern = |text: &str| HostPattern::try_from(text.to_owned());
        for (text, host, matches) in [
            ("a.example", "a.example", true),
            ("a.example", "A.Example", true),
            ("a.example", "b.a.example", false),
            ("*.a.example", "b.a.example", true),
            ("*.a.example", "c.b.A.example", true),
            ("*.a.example", "a.example", false),
            ("*.a.example", "ba.example", false),
            ("127.0.0.1", "127.0.0.1", true),
        ] {
            assert_eq!(pattern(text).unwrap().matches(host), matches, "{text} {host}");
        }
        for wrong in ["", "*", "*.", "*.com", "a/b", "https://a.example", "a b", ".a"] {
            assert!(pattern(wrong).is_err(), "{wrong}");
        }
    }
}
