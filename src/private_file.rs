//! Files and folders that only their owner may look into, where the system knows such.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

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
