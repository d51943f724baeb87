//! The file that says not to trust the entry.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::SafeText;
use crate::private_file;

/// An empty file, kept for as long as the entry may hold something other than what was wanted last.
pub struct StaleMarker(Option<PathBuf>);

impl StaleMarker {
    /// The marker at `path`; without a path there is none, ever.
    pub fn new(path: Option<PathBuf>) -> Self {
        Self(path)
    }

    /// Whether it exists. When that cannot be found out it might.
    pub fn may_exist(&self) -> bool {
        self.0.as_deref().is_some_and(|path| path.try_exists().unwrap_or(true))
    }

    /// Creates it. A failure is logged and no more: the entry is going to be deleted first of all.
    pub fn put(&self) {
        let Some(path) = &self.0 else { return };
        if let Err(error) = create(path) {
            let path = SafeText::of_path(path);
            tracing::warn!("could not write {path}: {error}; if the keychain fails as well, an old JWT may be used");
        }
    }

    /// Removes it. A failure is logged and no more: it costs the entry at the next start.
    pub fn remove(&self) {
        let Some(path) = &self.0 else { return };
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                let path = SafeText::of_path(path);
                tracing::warn!("could not remove {path}: {error}; the next start will ask for a new JWT");
            }
            Ok(()) | Err(_) => {}
        }
    }
}

fn create(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        private_file::make_folder(parent)?;
    }
    private_file::options().create(true).truncate(true).open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_owner_can_see_it_and_it_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/keychain-stale-1");
        let marker = StaleMarker::new(Some(path.clone()));
        assert!(!marker.may_exist());
        marker.put();
        marker.put();
        assert!(marker.may_exist());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
        assert_eq!(fs::metadata(&path).unwrap().len(), 0);
        marker.remove();
        marker.remove();
        assert!(!marker.may_exist());
    }

    #[test]
    fn a_marker_that_cannot_be_written_is_no_reason_to_stop() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let marker = StaleMarker::new(Some(file.path().join("below a file")));
        marker.put();
        marker.remove();
    }
}
