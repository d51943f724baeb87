//! A report as a file.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::File;
use crate::private_file;

/// Why a report was not saved.
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
    #[error("it cannot be written: {0}; choose another folder")]
    Io(#[from] io::Error),
    /// It does not fit into an archive.
    #[error("the archive cannot be made: {0}")]
    Archive(#[from] zip::result::ZipError),
}

/// Writes `files` into an archive at `path`, all or nothing.
pub(super) fn save(files: &[File], made: DateTime<Utc>, path: &Path) -> Result<(), SaveError> {
    if let Ok(found) = fs::symlink_metadata(path) {
        return Err(if found.is_dir() { SaveError::IsFolder } else { SaveError::Exists });
    }
    let archive = archive(files, made)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = private_file::options().create_new(true).open(&new).and_then(|mut file| {
        file.write_all(&archive)?;
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

fn archive(files: &[File], made: DateTime<Utc>) -> Result<Vec<u8>, SaveError> {
    let (year, [month, day, hour, minute, second]) =
        (made.year(), [made.month(), made.day(), made.hour(), made.minute(), made.second()].map(|part| part as u8));
    let date = zip::DateTime::from_date_and_time(u16::try_from(year).unwrap_or(1980), month, day, hour, minute, second);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(date.unwrap_or_default())
        .unix_permissions(0o600);
    let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
    for File { name, text } in files {
        zip.start_file(*name, options)?;
        zip.write_all(text.as_str().as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}
