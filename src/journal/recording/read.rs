//! Reading a recording: every line is checked once, and entries are parsed again when they are asked for.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::num::NonZero;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::Duration;

use super::format::{FORMAT, Header, MessageRecord, Note, UnlistedMessages, Version};
use super::upgrade;
use crate::model::{Decoder, DriverEvent, Entry, Event, Moment, Phase, SafeText, io_words, without_long_quotes};

/// The largest file that is read.
pub const MAX_BYTES: u64 = 1 << 30;
/// The longest line that is read.
pub const MAX_LINE: usize = 1 << 20;
/// The highest number in an entry: the highest integer on which JSON's readers agree (RFC 8259 §6).
const MAX_NUMBER: u64 = (1 << 53) - 1;
/// Entries are in order of time in files of this format and later ones …
const ORDERED: Version = Version { major: 1, minor: 2 };
/// … and may be out of it by this much in earlier ones: threads read the clock before they wrote.
const DISORDER: Duration = Duration::from_secs(1);
/// What a thread parses at one go.
const CHUNK: usize = 1 << 18;

/// A recording that can be read from. All of its lines are known to be good.
pub struct Recording {
    header: Header,
    bytes: Box<[u8]>,
    entries: Vec<u64>,
    messages: Vec<MessageRecord>,
    unlisted: Vec<UnlistedMessages>,
    losses: Losses,
}

/// What a recording does not hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Losses {
    /// Entries that were dropped while recording.
    pub entries: u64,
    /// The line before which the first of them are missing.
    pub first_gap: Option<u64>,
    /// Messages that were counted only.
    pub messages: UnlistedMessages,
    /// Bytes of a last line that was cut off.
    pub cut: u64,
    /// Lines that only a newer version of the program understands.
    pub unknown: u64,
    /// Whether the recording was ended: if not, the program that wrote it was killed, or is still at it.
    pub is_ended: bool,
    /// Whether the session went on after the file had its largest size.
    pub is_full: bool,
}

/// Why a file cannot be used as a recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// It cannot be read.
    #[error("it cannot be read: {}", io_words(.0))]
    Unreadable(#[from] io::Error),
    /// It is too large.
    #[error("it has more than {} MB, the largest that is read", MAX_BYTES >> 20)]
    TooLarge,
    /// It is something else.
    #[error("line 1: this is not a recording of Ticketscope: {0}")]
    NotARecording(SafeText),
    /// It was written by a program whose format this one does not know.
    #[error("line 1: it has format {0}, and this program reads {major}.x; use the program that wrote it or a newer one", major = FORMAT.major)]
    OtherVersion(Version),
    /// A line is damaged.
    #[error("line {line}: {problem}")]
    Line {
        /// Which, from 1.
        line: u64,
        /// What is wrong.
        problem: SafeText,
    },
}

impl Recording {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// See [`RecordingError`]. A last line that was cut off is none: it is counted in [`Self::losses`].
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        Self::open_and(path, |_, _| {})
    }

    /// The same; meanwhile `visit` is shown every entry, in order, so that nobody has to read it twice.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub fn open_and(path: &Path, visit: impl FnMut(&Header, &Entry)) -> Result<Self, RecordingError> {
        let (file, length, mut bytes) = begun(path)?;
        bytes.reserve_exact(usize::try_from(length).unwrap_or_default().saturating_sub(bytes.len()));
        file.take(MAX_BYTES + 1 - bytes.len() as u64).read_to_end(&mut bytes)?;
        Self::from_bytes_and(bytes, visit)
    }

    /// Reads the first line alone of the file at `path`.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub fn header_of(path: &Path) -> Result<Header, RecordingError> {
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is not a file").into());
        }
        let mut bytes = Vec::new();
        Decoder::new(File::open(path)?).take(MAX_LINE as u64 + 1).read_to_end(&mut bytes)?;
        read_header(&bytes).map(|(header, _)| header)
    }

    /// Reads what a file holds.
    ///
    /// # Errors
    /// See [`Self::open`].
    pub fn from_bytes(bytes: impl Into<Box<[u8]>>) -> Result<Self, RecordingError> {
        Self::from_bytes_and(bytes, |_, _| {})
    }

    fn from_bytes_and(
        bytes: impl Into<Box<[u8]>>,
        mut visit: impl FnMut(&Header, &Entry),
    ) -> Result<Self, RecordingError> {
        let bytes = bytes.into();
        if bytes.len() as u64 > MAX_BYTES {
            return Err(RecordingError::TooLarge);
        }
        let (header, begin) = read_header(&bytes)?;
        let mut index = Index::new(&header);
        parse_all(&bytes, begin, header.format, |chunk| index.apply(chunk, |entry| visit(&header, entry)))?;
        let Index { entries, messages, unlisted, losses, .. } = index;
        Ok(Self { header, bytes, entries, messages, unlisted, losses })
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What it does not hold.
    pub fn losses(&self) -> Losses {
        self.losses
    }

    /// The memory that finding entries and messages takes, in bytes, about: the file's own bytes not counted.
    pub fn index_bytes(&self) -> usize {
        let messages = self.messages.capacity() * size_of::<MessageRecord>()
            + self.unlisted.capacity() * size_of::<UnlistedMessages>();
        self.entries.capacity() * size_of::<u64>() + messages
    }

    /// The entry at `index`, which is its number in the session less the entries that were dropped before it.
    pub fn entry(&self, index: usize) -> Option<Entry> {
        self.parsed(*self.entries.get(index)?)
    }

    /// All entries, in order.
    pub fn entries(&self) -> impl Iterator<Item = Entry> {
        self.entries.iter().filter_map(|at| self.parsed(*at))
    }

    /// The messages that are listed, in order.
    pub fn messages(&self) -> &[MessageRecord] {
        &self.messages
    }

    /// The counts of those that are not, in order.
    pub fn unlisted(&self) -> &[UnlistedMessages] {
        &self.unlisted
    }

    /// How many entries had happened when the session's clock showed `at`.
    pub fn entries_until(&self, at: Moment) -> usize {
        self.partition(|entry| entry.elapsed <= at)
    }

    /// Where the entry numbered `seq` is, or the one after it, if that was dropped.
    pub fn index_of(&self, seq: u64) -> usize {
        self.partition(|entry| entry.seq < seq)
    }

    /// The first entry that is not `before`, where all entries that are come before those that are not.
    fn partition(&self, before: impl Fn(&Entry) -> bool) -> usize {
        self.entries.partition_point(|at| self.parsed(*at).is_some_and(|entry| before(&entry)))
    }

    /// Its lines as they are, without a last one that was cut off.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        let whole = self.bytes.len().saturating_sub(usize::try_from(self.losses.cut).unwrap_or_default());
        let lines = self.bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n');
        lines.filter(|line| !line.is_empty()).filter_map(|line| std::str::from_utf8(line).ok())
    }

    /// Its lines as this version of the program writes them, without a last one that was cut off.
    pub fn upgraded_lines(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let is_old = upgrade::is_needed(self.header.format);
        // Entries may be out of order in old files, and may not be in new ones.
        let mut newest = Moment::START;
        self.lines().enumerate().map(move |(index, line)| {
            let upgraded = match index {
                0 if is_old => serde_json::to_string(&Header { format: FORMAT, ..self.header.clone() }),
                _ if is_old => read_entry(line.as_bytes(), self.header.format).and_then(|entry| {
                    newest = newest.max(entry.elapsed);
                    serde_json::to_string(&Entry { elapsed: newest, ..entry })
                }),
                _ => return Cow::Borrowed(line),
            };
            // What is no entry is written as it was.
            upgraded.map_or(Cow::Borrowed(line), Cow::Owned)
        })
    }

    fn parsed(&self, at: u64) -> Option<Entry> {
        let rest = self.bytes.get(usize::try_from(at).ok()?..)?;
        read_entry(rest.split(|byte| *byte == b'\n').next()?, self.header.format).ok()
    }
}

/// A file that begins as a recording does, its length, and what has been read of it.
pub(super) fn begun(path: &Path) -> Result<(Decoder<File>, u64, Vec<u8>), RecordingError> {
    // Opening a pipe would wait for somebody who writes into it.
    let found = fs::metadata(path)?;
    if found.is_dir() {
        return Err(io::Error::other("it is a folder; choose one of the files in it").into());
    }
    if !found.is_file() {
        return Err(io::Error::other("it is not a file").into());
    }
    let mut file = Decoder::new(File::open(path)?);
    let mut bytes = Vec::new();
    // What is no recording is not read to its end.
    file.by_ref().take(MAX_LINE as u64 + 1).read_to_end(&mut bytes)?;
    read_header(&bytes)?;
    if found.len() > MAX_BYTES {
        return Err(RecordingError::TooLarge);
    }
    Ok((file, found.len(), bytes))
}

/// The header, and where the lines after it begin.
pub(super) fn read_header(bytes: &[u8]) -> Result<(Header, usize), RecordingError> {
    #[derive(serde::Deserialize)]
    struct Any {
        format: Version,
    }

    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let not_a_recording = |problem: &str| RecordingError::NotARecording(SafeText::new(problem));
    if line.is_empty() {
        return Err(not_a_recording("it is empty"));
    }
    if line.len() > MAX_LINE {
        return Err(not_a_recording("it is too long"));
    }
    let Any { format } = serde_json::from_slice(line)
        .map_err(|error| not_a_recording(&format!("its first line is no header: {}", problem(&error))))?;
    if format.major != FORMAT.major {
        return Err(RecordingError::OtherVersion(format));
    }
    let header = serde_json::from_slice(line)
        .map_err(|error| RecordingError::Line { line: 1, problem: SafeText::new(&problem(&error)) })?;
    Ok((header, (line.len() + 1).min(bytes.len())))
}

/// What is remembered of the lines.
pub(super) struct Index {
    /// Where the entries begin.
    pub entries: Vec<u64>,
    pub messages: Vec<MessageRecord>,
    pub unlisted: Vec<UnlistedMessages>,
    pub losses: Losses,
    next_seq: u64,
    newest: Moment,
    disorder: Duration,
    /// How many entries were read, with those that are unknown.
    read: u64,
    line: u64,
}

/// Lines that were parsed together.
pub(super) struct Chunk {
    lines: Vec<(u64, Parsed)>,
    /// What is wrong with the line after them.
    problem: Option<SafeText>,
}

enum Parsed {
    Entry(Box<Entry>),
    Note(Note),
    /// The last line that `watch --format jsonl` prints.
    Verdict,
    /// Something that a newer program wrote; an entry, if it has a number.
    Unknown(Option<u64>),
    /// A last line of so many bytes that was cut off.
    Cut(u64),
}

impl Parsed {
    /// The highest of the numbers that are counted on from.
    fn highest_number(&self) -> u64 {
        match self {
            Self::Entry(entry) => entry.seq.max(entry.attempt.map_or(0, |attempt| attempt.0)),
            Self::Note(Note::Message(message)) => message.attempt.0.max(message.len as u64),
            Self::Note(Note::Unlisted(UnlistedMessages { received, sent, received_bytes, sent_bytes, .. })) => {
                [*received, *sent, *received_bytes, *sent_bytes].into_iter().max().unwrap_or_default()
            }
            Self::Note(Note::Dropped(number) | Note::End(number) | Note::Full(number)) => *number,
            Self::Unknown(seq) => seq.unwrap_or_default(),
            Self::Cut(bytes) => *bytes,
            Self::Verdict => 0,
        }
    }
}

impl Index {
    /// Nothing of a file with this header has been read.
    pub fn new(header: &Header) -> Self {
        let (entries, messages, unlisted) = (Vec::new(), Vec::new(), Vec::new());
        let disorder = if header.format < ORDERED { DISORDER } else { Duration::ZERO };
        let (losses, newest) = (Losses::default(), Moment::START);
        let (next_seq, read, line) = (0, 0, 1);
        Self { entries, messages, unlisted, losses, next_seq, newest, disorder, read, line }
    }

    /// Takes in the lines that follow.
    pub fn apply(&mut self, chunk: Chunk, mut visit: impl FnMut(&Entry)) -> Result<(), RecordingError> {
        let error = |line, problem: &str| Err(RecordingError::Line { line, problem: SafeText::new(problem) });
        for (at, parsed) in chunk.lines {
            self.line += 1;
            if self.losses.is_ended || self.losses.is_full {
                return error(self.line, "something follows the end of the recording");
            }
            match parsed {
                parsed if parsed.highest_number() > MAX_NUMBER => return error(self.line, "a number is too large"),
                Parsed::Entry(entry) if entry.seq < self.next_seq => {
                    return error(self.line, "the entries are not in order");
                }
                Parsed::Entry(entry) if self.newest.since(entry.elapsed) > self.disorder => {
                    return error(self.line, "its time is before that of the entry above: the file was changed");
                }
                Parsed::Unknown(Some(seq)) if seq < self.next_seq => {
                    return error(self.line, "the entries are not in order");
                }
                Parsed::Entry(entry) => {
                    self.count(entry.seq);
                    self.newest = self.newest.max(entry.elapsed);
                    self.entries.push(at);
                    visit(&entry);
                }
                Parsed::Note(Note::Message(message)) => self.messages.push(message),
                Parsed::Note(Note::Unlisted(unlisted)) => {
                    self.losses.messages.add(&unlisted);
                    self.unlisted.push(unlisted);
                }
                // The numbers of the entries tell the same.
                Parsed::Note(Note::Dropped(_)) => {}
                Parsed::Note(Note::End(entries) | Note::Full(entries)) if entries != self.read => {
                    return error(self.line, "the number of entries is another one: the file was changed");
                }
                Parsed::Note(Note::End(_)) => self.losses.is_ended = true,
                Parsed::Note(Note::Full(_)) => self.losses.is_full = true,
                Parsed::Verdict => self.losses.is_ended = true,
                Parsed::Unknown(seq) => {
                    seq.into_iter().for_each(|seq| self.count(seq));
                    self.losses.unknown += 1;
                }
                Parsed::Cut(bytes) => self.losses.cut = bytes,
            }
        }
        match chunk.problem {
            Some(problem) => Err(RecordingError::Line { line: self.line + 1, problem }),
            None => Ok(()),
        }
    }

    /// Counts the entry with this number, and those that are missing before it.
    fn count(&mut self, seq: u64) {
        if seq > self.next_seq {
            self.losses.first_gap.get_or_insert(self.line);
            self.losses.entries = self.losses.entries.saturating_add(seq - self.next_seq);
        }
        self.next_seq = seq.saturating_add(1);
        self.read += 1;
    }
}

/// Parses the lines of `bytes` from `begin` on, with every core, and hands them over in order.
pub(super) fn parse_all(
    bytes: &[u8],
    begin: usize,
    version: Version,
    mut apply: impl FnMut(Chunk) -> Result<(), RecordingError>,
) -> Result<(), RecordingError> {
    let bounds = bounds(bytes, begin);
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(8).min(bounds.len().max(1));
    thread::scope(|scope| {
        let parsers: Vec<Receiver<Chunk>> = (0..threads)
            .map(|first| {
                let (hand_over, parsed) = sync_channel(2);
                let bounds = &bounds;
                scope.spawn(move || {
                    for &(from, to) in bounds.iter().skip(first).step_by(threads) {
                        // Nobody wants to know what follows a line that is damaged.
                        if hand_over.send(parse(bytes, from, to, version)).is_err() {
                            break;
                        }
                    }
                });
                parsed
            })
            .collect();
        let chunks = (0..bounds.len()).map_while(|chunk| parsers.get(chunk % threads)?.recv().ok());
        chunks.into_iter().try_for_each(&mut apply)
    })
}

/// Where the chunks of `bytes` begin and end: behind a line's end, unless a line is too long.
fn bounds(bytes: &[u8], begin: usize) -> Vec<(usize, usize)> {
    let (mut bounds, mut from) = (Vec::new(), begin);
    while from < bytes.len() {
        let least = (from + CHUNK).min(bytes.len());
        let most = (least + MAX_LINE + 1).min(bytes.len());
        let to = bytes.get(least..most).and_then(|rest| rest.iter().position(|byte| *byte == b'\n'));
        let to = to.map_or(most, |at| least + at + 1);
        bounds.push((from, to));
        from = to;
    }
    bounds
}

/// What is known of a line that a newer program wrote.
#[derive(serde::Deserialize)]
struct Unknown {
    seq: Option<u64>,
}

fn parse(bytes: &[u8], from: usize, to: usize, version: Version) -> Chunk {
    let mut chunk = Chunk { lines: Vec::new(), problem: None };
    let mut at = from;
    for line in bytes.get(from..to).unwrap_or_default().split_inclusive(|byte| *byte == b'\n') {
        let is_whole = line.ends_with(b"\n");
        let parsed = if line.len() > MAX_LINE { Err("it is too long".to_owned()) } else { parse_line(line, version) };
        let parsed = match parsed {
            Ok(parsed) => parsed,
            Err(_) if !is_whole && at + line.len() == bytes.len() && line.len() <= MAX_LINE => {
                Parsed::Cut(line.len() as u64)
            }
            Err(problem) => match serde_json::from_slice(line) {
                Ok(Unknown { seq }) if version > FORMAT => Parsed::Unknown(seq),
                _ => {
                    chunk.problem = Some(SafeText::new(&problem));
                    break;
                }
            },
        };
        chunk.lines.push((at as u64, parsed));
        at += line.len();
    }
    chunk
}

fn parse_line(line: &[u8], version: Version) -> Result<Parsed, String> {
    if line.starts_with(b"{\"verdict\":") {
        let parsed = serde_json::from_slice::<serde::de::IgnoredAny>(line);
        return parsed.map(|_| Parsed::Verdict).map_err(|error| problem(&error));
    }
    let entry = || read_entry(line, version).map(|entry| Parsed::Entry(Box::new(entry)));
    let note = || serde_json::from_slice(line).map(Parsed::Note);
    if line.starts_with(b"{\"seq\"") { entry() } else { note().or_else(|_| entry()) }.map_err(|error| problem(&error))
}

/// Whether a recording of this version can have this line.
pub fn is_line(line: &str) -> bool {
    parse_line(line.as_bytes(), FORMAT).is_ok() || read_header(line.as_bytes()).is_ok()
}

/// The entry in a line of a file of this version.
fn read_entry(line: &[u8], version: Version) -> serde_json::Result<Entry> {
    let mut entry: Entry = if upgrade::is_needed(version) && upgrade::concerns(line) {
        serde_json::from_value(upgrade::entry(serde_json::from_slice(line)?))?
    } else {
        serde_json::from_slice(line)?
    };
    if let Event::Driver(DriverEvent::PhaseFinished { phase: Phase::Dns, ok, detail, lookup, .. }) = &mut entry.event
        && lookup.is_none()
    {
        *lookup = upgrade::lookup(*ok, detail);
    }
    Ok(entry)
}

/// What is wrong, without the line within the line.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    without_long_quotes(text.split(" at line ").next().unwrap_or_default())
}
