//! A report as a file.

use std::io::{self, Write as _};
use std::path::Path;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::clean::Clean;
use super::file::{File, Output};
use crate::private_file::{self, SaveError};

/// Writes `files` into an archive at `path`, all or nothing.
pub(super) fn save(files: &[File], made: DateTime<Utc>, path: &Path) -> Result<(), SaveError> {
    let mut archive = Archive::new(made);
    for File { name, text } in files {
        archive.begin(name)?;
        archive.write(text)?;
    }
    archive.save(path).map(drop)
}

/// An archive that is being written.
pub(super) struct Archive {
    zip: ZipWriter<io::Cursor<Vec<u8>>>,
    options: SimpleFileOptions,
    /// The names and lengths of the files so far.
    files: Vec<(&'static str, u64)>,
}

impl Archive {
    /// An empty one, of files made at `made`.
    pub fn new(made: DateTime<Utc>) -> Self {
        let (year, [month, day, hour, minute, second]) =
            (made.year(), [made.month(), made.day(), made.hour(), made.minute(), made.second()].map(|part| part as u8));
        let date =
            zip::DateTime::from_date_and_time(u16::try_from(year).unwrap_or(1980), month, day, hour, minute, second);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(date.unwrap_or_default())
            .unix_permissions(0o600);
        Self { zip: ZipWriter::new(io::Cursor::new(Vec::new())), options, files: Vec::new() }
    }

    /// Writes it to `path`, all or nothing; returns the names and lengths of its files.
    pub fn save(self, path: &Path) -> Result<Vec<(&'static str, u64)>, SaveError> {
        let archive = self.zip.finish().map_err(io::Error::from)?.into_inner();
        private_file::save(path, &archive)?;
        Ok(self.files)
    }
}

impl Output for Archive {
    fn begin(&mut self, name: &'static str) -> io::Result<()> {
        self.zip.start_file(name, self.options)?;
        self.files.push((name, 0));
        Ok(())
    }

    fn write(&mut self, text: &Clean) -> io::Result<()> {
        if let Some((_, length)) = self.files.last_mut() {
            *length += text.as_str().len() as u64;
        }
        self.zip.write_all(text.as_str().as_bytes())
    }

    fn restart(&mut self) -> io::Result<()> {
        self.zip.abort_file()?;
        match self.files.pop() {
            Some((name, _)) => self.begin(name),
            None => Ok(()),
        }
    }
}
