//! One program writes a recording, and anybody may read it meanwhile.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens the file at `path` as `options` say, for this program alone to write to. Where the file system cannot keep others
/// away it is opened all the same.
///
/// # Errors
/// `ResourceBusy` if another program writes to it, and whatever opening may come to.
pub fn open(options: OpenOptions, path: &Path) -> io::Result<File> {
    system::open(options, path)
}

/// Whether a program writes to the file at `path`; `None` if that cannot be found out.
pub fn has_writer(path: &Path) -> Option<bool> {
    system::has_writer(path)
}

/// A lock is a word between writers here: it keeps nobody from reading.
#[cfg(unix)]
mod system {
    use std::fs::{File, OpenOptions, TryLockError};
    use std::io;
    use std::path::Path;

    pub fn open(options: OpenOptions, path: &Path) -> io::Result<File> {
        let file = options.open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::ResourceBusy.into()),
            Ok(()) | Err(TryLockError::Error(_)) => Ok(file),
        }
    }

    pub fn has_writer(path: &Path) -> Option<bool> {
        match File::open(path).ok()?.try_lock() {
            Ok(()) => Some(false),
            Err(TryLockError::WouldBlock) => Some(true),
            Err(TryLockError::Error(_)) => None,
        }
    }
}

/// A lock would keep everybody from reading here. Who opens a file says instead what others may do with it.
#[cfg(windows)]
mod system {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::windows::fs::OpenOptionsExt as _;
    use std::path::Path;

    use crate::model::ERROR_SHARING_VIOLATION;

    /// Others may read (`FILE_SHARE_READ`).
    const SHARE_READ: u32 = 1;

    pub fn open(mut options: OpenOptions, path: &Path) -> io::Result<File> {
        options.share_mode(SHARE_READ).open(path).map_err(|error| match error.raw_os_error() {
            Some(ERROR_SHARING_VIOLATION) => io::ErrorKind::ResourceBusy.into(),
            _ => error,
        })
    }

    pub fn has_writer(path: &Path) -> Option<bool> {
        // It only asks: whoever opens the file at this moment is not kept away.
        match OpenOptions::new().write(true).open(path) {
            Ok(_) => Some(false),
            Err(error) if error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) => Some(true),
            Err(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write as _;

    use super::*;

    #[test]
    fn while_one_writes_others_can_read_and_copy_and_none_can_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let options = || crate::private_file::options().create(true).clone();
        let mut file = open(options(), &path).unwrap();
        file.write_all(b"one line\n").unwrap();
        assert_eq!(has_writer(&path), Some(true));
        assert_eq!(fs::read(&path).unwrap(), b"one line\n");
        fs::copy(&path, folder.path().join("b.jsonl")).unwrap();
        assert_eq!(open(options(), &path).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        drop(file);
        assert_eq!(has_writer(&path), Some(false));
        open(options(), &path).unwrap();
        assert_eq!(has_writer(&folder.path().join("missing")), None);
    }
}
