//! The bytes of an open WebSocket, and what its library does not tell of the frames in them (RFC 6455 §5.2).

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;

/// Empty pieces of one message, at most: a message of these would have no end, whatever its limit in bytes.
pub const MAX_EMPTY_FRAGMENTS: u32 = 10_000;

/// A payload of a control frame, at most (RFC 6455 §5.5).
const MAX_CONTROL: usize = 125;

/// An open WebSocket.
pub type OpenSocket<S> = WebSocketStream<Frames<S>>;

/// One message came in more than [`MAX_EMPTY_FRAGMENTS`] empty pieces.
#[derive(Debug, thiserror::Error)]
#[error("more than {MAX_EMPTY_FRAGMENTS} empty pieces of one message")]
pub struct TooManyFragments;

/// A connection, of which the headers of the frames that arrive are read.
#[derive(Debug)]
pub struct Frames<S> {
    connection: S,
    scan: Scan,
}

/// Where in a frame the next byte is, and what has been found so far.
#[derive(Debug, Default)]
struct Scan {
    header: Vec<u8>,
    /// Bytes of the frame that are still to come.
    left: u64,
    is_close: bool,
    empty_fragments: u32,
    close: Vec<u8>,
    /// The first close frame is whole: nothing counts behind it.
    is_closed: bool,
    oddity: Option<Oddity>,
}

/// What is the matter with the first frame whose reserved bits are set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// It begins a message that is compressed (RFC 7692 §6).
    Compressed,
    /// It is the beginning of an answer of HTTP.
    Http,
    /// Anything else.
    Other,
}

impl<S> Frames<S> {
    /// `connection`, over which `received` has come already.
    ///
    /// # Errors
    /// [`TooManyFragments`].
    pub fn new(connection: S, received: &[u8]) -> Result<Self, TooManyFragments> {
        let mut scan = Scan::default();
        scan.take(received)?;
        Ok(Self { connection, scan })
    }

    /// The body of the close frame that has arrived, if one has: a code and a reason, or nothing.
    pub fn close_body(&self) -> Option<&[u8]> {
        self.scan.is_closed.then_some(&*self.scan.close)
    }

    /// What is the matter with the first frame that is odd.
    pub fn oddity(&self) -> Option<Oddity> {
        self.scan.oddity
    }

    /// The connection.
    pub fn connection(&self) -> &S {
        &self.connection
    }
}

impl Scan {
    fn take(&mut self, mut bytes: &[u8]) -> Result<(), TooManyFragments> {
        while !bytes.is_empty() && !self.is_closed {
            if self.left == 0 {
                self.header.push(bytes[0]);
                bytes = &bytes[1..];
                if let Some(length) = payload_of(&self.header) {
                    self.begin(length)?;
                }
                continue;
            }
            let part = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            if self.is_close {
                self.close.extend_from_slice(&bytes[..part.min(MAX_CONTROL - self.close.len())]);
            }
            self.left -= part as u64;
            bytes = &bytes[part..];
            self.is_closed = self.is_close && self.left == 0;
        }
        Ok(())
    }

    /// A header is whole, and so many bytes follow.
    fn begin(&mut self, length: u64) -> Result<(), TooManyFragments> {
        let (first, opcode) = (self.header[0], self.header[0] & 0x0f);
        self.oddity = self.oddity.or_else(|| oddity(&self.header));
        self.header.clear();
        self.left = length;
        // Behind an odd frame nothing is one.
        self.is_close = opcode == 0x8 && self.oddity.is_none();
        self.is_closed = self.is_close && length == 0;
        let is_last = first & 0x80 != 0;
        match opcode {
            // A control frame may come between two pieces.
            0x8.. => {}
            _ if is_last => self.empty_fragments = 0,
            _ if length == 0 => self.empty_fragments += 1,
            _ => {}
        }
        if self.empty_fragments > MAX_EMPTY_FRAGMENTS { Err(TooManyFragments) } else { Ok(()) }
    }
}

/// What is odd about a frame with this header: only RSV1, and only on a message, means that it is compressed.
fn oddity(header: &[u8]) -> Option<Oddity> {
    let (first, opcode) = (header[0], header[0] & 0x0f);
    Some(match first & 0x70 {
        0 => return None,
        _ if header.starts_with(b"HT") => Oddity::Http,
        0x40 if matches!(opcode, 0x1 | 0x2) => Oddity::Compressed,
        _ => Oddity::Other,
    })
}

/// How many bytes follow `header`, a mask that must not be there included; `None` while it is not whole.
fn payload_of(header: &[u8]) -> Option<u64> {
    let second = *header.get(1)?;
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    let length = match second & 0x7f {
        126 => u64::from(u16::from_be_bytes(*header[2..].first_chunk()?)),
        127 => u64::from_be_bytes(*header[2..].first_chunk()?),
        short => u64::from(short),
    };
    Some(length.saturating_add(mask))
}

impl<S: AsyncRead + Unpin> AsyncRead for Frames<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.connection).poll_read(cx, buffer))?;
        Poll::Ready(self.scan.take(&buffer.filled()[before..]).map_err(io::Error::other))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Frames<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.connection).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.connection).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(bytes: &[u8], piece: usize) -> Result<Option<Vec<u8>>, TooManyFragments> {
        let mut scan = Scan::default();
        for part in bytes.chunks(piece) {
            scan.take(part)?;
        }
        Ok(scan.is_closed.then_some(scan.close))
    }

    #[test]
    fn a_close_frame_is_found_behind_frames_of_every_length_and_however_the_bytes_are_cut() {
        let mut bytes = Vec::new();
        for length in [0_usize, 1, 125, 126, 300, 65_535, 65_536] {
            bytes.push(0x82);
            match u8::try_from(length) {
                Ok(short @ ..=125) => bytes.push(short),
                _ => match u16::try_from(length) {
                    Ok(length) => bytes.extend([&[126][..], &length.to_be_bytes()].concat()),
                    Err(_) => bytes.extend([&[127][..], &(length as u64).to_be_bytes()].concat()),
                },
            }
            // What looks like a close frame and is a payload.
            bytes.extend(vec![0x88; length]);
        }
        for body in [&b""[..], b"\x03\xed", b"\x03\xe8bye"] {
            let close = [&[0x88, u8::try_from(body.len()).unwrap()], body, b"\x88\x02\x03\xe9"].concat();
            let all = [bytes.as_slice(), &close].concat();
            for piece in [1, 2, 7, 16 << 10, usize::MAX] {
                assert_eq!(scanned(&all, piece).unwrap().as_deref(), Some(body), "in pieces of {piece}");
            }
            assert_eq!(scanned(&all[..bytes.len() + 1], 64).unwrap(), None);
        }
        assert_eq!(scanned(&[0x88, 4, 3, 0xe8, b'b'], 1).unwrap(), None, "it is not whole");
    }

    #[test]
    fn a_frame_with_reserved_bits_tells_what_it_is() {
        for (bytes, expected) in [
            (&[0x81, 2, b'o', b'k'][..], None),
            (&[0xc1, 2, 0x4a, 0], Some(Oddity::Compressed)),
            (&[0xc8, 0], Some(Oddity::Other)),
            (&[0xf1, 0], Some(Oddity::Other)),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n", Some(Oddity::Http)),
        ] {
            let mut scan = Scan::default();
            scan.take(&[0x82, 1, 0]).and_then(|()| scan.take(bytes)).unwrap();
            assert_eq!(scan.oddity, expected, "{bytes:?}");
            assert!(!scan.is_closed);
        }
    }

    #[test]
    fn empty_pieces_without_end_are_an_error_and_those_of_many_messages_are_none() {
        let limit = MAX_EMPTY_FRAGMENTS as usize;
        let message = |pieces: usize| [&[0x01, 0][..], &[0x00, 0, 0x89, 0].repeat(pieces), &[0x80, 0]].concat();
        assert!(scanned(&message(limit - 1).repeat(3), 4_096).is_ok());
        assert!(scanned(&message(limit), 4_096).is_err());
    }
}
