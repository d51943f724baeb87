//! Files that people write: TOML, read strictly, with errors that name the line.

use serde::de::DeserializeOwned;

use super::SafeText;
pub use super::file_words::Meant;
use super::file_words::for_people;

/// A file that cannot be used: one line that says where and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct FileError {
    /// The line in the file, from 1.
    pub line: usize,
    /// The character in that line, from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub problem: SafeText,
    /// What was probably meant.
    pub meant: Option<Meant>,
}

/// Quotation marks that word processors make of `"` and `'`.
const CURLY_QUOTES: [char; 8] = ['“', '”', '„', '‘', '’', '‚', '«', '»'];

/// Reads `T` from the text of a TOML file.
///
/// # Errors
/// Any key that is unknown or missing, and any value that cannot work, with its line.
pub fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, FileError> {
    from_toml_advised(text, |_| None)
}

/// The same, where `advice` knows what to do instead of a key that people look for and that there is not.
///
/// # Errors
/// As [`from_toml`].
pub fn from_toml_advised<T: DeserializeOwned>(
    text: &str,
    advice: fn(&str) -> Option<&'static str>,
) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let (line, column) = place(text, error.span().map_or(0, |span| span.start));
        let wrong = text.lines().nth(line - 1).unwrap_or_default();
        let said = without_long_quotes(error.message());
        let (problem, meant) = match wrong.chars().find(|c| CURLY_QUOTES.contains(c)) {
            Some(quote) => {
                (format!("{said}; the quotation mark {quote} is a word processor's: write \" or ' instead"), None)
            }
            None => for_people::<T>(&said, (text, line), advice),
        };
        FileError { line, column, problem: SafeText::new(&problem), meant }
    })
}

/// Line and column of the byte at `at` in `text`, from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// `problem` without the long texts that it quotes: a file in which somebody kept a secret is complained about as well.
pub(crate) fn without_long_quotes(problem: &str) -> String {
    const LONGEST: usize = 24;
    ['"', '`'].iter().fold(problem.to_owned(), |problem, quote| {
        let parts = problem.split(*quote).enumerate().map(|(index, part)| {
            let is_quoted = index % 2 == 1;
            if is_quoted && part.len() > LONGEST { "…" } else { part }
        });
        parts.collect::<Vec<_>>().join(&quote.to_string())
    })
}

impl FileError {
    /// The same if `meant` is what was meant.
    #[must_use]
    pub fn with_meant(self, meant: Option<Meant>) -> Self {
        Self { meant, ..self }
    }

    /// `text` with what was probably meant in the place of what is wrong, if that stands there.
    pub fn put_right(&self, text: &str) -> Option<String> {
        let Meant { wrong, right } = self.meant.as_ref()?;
        let (start, line) = lines(text).nth(self.line.checked_sub(1)?)?;
        let (within, _) = line.char_indices().nth(self.column.checked_sub(1)?)?;
        let (before, after) = text.split_at_checked(start + within)?;
        Some(format!("{before}{right}{}", after.strip_prefix(wrong.as_str())?))
    }

    /// A problem with the first of `wanted` that stands in `text` in the table with the header `table`, the one after `before`
    /// others with the same, or below it; with the table, if none does. Without such a table it is looked for in the whole file.
    pub fn in_table(text: &str, table: &str, before: usize, wanted: &[String], problem: &str) -> Self {
        let start = table_start(text, table, before);
        let from = start.unwrap_or(0);
        // The tables below it have its name at their beginning: [ticket.query] is a part of [[ticket]].
        let name = table.trim_matches(['[', ']']);
        let mut is_first = true;
        let lines = lines(&text[from..]).take_while(|(_, line)| {
            let header = line.trim_start().strip_prefix('[');
            let is_other = header.is_some_and(|header| {
                header.starts_with('[') || !header.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'))
            });
            start.is_none() || std::mem::take(&mut is_first) || !is_other || name.is_empty()
        });
        let lines = lines.filter(|(_, line)| !line.trim_start().starts_with('#'));
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        // A longer name may begin with the one that is looked for.
        let whole = |line: &str, what: &str| {
            let goes_on = |end: usize| what.ends_with(is_part) && line[end..].starts_with(is_part);
            line.match_indices(what).map(|(within, _)| within).find(|within| !goes_on(within + what.len()))
        };
        let found = |(at, line): (usize, &str)| {
            wanted.iter().filter_map(|what| whole(line, what)).min().map(|within| from + at + within)
        };
        let (line, column) = place(text, lines.into_iter().find_map(found).or(start).unwrap_or(0));
        Self { line, column, problem: SafeText::new(problem), meant: None }
    }

    /// A problem with the value of the top-level `key` in `text`.
    pub fn at_key(text: &str, key: &str, problem: &str) -> Self {
        let is_key = |line: &str| line.trim_start().starts_with(key);
        let line = text.split_inclusive('\n').position(is_key).unwrap_or(0);
        let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let indent = text[before..].find(|c: char| !c.is_whitespace()).unwrap_or(0);
        let (line, column) = place(text, before + indent);
        Self { line, column, problem: SafeText::new(problem), meant: None }
    }
}

/// The lines of `text`, each with where it begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

/// Where in `text` the table with the header `table` begins that comes after `before` others with the same.
fn table_start(text: &str, table: &str, before: usize) -> Option<usize> {
    let is_header = |line: &str| !table.is_empty() && line.trim_start().starts_with(table);
    let (start, line) = lines(text).filter(|(_, line)| is_header(line)).nth(before)?;
    Some(start + line.len() - line.trim_start().len())
}

/// What is wrong with `name` as the name that people give to what a file holds.
pub fn name_problem(name: &str) -> Option<&'static str> {
    let is_printable = SafeText::new(name).as_str() == name && name.trim() == name;
    let fits = !name.is_empty() && name.chars().count() <= 64 && is_printable;
    (!fits).then_some("expected a name of 1 to 64 printable characters, without spaces around it")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_the_file() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code, reason = "only whether it can be read matters")]
        struct File {
            list: Vec<BTreeMap<String, u16>>,
            post: BTreeMap<String, String>,
        }
        for (text, expected) in [
            ("[list]\na = 1\n", "expected [[list]]"),
            ("list = 'a'\n", "expected a list such as"),
            ("list = []\npost = 'a'\n", "expected a table such as"),
            ("list = []\npots = {}\n", "did you mean post? (expected"),
            ("list = []\npost = { a = 1 }\n", "expected a text such as"),
        ] {
            let error = from_toml::<File>(text).unwrap_err();
            assert!(error.problem.as_str().contains(expected), "{text}: {error}");
        }
        for (text, right) in
            [("list = []\npots = {}\n", "list = []\npost = {}\n"), ("[list]\na = 1\n", "[[list]]\na = 1\n")]
        {
            assert_eq!(from_toml::<File>(text).unwrap_err().put_right(text).as_deref(), Some(right));
        }
    }

    #[test]
    fn a_wrong_place_is_named_by_line_and_column() {
        type Numbers = BTreeMap<String, u16>;
        let place = |text: &str| from_toml::<Numbers>(text).map_err(|error| (error.line, error.column)).unwrap_err();
        assert_eq!(place("a = 1\nb = 'x'\n"), (2, 5));
        assert_eq!(place("a = 1\n'ä' = 'x'"), (2, 7), "characters are counted");
        assert_eq!(place("a = 1\n\n  b"), (3, 4));
        let at_key = FileError::at_key("a = 1\n  name = 2\n", "name", "no");
        assert_eq!((at_key.line, at_key.column), (2, 3));
        let ends = "a = 1\n[[end]]\nb = 2\n  [[end]] # second\n";
        let at_table = |table: &str, before| {
            let error = FileError::in_table(ends, table, before, &[], "no");
            (error.line, error.column)
        };
        assert_eq!((at_table("[[end]]", 0), at_table("[[end]]", 1)), ((2, 1), (4, 3)));
        assert_eq!((at_table("[[end]]", 2), at_table("", 0)), ((1, 1), (1, 1)));
        let tables = "[[a]]\nb = '{{x}}'\n[[a]]\n# {{x}}\n[a.c]\nd = '{{x}}'\n[b]\ne = '{{y}}'\n";
        let in_table = |table, before, what: &str| {
            let error = FileError::in_table(tables, table, before, &[what.to_owned()], "no");
            (error.line, error.column)
        };
        assert_eq!((in_table("[[a]]", 0, "{{x"), in_table("[[a]]", 1, "{{x")), ((2, 6), (6, 6)));
        assert_eq!(
            (in_table("[b]", 0, "{{x"), in_table("[[z]]", 0, "{{y"), in_table("", 0, "z")),
            ((7, 1), (8, 6), (1, 1))
        );
        assert_eq!(FileError::at_key("", "x", "no").column, 1);
    }
}
