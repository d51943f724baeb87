//! The profiles of this computer: two built in, the rest in the platform's configuration folder.

pub mod beginning;
pub mod folder;
pub mod form;
pub mod in_words;

use std::fs;
use std::path::{Path, PathBuf};

use crate::model::{FileError, Profile, SafeText, io_words};
pub use crate::private_file::replace;
use crate::private_file::{self, SaveError};
pub use crate::toml_files::{LoadError, folders};
use crate::toml_files::{is_toml, read_toml, toml_files};

/// The profiles that can be chosen.
#[derive(Debug)]
pub struct Profiles {
    /// Those that can be used; the local demo first.
    pub usable: Vec<Profile>,
    /// The file of each; `None`: it is built in.
    pub files: Vec<Option<PathBuf>>,
    /// The files that cannot, and why.
    pub broken: Vec<(PathBuf, LoadError)>,
}

impl Profiles {
    /// The built-in profiles and those of the platform's configuration folder.
    pub fn load() -> Self {
        Self::load_from(folder().as_deref())
    }

    /// The built-in profiles and those in `folder`.
    pub fn load_from(folder: Option<&Path>) -> Self {
        let demo = Profile::local_demo(([127, 0, 0, 1], 0).into());
        let usable = vec![demo, Profile::production()];
        let mut profiles = Self { files: vec![None; usable.len()], usable, broken: Vec::new() };
        for file in toml_files(folder) {
            match read(&file) {
                Ok(profile) if profiles.named(profile.name.as_str()).is_some() => {
                    let name = profile.name.to_string();
                    profiles.broken.push((file.clone(), LoadError::Duplicate { what: "profile", file, name }));
                }
                Ok(profile) => {
                    profiles.usable.push(profile);
                    profiles.files.push(Some(file));
                }
                Err(error) => profiles.broken.push((file, error)),
            }
        }
        profiles
    }

    /// The profile that `choice` means: a profile's name, or the path of a TOML file; or the name of a broken
    /// file, without its ending, which then says what is wrong with it.
    ///
    /// # Errors
    /// If there is no such profile or file, or the file cannot be used.
    pub fn choose(&self, choice: &str) -> Result<Profile, LoadError> {
        self.find(choice).map(|(profile, _)| profile)
    }

    /// The same, with its file.
    ///
    /// # Errors
    /// As [`choose`](Self::choose).
    pub fn find(&self, choice: &str) -> Result<(Profile, Option<PathBuf>), LoadError> {
        if let Some(place) = self.place(choice) {
            return Ok((self.usable[place].clone(), self.files.get(place).cloned().flatten()));
        }
        let is_called_so = |file: &Path| file.file_stem().is_some_and(|stem| stem.eq_ignore_ascii_case(choice));
        let broken = self.broken.iter().map(|(file, _)| file.as_path()).find(|file| is_called_so(file));
        let file = broken.unwrap_or(Path::new(choice));
        if is_toml(file) || file.exists() {
            return read(file).map(|profile| (profile, Some(file.to_owned())));
        }
        let known: Vec<_> = self.usable.iter().map(|profile| profile.name.as_str()).collect();
        Err(LoadError::unknown("profile", choice, &known))
    }

    fn named(&self, name: &str) -> Option<&Profile> {
        self.place(name).map(|place| &self.usable[place])
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.usable.iter().position(|profile| profile.name.as_str().eq_ignore_ascii_case(name))
    }
}

/// Why a profile was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// This user has no folder for them.
    #[error("this user has no configuration folder")]
    NoFolder,
    /// The name does for no file.
    #[error("“{name}”: {problem}")]
    Name {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Another one has this name.
    #[error("there is a profile called “{0}” already; choose another name")]
    Taken(String),
    /// The text is no profile.
    #[error(transparent)]
    Wrong(#[from] FileError),
    /// The file cannot be written.
    #[error("{}: {problem}", SafeText::of_path(file))]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        problem: SaveError,
    },
}

/// The folder with the profiles of this computer.
pub fn folder() -> Option<PathBuf> {
    folders().map(|folders| folders.config_dir().join("profiles"))
}

/// Writes `text`, a profile called `name`, into a new file in `folder`; returns the file.
///
/// # Errors
/// If there is such a profile or file already, or the text is no profile. Nothing is overwritten.
pub fn create(folder: &Path, name: &str, text: &str) -> Result<PathBuf, WriteError> {
    let file = beginning::file_name(name).map_err(|problem| WriteError::Name { name: name.to_owned(), problem })?;
    if Profiles::load_from(Some(folder)).named(name).is_some() {
        return Err(WriteError::Taken(name.to_owned()));
    }
    Profile::from_toml(text)?;
    let file = folder.join(file);
    let failed = |problem| WriteError::File { file: file.clone(), problem };
    private_file::make_folder(folder).map_err(|error| failed(SaveError::Io(error)))?;
    private_file::save(&file, text.as_bytes()).map_err(failed)?;
    Ok(file)
}

/// The text of a profile's file.
///
/// # Errors
/// If it cannot be read.
pub fn text_of(file: &Path) -> Result<String, LoadError> {
    read_toml(file, |text| Ok(text.to_owned()))
}

/// Reads the profile in `file`, and looks whether the files that it names are there.
///
/// # Errors
/// If it cannot be used.
pub fn read(file: &Path) -> Result<Profile, LoadError> {
    read_toml(file, |text| {
        let mut profile = Profile::from_toml(text)?;
        for root in profile.tls.files_mut() {
            let written = root.to_string();
            if let Some(folder) = file.parent() {
                *root = folder.join(root.as_path()).into();
            }
            file_problem(root.as_path()).map_or(Ok(()), |problem| {
                let expected = match &written {
                    it if it.starts_with('~') => "the whole path, for ~ is known in a shell alone",
                    it if it.contains("://") => "a file on this computer, and no address",
                    _ => "the path of a file, as seen from the profile's folder",
                };
                let problem = format!("{root}: {problem}; expected {expected}");
                Err(FileError::in_table(text, "[tls]", 0, &[written], &problem))
            })?;
        }
        Ok(profile)
    })
}

/// Why there is no file at `path` that could be read.
fn file_problem(path: &Path) -> Option<String> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Some("this is a folder".to_owned()),
        Ok(_) => None,
        Err(error) => Some(io_words(&error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "name = 'Staging'\napi = 'https://a.test'\nwebsocket = 'wss://a.test'\norigin = 'https://b.test'\n";

    #[test]
    fn files_of_the_folder_can_be_chosen_and_broken_ones_say_where() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.toml"), format!("{GOOD}[tls]\nextra_roots = ['ca.pem']\n")).unwrap();
        fs::write(folder.path().join("ca.pem"), "").unwrap();
        fs::write(folder.path().join("b.toml"), GOOD).unwrap();
        fs::write(folder.path().join("c.toml"), GOOD.replace("wss:", "https:")).unwrap();
        fs::write(folder.path().join("notes.txt"), "not a profile").unwrap();
        let profiles = Profiles::load_from(Some(folder.path()));
        let names: Vec<_> = profiles.usable.iter().map(|profile| profile.name.as_str()).collect();
        assert_eq!(names, ["Local demo", "Production", "Staging"]);
        assert_eq!(profiles.choose("staging").unwrap().tls.extra_roots, [folder.path().join("ca.pem").into()]);

        let broken: Vec<_> = profiles.broken.iter().map(|(_, error)| error.to_string()).collect();
        assert!(broken[0].contains("b.toml: another profile is called “Staging”"), "{broken:?}");
        fs::remove_file(folder.path().join("ca.pem")).unwrap();
        let by_name = profiles.choose("C").unwrap_err().to_string();
        assert!(by_name.contains("c.toml:3"), "{by_name}");
        #[cfg(unix)]
        assert!(matches!(profiles.choose("/dev/zero"), Err(LoadError::Unreadable { .. })));
        let itself = folder.path().to_str().unwrap();
        assert!(matches!(profiles.choose(itself), Err(LoadError::Unreadable { .. })));
        let missing = profiles.choose(folder.path().join("a.toml").to_str().unwrap()).unwrap_err().to_string();
        assert!(missing.contains("a.toml:6:") && missing.contains("ca.pem"), "{missing}");
        fs::create_dir(folder.path().join("ca.pem")).unwrap();
        let is_folder = profiles.choose(folder.path().join("a.toml").to_str().unwrap()).unwrap_err().to_string();
        assert!(is_folder.contains("a.toml:6:") && is_folder.contains("this is a folder"), "{is_folder}");
        assert!(broken[1].contains("c.toml:3:13: the scheme is \"https\""), "{broken:?}");
    }

    #[test]
    fn a_new_profile_never_takes_the_place_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let file = create(&folder, "Staging", GOOD).unwrap();
        assert_eq!(file, folder.join("staging.toml"));
        assert!(matches!(create(&folder, "staging", GOOD), Err(WriteError::Taken(_))));
        assert!(matches!(create(&folder, "Local demo", GOOD), Err(WriteError::Taken(_))));
        assert!(matches!(create(&folder, "Staging!", GOOD), Err(WriteError::File { problem: SaveError::Exists, .. })));
        assert!(matches!(create(&folder, "x", "name = 1"), Err(WriteError::Wrong(_))));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        replace(&file, &GOOD.replace("a.test", "c.test")).unwrap();
        let (profile, found) = Profiles::load_from(Some(&folder)).find("Staging").unwrap();
        assert_eq!((profile.api.to_string().as_str(), found), ("https://c.test", Some(file.clone())));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        assert!(text_of(&file).unwrap().contains("c.test"));
    }

    #[test]
    fn what_is_neither_profile_nor_file_is_told_apart() {
        let profiles = Profiles::load_from(None);
        let unknown = profiles.choose("Prod").unwrap_err().to_string();
        assert!(
            unknown.contains("“Prod”; did you mean Production?") && unknown.contains("Local demo, Production"),
            "{unknown}"
        );
        assert!(matches!(profiles.choose("missing.toml"), Err(LoadError::Unreadable { .. })));
    }
}
