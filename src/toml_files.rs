//! The TOML files that people write: profiles, drills, settings. Where they are, and how they are read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;

use crate::model::{FileError, SafeText, decoded_text, did_you_mean, io_words};

/// The largest file that is read.
const MAX_BYTES: u64 = 256 * 1024;

/// A profile or drill that cannot be used; the text is one line.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is neither such a thing nor a file of this name.
    #[error("there is no {what} and no file called “{name}”{nearest} known {what}s: {known}")]
    Unknown {
        /// What was looked for: a profile, a drill.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// The names that are most like it.
        nearest: String,
        /// All names that would do.
        known: String,
    },
    /// The file cannot be read.
    #[error("{}: {}", SafeText::of_path(file), io_words(error))]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The file says something that cannot work.
    #[error("{}:{}:{}: {}", SafeText::of_path(file), error.line, error.column, error.problem)]
    Wrong {
        /// The file.
        file: PathBuf,
        /// Where and what.
        error: FileError,
    },
    /// Another one has this name.
    #[error("{}: another {what} is called “{name}” already", SafeText::of_path(file))]
    Duplicate {
        /// What it is: a profile, a drill.
        what: &'static str,
        /// The file.
        file: PathBuf,
        /// The name.
        name: String,
    },
}

impl LoadError {
    /// No `what` is called `name`, but these are `known`.
    pub(crate) fn unknown(what: &'static str, name: &str, known: &[&str]) -> Self {
        let nearest = match did_you_mean(name, known.iter().copied()) {
            none if none.is_empty() => ";".to_owned(),
            nearest => nearest,
        };
        Self::Unknown { what, name: name.to_owned(), nearest, known: known.join(", ") }
    }
}

/// The folders that the platform gives this program.
pub fn folders() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "ticketscope")
}

/// The folder for what the program has to know of itself the next time; nothing secret.
pub fn state_dir() -> Option<PathBuf> {
    folders().map(|folders| folders.state_dir().unwrap_or(folders.data_local_dir()).to_owned())
}

/// The TOML files of `folder`, by name.
pub(crate) fn toml_files(folder: Option<&Path>) -> Vec<PathBuf> {
    let entries = folder.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.path()).filter(|path| is_toml(path)).collect();
    files.sort();
    files
}

pub(crate) fn is_toml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

/// Reads `file` as `parse` tells.
pub(crate) fn read_toml<T>(file: &Path, parse: impl FnOnce(&str) -> Result<T, FileError>) -> Result<T, LoadError> {
    let unreadable = |error| LoadError::Unreadable { file: file.to_owned(), error };
    let found = fs::metadata(file).map_err(unreadable)?;
    if found.is_dir() {
        return Err(unreadable(io::Error::other("this is a folder; expected one of the files in it")));
    }
    if !found.is_file() || found.len() > MAX_BYTES {
        return Err(unreadable(io::Error::other(format!("expected a file of at most {MAX_BYTES} bytes"))));
    }
    let bytes = fs::read(file).map_err(unreadable)?;
    let text = decoded_text(&bytes).ok_or_else(|| unreadable(io::Error::other("it is no text; save it as UTF-8")))?;
    parse(&text).map_err(|error| LoadError::Wrong { file: file.to_owned(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_is_called_is_shown_without_what_a_terminal_obeys() {
        let file = PathBuf::from("/x/\u{1b}]0;owned\u{7}\u{202e}lmot.toml");
        let error = read_toml(&file, |_| Ok(())).unwrap_err().to_string();
        assert!(error.starts_with(r"/x/\u{1b}]0;owned\u{7}\u{202e}lmot.toml: "), "{error}");
    }
}
