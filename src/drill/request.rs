//! A request to the local server beside the client: as somebody with a browser or curl would look at it.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use serde::Deserialize;

use crate::model::{Origin, SafeText};

/// More of an answer than this is not read.
const MAX_ANSWER: usize = 64 << 10;
/// More headers than these are none of the local server's.
const MAX_HEADERS: usize = 64;

/// What is asked for with `GET`, and what the answer must be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    path: Target,
    origin: Option<Origin>,
    /// Whether to ask for a WebSocket.
    #[serde(default)]
    upgrade: bool,
    status: u16,
    /// What head or body must contain.
    #[serde(default)]
    has: Vec<String>,
}

/// A path, with a query or without.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Target(String);

impl TryFrom<String> for Target {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = text.starts_with('/') && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        fits.then_some(Self(text)).ok_or("expected a path such as \"/healthz\" or \"/ws?ticket=spent\"")
    }
}

impl Request {
    pub(super) fn path(&self) -> &str {
        &self.path.0
    }

    /// The longest that the local server, connecting, sending or one read may take.
    pub(super) const LIMIT: Duration = Duration::from_secs(5);

    /// Asks the server at `address`; says what is wrong with the answer.
    pub(super) fn check(&self, address: SocketAddr, limit: Duration) -> Result<(), String> {
        // A limit of nothing is none to the system.
        let limit = limit.max(Duration::from_millis(1));
        let answer = self.ask(address, limit).map_err(|error| format!("no answer: {error}"))?;
        let Answer { status, text } = answer;
        if status != self.status {
            return Err(format!("the answer is {status}, not {}", self.status));
        }
        match self.has.iter().find(|has| !text.contains(has.as_str())) {
            Some(missing) => Err(format!("the answer does not contain “{missing}”: {}", SafeText::new(&text))),
            None => Ok(()),
        }
    }

    fn ask(&self, address: SocketAddr, limit: Duration) -> io::Result<Answer> {
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        stream.write_all(self.head(address).as_bytes())?;
        let mut received = Vec::new();
        loop {
            if let Some(answer) = Answer::parse(&received)? {
                return Ok(answer);
            }
            let mut piece = [0; 4_096];
            let length = stream.read(&mut piece)?;
            if length == 0 || received.len() > MAX_ANSWER {
                return Err(io::Error::other("it is not complete"));
            }
            received.extend_from_slice(&piece[..length]);
        }
    }

    fn head(&self, address: SocketAddr) -> String {
        let mut head = format!("GET {} HTTP/1.1\r\nHost: {address}\r\n", self.path());
        if let Some(origin) = &self.origin {
            head += &format!("Origin: {origin}\r\n");
        }
        head += match self.upgrade {
            // The key is RFC 6455 §1.3's.
            true => {
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                 Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            }
            false => "Connection: close\r\n\r\n",
        };
        head
    }
}

/// Status, and head and body as they came.
struct Answer {
    status: u16,
    text: String,
}

impl Answer {
    /// The answer at the beginning of `received`; `None` if there is more to come.
    fn parse(received: &[u8]) -> io::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut head = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = head.parse(received).map_err(io::Error::other)? else {
            return Ok(None);
        };
        let body = head.headers.iter().find(|header| header.name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str()));
        let body = body.and_then(|header| str::from_utf8(header.value).ok()?.parse().ok()).unwrap_or(0_usize);
        let Some(answer) = received.get(..length.saturating_add(body)) else { return Ok(None) };
        let status = head.code.unwrap_or_default();
        Ok(Some(Self { status, text: String::from_utf8_lossy(answer).into_owned() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_or_awaited() {
        let answer = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nDOWN";
        for end in 0..answer.len() {
            assert!(Answer::parse(&answer[..end]).unwrap().is_none(), "{end}");
        }
        let whole = Answer::parse(answer).unwrap().unwrap();
        assert!(whole.status == 503 && whole.text.ends_with("DOWN"));
        assert!(Answer::parse(b"SSH-2.0\r\n\r\n").is_err());
    }
}
