//! The folder of the profiles, as something that changes while the program runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::{LoadError, Profiles, WriteError, create, replace, text_of};
use crate::model::{Profile, SafeText, io_words};
use crate::private_file::save;
use crate::toml_files::toml_files;

/// The profiles of this computer, as they were at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// Those that can be used, each with its file; the built-in ones, without, first.
    pub usable: Vec<(Profile, Option<PathBuf>)>,
    /// The files that cannot, and why, in one line.
    pub broken: Vec<(PathBuf, String)>,
}

impl Listing {
    /// What is in `folder` now.
    pub fn of(folder: &Path) -> Self {
        let Profiles { usable, files, broken } = Profiles::load_from(Some(folder));
        let problem = |error: &LoadError| match error {
            LoadError::Wrong { error, .. } => error.to_string(),
            LoadError::Unreadable { error, .. } => io_words(error),
            LoadError::Duplicate { name, .. } => format!("another profile is called “{name}” already"),
            LoadError::Unknown { .. } => error.to_string(),
        };
        let broken = broken.iter().map(|(file, error)| (file.clone(), problem(error))).collect();
        Self { usable: usable.into_iter().zip(files).collect(), broken }
    }
}

/// Something to do with a profile's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// Read its text.
    Read(PathBuf),
    /// Make a new one of this name and text.
    Create(String, String),
    /// Put this text into it.
    Replace(PathBuf, String),
    /// Delete it.
    Delete(PathBuf),
    /// Write one that was deleted again.
    Restore(PathBuf, String),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// This is its text.
    Text(PathBuf, String),
    /// This new file has this text.
    Created(PathBuf, String),
    /// It has this text now.
    Replaced(PathBuf, String),
    /// It is gone; this was its text.
    Deleted(PathBuf, String),
    /// It is there again.
    Restored(PathBuf),
    /// It could not be done, and why, in one line.
    Failed(String),
}

/// The folder, watched.
pub struct Folder {
    path: PathBuf,
    /// `None`: nobody has looked yet.
    seen: Option<Vec<(PathBuf, Option<SystemTime>, u64)>>,
}

impl Folder {
    /// The one at `path`, which need not be there yet.
    pub fn new(path: PathBuf) -> Self {
        Self { path, seen: None }
    }

    /// What is in it, if that may be something else than when this was last asked.
    pub fn news(&mut self) -> Option<Listing> {
        let file = |path: PathBuf| {
            let found = fs::metadata(&path).ok();
            let changed = found.as_ref().and_then(|found| found.modified().ok());
            (path, changed, found.map_or(0, |found| found.len()))
        };
        let now: Vec<_> = toml_files(Some(&self.path)).into_iter().map(file).collect();
        let is_new = self.seen.as_ref() != Some(&now);
        self.seen = Some(now);
        is_new.then(|| Listing::of(&self.path))
    }

    /// Does `job`.
    pub fn work(&self, job: Job) -> Done {
        match job {
            Job::Read(file) => match text_of(&file) {
                Ok(text) => Done::Text(file, text),
                Err(error) => Done::Failed(error.to_string()),
            },
            Job::Create(name, text) => match create(&self.path, &name, &text) {
                Ok(file) => Done::Created(file, text),
                Err(WriteError::Wrong(error)) => Done::Failed(format!("this is no profile: {error}")),
                Err(error) => Done::Failed(error.to_string()),
            },
            Job::Replace(file, text) => match replace(&file, &text) {
                Ok(()) => Done::Replaced(file, text),
                Err(error) => Done::Failed(format!("{}: it cannot be written: {error}", SafeText::of_path(&file))),
            },
            Job::Delete(file) => match text_of(&file) {
                Err(error) => Done::Failed(error.to_string()),
                Ok(text) => match fs::remove_file(&file) {
                    Ok(()) => Done::Deleted(file, text),
                    Err(error) => Done::Failed(format!("{}: it cannot be deleted: {error}", SafeText::of_path(&file))),
                },
            },
            Job::Restore(file, text) => match save(&file, text.as_bytes()) {
                Ok(()) => Done::Restored(file),
                Err(error) => Done::Failed(format!("{}: {error}", SafeText::of_path(&file))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "name = 'Mine'\napi = 'https://a.test'\n[socket]\n";

    #[test]
    fn what_changes_in_the_folder_is_seen_and_what_is_deleted_comes_back() {
        let temporary = tempfile::tempdir().unwrap();
        let mut folder = Folder::new(temporary.path().join("profiles"));
        let built_in = folder.news().unwrap();
        assert_eq!((built_in.usable.len(), built_in.broken.len()), (2, 0), "there is no folder yet");
        assert_eq!(folder.news(), None);
        let Done::Created(file, _) = folder.work(Job::Create("Mine".to_owned(), GOOD.to_owned())) else { panic!() };
        let listing = folder.news().unwrap();
        assert_eq!((listing.usable[2].0.name.as_str(), listing.usable[2].1.as_ref()), ("Mine", Some(&file)));
        assert_eq!(folder.news(), None);
        fs::write(&file, "name = 1").unwrap();
        assert_eq!(
            folder.news().unwrap().broken[0].1,
            "line 1, column 8: invalid type: integer `1`, expected a text such as \"…\""
        );
        let Done::Deleted(_, text) = folder.work(Job::Delete(file.clone())) else { panic!() };
        assert_eq!(folder.news().unwrap().broken, []);
        assert_eq!(folder.work(Job::Restore(file.clone(), text.clone())), Done::Restored(file.clone()));
        assert_eq!(folder.work(Job::Read(file.clone())), Done::Text(file.clone(), text));
        assert!(matches!(folder.work(Job::Restore(file.clone(), String::new())), Done::Failed(_)));
        assert!(matches!(folder.work(Job::Create("x".to_owned(), "y".to_owned())), Done::Failed(_)));
        assert_eq!(folder.work(Job::Replace(file.clone(), GOOD.to_owned())), Done::Replaced(file, GOOD.to_owned()));
    }
}
