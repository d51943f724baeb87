//! The spellings in which somebody may repeat a secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// Shorter texts, in bytes, protect nothing, and would be found in every text.
pub const MIN_SECRET: usize = 4;
/// Longer ones are not looked for in the spellings that make several characters of each.
const MAX_BYTE_BY_BYTE: usize = 1 << 10;
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
    spellings.sort_by(|a, b| a.as_slice().cmp(b));
    spellings.dedup();
    spellings.into_iter().filter(|spelling| spelling.len() >= MIN_SECRET)
}
