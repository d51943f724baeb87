//! An answer that refuses the upgrade. Browsers hide it from pages; here it is the best clue there is.

use std::time::Duration;

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::answer::{self, Received, text};
use super::encoding::decoded;
use super::head::Head;
use crate::model::{Answer, Redactor};

/// More of the body than this is not read.
const MAX_BODY: usize = 64 << 10;

/// The body is not waited for any longer.
const BODY_LIMIT: Duration = Duration::from_secs(1);

/// The refusal that begins with `head` and `received`; what there is of its body is read from `stream`. It answers a
/// request to `url`.
pub async fn read(
    mut stream: impl AsyncRead + Unpin,
    head: Head,
    mut received: Vec<u8>,
    deadline: Instant,
    url: &Url,
    secrets: &Redactor,
) -> Answer {
    let deadline = deadline.min(Instant::now() + BODY_LIMIT);
    while received.len() < MAX_BODY && !is_complete(&head, &received) {
        let read = timeout_at(deadline, stream.read_buf(&mut received)).await;
        if !matches!(read, Ok(Ok(1..))) {
            break;
        }
    }
    let body = if is_chunked(&head.headers) { dechunked(&received).0 } else { received };
    let Head { status, version, phrase, headers } = &head;
    let (body, _) = decoded(headers, body, MAX_BODY);
    answer::facts(&Received { status: *status, version, phrase, headers, body: &body, url, may_grant: false, secrets })
}

/// Whether all of the body is there (RFC 9112 §6.3).
fn is_complete(head: &Head, body: &[u8]) -> bool {
    if matches!(head.status, 204 | 304) {
        return true;
    }
    if is_chunked(&head.headers) {
        return dechunked(body).1;
    }
    let length = text(&head.headers, &CONTENT_LENGTH).and_then(|length| length.trim().parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}

fn is_chunked(headers: &HeaderMap) -> bool {
    text(headers, &TRANSFER_ENCODING).is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"))
}

/// The content of the chunks in `body` (RFC 9112 §7.1), and whether the last one is there.
fn dechunked(mut body: &[u8]) -> (Vec<u8>, bool) {
    let mut content = Vec::new();
    while let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(body) {
        if size == 0 {
            return (content, true);
        }
        let chunk = &body[start..];
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let Some((whole, rest)) = chunk.split_at_checked(size) else {
            content.extend_from_slice(chunk);
            break;
        };
        content.extend_from_slice(whole);
        body = rest.strip_prefix(b"\r\n").unwrap_or(rest);
    }
    (content, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together_as_far_as_they_came() {
        assert_eq!(dechunked(b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"), (b"abcde".to_vec(), true));
        assert_eq!(dechunked(b"3\r\nabc\r\nff\r\nde"), (b"abcde".to_vec(), false));
        assert_eq!(dechunked(b"3\r\nabc\r\n"), (b"abc".to_vec(), false));
        assert_eq!(dechunked(b"nonsense"), (Vec::new(), false));
        assert_eq!(dechunked(b"fffffffffffffff\r\na"), (b"a".to_vec(), false));
    }
}
