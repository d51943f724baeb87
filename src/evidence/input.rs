//! A file as it came: found out what it is by what is in it, unpacked, decoded, read.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek as _};
use std::path::PathBuf;

use flate2::read::{MultiGzDecoder, ZlibDecoder};
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};

use super::console::{self, ConsoleText};
use super::har::{self, Archive};
use super::netlog::{self, NetLog};
use super::secrets::in_text;
use super::server_log::ServerLog;
use crate::journal::recording::{MAX_BYTES, Recording, RecordingError};
use crate::model::{Decoder, FileKind, LogMapping, SafeText, io_words};
use crate::probe::{Code, CodeError};

/// The largest text that is read.
const MAX_TEXT: u64 = 64 << 20;
/// What the kind of a file is told by.
const HEAD: usize = 16 << 10;
/// Files of an archive that are looked at, in all so many bytes, and how much smaller they may have been packed.
const MAX_MEMBERS: usize = 20;
const MAX_UNPACKED: u64 = 256 << 20;
const MAX_RATIO: u64 = 200;
/// What may be unpacked whatever the ratio.
const SMALL: u64 = 1 << 20;
/// The name of the recording in a report.
const RECORDING: &str = "recording.jsonl";

/// Something that a user sent.
#[derive(Clone, Debug)]
pub enum Input {
    /// A file.
    File(PathBuf),
    /// What was pasted, or came over standard input, with what to call it.
    Bytes(SafeText, Vec<u8>),
}

/// What a file turned out to be.
pub(super) enum Material {
    Har(Box<Archive>),
    NetLog(Box<NetLog>),
    Console(ConsoleText),
    ServerLog(ServerLog),
    Recording(Box<Recording>, FileKind),
    Probe(Box<Code>),
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// It cannot be read.
    #[error("it cannot be read: {}", io_words(.0))]
    Unreadable(#[from] io::Error),
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is larger than is read.
    #[error("it is larger than {} MB, the most that is read", .limit >> 20)]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// It begins as JSON and goes on as something else, or ends too early.
    #[error("it is damaged or was cut off: line {line}, column {column}: {problem}")]
    Damaged {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What is wrong.
        problem: SafeText,
    },
    /// It is JSON of another kind.
    #[error(
        "it is JSON, but neither a HAR file nor a network log of a browser nor a server's log; save it in the browser's \
         developer tools as HAR"
    )]
    ForeignJson,
    /// It is an archive of another kind.
    #[error("it is a ZIP archive, but not a report of Ticketscope, and nothing in it can be opened")]
    ForeignZip,
    /// It can be read with a password only.
    #[error("it is encrypted: unpack it first, and open the files in it")]
    Encrypted,
    /// It is an archive in which nothing can be read.
    #[error("it is a ZIP archive, and nothing in it can be opened: {0}")]
    NothingInIt(SafeText),
    /// It is an archive that unpacks to more than is read.
    #[error("it is a ZIP archive that unpacks to more than is read; unpack it and open the files in it")]
    Unpacks,
    /// It is a text of another kind.
    #[error(
        "no line of it is known: neither a browser's console with a WebSocket in it nor a server's log of this kind; for a \
         log of another form, say in the profile's [log] how it names things, and choose that profile (--profile)"
    )]
    ForeignText,
    /// It is no text at all.
    #[error("it is neither text nor a kind of file that is known")]
    Binary,
    /// It is a recording that cannot be used.
    #[error("{0}")]
    Recording(#[from] RecordingError),
    /// It is the code of a probe, and cannot be read.
    #[error("{0}")]
    Code(#[from] CodeError),
    /// It is a report whose recording cannot be unpacked.
    #[error("it is a report, and its recording cannot be unpacked: {0}")]
    Report(SafeText),
    /// It is in an archive, and cannot be unpacked.
    #[error("it cannot be unpacked: {0}")]
    Packed(SafeText),
}

trait Readable: Read + io::Seek {}

impl<T: Read + io::Seek> Readable for T {}

impl Input {
    /// The files in it, if it is an archive of such; `None` if it is a file itself, as a report is.
    pub(super) fn members(&self) -> Result<Option<Unpacked>, InputError> {
        self.read_by(|_| Ok(None), unpack)
    }

    /// What it is called.
    pub fn name(&self) -> SafeText {
        match self {
            Self::File(path) => SafeText::new(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()),
            Self::Bytes(name, _) => name.clone(),
        }
    }

    fn open(&self) -> Result<Box<dyn Readable + '_>, InputError> {
        match self {
            Self::Bytes(_, bytes) => Ok(Box::new(Cursor::new(bytes.as_slice()))),
            Self::File(path) => {
                // Opening a pipe would wait for somebody who writes into it.
                let found = fs::metadata(path)?;
                if found.is_dir() {
                    return Err(io::Error::other("it is a folder; choose one of the files in it").into());
                }
                if !found.is_file() {
                    return Err(io::Error::other("it is not a file").into());
                }
                if found.len() > MAX_BYTES {
                    return Err(InputError::TooLarge { limit: MAX_BYTES });
                }
                Ok(Box::new(File::open(path)?))
            }
        }
    }

    /// Finds out what it is, and reads it.
    pub(super) fn read(&self, mapping: &LogMapping) -> Result<Material, InputError> {
        self.read_by(|text| decoded(text, mapping), report)
    }

    /// Reads it once more, as JSON.
    pub(super) fn read_json(
        &self,
        visit: impl FnOnce(&mut Json<'_>) -> serde_json::Result<()>,
    ) -> Result<(), InputError> {
        self.read_by(
            |text| {
                let inner = BufReader::new(Decoder::new(text));
                parse(Unfinished { inner, last: b' ', rest: END }, visit)
            },
            |_| Err(InputError::ForeignZip),
        )
    }

    fn read_by<T>(
        &self,
        text: impl FnOnce(Box<dyn Read + '_>) -> Result<T, InputError>,
        archive: impl FnOnce(Box<dyn Readable + '_>) -> Result<T, InputError>,
    ) -> Result<T, InputError> {
        let mut file = self.open()?;
        let mut magic = Vec::new();
        file.by_ref().take(4).read_to_end(&mut magic)?;
        file.rewind()?;
        match magic[..] {
            [] => Err(InputError::Empty),
            [b'P', b'K', 3, 4] => archive(file),
            [0x1f, 0x8b, ..] => text(Box::new(MultiGzDecoder::new(file))),
            // mitmproxy's .zhar (RFC 1950 §2.2).
            [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] => text(Box::new(ZlibDecoder::new(file))),
            _ => text(Box::new(file)),
        }
    }
}

/// What was in an archive.
pub(super) struct Unpacked {
    /// The files that could be unpacked.
    pub members: Vec<Input>,
    /// The others, each with why it is left out.
    pub left_out: Vec<(SafeText, SafeText)>,
    /// Files that were not looked at: there are more than are.
    pub unseen: usize,
}

fn unpack(file: Box<dyn Readable + '_>) -> Result<Option<Unpacked>, InputError> {
    let mut archive = zip::ZipArchive::new(file).map_err(|_| InputError::ForeignZip)?;
    if archive.index_for_name(RECORDING).is_some() {
        return Ok(None);
    }
    let mut found = Unpacked { members: Vec::new(), left_out: Vec::new(), unseen: 0 };
    let mut first = None;
    let mut room = MAX_UNPACKED;
    let files = files(&mut archive);
    found.unseen = files.len().saturating_sub(MAX_MEMBERS);
    for (index, name) in likely(files) {
        match member(&mut archive, index, &mut room) {
            Ok(bytes) => found.members.push(Input::Bytes(name, bytes)),
            Err(problem) => {
                found.left_out.push((name, SafeText::new(&problem.to_string())));
                first.get_or_insert(problem);
            }
        }
    }
    match (found.members.is_empty(), first) {
        (false, _) => Ok(Some(found)),
        (true, Some(InputError::Encrypted)) => {
            let names: Vec<_> =
                found.left_out.iter().take(3).map(|(name, problem)| format!("{name}: {problem}")).collect();
            Err(InputError::NothingInIt(SafeText::new(&names.join("; "))))
        }
        (true, Some(problem)) => Err(problem),
        (true, None) => Err(InputError::ForeignZip),
    }
}

/// The files of an archive, each with its number and its name; without folders and what macOS puts beside each file.
fn files(archive: &mut zip::ZipArchive<Box<dyn Readable + '_>>) -> Vec<(usize, SafeText)> {
    let mut files = Vec::new();
    for index in 0..archive.len() {
        // What cannot be read is left out with a reason, later.
        let Ok(entry) = archive.by_index_raw(index) else {
            files.push((index, SafeText::new(&format!("file {}", index + 1))));
            continue;
        };
        let path = entry.name().map(std::borrow::Cow::into_owned).unwrap_or_default();
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_aside = name.is_empty() || name.starts_with('.') || path.starts_with("__MACOSX/");
        if !entry.is_dir() && !is_aside {
            files.push((index, SafeText::new(name)));
        }
    }
    files
}

/// Those that are looked at, in the archive's order: what is called as browsers and servers call their files comes before
/// pictures and the like, where there are too many.
fn likely(files: Vec<(usize, SafeText)>) -> Vec<(usize, SafeText)> {
    const ENDS: [&str; 10] = ["har", "json", "jsonl", "log", "ndjson", "out", "txt", "gz", "zhar", "zip"];
    if files.len() <= MAX_MEMBERS {
        return files;
    }
    let is_likely = |name: &SafeText| {
        let end = name.as_str().rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase());
        end.is_some_and(|end| ENDS.contains(&end.as_str()))
    };
    let (mut likely, others): (Vec<_>, Vec<_>) = files.into_iter().partition(|(_, name)| is_likely(name));
    likely.extend(others);
    likely.truncate(MAX_MEMBERS);
    likely.sort_by_key(|(index, _)| *index);
    likely
}

/// Unpacks one file of an archive; `room` is how much all of them together may still have.
fn member(
    archive: &mut zip::ZipArchive<Box<dyn Readable + '_>>,
    index: usize,
    room: &mut u64,
) -> Result<Vec<u8>, InputError> {
    let damaged = |error: &dyn fmt::Display| InputError::Packed(SafeText::new(&error.to_string()));
    if archive.by_index_raw(index).map_err(|error| damaged(&error))?.encrypted() {
        return Err(InputError::Encrypted);
    }
    let entry = archive.by_index(index).map_err(|error| damaged(&error))?;
    let most = (*room).min(entry.compressed_size().saturating_mul(MAX_RATIO).max(SMALL));
    let mut bytes = Vec::new();
    entry.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(InputError::Unpacks);
    }
    *room -= bytes.len() as u64;
    Ok(bytes)
}

fn report(file: Box<dyn Readable + '_>) -> Result<Material, InputError> {
    let mut archive = zip::ZipArchive::new(file).map_err(|_| InputError::ForeignZip)?;
    let index = archive.index_for_name(RECORDING).ok_or(InputError::ForeignZip)?;
    if archive.by_index_raw(index).is_ok_and(|entry| entry.encrypted()) {
        return Err(InputError::Encrypted);
    }
    let entry = archive.by_index(index).map_err(|_| InputError::ForeignZip)?;
    let mut bytes = Vec::new();
    let problem = |error: io::Error| InputError::Report(SafeText::new(&io_words(&error)));
    entry.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(problem)?;
    Ok(Material::Recording(Box::new(Recording::from_bytes(bytes)?), FileKind::Report))
}

fn decoded(file: Box<dyn Read + '_>, mapping: &LogMapping) -> Result<Material, InputError> {
    // What unpacks to more than any file may have is none.
    let mut text = BufReader::with_capacity(64 << 10, Decoder::new(file.take(MAX_BYTES + 1)));
    let head = peek(&mut text)?;
    let head = String::from_utf8_lossy(&head).into_owned();
    let begin = head.trim_start();
    if begin.is_empty() {
        return Err(InputError::Empty);
    }
    match begin.as_bytes()[0] {
        b'{' if is_recording(begin) => {
            let mut bytes = Vec::new();
            text.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
            Ok(Material::Recording(Box::new(Recording::from_bytes(bytes)?), FileKind::Recording))
        }
        b'{' if is_in_lines(begin) || begin.starts_with("{'") || is_of_cloud_watch(begin) => lines(text, mapping),
        b'{' => json(Unfinished { inner: text, last: b' ', rest: END }),
        _ if begin.starts_with("TS1-") => Ok(Material::Probe(Box::new(Code::parse(&whole(text)?)?))),
        _ => lines(text, mapping),
    }
}

/// What a network log lacks that was copied while it was being written: Chrome writes one event after another, and the end
/// when it is stopped.
const END: &[u8] = b"{}]}";

/// A text that gets that end where it breaks off behind a comma. What is cut anywhere else stays as it is.
struct Unfinished<R> {
    inner: R,
    /// The last byte that is no white space.
    last: u8,
    /// What of the end is still to come.
    rest: &'static [u8],
}

impl<R: Read> Read for Unfinished<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        if count > 0 {
            let last = buffer[..count].iter().rev().find(|byte| !byte.is_ascii_whitespace());
            self.last = last.copied().unwrap_or(self.last);
            return Ok(count);
        }
        if self.last != b',' {
            return Ok(0);
        }
        self.rest.read(buffer)
    }
}

/// What comes first, without taking it away.
fn peek(text: &mut BufReader<impl Read>) -> Result<Vec<u8>, InputError> {
    let buffer = text.fill_buf()?;
    Ok(buffer[..buffer.len().min(HEAD)].to_vec())
}

/// Whether it begins with a recording's header, or with an entry of one whose header is lost.
fn is_recording(begin: &str) -> bool {
    let first = begin.lines().next().unwrap_or_default();
    [["format", "program", "seed"], ["seq", "elapsed", "source"]]
        .iter()
        .any(|keys| keys.iter().all(|key| first.contains(&format!("\"{key}\":"))))
}

/// What a line of a log has, and no other file's outermost object.
const LINES: [&str; 10] =
    ["msg", "message", "log", "MESSAGE", "textPayload", "event", "@m", "@mt", "line", "short_message"];

/// Whether it is the list of a log's events that Amazon CloudWatch gives out.
fn is_of_cloud_watch(begin: &str) -> bool {
    let has = |name: &str| begin.contains(&format!("\"{name}\""));
    has("events") && has("message") && (has("ingestionTime") || has("logStreamName"))
}

/// Whether the first line is a whole object and another follows: a log in JSON Lines.
fn is_in_lines(begin: &str) -> bool {
    let (first, rest) = begin.split_once('\n').unwrap_or((begin, ""));
    let Ok(value) = serde_json::from_str::<serde_json::Value>(first.trim()) else { return false };
    // One object alone may be a whole file of another kind.
    let is_message = LINES.iter().any(|name| value.get(*name).is_some_and(|value| value.is_string()))
        || value.get("jsonPayload").is_some()
        || ServerLog::is_request(&value);
    value.is_object() && (rest.trim_start().starts_with('{') || rest.trim().is_empty() && is_message)
}

fn whole(text: impl Read) -> Result<String, InputError> {
    let mut bytes = Vec::new();
    text.take(MAX_TEXT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_TEXT {
        return Err(InputError::TooLarge { limit: MAX_TEXT });
    }
    let text = String::from_utf8_lossy(&bytes);
    let unprintable = text
        .chars()
        .take(HEAD)
        .filter(|letter| letter.is_control() && !letter.is_whitespace() || *letter == '\u{fffd}');
    if unprintable.count() > text.len().min(HEAD) / 20 + 1 {
        return Err(InputError::Binary);
    }
    Ok(text.into_owned())
}

fn lines(text: impl Read, mapping: &LogMapping) -> Result<Material, InputError> {
    let text = whole(text)?;
    let mut console = match ServerLog::parse(&text, mapping) {
        // The page's own lines may have requests among them.
        Some(log) if log.is_of_requests() => match console::parse(&text) {
            console if console.is_of_page() => console,
            _ => return Ok(Material::ServerLog(log)),
        },
        Some(log) => return Ok(Material::ServerLog(log)),
        None => console::parse(&text),
    };
    console.secrets = in_text(&text);
    if console.is_empty() { Err(InputError::ForeignText) } else { Ok(Material::Console(console)) }
}

fn json(text: impl Read) -> Result<Material, InputError> {
    let mut top = Top::default();
    parse(Box::new(text), |json| json.deserialize_map(&mut top))?;
    match top {
        Top { archive: Some(archive), .. } => Ok(Material::Har(archive)),
        Top { log: Some(log), .. } => Ok(Material::NetLog(Box::new(log.finish()))),
        Top { archive: None, log: None } => Err(InputError::ForeignJson),
    }
}

/// JSON that is read as a stream.
pub(super) type Json<'a> = serde_json::Deserializer<serde_json::de::IoRead<BufReader<Box<dyn Read + 'a>>>>;

/// Reads one value of JSON, and nothing behind it.
fn parse<'a>(
    text: impl Read + 'a,
    visit: impl FnOnce(&mut Json<'a>) -> serde_json::Result<()>,
) -> Result<(), InputError> {
    // It is read byte by byte: the buffer has to be the outermost.
    let mut reader =
        serde_json::Deserializer::from_reader(BufReader::with_capacity(64 << 10, Box::new(text) as Box<dyn Read + 'a>));
    let damaged = |error: serde_json::Error| match error.io_error_kind() {
        Some(kind) => InputError::Unreadable(kind.into()),
        None => InputError::Damaged {
            line: error.line(),
            column: error.column(),
            problem: SafeText::new(crate::model::without_long_quotes(&error.to_string()).as_ref()),
        },
    };
    visit(&mut reader).map_err(damaged)?;
    reader.end().map_err(damaged)
}

/// The outermost object of a JSON file.
#[derive(Default)]
struct Top {
    archive: Option<Box<Archive>>,
    log: Option<Box<NetLog>>,
}

impl<'de> Visitor<'de> for &mut Top {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<har::Text<64>>()? {
            match key.as_str() {
                "log" => object.next_value_seed(har::Log(self.archive.get_or_insert_default()))?,
                "constants" => object.next_value_seed(netlog::Part::Constants(self.log.get_or_insert_default()))?,
                "events" => object.next_value_seed(netlog::Part::Events(self.log.get_or_insert_default()))?,
                _ => {
                    object.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}
