//! Bodies as a browser reads them: `Content-Encoding` undone, a byte order mark left out.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use zeroize::Zeroize as _;

use super::answer::text;
use crate::model::SafeText;

/// What some servers write before their JSON.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// More encodings on top of each other than these are left as they are.
const MAX_ENCODINGS: usize = 2;

/// `body` as it was before the server encoded it, and whether it is no longer than `most`; of a longer one there is the
/// beginning. What cannot be decoded is left as it came.
pub fn decoded(headers: &HeaderMap, mut body: Vec<u8>, most: usize) -> (Vec<u8>, bool) {
    let encodings = text(headers, &CONTENT_ENCODING).unwrap_or_default();
    let encodings: Vec<_> = encodings.split(',').map(|encoding| encoding.trim().to_ascii_lowercase()).collect();
    let mut fits = true;
    if encodings.len() <= MAX_ENCODINGS {
        // The last one was put on last.
        for encoding in encodings.iter().rev() {
            let plain = match encoding.as_str() {
                "gzip" | "x-gzip" => read(MultiGzDecoder::new(body.as_slice()), most),
                // The standard means zlib's format; some servers send what is inside it.
                "deflate" => {
                    let plain = read(ZlibDecoder::new(body.as_slice()), most);
                    plain.or_else(|| read(DeflateDecoder::new(body.as_slice()), most))
                }
                _ => None,
            };
            let Some(plain) = plain else { continue };
            fits &= plain.len() <= most;
            body.zeroize();
            body = plain;
            body.truncate(most);
        }
    }
    if body.starts_with(BYTE_ORDER_MARK) {
        body.drain(..BYTE_ORDER_MARK.len());
    }
    (body, fits)
}

/// The encoding by which a browser decodes a body with these `headers`, whatever is in it.
pub fn named_encoding(headers: &HeaderMap) -> Option<SafeText> {
    let encodings = text(headers, &CONTENT_ENCODING)?;
    let is_known =
        |name: &&str| ["gzip", "x-gzip", "deflate", "br", "zstd"].iter().any(|known| known.eq_ignore_ascii_case(name));
    encodings.split(',').map(str::trim).find(is_known).map(SafeText::new)
}

/// What `decoder` gives, up to one byte more than `most`; `None` if that is nothing. An end that is missing, because
/// not all of the body came, leaves what is before it.
fn read(decoder: impl Read, most: usize) -> Option<Vec<u8>> {
    // As large as needed from the start: growing would leave copies of a secret behind.
    let mut plain = Vec::with_capacity(most + 1);
    let result = decoder.take(most as u64 + 1).read_to_end(&mut plain);
    (result.is_ok() || !plain.is_empty()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    macro_rules! encoded {
        ($encoder:ident, $body:expr) => {{
            let mut encoder = $encoder::new(Vec::new(), Compression::default());
            encoder.write_all($body).unwrap();
            encoder.finish().unwrap()
        }};
    }

    fn plain(encoding: &'static str, body: Vec<u8>, most: usize) -> (Vec<u8>, bool) {
        decoded(&HeaderMap::from_iter([(CONTENT_ENCODING, encoding.parse().unwrap())]), body, most)
    }

    #[test]
    fn what_a_browser_decodes_is_decoded() {
        let body = b"{\"ticket\":\"abc\"}".as_slice();
        let gzip = encoded!(GzEncoder, body);
        for (encoding, bytes) in [
            ("gzip", gzip.clone()),
            ("X-GZIP", gzip.clone()),
            ("deflate", encoded!(ZlibEncoder, body)),
            ("deflate", encoded!(DeflateEncoder, body)),
            ("deflate, gzip", encoded!(GzEncoder, &encoded!(ZlibEncoder, body))),
            ("identity", body.to_vec()),
            ("gzip", [BYTE_ORDER_MARK, body].concat()),
            ("gzip", encoded!(GzEncoder, &[BYTE_ORDER_MARK, body].concat())),
        ] {
            assert_eq!(plain(encoding, bytes, 64), (body.to_vec(), true), "{encoding}");
        }
        let cut = gzip[..gzip.len() - 8].to_vec();
        assert_eq!(plain("gzip", cut, 64).0, body, "what came of it is kept");
    }

    #[test]
    fn a_small_answer_that_becomes_a_large_one_is_bounded() {
        let bomb = encoded!(GzEncoder, &vec![b'x'; 1 << 20]);
        assert!(bomb.len() < 4_096);
        let (body, fits) = plain("gzip", bomb.clone(), 4_096);
        assert_eq!((body.len(), fits), (4_096, false));
        let twice = encoded!(GzEncoder, &bomb);
        assert_eq!(plain("gzip, gzip", twice, 4_096).0.len(), 4_096);
        assert_eq!(plain("gzip, gzip, gzip", bomb.clone(), 4_096).0, bomb, "nobody encodes three times");
    }
}
