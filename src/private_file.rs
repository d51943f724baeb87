//! Files and folders that only their owner may look into, where the system knows such.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use crate::model::io_words;

/// To open a file for writing that, if it is new, only its owner may read.
pub fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes `folder`, and those above it, unless they are there.
///
/// # Errors
/// If one cannot be made.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// There is something at its place.
    #[error("there is such a file already; choose another name")]
    Exists,
    /// Its place is a folder.
    #[error("this is a folder; add a name for the file")]
    IsFolder,
    /// There is no folder for it.
    #[error("there is no folder of this name; choose another folder")]
    NoFolder,
    /// Nothing may be written into its folder.
    #[error("nothing may be written into this folder; choose another folder")]
    Forbidden,
    /// It cannot be written for another reason.
    #[error("it cannot be written: {}; choose another folder", io_words(.0))]
    Io(#[from] io::Error),
}

/// Writes `bytes` into a new file at `path` that only its owner may read: all of them or nothing, and not over what is
/// there. On a file system without links it replaces what somebody puts there at the same moment.
///
/// # Errors
/// See [`SaveError`].
pub fn save(path: &Path, bytes: &[u8]) -> Result<(), SaveError> {
    if let Ok(found) = fs::symlink_metadata(path) {
        return Err(if found.is_dir() { SaveError::IsFolder } else { SaveError::Exists });
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = options().create_new(true).open(&new).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        // Unlike a rename, it does not replace what somebody has put there meanwhile.
        fs::hard_link(&new, path).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Err(error),
            // Not every file system knows links.
            _ => fs::rename(&new, path),
        })
    });
    // What is left of the attempt is of no use.
    let _ = fs::remove_file(&new);
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => SaveError::Exists,
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => SaveError::NoFolder,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => SaveError::Forbidden,
        _ => SaveError::Io(error),
    })
}

/// Puts `text` into `file`, which only its owner may read from then on: all of it or, if that fails, what was there before.
///
/// # Errors
/// If it cannot be written.
pub fn replace(file: &Path, text: &str) -> io::Result<()> {
    let new = file.with_extension(format!("{}.new", std::process::id()));
    let written = options().create(true).truncate(true).open(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let saved = written.and_then(|()| fs::rename(&new, file));
    if saved.is_err() {
        // What is left of the attempt is of no use.
        let _ = fs::remove_file(&new);
    }
    saved
}
