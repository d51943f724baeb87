//! Texts as editors and shells write them: UTF-8 with or without a mark of the byte order, and UTF-16, as `>` of Windows
//! PowerShell does.

use std::io::{self, Read};

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 { is_little: bool },
}

impl Encoding {
    /// That of a text whose first three bytes are `begin`, and the length of its mark.
    fn of(begin: &[u8]) -> (Self, usize) {
        match begin {
            [0xef, 0xbb, 0xbf, ..] => (Self::Utf8, 3),
            [0xff, 0xfe, ..] => (Self::Utf16 { is_little: true }, 2),
            [0xfe, 0xff, ..] => (Self::Utf16 { is_little: false }, 2),
            // Without a mark: whatever is read here begins with an ASCII letter.
            [first, 0, _, ..] if *first != 0 => (Self::Utf16 { is_little: true }, 0),
            [0, first, 0, ..] if *first != 0 => (Self::Utf16 { is_little: false }, 0),
            _ => (Self::Utf8, 0),
        }
    }
}

fn units(bytes: &[u8], is_little: bool) -> impl Iterator<Item = u16> {
    let unit = move |pair: &[u8]| {
        if is_little { u16::from_le_bytes([pair[0], pair[1]]) } else { u16::from_be_bytes([pair[0], pair[1]]) }
    };
    bytes.chunks_exact(2).map(unit)
}

/// `bytes` as text, without its mark; `None` if it is no text. The text may be a secret: there is no copy but the one that is
/// returned.
pub fn decoded_text(bytes: &[u8]) -> Option<String> {
    let (encoding, mark) = Encoding::of(bytes);
    let bytes = &bytes[mark..];
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
        Encoding::Utf16 { .. } if bytes.len() % 2 == 1 => None,
        Encoding::Utf16 { is_little } => {
            // No letter is longer than three bytes for two: it does not grow, which would leave a copy behind.
            let mut text = String::with_capacity(bytes.len() / 2 * 3);
            for letter in char::decode_utf16(units(bytes, is_little)) {
                text.push(letter.ok()?);
            }
            Some(text)
        }
    }
}

/// Bytes as UTF-8 without a mark, whatever they were written in.
pub struct Decoder<R> {
    inner: R,
    encoding: Option<Encoding>,
    /// What is decoded and not read yet.
    ready: Vec<u8>,
    /// The half of a code unit, or of a pair of them.
    rest: Vec<u8>,
}

impl<R: Read> Decoder<R> {
    /// Decodes what is read from `inner`.
    pub const fn new(inner: R) -> Self {
        Self { inner, encoding: None, ready: Vec::new(), rest: Vec::new() }
    }

    fn begin(&mut self) -> io::Result<Encoding> {
        let mut begin = Vec::new();
        self.inner.by_ref().take(3).read_to_end(&mut begin)?;
        let (encoding, mark) = Encoding::of(&begin);
        begin.drain(..mark);
        self.encoding = Some(encoding);
        match encoding {
            Encoding::Utf8 => self.ready = begin,
            Encoding::Utf16 { .. } => self.rest = begin,
        }
        Ok(encoding)
    }

    /// Decodes as much of `rest` as is whole.
    fn decode(&mut self, is_little: bool, is_end: bool) {
        let mut units: Vec<u16> = units(&self.rest, is_little).collect();
        // The second half of a pair may come with the next bytes.
        let is_cut = !is_end && units.last().is_some_and(|last| (0xd800..0xdc00).contains(last));
        if is_cut {
            units.pop();
        }
        self.rest.drain(..units.len() * 2);
        self.ready.extend(String::from_utf16_lossy(&units).into_bytes());
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let encoding = match self.encoding {
            Some(encoding) => encoding,
            None => self.begin()?,
        };
        if let Encoding::Utf16 { is_little } = encoding {
            let mut chunk = [0; 16 << 10];
            while self.ready.is_empty() {
                let count = self.inner.read(&mut chunk)?;
                self.rest.extend_from_slice(&chunk[..count]);
                self.decode(is_little, count == 0);
                if count == 0 {
                    break;
                }
            }
        }
        let count = self.ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.ready[..count]);
        self.ready.drain(..count);
        match encoding {
            // What the kind of a file is told by has to come at one go.
            Encoding::Utf8 if count < buffer.len() => Ok(count + self.inner.read(&mut buffer[count..])?),
            Encoding::Utf8 | Encoding::Utf16 { .. } => Ok(count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> String {
        let mut text = String::new();
        Decoder::new(bytes).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn text_is_read_whatever_encoding_it_is_in() {
        let text = "{\"a\": \"ä €😀\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        assert_eq!(decode(text.as_bytes()), text);
        assert_eq!(decode(&marked(&[0xef, 0xbb, 0xbf], text.as_bytes())), text);
        assert_eq!(decode(&marked(&[0xff, 0xfe], &little)), text);
        assert_eq!(decode(&marked(&[0xfe, 0xff], &big)), text);
        assert_eq!(decode(&little), text);
        assert_eq!(decode(b"{"), "{");
        for bytes in
            [text.as_bytes(), &marked(&[0xef, 0xbb, 0xbf], text.as_bytes()), &marked(&[0xfe, 0xff], &big), &little]
        {
            assert_eq!(decoded_text(bytes).as_deref(), Some(text));
        }
        assert_eq!(decoded_text(b""), Some(String::new()));
        assert_eq!(decoded_text(&[0xff, 0xfe, b'a']), None, "half a letter");
        assert_eq!(decoded_text(&[0xff, 0xfe, 0x00, 0xd8]), None, "half a pair");
        assert_eq!(decoded_text(b"a\xff"), None);
    }
}
