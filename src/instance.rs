//! Tells the windows of one user apart, so that they can have things of their own.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use crate::private_file;

/// More windows than anybody opens; those beyond share a number.
const MOST: u32 = 99;

/// A window's number among those that are open, for as long as this lives.
#[derive(Debug)]
pub struct Instance {
    number: u32,
    /// Locked, unless nothing can be locked here.
    _lock: Option<File>,
}

impl Instance {
    /// Takes the lowest number that no other program has, from 1. `folder` is where they tell one another; where that is
    /// not possible each is the first.
    pub fn take(folder: Option<&Path>) -> Self {
        let taken = folder.map(|folder| lowest(&folder.join("windows")));
        match taken {
            Some(Ok((number, lock))) => Self { number, _lock: Some(lock) },
            Some(Err(error)) => {
                tracing::info!("windows are not told apart: {error}");
                Self { number: 1, _lock: None }
            }
            None => Self { number: 1, _lock: None },
        }
    }

    /// The number.
    pub fn number(&self) -> u32 {
        self.number
    }
}

fn lowest(folder: &Path) -> io::Result<(u32, File)> {
    private_file::make_folder(folder)?;
    for number in 1..=MOST {
        let file = private_file::options().create(true).open(folder.join(format!("{number}.lock")))?;
        match file.try_lock() {
            Ok(()) => return Ok((number, file)),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_window_has_the_lowest_number_that_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let take = || Instance::take(Some(folder.path()));
        let (first, second) = (take(), take());
        assert_eq!((first.number(), second.number()), (1, 2));
        drop(first);
        let (again, third) = (take(), take());
        assert_eq!((again.number(), third.number()), (1, 3));
        assert_eq!(Instance::take(None).number(), 1);
    }
}
