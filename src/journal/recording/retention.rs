//! Which old recordings have to go.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest size of one recording, in bytes.
    pub file: u64,
    /// The largest size of all together, in bytes.
    pub total: u64,
    /// The largest number.
    pub count: usize,
    /// The greatest age.
    pub age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { file: 64_000_000, total: 512_000_000, count: 200, age: Duration::from_secs(30 * 86_400) }
    }
}

/// A recording in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it is.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was last written to.
    pub modified: DateTime<Utc>,
    /// Whether a window may still be writing to it.
    pub in_use: bool,
}

/// Those of `files` that have to go at `now`, so that one more recording has room: the oldest.
pub fn surplus(mut files: Vec<Kept>, limits: &Limits, now: DateTime<Utc>) -> Vec<Kept> {
    files.sort_by(|a, b| (b.modified, &b.path).cmp(&(a.modified, &a.path)));
    let (mut count, mut total) = (1, limits.file);
    files.retain(|file| {
        let age = now - file.modified;
        count += 1;
        total = total.saturating_add(file.bytes);
        let is_old = age.to_std().is_ok_and(|age| age > limits.age);
        !file.in_use && (count > limits.count || total > limits.total || is_old)
    });
    files
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn names(ages: &[(i64, u64)], limits: &Limits) -> Vec<String> {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let file = |(index, (hours, bytes)): (usize, &(i64, u64))| Kept {
            path: index.to_string().into(),
            bytes: *bytes,
            modified: now - TimeDelta::hours(*hours),
            in_use: *hours == 0,
        };
        let mut names: Vec<_> = surplus(ages.iter().enumerate().map(file).collect(), limits, now)
            .into_iter()
            .map(|file| file.path.display().to_string())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many_too_large_or_too_old() {
        let limits = Limits { file: 10, total: 100, count: 4, age: Duration::from_secs(86_400) };
        assert_eq!(names(&[(1, 10), (2, 10), (3, 10)], &limits), [""; 0]);
        assert_eq!(names(&[(3, 1), (1, 1), (4, 1), (2, 1), (5, 1)], &limits), ["2", "4"], "there is room for a fourth");
        assert_eq!(names(&[(2, 50), (1, 40), (3, 1)], &limits), ["2"], "the new one may need 10");
        assert_eq!(names(&[(25, 1), (23, 1)], &limits), ["0"]);
        assert_eq!(names(&[(0, 90), (0, 90), (0, 90), (0, 90)], &limits), [""; 0], "they may be in use");
        assert_eq!(names(&[(-48, 9), (1, 1)], &limits), [""; 0], "a clock that was ahead deletes nothing by age");
    }
}
