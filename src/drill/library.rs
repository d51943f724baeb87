//! The drills that there are: those shipped with the program, and the user's own.

use std::path::{Path, PathBuf};

use super::file::Drill;
use crate::model::Profile;
use crate::toml_files::{LoadError, folders, is_toml, read_toml, toml_files};

macro_rules! shipped {
    ($($file:literal),* $(,)?) => {
        /// The files in `assets/drills`, in the order in which they are shown.
        const SHIPPED: &[(&str, &str)] =
            &[$(($file, include_str!(concat!("../../assets/drills/", $file, ".toml")))),*];
    };
}

shipped![
    "seed-test-1",
    "seed-test-2",
    "seed-test-3",
    "seed-test-4",
    "seed-test-5",
    "seed-test-6",
    "seed-scenario-1",
    "seed-scenario-2",
    "seed-scenario-3",
    "seed-scenario-4",
    "seed-scenario-5",
    "server-restart",
    "accept-then-close",
    "refresh-loop",
    "cut-again-and-again",
    "network-away",
    "half-open-link",
    "ticket-died-while-dialling",
    "rate-limit",
    "redis-killed",
    "deployed-upgrade-refused",
    "deployed-no-session-id",
    "deployed-redis-died",
    "deployed-redis-down-at-start",
    "deployed-foreign-origin",
    "deployed-rate-limit",
    "deployed-health",
    "deployed-idle",
    "deployed-subscribe-in-outage",
    "deployed-unknown-path",
];

macro_rules! of_presets {
    ($($preset:literal),* $(,)?) => {
        /// The files in `assets/drills/presets`, one for each preset, called as that.
        const OF_PRESETS: &[(&str, &str)] =
            &[$(($preset, include_str!(concat!("../../assets/drills/presets/", $preset, ".toml")))),*];
    };
}

of_presets![
    "rest-ticket",
    "slack-socket-mode",
    "signalr",
    "azure-signalr",
    "socket-io",
    "home-assistant",
    "phoenix",
    "supabase-realtime",
    "dingtalk-stream",
    "jupyter",
    "action-cable",
    "centrifugo",
    "pusher",
    "graphql-ws",
];

/// The drills that can be chosen.
#[derive(Debug)]
pub struct DrillLibrary {
    /// Those that can be run, the shipped ones first, each with its short name: the file's.
    pub usable: Vec<(String, Drill)>,
    /// Those of presets: they run by their names alone, against a service of the user's.
    pub of_presets: Vec<(String, Drill)>,
    /// Other files, and why they cannot.
    pub broken: Vec<(PathBuf, LoadError)>,
}

impl DrillLibrary {
    /// The shipped drills and those of the platform's configuration folder.
    pub fn load() -> Self {
        Self::load_from(folders().map(|folders| folders.config_dir().join("drills")).as_deref())
    }

    /// The shipped drills alone.
    pub fn shipped() -> Self {
        Self::load_from(None)
    }

    /// The shipped drills and those of `folder`.
    pub fn load_from(folder: Option<&Path>) -> Self {
        let mut library = Self { usable: Vec::new(), of_presets: Vec::new(), broken: Vec::new() };
        for (id, text) in OF_PRESETS {
            // A test reads them all.
            library.of_presets.extend(Drill::from_toml(text).ok().map(|drill| ((*id).to_owned(), drill)));
        }
        for (id, text) in SHIPPED {
            match Drill::from_toml(text) {
                Ok(drill) => library.usable.push(((*id).to_owned(), drill)),
                Err(error) => {
                    let file = PathBuf::from(format!("{id}.toml"));
                    library.broken.push((file.clone(), LoadError::Wrong { file, error }));
                }
            }
        }
        for file in toml_files(folder) {
            match read_toml(&file, Drill::from_toml) {
                Ok(drill) if library.named(&drill.name).is_some() => {
                    let name = drill.name;
                    library.broken.push((file.clone(), LoadError::Duplicate { what: "drill", file, name }));
                }
                Ok(drill) => library.usable.push((stem(&file), drill)),
                Err(error) => library.broken.push((file, error)),
            }
        }
        library
    }

    /// The drill that `choice` means: its name, its short name, or the path of a TOML file; or the short name of
    /// a broken file, which then says what is wrong with it.
    ///
    /// # Errors
    /// If there is no such drill or file, or the file cannot be used.
    pub fn choose(&self, choice: &str) -> Result<Drill, LoadError> {
        if let Some(drill) = self.named(choice) {
            return Ok(drill.clone());
        }
        let mut broken = self.broken.iter().map(|(file, _)| file.as_path());
        let file = broken.find(|file| stem(file).eq_ignore_ascii_case(choice)).unwrap_or(Path::new(choice));
        if is_toml(file) || file.exists() {
            return read_toml(file, Drill::from_toml);
        }
        let known: Vec<_> = self.usable.iter().chain(&self.of_presets).map(|(id, _)| id.as_str()).collect();
        Err(LoadError::unknown("drill", choice, &known))
    }

    fn named(&self, name: &str) -> Option<&Drill> {
        let is =
            |(id, drill): &&(String, Drill)| id.eq_ignore_ascii_case(name) || drill.name.eq_ignore_ascii_case(name);
        self.usable.iter().chain(&self.of_presets).find(is).map(|(_, drill)| drill)
    }

    /// What drills run against unless a profile is named: the local demo.
    pub fn usual_profile() -> Profile {
        Profile::local_demo(([127, 0, 0, 1], 0).into())
    }
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_shipped_drill_can_be_read_and_users_add_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let own = "name = 'Mine'\nshows = 'x'\nsteps = ['connect']\nexpect = [{ status = 'connected' }]\n";
        fs::write(folder.path().join("mine.toml"), own).unwrap();
        fs::write(folder.path().join("wrong.toml"), own.replace("'connect'", "'go'")).unwrap();
        let library = DrillLibrary::load_from(Some(folder.path()));
        assert_eq!(library.usable.len(), SHIPPED.len() + 1);
        assert_eq!(library.of_presets.len(), OF_PRESETS.len());
        assert_eq!(library.choose("MINE").unwrap().name, "Mine");
        assert_eq!(library.broken.len(), 1);
        let broken = library.choose("wrong").unwrap_err().to_string();
        assert!(broken.contains("wrong.toml:3:"), "{broken}");
        let unknown = library.choose("seed-test-9").unwrap_err().to_string();
        assert!(unknown.contains("no drill") && unknown.contains("did you mean seed-test-1, "), "{unknown}");
    }
}
