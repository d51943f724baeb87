//! What a person has chosen for all sessions, kept in a TOML file between two runs of the program.

mod saver;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::journal::recording::{Limits, Plan, Target};
use crate::model::{SafeText, from_toml};
use crate::private_file;
use crate::toml_files::{LoadError, folders, read_toml};
use crate::view::Tone;

pub use saver::{SaveFailed, Saver};

/// Everything that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The window's colours.
    pub theme: Theme,
    /// Whether the QA panel is shown where there is room for it.
    pub fault_panel: bool,
    /// The zone that times are shown in.
    pub times: Times,
    /// Whether the desktop tells when a connection breaks or is back, while nobody looks; never of the demo.
    pub notices: bool,
    /// Whether the state is shown in the desktop's tray, where there is one.
    pub tray: bool,
    /// What becomes of sessions.
    pub recording: Recording,
    /// How the window was left.
    pub window: WindowSettings,
}

/// How the window was left, to be found again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WindowSettings {
    /// Whether it has been opened before: the very first start begins with the demo.
    pub was_opened: bool,
    /// For whom its parts are laid out.
    pub layout: Layout,
    /// The name of the profile that was in use.
    pub profile: Option<SafeText>,
    /// The panel that was shown, as the program names it.
    pub tab: Option<SafeText>,
    /// Whether attempts and backoff were shown where there was room for them.
    pub timeline: bool,
    /// Their share of the height that they have together with the tabs, in per cent.
    pub timeline_percent: u8,
    /// Whether the answer's panel was shown in the layout for support.
    pub answer_panel: bool,
    /// The width of the panel at the right, in points; `None` if it was not dragged.
    pub panel_width: Option<u16>,
    /// How many seconds of attempts were in view; 0 for all.
    pub span_seconds: u64,
    /// The size of texts, in per cent.
    pub text_percent: u16,
    /// Width and height, in points; `None` if it was not moved or resized yet.
    pub size: Option<[u32; 2]>,
    /// The distances of its upper left corner from the screen's, in points.
    pub position: Option<[i32; 2]>,
    /// Whether it filled the screen.
    pub is_maximized: bool,
    /// The files that were looked at, the newest first.
    pub recent: Vec<RecentFile>,
}

/// A file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecentFile {
    /// Where it is.
    pub path: PathBuf,
    /// When it was opened.
    pub opened: DateTime<Utc>,
    /// What was found in it, in a few words.
    pub outcome: SafeText,
    /// How that should feel.
    #[serde(default)]
    pub tone: Tone,
}

/// For whom the parts of the window are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumIter)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// For those who answer users: the verdict large, and what to say.
    Support,
    /// For those who write clients and servers: every attempt and request.
    Developer,
    /// For those who test: faults and drills beside all of it.
    #[default]
    Qa,
}

/// The zone that times are shown in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Times {
    /// This computer's.
    #[default]
    Local,
    /// UTC, as servers log.
    Utc,
}

/// The window's colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// What becomes of sessions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recording {
    /// Whether they are recorded.
    pub on: bool,
    /// The largest size of one recording, in megabytes.
    #[serde(deserialize_with = "megabytes")]
    pub max_file_mb: u64,
    /// The largest size of all together, in megabytes.
    #[serde(deserialize_with = "megabytes")]
    pub max_total_mb: u64,
    /// How many days they are kept.
    #[serde(deserialize_with = "days")]
    pub max_age_days: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            fault_panel: true,
            recording: Recording::default(),
            times: Times::default(),
            notices: true,
            tray: false,
            window: WindowSettings::default(),
        }
    }
}

impl Default for WindowSettings {
    fn default() -> Self {
        Self {
            was_opened: false,
            layout: Layout::default(),
            profile: None,
            tab: None,
            timeline: true,
            timeline_percent: 56,
            answer_panel: true,
            panel_width: None,
            span_seconds: 60,
            text_percent: 100,
            size: None,
            position: None,
            is_maximized: false,
            recent: Vec::new(),
        }
    }
}

impl WindowSettings {
    /// Files that are remembered.
    pub const MAX_RECENT: usize = 12;

    /// Remembers a file that was opened, once.
    pub fn remember(&mut self, file: RecentFile) {
        self.recent.retain(|known| known.path != file.path);
        self.recent.insert(0, file);
        self.recent.truncate(Self::MAX_RECENT);
    }
}

impl Default for Recording {
    fn default() -> Self {
        let Limits { file, total, age, .. } = Limits::default();
        Self { on: true, max_file_mb: file / MB, max_total_mb: total / MB, max_age_days: age.as_secs() / DAY }
    }
}

const MB: u64 = 1_000_000;
const DAY: u64 = 86_400;

impl Recording {
    /// What sizes may be, in megabytes.
    pub const MEGABYTES: std::ops::RangeInclusive<u64> = 1..=1_000;
    /// What ages may be, in days.
    pub const DAYS: std::ops::RangeInclusive<u64> = 1..=3_650;

    /// Where and how much is recorded; `None` if nothing is.
    pub fn plan(&self) -> Option<Plan> {
        let folder = recordings().filter(|_| self.on)?;
        let limits = Limits {
            file: self.max_file_mb * MB,
            total: self.max_total_mb * MB,
            age: Duration::from_secs(self.max_age_days * DAY),
            ..Limits::default()
        };
        Some(Plan { target: Target::Folder(folder), limits })
    }
}

fn megabytes<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = u64::deserialize(deserializer)?;
    let fits = Recording::MEGABYTES.contains(&size);
    fits.then_some(size).ok_or_else(|| serde::de::Error::custom("expected a size from 1 to 1000 (megabytes)"))
}

fn days<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let days = u64::deserialize(deserializer)?;
    let fits = Recording::DAYS.contains(&days);
    fits.then_some(days).ok_or_else(|| serde::de::Error::custom("expected an age from 1 to 3650 (days)"))
}

/// The folder with the recordings of this computer.
pub fn recordings() -> Option<PathBuf> {
    folders().map(|folders| folders.state_dir().unwrap_or(folders.data_local_dir()).join("recordings"))
}

/// The file with the settings of this computer.
pub fn file() -> Option<PathBuf> {
    folders().map(|folders| folders.config_dir().join("settings.toml"))
}

impl Settings {
    /// The settings in `file`, or the defaults if there is none.
    ///
    /// # Errors
    /// If the file cannot be used: with the line and what was expected.
    pub fn load(file: &Path) -> Result<Self, LoadError> {
        if fs::symlink_metadata(file).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Ok(Self::default());
        }
        read_toml(file, from_toml)
    }

    /// Puts what differs from `before` into `file`, so that what another window has changed there stays: all of it or,
    /// if that fails, nothing. A file that cannot be used is moved aside first, as `settings.toml.broken`.
    ///
    /// # Errors
    /// If it cannot be written, or moved aside.
    pub fn save(&self, before: &Self, file: &Path) -> io::Result<()> {
        let table = |settings: &Self| toml::Table::try_from(settings).map_err(io::Error::other);
        let there = match Self::load(file) {
            Ok(there) => there,
            Err(error) => {
                let aside = move_aside(file)?;
                tracing::warn!("{error}; it is kept as {}", SafeText::of_path(&aside));
                before.clone()
            }
        };
        let merged = merged(&table(before)?, table(self)?, table(&there)?);
        let text = toml::to_string(&merged).map_err(io::Error::other)?;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        private_file::replace(file, &text)
    }
}

/// Moves `file`, in which a person may have written more than can be read, to a name beside it that nothing has yet.
fn move_aside(file: &Path) -> io::Result<PathBuf> {
    let name = |number: u32| {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(if number == 1 { ".broken".to_owned() } else { format!(".broken-{number}") });
        file.with_file_name(name)
    };
    let is_free = |path: &PathBuf| fs::symlink_metadata(path).is_err();
    let aside = (1..100).map(name).find(is_free).ok_or(io::ErrorKind::AlreadyExists)?;
    fs::rename(file, &aside)?;
    Ok(aside)
}

/// `there` with what is otherwise in `now` than it was `before`.
fn merged(before: &toml::Table, now: toml::Table, mut there: toml::Table) -> toml::Table {
    use toml::Value::Table;
    there.retain(|key, _| now.contains_key(key) || !before.contains_key(key));
    for (key, value) in now {
        let value = match (before.get(&key), value, there.remove(&key)) {
            (Some(Table(before)), Table(now), Some(Table(there))) => Table(merged(before, now, there)),
            (Some(before), value, Some(there)) if *before == value => there,
            (_, value, _) => value,
        };
        there.insert(key, value);
    }
    there
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_is_there_again_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/settings.toml");
        assert_eq!(Settings::load(&file).unwrap(), Settings::default());
        let chosen = Settings {
            theme: Theme::Light,
            fault_panel: false,
            recording: Recording { on: false, max_file_mb: 7, max_total_mb: 70, max_age_days: 3 },
            times: Times::Utc,
            notices: false,
            tray: true,
            window: WindowSettings {
                was_opened: true,
                layout: Layout::Support,
                profile: Some("Customer A".into()),
                tab: Some("closes".into()),
                size: Some([1_366, 700]),
                position: Some([-1_200, 20]),
                recent: vec![RecentFile {
                    path: "/tmp/a.jsonl".into(),
                    opened: DateTime::UNIX_EPOCH,
                    outcome: "Stopped".into(),
                    tone: Tone::Bad,
                }],
                ..WindowSettings::default()
            },
        };
        let saver = Saver::new(file.clone(), Settings::default());
        let failed = || Box::new(|problem| panic!("{problem}"));
        saver.save(Settings::default(), failed());
        saver.save(chosen.clone(), failed());
        drop(saver);
        assert_eq!(Settings::load(&file).unwrap(), chosen);
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing else is left in the folder");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&file).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(chosen.recording.plan(), None);
    }

    #[test]
    fn two_windows_keep_what_each_of_them_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let sized = |width| WindowSettings { size: Some([width, 700]), ..WindowSettings::default() };
        let begun = Settings { window: sized(1_000), ..Settings::default() };
        begun.save(&Settings::default(), &file).unwrap();

        Settings { theme: Theme::Light, ..begun.clone() }.save(&begun, &file).unwrap();
        let window = WindowSettings { profile: Some("Customer A".into()), size: None, ..begun.window.clone() };
        let second = Settings { times: Times::Utc, window, ..begun.clone() };
        second.save(&begun, &file).unwrap();

        let kept = Settings::load(&file).unwrap();
        assert_eq!((kept.theme, kept.times), (Theme::Light, Times::Utc));
        assert_eq!((kept.window.profile.as_ref().map(SafeText::as_str), kept.window.size), (Some("Customer A"), None));
    }

    #[test]
    fn a_file_that_cannot_be_used_is_kept_as_it_is_beside_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        let chosen = Settings { theme: Theme::Light, ..Settings::default() };
        for (text, kept) in [
            ("# mine\ntheem = 'dark'\nnotices = false\n", "settings.toml.broken"),
            ("not TOML", "settings.toml.broken-2"),
        ] {
            fs::write(&file, text).unwrap();
            chosen.save(&Settings::default(), &file).unwrap();
            assert_eq!(fs::read_to_string(folder.path().join(kept)).unwrap(), text);
            assert_eq!(Settings::load(&file).unwrap(), chosen);
        }
    }

    #[test]
    fn a_file_is_remembered_once_and_the_oldest_make_room() {
        let mut window = WindowSettings::default();
        let file = |number: usize| RecentFile {
            path: format!("/tmp/{number}").into(),
            opened: DateTime::UNIX_EPOCH,
            outcome: "".into(),
            tone: Tone::default(),
        };
        (0..20).for_each(|number| window.remember(file(number)));
        window.remember(file(15));
        let paths: Vec<_> = window.recent.iter().map(|file| file.path.to_string_lossy().into_owned()).collect();
        assert_eq!((paths.len(), &*paths[0], &*paths[1]), (WindowSettings::MAX_RECENT, "/tmp/15", "/tmp/19"));
        assert_eq!(paths.iter().filter(|path| *path == "/tmp/15").count(), 1);
    }

    #[test]
    fn a_wrong_file_names_the_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("settings.toml");
        for (text, expected) in [
            ("theme = 'dark'\nthem = 'dark'\n", "settings.toml:2:1: there is no key “them”; did you mean theme?"),
            ("theme = 'blue'\n", "settings.toml:1:9: unknown variant `blue`"),
            ("[recording]\non = true\nmax_file_mb = 0\n", "settings.toml:3:15: expected a size from 1 to 1000"),
            ("[recording]\nmax_age_days = 99999\n", "settings.toml:2:16: expected an age from 1 to 3650"),
        ] {
            fs::write(&file, text).unwrap();
            let error = Settings::load(&file).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
