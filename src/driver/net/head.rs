//! Reading the head of an HTTP answer from a connection that is not (yet) HTTP's alone.

use std::io;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::model::Redactor;
use crate::model::failure::HeadFault;

/// A head that is longer is refused.
const MAX_HEAD: usize = 16 << 10;

/// What a version begins with.
const NAME: &[u8] = b"HTTP/";

/// More headers are not taken in.
const MAX_HEADERS: usize = 64;

/// A version, without `HTTP/`, that is longer is none.
const MAX_VERSION: usize = 8;

/// More interim answers (RFC 9110 §15.2) than these are refused.
const MAX_INTERIM: usize = 8;

/// Status line and headers of an answer.
pub struct Head {
    /// The version, as the answer spells it; any that it claims, in up to 13 printable ASCII characters.
    pub version: String,
    /// The status.
    pub status: u16,
    /// The reason phrase (RFC 9112 §4).
    pub phrase: Vec<u8>,
    /// The headers whose names and values HTTP allows; of an answer that is not 101, those before the first that it
    /// does not, and at most 64.
    pub headers: HeaderMap,
}

/// Why there is no head.
pub enum HeadError {
    /// Reading failed.
    Io(io::Error),
    /// The stream ended before the head did.
    EndOfStream,
    /// What came is no head of an HTTP/1 answer.
    NotHttp(HeadFault),
}

/// Reads the head of the final answer, skipping interim ones except 101. Leaves in `received` what came after it.
/// Of what is not HTTP, `secrets` are hidden.
pub async fn read_head(
    stream: &mut (impl AsyncRead + Unpin),
    received: &mut Vec<u8>,
    secrets: &Redactor,
) -> Result<Head, HeadError> {
    for _ in 0..=MAX_INTERIM {
        let head = loop {
            if let Some((head, length)) = parse(received, secrets).map_err(HeadError::NotHttp)? {
                received.drain(..length);
                break head;
            }
            if received.len() >= MAX_HEAD {
                return Err(HeadError::NotHttp(HeadFault::TooLong { limit_kib: limit(MAX_HEAD >> 10) }));
            }
            match stream.read_buf(received).await {
                Ok(0) => return Err(HeadError::EndOfStream),
                Ok(_) => {}
                Err(error) => return Err(HeadError::Io(error)),
            }
        };
        if head.status == 101 || head.status >= 200 {
            return Ok(head);
        }
    }
    Err(HeadError::NotHttp(HeadFault::TooManyInterim { limit: limit(MAX_INTERIM) }))
}

fn limit(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

/// The head at the beginning of `received` and its length, once all of it is there.
fn parse(received: &[u8], secrets: &Redactor) -> Result<Option<(Head, usize)>, HeadFault> {
    let begins_with = &received[..received.len().min(NAME.len())];
    if !NAME.starts_with(begins_with) {
        // The first word only: a server that echoes the request would show the ticket further on.
        let word = received.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
        return Err(HeadFault::NotHttp { begins: secrets.text(word, 24) });
    }
    let Some(line_end) = received.iter().position(|&byte| byte == b'\n') else { return Ok(None) };
    let (version, status, phrase) = status_line(received[..line_end].trim_ascii_end()).ok_or(HeadFault::Invalid)?;

    let rest = &received[line_end + 1..];
    let Some(rest_length) = length_to_blank_line(rest) else { return Ok(None) };
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    match httparse::parse_headers(&rest[..rest_length], &mut fields) {
        Ok(_) => {}
        // What a refusal says counts, however badly it says it; a handshake has to be right.
        Err(_) if status != 101 => {}
        Err(httparse::Error::TooManyHeaders) => return Err(HeadFault::TooManyHeaders { limit: limit(MAX_HEADERS) }),
        Err(_) => return Err(HeadFault::Invalid),
    }
    // An unused field has no name, which is not a valid one.
    let pairs = fields
        .iter()
        .filter_map(|field| Some((field.name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(field.value).ok()?)));
    let mut headers = HeaderMap::new();
    pairs.for_each(|(name, value)| _ = headers.append(name, value));
    Ok(Some((Head { version, status, phrase, headers }, line_end + 1 + rest_length)))
}

/// Version, status and reason phrase of a status line (RFC 9112 §4), whatever the version.
fn status_line(line: &[u8]) -> Option<(String, u16, Vec<u8>)> {
    let mut words = line.splitn(3, |&byte| byte == b' ');
    let (version, status) = (words.next()?, words.next()?);
    let number = version.strip_prefix(NAME)?;
    let is_version = (1..=MAX_VERSION).contains(&number.len()) && number.iter().all(u8::is_ascii_graphic);
    let is_status = status.len() == 3 && status.iter().all(u8::is_ascii_digit) && status[0] != b'0';
    let status = str::from_utf8(status).ok()?.parse().ok()?;
    let phrase = words.next().unwrap_or_default().to_vec();
    (is_version && is_status).then(|| (String::from_utf8_lossy(version).into_owned(), status, phrase))
}

/// How long the lines up to and with the first empty one are.
fn length_to_blank_line(lines: &[u8]) -> Option<usize> {
    let mut length = 0;
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        length += line.len();
        if matches!(line, b"\r\n" | b"\n") {
            return Some(length);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_line_may_claim_any_version() {
        let parsed = |line: &str| status_line(line.as_bytes());
        for version in ["HTTP/1.1", "HTTP/1.2", "HTTP/2", "HTTP/0.9", "HTTP/x"] {
            for reason in ["", " ", " No  Reason \u{e9}"] {
                let phrase = reason.strip_prefix(' ').unwrap_or_default().as_bytes().to_vec();
                assert_eq!(parsed(&format!("{version} 401{reason}")), Some((version.to_owned(), 401, phrase)));
            }
        }
        for wrong in ["HTTP/ 401", "HTTP/123456789 401", "HTTP/\u{1b} 401", "HTTP/1.1", "HTTP/1.1 40", "HTTP/1.1 4010"]
        {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
        for wrong in ["HTTP/1.1  401", "HTTP/1.1 +40", "HTTP/1.1 099", "http/1.1 401", ""] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_head_is_whole_with_its_empty_line() {
        let whole = b"HTTP/2 401 x\r\na: b\r\n\r\n";
        for end in 0..whole.len() {
            assert!(matches!(parse(&whole[..end], &Redactor::default()), Ok(None)), "{end}");
        }
        let (head, length) = parse(&[&whole[..], b"body\n\n"].concat(), &Redactor::default()).unwrap().unwrap();
        assert_eq!((head.version.as_str(), head.status, head.headers.len(), length), ("HTTP/2", 401, 1, whole.len()));
        assert_eq!(parse(b"HTTP/1.1 200\n\nbody", &Redactor::default()).unwrap().unwrap().1, 14);
    }
}
