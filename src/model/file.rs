//! Files that people write: TOML, read strictly, with errors that name the line.

use serde::de::DeserializeOwned;

use super::SafeText;

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
}

/// Quotation marks that word processors make of `"` and `'`.
const CURLY_QUOTES: [char; 8] = ['“', '”', '„', '‘', '’', '‚', '«', '»'];

/// Reads `T` from the text of a TOML file.
///
/// # Errors
/// Any key that is unknown or missing, and any value that cannot work, with its line.
pub fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let (line, column) = place(text, error.span().map_or(0, |span| span.start));
        let wrong = text.lines().nth(line - 1).unwrap_or_default();
        let advice = match wrong.chars().find(|c| CURLY_QUOTES.contains(c)) {
            Some(quote) => format!("; the quotation mark {quote} is a word processor's: write \" or ' instead"),
            None => String::new(),
        };
        FileError { line, column, problem: SafeText::new(&(without_long_quotes(error.message()) + &advice)) }
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
    /// A problem with the first place in `text` where `what` stands.
    pub fn at_text(text: &str, what: &str, problem: &str) -> Self {
        let (line, column) = place(text, text.find(what).unwrap_or(0));
        Self { line, column, problem: SafeText::new(problem) }
    }

    /// A problem with the table in `text` whose header is `table`, the one after `before` others with the same; with the
    /// file, if there is none.
    pub fn at_table(text: &str, table: &str, before: usize, problem: &str) -> Self {
        let lines = text.split_inclusive('\n').scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        });
        let is_header = |line: &str| !table.is_empty() && line.trim_start().starts_with(table);
        let found = lines.filter(|(_, line)| is_header(line)).nth(before);
        let at = found.map_or(0, |(start, line)| start + line.len() - line.trim_start().len());
        let (line, column) = place(text, at);
        Self { line, column, problem: SafeText::new(problem) }
    }

    /// A problem with the value of the top-level `key` in `text`.
    pub fn at_key(text: &str, key: &str, problem: &str) -> Self {
        let is_key = |line: &str| line.trim_start().starts_with(key);
        let line = text.split_inclusive('\n').position(is_key).unwrap_or(0);
        let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let indent = text[before..].find(|c: char| !c.is_whitespace()).unwrap_or(0);
        let (line, column) = place(text, before + indent);
        Self { line, column, problem: SafeText::new(problem) }
    }
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
            let error = FileError::at_table(ends, table, before, "no");
            (error.line, error.column)
        };
        assert_eq!((at_table("[[end]]", 0), at_table("[[end]]", 1)), ((2, 1), (4, 3)));
        assert_eq!((at_table("[[end]]", 2), at_table("", 0)), ((1, 1), (1, 1)));
        let at_text = FileError::at_text("a = 1\nb = '{{x}}'\n", "{{x", "no");
        assert_eq!(at_text.to_string(), "line 2, column 6: no");
        assert_eq!((FileError::at_text("", "x", "no").line, FileError::at_key("", "x", "no").column), (1, 1));
    }
}
