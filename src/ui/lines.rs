//! The lines of a log: kept in few large pieces of text, so that millions of them are cheap to keep and to search.

use std::collections::VecDeque;
use std::ops::Range;

use chrono::{DateTime, Utc};
use memchr::memchr2_iter;

use crate::journal::{Level, lines};
use crate::model::{Entry, Event, FaultEvent};

/// Lines in one piece of text.
const CHUNK: usize = 4_096;

/// Lines with numbers in a row, whichever way they are kept.
pub trait Lines {
    /// The numbers of the lines that are there. What is below was dropped.
    fn numbers(&self) -> Range<u64>;

    /// The line with a number.
    fn line(&self, number: u64) -> Option<LineRef<'_>>;

    /// Appends to `found` the numbers out of `range` whose lines pass, in order.
    fn search(&self, range: Range<u64>, filter: &Filter, found: &mut Vec<u64>) {
        let passes = |number: &u64| self.line(*number).is_some_and(|line| filter.passes(&line));
        found.extend(range.filter(passes));
    }

    /// The first line of the journal entry `seq`.
    fn first_of(&self, seq: u64) -> Option<u64> {
        let first = self.first_from(seq);
        self.line(first).filter(|line| line.seq == seq).map(|_| first)
    }

    /// The first line of the journal entry `seq` and of those after it; the end, if there is none.
    fn first_from(&self, seq: u64) -> u64 {
        let Range { start, end } = self.numbers();
        let is_before = |number| self.line(number).is_some_and(|line| line.seq < seq);
        let (mut low, mut high) = (start, end);
        while low < high {
            let middle = low + (high - low) / 2;
            if is_before(middle) { low = middle + 1 } else { high = middle }
        }
        low
    }
}

/// A line.
#[derive(Clone, Copy, Debug)]
pub struct LineRef<'a> {
    /// The journal entry that it belongs to.
    pub seq: u64,
    /// When, by this computer's clock.
    pub time: DateTime<Utc>,
    /// How much it matters.
    pub level: Level,
    /// Tag, text, and what marks it as simulated: what is seen, searched and copied.
    pub whole: &'a str,
    tag: usize,
    mark: usize,
}

impl<'a> LineRef<'a> {
    /// What it starts with: `[WS]`.
    pub fn tag(&self) -> &'a str {
        &self.whole[..self.tag]
    }

    /// The rest, without the mark.
    pub fn text(&self) -> &'a str {
        &self.whole[self.tag + 1..self.whole.len() - self.mark]
    }

    /// The fault that brought it about.
    pub fn fault(&self) -> Option<&'a str> {
        let mark = &self.whole[self.whole.len() - self.mark..];
        mark.strip_prefix(MARK)?.strip_suffix(']')
    }
}

const MARK: &str = " [SIMULATED ";

/// Which lines are to be seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// What they must contain, in lower case; anything if empty.
    needle: String,
    /// The byte of an ASCII needle that is rarest in a log, in both cases, and its place.
    rarest: Option<(u8, u8, usize)>,
    /// Whether lines for developers are among them.
    pub details: bool,
}

impl Filter {
    /// Lines that contain `text`, in whatever case.
    pub fn new(text: &str, details: bool) -> Self {
        // The most frequent first.
        const FREQUENT: &[u8] = b" etaoinsr[]wcldh";
        let needle = text.trim().to_lowercase();
        let rank = |byte: u8| FREQUENT.iter().position(|frequent| *frequent == byte).unwrap_or(FREQUENT.len());
        let rarest = needle.bytes().enumerate().max_by_key(|(_, byte)| rank(*byte)).filter(|_| needle.is_ascii());
        let rarest = rarest.map(|(at, byte)| (byte, byte.to_ascii_uppercase(), at));
        Self { needle, rarest, details }
    }

    /// Whether it is about what a line contains.
    pub fn has_text(&self) -> bool {
        !self.needle.is_empty()
    }

    /// Whether every line passes.
    pub fn is_open(&self) -> bool {
        self.details && self.needle.is_empty()
    }

    /// Whether whatever passes this has passed `other`.
    pub fn is_within(&self, other: &Self) -> bool {
        self.needle.contains(&other.needle) && (other.details || !self.details)
    }

    /// Whether `line` passes.
    pub fn passes(&self, line: &LineRef<'_>) -> bool {
        self.admits(line.level) && self.is_in(line.whole)
    }

    /// Whether `text` contains what it is about.
    pub fn is_in(&self, text: &str) -> bool {
        self.needle.is_empty() || self.find(text).is_some()
    }

    fn admits(&self, level: Level) -> bool {
        self.details || level != Level::Debug
    }

    /// Where in `text`, which may be many lines, the needle is found for the first time.
    fn find(&self, text: &str) -> Option<usize> {
        let Some((low, high, at)) = self.rarest else { return find_folded(text, &self.needle) };
        let (text, needle) = (text.as_bytes(), self.needle.as_bytes());
        let starts = memchr2_iter(low, high, text).filter_map(|hit| hit.checked_sub(at));
        let is_there = |start: &usize| {
            text.get(*start..*start + needle.len()).is_some_and(|part| part.eq_ignore_ascii_case(needle))
        };
        starts.into_iter().find(is_there)
    }
}

/// As [`Filter::find`], for letters beyond ASCII: the place is that of the line.
fn find_folded(text: &str, needle: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.to_lowercase().contains(needle) {
            return Some(start);
        }
        start += line.len();
    }
    None
}

/// The lines of journal entries. A line costs its text and 24 bytes.
#[derive(Debug)]
pub struct LineStore {
    chunks: VecDeque<Chunk>,
    numbers: Range<u64>,
    limit: usize,
    /// The length of the text of all whole chunks, and how much it may be.
    bytes: usize,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct Chunk {
    /// Lines, each with a newline.
    text: String,
    lines: Vec<Meta>,
}

#[derive(Debug)]
struct Meta {
    seq: u64,
    /// Microseconds since 1970.
    time: i64,
    /// Where the text ends in its chunk, with the newline.
    end: u32,
    mark: u16,
    tag: u8,
    level: Level,
}

impl LineStore {
    /// Text kept at most, in bytes, by a store with a limit.
    pub const MAX_BYTES: usize = 128 << 20;

    /// No lines yet, and never more than `limit`, nor more than [`Self::MAX_BYTES`] of text unless it is `usize::MAX`.
    pub fn new(limit: usize) -> Self {
        let most_bytes = if limit < usize::MAX { Self::MAX_BYTES } else { usize::MAX };
        Self { chunks: VecDeque::new(), numbers: 0..0, limit, bytes: 0, most_bytes }
    }

    /// Takes in the lines of `entry`; returns how many.
    pub fn append(&mut self, entry: &Entry) -> u64 {
        let simulated = match &entry.event {
            Event::Fault(FaultEvent::Fired { fault, .. }) => Some(fault),
            _ => entry.simulated.as_ref(),
        };
        let mark = simulated.map_or_else(String::new, |fault| format!("{MARK}{fault}]"));
        let before = self.numbers.end;
        for line in lines(entry) {
            if self.numbers.end - self.numbers.start == self.limit as u64 {
                self.numbers.start += 1;
                if self.numbers.start.is_multiple_of(CHUNK as u64) {
                    self.drop_chunk();
                }
            }
            if self.numbers.end.is_multiple_of(CHUNK as u64) {
                self.begin_chunk();
            }
            if let Some(chunk) = self.chunks.back_mut() {
                chunk.push(entry, &line, &mark);
                self.numbers.end += 1;
            }
        }
        self.numbers.end - before
    }

    fn begin_chunk(&mut self) {
        if let Some(whole) = self.chunks.back_mut() {
            whole.text.shrink_to_fit();
            self.bytes += whole.text.len();
        }
        while self.bytes > self.most_bytes {
            self.drop_chunk();
            self.numbers.start = (self.numbers.start / CHUNK as u64 + 1) * CHUNK as u64;
        }
        self.chunks.push_back(Chunk::default());
    }

    fn drop_chunk(&mut self) {
        self.bytes -= self.chunks.pop_front().map_or(0, |oldest| oldest.text.len());
    }

    /// The chunk that holds the line `number`, and the line's place in it.
    fn place(&self, number: u64) -> Option<(&Chunk, usize)> {
        let chunk = (number / CHUNK as u64).checked_sub(self.numbers.start / CHUNK as u64)?;
        let chunk = self.chunks.get(usize::try_from(chunk).ok()?)?;
        Some((chunk, (number % CHUNK as u64) as usize))
    }
}

impl Chunk {
    fn push(&mut self, entry: &Entry, line: &crate::journal::ConsoleLine, mark: &str) {
        self.text.push_str(line.tag);
        self.text.push(' ');
        self.text.push_str(&line.text);
        self.text.push_str(mark);
        self.text.push('\n');
        let meta = Meta {
            seq: entry.seq,
            time: entry.time.timestamp_micros(),
            end: u32::try_from(self.text.len()).unwrap_or(u32::MAX),
            mark: u16::try_from(mark.len()).unwrap_or(0),
            tag: u8::try_from(line.tag.len()).unwrap_or(0),
            level: line.level,
        };
        self.lines.push(meta);
    }

    fn start(&self, index: usize) -> usize {
        index.checked_sub(1).and_then(|before| self.lines.get(before)).map_or(0, |before| before.end as usize)
    }

    fn line(&self, index: usize) -> Option<LineRef<'_>> {
        let Meta { seq, time, end, mark, tag, level } = self.lines.get(index)?;
        let whole = self.text.get(self.start(index)..*end as usize - 1)?;
        let time = DateTime::from_timestamp_micros(*time).unwrap_or_default();
        Some(LineRef { seq: *seq, time, level: *level, whole, tag: usize::from(*tag), mark: usize::from(*mark) })
    }

    /// The places out of `range` whose lines pass.
    fn search(&self, range: Range<usize>, filter: &Filter, mut found: impl FnMut(usize)) {
        let range = range.start..range.end.min(self.lines.len());
        if !filter.has_text() {
            range.filter(|index| filter.admits(self.lines[*index].level)).for_each(found);
            return;
        }
        let mut index = range.start;
        let (mut start, end) = (self.start(index), self.start(range.end));
        while let Some(hit) = self.text.get(start..end).and_then(|rest| filter.find(rest)) {
            let hit = start + hit;
            index += self.lines[index..range.end].partition_point(|line| line.end as usize <= hit);
            let Some(line) = self.lines.get(index) else { return };
            if filter.admits(line.level) {
                found(index);
            }
            (start, index) = (line.end as usize, index + 1);
        }
    }
}

impl Lines for LineStore {
    fn numbers(&self) -> Range<u64> {
        self.numbers.clone()
    }

    fn line(&self, number: u64) -> Option<LineRef<'_>> {
        if !self.numbers.contains(&number) {
            return None;
        }
        let (chunk, index) = self.place(number)?;
        chunk.line(index)
    }

    fn search(&self, range: Range<u64>, filter: &Filter, found: &mut Vec<u64>) {
        let mut start = range.start.max(self.numbers.start);
        let end = range.end.min(self.numbers.end);
        while start < end {
            let Some((chunk, index)) = self.place(start) else { return };
            let base = start - index as u64;
            let until = (end - base).min(CHUNK as u64) as usize;
            chunk.search(index..until, filter, |index| found.push(base + index as u64));
            start = base + until as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ServerEvent;
    use crate::model::{FaultName, Moment, SafeText, Source};

    fn store(texts: &[&str]) -> LineStore {
        let mut store = LineStore::new(usize::MAX);
        for (seq, text) in (0..).zip(texts) {
            let simulated = text.contains("broken").then(|| FaultName::new("close"));
            let event = Event::Server(ServerEvent::Log { line: (*text).into() });
            let (elapsed, time) = (Moment::START, DateTime::UNIX_EPOCH);
            store.append(&Entry { seq, elapsed, time, attempt: None, source: Source::Server, simulated, event });
        }
        store
    }

    fn found(store: &LineStore, text: &str) -> Vec<u64> {
        let mut found = Vec::new();
        store.search(store.numbers(), &Filter::new(text, true), &mut found);
        found
    }

    #[test]
    fn a_line_is_found_by_any_part_of_what_is_seen_in_any_case() {
        let store = store(&["Straße ÄÖ", "abcABC", "broken", "", "xa", "bc"]);
        assert_eq!(found(&store, "SERVER] a"), [1]);
        assert_eq!(found(&store, "Abc"), [1]);
        assert_eq!(found(&store, "simulated CLOSE"), [2]);
        assert_eq!(found(&store, "äö"), [0]);
        assert_eq!(found(&store, "a[server"), [] as [u64; 0], "a needle does not run over the end of a line");
        assert_eq!(found(&store, ""), [0, 1, 2, 3, 4, 5]);
        let line = store.line(2).unwrap();
        assert_eq!((line.tag(), line.text(), line.fault()), ("[Server]", "broken", Some("close")));
        assert_eq!(store.line(3).unwrap().text(), "");
    }

    #[test]
    fn searching_pieces_finds_what_looking_at_each_line_finds() {
        let texts: Vec<_> = (0..3 * CHUNK + 77).map(|n| format!("line {n} {}", n * 7919 % 1_000)).collect();
        let store = store(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        for text in ["1", "99", "LINE 4", "line 8191", " 7", "nothing"] {
            let contains = |number: &u64| store.line(*number).unwrap().whole.contains(&text.trim().to_lowercase());
            let slow: Vec<_> = store.numbers().filter(contains).collect();
            assert_eq!(found(&store, text), slow, "{text}");
            let mut parts = Vec::new();
            for start in (0..store.numbers().end).step_by(1_000) {
                store.search(start..start + 1_000, &Filter::new(text, true), &mut parts);
            }
            assert_eq!(parts, slow, "{text} in slices");
        }
        assert_eq!(store.first_of(5_000), Some(5_000));
        assert_eq!(store.first_of(1_000_000), None);
    }

    #[test]
    fn long_lines_are_kept_within_the_memory_for_them() {
        let most_bytes = 10 << 20;
        let mut store = LineStore { most_bytes, ..LineStore::new(1_000_000) };
        let long = "x".repeat(500);
        let count = (2 * most_bytes / long.len()) as u64;
        for seq in 0..count {
            let event = Event::Server(ServerEvent::Log { line: SafeText::new(&long) });
            let (elapsed, time) = (Moment::START, DateTime::UNIX_EPOCH);
            store.append(&Entry { seq, elapsed, time, attempt: None, source: Source::Server, simulated: None, event });
        }
        let text: usize = store.chunks.iter().map(|chunk| chunk.text.capacity()).sum();
        assert!((most_bytes / 10 * 8..most_bytes + 2 * CHUNK * 600).contains(&text), "{text}");
        let Range { start, end } = store.numbers();
        assert_eq!((end, store.line(start).unwrap().seq, store.line(start - 1).is_none()), (count, start, true));
        assert_eq!(store.line(end - 1).unwrap().text(), long);
    }

    #[test]
    fn the_index_of_a_line_is_small() {
        // With the number of a line that passes: the promise is 64 bytes.
        assert!(size_of::<Meta>() + size_of::<u64>() <= 32);
    }
}
