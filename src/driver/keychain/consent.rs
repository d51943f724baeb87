//! Which commands of a profile a person has allowed to run. An imported profile has no such leave, and neither has a
//! command of which a word has changed.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::{CommandLine, Fingerprint};
use crate::private_file;

/// The leave that people have given the commands of one profile: one small file for each, with profile and command in it.
#[derive(Debug, Default)]
pub struct Consents {
    /// `None`: it ends with the program.
    folder: Option<PathBuf>,
    account: String,
    /// What was allowed since the program started, wherever it could be kept.
    allowed: Mutex<BTreeSet<CommandLine>>,
}

impl Consents {
    /// Those of the profile with this keychain `account`, kept in `folder`; without a folder they end with the program.
    pub fn new(folder: Option<&Path>, account: String) -> Self {
        Self { folder: folder.map(Path::to_owned), account, allowed: Mutex::default() }
    }

    /// Whether exactly this `command` may run.
    pub fn is_allowed(&self, command: &CommandLine) -> bool {
        if self.allowed().contains(command) {
            return true;
        }
        let kept = self.file(command).and_then(|file| fs::read_to_string(file).ok());
        kept.is_some_and(|kept| kept == self.text(command))
    }

    /// Lets `command` run from now on.
    ///
    /// # Errors
    /// If that cannot be kept; until the program ends it is allowed all the same.
    pub fn allow(&self, command: &CommandLine) -> io::Result<()> {
        self.allowed().insert(command.clone());
        let Some(file) = self.file(command) else { return Ok(()) };
        if let Some(folder) = file.parent() {
            private_file::make_folder(folder)?;
        }
        private_file::replace(&file, &self.text(command))
    }

    /// Lets `command` not run any more.
    ///
    /// # Errors
    /// If what was kept cannot be deleted: the next start of the program would let it run.
    pub fn withdraw(&self, command: &CommandLine) -> io::Result<()> {
        self.allowed().remove(command);
        match self.file(command).map(fs::remove_file) {
            Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Some(Ok(()) | Err(_)) | None => Ok(()),
        }
    }

    fn file(&self, command: &CommandLine) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("allowed-{}", Fingerprint::of(&self.text(command)))))
    }

    /// What a file says. It is compared whole: its name is too short to tell every command from every other one.
    fn text(&self, command: &CommandLine) -> String {
        serde_json::json!({ "profile": self.account, "command": command }).to_string()
    }

    fn allowed(&self) -> MutexGuard<'_, BTreeSet<CommandLine>> {
        self.allowed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leave_is_for_one_command_of_one_profile_and_outlives_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let command = |words: &[&str]| {
            CommandLine::try_from(words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()).unwrap()
        };
        let (mine, other) = (command(&["pass", "show", "a"]), command(&["pass", "show", "b"]));
        let consents = |account: &str| Consents::new(Some(&folder.path().join("state")), account.to_owned());
        assert!(!consents("x").is_allowed(&mine));
        consents("x").allow(&mine).unwrap();
        assert!(consents("x").is_allowed(&mine));
        assert!(!consents("x").is_allowed(&other) && !consents("y").is_allowed(&mine));
        consents("x").withdraw(&mine).unwrap();
        assert!(!consents("x").is_allowed(&mine));
        consents("x").withdraw(&mine).unwrap();
        let nowhere = Consents::new(None, "x".to_owned());
        nowhere.allow(&mine).unwrap();
        assert!(nowhere.is_allowed(&mine) && !nowhere.is_allowed(&other));
    }
}
