//! Files that people write: TOML, read strictly, with errors that name the line.

use serde::de::DeserializeOwned;

use super::SafeText;

/// A file that cannot be used: one line that says where and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct FileError {
    /// The line in the file, from 1.
    pub line: usize,
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
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..start].iter().filter(|&&byte| byte == b'\n').count() + 1;
        let wrong = text.lines().nth(line - 1).unwrap_or_default();
        let advice = match wrong.chars().find(|c| CURLY_QUOTES.contains(c)) {
            Some(quote) => format!("; the quotation mark {quote} is a word processor's: write \" or ' instead"),
            None => String::new(),
        };
        FileError { line, problem: SafeText::new(&(without_long_quotes(error.message()) + &advice)) }
    })
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
        let before = text.find(what).map_or("", |at| &text[..at]);
        Self { line: before.matches('\n').count() + 1, problem: SafeText::new(problem) }
    }

    /// A problem with the value of the top-level `key` in `text`.
    pub fn at_key(text: &str, key: &str, problem: &str) -> Self {
        let line = text.lines().position(|line| line.trim_start().starts_with(key)).map_or(1, |at| at + 1);
        Self { line, problem: SafeText::new(problem) }
    }
}

/// What is wrong with `name` as the name that people give to what a file holds.
pub fn name_problem(name: &str) -> Option<&'static str> {
    let is_printable = SafeText::new(name).as_str() == name && name.trim() == name;
    let fits = !name.is_empty() && name.chars().count() <= 64 && is_printable;
    (!fits).then_some("expected a name of 1 to 64 printable characters, without spaces around it")
}
