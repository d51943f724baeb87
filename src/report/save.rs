//! A report as a file.

use std::io::{self, Write as _};
use std::path::Path;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::file::File;
use crate::private_file::{self, SaveError};

/// Writes `files` into an archive at `path`, all or nothing.
pub(super) fn save(files: &[File], made: DateTime<Utc>, path: &Path) -> Result<(), SaveError> {
    let archive = archive(files, made).map_err(io::Error::from)?;
    private_file::save(path, &archive)
}

fn archive(files: &[File], made: DateTime<Utc>) -> zip::result::ZipResult<Vec<u8>> {
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
