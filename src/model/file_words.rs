//! What is wrong with a TOML file, in the words of whoever wrote it.

use serde::de::DeserializeOwned;

use super::similarity::meant;

/// What was probably meant where something else stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meant {
    /// What stands there.
    pub wrong: String,
    /// What was meant.
    pub right: String,
}

/// What is wrong with `text` at its line `line`, from 1, of which the library says `problem`, and what was probably meant.
/// `advice` knows what to do instead of a key that people look for and that there is not.
pub(super) fn for_people<T: DeserializeOwned>(
    problem: &str,
    (text, line): (&str, usize),
    advice: fn(&str) -> Option<&'static str>,
) -> (String, Option<Meant>) {
    let wrong = text.lines().nth(line - 1).unwrap_or_default().trim();
    if text.parse::<toml::Table>().is_err() {
        return (misspelt(text, line, wrong).unwrap_or_else(|| problem.to_owned()), None);
    }
    if let (Some(name), true) = (header(wrong), problem == "invalid type: map, expected a sequence") {
        let meant = Meant { wrong: format!("[{name}]"), right: format!("[[{name}]]") };
        return (format!("there may be several of these: expected [[{name}]]"), Some(meant));
    }
    if let Some((unknown, known)) = problem.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`')) {
        let meant = meant(unknown, known.split('`').skip(1).step_by(2));
        let known = known.trim_start_matches(", ");
        if let Some(meant) = meant {
            let problem = format!("there is no key “{unknown}”; did you mean {meant}? ({known})");
            return (problem, Some(Meant { wrong: unknown.to_owned(), right: meant.to_owned() }));
        }
        let problem = match (home::<T>(unknown, text, line), advice(unknown)) {
            (Some(place), _) => format!("there is no key “{unknown}” here; {place}"),
            (None, Some(advice)) => format!("there is no key “{unknown}”; {advice}"),
            (None, None) => format!("there is no key “{unknown}” ({known})"),
        };
        return (problem, None);
    }
    if let Some(key) = problem.strip_prefix("missing field `") {
        let key = key.trim_end_matches('`');
        let place = match header(wrong) {
            Some(table) => format!("under [{table}]"),
            None => "at the top of the file".to_owned(),
        };
        return (format!("there is no {key}; expected {key} = \"…\" {place}"), None);
    }
    if let Some((found, _)) = problem.split_once(", expected struct ") {
        let key = key_of(wrong).unwrap_or_default();
        let table = match table_of(text, line) {
            "" => key.to_owned(),
            table => format!("{table}.{key}"),
        };
        return (format!("{found}, expected a table such as [{table}] with keys below it"), None);
    }
    let problem = problem
        .replace("expected a sequence", "expected a list such as [\"…\"]")
        .replace("expected a map", "expected a table such as { name = \"…\" }")
        .replace("expected a string", "expected a text such as \"…\"")
        .replace("expected a boolean", "expected true or false, without quotation marks")
        .replace("invalid type: map", "invalid type: table")
        .replace("invalid type: sequence", "invalid type: list");
    let is_duration = problem.ends_with("expected a duration");
    (if is_duration { problem + " such as \"30s\", \"500ms\" or \"1m 30s\"" } else { problem }, None)
}

/// The name of the table whose header `line` is.
fn header(line: &str) -> Option<&str> {
    line.strip_prefix('[').filter(|rest| !rest.starts_with('[')).and_then(|rest| rest.split(']').next())
}

/// The key that `line` gives a value to.
fn key_of(line: &str) -> Option<&str> {
    line.split_once('=').map(|(key, _)| key.trim())
}

/// The name of the table in which the line `line` of `text` is; empty: in none.
fn table_of(text: &str, line: usize) -> &str {
    let before: Vec<_> = text.lines().take(line - 1).map(str::trim).collect();
    let header = before.into_iter().rev().find(|line| line.starts_with('['));
    header.map_or("", |header| header.trim_matches(['[', ' ']).split(']').next().unwrap_or_default().trim())
}

/// Where in a `T` the key `key` belongs that is unknown at the line `line` of `text`.
fn home<T: DeserializeOwned>(key: &str, text: &str, line: usize) -> Option<String> {
    const NO_KEY: &str = "\"?\"";
    let unknown = |text: &str| -> Option<String> {
        let error = toml::from_str::<T>(text).err()?;
        error.message().starts_with("unknown field").then(|| error.message().to_owned())
    };
    let wrong = text.lines().nth(line - 1).unwrap_or_default().trim();
    let top = unknown(&format!("{NO_KEY} = 0"))?;
    let top: Vec<_> = top.split('`').skip(3).step_by(2).collect();
    if let Some(table) = header(wrong) {
        let first = text.lines().skip(line).map(str::trim).find_map(key_of).filter(|key| top.contains(key))?;
        return Some(format!("expected {first} at the top of the file, without a [{table}] before it"));
    }
    let is_within = !table_of(text, line).is_empty();
    if is_within && top.contains(&key) {
        return Some(format!("expected {key} at the top of the file, before the first [table]"));
    }
    let is_plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let tables = top.iter().flat_map(|name| [format!("[{name}]"), format!("[[{name}]]")]);
    let mut homes = tables.filter(|table| {
        let with = |key: &str| unknown(&format!("{table}\n{key} = 0"));
        is_plain && with(NO_KEY).is_some() && with(key).is_none()
    });
    // What several tables have is not told from where it stands.
    match (homes.next(), homes.next()) {
        (Some(table), None) => Some(format!("expected {key} under {table}")),
        _ => None,
    }
}

/// What is wrong with `wrong`, the line `line` of `text`, which is no TOML.
fn misspelt(text: &str, line: usize, wrong: &str) -> Option<String> {
    if let Some(format) = other_format(text, wrong) {
        return Some(format!(
            "this is {format}, and TOML is expected: key = \"value\" in a line of its own, below [table] where it is in one"
        ));
    }
    if wrong.starts_with(';') || wrong.starts_with("//") {
        return Some("a comment begins with #; expected # before it".to_owned());
    }
    let earlier = |is_same: &dyn Fn(&str) -> bool| {
        let before: Vec<_> = text.lines().take(line - 1).map(str::trim).collect();
        before.iter().rposition(|line| is_same(line)).map(|at| at + 1)
    };
    if let Some(name) = header(wrong) {
        let first = earlier(&|line| header(line) == Some(name))?;
        return Some(format!("[{name}] stands in line {first} already; expected all its keys there"));
    }
    let Some((key, value)) = wrong.split_once('=').map(|(key, value)| (key.trim(), value.trim())) else {
        return (!wrong.is_empty()).then(|| "expected key = \"value\"".to_owned());
    };
    let table = table_of(text, line);
    if let Some(first) = earlier(&|line| key_of(line) == Some(key))
        && table_of(text, first) == table
        && text.lines().skip(first).take(line - 1 - first).all(|line| !line.trim_start().starts_with('['))
    {
        return Some(format!("{key} stands in line {first} already; expected it once"));
    }
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
    match quote {
        _ if value.starts_with('=') => Some(format!("one = is enough; expected {key} = …")),
        _ if value.is_empty() => Some(format!("nothing stands behind =; expected {key} = \"…\"")),
        Some(quote) if value.matches(quote).count() == 1 => {
            Some(format!("the text is not closed; expected {quote} at its end"))
        }
        Some('"') if value.contains('\\') => Some(BACKSLASH.to_owned()),
        Some(quote) => {
            let behind = value.rsplit_once(quote)?.1.trim();
            let is_rest = behind.chars().all(|c| matches!(c, ',' | ';')) && !behind.is_empty();
            is_rest.then(|| format!("“{behind}” has no place behind a value; expected a new line there"))
        }
        None if value.contains('"') && value.contains('\\') => Some(BACKSLASH.to_owned()),
        None if ["true", "false", "yes", "no", "on", "off"].contains(&&*value.to_ascii_lowercase()) => {
            Some(format!("expected {key} = true or {key} = false, in small letters"))
        }
        None if value.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '~' | '<' | '$')) => {
            Some(format!("a text stands between quotation marks; expected {key} = \"…\""))
        }
        None => None,
    }
}

const BACKSLASH: &str = "between \" and \" a backslash begins an escape; expected '…' around a text with backslashes";

/// The format that `text` is in, of those that people write profiles for other programs in.
fn other_format(text: &str, wrong: &str) -> Option<&'static str> {
    let begin = text.trim_start();
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    };
    let is_yaml = |line: &str| {
        let line = line.trim().trim_start_matches("- ");
        line == "---"
            || line
                .split_once(':')
                .is_some_and(|(key, rest)| is_name(key) && (rest.is_empty() || rest.starts_with(' ')))
    };
    let is_variable = |line: &str| {
        let (name, value) = line.split_once('=')?;
        let is_upper =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        Some(is_upper && !value.starts_with([' ', '"', '\'']))
    };
    if begin.starts_with('{') || begin.starts_with("[{") {
        Some("JSON (what a browser saved is opened with: ticketscope open FILE)")
    } else if begin.starts_with('<') {
        Some("XML or HTML")
    } else if is_yaml(wrong) {
        Some("YAML")
    } else if wrong.starts_with("export ") || is_variable(wrong) == Some(true) {
        Some("a file of environment variables (.env)")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::model::file::from_toml;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct File {
        name: String,
        #[serde(default)]
        tls: Inner,
        #[serde(default)]
        map: BTreeMap<String, u8>,
    }

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Inner {
        roots: Vec<String>,
        is_on: bool,
        #[serde(with = "humantime_serde")]
        wait: std::time::Duration,
    }

    #[test]
    fn what_is_no_toml_is_named_with_what_to_write() {
        for (text, line, expected) in [
            ("name: x\ntls:\n", 1, "this is YAML"),
            ("---\nname: x\n", 1, "this is YAML"),
            ("{\"name\": \"x\"}", 1, "this is JSON"),
            ("<?xml version=\"1.0\"?>\n<a/>\n", 1, "this is XML"),
            ("NAME=x\n", 1, "environment variables"),
            ("export NAME=x\n", 1, "environment variables"),
            ("; a comment\nname = 'x'\n", 1, "begins with #"),
            ("name = 'x'\n// a comment\n", 2, "begins with #"),
            ("name = x\n", 1, "expected name = \"…\""),
            ("name == 'x'\n", 1, "one ="),
            ("name =\n", 1, "nothing stands behind ="),
            ("name = 'x',\n", 1, "“,” has no place"),
            ("name = \"x\n", 1, "expected \" at its end"),
            ("name = \"C:\\certs\"\n", 1, "backslash"),
            ("[tls]\nroots = [\"C:\\certs\"]\n", 2, "backslash"),
            ("[tls]\nis_on = True\n", 2, "is_on = true or is_on = false"),
            ("name = 'x'\nname = 'y'\n", 2, "in line 1 already"),
            ("[tls]\n[map]\n[tls]\n", 3, "[tls] stands in line 1 already"),
        ] {
            let error = from_toml::<File>(text).unwrap_err();
            assert!(error.problem.as_str().contains(expected) && error.line == line, "{text}: {error}");
        }
    }

    #[test]
    fn a_key_in_a_wrong_place_is_told_its_own() {
        for (text, line, expected) in [
            ("[tls]\nname = 'x'\n", 2, "at the top of the file, before the first [table]"),
            ("[profile]\nname = 'x'\n", 1, "expected name at the top of the file, without a [profile]"),
            ("roots = []\n", 1, "expected roots under [tls]"),
            ("Name = 'x'\n", 1, "did you mean name?"),
            ("[tls]\nroot = []\n", 2, "did you mean roots?"),
            ("[tls]\nwait = '30'\n", 2, "such as \"30s\""),
            ("tls = 5\n", 1, "expected a table such as [tls]"),
            ("", 1, "there is no name"),
            ("name = 'x'\nother = 1\n", 2, "there is no key “other” (expected one of `name`"),
        ] {
            let error = from_toml::<File>(text).unwrap_err();
            assert!(error.problem.as_str().contains(expected) && error.line == line, "{text}: {error}");
        }
        assert!(from_toml::<File>("\tname\t=\t'x'\n[tls]\n\tis_on\t= true\n").is_ok(), "tabs are spaces");
    }
}
