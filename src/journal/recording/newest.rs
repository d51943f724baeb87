//! The newest part of a recording, read without ever holding the whole file.

use std::collections::VecDeque;
use std::io::{self, Read as _};
use std::path::Path;

use super::format::{Note, write_line};
use super::read::{Index, MAX_BYTES, Recording, RecordingError, begun, parse_all, read_header};

/// Entries of a journal or a recording that a report is made of: what a person can still look through …
pub const MAX_REPORTED: usize = 100_000;
/// … and the bytes of the file that they may take.
pub const MAX_REPORTED_BYTES: usize = 16 << 20;

/// What is read at one go.
const BLOCK: usize = 2 << 20;

impl Recording {
    /// Reads the newest entries of the file at `path`, at most so many and in so many `bytes` of it, and what was written beside
    /// them; what was before counts as dropped. All lines are checked.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_newest(path: &Path, most: usize, bytes: usize) -> Result<Self, RecordingError> {
        let (file, _, begun) = begun(path)?;
        Self::newest_of((&*begun).chain(file.take(MAX_BYTES + 1 - begun.len() as u64)), &begun, most, bytes)
    }

    /// The same of what `file` gives, which begins with `begun`.
    pub(super) fn newest_of(
        mut file: impl io::Read,
        begun: &[u8],
        most: usize,
        bytes: usize,
    ) -> Result<Self, RecordingError> {
        let (header, after_header) = read_header(begun)?;
        let mut kept = Kept::new(most, bytes);
        io::copy(&mut file.by_ref().take(after_header as u64), &mut io::sink())?;
        let (mut index, mut read, mut is_over) = (Index::new(&header), after_header as u64, false);
        let mut block = Vec::new();
        while !is_over {
            let from = block.len();
            let more = file.by_ref().take(BLOCK as u64).read_to_end(&mut block)?;
            read += more as u64;
            is_over = more < BLOCK;
            if read > MAX_BYTES {
                return Err(RecordingError::TooLarge);
            }
            // A line that is not whole waits for the next block, unless it is the last one or too long.
            let end = block.get(from..).and_then(|new| new.iter().rposition(|byte| *byte == b'\n'));
            let whole = match end {
                _ if is_over => block.len(),
                Some(end) => from + end + 1,
                None if block.len() > BLOCK => block.len(),
                None => continue,
            };
            let rest = block.split_off(whole);
            parse_all(&block, 0, header.format, |chunk| index.apply(chunk, |_| {}))?;
            kept.add(&block, std::mem::take(&mut index.entries));
            (index.messages, index.unlisted) = (Vec::new(), Vec::new());
            block = rest;
        }
        drop(block);
        kept.recording(begun.get(..after_header).unwrap_or_default(), &index)
    }
}

/// The newest lines so far.
struct Kept {
    most: usize,
    most_bytes: usize,
    bytes: Vec<u8>,
    /// Where the entries in `bytes` begin, less what has been dropped of the file.
    entries: VecDeque<usize>,
    /// Entries that are not kept, and bytes.
    dropped: u64,
    dropped_bytes: usize,
}

impl Kept {
    fn new(most: usize, most_bytes: usize) -> Self {
        Self { most, most_bytes, bytes: Vec::new(), entries: VecDeque::new(), dropped: 0, dropped_bytes: 0 }
    }

    /// Adds lines, in which entries begin at these places.
    fn add(&mut self, lines: &[u8], entries: Vec<u64>) {
        let begin = self.dropped_bytes + self.bytes.len();
        self.entries.extend(entries.into_iter().map(|at| begin + usize::try_from(at).unwrap_or(usize::MAX)));
        self.bytes.extend_from_slice(lines);
        // To move what is kept costs more than a few bytes that are too many.
        if self.surplus() > 2 * BLOCK {
            self.shrink(&[]);
        }
    }

    /// How many bytes at the beginning are too many.
    fn surplus(&self) -> usize {
        let end = self.dropped_bytes + self.bytes.len();
        let too_old = self.entries.len().saturating_sub(self.most);
        let too_large = self.entries.partition_point(|at| end - at > self.most_bytes);
        match (too_old.max(too_large), self.entries.get(too_old.max(too_large))) {
            (0, Some(_)) => 0,
            (_, Some(first)) => first - self.dropped_bytes,
            // What stands beside entries is worth nothing without them.
            (_, None) if self.bytes.len() > self.most_bytes => self.bytes.len(),
            (_, None) => 0,
        }
    }

    /// Puts `before` into the place of what is too much.
    fn shrink(&mut self, before: &[u8]) {
        let surplus = self.surplus();
        self.bytes.splice(..surplus, before.iter().copied());
        self.dropped_bytes += surplus;
        let dropped = self.entries.partition_point(|at| *at < self.dropped_bytes);
        self.entries.drain(..dropped);
        self.dropped += dropped as u64;
    }

    /// All of it as a recording whose first line is `header`.
    fn recording(mut self, header: &[u8], index: &Index) -> Result<Recording, RecordingError> {
        let surplus = self.surplus();
        let dropped = self.dropped + self.entries.partition_point(|at| at - self.dropped_bytes < surplus) as u64;
        let mut before = header.to_vec();
        if dropped == 0 {
            self.shrink(&before);
            return Recording::from_bytes(self.bytes);
        }
        // Those that had been dropped before are counted with them.
        let earlier = dropped + index.losses.first_gap.map_or(0, |_| index.losses.entries);
        write_line(&mut before, &Note::Dropped(earlier)).map_err(io::Error::from)?;
        self.shrink(&before);
        self.end(index.losses.unknown == 0)?;
        Recording::from_bytes(self.bytes)
    }

    /// The last line has the number of entries: that of those that are kept, if it is known.
    fn end(&mut self, is_known: bool) -> Result<(), RecordingError> {
        let whole = self.bytes.trim_ascii_end().len();
        let from = self.bytes.get(..whole).and_then(|lines| lines.iter().rposition(|byte| *byte == b'\n'));
        let from = from.map_or(0, |end| end + 1);
        let kept = self.entries.len() as u64;
        let end = match serde_json::from_slice(self.bytes.get(from..whole).unwrap_or_default()) {
            Ok(Note::End(_)) => Note::End(kept),
            Ok(Note::Full(_)) => Note::Full(kept),
            _ => return Ok(()),
        };
        self.bytes.truncate(from);
        // Which lines of a newer program count as entries is not known here.
        if is_known {
            write_line(&mut self.bytes, &end).map_err(io::Error::from)?;
        }
        Ok(())
    }
}
