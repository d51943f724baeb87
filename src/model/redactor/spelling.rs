//! The spellings in which somebody may repeat a secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Shorter texts, in bytes, protect nothing, and would be found in every text.
pub const MIN_SECRET: usize = 3;
/// Longer ones are not looked for in the spellings that make several characters of each.
const MAX_BYTE_BY_BYTE: usize = 1 << 10;
/// Shorter ones, in bytes, are not looked for encoded twice.
const MIN_TWICE: usize = 12;
/// The most characters that a spelling makes of one.
const LONGEST: usize = 10;

/// The spellings of `secret`. Case does not matter where they are looked for in pieces.
pub fn spell(bytes: &[u8]) -> impl Iterator<Item = Zeroizing<Vec<u8>>> {
    let hex = |byte: u8| [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]);
    let each = |spell: &dyn Fn(u8, &mut Vec<u8>)| {
        let mut spelling = Zeroizing::new(Vec::with_capacity(LONGEST * bytes.len()));
        bytes.iter().for_each(|&byte| spell(byte, &mut spelling));
        spelling
    };
    let percent = |byte: u8, out: &mut Vec<u8>| {
        out.push(b'%');
        out.extend(hex(byte));
    };
    let mut spellings = vec![
        each(&|byte, out| out.push(byte)),
        each(&|byte, out| match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            true => out.push(byte),
            false => percent(byte, out),
        }),
    ];
    if bytes.len() <= MAX_BYTE_BY_BYTE {
        let escaped = |before: &'static str, after: &'static str| {
            each(&|byte, out| {
                out.extend_from_slice(before.as_bytes());
                out.extend(hex(byte));
                out.extend_from_slice(after.as_bytes());
            })
        };
        spellings.extend([
            escaped("", ""),
            escaped("%", ""),
            escaped("\\u00", ""),
            escaped("\\x", ""),
            escaped("&#x", ";"),
            each(&|byte, out| out.extend_from_slice(format!("&#{byte};").as_bytes())),
            // The same twice: what a gateway escapes that has come escaped.
            escaped("%25", ""),
            each(&|byte, out| {
                let digits = hex(byte);
                [b'%', digits[0], digits[1]].iter().for_each(|byte| percent(*byte, out));
            }),
            escaped("\\\\u00", ""),
            escaped("&amp;#x", ";"),
            each(&|byte, out| out.extend_from_slice(format!("&amp;#{byte};").as_bytes())),
        ]);
    }
    let mut backwards = spellings[0].clone();
    backwards.reverse();
    spellings.push(backwards);
    // Base64 depends on how many bytes come before, and its first characters on which.
    for (before, shared) in [(0, 0), (1, 2), (2, 3)] {
        let mut padded = Zeroizing::new(Vec::with_capacity(before + bytes.len()));
        padded.resize(before, 0);
        padded.extend_from_slice(bytes);
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = Zeroizing::new(engine.encode(&*padded).into_bytes());
            spellings.push(Zeroizing::new(encoded[shared..].to_vec()));
        }
    }
    // Base32 the same way, with five places to begin at.
    for (before, shared) in [(0, 0), (1, 2), (2, 4), (3, 5), (4, 7)] {
        let mut padded = Zeroizing::new(Vec::with_capacity(before + bytes.len()));
        padded.resize(before, 0);
        padded.extend_from_slice(bytes);
        spellings.push(Zeroizing::new(base32(&padded)[shared..].to_vec()));
    }
    // Encoded twice: a header in base64 with a credential that is base64 itself, an address within an address.
    if bytes.len() >= MIN_TWICE {
        let inner = [STANDARD.encode(bytes), URL_SAFE_NO_PAD.encode(bytes)].map(Zeroizing::new);
        for inner in &inner {
            for (before, shared) in [(0, 0), (1, 2), (2, 3)] {
                let padded = Zeroizing::new([&vec![0; before], inner.as_bytes()].concat());
                let encoded = Zeroizing::new(STANDARD_NO_PAD.encode(&*padded).into_bytes());
                spellings.push(Zeroizing::new(encoded[shared..].to_vec()));
            }
        }
        let twice = |encoded: &[u8]| {
            let mut spelling = Zeroizing::new(Vec::with_capacity(3 * encoded.len()));
            for &byte in encoded {
                match byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    true => spelling.push(byte),
                    false => percent(byte, &mut spelling),
                }
            }
            spelling
        };
        let once = [spellings[1].clone(), Zeroizing::new(inner[0].as_bytes().to_vec())];
        spellings.extend(once.iter().map(|once| twice(once)));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        spellings.extend([json(text, false), json(text, true), html(text), form(text)]);
    }
    spellings.sort_by(|a, b| a.as_slice().cmp(b));
    spellings.dedup();
    spellings.into_iter().filter(|spelling| spelling.len() >= MIN_SECRET)
}

/// `text` as JSON has it (RFC 8259 §7); `is_ascii` if what is beyond ASCII, and `/`, are escaped as well.
fn json(text: &str, is_ascii: bool) -> Zeroizing<Vec<u8>> {
    let mut spelling = Zeroizing::new(Vec::with_capacity(LONGEST * text.len()));
    for letter in text.chars() {
        match letter {
            '"' | '\\' => spelling.extend([b'\\', letter as u8]),
            '/' if is_ascii => spelling.extend(*b"\\/"),
            '\u{20}'..='\u{7e}' => spelling.push(letter as u8),
            _ if is_ascii || letter.is_control() => {
                let mut units = [0; 2];
                for unit in letter.encode_utf16(&mut units) {
                    spelling.extend(format!("\\u{unit:04x}").bytes());
                }
            }
            _ => spelling.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    spelling
}

/// `text` as HTML has it, with the five characters that mean something there (HTML §13.3).
fn html(text: &str) -> Zeroizing<Vec<u8>> {
    let mut spelling = Zeroizing::new(Vec::with_capacity(LONGEST * text.len()));
    for letter in text.chars() {
        match letter {
            '&' => spelling.extend(*b"&amp;"),
            '<' => spelling.extend(*b"&lt;"),
            '>' => spelling.extend(*b"&gt;"),
            '"' => spelling.extend(*b"&quot;"),
            '\'' => spelling.extend(*b"&#39;"),
            _ => spelling.extend(letter.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    spelling
}

/// `text` as a form sends it (`application/x-www-form-urlencoded`).
fn form(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().into_bytes())
}

/// `bytes` in base32 (RFC 4648 §6), without what fills up its end.
pub fn base32(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut encoded = Zeroizing::new(Vec::with_capacity(bytes.len() * 8 / 5 + 1));
    let (mut bits, mut count) = (0_u32, 0);
    for &byte in bytes {
        (bits, count) = (bits << 8 | u32::from(byte), count + 8);
        while count >= 5 {
            count -= 5;
            encoded.push(LETTERS[(bits >> count & 31) as usize]);
        }
        bits &= (1 << count) - 1;
    }
    if count > 0 {
        encoded.push(LETTERS[(bits << (5 - count) & 31) as usize]);
    }
    encoded
}
