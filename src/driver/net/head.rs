//! Reading the head of an HTTP answer from a connection that is not (yet) HTTP's alone.

use std::io;

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::answer::printable;

/// A head that is longer is refused.
const MAX_HEAD: usize = 16 << 10;

/// A head with more headers is refused.
const MAX_HEADERS: usize = 64;

/// More interim answers (RFC 9110 §15.2) than these are refused.
const MAX_INTERIM: usize = 8;

/// Status line and headers of an answer.
pub struct Head {
    /// The version, as the answer spells it.
    pub version: &'static str,
    /// The status.
    pub status: u16,
    /// The headers whose names and values HTTP allows.
    pub headers: HeaderMap,
}

/// Why there is no head.
pub enum HeadError {
    /// Reading failed.
    Io(io::Error),
    /// The stream ended before the head did.
    EndOfStream,
    /// What came is no head of an HTTP/1 answer; the text says why.
    NotHttp(String),
}

/// Reads the head of the final answer, skipping interim ones except 101. Leaves in `received` what came after it.
pub async fn read_head(stream: &mut (impl AsyncRead + Unpin), received: &mut Vec<u8>) -> Result<Head, HeadError> {
    for _ in 0..=MAX_INTERIM {
        let head = loop {
            if let Some((head, length)) = parse(received).map_err(HeadError::NotHttp)? {
                received.drain(..length);
                break head;
            }
            if received.len() >= MAX_HEAD {
                return Err(HeadError::NotHttp(format!(
                    "the head of the answer is longer than {} KiB",
                    MAX_HEAD >> 10
                )));
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
    Err(HeadError::NotHttp(format!("more than {MAX_INTERIM} interim answers")))
}

fn parse(received: &[u8]) -> Result<Option<(Head, usize)>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let length = match response.parse(received) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(format!("the answer has more than {MAX_HEADERS} headers")),
        Err(_) if received.starts_with(b"HTTP/") => return Err("the head of the answer is not valid HTTP".to_owned()),
        Err(_) => {
            // The first word only: a server that echoes the request would show the ticket further on.
            let word = received.split(|byte| byte.is_ascii_whitespace()).next().unwrap_or_default();
            return Err(format!("the answer is not HTTP/1, it begins with \"{}\"", printable(word, 24, &[])));
        }
    };
    let version = if response.version == Some(0) { "HTTP/1.0" } else { "HTTP/1.1" };
    let pairs = response.headers.iter().filter_map(|header| {
        Some((header.name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(header.value).ok()?))
    });
    let mut headers = HeaderMap::new();
    pairs.for_each(|(name, value)| _ = headers.append(name, value));
    Ok(Some((Head { version, status: response.code.unwrap_or_default(), headers }, length)))
}
