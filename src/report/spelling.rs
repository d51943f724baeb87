//! The disguises in which a text gets about: other spellings, and runs that only a program reads.

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::model::is_pod_name;

/// How deep disguises are taken off one another.
const DEPTH: usize = 2;
/// A shorter run is a word, a number or a fingerprint.
const MIN_RUN: usize = 18;
/// How often letters and digits must take turns in a run that nobody wrote by hand.
const MIN_TURNS: usize = 4;
/// The shortest piece that is tried as base64 or hex.
const MIN_CODED: usize = 8;

/// Everything that `word` can be read as, itself first.
pub(super) fn readings(word: &str) -> Vec<String> {
    let mut all = vec![word.to_owned()];
    let mut begin = 0;
    for _ in 0..DEPTH {
        let end = all.len();
        for index in begin..end {
            for reading in undisguised(&all[index].clone()) {
                if !reading.is_empty() && !all.contains(&reading) {
                    all.push(reading);
                }
            }
        }
        begin = end;
    }
    all
}

fn undisguised(text: &str) -> Vec<String> {
    let mut found = vec![text.chars().rev().collect()];
    if text.contains('%') {
        found.push(percent(text));
    }
    if text.contains("\\u") || text.contains("\\x") {
        found.push(escapes(text));
    }
    if text.contains('&') {
        found.push(entities(text));
    }
    for piece in text.split(|c: char| !(c.is_ascii_alphanumeric() || "+/-_=".contains(c))) {
        for piece in [piece, piece.rsplit('=').next().unwrap_or(piece)] {
            if piece.len() >= MIN_CODED {
                found.extend(hex(piece));
                found.extend(base64(piece));
            }
        }
    }
    found
}

fn percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let coded = (first == b'%').then(|| after.get(..2)).flatten();
        let byte = coded.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `\u0041`, `\x41` and the `\u{41}` of [`crate::model::SafeText`].
fn escapes(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split('\\');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (digits, rest) = match part.as_bytes() {
            [b'u', b'{', ..] => part[2..].split_once('}').unwrap_or(("", part)),
            [b'u', ..] => part[1..].split_at_checked(4).unwrap_or(("", part)),
            [b'x', ..] => part[1..].split_at_checked(2).unwrap_or(("", part)),
            _ => ("", part),
        };
        plain.extend(u32::from_str_radix(digits, 16).ok().and_then(char::from_u32));
        plain.push_str(rest);
    }
    plain
}

fn entities(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut parts = text.split('&');
    plain.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap_or(("", part));
        let number = match name.strip_prefix('#') {
            Some(digits) => match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => digits.parse().ok(),
            },
            None => None,
        };
        match number.and_then(char::from_u32) {
            Some(character) => plain.push(character),
            None => plain.push(if name.is_empty() { '&' } else { ' ' }),
        }
        plain.push_str(rest);
    }
    plain
}

fn hex(piece: &str) -> Option<String> {
    let nibbles: Option<Vec<u32>> = piece.chars().map(|c| c.to_digit(16)).collect();
    let bytes = nibbles?.chunks_exact(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect();
    String::from_utf8(bytes).ok()
}

fn base64(piece: &str) -> impl Iterator<Item = String> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engines = [GeneralPurpose::new(&STANDARD, config), GeneralPurpose::new(&URL_SAFE, config)];
    engines.into_iter().filter_map(|engine| {
        let bytes = engine.decode(piece.trim_end_matches('=')).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        (!text.chars().any(char::is_control)).then_some(text)
    })
}

/// Whether `word` holds a run of characters that only a program would write: part of a secret, or an id.
pub(super) fn is_opaque(word: &str) -> bool {
    word.split(|c: char| !(c.is_ascii_alphanumeric() || "+/-_".contains(c))).any(|run| {
        let kinds = run.bytes().map(|byte| byte.is_ascii_digit()).zip(run.bytes().skip(1));
        let turns = kinds.filter(|(is_digit, next)| next.is_ascii_alphanumeric() && next.is_ascii_digit() != *is_digit);
        // A disguise that is taken off may turn it round.
        let is_pod = || is_pod(run) || is_pod(&run.chars().rev().collect::<String>());
        run.len() >= MIN_RUN && turns.count() >= MIN_TURNS && !is_pod()
    })
}

/// Whether `run` is the name of a pod, or a path of such and of words: `pod/api-7d9f8b6c5d-x2k4q`.
fn is_pod(run: &str) -> bool {
    let is_word = |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    run.split('/').any(is_pod_name) && run.split('/').all(|part| is_pod_name(part) || is_word(part))
}

/// `text` with `stand_in` wherever `name` stands as a word of its own, in any case.
pub(super) fn replace_words(text: &str, name: &str, stand_in: &str) -> String {
    let (lower, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let mut clean = String::with_capacity(text.len());
    let mut from = 0;
    for (at, _) in lower.match_indices(&name) {
        let end = at + name.len();
        let is_whole = !text[..at].ends_with(char::is_alphanumeric) && !text[end..].starts_with(char::is_alphanumeric);
        if is_whole {
            clean.push_str(&text[from..at]);
            clean.push_str(stand_in);
            from = end;
        }
    }
    clean.push_str(&text[from..]);
    clean
}
