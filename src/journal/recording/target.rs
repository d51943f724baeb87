//! Where a recording goes: the file that is made for it, and the old ones that make room.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};

use super::format::Header;
use super::retention::{Kept, Limits, surplus};
use super::sole;
use crate::model::{SafeText, date_of, io_words};
use crate::private_file;

/// A recording that was written to this lately may be in use, where that cannot be found out.
const IN_USE: TimeDelta = TimeDelta::minutes(2);

/// Where a session is recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// In this folder, in a new file that is named after start and profile. Old ones make room for it.
    Folder(PathBuf),
    /// In this file, whatever it held before.
    File(PathBuf),
}

impl Target {
    /// Looks whether a recording can be written there, and changes nothing that is there.
    ///
    /// # Errors
    /// If it cannot, as a sentence.
    pub fn check(&self) -> Result<(), SafeText> {
        let Self::File(path) = self else { return Ok(()) };
        opened(path).map(drop).map_err(|error| problem(self, path, &error))
    }

    /// Makes the file of a recording, which only its owner may read, and which nobody else records into.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn create(&self, header: &Header, limits: &Limits) -> io::Result<(File, PathBuf)> {
        match self {
            Self::File(path) => {
                let file = opened(path)?;
                restrict(&file)?;
                if file.metadata()?.is_file() {
                    file.set_len(0)?;
                }
                Ok((file, path.clone()))
            }
            Self::Folder(folder) => {
                private_file::make_folder(folder)?;
                make_room(folder, limits, header.start);
                let name = name(header);
                let names = (2..100).map(|number| format!("{name}-{number}.jsonl"));
                first_free(std::iter::once(format!("{name}.jsonl")).chain(names).map(|name| folder.join(name)))
            }
        }
    }

    /// Makes another file beside the one that is there of a recording that crashed.
    pub(super) fn create_again(&self, header: &Header, limits: &Limits) -> io::Result<(File, PathBuf)> {
        match self {
            Self::File(path) if fs::metadata(path).is_ok_and(|found| found.is_file()) => {
                let stem = path.file_stem().unwrap_or_default();
                first_free((2..100).map(|number| {
                    let mut name = stem.to_owned();
                    name.push(format!("-{number}"));
                    if let Some(extension) = path.extension() {
                        name.push(".");
                        name.push(extension);
                    }
                    path.with_file_name(name)
                }))
            }
            // Nothing is lost where it was never a file; in a folder the name is another one by itself.
            Self::File(_) | Self::Folder(_) => self.create(header, limits),
        }
    }
}

/// Makes the first of these files that is not there yet.
fn first_free(mut paths: impl Iterator<Item = PathBuf>) -> io::Result<(File, PathBuf)> {
    let made = paths.find_map(|path| match sole::open(private_file::options().create_new(true).clone(), &path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
        made => Some(made.map(|file| (file, path))),
    });
    made.unwrap_or_else(|| Err(io::ErrorKind::AlreadyExists.into()))
}

/// `20260122T140211Z-production`.
fn name(header: &Header) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' };
    let profile: String = header.profile.name.as_str().chars().take(40).map(plain).collect();
    format!("{}-{profile}", header.start.format("%Y%m%dT%H%M%SZ"))
}

/// Whether `name` is one that a recording has unless people give it another: nothing else in the folder is ever deleted.
pub fn is_usual_name(name: &str) -> bool {
    let shape = name.bytes().zip(*b"00000000T000000Z-");
    let fits = |(byte, shape): (u8, u8)| if shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
    name.len() > 17 && name.ends_with(".jsonl") && shape.into_iter().all(fits)
}

fn make_room(folder: &Path, limits: &Limits, now: DateTime<Utc>) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let kept = files.filter_map(|file| {
        let (name, found) = (file.file_name().into_string().ok()?, file.metadata().ok()?);
        let modified = date_of(found.modified().ok()?);
        let is_recording = found.is_file() && is_usual_name(&name);
        is_recording.then(|| Kept {
            in_use: is_in_use(&file.path(), now - modified),
            path: file.path(),
            bytes: found.len(),
            modified,
        })
    });
    for Kept { path, .. } in surplus(kept.collect(), limits, now) {
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!("the old recording {} cannot be deleted: {}", SafeText::of_path(&path), io_words(&error));
        }
    }
}

/// Whether a window may still be writing to the recording at `path`, which nobody has written to for `age`.
pub fn is_in_use(path: &Path, age: TimeDelta) -> bool {
    sole::has_writer(path).unwrap_or(age <= IN_USE)
}

/// Opens the file of a recording, for this program alone to write to. A pipe would wait for somebody who reads it.
fn opened(path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    if fs::metadata(path).is_ok_and(|found| std::os::unix::fs::FileTypeExt::is_fifo(&found.file_type())) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    sole::open(private_file::options().create(true).clone(), path)
}

/// A file that was there already keeps its mode until it is told.
fn restrict(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    if file.metadata()?.is_file() {
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// What a person is told of `error` at `path`.
pub(super) fn problem(target: &Target, path: &Path, error: &io::Error) -> SafeText {
    use io::ErrorKind as Kind;
    let place = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    #[expect(clippy::wildcard_enum_match_arm, reason = "what else a system can say has its own words")]
    let (what, advice) = match error.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => ("the disk is full".to_owned(), "make room"),
        Kind::FileTooLarge if cfg!(unix) => {
            ("files may not be as large as this (ulimit -f)".to_owned(), "raise that limit")
        }
        Kind::FileTooLarge => ("this disk holds no file as large as this".to_owned(), "choose another disk"),
        Kind::ReadOnlyFilesystem => ("the disk is read-only".to_owned(), "make it writable"),
        Kind::PermissionDenied => ("this user may not write there".to_owned(), "allow it"),
        Kind::ResourceBusy => ("another program is recording into it".to_owned(), "end that one"),
        Kind::Unsupported => ("that is a pipe, not a file".to_owned(), "print the same (--format jsonl)"),
        Kind::NotADirectory | Kind::AlreadyExists => ("that is a file, not a folder".to_owned(), "move it away"),
        _ => (io_words(error), "fix that"),
    };
    let otherwise = match target {
        Target::Folder(_) => "switch recording off in the settings",
        Target::File(_) => "record into another file",
    };
    SafeText::new(&format!("{place}: {what}; {advice}, or {otherwise}"))
}
